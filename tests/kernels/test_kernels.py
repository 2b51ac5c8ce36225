"""Each kernel gives what its slow twin in tests/naive.py gives.

`make test-nojit` runs this once more without compilation (NUMBA_DISABLE_JIT=1).
"""

from __future__ import annotations

from itertools import pairwise, product

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import (
    align,
    buckets,
    chain,
    hashing,
    marks,
    minhash,
    overlap,
    owners,
    packing,
    seeds,
    sets,
    sorting,
    unionfind,
)
from dedup.steps import data

settings.register_profile("kernels", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("kernels")
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered")  # wrap-around warns without JIT

codes_of = st.lists(st.integers(0x4E00, 0x4E04), max_size=60).map(lambda row: np.array(row, np.uint32))
INT = np.int64


def laid_out(rows):
    """Lay code rows end to end; return (codes, indptr)."""
    indptr = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=indptr[1:])
    return (np.concatenate(rows) if rows else np.empty(0)).astype(np.uint32), indptr


def test_copies_of_the_mixer_agree():
    """hashing.py and minhash.py hold the same four lines; so does the slow twin."""
    for value in (0, 1, 2**63 + 1, 2**64 - 1, 0x123456789ABCDEF0):
        x = np.uint64(value)
        assert int(hashing._mix64(x)) == int(minhash._mix64(x)) == naive.mix64(value)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=40), st.integers(1, 11))
def test_grams_of_any_code_points_are_hashed_alike(codes, k):
    """Both halves of each product, and longer grams than are done at once; minhash.py goes on with half of each."""
    k = min(k, len(codes))
    wanted = naive.gram_hashes(codes, k)
    row, count = np.array(codes, np.uint32), len(wanted)
    words, mixed = np.empty(count, np.uint64), np.empty(count, np.uint32)
    hashing._hash_grams(row, INT(0), INT(count), hashing._powers(INT(k)), words)
    assert words.tolist() == wanted
    minhash._mix_grams(row, INT(0), INT(count), minhash._powers(INT(k)), words, mixed)
    assert mixed.tolist() == [naive.fmix32(word & 0xFFFFFFFF) for word in wanted]


@given(st.lists(codes_of, max_size=6), st.integers(1, 7))
def test_shingles_are_the_sorted_distinct_gram_hashes(rows, k):
    codes, ptr = laid_out(rows)
    indptr = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([max(0, len(row) - k + 1) for row in rows], out=indptr[1:])
    out, count = np.empty(indptr[-1], np.uint64), np.empty(len(rows), np.int64)
    hashing.shingles(codes, ptr[:-1], ptr[1:], indptr, INT(k), out, count)
    in_order = np.empty(indptr[-1], np.uint64)
    hashing.grams(codes, ptr[:-1], ptr[1:], indptr, INT(k), in_order)
    for p, row in enumerate(rows):
        wanted = naive.gram_hashes(row.tolist(), k)
        assert out[indptr[p] : indptr[p] + count[p]].tolist() == sorted(set(wanted))
        assert in_order[indptr[p] : indptr[p + 1]].tolist() == wanted


@given(st.lists(codes_of, max_size=8))
def test_digests_are_equal_exactly_where_the_rows_are(rows):
    codes, ptr = laid_out(rows)
    out = np.empty((len(rows), 2), np.uint64)
    hashing.digests(codes, ptr[:-1], ptr[1:], out)
    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            assert (out[i] == out[j]).all() == (one.tolist() == other.tolist())


def test_digests_of_long_rows_differ_wherever_the_rows_do():
    """One code point is another, two change their places, one is left out: on both sides of the borders of spans."""
    size = 2 * hashing._SPAN + 9
    row = np.arange(0x4E00, 0x4E00 + size, dtype=np.uint32)
    rows = [row, row[:-1], row[1:], row[: hashing._SPAN], np.zeros(size, np.uint32), np.zeros(size + 1, np.uint32)]
    for place in (0, hashing._SPAN - 1, hashing._SPAN, 2 * hashing._SPAN, size - 1):
        rows += [row.copy() for _ in range(3)]
        rows[-3][place] ^= 1
        rows[-2][place] ^= 1 << 20
        rows[-1][[place, place - hashing._SPAN]] = row[[place - hashing._SPAN, place]]
    codes, ptr = laid_out([*rows, row])
    out = np.empty((len(rows) + 1, 2), np.uint64)
    hashing.digests(codes, ptr[:-1], ptr[1:], out)
    assert out.tolist() == [list(naive.digest(one.tolist(), hashing._SPAN)) for one in [*rows, row]]
    assert (out[-1] == out[0]).all()
    assert all(len(set(half)) == len(half) for half in out[:-1].T.tolist())


@given(st.lists(codes_of, max_size=4), st.integers(1, 7), st.integers(1, 9), st.integers(1, 20))
def test_minimisers_do_not_depend_on_how_a_document_is_cut(rows, k, window, block):
    """Whatever the blocks, the places are those of the definition."""
    codes, ptr = laid_out(rows)
    document, start, end = [], [], []
    for d, row in enumerate(rows):
        grams = max(0, len(row) - k + 1)
        for first in range(0, grams, block):
            document.append(d)
            start.append(ptr[d] + first)
            end.append(ptr[d] + min(first + block, grams))
    sizes = np.array(end, np.int64) - np.array(start, np.int64)
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    out, count = np.empty(indptr[-1], np.uint64), np.empty(len(document), np.int64)
    columns = [np.array(column, np.int64) for column in (document, start, end)]
    hashing.minimisers(codes, ptr, INT(k), INT(window), *columns, indptr, out, count)
    found = [int(out[indptr[b] + i]) for b in range(len(document)) for i in range(count[b])]
    wanted = [int(ptr[d]) + i for d, row in enumerate(rows) for i in naive.minimisers(row.tolist(), k, window)]
    assert sorted(value & 0xFFFFFFFF for value in found) == wanted
    for value in found:
        at = value & 0xFFFFFFFF
        assert value >> 32 == naive.gram_hash(codes[at : at + k].tolist()) >> 32


