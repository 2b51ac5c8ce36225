"""Tables of records: .jsonl .json .csv .tsv .xlsx .xls .parquet. One record is one document, named by its id or row.

.jsonl and .csv are streamed: memory holds a chunk and a record, whatever the size of the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from dedup._optional import require
from dedup.errors import Damaged, EncodingProblem, Unsupported
from dedup.read.archive import check_workbook
from dedup.read.blob import Blob
from dedup.read.encoding import decode
from dedup.read.metadata import Known, document
from dedup.read.options import ReadOptions
from dedup.read.pending import Row, pending
from dedup.result import Skipped

_ALL_BAD = 100


def documents(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Row]:
    """Yield the records of a table.

    Raises
    ------
    Unsupported
        If no column is called ``options.text_column``.
    Damaged
        If the file is broken.
    EncodingProblem
        If a text table is no text.
    MissingExtra
        If .parquet is to be read and pyarrow is not installed.
    """
    if blob.head.startswith(b"PAR1"):
        rows = _parquet(blob, options, known)
    elif blob.head.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        rows = _workbook(blob, options, known)
    elif blob.suffix == ".json":
        rows = _json(blob, options, known)
    elif blob.suffix in (".jsonl", ".ndjson"):
        rows = _jsonl(blob, options, known)
    else:
        rows = _csv(blob, options, known)
    yield from _if_any_is_good(rows, blob)


def _if_any_is_good(rows: Iterator[Row], blob: Blob) -> Iterator[Row]:
    """Pass rows on, but make one line of a file whose first records are all bad.

    A wrong column name, or a file that is no table, would otherwise be told once a record, a million times.
    """
    bad: list[Skipped] = []
    for row in rows:
        if isinstance(row, Skipped):
            bad.append(row)
            if len(bad) == _ALL_BAD:
                raise Damaged(
                    blob.label, f"none of its first {_ALL_BAD} records can be read; the first: {bad[0].reason}"
                )
            continue
        yield from bad
        yield row
        yield from rows
        return
    yield from bad


def _jsonl(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Row]:
    encoding = _encoding(blob, options)
    loads = json.loads
    large = blob.streamed and codecs.lookup(encoding).name == "utf-8"
    lines = _large(blob, options, encoding) if large else ((line, None) for line in _lines(blob, options, encoding))
    for number, (line, told) in enumerate(lines, 1):
        if told is not None:
            yield record_of(blob, number, told, options, known, encoding)
            continue
        if line is None:
            yield _over_long(blob, number, options)
            continue
        if not line or line.isspace():
            continue
        try:
            record = loads(line)
        except (ValueError, RecursionError) as error:
            yield _bad(blob, number, f"line {number} is no JSON ({error or type(error).__name__})")
            continue
        yield record_of(blob, number, record, options, known, encoding)


def _large(blob: Blob, options: ReadOptions, encoding: str) -> Iterator[tuple[str | None, dict[str, Any] | None]]:
    """Yield what `_lines` does of a file of UTF-8, or the record where it is told already."""
    from dedup.read import records  # loads kernels, which a small file would wait for

    blocks = blob.blocks(options.max_line)
    first = next(blocks, None)
    if first is not None:
        first = first.removeprefix(b"\xef\xbb\xbf")
    for line, sound, told in records.lines(chain([first], blocks), options.text_column):
        if line is None or told is not None:
            yield None, told
        else:
            yield line.decode() if sound else _anew(line, options, encoding), None


def _json(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Row]:
    """Yield the records of a .json: one value that lists them, or, as often under this name, one value a line."""
    data = blob.whole(options)
    found = decode(data, options.encoding)
    try:
        value = json.loads(found.text if found else "")
    except (ValueError, RecursionError):
        yield from _jsonl(Blob(blob.source, blob.member, blob.name, data), options, known)
        return
    for number, record in enumerate(value if isinstance(value, list) else [value], 1):
        yield record_of(blob, number, record, options, known, found.encoding if found else None)


def _csv(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Row]:
    encoding = _encoding(blob, options)
    # The limit of the csv module is global to the process and starts at 128 KiB, less than a report; it is raised
    # to our bound for a line and never lowered, so that readers at work at the same time do not hinder one another.
    csv.field_size_limit(max(csv.field_size_limit(), options.max_line))
    over_long: list[int] = []
    lines = _kept(_lines(blob, options, encoding), over_long)
    first = next(lines, "")
    rows = csv.reader(_again(first, lines), delimiter=_delimiter(first))
    try:
        header = next(rows, [])
        yield from _rows(blob, header, rows, options, known, encoding)
    except csv.Error as error:
        raise Damaged(blob.label, f"line {rows.line_num} is no CSV ({error})") from error
    for number in over_long:
        yield _over_long(blob, number, options)


def _workbook(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Row]:
    from python_calamine import CalamineError, CalamineWorkbook

    data = blob.whole(options)
    if data.startswith(b"PK"):
        check_workbook(data, blob, options)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [(name, book.get_sheet_by_name(name)) for name in book.sheet_names]
    except CalamineError as error:
        raise Damaged(blob.label, f"the workbook is broken ({error})") from error
    filled = [(name, sheet) for name, sheet in sheets if sheet.height]
    columns: list[str] = []
    found = False
    for name, sheet in filled:
        rows = iter(sheet.iter_rows())
        header = [str(cell) for cell in next(rows, [])]
        columns += header
        if options.text_column in header:
            found = True
            where = "" if len(filled) == 1 else f"{name}/"
            yield from _rows(blob, header, rows, options, known, None, where)
    if not found:
        raise _no_column(blob, options, columns)


def _parquet(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Row]:
    parquet = require("pyarrow.parquet", "parquet", "reading .parquet")
    arrow = require("pyarrow", "parquet", "reading .parquet")
    try:
        with blob.random(options) as file:
            table = parquet.ParquetFile(file)
            header = table.schema_arrow.names
            if options.text_column not in header:
                raise _no_column(blob, options, header)
            number = 0
            for batch in table.iter_batches(batch_size=1024):
                for record in batch.to_pylist():
                    number += 1
                    yield record_of(blob, number, record, options, known, None)
    except arrow.ArrowException as error:
        raise Damaged(blob.label, f"the parquet file is broken ({error})") from error


def _rows(
    blob: Blob,
    header: list[str],
    rows: Iterable[list[Any]],
    options: ReadOptions,
    known: Known,
    encoding: str | None,
    where: str = "",
) -> Iterator[Row]:
    """Yield the records of rows under a header."""
    header = [name.strip() for name in header]
    if options.text_column not in header:
        raise _no_column(blob, options, header)
    for number, row in enumerate(rows, 1):
        if any(cell not in (None, "") for cell in row):
            yield record_of(blob, number, dict(zip(header, row, strict=False)), options, known, encoding, where)


def record_of(
    blob: Blob,
    number: int,
    record: Any,
    options: ReadOptions,
    known: Known,
    encoding: str | None,
    where: str = "",
) -> Row:
    """Make the document of a record, or say what is wrong with it."""
    if not isinstance(record, dict):
        wanted = f"an object with {options.text_column!r}"
        return _bad(blob, number, f"record {number} is {type(record).__name__}, wanted {wanted}")
    text = record.get(options.text_column)
    name = record.get(options.id_column)
    key = where + (str(number) if name is None or name == "" else _plain(name))
    if not isinstance(text, str):
        given = "nothing" if text is None else type(text).__name__
        reason = (
            f"record {number} has {given} under {options.text_column!r}, wanted text (its columns: {_listed(record)})"
        )
        return Skipped(blob.source, reason, "record", blob.record(key))
    replaced = text.count("\ufffd") if "\ufffd" in text else 0  # to look for one takes a third of counting none
    del record[options.text_column]
    record.pop(options.id_column, None)
    return (pending if blob.later else document)(
        blob,
        text,
        known,
        member=blob.record(key),
        columns=record,
        encoding=encoding,
        flags={"replaced": replaced} if replaced else {},
    )


def _plain(value: object) -> str:
    """Return an id as people write it: spreadsheets make 7 into 7.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _encoding(blob: Blob, options: ReadOptions) -> str:
    """Return the encoding of a text table, told from its head."""
    if options.encoding is not None:
        return options.encoding
    head = blob.head
    cut = max(head.rfind(b"\n"), 0) or len(head)
    found = decode(head[:cut])
    if found is None:
        raise EncodingProblem(
            blob.label, "its bytes are no text in UTF-8, GB18030, Big5 or UTF-16: name the encoding if it is another"
        )
    return found.encoding


