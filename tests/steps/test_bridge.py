"""A copy from which something was left out is one passage; two copies that stand side by side are two."""

from __future__ import annotations

import random

import naive_bridges
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Document, Params, scan
from dedup.kernels import bridges


def invented(seed, length):
    """A text of so many characters without any structure, ended by a full stop."""
    rng = random.Random(seed)
    return "".join(chr(0x4E00 + rng.randrange(3_000)) for _ in range(length - 1)) + "。"


def passages(*texts):
    result = scan([Document(f"{number}.txt", text) for number, text in enumerate(texts)], Params())
    return [
        (row.left.document, row.right.document, row.left.end - row.left.start, row.right.end - row.right.start)
        for row in result.passages
    ]


@pytest.mark.parametrize("gone", [110, 200, 350])
@pytest.mark.parametrize("side", [0, 1])
def test_sentences_dropped_or_added_part_no_copy(gone, side):
    """Whichever side lacks them, and in whatever number of characters up to four gaps."""
    head, middle, tail = invented(1, 300), invented(2, gone), invented(3, 250)
    short, full = invented(4, 90) + head + tail + invented(5, 90), invented(6, 90) + head + middle + tail
    found = passages(full, short) if side else passages(short, full)
    ((*_, left, right),) = found
    assert sorted((left, right)) == pytest.approx([549, 549 + gone], abs=2)


def test_what_is_left_out_may_not_outweigh_what_is_copied():
    """Below the threshold of the scan two pieces stay two."""
    head, tail = invented(1, 100), invented(2, 100)
    assert len(passages(head + invented(3, 210) + tail, head + tail)) == 2


def test_a_sentence_in_place_of_another_parts_no_long_copy_but_a_short_one():
    def pair(length):
        head, tail = invented(1, length), invented(2, length)
        return passages(head + invented(3, 60) + tail, head + invented(4, 60) + tail)

    assert len(pair(400)) == 1
    assert len(pair(60)) == 2


def test_pieces_between_which_a_copy_was_corrupted_are_one():
    """Half of the characters between two clean stretches are wrong: still the same text."""
    rng = random.Random(5)
    noisy = invented(6, 90)
    other = "".join(chr(0x4E00 + rng.randrange(3_000)) if rng.random() < 0.5 else char for char in noisy)
    head, tail = invented(7, 100), invented(8, 100)
    assert len(passages(head + noisy + tail, head + other + tail)) == 1


def test_a_block_in_many_hands_is_no_part_of_the_copy_beside_it():
    """It stands before the copy in both reports, next to it in one; third reports have it alone."""
    block, copied = invented(1, 150), invented(2, 300)
    one, other = block + copied, block + invented(3, 120) + copied
    assert len(passages(one, other)) == 1
    thirds = [invented(10 + number, 200) + block for number in range(3)]
    assert sum(row[:2] == (0, 1) for row in passages(one, other, *thirds)) == 2


def test_a_third_copy_of_all_of_it_keeps_the_pieces_together():
    """The source, a copy that lost a sentence, and a whole one: each pair is one passage."""
    head, middle, tail = invented(1, 200), invented(2, 150), invented(3, 200)
    texts = [before + body for before, body in zip(
        (invented(4, 80), invented(5, 80), invented(6, 80)),
        (head + middle + tail, head + tail, head + middle + tail), strict=True,
    )]  # fmt: skip
    assert [row[:2] for row in passages(*texts)] == [(0, 1), (0, 2), (1, 2)]


ROW = st.tuples(st.integers(0, 60), st.integers(4, 30), st.integers(0, 60), st.integers(4, 30), st.integers(0, 10))
SIDE = st.tuples(st.integers(0, 90), st.integers(4, 40), st.just(0), st.integers(0, 4))


@given(
    st.lists(st.integers(1, 3), min_size=200, max_size=200),
    st.lists(st.tuples(ROW, st.booleans()), min_size=1, max_size=6),
    st.lists(SIDE, max_size=6),
    st.booleans(),
)
@settings(max_examples=400, derandomize=True, deadline=None)
def test_the_kernel_joins_what_its_twin_joins(codes, drawn, thirds, same):
    """Rows, third reports and common wording at random: the same owners and the same joint passages."""
    rows, common = [], []
    for (a, long, b, wide, off), usual in sorted(drawn):
        rows.append([a, a + long, 100 + b, 100 + b + wide, max(1, min(long, wide) - off)])
        common.append(usual)
    shift = 0 if same else 1
    sides = sorted((start, start + length, own, third) for start, length, own, third in thirds)
    longest, floor, strict = 60, 600, 700
    wanted = naive_bridges.bridged(codes, rows, same, common, sides, (0, shift), longest, floor, strict)
    table, owner = np.array(rows, np.int64), np.empty(len(rows), np.int64)
    bridges.bridge(
        np.array(codes, np.uint32), table, np.array([0, len(rows)]), np.array([[0], [shift]]),
        np.array(common, np.uint8), np.array(sides, np.int64).reshape(-1, 4).T.copy(),
        np.int64(longest), np.int64(floor), np.int64(strict), owner,
    )  # fmt: skip
    assert owner.tolist() == wanted[1]
    stays = [i for i, into in enumerate(wanted[1]) if into == i]
    assert table[stays].tolist() == [wanted[0][i] for i in stays]
