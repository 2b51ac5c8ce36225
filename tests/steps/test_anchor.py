"""Anchors, and the places that share one: whatever is looked at together, they are those of the slow rules."""

from __future__ import annotations

from itertools import pairwise

import naive
import numpy as np
import pytest

from dedup import Params
from dedup.kernels.threads import threads
from dedup.schema import KeyStream
from dedup.steps import anchor

PARAMS = Params(anchor_bucket=4)
SMALL = {"_PIECE": 60, "_RUN": 20, "_ORDERED": 50, "_PAIRS": 30, "_NEAR": 3, "_STRETCHES": 2, "_BLOCK": 16}


@pytest.fixture(params=["as in a scan", "a few at a time"])
def portions(request, monkeypatch):
    if request.param == "a few at a time":
        for name, value in SMALL.items():
            monkeypatch.setattr(anchor, name, value)


@pytest.fixture(scope="module")
def texts():
    """Documents that share stretches of many lengths; one of them repeats itself, and one is empty."""
    random = np.random.default_rng(8)
    common = random.integers(0x4E00, 0x5200, 30).tolist()
    source = random.integers(0x4E00, 0x5200, 300).tolist()
    rows = []
    for _ in range(14):
        at, size = random.integers(0, 250), random.integers(5, 50)
        copied = [code if random.random() < 0.9 else 0x9000 for code in source[at : at + size]]
        rows.append([*random.integers(0x4E00, 0x5200, random.integers(0, 60)).tolist(), *copied, *common])
    return [*rows, [], source[:40] * 5, source]


@pytest.fixture(scope="module")
def keys(texts):
    codes = np.array([code for row in texts for code in row], np.uint32)
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in texts])]).astype(np.int64)
    return KeyStream(codes, np.arange(len(codes)), np.ones(len(codes), np.uint16), indptr, None)


def words_of(texts, keys):
    """Return anchors by the definition: hash above place."""
    k, rows = PARAMS.anchor, zip(keys.indptr.tolist(), texts, strict=False)
    return sorted(
        naive.gram_hash(row[i : i + k]) >> 32 << 32 | base + i
        for base, row in rows
        for i in naive.minimisers(row, k, PARAMS.window)
    )


@pytest.mark.parametrize("jobs", [1, 2])
def test_anchors_are_those_of_the_definition_in_parts_by_their_upper_bits(texts, keys, portions, jobs):
    with threads(jobs):
        found = anchor.sampled(keys, PARAMS.anchor, PARAMS.window)
        assert anchor.minimisers(keys, PARAMS.anchor, PARAMS.window).tolist() == words_of(texts, keys)
    assert sorted(found.packed.tolist()) == words_of(texts, keys)
    ends = [0, *found.parts[:, -1].tolist()]
    assert found.parts[:, 0].tolist() == ends[:-1] and ends[-1] == len(found.packed)
    for row in found.parts.tolist():
        for part, (low, high) in enumerate(pairwise(row)):
            some = found.packed[low:high].tolist()
            assert {word >> 54 for word in some} <= {part}
            assert [word & 0xFFFFFFFF for word in some] == sorted(word & 0xFFFFFFFF for word in some)


def test_pieces_become_one(keys, monkeypatch):
    monkeypatch.setattr(anchor, "_PIECE", 50)
    found = anchor.sampled(keys, PARAMS.anchor, PARAMS.window)
    monkeypatch.setattr(anchor, "_PIECE", 1 << 20)
    one, whole = anchor.in_one_piece(found), anchor.sampled(keys, PARAMS.anchor, PARAMS.window)
    assert len(found.parts) > 5 and len(whole.parts) == 1
    assert (one.packed == whole.packed).all() and (one.parts == whole.parts).all()


def pairs_of(texts, keys):
    """Return left and right places and whether a pair is nothing alone, and the sizes of groups above the bound."""
    codes, borders = keys.codes.tolist(), list(pairwise(keys.indptr.tolist()))
    document = {at: d for d, (low, high) in enumerate(borders) for at in range(low, high)}
    groups = {}
    for word in words_of(texts, keys):
        groups.setdefault(word >> 32, []).append(word & 0xFFFFFFFF)
    around = anchor.RUN, anchor.SURE, anchor.REACH, anchor.DRIFT
    found = []
    for group in groups.values():
        for i, j in naive.partners(group, document, PARAMS.anchor_bucket):
            merit = naive.merit(codes, i, j, PARAMS.anchor, (borders[document[i]], borders[document[j]]), around)
            found += [(i, j, merit == 1)] if merit else []
    return sorted(found), [len(group) for group in groups.values() if len(group) > PARAMS.anchor_bucket]


@pytest.mark.parametrize("jobs", [1, 2])
def test_places_are_those_that_the_slow_rules_pair(texts, keys, portions, jobs):
    wanted, bounded = pairs_of(texts, keys)
    with threads(jobs):
        anchors = anchor.sampled(keys, PARAMS.anchor, PARAMS.window)
        words, limits = anchor.places(anchors, 0, keys.indptr, PARAMS, keys.codes)
    assert len(wanted) > 100 and bounded and words.tolist() == sorted(words.tolist())
    assert list(zip(*(side.tolist() for side in anchor.sides(words, keys.indptr)), strict=True)) == wanted
    assert [(one.kind, one.count, one.detail) for one in limits] == [
        ("anchor", len(bounded), f"largest {max(bounded)}")
    ]


def test_places_of_some_parts_are_together_those_of_all(keys, portions):
    anchors = anchor.sampled(keys, PARAMS.anchor, PARAMS.window)
    found = []
    for low, high in pairwise([0, 1, 40, 700, 1024]):
        some = anchor.Anchors(anchors.packed, anchors.parts[:, low : high + 1])
        found += anchor.places(some, low, keys.indptr, PARAMS, keys.codes)[0].tolist()
    assert sorted(found) == anchor.places(anchors, 0, keys.indptr, PARAMS, keys.codes)[0].tolist()


def test_nothing_has_no_anchors():
    nothing = KeyStream(np.empty(0, np.uint32), np.empty(0, int), np.empty(0, np.uint16), np.zeros(1, np.int64), None)
    anchors = anchor.sampled(nothing, 6, 4)
    words, limits = anchor.places(anchors, 0, nothing.indptr, PARAMS, nothing.codes)
    assert (len(anchors.packed), len(words), limits) == (0, 0, [])
    assert len(anchor.minimisers(nothing, 6, 4)) == len(anchor.in_one_piece(anchors).packed) == 0
