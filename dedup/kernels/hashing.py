"""K-gram hashes over one array of code points. Callers: dedup.steps.shingle, dedup.steps.anchor."""

from __future__ import annotations

import numba
import numpy as np

_U64 = np.uint64
_U32 = np.uint32
_LOW, _HALF = _U64(0xFFFFFFFF), _U64(32)
_BASE = _U64(0x9E3779B97F4A7C55)  # odd, so that multiplication is a bijection of 64-bit words
_SPAN = 256  # code points of a digest that are summed up before the next ones
_BLOCK = 64  # ranges between two allocations of scratch
_TILE = 1024  # k-grams whose hashes lie in the nearest cache


@numba.njit(cache=True, inline="always")
def _mix64(x):
    """splitmix64 finaliser, a bijection of 64-bit words (Steele, Lea, Flood 2014, fig. 15)."""
    x = (x ^ (x >> _U64(30))) * _U64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> _U64(27))) * _U64(0x94D049BB133111EB)
    return x ^ (x >> _U64(31))


@numba.njit(cache=True, parallel=True)
def digests(codes, start, end, out):
    """Write a 128-bit digest of each range of code points.

    codes : uint32[K]
    start, end : int64[P]   ranges of codes
    out : uint64[P, 2]      written; equal ranges give equal digests, the length included

    Of each span of code points two sums of products with odd words that look random, and of the sums two chains, the
    one linear, the other not, each finished by a mixer. A sum is made by vectors, where two chains of the code points
    themselves, each step of which waits for the one before it, took three times as long. O(characters).
    """
    base2 = _U64(0xD6E8FEB86659FD93)
    weight, weight2 = _weights(_U64(0)), _weights(_U64(_SPAN))
    for p in numba.prange(start.shape[0]):
        one = _U64(end[p] - start[p])
        two = ~one
        for at in range(start[p], end[p], _SPAN):
            row = codes[at:]
            sum1 = sum2 = _U64(0)
            for i in range(_U64(min(np.int64(_SPAN), end[p] - at))):
                code = _U64(row[i])
                sum1 += code * weight[i]
                sum2 += code * weight2[i]
            one = one * _BASE + sum1
            two = (two ^ sum2) * base2
        out[p, 0] = _mix64(one)
        out[p, 1] = _mix64(two)


@numba.njit(cache=True)
def _weights(first):
    """Return odd words that look random, for the places of a span: those with the numbers from `first` on."""
    weight = np.empty(_SPAN, np.uint64)
    for j in range(_U64(_SPAN)):
        weight[j] = _mix64((first + j + _U64(1)) * _BASE) | _U64(1)
    return weight


@numba.njit(cache=True)
def _powers(k):
    """Return what the code points of a k-gram are multiplied by, the first one's first (uint64[k])."""
    power = np.ones(k, np.uint64)
    for j in range(k - 2, -1, -1):
        power[j] = power[j + 1] * _BASE
    return power


@numba.njit(cache=True)
def _hash_grams(codes, start, count, power, out):
    """Write the hashes of the `count` k-grams that begin at codes[start:start + count]: a polynomial, then a mixer.

    power : uint64[k]   see `_powers`

    The sum of the products of each gram by itself, not rolled from the gram before: a chain of words each of which
    waits for the one before it takes four cycles a gram, while vectors do all five products and the sum in three. A
    code point has no upper half, so that its product is one of 64 bits and one of 32; the five of a round are added
    up in registers, and those of longer grams one by one. To each code point 1 is added: once for all, in ``ones``.
    """
    n = _U64(count)
    ones = _U64(0)
    for j in range(power.shape[0]):
        ones += power[j]
    done = 0
    if power.shape[0] >= 5:
        w0, w1, w2, w3, w4 = power[0], power[1], power[2], power[3], power[4]
        l0, l1, l2, l3, l4 = w0 & _LOW, w1 & _LOW, w2 & _LOW, w3 & _LOW, w4 & _LOW
        u0, u1, u2 = _U32(w0 >> _HALF), _U32(w1 >> _HALF), _U32(w2 >> _HALF)
        u3, u4 = _U32(w3 >> _HALF), _U32(w4 >> _HALF)
        one, two, three = codes[start:], codes[start + 1 :], codes[start + 2 :]
        four, five = codes[start + 3 :], codes[start + 4 :]
        for i in range(n):
            a, b, c, d, e = one[i], two[i], three[i], four[i], five[i]
            lower = ones + _U64(a) * l0 + _U64(b) * l1 + _U64(c) * l2 + _U64(d) * l3 + _U64(e) * l4
            out[i] = lower + (_U64(_U32(a * u0 + b * u1 + c * u2 + d * u3 + e * u4)) << _HALF)
        done = 5
    else:
        for i in range(n):
            out[i] = ones
    for j in range(done, power.shape[0]):
        code = codes[start + j :]
        lower, upper = power[j] & _LOW, _U32(power[j] >> _HALF)
        for i in range(n):
            out[i] += _U64(code[i]) * lower + (_U64(_U32(code[i] * upper)) << _HALF)
    for i in range(n):
        out[i] = _mix64(out[i])


