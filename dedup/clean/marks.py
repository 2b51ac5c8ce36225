"""Marking instead of removing: the spans that would go, as a field of each record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dedup.clean.edits import Edit
from dedup.clean.parquet import MARK_CELL, Table
from dedup.clean.places import csv_records
from dedup.clean.removal import Removal
from dedup.clean.sources import Source
from dedup.errors import FormatProblem

SIDECAR = ".spans.json"
"""Suffix of the file of spans beside a text, which has no fields."""


def spans_of(removals: Sequence[Removal], names: Sequence[str], archives: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return the spans of one document as JSON-able values; ``archives`` is by document, for those in an archive."""
    found = []
    for row in removals:
        span: dict[str, Any] = {
            "start": row.start,
            "end": row.end,
            "label": row.cause.label,
            "family": row.cause.family,
            "partner": None if row.cause.partner is None else names[row.cause.partner.document],
        }
        if row.cause.partner is not None and row.cause.partner.document in archives:
            span["archive"] = archives[row.cause.partner.document]
        found.append(span)
    return found


def mark(source: Source, spans: Mapping[int, Sequence[Mapping[str, Any]]], count: int, name: str) -> list[Edit]:
    """Return the edits that put the spans into every record; none for a text, which gets a file beside it.

    Parameters
    ----------
    source : Source
    spans : mapping of int to sequence
        Spans by document of the source; a document without any gets an empty list.
    count : int
        Documents in the source.
    name : str
        Name of the field.

    Raises
    ------
    FormatProblem
        If a record has a field of that name already.
    """
    values = [json.dumps(spans.get(row, []), ensure_ascii=False) for row in range(count)]
    if source.form == "jsonl":
        return [_json_mark(source, row, name, value) for row, value in enumerate(values)]
    if source.form == "csv":
        return _csv_marks(source, name, values)
    if source.form == "parquet":
        if name in Table(source.content).table.column_names:
            raise _taken(source, name)
        return [Edit(at, put=value.encode(), cell=MARK_CELL) for at, value in zip(source.rows, values, strict=True)]
    return []


def _json_mark(source: Source, row: int, name: str, value: str) -> Edit:
    slot = source.slots[row]
    record = source.content[slot.start : slot.end]
    if name in json.loads(record.decode(slot.encoding), strict=False):
        raise _taken(source, name)
    brace = "}".encode(slot.encoding)
    put = f", {json.dumps(name, ensure_ascii=False)}: {value}".encode(slot.encoding)
    return Edit(slot.start + record.rindex(brace), put=put)


def _csv_marks(source: Source, name: str, values: Sequence[str]) -> list[Edit]:
    slots = {slot.start: value for slot, value in zip(source.slots, values, strict=True)}
    encoding = source.slots[0].encoding
    edits = []
    for number, record in enumerate(csv_records(source.content, encoding, source.slots[0].delimiter)):
        if number == 0 and name in record.values:
            raise _taken(source, name)
        # A record that is no document gets an empty field, or the table would be ragged.
        value = name if number == 0 else slots.get(record.start, "")
        quoted = '"' + value.replace('"', '""') + '"'
        edits.append(Edit(record.body_end, put=(source.slots[0].delimiter + quoted).encode(encoding)))
    return edits


def _taken(source: Source, name: str) -> FormatProblem:
    return FormatProblem(source.source, f"a record has a field {name!r} already: name another with --mark-field")
