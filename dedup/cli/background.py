"""``dedup background``: count how common wordings are, in public text of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dedup.cli.manual import Command, manual
from dedup.cli.options import Reading, takes
from dedup.cli.talk import say_skipped

FAILED = 2

BUILD = manual(
    "Count a background table from public texts.",
    "统计背景频率表：每五个字在多少份公开文本中出现；只存计数，不存原文。",
    example="dedup background build public-reports/ -o background.npz\n"
    "dedup scan reports/ --background background.npz",
    output="1511 documents, 14355559 characters, 465912 k-grams, digest 7315126be14c63c6: background.npz",
    status={0: "done", 2: "an error, or an input that could not be read (--ignore-unreadable forgives those)"},
)

INFO = manual(
    "Tell what a background table was counted from.",
    "查看背景频率表。",
    example="dedup background info background.npz",
    output="1511 documents, 465912 k-grams, digest 7315126be14c63c6: background.npz",
    status={0: "done", 2: "it is no background table"},
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    told = manual(
        "Count how common a wording is in public text of your own.",
        "背景频率表：某种说法在公开文本中有多常见。",
        example="dedup background build public-reports/ -o background.npz\ndedup background info background.npz",
        output="1511 documents, 14355559 characters, 465912 k-grams, digest 7315126be14c63c6: background.npz",
        status={0: "done", 2: "an error"},
    )
    group = typer.Typer(no_args_is_help=True, help=told)
    group.command("build", cls=Command, help=BUILD)(build)
    group.command("info", cls=Command, help=INFO)(info)
    app.add_typer(group, name="background")


@takes(reading=Reading)
def build(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files, folders, archives of public text.")],
    reading: Reading,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="F", help="The table to write.")],
    phrases: Annotated[
        Path | None, typer.Option(metavar="F", help="Set phrases, names of laws: counted as known beside the texts.")
    ] = None,
    least: Annotated[int, typer.Option(metavar="N", help="Leave out k-grams of fewer documents.")] = 3,
    force: Annotated[bool, typer.Option("--force", help="Replace a table that exists.")] = False,
    ignore_unreadable: Annotated[
        bool, typer.Option("--ignore-unreadable", help="Exit as if every input had been read.")
    ] = False,
) -> None:
    """Count, and write the table."""
    from dedup import background
    from dedup.read import SOFT_KINDS
    from dedup.report import files
    from dedup.steps.background import dumps

    files.check_target(output, force=force)
    built = background.build(paths, phrases=phrases, least=least, read=reading.options())
    say_skipped(built.skipped, "zh")
    files.write_files({output: dumps(built.background)}, force=force)
    table = built.background
    print(
        f"{table.documents} documents, {built.chars} characters, {len(table.hashes)} k-grams, "
        f"digest {table.digest}: {output}"
    )
    if not ignore_unreadable and any(row.kind not in SOFT_KINDS for row in built.skipped):
        raise typer.Exit(FAILED)


def info(table: Annotated[Path, typer.Argument(metavar="F", help="A background table.")]) -> None:
    """Print what is known of a table."""
    from dedup.steps.background import load

    found = load(table)
    print(f"{found.documents} documents, {len(found.hashes)} k-grams, digest {found.digest}: {table}")
