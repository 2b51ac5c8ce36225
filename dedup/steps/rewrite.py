"""Which paragraphs say the same in other words? Answers with pairs that share their words, not their characters.

The aligner follows characters in a row: it sees through edits, but not through clauses turned round, synonyms and
padding. This is the second view, for paragraphs that the first has not explained: the words of a paragraph as a
set, weighted by rarity, compared by cosine. What it finds is reported as rewritten, with its own figure, and never
taken for a copy: such a pair joins no family but its own.
"""

from __future__ import annotations

import math

import numpy as np

from dedup.intervals import positions
from dedup.params import Params
from dedup.result import Limit
from dedup.schema import Bool, Int64, KeyStream, ParagraphKind, PassageKind, Passages, Segments, UInt8, string

LEAST = 40
"""Fewest key characters of a paragraph that is looked at: shorter ones share their words by chance."""

COSINE = 0.6
"""Least cosine of the weighted word sets."""

WORDING = 0.45
"""Least share of characters in common order. Two paragraphs on one subject share words, but seldom their order: this
bound costs rewritings of the boldest kind and is what keeps a subject from being taken for a source."""

RARE_WORDS = 4
"""Fewest shared words that are rare, in the dictionary and in the corpus."""

RARE_BITS = 9.0
"""Natural logarithm of total over frequency from which a word of the dictionary is rare (one word in 8,000)."""

COMMON = 16
"""Paragraphs in which a pair of neighbouring characters may stand and still lead to candidates."""

_SHARED = 0.2
"""Share of the shorter paragraph's character pairs that a candidate must share, rare ones only."""

_REMAINDERS = 1_000_003
"""A prime, so that both characters of a pair count; a megabyte of table."""

_EXPLAINED = 0.5
"""Share of a paragraph from which a passage with the other report explains it."""


def rewrite(
    keys: KeyStream, segments: Segments, passages: Passages, role: UInt8, params: Params
) -> tuple[Passages, list[Limit]]:
    """Return the pairs of paragraphs that were rewritten from one another, or from one source.

    Parameters
    ----------
    keys : KeyStream
    segments : Segments
    passages : Passages
        What the aligner found; a paragraph that a passage covers by half is not looked at with that report again.
    role : uint8[D]
        Of each document: 0 not looked at, 1 compared with those of 2 only, 2 compared with all.
    params : Params
        ``rewrite_chars``.

    Returns
    -------
    Passages
        Of kind REWRITTEN, one row a pair of whole paragraphs in different reports (parts of a collection count as
        reports), sorted by left start, right start. ``matches`` is the longest common subsequence of the key
        characters, ``wording`` its identity: the figure may lie below ``params.threshold``.
    list of Limit
        One entry if the corpus was too large to be looked at.

    Notes
    -----
    Candidates come from an inverted index on neighbouring characters, not on words: it is made by one sort, and only
    paragraphs that share a fifth of their rare pairs have to go through the word segmenter, which is a thousand
    times slower. Weights are those of the segmenter's dictionary and not counts over the corpus: in five reports
    every word is rare, and a figure must not change when the corpus grows. The cosine is what scikit-learn gives for
    the same weights (its test compares them); importing scikit-learn would take longer than all else here together.

    Cost: O(K log K) for K key characters, at most ``COMMON`` candidates a character, one segmentation a candidate.
    """
    rows = np.flatnonzero(
        np.isin(segments.kind, (ParagraphKind.BODY, ParagraphKind.LIST_ITEM))
        & (segments.end - segments.start >= LEAST)
        & (role[segments.document] > 0)
    )
    length = segments.end - segments.start
    total = int(length[rows].sum())
    if not params.rewrite_chars or total > params.rewrite_chars:
        missed = len(rows) if params.rewrite_chars else 0
        limits = [Limit("rewrite", missed, params.rewrite_chars)] if missed else []
        return _table(segments, []), limits
    report = _reports(segments)
    rows = _distinct(keys, segments, rows, role)
    left, right = _candidates(keys, segments, rows, role[segments.document[rows]] > 1)
    wanted = (report[left] != report[right]) & (role[segments.document[left]] + role[segments.document[right]] > 2)
    left, right = left[wanted], right[wanted]
    fresh = ~_explained(segments, report, passages, left, right)
    return _table(segments, _verified(keys, segments, report, left[fresh], right[fresh])), []


def _reports(segments: Segments) -> Int64:
    """Return a number for the report of each paragraph: its document, or its part of a collection file."""
    return segments.document * (len(segments.parts.raw_start) + 1) + segments.part + 1


def _distinct(keys: KeyStream, segments: Segments, rows: Int64, role: UInt8) -> Int64:
    """Return the first of each group of paragraphs with the same key text: a source copied often is one source."""
    seen: set[tuple[int, bytes]] = set()
    kept = []
    for row in rows.tolist():
        name = int(role[segments.document[row]]), keys.codes[segments.start[row] : segments.end[row]].tobytes()
        if name not in seen:
            seen.add(name)
            kept.append(row)
    return np.array(kept, np.int64)


