"""The paragraph route: signatures, bands, exact verification."""

from __future__ import annotations

import random

import naive
import numpy as np
import pytest
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.params import Params
from dedup.pipeline import near_pairs
from dedup.schema import KeyStream, Segments, Shingles, Slots
from dedup.steps import pair, shingle, sketch

EMPTY = np.empty(0, np.int64)


def tables(texts):
    """Make a key stream of one document whose paragraphs are the texts, taken as they are."""
    codes = [np.array([ord(char) for char in text], np.uint32) for text in texts]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in codes])]).astype(np.int64)
    flat = np.concatenate(codes) if codes else np.empty(0, np.uint32)
    keys = KeyStream(
        flat,
        np.arange(len(flat)),
        np.ones(len(flat), np.uint16),
        np.array([0, len(flat)]),
        Slots(EMPTY, EMPTY, EMPTY, np.empty(0, np.uint8)),
    )
    zero = np.zeros(len(texts), np.int64)
    start, end = indptr[:-1], indptr[1:]
    small = zero.astype(np.uint8)
    segments = Segments(zero, start, end, start, end, small, small, zero - 1, zero - 1, start, start[:1], None)
    return keys, segments


def invented(rng, length):
    """A text of so many characters without any structure."""
    return "".join(chr(0x4E00 + rng.randrange(3_000)) for _ in range(length))


def planted(count, seed):
    """Paragraphs of which about half are edited copies of another, in every degree."""
    rng = random.Random(seed)
    texts = []
    while len(texts) < count:
        text = invented(rng, rng.randint(20, 160))
        texts.append(text)
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            edited = list(text)
            for _ in range(int(len(edited) * rng.uniform(0, 0.12))):
                edited[rng.randrange(len(edited))] = chr(0x4E00 + rng.randrange(3_000))
            texts.append("".join(edited))
    return texts[:count]


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.lists(st.sets(st.integers(0, 2**64 - 1), max_size=40), max_size=5), st.integers(0, 2**32 - 1))
def test_signatures_equal_those_of_datasketch(groups, seed):
    """Value for value, for any hashes, any seed, the empty set included."""
    indptr = np.concatenate([[0], np.cumsum([len(one) for one in groups])]).astype(np.int64)
    hashes = np.array([value for one in groups for value in sorted(one)], np.uint64)
    ours = sketch.sketch(Shingles(indptr, np.diff(indptr), hashes), 32, seed).values
    for row, group in zip(ours, groups, strict=True):
        theirs = MinHash(num_perm=32, seed=seed, scheme=sketch.SCHEME, hashfunc=lambda value: value & 0xFFFFFFFF)
        for value in group:
            theirs.update(value)
        assert row.tolist() == theirs.hashvalues.tolist()
        assert sketch.to_datasketch(row, seed).jaccard(theirs) == 1.0


PINNED_HASHES = ["0x4502780322e6592", "0x29f3bdd4674361cc"]
PINNED_VALUES = [95077877, 46410111, 1282254807, 198885566]


def test_signature_values_are_pinned():
    """Signatures outlive refactors: these were computed once and must stay."""
    keys, segments = tables(["护林防火责任到户到人"])
    shingles = shingle.shingle(keys, segments, np.array([0]), 5)
    assert [hex(value) for value in shingles.hashes[:2].tolist()] == PINNED_HASHES
    assert sketch.sketch(shingles, 16, 1).values[0, :4].tolist() == PINNED_VALUES


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
def test_banding_keeps_the_recall_asked_for(threshold):
    """The S-curve at the threshold is at least the recall, and one more row a band would break that."""
    chosen = pair.banding(threshold, 128, 0.99)
    assert 1 - (1 - threshold**chosen.rows) ** chosen.bands == pytest.approx(chosen.recall)
    assert chosen.recall >= 0.99
    rows = chosen.rows + 1
    assert rows > 128 or 1 - (1 - threshold**rows) ** (128 // rows) < 0.99


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.lists(st.sampled_from(["甲乙丙", "甲乙丁", "", "甲"]), max_size=12))
def test_exact_groups_are_the_equal_texts(texts):
    """`first` is ascending, and each paragraph's group begins with the first text equal to it."""
    keys, segments = tables(texts)
    first, group = pair.groups(shingle.digest(keys, segments))
    assert first.tolist() == sorted(first.tolist())
    assert [texts.index(text) for text in texts] == [int(first[number]) for number in group]


