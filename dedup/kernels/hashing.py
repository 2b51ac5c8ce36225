"""K-gram hashes over one array of code points. Callers: dedup.steps.shingle, dedup.steps.anchor."""

from __future__ import annotations

import numba
import numpy as np

_U64 = np.uint64
_BASE = _U64(0x9E3779B97F4A7C55)  # odd, so that multiplication is a bijection of 64-bit words
_BLOCK = 64  # ranges between two allocations of scratch


@numba.njit(cache=True, inline="always")
def _mix64(x):
    """splitmix64 finaliser, a bijection of 64-bit words (Steele, Lea, Flood 2014, fig. 15)."""
    x = (x ^ (x >> _U64(30))) * _U64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> _U64(27))) * _U64(0x94D049BB133111EB)
    return x ^ (x >> _U64(31))


@numba.njit(cache=True, parallel=True)
def digests(codes, start, end, out):
    """Write a 128-bit digest of each range of code points.

    codes : uint32[K]
    start, end : int64[P]   ranges of codes
    out : uint64[P, 2]      written; equal ranges give equal digests, the length included

    Two polynomial hashes over independent odd bases, each finished by a mixer. O(characters), no allocation.
    """
    base2 = _U64(0xD6E8FEB86659FD93)
    for p in numba.prange(start.shape[0]):
        one = _U64(end[p] - start[p])
        two = ~one
        for i in range(start[p], end[p]):
            code = _U64(codes[i]) + _U64(1)
            one = one * _BASE + code
            two = (two ^ code) * base2
        out[p, 0] = _mix64(one)
        out[p, 1] = _mix64(two)


@numba.njit(cache=True)
def _hash_grams(codes, start, count, k, out):
    """Write the hashes of the `count` k-grams that begin at codes[start:start + count]: a polynomial, then a mixer.

    Rolled over the array. Vectorising over starts instead, k multiplications each, was no faster: 64-bit vector
    multiplications cost what the chain of dependent ones does.
    """
    power = _U64(1)
    for _ in range(k):
        power *= _BASE
    h = _U64(0)
    for i in range(start, start + k):
        h = h * _BASE + (_U64(codes[i]) + _U64(1))
    out[0] = _mix64(h)
    for i in range(1, count):
        gone = (_U64(codes[start + i - 1]) + _U64(1)) * power
        h = h * _BASE + (_U64(codes[start + i + k - 1]) + _U64(1)) - gone
        out[i] = _mix64(h)


@numba.njit(cache=True)
def _sort_hashes(row, spread, count):
    """Sort evenly spread words: counting by the upper bits, then insertion. O(n).

    row : uint64[n]
    spread : uint64[n]     scratch
    count : int64[2**m + 1], zero   scratch, 2**m >= n; left zero

    A stretch that more than a few words share (a text of few k-grams, repeated) is left to a comparison sort.
    """
    n = row.shape[0]
    bits = 0
    while (1 << bits) < n:
        bits += 1
    if bits == 0:
        return
    shift = _U64(64 - bits)
    size = 1 << bits
    for i in range(n):
        count[np.int64(row[i] >> shift) + 1] += 1
    for j in range(1, size + 1):
        count[j] += count[j - 1]
    for i in range(n):
        j = np.int64(row[i] >> shift)
        spread[count[j]] = row[i]
        count[j] += 1
    begin = np.int64(0)
    for j in range(size):
        stop = count[j]
        if stop - begin > 32:
            spread[begin:stop].sort()
        begin = stop
        count[j] = 0
    count[size] = 0
    for i in range(n):
        word = spread[i]
        at = i
        while at > 0 and row[at - 1] > word:
            row[at] = row[at - 1]
            at -= 1
        row[at] = word