@given(codes_of.filter(len), st.integers(1, 7), st.integers(1, 9))
def test_every_window_has_a_minimiser(row, k, window):
    """Two texts that share `k + window - 1` characters in a row share a place: the promise that seeds rest on."""
    codes = row.tolist()
    found = set(naive.minimisers(codes, k, window))
    for first in range(len(codes) - k - window + 2):
        held = naive.minimisers(codes[first : first + k + window - 1], k, window)
        assert len(held) == 1 and first + held[0] in found


@pytest.mark.parametrize(("k", "window", "share"), [(6, 4, 1 / 3), (6, 5, 3 / 11), (5, 4, 1 / 3), (6, 9, 1 / 5)])
def test_so_many_k_grams_are_minimisers(k, window, share):
    """As the theory of mod-minimisers has it; where the t-grams are the k-grams themselves, 2 in ``window + 1``."""
    row = np.random.default_rng(k).integers(0x4E00, 0x5E00, 40_000)
    assert len(naive.minimisers(row.tolist(), k, window)) / len(row) == pytest.approx(share, abs=0.005)


@pytest.mark.parametrize("letters", [1, 2, 3, 500])
def test_minimisers_do_not_depend_on_where_a_tile_ends(letters):
    """Equal k-grams stand on both sides of its borders too: the rightmost of a window is taken there as elsewhere."""
    random = np.random.default_rng(letters)
    cases = (2 * hashing._TILE + 40, 3, 4), (hashing._TILE + 2, 2, 9), (hashing._TILE + 9, 1, 16)
    for size, k, window in (*cases, (2 * hashing._TILE + 40, 6, 4), (hashing._TILE + 30, 16, 64)):
        row = random.integers(0x4E00, 0x4E00 + letters, size).astype(np.uint32)
        row[hashing._TILE - 30 :] = np.resize(row[:7], size - hashing._TILE + 30)
        grams = size - k + 1
        out, count = np.empty(grams, np.uint64), np.empty(1, np.int64)
        whole = [np.array([one], np.int64) for one in (0, 0, grams)]
        borders = np.array([0, size], np.int64), np.array([0, grams], np.int64)
        hashing.minimisers(row, borders[0], INT(k), INT(window), *whole, borders[1], out, count)
        found = (out[: count[0]] & np.uint64(0xFFFFFFFF)).tolist()
        assert found == naive.minimisers(row.tolist(), k, window)


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=80))
def test_radix_order_is_the_stable_order(values):
    keys = np.array(values, np.uint64)
    order = np.empty(len(keys), np.int64)
    sorting.radix_order(keys, order, np.empty_like(keys), np.empty_like(order))
    assert order.tolist() == sorted(range(len(values)), key=lambda i: values[i])
    assert keys.tolist() == sorted(values)


def test_radix_order_holds_beyond_sixteen_bits_of_rows():
    keys = np.random.default_rng(7).integers(0, 2**64, 70_001, dtype=np.uint64)
    wanted = np.argsort(keys, kind="stable")
    order = np.empty(len(keys), np.int64)
    sorting.radix_order(keys, order, np.empty_like(keys), np.empty_like(order))
    assert (order == wanted).all()


def banded(values, height, cap, few):
    """Pack the bands of signatures, sort them, write their pairs; return (pairs as written, buckets over the cap)."""
    rows = range(len(values))
    bands = len(values[0]) // height if values else 1
    keys = [[hash_of(row[band * height : (band + 1) * height]) for row in values] for band in range(bands)]
    words = np.array([[key << 32 | row for key, row in zip(one, rows, strict=True)] for one in keys], np.uint64)
    words = words.reshape(bands, len(values))
    kept, count, over, largest = (np.empty(bands, np.int64) for _ in range(4))
    buckets.sort_bands(words, INT(cap), INT(few), kept, count, over, largest)
    out = np.empty(count.sum(), np.uint64)
    buckets.write_pairs(words, kept, INT(cap), INT(few), np.cumsum(count) - count, out)
    return out, over.tolist(), largest.tolist()


def hash_of(values):
    """32 bits that only equal rows of small values share."""
    return naive.mix64(sum(value * 3**place for place, value in enumerate(values))) >> 32


