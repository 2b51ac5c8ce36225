"""From the passages of a corpus on Spark to the rows of its result: what hangs together is described together.

A corpus that one task can hold is one shard. A larger one is parted along its passages: documents that hang together
go to one shard, by the root of their component, and what hangs on nothing stays with its block. Shards are visited
twice: families are found; then, when what labels take from the whole corpus has been counted, the result is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from dedup.errors import EngineProblem
from dedup.executors import stars
from dedup.executors.blocks import Layout, Sent, read, spread
from dedup.executors.intake import Sizes
from dedup.executors.packing import pack, unpacked
from dedup.executors.records import opened, packed
from dedup.executors.spark import ROWS, Corpus, Found, Kept, columns, gathered, kinds, visited
from dedup.params import Params
from dedup.shards import FIRST, SPELLED, families_of, met, sent_home, shard, told, told_apart

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_BYTES = 4
"""Bytes that a character takes in a packed shard, at most: three of its text, and what is known of the document."""

_EDGE = "u long, v long"


def described(corpus: Corpus, found: DataFrame, params: Params, sizes: Sizes, kept: Kept) -> DataFrame:
    """Return the rows of the result.

    Parameters
    ----------
    corpus : Corpus
    found : frame of ROWS
        Its passages.
    params : Params
    sizes : Sizes
        ``shard``, ``edges``.
    kept : Kept

    Returns
    -------
    frame of ROWS
        Kinds ``document``, ``passage``, ``cluster`` and ``limit``; JSON of ``row`` and of what it is sorted by.

    Raises
    ------
    EngineProblem
        If documents that hang together, or the words of short families, exceed what a task may hold.
    """
    chars = int(corpus.layout.raw[-1])
    if chars <= sizes.shard:
        documents = visited(corpus.documents, partial(_numbered, corpus.layout))
        return gathered(documents.union(visited(found, _to_one)), 1, partial(_whole, params))
    if corpus.worded[1] <= params.rewrite_chars:
        raise EngineProblem(
            "spark",
            f"rewritten paragraphs are sought in one task, which holds {sizes.shard:,} characters, and the documents "
            f"have {chars:,}: raise spark.dedup.shard, or lower --rewrite-chars",
        )
    return _in_shards(corpus, found, params, sizes, kept)


def _numbered(layout: Layout, number: int, _: str, blob: bytes) -> Iterator[Sent]:
    held, table = opened(blob)
    first = int(layout.documents[number])
    begin = table["begin"] + layout.keys[number]
    yield 0, "documents", packed(held, number=np.arange(first, first + len(held)), begin=begin)


def _to_one(_: int, kind: str, blob: bytes) -> Iterator[Sent]:
    yield 0, kind, blob


def _whole(params: Params, _: int, found: Found) -> Iterator[Sent]:
    return told(shard(found, params), params, None)


def _in_shards(corpus: Corpus, found: DataFrame, params: Params, sizes: Sizes, kept: Kept) -> DataFrame:
    layout, parts = corpus.layout, corpus.parts
    edges = kept.keep(visited(found, _edges))
    shards = -(-2 * int(layout.raw[-1]) // sizes.shard)
    at_blocks = corpus.documents.union(visited(found, partial(_to_block, layout)))
    at_blocks = at_blocks.union(_homes(edges, layout, sizes, kept))
    pieces = kept.keep(gathered(at_blocks, corpus.tasks, partial(sent_home, layout, shards)))
    _refuse_large(kinds(pieces, "documents"), sizes)
    count = min(shards + layout.blocks, 4096)
    families = kept.keep(gathered(pieces, count, partial(families_of, params, parts)))
    asking = kinds(families, "hand", "asked", "gram", "figure")
    meeting = kept.keep(gathered(asking, parts, met))
    units = sum(int(one["count"][0]) for one in [*columns(families, "file"), *columns(meeting, "hands")])
    known = pieces.union(kinds(families, "families")).union(kinds(meeting, "known", "elsewhere"))
    return _first_settled(kept.keep(gathered(known, count, partial(told_apart, params, units))))


def _edges(_: int, __: str, blob: bytes) -> Iterator[Sent]:
    """Yield the pairs of documents that passages join; their number stands for the part."""
    table = unpacked(blob)
    pairs = np.unique(np.stack([table["left_document"], table["right_document"]], axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    yield len(pairs), "edge", pack({"u": pairs[:, 1], "v": pairs[:, 0]})


def _to_block(layout: Layout, _: int, kind: str, blob: bytes) -> Iterator[Sent]:
    table = unpacked(blob)
    return spread(kind, layout.block_of(table["left_document"]), table)


def _homes(edges: DataFrame, layout: Layout, sizes: Sizes, kept: Kept) -> DataFrame:
    """Return, for the blocks, the documents that hang on others, each with the root of its component."""
    count = sum(row[0] or 0 for row in edges.agg({"part": "sum"}).collect())
    spark = edges.sparkSession
    if count <= sizes.edges:
        u, v = read((bytes(row.blob) for row in edges.select("blob").collect()), "u", "v")
        nodes, roots = stars.joined(u, v)
        sent = spread("home", layout.block_of(nodes), {"document": nodes, "root": roots})
        table = [(part, kind, bytearray(blob)) for part, kind, blob in sent]
        return spark.createDataFrame(table, ROWS)
    found = stars.components(edges.mapInArrow(_unpacked, _EDGE), kept)
    return found.mapInArrow(ToBlocks(layout), ROWS)


def _unpacked(batches: Iterable[Any]) -> Iterator[Any]:
    import pyarrow

    for batch in batches:
        for blob in batch.column("blob").to_pylist():
            table = unpacked(blob)
            yield pyarrow.RecordBatch.from_pydict({name: table[name].astype(np.int64) for name in ("u", "v")})


@dataclass(frozen=True, slots=True)
class ToBlocks:
    """A task over documents and their roots: packed, by block."""

    layout: Layout

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Run in a worker."""
        import pyarrow

        for batch in batches:
            document, root = (batch.column(name).to_numpy(zero_copy_only=False) for name in ("u", "v"))
            rows = list(spread("home", self.layout.block_of(document), {"document": document, "root": root}))
            names = ("part", "kind", "blob")
            yield pyarrow.RecordBatch.from_pylist([dict(zip(names, row, strict=True)) for row in rows])


