"""A folder appears whole or not at all, whatever goes wrong between; and no file of it is written twice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dedup.clean import CleanPolicy, clean, restore
from dedup.clean.folder import new_folder, write
from dedup.errors import OutputExists, OutputFailed, ParamsError
from dedup.read import read
from dedup.result import Document
from tests.clean.hand import found, result_of, tree

ONE = "篾匠腊月里编晒簟，一张要三天，先付一半的工钱。"
TWO = "井台的石板换了新的，旧的铺在洗衣埠头。"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_comes_with_all_that_was_written_and_those_above_it(tmp_path):
    out = tmp_path / "a/b/out"
    with new_folder(out) as folder:
        assert folder.parent == out.parent and not out.exists()
        write(folder / "x/y/1.txt", b"1")
        write(folder / "x/y/2.txt", b"2")
    assert tree(tmp_path) == {"a/b/out/x/y/1.txt": b"1", "a/b/out/x/y/2.txt": b"2"}
    assert names(out.parent) == ["out"]


def test_an_empty_folder_counts_as_none(tmp_path):
    (tmp_path / "out").mkdir()
    with new_folder(tmp_path / "out") as folder:
        write(folder / "1", b"1")
    assert tree(tmp_path) == {"out/1": b"1"}


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("kind", ["folder", "file", "link to nothing"])
def test_what_stands_is_replaced_only_if_it_is_a_folder_and_may_go(tmp_path, kind, replace):
    out = tmp_path / "out"
    if kind == "folder":
        write(out / "old", b"old")
    elif kind == "file":
        out.write_bytes(b"old")
    else:
        out.symlink_to("nowhere")
    before = tree(tmp_path)
    if kind == "folder" and replace:
        with new_folder(out, replace=True) as folder:
            write(folder / "new", b"new")
            assert tree(out) == {"old": b"old"}
        assert tree(tmp_path) == {"out/new": b"new"}
    else:
        with pytest.raises(OutputExists, match="out exists already"), new_folder(out, replace=replace):
            pass
        assert tree(tmp_path) == before
    assert names(tmp_path) == ["out"]


def test_unless_it_is_said_nothing_is_replaced(tmp_path):
    write(tmp_path / "out/old", b"old")
    with pytest.raises(OutputExists), new_folder(tmp_path / "out"):
        pass


@pytest.mark.parametrize(
    ("error", "raised", "told"),
    [
        (OSError(28, "No space left on device"), OutputFailed, "no space left on device"),
        (OSError("The Disk is gone"), OutputFailed, "the disk is gone"),
        (ParamsError(["no"]), ParamsError, "no"),
        (OutputFailed("p.html", "why"), OutputFailed, "p.html could not be written: why"),
        (ValueError("of the caller"), ValueError, "of the caller"),
        (KeyboardInterrupt(), KeyboardInterrupt, ""),
    ],
)
@pytest.mark.parametrize("standing", [False, True])
def test_of_what_broke_off_nothing_is_left(tmp_path, error, raised, told, standing):
    """An error of ours stays what it is; one of the system becomes a sentence that names the folder."""
    out = tmp_path / "out"
    if standing:
        write(out / "old", b"old")
    before = tree(tmp_path)

    def enter():
        with new_folder(out, replace=True) as folder:
            write(folder / "new", b"new")
            raise error

    with pytest.raises(raised) as caught:
        enter()
    wanted = (
        f"{out} could not be written: {told}" if isinstance(error, OSError) and raised is not type(error) else told
    )
    assert str(caught.value) == wanted
    assert tree(tmp_path) == before and names(tmp_path) == (["out"] if standing else [])


@pytest.mark.parametrize("fails", ["old", "out"])
def test_where_a_move_fails_the_folder_that_stood_stands(tmp_path, monkeypatch, fails):
    """Whichever of the two moves it is."""
    out = tmp_path / "out"
    write(out / "old", b"old")
    real = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if fails == ("old" if path == out else "out" if path.suffix == ".part" else "neither"):
            raise OSError(18, "Invalid cross-device link")
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OutputFailed, match="invalid cross-device link"), new_folder(out, replace=True) as folder:
        write(folder / "new", b"new")
    assert tree(tmp_path) == {"out/old": b"old"} and names(tmp_path) == ["out"]


def test_what_a_killed_run_left_behind_goes(tmp_path):
    """Its folder bears the number of its process, which in a container is the same for each."""
    out, pid = tmp_path / "out", os.getpid()
    write(tmp_path / f".out.{pid}.part/half", b"half")
    write(tmp_path / f".out.{pid}.old/before", b"before")
    with new_folder(out) as folder:
        assert not names(folder)
    assert names(tmp_path) == ["out"] and tree(tmp_path) == {}


def test_a_folder_of_which_nothing_can_be_learnt_is_told(tmp_path, monkeypatch):
    errors = [PermissionError(13, "Permission denied"), OSError("Gone")]

    def refused(self: Path) -> None:
        raise errors.pop(0)

    (tmp_path / "out").mkdir()
    monkeypatch.setattr(Path, "iterdir", refused)
    for told in ("permission denied", "gone"):
        with pytest.raises(OutputFailed) as caught, new_folder(tmp_path / "out"):
            pass
        assert str(caught.value) == f"{tmp_path / 'out'} could not be written: {told}"


def test_a_file_above_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"1")
    with pytest.raises(OutputFailed, match="file"), new_folder(tmp_path / "file/out"):
        pass


def test_no_file_is_written_twice(tmp_path):
    write(tmp_path / "a/1", b"1")
    with pytest.raises(
        OutputFailed, match=r"^1 could not be written: another file of the input comes out under this"
    ):
        write(tmp_path / "a/1", b"2")
    assert tree(tmp_path) == {"a/1": b"1"}


@pytest.mark.parametrize("mark", [None, "跨度"])
def test_two_files_that_come_out_under_one_name_are_told_and_neither_is_lost(tmp_path, mark):
    """A page comes out as .txt beside a .txt of that name, spans beside those of an earlier run."""
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    (source / "a.txt").write_text(ONE, encoding="utf-8")
    other = "p.html" if mark is None else "b.txt"
    (source / other).write_text(f"<p>{ONE}</p><p>{TWO}</p>", encoding="utf-8")
    (source / f"{other}{'.txt' if mark is None else '.spans.json'}").write_text(TWO, encoding="utf-8")
    rows = list(read([source]))
    documents = [row for row in rows if isinstance(row, Document)]
    skipped = [row for row in rows if not isinstance(row, Document)]
    result = result_of(documents, [found(documents, ONE)], skipped=skipped)
    with pytest.raises(ParamsError, match="would both be written to"):
        clean(result, documents, CleanPolicy(), out, base=source, mark_field=mark)
    assert names(tmp_path) == ["in"]
    (source / f"{other}{'.txt' if mark is None else '.spans.json'}").rename(source / "c.log")
    documents = [row for row in read([source]) if isinstance(row, Document)]
    clean(result_of(documents, [found(documents, ONE)]), documents, CleanPolicy(), out, base=source, mark_field=mark)
    assert restore(out, tmp_path / "back") == len(documents)
    assert (out / "c.log").read_text(encoding="utf-8") == TWO
