"""Verdicts in an SQLite file beside the result, kept as a journal: nothing that a reviewer did is overwritten.

The file knows nothing of any result. It holds decisions as they were given; `dedup.decisions.carry` says which
family of the result at hand each belongs to. So one file serves a result, its re-run and the grown corpus.

>>> with Verdicts(":memory:") as store:
...     store.add(Decision("f1", "d1", "plagiarism", reviewer="甲", time="2024-05-01T09:00:00+08:00"))
...     store.add(Decision("f1", "d1", "citation", reviewer="甲", time="2024-05-02T09:00:00+08:00"))
...     [row.verdict for row in store.decisions()]
['citation']
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any

from dedup.decisions import Decision
from dedup.errors import FormatProblem, OutputFailed

SCHEMA = "dedup.verdicts/1"

WITHDRAWN = "withdrawn"
"""Stands in the column ``verdict`` where a reviewer took the verdict back."""

_BUSY_SECONDS = 5.0

_TABLES = """
CREATE TABLE IF NOT EXISTS header (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS verdicts (
    entry INTEGER PRIMARY KEY,
    family TEXT NOT NULL,
    digest TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    time TEXT NOT NULL,
    members TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS verdicts_of ON verdicts (family, reviewer, time, entry);
"""

# The last entry of each reviewer on each family, by time; of equal times the later entry.
_LATEST = """
SELECT family, digest, verdict, reason, reviewer, time, members FROM verdicts AS one
WHERE NOT EXISTS (
    SELECT 1 FROM verdicts AS two
    WHERE two.family = one.family AND two.reviewer = one.reviewer
      AND (two.time > one.time OR (two.time = one.time AND two.entry > one.entry))
) AND verdict != ? ORDER BY family, reviewer
"""


def beside(result_path: str | Path) -> Path:
    """Return where the verdicts on a result file are kept: ``result.json`` -> ``result.verdicts.sqlite``."""
    return Path(result_path).with_suffix(".verdicts.sqlite")


class Verdicts:
    """A store of decisions.

    Parameters
    ----------
    path : str or Path
        Made if it does not exist. ``":memory:"`` keeps nothing.

    Raises
    ------
    FormatProblem
        If the file is no store of verdicts, or of a later schema.
    OutputFailed
        If it cannot be opened for writing, or another process holds it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise OutputFailed(self.path, str(error)) from error
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            # A verdict is a person's work: it is on the disk before the page says that it is kept.
            self._db.execute("PRAGMA synchronous = FULL")
            names = {row[0] for row in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if names and not {"header", "verdicts"} <= names:
                raise FormatProblem(self.path, "it is a database, but holds no verdicts of this program")
            self._db.executescript("BEGIN IMMEDIATE;" + _TABLES + "COMMIT;")
            self._db.execute("INSERT OR IGNORE INTO header VALUES ('schema', ?)", (SCHEMA,))
            found = self._db.execute("SELECT value FROM header WHERE key = 'schema'").fetchone()[0]
        except sqlite3.OperationalError as error:
            raise OutputFailed(self.path, str(error)) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise FormatProblem(self.path, f"it is no file of verdicts ({error})") from error
        if found != SCHEMA:
            raise FormatProblem(self.path, f"the schema is {found!r}, wanted {SCHEMA!r}")

    def add(self, decision: Decision, *, withdrawn: bool = False) -> None:
        """Write one decision down, or that it was taken back.

        Raises
        ------
        OutputFailed
            If it could not be written; then nothing was.
        """
        self._insert([decision], withdrawn)

    def merge(self, decisions: Iterable[Decision]) -> int:
        """Write down decisions from a file, those left out that are here already; return how many were new.

        They enter the journal with their own times, so an older one does not displace a newer one.

        Raises
        ------
        OutputFailed
            If they could not be written; then none was.
        """
        known = {(row.family, row.reviewer, row.time, row.verdict) for row in self.history()}
        new = [row for row in decisions if (row.family, row.reviewer, row.time, row.verdict) not in known]
        self._insert(new, False)
        return len(new)

    def _insert(self, decisions: list[Decision], withdrawn: bool) -> None:
        rows = [
            (
                row.family,
                row.digest,
                WITHDRAWN if withdrawn else row.verdict,
                row.reason,
                row.reviewer,
                row.time,
                json.dumps(row.members, ensure_ascii=False),
            )
            for row in decisions
        ]
        try:
            with self._lock, closing(self._db.cursor()) as cursor:
                cursor.execute("BEGIN IMMEDIATE")
                try:
                    cursor.executemany("INSERT INTO verdicts VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", rows)
                except BaseException:
                    cursor.execute("ROLLBACK")
                    raise
                cursor.execute("COMMIT")
        except UnicodeEncodeError as error:  # JSON can write it, no file of text can
            raise OutputFailed(self.path, "a decision holds half of a surrogate pair, which is no text") from error
        except sqlite3.Error as error:
            raise OutputFailed(self.path, str(error)) from error

    def decisions(self) -> tuple[Decision, ...]:
        """Return the standing decision of each reviewer on each family, sorted by family and reviewer."""
        return self._select(_LATEST, (WITHDRAWN,))

    def history(self) -> tuple[Decision, ...]:
        """Return every entry in the order of writing; ``verdict`` is `WITHDRAWN` where one was taken back."""
        return self._select(
            "SELECT family, digest, verdict, reason, reviewer, time, members FROM verdicts ORDER BY entry", ()
        )

    def _select(self, query: str, values: tuple[str, ...]) -> tuple[Decision, ...]:
        try:
            with self._lock, closing(self._db.cursor()) as cursor:
                rows = cursor.execute(query, values).fetchall()
            return tuple(_decision(row) for row in rows)
        except (sqlite3.Error, ValueError, RecursionError) as error:
            raise FormatProblem(self.path, f"it cannot be read ({error})") from error

    def close(self) -> None:
        """Close the file; every decision was on disk before `add` returned."""
        self._db.close()

    def __enter__(self) -> Verdicts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _decision(row: tuple[Any, ...]) -> Decision:
    """Return the decision of a row; a damaged file may hold anything in it.

    Raises
    ------
    ValueError
        If a column is no text, or the members are no list of texts.
    """
    *texts, written = row
    members = json.loads(written) if isinstance(written, str) else None
    if not isinstance(members, list) or not all(isinstance(one, str) for one in (*texts, *members)):
        raise ValueError("a verdict holds something that is no text")
    family, digest, verdict, reason, reviewer, time = texts
    return Decision(family, digest, verdict, reason, reviewer, time, tuple(members))
