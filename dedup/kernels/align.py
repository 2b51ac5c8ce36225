"""From a chain of seeds to passages: filled gaps, edit-tolerant ends, splitting. Caller: dedup.steps.align.

Scores are in thousandths so that they are whole numbers and never depend on rounding: with the identity floor
``tau`` as ``floor`` thousandths, a stretch of ``m`` matched and ``a + b`` characters on both sides scores
``1000 * 2 * m - floor * (a + b)``: positive exactly where its wording ``2 m / (a + b)`` is above tau.
"""

from __future__ import annotations

import numba
import numpy as np

from dedup.kernels.prefetch import LINE, prefetch

_U64 = np.uint64
_UNIT = np.int64(1000)
_NOWHERE = np.int64(-(2**40))
_BLOCK = 64  # chains between two allocations of scratch
_EDITS = np.int64(512)  # of one extension: no copy goes so far without a seed, texts of two letters for ever
_FOREIGN = np.int64(8)  # characters that both sides may put in each other's place at no further cost: a name


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
def _extend(codes, i0, j0, step, room_i, room_j, floor, drop, reach):
    """Extend from a border outward, over edits, as long as it pays; return (steps in i, steps in j, matches).

    Greedy furthest-reaching paths (Myers 1986) for the insert-delete distance, pruned where the score falls more
    than `drop` below the best seen (Zhang, Schwartz, Wagner, Miller 2000). `step` is +1 or -1; `i0`, `j0` are the
    first code points outside the border; rooms are how far one may go; `reach` is scratch of odd size. Diagonals of
    even number are reached by an even number of edits, so one array serves for this round and the one before.
    """
    half = (reach.shape[0] - 1) // 2
    base_i = np.int64(0)
    base_j = np.int64(0)
    base_m = np.int64(0)
    rounds = np.int64(0)
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
        reach[half - 1] = _NOWHERE
        reach[half + 1] = 0  # as if the origin were reached by an edit from the next diagonal
        overflow = False
        while True:
            new_low = high + 2
            new_high = low - 2
            for k in range(low, high + 1, 2):
                i = max(reach[_U64(half + k - 1)] + 1, reach[_U64(half + k + 1)])
                j = i - k
                if i < 0 or j < 0 or i > rim_i or j > rim_j:
                    reach[_U64(half + k)] = _NOWHERE
                    continue
                p = start_i + step * i
                q = start_j + step * j
                # On the main diagonal of a document everything equals itself; a path that drifted there stays put.
                if p != q:
                    room = min(rim_i - i, rim_j - j)
                    while room > 0 and codes[_U64(p)] == codes[_U64(q)]:  # unsigned: no look for negative indices
                        p += step
                        q += step
                        room -= 1
                    i = step * (p - start_i)
                    j = i - k
                value = (_UNIT - floor) * (i + j) - _UNIT * d
                if value < best - drop:
                    reach[_U64(half + k)] = _NOWHERE
                    continue
                reach[_U64(half + k)] = i
                if value > best:
                    best = value
                    best_i = i
                    best_j = j
                    best_d = d
                new_low = min(new_low, k)
                new_high = k
            rounds += 1
            if new_low > new_high or rounds > _EDITS:
                break
            if new_high + 2 >= half or new_low - 2 <= -half:
                overflow = True
                break
            # what is outside [new_low, new_high] died: the next round may step one diagonal beyond
            reach[half + new_low - 2] = _NOWHERE
            reach[half + new_high + 2] = _NOWHERE
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
def _tiles(stretches, x, y, strict, least, out):
    """Cut a passage that runs into its own right side into tiles of one period; return how many were written.

    The block that stands six times in a row is one run against itself, five periods long: [1-5] says [2-6]. Each
    period is one passage, [1] says [2], [2] says [3], and so on. Runs may be cut anywhere, gaps at their borders.
    """
    at_left, at_right, match = stretches[:, 0], stretches[:, 1], stretches[:, 2]
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
            enough = 2 * _UNIT * (matched + cut) >= strict * (stop_left - left + stop_right - right)
            # A stretch longer than the period that is no run has its matches anywhere: it would say itself.
            if matched + cut >= least and enough and stop_left <= right:
                out[found, 0] = left
                out[found, 1] = stop_left
                out[found, 2] = right
                out[found, 3] = stop_right
                out[found, 4] = matched + cut
                out[found, 5:] = 0
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


@numba.njit(cache=True)
def _fill(codes, left, right, length, seeds, high_left, high_right, at):
    """Write a chain as stretches, from row 1 on; return the number of the row at which the last one ends.

    Runs, each grown to both sides while characters agree, and between them gaps with what they have in common. The
    stretch at[x] ends where at[x + 1] begins.
    """
    row = np.empty(0, np.int64)
    i = left[seeds[0]]
    j = right[seeds[0]]
    n = np.int64(1)
    at[1, 0] = i
    at[1, 1] = j
    run = np.int64(0)
    for x in range(seeds.shape[0]):
        si = left[seeds[x]]
        sj = right[seeds[x]]
        end = si + length[seeds[x]]
        if x > 0:
            behind = max(i - si, j - sj)
            if behind > 0:
                si += behind
                sj += behind
            if si >= end and (end <= i or behind > 0):
                continue
            if si > i or sj > j:  # close the run, align the gap
                while si > i and sj > j and codes[si - 1] == codes[sj - 1]:
                    si -= 1
                    sj -= 1
                at[n, 2] = run
                n += 1
                at[n, 0] = i
                at[n, 1] = j
                if row.shape[0] < sj - j + 1:
                    row = np.empty(2 * (sj - j) + 2, np.int64)
                at[n, 2] = _lcs(codes, i, si, j, sj, row)
                n += 1
                at[n, 0] = si
                at[n, 1] = sj
                run = 0
                i = si
                j = sj
        while i < high_left and j < high_right and codes[i] == codes[j]:
            i += 1
            j += 1
            run += 1
    at[n, 2] = run
    n += 1
    at[n, 0] = i
    at[n, 1] = j
    return n


