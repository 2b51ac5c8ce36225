"""A scan on Spark gives the bytes of a scan on this machine: in one process, on a cluster, and when a worker dies."""

from __future__ import annotations

import json
import threading
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import dedup
from bench import corpus
from dedup import _optional
from dedup.cli.main import app
from dedup.errors import EngineProblem
from dedup.executors import cluster, frames, sources, stars
from dedup.executors.intake import Sizes
from dedup.executors.spark import Kept
from dedup.params import Params
from dedup.read import read
from dedup.result import Document, Result

ROOT = Path(__file__).parent.parent.parent
SEEDS = ROOT.parent / "shared" / "seeds"


def on_spark(session, documents: list[Document], params: Params, sizes: Sizes) -> Result:
    from dedup.spark import compared

    tables = compared([(sources.documents(session, documents), frames.Documents())], params, sizes)
    try:
        return tables.result()
    finally:
        tables.release()


def same(one: Result, other: Result) -> None:
    """Assert that two results are the same, naming the first line that is not."""
    for a, b in zip(one.to_json().splitlines(), other.to_json().splitlines(), strict=True):
        assert a == b


def sample() -> list[Document]:
    return [row for row in read([str(ROOT / "data" / "reports")]) if isinstance(row, Document)]


@pytest.mark.slow
def test_the_sample_corpus_in_two_threads(local):
    """The sample corpus, in blocks of a few reports, gives the bytes of a local scan; what is too short is listed."""
    documents = [*sample(), Document("zz/short.txt", "无。"), Document("zz/empty.txt", " ")]
    params = Params()
    same(on_spark(local, documents, params, Sizes(block=8_000)), dedup.scan(documents, params))


# Before work begins


def refused(*arguments: str) -> str:
    """Return what the command says; it must be one line and status 2."""
    told = CliRunner().invoke(app, ["scan", "none.jsonl", "--engine", "spark", *arguments], prog_name="dedup")
    assert told.exit_code == 2, told.output
    assert len(told.stderr.strip().splitlines()) == 1, told.stderr
    assert "fault of dedup" not in told.stderr
    return told.stderr


def test_without_java_one_sentence(monkeypatch, tmp_path):
    """Where there is no Java, that is said, with the mend, and nothing is started."""
    pytest.importorskip("pyspark")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert "no java is found in PATH: install Java" in refused()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert f"JAVA_HOME ({tmp_path})" in refused()


def test_old_java_one_sentence(monkeypatch, tmp_path):
    """A Java that this pyspark cannot run on is named with its version and the one wanted."""
    pytest.importorskip("pyspark")
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"1.7.0_80\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert "is Java 7, but pyspark" in refused()


