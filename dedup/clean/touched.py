"""The second pass over a whole corpus: the paragraphs that bear a mark, of many documents, decided together.

Of most corpora most paragraphs are like no other, and no rule of `dedup.clean.going` reaches over a paragraph that
stays. So only runs of marked paragraphs are looked at, laid end to end with a line between them that nobody holds:
one call decides thousands of runs, where one call a document spent most of its time on the fixed cost of numpy.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dedup.clean.cut import paragraphs
from dedup.clean.desk import solid
from dedup.clean.going import Held, Marks, decide, runs
from dedup.clean.headings import BORDER
from dedup.clean.policy import CleanPolicy
from dedup.clean.removal import Claim, Removal
from dedup.schema import Bool, Int64

_BATCH = 1 << 19  # characters decided together; more costs memory and saves no time
_FENCE = "\n{}\n"  # a paragraph that stays, before and behind every run: where its document goes on, or BORDER
_MORE = "界"


@dataclass(frozen=True, slots=True)
class _Run:
    """Consecutive marked paragraphs ``[start, end)`` of a document."""

    document: int
    start: int
    end: int


def removals(
    texts: Sequence[str], marks: Mapping[int, Marks], claims: Sequence[Claim], policy: CleanPolicy, least: int
) -> Iterator[tuple[int, list[Removal]]]:
    """Yield what goes of each document that bears a mark.

    Parameters
    ----------
    texts : sequence of str
        By document.
    marks : mapping of int to Marks
        By document.
    claims : sequence of Claim
        All claims; number ``n`` is ``claims[n - 1]``.
    policy : CleanPolicy
    least : int
        As for `dedup.clean.going.decide`.

    Yields
    ------
    document : int
        Ascending.
    removals : list of Removal
        Sorted, disjoint.
    """
    waiting: list[tuple[int, list[_Run]]] = []
    size = 0
    for document in sorted(marks):
        found = _touched(document, texts[document], marks[document])
        waiting.append((document, found))
        size += sum(run.end - run.start for run in found)
        if size >= _BATCH:
            yield from _decided(waiting, texts, marks, claims, policy, least)
            waiting, size = [], 0
    yield from _decided(waiting, texts, marks, claims, policy, least)


def _touched(document: int, text: str, marks: Marks) -> list[_Run]:
    """Return the runs of paragraphs in which something is held or noise."""
    some = marks.noise > 0
    for held in marks.held:
        some[held.start : held.start + len(held.mask)] |= held.mask
    if not some.any():
        return []
    before = _running(some)
    found: list[_Run] = []
    for start, end in paragraphs(text):
        if before[start] == before[end]:
            continue
        if found and found[-1].end == start:
            start = found.pop().start
        found.append(_Run(document, start, end))
    return found


def _decided(
    waiting: Sequence[tuple[int, list[_Run]]],
    texts: Sequence[str],
    marks: Mapping[int, Marks],
    claims: Sequence[Claim],
    policy: CleanPolicy,
    least: int,
) -> Iterator[tuple[int, list[Removal]]]:
    """Decide the runs of some documents and yield what goes of each of them."""
    laid = _lay_out([run for _, found in waiting for run in found], texts, marks)
    fate = decide(laid.text, laid.marks, policy, least)
    cuts = runs(fate.gone)
    starts = [start for start, _, _ in cuts]
    stays, carried = _running(solid(laid.text) & (fate.gone == 0)), _running(fate.unmatched)
    places = iter(laid.places)
    for document, found in waiting:
        rows: list[Removal] = []
        whole = bool(found)
        for run in found:
            place = next(places)
            stop = place + run.end - run.start
            shift = run.start - place
            for start, end, number in cuts[bisect_left(starts, place) : bisect_left(starts, stop)]:
                end = min(end, stop)  # the line break of the fence goes with the paragraph before it
                cause, more = claims[number - 1], int(carried[end] - carried[start])
                rows.append(Removal(document, start + shift, end + shift, cause, more))
            whole = whole and stays[stop] == stays[place]
        yield document, _stretched(document, texts[document], rows) if rows and whole else rows


def _running(mask: Bool) -> Int64:
    """Return int64[N + 1]: how many are set before each place."""
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(mask, dtype=np.int64)))


def _stretched(document: int, text: str, rows: Sequence[Removal]) -> list[Removal]:
    """Let the white space between and around removals go too, if nothing but white space is left."""
    left = solid(text)
    for row in rows:
        left[row.start : row.end] = False
    if left.any():
        return list(rows)
    grown: list[Removal] = []
    for row, end in zip(rows, [*(row.start for row in rows[1:]), len(text)], strict=True):
        last = grown[-1] if grown else None
        if last is not None and last.cause is row.cause:
            grown[-1] = Removal(document, last.start, end, row.cause, last.carried + row.carried)
        else:
            grown.append(Removal(document, row.start if grown else 0, end, row.cause, row.carried))
    return grown


@dataclass(frozen=True, slots=True)
class _Laid:
    """Runs laid end to end, fenced; ``places`` are where each begins."""

    text: str
    marks: Marks
    places: Sequence[int]


def _lay_out(found: Sequence[_Run], texts: Sequence[str], marks: Mapping[int, Marks]) -> _Laid:
    pieces: list[str] = []
    places: list[int] = []
    size = 0
    for run, before in zip(found, [None, *found], strict=False):
        text = texts[run.document]
        foremost = before is None or before.document != run.document
        above, below = foremost and not text[: run.start].strip(), run.end == len(text)
        head, tail = (_FENCE.format(BORDER if border else _MORE) for border in (above, below))
        pieces += (head, text[run.start : run.end], tail)
        places.append(size + len(head))
        size += len(head) + run.end - run.start + len(tail)
    laid = Marks.blank(size)
    by_document: dict[int, list[tuple[_Run, int]]] = {}
    for run, place in zip(found, places, strict=True):
        here, of = slice(place, place + run.end - run.start), marks[run.document]
        laid.noise[here] = of.noise[run.start : run.end]
        laid.pinned[here] = of.pinned[run.start : run.end]
        laid.claimed[here] = of.claimed[run.start : run.end]
        by_document.setdefault(run.document, []).append((run, place))
    for document, rows in by_document.items():
        ends = [run.end for run, _ in rows]
        for held in marks[document].held:
            stop = held.start + len(held.mask)
            for run, place in rows[bisect_right(ends, held.start) :]:
                if run.start >= stop:
                    break
                first, last = max(run.start, held.start), min(run.end, stop)
                part = slice(first - held.start, last - held.start)
                at = place + first - run.start
                laid.held.append(Held(held.number, at, held.mask[part], held.other[part], held.here))
    return _Laid("".join(pieces), laid, places)
