"""Large files of JSON lines: what a kernel reads ahead is what the json module reads."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import records as kernels
from dedup.kernels.threads import threads
from dedup.read import ReadOptions, records
from dedup.read.blob import Blob
from dedup.read.table import documents

TEXT = "沟口的闸板换成了槐木的，开春放水前由三户人家轮着上油，谁家误了就补一天工。"
HEAD = json.dumps({"id": "first", "text": TEXT}, ensure_ascii=False).encode() + b"\n"


def naive(line: bytes, column: str) -> tuple[int, int, str] | None:
    """Return where the value of the text stands, and the text, if the line is plain."""
    depth, at, found = 0, 0, None
    while at < len(line):
        sign = line[at : at + 1]
        if sign == b"\\":
            return None
        if sign == b'"':
            end = line.find(b'"', at + 1)
            token = line[at : end + 1] if end >= 0 else line[at:]
            if b"\\" in token:
                return None
            at += len(token)
            colon = re.compile(rb"[ \t\r]*:[ \t\r]*").match(line, at)
            if depth == 1 and token == json.dumps(column, ensure_ascii=False).encode() and colon:
                value = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL).match(line, colon.end())
                if found is not None or value is None:
                    return None
                halves = re.findall(rb"\\(?:u[dD][89a-fA-F]|.)", value[0], re.DOTALL)
                try:
                    text = json.loads(value[0].decode())
                except ValueError:
                    return None
                if any(len(half) > 2 for half in halves):
                    return None
                found, at = (*value.span(), text), value.end()
            continue
        depth += (sign in (b"{", b"[")) - (sign in (b"}", b"]"))
        at += 1
    return found


def kernel(blocks: list[bytes], column: str) -> tuple[list[tuple[int, int, str] | None], list[bool]]:
    """Return what the kernel says of each line, places counted from its beginning, and of each block."""
    data = b"\n".join(blocks)
    ends = np.cumsum([len(one) + 1 for one in blocks]) - 1
    key = np.frombuffer(json.dumps(column, ensure_ascii=False).encode(), np.uint8)
    codes, rows = np.empty(len(data), np.uint32), np.empty((len(data) + 1, 6), np.int64)
    sound = np.empty(len(blocks), bool)
    count = kernels.records(np.frombuffer(data, np.uint8), ends, key, codes, rows, sound)
    lines = data.split(b"\n")
    assert count == len(lines)
    found = []
    for line, (start, stop, first, last, low, high) in zip(lines, rows[:count].tolist(), strict=True):
        assert data[start:stop] == line
        text = codes[low:high].tobytes().decode("utf-32-le") if first >= 0 else ""
        found.append((first - start, last - start, text) if first >= 0 else None)
    return found, sound.tolist()


ODD = [
    b"",
    b" ",
    b"\r",
    b"{}",
    b"[]",
    b"7",
    b"null",
    b'"text"',
    b'{"text"}',
    b'{"text": ',
    b'{"text": "a',
    b'{"text": 5}',
    b'{"text": null}',
    b'{"text": "a"} x',
    b'["text": "a"]',
    b'[{"text": "a"}]',
    b'{"meta": {"text": "a"}}',
    b'{"text": "a", "text": "b"}',
    b'{"text": "a", "te\\u0078t": "b"}',
    b'{"te\\u0078t": "b"}',
    b'{"id": "a\\"", "text": "b"}',
    b'{"id": "text", "text" : "b" }',
    b'{"id": "\\\\", "text": "b"}',
    b'{"text": "\\ud83d\\ude00"}',
    b'{"text": "\\ud83d"}',
    b'{"text": "\\u6c34\\n\\t\\/\\b\\f\\r\\"\\\\"}',
    b'{"text": "\\x"}',
    b'{"text": "\\u12g4"}',
    b'{"text": "\\u12',
    b'{"text": "\\',
    b'{"text": "a\tb"}',
    b'{"text": "a\x00b"}',
    b'{"text": "\xed\xa0\x80"}',
    b'{"text": "\xc0\xaf"}',
    b'{"text": "\xe6\xb0"}',
    b'{"text": "\xf0\x9f\x98\x80\xf4\x90\x80\x80"}',
    b'{"text": "\xf0\x9f\x98\x80"}',
    b'{"id": "\xff", "text": "a"}',
    b'\xef\xbb\xbf{"text": "a"}',
    b'{"text":"", "n": [1, {"text": 2}]}',
    b'{"text": "a", "n": NaN}',
    b'{"text": "a",}',
    b"\xff\xfe",
    b"}{",
    b'{"text": "\xc2\x80\xdf\xbf"}',
]
VALUES = st.text(st.characters(codec="utf-8", exclude_categories=()), max_size=12) | st.text(
    '\\"/ntu水渠\n\x7f€😀', max_size=8
)
RECORDS = st.builds(
    lambda record, ascii_only, gap: json.dumps(record, ensure_ascii=ascii_only, separators=(gap, ":")).encode(),
    st.dictionaries(st.sampled_from(["text", "id", "date", "题"]) | VALUES, VALUES | st.integers(), max_size=4),
    st.booleans(),
    st.sampled_from([",", ", ", " ,\t"]),
)
PIECES = st.lists(st.sampled_from(ODD) | st.binary(max_size=6), max_size=3).map(b"".join)
LINES = st.lists(RECORDS | st.sampled_from(ODD) | PIECES.map(lambda one: one.replace(b"\n", b"")), max_size=12)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(LINES, min_size=1, max_size=3), st.sampled_from(["text", "题"]))
def test_the_kernel_says_what_its_slow_twin_says(blocks: list[list[bytes]], column: str) -> None:
    laid = [b"\n".join(block) for block in blocks]
    found, sound = kernel(laid, column)
    assert found == [naive(line, column) for line in b"\n".join(laid).split(b"\n")]
    for block, whole in zip(laid, sound, strict=True):
        try:
            block.decode()
        except UnicodeDecodeError:
            assert not whole
        else:
            assert whole


def rows(data: bytes, large: bool, **options):
    """Return the records of a file that is read in pieces, with the kernel or without."""
    stream = io.BytesIO(data)
    blob = Blob("a.jsonl", None, "a.jsonl", stream.read(len(HEAD) + 7), stream)
    with pytest.MonkeyPatch.context() as patch:
        if not large:
            patch.setattr(Blob, "streamed", False)
        patch.setattr("dedup.read.blob._BLOCK", 64)
        patch.setattr(records, "_TOGETHER", 150)
        return list(documents(blob, ReadOptions(**options), {}))


@pytest.mark.parametrize("jobs", [1, 2])
@settings(max_examples=150, deadline=None, derandomize=True)
@given(LINES, st.booleans(), st.sampled_from([{}, {"max_line": 150}, {"text_column": "题"}, {"encoding": "utf-8"}]))
def test_a_large_file_is_read_as_a_small_one(jobs: int, lines: list[bytes], marked: bool, options) -> None:
    """The same documents and the same words about what is none: broken lines, bytes, bounds, marks, columns."""
    data = (b"\xef\xbb\xbf" if marked else b"") + HEAD + b"\n".join(lines)
    with threads(jobs):
        assert rows(data, True, **options) == rows(data, False, **options)


def test_plain_records_are_read_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """The json module sees no text of a plain record; numbers of lines count all lines."""
    seen = []
    loads = json.loads
    monkeypatch.setattr(records.json, "loads", lambda line: seen.append(line) or loads(line))
    made = [{"id": str(row), "text": TEXT * 3 + "\n" + str(row), "date": "2021-03"} for row in range(50)]
    data = HEAD + b"\n".join(json.dumps(one, ensure_ascii=False).encode() for one in made) + b"\n{"
    *found, broken = rows(data, True)
    assert [(one.member, one.text, one.date) for one in found[1:]] == [
        (one["id"], one["text"], "2021-03") for one in made
    ]
    assert len(seen) == 52 and not any(TEXT in line for line in seen)
    assert broken.reason.startswith("line 52 is no JSON")


@pytest.mark.parametrize("groups", [0, 1, 5])
def test_what_stands_before_a_break_is_given_before_it_is_told(monkeypatch, groups):
    """A packed file that ends too early: its whole lines are records, whatever is being looked at ahead of them."""
    monkeypatch.setattr(records, "_TOGETHER", 64)
    written = [json.dumps({"text": f"第{number}块瓦"}, ensure_ascii=False).encode() for number in range(7 * groups)]

    def blocks():
        yield from written
        raise EOFError("the end is missing")

    told = []
    with pytest.raises(EOFError, match="the end is missing"):
        for _, _, record in records.lines(blocks(), "text"):
            told.append(record["text"])
    assert told == [f"第{number}块瓦" for number in range(7 * groups)]
