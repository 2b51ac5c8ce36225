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
from dedup.params import Params
from dedup.schema import Int64, KeyStream, Segments, Shingles, Sketches, UInt32, UInt64

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


def band_words(keys: KeyStream, segments: Segments, rows: Int64, params: Params, bands: int, height: int) -> UInt64:
    """Return a key for each band of the signature of each paragraph, packed with its row.

    Parameters
    ----------
    keys : KeyStream
    segments : Segments
    rows : int64[P]
        The paragraphs wanted.
    params : Params
        ``shingle``, ``num_perm``, ``seed``.
    bands, height : int
        So many bands of so many values, see `dedup.steps.pair.banding`.

    Returns
    -------
    uint64[bands, Q]
        Upper 32 bits: the key, equal where all values of the band are equal. Lower 32 bits: ``p``, for each of the
        ``rows[p]`` that has a shingle; the others take part in nothing.

    Notes
    -----
    The signatures are those of `sketch`, but are never stored: a scan needs their bands only, and each is computed
    from the code points while they are in the cache. Cost: ``num_perm`` multiply-add-min per character, vectorised.
    """
    start, end = segments.start[rows], segments.end[rows]
    number = np.flatnonzero(end - start >= params.shingle)
    a, b = permutations(params.num_perm, params.seed)
    words = np.empty((bands, len(number)), np.uint64)
    minhash.band_words(
        keys.codes, start[number], end[number], number, np.int64(params.shingle), a, b, np.int64(height), words
    )
    return words


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
