"""In how many hands is a k-gram? Looking hashes up, and counting who has them. Caller: dedup.steps.background.

Sorted hashes are looked up by their upper bits. A sieve has a bit for each value of these: most k-grams are nobody's,
and it says so. Where the bit is set, the bits set before it say how many hashes stand before: ``first`` counts them
up to each word of 64 bits, and the rest is counted within the word, so that nearly every hash is found at the first
row that is asked. What is read far away is read for a block of k-grams before any of it is looked at: the reads run
side by side then. One by one, with a walk through the seven hashes of a bucket, they took three times as long.
"""

from __future__ import annotations

import numba
import numpy as np

from dedup.kernels.prefetch import prefetch

_U32 = np.uint32
_U64 = np.uint64
_HALF, _LAST = _U64(32), _U64(0xFFFF0000)
_BASE = _U64(0x9E3779B97F4A7C55)  # as in kernels/hashing.py; a test holds the two together

_AHEAD = 128
"""K-grams that are looked up together."""

UNITS = (1 << 16) - 1
"""Units that `tally` can tell apart."""


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
def _ones(word):
    """Return how many bits of a word are set; LLVM makes one instruction of it."""
    word = word - ((word >> _U64(1)) & _U64(0x5555555555555555))
    word = (word & _U64(0x3333333333333333)) + ((word >> _U64(2)) & _U64(0x3333333333333333))
    word = (word + (word >> _U64(4))) & _U64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * _U64(0x0101010101010101)) >> _U64(56))


@numba.njit(cache=True, inline="always")
def _sifted(sieve, shift, word):
    """Return 1 if a hash may be one of those looked for, 0 if not."""
    return np.int64(sieve[word >> (shift + _U32(6))] >> _U64(word >> shift & _U32(63)) & _U64(1))


@numba.njit(cache=True, inline="always")
def _least_row(first, sieve, shift, word):
    """Return the row of the first hash with the upper bits of one that passed the sieve."""
    at = word >> (shift + _U32(6))
    before = (_U64(1) << _U64(word >> shift & _U32(63))) - _U64(1)
    return np.int64(first[at]) + _ones(sieve[at] & before)


@numba.njit(cache=True, inline="always")
def _place(hashes, word, row, none):
    """Return the row of a hash, given the least it may have, for others may share its upper bits; `none` for none."""
    while row < hashes.shape[0] and hashes[row] < word:
        row += 1
    return row if row < hashes.shape[0] and hashes[row] == word else none


@numba.njit(cache=True, inline="always")
def _least_rows(hashes, first, sieve, shift, words, count, column, rows):
    """Write the least rows of hashes that passed the sieve, and ask for what stands there and in another column."""
    for i in range(count):
        rows[i] = _least_row(first, sieve, shift, words[i])
        prefetch(hashes, rows[i])
        prefetch(column, rows[i])


@numba.njit(cache=True, nogil=True, parallel=True)
def find(hashes, first, sieve, shift, wanted, out):
    """Write where each wanted hash stands among sorted, distinct ones.

    hashes : uint32[B]             sorted, distinct
    first : uint32[2**(s - 6)]     so many hashes are less than the least whose upper s bits are 64 w
    sieve : uint64[2**(s - 6)]     bit b of word w is set if some hash begins with the s bits 64 w + b
    shift : uint32                 32 - s
    wanted : uint32[M]
    out : int64[M]                 written: the row, -1 for none

    Each out[i] is written by one thread. O(M) for evenly spread hashes.
    """
    for i in numba.prange(wanted.shape[0]):
        out[i] = np.int64(-1)
        if _sifted(sieve, shift, wanted[i]):
            out[i] = _place(hashes, wanted[i], _least_row(first, sieve, shift, wanted[i]), np.int64(-1))


@numba.njit(cache=True, inline="always")
def _tell(table, bits, rolled, which, count, told, scratch):
    """Write what a table says of k-grams; return how many it does not know, which stand in front then.

    table : tuple             hashes, first, sieve, shift as in `find`
    bits : float64[B]
    rolled : uint64[...]      hashes of k-grams
    which : int64[...]        the first `count` say which of them are asked about
    told : float64[...]       written: the bits of those that are known
    """
    hashes, first, sieve, shift = table
    words, mine, rows = scratch
    passed = np.int64(0)
    left = np.int64(0)
    for one in range(count):
        i = which[one]
        word = _U32(rolled[i] >> _U64(32))
        words[passed] = word
        mine[passed] = i
        which[left] = i
        yes = _sifted(sieve, shift, word)
        passed += yes
        left += 1 - yes
    _least_rows(hashes, first, sieve, shift, words, passed, bits, rows)
    for one in range(passed):
        row = _place(hashes, words[one], rows[one], np.int64(-1))
        if row >= 0:
            told[mine[one]] = bits[row]
        else:
            which[left] = mine[one]
            left += 1
    return left


