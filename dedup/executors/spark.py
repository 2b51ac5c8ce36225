"""A scan on Spark, from documents in a data frame to passages: the functions of `blocks` between its shuffles.

All Python that runs on workers goes through ``mapInArrow``, a task at a time: there is no function a row. What
travels are rows (part, kind, blob), a blob being packed columns of thousands of rows: neither the JVM nor Arrow
ever sees an anchor. The driver sees counts, one row a block and one row a part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from dedup.executors import copies, meetings
from dedup.executors.blocks import Block, Columns, Layout, Sent
from dedup.executors.packing import pack, unpacked
from dedup.params import Params
from dedup.result import Limit

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROWS = "part long, kind string, blob binary"
"""What travels, see `dedup.executors.blocks.Sent`."""

BATCH = 16
"""Rows in an Arrow batch: a blob has some megabytes, and a batch of the usual ten thousand would not fit a task."""

_FLUSH = 8 << 20

Found = Mapping[str, list[bytes]]
"""The blobs that a part has been sent, by kind."""


# Tasks


@dataclass(frozen=True, slots=True)
class Visit:
    """A task over rows one by one: ``function(part, kind, blob)`` yields rows."""

    function: Callable[[int, str, bytes], Iterable[Sent]]

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Run in a worker."""
        from dedup.kernels.threads import threads

        with threads(1):  # a task has one core
            yield from _batches(row for one in _rows(batches) for row in self.function(*one))


@dataclass(frozen=True, slots=True)
class Gather:
    """A task over rows sorted by part: ``function(part, blobs by kind)`` yields rows."""

    function: Callable[[int, Found], Iterable[Sent]]

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Run in a worker; holds the rows of one part at a time."""
        from dedup.kernels.threads import threads

        with threads(1):
            yield from _batches(row for part, found in _parts(_rows(batches)) for row in self.function(part, found))


def _rows(batches: Iterable[Any]) -> Iterator[Sent]:
    for batch in batches:
        columns = (batch.column(name).to_pylist() for name in ("part", "kind", "blob"))
        yield from zip(*columns, strict=True)


def _parts(rows: Iterator[Sent]) -> Iterator[tuple[int, dict[str, list[bytes]]]]:
    for part, members in groupby(rows, key=lambda row: row[0]):
        found: dict[str, list[bytes]] = {}
        for _, kind, blob in members:
            found.setdefault(kind, []).append(blob)
        yield part, found


def _batches(rows: Iterable[Sent]) -> Iterator[Any]:
    import pyarrow

    def made() -> Any:
        return pyarrow.RecordBatch.from_arrays(
            [pyarrow.array(column, kind) for column, kind in zip(zip(*held, strict=True), types, strict=True)],
            names=["part", "kind", "blob"],
        )

    types = (pyarrow.int64(), pyarrow.string(), pyarrow.binary())
    held: list[Sent] = []
    size = 0
    for row in rows:
        held.append(row)
        size += len(row[2])
        if size >= _FLUSH or len(held) >= 1024:
            yield made()
            held, size = [], 0
    if held:
        yield made()


# Frames


def visited(frame: DataFrame, function: Callable[[int, str, bytes], Iterable[Sent]]) -> DataFrame:
    """Return what a function yields of each row of a frame."""
    return frame.mapInArrow(Visit(function), ROWS)


def gathered(frame: DataFrame, tasks: int, function: Callable[[int, Found], Iterable[Sent]]) -> DataFrame:
    """Return what a function yields of each part, once all its rows have been shuffled together."""
    rows = frame.repartition(max(1, tasks), "part").sortWithinPartitions("part", "kind")
    return rows.mapInArrow(Gather(function), ROWS)


def kinds(frame: DataFrame, *names: str) -> DataFrame:
    """Return the rows of some kinds."""
    return frame.filter(frame.kind.isin(*names))


def columns(frame: DataFrame, kind: str) -> list[Columns]:
    """Bring the rows of a kind to the driver: for kinds of which a part has one, of a few numbers."""
    return [unpacked(bytes(row.blob)) for row in kinds(frame, kind).select("blob").collect()]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus as blocks.

    blocks : frame of ROWS     one row a block, kind ``block``: what matching needs of it
    documents : frame of ROWS  one row a block, kind ``documents``: the documents, see `dedup.executors.records`
    layout : Layout
    paragraphs : int           of the whole corpus
    worded : (int, int)        paragraphs that `dedup.steps.rewrite` looks at, and their key characters
    tasks : int                of a shuffle of blocks
    parts : int                ranges of hashes
    """

    blocks: DataFrame
    documents: DataFrame
    layout: Layout
    paragraphs: int
    worded: tuple[int, int]
    tasks: int
    parts: int


@dataclass(slots=True)
class Kept:
    """Frames that are used more than once, let go when the work is done."""

    frames: list[DataFrame] = field(default_factory=list)

    def keep(self, frame: DataFrame) -> DataFrame:
        """Return the frame, computed once, in memory or on the disks of the workers."""
        from pyspark import StorageLevel

        self.frames.append(frame.persist(StorageLevel.MEMORY_AND_DISK))
        return self.frames[-1]

    def release(self) -> None:
        """Let go of all of them."""
        for frame in self.frames:
            frame.unpersist()
        self.frames.clear()


