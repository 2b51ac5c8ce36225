"""Is it copying, or is it 套话, page noise, oneself? Answers with one label for each character and each family.

Common text is labelled, never dropped: a paragraph copied into three hundred reports is as frequent as a slogan, so
frequency alone decides nothing here. docs/algorithm.md gives each rule with an example and its known failures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.intervals import covered, merged
from dedup.params import LABELS, Params
from dedup.schema import (
    Bool,
    Families,
    Float64,
    Int64,
    KeyStream,
    Labels,
    ParagraphKind,
    PassageKind,
    Passages,
    Reason,
    Segments,
    Texts,
    UInt8,
)

_CODE = {name: np.uint8(number) for number, name in enumerate(LABELS)}
_QUOTES = (("“", "”"), ("「", "」"), ("『", "』"))
_LONGEST_QUOTE = 3_000  # raw characters; beyond this a closing mark was lost
_SENTENCE_ENDS = np.array([ord(mark) for mark in "。！？；!?;\n"], np.uint32)

QUOTED = 0.6
"""Share of a span between quotation marks from which it is a quotation; what introduces it belongs to it."""

VERBATIM = 0.95
"""Wording from which a copy counts as verbatim for its grade."""

HEAD = 4
"""Paragraphs at the head of a report or part in which a heading is its title."""

CLAUSE = 60
"""Longest formula, in key characters, that spread alone decides: less than a sentence, in many issuers' reports."""

# The order in which labels are painted over one another, the last one wins. A formula inside a longer copied block
# was copied with the block, so copying lies over formula; what the page or a quotation explains lies over both.
_PAINT = ("formula", "copy", "mass", "self", "citation", "template", "furniture")


@dataclass(frozen=True, slots=True)
class Known:
    """Raw ranges of reports that agree with texts the user gave; int64[n, 2], sorted, disjoint."""

    template: Int64
    reference: Int64


def label(
    texts: Texts,
    keys: KeyStream,
    segments: Segments,
    passages: Passages,
    families: Families,
    furniture: Int64,
    bits: Float64,
    issuers: Sequence[str | None],
    known: Known,
    params: Params,
) -> Labels:
    """Return what each character and each family is.

    Parameters
    ----------
    texts, keys, segments, passages, families
        Tables of the earlier steps.
    furniture : int64[n, 2]
        Raw ranges of page noise, sorted, disjoint.
    bits : float64[G]
        Rarity of each member of `families` (see `dedup.steps.background.span_bits`).
    issuers : sequence of str or None
        Issuer of each document; an unknown one counts as an issuer of its own, and so does each part of a
        collection file.
    known : Known
        What the user's templates and references explain.
    params : Params
        ``labels``, ``mass_issuers``, ``formula_bits``, ``formula_chars``, ``formula_issuers``.

    Returns
    -------
    Labels
    """
    member_family = np.repeat(np.arange(len(families.medoid)), np.diff(families.indptr))
    if len(member_family):
        raw_start, raw_end = keys.raw_span(families.start, families.end)
    else:
        raw_start = raw_end = np.empty(0, np.int64)
    report, issuer = _reporters(texts, segments, raw_start, issuers)
    members = _Members(
        family=member_family,
        families=len(families.medoid),
        start=raw_start,
        end=raw_end,
        length=families.end - families.start,
        report=report,
        issuer=issuer,
        bits=bits,
    )
    family_label = np.full(len(families.medoid), _CODE["copy"], np.uint8)
    reason = np.full(len(families.medoid), Reason.REST, np.uint8)
    medoid_bits = bits[families.medoid] if len(families.medoid) else np.empty(0)
    spread = _distinct(member_family, issuer, len(families.medoid))
    rules = _rules(texts, segments, families, members, furniture, known, params)
    decided = np.zeros(len(families.medoid), bool)
    for name, why, holds in rules:
        if name in params.labels:
            taken = holds & ~decided
            family_label[taken] = _CODE[name]
            reason[taken] = why
            decided |= taken
    _absorb(members, family_label, reason, params)
    grade = _grades(passages, families, family_label, medoid_bits)
    # What page noise repeats is no noise itself, and what is written into a form is not the form: for these only
    # the ranges are painted, not the members of the families.
    shown = ~np.isin(reason[member_family], (Reason.PAGE_NOISE, Reason.TEMPLATE))
    ranges = {"furniture": furniture, "template": known.template, "citation": known.reference}
    painted, family = _paint(texts, members, family_label, shown, ranges, params)
    start, end = _runs(texts, painted, family)
    return Labels(
        start=start,
        end=end,
        label=painted[start],
        family=family[start].astype(np.int64),
        family_label=family_label,
        family_grade=grade,
        reason=reason,
        bits=medoid_bits,
        issuers=spread,
    )


