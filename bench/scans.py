"""Whole scans and the paragraph route, one measurement a process. Caller: `bench.run`.

python -m bench.scans scan [--cold] PATH...  # dedup.scan of files, JSON written; reading and decoding alone
python -m bench.scans touch MEGABYTES   # touches memory, for a scan that follows
python -m bench.scans pairs ROUNDS PATH # files to verified pairs of paragraphs, beside reading and decoding, in turns
python -m bench.scans flood NAME SIZE   # dedup.scan of a flood in memory
python -m bench.scans route TEXTS       # the paragraph route, stage by stage
python -m bench.scans shell ROUNDS PATH...  # the command line from start to end, of each path too
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bench import corpus
from bench.peers import cpu_seconds, peak_mb
from dedup.executors import local
from dedup.kernels.threads import threads
from dedup.params import Params
from dedup.pipeline import near_pairs, scan
from dedup.report.files import write_file
from dedup.report.html import render
from dedup.result import Document, Result

JOBS = os.cpu_count() or 1


def _timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return what the work returns, seconds, and seconds of processor."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    value = work()
    return value, time.perf_counter() - wall, cpu_seconds() - cpu


def _warm_up() -> None:
    """Compile or load every kernel on a few reports; the first run's compile time is a figure of its own."""
    made = corpus.make(300, seed=7)
    scan([Document(source=name, text=text) for name, text in corpus.documents(made)], jobs=JOBS)


def files(paths: list[str], cold: bool = False) -> dict[str, Any]:
    """Scan files and folders as the command line does, the JSON file included.

    A virtual machine has to be given each page of memory by its host when the page is touched for the first time, and
    gives it back when it is free for some seconds; that takes up to three seconds a gigabyte, and is no part of a
    scan. So another process touches as much memory as will be needed before the scan begins, unless ``cold``.
    """
    _, compiled, _ = _timed(_warm_up)
    before = peak_mb(children=False)
    # The first finds the files on the disk, and the time of the others differs by half from one to the next.
    decodings = [_timed(lambda: _decode([Path(path) for path in paths])) for _ in range(3)]
    chars, size = decodings[0][0]
    decoding = median(wall for _, wall, _ in decodings)
    decoded_mb = peak_mb(children=False)
    if not cold:
        subprocess.run([sys.executable, "-m", "bench.scans", "touch", str(before + 12 * size / 1e6)], check=True)
    result, seconds, cpu = _timed(lambda: scan(paths, jobs=JOBS))
    with tempfile.TemporaryDirectory() as folder:
        _, writing, _ = _timed(lambda: write_file(Path(folder) / "result.json", result.json_bytes()))
        _, paging, _ = _timed(lambda: write_file(Path(folder) / "page.html", render(result)))
    return _facts(result, seconds + writing, cpu) | {
        "cold": cold,
        "chars": chars,
        "bytes": size,
        "first_run": compiled,
        "decoding": decoding,
        "before_mb": before,
        "decoded_mb": decoded_mb,
        "timings": dict(result.timings) | {"json": writing, "page": paging},
    }


def pairs(rounds: int, path: str) -> dict[str, Any]:
    """Read and decode files in plain Python, then go from them to verified pairs of paragraphs, in turns.

    A machine that others use too is now faster, now slower; the two of a round are near each other in time.
    """
    _warm_up()
    runs = []
    for _ in range(rounds):
        (chars, size), decoding, _ = _timed(lambda: _decode([Path(path)]))
        subprocess.run([sys.executable, "-m", "bench.scans", "touch", str(8 * size / 1e6)], check=True)
        (stages, found), seconds, cpu = _timed(lambda: _to_pairs(path))
        runs.append({"decoding": decoding, "seconds": seconds, "cpu": cpu, "stages": stages})
    return {"chars": chars, "bytes": size, "pairs": found, "runs": runs}


def _to_pairs(path: str) -> tuple[dict[str, float], int]:
    """Go from files to verified pairs, as a scan does; seconds by stage, and the number of pairs."""
    took: dict[str, float] = {}

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        took[name] = time.perf_counter() - begun

    with threads(JOBS):
        prepared = local.Memory().corpus(local.Sources([path]), Params(), stage)
        with stage("pair"):
            found, _ = near_pairs(prepared.keys, prepared.segments, Params())
    return took, len(found.left)


def touch(megabytes: float) -> None:
    """Write to as much memory, or to half of the machine's if that is less, and give it back."""
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    np.empty(min(int(megabytes * 1e6), half), np.uint8).fill(1)


def shell(rounds: int, paths: list[str]) -> list[dict[str, Any]]:
    """Run the command line on five reports, and on what is named, from its start to its end."""
    with tempfile.TemporaryDirectory() as folder:
        corpus.write(corpus.make(220, seed=5), Path(folder))
        outputs = ["--json", f"{folder}/out.json", "--html", f"{folder}/out.html", "--force"]
        commands = {"dedup --help": ["--help"]}
        for name, path in [("five reports", f"{folder}/reports"), *((Path(path).name, path) for path in paths)]:
            commands[f"dedup scan, {name}"] = ["scan", path]
            commands[f"dedup scan with JSON and page, {name}"] = ["scan", path, *outputs]
        for command in commands.values():
            _shell(command)  # not counted: what is compiled and kept by the first run is found by all later ones
        runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                runs[name].append(_shell(command))
    return [
        {"name": name, "seconds": min(wall for wall, _ in took), "cpu": min(cpu for _, cpu in took), "rounds": rounds}
        for name, took in runs.items()
    ]


