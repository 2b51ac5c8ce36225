"""From sorted anchors to pairs of places that share one. Callers: dedup.steps.anchor, dedup.steps.align."""

from __future__ import annotations

import sys

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from dedup.kernels.prefetch import LINE, prefetch

_U64 = np.uint64
_HIGH, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_ASKED = 128  # anchors whose text is asked for before it is compared: that of thousands left the nearer caches again
_BATCH = 256  # groups of seeds whose text is asked for before it is compared
_AHEAD = 16  # pairs of places that are judged before one whose text is asked for
_LANES = 16  # code points that are compared at once
_REACH, _DRIFT = 16, 4  # characters looked at for an echo and steps out of step, as steps.anchor wants them
_FAR_REACH, _FAR_DRIFT = 24, 13  # those of steps.align; other lengths are looked at one character after the other
_ONE, _HALF = np.uint64(1), np.uint64(0xFFFF)
_BIT = ir.IntType(1)
_VECTORS = not vars(numba.config)["DISABLE_JIT"] and sys.byteorder == "little"  # the lowest bit is the first place


def _sixteen(context, builder, kind, codes, at):
    """Build what loads the sixteen code points from a place on."""
    first = builder.gep(context.make_array(kind)(context, builder, codes).data, [at])
    found = builder.load(builder.bitcast(first, ir.VectorType(ir.IntType(32), 16).as_pointer()))
    found.align = 4
    return found


@intrinsic
def _alike(_, codes, i, j, x, y):
    """Tell which code points are equal: bit n whether ``codes[i + n]`` is ``codes[j + n]``, and bit 16 + n whether
    ``codes[x + n]`` is ``codes[y + n]``, for n below 16.

    Nineteen pairs of places in twenty are compared in vain, and most of the time of an anchor goes into that. Written
    as loops, which the compiler turns into vectors as it likes, the same looks took twice as many instructions.
    """

    def built(context, builder, signature, found):
        sides = [_sixteen(context, builder, codes, found[0], at) for at in found[1:]]
        low, high = (builder.icmp_unsigned("==", *sides[n : n + 2]) for n in (0, 2))
        every = ir.Constant(ir.VectorType(ir.IntType(32), 32), list(range(32)))
        bits = builder.bitcast(builder.shuffle_vector(low, high, every), ir.IntType(32))
        return builder.zext(bits, ir.IntType(64))

    return types.uint64(codes, *[types.int64] * 4), built


@intrinsic
def _trailing(_, word):
    """Return how many of the lowest bits of a word are 0."""
    return types.int64(types.uint64), lambda _, builder, __, found: builder.cttz(found[0], ir.Constant(_BIT, 0))


@intrinsic
def _leading(_, word):
    """Return how many of the highest bits of a word are 0."""
    return types.int64(types.uint64), lambda _, builder, __, found: builder.ctlz(found[0], ir.Constant(_BIT, 0))


@intrinsic
def _any_trigram(_, codes, i, j, mine, yours):
    """Tell whether one of the trigrams at 22 places from i on stands at one of 48 from j on, by their hashes.

    mine, yours : uint64   bits of the places that count
    """

    def built(context, builder, signature, found):
        row = ir.VectorType(ir.IntType(32), 16)

        def all_of(value):
            return ir.Constant(row, [value] * 16)

        def hashes(at, first, counted, nothing):
            here = builder.add(at, ir.Constant(at.type, first))
            one, two, three = (
                _sixteen(context, builder, codes, found[0], builder.add(here, ir.Constant(at.type, n)))
                for n in range(3)
            )
            mixed = builder.add(builder.mul(one, all_of(0x9E3779B1)), two)
            mixed = builder.add(builder.mul(mixed, all_of(0x85EBCA77)), three)
            some = builder.trunc(builder.lshr(counted, ir.Constant(counted.type, first)), ir.IntType(16))
            some = builder.bitcast(some, ir.VectorType(_BIT, 16))
            return builder.select(some, mixed, all_of(nothing))

        near = [hashes(found[1], first, found[3], 0xFFFFFFFF) for first in (0, 6)]
        far = [hashes(found[2], first, found[4], 0xFFFFFFFE) for first in (0, 16, 32)]
        equal = all_of(0)
        for place in range(22):
            lane = ir.Constant(row, [place if place < 16 else place - 6] * 16)
            one = builder.shuffle_vector(near[place >= 16], near[place >= 16], lane)
            for other in far:
                equal = builder.or_(equal, builder.sext(builder.icmp_unsigned("==", one, other), row))
        bits = builder.bitcast(builder.icmp_unsigned("!=", equal, all_of(0)), ir.IntType(16))
        return builder.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(16), 0))

    return types.boolean(codes, types.int64, types.int64, types.uint64, types.uint64), built


