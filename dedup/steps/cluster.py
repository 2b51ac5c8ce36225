"""Which spans belong together? Answers with families whose every member is verified against a medoid.

Passages are edges between spans. Spans of one document that cover nearly the same stretch become one node; a span
of clearly different reach stays its own node, so that the inner copy of a longer copy is its own family. Inside a
connected component families are read off around medoids: a chain of versions, each close to the next, falls into
several families instead of one that nobody would sign.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dedup.intervals import ordered, positions
from dedup.kernels import constellations, unionfind
from dedup.kernels.threads import shared
from dedup.params import Params
from dedup.schema import Families, Float64, Int64, KeyStream, Passages

SAME_REACH = 0.7
"""Overlap over union from which two spans of one document count as the same stretch."""


@dataclass(frozen=True, slots=True)
class _Graph:
    """Nodes (stretches of text) and edges (passages between them)."""

    start: Int64  # key range of each node
    end: Int64
    left: Int64  # nodes of each passage
    right: Int64


@dataclass(frozen=True, slots=True)
class _Members:
    """Members of stars, star by star.

    star, node : int64[G]
    wording : float64[G]    with the star's medoid
    row : int64[G]          the passage that says where it stands, or -1: over its node
    medoid : int64[F]       node
    """

    star: Int64
    node: Int64
    wording: Float64
    row: Int64
    medoid: Int64


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
    return _table(graph, passages, _stars(keys, graph, passages, params.threshold))


def _graph(passages: Passages) -> _Graph:
    start = np.concatenate([passages.left_start, passages.right_start])
    end = np.concatenate([passages.left_end, passages.right_end])
    order = ordered(start, end.max(initial=0) - end)
    head = np.empty(len(order), np.int64)
    unionfind.nodes(start[order], end[order], np.int64(round(1000 * SAME_REACH)), head)
    first = head == np.arange(len(order))  # spans that a stretch is called after: one a node
    node_sorted = (np.cumsum(first) - 1)[head]
    node = np.empty(len(order), np.int64)
    node[order] = node_sorted
    best_start, best_end = _extents(start[order], end[order], node_sorted, int(first.sum()))
    half = len(passages.left_start)
    return _Graph(start=best_start, end=best_end, left=node[:half], right=node[half:])


def _extents(start: Int64, end: Int64, node: Int64, nodes: int) -> tuple[Int64, Int64]:
    """Return for each node the span that most of its passages give; the longest on ties.

    Spans are in the order of their start, the longer first, so that equal ones of a node stay side by side.
    """
    order = ordered(node)
    columns = node, start, end = node[order], start[order], end[order]
    new = np.zeros(len(node), bool)
    new[:1] = True
    for column in columns:  # a table of three columns would take three times as much to compare
        new[1:] |= column[1:] != column[:-1]
    begins = np.flatnonzero(new)
    count = np.diff(begins, append=len(node))
    node, start, end = node[begins], start[begins], end[begins]
    order = ordered(node, count.max(initial=0) - count, (start - end) - (start - end).min(initial=0), start)
    first = order[np.searchsorted(node, np.arange(nodes))]
    return start[first], end[first]


def _stars(keys: KeyStream, graph: _Graph, passages: Passages, threshold: float) -> _Members:
    """Cover the components of the graph with stars."""
    nodes = len(graph.start)
    root = np.empty(nodes, np.int64)
    unionfind.components(graph.left, graph.right, root)
    edge_ptr, neighbour, edge_row = _edges(graph, passages)
    weight = np.concatenate([[0], np.cumsum(passages.matches[edge_row])])
    weight = weight[edge_ptr[1:]] - weight[edge_ptr[:-1]]
    degree = np.diff(edge_ptr)
    ranked = ordered(root, degree.max(initial=0) - degree, weight.max(initial=0) - weight)
    component = np.flatnonzero(np.diff(root[ranked], prepend=-1, append=-2)).astype(np.int64)
    count = max(len(component) - 1, 0)
    family, fell = np.full(nodes, -1, np.int64), np.full(nodes, -1, np.int64)
    medoid, node, owner, row = (np.empty(size * nodes, np.int64) for size in (1, 2, 2, 2))
    wording = np.empty(2 * nodes)
    stars, members = np.zeros(count, np.int64), np.zeros(count, np.int64)
    shared(
        constellations.stars, count,
        keys.codes, graph.start, graph.end, component, ranked, edge_ptr, neighbour, edge_row, passages.matches,
        passages.wording, (passages.kind > 0).astype(np.uint8), np.float64(threshold), family, fell, medoid, stars,
        node, owner, wording, row, members,
    )  # fmt: skip
    used = positions(2 * component[:-1], members)
    before = np.cumsum(stars) - stars
    return _Members(
        star=owner[used] + np.repeat(before, members),
        node=node[used],
        wording=wording[used],
        row=row[used],
        medoid=medoid[positions(component[:-1], stars)],
    )


def _edges(graph: _Graph, passages: Passages) -> tuple[Int64, Int64, Int64]:
    """Return each node's neighbours, ascending, and of the passages with each the one with most matches (CSR)."""
    rows = np.flatnonzero(graph.left != graph.right)
    node = np.concatenate([graph.left[rows], graph.right[rows]])
    other = np.concatenate([graph.right[rows], graph.left[rows]])
    row = np.concatenate([rows, rows])
    matches = passages.matches[row]
    order = ordered(node, other, matches.max(initial=0) - matches, row)
    node, other, row = node[order], other[order], row[order]
    first = np.ones(len(node), bool)
    first[1:] = (node[1:] != node[:-1]) | (other[1:] != other[:-1])
    node, other, row = node[first], other[first], row[first]
    return np.searchsorted(node, np.arange(len(graph.start) + 1)), other, row


