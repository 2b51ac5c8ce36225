"""Distances, edit scripts and slots are those of their slow twins, and a script turns the left into the right."""

from __future__ import annotations

from itertools import pairwise

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import differences

settings.register_profile("kernels", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("kernels")
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered")

text = st.lists(st.integers(1, 4), max_size=24)
pairs = st.lists(st.tuples(text, text), min_size=1, max_size=5)


def laid_out(rows):
    """Both sides of all pairs in one array, and the ranges of each side."""
    flat = [side for row in rows for side in row]
    ends = np.cumsum([len(side) for side in flat])
    starts = ends - [len(side) for side in flat]
    codes = np.array([code for side in flat for code in side] or [0], np.uint32)
    return codes, starts[::2].copy(), ends[::2].copy(), starts[1::2].copy(), ends[1::2].copy()


@given(pairs, st.integers(0, 50))
def test_insert_delete_distance_is_that_of_the_table(rows, most):
    codes, low, high, other_low, other_high = laid_out(rows)
    out = np.empty(len(rows), np.int64)
    differences.indels(0, len(rows), codes, low, high, codes, other_low, other_high, np.int64(most), out)
    wanted = [len(a) + len(b) - 2 * naive.common_subsequence(a, b) for a, b in rows]
    assert out.tolist() == [value if value <= most else -1 for value in wanted]


def changes_of(rows, most=60):
    """Run both kernels; return distances, and for each pair its list of changes and longest run."""
    codes, *sides = laid_out(rows)
    distance = np.empty(len(rows), np.int64)
    differences.edits(0, len(rows), codes, *sides, np.int64(most), distance)
    ptr = np.concatenate([[0], np.cumsum(np.maximum(distance, 0))])
    out = np.empty((int(ptr[-1]), 4), np.int64)
    count, run = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    differences.scripts(0, len(rows), codes, *sides, distance, ptr, out, count, run)
    return distance, [out[ptr[r] : ptr[r] + count[r]].tolist() for r in range(len(rows))], run.tolist()


@given(pairs)
def test_a_script_is_a_shortest_one_and_turns_the_left_into_the_right(rows):
    """Applied from the end it gives the right side; its edits are as many as the distance; what is left is equal."""
    distance, scripts, runs = changes_of(rows)
    for (left, right), edits, changes, run in zip(rows, distance.tolist(), scripts, runs, strict=True):
        assert edits == naive.levenshtein(left, right)
        made = list(left)
        for low, high, other_low, other_high in reversed(changes):
            made[low:high] = right[other_low:other_high]
        assert made == right
        assert sum(max(high - low, b - a) for low, high, a, b in changes) == edits
        borders = [0, *(at for low, high, _, _ in changes for at in (low, high)), len(left)]
        assert run == max(b - a for a, b in zip(borders[::2], borders[1::2], strict=True))
        assert all(one[1] < other[0] or one[3] < other[2] for one, other in pairwise(changes))


@given(pairs, st.integers(0, 8))
def test_more_edits_than_the_bound_are_said(rows, most):
    distance, _, _ = changes_of(rows, most)
    wanted = [naive.levenshtein(a, b) for a, b in rows]
    assert distance.tolist() == [value if value <= most else -1 for value in wanted]


slots_of = st.lists(st.tuples(st.integers(0, 24), st.integers(0, 2), st.booleans()), max_size=6).map(sorted)


@given(text, text, slots_of, slots_of)
def test_slots_are_paired_as_the_twin_pairs_them(left, right, mine, theirs):
    """By their place in the aligned key text, each once, in order."""
    mine = [(min(place, len(left)), value, mask) for place, value, mask in mine]
    theirs = [(min(place, len(right)), value, mask) for place, value, mask in theirs]
    _, (changes,), _ = changes_of([(left, right)])
    both = [*mine, *theirs]
    place, value, mask = (np.array([row[at] for row in both]) for at in range(3))
    key = place.astype(np.int64)
    out = np.empty((len(both), 4), np.int64)
    found = np.zeros(1, np.int64)
    one = np.ones(1, np.int64)
    table = np.array(changes, np.int64).reshape(-1, 4)
    if both:
        differences.slots(
            0, 1, key, value.astype(np.uint64), mask.astype(np.uint8), 0 * one, len(mine) * one, len(mine) * one,
            len(both) * one, 0 * one, 0 * one, len(left) * one, len(right) * one,
            np.array([0, len(changes)]), len(changes) * one, table, np.array([0, len(both)]), out, found,
        )  # fmt: skip
    got = [tuple(row) for row in out[: found[0]].tolist()]
    assert got == naive.slot_changes(mine, theirs, changes, len(left), len(right))