@numba.njit(cache=True)
def _grow(codes, at, n, low_left, high_left, low_right, high_right, floor, drop, reach):
    """Extend a row of stretches at both its ends: stretch 0, and the one that begins at row n."""
    i = at[n, 0]
    j = at[n, 1]
    more_i, more_j, more_m = _extend(codes, i, j, 1, high_left - i, high_right - j, floor, drop, reach)
    at[n, 2] = more_m
    at[n + 1, 0] = i + more_i
    at[n + 1, 1] = j + more_j
    at[n + 1, 2] = 0
    i = at[1, 0]
    j = at[1, 1]
    more_i, more_j, more_m = _extend(codes, i - 1, j - 1, -1, i - low_left, j - low_right, floor, drop, reach)
    at[0, 0] = i - more_i
    at[0, 1] = j - more_j
    at[0, 2] = more_m


@numba.njit(cache=True)
def _cut(at, same, floor, strict, least, base, out, scratch):
    """Cut a row of stretches into passages that pay, and those that fall short into ones that do; return how many.

    at : int64[n + 1, 3]   stretches; the last row only says where the one before it ends
    base : int64           number of the first stretch in the table that the caller keeps
    out : int64[..., 7]    written
    scratch : int64[8, more than n]
    """
    n = at.shape[0] - 1
    extent, value = scratch[0, :n], scratch[1, :n]
    begin, stop, inner_begin, inner_stop, total, keep = (
        scratch[2], scratch[3], scratch[4], scratch[5], scratch[6], scratch[7],
    )  # fmt: skip
    match = at[:n, 2]
    for x in range(n):
        on_left = at[x + 1, 0] - at[x, 0]
        on_right = at[x + 1, 1] - at[x, 1]
        extent[x] = on_left + on_right
        value[x] = 2 * (_UNIT - floor) * match[x] - _gap_cost(on_left - match[x], on_right - match[x], floor)
    found = np.int64(0)
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
            if same and at[y, 0] > at[x, 1]:
                found += _tiles(at, x, y, strict, least, out[found:])
                continue
            matched = match[x:y].sum()
            if matched >= least:
                out[found, 0] = at[x, 0]
                out[found, 1] = at[y, 0]
                out[found, 2] = at[x, 1]
                out[found, 3] = at[y, 1]
                out[found, 4] = matched
                out[found, 5] = base + x
                out[found, 6] = base + y
                found += 1
    return found


@numba.njit(cache=True, nogil=True, parallel=True)
def passages(
    codes, left, right, length, member, chain_ptr, same, low_left, high_left, low_right, high_right,
    floor, strict, least, drop, half, stretches, out, out_count,
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
    stretches : int64[..., 3]       written from row 2 * chain_ptr[c] + 4 * c on: left, right, matches; a stretch
                                    ends where the next one begins
    out : int64[..., 7]             written from row 2 * chain_ptr[c] + c on: left start, left end, right start,
                                    right end, matches, first stretch, the one behind the last (a tile: 0, 0)
    out_count : int64[C]            written: passages of the chain

    A chain becomes a row of stretches: runs of equal characters and what lies between them. Its maximal scoring
    segments at the floor are passages; one whose wording falls short of the threshold is split again at it, and
    one that runs into its own right side, in periodic text, is cut into tiles of one period. One thread writes one
    block of chains.
    """
    chains = chain_ptr.shape[0] - 1
    for block in numba.prange(-(-chains // _BLOCK)):
        ahead = min(chains, (block + 1) * _BLOCK)
        longest = np.int64(0)
        for c in range(block * _BLOCK, ahead):
            longest = max(longest, chain_ptr[c + 1] - chain_ptr[c])
        scratch = np.empty((8, 2 * longest + 4), np.int64)
        reach = np.empty(2 * half + 1, np.int64)
        for c in range(block * _BLOCK, ahead):
            seed = member[chain_ptr[c]]
            for at in range(-LINE, 3 * LINE, LINE):
                prefetch(codes, left[seed] + at)
                prefetch(codes, right[seed] + at)
        for c in range(block * _BLOCK, ahead):
            first = chain_ptr[c]
            seeds = member[first : chain_ptr[c + 1]]
            one = low_left[c], high_left[c], low_right[c], high_right[c]
            base = 2 * first + 4 * c
            at = stretches[base : base + 2 * seeds.shape[0] + 4]
            n = _fill(codes, left, right, length, seeds, one[1], one[3], at)
            _grow(codes, at, n, one[0], one[1], one[2], one[3], floor, drop, reach)
            rows = out[2 * first + c :]
            out_count[c] = _cut(at[: n + 2], same[c] == 1, floor, strict, least, base, rows, scratch)
