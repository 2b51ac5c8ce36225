"""The file: refused where it is not what it should be, shared between processes, whole after every failure."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dedup import DedupError, Document, Index, Params
from dedup.errors import (
    FormatTooNew,
    IndexDamaged,
    IndexLocked,
    IndexProblem,
    NotAnIndex,
    OutputExists,
    OutputFailed,
    ParamsDiffer,
)
from dedup.index import rows
from dedup.index.opening import FORMAT


@pytest.fixture(scope="module")
def built(archived: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "archive.dedup"
    with Index.create(path) as index:
        index.add(archived[:10])
        index.add(archived[10:])
    return path


def test_closed_it_is_one_file(built: Path) -> None:
    """Neither a log nor shared memory stays beside a closed index, nor a temporary file of its making."""
    assert [one.name for one in built.parent.iterdir()] == [built.name]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "no index of dedup"), (b"report text " * 20, "no index of dedup"), (None, "cannot be opened")],
)
def test_a_stranger_is_refused(where: Path, content: bytes | None, reason: str) -> None:
    """An empty file, any other file and a missing one are told apart from an index."""
    if content is not None:
        where.write_bytes(content)
    with pytest.raises(NotAnIndex, match=reason):
        Index(where)


def test_another_sqlite_file_is_refused(where: Path) -> None:
    """SQLite alone does not make an index."""
    db = sqlite3.connect(where)
    db.execute("CREATE TABLE documents (id INTEGER)")
    db.close()
    with pytest.raises(NotAnIndex):
        Index(where)


def test_a_later_format_is_refused_with_both_versions(built: Path, where: Path) -> None:
    """A file of a later version is not guessed at."""
    shutil.copy(built, where)
    db = sqlite3.connect(where)
    db.execute(f"PRAGMA user_version={FORMAT + 6}")
    db.close()
    with pytest.raises(FormatTooNew, match=rf"{FORMAT + 6}.*{FORMAT}"):
        Index(where)


def test_other_params_are_refused_with_both_values(built: Path) -> None:
    """Every parameter that differs is named, with the index's value and the caller's."""
    mine = Params(threshold=0.85, shingle=4)
    with pytest.raises(ParamsDiffer) as told:
        Index(built, params=mine)
    for clause in ("threshold is 0.7 in the index and 0.85 here", "shingle is 5 in the index and 4 here"):
        assert clause in str(told.value)
    Index(built, params=Params()).close()


def test_another_way_of_taking_fingerprints_is_refused(
    built: Path, arriving: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that folds otherwise neither queries nor adds nor merges nor calls the index sound."""
    with Index(built) as index:
        known = dict(index._identity)
        monkeypatch.setitem(index._identity, "probe", "0123456789abcdef")
        for verb in (
            lambda: index.query(arriving),
            lambda: index.add(arriving),
            lambda: index.drop(["x"]),
            lambda: index.check(),
        ):
            with pytest.raises(ParamsDiffer, match=f"{known['probe']} in the index and 0123456789abcdef here"):
                verb()


def test_merging_other_params_is_refused(built: Path, where: Path) -> None:
    """Two indexes are merged only if their rows mean the same."""
    with (
        Index.create(where, Params(anchor=7)) as other,
        pytest.raises(ParamsDiffer, match="anchor is 7 in the index and 6 here"),
    ):
        other.merge(built)


def test_nothing_is_overwritten(built: Path) -> None:
    """Creating over a file needs force, and force makes an empty index."""
    before = built.read_bytes()
    with pytest.raises(OutputExists):
        Index.create(built)
    assert built.read_bytes() == before


def test_force_replaces(built: Path, where: Path) -> None:
    """The index that replaces another holds nothing of it."""
    shutil.copy(built, where)
    with Index.create(where, force=True) as index:
        assert len(index) == 0
        assert index.check().documents == 0


