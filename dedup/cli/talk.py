"""What the command line says on stderr: skipped inputs, where outputs lie, how far the work is.

stdout carries data, so that ``dedup scan … | grep`` and ``--json -`` get nothing else.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dedup.report.words import words
from dedup.result import Skipped

Progress = Callable[[str, float], None]


def say(line: str) -> None:
    """Print a line on stderr, whatever its encoding can show."""
    print(line, file=sys.stderr, flush=True)


def say_skipped(rows: Iterable[Skipped], lang: str) -> None:
    """Name every input that was not analysed, with its reason."""
    from dedup.report.terminal import skipped_line

    vocabulary = words(lang)
    for row in rows:
        say(skipped_line(row, vocabulary))


@contextmanager
def progress(lang: str, paths: Sequence[str] = ()) -> Iterator[Progress | None]:
    """Show stage, share done, rate and time left while the body runs; nothing where stderr is no terminal.

    Parameters
    ----------
    lang : str
    paths : sequence of str
        What is read. The rate is that of its bytes as they lie on the disk, through each stage, and through all of
        them in the line that stays when the work is done: what a user can multiply by a corpus of his own.

    Yields
    ------
    callable or None
        ``report(stage, fraction)``, as `dedup.pipeline.scan` calls it.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        Task,
        TaskID,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    vocabulary = words(lang)
    stages = vocabulary.stages
    size = _bytes(paths)

    class Rate(ProgressColumn):
        """Megabytes a second through a stage, once there is something to divide."""

        def render(self, task: Task) -> Text:
            seconds = task.finished_time or task.elapsed or 0.0
            return Text(f"{size * task.completed / seconds / 1e6:.1f} MB/s" if size and seconds > 0.05 else "")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, fraction: float) -> None:
            if stage not in tasks:
                # What came before is done: a stage that reports no end must not look stuck.
                for task in tasks.values():
                    shown.update(task, completed=1.0)
                tasks[stage] = shown.add_task(stages.get(stage, stage), total=1.0)
            shown.update(tasks[stage], completed=fraction)

        begun = time.perf_counter()
        yield report
    seconds = time.perf_counter() - begun
    if size:
        say(
            vocabulary.say(
                "rate", seconds=f"{seconds:.1f}", size=f"{size / 1e6:,.1f}", rate=f"{size / seconds / 1e6:,.1f}"
            )
        )


def _bytes(paths: Sequence[str]) -> int:
    """Return the size of the files that are going to be read; one that is gone by then has none."""
    from dedup.read import Found, plan

    total = 0
    for found in plan(paths):
        if isinstance(found, Found):
            try:
                total += Path(found.path).stat().st_size
            except OSError:  # told when it is read
                continue
    return total
