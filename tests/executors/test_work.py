"""A scan over a work folder: the same bytes, however it is cut, computed, interrupted or damaged."""

from __future__ import annotations

import contextlib
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from dedup import Document, Params, describe, figures, scan
from dedup.errors import OutputFailed, WorkProblem
from dedup.executors import changes, local, paragraphs, places, spool, spread
from dedup.executors.processes import Processes
from dedup.executors.work import Work
from dedup.result import Skipped
from dedup.schema import string

from .corpora import reports

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data" / "reports"
TEMPLATE = ROOT / "data" / "template.txt"


def smaller(monkeypatch):
    """Make parts so small that a hundred reports give some dozen of each kind."""
    for module, name, value in (
        (spool, "SPOOL", 20_000),
        (local, "BATCH", 30_000),
        (local, "FILES", 40_000),
        (paragraphs, "DIGESTS", 150),
        (paragraphs, "SKETCHED", 100),
        (paragraphs, "WORDS", 2_000),
        (paragraphs, "VERIFIED", 30),
        (places, "SAMPLED", 10_000),
        (places, "_PAIRED", 5_000),
        (places, "_BLOCK", 20_000),
        (places, "SEEDS", 300),
        (spread, "COUNTED", 20_000),
        (changes, "COMPARED", 10_000),
        (describe, "TOLD", 25),
        (figures, "_SLOTS", 40),
        (figures, "TOGETHER", 30),
    ):
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def small(monkeypatch):
    smaller(monkeypatch)


OF_PAIRS = ("digest", "words", "candidates", "near")
"""Stages whose parts nothing needs any more when the pairs of paragraphs are verified."""

PAIRED = (*OF_PAIRS, "pairs", "meetings", "anchors", "places", "aligned")
"""Stages whose parts nothing needs any more when the passages are found."""


WRAPPING = ("pairs", "passages")
"""Parts that are made of others, which are kept until they are made."""

LATE = ("passages", "bridged", "families", "rewritten", "asked", "spread", "labels", "changes", "facts")
"""Stages whose parts depend on the passages."""


class Parts(dict):
    """How many parts of each stage there are, and how many were there already."""

    def __call__(self, stage, found, of):
        self[stage] = (found, of)

    @property
    def computed(self):
        return sum(of - found for found, of in self.values())


def test_the_same_bytes_in_parts(tmp_path, small):
    """Generated reports with parts, floods and near copies; in memory and in dozens of parts."""
    expected = scan(reports(), Params(bucket=8, anchor_bucket=4)).to_json(texts=True)
    told = Parts()
    found = scan(reports(), Params(bucket=8, anchor_bucket=4), work=tmp_path / "work", told=told)
    assert found.to_json(texts=True) == expected
    assert all(
        told[stage][1] > 3 for stage in ("prepare", "digest", "words", "candidates", "near", "anchors", "places")
    )
    assert told["aligned"][1] > 10


def test_the_same_bytes_of_files(tmp_path, small):
    """A folder of all formats, with forms and references, missing files, and order of inputs turned round."""
    arguments = {
        "templates": [TEMPLATE],
        "references": [DATA / "14-摘录.txt"] if (DATA / "14-摘录.txt").exists() else [],
    }
    inputs = [DATA, "gone.txt", Document("a", "太短"), Skipped("b", "not wanted")]
    expected = scan(inputs, **arguments)
    found = scan(inputs[::-1], **arguments, work=tmp_path)
    assert found.to_json() == expected.to_json()
    assert found.documents[3].text == expected.documents[3].text
    assert found == expected


def test_archived_reports_are_not_compared_among_themselves(tmp_path, small):
    """What an index asks is answered alike from a work folder."""
    everything = list(reports())
    expected = scan(everything[:10], archived=everything[10:]).to_json()
    assert scan(everything[:10], archived=everything[10:], work=tmp_path).to_json() == expected


def test_names_out_of_order_and_twice(tmp_path, small):
    """Documents are numbered by source, member and text, in whatever order they are read."""
    some = [replace(one, source="x.jsonl", member=str(number)) for number, one in enumerate(reports()[:30])]
    some += [replace(one, member="7") for one in some[5:9]]
    expected = scan(some).to_json()
    random.Random(3).shuffle(some)
    assert scan(some, work=tmp_path).to_json() == expected


@pytest.mark.parametrize("texts", [[], [""], ["短"], ["   \n"]])
def test_nothing_to_compare(tmp_path, texts):
    """No documents, or none with text enough."""
    documents = [Document(f"{number}", text) for number, text in enumerate(texts)]
    assert scan(documents, work=tmp_path).to_json() == scan(documents).to_json()


def test_a_finished_scan_computes_nothing_again(tmp_path, small):
    """All parts are there: the second run takes them."""
    expected = scan(reports(), work=tmp_path).to_json()
    told = Parts()
    assert scan(reports(), work=tmp_path, told=told).to_json() == expected
    assert told.computed == 0 and told["tables"] == (1, 1)


