"""Which members of a family are linked, and what of one stands in another: slow twins, and bounds met exactly."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from dedup.clean import CleanPolicy, link, plan
from dedup.clean.link import Link, Links
from dedup.params import Params
from dedup.result import Document, Passage
from dedup.schema import string
from dedup.steps.normalise import normalise, surfaces
from dedup.steps.repair import lay_out, repair
from tests.clean.hand import family, result_of

_ASCII, _HAN = "0123456789", "零〇一二三四五六七八九十百千万亿两"
_PIECES = (
    *("3", "3.5", "35", "1,235", "5", "万", "12万", "五百", "四", ".", ":", "㎡", "，", "、", "。", " ", "\n"),
    *("何顺田", "任水生", "何", "龙", "方面", "高度", "县", "镇", "书记", "主任", "镇长", "鄉(xiāng)", "乡"),
    *("山东", "山西", "内蒙古", "省", "亩", "公里", "水渠", "堤岸", "木锨、", "簸箕、", "苫布"),
)  # fmt: skip


def naive_fold(text: str) -> tuple[str, str, list[int]]:
    """One text folded by itself: key, signs, and where each sign comes from."""
    texts = lay_out([text])
    edits = repair(texts)
    shown = surfaces(texts, edits)
    return string(normalise(texts, edits).codes), string(shown.codes), shown.origin.tolist()


def naive_numbers(signs: str) -> list[range]:
    """Runs of digits and Han numerals; a point, comma or colon between two digits is one of them."""

    def is_part(at: int) -> bool:
        before, after = signs[at - 1 : at], signs[at + 1 : at + 2]
        joins = signs[at] in ".,:" and bool(before and after) and before in _ASCII and after in _ASCII
        return signs[at] in _ASCII + _HAN or joins

    found: list[range] = []
    for at in range(len(signs)):
        if is_part(at):
            found = (
                [*found[:-1], range(found[-1].start, at + 1)]
                if at and is_part(at - 1)
                else [*found, range(at, at + 1)]
            )
    return found


def naive_other(left: str, here: range, right: str, there: range) -> bool:
    """Whether what stands at one place of two texts names somebody, a place or an item that the other does not."""
    name, other = left[here.start : here.stop], right[there.start : there.stop]
    both = [left[here.stop :][:2], right[there.stop :][:2]]
    if 1 <= len(name) <= 4 and 1 <= len(other) <= 4:
        if both[0] == both[1] and any(both[0].startswith(one) for one in {*link._SUFFIXES, *link._TITLES}):
            return True
        if len(name) > 1 and len(other) > 1 and {name[0], other[0]} <= link._SURNAMES:
            return True
    if len(name) <= 12 and len(other) <= 12:
        near = (left[max(here.start - 1, 0) : here.stop + 1], right[max(there.start - 1, 0) : there.stop + 1])
        regions = [{one for one in link._REGIONS if one in text} for text in near]
        if all(regions) and regions[0] != regions[1]:
            return True
    return name.count("、") > other.count("、") and set(name) != {"、"}


def naive_matched(one: str, other: str) -> tuple[list[bool], list[bool]]:
    """Character by character, over the alignment written out as pairs."""
    if one == other:
        return [True] * len(one), [False] * len(one)
    (_, left, origin), (_, right, _) = naive_fold(one), naive_fold(other)
    pairs: dict[int, int] = {}
    for step in Levenshtein.opcodes(left, right):
        if step.tag == "equal":
            pairs |= zip(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True)
    stands = set(pairs)
    for number in naive_numbers(left):
        image = [pairs.get(at) for at in number]
        if not any(image == list(whole) for whole in naive_numbers(right)):
            stands -= set(number)
    named: set[int] = set()
    ends = [(-1, -1), *sorted(pairs.items()), (len(left), len(right))]
    for (low, below), (high, above) in pairwise(ends):
        here, there = range(low + 1, high), range(below + 1, above)
        if naive_other(left, here, right, there):
            named |= set(here)
    signs = set(origin)
    return (
        [at not in signs or at in {origin[row] for row in stands} for at in range(len(one))],
        [at in {origin[row] for row in named} for at in range(len(one))],
    )


def linked(*texts: str, **more: object) -> tuple[Links, object]:
    """The links of one family of members that stand in the middle of documents."""
    documents = [Document(str(row), f"序{text}尾") for row, text in enumerate(texts)]
    one = family([(row, 1, 1 + len(text)) for row, text in enumerate(texts)], **more)
    result = result_of(documents, [one])
    return Links(result, [document.text for document in documents], [one], {}), one


def shown(one: str, other: str) -> tuple[str, str]:
    """What of one member stands in the other, and what stands there in its place, the rest as dots."""
    links, members = linked(one, other)
    match = links.matched(members, 0, 1)
    return tuple(
        "".join(sign if yes else "·" for sign, yes in zip(one, mask, strict=True))
        for mask in (match.stands, match.other)
    )


def made(seed: int) -> tuple[str, str]:
    """Two texts of the same pieces, but for some that were replaced, put in or left out."""
    rng = random.Random(seed)
    left = rng.choices(_PIECES, k=rng.randrange(1, 12))
    right: list[str] = []
    for piece in left:
        drawn = rng.random()
        right += [piece] if drawn < 0.7 else rng.choices(_PIECES, k=rng.randrange(3))
        right += rng.choices(_PIECES, k=int(drawn < 0.05))
    return "".join(left), "".join(right)


def test_what_stands_in_another_member_is_what_the_twin_says():
    """And what is another name there: numbers, names, provinces and lists at random, folded or not."""
    seen = np.zeros(2, int)
    for seed in range(500):
        texts = made(seed)
        if all(texts):
            links, members = linked(*texts)
            match = links.matched(members, 0, 1)
            wanted = naive_matched(*texts)
            assert (match.stands.tolist(), match.other.tolist()) == wanted, (seed, texts)
            seen += match.other.any(), not match.stands.all()
    assert seen.min() > 60


@pytest.mark.parametrize(
    ("one", "other", "stands"),
    [
        ("亩产3斤", "亩产3.5斤", "亩产·斤"),
        ("亩产5斤", "亩产3.5斤", "亩产·斤"),
        ("亩产1斤", "亩产1，235斤", "亩产·斤"),
        ("亩产12斤", "亩产12万斤", "亩产··斤"),
        ("修渠12万里", "修渠12万里整", "修渠12万里"),
        ("存粮1.2亿斤", "存粮1.2亿斤整", "存粮1.2亿斤"),
        ("存粮1.2亿斤", "存粮11.2亿斤", "存粮····斤"),
        ("存粮12斤", "存粮13斤", "存粮··斤"),
        ("存粮12斤", "存粮1又2斤", "存粮··斤"),
        ("存粮12斤", "存粮13又2斤", "存粮··斤"),
        ("九点8:30开", "九点8:30整开", "九点8:30开"),
        ("共３户", "共3户人", "共３户"),
        ("3", "3户", "3"),
        ("3", "户3", "3"),
    ],
)
def test_a_number_stands_only_where_it_is_the_whole_number(one, other, stands):
    """Neither for a part of another number, nor in two pieces; 12万 is one number and stands in 12万."""
    assert shown(one, other)[0] == stands


@pytest.mark.parametrize(
    ("one", "other", "named"),
    [
        # before the same suffix or title, of one to four characters
        ("到柳沟镇", "到麦场镇", "·柳沟·"),
        ("到柳沟镇里", "到麦场镇外", "·····"),
        ("到甲镇里", "到乙镇里", "·甲··"),
        ("到柳沟桥头镇里", "到麦场渡口镇里", "·柳沟桥头··"),
        ("到柳沟桥头北镇里", "到麦镇里", "········"),
        ("到麦镇里", "到柳沟桥头北镇里", "····"),
        ("找柳沟书记", "找麦场书记", "·柳沟··"),
        ("找柳沟书店", "找麦场书店", "·····"),
        ("找书记", "找麦场书记", "···"),
        ("找麦场书记", "找书记", "·····"),
        # headed by surnames, of two characters or more
        ("派何田去", "派任生去", "·何田·"),
        ("派何田去", "派任水生去", "·何田·"),
        ("派何去", "派任生去", "···"),
        ("派任生去", "派何去", "····"),
        ("派何田去", "派好生去", "····"),
        ("派好生去", "派何田去", "····"),
        ("派何田下晚去", "派任水生前去", "·何田下晚·"),
        ("派何田下晚分去", "派任水生前去", "·······"),
        # provinces, of one to twelve characters on both sides
        ("在山东省", "在山西省", "··东·"),
        ("湖北的", "河北的", "湖··"),
        ("的湖北", "的河北", "·湖·"),
        ("的湖南", "的湖北", "··南"),
        ("在内蒙古自治区的西边那各旗里", "在山东省里", "·内蒙古自治区的西边那各旗·"),
        ("在内蒙古自治区的西边那头各旗里", "在山东省里", "···············"),
        ("在山东省里", "在内蒙古自治区的西边那头各旗里", "·····"),
        ("在山东里", "在集市里", "····"),
        ("在集市里", "在山东里", "····"),
        ("在山东的", "在大山东的", "····"),
        # an item more
        ("木锨、簸箕、苫布", "木锨、苫布", "···簸箕、··"),
        ("木锨、苫布", "木锨、簸箕、苫布", "·····"),
        ("木锨、苫布", "木锨苫布", "·····"),
        ("木锨、布袋", "木锨和布袋", "·····"),
        ("木锨和簸箕、苫布", "木锨、苫布", "········"),
    ],
)
def test_another_name_or_item_is_known_at_its_bounds(one, other, named):
    assert shown(one, other)[1] == named


def test_what_is_too_long_to_compare_stands_nowhere_and_is_not_linked():
    """At the bound of ten thousand million pairs of characters it is compared, one character further it is not."""
    size = 10**5
    one = "渠，" + "渠" * (size - 2)
    for more in (0, 1):
        links, members = linked("岸", one, "渠。" + "渠" * (size - 2 + more))
        match = links.matched(members, 1, 2)
        assert np.flatnonzero(~match.stands).tolist() == (list(range(size)) if more else [1])
        assert not match.other.any()
    one = "渠" * size
    assert (link._identity(one, one), link._identity(one, one + "渠")) == (1.0, None)


@pytest.mark.parametrize(("one", "other"), [("", "渠"), ("渠", ""), ("", "")])
def test_nothing_is_like_nothing(one, other):
    assert link._identity(one, other) is None


def naive_identity(one: str, other: str) -> float | None:
    """Twice the longest common subsequence over both lengths, from its table."""
    if not one or not other:
        return None
    row = [0] * (len(other) + 1)
    for sign in one:
        before, row = row, [0]
        for at, there in enumerate(other):
            row.append(before[at] + 1 if sign == there else max(row[at], before[at + 1]))
    return round(2 * row[-1] / (len(one) + len(other)), 4)


def naive_find(result, one, spots, row: int, other: int) -> Link | None:
    """The passage of these two places, as they were found; else what the family says; else both figures anew."""
    texts = [result.documents[span.document].text[span.start : span.end] for span in one.members]
    for passage in result.passages:
        if {passage.left, passage.right} == {spots[row], spots[other]}:
            found = Link(passage.wording, passage.similarity)
            return found if found.wording >= result.params.threshold else None
    if texts[row] == texts[other]:
        return Link(1.0, 1.0)
    (key, signs, _), (other_key, other_signs, _) = naive_fold(texts[row]), naive_fold(texts[other])
    wording = naive_identity(key, other_key)
    for mine, theirs in ((row, other), (other, row)):
        if one.medoid == mine:
            wording = one.wording[theirs]
    if wording is None or wording < result.params.threshold:
        return None
    return Link(wording, naive_identity(signs, other_signs))


def family_of(rng: random.Random):
    """A family of short texts, some pairs of which are listed; one member was found a character shorter."""
    texts = ["".join(rng.choices("渠桥路，9", k=rng.randrange(1, 7))) for _ in range(rng.randrange(2, 6))]
    documents = [Document(str(row), f"序{text}尾") for row, text in enumerate(texts)]
    one = family([(row, 1, 1 + len(text)) for row, text in enumerate(texts)], medoid=rng.randrange(len(texts)))
    one = replace(one, wording=tuple(rng.choice([0.5, 0.59, 0.6, 0.8]) for _ in texts), id=str(rng.random()))
    spots = list(one.members)
    spots[-1] = replace(spots[-1], end=len(texts[-1]))
    places = {(len(texts) - 1, 1, 1 + len(texts[-1])): (1, len(texts[-1]))}
    listed = []
    for _ in range(rng.randrange(3)):
        left, right = rng.sample(spots, 2)
        figures = rng.choice([0.5, 0.6, 0.7]), rng.random()
        if not any({left, right} == {row.left, row.right} for row in listed):
            listed.append(Passage("", "copy", None, *figures, left, right))
    result = replace(result_of(documents, [one]), passages=tuple(listed), params=Params(min_chars=8, threshold=0.6))
    return result, one, spots, places


def test_who_is_linked_is_what_the_twin_says():
    """Listed or not, with the medoid or without, at the threshold exactly; in whichever order one asks."""
    seen = np.zeros(2, int)
    for seed in range(150):
        rng = random.Random(seed)
        result, one, spots, places = family_of(rng)
        texts = [info.text for info in result.documents]
        links = Links(result, texts, [one], places)
        asked = [(row, other) for row in range(len(spots)) for other in range(len(spots)) if row != other]
        for row, other in rng.sample(asked, len(asked)):
            wanted = naive_find(result, one, spots, row, other)
            assert links.find(one, row, other) == wanted, (seed, row, other)
            seen += wanted is not None, wanted is None
    assert seen.min() > 200


def test_a_similarity_has_four_decimals():
    """As in the tables of a result: 2 of 3 characters are 0.6667."""
    links, members = linked("路", "渠桥", "渠桥路，", wording=0.9)
    assert links.find(members, 1, 2) == Link(0.8, 0.6667)


def test_members_are_folded_some_families_at_a_time_and_none_in_vain(monkeypatch):
    """Up to a batch of characters; what was folded is not folded again, nor what stands in a family alone."""
    texts = ["渠水", "渠水渠水", "桥面", "桥面", "路基", "路基路基", "渠水", "井绳", "闸", "门"]
    documents = [Document(str(row), text) for row, text in enumerate(texts)]
    pairs = ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))
    families = [family([(row, 0, len(texts[row])) for row in rows], name=str(rows)) for rows in pairs]
    folded: list[list[str]] = []
    work = link._folded

    def watched(members):
        folded.append(list(members))
        return work(members)

    monkeypatch.setattr(link, "_folded", watched)
    monkeypatch.setattr(link, "_BATCH", 14)
    links = Links(result_of(documents, families), texts, families, {})
    links.matched(families[0], 0, 1)
    assert folded == [["渠水", "渠水渠水", "路基", "路基路基"]]
    links.matched(families[2], 0, 1)
    links.matched(families[1], 0, 1)
    assert len(folded) == 1
    links.matched(families[3], 1, 0)
    assert folded[1:] == [["井绳", "闸", "门"]]
    stranger = family([(0, 0, 1), (1, 0, 3)])
    assert links.matched(stranger, 0, 1).stands.tolist() == [True]
    assert folded[2:] == [["渠"], ["渠水渠"]]


@pytest.mark.parametrize("level", ["paragraph", "passage"])
def test_a_yield_does_not_go_for_a_larger_one_that_holds_its_figure(level):
    """Three is no part of 3.5 and none of 1,003; and what repeats 12万 goes, whatever else was put there."""
    form = "入夏以来各生产队抢收抢种，脱粒后过秤入仓，平均亩产{}石，仓房的门锁和封条由两人共管。"
    for one, other, goes in (("3.5", "3", False), ("1,003", "3", False), ("12万", "12万", True), ("3", "3", True)):
        texts = [form.format(one), form.format(other).replace("，仓房", "；仓房")]
        documents = [Document(str(row), text) for row, text in enumerate(texts)]
        members = family([(row, 0, len(text)) for row, text in enumerate(texts)])
        assert plan(result_of(documents, [members]), CleanPolicy(level=level)).whole == ({1} if goes else set())
