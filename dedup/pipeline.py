"""The one place that knows the order of the steps: from paths or documents to a `Result`.

How the work is cut, where it is computed and what is kept of it is the business of an executor
(`dedup.executors.local`): in memory everything is one piece, over a work folder there are many. The steps and their
order are the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dedup.errors import ParamsError
from dedup.params import Params
from dedup.result import Document, Limit, Result, Skipped
from dedup.schema import Bool, Families, Int64, KeyStream, Labels, Pairs, Passages, Segments

if TYPE_CHECKING:
    from dedup.executors.bounds import Found, Met
    from dedup.executors.corpus import Corpus
    from dedup.executors.local import Folder, Memory
    from dedup.executors.prepared import Keyed
    from dedup.executors.work import Told
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
    work: str | Path | None = None,
    told: Told | None = None,
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
        Threads; with ``work`` processes. The result does not depend on it.
    work : str or Path, optional
        A folder, empty or of the same scan: the scan is done in parts that need not fit in memory together, and each
        finished part is kept there. Killed at any moment and started again, it goes on where it was.
    told : callable, optional
        With ``work``: told of each stage's parts, how many were there already and how many it has.
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
    WorkProblem
        If ``work`` holds something else, the work of other inputs, parameters or versions, or is in use.
    OutputFailed
        If it cannot be written.
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
    from dedup.executors import changes, local, places, rewritten
    from dedup.executors.bounds import Found, of_column, summed
    from dedup.kernels.threads import beside, threads
    from dedup.read import ReadOptions
    from dedup.steps import background as rarity
    from dedup.steps import cluster
    from dedup.sweeps import seldom

    counted = None if background is None else Path(background)
    params = _with_background(params or Params(), None if counted is None else rarity.load(counted).digest)
    clock = _Clock(progress)
    sources = local.Sources(
        _completed(inputs), _completed(archived), [*templates], [*references], read or ReadOptions()
    )
    with seldom(), threads(jobs), local.opened(work, sources, params, jobs, told) as run:
        corpus = run.corpus(sources, params, clock.stage)
        texts, edits, keys, segments = corpus.prepared.texts, corpus.prepared.edits, corpus.keys, corpus.segments
        aligned = run.one("passages", Found, _aligned, corpus, counted, params, run, clock)
        run.drop("pairs", "meetings", "anchors", "places", "aligned")
        passages, explained = _part_aids(keys, aligned.passages, corpus.reports, corpus.reports + corpus.templates)
        limits = of_column(aligned.limits)
        del aligned  # all passages, of which there are copies now
        with clock.stage("cluster"):
            passages = run.one("bridged", Passages, places.bridged, keys, corpus.borders, passages, counted, params)
            families = run.one("families", Families, cluster.cluster, keys, passages, params)
        with clock.stage("rewrite"):
            found = run.one("rewritten", Found, rewritten.rewritten, corpus, passages, corpus.roles(), params)
            passages, families = rewritten.joined(passages, families, found.passages)
            limits += of_column(found.limits)
            del found
            passages, families = run.aside("passages", passages), run.aside("families", families)
        with beside(describe.names, texts, keys, families, len(corpus.documents)) as known:  # Python beside kernels
            with clock.stage("label"):
                labels = run.one(
                    "labels", Labels, _labelled, corpus, passages, families, explained, counted, params, run
                )
                labels = run.aside("labels", labels)
                run.drop("asked", "spread")
            with clock.stage("describe"):
                wanted = changes.tasks(corpus, passages, changes.at_issue(passages, families, labels), run.pieces)
                differing = run.each("changes", changes.Contrasted, changes.contrasted, wanted)
                differ = run.laid("changes", (one.changes for one in differing))
                limits += summed(limit for one in differing for limit in of_column(one.limits))
                tables = provenance.Tables(
                    texts, edits, keys, segments, passages, families, labels, differ, corpus.documents
                )
                result = describe.describe(
                    tables, params, corpus.skipped, limits, __version__, run=run, known=known()
                )
    return replace(result, timings=dict(clock.seconds))


def _completed(rows: Iterable[Any]) -> list[Any]:
    """Return inputs, documents of a program with what their texts say of issuer, date and title."""
    from dedup.read.metadata import completed

    return [completed(one) if isinstance(one, Document) else one for one in rows]


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
    from dedup.executors.local import Memory
    from dedup.executors.prepared import Whole

    return _near_pairs(Whole(keys, segments), params, Memory())


def _near_pairs(tables: Keyed, params: Params, run: Memory | Folder) -> tuple[Pairs, list[Limit]]:
    """Find near-duplicate paragraphs: exact groups first, then bands, then verification."""
    from dedup.executors import paragraphs
    from dedup.executors.bounds import of_column, summed
    from dedup.steps import expand, pair

    pieces = run.pieces(len(tables.segments.start), paragraphs.DIGESTS)
    digests = run.each("digest", paragraphs.Digests, paragraphs.digests, [(tables, *piece) for piece in pieces])
    first, group = pair.groups(paragraphs.beside([one.digest for one in digests]))
    pieces = run.pieces(len(first), paragraphs.SKETCHED)
    words = run.each(
        "words", paragraphs.Words, paragraphs.words, [(tables, first[low:high], low, params) for low, high in pieces]
    )
    pieces = run.pieces(words[0].words.shape[0], max(1, paragraphs.WORDS // max(1, len(first))))
    met = run.each(
        "candidates", paragraphs.Candidates, paragraphs.candidates, [(words, *piece, params) for piece in pieces]
    )
    del words
    candidates = paragraphs.merged(met)
    parts = paragraphs.to_verify(candidates, group, first, run.pieces(len(candidates.left), paragraphs.VERIFIED))
    verified = run.each("near", paragraphs.Near, paragraphs.verified, [(tables, *part, params) for part in parts])
    near, length = paragraphs.near(verified), paragraphs.lengths(verified, len(first))
    pairs, more = expand.expand(near, first, group, length, params.bucket)
    return pairs, [*summed(limit for one in met for limit in of_column(one.limits)), *more]


def _met(corpus: Corpus, params: Params, run: Memory | Folder) -> Met:
    """Find near-duplicate paragraphs, as a part that is kept."""
    from dedup.executors.bounds import Met, as_column

    pairs, limits = _near_pairs(corpus, params, run)
    return Met(pairs, as_column(limits))


def _aligned(corpus: Corpus, background: Path | None, params: Params, run: Memory | Folder, clock: _Clock) -> Found:
    """Find all passages: paragraphs that are near, places that share an anchor, and what grows from them."""
    from dedup.executors import places
    from dedup.executors.bounds import Found, Met, as_column, of_column, summed
    from dedup.kernels.threads import beside
    from dedup.steps import anchor

    with clock.stage("pair"):
        met = run.one("pairs", Met, _met, corpus, params, run)
        run.drop("digest", "words", "candidates", "near")
        pairs, limits = met.pairs, of_column(met.limits)
    with beside(corpus.settle):  # kernels leave the interpreter to it meanwhile
        with clock.stage("anchor"):
            blocks = corpus.cut(run.pieces(len(corpus.keys.codes), places.block(len(corpus.keys.codes))))
            near = run.each(
                "meetings", places.Places, places.near_by_block, [(corpus, pairs.left, pairs.right, blocks)]
            )
            del met, pairs
            batches = corpus.cut(run.pieces(len(corpus.keys.codes), places.SAMPLED))
            anchors = run.each(
                "anchors",
                anchor.Anchors,
                places.anchors,
                [(corpus, *ends, params) for ends in pairwise(batches.tolist())],
            )
            count = sum(len(one.packed) for one in anchors)
            pieces = run.pieces(count, places.paired(count))
            ranges = places.ranges(anchors, len(pieces))
            by_text = len(ranges) == 1
            shared = run.each(
                "places",
                places.Places,
                places.places,
                [(anchors, *ends, corpus, blocks, by_text, params) for ends in ranges],
            )
            del anchors
            limits += summed(limit for one in shared for limit in of_column(one.limits))
        with clock.stage("align"):
            asked = corpus.asked() if corpus.archived.any() else None
            aligned = run.each(
                "aligned",
                Passages,
                places.passages,
                [
                    (corpus, shared, near, number, by_text, asked, background, params)
                    for number in places.meetings(blocks)
                ],
            )
            passages = places.merged(aligned)
    return Found(passages, as_column(limits))


def _labelled(
    corpus: Corpus,
    passages: Passages,
    families: Families,
    explained: tuple[Passages, Passages],
    background: Path | None,
    params: Params,
    run: Memory | Folder,
) -> Labels:
    """Tell copying from what explains it."""
    from dedup.executors import spread
    from dedup.executors.labels import labelled
    from dedup.executors.spool import without_texts
    from dedup.steps import usage
    from dedup.steps.label import Known

    issuers = [document.issuer for document in without_texts(corpus.everything)]
    hands = usage.units(issuers, corpus.segments)
    words = run.each("asked", spread.Asked, spread.asked, [(corpus, families, params)])
    tasks = spread.tasks(words, corpus, hands, run.pieces)
    written = spread.summed(words, run.each("spread", spread.Counted, spread.counted, tasks), hands)
    known = Known(*(_agreeing(corpus, table) for table in explained))
    return labelled(corpus.prepared, issuers, passages, families, known, params, background, written)


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


def _agreeing(corpus: Corpus, passages: Passages) -> Int64:
    """Return the raw ranges of reports that agree with an aid: its passages without what was written into them."""
    from dedup.steps import contrast, form

    tables = corpus.prepared
    every = np.ones(len(passages.wording), bool)
    changes, _ = contrast.contrast(tables.texts, tables.edits, tables.keys, passages, every)
    left, right = (changes.left_start, changes.left_end), (changes.right_start, changes.right_end)
    return form.agreeing(tables.texts, tables.keys, passages, left, right)