def test_without_the_extra_one_sentence(monkeypatch):
    """Where pyspark is missing, the pip line is told."""

    def missing(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(_optional, "import_module", missing)
    assert "pip install 'dedup[spark]'" in refused()


def test_wrong_master_one_sentence(spark_installed):
    """A master that is none, or does not answer, is told before Spark is started."""
    assert "the master is 'sparks://here', but must be local[N]" in refused("--master", "sparks://here")
    assert "no master answers at 127.0.0.1:1" in refused("--master", "spark://127.0.0.1:1")
    assert "no master answers at nowhere" in refused("--master", "spark://nowhere")


def test_options_of_spark_need_spark():
    """Options of the engine without the engine are refused, all at once, and so is a setting without a value."""
    told = CliRunner().invoke(app, ["scan", "x", "--master", "yarn", "--tables", "t"], prog_name="dedup")
    assert told.exit_code == 2
    assert "master is for --engine spark only" in told.stderr
    assert "tables is for --engine spark only" in told.stderr
    assert "must be name=value" in refused("--spark-conf", "spark.cores.max")


def test_what_cannot_be_followed_is_refused():
    """Options that the engine would have to ignore are refused instead, all at once, and nothing is started."""
    told = refused("--reference", "law.txt", "--template", "form.txt", "--background", "mine.bin")
    for name in ("reference", "template", "background"):
        assert f"{name} is not yet looked at by --engine spark: scan without it" in told


# In this process


def written(count: int) -> list[Document]:
    """Return generated reports with planted copies, and a flood of boilerplate through them."""
    made = corpus.make(count)
    reports = [Document(f"reports/{name}.txt", text) for name, text in corpus.documents(made)]
    flood = [
        Document(f"flood/{kind}-{number:04d}.txt", text)
        for kind in ("everywhere", "copies", "names")
        for number, text in enumerate(corpus.flood(kind, count // 100))
    ]
    return [*reports, *flood]


@cache
def everything() -> tuple[list[Document], Result]:
    """Return the sample corpus, the seed reports where they are at hand, 20,000 paragraphs; and their local scan."""
    seeds = [row for row in read([str(SEEDS)]) if isinstance(row, Document)] if SEEDS.is_dir() else []
    documents = [*sample(), *seeds, *written(20_000)]
    return documents, dedup.scan(documents, Params())


@pytest.mark.spark
def test_all_corpora_in_two_threads(local):
    """The sample, real reports with page noise, planted copies and floods give the bytes of a local scan."""
    documents, expected = everything()
    same(on_spark(local, documents, Params(), Sizes(block=1_000_000, part=1_000_000)), expected)


@pytest.mark.spark
def test_workers_that_have_not_this_package_or_another_version_of_it(local, monkeypatch):
    """Both are told in a sentence before work begins, with the mend or both versions."""
    with pytest.raises(EngineProblem, match=r"workers has no dedup\.nothing.*PYSPARK_PYTHON"):
        cluster.probe(local, "dedup.nothing")
    monkeypatch.setattr(dedup, "__version__", "0.0.9")
    with pytest.raises(EngineProblem, match=rf"its workers have dedup {version('dedup')}, this is 0\.0\.9"):
        on_spark(local, sample()[:2], Params(), Sizes())


@pytest.mark.spark
def test_a_data_frame_of_a_notebook(local):
    """A frame with a text and an id gives tables; an exceeded bound is told, a column that is not there refused."""
    from dedup.spark import scan

    block = "各村要把护林防火责任落实到户到人，凡在林区野外用火的一律先报后批，违者取消当年评优资格。"
    frame = local.createDataFrame(
        [(1, block), (2, "会议强调：" + block), (3, "别的话另说。")], "id long, text string"
    )
    tables = scan(frame, sizes=Sizes(block=10))
    assert tables.documents.count() == 3
    assert [row.label for row in tables.clusters.select("label").collect()] == ["copy"]
    (passage,) = tables.passages.collect()
    assert (passage.left.document, passage.right.document, passage.right.start) == (0, 1, 5)
    assert local.conf.get("spark.sql.execution.arrow.maxRecordsPerBatch") == "10000"
    with pytest.raises(ValueError, match="no column 'body'"):
        scan(frame, "body")
    with pytest.raises(EngineProblem, match=r"raise spark\.dedup\.shard"):
        scan(frame, sizes=Sizes(shard=50))
    with pytest.raises(EngineProblem, match="more than 1 documents"):
        tables.result(most=1)


def records() -> list[Document]:
    """Return documents of a paragraph each, by a few issuers; figures, clauses and slips stand in many of them."""
    texts = [*corpus.make(900).texts, *corpus.flood("names", 30), *corpus.flood("numbers", 80)]
    clauses = "认真贯彻落实各项工作任务", "共计投入资金23417元", "切实加强组织领导", "全面布署春耕生产工作"
    found = []
    for number, text in enumerate(texts):
        middle = len(text) // 2
        more = clauses[number // 5 % 4] if number % 5 == 0 else ""
        issuer = f"第{number % 13}乡人民政府" if number % 3 else None
        found.append(Document("记录", f"{text[:middle]}{more}{text[middle:]}", member=str(number), issuer=issuer))
    return found


@pytest.mark.spark
@pytest.mark.parametrize("edges", [1_000_000, 0], ids=["components by the driver", "components in data frames"])
def test_many_shards_tell_what_one_does(local, edges):
    """A corpus that no task may hold as a whole is described in shards, to the byte as a local scan describes it."""
    documents, params = records(), Params(rewrite_chars=0, min_chars=24)
    wanted = dedup.scan(documents, params)
    assert sum(len(one.text) for one in documents) > 2 * 60_000
    same(on_spark(local, documents, params, Sizes(block=30_000, shard=60_000, edges=edges)), wanted)
    assert len(wanted.clusters) > 100


@pytest.mark.spark
def test_components_in_data_frames_are_those_of_the_driver(local):
    """Large-star and small-star give each node the least node of its component: chains, stars, random graphs."""
    random = np.random.default_rng(7)
    chain = np.stack([np.arange(100, 140), np.arange(101, 141)])
    star = np.stack([np.full(50, 33), np.arange(200, 250)])
    edges = np.concatenate([random.integers(1_000, 1_300, (2, 120)), chain[:, random.permutation(40)], star], axis=1)
    edges = edges[:, edges[0] != edges[1]]
    nodes, roots = stars.joined(*edges.astype(np.int64))
    frame = local.createDataFrame([(int(u), int(v)) for u, v in edges.T], "u long, v long")
    kept = Kept()
    found = sorted((row.u, row.v) for row in stars.components(frame, kept).collect())
    kept.release()
    assert found == list(zip(nodes.tolist(), roots.tolist(), strict=True))
    assert len(set(roots.tolist())) > 20


@pytest.mark.spark
def test_the_command_on_lines_and_parquet(tmp_path, monkeypatch, spark_installed, settings):
    """``dedup scan --engine spark`` on tables of records writes what the same command writes on this machine."""
    import pyarrow
    import pyarrow.parquet

    monkeypatch.chdir(tmp_path)
    folder = Path("语料 1")
    folder.mkdir()
    rows = [
        {"id": number, "text": text, "issuer": f"第{number % 7}乡人民政府", "from": "test"}
        for number, text in enumerate([*corpus.make(60).texts, *corpus.flood("names", 12)])
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows[:40]]
    (folder / "a.jsonl").write_text("\n".join([*lines, "", json.dumps({"id": "kurz", "text": "无"})]) + "\n")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows[40:]), folder / "b.parquet")
    inputs = [str(folder / "a.jsonl"), str(folder / "b.parquet")]
    given = [f"--spark-conf={name}={value}" for name, value in settings.items()]
    engine = ["--engine", "spark", "--master", "local[2]", "--tables", "out", "--json", "spark.json", *given]
    for more in (["--json", "local.json"], engine):
        told = CliRunner().invoke(app, ["scan", *inputs, "--ignore-unreadable", *more], prog_name="dedup")
        assert told.exit_code == 0, told.output
    assert Path("spark.json").read_bytes() == Path("local.json").read_bytes()
    result = json.loads(Path("local.json").read_text())
    for name in ("documents", "passages", "clusters"):
        assert pyarrow.parquet.read_table(f"out/{name}").num_rows == len(result[name]) > 0
    assert pyarrow.parquet.read_table("out/skipped").to_pylist()[0]["member"] == "kurz"
    (summary,) = Path("out/summary").glob("part-*")
    assert json.loads(summary.read_text())["rows"]["clusters"] == len(result["clusters"])
    told = CliRunner().invoke(app, ["scan", *inputs, *engine, "--force"], prog_name="dedup")
    assert told.exit_code == 2 and "out exists already" in told.stderr


# On a cluster: the session on it takes the place of that in this process, so these come last


@pytest.mark.spark
def test_a_cluster_of_two_workers(spark_installed, standalone):
    """On a standalone master with two workers, all corpora together give the bytes of a local scan."""
    documents, expected = everything()
    same(on_spark(standalone.session, documents, Params(), Sizes(block=1_000_000, part=1_000_000)), expected)


@pytest.mark.spark
def test_a_worker_killed_in_mid_run(spark_installed, standalone):
    """A worker that dies with half of the work done costs time and nothing else."""
    documents, params = sample(), Params()
    tracker = standalone.session.sparkContext.statusTracker()
    before = len(tracker.getJobIdsForGroup())
    done, killed = threading.Event(), []

    def kill() -> None:
        """Wait for the middle of the run: the ninth job runs when the passages are half way."""
        while not done.wait(0.05):
            if len(tracker.getJobIdsForGroup()) >= before + 9 and tracker.getActiveStageIds():
                standalone.kill_worker()
                killed.append(len(tracker.getJobIdsForGroup()))
                return

    watcher = threading.Thread(target=kill)
    try:
        watcher.start()
        found = on_spark(standalone.session, documents, params, Sizes(block=4_000))
    finally:
        done.set()
        watcher.join()
    assert killed, "the run ended before the worker was killed"
    same(found, dedup.scan(documents, params))
