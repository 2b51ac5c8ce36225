"""Containers: every member accounted for, bounds that hold against archives made to do harm."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
from pathlib import Path

import pytest

from dedup.read import SOFT_KINDS, ReadOptions, read
from dedup.result import Document, Skipped
from tests.read.makers import docx, paragraph, run, zipped, zipped_with_raw_names

TEXT = "枣园乡秋粮入库比往年早了九天，各村仓容提前腾空，烘干设备检修了两遍，没有一车粮食压在场上。\n"


def rows_of(tmp_path: Path, name: str, data: bytes, **options) -> list[Document | Skipped]:
    path = tmp_path / name
    path.write_bytes(data)
    return list(read([path], ReadOptions(**options)))


def zstd(data: bytes) -> bytes:
    from dedup.read.archive import _zstd

    return _zstd().compress(data)


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gz", "zst"])
@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bak"])
def test_compressed_text_is_the_text(tmp_path, pack, suffix):
    """Content decides; the inner suffix says what is inside."""
    (row,) = rows_of(tmp_path, "a.txt" + suffix, pack(TEXT.encode("gb18030")))
    assert (row.text, row.encoding, row.member) == (TEXT, "gb18030", None)
    records = f'{{"id": "x", "text": "{TEXT.strip()}"}}\n' * 3
    if suffix != ".bak":
        assert [row.member for row in rows_of(tmp_path, "b.jsonl" + suffix, pack(records.encode()))] == ["x"] * 3


def test_members_are_named_by_their_path_and_records_by_their_key(tmp_path):
    inner = zipped({"深/c.txt": TEXT.encode(), "d.txt.gz": gzip.compress(TEXT.encode())})
    data = zipped(
        {
            "b/inner.zip": inner,
            "a.txt": TEXT.encode(),
            "r.jsonl": b'{"id": 7, "text": "' + TEXT.strip().encode() + b'"}',
            "w.docx": docx(paragraph(run(TEXT.strip()))),
            "b/": b"",
        }
    )
    rows = rows_of(tmp_path, "pack.zip", data)
    assert [row.member for row in rows] == [
        "a.txt",
        "b/inner.zip/d.txt.gz",
        "b/inner.zip/深/c.txt",
        "r.jsonl#7",
        "w.docx",
    ]
    assert {row.text.strip() for row in rows} == {TEXT.strip()}


def test_names_of_chinese_windows_are_read(tmp_path):
    """GBK (or Big5, or UTF-8) bytes without the flag that would say so."""
    files = {
        name.encode(code): TEXT.encode()
        for name, code in (("年度总结.txt", "gbk"), ("工作計劃.txt", "big5"), ("说明.txt", "utf-8"))
    }
    rows = rows_of(tmp_path, "a.zip", zipped_with_raw_names(files))
    assert sorted(row.member for row in rows) == sorted(["年度总结.txt", "工作計劃.txt", "说明.txt"])


def test_each_member_that_cannot_be_read_is_one_line(tmp_path):
    """Names that leave the archive, caches, links, noise, empty files; the good member is read."""
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("../out.txt", "/etc/x.txt", "C:/x.txt", "__MACOSX/._a.txt", "a.txt"):
            archive.writestr(name, TEXT)
        archive.writestr(link, "/etc/passwd")
        archive.writestr("noise.txt", bytes(range(128, 256)) * 30)
        archive.writestr("empty.txt", b"")
        archive.writestr("pic.png", b"\x89PNG\r\n\x1a\n" + bytes(60))
    before = sorted(tmp_path.iterdir())
    rows = rows_of(tmp_path, "a.zip", buffer.getvalue())
    kinds = {row.member: row.kind for row in rows if isinstance(row, Skipped)}
    assert kinds == {
        "../out.txt": "damaged",
        "/etc/x.txt": "damaged",
        "C:/x.txt": "damaged",
        "__MACOSX/._a.txt": "hidden",
        "link.txt": "unsupported",
        "noise.txt": "encoding",
        "empty.txt": "empty",
        "pic.png": "unsupported",
    }
    assert [row.member for row in rows if isinstance(row, Document)] == ["a.txt"]
    assert sorted(tmp_path.iterdir()) == [*before, tmp_path / "a.zip"]
    assert "hidden" in SOFT_KINDS


def test_a_password_is_one_line_for_the_archive(tmp_path):
    data = bytearray(zipped({"a.txt": TEXT.encode(), "b.txt": TEXT.encode()}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + place] |= 1
    (row,) = rows_of(tmp_path, "a.zip", bytes(data))
    assert (row.kind, row.member, "password" in row.reason) == ("unsupported", None, True)


def test_an_archive_that_unpacks_a_thousandfold_is_stopped(tmp_path):
    """In zip, gz and zst, and one in another; what was read before stays."""
    blank = bytes(40_000_000)
    for name, data in {
        "a.zip": zipped({"a.txt": TEXT.encode(), "b.txt": blank}),
        "b.txt.gz": gzip.compress(blank),
        "c.txt.zst": zstd(blank),
        "d.zip": zipped({"a.txt": TEXT.encode(), "in.zip": zipped({"b.txt": blank})}),
    }.items():
        rows = rows_of(tmp_path, name, data)
        skipped = [row for row in rows if isinstance(row, Skipped)]
        assert [(row.kind, "bomb" in row.reason) for row in skipped] == [("damaged", True)]


def test_bounds_on_size_number_and_depth_hold_for_the_whole_archive(tmp_path):
    many = zipped({f"{number}.txt": TEXT.encode() for number in range(30)})
    (row,) = rows_of(tmp_path, "many.zip", many, max_members=20)
    assert (row.kind, "20 files" in row.reason) == ("damaged", True)
    rows = rows_of(tmp_path, "nested.zip", zipped({"a.zip": many, "b.zip": many}), max_members=40)
    assert isinstance(rows[-1], Skipped)
    assert sum(isinstance(row, Document) for row in rows) == 30
    rows = rows_of(tmp_path, "large.zip", many, max_unpacked=10 * len(TEXT.encode()))
    assert isinstance(rows[-1], Skipped)
    assert sum(isinstance(row, Document) for row in rows) == 10
    data = zipped({"a.txt": TEXT.encode()})
    for _ in range(5):
        data = zipped({"in.zip": data})
    (row,) = rows_of(tmp_path, "deep.zip", data)
    assert (row.kind, row.member) == ("damaged", "in.zip/in.zip/in.zip")
    (row,) = rows_of(tmp_path, "deep.zip", data, max_depth=6)
    assert isinstance(row, Document)
    wrapped = TEXT.encode()
    for _ in range(5):
        wrapped = gzip.compress(wrapped)
    assert rows_of(tmp_path, "a.txt.gz", wrapped)[0].kind == "damaged"


def test_a_header_that_lies_about_its_size_changes_nothing(tmp_path):
    """The bound is on what is given out; a promise of 4 GiB allocates nothing, one of 5 bytes hides nothing."""
    for promised in (5, 0xFFFFFFF0):
        data = bytearray(zipped({"a.txt": TEXT.encode() * 100}))
        for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            struct.pack_into("<I", data, data.find(mark) + place, promised)
        rows = rows_of(tmp_path, "a.zip", bytes(data))
        assert all(isinstance(row, Skipped) or len(row.text) <= len(TEXT) * 100 for row in rows)
        assert len(rows) == 1


@pytest.mark.parametrize("name", ["a.zip", "a.txt.gz", "a.txt.zst"])
def test_a_container_cut_short_is_said(tmp_path, name):
    text = TEXT.encode() + random.Random(1).randbytes(3_000).hex().encode()
    whole = {"a.zip": zipped({"a.txt": text}), "a.txt.gz": gzip.compress(text), "a.txt.zst": zstd(text)}[name]
    for length in (len(whole) // 2, len(whole) - 3):
        (row,) = rows_of(tmp_path, name, whole[:length])
        assert row.kind == "damaged"


def test_a_member_with_a_wrong_checksum_is_said(tmp_path):
    data = bytearray(zipped({"a.txt": TEXT.encode()}, zipfile.ZIP_STORED))
    data[data.find("仓".encode())] ^= 1
    (row,) = rows_of(tmp_path, "a.zip", bytes(data))
    assert (row.kind, row.member) == ("damaged", "a.txt")


def test_an_archive_larger_than_memory_allows_is_read_from_disk(tmp_path):
    """max_bytes bounds what is held, so an archive may be larger as long as its members are not."""
    files = {
        f"{number}.txt": TEXT.encode() + random.Random(number).randbytes(400_000).hex().encode()
        for number in range(8)
    }
    rows = rows_of(tmp_path, "a.zip", zipped(files, zipfile.ZIP_STORED), max_bytes=2 << 20)
    assert (tmp_path / "a.zip").stat().st_size > 6 << 20
    assert sum(isinstance(row, Document) for row in rows) == 8


def test_empty_and_foreign_archives_are_said(tmp_path):
    assert rows_of(tmp_path, "a.zip", zipped({}))[0].kind == "damaged"
    assert rows_of(tmp_path, "a.rar", b"Rar!\x1a\x07\0" + bytes(50))[0].kind == "unsupported"
    assert rows_of(tmp_path, "a.tar", b"a.txt".ljust(257, b"\0") + b"ustar\0" + bytes(300))[0].kind == "unsupported"
    assert rows_of(tmp_path, "a.zip", "这只是一行字，没有压缩。".encode())[0].text == "这只是一行字，没有压缩。"
