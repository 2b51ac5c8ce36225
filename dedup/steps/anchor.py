"""Where do two places of the corpus share a k-gram? Answers with seeds, blind to paragraph borders.

Anchors are short (5 to 8 characters) because long ones drown in noise: with a tenth of the characters changed,
7 % of 25-grams survive and 59 % of 5-grams. They are sampled by minimisers, parted by hash, and paired; a frequent
anchor is not dropped but used sparingly, and counted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dedup.kernels import buckets, hashing, owners, packing, threads
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

_PARTS, _SHIFT = 1 << 10, np.uint64(54)
"""Parts of anchors, by their upper bits: where a corpus has a million paragraphs a part has fifty thousand anchors,
which is what sorts within a processor's own cache."""

_NEAR, _STRETCHES = 20, 6
"""Places are sorted by stretches of the key stream on the left, of so many bits of characters at least, and no more
of them than two to the power of so many."""

_PIECE, _RUN, _ORDERED, _PAIRS = 1 << 20, 1 << 14, 1 << 20, 1 << 20
"""What a thread has at a time, so that it lies in scratch that stays in the cache: k-grams whose anchors are parted
together; anchors that are sorted together, and put in order before any is paired; and pairs that are made before what
is kept of them is laid aside.
"""


@dataclass(frozen=True, slots=True)
class Anchors:
    """Sampled anchors, parted by their hashes and not yet sorted: whoever pairs them takes some parts at a time.

    packed : uint64[A]       the upper 32 bits of the hash above 32 bits of key position; piece by piece, and in each
                             by part, then by position
    parts : int64[C, P+1]    where the parts of each piece begin, and the end of the last
    """

    packed: UInt64
    parts: Int64


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
    found, limits = places(sampled(keys, k, params.window), 0, keys.indptr, params, keys.codes)
    return seeds(keys, segments, *sides(found, keys.indptr), pairs, k), limits


def places(
    anchors: Anchors, part: int, borders: Int64, params: Params, codes: UInt32 | None = None
) -> tuple[UInt64, list[Limit]]:
    """Return the pairs of places that share an anchor.

    Parameters
    ----------
    anchors : Anchors
        All of a corpus, or those of some parts of all hashes.
    part : int
        The first of these parts.
    borders : int64[D+1]
        Key positions at which documents begin, and the end.
    params : Params
        ``anchor``, ``anchor_bucket``.
    codes : uint32[K], optional
        The key stream, to tell anchors that only share a hash. Without it their pairs are listed too, one in 2**32,
        and `worth` tells them later, where the text is at hand.

    Returns
    -------
    uint64[S]
        Sorted; `sides` takes them apart.
    list of Limit

    Notes
    -----
    Parts are taken some at a time, so that anchors in order, and the pairs that are looked at and dropped again, lie
    in scratch that stays in the cache: for all of the corpus they were memory that had never been touched before,
    and sorting went through it from end to end until it came to what the cache holds.
    """
    runs, begin = _runs(anchors)
    cap = np.int64(params.anchor_bucket)
    text, k = (np.empty(0, np.uint32), 0) if codes is None else (codes, params.anchor)
    table = owners.look_up(borders, 0, max(0, int(borders[-1]) - 1))

    shift = np.uint64(32 + max(_NEAR, int(borders[-1]).bit_length() - _STRETCHES))
    stretches = (max(0, int(borders[-1]) - 1) >> int(shift) - 32) + 1

    def paired(rows: tuple[int, int]) -> tuple[list[tuple[UInt64, Int64]], int, int]:
        first, last = rows
        start = begin[first : last + 1] - begin[first]
        words = np.empty(start[-1], np.uint64)
        end, room, over, most = np.empty((4, last - first), np.int64)
        buckets.in_order(
            anchors.packed, anchors.parts, runs[first : last + 1], np.int64(part), _SHIFT, start, words, end
        )
        kernels.room(words, start[:-1], end, cap, room, over, most)
        found = []
        for low, high in _slabs(room, _PAIRS):
            indptr = np.concatenate([[0], np.cumsum(room[low:high])])
            scratch, kept = np.empty(indptr[-1], np.uint64), np.empty(high - low, np.int64)
            kernels.pairs(
                text, np.int64(k), words, start[low:high], end[low:high], borders, *table, cap, _AROUND,
                _spare(borders), indptr, scratch, kept,
            )  # fmt: skip
            out, parts = np.empty(kept.sum(), np.uint64), np.empty(stretches + 1, np.int64)
            buckets.part(indptr, kept, scratch, np.int64(0), shift, out, parts)
            found.append((out, parts))
        return found, int(over.sum()), int(most.max())

    found, over, most = zip(*threads.apart(paired, list(_slabs(np.diff(begin), _ORDERED))), strict=True)
    words = _sorted([one for some in found for one in some], stretches)
    return words, [Limit("anchor", sum(over), int(cap), f"largest {max(most)}")] if any(over) else []


