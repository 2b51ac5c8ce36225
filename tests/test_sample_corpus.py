"""data/ is what its maker makes, and its gold points at what it says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from data import make
from dedup.evaluate import read_gold

DATA = Path(__file__).resolve().parent.parent / "data"


def text_of(name):
    source, _, member = name.partition("#")
    raw = (DATA / source).read_bytes()
    if member:
        rows = (json.loads(line) for line in raw.decode().splitlines())
        return next(row["text"] for row in rows if row["id"] == member)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


@pytest.fixture(scope="module")
def gold():
    return read_gold(DATA / "gold.jsonl")


def test_the_corpus_is_what_its_maker_makes():
    """Every file is made again, byte for byte."""
    assert make.main(["--check"]) == 0


def test_check_notices_a_changed_file(tmp_path, monkeypatch, capsys):
    """A file that was edited by hand, or does not belong, fails the check and is named."""
    for name, data in make.outputs().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    wanted = make.outputs()
    monkeypatch.setattr(make, "HERE", tmp_path)
    monkeypatch.setattr(make, "outputs", lambda: wanted)
    assert make.main(["--check"]) == 0
    (tmp_path / "template.txt").write_bytes(b"another")
    (tmp_path / "reports" / "stray.txt").write_bytes(b"stray")
    assert make.main(["--check"]) == 1
    named = capsys.readouterr().err
    assert "template.txt" in named
    assert "reports/stray.txt" in named


def test_the_manifest_holds_the_digest_of_every_file():
    """MANIFEST can be checked with sha256sum."""
    lines = (DATA / "MANIFEST").read_text(encoding="utf-8").splitlines()
    names = {name: digest for digest, name in (line.split("  ") for line in lines)}
    present = {f"reports/{path.name}" for path in (DATA / "reports").iterdir()}
    assert set(names) == present | {"gold.jsonl", "template.txt"}
    for name, digest in names.items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == digest, name


def test_gold_pairs_begin_and_end_alike(gold):
    """Both sides of a pair say the same at both ends (after folding script, readings and marks), unless shuffled."""
    assert len(gold.pairs) > 40
    for pair in gold.pairs:
        a, b = (make.key_text(text_of(doc)[start:end]) for doc, start, end in (
            (pair.a_doc, pair.a_start, pair.a_end), (pair.b_doc, pair.b_start, pair.b_end)
        ))  # fmt: skip
        if pair.operator == "shuffled":
            assert sorted(a) == sorted(b)
        elif pair.operator not in ("slots", "template", "next-year"):
            assert (a[:4], a[-4:]) == (b[:4], b[-4:]), pair


def test_gold_speaks_of_every_kind(gold):
    """Each operator and each label that the corpus is to show is there."""
    operators = {pair.operator for pair in gold.pairs}
    assert operators >= {
        "verbatim", "punctuation", "slots", "numbers-stripped", "masks", "edited", "dropped", "traditional", "pinyin",
        "wraps", "collection", "shuffled", "template", "citation", "self", "next-year", "mosaic", "short", "synonyms",
        "mass", "record",
    }  # fmt: skip
    labels = {span.label for span in gold.spans} | {pair.label for pair in gold.pairs}
    assert labels == {"furniture", "template", "citation", "formula", "self", "mass", "copy", "own"}


def test_reports_share_nothing_that_was_not_planted():
    """No twenty key characters stand twice outside of planted blocks and slogans; the check finds a planted one."""
    _, documents, _ = make.compose()
    assert make.unplanned(documents) == []
    documents["extra"] = make.Page(next(iter(documents.values())).text)
    assert make.unplanned(documents)
