"""Sentences that no other test happens to provoke, each printed once: they name the file, the value and the mend."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from read.makers import ole, zipped

from dedup import Document, Index, Params
from dedup.clean import CleanPolicy
from dedup.clean.folder import new_folder
from dedup.decisions import Decision
from dedup.errors import (
    DedupError,
    FormatProblem,
    IndexDamaged,
    NotAnIndex,
    OutputExists,
    OutputFailed,
    ParamsError,
    ReadError,
)
from dedup.index.file import _put, crc
from dedup.index.segments import _crc
from dedup.read import ReadOptions, read
from dedup.read.metadata import load_known
from dedup.report import files
from dedup.review.store import Verdicts
from dedup.steps import background
from tests.results import sample_result


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def skipped(name, data, **options):
    """Return why a file of this content is passed over."""
    Path(name).write_bytes(data)
    (row,) = read(name, ReadOptions(**options))
    return row.reason


OFFICE = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook"}
OPENDOCUMENT = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"}


@pytest.mark.parametrize(
    "name, data, options, told",
    [
        ("a.xlsx", zipped(OFFICE), {}, "the workbook is broken ("),
        ("a.ods", zipped(OPENDOCUMENT), {}, ".ods is not read: save it as .docx or .xlsx"),
        ("a.docx", zipped(OFFICE | {"word/document.xml": b"x" * 90_000}, 0), {"max_bytes": 50_000}, "50,000 bytes"),
        ("a.doc", ole({"WordDocument": b"\xec\xa5\xc1\x00" + bytes(2000)}), {}, "its table stream is missing"),
        ("a.txt", b"x" * 60_000, {"max_bytes": 50_000}, "it holds more than 50,000 bytes: split it"),
    ],
    ids=lambda one: one if isinstance(one, str) and len(one) < 10 else "",
)
def test_readers_say_what_is_wrong_with_a_file(name, data, options, told):
    assert told in skipped(name, data, **options)


def test_a_document_that_libreoffice_cannot_convert_is_told(monkeypatch):
    """It ends without a file, or does not end: both are the document's fault as far as a user can mend it."""
    from dedup.read import office

    monkeypatch.setattr(office.shutil, "which", lambda name: "/usr/bin/soffice")
    old = ole({"WordDocument": b"\xdc\xa5\x00\x00" + bytes(2000)})

    def ends(*args, **options):
        return subprocess.CompletedProcess(args, 1, b"", b"")

    def never_ends(*args, **options):
        raise subprocess.TimeoutExpired("soffice", 60)

    monkeypatch.setattr(office.subprocess, "run", ends)
    assert "the file is broken or of another kind" in skipped("a.doc", old)
    monkeypatch.setattr(office.subprocess, "run", never_ends)
    assert "LibreOffice could not read it (Command 'soffice' timed out" in skipped("b.doc", old)


def raised(kind, work):
    with pytest.raises(kind) as caught:
        work()
    assert isinstance(caught.value, DedupError) and "\n" not in str(caught.value)
    return str(caught.value)


def test_a_list_of_metadata_that_is_none_is_told():
    assert raised(ReadError, lambda: load_known("gone.csv")).startswith("gone.csv: ")
    Path("noise.csv").write_bytes(bytes(range(128, 256)) * 40 + b"\xff\xfe\xfd")
    assert "it is no text: a CSV file" in raised(FormatProblem, lambda: load_known("noise.csv"))


def test_a_setting_of_clean_that_there_is_not_is_told():
    assert raised(ParamsError, lambda: CleanPolicy.from_dict({"levels": 1})) == "levels is not a setting of clean"


def test_an_output_folder_that_stands_or_cannot_be_looked_into_is_told(monkeypatch):
    Path("out").mkdir()
    Path("out/mine.txt").write_text("x", encoding="utf-8")

    def enter(**options):
        with new_folder(Path("out"), **options):
            pass

    assert raised(OutputExists, enter).startswith("out exists already")

    def refused(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refused)
    assert raised(OutputFailed, enter) == "out could not be written: permission denied"


def test_an_output_that_cannot_take_its_place_is_told(monkeypatch):
    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    told = raised(OutputFailed, lambda: files.write_files({Path("a.json"): "x"}, force=True))
    assert told == "a.json could not be written: no space left on device"
    told = raised(OutputFailed, lambda: Index.create("a.dedup"))
    assert told == "a.dedup could not be written: no space left on device"
    assert list(Path().iterdir()) == []


