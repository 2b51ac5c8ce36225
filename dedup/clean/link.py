"""Whether two members of one family really say the same: the link that a removal rests on.

A family promises that each member is close to its medoid, not that any two members are close to each other: two
members at 0.7 from the medoid may share half their wording. A member goes only if it is linked with the member that
stays, so the link between any two is looked up (medoid, listed pair) or else computed here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Indel

from dedup.result import Cluster, Result, Span

# Indel is bit-parallel: 64 cells of the length-by-length table an instruction. At this bound it takes about 0.2 s.
_MOST_CELLS = 10**10

_Pair = tuple[tuple[int, int, int], tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Link:
    """How two members agree. ``similarity`` is None where the scan did not list the pair and it was not computed."""

    wording: float
    similarity: float | None


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
        self._listed: dict[_Pair, Link] = {}
        for row in result.passages:
            link = Link(row.wording, row.similarity)
            self._listed[_pair(row.left, row.right)] = link

    def find(self, family: Cluster, one: int, other: int) -> Link | None:
        """Return the link of two members (rows of the family), or None where they differ too much.

        Notes
        -----
        In this order: the pair is listed in the result; one of the two is the medoid; the same characters; the
        identity of wording computed here, over letters and Han alone as the key stream has them. Two spans too
        long for that (`_MOST_CELLS`) are not linked: what cannot be verified does not go.
        """
        first, second = family.members[one], family.members[other]
        listed = self._listed.get(_pair(first, second))
        if listed is not None:
            return listed if listed.wording >= self._threshold else None
        if family.medoid in (one, other):
            return Link(family.wording[other if one == family.medoid else one], None)
        left, right = self._text(first), self._text(second)
        if left == right:
            return Link(1.0, 1.0)
        left, right = _folded(left), _folded(right)
        if not left or not right or len(left) * len(right) > _MOST_CELLS:
            return None
        wording = Indel.normalized_similarity(left, right, score_cutoff=self._threshold)
        return Link(round(wording, 4), None) if wording >= self._threshold else None

    def _text(self, span: Span) -> str:
        return self._texts[span.document][span.start : span.end]


def _pair(one: Span, other: Span) -> _Pair:
    left, right = (one.document, one.start, one.end), (other.document, other.start, other.end)
    return (left, right) if left <= right else (right, left)


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    """Return letters and Han alone, width and case folded: what wording counts."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if sign.isalpha())
