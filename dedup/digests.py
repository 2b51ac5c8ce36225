"""What is a text called? Answers with names made of content, which a re-run and a grown corpus leave as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from dedup.schema import Int64, UInt32, UInt64

_TOGETHER = 1 << 20
"""Code points of texts that are encoded together: their bytes stay in the cache until they are digested."""


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


def of_texts(codes: UInt32, indptr: Int64) -> UInt64:
    """Return the digests of texts as numbers.

    Parameters
    ----------
    codes : uint32[N]
    indptr : int64[D+1]
        Text d is ``codes[indptr[d]:indptr[d+1]]``.

    Returns
    -------
    uint64[D]
        What `digest` writes in hexadecimal.
    """
    from dedup.kernels import writing
    from dedup.kernels.threads import portions, together

    found = np.empty(len(indptr) - 1, np.uint64)

    def told(rows: tuple[int, int]) -> None:
        first, last = rows
        start, end = indptr[first:last], indptr[first + 1 : last + 1]
        border = np.zeros(last - first + 1, np.int64)
        writing.utf8_sizes(0, last - first, codes, start, end, border[1:])
        np.cumsum(border, out=border)
        data = np.empty(int(border[-1]), np.uint8)
        writing.utf8(0, last - first, codes, start, end, border, data)
        for row, (low, high) in enumerate(pairwise(border.tolist()), first):
            name = hashlib.sha256((high - low).to_bytes(8, "little"))
            name.update(data[low:high].data)
            found[row] = int.from_bytes(name.digest()[:8], "big")

    together(told, portions(indptr, _TOGETHER) if len(found) else [])
    return found
