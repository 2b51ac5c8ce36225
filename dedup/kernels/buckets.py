"""Words with equal keys: exact groups, band buckets and the pairs they make; anchors of some hashes, in order.

Callers: dedup.steps.pair, dedup.steps.anchor.

A key and the row that bears it are packed in one word, 32 bits each, the key above; sorted words lay the members of
a bucket side by side in ascending order of rows. Two different keys whose 32 bits agree cost a comparison and
nothing else, for every candidate is verified. Sorting took three quarters of the time of an open-addressing table on
180,000 rows, where the table no longer fits the cache, and it needs no guess about sizes.
"""

from __future__ import annotations

import numba
import numpy as np

_U64 = np.uint64
_U8 = np.uint8
_LOW = _U64(0xFFFFFFFF)


@numba.njit(cache=True)
def _sort(words, other, first, bits):
    """Sort words, all of ``[first, first + 2**bits)``; the upper bits of these are taken to be evenly spread. O(n).

    Two radix passes over the upper 22 bits, then insertion, which moves little: up to four million words, less than
    one other word shares a word's 22 bits. Equal keys arrive in ascending order of rows and stay so, so that a flood
    of them is not moved at all.
    """
    n = words.shape[0]
    low, high = _U64(bits - 22), _U64(bits - 11)
    count = np.zeros((2, 2049), np.int64)
    for i in range(n):
        count[0, np.int64((words[i] - first) >> low & _U64(2047)) + 1] += 1
        count[1, np.int64((words[i] - first) >> high) + 1] += 1
    for j in range(1, 2049):
        count[0, j] += count[0, j - 1]
        count[1, j] += count[1, j - 1]
    for i in range(n):
        digit = np.int64((words[i] - first) >> low & _U64(2047))
        other[count[0, digit]] = words[i]
        count[0, digit] += 1
    for i in range(n):
        digit = np.int64((other[i] - first) >> high)
        words[count[1, digit]] = other[i]
        count[1, digit] += 1
    for i in range(1, n):
        word = words[i]
        j = i
        while j > 0 and words[j - 1] > word:
            words[j] = words[j - 1]
            j -= 1
        words[j] = word


@numba.njit(cache=True)
def _sift(words, seen):
    """Move the words whose key may occur more than once to the front, in their order; return how many they are.

    seen : uint8[2**m]   scratch

    One slot for each value of the m lower bits of a key: 1 where one word was seen, 3, 7, ... where more were. With
    four slots a word, one in five of the words whose key is theirs alone shares its slot and stays. Two bits a slot
    take a quarter of the cache and, for the shifts, a third more time.
    """
    seen[:] = 0
    mask = _U64(seen.shape[0] - 1)
    n = _U64(words.shape[0])
    for i in range(n):
        slot = (words[i] >> _U64(32)) & mask
        seen[slot] = (seen[slot] << _U8(1)) | _U8(1)
    kept = _U64(0)
    for i in range(n):
        word = words[i]
        words[kept] = word
        kept += _U64(seen[(word >> _U64(32)) & mask] >> _U8(1)) & _U64(1)
    return np.int64(kept)


@numba.njit(cache=True, inline="always")
def _slots(n):
    """Return how many slots `_sift` needs for n words."""
    slots = 1
    while slots < 4 * n:
        slots *= 2
    return slots


@numba.njit(cache=True)
def _end_of_run(words, i):
    """Return the end of the run of equal keys that begins at i."""
    key = words[i] >> _U64(32)
    j = i + 1
    while j < words.shape[0] and words[j] >> _U64(32) == key:
        j += 1
    return j


@numba.njit(cache=True)
def groups(digest, words, other, head):
    """Write the first row that has the same digest, for each row.

    digest : uint64[P, 2]
    words, other : uint64[P]   scratch
    head : int64[P]            written: ``head[p] <= p``

    O(P), but for rows that agree in 32 bits and differ in the rest, which meet each other's heads.
    """
    n = digest.shape[0]
    for p in range(n):
        words[p] = (digest[p, 0] & ~_LOW) | _U64(p)
    _sort(words, other, _U64(0), 64)
    i = 0
    while i < n:
        key = words[i] >> _U64(32)
        heads = i  # words[i:heads] are rewritten to the distinct heads of this run
        j = i
        while j < n and words[j] >> _U64(32) == key:
            p = np.int64(words[j] & _LOW)
            found = False
            for h in range(i, heads):
                q = np.int64(words[h] & _LOW)
                if digest[q, 0] == digest[p, 0] and digest[q, 1] == digest[p, 1]:
                    head[p] = q
                    found = True
                    break
            if not found:
                head[p] = p
                words[heads] = words[j]
                heads += 1
            j += 1
        i = j


@numba.njit(cache=True, parallel=True)
def sort_bands(words, cap, few, kept, pairs, over, largest):
    """Sort those of each band's words that have company, and count the pairs they make.

    words : uint64[bands, P]   key above, row below; afterwards the first ``kept[b]`` of each band are sorted: all
                               words whose key occurs more than once, and a few others
    cap, few : int64           as for `write_pairs`
    kept : int64[bands]        written
    pairs : int64[bands]       written: pairs that `write_pairs` will write
    over : int64[bands]        written: buckets larger than `cap`
    largest : int64[bands]     written: size of the largest bucket

    O(bands * P); one thread sorts one band. Most keys are their row's alone, and a table of which were seen tells
    them apart in a third of the time of sorting them.
    """
    slots = _slots(words.shape[1])
    for band in numba.prange(words.shape[0]):
        count = _sift(words[band], np.empty(slots, np.uint8))
        row = words[band, :count]
        _sort(row, np.empty(count, np.uint64), _U64(0), 64)
        made = np.int64(0)
        wide = np.int64(0)
        most = np.int64(min(words.shape[1], 1))
        i = 0
        while i < count:
            j = _end_of_run(row, i)
            size = j - i
            met = min(size, cap if size <= cap else few)
            made += met * (met - 1) // 2 + (size - met) * met
            most = max(most, size)
            if size > cap:
                wide += 1
            i = j
        kept[band] = count
        pairs[band] = made
        over[band] = wide
        largest[band] = most