def test_a_result_without_texts_says_how_it_gets_them():
    result = sample_result()
    bare = replace(result, documents=tuple(replace(info, text=None) for info in result.documents))
    assert "the result holds no texts" in raised(FormatProblem, lambda: bare.text(bare.clusters[0].members[0]))


def test_an_index_where_a_folder_stands_or_of_no_format_is_told():
    Path("folder").mkdir()
    assert "it is a folder" in raised(OutputFailed, lambda: Index.create("folder", force=True))
    Index.create("a.dedup", Params()).close()
    with sqlite3.connect("a.dedup") as db:
        db.execute("PRAGMA user_version = 0")
    db.close()
    assert "its format is 0, wanted 1 to" in raised(NotAnIndex, lambda: Index("a.dedup"))


def test_verdicts_that_cannot_be_kept_are_told():
    assert "could not be written" in raised(OutputFailed, lambda: Verdicts("no/such/folder/v.sqlite"))
    with Verdicts("v.sqlite") as store:
        with sqlite3.connect("v.sqlite") as db:
            db.execute("DROP TABLE verdicts")
        db.close()
        assert "no such table" in raised(OutputFailed, lambda: store.add(Decision("f", "d", "plagiarism")))


def test_a_background_table_that_is_none_is_told():
    Path("noise.npz").write_bytes(b"noise")
    assert "it is no table that `dedup background build` wrote" in raised(
        FormatProblem, lambda: background.load(Path("noise.npz"))
    )


def test_a_port_that_is_taken_is_told():
    from typer.testing import CliRunner

    from dedup.cli.main import app

    Path("r.json").write_text(sample_result().to_json(texts=True), encoding="utf-8")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = CliRunner().invoke(app, ["review", "r.json", "--no-browser", "--port", str(port)], prog_name="dedup")
    assert told.exit_code == 2 and f"127.0.0.1:{port} could not be written: address already in use" in told.stderr


def test_a_mark_without_a_name_is_told():
    from typer.testing import CliRunner

    from dedup.cli.main import app

    told = CliRunner().invoke(app, ["clean", "x", "-o", "y", "--mark-field", ""], prog_name="dedup")
    assert told.exit_code == 2 and told.stderr == "dedup: mark_field is empty, but must be a name\n"


BLOCK = "各村要把护林防火责任落实到户到人，凡在林区野外用火的一律先报后批，违者取消当年评优资格。"


@pytest.fixture
def spoilt():
    """Return a function that lets another one change an index of two reports, and says what the check then says."""

    def check(change):
        Path("a.dedup").unlink(missing_ok=True)
        with Index.create("a.dedup") as index:
            index.add([Document("1.txt", BLOCK), Document("2.txt", f"会议强调：{BLOCK}")])
        db = sqlite3.connect("a.dedup", isolation_level=None)
        change(db)
        db.close()
        with Index("a.dedup") as index:
            return raised(IndexDamaged, index.check)

    return check


def test_what_does_not_add_up_in_an_index_is_told_though_every_row_is_sound(spoilt):
    """Counts and digests of the whole, where each row has its checksum: the fault of a writer."""

    def another_fingerprint(db):
        number, source, _, facts, text, _ = db.execute("SELECT * FROM documents ORDER BY id").fetchone()
        fields = (number, source, b"another", facts, text)
        db.execute("REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?)", (*fields, crc(*fields)))

    def postings(alter):
        def change(db):
            for number, data, _ in db.execute("SELECT * FROM postings").fetchall():
                made = alter(data)
                db.execute("REPLACE INTO postings VALUES (?, ?, ?)", (number, made, _crc(number, made)))

        return change

    def turned(data):
        return b"".join(data[at : at + 8] for at in range(len(data) - 8, -1, -8))

    assert "2 documents are stored, the header says 3" in spoilt(lambda db: _put(db, "documents", "3"))
    assert "the digest of all documents is" in spoilt(lambda db: _put(db, "content", "0" * 64))
    assert "does not agree with its fingerprint" in spoilt(another_fingerprint)
    row = (99, b"", crc(99, b""))
    told = spoilt(lambda db: db.execute("INSERT INTO paragraphs VALUES (?, ?, ?)", row))
    assert "3 rows of paragraphs are stored, more than there are documents" in told
    told = spoilt(lambda db: db.execute("UPDATE segments SET crc = crc + 1"))
    assert "segment 1 does not agree with its checksum" in told
    assert re.search(r"segment 1 has \d+ \w+s, wanted \d+", spoilt(postings(lambda data: data[:8])))
    assert "of segment 1 are out of order" in spoilt(postings(turned))
    assert "of segment 1 stand in no document" in spoilt(postings(lambda data: data[:-8] + b"\xff" * 8))
