"""Records: one a document, named by id or row; a bad one costs itself and nothing else."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.read import ReadOptions, read
from dedup.read.blob import Blob
from dedup.result import Document, Skipped

TEXT = "青杨乡组织四十名护林员分片巡查，雨季前补栽杉木苗一万二千株，成活率由各组自查、乡里抽查。"


def rows_of(path, **options):
    rows = list(read([path], ReadOptions(**options)))
    return [row for row in rows if isinstance(row, Document)], [row for row in rows if isinstance(row, Skipped)]


def lines(*records) -> str:
    return "".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in records)


def test_jsonl_members_are_ids_else_row_numbers_and_columns_become_metadata(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(
        lines(
            {
                "id": "甲",
                "text": TEXT,
                "issuer": "青杨乡人民政府",
                "date": "2021/3/5",
                "county": "临河",
                "tags": ["水"],
            },
            {"text": TEXT + "\r\n完"},
            {"id": 7, "text": TEXT, "date": "去年"},
        ),
        encoding="utf-8",
    )
    found, skipped = rows_of(path)
    assert [row.member for row in found] == ["甲", "2", "7"]
    assert (found[0].issuer, found[0].date) == ("青杨乡人民政府", "2021-03-05")
    assert found[0].meta == {"county": "临河", "tags": '["水"]'}
    assert found[1].text == TEXT + "\r\n完"
    assert (found[2].date, found[2].meta) == (None, {"date": "去年"})
    assert skipped == []
    assert {row.source for row in found} == {path.as_posix()}


def test_a_bad_record_is_one_line_and_the_rest_is_read(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(
        lines(
            {"text": TEXT},
            '{"text": ',
            "[1]",
            {"text": 5},
            {"body": TEXT},
            "[" * 50_000,
            "",
            {"text": ""},
            {"text": TEXT},
        ),
        encoding="utf-8",
    )
    found, skipped = rows_of(path)
    assert [row.member for row in found] == ["1", "9"]
    assert [(row.member, row.kind) for row in skipped] == [
        ("2", "record"),
        ("3", "record"),
        ("4", "record"),
        ("5", "record"),
        ("6", "record"),
        ("8", "empty"),
    ]


def test_a_line_over_the_bound_is_passed_over_in_bounded_memory(tmp_path):
    """The lines before and after are read, wherever the long one meets the borders of chunks."""
    for size in (70_000, 1 << 20, (1 << 20) + 65_536, 3_000_000):
        path = tmp_path / f"{size}.jsonl"
        path.write_text(lines({"text": TEXT}, "x" * size, {"text": TEXT}, {"text": TEXT}), encoding="utf-8")
        found, skipped = rows_of(path, max_line=60_000)
        assert [row.member for row in found] == ["1", "3", "4"]
        assert [(row.member, row.kind) for row in skipped] == [("2", "record")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16-le", "utf-16-be"])
def test_records_are_read_in_any_encoding(tmp_path, encoding):
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines(*({"id": n, "text": f"{n}：{TEXT}"} for n in range(50))).encode(encoding))
    found, skipped = rows_of(path)
    assert [row.text for row in found] == [f"{n}：{TEXT}" for n in range(50)]
    assert skipped == []


@pytest.mark.parametrize("encoding", ["utf-16", "UTF-16LE", "utf_16_be", "utf-32", "utf-32-le", "UTF-8", "GBK"])
def test_an_encoding_is_known_by_any_of_its_names(tmp_path, encoding):
    """Where a character is two bytes or four, a byte of it may be that of a line feed: 上 has one."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines(*({"id": n, "text": f"{n}上：{TEXT}"} for n in range(50))).encode(encoding))
    found, skipped = rows_of(path, encoding=encoding)
    assert [row.text for row in found] == [f"{n}上：{TEXT}" for n in range(50)]
    assert skipped == []


def test_one_bad_byte_costs_one_character(tmp_path):
    data = bytearray(lines(*({"id": n, "text": TEXT} for n in range(5))).encode())
    data[data.index("护".encode())] = 0xFF
    path = tmp_path / "a.jsonl"
    path.write_bytes(bytes(data))
    found, _ = rows_of(path)
    assert [row.flags.get("replaced", 0) > 0 for row in found] == [True, False, False, False, False]


def test_a_large_file_is_streamed(tmp_path):
    """Records on the borders of chunks come whole; the bound for whole files does not apply."""
    path = tmp_path / "a.jsonl"
    path.write_text(lines(*({"id": n, "text": f"{n} {TEXT * (n % 60)}"} for n in range(1_500))), encoding="utf-8")
    found, skipped = rows_of(path, max_bytes=1 << 20)
    assert path.stat().st_size > 5 << 20
    assert [row.text for row in found] == [f"{n} {TEXT * (n % 60)}" for n in range(1_500)]
    assert skipped == []


