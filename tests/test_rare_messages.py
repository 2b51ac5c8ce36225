"""Sentences for what hardly ever happens, each printed once: hands in a file, a race, a part no office writes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sqlite3
import struct
import zipfile
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from read.makers import doc, docx, ole, paragraph, run, zipped
from test_messages import raised, skipped
from typer.testing import CliRunner

from dedup import Document, Index, Params, background, formulas, scan
from dedup.archive import intake
from dedup.clean import CleanPolicy, clean, replay, restore
from dedup.clean.corpus import open_file
from dedup.cli.main import app
from dedup.errors import (
    DedupError,
    EngineProblem,
    FormatProblem,
    IndexDamaged,
    IndexLocked,
    OutputFailed,
    ParamsError,
    ReadError,
    WorkProblem,
)
from dedup.executors import corpus, sources
from dedup.executors.processes import Processes
from dedup.index import file as index_file
from dedup.index import opening, rows, segments
from dedup.read import ReadOptions, read
from dedup.review import store
from dedup.steps import background as table

BLOCK = "各村要把护林防火责任落实到户到人，凡在林区野外用火的一律先报后批，违者取消当年评优资格。"
TWO = [Document("1.txt", BLOCK), Document("2.txt", f"会议强调：{BLOCK}")]


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def told(*command):
    """Return what the command says on stderr, having refused."""
    result = CliRunner().invoke(app, list(command), prog_name="dedup")
    assert result.exit_code == 2 and result.stderr.count("\n") == 1
    return result.stderr.strip()


# ------------------------------------------------------------------------------------------------------------ readers


def marked(data: bytes, at: tuple[int, int], value: int) -> bytes:
    """Return a zip with two bytes of every member changed: offset in its own header, and in the directory."""
    changed = bytearray(data)
    for mark, offset in zip((b"PK\3\4", b"PK\1\2"), at, strict=True):
        for found in re.finditer(re.escape(mark), data):
            struct.pack_into("<H", changed, found.start() + offset, value)
    return bytes(changed)


FLAGS, METHOD = (6, 8), (8, 10)
WORKBOOK = struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 5, 0, 0, 0, 0)
LOCKED = struct.pack("<HHHHHIIIIIIIIIIII", 0x2F, 54, 1, 1, 1, *[7] * 12)


def with_a_page_too_many() -> bytes:
    """Return a PDF that counts two pages and has one."""
    from reportlab.pdfgen.canvas import Canvas

    page = io.BytesIO()
    canvas = Canvas(page, invariant=1, pageCompression=0)
    canvas.drawString(72, 720, "A page of plain words, and none behind it.")
    canvas.showPage()
    canvas.save()
    return page.getvalue().replace(b"/Count 1", b"/Count 2")


def wide_of_the_mark() -> bytes:
    import olefile

    with olefile.OleFileIO(io.BytesIO(doc("正文"))) as file:
        word, tables = bytearray(file.openstream("WordDocument").read()), file.openstream("1Table").read()
    struct.pack_into("<I", word, 0x01A2, 1 << 30)
    return ole({"WordDocument": bytes(word), "1Table": tables})


@pytest.mark.parametrize(
    ("name", "data", "options", "why"),
    [
        ("a.docx", marked(docx(paragraph(run(BLOCK))), FLAGS, 1), {}, "protected by a password: unpack it first"),
        ("a.docx", marked(docx(paragraph(run(BLOCK))), METHOD, 99), {}, "packed in a way that is not read"),
        (
            "a.zip",
            zipped({"x" * 3000: b"1", "y" * 3000: b"2"}),
            {"max_members": 1},
            "directory is too large for 1 files",
        ),
        ("a.pdf", with_a_page_too_many(), {}, "page 2 is broken (Failed to load page.)"),
        ("a.doc", wide_of_the_mark(), {}, "its tables point outside the file (there is no piece table)"),
        ("a.xls", ole({"Workbook": WORKBOOK + LOCKED}), {}, "it is protected by a password: save it without"),
    ],
)
def test_a_reader_says_what_it_met(name, data, options, why):
    assert why in skipped(name, data, **options)


def test_an_office_file_on_the_disk_that_is_larger_than_the_bound_is_told():
    """An archive may be larger, for it is read member by member; a document is held as a whole."""
    data = zipped({"word/document.xml": b"<w/>", "word/media/image1.png": bytes(9 << 20)}, zipfile.ZIP_STORED)
    assert "it holds more than 300,000 bytes: split it" in skipped("a.zip", data, max_bytes=300_000)


def test_a_field_of_many_lines_longer_than_any_may_be_is_told():
    """Each line is short enough; the quotation that was never closed is not."""
    before = csv.field_size_limit(2_000)
    try:
        rows_read = "id,text\n" + '1,"' + "一行一行地写。\n" * 2_000
        assert re.search(
            r"line \d+ is no CSV \(field larger than", skipped("a.csv", rows_read.encode(), max_line=2_000)
        )
    finally:
        csv.field_size_limit(before)


# ----------------------------------------------------------------------------------------------- settings and tables


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("scan", "x", "--engine", "dask"), "dedup: engine is 'dask', but must be one of local, spark"),
        (("scan", "x", "--engine", "spark", "--template", "t"), "template is not yet looked at by --engine spark"),
        (("scan", "x", "--engine", "spark", "--index", "i"), "leave --engine spark out"),
        (
            ("scan", "x", "--work", "w", "--index", "i"),
            "a work folder is for a scan on this machine: leave --index out",
        ),
        (("scan", "x", "--index", "i", "--background", "b"), "background cannot be given here"),
    ],
)
def test_options_that_do_not_go_together_are_told(command, sentence):
    Path("t").write_text("模板", encoding="utf-8")
    assert sentence in told(*command)


def test_tables_of_the_usual_that_cannot_be_counted_or_read_are_told():
    assert raised(ParamsError, lambda: background.build([], least=0)) == "least is 0, but must be at least 1"
    assert "list of phrases" in raised(FormatProblem, lambda: background.build([], phrases="gone.txt"))
    assert "cannot be read as JSON" in raised(FormatProblem, lambda: formulas.load("gone.json"))
    digest = "0" * 64
    assert digest[:8] in raised(ParamsError, lambda: scan(TWO, Params(background=digest)))


def test_what_spark_cannot_read_is_told_before_it_is_asked(monkeypatch):
    """A session is stood in for: the sentences need no cluster."""
    spark = SimpleNamespace(read=SimpleNamespace(parquet=lambda path: SimpleNamespace(columns=["id", "正文"])))
    nothing = SimpleNamespace(globStatus=lambda path: None)
    monkeypatch.setattr(sources, "placed", lambda spark, path: path)
    monkeypatch.setattr(sources, "_literal", lambda path: path)
    monkeypatch.setattr(sources, "_files", lambda spark, path: (nothing, path))
    monkeypatch.setattr(sources, "READ", 10)

    def asked(path, **options):
        return raised(EngineProblem, lambda: sources.frames(spark, [path], ReadOptions(**options)))

    assert "lines are read as utf-8, not as gb18030" in asked("a.jsonl", encoding="gb18030")
    assert "gone.jsonl: nothing is found there" in asked("gone.jsonl")
    assert "has no column 'text' (it has id, 正文)" in raised(
        EngineProblem, lambda: sources._table(spark, "a.parquet", ReadOptions(), None, {})
    )
    assert "is read by the driver, up to 10 characters" in raised(EngineProblem, lambda: list(sources._bounded(TWO)))


def test_work_that_no_machine_can_do_is_told(monkeypatch):
    assert raised(ParamsError, lambda: Processes(0)) == "jobs is 0, but must be at least 1"
    told = raised(WorkProblem, lambda: list(Processes(2).run(os._exit, [(9,), (9,)])))
    assert "it was killed, by the system for want of memory perhaps" in told
    monkeypatch.setattr(corpus, "MOST", 10)
    assert "fewer than 10 at once: scan it in parts" in raised(DedupError, lambda: scan(TWO))


# --------------------------------------------------------------------------------------------------- index, verdicts


@pytest.fixture
def stored():
    with Index.create("a.dedup") as index:
        index.add(TWO)
    return Path("a.dedup")


def changed(path, change):
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        change(db)


def with_no_paragraphs(db):
    """A row as a writer with a fault would leave it: sound by its checksum, of another text."""
    number = db.execute("SELECT min(document) FROM paragraphs").fetchone()[0]
    data = (0).to_bytes(4, "little")
    db.execute("REPLACE INTO paragraphs VALUES (?, ?, ?)", (number, data, index_file.crc(number, data)))


def test_rows_that_are_sound_and_do_not_belong_together_are_told(stored):
    changed(stored, with_no_paragraphs)
    with Index(stored) as index:
        assert re.search(r"document \d has 0 paragraphs, wanted 1", raised(IndexDamaged, index.check))
    with closing(sqlite3.connect(stored)) as db:
        gone = raised(IndexDamaged, lambda: list(rows.documents(db, "a.dedup", [99])))
    assert gone == "a.dedup: document 99 is not there, but is referred to"


def test_a_document_that_stands_in_no_segment_cannot_be_dropped(stored, monkeypatch):
    monkeypatch.setattr(segments, "segments", lambda db, path: [])
    with Index(stored) as index:
        assert "1 documents stand in 0 places" in raised(IndexDamaged, lambda: index.drop(["1.txt"]))


def test_postings_that_are_not_those_of_the_text_are_found(stored, monkeypatch):
    real = segments.find

    def fewer(db, path, segment, kind, hashes):
        return real(db, path, segment, kind, hashes[:0])

    monkeypatch.setattr(intake.segments, "find", fewer)
    with Index(stored) as index:
        assert re.search(r"stored \(0\) are not those of its text \(\d+\)", raised(IndexDamaged, index.check))


def test_a_writer_that_comes_in_between_again_and_again_is_named(stored, monkeypatch):
    monkeypatch.setattr(index_file.IndexFile, "_holder", lambda self: "process 7 on heron")
    with Index(stored, wait=0.0) as index:
        assert "process 7 on heron is writing" in raised(IndexLocked, lambda: index.add([Document("3.txt", BLOCK)]))


def test_bytes_that_are_no_text_are_damage():
    with pytest.raises(IndexDamaged, match="no UTF-8"), opening.sentences("a.dedup"):
        b"\xff".decode()


def test_a_store_that_another_program_holds_is_told(monkeypatch):
    monkeypatch.setattr(store, "_BUSY_SECONDS", 0.0)
    with closing(sqlite3.connect("v.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "database is locked" in raised(OutputFailed, lambda: store.Verdicts("v.sqlite"))


def test_a_background_table_of_another_format_is_told():
    np.savez("old.npz", header=np.array([99, 3, 0, 0]), steps=np.empty(0), level=np.empty(0))
    told = raised(FormatProblem, lambda: table.load(Path("old.npz")))
    assert told.startswith("old.npz: its header is [99, 3, 0, 0], wanted format")


# -------------------------------------------------------------------------------------------------------------- clean


@pytest.fixture
def cleaned():
    """A folder of two files, one of which loses its copy, and the audit of that."""
    Path("in").mkdir()
    for name in ("a.txt", "b.txt"):
        Path("in", name).write_text(f"{name}的开头。\n{BLOCK}\n", encoding="utf-8")
    documents = list(read("in"))
    clean(scan(["in"]), documents, CleanPolicy(), Path("out"), base=Path("in"))
    return documents, Path("out/audit.jsonl")


def rewritten(path, change):
    """Change the row of a file that has edits, in the audit."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        change(row)
        lines.append(json.dumps(row, ensure_ascii=False))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def again(documents, audit):
    return replay(audit, documents, Path("again"), base=Path("in"))


