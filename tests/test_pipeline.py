"""The pipeline as a whole: invariants of every result, determinism, bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Document, Params, Result, scan
from dedup.errors import ParamsError
from dedup.params import LABELS
from dedup.result import Skipped

DATA = Path(__file__).parent.parent / "data" / "reports"
ROOT = Path(__file__).parent.parent

BLOCK = (
    "磨盘溪两岸的堤脚去年冬天全部翻修，石料由村民就近背运，工钱按方计算当天结清。"
    "入汛以后安排十一名水管员分段值守，每两小时报一次水尺读数，超过警戒线立即鸣锣。"
)
OTHER = "供销社门前的老秤保留下来，赶集那天由退休会计掌秤，谁家觉得短了斤两都可以当面复称。"


@pytest.fixture(scope="module")
def result():
    return scan([DATA])


def check(result: Result) -> None:
    """Every promise that dedup.result makes of its numbers."""
    clusters = {cluster.id for cluster in result.clusters}
    assert len(clusters) == len(result.clusters)
    for info in result.documents:
        assert set(info.labels) == set(LABELS)
        assert sum(info.labels.values()) == info.chars == len(info.text)
        reach = 0
        counts = dict.fromkeys(LABELS, 0)
        for start, end, label, cluster in info.marks:
            assert reach <= start < end <= info.chars
            assert cluster is None or cluster in clusters
            counts[label] += end - start
            reach = end
        assert all(counts[label] == info.labels[label] for label in LABELS if label != "own")
    for passage in result.passages:
        for span in (passage.left, passage.right):
            info = result.documents[span.document]
            assert 0 <= span.start < span.end <= info.chars
            assert info.text.count("\n", 0, span.start) + 1 == span.line or "\r" in info.text
        assert 0 < passage.wording <= 1
        assert passage.wording >= result.params.threshold or passage.kind == "rewritten"
        assert passage.cluster is None or passage.cluster in clusters
        if passage.left.document == passage.right.document:
            assert passage.left.end <= passage.right.start
        for change in passage.changes:
            assert passage.left.start <= change.left[0] <= change.left[1] <= passage.left.end
            assert passage.right.start <= change.right[0] <= change.right[1] <= passage.right.end
    rewritten = {passage.cluster for passage in result.passages if passage.kind == "rewritten"}
    for cluster in result.clusters:
        assert len(cluster.members) == len(cluster.wording) >= 2
        assert cluster.weakest == min(cluster.wording)
        assert cluster.weakest >= result.params.threshold or cluster.id in rewritten
        assert cluster.wording[cluster.medoid] == 1.0
        assert cluster.documents == len({span.document for span in cluster.members})


def test_every_promise_of_a_result_holds_on_the_sample(result):
    check(result)
    assert len(result.clusters) > 20


ALPHABET = "护林防火责任到人一二三12（xx）。，\n ××\u3000Aa\u200b鄉鎮"


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(
        st.lists(st.sampled_from([BLOCK, BLOCK[20:], OTHER, OTHER * 2, "\n", "第一篇：总结\n", "3"]), max_size=5).map(
            "".join
        )
        | st.text(ALPHABET, max_size=120)
        | st.text(max_size=40),
        max_size=5,
    )
)
def test_every_promise_holds_on_any_texts(texts):
    """For any texts: offsets in range, labels sum to the characters, nothing overlaps itself, nothing is lost."""
    found = scan([Document(f"{number}.txt", text) for number, text in enumerate(texts)], Params(min_chars=8))
    check(found)
    assert len(found.documents) + len(found.skipped) == len(texts)


def test_the_json_reads_back_as_the_same_result(result):
    again = Result.from_dict(json.loads(result.to_json(texts=True)))
    assert again == result


def run(script: str, seed: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True,
        text=True, check=True,
    ).stdout  # fmt: skip


@pytest.mark.slow
def test_equal_inputs_give_equal_bytes():
    """Reversed file order, one thread or two, two hash seeds: the JSON is the same to the byte."""
    script = (
        "import hashlib\nfrom pathlib import Path\nfrom dedup import scan\n"
        "files = sorted(Path('data/reports').iterdir())\n"
        "for order, jobs in ((files, 1), (files[::-1], 2)):\n"
        "    print(hashlib.sha256(scan(order, jobs=jobs).to_json().encode()).hexdigest())\n"
    )
    assert len(set((run(script, "0") + run(script, "4242")).split())) == 1


def test_parts_of_a_collection_are_reports_of_their_own():
    """A passage never runs from the end of one part into the beginning of the next."""
    one = f"第一篇：甲村总结\n{OTHER}\n{BLOCK}\n第二篇：乙村总结\n{OTHER}\n{BLOCK}\n"
    found = scan([Document("集.txt", one)])
    assert [cluster.label for cluster in found.clusters] == ["copy"]
    assert [span.part for span in found.clusters[0].members] == [0, 1]


def test_the_same_block_twice_in_one_report_is_self():
    found = scan([Document("甲.txt", f"{BLOCK}\n{OTHER}\n{BLOCK}")])
    assert [(cluster.label, len(cluster.members)) for cluster in found.clusters] == [("self", 2)]


def test_six_times_the_same_block_is_one_family_of_six():
    found = scan([Document("甲.txt", "\n".join([BLOCK] * 6))])
    assert [len(cluster.members) for cluster in found.clusters] == [6]
    assert len(found.passages) == 5


def test_one_issuer_in_two_years_is_self():
    documents = [
        Document("甲.txt", OTHER + "\n" + BLOCK, issuer="磨盘乡", date="2011"),
        Document("乙.txt", BLOCK + "\n往年的做法今年照旧。", issuer="磨盘乡", date="2012"),
    ]
    found = scan(documents)
    assert [cluster.label for cluster in found.clusters] == ["self"]
    assert found.clusters[0].members[found.clusters[0].earliest].document == 1  # 甲 sorts after 乙
    assert found.passages[0].direction == "backward"


def test_numbers_that_differ_are_listed_and_do_not_hide_the_copy():
    changed = BLOCK.replace("十一名", "27名")
    found = scan([Document("甲.txt", BLOCK.replace("十一名", "11名")), Document("乙.txt", changed)])
    (passage,) = found.passages
    assert passage.wording == 1.0 and passage.similarity < 1.0
    assert [change.kind for change in passage.changes] == ["number"]
    left = found.documents[passage.left.document].text[slice(*passage.changes[0].left)]
    right = found.documents[passage.right.document].text[slice(*passage.changes[0].right)]
    assert {left, right} == {"11", "27"}


def test_what_agrees_with_a_template_is_template_and_what_is_written_into_it_is_not():
    form = (
        "河道保洁登记表\n保洁员姓名（须与身份证一致）：\n负责河段起止位置（以桥闸为界）：\n"
        "本月巡河次数及发现问题的处理情况：\n"
    )
    filled = form.replace("一致）：", "一致）：罗木生").replace("为界）：", "为界）：上石桥到榨油坊")
    found = scan([Document("甲.txt", filled), Document("乙.txt", OTHER)], templates=[Document("表.txt", form)])
    info = next(one for one in found.documents if one.source == "甲.txt")
    written = [info.text.index(name) for name in ("罗木生", "榨油坊")]
    marks = [(start, end) for start, end, label, _ in info.marks if label == "template"]
    assert sum(end - start for start, end in marks) > 40
    assert not any(start <= at < end for at in written for start, end in marks)
    assert [one.source for one in found.documents] == ["乙.txt", "甲.txt"]


def test_what_stands_in_a_reference_is_citation():
    law = Document("条例.txt", "第九条　取水口上游一千米之内不得设置堆肥场，已经设置的由乡镇人民政府责令限期迁出。")
    texts = [
        f"{OTHER}按照规定，{law.text[4:]}各村照办。",
        "取水口上游一千米之内不得设置堆肥场，已经设置的由乡镇人民政府责令限期迁出，这一条今年落实了。",
    ]
    found = scan([Document(f"{n}.txt", text) for n, text in enumerate(texts)], references=[law])
    assert {cluster.label for cluster in found.clusters} == {"citation"}
    assert all(info.labels["copy"] == 0 and info.labels["citation"] > 25 for info in found.documents)


def test_bad_input_is_listed_and_the_rest_analysed(tmp_path):
    (tmp_path / "a.txt").write_text(BLOCK, encoding="utf-8")
    (tmp_path / "b.txt").write_bytes(("前言。" + BLOCK).encode("gb18030"))
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "short.txt").write_text("三字文", encoding="utf-8")
    (tmp_path / "noise.txt").write_bytes(bytes(range(256)) * 40)
    record = json.dumps({"id": "x", "text": OTHER})
    (tmp_path / "records.jsonl").write_text(record + '\n{"id": broken\n', encoding="utf-8")
    found = scan([tmp_path, tmp_path / "missing.txt", Skipped("given.txt", "as given")])
    names = {Path(row.source).name for row in found.skipped}
    assert names == {"empty.txt", "short.txt", "noise.txt", "records.jsonl", "missing.txt", "given.txt"}
    assert len(found.clusters) == 1
    assert all(row.reason for row in found.skipped)


def test_jobs_below_one_are_refused():
    with pytest.raises(ParamsError, match="jobs is 0"):
        scan([Document("甲.txt", BLOCK)], jobs=0)


def test_no_documents_give_an_empty_result():
    found = scan([])
    assert (found.documents, found.passages, found.clusters, found.skipped) == ((), (), (), ())
    assert Result.from_dict(found.to_dict()) == found


def test_all_problems_of_parameters_are_told_at_once():
    with pytest.raises(ParamsError) as caught:
        Params(threshold=2, min_chars=0, labels=("copy", "nonsense"))
    message = str(caught.value)
    assert "threshold is 2" in message and "min_chars is 0" in message and "nonsense" in message
    assert len(caught.value.problems) == 3


def test_the_front_door_is_light():
    """Importing the package loads none of the heavy ones."""
    heavy = "numba", "sklearn", "scipy", "jieba", "datasketch", "numpy"
    script = f"import sys, dedup\nprint([name for name in {heavy!r} if name in sys.modules])"
    assert run(script, "0").strip() == "[]"


def test_versions_pasted_into_one_file_do_not_make_a_clause_a_formula():
    """A clause in four parts of two files is copied; in four files it is a formula."""
    clause = "碾坊由看坝的老人轮流值守每晚在账簿上画押"
    # A word of its own on both sides of the clause, so that the clause is all they share.
    around = ("甲乙丙丁戊己", "子丑寅卯辰巳", "金木水火土日", "东南西北中外")
    texts = [f"{words[:3]}说，{clause}，{words[3:]}照办。" for words in around]
    file = "".join(f"第{n}篇：总结\n{text}\n" for n, text in zip("一二三", texts, strict=False))
    pasted = scan([Document("集.txt", file), Document("乙.txt", texts[3])])
    apart = scan([Document(f"{n}.txt", text) for n, text in enumerate(texts)])
    assert {c.label for c in pasted.clusters if len(c.members) == 4} == {"copy"}
    assert {c.label for c in apart.clusters} == {"formula"}
