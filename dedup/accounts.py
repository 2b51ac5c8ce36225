"""What is each document made of? Answers with `DocumentInfo` rows: counts by label, marks, repairs, rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from dedup.columns import PassageRows
from dedup.params import LABELS
from dedup.result import Document, DocumentInfo, Part, Passage
from dedup.rows import Rows
from dedup.schema import EditKind, Int64

if TYPE_CHECKING:
    from dedup.provenance import Tables

COPYING = ("copy", "mass")
"""Labels whose passages have a source."""


def accounts(
    tables: Tables, digests: Sequence[str], clusters: Sequence[str], passages: Sequence[Passage]
) -> Sequence[DocumentInfo]:
    """Return the documents of a result.

    Parameters
    ----------
    tables : Tables
    digests : sequence of str
        Of each document's text.
    clusters : sequence of str
        Id of each family.
    passages : sequence of Passage
    """
    account = Account(tables, digests, clusters, passages)
    if isinstance(tables.documents, (list, tuple)):
        return tuple(account.row(d, document, document.text) for d, document in enumerate(tables.documents))
    # What is made when it is asked for is made so in the result too: marks and rates take as much as a text.
    return StoredDocuments(account, tables.documents)


class Account:
    """What is known of each document, in columns.

    Parameters
    ----------
    As `accounts` takes them.
    """

    def __init__(
        self, tables: Tables, digests: Sequence[str], clusters: Sequence[str], passages: Sequence[Passage]
    ) -> None:
        self._texts, self._parts, self._labels = tables.texts, tables.segments.parts, tables.labels
        self._digests, self._clusters = digests, clusters
        self._repairs, self._hidden, self._rates = _repairs(tables), _hidden(tables), Rates(passages)
        self._first_part = np.append(tables.first_part, len(self._parts.raw_start))
        # Templates and references stand behind the reports: texts of the scan, but no documents of the result.
        indptr = tables.texts.indptr[: len(tables.documents) + 1]
        labels = tables.labels
        document = np.searchsorted(indptr, labels.start, side="right") - 1
        self._chars = np.zeros((len(indptr), len(LABELS)), np.int64)
        np.add.at(self._chars, (document, labels.label), labels.end - labels.start)
        self._shown = np.flatnonzero(labels.label != LABELS.index("own"))
        self._borders = np.searchsorted(document[self._shown], np.arange(len(indptr)))

    def row(self, d: int, document: Document, text: str | None) -> DocumentInfo:
        """Return what the result says of a document."""
        parts, (base, end) = self._parts, self._texts.indptr[d : d + 2].tolist()
        counts = dict(zip(LABELS, self._chars[d].tolist(), strict=True))
        return DocumentInfo(
            id=d,
            source=document.source,
            member=document.member,
            chars=end - base,
            digest=self._digests[d],
            title=document.title,
            issuer=document.issuer,
            date=document.date,
            encoding=document.encoding,
            parts=tuple(
                Part(
                    self._slice(int(parts.title_start[row]), int(parts.title_end[row])).strip(),
                    int(parts.raw_start[row]) - base,
                    int(parts.raw_end[row]) - base,
                )
                for row in range(int(self._first_part[d]), int(self._first_part[d + 1]))
            ),
            labels=counts,
            rates=self._rates.of(d, counts),
            repairs=self._repairs.get(d, {}),
            flags=dict(document.flags),
            marks=self._marks(d, base),
            text=text,
            hidden=tuple(self._hidden.get(d, ())),
        )

    def _slice(self, start: int, end: int) -> str:
        return self._texts.codes[start:end].tobytes().decode("utf-32-le", "surrogatepass")

    def _marks(self, d: int, base: int) -> tuple[tuple[int, int, str, str | None], ...]:
        """Return the runs of a document that are not its own text."""
        labels = self._labels
        rows = self._shown[self._borders[d] : self._borders[d + 1]]
        columns = (labels.start[rows] - base, labels.end[rows] - base, labels.label[rows], labels.family[rows])
        return tuple(
            (start, end, LABELS[label], self._clusters[family] if family >= 0 else None)
            for start, end, label, family in zip(*(column.tolist() for column in columns), strict=True)
        )


@dataclass(frozen=True, eq=False)
class StoredDocuments(Rows[DocumentInfo]):
    """Documents of a result whose texts lie elsewhere, made when one is asked for.

    account : Account
    documents : sequence of Document    with texts
    """

    account: Account
    documents: Sequence[Document]

    def __len__(self) -> int:
        return len(self.documents)

    def _made(self, first: int, last: int) -> list[DocumentInfo]:
        found = ((row, self.documents[row]) for row in range(first, last))
        return [self.account.row(row, document, document.text) for row, document in found]


def _hidden(tables: Tables) -> dict[int, list[tuple[int, int, str]]]:
    """Return, for each document that has any, the explained ranges that its marks do not show."""
    found: dict[int, list[tuple[int, int, str]]] = {}
    indptr = tables.texts.indptr
    for start, end, label in tables.labels.hidden.tolist():
        document = int(np.searchsorted(indptr, start, side="right")) - 1
        base = int(indptr[document])
        found.setdefault(document, []).append((start - base, end - base, LABELS[label]))
    return {document: sorted(rows) for document, rows in found.items()}


def _repairs(tables: Tables) -> dict[int, dict[str, int]]:
    """Return, for each document with repairs, how many there are of each kind."""
    edits = tables.edits
    found: dict[int, dict[str, int]] = {}
    if len(edits.start):
        keys = np.stack([tables.texts.document_of(edits.start), edits.kind.astype(np.int64)], axis=1)
        for (document, kind), count in zip(*np.unique(keys, axis=0, return_counts=True), strict=True):
            found.setdefault(int(document), {})[EditKind(kind).name.lower()] = int(count)
    return found


class Rates:
    """The rates of a report as reviewers know them; docs/format.md defines each.

    Parameters
    ----------
    passages : sequence of Passage
        Of the whole result.
    """

    SHORTEST = 50  # characters outside page noise, below which a share says nothing

    def __init__(self, passages: Sequence[Passage]) -> None:
        document, other, start, end = _sides(passages)
        self._longest: dict[int, int] = {}
        self._largest: dict[int, int] = {}
        self._sources: dict[int, int] = {}
        for one, length in _greatest(document, end - start):
            self._longest[one] = length
        across = document != other
        document, other, start, end = (column[across] for column in (document, other, start, end))
        order = np.lexsort((start, other, document))
        document, other, start, end = (column[order] for column in (document, other, start, end))
        pair, covered = _unions(document, other, start, end)
        for one, chars in _greatest(document[pair], covered):
            self._largest[one] = chars
        self._sources = dict(
            zip(*(column.tolist() for column in np.unique(document[pair], return_counts=True)), strict=True)
        )

    def of(self, document: int, labels: Mapping[str, int]) -> dict[str, float | int | None]:
        """Return the rates of one document.

        Parameters
        ----------
        document : int
        labels : mapping of str to int
            Its characters by label.
        """
        whole = sum(labels.values()) - labels["furniture"]
        repeated = whole - labels["own"]

        def share(chars: int) -> float | None:
            return round(chars / whole, 4) if whole >= self.SHORTEST else None

        return {
            "repeated": share(repeated),
            "without_formula": share(repeated - labels["formula"] - labels["template"]),
            "without_citation": share(repeated - labels["citation"]),
            "without_self": share(repeated - labels["self"]),
            "copied": share(labels["copy"] + labels["mass"]),
            "largest_source": share(min(self._largest.get(document, 0), whole)),
            "longest_passage": self._longest.get(document, 0),
            "sources": self._sources.get(document, 0),
        }


@cache
def _copying_codes() -> tuple[int, ...]:
    return tuple(LABELS.index(label) for label in COPYING)


def _sides(passages: Sequence[Passage]) -> tuple[Int64, Int64, Int64, Int64]:
    """Return, for both sides of all copying passages, document, the other side's document, start, end (int64)."""
    if isinstance(passages, PassageRows):
        kept = np.isin(passages.label, _copying_codes())
        left, right = passages.left, passages.right
        columns = [
            np.concatenate([one[kept], other[kept]])
            for one, other in (
                (left.document, right.document),
                (right.document, left.document),
                (left.start, right.start),
                (left.end, right.end),
            )
        ]
        return columns[0], columns[1], columns[2], columns[3]
    rows = [
        (one.document, other.document, one.start, one.end)
        for passage in passages
        if passage.label in COPYING
        for one, other in ((passage.left, passage.right), (passage.right, passage.left))
    ]
    document, other, start, end = np.array(rows, np.int64).reshape(-1, 4).T
    return document, other, start, end


def _greatest(group: Int64, value: Int64) -> list[tuple[int, int]]:
    """Return the greatest value of each group."""
    order = np.lexsort((-value, group))
    groups, first = np.unique(group[order], return_index=True)
    return list(zip(groups.tolist(), value[order][first].tolist(), strict=True))


def _unions(document: Int64, other: Int64, start: Int64, end: Int64) -> tuple[Int64, Int64]:
    """Return the first row of each run of equal pairs, and how many positions its ranges cover (sorted rows)."""
    if not len(start):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    new = np.ones(len(start), bool)
    new[1:] = (document[1:] != document[:-1]) | (other[1:] != other[:-1])
    first = np.flatnonzero(new)
    # Each pair is moved beyond the one before it, so that one running maximum serves all.
    shift = (np.cumsum(new) - 1) * (int(end.max()) + 1)
    reach = np.maximum.accumulate(end + shift)
    before = np.concatenate([[0], reach[:-1]])
    fresh = np.maximum(0, end + shift - np.maximum(start + shift, before))
    return first, np.add.reduceat(fresh, first)
