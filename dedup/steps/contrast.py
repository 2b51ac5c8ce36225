"""What differs inside a passage? Answers with classed changes and the similarity of the texts as they stand.

Changes are found on the key stream, so that script, width, punctuation and line breaks make none; numbers and masks
are compared slot by slot, because the key stream leaves them out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dedup.result import Limit
from dedup.schema import Bool, Float64, Int64, KeyStream, Passages, SlotKind, Surface, Texts, UInt32
from dedup.steps.data import readings, words

KINDS = ("number", "name", "mask", "typo", "insert", "delete", "replace")
"""Kinds of change; `Changes.kind` is an index into this."""

LONGEST = 20_000
"""Passages longer than this on both sides and not identical are listed without changes: the alignment matrix of
rapidfuzz takes a bit per pair of characters. A `Limit` says how many there were."""

_SUFFIXES = frozenset("省市县区州盟旗镇乡村屯组社局办所站厂司校院")
_PARTICLES = frozenset("的地得了着过和或与及以于对向未有不没已在再为是其之而则予")
_TITLES = ("同志", "书记", "镇长", "乡长", "主任", "主席", "局长", "委员", "代表")


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
    texts: Texts, keys: KeyStream, passages: Passages, surface: Surface, wanted: Bool
) -> tuple[Changes, list[Limit]]:
    """Return the similarity of all passages, and the changes of those wanted.

    Parameters
    ----------
    texts, keys, passages
        Tables of the earlier steps.
    surface : Surface
    wanted : bool[R]
        Which passages get their changes listed: what a formula changes into nobody asks.

    Returns
    -------
    Changes
    list of Limit
        One entry if passages were too long to be listed with their changes.

    Notes
    -----
    Edit scripts by Levenshtein distance (rapidfuzz), which has replacements, unlike the insert-delete distance of
    `wording`. Cost: length times length / 64 for a passage that is not identical.
    """
    from rapidfuzz.distance import Indel, Levenshtein

    rows: list[tuple[int, int, int, int, int, int]] = []
    similarity = np.ones(len(passages.wording))
    longest_run = passages.left_end - passages.left_start
    too_long = 0
    for number in range(len(passages.wording)):
        sides = _Sides.of(keys, passages, number)
        left, right = surface.slice(*sides.left_raw), surface.slice(*sides.right_raw)
        if len(left) != len(right) or (left != right).any():
            similarity[number] = Indel.normalized_similarity(_text(left), _text(right))
            if not wanted[number]:
                longest_run[number] = 0
                continue
            if min(len(left), len(right)) > LONGEST and sides.left != sides.right:
                too_long += 1
                longest_run[number] = 0
                continue
            ops = Levenshtein.opcodes(sides.left, sides.right)
            longest_run[number] = max((op.src_end - op.src_start for op in ops if op.tag == "equal"), default=0)
            rows.extend((number, *change) for change in sorted(_changes(texts, keys, sides, ops), key=_place))
    table = np.array(rows, np.int64).reshape(-1, 6).T
    limits = [Limit("changes", too_long, LONGEST, "passages listed without changes")] if too_long else []
    passage, kind, left_start, left_end, right_start, right_end = (column.copy() for column in table)
    return Changes(
        passage, kind, left_start, left_end, right_start, right_end, similarity=similarity, longest_run=longest_run
    ), limits


def _text(codes: UInt32) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


def _place(change: tuple[int, int, int, int, int]) -> tuple[int, int, int, int, int]:
    return change[1], change[3], change[2], change[4], change[0]


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both sides of one passage: key text, key start, raw range."""

    left: str
    right: str
    left_key: int
    right_key: int
    left_raw: tuple[int, int]
    right_raw: tuple[int, int]

    @classmethod
    def of(cls, keys: KeyStream, passages: Passages, row: int) -> _Sides:
        borders = []
        for start, end in (
            (passages.left_start[row], passages.left_end[row]),
            (passages.right_start[row], passages.right_end[row]),
        ):
            key = keys.codes[start:end].tobytes().decode("utf-32-le", "surrogatepass")
            raw = (int(keys.origin[start]), int(keys.origin[end - 1]) + int(keys.span[end - 1]))
            borders.append((key, int(start), raw))
        (left, left_key, left_raw), (right, right_key, right_raw) = borders
        return cls(left, right, left_key, right_key, left_raw, right_raw)


