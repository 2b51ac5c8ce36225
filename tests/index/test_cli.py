"""``dedup index`` as a person uses it: every verb, both languages, the status of every end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from dedup import Document, Index
from dedup.cli import index as verbs
from dedup.cli.main import Root
from dedup.cli.main import app as whole


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    made = typer.Typer(cls=Root)
    made.callback()(lambda: None)
    verbs.register(made)
    return made


@pytest.fixture
def run(app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["index", *arguments])

    return call


@pytest.fixture
def reports(tmp_path: Path, archived: list[Document]) -> list[str]:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    for number, document in enumerate(archived[:6]):
        (tmp_path / "old" / f"{number}.txt").write_text(document.text, encoding="utf-8")
    (tmp_path / "new" / "b.txt").write_text(archived[2].text.split("\n")[0], encoding="utf-8")
    return ["old", "new"]


def test_the_whole_life_of_an_archive(run, reports: list[str], tmp_path: Path) -> None:
    """Made, filled, asked, thinned out, verified, described, written out: each says what it did and ends with 0."""
    assert run("create", "a.dedup").stdout == "已建立 a.dedup\n"
    assert run("add", "a.dedup", "old").stdout == "新增 6 份，未变 0 份，移除 0 份，共存 6 份\n"
    assert run("add", "a.dedup", "old", "--lang", "en").stdout == "0 added, 6 unchanged, 0 removed, 6 held\n"
    asked = run("query", "a.dedup", "new", "--json", "result.json")
    assert asked.exit_code == 0
    found = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert [row["source"] for row in found["documents"]] == ["new/b.txt", "old/2.txt"]
    assert run("query", "a.dedup", "new", "--check").exit_code == 1
    assert run("drop", "a.dedup", "old/2.txt").stdout == "移除 1 份，共存 5 份\n"
    assert run("query", "a.dedup", "new", "--check").exit_code == 0
    checked = run("check", "a.dedup", "--lang", "en", "--sample", "3")
    assert checked.exit_code == 0
    assert checked.stdout.startswith("sound: 5 reports")
    described = dict(line.split("\t") for line in run("info", "a.dedup", "--lang", "en").stdout.splitlines())
    assert described["reports"] == described["sources"] == "5"
    assert run("export", "a.dedup", "-o", "out.jsonl").exit_code == 0
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["source"] for line in lines] == [f"old/{number}.txt" for number in (0, 1, 3, 4, 5)]
    assert run("export", "a.dedup").stdout == (tmp_path / "out.jsonl").read_text(encoding="utf-8")


def test_a_scan_with_an_index_is_its_query(run, reports: list[str], tmp_path: Path) -> None:
    """``scan --index`` gives the bytes of ``index query``; other parameters than the index's are refused."""
    run("create", "a.dedup")
    run("add", "a.dedup", "old")
    run("query", "a.dedup", "new", "--json", "query.json")
    scanned = CliRunner().invoke(whole, ["scan", "new", "--index", "a.dedup", "--json", "scan.json"])
    assert scanned.exit_code == 0, scanned.output
    assert (tmp_path / "scan.json").read_bytes() == (tmp_path / "query.json").read_bytes()
    refused = CliRunner().invoke(whole, ["scan", "new", "--index", "a.dedup", "--threshold", "0.9"])
    assert refused.exit_code == 2
    assert "threshold is 0.7 in the index and 0.9 here" in refused.stderr
    assert CliRunner().invoke(whole, ["scan", "new", "--index", "none.dedup"]).exit_code == 2


def test_two_archives_become_one(run, reports: list[str]) -> None:
    """Merging tells what it took over."""
    for name in "ab":
        run("create", f"{name}.dedup")
    run("add", "a.dedup", "old/0.txt", "old/1.txt")
    run("add", "b.dedup", "old/1.txt", "old/2.txt")
    assert run("merge", "a.dedup", "b.dedup").stdout == "新增 1 份，未变 1 份，移除 0 份，共存 3 份\n"


def test_other_parameters_come_by_filling_anew(run, reports: list[str]) -> None:
    """An index with other parameters is refused in a merge, and filled with the same reports by --from."""
    run("create", "a.dedup")
    run("add", "a.dedup", "old")
    made = run("create", "b.dedup", "--shingle", "4", "--from", "a.dedup")
    assert made.exit_code == 0
    with Index("a.dedup") as one, Index("b.dedup") as other:
        assert list(one.documents()) == list(other.documents())
        assert other.params.shingle == 4
    refused = run("merge", "a.dedup", "b.dedup")
    assert refused.exit_code == 2
    assert "shingle is 5 in the index and 4 here" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["add", "missing.dedup", "old"], "cannot be opened"),
        (["check", "old/0.txt"], "no index of dedup"),
        (["create", "old/0.txt"], "exists already"),
        (["create", "nowhere/a.dedup"], "could not be written"),
        (["drop", "a.dedup", "x.txt"], "no document 'x.txt'"),
        (["add", "a.dedup", "missing.txt"], "missing.txt"),
        (["export", "a.dedup", "-o", "old/0.txt"], "exists already"),
        (["create", "b.dedup", "--threshold", "7"], "threshold is 7"),
    ],
)
def test_errors_are_a_sentence_and_two(run, reports: list[str], arguments: list[str], sentence: str) -> None:
    """No traceback, the file named, status 2."""
    run("create", "a.dedup")
    ended = run(*arguments)
    assert ended.exit_code == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unreadable_input_can_be_forgiven(run, reports: list[str]) -> None:
    """The rest is stored either way."""
    run("create", "a.dedup")
    ended = run("add", "a.dedup", "old/0.txt", "missing.txt", "--ignore-unreadable")
    assert ended.exit_code == 0
    assert ended.stdout.startswith("新增 1 份")


def test_a_damaged_archive_is_told(run, reports: list[str], tmp_path: Path) -> None:
    """What was found and what to do stands on stderr."""
    run("create", "a.dedup")
    run("add", "a.dedup", "old")
    data = bytearray((tmp_path / "a.dedup").read_bytes())
    data[data.find(b"old/3.txt") + 20] ^= 64  # within the row of that report, not in the free space of a page
    (tmp_path / "a.dedup").write_bytes(data)
    ended = run("check", "a.dedup")
    assert ended.exit_code == 2
    assert "a.dedup: " in ended.stderr


def test_every_verb_has_a_manual(run) -> None:
    """Help names the verb's example and its statuses."""
    for verb in ("create", "add", "query", "drop", "merge", "check", "info", "export"):
        told = run(verb, "--help").stdout
        assert f"dedup index {verb} " in told
        assert "Exit status:" in told