def test_readers_see_the_committed_state_while_another_writes(where: Path, archived: list[Document]) -> None:
    """A reader neither waits for a writer nor sees half of what it does."""
    with Index.create(where) as writer, Index(where) as reader:
        writer.add(archived[:5])
        with writer._file.writing("add") as db:
            db.execute("DELETE FROM paragraphs")
            db.execute("DELETE FROM documents")
            assert reader.check().documents == 5
            assert reader.query(archived[5:6]).documents
            db.execute("ROLLBACK")
            db.execute("BEGIN IMMEDIATE")
        assert reader.check().documents == 5


def test_a_reader_keeps_its_state_to_the_end(where: Path, archived: list[Document]) -> None:
    """What is read in one go is of one committed state, whatever is committed meanwhile."""
    with Index.create(where) as writer, Index(where) as reader:
        writer.add(archived[:6])
        rows = reader.documents()
        first = next(rows)
        writer.drop([one.source for one in archived[:6]])
        assert [first, *rows] == archived[:6]
        assert len(reader) == 0


def test_writing_in_the_middle_of_reading_is_told(where: Path, archived: list[Document]) -> None:
    """Adding an index to itself while it is read is a mistake with a sentence, not a damaged file."""
    with Index.create(where) as index:
        index.add(archived[:3])
        held = index.documents()
        next(held)
        with pytest.raises(IndexProblem, match="while documents"):
            index.add(archived)
        held.close()
        assert index.add(archived[:4]).added == 1


def test_parameters_this_version_does_not_know_are_told(where: Path) -> None:
    """An index of a version with more parameters is refused by name."""
    with Index.create(where) as index, index._file.told():
        values = index.params.to_dict() | {"moonlight": 3}
        index._file.db.execute("BEGIN")
        index._file.put("params", json.dumps(values))
        index._file.db.execute("COMMIT")
    with pytest.raises(ParamsDiffer, match="moonlight is not a parameter"):
        Index(where)


def test_an_index_older_than_a_parameter_takes_its_default(
    built: Path, where: Path, arriving: list[Document]
) -> None:
    """A parameter that came later does not make an archive worthless; what was stored does not depend on it."""
    shutil.copy(built, where)
    with Index(where) as index:
        wanted = index.query(arriving)
        values = {name: value for name, value in index.params.to_dict().items() if name != "mass_issuers"}
        with index._file.writing("test"):
            index._file.put("params", json.dumps(values))
    with Index(where, params=Params()) as index:
        assert index.params == Params()
        assert index.query(arriving) == wanted
    with pytest.raises(ParamsDiffer, match="mass_issuers is 5 in the index and 9 here"):
        Index(where, params=Params(mass_issuers=9))


def test_a_second_writer_waits_then_says_who_holds_it(where: Path, archived: list[Document]) -> None:
    """The holder is named by process, host and verb."""
    told = rf"process {os.getpid()} on .*\(merge\) is writing"
    with (
        Index.create(where) as first,
        Index(where, wait=0.05) as second,
        first._file.writing("merge"),
        pytest.raises(IndexLocked, match=told),
    ):
        second.add(archived[:1])
    with Index(where) as again:
        assert again.add(archived[:1]).added == 1


def test_a_name_left_by_a_killed_writer_locks_nobody(where: Path, archived: list[Document]) -> None:
    """The name is talk; the lock is the system's and died with the process."""
    with Index.create(where) as index:
        with index._file.told():
            index._file.db.execute("BEGIN")
            index._file.put("writer", "process 1 on nowhere (add)")
            index._file.db.execute("COMMIT")
        assert index.add(archived[:1]).added == 1


def test_a_full_disk_leaves_what_was_committed(where: Path, archived: list[Document]) -> None:
    """The error is a sentence, the index sound, and the addition can be repeated."""
    with Index.create(where) as index:
        index.add(archived[:4])
        before = index.info().content
        (pages,) = index._file.db.execute("PRAGMA page_count").fetchone()
        index._file.db.execute(f"PRAGMA max_page_count={pages + 3}")
        with pytest.raises(OutputFailed, match="full; the index stands as last committed"):
            index.add(archived)
        assert index.info().content == before
        assert index.check().documents == 4
        index._file.db.execute("PRAGMA max_page_count=1000000")
        assert index.add(archived).added == len(archived) - 4


