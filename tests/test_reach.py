"""Where passages begin and end for a reader: punctuation, titles and enumerators at their ends."""

from __future__ import annotations

from itertools import pairwise

import naive_describe as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Document, scan
from dedup.executors.prepared import prepare
from dedup.kernels import places as kernels
from dedup.reach import MARKS, reach

COPIED = "渡口的老艄公把摇橹的手艺教给了三个徒弟，约定谁先学会逆水靠岸，谁就接他的竹篙"


def shown(left, right):
    """The two sides of the only passage, as text."""
    (passage,) = scan([Document("a.txt", left), Document("b.txt", right)]).passages
    return left[passage.left.start : passage.left.end], right[passage.right.start : passage.right.end]


@pytest.mark.parametrize(
    ("before", "behind"),
    [("", "。"), ("", "！”"), ("《", "》"), ("三、", "。"), ("（二）", "；"), ("“", "。”"), ("", "")],
)
def test_what_is_said_with_a_copy_belongs_to_it(before, behind):
    """At the borders of a paragraph and in its middle alike; enumerators at the head of a paragraph."""
    whole = before + COPIED + behind
    for side in shown(f"春汛来得早。\n{whole}\n集镇搬迁了。", f"{whole}\n磨坊换了石磨。"):
        assert side == whole


def test_inside_of_a_paragraph_marks_are_taken_and_figures_are_not():
    one, other = f"开春以后“{COPIED}。”镇里30户都来看。", f"邮差说“{COPIED}。”42人跟着学"
    assert shown(one, other) == (f"“{COPIED}。”", f"“{COPIED}。”")


@pytest.mark.parametrize("noise", ["1 2 下一页", " 文秘部落", "（请关注好范文网:）"])
def test_what_a_site_has_hung_on_stays_out(noise):
    """It ends the paragraph, but nobody wrote it; the full stop before it was written."""
    for side in shown(f"{COPIED}。{noise}\n集镇搬迁了。", f"春汛来得早。\n{COPIED}。"):
        assert side == f"{COPIED}。"


def test_a_figure_at_the_head_of_a_paragraph_stays_out():
    """It is compared, or it is not part of the passage."""
    assert shown(f"2019年{COPIED}。", f"2020年{COPIED}。") == (f"年{COPIED}。", f"年{COPIED}。")


@given(st.lists(st.text("甲乙丙。，“”《》（）一、1 \n", max_size=30), min_size=1, max_size=3), st.data())
@settings(max_examples=200, derandomize=True, deadline=None)
def test_the_reach_holds_the_range_and_no_other_character(texts, data):
    """Never less than the characters themselves, never another key character, never beyond the document."""
    tables = prepare([Document(f"{number}.txt", text) for number, text in enumerate(texts)])
    keys = tables.keys
    for low, high in zip(keys.indptr[:-1].tolist(), keys.indptr[1:].tolist(), strict=True):
        if low == high:
            continue
        start = data.draw(st.integers(low, high - 1))
        end = data.draw(st.integers(start + 1, high))
        ranges = np.array([start]), np.array([end])
        inner = [int(border[0]) for border in keys.raw_span(*ranges)]
        first, last = (int(border[0]) for border in reach(tables.texts, keys, tables.segments, *ranges))
        assert first <= inner[0] and inner[1] <= last
        assert np.searchsorted(keys.origin, (first, last)).tolist() == [start, end]
        assert (
            tables.texts.document_of(np.array([first, last - 1])).tolist()
            == [int(tables.texts.document_of(keys.origin[[start]])[0])] * 2
        )


@given(
    st.lists(st.text("甲乙丙丁。，“”《》（）一、1 2\n第篇：三", max_size=60), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
@settings(max_examples=150, derandomize=True, deadline=None)
def test_ranges_and_places_are_those_of_the_naive_twins(texts, random):
    """In the order of the texts and in any other, where what is looked for lies before what was found."""
    tables = prepare([Document(f"{number}.txt", text) for number, text in enumerate(texts)])
    keys, segments = tables.keys, tables.segments
    ranges = sorted(
        {tuple(sorted(random.sample(range(len(keys.codes) + 1), 2))) for _ in range(8 if len(keys.codes) else 0)}
    )
    documents = keys.indptr.tolist()
    ranges = [(a, b) for a, b in ranges if any(low <= a and b <= high for low, high in pairwise(documents))]
    for _ in range(2):
        start, end = np.array(ranges, np.int64).reshape(-1, 2).T
        found = reach(tables.texts, keys, segments, start, end)
        assert list(zip(*(side.tolist() for side in found), strict=True)) == [
            naive.reach(tables, *one, MARKS) for one in ranges
        ]
        columns = np.empty((5, len(start)), np.int64)
        kernels.places(
            0, len(start),
            found[0], tables.texts.indptr, segments.lines, segments.raw_start, segments.parts.raw_start,
            segments.heading, segments.document, *columns,
        )  # fmt: skip
        assert list(map(tuple, columns.T.tolist())) == [naive.place(tables, at) for at in found[0].tolist()]
        random.shuffle(ranges)
