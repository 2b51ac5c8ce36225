"""What is said of the passages of some documents of a corpus? The end of a scan, for documents that hang together.

The passages of a corpus hang documents together; what no passage joins has nothing to say about one another. A
*shard* is some documents, and all passages in which they stand: its families, labels and evidence are made here, by
the steps of `dedup.pipeline.scan`, and told at the numbers and places of the corpus.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dedup.executors.blocks import Sent, read
from dedup.executors.prepared import Prepared, prepare
from dedup.executors.records import opened
from dedup.params import Params
from dedup.result import Document, Limit, Result
from dedup.schema import Int64, Passages

_SHOWN = ("copy", "mass", "self", "template", "citation", "formula")
_TOLD = 4  # members of a family that tell its place among families: no two families share three


@dataclass(frozen=True, slots=True)
class Shard:
    """Documents that hang together.

    documents : sequence of Document
    number : int64[D]     their numbers in the corpus, ascending
    begin : int64[D]      where their key streams begin in that of the corpus
    prepared : Prepared   their tables
    passages : Passages   all in which they stand, sorted; at places of the shard
    """

    documents: Sequence[Document]
    number: Int64
    begin: Int64
    prepared: Prepared
    passages: Passages


def shard(found: Mapping[str, Iterable[bytes]]) -> Shard:
    """Return the shard that blobs of the kinds ``documents`` and ``passage`` make."""
    pieces = sorted((opened(blob) for blob in found["documents"]), key=lambda one: int(one[1]["number"][0]))
    documents = [document for some, _ in pieces for document in some]
    number, begin = (np.concatenate([columns[name] for _, columns in pieces]) for name in ("number", "begin"))
    prepared = prepare(documents)
    columns = dict(zip(Passages.__slots__, read(found.get("passage", ()), *Passages.__slots__), strict=True))
    order = np.lexsort((columns["right_start"], columns["left_start"]))
    for side in ("left", "right"):
        document = np.searchsorted(begin, columns[f"{side}_start"], side="right") - 1
        shift = prepared.keys.indptr[document] - begin[document]
        columns[f"{side}_start"] = columns[f"{side}_start"] + shift
        columns[f"{side}_end"] = columns[f"{side}_end"] + shift
    return Shard(documents, number, begin, prepared, Passages(*(column[order] for column in columns.values())))


def concluded(part: Shard, params: Params) -> Result:
    """Return the result of a shard, as if it were the corpus."""
    from dedup import __version__, describe, provenance
    from dedup.pipeline import _at_issue, _joined, _roles
    from dedup.steps import background as rarity
    from dedup.steps import cluster, contrast, label, rewrite, usage

    p, passages = part.prepared, part.passages
    families = cluster.cluster(p.keys, passages, params)
    role = _roles(part.documents, (), len(part.documents))
    more_passages, limits = rewrite.rewrite(p.keys, p.segments, passages, role, params)
    passages, families = _joined(passages, families, more_passages)
    issuers = [document.issuer for document in part.documents]
    hands = usage.units(issuers, p.segments)
    corpus = rarity.spread(p.keys, families, hands, params.formula_chars)
    medoids = families.start[families.medoid], families.end[families.medoid]
    bits, surplus = rarity.span_bits(p.keys, *medoids, rarity.load(None), corpus)
    used = usage.usage(p.keys, p.segments, families, hands, params.formula_chars, params.formula_issuers)
    none = np.empty((0, 2), np.int64)
    labels = label.label(
        p.texts, p.keys, p.segments, passages, families, p.noise, bits, surplus, used, issuers,
        label.Known(none, none), params,
    )  # fmt: skip
    changes, more = contrast.contrast(p.texts, p.edits, p.keys, passages, _at_issue(passages, families, labels))
    tables = provenance.Tables(
        p.texts, p.edits, p.keys, p.segments, passages, families, labels, changes, part.documents
    )
    return describe.describe(tables, params, (), [*limits, *more], __version__)


def told(result: Result, number: Int64) -> Iterator[Sent]:
    """Yield the rows of a shard's result, each with what it is sorted by in the corpus.

    Parameters
    ----------
    result : Result
    number : int64[D]
        The number in the corpus of each document.
    """
    of_document = number.tolist()
    data = result.to_dict()

    def placed(span: dict[str, Any]) -> dict[str, Any]:
        return span | {"document": of_document[span["document"]]}

    for row in data["documents"]:
        row["id"] = of_document[row["id"]]
        names = ("start", "end", "label", "cluster")
        row["marks"] = [dict(zip(names, mark, strict=True)) for mark in row["marks"]]
        yield _row("document", row, [row["id"]])
    for row in data["passages"]:
        row["left"], row["right"] = placed(row["left"]), placed(row["right"])
        sides = row["left"], row["right"]
        yield _row("passage", row, [side[name] for side in sides for name in ("document", "start")])
    for row in data["clusters"]:
        row["members"] = [placed(span) for span in row["members"]]
        for one in row["evidence"]:
            one["facts"] = json.dumps(one["facts"], ensure_ascii=False)
        yield _row("cluster", row, _rank(row))
    for limit in result.limits:
        yield _row("limit", _plain(limit), [])


def _plain(limit: Limit) -> dict[str, Any]:
    return {"kind": limit.kind, "count": limit.count, "bound": limit.bound, "detail": limit.detail}


def _rank(row: Mapping[str, Any]) -> list[int]:
    """Return what a cluster is sorted by: label, grade, characters, then the place of its family."""
    label = _SHOWN.index(row["label"]) if row["label"] in _SHOWN else len(_SHOWN)
    chars = sum(span["end"] - span["start"] for span in row["members"])
    places = [span[name] for span in row["members"][:_TOLD] for name in ("document", "start", "end")]
    return [label, ord(row["grade"] or "Z"), -chars, *places]


def _row(kind: str, row: Mapping[str, Any], order: list[int]) -> Sent:
    return 0, kind, json.dumps({"order": order, "row": row}, ensure_ascii=False).encode("utf-8", "replace")
