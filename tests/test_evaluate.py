"""`dedup.evaluate` against cases worked by hand and against definitions written out with sets."""

from __future__ import annotations

import json
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.errors import FormatProblem
from dedup.evaluate import evaluate, parse_gold, read_gold
from dedup.evaluate.intervals import covered, overlapping
from dedup.params import LABELS, Params
from dedup.result import Cluster, DocumentInfo, Passage, Result, Span

COPY = "copy"


def document(number, chars=1000, marks=(), source=None, member=None):
    counts = dict.fromkeys(LABELS, 0)
    return DocumentInfo(
        number, source or f"d{number}.txt", member, chars, "", None, None, None, None, (),
        counts, {}, {}, {}, tuple(marks),
    )  # fmt: skip


def passage(left, right, label=COPY):
    return Passage("p", label, "A", 1.0, 1.0, Span(*left), Span(*right))


def cluster(members, label=COPY):
    spans = tuple(Span(*member) for member in members)
    return Cluster("c", label, "A", "", 0, 1.0, 1.0, spans, (1.0,) * len(spans), len(spans), len(spans))


def result(documents, passages=(), clusters=()):
    rows = tuple(documents if isinstance(documents, list) else (document(number) for number in range(documents)))
    return Result("0", Params(), rows, tuple(passages), tuple(clusters))


def pair(a, b, **more):
    names = ("doc", "start", "end")
    row = {
        f"{side}_{name}": value
        for side, place in (("a", a), ("b", b))
        for name, value in zip(names, place, strict=True)
    }
    return row | {"a_doc": f"d{a[0]}.txt", "b_doc": f"d{b[0]}.txt"} | more


def gold(*rows, complete=False):
    return parse_gold([{"schema": "dedup.gold/1", "complete": complete}, *rows])


def test_exact_finding_scores_one():
    """A result that lists the gold pairs and nothing else has every figure at 1."""
    found = result(3, [passage((0, 10, 110), (1, 0, 100)), passage((0, 300, 400), (2, 5, 105))])
    scores = evaluate(gold(pair((1, 0, 100), (0, 10, 110)), pair((0, 300, 400), (2, 5, 105))), found)
    figures = scores.passages
    assert (figures.cases, figures.detections) == (2, 2)
    for name in ("plagdet", "precision", "recall", "granularity", "micro_plagdet", "pair_f1", "coverage"):
        assert getattr(figures, name) == pytest.approx(1.0), name


def test_plagdet_worked_by_hand():
    """Two cases of 100 + 100; the first found in two pieces, one of them half wrong; the second missed.

    Case 1 is [0,100) of d0 with [0,100) of d1. Detection A covers [0,40) | [0,40), all of it right: precision 1.
    Detection B covers [60,120) | [60,120): 40 of each 60 are right: precision 2/3. Macro precision 5/6.
    Recall of case 1 is (80 + 80)/200 = 0.8, of case 2 zero: macro 0.4. Granularity over the one detected case: 2.
    Micro: 160 of 200 claimed characters are right; 160 of 400 wanted ones are found.
    """
    found = result(3, [passage((0, 0, 40), (1, 0, 40)), passage((0, 60, 120), (1, 60, 120))])
    figures = evaluate(gold(pair((0, 0, 100), (1, 0, 100)), pair((0, 500, 600), (2, 0, 100))), found).passages
    assert figures.precision == pytest.approx(5 / 6)
    assert figures.recall == pytest.approx(0.4)
    assert figures.granularity == 2.0
    f1 = 2 * (5 / 6) * 0.4 / (5 / 6 + 0.4)
    assert figures.plagdet == pytest.approx(f1 / log2(3))
    assert figures.micro_precision == pytest.approx(0.8)
    assert figures.micro_recall == pytest.approx(0.4)
    assert figures.pair_precision == 1.0
    assert figures.pair_recall == figures.coverage == 0.5
    assert figures.pair_f1 == pytest.approx(2 / 3)


def test_one_side_right_is_nothing():
    """A detection that meets a case on one side only detects nothing."""
    figures = evaluate(gold(pair((0, 0, 100), (1, 0, 100))), result(3, [passage((0, 0, 100), (2, 0, 100))])).passages
    assert (figures.precision, figures.recall, figures.plagdet, figures.granularity) == (0.0, 0.0, 0.0, 1.0)


