"""Which spans say the same, and where exactly do they begin and end? Answers with aligned passages.

Seeds of a document pair are chained along their order, the gaps between them aligned, the ends extended over edits
as long as that pays, and the whole is split where bridging costs more than it brings. One copy is one passage;
shuffled neighbours are merged.

Wording
-------
The identity of a passage is ``2 * matches / (left length + right length)`` over key code points, where matches are
paired one to one in order (the ratio of the insert-delete distance). Both sides count: a copy with a third added
is not identical.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from dedup.intervals import ordered, positions
from dedup.kernels import align as kernels
from dedup.kernels import chain as kernels_chain
from dedup.kernels import overlap, within
from dedup.kernels.owners import document_of
from dedup.kernels.search import below, upto
from dedup.kernels.seeds import lone, worth
from dedup.params import Params
from dedup.recount import cut_where_it_pays, recounted
from dedup.schema import (
    Bool,
    Float64,
    Int32,
    Int64,
    KeyStream,
    ParagraphKind,
    PassageKind,
    Passages,
    Seeds,
    Segments,
    UInt8,
)

IDENTITY_FLOOR = 0.6
"""Identity below which a stretch inside a passage counts against it (tau of the alignment score).

Lower than the usual threshold on purpose: with the floor at the threshold, a copy with evenly spread edits near it
would fall into splinters. A passage as a whole still has to reach the threshold.
"""

SHORTEST, LONG = 16, 40
"""Matched characters between which the wording asked for falls to the threshold (see `_near_enough`)."""

TAIL = 16
"""Key characters beyond a paragraph border that have to agree to stay."""

AGREES = 0.9
"""Share of such a tail that has to agree."""

FOREIGN = 5
"""Fewest characters that both sides have in each other's place, between a copy and a slogan beside it: no name."""

FRINGE = 90
"""Most characters of such a slogan."""

USUAL = 1.4
"""Bits a character up to which it is one; wording never seen has 2.1."""

WHOLE = 10
"""Fewest key characters of a whole paragraph that is reported although it is shorter than ``min_chars``.

A chain of one seed in fewer equal characters is aligned only if it has company, or both sides agree once more.
"""

COMPANY = 400
"""Characters on both sides within which another chain is company: clauses that changed places, or parts of one."""

REACH, DRIFT = 16, 4
"""Characters beside such a chain within which three in a row have to agree, and how far out of step they may be."""

ALONE, FAR_REACH, FAR_DRIFT = 13, 24, 13
"""Equal characters in a row that are aligned though two documents share nothing else.

Of fewer, three in a row have to agree so near to them, and of fewer than `WHOLE`, so near as above; or a whole
paragraph has to lie `NEAR` them. By chance a large corpus has dozens of such runs for each copy, and a phrase of
sixteen characters of which two differ, which is the least that is reported, has an echo with hardly an exception:
in five years of a news programme two passages in ten thousand are lost by it.
"""

NEAR = 24
"""Key characters to either side of the first seed of such a run."""

_DROP = 8_000
"""How far, in thousandths, an extension may fall below its best before it is given up (X-drop): half a dozen
changed characters in a row, or 13 inserted ones; longer gaps are bridged by seeds beyond them. Twice as much moved no
end on the tuning set and doubled the time.
"""

_LOOKBACK = 40
"""Seeds looked back at for a predecessor in a chain; minimap2 uses 25 to 50 (Li 2018)."""

_PIECE = 8
"""Fewest matched characters of a piece that may become part of a passage by merging with its neighbours."""

_HALF = 128
"""Diagonals to each side in the scratch of one extension; more edits only mean starting again from the best point."""


Rarity = Callable[[Int64, Int64], Float64]
"""Bits of key ranges, as `dedup.steps.background.span_bits` tells them: starts and ends in, one figure each out."""


