"""What should have been found: gold files (``dedup.gold/1``, docs/gold.md) and how their names meet a result.

This module reads and checks; what the figures mean is said in `dedup.evaluate.passages`, `families` and `labels`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dedup.errors import FormatProblem
from dedup.params import LABELS
from dedup.result import Result

SCHEMA = "dedup.gold/1"

COPYING: frozenset[str] = frozenset(("self", "mass", "copy"))
"""Labels that say: this was copied. Gold pairs of these labels are what passages are scored on."""

SET_APART: frozenset[str] = frozenset(("template", "citation"))
"""Labels of true reuse that is no copying. Whether a tool can tell depends on the forms and references that it was
given, so finding such a pair is neither right nor wrong; its label is scored."""


@dataclass(frozen=True, slots=True)
class GoldPair:
    """Two places that say the same. ``label`` is None where the gold file names none (it counts as copying)."""

    a_doc: str
    a_start: int
    a_end: int
    b_doc: str
    b_start: int
    b_end: int
    label: str | None = None
    operator: str = "copy"
    family: str | None = None
    neutral: bool = False


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """A place and what it should be called."""

    doc: str
    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold file as read, see `read_gold`. ``complete``: what it does not mention is own text."""

    path: str
    pairs: tuple[GoldPair, ...]
    spans: tuple[GoldSpan, ...]
    complete: bool = False

    @property
    def names(self) -> list[str]:
        """Every document named, sorted."""
        named = {name for pair in self.pairs for name in (pair.a_doc, pair.b_doc)}
        return sorted(named | {span.doc for span in self.spans})


def read_gold(path: str | Path) -> Gold:
    """Read a gold file.

    Parameters
    ----------
    path : str or Path
        A file of JSON lines as docs/gold.md describes.

    Returns
    -------
    Gold

    Raises
    ------
    FormatProblem
        If the file cannot be read, or a line is no JSON object, lacks a field, or holds a range or a label that
        cannot be; the line is named.

    Examples
    --------
    >>> from dedup.evaluate import read_gold
    >>> gold = read_gold("data/gold.jsonl")
    >>> gold.complete, len(gold.pairs) > 10
    (True, True)
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FormatProblem(str(path), f"it cannot be read ({error})") from error
    return parse_gold(lines, path=str(path))


def parse_gold(lines: Iterable[str | Mapping[str, Any]], *, path: str = "gold") -> Gold:
    """Read gold rows given as JSON lines or as mappings.

    Examples
    --------
    >>> from dedup.evaluate import parse_gold
    >>> gold = parse_gold([{"doc": "甲.txt", "start": 0, "end": 8, "label": "formula"}])
    >>> gold.names, gold.complete
    (['甲.txt'], False)

    Raises
    ------
    FormatProblem
        As `read_gold` does.
    """
    pairs: list[GoldPair] = []
    spans: list[GoldSpan] = []
    complete = False
    for number, line in enumerate(lines, 1):
        if isinstance(line, str) and not line.strip():
            continue
        try:
            row = json.loads(line) if isinstance(line, str) else line
            if not isinstance(row, Mapping):
                raise ValueError(f"it is {type(row).__name__}, wanted an object")
            if "schema" in row:
                complete = _header(row)
            elif "a_doc" in row:
                pairs.append(_pair(row))
            else:
                spans.append(_span(row))
        except KeyError as error:
            raise FormatProblem(path, f"line {number} has no field {error}") from error
        except (ValueError, RecursionError) as error:
            raise FormatProblem(path, f"line {number} is no gold row: {error}") from error
    if not pairs and not spans:
        raise FormatProblem(path, "it holds no gold row")
    return Gold(path, tuple(pairs), tuple(spans), complete)


def _header(row: Mapping[str, Any]) -> bool:
    if row["schema"] != SCHEMA:
        raise ValueError(f"the schema is {row['schema']!r}, wanted {SCHEMA!r}")
    complete = row.get("complete", False)
    if not isinstance(complete, bool):
        raise ValueError(f"complete is {complete!r}, wanted true or false")
    return complete


def _range(row: Mapping[str, Any], prefix: str) -> tuple[str, int, int]:
    doc, start, end = row[f"{prefix}doc"], row[f"{prefix}start"], row[f"{prefix}end"]
    if not isinstance(doc, str) or not doc:
        raise ValueError(f"{prefix}doc is {doc!r}, wanted the name of a document")
    whole = type(start) is int and type(end) is int
    if not whole or not 0 <= start < end < 2**31:
        found = f"{prefix}start, {prefix}end are {start!r}, {end!r}"
        raise ValueError(f"{found}, wanted whole numbers 0 <= start < end < 2**31")
    return doc, start, end


def _label(row: Mapping[str, Any], allowed: tuple[str, ...]) -> str:
    label = row["label"]
    if label not in allowed:
        raise ValueError(f"the label is {label!r}, wanted one of {', '.join(allowed)}")
    return str(label)


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is {value!r}, wanted text")
    return value


def _pair(row: Mapping[str, Any]) -> GoldPair:
    first, second = sorted((_range(row, "a_"), _range(row, "b_")))
    label = _label(row, LABELS[:-1]) if row.get("label") is not None else None
    relation = _text(row, "relation")
    return GoldPair(
        *first,
        *second,
        label=label,
        operator=_text(row, "operator") or relation or label or "copy",
        family=_text(row, "family"),
        neutral=label in SET_APART or relation == "borderline" or row.get("formula") is True,
    )


def _span(row: Mapping[str, Any]) -> GoldSpan:
    return GoldSpan(*_range(row, ""), label=_label(row, LABELS))


def resolve(gold: Gold, result: Result) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the row in ``result.documents`` of each document that the gold file names, and the names that have none.

    A name without a document gets a row behind the last one, where nothing can be found: its pairs are missed, not
    forgotten.

    Raises
    ------
    FormatProblem
        If a name fits two documents, if none of the names fits any, or if a gold range ends behind its document.
    """
    named: dict[str, list[int]] = {}
    for row, info in enumerate(result.documents):
        pieces = info.name.replace("\\", "/").split("/")
        keys = {"/".join(pieces[at:]) for at in range(len(pieces))} | {info.name}
        for key in keys if info.member is None else keys | {info.member}:
            named.setdefault(key, []).append(row)
    where: dict[str, int] = {}
    for name in gold.names:
        rows = named.get(name, [])
        exact = [row for row in rows if result.documents[row].name == name]
        rows = exact if len(exact) == 1 else rows
        if len(rows) > 1:
            names = " and ".join(result.documents[row].name for row in rows[:2])
            raise FormatProblem(gold.path, f"{name} may be {names}: give it with its folder")
        if rows:
            where[name] = rows[0]
    if not where:
        raise FormatProblem(gold.path, f"none of its documents, such as {gold.names[0]}, is in the result")
    ranges = [(span.doc, span.end) for span in gold.spans]
    ranges += [place for pair in gold.pairs for place in ((pair.a_doc, pair.a_end), (pair.b_doc, pair.b_end))]
    for name, end in ranges:
        if name in where and end > result.documents[where[name]].chars:
            chars = result.documents[where[name]].chars
            raise FormatProblem(gold.path, f"a range ends at {end} of {name}, which has {chars} characters")
    missing = tuple(name for name in gold.names if name not in where)
    where |= {name: len(result.documents) + number for number, name in enumerate(missing)}
    return where, missing
