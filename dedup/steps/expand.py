"""Whom do exact copies pair with? Answers by giving the pairs of representatives back to all members.

Exact copies are collapsed before sketching; what was verified for one holds for all of them. Small groups are
written out in full, so that every pair at the threshold is in the table; of a large one each member is paired with
the representative only, and a `Limit` says so. What is large also depends on the company: copies of near copies
multiply, so the bound is lowered until the table grows no faster than the paragraphs.
"""

from __future__ import annotations

import numpy as np

from dedup.result import Limit
from dedup.schema import Int64, Pairs


def expand(pairs: Pairs, first: Int64, group: Int64, length: Int64, bucket: int) -> tuple[Pairs, list[Limit]]:
    """Return pairs of paragraphs from pairs of groups.

    Parameters
    ----------
    pairs : Pairs
        Verified pairs of groups.
    first : int64[G]
        The first paragraph of each group.
    group : int64[P]
        The group of each paragraph.
    length : int64[G]
        Shingles of each group; groups without any are left out.
    bucket : int
        Groups up to this size are written out in full, as long as that makes no more than so many pairs of near
        copies a paragraph; else groups up to a half, a quarter, … of it.

    Returns
    -------
    Pairs
        Rows are paragraphs; ``left < right``, distinct, sorted. Exact copies have a Jaccard index of 1.
    list of Limit
        One entry if some group was larger than ``bucket``.
    """
    size = np.bincount(group, minlength=len(first))
    bucket = _bound(size[pairs.left], size[pairs.right], bucket, len(group))
    # Members that stand for their group in pairs with others: all of a small one, the first of a large one.
    speaks = (size[group] <= bucket) | (first[group] == np.arange(len(group)))
    member = np.flatnonzero(speaks)
    member = member[np.argsort(group[member], kind="stable")]
    speakers = np.bincount(group[member], minlength=len(first))
    base = np.concatenate([[0], np.cumsum(speakers)])
    near, one, other = _product(pairs.left, pairs.right, speakers)
    left, right = member[base[pairs.left[near]] + one], member[base[pairs.right[near]] + other]
    columns = [pairs.shared[near], pairs.jaccard[near], pairs.contained_left[near], pairs.contained_right[near]]
    swap = left > right
    columns[2], columns[3] = np.where(swap, columns[3], columns[2]), np.where(swap, columns[2], columns[3])
    left, right = np.minimum(left, right), np.maximum(left, right)
    same_left, same_right = _within(first, group, size, member, base, length, bucket)
    ones = np.ones(len(same_left))
    joined = [
        np.concatenate([left, same_left]),
        np.concatenate([right, same_right]),
        np.concatenate([columns[0], length[group[same_left]]]),
        *(np.concatenate([column, ones]) for column in columns[1:]),
    ]
    order = np.argsort((joined[0] << 32) | joined[1])  # one packed key, all distinct: twice as fast as a lexsort
    over = int((size[length > 0] > bucket).sum())
    limits = [Limit("exact group", over, bucket, f"largest {int(size[length > 0].max())}")] if over else []
    return Pairs(*(column[order] for column in joined)), limits


def _bound(left: Int64, right: Int64, bucket: int, paragraphs: int) -> int:
    """Return the size up to which groups can be written out in full, given the sizes of both sides of each pair."""
    most = bucket * paragraphs
    while bucket > 1:
        count = np.where(left <= bucket, left, 1) * np.where(right <= bucket, right, 1)
        if count.sum() <= most:
            break
        bucket //= 2
    return bucket


def _product(left: Int64, right: Int64, speakers: Int64) -> tuple[Int64, Int64, Int64]:
    """Return, for every combination of speakers of both sides, the pair's row and the two ranks."""
    count = speakers[left] * speakers[right]
    row = np.repeat(np.arange(len(left)), count)
    rank = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    width = speakers[right[row]]
    return row, rank // np.maximum(width, 1), rank % np.maximum(width, 1)


def _within(
    first: Int64, group: Int64, size: Int64, member: Int64, base: Int64, length: Int64, bucket: int
) -> tuple[Int64, Int64]:
    """Return the pairs inside the groups: all with all in small ones, each with the first in large ones."""
    small = np.flatnonzero((size > 1) & (size <= bucket) & (length > 0))
    row, one, other = _product(small, small, np.bincount(group[member], minlength=len(first)))
    kept = one < other
    head = base[small[row[kept]]]
    left, right = member[head + one[kept]], member[head + other[kept]]
    large = (size[group] > bucket) & (length[group] > 0) & (first[group] != np.arange(len(group)))
    rest = np.flatnonzero(large)
    return np.concatenate([left, first[group[rest]]]), np.concatenate([right, rest])
