"""Is this family a form that several offices filled in? Answers with the form, as it could be given to a scan.

In a copied block the same places change little. In a form that was filled in, constant runs and blanks take turns,
and in each blank nearly everybody has something else. What is found is shown, never applied: whether a form was given
to all or taken from one is for a person to say. ``dedup report RESULT.json --forms DIR`` writes the forms out, for
``dedup scan --template``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dedup.intervals import positions
from dedup.kernels import forms as kernels
from dedup.kernels.threads import shared
from dedup.schema import Bool, Int64, UInt32

if TYPE_CHECKING:
    from dedup.provenance import Tables

ISSUERS = 3
"""Independent issuers from which a family may be a form."""

COMPARED = 12
"""Members that are compared with the medoid, spread over the family."""

SHORTEST, LONGEST = 40, 4_000
"""Key characters of a medoid that is looked at."""

AGREED = 0.75
"""Share of the members that must have a character for it to be the form's."""

CONSTANT = 8
"""Key characters of a constant run that counts; two are needed, and shorter ones than 3 belong to the blank."""

BLANKS = 2
"""Blanks, each with mostly different values, that make a form."""

BLANK = "＿＿＿＿"

FEW = 24
"""Families up to which strings are faster than to load the kernel."""

EDITS = 500
"""Edits up to which a member is compared with the medoid by our own kernel; beyond, RapidFuzz divides the work."""


def may_be_form(tables: Tables, numbers: Int64) -> Bool:
    """Return which families, given by row, have issuers enough and the length of a form (bool[n])."""
    families = tables.families
    medoid = families.medoid[numbers]
    size = families.end[medoid] - families.start[medoid]
    return (tables.labels.issuers[numbers] >= ISSUERS) & (size >= SHORTEST) & (size <= LONGEST)


@dataclass(frozen=True, slots=True)
class Forms:
    """Forms of families.

    row : int64[n]                 positions among the families asked about, ascending
    blanks, constant : int64[n]    how many blanks, and how many characters of the medoid are the form's
    codes : uint32[...]            the forms, anywhere in here
    start, end : int64[n]          form r is ``codes[start[r]:end[r]]``
    """

    row: Int64
    blanks: Int64
    constant: Int64
    codes: UInt32
    start: Int64
    end: Int64


def proposed(tables: Tables, numbers: Int64) -> Forms:
    """Return which families are forms, and the forms: the medoids, a line in place of each blank and each figure.

    Parameters
    ----------
    tables : Tables
    numbers : int64[n]
        Rows of families that may be forms (`may_be_form`).

    Notes
    -----
    Up to twelve members against the medoid by Levenshtein distance; a column of the medoid is constant if three in
    four have it, what lies between constant columns is a blank if more than half of the members differ there from one
    another.
    """
    families = tables.families
    medoid = families.medoid[numbers]
    start, end = families.start[medoid], families.end[medoid]
    other, ptr = _spread(families.indptr[numbers], families.indptr[numbers + 1], medoid)
    room = np.concatenate([[0], np.cumsum(end - start + 1)])
    out = np.empty((int(room[-1]), 2), np.int64)
    place, count, told = np.empty((3, len(numbers)), np.int64)
    if len(numbers) <= FEW:
        place[:], count[:] = room[:-1], -1
    else:
        shared(
            kernels.blanks, len(numbers),
            tables.keys.codes, start, end, ptr, families.start[other], families.end[other], np.int64(EDITS), AGREED,
            np.int64(BLANKS), np.int64(CONSTANT), room, out, place, count, told,
        )  # fmt: skip
    for row in np.flatnonzero(count < 0).tolist():
        rows = other[ptr[row] : ptr[row + 1]]
        ends = zip(families.start[rows].tolist(), families.end[rows].tolist(), strict=True)
        text = tables.key_text(int(start[row]), int(end[row]))
        found = _by_strings(text, [tables.key_text(*one) for one in ends])
        count[row], told[row] = found[1:]
        out[place[row] : place[row] + count[row]] = found[0]
    rows = np.flatnonzero(count)
    blank = out[positions(place[rows], count[rows])] + np.repeat(start[rows], count[rows])[:, None]
    return Forms(rows, count[rows], told[rows], *_drawn(tables, start[rows], end[rows], blank, count[rows]))


