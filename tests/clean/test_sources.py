"""Files opened: in which column, line or bytes the documents of the reader stand, and what becomes of the file."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest

from dedup.clean import CleanPolicy, clean, replay, restore
from dedup.clean.edits import Disagree
from dedup.clean.sources import open_source, pack, packing_of, unpack
from dedup.errors import ParamsError
from dedup.read import read
from dedup.result import Document, Skipped
from tests.clean.hand import found, result_of, tree

_LINE = "瓦匠把旧瓦按长短分作三堆，短的垫在檐口，长的留给正脊。"
_OWN = "正脊两头各留一块活瓦。"


def documents_in(*paths: Path) -> list[Document]:
    return [row for row in read(list(paths)) if isinstance(row, Document)]


def cleaned(folder: Path, documents: list[Document]) -> Path:
    """Clean documents of a folder of the line that stands in several of them; the output stands beside it."""
    out = folder.with_name("out")
    clean(result_of(documents, [found(documents, _LINE)]), documents, CleanPolicy(), out, base=folder)
    return out


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with one text that holds the line."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(_LINE, encoding="utf-8")
    return tmp_path / "in"


@pytest.mark.parametrize("columns", [["raw", "text"], ["text", "raw"], ["raw", " text "]])
def test_of_two_equal_columns_of_a_table_the_one_that_was_read_is_cut(corpus: Path, columns: list[str]) -> None:
    """The cleaned file reads as what is left, not as it was."""
    row = f'"{_LINE}\n{_OWN}"'
    (corpus / "t.csv").write_text(f"{','.join(columns)}\n{row},{row}\n", encoding="utf-8")
    out = cleaned(corpus, documents_in(corpus))
    assert [row.text for row in documents_in(out / "t.csv")] == [_OWN]


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_what_is_packed_unpacks(packing: str) -> None:
    """Equal contents give equal bytes, for no time is written; what is cut short or no packed data disagrees."""
    content = _LINE.encode() * 40
    packed = pack(content, packing)
    assert packing_of(packed) == packing and len(packed) < len(content)
    assert unpack(packed, packing) == content
    if packing == "gz":
        assert packed[4:8] == bytes(4)
    for broken in (packed[:-3], packed[:9], packed[:4], b"plain"):
        with pytest.raises(Disagree):
            unpack(broken, packing)


def test_what_is_not_packed_is_left_alone():
    assert (packing_of(b"plain"), unpack(b"plain", None), pack(b"plain", None)) == (None, b"plain", b"plain")


def records(*texts: str) -> bytes:
    """Return texts as JSON lines with ids from 1."""
    rows = ({"id": str(row), "text": text} for row, text in enumerate(texts, 1))
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


@pytest.mark.parametrize(
    ("name", "data", "form", "packing"),
    [
        ("r.jsonl", records(_LINE, _OWN), "jsonl", None),
        ("r.ndjson", records(_LINE, _OWN), "jsonl", None),
        ("r.jsonl.gz", gzip.compress(records(_LINE, _OWN)), "jsonl", "gz"),
        ("r.jsonl", gzip.compress(records(_LINE, _OWN)), "jsonl", "gz"),
        ("r.CSV", f"text\n{_LINE}\n{_OWN}\n".encode(), "csv", None),
        ("r.tsv", f"id\ttext\n1\t{_LINE}\n2\t{_OWN}\n".encode(), "csv", None),
        ("r.txt", f"{_LINE}\n{_OWN}".encode(), "text", None),
        ("r", _LINE.encode(), "text", None),
        ("r.txt.gz", gzip.compress(_LINE.encode()), "text", "gz"),
        ("r.txt", _LINE.encode("gb18030"), "text", None),
    ],
)
def test_a_file_that_can_be_cut_is_opened_in_its_own_form(tmp_path, name, data, form, packing):
    """Its name stays, its bytes too where nothing is cut, and its documents stand where the reader read them."""
    path = tmp_path / name
    path.write_bytes(data)
    documents = documents_in(path)
    source = open_source(str(path), name, documents)
    assert (source.form, source.packing, source.reason, source.name) == (form, packing, None, name)
    assert source.encoding == (documents[0].encoding or "utf-8")
    assert source.output(None) == data
    assert unpack(source.output(b"less"), packing) == b"less"
    for slot, document in zip(source.slots, documents, strict=True):
        first, last = slot.places([0, len(document.text)])
        assert source.content[first:last].decode(source.encoding) == document.text


def test_a_text_with_the_suffix_of_a_table_is_a_text(tmp_path: Path) -> None:
    """If it was read as one: its document is no record."""
    path = tmp_path / "r.csv"
    path.write_text(_LINE, encoding="utf-8")
    assert open_source(str(path), "r.csv", [Document(str(path), _LINE)]).form == "text"
    source = open_source(str(path), "r.csv", [Document(str(path), _OWN)])
    assert (source.form, source.reason) == ("copied", "its bytes do not decode to its text in utf-8")


_CUT = "text cannot be cut within "


@pytest.mark.parametrize(
    ("name", "data", "members", "written", "reason"),
    [
        ("p.html", b"<p>", [None], "p.html.txt", f"{_CUT}.html"),
        ("p.TXT", b"PK\x03\x04", [None], "p.TXT", f"{_CUT}.txt"),
        ("p", b"%PDF-1", [None], "p.txt", f"{_CUT}its format"),
        ("p.md", b"else", [None], "p.md.txt", "its bytes do not decode to its text in utf-8"),
        ("p.zip", b"PK\x03\x04", ["1", "2"], "p.zip.jsonl", f"{_CUT}.zip"),
        ("p.zip", b"PK\x03\x04", ["1"], "p.zip.jsonl", f"{_CUT}.zip"),
        ("p.txt", _LINE.encode(), ["1"], "p.txt.jsonl", f"{_CUT}.txt"),
        ("p.txt", _LINE.encode(), [None, None], "p.txt.jsonl", f"{_CUT}.txt"),
        ("p.txt", None, [None], "p.txt", "it is no file"),
        ("p.txt", None, ["1"], "p.txt.jsonl", "it is no file"),
    ],
)
def test_what_cannot_be_cut_is_written_as_text(tmp_path, name, data, members, written, reason):
    """One text as .txt, records as .jsonl of id and text; not as what it was, also where nothing is cut."""
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    texts = [_LINE, _OWN][: len(members)]
    documents = [Document(str(path), text, member=member) for member, text in zip(members, texts, strict=True)]
    source = open_source(str(path), name, documents)
    form, told = ("jsonl", ".jsonl") if written.endswith(".jsonl") else ("text", ".txt in UTF-8")
    assert (source.name, source.form, source.reason) == (written, form, f"{reason}; written as {told}")
    if form == "text":
        content = texts[0].encode()
    else:
        rows = ({"id": member, "text": text} for member, text in zip(members, texts, strict=True))
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    assert source.output(None) == source.content == content
    assert source.output(b"less") == b"less"
    for slot, text in zip(source.slots, texts, strict=True):
        first, last = slot.places([0, len(text)])
        assert source.content[first:last].decode() == text


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("r.jsonl", records(_OWN), "the text of its document 1 is the value of no key in the lines behind the last"),
        ("r.csv", f"text\n{_OWN}\n".encode(), "its texts are in no column that commas, tabs or semicolons part"),
        ("r.jsonl.gz", gzip.compress(records(_OWN)), "the text of its document 1 is the value of no key"),
        ("r.jsonl.gz", gzip.compress(records(_LINE))[:-4], "its data is broken or cut short"),
        ("r.parquet", b"PAR1 and so on", "its data is broken or cut short"),
    ],
)
def test_a_record_file_whose_text_is_not_found_is_kept_as_it_is(tmp_path, name, data, reason):
    path = tmp_path / name
    path.write_bytes(data)
    source = open_source(str(path), name, [Document(str(path), _LINE, member="1")])
    assert (source.form, source.name, source.output(None)) == ("copied", name, data)
    assert source.reason is not None and source.reason.startswith(reason)


def test_a_packed_text_that_is_not_found_is_kept_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "t.txt.gz"
    path.write_bytes(gzip.compress(_OWN.encode()))
    source = open_source(str(path), "t.txt.gz", [Document(str(path), _LINE)])
    assert (source.form, source.output(None)) == ("copied", path.read_bytes())


def test_a_parquet_file_of_one_record_whose_text_is_not_found_is_kept_as_it_is(tmp_path: Path) -> None:
    """It used to be written as .jsonl, without its other columns; one of two records never was."""
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "t.parquet"
    parquet.write_table(arrow.table({"text": arrow.array([_LINE]).dictionary_encode(), "n": [1]}), path)
    source = open_source(str(path), "t.parquet", documents_in(path))
    assert (source.form, source.reason) == ("copied", "its texts are in no column of strings")
    assert source.output(None) == path.read_bytes()


def test_a_parquet_file_with_a_text_that_is_no_text_is_kept_as_it_is(tmp_path: Path) -> None:
    """The reader gives the records before it, and only when all are written would it show."""
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    offsets = arrow.array([0, 1, 2], arrow.int32()).buffers()[1]
    other = arrow.Array.from_buffers(arrow.string(), 2, [None, offsets, arrow.py_buffer(b"a\xff")])
    sink = io.BytesIO()
    parquet.write_table(arrow.table({"text": [_LINE, _OWN], "other": other}), sink)
    path = tmp_path / "t.parquet"
    path.write_bytes(sink.getvalue())
    source = open_source(str(path), "t.parquet", [Document(str(path), _LINE, member="1")])
    assert (source.form, source.reason) == ("copied", "its data is broken or cut short")


def test_a_packed_file_that_ends_too_early_is_kept_and_what_was_read_of_it_is_counted(corpus: Path) -> None:
    """It used to end in a traceback, for the records before the break are documents."""
    lines = b"".join(records(f"第{row}块瓦。{_LINE}" * 9) for row in range(3000))
    (corpus / "r.jsonl.gz").write_bytes(gzip.compress(lines)[:-2000])
    rows = list(read([corpus]))
    documents = [row for row in rows if isinstance(row, Document)]
    skipped = [row for row in rows if isinstance(row, Skipped)]
    assert len(documents) > 1 and len(skipped) == 1
    result = result_of(documents, [], skipped=skipped)
    out = corpus.with_name("out")
    report = clean(result, documents, CleanPolicy(), out, base=corpus)
    assert report.documents["skipped"] == len(documents) - 1
    assert [row.source for row in report.skipped] == [str(corpus / "r.jsonl.gz")] * 2
    assert restore(out, corpus.with_name("back")) == 2
    assert tree(corpus.with_name("back")) == tree(corpus)
    replay(out / "audit.jsonl", documents, corpus.with_name("again"), skipped=skipped, base=corpus)
    assert tree(corpus.with_name("again")) == tree(out)


@pytest.mark.parametrize(
    ("names", "mark"),
    [
        (["p.html", "p.html.txt"], None),
        (["a.txt", "a.txt.spans.json"], "spans"),
        (["a.txt.spans.json", "a.txt"], "spans"),
    ],
)
def test_two_files_for_one_place_are_refused(tmp_path: Path, names: list[str], mark: str | None) -> None:
    """The text of a page and the spans of a text get names that others may bear; one used to overwrite the other."""
    folder = tmp_path / "in"
    folder.mkdir()
    documents = []
    for row, name in enumerate(names):
        (folder / name).write_text("<p>" if name == "p.html" else f"第{row}份。{_LINE}", encoding="utf-8")
        documents.append(Document(str(folder / name), f"第{row}份。{_LINE}"))
    with pytest.raises(ParamsError) as caught:
        clean(result_of(documents, []), documents, CleanPolicy(), tmp_path / "out", base=folder, mark_field=mark)
    place = "p.html.txt" if mark is None else "a.txt.spans.json"
    assert f"would both be written to {place}: rename one of them" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_records_named_as_the_audit_are_refused(tmp_path: Path) -> None:
    """They would be written into it."""
    documents = [Document("audit", _LINE, member="1")]
    with pytest.raises(ParamsError, match=r"audit and the audit would both be written to audit\.jsonl"):
        clean(result_of(documents, []), documents, CleanPolicy(), tmp_path / "out")
