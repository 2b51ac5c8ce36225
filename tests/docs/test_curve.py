"""The chapter on bands has the figures that the formulas give."""

from __future__ import annotations

import math
import re

import pytest

from dedup.steps.pair import banding, chance
from tests.docs.blocks import ROOT

CHAPTER = (
    (ROOT / "docs" / "algorithm.md")
    .read_text(encoding="utf-8")
    .split("#### Why the bands are chosen so")[1]
    .split("### ")[0]
)
ROWS = [
    [float(cell) for cell in line.strip("| \n").split("|")]
    for line in CHAPTER.splitlines()
    if re.match(r"\| \d", line)
]


@pytest.mark.parametrize("height, bands, steepest, chances", [(*row[:3], row[3:]) for row in ROWS])
def test_the_table_is_the_curve(height, bands, steepest, chances):
    assert bands == 128 // int(height)
    assert steepest == round((1 / bands) ** (1 / height), 3)
    assert chances == [round(chance(at, int(bands), int(height)), 4) for at in (0.3, 0.5, 0.7, 0.8)]


def test_what_is_chosen_is_the_last_row_that_keeps_the_promise():
    """At 0.7 the page argues for 4 rows: the most whose probability there is at least 0.99."""
    kept = [row[0] for row in ROWS if chance(0.7, int(row[1]), int(row[0])) >= 0.99]
    assert max(kept) == banding(0.7, 128, 0.99).rows == 4


def test_the_spread_of_the_estimate_is_what_the_page_says():
    assert "0.04 at 0.7" in CHAPTER and round(math.sqrt(0.7 * 0.3 / 128), 2) == 0.04

    def at_least(successes, chance_each, trials=128):
        """The probability of so many agreeing values or more."""
        return sum(
            math.comb(trials, k) * chance_each**k * (1 - chance_each) ** (trials - k)
            for k in range(successes, trials + 1)
        )

    wanted = math.ceil(0.7 * 128)
    assert round(1 - at_least(wanted, 0.7), 2) == 0.49 and round(at_least(wanted, 0.65), 3) == 0.121
