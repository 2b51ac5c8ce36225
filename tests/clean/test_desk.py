"""What families are settled by: their order and reach, who comes first, which noise goes, what weighs in a text."""

from __future__ import annotations

import random
import sys
import unicodedata
from dataclasses import replace

import pytest

from dedup.clean import CleanPolicy, desk
from dedup.clean.desk import Desk
from dedup.errors import ParamsError
from dedup.result import Document
from tests.clean.hand import family, result_of

_NUMERALS = "0123456789０１２３４５６７８９零〇一二三四五六七八九十百千万亿两"


def at(*texts, families=(), policy=None, order=None, against=(), **more):
    documents = [Document(f"{'abcdef'[row]}/{row}.txt", text) for row, text in enumerate(texts)]
    return Desk(result_of(documents, families, **more), policy or CleanPolicy(), order, frozenset(against))


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (None, None),
        ([2, 0, 1], None),
        ([0, 1], "order has 2 entries, but must name each of the 3 documents once"),
        ([0, 1, 1], "order has 3 entries, but must name each of the 3 documents once"),
        ([0, 1, 3], "order has 3 entries, but must name each of the 3 documents once"),
    ],
)
def test_an_order_names_each_document_once(order, told):
    if told is None:
        assert at("甲", "乙", "丙", order=order).rank == {row: place for place, row in enumerate(order or [0, 1, 2])}
        return
    with pytest.raises(ParamsError) as caught:
        at("甲", "乙", "丙", order=order)
    assert caught.value.problems == (told,)


def test_documents_without_text_are_told_beside_a_wrong_order():
    """How many, and the first of them; an empty text is a text."""
    result = result_of([Document(name, name) for name in "abc"], [])
    texts = ("", None, None)
    bare = tuple(replace(info, text=text) for info, text in zip(result.documents, texts, strict=True))
    with pytest.raises(ParamsError) as caught:
        Desk(replace(result, documents=bare), CleanPolicy(), [0], frozenset())
    assert caught.value.problems == (
        "order has 1 entries, but must name each of the 3 documents once",
        "2 documents have no text, b the first: attach them with with_texts",
    )
    assert at("", "水").texts == ["", "水"]


def naive_grown(text: str, start: int, end: int) -> tuple[int, int]:
    figures = _NUMERALS + ".．%％"
    low, high = max([-1, *(at for at in range(start) if text[at] not in figures)]) + 1, end
    while text[high : high + 1] and text[high] in figures:
        high += 1
    return low, high


def test_members_take_in_the_figures_beside_them():
    """All of them, up to the ends of the text, and no other sign; where a member was found is remembered."""
    grew = 0
    for seed in range(300):
        rng = random.Random(seed)
        texts = ["".join(rng.choices("渠3７十.%．％，\n", k=rng.randrange(2, 9))) for _ in range(2)]
        places = []
        for row, text in enumerate(texts):
            start = rng.randrange(len(text))
            places.append((row, start, rng.randrange(start, len(text)) + 1))
        made = at(*texts, families=[family(places)])
        wanted = [(row, *naive_grown(texts[row], start, end)) for row, start, end in places]
        assert [(span.document, span.start, span.end) for span in made.families[0].members] == wanted, texts
        pairs = zip(wanted, places, strict=True)
        assert made.found == {new: old[1:] for new, old in pairs if new != old}, texts
        grew += len(made.found)
    assert grew > 200


def test_a_member_that_did_not_grow_is_the_one_found():
    """With its line and page."""
    one = family([(0, 1, 3), (1, 1, 3)])
    one = replace(one, members=tuple(replace(span, line=7, page=2) for span in one.members))
    made = at("水渠桥路", "水渠桥8", families=[one])
    assert made.families[0].members == (one.members[0], replace(one.members[1], end=4))


def test_the_longest_family_is_settled_first():
    """By its longest member; of equal ones the one that begins first in the order given, then by name."""
    text = "水渠桥路井绳" * 4
    reach = {
        "late": [(1, 9, 15), (2, 3, 9)],
        "short": [(0, 0, 3), (1, 0, 3)],
        "long": [(0, 1, 9), (1, 2, 3)],
        "twin": [(1, 8, 14), (2, 3, 9)],
        "again": [(1, 8, 14), (2, 3, 9)],
        "first": [(0, 12, 13), (1, 16, 22)],
    }
    families = [family(places, name=name) for name, places in reach.items()]
    order = ["long", "first", "again", "twin", "late", "short"]
    assert [one.id for one in at(text, text, text, families=families).families] == order
    order = ["long", "again", "late", "twin", "first", "short"]
    assert [one.id for one in at(text, text, text, families=families, order=[2, 1, 0]).families] == order


def test_families_of_other_labels_or_without_a_member_outside_are_left():
    """Page noise goes by its marks and never by a family; against an archive only what touches it counts."""
    text = "水渠桥路井绳"
    labels = ("copy", "mass", "formula", "furniture")
    families = [family([(0, 0, 2 + row), (1, 0, 2)], label=label, name=label) for row, label in enumerate(labels)]
    families.append(family([(1, 1, 3), (2, 1, 3)], name="other"))

    def names(**more):
        return {one.id for one in at(text, text, text, families=families, **more).families}

    assert names() == {"copy", "mass", "other"}
    assert names(policy=CleanPolicy(labels=("formula", "furniture"))) == {"formula"}
    assert names(against=[0]) == {"copy", "mass"}
    assert names(against=[1]) == {"copy", "mass", "other"}
    assert names(against=[2]) == {"other"}
    assert at(text, text, text, families=families, against=[2]).against == {2}


