"""Documents whose issuer, date and title are sought later are, then, what they are when these are sought at once."""

from __future__ import annotations

import json

import pytest

from dedup import scan
from dedup.kernels.threads import threads
from dedup.read import ReadOptions, plan, read, walk
from dedup.read.pending import Awaited, Pending, made
from dedup.read.walk import read_pending
from dedup.result import Document, Skipped

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
    assert awaited[1:3] == wanted[1:3] and awaited[::-2] == wanted[::-2]
    awaited.settle()
    assert [*awaited] == wanted and len(awaited) == len(wanted)
    assert any(one.issuer == "柳沟乡人民政府" for one in awaited)
    with pytest.raises(IndexError):
        awaited[len(rows)]


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