def test_a_folder_that_does_not_exist_is_a_sentence(where: Path) -> None:
    """Nothing is left behind by a creation that fails."""
    with pytest.raises(OutputFailed) as told:
        Index.create(where / "below" / "archive.dedup")
    assert str(told.value).count("could not be written") == 1
    assert "committed" not in str(told.value)
    assert list(where.parent.iterdir()) == []


def test_a_file_without_write_permission_answers_and_refuses_to_grow(
    built: Path, where: Path, arriving: list[Document]
) -> None:
    """Reading needs no permission to write."""
    shutil.copy(built, where)
    reader = sqlite3.connect(f"file:{where}?mode=ro&immutable=1", uri=True, isolation_level=None)
    with Index(where) as index:
        wanted = index.query(arriving)
        index._file.db.close()
        index._file.db = reader  # what a read-only folder gives; root, who may run this, is refused nothing
        assert index.query(arriving) == wanted
        with pytest.raises(OutputFailed, match="readonly"):
            index.add(arriving)


def test_flipped_bits_are_found_or_change_nothing(built: Path, where: Path, arriving: list[Document]) -> None:
    """Whatever bit is flipped, no answer is ever wrong: opening, check or the query itself refuses it."""
    data = built.read_bytes()
    with Index(built) as index:
        content, wanted = index.info().content, index.query(arriving).to_json(texts=True)
    draw = random.Random(20)
    places = [*draw.sample(range(8 * 100), 15), *draw.sample(range(8 * len(data)), 45)]
    refused = 0
    for place in places:
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << place % 8
        where.write_bytes(flipped)
        try:
            with Index(where) as index:
                index.check(sample=1)
        except DedupError as error:
            assert str(where) in str(error)
            refused += 1
            if refused % 8:
                continue
        # What check passes must answer as before; of what it refuses, some are asked all the same.
        try:
            with Index(where) as index:
                assert index.info().content == content
                assert index.query(arriving).to_json(texts=True) == wanted
        except DedupError as error:
            assert isinstance(error, IndexProblem | OutputFailed)
    assert refused > len(places) // 2


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM documents WHERE id = 3", "documents"),
        ("DELETE FROM paragraphs WHERE document = 3", "paragraphs of document 3"),
        ("DELETE FROM postings WHERE id = (SELECT min(id) FROM postings)", "bucket 0 of the anchors"),
        ("INSERT INTO postings VALUES (99, x'', 0)", "buckets of postings"),
        ("DELETE FROM segments", "stand in segments"),
        ("DELETE FROM header WHERE name = 'content'", "lacks content"),
        ("UPDATE header SET value = 'x' WHERE name = 'documents'", "'documents' does not agree with its checksum"),
        ("UPDATE documents SET source = x'41' WHERE id = 2", "document 2 does not agree with its checksum"),
        ("DROP TABLE paragraphs", "no table paragraphs"),
        # A damaged page can give a column another type, or text that is none. Found by fuzzing.
        ("UPDATE documents SET source = 1.5 WHERE id = 2", "float in place of bytes"),
        ("UPDATE segments SET facts = 1.5", "float in place of bytes"),
        ("UPDATE postings SET data = 1.5", "float in place of bytes"),
        ("UPDATE header SET value = x'00' WHERE name = 'params'", "entry that is no text"),
        ("UPDATE header SET value = CAST(x'ff' AS TEXT) WHERE name = 'params'", "Could not decode to UTF-8"),
    ],
)
def test_tampering_is_told(built: Path, where: Path, statement: str, told: str) -> None:
    """A row lost, added, altered or misplaced is found, and named."""
    shutil.copy(built, where)
    db = sqlite3.connect(where)
    db.execute(statement)
    db.commit()
    db.close()
    with pytest.raises(IndexDamaged, match=told), Index(where) as index:
        index.check()


