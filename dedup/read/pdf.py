"""PDF: lines put back together from placed characters, in reading order, page by page.

A PDF knows where each character stands and nothing of lines, columns or headers. `_rows_of` groups characters into
rows, `layout` decides what is column, table, running header and page number; here they become text. A first-line
indent is written as two ideographic spaces and a wide gap between lines as an empty line, because that is how the
page shows where paragraphs begin, and the text would otherwise have lost it.

A running header or footer and a page number are furniture ranges. Footer and next header stand next to each other in
the text, so that a paragraph that goes on over the page is interrupted by exactly one furniture range.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from dedup.errors import Damaged, Unsupported
from dedup.read.blob import Blob
from dedup.read.layout import Cell, Page, laid_out
from dedup.read.metadata import Facts, Known, document, facts_of_properties
from dedup.read.options import ReadOptions
from dedup.result import Document

_SCAN = 8  # characters a page; stamps and page numbers of a scan are fewer
_GAP = 0.75  # in character heights: wider than a space between words, narrower than one between table cells


def documents(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Document]:
    """Yield the one document of a PDF.

    Raises
    ------
    Unsupported
        If it needs a password, or has no text layer.
    Damaged
        If it is broken, or has more pages than ``options.max_pages``.
    """
    data = blob.whole(options)
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise Unsupported(blob.label, "it is protected by a password: save it without") from error
        raise Damaged(blob.label, f"the PDF is broken or cut short ({error})") from error
    try:
        if len(pdf) > options.max_pages:
            raise Damaged(blob.label, f"it has {len(pdf):,} pages, the bound is {options.max_pages:,}: split it")
        pages = [_page(pdf, number, blob.label) for number in range(len(pdf))]
        properties = _properties(pdf)
    finally:
        pdf.close()
    chars = sum(len(cell.text) for page in pages for row in page.rows for cell in row.cells)
    blank = sum(not page.rows for page in pages)
    if chars < _SCAN * len(pages):
        raise Unsupported(
            blob.label, f"its {len(pages)} pages have no text layer (a scan?): run text recognition (OCR) on it first"
        )
    text = laid_out(pages)
    flags = {
        "replaced": text.text.count("\ufffd"),
        "hidden": sum(page.outside for page in pages),
        "pages_blank": blank,
    }
    yield document(
        blob,
        text.text,
        known,
        properties=properties,
        pages=text.pages,
        furniture=text.furniture,
        tables=text.tables,
        flags={name: count for name, count in flags.items() if count},
    )


def _page(pdf: Any, number: int, label: str) -> Page:
    """Return the rows of a page."""
    try:
        page = pdf[number]
        box = page.get_mediabox()
        words = page.get_textpage()
    except pypdfium2.PdfiumError as error:
        raise Damaged(label, f"page {number + 1} is broken ({error})") from error
    try:
        cells, outside = _cells(words, box)
    finally:
        words.close()
        page.close()
    return Page.of(cells, box[3] - box[1], outside)


def _cells(words: Any, box: tuple[float, float, float, float]) -> tuple[list[Cell], int]:
    """Return runs of characters on one line without a wide gap, and how many characters stand outside the page."""
    cells: list[Cell] = []
    run = _Run()
    outside = 0
    rect = pdfium.FS_RECTF()
    place = ctypes.byref(rect)
    for index in range(words.count_chars()):
        code = pdfium.FPDFText_GetUnicode(words, index)
        if code in (0x0D, 0x0A):
            run.close(cells, box)
            continue
        sign = _sign(code)
        if not sign or not pdfium.FPDFText_GetLooseCharBox(words, index, place):
            continue
        if sign.isspace():
            run.signs.append(sign)
        elif rect.right < box[0] or rect.left > box[2] or rect.top < box[1] or rect.bottom > box[3]:
            outside += 1
        else:
            if not run.goes_on(rect):
                run.close(cells, box)
            run.add(sign, rect)
    run.close(cells, box)
    return cells, outside


class _Run:
    """Characters that follow one another on a line, and the rectangle around them."""

    def __init__(self) -> None:
        self.signs: list[str] = []
        self._around: tuple[float, float, float, float] | None = None  # left, bottom, right, top

    def goes_on(self, rect: Any) -> bool:
        """Whether a character stands on the same line, without a gap that divides cells."""
        if self._around is None:
            return True
        left, bottom, right, top = self._around
        height = max(rect.top - rect.bottom, 1.0)
        level = bottom - 0.2 * height <= (rect.top + rect.bottom) / 2 <= top + 0.2 * height
        return bool(level and left <= rect.right and rect.left <= right + _GAP * height)

    def add(self, sign: str, rect: Any) -> None:
        """Take a character in."""
        left, bottom, right, top = self._around or (rect.left, rect.bottom, rect.right, rect.top)
        self._around = (min(left, rect.left), min(bottom, rect.bottom), max(right, rect.right), max(top, rect.top))
        self.signs.append(sign)

    def close(self, cells: list[Cell], box: tuple[float, float, float, float]) -> None:
        """Add what was collected to the cells, with its place measured from the corner of the page; begin anew."""
        text = "".join(self.signs).strip()
        if text and self._around is not None:
            left, bottom, right, top = self._around
            cells.append(Cell(text, left - box[0], bottom - box[1], right - box[0], top - box[1]))
        self.signs.clear()
        self._around = None


def _sign(code: int) -> str:
    """Return the character of a code as PDFium gives it; nothing for its placeholders."""
    if code in (0, 0xFFFE, 0xFFFF) or 0xD800 <= code < 0xE000:
        return ""
    if code == 0x02:  # PDFium's mark for a hyphen at a line's end
        return "-"
    return chr(code) if code <= 0x10FFFF else "\ufffd"


def _properties(pdf: Any) -> Facts:
    found = pdf.get_metadata_dict(skip_empty=True)
    return facts_of_properties(found.get("Title", ""), (found.get("Author", ""),), found.get("CreationDate", ""))
