"""From tables to the result at the door: passages, families and documents with provenance.

Nothing is decided here. Positions leave key coordinates, ids are made from content, and what faces read stays in
columns until someone asks for an object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from dedup.accounts import accounts
from dedup.columns import DIRECTIONS, SHARE, ClusterRows, PassageRows
from dedup.digests import digest, of_texts
from dedup.digests import digests as named
from dedup.evidence import Witness
from dedup.executors import local, mapped
from dedup.intervals import distinct, positions
from dedup.kernels.threads import beside
from dedup.lines import encoded, spread, text, words, written
from dedup.params import LABELS, Params
from dedup.provenance import Tables
from dedup.result import GRADES, Limit, Result, Skipped
from dedup.rows import Strings, blocks, strings
from dedup.schema import Bool, Families, Float64, Int64, KeyStream, PassageKind, Texts, UInt8, UInt64, string
from dedup.steps.contrast import KINDS

if TYPE_CHECKING:
    from dedup.executors.local import Folder, Memory

TITLED = 300
"""Families that get a title of key terms, the first ones shown; further ones are titled by their first characters,
which costs nothing."""

TOLD = 1 << 12
"""Families whose titles and evidence are found as one part."""

NEIGHBOURS = 1 << 12
"""Key characters a family up to which families are neighbours: a look at one of them reads as much."""

_NAMED = 1 << 16  # families named at a time
_TITLE = 12  # key characters of a medoid that stand for a title
_TOLD = 200  # key characters of a medoid that its title is made of
_KINDS = tuple(kind.name.lower() for kind in PassageKind)
_ORDER = ("copy", "mass", "self", "template", "citation", "formula")


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


@dataclass(frozen=True, slots=True)
class Names:
    """What texts and families are called, by their content.

    digests : uint64[D]      of the text of each document
    families : list of str   id of each family
    """

    digests: UInt64
    families: list[str]


def names(texts: Texts, keys: KeyStream, families: Families, documents: int) -> Names:
    """Return the names of documents and families.

    Digests are Python's own, which leaves other threads the interpreter for long texts only: a scan lets this be at
    work beside kernels, as soon as families stand.
    """
    return Names(of_texts(texts.codes, texts.indptr[: documents + 1]), _ids(keys, families))


def describe(
    tables: Tables,
    params: Params,
    skipped: Sequence[Skipped],
    limits: Sequence[Limit],
    version: str,
    before: int = 0,
    run: Memory | Folder | None = None,
    known: Names | None = None,
) -> Result:
    """Return the result of a scan.

    Parameters
    ----------
    tables : Tables
    params : Params
    skipped, limits
        What was not analysed, and what was bounded.
    version : str
    before : int
        Families shown before these, where these are not all: only the first ones get a title and slips.
    run : executor, optional
        Keeps what is told of families, some of them at a time, and lays columns where they need no memory.
    known : Names, optional
        As `names` returns them, where they have been made already.

    Returns
    -------
    Result
        Clusters in the order of their label, grade, size and first member; passages in the order of their left and
        right places.
    """
    run = run or local.Memory()
    known = known or names(tables.texts, tables.keys, tables.families, len(tables.documents))
    digests, ids = known.digests, known.families
    passages = run.aside("rows", _passages(tables, digests, ids, run))
    with beside(accounts, tables, digests, ids, passages) as documents:
        clusters = _clusters(tables, ids, passages, before, run)
    return Result(
        version=version,
        params=params,
        documents=run.aside("documents", documents()),
        passages=passages,
        clusters=clusters,
        skipped=tuple(skipped),
        limits=tuple(limits),
    )


def _ids(keys: KeyStream, families: Families) -> list[str]:
    """Return the name of each family, made of its medoid's key text."""
    start, end = families.start[families.medoid], families.end[families.medoid]
    found: list[str] = []
    for first, last in blocks(len(start), _NAMED):
        texts = encoded(keys.codes, start[first:last], end[first:last])
        data, borders = texts.data.tobytes(), zip(texts.begin.tolist(), texts.end.tolist(), strict=True)
        found += named("family", (data[low:high] for low, high in borders))
    seen: dict[str, int] = {}
    for row, name in enumerate(found):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:  # two families around equal stretches: told apart by their rank
            text = string(keys.codes[start[row] : end[row]])
            found[row] = digest("family", text, str(seen[name]))
    return found


