"""Kept results -> docs/performance.md and its plot. Nothing is measured here."""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path
from typing import Any

from bench.peers import PEERS

Row = dict[str, Any]

_INTRODUCTION = """# Performance

Written by `python -m bench.run` (`make bench`) from the raw results in `bench/results`; not edited by hand.

{machine}

The corpora are generated (`bench/corpus.py`, own text from a grammar, deterministic): paragraphs of which a tenth are
near duplicates of another at recorded edit rates and a twentieth exact copies. Every measurement is a process of its
own; those compared are interleaved, round by round. "CPU s" is processor time of all threads and children, which
other work on the machine disturbs less than the time on the wall.
"""


def read(results: Path, name: str) -> Any:
    path = results / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def render(results: Path) -> str:
    """Return the page."""
    parts = [_INTRODUCTION.format(machine=_machine(read(results, "machine") or []))]
    tables = sorted(
        (json.loads(path.read_text(encoding="utf-8")) for path in results.glob("peers-*.json")),
        key=lambda table: (table["paragraphs"], table["threshold"]),
    )
    if tables:
        parts.append(_PEERS)
        parts += [_peer_table(table) for table in tables]
        parts.append("![seconds by paragraphs, both logarithmic](performance.svg)\n")
    for name, make in (
        ("route", _route_table),
        ("pairs", _pairs_table),
        ("scans", _scan_tables),
        ("scans-elsewhere", _scan_tables_elsewhere),
        ("floods", _flood_table),
        ("shell", _shell_table),
    ):
        rows = read(results, name)
        if rows:
            parts.append(make(rows))
    return "\n".join(parts)


_PEERS = """## Texts in memory to pairs

The same folded texts for all (folding is timed apart), character 5-grams, 128 values, 32 bands of 4 or the nearest a
library takes. Precision and recall are of pairs against every pair at the threshold, found by an exact join; of
families, by the pairs of their members; of flags, by the rows that have a duplicate. "Times dedup" is the median of
the ratios within each round. Only the work is timed, neither imports nor a warm-up.
"""


def _machine(runs: list[Row]) -> str:
    """Name the machine of the last run, and every run that the kept results come of."""
    if not runs:
        return ""
    last = runs[-1]
    lines = [
        f"{last['cpu']}, {last['cores']} cores, {last['memory_gb']} GB, {last['system']}, Python {last['python']}, "
        f"numpy {last['numpy']}. Runs, and how busy the machine was when each began (load average of 1, 5, 15 min):\n"
    ]
    for run in runs:
        load = ", ".join(f"{value:.1f}" for value in run["load"])
        elsewhere = f", {run['system']}" if run["system"] != last["system"] else ""
        lines.append(f"- {run['day']}: `{run['command']}` ({load}){elsewhere}")
    return "\n".join(lines)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def medians(table: Row) -> dict[str, Row]:
    """Return, for each peer, the medians of its rounds, or its error."""
    answer: dict[str, Row] = {}
    for name in PEERS:
        runs = [run for one in table["rounds"] for run in one if run["peer"] == name]
        fine = [run for run in runs if "error" not in run]
        if fine:
            middle = {key: statistics.median(run[key] for run in fine) for key in ("seconds", "cpu", "peak_mb")}
            answer[name] = fine[0] | middle | {"rounds": len(fine), "times": _times(table, name)}
        elif runs:
            answer[name] = runs[0]
    return answer


def _times(table: Row, name: str) -> float:
    ratios = []
    for one in table["rounds"]:
        seconds = {run["peer"]: run["seconds"] for run in one if "error" not in run}
        if name in seconds and "dedup" in seconds:
            ratios.append(seconds[name] / seconds["dedup"])
    return statistics.median(ratios) if ratios else math.nan


def _peer_table(table: Row) -> str:
    rows, errors = [], []
    for name, run in medians(table).items():
        if "error" in run:
            errors.append(f"- {name}: {run['error']}")
            continue
        rows.append([
            name, run["version"], _number(run["seconds"]), _number(run["cpu"]), _number(run["times"]),
            f"{run['peak_mb']:,.0f}", f"{run['precision']:.3f}", f"{run['recall']:.3f}", run["kind"],
            str(run["rounds"]), PEERS[name].note,
        ])  # fmt: skip
    seconds = ", ".join(f"{name} {_number(value)} s" for name, value in table["seconds"].items())
    head = (
        f"### {table['paragraphs']:,} paragraphs, Jaccard {table['threshold']}\n\n"
        f"{table['folded']:,} folded characters, {table['distinct']:,} distinct texts, {table['planted']:,} planted "
        f"copies. Before it, not counted: {seconds}.\n\n"
    )
    columns = [
        "",
        "version",
        "s",
        "CPU s",
        "times dedup",
        "peak MB",
        "precision",
        "recall",
        "answers with",
        "rounds",
        "",
    ]
    body = _table(columns, rows)
    return head + body + ("\nNot measured:\n\n" + "\n".join(errors) + "\n" if errors else "")


