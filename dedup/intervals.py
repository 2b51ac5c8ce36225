"""Sets of positions as sorted, disjoint half-open ranges: int64[n, 2]."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dedup.schema import Bool, Int64

_Scalar = TypeVar("_Scalar", bound=np.generic)


def positions(start: Int64, length: Int64) -> Int64:
    """Return the positions of ranges, one after the other: what some rows of a CSR table own."""
    ends = np.cumsum(length)
    return np.repeat(start - (ends - length), length) + np.arange(int(ends[-1]) if len(ends) else 0)


def once(values: NDArray[_Scalar]) -> NDArray[_Scalar]:
    """Return values sorted, each once.

    As ``np.unique`` does, which looks large tables up in a hash and takes five to ten times as long.
    """
    ordered = np.sort(values)
    new = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new]


def ordered(*keys: NDArray[np.integer[Any]]) -> Int64:
    """Return the order of rows by a key, by the next where that is equal, and as they stand where all are.

    As ``np.lexsort`` with the keys turned round, which follows its rows through memory. Here a key below 2**32 is put
    in one word with its row, and words are sorted: a sixth of the time.
    """
    order = None
    for key in reversed(keys):
        here = key if order is None else key[order]
        rows = _of_words(here) if _fits(here) else np.argsort(here, kind="stable")
        order = rows if order is None else order[rows]
    return np.empty(0, np.int64) if order is None else order


def _fits(key: NDArray[np.integer[Any]]) -> bool:
    return len(key) > 0 and int(key.min()) >= 0 and int(key.max()) < 1 << 32


def _of_words(key: NDArray[np.integer[Any]]) -> Int64:
    """Return the stable order of a key that is nowhere negative and everywhere below 2**32."""
    words = key.astype(np.uint64) << np.uint64(32)
    words |= np.arange(len(key), dtype=np.uint64)
    words.sort()
    words &= np.uint64(0xFFFF_FFFF)
    return words.view(np.int64)


def distinct(group: Int64, value: Int64, groups: int) -> Int64:
    """Return how many distinct values, none below 0, each group has (int64[groups])."""
    if not len(group):
        return np.zeros(groups, np.int64)
    pairs = once(group * (int(value.max()) + 1) + value)
    return np.bincount(pairs // (int(value.max()) + 1), minlength=groups)


def merged(ranges: Int64) -> Int64:
    """Return the union of ranges as sorted, disjoint ranges (int64[n, 2]); empty ranges vanish."""
    ranges = ranges[ranges[:, 1] > ranges[:, 0]]
    if not len(ranges):
        return ranges
    ranges = ranges[ordered(ranges[:, 0])]
    reach = np.maximum.accumulate(ranges[:, 1])
    new = np.concatenate([[True], ranges[1:, 0] > reach[:-1]])  # ranges that touch become one
    last = np.concatenate([np.flatnonzero(new)[1:] - 1, [len(ranges) - 1]])
    return np.stack([ranges[new, 0], reach[last]], axis=1)


def without(ranges: Int64, holes: Int64) -> Int64:
    """Return sorted, disjoint ranges with sorted, disjoint holes cut out of them (int64[n, 2])."""
    if not len(ranges) or not len(holes):
        return ranges
    # Every border, in order; between two neighbours nothing changes.
    borders = np.unique(np.concatenate([ranges.ravel(), holes.ravel()]))
    start, end = borders[:-1], borders[1:]

    def inside(these: Int64) -> Bool:
        row = np.searchsorted(these[:, 0], start, side="right") - 1
        return np.asarray((row >= 0) & (start < these[np.maximum(row, 0), 1]), bool)

    kept = inside(ranges) & ~inside(holes)
    return merged(np.stack([start[kept], end[kept]], axis=1))


def covered(start: Int64, end: Int64, ranges: Int64) -> Int64:
    """Return how many positions of each [start, end) lie in the sorted, disjoint ranges (int64)."""
    if not len(ranges):
        return np.zeros(len(start), np.int64)
    if (start[1:] < start[:-1]).any():  # what is looked up side by side lies side by side then
        order, found = ordered(start), np.empty(len(start), np.int64)
        found[order] = covered(start[order], end[order], ranges)
        return found
    before = np.concatenate([[0], np.cumsum(ranges[:, 1] - ranges[:, 0])])

    def upto(position: Int64) -> Int64:
        row = np.searchsorted(ranges[:, 0], position, side="right")
        over = np.maximum(0, ranges[np.maximum(row - 1, 0), 1] - position)
        return before[row] - np.where(row > 0, over, 0)

    return upto(end) - upto(start)
