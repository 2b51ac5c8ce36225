"""Marking instead of removing: what a span says, and where the field of a table goes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from dedup.clean import Claim, CleanPolicy, Removal, clean
from dedup.clean.marks import spans_of
from dedup.errors import FormatProblem
from dedup.read import read
from dedup.result import Document, Span
from tests.clean.hand import found, result_of

_LINE = "井台的石板每逢初一刷洗，“井绳”由各家轮流更换。"


def test_a_span_names_the_partner_and_its_archive():
    """Page noise has no partner; one that stands in an archive is named with it."""
    claims = [
        Claim("furniture", None, None, None, None),
        *(Claim("copy", "f", Span(row, 0, 2), 1.0, 1.0) for row in (0, 1)),
    ]
    rows = [Removal(2, 5 * row, 5 * row + 3, claim) for row, claim in enumerate(claims)]
    spans = spans_of(rows, ["a.txt", "b.txt", "c.txt"], {1: "old.dedup"})
    assert [span["partner"] for span in spans] == [None, "a.txt", "b.txt"]
    assert [span.get("archive") for span in spans] == [None, None, "old.dedup"]
    assert [(span["start"], span["end"], span["label"], span["family"]) for span in spans] == [
        (0, 3, "furniture", None), (5, 8, "copy", "f"), (10, 13, "copy", "f"),
    ]  # fmt: skip


def test_a_table_gets_a_column_of_spans(tmp_path: Path):
    """Its name in the header, spans beside their texts, an empty field where a row is no document; nothing ragged."""
    source = tmp_path / "in" / "table.csv"
    source.parent.mkdir()
    source.write_bytes(f"id;text\r\n1;{_LINE}\r\n2;\r\n3;{_LINE}\r\n".encode("gb18030"))
    documents = [row for row in read([source]) if isinstance(row, Document)]
    result = result_of(documents, [found(documents, _LINE)])
    clean(result, documents, CleanPolicy(), tmp_path / "out", base=source.parent, mark_field="跨度")
    with (tmp_path / "out" / "table.csv").open(encoding="gb18030", newline="") as table:
        rows = list(csv.reader(table, delimiter=";"))
    assert [row[:2] for row in rows] == [["id", "text"], ["1", _LINE], ["2", ""], ["3", _LINE]]
    assert rows[0][2] == "跨度" and rows[1][2] == "[]" and rows[2][2] == ""
    (span,) = json.loads(rows[3][2])
    assert (span["start"], span["end"]) == (0, len(_LINE))
    with pytest.raises(FormatProblem, match="'id' already"):
        clean(result, documents, CleanPolicy(), tmp_path / "no", base=source.parent, mark_field="id")


def test_a_table_of_one_text_is_marked_too(tmp_path: Path):
    source = tmp_path / "in" / "a.csv"
    source.parent.mkdir()
    source.write_text(f"text\n{_LINE}\n", encoding="utf-8")
    documents = [row for row in read([source]) if isinstance(row, Document)]
    clean(
        result_of(documents, []), documents, CleanPolicy(), tmp_path / "out", base=source.parent, mark_field="spans"
    )
    assert (tmp_path / "out" / "a.csv").read_text(encoding="utf-8") == f'text,"spans"\n{_LINE},"[]"\n'
