"""Where do the members of a family fill something in, and what does the form look like? Caller: dedup.proposals.

Whatever is found of a share of the rows is written from where the share may begin to write, without gaps: the arrays
for it are as long as could be needed, of which only what is written costs memory.
"""

from __future__ import annotations

import numba
import numpy as np

_LEAST = 3  # columns of a constant run; shorter ones are chance agreement inside of answers


@numba.njit(cache=True)
def _waves(codes, a, n, b, m, most, wave):
    """Fill the waves of furthest-reaching paths (Ukkonen 1985); return the Levenshtein distance, -1 beyond most.

    ``wave[s * s + s + k]`` is how far the left side is matched on diagonal k with s edits; -1 where there is none.
    """
    if abs(n - m) > most:
        return -1
    for s in range(most + 1):
        for k in range(-s, s + 1):
            best = np.int64(-1)
            if -n <= k <= m:
                if s == 0:
                    best = np.int64(0)
                else:
                    before = (s - 1) * (s - 1) + s - 1
                    if -s < k < s and wave[before + k] >= 0:
                        best = np.int64(wave[before + k]) + 1
                    if k > -s + 1 and wave[before + k - 1] >= 0:
                        best = max(best, np.int64(wave[before + k - 1]))
                    if k < s - 1 and wave[before + k + 1] >= 0:
                        best = max(best, np.int64(wave[before + k + 1]) + 1)
                    best = min(best, n, m - k)
                while best >= 0 and best < n and best + k < m and codes[a + best] == codes[b + best + k]:
                    best += 1
            wave[s * s + s + k] = best
        if -s <= m - n <= s and wave[s * s + s + m - n] >= n:
            return s
    return -1


@numba.njit(cache=True)
def _reached(wave, s, k, at):
    """Tell whether s edits lead to column `at` of diagonal k or further."""
    return -s <= k <= s and wave[s * s + s + k] >= at


@numba.njit(cache=True)
def _edits(codes, a, a_end, b, b_end, most, wave, turns, inserted, ops):
    """Write how a stretch becomes another: runs of edits of one kind, last first; return how many, -1 beyond most.

    turns : int64[n + 1]       added to: 1 where columns begin to agree, -1 where they cease to
    inserted : int64[n + 1]    added to: 1 for a column before which something is put in
    ops : int64[most, 4]       written: left first, left end, right first and end as positions of codes

    Of all shortest scripts that which RapidFuzz gives: without common ends, and going back from the end it leaves
    out where it can, else puts in where not to would cost more, else keeps or replaces.
    """
    n, m = a_end - a, b_end - b
    head = np.int64(0)
    while head < n and head < m and codes[a + head] == codes[b + head]:
        head += 1
    tail = np.int64(0)
    while tail < n - head and tail < m - head and codes[a_end - 1 - tail] == codes[b_end - 1 - tail]:
        tail += 1
    a, b, n, m = a + head, b + head, n - head - tail, m - head - tail
    s = _waves(codes, a, n, b, m, most, wave)
    if s < 0:
        return -1
    rows = np.int64(0)
    last = 0  # kind of the edit before: 1 replaced, 2 put in, 3 left out; 0 for none beside it
    agree = head + n + tail  # behind the columns that agree and that no run of edits has ended yet
    x, y = n, m
    while x > 0 or y > 0:
        k = y - x
        if y == 0 or (x > 0 and s > 0 and _reached(wave, s - 1, k + 1, x - 1)):
            kind = 3
        elif x == 0 or (s > 0 and _reached(wave, s - 1, k - 1, x) and not _reached(wave, s - 1, k, x - 1)):
            kind = 2
        elif codes[a + x - 1] != codes[b + y - 1]:
            kind = 1
        else:
            x -= 1
            y -= 1
            last = 0
            continue
        if kind != last:
            if agree > head + x:
                turns[head + x] += 1
                turns[agree] -= 1
            ops[rows, 1], ops[rows, 3] = head + x, b + y
            if kind == 2:
                inserted[head + x] += 1
            rows += 1
        x -= kind != 2
        y -= kind != 3
        s -= 1
        agree = head + x
        ops[rows - 1, 0], ops[rows - 1, 2] = head + x, b + y
        last = kind
    if agree > 0:
        turns[0] += 1
        turns[agree] -= 1
    return rows


