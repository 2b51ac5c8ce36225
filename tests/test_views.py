"""What a result shows of itself: frames, the weakest pairs, a stricter view, a table for notebooks."""

from __future__ import annotations

import builtins
import json
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Document, Params, Result, scan
from dedup.errors import MissingExtra, ParamsError
from dedup.frames import SCHEMAS
from dedup.soundness import problem
from tests.docs.blocks import ROOT
from tests.results import HOSTILE_NAME, large_result, sample_result


@pytest.fixture(scope="module")
def result():
    return scan([ROOT / "data" / "reports"])


EMPTY = Result(version="0", params=Params(), documents=(), passages=(), clusters=())


@pytest.mark.parametrize("table", SCHEMAS)
def test_both_frames_say_the_same(result, table):
    """Same columns in the same order, same values, missing where missing."""
    ours, theirs = result.to_pandas(table), result.to_polars(table)
    assert list(ours.columns) == theirs.columns == list(SCHEMAS[table])
    rows = [
        {name: None if value is pd.NA else value for name, value in row.items()} for row in ours.to_dict("records")
    ]
    assert rows == theirs.to_dicts() and len(rows) > 0


@pytest.mark.parametrize("table", SCHEMAS)
def test_a_column_has_its_type_even_where_nothing_stands_in_it(table):
    """Frames of an empty result can be put under those of a full one."""
    full, none = sample_result().to_pandas(table), EMPTY.to_pandas(table)
    assert len(none) == 0 and (full.dtypes == none.dtypes).all()
    assert EMPTY.to_polars(table).schema == sample_result().to_polars(table).schema


def test_the_rows_are_those_of_the_result(result):
    passages, members = result.to_pandas(), result.to_pandas("members")
    assert passages["id"].tolist() == [one.id for one in result.passages]
    assert passages["left_text"].tolist() == [result.text(one.left) for one in result.passages]
    assert len(members) == sum(len(one.members) for one in result.clusters)
    assert members["medoid"].sum() == len(result.clusters) == len(result.to_pandas("clusters"))
    documents = result.to_polars("documents")
    labels = documents.select(pl.sum_horizontal(*result.documents[0].labels))
    assert labels.to_series().to_list() == documents["chars"].to_list()


def test_texts_can_be_left_out_and_may_be_missing(result):
    assert not any(name.endswith("text") for name in result.to_pandas(texts=False).columns)
    bare = replace(result, documents=tuple(replace(info, text=None) for info in result.documents))
    assert bare.to_pandas()["left_text"].isna().all()


def test_a_table_that_there_is_not_is_refused(result):
    with pytest.raises(ParamsError, match="table is 'families', but must be one of passages, clusters"):
        result.to_pandas("families")


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_frame_without_its_package_says_which_extra_it_wants(monkeypatch, package):
    real = builtins.__import__

    def absent(name, *rest):
        if name.split(".")[0] == package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest)

    monkeypatch.setattr("dedup._optional.import_module", lambda name: absent(name))
    with pytest.raises(MissingExtra, match=rf"needs {package}: pip install 'dedup\[{package}\]'"):
        getattr(EMPTY, f"to_{package}")()


def test_the_weakest_are_the_least_like_of_what_is_called_a_duplicate(result):
    weakest = result.weakest(5)
    rest = [one for one in result.passages if one.label in ("copy", "mass") and one not in weakest]
    assert len(weakest) == 5 and {one.label for one in weakest} <= {"copy", "mass"}
    assert [one.wording for one in weakest] == sorted(one.wording for one in weakest)
    assert weakest[-1].wording <= min(one.wording for one in rest)
    assert result.weakest(0) == () and len(result.weakest(10**6)) == 5 + len(rest)
    with pytest.raises(ParamsError, match="count is -1"):
        result.weakest(-1)


def test_a_stricter_view_is_the_selection_that_it_says(result):
    """Exactly the passages at the threshold, exactly the members at it; everything else follows and is sound."""
    strict = result.rethreshold(0.95)
    assert [one.id for one in strict.passages] == [one.id for one in result.passages if one.wording >= 0.95]
    assert strict.params == replace(result.params, threshold=0.95)
    wanted = {
        cluster.id: [span for span, wording in zip(cluster.members, cluster.wording, strict=True) if wording >= 0.95]
        for cluster in result.clusters
    }
    found = {cluster.id: list(cluster.members) for cluster in strict.clusters}
    assert found == {name: members for name, members in wanted.items() if len(members) > 1}
    assert 0 < len(found) < len(wanted)
    assert all(cluster.members[cluster.medoid] in found[cluster.id] for cluster in strict.clusters)
    assert all(cluster.weakest == min(cluster.wording) >= 0.95 for cluster in strict.clusters)
    assert {one.cluster for one in strict.passages} <= {None, *found}
    *before, limit = strict.limits
    assert tuple(before) == result.limits
    assert (limit.kind, limit.count) == ("rethreshold", len(result.passages) - len(strict.passages))
    assert problem(strict) is None
    assert Result.from_dict(json.loads(strict.to_json())).to_json() == strict.to_json()


