"""``dedup report``: show and write a result again, without computing it again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dedup.cli import outputs as out
from dedup.cli.decided import Decisions, decided, read_decisions, read_notes
from dedup.cli.manual import REPORT, Command, manual
from dedup.cli.options import Outputs, Reading, takes
from dedup.cli.talk import say
from dedup.report.listing import visible
from dedup.report.words import words
from dedup.result import Document, Result

_NAMED = 3

HELP = manual(
    "Show or write a result again, without computing it again.",
    "根据已有结果重新生成报告，不再计算。",
    example="dedup report result.json\ndedup report result.json --html report.html --xlsx tables.xlsx",
    output=REPORT,
    status={
        0: "done",
        2: "an error; a source that is gone or has changed since is none, its texts are left out and that is said",
    },
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, help=HELP)(report)


@takes(outputs=Outputs, reading=Reading)
def report(
    result: Annotated[Path, typer.Argument(metavar="RESULT.json", help="What scan --json wrote.")],
    outputs: Outputs,
    reading: Reading,
    decisions: Decisions = None,
    labels: Annotated[
        str | None, typer.Option(metavar="LIST", help="Labels to switch on, comma-separated; rates follow.")
    ] = None,
    forms: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the forms that families look like, for scan --template.")
    ] = None,
    plots: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write pictures for slides (PNG, SVG); needs dedup[notebook].")
    ] = None,
) -> None:
    """Read a result, attach its texts, deliver it."""
    out.check(outputs)
    given, notes = read_decisions(decisions), read_notes(decisions)
    from dedup.report import terminal

    found = attach_texts(Result.from_json(result), reading, outputs.lang)
    if labels is not None:
        from dedup.relabel import relabel

        found = relabel(found, filter(None, labels.split(",")))
    found = decided(found, given, outputs.lang, notes)
    if forms is not None:
        _write_forms(found, forms, outputs)
    if plots is not None:
        _draw(found, plots, outputs)
    out.deliver(found, outputs, terminal, given)


def _write_forms(result: Result, folder: Path, outputs: Outputs) -> None:
    """Write each proposed form to a file named after its family, all or none, and say where they lie."""
    from dedup.report import files

    contents: dict[Path, str | bytes] = {
        folder / f"{cluster.id}.txt": str(one.facts["form"]) + "\n"
        for cluster in result.clusters
        for one in cluster.evidence
        if one.kind == "form" and "form" in one.facts
    }
    files.make_folder(folder)
    files.write_files(contents, force=outputs.force)
    for path in contents:
        say(words(outputs.lang).say("wrote", path=path))


def _draw(result: Result, folder: Path, outputs: Outputs) -> None:
    """Write the pictures, all or none, and say where they lie."""
    from dedup.report import files
    from dedup.report.plots import plots

    contents: dict[Path, str | bytes] = {
        folder / name: data for name, data in plots(result, lang=outputs.lang).items()
    }
    files.make_folder(folder)
    files.write_files(contents, force=outputs.force)
    for path in contents:
        say(words(outputs.lang).say("wrote", path=path))


def attach_texts(result: Result, reading: Reading, lang: str) -> Result:
    """Return the result with the texts of its sources, where these are still what was scanned.

    A result keeps offsets, not texts (unless ``--with-texts`` was given), so the sources are read again. A text
    whose digest differs is not attached: its offsets would show something else and call it copied.
    """
    from dedup.describe import digest
    from dedup.read import read

    wanted = {info.name: info for info in result.documents if info.text is None}
    if not wanted:
        return result
    texts = {}
    for row in read(sorted({info.source for info in wanted.values()}), reading.options()):
        if isinstance(row, Document) and row.name in wanted and digest(row.text) == wanted[row.name].digest:
            texts[row.name] = row.text
    gone = sorted(wanted.keys() - texts.keys())
    if gone:
        names = visible("  ".join(gone[:_NAMED])) + (" …" if len(gone) > _NAMED else "")
        say(words(lang).say("changed_since", count=len(gone), names=names))
    return result.with_texts(texts)