@pytest.mark.parametrize(
    ("keep", "order"),
    [
        ("first", [0, 1, 2, 3, 4, 5]),
        ("medoid", [0, 1, 2, 3, 4, 5]),
        ("oldest", [5, 3, 4, 1, 0, 2]),
        ("newest", [1, 4, 3, 5, 0, 2]),
    ],
)
def test_documents_without_a_date_come_last(keep, order):
    """A date to the day is newer than its month, and the month older than its day."""
    dates = {1: "2011-02", 3: "2006-11", 4: "2006-11-03", 5: "1998"}
    made = at(*"甲乙丙丁戊己", policy=CleanPolicy(keep=keep), dates=dates)
    assert sorted(range(6), key=made.standing) == order


@pytest.mark.parametrize(("given", "order"), [([5, 4, 3, 2, 1, 0], [5, 4, 3, 2, 1, 0]), (None, [0, 1, 2, 3, 4, 5])])
def test_of_equal_dates_the_order_given_decides(given, order):
    for keep in ("oldest", "newest"):
        made = at(*"甲乙丙丁戊己", policy=CleanPolicy(keep=keep), dates=dict.fromkeys(range(6), "2011"), order=given)
        assert sorted(range(6), key=made.standing) == order
        made = at(*"甲乙丙丁戊己", policy=CleanPolicy(keep=keep), order=given)
        assert sorted(range(6), key=made.standing) == order


@pytest.mark.parametrize(
    ("globs", "order"),
    [
        (("c/*", "b/*"), [2, 1, 0, 3]),
        (("*#x", "c/*"), [3, 2, 0, 1]),
        (("d/*",), [3, 0, 1, 2]),
        (("C/*",), [0, 1, 2, 3]),
        (("?/2.txt", "c/*", "*"), [2, 0, 1, 3]),
    ],
)
def test_an_earlier_glob_comes_before_every_date(globs, order):
    """A glob may name the file or the record in it; the first that fits counts, and case does."""
    documents = [Document(f"{'abcd'[row]}/{row}.txt", "文", member="x" if row == 3 else None) for row in range(4)]
    dates = {0: "2011"}
    made = Desk(
        result_of(documents, [], dates=dates), CleanPolicy(keep="newest", prefer=globs), None, frozenset()
    )  # fmt: skip
    assert sorted(range(4), key=made.standing) == order


@pytest.mark.parametrize(
    ("labels", "against", "goes"),
    [
        (("furniture", "copy"), (), [0, 1]),
        (("formula", "citation", "template"), (), [2, 4, 5]),
        (("self", "mass", "copy"), (), []),
        (("furniture", "formula"), (1,), []),
    ],
)
def test_what_goes_without_a_partner(labels, against, goes):
    """Page noise, within a family or not; what is named and has no family; nothing against an archive."""
    marks = (
        *((0, 1, "furniture", None), (1, 2, "furniture", "f"), (2, 3, "formula", None), (3, 4, "formula", "f")),
        *((4, 5, "citation", None), (5, 6, "template", None), (6, 7, "copy", None), (7, 8, "self", "f")),
    )
    result = result_of([Document("a", "水渠桥路井绳船帆"), Document("b", "文")], [])
    result = replace(result, documents=(replace(result.documents[0], marks=marks), result.documents[1]))
    made = Desk(result, CleanPolicy(labels=labels), None, frozenset(against))
    assert made.noise(0) == [marks[row][:3] for row in goes]
    assert made.noise(1) == []


def test_white_space_and_letters_are_those_of_python():
    """Every code point, surrogates and the last one too."""
    text = "".join(map(chr, (*range(0x3010), 0x4E00, 0xD800, 0xDFFF, 0xFF21, 0xFFFF, 0x20000, sys.maxunicode)))
    assert desk.solid(text).tolist() == [not sign.isspace() for sign in text]
    assert desk.letters(text).tolist() == [sign.isalnum() for sign in text]
    assert not any(chr(code).isspace() for code in range(0x3001, sys.maxunicode + 1))
    assert desk.solid("").tolist() == desk.letters("").tolist() == []


def naive_numbers(text: str) -> list[bool]:
    """Digits of any script and Han numerals, but for one to three at the head of a line with a mark behind them."""
    mask = [unicodedata.category(sign) == "Nd" or sign in _NUMERALS for sign in text]
    at = 0
    for line in text.split("\n"):
        low = at + len(line) - len(line.lstrip())
        low += text[low : low + 1] in ("（", "(", "[")
        for size in (1, 2, 3):
            label, behind = text[low : low + size], text[low + size : low + size + 2]
            digits = len(label) == size and all(unicodedata.category(sign) == "Nd" for sign in label)
            han = len(label) == size and all(sign in _NUMERALS[20:] for sign in label)
            point = behind[:1] == "." and not (behind[1:] and unicodedata.category(behind[1]) == "Nd")
            if (digits or han) and behind and (behind[0] in "）)]、．" or point):
                mask[low : low + size] = [False] * size
        at += len(line) + 1
    return mask


def test_numbers_are_those_of_the_twin():
    """（三） at the head of a line counts paragraphs, 3.5 there is a number, and so is what four digits say."""
    for seed in range(1500):
        rng = random.Random(seed)
        text = "".join(rng.choices("12３十百（）().．、 　\n渠", k=rng.randrange(10)))
        assert desk.numbers(text).tolist() == naive_numbers(text), repr(text)
    assert desk.numbers("（一百二十）共12户\n1.5亩").tolist() == [
        sign in "一百二十125" for sign in "（一百二十）共12户\n1.5亩"
    ]
