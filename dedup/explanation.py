"""Why do these two match, or why not? Every figure on the way from two texts to a decision.

Nothing is decided here that `dedup.pipeline.scan` does not decide: the passages are those of a scan of the two, and
the figures beside them come from the same steps. Where nothing is found, the two are scanned once more with bounds
so low that only the unlike stays out, and the best that turns up says by how much it fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from dedup.params import Params
from dedup.result import Cluster, Document, Passage, Result
from dedup.schema import EditKind, Edits, Int64, KeyStream, ParagraphKind, Segments, string

LOOSE = 0.3
"""Threshold of the second look: below it two texts on one subject are as alike as these two."""

_SEED = 4  # characters in a row that a passage of the second look grows from
_SHORTEST = 8  # the least `Params.min_chars` that can be asked for


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two texts, and what of it matching looks at.

    ``key`` is the key text, ``slots`` counts numbers and masks that are not in it, ``repairs`` what was undone, by
    kind. ``anchors`` is the number of its sampled anchors, distinct ones.
    """

    name: str
    text: str
    key: str
    slots: int
    repairs: Mapping[str, int]
    paragraphs: int
    anchors: int


@dataclass(frozen=True, slots=True)
class Sets:
    """Two shingle sets: sizes, what both have, Jaccard index and how much of each is in the other."""

    left: int
    right: int
    shared: int

    @property
    def jaccard(self) -> float:
        """Shared over all; 0 where both are empty."""
        union = self.left + self.right - self.shared
        return self.shared / union if union else 0.0

    @property
    def contained(self) -> tuple[float, float]:
        """Share of the left set that is in the right one, and the reverse."""
        return self.shared / self.left if self.left else 0.0, self.shared / self.right if self.right else 0.0


@dataclass(frozen=True, slots=True)
class Likest:
    """The two paragraphs, one of each text, of the highest Jaccard index, and whether the bands let them meet.

    ``left``, ``right`` are ranges of code points in the two texts; ``chance`` is that of the S-curve at their Jaccard
    index, ``met`` counts the bands in which they do agree, ``values`` the values that are equal in both signatures.
    """

    left: tuple[int, int]
    right: tuple[int, int]
    sets: Sets
    bands: int
    rows: int
    chance: float
    met: int
    values: int


