"""The benchmark measures what it says: known truth, an exact join that is exact, adapters that answer as told."""

from __future__ import annotations

import importlib.util
import json
import random
from itertools import pairwise

import naive
import numpy as np
import pytest

from bench import corpus, exact, page, peers, run, scans


@pytest.fixture(scope="module")
def small():
    """A corpus, and every pair at 0.7 by comparing all with all."""
    texts = corpus.make(400, seed=3).texts
    return texts, all_with_all(texts, 0.7)


def all_with_all(texts, threshold):
    sets = [set(naive.gram_hashes([ord(char) for char in text], peers.K)) for text in texts]
    return {
        (i, j)
        for j in range(len(texts))
        for i in range(j)
        if naive.jaccard(sets[i], sets[j]) >= threshold and sets[i]
    }


def unpacked(words):
    return {(int(word) >> 32, int(word) & 0xFFFFFFFF) for word in words}


def test_a_corpus_is_the_same_every_time_and_another_for_another_seed():
    one, two, other = corpus.make(300), corpus.make(300), corpus.make(300, seed=1)
    assert one.texts == two.texts
    assert one.planted.source.tolist() == two.planted.source.tolist()
    assert one.texts != other.texts


def test_shares_lengths_and_rates_are_those_promised():
    made = corpus.make(6_000)
    planted = made.planted
    assert 0.13 <= len(planted.copy) / 6_000 <= 0.17
    assert 170 <= np.mean([len(text) for text in made.texts]) <= 190
    assert 0.30 <= planted.rate.max() <= 0.55
    assert set(planted.style.tolist()) == {0, 1, 2}
    assert (np.diff(planted.copy) > 0).all()
    assert not set(planted.source.tolist()) & set(planted.copy.tolist())


def test_rates_are_true_of_the_texts():
    """A rate of nought is an exact copy; any other bounds the characters that were kept."""
    made = corpus.make(1_500)
    planted = made.planted
    for copy, source, rate in zip(planted.copy, planted.source, planted.rate, strict=True):
        one, other = made.texts[source], made.texts[copy]
        if rate == 0:
            assert one == other
    rng = random.Random(2)
    for at in rng.sample(range(len(planted.copy)), 12):
        one, other = made.texts[planted.source[at]], made.texts[planted.copy[at]]
        common = naive.lcs([ord(char) for char in one], [ord(char) for char in other])
        assert common >= round(len(one) * (1 - planted.rate[at]))
        assert common <= len(one) * (1 - planted.rate[at] / 3) + 2  # a third of the edits only add


def test_files_hold_the_corpus(tmp_path):
    """Each paragraph is a line of its report, and a record's text is the file's."""
    made = corpus.make(220, seed=5)
    corpus.write(made, tmp_path)
    reports = sorted((tmp_path / "reports").rglob("*.txt"))
    assert len(reports) == 5
    texts = [path.read_text(encoding="utf-8") for path in reports]
    records = [json.loads(line) for line in (tmp_path / "reports.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [record["text"] for record in records] == texts
    lines = "".join(texts).splitlines()
    assert [line for line in lines if line in set(made.texts)] == made.texts
    truth = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["copy"] for row in truth] == made.planted.copy.tolist()


@pytest.mark.parametrize("name", corpus.FLOODS)
def test_floods_grow_with_their_size(name):
    one, two = corpus.flood(name, 600), corpus.flood(name, 1_200)
    assert 1.8 <= sum(map(len, two)) / sum(map(len, one)) <= 2.3
    assert one[0]


def test_a_file_six_times_itself():
    (text,) = corpus.flood("sixfold", 6_000)
    assert text == text[: len(text) // 6] * 6
    assert 5_000 <= len(text) <= 6_100


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.9, 1.0])
def test_the_exact_join_finds_every_pair(threshold):
    """Exact copies, texts without a shingle and texts of few common ones included."""
    texts = corpus.make(120, seed=9).texts
    texts += ["甲乙丙丁戊", "甲乙丙丁戊己", "甲乙", "", "甲乙丙丁戊" * 40, *texts[:30]]
    assert unpacked(exact.exact_pairs(texts, threshold)) == all_with_all(texts, threshold)


