"""Passages and families as columns: sequences of the objects at the door that make an object when it is asked for.

A large corpus has hundreds of thousands of passages, each with two places and a dozen changes: as objects they take
a kilobyte and ten microseconds each, as columns a tenth of it. Whoever indexes or iterates gets `Passage` and
`Cluster` objects; the JSON is written from the columns, to the same bytes (a test compares).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from dedup.params import LABELS
from dedup.result import GRADES, Change, Cluster, Evidence, Passage, Span
from dedup.rows import BLOCK, Rows, Strings
from dedup.schema import Bool, Int64, UInt8, UInt64

DIRECTIONS = ("unknown", "forward", "backward")
"""Directions of a passage; `PassageRows.direction` is an index into this."""

SHARE = 10_000
"""Shares (wording, similarity) are kept in units of one over this, so that they print alike on every platform."""


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_LABEL_JSON = [_text(label) for label in LABELS]
_GRADE_JSON = [_text(grade) for grade in GRADES]
_DIRECTION_JSON = [_text(direction) for direction in DIRECTIONS]


@dataclass(frozen=True, eq=False)
class Places(Rows[Span]):
    """Spans as columns; see `dedup.result.Span`.

    document, start, end, line, part, page, paragraph : int64[n]   -1 where a span has none
    path : int64[n]                  row of `paths`
    paths : tuple of tuples of str   heading paths
    """

    document: Int64
    start: Int64
    end: Int64
    line: Int64
    part: Int64
    page: Int64
    paragraph: Int64
    path: Int64
    paths: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def _paths_json(self) -> list[str]:
        return [_text(list(path)) for path in self.paths]

    def _columns(self, first: int, last: int) -> Iterator[tuple[int, ...]]:
        columns = (self.document, self.start, self.end, self.line, self.part, self.page, self.paragraph, self.path)
        return zip(*(column[first:last].tolist() for column in columns), strict=True)

    def _made(self, first: int, last: int) -> list[Span]:
        paths = self.paths
        return [
            Span(
                document,
                start,
                end,
                line,
                part if part >= 0 else None,
                page if page >= 0 else None,
                paragraph if paragraph >= 0 else None,
                paths[path],
            )
            for document, start, end, line, part, page, paragraph, path in self._columns(first, last)
        ]

    def taken(self, rows: Int64) -> Places:
        """Return rows in another order (int64[m])."""
        changed = {name: getattr(self, name)[rows] for name in self.__dataclass_fields__ if name != "paths"}
        return replace(self, **changed)

    def json(self, first: int, last: int) -> list[str]:
        """Return some rows as JSON objects without the braces."""
        paths = self._paths_json
        return [
            f'"document": {document}, "start": {start}, "end": {end}, "line": {line}, '
            f'"part": {part if part >= 0 else "null"}, "page": {page if page >= 0 else "null"}, '
            f'"paragraph": {paragraph if paragraph >= 0 else "null"}, "headings": {paths[path]}'
            for document, start, end, line, part, page, paragraph, path in self._columns(first, last)
        ]


@dataclass(frozen=True, eq=False)
class PassageRows(Rows[Passage]):
    """Passages as columns; see `dedup.result.Passage`.

    id : uint64[R]
    label, grade : uint8[R]              indices into `LABELS` and `GRADES`
    wording, similarity : int64[R]       in units of one over `SHARE`
    left, right : Places
    kind : uint8[R]                      index into `kinds`
    direction : uint8[R]                 index into `DIRECTIONS`
    cluster : int64[R]                   index into `clusters`, the ids of the families; -1, the last, is none
    change_ptr : int64[R+1]              passage r owns the changes ``[change_ptr[r], change_ptr[r + 1])``
    change_kind : int64[C]               index into `change_kinds`
    change : int64[C, 4]                 left start, left end, right start, right end; offsets into the texts
    """

    id: UInt64
    label: UInt8
    grade: UInt8
    wording: Int64
    similarity: Int64
    left: Places
    right: Places
    kind: UInt8
    direction: UInt8
    cluster: Int64
    change_ptr: Int64
    change_kind: Int64
    change: Int64
    clusters: tuple[str | None, ...]
    kinds: tuple[str, ...]
    change_kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.id)

    def _made(self, first: int, last: int) -> list[Passage]:
        low, high = (int(self.change_ptr[row]) for row in (first, last))
        changes = [
            Change(self.change_kinds[kind], (a, b), (c, d))
            for kind, (a, b, c, d) in zip(
                self.change_kind[low:high].tolist(), self.change[low:high].tolist(), strict=True
            )
        ]
        borders = (self.change_ptr[first : last + 1] - low).tolist()
        return [
            Passage(
                id=f"{name:016x}",
                label=LABELS[label],
                grade=GRADES[grade],
                wording=wording / SHARE,
                similarity=similarity / SHARE,
                left=left,
                right=right,
                kind=self.kinds[kind],
                direction=DIRECTIONS[direction],
                cluster=self.clusters[cluster],
                changes=tuple(changes[borders[row] : borders[row + 1]]),
            )
            for row, (name, label, grade, wording, similarity, kind, direction, cluster, left, right) in enumerate(
                zip(*self._scalars(first, last), self.left[first:last], self.right[first:last], strict=True)
            )
        ]

    def _scalars(self, first: int, last: int) -> list[list[Any]]:
        columns = (
            self.id, self.label, self.grade, self.wording, self.similarity, self.kind, self.direction, self.cluster,
        )  # fmt: skip
        return [column[first:last].tolist() for column in columns]

    def of(self, clusters: Set[str | None]) -> list[int]:
        """Return the rows that belong to some families; None stands for those that belong to none."""
        wanted = np.array([name in clusters for name in (*self.clusters, None)], bool)
        return np.flatnonzero(wanted[self.cluster]).tolist()

    def taken(self, rows: Sequence[int]) -> PassageRows:
        """Return some rows, in the order given."""
        at = np.asarray(rows, np.int64)
        count = np.diff(self.change_ptr)[at]
        changes = np.repeat(self.change_ptr[at] - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
        columns = ("id", "label", "grade", "wording", "similarity", "kind", "direction", "cluster")
        changed: dict[str, Any] = {name: getattr(self, name)[at] for name in columns}
        changed |= {"left": self.left.taken(at), "right": self.right.taken(at)}
        changed |= {"change_ptr": np.concatenate([[0], np.cumsum(count)])}
        changed |= {"change_kind": self.change_kind[changes], "change": self.change[changes]}
        return replace(self, **changed)

    def json_lines(self) -> Iterator[str]:
        """Yield each passage as JSON."""
        clusters = [_text(name) for name in self.clusters]
        kinds = [_text(name) for name in self.kinds]
        heads = [f'{{"kind": {_text(name)}, "left": [' for name in self.change_kinds]
        for first in range(0, len(self), BLOCK):
            last = min(first + BLOCK, len(self))
            low, high = (int(self.change_ptr[row]) for row in (first, last))
            changes = [
                f'{heads[kind]}{a}, {b}], "right": [{c}, {d}]}}'
                for kind, (a, b, c, d) in zip(
                    self.change_kind[low:high].tolist(), self.change[low:high].tolist(), strict=True
                )
            ]
            borders = (self.change_ptr[first : last + 1] - low).tolist()
            places = self.left.json(first, last), self.right.json(first, last)
            for row, (name, label, grade, wording, similarity, kind, direction, cluster, left, right) in enumerate(
                zip(*self._scalars(first, last), *places, strict=True)
            ):
                yield (
                    f'{{"id": "{name:016x}", "label": {_LABEL_JSON[label]}, "grade": {_GRADE_JSON[grade]}, '
                    f'"wording": {wording / SHARE}, "similarity": {similarity / SHARE}, "kind": {kinds[kind]}, '
                    f'"direction": {_DIRECTION_JSON[direction]}, "cluster": {clusters[cluster]}, '
                    f'"left": {{{left}}}, "right": {{{right}}}, '
                    f'"changes": [{", ".join(changes[borders[row] : borders[row + 1]])}]}}'
                )


@dataclass(frozen=True, slots=True)
class Facts:
    """What is told of some families, as bytes: titles, and evidence as the JSON that a result has of it.

    title, evidence : uint8[...]          UTF-8, end to end
    title_size, evidence_size : int64[F]  bytes of each
    star : bool[F]                        whether it has a shared oddity
    """

    title: UInt8
    title_size: Int64
    evidence: UInt8
    evidence_size: Int64
    star: Bool

    @classmethod
    def of(cls, rows: Iterable[tuple[str, Sequence[Evidence], bool]]) -> Facts:
        """Return title, evidence and star of some families as columns."""
        titles, evidence, star = [], [], []
        for title, found, oddity in rows:
            titles.append(title.encode("utf-8", "surrogatepass"))
            facts = _text([{"kind": one.kind, "facts": dict(one.facts)} for one in found])
            evidence.append(facts.encode("utf-8", "surrogatepass"))
            star.append(oddity)
        columns = ((np.frombuffer(b"".join(side), np.uint8), _sizes(side)) for side in (titles, evidence))
        return cls(*next(columns), *next(columns), np.array(star, bool))


def _sizes(rows: Sequence[bytes]) -> Int64:
    return np.array([len(row) for row in rows], np.int64)


@dataclass(frozen=True, eq=False)
class ClusterRows(Rows[Cluster]):
    """Families as columns, in the order in which they are shown; see `dedup.result.Cluster`.

    id : tuple of str [F]
    title : Strings
    label, grade : uint8[F]                     indices into `LABELS` and `GRADES`
    star : bool[F]
    medoid, earliest : int64[F]                 rows within the family's members; -1 where nobody knows
    weakest, similarity : int64[F]              in units of one over `SHARE`
    documents, issuers : int64[F]
    member_ptr : int64[F+1], members : Places, wording : int64[G]
    evidence : Strings                          JSON, see `Facts`
    """

    id: tuple[str, ...]
    title: Strings
    label: UInt8
    grade: UInt8
    star: Bool
    medoid: Int64
    earliest: Int64
    weakest: Int64
    similarity: Int64
    documents: Int64
    issuers: Int64
    member_ptr: Int64
    members: Places
    wording: Int64
    evidence: Strings

    def __len__(self) -> int:
        return len(self.id)

    def _scalars(self, first: int, last: int) -> Iterator[tuple[Any, ...]]:
        columns = (
            self.label, self.grade, self.star, self.medoid, self.earliest, self.weakest, self.similarity,
            self.documents, self.issuers,
        )  # fmt: skip
        rows = slice(first, last)
        return zip(
            self.id[rows], self.title[rows], self.evidence[rows], *(c[rows].tolist() for c in columns), strict=True
        )

    def _made(self, first: int, last: int) -> list[Cluster]:
        low, high = (int(self.member_ptr[row]) for row in (first, last))
        spans = self.members[low:high]
        wording = [value / SHARE for value in self.wording[low:high].tolist()]
        borders = (self.member_ptr[first : last + 1] - low).tolist()
        return [
            Cluster(
                id=name,
                label=LABELS[label],
                grade=GRADES[grade],
                title=title,
                medoid=medoid,
                weakest=weakest / SHARE,
                similarity=similarity / SHARE,
                members=tuple(spans[borders[row] : borders[row + 1]]),
                wording=tuple(wording[borders[row] : borders[row + 1]]),
                documents=documents,
                issuers=issuers,
                star=star,
                earliest=earliest if earliest >= 0 else None,
                evidence=tuple(Evidence(**one) for one in json.loads(evidence)),
            )
            for row, (
                name, title, evidence, label, grade, star, medoid, earliest, weakest, similarity, documents, issuers,
            ) in enumerate(self._scalars(first, last))
        ]  # fmt: skip

    def taken(self, rows: Sequence[int]) -> ClusterRows:
        """Return some rows, in the order given."""
        at = np.asarray(rows, np.int64)
        count = np.diff(self.member_ptr)[at]
        members = np.repeat(self.member_ptr[at] - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
        columns = ("label", "grade", "star", "medoid", "earliest", "weakest", "similarity", "documents", "issuers")
        changed: dict[str, Any] = {name: getattr(self, name)[at] for name in columns}
        changed |= {"title": self.title.taken(at), "evidence": self.evidence.taken(at)}
        changed |= {"id": tuple(self.id[row] for row in rows), "members": self.members.taken(members)}
        changed |= {"member_ptr": np.concatenate([[0], np.cumsum(count)]), "wording": self.wording[members]}
        return replace(self, **changed)

    def json_lines(self) -> Iterator[str]:
        """Yield each family as JSON."""
        for first in range(0, len(self), BLOCK):
            last = min(first + BLOCK, len(self))
            low, high = (int(self.member_ptr[row]) for row in (first, last))
            wording = self.wording[low:high].tolist()
            places = self.members.json(low, high)
            members = [f'{{{place}, "wording": {one / SHARE}}}' for place, one in zip(places, wording, strict=True)]
            borders = (self.member_ptr[first : last + 1] - low).tolist()
            for row, (
                name, title, evidence, label, grade, star, medoid, earliest, weakest, similarity, documents, issuers,
            ) in enumerate(self._scalars(first, last)):  # fmt: skip
                yield (
                    f'{{"id": {_text(name)}, "label": {_LABEL_JSON[label]}, "grade": {_GRADE_JSON[grade]}, '
                    f'"star": {"true" if star else "false"}, "title": {_text(title)}, "medoid": {medoid}, '
                    f'"earliest": {earliest if earliest >= 0 else "null"}, "weakest": {weakest / SHARE}, '
                    f'"similarity": {similarity / SHARE}, "documents": {documents}, "issuers": {issuers}, '
                    f'"members": [{", ".join(members[borders[row] : borders[row + 1]])}], '
                    f'"evidence": {evidence}}}'
                )
