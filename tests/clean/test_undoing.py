"""Undone and done again, or refused in a sentence: whatever was done to the output, the input or the audit."""

from __future__ import annotations

import gzip
import io
import json
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from dedup.clean import CleanPolicy, clean, replay, restore
from dedup.errors import DedupError, FormatProblem, OutputExists, OutputFailed, ParamsError, ReadError
from dedup.read import read
from dedup.result import Document, Skipped
from tests.clean.hand import found, result_of, tree

LINE = "箍桶的铁圈先在炉上烧红，趁热套到桶腰，冷下来就咬住木板。"
OWN = "桶底用两块板拼成。"


class Cleaned:
    """A small corpus of several forms, its clean, and what is said of it afterwards."""

    def __init__(self, folder: Path, *, parquet: bool = False, mark: str | None = None) -> None:
        self.folder, self.source, self.out = folder, folder / "in", folder / "out"
        self.source.mkdir()
        files = {
            "a.txt": LINE.encode(),
            "b.txt": f"{OWN}\r\n{LINE}\r\n".encode("gb18030"),
            "c.txt": LINE.encode(),
            "g.jsonl.gz": gzip.compress(json.dumps({"text": f"{LINE}\n{OWN}"}).encode() + b"\n"),
            "z.bin": bytes(range(256)) * 3,
        }
        if parquet:
            arrow, writer = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
            sink = io.BytesIO()
            writer.write_table(arrow.table({"text": [f"{LINE}\n{OWN}", LINE, OWN], "n": [1, 2, 3]}), sink)
            files = {"a.txt": files["a.txt"], "t.parquet": sink.getvalue()}
        for name, data in files.items():
            (self.source / name).write_bytes(data)
        rows = list(read([self.source]))
        self.documents = [row for row in rows if isinstance(row, Document)]
        self.skipped = [row for row in rows if isinstance(row, Skipped)]
        result = result_of(self.documents, [found(self.documents, LINE)], skipped=self.skipped)
        clean(result, self.documents, CleanPolicy(), self.out, base=self.source, mark_field=mark)
        self.audit = self.out / "audit.jsonl"
        self.rows = [json.loads(line) for line in self.audit.read_bytes().splitlines()]

    def write(self, rows: list[Any]) -> None:
        """Write another audit."""
        self.audit.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def change(self, number: int, **fields: Any) -> None:
        """Change fields of one row of the audit."""
        self.write([row | fields if place == number else row for place, row in enumerate(self.rows)])

    def number(self, kind: str, **fields: Any) -> int:
        """Return the number of the first row of a kind with these fields."""
        return next(
            place for place, row in enumerate(self.rows) if row.get("kind") == kind and fields.items() <= row.items()
        )

    def restore(self) -> dict[str, bytes]:
        """Return what a restore gives."""
        return self._made(lambda to: restore(self.out, to))

    def replay(self, **more: Any) -> dict[str, bytes]:
        """Return what a replay gives, less the audit."""
        given = {"skipped": self.skipped, "base": self.source} | more
        made = self._made(lambda to: replay(self.audit, self.documents, to, **given))
        del made["audit.jsonl"]
        return made

    def _made(self, make: Callable[[Path], Any]) -> dict[str, bytes]:
        to = self.folder / "to"
        try:
            make(to)
            return tree(to)
        finally:
            shutil.rmtree(to, ignore_errors=True)


@pytest.fixture
def cleaned(tmp_path: Path) -> Cleaned:
    return Cleaned(tmp_path)


def told(kind: type[DedupError], call: Callable[[], Any]) -> str:
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


_WRONG = [
    None,
    True,
    -1,
    7,
    10**30,
    float("inf"),
    "",
    "x",
    "\0",
    "\ud800",
    "../x",
    "utf-16",
    "parquet",
    "zst",
    [1],
    {},
]


def changed(rows: list[dict[str, Any]]) -> Iterator[tuple[int, str | None, list[Any]]]:
    """Yield the rows of an audit with one field or row gone, or another value in its place."""
    for number, row in enumerate(rows):
        before, behind = rows[:number], rows[number + 1 :]
        yield number, None, before + behind
        yield number, None, [*before, 5, *behind]
        for field in row:
            if field not in ("policy", "params", "label", "family", "wording", "similarity", "partner", "rule"):
                for value in _WRONG:
                    yield number, field, [*before, row | {field: value}, *behind]
                yield number, field, [*before, {name: row[name] for name in row if name != field}, *behind]


@pytest.mark.slow
@pytest.mark.parametrize(("parquet", "mark"), [(False, None), (True, None), (False, "spans"), (True, "spans")])
def test_of_a_wrong_audit_comes_the_right_corpus_or_a_sentence(tmp_path, parquet, mark):
    """Whatever one field of it says; only names, packing, whether to write and spans beside a text are its own."""
    world = Cleaned(tmp_path, parquet=parquet, mark=mark)
    wanted, back = tree(world.out), world.restore()
    del wanted["audit.jsonl"]
    for number, field, rows in random.Random(5).sample(list(changed(world.rows)), 100):
        kind = world.rows[number].get("kind")
        own = kind == "sidecar" or (kind == "file" and field in ("name", "packing", "written", None))
        world.write(rows)
        with suppress(DedupError):  # a sentence
            assert world.restore() == back or own
        with suppress(DedupError):
            assert world.replay() == wanted or own


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
