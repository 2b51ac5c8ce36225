"""What counts as the same document, what a query compares and what it leaves out."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from dedup import Document, Index, Params, Result
from dedup.archive import candidates
from dedup.archive.prints import Prints, prints
from dedup.kernels import bands, hashing
from dedup.result import Skipped

from .conftest import reports


def test_prints_depend_on_the_document_alone(archived: list[Document]) -> None:
    """What is kept of a document in a batch is what is kept of it alone; else it could not be kept."""
    mixed = [*archived[:6], Document("collection.txt", _COLLECTION), Document("empty.txt", ""), *archived[6:9]]
    together = prints(mixed, Params())
    start = np.concatenate([np.zeros((2, 1), np.int64), np.cumsum(together.sizes, axis=1)], axis=1)
    for place, (document, cut) in enumerate(zip(mixed, together.by_document(), strict=True)):
        alone = prints([document], Params())
        for name in type(cut).__slots__:
            assert np.array_equal(getattr(cut, name), getattr(alone.paragraphs, name)), (document.name, name)
        for kind in (0, 1):
            low, high = start[kind, place], start[kind, place + 1]
            assert np.array_equal(_between(together, kind, low, high), alone.postings[kind]), document.name


def _between(table: Prints, kind: int, low: int, high: int) -> np.ndarray:
    place = (table.postings[kind] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    inside = (place >= low) & (place < high)
    return np.sort(table.postings[kind][inside] - np.uint64(low))


_COLLECTION = """第一篇：东坡村总结
东坡村今年打了两眼机井，浇地不再等天。机井由三户轮流看管，电费按亩分摊，账贴在井房墙上。
第二篇：西坡村总结
西坡村把打谷场改成晒场，秋收时每户两天，抽签定先后。晒场边上盖了一间小屋，放秤和账本。
"""


def test_band_keys_agree_with_their_slow_twin() -> None:
    """Equal bands, equal keys; one number changed, or the same numbers in another band, another key."""
    values = np.random.default_rng(3).integers(0, 2**32, (4, 23), dtype=np.uint32)
    values[3] = values[0]
    values[3, 7] += 1
    keys = np.empty((4, 5), np.uint32)
    bands.band_keys(values, np.int64(4), keys)
    for row in range(4):
        for band in range(5):
            key = int(hashing._mix64(np.uint64(band + 0x9E3779B97F4A7C15)))
            for value in values[row, 4 * band : 4 * band + 4].tolist():
                key = int(hashing._mix64(np.uint64(key ^ value)))
            assert keys[row, band] == key >> 32
    assert (keys[0] == keys[3]).tolist() == [True, False, True, True, True]
    same = np.tile(values[:1, :4], (1, 5))
    bands.band_keys(same, np.int64(4), keys[:1])
    assert len(set(keys[0].tolist())) == 5


def test_the_mixer_is_that_of_the_other_kernels() -> None:
    """A copied mixer must not drift from its original."""
    for value in (0, 1, 2**63 + 3, 2**64 - 1):
        assert int(bands._mix64(np.uint64(value))) == int(hashing._mix64(np.uint64(value)))


def test_a_source_is_replaced_as_a_whole(where: Path) -> None:
    """Records that a file no longer holds go; those of other files stay."""
    record = [Document("a.jsonl", f"{text}，各组按时交来登记表，统一编号存档。", member=text) for text in "甲乙丙丁"]
    other = Document("b.txt", "粮站门口的磅秤换了新的，过秤的人不用再排长队。")
    with Index.create(where) as index:
        index.add([*record, other])
        told = index.add([record[0], record[2]])
        assert (told.added, told.unchanged, told.removed) == (0, 2, 2)
        assert {one.name for one in index.documents()} == {"a.jsonl#甲", "a.jsonl#丙", "b.txt"}
        index.check(sample=9)


def test_a_source_that_cannot_be_read_whole_loses_nothing(where: Path) -> None:
    """A torn file shows some of its records; the others are not gone. A note that is no error tears nothing."""
    record = [Document("a.zip", f"{text}村修了三里机耕路，收割机能开到地头。", member=text) for text in "甲乙"]
    with Index.create(where) as index:
        index.add(record)
        assert index.add([record[0], Skipped("a.zip", "cut off", kind="damaged", member="乙")]).removed == 0
        assert index.add([record[0], Skipped("a.zip", "a hidden file", kind="hidden", member=".x")]).removed == 1


def test_equal_documents_of_one_source_are_several(where: Path) -> None:
    """Two equal records under one name are two documents, as in a scan; added again they are still two."""
    twin = Document("a.csv", "水库除险加固完工，溢洪道加宽两米，下游三个村不再担心汛期。", member="7")
    with Index.create(where) as index:
        assert index.add([twin, twin]).added == 2
        assert index.add([twin, twin]).unchanged == 2
        assert index.add([twin]).removed == 1
        assert len(index) == 1
        index.check()


def test_metadata_is_content(where: Path) -> None:
    """A report whose issuer became known is a changed report, for labels depend on it."""
    text = "合作社的拖拉机归三户共管，油钱按亩数摊，修车的钱年底一起算清。"
    with Index.create(where) as index:
        index.add([Document("a.txt", text)])
        assert index.add([Document("a.txt", text, issuer="东坡村")]).removed == 1
        assert next(index.documents()).issuer == "东坡村"


def test_odd_documents_come_back_as_they_were(where: Path) -> None:
    """Lone surrogates, control characters, an empty text and every field survive."""
    odd = [
        Document("bad\udcff.txt", "坏字\ud800和\x00零\r\n行尾", member="甲#乙"),
        Document("empty.txt", ""),
        Document(
            "full.pdf",
            "第一页\f第二页",
            title="题",
            issuer="某局",
            date="2001-02",
            encoding="gb18030",
            pages=(0, 4),
            furniture=((0, 2), (3, 4)),
            tables=((4, 6),),
            flags={"replaced": 2},
            meta={"列": "值"},
        ),
    ]
    with Index.create(where) as index:
        index.add(odd)
        assert sorted(index.documents(), key=lambda one: one.source) == sorted(odd, key=lambda one: one.source)
        index.check()
        assert index.drop(["bad\udcff.txt#甲#乙"]) == 1


def test_inputs_that_cannot_be_read_are_told_and_cost_nothing(where: Path, tmp_path: Path) -> None:
    """A missing path and a reader's own rows are listed; what is stored of their sources stands."""
    page = tmp_path / "a.txt"
    page.write_text("渡口改成了浮桥，牛车可以直接过河，赶集不用再绕十里路。", encoding="utf-8")
    with Index.create(where) as index:
        told = index.add([page, tmp_path / "missing.txt", Skipped("x.doc", "encrypted")])
        assert told.added == 1
        assert {row.kind for row in told.skipped} == {"missing", "unreadable"}
        page.unlink()
        assert index.add([page]).removed == 0
        assert len(index) == 1


