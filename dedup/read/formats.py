"""What a file is: by its first bytes, and by its suffix only where the bytes leave a choice.

A .docx that someone named .txt is a .docx. Readers are imported when the first file of their kind is met, so that
a folder of .txt never loads a PDF library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module

from dedup.errors import Damaged, DedupError, EncodingProblem, Unsupported
from dedup.read.blob import Blob
from dedup.read.metadata import Known
from dedup.read.options import ReadOptions
from dedup.read.pending import Row
from dedup.result import Skipped

Reader = Callable[[Blob, ReadOptions, Known], Iterator[Row]]

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"\x1f\x8b", "gz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"%PDF-", "pdf"),
    (b"PAR1", "parquet"),
    (b"{\\rtf", "rtf"),
)
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"RIFF", "a RIFF file"),
    (b"OggS", "an Ogg file"),
    (b"ID3", "an MP3 file"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"ITSF", "a CHM file"),
)
_FIRST = frozenset(magic[0] for magic, _ in _MAGIC + _FOREIGN)
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".shtml": "html",
}
# Suffixes whose content must bear its magic: without it the file is broken, not a text with an odd name.
_PROMISED = {".docx", ".xlsx", ".zip", ".gz", ".zst", ".pdf", ".parquet", ".doc", ".wps", ".xls"}
_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)[\s>]", re.I | re.S)
_READERS = {
    "text": "dedup.read.text",
    "html": "dedup.read.html",
    "csv": "dedup.read.table",
    "jsonl": "dedup.read.table",
    "xlsx": "dedup.read.table",
    "parquet": "dedup.read.table",
    "docx": "dedup.read.docx",
    "pdf": "dedup.read.pdf",
    "ole": "dedup.read.office",
    "rtf": "dedup.read.office",
    "odt": "dedup.read.office",
    "zip": "dedup.read.archive",
    "gz": "dedup.read.archive",
    "zst": "dedup.read.archive",
}


def format_of(blob: Blob) -> str:
    """Return the format of a blob, a key of the readers' table.

    Raises
    ------
    Unsupported
        If it is of a known format that is not read here.
    """
    head = blob.head
    if head[0] in _FIRST:
        for magic, name in _MAGIC:
            if head.startswith(magic):
                return name
        for magic, what in _FOREIGN:
            if head.startswith(magic) and b"\0" in head[:512]:
                raise Unsupported(
                    blob.label, f"it is {what}, which is not read: save its text as .txt, .docx or .pdf"
                )
    if blob.suffix == ".pdf" and b"%PDF-" in head[:1024]:  # mail gateways put lines before the header
        return "pdf"
    if head[257:262] == b"ustar":
        raise Unsupported(blob.label, "it is a tar archive, which is not read: unpack it, or pack it as .zip")
    start = head[:4096].replace(b"\0", b"")  # UTF-16, of whichever kind
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        start = start.removeprefix(mark)
    if _HTML.match(start):
        return "html"
    return _SUFFIXES.get(blob.suffix, "text")


def documents_of(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Row]:
    """Yield what a blob holds, in whatever format it turns out to be.

    Raises
    ------
    ReadError
        If nothing can be read from it.
    MissingExtra
        If its format needs a package that is not installed.
    """
    if not blob.head:
        yield Skipped(blob.source, "it is empty", "empty", blob.member)
        return
    found = format_of(blob)
    reader = reader_of(found)
    anything = False
    try:
        for row in reader(blob, options, known):
            anything = True
            if not isinstance(row, Skipped) and (not row.text or row.text.isspace()):
                yield Skipped(row.source, "it holds no text", "empty", row.member)
            else:
                yield row
    except EncodingProblem as error:
        if blob.suffix in _PROMISED:
            raise Damaged(error.source, f"it is no {blob.suffix} file: broken, or of another format") from error
        raise
    except (DedupError, OSError):
        raise
    except Exception as error:
        # Parsers written by others meet hostile bytes here, and what they raise then is not in their documentation.
        # One file must not end a scan; its name, and what the parser said, are in the result.
        reason = f"its {found} content could not be read ({type(error).__name__}: {error})"
        raise Damaged(blob.label, reason) from error
    if not anything:
        yield Skipped(blob.source, "it holds no records", "empty", blob.member)


def reader_of(found: str) -> Reader:
    """Return the function that reads a format."""
    reader: Reader = import_module(_READERS[found]).documents
    return reader


def hidden(name: str) -> bool:
    """Whether a file manager or an office program made this file for itself."""
    return name.startswith((".", "~$")) or name.lower() in ("thumbs.db", "desktop.ini", "__macosx")
