"""How common is a wording in official prose? Answers in bits, from document frequencies of k-grams.

A small input has no useful frequencies of its own: in five reports every phrase is rare. The table that ships with
the package was counted over public official text (see docs/algorithm.md); it holds hashes and counts only, no text.
What the corpus itself knows is counted by issuer and added to it: `spread`.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from dedup.errors import FormatProblem
from dedup.intervals import merged, once
from dedup.kernels import hashing
from dedup.kernels import spread as spreading
from dedup.kernels.threads import allowed, shared, together
from dedup.schema import Families, Float64, Int32, Int64, KeyStream, UInt8, UInt32, UInt64

GRAM = 5
"""Characters in a counted k-gram. At 4 too many rare phrases share a common gram, at 6 the table doubles."""

KNOWN = 0.04
"""Share of documents in which a phrase of a list is taken to stand, beside those where it was counted."""

USUAL = 5.0
"""Bits of a gram in every 32nd document: what is as common as that tells nothing."""

SCALE = 1511
"""Documents at whose scale rarity is told, whatever table is asked: those of the one that ships."""

_FORMAT = 1
_FEW = 64  # hashes that are looked up before all threads of a kernel are awake


@dataclass(frozen=True)
class Sorted:
    """Hashes to be looked up many at a time.

    hashes : uint32[B]     upper halves of 64-bit gram hashes, sorted, distinct
    """

    hashes: UInt32

    @cached_property
    def index(self) -> tuple[UInt32, UInt32, UInt64, np.uint32]:
        """What the kernels look up by: hashes, how many stand before each word of a sieve, the sieve, its shift.

        The sieve has some nine bits a hash: one k-gram in ten that is nobody's passes it. Four times as many bits
        let fewer pass and took longer, for they do not stay near the processor.
        """
        bits = min(max(len(self.hashes).bit_length() + 3, 22), 30)
        shift = np.uint32(32 - bits)
        borders = np.arange(1 << (bits - 6), dtype=np.uint64) << np.uint64(38 - bits)
        first = np.searchsorted(self.hashes, borders.astype(np.uint32)).astype(np.uint32)
        sieve = np.zeros(1 << (bits - 6), np.uint64)
        bit = np.uint64(1) << (self.hashes >> shift & np.uint32(63)).astype(np.uint64)
        np.bitwise_or.at(sieve, self.hashes >> (shift + np.uint32(6)), bit)
        return self.hashes, first, sieve, shift

    def rows(self, wanted: UInt32) -> Int64:
        """Return the row of each wanted hash, -1 for none (int64, same shape)."""
        if len(wanted) <= _FEW and len(self.hashes):
            at = np.minimum(np.searchsorted(self.hashes, wanted), len(self.hashes) - 1)
            return np.where(self.hashes[at] == wanted, at, -1)
        out = np.empty(len(wanted), np.int64)
        spreading.find(*self.index, wanted, out)
        return out

    def tally(self, keys: KeyStream, units: Int64, taken: Int64, documents: Int64) -> Int32:
        """Return how many units have each gram outside of the sorted, disjoint key ranges ``taken`` (int32[B]).

        ``documents`` are those that are looked at, all of a unit in a row: counts of some units and of the others
        add up.
        """
        none = np.append(self.hashes, np.uint32(0xFFFFFFFF)).astype(np.uint64) << np.uint64(32)

        def counted(some: Int64) -> Int32:
            count = np.zeros(len(self.hashes), np.int32)
            begins = np.flatnonzero(np.diff(units[some], prepend=-1))[:: spreading.UNITS]
            for low, high in pairwise([*begins.tolist(), len(some)]):
                seen = none.copy()
                spreading.tally(
                    keys.codes, keys.indptr, some[low:high], units, taken, np.int64(GRAM), *self.index[1:], seen
                )
                count += (seen[:-1] & np.uint64(0xFFFF)).astype(np.int32)
            return count

        chars = int((keys.indptr[documents + 1] - keys.indptr[documents]).sum())
        wanted = [chars * n // allowed() for n in range(1, allowed())]
        count = np.zeros(len(self.hashes), np.int32)
        for one in together(counted, by_unit(keys.indptr, units, documents, wanted)):
            count += one
        return count


_NONE = Sorted(np.empty(0, np.uint32))


@dataclass(frozen=True)
class Background:
    """Document frequencies of hashed k-grams.

    hashes : uint32[B]     upper halves of the 64-bit gram hashes, sorted, distinct
    level : uint8[B]       ``round(8 * log2(document frequency))``: a count is kept to within 5 %
    documents : int        documents counted
    """

    hashes: UInt32
    level: UInt8
    documents: int

    @cached_property
    def lookup(self) -> Sorted:
        """The hashes, to be looked up."""
        return Sorted(self.hashes)

    def frequency(self, wanted: UInt32) -> Float64:
        """Return in how many documents each gram was counted (float64, same shape)."""
        rows = self.lookup.rows(wanted)
        frequency = np.zeros(len(wanted))
        frequency[rows >= 0] = np.exp2(self.level[rows[rows >= 0]] / 8.0)
        return frequency

    def bits(self, grams: np.ndarray) -> Float64:
        """Return the rarity of each gram in bits (float64).

        Parameters
        ----------
        grams : uint64[M]
            Hashes as `dedup.kernels.hashing.grams` makes them.
        """
        return rarity(self.frequency(_upper(grams)) / max(self.documents, 1))

    @property
    def ceiling(self) -> float:
        """Bits of a gram that was never seen."""
        return float(rarity(np.zeros(1))[0])

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that name the table by its content."""
        whole = hashlib.sha256(f"{_FORMAT} {GRAM} {self.documents} ".encode())
        whole.update(self.hashes.astype("<u4").tobytes() + self.level.tobytes())
        return whole.hexdigest()[:16]