@dataclass(frozen=True, slots=True)
class _Members:
    """Columns of all family members: family, raw range, key length, report, issuer, rarity."""

    family: Int64
    families: int
    start: Int64
    end: Int64
    length: Int64
    report: Int64
    issuer: Int64
    bits: Float64

    def every(self, holds: Bool) -> Bool:
        """Return for which families something holds of every member (bool[F])."""
        return np.asarray(np.bincount(self.family[~holds], minlength=self.families) == 0, bool)

    def most(self, holds: Bool) -> Bool:
        """Return for which families something holds of more than half of the members (bool[F])."""
        size = np.bincount(self.family, minlength=self.families)
        return 2 * np.bincount(self.family[holds], minlength=self.families) > size

    def covered(self, ranges: Int64, share: float = 0.5) -> Bool:
        """Return of which members at least this share lies in sorted, disjoint raw ranges (bool[G])."""
        return covered(self.start, self.end, ranges) >= share * (self.end - self.start)


def _rules(
    texts: Texts,
    segments: Segments,
    families: Families,
    members: _Members,
    furniture: Int64,
    known: Known,
    params: Params,
) -> list[tuple[str, Reason, Bool]]:
    """Return the rules in their order: label, reason, and for which families each holds (bool[F])."""
    clean = np.bincount(members.family[~members.covered(furniture)], minlength=members.families)
    titles = 2 * _inside_titles(segments, families) >= members.length
    short = members.length <= params.formula_chars
    common = short & (members.bits * 5 / np.maximum(members.length - 4, 1) <= params.formula_bits)
    clause = short & (members.length <= CLAUSE) & ~_holds_sentence_end(texts, members.start, members.end)
    reports = _distinct(members.family, members.report, members.families)
    spread = _distinct(members.family, members.issuer, members.families)
    # Versions of one material pasted into one file do not make its clauses common: the file counts once here.
    files = _distinct(members.family, texts.document_of(members.start), members.families)
    return [
        ("furniture", Reason.PAGE_NOISE, clean < 2),
        ("furniture", Reason.TITLES, members.every(titles)),
        ("template", Reason.TEMPLATE, members.most(members.covered(known.template))),
        ("citation", Reason.REFERENCE, members.most(members.covered(known.reference, 0.8))),
        ("citation", Reason.QUOTED, members.every(members.covered(_quotations(texts), QUOTED))),
        ("formula", Reason.COMMON, members.most(common)),
        ("formula", Reason.CLAUSE, members.most(clause) & (np.minimum(spread, files) >= params.formula_issuers)),
        ("self", Reason.ONE_REPORT, reports == 1),
        ("self", Reason.ONE_ISSUER, spread == 1),
        ("mass", Reason.MANY_ISSUERS, spread >= params.mass_issuers),
    ]


def _absorb(members: _Members, family_label: UInt8, reason: UInt8, params: Params) -> None:
    """Call formula what is a formula and the odd words around it; overwrites labels and reasons in place.

    Where two reports go on alike behind a slogan for a word or two, the longer stretch is a family of its own. What
    is left of it without the slogan would be no passage.
    """
    formula = (family_label[members.family] == _CODE["formula"]) if len(members.family) else np.zeros(0, bool)
    ranges = merged(np.stack([members.start[formula], members.end[formula]], axis=1))
    raw = members.end - members.start
    share = covered(members.start, members.end, ranges) / np.maximum(raw, 1)
    absorbed = members.most(members.length * (1 - share) < params.min_chars) & members.most(share > 0)
    taken = absorbed & (family_label == _CODE["copy"])
    family_label[taken] = _CODE["formula"]
    reason[taken] = Reason.CLAUSE


def _reporters(texts: Texts, segments: Segments, raw: Int64, issuers: Sequence[str | None]) -> tuple[Int64, Int64]:
    """Return, for raw positions, the report and the issuer they belong to, as numbers.

    A report is a document, or a part of a collection file; the parts of a collection were written by different hands
    as far as anyone can know, so each is an issuer of its own, whatever the file as a whole is called.
    """
    parts = segments.parts
    borders = np.unique(np.concatenate([texts.indptr[:-1], parts.raw_start]))
    report = np.searchsorted(borders, raw, side="right") - 1
    names = sorted({name for name in issuers if name is not None})
    number = {name: -1 - rank for rank, name in enumerate(names)}
    document = texts.document_of(raw)
    known = np.array([0 if name is None else number[name] for name in issuers] or [0], np.int64)
    known[segments.parts.document] = 0
    return report, np.where(known[document] < 0, known[document], report)


def _distinct(group: Int64, value: Int64, groups: int) -> Int64:
    """Return the number of distinct values in each group (int64[groups])."""
    if not len(group):
        return np.zeros(groups, np.int64)
    rows = np.unique(np.stack([group, value], axis=1), axis=0)
    return np.bincount(rows[:, 0], minlength=groups).astype(np.int64)


