"""Verification: of candidates exactly those stay whose shingle sets are near enough, with every figure exact."""

from __future__ import annotations

from fractions import Fraction

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import sets
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
def test_what_stays_is_what_the_definition_keeps(rows, threshold, hole):
    """Sets of one shingle and of none included; the order of the candidates stays."""
    left, right = np.triu_indices(len(rows), 1)
    found = verify(unverified(left.astype(np.int64), right.astype(np.int64)), shingles(rows, hole), threshold)
    wanted = [
        (a, b, len(rows[a] & rows[b]))
        for a, b in zip(left.tolist(), right.tolist(), strict=True)
        if rows[a] & rows[b] and naive.jaccard(rows[a], rows[b]) >= threshold
    ]
    assert list(zip(found.left.tolist(), found.right.tolist(), found.shared.tolist(), strict=True)) == wanted
    for at, (a, b, shared) in enumerate(wanted):
        assert found.jaccard[at] == float(Fraction(shared, len(rows[a] | rows[b])))
        assert found.contained_left[at] == shared / len(rows[a])
        assert found.contained_right[at] == shared / len(rows[b])


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


@given(SETS, st.sampled_from([0.2, 0.5, 0.7, 0.9, 1.0]))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_the_merge_gives_up_one_below_the_overlap_that_is_asked_for(rows, threshold):
    """Where fewer hashes are shared it says so, else it has counted them all."""
    table = shingles(rows)
    left, right = (side.astype(np.int64) for side in np.triu_indices(len(rows), 1))
    out = np.empty(len(left), np.int64)
    sets.shared(left, right, table.indptr, table.length, table.hashes, np.float64(threshold), out)
    for a, b, found in zip(left.tolist(), right.tolist(), out.tolist(), strict=True):
        wanted = int(threshold / (1 + threshold) * (len(rows[a]) + len(rows[b]))) - 1
        assert found == (len(rows[a] & rows[b]) if len(rows[a] & rows[b]) >= wanted else -1)
