"""``dedup review``: the reviewer's page from a local server that keeps the verdicts."""

from __future__ import annotations

import contextlib
import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dedup.cli.manual import Command, manual
from dedup.cli.options import Language, Reading, takes
from dedup.cli.report import attach_texts
from dedup.cli.talk import say
from dedup.errors import OutputFailed, ParamsError
from dedup.report.words import words
from dedup.result import Result

if TYPE_CHECKING:
    from dedup.review.store import Verdicts

HELP = manual(
    "Open the report as a local page that keeps the verdicts.",
    "在本机打开审查页面，裁定、理由、复核人随即存入结果旁的文件。",
    example="dedup review result.json --reviewer 王敏\ndedup review result.json --reviewer 李想 --blind",
    output="""
审查页面 http://127.0.0.1:41873/?token=…
裁定存于 result.verdicts.sqlite；按 Ctrl-C 结束
""",
    status={0: "ended by Ctrl-C, or exported", 2: "an error"},
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, help=HELP)(review)


@takes(language=Language, reading=Reading)
def review(
    result: Annotated[Path, typer.Argument(metavar="RESULT.json", help="What scan --json wrote.")],
    language: Language,
    reading: Reading,
    reviewer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose verdicts are given; the login name if not said.")
    ] = None,
    blind: Annotated[
        bool, typer.Option("--blind", help="Hide others' verdicts on a family until this reviewer has decided.")
    ] = False,
    verdicts: Annotated[
        Path | None, typer.Option(metavar="F", help="Where verdicts are kept; RESULT.verdicts.sqlite if not said.")
    ] = None,
    port: Annotated[int, typer.Option(metavar="N", help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
    export: Annotated[
        list[Path] | None,
        typer.Option(metavar="F", help="Write the verdicts to F.json or F.csv and end; may be given twice."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace exports that exist.")] = False,
) -> None:
    """Serve the page, or write the verdicts out."""
    from dedup.review.store import Verdicts, beside

    _check(port, export or [])
    name = (reviewer if reviewer is not None else _login()).strip()
    found = Result.from_json(result)
    with Verdicts(verdicts or beside(result)) as store:
        if export:
            _export(found, store, name, export, language.lang, force=force, blind=blind)
        else:
            _serve(attach_texts(found, reading, language.lang), store, name, blind, port, browser, language.lang)


def _check(port: int, export: list[Path]) -> None:
    problems = [] if 0 <= port <= 65_535 else [f"port is {port}, but must be from 0 to 65535"]
    problems += [
        f"export is {path}, but must end in .json or .csv" for path in export if path.suffix not in (".json", ".csv")
    ]
    if problems:
        raise ParamsError(problems)


def _login() -> str:
    """Return the login name; machines without one (some containers) get an empty one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _export(
    found: Result, store: Verdicts, name: str, paths: list[Path], lang: str, *, force: bool, blind: bool
) -> None:
    from dedup.decisions import dumps
    from dedup.report.files import write_files
    from dedup.review.desk import Desk

    desk = Desk(found, store, reviewer=name, blind=blind)
    contents = {path: dumps(desk.export()) if path.suffix == ".json" else desk.csv() for path in paths}
    write_files(contents, force=force)
    for path in paths:
        say(words(lang).say("wrote", path=path))


def _serve(found: Result, store: Verdicts, name: str, blind: bool, port: int, browser: bool, lang: str) -> None:
    from dedup.review.desk import Desk
    from dedup.review.server import HOST, application, listen, make_token, serve

    desk = Desk(found, store, reviewer=name, blind=blind)
    try:
        bound = listen(port)
    except OSError as error:
        raise OutputFailed(f"{HOST}:{port}", (error.strerror or str(error)).lower()) from error
    with bound:
        token = make_token()
        taken = bound.getsockname()[1]
        address = f"http://{HOST}:{taken}/?token={token}"
        app = application(found, desk, token=token, port=taken, lang=lang)
        vocabulary = words(lang)
        say(vocabulary.say("review_page", address=address))
        say(vocabulary.say("review_kept", path=store.path))
        if browser:
            import webbrowser

            webbrowser.open(address)
        with contextlib.suppress(KeyboardInterrupt):  # the way to end this command is no failure of it
            serve(app, bound)
