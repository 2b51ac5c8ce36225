"""A result seen at a higher threshold: what of it still stands, without comparing a text again.

It is a selection, not a scan. A scan at the higher threshold would also look for the part of a weak passage that
reaches it, gather what fell out of a family around a new medoid, and ask still more of short passages; for all that
it needs the texts. What is selected here stood in the wider result, under the same id, label and grade.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dedup.errors import ParamsError
from dedup.params import LABELS

if TYPE_CHECKING:
    from dedup.result import Cluster, DocumentInfo, Passage, Result, Span

Mark = tuple[int, int, str, str | None]

_ACCUSED = ("copy", "mass")
_UNDER = ("formula", "copy", "mass", "self")
"""Labels that may come to light where a family above is gone; the last one wins (see `dedup.steps.label`)."""
_SHOWN = ("copy", "mass", "self", "template", "citation", "formula", "furniture")
_SHORTEST = 50  # characters outside page noise, below which a share says nothing (docs/format.md)


def rethreshold(result: Result, threshold: float) -> Result:
    """Return what of a result stands at a higher threshold, see `Result.rethreshold`."""
    from dedup.result import Limit

    own = result.params.threshold
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or not own <= threshold <= 1:
        raise ParamsError(
            [f"threshold is {threshold}, but must be from {own}, at which this result was made, to 1: scan again"]
        )
    if threshold == own:
        return result
    clusters = [small for one in result.clusters if (small := _shrunk(result, one, threshold)) is not None]
    there = {cluster.id for cluster in clusters}
    passages = tuple(
        passage if passage.cluster in there else replace(passage, cluster=None)
        for passage in result.passages
        if passage.wording >= threshold
    )
    least: dict[str, float] = {}
    for passage in passages:
        if passage.cluster is not None:
            least[passage.cluster] = min(least.get(passage.cluster, 1.0), passage.similarity)
    clusters = [replace(one, similarity=least.get(one.id, one.similarity)) for one in clusters]
    dropped = len(result.passages) - len(passages)
    return replace(
        result,
        params=replace(result.params, threshold=threshold),
        documents=_documents(result, clusters, passages),
        passages=passages,
        clusters=tuple(sorted(clusters, key=_rank)),
        limits=(*result.limits, Limit("rethreshold", dropped, 0, f"scanned at {own}")),
    )


def _shrunk(result: Result, cluster: Cluster, threshold: float) -> Cluster | None:
    """Return the family of the members that agree with the medoid so far, or None where nobody else does."""
    rows = [row for row, wording in enumerate(cluster.wording) if wording >= threshold or row == cluster.medoid]
    if len(rows) < 2:
        return None
    if len(rows) == len(cluster.members):
        return cluster
    members = tuple(cluster.members[row] for row in rows)
    wording = tuple(cluster.wording[row] for row in rows)
    documents, issuers = len({span.document for span in members}), _issuers(result, members)
    return replace(
        cluster,
        medoid=rows.index(cluster.medoid),
        earliest=_earliest([result.documents[span.document].date for span in members]),
        weakest=min(wording),
        members=members,
        wording=wording,
        documents=documents,
        issuers=issuers,
        evidence=tuple(
            replace(one, facts={"documents": documents, "issuers": issuers}) if one.kind == "spread" else one
            for one in cluster.evidence
        ),
    )


def _issuers(result: Result, members: Iterable[Span]) -> int:
    """Return the number of independent issuers: an unknown one, and a part of a collection, is one of its own."""
    found: set[object] = set()
    for span in members:
        info = result.documents[span.document]
        found.add((info.id, span.part) if info.parts or info.issuer is None else info.issuer)
    return len(found)


def _earliest(dates: Sequence[str | None]) -> int | None:
    """Return the row of the one least date, if all are known."""
    if None in dates:
        return None
    least = min(date for date in dates if date is not None)
    return dates.index(least) if dates.count(least) == 1 else None


def _rank(cluster: Cluster) -> tuple[int, str, int]:
    """Return the order of families: label, grade, size; where these agree, the order that they had."""
    size = sum(span.end - span.start for span in cluster.members)
    return _SHOWN.index(cluster.label), cluster.grade or "Z", -size


def _documents(result: Result, clusters: Iterable[Cluster], passages: Iterable[Passage]) -> tuple[DocumentInfo, ...]:
    """Return the documents with the marks that are left, and the counts and rates that follow from them."""
    spans: dict[int, list[tuple[Span, Cluster]]] = {}
    for cluster in clusters:
        for span in cluster.members:
            spans.setdefault(span.document, []).append((span, cluster))
    sides: dict[int, list[tuple[Span, int]]] = {}
    for passage in passages:
        if passage.label in _ACCUSED:
            sides.setdefault(passage.left.document, []).append((passage.left, passage.right.document))
            sides.setdefault(passage.right.document, []).append((passage.right, passage.left.document))
    rows = []
    for info in result.documents:
        marks = tuple(_marks(info, spans.get(info.id, [])))
        labels = dict.fromkeys(LABELS, 0)
        for start, end, label, _ in marks:
            labels[label] += end - start
        labels["own"] = info.chars - sum(labels.values())
        rows.append(replace(info, marks=marks, labels=labels, rates=rates(info.id, labels, sides.get(info.id, []))))
    return tuple(rows)


def _marks(info: DocumentInfo, spans: list[tuple[Span, Cluster]]) -> Iterator[Mark]:
    """Yield the marks of a document: those that stand, and under those that fell what was painted over."""
    label, owner = np.full(info.chars, -1, np.int8), np.full(info.chars, -1, np.int64)
    names = sorted({mark[3] for mark in info.marks if mark[3] is not None} | {cluster.id for _, cluster in spans})
    number: dict[str | None, int] = {None: -1} | {name: row for row, name in enumerate(names)}
    left = {name: np.zeros(info.chars, bool) for name in {cluster.id for _, cluster in spans}}
    for span, cluster in spans:
        left[cluster.id][span.start : span.end] = True
    freed = np.zeros(info.chars, bool)
    for start, end, name, family in info.marks:
        label[start:end], owner[start:end] = LABELS.index(name), number[family]
        if family is not None:
            freed[start:end] = ~left[family][start:end] if family in left else True
    label[freed], owner[freed] = -1, -1
    for name in _UNDER:
        mine = [(span, cluster) for span, cluster in spans if cluster.label == name]
        for span, cluster in sorted(mine, key=lambda one: one[0].start - one[0].end):
            rows = np.flatnonzero(freed[span.start : span.end]) + span.start
            label[rows], owner[rows] = LABELS.index(name), number[cluster.id]
    border = np.flatnonzero(np.diff(label) | np.diff(owner)) + 1
    for start, end in zip([0, *border.tolist()], [*border.tolist(), info.chars], strict=True):
        if start < end and label[start] >= 0:
            family = names[owner[start]] if owner[start] >= 0 else None
            yield start, end, LABELS[label[start]], family


def rates(document: int, labels: dict[str, int], sides: list[tuple[Span, int]]) -> dict[str, float | int | None]:
    """Return the rates of a document as docs/format.md defines them.

    Parameters
    ----------
    document : int
    labels : dict of str to int
        Code points by label.
    sides : list of (Span, int)
        Its side of each passage called copy or mass, and the document of the other side.
    """
    whole = sum(labels.values()) - labels["furniture"]
    repeated = whole - labels["own"]
    shared: dict[int, set[int]] = {}
    for span, other in sides:
        if other != document:
            shared.setdefault(other, set()).update(range(span.start, span.end))

    def share(chars: int) -> float | None:
        return round(chars / whole, 4) if whole >= _SHORTEST else None

    return {
        "repeated": share(repeated),
        "without_formula": share(repeated - labels["formula"] - labels["template"]),
        "without_citation": share(repeated - labels["citation"]),
        "without_self": share(repeated - labels["self"]),
        "copied": share(labels["copy"] + labels["mass"]),
        "largest_source": share(min(max(map(len, shared.values()), default=0), whole)),
        "longest_passage": max((span.end - span.start for span, _ in sides), default=0),
        "sources": len(shared),
    }