def _lines(blob: Blob, options: ReadOptions, encoding: str) -> Iterator[str | None]:
    """Yield decoded lines without their line feed; None for one over the bound.

    Whole blocks are decoded at once. Where that fails, line by line with detection anew: one bad byte costs one
    character, and a line in another encoding (files get appended to) is still read.
    """
    if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):  # a line feed is no single byte there
        found = decode(blob.whole(options), encoding)
        yield from found.text.split("\n") if found else ()
        return
    first = True
    for block in blob.blocks(options.max_line):
        if block is None:
            yield None
            continue
        if first:
            block, first = block.removeprefix(b"\xef\xbb\xbf"), False
        try:
            yield from block.decode(encoding).split("\n")
        except UnicodeDecodeError:
            for line in block.split(b"\n"):
                yield _anew(line, options, encoding)


def _anew(line: bytes, options: ReadOptions, encoding: str) -> str:
    """Decode a line of a block that is not all in the encoding of the file."""
    found = (decode(line, options.encoding) if line else None) or decode(line, encoding)
    return found.text if found else ""


def _kept(lines: Iterable[str | None], over_long: list[int]) -> Iterator[str]:
    """Yield lines with their line feed for the csv module, noting the numbers of those over the bound."""
    for number, line in enumerate(lines, 1):
        if line is None:
            over_long.append(number)
        else:
            yield line + "\n"


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _delimiter(header: str) -> str:
    """Return the character that separates columns: the most frequent candidate of the header line."""
    return max(",\t;", key=header.count)


def _no_column(blob: Blob, options: ReadOptions, columns: Iterable[str]) -> Unsupported:
    listed = ", ".join(str(name) for name in columns if name) or "none"
    reason = (
        f"it has no column {options.text_column!r} (its columns: {listed[:200]}): name the one that holds the text"
    )
    return Unsupported(blob.label, reason)


def _listed(columns: Iterable[object]) -> str:
    """Return column names for a message, which may be any bytes of a file that is no table."""
    names = ", ".join(str(name) for name in columns if name)[:120] or "none"
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in names)


def _bad(blob: Blob, number: int, reason: str) -> Skipped:
    return Skipped(blob.source, reason, "record", blob.record(str(number)))


def _over_long(blob: Blob, number: int, options: ReadOptions) -> Skipped:
    return _bad(blob, number, f"line {number} is longer than the bound of {options.max_line:,} bytes")