@settings(max_examples=100)
@given(
    st.lists(
        st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 6).map(lambda n: n << 61 | 5), max_size=30), max_size=4
    ),
    st.sampled_from([(54, 1 << 10), (61, 8), (64 - 3, 8)]),
    st.sets(st.integers(0, 8)),
    st.data(),
)
def test_words_are_parted_by_their_upper_bits_and_parts_sorted_without_those_alone(pieces, by, cuts, data):
    """Each piece by itself, in its order; then some parts of all of them in order, whatever runs they come in."""
    shift, count = by
    out, parts = np.zeros(sum(map(len, pieces)), np.uint64), np.empty((len(pieces), count + 1), np.int64)
    begin = 0
    for piece, row in zip(pieces, parts, strict=True):
        cut = data.draw(st.integers(0, len(piece)))
        filled = np.array([*piece[:cut], 1, 2, *piece[cut:], 3], np.uint64)  # blocks with room that is not used
        borders, sizes = np.array([0, cut + 2, len(filled)]), np.array([cut, len(piece) - cut])
        buckets.part(borders, sizes, filled, INT(begin), np.uint64(shift), out, row)
        begin += len(piece)
    wanted = [sorted(piece, key=lambda word: word >> shift) for piece in pieces]
    assert out.tolist() == [word for piece in wanted for word in piece]
    for piece, row in zip(wanted, parts.tolist(), strict=True):
        cut = [out[low:high].tolist() for low, high in pairwise(row)]
        assert cut == [[word for word in piece if word >> shift == part] for part in range(count)]
    first = data.draw(st.integers(0, count - 1))
    some = parts[:, first:]
    runs = np.array(sorted({0, count - first} | {cut for cut in cuts if cut < count - first}), np.int64)
    room = np.concatenate([[0], np.cumsum(np.diff(some, axis=1).sum(axis=0))])[runs]
    found, end = np.empty(room[-1], np.uint64), np.empty(len(runs) - 1, np.int64)
    buckets.in_order(out, some, runs, INT(first), np.uint64(shift), room, found, end)
    for low, high, start, stop in zip(runs[:-1] + first, runs[1:] + first, room[:-1], end, strict=True):
        words = sorted(word for piece in pieces for word in piece if low <= word >> shift < high)
        keys = [word >> 32 for word in words]
        kept = found[start:stop].tolist()
        assert kept == sorted(kept) and set(kept) <= set(words)
        assert [word for word in words if keys.count(word >> 32) > 1] == [w for w in kept if keys.count(w >> 32) > 1]


def unpacked(pairs):
    return [(int(pair) >> 32, int(pair) & 0xFFFFFFFF) for pair in pairs]


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), max_size=12),
    st.sampled_from([(2, 2), (4, 1), (1, 4)]),
)
def test_band_pairs_are_all_pairs_where_buckets_are_small(values, shape):
    bands, height = shape
    pairs, over, _ = banded(values, height, 64, 2)
    assert set(unpacked(pairs)) == naive.band_pairs(values, bands, height)
    assert not any(over)
    kept = buckets.distinct(pairs, np.empty_like(pairs))
    assert unpacked(pairs[:kept]) == sorted(naive.band_pairs(values, bands, height))


def test_a_bucket_of_n_costs_n():
    """Doubling the members of one bucket doubles the pairs: each meets the first `few` only."""
    costs = []
    for n in (1_000, 2_000):
        pairs, over, largest = banded([(1, 1, 1, 1)] * n, 4, 64, 16)
        costs.append(len(pairs))
        assert (over, largest) == ([1], [n])
        assert {right for _, right in unpacked(pairs)} == set(range(1, n))
    assert costs == [16 * 1_000 - 136, 16 * 2_000 - 136]


