"""Documents on disk: what readers deliver, in parts, put in order without holding them.

A part has the texts as UTF-8, end to end, and of each document what else is known of it as a line of JSON. Documents
are numbered in the order of their names, whatever the order in which they were read; where they were read in that
order, as files of records are, nothing is held in memory but numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np

from dedup.read.pending import Awaited
from dedup.result import Document, Skipped
from dedup.schema import Int64, Texts, UInt8, string

SPOOL = 1 << 24
"""Bytes of text in a part, more only where one document has more."""


@dataclass(frozen=True, slots=True)
class Spool:
    """A part of what was read.

    text, about : uint8[...]                 texts in UTF-8 (lone surrogates kept); what is known of them, as JSON
    text_indptr, about_indptr : int64[n+1]   document ``d`` owns ``text[text_indptr[d]:text_indptr[d+1]]``
    skipped : uint8[...]                     what was not read, as JSON
    """

    text: UInt8
    text_indptr: Int64
    about: UInt8
    about_indptr: Int64
    skipped: UInt8


@dataclass(frozen=True, slots=True)
class Order:
    """Where documents lie, in the order of their names.

    part, row : int64[D]   of each document
    size : int64[D]        bytes of its text
    archived : bool[D]
    """

    part: Int64
    row: Int64
    size: Int64
    archived: np.ndarray


def spooled(rows: Iterable[Document | Skipped], archived: bool = False) -> Iterator[Spool]:
    """Yield documents as parts, in the order in which they come; at least one part."""
    texts: list[bytes] = []
    abouts: list[bytes] = []
    skipped: list[Skipped] = []
    size = 0
    for one in rows:
        if isinstance(one, Skipped):
            skipped.append(one)
            continue
        texts.append(one.text.encode("utf-8", "surrogatepass"))
        abouts.append(about(one, archived))
        size += len(texts[-1])
        if size >= SPOOL:
            yield _spool(texts, abouts, skipped)
            texts, abouts, skipped, size = [], [], [], 0
    yield _spool(texts, abouts, skipped)


def ordered(parts: Sequence[Spool]) -> Order:
    """Return where the documents of some parts lie, in the order of their names."""
    place: list[tuple[Int64, Int64]] = []
    size: list[Int64] = []
    archived: list[bool] = []
    last: Any = None
    in_order = True
    for number, part in enumerate(parts):
        count = len(part.text_indptr) - 1
        place.append((np.full(count, number), np.arange(count)))
        size.append(np.diff(part.text_indptr))
        for row in range(count):
            known = _facts(part, row)
            name = known[0], natural(known[1])
            in_order = in_order and (last is None or last < name)
            last = name
            archived.append(bool(known[-1]))
    columns = (
        *(np.concatenate(side) for side in zip(*place, strict=True)),
        np.concatenate(size),
        np.array(archived, bool),
    )
    if in_order:
        return Order(*columns)
    order = np.array(_sorted(parts), np.int64).reshape(-1)
    return Order(*(column[order] for column in columns))


def _sorted(parts: Sequence[Spool]) -> list[int]:
    """Return the rows of all parts, end to end, by source, member and text."""
    names: list[tuple[Any, ...]] = []
    for number, part in enumerate(parts):
        for row in range(len(part.text_indptr) - 1):
            known = _facts(part, row)
            names.append((known[0], natural(known[1]), number, row))
    order = sorted(range(len(names)), key=lambda at: names[at])
    first = 0
    while first < len(order):  # documents of one name are put in the order of their texts
        last = first + 1
        while last < len(order) and names[order[last]][:2] == names[order[first]][:2]:
            last += 1
        if last - first > 1:
            order[first:last] = sorted(order[first:last], key=lambda at: text_of(parts[names[at][2]], names[at][3]))
        first = last
    return order


def natural(member: str | None) -> tuple[int, int, str]:
    """Order records by number where they have one: record 10 follows record 9."""
    if member is None:
        return (0, 0, "")
    return (1, int(member), member) if member.isascii() and member.isdigit() else (2, 0, member)


def about(document: Document, archived: bool = False) -> bytes:
    """Return all that is known of a document but its text."""
    source, _, *facts = (getattr(document, field.name) for field in fields(Document))
    return json.dumps([source, *facts, archived], default=dict).encode()


def document_of(known: Sequence[Any], text: str) -> Document:
    """Return the document that `about` told of."""
    source, member, title, issuer, date, encoding, pages, furniture, tables, flags, meta, _ = known
    return Document(
        source, text, member, title, issuer, date, encoding, tuple(pages),
        tuple((start, end) for start, end in furniture), tuple((start, end) for start, end in tables), flags, meta,
    )  # fmt: skip


def text_of(part: Spool, row: int) -> str:
    """Return the text of a document of a part."""
    return (
        part.text[int(part.text_indptr[row]) : int(part.text_indptr[row + 1])]
        .tobytes()
        .decode("utf-8", "surrogatepass")
    )


def documents_of(parts: Sequence[Spool], part: Int64, row: Int64) -> list[tuple[Document, bytes]]:
    """Return some documents, each with what is known of it as bytes."""
    found = []
    opened: dict[int, Spool] = {}
    for number, at in zip(part.tolist(), row.tolist(), strict=True):
        if number not in opened:
            opened = {number: parts[number]}
        one = opened[number]
        found.append((document_of(_facts(one, at), text_of(one, at)), _about(one, at)))
    return found


def skipped_column(rows: Sequence[Skipped]) -> UInt8:
    """Return what was not read as a column of bytes."""
    return np.frombuffer(json.dumps([astuple(one) for one in rows]).encode(), np.uint8)


def skipped_of(column: UInt8) -> list[Skipped]:
    """Return what `skipped_column` made a column of."""
    return [Skipped(*row) for row in json.loads(column.tobytes())]


class Documents(Sequence[Document]):
    """Documents whose texts lie in a table: made when asked for, a few kept.

    Parameters
    ----------
    texts : Texts or None
        None where nobody asks for texts: they are empty then.
    about : uint8[...]
    about_indptr : int64[D+1]
    count : int
        The first so many documents of the tables.
    """

    def __init__(self, texts: Texts | None, about: UInt8, about_indptr: Int64, count: int) -> None:
        self._texts = texts
        self._about = about
        self._indptr = about_indptr
        self._count = count
        self._get = lru_cache(maxsize=64)(self._make)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            if row.start or row.step not in (None, 1):
                return [self[one] for one in range(*row.indices(self._count))]
            return Documents(self._texts, self._about, self._indptr, row.indices(self._count)[1])
        if not -self._count <= row < self._count:
            raise IndexError(row)
        return self._get(int(row) % self._count)

    def _make(self, row: int) -> Document:
        if self._texts is None:
            return document_of(self.facts(row), "")
        start, end = self._texts.indptr[row : row + 2].tolist()
        return document_of(self.facts(row), string(self._texts.codes[start:end]))

    def without_texts(self) -> Documents:
        """Return the same documents with empty texts."""
        return Documents(None, self._about, self._indptr, self._count)

    def facts(self, row: int) -> list[Any]:
        """Return what is known of a document, see `about`."""
        start, end = self._indptr[row : row + 2].tolist()
        facts: list[Any] = json.loads(self._about[start:end].tobytes())
        return facts


def without_texts(documents: Sequence[Document]) -> Sequence[Document]:
    """Return documents of which no text will be asked for: where texts lie in a table, none is read.

    A look at the date of each document of a corpus would read the corpus.
    """
    return documents.without_texts() if isinstance(documents, (Documents, Awaited)) else documents


def _about(part: Spool, row: int) -> bytes:
    return part.about[int(part.about_indptr[row]) : int(part.about_indptr[row + 1])].tobytes()


def _facts(part: Spool, row: int) -> list[Any]:
    facts: list[Any] = json.loads(_about(part, row))
    return facts


def _spool(texts: list[bytes], abouts: list[bytes], skipped: list[Skipped]) -> Spool:
    return Spool(*ends(texts), *ends(abouts), skipped_column(skipped))


def ends(rows: Sequence[bytes]) -> tuple[UInt8, Int64]:
    """Return rows of bytes end to end, and where each begins."""
    indptr = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(one) for one in rows], out=indptr[1:])
    return np.frombuffer(b"".join(rows), np.uint8), indptr
