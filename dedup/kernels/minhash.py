"""MinHash signatures and band keys. Callers: dedup.steps.sketch, dedup.index."""

from __future__ import annotations

import numba
import numpy as np

_U64 = np.uint64
_U32 = np.uint32
_BASE = _U64(0x9E3779B97F4A7C55)  # as in hashing.py
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
def _mix_grams(codes, start, count, k, words, out):
    """Write what datasketch permutes for each k-gram: fmix32 of the lower half of the hash of hashing.py.

    Three loops, as in `hashing._hash_grams`: only the middle one, where each word waits for the one before it, is not
    done by vectors. All three take a third of the time of one.
    """
    power = _U64(1)
    for _ in range(k):
        power *= _BASE
    come = codes[start + k - 1 : start + k - 1 + count]
    gone = codes[start : start + count]
    for i in range(1, count):
        words[i] = (_U64(come[i]) + _U64(1)) - (_U64(gone[i - 1]) + _U64(1)) * power
    h = _U64(0)
    for i in range(start, start + k):
        h = h * _BASE + (_U64(codes[i]) + _U64(1))
    words[0] = h
    for i in range(1, count):
        h = h * _BASE + words[i]
        words[i] = h
    for i in range(count):
        out[i] = _fmix32(_U32(_mix64(words[i]) & _U64(0xFFFFFFFF)))


@numba.njit(cache=True)
def _lower(mixed, count, a, b, minima):
    """Lower the minima to those of `count` more words; ``mixed`` has room for 7 more, which are overwritten.

    Eight words a round: the minima, a and b are then loaded once for eight multiply-adds, which makes the loop
    bound by arithmetic and not by the cache. The last word is repeated to fill a round; a minimum does not mind.
    """
    for i in range(count, -(-count // 8) * 8):
        mixed[i] = mixed[count - 1]
    for i in range(0, count, 8):
        h0, h1, h2, h3 = mixed[i], mixed[i + 1], mixed[i + 2], mixed[i + 3]
        h4, h5, h6, h7 = mixed[i + 4], mixed[i + 5], mixed[i + 6], mixed[i + 7]
        for j in range(a.shape[0]):
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
    a, b : uint32[num_perm]    as for `signatures`
    height : int64             values in a band
    out : uint64[bands, P]     written: 32 bits of the key, then 32 bits of ``rows[p]``

    The signature is that of `signatures` over the hashes of `hashing.shingles`, but the hashes need neither be
    sorted (a minimum does not mind repeats) nor kept: a tile in the cache instead of 8 bytes a character, and 8
    bytes a band instead of 4 a value. O(characters * num_perm).
    """
    n = start.shape[0]
    for block in numba.prange(-(-n // _BLOCK)):
        words = np.empty(_TILE, np.uint64)
        mixed = np.empty(_TILE + 7, np.uint32)
        minima = np.empty(a.shape[0], np.uint32)
        for p in range(block * _BLOCK, min(n, (block + 1) * _BLOCK)):
            minima[:] = _U32(0xFFFFFFFF)
            stop = end[p] - k + 1
            for at in range(start[p], stop, _TILE):
                count = min(np.int64(_TILE), stop - at)
                _mix_grams(codes, at, count, k, words, mixed)
                _lower(mixed, count, a, b, minima)
            for band in range(out.shape[0]):
                key = _U64(band)
                for j in range(band * height, (band + 1) * height):
                    key = (key ^ _U64(minima[j])) * _BASE
                out[band, p] = (_mix64(key) & _U64(0xFFFFFFFF00000000)) | _U64(rows[p])