def test_bands_hold_beyond_sixteen_bits_of_rows():
    """70,001 rows of which every other bears one of 700 keys."""
    key = np.random.default_rng(5).permutation(70_001).astype(np.uint64)
    key[::2] %= np.uint64(700)
    words = (key * np.uint64(0x9E3779B97F4A7C15) & ~np.uint64(0xFFFFFFFF)) | np.arange(70_001, dtype=np.uint64)
    kept, count, over, largest = (np.empty(1, np.int64) for _ in range(4))
    table = words[None, :].copy()
    buckets.sort_bands(table, INT(3), INT(2), kept, count, over, largest)
    met = np.sort(table[0, : kept[0]])
    assert (table[0, : kept[0]] == met).all() and len(set(met.tolist())) == kept[0]
    sizes = np.unique(key, return_counts=True)[1]
    shared = words[np.isin(key, np.flatnonzero(np.bincount(key.astype(np.int64)) > 1))]
    assert set(shared.tolist()) <= set(met.tolist()) <= set(words.tolist())
    assert kept[0] < len(shared) + (len(words) - len(shared)) / 3
    assert over[0] == (sizes > 3).sum()
    assert largest[0] == sizes.max()
    assert count[0] == np.where(sizes > 3, 2 * sizes - 3, sizes * (sizes - 1) // 2).sum()  # 0, 1, then two each


@given(st.lists(st.integers(0, 3) | st.integers(0, 2**64 - 1), max_size=60))
def test_distinct_is_the_sorted_set(values):
    words = np.array(values, np.uint64)
    kept = buckets.distinct(words, np.empty_like(words))
    assert words[:kept].tolist() == sorted(set(values))


@given(st.lists(st.tuples(st.sampled_from([0, 5 << 32, 7 << 32 | 1, 7 << 32 | 2]), st.integers(0, 2)), max_size=30))
def test_groups_are_headed_by_the_first_equal_digest(digests):
    """Digests that share their upper 32 bits are told apart by the rest."""
    table = np.array(digests, np.uint64).reshape(-1, 2)
    head = np.empty(len(digests), np.int64)
    buckets.groups(table, *(np.empty(len(digests), np.uint64) for _ in range(2)), head)
    assert head.tolist() == [digests.index(digest) for digest in digests]


@given(st.lists(codes_of.filter(lambda row: len(row) >= 3), max_size=6), st.integers(1, 7))
def test_band_keys_are_equal_where_the_bands_of_the_signatures_are(rows, k):
    """The fused kernel and the signatures of the sorted sets agree on every band of every pair.

    Ten bands of two rows of 23 values: two vectors of permutations, of which three belong to no band.
    """
    rows = [row for row in rows if len(row) >= k]
    codes, ptr = laid_out(rows)
    rng = np.random.default_rng(1)
    a, b = (rng.integers(0, 2**32, 23, dtype=np.uint32) | np.uint32(1) for _ in range(2))
    number = np.arange(len(rows)) + 70_000
    words = np.empty((10, len(rows)), np.uint64)
    minhash.band_words(codes, ptr[:-1], ptr[1:], number, INT(k), a, b, INT(2), words)
    assert (words & np.uint64(0xFFFFFFFF) == number.astype(np.uint64)).all()
    sets_of = [sorted(set(naive.gram_hashes(row.tolist(), k))) for row in rows]
    flat, indptr = laid_out([np.array(one, np.uint64) & np.uint64(0xFFFFFFFF) for one in sets_of])
    values = np.empty((len(rows), 23), np.uint32)
    minhash.signatures(indptr, np.diff(indptr), flat.astype(np.uint64), a, b, values)
    assert values.tolist() == [naive.signature(one, a.tolist(), b.tolist()) for one in sets_of]
    for band in range(10):
        for i in range(len(rows)):
            for j in range(i):
                same = (values[i, 2 * band : 2 * band + 2] == values[j, 2 * band : 2 * band + 2]).all()
                assert same == (words[band, i] >> np.uint64(32) == words[band, j] >> np.uint64(32))


def test_a_long_text_of_few_grams_is_sorted_and_sketched():
    """Longer than a tile and a block, with every hash repeated thousands of times."""
    codes = np.tile(np.arange(0x4E00, 0x4E0D, dtype=np.uint32), 6_000)
    bounds = np.array([0, len(codes)])
    indptr = np.array([0, len(codes) - 4])
    out, count = np.empty(indptr[-1], np.uint64), np.empty(1, np.int64)
    hashing.shingles(codes, bounds[:1], bounds[1:], indptr, INT(5), out, count)
    wanted = sorted(set(naive.gram_hashes(codes[:17].tolist(), 5)))
    assert out[: count[0]].tolist() == wanted
    a, b = np.array([3, 5], np.uint32), np.array([7, 11], np.uint32)
    words = np.empty((2, 2), np.uint64)
    starts, ends = np.array([0, 0]), np.array([len(codes), 17])
    minhash.band_words(codes, starts, ends, np.array([0, 1]), INT(5), a, b, INT(1), words)
    assert (words[:, 0] >> np.uint64(32) == words[:, 1] >> np.uint64(32)).all()


@given(st.lists(st.sets(st.integers(0, 30)), min_size=2, max_size=6), st.floats(0.2, 1.0))
def test_shared_counts_the_intersection_of_every_pair_at_the_threshold(groups, threshold):
    indptr = np.concatenate([[0], np.cumsum([len(one) for one in groups])]).astype(np.int64)
    hashes = np.array([value for one in groups for value in sorted(one)], np.uint64)
    pairs = [(i, j) for j in range(len(groups)) for i in range(j)]
    left, right = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    out = np.empty(len(pairs), np.int64)
    sets.shared(left, right, indptr, np.diff(indptr), hashes, threshold, out)
    for (i, j), common in zip(pairs, out.tolist(), strict=True):
        exact = naive.jaccard(groups[i], groups[j])
        assert common == len(groups[i] & groups[j]) or (common == -1 and exact < threshold)


@given(codes_of, codes_of)
def test_gap_alignment_is_the_longest_common_subsequence(one, other):
    codes, ptr = laid_out([one, other])
    row = np.empty(len(other) + 1, np.int64)
    assert align._lcs(codes, ptr[0], ptr[1], ptr[1], ptr[2], row) == naive.lcs(one.tolist(), other.tolist())


@given(codes_of, codes_of, st.sampled_from([500, 600, 700]))
def test_extension_without_drop_finds_the_best_prefixes(one, other, floor):
    """With an endless drop the greedy extension is exact: the best score over all pairs of prefixes."""
    codes, ptr = laid_out([one, other])
    scratch = [np.empty(2 * 200 + 1, np.int64)]
    i, j, matches = align._extend(
        codes, ptr[0], ptr[1], INT(1), INT(len(one)), INT(len(other)), INT(floor), INT(10**9), *scratch
    )
    assert 2000 * matches - floor * (i + j) == naive.best_extension(one.tolist(), other.tolist(), floor)
    assert matches <= naive.lcs(one.tolist()[:i], other.tolist()[:j])


@given(codes_of, codes_of)
def test_extension_to_the_left_mirrors_extension_to_the_right(one, other):
    codes, ptr = laid_out([one, other])
    back, _ = laid_out([one[::-1], other[::-1]])
    scratch = [np.empty(2 * 200 + 1, np.int64)]
    room = (INT(len(one)), INT(len(other)))
    right = align._extend(codes, ptr[0], ptr[1], INT(1), *room, INT(600), INT(5_000), *scratch)
    left = align._extend(back, ptr[1] - 1, ptr[2] - 1, INT(-1), *room, INT(600), INT(5_000), *scratch)
    assert right == left


def test_extension_goes_on_when_its_scratch_is_full():
    """More edits than the scratch has diagonals do not end a passage."""
    unit = [0x4E00, 0x4E01, 0x4E02, 0x4E03, 0x4E04, 0x4E05, 0x4E06, 0x4E07]
    one = unit * 100
    other = [code for i in range(100) for code in unit[: 7 if i % 2 else 8]]  # every other copy lacks a character
    codes, ptr = laid_out([np.array(one), np.array(other)])
    scratch = [np.empty(2 * 8 + 1, np.int64)]
    i, j, matches = align._extend(
        codes, ptr[0], ptr[1], INT(1), INT(len(one)), INT(len(other)), INT(600), INT(15_000), *scratch
    )
    assert (i, j) == (len(one) - 1, len(other))  # the last character of the longer side is one that is lacking
    assert matches >= len(other) - 60


@given(st.lists(st.integers(-9, 9), max_size=10))
def test_segments_are_the_maximal_scoring_ones(scores):
    n = len(scores)
    begin, stop, total, keep = (np.empty(n + 1, np.int64) for _ in range(4))
    count = align._segments(np.array(scores, np.int64), begin, stop, total, keep)
    found = list(zip(begin[:count].tolist(), stop[:count].tolist(), strict=True))
    wanted = naive.maximal_segments(scores)
    assert [sum(scores[i:j]) for i, j in found] == [sum(scores[i:j]) for i, j in wanted]
    assert all(sum(scores[i:j]) > 0 for i, j in found)


@given(st.integers(1, 12), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20))
def test_components_are_those_of_a_walk(nodes, edges):
    edges = [(a % nodes, b % nodes) for a, b in edges]
    root = np.empty(nodes, np.int64)
    left, right = (np.array([edge[side] for edge in edges], np.int64) for side in (0, 1))
    unionfind.components(left, right, root)
    assert root.tolist() == naive.components(nodes, edges)


