"""The other pages keep their word: the map of the house, the glossary."""

from __future__ import annotations

import re

import pytest

from dedup.params import LABELS
from dedup.report.words import words
from tests.docs.blocks import ROOT
from tests.test_floors import FLOORS

PACKAGE = ROOT / "dedup"
PARTS = sorted((PACKAGE / "steps").glob("[a-z]*.py"))


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_map_gives_every_room_its_floor():
    """The table in ARCHITECTURE.md is the one that the test of imports holds."""
    shown = {
        room: int(floor)
        for floor, rooms in re.findall(r"^\| (\d) \| (.+) \|$", read("ARCHITECTURE.md"), re.M)
        for room in re.findall(r"`(\w+)`", rooms)
    }
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    there -= {"__init__", "__main__"}
    assert shown == {room: FLOORS[room] for room in there}


@pytest.mark.parametrize("path", sorted(path for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()))
def test_the_map_has_a_heading_for_every_folder(path):
    assert re.search(rf"^## .*dedup/{path.name}/", read("ARCHITECTURE.md"), re.M)


def test_the_map_lists_every_step():
    """One row a module under steps/, no row without a module."""
    shown = re.findall(r"^\| `(\w+)` \| .+\? \|", read("ARCHITECTURE.md"), re.M)
    assert sorted(shown) == [path.stem for path in PARTS]


def test_the_glossary_has_the_words_that_are_shown():
    """Labels, changes and kinds of correspondence, in both languages."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", read("docs/glossary.md"), re.M)
    pairs = {(re.sub(r" \(`\w+`\)", "", english).strip(), chinese.strip()) for english, chinese in rows}
    en, zh = words("en"), words("zh")
    for name in LABELS:
        assert (en.label(name), zh.label(name)) in pairs
    for table in ("changes", "kinds"):
        for name, english in getattr(en, table).items():
            assert (english, getattr(zh, table)[name]) in pairs
