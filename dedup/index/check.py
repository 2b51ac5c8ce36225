"""Does all that is stored agree? Goes through every row; the recomputing of a sample is left to `dedup.archive`."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping

import numpy as np

from dedup.errors import IndexDamaged
from dedup.index import rows, segments
from dedup.index.segments import Kind


def check(db: sqlite3.Connection, path: str, header: Mapping[str, str], num_perm: int) -> tuple[int, int, int]:
    """Verify the whole file.

    Parameters
    ----------
    db : sqlite3.Connection
        Inside a read transaction.
    path : str
    header : mapping
    num_perm : int

    Returns
    -------
    tuple of int
        Documents, paragraphs and postings gone through.

    Raises
    ------
    IndexDamaged
        At the first disagreement: SQLite's structures, a checksum, a fingerprint, a count, a posting out of place.
    """
    report = [row[0] for row in db.execute("PRAGMA integrity_check(5)")]
    if report != ["ok"]:
        raise IndexDamaged(path, f"SQLite's integrity check says: {'; '.join(report)}")
    ids = _documents(db, path, header)
    found = segments.segments(db, path)
    standing = np.sort(np.concatenate([np.zeros(0, np.int64), *(one.ids[one.ids >= 0] for one in found)]))
    if not np.array_equal(standing, ids):
        raise IndexDamaged(path, f"{len(ids)} documents are stored, and {len(standing)} stand in segments")
    paragraphs = _paragraphs(db, path, found, num_perm)
    postings = sum(_postings(db, path, one, kind) for one in found for kind in Kind)
    buckets = sum(1 << one.bits[kind] for one in found for kind in Kind)
    (stored,) = db.execute("SELECT count(*) FROM postings").fetchone()
    if stored != buckets:
        raise IndexDamaged(path, f"{stored} buckets of postings are stored, wanted {buckets}")
    return len(ids), paragraphs, postings


def _documents(db: sqlite3.Connection, path: str, header: Mapping[str, str]) -> np.ndarray:
    ids = []
    content = 0
    known = dict(db.execute("SELECT id, fingerprint FROM documents"))
    for number, document in rows.documents(db, path):
        packed = rows.pack(document)
        if packed.fingerprint != known[number]:
            raise IndexDamaged(path, f"{document.name} does not agree with its fingerprint")
        content += int.from_bytes(packed.fingerprint, "big")
        ids.append(number)
    if str(len(ids)) != header["documents"]:
        raise IndexDamaged(path, f"{len(ids)} documents are stored, the header says {header['documents']}")
    found = f"{content % (1 << 8 * hashlib.sha256().digest_size):064x}"
    if found != header["content"]:
        raise IndexDamaged(path, f"the digest of all documents is {found}, the header says {header['content']}")
    return np.sort(np.array(ids, np.int64))


def _paragraphs(db: sqlite3.Connection, path: str, found: list[segments.Segment], num_perm: int) -> int:
    total = 0
    for segment in found:
        for number, wanted in zip(segment.ids.tolist(), segment.sizes[Kind.BAND].tolist(), strict=True):
            if number >= 0:
                cut = rows.paragraphs(db, path, number, num_perm)
                if len(cut.start) != wanted:
                    raise IndexDamaged(path, f"document {number} has {len(cut.start)} paragraphs, wanted {wanted}")
                total += wanted
    (stored,) = db.execute("SELECT count(*) FROM paragraphs").fetchone()
    if stored != sum(int((one.ids >= 0).sum()) for one in found):
        raise IndexDamaged(path, f"{stored} rows of paragraphs are stored, more than there are documents")
    return total


def _postings(db: sqlite3.Connection, path: str, segment: segments.Segment, kind: Kind) -> int:
    found = segments.postings(db, path, segment, kind)
    what = f"{kind.name.lower()}s of segment {segment.number}"
    if (found[1:] < found[:-1]).any():
        raise IndexDamaged(path, f"the {what} are out of order")
    stray = segments.stray(segment, kind, found)
    if stray.any():
        raise IndexDamaged(path, f"{int(stray.sum())} of the {what} stand in no document")
    return len(found)
