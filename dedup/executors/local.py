"""One machine: a scan at once in memory, or in parts over a work folder.

Both executors offer the same four things: the corpus (`corpus`), a function for each of some tasks (`each`), a single
one (`one`), and how the work is cut (`pieces`). In memory everything is one piece and nothing is kept; over a work
folder pieces are bounded by what they hold in memory, computed by processes, and kept. `dedup.pipeline` knows the
order of the steps and neither.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, astuple, dataclass, field
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dedup.executors import corpus as corpora
from dedup.executors import mapped
from dedup.executors.corpus import Batch, Corpus
from dedup.executors.prepared import Prepared, laid_out, prepare, unit_borders, with_segments
from dedup.executors.spool import (
    Order,
    Spool,
    about,
    documents_of,
    ends,
    natural,
    ordered,
    skipped_column,
    skipped_of,
    spooled,
)
from dedup.executors.work import Shelf, Told, Work, code_digest
from dedup.params import Params
from dedup.read import Found, ReadOptions, plan, read_planned
from dedup.read.pending import Awaited, Pending
from dedup.read.walk import read_pending
from dedup.result import Document, Skipped
from dedup.schema import Bool, Int64
from dedup.steps import normalise, repair
from dedup.sweeps import seldom

T = TypeVar("T")
Stage = Callable[[str], AbstractContextManager[None]]
"""Marks the time that a stage of the scan takes."""

BATCH = 6 << 20
"""Bytes of text prepared at a time, more only where one document has more: scratch is some 100 bytes a character."""

FILES = 32 << 20
"""Bytes of files that are read as one part; one file is never parted."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What is to be scanned, see `dedup.pipeline.scan`."""

    inputs: Sequence[str | Path | Document | Skipped]
    archived: Sequence[Document] = ()
    templates: Sequence[str | Path | Document] = ()
    references: Sequence[str | Path | Document] = ()
    read: ReadOptions = field(default_factory=ReadOptions)


class Memory:
    """Everything at once."""

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def corpus(self, sources: Sources, params: Params, stage: Stage) -> Corpus:
        """Read and prepare all documents."""
        with stage("read"):
            reports, skipped = gathered([*sources.inputs, *sources.archived], sources.read)
            templates, references = (gathered(aid, sources.read) for aid in (sources.templates, sources.references))
            skipped += [*templates[1], *references[1]]
            everything = [*reports, *templates[0], *references[0]]
        with stage("repair"):
            texts = laid_out(everything)
            edits = repair.repair(texts)
        with stage("normalise"):
            keys = normalise.normalise(texts, edits)
        with stage("segment"):
            prepared = with_segments(texts, edits, keys, everything)
            del texts, edits, keys
            short = np.diff(prepared.keys.indptr) < params.shingle
            short[len(reports) :] = False
            if short.any():
                prepared, everything, more = corpora.without(prepared, everything, short, params.shingle)
                skipped += more
                reports = everything[: len(reports) - len(more)]
            corpora.small_enough(prepared)
            borders = unit_borders(prepared.keys, prepared.segments)
        old = {id(document) for document in sources.archived}
        archived = np.array([id(document) in old for document in reports], bool)
        return Corpus(
            Awaited(everything),
            len(reports),
            len(templates[0]),
            archived,
            tuple(in_order(skipped)),
            prepared,
            borders,
        )

    def each(
        self, stage: str, kind: type[T], function: Callable[..., T], tasks: Sequence[tuple[Any, ...]]
    ) -> Sequence[T]:
        """Return ``function(*task)`` for each task."""
        return [function(*task) for task in tasks]

    def one(self, stage: str, kind: type[T], function: Callable[..., T], *task: Any) -> T:
        """Return ``function(*task)``."""
        return function(*task)

    def pieces(self, total: int, most: int) -> list[tuple[int, int]]:
        """Return one piece."""
        return [(0, total)]

    def here(
        self,
        stage: str,
        kind: type[T],
        function: Callable[..., T],
        tasks: Sequence[tuple[Any, ...]],
        ready: Callable[[], object],
    ) -> Sequence[T]:
        """Return ``function(*task)`` for each task."""
        return self.each(stage, kind, function, tasks)

    def laid(self, name: str, tables: Iterable[T]) -> T:
        """Return the only table of a stage that has one part."""
        (table,) = tables
        return table

    def aside(self, name: str, rows: T) -> T:
        """Return what is given."""
        return rows

    def drop(self, *stages: str) -> None:
        """Nothing is kept."""


