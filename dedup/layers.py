"""In which order do labels decide, and which lies over which? The two orders, and painting by them.

Who labels a scan (`dedup.steps.label`) and who labels a result again (`dedup.relabel`) must do the same: they do it
here.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from dedup.intervals import merged, ordered, without
from dedup.kernels.paint import paint
from dedup.params import LABELS
from dedup.schema import Int64, Reason, UInt8

ORDER: tuple[tuple[str, Reason], ...] = (
    ("furniture", Reason.PAGE_NOISE),
    ("furniture", Reason.TITLES),
    ("template", Reason.TEMPLATE),
    ("citation", Reason.REFERENCE),
    ("citation", Reason.QUOTED),
    ("formula", Reason.COMMON),
    ("formula", Reason.CONTEXT),
    ("formula", Reason.AROUND),
    ("self", Reason.ONE_REPORT),
    ("self", Reason.ONE_ISSUER),
    ("mass", Reason.MANY_ISSUERS),
    ("formula", Reason.STRUNG),  # a long one that five issuers have is no accident, so mass comes first
)
"""Rules in the order of decision: a family has the label of the first one that holds and is switched on."""

PAINTED = ("formula", "copy", "mass", "self", "citation", "template", "furniture")
"""Labels from the lowest layer to the highest. A formula inside a longer copied block was copied with the block, so
copying lies over formula; what the page or a quotation explains lies over both."""

UNPAINTED = (Reason.PAGE_NOISE, Reason.TEMPLATE)
"""Families of these colour nothing: what page noise repeats is no noise itself, and what is written into a form is
not the form. There only the ranges are painted."""

_LAYER = np.zeros(len(LABELS), np.int64)
_LAYER[[LABELS.index(name) for name in PAINTED]] = range(len(PAINTED))


def decision(holds: Collection[Reason], labels: Collection[str]) -> tuple[str, Reason]:
    """Return label and reason of a family of which these rules hold, where these labels are switched on."""
    found = ((name, why) for name, why in ORDER if why in holds and name in labels)
    return next(found, ("copy", Reason.REST))


def layered(
    borders: Int64, start: Int64, end: Int64, label: UInt8, owner: Int64
) -> tuple[Int64, Int64, UInt8, Int64]:
    """Paint ranges over one another and read off the runs of equal label and owner.

    Parameters
    ----------
    borders : int64[D+1]
        Where documents begin, and the end; each ends a run.
    start, end : int64[n]
    label : uint8[n]
    owner : int64[n]
        The family, -1 for a range of page noise, form or reference.

    Returns
    -------
    start, end : int64[U]
        Together all positions.
    label : uint8[U]
        ``own`` where there is nothing.
    owner : int64[U]
        -1 where there is no family.

    Notes
    -----
    Within a label longer ranges first, so that an inner copy's family shows inside the outer one; of equal ones the
    later; those without a family last of all.

    Between two neighbouring ends of anything nothing changes: what is painted is not positions but the stretches
    between them, some hundred times fewer.
    """
    places = np.concatenate([borders, start, end])
    order = ordered(places)
    places = places[order]
    new = np.ones(len(places), bool)
    np.not_equal(places[1:], places[:-1], out=new[1:])
    stretch = np.empty(len(places), np.int64)
    stretch[order] = np.cumsum(new) - 1
    at = places[new]
    border, first, last = np.split(stretch, [len(borders), len(borders) + len(start)])
    labels = np.full(len(at) - 1, LABELS.index("own"), np.uint8)
    owners = np.full(len(labels), -1, np.int32)
    size = end - start
    order = ordered(_LAYER[label], (owner < 0).astype(np.int64), size.max(initial=0) - size)
    paint(first[order], last[order], label[order], owner[order], labels, owners)
    change = np.ones(len(labels), bool)
    change[1:] = (labels[1:] != labels[:-1]) | (owners[1:] != owners[:-1])
    change[border[border < len(change)]] = True
    begun = np.flatnonzero(change)
    return (
        at[begun],
        at[np.append(begun[1:], len(labels))[: len(begun)]],
        labels[begun],
        owners[begun].astype(np.int64),
    )


def hidden(ranges: Int64, code: int, shown: Int64, borders: Int64) -> Int64:
    """Return what is not shown of the ranges of a label (int64[n, 3]: start, end, label).

    Parameters
    ----------
    ranges : int64[n, 2]
        Sorted, disjoint.
    code : int
        Index of the label.
    shown : int64[m, 2]
        Where they are painted: sorted, disjoint.
    borders : int64[D + 1]
        Where documents begin and end; no range that is returned crosses one.
    """
    rest = without(ranges, merged(shown))
    if len(rest):
        inner = borders[(borders > rest[0, 0]) & (borders < rest[-1, 1])]
        row = np.searchsorted(rest[:, 0], inner, side="left") - 1
        cuts = inner[(row >= 0) & (inner < rest[np.maximum(row, 0), 1])]
        rest = np.sort(np.concatenate([rest.ravel(), cuts, cuts])).reshape(-1, 2)
    return np.column_stack([rest, np.full(len(rest), code, np.int64)])
