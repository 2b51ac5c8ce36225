"""Is it copying, or is it 套话, page noise, oneself? Answers with one label for each character and each family.

Common text is labelled, never dropped: a paragraph copied into three hundred reports is as frequent as a slogan, so
frequency alone decides nothing here. docs/algorithm.md gives each rule with an example and its known failures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedup.params import LABELS, Params
from dedup.schema import (
    Bool,
    Families,
    Float64,
    Int64,
    KeyStream,
    Labels,
    ParagraphKind,
    Passages,
    Reason,
    Segments,
    Texts,
    UInt8,
)

_CODE = {name: np.uint8(number) for number, name in enumerate(LABELS)}
_QUOTES = {"“": "”", "「": "」", "『": "』"}

# The order in which labels are painted over one another, the last one wins. A formula inside a longer copied block
# was copied with the block, so copying lies over formula; what the page or a quotation explains lies over both.
_PAINT = ("formula", "copy", "mass", "self", "citation", "template", "furniture")


def label(
    texts: Texts,
    keys: KeyStream,
    segments: Segments,
    passages: Passages,
    families: Families,
    furniture: Int64,
    bits: Float64,
    issuers: Sequence[str | None],
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
    params : Params
        ``labels``, ``mass_issuers``, ``formula_bits``, ``formula_chars``.

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
    noisy = _covered(raw_start, raw_end, furniture) * 2 >= raw_end - raw_start
    family_label = np.full(len(families.medoid), _CODE["copy"], np.uint8)
    reason = np.full(len(families.medoid), Reason.REST, np.uint8)
    medoid_bits = bits[families.medoid] if len(families.medoid) else np.empty(0)
    spread = _distinct(member_family, issuer, len(families.medoid))
    rules = _rules(texts, keys, segments, families, noisy, raw_start, raw_end, report, issuer, bits, params)
    decided = np.zeros(len(families.medoid), bool)
    for name, why, holds in rules:
        if name in params.labels:
            taken = holds & ~decided
            family_label[taken] = _CODE[name]
            reason[taken] = why
            decided |= taken
    grade = _grades(passages, families, family_label, medoid_bits)
    # What page noise repeats is no noise itself: of a family that is noise on one side only the noise is painted.
    shown = reason[member_family] != Reason.PAGE_NOISE if len(member_family) else noisy
    painted, family = _paint(texts, raw_start, raw_end, member_family, family_label, shown, furniture, params)
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


def _rules(
    texts: Texts,
    keys: KeyStream,
    segments: Segments,
    families: Families,
    noisy: Bool,
    raw_start: Int64,
    raw_end: Int64,
    report: Int64,
    issuer: Int64,
    bits: Float64,
    params: Params,
) -> list[tuple[str, Reason, Bool]]:
    """Return the rules in their order: label, reason, and for which families each holds (bool[F])."""
    first = families.indptr[:-1]
    count = len(first)
    member_family = np.repeat(np.arange(count), np.diff(families.indptr))
    length = families.end - families.start
    clean = np.bincount(member_family[~noisy], minlength=count)
    titles = _inside_titles(segments, families) * 2 >= length
    quoted = _quoted(texts, raw_start, raw_end)
    grams = np.maximum(length - 4, 1)
    common = (bits * 5 / grams <= params.formula_bits) & (length <= params.formula_chars)
    reports = _distinct(member_family, report, count)
    spread = _distinct(member_family, issuer, count)

    def every(holds: Bool) -> Bool:
        return np.bincount(member_family[~holds], minlength=count) == 0

    return [
        ("furniture", Reason.PAGE_NOISE, clean < 2),
        ("furniture", Reason.TITLES, every(titles)),
        ("citation", Reason.QUOTED, every(quoted)),
        (
            "formula",
            Reason.COMMON,
            2 * np.bincount(member_family[common], minlength=count) > np.diff(families.indptr),
        ),
        ("self", Reason.ONE_REPORT, reports == 1),
        ("self", Reason.ONE_ISSUER, spread == 1),
        ("mass", Reason.MANY_ISSUERS, spread >= params.mass_issuers),
    ]


def _reporters(texts: Texts, segments: Segments, raw: Int64, issuers: Sequence[str | None]) -> tuple[Int64, Int64]:
    """Return, for raw positions, the report and the issuer they belong to, as numbers.

    A report is a document, or a part of a collection file; the parts of a collection were written by different hands
    as far as anyone can know, so each is an issuer of its own unless the document names one issuer for all.
    """
    parts = segments.parts
    borders = np.unique(np.concatenate([texts.indptr[:-1], parts.raw_start]))
    report = np.searchsorted(borders, raw, side="right") - 1
    names = sorted({name for name in issuers if name is not None})
    number = {name: -1 - rank for rank, name in enumerate(names)}
    document = texts.document_of(raw)
    known = np.array([0 if name is None else number[name] for name in issuers] or [0], np.int64)[document]
    return report, np.where(known < 0, known, report)


def _distinct(group: Int64, value: Int64, groups: int) -> Int64:
    """Return the number of distinct values in each group (int64[groups])."""
    if not len(group):
        return np.zeros(groups, np.int64)
    rows = np.unique(np.stack([group, value], axis=1), axis=0)
    return np.bincount(rows[:, 0], minlength=groups).astype(np.int64)


def _covered(start: Int64, end: Int64, ranges: Int64) -> Int64:
    """Return how many positions of each [start, end) lie in the sorted, disjoint ranges (int64)."""
    if not len(ranges):
        return np.zeros(len(start), np.int64)
    before = np.concatenate([[0], np.cumsum(ranges[:, 1] - ranges[:, 0])])

    def upto(position: Int64) -> Int64:
        row = np.searchsorted(ranges[:, 0], position, side="right")
        over = np.maximum(0, ranges[np.maximum(row - 1, 0), 1] - position)
        return before[row] - np.where(row > 0, over, 0)

    return upto(end) - upto(start)


def _inside_titles(segments: Segments, families: Families) -> Int64:
    """Return how many key characters of each member lie in titles and headings."""
    title = np.isin(segments.kind, (ParagraphKind.HEADING, ParagraphKind.PART_TITLE))
    ranges = np.stack([segments.start[title], segments.end[title]], axis=1)
    return _covered(families.start, families.end, ranges[ranges[:, 1] > ranges[:, 0]])


def _quoted(texts: Texts, start: Int64, end: Int64) -> Bool:
    """Return which raw ranges stand inside one pair of quotation marks (the marks may be in the range)."""
    result = np.zeros(len(start), bool)
    opening = {ord(mark) for mark in _QUOTES}
    closing = {ord(mark) for mark in _QUOTES.values()}
    for row, (first, last) in enumerate(zip(start.tolist(), end.tolist(), strict=True)):
        low = int(texts.indptr[texts.document_of(np.array([first]))[0]])
        before = texts.codes[max(low, first - 1) : first + 1].tolist()
        after = texts.codes[max(first, last - 1) : last + 2].tolist()
        result[row] = not opening.isdisjoint(before) and not closing.isdisjoint(after)
    return result


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
        aligned[number] = bool((passages.kind[rows] == 0).any()) if len(rows) else True
    accused = np.isin(family_label, (_CODE["copy"], _CODE["mass"]))
    grade[accused] = 3
    grade[accused & aligned & (weakest >= 0.8) & (length >= 40)] = 2
    grade[accused & aligned & (weakest >= 0.95) & (length >= 80) & (bits >= 120)] = 1
    return grade


def _paint(
    texts: Texts,
    raw_start: Int64,
    raw_end: Int64,
    member_family: Int64,
    family_label: UInt8,
    shown: Bool,
    furniture: Int64,
    params: Params,
) -> tuple[UInt8, np.ndarray]:
    """Return the label (uint8[N]) and the deciding family (int32[N], -1 for none) of every raw position."""
    painted = np.full(len(texts.codes), _CODE["own"], np.uint8)
    family = np.full(len(texts.codes), -1, np.int32)
    for name in _PAINT:
        rows = np.flatnonzero((family_label[member_family] == _CODE[name]) & shown) if len(member_family) else []
        # Longer members first, so that the family of an inner copy shows inside the outer one.
        for row in sorted(rows, key=lambda row: int(raw_start[row] - raw_end[row])):
            painted[raw_start[row] : raw_end[row]] = _CODE[name]
            family[raw_start[row] : raw_end[row]] = member_family[row]
    if "furniture" in params.labels:
        for start, end in furniture.tolist():
            painted[start:end] = _CODE["furniture"]
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
