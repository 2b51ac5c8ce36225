"""Passages that overlap, lie side by side, or end in what stands apart. Caller: dedup.steps.align."""

from __future__ import annotations

import numba
import numpy as np

_UNIT = np.int64(1000)
_FOREIGN = np.int64(8)
ASIDE = np.int64(8)
"""Matched characters out of order from which a passage is called shuffled."""


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
def _inside(a, a_end, b, b_end):
    """Return how much of [a, a_end) lies in [b, b_end)."""
    return max(np.int64(0), min(a_end, b_end) - max(a, b))


@numba.njit(cache=True)
def _take(used, start, end):
    """Return how many places of [start, end) were free, and take them all."""
    free = np.int64(0)
    for x in range(start, end):
        if not used[x]:
            free += 1
            used[x] = True
    return free


@numba.njit(cache=True)
def _tally(rows, stretches, members, floor, left_start, left_end, right_start, right_end):
    """Return how many characters the members match together, each place of either side counted once.

    rows, stretches : as in `resolve`
    members : int64[n]   rows within the rectangle, best first

    The rectangle of a passage hides what it does not match: two passages may overlap on one side and still say
    nothing twice. So places are taken run by run; gaps that hardly agree are filled last, by what is left.
    """
    on_left = np.zeros(left_end - left_start, np.bool_)
    on_right = np.zeros(right_end - right_start, np.bool_)
    matched = np.int64(0)
    for filling in (False, True):
        for i in members:
            for s in range(rows[i, 5], rows[i, 6]):
                a, a_end = stretches[s, 0] - left_start, stretches[s + 1, 0] - left_start
                b, b_end = stretches[s, 1] - right_start, stretches[s + 1, 1] - right_start
                m = stretches[s, 2]
                hole = 2 * _UNIT * m < floor * (a_end - a + b_end - b)
                if m == 0 or hole != filling:
                    continue
                if m == a_end - a and m == b_end - b:
                    for x in range(m):
                        if not on_left[a + x] and not on_right[b + x]:
                            on_left[a + x] = True
                            on_right[b + x] = True
                            matched += 1
                else:  # which characters agree is not known: as many as there are places left for
                    matched += min(m, _take(on_left, a, a_end), _take(on_right, b, b_end))
    return matched


@numba.njit(cache=True)
def _cover(rows, first, last, owner):
    """Give passages that say again, for at least half of both their sides, what a better one says to that one.

    Two chains over one stretch come from repetition inside a sentence (periodic seeds), or from a clause that stands
    elsewhere in the copy; neither is a copy of its own. Rows are judged best first; O(n * overlapping neighbours).
    """
    widest = np.int64(0)
    for i in range(first, last):
        owner[i] = -1
        widest = max(widest, rows[i, 1] - rows[i, 0])
    order = np.argsort(-rows[first:last, 4], kind="mergesort")
    for o in range(last - first):
        i = first + order[o]
        host = i
        for direction in (-1, 1):
            j = i + direction
            while first <= j < last and host == i:
                if direction < 0 and rows[j, 0] + widest <= rows[i, 0]:
                    break
                if direction > 0 and rows[j, 0] >= rows[i, 1]:
                    break
                if owner[j] == j:
                    on_left = _inside(rows[i, 0], rows[i, 1], rows[j, 0], rows[j, 1])
                    on_right = _inside(rows[i, 2], rows[i, 3], rows[j, 2], rows[j, 3])
                    if 2 * on_left >= rows[i, 1] - rows[i, 0] and 2 * on_right >= rows[i, 3] - rows[i, 2]:
                        host = j
                j += direction
        owner[i] = host


@numba.njit(cache=True)
def _within(rows, first, last, owner, wanted, box):
    """Return the rows of the passages `wanted` that lie in a rectangle, best first."""
    count = np.int64(0)
    found = np.empty(last - first, np.int64)
    for i in range(first, last):
        if wanted[owner[i] - first] and rows[i, 0] >= box[0] and rows[i, 1] <= box[1]:
            if rows[i, 2] >= box[2] and rows[i, 3] <= box[3]:
                found[count] = i
                count += 1
    found = found[:count]
    return found[np.argsort(-rows[found, 4], kind="mergesort")]


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
def _paying(rows, mine, floor):
    """Return those rows, sorted by left start, that pay for the holes around them."""
    hole = np.zeros((2, mine.shape[0]), np.int64)
    _stray(rows, mine, np.arange(mine.shape[0]), 0, hole[0])
    _stray(rows, mine, np.argsort(rows[mine, 2], kind="mergesort"), 2, hole[1])
    pays = np.zeros(mine.shape[0], np.bool_)
    for x in range(mine.shape[0]):
        pays[x] = _gain(rows[mine[x]], floor) > _gap_cost(hole[0, x], hole[1, x], floor)
    return mine[pays]


