"""How many of sorted numbers are below others? Callers: the steps that find paragraphs, slots and families of places.

Of a binary search in a million numbers nearly every step is a look far away that waits for the one before it. Here a
number of searches take each step together, so that their looks are under way side by side: what numpy's search takes
for each of them, a third of it. Where what is wanted ascends and stands close together, both find it near by.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from dedup.schema import Int64

FEW = 1 << 10
"""Searches for which no kernel is worth loading: five reports ask for fewer at a time."""

_TOGETHER = 32  # searches that take a step together


def below(values: NDArray[Any], wanted: NDArray[Any]) -> Int64:
    """Return how many of some ascending numbers are below each wanted one (int64, one dimension).

    Few searches, and columns of two types, are left to numpy.
    """
    return _found(values, wanted, False)


def upto(values: NDArray[Any], wanted: NDArray[Any]) -> Int64:
    """Return how many of some ascending numbers are not above each wanted one, see `below`."""
    return _found(values, wanted, True)


def _found(values: NDArray[Any], wanted: NDArray[Any], equal: bool) -> Int64:
    if len(wanted) <= FEW or values.dtype != wanted.dtype:
        return np.searchsorted(values, wanted, side="right" if equal else "left")
    out = np.empty(len(wanted), np.int64)
    _ranks(values, np.ascontiguousarray(wanted), equal, out)
    return out


@numba.njit(cache=True, nogil=True)
def _ranks(values, wanted, equal, out):
    """Write how many values are below each wanted one, or not above it.

    values : number[n]   ascending
    wanted : number[m]   of the same type
    equal : bool         whether equal ones count
    out : int64[m]       written

    One thread: callers have several at work already. O(m log n).
    """
    for first in range(0, wanted.shape[0], _TOGETHER):
        some = wanted[first : first + _TOGETHER]
        at = out[first : first + _TOGETHER]
        at[:] = 0
        left = values.shape[0]
        while left > 0:  # what is looked for stands among the `left` values from `at` on, or behind them
            half = (left + 1) // 2
            for i in range(some.shape[0]):
                value = values[at[i] + half - 1]
                at[i] += half if value < some[i] or (equal and value == some[i]) else 0
            left -= half
