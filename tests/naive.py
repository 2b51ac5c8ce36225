"""The slow, obvious twin of each kernel and clever step. Nothing here is fast; everything here is plain.

Tests assert that the fast version gives the same answer. Integers wrap around at 64 bits on purpose, written out as
``& MASK``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

MASK = 2**64 - 1
BASE = 0x9E3779B97F4A7C55


def mix64(x: int) -> int:
    """splitmix64 finaliser."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def gram_hash(codes: Sequence[int]) -> int:
    """Hash one k-gram from scratch: a polynomial, then a mixer."""
    value = 0
    for code in codes:
        value = (value * BASE + code + 1) & MASK
    return mix64(value)


def gram_hashes(codes: Sequence[int], k: int) -> list[int]:
    """Hash every k-gram, in text order."""
    return [gram_hash(codes[i : i + k]) for i in range(len(codes) - k + 1)]


def digest(codes: Sequence[int], span: int) -> tuple[int, int]:
    """128 bits of a row of code points: sums of products of each span, chained in two ways."""
    one, two = len(codes), len(codes) ^ MASK
    for at in range(0, len(codes), span):
        sums = [
            sum(code * (mix64((first + i + 1) * BASE & MASK) | 1) for i, code in enumerate(codes[at : at + span]))
            for first in (0, span)
        ]
        one, two = (one * BASE + sums[0]) & MASK, ((two ^ sums[1] & MASK) * 0xD6E8FEB86659FD93) & MASK
    return mix64(one), mix64(two)


def rank(gram: Sequence[int]) -> int:
    """20 bits of a hash of a short gram, by which the least of a window is told."""
    value = 0
    for code in gram:
        value = (value * 0x9E3779B1 + code) & 0xFFFFFFFF
    return fmix32(value) >> 12


def minimisers(codes: Sequence[int], k: int, window: int) -> list[int]:
    """Positions of k-grams that some window takes: where its least t-gram (rightmost on ties) stands, modulo window.

    A short text is one window.
    """
    t = 1 + (k - 1) % window
    grams = len(codes) - k + 1
    found = set()
    for first in range(max(1, grams - window + 1) if grams > 0 else 0):
        places = range(min(first + window + k - t, len(codes) - t + 1) - first)
        least = min(places, key=lambda x: (rank(codes[first + x : first + x + t]), -x))
        found.add(first + min(least % window, grams - 1))
    return sorted(found)


def jaccard(one: set[int], other: set[int]) -> float:
    """Exact Jaccard index; 0 for two empty sets."""
    return len(one & other) / len(one | other) if one | other else 0.0


def fmix32(h: int) -> int:
    """MurmurHash3 finaliser."""
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return h ^ (h >> 16)


def signature(hashes: Sequence[int], a: Sequence[int], b: Sequence[int]) -> list[int]:
    """Least of each affine permutation of the lower 32 bits."""
    mixed = [fmix32(value & 0xFFFFFFFF) for value in hashes]
    return [min((h * x + y) & 0xFFFFFFFF for h in mixed) for x, y in zip(a, b, strict=True)]


def band_pairs(values: Sequence[Sequence[int]], bands: int, rows: int) -> set[tuple[int, int]]:
    """All pairs of rows that agree in all values of some band."""
    found = set()
    for band in range(bands):
        keys = [tuple(row[band * rows : (band + 1) * rows]) for row in values]
        found |= {(i, j) for j in range(len(keys)) for i in range(j) if keys[i] == keys[j]}
    return found


