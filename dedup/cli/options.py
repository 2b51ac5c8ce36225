"""Options that several commands share, each group a frozen dataclass that checks itself.

A command asks for a whole group, ``@takes(params=Params, outputs=Outputs)``, and gets it built; its options come out
of the dataclass. So `Params` has one definition: a parameter added there has an option here, with its help and its
bounds, and nothing to keep in step. All groups are built before any complains, so that one message names every
mistake of a command line.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from dedup.errors import ParamsError
from dedup.params import BOUNDS, LABELS, Params
from dedup.report.english import WORDS as EN
from dedup.report.words import LANGUAGES

if TYPE_CHECKING:
    from dedup.read import ReadOptions

ADVANCED = "Advanced"
"""Panel of the parameters that few need to touch."""

_outputs = functools.partial(typer.Option, rich_help_panel="Outputs")
_reading = functools.partial(typer.Option, rich_help_panel="Reading")
_PLAIN_PARAMS = ("threshold", "min_chars")
_STDOUT = Path("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """In which language people are spoken to."""

    lang: Annotated[str, typer.Option(metavar="zh|en", envvar="DEDUP_LANG", help="Language of the reports.")] = "zh"

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            raise ParamsError([f"lang is {self.lang!r}, but must be one of {', '.join(LANGUAGES)}"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs(Language):
    """What to write, where, and how much to say."""

    json: Annotated[
        Path | None, _outputs(metavar="F", help="Write the result (format dedup.result/1); - is stdout.")
    ] = None
    csv: Annotated[
        Path | None, _outputs(metavar="DIR", help="Write families.csv, members.csv, passages.csv, ...")
    ] = None
    xlsx: Annotated[Path | None, _outputs(metavar="F", help="Write a workbook, one sheet a table.")] = None
    markdown: Annotated[Path | None, _outputs(metavar="F", help="Write the report as Markdown; - is stdout.")] = None
    html: Annotated[
        Path | None, _outputs(metavar="F", help="Write the reviewer's report: one page, opens from disk.")
    ] = None
    force: Annotated[bool, _outputs("--force", help="Replace outputs that exist.")] = False
    with_texts: Annotated[bool, _outputs("--with-texts", help="Put the documents' texts into --json.")] = False
    all: Annotated[bool, _outputs("--all", help="Print everything, not only the top of each list.")] = False

    def __post_init__(self) -> None:
        problems: list[str] = []
        try:
            Language.__post_init__(self)
        except ParamsError as error:
            problems += error.problems
        to_stdout = [name for name in ("json", "markdown", "html") if getattr(self, name) == _STDOUT]
        if len(to_stdout) > 1:
            problems.append(f"{' and '.join(to_stdout)} cannot both go to stdout")
        problems += [f"{name} cannot go to stdout" for name in ("csv", "xlsx") if getattr(self, name) == _STDOUT]
        named = [path for name in ("json", "xlsx", "markdown", "html") if (path := getattr(self, name)) is not None]
        problems += [f"{path} is named for two outputs" for path in sorted(set(named)) if named.count(path) > 1]
        if problems:
            raise ParamsError(problems)

    @property
    def stdout_taken(self) -> bool:
        """Whether data goes to stdout, so that the report for people must not."""
        return _STDOUT in (self.json, self.markdown, self.html)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How inputs are read; the fields of `dedup.read.ReadOptions` that a user meets."""

    encoding: Annotated[
        str | None, _reading(metavar="NAME", help="Encoding of plain-text inputs; detected when not given.")
    ] = None
    text_column: Annotated[str, _reading(metavar="NAME", help="Column or key with the text of a record.")] = "text"
    id_column: Annotated[str, _reading(metavar="NAME", help="Column or key that names a record.")] = "id"
    meta: Annotated[
        Path | None,
        _reading(metavar="F", help="CSV with columns source, issuer, date, title; wins over the files."),
    ] = None

    def __post_init__(self) -> None:
        self.options()

    def options(self) -> ReadOptions:
        """Return the `dedup.read.ReadOptions`.

        Raises
        ------
        ParamsError
            If the encoding is unknown, a column has no name or ``meta`` is no file.
        """
        from dedup.read import ReadOptions

        return ReadOptions(**{field.name: getattr(self, field.name) for field in dataclasses.fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Texts that explain what agrees with them."""

    template: Annotated[
        list[str] | None,
        _reading(metavar="PATH", help="Forms: what agrees with them is template. May be given more than once."),
    ] = None
    reference: Annotated[
        list[str] | None,
        _reading(
            metavar="PATH", help="Laws, superior documents: what agrees is citation. May be given more than once."
        ),
    ] = None
    background: Annotated[
        Path | None,
        _reading(metavar="F", help="Background table of `dedup background build`, in place of the one that ships."),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How a scan runs and what its exit status tells."""

    jobs: Annotated[
        int, typer.Option(metavar="N", help="Threads, 0 for one a core; the result is the same for any.")
    ] = 0
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 if a family of suspected copying or common source is found.")
    ] = False
    ignore_unreadable: Annotated[
        bool, typer.Option("--ignore-unreadable", help="Exit as if every input had been read.")
    ] = False

    def __post_init__(self) -> None:
        if not 0 <= self.jobs <= 1024:
            raise ParamsError([f"jobs is {self.jobs}, but must be from 0 to 1024"])

    @property
    def workers(self) -> int:
        """Threads to use."""
        return self.jobs or os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What each way of scanning is given: here, on Spark, against an index, over two reports.

    ``params`` is None where those of an index hold.
    """

    paths: Sequence[str]
    params: Params | None
    outputs: Outputs
    reading: Reading
    known: Known
    running: Running


def takes(**groups: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that gives a command the options of each group and calls it with the groups built.

    Parameters
    ----------
    **groups : type
        Parameter of the command, and the dataclass that it receives.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        own = inspect.signature(command, eval_str=True)
        parameters = [one for one in own.parameters.values() if one.name not in groups]
        for group in groups.values():
            parameters += _parameters(group)

        @functools.wraps(command)
        def call(**values: Any) -> Any:
            built: dict[str, Any] = {}
            problems: list[str] = []
            for name, group in groups.items():
                given = {field.name: values.pop(field.name) for field in _asked(group)}
                try:
                    built[name] = _build(group, given)
                except ParamsError as error:
                    problems += error.problems
            if problems:
                raise ParamsError(problems)
            return command(**values, **built)

        # typer asks the signature and the annotations; __wrapped__ would lead both back to the command's own.
        del call.__wrapped__
        call.__signature__ = own.replace(parameters=parameters, return_annotation=None)  # type: ignore[attr-defined]
        call.__annotations__ = {one.name: one.annotation for one in parameters}
        return call

    return decorate


def _parameters(group: type) -> list[inspect.Parameter]:
    """Return a dataclass's fields as keyword parameters that typer understands."""
    hints = _params_hints() if group is Params else get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=",".join(field.default) if isinstance(field.default, tuple) else field.default,
            annotation=hints[field.name],
        )
        for field in _asked(group)
    ]


