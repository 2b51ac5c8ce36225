"""``dedup evaluate``: how well a result agrees with a gold file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dedup.cli.manual import Command, manual
from dedup.cli.options import Language, takes
from dedup.result import Result

HELP = manual(
    "Score a result against a gold file: passages, families, labels.",
    "用标准答案评测结果：片段、家族、类别。",
    example="dedup evaluate gold.jsonl result.json\ndedup evaluate gold.jsonl result.json --json",
    output="""
操作  对数  检出  plagdet  精确率  召回率   粒度  微观plagdet  对精确率  对召回率   对F1  覆盖率
全部     1     1    1.000   1.000   1.000  1.000        1.000     1.000     1.000  1.000   1.000
copy     1     1    1.000   1.000   1.000  1.000        1.000     1.000     1.000  1.000   1.000
""",
    status={0: "done, whatever the figures", 2: "a file cannot be read, or gold and result do not fit"},
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, help=HELP)(evaluate)


@takes(language=Language)
def evaluate(
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="A gold file, see docs/gold.md.")],
    result: Annotated[Path, typer.Argument(metavar="RESULT.json", help="What scan --json wrote.")],
    language: Language,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Print the scores."""
    from dedup.evaluate import evaluate as score
    from dedup.evaluate import read_gold

    scores = score(read_gold(gold), Result.from_json(result))
    if as_json:
        print(json.dumps(scores.to_dict(), ensure_ascii=False, indent=2))
    else:
        print(scores.to_text(language.lang), end="")
