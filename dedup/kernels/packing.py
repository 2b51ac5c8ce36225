"""Pairs of places: one for two paragraphs, and all as words that sort by documents. Caller: dedup.steps.anchor."""

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


@numba.njit(cache=True, nogil=True, parallel=True)
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


@numba.njit(cache=True, nogil=True, parallel=True)
def pack(indptr, one, other, left, right, weak, number, offset, spare, out):
    """Write document of left, document of right, place of left, place of right as one word each.

    indptr : int64[D+1]
    one, other : int32[S]       documents of left and right
    left, right : int64[S]      key positions
    weak : bool[S]              1 where a seed is nothing alone
    number, offset : uint64     bits of a document's number, and of a place within a document
    spare : uint64              1 if a bit is left below them, for `weak`; or 0
    out : uint64[S]             written
    """
    for i in numba.prange(left.shape[0]):
        word = (_U64(one[i]) << number) | _U64(other[i])
        word = (word << offset) | _U64(left[i] - indptr[one[i]])
        word = (word << offset) | _U64(right[i] - indptr[other[i]])
        out[i] = (word << spare) | (_U64(weak[i]) & spare)


@numba.njit(cache=True, nogil=True, parallel=True)
def unpack(indptr, words, number, offset, spare, left, right):
    """Write the key positions that `pack` put into words; arguments as there."""
    for i in numba.prange(words.shape[0]):
        place = (_U64(1) << offset) - _U64(1)
        name = (_U64(1) << number) - _U64(1)
        word = words[i] >> spare
        right[i] = np.int64(word & place)
        left[i] = np.int64((word >> offset) & place)
        word = word >> (offset + offset)
        right[i] += indptr[np.int64(word & name)]
        left[i] += indptr[np.int64(word >> number)]


@numba.njit(cache=True, nogil=True)
def in_company(words, weak, group, out):
    """Write which seeds have another between the same documents, or need none.

    words : uint64[S]   sorted, as `pack` writes them: the lowest bit is 1 for a seed that is nothing alone
    weak : uint64       1, or 0 where the lowest bit says nothing of the kind
    group : uint64      bits below those of the documents
    out : bool[S]       written; of equal words but for that bit the first counts, and it alone is kept
    """
    n = words.shape[0]
    for s in range(n):
        word = words[s]
        again = s > 0 and words[s - 1] >> weak == word >> weak
        alone = word & weak != 0
        if alone and s > 0:
            alone = words[s - 1] >> group != word >> group
        if alone and s + 1 < n:
            alone = words[s + 1] >> group != word >> group
        out[s] = not again and not alone
