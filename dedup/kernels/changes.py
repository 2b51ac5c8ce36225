"""What kind of change is it, and where does it stand in the texts? Caller: dedup.steps.contrast.

Each pair of key ranges is looked at alone, its slots and its script, so that what is found of it is written in order
at once: tables of all changes, classed column by column and sorted, were a third of what finding them cost.
"""

from __future__ import annotations

import numba
import numpy as np

from dedup.kernels.prefetch import AHEAD, prefetch_pair

NUMBER, NAME, MASK, TYPO, INSERT, DELETE, REPLACE = range(7)
"""Kinds of change, as in `dedup.steps.contrast.KINDS`; a test asserts that they are equal."""

_SPACE = 7  # class of dedup.steps.data
_MASKED = 2  # SlotKind.MASK
_COMMA, _BLANK = ord(","), ord(" ")
_U64 = np.uint64
_SYLLABLE = _U64((1 << 30) - 1)


@numba.njit(cache=True)
def _said(codes, start, end, kind, fold):
    """Return what a slot says as a hash, as `differences.figures` does."""
    value = _U64(0xCBF29CE484222325)
    for i in range(start, end):
        code = codes[i]
        if kind[code] & 15 < _SPACE:
            code = fold[code]
        if code != _COMMA and code != _BLANK:
            value = (value ^ _U64(code)) * _U64(0x100000001B3)
    return value


@numba.njit(cache=True, nogil=True)
def slots(
    first, last, codes, kind, fold, key, slot_start, slot_end, what,
    left_first, left_last, right_first, right_last, left_start, left_end, right_start, right_end,
    place, count, change, room, out, found,
):  # fmt: skip
    """Write the slots in which each pair of key ranges differs, paired by their place in the aligned key text.

    codes, kind, fold                             raw texts, steps.data.Tables
    key, slot_start, slot_end : int64[S]          place and raw range of all slots
    what : uint8[S]                               schema.SlotKind
    left_first, ... right_last : int64[R]         those of each side
    left_start, ... right_end : int64[R]          key ranges
    place, count, change                          what `differences.scripts` wrote
    room : int64[R+1]     row r may write ``out[room[r]:room[r + 1]]``
    out : int64[X, 4]     written: left slot or -1, right slot or -1, place on the left, place on the right (key
                          places relative to the pair's starts; where a side has no slot, it would stand there)
    found : int64[R]      written: rows

    O(slots + changes) a row, but for slots that share a place.
    """
    for r in range(first, last):
        for column in (slot_start, slot_end, key):
            prefetch_pair(column, left_first, left_last, right_first, right_last, min(r + AHEAD, last - 1))
        rows = np.int64(0)
        left_length, right_length = left_end[r] - left_start[r], right_end[r] - right_start[r]
        begin, stop = right_first[r], right_last[r]
        used = np.zeros(max(stop - begin, 0), np.uint8)
        value = np.empty(used.shape[0], np.uint64)
        for right in range(begin, stop):
            value[right - begin] = _said(codes, slot_start[right], slot_end[right], kind, fold)
        low, high = place[r], place[r] + count[r]
        c = low
        right = begin
        for left in range(left_first[r], left_last[r]):
            at = min(max(key[left] - left_start[r], 0), left_length)
            while c < high and change[c, 1] <= at:
                c += 1
            # The change before the place, or the one around it, says how far the right side is shifted.
            if c < high and change[c, 0] < at:
                target = min(np.int64(change[c, 2]) + at - change[c, 0], np.int64(change[c, 3]))
            elif c > low:
                target = np.int64(change[c - 1, 3]) + at - change[c - 1, 1]
            else:
                target = at
            while right < stop and key[right] - right_start[r] < target:
                right += 1
            other = right
            while other < stop and key[other] - right_start[r] == target and used[other - begin]:
                other += 1
            row = room[r] + rows
            if other < stop and key[other] - right_start[r] == target:
                used[other - begin] = 1
                masks = what[left] == _MASKED and what[other] == _MASKED
                said = _said(codes, slot_start[left], slot_end[left], kind, fold)
                if said != value[other - begin] and not masks:
                    out[row, 0], out[row, 1], out[row, 2], out[row, 3] = left, other, at, target
                    rows += 1
            else:
                out[row, 0], out[row, 1], out[row, 2], out[row, 3] = left, -1, at, target
                rows += 1
        c = low
        for right in range(begin, stop):
            if used[right - begin]:
                continue
            at = min(max(key[right] - right_start[r], 0), right_length)
            while c < high and change[c, 3] <= at:
                c += 1
            if c < high and change[c, 2] < at:
                target = min(np.int64(change[c, 0]) + at - change[c, 2], np.int64(change[c, 1]))
            elif c > low:
                target = np.int64(change[c - 1, 1]) + at - change[c - 1, 3]
            else:
                target = at
            row = room[r] + rows
            out[row, 0], out[row, 1], out[row, 2], out[row, 3] = -1, right, target, at
            rows += 1
        found[r] = rows


@numba.njit(cache=True)
def _char(codes, at, low, high):
    """Return the code point at a key position, 0 outside of its side of the passage."""
    return codes[at] if low <= at < high else np.uint32(0)


@numba.njit(cache=True)
def _holds(words, one, other):
    """Tell whether two code points in a row are among sorted ones: ``first << 32 | second``."""
    pair = (_U64(one) << _U64(32)) | _U64(other)
    row = np.searchsorted(words, pair)
    return row < words.shape[0] and words[row] == pair


@numba.njit(cache=True)
def _makes_word(codes, at, low, high, words):
    """Tell whether a character makes a word with one of its neighbours."""
    here = codes[at]
    return _holds(words, _char(codes, at - 1, low, high), here) or _holds(
        words, here, _char(codes, at + 1, low, high)
    )


