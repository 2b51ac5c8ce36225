"""Which paragraphs might be near duplicates? Answers with candidate pairs: exact groups first, then LSH bands.

Bands are chosen from the threshold by their S-curve, so that a pair exactly at the threshold becomes a candidate
with the probability that `Params.recall` asks for. What the choice lets in beyond that is no loss of precision, for
every candidate is verified exactly; it only costs time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dedup.kernels import minhash
from dedup.params import Params
from dedup.result import Limit
from dedup.schema import Int64, Pairs, Sketches, UInt64


@dataclass(frozen=True, slots=True)
class Banding:
    """So many bands of so many rows, and the chance that a pair at the threshold meets in one of them."""

    bands: int
    rows: int
    recall: float


def banding(threshold: float, num_perm: int, recall: float) -> Banding:
    """Choose the most selective banding whose recall at the threshold is at least the one asked for.

    Parameters
    ----------
    threshold : float
        Jaccard index.
    num_perm : int
        Values in a signature; ``bands * rows`` is at most this.
    recall : float
        Least ``1 - (1 - threshold ** rows) ** bands`` (Leskovec, Rajaraman, Ullman, section 3.4.2).

    Returns
    -------
    Banding
        The largest ``rows`` that keeps the recall, with all the bands the signature has room for. Where even one
        row a band does not keep it (a low threshold, few values), one row a band is taken and `recall` says so.

    Examples
    --------
    >>> banding(0.7, 128, 0.99)
    Banding(bands=25, rows=5, recall=0.990015...)
    """
    best = Banding(num_perm, 1, _curve(threshold, num_perm, 1))
    for rows in range(2, num_perm + 1):
        bands = num_perm // rows
        reached = _curve(threshold, bands, rows)
        if reached >= recall:
            best = Banding(bands, rows, reached)
    return best


def _curve(jaccard: float, bands: int, rows: int) -> float:
    """Return the chance that a pair of this Jaccard index agrees in all rows of some band."""
    return float(1.0 - (1.0 - jaccard**rows) ** bands)


def groups(digest: UInt64) -> tuple[Int64, Int64]:
    """Collapse paragraphs with equal digests.

    Parameters
    ----------
    digest : uint64[P, 2]

    Returns
    -------
    first : int64[G]
        The first paragraph of each group, ascending.
    group : int64[P]
        The group of each paragraph: ``first[group[p]] <= p``.
    """
    order = np.lexsort((digest[:, 1], digest[:, 0]))  # stable: ascending rows within a group
    ordered = digest[order]
    new = np.ones(len(order), bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    heads = order[new]
    rank = np.argsort(np.argsort(heads))
    group = np.empty(len(order), np.int64)
    group[order] = rank[np.cumsum(new) - 1]
    return np.sort(heads), group


def pair(sketches: Sketches, empty: np.ndarray, params: Params) -> tuple[Pairs, list[Limit]]:
    """Return the candidate pairs among sketched paragraphs, unverified.

    Parameters
    ----------
    sketches : Sketches
        Of distinct paragraphs (exact copies collapsed).
    empty : bool[P]
        Rows without shingles; they take part in nothing.
    params : Params
        ``threshold``, ``num_perm``, ``recall``, ``bucket``.

    Returns
    -------
    Pairs
        ``left < right``, distinct, sorted; Jaccard not yet known (nan).
    list of Limit
        One entry if some bucket was larger than ``params.bucket``.

    Notes
    -----
    LSH by bands (Indyk, Motwani 1998; Leskovec et al., chapter 3). A member of a bucket of n meets the bucket's
    first ``bucket`` members, so a flood of n near copies costs ``n * bucket``, not n squared; every member still
    meets a representative in each band. Cost: O(bands * P) plus the pairs.
    """
    chosen = banding(params.threshold, params.num_perm, params.recall)
    rows = np.flatnonzero(~empty)
    values = sketches.values[rows]
    n = len(rows)
    table = np.empty(1 << max(4, int(2 * n).bit_length()), np.int64)
    scratch = [np.empty(n, np.int64) for _ in range(4)]
    packed: list[UInt64] = []
    none = np.empty(0, np.uint64)
    over = 0
    largest = 0
    for band in range(chosen.bands):
        count = 0
        for out in (none, None):  # count first, then write: no guess about how many pairs a band has
            if out is None:
                out = np.empty(count, np.uint64)
                packed.append(out)
            if out is none or count:
                table.fill(-1)
                first_of, following, last, size = scratch
                count = minhash.bucket_pairs(
                    values, np.int64(band), np.int64(chosen.rows), np.int64(params.bucket), table, first_of,
                    following, last, size, out,
                )  # fmt: skip
        sizes = scratch[3][scratch[0][:n] == np.arange(n)]
        over += int((sizes > params.bucket).sum())
        largest = max(largest, int(sizes.max(initial=0)))
    merged = np.unique(np.concatenate(packed)) if packed else none
    left = rows[(merged >> np.uint64(32)).astype(np.int64)]
    right = rows[(merged & np.uint64(0xFFFFFFFF)).astype(np.int64)]
    limits = []
    if over:
        limits.append(Limit("band bucket", over, params.bucket, f"largest {largest}"))
    return unverified(left, right), limits


def unverified(left: Int64, right: Int64) -> Pairs:
    """Return a table of pairs whose Jaccard index is not yet known."""
    unknown = np.full(len(left), np.nan)
    return Pairs(
        left=left,
        right=right,
        shared=np.zeros(len(left), np.int64),
        jaccard=unknown,
        contained_left=unknown,
        contained_right=unknown,
    )
