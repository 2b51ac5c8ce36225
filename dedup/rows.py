"""Sequences over columns: rows that are made when they are asked for, and strings kept as bytes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar, overload

import numpy as np

from dedup.intervals import positions
from dedup.schema import Int64, UInt8, UInt32, string

BLOCK = 4_096
"""Rows made at a time by whoever walks over all."""

_WRITTEN = 1 << 12  # rows written at a time: some megabytes, which the cache holds until they are in the file
_NEAR = 32  # rows made with one that is asked for: they cost little more than it alone, and are often asked for next
_SPACES = np.array([chr(code).isspace() for code in range(0x3002)])  # the last white space is U+3000
_Row = TypeVar("_Row")


class Rows(Sequence[_Row]):
    """A sequence that makes its rows when they are asked for, and equals any sequence of equal rows."""

    @abstractmethod
    def _made(self, first: int, last: int) -> list[_Row]:
        """Return some rows as objects."""

    @overload
    def __getitem__(self, row: int) -> _Row: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[_Row, ...]: ...
    def __getitem__(self, row: int | slice) -> _Row | tuple[_Row, ...]:
        if isinstance(row, slice):
            first, last, step = row.indices(len(self))
            return tuple(self._made(first, max(first, last))) if step == 1 else tuple(self)[row]
        at = row + len(self) if row < 0 else row
        if not 0 <= at < len(self):
            raise IndexError(f"row {row} of {len(self)}")
        first = at - at % _NEAR
        made = self.__dict__.get("_latest")
        if made is None or made[0] != first:
            made = first, self._made(first, min(first + _NEAR, len(self)))
            self.__dict__["_latest"] = made
        return made[1][at - first]

    def __iter__(self) -> Iterator[_Row]:
        for first in range(0, len(self), BLOCK):
            yield from self._made(first, min(first + BLOCK, len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class Strings(Rows[str]):
    """Strings as a column.

    data : uint8[...]      UTF-8, end to end
    indptr : int64[F+1]    string f is ``data[indptr[f]:indptr[f+1]]``
    """

    data: UInt8
    indptr: Int64

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def _made(self, first: int, last: int) -> list[str]:
        borders = self.indptr[first : last + 1].tolist()
        return [self.data[a:b].tobytes().decode("utf-8", "surrogatepass") for a, b in pairwise(borders)]

    def taken(self, rows: Int64) -> Strings:
        """Return some rows, in the order given (int64[m])."""
        size = np.diff(self.indptr)[rows]
        return strings(self.data[positions(self.indptr[rows], size)], size)


def blocks(rows: int, most: int = _WRITTEN) -> Iterator[tuple[int, int]]:
    """Yield the first and last rows of blocks that are written at a time."""
    for first in range(0, rows, most):
        yield first, min(first + most, rows)


def strings(data: UInt8, size: Int64) -> Strings:
    """Return strings from their bytes, end to end, and how many each has."""
    return Strings(data, np.concatenate([[0], np.cumsum(size)]))


def trimmed(codes: UInt32, start: Int64, end: Int64) -> tuple[Int64, Int64]:
    """Return stretches of code points without the white space at their ends, as `str.strip` leaves it out.

    codes : uint32[...]
    start, end : int64[n]
    """
    start, end = start.copy(), end.copy()
    for ends, step in ((start, 1), (end, -1)):
        rows = np.flatnonzero(start < end)
        while len(rows):
            at = codes[ends[rows] if step > 0 else ends[rows] - 1]
            rows = rows[_SPACES[np.minimum(at, len(_SPACES) - 1)]]
            ends[rows] += step
            rows = rows[start[rows] < end[rows]]
    return start, end


def slices(codes: UInt32, start: Int64, end: Int64) -> list[str]:
    """Return stretches of code points as strings; decoded at once, which costs a fifth of one after the other.

    codes : uint32[...]
    start, end : int64[n]
    """
    size = end - start
    border = np.concatenate([[0], np.cumsum(size)])
    whole = string(codes[positions(start, size)])
    return [whole[low:high] for low, high in pairwise(border.tolist())]
