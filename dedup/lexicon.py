"""Which words does a text consist of? Answers with jieba, with a tokenizer and a cache of our own.

jieba keeps its dictionary as ``marshal``, by default in a temporary file that anyone on the machine can write; reading
that takes half a second. Ours is words and counts in one file of plain data, with a digest, read in a third of it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from dedup.errand import spared

_MAGIC = b"dedup.lexicon/1\n"
_DIGEST = hashlib.sha256().digest_size


@lru_cache(maxsize=1)
def tokenizer() -> Any:
    """Return this package's own jieba tokenizer; building it takes a sixth of a second, the first time one."""
    import logging

    # Of setuptools jieba wants the opening of a file, which it can do itself; importing it takes 0.1 s.
    with spared("pkg_resources"):
        import jieba
    from dedup.kernels import lasting_folder

    jieba.setLogLevel(logging.WARNING)
    own = jieba.Tokenizer()
    source = Path(jieba.__file__).with_name(jieba.DEFAULT_DICT_NAME)
    folder = lasting_folder()
    path = None if folder is None else folder / f"{_named(source)}.lexicon"
    kept = None if path is None else _read(path)
    own.FREQ, own.total = kept or own.gen_pfdict(own.get_dict_file())
    if kept is None and path is not None:
        _write(path, own.FREQ, own.total)
    own.initialized = True
    return own


def _named(dictionary: Path) -> str:
    """Return a name for the content of the dictionary, by its place, size and time: another release has another."""
    state = dictionary.stat()
    told = f"{dictionary}\n{state.st_size}\n{state.st_mtime_ns}"
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _read(path: Path) -> tuple[dict[str, int], int] | None:
    """Return counts and their total; None if there is no such file, or it is not what was written.

    The file: `_MAGIC`, the SHA-256 of the rest, and of it the total and the number of words (uint64 each), a count for
    each word (uint32), and the words in UTF-8, a line each. Nothing of it is ever run.
    """
    try:
        data = path.read_bytes()
    except OSError:
        return None
    body = memoryview(data)[len(_MAGIC) + _DIGEST :]
    if data[: len(_MAGIC) + _DIGEST] != _MAGIC + hashlib.sha256(body).digest():
        return None
    try:
        total, size = np.frombuffer(body[:16], "<u8").tolist()
        counts = np.frombuffer(body[16 : 16 + 4 * size], "<u4").tolist()
        words = str(body[16 + 4 * size :], "utf-8").split("\n")
        return dict(zip(words, counts, strict=True)), total
    except ValueError:
        return None


def _write(path: Path, counts: dict[str, int], total: int) -> None:
    """Keep counts for the next time; where that cannot be, they are counted again then."""
    head = np.array([total, len(counts)], "<u8").tobytes() + np.array([*counts.values()], "<u4").tobytes()
    body = head + "\n".join(counts).encode()
    with suppress(OSError):
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(body).digest() + body)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