def test_first_shared_gram_is_the_first_of_the_left_side():
    one, other = [1, 2, 3, 4, 5, 6, 7], [9, 9, 4, 5, 6, 7]
    codes, ptr = laid_out([np.array(one), np.array(other)])
    left, right = np.empty(1, np.int64), np.empty(1, np.int64)
    packing.first_shared(codes, ptr[:-1], ptr[1:], np.array([0]), np.array([1]), INT(3), left, right)
    assert (left[0], right[0]) == (3, len(one) + 2)


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=40), min_size=1, max_size=3),
    st.tuples(st.integers(3, 9), st.integers(0, 3), st.integers(3, 8), st.integers(0, 3)),
    st.integers(2, 9),
    st.sets(st.integers(0, 20), max_size=4),
    st.integers(0, 1),
)
def test_a_pair_of_places_is_worth_a_seed_where_more_than_the_anchor_agrees(texts, around, cap, some, spare):
    """Whether the text is at hand when places are paired or afterwards, the seeds are those of the slow rule."""
    k = 3
    around = around[0], sum(around[:2]), *around[2:]
    codes, ptr = laid_out([np.array(text) for text in texts])
    row, borders = codes.tolist(), list(pairwise(ptr.tolist()))
    places = [at for low, high in borders for at in range(low, high - k + 1)]
    grams = sorted({tuple(row[at : at + k]) for at in places})
    groups = [[at for at in places if tuple(row[at : at + k]) == gram] for gram in grams]
    groups = [group for group in groups if len(group) > 1]
    document = {at: d for d, (low, high) in enumerate(borders) for at in range(low, high)}
    words = np.array([g << 32 | at for g, group in enumerate(groups) for at in group], np.uint64)
    rows = np.cumsum([0, *map(len, groups)]).astype(np.int64)
    rows = rows[sorted({0, *some, len(groups)} & set(range(len(rows))))]
    begin, end, blocks = rows[:-1], rows[1:], len(rows) - 1
    room, over, largest, count = (np.empty(blocks, np.int64) for _ in range(4))
    seeds.room(words, begin, end, INT(cap), room, over, largest)
    indptr = np.concatenate([[0], np.cumsum(room)]).astype(np.int64)
    around = tuple(map(INT, around))

    def written(text, k):
        out = np.empty(indptr[-1], np.uint64)
        table = owners.look_up(ptr, 0, len(codes) - 1)
        bounds = INT(cap), around, np.uint64(spare)
        seeds.pairs(text, INT(k), words, begin, end, ptr, *table, *bounds, indptr, out, count)
        found = [word for b in range(blocks) for word in out[indptr[b] : indptr[b] + count[b]].tolist()]
        return [(word >> 32, (word & 0xFFFFFFFF) >> spare, 2 - (word & spare)) for word in found]

    many = [len(group) for group in groups if len(group) > cap]
    assert (over.sum(), largest.max(initial=0)) == (len(many), max(many, default=0))
    met = [pair for group in groups for pair in naive.partners(group, document, cap)]
    merits = [naive.merit(row, i, j, k, (borders[document[i]], borders[document[j]]), around) for i, j in met]
    wanted = [pair for pair, merit in zip(met, merits, strict=True) if merit]
    marked = [(*pair, merit if spare else 2) for pair, merit in zip(met, merits, strict=True) if merit]
    assert sorted(written(codes, k)) == sorted(marked)
    found = written(np.empty(0, np.uint32), 0)
    assert sorted(found) == sorted((*pair, 2) for pair in met)
    left, right = (np.array([pair[side] for pair in found], np.int64) for side in (0, 1))
    kept = np.empty(len(left), bool)
    one, other = owners.document_of(ptr, left), owners.document_of(ptr, right)
    seeds.worth(codes, left, right, one, other, ptr, INT(k), around, kept)
    assert sorted(zip(left[kept].tolist(), right[kept].tolist(), strict=True)) == sorted(wanted)


