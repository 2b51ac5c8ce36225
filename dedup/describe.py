"""From tables to the objects at the door: `Document` rows, passages and clusters with provenance.

Nothing is decided here. Positions leave key coordinates, ids are made from content, and every table row becomes the
object that faces read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from dedup.evidence import STARRED, Witness
from dedup.params import LABELS, Params
from dedup.result import (
    GRADES,
    Change,
    Cluster,
    Document,
    DocumentInfo,
    Limit,
    Part,
    Passage,
    Result,
    Skipped,
    Span,
)
from dedup.schema import (
    EditKind,
    Edits,
    Families,
    Int64,
    KeyStream,
    Labels,
    PassageKind,
    Passages,
    Segments,
    Texts,
)
from dedup.steps.contrast import KINDS, Changes

TITLED = 300
"""Families that get a title of key terms; further ones are titled by their first characters, which costs nothing."""

_PASSAGE_KINDS = tuple(kind.name.lower() for kind in PassageKind)
_HEADING = 40  # characters of a heading that are shown


@dataclass(frozen=True)
class Tables:
    """All tables of one scan, and the ways back from key to provenance."""

    texts: Texts
    edits: Edits
    keys: KeyStream
    segments: Segments
    passages: Passages
    families: Families
    labels: Labels
    changes: Changes
    documents: Sequence[Document]
    _paths: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def slice(self, start: int, end: int) -> str:
        """Return the raw text of a raw range."""
        return self.texts.codes[start:end].tobytes().decode("utf-32-le", "surrogatepass")

    def key_text(self, start: int, end: int) -> str:
        """Return the key text of a key range."""
        return self.keys.codes[start:end].tobytes().decode("utf-32-le", "surrogatepass")

    @cached_property
    def first_line(self) -> Int64:
        """Row of each document's first line in ``segments.lines``."""
        return np.searchsorted(self.segments.lines, self.texts.indptr[:-1])

    @cached_property
    def first_paragraph(self) -> Int64:
        """Row of each document's first paragraph."""
        return np.searchsorted(self.segments.raw_start, self.texts.indptr[:-1])

    @cached_property
    def first_part(self) -> Int64:
        """Row of each document's first part."""
        return np.searchsorted(self.segments.parts.raw_start, self.texts.indptr[:-1])

    def spans(self, start: Int64, end: Int64) -> list[Span]:
        """Return key ranges as places with provenance."""
        if not len(start):
            return []
        raw_start, raw_end = self.keys.raw_span(start, end)
        document = self.texts.document_of(raw_start)
        line = np.searchsorted(self.segments.lines, raw_start, side="right") - self.first_line[document]
        paragraph = np.searchsorted(self.segments.raw_start, raw_start, side="right") - 1
        part = np.searchsorted(self.segments.parts.raw_start, raw_start, side="right") - 1
        base = self.texts.indptr[document]
        return [
            Span(
                document=d,
                start=first,
                end=last,
                line=at_line,
                part=at_part if at_part >= 0 else None,
                page=self._page(d, first),
                paragraph=at_paragraph - int(self.first_paragraph[d]) + 1 if at_paragraph >= 0 else None,
                headings=self._headings(at_paragraph, d),
            )
            for d, first, last, at_line, at_part, at_paragraph in zip(
                document.tolist(),
                (raw_start - base).tolist(),
                (raw_end - base).tolist(),
                np.maximum(line, 1).tolist(),
                (part - self.first_part[document]).tolist(),
                paragraph.tolist(),
                strict=True,
            )
        ]

    def _page(self, document: int, offset: int) -> int | None:
        pages = self.documents[document].pages
        return int(np.searchsorted(pages, offset, side="right")) if pages else None

    def _headings(self, paragraph: int, document: int) -> tuple[str, ...]:
        """Return the heading path above a paragraph, outermost first."""
        row = int(self.segments.heading[paragraph]) if paragraph >= 0 else -1
        return self._path(row) if row >= 0 and self.segments.document[row] == document else ()

    def _path(self, heading: int) -> tuple[str, ...]:
        """Return a heading and those above it, outermost first."""
        path = self._paths.get(heading)
        if path is None:
            segments = self.segments
            start = int(segments.raw_start[heading])
            text = self.slice(start, min(int(segments.raw_end[heading]), start + _HEADING)).strip()
            above = int(segments.heading[heading])
            path = (*(self._path(above) if above >= 0 else ()), text)
            self._paths[heading] = path
        return path


