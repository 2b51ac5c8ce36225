"""Families read off around medoids, component by component. Caller: dedup.steps.cluster."""

from __future__ import annotations

import numba
import numpy as np

_QUICK = np.int64(64)
_ONE = np.uint64(1)
_U64 = np.uint64
_SPREAD = _U64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio: its upper bits spread neighbours (Knuth, 6.4)
_EMPTY = np.uint32(0xFFFF_FFFF)  # no code point


@numba.njit(cache=True, nogil=True)
def _few_edits(codes, a, n, b, m, most, reach):
    """Return the insert-delete distance of two stretches if it is at most ``most``, else -1 (Myers 1986)."""
    middle = most + 1
    reach[middle + 1] = 0
    for d in range(most + 1):
        low = -d if d <= m else -(2 * m - d)
        high = d if d <= n else 2 * n - d
        for k in range(low, high + 1, 2):
            if k == -d or (k != d and reach[middle + k - 1] < reach[middle + k + 1]):
                x = reach[middle + k + 1]
            else:
                x = reach[middle + k - 1] + 1
            y = x - k
            while x < n and y < m and codes[a + x] == codes[b + y]:
                x += 1
                y += 1
            reach[middle + k] = x
            if k == n - m and x >= n:
                return np.int64(d)
    return np.int64(-1)


@numba.njit(cache=True, inline="always")
def _slot(letters, code, shift):
    """Return where a letter stands in a table that is never full, or the empty place where it would."""
    slot = np.int64((_U64(code) * _SPREAD) >> shift)
    while letters[slot] != _EMPTY and letters[slot] != code:
        slot = (slot + 1) & (letters.shape[0] - 1)
    return slot


