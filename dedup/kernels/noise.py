"""Kernels of furniture: which lines may be page noise. Arrays in, arrays out; no checks, no I/O.

Caller: `dedup.steps.furniture`, whose regular expression has the last word: what is told here is only implied by it.
"""

from __future__ import annotations

import numba
import numpy as np

# What a code point tells of the line in which it stands.
STOP, BREAK = 1, 4  # a full stop; a break
POINT = 2  # a colon, arrow or closing bracket: a line with one may be noise although it has a full stop
GAP, HYPHEN, DIGIT = 8, 16, 32  # parts short words, white space does too; "-"; what an expression calls a digit
WHITE, STRANGE = 64, 128  # white space; what is neither Han nor parts words
ONE, OTHER = 256, 512  # side by side they make a pair that stands in words of noise
BEGINS, BRACKET = 1024, 2048  # what lines begin with that then have a colon or an arrow; what may stand before it
PAGE, PAGE_END = 4096, 8192  # what page numbers begin and end with
NAMES = 16384  # with a colon behind it, it may begin what is told of a page anywhere in a line

LICENCE, TEASER = 1, 2  # of a document: a line that may begin a licence, a line that ends in an ellipsis
_ABOVE = DIGIT | PAGE | PAGE_END | STRANGE  # above 0xFFFF: there are digits among them
_WORDS = 5  # so many short words and nothing else are navigation


@numba.njit(cache=True, inline="always")
def _hint(codes, hints, i):
    code = codes[np.uint64(i)]
    return np.uint16(_ABOVE) if code > 0xFFFF else hints[code]


@numba.njit(cache=True)
def _may_be_noise(codes, hints, begin, end, mark):
    """Tell whether a line may be noise: it is not where none of the shapes can match, see `dedup.steps.furniture`.

    It begins at begin with what is no white space.
    """
    first = _hint(codes, hints, begin)
    second = _hint(codes, hints, begin + 1) if first & BRACKET and begin + 1 < end else np.uint16(0)
    seen = last = before = np.uint16(0)
    gaps = 0
    pair = named = False
    for i in range(begin, end):
        hint = _hint(codes, hints, i)
        pair |= (before & ONE != 0) & (hint & OTHER != 0)
        named |= (before & NAMES != 0) & (hint & POINT != 0)
        gaps += hint & GAP != 0
        last = last if hint & WHITE else hint
        seen |= hint
        before = hint
    if named:  # 栏目：… 发布
        return True
    if seen & POINT and first & BEGINS:  # 您的位置： 首页 > 发布时间：
        return True
    if seen & STOP:  # 【…】相关文章
        return pair and codes[begin] == mark
    if pair:  # 版权所有, 网站地图, 相关阅读: words
        return True
    if seen & POINT and second & BEGINS:  # （来源：… 作者：…）
        return True
    if gaps >= _WORDS - 1 and not seen & STRANGE:  # navigation
        return True
    if seen & HYPHEN and (first | last) & DIGIT:  # a date, at the beginning or at the end
        return True
    return first & PAGE != 0 and last & PAGE_END != 0


@numba.njit(cache=True, inline="always")
def _trails_off(codes, hints, first, end):
    """Tell whether the line that ends at end does so with an ellipsis, white space aside."""
    i = end - 1
    while i > first and _hint(codes, hints, i) & WHITE:
        i -= 1
    if i < first:
        return False
    dots = i >= first + 2 and codes[i] == 0x2E and codes[i - 1] == 0x2E and codes[i - 2] == 0x2E
    return codes[i] == 0x2026 or dots


@numba.njit(cache=True, nogil=True)
def suspects(codes, indptr, places, hints, word, tail, mark, opening, out, bears):
    """Write where lines begin that may be noise, and return how many there are.

    codes : uint32[N]
    indptr : int64[D+1]      documents in codes
    places : uint32[M]       where STOP, POINT and BREAK stand in them, and maybe others (`dedup.kernels.cuts.noted`)
    hints : uint16[0x10000]  the bits above
    word, tail               LICENCE: what a line begins with, white space aside, in so many characters at the end
    mark                     what a list of other texts begins with
    opening : int64          TEASER: in so many characters at the beginning a line ends in an ellipsis
    out : int64[M + D]       written
    bears : uint8[D]         written: LICENCE, TEASER

    O(M + characters of lines that are no plain sentences); the order is that of the text.
    """
    count = 0
    m = 0
    for d in range(indptr.shape[0] - 1):
        bears[d] = 0
        first = begin = indptr[d]
        last = indptr[d + 1]
        while begin < last:
            seen = np.uint16(0)
            end = last
            while m < places.size and places[m] < last:
                i = np.int64(places[m])
                m += 1
                hint = _hint(codes, hints, i)
                if hint & BREAK:
                    end = i
                    break
                seen |= hint
            i = begin
            while i < end and _hint(codes, hints, i) & WHITE:
                i += 1
            if i < end:
                if codes[i] == word and begin >= last - tail:
                    bears[d] |= LICENCE
                if end < last and end < first + opening and _trails_off(codes, hints, first, end):
                    bears[d] |= TEASER
                if (seen & (STOP | POINT) != STOP) and _may_be_noise(codes, hints, i, end, mark):
                    out[count] = begin
                    count += 1
            begin = end + 1
    return count
