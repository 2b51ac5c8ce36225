"""Which rare figures do the reports of a family share, and nobody else? Answers with the figures by family.

23,417 at the same place in two reports, and in no third, is no chance. Everything is one pass over the slots, by
columns: a corpus has a figure every forty characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dedup.intervals import once, ordered, positions
from dedup.kernels import figures as kernels
from dedup.kernels.search import below, upto
from dedup.kernels.threads import ahead, shared
from dedup.rows import slices
from dedup.schema import Bool, Int64, KeyStream, Texts, UInt64
from dedup.steps.data import tables as lookup

if TYPE_CHECKING:
    from dedup.provenance import Tables

DIGITS = 3
"""Significant digits from which a figure is rare enough: 23,417 and 14.5, but neither 5,000 nor 2.5."""

TOGETHER = 1 << 19
"""Rare figures that are looked at together, on each thread."""

_CONTEXT = 3  # key characters on either side that say whether two figures stand at the same place
_SLOTS = 1 << 18  # slots looked at together


@dataclass(frozen=True, slots=True)
class Figures:
    """Rare figures of families.

    family : int64[n]        ascending
    start, end : int64[n]    raw ranges, each of one place where the figure stands
    """

    family: Int64
    start: Int64
    end: Int64

    def of(self, number: int, texts: Texts) -> list[str]:
        """Return the figures of a family as they are written, the longest first."""
        low, high = np.searchsorted(self.family, [number, number + 1]).tolist()
        written = slices(texts.codes, self.start[low:high], self.end[low:high])
        return sorted({text.replace(",", "") for text in written}, key=lambda one: (-len(one), one))

    def told(self, numbers: Int64) -> Bool:
        """Return which families have any (bool[n])."""
        return np.searchsorted(self.family, numbers) < np.searchsorted(self.family, numbers, side="right")


def figures(tables: Tables, document: Int64, wanted: Bool) -> Figures:
    """Return the figures that stand at the same place in several reports, and in no report outside the family.

    Parameters
    ----------
    tables : Tables
    document : int64[G]
        Document of each family member.
    wanted : bool[F]
        Families that are looked at.

    Returns
    -------
    Figures
    """
    told, value = rare(tables.texts, tables.keys)
    family = np.repeat(np.arange(len(tables.families.medoid)), np.diff(tables.families.indptr))
    member = np.flatnonzero(wanted[family])
    # What is said of a figure depends on where it stands itself, so figures may be taken some at a time: a corpus has
    # fifty million, and what is held for each comes to two hundred bytes.
    parts = 1 + len(told) // TOGETHER
    own = once(family * tables.texts.documents + document)
    part = (value % np.uint64(parts)).astype(np.uint32)
    order = ordered(tables.families.start[member])

    def shared_of(number: int) -> tuple[Int64, Int64]:
        rows = np.flatnonzero(part == number)
        return _shared(tables, told[rows], value[rows], member, order, family, own)

    found = [*ahead(shared_of, range(parts))]
    owner, slot = (np.concatenate(column) for column in zip(*found, strict=True))
    order = ordered(owner)
    slot = slot[order]
    return Figures(owner[order], tables.keys.slots.start[slot], tables.keys.slots.end[slot])


def _shared(
    tables: Tables, told: Int64, value: UInt64, member: Int64, order: Int64, family: Int64, own: Int64
) -> tuple[Int64, Int64]:
    """Return families and the slots of what they share, of some figures with all places where they stand.

    told : int64[n]            rows of slots, ascending
    value : uint64[n]          what they say
    member : int64[m]          members of the families that are looked at
    order : int64[m]           them as they stand in the texts: looked for so, each is found near the one before
    family : int64[G]          of each member
    own : int64[m]             which documents each family has: ``family * documents + document``, ascending
    """
    families, slots = tables.families, tables.keys.slots
    key = slots.key[told]
    first, count = np.empty((2, len(member)), np.int64)
    first[order] = below(key, families.start[member[order]] + 1)
    count[order] = below(key, families.end[member[order]])
    count = np.maximum(count - first, 0)
    of = np.repeat(member, count)
    if not len(of):
        return of, of
    nth = positions(first, count)
    at, mine = told[nth], value[nth]
    # Parts of a collection file are reports of their own.
    borders = np.union1d(tables.texts.indptr[:-1], tables.segments.parts.raw_start)
    report = upto(borders, slots.start[at])
    place = _around(tables, slots.key[at], families.start[of], families.end[of], family[of], mine)
    rows = _in_several(place, report)
    pair = _groups(family[of[rows]], mine[rows])
    rows = rows[np.unique(pair, return_index=True)[1]]
    rows = rows[_at_home(tables, value, told, mine[rows], family[of[rows]], own)]
    return family[of[rows]], at[rows]


def rare(texts: Texts, keys: KeyStream) -> tuple[Int64, UInt64]:
    """Return the slots that hold a figure which two offices do not write by chance: no year, not round, not small.

    Returns
    -------
    rows : int64[n]
        Ascending.
    value : uint64[n]
        What each says, as `dedup.steps.contrast.figures` has it.
    """
    slots, table = keys.slots, lookup()
    holds, value = np.empty(_SLOTS, bool), np.empty(_SLOTS, np.uint64)
    rows, values = [np.empty(0, np.int64)], [np.empty(0, np.uint64)]
    for first in range(0, len(slots.start), _SLOTS):  # few are rare: what is said of the others is dropped again
        columns = [column[first : first + _SLOTS] for column in (slots.start, slots.end, slots.kind)]
        many = len(columns[0])
        shared(
            kernels.rare, many, texts.codes, *columns, table.kind, table.fold, np.int64(DIGITS), holds, value
        )  # fmt: skip
        some = np.flatnonzero(holds[:many])
        rows.append(first + some)
        values.append(value[some])
    return np.concatenate(rows), np.concatenate(values)


def _around(tables: Tables, key: Int64, start: Int64, end: Int64, family: Int64, value: UInt64) -> UInt64:
    """Return what a figure says, in which family, and the key characters around it, as one hash."""
    place = np.empty(len(key), np.uint64)
    columns = tables.keys.codes, key, start, end, family, value
    shared(kernels.around, len(key), *columns, np.int64(_CONTEXT), place)
    return place


def _in_several(place: UInt64, report: Int64) -> Int64:
    """Return the rows whose place stands in several reports, ascending."""
    order = np.argsort(place)
    place = place[order]
    first = np.flatnonzero(np.concatenate([[True], place[1:] != place[:-1]]))
    report = report[order]
    several = np.maximum.reduceat(report, first) > np.minimum.reduceat(report, first)
    return np.sort(order[np.repeat(several, np.diff(np.append(first, len(order))))])


def _groups(*columns: np.ndarray) -> Int64:
    """Return a number for each distinct row of some columns."""
    order = np.lexsort(columns)
    new = np.zeros(len(order), bool)
    for column in columns:
        new[1:] |= column[order][1:] != column[order][:-1]
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(new)
    return group


def _at_home(tables: Tables, value: UInt64, told: Int64, wanted: UInt64, family: Int64, own: Int64) -> Bool:
    """Return which figures (wanted, one for a family each) stand in documents of that family only."""
    documents = tables.texts.documents
    asked, row_asked = np.unique(wanted, return_inverse=True)
    some = _among(value, asked)
    rank = below(asked, value[some])
    # One key for figure and document: sorting it takes a third of the memory of two columns, and half the time.
    pairs = once(rank * documents + tables.texts.document_of(tables.keys.slots.start[told[some]]))
    known, where = pairs // documents, pairs % documents
    count = upto(known, row_asked) - below(known, row_asked)
    held = below(own, (family + 1) * documents) - below(own, family * documents)
    few = np.flatnonzero(count <= held)
    count = count[few]
    row = np.repeat(few, count)
    stands = where[positions(below(known, row_asked[few]), count)]
    stands += family[row] * documents
    away = own[np.minimum(below(own, stands), len(own) - 1)] != stands
    home = np.zeros(len(wanted), bool)
    home[few] = True  # the others stand in more documents than the family has
    home[row[away]] = False
    return home


def _among(value: UInt64, asked: UInt64) -> Int64:
    """Return which hashes are among sorted ones (rows, ascending).

    Most are not, which a table of their last bits tells of most of them at a look.
    """
    bits = np.uint64((1 << min(max(len(asked).bit_length() + 3, 8), 26)) - 1)
    there = np.zeros(int(bits) + 1, bool)
    there[asked & bits] = True
    some = np.flatnonzero(there[value & bits])
    rank = np.minimum(below(asked, value[some]), max(len(asked) - 1, 0))
    return some[asked[rank] == value[some]] if len(asked) else some[:0]