def test_an_audit_that_does_not_fit_is_told(cleaned):
    documents, audit = cleaned
    Path("in/c.txt").write_text("第三个文件。", encoding="utf-8")
    assert "it knows no file c.txt" in raised(FormatProblem, lambda: again(list(read("in")), audit))
    whole = audit.read_bytes()

    def turned(field, value):
        audit.write_bytes(whole)
        rewritten(audit, lambda row: row.update({field: value}) if field in row else None)

    turned("written", "yes")
    assert "has written 'yes', wanted bool" in raised(FormatProblem, lambda: again(documents, audit))
    audit.write_bytes(whole)
    text = audit.read_text(encoding="utf-8")
    assert BLOCK[:9] in text
    audit.write_text(text.replace(BLOCK[:9], "换了几个别的字在此"), encoding="utf-8")
    assert re.search(r"its edits do not fit \w.txt", raised(FormatProblem, lambda: again(documents, audit)))


@pytest.mark.usefixtures("cleaned")
def test_an_output_cut_short_cannot_be_restored():
    """The file that was cut cannot be mended, the other one is not what it was."""
    told = []
    for path in sorted(Path("out").glob("*.txt")):
        whole = path.read_bytes()
        path.write_bytes(b"")
        told.append(raised(FormatProblem, lambda: restore(Path("out"), Path("back"))))
        path.write_bytes(whole)
    assert any("it was changed since it was cleaned, so the audit cannot undo it" in one for one in told)
    assert any("its content has SHA-256 e3b0c44298fc1c14" in one for one in told)


def test_a_source_that_went_between_reading_and_cutting_is_told(monkeypatch):
    Path("gone.txt").write_text(BLOCK, encoding="utf-8")

    def refused(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refused)
    told = raised(ReadError, lambda: open_file("gone.txt", "gone.txt", [Document("gone.txt", BLOCK)]))
    assert told == "gone.txt: it could be read before and cannot now (Permission denied)"