@numba.njit(cache=True, inline="always")
def _between(first, last):
    """Return a word whose bits from the one to the other are set; what lies beyond the word is left out."""
    first = min(max(first, np.int64(0)), np.int64(63))
    last = min(max(last, np.int64(0)), np.int64(63))
    return ((_ONE << _U64(last)) - _ONE) & ~((_ONE << _U64(first)) - _ONE)


@numba.njit(cache=True, inline="always")
def _free(i, j, low, high):
    """Tell whether what `_run` and `_echo` look at lies within the borders, on both sides."""
    return _VECTORS and min(i - low[0], j - low[1], high[0] - i, high[1] - j) >= 2 * _LANES + _DRIFT


@numba.njit(cache=True, inline="always")
def _away(codes, i, j, room):
    """Tell whether vectors may look `room` places farther from here, on both sides, and stay in the text."""
    return _VECTORS and min(i, j) >= room and max(i, j) + room < codes.shape[0]


@numba.njit(cache=True, inline="always")
def _equal(codes, i, j, k):
    for x in range(k):
        if codes[_U64(i + x)] != codes[_U64(j + x)]:  # unsigned: no look for negative indices
            return False
    return True


@numba.njit(cache=True, inline="always")
def _ask_around(codes, at, pad):
    """Ask for the lines that a comparison around an anchor will look at, `pad` characters to either side of it."""
    for first in range(at - pad, at + pad + LINE, LINE):
        prefetch(codes, first)


@numba.njit(cache=True, inline="always")
def _run(codes, i, j, k, low, high, enough, free):
    """Return how many equal characters two anchors lie in, and where they begin and end; 0 of them if the anchors are
    not equal. Of more than `enough` it may count no farther, and the ends are then somewhere in them.
    """
    if free and max(k, enough) <= _LANES:
        alike = ~_alike(codes, i, j, i - _LANES, j - _LANES)
        behind = _trailing(alike | _U64(1 << 16))
        before = _leading(alike << _HIGH | _U64(1 << 47))
        if behind < k:
            return np.int64(0), i, j, i, j
        return before + behind, i - before, j - before, i + behind, j + behind
    if not _equal(codes, i, j, k):
        return np.int64(0), i, j, i, j
    end_i = i + k
    end_j = j + k
    length = k
    while length < enough and i > low[0] and j > low[1] and codes[_U64(i - 1)] == codes[_U64(j - 1)]:
        i -= 1
        j -= 1
        length += 1
    while length < enough and end_i < high[0] and end_j < high[1] and codes[_U64(end_i)] == codes[_U64(end_j)]:
        end_i += 1
        end_j += 1
        length += 1
    return length, i, j, end_i, end_j


