"""`Index`: the archive's verbs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from dedup.archive.records import Added, Checked, IndexInfo
from dedup.index import rows, segments
from dedup.index.file import IndexFile, params_entry
from dedup.index.opening import FORMAT
from dedup.index.segments import Kind
from dedup.params import Params
from dedup.result import Document, Limit, Result, Skipped

if TYPE_CHECKING:
    from dedup.pipeline import Progress
    from dedup.read import ReadOptions


class Index:
    """An archive of documents that new ones are compared with.

    Parameters
    ----------
    path : str or Path
        A file that `create` made.
    params : Params, optional
        What the caller expects; an index holds the parameters it was made with, and those are used.
    wait : float
        Seconds to wait for another writer before `IndexLocked` says who it is.

    Raises
    ------
    NotAnIndex, FormatTooNew, IndexDamaged
        If the file is no index, is of a later version, or its header is damaged.
    ParamsDiffer
        If ``params`` differ from the index's, with both values.

    Notes
    -----
    Every verb may besides raise `IndexDamaged` where a row does not agree with its checksum; those that write raise
    `IndexLocked`, and `OutputFailed` where the disk is full or the file cannot be written. What was committed before
    stands. One `Index` belongs to one thread; several may be open on one file.

    Examples
    --------
    >>> from dedup import Document, Index
    >>> block = "各村要把护林防火责任落实到户到人，凡在林区野外用火的一律先报后批，违者取消当年评优资格。"
    >>> with Index.create("archive.dedup") as index:
    ...     added = index.add([Document("去年.txt", block)]).added
    ...     found = index.query([Document("今年.txt", "会议强调：" + block)])
    >>> added, [info.name for info in found.documents]
    (1, ['今年.txt', '去年.txt'])
    """

    def __init__(self, path: str | Path, *, params: Params | None = None, wait: float = 30.0) -> None:
        self.path = str(path)
        self._file = IndexFile(path, wait=wait)
        try:
            header = self._file.header()
            self.params = self._file.params(header)
            if params is not None:
                self.refuse(params)
        except BaseException:
            self._file.close()
            raise

    @classmethod
    def create(cls, path: str | Path, params: Params | None = None, *, force: bool = False) -> Index:
        """Make an empty index and open it.

        Raises
        ------
        OutputExists
            If the file exists and ``force`` is False.
        OutputFailed
            If it cannot be written.
        """
        from dedup.archive.prints import identity

        header = identity(params or Params()) | {"documents": "0", "content": f"{0:064x}", "writer": ""}
        IndexFile.create(path, header, force=force)
        return cls(path)

    def refuse(self, params: Params) -> None:
        """Raise `ParamsDiffer` if these are not the parameters of the index, with both values."""
        self._file.refuse_other({"params": params_entry(params)})

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __len__(self) -> int:
        return int(self._file.header()["documents"])

    def documents(self) -> Generator[Document, None, None]:
        """Yield all documents by source, in one committed state; the order does not depend on that of adding.

        The state is held until the last one was given, or ``close`` was called on what this returns.
        """
        with self._file.reading() as db:
            for _, document in rows.documents(db, self.path):
                yield document

    def add(
        self,
        inputs: Iterable[str | Path | Document | Skipped],
        *,
        read: ReadOptions | None = None,
        jobs: int = 1,
        told: Callable[[Added], None] | None = None,
    ) -> Added:
        """Store documents, so that the index holds of each source given exactly what was given.

        Parameters
        ----------
        inputs : iterable of paths, `Document` or `Skipped`
        read : ReadOptions, optional
        jobs : int
            Threads.
        told : callable, optional
            Called with the sum so far after each batch but the last.

        Returns
        -------
        Added
            An unchanged document is left as it is; one that has changed, or is no longer in a source that is given,
            is removed. Inputs that cannot be read are listed; what is stored of a source stands if any of it could
            not be read.

        Raises
        ------
        ParamsDiffer
            If this version of the package takes fingerprints in another way than the index was made with.

        Notes
        -----
        Committed in batches of `BATCH` characters. An addition that was interrupted is simply repeated: what was
        committed is found unchanged. Removal comes with the last batch, so that nothing is missing in between.
        """
        from dedup.archive.intake import store
        from dedup.kernels.threads import threads

        self._verify_identity()
        with threads(jobs):
            return store(self._file, self.params, inputs, read, told)

    def query(
        self,
        inputs: Iterable[str | Path | Document | Skipped],
        *,
        templates: Iterable[str | Path | Document] = (),
        references: Iterable[str | Path | Document] = (),
        read: ReadOptions | None = None,
        jobs: int = 1,
        progress: Progress | None = None,
    ) -> Result:
        """Compare new documents with one another and with all that are stored.

        Parameters
        ----------
        inputs, templates, references, read, jobs, progress
            As for `dedup.scan`.

        Returns
        -------
        Result
            Of the new documents and the stored ones that share something with them: what a scan of these together
            says, without what touches no new document. A stored document that is one of the new ones, the same text
            under the same name, is not compared with itself.

        Raises
        ------
        ParamsDiffer
            If this version of the package takes fingerprints in another way than the index was made with.
        """
        from dedup.archive.about import about
        from dedup.archive.intake import each
        from dedup.digests import digest
        from dedup.pipeline import scan

        given = list(each(inputs, read))
        new = [one for one in given if isinstance(one, Document)]
        names = {(one.source, one.member, digest(one.text)) for one in new}
        stored, limits = self.partners(new, jobs=jobs)
        stored = [one for one in stored if (one.source, one.member, digest(one.text)) not in names]
        result = scan(
            given,
            self.params,
            archived=stored,
            templates=templates,
            references=references,
            read=read,
            jobs=jobs,
            progress=progress,
        )
        kept = about(
            result, {info.id for info in result.documents if (info.source, info.member, info.digest) in names}
        )
        return replace(kept, limits=(*kept.limits, *limits))

    def partners(
        self, documents: Iterable[Document], *, paragraphs: bool = False, jobs: int = 1
    ) -> tuple[list[Document], list[Limit]]:
        """Return the stored documents that may share something with some new ones; `query` compares them.

        Parameters
        ----------
        documents : iterable of Document
        paragraphs : bool
            Whether only near-duplicate paragraphs matter. The answer is then smaller, and quicker.
        jobs : int
            Threads.

        Returns
        -------
        list of Document
            As stored, in an order that depends on their content alone; a stored document that is one of the new ones
            is among them.
        list of Limit
            What is so common, or so weakly connected, that not all of it was looked at.

        Raises
        ------
        ParamsDiffer
            If this version of the package takes fingerprints in another way than the index was made with.
        """
        from dedup.archive.candidates import candidates
        from dedup.archive.prints import prints
        from dedup.kernels.threads import threads

        self._verify_identity()
        new = sorted(documents, key=lambda one: rows.pack(one).fingerprint)
        with self._file.reading() as db, threads(jobs):
            found = segments.segments(db, self.path)
            made = prints(new, self.params)
            ids, limits = candidates(db, self.path, found, made, self.params, paragraphs=paragraphs)
            return [document for _, document in rows.documents(db, self.path, ids.tolist())], limits

    def scan(
        self,
        *,
        templates: Iterable[str | Path | Document] = (),
        references: Iterable[str | Path | Document] = (),
        jobs: int = 1,
        progress: Progress | None = None,
    ) -> Result:
        """Compare all stored documents with one another.

        Returns
        -------
        Result
            Equal to that of `dedup.scan` over the documents at once, whatever the order and the steps in which they
            were added.
        """
        from dedup.pipeline import scan

        return scan(
            self.documents(), self.params, templates=templates, references=references, jobs=jobs, progress=progress
        )

    def drop(self, names: Iterable[str], *, jobs: int = 1) -> int:
        """Remove documents.

        Parameters
        ----------
        names : iterable of str
            A source (all its documents) or ``source#member``.
        jobs : int
            Threads.

        Returns
        -------
        int
            How many were removed.

        Raises
        ------
        IndexProblem
            If a name stands for no document; then none is removed.
        """
        from dedup.archive.intake import named, remove
        from dedup.kernels.threads import threads

        self._verify_identity()
        with threads(jobs), self._file.writing("drop") as db:
            ids = named(db, self.path, names)
            remove(self._file, db, ids, self.params)
            segments.merge(db, self.path)
        return len(ids)

    def merge(self, other: Index | str | Path) -> Added:
        """Take over all documents of another index; of a source that both hold, the other's documents replace ours.

        Raises
        ------
        ParamsDiffer
            If the other was made with other parameters or another way of taking fingerprints.
        """
        from dedup.archive.intake import take_over

        if not isinstance(other, Index):
            with Index(other) as opened:
                return self.merge(opened)
        theirs = other._file.header()
        self._file.refuse_other({name: theirs[name] for name in ("params", "fold", "scheme", "probe")})
        self._verify_identity()
        return take_over(self._file, self.params, other._file)

    def check(self, *, sample: int = 16) -> Checked:
        """Verify every row against its checksum, all counts, and some documents against a fresh computation.

        Parameters
        ----------
        sample : int
            Documents to compute afresh; the same ones as long as the index does not change.

        Raises
        ------
        IndexDamaged
            At the first disagreement, with what was found and what was wanted.
        ParamsDiffer
            If this version of the package takes fingerprints in another way than the index was made with.
        """
        from dedup.archive.intake import recompute
        from dedup.index.check import check

        with self._file.reading() as db:
            counts = check(db, self.path, self._file.header(), self.params.num_perm)
            self._verify_identity()
            recomputed = recompute(db, self.path, self.params, sample)
        return Checked(*counts, recomputed)

    def info(self) -> IndexInfo:
        """Return what the index is and holds."""
        with self._file.reading() as db:
            header = self._file.header()
            found = segments.segments(db, self.path)
            (sources,) = db.execute("SELECT count(DISTINCT source) FROM documents").fetchone()
        characters, paragraphs = segments.sizes(found).tolist()
        return IndexInfo(
            path=self.path,
            format=FORMAT,
            size=self._file.size,
            documents=int(header["documents"]),
            sources=sources,
            paragraphs=paragraphs,
            characters=characters,
            anchors=sum(one.counts[Kind.ANCHOR] for one in found),
            bands=sum(one.counts[Kind.BAND] for one in found),
            segments=len(found),
            content=header["content"],
            params=self.params,
            identity={name: header[name] for name in ("fold", "scheme", "probe")},
        )

    def to_datasketch(self, *, storage_config: dict[str, Any] | None = None) -> Any:
        """Return a ``datasketch.MinHashLSH`` that holds every paragraph under our banding.

        Parameters
        ----------
        storage_config : dict, optional
            As datasketch takes it: its Redis or Cassandra storage, say.

        Returns
        -------
        datasketch.MinHashLSH
            Keys are ``(document id, name of the document, paragraph from 1)``. Signatures are those that
            ``MinHash(num_perm, seed, scheme=...)`` gives for the paragraph's shingle hashes, value for value;
            paragraphs without shingles are left out.
        """
        from dedup.archive.interchange import to_lsh

        with self._file.reading() as db:
            return to_lsh(db, self.path, self.params, storage_config)

    @cached_property
    def _identity(self) -> dict[str, str]:
        from dedup.archive.prints import identity

        return identity(self.params)

    def _verify_identity(self) -> None:
        self._file.refuse_other(self._identity)
