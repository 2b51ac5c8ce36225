"""Keys of the bands of signatures, for storing. Caller: dedup.archive.prints.

Within one scan `dedup.kernels.buckets` works on the words of the bands; a stored band has only this key.
"""

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


@numba.njit(cache=True, parallel=True)
def band_keys(values, rows, out):
    """Write a 32-bit key of each band of each signature.

    values : uint32[P, num_perm]
    rows : int64               values in a band; band b covers columns [b * rows, (b + 1) * rows)
    out : uint32[P, bands]     written; equal bands give equal keys, and the number of the band is part of the key

    Two bands that differ share a key once in 2**32: a candidate more, never one less. O(P * bands * rows).
    """
    for p in numba.prange(values.shape[0]):
        for b in range(out.shape[1]):
            key = _mix64(_U64(b) + _U64(0x9E3779B97F4A7C15))
            for j in range(b * rows, (b + 1) * rows):
                key = _mix64(key ^ _U64(values[p, j]))
            out[p, b] = _U32(key >> _U64(32))
