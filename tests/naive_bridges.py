"""The slow twin of dedup.kernels.bridges: the rules of docs/algorithm.md, one sentence a line."""

from __future__ import annotations

from collections.abc import Sequence

from naive import common_subsequence

Row = list[int]
Side = tuple[int, int, int, int]


def cost(on_left: int, on_right: int, floor: int) -> int:
    """What a gap costs."""
    both, more = min(on_left, on_right), max(on_left, on_right)
    return floor * (2 * both + (more - both) // 4 + max(0, both - 8))


def alone(sides: Sequence[Side], one: tuple[int, int], two: tuple[int, int], here: int, there: int) -> bool:
    """Whether a third report has one of two spans at the same reach and not half of the other."""
    for span, other in ((one, two), (two, one)):
        for start, end, _, third in sides:
            shared = min(span[1], end) - max(span[0], start)
            union = max(span[1], end) - min(span[0], start)
            if third in (here, there) or 1000 * shared < 700 * union:
                continue
            length, reach = other[1] - other[0], min(span[0], other[0]) - (span[1] - span[0])
            near = [(s, e) for s, e, _, z in sides if z == third and s >= reach]
            if not any(2 * (min(other[1], e) - max(other[0], s)) >= length for s, e in near):
                return True
    return False


def gap(
    codes: Sequence[int], one: Row, two: Row, least: int | None, longest: int, floor: int, strict: int
) -> int | None:
    """What the gap between two passages matches, less what they overlap; None for two copies."""
    over = max(0, one[1] - two[0], one[3] - two[2])
    on_left, on_right = max(0, two[0] - one[1]), max(0, two[2] - one[3])
    both, more = min(on_left, on_right), max(on_left, on_right)
    if over > 8 or more > longest or both > longest // 4 or (least is not None and more > least):
        return None
    chars = two[1] - one[0] + two[3] - one[2]
    small = 6 * (on_left + on_right) <= chars
    found = common_subsequence(codes[one[1] : two[0]], codes[one[3] : two[2]]) if both else 0
    foreign = both > 8 and (least is not None or not small or more > longest // 4)
    foreign |= least is not None and both - found >= 5
    if foreign and 10 * found < 4 * both:
        return None
    brings = 2 * (1000 - floor) * found - cost(on_left - found, on_right - found, floor)
    gains = [2000 * row[4] - floor * (row[1] - row[0] + row[3] - row[2]) for row in (one, two)]
    if not small and min(gains) + brings <= 0:
        return None
    return found - over if 2000 * (one[4] + two[4] + found - over) >= strict * chars else None


def bridged(
    codes: Sequence[int], rows: list[Row], same: bool, common: list[bool], sides: Sequence[Side],
    units: tuple[int, int], longest: int, floor: int, strict: int,
) -> tuple[list[Row], list[int]]:  # fmt: skip
    """The passages of one pair of reports after joining, and the row that each went into."""
    found = [[*row] for row in rows]
    owner, usual = list(range(len(rows))), [*common]
    changed = True
    while changed:
        changed = False
        for i in range(len(rows)):
            for j in range(i + 1, len(rows)):
                one, two = found[i], found[j]
                if owner[i] != i or two[0] > one[1] + longest:
                    break
                if owner[j] != j or two[2] < one[2] or two[1] <= one[1] or two[3] <= one[3]:
                    continue
                if same and two[1] > one[2]:
                    continue
                lengths = [row[x + 1] - row[x] for row, of in ((one, i), (two, j)) if usual[of] for x in (0, 2)]
                more = gap(codes, one, two, min(lengths, default=None), longest, floor, strict)
                if more is None:
                    continue
                if any(alone(sides, (one[x], one[x + 1]), (two[x], two[x + 1]), *units) for x in (0, 2)):
                    continue
                box = found[i] = [one[0], two[1], one[2], two[3], one[4] + two[4] + more]
                usual[i] = usual[i] and usual[j]
                for k, row in enumerate(found):
                    inside = row[0] >= box[0] and row[1] <= box[1] and row[2] >= box[2] and row[3] <= box[3]
                    if k == j or (k != i and owner[k] == k and inside):
                        owner[k] = i
                changed = True
    for i in range(len(rows)):
        while owner[owner[i]] != owner[i]:
            owner[i] = owner[owner[i]]
    return found, owner