@numba.njit(cache=True)
def _value(codes, ops, first, last, low, high, out):
    """Write what a member has in a blank; return its length, 0 if it has what the medoid has."""
    size = np.int64(0)
    for row in range(last - 1, first - 1, -1):
        if low <= ops[row, 0] and ops[row, 1] <= high:
            for i in range(ops[row, 2], ops[row, 3]):
                out[size] = codes[i]
                size += 1
    return size


@numba.njit(cache=True)
def _distinct(codes, a, ops, op_ptr, members, low, high, values, size):
    """Return how many different things the medoid and its members have in a blank.

    values : uint32[members + 1, ...], size : int64[members + 1]    scratch
    """
    different = np.int64(0)
    for member in range(members + 1):
        if member == 0:
            size[different] = 0
        else:
            ends = op_ptr[member - 1], op_ptr[member]
            size[different] = _value(codes, ops, ends[0], ends[1], low, high, values[different])
        if size[different] == 0:
            for i in range(low, high):
                values[different, i - low] = codes[a + i]
            size[different] = high - low
        new = True
        for other in range(different):
            if size[other] == size[different] and new:
                same = True
                for i in range(size[other]):
                    if values[other, i] != values[different, i]:
                        same = False
                        break
                new = not same
        different += new
    return different


@numba.njit(cache=True, nogil=True)
def blanks(
    first, last, codes, start, end, ptr, other_start, other_end, most, agreed, fewest, constant, out_ptr, out,
    place, count, told,
):  # fmt: skip
    """Write where the members of families mostly have something else than the medoid, if that makes a form.

    codes : uint32[K]
    start, end : int64[n]               key ranges of the medoids
    ptr : int64[n + 1]                  row r is compared with the ranges other_*[ptr[r]:ptr[r + 1]]
    other_start, other_end : int64[m]   key ranges
    most : int64                        edits up to which two ranges are compared
    agreed : float64                    share of the others that must have a character for it to be the form's
    fewest, constant : int64            fewest blanks, fewest characters of a constant run, of which two are needed
    out_ptr : int64[n + 1]              rows first to last may write out[out_ptr[first]:out_ptr[last]]
    out : int64[X, 2]                   written: the blanks' columns of the medoid, as first and last
    place, count : int64[n]             written: the blanks are out[place[r]:place[r] + count[r]]; a count of 0 for no
                                        form, -1 where a range was more than `most` edits away: there room is left
    told : int64[n]                     written: characters of the constant runs

    O(length + edits ** 2) a comparison.
    """
    wave = np.empty((most + 1) * (most + 1), np.int32)
    longest = members = widest = np.int64(0)
    for r in range(first, last):
        longest = max(longest, end[r] - start[r])
        members = max(members, ptr[r + 1] - ptr[r])
        for row in range(ptr[r], ptr[r + 1]):
            widest = max(widest, other_end[row] - other_start[row])
    turns, inserted = np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    held = np.empty(longest + 2, np.bool_)
    ops, op_ptr = np.empty((members * most, 4), np.int64), np.empty(members + 1, np.int64)
    values, size = np.empty((members + 1, max(longest, widest)), np.uint32), np.empty(members + 1, np.int64)
    written = out_ptr[first] if first < last else np.int64(0)
    for r in range(first, last):
        n, others = end[r] - start[r], ptr[r + 1] - ptr[r]
        place[r], count[r], told[r] = written, 0, 0
        turns[: n + 1] = 0
        inserted[: n + 1] = 0
        op_ptr[0] = 0
        for one in range(others):
            row = ptr[r] + one
            found = _edits(
                codes, start[r], end[r], other_start[row], other_end[row], most, wave, turns, inserted,
                ops[op_ptr[one] :],
            )  # fmt: skip
            if found < 0:
                count[r] = -1
                break
            op_ptr[one + 1] = op_ptr[one] + found
        if count[r] < 0:
            written += n + 1  # for whoever finds them out
            continue
        # Constant columns, without runs that are too short; what lies between them may be blanks.
        agree = np.int64(0)
        for at in range(n):
            agree += turns[at]
            held[at] = agree >= agreed * others
        held[n] = False
        begun = np.int64(-1)
        for at in range(n + 1):
            if held[at] and begun < 0:
                begun = at
            elif not held[at] and begun >= 0:
                if at - begun < _LEAST:
                    held[begun:at] = False
                begun = -1
        held[n] = True  # the end closes the last gap
        rows, kept, runs, before = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
        edge = np.int64(-1)
        for at in range(n + 1):
            if not held[at]:
                continue
            if at - edge > 1 or (inserted[at] >= agreed * others and 0 < at < n):
                low = edge + 1
                if 2 * _distinct(codes, start[r], ops, op_ptr, others, low, at, values, size) > others:
                    out[written + rows, 0], out[written + rows, 1] = low, at
                    rows += 1
                    kept += low - before
                    runs += low - before >= constant
                    before = at
            edge = at
        kept += n - before
        runs += n - before >= constant
        if rows >= fewest and runs >= 2 and 2 * kept >= n:
            count[r], told[r] = rows, kept
            written += rows


