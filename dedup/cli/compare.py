"""``dedup compare``: two reports against each other, passage by passage."""

from __future__ import annotations

from typing import Annotated

import typer

from dedup.cli import outputs as out
from dedup.cli.manual import STATUS, Command, manual
from dedup.cli.options import Outputs, Reading, Running, takes
from dedup.cli.scan import analyse, finish
from dedup.params import Params

HELP = manual(
    "Show what two reports share, and what differs in it.",
    "并排比较两份报告：哪些相同，哪些改动。",
    example="dedup compare 甲.txt 乙.txt\ndedup compare 甲.txt 乙.txt --html pair.html",
    output="""
比较 甲.txt（63 字）与 乙.txt（85 字）
相似内容占左 66.6%，占右 49.4%
两份之间的相似片段 1 对
相似不等于抄袭，须人工复核。
""",
    status=STATUS,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, help=HELP)(compare)


@takes(params=Params, outputs=Outputs, reading=Reading, running=Running)
def compare(
    left: Annotated[str, typer.Argument(metavar="A", help="A report.")],
    right: Annotated[str, typer.Argument(metavar="B", help="Another report.")],
    params: Params,
    outputs: Outputs,
    reading: Reading,
    running: Running,
) -> None:
    """Scan two reports and print their pairs of passages instead of the families."""
    out.check(outputs)
    from dedup.report import pairs

    result = analyse([left, right], params, outputs, reading, running)
    out.deliver(result, outputs, pairs)
    finish(result, running)
