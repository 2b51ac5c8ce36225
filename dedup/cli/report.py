"""``dedup report``: show and write a result again, without computing it again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from dedup.cli import outputs as out
from dedup.cli.decided import Decisions, decided, read_decisions
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
    given, notes = read_decisions(decisions)
    from dedup.report import terminal

    found = attach_texts(Result.from_json(result), reading, outputs.lang)
    if labels is not None:
        from dedup.relabel import relabel

        found = relabel(found, filter(None, labels.split(",")))
    found = decided(found, given, outputs.lang, notes)
    if forms is not None:
        _write(_forms(found), forms, outputs)
    if plots is not None:
        _write(_plots(found, outputs.lang), plots, outputs)
    out.deliver(found, outputs, terminal, given)


def _forms(result: Result) -> dict[str, str | bytes]:
    """Return each proposed form under a name after its family."""
    return {
        f"{cluster.id}.txt": str(one.facts["form"]) + "\n"
        for cluster in result.clusters
        for one in cluster.evidence
        if one.kind == "form" and "form" in one.facts
    }


def _plots(result: Result, lang: str) -> dict[str, str | bytes]:
    """Return the pictures under their names."""
    from dedup.report.plots import plots

    return dict(plots(result, lang=lang))


def _write(contents: Mapping[str, str | bytes], folder: Path, outputs: Outputs) -> None:
    """Write files into a folder, all or none, and say where they lie."""
    from dedup.report import files

    files.make_folder(folder)
    files.write_files({folder / name: data for name, data in contents.items()}, force=outputs.force)
    for name in contents:
        say(words(outputs.lang).say("wrote", path=folder / name))


def attach_texts(result: Result, reading: Reading, lang: str) -> Result:
    """Return the result with the texts of its sources, where these are still what was scanned.

    A result keeps offsets, not texts (unless ``--with-texts`` was given), so the sources are read again. A text
    whose digest differs is not attached: its offsets would show something else and call it copied.
    """
    from dedup.digests import digest
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