@numba.njit(cache=True, parallel=True)
def shingles(codes, start, end, indptr, k, out, count):
    """Write the sorted, distinct k-gram hashes of each range.

    codes : uint32[K]
    start, end : int64[P]   ranges of codes
    indptr : int64[P+1]     range p may write out[indptr[p]:indptr[p+1]]: max(0, length - k + 1) places, or none
    k : int64
    out : uint64[M]         written
    count : int64[P]        written: distinct hashes of range p; 0 for a range without places

    A rolling polynomial modulo 2**64, finished by a mixer. O(n) per range of n; scratch for the longest range of a
    block of ranges.
    """
    total = start.shape[0]
    for block in numba.prange(-(-total // _BLOCK)):
        longest = np.int64(1)
        for p in range(block * _BLOCK, min(total, (block + 1) * _BLOCK)):
            longest = max(longest, indptr[p + 1] - indptr[p])
        spread = np.empty(longest, np.uint64)
        counts = np.zeros(2 * longest + 1, np.int64)
        for p in range(block * _BLOCK, min(total, (block + 1) * _BLOCK)):
            n = indptr[p + 1] - indptr[p]
            if n <= 0:
                count[p] = 0
                continue
            row = out[indptr[p] : indptr[p + 1]]
            _hash_grams(codes, start[p], n, k, row)
            _sort_hashes(row, spread, counts)
            kept = 1
            for i in range(1, n):
                if row[i] != row[kept - 1]:
                    row[kept] = row[i]
                    kept += 1
            count[p] = kept


@numba.njit(cache=True, parallel=True)
def minimisers(codes, indptr, k, window, block_document, block_start, block_end, block_indptr, out, count):
    """Write the minimisers of each block of k-gram positions as (hash, position) packed in one word.

    codes : uint32[K]
    indptr : int64[D+1]                 documents in codes; a k-gram never crosses from one into the next
    k, window : int64
    block_document : int64[B]           document of block b
    block_start, block_end : int64[B]   k-gram positions of block b; blocks of a document overlap by nothing
    block_indptr : int64[B+1]           block b may write out[block_indptr[b]:block_indptr[b+1]]
    out : uint64[M]                     written: upper 32 bits of the hash, then 32 bits of position
    count : int64[B]                    written: minimisers of block b

    A k-gram is taken if it is the least (rightmost on ties) of some window of consecutive k-grams
    (Schleimer, Wilkerson, Aiken 2003, section 2.2: winnowing). A block looks `window - 1` k-grams beyond both its
    borders, so that the choice does not depend on how a document is cut into blocks.
    """
    power = _U64(1)
    for _ in range(k):
        power *= _BASE
    top = _U64(0xFFFFFFFF00000000)
    for b in numba.prange(block_document.shape[0]):
        d = block_document[b]
        lowest = indptr[d]
        highest = indptr[d + 1] - k  # last k-gram position of the document
        begin = max(lowest, block_start[b] - (window - 1))
        stop = min(highest + 1, block_end[b] + (window - 1))
        ring = np.empty(window, np.uint64)
        h = _U64(0)
        for i in range(begin, begin + k - 1):
            h = h * _BASE + _U64(codes[i]) + _U64(1)
        written = block_indptr[b]
        best = _U64(0)
        best_at = np.int64(-1)
        last_at = np.int64(-1)
        for i in range(begin, stop):
            h = h * _BASE + _U64(codes[i + k - 1]) + _U64(1)
            if i > begin:
                h -= (_U64(codes[i - 1]) + _U64(1)) * power
            value = _mix64(h)
            ring[i % window] = value
            if best_at <= i - window:  # the least has left the window: look again
                first = max(begin, i - window + 1)
                best = ring[first % window]
                best_at = first
                for j in range(first + 1, i + 1):
                    if ring[j % window] <= best:
                        best = ring[j % window]
                        best_at = j
            elif best_at < 0 or value <= best:
                best = value
                best_at = i
            full = i - begin + 1 >= window or (begin == lowest and i == highest)
            if full and best_at != last_at:
                last_at = best_at
                if block_start[b] <= best_at < block_end[b]:
                    out[written] = (best & top) | _U64(best_at)
                    written += 1
        count[b] = written - block_indptr[b]


@numba.njit(cache=True, parallel=True)
def compact(indptr, count, filled, out):
    """Write the first count[b] of the places of each block, one block after the other.

    indptr : int64[B+1]      block b owns filled[indptr[b]:indptr[b+1]]
    count : int64[B]
    filled : uint64[...]
    out : uint64[sum(count)]   written
    """
    begin = np.zeros(count.shape[0] + 1, np.int64)
    begin[1:] = np.cumsum(count)
    for b in numba.prange(count.shape[0]):
        out[begin[b] : begin[b + 1]] = filled[indptr[b] : indptr[b] + count[b]]


@numba.njit(cache=True)
def grams(codes, start, end, indptr, k, out):
    """Write the hash of every k-gram of each range, in text order.

    codes : uint32[K]
    start, end : int64[P]   ranges of codes
    indptr : int64[P+1]     range p writes out[indptr[p]:indptr[p+1]]: max(0, length - k + 1) places
    k : int64
    out : uint64[M]         written; the same hashes as `shingles` gives, neither sorted nor made distinct

    O(characters), no allocation. One thread: it is asked for a few spans at a time, thousands of times, and beginning
    a parallel loop on a busy machine took five milliseconds each.
    """
    for p in range(start.shape[0]):
        n = indptr[p + 1] - indptr[p]
        if n > 0:
            _hash_grams(codes, start[p], n, k, out[indptr[p] : indptr[p + 1]])
