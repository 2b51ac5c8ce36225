"""The whole way, with the real pipeline, on small reports of our own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from dedup.result import Result
from tests.cli.conftest import BLOCK


def test_scan_finds_the_block_where_it_stands_and_says_so(run, reports):
    result = run("scan", "reports", "--json", "r.json", "--check")
    assert result.exit_code == 1, result.stderr
    (cluster,) = Result.from_json("r.json").clusters
    assert "疑似抄袭" in result.stdout and "reports/甲.txt" in result.stdout and "reports/乙.txt" in result.stdout
    for span in cluster.members:
        name = Result.from_json("r.json").documents[span.document].source
        text = Path(name).read_text(encoding="gb18030" if "乙" in name else "utf-8")
        assert text[span.start : span.end].startswith(BLOCK[:20])
        assert f"{span.start}–{span.end}" in result.stdout


def test_a_missing_path_is_skipped_and_the_rest_analysed(run, reports):
    result = run("scan", "reports", "nowhere.txt", "--json", "-")
    assert result.exit_code == 2 and "nowhere.txt" in result.stderr
    assert len(json.loads(result.stdout)["clusters"]) == 1


def test_report_reads_the_sources_again_and_leaves_out_what_has_changed(run, reports):
    first = run("scan", "reports", "--json", "r.json")
    again = run("report", "r.json")
    assert again.exit_code == 0 and again.stdout == first.stdout and again.stderr == ""
    with (reports / "甲.txt").open("a", encoding="utf-8") as file:
        file.write("又及。")
    changed = run("report", "r.json")
    assert changed.exit_code == 0 and "1 份报告" in changed.stderr and "甲.txt" in changed.stderr
    assert "（结果中没有原文）" in changed.stdout and "今年的山塘清淤" in changed.stdout


def test_compare_shows_the_block_on_both_sides(run, reports):
    result = run("compare", "reports/甲.txt", "reports/乙.txt", "--lang", "en")
    assert result.exit_code == 0
    assert result.stdout.count("今年的山塘清淤是群众自己推举的工头") == 2
    assert "1 similar passages between the two" in result.stdout


def test_evaluate_scores_a_result_against_gold(run, reports):
    run("scan", "reports", "--json", "r.json")
    result = Result.from_json("r.json")
    (passage,) = result.passages
    sides = [
        {"doc": result.documents[span.document].source, "start": span.start, "end": span.end}
        for span in (passage.left, passage.right)
    ]
    row = {f"{side}_{key}": value for side, one in zip("ab", sides, strict=True) for key, value in one.items()}
    Path("gold.jsonl").write_text(json.dumps(row | {"label": "copy"}, ensure_ascii=False) + "\n", encoding="utf-8")
    shown = run("evaluate", "gold.jsonl", "r.json")
    assert shown.exit_code == 0, shown.stderr
    figures = json.loads(run("evaluate", "gold.jsonl", "r.json", "--json").stdout)
    assert figures["passages"]["recall"] == 1.0


def test_warmup_compiles_and_says_where_the_kernels_are_kept(run):
    result = run("warmup")
    assert result.exit_code == 0 and "kernels compiled" in result.stderr and result.stdout == ""


WARMED = """
import sys, pkgutil
import dedup.kernels
from numba.core.dispatcher import Dispatcher
from dedup import scan
from dedup.cli import doctor

def compiled():
    modules = [sys.modules.get(f"dedup.kernels.{one.name}") for one in pkgutil.iter_modules(dedup.kernels.__path__)]
    of = {name: value for module in modules if module for name, value in vars(module).items()}
    return {(name, str(s)) for name, value in of.items() if isinstance(value, Dispatcher) for s in value.signatures}

doctor.warmup()
before = compiled()
for _ in scan([sys.argv[1]]).json_pieces():
    pass
print(len(before), *sorted({name for name, _ in compiled() - before}))
"""


def test_a_scan_behind_a_warmup_compiles_nothing_more():
    """Neither a kernel nor another signature of one: arrays of another order, or not to be written, are others."""
    reports = Path(__file__).parents[2] / "data" / "reports"
    done = subprocess.run(
        [sys.executable, "-c", WARMED, str(reports)], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    count, *more = done.stdout.split()
    assert int(count) > 50 and not more
