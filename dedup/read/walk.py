"""From paths to blobs to documents: folders walked in order, every file accounted for.

The walk lists names first and opens files later, so that a missing extra is told before any work, and opens,
reads and closes small files with five system calls each.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from dedup._optional import require
from dedup.errors import MissingExtra, ReadError
from dedup.read.blob import HEAD, Blob, OnDisk
from dedup.read.encoding import decode_name
from dedup.read.formats import documents_of, hidden
from dedup.read.metadata import Known, load_known
from dedup.read.options import ReadOptions
from dedup.read.pending import Row, made
from dedup.result import Document, Skipped

SOFT_KINDS = frozenset({"hidden", "repeated"})
"""Kinds of `Skipped` that are notes and no errors: passed over on purpose, nothing of the user's input is lost."""

_SMALL = 1 << 22
_MANY = 256  # files that are worth being read some at a time
_CHANGED = "it changed while it was read: read it again when it is at rest"


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read: the name it is shown under, and the path it is opened by."""

    source: str
    path: str


def read(
    paths: str | Path | Iterable[str | Path], options: ReadOptions | None = None
) -> Iterator[Document | Skipped]:
    """Read files and folders.

    Parameters
    ----------
    paths : path, or iterable of paths
        Folders are walked recursively, names in code point order, links followed; a file that is reached twice is
        read once. Names that begin with a dot (and the caches of file managers) are passed over in folders and
        archives, and read when given by name.
    options : ReadOptions, optional

    Returns
    -------
    iterator of Document or Skipped
        In the order of the paths. ``source`` is the path as given, with what was found below it added with ``/``;
        ``member`` is the name in an archive (``inner.zip/a.txt``), the id (else the row number, from 1) of a record,
        or both (``a.jsonl#7``). ``Skipped.kind`` is one word: ``missing``, ``unreadable``, ``changed``, ``empty``,
        ``encoding``, ``unsupported`` (also encrypted), ``damaged`` (also over a bound), ``record`` (a line or row
        without text); and the soft ones of `SOFT_KINDS`, which are no errors: ``hidden``, ``repeated``.

    Raises
    ------
    MissingExtra
        Before anything is read, if a file needs a package that is not installed.
    ReadError, FormatProblem
        Before anything is read, if ``options.meta`` cannot be used.

    Notes
    -----
    One file is held in memory at a time, of record files some chunks, of many small text files some MiB. Nothing is
    written, but where a .doc has to be converted by LibreOffice: then into a temporary folder that is removed.

    Examples
    --------
    >>> from dedup.read import read
    >>> documents = list(read("data/reports/notices.jsonl"))
    >>> [document.name for document in documents][:2]
    ['data/reports/notices.jsonl#n1', 'data/reports/notices.jsonl#n2']
    """
    return read_planned(plan(paths), options)


def read_planned(
    planned: Sequence[Found | Skipped], options: ReadOptions | None = None
) -> Iterator[Document | Skipped]:
    """Read files that `plan` found, all or some of them: `read` in two steps, for who wants to share the work out."""
    return map(made, read_pending(planned, options, later=False))


def read_pending(
    planned: Sequence[Found | Skipped], options: ReadOptions | None = None, later: bool = True
) -> Iterator[Row]:
    """Read files that `plan` found; issuer, date and title of many documents are sought later, see `made`."""
    options = options or ReadOptions()
    known = load_known(options.meta) if options.meta is not None else {}
    if any(_needs_parquet(found.source) for found in planned if isinstance(found, Found)):
        require("pyarrow.parquet", "parquet", "reading .parquet")
    return _read_all(planned, options, known, later)


def _read_all(planned: Sequence[Found | Skipped], options: ReadOptions, known: Known, later: bool) -> Iterator[Row]:
    def anyhow(found: Found | Skipped) -> Iterator[Row]:
        if isinstance(found, Skipped):
            yield found
            return
        try:
            yield from _read_file(found, options, known, later)
        except ReadError as error:
            yield Skipped(found.source, error.reason, error.kind)
        except MissingExtra as error:  # met inside an archive, or under another suffix
            yield Skipped(found.source, str(error), "unsupported")
        except OSError as error:
            yield _unreachable(found.source, found.path, error)

    if len(planned) >= _MANY and options.encoding is None and hasattr(os, "readv"):
        from dedup.read import plain  # loads kernels, which a few files would wait for

        yield from plain.together(planned, options, known, anyhow, later)
        return
    for found in planned:
        yield from anyhow(found)


def _read_file(found: Found, options: ReadOptions, known: Known, later: bool) -> Iterator[Row]:
    """Open, read and close one file; raw descriptors, for a buffered file costs three more calls."""
    handle = os.open(found.path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            yield Skipped(found.source, "it is no regular file (a device, a pipe or a socket)")
            return
        name = found.source.rsplit("/", 1)[-1].lower()
        file = OnDisk(handle)
        if before.st_size <= _SMALL:
            blob = Blob(found.source, None, name, _read_fully(handle, before.st_size), later=later)
            if _changed(handle, before):
                yield Skipped(found.source, _CHANGED, "changed")
                return
            yield from documents_of(blob, options, known)
            return
        blob = Blob(found.source, None, name, file.read(HEAD), file, later=later)
        yield from documents_of(blob, options, known)
        if _changed(handle, before):
            yield Skipped(found.source, _CHANGED, "changed")
    finally:
        os.close(handle)


def _read_fully(handle: int, size: int) -> bytes:
    """Read to the end; in one call where the size holds."""
    data = os.read(handle, size + 1)
    if len(data) >= size:
        return data
    parts = [data]
    while part := os.read(handle, _SMALL):
        parts.append(part)
    return b"".join(parts)


def _changed(handle: int, before: os.stat_result) -> bool:
    after = os.fstat(handle)
    return (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns)


def plan(paths: str | Path | Iterable[str | Path]) -> list[Found | Skipped]:
    """Return the files to read, in order, and what is passed over; nothing is opened."""
    return list(_planned([paths] if isinstance(paths, (str, Path)) else paths))


def _planned(paths: Iterable[str | Path]) -> Iterator[Found | Skipped]:
    seen: set[str] = set()
    for given in paths:
        path = os.fspath(given)
        source = _shown(PurePath(path).as_posix())
        try:
            mode = Path(path).stat().st_mode
        except OSError as error:
            yield _unreachable(source, path, error)
            continue
        except ValueError as error:  # a NUL in the name
            yield Skipped(source, f"it is no possible path ({error})", "missing")
            continue
        if not stat.S_ISDIR(mode):
            yield _once(seen, os.path.realpath(path), source, path)
            continue
        anything = False
        for found in _walk(path, source, seen):
            anything = True
            yield found
        if not anything:
            yield Skipped(source, "it is a folder without files", "empty")


def _walk(top: str, source: str, seen: set[str]) -> Iterator[Found | Skipped]:
    """Yield what is below a folder: its files by name, then its folders by name, to any depth."""
    stack = [(top, "" if source == "." else source + "/", os.path.realpath(top))]
    while stack:
        path, prefix, real = stack.pop()
        if real in seen:
            yield Skipped(prefix.rstrip("/"), "the folder was read already, under another name", "repeated")
            continue
        seen.add(real)
        try:
            with os.scandir(path) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield Skipped(prefix.rstrip("/") or ".", why(error))
            continue
        folders = []
        for entry in entries:
            shown = prefix + _shown(entry.name)
            # Only links need the file system again: what is no link lies where its folder lies.
            below = os.path.realpath(entry.path) if entry.is_symlink() else f"{real}{os.sep}{entry.name}"
            if hidden(entry.name):
                yield Skipped(shown, "a hidden file: give it by name to have it read", "hidden")
            elif entry.is_dir():
                folders.append((entry.path, shown + "/", below))
            else:
                yield _once(seen, below, shown, entry.path)
        stack.extend(reversed(folders))


def _once(seen: set[str], real: str, source: str, path: str) -> Found | Skipped:
    if real in seen:
        return Skipped(source, "the same file was read already, under another name", "repeated")
    seen.add(real)
    return Found(source, path)


def _unreachable(source: str, path: str, error: OSError) -> Skipped:
    if isinstance(error, FileNotFoundError) and Path(path).is_symlink():
        return Skipped(source, "it is a link to nothing", "missing")
    return Skipped(source, why(error), "missing" if isinstance(error, FileNotFoundError) else "unreadable")


def why(error: OSError) -> str:
    """Return the reason of an error of the operating system as a clause."""
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    return {"no such file or directory": "there is no such file or folder"}.get(reason, reason)


def _shown(name: str) -> str:
    """Return a file name that can be printed: bytes that are no UTF-8 are most likely GBK, unpacked elsewhere."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return decode_name(os.fsencode(name))
    return name


def _needs_parquet(source: str) -> bool:
    return source.lower().removesuffix(".gz").removesuffix(".zst").endswith(".parquet")