def _candidates(keys: KeyStream, segments: Segments, rows: Int64, asked: Bool) -> tuple[Int64, Int64]:
    """Return pairs of paragraphs (rows of `segments`, left before right) that share many rare character pairs.

    Of two paragraphs one must be ``asked`` (bool, of each row): what an archive shares with itself nobody asks.
    """
    length = segments.end[rows] - segments.start[rows] - 1
    owner = np.repeat(np.arange(len(rows)), length)
    first = positions(segments.start[rows], length)
    gram = (keys.codes[first].astype(np.int64) << 21) | keys.codes[first + 1]
    if not asked.all():
        # What no paragraph asked about has leads to no pair, and in a query that is most of what is there. Told by a
        # table of remainders: a gram that only shares one is kept for nothing, which is all that can happen.
        remainder = gram % _REMAINDERS
        there = np.zeros(_REMAINDERS, bool)
        there[remainder[asked[owner]]] = True
        gram, owner = gram[there[remainder]], owner[there[remainder]]
    order = np.argsort(gram, kind="stable")  # owners ascend already
    gram, owner = gram[order], owner[order]
    new = np.ones(len(gram), bool)
    new[1:] = (gram[1:] != gram[:-1]) | (owner[1:] != owner[:-1])
    gram, owner = gram[new], owner[new]
    border = (
        np.flatnonzero(np.concatenate([[True], gram[1:] != gram[:-1], [True]])) if len(gram) else np.zeros(1, int)
    )
    frequency = np.repeat(np.diff(border), np.diff(border))
    gram, owner = gram[frequency <= COMMON], owner[frequency <= COMMON]
    codes = []
    for step in range(1, min(COMMON, len(gram))):
        same = np.flatnonzero(gram[:-step] == gram[step:])
        same = same[asked[owner[same]] | asked[owner[same + step]]]
        codes.append(owner[same] * len(rows) + owner[same + step])
    pair, shared = np.unique(np.concatenate([*codes, np.empty(0, np.int64)]), return_counts=True)
    left, right = pair // max(len(rows), 1), pair % max(len(rows), 1)
    many = shared >= _SHARED * np.minimum(length[left], length[right]) if len(pair) else np.zeros(0, bool)
    return rows[left[many]], rows[right[many]]


def _explained(segments: Segments, report: Int64, passages: Passages, left: Int64, right: Int64) -> Bool:
    """Return which pairs a passage between the same two reports explains already, on either side."""
    covered: dict[tuple[int, int], int] = {}
    sides = (
        (passages.left_start, passages.left_end, passages.right_start),
        (passages.right_start, passages.right_end, passages.left_start),
    )
    for start, end, other in sides:
        partner = report[np.maximum(np.searchsorted(segments.start, other, side="right") - 1, 0)]
        first = np.maximum(np.searchsorted(segments.start, start, side="right") - 1, 0)
        last = np.searchsorted(segments.start, end)
        for a, b, where, row, stop in zip(
            start.tolist(), end.tolist(), partner.tolist(), first.tolist(), last.tolist(), strict=True
        ):
            for one in range(row, stop):
                inside = min(b, int(segments.end[one])) - max(a, int(segments.start[one]))
                covered[one, where] = covered.get((one, where), 0) + max(0, inside)
    length = segments.end - segments.start
    return np.array(
        [
            covered.get((one, int(report[other])), 0) >= _EXPLAINED * length[one]
            or covered.get((other, int(report[one])), 0) >= _EXPLAINED * length[other]
            for one, other in zip(left.tolist(), right.tolist(), strict=True)
        ],
        bool,
    )


def _verified(
    keys: KeyStream, segments: Segments, report: Int64, left: Int64, right: Int64
) -> list[tuple[int, int, int]]:
    """Return (left row, right row, matches) of the pairs that hold, each the best of both its sides."""
    from rapidfuzz.distance import LCSseq

    texts = {
        row: string(keys.codes[segments.start[row] : segments.end[row]]) for row in np.union1d(left, right).tolist()
    }
    weights = {row: word_weights(text) for row, text in texts.items()}
    found: list[tuple[float, int, int, int]] = []
    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        likeness = cosine(weights[one], weights[other])
        shared = weights[one].keys() & weights[other].keys()
        if likeness < COSINE or sum(weights[one][word] >= RARE_BITS for word in shared) < RARE_WORDS:
            continue
        matches = LCSseq.similarity(texts[one], texts[other])
        if 2 * matches >= WORDING * (len(texts[one]) + len(texts[other])):
            found.append((-likeness, one, other, matches))
    taken: set[tuple[int, int]] = set()
    best = []
    for _, one, other, matches in sorted(found):
        sides = {(one, int(report[other])), (other, int(report[one]))}
        if not sides & taken:
            best.append((one, other, matches))
            taken |= sides
    return sorted(best)


def word_weights(text: str) -> dict[str, float]:
    """Return the words of a key text, of two characters and more, each with its rarity in natural logarithms."""
    from dedup.lexicon import lexicon

    own = lexicon()
    return {word: math.log(own.total / max(1, own.count(word))) for word in own.cut(text) if len(word) > 1}


def cosine(one: dict[str, float], other: dict[str, float]) -> float:
    """Return the cosine of two weighted word sets; 0 if one is empty."""
    if not one or not other:
        return 0.0
    # Sorted, so that the last bit does not depend on the order in which a set of strings is walked.
    shared = math.fsum(one[word] * other[word] for word in sorted(one.keys() & other.keys()))
    norms = (math.fsum(value * value for value in sorted(side.values())) for side in (one, other))
    return shared / math.sqrt(math.prod(norms))


def _table(segments: Segments, pairs: list[tuple[int, int, int]]) -> Passages:
    table = np.array(pairs, np.int64).reshape(-1, 3)
    left, right, matches = table[:, 0], table[:, 1], table[:, 2].copy()
    length = (segments.end - segments.start)[left] + (segments.end - segments.start)[right]
    return Passages(
        left_start=segments.start[left],
        left_end=segments.end[left],
        right_start=segments.start[right],
        right_end=segments.end[right],
        matches=matches,
        wording=2 * matches / np.maximum(length, 1),
        kind=np.full(len(matches), PassageKind.REWRITTEN, np.uint8),
    )
