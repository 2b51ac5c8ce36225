"""Documents whose issuer, date and title are sought later are, then, what they are when these are sought at once."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup import scan
from dedup.executors.local import gathered
from dedup.executors.prepared import laid_out
from dedup.kernels.threads import threads
from dedup.read import ReadOptions, plan, read, walk
from dedup.read.metadata import ends_of, facts_of_text
from dedup.read.pending import Awaited, Codes, Pending, Stretch, made
from dedup.read.walk import read_pending
from dedup.result import Document, Skipped
from dedup.schema import string
from dedup.steps import repair

TEXT = "各村把水窖的盖板重新箍了铁边，钥匙交给轮值的两户，雨后第二天清一次淤。\n" * 3
SIGNED = f"关于修缮水窖的报告\n\n{TEXT}\n柳沟乡人民政府\n2006年11月3日\n"


@pytest.fixture
def folder(tmp_path):
    for number in range(4):
        (tmp_path / f"枣林镇人民政府_200{number}-05.txt").write_text(TEXT if number % 2 else SIGNED, encoding="utf-8")
    records = [
        {"id": "a", "text": SIGNED, "issuer": "石桥镇人民政府", "grade": 7},
        {"id": 3, "text": TEXT, "date": "2011-02-03"},
        {"id": "b", "text": f"\ufffd{TEXT}"},
        {"id": "c", "text": 5},
        {"id": "d", "text": "  "},
    ]
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records)
    (tmp_path / "r.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "r.csv").write_text(f'id,text,单位\n1,"{SIGNED}",沙河县水利局\n', encoding="utf-8")
    (tmp_path / "p.html").write_text(f"<html><body><p>{TEXT}</p></body></html>", encoding="utf-8")
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    (tmp_path / "meta.csv").write_text("source,title\nr.jsonl#3,第三号\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("many", [1, 10**9])
@pytest.mark.parametrize("large", [1 << 22, 1])
def test_what_is_made_later_is_what_is_made_at_once(folder, monkeypatch, many, large):
    monkeypatch.setattr(walk, "_MANY", many)
    monkeypatch.setattr(walk, "_SMALL", large)  # files above it are read as streams
    options = ReadOptions(meta=folder / "meta.csv")
    at_once = list(read(folder, options))
    later = list(read_pending(plan(folder), options))
    assert [made(one) for one in later] == at_once
    assert {type(one) for one in later} >= {Pending, Skipped}
    assert not any(isinstance(one, Pending) for one in at_once)
    for one, whole in zip(later, at_once, strict=True):
        if isinstance(one, Pending):
            assert (one.source, one.member, one.text) == (whole.source, whole.member, whole.text)
            assert one.furniture == whole.furniture == ()


def test_awaited_documents_are_made_once(folder):
    rows = [one for one in read_pending(plan(folder)) if not isinstance(one, Skipped)]
    awaited, wanted = Awaited(rows), [made(one) for one in rows]
    assert awaited[-1] == wanted[-1] and awaited[0] is awaited[0]
    assert [*awaited[1:3]] == wanted[1:3] and [*awaited[::-2]] == wanted[::-2]
    assert [*awaited[2:][1:][::-1]] == wanted[3:][::-1]
    awaited.settle()
    assert [*awaited] == wanted and len(awaited) == len(wanted)
    assert any(one.issuer == "柳沟乡人民政府" for one in awaited)
    with pytest.raises(IndexError):
        awaited[len(rows)]


def test_of_a_long_text_no_string_is_kept_and_what_its_ends_say_is_what_all_of_it_says(tmp_path, monkeypatch):
    """Whoever asks for no texts is given none of them; whoever does is given all, whatever was asked before."""
    long = SIGNED.replace("\n\n", f"\n\n{TEXT * 20}")
    for number in range(20):
        (tmp_path / f"{number}.txt").write_text(long if number % 2 else SIGNED, encoding="utf-8")
    monkeypatch.setattr(walk, "_MANY", 1)
    with threads(2):
        documents, _ = gathered([tmp_path], ReadOptions())
    awaited, wanted = Awaited(documents), [made(one) for one in documents]
    bare = awaited.without_texts()
    assert [replace(one, text="") for one in bare] == [replace(one, text="") for one in wanted]
    assert sum(one.text == "" for one in bare) == 10
    assert {one.issuer for one in bare} == {"柳沟乡人民政府"} and {one.date for one in bare} == {"2006-11-03"}
    assert [*awaited] == wanted and [*awaited[3:5]] == wanted[3:5] and len(awaited[3:5].without_texts()) == 2
    assert awaited.without_texts()[1:][0].text == "" != awaited[1].text


@pytest.mark.parametrize("size", [959, 960, 961, 962, 963])
def test_a_text_that_is_hardly_longer_than_its_ends_stays_what_it_is(tmp_path, monkeypatch, size):
    """Ends and what stands between them may be as long as the text, and are not the text."""
    whole = (TEXT * 40)[:size]
    for number in range(20):
        (tmp_path / f"{number}.txt").write_text(whole, encoding="utf-8")
    monkeypatch.setattr(walk, "_MANY", 1)
    with threads(2):
        documents, _ = gathered([tmp_path], ReadOptions())
    awaited = Awaited(documents)
    assert {one.text for one in awaited.without_texts()} <= {whole, ""}
    assert {one.text for one in awaited} == {whole}
    ends = ends_of(np.array([ord(char) for char in whole], np.uint32))
    assert ends == whole or len(ends) < len(whole)


near_its_ends = st.sampled_from([0, 1, 12, 200, 252, 260, 300, 640, 690, 700, 710, 900, 950])


@given(near_its_ends, near_its_ends, st.booleans(), st.sampled_from(["\n", "。", ""]))
def test_the_ends_of_a_text_say_what_all_of_it_says(before, behind, broken, last):
    filler = "渠" if not broken else "渠渠渠渠渠渠渠\n"
    text = (filler * before)[:before] + f"\n{SIGNED}" + (filler * behind)[:behind] + last
    for one in (text, text.replace("\n", ""), text[::-1], "关于水窖\n" + text):
        ends = ends_of(np.array([ord(char) for char in one], np.uint32))
        assert facts_of_text(ends) == facts_of_text(one)
        assert len(ends) == min(len(one), 961)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_scan_of_files_knows_what_a_scan_of_their_documents_knows(folder, jobs):
    of_files = scan([folder], jobs=jobs)
    of_documents = scan([*read(folder)], jobs=jobs)
    assert of_files.to_dict() == of_documents.to_dict()
    assert {one.issuer for one in of_files.documents} >= {"柳沟乡人民政府", "石桥镇人民政府", "沙河县水利局"}


def test_threads_that_both_make_a_document_get_the_same(folder):
    rows = [one for one in read_pending(plan(folder)) if isinstance(one, Pending)]
    with threads(1):
        assert [one.made() for one in rows] == [one.made() for one in rows]
    assert all(isinstance(one.made(), Document) for one in rows)


@pytest.mark.parametrize("room", [0, 1, 7, 10_000])
def test_codes_lie_end_to_end_however_many_were_expected(room):
    codes, pieces = Codes(room), [np.arange(size, dtype=np.uint32) + 5 for size in (3, 0, 1, 40, 2)]
    begins = [codes.add(one) for one in pieces]
    assert begins == [0, 3, 3, 4, 44]
    assert codes[0:46].tolist() == np.concatenate(pieces).tolist()


def texts_of(laid) -> list[str]:
    return [string(laid.codes[a:b]) for a, b in zip(laid.indptr[:-1], laid.indptr[1:], strict=True)]


@pytest.mark.parametrize("odd", ["nothing", "gbk", "blank", "html", "records", "given"])
def test_texts_that_reading_laid_out_stay_where_they_are(tmp_path, monkeypatch, odd):
    """In files and folders of any names; and what is read in another way stands among them where it belongs."""
    names = [f"{folder}{number}.txt" for folder in ("", "b/", "b/b/", "a/") for number in range(6)]
    random.Random(7).shuffle(names)
    for number, name in enumerate(names):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        start = ("2021年", "", "\n　", "A")[number % 4]
        (tmp_path / name).write_text(f"{start}第{number}件：{TEXT * (number % 3)}", encoding="utf-8")
    others = {
        "nothing": (),
        "gbk": (("b/9.txt", TEXT.encode("gbk")),),
        "blank": (("b/9.txt", b"\n  \n"),),
        "html": (("b/9.txt", f"<html><body><p>{TEXT}</p></body></html>".encode()),),
        "records": (("b/9.jsonl", json.dumps({"text": TEXT}).encode()),),
        "given": (),
    }
    for name, content in others[odd]:
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(walk, "_MANY", 1)
    given = [Document("b", "在内存里的一份报告，写的是渠首闸板的尺寸。")] if odd == "given" else []
    with threads(2):
        documents, _ = gathered([tmp_path, *given], ReadOptions())
    calls = []
    lay_out = repair.lay_out
    monkeypatch.setattr(repair, "lay_out", lambda texts: calls.append(len(texts)) or lay_out(texts))
    assert texts_of(laid_out(documents)) == [one.text for one in documents]
    assert [made(one) for one in documents] == sorted(
        [one for one in [*read(tmp_path), *given] if isinstance(one, Document)], key=lambda one: one.source
    )
    assert (not calls) == (odd == "nothing")
    assert sum(isinstance(one, Pending) and isinstance(one.written, Stretch) for one in documents) >= 20


def test_documents_of_one_name_are_ordered_by_their_texts():
    texts = ["丙处的渠", "甲处的渠", "乙处的渠", "甲处的渠"]
    documents, _ = gathered([Document("a", text) for text in texts], ReadOptions())
    assert [one.text for one in documents] == sorted(texts)
