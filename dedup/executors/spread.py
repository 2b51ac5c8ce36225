"""What labels take from the whole corpus, in parts: who writes the words of short families outside of every family.

Each unit (an issuer, else a file) counts once, so a part has all documents of its units, and counts add up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dedup.executors.corpus import Corpus
from dedup.params import Params
from dedup.schema import Families, Int32, Int64, UInt32
from dedup.steps import background

COUNTED, TASKS = 1 << 25, 24
"""Key characters in which words are counted at a time, more where one issuer wrote more, or where there would be more
tasks than this: each sorts the words, of which a larger corpus has more, into a table to look them up in."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is counted, and where it does not count.

    hashes : uint32[B]    k-grams of short families, see `dedup.steps.background.asked_about`
    taken : int64[n, 2]   key ranges that families hold, sorted, disjoint
    """

    hashes: UInt32
    taken: Int64


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of some units have each k-gram (int32[B])."""

    count: Int32


def asked(corpus: Corpus, families: Families, params: Params) -> Asked:
    """Return what is to be counted."""
    hashes = background.asked_about(corpus.keys, families, params.formula_chars)
    return Asked(hashes, background.held(families))


def tasks(
    words: Sequence[Asked], corpus: Corpus, units: Int64, cut: Callable[[int, int], list[tuple[int, int]]]
) -> list[tuple[Any, ...]]:
    """Return the parts of the work, as `counted` takes them.

    Parameters
    ----------
    words : sequence of Asked
        One table: a sequence, because it travels as the name of its file.
    corpus : Corpus
    units : int64[D]
        See `dedup.steps.usage.units`.
    cut : callable
        Cuts a total into pieces of at most so many, see `dedup.executors.local`.
    """
    order = np.argsort(units, kind="stable")
    keys = int(corpus.keys.indptr[-1])
    wanted = [end for _, end in cut(keys, max(COUNTED, -(-keys // TASKS)))[:-1]]
    return [(words, corpus, units, some) for some in background.by_unit(corpus.keys.indptr, units, order, wanted)]


def counted(words: Sequence[Asked], corpus: Corpus, units: Int64, documents: Int64) -> Counted:
    """Return how many of the units that wrote some documents have each k-gram."""
    (one,) = words
    some = documents if len(one.hashes) else documents[:0]
    return Counted(background.Sorted(one.hashes).tally(corpus.keys, units, one.taken, some))


def summed(words: Sequence[Asked], parts: Sequence[Counted], units: Int64) -> background.Spread:
    """Return the counts of all units."""
    (one,) = words
    count = np.zeros(len(one.hashes), np.int64)
    for part in parts:
        count += part.count
    return background.Spread(one.hashes, count, len(np.unique(units)))
