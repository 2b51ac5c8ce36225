"""How far are two stretches apart? Surfaces, distances, edit scripts. Caller: dedup.steps.contrast.

All kernels take a range of rows, so that threads share the work without numba's parallel backend, whose kernels take
ten times as long to load from the cache: five reports should feel instant.
"""

from __future__ import annotations

import numba
import numpy as np

from dedup.kernels.prefetch import AHEAD, prefetch_pair

_SPACE, _REPLACED = 7, 10  # classes of dedup.steps.data
_SEVERAL = np.uint32(0x8000_0000)  # MULTI_BIT of dedup.steps.data
_COMMA, _BLANK = ord(","), ord(" ")
_NONE, _STEP = np.int32(-(2**30)), np.int32(1)
_U64 = np.uint64
_NO_BITS, _ONE = np.uint64(0), np.uint64(1)
_LONG = 4096  # codes of the shorter side that are compared bit by bit; the masks of more would take megabytes


@numba.njit(cache=True)
def _folded(codes, edit_start, edit_end, edit_ptr, edit_codes, kind, fold, multi_ptr, multi, start, end, out):
    """Write a raw range as similarity compares it, as far as there is room; return how long it is."""
    room = out.shape[0]
    write = np.int64(0)
    at = start
    edit = np.searchsorted(edit_start, at)
    while at < end or (edit < edit_start.shape[0] and edit_start[edit] < end):
        if edit < edit_start.shape[0] and edit_start[edit] <= at:
            low, high, source = edit_ptr[edit], edit_ptr[edit + 1], edit_codes
            at = max(at, edit_end[edit])
            edit += 1
        else:
            stop = end
            if edit < edit_start.shape[0]:
                stop = min(stop, edit_start[edit])
            low, high, source = at, stop, codes
            at = stop
        for i in range(low, high):
            code = source[i]
            low_kind = kind[code] & 15
            if low_kind >= _SPACE and low_kind < _REPLACED:
                continue
            # Not by its class: ⑴ is an enumerator, and folds to three code points all the same.
            if fold[code] >= _SEVERAL:
                row = np.int64(fold[code] & ~_SEVERAL)
                for m in range(multi_ptr[row], multi_ptr[row + 1]):
                    if kind[multi[m]] & 15 < _SPACE:
                        if write < room:
                            out[write] = multi[m]
                        write += 1
            else:
                if write < room:
                    out[write] = fold[code]
                write += 1
    return write


@numba.njit(cache=True, nogil=True)
def surfaces(
    first, last, codes, edit_start, edit_end, edit_ptr, edit_codes, kind, fold, multi_ptr, multi, start, end, ptr, out
):
    """Write raw ranges as similarity compares them: repaired and folded, white space dropped.

    codes, edit_*, kind, fold, multi*   see schema.Texts, schema.Edits, steps.data.Tables
    start, end : int64[R]               raw ranges, each within one document
    ptr : int64[R+1]                    without `out`: written, ``ptr[r + 1]`` is the length of row r; else read
    out : uint32[ptr[R]]                written; empty to count only

    An edit that begins in a range counts whole. O(length + log E) a row.
    """
    filling = out.shape[0] > 0
    for r in range(first, last):
        room = out[ptr[r] : ptr[r + 1]] if filling else out
        length = _folded(
            codes, edit_start, edit_end, edit_ptr, edit_codes, kind, fold, multi_ptr, multi, start[r], end[r], room
        )
        if not filling:
            ptr[r + 1] = length


@numba.njit(cache=True)
def _along(left, right, a, n, m, most, reach):
    """Return the insert-delete distance of n and m codes from ``a`` on by furthest-reaching paths, -1 beyond most.

    Myers 1986: O(length + distance ** 2), where bit-parallel methods take O(length ** 2 / 64) however much alike the
    two are.
    """
    if abs(n - m) > most:
        return np.int64(-1)
    middle = most + 1
    reach[middle + 1] = 0
    for d in range(most + 1):
        done = False
        # Diagonals beyond the ends of either side lead nowhere; parity is that of d.
        low = -d if d <= m else -(2 * m - d)
        high = d if d <= n else 2 * n - d
        for k in range(low, high + 1, 2):
            if k == -d or (k != d and reach[middle + k - 1] < reach[middle + k + 1]):
                x = reach[middle + k + 1]
            else:
                x = reach[middle + k - 1] + 1
            y = x - k
            while x < n and y < m and left[a + x] == right[a + y]:
                x += 1
                y += 1
            reach[middle + k] = x
            done = done or (k == n - m and x >= n)
        if done:
            return np.int64(d)
    return np.int64(-1)


