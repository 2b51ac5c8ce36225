"""Which rare figures do the reports of a family share, and nobody else? Answers with the figures by family.

23,417 at the same place in two reports, and in no third, is no chance. Everything is one pass over the slots, by
columns: a corpus has a figure every forty characters.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from dedup.intervals import positions
from dedup.schema import Bool, Int64, KeyStream, SlotKind, Texts, UInt64
from dedup.steps import contrast
from dedup.steps.data import tables as lookup

if TYPE_CHECKING:
    from dedup.provenance import Tables

DIGITS = 3
"""Significant digits from which a figure is rare enough: 23,417 and 14.5, but neither 5,000 nor 2.5."""

_CONTEXT = 3  # key characters on either side that say whether two figures stand at the same place
_SLOTS = 1 << 16  # slots looked at together


def figures(tables: Tables, document: Int64, wanted: Bool) -> dict[int, list[str]]:
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
    dict of int to list of str
        By family; the longest figures first.
    """
    families, slots = tables.families, tables.keys.slots
    told = np.flatnonzero(rare(tables.texts, tables.keys))
    family = np.repeat(np.arange(len(families.medoid)), np.diff(families.indptr))
    member = np.flatnonzero(wanted[family])
    key = slots.key[told]
    first = np.searchsorted(key, families.start[member] + 1)
    count = np.maximum(np.searchsorted(key, families.end[member]) - first, 0)
    of = np.repeat(member, count)
    if not len(of):
        return {}
    nth = positions(first, count)
    at, value = told[nth], contrast.figures(tables.texts, tables.keys, told)
    mine = value[nth]
    around = _around(tables, slots.key[at], families.start[of], families.end[of])
    # Parts of a collection file are reports of their own.
    borders = np.union1d(tables.texts.indptr[:-1], tables.segments.parts.raw_start)
    report = np.searchsorted(borders, slots.start[at], side="right")
    place = _groups(family[of], around, mine)
    reports = np.unique(np.stack([place, report], axis=1), axis=0)
    shared = np.bincount(reports[:, 0], minlength=int(place.max()) + 1) > 1
    rows = np.flatnonzero(shared[place])
    pair = _groups(family[of[rows]], mine[rows])
    rows = rows[np.unique(pair, return_index=True)[1]]
    rows = rows[_at_home(tables, value, told, mine[rows], family[of[rows]], family, document)]
    found: dict[int, set[str]] = defaultdict(set)
    for row in rows.tolist():
        slot = at[row]
        text = tables.slice(int(slots.start[slot]), int(slots.end[slot]))
        found[int(family[of[row]])].add(text.replace(",", ""))
    return {number: sorted(values, key=lambda one: (-len(one), one)) for number, values in found.items()}


def rare(texts: Texts, keys: KeyStream) -> Bool:
    """Return which slots hold a figure that two offices do not write by chance: no year, not round, not small.

    Returns
    -------
    bool[S]
    """
    slots = keys.slots
    holds = np.zeros(len(slots.start), bool)
    for first in range(0, len(holds), _SLOTS):  # some hundred bytes a character while they are looked at
        some = slice(first, first + _SLOTS)
        start, length = slots.start[some], slots.end[some] - slots.start[some]
        rows = np.flatnonzero((slots.kind[some] == SlotKind.DIGITS) & (length > DIGITS))
        if len(rows):
            holds[first + rows] = _rare(texts, start[rows], length[rows])
    return holds


def _rare(texts: Texts, start: Int64, size: Int64) -> Bool:
    """Return which figures, given as raw ranges, are rare enough (bool[n])."""
    first = np.cumsum(size) - size
    slot = np.repeat(np.arange(len(size)), size)
    raw = texts.codes[positions(start, size)]
    code = lookup().fold[raw].astype(np.int64) - ord("0")
    comma, dot, digit = code == ord(",") - ord("0"), code == ord(".") - ord("0"), (code >= 0) & (code <= 9)

    def many(which: Bool) -> Int64:
        return np.add.reduceat(which.astype(np.int64), first)

    behind = np.cumsum(dot) - np.repeat((np.cumsum(dot) - dot)[first], size) > 0  # the dot itself included
    whole, decimals = many(digit & ~behind), many(digit & behind)
    nth: Int64 = np.cumsum(digit) - np.repeat(
        (np.cumsum(digit) - digit)[first], size
    )  # which digit of its figure, from 1
    telling = digit & (code > 0)
    last = np.maximum.reduceat(np.where(telling, nth, 0), first)
    least = np.minimum.reduceat(np.where(telling, nth, 1 << 40), first)
    plain = (many(~(comma | dot | digit)) == 0) & (many(dot) <= 1)
    century = np.zeros(len(size), np.int64)
    for place, weight in ((1, 10), (2, 1)):
        here = digit & (nth == place)
        century[slot[here]] += weight * code[here]
    year = (whole == 4) & (decimals == 0) & (many(dot) == 0) & np.isin(century, (19, 20))
    return np.asarray(
        plain & (last - least + 1 >= DIGITS) & (last > 0) & ((whole >= 4) | (decimals > 0)) & ~year, bool
    )


def _around(tables: Tables, key: Int64, start: Int64, end: Int64) -> UInt64:
    """Return the key characters around places of members as a hash."""
    value = np.zeros(len(key), np.uint64)
    codes = tables.keys.codes
    for step in range(-_CONTEXT, _CONTEXT):
        at = key + step
        inside = (at >= start) & (at < end)
        here = np.where(inside, codes[np.where(inside, at, start)], 0).astype(np.uint64)
        with np.errstate(over="ignore"):
            value = (value ^ here) * np.uint64(0x9E3779B97F4A7C15)
            value ^= value >> np.uint64(29)
    return value


def _groups(*columns: np.ndarray) -> Int64:
    """Return a number for each distinct row of some columns."""
    order = np.lexsort(columns)
    new = np.zeros(len(order), bool)
    for column in columns:
        new[1:] |= column[order][1:] != column[order][:-1]
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(new)
    return group


def _at_home(
    tables: Tables, value: UInt64, told: Int64, wanted: UInt64, family: Int64, families: Int64, document: Int64
) -> Bool:
    """Return which figures (wanted, one for a family each) stand in documents of that family only."""
    slots, documents = tables.keys.slots, tables.texts.documents
    where = tables.texts.document_of(slots.start[told])
    order = np.lexsort((where, value))
    known, where = value[order], where[order]
    new = np.ones(len(known), bool)
    new[1:] = (known[1:] != known[:-1]) | (where[1:] != where[:-1])
    known, where = known[new], where[new]
    own = np.unique(families * documents + document)
    count = np.searchsorted(known, wanted, side="right") - np.searchsorted(known, wanted)
    few = np.flatnonzero(count <= np.bincount(own // documents, minlength=int(families.max()) + 1)[family])
    count = count[few]
    row = np.repeat(few, count)
    stands = where[positions(np.searchsorted(known, wanted[few]), count)]
    away = ~np.isin(family[row] * documents + stands, own)
    home = np.zeros(len(wanted), bool)
    home[few] = True  # the others stand in more documents than the family has
    home[row[away]] = False
    return home
