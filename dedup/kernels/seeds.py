"""From sorted anchors to pairs of places that share one. Caller: dedup.steps.anchor."""

from __future__ import annotations

import numba
import numpy as np

_U64 = np.uint64


@numba.njit(cache=True, inline="always")
def _equal(codes, i, j, k):
    for x in range(k):
        if codes[i + x] != codes[j + x]:
            return False
    return True


@numba.njit(cache=True, parallel=True)
def pairs(codes, k, position, document, group, cap, count, out_left, out_right, indptr):
    """Write the pairs of places of each group of equal anchors; with an empty `out_left` only count them.

    codes : uint32[K]
    k : int64                    characters in an anchor
    position : int64[A]          anchors sorted by (hash, position)
    document : int64[A]          document of each
    group : int64[G+1]           group g owns anchors [group[g], group[g+1]), at least two
    cap : int64                  groups up to this size are paired all with all across documents
    count : int64[G]             written when counting: at most so many pairs
    out_left, out_right : int64[...]   written: key positions, left before right
    indptr : int64[G+1]          group g may write [indptr[g], indptr[g+1]); unused places get left = -1

    Within one document an occurrence is paired with the next one only: a block six times in a file is five
    pairs in a row, not fifteen, and a sentence repeated a million times costs a million.
    Above `cap` each occurrence is paired with the one before it and with the first of the group: two a member.
    Hashes are 32 bits wide here, so each pair is compared character by character before it counts.
    """
    counting = out_left.shape[0] == 0
    for g in numba.prange(group.shape[0] - 1):
        first = group[g]
        last = group[g + 1]
        n = last - first
        if counting:
            count[g] = n * (n - 1) // 2 if n <= cap else 2 * n
            continue
        at = indptr[g]
        for j in range(first + 1, last):
            if n <= cap:
                low = first
            else:
                low = j - 1
            for i in range(low, j):
                if document[i] == document[j] and i != j - 1:
                    continue
                if _equal(codes, position[i], position[j], k):
                    out_left[at] = position[i]
                    out_right[at] = position[j]
                    at += 1
            if n > cap and low > first and document[first] != document[j]:
                if _equal(codes, position[first], position[j], k):
                    out_left[at] = position[first]
                    out_right[at] = position[j]
                    at += 1
        for i in range(at, indptr[g + 1]):
            out_left[i] = -1


@numba.njit(cache=True, parallel=True)
def first_shared(codes, start, end, left, right, k, out_left, out_right):
    """Write, for pairs of ranges, a place where both have the same k-gram: the first of the left one.

    codes : uint32[K]
    start, end : int64[P]          ranges
    left, right : int64[Q]         pairs of ranges
    k : int64
    out_left, out_right : int64[Q] written: key positions, or -1 where they share none

    O(length * length) a pair at worst; near duplicates meet at their first characters.
    """
    for q in numba.prange(left.shape[0]):
        out_left[q] = -1
        out_right[q] = -1
        p = left[q]
        r = right[q]
        found = False
        for i in range(start[p], end[p] - k + 1):
            for j in range(start[r], end[r] - k + 1):
                if _equal(codes, i, j, k):
                    out_left[q] = i
                    out_right[q] = j
                    found = True
                    break
            if found:
                break
