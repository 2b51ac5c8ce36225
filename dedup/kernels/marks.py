"""Kernels of repair: pinyin annotations, page numbers, overlaps. Arrays in, arrays out; no checks, no I/O.

Caller: `dedup.steps.repair`. The class numbers are those of `dedup.steps.data.Class`, written out because a compiled
function takes its globals as constants; a test asserts that the copies are equal.
"""

from __future__ import annotations

import numba
import numpy as np

LETTER, DIGIT, SPACE, BREAK, INVISIBLE = 1, 4, 7, 8, 9
_ORDINAL = ord("第")


@numba.njit(cache=True)
def _reads(readings, code, syllable):
    """Tell whether (code, syllable) stands in the sorted table of readings."""
    wanted = (np.uint64(code) << np.uint64(30)) | np.uint64(syllable)
    low = 0
    high = readings.size
    while low < high:
        middle = (low + high) >> 1
        if readings[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low < readings.size and readings[low] == wanted


@numba.njit(cache=True)
def _reads_prefix(readings, code, syllable, letters):
    """Tell whether some reading of the code point begins with these letters."""
    first = np.uint64(code) << np.uint64(30)
    low = 0
    high = readings.size
    while low < high:
        middle = (low + high) >> 1
        if readings[middle] < first:
            low = middle + 1
        else:
            high = middle
    mask = (np.uint64(1) << np.uint64(5 * letters)) - np.uint64(1)
    while low < readings.size and readings[low] >> np.uint64(30) == np.uint64(code):
        if readings[low] & mask == np.uint64(syllable):
            return True
        low += 1
    return False


@numba.njit(cache=True)
def _umlaut(syllable):
    """Return lu as lv and nu as nv, else the syllable: ü is often typed as u."""
    first = syllable & 31
    if (first == 12 or first == 14) and (syllable >> 5) & 31 == 21:
        return syllable ^ ((21 ^ 22) << 5)
    return syllable


@numba.njit(cache=True)
def _sounds(readings, code, syllable):
    return _reads(readings, code, syllable) or _reads(readings, code, _umlaut(syllable))


@numba.njit(cache=True)
def _host(codes, kind, at, floor):
    """Return the position of the Han character that stands before `at`, white space between allowed, or -1."""
    i = at - 1
    steps = 0
    while i >= floor and steps < 4:
        low = kind[codes[i]] & 15
        if low != SPACE and low != BREAK and low != INVISIBLE:
            return i if codes[i] >= 0x3007 else -1
        i -= 1
        steps += 1
    return -1


@numba.njit(cache=True, nogil=True)
def pinyin_ends(codes, opens, floors, ceilings, kind, latin, readings, out):
    """Write to out[b] where the pinyin annotation that begins with the bracket opens[b] ends, or 0.

    codes : uint32[N]
    opens : int64[B]             positions of ( or （
    floors, ceilings : int64[B]  the document that each stands in
    kind : uint8[0x110000]       see `dedup.steps.data.Tables`
    latin : uint8[0x1F00]        see `dedup.steps.data.latin`
    readings : uint64[R]         see `dedup.steps.data.readings`
    out : int64[B]               written

    One syllable must be a reading of the character before the bracket; two to four, set apart, of as many characters.
    Upper case and single letters count only with a tone mark: （A） is no pinyin. A bracket that the document's end
    cuts open is one if it holds the beginning of a reading with a tone mark. O(B log R).
    """
    syllables = np.zeros(4, dtype=np.int64)
    for b in range(opens.size):
        out[b] = 0
        host = _host(codes, kind, opens[b], floors[b])
        if host < 0:
            continue
        count = 0
        letters = 0
        current = 0
        whole = 0  # all letters as one syllable, for an annotation that a line break cuts
        whole_letters = 0
        toned = False
        upper = False
        fails = False
        end = 0
        i = opens[b] + 1
        while i < ceilings[b] and i < opens[b] + 48:
            c = np.int64(codes[i])
            if 0xFF21 <= c <= 0xFF5A:
                c -= 0xFEE0
            what = latin[c] if c < 0x1F00 else 0
            if c == 0x29 or c == 0xFF09:
                end = i + 1
                break
            if what:
                if letters >= 6:
                    fails = True
                    break
                current |= np.int64(what & 31) << (5 * letters)
                letters += 1
                if whole_letters < 6:
                    whole |= np.int64(what & 31) << (5 * whole_letters)
                whole_letters += 1
                toned |= what & 0x20 != 0
                upper |= what & 0x40 != 0
            elif (0x300 <= c < 0x370 or c == 0x3A) and letters:
                if c == 0x308 or c == 0x3A:  # u and a diaeresis, or u: for want of one
                    current = (current & ~(31 << (5 * (letters - 1)))) | (22 << (5 * (letters - 1)))
                    whole = current if whole_letters == letters else whole
                else:
                    toned = True
            elif 0x31 <= c <= 0x35 and letters:
                toned = True
            elif kind[c] & 15 == SPACE or kind[c] & 15 == BREAK or c == 0x27 or c == 0x2019:
                if letters:
                    if count < 4:
                        syllables[count] = current
                    count += 1
                    current = 0
                    letters = 0
            elif kind[c] & 15 != INVISIBLE:
                fails = True
                break
            i += 1
        if fails or whole_letters == 0 or ((upper or whole_letters == 1) and not toned):
            continue
        if end == 0:
            if i == ceilings[b] and toned and whole_letters <= 6:
                if _reads_prefix(readings, codes[host], whole, whole_letters):
                    out[b] = i
            continue
        if letters:
            if count < 4:
                syllables[count] = current
            count += 1
        if whole_letters <= 6 and _sounds(readings, codes[host], whole):
            out[b] = end
            continue
        place = host
        matched = 1 < count <= 4
        for t in range(min(count, 4) - 1, -1, -1):
            if place < floors[b] or not _sounds(readings, codes[place], syllables[t]):
                matched = False
                break
            place -= 1
        if matched:
            out[b] = end


@numba.njit(cache=True)
def first_disjoint(start, end, keep):
    """Write to keep[r] whether range r begins at or after the end of the last kept one.

    start, end : int64[R]   sorted by start
    keep : bool[R]          written
    """
    last = -1
    for r in range(start.size):
        keep[r] = start[r] >= last and end[r] > start[r]
        if keep[r]:
            last = end[r]


@numba.njit(cache=True)
def _blank(low):
    return low == SPACE or low == INVISIBLE


@numba.njit(cache=True)
def _page_number(codes, kind, start, stop):
    """Return where the page number that ends the line [start, stop) begins and ends, and whether it is dressed.

    Dressed are - 1 -, —1— and 第1页: they can be nothing else. (stop, stop, False) where there is none.
    """
    j = stop
    while j > start and _blank(kind[codes[j - 1]] & 15):
        j -= 1
    end = j
    dashes = page = False
    if j > start and (codes[j - 1] == 0x9875 or codes[j - 1] == 0x9801):
        page = True
        j -= 1
    while j > start and (codes[j - 1] == 0x2D or 0x2013 <= codes[j - 1] <= 0x2015 or codes[j - 1] == 0xFF0D):
        dashes = True
        j -= 1
    while j > start and _blank(kind[codes[j - 1]] & 15):
        j -= 1
    last = j
    while j > start and kind[codes[j - 1]] & 15 == DIGIT:
        j -= 1
    if j == last or last - j > 4:
        return stop, stop, False
    first = j
    while j > start and _blank(kind[codes[j - 1]] & 15):
        j -= 1
    if page:
        if j > start and codes[j - 1] == _ORDINAL:
            return j - 1, end, True
        return stop, stop, False
    if dashes:
        k = j
        while k > start and (codes[k - 1] == 0x2D or 0x2013 <= codes[k - 1] <= 0x2015 or codes[k - 1] == 0xFF0D):
            k -= 1
        if k == j:
            return stop, stop, False
        while k > start and _blank(kind[codes[k - 1]] & 15):
            k -= 1
        return k, end, True
    if last - first > 3:
        return stop, stop, False
    return j, end, False


@numba.njit(cache=True)
def _plain(codes, kind, i):
    """Tell whether a Han character that is no numeral stands at i."""
    return codes[i] >= 0x3400 and kind[codes[i]] & 15 == LETTER


@numba.njit(cache=True, nogil=True)
def page_numbers(codes, indptr, breaks, kind, starts, ends):
    """Write the ranges of page numbers: alone on a line, or behind a line that breaks off in mid-sentence.

    codes, indptr : uint32[N], int64[D+1]
    breaks : int64[B]                        positions of line breaks, sorted
    kind : uint8[0x110000]
    starts, ends : int64[B + D]              written: white space before the number counts in, line breaks do not

    Returns how many. A dressed number (- 1 -, 第1页) is one wherever it stands alone. A bare one needs a sentence
    that goes on across it: Han before, Han at the very beginning of the next line, and, behind a line, white space
    before it and twenty code points of line. O(B) plus the white space at line ends.
    """
    count = 0
    b = 0
    for d in range(indptr.size - 1):
        line = indptr[d]
        before = -1  # last code point of the line above that holds text
        stop = indptr[d + 1]
        while line < stop:
            while b < breaks.size and breaks[b] < line:
                b += 1
            end = min(breaks[b], stop) if b < breaks.size else stop
            first, last, dressed = _page_number(codes, kind, line, end)
            head = line
            while head < end and _blank(kind[codes[head]] & 15):
                head += 1
            if last > first:
                alone = first <= head
                after = end + 1
                if after < stop and codes[end] == 13 and codes[after] == 10:
                    after += 1
                if alone:
                    while after < stop and kind[codes[after]] & 15 == BREAK:
                        after += 1
                goes_on = after < stop and _plain(codes, kind, after)
                if alone:
                    taken = dressed or (goes_on and before >= 0 and _plain(codes, kind, before))
                else:
                    taken = (
                        not dressed
                        and goes_on
                        and first - head >= 20
                        and kind[codes[first]] & 15 == SPACE
                        and _plain(codes, kind, first - 1)
                    )
                if taken:
                    starts[count] = first
                    ends[count] = last
                    count += 1
                    if alone:
                        line = end + 1
                        continue
            t = end - 1
            while t >= line and _blank(kind[codes[t]] & 15):
                t -= 1
            if t >= line:
                before = t
            line = end + 1
    return count


@numba.njit(cache=True, nogil=True)
def marked(codes, flags, kind, fold, ending, last, before, places, marks):
    """Write which code points have flags, and which; return how many.

    codes : uint32[N]
    flags : uint16[0x110000]
    kind : uint8[0x110000], fold : uint32[0x110000]   as in `dedup.steps.data.Tables`
    ending : uint16           the flag of what a word may end with; it counts only where the word may end there
    last, before : uint32[W]  the last two code points of each word, folded
    places : uint32[N], marks : uint16[N]   written: sorted positions, and their flags

    A word may end behind its last character but one, white space aside, and behind a closing bracket, for what
    stands in brackets may be an annotation. O(N).
    """
    count = 0
    for i in range(codes.shape[0]):
        flag = flags[codes[np.uint64(i)]]
        if flag:
            if flag & ending:
                j = i - 1
                while j >= 0 and kind[codes[j]] & 15 >= SPACE:
                    j -= 1
                one = fold[codes[j]] if j >= 0 else 0
                ends = one == 0x29
                for w in range(last.shape[0]):
                    ends |= last[w] == fold[codes[i]] and before[w] == one
                if not ends:
                    flag &= ~ending
            if flag:
                places[count] = i
                marks[count] = flag
                count += 1
    return count


@numba.njit(cache=True)
def _annotation(start, place):
    """Return the last of the ranges that begins at a place or before it, or -1."""
    low = 0
    high = start.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if start[middle] <= place:
            low = middle + 1
        else:
            high = middle
    return low - 1


@numba.njit(cache=True, nogil=True)
def around(codes, place, floor, ceiling, kind, fold, start, end, multi, before, behind, folded, places):
    """Write what is visible up to a place and behind it, folded one for one, and where it stands.

    codes : uint32[N]
    place, floor, ceiling : int64   a position, and the document that it stands in
    kind : uint8[0x110000], fold : uint32[0x110000]   as in `dedup.steps.data.Tables`
    start, end : int64[n]         ranges that do not count, sorted, disjoint
    multi : uint32                folds from here on are several characters: U+FFFD stands for them
    before, behind : int64        so many code points up to the place, it included, and behind it, at most
    folded, places : uint32[before + behind]   written: the folds, and the positions

    White space, and what is not seen at all, is left out. Returns how many stand up to the place, and how many are
    written; (0, 0) where the place itself is not visible. O(before + behind), and what is left out between them.
    """
    row = _annotation(start, place)
    if (row >= 0 and place < end[row]) or kind[codes[place]] & 15 >= SPACE:
        return 0, 0
    count = 0
    i = place
    r = row
    while i >= floor and count < before:
        if r >= 0 and i < end[r]:
            i = start[r] - 1
            r -= 1
            continue
        if kind[codes[i]] & 15 < SPACE:
            places[count] = i
            count += 1
        i -= 1
    places[:count] = places[:count][::-1].copy()
    size, r = count, row + 1
    i = place + 1
    while i < ceiling and size < count + behind:
        if r < start.shape[0] and i >= start[r]:
            i = end[r]
            r += 1
            continue
        if kind[codes[i]] & 15 < SPACE:
            places[size] = i
            size += 1
        i += 1
    for k in range(size):
        code = fold[codes[places[k]]]
        folded[k] = code if code < multi else 0xFFFD
    return count, size