@numba.njit(cache=True)
def _sort_hashes(row, spread, count):
    """Sort evenly spread words: counting by the upper bits, then insertion. O(n).

    row : uint64[n]
    spread : uint64[n]     scratch
    count : uint32[2**m], zero   scratch, 2**m >= n; left zero

    A stretch that more than a few words share (a text of few k-grams, repeated) is left to a comparison sort.
    """
    n = _U64(row.shape[0])
    bits = _U64(0)
    while (_U64(1) << bits) < n:
        bits += _U64(1)
    if bits == _U64(0):
        return
    shift = _U64(64) - bits
    size = _U64(1) << bits
    for i in range(n):
        count[row[i] >> shift] += _U32(1)
    begin = most = _U32(0)
    for j in range(size):
        here = count[j]
        count[j] = begin
        begin += here
        most = max(most, here)
    for i in range(n):
        j = row[i] >> shift
        spread[count[j]] = row[i]
        count[j] += _U32(1)
    if most > _U32(32):
        begin = _U32(0)
        for j in range(size):
            if count[j] - begin > _U32(32):
                spread[begin : count[j]].sort()
            begin = count[j]
    count[:size] = _U32(0)
    for i in range(n):
        word = spread[i]
        at = i
        while at > _U64(0) and row[at - _U64(1)] > word:
            row[at] = row[at - _U64(1)]
            at -= _U64(1)
        row[at] = word