COMPARISON = ("<!-- comparison: written by bench.run -->\n\n", "\n<!-- end of comparison -->\n")
_COMPARED = {
    "en": ["tool", "s", "times dedup", "peak MB", "precision", "recall", ", hashes made beforehand", ", full set"],
    "zh": ["工具", "秒", "为 dedup 的几倍", "内存峰值 MB", "精确率", "召回率", "，散列值预先算好", "，全集"],
}


def compare(results: Path, text: str, lang: str) -> str:
    """Return a README with its table of peers, between two comments, as it was last measured at 200,000 and 0.7.

    By hand it went stale with each run, and a test that compares the two fails in whoever measures next.
    """
    table = read(results, "peers-200000-0.7")
    if table is None:
        return text
    *head, hashes, whole = _COMPARED[lang]
    names = {"FastSketchLSH from hashes": ("FastSketchLSH", hashes), "rensa full set": ("rensa", whole)}
    names |= {name: (name, "") for name in ("dedup", "gaoya", "datasketch", "datatrove", "text-dedup")}
    rows = []
    for name, run in sorted(medians(table).items(), key=lambda item: item[1].get("seconds", math.inf)):
        if name in names and "error" not in run:
            tool, note = names[name]
            rows.append([
                f"{tool}{'' if name == 'dedup' else ' ' + run['version']}{note}", _number(run["seconds"]),
                f"{run['times']:,.0f}", f"{run['peak_mb']:,.0f}", f"{run['precision']:.3f}", f"{run['recall']:.3f}",
            ])  # fmt: skip
    before, middle = text.split(COMPARISON[0])
    return before + COMPARISON[0] + _table(head, rows) + COMPARISON[1] + middle.split(COMPARISON[1])[1]


def _route_table(rows: list[Row]) -> str:
    fine = [row for row in rows if "error" not in row]
    names = list(fine[0]["steps"]) if fine else []
    body = [
        [name, *(f"{1e3 * row['steps'][name][0]:.0f} / {1e3 * row['steps'][name][1]:.0f}" for row in fine)]
        for name in names
    ]
    body.append(["peak MB", *(f"{row['peak_mb']:,.0f}" for row in fine)])
    body.append(["candidate pairs", *(f"{row['candidates']:,}" for row in fine)])
    head = ["ms: wall / processor", *(f"{row['texts']:,} paragraphs" for row in fine)]
    return "## The paragraph route, step by step\n\nMedians.\n\n" + _table(head, body)


def _pairs_table(rows: list[Row]) -> str:
    body = []
    for row in rows:
        if "error" in row:
            body.append([row["name"], *[""] * 6, row["error"]])
            continue
        runs = row["runs"]
        ratios = sorted(run["seconds"] / run["decoding"] for run in runs)
        stages = {name: statistics.median(run["stages"][name] for run in runs) for name in runs[0]["stages"]}
        decoding, seconds, cpu = (
            _number(statistics.median(run[key] for run in runs)) for key in ("decoding", "seconds", "cpu")
        )
        body.append([
            row["name"], f"{row['chars']:,}", decoding, seconds, cpu,
            f"{statistics.median(ratios):.2f}", f"{ratios[0]:.2f} to {ratios[-1]:.2f}",
            ", ".join(f"{name} {_number(seconds)}" for name, seconds in stages.items()),
        ])  # fmt: skip
    head = ["", "characters", "decoding alone, s", "to pairs, s", "CPU s", "times decoding", "in single rounds",
            "stages, s"]  # fmt: skip
    return (
        "## From files to pairs of paragraphs\n\nReading and decoding in plain Python, and the way from the same "
        "files to verified pairs of paragraphs (read, repair, normalise, segment, pair), in turns, as many times as "
        "there are rounds; medians, and the median of the ratios within each round. The memory was touched by "
        "another process just before the second of the two.\n\n" + _table(head, body)
    )


def _to_pairs(row: Row) -> float:
    """Return the seconds from files to verified pairs of paragraphs."""
    return float(sum(row["timings"][stage] for stage in ("read", "repair", "normalise", "segment", "pair")))


def _scan_tables_elsewhere(rows: list[Row]) -> str:
    """Render what an earlier commit gave on another machine; such a file is kept by hand, no run writes it."""
    return "## Whole scans on another machine\n\n" + rows[0]["where"] + "\n\n" + _scan_figures(rows[1:])


def _scan_tables(rows: list[Row]) -> str:
    return (
        "## Whole scans of files\n\nAll steps, passages and JSON, kernels compiled before; bytes a character above "
        "what the process held before. The memory was touched by another process just before, but for the row that "
        "says cold: the host of a virtual machine hands each page out when it is first touched, on this one at two "
        "to three seconds a gigabyte. Decoding alone reads and decodes the same files in plain Python, the median of "
        "three times; to pairs is from files to verified pairs of paragraphs; align is from anchors to passages. Of "
        "several rounds all figures are those of the one with the middle time; least and most stand beside it."
        "\n\n" + _scan_figures(rows)
    )