@settings(max_examples=200)
@given(st.lists(st.integers(0, 5), min_size=60, max_size=90), st.integers(0, 8), st.integers(0, 3), st.data())
def test_an_echo_is_heard_at_the_lengths_that_are_looked_at_all_at_once(filler, shift, differ, data):
    """With the reach and drift that scans have, a glance at all characters leaves no echo out, and adds none."""
    k, around = 6, data.draw(st.sampled_from([(8, 8, 16, 4), (8, 10, 16, 4)]))
    grown = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))  # characters of the run beside the anchor
    anchor = [*range(90 - grown[0], 96 + grown[1])]
    before, after = filler[:30], filler[30:]
    other = [code + 10 if n % 4 <= differ else code for n, code in enumerate(filler)]
    other_before, other_after = other[:30][shift:], [99] * shift + other[30:]
    one, two = [*before, 80, *anchor, 81, *after], [*other_before, 82, *anchor, 83, *other_after]
    cut = data.draw(st.integers(0, 30))  # so that the window may end beyond the text
    one, two = one[: len(one) - cut], two[: len(two) - cut // 2]
    if data.draw(st.booleans()):  # or far from all borders
        one, two = ([*range(first, first + 50), *text, *range(first + 50, first + 100)] for first, text in
                    ((200, one), (400, two)))  # fmt: skip
    aside = data.draw(st.sampled_from([0, 50]))  # what else the corpus holds, beyond the borders: it does not count
    texts = [filler[:aside], one, two, filler[:aside]]
    codes, ptr = laid_out([np.array(text) for text in texts])
    left, right = (
        np.array([start + text.index(90)], np.int64) for start, text in zip(ptr[1:3], texts[1:3], strict=True)
    )
    kept = np.empty(1, bool)
    of = np.array([1], np.int32), np.array([2], np.int32)
    seeds.worth(codes, left, right, *of, ptr, INT(k), tuple(map(INT, around)), kept)
    borders = list(pairwise(ptr.tolist()))[1:3]
    assert kept[0] == (naive.merit(codes.tolist(), int(left[0]), int(right[0]), k, borders, around) > 0)


@settings(max_examples=400)
@given(st.data())
def test_what_two_documents_share_alone_is_judged_as_the_slow_rule_says(data):
    """One seed, or several in one run: worth aligning by length, by an echo near or far, by a paragraph, or not."""

    def drawn(low, high):
        return data.draw(st.integers(low, high))

    k, size, apart = 3, drawn(3, 15), drawn(0, 5) > 0
    sure = drawn(3, 8)
    around = drawn(3, sure), sure, drawn(3, 8), drawn(0, 2)
    far = sure + drawn(0, 4), drawn(3, 14), drawn(0, 6)
    if as_scanned := drawn(0, 1):
        around, far = (10, 10, 16, 4), (13, 24, 13)
    # Nothing is equal but one run and, mostly, three characters somewhere beside it, before it or behind it.
    most = 60 if as_scanned else 24
    sides = [[[side + n for n in range(drawn(0, most))] for side in (first, first + 100)] for first in (1_000, 2_000)]
    part = drawn(0, 1)
    for one in sides if drawn(0, 5) else []:
        at = drawn(0, len(one[part]))
        one[part][at : at + 3] = [1, 2, 3]
    left, right = ([*before, *range(50, 50 + size), *behind] for before, behind in sides)
    aside = [1, 2, 3] * drawn(0, 20)  # beyond the borders
    codes, ptr = laid_out([np.array(text) for text in (aside, *((left, right) if apart else (left + right,)), aside)])
    first, last = len(aside) + len(sides[0][0]), len(aside) + len(left) + len(sides[1][0])
    step, count = drawn(1, 4), drawn(1, 3)
    shift = drawn(0, 5) == 0  # now and then the last seed stands on another diagonal
    met = [(first + n, last + n) for n in range(0, min(step * count, size - k + 1), step)]
    met[-1] = met[-1][0], met[-1][1] + (shift and len(met) > 1)
    one, other = (np.array([pair[side] for pair in met], np.int64) for side in (0, 1))
    of = owners.document_of(ptr, one), owners.document_of(ptr, other)
    state, least = np.full(len(met), 9, np.uint8), drawn(0, 9)
    seeds.lone(
        codes, one, other, *of, ptr, np.array([0, len(met)], np.int64), INT(k), INT(least),
        tuple(map(INT, around)), *map(INT, far), state,
    )  # fmt: skip
    borders = list(pairwise(ptr.tolist()))
    wanted = naive.lone(codes.tolist(), met, k, (borders[1], borders[-2]), apart, least, around, far)
    assert state.tolist() == wanted


SHORT, SCANNED = (3, (5, 5, 3, 0), (6, 6, 3)), (6, (10, 10, 16, 4), (13, 24, 13))


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize(
    "k, around, far, most, aside",
    [(*SHORT, 14, 2), (*SCANNED, 41, 2), (*SCANNED, 41, 60), (*SCANNED, 18, 60), (*SCANNED, 15, 60)],
)
def test_an_echo_is_heard_up_to_the_last_place_that_is_looked_at(behind, k, around, far, most, aside):
    """Wherever three equal characters stand before a run or behind it, they count as the slow rule counts them:
    within the borders, across them, and at the lengths of scans, by vectors and where the corpus ends beside them.
    """
    told, size = set(), around[1]
    rows = [np.arange(first, first + n) for first, n in ((1, aside), (1_000, most), (2_000, most), (9_000, aside))]
    left, right = (np.concatenate([row, np.arange(500, 500 + size), row + 100]) for row in rows[1:3])
    laid, ptr = laid_out([rows[0], left, right, rows[3]])
    begins = [int(ptr[side]) + (most + size if behind else 0) for side in (1, 2)]
    met = int(ptr[1]) + most, int(ptr[2]) + most
    one, other = (np.array([place], np.int64) for place in met)
    of, borders = (np.array([1], np.int32), np.array([2], np.int32)), list(pairwise(ptr.tolist()))[1:3]
    near, kept, state = (99, size + 1, *around[2:]), np.empty(1, bool), np.zeros(1, np.uint8)
    for here, there in product(range(-2, most), repeat=2):
        codes = laid.copy()
        for begin, at in zip(begins, (here, there), strict=True):
            codes[begin + at : begin + at + 3] = [901, 902, 903]
        if not np.array_equal(codes[met[0] : met[0] + size], codes[met[1] : met[1] + size]):
            continue  # written over the run
        seeds.lone(
            codes, one, other, *of, ptr, np.array([0, 1], np.int64), INT(k), INT(3), tuple(map(INT, around)),
            *map(INT, far), state,
        )  # fmt: skip
        assert state.tolist() == naive.lone(codes.tolist(), [met], k, borders, True, 3, around, far), (here, there)
        told.add(int(state[0]))
        seeds.worth(codes, one, other, *of, ptr, INT(k), tuple(map(INT, near)), kept)
        assert kept[0] == (naive.merit(codes.tolist(), *met, k, borders, near) > 0), (here, there)
    assert told == {1, 3}


@pytest.mark.skipif(not seeds._VECTORS, reason="nothing is compared by vectors here")
def test_characters_that_agree_at_different_shifts_are_no_trigram():
    """Two at the end of what is looked at, and one at its beginning a shift farther, in the next bits of one word."""
    for shift, at, farther, first in product(range(9), range(15), range(9), range(16)):
        codes = np.arange(200, dtype=np.uint32)
        codes[[100 + at + shift, 101 + at + shift]] = codes[[40 + at, 41 + at]]
        codes[100 + first + farther] = codes[40 + first]
        wanted = naive.echoes(codes.tolist(), (40, 104, 0), [(40, 100), (100, 190)], 16, 4)
        assert seeds._heard(codes, INT(40), INT(104)) == wanted


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 1)), max_size=30), st.integers(0, 1))
def test_what_is_weak_stays_in_company_only(rows, weak):
    """Repetitions go, the strong one first, and so do weak seeds that are alone between their documents."""
    words = np.array(sorted((group * 8 + place) << 1 | bit for group, place, bit in rows), np.uint64) >> (1 - weak)
    kept = np.empty(len(words), bool)
    packing.in_company(words, np.uint64(weak), np.uint64(3 + weak), kept)
    assert words[kept].tolist() == naive.in_company(words.tolist(), weak, 3 + weak)


