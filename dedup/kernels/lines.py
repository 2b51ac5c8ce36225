"""Kernels of segment: the shape of lines, wrapped lines joined. Arrays in, arrays out; no checks, no I/O.

Caller: `dedup.steps.segment`. The class numbers are those of `dedup.steps.data.Class`, written out because a compiled
function takes its globals as constants; a test asserts that the copies are equal.
"""

from __future__ import annotations

import numba
import numpy as np

LETTER, UNIT, POWER, DIGIT, ENCLOSED, SPACE, BREAK, INVISIBLE = 1, 2, 3, 4, 6, 7, 8, 9

# Heads of lines: 1 to 7 are heading levels.
ITEM, ARTICLE, PART = 8, 9, 10
# Shapes of lines.
INNER, CELLS, HIDDEN, FIRST, COMMAS = 1, 2, 4, 8, 16

NOTED = 1  # of a code point behind the head of a line: more is to be told of it than how wide it is
_HEAD = 12  # characters at the beginning of a line that tell what it is

_ORDINAL, _IS = ord("第"), ord("是")
_PART_SIGN, _CHAPTER, _SECTION, _VOLUME, _ARTICLE_SIGN = ord("篇"), ord("章"), ord("节"), ord("编"), ord("条")
_DEPARTMENT, _SHARE = ord("部"), ord("分")
_MODEL, _EXAMPLE, _WRITING = ord("范"), ord("例"), ord("文")
_ONE = ord("一")


@numba.njit(cache=True, inline="always")
def _is_stop(c):
    """Tell the marks that end a sentence, half-width forms included."""
    return c == 0x3002 or c == 0xFF01 or c == 0xFF1F or c == 0x21 or c == 0x3F or c == 0xFF1B or c == 0x3B


@numba.njit(cache=True)
def _number_end(buffer, kind, i, n):
    """Return the end of one to four numerals, or of one to four digits, in the buffer from i, else i."""
    j = i
    while j < n and j < i + 4 and 2 <= kind[buffer[j]] & 15 <= 4:
        if j > i and (kind[buffer[j]] & 15 == DIGIT) != (kind[buffer[i]] & 15 == DIGIT):
            break  # 篇一 2023年度…
        j += 1
    return j


@numba.njit(cache=True)
def _is_mark(c):
    return c == 0x3001 or c == 0x2E or c == 0x2C or c == 0x29 or c == 0x3A or c == 0x3011


@numba.njit(cache=True)
def _head_of(buffer, gaps, kind, n):
    """Return what the folded beginning of a line is (level, ITEM, ARTICLE, PART or 0), and whether it counts one."""
    if n == 0:
        return 0, False
    i = 0
    while i < n and (buffer[i] == 0x3010 or buffer[i] == 0x5B or buffer[i] == 0x28):
        i += 1
    bracket = i > 0
    if i >= n:
        return 0, False
    c = buffer[i]
    if kind[c] & 15 == ENCLOSED:
        return 7, c == 0x2460 or c == 0x3220
    if c == _ORDINAL:
        return _ordinal_head(buffer, gaps, kind, i, n)
    if c == _PART_SIGN or ((c == _MODEL or c == _EXAMPLE) and i + 1 < n and buffer[i + 1] == _WRITING):
        first = i + 1 if c == _PART_SIGN else i + 2
        j = _number_end(buffer, kind, first, n)
        if j > first and (j >= n or _is_mark(buffer[j]) or gaps[j]):
            return PART, False
        return 0, False
    j = _number_end(buffer, kind, i, n)
    if j == i:
        return _sign_head(buffer, gaps, kind, i, n, bracket)
    one = j == i + 1 and (c == _ONE or c == 0x31)
    chinese = kind[c] & 15 != DIGIT
    if bracket:
        if buffer[0] == 0x28 and j < n and buffer[j] == 0x29:
            return (4, one) if chinese else (6, one)
        return 0, False
    if j >= n or j - i > 3:
        return 0, False
    after = buffer[j]
    if after == _IS and chinese:
        return ITEM, one
    if after == 0x3001 or after == 0x2E or after == 0x29 or (after == 0x2C and chinese):
        if j + 1 < n and kind[buffer[j + 1]] & 15 == DIGIT and not gaps[j + 1] and after == 0x2E:
            return 0, False  # 1.5亿元
        return (3, one) if chinese else (5, one)
    return 0, False


