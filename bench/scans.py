"""Whole scans and the paragraph route, one measurement a process. Caller: `bench.run`.

python -m bench.scans scan PATH...      # dedup.scan of files, JSON written; beside it, reading and decoding alone
python -m bench.scans flood NAME SIZE   # dedup.scan of a flood in memory
python -m bench.scans route TEXTS       # the paragraph route, stage by stage
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench import corpus
from bench.peers import cpu_seconds, peak_mb
from dedup.params import Params
from dedup.pipeline import near_pairs, scan
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


def files(paths: list[str]) -> dict[str, Any]:
    """Scan files and folders as the command line does, the JSON file included."""
    _, compiled, _ = _timed(_warm_up)
    before = peak_mb()
    (chars, size), decoding, _ = _timed(lambda: _decode([Path(path) for path in paths]))
    decoded_mb = peak_mb()
    result, seconds, cpu = _timed(lambda: scan(paths, jobs=JOBS))
    with tempfile.TemporaryDirectory() as folder:
        _, writing, _ = _timed(lambda: (Path(folder) / "result.json").write_text(result.to_json(), encoding="utf-8"))
    return _facts(result, seconds + writing, cpu) | {
        "chars": chars,
        "bytes": size,
        "first_run": compiled,
        "decoding": decoding,
        "before_mb": before,
        "decoded_mb": decoded_mb,
        "timings": dict(result.timings) | {"json": writing},
    }


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
    before = peak_mb()
    result, seconds, cpu = _timed(lambda: scan(documents, jobs=JOBS))
    facts = {"chars": sum(map(len, texts)), "before_mb": before, "timings": dict(result.timings)}
    return _facts(result, seconds, cpu) | facts | {"flood": name, "size": size}


def _facts(result: Result, seconds: float, cpu: float) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "cpu": cpu,
        "peak_mb": peak_mb(),
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
        "peak_mb": peak_mb(),
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
    if kind == "scan":
        facts = files(rest)
    elif kind == "flood":
        facts = flood(rest[0], int(rest[1]))
    else:
        facts = route(rest[0])
    sys.stdout.write(json.dumps(facts) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
