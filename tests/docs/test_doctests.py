"""Examples in docstrings are run, and whatever a user imports has one."""

from __future__ import annotations

import doctest
import inspect
import io
import shutil
from importlib import import_module

import pytest

from tests.docs.blocks import ROOT
from tests.test_floors import MODULES, dotted

WITH_EXAMPLES = [dotted(path) for path in MODULES if ">>> " in path.read_text(encoding="utf-8")]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

DOORS = ("dedup", "dedup.clean", "dedup.evaluate", "dedup.read")
PLAIN = {
    "dedup.clean.Archived",
    "dedup.clean.Claim",
    "dedup.clean.CleanReport",
    "dedup.clean.Plan",
    "dedup.clean.Removal",
    "dedup.evaluate.FamilyFigures",
    "dedup.evaluate.Gold",
    "dedup.evaluate.GoldPair",
    "dedup.evaluate.GoldSpan",
    "dedup.evaluate.LabelFigures",
    "dedup.evaluate.PassageFigures",
    "dedup.evaluate.Scores",
    "dedup.read.Found",
    "dedup.read.plan",
    "dedup.read.read_planned",
}
"""What only comes out of functions that have an example themselves, and the halves of `read`."""


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_print_what_they_show(name, tmp_path, monkeypatch):
    """Each docstring in a folder of its own with the sample corpus."""
    ran = 0
    for test in doctest.DocTestFinder(exclude_empty=True).find(import_module(name), name):
        if test.examples:
            folder = tmp_path / str(ran)
            shutil.copytree(ROOT / "data", folder / "data")
            monkeypatch.chdir(folder)
            told = io.StringIO()
            failed = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=told.write).failed
            assert failed == 0, told.getvalue()
            ran += 1
    assert ran


def public():
    """Yield the dotted name and object of everything that a door hands out, constants left out."""
    for door in DOORS:
        module = import_module(door)
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                yield f"{door}.{name}", thing


@pytest.mark.parametrize("name, thing", list(public()), ids=lambda one: one if isinstance(one, str) else "")
def test_whatever_is_imported_has_an_example_in_its_docstring(name, thing):
    told = inspect.getdoc(thing) or ""
    if inspect.isclass(thing):
        told += "".join(inspect.getdoc(one) or "" for _, one in inspect.getmembers(thing, inspect.isfunction))
    assert (">>>" in told) != (name in PLAIN)


def test_every_example_is_one_that_can_be_run():
    """No example is skipped by a directive: what cannot be run may as well be wrong."""
    skipped = [dotted(path) for path in MODULES if "doctest: +SKIP" in path.read_text(encoding="utf-8")]
    assert skipped == []
