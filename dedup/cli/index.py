"""``dedup index``: the standing archive, verb by verb."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedup.cli import outputs as out
from dedup.cli.manual import REPORT, STATUS, Command, manual
from dedup.cli.options import Asked, Known, Language, Outputs, Reading, Running, takes
from dedup.cli.scan import ask, finish
from dedup.cli.talk import say, say_skipped
from dedup.params import Params

if TYPE_CHECKING:
    from dedup.archive import Added
    from dedup.result import Document, Skipped

FAILED = 2
_DONE = {0: "done", 2: "an error, or an input that could not be read (--ignore-unreadable forgives those)"}
_PLAIN = {0: "done", 2: "an error"}

_WORDS = {
    "zh": {
        "created": "已建立 {path}",
        "added": "新增 {added} 份，未变 {unchanged} 份，移除 {removed} 份，共存 {total} 份",
        "so_far": "已入库：新增 {added} 份，未变 {unchanged} 份",
        "dropped": "移除 {count} 份，共存 {total} 份",
        "sound": "索引完好：核对报告 {documents} 份、段落 {paragraphs} 段、索引项 {postings} 条，"
        "重算 {recomputed} 份",
        "exported": "已写出 {path}",
        "size": "文件大小（字节）",
        "format": "格式版本",
        "documents": "报告",
        "sources": "来源",
        "paragraphs": "段落",
        "characters": "参与比对的字数",
        "anchors": "锚点",
        "bands": "段落签名分段",
        "segments": "存储分段",
        "content": "内容摘要",
        "params": "参数摘要",
        "fold": "字形折叠表摘要",
        "scheme": "签名方案",
        "probe": "指纹摘要",
    },
    "en": {
        "created": "{path} made",
        "added": "{added} added, {unchanged} unchanged, {removed} removed, {total} held",
        "so_far": "stored so far: {added} added, {unchanged} unchanged",
        "dropped": "{count} removed, {total} held",
        "sound": "sound: {documents} reports, {paragraphs} paragraphs and {postings} postings verified, {recomputed} "
        "reports computed afresh",
        "exported": "{path} written",
        "size": "size in bytes",
        "format": "format",
        "documents": "reports",
        "sources": "sources",
        "paragraphs": "paragraphs",
        "characters": "characters compared",
        "anchors": "anchors",
        "bands": "bands",
        "segments": "segments",
        "content": "digest of the content",
        "params": "digest of the parameters",
        "fold": "digest of the fold tables",
        "scheme": "signature scheme",
        "probe": "digest of the probe text",
    },
}

File = Annotated[Path, typer.Argument(metavar="INDEX", help="The index, one file.")]
Paths = Annotated[list[str], typer.Argument(metavar="PATH", help="Files, folders, archives.")]


def register(app: typer.Typer) -> None:
    """Add the command with its verbs."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    for verb, text in (
        (create, _CREATE),
        (add, _ADD),
        (query, _QUERY),
        (drop, _DROP),
        (merge, _MERGE),
        (check, _CHECK),
        (info, _INFO),
        (export, _EXPORT),
    ):
        group.command(cls=Command, help=text)(verb)
    app.add_typer(
        group,
        name="index",
        help=manual(
            "Keep an archive of reports, and compare new ones with it.",
            "把报告存成一个可以不断增长的库，新报告与整库比对。",
            example="dedup index create archive.dedup\n"
            "dedup index add archive.dedup reports/\n"
            "dedup index query archive.dedup new/ --html report.html",
            output="已建立 archive.dedup\n新增 120 份，未变 0 份，移除 0 份，共存 120 份",
            status=_DONE,
        ),
    )


_CREATE = manual(
    "Make an empty index.",
    "新建空库。",
    example="dedup index create archive.dedup\ndedup index create strict.dedup --threshold 0.8 --from archive.dedup",
    output="已建立 archive.dedup",
    status=_PLAIN,
)


@takes(params=Params, language=Language)
def create(
    index: File,
    params: Params,
    language: Language,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="INDEX", help="Fill it with the reports of this index.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an index that exists.")] = False,
) -> None:
    """Make an index; with other parameters, it can be filled from one that has the reports already."""
    from dedup.archive import Index

    if source is None:
        Index.create(index, params, force=force).close()
    else:
        with Index(source) as old, Index.create(index, params, force=force) as new:
            new.add(old.documents())
    print(_words(language.lang, "created", path=index))


_ADD = manual(
    "Store reports. Unchanged ones are skipped by their content, changed ones replaced.",
    "把报告存入库中：内容未变的跳过，变了的替换。",
    example="dedup index add archive.dedup reports/2009/",
    output="新增 120 份，未变 0 份，移除 0 份，共存 120 份",
    status=_DONE,
)


@takes(reading=Reading, language=Language)
def add(
    index: File,
    paths: Paths,
    reading: Reading,
    language: Language,
    jobs: Annotated[int, typer.Option(metavar="N", min=0, max=1024, help="Threads, 0 for one a core.")] = 0,
    ignore_unreadable: Annotated[
        bool, typer.Option("--ignore-unreadable", help="Exit as if every input had been read.")
    ] = False,
) -> None:
    """Store reports; an addition that was interrupted is simply repeated."""
    from dedup.archive import Index

    def told(so_far: Added) -> None:
        if sys.stderr.isatty():
            say(_words(language.lang, "so_far", added=so_far.added, unchanged=so_far.unchanged))

    running = Running(jobs=jobs)
    with Index(index) as archive:
        done = archive.add(paths, read=reading.options(), jobs=running.workers, told=told)
        _say_added(done, len(archive), language.lang)
    say_skipped(done.skipped, language.lang)
    if not ignore_unreadable:
        _fail_if_unread(done.skipped)