def test_what_a_stricter_view_no_longer_explains_is_own_text(result):
    """No mark names a family that is gone; nothing turns from own text into something else."""
    strict = result.rethreshold(0.95)
    there = {cluster.id for cluster in strict.clusters} | {None}
    for before, after in zip(result.documents, strict.documents, strict=True):
        assert {mark[3] for mark in after.marks} <= there
        assert after.labels["own"] >= before.labels["own"] and sum(after.labels.values()) == after.chars
        covered = {at for start, end, *_ in before.marks for at in range(start, end)}
        assert {at for start, end, *_ in after.marks for at in range(start, end)} <= covered


def test_a_family_under_one_that_is_gone_comes_to_light():
    """An inner copy that is weak hides the outer one; where it falls, the outer one is seen again."""
    outer = "磨坊换了新的石磨，豆腐比从前嫩，隔壁村也来排队，赶集的人顺路捎一板回去，天不亮就卖完。"
    result = sample_result()
    info, texts = result.documents[0], outer * 4
    ids = ("outer", "inner")
    spans = [replace(result.clusters[0].members[0], document=row, start=0, end=40) for row in (0, 1)]
    inner = [replace(span, start=10, end=20) for span in spans]
    clusters = tuple(
        replace(result.clusters[0], id=name, label="copy", medoid=0, earliest=None, members=tuple(members),
                wording=(1.0, wording), weakest=wording)
        for name, members, wording in ((ids[0], spans, 1.0), (ids[1], inner, 0.8))
    )  # fmt: skip
    marks = ((0, 10, "copy", "outer"), (10, 20, "copy", "inner"), (20, 40, "copy", "outer"))
    documents = tuple(
        replace(info, id=row, text=texts, chars=len(texts), parts=(), marks=marks,
                labels=dict.fromkeys(info.labels, 0) | {"copy": 40, "own": len(texts) - 40})
        for row in (0, 1)
    )  # fmt: skip
    made = replace(result, documents=documents, clusters=clusters, passages=(), limits=())
    assert problem(made) is None
    assert made.rethreshold(0.9).documents[0].marks == ((0, 40, "copy", "outer"),)


@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.tuples(st.floats(0.7, 1.0), st.floats(0.7, 1.0)).map(sorted))
def test_two_steps_up_are_one(steps):
    """The way to a threshold does not matter, but for the limits that tell of it."""
    made = large_result(30)
    first, last = steps
    one, two = made.rethreshold(last), made.rethreshold(first).rethreshold(last)
    assert replace(one, limits=()) == replace(two, limits=())


def test_the_threshold_of_the_result_changes_nothing(result):
    assert result.rethreshold(result.params.threshold) is result
    assert result.rethreshold(0.701).clusters == result.clusters
    assert [info.labels for info in result.rethreshold(0.701).documents] == [info.labels for info in result.documents]


@pytest.mark.parametrize("threshold", [0.5, 1.01, float("nan"), "much", True])
def test_another_way_than_up_is_refused(result, threshold):
    with pytest.raises(ParamsError, match=r"but must be from 0\.7, at which this result was made, to 1"):
        result.rethreshold(threshold)


class Page(HTMLParser):
    """Collects tags and text."""

    def __init__(self):
        super().__init__()
        self.tags, self.told = [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not attrs, "no attribute, hence no link, source, style or handler"

    def handle_data(self, data):
        self.told += data


def test_a_notebook_gets_a_small_table_without_a_way_out():
    """Only plain tags without attributes; what is hostile is text; small for a large result too."""
    hostile = sample_result()
    page = Page()
    page.feed(hostile._repr_html_())
    assert set(page.tags) <= {"div", "p", "table", "tr", "th", "td", "code"}
    large = large_result(400)._repr_html_()
    assert len(large) < 6_000 and "more families" in large
    assert "0 documents, 0 families" in EMPTY._repr_html_()
    assert HOSTILE_NAME in {info.name for info in hostile.documents}


def test_a_prompt_gets_one_line(result):
    assert repr(result) == f"Result(documents=43, clusters={len(result.clusters)}, " + (
        f"passages={len(result.passages)}, skipped=0, limits={len(result.limits)})"
    )


def test_a_short_report_is_scanned_into_a_frame_as_the_readme_says():
    block = "各村要把护林防火责任落实到户到人，凡在林区野外用火的一律先报后批，违者取消当年评优资格。"
    found = scan([Document("甲.txt", block), Document("乙.txt", "会议强调：" + block)])
    assert found.to_pandas()[["left_name", "right_name"]].to_numpy().tolist() == [["乙.txt", "甲.txt"]]
