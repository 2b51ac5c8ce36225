"""Passages and families as columns: sequences of the objects at the door that make an object when it is asked for.

A large corpus has hundreds of thousands of passages, each with two places and a dozen changes: as objects they take
a kilobyte and ten microseconds each, as columns a tenth of it. Whoever indexes or iterates gets `Passage` and
`Cluster` objects; the JSON is written from the columns, to the same bytes (a test compares).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from dedup.intervals import positions
from dedup.lines import Field, Words, kept, name, number, runs, share, shelf, string, text, word, words, written
from dedup.params import LABELS
from dedup.result import GRADES, Change, Cluster, Evidence, Passage, Span
from dedup.rows import Rows, Strings, blocks
from dedup.schema import Bool, Int64, UInt8, UInt64

DIRECTIONS = ("unknown", "forward", "backward")
"""Directions of a passage; `PassageRows.direction` is an index into this."""

SHARE = 10_000
"""Shares (wording, similarity) are kept in units of one over this, so that they print alike on every platform."""


json_text = json.JSONEncoder(ensure_ascii=False).encode
"""JSON of a value, in the script it is written in."""

LABEL_WORDS = words(map(json_text, LABELS))
_GRADE_WORDS = words(map(json_text, GRADES))
_DIRECTION_WORDS = words(map(json_text, DIRECTIONS))
_STAR_WORDS = words(map(json_text, (False, True)))


@dataclass(frozen=True, eq=False)
class Places(Rows[Span]):
    """Spans as columns; see `dedup.result.Span`.

    document, start, end, line, part, page, paragraph : int64[n]   -1 where a span has none
    path : int64[n]                  row of `paths`
    paths : Strings                  heading paths, outermost first: JSON lists
    """

    document: Int64
    start: Int64
    end: Int64
    line: Int64
    part: Int64
    page: Int64
    paragraph: Int64
    path: Int64
    paths: Strings

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def paths_json(self) -> Words:
        """The heading paths as words of lines."""
        return kept(self.paths, 0, len(self.paths))

    @cached_property
    def headings(self) -> tuple[tuple[str, ...], ...]:
        """The heading paths."""
        return tuple(map(tuple, json.loads(f"[{','.join(self.paths)}]")))

    def _columns(self, first: int, last: int) -> Iterator[tuple[int, ...]]:
        columns = (self.document, self.start, self.end, self.line, self.part, self.page, self.paragraph, self.path)
        return zip(*(column[first:last].tolist() for column in columns), strict=True)

    def _made(self, first: int, last: int) -> list[Span]:
        paths = self.headings
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

    def fields(self, first: int, last: int, before: str) -> list[Field]:
        """Return some rows as the fields of JSON objects, without the closing brace."""
        rows = slice(first, last)
        return [
            number(f'{before}{{"document": ', self.document[rows]),
            number(', "start": ', self.start[rows]),
            number(', "end": ', self.end[rows]),
            number(', "line": ', self.line[rows]),
            number(', "part": ', self.part[rows]),
            number(', "page": ', self.page[rows]),
            number(', "paragraph": ', self.paragraph[rows]),
            word(', "headings": ', self.path[rows], self.paths_json),
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
    left_start, left_end, right_start, right_end : int64[C]    positions of the changes in all texts, end to end
    left_base, right_base : int64[R]     where the texts of both sides begin among them
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
    left_start: Int64
    left_end: Int64
    right_start: Int64
    right_end: Int64
    left_base: Int64
    right_base: Int64
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
                self.change_kind[low:high].tolist(), self.changed(first, last).tolist(), strict=True
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

    def changed(self, first: int, last: int) -> Int64:
        """Return where the changes of some passages are (int64[n, 4]): left start, left end, right start, right end.

        Offsets into the texts. They are not kept so: of a corpus they are a gigabyte that only who writes asks for.
        """
        low, high = self.change_ptr[[first, last]].tolist()
        count = np.diff(self.change_ptr[first : last + 1])
        found = np.empty((high - low, 4), np.int64)
        columns = self.left_start, self.left_end, self.right_start, self.right_end
        for side, column in enumerate(columns):
            base = self.left_base if side < 2 else self.right_base
            np.subtract(column[low:high], np.repeat(base[first:last], count), out=found[:, side])
        return found

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
        changes = positions(self.change_ptr[at], count)
        columns = ["id", "label", "grade", "wording", "similarity", "kind", "direction", "cluster"]
        columns += ["left_base", "right_base"]
        changed: dict[str, Any] = {name: getattr(self, name)[at] for name in columns}
        changed |= {"left": self.left.taken(at), "right": self.right.taken(at)}
        changed |= {"change_ptr": np.concatenate([[0], np.cumsum(count)])}
        of_changes = ("change_kind", "left_start", "left_end", "right_start", "right_end")
        changed |= {name: getattr(self, name)[changes] for name in of_changes}
        return replace(self, **changed)

    def json_blocks(self) -> Iterator[memoryview]:
        """Yield the passages as JSON in UTF-8, some at a time, a line each."""
        from dedup.kernels.threads import ahead

        clusters = words(map(json_text, self.clusters))
        kinds = words(map(json_text, self.kinds))
        change_kinds = words(map(json_text, self.change_kinds))
        paths = self.left.paths_json, self.right.paths_json
        constant = shelf((clusters, kinds, change_kinds, *paths, LABEL_WORDS, _GRADE_WORDS, _DIRECTION_WORDS))

        def made(ends: tuple[int, int]) -> memoryview:
            first, last = ends
            rows = slice(first, last)
            border = self.change_ptr[first : last + 1]
            change = self.changed(first, last)
            changes = written(
                [
                    word('{"kind": ', self.change_kind[border[0] : border[-1]], change_kinds),
                    number(', "left": [', change[:, 0]),
                    number(", ", change[:, 1]),
                    number('], "right": [', change[:, 2]),
                    number(", ", change[:, 3]),
                ],
                "]}, ",
                constant,
            )
            lines = written(
                [
                    name('{"id": "', self.id[rows]),
                    word('", "label": ', self.label[rows], LABEL_WORDS),
                    word(', "grade": ', self.grade[rows], _GRADE_WORDS),
                    share(', "wording": ', self.wording[rows]),
                    share(', "similarity": ', self.similarity[rows]),
                    word(', "kind": ', self.kind[rows], kinds),
                    word(', "direction": ', self.direction[rows], _DIRECTION_WORDS),
                    word(', "cluster": ', self.cluster[rows], clusters),
                    *self.left.fields(first, last, ', "left": '),
                    *self.right.fields(first, last, '}, "right": '),
                    text('}, "changes": [', runs(changes, border - border[0], ", ")),
                ],
                "]},\n",
                constant,
            )
            return block(lines)

        yield from ahead(made, [*blocks(len(self))])


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
    evidence : Strings                          JSON lists
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
        members = positions(self.member_ptr[at], count)
        columns = ("label", "grade", "star", "medoid", "earliest", "weakest", "similarity", "documents", "issuers")
        changed: dict[str, Any] = {name: getattr(self, name)[at] for name in columns}
        changed |= {"title": self.title.taken(at), "evidence": self.evidence.taken(at)}
        changed |= {"id": tuple(self.id[row] for row in rows), "members": self.members.taken(members)}
        changed |= {"member_ptr": np.concatenate([[0], np.cumsum(count)]), "wording": self.wording[members]}
        return replace(self, **changed)

    def json_blocks(self) -> Iterator[memoryview]:
        """Yield the families as JSON in UTF-8, some at a time, a line each."""
        from dedup.kernels.threads import ahead

        constant = shelf((self.members.paths_json, LABEL_WORDS, _GRADE_WORDS, _STAR_WORDS))

        def made(ends: tuple[int, int]) -> memoryview:
            first, last = ends
            rows = slice(first, last)
            border = self.member_ptr[first : last + 1]
            low, high = int(border[0]), int(border[-1])
            members = written(
                [*self.members.fields(low, high, ""), share(', "wording": ', self.wording[low:high])], "}, ", constant
            )
            lines = written(
                [
                    text('{"id": ', words(map(json_text, self.id[rows]))),
                    word(', "label": ', self.label[rows], LABEL_WORDS),
                    word(', "grade": ', self.grade[rows], _GRADE_WORDS),
                    word(', "star": ', self.star[rows], _STAR_WORDS),
                    string(', "title": ', kept(self.title, first, last)),
                    number(', "medoid": ', self.medoid[rows]),
                    number(', "earliest": ', self.earliest[rows]),
                    share(', "weakest": ', self.weakest[rows]),
                    share(', "similarity": ', self.similarity[rows]),
                    number(', "documents": ', self.documents[rows]),
                    number(', "issuers": ', self.issuers[rows]),
                    text(', "members": [', runs(members, border - low, ", ")),
                    text('], "evidence": ', kept(self.evidence, first, last)),
                ],
                "},\n",
                constant,
            )
            return block(lines)

        yield from ahead(made, [*blocks(len(self))])


def block(lines: Strings) -> memoryview:
    """Return lines as they stand one behind the other, but for the separator behind the last."""
    return lines.data[: len(lines.data) - len(",\n")].data
