"""Issuer, date and title: what a text, a name or a column says, and unknown where it says nothing."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from dedup import Document, scan
from dedup.read.metadata import completed, facts_of_name, facts_of_properties, facts_of_text, iso_date

BODY = "　　今年以来，全乡上下把护林防火摆在突出位置，进山路口设卡九处，没有发生一起山火，群众满意。"


def test_a_document_of_a_program_says_what_a_file_would():
    """What is given stays; what is not is read from the text; what the text does not say stays unknown."""
    text = f"护林防火工作总结\n{BODY}\n{BODY}\n任家寨乡人民政府\n2006年11月\n"
    found = completed(Document("甲.txt", text))
    assert (found.title, found.issuer, found.date) == ("护林防火工作总结", "任家寨乡人民政府", "2006-11")
    given = completed(Document("甲.txt", text, issuer="别处", date="2007"))
    assert (given.title, given.issuer, given.date) == ("护林防火工作总结", "别处", "2007")
    alone = Document("甲.txt", BODY)
    assert completed(alone) is alone
    assert scan([Document("甲.txt", text)]).documents[0].issuer == "任家寨乡人民政府"


@pytest.mark.parametrize(
    ("opening", "issuer"),
    [
        ("现在，我代表青石县人民政府，向大会报告工作，请予审议。", "青石县人民政府"),
        ("现在，我受青石县人大常委会的委托，向大会报告工作。", "青石县人大常委会"),
        ("现在，我代表国务院，向大会作报告。", "国务院"),
        ("现在我代表镇人民政府向大会报告工作，请予审议。", None),
        ("我代表全乡人民向各位代表问好。", None),
        ("代表们对县人民政府的工作表示满意。", None),
    ],
)
def test_who_speaks_for_an_authority_names_it(opening, issuer):
    """A report to a congress says in its first sentence whose it is; a township without a name is nobody."""
    assert facts_of_text(f"各位代表：\n{opening}\n{BODY}\n{BODY}").issuer == issuer


@pytest.mark.parametrize(
    ("text", "issuer", "day"),
    [
        ("任家寨乡人民政府\n2006年11月\n", "任家寨乡人民政府", "2006-11"),
        ("任家寨乡人民政府\r\n　　　　2006年11月3日", "任家寨乡人民政府", "2006-11-03"),
        ("任家寨乡人民政府 二〇〇六年十一月二十三日", "任家寨乡人民政府", "2006-11-23"),
        ("（任家寨乡党政办公室 2006年1月3日）", "任家寨乡党政办公室", "2006-01-03"),
        ("任家寨鄉人民政府\n二○一一年十月", "任家寨鄉人民政府", "2011-10"),
        (BODY + "任家寨乡人民政府2006年11月", "任家寨乡人民政府", "2006-11"),
        (BODY + "2006年11月3日", None, "2006-11-03"),
        ("xx乡人民政府xx年六月二十四日", None, None),
        ("某乡人民政府\n二〇xx年六月", None, None),
        ("2006年13月", None, None),
        ("2006年2月30日", None, None),
        ("完成投资2006.11万元", None, None),
        ("共植树2006-2008亩", None, None),
        ("乡镇人大工作总结2022-03-19", None, None),
        ("到2006年11月，全乡通了水。", None, None),
        ("单位：任家寨乡林业局\n日期：2021/4/9", "任家寨乡林业局", "2021-04-09"),
    ],
)
def test_the_last_lines_sign(text, issuer, day):
    facts = facts_of_text(f"护林防火工作总结\n{BODY}\n{BODY}\n{text}")
    assert (facts.issuer, facts.date) == (issuer, day)


@pytest.mark.parametrize(
    ("lines", "issuer", "day"),
    [
        ("2022-06-10 工作总结", None, "2022-06-10"),
        ("发布时间：2022-06-10 09:30", None, "2022-06-10"),
        ("任家寨乡人民政府\n（2006年11月3日）", "任家寨乡人民政府", "2006-11-03"),
        ("2022年06月10日　来源：任家寨乡党政办公室", "任家寨乡党政办公室", "2022-06-10"),
        ("2006年11月，我乡开始护林。", None, None),
        ("关于成立护林防火委员会", None, None),
    ],
)
def test_the_first_lines_may_say_it_too(lines, issuer, day):
    facts = facts_of_text(f"护林防火工作总结\n{lines}\n{BODY}\n{BODY * 9}")
    assert (facts.issuer, facts.date, facts.title) == (issuer, day, "护林防火工作总结")


def test_the_signature_wins_over_the_day_of_the_upload():
    facts = facts_of_text(f"护林防火工作总结\n2022-06-10\n{BODY * 9}\n任家寨乡人民政府\n2006年11月3日")
    assert (facts.date, facts.issuer) == ("2006-11-03", "任家寨乡人民政府")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("第一篇：任家寨乡护林工作总结\n" + BODY, "第一篇：任家寨乡护林工作总结"),
        (BODY + "\n任家寨乡护林工作总结\n" + BODY, "任家寨乡护林工作总结"),
        ("首页 公文 总结 范文 论文\n任家寨乡护林工作总结\n" + BODY, "任家寨乡护林工作总结"),
        ("一、总体情况\n（二）存在问题\n" + BODY, None),
        (BODY, None),
        ("", None),
        ("1234\nabcd efgh\n", None),
    ],
)
def test_the_title_is_the_first_line_that_may_be_one(text, title):
    assert facts_of_text(text).title == title


@pytest.mark.parametrize(
    ("source", "issuer", "day"),
    [
        ("in/任家寨乡人民政府_2006-11.txt", "任家寨乡人民政府", "2006-11"),
        ("20061103-任家寨乡总结.docx", None, "2006-11-03"),
        ("任家寨乡人民政府/2019年3月.txt", "任家寨乡人民政府", "2019-03"),
        ("总结(2006.11.03).txt", None, "2006-11-03"),
        ("200611034455.txt", None, None),
        ("各乡镇工作总结.txt", None, None),
        ("2021.txt", None, None),
    ],
)
def test_names_of_files_and_folders_say_what_they_say(source, issuer, day):
    facts = facts_of_name(source)
    assert (facts.issuer, facts.date) == (issuer, day)


def test_properties_are_believed_only_where_they_may_be_true():
    facts = facts_of_properties("Microsoft Word - 1.doc", ("Microsoft", "Administrator"), "D:20061103120000+08'00'")
    assert (facts.title, facts.issuer, facts.date) == (None, None, "2006-11-03")


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (date(2006, 11, 3), "2006-11-03"),
        (datetime(2006, 11, 3, 9), "2006-11-03"),
        ("2006/1/3", "2006-01-03"),
        ("2006.11", "2006-11"),
        ("2006年1月", "2006-01"),
        ("二〇〇六年十月三十一日", "2006-10-31"),
        ("2006-11-03T08:00:00Z", "2006-11-03"),
        ("去年", None),
        (2006, None),
        (None, None),
    ],
)
def test_dates_of_columns_become_iso(value, day):
    assert iso_date(value) == day
