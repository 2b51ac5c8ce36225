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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Indel, Levenshtein

from dedup.clean.desk import HAN_NUMERALS
from dedup.result import Cluster, Result, Span
from dedup.schema import Bool, Int32, Int64, string
from dedup.steps.normalise import normalise, surfaces
from dedup.steps.repair import lay_out, repair

# Both distances are bit-parallel: 64 cells of the length-by-length table an instruction, 0.2 s at this bound.
_MOST_CELLS = 10**10
_BATCH = 1 << 21  # characters folded together; larger saves nothing more
# 1,234 and 3.5亿 are one number each: 3 is no number of a text that says 3.5, nor is 12 of one that says 12万.
_NUMBER = re.compile(rf"(?:[0-9]+(?:[.,:][0-9]+)*|[{HAN_NUMERALS}])+")
_NAME = 4  # characters of the longest name
_SUFFIXES = frozenset("省市县区州盟旗镇乡村屯组社局办所站厂司校院")
_TITLES = frozenset(("同志", "书记", "镇长", "乡长", "主任", "主席", "局长", "委员", "代表"))
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖"
    "石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛闫阎段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文庞樊兰殷施洪翟安倪"
    "牛温芦季俞章鲁葛伍申尤毕聂焦柳邢岳齐梅庄辛管祝左涂谷耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍覃霍翁"
)

_REGIONS = frozenset(
    re.findall(
        "..",
        "北京天津上海重庆河北山西辽宁吉林江苏浙江安徽福建江西山东河南湖北湖南"
        "广东海南四川贵州云南陕西甘肃青海台湾广西西藏宁夏新疆香港澳门内蒙龙江",
    )
)
"""What the names of provinces are known by, in two characters each: 宁夏回族自治区 and 宁夏 alike."""
_REGION = 12  # characters of the longest name of a province, and some

_Place = tuple[int, int, int]  # document, start, end


@dataclass(frozen=True, slots=True)
class Link:
    """How two members agree, as in a `Passage`. ``similarity`` is None where both are too long to compute it."""

    wording: float
    similarity: float | None


@dataclass(frozen=True, slots=True)
class _Folded:
    """A member as matching sees it.

    ``key`` is its key stream (wording), ``signs`` its surface (similarity): repaired and folded, without white space.
    ``signs[i]`` comes from character ``origin[i]`` of the member, an int32[len(signs)], not decreasing.
    """

    key: str
    signs: str
    origin: Int32


@dataclass(frozen=True, slots=True)
class Match:
    """How the characters of one member fare in another.

    stands : bool[N]   it stands there too, in order
    other : bool[N]    it is (part of) a name, and another name stands there in its place; or it is an item of an
                       enumeration that the other does not have
    """

    stands: Bool
    other: Bool


class Links:
    """Looks up, or computes, the link of two members of a family.

    Parameters
    ----------
    result : Result
        Passages and families.
    texts : sequence of str
        Text of each document of the result.
    families : sequence of Cluster
        Those that will be asked about, in the order in which they will be.
    found : mapping
        Where members were found that stand elsewhere now, see `dedup.clean.desk.Desk`.

    Notes
    -----
    Members are folded in batches of `_BATCH` characters: folded one by one, the fixed cost of each call was ten times
    the work. Equal texts are folded once, and not at all where nothing else stands in their family.
    """

    def __init__(
        self,
        result: Result,
        texts: Sequence[str],
        families: Sequence[Cluster],
        found: Mapping[_Place, tuple[int, int]],
    ) -> None:
        self._texts = texts
        self._found = found
        self._threshold = result.params.threshold
        self._listed = {
            _pair(_place(row.left), _place(row.right)): Link(row.wording, row.similarity) for row in result.passages
        }
        self._waiting = iter(families)
        self._folded: dict[str, _Folded] = {}

    def find(self, family: Cluster, one: int, other: int) -> Link | None:
        """Return the link of two members (rows of the family), or None where they differ too much.

        Notes
        -----
        In this order: the pair is listed in the result; the same characters; one of the two is the medoid, and the
        family holds its wording; both figures are computed here. Two spans too long for that (`_MOST_CELLS`) are not
        linked: what cannot be verified does not go.
        """
        first, second = family.members[one], family.members[other]
        listed = self._listed.get(_pair(self._as_found(first), self._as_found(second))) if self._listed else None
        if listed is not None:
            return listed if listed.wording >= self._threshold else None
        if self._text(first) == self._text(second):
            return Link(1.0, 1.0)
        left, right = self._fold(first), self._fold(second)
        if family.medoid in (one, other):
            wording: float | None = family.wording[other if one == family.medoid else one]
        else:
            wording = _identity(left.key, right.key)
        if wording is None or wording < self._threshold:
            return None
        return Link(wording, _identity(left.signs, right.signs))

    def matched(self, family: Cluster, one: int, other: int) -> Match:
        """Return which characters of one member stand, in order, in the other.

        Returns
        -------
        Match
            White space, and what a machine put there, counts as standing. A number stands only whole: of 1,234
            against 1,235 no digit stands.

        Notes
        -----
        Levenshtein's alignment and not the longest common subsequence, which finds a scattered half of any Chinese
        sentence in any other.
        """
        first, second = family.members[one], family.members[other]
        size = first.end - first.start
        if self._text(first) == self._text(second):
            return Match(np.ones(size, np.bool_), np.zeros(size, np.bool_))
        left, right = self._fold(first), self._fold(second)
        stands, named = np.zeros(len(left.signs), np.bool_), np.zeros(len(left.signs), np.bool_)
        if len(left.signs) * len(right.signs) <= _MOST_CELLS:
            shift = np.zeros(len(left.signs), np.int64)
            here = there = 0
            # Matching blocks end with an empty one behind both; what lies between two of them is one change.
            for block in Levenshtein.opcodes(left.signs, right.signs).as_matching_blocks():
                gaps = slice(here, block.a), slice(there, block.b)
                named[gaps[0]] = (
                    _are_names(left.signs, gaps[0], right.signs, gaps[1])
                    or _are_regions(left.signs, gaps[0], right.signs, gaps[1])
                    or _is_an_item_more(left.signs[gaps[0]], right.signs[gaps[1]])
                )
                here, there = block.a + block.size, block.b + block.size
                stands[block.a : here] = True
                shift[block.a : here] = block.b - block.a
            _whole_numbers(left.signs, right.signs, stands, shift)
        found = Match(np.ones(size, np.bool_), np.zeros(size, np.bool_))
        found.stands[left.origin] = False
        found.stands[left.origin[stands]] = True
        found.other[left.origin[named]] = True
        return found

    def _as_found(self, span: Span) -> _Place:
        place = _place(span)
        return (span.document, *self._found[place]) if place in self._found else place

    def _text(self, span: Span) -> str:
        return self._texts[span.document][span.start : span.end]

    def _fold(self, span: Span) -> _Folded:
        text = self._text(span)
        if text not in self._folded:
            self._fold_more(text)
        return self._folded[text]

    def _fold_more(self, wanted: str) -> None:
        """Fold the members of the next families; the one wanted in any case."""
        batch: dict[str, None] = {wanted: None}
        size = len(wanted)
        for family in self._waiting:
            texts = dict.fromkeys(self._text(span) for span in family.members)
            if len(texts) > 1:
                batch |= texts
                size += sum(map(len, texts))
            if size >= _BATCH:
                break
        fresh = [text for text in batch if text not in self._folded]
        self._folded |= zip(fresh, _folded(fresh), strict=True)