@numba.njit(cache=True, parallel=True)
def shingles(codes, start, end, indptr, k, out, count):
    """Write the sorted, distinct k-gram hashes of each range.

    codes : uint32[K]
    start, end : int64[P]   ranges of codes
    indptr : int64[P+1]     range p may write out[indptr[p]:indptr[p+1]]: max(0, length - k + 1) places, or none
    k : int64
    out : uint64[M]         written
    count : int64[P]        written: distinct hashes of range p; 0 for a range without places

    A polynomial modulo 2**64, finished by a mixer. O(n) per range of n; scratch for the longest range of a block of
    ranges.
    """
    total = start.shape[0]
    power = _powers(k)
    for block in numba.prange(-(-total // _BLOCK)):
        longest = np.int64(1)
        for p in range(block * _BLOCK, min(total, (block + 1) * _BLOCK)):
            longest = max(longest, indptr[p + 1] - indptr[p])
        spread = np.empty(longest, np.uint64)
        counts = np.zeros(2 * longest, np.uint32)
        for p in range(block * _BLOCK, min(total, (block + 1) * _BLOCK)):
            n = indptr[p + 1] - indptr[p]
            if n <= 0:
                count[p] = 0
                continue
            row = out[indptr[p] : indptr[p + 1]]
            _hash_grams(codes, start[p], n, power, row)
            _sort_hashes(row, spread, counts)
            kept, last = _U64(0), row[0]
            for i in range(_U64(1), _U64(n)):
                kept += _U64(row[i] != last)
                last = row[i]
                row[kept] = last
            count[p] = np.int64(kept) + 1


@numba.njit(cache=True, parallel=True)
def minimisers(codes, indptr, k, window, block_document, block_start, block_end, block_indptr, out, count):
    """Write the minimisers of each block of k-gram positions as (hash, position) packed in one word.

    codes : uint32[K]
    indptr : int64[D+1]                 documents in codes; a k-gram never crosses from one into the next
    k, window : int64
    block_document : int64[B]           document of block b
    block_start, block_end : int64[B]   k-gram positions of block b; blocks of a document overlap by nothing
    block_indptr : int64[B+1]           block b may write out[block_indptr[b]:block_indptr[b+1]]
    out : uint64[M]                     written: upper 32 bits of the hash, then 32 bits of position
    count : int64[B]                    written: minimisers of block b

    A k-gram is taken if it is the least (rightmost on ties) of some window of consecutive k-grams
    (Schleimer, Wilkerson, Aiken 2003, section 2.2: winnowing). Tiles of a block look `window - 1` k-grams beyond both
    their borders, so that the choice does not depend on how a document is cut. Nothing is scanned window by
    window: a k-gram is the least of one if it equals the greatest of the least of all windows that hold it, and
    those are 2 log(window) passes of vectors, a third of the time.
    """
    top = _U64(0xFFFFFFFF00000000)
    side = window - 1
    power = _powers(k)
    for b in numba.prange(block_document.shape[0]):
        lowest = indptr[block_document[b]]
        highest = indptr[block_document[b] + 1] - k  # last k-gram position of the document
        values = np.empty(_TILE + 2 * side, np.uint64)
        spare = np.empty((2, _TILE + 2 * side), np.uint64)
        written = block_indptr[b]
        for at in range(block_start[b], block_end[b], _TILE):
            n = min(np.int64(_TILE), block_end[b] - at)
            first = max(lowest, at - side)
            last = min(highest, at + n - 1 + side)
            base = at - side  # values[x] is the hash at position base + x; 0 beyond the document
            values[: first - base] = _U64(0)
            values[last + 1 - base : n + 2 * side] = _U64(0)
            _hash_grams(codes, first, last + 1 - first, power, values[first - base : last + 1 - base])
            held = _least_of_windows(values, n + 2 * side, window, spare)
            mine = values[side : side + n]
            here = written
            for i in range(n):
                out[here] = (mine[i] & top) | _U64(at + i)
                here += np.int64(mine[i] == held[i])
            equal = highest - lowest < side  # one window, shorter than others
            for i in range(written + 1, here):
                equal |= out[i] & top == out[i - 1] & top
            for i in range(n + side, last + 1 - base):  # beyond the tile, where another may stand that is equal
                for j in range(max(written, here - side), here):
                    equal |= out[j] & top == values[i] & top
            if equal:
                here = _rescanned(values, base, first, last, window, at, at + n, out, written)
            written = here
        count[b] = written - block_indptr[b]


@numba.njit(cache=True)
def _least_of_windows(values, size, window, spare):
    """Return, for each place but the outer ``window - 1``, the greatest of the least of all windows that hold it.

    values : uint64[size or more]
    spare : uint64[2, size or more]   scratch; the result lies in it
    """
    one = values
    turn = 0
    for rising in (False, True):
        width = np.int64(1)
        while width < window:
            hop = min(width, window - width)
            size -= hop
            ahead = one[hop:]
            two = spare[turn]
            if rising:
                for i in range(size):
                    two[i] = max(one[i], ahead[i])
            else:
                for i in range(size):
                    two[i] = min(one[i], ahead[i])
            width += hop
            one = two
            turn = 1 - turn
    return one


@numba.njit(cache=True)
def _rescanned(values, base, first, last, window, begin, end, out, written):
    """Write the minimisers in ``[begin, end)`` window by window: where equal words stand near one another, as in
    text that repeats itself, or the document has one window only. Return how far was written.

    values : uint64[...]   of position p at p - base
    first, last : int64    first and last k-gram that is looked at
    """
    width = min(window, last - first + 1)
    least = np.int64(-1)
    taken = np.int64(-1)
    for at in range(first + width - 1, last + 1):
        if least <= at - width:  # it has left the window: look again
            least = at - width + 1
            for j in range(least + 1, at):
                if values[j - base] <= values[least - base]:
                    least = j
        if values[at - base] <= values[least - base]:
            least = at
        if least != taken:
            taken = least
            if begin <= least < end:
                out[written] = (values[least - base] & _U64(0xFFFFFFFF00000000)) | _U64(least)
                written += 1
    return written


@numba.njit(cache=True, parallel=True)
def compact(indptr, count, filled, out):
    """Write the first count[b] of the places of each block, one block after the other.

    indptr : int64[B+1]      block b owns filled[indptr[b]:indptr[b+1]]
    count : int64[B]
    filled : uint64[...]
    out : uint64[sum(count)]   written
    """
    begin = np.zeros(count.shape[0] + 1, np.int64)
    begin[1:] = np.cumsum(count)
    for b in numba.prange(count.shape[0]):
        out[begin[b] : begin[b + 1]] = filled[indptr[b] : indptr[b] + count[b]]


@numba.njit(cache=True)
def grams(codes, start, end, indptr, k, out):
    """Write the hash of every k-gram of each range, in text order.

    codes : uint32[K]
    start, end : int64[P]   ranges of codes
    indptr : int64[P+1]     range p writes out[indptr[p]:indptr[p+1]]: max(0, length - k + 1) places
    k : int64
    out : uint64[M]         written; the same hashes as `shingles` gives, neither sorted nor made distinct

    O(characters), no allocation. One thread: it is asked for a few spans at a time, thousands of times, and beginning
    a parallel loop on a busy machine took five milliseconds each.
    """
    power = _powers(k)
    for p in range(start.shape[0]):
        n = indptr[p + 1] - indptr[p]
        if n > 0:
            _hash_grams(codes, start[p], n, power, out[indptr[p] : indptr[p + 1]])
