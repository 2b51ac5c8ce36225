"""What the command line says on stderr: skipped inputs, where outputs lie, how far the work is.

stdout carries data, so that ``dedup scan … | grep`` and ``--json -`` get nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

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
def progress(lang: str) -> Iterator[Progress | None]:
    """Show stage, share done and time left while the body runs; nothing where stderr is no terminal.

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
        TaskID,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    stages = words(lang).stages
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
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

        yield report
