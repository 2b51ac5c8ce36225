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


def read_decisions(path: Path | None) -> Sequence[Decision]:
    """Return the decisions of a file, none without one; called before the work begins, so that a bad file stops it.

    Raises
    ------
    FormatProblem
        If the file is not what it should be.
    """
    if path is None:
        return ()
    from dedup.decisions import load

    return load(path)


def read_notes(path: Path | None) -> Sequence[Note]:
    """Return what the file says of formulas, nothing without a file.

    Raises
    ------
    FormatProblem
        If the file is not what it should be.
    """
    if path is None:
        return ()
    from dedup.formulas import load

    return load(path)


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
