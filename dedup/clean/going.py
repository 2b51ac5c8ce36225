"""Which units go: the second pass, over the marks that the families left.

A sentence is held by one member that stays, not by several together: of three partners each may have a third of it,
and none says what it says. A paragraph may be put together of sentences that different members hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from dedup.clean.cut import Units, units
from dedup.clean.desk import letters, numbers, solid
from dedup.clean.headings import with_their_text
from dedup.clean.policy import CleanPolicy
from dedup.schema import Bool, Int32, Int64

# A share such as 0.7 of 10 characters must be 7 of them, whatever its binary expansion.
_TOLERANCE = 1e-9
# A line that is page noise but for a word or two ("[看原页](…)") is page noise; the word is no loss.
_NOISE_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Held:
    """One claim on a text.

    number : int       of the claim, from 1
    start : int        where its member begins
    mask : bool[N]     which characters from there on stand in the partner
    other : bool[N]    which are a name in whose place the partner has another
    here : bool        whether the partner stands in the same document
    """

    number: int
    start: int
    mask: Bool
    other: Bool
    here: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks on the characters of a text; no character is both pinned and claimed.

    noise : int32[N]     claim number of page noise, 0 elsewhere
    claimed : bool[N]    in some claim of a family
    pinned : bool[N]     in a member that stays
    held : list of Held  claims of families, in the order made
    """

    noise: Int32
    claimed: Bool
    pinned: Bool
    held: list[Held] = field(default_factory=list)

    @classmethod
    def blank(cls, size: int) -> Marks:
        """Return the marks of a text of that many characters: none."""
        return cls(np.zeros(size, np.int32), np.zeros(size, np.bool_), np.zeros(size, np.bool_))


@dataclass(frozen=True, slots=True)
class Fate:
    """What the second pass decides of the characters of a text.

    gone : int32[N]      claim number of what goes, 0 of what stays
    unmatched : bool[N]  letters, Han and digits that stand in no partner; those that go are carried along
    """

    gone: Int32
    unmatched: Bool


def decide(text: str, marks: Marks, policy: CleanPolicy, least: int) -> Fate:
    """Return what goes of a text.

    Parameters
    ----------
    text : str
        Whole paragraphs.
    marks : Marks
    policy : CleanPolicy
        Level ``paragraph`` or ``passage``.
    least : int
        Letters, Han and digits of the shortest stretch that goes, page noise aside: what is too short to be found as
        a passage (会议认为。) is no duplicate when it is left over from one.

    Returns
    -------
    Fate
    """
    ink, tiles = solid(text), units(text, "passage")
    digits = numbers(text)
    signs = letters(text)
    weigh = signs if policy.numbers else signs & ~digits
    owners = _owners(tiles, weigh, marks)
    gone = np.zeros(len(text), np.int32)
    if policy.level == "passage":
        # Page noise is cut exactly, in the middle of a sentence too: what meets there is the two halves of that
        # sentence. White space stays, or two paragraphs would meet. Noise that runs over a line break and ends within
        # a sentence is not trusted with it: a heading repeated took the subject of the sentence along.
        exact = (marks.noise > 0) & ink & ~_over_breaks(marks.noise > 0, tiles)
        gone[exact] = marks.noise[exact]
    veto = marks.pinned & ink
    if policy.numbers:
        veto |= digits & ~owners.stands
    if policy.names:
        veto |= owners.other
    enough = _going(tiles, weigh, owners.stands, marks.noise > 0, veto, policy)
    enough = _long_enough(enough, tiles, signs, marks.noise > 0, least)
    enough = with_their_text(text, tiles, enough, owners.afar, owners.noise, _sums(signs, tiles))
    going = np.flatnonzero(enough)
    for unit in going:
        gone[tiles.bounds[unit] : tiles.bounds[unit + 1]] = owners.number[unit]
    if policy.level == "paragraph":
        _fill_paragraphs(tiles, np.unique(tiles.paragraph[going]), gone)
    else:
        _fill_borders(tiles, ink, gone)
    return Fate(gone, weigh & ~owners.stands)


@dataclass(frozen=True, slots=True)
class _Owners:
    """Who holds the units of a text.

    number : int32[U]   claim that holds most of each unit
    afar : bool[U]      and its partner stands in another document
    noise : bool[U]     it is that of page noise
    stands : bool[N]    the character stands in the partner of its unit, or is page noise
    other : bool[N]     it is a name in whose place that partner has another
    """

    number: Int32
    afar: Bool
    noise: Bool
    stands: Bool
    other: Bool


