"""The table of families: its order, its medoids, and which passages belong to which family."""

from __future__ import annotations

import naive_cluster
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Params
from dedup.schema import KeyStream, Passages, Slots
from dedup.steps import cluster

LENGTH = 10
ROWS = st.lists(st.lists(st.integers(1, 2), min_size=LENGTH, max_size=LENGTH), min_size=2, max_size=8)
LINKS = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=16)


def stream(codes) -> KeyStream:
    """A key stream whose raw text it is itself."""
    none = np.empty(0, np.int64)
    slots = Slots(none, none, none, none.astype(np.uint8))
    places = np.arange(len(codes))
    return KeyStream(
        np.array(codes, np.uint32), places, np.ones(len(codes), np.uint16), np.array([0, len(codes)]), slots
    )


def table(rows) -> Passages:
    """Passages of (left start, left end, right start, right end, matches, wording, kind)."""
    columns = list(zip(*rows, strict=True)) or [()] * 7
    types = (np.int64,) * 5 + (np.float64, np.uint8)
    return Passages(*(np.array(column, kind) for column, kind in zip(columns, types, strict=True)))


def as_rows(families):
    """A table of families as the twin gives it."""
    spans = list(zip(families.start.tolist(), families.end.tolist(), families.wording.tolist(), strict=True))
    borders, owned = families.indptr.tolist(), families.passage_indptr.tolist()
    return [
        (spans[borders[f] : borders[f + 1]], int(families.medoid[f]) - borders[f],
         families.passages[owned[f] : owned[f + 1]].tolist())
        for f in range(len(families.medoid))
    ]  # fmt: skip


def jumble(seed):
    """A text of two letters and passages between its stretches, which overlap, repeat, disagree about their ends."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 13))
    places = np.sort(rng.integers(0, 8, (size, 2)), axis=1) * int(rng.choice([6, 10]))
    start = places + rng.integers(0, 3, (size, 2)) * (rng.random((size, 2)) < 0.3)
    end = start + 10 + rng.integers(-4, 3, (size, 2)) * (rng.random((size, 2)) < 0.5)
    wording = np.round(rng.uniform(0.7, 1, size), 3)
    columns = (
        start[:, 0],
        end[:, 0],
        start[:, 1],
        end[:, 1],
        rng.integers(1, 9, size),
        wording,
        rng.random(size) < 0.3,
    )
    rows = [tuple(row) for row in zip(*(np.asarray(column).tolist() for column in columns), strict=True)]
    return rng.integers(1, 3, 90).tolist(), [(*row[:6], int(row[6])) for row in rows]


@pytest.mark.parametrize("threshold", [0.6, 0.9])
def test_the_whole_table_is_that_of_the_twin(threshold):
    """Nodes, extents, stars, places, order and passages, of a hundred and twenty jumbles of passages; and of none."""
    for seed in range(120):
        codes, rows = jumble(seed)
        wanted = naive_cluster.families(codes, rows, threshold)
        got = as_rows(cluster.cluster(stream(codes), table(rows), Params(threshold=threshold)))
        assert [(rows, *rest) for rows, *rest in got] == [
            ([(a, b, pytest.approx(w, abs=1e-12)) for a, b, w in rows], *rest) for rows, *rest in wanted
        ], seed
    assert as_rows(cluster.cluster(stream([]), table([]), Params(threshold=threshold))) == []


def test_stretches_are_one_from_seven_tenths_in_common():
    """Overlap over union of exactly 0.7 is enough, 0.6995 is not."""
    for length, spans in ((700, 1), (699, 2)):
        rows = [(0, 1000, 3000, 4000, 9, 1.0, 0), (0, length, 3000, 4000, 9, 1.0, 0)]
        found = cluster._graph(table(rows))
        assert len(found.start) == spans + 1, length


def found(rows, links):
    """Families of spans that stand apart; a link is a passage. Returns them with the nodes of each passage."""
    edges = sorted((a, b) for a, b in links if a < b < len(rows))
    left, right = (np.array([edge[side] for edge in edges], np.int64) for side in (0, 1))
    keys = stream([code for row in rows for code in row])
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
