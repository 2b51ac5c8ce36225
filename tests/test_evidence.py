"""What is odd about a family: found where it is planted, and nowhere else."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Document, scan
from dedup.evidence import SHOWN, increasing
from dedup.report.words import evidence_sentence

LINES = (
    "鱼塘清淤那半个月，村民自带铁锹挖出黑泥堆成田埂，组长按日头记工，收工时当众念一遍，谁也没有多记。",
    "老茶厂的揉捻机修好以后又转了起来，头一锅茶分给修机器的几位师傅尝，都说火候比从前稳当得多。",
    "图书室的窗户朝着晒谷坪，放学的孩子先写作业再翻连环画，管理员每晚锁门之前数一遍凳子和灯。",
    "护堤的柳树补种了三遍才活，第一遍栽深了，第二遍遇上牛群，第三遍请放牛的孩子来当看护员。",
)


def report(name: str, *lines: str) -> Document:
    return Document(f"{name}.txt", "\n".join((f"{name}2015年工作总结", *lines)), title=f"{name}2015年工作总结")


def evidence(documents: list[Document], kind: str):
    return [one for family in scan(documents).clusters for one in family.evidence if one.kind == kind]


def test_the_same_rare_figure_is_told_and_earns_the_star():
    documents = [report(name, LINES[0] + "全部工钱合计41387元。") for name in ("柳湾乡", "石碾镇")]
    (family,) = [one for one in scan(documents).clusters if one.label == "copy"]
    assert [dict(one.facts) for one in family.evidence if one.kind == "number"] == [{"value": ["41387"]}]
    assert family.star


@pytest.mark.parametrize("figure", ["2015", "8000", "36", "2.5", "12,000"])
def test_years_round_and_small_figures_are_not_rare(figure):
    documents = [report(name, LINES[0] + f"全部工钱合计{figure}元。") for name in ("柳湾乡", "石碾镇")]
    assert evidence(documents, "number") == []


def test_a_figure_that_other_reports_have_too_is_not_rare():
    documents = [report(name, LINES[0] + "全部工钱合计41387元。") for name in ("柳湾乡", "石碾镇")]
    assert evidence([*documents, report("北坡乡", "全县今年的补助一共是41387元，与我们无关。")], "number") == []


def test_a_name_left_over_from_the_other_report_is_told():
    """The other report's place stands in the copied text and nowhere else: told with both reports."""
    line = LINES[1] + "柳湾乡的做法得到了肯定。"
    documents = [report("柳湾乡", line), report("石碾镇", line, "石碾镇的其他工作另行报告。")]
    (one,) = evidence(documents, "leftover")
    assert dict(one.facts) == {"text": "柳湾乡", "from": "柳湾乡.txt", "in": "石碾镇.txt"}
    assert evidence_sentence(one, "zh") == "“柳湾乡”像是从 柳湾乡.txt 遗留下来的，见于 石碾镇.txt"


def test_a_neighbour_named_elsewhere_in_the_report_is_not_left_over():
    line = LINES[1] + "柳湾乡的做法得到了肯定。"
    documents = [report("柳湾乡", line), report("石碾镇", line, "今年派人到柳湾乡学习了两次。")]
    assert evidence(documents, "leftover") == []


def test_a_shared_slip_is_told_with_what_was_meant():
    """The same wrong character in two reports, where official prose has the right one in this very context."""
    line = LINES[2] + "大力推进精神文明见设，深入开展各项活动。"
    documents = [report(name, line) for name in ("柳湾乡", "石碾镇")]
    (one,) = evidence(documents, "typo")
    assert dict(one.facts) == {"text": ["见设"], "meant": ["建设"]}


def test_right_spelling_and_places_are_no_slips():
    line = LINES[3] + "练溪、双王、扇坡三个村的精神文明建设活动由何志禾负责。"
    assert evidence([report(name, line) for name in ("柳湾乡", "石碾镇")], "typo") == []


def test_the_slip_of_one_report_alone_is_not_shared():
    lines = [LINES[2] + f"大力推进精神文明{word}，深入开展各项活动。" for word in ("见设", "建设")]
    assert evidence([report("柳湾乡", lines[0]), report("石碾镇", lines[1])], "typo") == []


