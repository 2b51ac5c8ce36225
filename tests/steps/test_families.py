"""The table of families: its order, its medoids, and which passages belong to which family."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Params
from dedup.schema import KeyStream, Passages, Slots
from dedup.steps import cluster

LENGTH = 10
ROWS = st.lists(st.lists(st.integers(1, 2), min_size=LENGTH, max_size=LENGTH), min_size=2, max_size=8)
LINKS = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=16)


def found(rows, links):
    """Families of spans that stand apart; a link is a passage. Returns them with the nodes of each passage."""
    edges = sorted((a, b) for a, b in links if a < b < len(rows))
    left, right = (np.array([edge[side] for edge in edges], np.int64) for side in (0, 1))
    codes = np.array([code for row in rows for code in row], np.uint32)
    none = np.empty(0, np.int64)
    slots = Slots(none, none, none, none.astype(np.uint8))
    places = np.arange(len(codes))
    keys = KeyStream(codes, places, np.ones(len(codes), np.uint16), np.array([0, len(codes)]), slots)
    matches = np.full(len(edges), LENGTH - 2)
    starts = LENGTH * left, LENGTH * left + LENGTH, LENGTH * right, LENGTH * right + LENGTH
    passages = Passages(*starts, matches, np.full(len(edges), 0.8), np.zeros(len(edges), np.uint8))
    return cluster.cluster(keys, passages, Params(threshold=0.7)), edges


@given(ROWS, LINKS)
@settings(max_examples=150, derandomize=True, deadline=None)
def test_the_table_of_families_is_in_order_and_whole(rows, links):
    """Members in text order, families by their first members, each medoid a member of its family at 1.0."""
    table, edges = found(rows, links)
    families = len(table.medoid)
    spans = [
        [(int(table.start[m]), int(table.end[m])) for m in range(table.indptr[f], table.indptr[f + 1])]
        for f in range(families)
    ]
    assert all(members == sorted(set(members)) and len(members) > 1 for members in spans)
    assert [members[:2] for members in spans] == sorted(members[:2] for members in spans)
    for f in range(families):
        assert table.indptr[f] <= table.medoid[f] < table.indptr[f + 1]
        assert table.wording[table.medoid[f]] == 1.0
    assert bool(families) == bool(edges)


@given(ROWS, LINKS)
@settings(max_examples=150, derandomize=True, deadline=None)
def test_a_family_owns_the_passages_between_its_members(rows, links):
    """Exactly those whose both sides are members, in order."""
    table, edges = found(rows, links)
    assert len(table.passage_indptr) == len(table.medoid) + 1
    for f in range(len(table.medoid)):
        nodes = {int(start) // LENGTH for start in table.start[table.indptr[f] : table.indptr[f + 1]]}
        owned = table.passages[table.passage_indptr[f] : table.passage_indptr[f + 1]].tolist()
        assert owned == [row for row, edge in enumerate(edges) if set(edge) <= nodes]


def test_a_stretch_is_shown_as_most_of_its_passages_give_it():
    """The longest where they disagree evenly, the first of equally long ones."""
    start = np.array([0, 0, 0, 50, 52, 50, 90, 91])
    end = np.array([20, 20, 22, 70, 75, 72, 99, 100])
    node = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    low, high = cluster._extents(start, end, node, 3)
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == [(0, 20), (52, 75), (90, 99)]
