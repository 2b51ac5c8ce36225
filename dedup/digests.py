"""What is a text called? Answers with names made of content, which a re-run and a grown corpus leave as they are."""

from __future__ import annotations

import hashlib


def digest(*parts: str) -> str:
    """Return 16 hexadecimal digits that name these strings; of one text, what `DocumentInfo.digest` is."""
    rows = [part.encode("utf-8", "surrogatepass") for part in parts]
    name = hashlib.sha256()
    for row in rows:
        name.update(len(row).to_bytes(8, "little") + row)
    return name.hexdigest()[:16]
