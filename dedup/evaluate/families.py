"""How well families were formed: B-cubed and the adjusted Rand index over places.

An item is a place: a gold span of a copied family, or a claimed member that no gold span explains. Its class is its
gold family (a false member is a class of its own), its cluster the found cluster with the member that overlaps it
most (none: a cluster of its own).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dedup.evaluate.intervals import overlapping
from dedup.evaluate.passages import harmonic
from dedup.evaluate.tables import HALF, Cases, Found
from dedup.schema import Bool, Int64


@dataclass(frozen=True, slots=True)
class FamilyFigures:
    """B-cubed precision, recall and F1 (Bagga and Baldwin 1998), adjusted Rand index, and over how many places."""

    items: int
    precision: float
    recall: float
    f1: float
    ari: float


def family_figures(cases: Cases, found: Found, *, complete: bool) -> FamilyFigures:
    """Return the figures of the families.

    Parameters
    ----------
    cases : Cases
    found : Found
    complete : bool
        Whether a member that no gold span explains is wrong, or just not spoken of.
    """
    doc, start, end, family = _places(cases)
    cluster, m_doc, m_start, m_end = found.members[:, found.member_copying]
    i, j = overlapping(doc, start, end, m_doc, m_start, m_end)
    shared = np.minimum(end[i], m_end[j]) - np.maximum(start[i], m_start[j])
    near = shared >= HALF * (end - start)[i]
    chosen = _best(i[near], shared[near], cluster[j[near]], len(doc))
    classes, clusters = family, np.where(chosen >= 0, chosen, -1 - np.arange(len(doc)))
    if complete:
        false = cluster[~_explained(cases, m_doc, m_start, m_end)]
        behind = int(family.max(initial=-1)) + 1
        classes = np.concatenate([classes, behind + np.arange(len(false))])
        clusters = np.concatenate([clusters, false])
    return _compare(classes, clusters)


def _places(cases: Cases) -> tuple[Int64, Int64, Int64, Int64]:
    """Return the distinct gold spans of copied families: document, start, end, family.

    Spans of one family that share half of their union are one place, given by the first of them.
    """
    positive = ~cases.neutral
    pairs = cases.pairs.rows(positive)
    table = np.stack(
        [np.tile(cases.family[positive], 2), pairs.docs.ravel(), pairs.starts.ravel(), pairs.ends.ravel()]
    )
    family, doc, start, end = np.unique(table, axis=1)
    wide = int(doc.max(initial=0)) + 1
    group = family * wide + doc
    i, j = overlapping(group, start, end, group, start, end)
    both = np.minimum(end[i], end[j]) - np.maximum(start[i], start[j])
    again = (i < j) & (both >= HALF * (end[i] - start[i] + end[j] - start[j] - both))
    keep = np.ones(len(doc), np.bool_)
    keep[j[again]] = False
    return doc[keep], start[keep], end[keep], family[keep]


def _best(item: Int64, shared: Int64, cluster: Int64, items: int) -> Int64:
    """Return for each item the cluster with the largest share of it, the lowest number on a tie; -1 for none."""
    best = np.full(items, -1, np.int64)
    order = np.lexsort((cluster, -shared, item))
    first, at = np.unique(item[order], return_index=True)
    best[first] = cluster[order][at]
    return best


def _explained(cases: Cases, doc: Int64, start: Int64, end: Int64) -> Bool:
    """Return which members lie, by half or more of their length, in a gold span, neutral ones included."""
    pairs = cases.pairs
    i, j = overlapping(doc, start, end, pairs.docs.ravel(), pairs.starts.ravel(), pairs.ends.ravel())
    shared = np.minimum(end[i], pairs.ends.ravel()[j]) - np.maximum(start[i], pairs.starts.ravel()[j])
    known = np.zeros(len(doc), np.bool_)
    known[i[shared >= HALF * (end - start)[i]]] = True
    return known


def _compare(classes: Int64, clusters: Int64) -> FamilyFigures:
    from sklearn.metrics import adjusted_rand_score

    if len(classes) == 0:
        return FamilyFigures(0, 0.0, 0.0, 0.0, 0.0)
    _, row, in_class = np.unique(classes, return_inverse=True, return_counts=True)
    _, column, in_cluster = np.unique(clusters, return_inverse=True, return_counts=True)
    cell, in_both = np.unique(np.stack([row, column]), axis=1, return_counts=True)
    # Every item of a cell has in_both companions of its class in its cluster: summed over items, the square.
    precision = float((in_both**2 / in_cluster[cell[1]]).sum() / len(classes))
    recall = float((in_both**2 / in_class[cell[0]]).sum() / len(classes))
    ari = float(adjusted_rand_score(row, column))
    return FamilyFigures(len(classes), precision, recall, harmonic(precision, recall), ari)
