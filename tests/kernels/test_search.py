"""Searches that take their steps together find what one search after the other finds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import search
from dedup.kernels.owners import document_of, look_up


@pytest.mark.parametrize("kind", [np.int64, np.uint32, np.uint64])
@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 40), max_size=70), st.lists(st.integers(0, 41), max_size=150))
def test_ranks_are_those_of_single_searches(kind, values, wanted):
    values = sorted(values)
    for some in (wanted, wanted * (search.FEW + 1)):  # by numpy, and by the kernel
        columns = np.array(values, kind), np.array(some, kind)
        assert search.below(*columns).tolist() == [bisect_left(values, one) for one in some]
        assert search.upto(*columns).tolist() == [bisect_right(values, one) for one in some]


@pytest.mark.parametrize("kind", [np.int64, np.int32])
def test_every_place_of_a_long_column_is_found(kind):
    values = np.sort(np.random.default_rng(1).integers(0, 5_000, 4_097))
    wanted = np.random.default_rng(2).permutation(np.arange(-1, 5_002)).astype(kind)[::-1]
    assert (search.below(values, wanted) == np.searchsorted(values, wanted)).all()
    assert (search.upto(values, wanted) == np.searchsorted(values, wanted, side="right")).all()


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 9), max_size=40), st.integers(0, 300))
def test_places_are_in_the_documents_that_hold_them(sizes, first):
    """Empty documents too, none at all, several that begin at one place; the table begins where it is asked to."""
    borders = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64) * 37
    places = np.arange(min(first, max(int(borders[-1]) - 1, 0)), borders[-1])
    wanted = np.searchsorted(borders, places, side="right") - 1
    assert document_of(borders, places).tolist() == wanted.tolist()
    rough, _, _ = look_up(borders, 0, max(0, int(borders[-1]) - 1))  # as `anchor.places` asks, of no text too
    if len(places):
        rough, shift, base = look_up(borders, int(places[0]), int(places[-1]))
        assert len(rough) > (int(places[-1]) - int(borders[base])) >> int(shift)
