"""Documents and their paragraphs as rows: packed, unpacked, checked at every reading.

A row carries a checksum over all its fields, its key included, so that a row that was damaged or stands in another's
place is never taken for what it was. Texts are compressed one by one: a query reads a few, anywhere.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dedup.errors import IndexDamaged
from dedup.index.file import crc, typed
from dedup.result import Document
from dedup.schema import Int64, UInt32, UInt64

_LEVEL = 6  # zlib; level 9 saves 1 % and costs twice the time, level 1 costs 12 % of the size
_TEXT = ("utf-8", "surrogatepass")  # broken JSON and odd file names hold lone surrogates; they come back as they were
_FACTS = ("member", "title", "issuer", "date", "encoding", "pages", "furniture", "tables", "flags", "meta")


@dataclass(frozen=True, slots=True)
class Packed:
    """A document ready to be stored.

    ``fingerprint`` is a SHA-256 over everything a scan can see of the document, so that equal fingerprints mean equal
    documents; as a number (`key`) it puts documents in an order that does not depend on when they were added.
    """

    document: Document
    source: bytes
    facts: bytes
    fingerprint: bytes

    @property
    def key(self) -> int:
        """The first 64 bits of the fingerprint."""
        return int.from_bytes(self.fingerprint[:8], "big")


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """What is kept of the paragraphs of one document.

    start, end : int64[P]            offsets in the document's text
    length : int64[P]                key characters
    digest : uint64[P, 2]            of the key text, see `dedup.steps.shingle.digest`
    sketches : uint32[P, num_perm]   signatures; a paragraph without shingles has 2**32 - 1 throughout
    """

    start: Int64
    end: Int64
    length: Int64
    digest: UInt64
    sketches: UInt32


def pack(document: Document) -> Packed:
    """Return the document as it is stored."""
    values = {name: getattr(document, name) for name in _FACTS}
    values |= {"flags": dict(document.flags), "meta": dict(document.meta)}
    facts = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(*_TEXT)
    source = document.source.encode(*_TEXT)
    whole = hashlib.sha256()
    for part in (source, facts, document.text.encode(*_TEXT)):
        whole.update(len(part).to_bytes(8, "little") + part)
    return Packed(document, source, facts, whole.digest())


def insert(db: sqlite3.Connection, packed: Sequence[Packed], paragraphs: Iterable[Paragraphs]) -> Int64:
    """Store documents with their paragraphs; return their ids (int64[D])."""
    first = int(db.execute("SELECT coalesce(max(id), 0) + 1 FROM documents").fetchone()[0])
    for number, (one, cut) in enumerate(zip(packed, paragraphs, strict=True), start=first):
        text = zlib.compress(one.document.text.encode(*_TEXT), _LEVEL)
        fields = (number, one.source, one.fingerprint, one.facts, text)
        db.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)", (*fields, crc(*fields)))
        data = _paragraph_bytes(cut)
        db.execute("INSERT INTO paragraphs VALUES (?, ?, ?)", (number, data, crc(number, data)))
    return np.arange(first, first + len(packed), dtype=np.int64)


def delete(db: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Remove documents and their paragraphs."""
    rows = [(number,) for number in ids]
    db.executemany("DELETE FROM documents WHERE id = ?", rows)
    db.executemany("DELETE FROM paragraphs WHERE document = ?", rows)


def fingerprints(db: sqlite3.Connection, source: str) -> list[tuple[int, bytes]]:
    """Return id and fingerprint of each document of a source, in the order of fingerprints."""
    rows = db.execute(
        "SELECT id, fingerprint FROM documents WHERE source = ? ORDER BY fingerprint, id", (source.encode(*_TEXT),)
    )
    return [(int(number), bytes(one)) for number, one in rows if typed(number, one)]


def documents(db: sqlite3.Connection, path: str, ids: Iterable[int] | None = None) -> Iterator[tuple[int, Document]]:
    """Yield id and document; all of them by source and fingerprint, or those asked for in the order asked.

    Raises
    ------
    IndexDamaged
        If a row is missing or does not agree with its checksum.
    """
    select = "SELECT id, source, fingerprint, facts, text, crc FROM documents"
    if ids is None:
        for row in db.execute(f"{select} ORDER BY source, fingerprint, id"):
            document = _document(path, row)  # first: the id of a damaged row may be no number
            yield int(row[0]), document
        return
    for number in ids:
        row = db.execute(f"{select} WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise IndexDamaged(path, f"document {number} is not there, but is referred to")
        yield number, _document(path, row)


def paragraphs(db: sqlite3.Connection, path: str, number: int, num_perm: int) -> Paragraphs:
    """Return what is kept of the paragraphs of a document.

    Raises
    ------
    IndexDamaged
        If the row is missing or does not agree with its checksum.
    """
    row = db.execute("SELECT data, crc FROM paragraphs WHERE document = ?", (number,)).fetchone()
    if row is None or crc(number, row[0]) != row[1]:
        raise IndexDamaged(path, f"the paragraphs of document {number} do not agree with their checksum")
    return _paragraphs(row[0], num_perm)


def _document(path: str, row: tuple[Any, ...]) -> Document:
    number, source, _, facts, text, known = row
    if crc(*row[:5]) != known:
        raise IndexDamaged(path, f"document {number} does not agree with its checksum")
    values = json.loads(facts.decode(*_TEXT))
    for name in ("pages", "furniture", "tables"):
        values[name] = tuple(tuple(one) if isinstance(one, list) else one for one in values[name])
    return Document(source=source.decode(*_TEXT), text=zlib.decompress(text).decode(*_TEXT), **values)


def _paragraph_bytes(cut: Paragraphs) -> bytes:
    places = np.stack([cut.start, cut.end, cut.length]).astype("<u4")
    return b"".join(
        (
            len(cut.start).to_bytes(4, "little"),
            places.tobytes(),
            cut.digest.astype("<u8").tobytes(),
            cut.sketches.astype("<u4").tobytes(),
        )
    )


def _paragraphs(data: bytes, num_perm: int) -> Paragraphs:
    count = int.from_bytes(data[:4], "little")
    places = np.frombuffer(data, "<u4", 3 * count, 4).reshape(3, count).astype(np.int64)
    digest = np.frombuffer(data, "<u8", 2 * count, 4 + 12 * count).reshape(count, 2)
    sketches = np.frombuffer(data, "<u4", num_perm * count, 4 + 28 * count).reshape(count, num_perm)
    return Paragraphs(places[0], places[1], places[2], digest.astype(np.uint64), sketches.astype(np.uint32))
