"""A result as data frames: four tables, each column of one type, empty ones included.

The columns are made once, as plain lists with a declared type; pandas and polars only wrap them. So both frames say
the same, a missing page is a missing value and not NaN among floats, and neither package is wanted until asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dedup._optional import require
from dedup.errors import ParamsError
from dedup.params import LABELS

if TYPE_CHECKING:
    from dedup.result import Result, Span

Column = tuple[type, list[Any]]
"""A type (str, int, float, bool) and a value or None for each row."""

_PLACE = {"document": int, "name": str, "start": int, "end": int, "line": int, "part": int, "page": int, "text": str}
_SIDES = {f"{side}_{name}": kind for side in ("left", "right") for name, kind in _PLACE.items()}
_RATES = {
    "repeated": float,
    "without_formula": float,
    "without_citation": float,
    "without_self": float,
    "copied": float,
    "largest_source": float,
    "longest_passage": int,
    "sources": int,
}

SCHEMAS: dict[str, dict[str, type]] = {
    "passages": {
        "id": str, "cluster": str, "label": str, "grade": str, "wording": float, "similarity": float, "kind": str,
        "direction": str, "changes": int, **_SIDES,
    },
    "clusters": {
        "id": str, "label": str, "grade": str, "star": bool, "title": str, "members": int, "documents": int,
        "issuers": int, "weakest": float, "similarity": float, "text": str,
    },
    "members": {
        "cluster": str, "label": str, "grade": str, "medoid": bool, "earliest": bool, "wording": float, **_PLACE,
    },
    "documents": {
        "id": int, "name": str, "source": str, "member": str, "title": str, "issuer": str, "date": str,
        "encoding": str, "chars": int, **dict.fromkeys(LABELS, int), **_RATES,
    },
}  # fmt: skip
"""The tables, with the type of each column. Columns of labels count code points."""

_PANDAS = {str: "string", int: "Int64", float: "Float64", bool: "boolean"}


def to_pandas(result: Result, table: str, *, texts: bool) -> Any:
    """Return a table as ``pandas.DataFrame``, see `Result.to_pandas`."""
    pandas = require("pandas", "pandas", "making a data frame")
    return pandas.DataFrame(
        {
            name: pandas.array(values, dtype=_PANDAS[kind])
            for name, (kind, values) in columns(result, table, texts).items()
        }
    )


def to_polars(result: Result, table: str, *, texts: bool) -> Any:
    """Return a table as ``polars.DataFrame``, see `Result.to_polars`."""
    polars = require("polars", "polars", "making a data frame")
    kinds = {str: polars.String, int: polars.Int64, float: polars.Float64, bool: polars.Boolean}
    found = columns(result, table, texts)
    return polars.DataFrame(
        {name: values for name, (_, values) in found.items()},
        schema={name: kinds[kind] for name, (kind, _) in found.items()},
    )


def columns(result: Result, table: str, texts: bool) -> dict[str, Column]:
    """Return the columns of a table by name, in their order.

    Raises
    ------
    ParamsError
        If there is no such table.
    """
    if table not in SCHEMAS:
        raise ParamsError([f"table is {table!r}, but must be one of {', '.join(SCHEMAS)}"])
    schema = {name: kind for name, kind in SCHEMAS[table].items() if texts or not name.endswith("text")}
    rows = [tuple(row[name] for name in schema) for row in _ROWS[table](result, texts)]
    cells: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return {name: (kind, list(values)) for (name, kind), values in zip(schema.items(), cells, strict=True)}


def _place(result: Result, span: Span, texts: bool) -> dict[str, Any]:
    info = result.documents[span.document]
    return {
        "document": span.document,
        "name": info.name,
        "start": span.start,
        "end": span.end,
        "line": span.line,
        "part": span.part,
        "page": span.page,
        "text": info.text[span.start : span.end] if texts and info.text is not None else None,
    }


def _passages(result: Result, texts: bool) -> Iterator[dict[str, Any]]:
    for passage in result.passages:
        row = {name: getattr(passage, name) for name in SCHEMAS["passages"] if name not in _SIDES}
        for side in ("left", "right"):
            place = _place(result, getattr(passage, side), texts)
            row |= {f"{side}_{name}": value for name, value in place.items()}
        yield row | {"changes": len(passage.changes)}


def _clusters(result: Result, texts: bool) -> Iterator[dict[str, Any]]:
    for cluster in result.clusters:
        row = {name: getattr(cluster, name) for name in SCHEMAS["clusters"] if name != "text"}
        medoid = _place(result, cluster.members[cluster.medoid], texts)
        yield row | {"members": len(cluster.members), "text": medoid["text"]}


def _members(result: Result, texts: bool) -> Iterator[dict[str, Any]]:
    for cluster in result.clusters:
        for number, (span, wording) in enumerate(zip(cluster.members, cluster.wording, strict=True)):
            yield {
                "cluster": cluster.id,
                "label": cluster.label,
                "grade": cluster.grade,
                "medoid": number == cluster.medoid,
                "earliest": number == cluster.earliest,
                "wording": wording,
                **_place(result, span, texts),
            }


def _documents(result: Result, texts: bool) -> Iterator[dict[str, Any]]:
    del texts
    own = [name for name in SCHEMAS["documents"] if name not in LABELS and name not in _RATES]
    for info in result.documents:
        rates = {name: info.rates.get(name) for name in _RATES}
        yield {name: getattr(info, name) for name in own} | dict(info.labels) | rates


_ROWS = {"passages": _passages, "clusters": _clusters, "members": _members, "documents": _documents}