def _clusters(
    tables: Tables, ids: Sequence[str], passages: PassageRows, before: int, run: Memory | Folder
) -> ClusterRows:
    """Return the families in the order in which they are shown."""
    families, labels = tables.families, tables.labels
    size = np.diff(families.indptr)
    places = run.aside("homes", tables.places(families.start, families.end))
    family = np.repeat(np.arange(len(size)), size)
    chars = np.bincount(family, weights=places.end - places.start, minlength=len(size)).astype(np.int64)
    rank = np.array([_ORDER.index(name) if name in _ORDER else len(_ORDER) for name in LABELS])
    grade_rank = np.where(labels.family_grade > 0, labels.family_grade, len(GRADES))
    order = np.lexsort((np.arange(len(size)), -chars, grade_rank, rank[labels.family_label]))
    witness = cache(lambda: Witness(tables, places))  # none is asked where all parts are there already
    rank = np.empty(len(size), np.int64)
    rank[order] = before + np.arange(len(size))
    pieces = run.pieces(len(size), TOLD)
    # In parts they are told of as they stand in the texts, and put in order when all are: in the order shown each is
    # a look somewhere else, and of a corpus larger than the memory a look is a wait for the disk.
    told = order if len(pieces) == 1 else np.arange(len(size))

    def facts(first: int, last: int) -> Facts:
        numbers = told[first:last]
        if told is not order:
            _read_ahead(tables, numbers)
        with beside(_titles, tables, numbers, rank[numbers]) as titles:
            evidence, star = witness().of(numbers, rank[numbers])
        title = titles()
        return Facts(title.data, np.diff(title.indptr), evidence.data, np.diff(evidence.indptr), star)

    parts = run.here("facts", Facts, facts, pieces, lambda: witness().prepare())
    found = run.laid("facts", parts)
    if told is not order:
        kept = strings(found.title, found.title_size), strings(found.evidence, found.evidence_size)
        found = run.laid("told", (_told(*kept, found.star, order[first:last]) for first, last in pieces))
    # Members of the families in the order shown.
    row = positions(families.indptr[:-1][order], size[order])
    wording = _shares(families.wording)
    return ClusterRows(
        id=tuple(ids[number] for number in order.tolist()),
        title=strings(found.title, found.title_size),
        label=labels.family_label[order],
        grade=labels.family_grade[order],
        star=found.star,
        medoid=(families.medoid - families.indptr[:-1])[order],
        earliest=_earliest(tables, places.document, family, len(size))[order],
        weakest=_least(wording, families.indptr)[order],
        similarity=_least(passages.similarity[families.passages], families.passage_indptr)[order],
        documents=distinct(family, places.document, len(size))[order],
        issuers=labels.issuers[order],
        member_ptr=np.concatenate([[0], np.cumsum(size[order])]),
        members=run.aside("members", places.taken(row)),
        wording=wording[row],
        evidence=strings(found.evidence, found.evidence_size),
    )


def _read_ahead(tables: Tables, numbers: Int64) -> None:
    """Let the texts in which some families begin, neighbours, be read in one piece and not page by page.

    Not where they are so far apart that most of what is read would be other text.
    """
    families, keys = tables.families, tables.keys
    first = families.indptr[numbers]
    low, high = int(families.start[first[0]]), int(families.end[first].max())
    if high - low <= NEIGHBOURS * len(numbers):
        for column in (keys.codes, keys.origin, keys.span):
            mapped.ahead(column[low:high])
        mapped.ahead(tables.texts.codes[int(keys.origin[low]) : int(keys.origin[high - 1]) + 1])


def _told(title: Strings, evidence: Strings, star: Bool, rows: Int64) -> Facts:
    """Return what is told of some families, in the order given."""
    titles, evidences = title.taken(rows), evidence.taken(rows)
    return Facts(titles.data, np.diff(titles.indptr), evidences.data, np.diff(evidences.indptr), star[rows])


def _titles(tables: Tables, numbers: Int64, rank: Int64) -> Strings:
    """Return titles of families, given their places in the order shown."""
    from dedup.keyterms import key_terms

    families = tables.families
    medoid = families.medoid[numbers]
    start, end = families.start[medoid], families.end[medoid]
    told = {}
    for at in np.flatnonzero(rank < TITLED).tolist():
        terms = key_terms(tables.key_text(int(start[at]), min(int(end[at]), int(start[at]) + _TOLD)))
        if terms:
            told[at] = " ".join(terms)
    rows = np.array([*told], np.int64)
    size = np.minimum(end - start, _TITLE)
    size[rows] = 0
    plain = encoded(tables.keys.codes, start, start + size)
    return written([text("", plain), text("", spread(words(told.values()), rows, len(numbers)))], "")


