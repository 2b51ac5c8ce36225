"""How much of a report is not its own, in figures that reviewers know? docs/format.md defines each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from dedup.columns import SHARE, PassageRows
from dedup.intervals import ordered
from dedup.params import LABELS
from dedup.result import Passage
from dedup.schema import Int64

COPYING = ("copy", "mass")
"""Labels whose passages have a source."""

SHARES = ("repeated", "without_formula", "without_citation", "without_self", "copied", "largest_source")
"""Rates that are shares of the text."""

COUNTS = ("longest_passage", "sources")
"""Rates that are counted."""

SHORTEST = 50
"""Characters outside page noise, below which a share says nothing."""


class Rates:
    """The rates of all reports.

    Parameters
    ----------
    passages : sequence of Passage
        Of the whole result.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        document, other, start, end = _sides(passages)
        # One row more than there are documents with passages, for all those without.
        self._longest, self._largest = np.zeros((2, int(document.max(initial=-1)) + 2), np.int64)
        np.maximum.at(self._longest, document, end - start)
        across = document != other
        document, other, start, end = (column[across] for column in (document, other, start, end))
        order = ordered(document, other, start)
        document, other, start, end = (column[order] for column in (document, other, start, end))
        pair, covered = _unions(document, other, start, end)
        np.maximum.at(self._largest, document[pair], covered)
        self._sources = np.bincount(document[pair], minlength=len(self._longest))

    def of(self, document: int, labels: Mapping[str, int]) -> dict[str, float | int | None]:
        """Return the rates of one document.

        Parameters
        ----------
        document : int
        labels : mapping of str to int
            Its characters by label.
        """
        chars = np.array([[labels.get(label, 0) for label in LABELS]], np.int64)
        (row,) = self.rows(np.array([document]), chars)
        return named(row.tolist())

    def rows(self, document: Int64, chars: Int64) -> Int64:
        """Return the rates of documents (int64[n, 8]): `SHARES` in units of one over `SHARE`, then `COUNTS`.

        -1 stands for a share of a document that is too short to have any.

        Parameters
        ----------
        document : int64[n]
        chars : int64[n, L]
            Their characters by label, as in `LABELS`.
        """
        of = {label: chars[:, row] for row, label in enumerate(LABELS)}
        whole = chars.sum(axis=1) - of["furniture"]
        repeated = whole - of["own"]
        row = np.minimum(document, len(self._longest) - 1)
        shares = (
            repeated,
            repeated - of["formula"] - of["template"],
            repeated - of["citation"],
            repeated - of["self"],
            of["copy"] + of["mass"],
            np.minimum(self._largest[row], whole),
        )
        counts = self._longest[row], self._sources[row]
        return np.column_stack([*(_shares(one, whole) for one in shares), *counts])


def named(row: Sequence[int]) -> dict[str, float | int | None]:
    """Return a row of `Rates.rows` by names."""
    shares = (None if value < 0 else value / SHARE for value in row)
    return dict(zip(SHARES, shares, strict=False)) | dict(zip(COUNTS, row[len(SHARES) :], strict=True))


def _shares(chars: Int64, whole: Int64) -> Int64:
    """Return what ``round(chars / whole, 4)`` gives, in units of one over `SHARE`."""
    share = chars / np.maximum(whole, 1)
    units = share * SHARE
    found = np.rint(units).astype(np.int64)
    # The product is rounded once more: where it comes near to a half, which is seldom, Python looks at all digits.
    for row in np.flatnonzero(np.abs(units - np.floor(units) - 0.5) < 1e-6).tolist():
        found[row] = round(round(float(share[row]), 4) * SHARE)
    return np.where(whole >= SHORTEST, found, -1)


@cache
def _copying_codes() -> tuple[int, ...]:
    return tuple(LABELS.index(label) for label in COPYING)


def _sides(passages: Sequence[Passage]) -> tuple[Int64, Int64, Int64, Int64]:
    """Return, for both sides of all copying passages, document, the other side's document, start, end (int64)."""
    if isinstance(passages, PassageRows):
        kept = np.isin(passages.label, _copying_codes())
        left, right = passages.left, passages.right
        columns = [
            np.concatenate([one[kept], other[kept]])
            for one, other in (
                (left.document, right.document),
                (right.document, left.document),
                (left.start, right.start),
                (left.end, right.end),
            )
        ]
        return columns[0], columns[1], columns[2], columns[3]
    rows = [
        (one.document, other.document, one.start, one.end)
        for passage in passages
        if passage.label in COPYING
        for one, other in ((passage.left, passage.right), (passage.right, passage.left))
    ]
    document, other, start, end = np.array(rows, np.int64).reshape(-1, 4).T
    return document, other, start, end


def _unions(document: Int64, other: Int64, start: Int64, end: Int64) -> tuple[Int64, Int64]:
    """Return the first row of each run of equal pairs, and how many positions its ranges cover (sorted rows)."""
    if not len(start):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    new = np.ones(len(start), bool)
    new[1:] = (document[1:] != document[:-1]) | (other[1:] != other[:-1])
    first = np.flatnonzero(new)
    # Each pair is moved beyond the one before it, so that one running maximum serves all.
    shift = (np.cumsum(new) - 1) * (int(end.max()) + 1)
    reach = np.maximum.accumulate(end + shift)
    before = np.concatenate([[0], reach[:-1]])
    fresh = np.maximum(0, end + shift - np.maximum(start + shift, before))
    return first, np.add.reduceat(fresh, first)
