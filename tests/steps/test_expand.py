"""Exact copies of near copies: given back in full where few, linearly where many."""

from __future__ import annotations

import numpy as np

from dedup.schema import Pairs
from dedup.steps.expand import expand


def clique(groups, copies):
    """Groups of so many copies each, every group near every other within a window of 40."""
    edges = [(i, j) for j in range(groups) for i in range(max(0, j - 40), j)]
    left, right = (np.array([edge[side] for edge in edges], np.int64) for side in (0, 1))
    one = np.full(len(edges), 0.8)
    pairs = Pairs(left, right, np.full(len(edges), 80), one, one, one)
    group = np.arange(groups * copies) % groups
    return pairs, np.arange(groups), group, np.full(groups, 100)


def test_copies_of_near_copies_do_not_multiply():
    """300 variants of 30 copies each, all alike: pairs in proportion to the paragraphs, and a limit that says so."""
    counts = {}
    for groups in (150, 300):
        found, limits = expand(*clique(groups, 30), 64)
        counts[groups] = len(found.left)
        assert counts[groups] <= 2 * 64 * groups * 30
        assert [(limit.kind, limit.count) for limit in limits] == [("exact group", groups)]
        assert set(found.left.tolist()) | set(found.right.tolist()) == set(range(groups * 30))  # nobody is lost
        assert (found.left < found.right).all()
        assert (np.diff((found.left << 32) | found.right) > 0).all()
    assert counts[300] <= 2.3 * counts[150]


def test_few_copies_are_given_back_in_full():
    found, limits = expand(*clique(10, 3), 64)
    assert len(found.left) == 10 * 3 + 45 * 9
    assert not limits
    assert sorted(set(found.jaccard.tolist())) == [0.8, 1.0]
