"""The kernels of painting and of counting who has a k-gram give what their slow twins give."""

from __future__ import annotations

import naive
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import hashing, spread
from dedup.kernels.paint import paint
from dedup.steps.background import Sorted

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


@given(st.sets(st.integers(0, 2**32 - 1), max_size=200), st.lists(st.integers(0, 2**32 - 1), max_size=50))
def test_hashes_are_found_where_they_stand(held, asked):
    """Every hash that is held is found at its row, every other one at -1."""
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
    held = Sorted(np.array(sorted(set(hashes.values())), np.uint32))
    holes = np.array([(at, at + 1) for at in taken], np.int64).reshape(-1, 2)
    count, last = np.zeros(len(held.hashes), np.int32), np.full(len(held.hashes), -1, np.int32)
    unit = np.array(units, np.int64)
    order = np.argsort(unit, kind="stable")
    spread.tally(codes, indptr, order, unit, holes, np.int64(3), *held.index, last, count)
    wanted = naive.hands(texts, units, set(taken), 3)
    row = {int(value): at for at, value in enumerate(held.hashes)}
    assert {gram: int(count[row[value]]) for gram, value in hashes.items()} == {g: wanted.get(g, 0) for g in every}


def test_copies_of_the_mixer_agree():
    """spread.py holds the same four lines and the same base as hashing.py."""
    assert spread._BASE == hashing._BASE
    for value in (0, 1, 2**63 + 1, 2**64 - 1, 0x123456789ABCDEF0):
        assert int(spread._mix64(np.uint64(value))) == int(hashing._mix64(np.uint64(value)))
