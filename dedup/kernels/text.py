"""Kernels of normalise: folding, enumerators, figures and masks. Arrays in, arrays out; no checks, no I/O.

Caller: `dedup.steps.normalise`. The class numbers and flags are those of `dedup.steps.data`, written out because a
compiled function takes its globals as constants; a test asserts that the copies are equal.
"""

from __future__ import annotations

import numba
import numpy as np

U64, U32 = np.uint64, np.uint32

PUNCTUATION, LETTER, UNIT, POWER, DIGIT, MASK, ENCLOSED, SPACE, BREAK, INVISIBLE, REPLACED, MULTI = range(12)
MEASURE, STOP, CLOSER = 0x10, 0x20, 0x40
PLAIN = 0x80  # of a folded code point: a Han letter with which nothing begins that is dropped or a slot
PASSED, KEPT, FOLD, BEYOND = 1 << 22, 1 << 23, 0x1F_FFFF, 0x1_0000  # of a word of `dedup.steps.data.looks`

KEEP, DROP, SLOT = 0, 1, 2  # what happens to a code point of the folded text; SLOT + SlotKind, to all of a run
_LINE, _GAP = 1, 2  # flags of a folded code point: what white space stands before it

_X = ord("x")
_COMMA, _DOT, _PAUSE, _COLON = ord(","), ord("."), ord("、"), ord(":")
_LEFT, _RIGHT = ord("("), ord(")")
_ORDINAL, _THAT, _OF, _PART = ord("第"), ord("其"), ord("之"), ord("分")
_ARTICLE, _CHAPTER, _SECTION, _VOLUME, _ITEM = ord("条"), ord("章"), ord("节"), ord("编"), ord("款")
_TEN, _TWENTY, _THIRTY = ord("十"), ord("廿"), ord("卅")
_ZERO, _ROUND, _CIRCLE, _BIG = ord("零"), ord("〇"), ord("○"), ord("◯")
_YEAR = ord("年")
_SOMEONE = ord("某")
_A, _Z = ord("a"), ord("z")

# Nothing here makes an array. Otherwise each call counts a reference to every array that it is given, and takes it
# back behind, each an atomic operation: two thirds of the time in a text of many figures and Latin words.
_compiled = numba.njit(cache=True, nogil=True, _nrt=False)  # type: ignore[call-overload]  # an option kept quiet


@_compiled
def expansion(codes, fold, kind):
    """Return how many more code points folding makes than it takes, at most. O(N)."""
    more = 0
    for i in range(codes.size):
        if kind[codes[i]] & 15 == MULTI:
            more += 32  # the longest expansion of the table is 18; a bound, not a count
    return more


@_compiled
def _is_round(code):
    return code == _ROUND or code == _CIRCLE or code == _BIG


@_compiled
def _number(code, kind, i, n):
    """Return the end of the run of Chinese numerals from i, or i; a run of ten is looked at no further."""
    j = i
    # Unbounded, a column of numerals would be walked from each of its lines.
    while j < n and j < i + 10:
        k = kind[j] & 15
        if k != UNIT and k != POWER:
            break
        j += 1
    return j


@_compiled
def _figures(kind, i, n):
    """Return the end of the run of digits from i, or i; a run of ten is looked at no further."""
    j = i
    while j < n and j < i + 10 and kind[j] & 15 == DIGIT:
        j += 1
    return j


@_compiled
def _short_number(code, kind, i, n):
    """Return the end of one to three Chinese numerals or digits from i, else i."""
    j = _number(code, kind, i, n)
    if j == i:
        j = _figures(kind, i, n)
    return j if j - i <= 3 else i


@_compiled
def _bracketed(code, kind, i, n):
    """Return the end of （一） or (12) or (a) from i, else i."""
    if code[i] != _LEFT:
        return i
    j = _short_number(code, kind, i + 1, n)
    if j == i + 1 and j < n and _A <= code[j] <= _Z:
        j += 1
    if j > i + 1 and j < n and code[j] == _RIGHT:
        return j + 1
    return i