@given(
    st.lists(st.lists(st.integers(0, 1), min_size=8, max_size=40), min_size=2, max_size=2),
    st.tuples(*(st.integers(low, high) for low, high in ((3, 6), (3, 9), (0, 12), (1, 3)))),
    st.integers(0, 30),
)
def test_a_short_chain_is_aligned_where_the_slow_rule_says_so(texts, bounds, step):
    """Of chains of one seed or two those are dropped that naive.promise drops; longer ones all stay."""
    k, bounds = 3, (bounds[0], max(bounds[:2]), *bounds[2:])
    codes, ptr = laid_out([np.array(text) for text in texts])
    row, borders = codes.tolist(), list(pairwise(ptr.tolist()))
    (low, high), (low_right, high_right) = borders
    met = [
        (i, j)
        for i in range(low, high - k + 1)
        for j in range(low_right, high_right - k + 1)
        if row[i : i + k] == row[j : j + k]
    ]
    met = met[:: 1 + step]  # sparse ones make short chains
    n = len(met)
    left, right = (np.array([place[side] for place in met], np.int64) for side in (0, 1))
    score, parent, chain_of, member = (np.empty(n, np.int64) for _ in range(4))
    state = np.zeros(n, np.uint8)
    of = np.zeros(n, np.int32), np.ones(n, np.int32)
    group = np.array([0, n] if n else [0], np.int64)
    chain.chain(
        codes, left, right, np.full(n, k, np.int64), *of, ptr, group, INT(4), INT(600), INT(40),
        tuple(map(INT, bounds)), score, parent, chain_of, member, state,
    )  # fmt: skip
    told = dict(zip(member.tolist(), state.tolist(), strict=True))
    for name in set(chain_of.tolist()):
        members = np.flatnonzero(chain_of == name).tolist()
        promise = 0 if len(members) > 2 else naive.promise(row, met, chain_of.tolist(), members, k, borders, bounds)
        further = 2 if naive.one_run([met[seed] for seed in members], k) else 0
        wanted = [1] + [further] * (len(members) - 1) if promise == 0 else [promise] * len(members)
        assert [told[seed] for seed in members] == wanted


@given(st.lists(st.integers(0, 2), min_size=24, max_size=24), st.booleans(), st.data())
def test_tails_that_hardly_agree_are_trimmed(row, at_end, data):
    """Of a passage [2, 10) that says [14, 22), cut up to five characters inside of an end, or nowhere."""
    cut = st.one_of(st.just(-1), st.integers(5, 9) if at_end else st.integers(3, 7))
    cuts = data.draw(cut), data.draw(cut)
    cuts = cuts[0], cuts[1] + 12 if cuts[1] >= 0 else -1
    agrees = data.draw(st.sampled_from([0, 500, 900]))
    rows = np.array([[2, 10, 14, 22, 8, 0, 0]], np.int64)
    borders, trimmed = (np.array([one], np.int64) for one in cuts), np.zeros(1, bool)
    overlap.trim(np.array(row, np.uint32), *borders, INT(at_end), INT(6), INT(agrees), rows, trimmed)
    assert trimmed[0] == (rows[0, :2].tolist() != [2, 10])
    assert rows[0, :5].tolist() == naive.trimmed(row, [2, 10, 14, 22, 8], cuts, at_end, agrees / 1000)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30).filter(any), st.data())
