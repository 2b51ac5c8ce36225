"""Ends of sentences and quotations are found where their slow twins find them."""

from __future__ import annotations

import naive_describe as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.schema import KeyStream, Texts
from dedup.steps import label, usage

settings.register_profile("kernels", deadline=None, derandomize=True, max_examples=120)
settings.load_profile("kernels")

quoted = st.lists(st.text("甲“”「」『』。", max_size=14), max_size=5)


def laid_out(texts):
    codes = np.array([ord(char) for char in "".join(texts)], np.uint32)
    return Texts(codes, np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64))


@given(quoted, st.integers(2, 9))
def test_quotations_are_those_of_the_twin_but_for_inner_ones(texts, longest):
    wanted, reach = [], -1
    for start, end in sorted(naive.quotations(texts, label._QUOTES, longest), key=lambda one: (one[0], -one[1])):
        if start >= reach:
            wanted.append([start, end])
        reach = max(reach, end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(label, "_LONGEST_QUOTE", longest)
        patch.setattr(label, "_PIECE", 5)
        assert label._quotations(laid_out(texts)).tolist() == wanted


@given(quoted)
def test_a_range_is_more_than_a_sentence_if_one_ends_inside(texts):
    laid = laid_out(texts)
    found = label._holds_sentence_end(laid, laid.indptr[:-1], laid.indptr[1:])
    assert found.tolist() == ["。" in text[:-1] for text in texts]


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=12).map(sorted),
    st.sets(st.integers(0, 34)).map(sorted),
    st.lists(st.integers(0, 12)),
)
def test_positions_near_a_line_are_those_near_where_it_begins_in_the_key_stream(origin, lines, positions):
    """Where several code points have one origin, where a line begins before or behind all of them."""
    count = len(origin)
    codes, span = np.zeros(count, np.uint32), np.ones(count, np.uint16)
    keys = KeyStream(codes, np.array(origin, np.uint32), span, np.array([0, count]), None)
    at = np.array([one for one in positions if one <= count], np.int64)
    begins = [sum(one < line for one in origin) for line in lines]
    wanted = [any(abs(one - begin) <= usage.NEAR for begin in begins) for one in at.tolist()]
    assert usage._near_line(keys, np.array(lines, np.int64), at).tolist() == wanted
