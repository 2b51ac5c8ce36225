"""Every reader: whatever bytes come, documents and skipped rows come out, within their ranges, twice the same."""

from __future__ import annotations

import gzip
import io
import json
import sys
import traceback
import zipfile
from functools import partial
from itertools import pairwise

import dedup.read.formats as formats
from dedup.errors import Damaged, DedupError
from dedup.read import ReadOptions
from dedup.read.blob import HEAD, Blob
from dedup.read.word97 import text_of
from dedup.result import Document, Skipped
from tests.fuzz.target import Target, hold, joined, ordered, united
from tests.read.makers import W, doc, docx, paragraph, run, zipped

TEXT = "松坪乡把闲置校舍改成养老院，先收了十六位独居老人，\n饭菜由老人们自己定。\n二〇一一年三月\n松坪乡人民政府"
OPTIONS = ReadOptions(
    max_bytes=1 << 22, max_line=1 << 16, max_members=64, max_unpacked=1 << 23, max_pages=50, max_depth=3
)
_UNFORESEEN: list[BaseException] = []


class _Noted(Damaged):
    """`Damaged` as the last resort of the readers raises it, with what was caught noted."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(source, reason)
        caught = sys.exc_info()[1]
        if "content could not be read (" in reason and caught is not None:
            _UNFORESEEN.append(caught)


formats.Damaged = _Noted  # type: ignore[misc]


class _Slow:
    """A stream that gives a few bytes at a time: what a decompressor or a pipe may do."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._file.read(min(size, 1000))


def _rows(data: bytes, name: str, *, slowly: bool = False) -> list[Document | Skipped | str]:
    if slowly:
        blob = Blob(name, None, name, data[:100], _Slow(data[100:]))
    else:
        blob = Blob(name, None, name, data[:HEAD], io.BytesIO(data[HEAD:]) if len(data) > HEAD else None)
    rows: list[Document | Skipped | str] = []
    try:
        for row in formats.documents_of(blob, OPTIONS, {}):
            rows.append(row)
    except DedupError as error:
        rows.append(str(error))
    return rows


def check(data: bytes, name: str) -> None:
    """Read bytes under a name and hold the rows to what `read` promises."""
    _UNFORESEEN.clear()
    rows = _rows(data, name)
    hold(rows, "nothing came out: neither a document nor a reason")
    for row in rows:
        if isinstance(row, Document):
            _sound(row)
        else:
            hold(row if isinstance(row, str) else row.reason, "skipped without a reason")
    for caught in _UNFORESEEN:
        # What a foreign parser throws is caught at the door on purpose; what our own code did not foresee is not.
        last = traceback.extract_tb(caught.__traceback__)[-1].filename
        if "/dedup/read/" in last.replace("\\", "/"):
            raise caught
    hold(_rows(data, name) == rows, "the same bytes read twice differ")


def _sound(row: Document) -> None:
    hold(row.text and not row.text.isspace(), "a document without text")
    for ranges in (row.furniture, row.tables):
        hold(all(0 <= start < end <= len(row.text) for start, end in ranges), "a range outside the text")
        hold(all(one[1] <= other[0] for one, other in pairwise(ranges)), "ranges overlap or are out of order")
    hold(all(0 <= at <= len(row.text) for at in row.pages), "a page begins outside the text")
    hold(list(row.pages) == sorted(row.pages), "pages out of order")
    for value in (row.title, row.issuer, row.date, row.member):
        hold(value is None or (isinstance(value, str) and value), "a fact that is no text")
    hold(all(isinstance(n, int) and n > 0 for n in row.flags.values()), "a flag that counts nothing")


# ---------------------------------------------------------------------------------------------- one target a format

_TEXT_NAMES = ("a.txt", "2011年总结.md", "a", "松坪乡/a.text")
_TABLE_NAMES = ("a.csv", "a.tsv", "a.jsonl", "a.json", "a.ndjson")


def _named(names: tuple[str, ...], data: bytes) -> None:
    if data:
        check(data[1:], names[data[0] % len(names)])


def _streamed(data: bytes) -> None:
    """A table that arrives a few bytes at a time reads as the same table at once."""
    if data:
        name = _TABLE_NAMES[data[0] % len(_TABLE_NAMES)]
        check(data[1:], name)
        if not name.endswith(".json"):
            at_once, slowly = _rows(data[1:], name), _rows(data[1:], name, slowly=True)
            hold(len(data) > 100 or at_once == slowly, "a table read in pieces differs")


_DOCX_PARTS = (
    "word/document.xml",
    "word/numbering.xml",
    "word/styles.xml",
    "word/footnotes.xml",
    "word/header1.xml",
    "docProps/core.xml",
    "docProps/app.xml",
    "_rels/.rels",
)


def _docx(data: bytes) -> None:
    parts = zip(_DOCX_PARTS, ordered(data, len(_DOCX_PARTS)), strict=True)
    files = {name: content for name, content in parts if content}
    check(zipped({"[Content_Types].xml": b"<Types/>"} | files, zipfile.ZIP_STORED), "a.docx")