@numba.njit(cache=True, inline="always")
def _scratch():
    """Return room for a block of k-grams: words, whose they are, and their rows."""
    return np.empty(_AHEAD, np.uint32), np.empty(_AHEAD, np.int64), np.empty(_AHEAD, np.int64)


@numba.njit(cache=True, nogil=True)
def information(low, high, codes, start, end, k, near, near_bits, far, far_bits, unseen, usual, bits, surplus):
    """Write the information of ranges: of each character the least bits of the k-grams that hold it, summed.

    low, high : int64            the ranges that are told
    codes : uint32[K]
    start, end : int64[P]        ranges of codes
    k : int64
    near, far : tuples           hashes, first, sieve, shift as in `find`; near is asked before far
    near_bits, far_bits : float64[B]                   bits of their k-grams
    unseen : float64             bits of any other k-gram, and of a character that none holds
    usual : float64
    bits : float64[P]            written: the sum
    surplus : float64[P]         written: the sum of what is above `usual`

    O(characters).
    """
    rolled = np.empty(_AHEAD, np.uint64)
    which = np.empty(_AHEAD, np.int64)
    scratch = _scratch()
    least = np.empty(_AHEAD)
    told = np.empty(_AHEAD + k - 1)  # of the last k - 1 k-grams before a block, and of those in it
    for p in range(low, high):
        told[:] = unseen
        total = 0.0
        above = 0.0
        for block in range(start[p], end[p], _AHEAD):
            count = min(np.int64(_AHEAD), end[p] - block)
            grams = max(min(count, end[p] - k + 1 - block), np.int64(0))
            if grams > 0:
                _hash_grams(codes, block, grams, k, rolled)
            for i in range(grams):
                which[i] = i
            told[k - 1 : k - 1 + count] = unseen
            left = _tell(near, near_bits, rolled, which, grams, told[k - 1 :], scratch)
            _tell(far, far_bits, rolled, which, left, told[k - 1 :], scratch)
            least[:count] = told[:count]
            for j in range(1, k):
                for i in range(count):
                    least[i] = min(least[i], told[i + j])
            for i in range(count):
                total += least[i]
                above += max(least[i] - usual, 0.0)
            for j in range(k - 1):
                told[j] = told[count + j]
        bits[p] = total
        surplus[p] = above


@numba.njit(cache=True, nogil=True)
def tally(codes, indptr, order, unit, taken, k, first, sieve, shift, seen):
    """Count, for each of B sorted hashes, the units that have its k-gram in text that is not taken.

    codes : uint32[K]
    indptr : int64[D+1]          documents in codes; a k-gram never crosses from one into the next
    order : int64[n]             documents that are looked at, those of one unit in a row; no more than UNITS units
    unit : int64[D]              unit of each document
    taken : int64[n, 2]          sorted, disjoint ranges of codes that do not count
    k : int64
    first, sieve, shift          as in `find`, of the upper 32 bits of k-gram hashes
    seen : uint64[B + 1]         each hash as `find` has it, above 16 bits of the last unit that had it, above 16 bits
                                 of how many have it: both written, 0 before. The last row is of no hash, and holds
                                 the highest.

    All of a hash in one word: what is asked for and what is written then is one read far away. Hashes in a column of
    their own, beside one of wider counts, took 1.4 times as long. One thread: who came last decides. Callers share
    out the units. O(K).
    """
    rolled = np.empty(_AHEAD, np.uint64)
    words, _, rows = _scratch()
    own = _U64(0)
    before = np.int64(-1)
    for d in order:
        at = indptr[d]
        stop = indptr[d + 1]
        if before < 0 or unit[d] != unit[before]:
            own += _U64(1 << 16)
        before = d
        row = np.searchsorted(taken[:, 1], at, side="right")  # the first range that ends behind the document's start
        while at < stop:
            free = stop if row >= taken.shape[0] else min(stop, max(at, taken[row, 0]))
            for block in range(at, free - k + 1, _AHEAD):
                grams = min(np.int64(_AHEAD), free - k + 1 - block)
                _hash_grams(codes, block, grams, k, rolled)
                count = np.int64(0)
                for i in range(grams):
                    words[count] = _U32(rolled[i] >> _U64(32))
                    count += _sifted(sieve, shift, words[count])
                for i in range(count):
                    rows[i] = _least_row(first, sieve, shift, words[i])
                    prefetch(seen, rows[i])
                for i in range(count):
                    word = _U64(words[i])
                    place = rows[i]
                    while seen[place] >> _HALF < word:
                        place += 1
                    was = seen[place]
                    if was >> _HALF == word and (was & _LAST) != own:
                        seen[place] = (was & ~_LAST | own) + _U64(1)
            if row >= taken.shape[0]:
                break
            at = max(at, taken[row, 1])
            row += 1
