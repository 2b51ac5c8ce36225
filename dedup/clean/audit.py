"""The audit: one JSON value a line, enough to explain, undo and repeat a clean.

Format ``dedup.audit/1``, described in docs/clean.md. First a header, then for each file its row, its removals and
what else was cut (``shell``) or put in (``insert``), last a summary. Bytes stand in ``raw`` as text where the file's
encoding gives them back exactly, else in base64; a removal whose bytes are its text in that encoding has none.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dedup.clean.edits import Edit
from dedup.clean.removal import Claim, Removal
from dedup.errors import FormatProblem

SCHEMA = "dedup.audit/1"
NAME = "audit.jsonl"


@dataclass(slots=True)
class FileRecord:
    """A file in an audit: its row, and the edits that make the output of it."""

    row: Mapping[str, Any]
    edits: list[Edit] = field(default_factory=list)
    sidecar: bytes | None = None


@dataclass(slots=True)
class Audit:
    """An audit that was read.

    Parameters
    ----------
    header : mapping
        Policy, parameters, version, whether it was a dry run, name of the field of spans.
    files : list of FileRecord
    summary : mapping
        As `CleanReport.to_dict`.
    """

    header: Mapping[str, Any]
    files: list[FileRecord]
    summary: Mapping[str, Any]


def line(row: Mapping[str, Any]) -> str:
    """Return a row as it stands in the file."""
    try:
        text = json.dumps(row, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:  # half surrogates out of broken JSON: only escapes can hold them
        text = json.dumps(row)
    return text + "\n"


def removal_row(
    removal: Removal, edit: Edit | None, names: Sequence[str], text: str, encoding: str, constant: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the row of one removal.

    Parameters
    ----------
    removal : Removal
    edit : Edit or None
        The cut of bytes; None where the text was only marked.
    names : sequence of str
        Name of each document of the result.
    text : str
        What goes.
    encoding : str
        Of the file.
    constant : mapping
        ``file``, ``rule``, ``params`` and ``version``.
    """
    cause = removal.cause
    row: dict[str, Any] = {
        "kind": "removal",
        "document": names[removal.document],
        "start": removal.start,
        "end": removal.end,
        "label": cause.label,
        "family": cause.family,
        "wording": cause.wording,
        "similarity": cause.similarity,
        "partner": _partner(cause, names),
        "carried": removal.carried,
        "digest": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        "text": text,
        **constant,
    }
    if edit is not None:
        row["at"] = edit.at
        if edit.cell is not None:
            row["cell"] = edit.cell
        elif edit.cut != _encode(text, encoding):
            row["raw"] = raw_of(edit.cut, encoding)
    return row


def with_archive(row: dict[str, Any], cause: Claim, archives: Mapping[int, str]) -> dict[str, Any]:
    """Return the row of a removal whose partner, if it stands in an archive, says in which one."""
    if cause.partner is not None and cause.partner.document in archives:
        row["partner"]["archive"] = archives[cause.partner.document]
    return row


def edit_row(kind: str, file: int, edit: Edit, encoding: str) -> dict[str, Any]:
    """Return the row of a ``shell`` (bytes cut beside the text) or an ``insert`` (bytes put in)."""
    row: dict[str, Any] = {"kind": kind, "file": file, "at": edit.at}
    if edit.cell is not None:
        row["cell"] = edit.cell
    return row | {"raw": raw_of(edit.cut if kind == "shell" else edit.put, encoding)}


def raw_of(data: bytes, encoding: str) -> str | dict[str, str]:
    """Return bytes as a JSON value."""
    try:
        text = data.decode(encoding)
        if _encode(text, encoding) == data:
            return text
    except UnicodeDecodeError:
        pass  # not an error: such bytes are written in base64 below
    return {"base64": base64.b64encode(data).decode("ascii")}


def is_audit(path: Path) -> bool:
    """Whether a file is an audit: its first line says so."""
    try:
        with path.open("rb") as file:
            return f'"{SCHEMA}"'.encode() in file.readline(200)
    except OSError:
        return False


def load(path: Path) -> Audit:
    """Read an audit.

    Raises
    ------
    FormatProblem
        If it cannot be read, is of another schema, or a row lacks a field; the line is named.
    """
    rows = list(_rows(path))
    if not rows or rows[0].get("schema") != SCHEMA:
        found = rows[0].get("schema") if rows else "an empty file"
        raise FormatProblem(str(path), f"the schema is {found!r}, wanted {SCHEMA!r}")
    if rows[-1].get("kind") != "summary":
        raise FormatProblem(str(path), f"it ends after line {len(rows)} without a summary: it was cut off")
    audit = Audit(rows[0], [], rows[-1])
    for number, row in enumerate(rows[1:-1], 2):
        try:
            _take(audit, row)
        except (LookupError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise FormatProblem(str(path), f"line {number} lacks a field or has a wrong one ({error!r})") from error
    for record in audit.files:
        record.edits.sort(key=lambda edit: edit.at)  # stable: those of one cell stand in order
    return audit


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for number, text in enumerate(file, 1):
                row = json.loads(text)
                if not isinstance(row, dict):
                    raise FormatProblem(str(path), f"line {number} is {type(row).__name__}, wanted an object")
                yield row
    except FileNotFoundError as error:
        raise FormatProblem(
            str(path), "there is no such file; `dedup clean` writes it into its output folder"
        ) from error
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        if isinstance(error, FormatProblem):
            raise
        raise FormatProblem(str(path), f"it cannot be read as lines of JSON ({error})") from error


def _take(audit: Audit, row: Mapping[str, Any]) -> None:
    """Add one row to the file that it belongs to."""
    kind = row["kind"]
    if kind == "file":
        audit.files.append(FileRecord(row))
    elif kind in ("removal", "shell", "insert"):
        record = audit.files[row["file"]]
        if "at" in row:
            record.edits.append(_edit(row, str(record.row["encoding"])))
    elif kind == "sidecar":
        audit.files[row["file"]].sidecar = row["text"].encode()
    elif kind != "skipped":
        raise ValueError(f"kind is {kind!r}")


def _edit(row: Mapping[str, Any], encoding: str) -> Edit:
    cell = None if row.get("cell") is None else int(row["cell"])
    if "raw" in row:
        data = _raw(row["raw"], encoding)
    else:
        data = _encode(row["text"], "utf-8" if cell is not None else encoding) or b""
    at = int(row["at"])
    return Edit(at, put=data, cell=cell) if row["kind"] == "insert" else Edit(at, cut=data, cell=cell)


def _raw(value: str | Mapping[str, str], encoding: str) -> bytes:
    if isinstance(value, str):
        return _encode(value, encoding) or b""
    return base64.b64decode(value["base64"], validate=True)


def _encode(text: str, encoding: str) -> bytes | None:
    try:
        return text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "strict")
    except UnicodeEncodeError:
        return None


def _partner(claim: Claim, names: Sequence[str]) -> dict[str, Any] | None:
    span = claim.partner
    if span is None:
        return None
    return {"document": names[span.document], "start": span.start, "end": span.end}