def _sorted(found: list[tuple[UInt64, Int64]], parts: int) -> UInt64:
    """Return words that stand in parts, as `dedup.kernels.buckets.part` writes them, in order."""
    before = np.sum([borders for _, borders in found] or [np.zeros(parts + 1, np.int64)], axis=0).tolist()
    out = np.empty(before[-1], np.uint64)

    def laid(number: int) -> None:
        some = out[before[number] : before[number + 1]]
        if len(some):
            np.concatenate([words[slice(*borders[number : number + 2])] for words, borders in found], out=some)
            some.sort()

    threads.together(laid, range(parts))
    return out


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


def _runs(anchors: Anchors) -> tuple[Int64, Int64]:
    """Return where runs of parts begin, of `_RUN` anchors or of one part, and how many anchors stand before each."""
    size = np.diff(anchors.parts, axis=1).sum(axis=0)
    runs = np.array([0, *(last for _, last in _slabs(size, _RUN))], np.int64)
    return runs, np.concatenate([[0], np.cumsum(size)])[runs]


def _slabs(size: Int64, most: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows that have so much together at most, or more where it is one row."""
    before = np.concatenate([[0], np.cumsum(size)])
    first = 0
    while first < len(size):
        last = max(first + 1, int(np.searchsorted(before, before[first] + most, side="right")) - 1)
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


def sampled(keys: KeyStream, k: int, window: int) -> Anchors:
    """Return the sampled anchors of a key stream.

    Parameters
    ----------
    keys : KeyStream
        A k-gram never crosses a border of its ``indptr``, and what is sampled between two borders depends on
        nothing else.
    k, window : int
        See `dedup.params.Params`.
    """
    grams = np.maximum(np.diff(keys.indptr) - k + 1, 0)
    blocks = -(-grams // _BLOCK)
    document = np.repeat(np.arange(len(grams)), blocks)
    nth = np.arange(len(document)) - np.repeat(np.cumsum(blocks) - blocks, blocks)
    start = keys.indptr[document] + nth * _BLOCK
    end = np.minimum(start + _BLOCK, keys.indptr[document] + grams[document])
    size = end - start
    packed = np.empty(size.sum(), np.uint64)  # touched as far as it is written: a third
    pieces = list(_slabs(size, _PIECE))
    parts = np.empty((len(pieces), _PARTS + 1), np.int64)
    room = threads.Room()

    def taken(number: int) -> None:
        some = slice(*pieces[number])
        indptr = np.concatenate([[0], np.cumsum(size[some])])
        count, scratch = np.empty(len(indptr) - 1, np.int64), np.empty(indptr[-1], np.uint64)
        with room.of(number) as begin:
            hashing.minimisers(
                keys.codes, keys.indptr, np.int64(k), np.int64(window), document[some], start[some], end[some],
                indptr, scratch, count,
            )  # fmt: skip
            at = np.int64(begin(int(count.sum())))
        buckets.part(indptr, count, scratch, at, _SHIFT, packed, parts[number])

    threads.apart(taken, range(len(pieces)))
    return Anchors(packed[: parts[-1, -1] if pieces else 0], parts)


def minimisers(keys: KeyStream, k: int, window: int) -> UInt64:
    """Return the sampled anchors of a key stream, see `sampled`, sorted (uint64[A])."""
    packed = sampled(keys, k, window).packed
    threads.sort(packed)
    return packed


def in_one_piece(anchors: Anchors) -> Anchors:
    """Return the same anchors in one piece: each part of them then stands together."""
    order = np.argsort((anchors.packed >> _SHIFT).astype(np.uint16), kind="stable")
    return Anchors(anchors.packed[order], anchors.parts.sum(axis=0, keepdims=True) - anchors.parts[:, 0].sum())


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