def _changes(texts: Texts, keys: KeyStream, sides: _Sides, ops: Any) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield (kind, left start, left end, right start, right end) in raw positions."""
    partner = np.zeros(len(sides.left) + 1, np.int64)  # where each left border of the key text falls on the right
    for op in ops:
        i1, i2, j1, j2 = op.src_start, op.src_end, op.dest_start, op.dest_end
        partner[i1 : i2 + 1] = np.minimum(j1 + np.arange(i2 - i1 + 1), j2)
        if op.tag != "equal":
            kind = _kind(op.tag, sides, i1, i2, j1, j2)
            left = _raw(keys, sides.left_key + i1, sides.left_key + i2, sides.left_raw[0])
            right = _raw(keys, sides.right_key + j1, sides.right_key + j2, sides.right_raw[0])
            yield (KINDS.index(kind), *left, *right)
    yield from _slot_changes(texts, keys, sides, partner)


def _raw(keys: KeyStream, start: int, end: int, floor: int) -> tuple[int, int]:
    """Return the raw range of a key range; an empty one stands behind the key code point before it, if inside."""
    if start < end:
        return int(keys.origin[start]), int(keys.origin[end - 1]) + int(keys.span[end - 1])
    at = max(floor, int(keys.origin[start - 1]) + int(keys.span[start - 1]) if start else 0)
    return at, at


def _kind(tag: str, sides: _Sides, i1: int, i2: int, j1: int, j2: int) -> str:
    """Class a change of text: a name, a typo, or what it does."""
    if tag != "replace":
        return tag
    left, right = sides.left[i1:i2], sides.right[j1:j2]
    after = sides.left[i2 : i2 + 2]
    agrees = after == sides.right[j2 : j2 + 2] and max(len(left), len(right)) <= 4
    if agrees and (after[:1] in _SUFFIXES or after in _TITLES):
        return "name"
    if len(left) == len(right) == 1 and _same_reading(left, right):
        words_of = (_makes_word(sides.left, i1), _makes_word(sides.right, j1))
        if words_of[0] != words_of[1]:
            return "typo"
    return "replace"


def _makes_word(text: str, at: int) -> bool:
    """Return whether a character makes a word with one of its neighbours.

    Where it does on one side of a passage only, the other side slipped: 布署 for 部署. Where it does on both, the
    writer may have meant either (权力, 权利); where on neither, it is a name, or nobody can tell.
    """
    return text[max(at - 1, 0) : at + 1] in words() or text[at : at + 2] in words()


def _same_reading(one: str, other: str) -> bool:
    """Return whether two characters share a reading, tones aside: only then does a change sound like a slip.

    Particles are left out: they have rare readings (和 as huò, 的 as dí), and one put for another is grammar.
    """
    if one in _PARTICLES or other in _PARTICLES:
        return False
    table = readings()
    low, high = (np.array([ord(one), ord(other)], np.uint64) + np.uint64(step) << np.uint64(30) for step in (0, 1))
    first, last = np.searchsorted(table, low), np.searchsorted(table, high)
    mine, theirs = (table[a:b] & np.uint64((1 << 30) - 1) for a, b in zip(first, last, strict=True))
    return bool(np.isin(mine, theirs).any())


def _slot_changes(
    texts: Texts, keys: KeyStream, sides: _Sides, partner: Int64
) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield what differs between the numbers and masks of both sides, paired by their place in the key text."""
    waiting: dict[int, list[tuple[int, int, int]]] = {}
    for place, start, end, kind in _slots(keys, sides.right_raw, sides.right_key):
        waiting.setdefault(place, []).append((start, end, kind))
    for place, start, end, kind in _slots(keys, sides.left_raw, sides.left_key):
        place = int(partner[min(max(place, 0), len(partner) - 1)])
        others = waiting.get(place)
        if others:
            other_start, other_end, other_kind = others.pop(0)
            if _value(texts, start, end) != _value(texts, other_start, other_end):
                yield (_slot_kind(kind, other_kind), start, end, other_start, other_end)
        else:
            at, _ = _raw(keys, sides.right_key + place, sides.right_key + place, sides.right_raw[0])
            yield (_slot_kind(kind, kind), start, end, at, at)
    left_of = {int(where): border for border, where in reversed(list(enumerate(partner.tolist())))}
    for place, others in sorted(waiting.items()):
        near = left_of.get(place, 0)
        at, _ = _raw(keys, sides.left_key + near, sides.left_key + near, sides.left_raw[0])
        for start, end, kind in others:
            yield (_slot_kind(kind, kind), at, at, start, end)


def _slots(keys: KeyStream, raw: tuple[int, int], key: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (place in the key text, raw start, raw end, kind) of the slots inside a raw range."""
    slots = keys.slots
    first, last = np.searchsorted(slots.start, raw)
    for row in range(int(first), int(last)):
        yield int(slots.key[row]) - key, int(slots.start[row]), int(slots.end[row]), int(slots.kind[row])


def _slot_kind(kind: int, other: int) -> int:
    return KINDS.index("mask" if SlotKind.MASK in (kind, other) else "number")


def _value(texts: Texts, start: int, end: int) -> str:
    """Return what a slot says: width folded, thousands separators dropped, masks all alike."""
    import unicodedata

    text = texts.codes[start:end].tobytes().decode("utf-32-le", "surrogatepass")
    return unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "").lower()
