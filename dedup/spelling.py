"""Where did the writer slip? Answers with wrong characters that sound like the right ones: 布署 for 部署.

Two reports may both be right about the same thing; both being wrong in the same way is what a teacher looks for. A
slip is told only where dictionary and official prose agree: what stands there is no word, with one character of the
same reading it is a common one, and that word is usual in this very context, what stands there never.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import numpy as np

from dedup.kernels import hashing
from dedup.steps import background
from dedup.steps.background import GRAM

GAIN = 7.0
"""Nats by which the corrected word must be likelier than what stands there: a thousand times. On its own this would
call names slips (练溪 for 练习); of 88 such in 300,000 characters of law and reports the context left none."""

COMMON = 60
"""Least count, in jieba's dictionary, of a word that may be meant."""

SELDOM = 10
"""Greatest count of a word that may itself be a slip."""

FOREIGN = 0.5
"""Share of characters outside words of the dictionary from which it is no judge of a text: garbled, or full of names.
Prose has a quarter to a third, single characters mostly."""

_LONGEST = 4
_CONFUSED = {"作做", "的地", "的得", "地得", "他她", "她它", "他它", "象像", "账帐", "份分", "哪那", "那哪"}
"""Pairs whose confusion is so frequent that sharing it proves nothing."""


@dataclass(frozen=True, slots=True)
class Slip:
    """``written`` stands at ``[start, end)`` of the text where ``meant`` was."""

    start: int
    end: int
    written: str
    meant: str


def slips(text: str) -> Iterator[Slip]:
    """Yield the slips in a key text, in its order.

    Parameters
    ----------
    text : str
        Simplified, without punctuation.

    Notes
    -----
    The noisy channel (Kernighan, Church, Gale 1990) with jieba's unigram counts as the source. One segmentation, and
    a lookup for each character of the same reading of each character that stands alone.
    """
    from dedup.lexicon import lexicon

    own = lexicon()
    usual, total = _usual_words(), math.log(own.total)
    words = own.cut(text)
    borders = [0, *accumulate(len(word) for word in words)]
    # The dictionary was counted over the web, slips included: 布署 stands in it, twice to 3,333 times 部署.
    open_ = [len(word) == 1 or own.count(word) <= SELDOM for word in words]
    if sum(len(word) for word, one in zip(words, open_, strict=True) if one) > FOREIGN * len(text):
        return
    cost = [total - math.log(max(1, own.count(word))) for word in words]
    reach = 0
    for first in range(len(words)):
        best = (GAIN, 0, "")
        for last in range(first + 1, len(words) + 1):
            start, end = borders[first], borders[last]
            if not open_[last - 1] or end - start > _LONGEST or start < reach:
                break
            written = text[start:end]
            for at, char in enumerate(written if len(written) > 1 else ""):
                for other in _same_reading(char):
                    meant = written[:at] + other + written[at + 1 :]
                    seen = usual.get(meant)
                    gain = sum(cost[first:last]) - total + math.log(seen) if seen else 0.0
                    if (
                        gain > best[0]
                        and not {char + other, other + char} & _CONFUSED
                        and _usual(text, start + at, other)
                    ):
                        best = (gain, end, meant)
        _, end, meant = best
        if meant:
            start = borders[first]
            yield Slip(start, end, text[start:end], meant)
            reach = end


@cache
def _usual_words() -> Mapping[str, int]:
    """Return the words that may be meant, with their counts."""
    from dedup.lexicon import lexicon

    return lexicon().usual(COMMON)


def _usual(text: str, at: int, other: str) -> bool:
    """Return whether official prose has the text around a character with the other one there, and never as it is."""
    low, high = max(at - GRAM + 1, 0), at + GRAM
    written, meant = (_seen(text[low:at] + char + text[at + 1 : high]) for char in (text[at], other))
    return meant and not written


def _seen(text: str) -> bool:
    """Return whether the background table has a gram of the text."""
    known = background.load()
    codes = np.array([ord(char) for char in text], np.uint32)  # a dozen; a view of bytes is another type to numba
    grams = np.empty(max(len(codes) - GRAM + 1, 0), np.uint64)
    borders = np.array([0, len(codes), 0, len(grams)], np.int64)
    hashing.grams(codes, borders[:1], borders[1:2], borders[2:], np.int64(GRAM), grams)
    return bool((known.bits(grams) < known.ceiling).any())


@cache
def _by_reading() -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return the readings of each common character, and the common characters of each reading."""
    from dedup.steps.data import common, rows

    usual = common()
    readings: dict[str, tuple[str, ...]] = {}
    chars: dict[str, str] = {}
    for syllable, all_chars in rows("readings"):
        kept = "".join(char for char in all_chars if char in usual)
        chars[syllable] = kept
        for char in kept:
            readings[char] = (*readings.get(char, ()), syllable)
    return readings, chars


@cache
def _same_reading(char: str) -> str:
    """Return the common characters that share a toneless reading with this one, itself left out, sorted."""
    readings, chars = _by_reading()
    return "".join(sorted({other for one in readings.get(char, ()) for other in chars[one]} - {char}))
