"""A result as tables: one row a family, member, passage, document, skipped source, limit; and those as CSV.

The columns are the fields of ``dedup.result/1`` under their JSON names. CSV keeps those names whatever the language,
for it is read by programs and a script must not break because a colleague prefers English; sheets and Markdown are
read by people and take the words of `dedup.report.words`. `dedup.report.sheets` makes the same tables a workbook.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dedup.params import LABELS
from dedup.report.listing import family_wording, share, visible
from dedup.report.queue import queue_order, shown_families
from dedup.report.words import Words, evidence_sentence, limit_sentence, words
from dedup.result import Cluster, DocumentInfo, Passage, Result, Span

Cell = str | int | float | None

NAMES: tuple[str, ...] = ("families", "members", "passages", "documents", "skipped", "limits")
"""The tables, in the order in which `tables` returns them."""

SHARES = frozenset({"wording", "similarity", "weakest", "copied"})
"""Columns that hold a fraction of one, which a sheet shows in percent."""

_FAMILY = ("family", "label", "grade", "star", "title", "size", "documents", "issuers", "wording", "similarity")
_PLACE = ("source", "member", "part", "page", "line", "paragraph", "start", "end")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r]")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one kind: ``name`` is also the name of the CSV file and the key of the sheet's title."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


def tables(result: Result, *, lang: str = "zh") -> tuple[Table, ...]:
    """Return the tables of a result, families in the order of the queue.

    Parameters
    ----------
    result : Result
        Without texts, the columns ``text`` are empty.
    lang : str
        Language of the columns ``evidence`` and ``sentence``; names and keys are the JSON's.

    Raises
    ------
    ParamsError
        If there is no such language.
    """
    vocabulary = words(lang)
    clusters = list(shown_families(result, queue_order(result)).values())
    labels = tuple(f"chars_{label}" for label in LABELS)
    return (
        Table(
            "families",
            (*_FAMILY, "weakest", "evidence", "text"),
            [_family_row(result, cluster, vocabulary) for cluster in clusters],
        ),
        Table(
            "members",
            ("family", "label", "grade", "medoid", "earliest", "wording", *_PLACE, "chars", "text"),
            [row for cluster in clusters for row in _member_rows(result, cluster)],
        ),
        Table(
            "passages",
            (
                *("passage", "family", "label", "grade", "wording", "similarity", "kind", "direction", "changes"),
                *(f"{side}_{column}" for side in ("left", "right") for column in (*_PLACE, "text")),
            ),
            [_passage_row(result, passage) for passage in result.passages],
        ),
        Table(
            "documents",
            ("source", "member", "title", "issuer", "date", "encoding", "chars", "copied", *labels, "digest"),
            [_document_row(info) for info in result.documents],
        ),
        Table(
            "skipped",
            ("source", "member", "kind", "reason"),
            [(row.source, row.member, row.kind, row.reason) for row in result.skipped],
        ),
        Table(
            "limits",
            ("kind", "count", "bound", "detail", "sentence"),
            [(row.kind, row.count, row.bound, row.detail, limit_sentence(row, lang)) for row in result.limits],
        ),
    )


def heading(column: str, vocabulary: Words) -> str:
    """Return the words for a column: those of its label or side and its field."""
    before, _, after = column.partition("_")
    if before == "chars" and after in LABELS:
        return vocabulary.label(after)
    if before in ("left", "right") and after:
        return vocabulary.say("of_side", side=vocabulary.heading(before), field=vocabulary.heading(after))
    return vocabulary.heading(column)


def _family_row(result: Result, cluster: Cluster, vocabulary: Words) -> tuple[Cell, ...]:
    return (
        cluster.id,
        cluster.label,
        cluster.grade,
        int(cluster.star),
        cluster.title,
        len(cluster.members),
        cluster.documents,
        cluster.issuers,
        family_wording(cluster),
        cluster.similarity,
        cluster.weakest,
        "\n".join(evidence_sentence(row, vocabulary.lang) for row in cluster.evidence),
        _text(result, cluster.members[cluster.medoid]),
    )


def _member_rows(result: Result, cluster: Cluster) -> Iterable[tuple[Cell, ...]]:
    for row, (span, wording) in enumerate(zip(cluster.members, cluster.wording, strict=True)):
        head = (cluster.id, cluster.label, cluster.grade, int(row == cluster.medoid), int(row == cluster.earliest))
        yield (*head, wording, *_place(result, span), span.end - span.start, _text(result, span))


def _passage_row(result: Result, passage: Passage) -> tuple[Cell, ...]:
    sides = ((*_place(result, span), _text(result, span)) for span in (passage.left, passage.right))
    return (
        passage.id,
        passage.cluster,
        passage.label,
        passage.grade,
        passage.wording,
        passage.similarity,
        passage.kind,
        passage.direction,
        len(passage.changes),
        *(cell for side in sides for cell in side),
    )


def _document_row(info: DocumentInfo) -> tuple[Cell, ...]:
    counts = (info.labels.get(label, 0) for label in LABELS)
    known = (info.source, info.member, info.title, info.issuer, info.date, info.encoding)
    return (*known, info.chars, share(info.labels, "copy"), *counts, info.digest)


def _place(result: Result, span: Span) -> tuple[Cell, ...]:
    info = result.documents[span.document]
    part = None if span.part is None else span.part + 1
    return (info.source, info.member, part, span.page, span.line, span.paragraph, span.start, span.end)


def _text(result: Result, span: Span) -> str | None:
    text = result.documents[span.document].text
    return None if text is None else text[span.start : span.end]


def to_csv(table: Table) -> bytes:
    """Return a table as CSV (RFC 4180) that Excel opens without harm.

    UTF-8 with a byte order mark, without which Excel takes Chinese for Latin-1. A cell that a spreadsheet would
    calculate (it begins with ``= + - @``, their full-width forms, a tab or a return) has an apostrophe put before
    it; line breaks inside a passage stay, other control characters are shown as in `listing.visible`.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow([_safe(cell) for cell in row])
    return buffer.getvalue().encode("utf-8-sig")


def _safe(cell: Cell) -> Cell:
    """Return a cell that a spreadsheet shows and does not calculate."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    shown = visible(cell, breaks="\n")
    return f"'{shown}" if _FORMULA.match(cell) else shown
