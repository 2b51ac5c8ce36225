"""Seeds to chains, and which chains are worth aligning. Caller: dedup.steps.align.

Scores are whole thousandths, as in `dedup.kernels.align`.
"""

from __future__ import annotations

import numba
import numpy as np

from dedup.kernels.prefetch import prefetch

_UNIT = np.int64(1000)
_U64 = np.uint64
_ASKED = 64  # seeds of a group


@numba.njit(cache=True, inline="always")
def _equal_around(codes, i, j, length, low, other_low, high, other_high, total, enough):
    """Return `total` and how many equal characters the seed at i and j lies in, looking no further than `enough`.

    low, other_low, high, other_high : int64   borders that are not crossed, on either side
    """
    total += length
    end_i, end_j = i + length, j + length
    while total < enough and i > low and j > other_low and codes[_U64(i - 1)] == codes[_U64(j - 1)]:
        i -= 1
        j -= 1
        total += 1
    while total < enough and end_i < high and end_j < other_high and codes[_U64(end_i)] == codes[_U64(end_j)]:
        end_i += 1
        end_j += 1
        total += 1
    return total


@numba.njit(cache=True)
def _in_company(left, right, chain_of, first, last, s, near, lookback):
    """Tell whether a seed of another chain stands within `near` characters on both sides."""
    for step in (-1, 1):
        other = s + step
        for _ in range(lookback):
            if other < first or other >= last or abs(left[other] - left[s]) > near:
                break
            if chain_of[other] != chain_of[s] and abs(right[other] - right[s]) <= near:
                return True
            other += step
    return False


@numba.njit(cache=True, inline="always")
def _one_run(left, right, length, member, begin, end):
    """Tell whether the seeds of a chain overlap, each with the one before it, in one stretch of equal characters."""
    for x in range(begin + 1, end):
        step = left[member[x]] - left[member[x - 1]]
        if step > length[member[x - 1]] or step != right[member[x]] - right[member[x - 1]]:
            return False
    return True


@numba.njit(cache=True)
def _promise(
    codes, left, right, length, chain_of, first, last, one, other, borders, left_document, right_document, bounds
):
    """Return 0 if a chain of one seed or two is worth aligning, 2 if it is not, 3 if it is only with an echo.

    one, other : int64   the seeds; twice the same where there is one

    Most chains are one common word: a glance at the characters around it costs a hundredth of an alignment. A
    passage that this misses has no stretch of `least` equal characters although it is short, or nothing but one
    stretch shorter than `enough`: too little to be reported, and no other chain near of which it could be part.
    """
    least, enough, near, lookback = bounds
    low, other_low = borders[left_document[one]], borders[right_document[one]]
    high, other_high = borders[left_document[one] + 1], borders[right_document[one] + 1]
    most = enough if one == other else least + 4
    total = np.int64(0)
    total = _equal_around(codes, left[one], right[one], length[one], low, other_low, high, other_high, total, most)
    if one != other:
        total = _equal_around(
            codes, left[other], right[other], length[other], low, other_low, high, other_high, total, most
        )
        return 0 if total >= most else 2
    if total < least or total >= enough:
        return 0 if total >= least else 2
    return 0 if _in_company(left, right, chain_of, first, last, one, near, lookback) else 3


@numba.njit(cache=True)
def _link(left, right, length, first, last, max_gap, floor, lookback, score, parent, highest):
    """Write to each seed the score of the best chain that ends there, and the seed before it in that chain.

    Dynamic programming over the last `lookback` seeds (as Li 2018, section 2.1, equation 1), where a gap costs what
    its longer side loses for certain, ``floor * |difference|``, plus a twentieth of the rest: whether the text in the
    gap agrees is found out later, by aligning it.
    """
    for i in range(first, last):
        alone = 2 * (_UNIT - floor) * length[i]
        best = alone
        best_parent = np.int64(-1)
        tried = 0
        for j in range(i - 1, first - 1, -1):
            if left[i] - left[j] > max_gap + length[j] or tried >= lookback or highest[j] + alone <= best:
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
        highest[i] = max(best, highest[i - 1]) if i > first else best