def _refuse_large(documents: DataFrame, sizes: Sizes) -> None:
    """Refuse documents that hang together and are more than a task may hold.

    Raises
    ------
    EngineProblem
    """
    from pyspark.sql import functions as f

    size = documents.groupBy("part").agg(f.sum(f.length("blob")).alias("size")).agg(f.max("size")).first()
    largest = (size[0] if size is not None else 0) or 0
    if largest > _BYTES * sizes.shard:
        raise EngineProblem(
            "spark",
            f"documents that hang together by passages have {largest:,} bytes, and a task describes up to "
            f"{_BYTES * sizes.shard:,}: give the workers more memory and raise spark.dedup.shard",
        )


def _first_settled(rows: DataFrame) -> DataFrame:
    """Return the rows, each cluster told as one of the first shown or as one of the others, as it is in the whole.

    A cluster's rank in the corpus is no less than in its shard, so those told in one way only are never among the
    first.
    """
    from pyspark.sql import functions as f

    order = f.from_json(f.col("blob").cast("string"), "struct<order: array<bigint>>").order
    first = kinds(rows, "cluster").select(order.alias("order")).orderBy("order").limit(FIRST).collect()
    return rows.mapInArrow(Settle([list(row.order) for row in first]), ROWS)


@dataclass(frozen=True, slots=True)
class Settle:
    """A task over rows of the result: of a cluster told in both ways, the one that it is in the whole."""

    first: list[list[int]]

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Run in a worker."""
        import pyarrow

        for batch in batches:
            rows = batch.to_pylist()
            for row in rows:
                if row["kind"] == "cluster":
                    row["blob"] = self.settled(json.loads(row["blob"]))
            yield pyarrow.RecordBatch.from_pylist(rows, schema=batch.schema)

    def settled(self, told: dict[str, Any]) -> bytes:
        """Return a cluster as it is in the whole: with a title and slips if it is among the first."""
        row, later = told["row"], told.pop("later", {})
        rank = self.first.index(told["order"]) if later and told["order"] in self.first else FIRST
        if later and rank >= SPELLED:
            row["evidence"], row["star"] = later["evidence"], later["star"]
        if later and rank >= FIRST:
            row["title"] = later["title"]
        return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