def test_a_slip_that_two_reports_have_against_the_others_is_told():
    """The family's medoid is right, two of its members are wrong in the same way."""
    right, wrong = (LINES[2] + f"堤上的巡查点按{word}到人。" for word in ("部署", "布署"))
    lines = {"柳湾乡": right, "石碾镇": right, "北坡乡": wrong, "东营镇": wrong, "河口乡": right}
    (one,) = evidence([report(name, line) for name, line in lines.items()], "typo")
    assert dict(one.facts) == {"text": ["布署"], "meant": ["部署"]}
    del lines["东营镇"]
    assert evidence([report(name, line) for name, line in lines.items()], "typo") == []


def strange(name: str, chars: int) -> str:
    """Characters in a row that stand nowhere else."""
    draw = random.Random(name)
    return "".join(chr(draw.randrange(0x4E00, 0x9F00)) for _ in range(chars))


def between(place: str, lines: tuple[str, ...]) -> list[str]:
    """The lines with a paragraph of the report's own between each two."""
    return [text for n, line in enumerate(lines) for text in (line, strange(f"{place}{n}", 150) + "。")]


def test_paragraphs_in_the_same_order_are_counted():
    documents = [report(name, *between(name, LINES)) for name in ("柳湾乡", "石碾镇")]
    found = {one.facts["paragraphs"] for one in evidence(documents, "order")}
    assert found == {len(LINES)}


def test_the_other_order_is_not_the_same_order():
    documents = [report("柳湾乡", *between("柳湾乡", LINES)), report("石碾镇", *between("石碾镇", LINES[::-1]))]
    assert evidence(documents, "order") == []


def test_what_differs_from_the_medoid_is_a_table_of_values_with_its_bound():
    """Each slot with the words before it and the values; what goes beyond the bound is counted, not lost."""
    text = "，".join(f"{strange(str(n), 9)}一样{{}}件" for n in range(SHOWN + 3))
    one, other = (text.format(*(str(start + n) for n in range(SHOWN + 3))) for start in (100, 500))
    (found,) = evidence([report("柳湾乡", one), report("石碾镇", other)], "slots")
    assert len(found.facts["values"]) == SHOWN and found.facts["more"] == 3
    assert found.facts["values"][0].endswith(("一样100／500件", "一样500／100件"))
    assert "另有 3 处未列" in evidence_sentence(found, "zh")


def test_formula_earns_no_star():
    """Only what is called copying has oddities: a slogan shared is no oddity, whatever figure stands in it."""
    documents = [
        report(name, "以邓小平理论和“三个代表”重要思想为指导，按照41387号文件要求。")
        for name in ("甲乡", "乙乡", "丙乡")
    ]
    assert not any(family.star for family in scan(documents).clusters if family.label == "formula")


@settings(deadline=None, derandomize=True, max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=7))
def test_increasing_is_a_longest_increasing_run(pairs):
    """As long as the best of all subsets, and increasing."""
    rows = sorted((left, right, number) for number, (left, right) in enumerate(pairs))
    run = increasing(rows)
    values = [pairs[number][1] for number in run]
    assert all(a < b for a, b in pairwise(values))
    best = 0
    for subset in range(1 << len(rows)):
        picked = [row[1] for bit, row in enumerate(rows) if subset >> bit & 1]
        if all(a < b for a, b in pairwise(picked)):
            best = max(best, len(picked))
    assert len(run) == best


@pytest.mark.parametrize("together", [1, 2, 5])
def test_figures_taken_some_at_a_time_are_those_taken_at_once(monkeypatch, together):
    figures = random.Random(together)
    said = [f"{figures.randrange(1_001, 9_998)}亩" for _ in range(60)]
    block = "本年完成造林{}，新修渠道{}，发放补助{}，惠及农户{}，群众反映良好。"
    reports = [block.format(*said[4 * n : 4 * n + 4]) for n in range(5)] * 2 + [block.format(*said[2:6])]
    documents = [Document(f"报告{n:02d}.txt", text + "\n" + said[n] * 2) for n, text in enumerate(reports)]
    at_once = scan(documents).to_json()
    monkeypatch.setattr("dedup.figures.TOGETHER", together)
    assert '"kind": "number"' in at_once
    assert scan(documents).to_json() == at_once
