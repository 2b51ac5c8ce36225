"""What a page is made of: columns, tables, running headers, page numbers. In: cells with their places; out: text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from statistics import median

_NUMBER = r"(?:\d{1,4}|[一二三四五六七八九十百]{1,4}|[ivxlcIVXLC]{1,6})"
_PAGE_NUMBER = re.compile(
    rf"[\s\-—–―·•.~_]*(?:第\s*)?{_NUMBER}\s*[页頁]?(?:\s*[/／,，、|of]{{0,2}}\s*(?:共\s*)?{_NUMBER}\s*[页頁]?)?[\s\-—–―·•.~_]*"
)
_DIGITS = re.compile(r"[\d０-９]+|(?<=第)[一二三四五六七八九十百]+(?=[页頁])")
_EDGE = 3  # rows at the top and the bottom of a page that may be running ones,
_MARGIN = 0.14  # if they stand within this share of its height
_APART = 1.25  # times the usual distance between rows: more than the leading of the body
_REPEATED = 0.3  # of the pages; left and right pages often bear different headers
_COLUMN_ROWS = 4  # fewest rows that make a column
_FILLED = 0.6  # of its column's width that the middle row of a text column fills; table cells are shorter
_WIDE = 1.75  # times the usual distance between rows: an empty line


@dataclass(frozen=True, slots=True)
class Cell:
    """A run of characters on one line; positions in points, from the lower left corner."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def height(self) -> float:
        """Of the line of characters."""
        return max(self.top - self.bottom, 1.0)

    @property
    def middle(self) -> float:
        """Half its height."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Row:
    """Cells at one height, left to right."""

    cells: tuple[Cell, ...]

    @property
    def text(self) -> str:
        """Cells with tabs between them."""
        return "\t".join(cell.text for cell in self.cells)

    @property
    def left(self) -> float:
        """Of its first cell."""
        return self.cells[0].left

    @property
    def middle(self) -> float:
        """Of its first cell."""
        return self.cells[0].middle

    @property
    def height(self) -> float:
        """Of its highest cell."""
        return max(cell.height for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a page, from top to bottom; ``outside`` counts characters beyond its borders."""

    rows: tuple[Row, ...]
    height: float
    outside: int = 0

    @classmethod
    def of(cls, cells: Iterable[Cell], height: float, outside: int = 0) -> Page:
        """Make a page of cells in any order."""
        return cls(tuple(_rows(cells)), height, outside)

    def top(self) -> tuple[Row, ...]:
        """Rows that may be a running header, from the outermost in."""
        return self._apart([row for row in self.rows[:_EDGE] if row.middle > (1 - _MARGIN) * self.height], self.rows)

    def bottom(self) -> tuple[Row, ...]:
        """Rows that may be a running footer, from the outermost in."""
        rows = self.rows[::-1]
        return self._apart([row for row in rows[:_EDGE] if row.middle < _MARGIN * self.height], rows)

    def _apart(self, edge: Sequence[Row], rows: Sequence[Row]) -> tuple[Row, ...]:
        """Return the rows at an edge up to the last that a gap or its size sets apart from the body.

        Without this the first line of the body would pass for a header where two pages begin alike, and in a file
        that holds a report twice they do.
        """
        if not edge:
            return ()
        height = median(row.height for row in rows)
        step = median([abs(one.middle - two.middle) for one, two in pairwise(rows)] or [0.0])
        last = 0
        for number, (row, inner) in enumerate(zip(edge, [*rows[1:], None], strict=False), 1):
            gap = abs(row.middle - inner.middle) if inner else float("inf")
            if gap > min(_APART * step, 2.5 * height) or abs(row.height - height) > 0.1 * height:
                last = number
        return tuple(edge[:last])


@dataclass(frozen=True, slots=True)
class Laid:
    """A text with its layout: `dedup.result.Document` has the fields."""

    text: str
    pages: tuple[int, ...]
    furniture: tuple[tuple[int, int], ...]
    tables: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    furniture: bool = False
    table: bool = False


def laid_out(pages: Sequence[Page]) -> Laid:
    """Return the text of pages in reading order."""
    repeated = _repeated(pages)
    pieces: list[str] = []
    starts: list[int] = []
    furniture: list[tuple[int, int]] = []
    tables: list[tuple[int, int]] = []
    at = 0
    for page in pages:
        starts.append(at)
        for line in _lines(page, repeated):
            end = at + len(line.text) + 1
            for wanted, ranges in ((line.furniture, furniture), (line.table, tables)):
                if wanted and ranges and ranges[-1][1] == at:
                    ranges[-1] = (ranges[-1][0], end)
                elif wanted:
                    ranges.append((at, end))
            pieces.append(line.text + "\n")
            at = end
    return Laid("".join(pieces), tuple(starts), tuple(furniture), tuple(tables))