@numba.njit(cache=True)
def _is_one_of(code, some):
    for one in some:
        if one == code:
            return True
    return False


@numba.njit(cache=True)
def _sound_alike(one, other, readings, particles):
    """Tell whether two characters share a reading, tones aside, and neither is a particle."""
    if _is_one_of(one, particles) or _is_one_of(other, particles):
        return False
    low = np.searchsorted(readings, _U64(one) << _U64(30))
    begin = np.searchsorted(readings, _U64(other) << _U64(30))
    while low < readings.shape[0] and readings[low] >> _U64(30) == _U64(one):
        at = begin
        while at < readings.shape[0] and readings[at] >> _U64(30) == _U64(other):
            if readings[low] & _SYLLABLE == readings[at] & _SYLLABLE:
                return True
            at += 1
        low += 1
    return False


@numba.njit(cache=True)
def _kind(codes, a, a_end, b, b_end, low, high, other_low, other_high, longest, tables):
    """Class a change of text, given as key ranges and those of the passage's sides: name, slip, or what it does."""
    suffixes, titles, words, readings, particles = tables
    if b == b_end:
        return DELETE
    if a == a_end:
        return INSERT
    one, two = _char(codes, a_end, low, high), _char(codes, a_end + 1, low, high)
    agrees = one == _char(codes, b_end, other_low, other_high) and two == _char(
        codes, b_end + 1, other_low, other_high
    )
    if agrees and max(a_end - a, b_end - b) <= longest and (_is_one_of(one, suffixes) or _holds(titles, one, two)):
        return NAME
    if a_end - a == 1 and b_end - b == 1 and _sound_alike(codes[a], codes[b], readings, particles):  # few do
        if _makes_word(codes, a, low, high, words) != _makes_word(codes, b, other_low, other_high, words):
            return TYPO
    return REPLACE


@numba.njit(cache=True)
def _raw(origin, span, start, end, floor):
    """Return the raw range of a key range; an empty one stands behind the key code point before it, if inside."""
    if start < end:
        return np.int64(origin[start]), np.int64(origin[end - 1]) + np.int64(span[end - 1])
    at = np.int64(origin[start - 1]) + np.int64(span[start - 1]) if start > floor else np.int64(origin[floor])
    return at, at


@numba.njit(cache=True)
def _before(kind, ends, row):
    """Tell whether a change stands before the one in a row of the columns."""
    for number in (0, 2, 1, 3):
        if ends[number] != row[number]:
            return ends[number] < row[number]
    return kind < row[4]


@numba.njit(cache=True, nogil=True)
def listed(
    first, last, codes, origin, span, left_start, left_end, right_start, right_end, place, count, change,
    slot_start, slot_end, what, room, slot, found, longest, tables, ptr, kind, out,
):  # fmt: skip
    """Write what differs inside pairs of key ranges, by its place.

    codes, origin, span                      schema.KeyStream
    left_start, ... right_end : int64[R]     key ranges
    place, count, change                     what `differences.scripts` wrote
    slot_start, slot_end, what               raw ranges and kinds of all slots
    room, slot, found                        what `slots` wrote: ``slot[room[r]:room[r] + found[r]]``
    longest : int64                          longest name that is recognised
    tables : tuple of                        suffixes of names (uint32), titles and words of two (uint64, sorted),
                                             readings (uint64, sorted), particles (uint32)
    ptr : int64[R+1]                         row r writes [ptr[r], ptr[r + 1]), as many as count and found say
    kind : int64[C]                          written
    out : int64[4, C]                        written: left start, left end, right start, right end (raw)

    O(changes) a row where they come in order, as nearly all do.
    """
    for r in range(first, last):
        for column in (codes, origin):
            prefetch_pair(column, left_start, left_end, right_start, right_end, min(r + AHEAD, last - 1))
        a, a_end, b, b_end = left_start[r], left_end[r], right_start[r], right_end[r]
        for one in range(count[r] + found[r]):
            if one < count[r]:
                row = place[r] + one
                low, high = a + change[row, 0], a + change[row, 1]
                other_low, other_high = b + change[row, 2], b + change[row, 3]
                class_ = _kind(codes, low, high, other_low, other_high, a, a_end, b, b_end, longest, tables)
                left, left_stop = _raw(origin, span, low, high, a)
                right, right_stop = _raw(origin, span, other_low, other_high, b)
            else:
                row = room[r] + one - count[r]
                mine, theirs = slot[row, 0], slot[row, 1]
                class_ = NUMBER
                if mine >= 0:
                    left, left_stop = slot_start[mine], slot_end[mine]
                    class_ = MASK if what[mine] == _MASKED else class_
                else:
                    left, left_stop = _raw(origin, span, a + slot[row, 2], a + slot[row, 2], a)
                if theirs >= 0:
                    right, right_stop = slot_start[theirs], slot_end[theirs]
                    class_ = MASK if what[theirs] == _MASKED else class_
                else:
                    right, right_stop = _raw(origin, span, b + slot[row, 3], b + slot[row, 3], b)
            at = ptr[r] + one
            ends = (left, left_stop, right, right_stop)
            while at > ptr[r] and _before(
                class_, ends, (out[0, at - 1], out[1, at - 1], out[2, at - 1], out[3, at - 1], kind[at - 1])
            ):
                kind[at] = kind[at - 1]
                for side in range(4):
                    out[side, at] = out[side, at - 1]
                at -= 1
            kind[at] = class_
            for side in range(4):
                out[side, at] = ends[side]
