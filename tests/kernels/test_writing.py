"""Lines written from columns are what formatting row after row writes."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import lines
from dedup.rows import slices, trimmed

shares = st.integers(-1, 10_000) | st.sampled_from([0, 1, 10, 100, 1_000, 9_999, 10_000, 12_345, 1_230_000])
numbers = st.integers(-1, 2**62) | st.integers(-1, 12)
strings = st.text(st.characters(exclude_categories=()), max_size=6)  # half surrogate pairs too


@st.composite
def rows(draw):
    count = draw(st.integers(0, 90))
    some = st.lists(strings, min_size=1, max_size=5)
    column = lambda of: st.lists(of, min_size=count, max_size=count)  # noqa: E731
    table = draw(some)
    return (
        table,
        draw(column(st.integers(-len(table), len(table) - 1))),
        draw(column(numbers)),
        draw(column(shares)),
        draw(column(st.integers(0, 2**64 - 1))),
        draw(column(strings)),
    )


def naive(table, word, number, share, name, own):
    """One row after the other, as Python formats."""
    return [
        f"«{table[a]}，{'null' if b < 0 else b}{'null' if c < 0 else c / 10_000}"
        f":{d:016x}{e}{json.dumps(e, ensure_ascii=False)}»"
        for a, b, c, d, e in zip(word, number, share, name, own, strict=True)
    ]


def written(table, word, number, share, name, own):
    return lines.written(
        [
            lines.word("«", np.array(word, np.int64), lines.words(table)),
            lines.number("，", np.array(number, np.int64)),
            lines.share("", np.array(share, np.int64)),
            lines.name(":", np.array(name, np.uint64)),
            lines.text("", lines.words(own)),
            lines.string("", lines.words(own)),
        ],
        "»",
    )


@settings(deadline=None, derandomize=True, max_examples=120)
@given(rows())
def test_lines_are_those_of_the_naive_twin(columns):
    assert list(written(*columns)) == naive(*columns)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.lists(st.integers(0, 500), max_size=4), max_size=9))
def test_runs_of_lines_are_lists(groups):
    """The separator stands between the rows of a run, and not behind the last."""
    rows = lines.written([lines.number("", np.array([one for group in groups for one in group], np.int64))], ", ")
    border = np.cumsum([0, *map(len, groups)])
    found = lines.written([lines.text("[", lines.runs(rows, border, ", "))], "]")
    assert [json.loads(one) for one in found] == groups


@settings(deadline=None, derandomize=True, max_examples=80)
@given(strings, st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=8))
def test_slices_are_the_slices_of_the_text(text, ranges):
    ranges = [(min(a, b, len(text)), min(max(a, b), len(text))) for a, b in ranges]
    codes = np.array([ord(one) for one in text], np.uint32)
    start, end = np.array(ranges, np.int64).reshape(-1, 2).T
    assert slices(codes, start, end) == [text[a:b] for a, b in ranges]


@settings(deadline=None, derandomize=True, max_examples=120)
@given(
    st.lists(st.text(st.sampled_from("水\ud800 \t\x0b\x1c\x1f\x85\xa0\u1680\u200a\u200b\u3000\u3001"), max_size=5))
)
def test_trimmed_stretches_are_the_strings_stripped(texts):
    codes = np.array([ord(one) for one in "".join(texts)], np.uint32)
    end = np.cumsum([len(one) for one in texts], dtype=np.int64)
    ends = trimmed(codes, end - np.array([len(one) for one in texts], np.int64), end)
    assert slices(codes, *ends) == [one.strip() for one in texts]


@settings(deadline=None, derandomize=True, max_examples=80)
@given(st.lists(strings, max_size=90))
def test_code_points_are_encoded_as_python_encodes_them(texts):
    codes = np.array([ord(one) for one in "".join(texts)], np.uint32)
    end = np.cumsum([len(one) for one in texts], dtype=np.int64)
    found = lines.encoded(codes, end - np.array([len(one) for one in texts], np.int64), end)
    rows = [found.data[a:b].tobytes() for a, b in zip(found.begin, found.end, strict=True)]
    assert rows == [one.encode("utf-8", "surrogatepass") for one in texts]


def test_every_character_that_json_escapes_is_escaped_as_python_does():
    text = "".join(map(chr, range(256))) + "\u2028\ud800🙂"
    (found,) = lines.written([lines.string("", lines.words([text]))], "")
    assert found == json.dumps(text, ensure_ascii=False)


def test_words_of_some_rows_are_nothing_in_the_others():
    values = np.array([3, 0, 5])
    found = lines.where(values > 0, [lines.number("<", values)], ">")
    assert [found.data[a:b].tobytes() for a, b in zip(found.begin, found.end, strict=True)] == [b"<3>", b"", b"<5>"]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(rows())
def test_words_may_stand_on_a_shelf(columns):
    """Some of the tables, or others beside them: the lines are the same."""
    table, word, *_ = columns
    one, other = lines.words(table), lines.words(["x", *table])
    row = np.array(word, np.int64)
    fields = [lines.word("", row, other), lines.word("-", row, one), lines.word("+", row, other)]
    wanted = list(lines.written(fields, "."))
    for tables in ([one], [other], [one, other], [lines.words(["y"]), other, other]):
        assert list(lines.written(fields, ".", lines.shelf(tables))) == wanted
