"""Resolving passages of one document pair that overlap or lie side by side. Caller: dedup.steps.align."""

from __future__ import annotations

import numba
import numpy as np

_UNIT = np.int64(1000)
_FOREIGN = np.int64(8)


@numba.njit(cache=True, inline="always")
def _gap_cost(on_left, on_right, floor):
    """Return what a gap between two neighbouring passages costs.

    Milder than inside a chain (align.py): what only one side has, a sentence dropped or added, costs a quarter, for
    two copies that stand together on the other side without a seam are one copy. Text that both sides have and that
    differs counts in full, and once more beyond the length of a name.
    """
    both = min(on_left, on_right)
    return floor * (2 * both + (max(on_left, on_right) - both) // 4 + max(np.int64(0), both - _FOREIGN))


@numba.njit(cache=True)
def _gain(row, floor):
    """Return what a passage brings: twice its matches, less the floor for each of its characters."""
    return 2 * _UNIT * row[4] - floor * (row[1] - row[0] + row[3] - row[2])


@numba.njit(cache=True)
def _stray(rows, mine, order, side, hole):
    """Write to hole[x] how far passage mine[x] stands from its nearer neighbour on one side."""
    n = mine.shape[0]
    for x in range(n):
        i = mine[order[x]]
        near = np.int64(2**60)
        if x > 0:
            near = max(np.int64(0), rows[i, side] - rows[mine[order[x - 1]], side + 1])
        if x < n - 1:
            near = min(near, max(np.int64(0), rows[mine[order[x + 1]], side] - rows[i, side + 1]))
        hole[order[x]] = near


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


@numba.njit(cache=True)
def _split(rows, members, part, side, gap):
    """Split parts where their rows leave a gap on one side; return the number of parts.

    members, part : int64[n]   rows, and the part of each; `part` is overwritten with new, dense numbers
    side : int64               0 for left columns, 2 for right ones
    """
    n = members.shape[0]
    keys = np.empty(n, np.int64)
    for x in range(n):
        keys[x] = part[x] * np.int64(2**40) + rows[members[x], side]
    order = np.argsort(keys, kind="mergesort")
    count = np.int64(0)
    reach = np.int64(0)
    before = np.int64(-1)
    for o in range(n):
        x = order[o]
        start = rows[members[x], side]
        if part[x] != before or start > reach + gap:
            before = part[x]
            count += 1
            reach = rows[members[x], side + 1]
        reach = max(reach, rows[members[x], side + 1])
        keys[x] = count - 1
    for x in range(n):
        part[x] = keys[x]
    return count


@numba.njit(cache=True)
def _union(rows, members, side):
    """Return how many positions of one side the rows cover together; `members` sorted by that side's start."""
    total = np.int64(0)
    reach = np.int64(-1)
    for x in range(members.shape[0]):
        start = max(rows[members[x], side], reach)
        end = rows[members[x], side + 1]
        if end > start:
            total += end - start
            reach = end
    return total


@numba.njit(cache=True, parallel=True)
def merge_shuffled(rows, group, same, gap, floor, threshold, pieces, shuffled):
    """Merge all passages that together tile one stretch on both sides, in whatever order.

    rows : int64[R, 5]      as above; overwritten with the merged extents
    group : int64[G+1]      rows of one document pair
    same : uint8[G]         1 where both sides are one document
    gap : int64             longest hole in the tiling, on either side
    floor : int64           identity floor, in thousandths
    threshold : int64       least wording of what comes of a merge, in thousandths
    pieces : int64[R]       written: 0 where the row went into another, else the number of rows in it
    shuffled : uint8[R]     written: 1 where the order of the pieces differs between the sides

    Shuffled sentences are neighbours of different neighbours on either side, so no merging two by two can find
    them. The rows of a document pair are split wherever one side leaves a gap, then the other, until nothing splits
    any more; what is left holds together on both sides. A piece that does not pay for the holes around it stays
    alone; the others are merged if their rectangle keeps the threshold. O(n log n) a round, and few rounds.
    """
    for g in numba.prange(group.shape[0] - 1):
        first = group[g]
        n = group[g + 1] - first
        for i in range(first, first + n):
            pieces[i] = 1
            shuffled[i] = 0
        if n < 2:
            continue
        members = np.arange(first, first + n)
        part = np.zeros(n, np.int64)
        count = np.int64(1)
        while True:
            before = count
            _split(rows, members, part, 0, gap)
            count = _split(rows, members, part, 2, gap)
            if count == before:
                break
        order = np.argsort(part, kind="mergesort")
        x = np.int64(0)
        while x < n:
            y = x
            while y < n and part[order[y]] == part[order[x]]:
                y += 1
            if y - x > 1:
                mine = members[order[x:y]]  # ascending, so sorted by left start
                hole = np.zeros((2, y - x), np.int64)
                _stray(rows, mine, np.arange(y - x), 0, hole[0])
                _stray(rows, mine, np.argsort(rows[mine, 2], kind="mergesort"), 2, hole[1])
                pays = np.zeros(y - x, np.bool_)
                for z in range(y - x):
                    pays[z] = _gain(rows[mine[z]], floor) > _gap_cost(hole[0, z], hole[1, z], floor)
                mine = mine[pays]
                if mine.shape[0] < 2:
                    x = y
                    continue
                by_right = mine[np.argsort(rows[mine, 2], kind="mergesort")]
                left_end = rows[mine, 1].max()
                right_end = rows[mine, 3].max()
                left_start = rows[mine[0], 0]
                right_start = rows[by_right[0], 2]
                matched = min(rows[mine, 4].sum(), _union(rows, mine, 0), _union(rows, by_right, 2))
                chars = left_end - left_start + right_end - right_start
                if 2000 * matched >= threshold * chars and not (same[g] == 1 and left_end > right_start):
                    into = mine[0]
                    for z in range(mine.shape[0]):
                        pieces[mine[z]] = 0
                        if by_right[z] != mine[z]:
                            shuffled[into] = 1
                    pieces[into] = mine.shape[0]
                    rows[into, 0] = left_start
                    rows[into, 1] = left_end
                    rows[into, 2] = right_start
                    rows[into, 3] = right_end
                    rows[into, 4] = matched
            x = y


@numba.njit(cache=True, parallel=True)
def merge_neighbours(rows, group, same, gap, floor, threshold, pieces, shuffled):
    """Merge passages that lie side by side on both sides, in whatever order; write how many went into each row.

    rows : int64[R, 5]      as above, sorted by left start; overwritten with the merged extents
    group : int64[G+1]
    same : uint8[G]         1 where both sides are one document
    gap : int64             how far apart two passages may lie on either side
    floor : int64           identity floor, in thousandths
    threshold : int64       least wording of what comes of a merge, in thousandths
    pieces : int64[R]       updated: 0 where the row went into another, else the number of rows in it
    shuffled : uint8[R]     updated: 1 where the order of the pieces differs between the sides

    Rotated clauses and what lies around a longer insertion are neighbours in both documents; one copy must be one
    passage (granularity, Potthast et al. 2010). A merge has to keep the threshold over the whole rectangle.
    O(n * neighbours) a round, until nothing changes.
    """
    for g in numba.prange(group.shape[0] - 1):
        first = group[g]
        last = group[g + 1]
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
                    on_left = max(np.int64(0), rows[j, 0] - rows[i, 1])
                    on_right = max(np.int64(0), rows[j, 2] - rows[i, 3], rows[i, 2] - rows[j, 3])
                    if min(_gain(rows[i], floor), _gain(rows[j], floor)) <= _gap_cost(on_left, on_right, floor):
                        continue
                    # rows stand by left start, so j follows i on the left; does it on the right?
                    shuffled[i] |= shuffled[j] | np.uint8(rows[j, 2] < rows[i, 2])
                    rows[i, 0] = left_start
                    rows[i, 1] = left_end
                    rows[i, 2] = right_start
                    rows[i, 3] = right_end
                    rows[i, 4] = matched
                    pieces[i] += pieces[j]
                    pieces[j] = 0
                    changed = True
