"""In how many hands is a k-gram? Looking hashes up, and counting who has them. Caller: dedup.steps.background.

Sorted hashes are looked up by their upper bits: ``first[h >> shift]`` is where the hashes with these bits begin. The
hashes are evenly spread, so that a handful share them; bisection over the whole took five times as long. Most k-grams
are nobody's, and a sieve of bits that stays near the processor says so.
"""

from __future__ import annotations

import numba
import numpy as np

_U32 = np.uint32
_U64 = np.uint64
_BASE = _U64(0x9E3779B97F4A7C55)  # as in kernels/hashing.py; a test holds the two together

_AHEAD = 128
"""K-grams that are sifted before the first of them is looked up: what is read far away is then read side by side."""


@numba.njit(cache=True, inline="always")
def _mix64(x):
    """splitmix64 finaliser, a bijection of 64-bit words (Steele, Lea, Flood 2014, fig. 15)."""
    x = (x ^ (x >> _U64(30))) * _U64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> _U64(27))) * _U64(0x94D049BB133111EB)
    return x ^ (x >> _U64(31))


@numba.njit(cache=True)
def _hash_grams(codes, start, count, k, out):
    """Write the hashes of the `count` k-grams that begin at codes[start:start + count], as hashing.py does."""
    power = _U64(1)
    for _ in range(k):
        power *= _BASE
    come = codes[start + k - 1 : start + k - 1 + count]
    gone = codes[start : start + count]
    for i in range(1, count):
        out[i] = (_U64(come[i]) + _U64(1)) - (_U64(gone[i - 1]) + _U64(1)) * power
    h = _U64(0)
    for i in range(start, start + k):
        h = h * _BASE + (_U64(codes[i]) + _U64(1))
    out[0] = h
    for i in range(1, count):
        h = h * _BASE + out[i]
        out[i] = h
    for i in range(count):
        out[i] = _mix64(out[i])


@numba.njit(cache=True, inline="always")
def _sifted(sieve, fine, word):
    """Return 1 if a hash may be one of those looked for, 0 if not."""
    return np.int64(sieve[word >> (fine + _U32(3))] >> (word >> fine & _U32(7)) & 1)


@numba.njit(cache=True, inline="always")
def _place(hashes, first, shift, wanted):
    """Return the row of a hash, or -1."""
    bucket = np.int64(wanted >> shift)
    for row in range(np.int64(first[bucket]), np.int64(first[bucket + 1])):
        if hashes[row] == wanted:
            return row
    return np.int64(-1)


@numba.njit(cache=True, nogil=True, parallel=True)
def find(hashes, first, shift, sieve, fine, wanted, out):
    """Write where each wanted hash stands among sorted, distinct ones.

    hashes : uint32[B]           sorted, distinct
    first : uint32[2**m + 1]     hashes with upper bits b stand at first[b]:first[b + 1]
    shift : uint32               32 - m
    sieve : uint8[2**(s - 3)]    bit b of byte c is set if some hash begins with the s bits 8c + b
    fine : uint32                32 - s
    wanted : uint32[M]
    out : int64[M]               written: the row, -1 for none

    Each out[i] is written by one thread. O(M) for evenly spread hashes.
    """
    for i in numba.prange(wanted.shape[0]):
        out[i] = _place(hashes, first, shift, wanted[i]) if _sifted(sieve, fine, wanted[i]) else np.int64(-1)


@numba.njit(cache=True, nogil=True, parallel=True)
def information(codes, start, end, k, near, near_bits, far, far_bits, unseen, usual, bits, surplus):
    """Write the information of ranges: of each character the least bits of the k-grams that hold it, summed.

    codes : uint32[K]
    start, end : int64[P]        ranges of codes
    k : int64
    near, far : tuples           hashes, first, shift, sieve, fine as in `find`; near is asked before far
    near_bits, far_bits : float64[B]                   bits of their k-grams
    unseen : float64             bits of any other k-gram, and of a character that none holds
    usual : float64
    bits : float64[P]            written: the sum
    surplus : float64[P]         written: the sum of what is above `usual`

    Each p is written by one thread. O(characters).
    """
    for p in numba.prange(start.shape[0]):
        rolled = np.empty(_AHEAD, np.uint64)
        told = np.full(_AHEAD + k - 1, unseen)  # of the last k - 1 k-grams before a block, and of those in it
        total = 0.0
        above = 0.0
        for block in range(start[p], end[p], _AHEAD):
            count = min(np.int64(_AHEAD), end[p] - block)
            grams = min(count, end[p] - k + 1 - block)
            if grams > 0:
                _hash_grams(codes, block, grams, k, rolled)
            for i in range(count):
                told[k - 1 + i] = unseen
                if i < grams:
                    word = _U32(rolled[i] >> _U64(32))
                    row = _place(near[0], near[1], near[2], word) if _sifted(near[3], near[4], word) else np.int64(-1)
                    if row >= 0:
                        told[k - 1 + i] = near_bits[row]
                    elif _sifted(far[3], far[4], word):
                        row = _place(far[0], far[1], far[2], word)
                        if row >= 0:
                            told[k - 1 + i] = far_bits[row]
            for i in range(count):
                least = told[i]
                for j in range(1, k):
                    least = min(least, told[i + j])
                total += least
                above += max(least - usual, 0.0)
            for j in range(k - 1):
                told[j] = told[count + j]
        bits[p] = total
        surplus[p] = above


@numba.njit(cache=True, nogil=True)
def tally(codes, indptr, order, unit, taken, k, hashes, first, shift, sieve, fine, seen):
    """Count, for each hash, the units that have its k-gram in text that is not taken.

    codes : uint32[K]
    indptr : int64[D+1]          documents in codes; a k-gram never crosses from one into the next
    order : int64[n]             documents that are looked at, those of one unit in a row
    unit : int64[D]              unit of each document, none negative
    taken : int64[n, 2]          sorted, disjoint ranges of codes that do not count
    k : int64
    hashes, first, shift, sieve, fine   as in `find`: the upper 32 bits of k-gram hashes
    seen : int32[B, 2]           written: the last unit that had it, -1 before; and how many have, 0 before

    One thread: who came last decides. Callers share out the units. O(K).
    """
    rolled = np.empty(_AHEAD, np.uint64)
    words = np.empty(_AHEAD, np.uint32)
    for d in order:
        at = indptr[d]
        stop = indptr[d + 1]
        row = np.searchsorted(taken[:, 1], at, side="right")  # the first range that ends behind the document's start
        while at < stop:
            free = stop if row >= taken.shape[0] else min(stop, max(at, taken[row, 0]))
            for block in range(at, free - k + 1, _AHEAD):
                grams = min(np.int64(_AHEAD), free - k + 1 - block)
                _hash_grams(codes, block, grams, k, rolled)
                count = 0
                for i in range(grams):
                    word = _U32(rolled[i] >> _U64(32))
                    words[count] = word
                    count += _sifted(sieve, fine, word)
                for one in range(count):
                    place = _place(hashes, first, shift, words[one])
                    if place >= 0 and seen[place, 0] != unit[d]:
                        seen[place, 0] = unit[d]
                        seen[place, 1] += 1
            if row >= taken.shape[0]:
                break
            at = max(at, taken[row, 1])
            row += 1
