"""Fenced blocks of a Markdown page, and the form in which two outputs are compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CUT = "…"
"""A line of its own in a shown output: lines are left out here."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the output block that follows it directly, if one does."""

    lang: str
    text: str
    output: str | None = None


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page; a ``text`` block behind another one, with nothing between, is its output."""
    found: list[Block] = []
    before = -1
    for fence in _FENCE.finditer(page):
        lang, text = fence.groups()
        if lang == "text" and found and not page[before : fence.start()].strip():
            found[-1] = Block(found[-1].lang, found[-1].text, text)
        else:
            found.append(Block(lang, text))
        before = fence.end()
    return found


def form(line: str) -> str:
    """Return a line without what a change of rules may move: figures, bars, ids, grades, families by label.

    What stays is all the words, so that a page cannot show an output that the command does not have.
    """
    line = re.sub(r"[（(][^（()）]*(?:级|grade) ?[^（()）]*[)）]", "(@)", line)  # families by label and grade
    line = re.sub(r"\b[0-9a-f]{16}\b", "@", line)
    line = re.sub(r"\b[ABC] 级|grade [ABC]\b", "@", line)
    line = re.sub(r"\d[\d.,]*", "#", line)
    line = re.sub("[█▓▒▦≡░▫·]{6,}", "|", line)
    return re.sub(r"\s+", " ", line).strip()


class Missing(Exception):
    """A stretch of a shown output was not printed; it is the argument."""


def renewed(shown: str, printed: str) -> str:
    """Return a shown output with the figures that are printed now.

    Raises
    ------
    Missing
        If a stretch of it (between lines left out) was not printed, in order and without gaps.
    """
    now = printed.splitlines()
    lines = [form(line) for line in now]
    at = 0
    stretches = []
    for stretch in re.split(rf"^{CUT}\n", shown, flags=re.M):
        wanted = [form(line) for line in stretch.splitlines()]
        while wanted and lines[at : at + len(wanted)] != wanted:
            if at + len(wanted) > len(lines):
                raise Missing(stretch)
            at += 1
        stretches.append("".join(f"{line.rstrip()}\n" for line in now[at : at + len(wanted)]))
        at += len(wanted)
    return f"{CUT}\n".join(stretches)
