"""What was measured stands in the documents as it was measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import kills, outofcore

ROOT = Path(__file__).parents[2]


def test_the_page_holds_what_the_bench_kept():
    """docs/scale.md has the tables that `bench.outofcore --page` prints, and they keep what was promised."""
    rows = json.loads(outofcore.RESULTS.read_text(encoding="utf-8"))
    assert outofcore.page(rows) in (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    peaks = {row["gigabytes"]: row["peak"] for row in rows}
    assert peaks[1] <= 1.5e9 and max(peaks.values()) <= 4e9


def test_a_kill_costs_no_more_than_a_tenth_of_a_scan():
    """docs/reliability.md has what `bench.kills` kept: thirty kills, and the share of a scan that each lost."""
    kept = json.loads(kills.RESULTS.read_text(encoding="utf-8"))
    share = kept["cpu"]["lost"] / kept["kills"] / kept["cpu"]["peace"]
    assert kept["kills"] >= 30 and share <= 0.10
    told = f"{kept['kills']} kills in {kept['scans']} scans"
    (row,) = [line for line in (ROOT / "docs" / "reliability.md").read_text().splitlines() if told in line]
    assert f"{100 * share:.1f} % of a scan lost by each" in row


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from /proc")
def test_memory_of_children_is_counted():
    """Anonymous memory and that of mapped files are told apart, and a child's counts."""
    import os
    import subprocess
    import sys

    before = outofcore.held(os.getpid())
    code = "import sys; held = bytearray(200_000_000); print('ready', flush=True); sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        child.stdout.readline()
        anonymous, files = outofcore.held(os.getpid())
    finally:
        child.communicate()
    assert before[0] + 190_000_000 < anonymous
    assert 0 < files < before[1] + 100_000_000
