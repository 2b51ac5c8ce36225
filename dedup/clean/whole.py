"""Settle families for whole documents: a document goes when one document that stays holds most of it.

One document, not several together: a report pieced together from three others is no copy of any of them, and level
``paragraph`` is there for its pieces. Documents are decided in the order in which the policy would keep them, each
against those kept before, so a partner is never removed later; a second pass, backwards, finds those contained in a
document that came later.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dedup.clean.desk import Desk, letters
from dedup.clean.link import Links
from dedup.clean.removal import Claim, Plan, Removal
from dedup.schema import Bool

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Why a document goes: the largest claim of the document that stays, and the characters it does not hold."""

    cause: Claim
    carried: int


def settle_documents(desk: Desk) -> Plan:
    """Return the plan at level ``document``.

    Notes
    -----
    Partners are looked for only in families without which a document could not reach its share (prefix filter), so
    a formula-like block in every document costs nothing unless the document is little else.
    """
    return _Settling(desk).run()


class _Settling:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._links = Links(desk.result, desk.texts, desk.families, desk.found)
        # document -> [(row of desk.families, rows of its members there)], in the order of the families
        self._held: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for row, family in enumerate(desk.families):
            for member, span in enumerate(family.members):
                self._held[span.document][row].append(member)
        self._standing_in: dict[int, list[int]] = defaultdict(list)  # family -> documents that stay, in order
        self._gone: dict[int, _Verdict] = {}
        self._named: set[int] = set()

    def run(self) -> Plan:
        order = self._order()
        keep_none = self._desk.policy.keep == "none" and not self._desk.against
        for document in order if keep_none else sorted(self._desk.against, key=self._desk.rank.__getitem__):
            self._stay(document)
        for document in order:
            self._decide(document)
            if document not in self._gone and not self._desk.against and not keep_none:
                self._stay(document)
        if not keep_none and not self._desk.against:
            for document in reversed(order):
                if document not in self._gone and document not in self._named:
                    self._decide(document)
        rows = [self._row(document) for document in sorted(self._gone)]
        return Plan(tuple(rows), frozenset(self._gone), {})

    def _order(self) -> list[int]:
        """Return the documents that may go, those that stay first before the others."""
        desk, keep = self._desk, self._desk.policy.keep
        weight: Counter[int] = Counter()
        if keep == "longest":
            weight.update({info.id: info.chars for info in desk.result.documents})
        elif keep == "medoid":
            weight.update(family.members[family.medoid].document for family in desk.families)
        ids = [info.id for info in desk.result.documents if info.id not in desk.against]
        return sorted(ids, key=lambda document: (desk.standing(document)[:2], -weight[document], desk.rank[document]))

    def _stay(self, document: int) -> None:
        for family in self._held.get(document, ()):
            self._standing_in[family].append(document)

    def _decide(self, document: int) -> None:
        if document not in self._held and not self._desk.noise(document):
            return
        ink = letters(self._desk.texts[document])
        wanted = self._desk.policy.least * np.count_nonzero(ink) - _TOLERANCE
        if not ink.any():
            return
        noise, noise_label = np.zeros(len(ink), np.bool_), "furniture"
        for start, end, label in self._desk.noise(document):
            noise[start:end], noise_label = True, label
        if np.count_nonzero(noise & ink) >= wanted:
            claim = Claim(noise_label, None, None, None, None)
            self._gone[document] = _Verdict(claim, int(np.count_nonzero(ink & ~noise)))
            return
        for partner in self._candidates(document, ink, noise, wanted):
            cause, covered = self._cover(document, partner, len(ink))
            union = (covered | noise) & ink
            if cause is not None and np.count_nonzero(union) >= wanted:
                self._gone[document] = _Verdict(cause, int(np.count_nonzero(ink & ~union)))
                self._named.add(partner)
                return

    def _candidates(self, document: int, ink: Bool, noise: Bool, wanted: float) -> Iterable[int]:
        """Return documents that stay and might hold enough of this one, those preferred first."""
        held = self._held.get(document, {})
        rarest_first = sorted(held, key=lambda row: (len(self._standing_in[row]), row))
        # A partner that shares none of the families picked so far can hold only what the others cover; once that is
        # too little, the rest need not be asked. Those with the fewest candidates are picked first.
        mask = noise.copy()
        enough: list[int] = []
        for row in reversed(rarest_first):
            for member in held[row]:
                span = self._desk.families[row].members[member]
                mask[span.start : span.end] = True
            if enough or np.count_nonzero(mask & ink) >= wanted:
                enough.append(row)
        found = dict.fromkeys(other for row in enough for other in self._standing_in[row])
        alive = [other for other in found if other != document and (other not in self._gone or self._keeps_none)]
        return sorted(alive, key=self._place)

    @property
    def _keeps_none(self) -> bool:
        return self._desk.policy.keep == "none" and not self._desk.against

    def _place(self, document: int) -> tuple[object, ...]:
        return (*self._desk.standing(document)[:2], self._desk.rank[document])

    def _cover(self, document: int, partner: int, size: int) -> tuple[Claim | None, Bool]:
        """Return the largest claim that the partner makes, and what all its claims cover."""
        covered = np.zeros(size, np.bool_)
        cause: Claim | None = None
        largest = 0
        for row, members in self._held[document].items():
            family = self._desk.families[row]
            for member in members:
                span = family.members[member]
                for other in self._held[partner].get(row, ()):
                    link = self._links.find(family, member, other)
                    if link is None:
                        continue
                    covered[span.start : span.end] |= self._links.matched(family, member, other).stands
                    if span.end - span.start > largest:
                        there = None if self._keeps_none else family.members[other]
                        cause = Claim(family.label, family.id, there, link.wording, link.similarity)
                        largest = span.end - span.start
                    break
        return cause, covered

    def _row(self, document: int) -> Removal:
        verdict = self._gone[document]
        size = len(self._desk.texts[document])
        return Removal(document, 0, size, verdict.cause, verdict.carried)
