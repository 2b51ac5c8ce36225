"""Gold and result as tables of ranges: what `passages` and `families` compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dedup.evaluate.gold import COPYING, Gold
from dedup.evaluate.intervals import overlapping
from dedup.result import Result, Span
from dedup.schema import Bool, Int64

HALF = 0.5
"""What share of both sides makes a pair found (or right), and of two spans makes them one place."""


@dataclass(frozen=True, slots=True)
class PairTable:
    """Pairs of ranges, the earlier (document, start) left.

    docs, starts, ends : int64[2, R]   left row 0, right row 1
    """

    docs: Int64
    starts: Int64
    ends: Int64

    def __len__(self) -> int:
        return int(self.docs.shape[1])

    @property
    def lengths(self) -> Int64:
        """Code points of both sides together (int64[R])."""
        lengths: Int64 = (self.ends - self.starts).sum(axis=0)
        return lengths

    def rows(self, chosen: Bool) -> PairTable:
        """Return some of the rows."""
        return PairTable(self.docs[:, chosen], self.starts[:, chosen], self.ends[:, chosen])


@dataclass(frozen=True, slots=True)
class Cases:
    """The gold pairs that could be resolved.

    operator : int64[C]    row of ``operators``
    family : int64[C]      which block it is: pairs that share a name or a place share this
    neutral : bool[C]      finding it is neither right nor wrong
    """

    pairs: PairTable
    operator: Int64
    family: Int64
    neutral: Bool
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a result claims.

    pairs : PairTable         one row per passage
    copying : bool[R]         whether its label says copied
    members : int64[4, M]     cluster, document, start, end of every member of every cluster
    member_copying : bool[M]
    """

    pairs: PairTable
    copying: Bool
    members: Int64
    member_copying: Bool


def pair_table(rows: Sequence[tuple[int, int, int, int, int, int]]) -> PairTable:
    """Lay pairs (doc, start, end, doc, start, end) out as a table, the earlier side left."""
    table = np.array(rows, np.int64).reshape(len(rows), 2, 3).transpose(1, 0, 2)
    docs, starts, ends = (np.ascontiguousarray(table[:, :, column]) for column in range(3))
    swap = (docs[1] < docs[0]) | ((docs[1] == docs[0]) & (starts[1] < starts[0]))
    for column in (docs, starts, ends):
        column[:, swap] = column[::-1, swap]
    return PairTable(docs, starts, ends)


def lay_cases(gold: Gold, where: dict[str, int]) -> Cases:
    """Return the gold pairs as a table; ``where`` gives each document's row.

    A pair called formula or furniture is left out: it is no case, and nothing excuses a claim that it was copied.
    """
    rows = [row for row in gold.pairs if row.neutral or row.label is None or row.label in COPYING]
    pairs = pair_table(
        [(where[row.a_doc], row.a_start, row.a_end, where[row.b_doc], row.b_start, row.b_end) for row in rows]
    )
    operators = tuple(sorted({row.operator for row in rows if not row.neutral}))
    row_of = {name: number for number, name in enumerate(operators)}
    neutral = np.array([row.neutral for row in rows], np.bool_)
    operator = np.array([row_of.get(row.operator, -1) for row in rows], np.int64)
    name_row = {name: number for number, name in enumerate(sorted({row.family or "" for row in rows}))}
    declared = np.array([name_row[row.family] if row.family else -1 for row in rows], np.int64)
    return Cases(pairs, operator, _families(pairs, declared, neutral), neutral, operators)


def _families(pairs: PairTable, declared: Int64, neutral: Bool) -> Int64:
    """Join pairs that name one family, or whose spans are one place (half of their union shared)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(pairs)
    if count == 0:
        return np.zeros(0, np.int64)
    places = np.stack([pairs.docs.ravel() * 2 + np.tile(neutral, 2), pairs.starts.ravel(), pairs.ends.ravel()])
    distinct, node = np.unique(places, axis=1, return_inverse=True)
    node = node.reshape(-1).astype(np.int64)
    group, start, end = distinct
    i, j = overlapping(group, start, end, group, start, end)
    both = np.minimum(end[i], end[j]) - np.maximum(start[i], start[j])
    same = both >= HALF * (end[i] - start[i] + end[j] - start[j] - both)
    named = np.flatnonzero(declared >= 0)
    names = len(group) + declared[named]
    left = np.concatenate([node[:count], i[same], node[named]])
    right = np.concatenate([node[count:], j[same], names])
    size = len(group) + (int(declared.max()) + 1 if len(named) else 0)
    graph = coo_array((np.ones(len(left), np.bool_), (left, right)), shape=(size, size))
    parts: Int64 = connected_components(graph, directed=False)[1][node[:count]].astype(np.int64)
    return parts


def lay_found(result: Result) -> Found:
    """Return the passages and cluster members of a result as tables."""

    def place(span: Span) -> tuple[int, int, int]:
        return span.document, span.start, span.end

    pairs = pair_table([(*place(row.left), *place(row.right)) for row in result.passages])
    copying = np.array([row.label in COPYING for row in result.passages], np.bool_)
    members = [(number, *place(span)) for number, row in enumerate(result.clusters) for span in row.members]
    says = [row.label in COPYING for row in result.clusters for _ in row.members]
    return Found(pairs, copying, np.array(members, np.int64).reshape(-1, 4).T, np.array(says, np.bool_))