def _spread(first: Int64, last: Int64, medoid: Int64) -> tuple[Int64, Int64]:
    """Return members of families that are compared with the medoid, spread over the family, and whose they are."""
    others = last - first - 1
    step = -(-others // COMPARED)
    count = -(-others // np.maximum(step, 1))
    ptr = np.concatenate([[0], np.cumsum(count)])
    nth = (np.arange(int(ptr[-1])) - np.repeat(ptr[:-1], count)) * np.repeat(step, count)
    row = np.repeat(first, count) + nth
    return row + (row >= np.repeat(medoid, count)), ptr


def _by_strings(text: str, others: list[str]) -> tuple[Int64, int, int]:
    """Return blanks, how many, and the characters of the form, as `dedup.kernels.forms.blanks` does.

    For few families, and those whose members are so far apart that RapidFuzz is faster.
    """
    from rapidfuzz.distance import Levenshtein

    # How many more members begin to agree at a column, and how many put something in before it.
    turns, inserted = [0] * (len(text) + 1), [0] * (len(text) + 1)
    values: list[list[tuple[int, int, str]]] = []
    for other in others:
        ops: list[tuple[str, int, int, int, int]] = Levenshtein.opcodes(text, other).as_list()  # type: ignore[assignment]
        rows = []
        for tag, low, high, first, last in ops:
            if tag == "equal":
                turns[low] += 1
                turns[high] -= 1
            else:
                rows.append((low, high, other[first:last]))
                inserted[low] += low == high
        values.append(rows)
    constant = _smoothed(np.cumsum(turns)[:-1] >= AGREED * len(others))
    found: list[tuple[int, int]] = []
    for low, high in _gaps(constant, np.array(inserted) >= AGREED * len(others)):
        told = {text[low:high]}
        for rows in values:
            told.add("".join(value for first, last, value in rows if low <= first and last <= high) or text[low:high])
        if 2 * len(told) > len(others):
            found.append((low, high))
    borders = [0, *(at for blank in found for at in blank), len(text)]
    runs = [high - low for low, high in zip(borders[::2], borders[1::2], strict=True)]
    if len(found) < BLANKS or sum(run >= CONSTANT for run in runs) < 2 or 2 * sum(runs) < len(text):
        found = []
    return np.array(found, np.int64).reshape(-1, 2), len(found), sum(runs)


def _smoothed(constant: Bool) -> Bool:
    """Return the columns with constant runs of under three taken out: chance agreement inside of answers."""
    padded = np.concatenate([[False], constant, [False]])
    change = np.flatnonzero(padded[1:] != padded[:-1])
    smooth = constant.copy()
    for low, high in zip(change[::2].tolist(), change[1::2].tolist(), strict=True):
        if high - low < 3:
            smooth[low:high] = False
    return smooth


def _gaps(constant: Bool, inserted: Bool) -> list[tuple[int, int]]:
    """Return what lies between constant columns, and the places between them where most put something in."""
    edges: Int64 = np.flatnonzero(np.concatenate([[True], constant, [True]])) - 1
    return [
        (low + 1, high)
        for low, high in pairwise(edges.tolist())
        if high - low > 1 or (inserted[high] and 0 < high < len(constant))
    ]


def _drawn(tables: Tables, start: Int64, end: Int64, blank: Int64, count: Int64) -> tuple[UInt32, Int64, Int64]:
    """Return medoids, given as key ranges, as they stand, a line in place of each blank and of each figure.

    blank : int64[H, 2]    key ranges, those of one medoid after those of another
    count : int64[n]       how many each has
    """
    keys, slots = tables.keys, tables.keys.slots
    raw_start, raw_end = keys.raw_span(start, end) if len(start) else (start, end)
    low, high = keys.origin[blank[:, 0]].astype(np.int64), keys.origin[blank[:, 0]].astype(np.int64)
    rows = np.flatnonzero(blank[:, 0] < blank[:, 1])
    high[rows] = keys.raw_span(blank[rows, 0], blank[rows, 1])[1]
    inside = np.searchsorted(slots.start, raw_start), np.searchsorted(slots.start, raw_end)
    room = raw_end - raw_start + len(BLANK) * (inside[1] - inside[0] + count)
    ptr, out_ptr = (np.concatenate([[0], np.cumsum(one)]) for one in (count, room))
    out = np.empty(int(out_ptr[-1]), np.uint32)
    place, size = np.empty((2, len(start)), np.int64)
    shared(
        kernels.forms, len(start),
        tables.texts.codes, raw_start, raw_end, slots.start, slots.end, *inside, ptr, low, high,
        np.uint32(ord(BLANK[0])), np.int64(len(BLANK)), out_ptr, out, place, size,
    )  # fmt: skip
    return out, place, place + size