@numba.njit(cache=True)
def _echo(codes, i, j, low, high, reach, drift):
    """Tell whether three characters in a row stand on both sides, at most `drift` out of step.

    i, j : int64        where the `reach` characters begin that are looked at, on either side
    low, high : tuple of two int64   borders that are not crossed, on either side

    Nineteen pairs of places in twenty have no echo: all shifts at once take less time than finding out which
    characters of one side stand on the other at all.
    """
    if reach == _REACH and drift == _DRIFT and _away(codes, i, j, _LANES + _DRIFT):
        here, there = _between(low[0] - i, high[0] - i), _between(low[1] - j + _DRIFT, high[1] - j + _DRIFT)
        found = _U64(0)
        for shift in range(0, 2 * _DRIFT + 1, 2):
            next_one = min(shift + 1, 2 * _DRIFT)  # the last shift twice
            alike = _alike(codes, i, j - _DRIFT + shift, i, j - _DRIFT + next_one)
            alike &= (here & there >> _U64(shift) & _HALF) | (here & there >> _U64(next_one) & _HALF) << _U64(16)
            found |= alike & alike >> _U64(1) & alike >> _U64(2)
        return found & _U64(0x3FFF3FFF) != 0
    for shift in range(-drift, drift + 1):
        at = j + shift
        for x in range(max(np.int64(0), low[0] - i, low[1] - at), min(reach, high[0] - i, high[1] - at) - 2):
            if _equal(codes, i + x, at + x, 3):
                return True
    return False


@numba.njit(cache=True)
def _heard(codes, i, j):
    """Tell what `_echo` tells, for the lengths of steps.anchor and away from all borders."""
    found = _U64(0)
    for shift in range(0, 2 * _DRIFT + 1, 2):
        alike = _alike(codes, i, j - _DRIFT + shift, i, j - _DRIFT + min(shift + 1, 2 * _DRIFT))
        found |= alike & alike >> _U64(1) & alike >> _U64(2)
    return found & _U64(0x3FFF3FFF) != 0


@numba.njit(cache=True, inline="always")
def _echoes(codes, run, low, high, reach, drift, free):
    """Tell whether the two sides agree once more beside a run of equal characters, which is as `_run` returns it."""
    _, i, j, end_i, end_j = run
    if free and reach == _REACH and drift == _DRIFT:
        return _heard(codes, end_i, end_j) or _heard(codes, i - _REACH, j - _REACH)
    if _echo(codes, end_i, end_j, low, high, reach, drift):
        return True
    return _echo(codes, i - reach, j - reach, low, high, reach, drift)


@numba.njit(cache=True, inline="always")
def _merit(codes, i, j, one, other, borders, k, around):
    """Return what two places with one hash are worth: 0 no seed, 1 one that is nothing alone, 2 a seed.

    around : tuple of int64   run, sure, reach, drift: `sure` equal characters in a row are worth a seed, fewer if the
                              sides agree once more beside them, and `run` of them are worth one in company
    With k = 0, where the text is not at hand, all are.
    """
    if k == 0:
        return np.int64(2)
    low = borders[one], borders[other]
    high = borders[one + 1], borders[other + 1]
    free = _free(i, j, low, high)
    run = _run(codes, i, j, k, low, high, around[1], free)
    if run[0] < k:
        return np.int64(0)
    if run[0] >= around[1] or _echoes(codes, run, low, high, around[2], around[3], free):
        return np.int64(2)
    return np.int64(run[0] >= around[0])


@numba.njit(cache=True, nogil=True, parallel=True)
def worth(codes, left, right, one, other, borders, k, around, out):
    """Write which pairs of places `pairs` would have written, had the text been at hand.

    codes : uint32[K]
    left, right : int64[S]   key positions
    one, other : int32[S]    their documents
    borders : int64[D+1]     where documents begin in codes
    k : int64                characters in an anchor
    around : tuple of int64  of `_merit`
    out : bool[S]            written
    """
    for s in numba.prange(left.shape[0]):
        coming = min(s + _AHEAD, left.shape[0] - 1)
        _ask_around(codes, left[coming], around[2])
        _ask_around(codes, right[coming], around[2])
        out[s] = _merit(codes, left[s], right[s], one[s], other[s], borders, k, around) > 0


