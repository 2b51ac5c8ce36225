"""Clean a corpus: a result and a policy in, a folder of cleaned files and its audit out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from dedup import __version__
from dedup.clean import audit as audits
from dedup.clean.edits import Edit
from dedup.clean.folder import new_folder, write
from dedup.clean.layout import check_out, copied_sources, grouped, output_names
from dedup.clean.marks import SIDECAR, mark, spans_of
from dedup.clean.plans import plan
from dedup.clean.policy import CleanPolicy
from dedup.clean.removal import Plan, Removal
from dedup.clean.sources import Source, digest_of, edited, open_source, restored
from dedup.clean.tally import CleanReport, Tally
from dedup.digests import digest
from dedup.errors import ParamsError, ReadError
from dedup.result import Document, DocumentInfo, Result, Skipped


@dataclass(frozen=True, slots=True)
class Archived:
    """Documents of an archive that a corpus is cleaned against, as `dedup.Index.partners` returns them.

    ``path`` names the archive and ``content`` its state (`IndexInfo.content`), for the audit. Their names may be
    those of documents of the corpus.
    """

    path: str
    content: str
    documents: Sequence[Document]


def clean(
    result: Result,
    documents: Sequence[Document],
    policy: CleanPolicy,
    out: Path,
    *,
    against: Sequence[Document] | None = None,
    archive: Archived | None = None,
    route: str = "passages",
    base: Path | None = None,
    mark_field: str | None = None,
    dry_run: bool = False,
    force: bool = False,
) -> CleanReport:
    """Write a corpus without what the policy says should go, and an audit of each removal.

    Parameters
    ----------
    result : Result
        Of one scan of ``documents``, ``against`` and the archive's documents together; or what `dedup.clean.near`
        found in them.
    documents : sequence of Document
        The corpus, in input order.
    policy : CleanPolicy
    out : path
        A folder that is made; ``audit.jsonl`` stands at its top.
    against : sequence of Document
        Documents that are never cut nor written; if given, were it none, only what stands in one of them goes.
    archive : Archived, optional
        The same, for documents of an archive.
    route : str
        How the duplicates were found (``passages``: a scan; ``paragraphs``: `near`), for the audit.
    base : path, optional
        Folder that the output mirrors; by default the deepest one that holds all sources.
    mark_field : str, optional
        Remove nothing and write the spans that would go into a field of this name.
    dry_run : bool
        Write the audit alone.
    force : bool
        Replace an output folder of an earlier clean.

    Returns
    -------
    CleanReport

    Raises
    ------
    ParamsError
        If result and documents are not of one scan, the output folder holds a source, or two files would be written
        to one place.
    ReadError
        If a source cannot be read any more or has changed.
    OutputExists, OutputFailed
        If the output stands already or cannot be written; nothing half written is left.
    FormatProblem
        If records have a field named ``mark_field`` already.

    Notes
    -----
    One file is held at a time, beside the texts of the result. Every file is put back together from its output and
    its edits before it is written, so that an audit that could not undo its clean is never left.

    Examples
    --------
    >>> from pathlib import Path
    >>> from dedup import scan
    >>> from dedup.clean import CleanPolicy, clean
    >>> from dedup.read import read
    >>> documents = list(read("data/reports"))
    >>> report = clean(scan(documents), documents, CleanPolicy(keep="longest"), Path("cleaned"))
    >>> sorted(path.name for path in Path("cleaned").iterdir())[:2]
    ['01-枕溪镇.txt', '02-棠梨沟乡.txt']
    """
    only_against = against is not None or archive is not None
    against, stored = against or (), archive.documents if archive is not None else ()
    ids, merged = _attach(result, documents, against, stored)
    mine = [ids[place] for place in range(len(documents)) if place in ids]
    beside = sorted({info.id for info in merged.documents} - set(mine))
    copied = copied_sources(result.skipped, documents, against)
    sources = [*grouped(documents), *copied]
    names = output_names(sources, base)
    check_out(out, sources, force=force)
    decided = plan(merged, policy, order=[*mine, *beside], against=beside, only_against=only_against)
    first_stored = len(documents) + len(against)
    of_archive = {row: archive.path for place, row in ids.items() if archive is not None and place >= first_stored}
    job = _Job(merged, policy, decided, ids, of_archive, mark_field, dry_run)
    with (
        new_folder(out, replace=force) as folder,
        (folder / audits.NAME).open("w", encoding="utf-8", newline="\n") as file,
    ):
        job.start(folder, file, route, archive)
        for source, rows in grouped(documents).items():
            job.file(open_file(source, names[source], [row for _, row in rows]), rows)
        for source in copied:
            job.copy(source, names[source])
        job.skip(result.skipped)
        report = job.tally.report(
            out=out,
            level=policy.level,
            keep=policy.keep,
            dry_run=dry_run,
            mark=mark_field is not None,
            stayed=decided.stayed,
        )
        file.write(audits.line(report.to_dict()))
    return report


def open_file(source: str, name: str, documents: Sequence[Document]) -> Source:
    """Open a source; one that cannot be read any more is told as such, and not as a fault of the output.

    Raises
    ------
    ReadError
        If it cannot be read.
    """
    try:
        return open_source(source, name, documents)
    except OSError as error:
        raise ReadError(source, f"it could be read before and cannot now ({error.strerror or error})") from error


def _attach(
    result: Result, documents: Sequence[Document], against: Sequence[Document], stored: Sequence[Document]
) -> tuple[dict[int, int], Result]:
    """Return the result row of each document that was analysed (by its place among all), and the result with texts.

    Of two that are the same in name and text, the corpus's comes first in the result.
    """
    both = {row.name for row in documents} & {row.name for row in against}
    if both:
        raise ParamsError([f"{min(both)} is in the corpus and in what it is cleaned against: name it once"])
    waiting: dict[str, list[DocumentInfo]] = {}
    for info in result.documents:
        waiting.setdefault(info.name, []).append(info)
    infos = list(result.documents)
    ids: dict[int, int] = {}
    for place, row in enumerate([*documents, *against, *stored]):
        rows = waiting.get(row.name, [])
        found = next((info for info in rows if _same(info, row)), None)
        if found is None:
            continue
        rows.remove(found)
        infos[found.id] = replace(found, text=row.text)
        ids[place] = found.id
    strange = [info.name for rows in waiting.values() for info in rows]
    if strange:
        raise ParamsError([f"the result has {strange[0]}, which is none of the documents given: scan them again"])
    return ids, replace(result, documents=tuple(infos))


def _same(info: DocumentInfo, document: Document) -> bool:
    return info.text == document.text if info.text is not None else info.digest == digest(document.text)


class _Job:
    """Writes the files of one clean, one after the other, and their rows into the audit."""

    def __init__(
        self,
        result: Result,
        policy: CleanPolicy,
        decided: Plan,
        ids: Mapping[int, int],
        archives: Mapping[int, str],
        mark_field: str | None,
        dry_run: bool,
    ) -> None:
        self.tally = Tally()
        self._result, self._policy, self._whole, self._ids = result, policy, decided.whole, ids
        self._removals = decided.by_document()
        self._names = [info.name for info in result.documents]
        self._archives = archives
        self._mark, self._dry = mark_field, dry_run
        self._count = 0
        self._taken = {audits.NAME: "the audit"}

    def start(self, folder: Path, file: TextIO, route: str, archive: Archived | None) -> None:
        """Write the header."""
        self._folder, self._file = folder, file
        params = self._result.params
        self._constant = {"rule": self._policy.rule, "params": params.digest(), "version": __version__}
        self._say(
            {
                "schema": audits.SCHEMA,
                "version": __version__,
                "policy": self._policy.to_dict(),
                "params": params.to_dict(),
                "route": route,
                "archive": None if archive is None else {"path": archive.path, "content": archive.content},
                "mark": self._mark,
                "dry_run": self._dry,
            }
        )

    def file(self, source: Source, documents: Sequence[tuple[int, Document]]) -> None:
        """Cut or mark one file and write it, with its rows."""
        places = [place for place, _ in documents]
        cuts = {
            row: self._removals.get(self._ids[place], [])
            for row, place in enumerate(places)
            if place in self._ids and source.form != "copied"
        }
        cuts = {row: removals for row, removals in cuts.items() if removals}
        whole = frozenset(row for row in cuts if self._ids[places[row]] in self._whole)
        by_removal, shells = source.edits(cuts, whole)
        removed = list(zip(cuts.values(), by_removal, strict=True))
        inserts: list[Edit] = []
        if self._mark is not None:
            spans = {row: spans_of(removals, self._names, self._archives) for row, removals in cuts.items()}
            inserts = [] if source.form == "copied" else mark(source, spans, len(places), self._mark)
            edits = inserts
        else:
            edits = [*(edit for group in by_removal for edit in group), *shells]
        edits.sort(key=lambda edit: edit.at)  # those of one cell are in order already
        gone = source.form == "text" and 0 in whole and self._mark is None
        self._put(source, edits, gone, len(places))
        for removals, group in removed:
            self._explain(source, removals, group)
        for kind, rows in (("shell", [] if self._mark is not None else shells), ("insert", inserts)):
            for edit in rows:
                self._say(audits.edit_row(kind, self._count, edit, source.encoding))
        if self._mark is not None and source.form == "text":
            self._sidecar(source, spans_of(cuts.get(0, []), self._names, self._archives))
        if source.form == "copied":
            self.tally.skipped.append(Skipped(source.source, source.reason or "", "unsupported"))
        self._weigh(source, documents, whole)
        self._count += 1

    def _put(self, source: Source, edits: Sequence[Edit], gone: bool, documents: int) -> None:
        """Write one file, proved to be undone by its edits, and its row."""
        self._claim(source.name, source.source)
        output = edited(source.form, source.content, edits, source.column, self._mark) if edits else source.content
        before = source.digest()
        if edits:
            back = restored(source.form, output, edits, source.column, self._mark)
            if digest_of(source.form, back) != before:
                raise AssertionError(f"the edits of {source.source} do not undo themselves")
        if not self._dry and not gone:
            write(self._folder / source.name, source.output(output if edits else None))
        self._say(
            {
                "kind": "file",
                "file": self._count,
                "name": source.name,
                "source": source.source,
                "form": source.form,
                "encoding": source.encoding,
                "packing": source.packing,
                "column": source.column or None,
                "reason": source.reason,
                "documents": documents,
                "written": not gone,
                "sha256_in": before,
                "sha256_out": digest_of(source.form, output) if edits else before,
            }
        )

    def _explain(self, source: Source, removals: Sequence[Removal], edits: Sequence[Edit]) -> None:
        """Write the rows of the removals of one document."""
        constant = {"file": self._count} | self._constant
        for removal, edit in zip(removals, edits, strict=True):
            text = (self._result.documents[removal.document].text or "")[removal.start : removal.end]
            made = None if self._mark is not None else edit
            row = audits.removal_row(removal, made, self._names, text, source.encoding, constant)
            self._say(audits.with_archive(row, removal.cause, self._archives))
            self.tally.removal(removal.cause.label, removal.end - removal.start, removal.carried)

    def _sidecar(self, source: Source, spans: Sequence[Mapping[str, object]]) -> None:
        self._claim(source.name + SIDECAR, f"the spans of {source.source}")
        text = audits.line({"field": self._mark, "spans": spans})
        if not self._dry:
            write(self._folder / (source.name + SIDECAR), text.encode())
        self._say({"kind": "sidecar", "file": self._count, "text": text})

    def _weigh(self, source: Source, documents: Sequence[tuple[int, Document]], whole: frozenset[int]) -> None:
        """Count the documents of one file."""
        if source.reason is not None and source.form != "copied":
            self.tally.converted[source.source] = source.reason
        for row, (place, document) in enumerate(documents):
            chars = len(document.text)
            if place not in self._ids or source.form == "copied":
                self.tally.document("skipped", chars)
            elif row in whole:
                self.tally.document("removed", chars)
            else:
                self.tally.document("cut" if self._removals.get(self._ids[place]) else "untouched", chars)

    def copy(self, source: str, name: str) -> None:
        """Copy a file that was not analysed."""
        try:
            data = Path(source).read_bytes()
        except OSError:
            return  # it is listed as skipped with the reader's reason, which is this one
        self._put(Source(source, name, "copied", data, data, reason="it was not analysed"), [], False, 0)
        self.tally.copied += 1
        self._count += 1

    def skip(self, rows: Sequence[Skipped]) -> None:
        """List what the scan did not analyse, behind what could not be cut."""
        self.tally.skipped += rows
        for row in self.tally.skipped:
            self._say({"kind": "skipped", "source": row.source, "member": row.member, "reason": row.reason})

    def _claim(self, name: str, source: str) -> None:
        """Refuse a name that stands already: extracted texts and spans get names that another source may bear."""
        other = self._taken.setdefault(name, source)
        if other != source:
            raise ParamsError([f"{source} and {other} would both be written to {name}: rename one of them"])

    def _say(self, row: Mapping[str, object]) -> None:
        self._file.write(audits.line(row))