def test_nothing_found_is_not_precise():
    """An empty result scores 0 without an error, and so do clusters."""
    scores = evaluate(gold(pair((0, 0, 100), (1, 0, 100))), result(2))
    assert scores.passages.precision == scores.passages.recall == scores.passages.micro_precision == 0.0
    assert scores.families.recall == 0.5  # two places of one class, each alone in its cluster
    assert scores.families.precision == 1.0


def test_a_formula_called_formula_claims_nothing_and_called_copy_is_wrong():
    """Only labels of copying are claims; the label that gold gives a pair decides whether it is a case."""
    row = pair((0, 0, 100), (1, 0, 100), label="formula")
    copied = pair((0, 200, 300), (1, 200, 300), label="copy")
    claim = passage((0, 200, 300), (1, 200, 300))
    quiet = evaluate(gold(copied, {"doc": "d0.txt", "start": 0, "end": 100, "label": "formula"}), result(
        2, [claim, passage((0, 0, 100), (1, 0, 100), "formula")]
    ))  # fmt: skip
    assert quiet.passages.precision == 1.0
    loud = evaluate(gold(copied, {"doc": "d0.txt", "start": 0, "end": 100, "label": "formula"}), result(
        2, [claim, passage((0, 0, 100), (1, 0, 100), "copy")]
    ))  # fmt: skip
    assert loud.passages.precision == 0.5
    assert evaluate(gold(copied, row), result(2, [claim])).passages.recall == 1.0


@pytest.mark.parametrize(
    "more", [{"relation": "borderline"}, {"formula": True}, {"label": "template"}, {"label": "citation"}]
)
def test_neutral_pairs_neither_reward_nor_punish(more):
    """Finding a neutral pair changes no figure; the part of a claim beyond it still counts."""
    rows = [pair((0, 0, 100), (1, 0, 100)), pair((0, 200, 300), (1, 200, 300), **more)]
    right = passage((0, 0, 100), (1, 0, 100))
    without = evaluate(gold(*rows), result(2, [right])).passages
    within = evaluate(gold(*rows), result(2, [right, passage((0, 200, 300), (1, 200, 300))])).passages
    beyond = evaluate(gold(*rows), result(2, [right, passage((0, 200, 400), (1, 200, 400))])).passages
    assert without == within
    assert within.precision == 1.0
    assert beyond.precision == 0.5
    assert beyond.micro_precision == 0.5


def test_a_copy_called_formula_is_covered_but_not_recalled():
    """Coverage asks whether the place was found, recall whether copying was claimed."""
    found = result(2, [passage((0, 0, 100), (1, 0, 100), "formula")])
    figures = evaluate(gold(pair((0, 0, 100), (1, 0, 100))), found).passages
    assert figures.coverage == 1.0
    assert figures.recall == 0.0


def test_families_are_completed_on_both_sides():
    """Gold may list a star around one member, the result a star around another: nothing is missed or wrong."""
    star = [pair((0, 0, 100), (number, 50, 150), operator="many") for number in range(1, 6)]
    places = [(0, 0, 100), *((number, 50, 150) for number in range(1, 6))]
    listed = [passage(*sorted((places[3], place))) for place in places if place != places[3]]
    scores = evaluate(gold(*star), result(6, listed, [cluster(places)]))
    figures = scores.operators["many"]
    assert (figures.precision, figures.recall, figures.granularity, figures.coverage) == (1.0, 1.0, 1.0, 1.0)
    assert (scores.families.f1, scores.families.ari) == (1.0, 1.0)
    without = evaluate(gold(*star), result(6, listed)).passages
    assert without.recall == pytest.approx(0.2)


def test_a_pair_is_not_completed_from_one_place():
    """Two overlapping detections of one repeated block need two places: one place on both sides is no agreement."""
    row = pair((0, 0, 100), (1, 0, 100))
    assert evaluate(gold(row), result(2, [passage((0, 10, 60), (0, 50, 99))])).passages.precision == 0.0


