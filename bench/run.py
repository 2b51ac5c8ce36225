"""Run the benchmark and write its page: ``make bench``.

    python -m bench.run                                   # everything, half a day of patience
    python -m bench.run --sizes 20000 --rounds 3 --parts peers
    python -m bench.run --parts scans news.jsonl.gz       # a corpus of your own, one record a document
    python -m bench.run --parts shell --rounds 9 reports/ # the command line on five reports, and on some of your own
    python -m bench.run --render                          # the page again from kept results

Every measurement is a process of its own; those compared are interleaved, round by round, so that a busy machine hits
all alike. Raw results are kept in ``bench/results``, corpora in ``bench/work`` (not in git).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bench import corpus, page
from bench.peers import PEERS

HERE = Path(__file__).resolve().parent
WORK, RESULTS = HERE / "work", HERE / "results"
PARTS = ("peers", "route", "pairs", "scans", "floods", "shell")
FLOODS = {"copies": 25_000, "numbers": 25_000, "names": 25_000, "everywhere": 2_000, "sixfold": 300_000,
          "sentence": 830_000, "letters": 30_000}  # fmt: skip
"""Sizes of which the double is run too: it ends at 50,000 copies and variants, and at 5 MB of one sentence."""
READMES = {"README.md": "en", "README.zh.md": "zh"}
Row = dict[str, Any]


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description="Benchmark; writes docs/performance.md.")
    parser.add_argument(
        "files", nargs="*", type=Path, help="corpora of your own to scan whole (.jsonl, .jsonl.gz), or reports"
    )
    parser.add_argument("--sizes", default="20000,200000,1000000", help="paragraphs, separated by commas")
    parser.add_argument("--thresholds", default="0.7,0.8", help="the second and later ones at the smaller sizes only")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds; the medians are shown")
    parser.add_argument("--slow", type=float, default=60.0, help="seconds above which a peer runs in one round only")
    parser.add_argument(
        "--patience", type=float, default=1_800.0, help="seconds after which a measurement is stopped"
    )
    parser.add_argument("--parts", default=",".join(PARTS), help="which of " + ", ".join(PARTS))
    parser.add_argument("--peers", default=",".join(PEERS), help="which peers, separated by commas")
    parser.add_argument("--python", default=sys.executable, help="interpreter of an environment that holds the peers")
    parser.add_argument("--render", action="store_true", help="only write the page from kept results")
    return parser.parse_args(given)


def child(python: str, patience: float, module: str, *given: str) -> Row:
    """Run one measurement; whatever goes wrong becomes a row that says what."""
    folders = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")]))
    try:
        done = subprocess.run(
            [python, "-m", module, *given],
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
            env=os.environ | {"PYTHONPATH": folders},
            cwd=HERE.parent,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"stopped after {patience:.0f} s"}
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {"error": lines[-1] if lines else f"ended with status {done.returncode}"}
    row: Row = json.loads(done.stdout.strip().splitlines()[-1])
    return row


def keep(name: str, value: Any) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def say(text: str) -> None:
    sys.stderr.write(text + "\n")


def machine(command: list[str]) -> Row:
    """Describe what the figures were measured on, how busy it was included."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9 if hasattr(os, "sysconf") else 0
    return {
        "command": " ".join(["python -m bench.run", *command]),
        "cpu": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else [],
        "day": time.strftime("%Y-%m-%d"),
    }


