"""What differs between two stretches: surfaces, distances, edit scripts, slots. Caller: dedup.steps.contrast.

All kernels take a range of rows, so that threads share the work without numba's parallel backend, whose kernels take
ten times as long to load from the cache: five reports should feel instant.
"""

from __future__ import annotations

import numba
import numpy as np

_SPACE, _REPLACED = 7, 10  # classes of dedup.steps.data
_SEVERAL = np.uint32(0x8000_0000)  # MULTI_BIT of dedup.steps.data
_COMMA, _BLANK = ord(","), ord(" ")
_NONE = np.int64(-(2**40))


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
        write = ptr[r] if filling else np.int64(0)
        at = start[r]
        edit = np.searchsorted(edit_start, at)
        while at < end[r] or (edit < edit_start.shape[0] and edit_start[edit] < end[r]):
            if edit < edit_start.shape[0] and edit_start[edit] <= at:
                low, high, source = edit_ptr[edit], edit_ptr[edit + 1], edit_codes
                at = max(at, edit_end[edit])
                edit += 1
            else:
                stop = end[r]
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
                            if filling:
                                out[write] = multi[m]
                            write += 1
                else:
                    if filling:
                        out[write] = fold[code]
                    write += 1
        if not filling:
            ptr[r + 1] = write


@numba.njit(cache=True, nogil=True)
def indels(first, last, left, left_start, left_end, right, right_start, right_end, most, out):
    """Write the insert-delete distance of each pair of stretches, or -1 beyond ``most``.

    left, right : uint32[...]   codes the stretches are cut from
    *_start, *_end : int64[R]
    most : int64                most insertions and deletions that are counted
    out : int64[R]              written

    Furthest-reaching paths (Myers 1986): O(length + distance ** 2) a row, where bit-parallel methods take
    O(length ** 2 / 64) however much alike the two are.
    """
    reach = np.empty(2 * most + 3, np.int64)
    for r in range(first, last):
        a, a_end, b, b_end = left_start[r], left_end[r], right_start[r], right_end[r]
        while a < a_end and b < b_end and left[a] == right[b]:
            a += 1
            b += 1
        while a < a_end and b < b_end and left[a_end - 1] == right[b_end - 1]:
            a_end -= 1
            b_end -= 1
        n, m = a_end - a, b_end - b
        out[r] = -1
        if n == 0 or m == 0:
            if n + m <= most:
                out[r] = n + m
            continue
        if abs(n - m) > most:
            continue
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
                while x < n and y < m and left[a + x] == right[b + y]:
                    x += 1
                    y += 1
                reach[middle + k] = x
                done = done or (k == n - m and x >= n)
            if done:
                out[r] = d
                break


@numba.njit(cache=True, nogil=True)
def edits(first, last, codes, left_start, left_end, right_start, right_end, most, distance):
    """Write the Levenshtein distance of each pair of key ranges, or -1 beyond ``most``.

    codes : uint32[K]; *_start, *_end : int64[R]; most : int64; distance : int64[R], written.

    Furthest-reaching paths with replacements (Ukkonen 1985), two waves kept. O(length + distance ** 2) a row.
    """
    old = np.empty(2 * most + 3, np.int64)
    new = np.empty(2 * most + 3, np.int64)
    for r in range(first, last):
        a, b = left_start[r], right_start[r]
        n, m = left_end[r] - a, right_end[r] - b
        distance[r] = -1
        if abs(n - m) > most:
            continue
        middle = most + 1
        for s in range(most + 1):
            low, high = max(-s, -n), min(s, m)
            for k in range(low, high + 1):
                best = _NONE
                if s == 0:
                    best = np.int64(0)
                else:
                    if -s < k < s:
                        best = old[middle + k] + 1
                    if k - 1 >= max(1 - s, -n):
                        best = max(best, old[middle + k - 1])
                    if k + 1 <= min(s - 1, m):
                        best = max(best, old[middle + k + 1] + 1)
                best = min(best, n, m - k)
                while best >= 0 and best < n and best + k < m and codes[a + best] == codes[b + best + k]:
                    best += 1
                new[middle + k] = best
            if low <= m - n <= high and new[middle + m - n] >= n:
                distance[r] = s
                break
            old, new = new, old


