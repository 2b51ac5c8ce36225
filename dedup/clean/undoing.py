"""Undo a clean, or do it again: both from the audit, without computing anything."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from dedup.clean import audit as audits
from dedup.clean.corpus import open_file
from dedup.clean.edits import Disagree
from dedup.clean.folder import new_folder, write
from dedup.clean.layout import check_out, copied_sources, grouped, output_names
from dedup.clean.marks import SIDECAR
from dedup.clean.sources import Source, digest_of, edited, pack, restored, unpack
from dedup.errors import FormatProblem, ReadError
from dedup.result import Document, Skipped


def restore(out: Path, to: Path) -> int:
    """Rebuild the input of a clean from its output and its audit.

    Parameters
    ----------
    out : path
        Folder that a clean wrote.
    to : path
        Folder that is made.

    Returns
    -------
    int
        Files restored.

    Raises
    ------
    FormatProblem
        If there is no audit, it is broken, or a file was changed since; the file is named.
    OutputExists, OutputFailed
        If the target stands already or cannot be written; nothing half written is left.

    Notes
    -----
    Plain text, .jsonl and .csv come back byte for byte, as does every file that was not cut. A compressed file that
    was cut comes back with the same content, compressed anew; parquet with the same table; what was extracted (.docx,
    .pdf …) as its text. Each is checked against the digest taken from the input.

    Examples
    --------
    >>> from pathlib import Path
    >>> from dedup import scan
    >>> from dedup.clean import CleanPolicy, clean, restore
    >>> from dedup.read import read
    >>> report = clean(scan(["data/reports"]), list(read("data/reports")), CleanPolicy(), Path("cleaned"))
    >>> restore(Path("cleaned"), Path("restored"))
    40
    >>> before = {path.name: path.read_bytes() for path in Path("data/reports").iterdir()}
    >>> before == {path.name: path.read_bytes() for path in Path("restored").iterdir()}
    True
    """
    path = out / audits.NAME
    audit = audits.load(path)
    if audit.header.get("dry_run"):
        raise FormatProblem(str(path), "it is of a dry run, which wrote no files that could be restored")
    count = 0
    with new_folder(to) as folder:
        for record in audit.files:
            row = _row(record.row, path)
            data = _read(out / row["name"]) if row["written"] else b""
            before = _undone(row, data, record, audit.header.get("mark"), out)
            _check(row, row["sha256_in"], before, out)
            write(folder / row["name"], pack(before, row.get("packing")) if record.edits else data)
            count += 1
    return count


def replay(
    audit_path: Path,
    documents: Sequence[Document],
    out: Path,
    *,
    skipped: Sequence[Skipped] = (),
    base: Path | None = None,
    force: bool = False,
) -> Mapping[str, Any]:
    """Make the corpus of an earlier clean, or dry run, again from the same input.

    Parameters
    ----------
    audit_path : path
        The audit; nothing is scanned or decided anew.
    documents : sequence of Document
        The corpus as the reader delivers it.
    out : path
        Folder that is made.
    skipped : sequence of Skipped
        What the reader passed over; such files are copied as the clean did.
    base : path, optional
        As for `dedup.clean.clean`.
    force : bool
        Replace an output folder of an earlier clean.

    Returns
    -------
    mapping
        The summary of the audit.

    Examples
    --------
    >>> from pathlib import Path
    >>> from dedup import scan
    >>> from dedup.clean import CleanPolicy, clean, replay
    >>> from dedup.read import read
    >>> documents = list(read("data/reports"))
    >>> planned = clean(scan(["data/reports"]), documents, CleanPolicy(), Path("planned"), dry_run=True)
    >>> summary = replay(Path("planned/audit.jsonl"), documents, Path("cleaned"))
    >>> len(list(Path("cleaned").iterdir()))
    41

    Raises
    ------
    FormatProblem
        If the audit is broken, or the input is not the one it was made for; the file is named.
    OutputExists, OutputFailed
        As for `dedup.clean.clean`.
    """
    audit = audits.load(audit_path)
    records = {str(record.row.get("name")): record for record in audit.files}
    copied = copied_sources(skipped, documents, ())
    names = output_names([*grouped(documents), *copied], base)
    check_out(out, list(names), force=force)
    with new_folder(out, replace=force) as folder:
        for source in _sources(documents, copied, names):
            record = records.pop(source.name, None)
            if record is None:
                raise FormatProblem(str(audit_path), f"it knows no file {source.name}: it is of another input")
            row = _row(record.row, audit_path)
            content = source.content
            _check(row, row["sha256_in"], content, audit_path)
            if record.edits:
                content = _done(row, content, record, audit.header.get("mark"), audit_path)
            _check(row, row["sha256_out"], content, audit_path)
            if row["written"]:
                write(folder / source.name, source.output(content if record.edits else None))
            if record.sidecar is not None:
                write(folder / (source.name + SIDECAR), record.sidecar)
        if records:
            raise FormatProblem(str(audit_path), f"it names {min(records)}, which is not among the files given")
        write(folder / audits.NAME, _final(audit_path, audit.header))
    return audit.summary


def _sources(documents: Sequence[Document], copied: Sequence[str], names: Mapping[str, str]) -> Iterator[Source]:
    for source, rows in grouped(documents).items():
        yield open_file(source, names[source], [row for _, row in rows])
    for source in copied:
        data = _read(Path(source))
        yield Source(source, names[source], "copied", data, data)


def _final(path: Path, header: Mapping[str, Any]) -> bytes:
    """Return the audit as the clean itself would have written it: of a dry run the header says so no more."""
    data = path.read_bytes()
    if not header.get("dry_run"):
        return data
    rest = data[data.index(b"\n") + 1 :]
    return audits.line({**header, "dry_run": False}).encode() + rest


def _row(row: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """Return the row of a file if it has all fields and a name that stays below the folder."""
    wanted = {"name": str, "form": str, "written": bool, "sha256_in": str, "sha256_out": str}
    for field, kind in wanted.items():
        if not isinstance(row.get(field), kind):
            raise FormatProblem(
                str(path), f"file {row.get('name')!r} has {field} {row.get(field)!r}, wanted {kind.__name__}"
            )
    name = PurePosixPath(row["name"])
    if not _possible(row["name"]):
        raise FormatProblem(str(path), f"the name {row['name']!r} is none that a file can have")
    # An audit may come from elsewhere: a name must not lead out of the folder that is written.
    if name.is_absolute() or ".." in name.parts or not name.parts or os.path.splitdrive(row["name"])[0]:
        raise FormatProblem(str(path), f"the name {row['name']!r} leads out of the folder")
    return row


def _possible(name: str) -> bool:
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False


def _undone(row: Mapping[str, Any], data: bytes, record: audits.FileRecord, mark: str | None, out: Path) -> bytes:
    try:
        content = unpack(data, row.get("packing"))
        return restored(row["form"], content, record.edits, row.get("column") or "", mark)
    except Disagree as error:
        raise _changed(out / row["name"]) from error


def _done(row: Mapping[str, Any], content: bytes, record: audits.FileRecord, mark: str | None, path: Path) -> bytes:
    try:
        return edited(row["form"], content, record.edits, row.get("column") or "", mark)
    except Disagree as error:
        raise FormatProblem(str(path), f"its edits do not fit {row['name']}: the file has changed") from error


def _check(row: Mapping[str, Any], wanted: str, content: bytes, where: Path) -> None:
    place = where / row["name"] if where.is_dir() else Path(row["name"])
    try:
        found = digest_of(row["form"], content)
    except Disagree as error:
        raise FormatProblem(str(place), f"it is no {row['form']}, as the audit says") from error
    if found != wanted:
        raise FormatProblem(str(place), f"its content has SHA-256 {found[:16]}…, the audit says {wanted[:16]}…")


def _changed(path: Path) -> FormatProblem:
    return FormatProblem(str(path), "it was changed since it was cleaned, so the audit cannot undo it")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReadError(str(path), f"it cannot be read ({error.strerror or error})") from error
