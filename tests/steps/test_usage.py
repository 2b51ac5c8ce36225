"""How freely words are used: contexts are counted by entropy, units speak once, ends may differ a little."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.schema import Families
from dedup.steps import normalise, repair, segment, usage

PHRASE = "摇橹靠岸的老规矩"
LEFT = ("春汛来得早", "镇上修了志书", "孩子们学得快", "老艄公七十岁", "码头拓宽以后")
RIGHT = ("传到了第四代", "写进了村规民约", "仍旧一样不少", "外地人也来看", "没有一处改动")


def used(texts, units=None, longest=90, least=2):
    """Return the usage of the family of all places of PHRASE, one a text."""
    laid = repair.lay_out(list(texts))
    edits = repair.repair(laid)
    keys = normalise.normalise(laid, edits)
    segments = segment.segment(laid, edits, keys, np.empty((0, 2), np.int64))
    stream = "".join(map(chr, keys.codes))
    start = np.array([stream.index(PHRASE, at) for at in keys.indptr[:-1]], np.int64)
    end = start + len(PHRASE)
    count = len(texts)
    empty = np.empty(0, np.int64)
    families = Families(np.array([0, count]), start, end, np.ones(count), np.array([0]), empty, np.zeros(2, np.int64))
    hands = np.arange(count) if units is None else np.array(units)
    return usage.usage(keys, segments, families, hands, longest, least)


def between(rows):
    return [f"开头一句各说各话{LEFT[a]}，{LEFT[a]}，{PHRASE}，{RIGHT[b]}。" for a, b in rows]


@settings(max_examples=80, derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=30))
def test_the_effective_number_is_two_to_the_entropy(rows):
    family, words = (np.array([row[side] for row in rows], np.int64) for side in (0, 1))
    found = usage._effective(family, words.astype(np.uint64), 4)
    for number in range(4):
        wanted = naive.effective([word for one, word in rows if one == number])
        assert found[number] == pytest.approx(wanted)


def test_the_lesser_side_counts():
    """Five different beginnings and one continuation are one context: the piece was cut out of something."""
    assert used(between([(at, at) for at in range(5)])).contexts[0] == pytest.approx(5)
    assert used(between([(at, 0) for at in range(5)])).contexts[0] == pytest.approx(1)
    assert used(between([(0, at) for at in range(5)])).contexts[0] == pytest.approx(1)
    assert used(between([(0, 0), (1, 1), (2, 1)])).contexts[0] == pytest.approx(1.89, abs=0.01)


def test_a_unit_speaks_once():
    """Four reports of one office between different words are one voice."""
    found = used(between([(at, at) for at in range(5)]), units=[7, 7, 7, 7, 3])
    assert found.units[0] == 2 and found.contexts[0] == pytest.approx(2)


def test_ends_that_miss_a_little_agree_in_their_context():
    """The same continuation one character later is mostly the same context."""
    laid = repair.lay_out(["甲" * 40 + "渡口的石阶每年汛前都要凿一遍防滑的纹路免得赶集的人摔跤" + "乙" * 40])
    keys = normalise.normalise(laid, repair.repair(laid))
    at = np.arange(40, 52)
    low, high = np.zeros(len(at), np.int64), np.full(len(at), len(keys.codes))
    words = usage._context(keys, at, at + usage.WINDOW, low, high)
    assert np.mean(words[1:] == words[:-1]) > 0.7


def test_where_reports_begin_and_end_there_is_nothing_to_agree_in():
    texts = [f"{PHRASE}，{one}。" for one in RIGHT]
    assert used(texts).contexts[0] == pytest.approx(5)


def test_what_is_too_long_or_in_too_few_hands_is_not_asked():
    rows = between([(at, at) for at in range(3)])
    assert used(rows, longest=len(PHRASE) - 1).contexts[0] == used(rows, least=4).contexts[0] == 0


@pytest.mark.parametrize(
    "texts, continued, paragraph",
    [
        (between([(0, 0), (1, 1)]), True, False),
        ([f"{one}。{PHRASE}。{RIGHT[0]}。" for one in LEFT[:2]], False, False),
        ([f"{one}。\n{PHRASE}\n{RIGHT[0]}。" for one in LEFT[:2]], False, True),
        ([f"{one}。\n{PHRASE}。\n{RIGHT[0]}。" for one in LEFT[:2]], False, True),
        ([f"{one}。{PHRASE}，{RIGHT[0]}。" for one in LEFT[:2]], True, False),
    ],
)
def test_clauses_sentences_and_lines_are_told_apart(texts, continued, paragraph):
    """Mid-sentence on either side is a clause; a line without a stop, which is joined as if wrapped, is a line."""
    found = used(texts)
    assert (bool(found.continued[0]), bool(found.paragraph[0])) == (continued, paragraph)
