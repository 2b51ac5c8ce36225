"""From a result to everything that `options.Outputs` asks for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dedup.cli.options import Outputs
from dedup.cli.talk import say
from dedup.report import files
from dedup.report.words import words
from dedup.result import Result

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dedup.decisions import Decision

_STDOUT = Path("-")


class Face(Protocol):
    """How a result is printed; the modules `dedup.report.terminal` and `dedup.report.pairs` are faces."""

    def plain(self, result: Result, *, lang: str, everything: bool) -> Iterator[str]:
        """Yield lines for a pipe."""

    def rich_blocks(self, result: Result, *, lang: str, everything: bool) -> Iterator[RenderableType]:
        """Yield blocks for a terminal."""


def check(outputs: Outputs) -> None:
    """Raise now what would stop the outputs after an hour's work.

    Raises
    ------
    OutputExists, OutputFailed
        As `dedup.report.files.check_target`.
    """
    from dedup.report.tables import NAMES

    for path in (outputs.json, outputs.xlsx, outputs.markdown, outputs.html):
        if path is not None and path != _STDOUT:
            files.check_target(path, force=outputs.force)
    if outputs.csv is not None:
        files.check_target(outputs.csv, force=outputs.force, folder=True)
        if outputs.csv.is_dir():
            for name in NAMES:
                files.check_target(outputs.csv / f"{name}.csv", force=outputs.force)


def deliver(result: Result, outputs: Outputs, face: Face, decisions: Sequence[Decision] = ()) -> None:
    """Write the outputs, print the report unless stdout carries data, and say where the outputs lie.

    Parameters
    ----------
    result : Result
    outputs : Outputs
    face : Face
        What is printed.
    decisions : sequence of Decision
        Verdicts that the HTML page shows.

    Raises
    ------
    OutputExists, OutputFailed
        As `dedup.report.files.write_files`; the report is not printed then.
    """
    contents = _contents(result, outputs, decisions)
    to_stdout = contents.pop(_STDOUT, None)
    # Files before the report: whoever pages through the report and quits must find them.
    if outputs.csv is not None:
        files.make_folder(outputs.csv)
    files.write_files(contents, force=outputs.force)
    if to_stdout is not None:
        sys.stdout.flush()
        sys.stdout.buffer.writelines(files.pieces(to_stdout))
    else:
        show(result, outputs, face)
    for path in contents:
        say(words(outputs.lang).say("wrote", path=path))


def show(result: Result, outputs: Outputs, face: Face) -> None:
    """Print the report: tables on a terminal, plain lines in a pipe."""
    if not sys.stdout.isatty():
        for line in face.plain(result, lang=outputs.lang, everything=outputs.all):
            print(line)
        return
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False)
    for block in face.rich_blocks(result, lang=outputs.lang, everything=outputs.all):
        console.print(block)


def _contents(result: Result, outputs: Outputs, decisions: Sequence[Decision]) -> dict[Path, files.Content]:
    """Return what stands in each file; only faces that were asked for are imported."""
    lang, contents = outputs.lang, dict[Path, files.Content]()
    if outputs.json is not None:
        contents[outputs.json] = result.json_bytes(texts=outputs.with_texts)
    if outputs.csv is not None:
        from dedup.report.tables import tables, to_csv

        contents |= {outputs.csv / f"{table.name}.csv": to_csv(table) for table in tables(result, lang=lang)}
    if outputs.xlsx is not None:
        from dedup.report.sheets import to_xlsx

        contents[outputs.xlsx] = to_xlsx(result, lang=lang)
    if outputs.markdown is not None:
        from dedup.report.markdown import to_markdown

        contents[outputs.markdown] = to_markdown(result, lang=lang, everything=outputs.all)
    if outputs.html is not None:
        from dedup.report.html import render

        contents[outputs.html] = render(result, lang=lang, decisions=decisions)
    return contents
