"""The shape of a command's help: what it does, in both languages, an example, what comes out, the exit status."""

from __future__ import annotations

from textwrap import indent
from typing import Any

from typer.core import TyperCommand

STATUS = {
    0: "done",
    1: "--check was given and suspected copying or a common source was found",
    2: "an error, or an input that could not be read (--ignore-unreadable forgives those)",
}
"""What a status means where a command can end with all three."""


class Command(TyperCommand):
    """A command whose plain help lists its options in panels, which typer does only in its rich help."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, then the options panel by panel; the unnamed panel first."""
        panels: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                unnamed = "Arguments" if param.param_type_name == "argument" else "Options"
                panels.setdefault(getattr(param, "rich_help_panel", None) or unnamed, []).append(record)
        for panel, records in panels.items():
            if records:
                with formatter.section(panel):
                    formatter.write_dl(records)


def manual(english: str, chinese: str, *, example: str, output: str, status: dict[int, str]) -> str:
    r"""Return the help text of a command.

    Parameters
    ----------
    english, chinese : str
        One sentence each.
    example : str
        Command lines, one a line.
    output : str
        The beginning of what the first example prints.
    status : dict of int to str
        Every exit status with its meaning.

    Returns
    -------
    str
        Paragraphs for click; ``\b`` keeps a paragraph's line breaks.
    """
    statuses = "\n".join(f"{number}  {meaning}" for number, meaning in status.items())
    sections = {"Example": example, "Output": output, "Exit status": statuses}
    told = [f"{english}\n\n{chinese}"]
    for heading, body in sections.items():
        # An empty line would end the paragraph, and click would wrap what follows.
        lines = "\n".join(line or "." for line in body.strip("\n").split("\n"))
        told.append(f"\b\n{heading}:\n{indent(lines, '  ')}")
    return "\n\n".join(told)
