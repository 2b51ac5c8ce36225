"""Which figures are rare, and what stands around them, is what the slow twins say."""

from __future__ import annotations

import naive_describe as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import figures
from dedup.kernels import figures as kernels
from dedup.schema import SlotKind
from dedup.steps.data import tables

settings.register_profile("kernels", deadline=None, derandomize=True, max_examples=150)
settings.load_profile("kernels")
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered")

WIDE = str.maketrans("0123456789,.", "０１２３４５６７８９，．")
figure = st.text("001234,.99x", max_size=8)


def told(texts: list[str], what: int = SlotKind.DIGITS) -> list[int | None]:
    """What the kernel says of each text, None where it is not rare."""
    table = tables()
    codes = np.array([ord(char) for char in "".join(texts)] or [0], np.uint32)
    end = np.cumsum([len(text) for text in texts])
    start = end - [len(text) for text in texts]
    holds, value = np.ones(len(texts), bool), np.zeros(len(texts), np.uint64)
    kind = np.full(len(texts), what, np.uint8)
    kernels.rare(0, len(texts), codes, start, end, kind, table.kind, table.fold, np.int64(3), holds, value)
    return [said if rare else None for rare, said in zip(holds.tolist(), value.tolist(), strict=True)]


@given(st.lists(figure, min_size=1, max_size=12))
def test_rare_figures_are_those_of_the_twin_in_any_width(texts):
    wanted = [naive.fnv(text) if naive.is_rare_figure(text, 3) else None for text in texts]
    assert told(texts) == wanted
    assert told([text.translate(WIDE) for text in texts]) == wanted


def test_figures_on_both_sides_of_each_bound():
    rare = ["1203", "23,417", "14.5", "0.125", "12,030", "1.05", "19999", "2015.5", "9015"]
    common = ["2015", "1999", "5,000", "2.50", "120", "1200", "12.5.5", "12a45", "0000", "100.0", ""]
    assert all(value is not None for value in told(rare)) and not any(told(common))


def test_what_is_no_figure_in_digits_is_not_looked_at():
    assert told(["23417"], SlotKind.NUMERAL) == [None]


def test_more_figures_than_sixteen_bits_count():
    texts = [f"{n}.{n % 7}" for n in range(70_000)]
    assert told(texts) == [naive.fnv(text) if naive.is_rare_figure(text, 3) else None for text in texts]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=20), st.data())
def test_what_stands_around_is_cut_at_the_ends_of_the_range(codes, data):
    start = data.draw(st.integers(0, len(codes)))
    end = data.draw(st.integers(start, len(codes)))
    key = data.draw(st.integers(0, len(codes)))
    out = np.empty(1, np.uint64)
    said, family = data.draw(st.integers(0, 2**64 - 1)), data.draw(st.integers(0, 9))
    columns = (np.array([one]) for one in (key, start, end, family))
    kernels.around(0, 1, np.array(codes, np.uint32), *columns, np.array([said], np.uint64), np.int64(3), out)
    assert int(out[0]) == naive.around(codes, key, start, end, family, said, 3)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1))
def test_places_in_several_reports_are_those_counted(rows):
    place, report = (np.array([row[side] for row in rows]) for side in (0, 1))
    wanted = [at for at, (one, _) in enumerate(rows) if len({other for same, other in rows if same == one}) > 1]
    assert figures._in_several(place.astype(np.uint64), report).tolist() == wanted


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 2_000)), st.sets(st.integers(0, 2_000)).map(sorted))
def test_hashes_among_others_are_found_past_the_sieve(value, asked):
    found = figures._among(np.array(value, np.uint64), np.array(asked, np.uint64))
    assert found.tolist() == [at for at, one in enumerate(value) if one in asked]
