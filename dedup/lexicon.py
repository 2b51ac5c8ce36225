"""Which words does a text consist of? Answers with jieba, with a tokenizer and a cache of our own.

The shared temporary file that jieba keeps its dictionary in by default can be written by anyone on the machine.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any


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
