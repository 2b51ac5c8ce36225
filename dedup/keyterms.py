"""What is a family about, in a few words? Answers with key terms of its medoid."""

from __future__ import annotations

import re
from collections import Counter

from dedup.lexicon import lexicon

_WORD = re.compile(r"^[\u4e00-\u9fff]{2,}$")
TERMS = 3
"""Key terms in a title."""


def key_terms(text: str) -> tuple[str, ...]:
    """Return the terms that tell this text from others, the most telling first.

    Parameters
    ----------
    text : str
        A passage in simplified script.

    Returns
    -------
    tuple of str
        Up to `TERMS` words of two characters and more, in the order of ``count * log(total / frequency)`` with
        the word frequencies of jieba's dictionary; ties by place in the text.
    """
    import math

    own = lexicon()
    words = [word for word in own.cut(text) if _WORD.match(word)]
    count = Counter(words)
    place = {word: rank for rank, word in reversed(list(enumerate(words)))}

    def weight(word: str) -> float:
        return count[word] * math.log(own.total / max(1, own.count(word)))

    return tuple(sorted(count, key=lambda word: (-weight(word), place[word]))[:TERMS])
