"""Families are those of the slow twin, and every member is as near its medoid as it says."""

from __future__ import annotations

import naive_cluster
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Params
from dedup.kernels import constellations
from dedup.schema import KeyStream, Passages, Slots
from dedup.steps import cluster

settings.register_profile("kernels", deadline=None, derandomize=True, max_examples=80)
settings.load_profile("kernels")
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered")

LENGTH = 12


def stream(codes) -> KeyStream:
    """A key stream whose raw text it is itself."""
    none = np.empty(0, np.int64)
    return KeyStream(
        np.array(codes, np.uint32), np.arange(len(codes)), np.ones(len(codes), np.uint16),
        np.array([0, len(codes)]), Slots(none, none, none, none.astype(np.uint8)),
    )  # fmt: skip


pieces = st.lists(st.lists(st.integers(1, 3), min_size=LENGTH, max_size=LENGTH), min_size=2, max_size=7)
links = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, LENGTH), st.booleans()), max_size=14)


@given(pieces, links, st.sampled_from([0.5, 0.7, 0.9]))
def test_stars_are_those_of_the_twin(rows, edges, threshold):
    """Nodes stand apart, so that each span is a node; medoids, members and wordings agree."""
    codes = [code for row in rows for code in row]
    edges = sorted({(min(a, b), max(a, b), m, s) for a, b, m, s in edges if a != b and max(a, b) < len(rows)})
    edges = list({edge[:2]: edge for edge in edges}.values())
    if not edges:
        return
    left, right, matches, shuffled = (np.array(column) for column in zip(*edges, strict=True))
    passages = Passages(
        LENGTH * left, LENGTH * left + LENGTH, LENGTH * right, LENGTH * right + LENGTH, matches,
        np.full(len(edges), 0.95), shuffled.astype(np.uint8),
    )  # fmt: skip
    found = cluster.cluster(stream(codes), passages, Params(threshold=threshold))
    used = sorted({int(node) for pair in (left, right) for node in pair})
    number = {node: rank for rank, node in enumerate(used)}
    wanted = naive_cluster.stars(
        codes,
        [(LENGTH * node, LENGTH * node + LENGTH) for node in used],
        [(number[a], number[b], m) for a, b, m, _ in edges],
        [0.95 if s else None for *_, s in edges],
        threshold,
    )
    got = sorted(
        (int(found.start[found.medoid[f]]) // LENGTH,
         sorted((int(found.start[m]) // LENGTH, round(float(found.wording[m]), 9))
                for m in range(found.indptr[f], found.indptr[f + 1])))
        for f in range(len(found.medoid))
    )  # fmt: skip
    assert got == sorted(
        (used[medoid], sorted((used[node], round(0.95 if value < 0 else value, 9)) for node, (value, _) in m.items()))
        for medoid, m in wanted
    )


text = st.lists(st.integers(1, 4), max_size=150)


@given(st.lists(st.tuples(text, text), min_size=1, max_size=3), st.sampled_from([0.0, 0.6, 0.9]))
def test_identity_is_that_of_the_table(rows, threshold):
    """Whichever of its two ways the kernel takes; a pair that its lengths keep below the threshold has none."""
    sides = [side for row in rows for side in row]
    end = np.cumsum([len(side) for side in sides])
    start = end - [len(side) for side in sides]
    codes = np.array([code for side in sides for code in side] or [0], np.uint32)
    out = np.empty(len(rows))
    one = np.arange(0, len(sides), 2)
    constellations.identities(0, len(rows), codes, start, end, one, one + 1, np.float64(threshold), out)
    for (left, right), value in zip(rows, out.tolist(), strict=True):
        if 2.0 * min(len(left), len(right)) < threshold * (len(left) + len(right)):
            assert value == -1.0
        else:
            assert value == pytest.approx(naive_cluster.identity(left, right), abs=1e-12)


@pytest.mark.parametrize("letters", [30, 3_000])
def test_far_apart_stretches_take_the_long_way(letters):
    """Two stretches with some hundred edits, longer than several machine words; of few letters, and of many."""
    rng = np.random.default_rng(5)
    left = rng.integers(1, letters, 700)
    right = np.where(rng.random(700) < 0.3, rng.integers(1, letters, 700), left)
    codes = np.concatenate([left, right]).astype(np.uint32)
    out = np.empty(1)
    zero = np.zeros(1, np.int64)
    constellations.identities(
        0, 1, codes, np.array([0, 700]), np.array([700, 1400]), zero, zero + 1, np.float64(0.5), out
    )
    assert out[0] == pytest.approx(naive_cluster.identity(left.tolist(), right.tolist()), abs=1e-12)
    assert out[0] < 0.9