@_compiled
def _enumerator(code, kind, gap, i, n):
    """Return the end of an enumerator that begins at i, the head of a line or clause, else i."""
    k = kind[i] & 15
    if k == ENCLOSED:
        return i + 1
    if k == PUNCTUATION:
        return _bracketed(code, kind, i, n)
    line = gap[i] & _LINE != 0
    if k == UNIT or k == POWER:
        return _chinese_enumerator(code, kind, gap, i, n, line)
    if k == DIGIT:
        j = _figures(kind, i, n)
        if j - i > 3 or j >= n or (j + 1 < n and kind[j + 1] & 15 == DIGIT and gap[j + 1] == 0):
            return i
        if code[j] == _PAUSE or code[j] == _RIGHT or code[j] == _DOT:
            return j + 1
        return i
    if code[i] == _ORDINAL or code[i] == _THAT:
        return _ordinal(code, kind, gap, i, n, line)
    if line and _A <= code[i] <= _Z and i + 1 < n:
        after = code[i + 1]
        plain = i + 2 >= n or (kind[i + 2] & 15 != DIGIT and not (_A <= code[i + 2] <= _Z))
        if plain and (after == _PAUSE or after == _RIGHT or after == _DOT):
            return i + 2
    return i


@_compiled
def _chinese_enumerator(code, kind, gap, i, n, line):
    j = _number(code, kind, i, n)
    if j - i > 3 or j >= n:
        return i
    after = code[j]
    if after != _PAUSE and after != _DOT and after != _COMMA and after != _RIGHT:
        return i
    # 二、三产业 is no second item; 二、三年来 at the head of a line is one.
    k = _number(code, kind, j + 1, n)
    if k > j + 1 and (not line or (k < n and code[k] == _PAUSE)):
        return i
    return j + 1


@numba.njit(cache=True, inline="always")
def _is_article(code):
    """Tell the letters that end an enumerator, 第三条: the only plain ones behind which a rule looks."""
    return code == _ARTICLE or code == _CHAPTER or code == _SECTION or code == _VOLUME or code == _ITEM


@_compiled
def _ordinal(code, kind, gap, i, n, line):
    """第一， 第二、 其三： are enumerators anywhere; 第三条 only with a break or space behind it."""
    j = _number(code, kind, i + 1, n)
    if j == i + 1:
        j = _figures(kind, i + 1, n)
    if j == i + 1 or j - i > 8 or j >= n:
        return i
    after = code[j]
    if after == _COMMA or after == _PAUSE or after == _COLON:
        return j + 1
    if code[i] == _THAT or not line:
        return i
    if _is_article(after):
        if j + 1 >= n or gap[j + 1] != 0 or code[j + 1] == _COLON:
            return j + 1
    return i


@_compiled
def _is_figure(code, kind, i, j, n):
    """Tell whether the numerals [i, j) are a figure, and not part of a word, a name or an ordinal.

    Conservative: 十六大 四中全会 三个代表 十二五 千万 一定 stay; 二〇〇六年 三百二十人 百分之二十 go.
    """
    if code[i - 1] == _ORDINAL:
        return False
    zeros = powers = adjacent = 0
    for t in range(i, j):
        if code[t] == _ZERO or _is_round(code[t]):
            zeros += 1
        elif kind[t] & 15 == POWER:
            powers += 1
        elif t > i and kind[t - 1] & 15 == UNIT and code[t - 1] != _ZERO:
            adjacent += 1
    length = j - i
    year = j < n and code[j] == _YEAR
    if powers == 0:
        if zeros > 0:
            return length >= 3 or (length == 2 and year)
        return length >= 4 or (length == 3 and year)
    if length < 2 or adjacent > 0:
        return False
    head = kind[i] & 15
    if head == POWER and code[i] != _TEN and code[i] != _TWENTY and code[i] != _THIRTY:
        return False
    if code[i - 1] == _OF and code[i - 2] == _PART:
        return True
    return j < n and kind[j] & MEASURE != 0


@_compiled
def _digits(code, kind, gap, i, n):
    """Return the end of a number in digits from i: 12,000 and 3.5 are one."""
    j = i + 1
    while j < n and gap[j] == 0:
        if kind[j] & 15 == DIGIT:
            j += 1
        elif j + 1 < n and gap[j + 1] == 0 and kind[j + 1] & 15 == DIGIT and code[j] == _DOT:
            j += 2
        elif (
            code[j] == _COMMA
            and j + 3 < n
            and gap[j + 1] == 0
            and gap[j + 2] == 0
            and gap[j + 3] == 0
            and kind[j + 1] & 15 == DIGIT
            and kind[j + 2] & 15 == DIGIT
            and kind[j + 3] & 15 == DIGIT
            and (j + 4 >= n or kind[j + 4] & 15 != DIGIT or gap[j + 4] != 0)
        ):
            j += 4
        else:
            break
    return j


