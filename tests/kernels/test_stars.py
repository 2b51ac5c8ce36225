"""Stars are what the definition says, by an obvious twin; run once more uncompiled by ``make test-nojit``."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import stars

NODES = 9
graphs = st.dictionaries(
    st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)).filter(lambda edge: edge[0] < edge[1]),
    st.sampled_from([0.7, 0.8, 0.9, 1.0]),
    max_size=20,
)


def compiled(edges, nodes):
    """Run the kernels on a graph; return center and group of each node."""
    both = sorted([(a, b, w) for (a, b), w in edges.items()] + [(b, a, w) for (a, b), w in edges.items()])
    degree = np.bincount([edge[0] for edge in both], minlength=nodes) if both else np.zeros(nodes, np.int64)
    indptr = np.concatenate([[0], np.cumsum(degree)]).astype(np.int64)
    neighbour = np.array([edge[1] for edge in both], np.int64)
    weight = np.array([edge[2] for edge in both], np.float64)
    center, group = np.empty(nodes, np.int64), np.empty(nodes, np.int64)
    stars.stars(np.argsort(-degree, kind="stable"), indptr, neighbour, center)
    stars.nearest(indptr, neighbour, weight, center, group)
    return center.tolist(), group.tolist()


def plain(edges, nodes):
    """The same, as one would tell it."""
    like = {node: {} for node in range(nodes)}
    for (a, b), weight in edges.items():
        like[a][b] = like[b][a] = weight
    center = {}
    for node in sorted(like, key=lambda node: (-len(like[node]), node)):
        if node not in center:
            center |= {node: node} | {other: node for other in like[node] if other not in center}
    group = dict(center)
    for node in like:
        took_somebody = any(other != node and mine == node for other, mine in center.items())
        if center[node] == node and like[node] and not took_somebody:
            group[node] = center[min(like[node], key=lambda other: (-like[node][other], other))]
    return [center[node] for node in range(nodes)], [group[node] for node in range(nodes)]


@settings(deadline=None, derandomize=True, max_examples=150)
@given(graphs)
def test_the_kernels_give_what_the_plain_twin_gives(edges):
    assert compiled(edges, NODES) == plain(edges, NODES)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(graphs)
def test_centers_are_apart_and_all_others_beside_one(edges):
    """No edge between two centers; from every other node one to its center; a group's medoid is a member of it."""
    center, group = compiled(edges, NODES)
    joined = set(edges) | {(b, a) for a, b in edges}
    centers = {node for node in range(NODES) if center[node] == node}
    assert not any(a in centers and b in centers for a, b in joined)
    assert all((node, center[node]) in joined for node in range(NODES) if node not in centers)
    assert all(group[group[node]] == group[node] for node in range(NODES))


def test_nothing_one_and_more_than_sixteen_bits():
    assert compiled({}, 0) == ([], [])
    assert compiled({}, 1) == ([0], [0])
    many = 70_000
    center, group = compiled({(0, node): 0.9 for node in range(1, many)}, many)
    assert set(center) == set(group) == {0}