@numba.njit(cache=True, nogil=True)
def scripts(first, last, codes, left_start, left_end, right_start, right_end, distance, ptr, out, count, run):
    """Write the changes of each pair of key ranges: a shortest edit script, neighbouring edits as one change.

    codes : uint32[K]; *_start, *_end : int64[R]
    distance : int64[R]     from `edits`; a row of -1 is left alone
    ptr : int64[R+1]        row r may write ``out[ptr[r]:ptr[r + 1]]``, as many rows as its distance
    out : int64[C, 4]       written: left first, left end, right first, right end, relative to the pair's starts
    count : int64[R]        written: changes of the pair
    run : int64[R]          written: its longest stretch of equal characters

    All waves are kept for the way back: (distance + 1) ** 2 numbers for the row that needs most.
    """
    largest = np.int64(0)
    for r in range(first, last):
        largest = max(largest, distance[r])
    wave = np.empty((largest + 1) * (largest + 1), np.int32)
    for r in range(first, last):
        d = distance[r]
        if d < 0:
            continue
        a, b = left_start[r], right_start[r]
        n, m = left_end[r] - a, right_end[r] - b
        for s in range(d + 1):
            for k in range(-s, s + 1):
                best = np.int64(-1) if s else np.int64(0)
                if -n <= k <= m:
                    if s:
                        before = (s - 1) * (s - 1) + s - 1
                        if -s < k < s and wave[before + k] >= 0:
                            best = np.int64(wave[before + k]) + 1
                        if k > -s + 1 and wave[before + k - 1] >= 0:
                            best = max(best, np.int64(wave[before + k - 1]))
                        if k < s - 1 and wave[before + k + 1] >= 0:
                            best = max(best, np.int64(wave[before + k + 1]) + 1)
                        best = min(best, n, m - k)
                    while best >= 0 and best < n and best + k < m and codes[a + best] == codes[b + best + k]:
                        best += 1
                wave[s * s + s + k] = best
        # Back from the end: the changes come out last first.
        s, k, at = d, m - n, n
        low_left = high_left = n
        low_right = high_right = m
        rows = np.int64(0)
        longest = np.int64(0)
        while True:
            begun = np.int64(0)
            step = 0
            if s > 0:
                before = (s - 1) * (s - 1) + s - 1
                begun = np.int64(-1)
                if -s < k < s and wave[before + k] >= 0:
                    begun = min(np.int64(wave[before + k]) + 1, n, m - k)
                    step = 1
                if k < s - 1 and wave[before + k + 1] >= 0:
                    other = min(np.int64(wave[before + k + 1]) + 1, n, m - k)
                    if other > begun:
                        begun, step = other, 2
                if k > -s + 1 and wave[before + k - 1] >= 0:
                    other = min(np.int64(wave[before + k - 1]), n, m - k)
                    if other > begun:
                        begun, step = other, 3
            longest = max(longest, at - begun)
            if at > begun or s == 0:
                if high_left > low_left or high_right > low_right:
                    spot = ptr[r + 1] - 1 - rows
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
        for row in range(rows):
            out[ptr[r] + row] = out[ptr[r + 1] - rows + row]
        count[r] = rows
        run[r] = longest


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


@numba.njit(cache=True, nogil=True)
def slots(
    first, last, key, value, mask, left_first, left_last, right_first, right_last, left_start, right_start,
    left_length, right_length, ptr, count, change, slot_ptr, out, found,
):  # fmt: skip
    """Write the slots in which each pair of key ranges differs, paired by their place in the aligned key text.

    key : int64[S], value : uint64[S], mask : uint8[S]   place, content and kind of all slots
    left_first, ... right_last : int64[R]                slots of each side
    left_start, right_start, *_length : int64[R]         key ranges
    ptr, count, change                                   what `scripts` wrote
    slot_ptr : int64[R+1]                                row r may write ``out[slot_ptr[r]:slot_ptr[r + 1]]``
    out : int64[X, 4]     written: left slot or -1, right slot or -1, place on the left, place on the right (key
                          places relative to the pair's starts; where a side has no slot, it would stand there)
    found : int64[R]      written: rows

    O(slots + changes) a row, but for slots that share a place.
    """
    for r in range(first, last):
        rows = np.int64(0)
        used = np.zeros(max(right_last[r] - right_first[r], 0), np.uint8)
        low, high = ptr[r], ptr[r] + count[r]
        c = low
        right = right_first[r]
        for left in range(left_first[r], left_last[r]):
            place = min(max(key[left] - left_start[r], 0), left_length[r])
            while c < high and change[c, 1] <= place:
                c += 1
            # The change before the place, or the one around it, says how far the right side is shifted.
            if c < high and change[c, 0] < place:
                target = min(change[c, 2] + place - change[c, 0], change[c, 3])
            elif c > low:
                target = change[c - 1, 3] + place - change[c - 1, 1]
            else:
                target = place
            while right < right_last[r] and key[right] - right_start[r] < target:
                right += 1
            other = right
            while other < right_last[r] and key[other] - right_start[r] == target and used[other - right_first[r]]:
                other += 1
            if other < right_last[r] and key[other] - right_start[r] == target:
                used[other - right_first[r]] = 1
                if value[left] != value[other] and not (mask[left] and mask[other]):
                    out[slot_ptr[r] + rows, 0], out[slot_ptr[r] + rows, 1] = left, other
                    out[slot_ptr[r] + rows, 2], out[slot_ptr[r] + rows, 3] = place, target
                    rows += 1
            else:
                out[slot_ptr[r] + rows, 0], out[slot_ptr[r] + rows, 1] = left, -1
                out[slot_ptr[r] + rows, 2], out[slot_ptr[r] + rows, 3] = place, target
                rows += 1
        c = low
        for right in range(right_first[r], right_last[r]):
            if used[right - right_first[r]]:
                continue
            place = min(max(key[right] - right_start[r], 0), right_length[r])
            while c < high and change[c, 3] <= place:
                c += 1
            if c < high and change[c, 2] < place:
                target = min(change[c, 0] + place - change[c, 2], change[c, 1])
            elif c > low:
                target = change[c - 1, 1] + place - change[c - 1, 3]
            else:
                target = place
            out[slot_ptr[r] + rows, 0], out[slot_ptr[r] + rows, 1] = -1, right
            out[slot_ptr[r] + rows, 2], out[slot_ptr[r] + rows, 3] = target, place
            rows += 1
        found[r] = rows
