"""What is a text called? Answers with names made of content, which a re-run and a grown corpus leave as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def digest(*parts: str) -> str:
    """Return 16 hexadecimal digits that name these strings; of one text, what `DocumentInfo.digest` is."""
    name = hashlib.sha256()
    for part in parts:
        row = part.encode("utf-8", "surrogatepass")
        name.update(len(row).to_bytes(8, "little"))
        name.update(row)
    return name.hexdigest()[:16]


def digests(kind: str, rows: Iterable[bytes]) -> list[str]:
    """Return ``digest(kind, row)`` of each of many short strings, given in UTF-8."""
    before = len(kind.encode()).to_bytes(8, "little") + kind.encode()
    sha256 = hashlib.sha256
    return [sha256(before + len(row).to_bytes(8, "little") + row).hexdigest()[:16] for row in rows]
