"""Many small text files: read some at a time, they are what they are one at a time."""

from __future__ import annotations

import io
import os
import zipfile
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import records as kernels
from dedup.kernels.threads import threads
from dedup.read import ReadOptions, encoding, plain, read, walk
from dedup.result import Document, Skipped

TEXT = "渡口的石阶每年汛前都要凿一遍防滑的纹路，免得赶集的人摔跤；凿下来的石屑铺在晒场边上。\n"


def naive(data: bytes, head: int = encoding.SAMPLE) -> tuple[str, int] | None:
    """Return the text of bytes that are UTF-8 beyond doubt, and how many U+FFFD it has."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    upper = any(ord(char) >= 0x800 for char in text[:head])
    return (text, text.count("\ufffd")) if "\0" not in text and (text.isascii() or upper) else None


def kernel(files: list[bytes], head: int = encoding.SAMPLE) -> list[tuple[str, int] | None]:
    """Return what the kernel says of files that lie end to end."""
    data = b"".join(files)
    borders = np.cumsum([0, *map(len, files)])
    codes, ends, replaced = np.empty(len(data), np.uint32), *(np.empty(len(files), np.int64) for _ in range(2))
    kernels.texts(np.frombuffer(data, np.uint8), borders, np.int64(head), codes, ends, replaced)
    texts = [codes[low:high].tobytes().decode("utf-32-le", "replace") for low, high in pairwise([0, *ends.tolist()])]
    return [(text, lost) if lost >= 0 else None for text, lost in zip(texts, replaced.tolist(), strict=True)]


PIECES = [
    b"",
    b"\xef\xbb\xbf",
    TEXT.encode(),
    TEXT[:16].encode(),
    TEXT[:15].encode(),
    TEXT.encode()[1:],
    TEXT.encode()[:-2],
    "路\ufffd渠".encode(),
    "二\u00b7\u0101\u07ff".encode(),
    "\u0800\ud7ff\ue000\uffff".encode(),
    "𠮷\U0010ffff".encode(),
    b"plain ascii\r\n",
    b"\0",
    b"\xe0\x80\x80",
    b"\xe0\x9f\xbf",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xf0\x8f\xbf\xbf",
    b"\xf4\x90\x80\x80",
    b"\xc1\xbf",
    b"\xe6\xb0",
    b"\xff",
    "联通".encode("gbk"),
    TEXT.encode("gbk"),
]


@given(st.lists(st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=6).map(b"".join), max_size=5))
@settings(max_examples=600, deadline=None)
def test_the_kernel_decodes_as_python_does(files):
    assert kernel(files) == [naive(one) for one in files]
    assert kernel(files, head=3) == [naive(one, head=3) for one in files]


@pytest.mark.parametrize("broken", [b"\xe6", b"\xed\xa0\x80", b"\xe0\x80\x80", b"\xff", b"\0", b"\xef\xbf\xbd"])
@pytest.mark.parametrize("before", range(34))
def test_what_is_wrong_is_seen_wherever_it_stands_in_a_run(before, broken):
    data = "渠".encode() * before + broken + "路".encode() * (40 - before)
    assert kernel([data, TEXT.encode()]) == [naive(data), naive(TEXT.encode())]
    assert kernel([data + b"7" + TEXT.encode() * 2]) == [naive(data + b"7" + TEXT.encode() * 2)]


def folder(path):
    """Write files of all kinds under names of texts, and others between them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", TEXT * 3)
        archive.writestr("b.txt", "另一件。" + TEXT)
    contents = {
        "bom.txt": b"\xef\xbb\xbf" + TEXT.encode(),
        "only bom.txt": b"\xef\xbb\xbf",
        "empty.txt": b"",
        "blank.md": " \n　\n".encode(),
        "gbk.txt": TEXT.encode("gbk"),
        "utf16.txt": TEXT.encode("utf-16"),
        "nul.txt": b"a\0b\0",
        "noise.txt": bytes(range(128, 256)) * 40,
        "latin.txt": "é".encode() * 30,
        "short gbk.txt": "联通".encode("gbk"),
        "lost.txt": f"路\ufffd{TEXT}\ufffd".encode(),
        "page.txt": f"<html><body><p>{TEXT}</p></body></html>".encode(),
        "BIG.TXT": TEXT.encode() * 40,
        "packed.txt": packed.getvalue(),
        "number.txt": f"2021年3月{TEXT}".encode(),
        "tar.txt": TEXT.encode()[:120] + b"x" * 137 + b"ustar" + TEXT.encode(),
        "rows.csv": f"id,text\n1,{TEXT.strip()}\n2,{TEXT.strip()}\n".encode(),
        "records.jsonl": b'{"text": "' + TEXT.strip().encode() + b'"}\n',
        "long.txt": TEXT.strip().encode() * 60,
        "any": TEXT.encode(),
        "柳沟乡人民政府_2006-11.txt": TEXT.encode(),
        "sub/deep.markdown": TEXT.encode(),
    }
    for name, content in contents.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    for number in range(40):
        (path / f"n{number:02d}.txt").write_text(f"第{number}件：{TEXT * (number % 7)}", encoding="utf-8")
    (path / "gone.txt").symlink_to(path / "nowhere")
    os.mkfifo(path / "pipe.txt")
    return path


