"""MinHash signatures and band keys. Callers: dedup.steps.sketch, dedup.index."""

from __future__ import annotations

import numba
import numpy as np

_U64 = np.uint64
_U32 = np.uint32
_BASE = _U64(0x9E3779B97F4A7C55)  # as in hashing.py
_LOW, _HALF = _U64(0xFFFFFFFF), _U64(32)
_TILE = 512  # k-grams hashed at a time: with the minima they stay in the nearest cache
_BLOCK = 128  # paragraphs between two allocations of scratch


@numba.njit(cache=True, inline="always")
def _mix64(x):
    """splitmix64 finaliser; the same four lines as in hashing.py (a test asserts that they agree)."""
    x = (x ^ (x >> _U64(30))) * _U64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> _U64(27))) * _U64(0x94D049BB133111EB)
    return x ^ (x >> _U64(31))


@numba.njit(cache=True, inline="always")
def _fmix32(h):
    """MurmurHash3 finaliser for 32-bit words (Appleby 2011), as datasketch applies before its permutations."""
    h = _U32(h ^ (h >> _U32(16)))
    h = _U32(h * _U32(0x85EBCA6B))
    h = _U32(h ^ (h >> _U32(13)))
    h = _U32(h * _U32(0xC2B2AE35))
    return _U32(h ^ (h >> _U32(16)))


@numba.njit(cache=True)
def _powers(k):
    """Return what the code points of a k-gram are multiplied by, the first one's first (uint64[k])."""
    power = np.ones(k, np.uint64)
    for j in range(k - 2, -1, -1):
        power[j] = power[j + 1] * _BASE
    return power


@numba.njit(cache=True)
def _hash_grams(codes, start, count, power, out):
    """Write the polynomials of the `count` k-grams that begin at codes[start:start + count]; see hashing.py."""
    n = _U64(count)
    ones = _U64(0)
    for j in range(power.shape[0]):
        ones += power[j]
    done = 0
    if power.shape[0] >= 5:
        w0, w1, w2, w3, w4 = power[0], power[1], power[2], power[3], power[4]
        l0, l1, l2, l3, l4 = w0 & _LOW, w1 & _LOW, w2 & _LOW, w3 & _LOW, w4 & _LOW
        u0, u1, u2 = _U32(w0 >> _HALF), _U32(w1 >> _HALF), _U32(w2 >> _HALF)
        u3, u4 = _U32(w3 >> _HALF), _U32(w4 >> _HALF)
        one, two, three = codes[start:], codes[start + 1 :], codes[start + 2 :]
        four, five = codes[start + 3 :], codes[start + 4 :]
        for i in range(n):
            a, b, c, d, e = one[i], two[i], three[i], four[i], five[i]
            lower = ones + _U64(a) * l0 + _U64(b) * l1 + _U64(c) * l2 + _U64(d) * l3 + _U64(e) * l4
            out[i] = lower + (_U64(_U32(a * u0 + b * u1 + c * u2 + d * u3 + e * u4)) << _HALF)
        done = 5
    else:
        for i in range(n):
            out[i] = ones
    for j in range(done, power.shape[0]):
        code = codes[start + j :]
        lower, upper = power[j] & _LOW, _U32(power[j] >> _HALF)
        for i in range(n):
            out[i] += _U64(code[i]) * lower + (_U64(_U32(code[i] * upper)) << _HALF)


@numba.njit(cache=True)
def _mix_grams(codes, start, count, power, words, out):
    """Write what datasketch permutes for each k-gram: fmix32 of the lower half of the hash of hashing.py.

    Three loops: only in one of its own is the last mixing done by eight words of 32 bits. Half the time of two.
    """
    _hash_grams(codes, start, count, power, words)
    n = _U64(count)
    for i in range(n):
        out[i] = _U32(_mix64(words[i]) & _LOW)
    for i in range(n):
        out[i] = _fmix32(out[i])


