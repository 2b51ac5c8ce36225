"""Painting ranges over one another. Caller: dedup.layers."""

from __future__ import annotations

import numba


@numba.njit(cache=True, nogil=True)
def paint(start, end, colour, owner, colours, owners):
    """Paint ranges in their order, the later over the earlier.

    start, end : int64[R]   ranges of positions
    colour : uint8[R]
    owner : int64[R]
    colours : uint8[N]      written where a range lies
    owners : int32[N]       written where a range lies

    One thread: the order decides. O(total length of the ranges), which the caller keeps short; the sweep over sorted
    borders that would visit each position once needs a heap.
    """
    for r in range(start.shape[0]):
        for i in range(start[r], end[r]):
            colours[i] = colour[r]
            owners[i] = owner[r]
