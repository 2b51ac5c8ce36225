"""Word files, new and old: what a reader sees with all changes accepted, each thing once and in its place."""

from __future__ import annotations

import shutil
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.read import ReadOptions, read
from dedup.result import Document, Skipped
from tests.read.makers import SPACES, W, doc, docx, ole, paragraph, run, zipped

TEXT = "柳湾镇把旱改水项目分成两期，头一期三百亩在清明前整平，第二期等秋收腾地以后再动工。"
OTHER = "项目资金按月在村务栏公布，群众对账目有疑问的，可以到镇财政所当面查看原始单据。"


def only(tmp_path, data: bytes, name: str = "a.docx", **options) -> Document | Skipped:
    path = tmp_path / name
    path.write_bytes(data)
    (row,) = read([path], ReadOptions(**options))
    return row


def shown(document: Document, ranges) -> list[str]:
    return [document.text[start:end] for start, end in ranges]


def test_tracked_changes_are_read_as_accepted(tmp_path):
    """Insertions and moves to are in, deletions and moves from are out; a deleted paragraph mark joins two lines."""
    body = paragraph(
        run("镇里"),
        f"<w:ins>{run('今年')}</w:ins>",
        "<w:del><w:r><w:delText>去年</w:delText></w:r></w:del>",
        f"<w:moveFrom>{run('旧处')}</w:moveFrom><w:moveTo>{run('新处')}</w:moveTo>",
        run("修渠。"),
    )
    joined = f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run('前半句')}</w:p>" + paragraph(run("后半句。"))
    assert only(tmp_path, docx(body + joined)).text == "镇里今年新处修渠。\n前半句后半句。"