def _rounds(row: Row) -> str:
    """Return the seconds of a row, and between which those of its rounds lie if there were several."""
    took = row.get("took", [])
    between = f" ({_number(min(took))} to {_number(max(took))})" if len(took) > 1 else ""
    return _number(row["seconds"]) + between


def _scan_figures(rows: list[Row]) -> str:
    fine = [row for row in rows if "error" not in row]
    body = [
        [row["name"], f"{row['chars']:,}", _rounds(row), _number(row["cpu"]),
         _number(row["bytes"] / 1e6 / row["seconds"]), _number(row["decoding"]), _number(_to_pairs(row)),
         _number(_to_pairs(row) / row["decoding"]), _number(row["bytes"] / 1e6 / row["timings"]["align"]),
         f"{row['peak_mb']:,.0f}",
         _number((row["peak_mb"] - row["before_mb"]) * 1e6 / row["chars"]), f"{row['passages']:,}",
         _number(row["first_run"])]
        for row in fine
    ]  # fmt: skip
    head = ["", "characters", "s", "CPU s", "MB/s", "decoding alone, s", "to pairs, s", "times decoding",
            "align, MB/s", "peak MB", "bytes a character", "passages", "warm-up, s"]  # fmt: skip
    stages = dict.fromkeys(name for row in fine for name in row["timings"])
    by_stage = [
        [name, *(_number(row["timings"][name]) if name in row["timings"] else "" for row in fine)] for name in stages
    ]
    folders = [row for row in fine if row["name"].endswith("folder")]
    growth = ""
    if len(folders) > 1:
        first, last = folders[0], folders[-1]
        more = math.log(last["chars"] / first["chars"])
        wall, cpu = (math.log(last[key] / first[key]) / more for key in ("seconds", "cpu"))
        growth = f"\nGrowth from the least to the largest folder: time ~ characters^{wall:.2f}, CPU ^{cpu:.2f}.\n"
    errors = "".join(f"\n- {row['name']}: {row['error']}" for row in rows if "error" in row)
    limits = "".join(f"- {row['name']}: {'; '.join(row['limits'])}\n" for row in fine if row["limits"])
    return (
        _table(head, body) + growth + "\nSeconds by stage:\n\n"
        + _table(["", *(row["name"] for row in fine)], by_stage)
        + ("\nWhat was bounded:\n\n" + limits if limits else "")
        + ("\nNot measured:\n" + errors + "\n" if errors else "")
    )  # fmt: skip


def _flood_table(rows: list[Row]) -> str:
    body = []
    for one, two in zip(rows[::2], rows[1::2], strict=False):
        if "error" in one or "error" in two:
            body.append([one.get("flood", ""), "", "", "", "", "", one.get("error") or two.get("error", "")])
            continue
        body.append([
            two["flood"], f"{two['size']:,}", _number(two["seconds"]), _number(two["cpu"]),
            _number(two["cpu"] / one["cpu"]), f"{two['peak_mb']:,.0f}", "; ".join(two["limits"]),
        ])  # fmt: skip
    head = ["flood", "size", "s", "CPU s", "CPU of twice the size", "peak MB", "bounded"]
    return "## Floods\n\nEach at a size and at twice that size, least of some rounds.\n\n" + _table(head, body)


def _shell_table(rows: list[Row]) -> str:
    body = [[row["name"], _number(row["seconds"]), _number(row["cpu"]), str(row["rounds"])] for row in rows]
    return (
        "## From the shell\n\nThe whole command, interpreter and imports included, kernels compiled before; "
        "`python -m bench.run --parts shell`. The least of the rounds.\n\n"
        + _table(["", "s", "CPU s", "rounds"], body)
    )  # fmt: skip


def plot(results: Path, target: Path) -> None:
    """Draw seconds by paragraphs, a line a peer, from the tables at the first threshold."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "dedup"
    from matplotlib import pyplot

    tables = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("peers-*.json"))]
    if not tables:
        return
    threshold = min(table["threshold"] for table in tables)
    lines: dict[str, list[tuple[int, float]]] = {}
    for table in sorted(tables, key=lambda one: one["paragraphs"]):
        if table["threshold"] == threshold:
            for name, run in medians(table).items():
                if "error" not in run:
                    lines.setdefault(name, []).append((table["paragraphs"], run["seconds"]))
    figure, axes = pyplot.subplots(figsize=(8, 5))
    for name, points in lines.items():
        axes.plot(*zip(*points, strict=True), marker="o", linewidth=3 if name == "dedup" else 1.2, label=name)
    axes.set(xscale="log", yscale="log", xlabel="paragraphs", ylabel="seconds, texts in memory to pairs")
    axes.grid(visible=True, which="both", alpha=0.25)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(target, metadata={"Date": None})
    pyplot.close(figure)