def _owners(tiles: Units, weigh: Bool, marks: Marks) -> _Owners:
    """Return the claim that holds most of each sentence, and what it holds.

    The first made wins a tie, so a sentence that two families hold goes for the longer one. A unit of which more is
    page noise than any claim holds is the noise's.
    """
    noisy = _sums((marks.noise > 0) & weigh, tiles)
    best = np.zeros(len(tiles.border), np.int64)
    holder = np.full(len(tiles.border), -1)
    for row, held in enumerate(marks.held):
        end = held.start + len(held.mask)
        first = int(np.searchsorted(tiles.bounds, held.start, side="right")) - 1
        last = int(np.searchsorted(tiles.bounds, end, side="left"))
        edges = np.clip(tiles.bounds[first : last + 1], held.start, end) - held.start
        counts = np.diff(_running(held.mask & weigh[held.start : end])[edges])
        better = counts > best[first:last]
        best[first:last][better] = counts[better]
        holder[first:last][better] = row
    # One row more, for a unit that nobody holds.
    owner = np.array([*(held.number for held in marks.held), 0], np.int32)[holder]
    afar = np.array([*(not held.here for held in marks.held), False], np.bool_)[holder]
    stands, other = marks.noise > 0, np.zeros(len(weigh), np.bool_)
    for unit in np.flatnonzero(holder >= 0):
        held = marks.held[holder[unit]]
        start = max(int(tiles.bounds[unit]), held.start)
        end = min(int(tiles.bounds[unit + 1]), held.start + len(held.mask))
        stands[start:end] |= held.mask[start - held.start : end - held.start]
        other[start:end] |= held.other[start - held.start : end - held.start]
    of_noise = noisy > best
    for unit in np.flatnonzero(of_noise):
        noise = marks.noise[tiles.bounds[unit] : tiles.bounds[unit + 1]]
        owner[unit] = np.bincount(noise[noise > 0]).argmax()
    return _Owners(owner, afar & ~of_noise, of_noise, stands, other)


def _going(tiles: Units, weigh: Bool, stands: Bool, noise: Bool, veto: Bool, policy: CleanPolicy) -> Bool:
    """Return which units go: on their own, or at level ``paragraph`` with all of their paragraph."""
    total, covered, against = _sums(weigh, tiles), _sums(weigh & stands, tiles), _sums(veto, tiles)
    noisy = _sums(weigh & noise, tiles)
    if policy.level == "paragraph" and len(total):
        edges = np.flatnonzero(np.diff(tiles.paragraph, prepend=-1))
        total, covered, against, noisy = (
            np.add.reduceat(column, edges)[tiles.paragraph] for column in (total, covered, against, noisy)
        )
    enough = (covered >= policy.least * total - _TOLERANCE) | (noisy >= _NOISE_SHARE * total)
    return np.asarray(enough & (total > 0) & (against == 0) & ~tiles.border)


def _long_enough(going: Bool, tiles: Units, signs: Bool, noise: Bool, least: int) -> Bool:
    """Return the units that go, less those in stretches too short; the frames of paragraphs between do not count."""
    text = np.flatnonzero(~tiles.border)
    kept = going.copy()
    sizes, noisy = _sums(signs & ~noise, tiles), _sums(signs & noise, tiles) > 0
    for start, end, _ in runs(going[text].astype(np.int32)):
        rows = text[start:end]
        if sizes[rows].sum() < least:
            kept[rows[~noisy[rows]]] = False
    return kept


def _over_breaks(noise: Bool, tiles: Units) -> Bool:
    """Return the noise in runs that touch more than one paragraph."""
    over = np.zeros(len(noise), np.bool_)
    for start, end, _ in runs(noise.astype(np.int32)):
        first, last = np.searchsorted(tiles.bounds, [start, end - 1], side="right") - 1
        if tiles.paragraph[first] != tiles.paragraph[last]:
            over[start:end] = True
    return over


def _fill_paragraphs(tiles: Units, rows: Int64, gone: Int32) -> None:
    """Let all of these paragraphs go: sentences that nobody holds, indents and line breaks too; in place."""
    first = np.searchsorted(tiles.paragraph, rows, side="left")
    last = np.searchsorted(tiles.paragraph, rows, side="right")
    for start, end in zip(tiles.bounds[first].tolist(), tiles.bounds[last].tolist(), strict=True):
        spread(gone[start:end])


def _fill_borders(tiles: Units, ink: Bool, gone: Int32) -> None:
    """Let the indent and the line breaks of a paragraph go where all of its text goes; in place."""
    edges = np.flatnonzero(np.diff(tiles.paragraph, prepend=-1, append=-1))
    starts, ends = tiles.bounds[edges[:-1]], tiles.bounds[edges[1:]]
    left, some = _running(ink & (gone == 0)), _running(gone != 0)
    for row in np.flatnonzero((left[ends] == left[starts]) & (some[ends] > some[starts])):
        spread(gone[starts[row] : ends[row]])


def spread(gone: Int32) -> None:
    """Give each 0 the value before it, and the first ones the first value; in place. Something must be set."""
    places = np.flatnonzero(gone)
    owner = np.searchsorted(places, np.arange(len(gone)), side="right") - 1
    gone[:] = gone[places[np.maximum(owner, 0)]]


def _running(mask: Bool) -> Int64:
    """Return int64[N + 1]: how many are set before each place."""
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(mask, dtype=np.int64)))


def _sums(mask: Bool, tiles: Units) -> Int64:
    """Return how many characters of each unit are in the mask."""
    return np.diff(_running(mask)[tiles.bounds])


def runs(values: Int32) -> list[tuple[int, int, int]]:
    """Return the runs of equal values other than 0 as (start, end, value)."""
    cuts = np.flatnonzero(np.diff(values, prepend=0, append=0))
    return [(start, end, int(values[start])) for start, end in pairwise(cuts.tolist()) if values[start]]
