"""Which file goes where below the output, and which folder may be the output."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dedup.clean.audit import SCHEMA
from dedup.clean.layout import check_out, copied_sources, grouped, output_names
from dedup.errors import OutputExists, OutputFailed, ParamsError
from dedup.result import Document, Skipped


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder below which everything lies, and in which we stand."""
    (tmp_path / "w").mkdir()
    monkeypatch.chdir(tmp_path / "w")
    return tmp_path / "w"


def test_documents_are_grouped_by_source_in_their_order():
    rows = [Document(source, text) for source, text in (("b", "1"), ("a", "2"), ("b", "3"), ("c", "4"), ("a", "5"))]
    groups = grouped(rows)
    assert list(groups) == ["b", "a", "c"]
    assert [[place for place, _ in group] for group in groups.values()] == [[0, 2], [1, 4], [3]]
    assert all(rows[place] is row for group in groups.values() for place, row in group)


def test_files_of_which_nothing_was_analysed_are_copied_once(here):
    """Not those that a document came of, here or where it is held to; not what is no file, or is told softly."""
    for name in "abcdef":
        (here / name).write_bytes(b"1")
    (here / "folder").mkdir()
    kinds = {"a": "unreadable", "b": "damaged", "c": "short", "d": "hidden", "folder": "unreadable", "z": "damaged"}
    rows = [Skipped(name, "why", kind) for name, kind in kinds.items()]
    rows += [Skipped("b", "another", "damaged"), Skipped("e", "why", "damaged"), Skipped("f", "why", "damaged")]
    assert copied_sources(rows, [Document("e", "")], [Document("f", "")]) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("sources", "base", "places"),
    [
        ((), None, ()),
        (("a.txt",), None, ("a.txt",)),
        (("x/y/a.txt",), None, ("a.txt",)),
        (("x/y/a.txt", "x/b.txt"), None, ("y/a.txt", "b.txt")),
        (("x/a.txt", "y/a.txt"), None, ("x/a.txt", "y/a.txt")),
        (("../v/a.txt", "a.txt"), None, ("v/a.txt", "w/a.txt")),
        (("x/../a.txt", "./y/a.txt"), None, ("a.txt", "y/a.txt")),
        (("x/y/a.txt",), "x", ("y/a.txt",)),
        (("x/a.txt", "../v/b.txt", "../c.txt"), ".", ("x/a.txt", "b.txt", "c.txt")),
        (("x/..a", "x/...", "..b/c"), ".", ("x/..a", "x/...", "..b/c")),
    ],
)
def test_the_output_mirrors_the_folder_that_holds_the_sources(here, sources, base, places):
    """Given as they are: with dots, absolute, or beside the folder, from which only the name is taken."""
    for given in (sources, tuple(os.path.normpath(here / source) for source in sources)):
        names = output_names(given, None if base is None else here / base)
        assert names == dict(zip(given, places, strict=True))


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        (("../a.txt", "a.txt"), "a.txt and ../a.txt would both be written to a.txt: rename one of them"),
        (("audit.jsonl",), "audit.jsonl and the audit would both be written to audit.jsonl: rename one of them"),
        (("../x/audit.jsonl",), "../x/audit.jsonl and the audit would both be written to audit.jsonl"),
    ],
)
def test_two_sources_for_one_place_are_told(here, sources, told):
    with pytest.raises(ParamsError) as caught:
        output_names(sources, here)
    assert str(caught.value).startswith(told)
    assert output_names(["x/audit.jsonl"], here) == {"x/audit.jsonl": "x/audit.jsonl"}


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_that_holds_a_source_is_no_output(here, force):
    """Directly or far below, under any name of it; one beside it, or below it, may be."""
    (here / "in/deep").mkdir(parents=True)
    (here / "in/deep/a.txt").write_bytes(b"1")
    (here / "alias").symlink_to("in")
    for out in ("in", "in/deep", ".", "alias", "../w/in"):
        with pytest.raises(ParamsError) as caught:
            check_out(Path(out), ["b.txt", "in/deep/a.txt"], force=force)
        told = f"the output folder {Path(out)} holds in/deep/a.txt, which is to be cleaned: name another folder"
        assert str(caught.value) in (told, told.replace("in/deep/a.txt", "b.txt"))
    for out in ("in/other", "in/deep/a", "out", "in/deep/a.txt/x"):
        check_out(Path(out), ["in/deep/a.txt"], force=force)


def test_only_the_output_of_a_clean_is_replaced_and_only_if_it_is_said(here):
    """An empty folder is none; a file, and somebody's folder, stay."""
    (here / "empty").mkdir()
    for force in (False, True):
        check_out(Path("empty"), ["a"], force=force)
        check_out(Path("none"), ["a"], force=force)
    (here / "mine").mkdir()
    (here / "mine/letter").write_bytes(b"1")
    (here / "file").write_bytes(b"")
    (here / "done").mkdir()
    (here / "done/audit.jsonl").write_text(f'{{"schema": "{SCHEMA}"}}\n', encoding="utf-8")
    for name in ("mine", "file", "done"):
        with pytest.raises(OutputExists, match=f"{name} exists already"):
            check_out(Path(name), ["a"], force=False)
    for name in ("mine", "file"):
        with pytest.raises(OutputFailed) as caught:
            check_out(Path(name), ["a"], force=True)
        told = f"{name} could not be written: it stands already and holds no audit.jsonl of ours: remove it by hand"
        assert str(caught.value) == told
    check_out(Path("done"), ["a"], force=True)
