"""Whether two members of one family really say the same: the link that a removal rests on.

A family promises that each member is close to its medoid, not that any two members are close to each other: two
members at 0.7 from the medoid may share half their wording. A member goes only if it is linked with the member that
stays, so the link between any two is looked up (listed pair, medoid) or else computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from dedup.result import Cluster, Result, Span
from dedup.steps.normalise import normalise, surface
from dedup.steps.repair import lay_out, repair

# Indel is bit-parallel: 64 cells of the length-by-length table an instruction. At this bound it takes about 0.2 s.
_MOST_CELLS = 10**10

_Pair = tuple[tuple[int, int, int], tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Link:
    """How two members agree, as in a `Passage`. ``similarity`` is None where both are too long to compute it."""

    wording: float
    similarity: float | None


@dataclass(frozen=True, slots=True)
class _Folded:
    """Every member of one family as matching sees it: key streams (wording), and surfaces (similarity)."""

    family: Cluster
    keys: list[str]
    surfaces: list[str]


class Links:
    """Looks up, or computes, the link of two members of a family.

    Parameters
    ----------
    result : Result
        Passages and families.
    texts : sequence of str
        Text of each document of the result.
    """

    def __init__(self, result: Result, texts: Sequence[str]) -> None:
        self._texts = texts
        self._threshold = result.params.threshold
        self._listed = {_pair(row.left, row.right): Link(row.wording, row.similarity) for row in result.passages}
        self._folded: _Folded | None = None  # of the family asked for last: families are settled one by one

    def find(self, family: Cluster, one: int, other: int) -> Link | None:
        """Return the link of two members (rows of the family), or None where they differ too much.

        Notes
        -----
        In this order: the pair is listed in the result; the same characters; one of the two is the medoid, and the
        family holds its wording; both figures are computed here. Two spans too long for that (`_MOST_CELLS`) are not
        linked: what cannot be verified does not go.
        """
        first, second = family.members[one], family.members[other]
        listed = self._listed.get(_pair(first, second))
        if listed is not None:
            return listed if listed.wording >= self._threshold else None
        if self._text(first) == self._text(second):
            return Link(1.0, 1.0)
        folded = self._fold(family)
        if family.medoid in (one, other):
            wording: float | None = family.wording[other if one == family.medoid else one]
        else:
            wording = _identity(folded.keys[one], folded.keys[other])
        if wording is None or wording < self._threshold:
            return None
        return Link(wording, _identity(folded.surfaces[one], folded.surfaces[other]))

    def _text(self, span: Span) -> str:
        return self._texts[span.document][span.start : span.end]

    def _fold(self, family: Cluster) -> _Folded:
        if self._folded is None or self._folded.family is not family:
            texts = lay_out([self._text(span) for span in family.members])
            edits = repair(texts)
            keys = normalise(texts, edits)
            ranges = range(len(family.members))
            self._folded = _Folded(
                family,
                [
                    keys.codes[keys.indptr[row] : keys.indptr[row + 1]].tobytes().decode("utf-32-le", "surrogatepass")
                    for row in ranges
                ],
                [surface(texts, edits, int(texts.indptr[row]), int(texts.indptr[row + 1])) for row in ranges],
            )
        return self._folded


def _identity(one: str, other: str) -> float | None:
    """Return ``2 * matches / (length + length)``; None for spans too long for it, or with nothing in them."""
    if not one or not other or len(one) * len(other) > _MOST_CELLS:
        return None
    return round(Indel.normalized_similarity(one, other), 4)


def _pair(one: Span, other: Span) -> _Pair:
    left, right = (one.document, one.start, one.end), (other.document, other.start, other.end)
    return (left, right) if left <= right else (right, left)
