"""``dedup compare``: two reports against each other, passage by passage."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Annotated

import typer

from dedup.cli import outputs as out
from dedup.cli.manual import STATUS, Command, manual
from dedup.cli.options import Asked, Known, Outputs, Reading, Running, takes
from dedup.cli.scan import analyse, finish
from dedup.params import Params

HELP = manual(
    "Show what two reports share, and what differs in it.",
    "并排比较两份报告：哪些相同，哪些改动。",
    example="dedup compare reports/甲.txt reports/乙.txt\ndedup compare 甲.docx 乙.pdf --html pair.html",
    output="""
比较 reports/甲.txt（104 字）与 reports/乙.txt（103 字）
相似内容占左 81.7%，占右 82.5%
两份之间的相似片段 1 对
1. 疑似抄袭 B 级  用词相同 100.0%，全文相同 100.0%，逐字对应，先后不明
   左  reports/甲.txt  第 3 行  17–102
   右  reports/乙.txt  第 2 行  5–90
""",
    status=STATUS,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, help=HELP)(compare)


@takes(params=Params, outputs=Outputs, reading=Reading, known=Known, running=Running)
def compare(
    left: Annotated[str, typer.Argument(metavar="A", help="A report.")],
    right: Annotated[str, typer.Argument(metavar="B", help="Another report.")],
    params: Params,
    outputs: Outputs,
    reading: Reading,
    known: Known,
    running: Running,
) -> None:
    """Scan two reports and print their pairs of passages instead of the families."""
    out.check(outputs)
    from dedup.report import pairs

    face = SimpleNamespace(plain=partial(pairs.plain, first=left), rich_blocks=partial(pairs.rich_blocks, first=left))
    result = analyse(Asked([left, right], params, outputs, reading, known, running))
    out.deliver(result, outputs, face)
    finish(result, running)
