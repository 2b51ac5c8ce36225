"""Outputs are whole or absent, and nothing that was there is lost."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.errors import DedupError, OutputExists, OutputFailed
from dedup.report import files
from dedup.report.files import check_target, make_folder, write_file, write_files


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_text_is_written_as_utf8_with_its_line_ends_untouched(tmp_path):
    write_file(tmp_path / "a", "甲\r\n乙\n")
    assert (tmp_path / "a").read_bytes() == "甲\r\n乙\n".encode()


def test_a_lone_surrogate_becomes_the_escape_that_json_reads_back(tmp_path):
    write_file(tmp_path / "a.json", '"\ud800"')
    assert (tmp_path / "a.json").read_bytes() == b'"\\ud800"'


def test_an_existing_file_is_kept_without_force_and_replaced_with_it(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(OutputExists, match="--force"):
        write_file(path, "new")
    assert path.read_text() == "old"
    write_file(path, "new", force=True)
    assert path.read_text() == "new" and _names(tmp_path) == ["a"]


def test_of_several_files_none_is_written_if_one_exists(tmp_path):
    (tmp_path / "b").write_text("old")
    with pytest.raises(OutputExists):
        write_files({tmp_path / "a": "1", tmp_path / "b": "2"})
    assert _names(tmp_path) == ["b"] and (tmp_path / "b").read_text() == "old"


def test_a_full_disk_leaves_every_old_file_and_no_wreck(tmp_path, monkeypatch):
    for name in "ab":
        (tmp_path / name).write_text("old")
    real, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OutputFailed, match="b could not be written: no space left"):
        write_files({tmp_path / "a": "1", tmp_path / "b": "2"}, force=True)
    assert _names(tmp_path) == ["a", "b"]
    assert [(tmp_path / name).read_text() for name in "ab"] == ["old", "old"]


def test_an_interrupt_while_staging_leaves_no_wreck(tmp_path, monkeypatch):
    def interrupt(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "a", "1")
    assert _names(tmp_path) == []


def test_pieces_are_written_in_order_and_none_of_them_if_one_cannot_be_made(tmp_path):
    """What is long comes in pieces; an error in the middle of making them leaves the old file, and no wreck."""
    target = tmp_path / "lines.jsonl"
    files.write_file(target, (f"{number}\n".encode() for number in range(3)))
    assert target.read_bytes() == b"0\n1\n2\n"
    with pytest.raises(ZeroDivisionError):
        files.write_file(target, (b"%d" % (1 // number) for number in (1, 0)), force=True)
    assert target.read_bytes() == b"0\n1\n2\n"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_that_appears_during_the_work_is_not_replaced(tmp_path, monkeypatch):
    real = files._stage

    def late(path, data, staged):
        real(path, data, staged)
        path.write_text("theirs")

    monkeypatch.setattr(files, "_stage", late)
    with pytest.raises(OutputExists):
        write_file(tmp_path / "a", "ours")
    assert (tmp_path / "a").read_text() == "theirs" and _names(tmp_path) == ["a"]


def test_without_hard_links_a_new_file_is_still_written_and_an_old_one_kept(tmp_path, monkeypatch):
    def none(*paths):
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(files.os, "link", none)
    write_file(tmp_path / "a", "1")
    assert (tmp_path / "a").read_text() == "1" and _names(tmp_path) == ["a"]
    with pytest.raises(OutputExists):
        write_file(tmp_path / "a", "2")


def test_a_link_is_followed_and_its_target_replaced(tmp_path):
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    write_file(tmp_path / "link", "new", force=True)
    assert (tmp_path / "target").read_text() == "new" and (tmp_path / "link").is_symlink()


def test_a_new_file_has_the_permissions_that_open_would_give(tmp_path):
    before = os.umask(0o022)
    try:
        write_file(tmp_path / "a", "1")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_a_device_is_written_to_and_never_replaced():
    write_file(os.devnull, "gone")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    if Path("/dev/full").exists():
        with pytest.raises(OutputFailed, match="no space left"):
            write_file("/dev/full", "x")


@pytest.mark.parametrize("name,folder,told", [("missing/a", False, "does not exist"), (".", False, "it is a folder")])
def test_what_cannot_work_is_told_before_the_work(tmp_path, name, folder, told):
    with pytest.raises(OutputFailed, match=told):
        check_target(tmp_path / name, force=True, folder=folder)


def test_a_file_where_a_folder_is_wanted_is_told_before_the_work(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(OutputFailed, match="it is a file"):
        check_target(tmp_path / "a", force=True, folder=True)


def test_a_read_only_folder_is_told_before_the_work(tmp_path, monkeypatch):
    """Asked of the system, for root may write into a folder whose permission bits say otherwise."""
    monkeypatch.setattr(files.os, "access", lambda *question: False)
    with pytest.raises(OutputFailed, match="cannot be written to"):
        check_target(tmp_path / "a", force=False)


def test_an_output_folder_is_made_once_and_told_when_it_cannot_be(tmp_path):
    make_folder(tmp_path / "out")
    make_folder(tmp_path / "out")
    with pytest.raises(OutputFailed, match="missing"):
        make_folder(tmp_path / "missing" / "out")


def test_a_name_as_long_as_the_system_allows_can_be_written(tmp_path):
    path = tmp_path / ("长" * 85)  # 255 bytes: no room for a suffix
    write_file(path, "1")
    assert path.read_text() == "1"


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1, max_size=12))
def test_any_name_is_either_written_whole_or_refused_with_a_sentence(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("names")
    try:
        write_file(folder / name, name)
    except (DedupError, ValueError) as error:
        assert str(error)
    else:
        assert (folder / name).read_bytes() == name.encode()