def test_figures_by_operator():
    """A detection counts for the operator it meets; a wrong one for every operator in its documents."""
    rows = [pair((0, 0, 100), (1, 0, 100), operator="x"), pair((2, 0, 100), (3, 0, 100), operator="y")]
    wrong = passage((1, 500, 600), (4, 500, 600))
    scores = evaluate(gold(*rows, complete=True), result(5, [passage((0, 0, 100), (1, 0, 100)), wrong]))
    assert (scores.operators["x"].precision, scores.operators["x"].recall) == (0.5, 1.0)
    assert (scores.operators["y"].detections, scores.operators["y"].recall) == (0, 0.0)
    assert scores.passages.detections == 2


def test_b_cubed_worked_by_hand():
    """Two families of two and three places; the result puts one place of the second with the first.

    Clusters {a1 a2 b1} and {b2 b3}. Precision: a1, a2 have 2 of 3 right, b1 1 of 3, b2, b3 2 of 2: (2/3 + 2/3 + 1/3 +
    1 + 1)/5 = 11/15. Recall: a1, a2 1; b1 1/3; b2, b3 2/3: (2 + 1/3 + 4/3)/5 = 11/15.
    """
    a = [(0, 0, 100), (1, 0, 100)]
    b = [(2, 0, 100), (3, 0, 100), (4, 0, 100)]
    rows = gold(pair(*a), pair(b[0], b[1]), pair(b[0], b[2]))
    figures = evaluate(rows, result(5, [], [cluster([*a, b[0]]), cluster(b[1:])])).families
    assert figures.items == 5
    assert figures.precision == pytest.approx(11 / 15)
    assert figures.recall == pytest.approx(11 / 15)
    assert figures.ari == pytest.approx(
        1 / 6
    )  # pairs: 2 together in both, 4 in gold, 4 found, of 10: (2-1.6)/(4-1.6)


def test_a_false_member_costs_precision_only_where_gold_is_complete():
    """A member that gold does not know is wrong where gold says all, and unspoken of otherwise."""
    rows = [pair((0, 0, 100), (1, 0, 100))]
    found = result(3, [], [cluster([(0, 0, 100), (1, 0, 100), (2, 0, 100)])])
    assert evaluate(gold(*rows), found).families.precision == 1.0
    assert evaluate(gold(*rows, complete=True), found).families.precision == pytest.approx(5 / 9)


def test_incomplete_gold_does_not_speak_of_documents_it_never_joins():
    """A claim between documents that no gold pair joins is wrong only where gold says all."""
    rows = [pair((0, 0, 100), (1, 0, 100))]
    found = result(3, [passage((0, 0, 100), (1, 0, 100)), passage((0, 300, 400), (2, 0, 100))])
    assert evaluate(gold(*rows), found).passages.precision == 1.0
    assert evaluate(gold(*rows, complete=True), found).passages.precision == 0.5


def test_labels_worked_by_hand():
    """Of 100 gold characters of copy 80 are called copy, 20 formula; 30 own ones are called copy."""
    marks = ((0, 80, "copy", None), (80, 100, "formula", None), (100, 130, "copy", None))
    rows = gold({"doc": "d0.txt", "start": 0, "end": 100, "label": "copy"}, complete=True)
    scores = evaluate(rows, result([document(0, 200, marks)]))
    figures = scores.labels["copy"]
    assert (figures.chars, figures.spans, figures.agreement) == (100, 1, 1.0)
    assert figures.precision == pytest.approx(80 / 110)
    assert figures.recall == pytest.approx(0.8)
    assert scores.labels["formula"].precision == 0.0
    assert scores.labels["own"].recall == pytest.approx(0.7)
    partial = evaluate(
        gold({"doc": "d0.txt", "start": 0, "end": 100, "label": "copy"}), result([document(0, 200, marks)])
    )
    assert partial.labels["copy"].precision == 1.0
    assert "own" not in partial.labels


def test_the_label_decided_first_counts():
    """A character named twice in gold bears the label that is decided first."""
    rows = gold(
        {"doc": "d0.txt", "start": 0, "end": 100, "label": "copy"},
        {"doc": "d0.txt", "start": 40, "end": 50, "label": "formula"},
    )
    scores = evaluate(rows, result([document(0, 200, ((40, 50, "formula", None),))]))
    assert (scores.labels["formula"].chars, scores.labels["copy"].chars) == (10, 90)
    assert scores.labels["formula"].f1 == 1.0
    assert scores.agreement == 0.5


