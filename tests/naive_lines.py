"""The slow, obvious twin of the kernel that tells the shape of lines: every character is asked about, one by one."""

from __future__ import annotations

from collections.abc import Set

import numpy as np

from dedup.kernels import lines as kernels
from dedup.steps import data
from dedup.steps.data import Class

_STOPS = "。！!？?；;"


def line_shapes(text: str, hidden: Set[int]) -> list[tuple[object, ...]]:
    """Return start, first, last, width, length, indent, head, lead, tail, shape of each line of a text.

    Parameters
    ----------
    text : str
    hidden : set of int
        Places that do not count as text.
    """
    found, begin = [], 0
    while begin < len(text):
        end = next((at for at in range(begin, len(text)) if _class(text[at]) == Class.BREAK), len(text))
        found.append((begin, *_shape(text, begin, end, hidden)))
        begin = end + 1 + (text[end : end + 2] == "\r\n")
    return found


def _class(char: str) -> int:
    return int(data.tables().kind[ord(char)]) & 0x0F


def _folded(char: str) -> int:
    folded = int(data.tables().fold[ord(char)])
    return ord(char) if folded & data.MULTI_BIT or _class(char) == Class.ENCLOSED else folded


def _shape(text: str, begin: int, end: int, hidden: Set[int]) -> tuple[object, ...]:
    seen = [at for at in range(begin, end) if _class(text[at]) not in (Class.SPACE, Class.INVISIBLE)]
    shown = [at for at in seen if at not in hidden]
    first, last = (seen[0], seen[-1] + 1) if seen else (begin, begin)
    before = [char for char in text[begin : shown[0] if shown else end] if _class(char) == Class.SPACE]
    indent = sum({"\u3000": 2, "\t": 4}.get(char, 1) for char in before)
    if not shown:
        return first, last, 0, 0, indent, 0, 0, 0, kernels.HIDDEN if seen else 0
    folded = [_folded(text[at]) for at in shown]
    width = sum(1 if ord(text[at]) < 0x2000 else 2 for at in shown)
    flags = 0
    stops = sum(text[at] in _STOPS for at in shown)
    quoted = chr(folded[-1]) in "”)」" and len(folded) > 1 and chr(folded[-2]) in _STOPS
    flags |= kernels.INNER * (stops > (chr(folded[-1]) in _STOPS or quoted))
    cells = text[shown[0] : end].count("\t") + sum(text[at] == "|" for at in shown)
    flags |= kernels.CELLS * (cells >= 2 or (cells == 1 and not stops and folded[-1] != ord("|")))
    flags |= kernels.COMMAS * (sum(chr(code) in ",、" for code in folded) >= 2)
    twelve = [*folded[:12], *[0] * 12][:12]
    gaps = [any(_class(char) == Class.SPACE for char in _between(text, begin, shown, row)) for row in range(12)]
    tables = np.array(twelve, np.uint32), np.array(gaps, np.uint8), data.tables().kind
    head, one = kernels._head_of(*tables, min(12, len(shown)))
    flags |= kernels.FIRST * one
    return first, last, width, len(shown), indent, head, folded[0], folded[-1], flags


def _between(text: str, begin: int, shown: list[int], row: int) -> str:
    """Return what stands before a character and behind the one before it."""
    return text[shown[row - 1] + 1 if row else begin : shown[row]] if row < len(shown) else ""
