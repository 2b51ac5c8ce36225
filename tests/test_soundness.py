"""A result file either is a result or is refused in a sentence: no face ever sees a broken one."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.errors import FormatProblem
from dedup.pipeline import scan
from dedup.report import pairs, terminal
from dedup.report.markdown import to_markdown
from dedup.report.sheets import to_xlsx
from dedup.report.tables import tables, to_csv
from dedup.result import Result
from dedup.soundness import problem
from tests.results import large_result, sample_result

SAMPLE = json.loads(sample_result().to_json(texts=True))


def test_a_result_made_by_hand_and_one_read_back_are_sound():
    assert problem(sample_result()) is None
    assert Result.from_dict(SAMPLE) == sample_result()


@pytest.mark.parametrize(
    "path,value,told",
    [
        (("documents", 1, "id"), 5, "documents[1].id is 5, wanted 1"),
        (("documents", 0, "chars"), 10, "documents[0].chars is 10, but the text has 234"),
        (("documents", 0, "labels", "copy"), 0, "documents[0].labels do not count"),
        (("documents", 0, "marks", 0, 1), 10**6, "documents[0] has a part or mark outside"),
        (("documents", 0, "marks", 0, 2), "gossip", "documents[0].marks have an unknown label"),
        (("documents", 0, "marks", 1, 0), 0, "documents[0].marks overlap"),
        (("documents", 0, "source"), None, "documents[0].source is None"),
        (("passages", 2, "left", "document"), 99, "passages[2] names document 99, but there are 7"),
        (("passages", 0, "wording"), float("nan"), "passages[0].wording is nan"),
        (("passages", 0, "similarity"), 1.5, "passages[0] has a share of 1.5, wanted 0 to 1"),
        (("passages", 0, "changes", 0, "left"), [0, 999], "passages[0] has a change outside its document"),
        (("clusters", 0, "medoid"), 2, "clusters[0].medoid is 2, but it has 2 members"),
        (("clusters", 0, "medoid"), True, "clusters[0].medoid is True"),
        (("clusters", 0, "members", 1, "line"), "\x1b[2J", "clusters[0].members[1].line is '\\x1b[2J'"),
        (("clusters", 0, "members", 1, "end"), 10**9, "clusters[0] has a span"),
        (("clusters", 0, "members", 1, "part"), 7, "clusters[0] names part 7"),
        (("clusters", 0, "label"), "gossip", "clusters[0].label is 'gossip', wanted one of furniture"),
        (("skipped", 0, "reason"), 3, "skipped[0].reason is 3"),
        (("limits", 0, "count"), "many", "limits[0].count is 'many'"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(path, value, told):
    data = copy.deepcopy(SAMPLE)
    holder = data
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    with pytest.raises(FormatProblem) as caught:
        Result.from_dict(data, path="r.json")
    assert str(caught.value).startswith(f"r.json: {told}")


def _leaves(value, path=()):
    """Yield the path of every value below, the branches included."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _leaves(inner, (*path, key))


PATHS = list(_leaves(SAMPLE))
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 400),
    st.floats(),
    st.text(st.characters(), max_size=6),
    st.lists(st.integers(0, 9), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@settings(max_examples=400, derandomize=True, deadline=None)
@given(st.sampled_from(PATHS), VALUES, st.booleans())
def test_no_change_of_a_result_file_brings_more_than_a_sentence(path, value, remove):
    """Whatever is replaced or removed: every face shows the file, or the loader refuses it with a `FormatProblem`."""
    data = copy.deepcopy(SAMPLE)
    holder = data
    for key in path[:-1]:
        holder = holder[key]
    if remove:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    try:
        result = Result.from_dict(data)
    except FormatProblem as error:
        assert str(error)
        return
    for face in (terminal, pairs):
        "\n".join(face.plain(result)).encode("utf-8")
    to_markdown(result, lang="en")
    to_xlsx(result)
    for table in tables(result):
        to_csv(table)


def test_what_a_scan_of_the_sample_corpus_finds_is_sound_and_is_read_back_as_it_was():
    data = Path(__file__).parent.parent / "data"
    result = scan([data / "reports"], templates=[data / "template.txt"])
    assert problem(result) is None
    assert Result.from_dict(json.loads(result.to_json(texts=True))) == result


def test_checking_costs_little_beside_reading():
    """A result of a thousand families is checked in a fraction of a second: 0.1 s measured."""
    result = large_result(1000)
    begun = time.perf_counter()
    assert problem(result) is None
    assert time.perf_counter() - begun < 3


def test_a_result_without_texts_is_sound():
    result = sample_result()
    bare = replace(result, documents=tuple(replace(info, text=None) for info in result.documents))
    assert problem(bare) is None
