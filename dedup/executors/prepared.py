"""A batch of documents as tables: what can be made of each document alone.

Nothing here looks from one document into another, so that batches of any size, prepared anywhere in any order, join
into the tables that one batch of all documents gives (`joined`), and the tables of some documents can be taken out
again (`taken`). Both are tested against preparing afresh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from dedup.executors.packing import build, columns
from dedup.read.pending import Pending, Stretch
from dedup.result import Document
from dedup.schema import Edits, Int64, KeyStream, Parts, Segments, Slots, Texts
from dedup.steps import furniture, normalise, repair, segment


class Keyed(Protocol):
    """Whatever has a key stream and its segments."""

    @property
    def keys(self) -> KeyStream:
        """The key stream."""

    @property
    def segments(self) -> Segments:
        """Its paragraphs."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A key stream and its segments, and nothing else."""

    keys: KeyStream
    segments: Segments


@dataclass(frozen=True, slots=True)
class Prepared:
    """The tables of a batch of documents.

    texts : Texts
    edits : Edits
    keys : KeyStream
    segments : Segments
    noise : int64[n, 2]   raw ranges of page noise, sorted, disjoint, none in two documents

    Raw and key positions count from the beginning of the batch.
    """

    texts: Texts
    edits: Edits
    keys: KeyStream
    segments: Segments
    noise: Int64

    @property
    def documents(self) -> int:
        """Number of documents."""
        return self.texts.documents


def prepare(documents: Sequence[Document]) -> Prepared:
    """Return the tables of some documents.

    Parameters
    ----------
    documents : sequence of Document
        Together less than 2**32 characters.

    Returns
    -------
    Prepared
    """
    texts = repair.lay_out([document.text for document in documents])
    edits = repair.repair(texts)
    keys = normalise.normalise(texts, edits)
    return with_segments(texts, edits, keys, documents)


def laid_out(documents: Sequence[Document | Pending]) -> Texts:
    """Return the texts of documents end to end: where they are, if reading has laid them there in this order."""
    found = [one.written for one in documents if isinstance(one, Pending)]
    laid = [one for one in found if isinstance(one, Stretch)]
    if not laid or len(laid) < len(documents):
        return repair.lay_out([one.text for one in documents])
    if any(one.codes is not other.codes or one.end != other.start for one, other in pairwise(laid)):
        return repair.lay_out([one.text for one in documents])
    first, last = laid[0].start, laid[-1].end
    indptr = np.array([*(one.start for one in laid), last], np.int64) - first
    return Texts(laid[0].codes[first:last], indptr)


def with_segments(texts: Texts, edits: Edits, keys: KeyStream, documents: Sequence[Document | Pending]) -> Prepared:
    """Return the tables of a batch whose texts are repaired and folded: page noise and segments are added."""
    noise = furniture.furniture(texts, edits, [document.furniture for document in documents])
    return Prepared(texts, edits, keys, segment.segment(texts, edits, keys, noise), noise)


def cut_at_parts(keys: KeyStream, segments: Segments) -> KeyStream:
    """Return the key stream cut at parts as well as documents.

    The parts of a collection file are reports of their own: a passage must not run from the end of one into the
    beginning of the next, however the same two stand side by side elsewhere.
    """
    return KeyStream(keys.codes, keys.origin, keys.span, unit_borders(keys, segments), keys.slots)


def unit_borders(keys: KeyStream, segments: Segments) -> Int64:
    """Return the key positions at which documents and parts begin, and the end of the last."""
    parts = keys.first_from(segments.parts.raw_start)
    return np.union1d(keys.indptr, parts).astype(np.int64)


def joined(batches: Sequence[Prepared]) -> Prepared:
    """Return the tables of several batches as those of one.

    Parameters
    ----------
    batches : sequence of Prepared
        At least one.

    Returns
    -------
    Prepared
        Exactly what `prepare` gives for all their documents at once.

    Notes
    -----
    O(N): every column is copied once, its positions and row numbers raised by what stands before its batch.
    """
    if len(batches) == 1:
        return batches[0]
    before, last = counts(None), dict[str, int]()
    pieces: dict[str, list[np.ndarray]] = {name: [] for name in RAISED}
    for one in batches:
        for name, column in columns(one):
            pieces[name].append(raised(name, column, before, last))
        before = {name: count + before[name] for name, count in counts(one).items()}
    return build(Prepared, {name: np.concatenate(column) for name, column in pieces.items()})


RAISED: dict[str, tuple[str, str]] = {
    "texts.codes": ("raw", "as it is"),
    "texts.indptr": ("raw", "borders"),
    "edits.start": ("raw", "positions"),
    "edits.end": ("raw", "positions"),
    "edits.kind": ("raw", "as it is"),
    "edits.indptr": ("mended", "borders"),
    "edits.codes": ("mended", "as it is"),
    "keys.codes": ("key", "as it is"),
    "keys.origin": ("raw", "positions"),
    "keys.span": ("key", "as it is"),
    "keys.indptr": ("key", "borders"),
    "keys.slots.start": ("raw", "positions"),
    "keys.slots.end": ("raw", "positions"),
    "keys.slots.key": ("key", "positions"),
    "keys.slots.kind": ("key", "as it is"),
    "segments.document": ("document", "positions"),
    "segments.start": ("key", "positions"),
    "segments.end": ("key", "positions"),
    "segments.raw_start": ("raw", "positions"),
    "segments.raw_end": ("raw", "positions"),
    "segments.kind": ("paragraph", "as it is"),
    "segments.level": ("paragraph", "as it is"),
    "segments.part": ("part", "rows or -1"),
    "segments.heading": ("paragraph", "rows or -1"),
    # A document that ends in a line of digits and the next one begin at one key position.
    "segments.sentences": ("key", "distinct"),
    "segments.lines": ("raw", "positions"),
    "segments.parts.document": ("document", "positions"),
    "segments.parts.raw_start": ("raw", "positions"),
    "segments.parts.raw_end": ("raw", "positions"),
    "segments.parts.title_start": ("raw", "positions"),
    "segments.parts.title_end": ("raw", "positions"),
    "noise": ("raw", "positions"),
}
"""For each column of `Prepared`: what its values count, and what they are."""


