"""From documents in a data frame to a corpus of blocks.

Documents are sorted by their names over the whole cluster, in the order of `dedup.pipeline.scan`; each partition of
the sorted frame is cut into blocks of neighbours. A document with too little text is left out before that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from dedup.errors import EngineProblem
from dedup.executors.blocks import Block, Layout
from dedup.executors.packing import pack
from dedup.executors.prepared import prepare
from dedup.executors.records import decoded, document, encoded, head, left_out, packed, place
from dedup.executors.spark import Corpus, Kept
from dedup.params import Params
from dedup.result import Document, Skipped
from dedup.schema import ParagraphKind
from dedup.steps import normalise, repair, rewrite

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RECORDS = "kind string, source string, place string, head string, text binary"
"""A document, or an input that was skipped (its reason in ``head``)."""

_BLOCKS = (
    "part long, nth long, documents long, raw long, keys long, paragraphs long, worded long, words long, "
    "block binary, texts binary"
)

BLOCKS = 200_000
"""Most blocks of a corpus: the driver holds a row of numbers for each."""

_CHUNK = 1 << 20
"""Characters that are folded at a time to see how much text a document has."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How a corpus is divided; nothing of it changes a result.

    Parameters
    ----------
    block : int
        Characters in a block. The alignment of two blocks holds both; a document is never divided.
    part : int
        Key characters whose bands and anchors make one part of a shuffle: 30 bytes each while they are sorted.
    shard : int
        Characters whose families are described in one task.
    edges : int
        Links between documents up to which the driver finds out what hangs together; beyond, the workers do.
    """

    block: int = 4_000_000
    part: int = 32_000_000
    shard: int = 48_000_000
    edges: int = 2_000_000


Read = Callable[[Iterable[Any]], Iterator[Document | Skipped]]
"""From Arrow batches of an input frame to documents; runs in a worker."""


@dataclass(frozen=True, slots=True)
class Intake:
    """A task over batches of an input frame: what is to be compared, and what is not."""

    read: Read
    shingle: int

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Run in a worker."""
        from dedup.kernels.threads import threads

        with threads(1):
            for chunk in _chunks(self.read(batches), _CHUNK):
                yield _records(chunk, self.shingle)


def _chunks(rows: Iterable[Document | Skipped], chars: int) -> Iterator[list[Document | Skipped]]:
    held: list[Document | Skipped] = []
    size = 0
    for row in rows:
        held.append(row)
        size += len(row.text) if isinstance(row, Document) else 0
        if size >= chars or len(held) >= 4096:
            yield held
            held, size = [], 0
    if held:
        yield held


def _records(rows: Sequence[Document | Skipped], shingle: int) -> Any:
    """Return documents and what was skipped as an Arrow batch; those with too little text become skipped."""
    import pyarrow

    documents = [row for row in rows if isinstance(row, Document)]
    texts = repair.lay_out([one.text for one in documents])
    keys = normalise.normalise(texts, repair.repair(texts))
    short = (np.diff(keys.indptr) < shingle).tolist()
    skipped = [row for row in rows if isinstance(row, Skipped)]
    skipped += [left_out(one, shingle) for one, is_short in zip(documents, short, strict=True) if is_short]
    table = [
        ("document", one.source, place(one), head(one), encoded(one.text))
        for one, is_short in zip(documents, short, strict=True)
        if not is_short
    ]
    table += [("skipped", one.source, one.member or "", json.dumps(asdict(one)), b"") for one in skipped]
    names = ["kind", "source", "place", "head", "text"]
    columns = zip(*table, strict=True) if table else [()] * len(names)
    types = [pyarrow.string()] * 4 + [pyarrow.binary()]
    return pyarrow.RecordBatch.from_arrays(
        [pyarrow.array(column, kind) for column, kind in zip(columns, types, strict=True)], names=names
    )


