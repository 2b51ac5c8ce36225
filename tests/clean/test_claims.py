"""Who stays in a family and who is named as partner, case by case, and what is told of those that were left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dedup.clean import Claim, CleanPolicy, Plan, Removal, plan
from dedup.result import Document
from tests.clean.hand import family, found, result_of

X = "磨坊的水轮在春分前后换上新的叶片，旧叶片锯成短料分给各家。"
Y = "渡船靠岸以前先敲三下铜锣，岸上的人把跳板抬到石阶第二级。"
Z = "晒场四角各立一根木桩，雨来时把油布的绳头系在桩上。"


def documents(*texts):
    return [Document(f"{'abcdefgh'[row]}.txt", text) for row, text in enumerate(texts)]


def gone(done):
    """What goes, as (document, start, end, document of the partner)."""
    return [
        (cut.document, cut.start, cut.end, cut.cause.partner and cut.cause.partner.document) for cut in done.removals
    ]


def test_a_document_that_goes_in_two_pieces_is_gone_whole():
    """Its first line stands in one report, its second in another."""
    texts = documents(X, Y, f"{X}\n{Y}")
    done = plan(result_of(texts, [found(texts, X), found(texts, Y)]), CleanPolicy())
    assert [row[3] for row in gone(done)] == [0, 1]
    assert done.whole == {2}


@pytest.mark.parametrize(("prefer", "partner"), [((), 0), (("b*",), 1)])
def test_of_equal_partners_outside_the_preferred_one_is_named(prefer, partner):
    texts = documents(X, X, X)
    done = plan(result_of(texts, [found(texts, X)]), CleanPolicy(prefer=prefer), against=frozenset({0, 1}))
    assert gone(done) == [(2, 0, len(X), partner)]


@pytest.mark.parametrize("first", [X.replace("，", "、"), X.replace("短料", "木料")])
def test_the_partner_is_the_one_that_is_most_alike(first):
    """Not the first that is linked: another mark counts as well as another word; of equal ones the first."""
    texts = documents(first, X, X)
    one = family([(row, 0, len(X)) for row in range(3)], medoid=2)
    done = plan(result_of(texts, [one]), CleanPolicy(share=0.8), against=frozenset({0, 1}))
    assert gone(done) == [(2, 0, len(X), 1)]
    texts = documents(first, first, X)
    done = plan(result_of(texts, [one]), CleanPolicy(share=0.8), against=frozenset({0, 1}))
    assert gone(done) == [(2, 0, len(X), 0)]


def test_what_is_linked_with_nothing_outside_is_told():
    """A family joins it with a text that says something else: it stays, and is counted."""
    texts = documents(X, Z, Z)
    one = family([(0, 0, len(X)), (1, 0, len(Z)), (2, 0, len(Z))], wording=0.6)
    done = plan(result_of(texts, [one]), CleanPolicy(), against=frozenset({0}))
    assert (done.removals, done.stayed) == ((), {"unlinked": 2})


def test_where_the_medoid_goes_the_member_nearest_to_it_stays():
    """The medoid lies in a block that a longer family takes away."""
    texts = documents(X + Y, X + Y, f"{Y}\n甲", f"{Y}\n乙")
    long = found(texts[:2], X + Y)
    short = family([(1, len(X), len(X + Y)), (2, 0, len(Y)), (3, 0, len(Y))], medoid=0)
    short = replace(short, wording=(1.0, 0.8, 0.9))
    done = plan(result_of(texts, [long, short]), CleanPolicy(keep="medoid"))
    assert gone(done) == [(1, 0, len(X + Y), 0), (2, 0, len(Y) + 1, 3)]


def test_what_one_family_leaves_of_a_member_another_may_take():
    """The middle report lies in two families; each takes a half of it, and the whole is gone."""
    texts = documents(X + Z, X + Z + Y, Z + Y + "末句。")
    done = plan(result_of(texts, [found(texts, X + Z), found(texts, Z + Y)]), CleanPolicy(level="passage"))
    assert gone(done) == [(1, 0, len(X + Z), 0), (1, len(X + Z), len(X + Z + Y), 2)]


@pytest.mark.parametrize(("own", "goes"), [(14, 0), (15, 1), (20, 1)])
def test_a_member_half_of_which_stays_for_another_family_stays_for_this_one_too(own, goes):
    """Of 28 characters 14 are pinned, or fewer; of members as good as each other the first would stay."""
    shared = X[-(28 - own) :]
    short = shared + Y[:own]
    texts = documents(short, X + Y[:own], X)
    long = family([(1, 0, len(X)), (2, 0, len(X))])
    start = len(X) - len(shared)
    done = plan(result_of(texts, [long, family([(0, 0, 28), (1, start, start + 28)])]), CleanPolicy(level="passage"))
    assert [row[0] for row in gone(done)] == sorted([goes, 2])


def test_a_member_that_stays_for_another_family_is_told():
    """Two blocks that stay hold one line; neither goes for it."""
    texts = documents(X + Z, X + Z, Y + Z, Y + Z)
    families = [found(texts[:2], X + Z), family([(2, 0, len(Y + Z)), (3, 0, len(Y + Z))])]
    families.append(family([(0, len(X), len(X + Z)), (2, len(Y), len(Y + Z))]))
    done = plan(result_of(texts, families), CleanPolicy())
    assert (done.whole, done.stayed) == ({1, 3}, {"pinned": 1})


def test_what_goes_behind_a_member_that_stayed_is_no_part_of_it():
    """A line with another number stays, and is counted as held in part; the next line goes for itself."""
    one, other = (f"本月碾米{count}担，糠皮留给养猪场。\n" for count in (12, 34))
    texts = documents(one + X, other + X)
    families = [family([(0, 0, len(one)), (1, 0, len(one))], wording=0.95), found(texts, X)]
    done = plan(result_of(texts, families), CleanPolicy(share=0.8))
    assert gone(done) == [(1, len(one), len(one + X), 0)]
    assert done.stayed == {"partial": 1}


def test_page_noise_within_a_member_goes_as_noise():
    """Out of the member that stays too."""
    noise = "【返回首页】"
    texts = documents(X + noise + Y, X + noise + Y)
    start = len(X)
    marks = {row: [(start, start + len(noise))] for row in range(2)}
    done = plan(result_of(texts, [found(texts, X + noise + Y)], noise=marks), CleanPolicy(level="passage"))
    assert gone(done) == [(0, start, start + len(noise), None), (1, 0, len(texts[1].text), 0)]


def test_nothing_goes_for_an_archive_that_shares_nothing():
    """Asked to clean against documents only, and given none, it does not clean the corpus of itself."""
    result = result_of(documents(X, X), [found(documents(X, X), X)])
    assert plan(result, CleanPolicy(), only_against=True) == Plan(())
    assert plan(result, CleanPolicy(), only_against=True, against={0}).whole == {1}
    assert Removal(0, 0, 1, Claim("copy", None, None, None, None)).carried == 0
