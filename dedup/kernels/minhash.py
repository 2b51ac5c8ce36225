"""MinHash signatures and band keys. Callers: dedup.steps.sketch, dedup.steps.pair."""

from __future__ import annotations

import numba
import numpy as np

_U64 = np.uint64
_U32 = np.uint32


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
    permutations = a.shape[0]
    for p in numba.prange(length.shape[0]):
        row = out[p]
        for j in range(permutations):
            row[j] = _U32(0xFFFFFFFF)
        first = indptr[p]
        for i in range(first, first + length[p]):
            h = _fmix32(_U32(hashes[i] & _U64(0xFFFFFFFF)))
            for j in range(permutations):
                value = _U32(h * a[j] + b[j])
                row[j] = min(row[j], value)


@numba.njit(cache=True)
def bucket_pairs(values, band, rows, cap, table, first_of, member_next, member_last, size, out):
    """Write the candidate pairs of one band: rows that agree in all its values.

    values : uint32[P, num_perm]
    band, rows : int64              the band covers columns [band * rows, (band + 1) * rows)
    cap : int64                     each row is paired with the first `cap` rows of its bucket
    table : int64[2**m]             scratch, filled with -1; 2**m >= 2 * P
    first_of : int64[P]             scratch
    member_next, member_last : int64[P]   scratch
    size : int64[P]                 scratch; afterwards size[first row of a bucket] is the bucket's size
    out : uint64[...]               written where not empty: (lower row << 32) | higher row
    returns : int64                 how many pairs there are (call with an empty `out` to count first)

    An open-addressing table instead of a dictionary of lists: a bucket is a chain of rows in ascending order, so
    the result does not depend on anything but the values. O(P * cap) at worst, O(P) where buckets are small.
    """
    mask = table.shape[0] - 1
    low = band * rows
    written = np.int64(0)
    writing = out.shape[0] > 0
    for p in range(values.shape[0]):
        key = _U64(0x9E3779B97F4A7C15)
        for j in range(low, low + rows):
            key = _mix64(key ^ _U64(values[p, j]))
        at = np.int64(key & _U64(mask))
        member_next[p] = -1
        while True:
            q = table[at]
            if q < 0:
                table[at] = p
                first_of[p] = p
                member_last[p] = p
                size[p] = 1
                break
            same = True
            for j in range(low, low + rows):
                if values[q, j] != values[p, j]:
                    same = False
                    break
            if same:
                first_of[p] = q
                other = q
                taken = 0
                while other >= 0 and taken < cap:
                    if writing:
                        out[written] = (_U64(other) << _U64(32)) | _U64(p)
                    written += 1
                    taken += 1
                    other = member_next[other]
                member_next[member_last[q]] = p
                member_last[q] = p
                size[q] += 1
                break
            at = (at + 1) & mask
    return written
