"""Undone and done again, or refused in a sentence: whatever was done to the output, the input or the audit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dedup.clean import replay
from dedup.clean.sources import digest_of, packing_of, unpack
from dedup.errors import DedupError, FormatProblem, OutputExists, OutputFailed, ParamsError, ReadError
from dedup.read import read
from dedup.result import Document, Skipped
from tests.clean.disk import OWN, Cleaned
from tests.clean.hand import tree


@pytest.fixture
def cleaned(tmp_path: Path) -> Cleaned:
    return Cleaned(tmp_path)


@pytest.mark.parametrize(("parquet", "mark"), [(False, None), (True, None), (False, "spans"), (True, "spans")])
def test_a_clean_is_undone_and_done_again(tmp_path: Path, parquet: bool, mark: str | None) -> None:
    """Of a dry run too, and then its audit is that of the clean itself; spans beside a text are made again."""
    world = Cleaned(tmp_path, parquet=parquet, mark=mark)
    wanted = tree(world.out)
    assert ("b.txt.spans.json" in wanted) == (mark is not None and not parquet)
    world.clean(tmp_path / "dry", dry_run=True)
    for audit in (world.audit, tmp_path / "dry" / "audit.jsonl"):
        to = tmp_path / audit.parent.name / "again"
        replay(audit, world.documents, to, skipped=world.skipped, base=world.source)
        assert tree(to) == wanted
    before, back = tree(world.source), world.restore()
    assert before.keys() == back.keys()
    for name, data in before.items():
        if name.endswith(".parquet"):
            assert digest_of("parquet", back[name]) == digest_of("parquet", data)
        else:
            assert unpack(back[name], packing_of(data)) == unpack(data, packing_of(data)), name


def told(kind: type[DedupError], call: Callable[[], Any]) -> str:
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "fields", "change", "sentence"),
    [
        ("file", {"name": "b.txt"}, {"name": "a\0b"}, r"the name 'a\x00b' is none that a file can have"),
        ("file", {"name": "b.txt"}, {"name": "\ud800"}, r"the name '\ud800' is none that a file can have"),
        ("file", {"name": "b.txt"}, {"name": "/b.txt"}, "the name '/b.txt' leads out of the folder"),
        ("file", {"name": "b.txt"}, {"name": "x/../../b.txt"}, "the name 'x/../../b.txt' leads out of the folder"),
        ("file", {"name": "b.txt"}, {"name": ""}, "the name '' leads out of the folder"),
        ("file", {"name": "b.txt"}, {"sha256_in": 5}, "file 'b.txt' has sha256_in 5, wanted str"),
        ("file", {"name": "b.txt"}, {"written": None}, "file 'b.txt' has written None, wanted bool"),
        ("file", {"name": "b.txt"}, {"sha256_in": "0" * 64}, "the audit says 0000000000000000…"),
        ("removal", {"file": 1}, {"at": 9999}, "it was changed since it was cleaned, so the audit cannot undo it"),
    ],
)
def test_what_is_wrong_with_an_audit_is_told(cleaned, kind, fields, change, sentence):
    cleaned.change(cleaned.number(kind, **fields), **change)
    assert told(FormatProblem, cleaned.restore).endswith(sentence)


def test_a_text_that_the_audit_calls_a_table_is_told(cleaned: Cleaned) -> None:
    cleaned.change(cleaned.number("file", name="b.txt"), form="parquet")
    assert told(FormatProblem, cleaned.replay) == "b.txt: it is no parquet, as the audit says"
    assert "b.txt: it was changed since it was cleaned" in told(FormatProblem, cleaned.restore)


def test_a_changed_output_is_named_with_both_digests(cleaned: Cleaned) -> None:
    """The file that was not cut by its content, the one that was by its edits."""
    (cleaned.out / "z.bin").write_bytes(b"else")
    assert told(FormatProblem, cleaned.restore) == (
        f"{cleaned.out / 'z.bin'}: its content has SHA-256 7dd530c4d36da47c…, the audit says f3a25aa93aa2fbba…"
    )
    (cleaned.out / "b.txt").write_bytes(b"")
    assert told(FormatProblem, cleaned.restore) == (
        f"{cleaned.out / 'b.txt'}: it was changed since it was cleaned, so the audit cannot undo it"
    )
    (cleaned.out / "g.jsonl.gz").write_bytes(b"\x1f\x8b")
    (cleaned.out / "b.txt").write_bytes(f"{OWN}\r\n".encode("gb18030"))
    assert "g.jsonl.gz: it was changed since it was cleaned" in told(FormatProblem, cleaned.restore)
    (cleaned.out / "g.jsonl.gz").unlink()
    assert told(ReadError, cleaned.restore) == (
        f"{cleaned.out / 'g.jsonl.gz'}: it cannot be read (No such file or directory)"
    )


def test_a_changed_table_is_told(tmp_path: Path) -> None:
    """Cut short, or another file in its place: Arrow's own words used to come out."""
    world = Cleaned(tmp_path, parquet=True)
    path = world.out / "t.parquet"
    whole = path.read_bytes()
    for data in (b"", whole[:-8], b"PAR1" + whole[9:], b"else"):
        path.write_bytes(data)
        assert "t.parquet: it was changed since it was cleaned" in told(FormatProblem, world.restore)