_QUERY = manual(
    "Compare new reports with all that are stored. And with one another.",
    "新报告相互比对，并与库中全部报告比对。",
    example="dedup index query archive.dedup new/ --html report.html",
    output=REPORT,
    status=STATUS,
)


@takes(outputs=Outputs, reading=Reading, known=Known, running=Running)
def query(index: File, paths: Paths, outputs: Outputs, reading: Reading, known: Known, running: Running) -> None:
    """Ask, and deliver the result like that of a scan."""
    out.check(outputs)
    from dedup.report import terminal

    result = ask(index, Asked(paths, None, outputs, reading, known, running))
    out.deliver(result, outputs, terminal)
    finish(result, running)


_DROP = manual(
    "Remove reports by name.",
    "按名称移除报告。",
    example="dedup index drop archive.dedup reports/2009/a.txt 'records.jsonl#17'",
    output="移除 2 份，共存 118 份",
    status=_PLAIN,
)


@takes(language=Language)
def drop(
    index: File,
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="A source, or source#member.")],
    language: Language,
) -> None:
    """Remove reports; a name that stands for none is an error, and nothing is removed."""
    from dedup.archive import Index

    with Index(index) as archive:
        count = archive.drop(names)
        print(_words(language.lang, "dropped", count=count, total=len(archive)))


_MERGE = manual(
    "Take over all reports of another index.",
    "并入另一个库的全部报告；同一来源以另一库为准。",
    example="dedup index merge archive.dedup county.dedup",
    output="新增 80 份，未变 3 份，移除 1 份，共存 197 份",
    status=_PLAIN,
)


@takes(language=Language)
def merge(
    index: File,
    other: Annotated[Path, typer.Argument(metavar="OTHER", help="An index with the same parameters.")],
    language: Language,
) -> None:
    """Take over; of a source that both hold, the other's reports replace ours."""
    from dedup.archive import Index

    with Index(index) as archive:
        done = archive.merge(other)
        _say_added(done, len(archive), language.lang)


_CHECK = manual(
    "Verify an index. Every row, all counts, and some reports computed afresh.",
    "核对全部数据与计数，并抽样重算。",
    example="dedup index check archive.dedup",
    output="索引完好：核对报告 120 份、段落 2714 段、索引项 93012 条，重算 16 份",
    status={0: "sound", 2: "damaged, or another error; the sentence says what was found and what was wanted"},
)


@takes(language=Language)
def check(
    index: File,
    language: Language,
    sample: Annotated[int, typer.Option(metavar="N", min=0, help="Reports to compute afresh.")] = 16,
) -> None:
    """Verify the index."""
    from dedup.archive import Index

    with Index(index) as archive:
        done = archive.check(sample=sample)
    words = {name: getattr(done, name) for name in type(done).__slots__}
    print(_words(language.lang, "sound", **words))


_INFO = manual(
    "Show what an index is and holds.",
    "显示库的参数与内容概况。",
    example="dedup index info archive.dedup",
    output="文件大小（字节）\t1884160\n格式版本\t1\n报告\t120",
    status=_PLAIN,
)


@takes(language=Language)
def info(index: File, language: Language) -> None:
    """Print name and value, one a line."""
    from dedup.archive import Index

    with Index(index) as archive:
        told = archive.info()
    names = ("size", "format", "documents", "sources", "paragraphs", "characters", "anchors", "bands", "segments")
    values: dict[str, Any] = {name: getattr(told, name) for name in names}
    values |= {"content": told.content[:16], "params": told.params.digest()} | told.identity
    for name, value in values.items():
        print(f"{_words(language.lang, name)}\t{value}")


_EXPORT = manual(
    "Write all stored reports as JSON lines. Texts and facts, in the order of their names.",
    "把库中全部报告按名称次序写成 JSON 行。",
    example="dedup index export archive.dedup > reports.jsonl",
    output='{"id": "reports/a.txt", "source": "reports/a.txt", "text": "…"}',
    status=_PLAIN,
)


@takes(language=Language)
def export(
    index: File,
    language: Language,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="F", help="A file; else stdout.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Write the reports; what is written can be read by every command."""
    from dedup.archive import Index
    from dedup.report.files import check_target, write_file

    if output is not None:
        check_target(output, force=force)
    # Closed before the index is, however writing ends: a reading that is still open would keep the log in its place.
    with Index(index) as archive, closing(archive.documents()) as documents:
        if output is None:
            for line in _lines(documents):
                sys.stdout.buffer.write(line)
            return
        write_file(output, _lines(documents), force=force)
    print(_words(language.lang, "exported", path=output))


def _lines(documents: Iterator[Document]) -> Iterator[bytes]:
    """Yield a JSON line for each report; lone surrogates, which UTF-8 cannot hold, as JSON's escapes."""
    for one in documents:
        facts = {name: getattr(one, name) for name in ("source", "member", "title", "issuer", "date", "encoding")}
        row = {"id": one.name} | {name: value for name, value in facts.items() if value is not None}
        line = json.dumps(row | {"text": one.text} | {"meta": dict(one.meta)}, ensure_ascii=False)
        try:
            yield line.encode() + b"\n"
        except UnicodeEncodeError:
            yield json.dumps(json.loads(line)).encode() + b"\n"


def _say_added(done: Added, total: int, lang: str) -> None:
    counts = {"added": done.added, "unchanged": done.unchanged, "removed": done.removed}
    print(_words(lang, "added", **counts, total=total))


def _fail_if_unread(skipped: tuple[Skipped, ...]) -> None:
    from dedup.read import SOFT_KINDS

    if any(row.kind not in SOFT_KINDS for row in skipped):
        raise typer.Exit(FAILED)


def _words(lang: str, key: str, **values: Any) -> str:
    return _WORDS[lang][key].format(**values)
