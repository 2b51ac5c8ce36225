"""Bold parts of openings, beside a slow twin that counts trigrams in sets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.report import openings


def slow_bold(texts_of_openings, reports, named, texts):
    """The definition: a trigram is bold if no more texts have it than the family has reports."""
    grams = [{text[at : at + 3] for at in range(len(text) - 2)} for text in texts]
    found = []
    for opening, most, told in zip(texts_of_openings, reports, named, strict=True):
        flags = [False] * len(opening)
        for at in range(len(opening) - 2):
            if sum(opening[at : at + 3] in one for one in grams) <= most:
                flags[at : at + 3] = [True] * 3
        if 2 * sum(flags) > len(opening):
            flags = [False] * len(opening)
        for text in told:
            at = opening.find(text)
            while at >= 0:
                flags[at : at + len(text)] = [True] * len(text)
                at = opening.find(text, at + len(text))
        runs = []
        for at, flag in enumerate(flags):
            if flag and (at == 0 or not flags[at - 1]):
                runs.append([at, at + 1])
            elif flag:
                runs[-1][1] = at + 1
        found.append(runs)
    return found


WORD = st.text("渠水桥山\0\ud800𠮷", max_size=12)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(WORD, st.integers(0, 4), st.lists(st.text("渠水桥", min_size=1, max_size=3), max_size=2))),
    st.lists(WORD, max_size=6),
    st.sampled_from([1, 7, 1 << 22]),
)
def test_bold_is_what_the_definition_says(rows, texts, block):
    """However the texts are cut into blocks, and whatever stands in them."""
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openings, "BLOCK", block)
        assert openings.bold(*columns, texts) == slow_bold(*columns, texts)


def test_trigrams_that_fall_on_one_place_of_the_table_are_told_apart(monkeypatch):
    """A table of two bits, where nearly all do."""
    monkeypatch.setattr(openings, "_SIEVE", 2)
    texts = ["石磨坊的水轮每天清早由值日的人放水推动", "每天清早由值日的人打开石闸", "水轮坏了三回", "清早的雾"]
    rows = [text[:14] for text in texts]
    named = [["水轮"], [], [], []]
    for most in (1, 2):
        assert openings.bold(rows, [most] * 4, named, texts) == slow_bold(rows, [most] * 4, named, texts)


def test_a_trigram_across_two_texts_is_in_neither():
    assert openings.bold(["打谷场上晒着麦子，天阴"], [0], [[]], ["打谷", "场上晒", "着麦"]) == slow_bold(
        ["打谷场上晒着麦子，天阴"], [0], [[]], ["打谷", "场上晒", "着麦"]
    )