def _inside_titles(segments: Segments, families: Families) -> Int64:
    """Return how many key characters of each member lie in the titles at the head of a report or part.

    Only there: a heading, or a line without a full stop, further down is text of the report like any other.
    """
    rows = np.arange(len(segments.kind))
    report = np.stack([segments.document, segments.part], axis=1)
    new = np.ones(len(rows), bool)
    new[1:] = (report[1:] != report[:-1]).any(axis=1)
    nth = rows - np.maximum.accumulate(np.where(new, rows, 0))
    part_title = segments.kind == ParagraphKind.PART_TITLE
    title = part_title | ((segments.kind == ParagraphKind.HEADING) & (segments.level <= 1) & (nth < HEAD))
    ranges = np.stack([segments.start[title], segments.end[title]], axis=1)
    return covered(families.start, families.end, ranges[ranges[:, 1] > ranges[:, 0]])


def _quotations(texts: Texts) -> Int64:
    """Return the raw ranges between quotation marks, the marks included (int64[n, 2], sorted, disjoint)."""
    found = []
    for opening, closing in _QUOTES:
        opens = np.flatnonzero(texts.codes == ord(opening))
        closes = np.flatnonzero(texts.codes == ord(closing))
        if not len(opens) or not len(closes):
            continue
        at = np.searchsorted(closes, opens)
        opens, at = opens[at < len(closes)], at[at < len(closes)]
        ends = closes[at] + 1
        whole = (ends - opens <= _LONGEST_QUOTE) & (texts.document_of(opens) == texts.document_of(ends - 1))
        # Of two openings before one closing mark the first is the outer one.
        whole &= np.concatenate([[True], at[1:] != at[:-1]])
        found.append(np.stack([opens[whole], ends[whole]], axis=1))
    ranges = np.concatenate(found) if found else np.empty((0, 2), np.int64)
    ranges = ranges[np.lexsort((-ranges[:, 1], ranges[:, 0]))]
    reach = np.maximum.accumulate(ranges[:, 1]) if len(ranges) else ranges[:, 1]
    return ranges[np.concatenate([[True], ranges[1:, 0] >= reach[:-1]])] if len(ranges) else ranges


def _holds_sentence_end(texts: Texts, start: Int64, end: Int64) -> Bool:
    """Return which raw ranges hold the end of a sentence before their last character: they are more than a clause."""
    stops = np.flatnonzero(np.isin(texts.codes, _SENTENCE_ENDS))
    return np.searchsorted(stops, end - 1) > np.searchsorted(stops, start)


def _grades(passages: Passages, families: Families, family_label: UInt8, bits: Float64) -> UInt8:
    """Grade what is called copying: A verbatim, long and rare; B with changes; C short, scattered or rewritten."""
    grade = np.zeros(len(families.medoid), np.uint8)
    if not len(grade):
        return grade
    weakest = np.minimum.reduceat(families.wording, families.indptr[:-1])
    length = (families.end - families.start)[families.medoid]
    aligned = np.zeros(len(grade), bool)
    for number in range(len(grade)):
        rows = families.passages[families.passage_indptr[number] : families.passage_indptr[number + 1]]
        # A long copy with one repeated title out of place is no scattered one.
        in_place = (passages.kind[rows] == PassageKind.ALIGNED) | (passages.wording[rows] >= VERBATIM)
        aligned[number] = bool(in_place.any()) if len(rows) else True
    accused = np.isin(family_label, (_CODE["copy"], _CODE["mass"]))
    grade[accused] = 3
    grade[accused & aligned & (weakest >= 0.8) & (length >= 40)] = 2
    grade[accused & aligned & (weakest >= VERBATIM) & (length >= 80) & (bits >= 120)] = 1
    return grade


def _paint(
    texts: Texts,
    members: _Members,
    family_label: UInt8,
    shown: Bool,
    ranges: Mapping[str, Int64],
    params: Params,
) -> tuple[UInt8, np.ndarray]:
    """Return the label (uint8[N]) and the deciding family (int32[N], -1 for none) of every raw position."""
    painted = np.full(len(texts.codes), _CODE["own"], np.uint8)
    family = np.full(len(texts.codes), -1, np.int32)
    for name in _PAINT:
        rows = np.flatnonzero((family_label[members.family] == _CODE[name]) & shown)
        # Longer members first, so that the family of an inner copy shows inside the outer one.
        for row in rows[np.argsort(members.start[rows] - members.end[rows], kind="stable")].tolist():
            painted[members.start[row] : members.end[row]] = _CODE[name]
            family[members.start[row] : members.end[row]] = members.family[row]
        if name in ranges and name in params.labels:
            for start, end in ranges[name].tolist():
                painted[start:end] = _CODE[name]
                family[start:end] = -1
    return painted, family


def _runs(texts: Texts, painted: UInt8, family: np.ndarray) -> tuple[Int64, Int64]:
    """Return the borders of runs of equal label and family; a document's border always ends a run."""
    n = len(painted)
    change = np.zeros(n + 1, bool)
    change[texts.indptr] = True
    change[n] = False
    if n:
        change[0] = True
        change[1:n] |= (painted[1:] != painted[:-1]) | (family[1:] != family[:-1])
    start = np.flatnonzero(change)
    return start, np.concatenate([start[1:], [n]]).astype(np.int64) if n else start
