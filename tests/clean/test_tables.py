"""Parquet: which column is cut, what an edit does to it, and when two tables are the same."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from dedup.clean import CleanPolicy, clean, restore
from dedup.clean.edits import Disagree, Edit
from dedup.clean.parquet import MARK_CELL, ROW_CELL, Table
from dedup.clean.places import CannotCut
from dedup.read import read
from dedup.result import Document
from tests.clean.hand import found, result_of

arrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def stored(table: Any, **settings: Any) -> bytes:
    """Return a table as a file."""
    sink = io.BytesIO()
    parquet.write_table(table, sink, **settings)
    return sink.getvalue()


def opened(columns: Any, **settings: Any) -> Table:
    """Return a table of columns that was stored and opened."""
    table = columns if isinstance(columns, arrow.Table) else arrow.table(columns)
    return Table(stored(table, **settings))


def test_of_columns_that_hold_the_same_texts_the_one_that_was_read_is_cut():
    """That is `text`; of others the first."""
    texts = ["檐口的瓦", "正脊的瓦"]
    for names, wanted in ((["raw", "text"], "text"), (["text", "raw"], "text"), (["raw", "content"], "raw")):
        assert opened(dict.fromkeys(names, texts)).find(texts) == (wanted, [0, 1])


def test_texts_stand_in_order_and_rows_between_them_are_passed_over():
    """Nulls, other texts, rows behind the last; numbers are no texts, nor is a column that holds one text of two."""
    column = [None, "甲", "别的", "乙", "甲", None]
    for name in ("text", "body"):
        assert opened({"n": [1, 2, 3, 4, 5, 6], name: column}).find(["甲", "乙"]) == (name, [1, 3])
    assert opened({"text": arrow.array(column, arrow.large_string())}).find(["乙", "甲"]) == ("text", [3, 4])
    for texts in (["乙", "乙"], ["丙"]):
        with pytest.raises(CannotCut, match="in no column of strings"):
            opened({"text": column}).find(texts)


def test_columns_of_one_name_are_passed_over():
    """They cannot be told apart: the text of another column is found, theirs is not."""
    columns = [arrow.array(["甲"]), arrow.array(["乙"]), arrow.array(["丙"])]
    table = opened(arrow.Table.from_arrays(columns, names=["twice", "twice", "text"]))
    assert table.find(["丙"]) == ("text", [0])
    with pytest.raises(CannotCut):
        table.find(["甲"])


def edits_of(table: Table, *rows: int) -> list[Edit]:
    """Return the edits that take whole rows away."""
    return [Edit(row, table.row(row), cell=ROW_CELL) for row in rows]


def cut(row: int, cell: int, text: str) -> Edit:
    return Edit(row, text.encode(), cell=cell)


COLUMNS = {"text": ["一甲二甲三", "甲", None, "四甲"], "n": [1, 2, 3, 4]}


@pytest.mark.parametrize("first", [[], [1], [0], [3], [0, 1], [1, 2, 3], [0, 1, 2, 3]])
def test_what_is_cut_comes_back(first: list[int]) -> None:
    """Rows that go, cells of rows before and behind them, cells of rows that go too; at the ends of a text."""
    table = opened(COLUMNS)
    before = table.digest()
    edits = sorted(
        [*edits_of(table, *first), cut(0, 1, "甲"), cut(0, 3, "甲"), cut(1, 0, "甲"), cut(3, 1, "甲")],
        key=lambda edit: edit.at,
    )
    table.apply("text", edits)
    left = [(text, n) for text, n in zip(["一二三", "", None, "四"], [1, 2, 3, 4], strict=True) if n - 1 not in first]
    assert [tuple(row.values()) for row in table.table.to_pylist()] == left
    table = Table(table.dump())
    table.undo("text", edits)
    assert table.digest() == before
    assert table.table.to_pydict() == COLUMNS


def test_a_cut_of_another_text_is_refused():
    for edit in (cut(0, 0, "甲"), cut(1, 1, "甲"), cut(2, 0, "甲"), cut(3, 1, "乙")):
        with pytest.raises(Disagree):
            opened(COLUMNS).apply("text", [edit])


@pytest.mark.parametrize(
    ("at", "cell", "fits"), [(1, 1, True), (1, 2, False), (2, 0, False), (3, 2, True), (4, 0, False)]
)
def test_what_does_not_fit_is_not_put_back(at: int, cell: int, fits: bool) -> None:
    """At the end of a text it fits, a character behind it, for a null and behind the last row it does not."""
    table = opened(COLUMNS)
    if fits:
        table.undo("text", [cut(at, cell, "乙")])
        assert table.text("text", at) == COLUMNS["text"][at] + "乙"
    else:
        with pytest.raises(Disagree):
            table.undo("text", [cut(at, cell, "乙")])


def test_the_marks_of_edits_are_those_of_stored_audits():
    assert (ROW_CELL, MARK_CELL) == (-1, -2)


def test_an_edit_that_is_no_cut_touches_no_text():
    for cell in (MARK_CELL, None):
        table = opened(COLUMNS)
        table.apply("text", [Edit(1, put=b"[]", cell=cell)])
        assert table.table.to_pydict() == COLUMNS
        table.undo("text", [Edit(1, put=b"[]", cell=cell)])
        assert table.table.to_pydict() == COLUMNS


def test_a_column_is_added_and_dropped():
    """Rows without a value get null."""
    table = opened(COLUMNS)
    table.add("spans", {1: "[]", 3: "[1]"})
    assert table.table.column("spans").to_pylist() == [None, "[]", None, "[1]"]
    table.drop("spans")
    assert table.table.to_pydict() == COLUMNS


@pytest.mark.parametrize(
    ("given", "kept"),
    [(name, name.upper()) for name in ("snappy", "gzip", "zstd", "brotli", "lz4")] + [("none", "UNCOMPRESSED")],
)
def test_a_table_is_compressed_as_it_was(given: str, kept: str) -> None:
    """Told by its first column; of a table without any row or column too."""
    for columns in ({"text": ["甲"]}, {"text": ["甲"], "n": [1]}):
        table = opened(columns, compression=given)
        info = parquet.ParquetFile(io.BytesIO(table.dump())).metadata
        assert {info.row_group(0).column(place).compression for place in range(len(columns))} == {kept}
    mixed = opened({"text": ["甲"], "n": [1]}, compression={"text": given, "n": "gzip"})
    assert parquet.ParquetFile(io.BytesIO(mixed.dump())).metadata.row_group(0).column(1).compression == kept
    for empty in (arrow.table({"text": arrow.array([], arrow.string())}), arrow.table({"n": [1, 2]}).select([])):
        assert Table(opened(empty, compression=given).dump()).table.schema.equals(empty.schema)


def test_a_table_that_was_never_written_in_groups_is_opened():
    """A file without row groups: its columns are known, its compression is not."""
    sink = io.BytesIO()
    parquet.ParquetWriter(sink, arrow.schema([("text", arrow.string())])).close()
    assert Table(sink.getvalue()).table.column_names == ["text"]
    assert Table(Table(sink.getvalue()).dump()).table.num_rows == 0


def test_the_digest_is_of_schema_and_values():
    """However rows are chunked and stored; another value, type, name or comment makes another one, late or early."""
    rows = [f"第{row}根椽子" for row in range(3000)]
    one = arrow.table({"text": rows, "n": list(range(3000))})
    digest = opened(one).digest()
    assert digest == opened(one, row_group_size=700, compression="none").digest()
    assert digest == opened(arrow.concat_tables([one.slice(0, 5), one.slice(5)])).digest()
    comment = "x" * 500
    others = [
        one.set_column(0, "text", arrow.array([*rows[:-1], "别的"])),
        one.set_column(0, "text", arrow.array([None, *rows[1:]])),
        one.cast(arrow.schema([("text", arrow.string()), ("n", arrow.int32())])),
        one.rename_columns(["text", "m"]),
        one.replace_schema_metadata({"made": comment + "x"}),
        one.replace_schema_metadata({"made": comment + "y"}),
        one.take(list(reversed(range(3000)))),
    ]
    assert len({digest, *(opened(other).digest() for other in others)}) == len(others) + 1


def naive_digest(schema: str, rows: list[dict[str, Any]]) -> str:
    """Return the SHA-256 of what Python shows of a schema and of lists of 1024 rows."""
    shown = [repr(rows[start : start + 1024]) for start in range(0, len(rows), 1024)]
    return hashlib.sha256("".join([schema, *shown]).encode()).hexdigest()


def test_the_digest_is_the_one_of_stored_audits():
    """More rows than are shown at a time: an audit of long ago must be undone."""
    rows = [{"text": f"椽{row}", "x": row / 4} for row in range(1030)]
    kinds = [
        arrow.field("text", arrow.string(), nullable=False, metadata={"of": "a", "in": "b"}),
        ("x", arrow.float64()),
    ]
    table = opened(arrow.Table.from_pylist(rows, arrow.schema(kinds, {"made": "hand"})))
    fields = "[('text', 'string', False, [(b'in', b'b'), (b'of', b'a')]), ('x', 'double', True, [])]"
    assert table.digest() == naive_digest(f"({fields}, [(b'made', b'hand')])", rows)


def test_the_digest_of_times_does_not_depend_on_how_python_shows_them():
    """Nanoseconds that only pandas can show, zones, and years that no date of Python reaches; within others too."""
    kinds = {
        "ns": arrow.timestamp("ns"),
        "zone": arrow.timestamp("us", tz="Asia/Shanghai"),
        "far": arrow.timestamp("ms"),
        "span": arrow.duration("ns"),
        "time": arrow.time64("ns"),
        "clock": arrow.time32("ms"),
        "day": arrow.date32(),
        "list": arrow.list_(arrow.timestamp("ns")),
        "struct": arrow.struct([("at", arrow.timestamp("ns")), ("n", arrow.int8())]),
    }
    values: dict[str, Any] = {name: [1, None] for name in kinds} | {"far": [2**60, None], "list": [[1, None], None]}
    values["struct"] = [{"at": 1, "n": 1}, None]
    plain = {name: arrow.int32() if name in ("clock", "day") else arrow.int64() for name in kinds}
    plain["list"] = arrow.list_(arrow.int64())
    plain["struct"] = arrow.struct([("at", arrow.int64()), ("n", arrow.int8())])
    columns = {name: arrow.array(values[name], plain[name]).cast(kind) for name, kind in kinds.items()}
    table = opened(columns)
    rows = [{name: values[name][row] for name in kinds} for row in range(2)]
    fields = [(field.name, str(field.type), True, []) for field in table.table.schema]
    assert table.digest() == naive_digest(repr((fields, [])), rows)
    assert len({opened({name: column}).digest() for name, column in columns.items()}) == len(columns)


def broken_text(rows: int, bad: int) -> Any:
    """Return a column of texts of one byte, one of which is no UTF-8."""
    data = bytearray(b"a" * rows)
    data[bad] = 0xFF
    offsets = arrow.array(range(rows + 1), arrow.int32()).buffers()[1]
    return arrow.Array.from_buffers(arrow.string(), rows, [None, offsets, arrow.py_buffer(bytes(data))])


def test_what_is_no_table_disagrees():
    """No parquet, one cut short, one whose text is no text."""
    whole = stored(arrow.table(COLUMNS))
    for data in (b"", b"PAR1 is how this text begins", whole[:-9], whole[9:]):
        with pytest.raises(Disagree):
            Table(data)
    with pytest.raises(Disagree):
        opened({"text": broken_text(3, 2)}).digest()


def test_a_marked_table_has_the_spans_of_each_row(tmp_path: Path) -> None:
    """An empty list where nothing would go, null where a row is no document; without the column it is what it was."""
    line, own = "檐口下接一道竹笕，雨水引到院角的石缸里。", "石缸每年立夏前淘一次。"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(line, encoding="utf-8")
    table = arrow.table({"text": [f"{own}\n{line}", None, own]})
    (tmp_path / "in" / "t.parquet").write_bytes(stored(table))
    documents = [row for row in read([tmp_path / "in"]) if isinstance(row, Document)]
    result = result_of(documents, [found(documents, line)])
    clean(result, documents, CleanPolicy(), tmp_path / "out", base=tmp_path / "in", mark_field="spans")
    marked = parquet.read_table(tmp_path / "out" / "t.parquet")
    first, none, last = marked.column("spans").to_pylist()
    ((start, end),) = [(span["start"], span["end"]) for span in json.loads(first)]
    assert (start, end) == (len(own) + 1, len(own) + 1 + len(line))
    assert (none, last) == (None, "[]")
    assert marked.drop_columns(["spans"]).equals(table)
    restore(tmp_path / "out", tmp_path / "back")
    assert parquet.read_table(tmp_path / "back" / "t.parquet").equals(table)
