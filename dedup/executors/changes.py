"""What differs inside passages, in parts: some of them at a time, wherever they lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from dedup.executors.bounds import as_column
from dedup.executors.corpus import Corpus
from dedup.params import LABELS
from dedup.schema import Bool, Families, Labels, Passages, UInt8
from dedup.steps import contrast
from dedup.steps.contrast import Changes

COMPARED = 1 << 24
"""Key characters compared at a time, of both sides of the passages: some 10 bytes of scratch each."""


@dataclass(frozen=True, slots=True)
class Contrasted:
    """Changes inside some passages, and what was bounded in finding them (see `dedup.executors.bounds`)."""

    changes: Changes
    limits: UInt8


def tasks(
    corpus: Corpus, passages: Passages, wanted: Bool, cut: Callable[[int, int], list[tuple[int, int]]]
) -> list[tuple[Any, ...]]:
    """Return the parts of the work, as `contrasted` takes them.

    Parameters
    ----------
    corpus : Corpus
    passages : Passages
    wanted : bool[R]
        See `dedup.steps.contrast.contrast`.
    cut : callable
        Cuts a total into pieces of at most so many, see `dedup.executors.local`.
    """
    length = passages.left_end - passages.left_start + passages.right_end - passages.right_start
    before = np.concatenate([[0], np.cumsum(length)])
    pieces = cut(int(before[-1]), COMPARED)
    ends = [0, *np.searchsorted(before, [end for _, end in pieces[:-1]]).tolist(), len(length)]
    return [
        (corpus, Passages(*(getattr(passages, name)[low:high] for name in Passages.__slots__)), wanted[low:high], low)
        for low, high in pairwise(ends)
    ]


def contrasted(corpus: Corpus, passages: Passages, wanted: Bool, first: int) -> Contrasted:
    """Return the changes of the passages from row ``first`` on, by their rows among all."""
    tables = corpus.prepared
    changes, limits = contrast.contrast(tables.texts, tables.edits, tables.keys, passages, wanted)
    return Contrasted(replace(changes, passage=changes.passage + first), as_column(limits))


def at_issue(passages: Passages, families: Families, labels: Labels) -> Bool:
    """Return which passages are not explained as formula, furniture, template or citation (bool[R])."""
    explained = [LABELS.index(name) for name in ("furniture", "template", "citation", "formula")]
    wanted = np.ones(len(passages.wording), bool)
    owner = np.repeat(np.arange(len(families.medoid)), np.diff(families.passage_indptr))
    wanted[families.passages[np.isin(labels.family_label[owner], explained)]] = False
    return wanted
