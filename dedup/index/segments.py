"""What finds a document again: postings, kept in segments that are written once and merged as they grow.

A posting is one word: 32 bits of hash above 32 bits of place. Of an anchor the place is a position in the key text of
the segment, of a band it is a paragraph of the segment; prefix sums over the segment's documents turn either into a
document and an offset. Postings are sorted and cut into buckets by the leading bits of the hash, one row a bucket, so
that a look-up reads one row of about 2 KB.

Writing each posting into a B-tree row of its own would be the plain way; at forty million it costs twice the space,
and every later addition touches every page. Segments follow the logarithmic method (Bentley, Saxe 1980): an addition
makes a new one, and neighbours in size are merged, so that a posting is rewritten about log2(N) times in its life.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np

from dedup.errors import IndexDamaged
from dedup.index.file import crc
from dedup.schema import Bool, Int64, UInt32, UInt64

_LOW = np.uint64(0xFFFFFFFF)
_HIGH = np.uint64(32)
_PER_BUCKET = 256  # postings; at 1024 a query reads four times as much, at 64 the rows cost more than they hold
_MOST_BITS = 24
_AT_ONCE = 500  # buckets a statement asks for; SQLite takes 32 766 since 3.32, and 999 before
_LARGEST = 1 << 31  # key characters: places stay within 32 bits, and a merge within some GB of memory


class Kind(IntEnum):
    """What a posting stands for."""

    ANCHOR = 0  # a sampled k-gram; places count key characters
    BAND = 1  # a band of a paragraph's signature; places count paragraphs


@dataclass(frozen=True, slots=True)
class Columns:
    """A segment in memory: documents in the order of their keys, postings sorted.

    ids : int64[D]              rows of the table of documents
    keys : uint64[D]            the leading bits of their fingerprints, ascending
    sizes : int64[2, D]         key characters and paragraphs of each: how much place it takes, by `Kind`
    postings : two uint64[...]  by `Kind`: hash and place, sorted
    """

    ids: Int64
    keys: UInt64
    sizes: Int64
    postings: tuple[UInt64, UInt64]


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment on disk. A document that was dropped has id -1 and no postings left.

    number : int
    ids, keys, sizes            as in `Columns`
    counts, bits : by `Kind`    postings, and leading bits of the hash that name a bucket
    """

    number: int
    ids: Int64
    keys: UInt64
    sizes: Int64
    counts: tuple[int, int]
    bits: tuple[int, int]

    def borders(self, kind: Kind) -> Int64:
        """Return where the place of each document begins, and the end (int64[D+1])."""
        return np.concatenate([[0], np.cumsum(self.sizes[kind])])

    def locate(self, kind: Kind, postings: UInt64) -> tuple[Int64, Int64]:
        """Return, for postings, the row of the document in this segment and the offset in it."""
        place = (postings & _LOW).astype(np.int64)
        borders = self.borders(kind)
        row = np.searchsorted(borders, place, side="right") - 1
        return row, place - borders[row]


@dataclass(frozen=True, slots=True)
class Hits:
    """What a segment has under the hashes asked for: hash ``h`` owns ``postings[low[h]:high[h]]``."""

    postings: UInt64
    low: Int64
    high: Int64


def segments(db: sqlite3.Connection, path: str) -> list[Segment]:
    """Return the segments of the index.

    Raises
    ------
    IndexDamaged
        If one does not agree with its checksum.
    """
    found = []
    for number, facts, data, known in db.execute("SELECT id, facts, documents, crc FROM segments ORDER BY id"):
        if crc(number, facts, data) != known:
            raise IndexDamaged(path, f"segment {number} does not agree with its checksum")
        words = np.frombuffer(data, "<i8").reshape(4, -1).astype(np.int64)
        values = json.loads(facts)
        found.append(
            Segment(
                number, words[0], words[1].view(np.uint64), words[2:], tuple(values["counts"]), tuple(values["bits"])
            )
        )
    return found


