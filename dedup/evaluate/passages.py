"""How well passages were found: plagdet and its parts, pairs, coverage; over all and by operator.

The measures are those of Potthast, Stein, Barrón-Cedeño and Rosso (An Evaluation Framework for Plagiarism Detection,
COLING 2010, section 3), at the level of characters and on both sides of a pair. Two departures, both argued in
docs/accuracy.md: only what is labelled as copying is scored (a slogan called a slogan claims nothing), and families
of many members are completed before comparing, so that neither a gold file nor a result must list every pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

import numpy as np

from dedup.evaluate.intervals import covered, overlapping
from dedup.evaluate.tables import HALF, Cases, Found, PairTable
from dedup.schema import Bool, Float64, Int64


@dataclass(frozen=True, slots=True)
class Shares:
    """Stretches of rows that agree with the other side: row, side (0 left, 1 right), document, range."""

    row: Int64
    side: Int64
    doc: Int64
    start: Int64
    end: Int64

    def by_side(self, rows: int) -> Int64:
        """Return the code points covered on each side of each row (int64[rows, 2])."""
        return covered(self.row * 2 + self.side, self.start, self.end, rows * 2).reshape(rows, 2)

    def by_document(self, chosen: Bool, documents: int) -> int:
        """Return the code points covered in all documents by the chosen rows, each counted once."""
        keep = chosen[self.row]
        return int(covered(self.doc[keep], self.start[keep], self.end[keep], documents).sum())


@dataclass(frozen=True, slots=True)
class PassageFigures:
    """Figures of one operator, or of all. Shares lie in 0 .. 1; ``granularity`` is at least 1."""

    cases: int
    detections: int
    plagdet: float
    precision: float
    recall: float
    granularity: float
    micro_plagdet: float
    micro_precision: float
    micro_recall: float
    pair_precision: float
    pair_recall: float
    pair_f1: float
    coverage: float


def _meeting(one: PairTable, two: PairTable) -> tuple[Int64, Int64]:
    """Return rows (i, j) of two tables that overlap on both sides."""
    wide = int(max(one.docs.max(initial=0), two.docs.max(initial=0))) + 1
    i, j = overlapping(
        one.docs[0] * wide + one.docs[1], one.starts[0], one.ends[0],
        two.docs[0] * wide + two.docs[1], two.starts[0], two.ends[0],
    )  # fmt: skip
    hit = (two.ends[1][j] > one.starts[1][i]) & (one.ends[1][i] > two.starts[1][j])
    return i[hit], j[hit]


def _through(pairs: PairTable, kind: Int64, docs: Int64, starts: Int64, ends: Int64) -> tuple[Shares, Int64]:
    """Return where pairs agree with a set of places by kind, and the kind (int64, one per share).

    A pair agrees with kind k if its left and its right side overlap two different places of kind k: members of one
    cluster, or gold spans of one family.
    """
    kinds = int(kind.max(initial=0)) + 1
    sides = [overlapping(pairs.docs[s], pairs.starts[s], pairs.ends[s], docs, starts, ends) for s in (0, 1)]
    keys = [row * kinds + kind[item] for row, item in sides]
    common = np.intersect1d(keys[0], keys[1])
    low = np.full(len(common), np.iinfo(np.int64).max)
    high = np.full(len(common), -1)
    for (_, item), key in zip(sides, keys, strict=True):
        inside = np.isin(key, common)
        at = np.searchsorted(common, key[inside])
        np.minimum.at(low, at, item[inside])
        np.maximum.at(high, at, item[inside])
    agreed = common[low < high]
    parts = []
    for side, ((row, item), key) in enumerate(zip(sides, keys, strict=True)):
        keep = np.isin(key, agreed)
        row, item = row[keep], item[keep]
        start = np.maximum(pairs.starts[side][row], starts[item])
        end = np.minimum(pairs.ends[side][row], ends[item])
        parts.append((row, np.full(len(row), side), docs[item], start, end, kind[item]))
    columns = [np.concatenate(column).astype(np.int64) for column in zip(*parts, strict=True)]
    return Shares(*columns[:5]), columns[5]


def _crossing(one: PairTable, i: Int64, two: PairTable, j: Int64) -> Shares:
    """Return what rows ``i`` of the first table share with rows ``j`` of the second, on both sides."""
    both = [
        np.concatenate([column[0], column[1]])
        for column in (
            one.docs[:, i],
            np.maximum(one.starts[:, i], two.starts[:, j]),
            np.minimum(one.ends[:, i], two.ends[:, j]),
        )
    ]
    return Shares(np.tile(i, 2), np.repeat(np.arange(2, dtype=np.int64), len(i)), *both)


def _join(one: Shares, two: Shares) -> Shares:
    columns = ("row", "side", "doc", "start", "end")
    return Shares(*(np.concatenate([getattr(one, name), getattr(two, name)]) for name in columns))


def recalled(cases: PairTable, found: Found, chosen: Bool, member_chosen: Bool) -> tuple[Shares, Int64]:
    """Return what of each case was found, and by how many detections (int64[C]).

    Listed passages count first. Where none touches a case, two members of one cluster that do stand for the passage
    between them, which a result need not list.
    """
    passages = found.pairs.rows(chosen)
    i, j = _meeting(cases, passages)
    count = np.bincount(i, minlength=len(cases)).astype(np.int64)
    missing = np.flatnonzero(count == 0)
    cluster, docs, starts, ends = found.members[:, member_chosen]
    implied, _ = _through(cases.rows(count == 0), cluster, docs, starts, ends)
    implied = Shares(missing[implied.row], implied.side, implied.doc, implied.start, implied.end)
    count[np.unique(implied.row)] = 1
    return _join(_crossing(cases, i, passages, j), implied), count


def _agreeing(cases: Cases, pairs: PairTable) -> tuple[Shares, Int64, Bool]:
    """Return where passages agree with gold families: shares, their family, and whether that is no neutral one."""
    spans = [
        np.stack(
            [cases.pairs.docs[side], cases.pairs.starts[side], cases.pairs.ends[side], cases.family, cases.neutral]
        )
        for side in (0, 1)
    ]
    docs, starts, ends, family, neutral = np.unique(np.concatenate(spans, axis=1), axis=1)
    shares, kind = _through(pairs, family, docs, starts, ends)
    plain = np.ones(int(family.max(initial=0)) + 1, np.bool_)
    plain[family] = neutral == 0
    return shares, kind, plain[kind]


def _some(shares: Shares, keep: Bool) -> Shares:
    return Shares(shares.row[keep], shares.side[keep], shares.doc[keep], shares.start[keep], shares.end[keep])


def _operators_of(cases: Cases, pairs: PairTable, shares: Shares, kind: Int64) -> Bool:
    """Return to which operators' figures each detection belongs (bool[detections, operators]).

    Those of the cases that it meets; else those of the families with which it agrees; else (it is wrong) those of
    every case in either of its documents, so that an operator pays for what its documents provoke.
    """
    positive = np.flatnonzero(~cases.neutral)
    operator = cases.operator[positive]
    table = np.zeros((len(pairs), len(cases.operators)), np.bool_)

    def mark(rows: Int64, values: Int64, value_of_case: Int64) -> None:
        """Give each row the operators of all cases that bear its value."""
        held, held_operator = np.unique(np.stack([value_of_case[positive], operator]), axis=1)
        low = np.searchsorted(held, values, side="left")
        count = np.searchsorted(held, values, side="right") - low
        at = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count - low, count)
        table[np.repeat(rows, count), held_operator[at]] = True

    i, j = _meeting(cases.pairs.rows(np.logical_not(cases.neutral)), pairs)
    table[j, operator[i]] = True
    loose = np.flatnonzero(table.sum(axis=1)[shares.row] == 0)
    mark(shares.row[loose], kind[loose], cases.family)
    wrong = np.flatnonzero(table.sum(axis=1) == 0)
    for docs in pairs.docs:
        for case_docs in cases.pairs.docs:
            mark(wrong, docs[wrong], case_docs)
    return table


def _paired(pairs: PairTable, cases: PairTable) -> Bool:
    """Return which rows join two documents that some case joins."""
    wide = int(max(pairs.docs.max(initial=0), cases.docs.max(initial=0))) + 1
    return np.isin(pairs.docs[0] * wide + pairs.docs[1], cases.docs[0] * wide + cases.docs[1])


def passage_figures(
    cases: Cases, found: Found, documents: int, *, complete: bool
) -> tuple[PassageFigures, dict[str, PassageFigures]]:
    """Return the figures over all operators, and of each.

    Parameters
    ----------
    cases : Cases
        Gold; neutral pairs are no cases, they only excuse what finds them.
    found : Found
        What a result claims.
    documents : int
        One more than the highest document row in either.
    complete : bool
        Whether gold speaks of every pair of documents; if not, claims between two that it never pairs are left out.

    Returns
    -------
    figures : PassageFigures
    by_operator : dict of str to PassageFigures
    """
    positive = np.logical_not(cases.neutral)
    wanted, operator = cases.pairs.rows(positive), cases.operator[positive]
    got, count = recalled(wanted, found, found.copying, found.member_copying)
    anyhow, _ = recalled(wanted, found, np.ones_like(found.copying), np.ones_like(found.member_copying))
    spoken = found.copying if complete else np.logical_and(found.copying, _paired(found.pairs, cases.pairs))
    claims = found.pairs.rows(spoken)
    shares, kind, plain = _agreeing(cases, claims)
    right = _some(shares, plain)
    table = _operators_of(cases, claims, right, kind[plain])
    side = _Side(wanted, got, anyhow, count, claims, shares, right, documents)
    everything = side.figures(np.ones(len(wanted), np.bool_), np.ones(len(claims), np.bool_))
    return everything, {
        name: side.figures(operator == number, table[:, number]) for number, name in enumerate(cases.operators)
    }


@dataclass(frozen=True, slots=True)
class _Side:
    """Gold and claims, each with what the other has of it: ready to be summed up over any choice of rows."""

    wanted: PairTable
    got: Shares
    anyhow: Shares
    count: Int64
    claims: PairTable
    excused: Shares  # with gold, neutral included
    right: Shares
    documents: int

    def figures(self, cases: Bool, claims: Bool) -> PassageFigures:
        """Return the figures over the chosen cases and claims."""
        wanted, listed = self.wanted.lengths, self.claims.lengths
        got = self.got.by_side(len(wanted))
        right, excused = self.right.by_side(len(listed)), self.excused.by_side(len(listed))
        # What only neutral gold explains is taken out of a claim; a claim of nothing else is no claim.
        neutral = excused - right
        liable = listed - neutral.sum(axis=1)
        claims = np.logical_and(claims, liable > 0)
        precision = _mean((right.sum(axis=1) / np.maximum(liable, 1))[claims])
        recall = _mean((got.sum(axis=1) / wanted)[cases])
        detected = self.count[np.logical_and(cases, self.count > 0)]
        granularity = float(detected.mean()) if len(detected) else 1.0
        micro_precision, micro_recall = self._micro(cases, claims)
        pair_precision = _mean(_halves(right, (self.claims.ends - self.claims.starts).T - neutral)[claims])
        sides = (self.wanted.ends - self.wanted.starts).T
        pair_recall = _mean(_halves(got, sides)[cases])
        coverage = _mean(_halves(self.anyhow.by_side(len(wanted)), sides)[cases])
        return PassageFigures(
            cases=int(cases.sum()),
            detections=int(claims.sum()),
            plagdet=_plagdet(precision, recall, granularity),
            precision=precision,
            recall=recall,
            granularity=granularity,
            micro_plagdet=_plagdet(micro_precision, micro_recall, granularity),
            micro_precision=micro_precision,
            micro_recall=micro_recall,
            pair_precision=pair_precision,
            pair_recall=pair_recall,
            pair_f1=harmonic(pair_precision, pair_recall),
            coverage=coverage,
        )

    def _micro(self, cases: Bool, claims: Bool) -> tuple[float, float]:
        right = self.right.by_document(claims, self.documents)
        neutral = self.excused.by_document(claims, self.documents) - right
        claimed = _both_sides(self.claims).by_document(claims, self.documents) - neutral
        wanted = _both_sides(self.wanted).by_document(cases, self.documents)
        got = self.got.by_document(cases, self.documents)
        return right / claimed if claimed else 0.0, got / wanted if wanted else 0.0


def _both_sides(pairs: PairTable) -> Shares:
    row = np.arange(len(pairs), dtype=np.int64)
    return _crossing(pairs, row, pairs, row)


def _halves(got: Int64, sides: Int64) -> Float64:
    """Return 1 for each row of which half or more is there on both sides, else 0 (int64[R, 2] -> float64[R])."""
    return np.asarray((got >= HALF * sides).all(axis=1), np.float64)


def _mean(values: Float64) -> float:
    """Return the mean, 0 of nothing: who finds nothing is not precise."""
    return float(values.mean()) if len(values) else 0.0


def harmonic(precision: float, recall: float) -> float:
    """Return F1."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _plagdet(precision: float, recall: float, granularity: float) -> float:
    return harmonic(precision, recall) / log2(1 + granularity)
