"""Settle families for units smaller than a document: who stays, what is claimed, which units go.

Two passes. The first goes through the families and marks characters as pinned (they stay, a removal names them) or
claimed (a copy of them stays elsewhere). The second goes through the units of each text and lets go those that are
claimed enough and pinned nowhere. Deciding units in the first pass would be simpler, but a unit can be claimed in
halves by two families, and its first half would then stay for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dedup.clean.cut import Units, units
from dedup.clean.desk import Desk, numbers, solid
from dedup.clean.link import Link, Links
from dedup.clean.removal import Claim, Plan, Removal
from dedup.result import Cluster, Span
from dedup.schema import Bool, Int32

# A share such as 0.7 of 10 characters must be 7 of them, whatever its binary expansion.
_TOLERANCE = 1e-9


def settle(desk: Desk) -> Plan:
    """Return the plan at level ``paragraph`` or ``passage``.

    Notes
    -----
    A member is compared with the kept members of its family in turn; a family has one as a rule, and more only
    where members are linked with none of them, so the cost is members times kept members.
    """
    return _Settling(desk).run()


class _Settling:
    """The marks on the characters of every document that a family or page noise touches."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._links = Links(desk.result, desk.texts)
        self._claims: list[Claim] = []
        self._claimed: dict[int, Int32] = {}  # 0 is none, n is self._claims[n - 1]
        self._pinned: dict[int, Bool] = {}
        self._noise: dict[int, Bool] = {}
        self._stayed: Counter[str] = Counter()
        self._members: list[tuple[int, Span]] = []  # claim number and where it was made, to count what came of it

    def run(self) -> Plan:
        for info in self._desk.result.documents:
            for start, end, label in self._desk.noise(info.id):
                number = self._note(Claim(label, None, None, None, None))
                self._open(info.id)
                self._claimed[info.id][start:end] = number
                self._noise[info.id][start:end] = True
        for family in self._desk.families:
            self._settle(family)
        removals: list[Removal] = []
        whole: set[int] = set()
        for document in sorted(self._claimed):
            gone = self._gone(document)
            if gone is None:
                continue
            removals += self._rows(document, gone)
            if gone.all():
                whole.add(document)
        self._count_partial(removals)
        return Plan(tuple(removals), frozenset(whole), dict(sorted((+self._stayed).items())))

    def _settle(self, family: Cluster) -> None:
        """Choose who stays in one family, pin them, and claim the members linked with them."""
        desk = self._desk
        rows = [row for row, span in enumerate(family.members) if span.document not in desk.against]
        for row in rows:
            self._open(family.members[row].document)
        if desk.policy.keep == "none" and not desk.against:
            for row in rows:
                self._claim(family, row, None, None)
            return
        stay = [row for row, span in enumerate(family.members) if span.document in desk.against]
        stay.sort(key=lambda row: self._standing(family, row))
        for row in sorted(rows, key=lambda row: self._standing(family, row)):
            linked = self._partner(family, row, stay)
            if linked is not None:
                self._claim(family, row, *linked)
            elif desk.against:
                self._stayed["unlinked"] += 1
            elif self._intact(family.members[row]):
                self._stayed["unlinked"] += bool(stay)
                stay.append(row)
                self._pin(family.members[row])

    def _standing(self, family: Cluster, row: int) -> tuple[object, ...]:
        """Return the sort key by which a member stays: intact before claimed, pinned before free, then the policy."""
        span = family.members[row]
        prefer, date, rank = self._desk.standing(span.document)
        keep = self._desk.policy.keep
        by_keep: tuple[float, ...] = ()
        if keep == "longest":
            by_keep = (span.start - span.end,)
        elif keep == "medoid":
            by_keep = (row != family.medoid, -family.wording[row])
        if span.document in self._desk.against:
            return False, False, prefer, date, by_keep, rank, span.start, span.end
        # A member that is mostly pinned cannot go whatever is decided here: letting it stay for this family too
        # costs nothing, and choosing another would leave two copies.
        pinned = 2 * np.count_nonzero(self._pinned[span.document][span.start : span.end]) >= span.end - span.start
        return not self._intact(span), not pinned, prefer, date, by_keep, rank, span.start, span.end

    def _partner(self, family: Cluster, row: int, stay: list[int]) -> tuple[int, Link] | None:
        for other in stay:
            link = self._links.find(family, row, other)
            if link is not None:
                return other, link
        return None

    def _intact(self, span: Span) -> bool:
        claimed = self._claimed[span.document][span.start : span.end]
        return not np.any((claimed != 0) & ~self._noise[span.document][span.start : span.end])

    def _pin(self, span: Span) -> None:
        self._pinned[span.document][span.start : span.end] |= ~self._noise[span.document][span.start : span.end]

    def _claim(self, family: Cluster, row: int, other: int | None, link: Link | None) -> None:
        """Claim the characters of a member that stand in the one that stays; without one, all of them."""
        span = family.members[row]
        partner = None if other is None else family.members[other]
        wording, similarity = (None, None) if link is None else (link.wording, link.similarity)
        here = slice(span.start, span.end)
        claimed, pinned = self._claimed[span.document][here], self._pinned[span.document][here]
        free = (claimed == 0) & ~pinned
        if not free.any():
            self._stayed["pinned"] += bool(pinned.any())
            return
        if other is not None:
            free &= self._links.matched(family, row, other)
        claimed[free] = self._note(Claim(family.label, family.id, partner, wording, similarity))
        number = len(self._claims)
        self._members.append((number, span))

    def _note(self, claim: Claim) -> int:
        self._claims.append(claim)
        return len(self._claims)

    def _open(self, document: int) -> None:
        if document not in self._claimed:
            size = len(self._desk.texts[document])
            self._claimed[document] = np.zeros(size, np.int32)
            self._pinned[document] = np.zeros(size, np.bool_)
            self._noise[document] = np.zeros(size, np.bool_)

    def _gone(self, document: int) -> Int32 | None:
        """Return int32[len(text)]: the claim because of which each character goes, or 0; None if all stay."""
        text, claimed = self._desk.texts[document], self._claimed[document]
        if not claimed.any():
            return None
        ink = solid(text)
        tiles = units(text, self._desk.policy.level)
        gone = np.zeros(len(text), np.int32)
        if self._desk.policy.level == "passage":
            # Page noise is cut exactly, in the middle of a sentence too: what meets there is the two halves of that
            # sentence. White space stays, or two paragraphs would meet. Noise that runs over a line break and ends
            # within a sentence is not trusted with it: a heading repeated took the subject of a sentence along.
            noise = self._noise[document] & ink & ~_over_breaks(self._noise[document], tiles)
            gone[noise] = claimed[noise]
        stays = self._pinned[document] & ink
        digits = numbers(text)
        if self._desk.policy.numbers:
            stays |= digits & (claimed == 0)
            digits[:] = False
        going = self._going(tiles, ink & ~digits, claimed, stays)
        for unit in np.flatnonzero(going):
            start, end = int(tiles.bounds[unit]), int(tiles.bounds[unit + 1])
            gone[start:end] = _dominant(claimed[start:end], ink[start:end])
        if not gone.any():
            return None
        _fill_borders(tiles, ink, gone)
        if not np.any(ink & (gone == 0)):
            _spread(gone)
        return gone

    def _going(self, tiles: Units, ink: Bool, claimed: Int32, stays: Bool) -> Bool:
        total = _sums(ink, tiles)
        covered = _sums(ink & (claimed != 0), tiles)
        enough = covered >= self._desk.policy.share * total - _TOLERANCE
        return np.asarray(enough & (total > 0) & (_sums(stays, tiles) == 0) & ~tiles.border)

    def _rows(self, document: int, gone: Int32) -> Iterator[Removal]:
        ink, claimed = solid(self._desk.texts[document]), self._claimed[document]
        for start, end, number in _runs(gone):
            here, dark = claimed[start:end], ink[start:end]
            others = sorted(set(here[dark & (here != 0)].tolist()) - {number})
            also = {self._claims[other - 1]: None for other in others}
            carried = int(np.count_nonzero(dark & (here == 0)))
            yield Removal(document, start, end, self._claims[number - 1], tuple(also), carried)

    def _count_partial(self, removals: list[Removal]) -> None:
        """Count claimed members of which nothing went: no unit was claimed enough."""
        went: dict[int, list[tuple[int, int]]] = {}
        for row in removals:
            went.setdefault(row.document, []).append((row.start, row.end))
        starts = {document: np.array(rows, np.int64) for document, rows in went.items()}
        for _, span in self._members:
            rows = starts.get(span.document)
            if rows is None or not np.any((rows[:, 0] < span.end) & (rows[:, 1] > span.start)):
                self._stayed["partial"] += 1


