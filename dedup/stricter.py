"""A result seen at a higher threshold: what of it still stands, without comparing a text again.

It is a selection, not a scan. A scan at the higher threshold would also look for the part of a weak passage that
reaches it, gather what fell out of a family around a new medoid, and ask still more of short passages; for all that
it needs the texts. What is selected here stood in the wider result, under the same id, label and grade.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dedup.errors import ParamsError
from dedup.relabel import relabel
from dedup.result import Cluster, Limit, Result, Span


def rethreshold(result: Result, threshold: float) -> Result:
    """Return what of a result stands at a higher threshold, see `Result.rethreshold`."""
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
    selected = replace(
        result,
        params=replace(result.params, threshold=threshold),
        passages=passages,
        clusters=tuple(clusters),
        limits=(*result.limits, Limit("rethreshold", dropped, 0, f"scanned at {own}")),
    )
    # The same labels once more: what lay under a family that is gone comes to light, and all counts follow.
    return relabel(selected, result.params.labels)


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