def test_a_text_box_stands_once_after_its_paragraph(tmp_path):
    """The copy that the file keeps for old programs is passed over; without a new one, the old one is read."""
    box = f"<w:txbxContent>{paragraph(run('框中的话。'))}</w:txbxContent>"
    twice = (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing>'
        f"</mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    old = f"<w:r><w:pict><v:textbox>{box.replace('框', '旧框')}</v:textbox></w:pict></w:r>"
    found = only(tmp_path, docx(paragraph(run("段落甲，"), twice, run("接着说。")) + paragraph(old, run("段落乙。"))))
    assert found.text == "段落甲，接着说。\n框中的话。\n段落乙。\n旧框中的话。"


def test_hidden_text_is_left_out_and_counted(tmp_path):
    """Characters that nobody sees are an old trick against checkers: they may not split a copied sentence."""
    body = paragraph(run("看得"), run("插入的杂字", "<w:vanish/>"), run("见的话", '<w:vanish w:val="0"/>'))
    found = only(tmp_path, docx(body))
    assert (found.text, found.flags) == ("看得见的话", {"hidden": 5})


def test_content_controls_fields_signs_and_ruby(tmp_path):
    body = f"<w:sdt><w:sdtContent>{paragraph(run('控件里的段落。'))}</w:sdtContent></w:sdt>" + paragraph(
        "<w:r><w:instrText>PAGE</w:instrText></w:r>",
        f'<w:fldSimple w:instr="DATE">{run("三月")}</w:fldSimple>',
        "<w:r><w:tab/><w:t>后</w:t><w:br/><w:t>下行</w:t></w:r>",
        "<w:r><w:ruby><w:rt><w:r><w:t>xiang</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>乡</w:t></w:r></w:rubyBase></w:ruby></w:r>",
    )
    found = only(tmp_path, docx(body))
    assert found.text == "控件里的段落。\n三月\t后\n下行乡"
    assert found.flags == {"ruby": 1}


def test_tables_keep_rows_columns_and_their_range(tmp_path):
    def cell(*lines):
        return f"<w:tc><w:tcPr/>{''.join(paragraph(run(line)) if line else '<w:p/>' for line in lines)}</w:tc>"

    rows = (
        f"<w:tr>{cell('')}{cell('村')}{cell('亩')}</w:tr><w:tr>{cell('一期')}{cell('柳湾', '河口')}{cell('')}</w:tr>"
    )
    gone = f"<w:tr><w:trPr><w:del/></w:trPr>{cell('删去的行')}</w:tr>"
    found = only(
        tmp_path, docx(paragraph(run(TEXT)) + f"<w:tbl><w:tblPr/>{rows}{gone}</w:tbl>" + paragraph(run(OTHER)))
    )
    assert found.text == f"{TEXT}\n\t村\t亩\n一期\t柳湾\n河口\n{OTHER}"
    assert shown(found, found.tables) == ["\t村\t亩\n一期\t柳湾\n河口\n"]


def test_headers_footers_and_notes_stand_apart(tmp_path):
    header = f"<w:hdr {W}>{paragraph(run('柳湾镇人民政府文件'))}</w:hdr>"
    notes = (
        f'<w:footnotes {W}><w:footnote w:type="separator" w:id="0">{paragraph(run("横线"))}</w:footnote>'
        f'<w:footnote w:id="1">{paragraph(run("脚注一句。"))}</w:footnote></w:footnotes>'
    )
    found = only(
        tmp_path,
        docx(paragraph(run(TEXT)), word__header1=header, word__header2=header, word__footnotes=notes),
    )
    assert found.text == f"{TEXT}\n脚注一句。\n柳湾镇人民政府文件"
    assert [part.strip() for part in shown(found, found.furniture)] == ["柳湾镇人民政府文件"]


def test_properties_come_after_the_text(tmp_path):
    core = (
        '<c xmlns:d="http://purl.org/dc/elements/1.1/"><d:title>柳湾镇旱改水工作汇报</d:title>'
        "<d:creator>Administrator</d:creator><d:created>2019-04-01T08:00:00Z</d:created></c>"
    )
    app = "<p><Company>柳湾镇人民政府</Company></p>"
    bare = only(tmp_path, docx(paragraph(run(TEXT)), docProps__core=core, docProps__app=app))
    assert (bare.title, bare.issuer, bare.date) == ("柳湾镇旱改水工作汇报", "柳湾镇人民政府", "2019-04-01")
    signed = (
        paragraph(run("项目总结报告"))
        + paragraph(run(TEXT))
        + paragraph(run("河口乡人民政府"))
        + paragraph(run("2006年11月"))
    )
    told = only(tmp_path, docx(signed, docProps__core=core, docProps__app=app))
    assert (told.title, told.issuer, told.date) == ("项目总结报告", "河口乡人民政府", "2006-11")


def test_a_docx_is_told_by_its_content(tmp_path):
    assert only(tmp_path, docx(paragraph(run(TEXT))), "a.txt").text == TEXT


def test_python_docx_files_are_read(tmp_path):
    """A file of another program, with its own part names, styles and a table."""
    library = pytest.importorskip("docx")
    made = library.Document()
    made.add_heading("工作总结", 1)
    made.add_paragraph(TEXT)
    table = made.add_table(2, 2)
    for index, word in enumerate(("村", "亩", "柳湾", "300")):
        table.cell(index // 2, index % 2).text = word
    made.sections[0].header.paragraphs[0].text = "内部资料"
    made.save(tmp_path / "m.docx")
    (found,) = read([tmp_path / "m.docx"])
    assert found.text.startswith(f"工作总结\n{TEXT}\n村\t亩\n柳湾\t300\n")
    assert [part.strip() for part in shown(found, found.furniture)] == ["内部资料"]


BOMB = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


HOSTILE = {
    "entities": (zipped({"word/document.xml": f"{BOMB}<w:document {SPACES}>&b;</w:document>".encode()}), "damaged"),
    "truncated xml": (zipped({"word/document.xml": b"<w:document"}), "damaged"),
    "no document part": (zipped({"[Content_Types].xml": b"<Types/>", "word/styles.xml": b"<s/>"}), "damaged"),
    "slides": (zipped({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"}), "unsupported"),
    "cut short": (docx(paragraph(run(TEXT * 9)))[:-300], "damaged"),
    "no text": (docx(""), "empty"),
    "nested without end": (docx("<w:p>" * 3_000 + "</w:p>" * 3_000), "damaged"),
    "an image": (b"\xff\xd8\xff\xe0 no docx" + bytes(90), "unsupported"),
    "noise": (bytes(range(128, 256)) * 20, "damaged"),
    "locked": (ole({"EncryptedPackage": b"x", "EncryptionInfo": b"y"}), "unsupported"),
    "old slides": (ole({"PowerPoint Document": b"x"}), "unsupported"),
    "old and locked": (doc("正文", encrypted=True), "unsupported"),
    "old and cut short": (doc(TEXT)[:700], "damaged"),
}


@pytest.mark.parametrize(("data", "kind"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_office_files_are_one_line_with_a_reason(tmp_path, data, kind):
    row = only(tmp_path, data)
    assert isinstance(row, Skipped)
    assert row.kind == kind
    assert row.reason
    assert "\n" not in row.reason


def test_an_inflated_part_stops_at_the_ratio(tmp_path):
    body = docx(paragraph(run("水" * 30_000_000)))
    row = only(tmp_path, body)
    assert (row.kind, "bomb" in row.reason) == ("damaged", True)


def test_doc_gives_body_notes_and_furniture(tmp_path):
    """Pieces of single bytes and of two, fields, cells, hidden and deleted characters, headers, footnotes."""
    body = "总结\r" + TEXT + "看得见杂字删去了的话\r\x13 PAGE \x14 7\x15村\x07亩\x07\x07柳湾\x07300\x07\x07末段𠮷字\r"
    found = only(
        tmp_path,
        doc(
            body,
            footnotes="\x02脚注。\r",
            headers="柳湾镇文件\r柳湾镇文件\r",
            ansi="Plan 1\r",
            hidden="杂字",
            deleted="删去了",
        ),
        "a.doc",
    )
    assert found.text == (f"Plan 1\n总结\n{TEXT}看得见的话\n 7村\t亩\n柳湾\t300\n末段𠮷字\n脚注。\n柳湾镇文件")
    assert shown(found, found.furniture) == ["柳湾镇文件"]
    assert shown(found, found.tables) == [" 7村\t亩\n柳湾\t300\n"]
    assert found.flags == {"hidden": 2}
    assert only(tmp_path, doc(TEXT), "a.wps").text == TEXT
    assert only(tmp_path, doc(TEXT), "b.txt").text == TEXT


def test_a_doc_that_is_text_or_a_page_is_read_as_such(tmp_path):
    """Sites hand out HTML and text under the name .doc."""
    assert only(tmp_path, TEXT.encode("gb18030"), "a.doc").text == TEXT
    assert only(tmp_path, f"<html><body><p>{TEXT}</p></body></html>".encode(), "b.doc").text == TEXT + "\n"


@given(st.data())
@settings(max_examples=120, derandomize=True, deadline=None)
def test_a_damaged_doc_is_read_or_refused_and_nothing_else(tmp_path_factory, data):
    """Bytes changed anywhere in the header or the tables never raise, and never give text that is not there."""
    whole = bytearray(doc(TEXT, hidden="旱改水"))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.one_of(st.integers(512, 512 + 0x3FF), st.integers(512, len(whole) - 5)))
        struct.pack_into(
            "<I", whole, at, data.draw(st.sampled_from([0, 1, 0xFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x40000000]))
        )
    row = only(tmp_path_factory.mktemp("doc"), bytes(whole), "a.doc")
    assert isinstance(row, Skipped) or len(row.text) <= len(whole)


def test_what_needs_libreoffice_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    row = only(tmp_path, b"{\\rtf1\\ansi hello}", "a.rtf")
    assert row.kind == "unsupported"
    assert "LibreOffice" in row.reason


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed: the fallback is not tried")
def test_libreoffice_converts_what_is_not_read_here(tmp_path):
    row = only(tmp_path, b"{\\rtf1\\ansi\\u26611?\\u28286?}", "a.rtf")
    assert isinstance(row, Document)
    assert "村湾"[0] in row.text


def test_automatic_numbers_are_part_of_the_text(tmp_path):
    """Levels count anew under each number above, styles pass their list on, bullets are no text."""
    forms = (("chineseCounting", "%1、", 1), ("chineseCounting", "（%2）", 1), ("decimal", "%1.%3.", 3))
    levels = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>'
        f"{'<w:isLgl/>' if n == 2 else ''}</w:lvl>"
        for n, (form, text, start) in enumerate(forms)
    )
    bullets = '<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF06C;"/></w:lvl>'
    numbering = (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        f'<w:abstractNum w:abstractNumId="1">{bullets}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="3"><w:abstractNumId w:val="0"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num></w:numbering>'
    )
    styles = (
        f'<w:styles {W}><w:style w:styleId="H"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:styleId="I"><w:basedOn w:val="H"/></w:style>'
        '<w:style w:styleId="X"><w:basedOn w:val="X"/></w:style></w:styles>'
    )

    def item(text, number=None, level=0, style=None):
        named = f'<w:pStyle w:val="{style}"/>' if style else ""
        placed = (
            f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>' if number is not None else ""
        )
        return f"<w:p><w:pPr>{named}{placed}</w:pPr>{run(text) if text else ''}</w:p>"

    body = (
        item("基本情况", style="I")
        + item("水利", 1, 1)
        + item("渠道", 1, 2)
        + item("塘坝", 1, 2)
        + item("道路", 1, 1)
        + item("", 1)
        + item("主要问题", style="H")
        + item("水利", 1, 1)
        + item("点", 2)
        + item("不编号", 0, style="H")
        + item("另起", 3)
        + item("接着", 3)
        + item("绕圈的样式", style="X")
    )
    found = only(tmp_path, docx(body, word__numbering=numbering, word__styles=styles))
    assert found.text.split("\n") == [
        "一、基本情况",
        "（一）水利",
        "1.3. 渠道",
        "1.4. 塘坝",
        "（二）道路",
        "三、主要问题",
        "（一）水利",
        "点",
        "不编号",
        "一、另起",
        "二、接着",
        "绕圈的样式",
    ]


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (10, "chineseCounting", "十"),
        (12, "chineseCountingThousand", "十二"),
        (20, "japaneseCounting", "二十"),
        (35, "chineseCounting", "三十五"),
        (120, "chineseCounting", "120"),
        (3, "ideographTraditional", "丙"),
        (4, "decimalEnclosedCircleChinese", "④"),
        (2, "upperLetter", "B"),
        (14, "lowerRoman", "xiv"),
        (49, "upperRoman", "XLIX"),
        (7, "somethingElse", "7"),
    ],
)
def test_numbers_are_written_as_their_form_says(value, form, shown):
    from dedup.read.numbering import _number

    assert _number(value, form) == shown
