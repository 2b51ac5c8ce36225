"""Which words does a text consist of, and how frequent are they? Answers with jieba, with a dictionary kept our way.

jieba keeps its dictionary as ``marshal``, by default in a temporary file that anyone on the machine can write, and
reads all of it: half a second, for five reports that need a thirtieth. Ours is a file of plain columns with a digest,
in the cache folder, and of its words only those are made that stand in a text.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from dedup.errand import spared
from dedup.intervals import positions
from dedup.kernels import words
from dedup.schema import Int64, UInt8, UInt32, UInt64

_MAGIC = b"dedup.lexicon/1\n"
_HEAD = len(_MAGIC) + hashlib.sha256().digest_size
_SHIFT = np.uint64(21)  # bits of a code point


@dataclass(frozen=True)
class Dictionary:
    """jieba's words and beginnings of words, sorted.

    text : uint8[...]       UTF-8, a line each
    indptr : int64[W+1]     word w is ``text[indptr[w]:indptr[w+1]]``, the line end with it
    count : uint32[W]       0 for what is only the beginning of a word
    begins : uint64[B]      first two code points of words, ``first << 21 | second``, each once, sorted; of a word of
                            one the second is 0
    rows : int64[B+1]       the words that begin so are ``[rows[b], rows[b + 1])``
    total : int             sum of jieba's counts
    """

    text: UInt8
    indptr: Int64
    count: UInt32
    begins: UInt64
    rows: Int64
    total: int

    @cached_property
    def longest(self) -> int:
        """Bytes of the longest word, at least as many as it has characters."""
        return int(np.diff(self.indptr).max(initial=1))

    def some(self, rows: Int64) -> dict[str, int]:
        """Return the count of some words, given by their rows (int64[m])."""
        lines = _lines(self.text[positions(self.indptr[rows], np.diff(self.indptr)[rows])])
        return dict(zip(lines, self.count[rows].tolist(), strict=True))


@dataclass(frozen=True)
class Graph:
    """The words of a text.

    ptr : int64[N+1]     at place k begin the words ``[ptr[k], ptr[k + 1])``, the shortest first
    end : int64[X]       the last character of each
    count : uint32[X]    how often jieba counted it
    """

    ptr: Int64
    end: Int64
    count: UInt32


class Lexicon:
    """Cuts texts into words, and knows how frequent words are.

    Parameters
    ----------
    tokenizer : jieba.Tokenizer
        Its counts are filled in here, and told where words begin and end.
    dictionary : Dictionary, optional
        Where counts are taken from when they are needed; without one, the tokenizer has all already.
    """

    def __init__(self, tokenizer: Any, dictionary: Dictionary | None) -> None:
        self._tokenizer = tokenizer
        self._dictionary = dictionary
        self.total = int(tokenizer.total)
        if dictionary is not None:
            tokenizer.get_DAG = partial(_graph, dictionary)
            tokenizer.calc = self._likeliest

    def cut(self, text: str) -> list[str]:
        """Return the words of a text, in its order; what is in no word of the dictionary stands alone."""
        return self._tokenizer.lcut(text, HMM=False)  # type: ignore[no-any-return]

    def count(self, word: str) -> int:
        """Return how often jieba counted a word of a text that was cut; 0 for what is no word."""
        counts = self._tokenizer.FREQ
        if word not in counts and self._dictionary is not None:  # letters and digits, which jieba puts together
            graph = _graph(self._dictionary, word)
            whole = graph.count[(graph.end == len(word) - 1) & (np.arange(len(graph.end)) < graph.ptr[:2][-1])]
            counts[word] = int(whole.sum())  # of one word that begins it and ends it, or none
        return counts.get(word) or 0

    def _likeliest(self, text: str, graph: Graph, route: dict[int, tuple[float, int]]) -> None:
        """Fill in where the words of the likeliest sequence end, and their counts; in place of jieba's own way."""
        total = math.log(self.total)
        best, chosen = np.empty(len(text) + 1), np.empty(len(text), np.int64)
        weight = np.array([math.log(count) - total for count in graph.count.tolist()], np.float64)
        words.likeliest(graph.ptr, graph.end, weight, -total, best, chosen)
        ends, counts, rows, at = graph.end.tolist(), self._tokenizer.FREQ, chosen.tolist(), 0
        while at < len(text):
            row = rows[at]
            last = ends[row] if row >= 0 else at
            counts[text[at : last + 1]] = int(graph.count[row]) if row >= 0 else 0
            route[at] = 0.0, last  # nobody asks how likely
            at = last + 1

    def usual(self, least: int) -> Mapping[str, int]:
        """Return the words that jieba counted at least so often (1 or more), with their counts."""
        if self._dictionary is None:
            return {word: count for word, count in self._tokenizer.FREQ.items() if count >= least}
        return self._dictionary.some(np.flatnonzero(self._dictionary.count >= least))


