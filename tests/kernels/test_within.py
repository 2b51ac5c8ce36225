"""Which ranges hold a whole paragraph, asked of the paragraphs around them and of all."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import within


def naive(paragraphs, ranges, least, share):
    """The first paragraph of kind 1, long enough, that begins in or behind a range's start, out of all of them."""
    told = []
    for first, last in ranges:
        after = [(a, b) for a, b, kind in paragraphs if kind == 1 and b - a >= least and a >= first]
        told.append(bool(after) and after[0][1] <= last and after[0][1] - after[0][0] >= share * (last - first))
    return told


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 2)), max_size=12),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40)), max_size=90),
    st.integers(1, 6),
    st.sampled_from([0.0, 0.5, 0.8]),
)
def test_ranges_that_hold_a_paragraph_are_those_of_the_naive_twin(rows, ranges, least, share):
    paragraphs, at = [], 0
    for gap, size, kind in rows:  # empty ones too, and several that begin at one place
        paragraphs.append((at + gap, at + gap + size, kind))
        at += gap + size
    asked = [(first, first + length) for first, length in ranges]
    start, end, kind = np.array(paragraphs, np.int64).reshape(-1, 3).T.copy()
    first, last = np.array(asked, np.int64).reshape(-1, 2).T.copy()
    out = np.ones(len(asked), bool)
    row = np.searchsorted(start, first)
    within.holds(start, end, kind.astype(np.uint8), np.uint8(1), np.int64(least), row, first, last, share, out)
    assert out.tolist() == naive(paragraphs, asked, least, share)
