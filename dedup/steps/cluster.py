"""Which spans belong together? Answers with families whose every member is verified against a medoid.

Passages are edges between spans. Spans of one document that cover nearly the same stretch become one node; a span
of clearly different reach stays its own node, so that the inner copy of a longer copy is its own family. Inside a
connected component families are read off around medoids: a chain of versions, each close to the next, falls into
several families instead of one that nobody would sign.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from dedup.kernels import unionfind
from dedup.params import Params
from dedup.schema import Families, Int64, KeyStream, Passages

SAME_REACH = 0.7
"""Overlap over union from which two spans of one document count as the same stretch."""


@dataclass(frozen=True, slots=True)
class _Graph:
    """Nodes (stretches of text) and edges (passages between them)."""

    start: Int64  # key range of each node
    end: Int64
    left: Int64  # nodes of each passage
    right: Int64


def cluster(keys: KeyStream, passages: Passages, params: Params) -> Families:
    """Return the families of the passages.

    Parameters
    ----------
    keys : KeyStream
    passages : Passages
    params : Params
        ``threshold``.

    Returns
    -------
    Families
        Sorted by their first member. Each member's wording with the medoid is at least the threshold; a stretch that
        fits no medoid but has a passage stands in a family with its nearest neighbour, so no passage is lost.

    Notes
    -----
    Star clustering (Aslam, Pelekhov, Rus 2004) with an exact check of each satellite. Cost: one comparison per
    member; a component is walked along its edges, never all with all.
    """
    graph = _graph(passages)
    groups = _families(keys, graph, passages, params.threshold)
    return _table(graph, passages, groups)


def _graph(passages: Passages) -> _Graph:
    start = np.concatenate([passages.left_start, passages.right_start])
    end = np.concatenate([passages.left_end, passages.right_end])
    order = np.lexsort((-end, start))
    head = np.empty(len(order), np.int64)
    unionfind.nodes(start[order], end[order], np.int64(round(1000 * SAME_REACH)), head)
    heads, node_sorted = np.unique(head, return_inverse=True)
    node = np.empty(len(order), np.int64)
    node[order] = node_sorted
    best_start, best_end = _extents(start[order], end[order], node_sorted, len(heads))
    half = len(passages.left_start)
    return _Graph(start=best_start, end=best_end, left=node[:half], right=node[half:])


def _extents(start: Int64, end: Int64, node: Int64, nodes: int) -> tuple[Int64, Int64]:
    """Return for each node the span that most of its passages give; the longest on ties."""
    spans, count = np.unique(np.stack([node, start, end], axis=1), axis=0, return_counts=True)
    order = np.lexsort((spans[:, 1], spans[:, 1] - spans[:, 2], -count, spans[:, 0]))
    first = order[np.searchsorted(spans[order, 0], np.arange(nodes))]
    return spans[first, 1], spans[first, 2]


@dataclass(frozen=True, slots=True)
class _Family:
    """A star: its medoid, and the wording of each member node with it, in text order.

    `spans` says where the members stand if not over their nodes' own stretch: a node that fits no medoid is shown as
    its passage has it.
    """

    medoid: int
    wording: dict[int, float]
    spans: dict[int, tuple[int, int]]


def _families(keys: KeyStream, graph: _Graph, passages: Passages, threshold: float) -> list[_Family]:
    """Return the families of all components."""
    root = np.empty(len(graph.start), np.int64)
    unionfind.components(graph.left, graph.right, root)
    neighbours: dict[int, dict[int, int]] = defaultdict(dict)
    for left, right, row in zip(graph.left.tolist(), graph.right.tolist(), range(len(graph.left)), strict=True):
        if left != right:
            for a, b in ((left, right), (right, left)):
                known = neighbours[a].get(b)
                if known is None or passages.matches[row] > passages.matches[known]:
                    neighbours[a][b] = row
    found: list[_Family] = []
    order = np.argsort(root, kind="stable")
    borders = np.flatnonzero(np.diff(root[order], prepend=-1, append=-2))
    compare = _Comparison(keys, graph, passages, threshold)
    for first, last in zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True):
        found.extend(_stars(order[first:last].tolist(), neighbours, compare))
    return found


@dataclass(slots=True)
class _Comparison:
    """Exact wording of two nodes, or None below the threshold."""

    keys: KeyStream
    graph: _Graph
    passages: Passages
    threshold: float

    def text(self, node: int) -> str:
        codes = self.keys.codes[self.graph.start[node] : self.graph.end[node]]
        return codes.tobytes().decode("utf-32-le", "surrogatepass")

    def sides(self, row: int) -> dict[int, tuple[int, int]]:
        """Return where a passage has its two nodes."""
        table = self.passages
        return {
            int(self.graph.left[row]): (int(table.left_start[row]), int(table.left_end[row])),
            int(self.graph.right[row]): (int(table.right_start[row]), int(table.right_end[row])),
        }

    def __call__(self, one: int, other: int, row: int | None) -> float | None:
        from rapidfuzz.distance import Indel

        size = [int(self.graph.end[node] - self.graph.start[node]) for node in (one, other)]
        # A shuffled copy has its own figure, which a comparison in one order cannot reach.
        wording = float(self.passages.wording[row]) if row is not None and self.passages.kind[row] else 0.0
        if 2 * min(size) >= self.threshold * sum(size):
            wording = max(wording, Indel.normalized_similarity(self.text(one), self.text(other)))
        return wording if wording >= self.threshold else None


def _stars(nodes: list[int], neighbours: dict[int, dict[int, int]], compare: _Comparison) -> list[_Family]:
    """Cover one component with stars: the node with most neighbours left takes all it is verified with."""
    matches = compare.passages.matches
    weight = {node: sum(int(matches[row]) for row in neighbours[node].values()) for node in nodes}
    ranked = sorted(nodes, key=lambda node: (-len(neighbours[node]), -weight[node], node))
    free = set(nodes)
    pairs: set[tuple[int, int]] = set()
    found = []
    for medoid in ranked:
        if medoid not in free:
            continue
        free.discard(medoid)
        family = {medoid: 1.0}
        refused: set[int] = set()
        frontier = [medoid]
        while frontier:  # along edges, so that a component of many families is not compared all with all
            reached = sorted({other for node in frontier for other in neighbours[node]} & free - refused)
            frontier = []
            for other in reached:
                wording = compare(medoid, other, neighbours[medoid].get(other))
                if wording is None:
                    refused.add(other)
                else:
                    family[other] = wording
                    free.discard(other)
                    frontier.append(other)
        spans: dict[int, tuple[int, int]] = {}
        if len(family) == 1:  # all neighbours went elsewhere: the nearest one stands in both families
            other = min(neighbours[medoid], key=lambda node: (-int(matches[neighbours[medoid][node]]), node))
            if (other, medoid) in pairs:  # which stands already, seen from the other side
                continue
            pairs.add((medoid, other))
            row = neighbours[medoid][other]
            wording = compare(medoid, other, row)
            if wording is None:  # the passage reaches the threshold even where the stretches do not
                wording, spans = float(compare.passages.wording[row]), compare.sides(row)
            family[other] = wording
        place = {node: spans.get(node, (int(compare.graph.start[node]), 0)) for node in family}
        found.append(_Family(medoid, dict(sorted(family.items(), key=lambda item: place[item[0]])), spans))
    return found


def _table(graph: _Graph, passages: Passages, groups: list[_Family]) -> Families:
    def place(family: _Family) -> list[tuple[int, int]]:
        return [family.spans.get(node, (int(graph.start[node]), int(graph.end[node]))) for node in family.wording]

    groups = sorted(groups, key=place)
    indptr = np.zeros(len(groups) + 1, np.int64)
    np.cumsum([len(family.wording) for family in groups], out=indptr[1:])
    medoid = [
        int(first) + list(family.wording).index(family.medoid) for first, family in zip(indptr, groups, strict=False)
    ]
    of_node: dict[int, set[int]] = defaultdict(set)
    for number, family in enumerate(groups):
        for node in family.wording:
            of_node[node].add(number)
    rows: list[list[int]] = [[] for _ in groups]
    for row, (left, right) in enumerate(zip(graph.left.tolist(), graph.right.tolist(), strict=True)):
        for number in sorted(of_node[left] & of_node[right]):
            rows[number].append(row)
    passage_indptr = np.zeros(len(groups) + 1, np.int64)
    np.cumsum([len(one) for one in rows], out=passage_indptr[1:])
    spans = np.array([span for family in groups for span in place(family)], np.int64).reshape(-1, 2)
    return Families(
        indptr=indptr,
        start=spans[:, 0].copy(),
        end=spans[:, 1].copy(),
        wording=np.array([value for family in groups for value in family.wording.values()], np.float64),
        medoid=np.array(medoid, np.int64),
        passages=np.array([row for one in rows for row in one], np.int64),
        passage_indptr=passage_indptr,
    )