def test_a_text_is_read_when_it_is_written_and_not_before(tmp_path, small, monkeypatch):
    """Issuers, dates, titles and pages of a corpus are no reason to read the corpus again."""
    documents = reports(200)
    folder = tmp_path / "work"
    scan(documents, work=folder)
    read = []
    monkeypatch.setattr(spool, "string", lambda codes: read.append(1) or string(codes))
    for part in folder.glob("labels-*.part"):
        part.unlink()
    for part in folder.glob("facts-*.part"):
        part.unlink()
    again = scan(documents, work=folder)
    assert again.to_json() == scan(documents).to_json() and not read
    assert again.to_json(texts=True) == scan(documents).to_json(texts=True) and len(read) == len(documents)


def test_a_result_outlives_its_folder(tmp_path, small):
    """Its columns lie in files; another scan over the folder and its removal leave it as it was."""
    expected = scan(reports()).to_json(texts=True)
    first = scan(reports(), work=tmp_path / "work")
    second = scan(reports(), work=tmp_path / "work")
    assert isinstance(first.passages.left.start.base.base, memoryview)
    shutil.rmtree(tmp_path / "work")
    assert first.to_json(texts=True) == second.to_json(texts=True) == expected


def test_what_travels_between_processes_are_names_and_rows(tmp_path, small, monkeypatch):
    """A task stays small whatever the corpus: a list in place of a shelf once sent all texts with each batch."""
    sizes = {}
    real = Processes.run

    def run(self, function, tasks):
        if len(tasks) > 1:  # a single one is computed where it is, and so is what no other process could find
            inner = tasks[0]
            if "<locals>" not in inner[0].__qualname__:
                sizes[inner[0].__name__] = max(len(pickle.dumps(task)) for task in tasks)
        return real(self, function, tasks)

    monkeypatch.setattr(Processes, "run", run)
    for one in reports():
        path = tmp_path / "in" / one.source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(one.text, encoding="utf-8")
    scan([tmp_path / "in"], work=tmp_path / "work")
    text = sum(path.stat().st_size for path in (tmp_path / "in").rglob("*.txt"))
    assert len(sizes) >= 9 and max(sizes.values()) < 12_000 < text / 20


def test_other_work_is_refused(tmp_path, small):
    """Other parameters, other inputs and a folder of something else are told, and nothing in them is touched."""
    scan(reports()[:20], work=tmp_path / "work")
    with pytest.raises(WorkProblem, match="parameters"):
        scan(reports()[:20], Params(threshold=0.8), work=tmp_path / "work")
    with pytest.raises(WorkProblem, match="inputs"):
        scan(reports()[:19], work=tmp_path / "work")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("亲爱的", encoding="utf-8")
    with pytest.raises(WorkProblem, match=r"letter\.txt"):
        scan(reports()[:20], work=tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir() if path.name != "lock"] == ["letter.txt"]


def test_a_changed_file_is_other_work(tmp_path):
    """The content of files counts, not their names and dates."""
    source = tmp_path / "a.txt"
    source.write_text(reports()[0].text, encoding="utf-8")
    before = source.stat()
    scan([source], work=tmp_path / "work")
    source.write_text(reports()[0].text[::-1], encoding="utf-8")
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(WorkProblem, match="inputs"):
        scan([source], work=tmp_path / "work")


def test_two_scans_in_one_folder(tmp_path):
    """The second one is told that the first is at work."""
    pytest.importorskip("fcntl")
    sources = local.Sources(reports()[:5])
    with local.opened(tmp_path, sources, Params()), pytest.raises(WorkProblem, match="another scan"):
        local.opened(tmp_path, sources, Params())


def test_a_damaged_part_is_made_again(tmp_path, small, monkeypatch):
    """A bit flipped in a file of any stage is found by its digest, and that part alone is computed again."""
    expected = scan(reports()).to_json()
    with monkeypatch.context() as patch:
        patch.setattr(local.Folder, "drop", lambda *stages: None)
        scan(reports(), work=tmp_path / "kept")
    for name in LATE:
        for path in (tmp_path / "kept").glob(f"{name}-*.part"):
            path.unlink()
    stages = {path.name.partition("-")[0] for path in (tmp_path / "kept").glob("*.part")}
    assert stages == {*PAIRED, "read", "given", "prepare"} - {"read"}
    for stage in [*PAIRED, "tables"]:
        work = tmp_path / stage
        shutil.copytree(tmp_path / "kept", work)
        (path,) = [*work.glob(f"{stage}-00000.part"), *work.glob(f"{stage}/keys.codes.bin")]
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        above = {"pairs"} if stage in OF_PAIRS else set()
        for name in above:
            (work / f"{name}-00000.part").unlink()
        told = Parts()
        assert scan(reports(), work=work, told=told).to_json() == expected, stage
        again = {name for name, (found, of) in told.items() if found < of}
        assert again == {stage, *above, *LATE}, stage
        assert told[stage][1] - told[stage][0] == 1


