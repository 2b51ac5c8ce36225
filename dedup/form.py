"""The JSON form of a result, both ways: what each object is as a dictionary, and how it is read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dedup.params import LABELS
from dedup.result import SCHEMA, Change, Cluster, DocumentInfo, Evidence, Limit, Part, Passage, Skipped, Span

if TYPE_CHECKING:
    from dedup.result import Result

_encoded = json.JSONEncoder(ensure_ascii=False).encode  # `json.dumps` would make one for each document


def _span_dict(span: Span) -> dict[str, Any]:
    return {
        "document": span.document,
        "start": span.start,
        "end": span.end,
        "line": span.line,
        "part": span.part,
        "page": span.page,
        "paragraph": span.paragraph,
        "headings": list(span.headings),
    }


def document_dict(info: DocumentInfo, texts: bool) -> dict[str, Any]:
    """Return a document as JSON-able values."""
    row: dict[str, Any] = {
        "id": info.id,
        "source": info.source,
        "member": info.member,
        "chars": info.chars,
        "digest": info.digest,
        "title": info.title,
        "issuer": info.issuer,
        "date": info.date,
        "encoding": info.encoding,
        "parts": [{"title": part.title, "start": part.start, "end": part.end} for part in info.parts],
        "labels": {label: info.labels.get(label, 0) for label in LABELS},
        "rates": dict(info.rates),
        "repairs": dict(sorted(info.repairs.items())),
        "flags": dict(sorted(info.flags.items())),
        "marks": [list(mark) for mark in info.marks],
        "hidden": [list(one) for one in info.hidden],
    }
    if texts:
        row["text"] = info.text
    return row


def passage_dict(passage: Passage) -> dict[str, Any]:
    """Return a passage as JSON-able values."""
    return {
        "id": passage.id,
        "label": passage.label,
        "grade": passage.grade,
        "wording": passage.wording,
        "similarity": passage.similarity,
        "kind": passage.kind,
        "direction": passage.direction,
        "cluster": passage.cluster,
        "left": _span_dict(passage.left),
        "right": _span_dict(passage.right),
        "changes": [
            {"kind": change.kind, "left": list(change.left), "right": list(change.right)}
            for change in passage.changes
        ],
    }


def cluster_dict(cluster: Cluster) -> dict[str, Any]:
    """Return a family as JSON-able values."""
    return {
        "id": cluster.id,
        "label": cluster.label,
        "grade": cluster.grade,
        "star": cluster.star,
        "title": cluster.title,
        "medoid": cluster.medoid,
        "earliest": cluster.earliest,
        "weakest": cluster.weakest,
        "similarity": cluster.similarity,
        "documents": cluster.documents,
        "issuers": cluster.issuers,
        "members": [
            _span_dict(span) | {"wording": wording}
            for span, wording in zip(cluster.members, cluster.wording, strict=True)
        ],
        "evidence": [{"kind": row.kind, "facts": dict(row.facts)} for row in cluster.evidence],
    }


def skipped_dict(row: Skipped) -> dict[str, Any]:
    """Return what was skipped as JSON-able values."""
    return {"source": row.source, "member": row.member, "kind": row.kind, "reason": row.reason}


def limit_dict(row: Limit) -> dict[str, Any]:
    """Return a limit as JSON-able values."""
    return {"kind": row.kind, "count": row.count, "bound": row.bound, "detail": row.detail}


def pieces(result: Result, texts: bool) -> Iterator[bytes | memoryview]:
    """Yield a result as JSON in UTF-8, piece by piece; lone surrogates, which that has not, in three bytes each."""
    head = {"schema": SCHEMA, "version": result.version, "params": result.params.to_dict()}
    yield _bytes(head)[:-1]
    yield from _listed("documents", lines(result.documents, document_dict, texts))
    yield from _listed("passages", lines(result.passages, passage_dict))
    yield from _listed("clusters", lines(result.clusters, cluster_dict))
    yield from _listed("skipped", (_bytes(skipped_dict(row)) for row in result.skipped))
    yield from _listed("limits", (_bytes(limit_dict(row)) for row in result.limits))
    yield b"}\n"


def in_file(piece: bytes | memoryview) -> bytes | memoryview:
    """Return a piece as a file has it: with JSON's escapes in place of lone surrogates."""
    # They begin with 0xED, as some Hangul does and nothing else: most pieces have none of it, and stay as they are.
    if 0xED not in np.frombuffer(piece, np.uint8):
        return piece
    return str(piece, "utf-8", "surrogatepass").encode("utf-8", "backslashreplace")


def lines(rows: Sequence[Any], to_dict: Callable[..., dict[str, Any]], *how: Any) -> Iterator[bytes | memoryview]:
    """Yield rows as JSON, one or a block of lines at a time: columns know how, others go by their dictionaries."""
    written: Callable[..., Iterator[memoryview]] | None = getattr(rows, "json_blocks", None)
    return written(*how) if written is not None else (_bytes(to_dict(row, *how)) for row in rows)


def _bytes(value: Any) -> bytes:
    return _encoded(value).encode("utf-8", "surrogatepass")


def _listed(key: str, rows: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """Yield a list with one row a line: readable in a diff, and still one JSON value. A block is rows so divided."""
    yield f',\n"{key}": ['.encode()
    between = b"\n"
    for row in rows:
        yield between  # by itself: a row may be a block of megabytes
        yield row
        between = b",\n"
    yield b"]"


def _read_span(row: Mapping[str, Any]) -> Span:
    values = {key: value for key, value in row.items() if key != "wording"}
    return Span(**(values | {"headings": tuple(values.get("headings", ()))}))


def read_document(row: Mapping[str, Any]) -> DocumentInfo:
    """Read what `document_dict` wrote."""
    return DocumentInfo(
        **(
            dict(row)
            | {
                "parts": tuple(Part(**part) for part in row["parts"]),
                "marks": tuple((mark[0], mark[1], mark[2], mark[3]) for mark in row["marks"]),
                "hidden": tuple((one[0], one[1], one[2]) for one in row.get("hidden", ())),
            }
        )
    )


def read_passage(row: Mapping[str, Any]) -> Passage:
    """Read what `passage_dict` wrote."""
    changes = tuple(
        Change(change["kind"], (change["left"][0], change["left"][1]), (change["right"][0], change["right"][1]))
        for change in row["changes"]
    )
    spans = {"left": _read_span(row["left"]), "right": _read_span(row["right"])}
    return Passage(**(dict(row) | spans | {"changes": changes}))


def read_cluster(row: Mapping[str, Any]) -> Cluster:
    """Read what `cluster_dict` wrote."""
    return Cluster(
        **(
            dict(row)
            | {
                "members": tuple(_read_span(member) for member in row["members"]),
                "wording": tuple(member["wording"] for member in row["members"]),
                "evidence": tuple(Evidence(one["kind"], one["facts"]) for one in row["evidence"]),
            }
        )
    )
