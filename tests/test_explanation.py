"""An explanation says what a scan does, with figures that can be counted by hand, and why where it does nothing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Document, Params, explain, scan
from dedup.report.account import plain
from tests.docs.blocks import ROOT

BLOCK = (
    "水库放水那天，管水员沿渠走了二十里，见到漏处就插一根红布条，第二天各组照着布条去补，"
    "没有一处补重，也没有一处落下，老人说这比敲锣管用。"
)
OTHER = "粮站改成了图书室，货架还是原来的货架，孩子们放学先来占靠窗的位子，管理员给每人发一个编号的竹签。"


def asked(left, right, **settings):
    return explain(Document("甲.txt", left), Document("乙.txt", right), Params(**settings))


def grams(text, k=5):
    return {text[at : at + k] for at in range(len(text) - k + 1)}


def test_the_figures_are_those_that_one_counts():
    """Sets, Jaccard index, containment and the longest run, against strings."""
    edited = BLOCK.replace("红布条", "白纸条", 1)
    told = asked(BLOCK, edited)
    one, other = grams(told.left.key), grams(told.right.key)
    assert (told.whole.left, told.whole.right, told.whole.shared) == (len(one), len(other), len(one & other))
    assert told.whole.jaccard == len(one & other) / len(one | other)
    assert told.whole.contained == (len(one & other) / len(one), len(one & other) / len(other))
    assert told.likest.sets == told.whole
    run = max(len(piece) for piece in told.left.key.split("红布") if piece in told.right.key)
    assert told.run == run


@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.text("山水田林", max_size=30), st.text("山水田林", max_size=30))
def test_the_longest_run_is_the_longest_common_substring(left, right):
    pieces = {left[start:end] for start in range(len(left)) for end in range(start + 1, len(left) + 1)}
    wanted = max((len(piece) for piece in pieces if piece in right), default=0)
    assert asked(left, right).run == wanted


def test_what_is_found_is_what_a_scan_finds():
    documents = [
        Document(path.name, path.read_text("utf-8")) for path in sorted((ROOT / "data/reports").glob("0*.txt"))
    ]
    found = 0
    for one, other in pairwise(documents):
        told = explain(one, other)
        across = [row for row in scan([one, other]).passages if row.left.document != row.right.document]
        assert len(told.found) == len(across) and (told.verdict == "match") == bool(across)
        assert sorted((row.passage.left.start, row.passage.right.end) for row in told.found) == sorted(
            (row.left.start, row.right.end) for row in across
        )
        found += len(across)
    assert found > 3


@pytest.mark.parametrize(
    "left, right, settings, verdict",
    [
        (BLOCK, BLOCK, {}, "match"),
        (BLOCK, OTHER, {}, "nothing"),
        ("", BLOCK, {}, "empty"),
        ("一二", "一二", {}, "empty"),
        (f"先说{BLOCK[:14]}好", f"再说{BLOCK[:14]}坏", {}, "short"),
        (f"{OTHER[:30]}{BLOCK}", f"{BLOCK}{OTHER[:25:-1]}", {"min_chars": 100, "rewrite_chars": 0}, "short"),
        (BLOCK, BLOCK.replace("一", "每"), {"threshold": 1.0, "rewrite_chars": 0, "min_chars": 40}, "unlike"),
    ],
)
def test_each_verdict_has_its_case(left, right, settings, verdict):
    told = asked(left, right, **settings)
    assert told.verdict == verdict
    assert (told.nearly is not None) == (verdict in ("short", "unlike", "scattered")) and bool(told.found) == (
        verdict == "match"
    )
    if verdict == "unlike":
        assert told.nearly.passage.wording < told.nearly.needed
    if verdict == "short":
        assert told.nearly.matches < told.params.min_chars


def test_bands_and_values_are_those_of_the_signatures():
    """Equal paragraphs agree in all; unlike ones in about the share that their Jaccard index says."""
    told = asked(BLOCK, BLOCK)
    assert (told.likest.met, told.likest.values, told.likest.chance) == (told.likest.bands, 128, 1.0)
    told = asked(BLOCK, BLOCK[:30] + OTHER[:20], num_perm=1024)
    assert told.likest.values / 1024 == pytest.approx(told.likest.sets.jaccard, abs=0.06)
    assert told.likest.chance == pytest.approx(
        1 - (1 - told.likest.sets.jaccard**told.likest.rows) ** told.likest.bands
    )


def test_what_the_key_text_leaves_out_is_counted():
    told = asked("全村有12戶，水(shuǐ)渠(qú)長(cháng)3里，通到了山背後的梯田。", OTHER)
    assert told.left.slots == 2 and told.left.repairs == {"pinyin": 3}
    assert told.left.key == "全村有户水渠长里通到了山背后的梯田"


def test_the_likest_paragraphs_are_found_among_many():
    """Of all pairs the one with the highest index, at its place in both texts."""
    left = f"开头的话不算数，随便说说。\n{OTHER}\n{BLOCK}\n"
    right = f"{BLOCK[:-4]}好了。\n另外的事另外再讲，不急这一天。\n"
    told = asked(left, right)
    assert left[slice(*told.likest.left)] == BLOCK and right[slice(*told.likest.right)] == f"{BLOCK[:-4]}好了。"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("right", [BLOCK, BLOCK.replace("红", "白").replace("二十", "20"), OTHER, "", BLOCK[:12]])
def test_every_case_is_told_in_both_languages(lang, right):
    """Nothing of a hostile name or text is obeyed by a terminal, and no phrase misses a fact."""
    told = explain(Document("甲\x1b[2J.txt", "\x1b]0;x\x07" + BLOCK), Document("乙\n.txt", right))
    lines = list(plain(told, lang=lang, everything=True))
    assert all(line.isprintable() for line in lines) and len(lines) > 12
    assert "甲␛[2J.txt" in lines[0] and "乙⏎.txt" in lines[1]


def test_changes_are_woven_into_the_text():
    told = asked(BLOCK, BLOCK.replace("红布条，", "白布条，"))
    assert "插一根[红→白]布条" in "\n".join(plain(told))


def test_long_texts_are_cut_and_that_is_said():
    long = "\n".join(f"第{row}块地种了{BLOCK[row : row + 30]}" for row in range(20))
    told = asked(long, long)
    assert any("……［余" in line for line in plain(told))
    assert not any("……［余" in line for line in plain(told, everything=True))


def test_positions_survive_code_points_beyond_the_basic_plane():
    text = "𠮷野家的招牌换了新漆，" + BLOCK
    told = asked(text, BLOCK)
    span = told.found[0].passage.left
    assert text[span.start : span.end] in text and told.found[0].matches >= 50
    assert np.isclose(told.found[0].passage.wording, 1.0)
