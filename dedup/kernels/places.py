"""Where do key ranges stand for a reader: from which mark to which, in which line, paragraph, part?

Callers: dedup.reach, dedup.provenance. Rows are looked for from where the one before them was found: in the order of
the texts a look is a step, and in any other it is no more than a search.
"""

from __future__ import annotations

import numba
import numpy as np

_AHEAD = 64
"""Ranges whose ends are read before any is looked at: far places are read side by side then, not one by one."""

_HAN_FIRST, _HAN_LAST = np.uint32(0x3400), np.uint32(0x9FFF)


@numba.njit(cache=True)
def _behind(values, value, near):
    """Return how many of some ascending values are not above a value; ``near`` is a guess."""
    low = near if near == 0 or (near <= values.shape[0] and values[near - 1] <= value) else 0
    step = 1
    high = low
    while high < values.shape[0] and values[high] <= value:
        low = high + 1
        high += step
        step *= 2
    high = min(high, values.shape[0])
    while low < high:
        middle = (low + high) // 2
        if values[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return low


@numba.njit(cache=True, inline="always")
def _among(code, codes):
    found = False
    for one in codes:
        found = found or one == code
    return found


@numba.njit(cache=True)
def _worded(codes, start, end, numerals):
    """Tell whether a Han character stands in a range that is none of the numerals."""
    for i in range(start, end):
        if _HAN_FIRST <= codes[i] <= _HAN_LAST and not _among(codes[i], numerals):
            return True
    return False


@numba.njit(cache=True, nogil=True)
def reach(
    first, last, codes, indptr, origin, span, key_start, key_end, raw_start, raw_end, slot_start, slot_end,
    opening, closing, numerals, marks, start, end, out_start, out_end,
):  # fmt: skip
    """Write raw ranges of key ranges, with what belongs to their ends.

    first, last : int64              rows written
    codes, indptr                    see schema.Texts
    origin, span                     see schema.KeyStream
    key_start, key_end : int64[P]    paragraphs, as key ranges
    raw_start, raw_end : int64[P]    and as raw ranges
    slot_start, slot_end : int64[S]  raw ranges of figures and masks
    opening, closing, numerals : uint32[...]
    marks : int64                    most marks that are taken in on a side
    start, end : int64[R]            key ranges, none empty
    out_start, out_end : int64[R]    written

    O(1) a row in the order of the texts, else O(log P).
    """
    paragraph = ending = document = before = behind = np.int64(0)
    begins, ends = np.empty(_AHEAD, np.int64), np.empty(_AHEAD, np.int64)
    around = np.empty(_AHEAD, np.uint32)
    for r in range(first, last):
        at = (r - first) % _AHEAD
        if at == 0:
            for i in range(min(_AHEAD, last - r)):
                begins[i] = origin[start[r + i]]
                ends[i] = np.int64(origin[end[r + i] - 1]) + np.int64(span[end[r + i] - 1])
            for i in range(min(_AHEAD, last - r)):
                around[i] = codes[begins[i]] ^ codes[ends[i] - 1]  # only so that they are near
        begun, done = begins[at], ends[at]
        paragraph = _behind(raw_start, begun, paragraph)
        ending = _behind(raw_start, done - 1, max(ending, paragraph))
        low, high = begun, done
        if paragraph > 0 and key_start[paragraph - 1] == start[r] and raw_start[paragraph - 1] < begun:
            low = raw_start[paragraph - 1]
            # A figure is compared, so it belongs to what was compared or not at all.
            before = _behind(slot_end, low, before)
            if before < slot_end.shape[0] and slot_end[before] <= begun:
                low = begun
        if ending > 0 and key_end[ending - 1] == end[r] and raw_end[ending - 1] > done:
            high = raw_end[ending - 1]
            behind = _behind(slot_start, done - 1, behind)
            figure = behind < slot_start.shape[0] and slot_start[behind] < high
            if figure or _worded(codes, done, high, numerals):
                high = done
        document = _behind(indptr, begun, document)
        for _ in range(marks):
            if begun <= indptr[document - 1] or not _among(codes[begun - 1], opening):
                break
            begun -= 1
        for _ in range(marks):
            if done >= indptr[document] or not _among(codes[done], closing):
                break
            done += 1
        out_start[r], out_end[r] = min(low, begun), max(high, done)


@numba.njit(cache=True, nogil=True)
def places(
    first, last, start, indptr, lines, paragraphs, parts, heading, home, document, line, paragraph, part, above
):
    """Write in which document, line, paragraph and part raw positions stand, counted over all texts.

    first, last : int64                    rows written
    start : int64[R]                       raw positions
    indptr : int64[D + 1]                  where documents begin, and the end
    lines, paragraphs, parts : int64[...]  where lines, paragraphs and parts begin
    heading, home : int64[P]               heading above each paragraph, or -1, and its document
    document, line, paragraph, part : int64[R]    written: how many begin before it or at it, less one
    above : int64[R]                       written: the heading of the paragraph, if it is of the same document, or -1

    As `reach` in cost.
    """
    text = row = body = piece = np.int64(0)
    for r in range(first, last):
        at = start[r]
        text = _behind(indptr, at, text)
        row = _behind(lines, at, row)
        body = _behind(paragraphs, at, body)
        piece = _behind(parts, at, piece)
        document[r], line[r], paragraph[r], part[r] = text - 1, row - 1, body - 1, piece - 1
        above[r] = heading[body - 1] if body > 0 else -1
        if above[r] >= 0 and home[above[r]] != text - 1:
            above[r] = -1
