"""Which paragraphs might be near duplicates? Answers with candidate pairs: exact groups first, then LSH bands.

Bands are chosen from the threshold by their S-curve, so that a pair exactly at the threshold becomes a candidate
with the probability that `Params.recall` asks for. What the choice lets in beyond that is no loss of precision, for
every candidate is verified exactly; it only costs time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dedup.kernels import buckets
from dedup.params import Params
from dedup.result import Limit
from dedup.schema import Bool, Int64, Pairs, UInt64

REPRESENTATIVES = 8
"""Members of an overfull bucket whom all its members are compared with.

As many as the bucket's bound, 64, made twelve million pairs of 50,000 variants of one paragraph; eight make two, and
the same components.
"""


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
    >>> chosen = banding(0.7, 128, 0.99)
    >>> chosen.bands, chosen.rows, round(chosen.recall, 4)
    (32, 4, 0.9998)
    """
    best = Banding(num_perm, 1, chance(threshold, num_perm, 1))
    for rows in range(2, num_perm + 1):
        bands = num_perm // rows
        reached = chance(threshold, bands, rows)
        if reached >= recall:
            best = Banding(bands, rows, reached)
    return best


def chance(jaccard: float, bands: int, rows: int) -> float:
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

    Notes
    -----
    O(P): a radix sort of 32 bits of each digest, then whole digests are compared.
    """
    count = len(digest)
    head = np.empty(count, np.int64)
    buckets.groups(digest, np.empty(count, np.uint64), np.empty(count, np.uint64), head)
    first = np.flatnonzero(head == np.arange(count))
    number = np.empty(count, np.int64)
    number[first] = np.arange(len(first))
    return first, number[head]


def pair(words: UInt64, params: Params) -> tuple[Pairs, list[Limit]]:
    """Return the candidate pairs among paragraphs, unverified.

    Parameters
    ----------
    words : uint64[bands, P]
        Key and row of each distinct paragraph in each band, see `dedup.steps.sketch.band_words`. Overwritten, for
        they are sorted in place: a copy would be the largest table of the scan after the texts.
    params : Params
        ``bucket``.

    Returns
    -------
    Pairs
        ``left < right``, distinct, sorted; Jaccard not yet known (nan).
    list of Limit
        One entry if some bucket was larger than ``params.bucket``.

    Notes
    -----
    LSH by bands (Indyk, Motwani 1998; Leskovec et al., chapter 3). The members of a bucket larger than ``bucket``
    meet its first few only, so that a flood of n near copies costs n, not n squared; every member still meets
    representatives in each band. Cost: O(bands * P) plus the pairs.
    """
    bands = len(words)
    bounds = np.int64(params.bucket), np.int64(min(params.bucket, REPRESENTATIVES))
    kept, count, over, largest = (np.zeros(bands, np.int64) for _ in range(4))
    buckets.sort_bands(words, *bounds, kept, count, over, largest)
    found = np.empty(int(count.sum()), np.uint64)
    buckets.write_pairs(words, kept, *bounds, np.cumsum(count) - count, found)
    found = found[: buckets.distinct(found, np.empty_like(found))]
    limits = []
    if over.any():
        limits.append(Limit("band bucket", int(over.sum()), params.bucket, f"largest {int(largest.max())}"))
    left = (found >> np.uint64(32)).astype(np.int64)
    right = (found & np.uint64(0xFFFFFFFF)).astype(np.int64)
    return unverified(left, right), limits


def touched(pairs: Pairs, group: Int64) -> Bool:
    """Return which groups' shingle sets will be asked for: those in a pair, and those of several members.

    Parameters
    ----------
    pairs : Pairs
        Candidate pairs of groups.
    group : int64[P]
        The group of each paragraph, see `groups`.

    Returns
    -------
    bool[G]
        In a corpus where most paragraphs are like no other, a small share.
    """
    wanted = np.bincount(group) > 1
    wanted[pairs.left] = True
    wanted[pairs.right] = True
    return wanted


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