@numba.njit(cache=True)
def _far_echo(codes, i, j, low, high, reach, drift):
    """Tell whether three characters in a row stand among the `reach` from i on, and among those that are at most
    `drift` characters farther in either direction from j on.
    """
    begin = j - drift
    size = reach + 2 * drift
    if reach == _FAR_REACH and drift == _FAR_DRIFT and _away(codes, i, j, _FAR_REACH + _FAR_DRIFT + 3):
        mine, yours = _between(low[0] - i, high[0] - i - 2), _between(low[1] - begin, high[1] - begin - 2)
        if not _any_trigram(codes, i, begin, mine, yours):  # by hashes: what passes is looked at by characters
            return False
    for x in range(max(np.int64(0), low[0] - i), min(reach, high[0] - i) - 2):
        for y in range(max(np.int64(0), low[1] - begin), min(size, high[1] - begin) - 2):
            if _equal(codes, i + x, begin + y, 3):
                return True
    return False


@numba.njit(cache=True, inline="always")
def _one_run(left, right, k, first, last, apart):
    """Tell whether seeds overlap, each with the one before it, in one stretch of equal characters."""
    if last - first > 1 and not apart:  # within a document a stretch may be cut into tiles, as many as it has seeds
        return False
    for s in range(first + 1, last):
        step = left[s] - left[s - 1]
        if step > k or step != right[s] - right[s - 1]:
            return False
    return True


