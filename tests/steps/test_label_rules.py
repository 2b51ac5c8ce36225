"""The rules of labelling one by one, at their bounds: grades, quotations, titles, who wrote it."""

from __future__ import annotations

import numpy as np
import pytest

from dedup import Document, Params, scan
from dedup.schema import Families, PassageKind, Passages
from dedup.steps import label
from dedup.steps.repair import lay_out

A, B, C = 1, 2, 3
BLOCK = "渡口的老艄公立了字据，学成摇橹手艺的人每年腊月义务摆渡十天，误了班次的自己去敲钟赔礼，字据贴在码头的木牌上。"


def family(length, wording, kind=PassageKind.ALIGNED, near=0.9, passages=1):
    """A family of two members of this length, with so many passages of this kind and wording."""
    one = np.zeros(passages, np.int64)
    rows = Passages(
        one,
        one + length,
        one + length,
        one + 2 * length,
        one,
        np.full(passages, near),
        np.full(passages, kind, np.uint8),
    )
    columns = (np.array([0, length]), np.array([length, 2 * length]), np.array([1.0, wording]), np.array([0]))
    return rows, Families(np.array([0, 2]), *columns, np.arange(passages), np.array([0, passages]))


@pytest.mark.parametrize(
    ("length", "wording", "bits", "options", "grade"),
    [
        (80, label.VERBATIM, 120.0, {}, A),
        (79, 1.0, 500.0, {}, B),
        (80, label.VERBATIM - 0.001, 500.0, {}, B),
        (80, 1.0, 119.9, {}, B),
        (40, 0.8, 0.0, {}, B),
        (39, 1.0, 500.0, {}, C),
        (500, 0.799, 500.0, {}, C),
        (500, 1.0, 500.0, {"kind": PassageKind.SHUFFLED}, C),
        (500, 1.0, 500.0, {"kind": PassageKind.REWRITTEN}, C),
        (500, 1.0, 500.0, {"kind": PassageKind.SHUFFLED, "near": label.VERBATIM}, A),
        (500, 1.0, 500.0, {"passages": 0}, A),
    ],
)
def test_a_grade_is_for_length_wording_rarity_and_order(length, wording, bits, options, grade):
    """Each bound just kept and just missed; a title out of place makes no long verbatim copy a scattered one."""
    assert label._strength(*family(length, wording, **options), np.array([bits])).tolist() == [grade]


def test_no_family_has_no_grade():
    nothing = np.empty(0, np.int64)
    rows = Passages(*[nothing] * 5, np.empty(0), np.empty(0, np.uint8))
    none = Families(np.zeros(1, np.int64), nothing, nothing, np.empty(0), nothing, nothing, np.zeros(1, np.int64))
    assert len(label._strength(rows, none, np.empty(0))) == 0


def test_quotations_are_ranges_with_their_marks():
    """The first as well as the last; of one within another the outer; none over a border, none unclosed."""
    texts = lay_out(["“甲”乙「丙丁」", "无", "『戊』己“庚", "”「辛『壬』癸」“", "“子“丑”"])
    found = ["".join(map(chr, texts.codes[start:end])) for start, end in label._quotations(texts).tolist()]
    assert found == ["“甲”", "「丙丁」", "『戊』", "「辛『壬』癸」", "“子“丑”"]
    assert label._quotations(lay_out(["没有引号"])).tolist() == []


def test_a_quotation_has_three_thousand_characters_at_most():
    """Beyond that a closing mark was lost."""
    for length in (3_000, 3_001):
        texts = lay_out(["前言。" * 700, f"引：“{'甲' * (length - 2)}”。"])
        assert len(label._quotations(texts)) == (length == 3_000)


@pytest.mark.parametrize(("length", "around"), [(9, True), (10, False)])
def test_what_is_around_a_slogan_would_be_no_passage(length, around):
    """Two characters of a slogan in nine, and in ten: what agrees beside it is seven characters, or eight."""
    start = np.array([0, 50, 0, 50])
    end = start + np.array([2, 2, length, length])
    indptr = np.array([0, 2, 4])
    families = Families(indptr, start, end, np.ones(4), indptr[:-1], *[np.zeros(0, np.int64)] * 2)
    members = label._Members(np.repeat([0, 1], 2), 2, start, end, end - start, start, start)
    found = label._around(families, members, np.array([True, False]), Params(min_chars=8))
    assert found.tolist() == [True, around]


def test_a_sentence_end_counts_before_the_last_character_only():
    """What ends with a full stop is a clause still; what goes on behind one is more."""
    texts = lay_out(["甲乙。丙丁。", "戊己庚"])
    start, end = np.array([0, 0, 3, 2, 6]), np.array([2, 3, 6, 4, 9])
    assert label._holds_sentence_end(texts, start, end).tolist() == [False, False, False, True, False]


@pytest.mark.parametrize(("count", "wanted"), [(0, "copy"), (1, "mass")])
def test_as_many_issuers_as_asked_make_it_mass(count, wanted):
    params = Params(mass_issuers=4)
    documents = [
        Document(f"{n}.txt", f"{'春夏秋冬年'[n]}天的第{n}件事。\n{BLOCK}\n", issuer=f"{'甲乙丙丁戊'[n]}乡")
        for n in range(3 + count)
    ]
    assert {cluster.label for cluster in scan(documents, params).clusters} == {wanted}


def test_reports_of_nobody_known_are_not_of_one_hand():
    """Without an issuer each report is a hand of its own; with one and the same it is self."""
    texts = [f"磨坊换了新的石磨。\n{BLOCK}\n", f"邮差改走山脊的小路。\n{BLOCK}\n"]
    for issuer, wanted in ((None, "copy"), ("甲乡人民政府", "self")):
        documents = [Document(f"{n}.txt", text, issuer=issuer) for n, text in enumerate(texts)]
        assert {cluster.label for cluster in scan(documents).clusters} == {wanted}