def _rows(cells: Iterable[Cell]) -> Iterator[Row]:
    """Group cells by height: those whose middle lies within the first of them are one row."""
    row: list[Cell] = []
    for cell in sorted(cells, key=lambda cell: (-cell.middle, cell.left)):
        if row and cell.middle < row[0].bottom + 0.25 * row[0].height:
            yield Row(tuple(sorted(row, key=lambda one: one.left)))
            row = []
        row.append(cell)
    if row:
        yield Row(tuple(sorted(row, key=lambda one: one.left)))


def _pattern(row: Row) -> str:
    """Return a row's text with its numbers made equal: "第3页" and "第4页" are one running line."""
    return _DIGITS.sub("#", "".join(row.text.split()))


def _repeated(pages: Sequence[Page]) -> frozenset[tuple[str, str]]:
    """Return (edge, pattern) of the lines that stand at the same edge of many pages."""
    counts: Counter[tuple[str, str]] = Counter()
    filled = 0
    for page in pages:
        filled += bool(page.rows)
        counts.update({("top", _pattern(row)) for row in page.top()})
        counts.update({("bottom", _pattern(row)) for row in page.bottom()})
    least = max(2.0, _REPEATED * filled)
    return frozenset(key for key, count in counts.items() if count >= least)


def _lines(page: Page, repeated: frozenset[tuple[str, str]]) -> Iterator[_Line]:
    """Yield the lines of a page: running header, body, running footer."""
    rows = page.rows
    first = sum(1 for _ in takewhile(lambda row: _running(row, "top", repeated), page.top()))
    footer = sum(1 for _ in takewhile(lambda row: _running(row, "bottom", repeated), page.bottom()))
    last = max(first, len(rows) - footer)
    for row in rows[:first]:
        yield _Line(row.text, furniture=True)
    yield from _body(rows[first:last])
    for row in rows[last:]:
        yield _Line(row.text, furniture=True)


def _running(row: Row, edge: str, repeated: frozenset[tuple[str, str]]) -> bool:
    return (edge, _pattern(row)) in repeated or bool(_PAGE_NUMBER.fullmatch(row.text))


def _body(rows: Sequence[Row]) -> Iterator[_Line]:
    """Yield the body in reading order: column after column, between what goes across both."""
    gutter = _gutter(rows)
    if gutter is None:
        yield from _block(rows)
        return
    across: list[Row] = []
    sides: tuple[list[Row], list[Row]] = ([], [])
    for row in rows:
        left = tuple(cell for cell in row.cells if cell.right <= gutter)
        right = tuple(cell for cell in row.cells if cell.left >= gutter)
        if len(left) + len(right) < len(row.cells):
            yield from _block(sides[0])
            yield from _block(sides[1])
            sides = ([], [])
            across.append(row)
            continue
        if across:
            yield from _block(across)
            across = []
        for cells, side in zip((left, right), sides, strict=True):
            if cells:
                side.append(Row(cells))
    for block in (across, *sides):
        yield from _block(block)


def _gutter(rows: Sequence[Row]) -> float | None:
    """Return where the white space between two columns of text lies; None for one column, or a table."""
    cells = [cell for row in rows for cell in row.cells]
    if len(cells) < 2 * _COLUMN_ROWS:
        return None
    low, high = min(cell.left for cell in cells), max(cell.right for cell in cells)
    best: tuple[int, float] | None = None
    for start in sorted(
        {cell.left for cell in cells if low + 0.3 * (high - low) < cell.left < low + 0.7 * (high - low)}
    ):
        left = [cell for cell in cells if cell.right <= start]
        right = [cell for cell in cells if cell.left >= start]
        if min(len(left), len(right)) < _COLUMN_ROWS:
            continue
        edge = max(cell.right for cell in left)
        if median(cell.right - cell.left for cell in left) < _FILLED * (edge - low):
            continue
        if median(cell.right - cell.left for cell in right) < _FILLED * (high - start):
            continue
        crossing = len(cells) - len(left) - len(right)
        if crossing <= 0.3 * len(cells) and (best is None or crossing < best[0]):
            best = (crossing, start - 0.01)
    return None if best is None else best[1]


def _block(rows: Sequence[Row]) -> Iterator[_Line]:
    """Yield the lines of one column: indents and wide gaps kept, rows of several cells as table rows."""
    if not rows:
        return
    edge = median(sorted(row.left for row in rows)[: max(1, len(rows) // 2)])
    steps = [above.middle - below.middle for above, below in pairwise(rows)]
    step = median(steps) if steps else 0.0
    for number, row in enumerate(rows):
        if number and steps[number - 1] > _WIDE * step:
            yield _Line("")
        several = len(row.cells) > 1
        beside = any(0 <= near < len(rows) and len(rows[near].cells) > 1 for near in (number - 1, number + 1))
        indented = not several and 1.5 * row.height <= (row.left - edge) * 1.15 <= 3.0 * row.height
        yield _Line("　　" + row.text if indented else row.text, table=several and beside)
