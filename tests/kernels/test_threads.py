"""Work is shared out among threads without gap or overlap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import threads


@settings(max_examples=200, deadline=None, derandomize=True)
@given(sizes=st.lists(st.integers(0, 9), max_size=12), first=st.integers(0, 5), count=st.integers(1, 5))
def test_portions_are_all_rows_in_order(sizes, first, count):
    """Each row in one of them, none empty but where there is nothing, and rows of one place never parted."""
    borders = first + np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "allowed", lambda: count)
        patch.setattr(threads, "_SHORT", 1)
        parts = threads.portions(borders)
    assert [row for low, high in parts for row in range(low, high)] == list(range(len(sizes)))
    assert len(parts) <= count and (parts == [(0, 0)] or all(low < high for low, high in parts))
    assert all(borders[low - 1] < borders[low] for low, _ in parts[1:])


def test_a_short_text_is_worth_no_thread():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "allowed", lambda: 2)
        assert threads.portions(np.array([0, 10, 20])) == [(0, 2)]
        assert threads.portions(np.array([0, 1 << 20, 2 << 20])) == [(0, 1), (1, 2)]
