"""``dedup clean`` and ``dedup restore`` as a person runs them; the scan is a stand-in but for one test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import dedup.pipeline
from dedup.cli.main import app
from dedup.decisions import family_digest
from dedup.read import read
from dedup.result import Document, Skipped
from tests.clean.hand import found, result_of, tree

BLOCK = "渔具社的拖网按尾号分到各船，破损的当晚由补网组缝好，第二天开船前由船老大验收签字。"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return a function that runs a command line beside a small corpus, with the scan done by hand."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEDUP_LANG", raising=False)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text(f"一队小结\n{BLOCK}\n", encoding="utf-8")
    (corpus / "b.txt").write_text(f"二队小结\n{BLOCK}\n二队另有自己的话。\n", encoding="gb18030")

    def scan(inputs, params, **_):
        rows = list(inputs)
        documents = [row for row in rows if isinstance(row, Document)]
        skipped = [row for row in rows if isinstance(row, Skipped)]
        return result_of(documents, [found(documents, BLOCK)], skipped=skipped)

    monkeypatch.setattr(dedup.pipeline, "scan", scan)
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments], prog_name="dedup")


def figures(line: str) -> list[int]:
    return [int(word.replace(",", "")) for word in line.split() if word.replace(",", "").isdigit()]


def test_the_table_adds_up_in_both_languages(run, tmp_path):
    for lang, words in (("zh", ("输入", "保留", "删去", "跳过")), ("en", ("in", "kept", "removed", "skipped"))):
        told = run("clean", "corpus", "-o", lang, "--lang", lang)
        assert told.exit_code == 0, told.output
        lines = told.stdout.splitlines()
        rows = {word: figures(next(line for line in lines[1:] if line.startswith(word + " "))) for word in words}
        total, *parts = (rows[word] for word in words)
        assert (
            total == [sum(column) for column in zip(*parts, strict=True)] == [2, len(f"一队小结\n{BLOCK}\n") * 2 + 10]
        )
        assert rows[words[2]] == [0, len(BLOCK) + 1]


def test_restore_and_replay_from_the_command_line(run, tmp_path):
    assert run("clean", "corpus", "-o", "out").exit_code == 0
    assert "二队另有自己的话" in (tmp_path / "out/b.txt").read_bytes().decode("gb18030")
    assert run("restore", "out").exit_code == 0
    assert tree(tmp_path / "out-restored") == tree(tmp_path / "corpus")
    assert run("clean", "corpus", "-o", "again", "--replay", "out/audit.jsonl").exit_code == 0
    assert tree(tmp_path / "again") == tree(tmp_path / "out")


def test_against_dry_run_and_mark(run, tmp_path):
    told = run("clean", "corpus/b.txt", "-o", "out", "--against", "corpus/a.txt", "--dry-run")
    assert told.exit_code == 0, told.output
    assert list(tree(tmp_path / "out")) == ["audit.jsonl"]
    rows = [json.loads(line) for line in (tmp_path / "out/audit.jsonl").read_text(encoding="utf-8").splitlines()]
    (removal,) = [row for row in rows if row.get("kind") == "removal"]
    assert removal["partner"]["document"] == "corpus/a.txt"
    assert run("clean", "corpus", "-o", "marked", "--mark").exit_code == 0
    assert (tmp_path / "marked/b.txt").read_bytes() == (tmp_path / "corpus/b.txt").read_bytes()


def test_bad_input_is_told_in_sentences_and_nothing_is_written(run, tmp_path):
    told = run("clean", "corpus", "-o", "out", "--level", "word", "--share", "2", "--threshold", "9", "--lang", "fr")
    assert told.exit_code == 2
    for clause in ("level is 'word'", "share is 2", "threshold is 9", "lang is 'fr'"):
        assert clause in told.stderr
    for arguments, clause in (
        (("clean", "corpus", "-o", "corpus", "--force"), "to be cleaned"),
        (("clean", "corpus", "-o", "out", "--replay", "none.jsonl"), "none.jsonl"),
        (("clean", "corpus", "-o", "out", "--result", "none.json"), "none.json"),
        (("restore", "nowhere"), "audit.jsonl"),
    ):
        told = run(*arguments)
        assert told.exit_code == 2
        assert clause in told.stderr
        assert "Traceback" not in told.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus"]


def test_an_unreadable_file_is_copied_named_and_makes_the_status_2(run, tmp_path):
    noise = bytes(range(256)) * 8
    (tmp_path / "corpus/z.txt").write_bytes(noise)
    told = run("clean", "corpus", "-o", "out")
    assert told.exit_code == 2
    assert "corpus/z.txt" in told.stderr
    assert "另有 1 个文件未能读取" in told.stdout
    assert (tmp_path / "out/z.txt").read_bytes() == noise
    assert run("clean", "corpus", "-o", "out", "--force", "--ignore-unreadable").exit_code == 0


def test_a_cleaned_folder_can_be_cleaned_again_without_its_audit(run, tmp_path):
    assert run("clean", "corpus", "-o", "out").exit_code == 0
    told = run("clean", "out", "-o", "second")
    assert told.exit_code == 0
    assert "out/audit.jsonl" in told.stderr
    assert tree(tmp_path / "second").keys() == tree(tmp_path / "out").keys()
    assert (tmp_path / "second/b.txt").read_bytes() == (tmp_path / "out/b.txt").read_bytes()


def test_an_output_within_the_corpus_is_no_part_of_it_when_the_command_is_run_again(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "corpus")
    assert run("clean", ".", "-o", "cleaned").exit_code == 0
    first = tree(tmp_path / "corpus")
    told = run("clean", ".", "-o", "cleaned", "--force", "--lang", "en")
    assert told.exit_code == 0, told.stderr
    assert "cleaned is the output of an earlier clean" in told.stderr
    assert tree(tmp_path / "corpus") == first
    assert run("clean", "cleaned", "-o", "cleaned", "--force").exit_code == 2


def test_what_restore_is_given_must_be_the_output_of_a_clean(run):
    told = run("restore", "corpus")
    assert told.exit_code == 2
    assert "corpus/audit.jsonl: there is no such file; `dedup clean` writes it" in told.stderr


def test_why_a_file_is_not_written_in_its_format_is_told_in_the_language_of_the_table(run, tmp_path):
    page = f"<html><body><p>{BLOCK}</p><p>三队没有拖网，借二队的用。</p></body></html>"
    (tmp_path / "corpus/c.html").write_text(page, encoding="utf-8")
    told = run("clean", "corpus", "-o", "out")
    assert "corpus/c.html 未按原格式写出：不能在 .html 中删改，写为 UTF-8 的 .txt" in told.stderr
    told = run("clean", "corpus", "-o", "out", "--force", "--lang", "en")
    assert "text cannot be cut within .html; written as .txt in UTF-8" in told.stderr


def test_the_whole_way_with_the_real_scan(run, tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    told = run("clean", "corpus", "-o", "out", "--lang", "en")
    assert told.exit_code == 0, told.output
    left = (tmp_path / "out/a.txt").read_text(encoding="utf-8") + (tmp_path / "out/b.txt").read_text(
        encoding="gb18030"
    )
    assert left.count(BLOCK) == 1


def test_what_reviewers_called_a_template_stays(run: Callable[..., Result], tmp_path: Path) -> None:
    """A verdict changes the label, and labels decide what goes."""
    documents = [row for row in read(["corpus"]) if isinstance(row, Document)]
    result = result_of(documents, [found(documents, BLOCK)])
    family = result.clusters[0]
    verdict = {
        "family": family.id,
        "digest": family_digest(result, family),
        "verdict": "template",
        "reason": "",
        "reviewer": "甲",
        "time": "2020-01-01T00:00:00+08:00",
    }
    (tmp_path / "decisions.json").write_text(
        json.dumps({"schema": "dedup.decisions/1", "decisions": [verdict]}), encoding="utf-8"
    )
    assert run("clean", "corpus", "-o", "without").exit_code == 0
    told = run("clean", "corpus", "-o", "with", "--decisions", "decisions.json")
    assert told.exit_code == 0, told.stderr
    assert BLOCK not in (tmp_path / "without" / "b.txt").read_text(encoding="gb18030")
    assert BLOCK in (tmp_path / "with" / "b.txt").read_text(encoding="gb18030")
