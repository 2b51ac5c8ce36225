"""Where do two places of the corpus share a k-gram? Answers with seeds, blind to paragraph borders.

Anchors are short (5 to 8 characters) because long ones drown in noise: with a tenth of the characters changed,
7 % of 25-grams survive and 59 % of 5-grams. They are sampled by minimisers, sorted once, and paired; a frequent
anchor is not dropped but used sparingly, and counted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from dedup.kernels import hashing, owners, packing, threads
from dedup.kernels import seeds as kernels
from dedup.params import Params
from dedup.result import Limit
from dedup.schema import Bool, Int64, KeyStream, Pairs, Seeds, Segments, UInt32, UInt64

RUN, SURE = 8, 10
"""Equal characters in a row that make a seed where another one stands between the same documents, and by themselves.

A seed of fewer than `SURE` that is alone between two documents comes to nothing, see `dedup.steps.align.WHOLE`; where
a corpus is large those are three in ten, and it is dropped before anything else is done with it.
"""

REACH, DRIFT = 16, 4
"""A shorter run makes one too if three characters in a row agree within so many characters of it, so far out of step.

A copy with a fifth of its characters changed has such a trigram beside nearly every anchor; a turn of phrase that
two texts share by chance has it once in twenty times, and turns of phrase are nine in ten of all places that share
an anchor. Clauses that changed places are seldom shorter than the run, and need no echo.
"""

_AROUND = np.int64(RUN), np.int64(SURE), np.int64(REACH), np.int64(DRIFT)

_BLOCK = 1 << 16
"""K-grams a thread takes at a time; a document longer than this is cut so that one long file uses all cores."""

_ROWS, _PAIRS = 1 << 13, 1 << 20
"""Anchors whose pairs a thread makes at a time, and pairs that are made before what is kept of them is laid aside."""

_SAMPLED = 1 << 21
"""K-grams that are sampled before what is kept of them is laid aside."""


def anchor(keys: KeyStream, segments: Segments, pairs: Pairs, params: Params) -> tuple[Seeds, list[Limit]]:
    """Return the seeds from which passages are aligned.

    Parameters
    ----------
    keys : KeyStream
    segments : Segments
    pairs : Pairs
        Verified pairs of paragraphs (rows of `segments`): each gives a seed too, so that what the sketches found
        is aligned even where all its anchors are too frequent to be paired.
    params : Params
        ``anchor``, ``window``, ``anchor_bucket``.

    Returns
    -------
    Seeds
        Distinct, sorted by document pair, then place.
    list of Limit
        One entry if some anchor stood in more places than ``params.anchor_bucket``.

    Notes
    -----
    Mod-minimisers (Groot Koerkamp, Pibiri 2024): any two equal stretches of ``anchor + window - 1`` characters share
    a seed, as by winnowing, with a sixth fewer anchors. Cost: O(K) for hashing, one sort of the sampled anchors, and
    the pairs.
    """
    k = params.anchor
    found, limits = places(minimisers(keys, k, params.window), keys.indptr, params, keys.codes)
    return seeds(keys, segments, *sides(found, keys.indptr), pairs, k), limits


def places(
    anchors: UInt64, borders: Int64, params: Params, codes: UInt32 | None = None
) -> tuple[UInt64, list[Limit]]:
    """Return the pairs of places that share an anchor.

    Parameters
    ----------
    anchors : uint64[A]
        As `minimisers` gives them: all of a corpus, or all whose hashes lie in one range.
    borders : int64[D+1]
        Key positions at which documents begin, and the end.
    params : Params
        ``anchor``, ``anchor_bucket``.
    codes : uint32[K], optional
        The key stream, to tell anchors that only share a hash. Without it their pairs are listed too, one in 2**32,
        and `agreeing` tells them later, where the text is at hand.

    Returns
    -------
    uint64[S]
        Sorted; `sides` takes them apart.
    list of Limit

    Notes
    -----
    Anchors are taken some at a time, so that the pairs that are looked at and dropped again lie in a scratch that
    stays in the cache: written for all of the corpus they were memory that had never been touched before.
    """
    rows = _blocks(anchors)
    count = len(rows) - 1
    room, over, largest = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    cap = params.anchor_bucket
    kernels.room(anchors, rows, np.int64(cap), room, over, largest)
    found = np.empty(room.sum(), np.uint64)  # touched as far as it is written
    written = 0
    table = owners.look_up(borders, 0, max(0, int(borders[-1]) - 1))
    text, k = (np.empty(0, np.uint32), 0) if codes is None else (codes, params.anchor)
    slabs = list(_slabs(room))
    scratch = np.empty(max((int(room[first:last].sum()) for first, last in slabs), default=0), np.uint64)
    for first, last in slabs:
        indptr = np.concatenate([[0], np.cumsum(room[first:last])])
        kept = np.empty(last - first, np.int64)
        kernels.pairs(
            text, np.int64(k), anchors, rows[first : last + 1], borders, *table, np.int64(cap), _AROUND,
            _spare(borders), indptr, scratch, kept,
        )  # fmt: skip
        written = _laid_aside(indptr, kept, scratch, found, written)
    found = found[:written]
    threads.sort(found)
    many = int(over.sum())
    return found, [Limit("anchor", many, cap, f"largest {int(largest.max())}")] if many else []


def _laid_aside(indptr: Int64, kept: Int64, scratch: UInt64, out: UInt64, written: int) -> int:
    """Write what was kept of each block of a scratch behind what is written already; return how far is written."""
    end = written + int(kept.sum())
    hashing.compact(indptr, kept, scratch, out[written:end])
    return end


def sides(places: UInt64, borders: Int64) -> tuple[UInt32, UInt32, Bool]:
    """Take pairs apart as `places` gives them.

    Returns
    -------
    left, right : uint32[S]
        Key positions, left before right; ascending.
    weak : bool[S]
        Which are nothing if no other pair stands between the same documents.
    """
    halves = places.view(np.uint32).reshape(-1, 2)
    left, right = (halves[:, half] for half in ((1, 0) if sys.byteorder == "little" else (0, 1)))
    if not _spare(borders):
        return left, right, np.zeros(len(places), bool)
    return left, right >> np.uint32(1), (right & np.uint32(1)).astype(bool)


def _spare(borders: Int64) -> np.uint64:
    """Return how many bits two places leave of 64: one below 2**31 key characters, so that it can be used, else 0."""
    return np.uint64(int(borders[-1]) < 1 << 31)


def _blocks(anchors: UInt64) -> Int64:
    """Return rows that part sorted anchors into blocks, no two equal hashes into two; and their number."""
    ends = np.arange(_ROWS, len(anchors), _ROWS)
    behind = (anchors[ends - 1] >> np.uint64(32)) + np.uint64(1)
    inner = np.searchsorted(anchors, behind << np.uint64(32))
    inner[behind > np.uint64(0xFFFFFFFF)] = len(anchors)
    return np.unique(np.concatenate([[0], inner, [len(anchors)]])).astype(np.int64)


def _slabs(room: Int64) -> Iterator[tuple[int, int]]:
    """Yield ranges of blocks that have room for `_PAIRS` pairs together, or for more where it is one block."""
    before = np.concatenate([[0], np.cumsum(room)])
    first = 0
    while first < len(room):
        last = max(first + 1, int(np.searchsorted(before, before[first] + _PAIRS, side="right")) - 1)
        yield first, last
        first = last


def worth(keys: KeyStream, left: Int64, right: Int64, k: int) -> Bool:
    """Return which pairs of places that `places` lists without the text it would list with it (bool[S]).

    Parameters
    ----------
    keys : KeyStream
        Its borders are those that were given to `places`.
    left, right : int64[S]
    k : int
        Characters in an anchor.
    """
    kept = np.empty(len(left), bool)
    one, other = owners.document_of(keys.indptr, left), owners.document_of(keys.indptr, right)
    kernels.worth(keys.codes, left, right, one, other, keys.indptr, np.int64(k), _AROUND, kept)
    return kept


def seeds(
    keys: KeyStream, segments: Segments, left: Int64 | UInt32, right: Int64 | UInt32, weak: Bool, pairs: Pairs, k: int
) -> Seeds:
    """Return seeds from pairs of places and verified pairs of paragraphs, distinct and in their order.

    Parameters
    ----------
    keys : KeyStream
    segments : Segments
    left, right : int64[S] or uint32[S]
        From `places`: all, or all of some pairs of documents.
    weak : bool[S]
        As `sides` gives it, or False where nobody looked.
    pairs : Pairs
        All, or all of the same pairs of documents.
    k : int
        Characters in an anchor.
    """
    more_left, more_right = _from_pairs(keys, segments, pairs, k)
    left = np.concatenate([left, more_left]).astype(np.int64, copy=False)
    right = np.concatenate([right, more_right]).astype(np.int64, copy=False)
    left, right = _in_order(keys, left, right, np.append(weak, np.zeros(len(more_left), bool)))
    return Seeds(left=left, right=right, length=np.full(len(left), k, np.int64))


def minimisers(keys: KeyStream, k: int, window: int) -> UInt64:
    """Return the sampled anchors of a key stream.

    Parameters
    ----------
    keys : KeyStream
        A k-gram never crosses a border of its ``indptr``, and what is sampled between two borders depends on
        nothing else.
    k, window : int
        See `dedup.params.Params`.

    Returns
    -------
    uint64[A]
        The upper 32 bits of the hash above 32 bits of key position, sorted.
    """
    grams = np.maximum(np.diff(keys.indptr) - k + 1, 0)
    blocks = -(-grams // _BLOCK)
    document = np.repeat(np.arange(len(grams)), blocks)
    nth = np.arange(len(document)) - np.repeat(np.cumsum(blocks) - blocks, blocks)
    start = keys.indptr[document] + nth * _BLOCK
    end = np.minimum(start + _BLOCK, keys.indptr[document] + grams[document])
    indptr = np.zeros(len(document) + 1, np.int64)
    np.cumsum(end - start, out=indptr[1:])
    sampled = np.empty(indptr[-1], np.uint64)  # touched as far as it is written: a third
    written = 0
    cuts = np.unique(np.searchsorted(indptr, np.arange(0, int(indptr[-1]), _SAMPLED), side="right") - 1)
    cuts = np.append(cuts, len(document))
    scratch = np.empty(np.diff(indptr[cuts]).max(initial=0), np.uint64)
    for first, last in pairwise(cuts.tolist()):
        some, room = slice(first, last), indptr[first : last + 1] - indptr[first]
        count = np.empty(last - first, np.int64)
        hashing.minimisers(
            keys.codes, keys.indptr, np.int64(k), np.int64(window), document[some], start[some], end[some], room,
            scratch, count,
        )  # fmt: skip
        written = _laid_aside(room, count, scratch, sampled, written)
    sampled = sampled[:written]
    threads.sort(sampled)
    return sampled


def _from_pairs(keys: KeyStream, segments: Segments, pairs: Pairs, k: int) -> tuple[Int64, Int64]:
    """Return one seed for each verified pair of paragraphs; within one document for neighbouring ones only."""
    one, other = (owners.document_of(keys.indptr, segments.start[side]) for side in (pairs.left, pairs.right))
    nearest = np.ones(len(one), bool)  # pairs are sorted: the first partner in the same document is the nearest
    nearest[1:] = (pairs.left[1:] != pairs.left[:-1]) | (one[:-1] != other[:-1])
    wanted = (one != other) | nearest
    pairs_left, pairs_right = pairs.left[wanted], pairs.right[wanted]
    left, right = np.empty(len(pairs_left), np.int64), np.empty(len(pairs_left), np.int64)
    packing.first_shared(keys.codes, segments.start, segments.end, pairs_left, pairs_right, np.int64(k), left, right)
    found = left >= 0
    return left[found], right[found]


def _in_order(keys: KeyStream, left: Int64, right: Int64, weak: Bool) -> tuple[Int64, Int64]:
    """Return pairs of places by document of left, document of right, left, right, without those weak and alone."""
    one, other = owners.document_of(keys.indptr, left), owners.document_of(keys.indptr, right)
    offset = int(np.diff(keys.indptr).max(initial=0)).bit_length()
    number = len(keys.indptr).bit_length()
    left_over = 64 - 2 * (offset + number)
    if left_over < 0:  # some document is long, or there are millions: least significant first
        order = np.lexsort((right, left, other, one))
        left, right = left[order], right[order]
        fresh = np.ones(len(left), bool)
        fresh[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
        return left[fresh], right[fresh]
    # All four in one word, so that one sort does, of words and not of rows.
    words, bits = np.empty(len(left), np.uint64), (np.uint64(number), np.uint64(offset), np.uint64(left_over > 0))
    packing.pack(keys.indptr, one, other, left, right, weak, *bits, words)
    words.sort()
    kept = np.empty(len(words), bool)
    packing.in_company(words, bits[2], np.uint64(2 * offset) + bits[2], kept)
    words = words[kept]
    left, right = np.empty(len(words), np.int64), np.empty(len(words), np.int64)
    packing.unpack(keys.indptr, words, *bits, left, right)
    return left, right
