"""The two roads in parts: whatever the parts, the tables are those of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from dedup import Document, Params
from dedup.executors import paragraphs, places
from dedup.executors.bounds import of_column, summed
from dedup.executors.prepared import cut_at_parts, joined, prepare, taken, unit_borders
from dedup.result import Limit
from dedup.schema import Int64, KeyStream, Segments
from dedup.steps import align, anchor, background, expand, pair, shingle, verify

from .corpora import reports
from .test_prepared import same

PARAMS = Params(bucket=8, anchor_bucket=4)
BATCHES = (0, 5, 6, 30, 62, 75)


@pytest.fixture(scope="module")
def whole():
    return prepare(reports())


@pytest.fixture(scope="module")
def batches(whole):
    return [taken(whole, np.arange(a, b)) for a, b in pairwise(BATCHES)]


def near_pairs(keys, segments):
    """The paragraphs' road in one piece, step by step."""
    first, group = pair.groups(shingle.digest(keys, segments))
    chosen = pair.banding(PARAMS.threshold, PARAMS.num_perm, PARAMS.recall)
    from dedup.steps import sketch

    words = sketch.band_words(keys, segments, first, PARAMS, chosen.bands, chosen.rows)
    candidates, limits = pair.pair(words, PARAMS)
    shingles = shingle.shingle(keys, segments, first, PARAMS.shingle)
    near = verify.verify(candidates, shingles, PARAMS.threshold)
    pairs, more = expand.expand(near, first, group, shingles.length, PARAMS.bucket)
    return candidates, limits, near, pairs, more