@numba.njit(cache=True, nogil=True)
def _subsequence(codes, a, n, b, m):
    """Return the length of a longest common subsequence, 64 places of the one side at a time (Hyyro 2004)."""
    bits = np.int64(4)
    while (1 << bits) < 2 * n:
        bits += 1
    shift = _U64(64 - bits)
    letters = np.full(1 << bits, _EMPTY, np.uint32)
    number = np.empty(1 << bits, np.int64)
    own = np.empty(n, np.int64)
    distinct = np.int64(0)
    for i in range(n):
        slot = _slot(letters, codes[a + i], shift)
        if letters[slot] == _EMPTY:
            letters[slot] = codes[a + i]
            number[slot] = distinct
            distinct += 1
        own[i] = number[slot]
    words = (n + 63) // 64
    where = np.zeros((distinct, words), np.uint64)
    for i in range(n):
        where[own[i], i // 64] |= _ONE << _U64(i % 64)
    state = np.empty(words, np.uint64)
    for w in range(words):
        state[w] = ~np.uint64(0)
    for j in range(m):
        slot = _slot(letters, codes[b + j], shift)
        if letters[slot] == _EMPTY:
            continue
        letter = number[slot]
        carry = np.uint64(0)
        for w in range(words):
            old = state[w]
            hits = old & where[letter, w]
            total = old + hits
            over = np.uint64(1) if total < old else np.uint64(0)
            total += carry
            if total < carry:
                over = np.uint64(1)
            carry = over
            state[w] = total | (old - hits)
    matches = np.int64(0)
    for i in range(n):
        if not (state[i // 64] >> np.uint64(i % 64)) & _ONE:
            matches += 1
    return matches


@numba.njit(cache=True, nogil=True)
def _identity(codes, a, a_end, b, b_end, threshold, reach):
    """Return the identity of two stretches, or -1.0 if it cannot reach the threshold."""
    n, m = a_end - a, b_end - b
    if 2.0 * min(n, m) < threshold * (n + m):
        return -1.0
    size = n + m
    if size == 0:
        return 1.0
    while n > 0 and m > 0 and codes[a] == codes[b]:
        a, b, n, m = a + 1, b + 1, n - 1, m - 1
    while n > 0 and m > 0 and codes[a + n - 1] == codes[b + m - 1]:
        n, m = n - 1, m - 1
    if n == 0 or m == 0:
        return 1.0 - (n + m) / size
    distance = np.int64(-1)
    if abs(n - m) <= _QUICK:
        distance = _few_edits(codes, a, n, b, m, _QUICK, reach)
    if distance < 0:
        distance = n + m - 2 * _subsequence(codes, a, n, b, m)
    return 1.0 - distance / size


@numba.njit(cache=True, nogil=True)
def identities(first, last, codes, start, end, one, other, threshold, out):
    """Write the identity of pairs of nodes, or -1.0 below what the threshold allows. The twin's way in.

    codes : uint32[K]; start, end : int64[N] nodes; one, other : int64[P]; threshold : float64; out : float64[P]
    """
    reach = np.empty(2 * _QUICK + 3, np.int64)
    for p in range(first, last):
        i, j = one[p], other[p]
        out[p] = _identity(codes, start[i], end[i], start[j], end[j], threshold, reach)


@numba.njit(cache=True, nogil=True)
def stars(
    first, last, codes, start, end, component, ranked, edge_ptr, neighbour, edge_row, matches, row_wording, special,
    threshold, family, fell, medoid, families, node, owner, wording, row, members,
):  # fmt: skip
    """Cover components with stars: the node with most neighbours left takes all it is verified with.

    codes : uint32[K]
    start, end : int64[N]              key range of each node
    component : int64[C+1]             component c has the nodes ``ranked[component[c]:component[c + 1]]``
    ranked : int64[N]                  nodes by component, those that become medoids first in front
    edge_ptr : int64[N+1], neighbour, edge_row : int64[2E]   edges of a node, ascending, and the passage of each
    matches : int64[R], row_wording : float64[R]             of passages
    special : uint8[R]                 passages whose wording a comparison in one order cannot reach
    threshold : float64
    family, fell : int64[N]            scratch, -1 throughout; left dirty
    medoid : int64[N]                  written: medoids of component c from ``component[c]`` on
    families : int64[C]                written: how many
    node, owner, row : int64[2N], wording : float64[2N]      written from ``2 * component[c]`` on: members, each with
                                       the number of its star within the component, its wording with the medoid, and
                                       the passage that says where it stands (-1: over its node)
    members : int64[C]                 written: how many

    One comparison a member or refused neighbour; walked along edges, so that a component of many families is not
    compared all with all.
    """
    reach = np.empty(2 * _QUICK + 3, np.int64)
    for c in range(first, last):
        low, high = component[c], component[c + 1]
        queue = np.empty(high - low, np.int64)
        refused = np.empty(high - low, np.int64)
        stars_here = np.int64(0)
        count = 2 * low
        for at in range(low, high):
            center = ranked[at]
            if family[center] >= 0:
                continue
            family[center] = stars_here
            begun = count
            node[count], owner[count], wording[count], row[count] = center, stars_here, 1.0, -1
            count += 1
            queue[0] = center
            head, tail, out = np.int64(0), np.int64(1), np.int64(0)
            while head < tail:
                from_ = queue[head]
                head += 1
                for e in range(edge_ptr[from_], edge_ptr[from_ + 1]):
                    other = neighbour[e]
                    if family[other] != -1:
                        continue
                    near = _identity(codes, start[center], end[center], start[other], end[other], threshold, reach)
                    # A shuffled copy has its own figure.
                    place = edge_ptr[center] + np.searchsorted(
                        neighbour[edge_ptr[center] : edge_ptr[center + 1]], other
                    )
                    if place < edge_ptr[center + 1] and neighbour[place] == other and special[edge_row[place]]:
                        near = max(near, row_wording[edge_row[place]])
                    if near >= threshold:
                        family[other] = stars_here
                        node[count], owner[count], wording[count], row[count] = other, stars_here, near, -1
                        count += 1
                        queue[tail] = other
                        tail += 1
                    else:
                        family[other] = -2  # not asked again by this center
                        refused[out] = other
                        out += 1
            for r in range(out):
                family[refused[r]] = -1
            if count == begun + 1 and edge_ptr[center + 1] > edge_ptr[center]:
                # All neighbours went elsewhere: the nearest one stands in both families.
                best = edge_ptr[center]
                for e in range(edge_ptr[center] + 1, edge_ptr[center + 1]):
                    if matches[edge_row[e]] > matches[edge_row[best]]:
                        best = e
                other = neighbour[best]
                near = _identity(codes, start[center], end[center], start[other], end[other], threshold, reach)
                if special[edge_row[best]]:
                    near = max(near, row_wording[edge_row[best]])
                node[count], owner[count], wording[count], row[count] = other, stars_here, near, -1
                if near < threshold:  # the passage reaches the threshold even where the stretches do not
                    wording[count], row[count] = row_wording[edge_row[best]], edge_row[best]
                    row[begun] = edge_row[best]
                count += 1
                fell[center] = other
                if fell[other] == center:  # the pair stands already, seen from the other side
                    count = begun
                    continue
            medoid[low + stars_here] = center
            stars_here += 1
        families[c] = stars_here
        members[c] = count - 2 * low
