"""What a row of a report shows: opening words, place, percentages, bars. Shared by terminal, pairs and tables.

Texts come from scraped files and archives, so that any of them may carry terminal escapes, bidi controls or a
million characters on one line: `visible` is the only way text of a document reaches a terminal or a sheet.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping

from dedup.params import LABELS
from dedup.report.words import SHOWN_ORDER, Words
from dedup.result import Cluster, Result, Span

OPENING = 40
"""Characters of a passage that a line shows."""

BAR_CELLS = 24
"""Cells of a stacked label bar."""

GLYPHS: Mapping[str, str] = {
    "copy": "█",
    "mass": "▓",
    "self": "▒",
    "formula": "░",
    "template": "▦",
    "citation": "≡",
    "furniture": "▫",
    "own": "·",
}
"""One cell of the bar by label: told apart by shape, so that a pipe, a printer and a colour-blind eye can read it."""

_BREAK = "⏎"
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Cn"})


def visible(text: str, *, breaks: str = _BREAK) -> str:
    r"""Return the text with nothing in it that a terminal or a sheet would obey instead of show.

    Line breaks become ``breaks``, tabs a space, C0 controls their pictures (␛), every other control, format,
    bidi, unassigned or lone surrogate code point U+FFFD. One character stands for one, but for ``\r\n``.

    >>> visible("a\x1b[2Jb\u202ec\r\nd")
    'a␛[2Jb�c⏎d'
    """
    # Most texts are clean: isprintable() is one pass in C, and it is False for exactly what must be looked at.
    if text.isprintable():
        return text
    return "".join(_shown(char, breaks) for char in text.replace("\r\n", "\n"))


def _shown(char: str, breaks: str) -> str:
    if char in "\n\r\u2028\u2029\x85":
        return breaks
    if char == "\t":
        return " "
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return "\ufffd" if unicodedata.category(char) in _UNSHOWN else char


def opening(result: Result, span: Span, vocabulary: Words, length: int = OPENING) -> str:
    """Return the first characters at a span, on one line, or a note where the result holds no texts."""
    text = result.documents[span.document].text
    if text is None:
        return vocabulary.say("no_text")
    end = min(span.end, span.start + length)
    return visible(text[span.start : end]) + ("…" if end < span.end else "")


def place(span: Span, vocabulary: Words) -> str:
    """Return part, page and line of a span in words."""
    told = []
    if span.part is not None:
        told.append(vocabulary.say("at_part", part=span.part + 1))
    if span.page is not None:
        told.append(vocabulary.say("at_page", page=span.page))
    told.append(vocabulary.say("at_line", line=span.line))
    return vocabulary.say("joint").join(told)


def percent(value: float) -> str:
    """Return a share in percent, one decimal, rounded down: what is not whole never shows as 100 %, nor what is
    there as 0.

    >>> percent(1.0), percent(0.99999), percent(0.57), percent(0.0001), percent(0)
    ('100.0%', '99.9%', '57.0%', '<0.1%', '0.0%')
    """
    # 0.57 * 1000 is 569.9999999999999: without the inner rounding it would show as 56.9 %.
    tenths = math.floor(round(value * 1000, 6))
    if value > 0 and tenths == 0:
        return "<0.1%"
    return f"{tenths / 10:.1f}%"


def family_wording(cluster: Cluster) -> float:
    """Return the mean wording of the members against the medoid, itself left out; 1 for a family of one."""
    others = [value for row, value in enumerate(cluster.wording) if row != cluster.medoid]
    return sum(others) / len(others) if others else 1.0


def label_and_grade(label: str, grade: str | None, vocabulary: Words) -> str:
    """Return a label with its grade, which only copying has."""
    return vocabulary.label(label) if grade is None else f"{vocabulary.label(label)} {vocabulary.grade(grade)}"


def split(kinds: Mapping[tuple[str, str | None], int], vocabulary: Words) -> str:
    """Return how many families there are of each label and grade, as a clause."""
    counts: dict[tuple[int, str, str], int] = {}
    for (label, grade), count in kinds.items():
        rank = SHOWN_ORDER.index(label) if label in SHOWN_ORDER else len(SHOWN_ORDER)
        key = rank, grade or "", label_and_grade(label, grade, vocabulary)
        counts[key] = counts.get(key, 0) + count
    return vocabulary.say("joint").join(f"{name} {count:,}" for (_, _, name), count in sorted(counts.items()))


def bar(labels: Mapping[str, int], cells: int = BAR_CELLS) -> list[tuple[str, int]]:
    """Return a stacked bar: labels in `SHOWN_ORDER`, each with its number of cells.

    Every label that occurs has a cell, and the cells are exactly ``cells`` (none for an empty document): a cell is
    taken from the longest until it fits. Rounding each on its own would make bars of unequal length.
    """
    counts = [(label, labels.get(label, 0)) for label in SHOWN_ORDER if labels.get(label, 0) > 0]
    total = sum(count for _, count in counts)
    if not total:
        return []
    widths = [max(1, math.floor(count * cells / total)) for _, count in counts]
    short = cells - sum(widths)
    longest = max(range(len(widths)), key=lambda row: widths[row])
    if short > 0:
        # What flooring left over goes to the largest remainders, first label first among equals.
        remainders = sorted(range(len(widths)), key=lambda row: -((counts[row][1] * cells) % total))
        for row in remainders[:short]:
            widths[row] += 1
    else:
        widths[longest] += short
    return [(label, width) for (label, _), width in zip(counts, widths, strict=True) if width > 0]


def share(labels: Mapping[str, int], *wanted: str) -> float:
    """Return the share of a document's characters that bear one of these labels; 0 for an empty document."""
    total = sum(labels.get(label, 0) for label in LABELS)
    return sum(labels.get(label, 0) for label in wanted) / total if total else 0.0
