"""What docs/algorithm.md says that the rules get wrong, they do get wrong; what it says they get right, they do.

A known failure that goes away is good news, and its sentence in the page has to go with it.
"""

from __future__ import annotations

import pytest

from dedup import Document, Params, scan

BLOCK = (
    "渡口的老艄公把摇橹的手艺教给了三个徒弟，约定谁先学会逆水靠岸，谁就接他的竹篙。"
    "入冬以后水浅，三个人轮着在沙洲边练，冻裂了手也不肯戴手套，到腊月里都能单人把船稳稳停在石阶前，赶集的人上岸不湿鞋。"
)
CLAUSE = "把摇橹靠岸的手艺传给沙洲边的年轻后生"
"""Eighteen characters that no official text has."""

OWN = (
    "磨坊换了新的石磨，豆腐比从前嫩，隔壁村也来排队。",
    "晒谷场铺平以后，傍晚有人打陀螺，老人坐在边上看。",
    "邮差改走山脊，一天能多送四个院子，信不再压到月底。",
    "羊圈搬到背风处，开春下的羔子一只也没有冻着。",
    "祠堂门前的石狮子洗净了，孩子们说它像刚睡醒。",
)

LONG = (OWN[0] + OWN[1], OWN[2] + OWN[3])
TITLE = "沙洲渡口老艄公摇橹手艺相传情况报告"
COLLECTION = f"第一篇：渡口总结\n{OWN[0]}\n{BLOCK}\n第二篇：渡口汇报\n{OWN[1]}\n{BLOCK}\n"


def found(*texts, issuers=(), params=None, **aids):
    """Scan texts, each with an issuer of its own unless said otherwise; return the label and grade of each family."""
    names = [*issuers, *(f"{name}乡人民政府" for name in "甲乙丙丁戊"[len(issuers) : len(texts)])]
    documents = [Document(f"{row}.txt", text, issuer=names[row]) for row, text in enumerate(texts)]
    return [(family.label, family.grade) for family in scan(documents, params, **aids).clusters]


def between(text, count, mark="{}"):
    """Return so many reports that share a text and nothing else."""
    return [f"{OWN[row]}\n{OWN[row][:7]}，{mark.format(text)}，{OWN[row][8:15]}。\n" for row in range(count)]


def paragraphs(text, count):
    return [f"{OWN[row]}\n{text}\n" for row in range(count)]


@pytest.mark.parametrize(
    "what, texts, wanted",
    [
        ("a paragraph in two reports is copying", paragraphs(BLOCK, 2), [("copy", "A")]),
        ("in five it has a common source", paragraphs(BLOCK, 5), [("mass", "A")]),
        ("a quotation is a citation", paragraphs(f"“{BLOCK}”", 2), [("citation", None)]),
        ("a clause of two is grade C, even where it is a set phrase", between(CLAUSE, 2), [("copy", "C")]),
        ("a clause of three is a formula, even where it was copied", between(CLAUSE, 3), [("formula", None)]),
        ("the same title and no more is furniture", [f"{TITLE}\n{one}" for one in LONG], [("furniture", None)]),
        ("a title over nothing but short lines is not seen", [f"{TITLE}\n{one}" for one in OWN[:2]], [("copy", "C")]),
        ("a block twice in one report is self", [f"{BLOCK}\n{OWN[0]}\n{BLOCK}\n"], [("self", None)]),
        ("parts of a collection are reports of their own", [COLLECTION], [("copy", "A")]),
        ("fifteen characters in mid-sentence are nothing", between(CLAUSE[:15], 2), []),
        ("a whole paragraph of ten is something", paragraphs(CLAUSE[:10] + "。", 2), [("copy", "C")]),
    ],
)  # fmt: skip
def test_what_the_page_says_of_labels(what, texts, wanted):
    """One small corpus a sentence of the page."""
    assert found(*texts) == wanted, what


def test_five_copies_without_an_issuer_are_five_issuers():
    documents = [Document(f"{row}.txt", text) for row, text in enumerate(paragraphs(BLOCK, 5))]
    assert [family.label for family in scan(documents).clusters] == ["mass"]


def test_two_offices_of_one_name_are_taken_for_one():
    assert found(*paragraphs(BLOCK, 2), issuers=("甲乡人民政府",) * 2) == [("self", None)]


def test_a_form_or_law_is_copying_until_it_is_given():
    """The same two reports, without aid, with the form, with the reference."""
    texts, aid = paragraphs(BLOCK, 2), Document("aid.txt", BLOCK)
    assert found(*texts) == [("copy", "A")]
    assert found(*texts, templates=[aid]) == [("template", None)]
    assert found(*texts, references=[aid]) == [("citation", None)]


def test_a_rule_that_is_switched_off_falls_through_to_the_next():
    """A quotation without the citation rule is copying."""
    labels = tuple(name for name in Params().labels if name != "citation")
    assert found(*paragraphs(f"“{BLOCK}”", 2), params=Params(labels=labels)) == [("copy", "A")]
