"""Which ranges hold a whole paragraph? Caller: dedup.steps.align."""

from __future__ import annotations

import numba


@numba.njit(cache=True, nogil=True, parallel=True)
def holds(start, end, kind, wanted, least, row, first, last, share, out):
    """Clear which ranges do not hold a whole paragraph of a kind that is so much of them.

    start, end : int64[P]      paragraphs, ascending, apart
    kind : uint8[P]
    wanted : uint8             the kind looked for
    least : int64              fewest characters of a paragraph that counts
    row : int64[n]             paragraphs that begin before each range
    first, last : int64[n]     ranges; the first such paragraph that begins in one is looked at
    share : float64
    out : bool[n]              cleared where it holds none; what is cleared already is not looked at

    O(paragraphs in the range) a range. To pick out the paragraphs that count once and for all would be one
    look into a table, but some thousand seeds are looked at at a time and the table is as long as the corpus.
    """
    for i in numba.prange(first.shape[0]):
        if not out[i]:
            continue
        p = row[i]
        while p < start.shape[0] and start[p] < last[i] and (kind[p] != wanted or end[p] - start[p] < least):
            p += 1
        if p >= start.shape[0] or start[p] >= last[i] or end[p] > last[i]:
            out[i] = False
        elif end[p] - start[p] < share * (last[i] - first[i]):
            out[i] = False