@numba.njit(cache=True)
def _lower(mixed, count, a, b, minima):
    """Lower the minima to those of `count` more words; ``mixed`` has room for 7 more, which are overwritten.

    Eight words a round: the minima, a and b are then loaded once for eight multiply-adds, which makes the loop
    bound by arithmetic and not by the cache. The last word is repeated to fill a round; a minimum does not mind.
    """
    for i in range(count, -(-count // 8) * 8):
        mixed[i] = mixed[count - 1]
    for i in range(_U64(0), _U64(count), _U64(8)):
        h0, h1, h2, h3 = mixed[i], mixed[i + _U64(1)], mixed[i + _U64(2)], mixed[i + _U64(3)]
        h4, h5, h6, h7 = mixed[i + _U64(4)], mixed[i + _U64(5)], mixed[i + _U64(6)], mixed[i + _U64(7)]
        for j in range(_U64(a.shape[0])):
            x, y = a[j], b[j]
            low = min(min(_U32(h0 * x + y), _U32(h1 * x + y)), min(_U32(h2 * x + y), _U32(h3 * x + y)))
            high = min(min(_U32(h4 * x + y), _U32(h5 * x + y)), min(_U32(h6 * x + y), _U32(h7 * x + y)))
            minima[j] = min(minima[j], min(low, high))


@numba.njit(cache=True, parallel=True)
def signatures(indptr, length, hashes, a, b, out):
    """Write to out[p] the minima of set p under each affine permutation of 32-bit words.

    indptr : int64[P+1]         set p begins at hashes[indptr[p]]
    length : int64[P]           and has so many hashes
    hashes : uint64[M]          the lower 32 bits are used, as datasketch does with a 32-bit hash function
    a, b : uint32[num_perm]     ``a`` odd; from datasketch's generator
    out : uint32[P, num_perm]   written; an empty set gets 2**32 - 1 throughout

    Equals ``datasketch.MinHash(scheme="affine32")`` value for value. O(M * num_perm); the inner loop runs over
    contiguous permutations so that the compiler turns it into vector multiply, add, min. One thread writes a row.
    """
    n = length.shape[0]
    for block in numba.prange(-(-n // _BLOCK)):
        mixed = np.empty(_TILE + 7, np.uint32)
        for p in range(block * _BLOCK, min(n, (block + 1) * _BLOCK)):
            out[p] = _U32(0xFFFFFFFF)
            for at in range(indptr[p], indptr[p] + length[p], _TILE):
                count = min(np.int64(_TILE), indptr[p] + length[p] - at)
                for i in range(count):
                    mixed[i] = _fmix32(_U32(hashes[at + i] & _U64(0xFFFFFFFF)))
                _lower(mixed, count, a, b, out[p])


@numba.njit(cache=True, parallel=True)
def band_words(codes, start, end, rows, k, a, b, height, out):
    """Write the key of each band of each paragraph's signature, straight from the code points.

    codes : uint32[K]
    start, end : int64[P]      ranges of codes, each of at least k
    rows : int64[P]            the number by which paragraph p is known, below 2**32
    k : int64                  characters in a shingle
    a, b : uint32[num_perm]    as for `signatures`; those beyond the last band take part in nothing
    height : int64             values in a band
    out : uint64[bands, P]     written: 32 bits of the key, then 32 bits of ``rows[p]``

    The signature is that of `signatures` over the hashes of `hashing.shingles`, but the hashes need neither be
    sorted (a minimum does not mind repeats) nor kept: a tile in the cache instead of 8 bytes a character, and 8
    bytes a band instead of 4 a value. O(characters * num_perm).
    """
    n = start.shape[0]
    bands = _U64(out.shape[0])
    power = _powers(k)
    x, y = _by_row(a, b, out.shape[0], height)
    for block in numba.prange(-(-n // _BLOCK)):
        words = np.empty(_TILE, np.uint64)
        mixed = np.empty(_TILE + 7, np.uint32)
        minima = np.empty(x.shape[0], np.uint32)
        key = np.empty(out.shape[0], np.uint64)
        for p in range(block * _BLOCK, min(n, (block + 1) * _BLOCK)):
            minima[:] = _U32(0xFFFFFFFF)
            stop = end[p] - k + 1
            for at in range(start[p], stop, _TILE):
                count = min(np.int64(_TILE), stop - at)
                _mix_grams(codes, at, count, power, words, mixed)
                _lower(mixed, count, x, y, minima)
            for band in range(bands):
                key[band] = band
            for row in range(_U64(height)):
                for band in range(bands):
                    key[band] = (key[band] ^ _U64(minima[row * bands + band])) * _BASE
            for band in range(bands):
                key[band] = (_mix64(key[band]) & ~_LOW) | _U64(rows[p])
            for band in range(bands):
                out[band, p] = key[band]


@numba.njit(cache=True)
def _by_row(a, b, bands, height):
    """Return the permutations of the bands' first rows, then of their second rows, ...; those of no band are not.

    So the keys of all bands are made side by side, by vectors: a third of the time of band after band. Filled up with
    zeros to whole vectors; no band looks at the minima of those.
    """
    size = -(-bands * height // 16) * 16
    x, y = np.zeros(size, np.uint32), np.zeros(size, np.uint32)
    for band in range(bands):
        for row in range(height):
            x[row * bands + band] = a[band * height + row]
            y[row * bands + band] = b[band * height + row]
    return x, y
