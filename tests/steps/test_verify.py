"""Verification: of candidates exactly those stay whose shingle sets are near enough, with every figure exact."""

from __future__ import annotations

from fractions import Fraction

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.schema import Shingles
from dedup.steps.pair import unverified
from dedup.steps.verify import verify

SETS = st.lists(st.sets(st.integers(0, 12), max_size=8), min_size=2, max_size=6)


def shingles(sets, hole=True):
    """Lay sets out one behind the other, or with a hole between, as the table may have them."""
    hashes = [value for one in sets for value in [*sorted(one), *[99] * hole]]
    length = np.array([len(one) for one in sets], np.int64)
    return Shingles(np.concatenate([[0], np.cumsum(length + hole)]), length, np.array(hashes, np.uint64))


@given(SETS, st.sampled_from([0.2, 1 / 3, 0.5, 0.7, 1.0]), st.booleans())
@settings(max_examples=200, derandomize=True, deadline=None)
def test_what_stays_is_what_the_definition_keeps(sets, threshold, hole):
    """Sets of one shingle and of none included; the order of the candidates stays."""
    left, right = np.triu_indices(len(sets), 1)
    found = verify(unverified(left.astype(np.int64), right.astype(np.int64)), shingles(sets, hole), threshold)
    wanted = [
        (a, b, len(sets[a] & sets[b]))
        for a, b in zip(left.tolist(), right.tolist(), strict=True)
        if sets[a] & sets[b] and naive.jaccard(sets[a], sets[b]) >= threshold
    ]
    assert list(zip(found.left.tolist(), found.right.tolist(), found.shared.tolist(), strict=True)) == wanted
    for row, (a, b, shared) in enumerate(wanted):
        assert found.jaccard[row] == float(Fraction(shared, len(sets[a] | sets[b])))
        assert found.contained_left[row] == shared / len(sets[a])
        assert found.contained_right[row] == shared / len(sets[b])


@pytest.mark.parametrize(("threshold", "kept"), [(0.5, 1), (np.nextafter(0.5, 1), 0)])
def test_the_threshold_itself_is_near_enough(threshold, kept):
    """Two of four shared: 0.5 is kept at 0.5 and dropped right above it."""
    table = shingles([{1, 2, 3}, {2, 3, 4}])
    pairs = unverified(np.array([0]), np.array([1]))
    assert len(verify(pairs, table, threshold).left) == kept


@pytest.mark.filterwarnings("error")
def test_pairs_of_empty_sets_are_dropped_without_a_warning():
    """A paragraph of less than k characters has no shingle; 0 / 0 is not asked for."""
    assert not len(verify(unverified(np.array([0]), np.array([1])), shingles([set(), set()]), 0.2).left)
