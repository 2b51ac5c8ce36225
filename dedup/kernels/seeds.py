"""From sorted anchors to pairs of places that share one. Callers: dedup.steps.anchor, dedup.steps.align."""

from __future__ import annotations

import numba
import numpy as np

from dedup.schema import Int32, Int64

_U64 = np.uint64
_U32 = np.uint32


@numba.njit(cache=True, inline="always")
def _equal(codes, i, j, k):
    for x in range(k):
        if codes[i + x] != codes[j + x]:
            return False
    return True


@numba.njit(cache=True)
def _echo(codes, i, j, low, high, reach, drift):
    """Tell whether three characters in a row stand on both sides, at most `drift` out of step.

    i, j : int64        where the `reach` characters begin that are looked at, on either side
    low, high : tuple of two int64   borders that are not crossed, on either side

    The inner loop has no way out, so that the compiler compares eight or sixteen places at once.
    """
    for shift in range(-drift, drift + 1):
        at = j + shift
        first = max(np.int64(0), low[0] - i, low[1] - at)
        last = min(reach, high[0] - i, high[1] - at) - 2
        found = _U32(0)
        for x in range(first, last):
            here, there = _U64(i + x), _U64(at + x)
            one = _U32(codes[here] == codes[there])
            two = _U32(codes[here + _U64(1)] == codes[there + _U64(1)])
            found |= one & two & _U32(codes[here + _U64(2)] == codes[there + _U64(2)])
        if found:
            return True
    return False


@numba.njit(cache=True)
def _resumes(codes, i, j, k, low, high, run, reach, drift):
    """Tell whether an anchor lies in `run` equal characters, or the two sides agree once more beside it."""
    end_i = i + k
    end_j = j + k
    length = k
    while length < run and i > low[0] and j > low[1] and codes[i - 1] == codes[j - 1]:
        i -= 1
        j -= 1
        length += 1
    while length < run and end_i < high[0] and end_j < high[1] and codes[end_i] == codes[end_j]:
        end_i += 1
        end_j += 1
        length += 1
    if length >= run or _echo(codes, end_i, end_j, low, high, reach, drift):
        return True
    return _echo(codes, i - reach, j - reach, low, high, reach, drift)


@numba.njit(cache=True, inline="always")
def _worth(codes, i, j, one, other, borders, k, around):
    """Tell whether two places with one hash are worth a seed; with k = 0, where the text is not at hand, all are."""
    if k == 0:
        return True
    low = borders[one], borders[other]
    high = borders[one + 1], borders[other + 1]
    return _equal(codes, i, j, k) and _resumes(codes, i, j, k, low, high, around[0], around[1], around[2])


@numba.njit(cache=True, parallel=True)
def worth(codes, left, right, one, other, borders, k, around, out):
    """Write which pairs of places `pairs` would have written, had the text been at hand.

    codes : uint32[K]
    left, right : int64[S]   key positions
    one, other : int32[S]    their documents
    borders : int64[D+1]     where documents begin in codes
    k : int64                characters in an anchor
    around : tuple of int64  run, reach and drift of `_resumes`
    out : bool[S]            written
    """
    for s in numba.prange(left.shape[0]):
        out[s] = _worth(codes, left[s], right[s], one[s], other[s], borders, k, around)