@dataclass(frozen=True, slots=True)
class Aligned:
    """A passage between the two, the key characters it matches, and the wording that so many have to reach."""

    passage: Passage
    cluster: Cluster | None
    matches: int
    needed: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why two texts match or do not.

    ``verdict`` is ``match``; or ``short`` (what agrees is shorter than ``min_chars``), ``unlike`` (it is not alike
    enough), ``scattered`` (it is, but not in one piece), ``nothing``, ``empty`` (too little text to be compared).
    ``found`` holds the passages that a scan reports, the longest first; ``nearly``, where there are none, the longest
    of the second look. ``anchors`` counts distinct ones that both have, ``run`` the most key characters in a row.
    ``result`` is the scan's.
    """

    params: Params
    left: Side
    right: Side
    whole: Sets
    likest: Likest | None
    anchors: int
    run: int
    verdict: str
    found: tuple[Aligned, ...]
    nearly: Aligned | None
    result: Result


def explain(left: Document, right: Document, params: Params | None = None) -> Explanation:
    """Say why two texts match, or why they do not.

    Parameters
    ----------
    left, right : Document
    params : Params, optional

    Returns
    -------
    Explanation

    Examples
    --------
    >>> from dedup import Document, explain
    >>> one = Document("甲", "渡口的老艄公把摇橹的手艺教给了三个徒弟。")
    >>> other = Document("乙", "渡口的老艄公把摇橹的手艺传给了两个徒弟。")
    >>> told = explain(one, other)
    >>> told.verdict, told.whole.shared, round(told.whole.jaccard, 2), told.run
    ('match', 8, 0.36, 12)
    """
    from dedup.pipeline import scan
    from dedup.steps import furniture, normalise, repair, segment

    params = params or Params()
    pair = (replace(left, source="1", member=None), replace(right, source="2", member=None))
    result = scan(pair, params)
    texts = repair.lay_out([left.text, right.text])
    edits = repair.repair(texts)
    keys = normalise.normalise(texts, edits)
    segments = segment.segment(texts, edits, keys, furniture.furniture(texts, edits, [one.furniture for one in pair]))
    found = _aligned(result, keys, texts.indptr, params)
    nearly = None
    if not found:
        loose = replace(
            params,
            threshold=min(params.threshold, LOOSE),
            min_chars=_SHORTEST,
            anchor=min(params.anchor, _SEED),
            window=1,
            rewrite_chars=0,
        )
        nearly = next(iter(_aligned(scan(pair, loose), keys, texts.indptr, params)), None)
    anchors = _anchors(keys, params)
    sides = [
        _side(document, row, texts.indptr, keys, edits, segments, anchors[row])
        for row, document in enumerate((left, right))
    ]
    return Explanation(
        params=params,
        left=sides[0],
        right=sides[1],
        whole=_whole(keys, params),
        likest=_likest(keys, segments, texts.indptr, params),
        anchors=len(np.intersect1d(*anchors)),
        run=_longest_run(keys),
        verdict=_verdict(result, found, nearly, params),
        found=found,
        nearly=nearly,
        result=result,
    )


def _side(
    document: Document, row: int, base: Int64, keys: KeyStream, edits: Edits, segments: Segments, anchors: Int64
) -> Side:
    codes = keys.codes[keys.indptr[row] : keys.indptr[row + 1]]
    mine = (edits.start >= base[row]) & (edits.start < base[row + 1])
    kinds, counts = np.unique(edits.kind[mine], return_counts=True)
    slots = (keys.slots.start >= base[row]) & (keys.slots.start < base[row + 1])
    return Side(
        name=document.name,
        text=document.text,
        key=string(codes),
        slots=int(slots.sum()),
        repairs={
            EditKind(kind).name.lower(): count for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True)
        },
        paragraphs=int((segments.document == row).sum()),
        anchors=len(anchors),
    )


def _anchors(keys: KeyStream, params: Params) -> tuple[Int64, Int64]:
    """Return the distinct sampled anchors of both texts, as hashes."""
    from dedup.steps import anchor

    packed = anchor.minimisers(keys, params.anchor, params.window)
    value, place = (packed >> np.uint64(32)).astype(np.int64), (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)
    second = place >= keys.indptr[1]
    return np.unique(value[~second]), np.unique(value[second])


def _whole(keys: KeyStream, params: Params) -> Sets:
    """Return the two texts as two sets, wherever their paragraphs end."""
    one, other = (_grams(keys, row, params.shingle) for row in (0, 1))
    return Sets(len(one), len(other), len(np.intersect1d(one, other)))


def _grams(keys: KeyStream, row: int, k: int) -> Int64:
    """Return the distinct k-gram hashes of one text, sorted."""
    from dedup.kernels import hashing

    start, end = keys.indptr[row : row + 1], keys.indptr[row + 1 : row + 2]
    count = max(0, int(end[0] - start[0]) - k + 1)
    out = np.empty(count, np.uint64)
    hashing.grams(keys.codes, start, end, np.array([0, count]), np.int64(k), out)
    return np.unique(out).astype(np.int64)


def _longest_run(keys: KeyStream) -> int:
    """Return the most key characters in a row that stand in both texts.

    A common run of n holds one of n - 1, so the length is found by halving: O(characters · log² characters), where
    comparing every place with every place would be quadratic.
    """
    low, high = 0, int(np.diff(keys.indptr).min())
    while low < high:
        middle = (low + high + 1) // 2
        if len(np.intersect1d(_grams(keys, 0, middle), _grams(keys, 1, middle))):
            low = middle
        else:
            high = middle - 1
    return low


def _likest(keys: KeyStream, segments: Segments, base: Int64, params: Params) -> Likest | None:
    """Return the likest pair of paragraphs, by all shared shingles of all pairs, or None where there is none."""
    from scipy.sparse import csr_matrix

    from dedup.steps import pair, shingle, sketch

    rows = np.flatnonzero(
        (segments.end - segments.start >= params.shingle) & (segments.kind != ParagraphKind.PART_TITLE)
    )
    sets = shingle.shingle(keys, segments, rows, params.shingle)
    split = int((segments.document[rows] == 0).sum())
    if not 0 < split < len(rows):
        return None
    places = np.concatenate([np.arange(n) + first for first, n in zip(sets.indptr[:-1], sets.length, strict=True)])
    _, column = np.unique(sets.hashes[places], return_inverse=True)
    indptr = np.concatenate([[0], np.cumsum(sets.length)])
    table = csr_matrix((np.ones(len(places), np.int64), column, indptr))
    shared = (table[:split] @ table[split:].T).tocoo()
    if not shared.nnz:
        return None
    one, other = shared.row, shared.col + split
    jaccard = shared.data / (sets.length[one] + sets.length[other] - shared.data)
    best = np.lexsort((other, one, -shared.data, -jaccard))[0]
    i, j = int(one[best]), int(other[best])
    chosen = pair.banding(params.threshold, params.num_perm, params.recall)
    values = sketch.sketch(sets, params.num_perm, params.seed).values
    equal = values[i] == values[j]
    used = equal[: chosen.bands * chosen.rows].reshape(chosen.bands, chosen.rows)
    ranges = [
        (int(segments.raw_start[rows[row]] - base[side]), int(segments.raw_end[rows[row]] - base[side]))
        for side, row in enumerate((i, j))
    ]
    return Likest(
        left=ranges[0],
        right=ranges[1],
        sets=Sets(int(sets.length[i]), int(sets.length[j]), int(shared.data[best])),
        bands=chosen.bands,
        rows=chosen.rows,
        chance=pair.chance(float(jaccard[best]), chosen.bands, chosen.rows),
        met=int(used.all(axis=1).sum()),
        values=int(equal.sum()),
    )


def _aligned(result: Result, keys: KeyStream, base: Int64, params: Params) -> tuple[Aligned, ...]:
    """Return the passages between the two texts, the longest first, with what each has to reach."""
    from dedup.steps import align

    if len(result.documents) < 2:
        return ()
    clusters = {cluster.id: cluster for cluster in result.clusters}
    rows = []
    for passage in result.passages:
        if passage.left.document == passage.right.document:
            continue
        length = 0
        for row, span in enumerate((passage.left, passage.right)):
            ends = keys.first_from(np.array([span.start, span.end]) + base[row])
            length += int(ends[1] - ends[0])
        matches = round(passage.wording * length / 2)
        short = min(max((align.LONG - matches) / (align.LONG - align.SHORTEST), 0.0), 1.0)
        needed = params.threshold + (1 - params.threshold) / 2 * short
        rows.append(Aligned(passage, clusters.get(passage.cluster or ""), matches, needed))
    return tuple(sorted(rows, key=lambda row: (-row.matches, row.passage.left.start, row.passage.right.start)))


def _verdict(result: Result, found: tuple[Aligned, ...], nearly: Aligned | None, params: Params) -> str:
    if found:
        return "match"
    if len(result.documents) < 2:
        return "empty"
    if nearly is None:
        return "nothing"
    if nearly.matches < params.min_chars:
        return "short"
    return "unlike" if nearly.passage.wording < nearly.needed else "scattered"