@pytest.mark.parametrize(("number", "told"), [(None, "NoneType in place of bytes"), (1.5, "float in place of bytes")])
def test_a_row_without_its_number_is_told_as_damage(number: object, told: str) -> None:
    """Through a damaged tree SQLite gives rows whose key is NULL. Found by fuzzing."""
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE documents (id, source, fingerprint, facts, text, crc)")
        db.execute("INSERT INTO documents VALUES (?, x'41', x'00', x'7b7d', x'00', 1)", (number,))
        for ask in (lambda: list(rows.documents(db, "archive")), lambda: rows.fingerprints(db, "A")):
            with pytest.raises(sqlite3.DatabaseError, match=told):
                ask()


def test_a_row_in_anothers_place_is_found(built: Path, where: Path, arriving: list[Document]) -> None:
    """Two rows that changed places are each sound by themselves; their keys are part of their checksums."""
    shutil.copy(built, where)
    db = sqlite3.connect(where)
    for statement in (
        "UPDATE documents SET id = 1000 WHERE id = 1",
        "UPDATE documents SET id = 1 WHERE id = 2",
        "UPDATE documents SET id = 2 WHERE id = 1000",
    ):
        db.execute(statement)
    db.commit()
    db.close()
    with pytest.raises(IndexDamaged, match=r"document [12] does not agree"), Index(where) as index:
        index.check()


def test_stored_fingerprints_that_are_not_those_of_the_text_are_found(
    where: Path, archived: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that agree with all checksums but were made otherwise do not pass the recomputed sample."""
    from dedup.archive import intake

    honest: Callable[..., object] = intake.prints
    with Index.create(where) as index:
        monkeypatch.setattr(
            intake, "prints", lambda given, params: honest([replace(one, text=one.text[1:]) for one in given], params)
        )
        index.add(archived[:3])
        monkeypatch.undo()
        with pytest.raises(IndexDamaged, match="not those of its text"):
            index.check()


def test_names_that_stand_for_nothing_remove_nothing(where: Path, archived: list[Document]) -> None:
    """A drop removes all that was named or nothing."""
    with Index.create(where) as index:
        index.add(archived[:3])
        with pytest.raises(IndexProblem, match=r"no document 'missing\.txt'"):
            index.drop([archived[0].source, "missing.txt"])
        assert len(index) == 3


KILLS = int(os.environ.get("DEDUP_KILLS", "2"))
_CHILD = """
import sys
from dedup import Document, Index
from dedup.archive import intake
from tests.index.conftest import reports
intake.BATCH = 2_000
with Index(sys.argv[1]) as index:
    index.add(reports("killed", 60, copies=30), told=lambda so_far: print(so_far.added, flush=True))
"""


@pytest.mark.slow
def test_kills_leave_a_sound_index(where: Path) -> None:
    """Killed at any moment, it is sound, and the addition repeated to the end gives the index built in peace."""
    from .conftest import reports

    documents = reports("killed", 60, copies=30)
    calm = where.with_name("calm.dedup")
    with Index.create(calm) as index:
        index.add(documents)
        wanted = replace(index.info(), path="", size=0, segments=0)
    Index.create(where).close()
    draw = random.Random(8)
    for _ in range(KILLS):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(where)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        )
        assert child.stdout is not None
        with child.stdout:
            for _ in range(draw.randrange(1, 6)):  # some batches in, then some moment within the next
                child.stdout.readline()
            try:
                child.wait(draw.random() * 0.05)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        with Index(where) as index:
            index.check()
            if len(index) == len(documents):
                index.drop([one.source for one in draw.sample(documents, 50)])
    with Index(where) as index:
        index.add(documents)
        index.check(sample=len(documents))
        assert replace(index.info(), path="", size=0, segments=0) == wanted
