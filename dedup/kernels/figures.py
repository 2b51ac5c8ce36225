"""Which slots say something rare, and what stands around them? Caller: dedup.figures."""

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
def around(first, last, codes, key, start, end, context, out):
    """Write the key characters around places of ranges as hashes.

    codes : uint32[K]
    key : int64[n]           key places
    start, end : int64[n]    key ranges that they lie in: what is outside counts as nothing
    context : int64          characters on either side
    out : uint64[n]          written
    """
    for row in range(first, last):
        value = _U64(0)
        for at in range(key[row] - context, key[row] + context):
            here = _U64(codes[at]) if start[row] <= at < end[row] else _U64(0)
            value = (value ^ here) * _U64(0x9E3779B97F4A7C15)
            value ^= value >> _U64(29)
        out[row] = value
