"""Slots are paired, and changes classed and put in order, as their slow twins do it."""

from __future__ import annotations

import naive
import naive_describe
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts import changes_of, laid_out, text

from dedup.kernels import changes as kernels
from dedup.schema import SlotKind
from dedup.steps import contrast
from dedup.steps.data import readings, tables, words

settings.register_profile("kernels", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("kernels")
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered")

slots_of = st.lists(st.tuples(st.integers(0, 24), st.integers(0, 2), st.booleans()), max_size=6).map(sorted)


def test_kinds_bear_the_numbers_of_the_step():
    assert [getattr(kernels, name.upper()) for name in contrast.KINDS] == list(range(len(contrast.KINDS)))
    assert kernels._MASKED == SlotKind.MASK


@given(text, text, slots_of, slots_of)
def test_slots_are_paired_as_the_twin_pairs_them(left, right, mine, theirs):
    """By their place in the aligned key text, each once, in order."""
    mine = [(min(place, len(left)), value, mask) for place, value, mask in mine]
    theirs = [(min(place, len(right)), value, mask) for place, value, mask in theirs]
    _, (changes,), _ = changes_of([(left, right)])
    both = [*mine, *theirs]
    key, value, mask = (np.array([row[at] for row in both] or [0]) for at in range(3))
    table, one = tables(), np.ones(1, np.int64)
    codes = (value + ord("1")).astype(np.uint32)  # a slot says the code point that stands there
    what = np.where(mask, SlotKind.MASK, SlotKind.DIGITS).astype(np.uint8)
    start = np.arange(len(both), dtype=np.int64)
    bounds = (np.array([at]) for at in (0, len(mine), len(mine), len(both)))
    out, found = np.empty((max(len(both), 1), 4), np.int64), np.zeros(1, np.int64)
    kernels.slots(
        0, 1, codes, table.kind, table.fold, key.astype(np.int64), start, start + 1, what, *bounds,
        0 * one, len(left) * one, 0 * one, len(right) * one, 0 * one, len(changes) * one,
        np.array(changes, np.int32).reshape(-1, 4), np.array([0, len(both)]), out, found,
    )  # fmt: skip
    got = [tuple(row) for row in out[: found[0]].tolist()]
    assert got == naive.slot_changes(mine, theirs, changes, len(left), len(right))


prose = st.text("部布署按安装见建设镇同志书的", min_size=1, max_size=9)


@given(st.lists(st.tuples(prose, prose), min_size=1, max_size=4), st.data())
def test_changes_are_classed_and_ordered_as_the_twin_does_it(pairs, data):
    """Names before a unit or a title, slips of the same reading, by raw place; slots among them."""
    rows = [([ord(char) for char in one], [ord(char) for char in other]) for one, other in pairs]
    codes, *sides = laid_out(rows)
    _, scripts, _ = changes_of(rows)
    span = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(codes), max_size=len(codes))), np.uint16)
    origin = (2 * np.cumsum(span) - span).astype(np.uint32)  # something not in the key stream behind each
    count = np.array([len(one) for one in scripts])
    place = np.cumsum(count) - count
    change = np.array([row for one in scripts for row in one], np.int32).reshape(-1, 4)
    # A slot on the left of each pair, and one on the right, or none.
    slot_start, slot_end = origin.astype(np.int64) + span, origin.astype(np.int64) + 2 * span
    what = np.array(data.draw(st.lists(st.sampled_from([0, 2]), min_size=len(codes), max_size=len(codes))), np.uint8)
    slot = []
    for row, (one, other) in enumerate(pairs):
        at, there = data.draw(st.integers(0, len(one) - 1)), data.draw(st.integers(0, len(other) - 1))
        mine = sides[0][row] + at if data.draw(st.booleans()) else -1
        theirs = sides[2][row] + there if mine < 0 or data.draw(st.booleans()) else -1
        slot.append((mine, theirs, at, there))
    one = np.ones(len(rows), np.int64)
    ptr = np.concatenate([[0], np.cumsum(count + 1)])
    kind, out = np.empty(int(ptr[-1]), np.int64), np.empty((4, int(ptr[-1])), np.int64)
    kernels.listed(
        0, len(rows), codes, origin, span, *sides, place, count, change, slot_start, slot_end, what,
        np.arange(len(rows) + 1), np.array(slot, np.int64), one, np.int64(contrast._NAME), contrast._words(), ptr,
        kind, out,
    )  # fmt: skip

    def stands(low, high, floor):
        """The raw range of a key range."""
        if low < high:
            return int(origin[low]), int(origin[high - 1]) + int(span[high - 1])
        return (int(origin[floor]) if low == floor else int(origin[low - 1]) + int(span[low - 1]),) * 2

    known = naive_describe.Known(contrast._SUFFIXES, contrast._TITLES, contrast._PARTICLES, words(), spoken())
    for row, (one, other) in enumerate(pairs):
        a, b = int(sides[0][row]), int(sides[2][row])
        wanted = []
        for low, high, begin, end in scripts[row]:
            class_ = contrast.KINDS.index(naive_describe.kind(one, low, high, other, begin, end, known))
            wanted.append((*stands(a + low, a + high, a), *stands(b + begin, b + end, b), class_))
        mine, theirs, at, there = slot[row]
        ends = [
            (int(slot_start[which]), int(slot_end[which]))
            if which >= 0
            else stands(floor + where, floor + where, floor)
            for which, where, floor in ((mine, at, a), (theirs, there, b))
        ]
        masked = any(which >= 0 and what[which] == SlotKind.MASK for which in (mine, theirs))
        wanted.append((*ends[0], *ends[1], contrast.KINDS.index("mask" if masked else "number")))
        wanted.sort(key=lambda change: (change[0], change[2], change[1], change[3], change[4]))
        own = slice(*ptr[row : row + 2].tolist())
        assert [
            (*ends, class_) for *ends, class_ in zip(*out[:, own].tolist(), kind[own].tolist(), strict=True)
        ] == wanted


def spoken():
    """The toneless readings of each character."""
    found = {}
    for one in readings().tolist():
        found.setdefault(chr(one >> 30), set()).add(one & (1 << 30) - 1)
    return found
