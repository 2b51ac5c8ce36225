"""``--decisions F``: what reviewers decided in ``dedup review`` or on the page, given to a later run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dedup.cli.talk import say
from dedup.report.words import words
from dedup.result import Result

if TYPE_CHECKING:
    from dedup.decisions import Decision
    from dedup.formulas import Note

Decisions = Annotated[
    Path | None,
    typer.Option(
        metavar="F",
        help="Verdicts (decisions.json): families keep the label that reviewers gave them, listed formulas are.",
    ),
]


def read_decisions(path: Path | None) -> tuple[Sequence[Decision], Sequence[Note]]:
    """Return what a file says of families and what it says of formulas; nothing without a file.

    Called before the work begins, so that a bad file stops it.

    Raises
    ------
    FormatProblem
        If the file is not what it should be.
    """
    if path is None:
        return (), ()
    from dedup import decisions, formulas

    return decisions.load(path), formulas.load(path)


def decided(result: Result, decisions: Sequence[Decision], lang: str, notes: Sequence[Note] = ()) -> Result:
    """Return the result as its reviewers decided, and say on stderr what took effect and what did not."""
    if notes:
        from dedup import formulas

        result, noted = formulas.apply(result, notes)
        facts = {"formulas": noted.formulas, "others": noted.others, "unmatched": noted.unmatched}
        say(words(lang).say("noted", **facts))
    if not decisions:
        return result
    from dedup.decisions import apply

    found, told = apply(result, decisions)
    say(
        words(lang).say(
            "decided",
            families=told.families,
            changed=told.changed,
            disputed=told.disputed,
            unmatched=told.unmatched,
        )
    )
    return found
