"""Is this an index, and may it be read? How the file is recognised and opened, and what SQLite's errors mean."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from dedup.errors import (
    DedupError,
    FormatTooNew,
    IndexDamaged,
    IndexLocked,
    NotAnIndex,
    OutputFailed,
)

APPLICATION = 0x64647570  # "ddup", as `file` and SQLite's own list of formats read it
FORMAT = 1
"""Version of the layout below. A file with a higher one is refused, never guessed at."""

_OUTPUT_CODES = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
)
_MEND = "build it again from the reports, or take a backup"


def is_index(path: Path) -> bool:
    """Whether a file says that it is an index, of whatever version and soundness: its first bytes do."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError:
        return False
    return head.startswith(b"SQLite format 3\0") and int.from_bytes(head[68:72], "big") == APPLICATION


def refuse_stranger(path: Path) -> None:
    """Raise unless the first bytes are those of an index that this version reads."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NotAnIndex(str(path), f"it cannot be opened ({reason}); `dedup index create` makes an index") from error
    application, version = int.from_bytes(head[68:72], "big"), int.from_bytes(head[60:64], "big")
    if not head.startswith(b"SQLite format 3\0") or application != APPLICATION:
        raise NotAnIndex(str(path), "it is no index of dedup, or its first bytes are damaged")
    if version > FORMAT:
        raise FormatTooNew(
            str(path), f"its format is {version}, this version of dedup reads up to {FORMAT}: use a newer dedup"
        )
    if version < 1:
        raise NotAnIndex(str(path), f"its format is {version}, wanted 1 to {FORMAT}")


def connect(path: Path, wait: float) -> sqlite3.Connection:
    """Open an index that `refuse_stranger` let pass, waiting so many seconds for a writer."""
    # A folder that cannot be written has no place for the shared memory of the write-ahead log. Where there is no log
    # either, nobody is writing, and the file can be read as it stands.
    still = not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists()
    uri = f"file:{quote(str(path.absolute()))}?mode={'ro&immutable=1' if still else 'rw'}"
    db = sqlite3.connect(uri, uri=True, timeout=wait, isolation_level=None)
    try:
        db.execute("PRAGMA cell_size_check=ON")
        db.execute("PRAGMA cache_size=-65536")  # KB, read as they are needed: the inner pages of a large archive
    except BaseException:
        db.close()
        raise
    return db


@contextlib.contextmanager
def sentences(path: str, holder: object = None) -> Iterator[None]:
    """Turn SQLite's errors into errors of this package, which name the file and the mend."""
    try:
        yield
    except DedupError:
        raise
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise  # a fault of ours, not of the file
    except UnicodeDecodeError as error:  # a name or a text in the file, or SQLite's own words about it
        raise IndexDamaged(path, f"it holds text that is no UTF-8 ({error}): {_MEND}") from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            who = holder() if callable(holder) else "another process"
            raise IndexLocked(path, f"{who} is writing; wait for it to finish, then repeat") from error
        if code in _OUTPUT_CODES:
            stands = "; the index stands as last committed" if holder else ""
            raise OutputFailed(path, f"{error}{stands}") from error
        if code == sqlite3.SQLITE_NOTADB:
            raise NotAnIndex(path, "it is no index of dedup, or its first bytes are damaged") from error
        raise IndexDamaged(path, f"SQLite says {str(error)!r}: {_MEND}") from error
