"""Chaining of seeds, and which chains are worth aligning. Caller: dedup.steps.align.

Scores are whole thousandths, as in `dedup.kernels.align`.
"""

from __future__ import annotations

import numba
import numpy as np

_UNIT = np.int64(1000)


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


@numba.njit(cache=True, parallel=True)
def promising(codes, left, right, length, member, chain_ptr, low_left, high_left, low_right, high_right, least, out):
    """Mark the chains that are worth aligning: all of three seeds and more, of the others few.

    codes : uint32[K]
    left, right, length : int64[S]  seeds
    member : int64[M]               seeds by chain, in ascending order within a chain
    chain_ptr : int64[C+1]          chain c owns member[chain_ptr[c]:chain_ptr[c+1]]
    low_left, high_left, low_right, high_right : int64[C]   key ranges of the documents
    least : int64                   fewest matched characters in a passage
    out : uint8[C]                  written
    """
    for c in numba.prange(chain_ptr.shape[0] - 1):
        seeds = member[chain_ptr[c] : chain_ptr[c + 1]]
        out[c] = seeds.shape[0] > 2 or _promising(
            codes, left, right, length, seeds, low_left[c], high_left[c], low_right[c], high_right[c],
            least if seeds.shape[0] == 1 else least + 4,
        )  # fmt: skip
