"""What do two stretches really have in common? Answers for the few passages whose tally claims more than that.

Alignment adds up what its pieces match. Where pieces overlap, or a border was moved, the sum may be more than one
reading in order gives: such a passage is compared anew, character by character.
"""

from __future__ import annotations

import numpy as np
from rapidfuzz.distance import LCSseq

from dedup.kernels import overlap
from dedup.schema import Int64, KeyStream

_TABLE = 1 << 30
"""Largest product of two lengths whose common subsequence is walked: a bit each, 128 MiB; else it is counted only."""


def recounted(keys: KeyStream, rows: Int64, stretches: Int64, row: int, members: Int64) -> bool:
    """Count what a passage matches that was merged from pieces that overlap; tell whether it is shuffled.

    The tally (`overlap.resolve`) knows how many characters a stretch matches, not which, nor in which order they
    stand. So each stretch is compared anew in the places that are left for it.
    """
    left, left_end, right, right_end = rows[row, :4].tolist()
    one, other = keys.codes[left:left_end].tolist(), keys.codes[right:right_end].tolist()
    matches = common = common_subsequence(one, other)
    if rows[row, 4] > common and len(one) * len(other) <= _TABLE:
        matches, free, there = 0, np.ones(len(one), bool), np.ones(len(other), bool)
        inside = (rows[members][:, (0, 2)] >= (left, right)) & (rows[members][:, (1, 3)] <= (left_end, right_end))
        members = members[inside.all(axis=1)]
        for i in members[np.argsort(-rows[members, 4], kind="stable")].tolist():
            for s in range(rows[i, 5], rows[i, 6]):
                a = np.arange(stretches[s, 0], stretches[s + 1, 0]) - left
                b = np.arange(stretches[s, 1], stretches[s + 1, 1]) - right
                a, b = a[free[a]], b[there[b]]
                for block in LCSseq.opcodes([one[x] for x in a.tolist()], [other[x] for x in b.tolist()]):
                    if block.tag == "equal":
                        free[a[block.src_start : block.src_end]] = False
                        there[b[block.dest_start : block.dest_end]] = False
                        matches += block.src_end - block.src_start
    shuffled = matches >= common + overlap.ASIDE
    rows[row, 4] = matches if shuffled else min(int(rows[row, 4]), common)
    return bool(shuffled)


def cut_where_it_pays(keys: KeyStream, row: Int64, at_end: bool, floor: int) -> None:
    """Cut a row that claims more matches than its sides have where it pays most, at the end or at the beginning.

    Borders need not face each other: what stood before one of them and behind the other is matched no longer.
    """
    left, left_end, right, right_end = row[:4].tolist()
    one, other = keys.codes[left:left_end].tolist(), keys.codes[right:right_end].tolist()
    common = common_subsequence(one, other)
    if row[4] <= common:
        return
    row[4] = common
    if len(one) * len(other) > _TABLE:
        return
    if not at_end:
        one, other = one[::-1], other[::-1]
    best = score = matches = 0
    for block in LCSseq.opcodes(one, other):
        size = block.src_end - block.src_start if block.tag == "equal" else 0
        score += 2000 * size - floor * (block.src_end - block.src_start + block.dest_end - block.dest_start)
        matches += size
        if score > best:
            best, row[4], a, b = score, matches, block.src_end, block.dest_end
            if at_end:
                row[1], row[3] = left + a, right + b
            else:
                row[0], row[2] = left_end - a, right_end - b


def common_subsequence(one: list[int], other: list[int]) -> int:
    """Return the length of the longest common subsequence of two lists."""
    return int(LCSseq.similarity(one, other))