@numba.njit(cache=True)
def _by_score(score, first, last, order):
    """Write the numbers of [first, last) by score, highest first, in their order on ties, at the same places."""
    if last - first > 64:
        order[first:last] = first + np.argsort(-score[first:last], kind="mergesort")
        return
    for x in range(first, last):  # from the last on, for scores rise along a chain
        i = first + last - 1 - x
        at = x
        while at > first and score[order[at - 1]] <= score[i]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = i


@numba.njit(cache=True, nogil=True, parallel=True)
def chain(
    codes, left, right, length, left_document, right_document, borders, group, max_gap, floor, lookback, bounds,
    score, parent, chain_of, member, state,
):  # fmt: skip
    """Link the seeds of each document pair into chains that run forward on both sides, and drop what is hopeless.

    codes : uint32[K]
    left, right, length : int64[S]   seeds, sorted by (left, right) within a group
    left_document, right_document : int32[S]
    borders : int64[D+1]             where documents begin in codes
    group : int64[G+1]               group g owns seeds [group[g], group[g+1])
    max_gap, floor, lookback : int64
    bounds : tuple of int64          of `_promise`: fewest matched characters in a passage; fewest, not below them, of
                                     a chain of one seed that stands alone; how near is company, and how many seeds
                                     are looked at for it
    score, parent, chain_of : int64[S]   scratch
    member : int64[S]                written: the seeds of each group by chain, in ascending order within one
    state : uint8[S]                 not 0 for groups that `seeds.lone` has judged, and left as it is; for others
                                     written: 1 where a chain begins in `member`, 2 for chains that are not worth
                                     aligning and for the further seeds of a chain that is one run between two
                                     documents, 3 for one seed that is worth it if the sides agree once more beside
                                     it, else 0

    Seeds that would be shared by two chains stay with the better one. O(S * lookback); one thread takes one group.
    """
    for g in numba.prange(group.shape[0] - 1):
        first = group[g]
        last = group[g + 1]
        if state[first] != 0:
            for i in range(first, last):
                chain_of[i] = first
                member[i] = i
            continue
        apart = left_document[first] != right_document[first]
        for i in range(first, min(last, first + _ASKED)):  # while they are linked, their text is on its way
            prefetch(codes, left[i])
            prefetch(codes, right[i])
        _link(left, right, length, first, last, max_gap, floor, lookback, score, parent, member)
        _by_score(score, first, last, member)
        for i in range(first, last):
            chain_of[i] = -1
        for o in range(first, last):
            i = member[o]
            j = i
            while j >= 0 and chain_of[j] < 0:
                chain_of[j] = i
                j = parent[j]
        # by chain, in the order of their last seeds; score and parent have served
        for i in range(first, last):
            score[i] = 0
        for i in range(first, last):
            score[chain_of[i]] += 1
        begin = first
        for i in range(first, last):
            parent[i] = begin
            begin += score[i]
        for i in range(first, last):
            member[parent[chain_of[i]]] = i
            parent[chain_of[i]] += 1
        for i in range(first, last):
            size = score[i]
            if size == 0:
                continue
            begin = parent[i] - size
            promise = 0
            if size <= 2:
                promise = _promise(
                    codes, left, right, length, chain_of, first, last, member[begin], member[begin + size - 1],
                    borders, left_document, right_document, bounds,
                )  # fmt: skip
            for n in range(begin, begin + size):
                state[n] = promise
            if promise == 0:
                state[begin] = 1
                # Of sixty seeds in one stretch the first says all; within a document a stretch may be cut into tiles,
                # as many as it has seeds at most, and each seed gives room for one.
                if apart and _one_run(left, right, length, member, begin, begin + size):
                    for n in range(begin + 1, begin + size):
                        state[n] = 2
