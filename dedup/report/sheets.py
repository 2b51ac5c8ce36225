"""The tables of a result as a workbook (.xlsx), laid out for an office: frozen heading, filters, widths, percent.

The workbook is written here, part by part (ECMA-376, the strict minimum that Excel, WPS and LibreOffice open), and
not by openpyxl: that would be a dependency of 250 KB of which a hundred lines are needed, it writes the clock into
the file, so that equal results would differ, and it takes a cell that begins with ``=`` for a formula. Here text is
always an inline string, which no program calculates.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from dedup.report.listing import visible
from dedup.report.tables import SHARES, Cell, Table, heading, tables
from dedup.report.terminal import summary
from dedup.report.words import Words, words
from dedup.result import Result

CELL = 32_767
"""Characters that a cell can hold (a limit of Excel's); a longer passage is cut, and the cell says by how much."""

ROWS = 1_048_575
"""Rows below the heading that a sheet can hold; a longer table goes on in another sheet."""

_WIDTHS = {"text": 60, "source": 32, "title": 24, "evidence": 40, "reason": 50, "sentence": 60, "value": 80}
_WRAPPED = frozenset({"text", "evidence", "reason", "sentence", "value"})
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_HEAD, _BODY, _WRAP, _PERCENT = 1, 2, 3, 4


def to_xlsx(result: Result, *, lang: str = "zh") -> bytes:
    """Return the workbook of a result: a sheet about the run, then one a table. Equal results give equal bytes.

    Parameters
    ----------
    result : Result
        Without texts, the columns of text are empty.
    lang : str
        ``"zh"`` or ``"en"``.

    Raises
    ------
    ParamsError
        If there is no such language.
    """
    vocabulary = words(lang)
    about = Table("about", ("value",), [(line,) for line in summary(result, vocabulary)])
    sheets = list(_sheets((about, *tables(result, lang=lang)), vocabulary))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _parts(sheets, vocabulary):
            # A fixed date: the clock would make equal results differ. 1980 is where zip's calendar begins.
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _sheets(wanted: Sequence[Table], vocabulary: Words) -> Iterator[tuple[str, Table]]:
    """Yield title and table of each sheet, long tables in several."""
    for table in wanted:
        title = vocabulary.sheets[table.name]
        for start in range(0, max(1, len(table.rows)), ROWS):
            part = Table(table.name, table.columns, table.rows[start : start + ROWS])
            yield (title if start == 0 else f"{title} {start // ROWS + 1}"), part


def _parts(sheets: Sequence[tuple[str, Table]], vocabulary: Words) -> Iterator[tuple[str, str]]:
    """Yield name and XML of every part of the package."""
    numbers = range(1, len(sheets) + 1)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    yield (
        "[Content_Types].xml",
        f'{_XML}<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{kind}.worksheet+xml"/>'
            for number in numbers
        )
        + "</Types>",
    )
    yield (
        "_rels/.rels",
        f'{_XML}<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    )
    yield (
        "xl/workbook.xml",
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{relation}"><sheets>'
        + "".join(
            f'<sheet name={quoteattr(title)} sheetId="{number}" r:id="rId{number}"/>'
            for number, (title, _) in zip(numbers, sheets, strict=True)
        )
        + "</sheets></workbook>",
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{_XML}<Relationships xmlns="{package}/relationships">'
        + "".join(
            f'<Relationship Id="rId{number}" Type="{relation}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            for number in numbers
        )
        + f'<Relationship Id="rId{len(sheets) + 1}" Type="{relation}/styles" Target="styles.xml"/></Relationships>',
    )
    yield "xl/styles.xml", _STYLES
    for number, (_, table) in zip(numbers, sheets, strict=True):
        yield f"xl/worksheets/sheet{number}.xml", "".join(_sheet(table, vocabulary))


def _sheet(table: Table, vocabulary: Words) -> Iterator[str]:
    """Yield the XML of a worksheet."""
    fields = [column.removeprefix("left_").removeprefix("right_") for column in table.columns]
    last = f"{_letters(len(table.columns))}{len(table.rows) + 1}"
    yield f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    yield '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>'
    for number, field in enumerate(fields, 1):
        yield f'<col min="{number}" max="{number}" width="{_WIDTHS.get(field, 12)}" customWidth="1"/>'
    yield "</cols><sheetData>"
    yield _row(1, [heading(column, vocabulary) for column in table.columns], [_HEAD] * len(fields), vocabulary)
    styles = [_PERCENT if one in SHARES else _WRAP if one in _WRAPPED else _BODY for one in fields]
    for number, row in enumerate(table.rows, 2):
        yield _row(
            number,
            [_worded(one, cell, vocabulary) for one, cell in zip(fields, row, strict=True)],
            styles,
            vocabulary,
        )
    yield f'</sheetData><autoFilter ref="A1:{last}"/></worksheet>'


def _worded(field: str, cell: Cell, vocabulary: Words) -> Cell:
    """Return a cell in words where its column holds a key of the JSON."""
    if not isinstance(cell, str):
        return cell
    known = {
        "label": vocabulary.labels,
        "direction": vocabulary.directions,
        "kind": {**vocabulary.kinds, **vocabulary.skipped},
    }
    return known.get(field, {}).get(cell, cell)


def _row(number: int, cells: Sequence[Cell], styles: Sequence[int], vocabulary: Words) -> str:
    written = (
        _cell(f"{_letters(column)}{number}", cell, style, vocabulary)
        for column, (cell, style) in enumerate(zip(cells, styles, strict=True), 1)
        if cell is not None and cell != ""
    )
    return f'<row r="{number}">{"".join(written)}</row>'


def _cell(name: str, cell: Cell, style: int, vocabulary: Words) -> str:
    if isinstance(cell, (int, float)) and math.isfinite(cell):
        return f'<c r="{name}" s="{style}"><v>{cell!r}</v></c>'
    text = visible(str(cell), breaks="\n")
    if len(text) > CELL:
        note = vocabulary.say("cut", count=len(text) - CELL + _NOTE)
        text = text[: CELL - _NOTE] + note
    # In a cell _x000D_ stands for a carriage return: an underscore that would begin such an escape is itself escaped.
    escaped = escape(_ESCAPE.sub("_x005F_", text))
    return f'<c r="{name}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escaped}</t></is></c>'


def _letters(column: int) -> str:
    """Return the letters of a column: 1 is A, 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


_NOTE = 40
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE7E6E6"/></patternFill></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf/>'
    '<xf fontId="1" fillId="2" applyFont="1" applyFill="1"/>'
    '<xf applyAlignment="1"><alignment vertical="top"/></xf>'
    '<xf applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>'
    '<xf numFmtId="10" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top"/></xf>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