def lcs(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the longest common subsequence, by the full table."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


def best_extension(one: Sequence[int], other: Sequence[int], floor: int) -> int:
    """Best score of any pair of prefixes: 2000 a match, less `floor` for each character on either side."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    best = 0
    for i in range(len(one) + 1):
        for j in range(len(other) + 1):
            if i and j:
                same = table[i - 1][j - 1] + (1 if one[i - 1] == other[j - 1] else 0)
                table[i][j] = max(same, table[i - 1][j], table[i][j - 1])
            best = max(best, 2000 * table[i][j] - floor * (i + j))
    return best


def maximal_segments(scores: Sequence[int]) -> list[tuple[int, int]]:
    """All maximal scoring segments, by their definition: take the best (shortest, leftmost) one, go on beside it."""
    if not any(score > 0 for score in scores):
        return []
    ranges = [(i, j) for i in range(len(scores)) for j in range(i + 1, len(scores) + 1)]
    start, end = max(ranges, key=lambda r: (sum(scores[r[0] : r[1]]), -(r[1] - r[0]), -r[0]))
    right = [(end + i, end + j) for i, j in maximal_segments(scores[end:])]
    return [*maximal_segments(scores[:start]), (start, end), *right]


def components(nodes: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Least node reachable from each node, by walking."""
    near = {node: {node} for node in range(nodes)}
    for a, b in edges:
        near[a].add(b)
        near[b].add(a)
    answer = []
    for node in range(nodes):
        seen, todo = {node}, [node]
        while todo:
            for other in near[todo.pop()] - seen:
                seen.add(other)
                todo.append(other)
        answer.append(min(seen))
    return answer


def union_of_ranges(ranges: Sequence[tuple[int, int]]) -> set[int]:
    """Every position that some range covers."""
    return {position for start, end in ranges for position in range(start, end)}


def cosine(one: dict[str, float], other: dict[str, float]) -> float:
    """Cosine of two weighted word sets, by scikit-learn."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.metrics.pairwise import cosine_similarity

    return float(cosine_similarity(DictVectorizer().fit_transform([one, other]))[0, 1])


def sharing_rare_pairs(codes: Sequence[Sequence[int]], common: int, share: float) -> set[tuple[int, int]]:
    """Pairs of texts that share so many neighbouring characters found in few texts, measured by the shorter one."""
    grams = [{tuple(text[i : i + 2]) for i in range(len(text) - 1)} for text in codes]
    rare = {gram for one in grams for gram in one if sum(gram in other for other in grams) <= common}
    return {
        (i, j)
        for j in range(len(codes))
        for i in range(j)
        if len(grams[i] & grams[j] & rare) >= max(1, share * (min(len(codes[i]), len(codes[j])) - 1))
    }


def common_subsequence(left: Sequence[int], right: Sequence[int]) -> int:
    """Length of a longest common subsequence, by the whole table."""
    row = [0] * (len(right) + 1)
    for one in left:
        before = row
        row = [0]
        for j, other in enumerate(right):
            row.append(before[j] + 1 if one == other else max(before[j + 1], row[j]))
    return row[-1]


def levenshtein(left: Sequence[int], right: Sequence[int]) -> int:
    """Fewest insertions, deletions and replacements, by the whole table."""
    row = list(range(len(right) + 1))
    for i, one in enumerate(left):
        before = row
        row = [i + 1]
        for j, other in enumerate(right):
            row.append(min(before[j] + (one != other), before[j + 1] + 1, row[j] + 1))
    return row[-1]


def slot_changes(
    mine: Sequence[tuple[int, int, bool]],
    theirs: Sequence[tuple[int, int, bool]],
    changes: Sequence[Sequence[int]],
    left_length: int,
    right_length: int,
) -> list[tuple[int, int, int, int]]:
    """Pair slots (place, value, is a mask) of two sides by a table of which border falls on which."""

    def partners(length: int, mine: int, theirs: int) -> list[int]:
        partner = []
        for border in range(length + 1):
            at = border
            for change in changes:
                if change[mine + 1] <= border:
                    at = border - change[mine + 1] + change[theirs + 1]
                elif change[mine] < border:
                    at = min(change[theirs] + border - change[mine], change[theirs + 1])
            partner.append(at)
        return partner

    to_right, to_left = partners(left_length, 0, 2), partners(right_length, 2, 0)
    waiting: dict[int, list[int]] = {}
    for row, (place, _, _) in enumerate(theirs):
        waiting.setdefault(place, []).append(row)
    rows = []
    for row, (place, value, mask) in enumerate(mine):
        others = waiting.get(to_right[place])
        if others:
            other = others.pop(0)
            if value != theirs[other][1] and not (mask and theirs[other][2]):
                rows.append((row, len(mine) + other, place, to_right[place]))
        else:
            rows.append((row, -1, place, to_right[place]))
    left_over = sorted(row for others in waiting.values() for row in others)
    return rows + [(-1, len(mine) + row, to_left[theirs[row][0]], theirs[row][0]) for row in left_over]


def painted(ranges: Sequence[tuple[int, int, int]], size: int) -> list[tuple[int, int]]:
    """Colour and row of the last range over each position; (9, -1) where there is none."""
    found = []
    for at in range(size):
        over = [(colour, row) for row, (start, end, colour) in enumerate(ranges) if start <= at < end]
        found.append(over[-1] if over else (9, -1))
    return found


def hands(texts: Sequence[str], units: Sequence[int], taken: set[int], k: int) -> dict[str, int]:
    """In how many units each k-gram stands, texts laid end to end, none of its places taken."""
    found: dict[str, set[int]] = {}
    at = 0
    for text, unit in zip(texts, units, strict=True):
        for i in range(len(text) - k + 1):
            if not taken & set(range(at + i, at + i + k)):
                found.setdefault(text[i : i + k], set()).add(unit)
        at += len(text)
    return {gram: len(of) for gram, of in found.items()}


def effective(words: Sequence[int]) -> float:
    """Effective number of distinct words: 2 to the power of the entropy of their shares."""
    from math import log2

    shares = [words.count(word) / len(words) for word in set(words)]
    return float(2 ** -sum(share * log2(share) for share in shares)) if words else 0.0


def equal_run(
    codes: Sequence[int], i: int, j: int, k: int, borders: Sequence[tuple[int, int]]
) -> tuple[int, int, int]:
    """Return the longest equal stretch around k equal characters at i and j: its starts and its length."""
    (low_i, high_i), (low_j, high_j) = borders
    before = 0
    while min(i - low_i, j - low_j) > before and codes[i - before - 1] == codes[j - before - 1]:
        before += 1
    length = before + k
    while i - before + length < high_i and j - before + length < high_j:
        if codes[i - before + length] != codes[j - before + length]:
            break
        length += 1
    return i - before, j - before, length


def partners(group: Sequence[int], document: Mapping[int, int], cap: int) -> list[tuple[int, int]]:
    """Return the pairs of places of one anchor: all of different documents and neighbours, above the cap fewer."""
    pairs = [
        (i, j) for n, j in enumerate(group) for i in group[:n] if document[i] != document[j] or i == group[n - 1]
    ]
    if len(group) > cap:
        pairs = [(i, j) for i, j in pairs if i == group[0] or group.index(i) == group.index(j) - 1]
    return pairs


def echoes(
    codes: Sequence[int], run: tuple[int, int, int], borders: Sequence[tuple[int, int]], reach: int, drift: int
) -> bool:
    """Tell whether a trigram agrees beside a run as `equal_run` gives it, nearly in step."""
    i, j, length = run
    (low_i, high_i), (low_j, high_j) = borders
    for begin_i, begin_j in ((i + length, j + length), (i - reach, j - reach)):
        for at in range(max(begin_i, low_i), min(begin_i + reach, high_i) - 2):
            for shift in range(-drift, drift + 1):
                there = begin_j + at - begin_i + shift
                if low_j <= there and there + 3 <= high_j and codes[at : at + 3] == codes[there : there + 3]:
                    return True
    return False


def merit(
    codes: Sequence[int], i: int, j: int, k: int, borders: Sequence[tuple[int, int]], around: Sequence[int]
) -> int:
    """Return 2 for an anchor that lies in a sure run or has an echo beside its run, 1 for one in a run, else 0."""
    least, sure, reach, drift = around
    run = equal_run(codes, i, j, k, borders)
    if run[2] >= sure or echoes(codes, run, borders, reach, drift):
        return 2
    return int(run[2] >= least)


def far_echo(
    codes: Sequence[int], run: tuple[int, int, int], borders: Sequence[tuple[int, int]], reach: int, drift: int
) -> bool:
    """Tell whether a trigram beside a run stands beside it on the other side too, which is looked at farther out."""
    i, j, length = run

    def trigrams(begin: int, end: int, border: tuple[int, int]) -> set[tuple[int, ...]]:
        low, high = max(begin, border[0]), min(end, border[1])
        return {tuple(codes[at : at + 3]) for at in range(low, high - 2)}

    return any(
        trigrams(left, left + reach, borders[0]) & trigrams(right - drift, right + reach + drift, borders[1])
        for left, right in ((i + length, j + length), (i - reach, j - reach))
    )


def lone(
    codes: Sequence[int],
    seeds: Sequence[tuple[int, int]],
    k: int,
    borders: Sequence[tuple[int, int]],
    apart: bool,
    least: int,
    around: Sequence[int],
    far: Sequence[int],
) -> list[int]:
    """Return the states of all seeds of two documents: 0 for each if they are not one run between two texts."""
    if len(seeds) > 1 and not (apart and one_run(seeds, k)):
        return [0] * len(seeds)
    alone, reach, drift = far
    run = equal_run(codes, *seeds[0], k, borders)
    first = 2
    if run[2] >= least or len(seeds) > 1:
        if run[2] >= alone or echoes(codes, run, borders, *around[2:]):
            first = 1
        elif run[2] >= around[1]:
            first = 1 if far_echo(codes, run, borders, reach, drift) else 3
    return [first] + [2] * (len(seeds) - 1)


def in_company(words: Sequence[int], weak: int, group: int) -> list[int]:
    """Return words without repetitions, bar the weak bit, and without weak ones that are the only one of a group."""
    first: dict[int, int] = {}
    for word in sorted(words):
        first.setdefault(word >> weak, word)
    counts = Counter(word >> group for word in words)
    return [word for word in first.values() if not (word & weak and counts[word >> group] == 1)]


def trimmed(
    codes: Sequence[int], row: Sequence[int], cuts: tuple[int, int], at_end: bool, agrees: float
) -> list[int]:
    """Return a row of (left start, left end, right start, right end, matches) cut where its tails hardly agree."""
    column = 1 if at_end else 0
    tails = []
    for side in (0, 1):
        low, high = sorted((row[2 * side + column], cuts[side]))
        tails.append(codes[low:high])
    common = lcs(*tails)
    new = list(row)
    if min(cuts) >= 0 and common < agrees * max(map(len, tails)):
        new[column], new[2 + column] = cuts
        new[4] -= common
    return new


def one_run(seeds: Sequence[tuple[int, int]], k: int) -> bool:
    """Tell whether seeds, ascending, cover one stretch of equal characters without a gap."""
    return len({j - i for i, j in seeds}) == 1 and all(b[0] - a[0] <= k for a, b in pairwise(seeds))


def promise(
    codes: Sequence[int],
    seeds: Sequence[tuple[int, int]],
    chains: Sequence[int],
    members: Sequence[int],
    k: int,
    borders: Sequence[tuple[int, int]],
    bounds: Sequence[int],
) -> int:
    """Return 0 if a chain of one seed or two is worth aligning, 2 if not, 3 if it is only with an echo.

    ``chains`` names the chain of each seed.
    """
    least, enough, near, lookback = bounds
    runs = [equal_run(codes, *seeds[s], k, borders)[2] for s in members]
    if len(runs) > 1:
        return 0 if sum(runs) >= least + 4 else 2
    (s,) = members
    if runs[0] < least or runs[0] >= enough:
        return 0 if runs[0] >= least else 2
    for t in range(max(0, s - lookback), min(len(seeds), s + lookback + 1)):
        if chains[t] != chains[s] and all(abs(seeds[t][side] - seeds[s][side]) <= near for side in (0, 1)):
            return 0
    return 3