@pytest.mark.slow
def test_recall_and_precision_against_brute_force():
    """On 20,000 paragraphs all with all, at five thresholds: hardly a pair missed, none below, each figure exact."""
    texts = planted(20_000, seed=11)
    keys, segments = tables(texts)
    grams = [{text[i : i + 5] for i in range(len(text) - 4)} for text in texts]
    having: dict[str, list[int]] = {}
    for number, one in enumerate(grams):
        for gram in one:
            having.setdefault(gram, []).append(number)
    near = {(i, j) for rows in having.values() for j in rows for i in rows if i < j}
    exact = {edge: len(grams[edge[0]] & grams[edge[1]]) / len(grams[edge[0]] | grams[edge[1]]) for edge in near}
    for threshold in (0.5, 0.6, 0.7, 0.8, 0.9):
        wanted = {edge for edge, value in exact.items() if value >= threshold}
        pairs, limits = near_pairs(keys, segments, Params(threshold=threshold))
        found = list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
        assert not limits and len(wanted) > 1_000
        assert len(set(found)) == len(found) and set(found) <= wanted
        assert [exact[edge] for edge in found] == pairs.jaccard.tolist()
        assert len(found) >= 0.98 * len(wanted), threshold
        for left, right, shared, one, other in zip(
            pairs.left, pairs.right, pairs.shared, pairs.contained_left, pairs.contained_right, strict=True
        ):
            assert shared == len(grams[left] & grams[right])
            assert (one, other) == (shared / len(grams[left]), shared / len(grams[right]))


@pytest.mark.slow
def test_recall_at_the_threshold_on_twenty_thousand_pairs():
    """Pairs planted right at the threshold are found with the probability that the S-curve promises."""
    rng = random.Random(5)
    threshold = 0.7
    texts = []
    while len(texts) < 40_000:
        text = invented(rng, 120)
        # n edits at distinct places far apart change 5 n of 116 shingles on both sides: J = (116 - 5n) / (116 + 5n)
        edited = list(text)
        for place in rng.sample(range(5, 115, 10), 4):
            edited[place] = chr(0x8000 + rng.randrange(900))
        texts += [text, "".join(edited)]
    keys, segments = tables(texts)
    pairs, _ = near_pairs(keys, segments, Params(threshold=threshold))
    at_threshold = set(zip(range(0, 40_000, 2), range(1, 40_000, 2), strict=True))
    found = at_threshold & set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    assert pytest.approx(0.706, abs=0.001) == (116 - 20) / (116 + 20)
    assert len(found) / len(at_threshold) >= 0.98


def test_a_flood_of_near_copies_costs_its_size():
    """2,000 variants of one paragraph give pairs in proportion to their number, and a limit that says so."""
    rng = random.Random(3)
    text = invented(rng, 150)
    sizes = {}
    for count in (1_000, 2_000):
        texts = [text[:70] + chr(0x9000 + number % 2_000) + text[71:] for number in range(count)]
        pairs, limits = near_pairs(*tables(texts), Params())
        sizes[count] = len(pairs.left)
        assert [limit.kind for limit in limits] == ["band bucket"]
        linked = set(pairs.right.tolist()) | set(pairs.left.tolist())
        assert len(linked) == count
    assert sizes[2_000] <= 2.3 * sizes[1_000]


def test_a_flood_of_exact_copies_costs_its_size():
    """Each copy is paired with the first, and a limit says that it is not paired with the others."""
    text = invented(random.Random(4), 150)
    pairs, limits = near_pairs(*tables([text] * 5_000), Params())
    assert pairs.left.tolist() == [0] * 4_999
    assert pairs.right.tolist() == list(range(1, 5_000))
    assert [(limit.kind, limit.count) for limit in limits] == [("exact group", 1)]


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.lists(st.integers(0, 5), max_size=14), st.integers(2, 20))
def test_expanded_pairs_are_those_of_all_members(picks, bucket):
    """Where groups are small, collapsing exact copies changes nothing: every pair at the threshold is there."""
    rng = random.Random(9)
    base = invented(rng, 60)
    variants = [base, base[:30] + "\u4e00" + base[31:], base[:50], invented(rng, 60), "", base[5:]]
    texts = [variants[pick] for pick in picks]
    pairs, _ = near_pairs(*tables(texts), Params(threshold=0.5, bucket=bucket))
    grams = [set(naive.gram_hashes([ord(char) for char in text], 5)) for text in texts]
    wanted = {
        (i, j)
        for j in range(len(texts))
        for i in range(j)
        if naive.jaccard(grams[i], grams[j]) >= 0.5 and max(texts.count(texts[i]), texts.count(texts[j])) <= bucket
    }
    found = list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    assert found == sorted(set(found))
    assert wanted <= set(found)
