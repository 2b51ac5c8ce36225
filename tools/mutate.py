"""Do the tests notice when the code is wrong? Change one thing at a time in a module and run its tests.

    python tools/mutate.py dedup/steps/verify.py --tests tests/steps/test_verify.py [--every 3]

A change that no test notices survives, and is written with its line to tests/mutants.json; one that cannot matter
(equal results, another way of asking the same) stays there with the reason in docs/reliability.md. Kernels are
changed with NUMBA_DISABLE_JIT=1 in the environment, for a compiled function would not see the change.

A mutant costs what its tests take until the first of them fails, some hundredths of a second. The tests run on the
unchanged module first, which loads every library and every compiled kernel and tells how long each test takes; then
they are collected, the fast ones first, and each mutant is a fork that stands at that point: the functions of the
module get the code of the changed ones, wherever they are held, and what the package and its tests remember is
forgotten. A change outside a function (a constant, a default, a field) is seen only by importing anew, so its fork
does that.
"""

from __future__ import annotations

import argparse
import ast
import functools
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LEDGER = ROOT / "tests" / "mutants.json"
PYTEST = [
    "-x",
    "-q",
    "-s",
    "--tb=no",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:faulthandler",
    "-p",
    "no:unraisableexception",
    "--disable-warnings",
    "--noconftest",
]

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


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that can be changed: which node of the tree, its line, and whether it stands in a function's body."""

    node: int
    line: int
    inside: bool


def changes(tree: ast.Module) -> list[Change]:
    """Return each change that can be made, in the order of the tree."""
    annotations = {id(inner) for node in ast.walk(tree) for inner in _annotated(node)}
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        for statement in node.body
        for inner in ast.walk(statement)
    }
    return [
        Change(number, getattr(node, "lineno", 0), id(node) in inside)
        for number, node in enumerate(_places(tree))
        if id(node) not in annotations and _changeable(node)
    ]


def make(tree: ast.Module, change: Change) -> str:
    """Make a change in the tree and return what it is."""
    node = _places(tree)[change.node]
    before = ast.unparse(node)
    changed = _change(node)
    after = ast.unparse(changed)
    if changed is not node:
        _replace(tree, node, changed)
    ast.fix_missing_locations(tree)
    return f"{_short(before)} -> {_short(after)}"


def _places(tree: ast.Module) -> list[ast.AST]:
    return [node for node in ast.walk(tree) if not _idle(node)]


def _idle(node: ast.AST) -> bool:
    return isinstance(node, (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop, ast.arg))