def test_a_stored_report_is_not_compared_with_itself(where: Path, archived: list[Document]) -> None:
    """Asking about a report that is in the archive already finds the others, not itself."""
    with Index.create(where) as index:
        index.add(archived)
        again = index.query([archived[3]])
        index.drop([archived[3].source])
        assert again.to_json() == index.query([archived[3]]).to_json()


def test_an_older_wording_is_compared(where: Path, archived: list[Document]) -> None:
    """The same name with another text is another report."""
    with Index.create(where) as index:
        index.add(archived[:3])
        revised = Document(archived[0].source, archived[0].text + "\n补充：以上账目已由三名村民代表核对签字。")
        assert [info.source for info in index.query([revised]).documents] == [revised.source] * 2


def test_an_empty_archive_compares_the_new_ones_with_one_another(where: Path, arriving: list[Document]) -> None:
    """Nothing stored is no error."""
    from dedup import scan

    with Index.create(where) as index:
        assert index.query(arriving).to_json() == scan(arriving).to_json()
        assert index.query([]).documents == ()
        assert index.scan().documents == ()


def test_what_archived_reports_share_among_themselves_is_not_told(where: Path, archived: list[Document]) -> None:
    """Every passage and family of an answer touches a new report, and labels still sum to the characters."""
    taken = archived[4].text.split("\n")[0]
    with Index.create(where) as index:
        index.add([*archived, Document("copied.txt", archived[4].text, issuer="丙")])
        result = index.query([Document("new/one.txt", taken, issuer="丁")])
    consistent(result)
    new = {info.id for info in result.documents if info.source == "new/one.txt"}
    assert len(result.documents) >= 3
    for one in result.passages:
        assert {one.left.document, one.right.document} & new
    for cluster in result.clusters:
        assert {member.document for member in cluster.members} & new


def test_a_scan_leaves_archived_documents_to_themselves(archived: list[Document], arriving: list[Document]) -> None:
    """Between new documents, and between new and archived ones, it finds what a scan of all finds; nothing else."""
    from dedup import scan

    whole, asked = scan([*archived, *arriving]), scan(arriving, archived=archived)
    assert asked.documents[0].name == whole.documents[0].name
    new = {info.id for info in whole.documents if info.source.startswith("new/")}
    wanted = [one for one in whole.passages if {one.left.document, one.right.document} & new]
    assert [(one.left, one.right) for one in asked.passages] == [(one.left, one.right) for one in wanted]
    assert len(wanted) < len(whole.passages)


def consistent(result: Result) -> None:
    """Ids are rows, labels sum, marks name families that are there, a result reads back equal."""
    families = {cluster.id for cluster in result.clusters}
    for row, info in enumerate(result.documents):
        assert info.id == row
        assert sum(info.labels.values()) == info.chars
        assert {mark[3] for mark in info.marks} <= families | {None}
        marked = sum(end - start for start, end, _, _ in info.marks)
        assert marked == info.chars - info.labels["own"]
    assert Result.from_dict(result.to_dict()).to_json() == result.to_json()


def test_a_flood_is_met_by_representatives_and_told(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block in more documents than are looked at is still found, in the same ones whatever the order, and said."""
    monkeypatch.setattr(candidates, "COMMON", 20)
    block = "护林员每天绕山两圈，早上一圈看火情，傍晚一圈数上山的人，名册放在山口的木箱里。"
    flood = [Document(one.source, f"{one.text}\n{block}", issuer=one.issuer) for one in reports("flood", 50)]
    question = [Document("new/flooded.txt", "今年的做法与往年一样：" + block)]
    with Index.create(where) as index:
        index.add(flood)
        result = index.query(question)
    assert any(limit.kind == "archive anchor" and limit.bound == 20 for limit in result.limits)
    assert any(block[2:-2] in result.text(one.left) for one in result.passages)
    with Index.create(where, force=True) as index:
        for document in random.Random(2).sample(flood, len(flood)):
            index.add([document])
        assert index.query(question).to_json() == result.to_json()


def test_short_agreements_beyond_the_bound_are_counted(
    where: Path, archived: list[Document], arriving: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents left out for want of room are a limit; those that share a whole passage are compared all the same."""
    monkeypatch.setattr(candidates, "SPARE", 1)
    monkeypatch.setattr(candidates, "SPARE_SHARE", 0)
    with Index.create(where) as index:
        index.add(archived)
        bounded = index.query(arriving)
    (limit,) = (one for one in bounded.limits if one.kind == "archive documents")
    assert limit.count > 0
    found = {info.source for info in bounded.documents}
    assert {archived[number].source for number in (3, 5, 11)} <= found