def _over_breaks(noise: Bool, tiles: Units) -> Bool:
    """Return the noise in runs that touch more than one paragraph."""
    over = np.zeros(len(noise), np.bool_)
    for start, end, _ in _runs(noise.astype(np.int32)):
        first, last = np.searchsorted(tiles.bounds, [start, end - 1], side="right") - 1
        if tiles.paragraph[first] != tiles.paragraph[last]:
            over[start:end] = True
    return over


def _sums(mask: Bool, tiles: Units) -> NDArray[np.int64]:
    """Return how many characters of each unit are in the mask."""
    total = np.concatenate(([0], np.cumsum(mask, dtype=np.int64)))
    return np.asarray(np.diff(total[tiles.bounds]), np.int64)


def _dominant(claimed: Int32, ink: Bool) -> int:
    """Return the claim that covers most characters; of equal ones the one made first."""
    values, counts = np.unique(claimed[ink & (claimed != 0)], return_counts=True)
    return int(values[np.argmax(counts)])


def _fill_borders(tiles: Units, ink: Bool, gone: Int32) -> None:
    """Let the indent and the line breaks of a paragraph go where all of its text goes."""
    edges = np.flatnonzero(np.diff(tiles.paragraph, prepend=-1, append=-1))
    starts, ends = tiles.bounds[edges[:-1]], tiles.bounds[edges[1:]]
    left = np.concatenate(([0], np.cumsum(ink & (gone == 0), dtype=np.int64)))
    some = np.concatenate(([0], np.cumsum(gone != 0, dtype=np.int64)))
    emptied = (left[ends] == left[starts]) & (some[ends] > some[starts])
    for row in np.flatnonzero(emptied):
        _spread(gone[starts[row] : ends[row]])


def _spread(gone: Int32) -> None:
    """Give each 0 the value before it, and the first ones the first value; in place. Something must be set."""
    places = np.flatnonzero(gone)
    owner = np.searchsorted(places, np.arange(len(gone)), side="right") - 1
    gone[:] = gone[places[np.maximum(owner, 0)]]


def _runs(values: Int32) -> list[tuple[int, int, int]]:
    """Return the runs of equal values other than 0 as (start, end, value)."""
    cuts = np.flatnonzero(np.diff(values, prepend=0, append=0))
    return [(start, end, int(values[start])) for start, end in pairwise(cuts.tolist()) if values[start]]
