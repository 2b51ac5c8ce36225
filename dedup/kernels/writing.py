"""Rows of columns as lines of text: digits and words between fixed pieces, written as bytes. Caller: dedup.lines.

A line of a result has thirty fields, and a large result a million lines: formatted by the interpreter a line takes
six microseconds, which was the longest part of writing a result. Here it is copying.
"""

from __future__ import annotations

import numba
import numpy as np

WORD, NUMBER, SHARE, NAME, STRING = 0, 1, 2, 3, 4
"""Kinds of fields: a word of the table, an integer, ten-thousandths (null where either is below 0), 64 bits in
hexadecimal, and a word of the table as a JSON string."""

_SHARE_DIGITS = 4
_U1, _U2, _U3, _U4 = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)


@numba.njit(cache=True, inline="always")
def _digits(value):
    """Return how many digits an integer of at least 0 has."""
    count = 1
    while value >= 10:
        value //= 10
        count += 1
    return count


@numba.njit(cache=True, inline="always")
def _places(value):
    """Return how many decimals a number of ten-thousandths is written with, as Python does: no zeros at the end."""
    count = _SHARE_DIGITS
    while count > 1 and value % 10 == 0:
        value //= 10
        count -= 1
    return count


@numba.njit(cache=True, inline="always")
def _escaped(byte):
    """Return how many bytes a byte takes in a JSON string."""
    if byte >= 32:
        return 2 if byte == 34 or byte == 92 else 1
    return 2 if 8 <= byte <= 13 and byte != 11 else 6


@numba.njit(cache=True)
def _write_string(words, begin, end, out, at):
    """Write a word as a JSON string, escaped as Python's json does; return where it ends."""
    out[at] = 34
    at += 1
    for i in range(begin, end):
        byte = words[i]
        size = _escaped(byte)
        if size == 1:
            out[at] = byte
        else:
            out[at] = 92
            if size == 6:  # u00 and two digits
                out[at + 1] = 117
                out[at + 2] = out[at + 3] = 48
                out[at + 4] = 48 + (byte >> 4)
                low = byte & 15
                out[at + 5] = low + (48 if low < 10 else 87)
            elif byte >= 32:
                out[at + 1] = byte
            elif byte == 8:
                out[at + 1] = 98
            elif byte == 9:
                out[at + 1] = 116
            elif byte == 10:
                out[at + 1] = 110
            elif byte == 12:
                out[at + 1] = 102
            else:
                out[at + 1] = 114
        at += size
    out[at] = 34
    return at + 1


