"""The slow twin of `dedup.steps.cluster`: stars over a graph of spans, with dictionaries and sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import naive

Span = tuple[int, int]


def identity(one: Sequence[int], other: Sequence[int]) -> float:
    """Twice the common subsequence over both lengths."""
    size = len(one) + len(other)
    return 1.0 - (size - 2 * naive.common_subsequence(one, other)) / size if size else 1.0


def stars(
    codes: Sequence[int],
    spans: Sequence[Span],
    edges: Sequence[tuple[int, int, int]],
    known: Sequence[float | None],
    threshold: float,
) -> list[tuple[int, dict[int, tuple[float, int]]]]:
    """Cover a graph with stars.

    ``edges`` are (node, node, matches), one a passage; ``known`` the wording of passages that a comparison in one
    order cannot reach, None for the others. Returned are medoids with their members: wording, and the passage that
    says where the member stands (-1: over its node).
    """
    best: dict[int, dict[int, int]] = defaultdict(dict)
    for row, (left, right, matches) in enumerate(edges):
        for a, b in ((left, right), (right, left)) if left != right else ():
            if b not in best[a] or matches > edges[best[a][b]][2]:
                best[a][b] = row

    def compare(one: int, other: int) -> float | None:
        row = best[one].get(other)
        figures = [known[row]] if row is not None and known[row] is not None else []
        (a, a_end), (b, b_end) = spans[one], spans[other]
        if 2 * min(a_end - a, b_end - b) >= threshold * (a_end - a + b_end - b):
            figures.append(identity(codes[a:a_end], codes[b:b_end]))
        good = [value for value in figures if value >= threshold]
        return max(good) if good else None

    weight = {node: sum(edges[row][2] for row in best[node].values()) for node in range(len(spans))}
    free = set(range(len(spans)))
    pairs: set[tuple[int, int]] = set()
    found = []
    for medoid in sorted(free, key=lambda node: (-len(best[node]), -weight[node], node)):
        if medoid not in free:
            continue
        members = {medoid: (1.0, -1)}
        asked = {medoid}
        frontier = {medoid}
        while frontier:
            reached = {other for node in frontier for other in best[node]} & free - asked
            asked |= reached
            near = {other: compare(medoid, other) for other in reached}
            frontier = {other for other, value in near.items() if value is not None}
            members |= {other: (value, -1) for other, value in near.items() if value is not None}
        free -= set(members)
        if len(members) == 1 and best[medoid]:
            other = min(best[medoid], key=lambda node: (-edges[best[medoid][node]][2], node))
            if (other, medoid) in pairs:  # the pair stands already, seen from the other side
                continue
            pairs.add((medoid, other))
            row, value = best[medoid][other], compare(medoid, other)
            members = {medoid: (1.0, -1 if value is not None else row), other: (value, -1)}
            if value is None:
                members[other] = (-1.0, row)  # the wording of the passage itself
        found.append((medoid, members))
    return found