def start(work: Path, out: Path, jobs: int) -> subprocess.Popen:
    """Start a scan of the generated reports, in small parts, in a process group of its own."""
    code = "import sys; sys.path[:0] = sys.argv[4:]\nfrom executors.test_work import whole\nwhole(*sys.argv[1:4])"
    arguments = [sys.executable, "-c", code, str(work), str(out), str(jobs), str(ROOT), str(ROOT / "tests")]
    return subprocess.Popen(arguments, start_new_session=True, cwd=ROOT)


def few() -> tuple[Document, ...]:
    """Return the reports that other processes scan."""
    return reports(200)


def whole(work: str, out: str, jobs: str) -> None:
    """Scan in small parts; write the JSON, and how many parts were computed and how many there are."""
    smaller(pytest.MonkeyPatch())
    told = Parts()
    result = scan(few(), work=work, jobs=int(jobs), told=told)
    Path(out).write_text(result.to_json(), encoding="utf-8")
    Path(out).with_suffix(".parts").write_text(str(told.computed))


def finished(process: subprocess.Popen) -> None:
    assert process.wait(timeout=600) == 0


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_at_any_moment(tmp_path, jobs):
    """Killed with -9 at random moments and started again: the same bytes, and no more than the part at hand again.

    So many moments as ``DEDUP_KILLS`` says for both, else 2; all processes of a scan are killed at once.
    """
    kills = int(os.environ.get("DEDUP_KILLS", "2")) // 2
    with pytest.MonkeyPatch.context() as patch:
        smaller(patch)
        told = Parts()
        expected = scan(few(), work=tmp_path / "peace", told=told).to_json()
    parts = sorted(path.name for path in (tmp_path / "peace").iterdir())
    chance = random.Random(jobs)
    work, out = tmp_path / "work", tmp_path / "out.json"
    for _ in range(kills):
        process = start(work, out, jobs)
        moment = chance.randrange(1, 60)  # so many files later
        before = len(list(work.iterdir())) if work.exists() else 0
        while process.poll() is None:
            now = len(list(work.iterdir())) if work.exists() else 0
            if abs(now - before) >= moment:
                break
            threading.Event().wait(0.002)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if out.exists():  # it was faster: begin anew
            shutil.rmtree(work)
            out.unlink()
    finished(start(work, out, jobs))
    assert out.read_text(encoding="utf-8") == expected
    assert sorted(path.name for path in work.iterdir()) == parts
    assert 0 < int(out.with_suffix(".parts").read_text()) <= told.computed


def test_what_a_kill_left_half_written_goes(tmp_path):
    """Parts, lists and the head alike; and nothing of the user's."""
    with Work(tmp_path / "work", {"input": "one"}):
        pass
    for name in (".align-00000.part.77", ".given-00000.list.6727", ".work.json.5", ".note.txt"):
        (tmp_path / "work" / name).write_text("half")
    with Work(tmp_path / "work", {"input": "one"}):
        left = {path.name for path in (tmp_path / "work").iterdir()}
    assert ".note.txt" in left and not any(name.startswith((".align", ".given", ".work")) for name in left)


def test_counted_work_after_a_kill(tmp_path, small, monkeypatch):
    """Stopped after each of some dozen parts in turn: every part is computed once, but for the one at hand."""
    from dedup.executors import work as room

    computed = []
    real = room._compute

    def compute(function, task, path):
        if len(computed) in stops:
            stops.discard(len(computed))
            raise KeyboardInterrupt
        real(function, task, path)
        computed.append(path.name)

    monkeypatch.setattr(room, "_compute", compute)
    stops: set[int] = set()
    expected = scan(reports(), work=tmp_path / "peace").to_json()
    once = sorted(name for name in computed if not name.startswith(WRAPPING))
    computed.clear()
    stops = set(range(2, len(once), 7))
    rounds = 0
    while True:
        rounds += 1
        try:
            found = scan(reports(), work=tmp_path / "work").to_json()
            break
        except KeyboardInterrupt:
            continue
    # No part begins between one and the one that wraps it: a stop there is not come to.
    assert rounds == len(range(2, len(once), 7)) + 1 - len(stops) > 10
    assert len(stops) <= len(WRAPPING)
    assert found == expected
    assert sorted(name for name in computed if not name.startswith(WRAPPING)) == once


def test_processes_give_the_same_bytes(tmp_path):
    """Two processes, small parts; started as a user's script starts them."""
    out = tmp_path / "out.json"
    finished(start(tmp_path / "work", out, 2))
    assert out.read_text(encoding="utf-8") == scan(few()).to_json()


def test_a_full_disk_is_told(tmp_path, small, monkeypatch):
    """What cannot be written is a sentence, and nothing half written stays under the name of a part."""

    def full(table):
        yield b"some of it"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dedup.executors.work.pieces", full)
    with pytest.raises(OutputFailed, match="no space left"):
        scan(reports()[:8], work=tmp_path)
    assert not list(tmp_path.glob("*.part*")) and not list(tmp_path.glob(".*.part*"))
