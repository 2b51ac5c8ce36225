"""Speed of the text layer: decode, repair, normalise, segment, on one thread.

    python -m bench.layer                     the generated corpus of 20,000 paragraphs
    python -m bench.layer FILE.jsonl[.gz]     any records with a `text`

Prints megabytes of UTF-8 a second for each step and for all of them, medians of five rounds in one process. Processor
time, so that other work on the machine disturbs it less.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from bench.corpus import documents, make
from dedup.kernels.threads import threads
from dedup.read import read
from dedup.result import Document
from dedup.steps import normalise, repair, segment

ROUNDS = 5


def texts_of(paths: list[str]) -> list[str]:
    """Return the texts to measure on."""
    if paths:
        return [row.text for row in read(paths) if isinstance(row, Document)]
    return [text for _, text in documents(make(20_000, 1))]


def main(paths: list[str]) -> int:
    """Measure and print."""
    texts = texts_of(paths)
    data = [text.encode("utf-8", "surrogatepass") for text in texts]
    size = sum(map(len, data)) / 1e6
    seconds: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        begun = time.process_time()
        answer = work()
        seconds.setdefault(name, []).append(time.process_time() - begun)
        return answer

    with threads(1):
        for _ in range(ROUNDS + 1):
            decoded = timed("decode", lambda: [row.decode("utf-8", "surrogatepass") for row in data])
            laid = timed("lay out", lambda texts=decoded: repair.lay_out(texts))
            edits = timed("repair", lambda laid=laid: repair.repair(laid))
            keys = timed("normalise", lambda laid=laid, edits=edits: normalise.normalise(laid, edits))
            timed("segment", lambda laid=laid, edits=edits, keys=keys: segment.segment(laid, edits, keys))
    medians = {name: statistics.median(times[1:]) for name, times in seconds.items()}  # the first compiles
    medians["all"] = sum(medians.values())
    print(f"{len(texts):,} documents, {size:.1f} MB of UTF-8")
    for name, median in medians.items():
        print(f"{name:10} {median:8.3f} s {size / max(median, 1e-9):8.0f} MB/s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
