"""The desk at which families are settled: texts, ranks, and which families and marks a policy touches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache

import numpy as np

from dedup.clean.policy import CleanPolicy
from dedup.errors import ParamsError
from dedup.result import Cluster, DocumentInfo, Result
from dedup.schema import Bool

# The last row stands for everything from U+3001 on, where no white space is.
_INK = np.array([not chr(code).isspace() for code in range(0x3002)])
HAN_NUMERALS = "零〇一二三四五六七八九十百千万亿两"
_FIGURES = frozenset("0123456789０１２３４５６７８９.．%％" + HAN_NUMERALS)
_DIGITS = re.compile(rf"[\d{HAN_NUMERALS}]+")
_ENUMERATOR = re.compile(rf"^\s*[（(\[]?(?:\d{{1,3}}|[{HAN_NUMERALS}]{{1,3}})(?:[）)\]、．]|\.(?!\d))", re.MULTILINE)

# Labels that text can bear without being like any other text of the corpus. A copy without a family would have no
# partner to name, so it stays.
_ALONE = ("furniture", "template", "citation", "formula")


class Desk:
    """What both ways of settling look things up in: texts, ranks and the families that may go."""

    def __init__(
        self, result: Result, policy: CleanPolicy, order: Sequence[int] | None, against: frozenset[int]
    ) -> None:
        count = len(result.documents)
        order = range(count) if order is None else order
        problems = []
        if sorted(order) != list(range(count)):
            problems.append(f"order has {len(order)} entries, but must name each of the {count} documents once")
        bare = [info.name for info in result.documents if info.text is None]
        if bare:
            problems.append(f"{len(bare)} documents have no text, {bare[0]} the first: attach them with with_texts")
        if problems:
            raise ParamsError(problems)
        self.result, self.policy, self.against = result, policy, against
        self.texts = [info.text or "" for info in result.documents]
        self.rank = {document: place for place, document in enumerate(order)}
        self._prefer = [_preference(info, policy.prefer) for info in result.documents]
        # (document, start, end) of a member as settled -> (start, end) as found, where they differ
        self.found: dict[tuple[int, int, int], tuple[int, int]] = {}
        self.families = self._families()

    def _families(self) -> list[Cluster]:
        """Return the families that the policy touches, in the order in which they are settled."""
        wanted = set(self.policy.labels) - {"furniture"}
        rows = [
            row
            for row in self.result.clusters
            if row.label in wanted
            and (not self.against or any(span.document in self.against for span in row.members))
        ]
        return sorted((self._grown(row) for row in rows), key=self._order)

    def _grown(self, family: Cluster) -> Cluster:
        """Return a family whose members take in the figures they begin and end with.

        The key stream holds no digits, so a passage that is copied with the date before it begins behind the date;
        and the date, which nobody would then hold, would keep the sentence. Where it differs it does so all the more.
        """
        members = []
        for span in family.members:
            text = self.texts[span.document]
            start, end = span.start, span.end
            while start and text[start - 1] in _FIGURES:
                start -= 1
            while end < len(text) and text[end] in _FIGURES:
                end += 1
            grown = span if (start, end) == (span.start, span.end) else replace(span, start=start, end=end)
            if grown is not span:
                self.found[grown.document, start, end] = (span.start, span.end)
            members.append(grown)
        return replace(family, members=tuple(members))

    def _order(self, family: Cluster) -> tuple[int, tuple[int, int], str]:
        longest = max(span.end - span.start for span in family.members)
        first = min((self.rank[span.document], span.start) for span in family.members)
        return -longest, first, family.id

    def standing(self, document: int) -> tuple[int, tuple[int, ...], int]:
        """Return the sort key of a document by ``prefer`` and date; ``keep`` by length or medoid is the caller's."""
        date = self.result.documents[document].date or ""
        digits = tuple(ord(sign) for sign in date)
        key: tuple[int, ...] = ()
        if self.policy.keep == "oldest":
            key = (0, *digits) if date else (1,)
        elif self.policy.keep == "newest":
            # 0x110000 ends the inverted string, so that 2006-11 comes after 2006-11-03: the more precise is newer.
            key = (0, *(-code for code in digits), 0x110000) if date else (1,)
        return self._prefer[document], key, self.rank[document]

    def noise(self, document: int) -> list[tuple[int, int, str]]:
        """Return the marked ranges that go without a partner: page noise, and labels named that have no family."""
        if self.against:
            return []
        return [
            (start, end, label)
            for start, end, label, family in self.result.documents[document].marks
            if label in self.policy.labels and (label == "furniture" or (label in _ALONE and family is None))
        ]


def solid(text: str) -> Bool:
    """Return bool[len(text)]: which characters are no white space."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return np.asarray(_INK[np.minimum(codes, 0x3001)])


def letters(text: str) -> Bool:
    """Return bool[len(text)]: letters, Han and digits. Punctuation, at which passages often end, weighs nothing."""
    return np.asarray(_alnum()[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)])


@cache
def _alnum() -> Bool:
    """Return bool[0x110000]: `str.isalnum` of every code point; 0.1 s once against 0.1 us a character."""
    return np.fromiter(map(str.isalnum, map(chr, range(0x110000))), np.bool_, 0x110000)


def numbers(text: str) -> Bool:
    """Return bool[len(text)]: digits and Han numerals, but for those that count paragraphs (（三） 2. 四、).

    Han numerals that are no numbers (一定, 十分) are among them: where they stand in both texts it makes no
    difference, and where they do not, a unit stays that might have gone.
    """
    mask = np.zeros(len(text), np.bool_)
    for run in _DIGITS.finditer(text):
        mask[run.start() : run.end()] = True
    for run in _ENUMERATOR.finditer(text):
        mask[run.start() : run.end()] = False
    return mask


def _preference(info: DocumentInfo, globs: Sequence[str]) -> int:
    for row, glob in enumerate(globs):
        if fnmatchcase(info.name, glob) or fnmatchcase(info.source, glob):
            return row
    return len(globs)
