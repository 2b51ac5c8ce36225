"""What makes a reviewer believe a family? Answers with oddities that two reports cannot share by chance.

The same rare figure, the same slip of the pen, a place's name left over from the other report, paragraphs kept in
their order. Each is sought from the tables of a scan, in time linear in the text of the families; nothing here
changes a label. What a family's members differ in, figure by figure, is told too.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from dedup import spelling
from dedup.params import LABELS
from dedup.result import Evidence, Span
from dedup.schema import Int64, PassageKind, Reason, SlotKind
from dedup.steps.contrast import KINDS
from dedup.steps.data import words

if TYPE_CHECKING:
    from dedup.describe import Tables

STARRED = ("number", "typo", "leftover")
"""Kinds of evidence that are a shared oddity: one of them earns the family its star."""

SHOWN = 8
"""Slots told of a family, and values of each; how many were left out is told with them."""

IN_ORDER = 3
"""Families that two reports must have in the same order before it is worth telling."""

_DIGITS = 3
"""Significant digits from which a figure is rare enough: 23,417 and 14.5, but neither 5,000 nor 2.5."""

_CONTEXT = 3  # key characters on either side that say whether two figures stand at the same place
_SPELLED = 400  # key characters of a medoid in which slips are sought
_SPELLED_FAMILIES = 300  # and families: further ones get no evidence of this kind, as they get no title of key terms
_ACCUSED = ("copy", "mass")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NAME = re.compile(r"[\u4e00-\u9fff]{2,5}?(?:街道|[省市县区州旗乡镇村])")
_BEFORE_NAME = re.compile(
    r"^(?:第[一二三四五六七八九十百]+[篇部]分?|[篇之][一二三四五六七八九十百]+)?[\W\d_年度]*(?:中共|关于)?"
)

_LAST_WORDS = re.compile(r"[^\W\d_]{0,4}$")

_Other = tuple[str, int]  # what another member has, and its report
_Report = tuple[int, int]  # document, and part of a collection file or -1


class Witness:
    """Finds the evidence of families; made once a scan, because figures, names and order are facts of all reports.

    Parameters
    ----------
    tables : Tables
    spans : sequence of Span
        Place of each family member, in the order of ``tables.families``.
    """

    def __init__(self, tables: Tables, spans: Sequence[Span]) -> None:
        self._tables = tables
        self._spans = spans
        self._keys: dict[_Report, str] = {}
        self._borders = np.union1d(tables.texts.indptr[:-1], tables.segments.parts.raw_start)

    def of(self, number: int, passages: Int64) -> tuple[Evidence, ...]:
        """Return the evidence of a family: why it is labelled so, how far it reaches, and what is odd about it.

        Parameters
        ----------
        number : int
            Row of the family.
        passages : int64[n]
            Its passages.
        """
        tables = self._tables
        first, last = (int(tables.families.indptr[number + step]) for step in (0, 1))
        members = range(first, last)
        rows = [Evidence("rule", {"why": Reason(tables.labels.reason[number]).name.lower()})]
        if (tables.passages.kind[passages] == PassageKind.REWRITTEN).any():
            rows.append(Evidence("rewritten"))
        run = int(tables.changes.longest_run[passages].max(initial=0))
        if run:  # not looked for where a formula or page noise is merely listed
            rows.append(Evidence("verbatim_run", {"chars": run}))
        documents = len({self._spans[row].document for row in members})
        rows.append(Evidence("spread", {"documents": documents, "issuers": int(tables.labels.issuers[number])}))
        if LABELS[tables.labels.family_label[number]] in _ACCUSED:
            rows += self._leftovers(members)
            rows += self._typos(number, members, passages)
            rows += self._numbers(members)
            kept = max((self._in_order.get(row, 0) for row in passages.tolist()), default=0)
            if kept >= IN_ORDER:
                rows.append(Evidence("order", {"paragraphs": kept}))
        return (*rows, *self._slots(number, passages))

    def _report(self, span: Span) -> _Report:
        return span.document, -1 if span.part is None else span.part

    def _text(self, row: int) -> str:
        families = self._tables.families
        return self._tables.key_text(int(families.start[row]), int(families.end[row]))

    def _around(self, low: int, high: int, chars: int) -> tuple[str, str]:
        """Return the raw text before and after a raw range, no further than its document."""
        tables = self._tables
        document = int(tables.texts.document_of(np.array([low]))[0])
        start, end = tables.texts.indptr[document : document + 2].tolist()
        return tables.slice(max(low - chars, start), low), tables.slice(high, min(high + chars, end))

    # Figures

    def _figure(self, slot: int) -> str | None:
        """Return the figure in a slot, if it is a rare one."""
        slots = self._tables.keys.slots
        if slots.kind[slot] != SlotKind.DIGITS:
            return None
        value = self._tables.slice(int(slots.start[slot]), int(slots.end[slot])).replace(",", "")
        return value if _rare(value) else None

    @cached_property
    def _reports_with(self) -> dict[str, set[int]]:
        """The documents that have each rare figure."""
        found: dict[str, set[int]] = defaultdict(set)
        for slot, document in enumerate(self._tables.texts.document_of(self._tables.keys.slots.start).tolist()):
            if value := self._figure(slot):
                found[value].add(document)
        return found

    def _numbers(self, members: range) -> Iterator[Evidence]:
        """Yield the figures that stand at the same place in several reports, and in no report outside the family."""
        own = {self._spans[row].document for row in members}
        families, slots = self._tables.families, self._tables.keys.slots
        found: dict[tuple[str, str], set[_Report]] = defaultdict(set)
        for row in members:
            start, end = int(families.start[row]), int(families.end[row])
            for slot in range(*np.searchsorted(slots.key, (start + 1, end)).tolist()):
                if value := self._figure(slot):
                    at = int(slots.key[slot])
                    around = self._tables.key_text(max(at - _CONTEXT, start), min(at + _CONTEXT, end))
                    found[around, value].add(self._report(self._spans[row]))
        shared = {value for (_, value), reports in found.items() if len(reports) > 1}
        values = sorted((value for value in shared if self._reports_with[value] <= own), key=lambda v: (-len(v), v))
        if values:
            yield Evidence("number", {"value": values[:SHOWN]} | _left_out(values))

    # Slips of the pen

    def _typos(self, number: int, members: range, passages: Int64) -> Iterator[Evidence]:
        """Yield the slips that two reports have: those of the medoid, and those that two others have against it."""
        slips = [*self._own_slips(number, members), *self._common_slips(number, passages)]
        if slips:
            written, meant = ([slip[side] for slip in slips[:SHOWN]] for side in (0, 1))
            yield Evidence("typo", {"text": written, "meant": meant} | _left_out(slips))

    def _own_slips(self, number: int, members: range) -> Iterator[tuple[str, str]]:
        if number >= _SPELLED_FAMILIES:
            return
        medoid = int(self._tables.families.medoid[number])
        home = self._report(self._spans[medoid])
        text = self._text(medoid)[:_SPELLED]
        others = [self._text(row) for row in members if self._report(self._spans[row]) != home]
        for slip in spelling.slips(text):
            around = text[max(slip.start - _CONTEXT, 0) : slip.end + _CONTEXT]
            if any(around in other for other in others):
                yield slip.written, slip.meant

    def _common_slips(self, number: int, passages: Int64) -> Iterator[tuple[str, str]]:
        for low, high, others in self._differing(number, passages, ("typo",)):
            (before, after), right = self._around(low, high, 1), self._tables.slice(low, high)
            # Of the two sides of a slip one makes a word; if it is not the medoid, the others are right together.
            word = next((one for one in (before + right, right + after) if one in words()), None)
            reports = {value: {report for wrong, report in others if wrong == value} for value, _ in others}
            for wrong in sorted(value for value, of in reports.items() if len(of) > 1):
                if word is not None:
                    yield word.replace(right, wrong), word

    # Names left over

    @cached_property
    def _names(self) -> dict[_Report, frozenset[str]]:
        """The places that each report says it is of, in its title or issuer."""
        tables = self._tables
        names = {
            (number, -1): _places(document.title) | _places(document.issuer)
            for number, document in enumerate(tables.documents)
        }
        parts = tables.segments.parts
        for row, document in enumerate(parts.document.tolist()):
            title = tables.slice(int(parts.title_start[row]), int(parts.title_end[row]))
            names[document, row - int(tables.first_part[document])] = _places(title.strip())
        return names

    def _whole(self, report: _Report) -> str:
        """Return the key text of a report."""
        if report not in self._keys:
            tables = self._tables
            document, part = report
            if part < 0:
                start, end = tables.keys.indptr[document : document + 2].tolist()
            else:
                row = int(tables.first_part[document]) + part
                borders = (tables.segments.parts.raw_start[row], tables.segments.parts.raw_end[row])
                start, end = np.searchsorted(tables.keys.origin, borders).tolist()
            self._keys[report] = tables.key_text(start, end)
        return self._keys[report]

    def _leftovers(self, members: range) -> Iterator[Evidence]:
        """Yield the names of another member's report that stand here in copied text, and nowhere else."""
        texts: dict[_Report, list[str]] = defaultdict(list)
        for row in members:
            texts[self._report(self._spans[row])].append(self._text(row))
        of_name: dict[str, list[_Report]] = defaultdict(list)
        for report in texts:
            for name in self._names.get(report, frozenset()):
                of_name[name].append(report)
        lengths = sorted({len(name) for name in of_name})
        for report, copied in sorted(texts.items()):
            own = self._names.get(report, frozenset())
            if not own:
                continue  # nobody knows whose report it is: the name may be its own
            windows = (text[i : i + n] for text in copied for n in lengths for i in range(len(text) - n + 1))
            inside = Counter(window for window in windows if window in of_name)
            for name in sorted(set(inside) - own):
                if self._whole(report).count(name) <= inside[name]:
                    origin, here = (self._tables.documents[one[0]].name for one in (of_name[name][0], report))
                    yield Evidence("leftover", {"text": name, "from": origin, "in": here})

    # Order

    @cached_property
    def _in_order(self) -> dict[int, int]:
        """How many families stand in the same order in the two reports of a passage, if it is one of them."""
        tables = self._tables
        family = np.repeat(np.arange(len(tables.families.medoid)), np.diff(tables.families.passage_indptr))
        accused = np.isin([LABELS[one] for one in tables.labels.family_label], _ACCUSED)
        ends = (tables.passages.left_start, tables.passages.right_start)
        sides = [np.searchsorted(self._borders, tables.keys.origin[end], side="right").tolist() for end in ends]
        together: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
        for row, one in zip(tables.families.passages.tolist(), family.tolist(), strict=True):
            left, right = sides[0][row], sides[1][row]
            if accused[one] and left != right:
                together[left, right].append((int(ends[0][row]), int(ends[1][row]), row))
        kept: dict[int, int] = {}
        for rows in together.values():
            run = increasing(sorted(set(rows)))
            kept.update((row, len(run)) for row in run)
        return kept

    # What differs

    def _differing(self, number: int, passages: Int64, kinds: tuple[str, ...]) -> list[tuple[int, int, list[_Other]]]:
        """Return, for each raw range of the medoid in which others differ, what they have and in which report."""
        tables = self._tables
        changes = tables.changes
        medoid = self._spans[int(tables.families.medoid[number])]
        start, end = (int(tables.texts.indptr[medoid.document]) + at for at in (medoid.start, medoid.end))
        wanted = [KINDS.index(kind) for kind in kinds]
        found: dict[tuple[int, int], list[_Other]] = defaultdict(list)
        first = np.searchsorted(changes.passage, passages)
        last = np.searchsorted(changes.passage, passages, side="right")
        for row in chain.from_iterable(map(range, first.tolist(), last.tolist())):
            if changes.kind[row] not in wanted:
                continue
            sides = [
                (int(changes.left_start[row]), int(changes.left_end[row])),
                (int(changes.right_start[row]), int(changes.right_end[row])),
            ]
            inside = [start <= side[0] and side[1] <= end for side in sides]
            if inside[0] != inside[1]:
                mine, theirs = sides if inside[0] else sides[::-1]
                report = int(np.searchsorted(self._borders, theirs[0], side="right"))
                found[mine].append((tables.slice(*theirs).strip(), report))
        return [(low, high, others) for (low, high), others in sorted(found.items())]

    def _slots(self, number: int, passages: Int64) -> Iterator[Evidence]:
        """Yield the table of figures and masks that differ from the medoid's."""
        tables = self._tables
        rows = []
        for low, high, others in self._differing(number, passages, ("number", "mask")):
            if low == high and len({report for _, report in others}) < len(others):
                continue  # a sentence with figures was put in: the medoid has no slot there
            lead, tail = self._around(low, high, 8)[0], self._around(low, high, 1)[1]
            told = list(dict.fromkeys([tables.slice(low, high).strip(), *(value for value, _ in others)]))
            shown = "／".join(value or "—" for value in told[:SHOWN]) + ("／…" if told[SHOWN:] else "")
            rows.append(_LAST_WORDS.findall(lead)[0] + shown + (tail if tail.isalpha() else ""))
        if rows:
            yield Evidence("slots", {"values": rows[:SHOWN]} | _left_out(rows))


