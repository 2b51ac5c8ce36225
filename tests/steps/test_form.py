"""A form explains its own words, edited or not, and never what was written into it."""

from __future__ import annotations

import pytest

from bench.labels import form_shares, forms
from dedup import Document, scan

FORM = (
    "渡口摆渡情况月报表\n摆渡人姓名以及从业年限：＿＿＿＿\n本月因为大风停航的天数和具体日期：＿＿＿＿\n"
    "缆绳石桩和跳板的查验结果以及更换情况：＿＿＿＿\n"
)


def template_text(form, filled):
    info = scan([Document("甲.txt", filled)], templates=[Document("表.txt", form)]).documents[0]
    return "".join(info.text[start:end] for start, end, label, _ in info.marks if label == "template")


@pytest.mark.parametrize("answer", ["罗", "罗木生", "罗木生撑了三十一年的船，从没误过一班"])
def test_an_answer_in_a_blank_is_no_template(answer):
    """However short it is."""
    found = template_text(FORM, FORM.replace("年限：＿＿＿＿", f"年限：{answer}"))
    assert "本月因为大风停航的天数" in found and answer not in found


def test_a_slip_in_the_form_is_template():
    """A word left out, one put in, one replaced: where the form has no blank, it is the form that was changed."""
    found = template_text(
        FORM, FORM.replace("因为大风", "因刮大风").replace("具体日期", "日期").replace("查验", "检查验收")
    )
    assert "因刮大风停航" in found and "检查验收结果" in found


def test_a_long_insertion_is_no_edit():
    """A sentence put in where the form has no blank is the report's own."""
    own = "这个月又添了两副救生衣挂在船篷下面"
    found = template_text(FORM, FORM.replace("缆绳石桩", f"缆绳{own}石桩"))
    assert own not in found and "查验结果以及更换情况" in found


def test_an_edited_form_is_excluded_and_its_answers_are_not():
    """At 15 % of the characters changed: at least 95 % of the form, at most 5 % of the answers."""
    given = forms(6, 0.15, "test")
    excluded, kept = form_shares(given, scan(given.documents, templates=[given.form]))
    assert excluded >= 0.95 and kept >= 0.95
