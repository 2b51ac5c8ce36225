"""Paragraphs that say the same in other words, beside the passages and families of copies."""

from __future__ import annotations

import numpy as np

from dedup.executors.bounds import Found, as_column
from dedup.executors.prepared import Keyed
from dedup.params import Params
from dedup.schema import Families, Passages, UInt8
from dedup.steps import rewrite


def rewritten(tables: Keyed, passages: Passages, role: UInt8, params: Params) -> Found:
    """Return the pairs of paragraphs that only their words betray; see `dedup.steps.rewrite.rewrite`."""
    found, limits = rewrite.rewrite(tables.keys, tables.segments, passages, role, params)
    return Found(found, as_column(limits))


def joined(passages: Passages, families: Families, more: Passages) -> tuple[Passages, Families]:
    """Add passages that belong to no family of copies, each with a family of its own, in the order of places."""
    n, count = len(passages.wording), len(more.wording)
    if not count:
        return passages, families
    columns = [np.concatenate([getattr(one, name) for one in (passages, more)]) for name in Passages.__slots__]
    order = np.lexsort((columns[2], columns[0]))
    place = np.empty(n + count, np.int64)
    place[order] = np.arange(n + count)
    sides = np.stack([more.left_start, more.right_start, more.left_end, more.right_end], axis=1)
    families = Families(
        indptr=np.append(families.indptr, families.indptr[-1] + 2 * np.arange(1, count + 1)),
        start=np.append(families.start, sides[:, :2].ravel()),
        end=np.append(families.end, sides[:, 2:].ravel()),
        wording=np.append(families.wording, np.stack([np.ones(count), more.wording], axis=1).ravel()),
        medoid=np.append(families.medoid, len(families.start) + 2 * np.arange(count)),
        passages=place[np.append(families.passages, n + np.arange(count))],
        passage_indptr=np.append(families.passage_indptr, families.passage_indptr[-1] + np.arange(1, count + 1)),
    )
    return Passages(*(column[order] for column in columns)), families
