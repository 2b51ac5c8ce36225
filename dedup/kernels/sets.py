"""Exact intersection of sorted sets. Caller: dedup.steps.verify."""

from __future__ import annotations

import numba


@numba.njit(cache=True, parallel=True)
def shared(left, right, indptr, length, hashes, threshold, out):
    """Write how many hashes each pair of sets shares, or -1 where the Jaccard index cannot reach the threshold.

    left, right : int64[Q]   rows of the sets
    indptr : int64[P+1]      set p begins at hashes[indptr[p]]
    length : int64[P]        and has so many hashes, sorted and distinct
    hashes : uint64[M]
    threshold : float64
    out : int64[Q]           written

    A merge that gives up once what is left cannot reach the overlap the threshold asks for:
    ``|A & B| >= t / (1 + t) * (|A| + |B|)``. The bound is taken one lower than computed, so that rounding can only
    make the merge run on; the exact comparison is the caller's. O(|A| + |B|) a pair.
    """
    for q in numba.prange(left.shape[0]):
        i = indptr[left[q]]
        j = indptr[right[q]]
        n = length[left[q]]
        m = length[right[q]]
        wanted = int(threshold / (1.0 + threshold) * (n + m)) - 1
        i_end = i + n
        j_end = j + m
        common = 0
        while i < i_end and j < j_end:
            x = hashes[i]
            y = hashes[j]
            if x == y:
                common += 1
                i += 1
                j += 1
            else:
                if x < y:
                    i += 1
                else:
                    j += 1
                if common + min(i_end - i, j_end - j) < wanted:
                    break
        if common + min(i_end - i, j_end - j) < wanted:
            out[q] = -1
        else:
            out[q] = common