def _shell(command: list[str]) -> tuple[float, float]:
    """Run the command line once; seconds, and seconds of processor, in user mode and in the system's."""
    # As where it was installed: with compiled modules beside their sources.
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    before, begun = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-m", "dedup", *command], env=env, check=True, capture_output=True)
    wall, after = time.perf_counter() - begun, os.times()
    return wall, sum(after[2:4]) - sum(before[2:4])


def _decode(paths: list[Path]) -> tuple[int, int]:
    """Read and decode the same files in plain Python, one at a time: the floor that no scan goes below."""
    chars = size = 0
    for root in paths:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file():
                data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
                if ".jsonl" in path.suffixes:
                    texts = [json.loads(line)["text"] for line in data.splitlines()]
                    chars += sum(map(len, texts))
                else:
                    chars += len(data.decode("utf-8"))
                size += len(data)
    return chars, size


def flood(name: str, size: int) -> dict[str, Any]:
    """Scan a flood made in memory."""
    _warm_up()
    texts = corpus.flood(name, size)
    documents = [Document(source=f"{row:07d}", text=text) for row, text in enumerate(texts)]
    before = peak_mb(children=False)
    result, seconds, cpu = _timed(lambda: scan(documents, jobs=JOBS))
    facts = {"chars": sum(map(len, texts)), "before_mb": before, "timings": dict(result.timings)}
    return _facts(result, seconds, cpu) | facts | {"flood": name, "size": size}


def _facts(result: Result, seconds: float, cpu: float) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "cpu": cpu,
        "peak_mb": peak_mb(children=False),
        "documents": len(result.documents),
        "passages": len(result.passages),
        "clusters": len(result.clusters),
        "limits": [f"{limit.kind}: {limit.count}, {limit.detail}" for limit in result.limits],
    }


def route(path: str, rounds: int = 5) -> dict[str, Any]:
    """Time the steps of the paragraph route apart, and `near_pairs` as a whole; medians of some rounds."""
    texts = Path(path).read_text(encoding="utf-8").split("\n")
    _route(texts[:200])
    rows = [_route(texts) for _ in range(rounds)]
    names = list(rows[0][0])
    return {
        "texts": len(texts),
        "chars": sum(map(len, texts)),
        "candidates": rows[0][1],
        "steps": {name: [float(np.median([row[0][name][at] for row in rows])) for at in (0, 1)] for name in names},
        "peak_mb": peak_mb(children=False),
    }


def _route(texts: list[str]) -> tuple[dict[str, tuple[float, float]], int]:
    """Run the steps once; return (wall, processor) seconds of each, and the number of candidates."""
    from dedup.paragraphs import one_paragraph_each
    from dedup.steps import expand, pair, shingle, sketch, verify

    params = Params()
    chosen = pair.banding(params.threshold, params.num_perm, params.recall)
    took: dict[str, tuple[float, float]] = {}

    def step(name: str, work: Callable[[], Any]) -> Any:
        value, wall, cpu = _timed(work)
        took[name] = (wall, cpu)
        return value

    keys, segments = step("buffer", lambda: one_paragraph_each(texts, fold=False))
    digest = step("digests", lambda: shingle.digest(keys, segments))
    first, group = step("exact groups", lambda: pair.groups(digest))
    words = step(
        "sketches and band keys",
        lambda: sketch.band_words(keys, segments, first, params, chosen.bands, chosen.rows),
    )
    candidates, _ = step("buckets and merging", lambda: pair.pair(words, params))
    wanted = pair.touched(candidates, group)
    sets = step("sets of candidates", lambda: shingle.shingle(keys, segments, first, params.shingle, wanted))
    near = step("exact verification", lambda: verify.verify(candidates, sets, params.threshold))
    step("exact copies given back", lambda: expand.expand(near, first, group, sets.length, params.bucket))
    step("near_pairs as a whole", lambda: near_pairs(keys, segments, params))
    return took, len(candidates.left)


def main(arguments: list[str]) -> int:
    kind, *rest = arguments
    if kind == "touch":
        touch(float(rest[0]))
        return 0
    if kind == "scan":
        facts = files([one for one in rest if one != "--cold"], cold="--cold" in rest)
    elif kind == "pairs":
        facts = pairs(int(rest[0]), rest[1])
    elif kind == "flood":
        facts = flood(rest[0], int(rest[1]))
    elif kind == "shell":
        facts = {"commands": shell(int(rest[0]), rest[1:])}
    else:
        facts = route(rest[0])
    sys.stdout.write(json.dumps(facts) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
