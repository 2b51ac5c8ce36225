"""What machines did to the text: pinyin in brackets, mojibake, zero width, glued-in site lines -> edits.

An `Edits` row says which raw range a machine put there and what stood there before. Nothing is applied to the stored
text; `dedup.steps.normalise` applies edits to the key stream, and their kinds are counted in the result. An edit is
made only where it is certain: what is doubtful stays, and alignment bridges it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np

from dedup.kernels import marks as kernels
from dedup.kernels.threads import portions, together
from dedup.schema import Bool, EditKind, Edits, Int64, Texts, UInt8, UInt16, UInt32, string
from dedup.steps import data
from dedup.steps.data import shifted

# What one pass over the codes looks for, so that clean text pays for nothing else.
_INVISIBLE, _COMPAT, _REPLACED, _BRACKET, _QUESTION, _LOOKALIKE, _BREAK, _TAG = (1 << bit for bit in range(8))
_ENDING = 1 << 8

_LOOKED_AT, _SHARED = 1 << 21, 1 << 23  # code points looked at together, and that one thread lays out as fast as two
_BEFORE, _BEHIND = 60, 120  # folded code points around a trigger word that its pattern may cover
_JOINED, _WRITTEN = 1 << 16, 1 << 28  # code points of short texts joined, and written at a time: numpy takes < 2**29


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
    Texts are joined some at a time and written where they belong as numpy's own strings, which are code points and
    nothing else: encoded, all was written and read once more. Threads wait for memory together where there is much
    of it, and for nothing else: strings are joined under the interpreter's lock, one at a time.
    """
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    codes = np.empty(int(indptr[-1]), "<u4")

    def laid(rows: tuple[int, int]) -> None:
        borders = np.searchsorted(indptr, np.arange(indptr[rows[0]], indptr[rows[1]], _JOINED)).tolist()
        for first, last in pairwise([*borders, rows[1]]):
            piece, own = "".join(texts[first:last]), codes[indptr[first] : indptr[last]]
            for at in range(0, len(piece), _WRITTEN):
                part = piece[at : at + _WRITTEN]
                own[at : at + _WRITTEN].view(f"<U{len(part)}")[0] = part

    together(laid, portions(indptr, _LOOKED_AT) if len(codes) > _SHARED else [(0, len(texts))])
    return Texts(codes=codes, indptr=indptr)


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
    One pass marks the few places worth a look (brackets, question marks, odd code points, where a trigger word may
    end); each finder looks only there. O(N) for the pass, the rest in the number of such places. Some documents at a
    time, on threads: nothing is written for a character that is like most.
    """
    flags, _, _ = _flags(), data.latin(), data.readings()  # made once, not by each thread
    parts = together(lambda rows: _repaired(texts, *rows, flags), portions(texts.indptr, _LOOKED_AT))
    return _disjoint([one for part in parts for one in part])


def _repaired(texts: Texts, first: int, last: int, flags: UInt16) -> list[_Found]:
    """Return what each finder finds in the documents ``[first, last)``."""
    low, high = texts.indptr[[first, last]].tolist()
    part = Texts(texts.codes[low:high], texts.indptr[first : last + 1] - low)
    tables = data.tables()
    words = _words()
    places, marks = np.empty(high - low, np.uint32), np.empty(high - low, np.uint16)
    count = kernels.marked(
        part.codes, flags, tables.kind, tables.fold, np.uint16(_ENDING), words.last, words.before, places, marks
    )
    places, marks = places[:count], marks[:count]

    def at(flag: int) -> Int64:
        return np.asarray(places[marks & flag != 0], np.int64)

    pinyin = _pinyin(at(_BRACKET), part)
    scattered = [
        *_mojibake(at(_QUESTION), part),
        *_lookalikes(at(_LOOKALIKE), part),
        *_site(at(_ENDING), part, pinyin),
        *_ruby(at(_TAG), part),
    ]
    found = [
        _runs(at(_INVISIBLE), part, EditKind.INVISIBLE),
        _runs(at(_REPLACED), part, EditKind.REPLACED),
        _compat(at(_COMPAT), part),
        pinyin,
        _pages(at(_BREAK), part),
        _gather(scattered),
    ]
    return [replace(one, start=one.start + low, end=one.end + low) for one in found]


@dataclass(frozen=True, slots=True)
class _Finding:
    start: int
    end: int
    kind: EditKind
    text: str = ""


@cache
def _flags() -> UInt16:
    tables = data.tables()
    low = tables.kind & 0x0F
    flags = np.zeros(data.CODE_POINTS, dtype=np.uint16)
    flags[low == data.Class.INVISIBLE] |= _INVISIBLE
    flags[low == data.Class.REPLACED] |= _REPLACED
    flags[low == data.Class.BREAK] |= _BREAK
    codes = np.arange(data.CODE_POINTS, dtype=np.uint32)
    for first, last in ((0x2E80, 0x2FDF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)):
        block = slice(first, last + 1)
        flags[block][tables.fold[block] != codes[block]] |= _COMPAT
    flags[[ord("("), ord("（")]] |= _BRACKET
    flags[[ord("?"), ord("？")]] |= _QUESTION
    flags[ord("<")] |= _TAG
    for char in data.lookalikes():
        flags[[ord(char), ord(char.upper())]] |= _LOOKALIKE
    folding = np.flatnonzero(tables.fold != codes)  # few: to look all up took ten milliseconds of every start
    flags[np.append(folding[np.isin(tables.fold[folding], _words().last)], _words().last)] |= _ENDING
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
    opens = opens[(near < 0x3000) & (near != 0x29) | (near >= 0xFE00) & (near < 0xFF60)] if opens.size else opens
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
    return string(texts.codes[start:end])


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


@dataclass(frozen=True, slots=True)
class _Glue:
    """What a site glues in: words that must be there, a pattern around them, whether it must fill its line."""

    words: tuple[str, ...]
    pattern: re.Pattern[str]
    line: bool


@cache
def _glues() -> tuple[_Glue, ...]:
    return tuple(
        _Glue(tuple(words.split()), re.compile(pattern.removeprefix("^").removesuffix("$")), pattern.startswith("^"))
        for words, pattern in data.rows("site")
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """How the trigger words end.

    last, before : uint32[W]   the last code point of each, and the one before it
    """

    last: UInt32
    before: UInt32


@cache
def _words() -> _Words:
    ends = sorted({word[-2:] for glue in _glues() for word in glue.words})
    return _Words(*(np.array([ord(end[at]) for end in ends], np.uint32) for at in (1, 0)))


def _site(ends: Int64, texts: Texts, pinyin: _Found) -> Iterator[_Finding]:
    """Find what sharing sites glue in, in the folded text without white space and annotations.

    Folding first means one spelling a word; leaving white space out means that a wrapped or spaced-out line is found.
    Only what stands around a place where a trigger word may end is folded.
    """
    order = np.argsort(pinyin.start, kind="stable")
    annotations = pinyin.start[order], pinyin.end[order]
    tables, multi = data.tables(), np.uint32(data.MULTI_BIT)
    longest = max(len(word) for glue in _glues() for word in glue.words)
    folded, places = (np.empty(_BEFORE + longest + _BEHIND, np.uint32) for _ in range(2))
    for end, document in zip(ends.tolist(), texts.document_of(ends).tolist(), strict=True):
        room = np.int64(_BEFORE + longest), np.int64(_BEHIND)
        before, size = kernels.around(
            texts.codes, np.int64(end), texts.indptr[document], texts.indptr[document + 1], tables.kind, tables.fold,
            *annotations, multi, *room, folded, places,
        )  # fmt: skip
        whole = string(folded[:size])
        for glue in _glues():
            for word in glue.words:
                if whole.endswith(word, 0, before):
                    finding = _glued(texts, whole, places, glue, before - len(word), document)
                    if finding is not None:
                        yield finding


def _glued(texts: Texts, whole: str, places: UInt32, glue: _Glue, at: int, document: int) -> _Finding | None:
    """Return what the pattern finds around the word at a position of the folded text of its document."""
    low = max(0, at - _BEFORE)
    for match in glue.pattern.finditer(whole[low : at + _BEHIND]):
        if match.start() <= at - low < match.end():
            start = int(places[low + match.start()])
            end = int(places[low + match.end() - 1]) + 1
            if not glue.line or _fills_lines(texts, start, end, document):
                return _Finding(start, end, EditKind.SITE)
    return None


def _fills_lines(texts: Texts, start: int, end: int, document: int) -> bool:
    """Tell whether a range begins and ends with a line, white space aside."""
    before = _slice(texts, max(int(texts.indptr[document]), start - 40), start).rstrip(" \t\u3000")
    after = _slice(texts, end, min(int(texts.indptr[document + 1]), end + 40)).lstrip(" \t\u3000")
    return (not before or before[-1] in "\r\n") and (not after or after[0] in "\r\n")


_RUBY = re.compile(r"<rp>.{0,2}?</rp>|<r[tp]>[^<>]{0,12}</r[tp]>|</?ruby>|</?rb>|<rt>[^<>\n]{0,12}(?=<rp>)|</rt>")


def _ruby(places: Int64, texts: Texts) -> Iterator[_Finding]:
    """Find ruby markup left in plain text: the tags, and what stands over the characters."""
    for document in np.unique(texts.document_of(places)).tolist():
        low, high = texts.indptr[document : document + 2].tolist()
        text = _slice(texts, low, high)
        if "<r" in text or "</r" in text:
            for match in _RUBY.finditer(text):
                yield _Finding(low + match.start(), low + match.end(), EditKind.RUBY)


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
    begins = np.cumsum([0, *(one.start.size for one in found)]).tolist()
    texts = {
        row: text
        for one, begin in zip(found, begins, strict=False)
        for row, text in enumerate(one.texts or (), begin)
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