@_compiled
def _fill(mark, i, j, value):
    for t in range(i, j):
        mark[t] = value


@_compiled
def _mark_x(code, kind, gap, mark, i, n):
    """Mark a run of x at i: a mask where it stands alone, else letters. Return its end."""
    j = i + 1
    while j < n and code[j] == _X and gap[j] == 0:
        j += 1
    before = gap[i] == 0 and _A <= code[i - 1] <= _Z
    after = j < n and gap[j] == 0 and _A <= code[j] <= _Z
    if j - i == 1 and j < n and gap[j] == 0 and kind[j] & 15 == DIGIT:
        after = True
    _fill(mark, i, j, KEEP if before or after else SLOT + 2)
    return j


@_compiled
def _is_some(code):
    """Tell the characters that make a word of 某: 某些 某种 某个 某位 某项 某一 某几."""
    few = code == 0x4E00 or code == 0x51E0
    return few or code == 0x4E9B or code == 0x79CD or code == 0x4E2A or code == 0x4F4D or code == 0x9879


@_compiled
def _mark_mask(code, kind, gap, mark, i, n):
    """Mark a run of mask signs at i: a slot where it stands for something. Return its end."""
    j = i + 1
    while j < n and kind[j] & 15 == MASK and gap[j] == 0:
        j += 1
    # A lone sign is a mask before a letter in the same line (×镇), else a bullet or a product.
    k = kind[j] & 15 if j < n else PUNCTUATION
    if j - i == 1 and code[i] == _SOMEONE and j < n and _is_some(code[j]):
        mark[i] = KEEP  # 某些 and 某种 are words
        return j
    alone = j - i == 1 and not (k == LETTER and gap[j] & _LINE == 0 and gap[i] & _LINE == 0)
    _fill(mark, i, j, DROP if alone else SLOT + 2)
    return j


@_compiled
def _mark_numerals(code, kind, gap, mark, i, n):
    """Mark a run of Chinese numerals (〇 and ○ among them) at i. Return its end."""
    j = i
    some = False
    while j < n:
        k = kind[j] & 15
        if k == UNIT or k == POWER:
            some = True
        elif not _is_round(code[j]):
            break
        if j > i and gap[j] & _LINE and _enumerator(code, kind, gap, j, n) > j:
            break
        j += 1
    if not some:
        return _mark_mask(code, kind, gap, mark, i, n)
    if _is_figure(code, kind, i, j, n):
        _fill(mark, i, j, SLOT + 1)
        return j
    for t in range(i, j):
        mark[t] = DROP if _is_round(code[t]) else KEEP
    return j


@_compiled
def _mark(code, kind, gap, mark, i, n, clause):
    """Mark what begins at i as kept, dropped or a slot; return its end, and whether a clause begins there."""
    if clause or gap[i] & _LINE:
        j = _enumerator(code, kind, gap, i, n)
        if j > i:
            _fill(mark, i, j, DROP)
            return j, True
    k = kind[i] & 15
    if k == LETTER and code[i] == _ORDINAL and not clause:
        j = _ordinal(code, kind, gap, i, n, False)  # 第二， behind a comma
        if j > i:
            _fill(mark, i, j, DROP)
            return j, False
    if k == PUNCTUATION:
        j = _bracketed(code, kind, i, n)
        if j > i and kind[i + 1] & 15 != DIGIT and kind[i + 1] & 15 != LETTER:
            _fill(mark, i, j, DROP)  # 第（二）项: a number in brackets is a reference
            return j, clause
        mark[i] = DROP
        return i + 1, kind[i] & STOP != 0 or (clause and kind[i] & CLOSER != 0)
    if code[i] == _ORDINAL or (k == LETTER and code[i] != _X):
        mark[i] = KEEP
        return i + 1, False
    if k == DIGIT:
        j = _digits(code, kind, gap, i, n)
        _fill(mark, i, j, SLOT)
        return j, False
    if k == LETTER:
        return _mark_x(code, kind, gap, mark, i, n), False
    if k == UNIT or k == POWER or _is_round(code[i]):
        return _mark_numerals(code, kind, gap, mark, i, n), False
    if k == MASK:
        return _mark_mask(code, kind, gap, mark, i, n), False
    mark[i] = DROP
    return i + 1, False