@pytest.mark.parametrize(("delimiter", "suffix"), [(",", "csv"), ("\t", "tsv"), (";", "csv")])
def test_csv_keeps_line_ends_in_quotes(tmp_path, delimiter, suffix):
    path = tmp_path / f"a.{suffix}"
    text = TEXT + "\r\n第二段，带“引号”\n第三段"
    path.write_bytes(
        (
            delimiter.join(("id", "正文", "单位")) + "\r\n" + delimiter.join(("x1", f'"{text}"', "水利站")) + "\r\n"
        ).encode("gb18030")
    )
    (found,), skipped = rows_of(path, text_column="正文")
    assert (found.member, found.text, found.issuer, found.encoding) == ("x1", text, "水利站", "gb18030")
    assert skipped == []


def test_a_missing_column_names_those_that_are_there(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("编号,正文\n1,内容\n", encoding="utf-8")
    found, (row,) = rows_of(path)
    assert found == []
    assert "编号, 正文" in row.reason


def test_a_cell_longer_than_the_csv_modules_own_limit_is_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"id,text\n1,{TEXT * 5_000}\n", encoding="utf-8")
    (found,), _ = rows_of(path)
    assert found.text == TEXT * 5_000


def test_workbooks_give_a_document_a_row(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "一月"
    book.active.append(["id", "text", "日期"])
    book.active.append([7, TEXT, "2020年3月"])
    book.active.append([None, TEXT, None])
    other = book.create_sheet("二月")
    other.append(["text"])
    other.append([TEXT])
    path = tmp_path / "named.txt"  # what it is decides, not what it is called
    book.save(path)
    found, skipped = rows_of(path)
    assert [row.member for row in found] == ["一月/7", "一月/2", "二月/1"]
    assert found[0].date == "2020-03"
    assert skipped == []


def test_parquet_gives_a_document_a_row(tmp_path):
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is an extra")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    parquet.write_table(arrow.table({"id": ["a", "b"], "text": [TEXT, None], "date": ["2019-01", "2019-02"]}), path)
    (found,), (row,) = rows_of(path)
    assert (found.member, found.text, found.date) == ("a", TEXT, "2019-01")
    assert (row.member, row.kind) == ("b", "record")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1" + b"\0" * 40)
    assert rows_of(tmp_path / "broken.parquet")[1][0].kind == "damaged"


def test_json_is_a_list_of_records_or_one_record_a_line(tmp_path):
    """Both are found under this suffix."""
    for name, content in (
        ("list.json", json.dumps([{"id": "a", "text": TEXT}, 5, {"text": TEXT}], indent=1)),
        ("lines.json", lines({"id": "a", "text": TEXT}, "5", {"text": TEXT})),
    ):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        found, skipped = rows_of(path)
        assert [row.member for row in found] == ["a", "3"]
        assert [row.member for row in skipped] == ["2"]


@pytest.mark.parametrize(("name", "content"), [("a.jsonl", "\n\n"), ("a.csv", "id,text\n"), ("a.json", "[]")])
def test_a_table_without_records_is_said(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert [row.kind for row in rows_of(path)[1]] == ["empty"]


def test_a_sheet_with_cells_in_opposite_corners_is_refused(tmp_path):
    """Laid out as a rectangle it would take 400 GB; the reader of workbooks would end the process."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active["A1"] = "text"
    book.active["XFD1048576"] = TEXT
    path = tmp_path / "a.xlsx"
    book.save(path)
    found, (row,) = rows_of(path)
    assert (found, row.kind, "17,179,869,184 cells" in row.reason) == ([], "damaged", True)


def test_a_wrong_column_name_is_told_once_and_not_a_million_times(tmp_path):
    """A file whose first hundred records are all bad is one line; with a good one among them each is named."""
    path = tmp_path / "a.jsonl"
    path.write_text(lines(*({"id": n, "body": TEXT} for n in range(300))), encoding="utf-8")
    found, (row,) = rows_of(path)
    assert (found, row.kind, row.member) == ([], "damaged", None)
    assert "its columns: id, body" in row.reason
    path.write_text(
        lines(*({"body": TEXT} for _ in range(99)), {"text": TEXT}, *({"body": TEXT} for _ in range(300)))
    )
    found, skipped = rows_of(path)
    assert (len(found), len(skipped)) == (1, 399)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(0, 30), max_size=12),
    st.booleans(),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(5, 40),
)
def test_lines_are_whole_however_the_file_is_read(lengths, ended, head, size, bound):
    """Every line within the bound comes once, in its order; one over it by more than a piece is told as such."""
    rows = [bytes([97 + number % 26]) * length for number, length in enumerate(lengths)]
    data = b"\n".join(rows) + (b"\n" if ended and rows else b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dedup.read.blob._BLOCK", size)
        blocks = list(Blob("a", None, "a.jsonl", data[:head], io.BytesIO(data[head:])).blocks(bound))
    found = [line for block in blocks for line in ([None] if block is None else block.split(b"\n"))]
    over = bound + max(head, size)
    wanted = [[row] if len(row) <= bound else [None] if len(row) > over else [row, None] for row in rows]
    found = [line for line in found if line != b""]  # a blank line is no record
    wanted = [choice for choice in wanted if choice != [b""]]
    assert len(found) == len(wanted)
    assert all(line in choice for line, choice in zip(found, wanted, strict=True))
