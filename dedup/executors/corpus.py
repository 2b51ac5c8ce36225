"""The corpus of a scan: the tables of all documents, in memory or mapped from files, and the documents themselves.

Positions are those of the whole corpus either way, so every step works on either; parts of the work are ranges of
documents, bands, hashes or pairs of blocks. A corpus that lies in files travels to another process as the name of its
folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dedup.errors import DedupError
from dedup.executors import mapped
from dedup.executors.packing import build
from dedup.executors.packing import columns as table_columns
from dedup.executors.prepared import RAISED, Prepared, counts, prepare, raised, taken, unit_borders
from dedup.executors.spool import Documents
from dedup.executors.work import empty, write
from dedup.read.pending import Awaited, Pending
from dedup.result import Document, Skipped
from dedup.schema import Bool, Int64, KeyStream, Segments, UInt8

_Read = TypeVar("_Read", Document, Document | Pending)

MOST = 1 << 32
"""Key characters of a corpus, and raw ones: positions are packed in 32 bits beside a hash."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """All that is known of the documents of a scan before they are compared.

    everything : sequence of Document   reports in the order of their names, then templates, then references
    reports, templates : int            so many of each
    archived : bool[reports]            which reports were there before and are not compared among themselves
    skipped : tuple of Skipped
    prepared : Prepared                 of everything
    borders : int64[...]                where documents and parts begin, in key positions, and the end
    folder : Path, optional             where the tables lie
    """

    everything: Sequence[Document]
    reports: int
    templates: int
    archived: Bool
    skipped: tuple[Skipped, ...]
    prepared: Prepared
    borders: Int64
    folder: Path | None = None

    @property
    def keys(self) -> KeyStream:
        """The key stream."""
        return self.prepared.keys

    @property
    def segments(self) -> Segments:
        """The segments."""
        return self.prepared.segments

    @property
    def documents(self) -> Sequence[Document]:
        """The reports."""
        return self.everything[: self.reports]

    def settle(self) -> None:
        """Have everything known of the documents that reading left for later."""
        if isinstance(self.everything, Awaited):
            self.everything.settle()

    def cut(self, pieces: Sequence[tuple[int, int]]) -> Int64:
        """Return borders of documents, in key positions, near where pieces of the key stream end; and the end."""
        indptr = self.keys.indptr
        ends = np.array([end for _, end in pieces[:-1]], np.int64)
        inner = np.unique(indptr[np.searchsorted(indptr, ends)])
        return np.concatenate([[0], inner[(inner > 0) & (inner < indptr[-1])], indptr[-1:]])

    def roles(self) -> UInt8:
        """Return 2 for a report that was asked about, 1 for an archived one, 0 for a form or reference."""
        role = np.zeros(len(self.everything), np.uint8)
        role[: self.reports] = np.where(self.archived, 1, 2)
        return role

    def asked(self) -> Bool:
        """Return which documents are no archived reports: of two that are nobody asked what they share."""
        return np.asarray(self.roles() != 1, bool)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.folder is None:
            return Corpus, tuple(getattr(self, name) for name in self.__slots__)
        return _opened_once, (self.folder, (self.folder / "facts.json").stat().st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some documents, prepared.

    prepared : Prepared
    about, about_indptr : uint8[...], int64[D+1]   what is known of each, see `dedup.executors.spool`
    archived : uint8[D]                            1 for what was there before
    skipped : uint8[...]                           those that have too little text to be compared
    """

    prepared: Prepared
    about: UInt8
    about_indptr: Int64
    archived: UInt8
    skipped: UInt8


def without(
    prepared: Prepared, documents: Sequence[_Read], short: Bool, least: int
) -> tuple[Prepared, list[_Read], list[Skipped]]:
    """Leave out the documents that have too little text to be compared; tell which they are."""
    reason = f"fewer than {least} characters remain to be compared (punctuation, digits and space do not count)"
    left_out = [
        Skipped(one.source, reason, kind="short" if one.text.strip() else "empty", member=one.member)
        for one in (documents[row] for row in np.flatnonzero(short).tolist())
    ]
    kept = np.flatnonzero(~short)
    return taken(prepared, kept) if len(kept) else prepare(()), [documents[row] for row in kept.tolist()], left_out


def small_enough(prepared: Prepared) -> None:
    """Refuse a corpus whose positions do not fit in 32 bits.

    Raises
    ------
    DedupError
    """
    most = max(len(prepared.keys.codes), len(prepared.texts.codes))
    if most >= MOST:
        raise DedupError(
            f"the corpus has {most:,} characters, and one machine compares fewer than {MOST:,} at once: "
            "scan it in parts, or with --engine spark"
        )


def lay_out(batches: Iterable[Batch], facts: Mapping[str, Any], folder: Path) -> None:
    """Write the tables of all batches end to end, one file a column, and what else is known of the corpus.

    Nothing bears the name of the folder before all of it is written; a digest of each file is written with it.
    """
    temporary = folder.with_name(f".{folder.name}.new")
    empty(temporary)
    temporary.mkdir()
    names = [*RAISED, "about", "about_indptr", "archived"]
    with ExitStack() as stack:
        columns = {name: stack.enter_context(mapped.Column(temporary / f"{name}.bin")) for name in names}
        before, last = counts(None) | {"about": 0}, dict[str, int]()
        for batch in batches:
            for name, column in table_columns(batch.prepared):
                columns[name].add(raised(name, column, before, last))
            columns["about"].add(batch.about)
            columns["archived"].add(batch.archived)
            columns["about_indptr"].add(batch.about_indptr[min(1, before["document"]) :] + before["about"])
            more = counts(batch.prepared) | {"about": len(batch.about)}
            before = {name: count + more[name] for name, count in before.items()}
            mapped.release()
        files = {name: column.facts() for name, column in columns.items()}
    write(temporary / "facts.json", [json.dumps({"files": files} | dict(facts)).encode()])
    empty(folder)
    temporary.replace(folder)


def sound(folder: Path) -> bool:
    """Return whether the tables of a folder are those that were written."""
    try:
        files = json.loads((folder / "facts.json").read_text(encoding="utf-8"))["files"]
        return all(_digest_of(folder / f"{name}.bin") == digest for name, (_, _, digest) in files.items())
    except (OSError, ValueError, KeyError):
        return False


def _digest_of(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while piece := file.read(1 << 22):
            digest.update(piece)
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _opened_once(folder: Path, written: int) -> Corpus:
    """Return the corpus of a folder, opened once a process for as long as it is the one that was written then."""
    return opened(folder)


def opened(folder: Path) -> Corpus:
    """Return the corpus whose tables `lay_out` wrote."""
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    found = {
        name: mapped.column(folder / f"{name}.bin", dtype, tuple(shape))
        for name, (dtype, shape, _) in facts["files"].items()
    }
    prepared = build(Prepared, found)
    documents = Documents(prepared.texts, found["about"], found["about_indptr"], prepared.documents)
    return Corpus(
        documents,
        facts["reports"],
        facts["templates"],
        found["archived"][: facts["reports"]] > 0,
        tuple(Skipped(*row) for row in facts["skipped"]),
        prepared,
        unit_borders(prepared.keys, prepared.segments),
        folder,
    )