@numba.njit(cache=True)
def _common(left, right, a, n, m, call, known, state, mask):
    """Return the length of a longest common subsequence of n and m codes from ``a`` on, n not above m.

    call : int64               another one for each call that has the same `known`, above 0
    known : int64[0x110000]    of code points, which mask they had and in which call
    state : uint64[W]          scratch of at least ``-(-n // 64)``
    mask : uint64[n * W]       scratch

    Bit-parallel, 64 of the left side at a time (Crochemore, Iliopoulos, Pinzon, Reid 2001): O(n * m / 64).
    """
    size = (n + 63) // 64
    kinds = np.int64(0)
    for i in range(n):
        code = left[a + i]
        if known[code] >> 32 != call:
            known[code] = call << 32 | kinds
            mask[kinds * size : (kinds + 1) * size] = _NO_BITS
            kinds += 1
        row = known[code] & 0xFFFF_FFFF
        mask[row * size + (i >> 6)] |= _ONE << np.uint64(i & 63)
    for w in range(size):
        state[w] = ~_NO_BITS
    for j in range(m):
        code = right[a + j]
        if known[code] >> 32 != call:
            continue
        row = (known[code] & 0xFFFF_FFFF) * size
        carry = _NO_BITS
        for w in range(size):
            before = state[w]
            met = before & mask[row + w]
            more = before + met
            total = more + carry
            carry = _ONE if more < before or total < more else _NO_BITS
            state[w] = total | (before & ~met)
    found = np.int64(0)
    for i in range(n):
        found += np.int64(~state[i >> 6] >> np.uint64(i & 63) & _ONE)
    return found


@numba.njit(cache=True)
def _indel(left, n, right, m, most, reach, call, known, state, mask):
    """Return the insert-delete distance of the first so many codes of both sides, -1 beyond ``most`` and `_LONG`.

    reach : int64[2 * most + 3]    scratch; call, known, state and mask see `_common`

    By paths as far as that costs no more than bits would, then by bits: of two versions of a paragraph a quarter
    differ in more than forty places.
    """
    a = np.int64(0)
    while a < n and a < m and left[a] == right[a]:
        a += 1
    while n > a and m > a and left[n - 1] == right[m - 1]:
        n -= 1
        m -= 1
    n -= a
    m -= a
    if n == 0 or m == 0:
        return n + m if n + m <= most else np.int64(-1)
    if n > m:
        left, right, n, m = right, left, m, n
    work = (n + 63) // 64 * m + 2 * (n + m)
    if n > _LONG or work > most * most:
        return _along(left, right, a, n, m, most, reach)
    found = _along(left, right, a, n, m, min(most, np.int64(np.sqrt(work / 20))), reach)
    return found if found >= 0 else n + m - 2 * _common(left, right, a, n, m, call, known, state, mask)


