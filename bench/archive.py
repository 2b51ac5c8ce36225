"""What a standing archive costs: building, growing by one per cent, asking, its size.

    python -m bench.archive 1000000             # paragraphs; prints a table of figures
    python -m bench.archive 1000000 FOLDER      # the same, and keeps the archive there; a second run only asks it

The corpus is that of `bench.corpus`, fifty paragraphs a report. The query is a hundred paragraphs in two reports, one
in ten of them an edited paragraph of the archive; it is asked several times in one process, the first time apart, for
it loads kernels and the dictionary of titles. Building takes minutes and asking seconds, so that with FOLDER the one
can be done beside other work and the other on a machine that does nothing else.
"""

from __future__ import annotations

import gzip
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.corpus import PER_DOCUMENT, make
from dedup import Document, Index

ASKED = 9
NAME, QUESTION = "archive.dedup", "question.jsonl"


@contextmanager
def clock(seconds: dict[str, float], name: str) -> Iterator[None]:
    begun, busy = time.perf_counter(), time.process_time()
    yield
    seconds[name] = time.perf_counter() - begun
    seconds[f"{name} cpu"] = time.process_time() - busy


def reports(texts: list[str], name: str) -> list[Document]:
    """Bind paragraphs into reports."""
    return [
        Document(f"{name}/{at // PER_DOCUMENT:06}.txt", "\n".join(texts[at : at + PER_DOCUMENT]))
        for at in range(0, len(texts), PER_DOCUMENT)
    ]


def asked(stored: list[str]) -> list[Document]:
    """Return two reports of fifty paragraphs: nine new ones, then one that the archive has in other words."""
    fresh = make(90, seed=7).texts
    step = len(stored) // 11
    for number in range(10):
        text = stored[(number + 1) * step]
        fresh.insert(number * 10 + 5, text[: len(text) // 3] + "据说" + text[len(text) // 3 + 1 :])
    return reports(fresh, "new")


def plain_files(folder: Path, texts: list[str]) -> Iterator[tuple[str, float]]:
    """Write the same reports as lines of JSON, as they are and gzipped; yield name and seconds."""
    for name, packed in (("plain.jsonl", False), ("plain.jsonl.gz", True)):
        begun = time.perf_counter()
        lines = (
            json.dumps({"id": one.source, "text": one.text}, ensure_ascii=False) + "\n"
            for one in reports(texts, "stored")
        )
        if packed:
            with gzip.open(folder / name, "wt", compresslevel=6, encoding="utf-8") as file:
                file.writelines(lines)
        else:
            with (folder / name).open("w", encoding="utf-8") as file:
                file.writelines(lines)
        yield name, time.perf_counter() - begun


def build(paragraphs: int, folder: Path) -> None:
    """Build an archive in a folder, grow it, check it; print what each cost, beside plain files."""
    texts = make(paragraphs).texts
    more = make(paragraphs // 100 // PER_DOCUMENT * PER_DOCUMENT, seed=3).texts
    path = folder / NAME
    seconds: dict[str, float] = {}
    with Index.create(path) as warm:
        warm.add(reports(texts[:100], "warm"))
    with Index.create(path, force=True) as archive:
        with clock(seconds, "build"):
            archive.add(reports(texts, "stored"), jobs=2)
        logged = archive.info().size
    size = path.stat().st_size  # closed, so that the log is taken in
    with Index(path) as archive:
        with clock(seconds, "one per cent more"):
            archive.add(reports(more, "more"), jobs=2)
        info = archive.info()
    with clock(seconds, "check"), Index(path) as archive:
        archive.check()
    with (folder / QUESTION).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps([one.source, one.text], ensure_ascii=False) + "\n" for one in asked(texts))
    print(f"paragraphs {paragraphs}, documents {info.documents}, characters {sum(map(len, texts))}")
    for unit in ("", " cpu"):
        grown, whole = seconds[f"one per cent more{unit}"], seconds[f"build{unit}"]
        print(f"build{unit}: {whole:.1f} s, {paragraphs / whole:.0f} paragraphs a second")
        print(f"one per cent more{unit}: {grown:.2f} s, {grown / whole:.1%} of the build")
    print(f"check {seconds['check']:.1f} s, cpu {seconds['check cpu']:.1f} s")
    print(f"file {size / 1e6:.0f} MB, with its log before it is closed {logged / 1e6:.0f}")
    print(f"anchors {info.anchors}, bands {info.bands}, segments {info.segments}")
    for name, written in plain_files(folder, texts):
        print(f"plain: {name} {written:.1f} s, {(folder / name).stat().st_size / 1e6:.0f} MB")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


def ask(folder: Path) -> None:
    """Ask the archive in a folder; print what the first question of a process costs, and the others."""
    with (folder / QUESTION).open(encoding="utf-8") as file:
        question = [Document(*json.loads(line)) for line in file]
    seconds: dict[str, float] = {}
    times, busy = [], []
    with Index(folder / NAME) as archive:
        with clock(seconds, "first query"):
            archive.query(question)
        for _ in range(ASKED):
            begun, spent = time.perf_counter(), time.process_time()
            result = archive.query(question)
            times.append(time.perf_counter() - begun)
            busy.append(time.process_time() - spent)
    with clock(seconds, "open, ask, close"), Index(folder / NAME) as archive:
        archive.query(question)
    print(f"query of 100 paragraphs: first {seconds['first query']:.2f} s, then {statistics.median(times):.3f} s")
    print(f"  slowest {max(times):.3f} s; opened anew {seconds['open, ask, close']:.3f} s")
    print(f"  of processor time {statistics.median(busy):.3f} s, at most {max(busy):.3f} s")
    found = sum(any("据说" in result.text(side) for side in (one.left, one.right)) for one in result.passages)
    print(
        f"  {len(result.documents)} documents, {len(result.passages)} passages, {found} touch the 10 planted copies"
    )
    for name, value in result.timings.items():
        print(f"  {name} {value:.3f}")
    for limit in result.limits:
        print(f"  {limit}")


def main(paragraphs: int, folder: Path) -> None:
    """Build, unless that has been done; ask."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / QUESTION).exists():
        (folder / NAME).unlink(missing_ok=True)
        build(paragraphs, folder)
    ask(folder)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(
            int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, Path(sys.argv[2] if len(sys.argv) > 2 else temporary)
        )