def rarity(share: Float64) -> Float64:
    """Return the bits of grams that stand in a share of all documents: ``log2((SCALE + 1) / (SCALE * share + 1))``.

    The added one is what keeps an unseen gram finite. It is that of `SCALE` documents for every table: in forty files
    an unseen gram is hardly known to be rare, but by no means common.
    """
    return np.log2((SCALE + 1) / (SCALE * share + 1))


@dataclass(frozen=True, slots=True)
class Spread:
    """In how many issuers' reports of this corpus k-grams stand, outside of every family.

    A passage must not prove itself common by its own copies; nor may the inner part of a longer copy, by those of the
    whole. So only text counts that no family holds: what is written there, is written freely.

    hashes : uint32[B]   as in `Background`
    count : int64[B]     issuers (else files) that have the gram in such text
    units : int          issuers (else files) of the corpus
    """

    hashes: UInt32
    count: Int64
    units: int


def by_unit(indptr: Int64, units: Int64, documents: Int64, wanted: Sequence[int]) -> list[Int64]:
    """Return documents in pieces: near some totals of characters, but never within a unit.

    Parameters
    ----------
    indptr : int64[D+1]
        Where documents begin.
    units : int64[D]
    documents : int64[n]
        All of a unit in a row.
    wanted : sequence of int
        Totals at which to cut, ascending.
    """
    before = np.concatenate([[0], np.cumsum(indptr[documents + 1] - indptr[documents])])
    begins = np.flatnonzero(np.diff(units[documents], prepend=-1))
    nearest = np.minimum(np.searchsorted(before[begins], np.array(wanted, np.int64)), max(len(begins) - 1, 0))
    ends = np.unique(np.concatenate([[0], begins[nearest] if len(begins) else [], [len(documents)]])).astype(np.int64)
    return [documents[low:high] for low, high in pairwise(ends.tolist())] or [documents]


def spread(keys: KeyStream, families: Families, units: Int64, longest: int) -> Spread:
    """Count the k-grams of short families in the rest of the corpus.

    Parameters
    ----------
    keys : KeyStream
    families : Families
    units : int64[D]
        Who wrote each document: a number for each issuer, else for each file.
    longest : int
        Longest medoid, in key characters, that is asked about: what is longer is no formula however common.

    Returns
    -------
    Spread

    Notes
    -----
    O(K) for a corpus of K key characters, and only if there is a family to ask about.
    """
    hashes = asked_about(keys, families, longest)
    order = np.argsort(units, kind="stable")
    count = Sorted(hashes).tally(keys, units, held(families), order if len(hashes) else order[:0])
    return Spread(hashes, count.astype(np.int64), len(np.unique(units)))


def held(families: Families) -> Int64:
    """Return the key ranges that families hold, sorted and disjoint (int64[n, 2])."""
    return merged(np.stack([families.start, families.end], axis=1))


def asked_about(keys: KeyStream, families: Families, longest: int) -> UInt32:
    """Return the hashes of the k-grams of short families, see `spread` (uint32[B], sorted, distinct)."""
    start, end = families.start[families.medoid], families.end[families.medoid]
    short = end - start <= longest
    return once(_upper(_grams(keys, start[short], end[short])[0]))


def grams_of(keys: KeyStream, start: Int64, end: Int64) -> tuple[UInt32, Int64]:
    """Return the hashes of the k-grams of key ranges, repeats included, and the range that each stands in."""
    grams, indptr = _grams(keys, start, end)
    return _upper(grams), np.repeat(np.arange(len(start)), np.diff(indptr))


def span_bits(
    keys: KeyStream, start: Int64, end: Int64, background: Background, corpus: Spread | None = None
) -> tuple[Float64, Float64]:
    """Return the information of key ranges in bits, and how much of it is more than usual (float64, one each).

    Parameters
    ----------
    keys : KeyStream
    start, end : int64[n]
        Key ranges.
    background : Background
    corpus : Spread, optional
        What the corpus adds to the background's counts.

    Notes
    -----
    A character has a fifth (``1 / GRAM``) of the bits of the commonest gram that holds it. Not of all grams: where
    two set phrases meet, four grams are as rare as any, and each of their characters still belongs to a set phrase.
    A range shorter than a gram has the bits of unseen ones. More than usual are, of each character, the bits above
    `USUAL`: a long row of set phrases tells much in all, but at no place more than any of them.

    With ``df`` of N documents in the background, and ``c`` of n issuers in the corpus, a gram stands in
    ``(df + c) / (N + n)`` of them.
    """
    documents = max(background.documents + (corpus.units if corpus is not None else 0), 1)
    own = Sorted(corpus.hashes) if corpus is not None else _NONE
    counted = corpus.count if corpus is not None else np.empty(0, np.int64)
    own_bits = rarity((background.frequency(own.hashes) + counted) / documents)
    of_level = rarity(np.exp2(np.arange(256) / 8.0) / documents)
    bits, surplus = np.empty(len(start)), np.empty(len(start))
    shared(
        spreading.information,
        len(start),
        keys.codes,
        start,
        end,
        np.int64(GRAM),
        own.index,
        own_bits,
        background.lookup.index,
        of_level[background.level],
        background.ceiling,
        USUAL,
        bits,
        surplus,
    )
    return bits / GRAM, surplus / GRAM


