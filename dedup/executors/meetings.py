"""Where do documents of different blocks agree? Pure functions between shuffles, see `blocks`.

Anchors meet by their hash and make seeds; seeds and pairs of paragraphs are sent to the meeting of the two blocks
in which they lie, the documents concerned are sent after them, and what meets is aligned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from dedup.executors.blocks import Block, Columns, Layout, Sent, distinct, read, spread
from dedup.executors.packing import pack, unpacked
from dedup.intervals import positions
from dedup.params import Params
from dedup.schema import Int64
from dedup.steps import align, anchor, background, pair


def anchors(block: Block, base: int, parts: int, params: Params) -> Iterator[Sent]:
    """Send the sampled anchors of the documents to where equal ones meet."""
    packed = anchor.minimisers(block.keys, params.anchor, params.window)
    value = (packed >> np.uint64(32)).astype(np.uint32)
    place = (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)
    unit = block.units[np.searchsorted(block.units, place, side="right") - 1]
    part = ((value.astype(np.uint64) * np.uint64(parts)) >> np.uint64(32)).astype(np.int64)
    yield from spread("anchor", part, {"hash": value, "place": place + base, "unit": unit + base})


def seeds(blobs: Iterable[bytes], layout: Layout, params: Params) -> Iterator[Sent]:
    """Pair the places of each anchor, capped and linked as in `dedup.steps.anchor`.

    Only hashes are compared here; that the characters agree is seen where the documents meet (`passages`).

    Yields
    ------
    seed
        To where the documents of two places meet.
    need
        Asks the blocks for these documents.
    over
        How many anchors stood in more places than the bound, and in how many the most frequent one.
    """
    value, place, unit = read(blobs, "hash", "place", "unit")
    order = np.lexsort((place, value))
    value, place, unit = value[order], place[order], unit[order]
    border = (
        np.flatnonzero(np.diff(value.astype(np.int64), prepend=-1, append=-1)) if len(value) else np.zeros(1, int)
    )
    size = np.diff(border)
    shared = size > 1
    member = np.repeat(shared, size)
    place, unit = place[member], unit[member]
    group = np.concatenate([[0], np.cumsum(size[shared])]).astype(np.int64)
    over = size > params.anchor_bucket
    yield 0, "over", pack({"over": np.array([over.sum()]), "largest": np.array([size.max(initial=0)])})
    left, right = _linked(np.diff(group), unit, params.anchor_bucket)
    left, right = place[left], place[right]
    yield from spread("seed", layout.meeting(left, right), {"left": left, "right": right})
    order = np.argsort(place)
    place, unit = place[order], unit[order]  # a unit is asked for once, not once a seed
    yield from needs(unit[np.searchsorted(place, left)], unit[np.searchsorted(place, right)], layout)


def _linked(size: Int64, unit: Int64, cap: int) -> tuple[Int64, Int64]:
    """Return the pairs of rows of groups that lie end to end, as `dedup.kernels.seeds.pairs` makes them.

    All with all up to the cap, but for those of one report, which are paired with the next one only; above it, each
    with the one before it, and with the first where that is of another report.
    """
    begin = np.repeat(np.cumsum(size) - size, size)
    row = np.arange(len(begin))
    few = np.repeat(size <= cap, size)
    earlier = np.where(few, row - begin, np.minimum(row - begin, 2))
    right = np.repeat(row, earlier)
    left = positions(np.where(few, begin, 0), earlier)
    many = ~few[right]
    nearest = np.ones(
        len(right), bool
    )  # of the one or two partners in a large group, the first written is the nearest
    nearest[1:] = right[1:] != right[:-1]
    left[many] = np.where(nearest, right - 1, begin[right])[many]
    kept = (left == right - 1) | (unit[left] != unit[right])
    return left[kept], right[kept]


def paired(left: Int64, right: Int64, layout: Layout) -> Iterator[Sent]:
    """Send pairs of paragraphs to where their documents meet, and ask for the documents."""
    yield from spread("pair", layout.meeting(left, right), {"left": left, "right": right})
    yield from needs(left, right, layout)


def needs(left: Int64, right: Int64, layout: Layout) -> Iterator[Sent]:
    """Ask each block for the documents in which places stand, to be sent to the meeting of two blocks."""
    part = layout.meeting(left, right)
    place = np.concatenate([left, right])
    part, place = distinct(np.concatenate([part, part]), place)
    yield from spread("need", layout.block_of(place), {"part": part, "place": place})


def texts(block: Block, number: int, layout: Layout, blobs: Iterable[bytes]) -> Iterator[Sent]:
    """Send the documents that were asked for to where they are needed."""
    base = int(layout.keys[number])
    part, place = read(blobs, "part", "place")
    part, document = distinct(part, np.searchsorted(block.documents, place - base, side="right") - 1)
    border = np.flatnonzero(np.diff(part, prepend=-1, append=-1))
    for first, last in zip(border[:-1].tolist(), border[1:].tolist(), strict=True):
        rows = document[first:last]
        piece = _taken(block, rows)
        columns = {name: getattr(piece, name) for name in Block.__slots__}
        yield int(part[first]), "text", pack(columns | {"begin": block.documents[rows] + base})


def _taken(block: Block, rows: Int64) -> Block:
    """Return some documents of a block; rows ascending, distinct."""
    low, high = block.documents[rows], block.documents[rows + 1]
    first, last = np.searchsorted(block.start, low), np.searchsorted(block.start, high)
    last[high == block.documents[-1]] = len(block.start)
    paragraphs = positions(first, last - first)
    documents = np.concatenate([[0], np.cumsum(high - low)]).astype(np.int64)
    shift = documents[:-1] - low
    by = np.repeat(shift, last - first)
    unit_first, unit_last = np.searchsorted(block.units, low), np.searchsorted(block.units, high)
    units = block.units[positions(unit_first, unit_last - unit_first)] + np.repeat(shift, unit_last - unit_first)
    return Block(
        codes=block.codes[positions(low, high - low)],
        documents=documents,
        units=np.append(units, documents[-1]),
        start=block.start[paragraphs] + by,
        end=block.end[paragraphs] + by,
        kind=block.kind[paragraphs],
    )


def passages(found: Mapping[str, Iterable[bytes]], params: Params) -> Columns:
    """Align what was found of the documents of two blocks.

    Parameters
    ----------
    found : mapping
        Blobs of kind ``seed``, ``pair`` and ``text``.
    params : Params

    Returns
    -------
    dict of columns
        Those of `dedup.schema.Passages`, at places of the corpus; ``left_document`` and ``right_document`` are the
        places at which the documents begin.
    """
    pieces = sorted((unpacked(blob) for blob in found.get("text", ())), key=lambda one: int(one["begin"][0]))
    block, begin = _laid_end_to_end(pieces)

    def here(place: Int64) -> Int64:
        document = np.searchsorted(begin, place, side="right") - 1
        return block.documents[document] + place - begin[document]

    left, right = (here(place) for place in read(found.get("seed", ()), "left", "right"))
    kept = anchor.worth(block.keys, left, right, params.anchor)
    first, second = distinct(*read(found.get("pair", ()), "left", "right"))
    near = pair.unverified(block.rows(here(first)), block.rows(here(second)))
    weak = np.zeros(int(kept.sum()), bool)
    seeds = anchor.seeds(block.keys, block.segments, left[kept], right[kept], weak, near, params.anchor)
    counts = background.load()
    table = align.align(
        block.keys,
        block.segments,
        seeds,
        params,
        lambda start, end: background.span_bits(block.keys, start, end, counts)[0],
    )
    columns = {name: getattr(table, name) for name in type(table).__slots__}
    for side in ("left", "right"):
        start = columns[f"{side}_start"]
        document = np.searchsorted(block.documents, start, side="right") - 1
        shift = begin[document] - block.documents[document]
        columns[f"{side}_document"] = begin[document]
        columns[f"{side}_start"], columns[f"{side}_end"] = start + shift, columns[f"{side}_end"] + shift
    return columns


def _laid_end_to_end(pieces: list[Columns]) -> tuple[Block, Int64]:
    """Return pieces of blocks as one block, and where each of its documents begins in the corpus."""
    base = np.cumsum([0, *(len(piece["codes"]) for piece in pieces)])

    def raised(name: str, last: bool) -> Int64:
        columns = [piece[name][: None if last else -1] + by for piece, by in zip(pieces, base, strict=False)]
        return np.concatenate([*columns, [] if last else base[-1:]]).astype(np.int64)

    return Block(
        codes=np.concatenate([piece["codes"] for piece in pieces]),
        documents=raised("documents", last=False),
        units=raised("units", last=False),
        start=raised("start", last=True),
        end=raised("end", last=True),
        kind=np.concatenate([piece["kind"] for piece in pieces]),
    ), np.concatenate([piece["begin"] for piece in pieces])
