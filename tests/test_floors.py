"""The house stands: imports go down only, steps know nothing of one another, rooms keep their size."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "dedup"

# Rooms by floor; a module may import from its own floor and those below, with the exceptions that follow.
FLOORS = {
    "cli": 8,
    "review": 7,
    "report": 6,
    "spark": 6,
    "clean": 6,
    "evaluate": 6,
    "decisions": 6,
    "relabel": 6,
    "stricter": 6,
    "formulas": 6,
    "proposals": 5,
    "layers": 1,
    "pipeline": 5,
    "describe": 5,
    "sharded": 5,
    "shards": 5,
    "background": 5,
    "accounts": 5,
    "rates": 5,
    "provenance": 5,
    "figures": 5,
    "rows": 0,
    "form": 0,
    "archive": 5,
    "paragraphs": 5,
    "estimator": 5,
    "explanation": 5,
    "keyterms": 5,
    "evidence": 5,
    "differing": 5,
    "spelling": 5,
    "executors": 4,
    "index": 3,
    "read": 2,
    "steps": 2,
    "kernels": 1,
    "digests": 1,
    "lexicon": 1,
    "reach": 1,
    "recount": 1,
    "lines": 1,
    "columns": 1,
    "errors": 0,
    "params": 0,
    "schema": 0,
    "result": 0,
    "soundness": 0,
    "intervals": 0,
    "views": 0,
    "frames": 0,
    "sweeps": 0,
    "errand": 0,
    "names": 0,
    "_optional": 0,
}

MODULES = sorted(PACKAGE.rglob("*.py"))


def room(module: str) -> str:
    """Return the room of a dotted module name: dedup.steps.align -> steps."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imports(path: Path) -> set[str]:
    """Return every module that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def dotted(path: Path) -> str:
    relative = path.relative_to(PACKAGE.parent).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
    return ".".join(parts)


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_go_down_only(path):
    """No module imports from a floor above its own."""
    here = room(dotted(path))
    if here in ("", "__main__"):
        return  # the front door hands everything on, lazily
    assert here in FLOORS, f"{here} has no floor: give it one in this test and in ARCHITECTURE.md"
    for module in imports(path):
        there = room(module)
        if module.startswith("dedup.") and there in FLOORS:
            assert FLOORS[there] <= FLOORS[here], f"{dotted(path)} (floor {FLOORS[here]}) imports {module}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "steps").glob("*.py")), ids=dotted)
def test_steps_never_import_one_another(path):
    """Only the pipeline knows the order; tables of constants under steps/data are no steps."""
    others = {p.stem for p in (PACKAGE / "steps").glob("*.py")} - {"__init__"}
    for module in imports(path):
        parts = module.split(".")
        if parts[:2] == ["dedup", "steps"] and len(parts) > 2:
            assert parts[2] not in others, f"{path.name} imports {module}"


@pytest.mark.parametrize("package, home", [("numba", "kernels"), ("typer", "cli")])
def test_heavy_packages_have_one_home(package, home):
    """numba is imported in kernels/ only, typer in cli/ only."""
    for path in MODULES:
        if any(module.split(".")[0] == package for module in imports(path)):
            assert room(dotted(path)) == home, f"{dotted(path)} imports {package}"


def test_kernels_of_one_file_call_none_of_another():
    """numba's cache watches the caller's file only: a changed helper elsewhere would leave a stale answer.

    A request for memory has no answer that could be stale.
    """
    for path in (PACKAGE / "kernels").glob("*.py"):
        for module in imports(path):
            asks = module.startswith("dedup.kernels.prefetch")
            assert asks or not module.startswith("dedup.kernels.") or path.name == "__init__.py", (
                f"{path.name}: {module}"
            )


# One kernel marks what becomes of each folded code point, and calls no kernel of another file (see above): numerals,
# masks and enumerators stand where they are called.
# So does what judges pairs of places: the vectors that compare them stand beside the loops for the ends of the text.
LARGE = {"dedup.kernels.text": 550, "dedup.kernels.seeds": 460}


def test_modules_are_rooms():
    """No module is longer than 400 lines, but for what has a reason, and none is called utils."""
    for path in MODULES:
        lines = path.read_text(encoding="utf-8").count("\n")
        assert lines <= LARGE.get(dotted(path), 400), f"{dotted(path)} has {lines} lines: is it really one room?"
        assert "utils" not in path.stem
