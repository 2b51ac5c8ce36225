"""PDF: reading order, running lines as furniture, paragraphs that go on over the page, what cannot be read."""

from __future__ import annotations

import io
import re

import pytest

from dedup.read import ReadOptions, read
from dedup.read.layout import Cell, Page, laid_out
from dedup.result import Document, Skipped

pdfmetrics = pytest.importorskip("reportlab.pdfbase.pdfmetrics")
from reportlab.lib.pagesizes import A4  # noqa: E402
from reportlab.lib.styles import ParagraphStyle  # noqa: E402
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: E402
from reportlab.pdfgen.canvas import Canvas  # noqa: E402
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Table  # noqa: E402

FONT = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(FONT))
STYLE = ParagraphStyle("body", fontName=FONT, fontSize=12, leading=20, firstLineIndent=24, wordWrap="CJK")
HEAD = ParagraphStyle("head", parent=STYLE, fontSize=18, leading=30, firstLineIndent=0, alignment=1)
SENTENCES = (
    "梨树沟乡入冬前对十一座小水库逐座放水检查。",
    "坝坡有獾洞的三座当月回填夯实。",
    "溢洪道里的杂树全部清走，闸门丝杆上了新油。",
    "值守人员由原来的兼职改为专人，每月补贴列入乡财政。",
    "汛期前还要把报警喇叭接到下游四个村。",
)
PARAGRAPHS = ["".join(SENTENCES[(start + step) % 5] for step in range(3 + start % 4)) for start in range(16)]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def made(flowables, *, columns: int = 1, header: str | None = "梨树沟乡水库检查情况", **settings) -> bytes:
    """Return a PDF with a running header, a page number, and one or two columns."""
    buffer = io.BytesIO()
    report = BaseDocTemplate(buffer, pagesize=A4, **settings)
    frames = {1: [Frame(72, 60, 450, 720)], 2: [Frame(50, 60, 240, 720), Frame(305, 60, 240, 720)]}[columns]

    def running(canvas: Canvas, _: object) -> None:
        canvas.setFont(FONT, 9)
        if header:
            canvas.drawCentredString(297, 805, header)
            canvas.drawCentredString(297, 30, f"第 {canvas.getPageNumber()} 页")

    report.addPageTemplates(PageTemplate(frames=frames, onPage=running))
    report.build(flowables)
    return buffer.getvalue()


def only(tmp_path, data: bytes, **options) -> Document | Skipped:
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    (row,) = read([path], ReadOptions(**options))
    return row


def shown(document: Document, ranges) -> list[str]:
    return [document.text[start:end] for start, end in ranges]


def without_furniture(document: Document) -> str:
    text = document.text
    for start, end in reversed(document.furniture):
        text = text[:start] + text[end:]
    return text


@pytest.mark.parametrize("columns", [1, 2])
def test_a_paragraph_split_by_a_running_header_comes_back_whole(tmp_path, columns):
    """Without the furniture ranges the text is the paragraphs one after the other, in columns as in lines."""
    found = only(tmp_path, made([Paragraph(text, STYLE) for text in PARAGRAPHS * 3], columns=columns))
    assert squeezed(without_furniture(found)) == "".join(PARAGRAPHS * 3)
    pages = len(found.pages)
    assert pages >= 3
    between = shown(found, found.furniture)[1:-1]
    assert [squeezed(text) for text in between] == [f"第{page}页梨树沟乡水库检查情况" for page in range(1, pages)]


def test_pages_begin_where_they_begin(tmp_path):
    found = only(tmp_path, made([Paragraph(text, STYLE) for text in PARAGRAPHS * 3]))
    assert found.pages[0] == 0
    assert all(found.text[start:].startswith("梨树沟乡水库检查情况\n") for start in found.pages)


def test_first_lines_are_indented_and_titles_are_titles(tmp_path):
    """The page shows by an indent where a paragraph begins; the text keeps it. The running header is no title."""
    found = only(
        tmp_path, made([Paragraph("二〇二一年水库检查总结", HEAD), *(Paragraph(text, STYLE) for text in PARAGRAPHS)])
    )
    starts = [line[:10] for line in found.text.split("\n") if line.startswith("　　")]
    assert starts == ["　　" + text[:8] for text in PARAGRAPHS]
    assert found.title == "二〇二一年水库检查总结"


def test_a_table_keeps_its_rows_and_is_no_pair_of_columns(tmp_path):
    # Cells of more than one character: without a Chinese font on the system PDFium takes a lone one for empty.
    cells = [["水库", "坝高（米）", "问题"], *([f"第{n}库", f"{n}十", "已修"] for n in "一二三四五六七八")]
    table = Table(cells, style=[("FONT", (0, 0), (-1, -1), FONT, 12)], colWidths=[120, 120, 120])
    found = only(tmp_path, made([Paragraph(PARAGRAPHS[0], STYLE), table, Paragraph(PARAGRAPHS[1], STYLE)]))
    assert shown(found, found.tables) == ["".join("\t".join(row) + "\n" for row in cells)]