def passages(corpus: Corpus, params: Params, kept: Kept) -> tuple[DataFrame, list[Limit]]:
    """Return the passages of a corpus.

    Parameters
    ----------
    corpus : Corpus
    params : Params
    kept : Kept

    Returns
    -------
    frame of ROWS
        Kind ``passage``: columns of `dedup.schema.Passages` at places of the corpus, in no order. Kept.
    list of Limit
        As from `dedup.steps.pair`, `expand` and `anchor`.
    """
    layout, parts = corpus.layout, corpus.parts
    blocks, tasks = corpus.blocks, corpus.tasks
    digests = visited(blocks, partial(_digests, layout, parts, params))
    grouped = kept.keep(gathered(digests, parts, partial(_groups, layout, params)))
    bands = gathered(blocks.union(kinds(grouped, "double")), tasks, partial(_bands, layout, parts, params))
    found = kept.keep(gathered(bands, parts, partial(_candidates, layout, params)))
    wanted = blocks.union(kinds(found, "candidate")).union(kinds(grouped, "group"))
    near = kept.keep(gathered(gathered(wanted, tasks, partial(_sides, layout, parts)), parts, partial(_near, params)))
    sums = sum((one["sums"] for one in columns(near, "sums")), np.zeros(len(copies.bounds(params)), np.int64))
    bound = copies.settled(sums, corpus.paragraphs, params)
    written = kinds(near, "near").union(kinds(grouped, "group", "large"))
    anchors = gathered(
        visited(blocks, partial(_anchors, layout, parts, params)), parts, partial(_seeds, layout, params)
    )
    sent = kept.keep(visited(written, partial(_paired, layout, bound)).union(anchors))
    asked = gathered(blocks.union(kinds(sent, "need")), tasks, partial(_texts, layout))
    meeting = min(layout.blocks * (layout.blocks + 1) // 2, max(parts, tasks))
    aligned = kept.keep(gathered(kinds(sent, "seed", "pair").union(asked), meeting, partial(_aligned, params)))
    limits = [_limit("band bucket", columns(found, "over"), params.bucket)]
    limits.append(_limit("exact group", [_larger(columns(grouped, "size"), bound)], bound))
    limits.append(_limit("anchor", columns(sent, "over"), params.anchor_bucket))
    return aligned, [limit for limit in limits if limit.count]


def _limit(kind: str, found: list[Columns], bound: int) -> Limit:
    largest = max((int(one["largest"].max(initial=0)) for one in found), default=0)
    return Limit(kind, sum(int(one["over"].sum()) for one in found), bound, f"largest {largest}")


def _larger(sizes: list[Columns], bound: int) -> Columns:
    """Return how many groups are larger than the bound settled on, from how many there are of each size."""
    size, count = (np.concatenate([one[name] for one in sizes]) for name in ("size", "count"))
    return {"over": count[size > bound], "largest": size}


# What tasks do with a row, or with all that their part has been sent


def _digests(layout: Layout, parts: int, params: Params, number: int, _: str, blob: bytes) -> Iterator[Sent]:
    return copies.digests(Block.read(blob), int(layout.keys[number]), parts, params)


def _groups(layout: Layout, params: Params, _: int, found: Found) -> Iterator[Sent]:
    return copies.groups(found["digest"], layout, params.bucket)


def _bands(layout: Layout, parts: int, params: Params, number: int, found: Found) -> Iterator[Sent]:
    block = Block.read(found["block"][0])
    return copies.bands(block, int(layout.keys[number]), found.get("double", ()), parts, params)


def _candidates(layout: Layout, params: Params, _: int, found: Found) -> Iterator[Sent]:
    return copies.candidates(found["band"], layout, params)


def _sides(layout: Layout, parts: int, number: int, found: Found) -> Iterator[Sent]:
    block, pairs, grouped = found["block"][0], found.get("candidate", ()), found.get("group", ())
    return copies.sides(Block.read(block), number, layout, pairs, grouped, parts)


def _near(params: Params, _: int, found: Found) -> Iterator[Sent]:
    return copies.near(found["side"], params)


def _paired(layout: Layout, bound: int, _: int, kind: str, blob: bytes) -> Iterator[Sent]:
    left, right = copies.across(blob, bound) if kind == "near" else copies.within(blob, bound)
    return meetings.paired(left, right, layout)


def _anchors(layout: Layout, parts: int, params: Params, number: int, _: str, blob: bytes) -> Iterator[Sent]:
    return meetings.anchors(Block.read(blob), int(layout.keys[number]), parts, params)


def _seeds(layout: Layout, params: Params, _: int, found: Found) -> Iterator[Sent]:
    return meetings.seeds(found["anchor"], layout, params)


def _texts(layout: Layout, number: int, found: Found) -> Iterator[Sent]:
    return meetings.texts(Block.read(found["block"][0]), number, layout, found.get("need", ()))


def _aligned(params: Params, part: int, found: Found) -> Iterator[Sent]:
    yield part, "passage", pack(meetings.passages(found, params))