@_compiled
def _fold_one(raw, fold, kind, multi_indptr, multi, at, span, white, code, cls, gap, origin, width, n):
    """Append what one code point folds to; return the new count and the pending white space."""
    k = kind[raw]
    low = k & 15
    if low >= SPACE:
        if low == BREAK:
            return n, white | _LINE
        if low == SPACE:
            return n, white | _GAP
        if low != MULTI:
            return n, white
        row = fold[raw] & 0x7FFFFFFF
        for t in range(multi_indptr[row], multi_indptr[row + 1]):
            one = multi[t]
            if kind[one] & 15 >= SPACE:
                continue
            code[n] = one
            cls[n] = kind[one]
            gap[n] = white
            origin[n] = at
            width[n] = span
            n += 1
            white = 0
        return n, white
    code[n] = fold[raw]
    cls[n] = k
    gap[n] = white
    origin[n] = at
    width[n] = span
    return n + 1, 0


@_compiled
def _widen(origin, width, n, start, end):
    """Let the last folded code point, if it ends at start, stand for the text up to end as well."""
    if origin[n - 1] + width[n - 1] != start or width[n - 1] + end - start > 65535:
        return
    t = n - 1
    place = origin[t]
    while origin[t] == place:  # an expansion shares one place: widen all of it
        width[t] += end - start
        t -= 1


@_compiled
def _behind(codes, looks, i, since, before, last, clause):
    """Return the two folded code points behind which i stands, and whether a clause begins there, as at `since`."""
    found = 0
    begins = -1
    one = two = U32(0)
    while i > since and (found < 2 or begins < 0):
        i -= 1
        look = looks[min(codes[U64(i)], BEYOND)]
        if look & KEPT:
            one, two = (look & FOLD, two) if found == 0 else (one, look & FOLD if found == 1 else two)
            found += 1
            flags = look >> 24
            if begins < 0 and (flags & STOP or not flags & CLOSER):
                begins = 1 if flags & STOP else 0
    if found < 2:
        one, two = (last, before) if found == 0 else (one, last)
    return two, one, begins == 1 or (begins < 0 and clause)


@_compiled
def _end_alone(codes, looks, i, stop, begins):
    """Return the end of the digits that are a number, or of the letter or numeral that is kept, at i.

    That is i where more than a look at what comes next has to tell. begins : whether a clause or a line begins at i.
    """
    look = looks[min(codes[U64(i)], BEYOND)]
    k, one = look >> 24 & 15, look & FOLD
    if k == LETTER:
        return i if one == _ORDINAL or one == _X or (begins and (one == _THAT or _A <= one <= _Z)) else i + 1
    if begins or (k != UNIT and k != POWER and k != DIGIT):
        return i
    j = i + 1
    after = look
    while j < stop:
        after = looks[min(codes[U64(j)], BEYOND)]
        if k != DIGIT or after >> 24 & 15 != DIGIT:
            break
        j += 1
    if j >= stop:
        return i  # what an edit puts in may be of the number, and an annotation that it takes out is the last one's
    kind, one = after >> 24 & 15, after & FOLD
    if k != DIGIT:
        return i if after & KEPT == 0 or kind == UNIT or kind == POWER or _is_round(one) else j
    if one == _COMMA or one == _DOT:
        return j if j + 1 < stop and looks[min(codes[U64(j + 1)], BEYOND)] >> 31 else i
    return j if after & KEPT or kind == SPACE or kind == BREAK else i


