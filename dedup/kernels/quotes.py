"""Which ranges hold the end of a sentence, and what stands between quotation marks? Caller: dedup.steps.label."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def stops(first, last, codes, start, end, marks, out):
    """Tell which ranges hold a mark before their last position.

    codes : uint32[N]
    start, end : int64[n]
    marks : uint32[m]       few
    out : bool[n]           written

    Read up to the first mark: what is more than a sentence is known by its first.
    """
    for row in range(first, last):
        out[row] = False
        for at in range(start[row], end[row] - 1):
            code = codes[at]
            for mark in marks:
                if code == mark:
                    out[row] = True
                    break
            if out[row]:
                break


@numba.njit(cache=True, nogil=True)
def quotations(codes, indptr, opening, closing, longest, out):
    """Write the ranges between quotation marks, the marks included; return how many there are.

    codes : uint32[N]
    indptr : int64[D + 1]       documents in codes; a quotation never crosses from one into the next
    opening, closing : uint32[m]    pairs of marks that stand near one another among all code points
    longest : int64             longest range; beyond it a closing mark was lost
    out : int64[X, 2]           written, by where they end

    Of openings before one closing mark the first is the outer one. One thread. O(N).
    """
    low, high = min(opening.min(), closing.min()), max(opening.max(), closing.max())
    opened = np.empty(opening.shape[0], np.int64)
    rows = 0
    for d in range(indptr.shape[0] - 1):
        opened[:] = -1
        for at in range(indptr[d], indptr[d + 1]):
            code = codes[at]
            if code < low or code > high:
                continue
            for pair in range(opened.shape[0]):
                if code == opening[pair]:
                    if opened[pair] < 0:
                        opened[pair] = at
                elif code == closing[pair]:
                    if opened[pair] >= 0 and at + 1 - opened[pair] <= longest:
                        out[rows, 0], out[rows, 1] = opened[pair], at + 1
                        rows += 1
                    opened[pair] = -1
    return rows
