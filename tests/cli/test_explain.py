"""``dedup explain`` reads a file, a record or a text on each side, and says what it cannot take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_two_files_are_explained_in_both_languages(run, reports):
    told = run("explain", "reports/甲.txt", "reports/乙.txt")
    assert told.exit_code == 0 and "结论：相似，片段 1 对" in told.stdout and "reports/乙.txt" in told.stdout
    told = run("explain", "reports/甲.txt", "reports/丙.txt", "--lang", "en")
    assert told.exit_code == 0, told.output
    assert "No match" in told.stdout


def test_two_texts_are_explained_as_they_are_typed(run):
    told = run("explain", "--text", "门前的老槐树是爷爷亲手种的", "门前的老槐树是奶奶亲手种的")
    assert told.exit_code == 0 and "不足 16 字" in told.stdout


def test_settings_count(run):
    told = run("explain", "--text", "门前的老槐树是爷爷亲手种的", "门前的老槐树是奶奶亲手种的", "--min-chars", "8")
    assert "--min-chars" not in told.stdout


@pytest.fixture
def records(run):
    rows = [{"id": name, "text": f"{name}社修水渠的账目贴在仓库门口，一袋水泥一行字。"} for name in ("a", "b")]
    Path("rows.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return run


def test_a_record_is_named_behind_a_hash(records):
    told = records("explain", "rows.jsonl#a", "rows.jsonl#b")
    assert told.exit_code == 0 and "rows.jsonl#a" in told.stdout


@pytest.mark.parametrize(
    "left, sentence",
    [
        ("rows.jsonl", "rows.jsonl holds 2 texts: name one of them, such as rows.jsonl#a"),
        ("rows.jsonl#c", "rows.jsonl#c: it holds no text with the id c"),
        ("nowhere.txt", "nowhere.txt: "),
        ("empty", "empty: it is a folder without files"),
    ],
)
def test_what_is_no_one_text_is_said_in_a_sentence(records, left, sentence):
    Path("empty").mkdir()
    told = records("explain", left, "rows.jsonl#a")
    assert told.exit_code == 2 and told.stderr.startswith(f"dedup: {sentence}") and told.stderr.count("\n") == 1
