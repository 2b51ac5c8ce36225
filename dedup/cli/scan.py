"""``dedup scan``: read reports, find what was copied, show and write it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from dedup.cli import outputs as out
from dedup.cli.decided import Decisions, decided, read_decisions
from dedup.cli.engine import Engine, on_spark
from dedup.cli.manual import REPORT, STATUS, Command, manual
from dedup.cli.options import Asked, Known, Outputs, Reading, Running, takes
from dedup.cli.talk import progress, say, say_skipped
from dedup.errors import ParamsError
from dedup.params import Params
from dedup.report.words import words
from dedup.result import Result

FOUND, FAILED = 1, 2

HELP = manual(
    "Find duplicate passages within and across reports.",
    "查找报告内部和报告之间的重复、近似重复内容。",
    example="dedup scan reports/\ndedup scan reports/ --json result.json --html report.html --csv tables/",
    output=REPORT,
    status=STATUS,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, help=HELP)(scan)


@takes(params=Params, outputs=Outputs, reading=Reading, known=Known, running=Running, engine=Engine)
def scan(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files, folders, archives.")],
    params: Params,
    outputs: Outputs,
    reading: Reading,
    known: Known,
    running: Running,
    engine: Engine,
    decisions: Decisions = None,
    index: Annotated[
        Path | None,
        typer.Option(metavar="F", help="Compare with the reports of this index too, as `dedup index query` does."),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Scan in parts that are kept here: the corpus need not fit in memory, and a scan that was "
            "interrupted goes on where it was. The folder may be removed afterwards.",
        ),
    ] = None,
) -> None:
    """Run a scan and deliver its result."""
    out.check(outputs)
    given, notes = read_decisions(decisions)
    from dedup.report import terminal

    if engine.engine == "spark" and index is not None:
        raise ParamsError([f"index is {index}, but an index is asked on this machine: leave --engine spark out"])
    if work is not None and (engine.engine == "spark" or index is not None):
        other = "--engine spark" if engine.engine == "spark" else "--index"
        raise ParamsError([f"work is {work}, but a work folder is for a scan on this machine: leave {other} out"])
    asked = Asked(paths, params, outputs, reading, known, running)
    if engine.engine == "spark":
        found = on_spark(asked, engine)
    elif index is not None:
        found = ask(index, asked)
    else:
        found = analyse(asked, work)
    if found is None:  # it lies where Spark writes, and nothing was asked for here
        return
    result = decided(found, given, outputs.lang, notes)
    out.deliver(result, outputs, terminal, given)
    finish(result, running)


def analyse(asked: Asked, work: Path | None = None) -> Result:
    """Return the result of a scan, with progress, skipped inputs and what was there already told on stderr."""
    from dedup.pipeline import scan as scan_paths

    parts = Counter[str]()

    def told(stage: str, found: int, of: int) -> None:
        parts.update(found=found, of=of)

    with progress(asked.outputs.lang, asked.paths) as report:
        result = scan_paths(
            asked.paths,
            asked.params,
            templates=asked.known.template or (),
            references=asked.known.reference or (),
            background=asked.known.background,
            read=asked.reading.options(),
            jobs=asked.running.workers,
            work=work,
            told=told,
            progress=report,
        )
    if work is not None:
        say(words(asked.outputs.lang).phrases["resumed"].format(folder=work, **parts))
    say_skipped(result.skipped, asked.outputs.lang)
    return result


def ask(index: Path, asked: Asked) -> Result:
    """Return what an index says of new reports, with progress and skipped inputs told on stderr.

    Other parameters than those of the index are refused.
    """
    if asked.known.background is not None:
        raise ParamsError(["background cannot be given here: an index is asked with the table that ships"])
    from dedup.archive import Index

    with Index(index, params=asked.params) as archive, progress(asked.outputs.lang, asked.paths) as report:
        result = archive.query(
            asked.paths,
            templates=asked.known.template or (),
            references=asked.known.reference or (),
            read=asked.reading.options(),
            jobs=asked.running.workers,
            progress=report,
        )
    say_skipped(result.skipped, asked.outputs.lang)
    return result


def finish(result: Result, running: Running) -> None:
    """Leave with the status that the result calls for.

    An unread input weighs more than a finding: who asks whether anything stands over the threshold has no answer
    while a file is missing from it.
    """
    from dedup.read import SOFT_KINDS
    from dedup.report.queue import REVIEWED

    if not running.ignore_unreadable and any(row.kind not in SOFT_KINDS for row in result.skipped):
        raise typer.Exit(FAILED)
    if running.check and any(cluster.label in REVIEWED for cluster in result.clusters):
        raise typer.Exit(FOUND)
