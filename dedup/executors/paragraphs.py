"""The paragraphs' road in parts: digests and band words of a batch, pairs of some bands, verification of some pairs.

Groups of equal paragraphs are numbered over the whole corpus by their first member, so the groups that begin in one
batch have consecutive numbers, and band words of batches lie side by side. What each part gives does not depend on
how the others were cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dedup.executors.bounds import as_column
from dedup.executors.prepared import Keyed
from dedup.params import Params
from dedup.schema import Int64, Pairs, UInt8, UInt64
from dedup.steps import pair, shingle, sketch, verify

DIGESTS, SKETCHED, WORDS, VERIFIED = 1 << 20, 1 << 17, 1 << 23, 1 << 18
"""Paragraphs digested at a time, groups sketched (256 bytes each), band words paired (16 bytes each, with the scratch
of sorting), and pairs verified: none takes more than some 150 MB."""


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests of some paragraphs.

    digest : uint64[P, 2]   see `dedup.steps.shingle.digest`
    """

    digest: UInt64


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


def digests(tables: Keyed, low: int, high: int) -> Digests:
    """Return the digests of the paragraphs ``[low, high)``."""
    segments = replace(tables.segments, start=tables.segments.start[low:high], end=tables.segments.end[low:high])
    return Digests(shingle.digest(tables.keys, segments))


def words(tables: Keyed, rows: Int64, base: int, params: Params) -> Words:
    """Return the band words of some paragraphs.

    Parameters
    ----------
    tables : Keyed
    rows : int64[Q]
        First members of groups, ascending.
    base : int
        Number of the first of these groups.
    params : Params
    """
    chosen = pair.banding(params.threshold, params.num_perm, params.recall)
    table = sketch.band_words(tables.keys, tables.segments, rows, params, chosen.bands, chosen.rows)
    if base:
        table += np.uint64(base)
    return Words(table)


def candidates(batches: Sequence[Words], low: int, high: int, params: Params) -> Candidates:
    """Return the pairs that meet in the bands ``[low, high)``.

    Parameters
    ----------
    batches : sequence of Words
        Of all batches, in their order. A single one in memory is sorted in place: a list holds what is in memory,
        another sequence what lies in files.
    low, high : int
    params : Params
        ``bucket``.
    """
    rows = [one.words[low:high] for one in batches]
    table = rows[0] if isinstance(batches, list) and len(rows) == 1 else np.concatenate(rows, axis=1)
    found, limits = pair.pair(table, params)
    return Candidates(found.left, found.right, as_column(limits))


def beside(parts: Sequence[np.ndarray], axis: int = 0) -> np.ndarray:
    """Return parts of a column as one; a single one as it is."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=axis)


def merged(parts: Sequence[Candidates]) -> Pairs:
    """Return the pairs of all bands, each once."""
    if len(parts) == 1:
        return pair.unverified(parts[0].left, parts[0].right)
    found = np.zeros(0, np.int64)
    for one in parts:  # one after the other: in a flood the bands agree on most pairs
        found = np.union1d(found, one.left << 32 | one.right)
    return pair.unverified(found >> 32, found & 0xFFFFFFFF)


def verified(tables: Keyed, first: Int64, rows: Int64, left: Int64, right: Int64, params: Params) -> Near:
    """Return the pairs of groups that are near, with exact figures.

    Parameters
    ----------
    tables : Keyed
    first : int64[n]
        First member of each group of `rows`.
    rows : int64[n]
        Numbers of groups, ascending: those in the pairs, and others whose shingles are to be counted.
    left, right : int64[Q]
        Candidates.
    params : Params
        ``shingle``, ``threshold``.
    """
    shingles = shingle.shingle(tables.keys, tables.segments, first, params.shingle)
    local = pair.unverified(np.searchsorted(rows, left), np.searchsorted(rows, right))
    near = verify.verify(local, shingles, params.threshold)
    columns = (near.shared, near.jaccard, near.contained_left, near.contained_right)
    return Near(Pairs(rows[near.left], rows[near.right], *columns), rows, shingles.length)


def to_verify(
    candidates: Pairs, group: Int64, first: Int64, pieces: Sequence[tuple[int, int]]
) -> list[tuple[Int64, Int64, Int64, Int64]]:
    """Return the parts of the verification, as `verified` takes them: ``first``, ``rows``, ``left``, ``right``.

    Parameters
    ----------
    candidates : Pairs
    group : int64[P]
        The group of each paragraph.
    first : int64[G]
        The first paragraph of each group.
    pieces : sequence of (int, int)
        Ranges of candidates that cover all. Groups of several members are counted with the piece they fall into.
    """
    several = np.flatnonzero(np.bincount(group, minlength=len(first)) > 1)
    begins = [0, *(int(candidates.left[begin]) for begin, _ in pieces[1:]), len(first)]
    cuts = np.searchsorted(candidates.left, begins)
    cuts[-1] = len(candidates.left)
    found = []
    for low, high, a, b in zip(begins[:-1], begins[1:], cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        left, right = candidates.left[a:b], candidates.right[a:b]
        wanted = np.zeros(len(first), bool)
        wanted[left] = wanted[right] = True
        wanted[several[(several >= low) & (several < high)]] = True
        rows = np.flatnonzero(wanted)
        found.append((first[rows], rows, left, right))
    return found


def lengths(parts: Sequence[Near], groups: int) -> Int64:
    """Return how many shingles each group has, 0 where nobody counted."""
    length = np.zeros(groups, np.int64)
    for one in parts:
        length[one.rows] = one.length
    return length


def near(parts: Sequence[Near]) -> Pairs:
    """Return the verified pairs of all parts."""
    if len(parts) == 1:
        return parts[0].pairs
    tables = [one.pairs for one in parts]
    return Pairs(*(np.concatenate([getattr(one, name) for one in tables]) for name in Pairs.__slots__))
