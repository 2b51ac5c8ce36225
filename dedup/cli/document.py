"""``python -m dedup.cli.document``: print docs/cli.md, made from the commands themselves.

The page is committed, so that it can be read where the code is read; a test compares it with what this prints. It
takes the facts from the commands and lays them out itself: help as click prints it differs from version to version.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import typer.main

from dedup.cli.main import app

_INTRODUCTION = """\
# The command line

Made from the commands by `python -m dedup.cli.document`; do not edit.

stdout carries data, stderr talk: reports, tables and `--json -` go to stdout; skipped inputs, progress and the names
of outputs to stderr. Progress is shown on a terminal only. Nothing that exists is replaced without `--force`, and an
output is written whole or not at all.

| variable | meaning |
|---|---|
| `DEDUP_LANG` | language where `--lang` is not given: `zh` or `en` |
| `DEDUP_CONFIG` | file with options where `--config` is not given; else `dedup.toml` in the working folder |
| `DEDUP_CACHE` | folder for compiled kernels, where the platform's cache folder will not do |
| `DEDUP_TRACEBACK` | set: a fault of dedup itself shows where it happened |

Options that need not be typed each time stand in `dedup.toml`, under their names: at the top for every command that
has the option, in a table for one command (`[index.add]` for a command of a group). The command line wins over the
environment, that over the file. Every option of every command can stand there; a name that is none is refused.

```toml
lang = "en"

[scan]
threshold = 0.8
labels = ["copy", "mass", "self"]

[index.add]
jobs = 2
```
"""


def page() -> str:
    """Return the page as Markdown."""
    return _INTRODUCTION + "".join(_section("dedup", typer.main.get_command(app)))


def _section(title: str, command: Any) -> Iterator[str]:
    """Yield the section of a command, then those of its commands."""
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    usage = " ".join(_operand(param) for param in arguments)
    within = getattr(command, "commands", {})
    yield f"\n## {title}\n\n"
    yield f"`{title} {'COMMAND' if within else usage or ''}".rstrip() + " [OPTIONS]`\n"
    yield from _told(command.help)
    panels: dict[str, list[Any]] = {"Arguments": arguments, "Options": []}
    for param in command.params:
        if param.param_type_name == "option" and not param.hidden and not param.name.endswith("_completion"):
            panels.setdefault(getattr(param, "rich_help_panel", None) or "Options", []).append(param)
    for panel, params in panels.items():
        if params:
            yield f"\n| {panel.lower()} | meaning | default |\n|---|---|---|\n"
            yield from (_row(param) for param in params)
    for name, inner in within.items():
        yield from _section(f"{title} {name}", inner)


def _told(text: str) -> Iterator[str]:
    """Yield the help text: sentences as they are, kept paragraphs as code under their heading."""
    for paragraph in text.split("\n\n"):
        if not paragraph.startswith("\b\n"):
            yield f"\n{paragraph}\n"
            continue
        heading, _, body = paragraph.removeprefix("\b\n").partition("\n")
        yield f"\n{heading}\n\n```text\n{dedent(body)}\n```\n"


def _operand(param: Any) -> str:
    return f"{param.metavar or param.name.upper()}{'...' if param.nargs == -1 else ''}"


def _row(param: Any) -> str:
    """Return the table row of an argument or option."""
    if param.param_type_name == "argument":
        return f"| `{_operand(param)}` | {_cell(param.help)} |  |\n"
    names = ", ".join(f"`{name}`" for name in param.opts)
    value = f" `{_cell(param.metavar)}`" if param.metavar else ""
    default = "" if param.default is None or param.default is False else f"`{param.default}`"
    return f"| {names}{value} | {_cell(param.help)} | {default} |\n"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
