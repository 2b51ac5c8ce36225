"""The clustering report as Markdown, for a wiki, an issue or a mail.

Everything that comes out of a document is escaped: no markup, no HTML and no link of a report survives.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dedup.params import LABELS
from dedup.report.listing import opening, percent, share, visible
from dedup.report.queue import each_family, queue_order
from dedup.report.reasons import reason_in
from dedup.report.terminal import family_head, more, more_families, summary
from dedup.report.words import Words, evidence_sentence, limit_sentence, words
from dedup.result import Result

Cell = str | int | None

ROWS = 200
"""Families, members of one, documents and skipped sources listed unless everything is asked for."""


def to_markdown(result: Result, *, lang: str = "zh", everything: bool = False) -> str:
    """Return the clustering report as GitHub-flavoured Markdown; arguments and errors as `terminal.plain`."""
    vocabulary = words(lang)
    bound = None if everything else ROWS
    title, *facts, note = summary(result, vocabulary)
    lines = [f"# {title}", "", f"**{note}**", "", *(f"- {_escaped(fact)}" for fact in facts)]
    lines += _families(result, vocabulary, bound)
    lines += _documents(result, vocabulary, bound)
    if result.skipped:
        rows = [
            (row.source, row.member, vocabulary.skipped.get(row.kind, row.kind), reason_in(row.reason, lang))
            for row in result.skipped
        ]
        lines += ["", f"## {vocabulary.sheets['skipped']}", ""]
        lines += _table(("source", "member", "kind", "reason"), rows, "more_skipped", vocabulary, bound)
    lines += ["", f"## {vocabulary.say('limits' if result.limits else 'limits_none')}", ""]
    lines += [f"- {_escaped(limit_sentence(row, lang))}" for row in result.limits]
    return "\n".join(lines).rstrip() + "\n"


def _families(result: Result, vocabulary: Words, bound: int | None) -> list[str]:
    order = queue_order(result)
    lines = ["", f"## {vocabulary.say('families')}"] if order else []
    for number, cluster in enumerate(each_family(result, order[:bound]), 1):
        lines += ["", f"### {_escaped(family_head(number, cluster, vocabulary))}", ""]
        lines += [f"- {_escaped(evidence_sentence(one, vocabulary.lang))}" for one in cluster.evidence]
        lines += [""] if cluster.evidence else []
        rows: list[tuple[Cell, ...]] = []
        for span in cluster.members:
            info = result.documents[span.document]
            part = None if span.part is None else span.part + 1
            rows.append((info.name, part, span.line, span.start, span.end, opening(result, span, vocabulary)))
        columns = ("document", "part", "line", "start", "end", "opening")
        lines += _table(columns, rows, "more_members", vocabulary, bound)
    return [*lines, "", *more_families(result, order, vocabulary, bound)]


def _documents(result: Result, vocabulary: Words, bound: int | None) -> list[str]:
    rows: list[tuple[Cell, ...]] = [
        (info.name, info.chars, percent(share(info.labels, "copy")), *(info.labels.get(one, 0) for one in LABELS))
        for info in result.documents
    ]
    columns = ("document", "chars", "copied", *LABELS)
    return ["", f"## {vocabulary.say('documents')}", "", *_table(columns, rows, "more_documents", vocabulary, bound)]


def _table(
    columns: Sequence[str], rows: Sequence[tuple[Cell, ...]], key: str, vocabulary: Words, bound: int | None
) -> list[str]:
    """Return the lines of a table, and after it the line that counts what the bound left out."""
    headings = (vocabulary.labels.get(column, vocabulary.heading(column)) for column in columns)
    lines = [f"| {' | '.join(headings)} |", "|" + "---|" * len(columns)]
    for row in rows[:bound]:
        lines.append(f"| {' | '.join('' if cell is None else _escaped(str(cell)) for cell in row)} |")
    left_out = list(more(key, len(rows), bound, vocabulary))
    return lines + (["", *left_out] if left_out else [])


_ACTIVE = re.compile(r"[\\`*_{}\[\]<>#|~!&$@]|:(?=//)|(?<=www)\.")


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it stands: no markup, no HTML, no links, on one line."""
    return _ACTIVE.sub(lambda found: "\\" + found[0], visible(text))