def test_a_file_that_cannot_be_read_is_told_in_the_words_of_its_error(cleaned: Cleaned, monkeypatch: Any) -> None:
    def torn(path: Path) -> bytes:
        raise OSError("torn")

    monkeypatch.setattr(Path, "read_bytes", torn)
    assert told(ReadError, cleaned.restore) == f"{cleaned.out / 'a.txt'}: it cannot be read (torn)"


@pytest.mark.parametrize("name", ["b.txt", "c.txt", "a.txt", "z.bin"])
def test_another_input_is_not_cleaned_again(cleaned: Cleaned, name: str) -> None:
    """Neither where a file is cut, nor where it goes or stays as it is."""
    path = cleaned.source / name
    path.write_bytes(path.read_bytes() + b"!" * 30)
    rows = list(read([cleaned.source]))
    cleaned.documents = [row for row in rows if isinstance(row, Document)]
    cleaned.skipped = [row for row in rows if isinstance(row, Skipped)]
    assert f"{name}: its content has SHA-256" in told(FormatProblem, cleaned.replay)


@pytest.mark.parametrize("change", [{"sha256_out": "0" * 64}, {"sha256_in": "0" * 64}])
def test_an_output_that_is_not_the_one_of_the_audit_is_refused(cleaned: Cleaned, change: dict[str, str]) -> None:
    """Of a file that is cut and of one that is not."""
    for name in ("b.txt", "a.txt"):
        cleaned.change(cleaned.number("file", name=name), **change)
        sentence = told(FormatProblem, cleaned.replay)
        assert sentence.startswith(f"{name}: ") and sentence.endswith("the audit says 0000000000000000…")


def test_a_cut_that_the_audit_has_lost_is_missed(cleaned: Cleaned) -> None:
    """A file whose only cut lost its place would be written as it was."""
    number = cleaned.number("removal", file=1)
    row = {name: value for name, value in cleaned.rows[number].items() if name != "at"}
    cleaned.write([*cleaned.rows[:number], row, *cleaned.rows[number + 1 :]])
    assert told(FormatProblem, cleaned.replay).startswith("b.txt: its content has SHA-256")


def test_a_replay_endangers_no_source_and_nobodys_folder(cleaned: Cleaned) -> None:
    """As a clean: what holds a source or stands already is not replaced, nor with force unless it is ours."""
    before, first = tree(cleaned.source), tree(cleaned.out)
    again: dict[str, Any] = {"skipped": cleaned.skipped, "base": cleaned.source}

    def at(out: Path, **more: Any) -> Callable[[], Any]:
        return lambda: replay(cleaned.audit, cleaned.documents, out, **again, **more)

    assert "is to be cleaned" in told(ParamsError, at(cleaned.source, force=True))
    told(OutputExists, at(cleaned.out))
    assert tree(cleaned.source) == before and tree(cleaned.out) == first
    mine = cleaned.folder / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("信", encoding="utf-8")
    told(OutputExists, at(mine))
    assert "by hand" in told(OutputFailed, at(mine, force=True))
    (cleaned.out / "letter.txt").write_text("信", encoding="utf-8")
    summary = at(cleaned.out, force=True)()
    assert summary == cleaned.rows[-1]
    assert tree(cleaned.out) == first