def _asked(group: type) -> list[dataclasses.Field[Any]]:
    """Return the fields that a user may set: the background's digest is that of the table that `Known` has."""
    return [field for field in dataclasses.fields(group) if not (group is Params and field.name == "background")]


def _params_hints() -> dict[str, Any]:
    """Return the annotations of the options that `Params` becomes."""
    bounds = {
        name: f"{low:g} to {high:g}" if isinstance(low, float) else f"{low} to {high}" for name, low, high in BOUNDS
    }
    hints = {}
    for field in _asked(Params):
        words = EN["settings"].get(field.name, field.name)
        allowed = bounds.get(field.name, f"comma-separated, of {', '.join(LABELS[:-1])}")
        option = typer.Option(
            metavar={int: "N", float: "X"}.get(type(field.default), "LIST"),
            help=f"{words[0].upper()}{words[1:]}; {allowed}.",
            rich_help_panel=None if field.name in _PLAIN_PARAMS else ADVANCED,
        )
        hints[field.name] = Annotated[str if isinstance(field.default, tuple) else type(field.default), option]
    return hints


def _build(group: type, values: Mapping[str, Any]) -> Any:
    """Return the group with these values; lists come as text with commas."""
    if group is Params:
        values = dict(values) | {"labels": tuple(filter(None, values["labels"].split(",")))}
    return group(**values)