def test_our_own_row_is_exact(small):
    texts, truth = small
    words = exact.exact_pairs(texts, 0.7)
    assert unpacked(words) == truth
    row = peers.measure("dedup", texts, words, 0.7)
    assert row["precision"] == 1.0
    assert row["recall"] >= 0.99


@pytest.mark.parametrize("name", [name for name in peers.PEERS if name not in ("dedup", "exact join")])
def test_adapters_answer_nearly_right(small, name):
    """Each finds most of what is there; what it cannot do by design (families, flags) is scored leniently."""
    peer = peers.PEERS[name]
    if importlib.util.find_spec(peer.package.replace("-", "_")) is None:
        pytest.skip(f"{peer.package} is not installed")
    texts, _ = small
    row = peers.measure(name, texts, exact.exact_pairs(texts, 0.7), 0.7)
    assert row["recall"] >= (0.6 if name == "rensa rho" else 0.85)
    assert row["precision"] >= (0.3 if peer.kind == "families" else 0.6)


def test_scores_by_hand():
    """Pairs, families and flags against the truth {01, 23}, of five rows."""
    truth = exact.pack(np.array([0, 2]), np.array([1, 3]))
    pairs = peers.score("pairs", np.array([[1, 0], [0, 1], [0, 4]]), truth, 5)
    families = peers.score("families", np.array([7, 7, 7, 9, 8]), truth, 5)
    flags = peers.score("flags", np.array([1, 0, 1, 1, 1]), truth, 5)
    assert (pairs["precision"], pairs["recall"]) == (0.5, 0.5)
    assert (families["precision"], families["recall"]) == (1 / 3, 0.5)
    assert (flags["precision"], flags["recall"]) == (0.75, 0.75)


def test_gifted_hashes_are_one_per_shingle_and_never_cross_texts():
    texts = ["甲乙丙丁戊己", "甲乙", "", "甲乙丙丁戊", "甲乙丙丁戊己"]
    data, indptr = peers._hashed(texts)
    rows = [data[a:b].tolist() for a, b in pairwise(indptr)]
    assert [len(row) for row in rows] == [2, 0, 0, 1, 2]
    assert rows[0] == rows[4]
    assert rows[0][0] == rows[3][0]


def test_what_goes_wrong_becomes_a_row(monkeypatch):
    """A peer that fails, is missing or takes too long is listed with its reason."""
    assert "No module named bench.nothing" in run.child(run.sys.executable, 60, "bench.nothing")["error"]
    assert run.child(run.sys.executable, 0.01, "bench.peers")["error"] == "stopped after 0 s"


def test_of_several_scans_the_middle_one_is_kept(tmp_path, monkeypatch):
    """With the times of all; a round that failed is none of them, and where all did the reason stands."""
    answers = iter([{"seconds": 3.0}, {"error": "gone"}, {"seconds": 1.0}] * 2 + [{"error": "gone"}] * 3)
    kept = {}
    monkeypatch.setattr(run, "child", lambda *_: next(answers))
    monkeypatch.setattr(run, "prepare", lambda *_: tmp_path)
    monkeypatch.setattr(run, "keep", kept.__setitem__)
    run.scans(run.arguments(["--rounds", "5"]), [100], [0.7])
    assert [(row.get("seconds"), row["took"], row.get("error")) for row in kept["scans"]] == [
        (1.0, [1.0, 3.0], None),
        (1.0, [1.0, 3.0], None),
        (None, [], "gone"),
    ]


def test_the_shell_is_timed_from_start_to_end(monkeypatch):
    """Each command once before it counts, then in turn with the others; the least of the rounds is kept."""
    asked = []

    def took(command):
        asked.append(command[0])
        return 10.0 - len(asked), 2.0

    monkeypatch.setattr(scans, "_shell", took)
    rows = scans.shell(2, ["reports"])
    assert [row["name"] for row in rows] == [
        "dedup --help",
        "dedup scan, five reports",
        "dedup scan with JSON and page, five reports",
        "dedup scan, reports",
        "dedup scan with JSON and page, reports",
    ]
    assert asked == ["--help", *["scan"] * 4] * 3
    assert [row["seconds"] for row in rows] == [-1.0, -2.0, -3.0, -4.0, -5.0]
    assert {(row["cpu"], row["rounds"]) for row in rows} == {(2.0, 2)}
    monkeypatch.undo()
    wall, cpu = scans._shell(["--version"])
    assert wall > 0 and cpu > 0


