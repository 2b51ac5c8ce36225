"""Two reports against each other: each similar passage with both originals and what differs between them.

The face of ``dedup compare``. It takes the same `Result` as the clustering report and shows its passages instead of
its families: two columns on a terminal, left above right in a pipe. Hostile text is treated as in
`dedup.report.terminal`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from dedup.report.listing import label_and_grade, percent, place, visible
from dedup.report.words import SHOWN_ORDER, Words, words
from dedup.result import Change, Passage, Result, Span

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

PASSAGES = 50
"""Pairs printed unless everything is asked for."""

LENGTH = 600
"""Characters printed of each side."""

CHANGES = 20
"""Changes listed of each pair."""


def plain(result: Result, *, lang: str = "zh", everything: bool = False, first: str | None = None) -> Iterator[str]:
    """Yield the comparison line by line, without line ends.

    Parameters
    ----------
    result : Result
        With or without texts.
    lang, everything
        As for `terminal.plain`.
    first : str, optional
        Path whose documents stand left; a result knows documents only in the order of their names.

    Raises
    ------
    ParamsError
        If there is no such language.
    """
    vocabulary = words(lang)
    pairs, within = between(result, first)
    yield from _summary(result, pairs, first, vocabulary)
    shown = pairs if everything else pairs[:PASSAGES]
    for number, passage in enumerate(shown, 1):
        yield ""
        yield _head(number, passage, vocabulary)
        for side, span in (("left", passage.left), ("right", passage.right)):
            yield f"   {vocabulary.heading(side)}  {_where(result, span, vocabulary)}"
            yield f"      {_text(result, span, vocabulary, everything)}"
        yield from (f"   · {line}" for line in _changes(result, passage, vocabulary, everything))
    yield from _left_out(pairs, shown, within, vocabulary)


def rich_blocks(
    result: Result, *, lang: str = "zh", everything: bool = False, first: str | None = None
) -> Iterator[RenderableType]:
    """Yield the comparison as blocks for a `rich.console.Console`, what differs underlined; arguments as `plain`."""
    from rich.table import Table
    from rich.text import Text

    vocabulary = words(lang)
    pairs, within = between(result, first)
    yield from (Text(line) for line in _summary(result, pairs, first, vocabulary))
    shown = pairs if everything else pairs[:PASSAGES]
    for number, passage in enumerate(shown, 1):
        yield Text("")
        yield Text(_head(number, passage, vocabulary), style="bold")
        table = Table(expand=True, show_lines=False)
        for span in (passage.left, passage.right):
            table.add_column(Text(_where(result, span, vocabulary)), ratio=1, overflow="fold")
        table.add_row(
            _marked(result, passage.left, [row.left for row in passage.changes], vocabulary, everything),
            _marked(result, passage.right, [row.right for row in passage.changes], vocabulary, everything),
        )
        yield table
        yield from (Text(f"   · {line}") for line in _changes(result, passage, vocabulary, everything))
    yield from (Text(line, style="dim") for line in _left_out(pairs, shown, within, vocabulary))


def between(result: Result, first: str | None = None) -> tuple[list[Passage], int]:
    """Return the passages between different documents, and how many there are within one.

    The order is that of the labels a reviewer looks at first, then of the left text, so that one reads along.
    """
    pairs = [
        _turned(passage) if _stands_first(result, passage.right, first) else passage
        for passage in result.passages
        if passage.left.document != passage.right.document
    ]

    def rank(passage: Passage) -> tuple[int, int, int, int, str]:
        label = SHOWN_ORDER.index(passage.label) if passage.label in SHOWN_ORDER else len(SHOWN_ORDER)
        return (label, passage.left.document, passage.left.start, passage.right.start, passage.id)

    return sorted(pairs, key=rank), len(result.passages) - len(pairs)


def _stands_first(result: Result, span: Span, first: str | None) -> bool:
    """Whether a span belongs to the path that shall stand left."""
    return first is not None and _under(result.documents[span.document].source, first)


def _under(source: str, path: str) -> bool:
    name = PurePath(path).as_posix()
    return source == name or source.startswith(f"{name}/")


_TURNED = {"forward": "backward", "backward": "forward", "insert": "delete", "delete": "insert"}


def _turned(passage: Passage) -> Passage:
    """Return the passage with its sides exchanged."""
    return replace(
        passage,
        left=passage.right,
        right=passage.left,
        direction=_TURNED.get(passage.direction, passage.direction),
        changes=tuple(Change(_TURNED.get(row.kind, row.kind), row.right, row.left) for row in passage.changes),
    )


def _summary(result: Result, pairs: Sequence[Passage], first: str | None, vocabulary: Words) -> Iterator[str]:
    if len(result.documents) == 2:
        left, right = result.documents
        if first is not None and _under(right.source, first):
            left, right = right, left
        yield vocabulary.say(
            "compared",
            left=visible(left.name),
            left_chars=left.chars,
            right=visible(right.name),
            right_chars=right.chars,
        )
        shares = {info.id: _covered(pairs, info.id) / info.chars if info.chars else 0.0 for info in (left, right)}
        yield vocabulary.say("shares", left_share=percent(shares[left.id]), right_share=percent(shares[right.id]))
    yield vocabulary.say("between" if pairs else "between_none", count=len(pairs))
    yield vocabulary.say("note")


def _covered(pairs: Sequence[Passage], document: int) -> int:
    """Return how many characters of a document stand in any of the pairs; overlaps count once."""
    spans = [span for passage in pairs for span in (passage.left, passage.right) if span.document == document]
    covered, reached = 0, 0
    for span in sorted(spans, key=lambda one: one.start):
        covered += max(0, span.end - max(span.start, reached))
        reached = max(reached, span.end)
    return covered


def _head(number: int, passage: Passage, vocabulary: Words) -> str:
    facts = vocabulary.say(
        "pair_head",
        wording=percent(passage.wording),
        similarity=percent(passage.similarity),
        kind=vocabulary.kinds.get(passage.kind, passage.kind),
        direction=vocabulary.directions.get(passage.direction, passage.direction),
    )
    name = label_and_grade(passage.label, passage.grade, vocabulary)
    return f"{number}. {visible(name)}  {visible(facts)}"


def _where(result: Result, span: Span, vocabulary: Words) -> str:
    name = visible(result.documents[span.document].name)
    return f"{name}  {place(span, vocabulary)}  {span.start}–{span.end}"


def _text(result: Result, span: Span, vocabulary: Words, everything: bool) -> str:
    text = result.documents[span.document].text
    if text is None:
        return vocabulary.say("no_text")
    end = span.end if everything else min(span.end, span.start + LENGTH)
    cut = vocabulary.say("cut", count=span.end - end) if end < span.end else ""
    return visible(text[span.start : end]) + cut


def _marked(
    result: Result, span: Span, changes: Sequence[tuple[int, int]], vocabulary: Words, everything: bool
) -> Text:
    """Return the text at a span with its changes underlined."""
    from rich.text import Text

    text = result.documents[span.document].text
    if text is None:
        return Text(vocabulary.say("no_text"))
    end = span.end if everything else min(span.end, span.start + LENGTH)
    shown, at = Text(), span.start
    for start, stop in sorted(changes):
        start, stop = max(start, at), min(stop, end)
        if start < stop:
            shown.append(visible(text[at:start])).append(visible(text[start:stop]), style="underline red")
            at = stop
    shown.append(visible(text[at:end]))
    if end < span.end:
        shown.append(vocabulary.say("cut", count=span.end - end), style="dim")
    return shown


def _changes(result: Result, passage: Passage, vocabulary: Words, everything: bool) -> Iterator[str]:
    bound = None if everything else CHANGES
    for change in passage.changes[:bound]:
        yield _change(result, passage, change, vocabulary)
    if bound is not None and len(passage.changes) > bound:
        yield vocabulary.say("more_changes", count=len(passage.changes) - bound)


def _change(result: Result, passage: Passage, change: Change, vocabulary: Words) -> str:
    sides = []
    for span, (start, end) in ((passage.left, change.left), (passage.right, change.right)):
        text = result.documents[span.document].text
        shown = vocabulary.say("no_text") if text is None else visible(text[start : min(end, start + LENGTH)])
        cut = vocabulary.say("cut", count=end - start - LENGTH) if end - start > LENGTH else ""
        sides.append((shown or vocabulary.say("nothing")) + cut)
    kind = vocabulary.changes.get(change.kind, change.kind)
    return vocabulary.say("changed", kind=visible(kind), left=sides[0], right=sides[1])


def _left_out(pairs: Sequence[Passage], shown: Sequence[Passage], within: int, vocabulary: Words) -> Iterator[str]:
    if len(shown) < len(pairs):
        yield vocabulary.say("more_passages", count=len(pairs) - len(shown))
    if within:
        yield vocabulary.say("within", count=within)
