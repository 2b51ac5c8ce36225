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
_PLACE = _U32(0xFFF)  # of a place in a tile and around it; widest are windows of 64
_ODD = _U32(0x9E3779B1)


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

    Mod-minimisers (Groot Koerkamp, Pibiri 2024): of the t-grams of a window, t = 1 + (k - 1) mod window, the least
    (rightmost on ties) is sought, and of its place the rest modulo window is the place of the k-gram that is taken.
    Each window has one, as if the least k-gram itself were taken (winnowing), but of all k-grams a sixth fewer are
    taken, and a fifth where t is 1: the least t-gram stays the least for longer, and while it does, only k-grams are
    taken in which it stands a multiple of the window from the beginning. In text of three thousand different
    characters a t-gram of one or two is distinct enough. As a window has a multiple of itself of t-grams, what is
    taken never goes back from one window to the next: each is written where it is first taken. A document with fewer
    k-grams is one window.

    Tiles of a block look ``window - 1`` k-grams beyond both their borders, so that the choice does not depend on how
    a document is cut.
    """
    power = _powers(k)
    short = 1 + (k - 1) % window
    held = window + k - short
    for b in numba.prange(block_document.shape[0]):
        lowest = indptr[block_document[b]]
        highest = indptr[block_document[b] + 1] - k  # last k-gram position of the document
        words = np.empty((2, _TILE + window + held), np.uint32)
        written = block_indptr[b]
        for at in range(block_start[b], block_end[b], _TILE):
            end = min(at + _TILE, block_end[b])
            first = max(lowest, at - window + 1)
            windows = max(lowest, min(highest - window + 1, end - 1)) + 1 - first
            width = min(held, highest + k - short + 1 - first)
            _rank_grams(codes[first:], windows + width - 1, short, words[0])
            place = _places_of_least(words, windows, width)
            begin, many = _taken(place, windows, window, width, highest - first, at - first, end - first)
            ones = _U64(0)
            for j in range(k):
                ones += power[j]
            for i in range(_U64(begin), _U64(many)):
                chosen = _U64(first) + _U64(place[i])
                value = ones
                for j in range(_U64(k)):
                    value += _U64(codes[chosen + j]) * power[j]
                out[written] = (_mix64(value) & _U64(0xFFFFFFFF00000000)) | chosen
                written += 1
        count[b] = written - block_indptr[b]


@numba.njit(cache=True)
def _taken(place, windows, window, width, highest, low, high):
    """Write which place each window takes, each once, in place of where the least of it stands.

    place : uint32[windows or more]   as `_places_of_least` writes them
    highest : int64                   last place that there is
    low, high : int64                 places that are asked for

    Return the range of `place` that holds those asked for.
    """
    for _ in range((width - 1) // window):
        for i in range(_U64(windows)):
            place[i] = min(place[i], _U32(place[i] - _U32(window)))  # what is below a window becomes large
    for i in range(_U64(windows)):
        place[i] = min(_U32(place[i] + _U32(i)), _U32(highest))
    many = _U64(1)
    before = place[0]
    for i in range(_U64(1), _U64(windows)):
        here = place[i]
        place[many] = here
        many += _U64(here != before)
        before = here
    begin = np.int64(0)
    while begin < many and place[begin] < low:
        begin += 1
    while many > begin and place[many - _U64(1)] >= high:
        many -= _U64(1)
    return begin, np.int64(many)


@numba.njit(cache=True)
def _rank_grams(codes, count, size, out):
    """Write a word for each of the first grams: 20 bits of its hash, then its place, the last one first.

    size : int64             characters in a gram
    out : uint32[count or more]
    """
    for i in range(_U64(count)):
        out[i] = _U32(0)
    for j in range(size):
        code = codes[j:]
        for i in range(_U64(count)):
            out[i] = _U32(out[i] * _ODD + code[i])
    for i in range(_U64(count)):
        h = _U32(out[i])
        h = _U32((h ^ (h >> _U32(16))) * _U32(0x85EBCA6B))
        h = _U32((h ^ (h >> _U32(13))) * _U32(0xC2B2AE35))
        h = _U32(h ^ (h >> _U32(16)))
        out[i] = _U32(h & ~_PLACE) | _U32(_PLACE - _U32(i))


@numba.njit(cache=True)
def _places_of_least(words, windows, width):
    """Return where in each window the least of its words stands, which are made as `_rank_grams` makes them.

    words : uint32[2, windows + width - 1 or more]   row 0 is read, both are scratch; the result lies in one of them
    """
    size = windows + width - 1
    turn = 0
    done = np.int64(1)
    while done < width:
        hop = min(done, width - done)
        size -= hop
        one, two = words[turn], words[1 - turn]
        ahead = one[hop:]
        for i in range(_U64(size)):
            two[i] = min(one[i], ahead[i])
        done += hop
        turn = 1 - turn
    least = words[turn]
    for i in range(_U64(windows)):
        least[i] = _U32(_PLACE - (least[i] & _PLACE) - _U32(i))
    return least


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
