"""Which stored documents might share a passage with new ones? Answers with their ids; the scan decides.

A scan of everything would compare all with all. Here the new documents' anchors and bands are looked up, and a stored
document is taken into the comparison if what it shares lies together as a passage would: a band of a paragraph, or
anchors near one diagonal that cover enough characters. What is left out for want of that is counted in a `Limit`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dedup.archive.prints import Prints
from dedup.index.segments import Kind, Segment, find
from dedup.intervals import positions
from dedup.params import Params
from dedup.result import Limit
from dedup.schema import Int64, UInt64

COMMON = 256
"""Places up to which all that hold an anchor or a band are looked at; above it, the first ones by fingerprint
(`Params.anchor_bucket` or `Params.bucket` many), as a scan compares the members of a large bucket with its first."""

SPARE, SPARE_SHARE = 1 << 17, 4
"""Key characters of documents compared although their anchors cover less than the shortest passage, the best ones
first: so many, or so many times those of the new documents. Short runs agree by chance, in a large archive with
nearly every document; comparing all of them would be the scan of everything that a query is to save."""

_HIGH = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class _Hits:
    """Places that new and stored documents share.

    place : int64[H]      in the new batch
    document : int64[H]   id of the stored document
    key : uint64[H]       its fingerprint's leading bits
    offset : int64[H]     place in it
    """

    place: Int64
    document: Int64
    key: UInt64
    offset: Int64

    def rows(self, chosen: np.ndarray) -> _Hits:
        return _Hits(self.place[chosen], self.document[chosen], self.key[chosen], self.offset[chosen])


def candidates(
    db: sqlite3.Connection,
    path: str,
    segments: Sequence[Segment],
    new: Prints,
    params: Params,
    *,
    paragraphs: bool = False,
) -> tuple[Int64, list[Limit]]:
    """Return the stored documents to compare the new ones with.

    Parameters
    ----------
    db, path, segments
        Of one committed state.
    new : Prints
    params : Params
    paragraphs : bool
        Whether only near-duplicate paragraphs matter: then bands alone are looked up.

    Returns
    -------
    int64[C]
        Ids, in the order of fingerprints; they depend on what is stored, not on when it was added.
    list of Limit
        Bands and anchors more common than `COMMON`, and documents left out as too weakly connected.
    """
    limits: list[Limit] = []
    if not segments:
        return np.zeros(0, np.int64), limits
    bands = _hits(db, path, segments, Kind.BAND, new, params, limits)
    if paragraphs:
        ids, first = np.unique(bands.document, return_index=True)
        return ids[np.argsort(bands.key[first], kind="stable")], limits
    anchors = _hits(db, path, segments, Kind.ANCHOR, new, params, limits)
    cover = _cover(anchors, new.sizes[0], params)
    ids, first = np.unique(np.concatenate([anchors.document, bands.document]), return_index=True)
    key = np.concatenate([anchors.key, bands.key])[first]
    best = np.zeros(len(ids), np.int64)
    np.maximum.at(best, np.searchsorted(ids, anchors.document), cover)
    best[np.searchsorted(ids, bands.document)] = params.min_chars
    strong = best >= params.min_chars
    weak = np.flatnonzero(~strong)
    weak = weak[np.lexsort((key[weak], -best[weak]))]
    spare = max(SPARE, SPARE_SHARE * int(new.sizes[Kind.ANCHOR].sum()))
    left_out = np.cumsum(_lengths(segments, ids[weak])) > spare
    if left_out.any():
        least = int(best[weak[left_out]].max())
        detail = f"not compared: shared anchors cover at most {least} characters in one place"
        limits.append(Limit("archive documents", int(left_out.sum()), spare, detail))
    strong[weak[~left_out]] = True
    strong &= _lengths(segments, ids) >= params.shingle  # shorter ones are not compared in a scan either
    return ids[strong][np.argsort(key[strong], kind="stable")], limits


def _hits(
    db: sqlite3.Connection,
    path: str,
    segments: Sequence[Segment],
    kind: Kind,
    new: Prints,
    params: Params,
    limits: list[Limit],
) -> _Hits:
    """Return the places shared with stored documents under anchors or bands."""
    bucket = params.anchor_bucket if kind is Kind.ANCHOR else params.bucket
    hashes, first, count = np.unique(
        (new.postings[kind] >> _HIGH).astype(np.uint32), return_index=True, return_counts=True
    )
    found = [find(db, path, segment, kind, hashes) for segment in segments]
    total = sum((hits.high - hits.low for hits in found), np.zeros(len(hashes), np.int64))
    common = total > COMMON
    if common.any():
        limits.append(Limit(f"archive {kind.name.lower()}", int(common.sum()), COMMON, f"largest {int(total.max())}"))
    pieces = []
    for segment, hits in zip(segments, found, strict=True):
        taken = np.where(common, np.minimum(hits.high - hits.low, bucket), hits.high - hits.low)
        postings = hits.postings[positions(hits.low, taken)]
        row, at = segment.locate(kind, postings)
        which = np.repeat(np.arange(len(hashes)), taken)  # the row of the hash, until places take its stead
        pieces.append(_Hits(which, segment.ids[row], segment.keys[row], at))
    stored = _Hits(
        np.concatenate([one.place for one in pieces]),
        np.concatenate([one.document for one in pieces]),
        np.concatenate([one.key for one in pieces]),
        np.concatenate([one.offset for one in pieces]),
    )
    stored = _first_of_common(stored, common, bucket)
    # Of an anchor that many new documents hold, a few of its places there are enough to find the stored ones.
    places = np.minimum(count, bucket)[stored.place]
    own = (new.postings[kind] & _LOW).astype(np.int64)[positions(first[stored.place], places)]
    return _Hits(
        own, np.repeat(stored.document, places), np.repeat(stored.key, places), np.repeat(stored.offset, places)
    )


def _first_of_common(hits: _Hits, common: np.ndarray, bucket: int) -> _Hits:
    """Keep of each common hash the first places by fingerprint, over all segments."""
    of_common = common[hits.place]
    rows = np.flatnonzero(of_common)
    rows = rows[np.lexsort((hits.offset[rows], hits.key[rows], hits.place[rows]))]
    hashes = hits.place[rows]
    nth = np.arange(len(rows)) - np.searchsorted(hashes, hashes)
    return hits.rows(np.concatenate([np.flatnonzero(~of_common), rows[nth < bucket]]))


def _cover(hits: _Hits, sizes: Int64, params: Params) -> Int64:
    """Return, for each shared anchor, how many characters the anchors around it cover (int64[H]).

    Around it are those of the same two documents whose diagonals (offset less place) follow one another in steps of
    at most half a gap, and whose places do in steps that a few gaps can make.
    """
    cover = np.full(len(hits.place), params.anchor, np.int64)
    new = np.searchsorted(np.cumsum(sizes), hits.place, side="right")
    diagonal = hits.offset - hits.place
    # Most stored documents share one chance anchor: they need no sorting.
    _, pair, times = np.unique(hits.key ^ _mixed(new), return_inverse=True, return_counts=True)
    rows = np.flatnonzero(times[pair] > 1)
    rows = rows[np.lexsort((hits.place[rows], diagonal[rows], pair[rows]))]
    if not len(rows):
        return cover
    place = hits.place[rows]
    new_group = np.ones(len(rows), bool)
    new_group[1:] = (
        (np.diff(pair[rows]) != 0)
        | (np.diff(diagonal[rows]) > params.max_gap // 2)
        | (np.abs(np.diff(place)) > 4 * params.max_gap)
    )
    group = np.cumsum(new_group) - 1
    order = np.lexsort((place, group))
    step = np.full(len(rows), params.anchor)
    same = np.diff(group[order]) == 0
    step[:-1][same] = np.minimum(np.diff(place[order])[same], params.anchor)
    covered = np.bincount(group[order], weights=step).astype(np.int64)
    cover[rows] = covered[group]
    return cover


def _lengths(segments: Sequence[Segment], ids: Int64) -> Int64:
    """Return the key characters of documents."""
    known = np.concatenate([one.ids for one in segments])
    order = np.argsort(known)
    length = np.concatenate([one.sizes[Kind.ANCHOR] for one in segments])
    return length[order[np.searchsorted(known, ids, sorter=order)]]


def _mixed(numbers: Int64) -> UInt64:
    """Spread small numbers over 64 bits, so that they can be joined with fingerprints (odd multiplier, bijective)."""
    return numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
