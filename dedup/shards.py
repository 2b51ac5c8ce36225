"""What is said of the passages of some documents of a corpus? The end of a scan, for documents that hang together.

The passages of a corpus hang documents together; what no passage joins has nothing to say about one another. A
*shard* is some documents, and all passages in which they stand: its families, labels and evidence are made here, by
the steps of `dedup.pipeline.scan`, and told at the numbers and places of the corpus. What a label or a piece of
evidence takes from the whole corpus is counted over all shards first: who writes the words of a clause outside of
every family, and where else a rare figure stands.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dedup import describe, evidence, figures, provenance
from dedup.executors import places
from dedup.executors.blocks import Layout, Sent, read, spread
from dedup.executors.bounds import of_column
from dedup.executors.changes import at_issue
from dedup.executors.labels import labelled
from dedup.executors.packing import pack, unpack, unpacked
from dedup.executors.prepared import Prepared, prepare, unit_borders
from dedup.executors.records import encoded, opened, packed
from dedup.executors.rewritten import joined, rewritten
from dedup.intervals import merged, without
from dedup.params import Params
from dedup.result import Document, Result
from dedup.schema import Families, Int64, Passages, UInt32, UInt64, string
from dedup.steps import background, cluster, contrast, usage
from dedup.steps.label import Known

_SHOWN = ("copy", "mass", "self", "template", "citation", "formula")
_TOLD = 4  # members of a family that tell its place among families: no two families share three

FIRST, SPELLED = describe.TITLED, evidence.SPELLED
"""Families shown first: so many get a title of key terms, and so many of these have their slips sought."""

_LATER = 1 << 40  # more families than are shown before any


@dataclass(frozen=True, slots=True)
class Shard:
    """Documents that hang together.

    documents : sequence of Document
    number : int64[D]     their numbers in the corpus, ascending
    prepared : Prepared   their tables
    passages : Passages   all in which they stand, sorted; at places of the shard

    There may be one document more than numbers, see `shard`.
    """

    documents: Sequence[Document]
    number: Int64
    prepared: Prepared
    passages: Passages


@dataclass(frozen=True, slots=True)
class Others:
    """What a shard has to be told where it is not the corpus.

    families : Families   those of the shard, found before
    corpus : Spread       see `dedup.steps.background.spread`
    """

    families: Families
    corpus: background.Spread


def shard(found: Mapping[str, Iterable[bytes]], params: Params, elsewhere: UInt64 | None = None) -> Shard:
    """Return the shard that blobs of the kinds ``documents`` and ``passage`` make.

    Parameters
    ----------
    found : mapping
        Blobs by kind.
    params : Params
    elsewhere : uint64[n], optional
        Figures that stand in other shards too. One more document is put behind the others, in which they stand: so
        they count as known elsewhere, and nothing else changes.
    """
    pieces = sorted((opened(blob) for blob in found["documents"]), key=lambda one: int(one[1]["number"][0]))
    documents = [document for some, _ in pieces for document in some]
    number, begin = (np.concatenate([columns[name] for _, columns in pieces]) for name in ("number", "begin"))
    prepared = prepare(documents)
    if elsewhere is not None and len(elsewhere):
        documents.append(_sheet(prepared, elsewhere))
        prepared = prepare(documents)
    columns = dict(zip(Passages.__slots__, read(found.get("passage", ()), *Passages.__slots__), strict=True))
    order = np.lexsort((columns["right_start"], columns["left_start"]))
    for side in ("left", "right"):
        document = np.searchsorted(begin, columns[f"{side}_start"], side="right") - 1
        shift = prepared.keys.indptr[document] - begin[document]
        columns[f"{side}_start"] = columns[f"{side}_start"] + shift
        columns[f"{side}_end"] = columns[f"{side}_end"] + shift
    passages = Passages(*(column[order] for column in columns.values()))
    passages = places.bridged(prepared.keys, unit_borders(prepared.keys, prepared.segments), passages, None, params)
    return Shard(documents, number, prepared, passages)


def _sheet(prepared: Prepared, elsewhere: UInt64) -> Document:
    """Return a document of the figures of a shard that stand elsewhere."""
    slots, codes = prepared.keys.slots, prepared.texts.codes
    values = contrast.figures(prepared.texts, prepared.keys.slots)
    rows = np.flatnonzero(np.isin(values, elsewhere))
    rows = rows[np.unique(values[rows], return_index=True)[1]]
    texts = [
        string(codes[start:end])
        for start, end in zip(slots.start[rows].tolist(), slots.end[rows].tolist(), strict=True)
    ]
    return Document("\U0010ffff", "".join(f"数为{text}的\n" for text in texts))


def told(part: Shard, params: Params, others: Others | None) -> Iterator[Sent]:
    """Yield the rows of a shard's result, each with what it is sorted by in the corpus.

    Parameters
    ----------
    part : Shard
    params : Params
    others : Others, optional
        Where the shard is not the corpus. Then a cluster that may be one of the first shown is told in both ways: as
        one of them, and as one of the others (``later``).
    """
    from dedup import __version__

    p, passages = part.prepared, part.passages
    if others is None:
        families = cluster.cluster(p.keys, passages, params)
        role = np.full(len(part.documents), 2, np.uint8)  # all are reports, asked about
        found = rewritten(p, passages, role, params)
        passages, families = joined(passages, families, found.passages)
        limits = of_column(found.limits)
    else:
        families, limits = others.families, []
    issuers = [document.issuer for document in part.documents]
    none = np.empty((0, 2), np.int64)
    words = others.corpus if others else None
    labels = labelled(p, issuers, passages, families, Known(none, none), params, spread=words)
    wanted = at_issue(passages, families, labels)
    changes, bounded = contrast.contrast(p.texts, p.edits, p.keys, passages, wanted)
    tables = provenance.Tables(
        p.texts, p.edits, p.keys, p.segments, passages, families, labels, changes, part.documents
    )
    result = describe.describe(tables, params, (), [*limits, *bounded], __version__)
    later = None
    if others is not None:
        later = describe.describe(tables, params, (), (), __version__, before=_LATER)
    yield from _rows(result, later, part.number)


def _rows(result: Result, later: Result | None, number: Int64) -> Iterator[Sent]:
    of_document = number.tolist()
    data = result.to_dict()

    def placed(span: dict[str, Any]) -> dict[str, Any]:
        return span | {"document": of_document[span["document"]]}

    for row in data["documents"][: len(of_document)]:
        row["id"] = of_document[row["id"]]
        names = ("start", "end", "label", "cluster")
        row["marks"] = [dict(zip(names, mark, strict=True)) for mark in row["marks"]]
        yield _row("document", row, [row["id"]])
    for nth, row in enumerate(data["passages"]):
        row["left"], row["right"] = placed(row["left"]), placed(row["right"])
        sides = row["left"], row["right"]
        yield _row("passage", row, [*(side[name] for side in sides for name in ("document", "start")), nth])
    for nth, row in enumerate(data["clusters"]):
        row["members"] = [placed(span) for span in row["members"]]
        row["evidence"] = _facts(row["evidence"])
        if later is None:
            yield _row("cluster", row, [nth])
        elif nth < FIRST:
            other = later.clusters[nth]
            plain = [{"kind": one.kind, "facts": dict(one.facts)} for one in other.evidence]
            changed = {"title": other.title, "star": other.star, "evidence": _facts(plain)}
            yield _row("cluster", row, _rank(row), later=changed)
        else:
            yield _row("cluster", row, _rank(row))
    for limit in data["limits"]:
        yield _row("limit", limit, [])


def _facts(evidence: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [{"kind": one["kind"], "facts": json.dumps(one["facts"], ensure_ascii=False)} for one in evidence]


def _rank(row: Mapping[str, Any]) -> list[int]:
    """Return what a cluster is sorted by: label, grade, characters, then the place of its family."""
    label = _SHOWN.index(row["label"]) if row["label"] in _SHOWN else len(_SHOWN)
    chars = sum(span["end"] - span["start"] for span in row["members"])
    places = [span[name] for span in row["members"][:_TOLD] for name in ("document", "start", "end")]
    return [label, ord(row["grade"] or "Z"), -chars, *places]


def _row(kind: str, row: Mapping[str, Any], order: list[int], **more: Any) -> Sent:
    told = {"order": order, "row": row} | more
    return 0, kind, json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")


# Several shards: what each has to know of the others


def sent_home(layout: Layout, shards: int, number: int, found: Mapping[str, list[bytes]]) -> Iterator[Sent]:
    """Send the documents of a block, and the passages that begin in it, to their shards.

    Parameters
    ----------
    layout : Layout
    shards : int
        Shards of what hangs together; a document that hangs on no other goes to that of its block, behind these.
    number : int
        The block.
    found : mapping
        Blobs of kind ``documents``, ``home`` (documents and the roots of their components) and ``passage``.
    """
    documents, columns = opened(found["documents"][0])
    begin = columns["begin"] + int(layout.keys[number])
    home = np.full(len(begin), shards + number, np.int64)
    document, root = read(found.get("home", ()), "document", "root")
    mixed = root.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    home[np.searchsorted(begin, document)] = ((mixed >> np.uint64(32)) % np.uint64(shards)).astype(np.int64)
    for part in np.unique(home).tolist():
        rows = np.flatnonzero(home == part)
        some = [documents[row] for row in rows.tolist()]
        yield part, "documents", packed(some, number=rows + int(layout.documents[number]), begin=begin[rows])
    for blob in found.get("passage", ()):
        table = unpacked(blob)
        yield from spread("passage", home[np.searchsorted(begin, table["left_document"])], table)


def families_of(params: Params, parts: int, number: int, found: Mapping[str, list[bytes]]) -> Iterator[Sent]:
    """Find the families of a shard, and what other shards have to be asked and told for their labels.

    Yields
    ------
    families
        To the shard itself.
    file, hand
        How many files speak for themselves, and the issuers of the others.
    asked
        The k-grams of short families, see `dedup.steps.background.spread`, to where equal ones meet.
    gram
        The k-grams of what no family holds, each with who wrote it, to the same places.
    figure
        The rare figures of the shard, to where equal ones meet.
    """
    part = shard(found, params)
    p = part.prepared
    families = cluster.cluster(p.keys, part.passages, params)
    yield number, "families", pack(families)
    issuer = _issuers(part)
    yield 0, "file", pack({"count": np.array([(issuer == 0).sum()])})
    named = np.unique(issuer[issuer > 0])
    yield from spread("hand", (named % np.uint64(parts)).astype(np.int64), {"issuer": named})
    hashes = background.asked_about(p.keys, families, params.formula_chars)
    at = np.full(len(hashes), number, np.int64)
    yield from spread("asked", hashes.astype(np.int64) % parts, {"hash": hashes, "shard": at})
    hashes, unit = _free_grams(part, families, issuer)
    yield from spread("gram", hashes.astype(np.int64) % parts, {"hash": hashes, "unit": unit})
    value = np.unique(figures.rare(p.texts, p.keys)[1])
    at = np.full(len(value), number, np.int64)
    yield from spread("figure", (value % np.uint64(parts)).astype(np.int64), {"value": value, "shard": at})


def _free_grams(part: Shard, families: Families, issuer: UInt64) -> tuple[UInt32, UInt64]:
    """Return the k-grams of a shard outside of its families, and who wrote each: distinct pairs."""
    keys = part.prepared.keys
    taken = merged(np.stack([families.start, families.end], axis=1))
    free = without(np.stack([keys.indptr[:-1], keys.indptr[1:]], axis=1), taken)
    hashes, which = background.grams_of(keys, free[:, 0], free[:, 1])
    # A file is known by its number, an issuer by the hash of its name: the highest bit tells them apart.
    unit = np.where(issuer > 0, issuer | np.uint64(1 << 63), np.arange(len(issuer)).astype(np.uint64))
    unit[: len(part.number)][issuer[: len(part.number)] == 0] = part.number[issuer[: len(part.number)] == 0]
    owner = unit[np.searchsorted(keys.indptr, free[which, 0], side="right") - 1]
    order = np.lexsort((owner, hashes))
    hashes, owner = hashes[order], owner[order]
    new = np.ones(len(order), bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])
    return hashes[new], owner[new]


def met(_: int, found: Mapping[str, list[bytes]]) -> Iterator[Sent]:
    """Count issuers, and tell shards who else writes the words they ask about, and which figures stand elsewhere.

    Yields
    ------
    hands
        How many issuers have met here.
    known
        To each shard: k-grams that it asked about, and how many write them outside of families.
    elsewhere
        To each shard: its figures that stand in another one too.
    """
    (issuer,) = read(found.get("hand", ()), "issuer")
    yield 0, "hands", pack({"count": np.array([len(np.unique(issuer))])})
    asked, at = read(found.get("asked", ()), "hash", "shard")
    hashes, unit = read(found.get("gram", ()), "hash", "unit")
    wanted = np.isin(hashes, asked)
    hashes, unit = hashes[wanted], unit[wanted]
    order = np.lexsort((unit, hashes))
    hashes, unit = hashes[order], unit[order]
    new = np.ones(len(order), bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (unit[1:] != unit[:-1])
    hashes, count = np.unique(hashes[new], return_counts=True)
    place = np.minimum(np.searchsorted(hashes, asked), max(len(hashes) - 1, 0))
    hit = hashes[place] == asked if len(hashes) else np.zeros(len(asked), bool)
    total = np.where(hit, count[place], 0) if len(hashes) else np.zeros(len(asked), np.int64)
    yield from spread("known", at, {"hash": asked, "count": total})
    value, number = read(found.get("figure", ()), "value", "shard")
    order = np.argsort(value, kind="stable")
    value, number = value[order], number[order]
    border = (
        np.flatnonzero(np.concatenate([[True], value[1:] != value[:-1], [True]])) if len(value) else np.zeros(1, int)
    )
    several = np.repeat(np.diff(border) > 1, np.diff(border))
    yield from spread("elsewhere", number[several], {"value": value[several]})


def told_apart(params: Params, units: int, _: int, found: Mapping[str, list[bytes]]) -> Iterator[Sent]:
    """Tell the result of one shard of several; ``units`` are all issuers, else files, of the corpus."""
    part = shard(found, params, read(found.get("elsewhere", ()), "value")[0])
    families = unpack(found["families"][0], Families)
    hashes, count = read(found.get("known", ()), "hash", "count")
    order = np.argsort(hashes)
    corpus = background.Spread(hashes[order].astype(np.uint32), count[order].astype(np.int64), units)
    yield from told(part, params, Others(families, corpus))


def _issuers(part: Shard) -> UInt64:
    """Return a number for the issuer of each document, the same in every shard; 0 where it is the file's own."""
    units = usage.units([document.issuer for document in part.documents], part.prepared.segments)
    found = np.zeros(len(units), np.uint64)
    for row in np.flatnonzero(units != np.arange(len(units))).tolist():
        name = encoded(str(part.documents[row].issuer))
        found[row] = max(int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "little"), 1)
    return found
