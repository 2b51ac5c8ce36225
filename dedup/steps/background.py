"""How common is a k-gram in official prose? Answers with document frequencies, shipped or counted from a folder.

A small input has no useful frequencies of its own: in five reports every phrase is rare. The table that ships with
the package was counted over public official text (see docs/algorithm.md); it holds hashes and counts only, no text.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np

from dedup.errors import FormatProblem
from dedup.kernels import hashing
from dedup.schema import Float64, Int64, KeyStream, UInt8, UInt32

GRAM = 5
"""Characters in a counted k-gram. At 4 too many rare phrases share a common gram, at 6 the table doubles."""

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Background:
    """Document frequencies of hashed k-grams.

    hashes : uint32[B]     upper halves of the 64-bit gram hashes, sorted, distinct
    level : uint8[B]       ``round(8 * log2(document frequency))``: a count is kept to within 5 %
    documents : int        documents counted
    """

    hashes: UInt32
    level: UInt8
    documents: int

    def bits(self, grams: np.ndarray) -> Float64:
        """Return the rarity of each gram in bits: ``log2((documents + 1) / (frequency + 1))`` (float64).

        Parameters
        ----------
        grams : uint64[M]
            Hashes as `dedup.kernels.hashing.grams` makes them.
        """
        wanted = (grams >> np.uint64(32)).astype(np.uint32)
        frequency = np.zeros(len(wanted))
        if len(self.hashes):
            at = np.minimum(np.searchsorted(self.hashes, wanted), len(self.hashes) - 1)
            known = self.hashes[at] == wanted
            frequency[known] = np.exp2(self.level[at[known]] / 8.0)
        return np.log2((self.documents + 1) / (frequency + 1))

    @property
    def ceiling(self) -> float:
        """Bits of a gram that was never seen."""
        return math.log2(self.documents + 1)


def span_bits(keys: KeyStream, start: Int64, end: Int64, background: Background) -> Float64:
    """Return the rarity of key ranges in bits: the sum over their grams, divided by the gram's length.

    Dividing counts each character once: ``GRAM`` overlapping grams share it. A range shorter than a gram has 0.
    """
    indptr = np.zeros(len(start) + 1, np.int64)
    np.cumsum(np.maximum(end - start - GRAM + 1, 0), out=indptr[1:])
    grams = np.empty(indptr[-1], np.uint64)
    hashing.grams(keys.codes, start, end, indptr, np.int64(GRAM), grams)
    total = np.concatenate([[0.0], np.cumsum(background.bits(grams))])
    return np.asarray((total[indptr[1:]] - total[indptr[:-1]]) / GRAM, np.float64)


def count(keys: KeyStream, least: int) -> Background:
    """Count, over the documents of a key stream, in how many each k-gram stands.

    Parameters
    ----------
    keys : KeyStream
    least : int
        Grams in fewer documents are left out: they are as good as unseen, and most of the table.
    """
    start, end = keys.indptr[:-1], keys.indptr[1:]
    indptr = np.zeros(len(start) + 1, np.int64)
    np.cumsum(np.maximum(end - start - GRAM + 1, 0), out=indptr[1:])
    hashes = np.empty(indptr[-1], np.uint64)
    length = np.empty(len(start), np.int64)
    hashing.shingles(keys.codes, start, end, indptr, np.int64(GRAM), hashes, length)
    used = np.arange(len(hashes)) - np.repeat(indptr[:-1], np.diff(indptr)) < np.repeat(length, np.diff(indptr))
    upper = np.sort((hashes[used] >> np.uint64(32)).astype(np.uint32))
    border = (
        np.flatnonzero(np.concatenate([[True], upper[1:] != upper[:-1], [True]])) if len(upper) else np.zeros(1, int)
    )
    frequency = np.diff(border)
    kept = frequency >= least
    level = np.round(8 * np.log2(np.maximum(frequency[kept], 1))).astype(np.uint8)
    return Background(hashes=upper[border[:-1]][kept], level=level, documents=len(start))


def save(background: Background, path: Path) -> None:
    """Write a background table; equal tables give equal bytes."""
    # Differences of sorted hashes compress well, the hashes themselves hardly.
    steps = np.diff(background.hashes, prepend=np.uint32(0)).astype(np.uint32)
    header = np.array([_FORMAT, GRAM, background.documents, len(steps)], np.int64)
    with path.open("wb") as file:
        np.savez_compressed(file, header=header, steps=steps, level=background.level)


@lru_cache(maxsize=4)
def load(path: Path | None = None) -> Background:
    """Read a background table; without a path the one that ships with the package.

    Raises
    ------
    FormatProblem
        If the file is no background table of this version.
    """
    source = path if path is not None else resources.files("dedup.steps") / "data" / "background.npz"
    try:
        with source.open("rb") as file, np.load(file, allow_pickle=False) as data:
            header, steps, level = data["header"], data["steps"], data["level"]
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise FormatProblem(str(source), f"it is no background table ({error})") from error
    if len(header) != 4 or header[0] != _FORMAT or header[1] != GRAM or header[3] != len(steps) != len(level):
        raise FormatProblem(str(source), f"its header is {header.tolist()}, wanted format {_FORMAT}, gram {GRAM}")
    return Background(np.cumsum(steps, dtype=np.uint32), level, int(header[2]))
