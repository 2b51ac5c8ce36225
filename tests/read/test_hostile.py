"""Whatever bytes come under whatever name: one row at least, no exception, nothing written."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from functools import cache
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.read import ReadOptions, read
from dedup.result import Document, Skipped
from tests.read.makers import doc, docx, paragraph, run, zipped

TEXT = "松坪乡把闲置校舍改成养老院，先收了十六位独居老人，饭菜由老人们自己定，乡卫生院每周来量一次血压。"
SUFFIXES = (
    ".txt",
    ".md",
    ".html",
    ".docx",
    ".doc",
    ".wps",
    ".pdf",
    ".xlsx",
    ".csv",
    ".jsonl",
    ".json",
    ".gz",
    ".zst",
    ".zip",
    "",
)


@cache
def samples() -> tuple[bytes, ...]:
    """Return one sound file of each kind that can be made here."""
    import openpyxl
    from reportlab.pdfgen.canvas import Canvas

    book = openpyxl.Workbook()
    book.active.append(["id", "text"])
    book.active.append(["a", TEXT])
    sheet = io.BytesIO()
    book.save(sheet)
    with zipfile.ZipFile(sheet) as archive:
        sheet = io.BytesIO(
            zipped({name: archive.read(name) for name in archive.namelist() if "docProps" not in name})
        )
    page = io.BytesIO()
    canvas = Canvas(page, invariant=1)
    canvas.drawString(72, 700, "Plain words that have a text layer.")
    canvas.save()
    word = docx(paragraph(run(TEXT)) * 3)
    return (
        TEXT.encode(),
        TEXT.encode("gb18030"),
        json.dumps({"id": 1, "text": TEXT}).encode() * 3,
        f"<html><body><p>{TEXT}</p><table><tr><td>一</td></tr></table></body></html>".encode(),
        word,
        doc(TEXT, headers="页眉\r"),
        zipped({"a.txt": TEXT.encode(), "b/c.docx": word}),
        gzip.compress(TEXT.encode(), mtime=0),
        sheet.getvalue(),
        page.getvalue(),
    )


def check(folder, data: bytes, suffix: str) -> None:
    path = folder / f"a{suffix}"
    path.write_bytes(data)
    rows = list(read([path], ReadOptions(max_bytes=1 << 22)))
    assert rows
    for row in rows:
        assert row.source == path.as_posix()
        if isinstance(row, Document):
            assert row.text.strip()
            for ranges in (row.furniture, row.tables):
                assert all(0 <= start < end <= len(row.text) for start, end in ranges)
                assert all(before[1] <= after[0] for before, after in pairwise(ranges))
            assert all(0 <= at <= len(row.text) for at in row.pages)
        else:
            assert isinstance(row, Skipped)
            assert row.reason
    assert list(folder.iterdir()) == [path]
    path.unlink()


@given(st.binary(max_size=300), st.sampled_from(SUFFIXES))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_any_bytes_under_any_suffix(tmp_path_factory, data, suffix):
    check(tmp_path_factory.mktemp("any"), data, suffix)


@given(st.data())
@settings(max_examples=300, derandomize=True, deadline=None)
def test_sound_files_with_bytes_changed_cut_or_doubled(tmp_path_factory, data):
    whole = data.draw(st.sampled_from(samples()))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole = whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + 1 :]
    end = data.draw(st.sampled_from(["as it is", "cut", "doubled"]))
    if end == "cut":
        whole = whole[: data.draw(st.integers(0, len(whole) - 1))]
    elif end == "doubled":
        whole += whole
    check(tmp_path_factory.mktemp("changed"), whole, data.draw(st.sampled_from(SUFFIXES)))