class Folder(Work):
    """In parts, over a work folder; see `dedup.executors.work.Work`."""

    def corpus(self, sources: Sources, params: Params, stage: Stage) -> Corpus:
        """Read and prepare all documents, in parts; return their tables, mapped."""
        tables = self.folder / "tables"
        with stage("read"):
            found = corpora.sound(tables)
            self._tell("tables", int(found), 1)
            if not found:
                parts, order = self._read(sources)
                skipped = [row for part in parts for row in skipped_of(part.skipped)]
        if not found:
            with stage("segment"):
                self._prepare(sources, params, parts, order, skipped, tables)
                self.computed["tables"] += 1
                self.drop("prepare")
        return corpora.opened(tables)

    def pieces(self, total: int, most: int) -> list[tuple[int, int]]:
        """Cut ``total`` into pieces of at most ``most``, at least one."""
        count = max(1, -(-total // most))
        return list(pairwise(np.linspace(0, total, count + 1).astype(np.int64).tolist()))

    def _read(self, sources: Sources) -> tuple[Shelf[Spool], Order]:
        """Read all reports into parts."""
        paths = [one for one in sources.inputs if not isinstance(one, (Document, Skipped))]
        given = [one for one in sources.inputs if isinstance(one, (Document, Skipped))]
        groups = [(group, sources.read) for group in _groups(plan(paths))]
        tasks = [(given, False), (list(sources.archived), True)]
        parts = self.streamed("read", Spool, _spool_files, groups) + self.streamed(
            "given", Spool, _spool_given, tasks
        )
        return parts, ordered(parts)

    def _prepare(
        self,
        sources: Sources,
        params: Params,
        parts: Sequence[Spool],
        order: Order,
        skipped: list[Skipped],
        tables: Path,
    ) -> None:
        """Prepare the documents in batches, and lay the tables of all end to end."""
        size = np.cumsum(order.size)
        cuts = np.unique(np.searchsorted(size, np.arange(BATCH, size[-1] if len(size) else 0, BATCH)))
        batches = list(pairwise([0, *cuts[cuts > 0].tolist(), len(size)]))
        columns = (order.part, order.row, order.archived)
        tasks = [(parts, *(one[a:b] for one in columns), params.shingle) for a, b in batches if b > a]
        made = self.each("prepare", Batch, _prepare_rows, tasks)
        aids = [gathered(aid, sources.read) for aid in (sources.templates, sources.references)]
        of_aids = Awaited([document for aid, _ in aids for document in aid])
        last = _batch(prepare(of_aids), [about(document) for document in of_aids], np.zeros(len(of_aids), bool), ())
        kept = 0
        for batch in made:
            skipped = [*skipped, *skipped_of(batch.skipped)]
            kept += batch.prepared.documents
        skipped = in_order([*skipped, *(row for _, rows in aids for row in rows)])
        facts = {
            "reports": kept,
            "templates": len(aids[0][0]),
            "skipped": [astuple(row) for row in skipped],
        }
        self.drop("read", "given")  # before what is made of them takes four times as much
        # One after the other: a batch has some 25 bytes a character once it is unpacked, all of them eight corpora.
        corpora.lay_out(chain(made if kept else (), [last]), facts, tables)
        mapped.release()


def opened(
    work: str | Path | None, sources: Sources, params: Params, jobs: int = 1, told: Told | None = None
) -> Memory | Folder:
    """Return the executor for a scan: over a work folder if one is named, else in memory.

    Raises
    ------
    WorkProblem
        See `dedup.executors.work.Work`.
    """
    if work is None:
        return Memory()
    return Folder(work, identity(sources, params), jobs, told)


def identity(sources: Sources, params: Params) -> dict[str, str]:
    """Return what the parts of a scan depend on: version, parameters, and the content of everything that is read."""
    from dedup import __version__

    whole = hashlib.blake2b(digest_size=16)
    for group in (sources.inputs, sources.archived, sources.templates, sources.references):
        for one in _contents(group):
            whole.update(len(one).to_bytes(8, "little") + one)
        whole.update(b"\0" * 9)
    options = asdict(sources.read)
    if options["meta"] is not None:
        options["meta"] = _content(str(options["meta"])).hex()
    return {
        "version": f"{__version__} {code_digest()}",
        "parameters": json.dumps(params.to_dict()),
        "inputs": f"digest {whole.hexdigest()}",
        "reading": json.dumps(options),
    }


def gathered(
    inputs: Iterable[str | Path | Document | Skipped], options: ReadOptions
) -> tuple[list[Document | Pending], list[Skipped]]:
    """Read what are paths, take what are documents, and put all in the order of their names."""
    paths: list[str | Path] = []
    documents: list[Document | Pending] = []
    skipped: list[Skipped] = []
    for item in inputs:
        if isinstance(item, Document):
            documents.append(item)
        elif isinstance(item, Skipped):
            skipped.append(item)
        else:
            paths.append(item)
    with seldom():
        # In the order of names as far as files go: texts that reading lays end to end are then where they belong.
        planned = sorted(plan(paths), key=lambda one: one.source)
        for one in read_pending(planned, options) if paths else ():
            if isinstance(one, Skipped):
                skipped.append(one)
            else:
                documents.append(one)
        documents.sort(key=lambda document: (document.source, natural(document.member), _Text(document)))
    return documents, skipped


class _Text:
    """Orders documents of one name by their texts, which are made for no others."""

    __slots__ = ("_document",)

    def __init__(self, document: Document | Pending) -> None:
        self._document = document

    def __lt__(self, other: _Text) -> bool:
        return self._document.text < other._document.text


def in_order(skipped: Iterable[Skipped]) -> list[Skipped]:
    """Return what was not analysed in the order of its names."""
    return sorted(skipped, key=lambda row: (row.source, row.member or "", row.reason))


def _contents(inputs: Sequence[str | Path | Document | Skipped]) -> Iterator[bytes]:
    """Yield what tells the inputs from others: names and contents."""
    for one in inputs:
        if isinstance(one, Document):
            yield about(one) + one.text.encode("utf-8", "surrogatepass")
        elif isinstance(one, Skipped):
            yield repr(one).encode()
    for found in plan([one for one in inputs if not isinstance(one, (Document, Skipped))]):
        yield found.source.encode("utf-8", "surrogatepass")
        yield _content(found.path) if isinstance(found, Found) else found.reason.encode()


def _content(path: str) -> bytes:
    """Return a digest of a file; what cannot be read is told by its error, as it is when it is scanned."""
    digest = hashlib.blake2b(digest_size=16)
    try:
        with Path(path).open("rb") as file:
            while piece := file.read(1 << 22):
                digest.update(piece)
    except OSError as error:
        return str(error.strerror).encode()
    return digest.digest()


def _groups(planned: Sequence[Found | Skipped]) -> list[tuple[Found | Skipped, ...]]:
    """Return files that are read as one part, in their order."""
    groups: list[list[Found | Skipped]] = []
    size = 0
    for one in planned:
        more = 0
        if isinstance(one, Found) and Path(one.path).is_file():
            more = Path(one.path).stat().st_size
        if not groups or size + more > FILES:
            groups.append([])
            size = 0
        groups[-1].append(one)
        size += more
    return [tuple(group) for group in groups]


def _spool_files(found: Sequence[Found | Skipped], options: ReadOptions) -> Iterator[Spool]:
    return spooled(read_planned(found, options))


def _spool_given(rows: Sequence[Document | Skipped], archived: bool) -> Iterator[Spool]:
    return spooled(rows, archived)


def _prepare_rows(parts: Sequence[Spool], part: Int64, row: Int64, archived: Bool, least: int) -> Batch:
    """Prepare some documents of the parts that were read."""
    found = documents_of(parts, part, row)
    documents = [document for document, _ in found]
    prepared = prepare(documents)
    short = np.diff(prepared.keys.indptr) < least
    left_out: list[Skipped] = []
    if short.any():
        prepared, _, left_out = corpora.without(prepared, documents, short, least)
    abouts = [known for (_, known), out in zip(found, short.tolist(), strict=True) if not out]
    return _batch(prepared, abouts, archived[~short], left_out)


def _batch(prepared: Prepared, abouts: Sequence[bytes], archived: Bool, left_out: Sequence[Skipped]) -> Batch:
    return Batch(prepared, *ends(abouts), archived.astype(np.uint8), skipped_column(left_out))
