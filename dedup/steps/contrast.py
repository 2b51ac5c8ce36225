"""What differs inside a passage? Answers with classed changes and the similarity of the texts as they stand.

Changes are found on the key stream, so that script, width, punctuation and line breaks make none; numbers and masks
are compared slot by slot, because the key stream leaves them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from dedup.kernels import changes as classes
from dedup.kernels import differences as kernels
from dedup.kernels.search import below
from dedup.kernels.threads import shared, together
from dedup.result import Limit
from dedup.schema import (
    Bool,
    Edits,
    Float64,
    Int32,
    Int64,
    KeyStream,
    Passages,
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
    length = np.minimum(sides[1] - sides[0], sides[3] - sides[2])
    room = _ptr(np.minimum(length + 1, MOST_EDITS))
    change = np.empty((int(room[-1]), 4), np.int32)
    place, count, run, distance = np.empty((4, len(rows)), np.int64)
    shared(
        kernels.scripts,
        len(rows),
        keys.codes,
        *sides,
        np.int64(MOST_EDITS),
        room,
        change,
        place,
        count,
        run,
        distance,
    )
    listed = np.flatnonzero(distance >= 0)
    too_many = len(rows) - len(listed)
    limits = [Limit("changes", too_many, MOST_EDITS, "passages listed without changes")] if too_many else []
    rows, place, count = rows[listed], place[listed], count[listed]
    sides = tuple(side[listed] for side in sides)
    longest_run[rows] = run[listed]
    owner, kind, ends = _listed(texts, keys, sides, place, count, change)
    left_start, left_end, right_start, right_end = ends
    return Changes(
        rows[owner],
        kind,
        left_start,
        left_end,
        right_start,
        right_end,
        similarity=similarity,
        longest_run=longest_run,
    ), limits


def _ptr(size: Int64) -> Int64:
    return np.concatenate([[0], np.cumsum(size)])


def _listed(
    texts: Texts, keys: KeyStream, sides: tuple[Int64, ...], place: Int64, count: Int64, change: Int32
) -> tuple[Int64, Int64, Int64]:
    """Return what differs inside pairs of key ranges with their scripts: in which pair, its kind, its raw ranges."""
    table, slots = tables(), keys.slots
    raw = [*keys.raw_span(sides[0], sides[1]), *keys.raw_span(sides[2], sides[3])] if len(count) else [count] * 4
    bounds = together(lambda ends: below(slots.start, ends), raw)
    room = _ptr(bounds[1] - bounds[0] + bounds[3] - bounds[2])
    slot, found = np.empty((int(room[-1]), 4), np.int64), np.zeros(len(count), np.int64)
    shared(
        classes.slots, len(count),
        texts.codes, table.kind, table.fold, slots.key, slots.start, slots.end, slots.kind, *bounds, *sides,
        place, count, change, room, slot, found,
    )  # fmt: skip
    ptr = _ptr(count + found)
    kind, ends = np.empty(int(ptr[-1]), np.int64), np.empty((4, int(ptr[-1])), np.int64)
    shared(
        classes.listed, len(count),
        keys.codes, keys.origin, keys.span, *sides, place, count, change, slots.start, slots.end, slots.kind,
        room, slot, found, np.int64(_NAME), _words(), ptr, kind, ends,
    )  # fmt: skip
    return np.repeat(np.arange(len(count)), count + found), kind, ends


@cache
def _words() -> tuple[UInt32, UInt64, UInt64, UInt64, UInt32]:
    """Return what tells names and slips from other changes, see `dedup.kernels.changes.listed`.

    Where a character makes a word on one side of a passage only, the other side slipped: 布署 for 部署. Where it does
    on both, the writer may have meant either (权力, 权利); where on neither, it is a name, or nobody can tell. Only
    characters that share a reading, tones aside, sound like a slip. Particles are left out: they have rare readings
    (和 as huò, 的 as dí), and one put for another is grammar.
    """
    return _codes(_SUFFIXES), _pairs(_TITLES), _pairs(sorted(words())), readings(), _codes(_PARTICLES)


def _similarity(texts: Texts, edits: Edits, keys: KeyStream, passages: Passages) -> Float64:
    """Return the identity of the surfaces of each passage: one less their distance over their length (float64[R])."""
    count = len(passages.wording)
    if not count:
        return np.ones(0)
    left = keys.raw_span(passages.left_start, passages.left_end)
    right = keys.raw_span(passages.right_start, passages.right_end)
    distance, length = np.empty((2, count), np.int64)
    shared(kernels.distances, count, *_folding(texts, edits), *left, *right, np.int64(_QUICK), distance, length)
    far = np.flatnonzero(distance < 0)
    if len(far):
        from rapidfuzz.distance import Indel

        for row in far.tolist():
            one = slice(row, row + 1)
            sides = [string(surfaces(texts, edits, start[one], end[one])[0]) for start, end in (left, right)]
            distance[row] = Indel.distance(*sides)
    return np.asarray(1.0 - distance / np.maximum(length, 1))


def _folding(texts: Texts, edits: Edits) -> tuple[np.ndarray, ...]:
    """Return what kernels need to fold raw ranges."""
    table = tables()
    of_edits = (edits.start, edits.end, edits.indptr, edits.codes)
    return texts.codes, *of_edits, table.kind, table.fold, table.multi_indptr, table.multi


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
    ptr = np.zeros(len(start) + 1, np.int64)
    arguments = (*_folding(texts, edits), start, end, ptr)
    shared(kernels.surfaces, len(start), *arguments, np.empty(0, np.uint32))
    np.cumsum(ptr, out=ptr)
    out = np.empty(ptr[-1], np.uint32)
    if len(out):  # an empty array would ask the kernel to count again
        shared(kernels.surfaces, len(start), *arguments, out)
    return out, ptr


def _codes(chars: str) -> UInt32:
    return np.frombuffer(chars.encode("utf-32-le"), np.uint32)


def _pairs(pairs: tuple[str, ...] | list[str]) -> UInt64:
    """Return two-character strings as numbers, sorted."""
    codes = _codes("".join(pairs)).reshape(-1, 2).astype(np.uint64)
    return np.sort((codes[:, 0] << np.uint64(32)) | codes[:, 1])


def figures(texts: Texts, slots: Slots, rows: Int64 | None = None) -> UInt64:
    """Return what slots say as a hash: width folded, thousands separators and blanks dropped (uint64[S]).

    All of them, or those of some rows.
    """
    table = tables()
    start, end = (side if rows is None else side[rows] for side in (slots.start, slots.end))
    value = np.empty(len(start), np.uint64)
    shared(kernels.figures, len(value), texts.codes, start, end, table.kind, table.fold, value)
    return value