def write(db: sqlite3.Connection, columns: Columns) -> None:
    """Store a segment."""
    number = int(db.execute("SELECT coalesce(max(id), 0) + 1 FROM segments").fetchone()[0])
    bits = []
    for kind in Kind:
        postings = columns.postings[kind]
        bits.append(min(_MOST_BITS, (len(postings) // _PER_BUCKET).bit_length()))
        bucket = (
            (postings >> np.uint64(64 - bits[kind])).astype(np.int64) if bits[kind] else np.zeros(len(postings), int)
        )
        borders = np.searchsorted(bucket, np.arange((1 << bits[kind]) + 1)).tolist()
        data = postings.astype("<u8").tobytes()
        # Empty buckets are rows too: a bucket that is not there is damage, never "nothing found".
        rows = (
            (_bucket_id(number, kind, at), data[8 * low : 8 * high])
            for at, (low, high) in enumerate(pairwise(borders))
        )
        db.executemany("INSERT INTO postings VALUES (?, ?, ?)", ((one, blob, _crc(one, blob)) for one, blob in rows))
    counts = (len(columns.postings[0]), len(columns.postings[1]))
    _put(db, Segment(number, columns.ids, columns.keys, columns.sizes, counts, (bits[0], bits[1])))


def find(db: sqlite3.Connection, path: str, segment: Segment, kind: Kind, hashes: UInt32) -> Hits:
    """Return the postings under some hashes.

    Parameters
    ----------
    db, path
    segment : Segment
    kind : Kind
    hashes : uint32[H]
        Sorted, distinct.

    Raises
    ------
    IndexDamaged
        If a bucket is missing or does not agree with its checksum.
    """
    wanted = hashes.astype(np.uint64) << _HIGH
    buckets = _buckets(segment, kind, wanted)
    postings = _read(db, path, segment, kind, buckets)
    return Hits(postings, np.searchsorted(postings, wanted), np.searchsorted(postings, wanted | _LOW, side="right"))


def postings(db: sqlite3.Connection, path: str, segment: Segment, kind: Kind) -> UInt64:
    """Return all postings of a segment.

    Raises
    ------
    IndexDamaged
        If a bucket is missing or does not agree with its checksum, or there are more or fewer postings than there
        should be.
    """
    found = _read(db, path, segment, kind, np.arange(1 << segment.bits[kind]))
    if len(found) != segment.counts[kind]:
        raise IndexDamaged(
            path, f"segment {segment.number} has {len(found)} {kind.name.lower()}s, wanted {segment.counts[kind]}"
        )
    return found


def remove(
    db: sqlite3.Connection, path: str, segment: Segment, rows: Int64, hashes: tuple[UInt32, UInt32], own: int
) -> None:
    """Take documents out of a segment: their postings now, their places when it is merged.

    Parameters
    ----------
    db, path
    segment : Segment
    rows : int64[R]
        Rows of the documents in the segment.
    hashes : by `Kind`, uint32[...] each
        The hashes of their postings, sorted, distinct: the buckets to look into.
    own : int
        How many postings they have.

    Raises
    ------
    IndexDamaged
        If there are not exactly as many postings.
    """
    gone = np.zeros(len(segment.ids), bool)
    gone[rows] = True
    counts = list(segment.counts)
    for kind in Kind:
        for at in _buckets(segment, kind, hashes[kind].astype(np.uint64) << _HIGH).tolist():
            before = _read(db, path, segment, kind, np.array([at]))
            row, _ = segment.locate(kind, before)
            after = before[~gone[row]]
            if len(after) < len(before):
                number, data = _bucket_id(segment.number, kind, at), after.astype("<u8").tobytes()
                db.execute("UPDATE postings SET data = ?, crc = ? WHERE id = ?", (data, _crc(number, data), number))
                counts[kind] -= len(before) - len(after)
    removed = sum(segment.counts) - sum(counts)
    if removed != own:
        raise IndexDamaged(path, f"{removed} postings of the documents to be dropped were found, wanted {own}")
    left = Segment(
        segment.number,
        np.where(gone, -1, segment.ids),
        segment.keys,
        segment.sizes,
        (counts[0], counts[1]),
        segment.bits,
    )
    if (left.ids < 0).all():
        delete(db, segment)
    else:
        _put(db, left)


def delete(db: sqlite3.Connection, segment: Segment) -> None:
    """Remove a segment with all its postings."""
    first, end = _bucket_id(segment.number, Kind.ANCHOR, 0), _bucket_id(segment.number + 1, Kind.ANCHOR, 0)
    db.execute("DELETE FROM postings WHERE id >= ? AND id < ?", (first, end))
    db.execute("DELETE FROM segments WHERE id = ?", (segment.number,))


def columns(db: sqlite3.Connection, path: str, segment: Segment) -> Columns:
    """Return a segment as it is in memory, what was dropped from it included."""
    both = (postings(db, path, segment, Kind.ANCHOR), postings(db, path, segment, Kind.BAND))
    return Columns(segment.ids, segment.keys, segment.sizes, both)


def combine(parts: Sequence[Columns]) -> Columns:
    """Return one segment out of several; documents whose id is -1 are left out, and their postings.

    Notes
    -----
    A posting moves by as much as its document's place does; one sort puts all in order. O(N log N), some 24 bytes a
    posting.
    """
    ids = np.concatenate([part.ids for part in parts])
    keys = np.concatenate([part.keys for part in parts])
    sizes = np.concatenate([part.sizes for part in parts], axis=1)
    part_of = np.repeat(np.arange(len(parts)), [len(part.ids) for part in parts])
    kept = np.flatnonzero(ids >= 0)
    order = kept[np.argsort(keys[kept], kind="stable")]
    moved: list[UInt64] = []
    for kind in Kind:
        start = np.zeros(len(ids), np.int64)
        start[order] = np.cumsum(sizes[kind, order]) - sizes[kind, order]
        pieces = []
        for number, part in enumerate(parts):
            before = np.cumsum(part.sizes[kind])
            shift = (start[part_of == number] - (before - part.sizes[kind])).astype(np.uint64)
            row = np.searchsorted(before, (part.postings[kind] & _LOW).astype(np.int64), side="right")
            living = (part.ids >= 0)[row]
            pieces.append((part.postings[kind] + shift[row])[living])  # wraps round where the move is downwards
        moved.append(np.sort(_concatenated(pieces)))
    return Columns(ids[order], keys[order], sizes[:, order], (moved[0], moved[1]))


def unbalanced(found: Iterable[Segment]) -> list[Segment]:
    """Return the segments to merge next: the fewest that leave each larger than all smaller ones together."""
    ordered = sorted(found, key=lambda one: (-sum(one.counts), one.number))
    chars = [int(one.sizes[Kind.ANCHOR].sum()) for one in ordered]
    for first, segment in enumerate(ordered[:-1]):
        smaller = sum(sum(one.counts) for one in ordered[first + 1 :])
        if sum(segment.counts) < smaller and sum(chars[first:]) < _LARGEST:
            return ordered[first:]
    return []


def merge(db: sqlite3.Connection, path: str) -> None:
    """Merge segments until none is smaller than all smaller ones together."""
    while parts := unbalanced(segments(db, path)):
        merged = combine([columns(db, path, part) for part in parts])
        for part in parts:
            delete(db, part)
        write(db, merged)


def stray(segment: Segment, kind: Kind, found: UInt64) -> Bool:
    """Return which postings lie outside the places of living documents."""
    inside = (found & _LOW).astype(np.int64) < segment.sizes[kind].sum()
    row, _ = segment.locate(kind, np.where(inside, found, np.uint64(0)))
    outside: Bool = ~inside | (segment.ids[row] < 0)
    return outside


def _put(db: sqlite3.Connection, segment: Segment) -> None:
    facts = json.dumps({"counts": segment.counts, "bits": segment.bits}).encode()
    words = np.concatenate([segment.ids[None], segment.keys.view(np.int64)[None], segment.sizes])
    data = words.astype("<i8").tobytes()
    known = crc(segment.number, facts, data)
    db.execute("INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?)", (segment.number, facts, data, known))


def _bucket_id(segment: int, kind: Kind, bucket: int) -> int:
    return (segment << (_MOST_BITS + 1)) | (kind << _MOST_BITS) | bucket


def _buckets(segment: Segment, kind: Kind, shifted: UInt64) -> Int64:
    """Return the buckets in which sorted hashes (in the upper half of the words) lie, each once."""
    if not len(shifted):
        return np.zeros(0, np.int64)
    bits = segment.bits[kind]
    bucket = (shifted >> np.uint64(64 - bits)).astype(np.int64) if bits else np.zeros(len(shifted), np.int64)
    named: Int64 = bucket[np.concatenate([[True], bucket[1:] != bucket[:-1]])]
    return named


def _read(db: sqlite3.Connection, path: str, segment: Segment, kind: Kind, buckets: Int64) -> UInt64:
    """Return the postings of ascending buckets, one after the other."""
    found: list[bytes] = []
    numbers = (_bucket_id(segment.number, kind, 0) + buckets).tolist()
    for first in range(0, len(numbers), _AT_ONCE):
        some = numbers[first : first + _AT_ONCE]
        marks = ",".join("?" * len(some))
        rows = db.execute(f"SELECT id, data, crc FROM postings WHERE id IN ({marks}) ORDER BY id", some).fetchall()
        if len(rows) != len(some):
            missing = min(set(some) - {row[0] for row in rows})
            raise IndexDamaged(path, f"{_named(segment, kind, missing)} is not there")
        _, data, known = zip(*rows, strict=True)
        sums = _crcs(some, data)
        if sums != list(known):
            damaged = next(number for number, one, other in zip(some, sums, known, strict=True) if one != other)
            raise IndexDamaged(path, f"{_named(segment, kind, damaged)} does not agree with its checksum")
        found += data
    return np.frombuffer(b"".join(found), "<u8")


def _crc(number: int, data: bytes) -> int:
    """Return the checksum of a bucket; not `dedup.index.file.crc`, for a query reads thousands."""
    if not isinstance(data, bytes):
        raise sqlite3.DatabaseError(f"a row holds {type(data).__name__} in place of bytes")
    return zlib.crc32(data, (number ^ number >> 32) & 0xFFFFFFFF)


def _crcs(numbers: Sequence[int], data: Sequence[bytes]) -> list[int]:
    """Return the checksums of buckets, `_crc` of each, without a line of Python for each."""
    strange = set(map(type, data)) - {bytes}
    if strange:
        raise sqlite3.DatabaseError(f"a row holds {strange.pop().__name__} in place of bytes")
    words = np.array(numbers, np.int64)
    return list(map(zlib.crc32, data, ((words ^ words >> 32) & 0xFFFFFFFF).tolist()))


def _named(segment: Segment, kind: Kind, number: int) -> str:
    bucket = number - _bucket_id(segment.number, kind, 0)
    return f"bucket {bucket} of the {kind.name.lower()}s of segment {segment.number}"


def _concatenated(pieces: list[UInt64]) -> UInt64:
    return np.concatenate(pieces).astype(np.uint64, copy=False) if pieces else np.zeros(0, np.uint64)


def sizes(found: Iterable[Segment]) -> Int64:
    """Return key characters and paragraphs of all documents that stand in segments (int64[2])."""
    total = np.zeros(2, np.int64)
    for one in found:
        total += one.sizes[:, one.ids >= 0].sum(axis=1)
    return total
