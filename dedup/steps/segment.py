"""Texts -> paragraphs, parts and sentences: cuts in the key stream.

Wrapped lines are joined to the paragraph they were, also across a page number or a running header; headings get a
level and every paragraph its nearest heading; the parts of a collection file (第一篇：…, 篇二 …) are found. Matching
does not depend on these cuts (a passage is free to cross them), provenance and the paragraph route do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from dedup.kernels import cuts
from dedup.kernels import lines as kernels
from dedup.kernels.threads import portions, together
from dedup.schema import (
    Bool,
    EditKind,
    Edits,
    Int32,
    Int64,
    KeyStream,
    ParagraphKind,
    Parts,
    Segments,
    Texts,
    UInt8,
    UInt32,
    string,
)
from dedup.steps import data

_TITLE_WIDTH = 120  # half-width units: a part title longer than sixty characters is a teaser
_HEADING_WIDTH = 100
_LOOSE_HEADING_WIDTH = 60  # for a heading without a number
_CUT = 1 << 21  # code points cut together
_CLOSED, _OPEN, _NUMBERED = 1, 2, 4  # last characters: no heading ends so, a heading may, a title of a series may
_COUNT, _BEHIND = 8, 16  # what `_SERIES` calls a number, and what may stand behind one
_RUN = 4  # more short lines in a row than this are a list, not headings


def segment(texts: Texts, edits: Edits, keys: KeyStream, furniture: Int64 | None = None) -> Segments:
    """Cut the texts into paragraphs, parts and sentences.

    Parameters
    ----------
    texts : Texts
    edits : Edits
    keys : KeyStream
        Of the same texts and edits.
    furniture : int64[F, 2], optional
        Raw ranges that the readers know to be page noise, sorted and disjoint.

    Returns
    -------
    Segments
        Every code point but surrounding white space stands in exactly one paragraph.

    Notes
    -----
    Lines are joined where a paragraph cannot have ended: before or after a comma, at the full width of wrapped text
    (the width at which the lines of the document crowd), and where a long line of prose breaks off without a stop.
    Heads of lines (一、 （一） 1. ①, part titles) and table rows are never joined to what stands above.

    Levels: 1 第一章 and unnumbered titles, 2 第一节, 3 一、, 4 （一）, 5 1., 6 (1), 7 ①. O(N + L log L), some
    documents at a time, on threads.
    """
    hidden = (edits.indptr[1:] == edits.indptr[:-1]) & (edits.kind != EditKind.INVISIBLE)
    ranges = [np.stack([edits.start[hidden], edits.end[hidden]], axis=1)]
    ranges.append(np.zeros((0, 2), np.int64) if furniture is None else furniture)
    parts = together(lambda rows: _segmented(texts, keys, ranges, rows), portions(texts.indptr, _CUT))
    return _joined(parts)


def _segmented(texts: Texts, keys: KeyStream, ranges: Sequence[Int64], rows: tuple[int, int]) -> Segments:
    """Return the segments of the documents of a row; numbers of paragraphs and parts are its own."""
    places = _places(texts, rows)
    lines = _scan(texts, places, ranges, rows)
    _part_lines(texts, lines)
    wraps, wrap_lengths = (np.empty(rows[1] - rows[0], np.int32) for _ in range(2))
    kind = data.tables().kind
    cuts.wrap_widths(lines.bounds, lines.width, lines.tail, kind, 32, 200, wraps)
    cuts.wrap_widths(lines.bounds, lines.length, lines.tail, kind, 16, 100, wrap_lengths)
    opens, closes = (np.empty(lines.start.size, np.int64) for _ in range(2))
    count = kernels.join_lines(
        lines.bounds,
        wraps,
        wrap_lengths,
        lines.first,
        lines.last,
        lines.width,
        lines.length,
        lines.indent,
        lines.head,
        lines.lead,
        lines.tail,
        lines.shape,
        kind,
        opens,
        closes,
    )
    opens, closes = opens[:count], closes[:count]
    raw_start, raw_end = lines.first[opens], lines.last[closes]
    kinds, levels = _kinds(lines, opens, closes)
    document = lines.document[opens]
    parts = _parts(texts, document, kinds, raw_start, raw_end)
    part = _part_of(parts, raw_start, document)
    heading, start, end = (np.empty(count, np.int64) for _ in range(3))
    cuts.headings(document, part, levels, heading)
    first, last = keys.indptr[list(rows)]
    sentences = np.empty(len(places) + count, np.int64)
    found = cuts.sentence_starts(
        texts.codes, _signs(), places, keys.origin, first, last, raw_start, raw_end, start, end, sentences
    )
    return Segments(
        document=document,
        start=start,
        end=end,
        raw_start=raw_start,
        raw_end=raw_end,
        kind=kinds,
        level=levels,
        part=part,
        heading=heading,
        sentences=sentences[:found].copy(),  # what it does not fill is given back
        lines=lines.start,
        parts=parts,
    )


def _joined(rows: Sequence[Segments]) -> Segments:
    """Return the segments of several rows of documents as those of one.

    What is to be raised or left out is, row by row, while the rest is written once: as columns of the whole, the
    numbers in between were three times the table, in memory that nothing had touched before.
    """
    if len(rows) == 1:
        return rows[0]

    def column(name: str) -> Any:
        return np.concatenate([getattr(one, name) for one in rows])

    def numbers(name: str, counts: Sequence[int]) -> Int64:
        bases = (np.cumsum(counts) - counts).tolist()
        owned = zip((getattr(one, name) for one in rows), bases, strict=True)
        return np.concatenate([np.where(own < 0, -1, own + base) for own, base in owned])

    return Segments(
        **{name: column(name) for name in ("document", "start", "end", "raw_start", "raw_end", "kind", "level")},
        part=numbers("part", [len(one.parts.document) for one in rows]),
        heading=numbers("heading", [len(one.start) for one in rows]),
        sentences=_distinct([one.sentences for one in rows]),
        lines=column("lines"),
        parts=Parts(*(np.concatenate([getattr(one.parts, name) for one in rows]) for name in Parts.__slots__)),
    )


def _distinct(rows: Sequence[Int64]) -> Int64:
    """Return increasing positions end to end, each once.

    Of two documents of which one ends, and the other begins, without a key the paragraphs begin at one place.
    """
    ends = [-1, *(int(one[-1]) for one in rows if len(one))]
    found = (one for one in rows if len(one))
    return np.concatenate([one[int(one[0] == end) :] for one, end in zip(found, ends, strict=False)] or list(rows))


@dataclass(frozen=True, slots=True)
class _Lines:
    """The shape of each line, see `dedup.kernels.lines.scan_lines`; document ``d`` owns ``bounds[d]:bounds[d+1]``."""

    start: Int64
    document: Int64
    first: Int64
    last: Int64
    width: Int32
    length: Int32
    indent: Int32
    head: UInt8
    lead: UInt32
    tail: UInt32
    shape: UInt8
    bounds: Int64


@cache
def _signs() -> UInt8:
    """Return what the kernels have to look at: of most code points it is enough that they are text."""
    tables = data.tables()
    low, fold = tables.kind[:0x10000] & 0x0F, tables.fold[:0x10000]
    noted = np.isin(low, [data.Class.SPACE, data.Class.BREAK, data.Class.INVISIBLE, data.Class.ENCLOSED])
    noted |= np.isin(fold, [ord(char) for char in ",、"])
    noted[[ord(char) for char in "。！？!?；;|"]] = True
    noted[[ord(char) for char in "，、"]] = False
    signs = np.where(noted, kernels.NOTED, 0).astype(np.uint8)
    signs[[ord(char) for char in "！？!?；;。｡…."]] |= cuts.STOP
    signs[[ord(char) for char in "“‘「『（(《【"]] |= cuts.OPENS
    return signs


def _places(texts: Texts, rows: tuple[int, int]) -> UInt32:
    """Return where the kernels have to look in the documents of a row: breaks, stops, brackets ... (uint32[M])."""
    first, last = texts.indptr[list(rows)]
    places = np.empty(last - first, np.uint32)  # of which no more is touched than is written
    return places[: cuts.noted(texts.codes, first, last, _signs(), places)]


def _scan(texts: Texts, places: UInt32, ranges: Sequence[Int64], rows: tuple[int, int]) -> _Lines:
    """Return the lines of the documents of a row; ``ranges`` are hidden text and page noise, over the whole batch."""
    tables = data.tables()
    borders = texts.indptr[rows[0] : rows[1] + 1]
    count = int(cuts.count_lines(texts.codes, borders, places))
    start, document, first, last = (np.empty(count, np.int64) for _ in range(4))
    width, length, indent = (np.empty(count, np.int32) for _ in range(3))
    lead, tail = (np.empty(count, np.uint32) for _ in range(2))
    head, shape = (np.empty(count, np.uint8) for _ in range(2))
    columns = (start, document, first, last, width, length, indent, head, lead, tail, shape)
    inside = [one[slice(*np.searchsorted(one[:, 0], borders[[0, -1]]))] for one in ranges]
    sides = [np.ascontiguousarray(side) for one in inside for side in one.T]
    kernels.scan_lines(texts.codes, borders, tables.kind, tables.fold, _signs(), places, *[*sides, *columns])
    bounds = np.searchsorted(document, np.arange(len(borders)))
    document += rows[0]
    return _Lines(start, document, first, last, width, length, indent, head, lead, tail, shape, bounds)


def _line_text(texts: Texts, lines: _Lines, line: int) -> str:
    codes = texts.codes[lines.first[line] : lines.last[line]]
    return string(codes)


_SERIES = re.compile(
    r"(?P<title>.{4,40}?)\s*[(（【\[]?(?:篇|范文|範文|第)?\s*(?P<number>[一二三四五六七八九十]{1,3}|\d{1,2})\s*(?:篇)?[)）】\]]?"
)
_NUMERALS = {char: value for value, char in enumerate("一二三四五六七八九十", start=1)}


def _endings(codes: UInt32) -> UInt8:
    """Return what the last characters of lines tell of them (uint8, same shape): no list is searched for each."""
    of_class, of_char = _told()
    found: UInt8 = of_class[data.tables().kind[codes] & 0x0F] | of_char[np.minimum(codes, 0xFFFF)]
    return found


@cache
def _told() -> tuple[UInt8, UInt8]:
    """Return the signs of `_endings` by class (uint8[16]) and by code point, of 0xFFFF those of all above it."""
    of_class = np.full(16, _OPEN, np.uint8)
    of_class[data.Class.PUNCTUATION] = 0
    of_class[[data.Class.UNIT, data.Class.POWER, data.Class.DIGIT]] |= _NUMBERED
    of_char = np.zeros(0x10000, np.uint8)
    for sign, chars in ((_CLOSED, "；;：:，,"), (_OPEN, "”)》"), (_NUMBERED, ")】]篇"), (_COUNT, _NUMERALS)):
        of_char[[ord(char) for char in chars]] |= sign
    of_char[[*data.digits(), 0xFFFF]] |= _COUNT
    of_char[[ord(char) for char in "篇)）】]" + data.WHITE]] |= _BEHIND
    return of_class, of_char


def _part_lines(texts: Texts, lines: _Lines) -> None:
    """Settle which lines are part titles: two in a document at least, or a title repeated with 1, 2, 3 behind it."""
    claimed = np.flatnonzero(lines.head == kernels.PART)
    fitting = lines.width[claimed] <= _TITLE_WIDTH
    fitting &= ~np.isin(lines.tail[claimed], [ord("…"), ord(".")])
    lines.head[claimed[~fitting]] = kernels.ITEM
    claimed = claimed[fitting]
    documents, counts = np.unique(lines.document[claimed], return_counts=True)
    single = np.isin(lines.document[claimed], documents[counts < 2])
    lines.head[claimed[single]] = kernels.ITEM
    for line in _series(texts, lines, set(documents[counts >= 2].tolist())):
        lines.head[line] = kernels.PART


def _series(texts: Texts, lines: _Lines, settled: set[int]) -> list[int]:
    """Return lines such as 总结1, 总结2 or 心得（篇一）, 心得（篇二）: one title, numbers from one upwards."""
    numbered = _endings(lines.tail) & _NUMBERED != 0
    plain = (lines.head == 0) & (lines.width >= 10) & (lines.width <= 90) & (lines.shape == 0)
    chains: dict[tuple[int, str], list[int]] = {}
    claimed = np.flatnonzero(numbered & plain)
    # The expression looks for a number behind each beginning of a line: most have none before their last bracket.
    last, before = (_endings(texts.codes[lines.last[claimed] - back]) for back in (1, 2))
    counts = (last & _COUNT != 0) | ((last & _BEHIND != 0) & (before & (_COUNT | _BEHIND) != 0))
    for line in claimed[counts].tolist():
        document = int(lines.document[line])
        match = None if document in settled else _SERIES.fullmatch(_line_text(texts, lines, line))
        if match is None:
            continue
        chain = chains.setdefault((document, match["title"]), [])
        if _value(match["number"]) == len(chain) + 1:
            chain.append(line)
    return sorted(line for chain in chains.values() if len(chain) >= 2 for line in chain)


def _value(number: str) -> int:
    if number.isdigit():
        return int(number)
    tens, ten, ones = number.rpartition("十")
    return (_NUMERALS.get(tens, 1) * 10 if ten else 0) + _NUMERALS.get(ones, 0)


def _kinds(lines: _Lines, opens: Int64, closes: Int64) -> tuple[UInt8, UInt8]:
    """Return the kind and the heading level of each paragraph, by the shape of its lines."""
    head = lines.head[opens]
    single = opens == closes
    width = lines.width[opens]
    shape = lines.shape[opens]
    document = lines.document[opens]
    ending = _endings(lines.tail[opens])
    inner = shape & kernels.INNER != 0
    text = width > 0
    closed = ending & _CLOSED != 0
    kinds = np.full(opens.size, ParagraphKind.BODY, np.uint8)
    kinds[(head > 0) & (head != kernels.ARTICLE)] = ParagraphKind.LIST_ITEM
    numbered = (head > 0) & (head < kernels.ITEM) & single & text & ~inner & ~closed & (width <= _HEADING_WIDTH)
    kinds[numbered] = ParagraphKind.HEADING
    loose = (
        (head == 0) & single & text & ~inner & (ending & _OPEN != 0) & (width >= 4) & (width <= _LOOSE_HEADING_WIDTH)
    )
    loose &= (shape & kernels.CELLS == 0) & (lines.lead[opens] != ord("("))
    # 2006年11月 and 12 stand under a report, 2023年度工作总结 over it.
    loose &= (data.tables().kind[lines.lead[opens]] & 0x0F != data.Class.DIGIT) | (width >= 16)
    firm = text & ((width > _LOOSE_HEADING_WIDTH) | inner | ((head > 0) & (head < kernels.ITEM)))
    kinds[_headed(loose, firm, head == kernels.PART, document)] = ParagraphKind.HEADING
    kinds[text & (shape & kernels.CELLS != 0)] = ParagraphKind.TABLE_ROW
    kinds[head == kernels.PART] = ParagraphKind.PART_TITLE
    heading = kinds == ParagraphKind.HEADING
    levels = np.where(heading & (head < kernels.ITEM), head, 0).astype(np.uint8)
    first = shape & kernels.FIRST != 0
    return kinds, _loose_levels(levels, heading, first, document)


def _headed(loose: Bool, firm: Bool, title: Bool, document: Int64) -> Bool:
    """Keep the short lines that stand over something: at most four, and prose or numbers before the part ends."""
    rows = np.arange(loose.size)
    starts = np.ones(loose.size, dtype=bool)
    starts[1:] = (document[1:] != document[:-1]) | (loose[1:] != loose[:-1])
    lengths = np.bincount(np.cumsum(starts) - 1, minlength=1)[np.cumsum(starts) - 1] if loose.size else rows
    below = _next(firm, rows)
    inside = below < loose.size
    inside[inside] = document[below[inside]] == document[inside]
    return loose & inside & (below < _next(title, rows)) & (lengths <= _RUN)


def _next(flags: Bool, rows: Int64) -> Int64:
    """Return for each row the nearest row at or behind it that is flagged, or the number of rows."""
    places = np.where(flags, rows, rows.size)
    return np.minimum.accumulate(places[::-1])[::-1]


def _loose_levels(levels: UInt8, heading: Bool, first: Bool, document: Int64) -> UInt8:
    """Give unnumbered headings a level: 1 where a numbering starts below them, else one below the last number."""
    numbered = np.flatnonzero(levels > 0)
    loose = np.flatnonzero(heading & (levels == 0))
    after = np.searchsorted(numbered, loose)
    result = levels.copy()
    result[loose] = 1
    before = after - 1
    has_before = before >= 0
    has_before[has_before] = document[numbered[before[has_before]]] == document[loose[has_before]]
    has_after = after < numbered.size
    has_after[has_after] = document[numbered[after[has_after]]] == document[loose[has_after]]
    starts = has_after.copy()
    starts[has_after] = first[numbered[after[has_after]]]
    nested = has_before & ~starts
    result[loose[nested]] = np.minimum(levels[numbered[before[nested]]] + 1, 8)
    return result


def _parts(texts: Texts, document: Int64, kinds: UInt8, raw_start: Int64, raw_end: Int64) -> Parts:
    titles = np.flatnonzero(kinds == ParagraphKind.PART_TITLE)
    owner = document[titles]
    ends = texts.indptr[owner + 1]
    same = np.zeros(titles.size, dtype=bool)
    same[:-1] = owner[1:] == owner[:-1]
    ends[same] = raw_start[titles[1:]][same[:-1]]
    return Parts(
        document=owner,
        raw_start=raw_start[titles],
        raw_end=ends,
        title_start=raw_start[titles],
        title_end=raw_end[titles],
    )


def _part_of(parts: Parts, raw_start: Int64, document: Int64) -> Int64:
    """Return for each paragraph the row of its part, or -1."""
    row = np.searchsorted(parts.raw_start, raw_start, side="right") - 1
    inside = row >= 0
    inside[inside] = parts.document[row[inside]] == document[inside]
    return np.where(inside, row, -1)
