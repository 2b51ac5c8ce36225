"""From sorted anchors to pairs of places that share one. Callers: dedup.steps.anchor, dedup.steps.align."""

from __future__ import annotations

import numba
import numpy as np

from dedup.schema import Int32, Int64

_U64 = np.uint64
_U32 = np.uint32
_HIGH, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_REACH, _AMONG = 16, 24  # characters looked at for an echo, on the left and on the right, as steps.anchor wants them


@numba.njit(cache=True, inline="always")
def _equal(codes, i, j, k):
    for x in range(k):
        if codes[_U64(i + x)] != codes[_U64(j + x)]:  # unsigned: no look for negative indices
            return False
    return True


@numba.njit(cache=True)
def _may_echo(codes, i, j, low, high, reach, drift):
    """Tell whether three characters in a row on the left stand, in any order, among those looked at on the right.

    Nineteen pairs of places in twenty have no echo, and finding that out shift by shift took three times as long. The
    lengths are constants, so that all characters of the left are compared with one of the right at once; other
    lengths, and places beside a border, are left to `_echo`.
    """
    begin = j - drift
    if reach != _REACH or reach + 2 * drift != _AMONG:
        return True
    if i < low[0] or i + _REACH > high[0] or begin < low[1] or begin + _AMONG > high[1]:
        return True
    there = _U32(0)
    for x in range(_REACH):
        code = codes[_U64(i) + _U64(x)]
        found = False
        for y in range(_AMONG):
            found |= code == codes[_U64(begin) + _U64(y)]
        there |= _U32(found) << _U32(x)
    return there & (there >> _U32(1)) & (there >> _U32(2)) != 0


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


@numba.njit(cache=True, inline="always")
def _resumes(codes, i, j, k, low, high, run, reach, drift):
    """Tell whether an anchor lies in `run` equal characters, or the two sides agree once more beside it."""
    end_i = i + k
    end_j = j + k
    length = k
    while length < run and i > low[0] and j > low[1] and codes[_U64(i - 1)] == codes[_U64(j - 1)]:
        i -= 1
        j -= 1
        length += 1
    while length < run and end_i < high[0] and end_j < high[1] and codes[_U64(end_i)] == codes[_U64(end_j)]:
        end_i += 1
        end_j += 1
        length += 1
    if length >= run:
        return True
    if _may_echo(codes, end_i, end_j, low, high, reach, drift):
        if _echo(codes, end_i, end_j, low, high, reach, drift):
            return True
    i -= reach
    j -= reach
    return _may_echo(codes, i, j, low, high, reach, drift) and _echo(codes, i, j, low, high, reach, drift)


@numba.njit(cache=True, inline="always")
def _worth(codes, i, j, one, other, borders, k, around):
    """Tell whether two places with one hash are worth a seed; with k = 0, where the text is not at hand, all are."""
    if k == 0:
        return True
    low = borders[one], borders[other]
    high = borders[one + 1], borders[other + 1]
    return _equal(codes, i, j, k) and _resumes(codes, i, j, k, low, high, around[0], around[1], around[2])


@numba.njit(cache=True, nogil=True, parallel=True)
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


@numba.njit(cache=True, nogil=True, parallel=True)
def room(anchors, rows, cap, out, over, largest):
    """Write how many pairs each block of anchors may give.

    anchors : uint64[A]   hash above position, sorted
    rows : int64[B+1]     block b owns anchors [rows[b], rows[b+1]); no group of equal hashes is parted
    cap : int64           see `pairs`
    out : int64[B]        written: n * (n - 1) / 2 for each group of n up to the cap, 2 * n above it
    over, largest : int64[B]   written: groups above the cap, and the largest of them
    """
    for b in numba.prange(rows.shape[0] - 1):
        out[b] = 0
        over[b] = 0
        largest[b] = 0
        first = rows[b]
        while first < rows[b + 1]:
            n = _group(anchors, first, rows[b + 1])
            out[b] += n * (n - 1) // 2 if n <= cap else 2 * n
            if n > cap:
                over[b] += 1
                largest[b] = max(largest[b], n)
            first += n


@numba.njit(cache=True, inline="always")
def _group(anchors, first, end):
    """Return how many anchors in a row have the hash of the first."""
    value = anchors[first] >> _HIGH
    last = first + 1
    while last < end and anchors[last] >> _HIGH == value:
        last += 1
    return last - first


