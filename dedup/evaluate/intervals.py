"""Arithmetic on many ranges at once: which overlap, how much they cover together.

Ranges are half-open and belong to a group (a document, a pair of documents, a case); ranges of different groups never
meet. All arrays are int64 of equal length.
"""

from __future__ import annotations

import numpy as np

from dedup.schema import Int64


def overlapping(
    a_group: Int64, a_start: Int64, a_end: Int64, b_group: Int64, b_start: Int64, b_end: Int64
) -> tuple[Int64, Int64]:
    """Return rows (i, j) such that range i of the first table and range j of the second overlap.

    Parameters
    ----------
    a_group, a_start, a_end : int64[A]
    b_group, b_start, b_end : int64[B]

    Returns
    -------
    i, j : int64[H]
        Sorted by i; at least one code point is shared.

    Notes
    -----
    The second table is sorted by (group, start); what can overlap range i is a stretch of it, from the longest range
    of the group before ``a_start`` to ``a_end``. Cost: (A + B) log B, plus the stretches. One very long range in a
    group of many makes that group quadratic and no other.
    """
    if len(a_group) == 0 or len(b_group) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    groups, inverse = np.unique(np.concatenate([a_group, b_group]), return_inverse=True)
    a_row, b_row = inverse[: len(a_group)].astype(np.int64), inverse[len(a_group) :].astype(np.int64)
    longest = np.zeros(len(groups), np.int64)
    np.maximum.at(longest, b_row, b_end - b_start)
    wide = int(max(a_end.max(), b_end.max())) + 1
    order = np.argsort(b_row * wide + b_start, kind="stable")
    key = (b_row * wide + b_start)[order]
    low = np.maximum(a_start - longest[a_row] + 1, 0)
    first = np.searchsorted(key, a_row * wide + low, side="left")
    count = np.maximum(np.searchsorted(key, a_row * wide + a_end, side="left") - first, 0)
    i = np.repeat(np.arange(len(a_group), dtype=np.int64), count)
    skipped = np.cumsum(count) - count
    j = order[np.arange(len(i), dtype=np.int64) - np.repeat(skipped - first, count)]
    hit = (b_end[j] > a_start[i]) & (a_end[i] > b_start[j])
    return i[hit], j[hit].astype(np.int64)


def covered(group: Int64, start: Int64, end: Int64, groups: int) -> Int64:
    """Return, for each group 0 .. groups - 1, how many code points its ranges cover together (int64[groups])."""
    total = np.zeros(groups, np.int64)
    if len(group) == 0:
        return total
    wide = int(end.max()) + 1
    order = np.argsort(group * wide + start, kind="stable")
    base = group[order] * wide
    low, high = base + start[order], base + end[order]
    # Behind every range, how far its group is covered already. Groups are laid end to end, so one running maximum
    # serves all: what an earlier group reached lies before this group's first code point.
    reach = np.concatenate([[0], np.maximum.accumulate(high)[:-1]])
    np.add.at(total, group[order], np.maximum(high - np.maximum(low, reach), 0))
    return total