def counts(batch: Prepared | None) -> dict[str, int]:
    """Return how many there are in a batch of what columns count; nothing before the first one."""
    if batch is None:
        return dict.fromkeys(("raw", "key", "document", "paragraph", "part", "mended"), 0)
    return {
        "raw": len(batch.texts.codes),
        "key": len(batch.keys.codes),
        "document": batch.documents,
        "paragraph": len(batch.segments.start),
        "part": len(batch.segments.parts.document),
        "mended": len(batch.edits.codes),
    }


def raised(name: str, column: np.ndarray, before: Mapping[str, int], last: dict[str, int]) -> np.ndarray:
    """Return a column of one batch as it stands in the tables of all.

    Parameters
    ----------
    name : str
        Of the column, a key of `RAISED`.
    column : array
    before : mapping
        How many of everything stand before the batch, see `counts`.
    last : dict
        The last value of columns of borders and of distinct values so far: kept up to date here, empty at first.
    """
    counted, how = RAISED[name]
    if how == "as it is":
        return column
    base = before[counted]
    if how == "rows or -1":
        return np.where(column < 0, -1, column + base)
    moved = column + base
    if how == "positions" or not len(moved):
        return moved
    again = last.get(name) == moved[0]  # the end of the batch before is the beginning of this one
    last[name] = int(moved[-1])
    return moved[int(again) :]


def taken(prepared: Prepared, documents: Int64) -> Prepared:
    """Return the tables of some documents of a batch.

    Parameters
    ----------
    prepared : Prepared
    documents : int64[n]
        Rows, ascending, distinct, at least one.

    Returns
    -------
    Prepared
        Exactly what `prepare` gives for these documents alone. Documents that are neighbours are taken in one slice,
        and where all are, columns that hold no positions are not copied.
    """
    begins = np.flatnonzero(np.diff(documents, prepend=-2) > 1)
    ends = np.append(begins[1:], len(documents)) - 1
    runs = zip(documents[begins].tolist(), (documents[ends] + 1).tolist(), strict=True)
    return joined([_slice(prepared, first, last) for first, last in runs])


def _slice(prepared: Prepared, first: int, last: int) -> Prepared:
    """Return the tables of the documents ``[first, last)``."""
    if (first, last) == (0, prepared.documents):
        return prepared
    texts, edits, keys, segments = prepared.texts, prepared.edits, prepared.keys, prepared.segments
    raw, raw_end = texts.indptr[[first, last]].tolist()
    key, key_end = keys.indptr[[first, last]].tolist()

    def rows(column: Int64, low: int, high: int) -> slice:
        return slice(*np.searchsorted(column, (low, high)).tolist())

    edit = rows(edits.start, raw, raw_end)
    slot = rows(keys.slots.start, raw, raw_end)
    paragraph = rows(segments.document, first, last)
    part = rows(segments.parts.document, first, last)
    put_in = int(edits.indptr[edit.start])
    start = segments.start[paragraph] - key
    inside = segments.sentences[rows(segments.sentences, key, key_end)] - key
    return Prepared(
        texts=Texts(texts.codes[raw:raw_end], texts.indptr[first : last + 1] - raw),
        edits=Edits(
            start=edits.start[edit] - raw,
            end=edits.end[edit] - raw,
            kind=edits.kind[edit],
            indptr=edits.indptr[edit.start : edit.stop + 1] - put_in,
            codes=edits.codes[put_in : int(edits.indptr[edit.stop])],
        ),
        keys=KeyStream(
            codes=keys.codes[key:key_end],
            origin=keys.origin[key:key_end] - raw,
            span=keys.span[key:key_end],
            indptr=keys.indptr[first : last + 1] - key,
            slots=Slots(
                start=keys.slots.start[slot] - raw,
                end=keys.slots.end[slot] - raw,
                key=keys.slots.key[slot] - key,
                kind=keys.slots.kind[slot],
            ),
        ),
        segments=Segments(
            document=segments.document[paragraph] - first,
            start=start,
            end=segments.end[paragraph] - key,
            raw_start=segments.raw_start[paragraph] - raw,
            raw_end=segments.raw_end[paragraph] - raw,
            kind=segments.kind[paragraph],
            level=segments.level[paragraph],
            part=_lowered(segments.part[paragraph], part.start),
            heading=_lowered(segments.heading[paragraph], paragraph.start),
            # An empty paragraph at the end begins where the next document does: paragraphs say so, positions do not.
            sentences=np.union1d(inside, start[-1:]),
            lines=segments.lines[rows(segments.lines, raw, raw_end)] - raw,
            parts=Parts(
                document=segments.parts.document[part] - first,
                raw_start=segments.parts.raw_start[part] - raw,
                raw_end=segments.parts.raw_end[part] - raw,
                title_start=segments.parts.title_start[part] - raw,
                title_end=segments.parts.title_end[part] - raw,
            ),
        ),
        noise=prepared.noise[rows(prepared.noise[:, 0], raw, raw_end)] - raw,
    )


def _lowered(rows: Int64, base: int) -> Int64:
    """Return row numbers less a base; -1 stays -1."""
    return np.where(rows < 0, -1, rows - base)