def _annotated(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in annotations and decorators, where a change changes no result."""
    for name in ("annotation", "returns", "decorator_list"):
        part = getattr(node, name, None)
        for one in part if isinstance(part, list) else [part]:
            if one is not None:
                yield from ast.walk(one)


def _changeable(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        return type(node.ops[0]) in _COMPARE
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        return type(node.op) in _OPERATE
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (bool, int, float))
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, (ast.Not, ast.USub))
    return isinstance(node, (ast.BoolOp, ast.If, ast.IfExp, ast.Continue, ast.Break))


def _change(node: ast.AST) -> ast.AST:
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


class Campaign:
    """A plugin of pytest that forks for every change once the tests are collected.

    Parameters
    ----------
    module : Path
        Below the root.
    tried : list of Change
    tests : list of str
    took : dict
        Seconds that each test took on the unchanged module, by its node id.
    seconds : int
        CPU seconds after which a mutant hangs, which counts as noticed.
    until : float
        Reading of the monotonic clock at which to stop.
    within : float
        Seconds that a test may take to be run on the mutants.

    Attributes
    ----------
    survived : list of dict
    done : int
        Changes tried.
    sound : bool
        Whether the tests pass in a fork of the unchanged module. Where they do not (a file that stands since the
        first run, threads of OpenMP that no fork survives), every change would seem to be noticed.
    """

    def __init__(
        self,
        module: Path,
        tried: list[Change],
        tests: list[str],
        took: dict[str, float],
        seconds: int,
        until: float,
        within: float,
    ) -> None:
        self._module, self._tried, self._tests, self._took = module, tried, tests, took
        self._seconds, self._until, self._within = seconds, until, within
        self._source = (ROOT / module).read_text(encoding="utf-8")
        self.survived: list[dict[str, Any]] = []
        self.done = 0
        self.sound = True
        self._forked = False

    def pytest_collection_finish(self, session: Any) -> None:
        """Fork for each change; a fork returns and runs the tests, the parent comes out without any."""
        session.items[:] = sorted(filter(self._quick, session.items), key=lambda item: self._took[item.nodeid])
        held = _held(str(ROOT / self._module))
        gc.collect()
        gc.freeze()
        for change in [None, *self._tried]:
            if time.monotonic() > self._until or not self.sound:
                break
            child = os.fork()
            if not child:
                self._forked = True
                self._become(change, held)
                return
            _, status = os.waitpid(child, 0)
            if change is None:
                self.sound = status == 0
                continue
            self.done += 1
            if status == 0:
                what = make(ast.parse(self._source), change)
                self.survived.append({"line": change.line, "change": what})
                print(f"  survived: {self._module}:{change.line}: {what}", flush=True)
        session.items.clear()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """End a mutant that was noticed, at once: what pytest would tidy up takes longer than the test."""
        if self._forked and report.failed:
            os._exit(1)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """End a mutant that survived, or broke something else."""
        if self._forked:
            os._exit(int(exitstatus))

    def _quick(self, item: Any) -> bool:
        return self._took[item.nodeid] <= self._within

    def _become(self, change: Change | None, held: list[Any]) -> None:
        """Make this process a mutant, or, to see whether a fork is sound, one in which nothing is changed."""
        resource.setrlimit(resource.RLIMIT_CPU, (self._seconds, self._seconds + 5))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        tree = ast.parse(self._source)
        if change is not None:
            make(tree, change)
        path = str(ROOT / self._module)
        if change is None or change.inside:
            _swap(held, compile(tree, path, "exec"))
            return
        name = ".".join(self._module.with_suffix("").parts)
        kept = "dedup.kernels" if not name.startswith("dedup.kernels") else "dedup.nothing"
        for loaded in [one for one in sys.modules if _ours(one) and not one.startswith(kept)]:
            del sys.modules[loaded]
        sys.meta_path.insert(0, _Changed(name, ROOT / self._module, tree))
        import pytest

        os._exit(int(pytest.main([*PYTEST, *self._tests])))


class Timed:
    """A plugin of pytest that tells how long each test takes, what it wants set up included."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Add up the phases of a test."""
        self.took[report.nodeid] = self.took.get(report.nodeid, 0.0) + report.duration


def _ours(name: str) -> bool:
    """Say whether a module is of the package or of its tests."""
    file = getattr(sys.modules[name], "__file__", None) or ""
    return name.split(".")[0] in ("dedup", "tests") or file.startswith(str(ROOT / "tests"))


def _held(path: str) -> list[Any]:
    """Return the functions made from a file, wherever they are held, and what the package and its tests remember."""
    return [
        one
        for one in gc.get_objects()
        if (isinstance(one, FunctionType) and one.__code__.co_filename == path)
        or (isinstance(one, functools._lru_cache_wrapper) and one.__module__ in sys.modules and _ours(one.__module__))
    ]


def _swap(held: list[Any], code: CodeType) -> None:
    """Give functions the code that a changed version of their module has in their place, and forget what was kept."""
    made: dict[tuple[str, int], CodeType] = {}
    todo = [code]
    while todo:
        for inner in todo.pop().co_consts:
            if isinstance(inner, CodeType):
                made[inner.co_qualname, inner.co_firstlineno] = inner
                todo.append(inner)
    for one in held:
        if isinstance(one, FunctionType):
            one.__code__ = made[one.__code__.co_qualname, one.__code__.co_firstlineno]
        else:
            one.cache_clear()


def table(ledger: dict[str, Any]) -> str:
    """Return the ledger as a table of docs/reliability.md."""
    lines = ["| module | changes possible | tried | noticed | survived |", "|---|---:|---:|---:|---:|"]
    for module, row in ledger.items():
        figures = (row["possible"], row["tried"], row["killed"], len(row["survived"]))
        lines.append(f"| `{module}` | " + " | ".join(map(str, figures)) + " |")
    return "\n".join(lines) + "\n"


def run(module: Path, tried: list[Change], tests: list[str], seconds: float, within: float) -> Campaign:
    """Run the tests on the module as it is, then on each change of it."""
    import pytest
    from hypothesis import Phase, settings

    # A failing example need not be made small, and what one mutant showed must not be replayed for the next.
    settings.register_profile("mutate", phases=(Phase.explicit, Phase.generate), database=None)
    settings.load_profile("mutate")
    timed = Timed()
    took = 0.0
    for _ in range(2):  # the first time, libraries are loaded and kernels compiled
        timed.took.clear()
        before = time.process_time()
        if pytest.main([*PYTEST, *tests], plugins=[timed]) != 0:
            sys.exit("the tests fail on the unchanged module")
        took = time.process_time() - before
    print(f"{len(tried)} changes, {took:.2f} s of CPU each at most", flush=True)
    campaign = Campaign(module, tried, tests, timed.took, int(4 * took) + 10, time.monotonic() + seconds, within)
    pytest.main([*PYTEST, *tests], plugins=[campaign])
    if not campaign.sound:
        sys.exit("the tests fail in a fork of the unchanged module, or take longer than it may")
    return campaign


def main() -> int:
    """Try every change of a module, or every so many of them, and write down which survive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", type=Path)
    parser.add_argument("--tests", nargs="+", required=True)
    parser.add_argument("--again", action="store_true", help="try only what survived the last time, with these tests")
    parser.add_argument("--every", type=int, default=1, help="try one in so many, drawn at random with a fixed seed")
    parser.add_argument(
        "--within", type=float, default=1e9, help="leave out tests that take more than so many seconds"
    )
    parser.add_argument("--minutes", type=float, default=1e9, help="stop then, and write down what was tried so far")
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    given = parser.parse_args()
    for folder in (str(ROOT / "tests"), str(ROOT)):
        sys.path.insert(0, folder)
    source = (ROOT / given.module).read_text(encoding="utf-8")
    all_changes = changes(ast.parse(source))
    tried = random.Random(str(given.module)).sample(all_changes, -(-len(all_changes) // given.every))
    ledger = json.loads(given.ledger.read_text(encoding="utf-8")) if given.ledger.is_file() else {}
    before = ledger.get(str(given.module), {}) if given.again else {}
    if given.again:
        alive = {(row["line"], row["change"]) for row in before["survived"]}
        tried = [one for one in all_changes if (one.line, make(ast.parse(source), one)) in alive]
    campaign = run(given.module, tried, given.tests, 60 * given.minutes, given.within)
    survived = campaign.survived
    done = before["tried"] if given.again else campaign.done
    ledger[str(given.module)] = {
        "possible": len(all_changes),
        "tried": done,
        "killed": done - len(survived),
        "jit": os.environ.get("NUMBA_DISABLE_JIT") != "1",
        "tests": list(dict.fromkeys([*before.get("tests", ()), *given.tests])),
        "survived": sorted(survived, key=lambda row: (row["line"], row["change"])),
    }
    given.ledger.write_text(
        json.dumps(dict(sorted(ledger.items())), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    print(f"{given.module}: {done - len(survived)} of {done} noticed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
