"""CSV, workbook and Markdown carry every figure of the result, and no program obeys what stands in them."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.params import LABELS
from dedup.report import sheets
from dedup.report.listing import visible
from dedup.report.markdown import to_markdown
from dedup.report.sheets import to_xlsx
from dedup.report.tables import NAMES, Table, tables, to_csv
from dedup.result import Result
from tests.results import HOSTILE_BLOCK, HOSTILE_NAME, large_result, sample_result


def _read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def _csv(result: Result) -> dict[str, list[dict[str, str]]]:
    return {table.name: _read(to_csv(table)) for table in tables(result)}


def test_tables_come_under_the_names_that_the_command_line_checks_for():
    assert tuple(table.name for table in tables(sample_result())) == NAMES
    for table in tables(sample_result()):
        assert all(len(row) == len(table.columns) for row in table.rows)


def test_csv_has_a_row_for_each_family_member_passage_document_and_skipped_source():
    result = sample_result()
    found = _csv(result)
    assert len(found["families"]) == len(result.clusters)
    assert len(found["members"]) == sum(len(cluster.members) for cluster in result.clusters)
    assert len(found["passages"]) == len(result.passages)
    assert len(found["documents"]) == len(result.documents)
    assert found["skipped"][0]["source"] == "reports/空.txt"
    assert found["skipped"][0]["kind"] == "empty"
    assert [int(row["count"]) for row in found["limits"]] == [3, 7]


def test_csv_offsets_cut_the_passage_out_of_the_text():
    result = sample_result()
    texts = {info.name: info.text for info in result.documents}
    for row in _csv(result)["members"]:
        name = row["source"] + (f"#{row['member']}" if row["member"] else "")
        text = texts.get(name.removeprefix("'"))
        if text is not None and row["source"] != HOSTILE_NAME:
            assert text[int(row["start"]) : int(row["end"])] == row["text"]


def test_csv_label_counts_of_a_document_sum_to_its_characters():
    for row in _csv(sample_result())["documents"]:
        assert sum(int(row[f"chars_{label}"]) for label in LABELS) == int(row["chars"])


def test_csv_opens_in_excel_as_utf8():
    assert all(to_csv(table).startswith(b"\xef\xbb\xbf") for table in tables(sample_result()))


_ACTIVE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "－2", "＋3", "＠A", "  =1", "\n=1")


@pytest.mark.parametrize("text", _ACTIVE)
def test_no_cell_of_a_csv_begins_a_formula(text):
    (row,) = _read(to_csv(Table("families", ("text",), [(text,)])))
    assert row["text"].startswith("'")


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=30), min_size=1, max_size=4))
def test_any_text_comes_back_out_of_a_csv_as_it_is_shown(texts):
    data = to_csv(Table("x", tuple("abcd"[: len(texts)]), [tuple(texts)])).decode("utf-8-sig")
    _, row = csv.reader(io.StringIO(data, newline=""))
    assert [cell.removeprefix("'") for cell in row] == [
        visible(text, breaks="\n").removeprefix("'") for text in texts
    ]


def test_numbers_in_a_csv_stay_numbers():
    (row,) = _read(to_csv(Table("x", ("a", "b", "c"), [(-1, 0.5, None)])))
    assert row == {"a": "-1", "b": "0.5", "c": ""}


def _workbook(result: Result, lang: str = "zh") -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(to_xlsx(result, lang=lang)))


@pytest.mark.filterwarnings("error")
def test_the_workbook_opens_and_has_the_tables_of_the_csv():
    result = sample_result()
    book = _workbook(result)
    assert book.sheetnames == ["说明", "家族", "成员", "相似片段", "报告", "未读取", "限制"]
    for table, sheet in zip(tables(result), book.worksheets[1:], strict=True):
        assert sheet.max_row == len(table.rows) + 1
        assert sheet.max_column == len(table.columns)
        assert sheet.freeze_panes == "A2"
        for row, cells in zip(table.rows, sheet.iter_rows(min_row=2, values_only=True), strict=True):
            for wanted, found in zip(row, cells, strict=True):
                if isinstance(wanted, (int, float)):
                    assert found == wanted
    assert "相似不等于抄袭" in book["说明"]["A6"].value


def test_no_cell_of_the_workbook_is_a_formula_and_hostile_text_stands_in_it():
    book = _workbook(sample_result(), "en")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert any(cell.value == HOSTILE_NAME for cell in cells)
    assert any(cell.value == visible(HOSTILE_BLOCK, breaks="\n") for cell in cells)


def test_the_workbook_shows_shares_in_percent_and_labels_in_words():
    sheet = _workbook(sample_result())["家族"]
    headings = [cell.value for cell in sheet[1]]
    row = dict(zip(headings, sheet[2], strict=True))
    assert row["类别"].value == "疑似抄袭"
    assert row["用词相同"].value == 0.9394 and row["用词相同"].number_format == "0.00%"


def test_equal_results_give_equal_workbooks():
    assert to_xlsx(sample_result()) == to_xlsx(sample_result())


def test_a_passage_too_long_for_a_cell_is_cut_and_the_cell_says_by_how_much():
    result = sample_result()
    info = replace(result.documents[0], text="长" * 40_000, chars=40_000)
    span = replace(result.clusters[0].members[0], start=0, end=40_000)
    cluster = replace(result.clusters[0], members=(span, result.clusters[0].members[1]))
    changed = replace(result, documents=(info, *result.documents[1:]), clusters=(cluster,))
    text = _workbook(changed)["家族"].cell(2, 13).value
    assert len(text) <= 32_767
    kept, left = len(text) - len(text.lstrip("长")), int(re.search(r"余 ([\d,]+) 字", text)[1].replace(",", ""))
    assert kept + left == 40_000


def test_a_table_too_long_for_a_sheet_goes_on_in_the_next(monkeypatch):
    monkeypatch.setattr(sheets, "ROWS", 3)
    result = sample_result()
    book = _workbook(result)
    assert [name for name in book.sheetnames if name.startswith("家族")] == ["家族", "家族 2", "家族 3"]
    ids = [
        row[0] for name in ("家族", "家族 2", "家族 3") for row in book[name].iter_rows(min_row=2, values_only=True)
    ]
    assert sorted(ids) == sorted(cluster.id for cluster in result.clusters)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.text(st.characters(), max_size=30))
def test_any_text_gives_a_workbook_of_well_formed_xml(text):
    result = sample_result()
    changed = replace(result, clusters=(replace(result.clusters[0], title=text),))
    with zipfile.ZipFile(io.BytesIO(to_xlsx(changed))) as archive:
        assert archive.testzip() is None
        root = ElementTree.fromstring(archive.read("xl/worksheets/sheet2.xml"))
    shown = {node.text or "" for node in root.iter("{http://schemas.openxmlformats.org/spreadsheetml/2006/main}t")}
    escaped = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", visible(text, breaks="\n"))
    assert not escaped or escaped in shown


def test_markdown_escapes_markup_html_and_links_of_the_documents():
    shown = to_markdown(sample_result())
    assert "\\<script\\>alert" in shown and not re.search(r"(?<!\\)[<>]", shown)
    assert "\x1b" not in shown
    assert "[bold red]" not in shown
    assert all(line.count(" | ") == 10 for line in shown.splitlines() if "alert(1)" in line and line.count("|") > 8)


def test_markdown_tables_have_one_row_a_member_and_equal_columns():
    result = sample_result()
    body = to_markdown(result).split("## 各报告构成")[0]
    rows = [line for line in body.splitlines() if line.startswith("| ") and not line.startswith("| 报告 |")]
    assert len(rows) == sum(len(cluster.members) for cluster in result.clusters)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7}


def test_markdown_counts_what_it_leaves_out():
    shown = to_markdown(large_result(205), lang="en")
    assert "5 more families are not shown" in shown
    assert "not shown" not in to_markdown(large_result(205), lang="en", everything=True)
