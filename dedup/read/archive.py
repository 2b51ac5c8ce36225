"""Containers: .gz .zst .zip, and the zip that office files are. Nothing is ever unpacked to disk.

Each member is read as if it were a file of its own; one that cannot be read is one line in the result. The bounds of
`dedup.read.options` hold while data is given out, not by what a header promises, because headers lie.
"""

from __future__ import annotations

import gzip
import io
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import IO, Any, cast

from dedup.errors import Damaged, MissingExtra, ReadError, Unsupported
from dedup.read.blob import HEAD, Blob, Budget, Exhausted, Metered, Packed, Stream
from dedup.read.encoding import decode_name
from dedup.read.formats import documents_of, hidden, reader_of
from dedup.read.metadata import Known
from dedup.read.options import ReadOptions
from dedup.read.pending import Row
from dedup.result import Skipped

_BROKEN: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    struct.error,
    NotImplementedError,
)
_UNOPENED: tuple[type[Exception], ...] = (*_BROKEN, RuntimeError)
_DIRECTORY_ENTRY = 512  # bytes a member may take in the zip's directory, on average: 46 and its name
_OFFICE = (("word/document.xml", "docx"), ("xl/workbook.xml", "xlsx"))
_CELL = 16  # bytes that a cell of a laid-out sheet takes at the least
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Z]{0,3})(\d{1,7})["']""")


def documents(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Row]:
    """Yield what a compressed file or an archive holds.

    Raises
    ------
    Damaged
        If it is broken, or over a bound of nesting, size or number.
    Unsupported
        If it needs a password, or is an office file of a kind that is not read.
    """
    if blob.head.startswith(b"PK"):
        yield from _zip(blob, options, known)
    else:
        _check_depth(blob, options)
        yield from _decompressed(blob, options, known)


def _decompressed(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Row]:
    packed = Packed(blob)
    errors: tuple[type[Exception], ...]
    stream: Stream
    if blob.head.startswith(b"\x1f\x8b"):
        stream, errors = gzip.GzipFile(mode="rb", fileobj=cast(Any, packed)), _BROKEN
    else:
        zstd = _zstd()
        stream, errors = zstd.ZstdFile(packed, "rb"), (*_BROKEN, zstd.ZstdError)
    name = blob.name.removesuffix(".gz").removesuffix(".zst")
    budget = blob.budget or Budget(blob.label, options)
    metered = Metered(stream, lambda: packed.taken, blob.label, options.max_ratio, errors, budget)
    inner = Blob(blob.source, blob.member, name, _filled(metered), metered, blob.depth + 1, budget)
    yield from documents_of(inner, options, known)


def _zip(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Row]:
    budget = blob.budget or Budget(blob.label, options)
    with blob.random(options) as file:
        archive = open_zip(file, blob.label, options)
        names = {info.filename for info in archive.infolist()}
        office = next((found for name, found in _OFFICE if name in names), None)
        if office is None and ("[Content_Types].xml" in names or "mimetype" in names):
            office = _other_office(archive, blob)
        if office is not None:
            whole = Blob(blob.source, blob.member, blob.name, _again(file, blob, options), None, blob.depth, budget)
            yield from reader_of(office)(whole, options, known)
            return
        _check_depth(blob, options)
        budget.members(len(archive.filelist))
        members = sorted(
            ((_name(info), info) for info in archive.infolist() if not info.is_dir()), key=lambda m: m[0]
        )
        if members and all(info.flag_bits & 1 for _, info in members):
            raise Unsupported(blob.label, "the archive is protected by a password: unpack it first")
        if not members:
            raise Damaged(blob.label, "the archive holds no files")
        before = None
        for name, info in members:
            full = name if blob.member is None else f"{blob.member}/{name}"
            refused = _refused(name, info, before)
            before = name
            if refused is not None:
                yield Skipped(blob.source, refused[1], refused[0], full)
                continue
            try:
                yield from _member(archive, info, full, blob, budget, options, known)
            except Exhausted:
                raise
            except ReadError as error:
                yield Skipped(blob.source, error.reason, error.kind, full)
            except MissingExtra as error:
                yield Skipped(blob.source, str(error), "unsupported", full)


def _member(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    full: str,
    outer: Blob,
    budget: Budget,
    options: ReadOptions,
    known: Known,
) -> Iterator[Row]:
    """Yield what one member holds."""
    label = f"{outer.source}#{full}"
    with _unpacked(archive, info, label, options, budget) as metered:
        base = full.rsplit("/", 1)[-1].lower()
        head = _filled(metered)
        rest = metered if len(head) == HEAD else None
        yield from documents_of(Blob(outer.source, full, base, head, rest, outer.depth + 1, budget), options, known)


def open_zip(file: IO[bytes], label: str, options: ReadOptions) -> zipfile.ZipFile:
    """Open a zip whose directory is of bearable size.

    Raises
    ------
    Damaged
        If it is broken.
    Exhausted
        If its directory is so large that listing it alone would fill the memory.
    """
    try:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 65_557))
        tail = file.read()
        end = tail.rfind(b"PK\x05\x06")
        if 0 <= end <= len(tail) - 16:
            (size,) = struct.unpack_from("<I", tail, end + 12)
            if size > options.max_members * _DIRECTORY_ENTRY:
                bound = f"{options.max_members:,}"
                raise Exhausted(
                    label, f"its directory is too large for {bound} files: unpack it, or raise max_members"
                )
        return zipfile.ZipFile(file)
    except _BROKEN as error:
        if isinstance(error, ReadError):
            raise
        raise Damaged(label, f"the archive is broken or cut short ({error or type(error).__name__})") from error


