"""Distances and edit scripts are those of their slow twins, and a script turns the left into the right."""

from __future__ import annotations

from itertools import pairwise

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts import changes_of, laid_out, text

from dedup.kernels import differences
from dedup.steps.data import tables

settings.register_profile("kernels", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("kernels")
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered")

pairs = st.lists(st.tuples(text, text), min_size=1, max_size=5)


def folding(edits):
    """Tables of folding, and deletions at some places, for the kernels that fold raw ranges."""
    table = tables()
    start = np.array(edits, np.int64)
    of_edits = (start, start + 1, np.zeros(len(start) + 1, np.int64), np.empty(0, np.uint32))
    return *of_edits, table.kind, table.fold, table.multi_indptr, table.multi


raw = st.lists(st.sampled_from([ord(char) for char in "甲乙a 　⑴㈠"]), max_size=16)


@given(st.lists(st.tuples(raw, raw), min_size=1, max_size=5), st.sets(st.integers(0, 60)), st.integers(0, 50))
def test_distances_are_those_of_the_surfaces(rows, edits, most):
    """Of what is folded and repaired, by the whole table; what is verbatim is at no distance."""
    rows += [(one, one) for one, _ in rows]
    codes, low, high, other_low, other_high = laid_out(rows)
    fold = folding(sorted(one for one in edits if one < len(codes)))
    distance, length = np.empty((2, len(rows)), np.int64)
    differences.distances(
        0, len(rows), codes, *fold, low, high, other_low, other_high, np.int64(most), distance, length
    )  # fmt: skip
    sides = []
    for start, end in ((low, high), (other_low, other_high)):
        ptr = np.zeros(len(rows) + 1, np.int64)
        differences.surfaces(0, len(rows), codes, *fold, start, end, ptr, np.empty(0, np.uint32))
        out = np.empty(int(ptr.sum()), np.uint32)
        ptr = np.cumsum(ptr)
        if len(out):
            differences.surfaces(0, len(rows), codes, *fold, start, end, ptr, out)
        sides.append([out[a:b].tolist() for a, b in pairwise(ptr.tolist())])
    for row, (one, other) in enumerate(zip(*sides, strict=True)):
        wanted = len(one) + len(other) - 2 * naive.common_subsequence(one, other)
        assert distance[row] == wanted or (distance[row] == -1 and wanted > most)
        assert length[row] == (len(one) + len(other) if wanted else 1)


codes = st.lists(st.integers(0, 3) | st.integers(0x10FFF0, 0x10FFFF), max_size=200)


@given(st.lists(st.tuples(codes, codes), min_size=1, max_size=4), st.integers(0, 9))
def test_what_two_stretches_have_in_common_is_counted_by_bits_as_by_hand(rows, ahead):
    """Shorter and longer than a word of bits, with scratch that earlier calls left behind, and codes of all sizes."""
    known, state, mask = np.zeros(0x110000, np.int64), np.empty(64, np.uint64), np.empty(64 * 4096, np.uint64)
    for call, (one, other) in enumerate(rows, 1):
        one, other = sorted((one, other), key=len)
        left, right = (np.array([7] * ahead + side, np.uint32) for side in (one, other))
        found = differences._common(left, right, ahead, len(one), len(other), call, known, state, mask)
        assert found == naive.common_subsequence(one, other)


@pytest.mark.parametrize("size", [3, 300, 5_000])
def test_long_stretches_are_as_far_apart_as_short_ones_say(size):
    """A tenth changed all over: found by bits, or along paths where masks would be too large."""
    one = [0x4E00 + place * place % 97 for place in range(size)]
    other = [0x5000 if place % 10 == 3 else code for place, code in enumerate(one)]
    low, distance, length = np.zeros(1, np.int64), *np.empty((2, 1), np.int64)
    codes = np.array(one + other, np.uint32)
    ends = low, low + size, low + size, low + 2 * size
    differences.distances(0, 1, codes, *folding([]), *ends, np.int64(1_000), distance, length)
    assert distance[0] == 2 * other.count(0x5000)


def test_a_surface_longer_than_the_scratch_is_folded_once_more():
    codes = np.array([0x247C] * 700 + [0x247C] * 699 + [0x7532], np.uint32)  # ⑼: three code points each
    ends = (np.array([one]) for one in (0, 700, 700, 1400))
    distance, length = np.empty((2, 1), np.int64)
    differences.distances(0, 1, codes, *folding([]), *ends, np.int64(9), distance, length)
    assert (distance[0], length[0]) == (4, 3 * 1399 + 1)


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


def test_a_script_of_more_edits_than_the_scratch_holds_at_first():
    """Waves are moved to larger room, and what stood in them is still there on the way back."""
    left, right = [1] * 20 + [2] * 180 + [3] * 9, [1] * 20 + [4] * 180 + [3] * 9
    distance, changes, runs = changes_of([(left, right), ([1], [1])], 400)
    assert (distance.tolist(), changes, runs) == ([180, 0], [[[20, 200, 20, 200]], []], [20, 1])
