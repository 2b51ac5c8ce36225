"""``dedup scan … --engine spark``: the options of an engine, and a scan on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from dedup.cli.options import Asked, Outputs, Running
from dedup.cli.talk import say_skipped
from dedup.errors import ParamsError
from dedup.params import Params

if TYPE_CHECKING:
    from dedup.result import Result
    from dedup.spark import Tables

ENGINES = ("local", "spark")
_PANEL = "Engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Where a scan runs."""

    engine: Annotated[
        str,
        typer.Option(metavar="local|spark", help="This machine, or Spark (docs/scale.md).", rich_help_panel=_PANEL),
    ] = "local"
    master: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Spark's master: local[N], spark://HOST:PORT, yarn, k8s://URL.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    spark_conf: Annotated[
        list[str] | None,
        typer.Option(metavar="K=V", help="A setting of Spark; may be given more than once.", rich_help_panel=_PANEL),
    ] = None
    tables: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Write the result as parquet tables, where Spark writes.", rich_help_panel=_PANEL
        ),
    ] = None

    def __post_init__(self) -> None:
        problems = []
        if self.engine not in ENGINES:
            problems.append(f"engine is {self.engine!r}, but must be one of {', '.join(ENGINES)}")
        if self.engine != "spark":
            given = {"master": self.master, "spark_conf": self.spark_conf, "tables": self.tables}
            problems += [f"{name} is for --engine spark only" for name, value in given.items() if value]
        problems += [
            f"spark_conf is {one!r}, but must be name=value" for one in self.spark_conf or () if "=" not in one
        ]
        if problems:
            raise ParamsError(problems)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of Spark that were given."""
        return {name: value for name, _, value in (one.partition("=") for one in self.spark_conf or ())}


def on_spark(asked: Asked, engine: Engine) -> Result | None:
    """Return the result of a scan on Spark; None where it was written as tables and nothing else was asked for.

    Raises
    ------
    ParamsError
        If an option is given that Spark cannot follow.
    MissingExtra, EngineProblem, OutputExists
        Before work begins, as from `dedup.spark`.
    """
    known, outputs = asked.known, asked.outputs
    refused = {"template": known.template, "reference": known.reference, "background": known.background}
    problems = [
        f"{name} is not yet looked at by --engine spark: scan without it" for name, given in refused.items() if given
    ]
    if problems:
        raise ParamsError(problems)
    from dedup.executors.cluster import session
    from dedup.spark import scan_paths

    spark = session(engine.master, engine.settings)
    try:
        tables = scan_paths(
            spark, asked.paths, asked.params or Params(), asked.reading.options(), target=engine.tables
        )
        wanted = any((outputs.json, outputs.csv, outputs.xlsx, outputs.markdown, outputs.html))
        if engine.tables is not None:
            tables.write(engine.tables)
            if not wanted:
                _summarised(tables, outputs, asked.running)
                return None
        result = tables.result()
        say_skipped(result.skipped, outputs.lang)
        return result
    finally:
        spark.stop()


def _summarised(tables: Tables, outputs: Outputs, running: Running) -> None:
    """Print the summary, name some of what was skipped, and leave with the status that a result would have."""
    from dedup.read import SOFT_KINDS
    from dedup.report.queue import REVIEWED
    from dedup.result import Skipped

    print(json.dumps(tables.summary(), ensure_ascii=False, indent=1))
    rows = [row.asDict() for row in tables.skipped.take(_NAMED)]
    say_skipped((Skipped(**row) for row in rows), outputs.lang)
    hard = tables.skipped.filter(~tables.skipped.kind.isin(*SOFT_KINDS))
    if not running.ignore_unreadable and hard.take(1):
        raise typer.Exit(2)
    if running.check and tables.clusters.filter(tables.clusters.label.isin(*REVIEWED)).take(1):
        raise typer.Exit(1)


_NAMED = 100
"""Skipped inputs that are named; all of them stand in the table."""