def _left_out(rows: Sequence[object]) -> dict[str, int]:
    return {"more": len(rows) - SHOWN} if len(rows) > SHOWN else {}


def _rare(value: str) -> bool:
    """Return whether a figure is one that two offices do not write by chance: no year, not round, not small."""
    whole, _, decimals = value.partition(".")
    digits = (whole + decimals).strip("0") if decimals else whole.strip("0")
    long = len(whole) >= 4 or bool(decimals)
    return digits.isdecimal() and len(digits) >= _DIGITS and long and not _YEAR.fullmatch(value)


def _places(title: str | None) -> frozenset[str]:
    """Return the places that a title or an issuer begins with: 界首市任寨乡 is two."""
    found = set()
    at = _BEFORE_NAME.match(title or "")
    place = at.end() if at else 0
    while one := _NAME.match(title or "", place):
        if len(one[0]) > 2 and not _GENERAL.search(one[0]):
            found.add(one[0])
        place = one.end()
    return frozenset(found)


_GENERAL = re.compile(r"^[全各本我该某两几乡镇]|农村|城乡|乡镇|村镇|社区|地区|园区|城市|先进")
"""What has the shape of a place's name and names none."""


def increasing(rows: Sequence[tuple[int, int, int]]) -> list[int]:
    """Return the third fields of a longest run of rows, in order, whose second fields increase.

    Parameters
    ----------
    rows : sequence of (int, int, int)
        Sorted by the first field.

    Notes
    -----
    Patience sorting (Fredman 1975), O(n log n).
    """
    ends: list[int] = []  # least end of a run of each length
    tails: list[int] = []
    before: list[int] = []
    for number, (_, value, _) in enumerate(rows):
        rank = bisect_left(ends, value)
        before.append(tails[rank - 1] if rank else -1)
        ends[rank : rank + 1] = [value]
        tails[rank : rank + 1] = [number]
    run: list[int] = []
    at = tails[-1] if tails else -1
    while at >= 0:
        run.append(rows[at][2])
        at = before[at]
    return run[::-1]
