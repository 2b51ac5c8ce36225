"""Which slots say something rare, what stands around them, how do they differ?

Callers: dedup.figures, dedup.differing.
"""

from __future__ import annotations

import numba
import numpy as np

_DIGITS = 0  # SlotKind.DIGITS
_SPACE = 7  # class of dedup.steps.data
_COMMA, _DOT, _BLANK, _ZERO, _NINE = ord(","), ord("."), ord(" "), ord("0"), ord("9")
_U64 = np.uint64


@numba.njit(cache=True, nogil=True)
def rare(first, last, codes, start, end, what, kind, fold, digits, holds, value):
    """Tell which slots hold a figure that two offices do not write by chance, and what those say.

    codes : uint32[N]
    start, end : int64[S]    raw ranges of slots
    what : uint8[S]          schema.SlotKind
    kind, fold               see steps.data.Tables
    digits : int64           significant digits from which a figure is rare
    holds : bool[S]          written
    value : uint64[S]        written where `holds`: the hash of what it says, as `differences.figures` makes it

    A figure has digits, thousands separators and one dot at most. O(length) a slot.
    """
    for s in range(first, last):
        holds[s] = False
        if what[s] != _DIGITS or end[s] - start[s] <= digits:
            continue
        whole = decimals = dots = low = high = century = 0
        plain = True
        said = _U64(0xCBF29CE484222325)
        for i in range(start[s], end[s]):
            code = codes[i]
            folded = fold[code]
            if folded == _DOT:
                dots += 1
            elif _ZERO <= folded <= _NINE:
                if dots:
                    decimals += 1
                else:
                    whole += 1
                nth = whole + decimals
                if folded > _ZERO:
                    high = nth
                    low = low if low else nth
                if nth <= 2:
                    century = 10 * century + np.int64(folded) - _ZERO
            elif folded != _COMMA:
                plain = False
                break
            if kind[code] & 15 < _SPACE:
                code = folded
            if code != _COMMA and code != _BLANK:
                said = (said ^ _U64(code)) * _U64(0x100000001B3)
        if not plain or dots > 1 or low == 0 or high - low + 1 < digits:
            continue
        year = whole == 4 and dots == 0 and (century == 19 or century == 20)
        if (whole >= 4 or decimals > 0) and not year:
            holds[s] = True
            value[s] = said


@numba.njit(cache=True, nogil=True)
def around(first, last, codes, key, start, end, family, said, context, out):
    """Write what figures say, in which family, and the key characters around them as hashes.

    codes : uint32[K]
    key : int64[n]           key places
    start, end : int64[n]    key ranges that they lie in: what is outside counts as nothing
    family : int64[n]
    said : uint64[n]
    context : int64          characters on either side
    out : uint64[n]          written
    """
    for row in range(first, last):
        value = _U64(0)
        for at in range(key[row] - context, key[row] + context):
            here = _U64(codes[at]) if start[row] <= at < end[row] else _U64(0)
            value = (value ^ here) * _U64(0x9E3779B97F4A7C15)
            value ^= value >> _U64(29)
        for here in (said[row], _U64(family[row])):
            value = (value ^ here) * _U64(0x9E3779B97F4A7C15)
            value ^= value >> _U64(29)
        out[row] = value


SPACE, WORD, LETTER = 1, 2, 4
"""Classes of code points, to be added: white space, part of a word and no digit, letter."""

_SLASH, _DASH, _MORE = np.uint32(ord("／")), np.uint32(ord("—")), np.uint32(ord("…"))
_LEAD = 4  # raw characters of the word before a slot


@numba.njit(cache=True)
def _stripped(codes, start, end, of):
    """Return a range without white space at its ends."""
    while start < end and of[codes[start]] & SPACE:
        start += 1
    while start < end and of[codes[end - 1]] & SPACE:
        end -= 1
    return start, end


@numba.njit(cache=True)
def _equal(codes, start, end, other, other_end):
    """Tell whether two ranges say the same."""
    if end - start != other_end - other:
        return False
    for i in range(end - start):
        if codes[start + i] != codes[other + i]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def told(
    first, last, codes, start, end, floor, ceiling, other_first, other_last, other_start, other_end, of, shown,
    out_ptr, out, place, size,
):  # fmt: skip
    """Write what stands in slots and what others have there: 共计12／15件.

    codes : uint32[N]
    start, end : int64[n]                    raw ranges of slots
    floor, ceiling : int64[n]                where their documents begin and end
    other_first, other_last : int64[n]       others have the ranges from other_*[other_first[r]] on
    other_start, other_end : int64[m]
    of : uint8[0x110000]                     `SPACE`, `WORD`, `LETTER` of each code point that stands there
    shown : int64                            different things that are shown
    out_ptr : int64[n + 1]                   rows first to last may write out[out_ptr[first]:out_ptr[last]]
    out : uint32[X]                          written: code points
    place, size : int64[n]                   written: line r is out[place[r]:place[r] + size[r]]

    The word before and the letter behind are the slot's; white space around a value is not told.
    """
    low, high = np.empty(shown, np.int64), np.empty(shown, np.int64)
    written = out_ptr[first] if first < last else np.int64(0)
    for r in range(first, last):
        place[r] = written
        lead = start[r]
        while lead > max(floor[r], start[r] - _LEAD) and of[codes[lead - 1]] & WORD:
            lead -= 1
        for i in range(lead, start[r]):
            out[written] = codes[i]
            written += 1
        low[0], high[0] = _stripped(codes, start[r], end[r], of)
        different = 1
        more = False
        for row in range(other_first[r], other_last[r]):
            a, b = _stripped(codes, other_start[row], other_end[row], of)
            known = False
            for one in range(different):
                if _equal(codes, a, b, low[one], high[one]):
                    known = True
                    break
            if known:
                continue
            if different == shown:
                more = True
                break
            low[different], high[different] = a, b
            different += 1
        for one in range(different):
            if one:
                out[written] = _SLASH
                written += 1
            for i in range(low[one], high[one]):
                out[written] = codes[i]
                written += 1
            if low[one] == high[one]:
                out[written] = _DASH
                written += 1
        if more:
            out[written], out[written + 1] = _SLASH, _MORE
            written += 2
        if end[r] < ceiling[r] and of[codes[end[r]]] & LETTER:
            out[written] = codes[end[r]]
            written += 1
        size[r] = written - place[r]
