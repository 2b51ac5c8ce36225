"""What differs inside a passage is classed: a slip is told from another word, a name from the rest."""

from __future__ import annotations

import pytest

from dedup import Document, scan

LINE = (
    "{}的水碓修好以后，附近三个组的糯米都挑到这里来舂，碓房门口排起了队，{}舂米的人轮流添水，{}一直忙到年根底下才歇。"
)


def kinds(left: tuple[str, str, str], right: tuple[str, str, str]) -> list[str]:
    """The kinds of change between two copies of a line with these words put in."""
    (passage,) = scan([Document("甲.txt", LINE.format(*left)), Document("乙.txt", LINE.format(*right))]).passages
    return [change.kind for change in passage.changes]


@pytest.mark.parametrize("word, slip", [("部署", "布署"), ("安装", "按装"), ("建设", "见设"), ("竞争", "竟争")])
def test_a_character_of_the_same_reading_that_makes_no_word_is_a_slip(word, slip):
    """Whichever side slipped."""
    assert kinds(("下坪", word, "大家"), ("下坪", slip, "大家")) == ["typo"]
    assert kinds(("下坪", slip, "大家"), ("下坪", word, "大家")) == ["typo"]


@pytest.mark.parametrize("one, other", [("今年", "去年"), ("权利", "权力"), ("上午", "下午"), ("流水", "着水")])
def test_another_word_is_no_slip(one, other):
    """Two words, or characters that do not sound alike: a change of meaning, or nobody knows."""
    assert kinds(("下坪", one, "大家"), ("下坪", other, "大家")) == ["replace"]


def test_what_stands_before_a_unit_is_a_name():
    assert kinds(("下坪", "派到桐花镇", "大家"), ("下坪", "派到榆钱镇", "大家")) == ["name"]


def test_numbers_and_masks_are_classed_by_their_slots():
    assert kinds(("下坪", "共14人", "大家"), ("下坪", "共27人", "大家")) == ["number"]
    assert kinds(("下坪", "共14人", "大家"), ("下坪", "共××人", "大家")) == ["mask"]
