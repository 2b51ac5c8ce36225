"""Which passages are one copy from which something was left out? Answers with passages, fewer and longer.

A copy that lost two sentences, or got a paragraph of its writer's own, is still one copy to whoever reads it. Chains
stop at such a gap (`dedup.steps.align`), for there it is not known yet what else stands between the same reports.
Here all passages are known, and their ends are final.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np

from dedup.intervals import ordered
from dedup.kernels import bridges
from dedup.kernels.owners import document_of
from dedup.params import Params
from dedup.schema import Float64, Int64, KeyStream, PassageKind, Passages

LONGEST = 4
"""Most characters between two pieces of one copy, in ``max_gap``."""

FLOOR = 0.6
"""Identity below which what stands between counts against a bridge, as inside of a passage."""

USUAL = 1.4
"""Bits a character up to which wording is everybody's, as in `dedup.steps.align`."""


def bridge(
    keys: KeyStream, borders: Int64, passages: Passages, rarity: Callable[[Int64, Int64], Float64], params: Params
) -> Passages:
    """Return the passages, those joined that are one copy.

    Parameters
    ----------
    keys : KeyStream
    borders : int64[B]
        Key positions where reports and the parts of collection files begin, and the end.
    passages : Passages
        All between the same reports, and all that their reports have with others.
    rarity : callable
        Bits of key ranges (int64 starts and ends in, float64 out).
    params : Params
        ``threshold``, ``max_gap``.

    Returns
    -------
    Passages
        Sorted by left start, right start. Ends are ends of given passages; a joint passage reaches the threshold.

    Notes
    -----
    Two passages of one pair of reports are joined if they follow each other in the same order on both sides, with
    nothing or little between them on one side; if what is between them is small beside them, or agrees in part; and
    if no third report has one of them without the other: a paragraph that is in everybody's hands and happens to
    stand beside a copy is no part of it. O(passages with a neighbour).
    """
    if len(passages.wording) < 2:
        return passages
    start, end = (
        np.stack([getattr(passages, f"{side}_{name}") for side in ("left", "right")]) for name in ("start", "end")
    )
    unit = document_of(borders, start.ravel()).reshape(start.shape).astype(np.int64)
    order = ordered(unit[0], unit[1], start[0], start[1])
    change = (np.diff(unit[:, order]) != 0).any(axis=0)
    together = np.flatnonzero(~np.concatenate([[True], change]) | ~np.concatenate([change, [True]]))
    order, change = order[together], change[together[:-1]]
    group = np.concatenate([[0], np.flatnonzero(change) + 1, [len(order)]]).astype(np.int64)
    if not len(order):
        return passages
    rows = np.stack([start[0], end[0], start[1], end[1], passages.matches], axis=1)[order]
    usual = rarity(rows[:, 0].copy(), rows[:, 1].copy()) <= USUAL * (rows[:, 1] - rows[:, 0])
    longest, floor = np.int64(LONGEST * params.max_gap), np.int64(round(1000 * min(FLOOR, params.threshold)))
    strict = np.int64(ceil(1000 * params.threshold - 1e-9))
    by_start = ordered(start.ravel())
    sides = np.stack([column.ravel()[by_start] for column in (start, end, unit, unit[::-1])])
    owner = np.empty(len(order), np.int64)
    # Columns taken out of a matrix lie this way or that, as their number is; numba compiles for each.
    pairs = np.ascontiguousarray(unit[:, order[group[:-1]]])
    bridges.bridge(keys.codes, rows, group, pairs, usual.astype(np.uint8), sides, longest, floor, strict, owner)
    return _joined(passages, order, rows, owner)


def _joined(passages: Passages, order: Int64, rows: Int64, owner: Int64) -> Passages:
    """Return the passages with the rows ``order`` of them replaced by joint ones."""
    left = np.zeros(len(passages.wording), bool)
    left[order[owner != np.arange(len(order))]] = True
    if not left.any():
        return passages
    columns = {name: getattr(passages, name).copy() for name in Passages.__slots__}
    for column, name in enumerate(("left_start", "left_end", "right_start", "right_end", "matches")):
        columns[name][order] = rows[:, column]
    grown = np.unique(order[owner[owner != np.arange(len(order))]])
    length = rows[:, 1] - rows[:, 0] + rows[:, 3] - rows[:, 2]
    wording = columns["wording"].copy()
    wording[order] = 2 * rows[:, 4] / np.maximum(length, 1)  # nothing is left of some that were joined
    columns["wording"][grown] = wording[grown]
    shuffled = columns["kind"][order] == PassageKind.SHUFFLED
    np.maximum.at(columns["kind"], order[owner[shuffled]], np.uint8(PassageKind.SHUFFLED))
    kept = np.flatnonzero(~left)
    kept = kept[ordered(columns["left_start"][kept], columns["right_start"][kept])]
    return Passages(**{name: column[kept] for name, column in columns.items()})
