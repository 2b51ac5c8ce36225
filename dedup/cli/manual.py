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

REPORT = """
重复内容分析报告
读取报告 3 份，共 233 字，全部读取，无遗漏
发现家族 1 个（疑似抄袭 B 级 1），相似片段 1 对
1. 疑似抄袭 B 级  2 处，2 份报告，用词相同 100.0%，全文相同 100.0%，最弱一处 100.0%  [b7baebd2196e00dd]
   reports/乙.txt  第 2 行  5–90  今年的山塘清淤是群众自己推举的工头带着干的，挖机按小时计费，油票和工时单当天贴在…
   reports/甲.txt  第 3 行  17–102  今年的山塘清淤是群众自己推举的工头带着干的，挖机按小时计费，油票和工时单当天贴在…
"""
"""The beginning of the report, whether it was just computed or is shown again."""


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