def describe(
    tables: Tables, params: Params, skipped: Sequence[Skipped], limits: Sequence[Limit], version: str
) -> Result:
    """Return the result of a scan as objects.

    Parameters
    ----------
    tables : Tables
    params : Params
    skipped, limits
        What was not analysed, and what was bounded.
    version : str

    Returns
    -------
    Result
        Clusters in the order of their label, grade, size and first member; passages in the order of their left and
        right places.
    """
    clusters, order = _clusters(tables)
    of_passage = np.full(len(tables.passages.wording), -1, np.int64)
    owner = np.repeat(np.arange(len(clusters)), np.diff(tables.families.passage_indptr))
    of_passage[tables.families.passages[::-1]] = owner[::-1]
    passages = _passages(tables, clusters, of_passage)
    documents = _documents(tables, clusters, passages)
    return Result(
        version=version,
        params=params,
        documents=documents,
        passages=passages,
        clusters=tuple(clusters[number] for number in order),
        skipped=tuple(skipped),
        limits=tuple(limits),
    )


def digest(*parts: str) -> str:
    """Return 16 hexadecimal digits that name these strings; of one text, what `DocumentInfo.digest` is."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        whole.update(len(data).to_bytes(8, "little") + data)
    return whole.hexdigest()[:16]


def _clusters(tables: Tables) -> tuple[list[Cluster], list[int]]:
    """Return the clusters in the order of families, and the order in which they are shown."""
    families, labels = tables.families, tables.labels
    spans = tables.spans(families.start, families.end)
    witness = Witness(tables, spans)
    clusters: list[Cluster] = []
    seen: dict[str, int] = {}
    for number in range(len(families.medoid)):
        rows = range(int(families.indptr[number]), int(families.indptr[number + 1]))
        members = tuple(spans[row] for row in rows)
        medoid = int(families.medoid[number])
        text = tables.key_text(int(families.start[medoid]), int(families.end[medoid]))
        name = digest("family", text)
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:  # two families around equal stretches: told apart by their rank
            name = digest("family", text, str(seen[name]))
        wording = tuple(round(float(families.wording[row]), 4) for row in rows)
        passages = families.passages[families.passage_indptr[number] : families.passage_indptr[number + 1]]
        evidence = witness.of(number, passages)
        clusters.append(
            Cluster(
                id=name,
                label=LABELS[labels.family_label[number]],
                grade=GRADES[labels.family_grade[number]],
                title=_title(text, number),
                medoid=medoid - rows.start,
                weakest=min(wording),
                similarity=round(float(tables.changes.similarity[passages].min()), 4) if len(passages) else 1.0,
                members=members,
                wording=wording,
                documents=len({span.document for span in members}),
                issuers=int(labels.issuers[number]),
                earliest=_earliest(tables, members),
                evidence=evidence,
                star=any(one.kind in STARRED for one in evidence),
            )
        )
    shown = {name: rank for rank, name in enumerate(("copy", "mass", "self", "template", "citation", "formula"))}
    order = sorted(
        range(len(clusters)),
        key=lambda number: (
            shown.get(clusters[number].label, len(shown)),
            clusters[number].grade or "Z",
            -sum(span.end - span.start for span in clusters[number].members),
            number,
        ),
    )
    return clusters, order


def _title(text: str, number: int) -> str:
    from dedup.keyterms import key_terms

    terms = key_terms(text[:400]) if number < TITLED else ()
    return " ".join(terms) or text[:12]


def _earliest(tables: Tables, members: Sequence[Span]) -> int | None:
    """Return the row of the member with the earliest date, if all dates are known and one is alone the earliest."""
    dates = [tables.documents[span.document].date for span in members]
    if any(date is None for date in dates):
        return None
    least = min(date for date in dates if date is not None)
    return dates.index(least) if sum(date == least for date in dates) == 1 else None


def _passages(tables: Tables, clusters: Sequence[Cluster], of_passage: Int64) -> tuple[Passage, ...]:
    table, changes = tables.passages, tables.changes
    left = tables.spans(table.left_start, table.left_end)
    right = tables.spans(table.right_start, table.right_end)
    first_change = np.searchsorted(changes.passage, np.arange(len(left) + 1))
    digests = [digest(document.text) for document in tables.documents]
    rows = []
    for number, (one, other) in enumerate(zip(left, right, strict=True)):
        cluster = clusters[of_passage[number]] if of_passage[number] >= 0 else None
        rows.append(
            Passage(
                id=digest(
                    "passage", digests[one.document], str(one.start), digests[other.document], str(other.start)
                ),
                label=cluster.label if cluster else "copy",
                grade=cluster.grade if cluster else "C",
                wording=round(float(table.wording[number]), 4),
                similarity=round(float(changes.similarity[number]), 4),
                left=one,
                right=other,
                kind=_PASSAGE_KINDS[table.kind[number]],
                direction=_direction(tables, one, other),
                cluster=cluster.id if cluster else None,
                changes=tuple(
                    _change(tables, row, one, other) for row in range(first_change[number], first_change[number + 1])
                ),
            )
        )
    return tuple(rows)


def _change(tables: Tables, row: int, left: Span, right: Span) -> Change:
    changes = tables.changes
    base = int(tables.texts.indptr[left.document]), int(tables.texts.indptr[right.document])
    return Change(
        KINDS[changes.kind[row]],
        (int(changes.left_start[row]) - base[0], int(changes.left_end[row]) - base[0]),
        (int(changes.right_start[row]) - base[1], int(changes.right_end[row]) - base[1]),
    )


def _direction(tables: Tables, left: Span, right: Span) -> str:
    """Return which side is earlier by the dates of the documents, as far as both dates are known."""
    one, other = tables.documents[left.document].date, tables.documents[right.document].date
    if one is None or other is None or left.document == right.document:
        return "unknown"
    known = min(len(one), len(other))  # 2006-11 against 2006-11-03 says nothing
    if one[:known] == other[:known]:
        return "unknown"
    return "forward" if one < other else "backward"


def _documents(tables: Tables, clusters: Sequence[Cluster], passages: Sequence[Passage]) -> tuple[DocumentInfo, ...]:
    texts, labels, parts = tables.texts, tables.labels, tables.segments.parts
    repairs = _repairs(tables)
    first_run = np.searchsorted(labels.start, texts.indptr)
    first_part = np.append(tables.first_part, len(parts.raw_start))
    rates = Rates(passages)
    rows = []
    for d, document in enumerate(tables.documents):
        base = int(texts.indptr[d])
        counts = dict.fromkeys(LABELS, 0)
        marks = []
        for run in range(first_run[d], first_run[d + 1]):
            start, end = int(labels.start[run]) - base, int(labels.end[run]) - base
            name = LABELS[labels.label[run]]
            counts[name] += end - start
            if name != "own":
                family = int(labels.family[run])
                marks.append((start, end, name, clusters[family].id if family >= 0 else None))
        rows.append(
            DocumentInfo(
                id=d,
                source=document.source,
                member=document.member,
                chars=len(document.text),
                digest=digest(document.text),
                title=document.title,
                issuer=document.issuer,
                date=document.date,
                encoding=document.encoding,
                parts=tuple(
                    Part(
                        tables.slice(int(parts.title_start[row]), int(parts.title_end[row])).strip(),
                        int(parts.raw_start[row]) - base,
                        int(parts.raw_end[row]) - base,
                    )
                    for row in range(first_part[d], first_part[d + 1])
                ),
                labels=counts,
                rates=rates.of(d, counts),
                repairs=repairs.get(d, {}),
                flags=dict(document.flags),
                marks=tuple(marks),
                text=document.text,
            )
        )
    return tuple(rows)


def _repairs(tables: Tables) -> dict[int, dict[str, int]]:
    """Return, for each document with repairs, how many there are of each kind."""
    edits = tables.edits
    found: dict[int, dict[str, int]] = {}
    if len(edits.start):
        keys = np.stack([tables.texts.document_of(edits.start), edits.kind.astype(np.int64)], axis=1)
        for (document, kind), count in zip(*np.unique(keys, axis=0, return_counts=True), strict=True):
            found.setdefault(int(document), {})[EditKind(kind).name.lower()] = int(count)
    return found


class Rates:
    """The rates of a report as reviewers know them; docs/format.md defines each."""

    SHORTEST = 50  # characters outside page noise, below which a share says nothing

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._with: dict[int, dict[int, list[tuple[int, int]]]] = {}
        self._longest: dict[int, int] = {}
        for passage in passages:
            if passage.label not in ("copy", "mass"):
                continue
            for one, other in ((passage.left, passage.right), (passage.right, passage.left)):
                self._longest[one.document] = max(self._longest.get(one.document, 0), one.end - one.start)
                if one.document != other.document:
                    spans = self._with.setdefault(one.document, {}).setdefault(other.document, [])
                    spans.append((one.start, one.end))

    def of(self, document: int, labels: dict[str, int]) -> dict[str, float | int | None]:
        """Return the rates of one document."""
        whole = sum(labels.values()) - labels["furniture"]
        repeated = whole - labels["own"]
        sources = self._with.get(document, {})
        largest = max((_union(spans) for spans in sources.values()), default=0)

        def share(chars: int) -> float | None:
            return round(chars / whole, 4) if whole >= self.SHORTEST else None

        return {
            "repeated": share(repeated),
            "without_formula": share(repeated - labels["formula"] - labels["template"]),
            "without_citation": share(repeated - labels["citation"]),
            "without_self": share(repeated - labels["self"]),
            "copied": share(labels["copy"] + labels["mass"]),
            "largest_source": share(min(largest, whole)),
            "longest_passage": self._longest.get(document, 0),
            "sources": len(sources),
        }


def _union(spans: list[tuple[int, int]]) -> int:
    """Return how many positions the spans cover together."""
    covered = reach = 0
    for start, end in sorted(spans):
        covered += max(0, end - max(start, reach))
        reach = max(reach, end)
    return covered
