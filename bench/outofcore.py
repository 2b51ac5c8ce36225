"""A scan in parts over a work folder: memory and time as the corpus grows.

    python -m bench.outofcore WORK 0.1 0.3 1          # gigabytes of UTF-8; folders below WORK hold corpus and parts

Each size is generated, scanned by a process of its own with two jobs, and its JSON written. Memory is the sum of the
proportional set sizes of all processes of the scan, sampled four times a second: a page that two of them have mapped
counts once. The growth exponent is the slope of the logarithms, least squares.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from bench import corpus

PART = 100_000
"""Paragraphs in a file; a tenth of them near copies, a twentieth exact ones of others in the file."""

AGAIN = 0.02
"""Share of the paragraphs of a file that stand in the file before it too."""

JOBS = 2


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


def proportional(pid: int) -> int:
    """Return the proportional set size of a process and its children, in bytes (Linux)."""
    total = 0
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, StopIteration, ProcessLookupError):
            continue
    return total


def measure(inputs: Path, work: Path) -> dict[str, float]:
    """Scan in a process of its own; return seconds, processor seconds and the peak of its memory."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.outofcore", "--scan", str(inputs), str(work)], text=True, stdout=subprocess.PIPE
    )
    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.25):
            peak = max(peak, proportional(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, _ = process.communicate()
    done.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"the scan of {inputs} failed with status {process.returncode}")
    facts: dict[str, float] = json.loads(out)
    return {"seconds": time.perf_counter() - begun, "peak": peak} | facts


def scan(inputs: Path, work: Path) -> None:
    """Scan and write the result beside the work folder; print stages, processor time and sizes."""
    import resource

    from dedup.pipeline import scan as pipeline

    result = pipeline([inputs], work=work, jobs=JOBS)
    path = work.with_suffix(".json")
    with path.open("w", encoding="utf-8") as file:
        file.writelines(result.json_pieces())
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    facts = {
        "cpu": sum(one.ru_utime + one.ru_stime for one in usage),
        "documents": len(result.documents),
        "passages": len(result.passages),
        "work": sum(file.stat().st_size for file in work.rglob("*") if file.is_file()),
        "json": path.stat().st_size,
        "stages": {name: round(seconds, 1) for name, seconds in result.timings.items()},
    }
    print(json.dumps(facts))


def main() -> None:
    if sys.argv[1] == "--scan":
        scan(Path(sys.argv[2]), Path(sys.argv[3]))
        return
    top, sizes = Path(sys.argv[1]), [float(one) for one in sys.argv[2:]]
    rows = []
    for gigabytes in sizes:
        inputs, work = top / f"corpus-{gigabytes:g}", top / f"work-{gigabytes:g}"
        size = sum(path.stat().st_size for path in inputs.iterdir()) if inputs.exists() else write(inputs, gigabytes)
        rows.append({"gigabytes": gigabytes, "bytes": size} | measure(inputs, work))
        print(json.dumps(rows[-1]), flush=True)
    if len(rows) > 1:
        logs = np.log([[row[name] for row in rows] for name in ("bytes", "peak", "seconds", "cpu")])
        for name, column in zip(("peak", "seconds", "cpu"), logs[1:], strict=True):
            print(f"growth of {name}: {np.polyfit(logs[0], column, 1)[0]:.2f}")


if __name__ == "__main__":
    main()
