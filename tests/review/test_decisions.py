"""Decisions: the file, and how a verdict follows its family into another result."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import scan
from dedup.decisions import (
    SCHEMA,
    VERDICTS,
    Applied,
    Decision,
    Finder,
    apply,
    carry,
    dumps,
    family_digest,
    latest,
    load,
    loads,
    member_keys,
)
from dedup.errors import FormatProblem
from dedup.result import Document
from tests.report.synthetic import build

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
decisions = st.builds(
    Decision,
    family=words.filter(bool),
    digest=words,
    verdict=st.sampled_from(VERDICTS),
    reason=words,
    reviewer=words,
    time=words,
    members=st.lists(words, max_size=3).map(tuple),
)


def judged(result, reviewer="甲", time="2024-01-01T00:00:00+08:00"):
    """Return one decision on every family."""
    return [
        Decision(
            cluster.id,
            family_digest(result, cluster),
            VERDICTS[number % 5],
            "",
            reviewer,
            time,
            member_keys(result, cluster),
        )
        for number, cluster in enumerate(result.clusters)
    ]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(decisions, max_size=5))
def test_a_decisions_file_reads_back_as_it_was_written(rows):
    """Whatever is in reasons and names."""
    assert sorted(loads(dumps(rows)), key=repr) == sorted(rows, key=repr)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "the schema is 'list'"),
        ('{"schema": "dedup.decisions/2", "decisions": []}', "the schema is 'dedup.decisions/2'"),
        (json.dumps({"schema": SCHEMA}), "decisions is missing"),
        (json.dumps({"schema": SCHEMA, "decisions": [3]}), "decision 1 is int"),
        (json.dumps({"schema": SCHEMA, "decisions": [{"family": 1}]}), "family 1, wanted a string"),
        (json.dumps({"schema": SCHEMA, "decisions": [{"verdict": "self"}]}), "names no family"),
        (json.dumps({"schema": SCHEMA, "decisions": [{"family": "f", "verdict": "guilty"}]}), "verdict 'guilty'"),
        (
            json.dumps({"schema": SCHEMA, "decisions": [{"family": "f", "verdict": "self", "members": [1]}]}),
            "members that are not",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wrong(tmp_path, text, told):
    """The sentence names the file, the row, the value found and the value wanted."""
    path = tmp_path / "decisions.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatProblem, match=told) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_told(tmp_path):
    """Not a traceback."""
    with pytest.raises(FormatProblem, match="cannot be read"):
        load(tmp_path / "none.json")


def test_on_the_same_result_every_verdict_stands():
    """Same families, nothing marked."""
    result = build(40)
    carried, unmatched = carry(judged(result), result)
    assert not unmatched
    assert {row.family for row in carried} == {cluster.id for cluster in result.clusters}
    assert not any(row.changed for row in carried)


def test_ids_may_change_if_the_members_do_not():
    """The digest finds the family under another id."""
    result = build(40)
    renamed = replace(result, clusters=tuple(replace(row, id="x" + row.id) for row in result.clusters))
    carried, unmatched = carry(judged(result), renamed)
    assert not unmatched
    assert all(row.family == "x" + row.decision.family and not row.changed for row in carried)


def test_a_family_that_grew_keeps_its_verdict_and_asks_for_another_look():
    """By its id, and by its members where the id is new as well."""
    result = build(40)
    cluster = result.clusters[3]
    grown = replace(
        cluster,
        members=(*cluster.members, replace(cluster.members[0], start=0, end=5)),
        wording=(*cluster.wording, 0.9),
    )
    for name in (cluster.id, "new-id"):
        clusters = tuple(replace(grown, id=name) if row is cluster else row for row in result.clusters)
        carried, unmatched = carry(judged(result), replace(result, clusters=clusters))
        assert not unmatched
        assert [(row.family, row.decision.family) for row in carried if row.changed] == [(name, cluster.id)]


def test_a_family_that_is_gone_is_told_and_not_lost():
    """Unmatched decisions come back as they were."""
    result = build(40)
    rows = judged(result)
    carried, unmatched = carry(rows, replace(result, clusters=result.clusters[5:]))
    assert [row.family for row in unmatched] == [cluster.id for cluster in result.clusters[:5]]
    assert len(carried) == len(rows) - 5


def test_the_last_verdict_of_each_reviewer_counts():
    """By time, not by order; reviewers do not displace one another."""
    rows = [
        Decision("f", "d", "self", reviewer="甲", time="2024-02"),
        Decision("f", "d", "citation", reviewer="甲", time="2024-01"),
        Decision("f", "d", "template", reviewer="乙", time="2023-01"),
    ]
    assert {(row.reviewer, row.verdict) for row in latest(rows)} == {("甲", "self"), ("乙", "template")}


def test_malformed_member_keys_match_nothing():
    """A decisions file edited by hand does not stop the reading."""
    result = build(5)
    rows = [Decision("gone", "gone", "self", members=("x", "y:1", "z:1-b", ":-"))]
    assert carry(rows, result) == ((), tuple(rows))


def _report(number, block):
    filler = "".join(
        f"{number}号堤段第{step}天由{'甲乙丙丁戊'[(number * 7 + step) % 5]}组看守，夜里换岗一次。"
        for step in range(6)
    )
    return Document(f"报告{number:03d}.txt", f"{filler}\n{block}\n{filler[::-1]}", issuer=f"第{number}乡")


def test_verdicts_survive_a_rescan_with_a_tenth_more_documents():
    """Of the families whose members did not change, at least 99 in 100 keep verdict and state; none is lost."""
    blocks = [
        f"第{row}片茶园改种以后，采摘队按{'东南西北'[row % 4]}坡轮换，鲜叶当天过秤入册，"
        f"{'青白红黄黑'[row % 5]}牌仓库的钥匙由{'张王李赵'[row % 4]}姓会计与保管员各执一把，盘点时两人同到方可开启。"
        for row in range(20)
    ]
    before = [_report(number, blocks[number % 20]) for number in range(40)]
    after = before + [_report(number, blocks[number - 40]) for number in range(40, 44)]
    old, new = scan(before), scan(after)
    assert old.clusters
    rows = judged(old)
    carried, unmatched = carry(rows, new)
    keys = {cluster.id: set(member_keys(new, cluster)) for cluster in new.clusters}
    unchanged = [row for row in rows if set(row.members) in keys.values()]
    stand = {row.decision.family for row in carried if not row.changed}
    assert unchanged
    assert sum(row.family in stand for row in unchanged) >= 0.99 * len(unchanged)
    assert len(carried) + len(unmatched) == len(rows)
    assert len(unmatched) <= 0.1 * len(rows)


def test_the_finder_answers_for_one_decision_as_carry_does_for_many():
    """One rule, two doors."""
    result = build(30)
    finder = Finder(replace(result, clusters=result.clusters[2:]))
    for row in judged(result):
        family, changed = finder.find(row)
        assert (family is None) == (row.family in {cluster.id for cluster in result.clusters[:2]})
        assert family is None or (family == row.family and not changed)


def consistent(result):
    """Labels sum to the characters and are what the marks say; families and passages agree."""
    label_of = {cluster.id: (cluster.label, cluster.grade) for cluster in result.clusters}
    for info in result.documents:
        assert sum(info.labels.values()) == info.chars
        counted = dict.fromkeys(info.labels, 0)
        for start, end, label, family in info.marks:
            counted[label] += end - start
            assert family is None or label_of[family][0] == label
        counted["own"] = info.chars - sum(counted.values())
        assert counted == dict(info.labels)
    for row in result.passages:
        assert row.cluster is None or (row.label, row.grade) == label_of[row.cluster]


@settings(derandomize=True, max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(VERDICTS), min_size=20, max_size=20))
def test_applied_decisions_change_what_they_name_and_nothing_else(verdicts):
    """Each family bears the label its verdict gives; marks, counts and passages follow; undecided ones stay."""
    result = build(30)
    rows = [replace(row, verdict=verdict) for row, verdict in zip(judged(result), verdicts, strict=False)]
    decided, told = apply(result, rows)
    consistent(decided)
    assert told == Applied(families=20, changed=0, disputed=0, unmatched=0)
    for before, after, verdict in zip(result.clusters, decided.clusters, verdicts, strict=False):
        if verdict in ("template", "citation", "self"):
            assert (after.label, after.grade) == (verdict, None)
        elif verdict == "insufficient" or before.label in ("copy", "mass"):
            assert after == before
        else:
            assert (after.label, after.grade) == ("copy", "C")
    assert decided.clusters[20:] == result.clusters[20:]
    assert decided.to_dict() == apply(decided, rows)[0].to_dict()


def test_disputed_and_changed_families_are_left_alone_and_counted():
    """Two verdicts on one family, or one on members that changed, wait for a person."""
    result = build(10)
    first, second, third = judged(result)[:3]
    rows = [
        replace(first, verdict="template"),
        replace(first, verdict="citation", reviewer="乙"),
        replace(second, verdict="template", digest="before it grew"),
        replace(third, family="gone", digest="gone", members=()),
    ]
    decided, told = apply(result, rows)
    assert decided.clusters == result.clusters
    assert told == Applied(families=0, changed=1, disputed=1, unmatched=1)


def test_rates_after_a_decision_are_those_of_the_new_labels():
    """A copied block called a template leaves the rates of copying, as the definitions say."""
    block = "护林员在三处山口设了登记点，进山的人先交火种再领牌子，全年共登记三千多人次，漏走一次扣当月补贴。"
    result = scan([_report(number, block) for number in range(3)])
    (cluster,) = [row for row in result.clusters if row.label in ("copy", "mass")]
    rows = [row for row in judged(result) if row.family == cluster.id]
    decided, _ = apply(result, [replace(rows[0], verdict="template")])
    consistent(decided)
    for before, after in zip(result.documents, decided.documents, strict=True):
        assert before.rates["copied"] > 0
        assert after.rates["copied"] == 0
        assert after.rates["repeated"] == before.rates["repeated"]
        assert after.rates["sources"] == 0
