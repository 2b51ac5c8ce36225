"""What differs in families, found by columns, is what walking over each family finds."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from pathlib import Path

import naive_describe
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Document, describe, differing, scan
from dedup.differing import FIGURES, SHOWN, SLIPS, Differing
from dedup.kernels import figures as kernels
from dedup.steps.contrast import KINDS

REPORTS = Path(__file__).parents[1] / "data" / "reports"
SIGNS = "田埂边的水泵修好了日夜抽水苗圃重新搭起棚架育苗的人轮流守夜炊事班把饭送到地头"


@pytest.fixture(scope="module")
def tables():
    """The tables of a scan: of the reports of the project, and of one block with other figures in each report."""
    taken = []
    real = describe.describe

    def keep(tables, *rest, **named):
        taken.append(tables)
        return real(tables, *rest, **named)

    texts = []
    for report in range(7):
        figures = [str(report * slot % 4 + 3) + "0" * (slot % 3) for slot in range(12)]
        block = "".join(f"{SIGNS[slot : slot + 11]}共计{figure}件，" for slot, figure in enumerate(figures))
        texts.append(Document(f"{report}.txt", block + ("布署" if report % 2 else "部署") + "得当，人人称便。"))
    patch = pytest.MonkeyPatch()
    patch.setattr(describe, "describe", keep)
    scan([REPORTS])
    scan(texts)
    patch.undo()
    return taken


def naive(tables, borders, number, kinds):
    """Each raw range of the medoid in which others differ, and what they have in which report: change by change."""
    families, changes = tables.families, tables.changes
    medoid = int(families.medoid[number])
    start, end = (
        int(one[0])
        for one in tables.keys.raw_span(families.start[medoid : medoid + 1], families.end[medoid : medoid + 1])
    )
    found = defaultdict(list)
    for passage in families.passages[families.passage_indptr[number] : families.passage_indptr[number + 1]].tolist():
        for row in np.flatnonzero(changes.passage == passage).tolist():
            if KINDS[changes.kind[row]] not in kinds:
                continue
            left = int(changes.left_start[row]), int(changes.left_end[row])
            right = int(changes.right_start[row]), int(changes.right_end[row])
            inside, beyond = (start <= side[0] and side[1] <= end for side in (left, right))
            if inside != beyond:
                mine, theirs = (left, right) if inside else (right, left)
                found[mine].append((*theirs, bisect_right(borders, theirs[0])))
    return sorted(found.items())


@pytest.mark.parametrize("kinds", [FIGURES, SLIPS])
def test_places_are_those_of_the_naive_twin(tables, kinds):
    some = 0
    for one in tables:
        borders = np.union1d(one.texts.indptr[:-1], one.segments.parts.raw_start)
        numbers = np.arange(len(one.families.medoid))[::-1]  # in any order
        places = Differing(one, borders).places(numbers, kinds)
        for at, number in enumerate(numbers.tolist()):
            rows = np.flatnonzero(places.family == at).tolist()
            found = []
            for row in rows:
                others = slice(*places.indptr[row : row + 2].tolist())
                columns = (places.other_start, places.other_end, places.report)
                found.append(
                    (
                        (int(places.start[row]), int(places.end[row])),
                        list(zip(*(column[others].tolist() for column in columns), strict=True)),
                    )
                )
            assert found == naive(one, borders.tolist(), number, kinds)
            some += len(found)
    assert some > (0 if kinds == SLIPS else 20)


def slots(differing, numbers):
    """What is told of families that have any, by their positions."""
    words = differing.slots(numbers)
    rows = [words.data[a:b].tobytes().decode() for a, b in zip(words.begin, words.end, strict=True)]
    return {at: json.loads(row[2:])["facts"] for at, row in enumerate(rows) if row}


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    st.lists(st.text("年一 \n\u30001½_ab。", max_size=4), min_size=2, max_size=9),
    st.text("x字1½_\n ", max_size=5),
    st.data(),
)
def test_what_stands_in_a_slot_is_told_as_the_twin_tells_it(values, before, data):
    """White space around values is not told, equal ones are told once; the word before and the letter behind are."""
    after = data.draw(st.sampled_from(["", "年", "1", "½", "\n"]))
    codes = np.array([ord(one) for one in "".join([before, values[0], after, *values[1:]])] or [0], np.uint32)
    length = [len(before), len(values[0]), len(after), *map(len, values[1:])]
    border = np.cumsum([0, *length])
    one = np.array([0])
    start, end = border[3:-1], border[4:]
    of = differing._classes(codes, one, np.array([len(codes)]))
    out, place, size = np.empty(100, np.uint32), one.copy(), one.copy()
    kernels.told(
        0, 1, codes, border[1:2], border[2:3], one, border[3:4], one, np.array([len(start)]), start, end, of,
        np.int64(SHOWN - 4), np.array([0, 100]), out, place, size,
    )  # fmt: skip
    found = "".join(map(chr, out[place[0] : place[0] + size[0]].tolist()))
    assert found == naive_describe.slot(before, values[0], after, values[1:], SHOWN - 4)


def test_of_more_slots_than_are_shown_the_first_are_told_and_the_others_counted(tables):
    one = tables[-1]
    borders = np.union1d(one.texts.indptr[:-1], one.segments.parts.raw_start)
    numbers = np.arange(len(one.families.medoid))
    told = slots(Differing(one, borders), numbers)
    counts = {int(n): len(naive(one, borders.tolist(), n, FIGURES)) for n in numbers}
    assert max(counts.values()) > SHOWN
    for number, facts in told.items():
        assert len(facts["values"]) + facts.get("more", 0) == counts[number]
        assert len(facts["values"]) <= SHOWN


def test_a_slot_at_the_head_of_a_line_has_no_words_of_the_line_before():
    """5000字⏎2014年 is no 字2014年."""
    told = "各村的水泵都修好了，苗圃也重新搭起了棚架，育苗的人夜里轮流守着炉火，炊事班把饭菜送到地头。"
    plan = "年的打算是先修渠后补路，再把晒谷坪铺平，人人称便。"
    texts = [f"{told}\n材料共计五千字\n{year}{plan}" for year in (2014, 2017)]
    result = scan([Document(f"{at}.txt", text) for at, text in enumerate(texts)])
    slots = [dict(one.facts) for family in result.clusters for one in family.evidence if one.kind == "slots"]
    assert [one["values"] for one in slots] == [["2014／2017年"]]