def part(archive: zipfile.ZipFile, name: str, label: str, options: ReadOptions, budget: Budget) -> bytes | None:
    """Return a part of an office file, None if it has no such part.

    Raises
    ------
    Damaged
        If it is broken or over a bound.
    Unsupported
        If it needs a password.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        return None
    with _unpacked(archive, info, label, options, budget) as metered:
        return Blob(label, None, name, _filled(metered), metered).whole(options)


def check_workbook(data: bytes, blob: Blob, options: ReadOptions) -> None:
    """Pass over a workbook once, so that its reader, which knows no bounds, meets nothing that breaks them.

    The reader lays a sheet out as a full rectangle: two cells in opposite corners of an otherwise empty sheet make
    it ask for 400 GB and end the process. So the corners are looked for before it is let loose.

    Raises
    ------
    Damaged
        If a part is broken, unpacks to too much, or a sheet spans more cells than ``options.max_bytes`` / 16.
    """
    budget = blob.budget or Budget(blob.label, options)
    archive = open_zip(io.BytesIO(data), blob.label, options)
    cells = 0
    for info in archive.infolist():
        with _unpacked(archive, info, blob.label, options, budget) as metered:
            corners = _corners(metered)
        if info.filename.startswith("xl/worksheets/"):
            cells += corners
    if cells > options.max_bytes // _CELL:
        bound = f"{options.max_bytes // _CELL:,}"
        raise Damaged(
            blob.label, f"its sheets span {cells:,} cells, the bound is {bound}: save the rows that are filled"
        )


def _corners(stream: Stream) -> int:
    """Return how many cells the rectangle around all cells of a sheet has."""
    rows = columns = 1
    rest = b""
    while chunk := stream.read(HEAD):
        for name, number in _REFERENCE.findall(rest + chunk):
            rows = max(rows, int(number))
            column = 0
            for letter in name:
                column = 26 * column + letter - 64
            columns = max(columns, column)
        rest = chunk[-32:]
    return rows * columns


@contextmanager
def _unpacked(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, label: str, options: ReadOptions, budget: Budget
) -> Iterator[Metered]:
    """Open a member of a zip, within the bounds."""
    if info.flag_bits & 1:
        raise Unsupported(label, "it is protected by a password: unpack it first")
    try:
        stream = archive.open(info)
    except NotImplementedError as error:
        raise Unsupported(label, f"it is packed in a way that is not read ({error})") from error
    except _UNOPENED as error:
        raise Damaged(label, f"it is broken ({error or type(error).__name__})") from error
    with stream:
        yield Metered(stream, lambda: info.compress_size, label, options.max_ratio, _BROKEN, budget)


def _again(file: IO[bytes], blob: Blob, options: ReadOptions) -> bytes:
    """Return all bytes of a blob that was opened for random access."""
    file.seek(0)
    data = file.read(options.max_bytes + 1)
    if len(data) > options.max_bytes:
        raise Damaged(blob.label, f"it holds more than {options.max_bytes:,} bytes: split it, or raise max_bytes")
    return data


def _filled(stream: Stream) -> bytes:
    """Return the first 64 KiB; a decompressor may give less at a time."""
    data = stream.read(HEAD)
    while data and len(data) < HEAD and (more := stream.read(HEAD - len(data))):
        data += more
    return data


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; without the UTF-8 flag it is bytes of whatever system packed it."""
    name = info.filename
    if not info.flag_bits & 0x800:
        # zipfile reads such a name as code page 437, which loses nothing: back to bytes, and on.
        name = decode_name(info.orig_filename.encode("cp437", "replace"))
    return name.replace("\\", "/")


def _refused(name: str, info: zipfile.ZipInfo, before: str | None) -> tuple[str, str] | None:
    """Return kind and reason if a member is not to be read."""
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or parts[0].endswith(":") or "\0" in name:
        return "damaged", "its name points out of the archive: such archives are made to do harm"
    if any(hidden(piece) for piece in parts):
        return "hidden", "a hidden file: unpack it to have it read"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "unsupported", "it is a link"
    if name == before:
        return "damaged", "the archive has a file of this name already: only the first is read"
    return None


def _check_depth(blob: Blob, options: ReadOptions) -> None:
    if blob.depth >= options.max_depth:
        reason = f"it is packed more than {options.max_depth} times over: unpack it, or raise max_depth"
        raise Damaged(blob.label, reason)


def _other_office(archive: zipfile.ZipFile, blob: Blob) -> str | None:
    """Return the format of an office file that is neither .docx nor .xlsx; None if it is a plain archive."""
    names = archive.namelist()
    if names[0] == "mimetype" and blob.suffix in (".odt", ".ods", ".odp", ".epub", ""):
        if blob.suffix == ".odt":
            return "odt"
        raise Unsupported(blob.label, f"{blob.suffix or 'OpenDocument'} is not read: save it as .docx or .xlsx")
    if "[Content_Types].xml" in names:
        if any(name.startswith("word/") for name in names):
            return "docx"
        raise Unsupported(blob.label, "it is an office file that is not read: save it as .docx, .xlsx or .pdf")
    return None


def _zstd() -> Any:
    """Return the zstd module: of the standard library from Python 3.14 on, before that the backport."""
    try:
        return import_module("compression.zstd")
    except ModuleNotFoundError:
        return import_module("backports.zstd")