@numba.njit(cache=True, nogil=True, parallel=True)
def pairs(codes, k, anchors, rows, borders, rough, shift, base, cap, around, indptr, out, count):
    """Write the pairs of places of each group of equal anchors.

    codes : uint32[K]
    k : int64                    characters in an anchor
    anchors : uint64[A]          hash above position, sorted
    rows : int64[B+1]            block b owns anchors [rows[b], rows[b+1]); no group of equal hashes is parted
    borders : int64[D+1]         where documents begin in codes
    rough, shift, base : int32[...], int64, int32   the table of `document_of`
    cap : int64                  groups up to this size are paired all with all across documents
    around : tuple of int64      run, reach and drift of `_resumes`
    indptr : int64[B+1]          block b may write [indptr[b], indptr[b+1]): the room that `room` tells
    out : uint64[...]            written: left place above right place, left before right
    count : int64[B]             written: pairs of each block

    Within one document an occurrence is paired with the next one only: a block six times in a file is five
    pairs in a row, not fifteen, and a sentence repeated a million times costs a million.
    Above `cap` each occurrence is paired with the one before it and with the first of the group: two a member.
    Hashes are 32 bits wide here, so each pair is compared character by character before it counts; and nine in ten
    are a turn of phrase that two texts share by chance, so each has to show more than its own characters.
    """
    for b in numba.prange(rows.shape[0] - 1):
        of = np.empty(cap + 1, np.int32)  # documents of a small group; of a large one the first and the last two
        at = indptr[b]
        first = rows[b]
        while first < rows[b + 1]:
            n = _group(anchors, first, rows[b + 1])
            few = n <= cap
            if n > 1:
                of[0] = _document(borders, rough, shift, base, np.int64(anchors[first] & _LOW))
            for y in range(1, n):
                right = np.int64(anchors[first + y] & _LOW)
                document = _document(borders, rough, shift, base, right)
                of[y if few else 1 + y % 2] = document
                for turn in range(y if few else min(y, 2)):
                    x = np.int64(turn)  # up to the cap all before it; above it the one before it, then the first
                    if not few:
                        x = np.int64(0) if turn == 1 else y - 1
                    other = of[x if few or x == 0 else 1 + x % 2]
                    if other == document and x != y - 1:
                        continue
                    left = np.int64(anchors[first + x] & _LOW)
                    if _worth(codes, left, right, other, document, borders, k, around):
                        out[at] = (_U64(left) << _HIGH) | _U64(right)
                        at += 1
            first += n
        count[b] = at - indptr[b]


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


@numba.njit(cache=True, inline="always")
def _document(borders, rough, shift, base, at):
    """Return the document in which a place stands, by the table of `look_up`."""
    d = rough[(at - borders[base]) >> shift]
    while borders[d + 1] <= at:
        d += 1
    return d


def look_up(indptr: Int64, low: int, high: int) -> tuple[Int32, np.int64, np.int32]:
    """Return a rough table of the documents of the key positions ``[low, high]``.

    One look into it and a step or two from there: a binary search in thousands of documents missed the cache a dozen
    times for each of ten million places. The table is of those documents only, for they may be a few of a large
    corpus.

    Returns
    -------
    rough : int32[...]
        For each stretch of ``2**shift`` positions the document in which it begins.
    shift : int64
    first : int32
        The document in which the table begins.
    """
    first, last = np.searchsorted(indptr, [low, high], side="right")
    some = indptr[first - 1 : last + 1]
    shift = int((some[-1] - some[0]) // (4 * len(some))).bit_length()
    rough = np.searchsorted(some, np.arange(some[0], some[-1] + 1, 1 << shift), side="right") + (first - 2)
    return rough.astype(np.int32), np.int64(shift), np.int32(first - 1)


def document_of(indptr: Int64, position: Int64) -> Int32:
    """Return the document of each key position (int32, same shape); ``indptr`` as in a key stream."""
    out = np.empty(len(position), np.int32)
    if len(position):
        _documents(indptr, *look_up(indptr, int(position.min()), int(position.max())), position, out)
    return out


@numba.njit(cache=True, nogil=True, parallel=True)
def _documents(borders, rough, shift, base, position, out):
    """Write the document of each key position.

    borders : int64[D+1]
    rough, shift, base : int32[...], int64, int32   from `look_up`
    position : int64[A]
    out : int32[A]          written
    """
    for i in numba.prange(position.shape[0]):
        out[i] = _document(borders, rough, shift, base, position[i])


@numba.njit(cache=True, nogil=True, parallel=True)
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


@numba.njit(cache=True, nogil=True, parallel=True)
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
