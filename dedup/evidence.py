"""What makes a reviewer believe a family? Answers with oddities that two reports cannot share by chance.

The same rare figure, the same slip of the pen, a place's name left over from the other report, paragraphs kept in
their order. Each is sought from the tables of a scan, in time linear in the text of the families; nothing here
changes a label. What a family's members differ in, figure by figure, is told too.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dedup import lines, spelling
from dedup.columns import SHARE, Places
from dedup.differing import FIGURES, SHOWN, SLIPS, Differing, others
from dedup.figures import Figures, figures
from dedup.intervals import distinct, positions
from dedup.kernels.threads import beside
from dedup.lines import Words, where, words, written
from dedup.names import places as named
from dedup.params import LABELS
from dedup.proposals import may_be_form, proposed
from dedup.result import GRADES, Evidence
from dedup.rows import Strings, slices
from dedup.schema import Bool, Float64, Int64, PassageKind, Reason
from dedup.steps.data import words as dictionary

if TYPE_CHECKING:
    from dedup.provenance import Tables

STARRED = ("number", "typo", "leftover")
"""Kinds of evidence that are a shared oddity: one of them earns the family its star."""

SPELLED = 100
"""Families in which slips are sought, the first ones shown: further ones get no evidence of this kind."""

IN_ORDER = 3
"""Families that two reports must have in the same order before it is worth telling."""

_CONTEXT = 3  # key characters on either side of a slip that another report has to share
_KEPT = 256  # reports whose text is kept at hand: members of neighbouring families stand in the same few
_SPELLED = 400  # key characters of a medoid in which slips are sought
_ACCUSED = ("copy", "mass")
_REASONS = tuple(reason.name.lower() for reason in Reason)
_REASONING = (1 << 16, len(Reason), len(GRADES))  # rules, the reason that decided, the strength
_ENCODED = json.JSONEncoder(ensure_ascii=False).encode
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
        self._differing = Differing(tables, self._borders)
        labels = tables.labels
        self._accused = np.isin(labels.family_label, [LABELS.index(name) for name in _ACCUSED])
        self._worded = (labels.family_label == LABELS.index("formula")) | (labels.contexts > 0)
        self._run = self._most(tables.changes.longest_run)
        self._rewritten = self._most(tables.passages.kind == PassageKind.REWRITTEN)
        self._differs = {kinds: self._most(self._differing.has(kinds)) for kinds in (FIGURES, SLIPS)}

    def prepare(self) -> None:
        """Gather now what is gathered over all reports when it is first asked for: names, figures, order."""
        _ = self._meets, self._kept, self._figures

    def of(self, numbers: Int64, rank: Int64) -> tuple[Strings, Bool]:
        """Return the evidence of families: why they are labelled so, how far they reach, and what is odd about them.

        Parameters
        ----------
        numbers : int64[n]
            Rows of families.
        rank : int64[n]
            Their places in the order shown: what is costly is sought in the first ones only.

        Returns
        -------
        evidence : Strings
            JSON lists, a row a family.
        star : bool[n]
            Which have an oddity that two reports cannot share by chance.
        """
        with beside(self._forms_and_slots, numbers) as plain:
            oddities, star = self._oddities(numbers, rank)
        labels = self.tables.labels
        reasons = (labels.rules[numbers].astype(np.int64), labels.reason[numbers], labels.strength[numbers])
        ruled, of_rule = np.unique(np.ravel_multi_index(reasons, _REASONING), return_inverse=True)
        rules = words(_json(_rule(*row)) for row in np.column_stack(np.unravel_index(ruled, _REASONING)).tolist())
        run = self._run[numbers]  # 0 where it was not looked for: a formula or page noise is merely listed
        verbatim = where(run > 0, [lines.number(', {"kind": "verbatim_run", "facts": {"chars": ', run)], "}}")
        found = written(
            [
                lines.word("[", of_rule, rules),
                lines.text("", self._wording(numbers)),
                lines.word("", self._rewritten[numbers] > 0, words(["", ", " + _json(Evidence("rewritten"))])),
                lines.text("", verbatim),
                lines.number(', {"kind": "spread", "facts": {"documents": ', self._documents(numbers)),
                lines.number(', "issuers": ', labels.issuers[numbers]),
                lines.text("}}", _told(oddities, len(numbers))),
                *(lines.text("", told) for told in plain()),
            ],
            "]",
        )
        return found, star

    @cached_property
    def _figures(self) -> Figures:
        """Rare figures that families share."""
        return figures(self.tables, self._places.document, self._accused)

    def _oddities(self, numbers: Int64, rank: Int64) -> tuple[dict[int, list[Evidence]], Bool]:
        """Return what only some families have as evidence, by position, and which of them earn the star by it."""
        found: dict[int, list[Evidence]] = {}
        accused = self._accused[numbers]
        slipped = accused & (self._differs[SLIPS][numbers] > 0)
        common = self._common_slips(numbers, np.flatnonzero(slipped))
        spelled = accused & (rank < SPELLED)
        kept = np.where(accused, self._kept[numbers], 0)
        told = accused & self._figures.told(numbers)
        named = accused & self._meets[numbers]
        for at in np.flatnonzero(slipped | spelled | (kept >= IN_ORDER) | told | named).tolist():
            number, rows = int(numbers[at]), list[Evidence]()
            members = range(*self.tables.families.indptr[number : number + 2].tolist())
            rows += self._leftovers(members) if named[at] else ()
            slips = [*(self._own_slips(number, members) if spelled[at] else ()), *common.get(at, ())]
            if slips:
                wrong, meant = ([slip[side] for slip in slips[:SHOWN]] for side in (0, 1))
                rows.append(Evidence("typo", {"text": wrong, "meant": meant} | _left_out(slips)))
            if told[at]:
                values = self._figures.of(number, self.tables.texts)
                rows.append(Evidence("number", {"value": values[:SHOWN]} | _left_out(values)))
            if kept[at] >= IN_ORDER:
                rows.append(Evidence("order", {"paragraphs": int(kept[at])}))
            if rows:
                found[at] = rows
        star = np.zeros(len(numbers), bool)
        star[[at for at, rows in found.items() if any(one.kind in STARRED for one in rows)]] = True
        return found, star

    def _forms_and_slots(self, numbers: Int64) -> tuple[Words, Words]:
        """Return what is told of forms and of figures that differ, which asks nothing that oddities find."""
        differ = np.flatnonzero(self._differs[FIGURES][numbers])
        return self._forms(numbers), lines.spread(self._differing.slots(numbers[differ]), differ, len(numbers))

    def _forms(self, numbers: Int64) -> Words:
        """Return the forms that some families are."""
        asked = np.flatnonzero(self._accused[numbers] & may_be_form(self.tables, numbers))
        found = proposed(self.tables, numbers[asked])
        fields = [
            lines.number(', {"kind": "form", "facts": {"blanks": ', found.blanks),
            lines.number(', "constant": ', found.constant),
            lines.string(', "form": ', lines.encoded(found.codes, found.start, found.end)),
        ]
        told = written(fields, "}}")
        return lines.spread(lines.kept(told, 0, len(told)), asked[found.row], len(numbers))

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

    def _documents(self, numbers: Int64) -> Int64:
        """Return how many documents families stand in (int64[n])."""
        indptr = self.tables.families.indptr
        size = np.diff(indptr)[numbers]
        of = np.repeat(np.arange(len(numbers)), size)
        member = positions(indptr[numbers], size)
        return distinct(of, self._places.document[member], len(numbers))

    def _wording(self, numbers: Int64) -> Words:
        """Return how much the words tell, and in how many contexts they stand, where that was looked at."""
        labels = self.tables.labels

        def tenths(column: Float64) -> Int64:
            return np.rint(column[numbers] * 10).astype(np.int64) * (SHARE // 10)

        fields = [
            lines.share(', {"kind": "wording", "facts": {"bits": ', tenths(labels.bits)),
            lines.share(', "surplus": ', tenths(labels.surplus)),
            lines.share(', "contexts": ', tenths(labels.contexts)),
        ]
        return where(self._worded[numbers], fields, "}}")

    def _text(self, row: int) -> str:
        families = self.tables.families
        return self.tables.key_text(int(families.start[row]), int(families.end[row]))

    # Slips of the pen

    def _own_slips(self, number: int, members: range) -> Iterator[tuple[str, str]]:
        """Yield the slips of a medoid that another report has too: what is written, and what was meant."""
        medoid = int(self.tables.families.medoid[number])
        home = self._report(medoid)
        text = self._text(medoid)[:_SPELLED]
        others = [self._text(row) for row in members if self._report(row) != home]
        for slip in spelling.slips(text):
            around = text[max(slip.start - _CONTEXT, 0) : slip.end + _CONTEXT]
            if any(around in other for other in others):
                yield slip.written, slip.meant

    def _common_slips(self, numbers: Int64, rows: Int64) -> dict[int, list[tuple[str, str]]]:
        """Return the slips that two members have against the medoid, by position of the family."""
        tables = self.tables
        codes, bounds = tables.texts.codes, tables.texts.indptr
        places = self._differing.places(numbers[rows], SLIPS)
        document = tables.texts.document_of(places.start)
        before = slices(codes, np.maximum(places.start - 1, bounds[document]), places.start)
        after = slices(codes, places.end, np.minimum(places.end + 1, bounds[document + 1]))
        right = slices(codes, places.start, places.end)
        values = [value.strip() for value in slices(codes, places.other_start, places.other_end)]
        found: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for place, (family, one, own, other) in enumerate(
            zip(rows[places.family].tolist(), before, right, after, strict=True)
        ):
            # Of the two sides of a slip one makes a word; if it is not the medoid, the others are right together.
            meant = next((pair for pair in (one + own, own + other) if pair in dictionary()), None)
            if meant is None:
                continue
            reports: dict[str, set[int]] = defaultdict(set)
            for value, report in others(places, place, values):
                reports[value].add(report)
            wrong = sorted(value for value, of in reports.items() if len(of) > 1)
            found[family] += [(meant.replace(own, value), meant) for value in wrong]
        return found

    # Names left over

    @cached_property
    def _names(self) -> dict[_Report, frozenset[str]]:
        """The places that each report says it is of, in its title or issuer; of those that name one."""
        tables = self.tables
        names = {
            (number, -1): named(document.title) | named(document.issuer)
            for number, document in enumerate(tables.about)
        }
        parts = tables.segments.parts
        for row, document in enumerate(parts.document.tolist()):
            title = tables.slice(int(parts.title_start[row]), int(parts.title_end[row]))
            names[document, row - int(tables.first_part[document])] = named(title.strip())
        return {report: found for report, found in names.items() if found}

    @cached_property
    def _meets(self) -> Bool:
        """Which families stand in several reports that bear a name: only in such a one can a name be left over."""
        places, indptr = self._places, self.tables.families.indptr
        named = np.array([*self._names], np.int64).reshape(-1, 2)
        width = max(int(places.part.max(initial=-1)), int(named[:, 1].max(initial=-1))) + 2
        report = places.document * width + places.part + 1
        rows = np.flatnonzero(np.isin(report, named[:, 0] * width + named[:, 1] + 1))
        family = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
        return distinct(family[rows], report[rows], len(indptr) - 1) > 1

    def _key_text(self, report: _Report) -> str:
        """Return the key text of a report."""
        tables = self.tables
        document, part = report
        if part < 0:
            start, end = tables.keys.indptr[document : document + 2].tolist()
        else:
            row = int(tables.first_part[document]) + part
            borders = np.array([tables.segments.parts.raw_start[row], tables.segments.parts.raw_end[row]])
            start, end = tables.keys.first_from(borders).tolist()
        return tables.key_text(start, end)

    def _leftovers(self, members: range) -> Iterator[Evidence]:
        """Yield the names of another member's report that stand here in copied text, and nowhere else."""
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
                    origin, here = (self.tables.about[one[0]].name for one in (of_name[name][0], report))
                    yield Evidence("leftover", {"text": name, "from": origin, "in": here})

    # Order

    @cached_property
    def _key_borders(self) -> Int64:
        """Key positions at which reports begin, one for each of their raw ones."""
        tables, borders = self.tables, self._borders
        document = tables.texts.document_of(borders)
        begins = tables.keys.indptr[document]
        inner = borders > tables.texts.indptr[document]  # parts of a collection file
        begins[inner] = tables.keys.first_from(borders[inner])
        return begins

    @cached_property
    def _kept(self) -> Int64:
        """Most families that stand in the same order in the two reports of one of its passages (int64[F])."""
        tables = self.tables
        families = tables.families
        family = np.repeat(np.arange(len(families.medoid)), np.diff(families.passage_indptr))
        row = families.passages[self._accused[family]]
        ends = (tables.passages.left_start[row], tables.passages.right_start[row])
        left, right = (np.searchsorted(self._key_borders, end, side="right") for end in ends)
        pair = left * (len(self._borders) + 1) + right
        _, of_pair, count = np.unique(pair, return_inverse=True, return_counts=True)
        told = np.flatnonzero((left != right) & (count[of_pair] >= IN_ORDER)) if len(row) else row
        together: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        columns = (of_pair[told], ends[0][told], ends[1][told], row[told])
        for one, start, other, number in zip(*(column.tolist() for column in columns), strict=True):
            together[one].append((start, other, number))
        kept = np.zeros(len(tables.passages.wording), np.int64)
        for rows in together.values():
            run = increasing(sorted(set(rows)))
            kept[run] = len(run)
        return self._most(kept)


def _told(oddities: Mapping[int, Sequence[Evidence]], count: int) -> Words:
    """Return what is told of some of so many families, by position, as JSON that follows upon other."""
    rows = words("".join(", " + _json(one) for one in rows) for rows in oddities.values())
    return lines.spread(rows, np.array([*oddities], np.int64), count)


def _left_out(rows: Sequence[object]) -> dict[str, int]:
    return {"more": len(rows) - SHOWN} if len(rows) > SHOWN else {}


def _rule(rules: int, reason: int, strength: int) -> Evidence:
    """Return the rule that decided, all that hold, and the grade that the family has or would have as a copy."""
    facts = {"why": _REASONS[reason], "holds": list(_holding(rules)), "grade": GRADES[strength]}
    return Evidence("rule", facts)


def _json(evidence: Evidence) -> str:
    return _ENCODED({"kind": evidence.kind, "facts": dict(evidence.facts)})


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
