"""Lines of text from columns: what a result file has of its passages and families, without a string for each.

A line is made of fields with fixed text between them, and `written` returns the lines of all rows. Lines of one kind
can be words of another: the changes of a passage are lines, and a run of them is a word of its passage's line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from dedup.rows import Strings, strings

if TYPE_CHECKING:
    from dedup.schema import Bool, Int64, UInt8, UInt32, UInt64

_WORD, _NUMBER, _SHARE, _NAME, _STRING = range(
    5
)  # as in dedup/kernels/writing.py, which is loaded where lines are written


@dataclass(frozen=True, eq=False)
class Words:
    """Words that fields point to: word w is the bytes ``data[begin[w]:end[w]]`` (uint8, int64[W], int64[W])."""

    data: UInt8
    begin: Int64
    end: Int64


@dataclass(frozen=True, eq=False)
class Field:
    """A field of a line, and the fixed text before it; made by the functions below.

    before : str
    kind : int
    values : int64[N]     of a word its row in `words`; negative ones count from the end
    words : Words
    """

    before: str
    kind: int
    values: Int64
    words: Words | None = None


def number(before: str, values: Int64) -> Field:
    """Return a field of integers; what is below 0 is written as null."""
    return Field(before, _NUMBER, values)


def share(before: str, values: Int64) -> Field:
    """Return a field of shares, given in ten-thousandths and written as Python writes them; null below 0."""
    return Field(before, _SHARE, values)


def name(before: str, values: UInt64) -> Field:
    """Return a field of 16 hexadecimal digits."""
    return Field(before, _NAME, values.view(np.int64))


def word(before: str, values: np.ndarray, words: Words) -> Field:
    """Return a field of words of a table."""
    rows = values.astype(np.int64)
    return Field(before, _WORD, np.where(rows < 0, rows + len(words.begin), rows), words)


def text(before: str, words: Words) -> Field:
    """Return a field in which each row has a word of its own."""
    return Field(before, _WORD, np.arange(len(words.begin)), words)


def string(before: str, words: Words) -> Field:
    """Return a field in which each row has a word of its own, written as a JSON string."""
    return Field(before, _STRING, np.arange(len(words.begin)), words)


def encoded(codes: UInt32, start: Int64, end: Int64) -> Words:
    """Return stretches of code points as a table of words."""
    from dedup.kernels import writing
    from dedup.kernels.threads import shared

    border = np.zeros(len(start) + 1, np.int64)
    shared(writing.utf8_sizes, len(start), codes, start, end, border[1:])
    np.cumsum(border, out=border)
    data = np.empty(int(border[-1]), np.uint8)
    shared(writing.utf8, len(start), codes, start, end, border, data)
    return Words(data, border[:-1], border[1:])


def words(rows: Iterable[str]) -> Words:
    """Return strings as a table of words."""
    data = [row.encode("utf-8", "surrogatepass") for row in rows]
    border = np.fromiter(accumulate(map(len, data), initial=0), np.int64, len(data) + 1)
    return Words(np.frombuffer(b"".join(data), np.uint8), border[:-1], border[1:])


def kept(rows: Strings, first: int, last: int) -> Words:
    """Return strings of a column as words; no more of it than they are."""
    low, high = rows.indptr[[first, last]].tolist()
    border = rows.indptr[first : last + 1] - low
    return Words(rows.data[low:high], border[:-1], border[1:])


@dataclass(frozen=True, eq=False)
class Shelf:
    """Tables of words that the lines of many blocks point to, laid end to end once.

    words : Words
    first : dict of int to int    where a table begins in it, by its identity
    tables : tuple of Words       which have to live for that
    """

    words: Words
    first: dict[int, int]
    tables: tuple[Words, ...]


def shelf(tables: Iterable[Words]) -> Shelf:
    """Return tables of words laid end to end."""
    some = tuple({id(one): one for one in tables}.values())
    first = dict(zip(map(id, some), accumulate((len(one.begin) for one in some), initial=0), strict=False))
    base = accumulate((len(one.data) for one in some), initial=0)
    shifted = [(one.begin + by, one.end + by) for one, by in zip(some, base, strict=False)]
    begin, end = (np.concatenate([np.zeros(0, np.int64), *(pair[side] for pair in shifted)]) for side in (0, 1))
    return Shelf(Words(np.concatenate([np.zeros(0, np.uint8), *(one.data for one in some)]), begin, end), first, some)


def runs(rows: Strings, indptr: Int64, between: str) -> Words:
    """Return runs of lines as words: run r is rows ``indptr[r]`` to ``indptr[r + 1]``.

    Each line ends with a separator, which the last one of a run loses.
    """
    begin, end = rows.indptr[indptr[:-1]], rows.indptr[indptr[1:]]
    return Words(rows.data, begin, np.maximum(end - len(between.encode()), begin))


def where(holds: Bool, fields: Sequence[Field], behind: str) -> Words:
    """Return the lines of the rows for which something holds (bool[N]), as words, and nothing for the others."""
    rows = np.flatnonzero(holds)
    found = written([replace(field, values=field.values[rows]) for field in fields], behind)
    return spread(Words(found.data, found.indptr[:-1], found.indptr[1:]), rows, len(holds))


def spread(words: Words, rows: Int64, count: int) -> Words:
    """Return words as those of some rows out of so many, with nothing for the others."""
    begin, end = np.zeros((2, count), np.int64)
    begin[rows], end[rows] = words.begin, words.end
    return Words(words.data, begin, end)


def written(fields: Sequence[Field], behind: str, kept: Shelf | None = None) -> Strings:
    """Return the lines of some rows.

    Parameters
    ----------
    fields : sequence of Field
        At least one; as many values in each as there are rows.
    behind : str
        What each line ends with.
    kept : Shelf, optional
        Tables of words that are not laid together for these lines, because others point to them too.

    Returns
    -------
    Strings
    """
    from dedup.kernels import writing
    from dedup.kernels.threads import shared

    kept = kept or _EMPTY
    own = shelf(one.words for one in fields if one.words is not None and id(one.words) not in kept.first)
    pieces = [*(field.before.encode() for field in fields), behind.encode()]
    kind = np.array([field.kind for field in fields], np.uint8)
    values = np.empty((len(fields), len(fields[0].values)), np.int64)
    for row, field in enumerate(fields):
        there = kept.first.get(id(field.words))
        if there is not None:  # words on the shelf are numbered from -1 down
            np.subtract(-1 - there, field.values, out=values[row])
        else:
            np.add(field.values, own.first.get(id(field.words), 0), out=values[row])
    tables = [column for one in (own.words, kept.words) for column in (one.begin, one.end, one.data)]
    piece = np.frombuffer(b"".join(pieces), np.uint8)
    piece_ptr = np.fromiter(accumulate(map(len, pieces), initial=0), np.int64)
    size = np.empty(values.shape[1], np.int64)
    shared(writing.sizes, len(size), kind, piece_ptr, values, *tables, size)
    found = strings(np.empty(int(size.sum()), np.uint8), size)
    shared(writing.lines, len(size), kind, piece, piece_ptr, values, *tables, found.indptr, found.data)
    return found


_EMPTY = shelf(())
