"""The paragraphs' road in parts: digests and band words of a batch, pairs of some bands, verification of some pairs.

Groups of equal paragraphs are numbered over the whole corpus by their first member, so the groups that begin in one
batch have consecutive numbers, and band words of batches lie side by side. What each part gives does not depend on
how the others were cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dedup.executors.bounds import as_column
from dedup.params import Params
from dedup.schema import Int64, KeyStream, Pairs, Segments, UInt8, UInt64
from dedup.steps import pair, shingle, sketch, verify


@dataclass(frozen=True, slots=True)
class Words:
    """Band words of the groups that begin in one batch.

    words : uint64[bands, Q]   see `dedup.steps.sketch.band_words`; the lower half is the number of the group
    """

    words: UInt64


@dataclass(frozen=True, slots=True)
class Candidates:
    """Unverified pairs of groups that meet in some bands.

    left, right : int64[Q]   numbers of groups, ``left < right``, distinct, sorted
    limits : uint8[...]      buckets that were bounded, see `dedup.executors.bounds`
    """

    left: Int64
    right: Int64
    limits: UInt8


@dataclass(frozen=True, slots=True)
class Near:
    """Verified pairs of groups.

    pairs : Pairs
    rows, length : int64[n]   groups whose shingles were counted, and how many each has
    """

    pairs: Pairs
    rows: Int64
    length: Int64


def words(keys: KeyStream, segments: Segments, rows: Int64, base: int, params: Params) -> Words:
    """Return the band words of some paragraphs.

    Parameters
    ----------
    keys : KeyStream
    segments : Segments
    rows : int64[Q]
        First members of groups, ascending.
    base : int
        Number of the first of these groups.
    params : Params
    """
    chosen = pair.banding(params.threshold, params.num_perm, params.recall)
    table = sketch.band_words(keys, segments, rows, params, chosen.bands, chosen.rows)
    if base:
        table += np.uint64(base)
    return Words(table)


def candidates(batches: Sequence[Words], low: int, high: int, params: Params) -> Candidates:
    """Return the pairs that meet in the bands ``[low, high)``.

    Parameters
    ----------
    batches : sequence of Words
        Of all batches, in their order. A single one is sorted in place.
    low, high : int
    params : Params
        ``bucket``.
    """
    rows = [one.words[low:high] for one in batches]
    found, limits = pair.pair(rows[0] if len(rows) == 1 else np.concatenate(rows, axis=1), params)
    return Candidates(found.left, found.right, as_column(limits))


def merged(parts: Sequence[Candidates]) -> Pairs:
    """Return the pairs of all bands, each once."""
    if len(parts) == 1:
        return pair.unverified(parts[0].left, parts[0].right)
    found = np.zeros(0, np.int64)
    for one in parts:  # one after the other: in a flood the bands agree on most pairs
        found = np.union1d(found, one.left << 32 | one.right)
    return pair.unverified(found >> 32, found & 0xFFFFFFFF)


def verified(
    keys: KeyStream, segments: Segments, first: Int64, rows: Int64, left: Int64, right: Int64, params: Params
) -> Near:
    """Return the pairs of groups that are near, with exact figures.

    Parameters
    ----------
    keys : KeyStream
    segments : Segments
    first : int64[n]
        First member of each group of `rows`.
    rows : int64[n]
        Numbers of groups, ascending: those in the pairs, and others whose shingles are to be counted.
    left, right : int64[Q]
        Candidates.
    params : Params
        ``shingle``, ``threshold``.
    """
    shingles = shingle.shingle(keys, segments, first, params.shingle)
    local = pair.unverified(np.searchsorted(rows, left), np.searchsorted(rows, right))
    near = verify.verify(local, shingles, params.threshold)
    columns = (near.shared, near.jaccard, near.contained_left, near.contained_right)
    return Near(Pairs(rows[near.left], rows[near.right], *columns), rows, shingles.length)