@numba.njit(cache=True, parallel=True)
def write_pairs(words, kept, cap, few, begin, out):
    """Write the pairs of every bucket.

    words : uint64[bands, P]   as `sort_bands` leaves them
    kept : int64[bands]        so many of each band
    cap : int64                the members of a bucket up to this size are paired all with all
    few : int64                those of a larger one with its first `few` rows
    begin : int64[bands]       band b writes from out[begin[b]] on
    out : uint64[...]          written: (lower row << 32) | higher row

    A bucket of n costs n * few, not n squared; every row still meets representatives in each band: the lowest rows,
    so that the bands of a flood agree on most of them and the same pairs come of all. One thread writes a band.
    """
    for band in numba.prange(words.shape[0]):
        row = words[band, : kept[band]]
        at = begin[band]
        i = 0
        while i < row.shape[0]:
            j = _end_of_run(row, i)
            met = cap if j - i <= cap else few
            for x in range(i + 1, j):
                for h in range(i, min(x, i + met)):
                    out[at] = (row[h] << _U64(32)) | (row[x] & _LOW)
                    at += 1
            i = j


@numba.njit(cache=True)
def distinct(words, other):
    """Sort words in place, drop repeats, return how many remain.

    words, other : uint64[N]   other is scratch

    Radix, 11 bits a pass; a pass in which all words share the digit is skipped, so that two rows of a million
    paragraphs take four passes. O(N); np.unique compares instead, and took five times as long on two million pairs.
    """
    n = words.shape[0]
    if n == 0:
        return 0
    flipped = False
    for digit in range(6):
        shift = _U64(11 * digit)
        source = other if flipped else words
        target = words if flipped else other
        count = np.zeros(2049, np.int64)
        for i in range(n):
            count[np.int64((source[i] >> shift) & _U64(2047)) + 1] += 1
        if count[np.int64((source[0] >> shift) & _U64(2047)) + 1] == n:
            continue
        for j in range(1, 2049):
            count[j] += count[j - 1]
        for i in range(n):
            j = np.int64((source[i] >> shift) & _U64(2047))
            target[count[j]] = source[i]
            count[j] += 1
        flipped = not flipped
    source = other if flipped else words
    kept = 0
    for i in range(n):
        if i == 0 or source[i] != source[i - 1]:
            words[kept] = source[i]
            kept += 1
    return kept


@numba.njit(cache=True, nogil=True)
def part(indptr, count, filled, begin, shift, out, parts):
    """Write words by their upper bits, in their order where these are equal.

    indptr : int64[B+1]     block b owns filled[indptr[b]:indptr[b] + count[b]]
    count : int64[B]
    filled : uint64[...]
    begin : int64           where in `out` the first is written
    shift : uint64          words of part p are ``p << shift`` and more
    out : uint64[...]       written
    parts : int64[P+1]      written: where the parts begin in `out`, and the end

    O(words).
    """
    at = np.zeros(parts.shape[0], np.int64)
    at[0] = begin
    for b in range(count.shape[0]):
        for i in range(indptr[b], indptr[b] + count[b]):
            at[np.int64(filled[i] >> shift) + 1] += 1
    for p in range(1, at.shape[0]):
        at[p] += at[p - 1]
    parts[:] = at
    for b in range(count.shape[0]):
        for i in range(indptr[b], indptr[b] + count[b]):
            p = np.int64(filled[i] >> shift)
            out[at[p]] = filled[i]
            at[p] += 1


@numba.njit(cache=True, nogil=True, parallel=True)
def in_order(words, parts, runs, first, shift, begin, out, end):
    """Write the words of some parts of all pieces in order, without those whose key no other word has.

    words : uint64[A]            as `part` writes them
    parts : int64[C, P+1]        the same, or those columns of it
    runs : int64[R+1]            run r is the parts [runs[r], runs[r+1])
    first : int64                which of all parts the first column is
    shift : uint64               as given to `part`
    begin : int64[R+1]           run r may write out[begin[r]:begin[r+1]], as many as it has words
    out : uint64[...]            written
    end : int64[R]               written: behind the last word of each run; a few of those left are alone as well

    O(words). One thread has a run at a time: what it sorts stays near it.
    """
    for r in numba.prange(runs.shape[0] - 1):
        low, high = runs[r], runs[r + 1]
        some = out[begin[r] : begin[r + 1]]
        n = 0
        for c in range(parts.shape[0]):
            for i in range(parts[c, low], parts[c, high]):
                some[n] = words[i]
                n += 1
        kept = _sift(some, np.empty(_slots(n), np.uint8))
        bits = np.int64(shift)
        while high - low > 1 << (bits - np.int64(shift)):
            bits += 1
        _sort(some[:kept], np.empty(kept, np.uint64), _U64(first + low) << shift, bits)
        end[r] = begin[r] + kept
