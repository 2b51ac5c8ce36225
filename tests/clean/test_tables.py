"""Parquet: which column is cut, what an edit does to it, and when two tables are the same."""

from __future__ import annotations

import io
from typing import Any

import pytest

from dedup.clean.parquet import Table
from dedup.clean.places import CannotCut

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
    assert opened({"n": [1, 2, 3, 4, 5, 6], "text": column}).find(["甲", "乙"]) == ("text", [1, 3])
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