def test_own_inside_another_span_counts():
    """The answers inside a form are own text, whatever the form is called."""
    rows = gold(
        {"doc": "d0.txt", "start": 0, "end": 100, "label": "template"},
        {"doc": "d0.txt", "start": 40, "end": 50, "label": "own"},
    )
    marks = ((0, 40, "template", None), (50, 100, "template", None))
    assert evaluate(rows, result([document(0, 200, marks)])).labels["template"].f1 == 1.0


def test_names_meet_by_suffix_and_member():
    """Gold names are relative to its folder; records may be named by their id alone."""
    rows = gold({"a_doc": "r/a.txt", "a_start": 0, "a_end": 9, "b_doc": "id-7", "b_start": 0, "b_end": 9})
    names = [document(0, source="/x/y/r/a.txt"), document(1, source="/x/other/a.txt"),
             document(2, source="/x/l.jsonl", member="id-7")]  # fmt: skip
    assert evaluate(rows, result(names, [passage((0, 0, 9), (2, 0, 9))])).passages.recall == 1.0
    twice = [*names, document(3, source="/z/r/a.txt")]
    with pytest.raises(FormatProblem, match=r"may be /x/y/r/a.txt and /z/r/a.txt"):
        evaluate(rows, result(twice))


def test_a_missing_document_is_a_miss_not_a_silence():
    """Pairs of a document that was not read count as not found, and the document is named."""
    rows = gold(pair((0, 0, 100), (1, 0, 100)), pair((0, 200, 300), (9, 0, 100)))
    scores = evaluate(rows, result(2, [passage((0, 0, 100), (1, 0, 100))]))
    assert scores.missing == ("d9.txt",)
    assert scores.passages.recall == 0.5
    assert "d9.txt" in scores.to_text("zh")
    with pytest.raises(FormatProblem, match="none of its documents"):
        evaluate(rows, result([document(0, source="z")]))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"a_doc": "a"', "line 1 is no gold row"),
        ("[1]", "line 1 is no gold row: it is list"),
        ('{"doc": "a", "start": 0, "end": 5}', "line 1 has no field 'label'"),
        ('{"doc": "a", "start": 5, "end": 5, "label": "copy"}', "0 <= start < end"),
        ('{"doc": "a", "start": 5, "end": 99999999999999999999, "label": "copy"}', "0 <= start < end"),
        ('{"doc": "a", "start": true, "end": 5, "label": "copy"}', "whole numbers"),
        ('{"doc": "a", "start": 0, "end": 5, "label": "theft"}', "'theft', wanted one of furniture"),
        ('{"schema": "dedup.gold/2"}', "'dedup.gold/2', wanted 'dedup.gold/1'"),
        ("", "no gold row"),
    ],
)
def test_bad_gold_is_named(tmp_path, row, message):
    """A gold file that is wrong is refused in a sentence that names file and line."""
    path = tmp_path / "gold.jsonl"
    path.write_text(row + "\n", encoding="utf-8")
    with pytest.raises(FormatProblem, match=r"gold\.jsonl") as caught:
        read_gold(path)
    assert message in str(caught.value)


