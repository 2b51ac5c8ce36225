"""The file: opened or refused, its header, who reads and who writes.

One SQLite file in write-ahead mode: readers see the last committed state and never wait, one writer at a time, and a
process that is killed leaves what was committed. The header says under which parameters and by which fingerprinting
the rows were made; whoever would read them otherwise is refused, with both values.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import sqlite3
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from dedup.errors import (
    DedupError,
    IndexDamaged,
    IndexLocked,
    IndexProblem,
    OutputExists,
    OutputFailed,
    ParamsDiffer,
    ParamsError,
)
from dedup.index.opening import APPLICATION, FORMAT, connect, refuse_stranger, sentences
from dedup.params import Params

PAGE = 16_384  # bytes: a bucket of postings (2 KB) then seldom spills, which at SQLite's usual 4 KB every second does

_SCHEMA = """
CREATE TABLE header (name TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY, source BLOB NOT NULL, fingerprint BLOB NOT NULL, facts BLOB NOT NULL, text BLOB NOT NULL,
    crc INTEGER NOT NULL
);
CREATE INDEX documents_source ON documents (source, fingerprint);
CREATE TABLE paragraphs (document INTEGER PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE segments (id INTEGER PRIMARY KEY, facts BLOB NOT NULL, documents BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE postings (id INTEGER PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL);
"""
_TABLES = frozenset({"header", "documents", "paragraphs", "segments", "postings"})
_SIDES = ("-wal", "-shm")


def crc(*parts: bytes | int) -> int:
    """Return a checksum of a row: any flipped bit, and any byte moved to another field, changes it.

    Raises
    ------
    sqlite3.DatabaseError
        As of `typed`.
    """
    value = 0
    for part in parts:
        typed(part)
        data = part.to_bytes(8, "little", signed=True) if isinstance(part, int) else part
        value = zlib.crc32(data, zlib.crc32(len(data).to_bytes(8, "little"), value))
    return value


def typed(*parts: object) -> bool:
    """Return True if all are bytes or integers, the only types that rows are made of.

    Raises
    ------
    sqlite3.DatabaseError
        If not. A damaged page can give a column another type than it was declared with, and a damaged tree another
        page's row; that is told as SQLite tells damage.
    """
    for part in parts:
        if not isinstance(part, (bytes, int)):
            raise sqlite3.DatabaseError(f"a row holds {type(part).__name__} in place of bytes")
    return True


class IndexFile:
    """An open index file.

    Parameters
    ----------
    path : str or Path
    wait : float
        Seconds to wait for another writer.

    Raises
    ------
    NotAnIndex
        If there is no such file, or it is not an index.
    FormatTooNew
        If it was written by a later version.
    IndexDamaged
        If its header does not agree with its checksums.
    """

    def __init__(self, path: str | Path, *, wait: float = 30.0) -> None:
        self.path = str(path)
        self.wait = wait
        refuse_stranger(Path(path))
        with self.told():
            self.db = connect(Path(path), wait)
        try:
            with self.told():
                self._verify_tables()
                self.header()
        except BaseException:
            self.db.close()
            raise

    @staticmethod
    def create(path: str | Path, header: Mapping[str, str], *, force: bool = False) -> None:
        """Make an empty index; it appears whole under its name or not at all.

        Raises
        ------
        OutputExists
            If the file exists and ``force`` is False.
        OutputFailed
            If it cannot be written.
        """
        target = Path(path)
        if os.path.lexists(target) and not force:
            raise OutputExists(str(path))
        if target.is_dir():
            raise OutputFailed(str(path), "a file is wanted, but it is a folder")
        temporary = target.with_name(f".dedup-{secrets.token_hex(8)}.tmp")
        try:
            with sentences(str(path)), contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as db:
                db.execute(f"PRAGMA page_size={PAGE}")
                db.execute(f"PRAGMA application_id={APPLICATION}")
                db.execute(f"PRAGMA user_version={FORMAT}")
                db.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("BEGIN")
                for name, value in header.items():
                    _put(db, name, value)
                db.execute("COMMIT")
            for side in (
                _SIDES if force else ()
            ):  # of the index that is replaced: they would be taken for the new one's
                target.with_name(target.name + side).unlink(missing_ok=True)
            temporary.replace(target)
        except DedupError:
            raise
        except OSError as error:
            raise OutputFailed(str(path), (error.strerror or str(error)).lower()) from error
        finally:
            for name in (temporary.name, *(temporary.name + side for side in _SIDES)):
                with contextlib.suppress(OSError):
                    temporary.with_name(name).unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """Bytes on disk, the write-ahead log included."""
        path = Path(self.path)
        sides = (path.with_name(path.name + side) for side in _SIDES)
        return path.stat().st_size + sum(side.stat().st_size for side in sides if side.exists())

    def close(self) -> None:
        """Close the file; what was not committed is gone."""
        with self.told():
            self.db.close()

    def told(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which SQLite's errors become errors of this package."""
        return sentences(self.path, self._holder)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give one committed state to read from, whatever others write meanwhile."""
        with self.told():
            nested = self.db.in_transaction
            if not nested:
                self.db.execute("BEGIN")
            try:
                yield self.db
            finally:
                if not nested:
                    self.db.execute("ROLLBACK")

    @contextlib.contextmanager
    def writing(self, what: str) -> Iterator[sqlite3.Connection]:
        """Give a transaction that is committed whole at the end of the block, or not at all.

        Parameters
        ----------
        what : str
            The verb, told to a second writer that waits in vain.

        Raises
        ------
        IndexLocked
            If another writer does not finish within the time given; it is named.
        OutputFailed
            If the disk is full or the file cannot be written.
        """
        if self.db.in_transaction:
            raise IndexProblem(self.path, f"{what} was called while documents() is being read: end that first")
        with self.told():
            self._claim(f"process {os.getpid()} on {socket.gethostname()} ({what})")
            try:
                yield self.db
                _put(self.db, "writer", "")
                self.db.execute("COMMIT")
            except BaseException:
                # A full disk has rolled back already.
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    def _claim(self, me: str) -> None:
        """Begin to write, with our name committed where others can read it.

        The name must stand in a transaction before ours, for nobody sees ours before it ends; so another writer can
        come in between, and then everything begins again. A name that a killed process left is simply replaced: the
        lock itself is the system's and died with it.
        """
        deadline = time.monotonic() + self.wait
        while True:
            self.db.execute("BEGIN IMMEDIATE")
            _put(self.db, "writer", me)
            self.db.execute("COMMIT")
            self.db.execute("BEGIN IMMEDIATE")
            if self._holder() == me:
                return
            self.db.execute("ROLLBACK")
            if time.monotonic() > deadline:
                raise IndexLocked(self.path, f"{self._holder()} is writing; wait for it to finish, then repeat")

    def _holder(self) -> str:
        try:
            row = self.db.execute("SELECT value FROM header WHERE name = 'writer'").fetchone()
        except sqlite3.Error:  # asked while an error is being told: the name is a courtesy
            row = None
        return str(row[0]) if row and row[0] else "another process"

    def header(self) -> dict[str, str]:
        """Return the header.

        Raises
        ------
        IndexDamaged
            If an entry does not agree with its checksum, or one is missing.
        """
        values = {}
        with self.told():
            entries = self.db.execute("SELECT name, value, crc FROM header").fetchall()
        for name, value, known in entries:
            if not isinstance(name, str) or not isinstance(value, str):
                raise IndexDamaged(self.path, "the header holds an entry that is no text")
            if crc(name.encode(), value.encode()) != known:
                raise IndexDamaged(self.path, f"the header entry {name!r} does not agree with its checksum")
            values[name] = value
        missing = {"params", "fold", "scheme", "probe", "documents", "content", "writer"} - values.keys()
        if missing:
            raise IndexDamaged(self.path, f"the header lacks {', '.join(sorted(missing))}")
        return values

    def put(self, name: str, value: str) -> None:
        """Set a header entry, inside `writing`."""
        _put(self.db, name, value)

    def refuse_other(self, wanted: Mapping[str, str], found: Mapping[str, str] | None = None) -> None:
        """Raise if the fingerprinting of this index is not the one wanted.

        Parameters
        ----------
        wanted : mapping
            Header entries as this process, or another index, would write them.
        found : mapping, optional
            Header entries of this file, if they have been read already.

        Raises
        ------
        ParamsDiffer
            Naming each parameter or version that differs, with both values.
        """
        found = self.header() if found is None else found
        clauses = []
        for name, value in wanted.items():
            if name == "params":
                ours, theirs = self.params(found).to_dict(), self.params({name: value}).to_dict()
                clauses += [
                    f"{field} is {ours[field]} in the index and {theirs[field]} here"
                    for field in ours
                    if ours[field] != theirs[field]
                ]
            elif found[name] != value:
                clauses.append(f"{_NAMES[name]} is {found[name]} in the index and {value} here")
        if clauses:
            mend = "use the same, or fill a new index from this one (dedup index create NEW --from OLD)"
            raise ParamsDiffer(self.path, f"{'; '.join(clauses)}: {mend}")

    def params(self, header: Mapping[str, str]) -> Params:
        """Return the parameters of a header.

        A parameter that came with a later version is not in it and takes its default: what was stored does not depend
        on it, or the probe text would tell.

        Raises
        ------
        ParamsDiffer
            If one is not known to this version.
        """
        try:
            return Params.from_dict(json.loads(header["params"]))
        except ParamsError as error:
            raise ParamsDiffer(self.path, f"it was made by another version of dedup: {error}") from error

    def _verify_tables(self) -> None:
        found = {name for (name,) in self.db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if not found >= _TABLES:
            raise IndexDamaged(self.path, f"it has no table {', '.join(sorted(_TABLES - found))}")


_NAMES = {
    "fold": "the digest of the fold tables",
    "scheme": "the signature scheme",
    "probe": "the fingerprint of the probe text",
}


def params_entry(params: Params) -> str:
    """Return parameters as the header holds them."""
    return json.dumps(params.to_dict(), sort_keys=True, separators=(",", ":"))


def _put(db: sqlite3.Connection, name: str, value: str) -> None:
    row = (name, value, crc(name.encode(), value.encode()))
    db.execute("INSERT OR REPLACE INTO header VALUES (?, ?, ?)", row)
