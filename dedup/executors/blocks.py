"""The parts of a corpus that tasks see when no task holds the whole, and rows on their way between them.

A corpus is cut into *blocks* of neighbouring documents; a task sees one block, or what was sent to one *part*: a
range of band keys, of anchor hashes, or the documents of two blocks. The functions of `copies` and `meetings` take
what their task has been sent, in any order, and yield what is to be sent on as (part, kind, packed columns). Chained,
they give the passages that `dedup.pipeline.scan` finds, whatever the blocks and the number of parts: only sorted,
distinct rows decide.

Places are key positions of the whole corpus, as if its key streams were laid end to end (`Layout`); a paragraph is
named by the place where it begins. So rows compare as they do on one machine. Nothing here knows of Spark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from dedup.executors.packing import pack, unpacked
from dedup.executors.prepared import Prepared, unit_borders
from dedup.schema import Int64, KeyStream, Parts, Segments, Slots, UInt8, UInt32

Sent = tuple[int, str, bytes]
"""Where to, what it is, and its packed columns."""

Columns = dict[str, np.ndarray]

_NONE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where blocks begin in the corpus: prefix sums over blocks, int64[B+1] each."""

    documents: Int64
    keys: Int64
    raw: Int64

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return len(self.keys) - 1

    def block_of(self, place: Int64) -> Int64:
        """Return the blocks that key places stand in."""
        return np.searchsorted(self.keys, place, side="right") - 1

    def meeting(self, left: Int64, right: Int64) -> Int64:
        """Return the part in which the documents of two places meet; ``left < right``."""
        return self.block_of(left) * self.blocks + self.block_of(right)


@dataclass(frozen=True, slots=True)
class Block:
    """What matching needs of some documents.

    codes : uint32[K]       their key streams
    documents : int64[D+1]  borders of documents in `codes`
    units : int64[U+1]      the same, cut at parts of collection files too
    start, end : int64[P]   paragraphs
    kind : uint8[P]         see `dedup.schema.ParagraphKind`
    """

    codes: UInt32
    documents: Int64
    units: Int64
    start: Int64
    end: Int64
    kind: UInt8

    @classmethod
    def of(cls, prepared: Prepared) -> Block:
        """Return what matching needs of prepared documents."""
        keys, segments = prepared.keys, prepared.segments
        units = unit_borders(keys, segments)
        return cls(keys.codes, keys.indptr, units, segments.start, segments.end, segments.kind)

    @classmethod
    def read(cls, blob: bytes) -> Block:
        """Return the block that `pack` made bytes of."""
        return cls(**unpacked(blob))

    @property
    def keys(self) -> KeyStream:
        """Its key stream, cut at parts; without the way back to the text, which matching does not take."""
        slots = Slots(_NONE, _NONE, _NONE, np.empty(0, np.uint8))
        return KeyStream(self.codes, np.empty(0, np.uint32), np.empty(0, np.uint16), self.units, slots)

    @property
    def segments(self) -> Segments:
        """Its paragraphs, for steps that look at nothing else."""
        parts = Parts(_NONE, _NONE, _NONE, _NONE, _NONE)
        none = np.zeros(len(self.start), np.int64)
        level = np.zeros(len(self.start), np.uint8)
        rows = (none, self.start, self.end, none, none, self.kind, level, none - 1, none - 1)
        return Segments(*rows, _NONE, _NONE, parts)

    def comparable(self, shingle: int) -> Int64:
        """Return the rows of paragraphs that have a shingle."""
        return np.flatnonzero(self.end - self.start >= shingle)

    def rows(self, start: Int64) -> Int64:
        """Return the rows of paragraphs by where they begin; those without characters are nobody's."""
        return np.searchsorted(self.start, start, side="right") - 1


def read(blobs: Iterable[bytes], *names: str) -> list[np.ndarray]:
    """Return columns of all blobs, end to end."""
    tables = [unpacked(blob) for blob in blobs]
    return [np.concatenate([table[name] for table in tables]) if tables else _NONE for name in names]


def spread(kind: str, part: Int64, columns: Mapping[str, np.ndarray]) -> Iterator[Sent]:
    """Yield rows of columns by the part that each is sent to."""
    if not len(part):
        return
    order = np.argsort(part, kind="stable")
    border = np.flatnonzero(np.diff(part[order], prepend=-1, append=-1))
    for first, last in zip(border[:-1].tolist(), border[1:].tolist(), strict=True):
        rows = order[first:last]
        yield int(part[rows[0]]), kind, pack({name: column[rows] for name, column in columns.items()})


def distinct(left: Int64, right: Int64) -> tuple[Int64, Int64]:
    """Return pairs sorted, each once."""
    order = np.lexsort((right, left))
    left, right = left[order], right[order]
    new = np.ones(len(left), bool)
    new[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    return left[new], right[new]
