"""A scan of new documents and candidates -> what it says about the new ones."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import replace

from dedup.rates import Rates
from dedup.result import Cluster, DocumentInfo, Result, Span


def about(result: Result, new: Container[int]) -> Result:
    """Return the result without what does not touch the new documents.

    Parameters
    ----------
    result : Result
        Of new and archived documents together.
    new : container of int
        The new ones' rows.

    Returns
    -------
    Result
        The new documents, and those archived ones that share a passage or a family with them. Of an archived
        document, what only other archived ones repeat is its own text here: nobody asked about it.
    """
    passages = [one for one in result.passages if one.left.document in new or one.right.document in new]
    clusters = [one for one in result.clusters if any(member.document in new for member in one.members)]
    touched = {span.document for one in passages for span in (one.left, one.right)}
    touched |= {member.document for one in clusters for member in one.members}
    kept = [info for info in result.documents if info.id in new or info.id in touched]
    number = {info.id: place for place, info in enumerate(kept)}

    def moved(span: Span) -> Span:
        return replace(span, document=number[span.document])

    passages = [replace(one, left=moved(one.left), right=moved(one.right)) for one in passages]
    families = {one.id for one in clusters}
    rates = Rates(passages)
    documents = [_document(info, number[info.id], families, rates) for info in kept]
    return replace(
        result,
        documents=tuple(documents),
        passages=tuple(passages),
        clusters=tuple(_cluster(one, moved) for one in clusters),
    )


def _cluster(cluster: Cluster, moved: Callable[[Span], Span]) -> Cluster:
    return replace(cluster, members=tuple(moved(member) for member in cluster.members))


def _document(info: DocumentInfo, number: int, families: Container[str], rates: Rates) -> DocumentInfo:
    """Give back to the document itself what only families that are left out had marked."""
    marks = []
    labels = dict(info.labels)
    for start, end, label, family in info.marks:
        if family is None or family in families:
            marks.append((start, end, label, family))
        else:
            labels[label] -= end - start
            labels["own"] += end - start
    return replace(info, id=number, marks=tuple(marks), labels=labels, rates=rates.of(number, labels))
