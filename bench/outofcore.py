"""A scan in parts over a work folder: memory and time as the corpus grows.

    python -m bench.outofcore WORK 0.1 0.3 1          # gigabytes of UTF-8; folders below WORK hold corpus and parts
    python -m bench.outofcore --page                  # the tables of docs/scale.md, from bench/results/outofcore.json

Each size is generated, scanned by a process of its own with two jobs, and its JSON written; corpus and parts are
removed. Memory is what the system could not take back: the anonymous and shared pages of all processes of the scan
together, sampled twenty times a second. Pages of mapped files are told apart; they are copies of what is on the disk.
A growth exponent is the slope of the logarithms, least squares.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench import corpus

PART = 100_000
"""Paragraphs in a file; a tenth of them near copies, a twentieth exact ones of others in the file."""

AGAIN = 0.02
"""Share of the paragraphs of a file that stand in the file before it too."""

JOBS = 2

RESULTS = Path(__file__).parent / "results" / "outofcore.json"


def write(folder: Path, gigabytes: float) -> int:
    """Write a corpus as files of records, 50 paragraphs each; return its size in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted, size, number = int(gigabytes * 1e9), 0, 0
    before: list[str] = []
    random = np.random.default_rng(7)
    while size < wanted:
        path = folder / f"part-{number:04d}.jsonl"
        texts = corpus.make(PART, corpus.SEED + number).texts
        if before:
            rows, source = (random.integers(0, PART, int(AGAIN * PART)) for _ in range(2))
            for row, one in zip(rows.tolist(), source.tolist(), strict=True):
                texts[row] = before[one]
        with path.open("w", encoding="utf-8") as file:
            for row in range(0, PART, corpus.PER_DOCUMENT):
                record = {"id": f"{number:04d}-{row:06d}", "text": "\n".join(texts[row : row + corpus.PER_DOCUMENT])}
                size += file.write(json.dumps(record, ensure_ascii=False) + "\n") and len(record["text"].encode())
                if size >= wanted:
                    break
        before = texts
        number += 1
    return sum(path.stat().st_size for path in folder.iterdir())


def held(pid: int) -> tuple[int, int]:
    """Return the anonymous and shared bytes, and those of mapped files, of a process and its children (Linux)."""
    anonymous = files = 0
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            status = Path(f"/proc/{one}/status").read_text()
            size = {name: int(line.split()[0]) * 1024 for name, line in _SIZES.findall(status)}
            anonymous += size.get("RssAnon", 0) + size.get("RssShmem", 0)
            files += size.get("RssFile", 0)
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, ProcessLookupError):
            continue
    return anonymous, files


_SIZES = re.compile(r"^(Rss\w+):\s*(\d+ kB)", re.M)