def _docx_seeds() -> list[bytes]:
    body = paragraph('<w:pPr><w:pStyle w:val="H"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>')
    body += paragraph(run(TEXT, "<w:vanish/>")) + paragraph(run(TEXT)) + paragraph('<w:br w:type="page"/>', run("乙"))
    table = "".join(f"<w:tr><w:tc>{paragraph(run(cell))}</w:tc></w:tr>" for cell in "甲乙丙")
    body += f"<w:tbl>{table}</w:tbl><w:del><w:r><w:delText>删</w:delText></w:r></w:del>"
    body += "<w:p><mc:AlternateContent><mc:Choice><w:txbxContent>" + paragraph(run("框"))
    body += "</w:txbxContent></mc:Choice><mc:Fallback/></mc:AlternateContent></w:p>"
    with zipfile.ZipFile(io.BytesIO(docx(body))) as archive:
        main = archive.read("word/document.xml")
    numbering = f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="3"/>'
    numbering += '<w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl></w:abstractNum>'
    numbering += '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    styles = f'<w:styles {W}><w:style w:styleId="H"><w:basedOn w:val="G"/><w:pPr><w:numPr><w:numId w:val="1"/>'
    styles += '</w:numPr></w:pPr></w:style><w:style w:styleId="G"/></w:styles>'
    notes = f'<w:footnotes {W}><w:footnote w:id="2">{paragraph(run("注"))}</w:footnote></w:footnotes>'
    header = f"<w:hdr {W}>{paragraph(run('页眉'))}</w:hdr>"
    core = '<c xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>总结</dc:title><dc:creator>乡</dc:creator></c>'
    return [main, joined(main, *(part.encode() for part in (numbering, styles, notes, header, core)))]


_SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    '<c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>text</t></is></c></row>'
    '<row r="2"><c r="A2"><v>7</v></c><c r="B2" t="s"><v>0</v></c></row></sheetData></worksheet>'
)
_STRINGS = (
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="1"><si><t>'
    + TEXT
    + "</t></si></sst>"
)
_BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.'
    'openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="甲" sheetId="1" r:id="rId1"/>'
    "</sheets></workbook>"
)
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>'
)
_XLSX_PARTS = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels")


def _xlsx(data: bytes) -> None:
    parts = zip(_XLSX_PARTS, ordered(data, len(_XLSX_PARTS)), strict=True)
    files = {name: content for name, content in parts if content}
    files.setdefault("xl/workbook.xml", _BOOK.encode())
    files.setdefault("xl/_rels/workbook.xml.rels", _RELATIONS.encode())
    check(zipped({"[Content_Types].xml": b"<Types/>"} | files, zipfile.ZIP_STORED), "a.xlsx")


def _word(data: bytes) -> None:
    """An OLE file as it is, or the two streams of a Word file without their box."""
    if data[:1] == b"\0":
        word, table = ordered(data[1:], 2)
        try:
            found = text_of(word.ljust(0x400, b"\0"), [table, table], "a.doc")
        except DedupError:
            return
        if found is not None:
            hold(all(0 <= a < b <= len(found.text) for a, b in found.furniture + found.tables), "a range outside")
            hold(len(found.text) <= 2 * len(word) + 8, "more text than there are bytes")
    else:
        check(data[1:], "a.doc" if data[:1] == b"\1" else "a.wps")


def _word_seeds() -> list[bytes]:
    import olefile

    whole = doc(
        TEXT.replace("\n", "\r"), headers="页眉\r", footnotes="注\r", ansi="abc", hidden="养老院", deleted="饭菜"
    )
    with olefile.OleFileIO(io.BytesIO(whole)) as ole:
        word, table = (ole.openstream(name).read() for name in ("WordDocument", "1Table"))
    return [b"\1" + whole, b"\0" + joined(word, table), b"\0" + joined(word[:0xA00], table)]


def _pdf_seeds() -> list[bytes]:
    from reportlab.pdfgen.canvas import Canvas

    found = []
    for compressed in (0, 1):
        page = io.BytesIO()
        canvas = Canvas(page, invariant=1, pageCompression=compressed)
        for number in range(2):
            canvas.drawString(72, 780, "Running header")
            for row in range(4):
                canvas.drawString(72, 700 - 14 * row, f"Plain words of row {row} that have a text layer.")
                canvas.drawString(330, 700 - 14 * row, f"second column {number}")
            canvas.showPage()
        canvas.save()
        found.append(page.getvalue())
    return found


def _archive(data: bytes) -> None:
    """Bytes as they are, or members with these names, packed soundly: three are too few to meet by mutation."""
    if data[:1] == b"\0":
        pieces = ordered(data[1:], 8)
        files = {
            name.decode("utf-8", "replace") or "a": body for name, body in zip(pieces[::2], pieces[1::2], strict=True)
        }
        packed = zipped(files)
        check(packed, "a.zip")
        check(gzip.compress(packed, mtime=0), "a.zip.gz")
    else:
        check(data[1:], ("a.zip", "a.txt.gz", "a.txt.zst", "a")[data[0] % 4] if data else "a")


