"""Where do the members of families differ from their medoids, and what stands there instead?

Answered for many families at once, by columns: a figure that differs is found a million times in a large corpus, and
an object for each was most of what a family cost.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dedup import lines
from dedup.intervals import distinct, positions
from dedup.kernels import figures as kernels
from dedup.kernels.threads import shared
from dedup.lines import Words, where, written
from dedup.schema import Bool, Int64, UInt8, UInt32
from dedup.steps.contrast import KINDS, Changes

if TYPE_CHECKING:
    from dedup.provenance import Tables

SHOWN = 8
"""Slots told of a family, and values of each; how many were left out is told with them."""

FIGURES, SLIPS = ("number", "mask"), ("typo",)
"""Kinds of changes that are figures, and that may be slips of the pen."""

_WORD = 4  # raw characters of the word before a slot


@dataclass(frozen=True, slots=True)
class Places:
    """Raw ranges of medoids in which others differ, by family and place.

    family : int64[n]            position among the families asked for
    start, end : int64[n]        range of the medoid
    indptr : int64[n + 1]        what others have instead: ``[indptr[i], indptr[i + 1])`` of the columns below
    other_start, other_end : int64[m]
    report : int64[m]            in which report
    """

    family: Int64
    start: Int64
    end: Int64
    indptr: Int64
    other_start: Int64
    other_end: Int64
    report: Int64


class Differing:
    """Finds what differs; made once a scan.

    Parameters
    ----------
    tables : Tables
    borders : int64[...]
        Raw positions at which reports begin, ascending.
    """

    def __init__(self, tables: Tables, borders: Int64) -> None:
        self._tables = tables
        self._borders = borders
        self._of_kind = lru_cache(maxsize=None)(self._changes)

    def slots(self, numbers: Int64) -> Words:
        """Return the tables of figures and masks that differ from the medoids', as JSON that follows upon other.

        Parameters
        ----------
        numbers : int64[n]
            Rows of families.

        Returns
        -------
        Words
            For each family ``values``, each as its words and what members have, and how many ``more``; nothing for
            one that has none.
        """
        found = self.places(numbers, FIGURES)
        place = np.repeat(np.arange(len(found.family)), np.diff(found.indptr))
        put_in = (found.start == found.end) & _repeated(place, found.report, len(found.family))
        rows = np.flatnonzero(~put_in)  # a sentence with figures was put in: the medoid has no slot there
        family = found.family[rows]
        count = np.bincount(family, minlength=len(numbers))
        nth = np.arange(len(rows)) - (np.cumsum(count) - count)[family]
        values = written([lines.string("", self._told(found, rows[nth < SHOWN]))], ", ")
        shown = np.concatenate([[0], np.cumsum(np.minimum(count, SHOWN))])
        more = count - SHOWN
        fields = [
            lines.text(', {"kind": "slots", "facts": {"values": [', lines.runs(values, shown, ", ")),
            lines.text("]", where(more > 0, [lines.number(', "more": ', more)], "")),
        ]
        return where(count > 0, fields, "}}")

    def _told(self, found: Places, rows: Int64) -> Words:
        """Return what stands in some slots of medoids and what others have there."""
        texts = self._tables.texts
        start, end, first, last = found.start[rows], found.end[rows], found.indptr[rows], found.indptr[rows + 1]
        document = texts.document_of(start)
        floor, ceiling = texts.indptr[document], texts.indptr[document + 1]
        other = positions(first, last - first)
        length = np.concatenate([[0], np.cumsum(found.other_end[other] - found.other_start[other])])
        border = np.concatenate([[0], np.cumsum(last - first)])
        room = _WORD + 1 + end - start + length[border[1:]] - length[border[:-1]] + 2 * (last - first) + 3
        out_ptr = np.concatenate([[0], np.cumsum(room)])
        out = np.empty(int(out_ptr[-1]), np.uint32)
        place, size = np.empty((2, len(rows)), np.int64)
        near = np.maximum(floor, start - _WORD), np.minimum(ceiling, end + 1)
        columns = ((near[0], found.other_start[other]), (near[1], found.other_end[other]))
        of = _classes(texts.codes, *map(np.concatenate, columns))
        shared(
            kernels.told, len(rows),
            texts.codes, start, end, floor, ceiling, first, last, found.other_start, found.other_end, of,
            np.int64(SHOWN), out_ptr, out, place, size,
        )  # fmt: skip
        return lines.encoded(out, place, place + size)

    def places(self, numbers: Int64, kinds: tuple[str, ...]) -> Places:
        """Return where members differ from their medoids by changes of some kinds.

        Parameters
        ----------
        numbers : int64[n]
            Rows of families.
        kinds : tuple of str
            Out of `dedup.steps.contrast.KINDS`.
        """
        tables = self._tables
        families = tables.families
        changes = tables.changes
        ptr, rows = self._of_kind(kinds)
        passage, of = _rows(families.passage_indptr, numbers)
        nth, of_passage = _rows(ptr, families.passages[passage])
        row, of = rows[nth], of[of_passage]
        medoid = families.medoid[numbers]
        start, end = tables.keys.raw_span(families.start[medoid], families.end[medoid])
        left, right = (changes.left_start, changes.left_end), (changes.right_start, changes.right_end)
        sides = [np.column_stack([column[row] for column in side]) for side in (left, right)]
        inside, beyond = ((start[of] <= side[:, 0]) & (side[:, 1] <= end[of]) for side in sides)
        told = np.flatnonzero(inside != beyond)
        of, inside = of[told], inside[told][:, None]
        mine, theirs = (np.where(inside, one[told], other[told]) for one, other in (sides, sides[::-1]))
        order = np.lexsort((mine[:, 1], mine[:, 0], of))
        of, mine, theirs = of[order], mine[order], theirs[order]
        new = np.ones(len(of), bool)
        new[1:] = (of[1:] != of[:-1]) | (mine[1:] != mine[:-1]).any(axis=1)
        first = np.flatnonzero(new)
        return Places(
            family=of[first],
            start=mine[first, 0],
            end=mine[first, 1],
            indptr=np.append(first, len(of)),
            other_start=theirs[:, 0].copy(),  # of one form whatever their number, or kernels are compiled twice
            other_end=theirs[:, 1].copy(),
            report=np.searchsorted(self._borders, theirs[:, 0], side="right"),
        )

    def has(self, kinds: tuple[str, ...]) -> Bool:
        """Return which passages have changes of some kinds (bool[R])."""
        return np.diff(self._of_kind(kinds)[0]) > 0

    def _changes(self, kinds: tuple[str, ...]) -> tuple[Int64, Int64]:
        """Return where each passage's changes of some kinds begin, and their rows (int64[R+1], int64[C]).

        Kept are rows, which are a quarter of the ranges that they stand for: those lie in `Changes` already.
        """
        changes: Changes = self._tables.changes
        rows = np.flatnonzero(np.isin(changes.kind, [KINDS.index(kind) for kind in kinds]))
        ptr = np.searchsorted(changes.passage[rows], np.arange(len(self._tables.passages.wording) + 1))
        return ptr, rows


def _classes(codes: UInt32, start: Int64, end: Int64) -> UInt8:
    """Return what the kernel asks of the code points that stand in some ranges (uint8[0x110000])."""
    there = np.zeros(sys.maxunicode + 1, bool)
    there[codes[positions(start, end - start)]] = True
    of = np.zeros(sys.maxunicode + 1, np.uint8)
    for code in np.flatnonzero(there).tolist():
        char = chr(code)
        word = char.isalnum() and not char.isdecimal()
        of[code] = kernels.SPACE * char.isspace() + kernels.WORD * word + kernels.LETTER * char.isalpha()
    return of


def _rows(indptr: Int64, rows: Int64) -> tuple[Int64, Int64]:
    """Return what some rows of a CSR table own, and at which of them it is."""
    count = indptr[rows + 1] - indptr[rows]
    return positions(indptr[rows], count), np.repeat(np.arange(len(rows)), count)


def _repeated(place: Int64, report: Int64, places: int) -> Bool:
    """Return at which places one report stands more than once (bool[places])."""
    return distinct(place, report, places) < np.bincount(place, minlength=places)


def others(places: Places, row: int, values: Sequence[str]) -> list[tuple[str, int]]:
    """Return what others have at one place, and in which report."""
    first, last = places.indptr[row : row + 2].tolist()
    return list(zip(values[first:last], places.report[first:last].tolist(), strict=True))