def measure(inputs: Path, work: Path) -> dict[str, Any]:
    """Scan in a process of its own; return what `scan` prints, and the peaks of its memory, by stage too."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.outofcore", "--scan", str(inputs), str(work)], text=True, stdout=subprocess.PIPE
    )
    stage, done = ["start"], threading.Event()
    peaks: dict[str, int] = {}
    files = [0]

    def watch() -> None:
        while not done.wait(0.05):
            anonymous, mapped = held(process.pid)
            peaks[stage[0]] = max(peaks.get(stage[0], 0), anonymous)
            files[0] = max(files[0], mapped)

    watcher = threading.Thread(target=watch)
    watcher.start()
    facts: dict[str, Any] = {}
    for line in process.stdout or ():
        word, _, rest = line.partition(" ")
        if word == "stage":
            stage[0] = rest.strip()
            print(f"{time.strftime('%H:%M:%S')} {stage[0]}", file=sys.stderr, flush=True)
        elif word == "facts":
            facts = json.loads(rest)
    process.wait()
    done.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"the scan of {inputs} failed with status {process.returncode}")
    return facts | {"peak": max(peaks.values()), "files": files[0], "peaks": peaks}


def scan(inputs: Path, work: Path) -> None:
    """Scan and write the result beside the work folder; print stages as they begin, then time and sizes."""
    import resource

    from dedup.pipeline import scan as pipeline

    begun = time.perf_counter()
    seconds: dict[str, float] = {}
    now = ["start", begun]

    def told(stage: str, *_: int) -> None:
        seconds[now[0]] = seconds.get(now[0], 0.0) + time.perf_counter() - now[1]
        now[:] = stage, time.perf_counter()
        print(f"stage {stage}", flush=True)

    result = pipeline([inputs], work=work, jobs=JOBS, told=told)
    told("json")
    path = work.with_suffix(".json")
    with path.open("wb") as file:
        file.writelines(result.json_bytes())
    told("end")
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    facts = {
        "seconds": time.perf_counter() - begun,
        "cpu": sum(one.ru_utime + one.ru_stime for one in usage),
        "documents": len(result.documents),
        "passages": len(result.passages),
        "clusters": len(result.clusters),
        "work": sum(file.stat().st_size for file in work.rglob("*") if file.is_file()),
        "json": path.stat().st_size,
        "stages": {name: round(spent, 1) for name, spent in seconds.items()},
    }
    print(f"facts {json.dumps(facts)}", flush=True)


def run(top: Path, sizes: list[float]) -> None:
    """Measure some sizes; what was measured of them before is replaced, that of others stays."""
    from bench.run import machine

    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    for gigabytes in sizes:
        inputs, work = top / f"corpus-{gigabytes:g}", top / f"work-{gigabytes:g}"
        shutil.rmtree(work, ignore_errors=True)
        size = sum(path.stat().st_size for path in inputs.iterdir()) if inputs.exists() else write(inputs, gigabytes)
        row = {"gigabytes": gigabytes, "bytes": size, "machine": machine([])} | measure(inputs, work)
        row["machine"] |= {"command": f"python -m bench.outofcore WORK {gigabytes:g}", "disk": disk(top)}
        known = sorted(
            [one for one in known if one["gigabytes"] != gigabytes] + [row], key=lambda one: one["gigabytes"]
        )
        RESULTS.write_text(json.dumps(known, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        for folder in (inputs, work):
            shutil.rmtree(folder)
        work.with_suffix(".json").unlink()
        print(json.dumps(row), flush=True)


def disk(folder: Path) -> str:
    """Return how large the disk is and how fast a quarter of a gigabyte is written to it and read back."""
    path, block, count = folder / "disk.bin", bytes(1 << 22), 64
    begun = time.perf_counter()
    with path.open("wb") as file:
        for _ in range(count):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    written = count * len(block) / (time.perf_counter() - begun)
    path.unlink()
    total = shutil.disk_usage(folder)
    return f"{total.total / 1e9:.0f} GB, {total.free / 1e9:.0f} GB free, written at {written / 1e6:.0f} MB a second"


def page(rows: list[dict[str, Any]]) -> str:
    """Return the tables of docs/scale.md."""
    lines = [
        "| corpus | passages | seconds | processor seconds | peak memory | mapped files | work folder | JSON |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['gigabytes']:g} GB | {row['passages']:,} | {row['seconds']:,.0f} | {row['cpu']:,.0f} | "
            f"{row['peak'] / 1e9:.2f} GB | {row['files'] / 1e9:.2f} GB | {row['work'] / 1e9:.1f} GB | "
            f"{row['json'] / 1e9:.2f} GB |"
        )
    if len(rows) > 1:
        logs = np.log([[row[name] for row in rows] for name in ("bytes", "peak", "seconds", "cpu")])
        slope = [f"{np.polyfit(logs[0], column, 1)[0]:.2f}" for column in logs[1:]]
        lines += ["", f"Growth exponents: memory {slope[0]}, seconds {slope[1]}, processor seconds {slope[2]}."]
    last = rows[-1]
    lines += ["", f"By stage, {last['gigabytes']:g} GB:", "", "| stage | seconds | peak memory |", "|---|---|---|"]
    for name, spent in last["stages"].items():
        if spent >= 1 and name in last["peaks"]:
            lines.append(f"| {name} | {spent:,.0f} | {last['peaks'][name] / 1e9:.2f} GB |")
    one = last["machine"]
    load = ", ".join(f"{row['machine']['load'][0]:.0f}" for row in rows)
    lines += [
        "",
        f"{one['cpu']}, {one['cores']} cores, {one['memory_gb']} GB; disk: {one['disk']}; Python {one['python']}, "
        f"numpy {one['numpy']}, {one['day']}. Others worked on it meanwhile: load {load} when each size began.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    if sys.argv[1] == "--scan":
        scan(Path(sys.argv[2]), Path(sys.argv[3]))
    elif sys.argv[1] == "--page":
        print(page(json.loads(RESULTS.read_text(encoding="utf-8"))), end="")
    else:
        run(Path(sys.argv[1]), [float(one) for one in sys.argv[2:]])


if __name__ == "__main__":
    main()
