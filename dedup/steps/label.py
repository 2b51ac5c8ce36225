"""Is it copying, or is it 套话, page noise, oneself? Answers with one label for each character and each family.

Common text is labelled, never dropped: a paragraph copied into three hundred reports is as frequent as a slogan, so
frequency alone decides nothing here. docs/algorithm.md gives each rule with an example and its known failures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dedup import layers
from dedup.intervals import covered, merged, once, ordered, positions
from dedup.kernels import quotes
from dedup.kernels.threads import portions, together
from dedup.params import LABELS, Params
from dedup.reach import reach
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
    Usage,
)

_CODE = {name: np.uint8(number) for number, name in enumerate(LABELS)}
ACCUSED = (_CODE["copy"], _CODE["mass"])
_QUOTES = (("“", "”"), ("「", "」"), ("『", "』"))
_BANDS = tuple(np.uint32(number) for number in (ord("“"), 1, ord("「"), 3))  # “” and 「」『』 are neighbours
_PIECE = 1 << 22  # characters in which a thread looks for quotations at a time
_SPARSE = 64  # characters of which one quotation is expected; where there are more, they are looked for again
_LONGEST_QUOTE = 3_000  # raw characters; beyond this a closing mark was lost
_SENTENCE_ENDS = np.array([ord(mark) for mark in "。！？；!?;\n"], np.uint32)

QUOTED = 0.6
"""Share of a span between quotation marks from which it is a quotation; what introduces it belongs to it."""

VERBATIM = 0.95
"""Wording from which a copy counts as verbatim for its grade."""

HEAD = 4
"""Paragraphs at the head of a report or part in which a heading is its title."""

UNKNOWN = 0.7
"""Surplus of a character from which wording is not common, however short; wholly unseen wording has 1.1."""

BRIEF = 24
"""Key characters up to which it does not matter whether words stand in mid-sentence: nobody pastes that little."""

SENTENCE = 4 / 3
"""How many times ``formula_bits`` a sentence of its own may have that is used freely."""

Rules = Mapping[Reason, Bool]
"""For which families each rule holds (bool[F])."""


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
    surplus: Float64,
    usage: Usage,
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
    bits, surplus : float64[F]
        Information of each medoid, and how much of it is unusual (see `dedup.steps.background.span_bits`).
    usage : Usage
        How freely each family is used.
    issuers : sequence of str or None
        Issuer of each document; an unknown one counts as an issuer of its own, and so does each part of a
        collection file.
    known : Known
        What the user's templates and references explain.
    params : Params
        ``labels``, ``mass_issuers``, ``formula_bits``, ``formula_chars``, ``formula_issuers``, ``clause_bits``.

    Returns
    -------
    Labels

    Notes
    -----
    Which rules hold of a family depends on no switch; ``labels`` only says which of them may decide. So a result can
    be labelled again without its texts (`dedup.relabel`). O(members log members), then one pass over the text.
    """
    members = _members(texts, keys, segments, families, issuers)
    holds = _rules(texts, segments, families, members, furniture, surplus, usage, known, params)
    family_label, reason = _decided(holds, members.families, params)
    held = np.zeros(members.families, np.uint16)
    for why, rows in holds.items():
        held[rows] |= np.uint16(1 << why)
    ranges = {"furniture": furniture, "template": known.template, "citation": known.reference}
    wanted = {name: rows for name, rows in ranges.items() if name in params.labels}
    start, end, painted, family = _painted(texts, members, family_label, reason, wanted)
    shown = {name: (painted == _CODE[name]) & (family < 0) for name in ranges}
    runs = np.stack([start, end], axis=1)
    strength = _strength(passages, families, bits)
    return Labels(
        start=start,
        end=end,
        label=painted,
        family=family,
        hidden=np.concatenate(
            [layers.hidden(rows, int(_CODE[name]), runs[shown[name]], texts.indptr) for name, rows in ranges.items()]
        ),
        family_label=family_label,
        family_grade=np.where(np.isin(family_label, ACCUSED), strength, np.uint8(0)),
        reason=reason,
        rules=held,
        strength=strength,
        bits=bits,
        surplus=surplus,
        contexts=usage.contexts,
        issuers=_distinct(members.family, members.issuer, members.families),
    )


@dataclass(frozen=True, slots=True)
class _Members:
    """Columns of all family members: family, raw range, key length, report, issuer."""

    family: Int64
    families: int
    start: Int64
    end: Int64
    length: Int64
    report: Int64
    issuer: Int64

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


def _members(
    texts: Texts, keys: KeyStream, segments: Segments, families: Families, issuers: Sequence[str | None]
) -> _Members:
    family = np.repeat(np.arange(len(families.medoid)), np.diff(families.indptr))
    start, end = reach(texts, keys, segments, families.start, families.end)
    report, issuer = _reporters(texts, segments, start, issuers)
    return _Members(family, len(families.medoid), start, end, families.end - families.start, report, issuer)


