"""Which parts of a family's opening are rare? Answers with what the queue shows bold.

Rare is a trigram that stands in no more reports than the family itself. Document frequencies are counted for the
trigrams of the openings alone, in one pass over the texts: memory is bounded by the openings and a block of texts.
Where most of an opening would be bold, as in a scan of a few reports, rarity says nothing and only what the evidence
names is bold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dedup.intervals import positions
from dedup.schema import Bool, Int64, UInt32, UInt64

BLOCK = 1 << 18
"""Characters of texts that are looked at at a time: what is made of them stays in the processor's cache."""

_TRIGRAM = 3
_SIEVE = 23  # bits, at most, of the table that most trigrams of the texts fall through
_NONE, _SEVERAL = -1, -2  # in that table: no trigram of an opening is here; more than one is
_FACTORS = tuple(np.uint32(one) for one in (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D))


def codes_of(texts: Sequence[str]) -> Iterator[tuple[UInt32, Int64]]:
    """Yield texts as code points, some at a time, with where each begins and the last ends (uint32, int64[T+1])."""
    first, size = 0, 0
    for last, text in enumerate(texts, 1):
        size += len(text)
        if size >= BLOCK or last == len(texts):
            border = np.concatenate([[0], np.cumsum([len(one) for one in texts[first:last]])])
            yield np.frombuffer("".join(texts[first:last]).encode("utf-32-le", "surrogatepass"), np.uint32), border
            first, size = last, 0


def bold(
    openings: Sequence[str], reports: Sequence[int], named: Sequence[Sequence[str]], texts: Sequence[str]
) -> list[list[list[int]]]:
    """Return ``[start, end)`` of the bold parts of each opening, in code points.

    Parameters
    ----------
    openings : sequence of str
    reports : sequence of int
        Of each opening: reports that its family stands in.
    named : sequence of sequences of str
        Of each opening: what the evidence names.
    texts : sequence of str
        Of all reports.
    """
    size = np.array([len(one) for one in openings], np.int64)
    # With a place between, which nothing makes bold, so that what is bold at an end does not run on.
    first = np.cumsum(size + 1) - size - 1
    flags = _rare(openings, np.asarray(reports, np.int64), size, first, texts)
    for row, told in enumerate(named):
        for text in told:
            at = openings[row].find(text) if text else -1
            while at >= 0:
                flags[first[row] + at : first[row] + at + len(text)] = True
                at = openings[row].find(text, at + len(text))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8))).reshape(-1, 2)
    owner = np.searchsorted(first, edges[:, 0], side="right") - 1
    runs: list[list[list[int]]] = [[] for _ in openings]
    for row, run in zip(owner.tolist(), (edges - first[owner][:, None]).tolist(), strict=True):
        runs[row].append(run)
    return runs


def _rare(openings: Sequence[str], reports: Int64, size: Int64, first: Int64, texts: Sequence[str]) -> Bool:
    """Return which places of the openings, laid out one after the other, a rare trigram makes bold."""
    flags = np.zeros(int((size + 1).sum()), bool)
    codes = np.frombuffer("\0".join([*openings, ""]).encode("utf-32-le", "surrogatepass"), np.uint32)
    grams = np.maximum(size - _TRIGRAM + 1, 0)
    at = positions(first, grams)
    if not len(at):
        return flags
    wanted = _trigrams(codes, at)
    keys = np.sort(wanted)
    keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])]
    at = at[_spread(keys, texts)[np.searchsorted(keys, wanted)] <= np.repeat(reports, grams)]
    for step in range(_TRIGRAM):
        flags[at + step] = True
    owner = np.repeat(np.arange(len(size)), size + 1)
    most = 2 * np.bincount(owner[flags], minlength=len(size)) > size
    flags[most[owner]] = False
    return flags


def _spread(keys: UInt64, texts: Sequence[str]) -> Int64:
    """Return in how many texts each trigram stands.

    keys : uint64[K]   distinct, sorted
    """
    spread = np.zeros(len(keys), np.int64)
    bits = min(_SIEVE, (16 * len(keys)).bit_length())
    slot = _sieved(bits, *(keys >> np.uint64(shift) & np.uint64(0x1FFFFF) for shift in (0, 21, 42)))
    table = np.full(1 << bits, _NONE, np.int32)
    table[slot] = np.arange(len(keys))
    table[slot[table[slot] != np.arange(len(keys))]] = _SEVERAL
    for codes, border in codes_of(texts):
        found = table[_sieved(bits, codes[:-2], codes[1:-1], codes[2:])]
        at = np.flatnonzero(found != _NONE)
        owner = np.searchsorted(border, at, side="right") - 1
        inside = at + _TRIGRAM <= border[owner + 1]
        at, owner = at[inside], owner[inside]
        grams, row = _trigrams(codes, at), found[at].astype(np.int64)
        unsure = np.flatnonzero(row == _SEVERAL)
        row[unsure] = np.minimum(np.searchsorted(keys, grams[unsure]), len(keys) - 1)
        same = keys[row] == grams
        # Sorted here: `np.unique` looks each up in a table, which takes ten times as long.
        each = np.sort(row[same] * len(border) + owner[same])
        each = each[np.diff(each, prepend=-1) > 0]
        spread += np.bincount(each // len(border), minlength=len(keys))
    return spread


def _trigrams(codes: UInt32, at: Int64) -> UInt64:
    """Return the trigrams that begin at some places, 21 bits a code point."""
    one, two, three = (codes[at + step].astype(np.uint64) for step in range(_TRIGRAM))
    grams: UInt64 = one | two << np.uint64(21) | three << np.uint64(42)
    return grams


def _sieved(bits: int, *codes: np.ndarray) -> UInt32:
    """Return where in the table a trigram falls, given its code points one by one."""
    mixed = np.zeros(len(codes[0]), np.uint32)
    for column, factor in zip(codes, _FACTORS, strict=True):
        mixed ^= column.astype(np.uint32, copy=False) * factor
        mixed ^= mixed >> np.uint32(15)
    return (mixed * _FACTORS[0]) >> np.uint32(32 - bits)