def _table(graph: _Graph, passages: Passages, members: _Members) -> Families:
    """Return the stars as families, in the order of their members' places."""
    start, end = graph.start[members.node], graph.end[members.node]
    moved = np.flatnonzero(members.row >= 0)
    row = members.row[moved]
    on_left = graph.left[row] == members.node[moved]
    start[moved] = np.where(on_left, passages.left_start[row], passages.right_start[row])
    end[moved] = np.where(on_left, passages.left_end[row], passages.right_end[row])
    order = ordered(members.star, start, end, members.node)
    size = np.bincount(members.star, minlength=len(members.medoid))
    first = np.cumsum(size) - size
    # By the first two members: of families alike so far the medoid decides.
    head = order[first] if len(first) else first
    second = order[np.minimum(first + 1, len(order) - 1)] if len(first) else first
    shown = ordered(start[head], end[head], start[second], end[second], size, members.medoid)
    order = order[positions(first[shown], size[shown])]
    rank = np.empty(len(shown), np.int64)
    rank[shown] = np.arange(len(shown))
    family = rank[members.star[order]]
    node = members.node[order]
    indptr = np.concatenate([[0], np.cumsum(size[shown])])
    is_medoid = np.flatnonzero(node == members.medoid[shown][family])
    passage, owner = _within(graph, family, node, len(shown))
    return Families(
        indptr=indptr,
        start=start[order],
        end=end[order],
        wording=members.wording[order],
        medoid=is_medoid[np.searchsorted(family[is_medoid], np.arange(len(shown)))],
        passages=passage,
        passage_indptr=np.searchsorted(owner, np.arange(len(shown) + 1)),
    )


def _within(graph: _Graph, family: Int64, node: Int64, families: int) -> tuple[Int64, Int64]:
    """Return the passages whose both nodes belong to a family, and the family of each; sorted by family."""
    member = np.sort(node * families + family)
    of_node = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=len(graph.start)))])
    first, count = of_node[graph.left], of_node[graph.left + 1] - of_node[graph.left]
    passage = np.repeat(np.arange(len(graph.left)), count)
    owner = member[positions(first, count)] % max(families, 1)
    right = graph.right[passage]
    wanted = right * families + owner
    both = np.zeros(len(wanted), bool)
    asked = np.flatnonzero(of_node[right] < of_node[right + 1])
    both[asked] = member[of_node[right[asked]]] == wanted[asked]  # most nodes belong to one family only
    asked = np.flatnonzero(~both & (of_node[right + 1] - of_node[right] > 1))
    at = np.minimum(np.searchsorted(member, wanted[asked]), len(member) - 1)
    both[asked] = member[at] == wanted[asked]
    passage, owner = passage[both], owner[both]
    order = ordered(owner)
    return passage[order], owner[order]
