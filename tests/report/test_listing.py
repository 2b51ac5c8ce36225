"""What a row shows: nothing hostile, no share rounded into a lie, bars of equal length."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.params import LABELS
from dedup.report.listing import bar, family_wording, opening, percent, share, split, visible
from dedup.report.queue import kinds
from dedup.report.words import SHOWN_ORDER, words
from tests.results import sample_result

ANY_TEXT = st.text(st.characters(), max_size=60)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(ANY_TEXT)
def test_visible_text_has_no_control_format_or_surrogate_left_and_can_be_encoded(text):
    shown = visible(text)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown.encode("utf-8")
    assert len(shown) == len(text.replace("\r\n", "\n"))


@settings(max_examples=200, derandomize=True, deadline=None)
@given(ANY_TEXT)
def test_what_is_harmless_is_shown_as_it_is(text):
    clean = "".join(char for char in text if unicodedata.category(char)[0] in "LNPS" or char in " \u3000")
    assert visible(clean) == clean


def test_terminal_escapes_bidi_controls_and_line_breaks_become_marks():
    assert visible("\x1b]0;title\x07") == "␛]0;title␇"
    assert visible("甲\r\n乙\n丙\u2028丁\x85") == "甲⏎乙⏎丙⏎丁⏎"
    assert visible("a\u202eb\u200bc\ud800d\x9b") == "a�b�c�d�"
    assert visible("一\t二", breaks="\n") == "一 二"


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.floats(0, 1))
def test_only_one_shows_as_all_and_only_zero_as_nothing(value):
    shown = percent(value)
    assert (shown == "0.0%") == (value == 0)
    if value < 1 - 1e-9:
        assert shown != "100.0%"


def test_percent_shows_tenths_that_binary_fractions_would_lose():
    assert [percent(number / 1000) for number in (1, 70, 290, 570, 1000)] == [
        "0.1%",
        "7.0%",
        "29.0%",
        "57.0%",
        "100.0%",
    ]


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.dictionaries(st.sampled_from(LABELS), st.integers(0, 10**6)))
def test_a_bar_is_full_and_shows_every_label_that_occurs_in_order(labels):
    cells = bar(labels)
    occurring = [label for label in SHOWN_ORDER if labels.get(label, 0) > 0]
    assert [label for label, _ in cells] == occurring
    assert sum(width for _, width in cells) == (24 if occurring else 0)
    assert all(width >= 1 for _, width in cells)


def test_bar_lengths_follow_the_shares():
    assert bar({"copy": 3, "own": 9}) == [("copy", 6), ("own", 18)]
    assert bar({"copy": 1, "own": 10**6}) == [("copy", 1), ("own", 23)]


def test_share_of_an_empty_document_is_none_of_it():
    assert share({}, "copy") == 0.0
    assert share({"copy": 1, "own": 3}, "copy") == 0.25


def test_opening_is_one_line_cut_at_forty_characters_and_says_where_there_are_no_texts():
    result = sample_result()
    span = result.clusters[1].members[0]
    shown = opening(result, span, words("zh"))
    assert len(shown) == 41 and shown.endswith("…") and "⏎" in shown
    bare = replace(result, documents=tuple(replace(info, text=None) for info in result.documents))
    assert opening(bare, span, words("en")) == "(the result holds no texts)"


def test_family_wording_leaves_the_medoid_out():
    first, *_ = sample_result().clusters
    assert family_wording(first) == 0.9394
    assert family_wording(replace(first, members=first.members[:1], wording=(1.0,))) == 1.0


def test_split_counts_families_by_label_and_grade_most_urgent_first():
    told = split(kinds(sample_result().clusters), words("en"))
    assert told.startswith("suspected copying grade A 1, suspected copying grade C 1, common source 1")
    assert told.endswith("page furniture 1")
