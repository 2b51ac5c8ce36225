"""Which k-grams does each paragraph have? Answers with a sorted set of 64-bit hashes per paragraph.

Character k-grams of the key stream, not words: Chinese has no spaces, and segmenters disagree exactly where a
copy was edited. Hashes are taken from the array of code points, so that no Python string is ever made.
"""

from __future__ import annotations

import numpy as np

from dedup.kernels import hashing
from dedup.schema import Bool, Int64, KeyStream, Segments, Shingles, UInt64


def digest(keys: KeyStream, segments: Segments) -> UInt64:
    """Return a 128-bit digest of the key text of each paragraph (uint64[P, 2]).

    Notes
    -----
    Paragraphs with equal digests are exact copies up to what the key stream folds; they are collapsed before
    anything else is computed. At 128 bits, a million paragraphs collide with probability below 1e-26.
    """
    out = np.empty((len(segments.start), 2), np.uint64)
    hashing.digests(keys.codes, segments.start, segments.end, out)
    return out


def shingle(keys: KeyStream, segments: Segments, rows: Int64, k: int, wanted: Bool | None = None) -> Shingles:
    """Return the k-gram sets of some paragraphs.

    Parameters
    ----------
    keys : KeyStream
    segments : Segments
    rows : int64[P]
        Row ``p`` of the answer is paragraph ``rows[p]``.
    k : int
        Characters in a shingle.
    wanted : bool[P], optional
        Rows whose sets will be asked for; the others get the empty set, and neither time nor memory is spent on them.

    Returns
    -------
    Shingles
        A paragraph shorter than ``k`` has the empty set.

    Notes
    -----
    Cost: O(n) for a paragraph of n characters; 8 bytes a character until the sets are dropped.
    """
    start, end = segments.start[rows], segments.end[rows]
    places = np.maximum(end - start - k + 1, 0)
    if wanted is not None:
        places[~wanted] = 0
    indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(places)])
    hashes = np.empty(indptr[-1], np.uint64)
    length = np.empty(len(rows), np.int64)
    hashing.shingles(keys.codes, start, end, indptr, np.int64(k), hashes, length)
    return Shingles(indptr=indptr, length=length, hashes=hashes)
