"""Is a candidate pair a pair? Answers with exact Jaccard indices and containments; the rest is dropped.

No estimate from sketches is ever reported: precision is 1 because each pair's sets are intersected in full.
"""

from __future__ import annotations

import numpy as np

from dedup.kernels import sets
from dedup.schema import Pairs, Shingles


def verify(pairs: Pairs, shingles: Shingles, threshold: float) -> Pairs:
    """Return the candidates whose exact Jaccard index is at least the threshold.

    Parameters
    ----------
    pairs : Pairs
        Rows refer to `shingles`.
    shingles : Shingles
    threshold : float

    Returns
    -------
    Pairs
        The same rows in the same order, those below the threshold left out, all columns exact.

    Notes
    -----
    Merge of sorted sets with early exit; O(|A| + |B|) a pair. The comparison is made on whole numbers divided
    once, ``shared / union``, exactly as a reader of the result would do it.
    """
    shared = np.empty(len(pairs.left), np.int64)
    sets.shared(pairs.left, pairs.right, shingles.indptr, shingles.length, shingles.hashes, threshold, shared)
    size_left = shingles.length[pairs.left]
    size_right = shingles.length[pairs.right]
    union = size_left + size_right - shared
    keep = shared > 0
    jaccard = np.zeros(len(shared))
    jaccard[keep] = shared[keep] / union[keep]
    keep &= jaccard >= threshold
    return Pairs(
        left=pairs.left[keep],
        right=pairs.right[keep],
        shared=shared[keep],
        jaccard=jaccard[keep],
        contained_left=shared[keep] / size_left[keep],
        contained_right=shared[keep] / size_right[keep],
    )
