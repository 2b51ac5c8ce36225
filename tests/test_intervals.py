"""Ranges as arrays are what they are as Python's ranges."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import intervals

ranges = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=12)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(ranges)
def test_positions_are_those_of_each_range_in_its_turn(rows):
    start, length = np.array(rows, np.int64).reshape(-1, 2).T
    wanted = [at for first, size in rows for at in range(first, first + size)]
    assert intervals.positions(start, length).tolist() == wanted


@settings(deadline=None, derandomize=True, max_examples=100)
@given(ranges)
def test_the_union_holds_the_same_positions_in_ranges_that_lie_apart(rows):
    table = np.array([(first, first + size) for first, size in rows], np.int64).reshape(-1, 2)
    union = intervals.merged(table)
    assert set(intervals.positions(union[:, 0], union[:, 1] - union[:, 0]).tolist()) == {
        at for first, size in rows for at in range(first, first + size)
    }
    assert (union[:, 0] < union[:, 1]).all() and (union[1:, 0] > union[:-1, 1]).all()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(values=st.lists(st.integers(-5, 2**40)), dtype=st.sampled_from(("int64", "uint32")))
def test_each_value_once_in_order(values, dtype):
    column = np.abs(np.array(values, np.int64)).astype(dtype)
    found = intervals.once(column)
    assert found.dtype == column.dtype and found.tolist() == sorted(set(column.tolist()))


@settings(deadline=None, derandomize=True, max_examples=100)
@given(
    st.sampled_from([(0, 3), (0, 2**32 - 1), (-3, 3), (2**32 - 2, 2**32 + 1)]).flatmap(
        lambda bounds: st.lists(st.tuples(*[st.integers(*bounds) | st.integers(0, 2)] * 3), max_size=60)
    ),
    st.integers(1, 3),
)
def test_rows_are_put_in_the_order_of_their_keys_as_a_stable_sort_puts_them(rows, count):
    """By the first key, then the next; negative ones and those that fill no half of a word among them."""
    keys = np.array(rows, np.int64).reshape(-1, 3).T[:count]
    wanted = sorted(range(len(rows)), key=lambda row: rows[row][:count])
    assert intervals.ordered(*keys).tolist() == wanted
