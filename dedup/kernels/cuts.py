"""Kernels of segment: where lines were wrapped, where sentences begin, what stands under which heading.

Arrays in, arrays out; no checks, no I/O. Caller: `dedup.steps.segment`.
"""

from __future__ import annotations

import numba
import numpy as np

LETTER, UNIT, POWER, DIGIT = 1, 2, 3, 4  # of dedup.steps.data.Class
STOP, OPENS = 2, 4  # of a code point: it may end a sentence, or open a quotation
_WIDEST = 512  # lines wider than this many half-width units are one class: nobody wraps there
_REACH = 200  # a quotation longer than this many code points, or unclosed, keeps nothing whole


@numba.njit(cache=True, nogil=True)
def noted(codes, first, last, signs, places):
    """Write where the code points of a range are that have a sign; return how many.

    codes : uint32[N]
    first, last : int64         the range
    signs : uint8[0x10000]      not 0 what is noted; what stands above 0xFFFF, which is rare, always is
    places : uint32[>= last - first]   written: increasing

    One walk for all who look at little of a text and would each walk over all of it. Every place is written, and the
    next one over it unless it is to stay: a branch would be guessed wrong at every mark, which cost half as much
    again. O(last - first).
    """
    count = np.uint64(0)
    for i in range(np.uint64(first), np.uint64(last)):
        code = codes[i]
        places[count] = i
        count += np.uint64(1) if code > 0xFFFF or signs[code] else np.uint64(0)
    return np.int64(count)


@numba.njit(cache=True, nogil=True)
def count_lines(codes, indptr, places):
    """Return the number of lines: one more than the breaks that have text of the document behind them.

    codes, indptr : uint32[N], int64[D+1]
    places : uint32[M]   where the breaks of the documents stand, among others

    O(M + D).
    """
    count = 0
    m = 0
    for d in range(indptr.size - 1):
        stop = indptr[d + 1]
        count += stop > indptr[d]
        while m < places.size and places[m] < stop:
            i = np.int64(places[m])
            c = codes[i]
            broken = ((c >= 10) & (c <= 13)) | (c == 0x85) | (c == 0x2028) | (c == 0x2029)
            count += broken and i + 1 < stop and (c != 13 or codes[i + 1] != 10)
            m += 1
    return count


@numba.njit(cache=True, inline="always")
def _closing(c):
    """Return the mark that closes what c opens, or 0."""
    if c == 0x201C:
        return 0x201D
    if c == 0x2018:
        return 0x2019
    if c == 0x300C:
        return 0x300D
    if c == 0x300E:
        return 0x300F
    if c == 0xFF08:
        return 0xFF09
    if c == 0x28:
        return 0x29
    if c == 0x300A:
        return 0x300B
    if c == 0x3010:
        return 0x3011
    return 0


@numba.njit(cache=True, inline="always")
def _is_closing(c):
    return (
        c == 0x201D
        or c == 0x2019
        or c == 0x300D
        or c == 0x300F
        or c == 0xFF09
        or c == 0x29
        or c == 0x300B
        or c == 0x3011
        or c == 0x22
    )


@numba.njit(cache=True, inline="always")
def _ends(codes, i, stop):
    """Tell whether the mark at i ends a sentence: 。！？；… and their half-width forms, a dot only behind Han."""
    c = codes[i]
    if c == 0xFF01 or c == 0xFF1F or c == 0x21 or c == 0x3F or c == 0xFF1B or c == 0x3B:
        return True
    if c == 0x3002 or c == 0xFF61:
        # 6。1 and 9。5 are slips of typing for a decimal point
        return not (i + 1 < stop and 0x30 <= codes[i + 1] <= 0x39 and 0x30 <= codes[i - 1] <= 0x39)
    if c == 0x2026:
        return i + 1 >= stop or codes[i + 1] != 0x2026
    if c == 0x2E:
        return codes[i - 1] >= 0x3400 and not (i + 1 < stop and codes[i + 1] < 0x80)
    return False


@numba.njit(cache=True, inline="always")
def _key_from(origin, key, stop, raw):
    """Return the first key position of [key, stop) that comes from a raw position or from behind it, or stop.

    Code points of a key come from as many raw ones, so that raw positions are a bound for keys; only where a repair
    puts several in one place is it too low. From there it is as far back as its place is too far, but for what has no
    key in between. O(1 + raw positions that have no key).
    """
    if key >= stop or origin[key] >= raw:
        return key
    high = min(key + raw - origin[key], stop)
    over = np.int64(origin[high - 1]) - raw
    if over > 0:
        high = max(high - 1 - over, key + 1)
    while origin[high - 1] >= raw:
        high -= 1
    while high < stop and origin[high] < raw:
        high += 1
    return high


