"""Where a text may be cut: paragraphs and sentences as ranges of code points that tile it.

A cleaner that cuts where a match happens to end leaves half sentences and glues the two sides of the hole together.
Here the only places to cut are the borders of units, and line breaks belong to a paragraph as a whole: they go when
all of it goes, and stay when any of it stays. The tiling is exact: the units, laid end to end, are the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from dedup.schema import Bool, Int64

# What str.splitlines counts as a line break; \r\n is one.
_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_INDENT = re.compile(r"\s*")
# A sentence ends with its closing quotes and brackets, and owns the spaces behind it. A full stop counts only after
# two letters and before a space: 3.5 and "Y. Li" are no ends. Nor are semicolons: what they part belongs together.
_END = re.compile(r"(?:[。！？!?]+|…{2,}|(?<=[A-Za-z]{2})\.(?=\s))[”’」』）)】》〉\"']*\s*")
_PAIRS = {"“": "”", "‘": "’", "「": "」", "『": "』", "（": "）", "(": ")", "《": "》", "【": "】"}
_BRACKETS = re.compile("[" + re.escape("".join(_PAIRS) + "".join(_PAIRS.values())) + "]")


@dataclass(frozen=True, slots=True)
class Units:
    """The units of one text.

    bounds : int64[U+1]     unit ``u`` is ``[bounds[u], bounds[u+1])``; the first is 0, the last the length
    paragraph : int64[U]    paragraph of each unit, from 0, not decreasing
    border : bool[U]        whether the unit is the frame of its paragraph (indent, line breaks), not text
    """

    bounds: Int64
    paragraph: Int64
    border: Bool


def units(text: str, level: str) -> Units:
    """Tile a text with the units of a level.

    Parameters
    ----------
    text : str
        Any text, line ends as they are.
    level : str
        ``document`` (one unit), ``paragraph`` or ``passage`` (sentences, and the frame of each paragraph).

    Returns
    -------
    Units

    Notes
    -----
    A paragraph is a line with something on it, together with the blank lines behind it; blank lines before the first
    belong to no text and are a paragraph of their own. One pass, linear in the text.
    """
    starts, ends, rows, borders = [0], [], [], []
    if level == "document":
        pieces = [(0, len(text), 0, False)] if text else []
    else:
        pieces = [
            (start, end, row, border)
            for row, (first, last) in enumerate(paragraphs(text))
            for start, end, border in (
                _sentences(text, first, last) if level == "passage" else [(first, last, False)]
            )
        ]
    for _, end, row, border in pieces:
        ends.append(end)
        rows.append(row)
        borders.append(border)
    return Units(
        bounds=np.array(starts + ends, np.int64),
        paragraph=np.array(rows, np.int64),
        border=np.array(borders, np.bool_),
    )


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Return the paragraphs as ranges that tile the text, line breaks and blank lines behind them included."""
    found: list[tuple[int, int]] = []
    start = 0
    line = 0
    for match in [*_BREAK.finditer(text), None]:
        end = len(text) if match is None else match.end()
        if line < end and not text[line:end].isspace():
            if line > start:
                found.append((start, line))
            start = line
        line = end
    if start < len(text):
        found.append((start, len(text)))
    return found


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int, bool]]:
    """Tile a paragraph with its indent, its sentences and its line breaks; the first and last are borders."""
    body_end = start + len(text[start:end].rstrip())
    if body_end == start:
        return [(start, end, True)]
    indent = _INDENT.match(text, start, body_end)
    body = start if indent is None else indent.end()
    pieces = [(start, body, True)] if body > start else []
    cut = body
    for stop in _stops(text, body, body_end):
        pieces.append((cut, stop, False))
        cut = stop
    if cut < body_end:
        pieces.append((cut, body_end, False))
    if body_end < end:
        pieces.append((body_end, end, True))
    return pieces


def _stops(text: str, start: int, end: int) -> list[int]:
    """Return where sentences end in ``[start, end)``: outside quotations and brackets that are closed again."""
    inside = _inside(text, start, end)
    stops: list[int] = []
    row = 0
    for match in _END.finditer(text, start, end):
        stop = match.end()
        while row < len(inside) and inside[row][1] < stop:
            row += 1
        if row < len(inside) and inside[row][0] < match.start():
            # A quotation that ends here ends its sentence if it is all of it, or what a colon announces: 他说：“好。”
            # Otherwise the sentence goes on: 账本（见附件。）已交到村里, 挂着“欢迎！”横幅.
            opened, closed = inside[row]
            alone = opened <= (stops[-1] if stops else start) or text[opened - 1] in "：:"
            if stop < closed or not alone:
                continue
        stops.append(stop)
    return stops


def _inside(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the outermost bracketed ranges, sorted. A bracket that is never closed brackets nothing."""
    stack: list[tuple[str, int]] = []
    closed: list[tuple[int, int]] = []
    for match in _BRACKETS.finditer(text, start, end):
        sign = match.group()
        if sign in _PAIRS:
            stack.append((_PAIRS[sign], match.start()))
            continue
        # Eight deep and no further: a text of a million opening brackets must not cost a million squared.
        for depth in range(len(stack) - 1, max(-1, len(stack) - 9), -1):
            if stack[depth][0] == sign:
                closed.append((stack[depth][1], match.end()))
                del stack[depth:]
                break
    outermost: list[tuple[int, int]] = []
    for low, high in sorted(closed):
        if not outermost or low >= outermost[-1][1]:
            outermost.append((low, high))
    return outermost