@numba.njit(cache=True)
def _ordinal_head(buffer, gaps, kind, i, n):
    j = _number_end(buffer, kind, i + 1, n)
    if j == i + 1 or j >= n:
        return 0, False
    after = buffer[j]
    one = j == i + 2 and (buffer[i + 1] == _ONE or buffer[i + 1] == 0x31)
    ends = j + 1 >= n or gaps[j + 1] or _is_mark(buffer[j + 1])
    if after == _PART_SIGN:
        return (PART, one) if ends else (0, False)
    if after == _CHAPTER or after == _VOLUME or (after == _DEPARTMENT and j + 1 < n and buffer[j + 1] == _SHARE):
        return (1, one) if ends or after == _DEPARTMENT else (0, False)
    if after == _SECTION:
        return (2, one) if ends else (0, False)
    if after == _ARTICLE_SIGN:
        return (ARTICLE, one) if ends else (0, False)
    if after == 0x3001 or after == 0x2C:
        return ITEM, one
    return 0, False


@numba.njit(cache=True)
def _sign_head(buffer, gaps, kind, i, n, bracket):
    """Bullets, dashes and letters: • 加强…  ——某镇…  A. …"""
    c = buffer[i]
    if bracket:
        return 0, False
    if c == 0x2022 or c == 0xB7 or 0x25A0 <= c <= 0x25FF or c == 0x2605 or c == 0x2606 or 0x27A0 <= c <= 0x27BF:
        return ITEM, False
    if 0x2013 <= c <= 0x2015 or (c == 0x2D and n > i + 1 and kind[buffer[i + 1]] & 15 == LETTER):
        return ITEM, False
    if (
        0x61 <= c <= 0x7A
        and i + 1 < n
        and (buffer[i + 1] == 0x2E or buffer[i + 1] == 0x3001 or buffer[i + 1] == 0x29)
    ):
        if i + 2 < n and not (0x61 <= buffer[i + 2] <= 0x7A):
            return ITEM, c == 0x61
    return 0, False


@numba.njit(cache=True, inline="always")
def _folded(code, kind, fold):
    """Return what a code point folds to, itself where that is several, or a number in a circle."""
    folded = fold[code]
    return code if folded & 0x80000000 or kind[code] & 15 == ENCLOSED else folded


@numba.njit(cache=True, inline="always")
def _counts(codes, first, last):
    """Return how many code points of a range are narrow, and how many are ，、: without a branch, in vectors."""
    narrow = commas = np.uint32(0)
    for i in range(np.uint64(first), np.uint64(last)):
        c = codes[i]
        narrow += np.uint32(c < np.uint32(0x2000))
        commas += np.uint32((c == np.uint32(0xFF0C)) | (c == np.uint32(0x3001)))
    return np.int64(narrow), np.int64(commas)


