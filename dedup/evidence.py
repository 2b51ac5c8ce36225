"""What makes a reviewer believe a family? Answers with oddities that two reports cannot share by chance.

The same rare figure, the same slip of the pen, a place's name left over from the other report, paragraphs kept in
their order. Each is sought from the tables of a scan, in time linear in the text of the families; nothing here
changes a label. What a family's members differ in, figure by figure, is told too.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dedup import spelling
from dedup.columns import Places
from dedup.figures import figures
from dedup.params import LABELS
from dedup.proposals import proposed
from dedup.result import GRADES, Evidence
from dedup.schema import Bool, Int64, PassageKind, Reason
from dedup.steps.contrast import KINDS, Changes
from dedup.steps.data import words

if TYPE_CHECKING:
    from dedup.provenance import Tables

STARRED = ("number", "typo", "leftover")
"""Kinds of evidence that are a shared oddity: one of them earns the family its star."""

SHOWN = 8
"""Slots told of a family, and values of each; how many were left out is told with them."""

SPELLED = 100
"""Families in which slips are sought, the first ones shown: further ones get no evidence of this kind."""

IN_ORDER = 3
"""Families that two reports must have in the same order before it is worth telling."""

_CONTEXT = 3  # key characters on either side of a slip that another report has to share
_KEPT = 256  # reports whose text is kept at hand: members of neighbouring families stand in the same few
_SPELLED = 400  # key characters of a medoid in which slips are sought
_ACCUSED = ("copy", "mass")
_FIGURES, _SLIPS = ("number", "mask"), ("typo",)
_REASONS = tuple(reason.name.lower() for reason in Reason)
_NAME = re.compile(r"[\u4e00-\u9fff]{2,5}?(?:街道|[省市县区州旗乡镇村])")
_BEFORE_NAME = re.compile(
    r"^(?:第[一二三四五六七八九十百]+[篇部]分?|[篇之][一二三四五六七八九十百]+)?[\W\d_年度]*(?:中共|关于)?"
)

_LAST_WORDS = re.compile(r"[^\W\d_]{0,4}$")

_Other = tuple[str, int]  # what another member has, and its report
_Report = tuple[int, int]  # document, and part of a collection file or -1


@cache
def _holding(rules: int) -> tuple[str, ...]:
    """Return the names of the rules whose bits are set."""
    return tuple(name for row, name in enumerate(_REASONS) if rules >> row & 1)


class Witness:
    """Finds the evidence of families; made once a scan, because figures, names and order are facts of all reports.

    Parameters
    ----------
    tables : Tables
    places : Places
        Place of each family member, in the order of ``tables.families``.
    """

    def __init__(self, tables: Tables, places: Places) -> None:
        self.tables = tables
        self._places = places
        self._whole = lru_cache(maxsize=_KEPT)(self._key_text)
        self._borders = np.union1d(tables.texts.indptr[:-1], tables.segments.parts.raw_start)
        self._report_starts = self._borders.tolist()
        self._of_kind: dict[tuple[str, ...], tuple[list[int], Int64]] = {}
        changes = tables.changes
        self._accused = np.isin(tables.labels.family_label, [LABELS.index(name) for name in _ACCUSED])
        formula = tables.labels.family_label == LABELS.index("formula")
        self._worded = (formula | (tables.labels.contexts > 0)).tolist()
        self._run = self._most(changes.longest_run).tolist()
        self._rewritten = self._most(tables.passages.kind == PassageKind.REWRITTEN).tolist()
        self._differs = {
            kinds: self._most(_has(changes, kinds, len(tables.passages.wording))).tolist()
            for kinds in (_FIGURES, _SLIPS)
        }
        self._figures = figures(tables, places.document, self._accused)

    def _report(self, row: int) -> _Report:
        """Return the report of a family member."""
        return int(self._places.document[row]), int(self._places.part[row])

    def _most(self, column: np.ndarray) -> Int64:
        """Return the greatest value of each family's passages, 0 for a family of none (int64[F])."""
        families = self.tables.families
        most = np.zeros(len(families.medoid), np.int64)
        filled = np.flatnonzero(np.diff(families.passage_indptr))
        if len(filled):
            most[filled] = np.maximum.reduceat(
                column[families.passages].astype(np.int64), families.passage_indptr[filled]
            )
        return most

    def of(self, number: int, shown: int) -> tuple[Evidence, ...]:
        """Return the evidence of a family: why it is labelled so, how far it reaches, and what is odd about it.

        Parameters
        ----------
        number : int
            Row of the family.
        shown : int
            Families that are shown before it: what is costly is sought in the first ones only.
        """
        tables = self.tables
        families = tables.families
        members = range(int(families.indptr[number]), int(families.indptr[number + 1]))
        rows = [self._rule(number)]
        if self._worded[number]:
            rows.append(self._wording(number))
        if self._rewritten[number]:
            rows.append(Evidence("rewritten"))
        if self._run[number]:  # not looked for where a formula or page noise is merely listed
            rows.append(Evidence("verbatim_run", {"chars": self._run[number]}))
        spread = {
            "documents": len(set(self._places.document[members.start : members.stop].tolist())),
            "issuers": int(tables.labels.issuers[number]),
        }
        rows.append(Evidence("spread", spread))
        passages = families.passages[families.passage_indptr[number] : families.passage_indptr[number + 1]]
        if self._accused[number]:
            rows += self._leftovers(members)
            rows += self._typos(number, shown, members, passages)
            if values := self._figures.get(number):
                rows.append(Evidence("number", {"value": values[:SHOWN]} | _left_out(values)))
            kept = max((self._in_order.get(row, 0) for row in passages.tolist()), default=0)
            if kept >= IN_ORDER:
                rows.append(Evidence("order", {"paragraphs": kept}))
            if form := proposed(tables, number):
                rows.append(form)
        if self._differs[_FIGURES][number]:
            rows += self._slots(number, passages)
        return tuple(rows)

    def _rule(self, number: int) -> Evidence:
        """Return the rule that decided, all that hold, and the grade that the family has or would have as a copy."""
        labels = self.tables.labels
        holds, grade = _holding(int(labels.rules[number])), GRADES[labels.strength[number]]
        return Evidence("rule", {"why": _REASONS[labels.reason[number]], "holds": list(holds), "grade": grade})

    def _wording(self, number: int) -> Evidence:
        """Return how much the words tell, and in how many contexts they stand."""
        labels = self.tables.labels
        columns = {"bits": labels.bits, "surplus": labels.surplus, "contexts": labels.contexts}
        return Evidence("wording", {name: round(float(column[number]), 1) for name, column in columns.items()})

    def _text(self, row: int) -> str:
        families = self.tables.families
        return self.tables.key_text(int(families.start[row]), int(families.end[row]))

    def _around(self, low: int, high: int, chars: int) -> tuple[str, str]:
        """Return the raw text before and after a raw range, no further than its document."""
        tables = self.tables
        document = bisect_right(self._starts, low) - 1
        start, end = self._starts[document], self._starts[document + 1]
        return tables.slice(max(low - chars, start), low), tables.slice(high, min(high + chars, end))

    @cached_property
    def _starts(self) -> list[int]:
        return self.tables.texts.indptr.tolist()  # type: ignore[no-any-return]

    # Slips of the pen

    def _typos(self, number: int, shown: int, members: range, passages: Int64) -> Iterator[Evidence]:
        """Yield the slips that two reports have: those of the medoid, and those that two others have against it."""
        slips = list(self._own_slips(number, members)) if shown < SPELLED else []
        slips += self._common_slips(number, passages) if self._differs[_SLIPS][number] else []
        if slips:
            written, meant = ([slip[side] for slip in slips[:SHOWN]] for side in (0, 1))
            yield Evidence("typo", {"text": written, "meant": meant} | _left_out(slips))

    def _own_slips(self, number: int, members: range) -> Iterator[tuple[str, str]]:
        medoid = int(self.tables.families.medoid[number])
        home = self._report(medoid)
        text = self._text(medoid)[:_SPELLED]
        others = [self._text(row) for row in members if self._report(row) != home]
        for slip in spelling.slips(text):
            around = text[max(slip.start - _CONTEXT, 0) : slip.end + _CONTEXT]
            if any(around in other for other in others):
                yield slip.written, slip.meant

    def _common_slips(self, number: int, passages: Int64) -> Iterator[tuple[str, str]]:
        for low, high, others in self._differing(number, passages, _SLIPS):
            (before, after), right = self._around(low, high, 1), self.tables.slice(low, high)
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
        tables = self.tables
        names = {
            (number, -1): _places(document.title) | _places(document.issuer)
            for number, document in enumerate(tables.documents)
        }
        parts = tables.segments.parts
        for row, document in enumerate(parts.document.tolist()):
            title = tables.slice(int(parts.title_start[row]), int(parts.title_end[row]))
            names[document, row - int(tables.first_part[document])] = _places(title.strip())
        return names

    def _key_text(self, report: _Report) -> str:
        """Return the key text of a report."""
        tables = self.tables
        document, part = report
        if part < 0:
            start, end = tables.keys.indptr[document : document + 2].tolist()
        else:
            row = int(tables.first_part[document]) + part
            borders = (tables.segments.parts.raw_start[row], tables.segments.parts.raw_end[row])
            start, end = np.searchsorted(tables.keys.origin, borders).tolist()
        return tables.key_text(start, end)

    def _leftovers(self, members: range) -> Iterator[Evidence]:
        """Yield the names of another member's report that stand here in copied text, and nowhere else."""
        reports = {self._report(row) for row in members}
        if sum(bool(self._names.get(report)) for report in reports) < 2:
            return  # a name can only be left over from a report that bears one, in another that bears one
        texts: dict[_Report, list[str]] = defaultdict(list)
        for row in members:
            texts[self._report(row)].append(self._text(row))
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
                    origin, here = (self.tables.documents[one[0]].name for one in (of_name[name][0], report))
                    yield Evidence("leftover", {"text": name, "from": origin, "in": here})

    # Order

    @cached_property
    def _in_order(self) -> dict[int, int]:
        """How many families stand in the same order in the two reports of a passage, if it is one of them."""
        tables = self.tables
        families = tables.families
        family = np.repeat(np.arange(len(families.medoid)), np.diff(families.passage_indptr))
        row = families.passages[self._accused[family]]
        ends = (tables.passages.left_start[row], tables.passages.right_start[row])
        left, right = (np.searchsorted(self._borders, tables.keys.origin[end], side="right") for end in ends)
        pair = left * (len(self._borders) + 1) + right
        _, of_pair, count = np.unique(pair, return_inverse=True, return_counts=True)
        told = np.flatnonzero((left != right) & (count[of_pair] >= IN_ORDER)) if len(row) else row
        together: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        columns = (of_pair[told], ends[0][told], ends[1][told], row[told])
        for one, start, other, number in zip(*(column.tolist() for column in columns), strict=True):
            together[one].append((start, other, number))
        kept: dict[int, int] = {}
        for rows in together.values():
            run = increasing(sorted(set(rows)))
            kept.update((row, len(run)) for row in run)
        return kept

    # What differs

    def _changes(self, kinds: tuple[str, ...]) -> tuple[list[int], Int64]:
        """Return where each passage's changes of some kinds begin, and their raw ranges."""
        if kinds not in self._of_kind:
            changes = self.tables.changes
            rows = np.flatnonzero(np.isin(changes.kind, [KINDS.index(kind) for kind in kinds]))
            ptr = np.searchsorted(changes.passage[rows], np.arange(len(self.tables.passages.wording) + 1))
            columns = (changes.left_start, changes.left_end, changes.right_start, changes.right_end)
            self._of_kind[kinds] = ptr.tolist(), np.column_stack([column[rows] for column in columns])
        return self._of_kind[kinds]

    def _differing(self, number: int, passages: Int64, kinds: tuple[str, ...]) -> list[tuple[int, int, list[_Other]]]:
        """Return, for each raw range of the medoid in which others differ, what they have and in which report."""
        tables = self.tables
        medoid = int(tables.families.medoid[number])
        ranges = tables.families.start[medoid : medoid + 1], tables.families.end[medoid : medoid + 1]
        start, end = (int(border[0]) for border in tables.keys.raw_span(*ranges))
        ptr, changes = self._changes(kinds)
        found: dict[tuple[int, int], list[_Other]] = defaultdict(list)
        for passage in passages.tolist():
            for low, high, other_low, other_high in changes[ptr[passage] : ptr[passage + 1]].tolist():
                inside = start <= low and high <= end
                if inside == (start <= other_low and other_high <= end):
                    continue
                mine, theirs = (low, high), (other_low, other_high)
                if not inside:
                    mine, theirs = theirs, mine
                report = bisect_right(self._report_starts, theirs[0])
                found[mine].append((tables.slice(*theirs).strip(), report))
        return [(low, high, others) for (low, high), others in sorted(found.items())]

    def _slots(self, number: int, passages: Int64) -> Iterator[Evidence]:
        """Yield the table of figures and masks that differ from the medoid's."""
        tables = self.tables
        rows = []
        for low, high, others in self._differing(number, passages, _FIGURES):
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


def _has(changes: Changes, kinds: tuple[str, ...], passages: int) -> Bool:
    """Return which passages have changes of some kinds (bool[R])."""
    found = np.zeros(passages, bool)
    found[changes.passage[np.isin(changes.kind, [KINDS.index(kind) for kind in kinds])]] = True
    return found


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
