"""A file and the documents in it: opened, cut and put together again in its own format.

Plain text, JSON lines and delimited records are cut in place, also within .gz and .zst. Parquet is cut as a table.
What has no text of its own to cut (.docx, .pdf, .html, archives, workbooks) is written as .txt, or as .jsonl where
one source holds several documents, and the reason goes into the report.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from dedup._optional import require
from dedup.clean.edits import Disagree, Edit, apply, undo
from dedup.clean.parquet import MARK_CELL, ROW_CELL, Table
from dedup.clean.places import CannotCut, Slot, csv_slots, json_slots, text_slot
from dedup.clean.removal import Removal
from dedup.result import Document

FORMS: tuple[str, ...] = ("text", "jsonl", "csv", "parquet", "copied")
"""How a file is cut. ``copied`` is not cut: it was not analysed, or its texts were not found in its bytes."""

_RECORDS: Mapping[str, Callable[[bytes, Sequence[str], str], Any]] = {
    ".jsonl": json_slots,
    ".ndjson": json_slots,
    ".csv": csv_slots,
    ".tsv": csv_slots,
}
_PLAIN = ("", ".txt", ".text", ".md", ".markdown", ".log")
_BINARY = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"%PDF-", b"{\\rtf")


@dataclass(slots=True)
class Source:
    """One file.

    Parameters
    ----------
    source : str
        Path as the documents name it.
    name : str
        Where it goes below the output folder, with ``/``.
    form : str
        One of `FORMS`.
    content : bytes
        Unpacked; for an extracted text, that text.
    packing : str or None
        ``gz`` or ``zst``.
    reason : str or None
        Why the output is not the input's format, or is not cut.
    slots : list of Slot
        One per document, in order (not for parquet).
    column, rows
        For parquet: the column of the texts and the row of each document.
    extracted : bool
        Whether ``content`` is text out of a format that is not written.
    """

    source: str
    name: str
    form: str
    content: bytes
    original: bytes
    encoding: str = "utf-8"
    packing: str | None = None
    reason: str | None = None
    slots: list[Slot] = field(default_factory=list)
    column: str = ""
    rows: list[int] = field(default_factory=list)
    extracted: bool = False
    _digest: str = field(default="", init=False)

    def digest(self) -> str:
        """Return the SHA-256 of the content (for parquet, of the table's values)."""
        self._digest = self._digest or digest_of(self.form, self.content)
        return self._digest

    def output(self, content: bytes | None) -> bytes:
        """Return the bytes of the output file for a new content; None for one that was not changed."""
        if content is not None:
            return pack(content, self.packing)
        return self.content if self.extracted else self.original

    def edits(
        self, cuts: Mapping[int, Sequence[Removal]], whole: frozenset[int]
    ) -> tuple[list[list[Edit]], list[Edit]]:
        """Return the edits that cut these texts.

        Parameters
        ----------
        cuts : mapping of int to sequence of Removal
            Removals by document, a row of this source's documents; sorted.
        whole : frozenset of int
            Documents of which the record goes too.

        Returns
        -------
        by_removal : list of list of Edit
            One edit per removal, in the order given, in lists by document.
        shells : list of Edit
            What surrounds the texts of documents that go whole: the rest of the record, a byte order mark.
        """
        by_removal: list[list[Edit]] = []
        shells: list[Edit] = []
        table = Table(self.content) if self.form == "parquet" else None
        for row, removals in cuts.items():
            if table is not None:
                at = self.rows[row]
                text = table.text(self.column, at)
                by_removal.append([Edit(at, _utf8(text[cut.start : cut.end]), cell=cut.start) for cut in removals])
                if row in whole:
                    shells.append(Edit(at, table.row(at), cell=ROW_CELL))
                continue
            slot = self.slots[row]
            places = slot.places([place for removal in removals for place in (removal.start, removal.end)])
            ranges = list(zip(places[::2], places[1::2], strict=True))
            by_removal.append([Edit(start, self.content[start:end]) for start, end in ranges])
            if row in whole:
                shells += self._shells(slot, ranges)
        return by_removal, shells

    def _shells(self, slot: Slot, ranges: Sequence[tuple[int, int]]) -> list[Edit]:
        edges = [slot.start, *(place for pair in ranges for place in pair), slot.end]
        gaps = zip(edges[::2], edges[1::2], strict=True)
        return [Edit(start, self.content[start:end]) for start, end in gaps if start < end]


def digest_of(form: str, content: bytes) -> str:
    """Return the SHA-256 of a content (for parquet, of the table's values).

    Raises
    ------
    Disagree
        If it should be a table and is none.
    """
    return Table(content).digest() if form == "parquet" else hashlib.sha256(content).hexdigest()


def edited(form: str, content: bytes, edits: Sequence[Edit], column: str = "", mark: str | None = None) -> bytes:
    """Return a content with the edits done; ``column`` and ``mark`` (a new column) matter for parquet alone.

    Raises
    ------
    Disagree
        If the content is not the one that the edits were made for.
    """
    if form != "parquet":
        return apply(content, edits)
    table = Table(content)
    with _arrow():
        table.apply(column, edits)
        if mark is not None:
            table.add(mark, {edit.at: edit.put.decode() for edit in edits if edit.cell == MARK_CELL})
        return table.dump()


def restored(form: str, content: bytes, edits: Sequence[Edit], column: str = "", mark: str | None = None) -> bytes:
    """Return the content before the edits; arguments as for `edited`.

    Raises
    ------
    Disagree
        If the content is not what the edits left.
    """
    if form != "parquet":
        return undo(content, edits)
    table = Table(content)
    with _arrow():
        if mark is not None:
            table.drop(mark)
        table.undo(column, edits)
        return table.dump()


@contextmanager
def _arrow() -> Iterator[None]:
    """Take what Arrow says of rows, columns and streams that an audit made up for a disagreement."""
    try:
        yield
    except (ValueError, TypeError, LookupError, OverflowError, OSError) as error:
        raise Disagree from error


def open_source(source: str, name: str, documents: Sequence[Document]) -> Source:
    """Open a file and find its documents in it.

    Parameters
    ----------
    source : str
        Path of the file; where there is none the texts themselves are written.
    name : str
        Where it goes below the output folder.
    documents : sequence of Document
        All documents of this source, in the order of the reader.

    Raises
    ------
    OSError
        If the file cannot be read any more.
    """
    path = Path(source)
    if not path.is_file():
        return _extracted(source, name, b"", documents, "it is no file")
    original = path.read_bytes()
    try:
        return _opened(source, name, original, documents)
    except Disagree:
        # Records that were read before the break are documents. The file stays as it is, and so do they.
        return Source(source, name, "copied", original, original, reason="its data is broken or cut short")


def _opened(source: str, name: str, original: bytes, documents: Sequence[Document]) -> Source:
    """Find the documents of a source in its bytes; Disagree if these are broken."""
    packing = packing_of(original)
    content = unpack(original, packing)
    suffix = PurePosixPath(
        name[: -len(packing) - 1] if packing and name.endswith(f".{packing}") else name
    ).suffix.lower()
    encoding = documents[0].encoding or "utf-8"
    found = Source(source, name, "copied", content, original, encoding, packing)
    try:
        if content.startswith(b"PAR1"):
            found.column, found.rows = Table(content).find([row.text for row in documents])
            found.form = "parquet"
            found.digest()
        elif suffix in _RECORDS and documents[0].member is not None:
            found.slots = list(_RECORDS[suffix](content, [row.text for row in documents], encoding))
            found.form = "csv" if suffix in (".csv", ".tsv") else "jsonl"
        elif content.startswith(_BINARY) or len(documents) > 1 or documents[0].member is not None:
            return _extracted(
                source, name, original, documents, f"text cannot be cut within {suffix or 'its format'}"
            )
        else:
            found.slots = [text_slot(content, documents[0].text, encoding)]
            found.form = "text"
    except CannotCut as error:
        if suffix not in _RECORDS and packing is None and documents[0].member is None:
            reason = str(error) if suffix in _PLAIN else f"text cannot be cut within {suffix}"
            return _extracted(source, name, original, documents, reason)
        found.reason = str(error)
    return found


def _extracted(source: str, name: str, original: bytes, documents: Sequence[Document], reason: str) -> Source:
    """Return a source that is the text of its documents: .txt for one, .jsonl of id and text for several."""
    texts = [row.text for row in documents]
    if len(documents) == 1 and documents[0].member is None:
        name = name if PurePosixPath(name).suffix.lower() == ".txt" else f"{name}.txt"
        content = _utf8(texts[0])
        found = Source(
            source, name, "text", content, original, reason=f"{reason}; written as .txt in UTF-8", extracted=True
        )
        found.slots = [text_slot(content, texts[0], "utf-8")]
        return found
    content = b"".join(_json_line({"id": row.member, "text": row.text}) for row in documents)
    found = Source(
        source, f"{name}.jsonl", "jsonl", content, original, reason=f"{reason}; written as .jsonl", extracted=True
    )
    found.slots = list(json_slots(content, texts, "utf-8"))
    return found


def _json_line(record: Mapping[str, Any]) -> bytes:
    """Return a line of JSON in UTF-8; with escapes only where half surrogates leave no other way."""
    try:
        return json.dumps(record, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(record).encode("ascii") + b"\n"


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def packing_of(data: bytes) -> str | None:
    """Return how bytes are compressed, by their magic number."""
    return "gz" if data.startswith(b"\x1f\x8b") else "zst" if data.startswith(b"\x28\xb5\x2f\xfd") else None


def unpack(data: bytes, packing: str | None) -> bytes:
    """Return the content of compressed bytes.

    Raises
    ------
    Disagree
        If they are broken.
    """
    if packing == "zst":
        zstd = _zstd()
        try:
            return bytes(zstd.decompress(data))
        except zstd.ZstdError as error:
            raise Disagree from error
    try:
        return gzip.decompress(data) if packing == "gz" else data
    except (OSError, EOFError, zlib.error) as error:
        raise Disagree from error


def pack(content: bytes, packing: str | None) -> bytes:
    """Compress; without a time stamp, so that equal contents give equal bytes."""
    if packing == "gz":
        return gzip.compress(content, compresslevel=6, mtime=0)
    if packing == "zst":
        return bytes(_zstd().compress(content))
    return content


def _zstd() -> Any:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]  # Python 3.14
    except ModuleNotFoundError:
        return require("backports.zstd", "zstd", "reading .zst")
    return zstd
