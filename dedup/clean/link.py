"""Whether two members of one family say the same, and which characters of the one stand in the other.

A family promises that each member is close to its medoid, not that any two members are close to each other: two
members at 0.7 from the medoid may share half their wording. A member goes only if it is linked with the member that
stays, so the link between any two is looked up (listed pair, medoid) or else computed here.

Nor does a link say that every sentence of a member stands in the other: a passage bridges what one of the two has
alone, and its wording counts neither numbers nor punctuation. So what goes is decided by an alignment of the
characters themselves (`Links.matched`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Indel, Levenshtein

from dedup.clean.desk import HAN_NUMERALS, solid
from dedup.result import Cluster, Result, Span
from dedup.schema import Bool, Edits, Int64, Texts
from dedup.steps.normalise import fold, normalise, surface
from dedup.steps.repair import lay_out, repair

# Both distances are bit-parallel: 64 cells of the length-by-length table an instruction, 0.2 s at this bound.
_MOST_CELLS = 10**10
_NUMBER = re.compile(rf"[0-9]+(?:[.,:][0-9]+)*|[{HAN_NUMERALS}]+")
_NUMERALS = frozenset("0123456789" + HAN_NUMERALS)

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
    texts: Texts
    edits: Edits
    keys: list[str]
    surfaces: list[str]
    traces: dict[int, _Trace]


@dataclass(frozen=True, slots=True)
class _Trace:
    """A member as its alignment sees it: repaired, folded character by character, without white space.

    ``signs[i]`` comes from character ``origin[i]`` of the member; ``idle`` (one bool a character of the member) marks
    those left out: white space, and what `dedup.steps.repair` found a machine to have put there.
    """

    signs: str
    origin: Int64
    idle: Bool


class _Fold(dict[int, int]):
    """Code point to folded code point, filled as it is asked; what folds to several stays."""

    def __missing__(self, code: int) -> int:
        folded = fold(np.array([code], np.uint32))
        self[code] = int(folded[0]) if len(folded) == 1 else code
        return self[code]


_FOLD = _Fold()


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

    def matched(self, family: Cluster, one: int, other: int) -> Bool:
        """Return which characters of one member stand, in order, in the other.

        Returns
        -------
        bool[length of the member]
            White space, and what a machine put there, counts as standing. A number stands only whole: of 1,234
            against 1,235 no digit stands.

        Notes
        -----
        Levenshtein's alignment and not the longest common subsequence, which finds a scattered half of any Chinese
        sentence in any other.
        """
        first, second = family.members[one], family.members[other]
        if self._text(first) == self._text(second):
            return np.ones(first.end - first.start, np.bool_)
        left, right = self._trace(family, one), self._trace(family, other)
        stands = np.zeros(len(left.signs), np.bool_)
        if len(left.signs) * len(right.signs) <= _MOST_CELLS:
            shift = np.zeros(len(left.signs), np.int64)
            for block in Levenshtein.opcodes(left.signs, right.signs):
                if block.tag == "equal":
                    stands[block.src_start : block.src_end] = True
                    shift[block.src_start : block.src_end] = block.dest_start - block.src_start
            _whole_numbers(left.signs, right.signs, stands, shift)
        mask = left.idle.copy()
        mask[left.origin[stands]] = True
        return mask

    def _trace(self, family: Cluster, row: int) -> _Trace:
        folded = self._fold(family)
        if row not in folded.traces:
            folded.traces[row] = _traced(folded.texts, folded.edits, row)
        return folded.traces[row]

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
                texts,
                edits,
                [
                    keys.codes[keys.indptr[row] : keys.indptr[row + 1]].tobytes().decode("utf-32-le", "surrogatepass")
                    for row in ranges
                ],
                [surface(texts, edits, int(texts.indptr[row]), int(texts.indptr[row + 1])) for row in ranges],
                {},
            )
        return self._folded


def _traced(texts: Texts, edits: Edits, row: int) -> _Trace:
    begin, end = int(texts.indptr[row]), int(texts.indptr[row + 1])
    codes = texts.codes[begin:end]
    used = solid(codes.tobytes().decode("utf-32-le", "surrogatepass"))
    origins, signs = [], []
    for edit in range(*np.searchsorted(edits.start, [begin, end]).tolist()):
        start = int(edits.start[edit]) - begin
        used[start : int(edits.end[edit]) - begin] = False
        put = edits.codes[int(edits.indptr[edit]) : int(edits.indptr[edit + 1])]
        origins.append(np.full(len(put), start, np.int64))
        signs.append(put)
    places = np.flatnonzero(used)
    origin = np.concatenate([places, *origins])
    order = np.argsort(origin, kind="stable")
    shown = np.concatenate([codes[places], *signs])[order].astype("<u4")
    text = shown.tobytes().decode("utf-32-le", "surrogatepass").translate(_FOLD)
    return _Trace(text, origin[order], ~used)


def _whole_numbers(left: str, right: str, stands: Bool, shift: Int64) -> None:
    """Let the digits of a number stand only if the whole number does, and is the whole number there; in place."""
    for number in _NUMBER.finditer(left):
        start, end = number.span()
        there = start + int(shift[start])
        whole = stands[start:end].all() and (shift[start:end] == shift[start]).all()
        stop = there + end - start
        around = {right[max(there - 1, 0) : there], right[stop : stop + 1]}
        if not whole or around & _NUMERALS:
            stands[start:end] = False


def _identity(one: str, other: str) -> float | None:
    """Return ``2 * matches / (length + length)``; None for spans too long for it, or with nothing in them."""
    if not one or not other or len(one) * len(other) > _MOST_CELLS:
        return None
    return round(Indel.normalized_similarity(one, other), 4)


def _pair(one: Span, other: Span) -> _Pair:
    left, right = (one.document, one.start, one.end), (other.document, other.start, other.end)
    return (left, right) if left <= right else (right, left)