@numba.njit(cache=True, parallel=True)
def pairs(codes, k, position, document, borders, group, cap, around, out_left, out_right, indptr):
    """Write the pairs of places of each group of equal anchors.

    codes : uint32[K]
    k : int64                    characters in an anchor
    position : int64[A]          anchors sorted by (hash, position)
    document : int32[A]          document of each
    borders : int64[D+1]         where documents begin in codes
    group : int64[G+1]           group g owns anchors [group[g], group[g+1]), at least two
    cap : int64                  groups up to this size are paired all with all across documents
    around : tuple of int64      run, reach and drift of `_resumes`
    out_left, out_right : int64[...]   written: key positions, left before right
    indptr : int64[G+1]          group g may write [indptr[g], indptr[g+1]): n * (n - 1) / 2 places up to the cap,
                                 2 * n above it; unused ones get left = -1

    Within one document an occurrence is paired with the next one only: a block six times in a file is five
    pairs in a row, not fifteen, and a sentence repeated a million times costs a million.
    Above `cap` each occurrence is paired with the one before it and with the first of the group: two a member.
    Hashes are 32 bits wide here, so each pair is compared character by character before it counts; and nine in ten
    are a turn of phrase that two texts share by chance, so each has to show more than its own characters.
    """
    for g in numba.prange(group.shape[0] - 1):
        first = group[g]
        last = group[g + 1]
        n = last - first
        at = indptr[g]
        for j in range(first + 1, last):
            if n <= cap:
                low = first
            else:
                low = j - 1
            for i in range(low, j):
                if document[i] == document[j] and i != j - 1:
                    continue
                if _worth(codes, position[i], position[j], document[i], document[j], borders, k, around):
                    out_left[at] = position[i]
                    out_right[at] = position[j]
                    at += 1
            if n > cap and low > first and document[first] != document[j]:
                if _worth(codes, position[first], position[j], document[first], document[j], borders, k, around):
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


def document_of(indptr: Int64, position: Int64) -> Int32:
    """Return the document of each key position (int32, same shape); ``indptr`` as in a key stream.

    One look into a rough table and a step or two from there: a binary search in thousands of documents missed the
    cache a dozen times for each of ten million places. The table is of those documents only among which the
    positions lie, for they may be a few of a large corpus.
    """
    out = np.empty(len(position), np.int32)
    if not len(position):
        return out
    first, last = np.searchsorted(indptr, [position.min(), position.max()], side="right")
    some = indptr[first - 1 : last + 1]
    shift = int((some[-1] - some[0]) // (4 * len(some))).bit_length()
    rough = np.searchsorted(some, np.arange(some[0], some[-1] + 1, 1 << shift), side="right") - 1
    _documents(some, rough.astype(np.int32), np.int64(shift), np.int32(first - 1), position, out)
    return out


@numba.njit(cache=True, parallel=True)
def _documents(indptr, rough, shift, first, position, out):
    """Write the document of each key position.

    indptr : int64[D+1]     of some documents in a row
    rough : int32[...]      for each stretch of 2**shift positions the one of them in which it begins
    shift : int64
    first : int32           the number of the first of them
    position : int64[A]
    out : int32[A]          written
    """
    for i in numba.prange(position.shape[0]):
        at = position[i]
        d = rough[(at - indptr[0]) >> shift]
        while indptr[d + 1] <= at:
            d += 1
        out[i] = first + d


@numba.njit(cache=True, parallel=True)
def pack(indptr, one, other, left, right, number, offset, out):
    """Write document of left, document of right, place of left, place of right as one word each.

    indptr : int64[D+1]
    one, other : int32[S]       documents of left and right
    left, right : int64[S]      key positions
    number, offset : uint64     bits of a document's number, and of a place within a document
    out : uint64[S]             written
    """
    for i in numba.prange(left.shape[0]):
        word = (_U64(one[i]) << number) | _U64(other[i])
        word = (word << offset) | _U64(left[i] - indptr[one[i]])
        out[i] = (word << offset) | _U64(right[i] - indptr[other[i]])


@numba.njit(cache=True, parallel=True)
def unpack(indptr, words, number, offset, left, right):
    """Write the key positions that `pack` put into words; arguments as there."""
    for i in numba.prange(words.shape[0]):
        place = (_U64(1) << offset) - _U64(1)
        name = (_U64(1) << number) - _U64(1)
        word = words[i]
        right[i] = np.int64(word & place)
        left[i] = np.int64((word >> offset) & place)
        word = word >> (offset + offset)
        right[i] += indptr[np.int64(word & name)]
        left[i] += indptr[np.int64(word >> number)]
