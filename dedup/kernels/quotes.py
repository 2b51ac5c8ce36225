"""Where do quotations stand? Caller: dedup.steps.label."""

from __future__ import annotations

import numba
import numpy as np

_U32 = np.uint32
_BLOCK = 64


@numba.njit(cache=True, inline="always")
def _in_band(code, bands):
    """Return 1 for a code point that may be a mark, 0 for any other, without a branch: most are none."""
    one, one_more, other, other_more = bands
    return _U32(_U32(code - one) <= one_more) + _U32(_U32(code - other) <= other_more)


@numba.njit(cache=True, nogil=True)
def quotations(first, last, codes, borders, marks, bands, longest, out):
    """Write what stands between the marks of a pair, from the first opening one to the next closing one.

    first, last : int64       documents that are looked at
    codes : uint32[N]
    borders : int64[D+1]      where documents begin, and the end
    marks : uint32[2, 3]      three opening marks, and those that close them
    bands : tuple of uint32   first of a range of code points, how many more it has, and another: all marks are there
    longest : int64           of a quotation, marks included
    out : int64[n, 2]         written as far as there is room: ranges, in the order of their ends

    Returns how many there are. Few characters are marks: blocks of characters are asked whether one may be. One pass.
    """
    found = np.int64(0)
    opened = np.empty(3, np.int64)
    for document in range(first, last):
        opened[:] = -1
        for block in range(borders[document], borders[document + 1], _BLOCK):
            stop = min(block + _BLOCK, borders[document + 1])
            piece = codes[block:stop]
            some = _U32(0)
            for i in range(piece.shape[0]):
                some += _in_band(piece[i], bands)
            if not some:
                continue
            for i in range(block, stop):
                if not _in_band(codes[i], bands):
                    continue
                for pair in range(3):
                    if codes[i] == marks[0, pair] and opened[pair] < 0:
                        opened[pair] = i
                    elif codes[i] == marks[1, pair] and opened[pair] >= 0:
                        if i + 1 - opened[pair] <= longest:
                            if found < out.shape[0]:
                                out[found, 0], out[found, 1] = opened[pair], i + 1
                            found += 1
                        opened[pair] = -1
    return found
