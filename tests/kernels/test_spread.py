"""The kernels of painting and of counting who has a k-gram give what their slow twins give."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import hashing, spread
from dedup.kernels.paint import paint
from dedup.kernels.threads import threads
from dedup.schema import KeyStream
from dedup.steps.background import Sorted, by_unit, tallied

settings.register_profile("kernels", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("kernels")

ranges = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted), max_size=12)


@given(ranges, st.data())
def test_the_last_range_over_a_position_colours_it(rows, data):
    """Every position bears colour and owner of the last range that covers it, or what it bore before."""
    colour = data.draw(st.lists(st.integers(0, 7), min_size=len(rows), max_size=len(rows)))
    start, end = (np.array([row[side] for row in rows], np.int64) for side in (0, 1))
    colours, owners = np.full(41, 9, np.uint8), np.full(41, -1, np.int32)
    paint(start, end, np.array(colour, np.uint8), np.arange(len(rows)), colours, owners)
    wanted = naive.painted([(*row, one) for row, one in zip(rows, colour, strict=True)], 41)
    assert list(zip(colours.tolist(), owners.tolist(), strict=True)) == wanted


words = st.integers(0, 2**32 - 1) | st.integers(2**31, 2**31 + 300)


@given(st.sets(words, max_size=200), st.lists(words, max_size=50))
def test_hashes_are_found_where_they_stand(held, asked):
    """Every hash that is held is found at its row, every other one at -1; those with equal upper bits among them."""
    hashes = np.array(sorted(held), np.uint32)
    wanted = np.array([*asked, *sorted(held)], np.uint32)
    rows = {value: row for row, value in enumerate(sorted(held))}
    assert Sorted(hashes).rows(wanted).tolist() == [rows.get(value, -1) for value in wanted.tolist()]


def test_many_hashes_are_found():
    """Beyond 65,536, where the index has more than one level of nothing."""
    hashes = np.unique(np.random.default_rng(3).integers(0, 2**32, 100_000).astype(np.uint32))
    assert (Sorted(hashes).rows(hashes) == np.arange(len(hashes))).all()


@given(st.lists(st.text("甲乙丙", max_size=14), max_size=6), st.data())
def test_units_are_counted_once_and_taken_text_not_at_all(texts, data):
    """A k-gram counts once for each unit that has it in a stretch that is not taken."""
    units = data.draw(st.lists(st.integers(0, 2), min_size=len(texts), max_size=len(texts)))
    size = sum(map(len, texts))
    taken = sorted(data.draw(st.sets(st.integers(0, max(size - 1, 0)), max_size=6))) if size else []
    codes = np.array([ord(char) for text in texts for char in text], np.uint32)
    indptr = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    every = sorted({gram for text in texts for gram in (text[i : i + 3] for i in range(len(text) - 2))})
    hashes = {gram: naive.gram_hash([ord(char) for char in gram]) >> 32 for gram in every}
    crowd = {max(value - more, 0) for value in hashes.values() for more in range(3)}  # of equal upper bits
    held = Sorted(np.array(sorted(crowd), np.uint32))
    holes = np.array([(at, at + 1) for at in taken], np.int64).reshape(-1, 2)
    seen = np.append(held.hashes, np.uint32(0xFFFFFFFF)).astype(np.uint64) << np.uint64(32)
    unit = np.array(units, np.int64)
    order = np.argsort(unit, kind="stable")
    spread.tally(codes, indptr, order, unit, holes, np.int64(3), *held.index[1:], seen)
    wanted = naive.hands(texts, units, set(taken), 3)
    row = {int(value): at for at, value in enumerate(held.hashes)}
    assert {gram: int(seen[row[value]]) & 0xFFFF for gram, value in hashes.items()} == {
        g: wanted.get(g, 0) for g in every
    }


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=12), st.lists(st.integers(0, 60), max_size=4)
)
def test_pieces_by_unit_hold_every_document_once_and_cut_no_unit(rows, wanted):
    units = np.array([unit for unit, _ in rows], np.int64)
    indptr = np.concatenate([[0], np.cumsum([size for _, size in rows], dtype=np.int64)])
    order = np.argsort(units, kind="stable")
    pieces = by_unit(indptr, units, order, sorted(wanted))
    assert np.concatenate(pieces).tolist() == order.tolist()
    of_pieces = [set(units[piece].tolist()) for piece in pieces]
    assert sum(map(len, of_pieces)) == len(set().union(*of_pieces))


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_count_is_the_same_on_one_thread_and_on_two(jobs):
    random = np.random.default_rng(5)
    codes = random.integers(0x4E00, 0x4E10, 20_000).astype(np.uint32)
    indptr = np.arange(0, 20_001, 200)
    keys = KeyStream(codes, np.arange(20_000), np.ones(20_000, np.uint16), indptr, None)
    units = random.integers(0, 30, 100)
    held = Sorted(tallied(keys)[0])
    with threads(jobs):
        count = held.tally(keys, units, np.array([[100, 3000], [7000, 7009]]), np.argsort(units, kind="stable"))
    texts = ["".join(map(chr, codes[low : low + 200])) for low in range(0, 20_000, 200)]
    wanted = naive.hands(texts, units.tolist(), {*range(100, 3000), *range(7000, 7009)}, 5)
    assert sorted(count[count > 0].tolist()) == sorted(wanted.values())


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("own", [1, 2])
def test_more_units_than_a_word_tells_apart_are_counted(jobs, own):
    """Each of 70,000 units, of one document or of two, has the k-gram once more, however many a call can count."""
    count = 70_000 * own
    codes = np.tile(np.arange(0x4E00, 0x4E06, dtype=np.uint32), count)
    indptr = np.arange(0, len(codes) + 1, 6)
    keys = KeyStream(codes, np.arange(len(codes)), np.ones(len(codes), np.uint16), indptr, None)
    units = np.arange(count) // own
    wanted = [naive.gram_hash(codes[i : i + 5].tolist()) >> 32 for i in range(2)]
    held = Sorted(np.array(sorted([*wanted, 5]), np.uint32))
    with threads(jobs):
        seen = held.tally(keys, units, np.empty((0, 2), np.int64), np.arange(count))
    assert dict(zip(held.hashes.tolist(), seen.tolist(), strict=True)) == {5: 0} | dict.fromkeys(wanted, 70_000)


@pytest.mark.parametrize("held", [[0xFFFFFFFF], [0xFFFFFFF0, 0xFFFFFFFF], [0xFFFFFFF0]])
def test_the_highest_hash_is_counted_where_it_is_held(held):
    """The row of no hash holds the highest one too: a k-gram that has it is counted in its own row, or in none."""
    codes = np.array([ord(char) for char in "丆剤鉙"], np.uint32)
    assert naive.gram_hash(codes.tolist()) >> 32 == 0xFFFFFFFF
    index = Sorted(np.array(held, np.uint32)).index[1:]
    seen = np.array([*held, 0xFFFFFFFF], np.uint64) << np.uint64(32)
    none, first = np.empty((0, 2), np.int64), np.zeros(1, np.int64)
    spread.tally(codes, np.array([0, 3]), first, first, none, np.int64(3), *index, seen)
    assert (seen[:-1] & np.uint64(0xFFFF)).tolist() == [int(value == 0xFFFFFFFF) for value in held]


def test_copies_of_the_mixer_agree():
    """spread.py holds the same mixer, the same base and the same k-gram hashes as hashing.py."""
    assert spread._BASE == hashing._BASE
    for value in (0, 1, 2**63 + 1, 2**64 - 1, 0x123456789ABCDEF0):
        assert int(spread._mix64(np.uint64(value))) == int(hashing._mix64(np.uint64(value)))
    codes = np.arange(0x4E00, 0x4E40, dtype=np.uint32)
    one, other = np.empty((2, 59), np.uint64)
    hashing._hash_grams(codes, np.int64(1), np.int64(59), hashing._powers(np.int64(5)), one)
    spread._hash_grams(codes, np.int64(1), np.int64(59), np.int64(5), other)
    assert one.tolist() == other.tolist() == naive.gram_hashes(codes[1:].tolist(), 5)


@pytest.mark.parametrize("size", [0, 2, 3, 4, spread._AHEAD - 1, spread._AHEAD + 2, 3 * spread._AHEAD + 5])
def test_information_is_the_least_bits_of_the_grams_that_hold_a_character(size):
    """As the definition says, wherever a block of k-grams ends; what is asked first hides what is asked second."""
    random = np.random.default_rng(size)
    codes = random.integers(0x4E00, 0x4E06, size + 4).astype(np.uint32)
    grams = [codes[i : i + 3].tolist() for i in range(2, size)]  # the range begins at 2 and has `size` characters
    every = np.unique([naive.gram_hash(gram) >> 32 for gram in grams] or [7]).astype(np.uint32)
    near, far = (Sorted(np.unique([some, some - 1])) for some in (every[::3], every[::2]))  # two of equal upper bits
    bits = [random.random(len(one.hashes)) for one in (near, far)]
    told = dict(zip(far.hashes.tolist(), bits[1].tolist(), strict=True))
    told |= dict(zip(near.hashes.tolist(), bits[0].tolist(), strict=True))
    of_gram = [told.get(naive.gram_hash(gram) >> 32, 2.0) for gram in grams]
    least = [min([2.0, *of_gram[max(i - 2, 0) : i + 1]]) for i in range(size)]
    total, above = np.empty(1), np.empty(1)
    span = np.array([2], np.int64), np.array([2 + size], np.int64)
    spread.information(
        np.int64(0),
        np.int64(1),
        codes,
        *span,
        np.int64(3),
        near.index,
        bits[0],
        far.index,
        bits[1],
        2.0,
        0.4,
        total,
        above,
    )
    assert total[0] == pytest.approx(sum(least)) and above[0] == pytest.approx(sum(max(x - 0.4, 0) for x in least))
