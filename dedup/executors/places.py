"""The anchors' road in parts: anchors of a batch, places of a range of hashes, passages of two blocks of documents.

The anchors of a batch are parted by hash, so those of one range are a slice of them; the places that a range pairs
are sorted by the pair of blocks of documents that they stand in, so those of two blocks are a slice too. Spilling
them in partitions is therefore writing them, and reading a partition is reading slices.

Which passages two documents share depends on these two alone, so a pair of blocks is aligned wherever both are at
hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np

from dedup.executors import mapped
from dedup.executors.bounds import as_column
from dedup.executors.prepared import Keyed
from dedup.executors.work import sliced
from dedup.intervals import ordered
from dedup.kernels.threads import apart
from dedup.params import Params
from dedup.schema import Bool, Float64, Int64, KeyStream, Passages, Seeds, UInt8, UInt32, UInt64
from dedup.steps import align, anchor, bridge, pair
from dedup.steps import background as rarity
from dedup.steps.anchor import Anchors

SEEDS = 1 << 18
"""Seeds aligned at a time, more only where one document has more: scratch is some 200 bytes a seed."""

SAMPLED = 1 << 23
"""Key characters whose anchors are taken at a time."""

_BLOCK, _BLOCKS, _WIDEST = 1 << 24, 24, 48 << 20
_PAIRED, _RANGES = 1 << 20, 256
_HIGH, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


class Units(Keyed, Protocol):
    """Whatever has a key stream, its segments, and where documents and their parts begin in it."""

    @property
    def borders(self) -> Int64:
        """Key positions, and the end of the last."""


@dataclass(frozen=True, slots=True)
class Places:
    """Places that share an anchor, by pair of blocks.

    words : uint64[S]           as `dedup.steps.anchor.places` gives them, ascending within a pair of blocks
    indptr : int64[B * B + 1]   those of blocks i and j begin at ``indptr[i * B + j]``
    limits : uint8[...]         anchors that were bounded, see `dedup.executors.bounds`
    """

    words: UInt64
    indptr: Int64
    limits: UInt8


def block(keys: int) -> int:
    """Return how many key characters a block of documents has, at most.

    Two blocks are looked at together, at 4 bytes a character. More of them mean more meetings, each of which is a
    part of its own: 300 up to a thousand million characters. From there on the blocks grow no longer, for two of them
    have to stay in the memory that mapped files may take (`mapped.MOST`): beyond it each look was read from the disk
    again, which took ten times as long as the meetings that are more.
    """
    return max(_BLOCK, min(-(-keys // _BLOCKS), _WIDEST))


def paired(anchors: int) -> int:
    """Return how many anchors are paired at a time, at 100 bytes each.

    Each part that is made of them is opened once a meeting, so there are few where there are many meetings.
    """
    return max(_PAIRED, -(-anchors // _RANGES))


def ranges(batches: Sequence[Anchors], pieces: int) -> list[tuple[int, int]]:
    """Return ranges of the parts of all hashes with as many anchors each, as far as no part is parted.

    Not ranges of one width: a sentence that stands in a million places has few hashes.
    """
    size = sum(np.diff(one.parts, axis=1).sum(axis=0) for one in batches)
    before = np.concatenate([[0], np.cumsum(size)])
    cuts = np.searchsorted(before, np.linspace(0, before[-1], pieces + 1)[1:-1])
    return list(pairwise(np.unique([0, *cuts, len(before) - 1]).tolist()))


def meetings(blocks: Int64) -> list[int]:
    """Return the numbers of the pairs of blocks, see `Places`."""
    count = len(blocks) - 1
    return [i * count + j for i in range(count) for j in range(i, count)]


def anchors(tables: Units, low: int, high: int, params: Params) -> Anchors:
    """Return the anchors of the documents at the key positions ``[low, high)``, which are borders of documents."""
    first, last = np.searchsorted(tables.borders, (low, high)).tolist()
    found = anchor.sampled(_units(tables, tables.borders[first : last + 1]), params.anchor, params.window)
    return found if last - first == len(tables.borders) - 1 else anchor.in_one_piece(found)


def places(
    batches: Sequence[Anchors], low: int, high: int, tables: Units, blocks: Int64, by_text: bool, params: Params
) -> Places:
    """Return the places that share an anchor whose hash lies in the parts ``[low, high)``.

    Parameters
    ----------
    batches : sequence of Anchors
        Of all batches.
    low, high : int
        As `ranges` gives them.
    tables : Units
    blocks : int64[B+1]
        Some borders of documents: where blocks begin, and the end.
    by_text : bool
        Whether equal hashes are told from equal characters here, by looking all over the key stream; else it is done
        by `passages`, where the text is at hand.
    params : Params
        ``anchor``, ``anchor_bucket``.
    """
    codes = tables.keys.codes if by_text else None
    found, limits = anchor.places(_of_parts(batches, low, high), low, tables.borders, params, codes)
    words, indptr = by_block(found, lambda: anchor.sides(found, tables.borders)[:2], blocks)
    return Places(words, indptr, as_column(limits))


def by_block(
    words: UInt64, where: Callable[[], tuple[Int64 | UInt32, Int64 | UInt32]], blocks: Int64
) -> tuple[UInt64, Int64]:
    """Sort pairs by the blocks they stand in.

    Parameters
    ----------
    words : uint64[S]
        The pairs.
    where : callable
        Returns the key positions of both sides; asked only where there is more than one block.
    blocks : int64[B+1]

    Returns
    -------
    words : uint64[S]
        In their order within each pair of blocks.
    indptr : int64[B * B + 1]
    """
    count = len(blocks) - 1
    if count == 1:
        return words, np.array([0, len(words)], np.int64)
    one, other = where()
    number = (np.searchsorted(blocks, one, side="right") - 1) * count
    number += np.searchsorted(blocks, other, side="right") - 1
    order = np.argsort(number, kind="stable")
    return words[order], np.searchsorted(number[order], np.arange(count * count + 1))


def passages(
    tables: Units,
    parts: Sequence[Places],
    near: Sequence[Places],
    number: int,
    by_text: bool,
    asked: Bool | None,
    background: Path | None,
    params: Params,
) -> Passages:
    """Return the passages between the documents of two blocks.

    Parameters
    ----------
    tables : Units
    parts : sequence of Places
        Of all ranges of hashes.
    near : sequence of Places
        One table of all verified pairs of paragraphs by block: rows of the segments in 32 bits each, sorted.
    number : int
        ``i * B + j`` of the blocks.
    by_text : bool
        As given to `places`.
    asked : bool[D], optional
        Documents of which at least one must be in a passage.
    background : Path, optional
        See `dedup.steps.background.load`.
    params : Params

    Returns
    -------
    Passages
        Sorted by left start, right start.
    """
    keys, segments = tables.keys, tables.segments
    units = _units(tables, tables.borders)
    counts = rarity.load(background)

    def bits(start: Int64, end: Int64) -> Float64:
        return rarity.span_bits(keys, start, end, counts)[0]

    some = [mapped.ahead(one.words[slice(*one.indptr[number : number + 2].tolist())]) for one in sliced(parts)]
    words = np.sort(np.concatenate(some)) if len(some) > 1 else some[0]  # opened once each: there are hundreds
    (of_pairs,) = near
    near_words = of_pairs.words[slice(*of_pairs.indptr[number : number + 2].tolist())]
    near_left, near_right = (near_words >> _HIGH).astype(np.int64), (near_words & _LOW).astype(np.int64)

    def aligned(piece: tuple[slice, slice]) -> Passages:
        rows, pairs = piece
        left, right, weak = anchor.sides(words[rows], tables.borders)
        if not by_text:
            order = np.argsort(right)  # one side of the text is then read from its beginning to its end
            in_order = left[order].astype(np.int64), right[order].astype(np.int64)
            kept = np.zeros(len(order), bool)
            kept[order] = anchor.worth(units, *in_order, params.anchor)
            left, right, weak = left[kept], right[kept], weak[kept]
        of_these = pair.unverified(near_left[pairs], near_right[pairs])
        seeds = anchor.seeds(units, segments, left, right, weak, of_these, params.anchor)
        return align.align(units, segments, _asked_for(keys, seeds, asked), params, bits)

    pieces = list(_pieces(tables.borders, words, segments.start[near_left]))
    return merged(apart(aligned, pieces))


def merged(parts: Sequence[Passages]) -> Passages:
    """Return the passages of all parts, sorted by left start, right start."""
    if len(parts) == 1:
        return parts[0]
    columns = [np.concatenate([getattr(one, name) for one in parts]) for name in Passages.__slots__]
    order = ordered(columns[0], columns[2])  # stable: equal starts are of one pair of documents, so of one part
    return Passages(*(column[order] for column in columns))


def bridged(keys: KeyStream, borders: Int64, passages: Passages, background: Path | None, params: Params) -> Passages:
    """Join passages that are one copy, now that all of their reports are known."""
    counts = rarity.load(background)

    def bits(start: Int64, end: Int64) -> Float64:
        return rarity.span_bits(keys, start, end, counts)[0]

    return bridge.bridge(keys, borders, passages, bits, params)


def near_by_block(tables: Units, left: Int64, right: Int64, blocks: Int64) -> Places:
    """Return verified pairs of paragraphs by the blocks they stand in."""
    start = tables.segments.start
    words = left.astype(np.uint64) << _HIGH | right.astype(np.uint64)
    words, indptr = by_block(words, lambda: (start[left], start[right]), blocks)
    return Places(words, indptr, as_column(()))


def _units(tables: Units, borders: Int64) -> KeyStream:
    """Return the key stream cut at parts as well as documents."""
    keys = tables.keys
    return KeyStream(keys.codes, keys.origin, keys.span, borders, keys.slots)


def _of_parts(batches: Sequence[Anchors], first: int, last: int) -> Anchors:
    """Return the anchors of some parts, of all batches."""
    if len(batches) == 1 and last - first == batches[0].parts.shape[1] - 1:
        return batches[0]
    some, parts = [np.empty(0, np.uint64)], []
    written = 0
    for one in sliced(batches):  # opened once each: there are hundreds
        for row in one.parts[:, first : last + 1]:
            some.append(mapped.ahead(one.packed[row[0] : row[-1]]))
            parts.append(row - row[0] + written)
            written += len(some[-1])
    return Anchors(np.concatenate(some), np.array(parts, np.int64).reshape(-1, last - first + 1))


def _pieces(borders: Int64, words: UInt64, near: Int64) -> Iterator[tuple[slice, slice]]:
    """Yield seeds and near pairs by documents on the left, at most `SEEDS` at a time where documents allow it.

    ``words`` are places, and ``near`` key positions, both ascending; no pair of documents is parted.
    """
    wanted = (words[SEEDS::SEEDS] >> _HIGH).astype(np.int64)
    cuts = np.unique(borders[np.searchsorted(borders, wanted, side="right") - 1])
    rows = [0, *np.searchsorted(words, cuts.astype(np.uint64) << _HIGH).tolist(), len(words)]
    pairs = [0, *np.searchsorted(near, cuts).tolist(), len(near)]
    for some, of_these in zip(pairwise(rows), pairwise(pairs), strict=True):
        yield slice(*some), slice(*of_these)


def _asked_for(keys: KeyStream, seeds: Seeds, asked: Bool | None) -> Seeds:
    """Leave out the seeds between documents that nobody asked about."""
    if asked is None:
        return seeds
    left, right = (np.searchsorted(keys.indptr, side, side="right") - 1 for side in (seeds.left, seeds.right))
    kept = asked[left] | asked[right]
    return Seeds(seeds.left[kept], seeds.right[kept], seeds.length[kept])
