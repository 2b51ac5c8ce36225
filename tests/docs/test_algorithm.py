"""docs/algorithm.md states figures; they are those of the code."""

from __future__ import annotations

import re
import shutil
from importlib import import_module

import numpy as np
import pytest

from dedup import Params
from dedup.steps import align, background, normalise, repair, usage
from dedup.steps.pair import banding
from tests.docs.blocks import ROOT, blocks

PAGE = (ROOT / "docs" / "algorithm.md").read_text(encoding="utf-8")


def rows(columns):
    """Return the cells of all table rows of the page with so many columns."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line[:1] == "|"]
    return [cells for cells in lines if len(cells) == columns]


def number(text):
    return float(text.replace(",", ""))


def test_the_table_of_bands_is_what_banding_chooses():
    """Bands, rows and the S-curve at and below each threshold."""
    shown = [cells for cells in rows(6) if re.fullmatch(r"0\.\d", cells[0])]
    assert len(shown) == 5
    for threshold, size, *chances in shown:
        t = number(threshold)
        chosen = banding(t, Params().num_perm, Params().recall)
        assert size == f"{chosen.bands} × {chosen.rows}"
        for step, chance in enumerate(chances):
            assert number(chance) == pytest.approx(1 - (1 - (t - step / 10) ** chosen.rows) ** chosen.bands, abs=5e-5)


def test_the_constants_are_those_of_the_code():
    """Each row of the table of constants names a constant, its value and where it is."""
    shown = [cells for cells in rows(3) if cells[2].startswith("`dedup.")]
    assert len(shown) >= 20
    for name, value, module in shown:
        assert getattr(import_module(module.strip("`")), name.strip("`")) == number(value), (name, module)


def test_the_parameters_named_with_a_value_have_it_by_default():
    """`bucket` 64 in the page is `Params().bucket`."""
    defaults = Params().to_dict()
    named = re.findall(r"`([a-z_]+)` ([\d.,]*\d)", PAGE)
    assert len(named) >= 8
    for name, value in named:
        assert defaults[name] == number(value), name


def test_short_passages_need_what_the_page_says():
    """The bound at 16, 28 and 40 matched characters: a passage just at it stays, one below it goes."""
    said = re.search(r"that is ([\d.]+) at 16 and ([\d.]+) from 40 on, for \*t\* = ([\d.]+)\.", PAGE)
    high, low, threshold = map(float, said.groups())
    for matches, bound in ((16, high), (28, (high + low) / 2), (40, low), (400, low)):
        for length, stays in ((int(2 * matches / bound), True), (int(2 * matches / bound) + 1, False)):
            row = np.array([[0, length // 2, 1000, 1000 + length - length // 2, matches]])
            assert align._near_enough(row, threshold).tolist() == [stays], (matches, length)


def test_the_table_of_bounds_names_every_kind_of_limit():
    """Whatever can stand in `limits` is explained; `{...}` in a kind stands for one of several words."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "dedup").rglob("*.py"))
    kinds = set(re.findall(r'\bLimit\(\s*f?"([^"]+)"', source))
    shown = ", ".join(cells[0] for cells in rows(3))
    assert len(kinds) >= 6
    for kind in kinds:
        assert re.search(re.sub(r"\{[^}]*\}", r"\\w+", kind), shown), kind


def test_the_examples_have_the_bits_that_the_page_says():
    """Characters, bits and surplus, by the table that ships."""
    table = background.load()
    assert f"N = {table.documents:,}" in PAGE and f"{len(table.hashes):,}, as 32-bit hashes" in PAGE
    assert f"{table.ceiling:.2f} bits" in PAGE and table.documents == background.SCALE
    shown = [cells for cells in rows(4) if re.fullmatch(r"\d+\.\d", cells[2]) and re.fullmatch(r"\d+\.\d", cells[3])]
    assert len(shown) == 5
    for text, length, bits, surplus in shown:
        texts = repair.lay_out([text])
        keys = normalise.normalise(texts, repair.repair(texts))
        found = background.span_bits(keys, keys.indptr[:1], keys.indptr[1:], table)
        assert number(length) == len(keys.codes)
        assert [number(bits), number(surplus)] == pytest.approx([float(found[0][0]), float(found[1][0])], abs=0.05)


def test_the_block_that_counts_a_background_table_makes_one(tmp_path, monkeypatch):
    """It runs as it stands, and what it writes can be read."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    (block,) = [block.text for block in blocks(PAGE) if block.lang == "python"]
    exec(compile(block, "algorithm.md", "exec"), {})
    made = background.load(tmp_path / "background.npz")
    assert made.documents == 43 and len(made.hashes) > 100


def test_the_effective_contexts_are_those_of_the_page():
    """Two of three alike are 1.9 contexts; a piece cut out of what 500 reports have is 1.04."""
    for alike, alone in ((2, 1), (500, 3)):
        family = np.zeros(alike + alone, np.int64)
        words = np.array([0] * alike + list(range(1, alone + 1)), np.uint64)
        assert f"{usage._effective(family, words, 1)[0]:.{1 if alike == 2 else 2}f}" in PAGE
