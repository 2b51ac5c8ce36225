"""The figures of a clean add up, in documents and in characters, whatever happened in whatever order."""

from __future__ import annotations

from pathlib import Path

from dedup.clean.tally import Tally
from dedup.result import Skipped


def test_every_count_is_the_sum_of_what_was_told():
    """Documents by fate, removals by label, characters in = kept + removed + skipped."""
    tally = Tally()
    for fate, chars in (("untouched", 100), ("cut", 80), ("cut", 50), ("removed", 30), ("skipped", 7)):
        tally.document(fate, chars)
    for label, chars, carried in (("mass", 20, 1), ("copy", 30, 4), ("copy", 11, 0)):
        tally.removal(label, chars, carried)
    tally.converted |= {"b.docx": "as text", "a.pdf": "as text"}
    tally.skipped.append(Skipped("x.bin", "no text"))
    tally.copied += 1
    report = tally.report(
        out=Path("out"), level="span", keep="first", dry_run=False, mark=False, stayed={"formula": 2}
    )
    assert report.to_dict() == {
        "kind": "summary",
        "documents": {"in": 5, "untouched": 1, "cut": 2, "removed": 1, "skipped": 1},
        "characters": {"in": 267, "kept": 199, "removed": 61, "skipped": 7},
        "removed": {"copy": [2, 41], "mass": [1, 20]},
        "carried": 5,
        "stayed": {"formula": 2},
        "converted": {"a.pdf": "as text", "b.docx": "as text"},
        "skipped": 1,
        "copied": 1,
    }
    assert list(report.removed) == ["copy", "mass"] and list(report.converted) == ["a.pdf", "b.docx"]
