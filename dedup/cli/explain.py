"""``dedup explain``: why two texts match, or why they do not."""

from __future__ import annotations

from typing import Annotated

import typer

from dedup.cli.manual import Command, manual
from dedup.cli.options import Language, Reading, takes
from dedup.errors import ParamsError, ReadError
from dedup.params import Params
from dedup.result import Document, Skipped

HELP = manual(
    "Say why two texts match, or why they do not.",
    "说明两份文本为什么相似，或者为什么不算相似。",
    example="dedup explain reports/甲.txt reports/乙.txt\n"
    "dedup explain --text 门前的老槐树是爷爷种的 门前的老槐树是奶奶种的\n"
    "dedup explain notices.jsonl#n2 notices.jsonl#n3 --lang en",
    output="""
左  reports/甲.txt：104 字，比对文本 95 字，3 个段落
右  reports/乙.txt：103 字，比对文本 93 字，3 个段落
结论：相似，片段 1 对
二、段落：每 5 个字为一组，比较两个集合
   最像的一对段落：左第 3 行，右第 2 行，共有 74 组，合计 74 组，杰卡德系数 1.000，达到阈值 0.7
四、对齐
   疑似抄袭 B 级，用词相同 100.0%（78 字对上），需要 70.0%，全文相同 100.0%，逐字对应
""",
    status={0: "done, whether they match or not", 2: "an error, or a text that could not be read"},
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, help=HELP)(explain)


@takes(params=Params, reading=Reading, language=Language)
def explain(
    left: Annotated[str, typer.Argument(metavar="A", help="A file, a record as FILE#ID, or with --text a text.")],
    right: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    params: Params,
    reading: Reading,
    language: Language,
    text: Annotated[bool, typer.Option("--text", help="A and B are the texts themselves.")] = False,
    all: Annotated[bool, typer.Option("--all", help="Print texts and passages in full.")] = False,
) -> None:
    """Read two texts and print the way from them to the decision."""
    sides = (
        [Document(name, one) for name, one in (("A", left), ("B", right))]
        if text
        else [_document(path, reading) for path in (left, right)]
    )
    from dedup.explanation import explain as explained
    from dedup.report import account

    for line in account.plain(explained(sides[0], sides[1], params), lang=language.lang, everything=all):
        print(line)


def _document(path: str, reading: Reading) -> Document:
    """Return the one document that a path names: a file with one text, or ``FILE#ID``.

    Raises
    ------
    ReadError
        If it cannot be read.
    ParamsError
        If it holds several texts and none is named.
    """
    from pathlib import Path

    from dedup.read import read

    source, _, member = ("", "", "") if Path(path).exists() else path.rpartition("#")
    found = list(read([source or path], reading.options()))
    documents = [one for one in found if isinstance(one, Document) and (not source or one.member == member)]
    if len(documents) == 1:
        return documents[0]
    if len(documents) > 1:
        raise ParamsError([f"{path} holds {len(documents)} texts: name one of them, such as {documents[0].name}"])
    unread = [one for one in found if isinstance(one, Skipped)]
    if unread:
        raise ReadError(unread[0].source, unread[0].reason)
    raise ReadError(path, f"it holds no text with the id {member}" if source else "it holds no text")