@numba.njit(cache=True)
def _join(rows, stretches, first, last, owner, shuffled, mine, same, floor, threshold):
    """Merge passages into the first of them if their rectangle keeps the threshold; tell whether they were.

    Also where only one is given: what it covers may fill its gaps, out of order.
    """
    into = mine[0]
    box = rows[into, :4].copy()
    matched = np.int64(0)
    apart = True
    for x in range(mine.shape[0]):
        i = mine[x]
        if x > 0:
            apart &= rows[i, 0] >= box[1] and (rows[i, 2] >= box[3] or rows[i, 3] <= box[2])
        box[0], box[1] = min(box[0], rows[i, 0]), max(box[1], rows[i, 1])
        box[2], box[3] = min(box[2], rows[i, 2]), max(box[3], rows[i, 3])
        matched += rows[i, 4]
    chars = box[1] - box[0] + box[3] - box[2]
    if mine.shape[0] > 1:
        if same and box[1] > box[2]:
            return False
        if 2 * _UNIT * min(box[1] - box[0], box[3] - box[2]) < threshold * chars:
            return False
    if mine.shape[0] == 1 or not apart or 2 * _UNIT * matched < threshold * chars:
        wanted = np.zeros(last - first, np.bool_)
        most = np.int64(0)
        for x in range(mine.shape[0]):
            wanted[mine[x] - first] = True
            most = max(most, rows[mine[x], 4])
        members = _within(rows, first, last, owner, wanted, box)
        if members.shape[0] <= mine.shape[0] and apart:
            return False
        fuller = _tally(rows, stretches, members, floor, box[0], box[1], box[2], box[3])
        if mine.shape[0] == 1:
            if fuller >= rows[into, 4] + ASIDE:
                rows[into, 4] = fuller
                shuffled[into] |= 2
            return False
        if fuller <= most or 2 * _UNIT * fuller < threshold * chars:
            return False
        matched = fuller
        shuffled[into] |= 2
    for x in range(mine.shape[0]):
        i = mine[x]
        # rows stand by left start, so each follows the one before on the left; does it on the right?
        shuffled[into] |= shuffled[i] | np.uint8(x > 0 and rows[i, 2] < rows[mine[x - 1], 2])
        if i != into:
            for y in range(first, last):
                if owner[y] == i:
                    owner[y] = into
    rows[into, :4] = box
    rows[into, 4] = matched
    return True


@numba.njit(cache=True)
def _tile(rows, stretches, first, last, owner, shuffled, same, gap, floor, threshold):
    """Merge all passages that together tile one stretch on both sides, in whatever order.

    Shuffled sentences are neighbours of different neighbours on either side, so no merging two by two can find
    them. The rows of a document pair are split wherever one side leaves a gap, then the other, until nothing splits
    any more; what is left holds together on both sides. A piece that does not pay for the holes around it stays
    alone. O(n log n) a round, and few rounds.
    """
    members = np.arange(first, last)
    members = members[owner[first:last] == members]
    part = np.zeros(members.shape[0], np.int64)
    count = np.int64(1)
    while True:
        before = count
        _split(rows, members, part, 0, gap)
        count = _split(rows, members, part, 2, gap)
        if count == before:
            break
    order = np.argsort(part, kind="mergesort")
    x = np.int64(0)
    while x < members.shape[0]:
        y = x
        while y < members.shape[0] and part[order[y]] == part[order[x]]:
            y += 1
        mine = members[order[x:y]]  # ascending, so sorted by left start
        if y - x > 1:
            mine = _paying(rows, mine, floor)
        if mine.shape[0] > 0:
            _join(rows, stretches, first, last, owner, shuffled, mine, same, floor, threshold)
        x = y


@numba.njit(cache=True)
def _pair_up(rows, stretches, first, last, owner, shuffled, same, gap, floor, threshold):
    """Merge passages that lie side by side on both sides, two by two, until nothing changes.

    Rotated clauses and what lies around a longer insertion are neighbours in both documents; one copy must be one
    passage (granularity, Potthast et al. 2010). O(n * neighbours) a round.
    """
    changed = True
    while changed:
        changed = False
        for i in range(first, last):
            if owner[i] != i:
                continue
            for j in range(i + 1, last):
                if rows[j, 0] > rows[i, 1] + gap:
                    break
                if owner[j] != j or rows[j, 2] > rows[i, 3] + gap or rows[i, 2] > rows[j, 3] + gap:
                    continue
                on_left = max(np.int64(0), rows[j, 0] - rows[i, 1])
                on_right = max(np.int64(0), rows[j, 2] - rows[i, 3], rows[i, 2] - rows[j, 3])
                if min(_gain(rows[i], floor), _gain(rows[j], floor)) <= _gap_cost(on_left, on_right, floor):
                    continue
                two = np.array([i, j])
                changed |= _join(rows, stretches, first, last, owner, shuffled, two, same, floor, threshold)