def test_places_know_their_documents(sizes, data):
    """The rough table leads to the document that a binary search finds, empty documents and all."""
    indptr = np.concatenate([[0], np.cumsum(np.array(sizes) ** 3)]).astype(np.int64)
    places = st.lists(st.integers(0, int(indptr[-1]) - 1), max_size=40)
    position = np.array(data.draw(places), np.int64)
    wanted = np.searchsorted(indptr, position, side="right") - 1
    assert owners.document_of(indptr, position).tolist() == wanted.tolist()


@given(st.lists(st.integers(1, 50), min_size=1, max_size=9), st.data())
def test_pairs_of_places_sort_as_words(sizes, data):
    """One sort of packed words gives the order by both documents, then both places; unpacking undoes packing."""
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    place = st.integers(0, int(indptr[-1]) - 1)
    pairs = np.array(data.draw(st.lists(st.tuples(place, place), max_size=30)), np.int64).reshape(-1, 2)
    left, right = pairs[:, 0].copy(), pairs[:, 1].copy()
    one, other = owners.document_of(indptr, left), owners.document_of(indptr, right)
    number, offset = np.uint64(len(indptr).bit_length()), np.uint64(max(sizes).bit_length())
    spare = np.uint64(data.draw(st.integers(0, 1)))
    weak = np.array(data.draw(st.lists(st.booleans(), min_size=len(left), max_size=len(left))), bool)
    words = np.empty(len(left), np.uint64)
    packing.pack(indptr, one, other, left, right, weak, number, offset, spare, words)
    assert ((words & spare).astype(bool) == (weak & bool(spare))).all()
    words.sort()
    packing.unpack(indptr, words, number, offset, spare, left, right)
    wanted = sorted(zip(one.tolist(), other.tolist(), pairs[:, 0].tolist(), pairs[:, 1].tolist(), strict=True))
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == [row[2:] for row in wanted]


@given(st.lists(st.lists(st.integers(0, 2**64 - 1), max_size=5), min_size=1, max_size=9), st.data())
def test_blocks_are_compacted_in_their_order(rows, data):
    count = np.array([data.draw(st.integers(0, len(row))) for row in rows], np.int64)
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    out = np.empty(count.sum(), np.uint64)
    hashing.compact(indptr, count, np.array([word for row in rows for word in row], np.uint64), out)
    assert out.tolist() == [word for row, n in zip(rows, count.tolist(), strict=True) for word in row[:n]]


@given(
    st.text(alphabet="镇鎮A １，\u3000\n\u200b㎡①（", max_size=30),
    st.lists(st.integers(0, 30), max_size=6, unique=True).map(sorted),
    st.integers(1, 9),
    st.integers(0, 9),
    st.data(),
)
def test_what_is_visible_around_a_place_is_folded_one_for_one(text, borders, before, behind, draw):
    """Within its document, of what no range covers: so many code points up to the place, and so many behind it."""
    tables, multi = data.tables(), np.uint32(data.MULTI_BIT)
    start, end = (np.array(borders[at : len(borders) // 2 * 2 : 2], INT) for at in (0, 1))
    codes = np.array([ord(char) for char in text], np.uint32)
    floor, ceiling = sorted(draw.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    seen = []
    for at in range(floor, ceiling):
        hidden = any(low <= at < high for low, high in zip(start.tolist(), end.tolist(), strict=True))
        if not hidden and int(tables.kind[codes[at]]) & 0x0F < data.Class.SPACE:
            seen.append(at)
    for place in range(floor, ceiling):
        folded, places = (np.zeros(before + behind, np.uint32) for _ in range(2))
        count, size = marks.around(
            codes, INT(place), INT(floor), INT(ceiling), tables.kind, tables.fold, start, end, multi, INT(before),
            INT(behind), folded, places,
        )  # fmt: skip
        rank = seen.index(place) + 1 if place in seen else 0
        wanted = seen[max(0, rank - before) : rank + behind] if rank else []
        assert (count, size) == (min(before, rank), len(wanted))
        assert places[:size].tolist() == wanted
        assert folded[:size].tolist() == [int(tables.fold[codes[at]]) for at in wanted]


@given(st.text(alphabet="文来來 \n)）\u200b本(下a", max_size=30))
def test_flagged_places_are_listed_and_words_end_only_behind_their_last_character_but_one(text):
    """A bracket before the last character may close an annotation: whether it does is told later."""
    tables = data.tables()
    flags = np.zeros(data.CODE_POINTS, np.uint16)
    flags[[ord(char) for char in "来來下"]] |= 1
    flags[[ord(char) for char in "(a下"]] |= 2
    codes = np.array([ord(char) for char in text], np.uint32)
    last, before = (np.array([ord(char) for char in row], np.uint32) for row in ("来下", "文a"))
    places, found = np.empty_like(codes), np.empty(len(codes), np.uint16)
    count = marks.marked(codes, flags, tables.kind, tables.fold, np.uint16(1), last, before, places, found)
    wanted = []
    for at, char in enumerate(text):
        visible = [one for one in text[:at] if int(tables.kind[ord(one)]) & 0x0F < data.Class.SPACE]
        pair = "".join(visible[-1:]) + char.replace("來", "来")
        ends = pair in ("文来", "a下", ")来", "）来", ")下", "）下")
        flag = int(flags[ord(char)]) & (3 if ends else 2)
        if flag:
            wanted.append((at, flag))
    assert list(zip(places[:count].tolist(), found[:count].tolist(), strict=True)) == wanted
