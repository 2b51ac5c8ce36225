"""How well characters and spans were labelled: precision, recall and F1 per label, and span agreement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dedup.evaluate.gold import Gold
from dedup.evaluate.passages import harmonic
from dedup.params import LABELS
from dedup.result import Result
from dedup.schema import Int64, UInt8

OWN = LABELS.index("own")
_UNSPOKEN = len(LABELS)


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """One label: code points in gold, precision, recall, F1; gold spans, and the share of them called so."""

    chars: int
    precision: float
    recall: float
    f1: float
    spans: int
    agreement: float


def label_figures(gold: Gold, where: dict[str, int], result: Result) -> tuple[dict[str, LabelFigures], float]:
    """Return the figures of every label that gold or result bears, and the agreement over all gold spans.

    A gold span agrees if the label that most of its characters bear is, in the result, the one they bear in gold.
    What a pair without a label covers is not spoken of: its characters are left out.
    """
    chars = [info.chars for info in result.documents]
    starts = np.concatenate([[0], np.cumsum(chars)]).astype(np.int64)
    spans, silent = _spans(gold, where, starts, len(result.documents))
    wanted = np.full(int(starts[-1]), OWN if gold.complete else _UNSPOKEN, np.uint8)
    for start, end in silent:
        wanted[start:end] = _UNSPOKEN
    for row, start, end in sorted(spans, key=lambda span: -span[0]):  # decided first, painted last
        wanted[start:end] = row
    # Who says "own" of a place inside another (the answers in a form) means it; it is a part, no span to be counted.
    answers = [span for span in spans if span[0] == OWN and (wanted[span[1] : span[2]] != OWN).any()]
    for _, start, end in answers:
        wanted[start:end] = OWN
    inner = set(answers)
    spans = [span for span in spans if span not in inner]
    given = np.full(len(wanted), OWN, np.uint8)
    for info, base in zip(result.documents, starts[:-1].tolist(), strict=True):
        for start, end, label, _ in info.marks:
            given[base + start : base + end] = LABELS.index(label)
    agreed = _agreement(spans, wanted, given)
    heard = wanted != _UNSPOKEN
    size = len(LABELS)
    cells = np.bincount(wanted[heard].astype(np.int64) * size + given[heard], minlength=size * size)
    table = cells.reshape(size, size)
    total = agreed.sum(axis=0)
    return {
        label: _figures(table, row, agreed[row])
        for row, label in enumerate(LABELS)
        if table[row].any() or table[:, row].any()
    }, float(total[1] / total[0]) if total[0] else 0.0


def _spans(
    gold: Gold, where: dict[str, int], starts: Int64, documents: int
) -> tuple[list[tuple[int, int, int]], list[tuple[int, int]]]:
    """Return the distinct labelled spans (label, start, end) over all texts laid end to end, and the silent ones."""
    rows: set[tuple[int, int, int]] = set()
    silent: set[tuple[int, int]] = set()

    def put(label: str | None, doc: str, start: int, end: int) -> None:
        if where[doc] < documents:
            base = int(starts[where[doc]])
            if label is None:
                silent.add((base + start, base + end))
            else:
                rows.add((LABELS.index(label), base + start, base + end))

    for pair in gold.pairs:
        put(pair.label, pair.a_doc, pair.a_start, pair.a_end)
        put(pair.label, pair.b_doc, pair.b_start, pair.b_end)
    for span in gold.spans:
        put(span.label, span.doc, span.start, span.end)
    return sorted(rows), sorted(silent)


def _agreement(spans: list[tuple[int, int, int]], wanted: UInt8, given: UInt8) -> Int64:
    """Return, per label, gold spans and how many of them are called so (int64[labels, 2])."""
    table = np.zeros((len(LABELS), 2), np.int64)
    for _, start, end in spans:
        label = int(np.bincount(wanted[start:end]).argmax())
        table[label] += 1, int(np.bincount(given[start:end]).argmax()) == label
    return table


def _figures(table: Int64, row: int, agreed: Int64) -> LabelFigures:
    right, in_gold, claimed = int(table[row, row]), int(table[row].sum()), int(table[:, row].sum())
    precision = right / claimed if claimed else 0.0
    recall = right / in_gold if in_gold else 0.0
    spans, same = agreed.tolist()
    return LabelFigures(
        in_gold, precision, recall, harmonic(precision, recall), spans, same / spans if spans else 0.0
    )