def prepare(size: int, thresholds: list[float]) -> Path:
    """Make a corpus as files, its folded texts, and the true pairs at each threshold; return its folder."""
    from bench.exact import exact_pairs
    from dedup.steps import normalise, repair

    folder = WORK / str(size)
    if not (folder / "facts.json").exists():
        say(f"making {size} paragraphs")
        begun = time.perf_counter()
        made = corpus.make(size)
        seconds = {"make": time.perf_counter() - begun}
        corpus.write(made, folder)
        texts = _step(seconds, "buffer", lambda: repair.lay_out(made.texts))
        edits = _step(seconds, "repair", lambda: repair.repair(texts))
        keys = _step(seconds, "normalise", lambda: normalise.normalise(texts, edits))
        whole = keys.codes.tobytes().decode("utf-32-le", "surrogatepass")
        bounds = keys.indptr.tolist()
        folded = [whole[start:end] for start, end in pairwise(bounds)]
        (folder / "texts.txt").write_text("\n".join(folded), encoding="utf-8")
        facts = {"paragraphs": size, "chars": len(texts.codes), "folded": len(keys.codes), "seconds": seconds,
                 "distinct": len(set(folded)), "planted": len(made.planted.copy)}  # fmt: skip
        (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    for threshold in thresholds:
        truth = folder / f"truth-{threshold}.npy"
        if not truth.exists():
            np.save(truth, exact_pairs((folder / "texts.txt").read_text(encoding="utf-8").split("\n"), threshold))
    return folder


def _step(seconds: dict[str, float], name: str, work: Any) -> Any:
    begun = time.perf_counter()
    value = work()
    seconds[name] = time.perf_counter() - begun
    return value


def peers(options: argparse.Namespace, sizes: list[int], thresholds: list[float]) -> None:
    """Run all peers, interleaved; one that fails is listed with its error and not run again."""
    names = [name for name in PEERS if name in options.peers.split(",")]
    for size in sizes:
        folder = prepare(size, thresholds)
        facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
        for threshold in thresholds if size < max(sizes) or len(sizes) == 1 else thresholds[:1]:
            rounds: list[list[Row]] = []
            done: set[str] = set()
            for number in range(options.rounds):
                row = []
                turn = number % len(names)
                for name in names[turn:] + names[:turn]:
                    if name not in done:
                        one = child(options.python, options.patience, "bench.peers", name, str(folder / "texts.txt"),
                                    str(folder / f"truth-{threshold}.npy"), str(threshold))  # fmt: skip
                        say(f"{size} at {threshold}, round {number + 1}: {name} {one.get('error') or one['seconds']}")
                        row.append({"peer": name} | one)
                        if "error" in one or one["seconds"] > options.slow:
                            done.add(name)
                rounds.append(row)
                keep(f"peers-{size}-{threshold}", facts | {"threshold": threshold, "rounds": rounds})


def route(options: argparse.Namespace, sizes: list[int], thresholds: list[float]) -> None:
    """Time the steps of the paragraph route at each size."""
    keep("route", [
        child(options.python, options.patience, "bench.scans", "route", str(prepare(size, thresholds) / "texts.txt"))
        for size in sizes
    ])  # fmt: skip


def pairs(options: argparse.Namespace, sizes: list[int], thresholds: list[float]) -> None:
    """Go from files to pairs beside reading and decoding them, at the two largest sizes."""
    rows: list[Row] = []
    for size in sorted(sizes)[-2:]:
        for kind in ("reports", "reports.jsonl"):
            path = prepare(size, thresholds) / kind
            row = child(options.python, options.patience, "bench.scans", "pairs", str(options.rounds), str(path))
            name = f"{size:,} paragraphs, {'folder' if kind == 'reports' else 'jsonl'}"
            say(f"to pairs, {name}: {row.get('error') or [run['seconds'] / run['decoding'] for run in row['runs']]}")
            rows.append({"name": name} | row)
            keep("pairs", rows)


def scans(options: argparse.Namespace, sizes: list[int], thresholds: list[float]) -> None:
    """Scan the corpora as folders of reports, the largest as .jsonl and in cold memory too, then the user's own.

    Of some rounds that with the middle time is kept, and how long the others took.
    """
    rows: list[Row] = []
    inputs: list[tuple[str, list[Any]]] = [
        (f"{size:,} paragraphs, folder", [prepare(size, thresholds) / "reports"]) for size in sizes
    ]
    largest = prepare(max(sizes), thresholds)
    inputs += [(f"{max(sizes):,} paragraphs, jsonl", [largest / "reports.jsonl"])]
    inputs += [(f"{max(sizes):,} paragraphs, memory cold", ["--cold", largest / "reports"])]
    inputs += [(path.name, [path.resolve()]) for path in options.files]
    for name, given in inputs:
        runs = [
            child(options.python, options.patience, "bench.scans", "scan", *map(str, given))
            for _ in range(min(3, options.rounds))
        ]
        fine = sorted((run for run in runs if "error" not in run), key=lambda run: run["seconds"])
        row = fine[(len(fine) - 1) // 2] if fine else runs[0]
        took = [run["seconds"] for run in fine]
        say(f"scan of {name}: {row.get('error') or took}")
        rows.append({"name": name, "took": took} | row)
        keep("scans", rows)


def floods(options: argparse.Namespace, *_: Any) -> None:
    """Scan each flood at a size and its double; the ratio is of the least of some rounds."""
    rows: list[Row] = []
    for name, size in FLOODS.items():
        for times in (1, 2):
            runs = [
                child(options.python, options.patience, "bench.scans", "flood", name, str(size * times))
                for _ in range(min(3, options.rounds))
            ]
            fine = [run for run in runs if "error" not in run]
            row = min(fine, key=lambda run: run["cpu"]) if fine else {"flood": name, "size": size * times} | runs[0]
            say(f"flood {name} {size * times}: {row.get('error') or row['seconds']}")
            rows.append(row)
            keep("floods", rows)


def shell(options: argparse.Namespace, *_: Any) -> None:
    """Time the command line from start to end on a few reports."""
    paths = [str(path.resolve()) for path in options.files]
    row = child(options.python, options.patience, "bench.scans", "shell", str(options.rounds), *paths)
    say(f"shell: {row.get('error') or row['commands']}")
    keep("shell", row.get("commands", []))


def main(given: list[str]) -> int:
    options = arguments(given)
    sizes = [int(size) for size in options.sizes.split(",")]
    thresholds = [float(threshold) for threshold in options.thresholds.split(",")]
    if not options.render:
        earlier = page.read(RESULTS, "machine") or []
        now = machine(given)
        keep("machine", [run for run in earlier if run["command"] != now["command"]] + [now])
        for name, part in (
            ("peers", peers),
            ("route", route),
            ("pairs", pairs),
            ("scans", scans),
            ("floods", floods),
            ("shell", shell),
        ):
            if name in options.parts.split(","):
                part(options, sizes, thresholds)
    docs = HERE.parent / "docs"
    docs.mkdir(exist_ok=True)
    (docs / "performance.md").write_text(page.render(RESULTS), encoding="utf-8")
    page.plot(RESULTS, docs / "performance.svg")
    for name, lang in READMES.items():
        readme = HERE.parent / name
        readme.write_text(page.compare(RESULTS, readme.read_text(encoding="utf-8"), lang), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
