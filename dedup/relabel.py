"""A result seen with other labels switched on: families, marks, counts and rates as a fresh scan would have them.

Which rules hold of a family does not depend on the switches, and a result carries them (its ``rule`` evidence), so
that no text is needed. What is *found* in copying (figures, slips, changes) is not sought again: evidence and changes
stay those of the first scan.

>>> from dedup import Document, scan
>>> text = "“渡口的老艄公把摇橹的手艺教给了三个徒弟，约定谁先学会逆水靠岸，谁就接他的竹篙。”"
>>> result = scan([Document("甲.txt", text), Document("乙.txt", text)])
>>> [family.label for family in result.clusters]
['citation']
>>> [family.label for family in relabel(result, ("copy",)).clusters]
['copy']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from dedup import layers
from dedup.intervals import merged
from dedup.params import LABELS
from dedup.rates import COPYING, Rates
from dedup.result import Cluster, DocumentInfo, Evidence, Passage, Result
from dedup.schema import Reason

DECISION = "decision"
"""Why a family has the label that a person gave it."""

_CODE = {name: np.uint8(number) for number, name in enumerate(LABELS)}
_RANK = {name: rank for rank, name in enumerate(("copy", "mass", "self", "template", "citation", "formula"))}
_UNPAINTED = {reason.name.lower() for reason in layers.UNPAINTED}
_NONE: Mapping[str, bool] = {}
_REASON = {reason.name.lower(): reason for reason in Reason}


def relabel(result: Result, labels: Iterable[str], *, formulas: Mapping[str, bool] = _NONE) -> Result:
    """Return the result with these labels switched on and no others.

    Parameters
    ----------
    result : Result
        Of a scan with whatever labels; texts are not needed.
    labels : iterable of str
        As `Params.labels`.
    formulas : mapping of str to bool, optional
        Families that are formulas, or are none, whatever the rules say.

    Returns
    -------
    Result
        Labels and grades of families and passages, marks, counts and rates of documents are those of a scan with
        ``Params(labels=...)``. A family that a reviewer decided keeps its label.

    Raises
    ------
    ParamsError
        If there is no such label.
    """
    params = replace(result.params, labels=tuple(labels))
    # Families in the order in which the scan made them, which decides where two equally long ones overlap.
    clusters = sorted(result.clusters, key=_made)
    decided = [_decided(cluster, params.labels, formulas.get(cluster.id)) for cluster in clusters]
    fresh = [_relabelled(cluster, *one) for cluster, one in zip(clusters, decided, strict=True)]
    of_family = {cluster.id: (cluster.label, cluster.grade) for cluster in fresh}
    passages = tuple(_followed(passage, of_family) for passage in result.passages)
    rates = Rates(passages)
    painted = [
        (row, cluster)
        for row, (cluster, (_, why)) in enumerate(zip(fresh, decided, strict=True))
        if why not in _UNPAINTED
    ]
    spans: dict[int, list[tuple[int, int, int, int]]] = {}
    for row, cluster in painted:
        for span in cluster.members:
            spans.setdefault(span.document, []).append((span.start, span.end, int(_CODE[cluster.label]), row))
    names = [cluster.id for cluster in fresh]
    documents = tuple(
        _document(info, spans.get(info.id, []), names, params.labels, rates) for info in result.documents
    )
    order = sorted(range(len(fresh)), key=lambda row: (*_shown(fresh[row]), row))
    return replace(
        result,
        params=params,
        documents=documents,
        passages=passages,
        clusters=tuple(fresh[row] for row in order),
    )


def _made(cluster: Cluster) -> tuple[bool, list[tuple[int, int, int]]]:
    """Return what families are sorted by when they are made: their places; rewritten ones come last."""
    rewritten = any(one.kind == "rewritten" for one in cluster.evidence)
    return rewritten, [(span.document, span.start, span.end) for span in cluster.members]


def _decided(cluster: Cluster, labels: Sequence[str], formula: bool | None) -> tuple[str, str | None]:
    """Return the label of a family and why; None where a reviewer or an older version did not say what holds."""
    facts = next((one.facts for one in cluster.evidence if one.kind == "rule"), {})
    if "holds" not in facts:
        return cluster.label, None
    if formula and "formula" in labels:
        return "formula", DECISION
    on = labels if formula is None else [name for name in labels if name != "formula"]
    label, why = layers.decision({_REASON[name] for name in facts["holds"] if name in _REASON}, on)
    return label, why.name.lower() if formula is None else DECISION


def _relabelled(cluster: Cluster, label: str, why: str | None) -> Cluster:
    if why is None:
        return cluster
    rule = next(one for one in cluster.evidence if one.kind == "rule")
    told = Evidence("rule", {**rule.facts, "why": why})
    evidence = tuple(told if one is rule else one for one in cluster.evidence)
    return replace(
        cluster, label=label, grade=rule.facts.get("grade") if label in COPYING else None, evidence=evidence
    )


def _followed(passage: Passage, of_family: dict[str, tuple[str, str | None]]) -> Passage:
    """Return the passage with label and grade of its family."""
    if passage.cluster is None or of_family[passage.cluster] == (passage.label, passage.grade):
        return passage
    label, grade = of_family[passage.cluster]
    return replace(passage, label=label, grade=grade)


def _shown(cluster: Cluster) -> tuple[int, int, int]:
    """Return what families are shown by: label, grade, size."""
    grade = " ABC".index(cluster.grade) if cluster.grade else 4
    return _RANK.get(cluster.label, len(_RANK)), grade, -sum(span.end - span.start for span in cluster.members)


def _document(
    info: DocumentInfo,
    spans: Sequence[tuple[int, int, int, int]],
    names: Sequence[str],
    labels: Sequence[str],
    rates: Rates,
) -> DocumentInfo:
    """Return a document with its marks painted afresh."""
    explained = sorted([mark[:3] for mark in info.marks if mark[3] is None] + list(info.hidden))
    on = [(start, end, int(_CODE[name]), -1) for start, end, name in explained if name in labels]
    table = np.array([*spans, *on], np.int64).reshape(-1, 4)
    start, end, colours, owners = layers.layered(
        np.array([0, info.chars]), table[:, 0], table[:, 1], table[:, 2].astype(np.uint8), table[:, 3]
    )
    marks = tuple(
        (low, high, LABELS[label], names[owner] if owner >= 0 else None)
        for low, high, label, owner in zip(
            start.tolist(), end.tolist(), colours.tolist(), owners.tolist(), strict=True
        )
        if LABELS[label] != "own"
    )
    chars = np.bincount(colours, weights=end - start, minlength=len(LABELS)).astype(np.int64)
    counts = dict(zip(LABELS, chars.tolist(), strict=True))
    hidden = []
    for name in ("furniture", "template", "citation"):
        ranges = np.array([one[:2] for one in explained if one[2] == name], np.int64).reshape(-1, 2)
        shown = np.array([mark[:2] for mark in marks if mark[2:] == (name, None)], np.int64).reshape(-1, 2)
        rest = layers.hidden(merged(ranges), int(_CODE[name]), shown, np.array([0, info.chars]))
        hidden += [(low, high, name) for low, high, _ in rest.tolist()]
    return replace(info, marks=marks, labels=counts, rates=rates.of(info.id, counts), hidden=tuple(sorted(hidden)))
