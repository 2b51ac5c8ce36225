"""Turning a switch gives what a fresh scan with that switch gives; labels sum to the characters."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Document, Params, Result, scan
from dedup.errors import ParamsError
from dedup.params import LABELS
from dedup.relabel import relabel

DATA = Path(__file__).parent.parent / "data"
SWITCHES = LABELS[:-1]

PIECES = (
    "渡口的老艄公把摇橹的手艺教给了三个徒弟，约定谁先学会逆水靠岸，谁就接他的竹篙。",
    "入冬以后水浅，三个人轮着在沙洲边练，冻裂了手也不肯戴手套，到腊月里都能单人把船稳稳停在石阶前。",
    "切实做到主要领导亲自抓、分管领导具体抓、一级抓一级、层层抓落实，",
    "“赶集那天由退休会计掌秤，谁家觉得短了斤两都可以当面复称，称过了就不许再争。”",
    "网站首页　范文大全　工作总结　述职报告　心得体会　演讲稿\n",
    "摆渡人姓名以及从业年限：＿＿＿＿\n本月因为大风停航的天数和具体日期：＿＿＿＿\n",
    "第二条　渡口的缆绳每两年更换一次，由村民委员会出具查验记录。\n",
    "磨坊换了新的石磨，豆腐比从前嫩，隔壁村也来排队。\n",
    "邮差改走山脊，一天能多送四个院子，信不再压到月底。\n",
)
FORM = Document("表.txt", PIECES[5])
LAW = Document("法.txt", PIECES[6])


def essence(result):
    """What the switches decide, without evidence and changes."""
    return (
        result.params,
        [(info.labels, info.marks, info.rates, info.hidden) for info in result.documents],
        [(one.id, one.label, one.grade, one.members, one.evidence[0]) for one in result.clusters],
        [(one.id, one.label, one.grade, one.cluster) for one in result.passages],
    )


def corpus(seed):
    """Return some reports put together of the pieces, some of one issuer, some without."""
    draw = random.Random(seed)
    for number in range(draw.randrange(2, 8)):
        text = "".join(draw.choice(PIECES) for _ in range(draw.randrange(2, 9)))
        yield Document(f"{number}.txt", text, issuer=draw.choice((None, "甲乡人民政府", f"{number}乡人民政府")))


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.integers(0, 10_000), st.sets(st.sampled_from(SWITCHES)), st.sets(st.sampled_from(SWITCHES)))
def test_turning_a_switch_is_a_fresh_scan(seed, before, after):
    """From any set of labels to any other, in memory and by way of the JSON."""
    documents = list(corpus(seed))
    aids = {"templates": [FORM], "references": [LAW]}
    old = scan(documents, Params(labels=tuple(before)), **aids)
    new = scan(documents, Params(labels=tuple(after)), **aids)
    assert essence(relabel(old, after)) == essence(replaced(new, after))
    again = Result.from_dict(json.loads(old.to_json()))
    assert essence(relabel(again, after)) == essence(replaced(new, after))
    for info in new.documents:
        assert sum(info.labels.values()) == info.chars


def replaced(result, labels):
    """The order in which labels are given is of no consequence but to the parameters."""
    from dataclasses import replace

    return replace(result, params=replace(result.params, labels=tuple(labels)))


@pytest.mark.parametrize("off", SWITCHES)
def test_each_switch_on_the_sample_corpus(off):
    """With the form given, and with a folder that has page noise, quotations, slogans, a collection."""
    labels = tuple(name for name in SWITCHES if name != off)
    found = relabel(sample(SWITCHES), labels)
    assert essence(found) == essence(sample(labels))
    assert essence(relabel(found, SWITCHES)) == essence(sample(SWITCHES))


def sample(labels, kept={}):  # noqa: B006 (eight scans, each asked for more than once)
    if labels not in kept:
        kept[labels] = scan([DATA / "reports"], Params(labels=labels), templates=[DATA / "template.txt"])
    return kept[labels]


def test_the_command_line_turns_switches_too(tmp_path):
    """`dedup report --labels` writes what a scan with these labels writes, as far as labels go."""
    from typer.testing import CliRunner

    from dedup.cli.main import app

    (tmp_path / "old.json").write_text(sample(SWITCHES).to_json(), encoding="utf-8")
    line = ["report", str(tmp_path / "old.json"), "--labels", "copy,self", "--json", str(tmp_path / "new.json")]
    assert CliRunner().invoke(app, line, prog_name="dedup").exit_code == 0
    found = Result.from_json(tmp_path / "new.json")
    assert essence(found) == essence(sample(("copy", "self")))


def test_an_unknown_label_is_refused():
    with pytest.raises(ParamsError, match="slogan"):
        relabel(scan([]), ("slogan",))
