"""``dedup background``: count how common wordings are, in public text of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dedup.cli.manual import Command, manual
from dedup.cli.options import Language, Reading, takes
from dedup.cli.talk import say_skipped
from dedup.report.listing import visible

FAILED = 2

_WORDS = {
    "zh": {
        "built": "{documents} 份文本，{chars} 字，五字组 {grams} 个，摘要 {digest}：{path}",
        "info": "{documents} 份文本，五字组 {grams} 个，摘要 {digest}：{path}",
    },
    "en": {
        "built": "{documents} documents, {chars} characters, {grams} k-grams, digest {digest}: {path}",
        "info": "{documents} documents, {grams} k-grams, digest {digest}: {path}",
    },
}

BUILD = manual(
    "Count a background table from public texts.",
    "统计背景频率表：每五个字在多少份公开文本中出现；只存计数，不存原文。",
    example="dedup background build public-reports/ -o background.npz\n"
    "dedup scan reports/ --background background.npz",
    output="1511 份文本，14355559 字，五字组 465912 个，摘要 7315126be14c63c6：background.npz",
    status={0: "done", 2: "an error, or an input that could not be read (--ignore-unreadable forgives those)"},
)

INFO = manual(
    "Tell what a background table was counted from.",
    "查看背景频率表。",
    example="dedup background info background.npz",
    output="1511 份文本，五字组 465912 个，摘要 7315126be14c63c6：background.npz",
    status={0: "done", 2: "it is no background table"},
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    told = manual(
        "Count how common a wording is in public text of your own.",
        "背景频率表：某种说法在公开文本中有多常见。",
        example="dedup background build public-reports/ -o background.npz\ndedup background info background.npz",
        output="1511 份文本，14355559 字，五字组 465912 个，摘要 7315126be14c63c6：background.npz",
        status={0: "done", 2: "an error"},
    )
    group = typer.Typer(no_args_is_help=True, help=told)
    group.command("build", cls=Command, help=BUILD)(build)
    group.command("info", cls=Command, help=INFO)(info)
    app.add_typer(group, name="background")


@takes(reading=Reading, language=Language)
def build(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files, folders, archives of public text.")],
    reading: Reading,
    language: Language,
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
    say_skipped(built.skipped, language.lang)
    files.write_files({output: dumps(built.background)}, force=force)
    table = built.background
    facts = {"documents": table.documents, "grams": len(table.hashes), "digest": table.digest}
    print(_WORDS[language.lang]["built"].format(**facts, chars=built.chars, path=visible(str(output))))
    if not ignore_unreadable and any(row.kind not in SOFT_KINDS for row in built.skipped):
        raise typer.Exit(FAILED)


@takes(language=Language)
def info(table: Annotated[Path, typer.Argument(metavar="F", help="A background table.")], language: Language) -> None:
    """Print what is known of a table."""
    from dedup.steps.background import load

    found = load(table)
    facts = {"documents": found.documents, "grams": len(found.hashes), "digest": found.digest}
    print(_WORDS[language.lang]["info"].format(**facts, path=visible(str(table))))
