"""Rows kept as columns are the objects they stand for: by index, by slice, in JSON, in comparisons."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedup import Document, Params, Result, scan
from dedup.rates import Rates

REPORTS = Path(__file__).parents[1] / "data" / "reports"


@pytest.fixture(scope="module")
def result() -> Result:
    return scan([REPORTS])


def test_the_json_written_from_columns_is_that_of_the_objects(result):
    """Byte for byte; and each line is what json.dumps makes of the dictionary."""
    columns = "documents", "passages", "clusters"
    plain = replace(result, **{name: tuple(getattr(result, name)) for name in columns})
    assert result.to_json(texts=True) == plain.to_json(texts=True) and result.to_json() == plain.to_json()
    assert json.loads(result.to_json()) == json.loads(json.dumps(result.to_dict()))


@pytest.mark.parametrize("names", [("甲.txt", "乙.txt"), ("甲\ud800.txt", "\udfff乙.txt"), ("한글.txt", "힣.txt")])
def test_a_file_has_the_bytes_of_the_text_with_escapes_of_what_they_cannot_hold(names):
    """Lone surrogates, in objects and in columns, are read back from the file; Hangul begins with the same byte."""
    half = "\ud912"
    block = f"护林队{half}每月逢五巡山，烧秸秆的一律劝回，火种登记在册，三年没有一起火情。"
    found = scan([Document(name, f"第{name}号\n" + block) for name in names])
    assert len(found.clusters) == 1
    for one in (found, replace(found, passages=tuple(found.passages), clusters=tuple(found.clusters))):
        written = b"".join(one.json_bytes(texts=True))
        assert written == one.to_json(texts=True).encode("utf-8", "backslashreplace")
        assert Result.from_dict(json.loads(written)) == found


@pytest.mark.parametrize("rows", ["passages", "clusters", "documents"])
def test_rows_are_a_sequence(result, rows):
    lazy = getattr(result, rows)
    whole = list(lazy)
    assert len(lazy) == len(whole) > 5
    assert lazy[3] == whole[3] and lazy[-1] == whole[-1] and lazy[2:5] == tuple(whole[2:5])
    assert lazy[::-2] == tuple(whole[::-2]) and lazy == tuple(whole) and lazy != whole[:-1]
    with pytest.raises(IndexError):
        lazy[len(whole)]


def test_rows_taken_are_the_rows(result):
    """In whatever order, with their places and changes; those of some families are told by the families' ids."""
    rows = [5, 0, len(result.passages) - 1, 5]
    assert list(result.passages.taken(rows)) == [result.passages[row] for row in rows]
    names = {result.clusters[0].id, result.clusters[2].id}
    assert result.passages.of(names) == [at for at, one in enumerate(result.passages) if one.cluster in names]


def test_no_passage_no_row():
    """An empty result has empty sequences."""
    result = scan(
        [Document("甲.txt", "桐花开在后山的坡上，一直开到五月。"), Document("乙.txt", "船厂的锯木声从清早响到天黑。")]
    )
    assert len(result.passages) == len(result.clusters) == 0
    assert list(result.passages) == [] and result.to_json() == replace(result, passages=(), clusters=()).to_json()
    nothing = scan([])
    assert list(nothing.documents) == [] and nothing.to_json() == replace(nothing, documents=()).to_json()


def test_documents_with_everything_are_written_as_their_objects():
    """Parts, repairs of several kinds, flags, page noise under a copy, what is not known, and quotes in a name."""
    block = "护林队每月逢五巡山，烧秸秆的一律劝回，火种登记在册，三年没有一起火情，群众都说这办法管用。"
    pinyin = "鄉(xiāng)里的溝(gōu)渠\u200b修到了田頭(tóu)。\ufffd"
    documents = [
        Document(
            '"一"\\.txt',
            f"第一篇：巡山\n{block}\n第二篇：　水利 \n{pinyin}\n{block}",
            flags={"replaced": 1, "hidden": 2},
        ),
        Document(
            "二.txt",
            f"首页\n{block}\n{pinyin}",
            "7",
            title="二",
            issuer="柳沟乡",
            date="2021-03",
            furniture=((0, 2),),
        ),
        Document("三.txt", block, furniture=((0, len(block)),)),
    ]
    found = scan(documents, Params(labels=("citation", "copy")))
    plain = replace(found, documents=tuple(found.documents))
    assert {len(one.parts) for one in plain.documents} == {0, 2} and any(one.hidden for one in plain.documents)
    assert any(len(one.repairs) > 1 for one in plain.documents) and any(one.flags for one in plain.documents)
    assert found.to_json(texts=True) == plain.to_json(texts=True)
    for info, document in zip(plain.documents, sorted(documents, key=lambda one: one.source), strict=True):
        assert info.text == document.text and sum(info.labels.values()) == info.chars == len(document.text)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(whole=st.integers(50, 9_999), part=st.integers(0, 9_999))
@example(whole=64, part=2)
@example(whole=64, part=6)
@example(whole=3_200, part=1_700)
def test_shares_are_rounded_as_python_rounds(whole, part):
    """Halves too: 1 of 32 is 0.0312, 3 of 32 is 0.0938."""
    copied = min(part, whole)
    rates = Rates(()).of(0, {"copy": copied, "own": whole - copied})
    assert rates["copied"] == round(copied / whole, 4) and rates["longest_passage"] == 0
    assert Rates(()).of(3, {"own": 49})["copied"] is None


def test_rates_from_columns_and_from_objects_are_the_same(result):
    one, other = Rates(result.passages), Rates(tuple(result.passages))
    for info in result.documents:
        assert one.of(info.id, dict(info.labels)) == other.of(info.id, dict(info.labels)) == info.rates


spans = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 30), st.integers(1, 9))


@given(st.lists(spans, max_size=12))
def test_the_largest_source_is_the_union_of_its_spans(rows):
    """However the spans of one pair of documents overlap, each position counts once."""
    passages = [copied(a, b, start, length) for a, b, start, length in rows]
    rates = Rates(passages)
    for document in range(4):
        with_: dict[int, set[int]] = {}
        for passage in passages:
            for one, other in ((passage.left, passage.right), (passage.right, passage.left)):
                if one.document == document != other.document:
                    with_.setdefault(other.document, set()).update(range(one.start, one.end))
        labels = {
            "own": 900,
            "furniture": 0,
            "formula": 0,
            "template": 0,
            "citation": 0,
            "self": 0,
            "copy": 100,
            "mass": 0,
        }
        found = rates.of(document, labels)
        assert found["largest_source"] == max((len(chars) for chars in with_.values()), default=0) / 1000
        assert found["sources"] == len(with_)


def copied(a, b, start, length):
    """A copy between two documents, at the same place in both."""
    from dedup.result import Passage, Span

    return Passage("0", "copy", "A", 1.0, 1.0, Span(a, start, start + length), Span(b, start, start + length))
