"""What data frames hold, as documents: rows with a text column, lines of JSON, documents read elsewhere.

Each reader is a task over Arrow batches. Records become documents as those of a local .jsonl or .parquet do
(`dedup.read.table`), with one difference: a part of a file knows no line numbers, so a record must have an id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from dedup.executors.records import decoded, document
from dedup.read import ReadOptions
from dedup.read.blob import Blob
from dedup.read.metadata import Known, completed
from dedup.read.pending import made
from dedup.read.table import record_of
from dedup.result import Document, Skipped

FILE = "__file"
"""Column with the file that a row comes from."""


@dataclass(frozen=True, slots=True)
class Names:
    """How the files that Spark names are called in the result: as the paths were given.

    bases : mapping   the path given, by the URI that Spark makes of it
    """

    bases: Mapping[str, str] = field(default_factory=dict)

    def source(self, file: str) -> str:
        """Return the name of a file, given its URI."""
        file = unquote(file).replace("file:///", "file:/", 1)  # Hadoop writes one slash, Spark three
        for base in sorted(self.bases, key=len, reverse=True):
            if file == base:
                return self.bases[base]
            folder = base.rstrip("/") + "/"
            if base and file.startswith(folder):
                return f"{self.bases[base].rstrip('/')}/{file[len(folder) :]}"
        return file


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a frame with a text column; a column `FILE` names their source, else ``source`` does."""

    options: ReadOptions
    source: str = ""
    names: Names = Names()
    known: Known = field(default_factory=dict)

    def __call__(self, batches: Iterable[Any]) -> Iterator[Document | Skipped]:
        """Run in a worker."""
        for batch in batches:
            for row in batch.to_pylist():
                file = row.pop(FILE, None)
                source = self.source if file is None else self.names.source(file)
                yield _record(source, row, self.options, self.known, None)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of JSON objects, in a column ``value`` beside `FILE`."""

    options: ReadOptions
    names: Names = Names()
    known: Known = field(default_factory=dict)

    def __call__(self, batches: Iterable[Any]) -> Iterator[Document | Skipped]:
        """Run in a worker."""
        for batch in batches:
            columns = (batch.column(name).to_pylist() for name in (FILE, "value"))
            for file, line in zip(*columns, strict=True):
                if not line or line.isspace():
                    continue
                source = self.names.source(file)
                try:
                    row = json.loads(line.removeprefix("\ufeff"))
                except (ValueError, RecursionError) as error:
                    yield Skipped(source, f"a line is no JSON ({error or type(error).__name__})", "record")
                    continue
                yield _record(source, row, self.options, self.known, "utf-8")


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents that were read elsewhere, in columns ``head`` and ``text``, see `dedup.executors.records`."""

    def __call__(self, batches: Iterable[Any]) -> Iterator[Document | Skipped]:
        """Run in a worker."""
        for batch in batches:
            columns = (batch.column(name).to_pylist() for name in ("kind", "head", "text"))
            for kind, head, text in zip(*columns, strict=True):
                if kind == "document":
                    yield completed(document(head, decoded(text)))
                else:
                    yield Skipped(**json.loads(head))


def _record(source: str, row: Any, options: ReadOptions, known: Known, encoding: str | None) -> Document | Skipped:
    blob = Blob(source, None, "", b"")
    if isinstance(row, dict) and row.get(options.id_column) in (None, ""):
        reason = f"a record has nothing under {options.id_column!r}, by which it would be named"
        return Skipped(source, reason, "record")
    if not isinstance(row, dict):
        return Skipped(source, f"a record is {type(row).__name__}, wanted an object", "record")
    return made(record_of(blob, 0, row, options, known, encoding))