@numba.njit(cache=True, nogil=True)
def sizes(first, last, kind, piece_ptr, values, begin, end, words, more_begin, more_end, more, out):
    """Write how many bytes each line has; the arguments are those of `lines`."""
    fixed = piece_ptr[piece_ptr.shape[0] - 1]
    for row in range(first, last):
        size = fixed
        for field in range(kind.shape[0]):
            value = values[field, row]
            if kind[field] == WORD:
                size += end[value] - begin[value] if value >= 0 else more_end[-1 - value] - more_begin[-1 - value]
            elif kind[field] == STRING:
                size += 2
                for i in range(begin[value], end[value]):
                    size += _escaped(words[i])
            elif kind[field] == NAME:
                size += 16
            elif value < 0:
                size += 4
            elif kind[field] == SHARE:
                size += _digits(value // 10_000) + 1 + _places(value)
            else:
                size += _digits(value)
        out[row] = size


@numba.njit(cache=True, inline="always")
def _copied(source, begin, end, out, at):
    """Copy bytes; return where they end."""
    for byte in range(begin, end):
        out[at] = source[byte]
        at += 1
    return at


@numba.njit(cache=True, nogil=True)
def lines(
    first, last, kind, piece, piece_ptr, values, begin, end, words, more_begin, more_end, more, ptr, out
):  # fmt: skip
    """Write lines: a fixed piece before each field, and one behind the last.

    first, last : int64         rows written
    kind : uint8[F]             `WORD`, `NUMBER`, `SHARE`, `NAME` or `STRING`
    piece : uint8[...]          the F + 1 fixed pieces, end to end
    piece_ptr : int64[F + 2]
    values : int64[F, N]        of a word its row in the table of words, of a `WORD` in the other one -1 - row
    begin, end : int64[W]       word w is words[begin[w]:end[w]]
    words : uint8[...]
    more_begin, more_end, more  another table of words
    ptr : int64[N + 1]          where the lines begin, from `sizes`
    out : uint8[ptr[N]]         written

    Each row is written by one caller. O(bytes).
    """
    count = kind.shape[0]
    for row in range(first, last):
        at = ptr[row]
        for field in range(count + 1):
            at = _copied(piece, piece_ptr[field], piece_ptr[field + 1], out, at)
            if field == count:
                break
            value = values[field, row]
            if kind[field] == WORD:
                if value >= 0:
                    at = _copied(words, begin[value], end[value], out, at)
                else:
                    at = _copied(more, more_begin[-1 - value], more_end[-1 - value], out, at)
            elif kind[field] == STRING:
                at = _write_string(words, begin[value], end[value], out, at)
            elif kind[field] == NAME:
                rest = np.uint64(value)
                for digit in range(15, -1, -1):
                    low = np.uint8(rest & np.uint64(15))
                    out[at + digit] = low + (48 if low < 10 else 87)
                    rest >>= np.uint64(4)
                at += 16
            elif value < 0:
                for letter in (110, 117, 108, 108):  # null
                    out[at] = letter
                    at += 1
            else:
                whole = value if kind[field] == NUMBER else value // 10_000
                size = _digits(whole)
                for digit in range(size - 1, -1, -1):
                    out[at + digit] = 48 + whole % 10
                    whole //= 10
                at += size
                if kind[field] == SHARE:
                    part = value % 10_000
                    size = _places(part)
                    for _ in range(_SHARE_DIGITS - size):
                        part //= 10
                    out[at] = 46
                    for digit in range(size, 0, -1):
                        out[at + digit] = 48 + part % 10
                        part //= 10
                    at += 1 + size


@numba.njit(cache=True, nogil=True)
def utf8_sizes(first, last, codes, start, end, out):
    """Write how many bytes stretches of code points have in UTF-8; the arguments are those of `utf8`."""
    for r in range(first, last):
        some = codes[start[r] : end[r]]  # from 0 up, so that the compiler counts several at once
        size = some.shape[0]
        for i in range(some.shape[0]):
            size += int(some[i] >= 0x80) + int(some[i] >= 0x800) + int(some[i] >= 0x10000)
        out[r] = size


@numba.njit(cache=True, nogil=True)
def utf8(first, last, codes, start, end, ptr, out):
    """Write stretches of code points in UTF-8; surrogates take three bytes, as their neighbours do.

    first, last : int64       rows written
    codes : uint32[N]
    start, end : int64[R]
    ptr : int64[R + 1]        where the rows begin, from `utf8_sizes`
    out : uint8[ptr[R]]       written

    Each row is written by one caller. O(bytes).
    """
    for r in range(first, last):
        some = codes[start[r] : end[r]]
        at = np.uint64(ptr[r])  # what cannot be below 0 is looked at no further
        for i in range(some.shape[0]):
            code = some[i]
            if 0x800 <= code < 0x10000:
                out[at] = 0xE0 | code >> 12
                out[at + _U1] = 0x80 | code >> 6 & 0x3F
                out[at + _U2] = 0x80 | code & 0x3F
                at += _U3
            elif code < 0x80:
                out[at] = code
                at += _U1
            elif code < 0x800:
                out[at] = 0xC0 | code >> 6
                out[at + _U1] = 0x80 | code & 0x3F
                at += _U2
            else:
                out[at] = 0xF0 | code >> 18
                out[at + _U1] = 0x80 | code >> 12 & 0x3F
                out[at + _U2] = 0x80 | code >> 6 & 0x3F
                out[at + _U3] = 0x80 | code & 0x3F
                at += _U4
