"""Near-duplicate paragraphs -> a result to clean by: the short way, for corpora.

A scan looks for copying of any length, anywhere, and says of each passage what differs and why it is suspicious. Who
cleans by paragraphs or documents asks for less: which paragraphs, as a whole, say what another one says. That is the
paragraph route of the pipeline (MinHash, bands, exact verification) and the labels that decide what goes. Anchors,
alignment, rewritten paragraphs, changes and evidence are left out; docs/clean.md says what that misses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dedup import __version__
from dedup.digests import digest
from dedup.params import LABELS, Params
from dedup.pipeline import Progress, near_pairs
from dedup.result import GRADES, Cluster, Document, DocumentInfo, Limit, Result, Skipped, Span
from dedup.schema import (
    Bool,
    Families,
    Int64,
    KeyStream,
    Labels,
    Pairs,
    ParagraphKind,
    PassageKind,
    Passages,
    Segments,
    Texts,
    string,
)
from dedup.steps.align import WHOLE

STAGES: tuple[str, ...] = ("read", "repair", "normalise", "segment", "pair", "cluster", "label", "describe")
"""Stages told to `Progress`, a part of those of a scan."""


def near(
    documents: Sequence[Document],
    params: Params | None = None,
    *,
    against: Sequence[Document] = (),
    skipped: Sequence[Skipped] = (),
    limits: Sequence[Limit] = (),
    jobs: int = 1,
    progress: Progress | None = None,
) -> Result:
    """Find near-duplicate paragraphs.

    Parameters
    ----------
    documents : sequence of Document
        The corpus.
    params : Params, optional
        ``threshold`` is the Jaccard index of two paragraphs, and the identity of wording of a member with its medoid.
    against : sequence of Document
        Documents that the corpus is compared with, but that are not compared with one another.
    skipped, limits : sequences
        Go through to the result.
    jobs : int
        Threads. The result does not depend on it.
    progress : callable, optional

    Returns
    -------
    Result
        For `dedup.clean.clean`: documents with texts and marks, families whose members are whole paragraphs. It lists
        no passages and no evidence; lines, pages and headings are left out. A document with fewer key characters than
        a shingle is listed as skipped.

    Notes
    -----
    Paragraphs shorter than ``min_chars`` are left out, but for body paragraphs of 10 characters and more that stand
    elsewhere word for word (as in a scan), and those that stand above or below both of a pair.

    Examples
    --------
    >>> from dedup import Document
    >>> from dedup.clean import near
    >>> block = "各村要把护林防火责任落实到户到人，凡在林区野外用火的一律先报后批，违者取消当年评优资格。"
    >>> found = near([Document("甲.txt", block), Document("乙.txt", block)])
    >>> [len(family.members) for family in found.clusters]
    [2]
    """
    from dedup.kernels.threads import threads

    params = params or Params()
    everything = [*documents, *against]
    with threads(jobs):
        return _near(everything, len(documents), params, list(skipped), list(limits), progress or _quiet)


def _quiet(stage: str, share: float) -> None:
    """Tell nobody."""


def _near(
    documents: Sequence[Document],
    mine: int,
    params: Params,
    skipped: list[Skipped],
    limits: list[Limit],
    progress: Progress,
) -> Result:
    """Return the result; the first ``mine`` documents are the corpus."""
    from dedup.executors.labels import labelled
    from dedup.executors.prepared import with_segments
    from dedup.steps import cluster, normalise, repair
    from dedup.steps.label import Known

    progress("repair", 0.0)
    texts = repair.lay_out([document.text for document in documents])
    edits = repair.repair(texts)
    progress("normalise", 0.0)
    keys = normalise.normalise(texts, edits)
    progress("segment", 0.0)
    tables = with_segments(texts, edits, keys, documents)
    segments = tables.segments
    progress("pair", 0.0)
    pairs, more = near_pairs(keys, segments, params)
    passages = _passages(keys, segments, pairs, _wanted(segments, pairs, mine, params), params)
    progress("cluster", 0.0)
    families = cluster.cluster(keys, passages, params)
    progress("label", 0.0)
    none = np.empty((0, 2), np.int64)  # a clean is given no forms and no references
    labels = labelled(tables, [row.issuer for row in documents], passages, families, Known(none, none), params)
    progress("describe", 0.0)
    short = np.diff(keys.indptr) < params.shingle
    clusters = _clusters(texts, keys, segments, families, labels, np.cumsum(~short) - 1)
    infos = _documents(documents, texts, labels, [row.id for row in clusters], short)
    skipped += [too_short(documents[row], params) for row in np.flatnonzero(short).tolist()]
    progress("describe", 1.0)
    return Result(
        version=__version__,
        params=params,
        documents=tuple(infos),
        passages=(),
        clusters=tuple(clusters),
        skipped=tuple(sorted(skipped, key=lambda row: (row.source, row.member or "", row.reason))),
        limits=(*limits, *more),
    )


def too_short(document: Document, params: Params) -> Skipped:
    """Return the row of a document with too little text to be compared, as a scan words it."""
    reason = (
        f"fewer than {params.shingle} characters remain to be compared (punctuation, digits and space do not count)"
    )
    return Skipped(
        document.source, reason, kind="short" if document.text.strip() else "empty", member=document.member
    )


def _wanted(segments: Segments, pairs: Pairs, mine: int, params: Params) -> Bool:
    """Return which pairs are long enough, and about the corpus."""
    length, body = segments.end - segments.start, segments.kind == ParagraphKind.BODY
    shorter = np.minimum(length[pairs.left], length[pairs.right])
    exact = (pairs.jaccard == 1) & (shorter >= WHOLE) & body[pairs.left] & body[pairs.right]
    asked = segments.document[pairs.left] < mine  # left comes first, and the corpus comes before what it is held to
    return np.asarray(asked & ((shorter >= params.min_chars) | exact))


def _passages(keys: KeyStream, segments: Segments, pairs: Pairs, wanted: Bool, params: Params) -> Passages:
    """Return pairs of paragraphs as passages from end to end, the short lines that go along with both included."""
    first, last, there, until = _along(keys, segments, pairs.left[wanted], pairs.right[wanted], params.min_chars)
    return Passages(
        left_start=segments.start[first],
        left_end=segments.end[last],
        right_start=segments.start[there],
        right_end=segments.end[until],
        matches=pairs.shared[wanted],
        wording=pairs.jaccard[wanted],
        kind=np.full(len(first), PassageKind.ALIGNED, np.uint8),
    )


def _along(
    keys: KeyStream, segments: Segments, left: Int64, right: Int64, least: int
) -> tuple[Int64, Int64, Int64, Int64]:
    """Return the rows from which to which each pair reaches, on the left and on the right.

    A heading is too short to be found, and has no fellows of its own that matter; but above a copied paragraph it was
    copied with it. So a pair takes in the paragraphs above and below that are shorter than ``least`` and have equal
    key text on both sides; a line between both of a pair goes with the one below it, not with both.
    """
    from dedup.steps import pair, shingle

    _, group = pair.groups(shingle.digest(keys, segments))
    count = len(group)
    short = (segments.end - segments.start < least) & (segments.end > segments.start)
    reach = []
    there = right  # where the right side begins
    for step in (-1, 1):
        one, other = left.copy(), right.copy()
        going = np.arange(len(left))
        while len(going):
            a, b = one[going] + step, other[going] + step
            inside = (a >= 0) & (b < count)  # and the left side lies before the right one
            going, a, b = going[inside], a[inside], b[inside]
            same = short[a] & (group[a] == group[b])
            same &= (segments.document[a] == segments.document[left[going]]) & (a < there[going])
            same &= (segments.document[b] == segments.document[right[going]]) & (b > left[going])
            going = going[same]
            one[going] += step
            other[going] += step
        reach.append((one, other))
        there = other
    return reach[0][0], reach[1][0], reach[0][1], reach[1][1]


def _clusters(
    texts: Texts, keys: KeyStream, segments: Segments, families: Families, labels: Labels, number: Int64
) -> list[Cluster]:
    """Return the families as objects; ``number[d]`` is the row of document ``d`` in the result.

    Members are paragraphs with all that stands in them: a figure at the head, which the key stream does not hold, is
    what two of them may differ in.
    """
    if not len(families.medoid):
        return []
    start = segments.raw_start[np.searchsorted(segments.start, families.start, side="right") - 1]
    end = segments.raw_end[np.searchsorted(segments.start, families.end - 1, side="right") - 1]
    document = texts.document_of(start)
    base = texts.indptr[document]
    columns = (column.tolist() for column in (number[document], start - base, end - base))
    spans = [Span(*place) for place in zip(*columns, strict=True)]
    wording = np.round(families.wording, 4).tolist()
    seen: dict[str, int] = {}
    found = []
    for row, (first, last) in enumerate(
        zip(families.indptr[:-1].tolist(), families.indptr[1:].tolist(), strict=True)
    ):
        medoid = int(families.medoid[row])
        text = string(keys.codes[families.start[medoid] : families.end[medoid]])
        name = digest("family", text)
        seen[name] = seen.get(name, 0) + 1
        members, here = tuple(spans[first:last]), tuple(wording[first:last])
        found.append(
            Cluster(
                id=name if seen[name] == 1 else digest("family", text, str(seen[name])),
                label=LABELS[labels.family_label[row]],
                grade=GRADES[labels.family_grade[row]],
                title=text[:12],
                medoid=medoid - first,
                weakest=min(here),
                similarity=min(here),
                members=members,
                wording=here,
                documents=len({span.document for span in members}),
                issuers=int(labels.issuers[row]),
            )
        )
    return found


def _documents(
    documents: Sequence[Document], texts: Texts, labels: Labels, families: Sequence[str], short: Bool
) -> Iterator[DocumentInfo]:
    """Yield the rows of the documents that are long enough."""
    run = np.searchsorted(labels.start, texts.indptr).tolist()
    number = 0
    for row, document in enumerate(documents):
        if short[row]:
            continue
        here = slice(run[row], run[row + 1])
        base = int(texts.indptr[row])
        columns = (labels.start[here] - base, labels.end[here] - base, labels.label[here], labels.family[here])
        counts = dict.fromkeys(LABELS, 0)
        marks = []
        for start, end, label, family in zip(*(column.tolist() for column in columns), strict=True):
            counts[LABELS[label]] += end - start
            if LABELS[label] != "own":
                marks.append((start, end, LABELS[label], families[family] if family >= 0 else None))
        yield DocumentInfo(
            id=number,
            source=document.source,
            member=document.member,
            chars=len(document.text),
            digest=digest(document.text),
            title=document.title,
            issuer=document.issuer,
            date=document.date,
            encoding=document.encoding,
            parts=(),
            labels=counts,
            rates={},
            repairs={},
            flags=dict(document.flags),
            marks=tuple(marks),
            text=document.text,
        )
        number += 1