@numba.njit(cache=True)
def _verbatim(codes, edit_start, left, left_end, right, right_end):
    """Tell whether two raw ranges hold the same code points, and no edit begins in them: most copies do."""
    if left_end - left != right_end - right:
        return False
    for i in range(left_end - left):
        if codes[left + i] != codes[right + i]:
            return False
    for at, end in ((left, left_end), (right, right_end)):
        edit = np.searchsorted(edit_start, at)
        if edit < edit_start.shape[0] and edit_start[edit] < end:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def distances(
    first, last, codes, edit_start, edit_end, edit_ptr, edit_codes, kind, fold, multi_ptr, multi,
    left_start, left_end, right_start, right_end, most, distance, length,
):  # fmt: skip
    """Write how far the surfaces of two raw ranges are apart, and how long both are together.

    codes ... multi               as `surfaces` takes them
    *_start, *_end : int64[R]     raw ranges, each within one document
    most : int64                  most insertions and deletions that are looked for along paths
    distance : int64[R]           written: the insert-delete distance, -1 beyond ``most``
    length : int64[R]             written; 1 where the distance is 0

    Folded into a scratch, one pair after the other: nothing is kept of them. O(length + distance ** 2) a row, or
    O(length ** 2 / 64) where that is less.
    """
    reach = np.empty(2 * most + 3, np.int64)
    known = np.zeros(0x110000, np.int64)  # of which only pages of code points that occur are ever touched
    state, mask = np.empty(_LONG // 64, np.uint64), np.empty(_LONG * _LONG // 64, np.uint64)
    left, right = np.empty(1024, np.uint32), np.empty(1024, np.uint32)
    for r in range(first, last):
        prefetch_pair(codes, left_start, left_end, right_start, right_end, min(r + AHEAD, last - 1))
        distance[r], length[r] = 0, 1
        if _verbatim(codes, edit_start, left_start[r], left_end[r], right_start[r], right_end[r]):
            continue
        n = m = np.int64(0)
        for _ in range(2):  # once more where there was not room enough
            n = _folded(
                codes, edit_start, edit_end, edit_ptr, edit_codes, kind, fold, multi_ptr, multi,
                left_start[r], left_end[r], left,
            )  # fmt: skip
            if n <= left.shape[0]:
                break
            left = np.empty(2 * n, np.uint32)
        for _ in range(2):
            m = _folded(
                codes, edit_start, edit_end, edit_ptr, edit_codes, kind, fold, multi_ptr, multi,
                right_start[r], right_end[r], right,
            )  # fmt: skip
            if m <= right.shape[0]:
                break
            right = np.empty(2 * m, np.uint32)
        distance[r] = _indel(left, n, right, m, most, reach, r + 1, known, state, mask)
        if distance[r] != 0:
            length[r] = n + m


@numba.njit(cache=True)
def _farther(before, count, n, rest, out):
    """Write how far one more edit takes each of so many diagonals that lie side by side.

    before : int32[count + 2]   how far the edits before it took the diagonals from the one below the first on
    n, rest : int64             codes of the left side, and those on the first diagonal: on each next one fewer

    Apart from the comparing of codes, so that the compiler makes vectors of it: a third of a script's time is saved.
    """
    same, above = before[1:], before[2:]
    for x in range(_U64(count)):
        far = max(same[x] + _STEP, before[x], above[x] + _STEP)
        out[x] = min(far, np.int32(n), np.int32(rest) - np.int32(x))


@numba.njit(cache=True)
def _waves(codes, a, n, b, m, most, wave):
    """Fill the waves of furthest-reaching paths (Ukkonen 1985); return the Levenshtein distance, -1 beyond ``most``.

    With s edits ``wave[_row(s) + k]`` codes of the left side are reached on diagonal k; below 0 where none. Two of
    these stand on either side of a wave, so that the next one may look there. Larger ones are returned where needed.
    """
    if abs(n - m) > most:
        return np.int64(-1), wave
    for s in range(most + 1):
        at = _row(s)
        low, high = max(-s, -n), min(s, m)
        if at + s + 3 > wave.shape[0]:
            larger = np.empty(2 * (at + s + 3), np.int32)
            larger[: wave.shape[0]] = wave
            wave = larger
        for k in (low - 2, low - 1, high + 1, high + 2):
            wave[at + k] = _NONE
        if s == 0:
            wave[at] = 0
        else:
            _farther(wave[_row(s - 1) + low - 1 :], high - low + 1, n, m - low, wave[at + low :])
        for k in range(low, high + 1):
            best, rest = np.int64(wave[at + k]), min(n, m - k)
            if best < 0 or best >= rest or codes[_U64(a + best)] != codes[_U64(b + best + k)]:
                continue
            while best < rest and codes[_U64(a + best)] == codes[_U64(b + best + k)]:
                best += 1
            wave[at + k] = best
        if low <= m - n <= high and wave[at + m - n] >= n:
            return np.int64(s), wave
    return np.int64(-1), wave


@numba.njit(cache=True, inline="always")
def _row(s):
    """Return where the middle of a wave stands."""
    return s * s + 5 * s + 2


@numba.njit(cache=True, nogil=True)
def scripts(
    first, last, codes, left_start, left_end, right_start, right_end, most, room, out, place, count, run, distance
):
    """Write the changes of each pair of key ranges: a shortest edit script, neighbouring edits as one change.

    codes : uint32[K]; *_start, *_end : int64[R]
    most : int64            edits up to which there is a script
    room : int64[R+1]       rows first to last may write ``out[room[first]:room[last]]``: a pair has no more changes
                            than edits, and none but the first without something equal before it
    out : int32[C, 4]       written: left first, left end, right first, right end, relative to the pair's starts
    place, count : int64[R] written: the changes of the pair are ``out[place[r]:place[r] + count[r]]``
    run : int64[R]          written: its longest stretch of equal characters
    distance : int64[R]     written: the Levenshtein distance; -1, without changes, beyond ``most``

    All waves are kept for the way back: some (distance + 3) ** 2 numbers for the row that needs most. What is written
    stands without gaps: of `out` no more is touched. O(length + distance ** 2) a row.
    """
    wave = np.empty(1 << 14, np.int32)
    written = room[first] if first < last else np.int64(0)
    for r in range(first, last):
        prefetch_pair(codes, left_start, left_end, right_start, right_end, min(r + AHEAD, last - 1))
        a, b = left_start[r], right_start[r]
        n, m = left_end[r] - a, right_end[r] - b
        place[r], count[r], run[r] = written, 0, 0
        distance[r], wave = _waves(codes, a, n, b, m, most, wave)
        if distance[r] < 0:
            continue
        # Back from the end: the changes come out last first.
        s, k, at = distance[r], m - n, n
        low_left = high_left = n
        low_right = high_right = m
        rows = np.int64(0)
        longest = np.int64(0)
        while True:
            begun = np.int64(0)
            step = 0
            if s > 0:
                before = _row(s - 1) + k
                begun = np.int64(-1)
                if wave[before] >= 0:
                    begun = min(np.int64(wave[before]) + 1, n, m - k)
                    step = 1
                if wave[before + 1] >= 0:
                    other = min(np.int64(wave[before + 1]) + 1, n, m - k)
                    if other > begun:
                        begun, step = other, 2
                if wave[before - 1] >= 0:
                    other = min(np.int64(wave[before - 1]), n, m - k)
                    if other > begun:
                        begun, step = other, 3
            longest = max(longest, at - begun)
            if at > begun or s == 0:
                if high_left > low_left or high_right > low_right:
                    spot = written + rows
                    out[spot, 0], out[spot, 1] = low_left, high_left
                    out[spot, 2], out[spot, 3] = low_right, high_right
                    rows += 1
                high_left, high_right = begun, begun + k
            if s == 0:
                break
            if step == 1:
                at = begun - 1
            elif step == 2:
                at = begun - 1
                k += 1
            else:
                at = begun
                k -= 1
            low_left, low_right = at, at + k
            s -= 1
        for row in range(rows // 2):
            for side in range(4):
                one, other = written + row, written + rows - 1 - row
                out[one, side], out[other, side] = out[other, side], out[one, side]
        count[r] = rows
        run[r] = longest
        written += rows


@numba.njit(cache=True, nogil=True)
def figures(first, last, codes, start, end, kind, fold, out):
    """Write what slots say as hashes: folded, thousands separators and blanks dropped.

    codes : uint32[N]; start, end : int64[S] raw ranges; kind, fold: steps.data.Tables; out : uint64[S], written.

    FNV-1a over code points.
    """
    for r in range(first, last):
        value = np.uint64(0xCBF29CE484222325)
        for i in range(start[r], end[r]):
            code = codes[i]
            if kind[code] & 15 < _SPACE:
                code = fold[code]
            if code != _COMMA and code != _BLANK:
                value = (value ^ np.uint64(code)) * np.uint64(0x100000001B3)
        out[r] = value
