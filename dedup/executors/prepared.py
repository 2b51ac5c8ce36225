"""A batch of documents as tables: what can be made of each document alone.

Nothing here looks from one document into another, so that batches of any size, prepared anywhere in any order, join
into the tables that one batch of all documents gives (`joined`), and the tables of some documents can be taken out
again (`taken`). Both are tested against preparing afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.result import Document
from dedup.schema import Edits, Int64, KeyStream, Parts, Segments, Slots, Texts
from dedup.steps import furniture, normalise, repair, segment


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


def with_segments(texts: Texts, edits: Edits, keys: KeyStream, documents: Sequence[Document]) -> Prepared:
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
    parts = np.searchsorted(keys.origin, segments.parts.raw_start)
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
    raw = _bases([len(one.texts.codes) for one in batches])
    key = _bases([len(one.keys.codes) for one in batches])
    document = _bases([one.documents for one in batches])
    paragraph = _bases([len(one.segments.start) for one in batches])
    part = _bases([len(one.segments.parts.document) for one in batches])
    put_in = _bases([len(one.edits.codes) for one in batches])

    def plain(column: Callable[[Prepared], np.ndarray]) -> np.ndarray:
        return np.concatenate([column(one) for one in batches])

    def raised(column: Callable[[Prepared], np.ndarray], by: list[int]) -> np.ndarray:
        return np.concatenate([column(one) + base for one, base in zip(batches, by, strict=True)])

    def borders(column: Callable[[Prepared], np.ndarray], by: list[int]) -> np.ndarray:
        return np.concatenate([[0], *(column(one)[1:] + base for one, base in zip(batches, by, strict=True))])

    def rows(column: Callable[[Prepared], np.ndarray], by: list[int]) -> np.ndarray:
        return np.concatenate(
            [np.where(column(one) < 0, -1, column(one) + base) for one, base in zip(batches, by, strict=True)]
        )

    sentences = raised(lambda one: one.segments.sentences, key)
    return Prepared(
        texts=Texts(plain(lambda one: one.texts.codes), borders(lambda one: one.texts.indptr, raw)),
        edits=Edits(
            start=raised(lambda one: one.edits.start, raw),
            end=raised(lambda one: one.edits.end, raw),
            kind=plain(lambda one: one.edits.kind),
            indptr=borders(lambda one: one.edits.indptr, put_in),
            codes=plain(lambda one: one.edits.codes),
        ),
        keys=KeyStream(
            codes=plain(lambda one: one.keys.codes),
            origin=raised(lambda one: one.keys.origin, raw),
            span=plain(lambda one: one.keys.span),
            indptr=borders(lambda one: one.keys.indptr, key),
            slots=Slots(
                start=raised(lambda one: one.keys.slots.start, raw),
                end=raised(lambda one: one.keys.slots.end, raw),
                key=raised(lambda one: one.keys.slots.key, key),
                kind=plain(lambda one: one.keys.slots.kind),
            ),
        ),
        segments=Segments(
            document=raised(lambda one: one.segments.document, document),
            start=raised(lambda one: one.segments.start, key),
            end=raised(lambda one: one.segments.end, key),
            raw_start=raised(lambda one: one.segments.raw_start, raw),
            raw_end=raised(lambda one: one.segments.raw_end, raw),
            kind=plain(lambda one: one.segments.kind),
            level=plain(lambda one: one.segments.level),
            part=rows(lambda one: one.segments.part, part),
            heading=rows(lambda one: one.segments.heading, paragraph),
            # A document that ends in a line of digits and the next one begin at one key position.
            sentences=sentences[np.diff(sentences, prepend=-1) > 0],
            lines=raised(lambda one: one.segments.lines, raw),
            parts=Parts(
                document=raised(lambda one: one.segments.parts.document, document),
                raw_start=raised(lambda one: one.segments.parts.raw_start, raw),
                raw_end=raised(lambda one: one.segments.parts.raw_end, raw),
                title_start=raised(lambda one: one.segments.parts.title_start, raw),
                title_end=raised(lambda one: one.segments.parts.title_end, raw),
            ),
        ),
        noise=raised(lambda one: one.noise, raw),
    )


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


def _bases(lengths: list[int]) -> list[int]:
    """Return what stands before each of the parts."""
    return [0, *np.cumsum(lengths[:-1], dtype=np.int64).tolist()]


def _lowered(rows: Int64, base: int) -> Int64:
    """Return row numbers less a base; -1 stays -1."""
    return np.where(rows < 0, -1, rows - base)
