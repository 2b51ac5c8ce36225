"""Where a text may be cut: paragraphs and brackets against slow twins; units tile whatever they are given."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from dedup.clean import cut

_PAIRS = ("“”", "（）", "「」")


def naive_paragraphs(text: str) -> list[str]:
    """Lines with something on them, each with blank lines behind it; blank ones in front are one of their own."""
    found: list[str] = []
    for line in text.splitlines(keepends=True):
        if found and not line.strip():
            found[-1] += line
        else:
            found.append(line)
    return found


def naive_brackets(text: str) -> list[tuple[int, int]]:
    """Outermost pairs; a closing mark finds its opening one among the eight open last, and closes what is inside."""
    stack: list[int] = []
    pairs: list[tuple[int, int]] = []
    for at, sign in enumerate(text):
        stack += [at for opening, _ in _PAIRS if sign == opening]
        mates = [one for one in stack[-8:] if text[one] + sign in _PAIRS]
        if mates:
            pairs.append((mates[-1], at + 1))
            stack = [one for one in stack if one < mates[-1]]
    return [one for one in sorted(pairs) if not any(low < one[0] and one[1] <= high for low, high in pairs)]


def made(seed: int, signs: str) -> str:
    rng = random.Random(seed)
    return "".join(rng.choices(signs, k=rng.randrange(30)))


def test_paragraphs_are_those_of_the_twin():
    """Of texts of letters, spaces and every kind of line break; \\r\\n is one."""
    for seed in range(400):
        text = made(seed, "甲乙 　\n\n\r\u2028\x85")
        assert [text[start:end] for start, end in cut.paragraphs(text)] == naive_paragraphs(text), repr(text)


def test_brackets_are_those_of_the_twin():
    """Nested, crossing, never closed, never opened, and deeper than eight."""
    for seed in range(600):
        text = made(seed, "“”（）甲") if seed % 2 else "“" * (seed % 11) + made(seed, "“（「」））甲") + "”"
        assert cut._inside(text, 0, len(text)) == naive_brackets(text), text
    deep = "“" + "（" * 7 + "”", "“" + "（" * 8 + "”"
    assert [cut._inside(text, 0, len(text)) for text in deep] == [[(0, 9)], []]


@pytest.mark.parametrize("level", ["document", "paragraph", "passage"])
def test_units_tile_a_text_and_none_is_empty(level):
    """Laid end to end they are the text; frames are white space, and only sentences have frames beside them."""
    for seed in range(200):
        text = made(seed, "甲乙。！“”（） 　\n\r.")
        found = cut.units(text, level)
        bounds, paragraph = found.bounds.tolist(), found.paragraph.tolist()
        assert bounds == sorted(set(bounds)) and (bounds[0], bounds[-1]) == (0, len(text))
        assert len(bounds) == len(paragraph) + 1 == len(found.border) + 1
        pieces = [text[start:end] for start, end in pairwise(bounds)]
        assert found.border.tolist() == [level == "passage" and piece.isspace() for piece in pieces]
        ranges = [(0, len(text))] if level == "document" else cut.paragraphs(text)
        assert paragraph == [row for row, (low, high) in enumerate(ranges) for at in bounds[:-1] if low <= at < high]
