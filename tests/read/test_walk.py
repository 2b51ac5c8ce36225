"""Paths to documents: order, names, what is passed over, what is refused."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from dedup.errors import DedupError, FormatProblem, MissingExtra, ParamsError
from dedup.read import SOFT_KINDS, ReadOptions, read
from dedup.result import Document, Skipped

TEXT = "石桥镇把河道清淤列入今年十件实事，五月起分段施工，沿河各村轮流出工，九月中旬全线完成并通过验收。\n"


def write(folder: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def documents(paths, **options) -> list[Document]:
    return [row for row in read(paths, ReadOptions(**options)) if isinstance(row, Document)]


def skipped(paths, **options) -> list[Skipped]:
    return [row for row in read(paths, ReadOptions(**options)) if isinstance(row, Skipped)]


def test_a_folder_is_walked_in_order_with_sources_as_given(tmp_path, monkeypatch):
    """Sources are the folder as given and the path below it, with slashes; order does not depend on the system."""
    write(tmp_path, {"r/b.txt": TEXT, "r/a.txt": TEXT, "r/sub/c.md": TEXT, "r/sub/deep/d.txt": TEXT})
    monkeypatch.chdir(tmp_path)
    assert [row.source for row in read(["r"])] == ["r/a.txt", "r/b.txt", "r/sub/c.md", "r/sub/deep/d.txt"]
    assert [row.source for row in read("r/sub/")] == ["r/sub/c.md", "r/sub/deep/d.txt"]
    assert [row.source for row in read([Path("r/b.txt"), "./r/a.txt"])] == ["r/b.txt", "r/a.txt"]


def test_text_is_exactly_what_was_decoded(tmp_path):
    """Line ends are not touched; only a byte order mark goes."""
    content = "第一行\r\n第二行\r第三行\n\n　　末行"
    write(tmp_path, {"a.txt": b"\xef\xbb\xbf" + content.encode()})
    (found,) = documents([tmp_path / "a.txt"])
    assert (found.text, found.encoding) == (content, "utf-8")


def test_a_file_reached_twice_is_read_once_and_said(tmp_path):
    write(tmp_path, {"r/a.txt": TEXT})
    (tmp_path / "r" / "link.txt").symlink_to(tmp_path / "r" / "a.txt")
    rows = list(read([tmp_path / "r", tmp_path / "r" / "a.txt"]))
    assert [type(row).__name__ for row in rows] == ["Document", "Skipped", "Skipped"]
    assert {row.kind for row in rows[1:]} == {"repeated"} <= SOFT_KINDS


def test_links_in_a_circle_end(tmp_path):
    write(tmp_path, {"r/a.txt": TEXT})
    (tmp_path / "r" / "again").symlink_to(tmp_path / "r")
    rows = list(read([tmp_path / "r"]))
    assert [row.kind for row in rows if isinstance(row, Skipped)] == ["repeated"]


def test_hidden_files_are_named_as_soft_notes_and_read_when_given(tmp_path):
    write(
        tmp_path, {"r/.a.txt": TEXT, "r/~$b.docx": b"x", "r/.git/c.txt": TEXT, "r/Thumbs.db": b"x", "r/d.txt": TEXT}
    )
    rows = list(read([tmp_path / "r"]))
    assert {row.kind for row in rows if isinstance(row, Skipped)} == {"hidden"} <= SOFT_KINDS
    assert len(rows) == 5
    assert len(documents([tmp_path / "r" / ".a.txt"])) == 1


def test_what_cannot_be_read_is_one_line_with_its_reason(tmp_path):
    """Missing, dangling, empty, blank, noise, a pipe, an empty folder named like a file; the rest is read."""
    write(
        tmp_path,
        {"r/empty.txt": b"", "r/blank.txt": b" \r\n\t", "r/noise.txt": bytes(range(128, 256)) * 40, "r/z.txt": TEXT},
    )
    (tmp_path / "r" / "dangling.txt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "r" / "pipe.txt")
    (tmp_path / "x.txt").mkdir()
    rows = list(read([tmp_path / "r", tmp_path / "gone.txt", tmp_path / "x.txt", "nul\0name"]))
    kinds = {Path(row.source).name: row.kind for row in rows if isinstance(row, Skipped)}
    assert kinds == {
        "empty.txt": "empty",
        "blank.txt": "empty",
        "noise.txt": "encoding",
        "dangling.txt": "missing",
        "pipe.txt": "unreadable",
        "gone.txt": "missing",
        "x.txt": "empty",
        "nul\0name": "missing",
    }
    assert len(documents([tmp_path / "r"])) == 1
    assert all(row.reason and row.kind not in SOFT_KINDS for row in rows if isinstance(row, Skipped))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_no_permission_is_said(tmp_path):
    write(tmp_path, {"a.txt": TEXT})
    (tmp_path / "a.txt").chmod(0)
    (row,) = read([tmp_path / "a.txt"])
    assert (row.kind, row.reason) == ("unreadable", "permission denied")


def test_a_file_that_changes_while_it_is_read_is_not_analysed(tmp_path, monkeypatch):
    write(tmp_path, {"a.txt": TEXT})
    path = tmp_path / "a.txt"
    whole = os.read

    def read_and_append(handle, size):
        data = whole(handle, size)
        with path.open("a") as file:
            file.write("更多")
        return data

    monkeypatch.setattr(os, "read", read_and_append)
    (row,) = read([path])
    assert row.kind == "changed"


def test_a_line_of_50_mb_is_refused_and_named(tmp_path):
    write(tmp_path, {"a.txt": b"\xe5\xb7\xa5" * 17_000_000})
    (row,) = read([tmp_path / "a.txt"])
    assert row.kind == "damaged"
    assert "51,000,000 bytes" in row.reason


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes only there")
def test_a_file_name_in_gbk_is_shown_as_it_was_meant(tmp_path):
    raw = os.fsencode(tmp_path) + b"/" + "总结.txt".encode("gbk")
    Path(os.fsdecode(raw)).write_bytes(TEXT.encode())
    (found,) = documents([tmp_path])
    assert found.source.endswith("/总结.txt")


def test_options_name_all_problems_at_once():
    with pytest.raises(ParamsError) as caught:
        ReadOptions(encoding="rot13", text_column="", max_depth=0, meta="/no/such.csv")
    assert len(caught.value.problems) == 4


def test_a_missing_extra_is_told_before_work_begins(tmp_path, monkeypatch):
    write(tmp_path, {"a.txt": TEXT, "b.parquet": b"PAR1"})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtra, match=r"pip install 'dedup\[parquet\]'"):
        read([tmp_path])


def test_the_meta_file_wins_and_its_faults_are_told_at_once(tmp_path):
    write(
        tmp_path,
        {
            "r/a.txt": "甲乡工作总结\n" + TEXT + "甲乡人民政府\n2006年11月3日\n",
            "meta.csv": "source,issuer,date\na.txt,乙镇人民政府,2007/1\n",
            "bad.csv": "file,who\n1,2\n",
            "day.csv": "source,date\na.txt,上月\n",
        },
    )
    (plain,) = documents([tmp_path / "r"])
    assert (plain.issuer, plain.date) == ("甲乡人民政府", "2006-11-03")
    (told,) = documents([tmp_path / "r"], meta=tmp_path / "meta.csv")
    assert (told.issuer, told.date) == ("乙镇人民政府", "2007-01")
    for name in ("bad.csv", "day.csv"):
        with pytest.raises(FormatProblem, match="wanted"):
            read([tmp_path / "r"], ReadOptions(meta=tmp_path / name))


def test_a_parser_that_fails_in_its_own_way_costs_one_file(tmp_path, monkeypatch):
    """Whatever a third-party parser raises, the scan goes on and the file is named with what was said."""
    from dedup.read import text

    def broken(*_):
        raise KeyError("odd")

    write(tmp_path, {"a.txt": TEXT, "b.jsonl": json.dumps({"text": TEXT})})
    monkeypatch.setattr(text, "documents", broken)
    rows = list(read([tmp_path]))
    assert [type(row).__name__ for row in rows] == ["Skipped", "Document"]
    assert "KeyError" in rows[0].reason
    assert not isinstance(KeyError(), DedupError)
