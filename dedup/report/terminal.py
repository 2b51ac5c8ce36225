"""The clustering report as text: tables on a terminal, one fact a line in a pipe.

Both say the same from the same pieces. In a pipe nothing is wrapped, coloured or boxed, so that ``grep`` and ``less``
work; on a terminal rich lays out, which knows that a Chinese character is two cells wide. What is printed is
bounded, and what was left out is counted in the last line of its section: ``everything=True`` lifts the bounds.

The result's texts, names and titles are hostile: all pass `listing.visible`, and meet rich as `Text`, never as
markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedup.report.listing import (
    GLYPHS,
    bar,
    family_wording,
    label_and_grade,
    opening,
    percent,
    place,
    share,
    split,
    visible,
)
from dedup.report.queue import each_family, kinds, queue_order
from dedup.report.reasons import reason_in
from dedup.report.words import SHOWN_ORDER, Words, evidence_sentence, limit_sentence, words
from dedup.result import Cluster, DocumentInfo, Result, Skipped, Span

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

FAMILIES = 50
"""Families printed unless everything is asked for."""

MEMBERS = 8
"""Members printed of one family."""

DOCUMENTS = 50
"""Documents printed."""

SKIPPED = 20
"""Skipped sources printed."""

STYLES = {
    "copy": "red",
    "mass": "magenta",
    "self": "yellow",
    "formula": "blue",
    "template": "cyan",
    "citation": "green",
    "furniture": "bright_black",
    "own": "bright_black",
}


_UNEXPLAINED = ("rule", "rest")


@dataclass(frozen=True, slots=True)
class _Bounds:
    families: int | None
    members: int | None
    documents: int | None
    skipped: int | None


def plain(result: Result, *, lang: str = "zh", everything: bool = False) -> Iterator[str]:
    """Yield the report line by line, without line ends.

    Parameters
    ----------
    result : Result
        With or without texts.
    lang : str
        ``"zh"`` or ``"en"``.
    everything : bool
        Whether families, members, documents and skipped sources are listed without bound.

    Raises
    ------
    ParamsError
        If there is no such language.
    """
    vocabulary = words(lang)
    bounds = _bounds(everything)
    yield from summary(result, vocabulary)
    yield from _skipped(result, vocabulary, bounds)
    order = queue_order(result)
    if order:
        yield ""
        yield vocabulary.say("families")
    for number, cluster in enumerate(each_family(result, order[: bounds.families]), 1):
        yield family_head(number, cluster, vocabulary)
        yield f"   · {_evidence(cluster, vocabulary)}"
        for member in _members(cluster)[: bounds.members]:
            yield "   " + "  ".join(cell for cell in _member_cells(result, cluster, member, vocabulary) if cell)
        yield from (f"   {line}" for line in more("more_members", len(cluster.members), bounds.members, vocabulary))
    yield from more_families(result, order, vocabulary, bounds.families)
    if result.documents:
        yield ""
        yield f"{vocabulary.say('documents')}  {_legend(vocabulary)}"
    for info in _documents(result)[: bounds.documents]:
        cells = "".join(GLYPHS[label] * width for label, width in bar(info.labels))
        yield f"{percent(share(info.labels, 'copy')):>7}  {cells}  {info.chars:>9,}  {visible(info.name)}"
    yield from more("more_documents", len(result.documents), bounds.documents, vocabulary)
    yield from _limits(result, vocabulary)


def rich_blocks(result: Result, *, lang: str = "zh", everything: bool = False) -> Iterator[RenderableType]:
    """Yield the report as blocks that a `rich.console.Console` prints; arguments and errors as `plain`."""
    from rich.rule import Rule
    from rich.text import Text

    vocabulary = words(lang)
    bounds = _bounds(everything)
    title, *facts, note = summary(result, vocabulary)
    yield Rule(Text(title, style="bold"))
    yield from (Text(line) for line in facts)
    yield Text(note, style="bold yellow")
    yield from (Text(line, style="yellow") for line in _skipped(result, vocabulary, bounds))
    order = queue_order(result)
    for number, cluster in enumerate(each_family(result, order[: bounds.families]), 1):
        yield from _rich_family(number, result, cluster, vocabulary, bounds)
    yield from (Text(line, style="dim") for line in more_families(result, order, vocabulary, bounds.families))
    if result.documents:
        yield from _rich_documents(result, vocabulary, bounds)
    yield from (Text(line, style="dim") for line in _limits(result, vocabulary))


def _rich_family(
    number: int, result: Result, cluster: Cluster, vocabulary: Words, bounds: _Bounds
) -> Iterator[RenderableType]:
    from rich.table import Table
    from rich.text import Text

    yield Text("")
    yield Text(family_head(number, cluster, vocabulary), style=f"bold {STYLES.get(cluster.label, '')}")
    yield Text(f"   · {_evidence(cluster, vocabulary)}", style="italic")
    table = Table.grid(padding=(0, 2), expand=True)
    # File and opening words share what the short columns, which never wrap, leave over.
    table.add_column(width=1)
    table.add_column(ratio=3, overflow="fold")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(ratio=5, no_wrap=True, overflow="ellipsis")
    table.add_column(no_wrap=True, style="dim")
    for member in _members(cluster)[: bounds.members]:
        table.add_row("", *(Text(cell) for cell in _member_cells(result, cluster, member, vocabulary)))
    yield table
    for line in more("more_members", len(cluster.members), bounds.members, vocabulary):
        yield Text(f"   {line}", style="dim")


def _rich_documents(result: Result, vocabulary: Words, bounds: _Bounds) -> Iterator[RenderableType]:
    from rich.table import Table
    from rich.text import Text

    yield Text("")
    table = Table(title=Text(vocabulary.say("documents")), caption=_rich_legend(vocabulary), expand=False)
    table.add_column(vocabulary.heading("document"), overflow="fold")
    table.add_column(vocabulary.heading("chars"), justify="right")
    table.add_column(vocabulary.heading("copied"), justify="right")
    table.add_column(vocabulary.heading("bar"), no_wrap=True)
    for info in _documents(result)[: bounds.documents]:
        cells = Text()
        for label, width in bar(info.labels):
            cells.append(GLYPHS[label] * width, style=STYLES[label])
        table.add_row(Text(visible(info.name)), f"{info.chars:,}", percent(share(info.labels, "copy")), cells)
    yield table
    for line in more("more_documents", len(result.documents), bounds.documents, vocabulary):
        yield Text(line, style="dim")


def _rich_legend(vocabulary: Words) -> Text:
    from rich.text import Text

    legend = Text()
    for label in SHOWN_ORDER:
        legend.append(GLYPHS[label], style=STYLES[label]).append(f" {vocabulary.label(label)}  ")
    return legend


def skipped_line(row: Skipped, vocabulary: Words) -> str:
    """Return the line that says what was not read and why; also what the command line says on stderr."""
    source = row.source if row.member is None else f"{row.source}#{row.member}"
    kind, reason = vocabulary.skipped.get(row.kind, row.kind), reason_in(row.reason, vocabulary.lang)
    return vocabulary.say("skipped_line", source=visible(source), kind=visible(kind), reason=visible(reason))


def _bounds(everything: bool) -> _Bounds:
    return _Bounds(None, None, None, None) if everything else _Bounds(FAMILIES, MEMBERS, DOCUMENTS, SKIPPED)


def summary(result: Result, vocabulary: Words) -> list[str]:
    """Return title, what was read, what was found, the settings, and last the note that no one may miss."""
    read = vocabulary.say("read", documents=len(result.documents), chars=sum(info.chars for info in result.documents))
    skipped = vocabulary.say("skipped" if result.skipped else "skipped_none", count=len(result.skipped))
    found = vocabulary.say("found_none")
    if result.clusters:
        found = vocabulary.say(
            "found",
            families=len(result.clusters),
            split=split(kinds(result.clusters), vocabulary),
            passages=len(result.passages),
        )
    params = result.params
    settings = vocabulary.say("settings", threshold=params.threshold, min_chars=params.min_chars)
    version = vocabulary.say("version", version=visible(result.version), digest=params.digest())
    return [
        vocabulary.say("title"),
        vocabulary.say("joint").join((read, skipped)),
        found,
        vocabulary.say("joint").join((settings, version)),
        vocabulary.say("note"),
    ]


def _skipped(result: Result, vocabulary: Words, bounds: _Bounds) -> Iterator[str]:
    yield from (skipped_line(row, vocabulary) for row in result.skipped[: bounds.skipped])
    yield from more("more_skipped", len(result.skipped), bounds.skipped, vocabulary)


def family_head(number: int, cluster: Cluster, vocabulary: Words) -> str:
    """Return the line that names a family: label, grade, size, documents, likeness, id."""
    star = " ★" if cluster.star else ""
    facts = vocabulary.say(
        "family_head",
        size=f"{len(cluster.members):,}",
        documents=f"{cluster.documents:,}",
        wording=percent(family_wording(cluster)),
        similarity=percent(cluster.similarity),
        weakest=percent(cluster.weakest),
    )
    name = visible(label_and_grade(cluster.label, cluster.grade, vocabulary))
    return f"{number}. {name}{star}  {facts}  [{visible(cluster.id)}]"


def _evidence(cluster: Cluster, vocabulary: Words) -> str:
    """Return the reasons on one line; a family without any says so.

    That nothing explains a family is what its label says already: as the only reason it is told, among others it
    would be the same words on every line of copying.
    """
    rows = [row for row in cluster.evidence if (row.kind, row.facts.get("why")) != _UNEXPLAINED]
    rows = rows or list(cluster.evidence)
    told = (visible(evidence_sentence(row, vocabulary.lang)) for row in rows)
    return vocabulary.say("joint_reasons").join(told) or vocabulary.say("no_evidence")


def _members(cluster: Cluster) -> Sequence[int]:
    """Return rows of members, medoid first: where the list is cut, what all others are measured by still shows."""
    rows = range(len(cluster.members))
    return sorted(rows, key=lambda row: row != cluster.medoid)


def _member_cells(result: Result, cluster: Cluster, member: int, vocabulary: Words) -> tuple[str, ...]:
    """Return file, place, offsets, opening words and what is special about a member."""
    span: Span = cluster.members[member]
    notes = []
    if member == cluster.medoid and len(cluster.members) > 2:
        notes.append(vocabulary.say("medoid"))
    if member == cluster.earliest:
        notes.append(vocabulary.say("earliest"))
    return (
        visible(result.documents[span.document].name),
        place(span, vocabulary),
        f"{span.start}–{span.end}",
        opening(result, span, vocabulary),
        vocabulary.say("joint").join(notes),
    )


def _documents(result: Result) -> list[DocumentInfo]:
    """Return documents, the most copied first, then the most alike; names break ties."""
    return sorted(
        result.documents,
        key=lambda info: (-share(info.labels, "copy"), share(info.labels, "own"), info.name),
    )


def _legend(vocabulary: Words) -> str:
    return "  ".join(f"{GLYPHS[label]} {vocabulary.label(label)}" for label in SHOWN_ORDER)


def _limits(result: Result, vocabulary: Words) -> Iterator[str]:
    yield ""
    yield vocabulary.say("limits" if result.limits else "limits_none")
    yield from (f"   · {visible(limit_sentence(row, vocabulary.lang))}" for row in result.limits)


def more(key: str, count: int, bound: int | None, vocabulary: Words) -> Iterator[str]:
    """Yield the line that counts what the bound left out, if it left out anything."""
    if bound is not None and count > bound:
        yield vocabulary.say(key, count=count - bound)


def more_families(result: Result, order: Sequence[int], vocabulary: Words, bound: int | None) -> Iterator[str]:
    """Yield the line that counts the families left out, by label, if any were."""
    if bound is not None and len(order) > bound:
        left_out = split(kinds(result.clusters, order[bound:]), vocabulary)
        yield vocabulary.say("more_families", count=len(order) - bound, split=left_out)