def _graph(known: Dictionary, text: str) -> Graph:
    """Return the words that begin at each place of a text.

    In place of jieba's own way, which looks for each beginning of a word in the counts of all words.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    ptr = np.empty(len(codes) + 1, np.int64)
    end, row = np.empty((2, len(codes) * known.longest), np.int64)
    found = words.beginning(codes, known.text, known.indptr, known.count, known.begins, known.rows, ptr, end, row)
    return Graph(ptr, end[:found], known.count[row[:found]])


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Return this package's own jieba; made anew from its dictionary where it was not kept, which takes a second."""
    import logging

    # Of setuptools jieba wants the opening of a file, which it can do itself; importing it takes 0.1 s.
    with spared("pkg_resources"):
        import jieba
    from dedup.kernels import lasting_folder

    jieba.setLogLevel(logging.WARNING)
    own = jieba.Tokenizer()
    own.initialized = True
    folder = lasting_folder()
    path = None if folder is None else folder / _named(Path(jieba.__file__).with_name(jieba.DEFAULT_DICT_NAME))
    kept = None if path is None else _read(path)
    if kept is not None:
        own.total = kept.total
        return Lexicon(own, kept)
    own.FREQ, own.total = own.gen_pfdict(own.get_dict_file())
    if path is not None:
        _write(path, _columns(own.FREQ, own.total))
    return Lexicon(own, None)


def _columns(counts: Mapping[str, int], total: int) -> Dictionary:
    """Return counts as columns."""
    words = sorted(counts)
    text = np.frombuffer("".join(word + "\n" for word in words).encode(), np.uint8)
    begins = np.array([ord(word[0]) << 21 | ord(word[1:2] or "\0") for word in words], np.uint64)
    first = np.flatnonzero(np.concatenate([[True], begins[1:] != begins[:-1]]))
    return Dictionary(
        text=text,
        indptr=np.concatenate([[0], np.flatnonzero(text == ord("\n")) + 1]),
        count=np.array([counts[word] for word in words], np.uint32),
        begins=begins[first],
        rows=np.append(first, len(words)),
        total=total,
    )


def _lines(text: UInt8) -> list[str]:
    return str(text.tobytes(), "utf-8").split("\n")[:-1]


def _named(dictionary: Path) -> str:
    """Return a file name for the content of jieba's dictionary: one for all environments that have the same."""
    return hashlib.sha256(dictionary.read_bytes()).hexdigest()[:16] + ".lexicon"


def _write(path: Path, known: Dictionary) -> None:
    """Keep a dictionary for the next time; where that cannot be, it is made again then.

    The file: `_MAGIC`, the SHA-256 of the rest; the total, the number of words, of beginnings and of bytes (int64);
    then the columns `begins`, in four bytes each `indptr`, `rows` and `count`, and `text`. Nothing of it is ever run.
    """
    head = np.array([known.total, len(known.count), len(known.begins), len(known.text)], "<i8")
    body = b"".join(
        [
            head.tobytes(),
            known.begins.astype("<u8").tobytes(),
            *(column.astype("<u4").tobytes() for column in (known.indptr, known.rows, known.count)),
            known.text.tobytes(),
        ]
    )
    with suppress(OSError):
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(body).digest() + body)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise


def _read(path: Path) -> Dictionary | None:
    """Return what `_write` kept; None if there is no such file, or not a byte of it may be trusted."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if data[:_HEAD] != _MAGIC + hashlib.sha256(memoryview(data)[_HEAD:]).digest():
        return None
    total, words, begins, size = np.frombuffer(data, "<i8", 4, _HEAD).tolist()
    at = _HEAD + 32
    columns = []
    for kind, many in (("<u8", begins), ("<u4", words + 1), ("<u4", begins + 1), ("<u4", words), ("u1", size)):
        columns.append(np.frombuffer(data, kind, many, at))
        at += columns[-1].nbytes
    first, indptr, rows, count, text = columns
    return Dictionary(text, indptr.astype(np.int64), count, first, rows.astype(np.int64), total)
