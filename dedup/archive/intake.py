"""Documents into the index and out of it again, inside a transaction that the door holds.

A source is replaced as a whole: what a file held before and does not hold now is stale. Two equal documents of one
source are two documents, as in a scan; so documents are counted by fingerprint, not merely looked up.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dedup.archive.prints import Prints, prints
from dedup.archive.records import Added
from dedup.errors import IndexDamaged, IndexProblem
from dedup.index import rows, segments
from dedup.index.file import IndexFile
from dedup.index.rows import Packed, Paragraphs
from dedup.index.segments import Columns, Kind, Segment
from dedup.params import Params
from dedup.result import Document, Skipped

if TYPE_CHECKING:
    from dedup.read import ReadOptions

BATCH = 1 << 23
"""Characters analysed and committed together: some seconds of work, which is what a kill can cost."""

_MODULUS = 1 << 256

Input = str | Path | Document | Skipped


def each(inputs: Iterable[Input], options: ReadOptions | None) -> Iterator[Document | Skipped]:
    """Yield documents as they are, and read what are paths, one file at a time."""
    from dedup.read import ReadOptions, read

    paths: list[str | Path] = []
    for item in inputs:
        if isinstance(item, Document | Skipped):
            yield item
        else:
            paths.append(item)
    if paths:  # together, so that a file reached twice is read once
        yield from read(paths, options or ReadOptions())


@dataclass(slots=True)
class Intake:
    """One addition or merge: what its sources hold, as far as seen, and which of them could not be read whole."""

    file: IndexFile
    params: Params
    held: dict[str, Counter[bytes]] = field(default_factory=dict)
    torn: set[str] = field(default_factory=set)

    def note(self, skipped: Skipped) -> None:
        """Note a source of which something could not be read: what is missing from it may be there all the same."""
        from dedup.read import SOFT_KINDS

        if skipped.kind not in SOFT_KINDS:
            self.torn.add(skipped.source)

    def fresh(self, db: sqlite3.Connection, packed: Packed) -> bool:
        """Note that its source holds a document; return whether it is stored fewer times than it is held."""
        held = self.held.setdefault(packed.document.source, Counter())
        held[packed.fingerprint] += 1
        (stored,) = db.execute(
            "SELECT count(*) FROM documents WHERE source = ? AND fingerprint = ?", (packed.source, packed.fingerprint)
        ).fetchone()
        return int(stored) < held[packed.fingerprint]

    def insert(self, db: sqlite3.Connection, packed: Iterable[Packed]) -> None:
        """Analyse and store documents as one segment."""
        packed = sorted(packed, key=lambda one: one.fingerprint)
        if not packed:
            return
        made = prints([one.document for one in packed], self.params)
        ids = rows.insert(db, packed, made.by_document())
        keys = np.array([one.key for one in packed], np.uint64)
        segments.write(db, Columns(ids, keys, made.sizes, made.postings))
        _count(self.file, [one.fingerprint for one in packed], 1)

    def copy(self, db: sqlite3.Connection, other: sqlite3.Connection, path: str, segment: Segment) -> int:
        """Store what is new in a segment of another index without analysing it again; return how many documents."""
        ids = np.full(len(segment.ids), -1, np.int64)
        packed: list[Packed] = []
        places: list[int] = []
        cuts: list[Paragraphs] = []
        for place in np.flatnonzero(segment.ids >= 0).tolist():
            number = int(segment.ids[place])
            ((_, document),) = rows.documents(other, path, [number])
            one = rows.pack(document)
            if self.fresh(db, one):
                packed.append(one)
                places.append(place)
                cuts.append(rows.paragraphs(other, path, number, self.params.num_perm))
        if packed:
            ids[places] = rows.insert(db, packed, cuts)
            segments.write(db, segments.combine([replace(segments.columns(other, path, segment), ids=ids)]))
            _count(self.file, [one.fingerprint for one in packed], 1)
        return len(packed)

    def stale(self, db: sqlite3.Connection) -> list[int]:
        """Return the ids of documents that their source, having been given, no longer holds."""
        ids = []
        for source, held in self.held.items():
            if source in self.torn:
                continue
            left = Counter(held)
            for number, fingerprint in rows.fingerprints(db, source):
                if left[fingerprint] > 0:
                    left[fingerprint] -= 1
                else:
                    ids.append(number)
        return ids


def store(
    file: IndexFile,
    params: Params,
    inputs: Iterable[Input],
    read: ReadOptions | None,
    told: Callable[[Added], None] | None,
) -> Added:
    """Store documents batch by batch; see `dedup.archive.Index.add`.

    What is stale goes with the last batch, so that nothing is missing in between.
    """
    intake = Intake(file, params)
    total = Added(0, 0, 0)
    batch: list[Document] = []
    skipped: list[Skipped] = []
    chars = 0

    def commit(*, last: bool) -> Added:
        with file.writing("add") as db:
            fresh = [one for one in map(rows.pack, batch) if intake.fresh(db, one)]
            intake.insert(db, fresh)
            stale = intake.stale(db) if last else []
            remove(file, db, stale, params)
            if last:
                segments.merge(db, file.path)
        sums = (total.added + len(fresh), total.unchanged + len(batch) - len(fresh), total.removed + len(stale))
        return Added(*sums, tuple(skipped))

    for one in each(inputs, read):
        if isinstance(one, Skipped):
            skipped.append(one)
            intake.note(one)
            continue
        batch.append(one)
        chars += len(one.text)
        if chars >= BATCH:
            total = commit(last=False)
            batch, chars = [], 0
            if told:
                told(total)
    return commit(last=True)


def take_over(file: IndexFile, params: Params, other: IndexFile) -> Added:
    """Store all documents of another index; see `dedup.archive.Index.merge`."""
    intake = Intake(file, params)
    with other.reading() as source, file.writing("merge") as db:
        added = sum(intake.copy(db, source, other.path, segment) for segment in segments.segments(source, other.path))
        stale = intake.stale(db)
        remove(file, db, stale, params)
        segments.merge(db, file.path)
    held = sum(one.total() for one in intake.held.values())
    return Added(added, held - added, len(stale))


def remove(file: IndexFile, db: sqlite3.Connection, ids: Iterable[int], params: Params) -> None:
    """Remove documents with all that finds them.

    Where their postings lie is computed from the stored texts; reading every bucket to look for them would cost as
    much as the whole index is large.
    """
    for batch in _batches(rows.documents(db, file.path, sorted(ids))):
        numbers = np.array([number for number, _ in batch], np.int64)
        documents = [document for _, document in batch]
        found = 0
        for segment in segments.segments(db, file.path):
            rows_there = np.flatnonzero(np.isin(segment.ids, numbers))
            if len(rows_there):
                chosen = np.flatnonzero(np.isin(numbers, segment.ids[rows_there]))
                made = prints([documents[row] for row in chosen.tolist()], params)
                own = sum(len(one) for one in made.postings)
                segments.remove(db, file.path, segment, rows_there, made.hashes(), own)
                found += len(rows_there)
        if found != len(batch):
            raise IndexDamaged(file.path, f"{len(batch)} documents stand in {found} places of the segments")
        _count(file, [rows.pack(document).fingerprint for document in documents], -1)
        rows.delete(db, numbers.tolist())


def named(db: sqlite3.Connection, path: str, names: Iterable[str]) -> list[int]:
    """Return the ids of the documents that names stand for: a source, or ``source#member``.

    Raises
    ------
    IndexProblem
        If a name stands for none.
    """
    wanted: set[int] = set()
    for name in names:
        ids = {number for number, _ in rows.fingerprints(db, name)}
        for at in (at for at, char in enumerate(name) if char == "#"):
            held = rows.documents(db, path, [number for number, _ in rows.fingerprints(db, name[:at])])
            ids.update(number for number, document in held if document.name == name)
        if not ids:
            raise IndexProblem(path, f"it holds no document {name!r}; `dedup index export` lists all")
        wanted |= ids
    return sorted(wanted)


def recompute(db: sqlite3.Connection, path: str, params: Params, sample: int) -> int:
    """Analyse some documents afresh and compare with what is stored of them; return how many.

    Raises
    ------
    IndexDamaged
        If anything differs.
    """
    ids = [number for (number,) in db.execute("SELECT id FROM documents ORDER BY fingerprint, id LIMIT ?", (sample,))]
    documents = list(rows.documents(db, path, ids))
    made = [prints([document], params) for _, document in documents]
    for (number, document), one in zip(documents, made, strict=True):
        stored = rows.paragraphs(db, path, number, params.num_perm)
        for name in Paragraphs.__slots__:
            if not np.array_equal(getattr(stored, name), getattr(one.paragraphs, name)):
                raise IndexDamaged(path, f"{document.name}: the paragraphs stored ({name}) are not those of its text")
    for segment in segments.segments(db, path):
        for place in np.flatnonzero(np.isin(segment.ids, ids)).tolist():
            row = ids.index(int(segment.ids[place]))
            _compare_postings(db, path, segment, place, made[row], documents[row][1].name)
    return len(ids)


def _compare_postings(
    db: sqlite3.Connection, path: str, segment: Segment, place: int, made: Prints, name: str
) -> None:
    for kind, hashes in zip(Kind, made.hashes(), strict=True):
        hits = segments.find(db, path, segment, kind, hashes).postings
        row, offset = segment.locate(kind, hits)
        own = row == place
        stored = np.sort(hits[own] & ~np.uint64(0xFFFFFFFF) | offset[own].astype(np.uint64))
        if not np.array_equal(stored, made.postings[kind]):
            found, wanted = len(stored), len(made.postings[kind])
            raise IndexDamaged(
                path, f"{name}: the {kind.name.lower()}s stored ({found}) are not those of its text ({wanted})"
            )


def _batches(found: Iterable[tuple[int, Document]]) -> Iterator[Sequence[tuple[int, Document]]]:
    batch: list[tuple[int, Document]] = []
    chars = 0
    for one in found:
        batch.append(one)
        chars += len(one[1].text)
        if chars >= BATCH:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def _count(file: IndexFile, fingerprints: Sequence[bytes], sign: int) -> None:
    """Keep the header's count and content in step; content is a sum, so that it does not know any order."""
    header = file.header()
    total = int(header["content"], 16) + sign * sum(int.from_bytes(one, "big") for one in fingerprints)
    file.put("documents", str(int(header["documents"]) + sign * len(fingerprints)))
    file.put("content", f"{total % _MODULUS:064x}")
