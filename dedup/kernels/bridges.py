"""Passages that are one copy with something left out or put in between them. Caller: dedup.steps.bridge.

Scores are whole thousandths, as in `dedup.kernels.align`.
"""

from __future__ import annotations

import numba
import numpy as np

_UNIT = np.int64(1000)
_APART = np.int64(-(2**40))
_FOREIGN = np.int64(8)  # characters: as far apart two pieces still stand together, and as far they may overlap
_STRANGE = np.int64(5)  # characters that both sides have in each other's place: no name
_SMALL = np.int64(6)  # a gap is small where the whole is so many times as long, both sides counted
_TRACES = np.int64(400)  # thousandths of a gap that agree where a copy was corrupted; of other text a fifth does
_ASKED = 64  # third reports asked about a span; a block that more of them have was asked about often enough
_REACH = np.int64(700)  # thousandths of their union that two spans of the same reach share


@numba.njit(cache=True, inline="always")
def _gap_cost(on_left, on_right, floor):
    """Return what a gap costs, as between neighbours that are merged in `dedup.kernels.overlap`."""
    both = min(on_left, on_right)
    return floor * (2 * both + (max(on_left, on_right) - both) // 4 + max(np.int64(0), both - _FOREIGN))


@numba.njit(cache=True)
def _common(codes, a, a_end, b, b_end):
    """Return the length of the longest common subsequence of two short ranges."""
    row = np.zeros(b_end - b + 1, np.int64)
    for x in range(a, a_end):
        diagonal = np.int64(0)
        for y in range(b_end - b):
            above = row[y + 1]
            if codes[x] == codes[b + y]:
                row[y + 1] = diagonal + 1
            elif row[y] > above:
                row[y + 1] = row[y]
            diagonal = above
    return row[b_end - b]


@numba.njit(cache=True)
def _alone(sides, a, a_end, b, b_end, here, there):
    """Tell whether a third report has one of two neighbouring spans without the other.

    sides : int64[4, 2R]   start, end, own report and the other's of every side of every passage, by start
    """
    for one in range(2):
        start, end, other, other_end = (a, a_end, b, b_end) if one == 0 else (b, b_end, a, a_end)
        length = end - start
        asked = 0
        for x in range(np.searchsorted(sides[0], start - length), sides.shape[1]):
            if sides[0, x] >= end or asked == _ASKED:
                break
            third = sides[3, x]
            if third == here or third == there:
                continue
            shared = min(end, sides[1, x]) - max(start, sides[0, x])
            if _UNIT * shared < _REACH * (max(end, sides[1, x]) - min(start, sides[0, x])):
                continue
            asked += 1
            goes_on = False
            for y in range(np.searchsorted(sides[0], min(other, start) - length), sides.shape[1]):
                if sides[0, y] >= other_end or goes_on:
                    break
                if sides[3, y] == third:
                    goes_on = 2 * (min(other_end, sides[1, y]) - max(other, sides[0, y])) >= other_end - other
            if not goes_on:
                return True
    return False


@numba.njit(cache=True)
def _gap(codes, one, two, least, longest, floor, threshold):
    """Return what the gap between two passages in order matches, less what they overlap; `_APART` for two copies.

    one, two : int64[5]    left start, left end, right start, right end, matches
    least : int64          length of the shorter of them that holds common wording only; none: 2**40
    """
    over = max(np.int64(0), one[1] - two[0], one[3] - two[2])
    on_left = max(np.int64(0), two[0] - one[1])
    on_right = max(np.int64(0), two[2] - one[3])
    both = min(on_left, on_right)
    if over > _FOREIGN or max(on_left, on_right) > min(longest, least) or both > longest // 4:
        return _APART
    chars = two[1] - one[0] + two[3] - one[2]
    small = _SMALL * (on_left + on_right) <= chars
    found = _common(codes, one[1], two[0], one[3], two[2]) if both > 0 else np.int64(0)
    common = least < -_APART
    foreign = (both > _FOREIGN and (common or not small or max(on_left, on_right) > longest // 4)) or (
        common and both - found >= _STRANGE
    )
    if foreign and _UNIT * found < _TRACES * both:
        return _APART
    brings = 2 * (_UNIT - floor) * found - _gap_cost(on_left - found, on_right - found, floor)
    for row in (one, two):
        gain = 2 * _UNIT * row[4] - floor * (row[1] - row[0] + row[3] - row[2])
        if not small and gain + brings <= 0:
            return _APART
    if 2 * _UNIT * (one[4] + two[4] + found - over) < threshold * chars:
        return _APART
    return found - over


@numba.njit(cache=True)
def bridge(codes, rows, group, units, common, sides, longest, floor, threshold, owner):
    """Join passages that run on in the same order across what was dropped or added between them: one copy.

    codes : uint32[K]
    rows : int64[R, 5]      left start, left end, right start, right end, matches; overwritten with joint ones
    group : int64[G+1]      rows of one pair of reports, sorted by left start
    units : int64[2, G]     the two reports
    common : uint8[R]       1 for wording that anybody uses: it may stand beside other words by chance; scratch
    sides : int64[4, S]     as in `_alone`
    longest : int64         most characters between two passages
    floor, threshold : int64   in thousandths
    owner : int64[R]        written: the row that a row went into, itself where it stays

    What a joint passage holds on both sides is part of it. O(R * neighbours) a round.
    """
    for g in range(group.shape[0] - 1):
        first, last = group[g], group[g + 1]
        for i in range(first, last):
            owner[i] = i
        changed = last - first > 1
        while changed:
            changed = False
            for i in range(first, last):
                for j in range(i + 1, last):
                    if owner[i] != i or rows[j, 0] > rows[i, 1] + longest:
                        break
                    if owner[j] != j or rows[j, 2] < rows[i, 2]:
                        continue
                    if rows[j, 1] <= rows[i, 1] or rows[j, 3] <= rows[i, 3]:
                        continue
                    if units[0, g] == units[1, g] and rows[j, 1] > rows[i, 2]:
                        continue
                    least = -_APART
                    for x in (i, j):
                        if common[x]:
                            least = min(least, rows[x, 1] - rows[x, 0], rows[x, 3] - rows[x, 2])
                    found = _gap(codes, rows[i], rows[j], least, longest, floor, threshold)
                    if found == _APART:
                        continue
                    if _alone(sides, rows[i, 0], rows[i, 1], rows[j, 0], rows[j, 1], units[0, g], units[1, g]):
                        continue
                    if _alone(sides, rows[i, 2], rows[i, 3], rows[j, 2], rows[j, 3], units[0, g], units[1, g]):
                        continue
                    rows[i, 1], rows[i, 3] = rows[j, 1], rows[j, 3]
                    rows[i, 4] += rows[j, 4] + found
                    common[i] = common[i] & common[j]
                    owner[j] = i
                    changed = True
                    for x in range(first, last):
                        if owner[x] == x and x != i and rows[x, 0] >= rows[i, 0] and rows[x, 1] <= rows[i, 1]:
                            if rows[x, 2] >= rows[i, 2] and rows[x, 3] <= rows[i, 3]:
                                owner[x] = i
        for i in range(first, last):
            while owner[owner[i]] != owner[i]:
                owner[i] = owner[owner[i]]
