"""A list says by content what is a formula and what is not, in this scan and in every later one."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from dedup import Document, scan
from dedup.cli.main import app
from dedup.errors import FormatProblem
from dedup.formulas import Note, apply, load

TRADE = "摇橹靠岸先挂牌，后放行，风大三级不开船"
SLOGAN = "切实做到主要领导亲自抓、分管领导具体抓、一级抓一级、层层抓落实"
OWN = ("磨坊换了新的石磨，豆腐比从前嫩", "邮差改走山脊，一天多送四个院子", "羊圈搬到背风处，羔子没有冻着")


def reports(*texts):
    rows = [f"{own}。{own[:6]}，{text}，{own[7:]}。\n" for text in texts for own in OWN[:2]]
    return [Document(f"{n}.txt", row, issuer=f"{n}乡人民政府") for n, row in enumerate(rows)]


def labels(result):
    return {cluster.label for cluster in result.clusters}


def test_a_listed_text_is_a_formula_whatever_its_punctuation_and_script():
    """The trade's phrase is copying for the rules; listed, in traditional script without its commas, it is none."""
    result = scan(reports(TRADE))
    assert labels(result) == {"copy"}
    found, noted = apply(
        result, [Note("搖櫓靠岸先掛牌後放行風大三級不開船", True), Note("从来没有遇到过的一句话", True)]
    )
    assert labels(found) == {"formula"} and (noted.formulas, noted.others, noted.unmatched) == (1, 0, 1)
    assert found.clusters[0].evidence[0].facts["why"] == "decision"
    assert all(
        info.labels["copy"] == 0 < info.labels["formula"] and info.rates["copied"] in (0, None)
        for info in found.documents
    )
    assert labels(apply(scan([*reports(TRADE), Document("9.txt", OWN[2])]), [Note(TRADE, True)])[0]) == {"formula"}


def test_a_text_that_is_listed_as_none_falls_to_the_next_rule():
    """A slogan is copying if the list says so, and self where one office wrote both reports."""
    for issuer, wanted in ((None, "copy"), ("甲乡人民政府", "self")):
        documents = [Document(one.source, one.text, issuer=issuer) for one in reports(SLOGAN)]
        result = scan(documents)
        assert labels(result) == {"formula"}
        found, noted = apply(result, [Note(SLOGAN[:20], False), Note(SLOGAN, True)])
        assert labels(found) == {wanted} and noted.others == 1
        assert all(sum(info.labels.values()) == info.chars for info in found.documents)


def test_a_list_without_effect_changes_nothing():
    result = scan(reports(TRADE))
    assert apply(result, [])[0] is result
    assert apply(result, [Note("从来没有遇到过的一句话", False)])[0] is result


@pytest.mark.parametrize(
    "rows, told",
    [
        ([{"text": "渡口"}], "formula 1"),
        ([{"text": "。，！", "formula": True}], "at least 4"),
        ([{"text": "摇橹靠岸先挂牌", "formula": 1}], "true or false"),
        ([{"text": "摇橹靠岸先挂牌", "formula": True, "reason": 3}], "no string"),
        ({"text": "摇橹靠岸先挂牌"}, "wanted a list"),
    ],
)
def test_a_wrong_entry_is_refused(tmp_path, rows, told):
    (tmp_path / "list.json").write_text(
        json.dumps({"schema": "dedup.decisions/1", "formulas": rows}), encoding="utf-8"
    )
    with pytest.raises(FormatProblem, match=told):
        load(tmp_path / "list.json")


def test_the_command_line_takes_the_list(tmp_path):
    """`--decisions` with a list alone: the scan follows it and says so."""
    for document in reports(TRADE):
        (tmp_path / document.source).write_text(document.text, encoding="utf-8")
    data = {"schema": "dedup.decisions/1", "formulas": [{"text": TRADE, "formula": True}]}
    (tmp_path / "list.json").write_text(json.dumps(data), encoding="utf-8")
    line = ["scan", str(tmp_path / "0.txt"), str(tmp_path / "1.txt"), "--decisions", str(tmp_path / "list.json")]
    done = CliRunner().invoke(app, [*line, "--lang", "en"], prog_name="dedup")
    assert done.exit_code == 0 and "formula 1" in done.stdout and "1 families are formulas" in done.stderr
