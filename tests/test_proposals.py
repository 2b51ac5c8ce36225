"""A form that several offices filled in is proposed; a block that they copied is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dedup import Document, scan
from dedup.cli.main import app
from dedup.proposals import BLANK

DATA = Path(__file__).parent.parent / "data"
FORM = (
    "渡口安全情况登记表\n负责人姓名以及联系方式：{}\n本季度完成的主要维护工作：{}\n"
    "目前存在的突出困难和问题：{}\n以上内容经村委会逐项核对。\n"
)
ANSWERS = (
    ("罗木生", "修补跳板和栏杆", "船篙不够用"),
    ("卞松涛", "更换东岸的缆绳", "夜里没有灯"),
    ("范兰芝", "清理石阶的淤泥", "雨季石阶滑"),
    ("倪文举", "给渡船刷了桐油", "没有候船棚"),
)


def reports(form, count=4):
    return [Document(f"{n}.txt", form.format(*ANSWERS[n]), issuer=f"{n}乡人民政府") for n in range(count)]


def forms(result):
    return [one.facts for cluster in result.clusters for one in cluster.evidence if one.kind == "form"]


def test_the_form_is_what_all_have_and_a_line_for_what_each_has():
    (found,) = forms(scan(reports(FORM)))
    assert found["form"] == FORM.format(BLANK, BLANK, BLANK).rstrip("。\n")
    assert found["blanks"] == 3 and found["constant"] > 40


def test_the_form_of_the_sample_corpus_is_proposed_without_its_template():
    """Every line of data/template.txt stands in it."""
    (found,) = forms(scan([DATA / "reports"]))
    for line in (DATA / "template.txt").read_text(encoding="utf-8").split():
        assert line.split("＿")[0].split("：")[0].rstrip("。") in found["form"], line


@pytest.mark.parametrize(
    "documents",
    [
        reports(FORM, 2),
        [Document(one.source, one.text, issuer="甲乡人民政府") for one in reports(FORM)],
        reports(FORM.replace("{}", "罗木生三十一年来天天撑船")),
        reports(FORM.replace("完成的主要维护工作：{}", "完成").replace("困难和问题：{}", "困难")),
    ],
    ids=["two offices", "one office", "a copied block", "one blank"],
)
def test_what_is_no_form_is_not_proposed(documents):
    assert forms(scan(documents)) == []


def test_a_proposed_form_can_be_given_to_a_scan(tmp_path):
    """Written out by `report --forms` and given back, it excludes itself and leaves the answers."""
    (tmp_path / "result.json").write_text(scan(reports(FORM)).to_json(), encoding="utf-8")
    done = CliRunner().invoke(app, ["report", str(tmp_path / "result.json"), "--forms", str(tmp_path / "forms")])
    assert done.exit_code == 0
    (form,) = (tmp_path / "forms").iterdir()
    info = scan(reports(FORM), templates=[form]).documents[0]
    template = "".join(info.text[start:end] for start, end, label, _ in info.marks if label == "template")
    assert "负责人姓名以及联系方式" in template and not any(answer in template for answer in ANSWERS[0])
