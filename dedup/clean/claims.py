"""Settle families for units smaller than a document: who stays, and which characters are claimed.

The first of two passes. It goes through the families and marks characters as pinned (they stay, a removal names them)
or claimed (they stand in a member that stays). `dedup.clean.going` then decides unit by unit. Deciding units at once
would be simpler, but a paragraph can be claimed in halves by two families, and its first half would stay for nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter

import numpy as np

from dedup.clean.desk import Desk
from dedup.clean.going import Held, Marks
from dedup.clean.link import Link, Links
from dedup.clean.removal import Claim, Plan, Removal
from dedup.clean.touched import removals as removals_of
from dedup.result import Cluster, Span


def settle(desk: Desk) -> Plan:
    """Return the plan at level ``paragraph`` or ``passage``.

    Notes
    -----
    A member is compared with the kept members of its family. A family has one as a rule, and more only where members
    are linked with none of them or stand in what the corpus is cleaned against; the cost is members times kept ones.
    """
    return _Settling(desk).run()


class _Settling:
    """The marks on every document that a family or page noise touches."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._links = Links(desk.result, desk.texts, desk.families, desk.found)
        self._claims: list[Claim] = []
        self._marks: dict[int, Marks] = {}
        self._stayed: Counter[str] = Counter()

    def run(self) -> Plan:
        desk = self._desk
        for info in desk.result.documents:
            for start, end, label in desk.noise(info.id):
                number = self._note(Claim(label, None, None, None, None))
                self._open(info.id).noise[start:end] = number
        for family in desk.families:
            self._settle(family)
        removals: list[Removal] = []
        whole: set[int] = set()
        least = desk.result.params.min_chars
        for document, rows in removals_of(desk.texts, self._marks, self._claims, desk.policy, least):
            removals += rows
            self._stayed["partial"] += sum(not _touched(held, rows) for held in self._marks[document].held)
            if rows and sum(row.end - row.start for row in rows) == len(desk.texts[document]):
                whole.add(document)
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
        pinned = (
            2 * np.count_nonzero(self._marks[span.document].pinned[span.start : span.end]) >= span.end - span.start
        )
        return not self._intact(span), not pinned, prefer, date, by_keep, rank, span.start, span.end

    def _partner(self, family: Cluster, row: int, stay: list[int]) -> tuple[int, Link] | None:
        """Return the member that stays and is most like this one, the first of several; None if none is linked.

        Not the first that is linked: of a copy and an edited copy in an archive, only the one holds all of it.
        """
        best: tuple[int, Link] | None = None
        for other in stay:
            link = self._links.find(family, row, other)
            if link is not None and (best is None or _likeness(link) > _likeness(best[1])):
                best = other, link
                if link.similarity == 1.0:
                    break
        return best

    def _intact(self, span: Span) -> bool:
        return not self._marks[span.document].claimed[span.start : span.end].any()

    def _pin(self, span: Span) -> None:
        marks, here = self._marks[span.document], slice(span.start, span.end)
        marks.pinned[here] |= marks.noise[here] == 0

    def _claim(self, family: Cluster, row: int, other: int | None, link: Link | None) -> None:
        """Claim the characters of a member that stand in the one that stays; without one, all of them."""
        span = family.members[row]
        marks, here = self._marks[span.document], slice(span.start, span.end)
        free = ~marks.pinned[here] & (marks.noise[here] == 0)
        if not free.any():
            self._stayed["pinned"] += bool(marks.pinned[here].any())
            return
        partner, wording, similarity = None, None, None
        named = np.zeros(len(free), np.bool_)
        if other is not None and link is not None:
            match = self._links.matched(family, row, other)
            free &= match.stands
            named = match.other
            partner, wording, similarity = family.members[other], link.wording, link.similarity
        marks.claimed[here] |= free
        number = self._note(Claim(family.label, family.id, partner, wording, similarity))
        in_one = partner is None or partner.document == span.document
        marks.held.append(Held(number, span.start, free, named, in_one))

    def _note(self, claim: Claim) -> int:
        self._claims.append(claim)
        return len(self._claims)

    def _open(self, document: int) -> Marks:
        if document not in self._marks:
            self._marks[document] = Marks.blank(len(self._desk.texts[document]))
        return self._marks[document]


def _likeness(link: Link) -> tuple[float, float]:
    return link.similarity or 0.0, link.wording


def _touched(held: Held, rows: list[Removal]) -> bool:
    """Whether anything of a claimed member went; rows are sorted."""
    ends = [row.end for row in rows]
    first = bisect_right(ends, held.start)
    return first < len(rows) and rows[first].start < held.start + len(held.mask)