@numba.njit(cache=True, nogil=True, parallel=True)
def lone(codes, left, right, one, other, borders, group, k, least, around, alone, reach, drift, state):
    """Tell which seeds are worth aligning that are all that two documents share, or lie in the one run they share.

    codes : uint32[K]
    left, right : int64[S]   key positions
    one, other : int32[S]    their documents
    borders : int64[D+1]     where documents begin in codes
    group : int64[G+1]       group g owns the seeds [group[g], group[g+1]) of two documents
    k : int64                characters in a seed
    least : int64            fewest equal characters in a row, where there is one seed
    around : tuple of int64  of `_merit`
    alone : int64            equal characters in a row that are worth it whatever stands beside them
    reach, drift : int64     `sure` of them are if three in a row are equal among so many beside them, so far out of
                             step
    state : uint8[S]         written for such groups: 2, but for their first seeds 1 if they are worth it, and 3 if
                             they are only where they hold a whole paragraph; 0 for all other groups
    """
    pad = reach + drift
    for b in numba.prange(-(-(group.shape[0] - 1) // _BATCH)):
        first, ahead = b * _BATCH, min(group.shape[0] - 1, (b + 1) * _BATCH)
        for g in range(first, ahead):
            s = group[g]
            judged = _one_run(left, right, k, s, group[g + 1], one[s] != other[s])
            state[s : group[g + 1]] = 2 if judged else 0
            if judged:
                _ask_around(codes, right[s], pad)
        for g in range(first, ahead):
            s = group[g]
            if state[s] == 0:
                continue
            low, high = (borders[one[s]], borders[other[s]]), (borders[one[s] + 1], borders[other[s] + 1])
            free = _free(left[s], right[s], low, high)
            run = _run(codes, left[s], right[s], k, low, high, max(least, alone), free)
            length, i, j, end_i, end_j = run
            if length < least and group[g + 1] - s == 1:
                continue
            if length >= alone or _echoes(codes, run, low, high, around[2], around[3], free):
                state[s] = 1
            elif length >= around[1]:
                state[s] = 3
                if _far_echo(codes, end_i, end_j, low, high, reach, drift):
                    state[s] = 1
                elif _far_echo(codes, i - reach, j - reach, low, high, reach, drift):
                    state[s] = 1


@numba.njit(cache=True, nogil=True, parallel=True)
def room(anchors, begin, end, cap, out, over, largest):
    """Write how many pairs each block of anchors may give.

    anchors : uint64[A]      hash above position, sorted within a block
    begin, end : int64[B]    block b owns anchors [begin[b], end[b]), all that have their hashes
    cap : int64              see `pairs`
    out : int64[B]           written: n * (n - 1) / 2 for each group of n up to the cap, 2 * n above it
    over, largest : int64[B]   written: groups above the cap, and the largest of them
    """
    for b in numba.prange(begin.shape[0]):
        out[b] = 0
        over[b] = 0
        largest[b] = 0
        first = begin[b]
        while first < end[b]:
            n = _group(anchors, first, end[b])
            out[b] += n * (n - 1) // 2 if n <= cap else 2 * n
            if n > cap:
                over[b] += 1
                largest[b] = max(largest[b], n)
            first += n


@numba.njit(cache=True, inline="always")
def _group(anchors, first, end):
    """Return how many anchors in a row have the hash of the first."""
    value = anchors[first] >> _HIGH
    last = first + 1
    while last < end and anchors[last] >> _HIGH == value:
        last += 1
    return last - first


@numba.njit(cache=True)
def _look_ahead(codes, k, anchors, first, end, borders, rough, shift, base, pad, of):
    """Write the documents of the next anchors, and ask for their text if it is at hand.

    of : int32[...]   written from 0 on, for groups of two and more

    Return where the groups end that were looked at.
    """
    ahead = first
    while ahead < end and ahead - first < _ASKED:
        n = _group(anchors, ahead, end)
        for x in range(ahead, ahead + n if n > 1 else ahead):
            place = np.int64(anchors[x] & _LOW)
            of[x - first] = _document(borders, rough, shift, base, place)
            if k:
                _ask_around(codes, place, pad)
        ahead += n
    return ahead


@numba.njit(cache=True, nogil=True, parallel=True)
def pairs(codes, k, anchors, begin, end, borders, rough, shift, base, cap, around, spare, indptr, out, count):
    """Write the pairs of places of each group of equal anchors.

    codes : uint32[K]
    k : int64                    characters in an anchor
    anchors : uint64[A]          hash above position, sorted within a block
    begin, end : int64[B]        block b owns anchors [begin[b], end[b]), all that have their hashes
    borders : int64[D+1]         where documents begin in codes
    rough, shift, base : int32[...], int64, int32   the table of `document_of`
    cap : int64                  groups up to this size are paired all with all across documents
    around : tuple of int64      of `_merit`
    spare : uint64               1 if places have 31 bits, so that one is left to mark what is nothing alone; or 0
    indptr : int64[B+1]          block b may write [indptr[b], indptr[b+1]): the room that `room` tells
    out : uint64[...]            written: left place, right place, mark, in 32, 32 - spare and `spare` bits; left
                                 before right
    count : int64[B]             written: pairs of each block

    Within one document an occurrence is paired with the next one only: a block six times in a file is five
    pairs in a row, not fifteen, and a sentence repeated a million times costs a million.
    Above `cap` each occurrence is paired with the one before it and with the first of the group: two a member.
    Hashes are 32 bits wide here, so each pair is compared character by character before it counts; and nine in ten
    are a turn of phrase that two texts share by chance, so each has to show more than its own characters.
    """
    pad = around[1] + around[2]
    for b in numba.prange(begin.shape[0]):
        of = np.empty(end[b] - begin[b], np.int32)
        at, first, looked, ahead = indptr[b], begin[b], begin[b], begin[b]
        while first < end[b]:
            if first == ahead:
                looked = first
                ahead = _look_ahead(codes, k, anchors, first, end[b], borders, rough, shift, base, pad, of)
            n = _group(anchors, first, end[b])
            few = n <= cap
            for y in range(1, n):
                right = np.int64(anchors[first + y] & _LOW)
                document = of[first + y - looked]
                for turn in range(y if few else min(y, 2)):
                    x = np.int64(turn)  # up to the cap all before it; above it the one before it, then the first
                    if not few:
                        x = np.int64(0) if turn == 1 else np.int64(y - 1)
                    other = of[first + x - looked]
                    if other == document and x != y - 1:
                        continue
                    left = np.int64(anchors[first + x] & _LOW)
                    merit = _merit(codes, left, right, other, document, borders, k, around)
                    if merit > 0:
                        out[at] = (_U64(left) << _HIGH) | (_U64(right) << spare) | (_U64(2 - merit) & spare)
                        at += 1
            first += n
        count[b] = at - indptr[b]


@numba.njit(cache=True, inline="always")
def _document(borders, rough, shift, base, at):
    """Return the document in which a place stands, by the table of `owners.look_up`: a copy of what stands there."""
    d = rough[(at - borders[base]) >> shift]
    while borders[d + 1] <= at:
        d += 1
    return d
