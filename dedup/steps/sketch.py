"""What does a paragraph's set look like in 128 numbers? Answers with MinHash signatures.

The signature is *defined* by datasketch (scheme affine32); a kernel computes the same values faster, and tests pin
the equality. Anyone can therefore carry our
sketches into datasketch's LSH, Forest, Ensemble and storage back ends, and back.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dedup.kernels import minhash
from dedup.schema import Shingles, Sketches, UInt32

if TYPE_CHECKING:
    from datasketch import MinHash

SCHEME = "affine32"
"""The permutation scheme, stored with every index: datasketch has changed its default once already."""


@lru_cache(maxsize=8)
def permutations(num_perm: int, seed: int) -> tuple[UInt32, UInt32]:
    """Return datasketch's multipliers and addends, uint32[num_perm] each.

    Notes
    -----
    Drawn here as datasketch draws them, because importing it pulls in scipy's integrators, a quarter of a second at
    every start. A test compares the two, so that they cannot drift apart unseen.
    """
    generator = np.random.RandomState(seed)
    a = generator.randint(0, 1 << 31, num_perm, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    b = generator.randint(0, 1 << 32, num_perm, dtype=np.uint32)
    return a, b


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


def to_datasketch(values: UInt32, seed: int) -> MinHash:
    """Return one signature as a ``datasketch.MinHash``, ready for its LSH, Forest, Ensemble and storage.

    Parameters
    ----------
    values : uint32[num_perm]
        A row of `Sketches.values`.
    seed : int
        The seed it was made with.
    """
    from datasketch import MinHash

    return MinHash(num_perm=len(values), seed=seed, hashvalues=values, scheme=SCHEME)
