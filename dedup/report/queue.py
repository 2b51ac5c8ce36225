"""In which order does a reviewer meet families, how many does a page show, and how much is there of what?

Asked of columns where the result has columns: most families of a large corpus are formulas, and nobody looks at them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dedup.columns import ClusterRows, PassageRows
from dedup.decisions import Carried
from dedup.params import LABELS
from dedup.report.words import SHOWN_ORDER
from dedup.result import GRADES, Cluster, Limit, Passage, Result
from dedup.schema import Bool, Int64

REVIEWED: tuple[str, ...] = ("copy", "mass")
"""Labels that nothing explains: these families are to be reviewed, these characters are unexplained copying."""

BOILERPLATE: tuple[str, ...] = ("furniture", "template", "formula")
"""Labels that are no one's own words: what offices call 套话, forms and page noise."""

MOST_FAMILIES = 10_000
"""Families on a page, besides those with a verdict: it opens in a second, ten times as many crash a tab. The families
that must be looked at stand first in the queue, so that what is left out is formula and page noise, as a rule."""

_AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True)
class _Ranked:
    """What the order depends on, by family.

    label, grade : int64[F]   indices into `LABELS` and `GRADES`
    star : bool[F]
    weight : int64[F]         characters of the medoid times documents
    id : sequence of str
    """

    label: Int64
    grade: Int64
    star: Bool
    weight: Int64
    id: Sequence[str]


def _ranked(clusters: Sequence[Cluster]) -> _Ranked:
    if isinstance(clusters, ClusterRows):
        medoid = clusters.member_ptr[:-1] + clusters.medoid
        weight = (clusters.members.end - clusters.members.start)[medoid] * clusters.documents
        label, grade = (column.astype(np.int64) for column in (clusters.label, clusters.grade))
        return _Ranked(label, grade, clusters.star, weight, clusters.id)
    medoids = [cluster.members[cluster.medoid] for cluster in clusters]
    chars = np.array([span.end - span.start for span in medoids], np.int64)
    return _Ranked(
        label=np.array([LABELS.index(cluster.label) for cluster in clusters], np.int64),
        grade=np.array([GRADES.index(cluster.grade) for cluster in clusters], np.int64),
        star=np.array([cluster.star for cluster in clusters], bool),
        weight=chars * np.array([cluster.documents for cluster in clusters], np.int64),
        id=[cluster.id for cluster in clusters],
    )


def queue_order(result: Result) -> list[int]:
    """Return rows of ``result.clusters`` as a reviewer should meet them.

    What must be looked at first stands first: by label, then grade, then a shared oddity, then length times
    spread; ids break ties, so that the order is a function of the content.
    """
    if not len(result.clusters):
        return []
    rows = _ranked(result.clusters)
    last = len(SHOWN_ORDER)
    label = np.array([SHOWN_ORDER.index(name) if name in SHOWN_ORDER else last for name in LABELS])
    grade = np.array([len(GRADES) if name is None else number for number, name in enumerate(GRADES)])
    keys = (np.array(rows.id), -rows.weight, ~rows.star, grade[rows.grade], label[rows.label])
    order: list[int] = np.lexsort(keys).tolist()
    return order


def chosen(result: Result, order: Sequence[int], carried: Sequence[Carried]) -> tuple[list[int], list[Limit]]:
    """Return the families that the page has room for: those with a verdict, and the first ones of the queue.

    Parameters
    ----------
    result : Result
    order : sequence of int
        What `queue_order` returns.
    carried : sequence of Carried
        Decisions that belong to families of this result.

    Returns
    -------
    list of int
        Rows of ``result.clusters``, in the order of the queue.
    list of Limit
        One entry if families were left out: a page of a hundred thousand families opens for nobody.
    """
    if len(order) <= MOST_FAMILIES:
        return list(order), []
    decided = {row.family for row in carried}
    ids = _ranked(result.clusters).id
    rows = [row for at, row in enumerate(order) if at < MOST_FAMILIES or ids[row] in decided]
    return rows, [Limit("page", len(order) - len(rows), MOST_FAMILIES)]