def test_properties_date_a_pdf_only_where_the_text_does_not(tmp_path):
    signed = only(
        tmp_path,
        made([Paragraph(PARAGRAPHS[0], STYLE), Paragraph("2006年11月3日", STYLE)], author="梨树沟乡人民政府"),
    )
    assert (signed.issuer, signed.date) == ("梨树沟乡人民政府", "2006-11-03")


def test_what_cannot_be_read_is_one_line(tmp_path):
    """A password, no text layer, cut short, too many pages, no PDF at all."""
    pages = [Paragraph(text, STYLE) for text in PARAGRAPHS * 3]
    whole = made(pages)
    blank = io.BytesIO()
    canvas = Canvas(blank)
    for _ in range(2):
        canvas.rect(50, 50, 300, 300, fill=1)
        canvas.showPage()
    canvas.save()
    for data, kind, word, options in (
        (made(pages, encrypt="geheim"), "unsupported", "password", {}),
        (blank.getvalue(), "unsupported", "text layer", {}),
        (whole[:200], "damaged", "broken", {}),
        (b"%PDF-1.7\n" + bytes(range(256)) * 9, "damaged", "broken", {}),
        (whole, "damaged", "pages", {"max_pages": 2}),
        (bytes(range(128, 256)) * 9, "damaged", ".pdf", {}),
    ):
        row = only(tmp_path, data, **options)
        assert (row.kind, word in row.reason) == (kind, True), row.reason


def test_a_pdf_cut_short_is_read_as_far_as_it_goes_or_refused(tmp_path):
    whole = made([Paragraph(text, STYLE) for text in PARAGRAPHS])
    for length in range(300, len(whole), len(whole) // 12):
        row = only(tmp_path, whole[:length])
        assert isinstance(row, Skipped) or set(squeezed(row.text)) <= set(
            "".join(PARAGRAPHS) + "梨树沟乡水库检查情况第页0123456789�"
        )


def test_characters_beyond_the_page_are_left_out_and_counted(tmp_path):
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    canvas.setFont(FONT, 12)
    canvas.drawString(72, 700, PARAGRAPHS[0][:30])
    canvas.drawString(5_000, 700, "看不见")
    canvas.save()
    found = only(tmp_path, buffer.getvalue())
    assert squeezed(found.text) == PARAGRAPHS[0][:30]
    assert found.flags == {"hidden": 3}


def line(text: str, left: float, y: float, width: float) -> Cell:
    return Cell(text, left, y, left + width, y + 12)


def test_lines_across_two_columns_divide_them(tmp_path):
    """A heading across the page is read after the columns above it and before those below."""
    cells = [line("大标题", 50, 760, 500)]
    for block, y in (("上", 700), ("下", 400)):
        cells += [line(f"{block}左{n}", 50, y - 20 * n, 240) for n in range(6)]
        cells += [line(f"{block}右{n}", 310, y - 20 * n, 240) for n in range(6)]
    cells.append(line("中间的横题", 50, 500, 500))
    text = laid_out([Page.of(reversed(cells), 800)]).text
    order = [word for word in text.split("\n") if word]
    sides = [[f"{block}{side}{n}" for n in range(6)] for block in "上下" for side in "左右"]
    assert order == ["大标题", *sides[0], *sides[1], "中间的横题", *sides[2], *sides[3]]


def test_left_and_right_pages_may_bear_different_headers():
    pages = [
        Page.of(
            [line(("单页" if n % 2 else "双页") + "书眉", 50, 780, 200), line(f"正文{n}甲乙丙", 50, 600, 300)],
            800,
        )
        for n in range(6)
    ]
    laid = laid_out(pages)
    assert [laid.text[start:end].strip() for start, end in laid.furniture] == ["双页书眉", "单页书眉"] * 3


def test_pages_that_begin_with_the_same_line_of_body_have_no_header():
    """A report that stands twice in one file begins both times alike."""
    pages = [
        Page.of([line(f"{word}同样的一行", 50, 780 - 20 * n, 400) for n, word in enumerate("甲乙丙丁")], 800)
    ] * 3
    assert laid_out(pages).furniture == ()


def test_a_body_line_that_stands_at_the_edge_of_one_page_is_no_furniture():
    pages = [Page.of([line(f"第一行{word}", 50, 780, 200), line(word * 8, 50, 600, 300)], 800) for word in "甲乙丙"]
    assert laid_out(pages).furniture == ()


@pytest.mark.parametrize("number", ["3", "- 3 -", "— 12 —", "第 3 页", "第3页 共10页", "3/10", "第三页", "iv", "·5·"])
def test_page_numbers_are_furniture(number):
    page = Page.of([line("正文一行，写得不短。", 50, 600, 300), line(number, 290, 30, 20)], 800)
    laid = laid_out([page])
    assert [laid.text[start:end] for start, end in laid.furniture] == [number + "\n"]