def _decided(holds: Rules, families: int, params: Params) -> tuple[UInt8, UInt8]:
    """Return label and reason of each family: those of the first rule that holds and is switched on."""
    family_label = np.full(families, _CODE["copy"], np.uint8)
    reason = np.full(families, Reason.REST, np.uint8)
    decided = np.zeros(families, bool)
    for name, why in layers.ORDER:
        if name in params.labels:
            taken = holds[why] & ~decided
            family_label[taken] = _CODE[name]
            reason[taken] = why
            decided |= taken
    return family_label, reason


def _rules(
    texts: Texts,
    segments: Segments,
    families: Families,
    members: _Members,
    furniture: Int64,
    surplus: Float64,
    usage: Usage,
    known: Known,
    params: Params,
) -> Rules:
    """Return for which families each rule holds."""
    clean = np.bincount(members.family[~members.covered(furniture)], minlength=members.families)
    titles = 2 * _inside_titles(segments, families) >= members.length
    reports = _distinct(members.family, members.report, members.families)
    spread = _distinct(members.family, members.issuer, members.families)
    common, free = _formulas(texts, families, members, surplus, usage, params)
    around = _around(families, members, common | free, params)
    short = members.length[families.medoid] <= params.formula_chars
    return {
        Reason.PAGE_NOISE: clean < 2,
        Reason.TITLES: members.every(titles),
        Reason.TEMPLATE: members.most(members.covered(known.template)),
        Reason.REFERENCE: members.most(members.covered(known.reference, 0.8)),
        Reason.QUOTED: members.every(members.covered(_quotations(texts), QUOTED)),
        Reason.COMMON: common,
        Reason.CONTEXT: free,
        Reason.AROUND: around & short,
        Reason.ONE_REPORT: reports == 1,
        Reason.ONE_ISSUER: spread == 1,
        Reason.MANY_ISSUERS: spread >= params.mass_issuers,
        Reason.STRUNG: around,
    }


def _formulas(
    texts: Texts, families: Families, members: _Members, surplus: Float64, usage: Usage, params: Params
) -> tuple[Bool, Bool]:
    """Return which families are short and common, and which are short and used freely (bool[F], bool[F]).

    How often they stand is no part of it: a block in three hundred reports is as frequent as a slogan. What is common
    has wording that stands outside of every family as well; what is free stands in several hands, each time between
    other words. Free clauses, which each report goes on in its own way, may tell more than a sentence of its own,
    which is what is pasted unless it is brief; a longer paragraph of its own must be common.
    """
    medoid = families.medoid
    short = members.length[medoid] <= params.formula_chars
    clause = np.zeros(len(medoid), bool)
    clause[short] = ~_holds_sentence_end(texts, members.start[medoid[short]], members.end[medoid[short]])
    sentence = ~usage.paragraph & (surplus <= SENTENCE * params.formula_bits)
    woven = usage.continued | (members.length[medoid] <= BRIEF)
    free = clause & ((woven & (surplus <= params.clause_bits)) | sentence)
    common = (surplus <= params.formula_bits) & (surplus <= UNKNOWN * members.length[medoid])
    return short & common, short & free & (usage.contexts >= params.formula_issuers - 1e-9)


def _around(families: Families, members: _Members, formula: Bool, params: Params) -> Bool:
    """Return which families are a formula and the odd words around it (bool[F]).

    Where two reports go on alike behind a slogan for a word or two, the longer stretch is a family of its own. What
    agrees in it beside the slogan would be no passage: of a member of length n and wording w, about w * n characters
    agree, those of the slogan among them.
    """
    if not members.families:
        return np.zeros(0, bool)
    wording = families.wording.copy()
    wording[families.medoid] = 0.0
    wording[families.medoid] = np.maximum.reduceat(wording, families.indptr[:-1])  # the medoid's with its next of kin
    rows = formula[members.family]
    share = covered(members.start, members.end, merged(np.stack([members.start[rows], members.end[rows]], axis=1)))
    share = share / np.maximum(members.end - members.start, 1)
    return members.most(members.length * (wording - share) < params.min_chars) & members.most(share > 0)


def _reporters(texts: Texts, segments: Segments, raw: Int64, issuers: Sequence[str | None]) -> tuple[Int64, Int64]:
    """Return, for raw positions, the report and the issuer they belong to, as numbers.

    A report is a document, or a part of a collection file; the parts of a collection were written by different hands
    as far as anyone can know, so each is an issuer of its own, whatever the file as a whole is called.
    """
    parts = segments.parts
    borders = once(np.concatenate([texts.indptr[:-1], parts.raw_start]))
    report = np.searchsorted(borders, raw, side="right") - 1
    names = sorted({name for name in issuers if name is not None})
    number = {name: -1 - rank for rank, name in enumerate(names)}
    document = texts.document_of(borders)[report]
    known = np.array([0 if name is None else number[name] for name in issuers] or [0], np.int64)
    known[segments.parts.document] = 0
    return report, np.where(known[document] < 0, known[document], report)


