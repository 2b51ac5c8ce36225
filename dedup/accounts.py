"""What is each document made of? Answers with `DocumentInfo` rows: counts by label, marks, repairs, rates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dedup import lines, rates
from dedup.columns import LABEL_WORDS, block, json_text
from dedup.executors.spool import Documents, without_texts
from dedup.lines import Field, Words, number, text, word, words, written
from dedup.params import LABELS
from dedup.rates import COUNTS, SHARES, Rates
from dedup.result import Document, DocumentInfo, Part, Passage
from dedup.rows import Rows, Strings, blocks, trimmed
from dedup.schema import EditKind, Edits, Int64, UInt8, UInt64

if TYPE_CHECKING:
    from dedup.provenance import Tables

REPAIRS = tuple(sorted(kind.name.lower() for kind in EditKind))
"""What machines did to texts; `DocumentRows.repair` has indices into this."""

_WITH_TEXTS = 64  # documents written at a time where their texts are with them
_LABEL_RANK = np.array([sorted(LABELS).index(label) for label in LABELS])
_REPAIR_WORDS = words(map(json_text, REPAIRS))


def accounts(tables: Tables, digests: UInt64, clusters: Sequence[str], passages: Sequence[Passage]) -> DocumentRows:
    """Return the documents of a result.

    Parameters
    ----------
    tables : Tables
    digests : uint64[D]
        Of each document's text.
    clusters : sequence of str
        Id of each family.
    passages : sequence of Passage
    """
    parts, labels = tables.segments.parts, tables.labels
    # Templates and references stand behind the reports: texts of the scan, but no documents of the result.
    indptr = tables.texts.indptr[: len(tables.documents) + 1]
    count = len(indptr) - 1
    document = np.searchsorted(indptr, labels.start, side="right") - 1
    chars = np.zeros((count + 1, len(LABELS)), np.int64)
    np.add.at(chars, (document, labels.label), labels.end - labels.start)
    shown = np.flatnonzero((labels.label != LABELS.index("own")) & (document < count))
    part = np.flatnonzero(parts.document < count)
    codes = tables.texts.codes
    title = lines.encoded(codes, *trimmed(codes, parts.title_start[part], parts.title_end[part]))
    hidden = labels.hidden[labels.hidden[:, 0] < indptr[-1]]
    hidden = hidden[np.lexsort((_LABEL_RANK[hidden[:, 2]], hidden[:, 1], hidden[:, 0]))]
    of_hidden = np.searchsorted(indptr, hidden[:, 0], side="right") - 1
    repaired, repairs = _repairs(tables.edits, indptr)

    def ptr(of: Int64) -> Int64:
        return np.searchsorted(of, np.arange(count + 1))

    def moved(of: Int64, *ends: Int64) -> Int64:
        return np.column_stack([end - indptr[of] for end in ends])

    return DocumentRows(
        documents=tables.documents,
        digest=digests,
        chars=chars[:-1],
        rates=Rates(passages).rows(np.arange(count), chars[:-1]),
        part_ptr=ptr(parts.document[part]),
        part=moved(parts.document[part], parts.raw_start[part], parts.raw_end[part]),
        part_title=Strings(title.data, np.append(title.begin, len(title.data))),
        mark_ptr=ptr(document[shown]),
        mark=moved(document[shown], labels.start[shown], labels.end[shown]),
        mark_label=labels.label[shown],
        mark_cluster=labels.family[shown],
        hidden_ptr=ptr(of_hidden),
        hidden=moved(of_hidden, hidden[:, 0], hidden[:, 1]),
        hidden_label=hidden[:, 2],
        repair_ptr=ptr(repaired),
        repair=repairs,
        clusters=(*clusters, None),
    )


@dataclass(frozen=True, eq=False)
class DocumentRows(Rows[DocumentInfo]):
    """Documents of a result as columns; see `dedup.result.DocumentInfo`.

    documents : sequence of Document             as they were read
    digest : uint64[D]
    chars : int64[D, L]                          code points by label, as in `LABELS`
    rates : int64[D, 8]                          see `dedup.rates.Rates.rows`
    part_ptr : int64[D+1]                        document d has the parts ``[part_ptr[d], part_ptr[d + 1])``
    part : int64[T, 2], part_title : Strings     start and end, offsets into the text
    mark_ptr : int64[D+1], mark : int64[M, 2], mark_label : uint8[M]
    mark_cluster : int64[M]                      index into `clusters`, the ids of the families; -1, the last, is none
    hidden_ptr : int64[D+1], hidden : int64[H, 2], hidden_label : int64[H]
    repair_ptr : int64[D+1], repair : int64[E, 2]    index into `REPAIRS`, and how many
    """

    documents: Sequence[Document]
    digest: UInt64
    chars: Int64
    rates: Int64
    part_ptr: Int64
    part: Int64
    part_title: Strings
    mark_ptr: Int64
    mark: Int64
    mark_label: UInt8
    mark_cluster: Int64
    hidden_ptr: Int64
    hidden: Int64
    hidden_label: Int64
    repair_ptr: Int64
    repair: Int64
    clusters: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.documents)

    @cached_property
    def _whole(self) -> list[DocumentInfo]:
        return [self._row(d) for d in range(len(self))]

    def _made(self, first: int, last: int) -> list[DocumentInfo]:
        # A face asks for a document at each place that it shows. With the texts in memory all fit there; where those
        # lie elsewhere, marks and rates take as much as a text.
        if isinstance(self.documents, Documents):
            return [self._row(d) for d in range(first, last)]
        return self._whole[first:last]

    def _row(self, d: int) -> DocumentInfo:
        document = self.documents[d]
        pointers = self.part_ptr, self.mark_ptr, self.hidden_ptr, self.repair_ptr
        part, mark, hidden, repair = (slice(*ptr[d : d + 2].tolist()) for ptr in pointers)
        marks = self.mark[mark].tolist(), self.mark_label[mark].tolist(), self.mark_cluster[mark].tolist()
        parts = self.part_title[part], self.part[part].tolist()
        return DocumentInfo(
            id=d,
            source=document.source,
            member=document.member,
            chars=int(self.chars[d].sum()),
            digest=f"{self.digest[d]:016x}",
            title=document.title,
            issuer=document.issuer,
            date=document.date,
            encoding=document.encoding,
            parts=tuple(Part(title, *ends) for title, ends in zip(*parts, strict=True)),
            labels=dict(zip(LABELS, self.chars[d].tolist(), strict=True)),
            rates=rates.named(self.rates[d].tolist()),
            repairs={REPAIRS[kind]: count for kind, count in self.repair[repair].tolist()},
            flags=dict(document.flags),
            marks=tuple(
                (start, end, LABELS[label], self.clusters[cluster])
                for (start, end), label, cluster in zip(*marks, strict=True)
            ),
            text=document.text,
            hidden=tuple(
                (start, end, LABELS[label])
                for (start, end), label in zip(
                    self.hidden[hidden].tolist(), self.hidden_label[hidden].tolist(), strict=True
                )
            ),
        )

    def json_blocks(self, texts: bool) -> Iterator[memoryview]:
        """Yield the documents as JSON in UTF-8, some at a time, a line each.

        Parameters
        ----------
        texts : bool
            Whether each carries its text.
        """
        from dedup.kernels.threads import ahead

        about = self.documents if texts else without_texts(self.documents)
        clusters = words(map(json_text, self.clusters))
        pieces = blocks(len(self), _WITH_TEXTS) if texts else blocks(len(self))

        def written_block(ends: tuple[int, int]) -> memoryview:
            some = [*about[slice(*ends)]]  # each field goes through them: texts are made once
            fields = self._fields(some, clusters, *ends)
            if not texts:
                return block(written(fields, "]},\n"))
            whole = lines.string('], "text": ', words(document.text for document in some))
            return block(written([*fields, whole], "},\n"))

        yield from ahead(written_block, [*pieces])

    def _fields(self, about: Sequence[Document], clusters: Words, first: int, last: int) -> list[Field]:
        """Return some documents as fields of lines, up to the last list, which is not closed."""
        rows = slice(first, last)
        repair, part, mark, hidden = (
            slice(*ptr[[first, last]].tolist())
            for ptr in (self.repair_ptr, self.part_ptr, self.mark_ptr, self.hidden_ptr)
        )

        def rows_of(ptr: Int64, fields: list[Field], behind: str) -> Words:
            return lines.runs(written(fields, behind), ptr[first : last + 1] - ptr[first], ", ")

        repairs = [word("", self.repair[repair, 0], _REPAIR_WORDS), number(": ", self.repair[repair, 1])]
        parts = [
            lines.string('{"title": ', lines.kept(self.part_title, part.start, part.stop)),
            *_ends(', "start": ', ', "end": ', self.part[part]),
        ]
        marks = [
            *_ends("[", ", ", self.mark[mark]),
            word(", ", self.mark_label[mark], LABEL_WORDS),
            word(", ", self.mark_cluster[mark], clusters),
        ]
        hiddens = [*_ends("[", ", ", self.hidden[hidden]), word(", ", self.hidden_label[hidden], LABEL_WORDS)]
        return [
            number('{"id": ', np.arange(first, last)),
            _strings(', "source": ', (document.source for document in about)),
            _strings(', "member": ', (document.member for document in about)),
            number(', "chars": ', self.chars[rows].sum(axis=1)),
            lines.name(', "digest": "', self.digest[rows]),
            _strings('", "title": ', (document.title for document in about)),
            _strings(', "issuer": ', (document.issuer for document in about)),
            _strings(', "date": ', (document.date for document in about)),
            _strings(', "encoding": ', (document.encoding for document in about)),
            text(', "parts": [', rows_of(self.part_ptr, parts, "}, ")),
            *_members('], "labels": {', LABELS, self.chars[rows], number),
            *_members('}, "rates": {', SHARES, self.rates[rows], lines.share),
            *_members(", ", COUNTS, self.rates[rows, len(SHARES) :], number),
            text('}, "repairs": {', rows_of(self.repair_ptr, repairs, ", ")),
            text('}, "flags": ', words(_sorted(document.flags) for document in about)),
            text(', "marks": [', rows_of(self.mark_ptr, marks, "], ")),
            text('], "hidden": [', rows_of(self.hidden_ptr, hiddens, "], ")),
        ]


def _ends(before: str, between: str, ends: Int64) -> list[Field]:
    return [number(before, ends[:, 0]), number(between, ends[:, 1])]


def _members(before: str, names: Sequence[str], values: Int64, kind: Callable[[str, Int64], Field]) -> list[Field]:
    """Return columns as members of an object, by their names."""
    begins = (before, *[", "] * (len(names) - 1))
    return [
        kind(f'{begin}"{one}": ', values[:, row]) for row, (begin, one) in enumerate(zip(begins, names, strict=True))
    ]


def _strings(before: str, values: Iterable[str | None]) -> Field:
    """Return strings, or null, as a field: many are the same."""
    rows = list(values)
    known = {value: row for row, value in enumerate(dict.fromkeys(rows))}
    table = words("null" if value is None else json_text(value) for value in known)
    return word(before, np.array([known[value] for value in rows], np.int64), table)


def _sorted(flags: Mapping[str, int]) -> str:
    return json_text(dict(sorted(flags.items()))) if flags else "{}"


def _repairs(edits: Edits, indptr: Int64) -> tuple[Int64, Int64]:
    """Return documents with repairs, ascending, and what of and how many (int64[E], int64[E, 2])."""
    start = edits.start[edits.start < indptr[-1]]
    rank = np.array([REPAIRS.index(kind.name.lower()) for kind in EditKind])
    document = np.searchsorted(indptr, start, side="right") - 1
    pairs, count = np.unique(document * len(REPAIRS) + rank[edits.kind[: len(start)]], return_counts=True)
    return pairs // len(REPAIRS), np.column_stack([pairs % len(REPAIRS), count])
