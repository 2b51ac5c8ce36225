"""In how many hands is a k-gram? Looking hashes up, and counting who has them. Caller: dedup.steps.background.

Sorted hashes are looked up by their upper bits: ``first[h >> shift]`` is where the hashes with these bits begin. The
hashes are evenly spread, so that a handful share them; bisection over the whole took five times as long.
"""

from __future__ import annotations

import numba
import numpy as np

_U32 = np.uint32
_U64 = np.uint64
_BASE = _U64(0x9E3779B97F4A7C55)  # as in kernels/hashing.py; a test holds the two together


@numba.njit(cache=True, inline="always")
def _mix64(x):
    """splitmix64 finaliser, a bijection of 64-bit words (Steele, Lea, Flood 2014, fig. 15)."""
    x = (x ^ (x >> _U64(30))) * _U64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> _U64(27))) * _U64(0x94D049BB133111EB)
    return x ^ (x >> _U64(31))


@numba.njit(cache=True, inline="always")
def _place(hashes, first, shift, sieve, wanted):
    """Return the row of a hash, or -1."""
    if not sieve[wanted >> _U32(11)] >> (wanted >> _U32(8) & _U32(7)) & 1:
        return np.int64(-1)
    bucket = np.int64(wanted >> shift)
    for row in range(first[bucket], first[bucket + 1]):
        if hashes[row] == wanted:
            return row
    return np.int64(-1)


@numba.njit(cache=True, parallel=True)
def find(hashes, first, shift, sieve, wanted, out):
    """Write where each wanted hash stands among sorted, distinct ones.

    hashes : uint32[B]           sorted, distinct
    first : int64[2**m + 1]      hashes with upper bits b stand at first[b]:first[b + 1]
    shift : uint32               32 - m
    sieve : uint8[2**21]         bit b of byte c is set if some hash begins with the 24 bits 8c + b: most k-grams are
                                 nobody's, and two megabytes stay where they are read fastest
    wanted : uint32[M]
    out : int64[M]               written: the row, -1 for none

    Each out[i] is written by one thread. O(M) for evenly spread hashes.
    """
    for i in numba.prange(wanted.shape[0]):
        out[i] = _place(hashes, first, shift, sieve, wanted[i])


@numba.njit(cache=True, parallel=True)
def information(codes, start, end, k, near, near_bits, far, far_bits, unseen, usual, bits, surplus):
    """Write the information of ranges: of each character the least bits of the k-grams that hold it, summed.

    codes : uint32[K]
    start, end : int64[P]        ranges of codes
    k : int64
    near, far : tuples           hashes, first, shift, sieve as in `find`; near is asked before far
    near_bits, far_bits : float64[B]                   bits of their k-grams
    unseen : float64             bits of any other k-gram, and of a character that none holds
    usual : float64
    bits : float64[P]            written: the sum
    surplus : float64[P]         written: the sum of what is above `usual`

    Each p is written by one thread. O(characters).
    """
    power = _U64(1)
    for _ in range(k):
        power *= _BASE
    for p in numba.prange(start.shape[0]):
        ring = np.full(k, unseen)
        total = 0.0
        above = 0.0
        h = _U64(0)
        low = start[p]
        high = end[p]
        for i in range(low, min(low + k - 1, high)):
            h = h * _BASE + (_U64(codes[i]) + _U64(1))
        for i in range(low, high):
            told = unseen
            if i + k <= high:
                h = h * _BASE + (_U64(codes[i + k - 1]) + _U64(1))
                if i > low:
                    h -= (_U64(codes[i - 1]) + _U64(1)) * power
                word = _U32(_mix64(h) >> _U64(32))
                row = _place(near[0], near[1], near[2], near[3], word)
                if row >= 0:
                    told = near_bits[row]
                else:
                    row = _place(far[0], far[1], far[2], far[3], word)
                    if row >= 0:
                        told = far_bits[row]
            ring[(i - low) % k] = told
            least = ring[0]
            for j in range(1, k):
                least = min(least, ring[j])
            total += least
            above += max(least - usual, 0.0)
        bits[p] = total
        surplus[p] = above


@numba.njit(cache=True)
def tally(codes, indptr, order, unit, taken, k, hashes, first, shift, sieve, last, count):
    """Count, for each hash, the units that have its k-gram in text that is not taken.

    codes : uint32[K]
    indptr : int64[D+1]          documents in codes; a k-gram never crosses from one into the next
    order : int64[n]             documents that are looked at, those of one unit in a row
    unit : int64[D]              unit of each document, none negative
    taken : int64[n, 2]          sorted, disjoint ranges of codes that do not count
    k : int64
    hashes, first, shift, sieve  as in `find`: the upper 32 bits of k-gram hashes
    last : int32[B], -1          scratch: the last unit that had it
    count : int32[B], 0          written

    One thread: who came last decides. O(K).
    """
    power = _U64(1)
    for _ in range(k):
        power *= _BASE
    for d in order:
        at = indptr[d]
        stop = indptr[d + 1]
        row = np.searchsorted(taken[:, 1], at, side="right")  # the first range that ends behind the document's start
        while at < stop:
            free = stop if row >= taken.shape[0] else min(stop, max(at, taken[row, 0]))
            h = _U64(0)
            for i in range(at, free):
                h = h * _BASE + (_U64(codes[i]) + _U64(1))
                if i >= at + k:
                    h -= (_U64(codes[i - k]) + _U64(1)) * power
                if i >= at + k - 1:
                    place = _place(hashes, first, shift, sieve, _U32(_mix64(h) >> _U64(32)))
                    if place >= 0 and last[place] != unit[d]:
                        last[place] = unit[d]
                        count[place] += 1
            if row >= taken.shape[0]:
                break
            at = max(at, taken[row, 1])
            row += 1
