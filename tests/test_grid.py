"""The generated grid: the same each time, true in its gold, and free of accidents."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq

from bench import edits, gate, mixture
from bench import operators as op
from bench.grammar import Writer, spell
from bench.grid import OPERATORS, make_grid
from data.make import key_text
from dedup.evaluate import parse_gold

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def small():
    return make_grid(1, "small")


def sides(row, texts):
    return (texts[row["a_doc"]][row["a_start"] : row["a_end"]], texts[row["b_doc"]][row["b_start"] : row["b_end"]])


def test_the_grid_is_the_same_under_any_hash_seed(small):
    """Texts and gold depend on seed, size and operators alone."""
    code = "from bench import gate, grid; print(gate.grid_digest(*grid.make_grid(1, 'small')))"
    for seed in ("0", "7"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == gate.grid_digest(*small)
    assert gate.grid_digest(*make_grid(2, "small")) != gate.grid_digest(*small)


def test_gold_spans_hold_what_the_operator_made(small):
    """Folded to key characters, both sides are equal under every operator that only spells or restyles."""
    documents, rows = small
    texts = {document.source: document.text for document in documents}
    seen = defaultdict(int)
    for row in rows[1:]:
        if "a_doc" not in row:
            assert row["operator"] in ("answer", "beside") or row["end"] - row["start"] >= 20
            assert row["end"] <= len(texts[row["doc"]])
            continue
        a, b = map(key_text, sides(row, texts))
        seen[row["operator"]] += 1
        if row["operator"] in ("verbatim", "traditional", "pinyin", "numbers", "punctuation", "wraps", "mosaic",
                               "short", "paragraph", "beside", "mass-2", "mass-10", "citation"):  # fmt: skip
            assert a == b, row
        elif row["operator"] in ("shuffled", "rotated"):
            assert sorted(a) == sorted(b), row
            assert a != b
        elif row["operator"] in ("dropped", "added"):
            shorter, longer = sorted((a, b), key=len)
            assert len(longer) - len(shorter) >= 8
            assert set(shorter) <= set(longer)
    assert set(seen) == set(OPERATORS) - {"formulas", "mass-100", "mass-500"}


def test_the_grid_is_valid_gold(small):
    """The gold reader accepts every row, and the labels are those that the rules give."""
    gold = parse_gold(small[1])
    assert gold.complete
    labels = {pair.operator: pair.label for pair in gold.pairs}
    assert labels["mass-10"] == "mass"
    assert labels["mass-2"] == "copy"
    assert labels["next-year"] == "self"


def test_reports_share_nothing_outside_of_gold(small):
    """No twenty key characters stand twice in the background."""
    documents, rows = small
    spans = defaultdict(set)
    for row in rows[1:]:
        for side in ("a_", "b_") if "a_doc" in row else ("",):
            spans[row[f"{side}doc"]].add((row[f"{side}start"], row[f"{side}end"]))
    seen = set()
    for document in documents:
        edge = 0
        for start, end in [*sorted(spans[document.source]), (len(document.text), len(document.text))]:
            key = key_text(document.text[edge:start])
            grams = {key[at : at + 20] for at in range(len(key) - 19)}
            assert not grams & seen
            seen |= grams
            edge = max(edge, end)


def test_operators_can_be_chosen_and_unknown_ones_are_named():
    """A grid of one operator has that operator's cases only."""
    _, rows = make_grid(3, 2, ["slots"])
    assert [row["operator"] for row in rows[1:]] == ["slots", "slots"]
    with pytest.raises(ValueError, match="no operator theft"):
        make_grid(1, 2, ["theft"])


def test_the_command_writes_what_the_function_returns(tmp_path):
    """The folder holds one file per document and the gold rows."""
    subprocess.run(
        [sys.executable, "-m", "bench.grid", str(tmp_path), "--size", "2", "--operators", "wraps,noise-10"],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    documents, rows = make_grid(1, 2, ["wraps", "noise-10"])
    assert {path.name for path in tmp_path.iterdir()} == {"gold.jsonl", *(document.source for document in documents)}
    for document in documents:
        assert (tmp_path / document.source).read_bytes().decode() == document.text
    assert [json.loads(line) for line in (tmp_path / "gold.jsonl").read_text("utf-8").splitlines()] == rows


texts = st.text(st.sampled_from("与业东兩3.5，。a\n （村"), max_size=40)
spellings = st.sampled_from((op.traditional, op.pinyin, op.strip_numbers, op.mask_numbers, op.halfwidth, op.crlf,
                             op.wrap(5, "　"), op.chain(op.strip_numbers, op.pinyin)))  # fmt: skip


@settings(max_examples=100, deadline=None, derandomize=True)
@given(texts, spellings, st.data())
def test_respelling_carries_spans_over(text, spelling, data):
    """A span respelled is the respelled span: what was before, in and behind it stays there."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    out, [(low, high)] = op.respell(text, spelling, [(start, end)])
    pieces = spelling(text)
    assert len(pieces) == len(text)
    assert (out[:low], out[low:high], out[high:]) == tuple(
        "".join(pieces[a:b]) for a, b in ((0, start), (start, end), (end, len(text)))
    )


def test_noise_changes_the_share_it_says():
    """Of the characters, the share asked for is replaced or lost but for the sixth that only gets a neighbour."""
    sentences = Writer("noise").passage(20_000)
    text = spell(sentences)
    for share in (0.05, 0.1, 0.2):
        kept = edits.noise(share)(sentences, Writer("draw"))
        assert 1 - LCSseq.similarity(text, kept) / len(text) == pytest.approx(share * 5 / 6, abs=0.02)


def test_the_harder_grid_is_true_in_its_gold():
    """Every case has two places within its documents; the same seed gives the same texts; edges are at an edge."""
    documents, rows = mixture.make_mixture(1, 2)
    assert (documents, rows) == mixture.make_mixture(1, 2)
    texts = {document.source: document.text for document in documents}
    assert len(parse_gold(rows).pairs) >= 22
    for row in rows[1:]:
        for side in ("a", "b"):
            text, start, end = texts[row[f"{side}_doc"]], row[f"{side}_start"], row[f"{side}_end"]
            assert 0 <= start < end <= len(text)
            assert row["operator"] != "edges" or start <= 1 or end >= len(text) - 1
