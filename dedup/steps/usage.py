"""Who uses a family's words, and between which other words? Answers with how freely they are used.

A set phrase stands in many hands, each time between other words. A block that was copied goes on the same way in
every copy, and so does whatever is cut out of it. What the answer is worth is decided in `dedup.steps.label`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedup.intervals import ordered
from dedup.schema import Bool, Families, Float64, Int64, KeyStream, ParagraphKind, Segments, UInt64, Usage

WINDOW = 16
"""Key characters on either side that are looked at."""

PIECE = 4
"""Characters of a piece; of those in the window one stands for all, so that ends which differ a little agree."""

NEAR = 1
"""Key characters by which an end may miss the border of a sentence or paragraph."""

WOVEN = 0.75
"""Share of the units that must have the words in mid-sentence; what is pasted stands so now and then."""

_BASE = np.uint64(0x9E3779B97F4A7C55)
_NOTHING = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


def units(issuers: Sequence[str | None], segments: Segments) -> Int64:
    """Return who wrote each document, as numbers: its issuer, else the file alone (int64[D]).

    The parts of a collection file were written by different hands, but somebody pasted them together, and may have
    pasted one material twice: the file counts once here, and not as its issuer.
    """
    names = sorted({name for name in issuers if name is not None})
    number = {name: len(issuers) + rank for rank, name in enumerate(names)}
    found = np.array([row if name is None else number[name] for row, name in enumerate(issuers)], np.int64)
    found[segments.parts.document] = segments.parts.document
    return found


def usage(keys: KeyStream, segments: Segments, families: Families, units: Int64, longest: int, least: int) -> Usage:
    """Return how each family is used.

    Parameters
    ----------
    keys : KeyStream
    segments : Segments
    families : Families
    units : int64[D]
        As `units` gives them.
    longest : int
        Longest medoid, in key characters, that is looked at: what is longer is no formula however it is used.
    least : int
        Fewest units for which it is worth looking.

    Returns
    -------
    Usage

    Notes
    -----
    Each unit speaks once, by its first member. On either side the least hash of the 4-grams (`PIECE`) in the 16
    characters (`WINDOW`) before or behind stands for the context: two members that go on alike agree in it, even if
    one of them ends three characters later. With shares p of the contexts seen, their effective number is ``2 ** H``,
    H the entropy ``-sum(p * log2(p))``; the lesser of both sides counts, because what was cut out of a longer copy
    goes on alike at least on one side. Where a report begins or ends there is nothing to agree in: each is a context
    of its own.

    O(members), sorted once a side.
    """
    count = len(families.medoid)
    family = np.repeat(np.arange(count), np.diff(families.indptr))
    length = (families.end - families.start)[families.medoid] if count else np.empty(0, np.int64)
    document = np.searchsorted(keys.indptr, families.start, side="right") - 1
    unit = units[document] if len(family) else document
    first = _first(family, unit)
    hands = np.bincount(family[first], minlength=count)
    asked = first[((hands >= least) & (length <= longest))[family[first]]]
    asked = asked[ordered(families.start[asked])]  # what is looked up side by side lies side by side
    start, end, family = families.start[asked], families.end[asked], family[asked]
    low, high = keys.indptr[document[asked]], keys.indptr[document[asked] + 1]
    left = _effective(family, _context(keys, start - WINDOW, start, low, high), count)
    right = _effective(family, _context(keys, end, end + WINDOW, low, high), count)
    # A line that ends without a stop is joined with the next as if it were wrapped: lines are borders as well.
    lines = [_near_line(keys, segments.lines, side) for side in (start, end)]
    at_start, at_end = (
        _near(segments.sentences, side) | line for side, line in zip((start, end), lines, strict=True)
    )
    continued = ~(at_start & (at_end | (end >= high)))
    row = np.maximum(np.searchsorted(segments.start, start, side="right") - 1, 0)
    heading = np.isin(segments.kind[row], (ParagraphKind.HEADING, ParagraphKind.PART_TITLE)) if len(row) else row > 0
    paragraph = lines[0] & (lines[1] | (end >= high)) & ~heading
    return Usage(
        units=hands.astype(np.int64),
        contexts=np.minimum(left, right),
        continued=_held(family, continued, count) >= WOVEN,
        paragraph=_held(family, paragraph, count) > 0.5,
    )


def _first(family: Int64, unit: Int64) -> Int64:
    """Return the rows of the first member of each unit in each family, in order."""
    order = ordered(family, unit)
    new = np.ones(len(order), bool)
    new[1:] = (family[order][1:] != family[order][:-1]) | (unit[order][1:] != unit[order][:-1])
    return np.sort(order[new])


def _context(keys: KeyStream, start: Int64, end: Int64, low: Int64, high: Int64) -> UInt64:
    """Return a word for what stands in each key range as far as it lies in [low, high): equal pieces, equal words."""
    at = start[:, None] + np.arange(WINDOW)
    inside = (at >= low[:, None]) & (at < high[:, None])
    codes = keys.codes[np.clip(at, 0, max(len(keys.codes) - 1, 0))].astype(np.uint64)
    hashes = np.zeros((len(start), WINDOW - PIECE + 1), np.uint64)
    whole = np.ones(hashes.shape, bool)
    for step in range(PIECE):
        column = slice(step, step + hashes.shape[1])
        hashes = hashes * _BASE + codes[:, column] + np.uint64(1)
        whole &= inside[:, column]
    # The finaliser of splitmix64: the least of raw polynomials would be that of the least first character.
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * np.uint64(factor)
    hashes ^= hashes >> np.uint64(31)
    word: UInt64 = np.where(whole, hashes, _NOTHING).min(axis=1)
    alone = ~whole.any(axis=1)
    word[alone] = start[alone].astype(np.uint64)  # nothing to agree in: a context of its own
    return word


def _effective(family: Int64, word: UInt64, count: int) -> Float64:
    """Return the effective number of distinct words in each family: 2 to the power of their entropy (float64[F])."""
    order = np.lexsort((word, family))
    new = np.ones(len(order), bool)
    new[1:] = (family[order][1:] != family[order][:-1]) | (word[order][1:] != word[order][:-1])
    begins = np.flatnonzero(new)
    times = np.diff(np.append(begins, len(order)))
    size = np.bincount(family, minlength=count)
    weight = np.bincount(family[order][begins], weights=times * np.log2(times), minlength=count)
    return np.where(size > 0, size / np.exp2(weight / np.maximum(size, 1)), 0.0)


def _near(borders: Int64, position: Int64) -> Bool:
    """Return which positions lie within `NEAR` of one of the sorted borders."""
    found = np.searchsorted(borders, position - NEAR) < np.searchsorted(borders, position + NEAR, side="right")
    return np.asarray(found, bool)


def _near_line(keys: KeyStream, lines: Int64, position: Int64) -> Bool:
    """Return which key positions lie within `NEAR` of one that begins a line, given raw beginnings of lines.

    Positions are taken back to the texts, not all lines to the key stream: those of a corpus are many more.
    """
    before, behind = position - NEAR - 1, position + NEAR
    size = len(keys.codes)
    low = np.where(before >= 0, keys.origin[np.clip(before, 0, None)].astype(np.int64), -1)
    high = np.where(behind < size, keys.origin[np.clip(behind, None, max(size - 1, 0))].astype(np.int64), 1 << 62)
    found = np.searchsorted(lines, low, side="right") < np.searchsorted(lines, high, side="right")
    return np.asarray(found, bool)


def _held(family: Int64, holds: Bool, count: int) -> Float64:
    """Return of which share of each family's rows something holds (float64[F])."""
    return np.bincount(family[holds], minlength=count) / np.maximum(np.bincount(family, minlength=count), 1)
