"""What differs inside a passage? Answers with classed changes and the similarity of the texts as they stand.

Changes are found on the key stream, so that script, width, punctuation and line breaks make none; numbers and masks
are compared slot by slot, because the key stream leaves them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from dedup.intervals import merged, positions
from dedup.kernels import differences as kernels
from dedup.kernels.threads import shared
from dedup.result import Limit
from dedup.schema import (
    Bool,
    Edits,
    Float64,
    Int64,
    KeyStream,
    Passages,
    SlotKind,
    Slots,
    Texts,
    UInt32,
    UInt64,
    string,
)
from dedup.steps.data import readings, tables, words

KINDS = ("number", "name", "mask", "typo", "insert", "delete", "replace")
"""Kinds of change; `Changes.kind` is an index into this."""

MOST_EDITS = 4_000
"""Passages with more edits than this are listed without changes: the way back through the waves takes four bytes
times their square, 64 MB here. A `Limit` says how many there were."""

_BLOCK = 1 << 22
"""Surface characters compared at a time: what is folded for it is dropped again."""

_QUICK = 1_000
"""Insertions and deletions up to which two surfaces are compared path by path; beyond, bit-parallel is faster."""

_SUFFIXES = "省市县区州盟旗镇乡村屯组社局办所站厂司校院"
_PARTICLES = "的地得了着过和或与及以于对向未有不没已在再为是其之而则予"
_TITLES = ("同志", "书记", "镇长", "乡长", "主任", "主席", "局长", "委员", "代表")
_NAME = 4  # longest name that is recognised before a suffix or title


@dataclass(frozen=True, slots=True)
class Changes:
    """Differences inside passages, sorted by passage and place.

    passage : int64[C]
    kind : int64[C]          index into `KINDS`
    left_start, left_end, right_start, right_end : int64[C]   raw ranges; one of the two may be empty
    similarity : float64[R]  of each passage: identity of the texts with only width, script and white space folded
    longest_run : int64[R]   of each passage: longest stretch of equal key characters
    """

    passage: Int64
    kind: Int64
    left_start: Int64
    left_end: Int64
    right_start: Int64
    right_end: Int64
    similarity: Float64
    longest_run: Int64


def contrast(
    texts: Texts, edits: Edits, keys: KeyStream, passages: Passages, wanted: Bool
) -> tuple[Changes, list[Limit]]:
    """Return the similarity of all passages, and the changes of those wanted.

    Parameters
    ----------
    texts, edits, keys, passages
        Tables of the earlier steps.
    wanted : bool[R]
        Which passages get their changes listed: what a formula changes into nobody asks.

    Returns
    -------
    Changes
    list of Limit
        One entry if passages were too different to be listed with their changes.

    Notes
    -----
    Shortest edit scripts by Levenshtein distance (Ukkonen 1985), which has replacements, unlike the insert-delete
    distance of `wording`; neighbouring edits are one change. Cost: length and the square of the edits, per passage.
    """
    similarity = _similarity(texts, edits, keys, passages)
    longest_run = np.where(similarity < 1.0, 0, passages.left_end - passages.left_start)
    rows = np.flatnonzero(wanted & (similarity < 1.0))
    sides = tuple(getattr(passages, name)[rows] for name in ("left_start", "left_end", "right_start", "right_end"))
    distance = np.empty(len(rows), np.int64)
    # Ascending by length, so that a thread's scratch is made large for few.
    shared(kernels.edits, len(rows), keys.codes, *sides, np.int64(MOST_EDITS), distance)
    listed = distance >= 0
    too_many = int((~listed).sum())
    limits = [Limit("changes", too_many, MOST_EDITS, "passages listed without changes")] if too_many else []
    rows, distance = rows[listed], distance[listed]
    sides = tuple(side[listed] for side in sides)
    ptr, count, change, run = _scripts(keys, sides, distance)
    longest_run[rows] = run
    table = np.concatenate(
        [
            _worded(keys, sides, rows, ptr, count, change),
            _slotted(texts, keys, sides, rows, ptr, count, change),
        ]
    )
    table = table[np.lexsort((table[:, 1], table[:, 5], table[:, 3], table[:, 4], table[:, 2], table[:, 0]))]
    passage, kind, left_start, left_end, right_start, right_end = (column.copy() for column in table.T)
    return Changes(
        passage, kind, left_start, left_end, right_start, right_end, similarity=similarity, longest_run=longest_run
    ), limits


def _similarity(texts: Texts, edits: Edits, keys: KeyStream, passages: Passages) -> Float64:
    """Return the identity of the surfaces of each passage (float64[R])."""
    similarity = np.ones(len(passages.wording))
    if not len(similarity):
        return similarity
    ends = [*keys.raw_span(passages.left_start, passages.left_end)]
    ends += keys.raw_span(passages.right_start, passages.right_end)
    chars = np.cumsum(ends[1] - ends[0] + ends[3] - ends[2])
    borders = np.searchsorted(chars, np.arange(0, chars[-1], _BLOCK), side="left")
    for first, last in zip(borders, [*borders[1:], len(similarity)], strict=True):
        left, left_ptr = surfaces(texts, edits, ends[0][first:last], ends[1][first:last])
        right, right_ptr = surfaces(texts, edits, ends[2][first:last], ends[3][first:last])
        similarity[first:last] = _identities(left, left_ptr, right, right_ptr)
    return similarity


def surfaces(texts: Texts, edits: Edits, start: Int64, end: Int64) -> tuple[UInt32, Int64]:
    """Return raw ranges as similarity compares them, laid end to end.

    Parameters
    ----------
    texts, edits
        Tables of the earlier steps.
    start, end : int64[R]
        Raw ranges, each within one document. An edit that begins in a range counts whole.

    Returns
    -------
    codes : uint32[M]
        Repaired, with width, script and case folded; numbers, names, masks and punctuation are kept, white space,
        wherever it stands, is not.
    indptr : int64[R+1]
    """
    table = tables()
    ptr = np.zeros(len(start) + 1, np.int64)
    arguments = (
        texts.codes, edits.start, edits.end, edits.indptr, edits.codes,
        table.kind, table.fold, table.multi_indptr, table.multi, start, end, ptr,
    )  # fmt: skip
    shared(kernels.surfaces, len(start), *arguments, np.empty(0, np.uint32))
    np.cumsum(ptr, out=ptr)
    out = np.empty(ptr[-1], np.uint32)
    if len(out):  # an empty array would ask the kernel to count again
        shared(kernels.surfaces, len(start), *arguments, out)
    return out, ptr


def _identities(left: UInt32, left_ptr: Int64, right: UInt32, right_ptr: Int64) -> Float64:
    """Return the identity of each pair of stretches: one less their insert-delete distance over their length."""
    length = np.diff(left_ptr) + np.diff(right_ptr)
    distance = np.empty(len(length), np.int64)
    shared(
        kernels.indels, len(length),
        left, left_ptr[:-1], left_ptr[1:], right, right_ptr[:-1], right_ptr[1:], np.int64(_QUICK), distance,
    )  # fmt: skip
    far = np.flatnonzero(distance < 0)
    if len(far):
        from rapidfuzz.distance import Indel

        for row in far.tolist():
            sides = (
                string(left[left_ptr[row] : left_ptr[row + 1]]),
                string(right[right_ptr[row] : right_ptr[row + 1]]),
            )
            distance[row] = Indel.distance(*sides)
    return np.asarray(1.0 - distance / np.maximum(length, 1))


def _scripts(keys: KeyStream, sides: tuple[Int64, ...], distance: Int64) -> tuple[Int64, Int64, Int64, Int64]:
    """Return the changes of each pair: where its rows begin, how many there are, the rows, and the longest run."""
    ptr = np.zeros(len(distance) + 1, np.int64)
    np.cumsum(distance, out=ptr[1:])
    change = np.empty((int(ptr[-1]), 4), np.int64)
    count, run = np.empty(len(distance), np.int64), np.empty(len(distance), np.int64)
    shared(kernels.scripts, len(distance), keys.codes, *sides, distance, ptr, change, count, run)
    return ptr, count, change, run


def _worded(keys: KeyStream, sides: tuple[Int64, ...], rows: Int64, ptr: Int64, count: Int64, change: Int64) -> Int64:
    """Return the changes of text (int64[C, 6]: passage, kind, raw ranges)."""
    pair = np.repeat(np.arange(len(rows)), count)
    mine = positions(ptr[:-1], count)
    left = change[mine, :2] + sides[0][pair, None]
    right = change[mine, 2:] + sides[2][pair, None]
    kind = _kinds(keys, left, right, *(side[pair] for side in sides))
    raw_left = _raw(keys, left, sides[0][pair])
    raw_right = _raw(keys, right, sides[2][pair])
    return np.column_stack([rows[pair], kind, raw_left, raw_right])


def _raw(keys: KeyStream, ranges: Int64, floor: Int64) -> Int64:
    """Return the raw ranges of key ranges; an empty one stands behind the key code point before it, if inside."""
    start, end = ranges.T
    last = np.maximum(end - 1, 0)
    ends = keys.origin[last] + keys.span[last]
    first = np.minimum(start, max(len(keys.codes) - 1, 0))
    at = np.where(start > floor, ends, keys.origin[floor])
    return np.column_stack([np.where(start < end, keys.origin[first], at), np.where(start < end, ends, at)])


def _kinds(
    keys: KeyStream, left: Int64, right: Int64, low: Int64, high: Int64, other_low: Int64, other_high: Int64
) -> Int64:
    """Class changes of text: names, slips, or what they do."""
    length, other = np.diff(left).ravel(), np.diff(right).ravel()
    kind = np.full(len(left), KINDS.index("replace"), np.int64)
    kind[length == 0] = KINDS.index("insert")
    kind[other == 0] = KINDS.index("delete")
    replaced = (length > 0) & (other > 0)
    after = [_char(keys, left[:, 1] + step, low, high) for step in (0, 1)]
    other_after = [_char(keys, right[:, 1] + step, other_low, other_high) for step in (0, 1)]
    agrees = (after[0] == other_after[0]) & (after[1] == other_after[1]) & (np.maximum(length, other) <= _NAME)
    pair = (after[0].astype(np.uint64) << np.uint64(32)) | after[1].astype(np.uint64)
    names = np.isin(after[0], _codes(_SUFFIXES)) | np.isin(pair, _pairs(_TITLES))
    name = replaced & agrees & names
    kind[name] = KINDS.index("name")
    single = np.flatnonzero(replaced & ~name & (length == 1) & (other == 1))
    known = [
        _makes_word(keys, side[single, 0], first[single], last[single])
        for side, first, last in ((left, low, high), (right, other_low, other_high))
    ]
    single = single[known[0] != known[1]]
    slip = single[_same_reading(keys.codes[left[single, 0]], keys.codes[right[single, 0]])]
    kind[slip] = KINDS.index("typo")
    return kind


def _char(keys: KeyStream, at: Int64, low: Int64, high: Int64) -> UInt32:
    """Return the code points at key positions, 0 outside their side of the passage."""
    inside = (at >= low) & (at < high)
    return np.where(inside, keys.codes[np.where(inside, at, low)], np.uint32(0))


def _codes(chars: str) -> UInt32:
    return np.frombuffer(chars.encode("utf-32-le"), np.uint32)


def _pairs(pairs: tuple[str, ...] | list[str]) -> UInt64:
    """Return two-character strings as numbers, sorted."""
    codes = _codes("".join(pairs)).reshape(-1, 2).astype(np.uint64)
    return np.sort((codes[:, 0] << np.uint64(32)) | codes[:, 1])


@cache
def _known_words() -> UInt64:
    return _pairs(sorted(words()))


def _makes_word(keys: KeyStream, at: Int64, low: Int64, high: Int64) -> Bool:
    """Return whether a character makes a word with one of its neighbours.

    Where it does on one side of a passage only, the other side slipped: 布署 for 部署. Where it does on both, the
    writer may have meant either (权力, 权利); where on neither, it is a name, or nobody can tell.
    """
    before, here, after = (_char(keys, at + step, low, high).astype(np.uint64) for step in (-1, 0, 1))
    known = _known_words()
    found = np.zeros(len(at), bool)
    for pair in ((before << np.uint64(32)) | here, (here << np.uint64(32)) | after):
        place = np.minimum(np.searchsorted(known, pair), len(known) - 1)
        found |= known[place] == pair
    return found


def _same_reading(one: UInt32, other: UInt32) -> Bool:
    """Return whether two characters share a reading, tones aside: only then does a change sound like a slip.

    Particles are left out: they have rare readings (和 as huò, 的 as dí), and one put for another is grammar.
    """
    table = readings()
    bounds = [
        np.searchsorted(table, (codes.astype(np.uint64) + np.uint64(step)) << np.uint64(30))
        for codes in (one, other)
        for step in (0, 1)
    ]
    syllable = table & np.uint64((1 << 30) - 1)
    same = np.zeros(len(one), bool)
    for mine in range(int((bounds[1] - bounds[0]).max(initial=0))):
        for theirs in range(int((bounds[3] - bounds[2]).max(initial=0))):
            a, b = bounds[0] + mine, bounds[2] + theirs
            inside = (a < bounds[1]) & (b < bounds[3])
            same[inside] |= syllable[a[inside]] == syllable[b[inside]]
    particles = _codes(_PARTICLES)
    return np.asarray(same & ~np.isin(one, particles) & ~np.isin(other, particles))


def _slotted(
    texts: Texts, keys: KeyStream, sides: tuple[Int64, ...], rows: Int64, ptr: Int64, count: Int64, change: Int64
) -> Int64:
    """Return what differs between the numbers and masks of both sides (int64[C, 6]: passage, kind, raw ranges)."""
    raw = [*keys.raw_span(sides[0], sides[1]), *keys.raw_span(sides[2], sides[3])] if len(rows) else [sides[0]] * 4
    bounds = [np.searchsorted(keys.slots.start, border) for border in raw]
    # Of a large corpus a few passages are compared at a time: what is found out of slots is found out of theirs only.
    used = _used(bounds)
    slots = Slots(*(getattr(keys.slots, name)[used] for name in Slots.__slots__))
    bounds = [np.searchsorted(used, border) for border in bounds]
    mask = (slots.kind == SlotKind.MASK).astype(np.uint8)
    slot_ptr = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(bounds[1] - bounds[0] + bounds[3] - bounds[2], out=slot_ptr[1:])
    out = np.empty((int(slot_ptr[-1]), 4), np.int64)
    found = np.zeros(len(rows), np.int64)
    if len(out):
        shared(
            kernels.slots, len(rows),
            slots.key, figures(texts, slots), mask, *bounds, sides[0], sides[2],
            sides[1] - sides[0], sides[3] - sides[2], ptr, count, change, slot_ptr, out, found,
        )  # fmt: skip
    pair = np.repeat(np.arange(len(rows)), found)
    out = out[positions(slot_ptr[:-1], found)]
    ranges = []
    masked = np.zeros(len(pair), bool)
    for slot, place, start in ((out[:, 0], out[:, 2], sides[0][pair]), (out[:, 1], out[:, 3], sides[2][pair])):
        there = slot >= 0
        at = _raw(keys, np.column_stack([start + place, start + place]), start)
        if there.any():
            own = np.column_stack([slots.start[slot], slots.end[slot]])
            at = np.where(there[:, None], own, at)
            masked |= there & (mask[slot] == 1)
        ranges.append(at)
    kind = np.where(masked, KINDS.index("mask"), KINDS.index("number"))
    return np.column_stack([rows[pair], kind, *ranges])


def _used(bounds: list[Int64]) -> Int64:
    """Return the slots of both sides of some passages, given as first and last ones: ascending, distinct (int64)."""
    ranges = merged(np.column_stack([np.concatenate(bounds[0::2]), np.concatenate(bounds[1::2])]))
    return positions(ranges[:, 0], ranges[:, 1] - ranges[:, 0])


def figures(texts: Texts, slots: Slots, rows: Int64 | None = None) -> UInt64:
    """Return what slots say as a hash: width folded, thousands separators and blanks dropped (uint64[S]).

    All of them, or those of some rows.
    """
    table = tables()
    start, end = (side if rows is None else side[rows] for side in (slots.start, slots.end))
    value = np.empty(len(start), np.uint64)
    shared(kernels.figures, len(value), texts.codes, start, end, table.kind, table.fold, value)
    return value
