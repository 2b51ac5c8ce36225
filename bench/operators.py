"""What happens to a text on its way from one report into another: the copying operators.

Two kinds. A *spelling* operator gives each code point of a text its own replacement (a list of strings as long
as the text), so that any span recorded before can be carried over exactly: `respell` does both. An *editing*
operator rewrites a passage as a whole and returns the new passage; its span is recorded where it is put down.
Editing operators live with the grid; here are the spellings, which the sample corpus uses as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path

Spelling = Callable[[str], list[str]]

SCRIPT = Path(__file__).resolve().parent.parent / "data" / "source" / "script.tsv"

DIGITS = frozenset("0123456789０１２３４５６７８９")
_FULL = "，。；：？！（）“”、"
_HALF = ',.;:?!()"",'


def script_table() -> dict[str, tuple[str, str]]:
    """Return simplified character -> (traditional, pinyin), the small table kept with the sample corpus."""
    rows = (line.split("\t") for line in SCRIPT.read_text(encoding="utf-8").splitlines())
    return {simple: (traditional, pinyin) for simple, traditional, pinyin in rows}


def respell(text: str, spelling: Spelling, marks: Sequence[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """Return the text respelled, and the spans ``marks`` carried over to it."""
    pieces = spelling(text)
    at = [0, *accumulate(map(len, pieces))]
    return "".join(pieces), [(at[start], at[end]) for start, end in marks]


def traditional(text: str) -> list[str]:
    """Traditional script, one character for one."""
    table = script_table()
    return [table[char][0] if char in table else char for char in text]


def pinyin(text: str) -> list[str]:
    """Traditional script with the reading after each character that differs: 鄉(xiāng), as some sites serve it."""
    table = script_table()
    return ["{}({})".format(*table[char]) if char in table else char for char in text]


def strip_numbers(text: str) -> list[str]:
    """Leave out every digit, and the point or comma between two digits."""
    return ["" if _numeric(text, at) else char for at, char in enumerate(text)]


def mask_numbers(text: str) -> list[str]:
    """Put ×× for every number."""
    out = []
    for at, char in enumerate(text):
        inside = _numeric(text, at)
        out.append(("" if at and _numeric(text, at - 1) else "××") if inside else char)
    return out


def _numeric(text: str, at: int) -> bool:
    if text[at] in DIGITS:
        return True
    between = 0 < at < len(text) - 1 and text[at - 1] in DIGITS and text[at + 1] in DIGITS
    return between and text[at] in ".,"


def halfwidth(text: str) -> list[str]:
    """ASCII punctuation for Chinese."""
    table = dict(zip(_FULL, _HALF, strict=True))
    return [table.get(char, char) for char in text]


def wrap(width: int, indent: str = "") -> Spelling:
    """Break lines hard after ``width`` characters, as text copied out of a page is."""

    def spelling(text: str) -> list[str]:
        out, column = [], 0
        for at, char in enumerate(text):
            column = 0 if char == "\n" else column + 1
            full = column >= width and at + 1 < len(text) and text[at + 1] not in "\n，。；：、？！”）"
            out.append(char + "\n" + indent if full else char)
            column = 0 if full else column
        return out

    return spelling


def chain(*spellings: Spelling) -> Spelling:
    """One spelling after another, as one."""

    def spelling(text: str) -> list[str]:
        pieces = list(text)
        for step in spellings:
            joined = "".join(pieces)
            again = iter(step(joined))
            pieces = ["".join(next(again) for _ in piece) for piece in pieces]
        return pieces

    return spelling


def crlf(text: str) -> list[str]:
    """Windows line ends."""
    return ["\r\n" if char == "\n" else char for char in text]
