"""Shards chained in memory tell what a scan tells: no Spark and no Java is needed to see it."""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np
import pytest

import dedup
from bench import corpus
from dedup import shards
from dedup.executors.blocks import Layout, spread
from dedup.executors.packing import unpacked
from dedup.executors.prepared import cut_at_parts, prepare
from dedup.executors.records import packed
from dedup.executors.stars import joined
from dedup.params import Params
from dedup.pipeline import near_pairs
from dedup.result import Document
from dedup.schema import Passages
from dedup.steps import align, anchor, background


def records(count: int) -> list[Document]:
    """Return documents of a paragraph each, by a few issuers; figures, clauses and slips stand in many of them."""
    texts = [*corpus.make(count).texts, *corpus.flood("names", count // 30), *corpus.flood("numbers", count // 12)]
    clauses = "认真贯彻落实各项工作任务", "共计投入资金23417元", "切实加强组织领导", "全面布署春耕生产工作"
    found = []
    for number, text in enumerate(texts):
        middle = len(text) // 2
        more = clauses[number // 5 % 4] if number % 5 == 0 else ""
        issuer = f"第{number % 13}乡人民政府" if number % 3 else None
        found.append(Document("记录", f"{text[:middle]}{more}{text[middle:]}", member=str(number), issuer=issuer))
    return found


def gathered(rows, visit, random):
    """Bring rows to their parts, the blobs of each kind in a random order, and visit the parts."""
    parts = defaultdict(lambda: defaultdict(list))
    for at in random.permutation(len(rows)).tolist():
        part, kind, blob = rows[at]
        parts[part][kind].append(blob)
    return [row for part in parts for row in visit(part, parts[part])]


def passages(texts, params):
    prepared = prepare(texts)
    pairs, _ = near_pairs(prepared.keys, prepared.segments, params)
    units = cut_at_parts(prepared.keys, prepared.segments)
    seeds, _ = anchor.anchor(units, prepared.segments, pairs, params)
    counts = background.load()

    def bits(start, end):
        return background.span_bits(prepared.keys, start, end, counts)[0]

    return prepared, align.align(units, prepared.segments, seeds, params, bits)


def in_shards(texts: list[Document], cuts: list[int], count: int, params: Params, seed: int) -> dict[str, list]:
    """Return the rows of the result by kind, told by so many shards of a corpus in blocks."""
    random = np.random.default_rng(seed)
    prepared, table = passages(texts, params)
    ends = np.array([0, *cuts, len(texts)])
    layout = Layout(ends, prepared.keys.indptr[ends], prepared.texts.indptr[ends])
    columns = {name: getattr(table, name) for name in Passages.__slots__}
    for side in ("left", "right"):
        at = np.searchsorted(prepared.keys.indptr, columns[f"{side}_start"], side="right") - 1
        columns[f"{side}_document"] = prepared.keys.indptr[at]
    apart = columns["left_document"] != columns["right_document"]
    nodes, roots = joined(columns["left_document"][apart], columns["right_document"][apart])
    sent = list(spread("home", layout.block_of(nodes), {"document": nodes, "root": roots}))
    sent += spread("passage", layout.block_of(columns["left_document"]), columns)
    for number, (first, last) in enumerate(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)):
        begin = prepared.keys.indptr[first:last] - prepared.keys.indptr[first]
        sent.append((number, "documents", packed(texts[first:last], begin=begin)))
    pieces = gathered(sent, lambda n, f: shards.sent_home(layout, count, n, f), random)
    families = gathered(pieces, lambda n, f: shards.families_of(params, 3, n, f), random)

    def of(rows, *kinds):
        return [row for row in rows if row[1] in kinds]

    meeting = gathered(of(families, "hand", "asked", "gram", "figure"), shards.met, random)
    units = sum(int(unpacked(blob)["count"][0]) for _, _, blob in [*of(families, "file"), *of(meeting, "hands")])
    known = pieces + of(families, "families") + of(meeting, "known", "elsewhere")
    rows = gathered(known, lambda n, f: shards.told_apart(params, units, n, f), random)
    told = defaultdict(list)
    for _, kind, blob in rows:
        told[kind].append(json.loads(blob))
    return {kind: sorted(found, key=lambda one: one["order"]) for kind, found in told.items()}


@pytest.mark.parametrize("seed", [1, 2])
def test_shards_tell_what_a_scan_tells(seed):
    """Passages, families, labels and evidence are those of a scan, whatever the shards and however rows arrive."""
    texts, params = records(600), Params(rewrite_chars=0, min_chars=24)
    wanted = dedup.scan(texts, params).to_dict()
    found = in_shards(texts, [100, 101, 350], 4, params, seed)
    for row, one in zip(found["document"], wanted["documents"], strict=True):
        one["marks"] = [dict(zip(("start", "end", "label", "cluster"), mark, strict=True)) for mark in one["marks"]]
        assert row["row"] == one
    for row, one in zip(found["passage"], wanted["passages"], strict=True):
        assert row["row"] == one
    assert len(found["cluster"]) == len(wanted["clusters"]) > 50