def _shares(values: Float64) -> Int64:
    return np.rint(values * SHARE).astype(np.int64)


def _least(values: Int64, indptr: Int64) -> Int64:
    """Return the least value of each row of a CSR table; 1 as a share for an empty row."""
    least = np.full(len(indptr) - 1, SHARE, np.int64)
    filled = np.flatnonzero(np.diff(indptr))
    if len(filled):
        least[filled] = np.minimum.reduceat(values, indptr[filled])
    return least


def _earliest(tables: Tables, document: Int64, family: Int64, families: int) -> Int64:
    """Return the row of the member with the earliest date, if all dates are known and one is alone the earliest."""
    earliest = np.full(families, -1, np.int64)
    known = sorted({one.date for one in tables.about if one.date is not None})
    if not known or not len(family):
        return earliest
    rank = {date: number for number, date in enumerate(known)}
    when = np.array([-1 if one.date is None else rank[one.date] for one in tables.about])[document]
    first = tables.families.indptr[:-1]
    least = np.minimum.reduceat(when, first)
    is_least = when == least[family]
    alone = (np.bincount(family[is_least], minlength=families) == 1) & (least >= 0)
    rows = np.flatnonzero(is_least & alone[family])
    earliest[family[rows]] = rows - first[family[rows]]
    return earliest


def _passages(tables: Tables, digests: UInt64, ids: Sequence[str], run: Memory | Folder) -> PassageRows:
    table, changes, families, labels = tables.passages, tables.changes, tables.families, tables.labels
    count = len(table.wording)
    left = run.aside("left", tables.places(table.left_start, table.left_end))
    right = run.aside("right", tables.places(table.right_start, table.right_end))
    of_passage = np.full(count, -1, np.int64)
    owner = np.repeat(np.arange(len(ids)), np.diff(families.passage_indptr))
    of_passage[families.passages[::-1]] = owner[::-1]
    return PassageRows(
        id=_mixed(digests[left.document], left.start, digests[right.document], right.start),
        # One more behind the families: row -1, for a passage whose two stretches ended in different families.
        label=np.append(labels.family_label, np.uint8(LABELS.index("copy")))[of_passage],
        grade=np.append(labels.family_grade, np.uint8(GRADES.index("C")))[of_passage],
        wording=_shares(table.wording),
        similarity=_shares(changes.similarity),
        left=left,
        right=right,
        kind=table.kind,
        direction=_directions(tables, left.document, right.document),
        cluster=of_passage,
        change_ptr=np.searchsorted(changes.passage, np.arange(count + 1)),
        change_kind=changes.kind,
        left_start=changes.left_start,
        left_end=changes.left_end,
        right_start=changes.right_start,
        right_end=changes.right_end,
        left_base=tables.texts.indptr[left.document],
        right_base=tables.texts.indptr[right.document],
        clusters=(*ids, None),
        kinds=_KINDS,
        change_kinds=KINDS,
    )


def _mixed(*columns: np.ndarray) -> UInt64:
    """Return one number for each row of some columns, the same on every platform (finaliser of splitmix64)."""
    value = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        with np.errstate(over="ignore"):
            value = (value + column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            value ^= value >> np.uint64(31)
    return value


def _directions(tables: Tables, left: Int64, right: Int64) -> UInt8:
    """Return which side is earlier by the dates of the documents, as far as both dates are known."""
    direction = np.zeros(len(left), np.uint8)
    dated = np.array([document.date is not None for document in tables.about], bool)
    pairs = np.flatnonzero((left != right) & dated[left] & dated[right]) if len(left) else np.empty(0, np.int64)
    known: dict[tuple[int, int], int] = {}
    for row, one, other in zip(pairs.tolist(), left[pairs].tolist(), right[pairs].tolist(), strict=True):
        if (one, other) not in known:
            known[one, other] = _direction(tables.about[one].date or "", tables.about[other].date or "")
        direction[row] = known[one, other]
    return direction


def _direction(one: str, other: str) -> int:
    least = min(len(one), len(other))  # 2006-11 against 2006-11-03 says nothing
    if one[:least] == other[:least]:
        return DIRECTIONS.index("unknown")
    return DIRECTIONS.index("forward" if one < other else "backward")