@_compiled
def fold_texts(
    codes, indptr, edit_start, edit_end, edit_joins, edit_indptr, edit_codes, looks, fold, kind, multi_indptr, multi,
    code, cls, gap, mark, origin, width,
    key_codes, key_origin, key_span, key_indptr, slot_start, slot_end, slot_key, slot_kind,
):  # fmt: skip
    """Write the key stream and its slots.

    codes, indptr : uint32[N], int64[D+1]       the texts
    edit_start, edit_end : int64[E]             sorted, disjoint, each within one document
    edit_joins : uint8[E]                       1 where a deletion belongs to the code point before it (pinyin)
    edit_indptr, edit_codes : int64[E+1], uint32[...]
    looks, fold, kind, multi_indptr, multi      see `dedup.steps.data`: `looks` and `Tables`
    code, cls, gap, mark, origin, width         scratch for one document: uint32, uint8, uint8, uint8, int64, uint16,
                                                each as long as the longest document with its expansions, and two
    key_codes, key_origin, key_span             written: uint32[K], uint32[K], uint16[K], K >= N + expansions
    key_indptr : int64[D+1]                     written
    slot_start, slot_end, slot_key, slot_kind   written: int64, int64, int64, uint8, each as long as the key

    Returns the number of slots; key_indptr[D] is the number of key code points. O(N + E). One thread.

    What is kept or dropped whatever stands around it goes from the texts into the key at once, and so does what a
    look at the next code point settles. Only from what may be more to the next plain letter, behind which no rule
    looks, is the text folded into the scratch and gone over again: few code points in a hundred. All of it in two
    passes took three times as long.
    """
    e = keys = slots = 0
    key_indptr[0] = 0
    for d in range(indptr.size - 1):
        stop = indptr[d + 1]
        white = _LINE
        since = i = indptr[d]
        before = last = U32(0)
        clause = True
        while i < stop:
            edit = min(edit_start[e], stop) if e < edit_start.size else stop
            while i < edit:
                look = looks[min(codes[U64(i)], BEYOND)]
                if not look & PASSED:
                    k = look >> 24 & 15
                    if k == SPACE or k == BREAK:
                        white |= _GAP if k == SPACE else _LINE
                        i += 1
                        continue
                    before, last, clause = _behind(codes, looks, i, since, before, last, clause)
                    since = i
                    end = _end_alone(codes, looks, i, edit, clause or white & _LINE != 0)
                    if end == i:
                        break
                    if k == DIGIT:
                        slot_start[slots] = i
                        slot_end[slots] = end
                        slot_key[slots] = keys
                        slot_kind[slots] = 0
                        slots += 1
                        white = 0
                        i = end
                        continue
                    look |= U32(PASSED | PLAIN << 24)
                while look & PASSED:  # by far the most: no call, and nothing noted that can be looked up behind it
                    key_codes[U64(keys)] = look & FOLD
                    key_origin[U64(keys)] = i
                    key_span[U64(keys)] = 1
                    keys += np.int64(look >> 31)  # punctuation is written as well, and written over
                    white = 0
                    i += 1
                    if i == edit:
                        break
                    look = looks[min(codes[U64(i)], BEYOND)]
            if i == stop:
                break
            before, last, clause = _behind(codes, looks, i, since, before, last, clause)
            if i == edit and edit_indptr[e + 1] == edit_indptr[e]:
                since = i = edit_end[e]
                if edit_joins[e] and keys > key_indptr[d]:  # of what stands in a place of its own: see `_widen`
                    span = np.int64(key_span[keys - 1])
                    if key_origin[keys - 1] + span == edit and span + i - edit <= 65535:
                        key_span[keys - 1] = span + i - edit
                e += 1
                continue
            code[0], code[1] = before, last  # what the rules look back at
            origin[0] = origin[1] = -1
            width[0] = width[1] = 0
            n = 2
            closed = False
            while i < stop and not closed:
                edit = min(edit_start[e], stop) if e < edit_start.size else stop
                while i < edit and not closed:
                    n, white = _fold_one(
                        codes[i], fold, kind, multi_indptr, multi, i, 1, white, code, cls, gap, origin, width, n
                    )
                    closed = looks[min(codes[i], BEYOND)] >> 31 != 0 and not _is_article(code[n - 1])
                    i += 1
                if closed or i == stop:
                    break
                i = edit_end[e]
                for t in range(edit_indptr[e], edit_indptr[e + 1]):
                    n, white = _fold_one(
                        edit_codes[t], fold, kind, multi_indptr, multi, edit, min(i - edit, 65535), white,
                        code, cls, gap, origin, width, n,
                    )  # fmt: skip
                if edit_joins[e] and edit_indptr[e + 1] == edit_indptr[e]:
                    _widen(origin, width, n, edit, i)
                e += 1
            since, before, last = i, code[n - 2], code[n - 1]
            t = 2
            while t < n:
                end, clause = _mark(code, cls, gap, mark, t, n, clause)
                if mark[t] >= SLOT:
                    # ½ is one place with two numbers: one slot
                    if slots == 0 or origin[t] >= slot_end[slots - 1]:
                        slot_start[slots] = origin[t]
                        slot_key[slots] = keys
                        slot_kind[slots] = mark[t] - SLOT
                        slots += 1
                    slot_end[slots - 1] = origin[end - 1] + width[end - 1]
                    t = end
                while t < end:
                    if mark[t] == KEEP:
                        key_codes[keys] = code[t]
                        key_origin[keys] = origin[t]
                        key_span[keys] = width[t]
                        keys += 1
                    t += 1
        key_indptr[d + 1] = keys
    return slots
