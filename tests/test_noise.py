"""What sites, scanners and copyists do to a text costs the scan next to nothing: each noise, each pair of them."""

from __future__ import annotations

import itertools
import random

import pytest

from dedup import Document, scan
from tests import noise
from tests.prose import REPORT

OPERATORS = (
    noise.traditional,
    noise.pinyin,
    noise.full_width,
    noise.half_width,
    noise.kangxi,
    noise.zero_width,
    noise.wrapped,
    noise.spaced,
    noise.masked,
    noise.stripped,
    noise.swapped,
    noise.renumbered,
    noise.site_lines,
)


def covered(*operators):
    """Share of the clean report that its passages with the noisy one cover, line breaks and spaces left out."""
    text = REPORT
    for operator in operators:
        text = operator(text, random.Random(7))
    result = scan([Document("a.txt", REPORT), Document("b.txt", text)])
    found = set()
    for passage in result.passages:
        if passage.left.document != passage.right.document:
            found.update(range(passage.left.start, passage.left.end))
    han = [at for at, char in enumerate(REPORT) if "\u4e00" <= char <= "\u9fff"]
    return sum(at in found for at in han) / len(han)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_one_noise_costs_at_most_a_point_of_recall(operator):
    assert covered(operator) >= covered() - 0.01


@pytest.mark.slow
def test_two_noises_cost_at_most_a_point_of_recall():
    """All pairs of different noises; glue last, for a site line inside an annotation leaves two halves of it."""
    clean = covered()
    for pair in itertools.combinations(OPERATORS, 2):
        assert covered(*pair) >= clean - 0.01, [operator.__name__ for operator in pair]