@numba.njit(cache=True, nogil=True)
def scan_lines(
    codes, indptr, kind, fold, signs, places, hide_start, hide_end, page_start, page_end,
    start, document, first, last, width, length, indent, head, lead, tail, shape,
):  # fmt: skip
    """Write the shape of each line.

    codes, indptr, kind, fold                the texts and tables
    signs : uint8[0x10000]                   NOTED what is no text, a stop, a bar, ENCLOSED, a comma but for ，、
    places : uint32[M]                       where such stand, what is above 0xFFFF, and maybe others
    hide_start, hide_end : int64[H]          raw ranges that do not count as text, sorted, disjoint
    page_start, page_end : int64[F]          furniture, sorted, disjoint
    start, document : int64[L]               written: where a line begins, and in which document
    first, last : int64[L]                   written: its raw range without white space around (equal: blank)
    width, indent : int32[L]                 written: in half-width units; width counts only what is text
    length : int32[L]                        written: code points of text, white space aside
    head : uint8[L]                          written: level 1-7, ITEM, ARTICLE, PART or 0
    lead, tail : uint32[L]                   written: first and last code point of text, folded
    shape : uint8[L]                         written: INNER a stop inside, CELLS tabs or bars, HIDDEN only hidden
                                             text, FIRST an enumerator that says one, COMMAS two or more
    O(N + H + F). Behind its head a line is only walked over to count what of it is narrow: the rest is at places.
    """
    line = 0
    h = 0
    f = 0
    m = 0
    shown = np.int64(0)  # nothing is hidden from here on, where that is behind what is looked at
    buffer = np.zeros(_HEAD, dtype=np.uint32)
    gaps = np.zeros(_HEAD, dtype=np.uint8)
    for d in range(indptr.size - 1):
        i, stop = indptr[d], indptr[d + 1]
        while i < stop:
            start[line] = i
            document[line] = d
            begin = end = i  # of what is not white space
            units = count = margin = cells = filled = stops = commas = flags = 0
            before = ending = rest = np.int64(-1)
            gap = False
            while i < stop:
                if i >= shown:
                    while h < hide_start.size and hide_end[h] <= i:
                        h += 1
                    while f < page_start.size and page_end[f] <= i:
                        f += 1
                    shown = hide_start[h] if h < hide_start.size else indptr[-1]
                    shown = min(shown, page_start[f]) if f < page_start.size else shown
                if filled == _HEAD:
                    rest = i if rest < 0 else rest
                    while m < places.size and places[m] < i:
                        m += 1
                    j = min(stop, shown)
                    while m < places.size and places[m] < j:
                        c = codes[places[m]]
                        if _is_stop(c):
                            stops += 1
                        elif c > 0xFFFF or signs[c] & NOTED:
                            j = np.int64(places[m])
                            break
                        m += 1
                    if j > i:  # as if all of it were wide and no comma: see `rest`
                        before = j - 2 if j > i + 1 else ending
                        ending = j - 1
                        units += 2 * (j - i)
                        count += j - i
                        i = end = j
                        continue
                c = codes[np.uint64(i)]
                low = kind[c] & 15
                if low == BREAK:
                    break
                if rest >= 0:  # told here: take it from what is counted for the rest of the line
                    units += c < 0x2000
                    commas -= (c == 0xFF0C) | (c == 0x3001)
                if low == SPACE:
                    gap = True
                    if units == 0:
                        margin += 2 if c == 0x3000 else (4 if c == 9 else 1)
                    elif c == 9:
                        cells += 1
                    i += 1
                    continue
                if low == INVISIBLE:
                    i += 1
                    continue
                if begin == end:
                    begin = i
                i += 1
                end = i
                if shown < i:
                    flags |= HIDDEN
                    continue
                folded = fold[c]
                if folded & 0x80000000 or low == ENCLOSED:
                    folded = c
                if filled < _HEAD:
                    buffer[filled] = folded
                    gaps[filled] = gap
                    filled += 1
                gap = False
                if units == 0:
                    lead[line] = folded
                if _is_stop(c):
                    stops += 1
                if c == 0x7C:
                    cells += 1
                if folded == 0x2C or folded == 0x3001:
                    commas += 1
                before = ending
                ending = i - 1
                units += 1 if c < 0x2000 else 2
                count += 1
            if rest >= 0:
                narrow, more = _counts(codes, rest, i)
                units -= narrow
                commas += more
            if i < stop:
                if codes[i] == 13 and i + 1 < stop and codes[i + 1] == 10:
                    i += 1
                i += 1
            first[line] = begin
            last[line] = end
            if units:
                flags &= ~HIDDEN
                head[line], one = _head_of(buffer, gaps, kind, filled)
                closes = _folded(codes[ending], kind, fold)
                tail[line] = closes
                closing = closes == 0x201D or closes == 0x29 or closes == 0x300D
                behind = closing and before >= 0 and _is_stop(_folded(codes[before], kind, fold))
                if stops > (1 if _is_stop(closes) or behind else 0):
                    flags |= INNER
                if one:
                    flags |= FIRST
                if commas >= 2:
                    flags |= COMMAS
                if cells >= 2 or (cells == 1 and stops == 0 and closes != 0x7C):
                    flags |= CELLS
            else:
                head[line] = 0
                lead[line] = 0
                tail[line] = 0
            width[line] = units
            length[line] = count
            indent[line] = margin
            shape[line] = flags
            line += 1


