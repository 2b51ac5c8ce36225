"""Parquet: texts in a column of a table. Kept and restored is the table, value for value, not the file's bytes.

Row groups, encodings and statistics are the writer's own and cannot be promised; the schema with its metadata, the
order of rows and every value can.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

from dedup._optional import require
from dedup.clean.edits import Disagree, Edit
from dedup.clean.places import CannotCut

ROW_CELL = -1
"""`Edit.cell` of an edit that takes a whole row."""

MARK_CELL = -2
"""`Edit.cell` of an edit that fills a row of the column of spans."""


class Table:
    """A parquet file in memory.

    Parameters
    ----------
    content : bytes
        The file.

    Raises
    ------
    Disagree
        If it is broken.
    """

    def __init__(self, content: bytes) -> None:
        arrow = require("pyarrow", "parquet", "cleaning .parquet")
        parquet = require("pyarrow.parquet", "parquet", "cleaning .parquet")
        try:
            file = parquet.ParquetFile(io.BytesIO(content))
            self.table: Any = file.read()
        except (arrow.ArrowException, OSError) as error:
            raise Disagree from error
        info = file.metadata
        self._compression = "snappy"
        if info.num_row_groups and info.row_group(0).num_columns:
            self._compression = info.row_group(0).column(0).compression.lower()
        if self._compression == "uncompressed":
            self._compression = "none"

    def find(self, texts: Sequence[str]) -> tuple[str, list[int]]:
        """Return the column and the rows in which these texts stand in order.

        Of columns that hold the same it is ``text``, which the reader reads unless told otherwise, or the first. One
        of two that bear the same name cannot be named, and is none.

        Raises
        ------
        CannotCut
            If no column holds them.
        """
        arrow = require("pyarrow", "parquet", "cleaning .parquet")
        names = self.table.column_names
        for field in sorted(self.table.schema, key=lambda one: str(one.name) != "text"):
            strings = arrow.types.is_string(field.type) or arrow.types.is_large_string(field.type)
            if not strings or names.count(field.name) > 1:
                continue
            rows: list[int] = []
            for row, value in enumerate(self.table.column(field.name).to_pylist()):
                if len(rows) < len(texts) and value == texts[len(rows)]:
                    rows.append(row)
            if len(rows) == len(texts):
                return field.name, rows
        raise CannotCut("its texts are in no column of strings")

    def text(self, column: str, row: int) -> str:
        """Return one text; empty for null."""
        return str(self.table.column(column)[row].as_py() or "")

    def row(self, number: int) -> bytes:
        """Return one row as an Arrow stream."""
        arrow = require("pyarrow", "parquet", "cleaning .parquet")
        sink = io.BytesIO()
        with arrow.ipc.new_stream(sink, self.table.schema) as writer:
            writer.write_table(self.table.slice(number, 1))
        return sink.getvalue()

    def apply(self, column: str, edits: Sequence[Edit]) -> None:
        """Cut texts and drop rows.

        Raises
        ------
        Disagree
            If another text stands at a place.
        """
        gone = {edit.at for edit in edits if edit.cell == ROW_CELL}
        values: list[str | None] = self.table.column(column).to_pylist()
        for edit in reversed(edits):
            if edit.cell is None or edit.cell < 0:
                continue
            text, cut = values[edit.at] or "", edit.cut.decode("utf-8", "surrogatepass")
            if text[edit.cell : edit.cell + len(cut)] != cut:
                raise Disagree
            values[edit.at] = text[: edit.cell] + text[edit.cell + len(cut) :]
        self._replace(column, values)
        if gone:
            arrow = require("pyarrow", "parquet", "cleaning .parquet")
            left = [row for row in range(self.table.num_rows) if row not in gone]
            self.table = self.table.take(arrow.array(left, arrow.int64()))  # typed, for it may be empty

    def undo(self, column: str, edits: Sequence[Edit]) -> None:
        """Put back what `apply` took.

        Raises
        ------
        Disagree
            If the table has too few rows, or a text is too short.
        """
        arrow = require("pyarrow", "parquet", "restoring .parquet")
        gone = {edit.at: edit.cut for edit in edits if edit.cell == ROW_CELL}
        pieces, taken, place = [], 0, 0
        for at in sorted(gone):
            pieces.append(self.table.slice(taken, at - place))
            taken += at - place
            pieces.append(arrow.ipc.open_stream(gone[at]).read_all())
            place = at + 1
        pieces.append(self.table.slice(taken))
        self.table = arrow.concat_tables(pieces) if gone else self.table
        values: list[str | None] = self.table.column(column).to_pylist()
        for edit in edits:
            if edit.cell is None or edit.cell < 0 or edit.at in gone:
                continue
            text = values[edit.at] if edit.at < len(values) else None
            if text is None or len(text) < edit.cell:
                raise Disagree
            values[edit.at] = text[: edit.cell] + edit.cut.decode("utf-8", "surrogatepass") + text[edit.cell :]
        self._replace(column, values)

    def add(self, name: str, values: Mapping[int, str]) -> None:
        """Add a column of strings; rows without a value get null."""
        arrow = require("pyarrow", "parquet", "cleaning .parquet")
        column = arrow.array([values.get(row) for row in range(self.table.num_rows)], arrow.string())
        self.table = self.table.append_column(name, column)

    def drop(self, name: str) -> None:
        """Take a column away that `add` put there."""
        self.table = self.table.drop_columns([name])

    def dump(self) -> bytes:
        """Return the table as a parquet file, compressed as the original was."""
        parquet = require("pyarrow.parquet", "parquet", "writing .parquet")
        sink = io.BytesIO()
        parquet.write_table(self.table, sink, compression=self._compression)
        return sink.getvalue()

    def digest(self) -> str:
        """Return the SHA-256 of schema and values, the same for equal tables however they are stored.

        Raises
        ------
        Disagree
            If a value is none of its type, as text that is no UTF-8.
        """
        state = hashlib.sha256(_told(self.table.schema).encode("utf-8", "surrogatepass"))
        arrow = require("pyarrow", "parquet", "cleaning .parquet")
        table = self.table
        for place, field in enumerate(table.schema):
            kind = _counted(field.type, arrow)
            if kind != field.type:
                table = table.set_column(place, field.with_type(kind), table.column(place).cast(kind))
        try:
            for batch in table.combine_chunks().to_batches(max_chunksize=1024):
                state.update(repr(batch.to_pylist()).encode("utf-8", "surrogatepass"))
        except (ValueError, OverflowError) as error:
            raise Disagree from error
        return state.hexdigest()

    def _replace(self, column: str, values: Sequence[str | None]) -> None:
        arrow = require("pyarrow", "parquet", "cleaning .parquet")
        place = self.table.schema.get_field_index(column)
        field = self.table.schema.field(place)
        self.table = self.table.set_column(place, field, arrow.chunked_array([arrow.array(values, field.type)]))


def _told(schema: Any) -> str:
    """Return all that a schema says; Arrow's own words leave out what is long, and not in every version the same."""
    fields = [(one.name, str(one.type), one.nullable, sorted((one.metadata or {}).items())) for one in schema]
    return repr((fields, sorted((schema.metadata or {}).items())))


def _counted(kind: Any, arrow: Any) -> Any:
    """Return a type with whole numbers for times and dates: how Python shows those depends on what is installed."""
    if arrow.types.is_temporal(kind):
        return arrow.int32() if kind.bit_width == 32 else arrow.int64()
    if arrow.types.is_list(kind):
        return arrow.list_(kind.value_field.with_type(_counted(kind.value_type, arrow)))
    if arrow.types.is_struct(kind):
        return arrow.struct([field.with_type(_counted(field.type, arrow)) for field in kind])
    return kind