def _folded(members: Sequence[str]) -> Iterator[_Folded]:
    """Yield texts folded."""
    texts = lay_out(members)
    edits = repair(texts)
    keys, shown = normalise(texts, edits), surfaces(texts, edits)
    borders = np.searchsorted(shown.origin, texts.indptr)
    for row, base in enumerate(texts.indptr[:-1].tolist()):
        here = slice(int(borders[row]), int(borders[row + 1]))
        yield _Folded(
            string(keys.codes[keys.indptr[row] : keys.indptr[row + 1]]),
            string(shown.codes[here]),
            (shown.origin[here] - base).astype(np.int32),
        )


def _are_names(left: str, here: slice, right: str, there: slice) -> bool:
    """Whether one name stands in the place of another: before a title or a suffix of places, or headed by surnames.

    As `dedup.steps.contrast` knows names, and by surnames beside. A name on no list is not found, and 方面 against
    高度 is: then a unit stays that might have gone.
    """
    name, other = left[here], right[there]
    if not name or not other or max(len(name), len(other)) > _NAME:
        return False
    after = left[here.stop : here.stop + 2]
    if after and after == right[there.stop : there.stop + 2] and (after[0] in _SUFFIXES or after in _TITLES):
        return True
    return min(len(name), len(other)) >= 2 and name[0] in _SURNAMES and other[0] in _SURNAMES


def _are_regions(left: str, here: slice, right: str, there: slice) -> bool:
    """Whether one province stands in the place of another, however long their names and whatever follows.

    Two names may share a character (山东, 山西), which then is no part of the change: so one more is looked at.
    """
    if max(here.stop - here.start, there.stop - there.start) > _REGION:
        return False
    found = [
        {text[at : at + 2] for at in range(max(part.start - 1, 0), part.stop)} & _REGIONS
        for text, part in ((left, here), (right, there))
    ]
    return bool(found[0] and found[1] and found[0] != found[1])


def _is_an_item_more(here: str, there: str) -> bool:
    """Whether a change adds an item to an enumeration: who else was there is what a list says."""
    return here.count("、") > there.count("、") and here.strip("、") > ""


def _whole_numbers(left: str, right: str, stands: Bool, shift: Int64) -> None:
    """Let a number stand only if all of it does, in one piece, and is a whole number there; in place."""
    numbers = {number.span() for number in _NUMBER.finditer(right)}
    for number in _NUMBER.finditer(left):
        start, end = number.span()
        moved = int(shift[start])
        whole = stands[start:end].all() and (shift[start:end] == moved).all()
        if not whole or (start + moved, end + moved) not in numbers:
            stands[start:end] = False


def _identity(one: str, other: str) -> float | None:
    """Return ``2 * matches / (length + length)``; None for spans too long for it, or with nothing in them."""
    if not one or not other or len(one) * len(other) > _MOST_CELLS:
        return None
    return round(Indel.normalized_similarity(one, other), 4)


def _place(span: Span) -> _Place:
    return span.document, span.start, span.end


def _pair(one: _Place, other: _Place) -> tuple[_Place, _Place]:
    return (one, other) if one <= other else (other, one)
