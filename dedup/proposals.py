"""Is this family a form that several offices filled in? Answers with the form, as it could be given to a scan.

In a copied block the same places change little. In a form that was filled in, constant runs and blanks take turns,
and in each blank nearly everybody has something else. What is found is shown, never applied: whether a form was given
to all or taken from one is for a person to say. ``dedup report RESULT.json --forms DIR`` writes the forms out, for
``dedup scan --template``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dedup.result import Evidence
from dedup.schema import Bool, Int64

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


def may_be_form(tables: Tables, numbers: Int64) -> Bool:
    """Return which families, given by row, have issuers enough and the length of a form (bool[n])."""
    families = tables.families
    medoid = families.medoid[numbers]
    size = families.end[medoid] - families.start[medoid]
    return (tables.labels.issuers[numbers] >= ISSUERS) & (size >= SHORTEST) & (size <= LONGEST)


def proposed(tables: Tables, number: int) -> Evidence | None:
    """Return the evidence that a family is a form, or None.

    Parameters
    ----------
    tables : Tables
    number : int
        Row of a family that may be one (`may_be_form`).

    Notes
    -----
    Up to twelve members against the medoid by Levenshtein distance; a column of the medoid is constant if three in
    four have it, what lies between constant columns is a blank if more than half of the members differ there from one
    another.
    """
    families = tables.families
    medoid = int(families.medoid[number])
    start, end = int(families.start[medoid]), int(families.end[medoid])
    rows = [row for row in range(int(families.indptr[number]), int(families.indptr[number + 1])) if row != medoid]
    step = -(-len(rows) // COMPARED)
    others = [tables.key_text(int(families.start[row]), int(families.end[row])) for row in rows[::step]]
    text = tables.key_text(start, end)
    blanks = _blanks(text, others)
    borders = [0, *(at for blank in blanks for at in blank), len(text)]
    runs = [high - low for low, high in zip(borders[::2], borders[1::2], strict=True)]
    if len(blanks) < BLANKS or sum(run >= CONSTANT for run in runs) < 2 or 2 * sum(runs) < len(text):
        return None
    return Evidence("form", {"blanks": len(blanks), "constant": sum(runs), "form": _form(tables, start, end, blanks)})


def _blanks(text: str, others: list[str]) -> list[tuple[int, int]]:
    """Return the ranges of the medoid where the members mostly have something else (empty: something more).

    None where they are fewer than a form has, however they are filled in.
    """
    from rapidfuzz.distance import Levenshtein

    # How many more members begin to agree at a column, and how many put something in before it. Lists: the dozen
    # changes of each of thousands of families are counted in half the time that arrays of them take.
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
    gaps = _gaps(constant, np.array(inserted) >= AGREED * len(others))
    if len(gaps) < BLANKS:
        return found
    for low, high in gaps:
        told = {text[low:high]}
        for rows in values:
            told.add("".join(value for first, last, value in rows if low <= first and last <= high) or text[low:high])
        if 2 * len(told) > len(others):
            found.append((low, high))
    return found


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


def _form(tables: Tables, start: int, end: int, blanks: list[tuple[int, int]]) -> str:
    """Return the medoid as it stands, a line in place of each blank and of each figure."""
    raw_start, raw_end = tables.keys.raw_span(np.array([start]), np.array([end]))
    holes = [(start + low, start + high) for low, high in blanks]
    slots = tables.keys.slots
    inside = np.searchsorted(slots.start, [raw_start[0], raw_end[0]])
    ranges = list(zip(slots.start[slice(*inside)].tolist(), slots.end[slice(*inside)].tolist(), strict=True))
    for low, high in holes:
        if high > low:
            first, last = tables.keys.raw_span(np.array([low]), np.array([high]))
            ranges.append((int(first[0]), int(last[0])))
        else:
            ranges.append((int(tables.keys.origin[low]),) * 2)
    text, at = "", int(raw_start[0])
    for low, high in sorted(ranges):
        if low >= at:
            text += tables.slice(at, low) + ("" if text.endswith(BLANK) and low == at else BLANK)
        at = max(at, high)
    return text + tables.slice(at, int(raw_end[0]))
