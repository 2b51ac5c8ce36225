"""UTF-8 to code points: texts of files, and of lines of JSON. Callers: `dedup.read.plain`, `dedup.read.records`."""

from __future__ import annotations

import numba
import numpy as np

U64, U32 = np.uint64, np.uint32
_QUOTE, _BACKSLASH, _COLON, _BREAK = ord('"'), ord("\\"), ord(":"), ord("\n")
_RUN = 16  # code points of three bytes that are tried together
_OPEN, _CLOSE, _LIST, _END = ord("{"), ord("}"), ord("["), ord("]")


@numba.njit(cache=True, inline="always")
def _is_triple(one, two, code):
    """Tell whether two bytes continue a sequence of three, and its code point is neither overlong nor a surrogate."""
    return (one & 0xC0 == 0x80) & (two & 0xC0 == 0x80) & (code >= 0x800) & ((code < 0xD800) | (code > 0xDFFF))


@numba.njit(cache=True)
def _tail(data, i, stop):
    """Return the code point whose UTF-8 begins with a byte from 0x80 on at i, and its length; length 0 if it is none.

    As strict as Python: no overlong form, no surrogate, nothing above U+10FFFF, nothing cut.
    """
    first = np.int64(data[i])
    if 0xE0 <= first < 0xF0 and i + 2 < stop:
        one, two = np.int64(data[i + 1]), np.int64(data[i + 2])
        code = (first & 15) << 12 | (one & 63) << 6 | two & 63
        return code, 3 if _is_triple(one, two, code) else 0
    if 0xC2 <= first < 0xE0 and i + 1 < stop:
        one = np.int64(data[i + 1])
        return (first & 31) << 6 | one & 63, 2 if one & 0xC0 == 0x80 else 0
    if 0xF0 <= first < 0xF5 and i + 3 < stop:
        one, two, three = np.int64(data[i + 1]), np.int64(data[i + 2]), np.int64(data[i + 3])
        code = (first & 7) << 18 | (one & 63) << 12 | (two & 63) << 6 | three & 63
        sound = (one & 0xC0 == 0x80) & (two & 0xC0 == 0x80) & (three & 0xC0 == 0x80)
        return code, 4 if sound and 0x10000 <= code < 0x110000 else 0
    return 0, 0


@numba.njit(cache=True)
def _escape(data, i, stop):
    """Return the code point that a backslash at i stands for with what follows, and the length; 0 where unsure."""
    if i + 1 >= stop:
        return 0, 0
    c = data[i + 1]
    if c == 0x6E:  # n
        return 10, 2
    if c == _QUOTE or c == _BACKSLASH or c == 0x2F:
        return np.int64(c), 2
    if c == 0x74:  # t
        return 9, 2
    if c == 0x72:  # r
        return 13, 2
    if c == 0x62:  # b
        return 8, 2
    if c == 0x66:  # f
        return 12, 2
    if c != 0x75 or i + 5 >= stop:  # u
        return 0, 0
    code = 0
    for j in range(i + 2, i + 6):
        digit = np.int64(data[j])
        if 0x30 <= digit <= 0x39:
            code = code << 4 | (digit - 0x30)
        elif 0x41 <= digit & 0xDF <= 0x46:
            code = code << 4 | ((digit & 0xDF) - 0x37)
        else:
            return 0, 0
    return (0, 0) if 0xD800 <= code < 0xE000 else (code, 6)  # the json module puts halves of a pair together


@numba.njit(cache=True)
def _sound(data, i, stop):
    """Return the end of the UTF-8 from i, short of stop where a sequence is broken."""
    while i < stop:
        if data[U64(i)] < 0x80:
            i += 1
            continue
        _, length = _tail(data, i, stop)
        if length == 0:
            return i
        i += length
    return i


@numba.njit(cache=True)
def _is_key(data, i, stop, key):
    """Tell whether a quoted key stands at i."""
    if i + key.shape[0] > stop:
        return False
    for j in range(key.shape[0]):
        if data[i + j] != key[j]:
            return False
    return True