def align(
    keys: KeyStream, segments: Segments, seeds: Seeds, params: Params, rarity: Rarity | None = None
) -> Passages:
    """Return the passages that grow from the seeds.

    Parameters
    ----------
    keys : KeyStream
    segments : Segments
        Its body paragraphs decide which short passages are whole paragraphs.
    seeds : Seeds
    params : Params
        ``threshold``, ``min_chars``, ``max_gap``.
    rarity : callable, optional
        Tells slogans that stand beside a copy, some foreign words away, from its last words; without it they are
        taken for those.

    Returns
    -------
    Passages
        Each with ``wording >= threshold`` and at least ``min_chars`` matches (or a whole paragraph), sorted by left
        start, right start; within one document the sides do not overlap.

    Notes
    -----
    Chaining as in minimap2 (Li 2018); extension by furthest-reaching paths (Myers 1986) with X-drop (Zhang et
    al. 2000); splitting by maximal scoring segments (Ruzzo, Tompa 1999). Cost: O(S * lookback) for chaining and
    O(length + edits * band) for alignment.
    """
    if not len(seeds.left):
        return _table(np.empty((0, 7), np.int64), np.empty(0, np.uint8))
    least = np.int64(max(_PIECE, params.min_chars // 2, params.window))
    floor, strict = _floor(params), _strict(params)
    left_document, right_document = document_of(keys.indptr, seeds.left), document_of(keys.indptr, seeds.right)
    member, chain_ptr = _chains(keys, seeds, left_document, right_document, params.max_gap, floor, least, segments)
    tail = member[chain_ptr[:-1]]
    one, other = left_document[tail], right_document[tail]
    stretches = np.empty((2 * len(member) + 4 * len(one), 3), np.int64)
    out = np.empty((2 * len(member) + len(one), 7), np.int64)
    count = np.empty(len(one), np.int64)
    kernels.passages(
        keys.codes, seeds.left, seeds.right, seeds.length, member, chain_ptr, (one == other).astype(np.uint8),
        keys.indptr[one], keys.indptr[one + 1], keys.indptr[other], keys.indptr[other + 1],
        np.int64(floor), np.int64(strict), least, np.int64(_DROP), np.int64(_HALF), stretches, out, count,
    )  # fmt: skip
    base = 2 * chain_ptr[:-1] + np.arange(len(one))
    rows = out[positions(base, count)]
    return _resolve(keys, segments, rows, stretches, params, rarity)


def _chains(
    keys: KeyStream,
    seeds: Seeds,
    left_document: Int32,
    right_document: Int32,
    max_gap: int,
    floor: int,
    least: np.int64,
    segments: Segments,
) -> tuple[Int64, Int64]:
    """Return the seeds of the chains worth aligning, ascending within a chain, and the borders of the chains."""
    n = len(seeds.left)
    score, parent, chain_of, member = (np.empty(n, np.int64) for _ in range(4))
    enough = np.int64(max(WHOLE, int(least)))
    around = enough, enough, np.int64(REACH), np.int64(DRIFT)
    group = _borders(left_document, right_document)
    state = _alone(keys, segments, seeds, left_document, right_document, group, least, around)
    kernels_chain.chain(
        keys.codes, seeds.left, seeds.right, seeds.length, left_document, right_document, keys.indptr,
        group, np.int64(max_gap), np.int64(floor), np.int64(_LOOKBACK),
        (least, enough, np.int64(COMPANY), np.int64(_LOOKBACK)), score, parent, chain_of, member, state,
    )  # fmt: skip
    lonely = np.flatnonzero(state == 3)
    row, resumes = member[lonely], np.empty(len(lonely), bool)
    worth(
        keys.codes, seeds.left[row], seeds.right[row], left_document[row], right_document[row], keys.indptr,
        seeds.length[0], around, resumes,
    )  # fmt: skip
    state[lonely] = np.where(resumes, 1, 2)
    kept = state != 2
    return member[kept], np.append(np.flatnonzero(state[kept] == 1), kept.sum())


def _alone(
    keys: KeyStream,
    segments: Segments,
    seeds: Seeds,
    left_document: Int32,
    right_document: Int32,
    group: Int64,
    least: np.int64,
    around: tuple[np.int64, ...],
) -> UInt8:
    """Return the states of `dedup.kernels.chain.chain` of seeds that are all that two documents share, else 0."""
    state = np.empty(len(seeds.left), np.uint8)
    lone(
        keys.codes, seeds.left, seeds.right, left_document, right_document, keys.indptr, group, seeds.length[0],
        least, around, np.maximum(around[0], ALONE), np.int64(FAR_REACH), np.int64(FAR_DRIFT), state,
    )  # fmt: skip
    unsure = np.flatnonzero(state == 3)
    ranges = np.repeat(np.stack([seeds.left[unsure], seeds.right[unsure]], axis=1), 2, axis=1)
    ranges += np.array([-NEAR, NEAR, -NEAR, NEAR], np.int64)
    state[unsure] = np.where(_holds_paragraph(segments, ranges), 1, 2)
    return state


def _borders(*columns: np.ndarray) -> Int64:
    """Return where runs of equal rows begin, and the end (int64)."""
    change = np.zeros(len(columns[0]) - 1, bool)
    for column in columns:
        change |= column[1:] != column[:-1]
    return np.concatenate([[0], np.flatnonzero(change) + 1, [len(columns[0])]]).astype(np.int64)


def _resolve(
    keys: KeyStream, segments: Segments, rows: Int64, stretches: Int64, params: Params, rarity: Rarity | None
) -> Passages:
    """Merge what is one copy, cut what hangs over, and apply the least length."""
    left, right = document_of(keys.indptr, rows[:, 0].copy()), document_of(keys.indptr, rows[:, 2].copy())
    kept = _not_alone(left, right) | (rows[:, 4] >= params.min_chars)
    others = np.flatnonzero(~kept)
    kept[others] = _holds_paragraph(segments, rows[others])
    rows, left, right = rows[kept], left[kept], right[kept]
    shuffled = np.empty(len(rows), np.uint8)
    if len(rows):
        order = ordered(left, right, rows[:, 0], rows[:, 2])
        rows, left, right = rows[order], left[order], right[order]
        group, owner = _borders(left, right), np.empty(len(rows), np.int64)
        same = (left == right)[group[:-1]].astype(np.uint8)
        bounds = np.int64(params.max_gap), np.int64(_floor(params)), np.int64(_strict(params))
        overlap.resolve(rows, stretches, group, same, *bounds, owner, shuffled)
        stays = owner == np.arange(len(rows))
        for number in np.flatnonzero(stays & (shuffled == 2)).tolist():
            shuffled[number] = recounted(keys, rows, stretches, number, np.flatnonzero(owner == number))
        rows, shuffled = rows[stays], shuffled[stays] & 1
        if rarity is not None:
            aside = _slogans(rows, stretches, rarity)
            rows, shuffled = np.concatenate([rows, aside]), np.append(shuffled, np.zeros(len(aside), np.uint8))
        in_order = shuffled == 0  # the ends of a shuffled passage do not belong together
        rows[in_order] = _within_paragraphs(keys, segments, rows[in_order], _floor(params))
        near = _near_enough(rows, params.threshold)
        kept = near & ((rows[:, 4] >= params.min_chars) | _whole(segments, rows)) & ~_parallel(segments, rows)
        rows, shuffled = rows[kept], shuffled[kept]
        order = ordered(rows[:, 0], rows[:, 2])
        rows, shuffled = rows[order], shuffled[order]
    return _table(rows, shuffled)


def _not_alone(left: Int32, right: Int32) -> Bool:
    """Return which rows have a neighbour between the same documents; rows of two documents stand together.

    A row that is short and alone is nothing, and nine in ten are: a few common characters.
    """
    same = np.zeros(len(left) + 1, bool)
    same[1:-1] = (left[1:] == left[:-1]) & (right[1:] == right[:-1])
    return np.asarray(same[1:] | same[:-1], bool)


def _slogans(rows: Int64, stretches: Int64, rarity: Rarity) -> Int64:
    """Cut off slogans at either end, beyond a gap in which both sides go on differently; return them as rows.

    Identity alone would keep them: twenty equal characters pay for ten foreign ones, and in a copy whose last
    sentence was changed in its middle they should. What is in everybody's mouth proves no copying.
    """
    aside = [np.empty((0, 7), np.int64)]
    found = np.empty((len(rows), 2), np.int64)
    for at_end in (True, False):
        chosen = np.arange(len(rows))
        while len(chosen):  # a slogan may stand behind another
            found = np.empty((len(chosen), 2), np.int64)
            overlap.fringes(rows[chosen], stretches, at_end, np.int64(FOREIGN), np.int64(FRINGE), found)
            chosen, found = chosen[found[:, 0] >= 0], found[found[:, 0] >= 0]
            gap = found[:, 0]
            outer = gap + 1 if at_end else gap
            start = stretches[outer, 0] if at_end else rows[chosen, 0]
            end = rows[chosen, 1] if at_end else stretches[outer, 0]
            common = rarity(start, end) <= USUAL * (end - start)
            chosen, gap, outer, matches = chosen[common], gap[common], outer[common], found[common, 1]
            cut = rows[chosen]
            inner = gap if at_end else gap + 1
            near, far, border = ((0, 2), (1, 3), 6) if at_end else ((1, 3), (0, 2), 5)
            cut[:, near], cut[:, 4], cut[:, 11 - border] = stretches[outer, :2], matches, outer
            rows[np.ix_(chosen, far)], rows[chosen, border] = stretches[inner, :2], inner
            rows[chosen, 4] -= matches + stretches[gap, 2]
            aside.append(cut)
    return np.concatenate(aside)


def _within_paragraphs(keys: KeyStream, segments: Segments, rows: Int64, floor: int) -> Int64:
    """Cut off what hangs over a paragraph border at either end by less than `TAIL` characters and hardly agrees.

    A sign-off (…镇人民政府, a date) or the next heading agrees in part with that of any other report; behind a copied
    paragraph it would be taken for more of the copy, for a name in between costs less than its commonplace rest
    brings.
    """
    if not len(segments.start):
        return rows
    rows = rows.copy()
    for at_end in (True, False):
        cuts = []
        for side in (0, 2):
            start, end = rows[:, side], rows[:, side + 1]
            if at_end:  # the first paragraph that begins less than TAIL before the end
                row = upto(segments.start, end - TAIL)
                cut = segments.start[np.minimum(row, len(segments.start) - 1)]
            else:  # the last paragraph that ends less than TAIL behind the start
                cut = segments.end[np.maximum(below(segments.end, start + TAIL) - 1, 0)]
            hangs = end - cut < TAIL if at_end else cut - start < TAIL  # else there is no such paragraph
            cuts.append(np.where((cut > start) & (cut < end) & hangs, cut, -1))
        trimmed = np.zeros(len(rows), bool)
        agrees = np.int64(round(1000 * AGREES))
        overlap.trim(keys.codes, cuts[0], cuts[1], np.int64(at_end), np.int64(TAIL), agrees, rows, trimmed)
        for number in np.flatnonzero(trimmed).tolist():
            cut_where_it_pays(keys, rows[number], at_end, floor)
    return rows


def _floor(params: Params) -> int:
    """Return the identity floor in thousandths."""
    return round(1000 * min(IDENTITY_FLOOR, params.threshold))


def _strict(params: Params) -> int:
    """Return the threshold in thousandths, rounded up."""
    return math.ceil(1000 * params.threshold - 1e-9)


def _near_enough(rows: Int64, threshold: float) -> Bool:
    """Return which passages are near enough for their length.

    Sixteen characters of which four differ are a common turn of phrase; of a hundred and sixty with forty that
    differ nobody doubts the source. The bound falls from half way to identity at `SHORTEST` matches to
    the threshold at `LONG`.
    """
    share = np.clip((LONG - rows[:, 4]) / (LONG - SHORTEST), 0, 1)
    bound = threshold + share * (1 - threshold) / 2
    length = (rows[:, 1] - rows[:, 0]) + (rows[:, 3] - rows[:, 2])
    return 2 * rows[:, 4] >= bound * length - 1e-9


def _parallel(segments: Segments, rows: Int64) -> Bool:
    """Return which short passages that differ have both their sides in one paragraph.

    修完本科的，发给书报费八百元；修完专科的，发给书报费五百元: a figure of speech, no repetition. What stands twice
    in one paragraph word for word, or at length, was pasted twice.
    """
    row = upto(segments.start, rows[:, 0]) - 1
    together = (row >= 0) & (rows[:, 3] <= segments.end[np.maximum(row, 0)]) if len(segments.start) else row >= 0
    differs = 2 * rows[:, 4] < rows[:, 1] - rows[:, 0] + rows[:, 3] - rows[:, 2]
    short: Bool = np.asarray(together & differs & (rows[:, 4] < LONG), bool)
    return short


def _whole(segments: Segments, rows: Int64) -> Bool:
    """Return which passages are, on both sides, a whole body paragraph, and little else."""
    length = np.minimum(rows[:, 1] - rows[:, 0], rows[:, 3] - rows[:, 2])
    return np.asarray((rows[:, 4] >= 0.9 * length) & _holds_paragraph(segments, rows, 0.8), bool)


def _holds_paragraph(segments: Segments, rows: Int64, share: float = 0.0) -> Bool:
    """Return which passages hold, on both sides, a whole body paragraph that is so much of them."""
    which, wanted, least = np.arange(len(rows)), np.uint8(ParagraphKind.BODY), np.int64(WHOLE)
    for side in (0, 2):  # few do on the left, so the right is hardly ever looked for
        first, last = rows[which, side], rows[which, side + 1]
        whole = last - first >= WHOLE
        row = below(segments.start, first)
        within.holds(
            segments.start, segments.end, segments.kind, wanted, least, row, first, last, float(share), whole
        )
        which = which[whole]
    holds = np.zeros(len(rows), bool)
    holds[which] = True
    return holds


def _table(rows: Int64, shuffled: UInt8) -> Passages:
    length = (rows[:, 1] - rows[:, 0]) + (rows[:, 3] - rows[:, 2])
    return Passages(
        left_start=rows[:, 0].copy(),
        left_end=rows[:, 1].copy(),
        right_start=rows[:, 2].copy(),
        right_end=rows[:, 3].copy(),
        matches=rows[:, 4].copy(),
        wording=2 * rows[:, 4] / np.maximum(length, 1),
        kind=np.where(shuffled == 1, PassageKind.SHUFFLED, PassageKind.ALIGNED).astype(np.uint8),
    )
