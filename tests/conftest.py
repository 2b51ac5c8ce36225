"""Which sentences of errors has no test ever seen?

A message that nobody has seen printed has twenty spaces in the middle, or names the wrong file. So each place in
the package that makes an error of the `DedupError` family is remembered when it does, and a run of all tests ends
with how many never did. With ``DEDUP_ERRORS=1`` (``make errors``) they are named, and the run fails if there are any
beyond those in `ELSEWHERE`. A run of a part of the tests is not judged.
"""

from __future__ import annotations

import ast
import functools
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dedup.errors import DedupError

PACKAGE = Path(__file__).parent.parent / "dedup"

ELSEWHERE = {
    "dedup/errors.py": "classes make their own messages there",
    "dedup/spark.py": "wants Java",
    "dedup/executors/spark.py": "wants Java",
    "dedup/executors/cluster.py": "raised in a worker process",
    "dedup/executors/intake.py": "wants Java, and a corpus of a hundred thousand blocks",
    "dedup/sharded.py": "wants Java",
}
"""Modules whose errors are made where this cannot see them; each is tested by itself."""

seen: set[tuple[str, int]] = set()


def pytest_configure() -> None:
    """Remember the place of every error of the family that is made from now on."""
    for name in ("result", "clean.places", "clean.edits", "read.blob", "index.file", "review.store"):
        importlib.import_module(f"dedup.{name}")  # modules that have errors of their own
    for kind in family(DedupError):
        if kind is DedupError or "__init__" in vars(kind):
            kind.__init__ = _remembering(kind.__init__)  # type: ignore[method-assign]


def family(kind: type) -> Iterator[type]:
    """Yield a class and all that descend from it."""
    yield kind
    for one in kind.__subclasses__():
        yield from family(one)


def _remembering(make):
    @functools.wraps(make)
    def made(self, *args, **kwargs):
        frame = sys._getframe(1)
        while frame is not None and not frame.f_code.co_filename.startswith(str(PACKAGE)):
            frame = frame.f_back
        if frame is not None:
            seen.add((frame.f_code.co_filename, frame.f_lineno))
        make(self, *args, **kwargs)

    return made


def sites() -> Iterator[tuple[Path, int, int, str]]:
    """Yield file, first and last line, and class of every call that makes an error of the family."""
    names = {kind.__name__ for kind in family(DedupError)}
    for path in sorted(PACKAGE.rglob("*.py")):
        if str(path.relative_to(PACKAGE.parent)) in ELSEWHERE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield path, node.lineno, node.end_lineno or node.lineno, node.func.id


def unseen() -> list[str]:
    """Return the places of errors that were never made, as ``file:line class``."""
    return [
        f"{path.relative_to(PACKAGE.parent)}:{first} {name}"
        for path, first, last, name in sites()
        if not any(file == str(path) and first <= line <= last for file, line in seen)
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many errors were never made, or which."""
    if (
        config.args_source is not pytest.Config.ArgsSource.TESTPATHS
        or config.option.keyword
        or config.option.markexpr
    ):
        return
    missing, count = unseen(), len(list(sites()))
    terminalreporter.write_line(f"errors: {count - len(missing)} of {count} places that make one were seen to")
    if os.environ.get("DEDUP_ERRORS"):
        for place in missing:
            terminalreporter.write_line(f"  never: {place}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that was asked to, where some error was never made."""
    if os.environ.get("DEDUP_ERRORS") and session.exitstatus == 0 and unseen():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
