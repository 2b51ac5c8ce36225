"""Where does it stand? Answers with the ways back from tables to documents, lines, pages and headings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dedup import lines
from dedup.columns import Places
from dedup.executors.spool import without_texts
from dedup.intervals import once, ordered
from dedup.kernels import places as kernels
from dedup.kernels.threads import shared
from dedup.lines import written
from dedup.reach import reach
from dedup.result import Document
from dedup.rows import Strings, strings, trimmed
from dedup.schema import Edits, Families, Int64, KeyStream, Labels, Passages, Segments, Texts, string

if TYPE_CHECKING:
    from dedup.steps.contrast import Changes

_HEADING = 40  # characters of a heading that are shown


class _Paths:
    """Heading paths, each made once: most headings of places are those of places before."""

    def __init__(self) -> None:
        self._known = self._at = np.empty(0, np.int64)
        self.told = strings(np.empty(0, np.uint8), self._at)

    def tell(self, tables: Tables, headings: Int64) -> None:
        """Make the paths of headings that are new; those told of before keep their rows."""
        fresh = once(headings)
        fresh = fresh[~np.isin(fresh, self._known, assume_unique=True)]
        more = tables.path(fresh)
        known, at = np.append(self._known, fresh), np.append(self._at, len(self.told) + np.arange(len(fresh)))
        order = np.argsort(known)
        self._known, self._at = known[order], at[order]
        size = np.append(np.diff(self.told.indptr), np.diff(more.indptr))
        self.told = strings(np.append(self.told.data, more.data), size)

    def row(self, headings: Int64) -> Int64:
        """Return the rows in `told` of headings that were told of."""
        return self._at[np.searchsorted(self._known, headings)]


@dataclass(frozen=True)
class Tables:
    """All tables of one scan, and the ways back from key to provenance."""

    texts: Texts
    edits: Edits
    keys: KeyStream
    segments: Segments
    passages: Passages
    families: Families
    labels: Labels
    changes: Changes
    documents: Sequence[Document]

    def slice(self, start: int, end: int) -> str:
        """Return the raw text of a raw range."""
        return string(self.texts.codes[start:end])

    def key_text(self, start: int, end: int) -> str:
        """Return the key text of a key range."""
        return string(self.keys.codes[start:end])

    @cached_property
    def about(self) -> Sequence[Document]:
        """The documents, for what is known of them beside their texts (empty where those lie in a table)."""
        return without_texts(self.documents)

    @cached_property
    def first_line(self) -> Int64:
        """Row of each document's first line in ``segments.lines``."""
        return np.searchsorted(self.segments.lines, self.texts.indptr[:-1])

    @cached_property
    def first_paragraph(self) -> Int64:
        """Row of each document's first paragraph."""
        return np.searchsorted(self.segments.raw_start, self.texts.indptr[:-1])

    @cached_property
    def first_part(self) -> Int64:
        """Row of each document's first part."""
        return np.searchsorted(self.segments.parts.raw_start, self.texts.indptr[:-1])

    def places(self, start: Int64, end: Int64) -> Places:
        """Return key ranges, each of at least one code point, as places with provenance."""
        if not len(start):
            none = np.empty(0, np.int64)
            return Places(none, none, none, none, none, none, none, none, strings(none.astype(np.uint8), none))
        if (start[1:] < start[:-1]).any():
            # In the order of the tables, which a large corpus has in files: each page is then read once, in a row.
            order = ordered(start)
            back = np.empty_like(order)
            back[order] = np.arange(len(order))
            return self.places(start[order], end[order]).taken(back)
        segments = self.segments
        raw_start, raw_end = reach(self.texts, self.keys, segments, start, end)
        document, line, paragraph, part, heading = np.empty((5, len(start)), np.int64)
        shared(
            kernels.places, len(start),
            raw_start, self.texts.indptr, segments.lines, segments.raw_start, segments.parts.raw_start,
            segments.heading, segments.document, document, line, paragraph, part, heading,
        )  # fmt: skip
        base = self.texts.indptr[document]
        self._paths.tell(self, heading)
        return Places(
            document=document,
            start=raw_start - base,
            end=raw_end - base,
            line=np.maximum(line - self.first_line[document] + 1, 1),
            part=np.maximum(part - self.first_part[document], -1),
            page=self._pages(document, raw_start - base),
            paragraph=np.where(paragraph >= 0, paragraph - self.first_paragraph[document] + 1, -1),
            path=self._paths.row(heading),
            paths=self._paths.told,
        )

    def _pages(self, document: Int64, offset: Int64) -> Int64:
        page = np.full(len(document), -1, np.int64)
        for number, one in enumerate(self.about):
            if one.pages:
                rows = np.flatnonzero(document == number)
                page[rows] = np.searchsorted(one.pages, offset[rows], side="right")
        return page

    @cached_property
    def _paths(self) -> _Paths:
        return _Paths()

    def path(self, headings: Int64) -> Strings:
        """Return headings and those above each, outermost first, as JSON lists; of -1 an empty one."""
        segments = self.segments
        chain = [headings]
        while (chain[-1] >= 0).any():
            chain.append(np.where(chain[-1] >= 0, segments.heading[chain[-1]], -1))
        levels = np.column_stack(chain[::-1])
        known = levels >= 0
        heading, of = np.unique(levels[known], return_inverse=True)
        start = segments.raw_start[heading]
        ends = trimmed(self.texts.codes, start, np.minimum(segments.raw_end[heading], start + _HEADING))
        own = written([lines.string("", lines.encoded(self.texts.codes, *ends))], "")
        told = written([lines.word("", of, lines.kept(own, 0, len(own)))], ", ")
        border = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
        return written([lines.text("[", lines.runs(told, border, ", "))], "]")
