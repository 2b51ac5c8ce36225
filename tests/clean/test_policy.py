"""The settings of a clean: what each may be, what is told of one that may not, and how they are written."""

from __future__ import annotations

import pytest

from dedup.clean import CleanPolicy
from dedup.errors import ParamsError


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({}, "paragraph>=0.95 numbers names"),
        ({"numbers": False}, "paragraph>=0.95 names"),
        ({"level": "passage", "names": False, "share": 1}, "passage>=1 numbers"),
        ({"level": "document"}, "document>=0.8"),
        ({"level": "document", "share": 0.5}, "document>=0.5"),
    ],
)
def test_the_rule_says_what_decides(settings, rule):
    """The level, its share, and what else has to agree; in a document numbers and names are characters as any."""
    policy = CleanPolicy(**settings)
    assert policy.rule == rule
    assert CleanPolicy.from_dict(policy.to_dict()) == policy


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"share": 0}, "share is 0, but must be above 0 and at most 1"),
        ({"share": 1.01}, "share is 1.01, but must be above 0 and at most 1"),
        ({"share": True}, "share is True, but must be a number"),
        ({"share": "0.5"}, "share is '0.5', but must be a number"),
        ({"share": float("nan")}, "share is nan, but must be a number"),
        ({"share": float("inf")}, "share is inf, but must be a number"),
        ({"numbers": 1}, "numbers is 1, but must be true or false"),
        ({"names": None}, "names is None, but must be true or false"),
        ({"keep": "last"}, "keep is 'last', but must be one of first, longest, newest, oldest, medoid, none"),
        ({"level": "line"}, "level is 'line', but must be one of document, paragraph, passage"),
    ],
)
def test_what_is_out_of_bounds_is_told_in_one_sentence(settings, told):
    with pytest.raises(ParamsError) as caught:
        CleanPolicy(**settings)
    assert str(caught.value) == told


def test_all_problems_are_told_at_once():
    with pytest.raises(ParamsError) as caught:
        CleanPolicy.from_dict({"share": 2, "numbers": "yes"})
    assert caught.value.problems == (
        "share is 2, but must be above 0 and at most 1",
        "numbers is 'yes', but must be true or false",
    )
    with pytest.raises(ParamsError, match="shares is not a setting of clean"):
        CleanPolicy.from_dict({"shares": 0.5})
