"""Do the tests notice when the code is wrong? Change one thing at a time in a module and run its tests.

    python tools/mutate.py dedup/steps/verify.py --tests tests/steps/test_paragraphs.py [--every 3]

A change that no test notices survives, and is written with its line to tests/mutants.json; one that cannot matter
(equal results, another way of asking the same) stays there with the reason in docs/reliability.md. Kernels are
changed with NUMBA_DISABLE_JIT=1 in the environment, for a compiled function would not see the change.

The interpreter and its libraries are loaded once; each mutant is a fork that imports the package anew with one
module changed, which takes a third of a second where a new process takes three.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LEDGER = ROOT / "tests" / "mutants.json"

_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OPERATE: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}


def changes(tree: ast.Module) -> Iterator[tuple[int, str, ast.Module]]:
    """Yield each change that can be made: line, what it is, and the changed module."""
    places = [node for node in ast.walk(tree) if not _idle(node)]
    annotations = {id(inner) for node in ast.walk(tree) for inner in _annotated(node)}
    for number, node in enumerate(places):
        if id(node) in annotations:
            continue
        for option in range(_options(node)):
            other = copy.deepcopy(tree)
            twin = [one for one in ast.walk(other) if not _idle(one)][number]
            before = ast.unparse(twin)
            changed = _change(twin, option)
            if changed is not twin:
                _replace(other, twin, changed)
            after = ast.unparse(changed)
            yield getattr(node, "lineno", 0), f"{_short(before)} -> {_short(after)}", ast.fix_missing_locations(other)


def _idle(node: ast.AST) -> bool:
    return isinstance(node, (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop, ast.arg))


def _annotated(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in annotations and decorators, where a change changes no result."""
    for name in ("annotation", "returns", "decorator_list"):
        part = getattr(node, name, None)
        for one in part if isinstance(part, list) else [part]:
            if one is not None:
                yield from ast.walk(one)


def _options(node: ast.AST) -> int:
    """Return how many ways there are to change a node."""
    if isinstance(node, ast.Compare):
        return int(type(node.ops[0]) in _COMPARE)
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        return int(type(node.op) in _OPERATE)
    if isinstance(node, ast.Constant):
        return int(isinstance(node.value, (bool, int, float)))
    if isinstance(node, ast.Expr):
        return int(isinstance(node.value, ast.Call))
    if isinstance(node, ast.UnaryOp):
        return int(isinstance(node.op, (ast.Not, ast.USub)))
    return int(isinstance(node, (ast.BoolOp, ast.If, ast.IfExp, ast.Continue, ast.Break)))


def _change(node: ast.AST, option: int) -> ast.AST:
    """Change a node in place, or return another one to put there."""
    match node:
        case ast.Compare():
            node.ops[0] = _COMPARE[type(node.ops[0])]()
        case ast.BinOp() | ast.AugAssign():
            node.op = _OPERATE[type(node.op)]()
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.Constant():
            node.value = (not node.value) if isinstance(node.value, bool) else node.value + 1
        case ast.If() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.UnaryOp():
            return node.operand
        case ast.Expr() | ast.Continue() | ast.Break():
            return ast.Break() if isinstance(node, ast.Continue) else ast.Pass()
    return node


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if value is old:
                setattr(node, name, new)
            elif isinstance(value, list):
                value[:] = [new if one is old else one for one in value]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else line[:87] + "..."


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module with changed code, and leaves the others to whoever is next."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name, self._path, self._tree = name, path, tree

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        return importlib.util.spec_from_file_location(name, self._path, loader=self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._tree, str(self._path), "exec"), module.__dict__)


def outcome(name: str, path: Path, tree: ast.Module | None, tests: list[str], seconds: int) -> int | None:
    """Run the tests on the module changed so, in a fork; return the status of pytest, None for a hang or a crash."""
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        keep = "dedup.kernels" if not name.startswith("dedup.kernels") else "dedup.nothing"
        for loaded in [one for one in sys.modules if one.split(".")[0] == "dedup" and not one.startswith(keep)]:
            del sys.modules[loaded]
        if tree is not None:
            sys.meta_path.insert(0, _Changed(name, path, tree))
        import pytest

        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests])))
    _, status = os.waitpid(child, 0)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else None


def table(ledger: dict[str, Any]) -> str:
    """Return the ledger as a table of docs/reliability.md."""
    lines = ["| module | changes possible | tried | noticed | survived |", "|---|---:|---:|---:|---:|"]
    for module, row in ledger.items():
        figures = (row["possible"], row["tried"], row["killed"], len(row["survived"]))
        lines.append(f"| `{module}` | " + " | ".join(map(str, figures)) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Try every change of a module, or every so many of them, and write down which survive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", type=Path)
    parser.add_argument("--tests", nargs="+", required=True)
    parser.add_argument("--every", type=int, default=1, help="try one in so many, drawn at random with a fixed seed")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop then, and write down what was tried so far")
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    given = parser.parse_args()
    for folder in (str(ROOT / "tests"), str(ROOT)):
        sys.path.insert(0, folder)
    name = ".".join(given.module.with_suffix("").parts)
    tree = ast.parse((ROOT / given.module).read_text(encoding="utf-8"))
    all_changes = list(changes(tree))
    tried = random.Random(str(given.module)).sample(all_changes, -(-len(all_changes) // given.every))
    for heavy in ("pytest", "hypothesis", "numpy", "numba", "dedup.pipeline", "dedup.kernels.align"):
        importlib.import_module(heavy)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    begun = time.monotonic()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if outcome(name, ROOT / given.module, None, given.tests, 3600) != 0:
        sys.exit("the tests fail on the unchanged module")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    bound = int(4 * (after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime)) + 10
    print(f"{len(tried)} of {len(all_changes)} changes, {time.monotonic() - begun:.0f} s each at most", flush=True)
    survived = []
    deadline = time.monotonic() + 60 * given.minutes
    for number, (line, what, changed) in enumerate(tried):
        if time.monotonic() > deadline:
            tried = tried[:number]
            break
        if outcome(name, ROOT / given.module, changed, given.tests, bound) == 0:
            survived.append({"line": line, "change": what})
            print(f"  survived: {given.module}:{line}: {what}", flush=True)
    ledger = json.loads(given.ledger.read_text(encoding="utf-8")) if given.ledger.is_file() else {}
    ledger[str(given.module)] = {
        "possible": len(all_changes),
        "tried": len(tried),
        "killed": len(tried) - len(survived),
        "jit": os.environ.get("NUMBA_DISABLE_JIT") != "1",
        "tests": given.tests,
        "survived": sorted(survived, key=lambda row: (row["line"], row["change"])),
    }
    given.ledger.write_text(
        json.dumps(dict(sorted(ledger.items())), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    print(f"{given.module}: {len(tried) - len(survived)} of {len(tried)} noticed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
