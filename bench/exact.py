"""Every pair at a threshold, without chance: the exact join that all others are measured against.

A prefix filter (Chaudhuri, Ganti, Kaushik 2006; Xiao et al. 2008): sort each set by the rarity of its shingles;
two sets with a Jaccard index of at least t share one of their first ``n - ceil(t n) + 1``. Rarity is counted in a
table of hashed counters, for any order that all sets agree on is correct and a collision only makes a shingle look
commoner than it is. `tests/bench/test_exact.py` holds the join to comparing all with all.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from dedup.kernels import buckets
from dedup.paragraphs import one_paragraph_each
from dedup.params import Params
from dedup.steps import expand, pair, shingle, verify

_U64 = np.uint64
_COUNTERS = 1 << 25


def exact_pairs(texts: list[str], threshold: float, k: int = 5) -> NDArray[np.uint64]:
    """Return every pair of texts at the threshold, packed as (left << 32) | right and sorted."""
    keys, segments = one_paragraph_each(texts, fold=False)
    first, group = pair.groups(shingle.digest(keys, segments))
    sets = shingle.shingle(keys, segments, first, k)
    counters = np.zeros(_COUNTERS, np.uint32)
    _count(sets.indptr, sets.length, sets.hashes, counters)
    size = np.where(sets.length > 0, sets.length - np.ceil(threshold * sets.length - 1e-9).astype(np.int64) + 1, 0)
    begin = np.concatenate([[0], np.cumsum(size)])
    words = np.empty((1, int(begin[-1])), np.uint64)
    _prefixes(sets.indptr, sets.length, sets.hashes, counters, begin, words[0])
    kept, counts, over, largest = (np.zeros(1, np.int64) for _ in range(4))
    everybody = np.int64(1 << 40)
    buckets.sort_bands(words, everybody, everybody, kept, counts, over, largest)
    found = np.empty(int(counts[0]), np.uint64)
    buckets.write_pairs(words, kept, everybody, everybody, np.zeros(1, np.int64), found)
    found = found[: buckets.distinct(found, np.empty_like(found))]
    left, right = (found >> _U64(32)).astype(np.int64), (found & _U64(0xFFFFFFFF)).astype(np.int64)
    long, short = np.maximum(sets.length[left], sets.length[right]), np.minimum(sets.length[left], sets.length[right])
    fits = (short >= threshold * long - 1e-9) & (left < right)
    near = verify.verify(pair.unverified(left[fits], right[fits]), sets, threshold)
    pairs, _ = expand.expand(near, first, group, sets.length, bucket=len(texts))
    return pack(pairs.left, pairs.right)


def pack(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return sorted, distinct words (lower row << 32) | higher row."""
    low, high = np.minimum(left, right).astype(np.uint64), np.maximum(left, right).astype(np.uint64)
    words = (low << _U64(32)) | high
    return words[: buckets.distinct(words, np.empty_like(words))]


def default(threshold: float) -> Params:
    """Return the settings that every peer is given as near as it can take them."""
    return Params(threshold=threshold, shingle=5, num_perm=128)


@numba.njit(cache=True)
def _count(indptr, length, hashes, counters):  # type: ignore[no-untyped-def]
    mask = _U64(counters.shape[0] - 1)
    for p in range(length.shape[0]):
        for i in range(indptr[p], indptr[p] + length[p]):
            counters[np.int64(hashes[i] & mask)] += np.uint32(1)


@numba.njit(cache=True, parallel=True)
def _prefixes(indptr, length, hashes, counters, begin, out):  # type: ignore[no-untyped-def]
    """Write (upper half of the hash, row) of each set's rarest shingles."""
    mask = _U64(counters.shape[0] - 1)
    for p in numba.prange(length.shape[0]):
        size = begin[p + 1] - begin[p]
        if size > 0:
            row = hashes[indptr[p] : indptr[p] + length[p]]
            order = np.empty(length[p], np.uint64)
            for i in range(length[p]):  # rarity, then the hash: an order that all sets agree on
                count = _U64(counters[np.int64(row[i] & mask)])
                order[i] = (min(count, _U64(0xFFFF)) << _U64(48)) | (row[i] >> _U64(16))
            order.sort()
            for i in range(size):
                # The lower 32 of the 48 bits of hash that remain: sorting wants them evenly spread.
                out[begin[p] + i] = (order[i] << _U64(32)) | _U64(p)