@numba.njit(cache=True, nogil=True)
def forms(
    first, last, codes, start, end, slot_start, slot_end, slot_first, slot_last, hole_ptr, hole_start, hole_end,
    blank, width, out_ptr, out, place, size,
):  # fmt: skip
    """Write texts with a line in place of each blank and of each figure.

    codes : uint32[N]
    start, end : int64[n]              raw ranges
    slot_start, slot_end : int64[S]    raw ranges of figures
    slot_first, slot_last : int64[n]   those inside of each range
    hole_ptr : int64[n + 1]            row r has the blanks hole_*[hole_ptr[r]:hole_ptr[r + 1]]
    hole_start, hole_end : int64[H]    raw ranges of blanks
    blank : uint32                     character that a line is drawn with
    width : int64                      and how many of them
    out_ptr : int64[n + 1]             rows first to last may write out[out_ptr[first]:out_ptr[last]]
    out : uint32[X]                    written: code points
    place, size : int64[n]             written: text r is out[place[r]:place[r] + size[r]]

    Where a line follows upon a line there is one. O(length + lines ** 2) a row, and lines are nearly in order.
    """
    most = np.int64(0)
    for r in range(first, last):
        most = max(most, slot_last[r] - slot_first[r] + hole_ptr[r + 1] - hole_ptr[r])
    low, high = np.empty(most, np.int64), np.empty(most, np.int64)
    written = out_ptr[first] if first < last else np.int64(0)
    for r in range(first, last):
        begun = place[r] = written
        slots, rows = slot_last[r] - slot_first[r], np.int64(0)
        for one in range(slots + hole_ptr[r + 1] - hole_ptr[r]):
            if one < slots:
                a, b = slot_start[slot_first[r] + one], slot_end[slot_first[r] + one]
            else:
                a, b = hole_start[hole_ptr[r] + one - slots], hole_end[hole_ptr[r] + one - slots]
            row = rows
            while row > 0 and (low[row - 1] > a or (low[row - 1] == a and high[row - 1] > b)):
                low[row], high[row] = low[row - 1], high[row - 1]
                row -= 1
            low[row], high[row] = a, b
            rows += 1
        at = start[r]
        for row in range(rows):
            if low[row] >= at:
                drawn = np.int64(0)  # characters of a line that the text ends with
                while drawn < width and written - drawn > begun and out[written - drawn - 1] == blank:
                    drawn += 1
                if low[row] > at or drawn < width:
                    for i in range(at, low[row]):
                        out[written] = codes[i]
                        written += 1
                    for _ in range(width):
                        out[written] = blank
                        written += 1
            at = max(at, high[row])
        for i in range(at, end[r]):
            out[written] = codes[i]
            written += 1
        size[r] = written - begun