@dataclass(frozen=True, slots=True)
class Cut:
    """A task over a partition of sorted documents: blocks of neighbours, see `_BLOCKS`."""

    chars: int

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Run in a worker."""
        from pyspark import TaskContext

        from dedup.kernels.threads import threads

        here = TaskContext.get()
        part = here.partitionId() if here is not None else 0
        with threads(1):
            for nth, documents in enumerate(_chunks(_documents(batches), self.chars)):
                yield _block(part, nth, documents)


def _documents(batches: Iterable[Any]) -> Iterator[Document]:
    for batch in batches:
        for one, text in zip(batch.column("head").to_pylist(), batch.column("text").to_pylist(), strict=True):
            yield document(one, decoded(text))


def _block(part: int, nth: int, documents: Sequence[Any]) -> Any:
    import pyarrow

    prepared = prepare(documents)
    block = Block.of(prepared)
    length = block.end - block.start
    worded = np.isin(block.kind, (ParagraphKind.BODY, ParagraphKind.LIST_ITEM)) & (length >= rewrite.LEAST)
    row = {
        "part": part,
        "nth": nth,
        "documents": prepared.documents,
        "raw": len(prepared.texts.codes),
        "keys": len(block.codes),
        "paragraphs": len(block.start),
        "worded": int(worded.sum()),
        "words": int(length[worded].sum()),
        "block": pack({name: getattr(block, name) for name in Block.__slots__}),
        "texts": packed(documents, begin=block.documents[:-1]),
    }
    return pyarrow.RecordBatch.from_pylist([row])


def taken_in(
    inputs: Sequence[tuple[DataFrame, Read]], params: Params, sizes: Sizes, kept: Kept
) -> tuple[Corpus, DataFrame]:
    """Read input frames and lay their documents out as blocks.

    Parameters
    ----------
    inputs : sequence of (DataFrame, callable)
        Frames, and what a worker makes of their batches.
    params : Params
        ``shingle``.
    sizes : Sizes
    kept : Kept

    Returns
    -------
    Corpus
    frame of RECORDS
        Kind ``skipped``: what is left out, and why. Kept.

    Raises
    ------
    EngineProblem
        If there are more than `BLOCKS` blocks.
    """
    from pyspark.sql import functions as f

    read = [frame.mapInArrow(Intake(reader, params.shingle), RECORDS) for frame, reader in inputs]
    records = kept.keep(reduce(lambda one, other: one.union(other), read))
    documents = records.filter("kind = 'document'").orderBy("source", "place", "text")
    blocks = kept.keep(documents.select("head", "text").mapInArrow(Cut(sizes.block), _BLOCKS))
    counts = ("documents", "raw", "keys", "paragraphs", "worded", "words")
    rows = blocks.select("part", "nth", *counts).orderBy("part", "nth").take(BLOCKS + 1)
    if len(rows) > BLOCKS:
        raise EngineProblem(
            "spark", f"the corpus has more than {BLOCKS} blocks of {sizes.block} characters: raise block"
        )
    layout = Layout(*(_sums([row[name] for row in rows]) for name in ("documents", "keys", "raw")))
    # The number of a block is that of the first in its partition, and its rank there.
    first = np.zeros(max((row.part for row in rows), default=0) + 2, np.int64)
    for row in rows:
        first[row.part + 1] += 1
    number = f.element_at(f.lit(np.cumsum(first).tolist()), (f.col("part") + 1).cast("int")) + f.col("nth")

    def column(kind: str, name: str) -> DataFrame:
        return blocks.select(number.alias("part"), f.lit(kind).alias("kind"), f.col(name).alias("blob"))

    least = records.sparkSession.sparkContext.defaultParallelism
    corpus = Corpus(
        blocks=column("block", "block"),
        documents=column("documents", "texts"),
        layout=layout,
        paragraphs=sum(row.paragraphs for row in rows),
        worded=(sum(row.worded for row in rows), sum(row.words for row in rows)),
        tasks=min(layout.blocks, 4096),
        parts=min(max(least, -(-int(layout.keys[-1]) // sizes.part)), 65_536),
    )
    return corpus, records.filter("kind = 'skipped'")


def _sums(values: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(values)]).astype(np.int64)