def test_paragraphs_in_parts(whole, batches):
    """Digests, band words, candidates and verified pairs of parts are those of the whole."""
    keys, segments = whole.keys, whole.segments
    candidates, limits, near, _, _ = near_pairs(keys, segments)
    borders = np.cumsum([0, *(len(one.segments.start) for one in batches)])
    digest = np.concatenate([paragraphs.digests(whole, a, b).digest for a, b in pairwise(borders.tolist())])
    np.testing.assert_array_equal(digest, shingle.digest(keys, segments))
    first, _ = pair.groups(digest)
    at = np.searchsorted(first, borders)
    made = [paragraphs.words(whole, first[a:b], int(a), PARAMS) for a, b in pairwise(at.tolist())]
    bands = made[0].words.shape[0]
    parts = [paragraphs.candidates(made, low, min(low + 5, bands), PARAMS) for low in range(0, bands, 5)]
    found = paragraphs.merged(parts)
    np.testing.assert_array_equal(found.left, candidates.left)
    np.testing.assert_array_equal(found.right, candidates.right)
    assert summed(limit for one in parts for limit in of_column(one.limits)) == limits
    assert limits and len(near.left)
    _, group = pair.groups(digest)
    pieces = [(0, 3), (3, 4), (4, len(found.left) // 2), (len(found.left) // 2, len(found.left))]
    tasks = paragraphs.to_verify(found, group, first, pieces)
    verified = [paragraphs.verified(whole, *task, PARAMS) for task in tasks]
    same(paragraphs.near(verified), near)
    several = np.flatnonzero(np.bincount(group) > 1)
    shingles = shingle.shingle(keys, segments, first, PARAMS.shingle)
    np.testing.assert_array_equal(paragraphs.lengths(verified, len(first))[several], shingles.length[several])


@dataclass(frozen=True)
class Cut:
    """A key stream, its segments, and where documents and parts begin."""

    keys: KeyStream
    segments: Segments
    borders: Int64


def aligned(whole, cuts, ranges, blocks, pairs, by_text):
    """Return the passages made in parts, and what was bounded."""
    tables = Cut(whole.keys, whole.segments, unit_borders(whole.keys, whole.segments))
    made = [
        places.anchors(tables, low, high, PARAMS) for low, high in pairwise(whole.keys.indptr[list(cuts)].tolist())
    ]
    parts = [places.places(made, a, b, tables, blocks, by_text, PARAMS) for a, b in pairwise(ranges)]
    near = places.near_by_block(tables, pairs.left, pairs.right, blocks)
    count = len(blocks) - 1
    found = [
        places.passages(tables, parts, [near], i * count + j, by_text, None, None, PARAMS)
        for i in range(count)
        for j in range(i, count)
    ]
    return places.merged(found), summed(limit for one in parts for limit in of_column(one.limits))


@pytest.mark.parametrize("seeds", [1 << 21, 40])
def test_passages_in_parts(whole, monkeypatch, seeds):
    """Anchors by batch, places by range of hashes, passages by blocks of documents: the passages of the whole."""
    monkeypatch.setattr(places, "SEEDS", seeds)
    keys, segments = whole.keys, whole.segments
    pairs = near_pairs(keys, segments)[3]
    units = cut_at_parts(keys, segments)
    seeds, limits = anchor.anchor(units, segments, pairs, PARAMS)
    expected = align.align(
        units,
        segments,
        seeds,
        PARAMS,
        lambda start, end: background.span_bits(keys, start, end, background.load())[0],
    )
    assert limits and len(expected.wording) > 50
    one = aligned(whole, (0, 75), (0, 1 << 10), keys.indptr[[0, -1]], pairs, True)
    ranges = (0, 1, 3 << 8, (3 << 8) + 1, 1 << 10)
    many = aligned(whole, BATCHES, ranges, keys.indptr[[0, 20, 21, 60, 75]], pairs, False)
    for found, bounded in (one, many):
        same(found, expected)
        assert bounded == limits


def test_two_documents_are_aligned_wherever_they_lie(whole):
    """The passages of some documents do not depend on what else is in the batch."""
    some = np.array([0, 3, 6, 9, 40, 74])
    keys, segments = whole.keys, whole.segments
    units = cut_at_parts(keys, segments)
    expected = align.align(
        units, segments, anchor.anchor(units, segments, near_pairs(keys, segments)[3], PARAMS)[0], PARAMS
    )
    owner = [
        np.searchsorted(keys.indptr, side, side="right") - 1 for side in (expected.left_start, expected.right_start)
    ]
    mine = np.flatnonzero(np.isin(owner[0], some) & np.isin(owner[1], some))
    assert len(mine)
    alone = taken(whole, some)
    shift = keys.indptr[some] - alone.keys.indptr[:-1]

    def lowered(position, owner):
        return position - shift[np.searchsorted(some, owner)]

    seeds, _ = anchor.anchor(units, segments, near_pairs(keys, segments)[3], PARAMS)
    docs = [np.searchsorted(keys.indptr, side, side="right") - 1 for side in (seeds.left, seeds.right)]
    kept = np.isin(docs[0], some) & np.isin(docs[1], some)
    taken_seeds = type(seeds)(
        lowered(seeds.left[kept], docs[0][kept]), lowered(seeds.right[kept], docs[1][kept]), seeds.length[kept]
    )
    found = align.align(cut_at_parts(alone.keys, alone.segments), alone.segments, taken_seeds, PARAMS)
    np.testing.assert_array_equal(found.left_start, lowered(expected.left_start[mine], owner[0][mine]))
    np.testing.assert_array_equal(found.right_end, lowered(expected.right_end[mine], owner[1][mine]))
    np.testing.assert_array_equal(found.matches, expected.matches[mine])


def test_joined_batches_are_the_whole(whole, batches):
    """On generated reports with parts, floods and issuers too."""
    same(joined(batches), whole)


def test_limits_of_parts_are_told_as_one():
    """Counts add up, the largest stays, and other kinds are left apart."""
    parts = [Limit("anchor", 2, 4, "largest 9"), Limit("rewrite", 1, 5), Limit("anchor", 3, 4, "largest 30")]
    assert summed(parts) == [Limit("anchor", 5, 4, "largest 30"), Limit("rewrite", 1, 5)]


def test_a_quotation_depends_on_its_document():
    """A mark left open in one report does not swallow the quotation that the next one begins with."""
    from dedup.steps.label import _quotations

    texts = prepare([Document("a", "他说：“先修渠"), Document("b", "“后修路”是大会定的")]).texts
    assert _quotations(texts).tolist() == [[7, 12]]
