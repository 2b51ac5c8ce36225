"""What an installation consists of is written down, agrees with what is required, and may be passed on."""

from __future__ import annotations

import json
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import make_bill as bill  # noqa: E402

sys.path.pop(0)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKED = {
    requirement.name: requirement
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for requirement in [Requirement(line)]
}
COMPONENTS = json.loads((ROOT / "docs" / "sbom.cdx.json").read_text(encoding="utf-8"))["components"]


def pinned(requirement: Requirement) -> str:
    (only,) = requirement.specifier
    assert only.operator == "=="
    return only.version


def closure() -> set[str]:
    """Return the names of all packages that the package needs here, without extras, as they are installed."""
    found: set[str] = set()
    open_ = [Requirement(line) for line in PROJECT["dependencies"]]
    while open_:
        one = open_.pop()
        name = bill.canonical(one.name)
        if name in found or (one.marker and not one.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        open_ += [Requirement(line) for line in metadata.requires(name) or ()]
    return found


def test_every_requirement_is_locked_within_its_bounds():
    """A release could not be installed from its own lock otherwise."""
    for line in PROJECT["dependencies"]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(pinned(LOCKED[bill.canonical(wanted.name)])), line


def test_the_bill_lists_what_is_locked():
    """One component a locked package, of the same version, with a digest and a place in an index."""
    assert {row["name"]: row["version"] for row in COMPONENTS} == {name: pinned(one) for name, one in LOCKED.items()}
    assert all(len(digest["content"]) == 64 for row in COMPONENTS for digest in row["hashes"])
    assert all(row["purl"] == f"pkg:pypi/{row['name']}@{row['version']}" for row in COMPONENTS)


def test_nothing_is_installed_for_the_package_that_the_bill_does_not_list():
    """A dependency of a dependency that came with an upgrade is seen here: run tools/make_bill.py and look at it."""
    assert closure() <= set(LOCKED)


@pytest.mark.parametrize("row", COMPONENTS, ids=lambda row: row["name"])
def test_every_licence_may_be_passed_on(row):
    """The licence in the bill is one of those allowed, and the one that the installed package states."""
    (told,) = row["licenses"]
    assert bill.allowed(told["expression"]), told
    if row["name"] in closure() and metadata.version(row["name"]) == row["version"]:
        assert bill.licence(row["name"]) == told["expression"]


@pytest.mark.parametrize(
    ("expression", "may"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT OR GPL-2.0) AND BSD-3-Clause", True),
        ("unknown", False),
    ],
)
def test_an_expression_needs_one_of_each_or_and_all_of_each_and(expression, may):
    assert bill.allowed(expression) is may
