"""Documents as rows of a data frame, and many of them as one blob of it; and back, to the last code point."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from dedup.executors.packing import pack, unpacked
from dedup.result import Document, Skipped

_PLAIN = ("source", "member", "title", "issuer", "date", "encoding")
_RANGES = ("pages", "furniture", "tables")
_COUNTS = ("flags", "meta")


def head(document: Document) -> str:
    """Return all of a document but its text, as JSON in ASCII."""
    row: dict[str, Any] = {name: getattr(document, name) for name in (*_PLAIN, *_RANGES)}
    return json.dumps(row | {name: dict(getattr(document, name)) for name in _COUNTS})


def document(head: str, text: str) -> Document:
    """Return the document that a head and a text make."""
    row = json.loads(head)
    ranges = {name: tuple(tuple(one) if isinstance(one, list) else one for one in row[name]) for name in _RANGES}
    return Document(text=text, **(row | ranges))


def place(document: Document) -> str:
    """Return a string that sorts the documents of one source as `dedup.pipeline.scan` does: record 10 follows 9."""
    member = document.member
    if member is None:
        return ""
    if member.isascii() and member.isdigit():
        digits = member.lstrip("0")
        return f"1{len(digits):09d}{digits} {member}"
    return f"2{member}"


def encoded(text: str) -> bytes:
    """Return a text as bytes, lone surrogates included."""
    return text.encode("utf-8", "surrogatepass")


def decoded(data: bytes) -> str:
    """Return the text of bytes that `encoded` made."""
    return data.decode("utf-8", "surrogatepass")


def packed(documents: Sequence[Document], **columns: np.ndarray) -> bytes:
    """Return documents as one blob, with further columns beside them."""
    texts = [encoded(one.text) for one in documents]
    heads = [head(one).encode() for one in documents]
    own = {
        "heads": np.frombuffer(b"\n".join(heads), np.uint8),
        "texts": np.frombuffer(b"".join(texts), np.uint8),
        "length": np.array([len(one) for one in texts], np.int64),
    }
    return pack(own | columns)


def opened(blob: bytes) -> tuple[list[Document], dict[str, np.ndarray]]:
    """Return the documents of a blob, and the columns beside them."""
    table = unpacked(blob)
    heads, texts, length = (table.pop(name) for name in ("heads", "texts", "length"))
    ends = np.cumsum(length).tolist()
    bodies, lines = texts.tobytes(), heads.tobytes().decode().split("\n")
    found = [
        document(line, decoded(bodies[end - size : end]))
        for line, end, size in zip(lines if ends else (), ends, length.tolist(), strict=True)
    ]
    return found, table


def left_out(document: Document, shingle: int) -> Skipped:
    """Return what is said of a document that has too little text to be compared."""
    reason = f"fewer than {shingle} characters remain to be compared (punctuation, digits and space do not count)"
    return Skipped(document.source, reason, "short" if document.text.strip() else "empty", document.member)