def _distinct(group: Int64, value: Int64, groups: int) -> Int64:
    """Return the number of distinct values in each group (int64[groups])."""
    order = ordered(group, value - value.min(initial=0))
    new = np.ones(len(order), bool)
    new[1:] = (group[order][1:] != group[order][:-1]) | (value[order][1:] != value[order][:-1])
    return np.bincount(group[order][new], minlength=groups).astype(np.int64)


def _inside_titles(segments: Segments, families: Families) -> Int64:
    """Return how many key characters of each member lie in the titles at the head of a report or part.

    Only there: a heading, or a line without a full stop, further down is text of the report like any other.
    """
    rows = np.arange(len(segments.kind))
    new = np.ones(len(rows), bool)
    new[1:] = segments.document[1:] != segments.document[:-1]
    new[1:] |= segments.part[1:] != segments.part[:-1]
    nth = rows - np.maximum.accumulate(np.where(new, rows, 0))
    part_title = segments.kind == ParagraphKind.PART_TITLE
    title = part_title | ((segments.kind == ParagraphKind.HEADING) & (segments.level <= 1) & (nth < HEAD))
    ranges = np.stack([segments.start[title], segments.end[title]], axis=1)
    return covered(families.start, families.end, ranges[ranges[:, 1] > ranges[:, 0]])


def _quotations(texts: Texts) -> Int64:
    """Return the raw ranges between quotation marks, the marks included (int64[n, 2], sorted, disjoint)."""
    marks = np.array([list(map(ord, side)) for side in zip(*_QUOTES, strict=True)], np.uint32)

    longest = np.int64(_LONGEST_QUOTE)

    def found(rows: tuple[int, int]) -> Int64:
        def into(ranges: Int64) -> int:
            return int(quotes.quotations(*rows, texts.codes, texts.indptr, marks, _BANDS, longest, ranges))

        size = int(texts.indptr[rows[1]] - texts.indptr[rows[0]])
        ranges = np.empty((size // _SPARSE + 1, 2), np.int64)
        count = into(ranges)
        if count > len(ranges):
            ranges = np.empty((count, 2), np.int64)
            into(ranges)
        return ranges[:count]

    ranges = np.concatenate(together(found, portions(texts.indptr, _PIECE)))
    ranges = ranges[np.lexsort((-ranges[:, 1], ranges[:, 0]))]
    reach = np.maximum.accumulate(ranges[:, 1]) if len(ranges) else ranges[:, 1]
    return ranges[np.concatenate([[True], ranges[1:, 0] >= reach[:-1]])] if len(ranges) else ranges


def _holds_sentence_end(texts: Texts, start: Int64, end: Int64) -> Bool:
    """Return which raw ranges hold the end of a sentence before their last character: they are more than a clause."""
    size = np.maximum(end - 1 - start, 0)
    stops = np.concatenate([[0], np.cumsum(np.isin(texts.codes[positions(start, size)], _SENTENCE_ENDS))])
    border = np.concatenate([[0], np.cumsum(size)])
    return np.asarray(stops[border[1:]] > stops[border[:-1]], bool)


def _strength(passages: Passages, families: Families, bits: Float64) -> UInt8:
    """Grade families as copying: A verbatim, long and rare; B with changes; C short, scattered or rewritten."""
    count = len(families.medoid)
    grade = np.full(count, 3, np.uint8)
    if not count:
        return grade
    weakest = np.minimum.reduceat(families.wording, families.indptr[:-1])
    length = (families.end - families.start)[families.medoid]
    owner = np.repeat(np.arange(count), np.diff(families.passage_indptr))
    rows = families.passages
    # A long copy with one repeated title out of place is no scattered one.
    in_place = (passages.kind[rows] == PassageKind.ALIGNED) | (passages.wording[rows] >= VERBATIM)
    aligned = (np.bincount(owner[in_place], minlength=count) > 0) | (np.diff(families.passage_indptr) == 0)
    grade[aligned & (weakest >= 0.8) & (length >= 40)] = 2
    grade[aligned & (weakest >= VERBATIM) & (length >= 80) & (bits >= 120)] = 1
    return grade


def _painted(
    texts: Texts, members: _Members, family_label: UInt8, reason: UInt8, ranges: dict[str, Int64]
) -> tuple[Int64, Int64, UInt8, Int64]:
    """Return the runs of every raw position: start, end, label and deciding family, -1 for none."""
    rows = np.flatnonzero(~np.isin(reason[members.family], layers.UNPAINTED))
    explained = np.concatenate([np.empty((0, 2), np.int64), *ranges.values()])
    start = np.concatenate([members.start[rows], explained[:, 0]])
    end = np.concatenate([members.end[rows], explained[:, 1]])
    owner = np.concatenate([members.family[rows], np.full(len(explained), -1, np.int64)])
    codes = [np.full(len(more), _CODE[name], np.uint8) for name, more in ranges.items()]
    colour = np.concatenate([family_label[members.family[rows]], *codes])
    return layers.layered(texts.indptr, start, end, colour, owner)
