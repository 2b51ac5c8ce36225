"""In which documents do places stand? Callers: dedup.steps.anchor, dedup.steps.align."""

from __future__ import annotations

import numba
import numpy as np

from dedup.schema import Int32, Int64


@numba.njit(cache=True, inline="always")
def _document(borders, rough, shift, base, at):
    """Return the document in which a place stands, by the table of `look_up`."""
    d = rough[(at - borders[base]) >> shift]
    while borders[d + 1] <= at:
        d += 1
    return d


def look_up(indptr: Int64, low: int, high: int) -> tuple[Int32, np.int64, np.int32]:
    """Return a rough table of the documents of the key positions ``[low, high]``.

    One look into it and a step or two from there: a binary search in thousands of documents missed the cache a dozen
    times for each of ten million places. The table is of those documents only, for they may be a few of a large
    corpus.

    Returns
    -------
    rough : int32[...]
        For each stretch of ``2**shift`` positions the document in which it begins.
    shift : int64
    first : int32
        The document in which the table begins.
    """
    first, last = np.searchsorted(indptr, [low, high], side="right")
    some = indptr[first - 1 : last + 1] - indptr[first - 1]
    shift = int(some[-1] // (4 * len(some))).bit_length()
    stretches = np.diff((some + (1 << shift) - 1) >> shift)  # that begin in each document
    rough = np.repeat(np.arange(first - 1, first - 1 + len(stretches), dtype=np.int32), stretches)
    return rough, np.int64(shift), np.int32(first - 1)


def document_of(indptr: Int64, position: Int64) -> Int32:
    """Return the document of each key position (int32, same shape); ``indptr`` as in a key stream."""
    out = np.empty(len(position), np.int32)
    if len(position):
        _documents(indptr, *look_up(indptr, int(position.min()), int(position.max())), position, out)
    return out


@numba.njit(cache=True, nogil=True, parallel=True)
def _documents(borders, rough, shift, base, position, out):
    """Write the document of each key position.

    borders : int64[D+1]
    rough, shift, base : int32[...], int64, int32   from `look_up`
    position : int64[A]
    out : int32[A]          written
    """
    for i in numba.prange(position.shape[0]):
        out[i] = _document(borders, rough, shift, base, position[i])