def test_unreadable_gold_is_named(tmp_path):
    """A gold file that is not there, or no text, is a FormatProblem."""
    with pytest.raises(FormatProblem, match="cannot be read"):
        read_gold(tmp_path / "none.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(FormatProblem, match="cannot be read"):
        read_gold(tmp_path / "binary")


def test_a_range_behind_the_text_is_refused():
    """Gold made for another version of a text must not be scored against this one."""
    with pytest.raises(FormatProblem, match=r"ends at 1001 of d1.txt, which has 1000"):
        evaluate(gold(pair((0, 0, 100), (1, 0, 1001))), result(2))


def test_scores_as_json_and_text():
    """All figures survive JSON; the tables are aligned and speak both languages."""
    scores = evaluate(
        gold(pair((0, 0, 100), (1, 0, 100), operator="wraps")), result(2, [passage((0, 0, 90), (1, 0, 90))])
    )
    values = json.loads(json.dumps(scores.to_dict()))
    assert values["operators"]["wraps"]["recall"] == 0.9
    assert "覆盖率" in scores.to_text()
    english = scores.to_text("en").splitlines()
    assert english[0].split() == ["operator", "pairs", "found", "plagdet", "precision", "recall", "granularity",
                                  "micro", "pair-P", "pair-R", "pair-F1", "covered"]  # fmt: skip
    assert len({len(line) for line in english[:3]}) == 1


spans = st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(1, 25)).map(lambda s: (s[0], s[1], s[1] + s[2]))
tables = st.lists(spans, max_size=12)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(tables, tables)
def test_overlapping_and_covered_equal_their_slow_twins(one, two):
    """The sorted join and the sweep give what all pairs and sets of points give."""
    a, b = (np.array(rows, np.int64).reshape(-1, 3).T for rows in (one, two))
    i, j = overlapping(*a, *b)
    slow = [
        (x, y)
        for x, (g, s, e) in enumerate(one)
        for y, (h, u, v) in enumerate(two)
        if g == h and max(s, u) < min(e, v)
    ]
    assert sorted(zip(i.tolist(), j.tolist(), strict=True)) == slow
    points = [len({p for g, s, e in one if g == group for p in range(s, e)}) for group in range(4)]
    assert covered(*a, 4).tolist() == points


def slow_plagdet(cases, claims):
    """Potthast et al. 2010, equations 1 to 5, with sets of (document, position)."""

    def chars(span):
        return {(span[0], at) for at in range(span[1], span[2])}

    def detects(claim, case):
        return all(chars(claim[side]) & chars(case[side]) for side in (0, 1))

    def shared(claim, case):
        return set().union(*(chars(claim[side]) & chars(case[side]) for side in (0, 1)))

    def size(row):
        return sum(len(chars(side)) for side in row)

    def share(row, others, flip):
        hits = [other for other in others if detects(*((row, other) if flip else (other, row)))]
        got = sum(len(set().union(*(chars(row[s]) & chars(other[s]) for other in hits), set())) for s in (0, 1))
        return got / size(row), len(hits)

    precision = [share(claim, cases, True)[0] for claim in claims]
    recall = [share(case, claims, False) for case in cases]
    hit = [(claim, case) for claim in claims for case in cases if detects(claim, case)]
    right = set().union(*(shared(*row) for row in hit), set())
    claimed = set().union(*(chars(side) for row in claims for side in row), set())
    wanted = set().union(*(chars(side) for row in cases for side in row), set())
    counts = [count for _, count in recall if count]
    p = sum(precision) / len(precision) if precision else 0.0
    r = sum(value for value, _ in recall) / len(recall)
    g = sum(counts) / len(counts) if counts else 1.0
    plagdet = (2 * p * r / (p + r) if p + r else 0.0) / log2(1 + g)
    return p, r, g, plagdet, len(right) / len(claimed) if claimed else 0.0, len(right) / len(wanted)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(1, 25), st.integers(1, 25)), min_size=1, max_size=4),
       st.lists(st.tuples(spans, spans), max_size=6))  # fmt: skip
def test_plagdet_equals_its_definition(lengths, claims):
    """On cases that share no place, all figures are those of the published equations."""
    cases = [((0, 30 * n, 30 * n + a), (1, 30 * n, 30 * n + b)) for n, (a, b) in enumerate(lengths)]
    claims = [tuple(sorted(claim)) for claim in claims]
    rows = gold(*(pair(*case) for case in cases), complete=True)
    figures = evaluate(rows, result(4, [passage(*claim) for claim in claims])).passages
    got = (figures.precision, figures.recall, figures.granularity, figures.plagdet,
           figures.micro_precision, figures.micro_recall)  # fmt: skip
    assert got == pytest.approx(slow_plagdet(cases, claims))


def test_a_large_family_costs_places_not_pairs():
    """A block in 3,000 documents, starred on both sides, is scored in seconds and completely."""
    count = 3000
    star = [pair((0, 0, 100), (number, 0, 100)) for number in range(1, count)]
    places = [(number, 0, 100) for number in range(count)]
    listed = [passage(*sorted((places[7], place))) for place in places if place != places[7]]
    figures = evaluate(gold(*star), result(count, listed, [cluster(places)])).passages
    assert (figures.precision, figures.recall) == (1.0, 1.0)
