"""What a scan on Spark moves over the network, told by Spark's own event log.

    dedup scan reports.jsonl --engine spark --tables out --spark-conf spark.eventLog.enabled=true \\
        --spark-conf spark.eventLog.dir=/tmp/events --spark-conf spark.eventLog.compress=false
    python -m bench.shuffles /tmp/events/app-… PARAGRAPHS

One line a stage that writes a shuffle, and the sum, as megabytes a million paragraphs. With one executor nothing need
leave the machine; with n of them (n - 1) / n of it does.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Stage:
    """What the tasks of a stage wrote for others, and what they held."""

    name: str = ""
    tasks: int = 0
    written: int = 0
    rows: int = 0
    seconds: float = 0.0
    spilled: int = 0
    largest: int = 0


def stages(lines: Iterable[str]) -> dict[int, Stage]:
    """Return the stages of an event log that wrote a shuffle, by number."""
    found: dict[int, Stage] = defaultdict(Stage)
    for line in lines:
        event = json.loads(line)
        if event["Event"] != "SparkListenerTaskEnd" or not event.get("Task Metrics"):
            continue
        metrics, stage = event["Task Metrics"], found[event["Stage ID"]]
        stage.tasks += 1
        stage.written += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
        stage.rows += metrics["Shuffle Write Metrics"]["Shuffle Records Written"]
        stage.seconds += metrics["Executor Run Time"] / 1000
        stage.spilled += metrics["Disk Bytes Spilled"]
        read = metrics["Shuffle Read Metrics"]
        stage.largest = max(stage.largest, read["Remote Bytes Read"] + read["Local Bytes Read"])
    return dict(sorted(found.items()))


def told(found: dict[int, Stage], paragraphs: int) -> Iterator[str]:
    """Yield the lines of the table."""
    scale = 1e6 / paragraphs / 1e6  # bytes to megabytes a million paragraphs
    yield "stage  tasks  MB/M par.     rows  largest read MB  task seconds"
    for number, one in found.items():
        if one.written:
            yield (
                f"{number:5d}  {one.tasks:5d}  {one.written * scale:9.1f}  {one.rows:7d}  {one.largest / 1e6:15.2f}"
                f"  {one.seconds:12.1f}"
            )
    whole = sum(one.written for one in found.values())
    tasks, seconds = sum(one.tasks for one in found.values()), sum(one.seconds for one in found.values())
    yield f"  all  {tasks:5d}  {whole * scale:9.1f}  {'':7}  {'':15}  {seconds:12.1f}"


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or not arguments[1].isdigit():
        sys.stderr.write("usage: python -m bench.shuffles EVENT_LOG PARAGRAPHS\n")
        return 2
    with Path(arguments[0]).open(encoding="utf-8") as lines:
        for line in told(stages(lines), int(arguments[1])):
            print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