def test_the_page_is_made_of_kept_results(tmp_path):
    """Medians, ratios within a round, errors and growth all arrive on the page."""
    fine = {"version": "1", "kind": "pairs", "peak_mb": 50.0, "precision": 1.0, "recall": 1.0}
    rounds = [
        [
            {"peer": "dedup", "seconds": seconds, "cpu": seconds} | fine,
            {"peer": "gaoya", "seconds": 12 * seconds, "cpu": 9.0} | fine,
            {"peer": "text-dedup", "error": "not to be had"},
        ]
        for seconds in (1.0, 3.0, 2.0)
    ]
    table = {"paragraphs": 100, "folded": 900, "distinct": 90, "planted": 9, "threshold": 0.7,
             "seconds": {"normalise": 0.5}, "rounds": rounds}  # fmt: skip
    (tmp_path / "peers-100-0.7.json").write_text(json.dumps(table))
    scan = {"seconds": 1.0, "cpu": 1.0, "bytes": 3_000_000, "decoding": 0.1, "peak_mb": 90, "before_mb": 50,
            "passages": 7, "first_run": 5.0, "limits": ["anchor: 2"]}  # fmt: skip
    stages = {"read": 0.25, "repair": 0, "normalise": 0.01, "segment": 0.01, "pair": 0.03, "align": 0.02}
    rows = [{"name": f"{n}, folder", "chars": n} | scan | {"seconds": n / 100, "cpu": n / 100} for n in (100, 1_000)]
    rows[0]["timings"], rows[1]["timings"] = stages, stages | {"page": 1.5}
    rows[1]["took"] = [8.0, 10.0, 12.5]
    (tmp_path / "scans.json").write_text(json.dumps(rows))
    (tmp_path / "machine.json").write_text(json.dumps([run.machine(["--rounds", "3"])]))
    shell = [{"name": "dedup --help", "seconds": 0.121, "cpu": 0.1, "rounds": 9}]
    (tmp_path / "shell.json").write_text(json.dumps(shell))
    text = page.render(tmp_path)
    assert "`python -m bench.run --rounds 3`" in text
    assert "| gaoya | 1 | 24 | 9 | 12 |" in text
    assert "- text-dedup: not to be had" in text
    assert "characters^1.00" in text
    assert "| read | 0.25 | 0.25 |" in text
    assert "| page |  | 1.5 |" in text
    assert "| 1,000 | 10 (8 to 12.5) | 10 |" in text
    assert (
        "| 3 | 0.1 | 0.3 | 3 | 150 | 90 |" in text
    )  # MB/s, decoding, to pairs, so many times decoding, align in MB/s
    assert "| dedup --help | 0.121 | 0.1 | 9 |" in text
    pytest.importorskip("matplotlib")
    page.plot(tmp_path, tmp_path / "plot.svg")
    assert "<svg" in (tmp_path / "plot.svg").read_text()


def test_the_way_to_pairs_is_measured_beside_plain_decoding_in_turns(tmp_path):
    corpus.write(corpus.make(220, seed=5), tmp_path)
    row = scans.pairs(2, str(tmp_path / "reports"))
    assert row["bytes"] == sum(path.stat().st_size for path in (tmp_path / "reports").rglob("*.txt"))
    assert row["pairs"] > 0
    assert [list(run["stages"]) for run in row["runs"]] == [["read", "repair", "normalise", "segment", "pair"]] * 2
    assert all(run["seconds"] >= sum(run["stages"].values()) for run in row["runs"])


def test_the_ratio_to_decoding_is_the_median_of_the_rounds_own():
    runs = [
        {"decoding": decoding, "seconds": seconds, "cpu": 1.0, "stages": {"read": seconds / 2}}
        for decoding, seconds in ((1.0, 3.0), (4.0, 8.0), (2.0, 5.0))
    ]
    table = page._pairs_table([{"name": "some", "chars": 7, "runs": runs}, {"name": "none", "error": "it fell"}])
    some, none = table.splitlines()[-2:]
    assert some == "| some | 7 | 2 | 5 | 1 | 2.50 | 2.00 to 3.00 | read 2.5 |"
    assert none.startswith("| none |") and none.endswith("| it fell |")
