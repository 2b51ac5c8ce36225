"""What machines did to the text: pinyin in brackets, mojibake, zero width, glued-in site lines -> edits.

An `Edits` row says which raw range a machine put there and what stood there before. Nothing is applied to the stored
text; `dedup.steps.normalise` applies edits to the key stream, and their kinds are counted in the result. An edit is
made only where it is certain: what is doubtful stays, and alignment bridges it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from dedup.kernels import marks as kernels
from dedup.schema import Bool, EditKind, Edits, Int64, Texts, UInt8, UInt32
from dedup.steps import data
from dedup.steps.data import shifted

# What one gather over the codes looks for, so that clean text pays for nothing else.
_INVISIBLE, _COMPAT, _REPLACED, _BRACKET, _QUESTION, _LOOKALIKE, _BREAK, _TAG = (1 << bit for bit in range(8))


def lay_out(texts: Sequence[str]) -> Texts:
    """Lay texts end to end as code points.

    Parameters
    ----------
    texts : sequence of str
        Exactly as decoded; lone surrogates (from broken JSON) are code points like any other.

    Returns
    -------
    Texts

    Notes
    -----
    One encode of the joined text, no Python per document but its length.
    """
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return Texts(codes=codes, indptr=np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths))))


def repair(texts: Texts) -> Edits:
    """Find what machines did to the texts.

    Parameters
    ----------
    texts : Texts

    Returns
    -------
    Edits
        Sorted and disjoint; where two findings overlap, the one that begins first (then the longer) stands.

    Notes
    -----
    One gather marks the few places worth a look (brackets, question marks, odd code points); each finder looks only
    there. O(N) for the gather and the search of trigger words, the rest in the number of such places.
    """
    marks = _flags()[texts.codes]
    places = np.flatnonzero(marks)
    here = marks[places]
    found = [
        _runs(places[here & _INVISIBLE != 0], texts, EditKind.INVISIBLE),
        _runs(places[here & _REPLACED != 0], texts, EditKind.REPLACED),
        _compat(places[here & _COMPAT != 0], texts),
        _pinyin(places[here & _BRACKET != 0], texts),
        _pages(places[here & _BREAK != 0], texts),
    ]
    scattered: list[_Finding] = []
    if texts.codes.size:
        scattered += _mojibake(places[here & _QUESTION != 0], texts)
        scattered += _lookalikes(places[here & _LOOKALIKE != 0], texts)
        whole = texts.codes.tobytes().decode("utf-32-le", "surrogatepass")
        scattered += _site(whole, texts)
        if np.any(here & _TAG):
            scattered += _ruby(whole, texts)
    found.append(_gather(scattered))
    return _disjoint(found)


@dataclass(frozen=True, slots=True)
class _Finding:
    start: int
    end: int
    kind: EditKind
    text: str = ""


@cache
def _flags() -> UInt8:
    tables = data.tables()
    low = tables.kind & 0x0F
    flags = np.zeros(data.CODE_POINTS, dtype=np.uint8)
    flags[low == data.Class.INVISIBLE] |= _INVISIBLE
    flags[low == data.Class.REPLACED] |= _REPLACED
    flags[low == data.Class.BREAK] |= _BREAK
    codes = np.arange(data.CODE_POINTS)
    for first, last in ((0x2E80, 0x2FDF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)):
        block = slice(first, last + 1)
        flags[block][tables.fold[block] != codes[block]] |= _COMPAT
    flags[[ord("("), ord("（")]] |= _BRACKET
    flags[[ord("?"), ord("？")]] |= _QUESTION
    flags[ord("<")] |= _TAG
    for char in data.lookalikes():
        flags[[ord(char), ord(char.upper())]] |= _LOOKALIKE
    return flags


@dataclass(frozen=True, slots=True)
class _Found:
    """Edits of one finder, before overlaps are settled: ``codes`` holds at most one code point a row, 0 for none."""

    start: Int64
    end: Int64
    kind: UInt8
    texts: tuple[str, ...] | None = None
    codes: Int64 | None = None


def _runs(places: Int64, texts: Texts, kind: EditKind) -> _Found:
    """Return one deletion for each run of neighbouring places within a document."""
    if not places.size:
        return _Found(places, places, np.zeros(0, np.uint8))
    documents = texts.document_of(places)
    first = np.ones(places.size, dtype=bool)
    first[1:] = (np.diff(places) > 1) | (np.diff(documents) > 0)
    last = np.append(first[1:], True)
    return _Found(places[first], places[last] + 1, np.full(int(first.sum()), kind, np.uint8))


def _compat(places: Int64, texts: Texts) -> _Found:
    kinds = np.full(places.size, EditKind.COMPAT, np.uint8)
    return _Found(places, places + 1, kinds, codes=data.tables().fold[texts.codes[places]].astype(np.int64))


def _pinyin(opens: Int64, texts: Texts) -> _Found:
    """Find 鄉(xiāng): a bracket whose content is a reading of the Han character before it."""
    # A bracket with no Latin letter behind it ends here: （一） and （试行） are by far the most.
    near = texts.codes[np.minimum(opens + 1, texts.codes.size - 1)] if opens.size else opens
    opens = opens[(near < 0x1F00) & (near != 0x29)] if opens.size else opens
    document = texts.document_of(opens)
    ends = np.empty(opens.size, dtype=np.int64)
    kernels.pinyin_ends(
        texts.codes,
        opens,
        texts.indptr[document],
        texts.indptr[document + 1],
        data.tables().kind,
        data.latin(),
        data.readings(),
        ends,
    )
    hit = ends > 0
    return _Found(opens[hit], ends[hit], np.full(int(hit.sum()), EditKind.PINYIN, np.uint8))


def _pages(breaks: Int64, texts: Texts) -> _Found:
    """Find page numbers that stand alone on a line or end a line in the middle of a sentence."""
    starts = np.empty(breaks.size + texts.documents, dtype=np.int64)
    ends = np.empty_like(starts)
    count = kernels.page_numbers(texts.codes, texts.indptr, breaks, data.tables().kind, starts, ends)
    return _Found(starts[:count], ends[:count], np.full(count, EditKind.PAGE, np.uint8))


def _slice(texts: Texts, start: int, end: int) -> str:
    return texts.codes[start:end].tobytes().decode("utf-32-le", "surrogatepass")


def _mojibake(places: Int64, texts: Texts) -> list[_Finding]:
    """Find GBK pairs that a lost byte has shifted; see `dedup.steps.data.shifted`."""
    found = []
    # Only a question mark behind a Han character, annotated or not, can be one half of a pair.
    places = places[places > 0]
    near = texts.codes[places - 1]
    places = places[(near >= 0x4E00) | (near == 0x29)]
    documents = texts.document_of(places)
    for place, document in zip(places.tolist(), documents.tolist(), strict=True):
        low, high = int(texts.indptr[document]), int(texts.indptr[document + 1])
        if place == low:
            continue
        before = shifted.ANNOTATION.sub("", _slice(texts, max(low, place - 24), place))[-2:]
        mended = shifted.mend(before, _slice(texts, place, min(high, place + 64)))
        if mended is not None:
            kind = EditKind.MOJIBAKE if mended.text else EditKind.PINYIN
            found.append(_Finding(place, place + mended.length, kind, mended.text))
    return found


def _lookalikes(places: Int64, texts: Texts) -> list[_Finding]:
    """Find Cyrillic and Greek letters that stand for Latin ones: those of a word that also holds Latin letters."""
    codes = texts.codes
    if not places.size:
        return []
    left = codes[np.maximum(places - 1, 0)]
    right = codes[np.minimum(places + 1, codes.size - 1)]
    beside = _is_ascii_letter(left) | _is_ascii_letter(right)
    table = data.lookalikes()
    found = []
    done = -1
    seeds = places[beside]
    for place, document in zip(seeds.tolist(), texts.document_of(seeds).tolist(), strict=True):
        if place < done:
            continue
        low, high = int(texts.indptr[document]), int(texts.indptr[document + 1])
        start, end = place, place + 1
        while start > low and _is_western(int(codes[start - 1])):
            start -= 1
        while end < high and _is_western(int(codes[end])):
            end += 1
        done = end
        word = _slice(texts, start, end).lower()
        foreign = [at for at, char in enumerate(word) if not char.isascii()]
        # A lone Greek letter beside a unit (5μm) is itself; so is a word with any letter that is no lookalike.
        if len(foreign) < len(word) > 2 and all(word[at] in table for at in foreign) and len(word) == end - start:
            found += [_Finding(start + at, start + at + 1, EditKind.COMPAT, table[word[at]]) for at in foreign]
    return found


def _is_ascii_letter(codes: UInt32) -> Bool:
    lower = codes | 0x20
    return (lower >= 0x61) & (lower <= 0x7A)


def _is_western(code: int) -> bool:
    return 0x61 <= code | 0x20 <= 0x7A or 0x370 <= code < 0x530


@cache
def _site_rows() -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    return tuple((tuple(words.split()), re.compile(pattern)) for words, pattern in data.rows("site"))


def _site(whole: str, texts: Texts) -> Iterator[_Finding]:
    """Find what sharing sites glue in: trigger words by plain search, then a pattern within the line."""
    for words, pattern in _site_rows():
        for word in words:
            at = whole.find(word)
            while at >= 0:
                document = int(np.searchsorted(texts.indptr, at, side="right")) - 1
                low = max(int(texts.indptr[document]), at - 120)
                high = min(int(texts.indptr[document + 1]), at + 120)
                low = max(low, whole.rfind("\n", low, at) + 1)
                line_end = whole.find("\n", at, high)
                high = line_end if line_end >= 0 else high
                for match in pattern.finditer(whole[low:high]):
                    if match.start() <= at - low < match.end():
                        yield _Finding(low + match.start(), low + match.end(), EditKind.SITE)
                at = whole.find(word, at + len(word))


_RUBY = re.compile(r"<rp>.{0,2}?</rp>|<r[tp]>[^<>]{0,12}</r[tp]>|</?ruby>|</?rb>|<rt>[^<>\n]{0,12}(?=<rp>)|</rt>")


def _ruby(whole: str, texts: Texts) -> list[_Finding]:
    """Find ruby markup left in plain text: the tags, and what stands over the characters."""
    if "<r" not in whole:
        return []
    spans = [match.span() for match in _RUBY.finditer(whole)]
    starts = texts.document_of(np.array([start for start, _ in spans], dtype=np.int64))
    ends = texts.document_of(np.array([end - 1 for _, end in spans], dtype=np.int64))
    return [
        _Finding(start, end, EditKind.RUBY)
        for (start, end), first, last in zip(spans, starts, ends, strict=True)
        if first == last
    ]


def _gather(findings: Sequence[_Finding]) -> _Found:
    return _Found(
        np.array([one.start for one in findings], dtype=np.int64),
        np.array([one.end for one in findings], dtype=np.int64),
        np.array([one.kind for one in findings], dtype=np.uint8),
        texts=tuple(one.text for one in findings),
    )


def _disjoint(found: Sequence[_Found]) -> Edits:
    """Join the findings in text order; of two that overlap, keep the one that begins first, then the longer."""
    start = np.concatenate([one.start for one in found])
    end = np.concatenate([one.end for one in found])
    kind = np.concatenate([one.kind for one in found])
    code = np.concatenate([np.full(one.start.size, -1) if one.codes is None else one.codes for one in found])
    texts = {
        row + sum(before.start.size for before in found[:place]): text
        for place, one in enumerate(found)
        if one.texts
        for row, text in enumerate(one.texts)
        if text
    }
    order = np.lexsort((kind, -end, start))
    keep = np.zeros(order.size, dtype=bool)
    kernels.first_disjoint(start[order], end[order], keep)
    order = order[keep]
    lengths = (code[order] >= 0).astype(np.int64)
    for row in np.flatnonzero(np.isin(order, np.array(sorted(texts), dtype=np.int64))).tolist():
        lengths[row] = len(texts[int(order[row])])
    indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    codes = np.empty(int(indptr[-1]), dtype=np.uint32)
    single = code[order] >= 0
    codes[indptr[:-1][single]] = code[order][single]
    for row in np.flatnonzero(np.isin(order, np.array(sorted(texts), dtype=np.int64))).tolist():
        text = texts[int(order[row])]
        codes[indptr[row] : indptr[row + 1]] = [ord(char) for char in text]
    return Edits(start=start[order], end=end[order], kind=kind[order], indptr=indptr, codes=codes)
