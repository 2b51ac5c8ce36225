"""The audit: bytes and texts as JSON and back, rows that are complete, and what is said of one that is broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dedup.clean import Claim, Removal
from dedup.clean import audit as audits
from dedup.clean.edits import Edit
from dedup.errors import FormatProblem
from dedup.result import Span

_ODD = (
    "檐口".encode(),
    b"\xe6\xaa",
    b"\xff\xfe\x00\x00",
    b"\xa2\xcc",  # in Big5 a second code of one character
    "檐口".encode("gb18030"),
    "檐口".encode("utf-16-le"),
    "\ud800檐".encode("utf-8", "surrogatepass"),
    "\ud800檐".encode("utf-16-le", "surrogatepass"),
    b"\xef\xbb\xbf",
    b"\r\n\x00",
    b"",
)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5hkscs", "big5", "utf-16-le", "utf-16", "ascii"])
def test_bytes_come_back_from_their_json_value(encoding: str) -> None:
    """As text where the encoding gives exactly them back, else in base64."""
    for data in _ODD:
        value = json.loads(json.dumps(audits.raw_of(data, encoding)))
        assert audits._raw(value, encoding) == data, (data, value)
        assert isinstance(value, dict) == (not _sound(data, encoding)), (data, value)


def _sound(data: bytes, encoding: str) -> bool:
    try:
        return data.decode(encoding).encode(encoding) == data
    except UnicodeError:
        return False


def test_a_row_is_one_line_that_can_be_read_by_eye():
    """Han stand as they are; only half surrogates, which UTF-8 cannot hold, make escapes of them."""
    assert audits.line({"text": "水渠\n"}) == '{"text": "水渠\\n"}\n'
    broken = audits.line({"text": "水\ud800"})
    assert broken.encode() and json.loads(broken) == {"text": "水\ud800"}


_CONSTANT = {"file": 3, "rule": "paragraph/first", "params": "p", "version": "v"}


def _row(edit: Edit | None, text: str, encoding: str, partner: Span | None = None) -> dict[str, Any]:
    claim = Claim("copy", "f1", partner, 0.9, 0.8)
    removal = Removal(1, 4, 4 + len(text), claim, carried=2)
    row = audits.removal_row(removal, edit, ["a", "b"], text, encoding, _CONSTANT)
    return audits.with_archive(row, claim, {0: "old.dedup"})


def test_a_removal_says_what_went_and_why():
    row = _row(None, "水", "utf-8", Span(1, 7, 8))
    assert row == {
        "kind": "removal",
        "document": "b",
        "start": 4,
        "end": 5,
        "label": "copy",
        "family": "f1",
        "wording": 0.9,
        "similarity": 0.8,
        "partner": {"document": "b", "start": 7, "end": 8},
        "carried": 2,
        "digest": "327b54d04f71f2126114d9d61d4c3640ca0fc5b30878ad28416ff634a51a712d",
        "text": "水",
        **_CONSTANT,
    }
    assert _row(None, "水", "utf-8", Span(0, 7, 8))["partner"]["archive"] == "old.dedup"
    assert _row(None, "水", "utf-8")["partner"] is None


@pytest.mark.parametrize(
    ("encoding", "cut", "raw"),
    [
        ("utf-8", "水\ud800".encode("utf-8", "surrogatepass"), False),
        ("gb18030", "水\ud800".encode("utf-8", "surrogatepass"), True),
        ("utf-16-le", "水\ud800".encode("utf-16-le", "surrogatepass"), False),
        ("utf-8", b"\\u6c34\\ud800", True),
    ],
)
def test_the_bytes_of_a_removal_stand_in_it_where_they_are_not_its_text(encoding, cut, raw):
    """An edit reads back from its row as it was, with raw bytes or without."""
    edit = Edit(9, cut)
    row = _row(edit, "水\ud800", encoding)
    assert ("raw" in row, row["at"], "cell" in row) == (raw, 9, False)
    assert audits._edit(json.loads(audits.line(row)), encoding) == edit


def test_the_cut_of_a_cell_has_its_text_for_bytes():
    """Whatever the encoding of the documents is said to be: in a table text is UTF-8."""
    edit = Edit(2, "水".encode(), cell=0)
    row = _row(edit, "水", "gb18030")
    assert (row["at"], row["cell"], "raw" in row) == (2, 0, False)
    assert audits._edit(row, "gb18030") == edit


def test_a_shell_and_an_insert_read_back_as_they_were():
    for kind, edit in (
        ("shell", Edit(1, b'{"text": "')),
        ("shell", Edit(1, b"\xff\x00", cell=-1)),
        ("insert", Edit(1, put=b"[]")),
        ("insert", Edit(0, put=b"[]", cell=-2)),
    ):
        row = audits.edit_row(kind, 5, edit, "utf-8")
        assert (row["kind"], row["file"], row["at"], row.get("cell")) == (kind, 5, edit.at, edit.cell)
        assert audits._edit(row, "utf-8") == edit


def test_an_audit_is_known_by_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    assert not audits.is_audit(path)
    for line, wanted in (('{"schema": "dedup.audit/1"}', True), ('{"schema": "dedup.audit/10"}', False), ("", False)):
        path.write_text(line + "\n", encoding="utf-8")
        assert audits.is_audit(path) == wanted
    path.write_text('{"a": 1}\n{"schema": "dedup.audit/1"}\n', encoding="utf-8")
    assert not audits.is_audit(path)


def written(path: Path, *rows: Any) -> Path:
    """Write an audit of a header, rows, and a summary."""
    whole = [{"schema": audits.SCHEMA}, *rows, {"kind": "summary", "documents": {"in": 1}}]
    path.write_text("".join(json.dumps(row) + "\n" for row in whole), encoding="utf-8")
    return path


FILE = {"kind": "file", "file": 0, "encoding": "utf-8"}


def test_an_audit_is_read_into_its_files(tmp_path: Path) -> None:
    """Each edit with its file and in order of place; rows of what was skipped or only marked make none."""
    path = written(
        tmp_path / "audit.jsonl",
        FILE,
        {"kind": "removal", "file": 0, "at": 6, "text": "水"},
        {"kind": "removal", "file": 0, "text": "渠"},
        {"kind": "shell", "file": 0, "at": 0, "raw": {"base64": "/w=="}},
        {"kind": "skipped"},
        {**FILE, "file": 1, "encoding": "gb18030"},
        {"kind": "insert", "file": 1, "at": 2, "raw": "水"},
        {"kind": "sidecar", "file": 0, "text": "甲"},
    )
    audit = audits.load(path)
    assert audit.header == {"schema": audits.SCHEMA}
    assert audit.summary == {"kind": "summary", "documents": {"in": 1}}
    one, two = audit.files
    assert one.edits == [Edit(0, b"\xff"), Edit(6, "水".encode())]
    assert two.edits == [Edit(2, put="水".encode("gb18030"))]
    assert (one.sidecar, two.sidecar) == ("甲".encode(), None)


@pytest.mark.parametrize(
    "row",
    [
        {"kind": "removal", "file": 0, "at": 0, "raw": {"base64": "/w==!"}},
        {"kind": "removal", "file": 0, "at": 0, "raw": ["水"]},
        {"kind": "removal", "file": 0, "at": 0, "raw": {}},
        {"kind": "removal", "file": 0, "at": 0},
        {"kind": "removal", "file": 0, "at": 0, "text": 5},
        {"kind": "removal", "file": 0, "at": "x", "text": "水"},
        {"kind": "removal", "file": 0, "at": float("inf"), "text": "水"},
        {"kind": "removal", "file": 0, "at": 0, "cell": "x", "text": "水"},
        {"kind": "removal", "file": 1, "at": 0, "text": "水"},
        {"kind": "removal", "at": 0, "text": "水"},
        {"kind": "sidecar", "file": 0, "text": "\ud800"},
        {"kind": "sidecar", "file": 0, "text": 5},
        {"kind": "other"},
        {"file": 0},
    ],
)
def test_a_row_that_lacks_something_is_named_by_its_line(tmp_path: Path, row: dict[str, Any]) -> None:
    with pytest.raises(FormatProblem, match=r"audit.jsonl: line 3 lacks a field or has a wrong one \("):
        audits.load(written(tmp_path / "audit.jsonl", FILE, row))


def test_an_encoding_that_there_is_not_is_a_wrong_field(tmp_path: Path) -> None:
    cut = {"kind": "removal", "file": 0, "at": 0, "text": "水"}
    with pytest.raises(FormatProblem, match=r"line 3 .*unknown encoding: none"):
        audits.load(written(tmp_path / "audit.jsonl", {**FILE, "encoding": "none"}, cut))


def test_what_is_no_audit_is_told(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for text, told in (
        ('{"schema": "dedup.audit/1"}\n', "it ends after line 1 without a summary: it was cut off"),
        ('{"schema": "x"}\n{"kind": "summary"}\n', "the schema is 'x', wanted 'dedup.audit/1'"),
        ('{"kind": "summary"}\n', "the schema is None, wanted 'dedup.audit/1'"),
        ("", "the schema is 'an empty file', wanted 'dedup.audit/1'"),
        ('{"schema": "dedup.audit/1"}\n\n', "it cannot be read as lines of JSON"),
        ('{"schema": "dedup.audit/1"}\n5\n', "line 2 is int, wanted an object"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(FormatProblem) as caught:
            audits.load(path)
        assert str(caught.value).startswith(f"{path}: {told}"), str(caught.value)
    path.unlink()
    with pytest.raises(FormatProblem, match="there is no such file; `dedup clean` writes it"):
        audits.load(path)