@numba.njit(cache=True)
def _behind(data, i, stop):
    """Return the first place from i on that holds no white space."""
    while i < stop and (data[i] == 0x20 or data[i] == 9 or data[i] == 13):
        i += 1
    return i


@numba.njit(cache=True)
def _decoded(data, i, stop, codes, n):
    """Write the text of the JSON string behind the quote at i; return its closing quote, or -1, and the new count."""
    i += 1
    while i < stop:
        first = U32(data[U64(i)])
        if (first >= 0xE0) & (first < 0xF0) & (i + 2 < stop):  # by far the most
            one, two = U32(data[U64(i + 1)]), U32(data[U64(i + 2)])
            code = ((first & U32(15)) << U32(12)) | ((one & U32(63)) << U32(6)) | (two & U32(63))
            if not _is_triple(one, two, code):
                return np.int64(-1), n
            codes[U64(n)] = code
            n += 1
            i += 3
            continue
        if (first >= 0x20) & (first < 0x80) & (first != _QUOTE) & (first != _BACKSLASH):
            codes[U64(n)] = first
            n += 1
            i += 1
            continue
        if first == _QUOTE:
            return i, n
        if first >= 0x80:
            other, length = _tail(data, i, stop)
        elif first == _BACKSLASH:
            other, length = _escape(data, i, stop)
        else:
            other, length = 0, 0
        if length == 0:
            return np.int64(-1), n
        codes[U64(n)] = other
        n += 1
        i += length
    return np.int64(-1), n


@numba.njit(cache=True)
def _line(data, start, stop, key, codes, n, row):
    """Write to row the value of the key, and decode it; row[2] is -1 where the line is left to the json module.

    Left are lines with a backslash outside of the value, for a key may hide behind one, and with the key twice.
    """
    row[0], row[1], row[2] = start, stop, -1
    depth = 0
    i = start
    begin = np.int64(-1)
    while i < stop:
        c = data[U64(i)]
        if c == _QUOTE:
            wanted = depth == 1 and _is_key(data, i, stop, key)
            i += 1
            while i < stop and data[U64(i)] != _QUOTE:
                if data[U64(i)] == _BACKSLASH:
                    return n
                i += 1
            if wanted:
                after = _behind(data, i + 1, stop)
                if after < stop and data[after] == _COLON:
                    first = _behind(data, after + 1, stop)
                    if begin >= 0 or first >= stop or data[first] != _QUOTE:
                        return n
                    begin, row[4] = first, n
                    i, end = _decoded(data, first, stop, codes, n)
                    if i < 0:
                        return n
                    row[3], row[5] = i + 1, end
        elif c == _OPEN or c == _LIST:
            depth += 1
        elif c == _CLOSE or c == _END:
            depth -= 1
        elif c == _BACKSLASH:
            return n
        i += 1
    if begin < 0:
        return n
    row[2] = begin
    return row[5]


@numba.njit(cache=True, nogil=True)
def records(data, ends, key, codes, rows, sound):
    """Write where the lines of some blocks stand, and decode the text of those that are plain.

    data : uint8[N]         blocks of whole lines, a line feed between them
    ends : int64[B]         where each ends
    key : uint8[...]        the key of the text, quotes included
    codes : uint32[N]       written: texts, one behind the other
    rows : int64[L, 6]      written for each line: its range in data; the range of the text's value there, quotes
                            included, -1 first where the json module has to read it; the range of the text in codes
    sound : bool[B]         written: the block is UTF-8

    Returns the number of lines, -1 if they are more than rows has room for. Whether the rest of a line is JSON is not
    asked. O(N). One thread.
    """
    count = n = start = 0
    for b in range(ends.shape[0]):
        sound[b] = True
        while start <= ends[b]:
            stop = start
            while stop < ends[b] and data[U64(stop)] != _BREAK:
                stop += 1
            if count == rows.shape[0]:
                return -1
            row = rows[count]
            n = _line(data, start, stop, key, codes, n, row)
            plain = row[2] >= 0  # the value is UTF-8, then
            before, behind = (row[2], row[3]) if plain else (stop, stop)
            sound[b] &= _sound(data, start, before) == before and _sound(data, behind, stop) == stop
            count += 1
            start = stop + 1
    return count