@numba.njit(cache=True, nogil=True)
def sentence_starts(codes, signs, places, origin, first, stop, raw_start, raw_end, key_start, key_end, out):
    """Write the key ranges of paragraphs, and the key positions at which a sentence begins; return how many.

    codes, origin : uint32[N], uint32[K]
    signs : uint8[0x10000]                OPENS what `_closing`, STOP what `_ends` has an answer for
    places : uint32[M]                    where these stand in the documents, and maybe others (`noted`)
    first, stop : int64                   keys of the documents in which the paragraphs stand
    raw_start, raw_end : int64[P]         paragraphs in text order
    key_start, key_end : int64[P]         written: see `KeyStream.first_from`
    out : int64[M + P]                    written: increasing, paragraph starts included, each once

    What stands in quotation marks or brackets stays whole; a stop just before the closing mark ends the sentence
    behind it. O(M + keys that no place is beside), but for unclosed brackets, which look ahead 200 code points.
    """
    count = 0
    key = first
    m = 0
    for p in range(raw_start.size):
        begin = raw_start[p]
        end = raw_end[p]
        key = _key_from(origin, key, stop, begin)
        key_start[p] = key
        if count == 0 or out[count - 1] < key:
            out[count] = key
            count += 1
        whole = begin  # up to here a quotation is kept whole
        behind = begin  # the end of the last sentence
        while m < places.size and places[m] < end:
            i = np.int64(places[m])
            m += 1
            c = codes[np.uint64(i)]
            if i < behind or c > 0xFFFF:
                continue
            sign = signs[c]
            if sign & OPENS and i >= whole:
                closing = _closing(c)
                t = i + 1
                limit = min(end, i + _REACH)
                while t < limit and codes[np.uint64(t)] != closing:
                    t += 1
                if t < limit:
                    whole = t
            if sign & STOP and i > begin and _ends(codes, i, end):
                t = i + 1
                while t < end:
                    c = codes[np.uint64(t)]
                    if 0x3400 <= c < 0xFF00 or not (_is_closing(c) or c == 0x20 or _ends(codes, t, end)):
                        break  # Han by far the most, which need not be asked about
                    t += 1
                if t > whole:
                    key = _key_from(origin, key, stop, t)
                    if key < stop and origin[key] < end and key > out[count - 1]:
                        out[count] = key
                        count += 1
                    behind = t
        key = _key_from(origin, key, stop, end)
        key_end[p] = key
    return count


@numba.njit(cache=True, nogil=True)
def headings(document, part, level, out):
    """Write to out[p] the nearest heading above paragraph p: for a heading, the nearest of a higher rank.

    document, part : int64[P]   a new document or part begins anew
    level : uint8[P]            1 (highest) to 8, 0 for what is no heading
    out : int64[P]              written: a row, or -1
    """
    open_rows = np.full(10, -1, dtype=np.int64)
    deepest = 0  # the level of the nearest heading, 0 for none
    for p in range(document.size):
        if p == 0 or document[p] != document[p - 1] or part[p] != part[p - 1]:
            open_rows[:] = -1
            deepest = 0
        if level[p] == 0:
            out[p] = open_rows[deepest]
            continue
        own = np.int64(level[p])
        above = own - 1
        while above > 0 and open_rows[above] < 0:
            above -= 1
        out[p] = open_rows[above] if above > 0 else -1
        open_rows[own] = p
        open_rows[own + 1 :] = -1
        deepest = own


@numba.njit(cache=True, nogil=True)
def wrap_widths(bounds, width, tail, kind, least, most, out):
    """Write to out[d] the width at which the lines of document d were wrapped, or 0.

    bounds : int64[D+1]   document d owns lines [bounds[d], bounds[d+1])
    width, tail           see `scan_lines`; width in units, or lengths: some programs wrap by one, some by the other
    least, most           nobody wraps outside
    out : int32[D]        written

    A text is wrapped at W when hardly any line is wider, at least three lines and a quarter of all are nearly as
    wide, and half of these break off without a stop: prose in one line a paragraph has no such crowd at its widest.
    """
    counts = np.zeros(_WIDEST + 1, dtype=np.int64)
    broken = np.zeros(_WIDEST + 1, dtype=np.int64)
    for d in range(bounds.size - 1):
        out[d] = 0
        total = 0
        counts[:] = 0
        broken[:] = 0
        for line in range(bounds[d], bounds[d + 1]):
            w = min(width[line], _WIDEST)
            if w:
                total += 1
                counts[w] += 1
                low = kind[tail[line]] & 15
                if (
                    low == LETTER
                    or low == DIGIT
                    or low == UNIT
                    or low == POWER
                    or tail[line] == 0x2C
                    or tail[line] == 0x3001
                ):
                    broken[w] += 1
        if total < 4:
            continue
        wider = counts[_WIDEST]
        w = _WIDEST - 1
        while w >= least and (wider + counts[w]) * 20 <= total:
            wider += counts[w]
            w -= 1
        if w < least or w > most:
            continue
        crowd = 0
        open_ends = 0
        for t in range(max(w - 5, 1), min(w + 7, _WIDEST)):
            crowd += counts[t]
            open_ends += broken[t]
        if crowd >= 3 and crowd * 4 >= total and open_ends * 2 >= crowd:
            out[d] = w
