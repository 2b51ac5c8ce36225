"""The one place that knows the order of the steps: from paths or documents to a `Result`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dedup import intervals
from dedup.errors import ParamsError
from dedup.params import LABELS, Params
from dedup.result import Document, Limit, Result, Skipped
from dedup.schema import (
    Bool,
    Edits,
    Families,
    Int64,
    KeyStream,
    Labels,
    Pairs,
    Passages,
    Seeds,
    Segments,
    Texts,
    UInt8,
)

if TYPE_CHECKING:
    from dedup.read import ReadOptions

Progress = Callable[[str, float], None]
"""Called with the name of a stage and the share of it that is done, from 0.0 to 1.0."""

STAGES = (
    "read",
    "repair",
    "normalise",
    "segment",
    "pair",
    "anchor",
    "align",
    "cluster",
    "rewrite",
    "label",
    "describe",
)


@dataclass(slots=True)
class _Clock:
    """Seconds by stage, and word of each stage to whoever wants to show progress."""

    progress: Progress | None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        if self.progress:
            self.progress(name, 0.0)
        begun = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun
        if self.progress:
            self.progress(name, 1.0)


def scan(
    inputs: Iterable[str | Path | Document | Skipped],
    params: Params | None = None,
    *,
    archived: Sequence[Document] = (),
    templates: Iterable[str | Path | Document] = (),
    references: Iterable[str | Path | Document] = (),
    background: str | Path | None = None,
    read: ReadOptions | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Result:
    """Find duplicate and near-duplicate passages within and across documents.

    Parameters
    ----------
    inputs : iterable of paths, `Document` or `Skipped`
        Files and folders to read, or documents in memory; `Skipped` rows go through to the result.
    params : Params, optional
        What counts as a duplicate; the defaults suit reports.
    archived : sequence of Document
        Documents that the inputs are compared with, but that are compared neither with one another nor with
        themselves. They are documents of the result like the others.
    templates, references : iterables of paths or `Document`
        Forms that reports fill in, and laws or superior documents that they quote: what agrees with one is labelled
        template or citation. They are no documents of the result.
    background : path, optional
        A table that ``dedup background build`` counted, in place of the one that ships; `Params.background` then
        holds its digest.
    read : ReadOptions, optional
        How files are read (encoding, columns).
    jobs : int
        Threads. The result does not depend on it.
    progress : callable, optional
        Told of each stage as it begins and ends.

    Returns
    -------
    Result
        Documents in the order of their names, whatever the order of the inputs.

    Raises
    ------
    ParamsError
        If ``jobs`` is below 1, or ``params`` names another background table than the one given.
    FormatProblem
        If ``background`` is no such table.
    MissingExtra
        If an input needs an extra that is not installed; told before any work begins.

    Notes
    -----
    A bad file does not raise: it is listed in `Result.skipped` with its reason, and the rest is analysed.

    Examples
    --------
    >>> from dedup import Params, scan
    >>> result = scan(["data/reports", "gone.txt"], Params(threshold=0.8))
    >>> len(result.documents), [row.kind for row in result.skipped]
    (43, ['missing'])
    """
    from dedup import __version__, describe, provenance
    from dedup.kernels.threads import threads
    from dedup.steps import (
        align,
        anchor,
        cluster,
        contrast,
        furniture,
        label,
        normalise,
        repair,
        rewrite,
        segment,
        usage,
    )
    from dedup.steps import background as rarity

    counts = rarity.load(None if background is None else Path(background))
    params = _with_background(params or Params(), None if background is None else counts.digest)
    clock = _Clock(progress)
    limits: list[Limit] = []
    with clock.stage("read"):
        documents, skipped = _gather([*inputs, *archived], read)
        aids = [_gather(templates, read), _gather(references, read)]
        skipped += [row for _, more in aids for row in more]
    with threads(jobs):
        with clock.stage("repair"):
            everything = [*documents, *aids[0][0], *aids[1][0]]
            texts = repair.lay_out([document.text for document in everything])
            edits = repair.repair(texts)
        with clock.stage("normalise"):
            keys = normalise.normalise(texts, edits)
        short = np.diff(keys.indptr)[: len(documents)] < params.shingle
        if short.any():  # listed as skipped and left out; the rest is laid out again, which is rarely needed
            documents, skipped = _without(documents, short, skipped, params.shingle)
            everything = [*documents, *aids[0][0], *aids[1][0]]
            texts = repair.lay_out([document.text for document in everything])
            edits = repair.repair(texts)
            keys = normalise.normalise(texts, edits)
        with clock.stage("segment"):
            noise = furniture.furniture(texts, edits, [document.furniture for document in everything])
            segments = segment.segment(texts, edits, keys, noise)
        with clock.stage("pair"):
            pairs, more = near_pairs(keys, segments, params)
            limits += more
        with clock.stage("anchor"):
            units = cut_at_parts(keys, segments)
            seeds, more = anchor.anchor(units, segments, pairs, params)
            limits += more
            if archived:
                seeds = _asked_for(keys, seeds, everything, archived)
        with clock.stage("align"):
            table = align.align(
                units, segments, seeds, params, lambda start, end: rarity.span_bits(keys, start, end, counts)[0]
            )
            passages, explained = _part_aids(keys, table, len(documents), len(documents) + len(aids[0][0]))
        with clock.stage("cluster"):
            families = cluster.cluster(keys, passages, params)
        with clock.stage("rewrite"):
            role = _roles(everything, archived, len(documents))
            more_passages, more = rewrite.rewrite(keys, segments, passages, role, params)
            passages, families = _joined(passages, families, more_passages)
            limits += more
        with clock.stage("label"):
            issuers = [document.issuer for document in everything]
            hands = usage.units(issuers, segments)
            corpus = rarity.spread(keys, families, hands, params.formula_chars)
            medoids = families.start[families.medoid], families.end[families.medoid]
            bits, surplus = rarity.span_bits(keys, *medoids, counts, corpus)
            used = usage.usage(keys, segments, families, hands, params.formula_chars, params.formula_issuers)
            known = label.Known(*(_agreeing(texts, edits, keys, table) for table in explained))
            labels = label.label(
                texts, keys, segments, passages, families, noise, bits, surplus, used, issuers, known, params
            )
        with clock.stage("describe"):
            changes, more = contrast.contrast(texts, edits, keys, passages, _at_issue(passages, families, labels))
            limits += more
            tables = provenance.Tables(texts, edits, keys, segments, passages, families, labels, changes, documents)
            result = describe.describe(tables, params, skipped, limits, __version__)
    return replace(result, timings=dict(clock.seconds))


def _with_background(params: Params, digest: str | None) -> Params:
    """Return the settings with the digest of the background table that was given, if one was."""
    if params.background not in ("", digest):
        raise ParamsError(
            [f"background is {params.background}, but must be the table given: {digest or 'the one that ships'}"]
        )
    return params if digest is None else replace(params, background=digest)


def near_pairs(keys: KeyStream, segments: Segments, params: Params) -> tuple[Pairs, list[Limit]]:
    """Find near-duplicate paragraphs: the route that scales.

    Parameters
    ----------
    keys : KeyStream
    segments : Segments
    params : Params

    Returns
    -------
    Pairs
        Verified pairs of paragraph rows, exact copies included.
    list of Limit
    """
    from dedup.steps import expand, pair, shingle, sketch, verify

    first, group = pair.groups(shingle.digest(keys, segments))
    chosen = pair.banding(params.threshold, params.num_perm, params.recall)
    words = sketch.band_words(keys, segments, first, params, chosen.bands, chosen.rows)
    candidates, limits = pair.pair(words, params)
    shingles = shingle.shingle(keys, segments, first, params.shingle, pair.touched(candidates, group))
    near = verify.verify(candidates, shingles, params.threshold)
    pairs, more = expand.expand(near, first, group, shingles.length, params.bucket)
    return pairs, [*limits, *more]


def _gather(
    inputs: Iterable[str | Path | Document | Skipped], options: ReadOptions | None
) -> tuple[list[Document], list[Skipped]]:
    """Read what are paths, take what are documents, and put all in the order of their names."""
    from dedup.read import ReadOptions, read

    paths: list[str | Path] = []
    documents: list[Document] = []
    skipped: list[Skipped] = []
    for item in inputs:
        if isinstance(item, Document):
            documents.append(item)
        elif isinstance(item, Skipped):
            skipped.append(item)
        else:
            paths.append(item)
    if paths:
        for one in read(paths, options or ReadOptions()):
            (documents if isinstance(one, Document) else skipped).append(one)  # type: ignore[arg-type]
    documents.sort(key=lambda document: (document.source, _natural(document.member), document.text))
    skipped.sort(key=lambda row: (row.source, row.member or "", row.reason))
    return documents, skipped


def _asked_for(keys: KeyStream, seeds: Seeds, documents: Sequence[Document], archived: Sequence[Document]) -> Seeds:
    """Leave out the seeds between archived documents: most of all seeds, and nobody asked about them."""
    old = {id(document) for document in archived}
    new = np.array([id(document) not in old for document in documents])
    left, right = (np.searchsorted(keys.indptr, side, side="right") - 1 for side in (seeds.left, seeds.right))
    kept = new[left] | new[right]
    return Seeds(seeds.left[kept], seeds.right[kept], seeds.length[kept])


def _roles(documents: Sequence[Document], archived: Sequence[Document], reports: int) -> UInt8:
    """Return 2 for a report that was asked about, 1 for an archived one, 0 for a form or reference."""
    old = {id(document) for document in archived}
    role = np.array([1 if id(document) in old else 2 for document in documents], np.uint8)
    role[reports:] = 0
    return role


def _joined(passages: Passages, families: Families, more: Passages) -> tuple[Passages, Families]:
    """Add passages that belong to no family of copies, each with a family of its own, in the order of places."""
    n, count = len(passages.wording), len(more.wording)
    if not count:
        return passages, families
    columns = [np.concatenate([getattr(one, name) for one in (passages, more)]) for name in Passages.__slots__]
    order = np.lexsort((columns[2], columns[0]))
    place = np.empty(n + count, np.int64)
    place[order] = np.arange(n + count)
    sides = np.stack([more.left_start, more.right_start, more.left_end, more.right_end], axis=1)
    families = Families(
        indptr=np.append(families.indptr, families.indptr[-1] + 2 * np.arange(1, count + 1)),
        start=np.append(families.start, sides[:, :2].ravel()),
        end=np.append(families.end, sides[:, 2:].ravel()),
        wording=np.append(families.wording, np.stack([np.ones(count), more.wording], axis=1).ravel()),
        medoid=np.append(families.medoid, len(families.start) + 2 * np.arange(count)),
        passages=place[np.append(families.passages, n + np.arange(count))],
        passage_indptr=np.append(families.passage_indptr, families.passage_indptr[-1] + np.arange(1, count + 1)),
    )
    return Passages(*(column[order] for column in columns)), families


def _part_aids(
    keys: KeyStream, passages: Passages, reports: int, templates_end: int
) -> tuple[Passages, tuple[Passages, Passages]]:
    """Part the passages between reports from those with templates and with references, which stand last."""
    left = np.searchsorted(keys.indptr, passages.left_start, side="right") - 1
    right = np.searchsorted(keys.indptr, passages.right_start, side="right") - 1
    template = (left < reports) & (right >= reports) & (right < templates_end)
    reference = (left < reports) & (right >= templates_end)

    def rows(kept: Bool) -> Passages:
        return Passages(*(getattr(passages, column)[kept] for column in Passages.__slots__))

    return rows(right < reports), (rows(template), rows(reference))


def _at_issue(passages: Passages, families: Families, labels: Labels) -> Bool:
    """Return which passages are not explained as formula, furniture, template or citation (bool[R])."""
    explained = [LABELS.index(name) for name in ("furniture", "template", "citation", "formula")]
    wanted = np.ones(len(passages.wording), bool)
    owner = np.repeat(np.arange(len(families.medoid)), np.diff(families.passage_indptr))
    wanted[families.passages[np.isin(labels.family_label[owner], explained)]] = False
    return wanted


def _agreeing(texts: Texts, edits: Edits, keys: KeyStream, passages: Passages) -> Int64:
    """Return the raw ranges of reports that agree with an aid: its passages without what was written into them."""
    from dedup.steps import contrast

    if not len(passages.wording):
        return np.empty((0, 2), np.int64)
    changes, _ = contrast.contrast(texts, edits, keys, passages, np.ones(len(passages.wording), bool))
    start, end = keys.raw_span(passages.left_start, passages.left_end)
    whole = intervals.merged(np.stack([start, end], axis=1))
    written = intervals.merged(np.stack([changes.left_start, changes.left_end], axis=1))
    return intervals.without(whole, written)


def _without(
    documents: list[Document], short: Bool, skipped: list[Skipped], shingle: int
) -> tuple[list[Document], list[Skipped]]:
    """Move documents that have too little text to be compared from the one list to the other."""
    reason = f"fewer than {shingle} characters remain to be compared (punctuation, digits and space do not count)"
    more = [
        Skipped(document.source, reason, kind="short" if document.text.strip() else "empty", member=document.member)
        for document, is_short in zip(documents, short.tolist(), strict=True)
        if is_short
    ]
    kept = [document for document, is_short in zip(documents, short.tolist(), strict=True) if not is_short]
    return kept, sorted([*skipped, *more], key=lambda row: (row.source, row.member or "", row.reason))


def _natural(member: str | None) -> tuple[int, int, str]:
    """Order records by number where they have one: record 10 follows record 9."""
    if member is None:
        return (0, 0, "")
    return (1, int(member), member) if member.isascii() and member.isdigit() else (2, 0, member)


def cut_at_parts(keys: KeyStream, segments: Segments) -> KeyStream:
    """Return the key stream cut at parts as well as documents.

    The parts of a collection file are reports of their own: a passage must not run from the end of one into the
    beginning of the next, however the same two stand side by side elsewhere.
    """
    parts = np.searchsorted(keys.origin, segments.parts.raw_start)
    return KeyStream(keys.codes, keys.origin, keys.span, np.union1d(keys.indptr, parts).astype(np.int64), keys.slots)