@numba.njit(cache=True, inline="always")
def _triples(data, i, codes, n):
    """Write so many code points of three bytes each as stand in a `_RUN`; return 0 where all of them are sound.

    U+FFFD is told as unsound: it has to be counted.
    """
    wrong = U32(0)
    for j in range(_RUN):
        first, one, two = U32(data[U64(i + 3 * j)]), U32(data[U64(i + 3 * j + 1)]), U32(data[U64(i + 3 * j + 2)])
        code = ((first & U32(15)) << U32(12)) | ((one & U32(63)) << U32(6)) | (two & U32(63))
        wrong |= (first & U32(0xF0)) ^ U32(0xE0)
        wrong |= (one & U32(0xC0)) ^ U32(0x80)
        wrong |= (two & U32(0xC0)) ^ U32(0x80)
        wrong |= U32(code < U32(0x800)) | U32(code - U32(0xD800) < U32(0x800)) | U32(code == U32(0xFFFD))
        codes[U64(n + j)] = code
    return wrong


@numba.njit(cache=True, nogil=True)
def texts(data, borders, head, codes, ends, replaced):
    """Decode files that are UTF-8 beyond doubt, see `dedup.read.encoding`; the others are left to that module.

    data : uint8[N]        files end to end
    borders : int64[F+1]   where each begins, and the end
    head : int64           code points from the first on, of which one has to be of the upper ones (U+0800 on), unless
                           all are ASCII
    codes : uint32[N]      written: texts without their byte order marks, one behind the other
    ends : int64[F]        written: where each ends
    replaced : int64[F]    written: how many U+FFFD it has, -1 for what is left: broken, with a NUL, or in doubt

    Han and their punctuation come in runs, and are tried sixteen at a time, as vectors: 2.5 ns a code point, where
    one at a time took 4 and Python's decoder, which holds the interpreter meanwhile, 3 to 5. O(N). One thread.
    """
    n = 0
    for f in range(ends.shape[0]):
        i, stop = borders[f], borders[f + 1]
        if i + 2 < stop and data[i] == 0xEF and data[i + 1] == 0xBB and data[i + 2] == 0xBF:
            i += 3
        begin, size = n, stop - i
        lost, wrong = 0, U32(0)
        while i < stop and not wrong:
            while i + 3 * _RUN <= stop and _triples(data, i, codes, n) == 0:
                i += 3 * _RUN
                n += _RUN
            while i < stop:  # one at a time, up to behind the next that is ASCII
                first = U32(data[U64(i)])
                if (first & U32(0xF0) == U32(0xE0)) & (i + 2 < stop):
                    one, two = U32(data[U64(i + 1)]), U32(data[U64(i + 2)])
                    code = ((first & U32(15)) << U32(12)) | ((one & U32(63)) << U32(6)) | (two & U32(63))
                    wrong |= U32(not _is_triple(one, two, code))
                    lost += code == U32(0xFFFD)
                    codes[U64(n)] = code
                    n += 1
                    i += 3
                    continue
                if first < 0x80:
                    wrong |= U32(first == 0)
                    codes[U64(n)] = first
                    n += 1
                    i += 1
                    if i < stop and data[U64(i)] >= 0xE0:
                        break
                    continue
                other, length = _tail(data, i, stop)
                if length == 0:
                    wrong = U32(1)
                    break
                codes[U64(n)] = other
                n += 1
                i += length
        sure = n - begin == size
        for j in range(begin, min(n, begin + head)):
            if sure:
                break
            sure = codes[j] >= 0x800
        replaced[f] = -1 if wrong or not sure else lost
        if replaced[f] < 0:
            n = begin  # texts lie end to end
        ends[f] = n
