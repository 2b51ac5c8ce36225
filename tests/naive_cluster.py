"""The slow twin of `dedup.steps.cluster`: spans into nodes, stars over their graph, families in order."""

from __future__ import annotations

from collections import Counter, defaultdict
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


def nodes(spans: Sequence[Span]) -> tuple[list[int], list[Span]]:
    """Return the node of each span, and the extent of each node.

    From left to right, long ones first, a span joins the node with whose first span it shares most of what both
    cover, at least seven tenths, counted in whole thousandths; of equally near ones the last. A node reaches as far
    as most of its spans say, the longest where they disagree evenly, then the first.
    """
    heads: list[Span] = []
    node = [0] * len(spans)
    for one in sorted(range(len(spans)), key=lambda n: (spans[n][0], -spans[n][1])):
        start, end = spans[one]
        shares = [
            (1000 * (min(end, b) - start) // (max(end, b) - a), rank)
            for rank, (a, b) in enumerate(heads)
            if b > start
        ]
        share, node[one] = max(shares, default=(0, 0))
        if share < 700:
            node[one] = len(heads)
            heads.append((start, end))
    said = [Counter(span for span, where in zip(spans, node, strict=True) if where == n) for n in range(len(heads))]
    return node, [max(one, key=lambda span: (one[span], span[1] - span[0], -span[0])) for one in said]


def families(
    codes: Sequence[int], passages: Sequence[tuple[int, int, int, int, int, float, int]], threshold: float
) -> list[tuple[list[tuple[int, int, float]], int, list[int]]]:
    """Return the families of passages (left, right, matches, wording, kind).

    Of each its members (start, end, wording), which of them is the medoid, and its passages. Families stand by their
    first two members, then size and medoid; a lone member's second is that of the star after it.
    """
    left, right = ([(row[at], row[at + 1]) for row in passages] for at in (0, 2))
    node, extent = nodes(left + right)
    left_node, right_node = node[: len(left)], node[len(left) :]
    edges = [(a, b, row[4]) for a, b, row in zip(left_node, right_node, passages, strict=True)]
    found = stars(codes, extent, edges, [row[5] if row[6] else None for row in passages], threshold)
    component = list(range(len(extent)))
    for _ in component:
        for a, b in zip(left_node, right_node, strict=True):
            component[a] = component[b] = min(component[a], component[b])
    found.sort(key=lambda star: component[star[0]])  # stable: within a component in the order of taking
    table = []
    for medoid, members in found:
        rows = []
        for member, (value, row) in members.items():
            start, end = extent[member]
            if row >= 0:
                start, end = left[row] if left_node[row] == member else right[row]
            rows.append((start, end, member, passages[row][5] if value < 0 else value))
        table.append((medoid, sorted(rows)))
    flat = [row for _, rows in table for row in rows]
    at = 0
    shown = []
    for medoid, rows in table:
        second = flat[min(at + 1, len(flat) - 1)]
        at += len(rows)
        own = {row[2] for row in rows}
        inside = [n for n, pair in enumerate(zip(left_node, right_node, strict=True)) if own.issuperset(pair)]
        place = [row[2] for row in rows].index(medoid)
        key = (rows[0][:2], second[:2], len(rows), medoid)
        shown.append((key, [(start, end, value) for start, end, _, value in rows], place, inside))
    return [row[1:] for row in sorted(shown)]