@numba.njit(cache=True, nogil=True, parallel=True)
def resolve(rows, stretches, group, same, gap, floor, threshold, owner, shuffled):
    """Give every passage to the one that it is part of, and merge those that are one copy.

    rows : int64[R, 7]      left start, left end, right start, right end, matches, first and last stretch; sorted by
                            left start within a group; overwritten with the merged extents and matches
    stretches : int64[Q, 3] where a stretch begins on the left and right, and its matches; it ends where the next
                            one begins. A tile (align.py) has none: nothing can be merged with it
    group : int64[G+1]      rows of one document pair
    same : uint8[G]         1 where both sides are one document
    gap : int64             longest hole between passages that tile a stretch, on either side
    floor : int64           identity floor, in thousandths
    threshold : int64       least wording of what comes of a merge, in thousandths
    owner : int64[R]        written: the row that a row went into, itself where it stays
    shuffled : uint8[R]     written: 1 where the order of the pieces differs between the sides; 2 is added where the
                            matches of pieces that overlap were tallied, and may be more than there are

    What a passage covers, a clause that stands elsewhere within the copy, is no passage of its own, but fills gaps of
    the one that covers it. A merge has to keep the threshold over its whole rectangle. One thread takes one
    document pair.
    """
    for g in numba.prange(group.shape[0] - 1):
        first = group[g]
        last = group[g + 1]
        shuffled[first:last] = 0
        if last - first == 1:
            owner[first] = first
            continue
        _cover(rows, first, last, owner)
        _tile(rows, stretches, first, last, owner, shuffled, same[g] == 1, gap, floor, threshold)
        _pair_up(rows, stretches, first, last, owner, shuffled, same[g] == 1, gap // 2, floor, threshold)


@numba.njit(cache=True, nogil=True)
def fringes(rows, stretches, at_end, foreign, longest, out):
    """Find, at one end of each passage, the outermost gap in which both sides go on differently.

    rows : int64[R, 7]      as in `resolve`
    stretches : int64[Q, 3]
    at_end : bool           look at the ends, not at the beginnings
    foreign : int64         fewest unmatched characters of such a gap, on either side
    longest : int64         most characters, on the left, beyond it
    out : int64[R, 2]       written: the gap's stretch, or -1, and the matches beyond it

    A passage that is not one row of stretches, tiles and merged ones, has none. O(stretches beyond the gap).
    """
    for r in range(rows.shape[0]):
        out[r, 0] = -1
        first, last = rows[r, 5], rows[r, 6]
        if first == last or stretches[first, 0] != rows[r, 0] or stretches[last, 0] != rows[r, 1]:
            continue
        beyond = np.int64(0)
        for x in range(last - first):
            s = last - 1 - x if at_end else first + x
            outside = rows[r, 1] - stretches[s + 1, 0] if at_end else stretches[s, 0] - rows[r, 0]
            if outside > longest:
                break
            unmatched = min(stretches[s + 1, 0] - stretches[s, 0], stretches[s + 1, 1] - stretches[s, 1])
            if outside > 0 and unmatched - stretches[s, 2] >= foreign:
                out[r, 0] = s
                out[r, 1] = beyond
                break
            beyond += stretches[s, 2]


@numba.njit(cache=True)
def _lcs(codes, a, a_end, b, b_end, row):
    """Length of the longest common subsequence of two short ranges; `row` is scratch of b's length + 1."""
    row[: b_end - b + 1] = 0
    for x in range(a, a_end):
        diagonal = row[0]
        for y in range(b_end - b):
            above = row[y + 1]
            row[y + 1] = diagonal + 1 if codes[x] == codes[b + y] else max(row[y], above)
            diagonal = above
    return row[b_end - b]


@numba.njit(cache=True, nogil=True)
def trim(codes, left_cut, right_cut, at_end, longest, agrees, rows, trimmed):
    """Cut off, at one end of each passage, what hangs over a border and hardly agrees.

    codes : uint32[K]
    left_cut, right_cut : int64[R]   the border on either side, less than `longest` inside of the end, or -1
    at_end : int64                   1: look at the ends, 0: at the beginnings
    longest : int64
    agrees : int64                   thousandths of the longer tail that have to agree for both to stay
    rows : int64[R, 7]               changed: ends and matches
    trimmed : bool[R], false         written: the rows that were cut
    """
    scratch = np.empty(longest + 1, np.int64)
    for r in range(rows.shape[0]):
        one, other = left_cut[r], right_cut[r]
        if one < 0 or other < 0:
            continue
        a, a_end = min(one, rows[r, at_end]), max(one, rows[r, at_end])
        b, b_end = min(other, rows[r, 2 + at_end]), max(other, rows[r, 2 + at_end])
        common = _lcs(codes, a, a_end, b, b_end, scratch)
        if _UNIT * common < agrees * max(a_end - a, b_end - b):
            rows[r, at_end] = one
            rows[r, 2 + at_end] = other
            rows[r, 4] -= common
            trimmed[r] = True
