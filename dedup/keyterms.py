"""What is a family about, in a few words? Answers with key terms of its medoid.

Words come from jieba, with a tokenizer and a cache of our own: the shared temporary file that jieba uses by default
can be written by anyone on the machine.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Any

_WORD = re.compile(r"^[\u4e00-\u9fff]{2,}$")
TERMS = 3
"""Key terms in a title."""


@lru_cache(maxsize=1)
def tokenizer() -> Any:
    """Return this package's own jieba tokenizer; building it takes about half a second."""
    import logging

    import jieba

    from dedup.kernels import cache_folder

    jieba.setLogLevel(logging.WARNING)
    own = jieba.Tokenizer()
    own.tmp_dir = str(cache_folder())
    own.initialize()
    return own


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

    own = tokenizer()
    words = [word for word in own.lcut(text, HMM=False) if _WORD.match(word)]
    count = Counter(words)
    place = {word: rank for rank, word in reversed(list(enumerate(words)))}

    def weight(word: str) -> float:
        return count[word] * math.log(own.total / max(1, own.FREQ.get(word) or 1))

    return tuple(sorted(count, key=lambda word: (-weight(word), place[word]))[:TERMS])
