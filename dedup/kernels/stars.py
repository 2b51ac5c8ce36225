"""Which texts stay, and whose group each other one joins. Caller: dedup.estimator."""

from __future__ import annotations

import numba


@numba.njit(cache=True)
def stars(order, indptr, neighbour, center):
    """Write the text that each text gathers around.

    order : int64[N]          nodes, in the order in which they may become centers
    indptr : int64[N+1]       node p has the neighbours neighbour[indptr[p]:indptr[p+1]], ascending
    neighbour : int64[2E]     each edge stands in both directions
    center : int64[N]         written: the node's own center, itself where it is one

    The first free node becomes a center and takes every free neighbour, each then at an edge from its center
    (Aslam, Pelekhov, Rus 2004). A center whose neighbours were all taken stands alone here; `nearest` says whose
    group it belongs to. O(N + E), one thread: who is free depends on all that came before.
    """
    for p in range(center.shape[0]):
        center[p] = -1
    for i in range(order.shape[0]):
        p = order[i]
        if center[p] >= 0:
            continue
        center[p] = p
        for e in range(indptr[p], indptr[p + 1]):
            if center[neighbour[e]] < 0:
                center[neighbour[e]] = p


@numba.njit(cache=True)
def nearest(indptr, neighbour, weight, center, group):
    """Write the group of each node: its center, or for a center that took nobody that of its nearest neighbour.

    indptr, neighbour, center   as for `stars`, which wrote `center`
    weight : float64[2E]        likeness, by edge
    group : int64[N]            written; the first of several nearest neighbours decides

    Two lone centers are never neighbours (the first would have taken the second), so one step is enough. O(N + E).
    """
    for p in range(center.shape[0]):
        group[p] = center[p]
        if center[p] != p:
            continue
        best = -1.0
        for e in range(indptr[p], indptr[p + 1]):
            if center[neighbour[e]] == p:
                group[p] = p
                break
            if weight[e] > best:
                best = weight[e]
                group[p] = center[neighbour[e]]
