"""K-gram hashes over one array of code points. Callers: dedup.steps.shingle, dedup.steps.anchor."""

from __future__ import annotations

import numba
import numpy as np

_U64 = np.uint64
_BASE = _U64(0x9E3779B97F4A7C55)  # odd, so that multiplication is a bijection of 64-bit words


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


@numba.njit(cache=True, parallel=True)
def shingles(codes, start, end, indptr, k, out, count):
    """Write the sorted, distinct k-gram hashes of each range.

    codes : uint32[K]
    start, end : int64[P]   ranges of codes
    indptr : int64[P+1]     range p may write out[indptr[p]:indptr[p+1]]: max(0, length - k + 1) places
    k : int64
    out : uint64[M]         written
    count : int64[P]        written: distinct hashes of range p

    A rolling polynomial modulo 2**64, finished by a mixer. O(n log n) per range for the sort.
    """
    power = _U64(1)
    for _ in range(k):
        power *= _BASE
    for p in numba.prange(start.shape[0]):
        first = indptr[p]
        n = indptr[p + 1] - first
        if n <= 0:
            count[p] = 0
            continue
        h = _U64(0)
        at = start[p]
        for i in range(at, at + k - 1):
            h = h * _BASE + _U64(codes[i]) + _U64(1)
        for i in range(n):
            h = h * _BASE + _U64(codes[at + i + k - 1]) + _U64(1)
            if i > 0:
                h -= (_U64(codes[at + i - 1]) + _U64(1)) * power
            out[first + i] = _mix64(h)
        row = out[first : first + n]
        row.sort()
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
def grams(codes, start, end, indptr, k, out):
    """Write the hash of every k-gram of each range, in text order.

    codes : uint32[K]
    start, end : int64[P]   ranges of codes
    indptr : int64[P+1]     range p writes out[indptr[p]:indptr[p+1]]: max(0, length - k + 1) places
    k : int64
    out : uint64[M]         written; the same hashes as `shingles` gives, neither sorted nor made distinct

    O(characters), no allocation; one thread writes one range.
    """
    power = _U64(1)
    for _ in range(k):
        power *= _BASE
    for p in numba.prange(start.shape[0]):
        first = indptr[p]
        n = indptr[p + 1] - first
        if n <= 0:
            continue
        h = _U64(0)
        at = start[p]
        for i in range(at, at + k - 1):
            h = h * _BASE + _U64(codes[i]) + _U64(1)
        for i in range(n):
            h = h * _BASE + _U64(codes[at + i + k - 1]) + _U64(1)
            if i > 0:
                h -= (_U64(codes[at + i - 1]) + _U64(1)) * power
            out[first + i] = _mix64(h)
