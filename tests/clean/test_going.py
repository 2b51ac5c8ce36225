"""Which units go is what the slow twin says, of marks at random; shares are met exactly by some."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from dedup.clean import CleanPolicy, going, touched
from dedup.clean.cut import units
from dedup.clean.desk import letters, numbers, solid
from dedup.clean.removal import Claim, Removal

_PIECES = ("水渠清淤。", "谁来值夜？", "补种9株。", "路灯", "  ", "\n", "\n\n", "！", "甲乙丙丁戊。", "已修好", "3")


def naive_headings(text: str, tiles, goes, afar, of_noise, sizes: list[int]) -> list[bool]:
    """Lines that end no sentence and go for another document stay where the text below them, or above, stays."""
    rows = []
    for row in sorted(set(tiles.paragraph.tolist())):
        mine = [unit for unit in range(len(goes)) if tiles.paragraph[unit] == row]
        body = [unit for unit in mine if not tiles.border[unit]]
        whole = all(goes[unit] for unit in body)
        if body and not (whole and all(of_noise[unit] for unit in body)):
            end = int(tiles.bounds[mine[-1] + 1])
            light = whole and text[:end].rstrip().rstrip("”’」』）)】》〉\"'")[-1] not in "。！？!?…"
            head = light and any(goes[unit] and afar[unit] for unit in mine)
            fence = text[tiles.bounds[mine[0]] : end].strip() == "\ue000"
            rows.append((mine, whole, light, head, fence))
    kept = list(goes)
    at = 0
    while at < len(rows):
        last = at
        while last < len(rows) and rows[last][3]:
            last += 1
        below = [row for row in rows[last:] if not row[2]][:1]
        beside = [row for row in (*below, *rows[max(at - 1, 0) : at]) if not row[4]]
        here = range(rows[at][0][0], rows[last - 1][0][-1] + 1) if last > at else range(0)
        if beside and not beside[0][1] and sum(sizes[unit] for unit in here) <= 80:
            for unit in here:
                kept[unit] = False
        at = max(last, at + 1)
    return kept


def naive_decide(text: str, marks: going.Marks, policy: CleanPolicy, least: int) -> tuple[list[int], list[bool]]:
    """What goes, and which letters stand in no partner: unit by unit, character by character."""
    places = range(len(text))
    ink, signs, digits = (set(np.flatnonzero(found(text)).tolist()) for found in (solid, letters, numbers))
    noise = {at for at in places if marks.noise[at]}
    weigh = signs if policy.numbers else signs - digits
    tiles = units(text, "passage")
    bounds = tiles.bounds.tolist()
    pieces = [set(range(*pair)) for pair in pairwise(bounds)]
    masks = [{held.start + at for at in np.flatnonzero(held.mask).tolist()} for held in marks.held]
    stands, other = set(noise), set()
    owner, afar, of_noise = [], [], []
    for piece in pieces:
        sizes = [len(mask & weigh & piece) for mask in masks]
        best = max(sizes, default=0)
        row = sizes.index(best) if best else -1
        owner.append(marks.held[row].number if best else 0)
        of_noise.append(len(noise & weigh & piece) > best)
        afar.append(best > 0 and not marks.held[row].here and not of_noise[-1])
        if best:
            stands |= masks[row] & piece
            held = marks.held[row]
            other |= {held.start + at for at in np.flatnonzero(held.other).tolist()} & piece
        if of_noise[-1]:
            count = Counter(int(marks.noise[at]) for at in noise & piece)
            owner[-1] = min(count, key=lambda number: (-count[number], number))
    veto = {at for at in places if marks.pinned[at]} & ink
    veto |= digits - stands if policy.numbers else set()
    veto |= other if policy.names else set()
    goes = []
    for unit, piece in enumerate(pieces):
        row = tiles.paragraph[unit]
        whole = piece if policy.level == "passage" else {
            at for more, one in enumerate(pieces) if tiles.paragraph[more] == row for at in one
        }  # fmt: skip
        total = len(whole & weigh)
        held = len(whole & weigh & stands) >= policy.least * total - 1e-9
        held |= len(whole & weigh & noise) >= 0.8 * total
        goes.append(bool(held and total and not whole & veto and not tiles.border[unit]))
    text_units = [unit for unit in range(len(pieces)) if not tiles.border[unit]]
    run: list[int] = []
    for unit in [*text_units, None]:
        if unit is not None and goes[unit]:
            run.append(unit)
            continue
        if sum(len(pieces[one] & signs - noise) for one in run) < least:
            for one in run:
                goes[one] = bool(pieces[one] & signs & noise)
        run = []
    kept = naive_headings(text, tiles, goes, afar, of_noise, [len(piece & signs) for piece in pieces])
    gone = [0] * len(text)
    if policy.level == "passage":
        broken = [bounds[unit] for unit, step in enumerate(np.diff(tiles.paragraph), 1) if step]
        for at in noise & ink:
            low = at
            while low - 1 in noise:
                low -= 1
            high = at
            while high + 1 in noise:
                high += 1
            if not any(low < border <= high for border in broken):
                gone[at] = int(marks.noise[at])
    for unit in (unit for unit, one in enumerate(kept) if one):
        gone[bounds[unit] : bounds[unit + 1]] = [owner[unit]] * len(pieces[unit])
    for row in sorted(set(tiles.paragraph.tolist())):
        mine = [unit for unit in range(len(pieces)) if tiles.paragraph[unit] == row]
        low, high = bounds[mine[0]], bounds[mine[-1] + 1]
        if policy.level == "paragraph":
            full = any(kept[unit] for unit in mine)
        else:
            full = any(gone[low:high]) and not any(at in ink and not gone[at] for at in range(low, high))
        if full:
            last = next(number for number in gone[low:high] if number)
            for at in range(low, high):
                gone[at] = last = gone[at] or last
    return gone, [at in weigh and at not in stands for at in places]


def made(seed: int) -> tuple[str, going.Marks, CleanPolicy, int]:
    """A text, marks on it, a policy."""
    rng = random.Random(seed)
    text = "".join(rng.choices(_PIECES, k=rng.randrange(1, 12)))
    marks = going.Marks.blank(len(text))
    for number in range(1, rng.randrange(1, 4)):
        start = rng.randrange(len(text))
        marks.noise[start : start + rng.randrange(1, 9)] = number
    if rng.random() < 0.3:
        start = rng.randrange(len(text))
        marks.pinned[start : start + rng.randrange(1, 4)] = True
    for number in range(4, rng.randrange(4, 8)):
        start = rng.randrange(len(text))
        size = rng.randrange(1, len(text) - start + 1)
        share = rng.choice([0.9, 0.9, 0.1])
        mask = np.array([rng.random() < share for _ in range(size)], bool)
        other = np.array([rng.random() < 0.02 for _ in range(size)], bool)
        marks.held.append(going.Held(number, start, mask, other, rng.random() < 0.5))
    policy = CleanPolicy(
        level=rng.choice(["paragraph", "passage"]), share=rng.choice([0.5, 0.8, 1.0]),
        numbers=rng.random() < 0.5, names=rng.random() < 0.5,
    )  # fmt: skip
    return text, marks, policy, rng.choice([0, 3, 4, 6])


_LINES = ("路灯修好通报", "水渠清淤。", "账目公布（下）", "  ", "补种9株。”", "桥" * 40, "路" * 41, "田" * 250)


def lines(seed: int) -> tuple[str, going.Marks, CleanPolicy, int]:
    """The same of lines that are headings or sentences, each claimed as a whole or not at all."""
    rng = random.Random(seed)
    rows = [rng.choice(_LINES) + "\n" for _ in range(rng.randrange(1, 7))]
    marks = going.Marks.blank(len("".join(rows)))
    start = 0
    for number, row in enumerate(rows, 1):
        if rng.random() < 0.6:
            marks.held.append(
                going.Held(number, start, np.ones(len(row), bool), np.zeros(len(row), bool), rng.random() < 0.3)
            )
        elif rng.random() < 0.2:
            marks.noise[start : start + len(row)] = number
        start += len(row)
    return "".join(rows), marks, CleanPolicy(level=rng.choice(["paragraph", "passage"])), 0


def test_what_goes_is_what_the_twin_says():
    """In a thousand texts; both what goes and what stands in no partner."""
    went = 0
    for seed in range(1000):
        text, marks, policy, least = (made, lines)[seed % 2](seed)
        fate = going.decide(text, marks, policy, least)
        wanted = naive_decide(text, marks, policy, least)
        assert (fate.gone.tolist(), fate.unmatched.tolist()) == wanted, (seed, text)
        went += bool(fate.gone.any())
    assert went > 200


def alone(text: str, marks: going.Marks, claims: list[Claim], policy: CleanPolicy, least: int) -> list[Removal]:
    """What goes of a document that is decided by itself, as a whole."""
    fate = going.decide(text, marks, policy, least)
    rows = [
        Removal(0, start, end, claims[number - 1], int(fate.unmatched[start:end].sum()))
        for start, end, number in going.runs(fate.gone)
    ]
    if not rows or any(sign.strip() and not gone for sign, gone in zip(text, fate.gone, strict=True)):
        return rows
    starts = [0, *(row.start for row in rows[1:]), len(text)]
    grown: list[Removal] = []
    for row, (start, end) in zip(rows, pairwise(starts), strict=True):
        if grown and grown[-1].cause is row.cause:
            row = replace(row, start=grown[-1].start, carried=grown.pop().carried + row.carried)
            start = row.start
        grown.append(replace(row, start=start, end=end))
    return grown


@pytest.mark.parametrize("batch", [touched._BATCH, 40])
def test_documents_laid_end_to_end_are_decided_as_each_by_itself(batch, monkeypatch):
    """Only runs of marked paragraphs are looked at, of many documents together: that decides the same."""
    monkeypatch.setattr(touched, "_BATCH", batch)
    claims = [Claim("copy", f"{number}", None, None, None) for number in range(9)]
    for seed in range(150):
        worlds = [(made, lines)[seed % 2](1000 * seed + row) for row in range(6)]
        _, _, policy, least = worlds[0]
        texts = [text for text, *_ in worlds]
        marks = {row: one for row, (_, one, *_) in enumerate(worlds) if row != 2}
        found = list(touched.removals(texts, marks, claims, policy, least))
        assert [row for row, _ in found] == sorted(marks)
        for row, rows in found:
            wanted = alone(texts[row], marks[row], claims, policy, least)
            assert rows == [replace(one, document=row) for one in wanted], (seed, row, texts[row])


def test_a_claim_on_two_runs_is_cut_to_each():
    """A paragraph between them, of which it holds nothing, is not laid out."""
    marks = going.Marks.blank(8)
    mask = np.array([True, True, False, False, True, True])
    marks.held.append(going.Held(1, 2, mask, ~mask, False))
    text = "子\n甲\n乙\n丙\n"
    laid = touched._lay_out(touched._touched(0, text, marks), [text], {0: marks})
    found = [
        (laid.text[held.start : held.start + 2], held.mask.tolist(), held.other.tolist()) for held in laid.marks.held
    ]
    assert found == [("甲\n", [True] * 2, [False] * 2), ("丙\n", [True] * 2, [False] * 2)]


def test_white_space_goes_where_nothing_else_is_left():
    """Each removal takes what is behind it, the first what is before it; two of one cause become one."""
    one, other = (Claim("copy", name, None, None, None) for name in "ab")
    rows = [Removal(0, 1, 2, one, 2), Removal(0, 4, 5, one, 3), Removal(0, 7, 8, other, 1)]
    assert touched._stretched(0, " 甲 \n乙  丙\n", rows) == [Removal(0, 0, 7, one, 5), Removal(0, 7, 9, other, 1)]
    assert touched._stretched(0, " 甲 \n乙  丙丁", rows) == rows


@pytest.mark.parametrize(
    ("values", "wanted"), [([0, 3, 0, 5, 0], [3, 3, 3, 5, 5]), ([7], [7]), ([0, 0, 2], [2, 2, 2])]
)
def test_what_is_between_goes_with_what_is_before_it(values, wanted):
    gone = np.array(values, np.int32)
    going.spread(gone)
    assert gone.tolist() == wanted
