"""Chaining of seeds, edit-tolerant extension, splitting into passages. Caller: dedup.steps.align.

Scores are in thousandths so that they are whole numbers and never depend on rounding: with the identity floor
``tau`` as ``floor`` thousandths, a stretch of ``m`` matched and ``a + b`` characters on both sides scores
``1000 * 2 * m - floor * (a + b)``: positive exactly where its wording ``2 m / (a + b)`` is above tau.
"""

from __future__ import annotations

import numba
import numpy as np

_UNIT = np.int64(1000)
_FOREIGN = np.int64(8)  # characters that both sides may put in each other's place at no further cost: a name


@numba.njit(cache=True, parallel=True)
def chain(left, right, length, group, max_gap, floor, lookback, score, parent, chain_of):
    """Link the seeds of each document pair into chains that run forward on both sides.

    left, right, length : int64[S]   seeds, sorted by (left, right) within a group
    group : int64[G+1]               group g owns seeds [group[g], group[g+1])
    max_gap, floor, lookback : int64
    score, parent : int64[S]         written (scratch of the caller)
    chain_of : int64[S]              written: the last seed of the chain a seed belongs to

    Dynamic programming over the last `lookback` seeds (as Li 2018, section 2.1, equation 1), where a gap costs
    what its longer side loses for certain, ``floor * |difference|``, plus a twentieth of the rest: whether the
    text in the gap agrees is found out later, by aligning it. Seeds that would be shared by two chains stay with the
    better one. O(S * lookback).
    """
    for g in numba.prange(group.shape[0] - 1):
        first = group[g]
        last = group[g + 1]
        for i in range(first, last):
            best = 2 * (_UNIT - floor) * length[i]
            best_parent = np.int64(-1)
            tried = 0
            for j in range(i - 1, first - 1, -1):
                if left[i] - left[j] > max_gap + length[j] or tried >= lookback:
                    break
                step_left = left[i] - left[j]
                step_right = right[i] - right[j]
                if step_left <= 0 or step_right <= 0:
                    continue
                tried += 1
                if step_right > max_gap + length[j]:
                    continue
                drift = abs(step_left - step_right)
                if drift > max_gap:
                    continue
                step = min(step_left, step_right)
                new = min(length[i], step)
                between = max(np.int64(0), step - length[j])
                value = score[j] + 2 * (_UNIT - floor) * new - floor * drift - (_UNIT // 20) * between
                if value > best:
                    best = value
                    best_parent = j
            score[i] = best
            parent[i] = best_parent
            chain_of[i] = -1
        order = np.argsort(-score[first:last], kind="mergesort")
        for o in range(last - first):
            i = first + order[o]
            if chain_of[i] >= 0:
                continue
            j = i
            while j >= 0 and chain_of[j] < 0:
                chain_of[j] = i
                j = parent[j]


@numba.njit(cache=True, inline="always")
def _gap_cost(on_left, on_right, floor):
    """Return what unmatched characters between two matching stretches cost.

    Each costs the floor. Where both sides go on with something else for longer than a name, that is counted once
    more: a dropped sentence parts nothing, two different sentences may.
    """
    return floor * (on_left + on_right + max(np.int64(0), min(on_left, on_right) - _FOREIGN))


@numba.njit(cache=True)
def _lcs(codes, a, a_end, b, b_end, row):
    """Length of the longest common subsequence of two short ranges; `row` is scratch of b's length + 1."""
    m = b_end - b
    for y in range(m + 1):
        row[y] = 0
    for x in range(a, a_end):
        diagonal = row[0]
        for y in range(m):
            above = row[y + 1]
            if codes[x] == codes[b + y] and x != b + y:  # in periodic text the ranges overlap: nothing matches itself
                row[y + 1] = diagonal + 1
            elif row[y] > above:
                row[y + 1] = row[y]
            diagonal = above
    return row[m]


@numba.njit(cache=True)
def _extend(codes, i0, j0, step, room_i, room_j, floor, drop, reach, other):
    """Extend from a border outward, over edits, as long as it pays; return (steps in i, steps in j, matches).

    Greedy furthest-reaching paths (Myers 1986) for the insert-delete distance, pruned where the score falls more
    than `drop` below the best seen (Zhang, Schwartz, Wagner, Miller 2000). `step` is +1 or -1; `i0`, `j0` are the
    first code points outside the border; rooms are how far one may go; `reach`, `other` are scratch of odd size.
    """
    half = (reach.shape[0] - 1) // 2
    base_i = np.int64(0)
    base_j = np.int64(0)
    base_m = np.int64(0)
    while True:  # once, unless there are more edits than the scratch holds: then again from the best point
        best = np.int64(0)
        best_i = np.int64(0)
        best_j = np.int64(0)
        best_d = np.int64(0)
        low = np.int64(0)
        high = np.int64(0)
        rim_i = room_i - base_i
        rim_j = room_j - base_j
        start_i = i0 + step * base_i
        start_j = j0 + step * base_j
        d = np.int64(0)
        overflow = False
        while True:
            new_low = high + 2
            new_high = low - 2
            for k in range(low, high + 1):
                if d == 0:
                    i = np.int64(0)
                else:
                    i = np.int64(-1)
                    if k - 1 >= low + 1 and k - 1 <= high - 1 and reach[half + k - 1] >= 0:
                        i = reach[half + k - 1] + 1
                    if k + 1 >= low + 1 and k + 1 <= high - 1 and reach[half + k + 1] > i:
                        i = reach[half + k + 1]
                    if i < 0 or i > rim_i or i - k > rim_j or i - k < 0:
                        other[half + k] = -1
                        continue
                j = i - k
                # On the main diagonal of a document everything equals itself; a path that drifted there stays put.
                apart = start_i + step * i != start_j + step * j
                while apart and i < rim_i and j < rim_j and codes[start_i + step * i] == codes[start_j + step * j]:
                    i += 1
                    j += 1
                value = (_UNIT - floor) * (i + j) - _UNIT * d
                if value < best - drop:
                    other[half + k] = -1
                    continue
                other[half + k] = i
                if value > best:
                    best = value
                    best_i = i
                    best_j = j
                    best_d = d
                if k < new_low:
                    new_low = k
                if k > new_high:
                    new_high = k
            if new_low > new_high:
                break
            if new_high + 1 >= half or new_low - 1 <= -half:
                overflow = True
                break
            # what is outside [new_low, new_high] died: the next round may step one diagonal beyond
            for k in range(new_low, new_high + 1):
                reach[half + k] = other[half + k] if low <= k <= high else -1
            low = new_low - 1
            high = new_high + 1
            d += 1
        base_i += best_i
        base_j += best_j
        base_m += (best_i + best_j - best_d) // 2
        if not overflow or best_i + best_j == 0:
            return base_i, base_j, base_m


@numba.njit(cache=True)
def _segments(value, begin, stop, total, keep):
    """Write the maximal scoring segments of a row of scores; return their number.

    value : int64[n]           score of each stretch
    begin, stop, total, keep : int64[n + 1]   scratch; afterwards begin[s], stop[s] for each segment s

    Ruzzo and Tompa 1999: all maximal scoring subsequences in linear time. Two stretches of copy are one segment
    exactly where what lies between them costs less than either of them brings.
    """
    count = np.int64(0)
    running = np.int64(0)
    # `total` holds the cumulative score before each candidate, `keep` the one after it.
    for x in range(value.shape[0]):
        if value[x] > 0:
            left_sum = running
            right_sum = running + value[x]
            lo = np.int64(x)
            while True:
                j = count - 1
                while j >= 0 and total[j] >= left_sum:
                    j -= 1
                if j < 0 or keep[j] >= right_sum:
                    begin[count] = lo
                    stop[count] = x + 1
                    total[count] = left_sum
                    keep[count] = right_sum
                    count += 1
                    break
                lo = begin[j]
                left_sum = total[j]
                count = j
        running += value[x]
    return count


@numba.njit(cache=True)
def _promising(codes, left, right, length, seeds, low_left, high_left, low_right, high_right, least):
    """Tell whether the seeds of a short chain lie in enough equal characters to be worth aligning.

    Most chains are one common word: a glance at the characters around it costs a hundredth of an alignment. A
    passage that this misses has no stretch of `least` equal characters although it is short.
    """
    total = np.int64(0)
    for s in seeds:
        i = left[s]
        j = right[s]
        total += length[s]
        while total < least and i > low_left and j > low_right and codes[i - 1] == codes[j - 1]:
            i -= 1
            j -= 1
            total += 1
        i = left[s] + length[s]
        j = right[s] + length[s]
        while total < least and i < high_left and j < high_right and codes[i] == codes[j]:
            i += 1
            j += 1
            total += 1
    return total >= least


@numba.njit(cache=True)
def _tiles(match, at_left, at_right, x, y, strict, least, out):
    """Cut a passage that runs into its own right side into tiles of one period; return how many were written.

    The block that stands six times in a row is one run against itself, five periods long: [1-5] says [2-6]. Each
    period is one passage, [1] says [2], [2] says [3], and so on. Runs may be cut anywhere, gaps at their borders.
    """
    found = np.int64(0)
    left = at_left[x]
    right = at_right[x]
    matched = np.int64(0)
    for z in range(x, y + 1):
        if z < y:
            at = at_left[z]
            end = at_left[z + 1]
            is_run = match[z] == end - at and match[z] == at_right[z + 1] - at_right[z]
        else:
            at = at_left[y]
            end = at
            is_run = False
        taken = np.int64(0)
        while z == y or end > right:  # the tile is full within this stretch, or the last one ends
            cut = max(np.int64(0), right - at - taken) if is_run else np.int64(0)
            stop_left = at + taken + cut
            stop_right = at_right[z] + taken + cut
            if matched + cut >= least and 2 * _UNIT * (matched + cut) >= strict * (
                stop_left - left + stop_right - right
            ):
                out[found, 0] = left
                out[found, 1] = stop_left
                out[found, 2] = right
                out[found, 3] = stop_right
                out[found, 4] = matched + cut
                found += 1
            taken += cut
            left = stop_left
            right = stop_right
            matched = 0
            if z == y or not is_run:
                break
        if z < y:
            matched += match[z] - taken
    return found


@numba.njit(cache=True, parallel=True)
def passages(
    codes, left, right, length, member, chain_ptr, same, low_left, high_left, low_right, high_right,
    floor, strict, least, drop, half, out, out_count,
):  # fmt: skip
    """Turn each chain into passages: fill the gaps, extend the ends, split where it does not pay.

    codes : uint32[K]
    left, right, length : int64[S]  seeds
    member : int64[M]               seeds by chain, in ascending order within a chain
    chain_ptr : int64[C+1]          chain c owns member[chain_ptr[c]:chain_ptr[c+1]]
    same : uint8[C]                 1 where both sides are one document
    low_left, high_left, low_right, high_right : int64[C]   key ranges of the documents
    floor, strict : int64           identity floor and threshold, in thousandths
    least : int64                   fewest matched characters in a passage; not below the anchor window, so that a
                                    chain has no more passages than rows
    drop, half : int64              of `_extend`
    out : int64[..., 5]             written from row 2 * chain_ptr[c] + c on: left start, left end, right start,
                                    right end, matches
    out_count : int64[C]            written: passages of the chain

    A chain becomes a row of stretches: runs of equal characters and what lies between them. Its maximal scoring
    segments at the floor are passages; one whose wording falls short of the threshold is split again at it, and
    one that runs into its own right side, in periodic text, is cut into tiles of one period. One thread writes one
    chain.
    """
    for c in numba.prange(chain_ptr.shape[0] - 1):
        first = chain_ptr[c]
        seeds = chain_ptr[c + 1] - first
        out_count[c] = 0
        if seeds <= 2 and not _promising(
            codes, left, right, length, member[first : first + seeds], low_left[c], high_left[c], low_right[c],
            high_right[c], least if seeds == 1 else least + 4,
        ):  # fmt: skip
            continue
        room = 2 * seeds + 3
        match = np.empty(room, np.int64)
        at_left = np.empty(room + 1, np.int64)
        at_right = np.empty(room + 1, np.int64)
        extent = np.empty(room, np.int64)
        row = np.empty(0, np.int64)
        # runs, each grown to the right while characters agree; gaps between them aligned
        s = member[first]
        i = left[s]
        j = right[s]
        n = np.int64(1)  # stretch 0 is kept for the extension to the left
        at_left[1] = i
        at_right[1] = j
        run = np.int64(0)
        for x in range(seeds):
            s = member[first + x]
            si = left[s]
            sj = right[s]
            end = si + length[s]
            if x > 0:
                behind = max(i - si, j - sj)
                if behind > 0:
                    si += behind
                    sj += behind
                if si >= end and (end <= i or behind > 0):
                    continue
                if si > i or sj > j:  # close the run, align the gap
                    match[n] = run
                    n += 1
                    at_left[n] = i
                    at_right[n] = j
                    if row.shape[0] < sj - j + 1:
                        row = np.empty(2 * (sj - j) + 2, np.int64)
                    match[n] = _lcs(codes, i, si, j, sj, row)
                    n += 1
                    at_left[n] = si
                    at_right[n] = sj
                    run = 0
                    i = si
                    j = sj
            while i < high_left[c] and j < high_right[c] and codes[i] == codes[j]:
                i += 1
                j += 1
                run += 1
        match[n] = run
        n += 1
        at_left[n] = i
        at_right[n] = j
        reach = np.empty(2 * half + 1, np.int64)
        other = np.empty(2 * half + 1, np.int64)
        # to the right
        more_i, more_j, more_m = _extend(
            codes, i, j, 1, high_left[c] - i, high_right[c] - j, floor, drop, reach, other
        )
        match[n] = more_m
        n += 1
        at_left[n] = i + more_i
        at_right[n] = j + more_j
        # to the left
        more_i, more_j, more_m = _extend(
            codes, at_left[1] - 1, at_right[1] - 1, -1, at_left[1] - low_left[c], at_right[1] - low_right[c],
            floor, drop, reach, other,
        )  # fmt: skip
        at_left[0] = at_left[1] - more_i
        at_right[0] = at_right[1] - more_j
        match[0] = more_m
        value = np.empty(n, np.int64)
        for x in range(n):
            on_left = at_left[x + 1] - at_left[x]
            on_right = at_right[x + 1] - at_right[x]
            extent[x] = on_left + on_right
            value[x] = 2 * (_UNIT - floor) * match[x] - _gap_cost(on_left - match[x], on_right - match[x], floor)
        begin = np.empty(n + 1, np.int64)
        stop = np.empty(n + 1, np.int64)
        total = np.empty(n + 1, np.int64)
        keep = np.empty(n + 1, np.int64)
        inner_begin = np.empty(n + 1, np.int64)
        inner_stop = np.empty(n + 1, np.int64)
        found = np.int64(0)
        base = 2 * first + c
        for one in range(_segments(value, begin, stop, total, keep)):
            lo = begin[one]
            hi = stop[one]
            matched = match[lo:hi].sum()
            chars = extent[lo:hi].sum()
            if matched < least:
                continue
            if 2 * _UNIT * matched >= strict * chars:
                pieces = 1
                inner_begin[0] = 0
                inner_stop[0] = hi - lo
            else:
                stricter = 2 * _UNIT * match[lo:hi] - strict * extent[lo:hi]
                pieces = _segments(stricter, inner_begin, inner_stop, total, keep)
            for piece in range(pieces):
                x = lo + inner_begin[piece]
                y = lo + inner_stop[piece]
                if same[c] == 1 and at_left[y] > at_right[x]:
                    found += _tiles(match, at_left, at_right, x, y, strict, least, out[base + found :])
                    continue
                matched = match[x:y].sum()
                if matched >= least:
                    out[base + found, 0] = at_left[x]
                    out[base + found, 1] = at_left[y]
                    out[base + found, 2] = at_right[x]
                    out[base + found, 3] = at_right[y]
                    out[base + found, 4] = matched
                    found += 1
        out_count[c] = found
