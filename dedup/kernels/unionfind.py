"""Nodes from spans, components from edges. Caller: dedup.steps.cluster."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True)
def nodes(start, end, share, node):
    """Group spans that cover nearly the same stretch.

    start, end : int64[N]   spans, sorted by (start, -end)
    share : int64           least overlap over union, in thousandths
    node : int64[N]         written: the first span of the group, which the others were compared with

    Compared with the group's first span alone, never with one another: a slow drift cannot join two stretches
    that differ. O(N * spans that begin within a span's length).
    """
    n = start.shape[0]
    widest = np.int64(0)
    for i in range(n):
        widest = max(widest, end[i] - start[i])
    heads = np.empty(n, np.int64)
    count = np.int64(0)
    for i in range(n):
        node[i] = i
        best = np.int64(share - 1)
        for h in range(count - 1, -1, -1):
            j = heads[h]
            if start[j] + widest <= start[i]:
                break
            common = min(end[i], end[j]) - start[i]
            if common <= 0:
                continue
            covered = max(end[i], end[j]) - start[j]
            if 1000 * common >= share * covered and 1000 * common // covered > best:
                best = 1000 * common // covered
                node[i] = j
        if node[i] == i:
            heads[count] = i
            count += 1


@numba.njit(cache=True)
def components(left, right, root):
    """Write the least node of each node's component.

    left, right : int64[E]   edges
    root : int64[N]          written

    Union by least node with path halving (Tarjan, van Leeuwen 1984), so that the answer does not depend on the
    order of edges. Nearly linear.
    """
    for i in range(root.shape[0]):
        root[i] = i
    for e in range(left.shape[0]):
        a = left[e]
        b = right[e]
        while root[a] != a:
            root[a] = root[root[a]]
            a = root[a]
        while root[b] != b:
            root[b] = root[root[b]]
            b = root[b]
        if a < b:
            root[b] = a
        elif b < a:
            root[a] = b
    for i in range(root.shape[0]):
        a = i
        while root[a] != a:
            a = root[a]
        root[i] = a