@numba.njit(cache=True)
def _runs_on(tail, lead):
    """Tell whether two lines cannot be two paragraphs: a comma before the break, a closing mark after it."""
    if tail == 0x2C or tail == 0x3001 or tail == 0x53CA or tail == 0x7684 or tail == 0x628A or tail == 0x88AB:
        return True  # ， 、 及 的 把 被
    return (
        lead == 0x2C
        or lead == 0x3001
        or lead == 0x3002
        or lead == 0x3B
        or lead == 0x3A
        or lead == 0x29
        or lead == 0x201D
        or lead == 0x300B
        or lead == 0x7684
    )


@numba.njit(cache=True)
def _continues(a, b, blanks, hidden, wrap, wrap_length, margin, width, length, indent, head, lead, tail, shape, kind):
    """Tell whether line b goes on with the paragraph whose last line is a."""
    if head[a] == PART or head[b] == PART or (shape[a] | shape[b]) & CELLS:
        return False
    if 0 < head[b] < ITEM or head[b] == ARTICLE:
        return False
    if _runs_on(tail[a], lead[b]) and head[b] == 0:
        return True
    low = kind[tail[a]] & 15
    open_end = low == LETTER or low == DIGIT or low == UNIT or low == POWER
    if blanks and not (hidden and open_end):
        return False
    if wrap or wrap_length:
        full = (wrap > 0 and width[a] + 6 >= wrap) or (wrap_length > 0 and length[a] + 1 >= wrap_length)
        if indent[b] >= margin + 2:
            return False
        return full and (not hidden or open_end)
    if head[b] or not open_end or indent[b] >= 2:
        return False
    prose = width[a] >= 90 or (width[a] >= 60 and shape[a] & COMMAS) or (width[a] >= 40 and shape[a] & INNER)
    return prose and kind[lead[b]] & 15 != 0


@numba.njit(cache=True, nogil=True)
def join_lines(
    bounds, wraps, wrap_lengths, first, last, width, length, indent, head, lead, tail, shape, kind,
    open_line, close_line,
):  # fmt: skip
    """Write the first and last line of each paragraph; return how many there are.

    bounds : int64[D+1]                       document d owns lines [bounds[d], bounds[d+1])
    wraps, wrap_lengths : int32[D]            see `wrap_widths`
    first, last ... shape                     see `scan_lines`
    open_line, close_line : int64[L]          written

    Lines with nothing but hidden text stand between two lines of a paragraph, or are paragraphs of their own.
    """
    count = 0
    for d in range(bounds.size - 1):
        # The margin of wrapped text is that of its continuation lines: the least indent of any full line.
        margin = 1 << 20
        for line in range(bounds[d], bounds[d + 1]):
            if width[line]:
                margin = min(margin, indent[line])
        a = -1
        blanks = 0
        hidden = -1
        for line in range(bounds[d], bounds[d + 1]):
            if first[line] == last[line]:
                blanks += 1
                continue
            if width[line] == 0:
                if hidden < 0:
                    hidden = line
                continue
            if a >= 0 and _continues(
                a, line, blanks, hidden >= 0, wraps[d], wrap_lengths[d], margin,
                width, length, indent, head, lead, tail, shape, kind,
            ):  # fmt: skip
                close_line[count - 1] = line
            else:
                if hidden >= 0:
                    count = _hidden_lines(hidden, line, first, last, width, open_line, close_line, count)
                open_line[count] = line
                close_line[count] = line
                count += 1
            a = line
            blanks = 0
            hidden = -1
        if hidden >= 0:
            count = _hidden_lines(hidden, bounds[d + 1], first, last, width, open_line, close_line, count)
    return count


@numba.njit(cache=True)
def _hidden_lines(line, stop, first, last, width, open_line, close_line, count):
    for t in range(line, stop):
        if first[t] < last[t] and width[t] == 0:
            open_line[count] = t
            close_line[count] = t
            count += 1
    return count