@pytest.mark.skipif(not hasattr(os, "readv"), reason="files are read one at a time there")
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("size", [1, 2_000, 1 << 21])
def test_many_files_are_read_as_one_at_a_time(tmp_path, monkeypatch, size, jobs):
    options = ReadOptions(max_line=5_000, meta=None)
    monkeypatch.setattr(walk, "_MANY", 10**9)
    path = folder(tmp_path)
    alone = list(read(path, options))
    monkeypatch.setattr(walk, "_MANY", 1)
    monkeypatch.setattr(plain, "_TOGETHER", size)
    with threads(jobs):
        assert list(read(path, options)) == alone
    assert {type(one) for one in alone} == {Document, Skipped}


def test_most_files_are_read_together(tmp_path, monkeypatch):
    """What this module is for is done by it: no file of the plain ones is read by itself."""
    path = folder(tmp_path)
    alone = []
    reads = walk._read_file
    monkeypatch.setattr(walk, "_MANY", 1)
    monkeypatch.setattr(walk, "_read_file", lambda found, *rest: (alone.append(found.source), reads(found, *rest))[1])
    together = len(list(read(path))) - len(alone)
    names = {source.rsplit("/", 1)[-1] for source in alone}
    assert together >= 44
    assert not names & {"bom.txt", "lost.txt", "BIG.TXT", "number.txt", "long.txt", "deep.markdown", "n07.txt"}
    assert names >= {"gbk.txt", "page.txt", "packed.txt", "tar.txt", "rows.csv", "nul.txt", "pipe.txt", "any"}


def test_a_file_that_changes_while_it_is_read_is_read_again_by_itself(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(walk, "_MANY", 1)
    whole, grown = os.readv, []

    def read_and_append(handle, rooms):
        count = whole(handle, rooms)
        if not grown:
            grown.append((tmp_path / "a.txt").write_text(TEXT + "更多", encoding="utf-8"))
        return count

    monkeypatch.setattr(os, "readv", read_and_append)
    (row,) = read(tmp_path)
    assert isinstance(row, Document)
    assert row.text == TEXT + "更多"
    assert grown


def test_an_encoding_that_is_named_is_taken(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_bytes(TEXT.encode("gbk"))
    (tmp_path / "b.txt").write_bytes(TEXT.encode())
    monkeypatch.setattr(walk, "_MANY", 1)
    assert [row.encoding for row in read(tmp_path, ReadOptions(encoding="gb18030"))] == ["gb18030", "gb18030"]
