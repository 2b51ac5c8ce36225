"""Resolving passages of one document pair that overlap or lie side by side. Caller: dedup.steps.align."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True)
def _inside(a, a_end, b, b_end):
    """Return how much of [a, a_end) lies in [b, b_end)."""
    return max(np.int64(0), min(a_end, b_end) - max(a, b))


@numba.njit(cache=True, parallel=True)
def drop_covered(rows, group, keep):
    """Mark passages that say again, for at least half of both their sides, what a better one says.

    rows : int64[R, 5]      left start, left end, right start, right end, matches; sorted by left start in a group
    group : int64[G+1]      rows of one document pair
    keep : uint8[R]         written

    Two chains over one stretch come from repetition inside a sentence (periodic seeds), not from two copies. Rows
    are judged best first; O(n * overlapping neighbours) a group.
    """
    for g in numba.prange(group.shape[0] - 1):
        first = group[g]
        last = group[g + 1]
        widest = np.int64(0)
        for i in range(first, last):
            keep[i] = 0
            widest = max(widest, rows[i, 1] - rows[i, 0])
        order = np.argsort(-rows[first:last, 4], kind="mergesort")
        for o in range(last - first):
            i = first + order[o]
            covered = False
            for direction in (-1, 1):
                j = i + direction
                while first <= j < last and not covered:
                    if direction < 0 and rows[j, 0] + widest <= rows[i, 0]:
                        break
                    if direction > 0 and rows[j, 0] >= rows[i, 1]:
                        break
                    if keep[j] == 1:
                        on_left = _inside(rows[i, 0], rows[i, 1], rows[j, 0], rows[j, 1])
                        on_right = _inside(rows[i, 2], rows[i, 3], rows[j, 2], rows[j, 3])
                        if 2 * on_left >= rows[i, 1] - rows[i, 0] and 2 * on_right >= rows[i, 3] - rows[i, 2]:
                            covered = True
                    j += direction
            if not covered:
                keep[i] = 1


@numba.njit(cache=True, parallel=True)
def merge_neighbours(rows, group, same, gap, threshold, pieces):
    """Merge passages that lie side by side on both sides, in whatever order; write how many went into each row.

    rows : int64[R, 5]      as above, sorted by left start; overwritten with the merged extents
    group : int64[G+1]
    same : uint8[G]         1 where both sides are one document
    gap : int64             how far apart two passages may lie on either side
    threshold : int64       least wording of what comes of a merge, in thousandths
    pieces : int64[R]       written: 0 where the row went into another, else the number of rows in it

    What shuffling sentences or rotating clauses leaves of one copy are neighbours in both documents whose order
    differs; one copy must be one passage (granularity, Potthast et al. 2010). A merge has to keep the threshold
    over the whole rectangle. O(n * neighbours) a round, until nothing changes.
    """
    for g in numba.prange(group.shape[0] - 1):
        first = group[g]
        last = group[g + 1]
        for i in range(first, last):
            pieces[i] = 1
        changed = last - first > 1
        while changed:
            changed = False
            for i in range(first, last):
                if pieces[i] == 0:
                    continue
                for j in range(i + 1, last):
                    if rows[j, 0] > rows[i, 1] + gap:
                        break
                    if pieces[j] == 0:
                        continue
                    if rows[j, 2] > rows[i, 3] + gap or rows[i, 2] > rows[j, 3] + gap:
                        continue
                    left_start = min(rows[i, 0], rows[j, 0])
                    left_end = max(rows[i, 1], rows[j, 1])
                    right_start = min(rows[i, 2], rows[j, 2])
                    right_end = max(rows[i, 3], rows[j, 3])
                    if same[g] == 1 and left_end > right_start:
                        continue
                    shorter = min(left_end - left_start, right_end - right_start)
                    matched = min(shorter, rows[i, 4] + rows[j, 4])
                    matched -= _inside(rows[i, 0], rows[i, 1], rows[j, 0], rows[j, 1])
                    matched -= _inside(rows[i, 2], rows[i, 3], rows[j, 2], rows[j, 3])
                    chars = left_end - left_start + right_end - right_start
                    if 2000 * matched < threshold * chars or matched <= max(rows[i, 4], rows[j, 4]):
                        continue
                    rows[i, 0] = left_start
                    rows[i, 1] = left_end
                    rows[i, 2] = right_start
                    rows[i, 3] = right_end
                    rows[i, 4] = matched
                    pieces[i] += pieces[j]
                    pieces[j] = 0
                    changed = True