def _archive_seeds() -> list[bytes]:
    inner = zipped({"内/a.txt": TEXT.encode(), "b.csv": f"id,text\n1,{TEXT[:20]}\n".encode()})
    outer = zipped({"in.zip": inner, "c.txt.gz": gzip.compress(TEXT.encode(), mtime=0)}, zipfile.ZIP_STORED)
    zst = b"\x28\xb5\x2f\xfd\x20" + bytes([len(TEXT.encode()) & 0xFF])
    named = joined(
        b"../a.txt", TEXT.encode(), b"a\\b.html", b"<p>" + TEXT.encode(), b"__MACOSX/x", b"x", b"n.zip", inner
    )
    return [b"\4" + inner, b"\4" + outer, b"\5" + gzip.compress(TEXT.encode(), mtime=0), b"\2" + zst, b"\0" + named]


_PAGE = f"""<!DOCTYPE html><html><head><title>总结_范文网</title>
<meta name="pubdate" content="2011-03-02"></head><body>
<nav><a href="/">首页</a> <a href="/a">文库</a></nav><div class="c"><h1>总结</h1><p>{TEXT}。{TEXT}</p>
<table><tr><td>甲</td><td rowspan="2">1</td></tr><tr><td>乙</td></tr></table><pre>  行  行</pre>
<ruby>鄉<rt>xiāng</rt></ruby><span style="display:none">藏</span></div><footer>版权</footer></body></html>"""


def _table_seeds() -> list[bytes]:
    rows = [{"id": 1, "text": TEXT, "date": "2011-03"}, {"id": 2.0, "text": TEXT[:20], "单位": "乡"}]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return [
        b"\0" + f'id,text,date\n1,"{TEXT}",2011-03\n2,短,\n'.encode(),
        b"\0" + f'id;text\r\n1;"{TEXT}"\r\n'.encode("gb18030"),
        b"\1" + f"id\ttext\n1\t{TEXT[:20]}\n".encode("utf-16"),
        b"\2" + lines.encode(),
        b"\2" + lines.encode("big5", "replace"),
        b"\3" + json.dumps(rows).encode(),
    ]


_TAGS = ("table", "tr", "td", "p", "div", "br", "ruby", "rt", "template", "svg", "/div")
_HTML = tuple(f"<{tag}>".encode() for tag in _TAGS)
_ELEMENTS = ("p", "tbl", "tr", "tc", "br", "tab", "numPr", "vanish", "gridSpan", "vMerge", "lvlText", "sdt")
_WORD = tuple(f"<w:{tag}/>".encode() for tag in _ELEMENTS)

TARGETS = {
    "read-text": Target(
        partial(_named, _TEXT_NAMES),
        lambda: [bytes([n]) + TEXT.encode(c, "ignore") for n, c in enumerate(("utf-8", "gb18030", "utf-16", "big5"))],
        (b"\xef\xbb\xbf", b"\xff\xfe", b"\x81\x30\x81\x30", b"\xa1\xa1", "年月日".encode(), "人民政府".encode()),
        longest=4096,
    ),
    "read-table": Target(
        _streamed,
        _table_seeds,
        (b'"', b'""', b"\\ud800", b'{"text":', b"NaN", b"1e999", b"\r", b"\x85", b"\0"),
        longest=4096,
    ),
    "read-html": Target(
        partial(check, name="a.html"),
        lambda: [_PAGE.encode(), _PAGE.encode("gb18030").replace(b"<head>", b'<head><meta charset="gb2312">')],
        (*_HTML, b"&#x110000;", b"&nbsp;", b"<!--", b'style="visibility:hidden"', b"<a href=x>", b"<pre>"),
        longest=6000,
    ),
    "read-office": united(
        Target(_docx, _docx_seeds, (*_WORD, b'w:val="', b"<!DOCTYPE", b"%9", b"<w:ins>", b"</w:ins>"), 12_000),
        Target(
            _xlsx,
            lambda: [joined(_SHEET.encode(), _STRINGS.encode())],
            (b'r="XFD1048576"', b't="s"', b't="d"', b't="e"', b"<v>", b"1e308", b"-1", b"<f>", b'r="A0"'),
            longest=4096,
        ),
        Target(_word, _word_seeds, (b"\xec\xa5\xc1\0", b"\x13", b"\x14", b"\x15", b"\x07\x07"), 16_384),
    ),
    "read-pdf": Target(
        partial(check, name="a.pdf"),
        _pdf_seeds,
        (b"/Kids", b"/Parent", b"/MediaBox", b"/Count", b" obj", b" Tj", b" Tm", b" Td", b"/Rotate 90", b"/Encrypt"),
        longest=8192,
    ),
    "read-archive": Target(
        _archive,
        _archive_seeds,
        (b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"\x1f\x8b", b"../", b"C:\\"),
        8192,
    ),
}