def count(keys: KeyStream, least: int) -> Background:
    """Count, over the documents of a key stream, in how many each k-gram stands.

    Parameters
    ----------
    keys : KeyStream
    least : int
        Grams in fewer documents are left out: they are as good as unseen, and most of the table.
    """
    hashes, frequency = tallied(keys)
    return table(hashes, frequency, len(keys.indptr) - 1, least)


def tallied(keys: KeyStream) -> tuple[UInt32, Int64]:
    """Return the hashes of the k-grams of a key stream, sorted, distinct, and in how many documents each stands."""
    start, end = keys.indptr[:-1], keys.indptr[1:]
    indptr = np.zeros(len(start) + 1, np.int64)
    np.cumsum(np.maximum(end - start - GRAM + 1, 0), out=indptr[1:])
    hashes = np.empty(indptr[-1], np.uint64)
    length = np.empty(len(start), np.int64)
    hashing.shingles(keys.codes, start, end, indptr, np.int64(GRAM), hashes, length)
    used = np.arange(len(hashes)) - np.repeat(indptr[:-1], np.diff(indptr)) < np.repeat(length, np.diff(indptr))
    return summed(_upper(hashes[used]), np.ones(int(used.sum()), np.int64))


def summed(hashes: UInt32, frequency: Int64) -> tuple[UInt32, Int64]:
    """Return hashes sorted and distinct, with the sums of their frequencies."""
    order = np.argsort(hashes, kind="stable")
    upper = hashes[order]
    first = np.flatnonzero(np.concatenate([[True], upper[1:] != upper[:-1]])) if len(upper) else order
    return upper[first], np.add.reduceat(frequency[order], first) if len(first) else frequency


def table(hashes: UInt32, frequency: Int64, documents: int, least: int, known: UInt32 | None = None) -> Background:
    """Make a table of counts.

    Parameters
    ----------
    hashes, frequency : uint32[B], int64[B]
        As `tallied` gives them.
    documents : int
        Documents counted.
    least : int
        Grams in fewer documents are left out.
    known : uint32[M], optional
        Sorted, distinct hashes of known phrases: taken to stand in ``KNOWN`` of the documents more.
    """
    kept = frequency >= least
    hashes, frequency = hashes[kept], frequency[kept]
    if known is not None and len(known):
        extra = np.full(len(known), max(round(KNOWN * documents), 1), np.int64)
        hashes, frequency = summed(np.concatenate([hashes, known]), np.concatenate([frequency, extra]))
    frequency = np.minimum(frequency, max(documents, 1))
    level = np.round(8 * np.log2(np.maximum(frequency, 1))).astype(np.uint8)
    return Background(hashes=hashes, level=level, documents=documents)


def _grams(keys: KeyStream, start: Int64, end: Int64) -> tuple[np.ndarray, Int64]:
    """Return the gram hashes of key ranges in text order (uint64[M]), and whose they are (int64[n + 1])."""
    indptr = np.zeros(len(start) + 1, np.int64)
    np.cumsum(np.maximum(end - start - GRAM + 1, 0), out=indptr[1:])
    grams = np.empty(indptr[-1], np.uint64)
    hashing.grams(keys.codes, start, end, indptr, np.int64(GRAM), grams)
    return grams, indptr


def _upper(grams: np.ndarray) -> UInt32:
    return (grams >> np.uint64(32)).astype(np.uint32)


def dumps(background: Background) -> bytes:
    """Return the file of a background table; equal tables give equal bytes."""
    # Differences of sorted hashes compress well, the hashes themselves hardly.
    steps = np.diff(background.hashes, prepend=np.uint32(0)).astype(np.uint32)
    header = np.array([_FORMAT, GRAM, background.documents, len(steps)], np.int64)
    file = io.BytesIO()
    np.savez_compressed(file, header=header, steps=steps, level=background.level)
    return file.getvalue()


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
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise FormatProblem(str(source), "it is no table that `dedup background build` wrote") from error
    if len(header) != 4 or header[0] != _FORMAT or header[1] != GRAM or not header[3] == len(steps) == len(level):
        raise FormatProblem(str(source), f"its header is {header.tolist()}, wanted format {_FORMAT}, gram {GRAM}")
    return Background(np.cumsum(steps, dtype=np.uint32), level, int(header[2]))
