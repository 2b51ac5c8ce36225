"""What does a paragraph's set look like in 128 numbers? Answers with MinHash signatures.

The signature is *defined* by datasketch (scheme affine32), whose permutations are drawn here from its own
generator; a kernel computes the same values faster, and tests pin the equality. Anyone can therefore carry our
sketches into datasketch's LSH, Forest, Ensemble and storage back ends, and back.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from dedup.kernels import minhash
from dedup.schema import Shingles, Sketches, UInt32

SCHEME = "affine32"
"""The permutation scheme, stored with every index: datasketch has changed its default once already."""


@lru_cache(maxsize=8)
def permutations(num_perm: int, seed: int) -> tuple[UInt32, UInt32]:
    """Return datasketch's multipliers and addends, uint32[num_perm] each.

    Notes
    -----
    Asked of datasketch itself rather than copied: should it ever draw them differently, the pinned test fails
    instead of two libraries silently disagreeing.
    """
    from datasketch import MinHash

    a, b = MinHash(num_perm=num_perm, seed=seed, scheme=SCHEME).permutations
    return np.ascontiguousarray(a, np.uint32), np.ascontiguousarray(b, np.uint32)


def sketch(shingles: Shingles, num_perm: int, seed: int) -> Sketches:
    """Return the MinHash signature of each set (Broder 1997).

    Parameters
    ----------
    shingles : Shingles
    num_perm, seed : int
        As in ``datasketch.MinHash``.

    Returns
    -------
    Sketches
        ``values[p]`` equals ``MinHash(num_perm, seed, hashfunc=lambda h: h & 0xffffffff).update`` over the set.

    Notes
    -----
    Cost: ``num_perm`` multiply-add-min per shingle, vectorised.
    """
    a, b = permutations(num_perm, seed)
    values = np.empty((len(shingles.length), num_perm), np.uint32)
    minhash.signatures(shingles.indptr, shingles.length, shingles.hashes, a, b, values)
    return Sketches(values=values)