def shown_families(result: Result, order: Sequence[int]) -> dict[int, Cluster]:
    """Return some families by their rows in ``result.clusters``, in the order given."""
    clusters = result.clusters
    # Made at once, and no object for any other: by their rows each would be made with those beside it.
    made = clusters.taken(order) if isinstance(clusters, ClusterRows) else [clusters[row] for row in order]
    return dict(zip(order, made, strict=True))


def each_family(result: Result, order: Sequence[int]) -> Iterator[Cluster]:
    """Yield some families by their rows in ``result.clusters``, in the order given, a thousand made at a time."""
    for first in range(0, len(order), _AT_A_TIME):
        yield from shown_families(result, order[first : first + _AT_A_TIME]).values()


def kinds(clusters: Sequence[Cluster], rows: Sequence[int] | None = None) -> Counter[tuple[str, str | None]]:
    """Return how many families, or how many of some rows, there are of each label and grade."""
    if not isinstance(clusters, ClusterRows):
        chosen = clusters if rows is None else (clusters[row] for row in rows)
        return Counter((cluster.label, cluster.grade) for cluster in chosen)
    label, grade = clusters.label.astype(np.int64), clusters.grade
    found = (label * len(GRADES) + grade)[... if rows is None else np.asarray(rows, np.int64)]
    counts = dict(enumerate(np.bincount(found).tolist()))
    return Counter({(LABELS[at // len(GRADES)], GRADES[at % len(GRADES)]): n for at, n in counts.items() if n})


@dataclass(frozen=True, slots=True)
class Shown:
    """Passages on the page.

    number : list of int             which of the result each is
    family : list of str or None     id of its family
    passages : sequence of Passage   columns, where the result has columns
    """

    number: Sequence[int]
    family: Sequence[str | None]
    passages: Sequence[Passage]


def shown_passages(result: Result, families: Mapping[int, Cluster]) -> Shown:
    """Return the passages of some families, and those of no family."""
    shown: set[str | None] = {None, *(cluster.id for cluster in families.values())}
    passages = result.passages
    if isinstance(passages, PassageRows):  # without making an object of any
        taken = passages
        rows: Sequence[int] = range(len(passages))
        if len(families) < len(result.clusters):
            rows = passages.of(shown)
            taken = passages.taken(rows)
        return Shown(rows, [taken.clusters[row] for row in taken.cluster.tolist()], taken)
    everything = len(families) == len(result.clusters)
    pairs = [(row, one) for row, one in enumerate(passages) if everything or one.cluster in shown]
    return Shown([row for row, _ in pairs], [one.cluster for _, one in pairs], [one for _, one in pairs])


def totals(result: Result) -> dict[str, Any]:
    """Return the four numbers and what they are made of; all counts are of families, reports or characters."""
    clusters = result.clusters
    rows = _ranked(clusters)
    reviewed = np.isin(rows.label, [LABELS.index(name) for name in REVIEWED])
    grades = Counter(GRADES[grade] or "none" for grade in rows.grade[reviewed].tolist())
    if isinstance(clusters, ClusterRows):
        involved = set(clusters.members.document[np.repeat(reviewed, np.diff(clusters.member_ptr))].tolist())
    else:
        involved = {span.document for row in np.flatnonzero(reviewed).tolist() for span in clusters[row].members}
    labels = {label: sum(info.labels.get(label, 0) for info in result.documents) for label in LABELS}
    return {
        "documents": len(result.documents),
        "chars": sum(info.chars for info in result.documents),
        "families": len(clusters),
        "passages": len(result.passages),
        "review": sum(grades.values()),
        "grades": {grade: grades[grade] for grade in ("A", "B", "C", "none")},
        "involved": len(involved),
        "labels": labels,
        "unexplained": sum(labels[label] for label in REVIEWED),
        "boilerplate": sum(labels[label] for label in BOILERPLATE),
        "skipped": len(result.skipped),
    }
