"""``dedup clean`` and ``dedup restore``: a corpus without its duplicates, and the way back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedup.cli.decided import Decisions, decided, read_decisions
from dedup.cli.manual import Command, manual
from dedup.cli.options import Language, Reading, takes
from dedup.cli.talk import progress, say, say_skipped
from dedup.errors import ParamsError
from dedup.params import Params
from dedup.report.listing import visible
from dedup.report.words import words
from dedup.result import Document, Result, Skipped

if TYPE_CHECKING:
    from dedup.clean import CleanPolicy, CleanReport

FAILED = 2

HELP = manual(
    "Write a corpus without its duplicates, every removal audited.",
    "清理语料：去掉重复内容，逐条留下依据，可原样还原。",
    example="dedup clean corpus/ -o cleaned/\ndedup clean new.jsonl -o out/ --against archive/ --level passage",
    output="""
清理结果：cleaned（按段落，保留首见）
输入         3 篇    312 字
保留         3 篇    229 字
删去         0 篇     83 字
  疑似抄袭   1 处     83 字
跳过         0 篇      0 字
""",
    status={0: "done", 2: "an error, or an input that could not be cleaned (--ignore-unreadable forgives those)"},
)
RESTORE_HELP = manual(
    "Rebuild the input of a clean, byte for byte.",
    "由清理结果和审计文件还原清理前的语料。",
    example="dedup restore cleaned/\ndedup restore cleaned/ -o corpus-again/",
    output="已还原 3 个文件：cleaned-restored",
    status={0: "done", 2: "the audit is missing or broken, or a file was changed since"},
)

_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "title": "清理结果：{out}（{level}，{keep}）",
        "title_dry": "试算，未写语料：{out}（{level}，{keep}）",
        "title_mark": "仅标注，未删除：{out}（{level}，{keep}）",
        "document": "按整篇",
        "paragraph": "按段落",
        "passage": "按句",
        "first": "保留首见",
        "longest": "保留最长",
        "newest": "保留最新",
        "oldest": "保留最早",
        "medoid": "保留中心",
        "none": "全部删去",
        "in": "输入",
        "kept": "保留",
        "removed": "删去",
        "marked": "标注",
        "skipped": "跳过",
        "texts": "{count:,} 篇",
        "places": "{count:,} 处",
        "chars": "{count:,} 字",
        "cut": "保留的报告中有 {count:,} 篇有删节",
        "carried": "删去的字中有 {count:,} 字是随所在单元带走的，别处没有对应内容",
        "stayed_pinned": "{count:,} 处未删：它是别处删除的保留依据",
        "stayed_unlinked": "{count:,} 处未删：与保留的一处相差过大",
        "stayed_partial": "{count:,} 处未删：所在单元的重复比例不够",
        "converted": "{source} 写为文本：{reason}",
        "own_audit": "{path} 是以前清理的审计文件，不作为语料",
        "replayed": "已按审计重做：{out}",
        "restored": "已还原 {count:,} 个文件：{path}",
    },
    "en": {
        "title": "Cleaned: {out} (by {level}, {keep})",
        "title_dry": "Dry run, no corpus written: {out} (by {level}, {keep})",
        "title_mark": "Marked, nothing removed: {out} (by {level}, {keep})",
        "document": "document",
        "paragraph": "paragraph",
        "passage": "sentence",
        "first": "the first stays",
        "longest": "the longest stays",
        "newest": "the newest stays",
        "oldest": "the oldest stays",
        "medoid": "the medoid stays",
        "none": "none stays",
        "in": "in",
        "kept": "kept",
        "removed": "removed",
        "marked": "marked",
        "skipped": "skipped",
        "texts": "{count:,} documents",
        "places": "{count:,} places",
        "chars": "{count:,} characters",
        "cut": "{count:,} of the documents kept were cut",
        "carried": "{count:,} of the characters removed went with their unit: no copy of them was found",
        "stayed_pinned": "{count:,} places stay: another removal names them as what was kept",
        "stayed_unlinked": "{count:,} places stay: they differ too much from the one that is kept",
        "stayed_partial": "{count:,} places stay: too little of their unit is duplicate",
        "converted": "{source} is written as text: {reason}",
        "own_audit": "{path} is the audit of an earlier clean and no part of the corpus",
        "replayed": "Done again from the audit: {out}",
        "restored": "{count:,} files restored: {path}",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaning:
    """What goes and what stays: the fields of `CleanPolicy`, as text."""

    level: Annotated[
        str,
        typer.Option(metavar="LEVEL", help="Unit that is kept or goes: document, paragraph, passage (sentences)."),
    ] = "paragraph"
    keep: Annotated[
        str, typer.Option(metavar="RULE", help="Who stays: first, longest, newest, oldest, medoid, none.")
    ] = "first"
    labels: Annotated[
        str, typer.Option(metavar="LIST", help="Labels that go; formula, citation and template stay unless named.")
    ] = "furniture,self,mass,copy"
    share: Annotated[
        float | None,
        typer.Option(
            metavar="X", help="A unit goes when this share of it stands in what stays; 0.8 for documents, else 0.95."
        ),
    ] = None
    ignore_numbers: Annotated[
        bool, typer.Option("--ignore-numbers", help="Let go also what has other numbers than what stays.")
    ] = False

    def __post_init__(self) -> None:
        self.policy(())

    def policy(self, prefer: Sequence[str]) -> CleanPolicy:
        """Return the policy; wrong values are told by it."""
        from dedup.clean import CleanPolicy

        labels = tuple(filter(None, self.labels.split(",")))
        return CleanPolicy(
            level=self.level,
            keep=self.keep,
            labels=labels,
            share=self.share,
            numbers=not self.ignore_numbers,
            prefer=tuple(prefer),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanning:
    """The scan that a clean rests on; for all its parameters, ``dedup scan --json`` and ``--result``."""

    threshold: Annotated[float, typer.Option(metavar="X", help="What counts as near-duplicate.")] = Params().threshold
    min_chars: Annotated[int, typer.Option(metavar="N", help="Shortest passage found.")] = Params().min_chars
    jobs: Annotated[int, typer.Option(metavar="N", help="Threads, 0 for one a core.")] = 0

    def __post_init__(self) -> None:
        problems: list[str] = []
        try:
            self.params()
        except ParamsError as error:
            problems += error.problems
        if not 0 <= self.jobs <= 1024:
            problems.append(f"jobs is {self.jobs}, but must be from 0 to 1024")
        if problems:
            raise ParamsError(problems)

    def params(self) -> Params:
        """Return the parameters."""
        return Params(threshold=self.threshold, min_chars=self.min_chars)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is written, and what the exit status forgives."""

    mark: Annotated[bool, typer.Option("--mark", help="Remove nothing: write the spans into a field.")] = False
    mark_field: Annotated[str, typer.Option(metavar="NAME", help="Name of that field.")] = "dedup_spans"
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write the audit and the totals alone.")] = False
    force: Annotated[bool, typer.Option("--force", help="Replace the output of an earlier clean.")] = False
    ignore_unreadable: Annotated[
        bool, typer.Option("--ignore-unreadable", help="Exit as if every input had been cleaned.")
    ] = False

    def __post_init__(self) -> None:
        if not self.mark_field:
            raise ParamsError(["mark_field is empty, but must be a name"])


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(cls=Command, help=HELP)(clean)
    app.command(cls=Command, help=RESTORE_HELP)(restore)


@takes(cleaning=Cleaning, scanning=Scanning, target=Target, reading=Reading, language=Language)
def clean(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files, folders, archives.")],
    out: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT", help="Folder to write; audit.jsonl is in it.")
    ],
    cleaning: Cleaning,
    scanning: Scanning,
    target: Target,
    reading: Reading,
    language: Language,
    prefer: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Documents that stay before others; repeatable.")
    ] = None,
    against: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="Remove only what stands here too; repeatable.")
    ] = None,
    result: Annotated[
        Path | None, typer.Option(metavar="F", help="A scan of the same inputs (scan --json), instead of a new one.")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(metavar="F", help="Make the corpus of this audit again, without computing.")
    ] = None,
    decisions: Decisions = None,
) -> None:
    """Read, scan, clean, and say what went."""
    from dedup.clean import clean as clean_corpus
    from dedup.clean.layout import check_out

    policy = cleaning.policy(prefer or ())
    given = read_decisions(decisions)
    documents, skipped = _read(paths, reading, language.lang)
    base = _base(paths)
    # Before an hour's scan, not after it.
    check_out(out, [row.source for row in documents], force=target.force)
    if replay is not None:
        _again(replay, documents, out, skipped=skipped, base=base, force=target.force, lang=language.lang)
        raise typer.Exit(_status(skipped, target))
    beside, more = _read(against or [], reading, language.lang)
    found = _scan(result, [*documents, *beside], [*skipped, *more], scanning, language.lang)
    found = decided(found, given, language.lang)
    report = clean_corpus(
        found,
        documents,
        policy,
        out,
        against=beside,
        base=base,
        mark_field=target.mark_field if target.mark else None,
        dry_run=target.dry_run,
        force=target.force,
    )
    for row in summary(report, language.lang):
        print(row)
    say_skipped(report.skipped, language.lang)
    for source, reason in report.converted.items():
        say(visible(_WORDS[language.lang]["converted"].format(source=source, reason=reason)))
    say(words(language.lang).say("wrote", path=visible(str(out / "audit.jsonl"))))
    raise typer.Exit(_status(report.skipped, target))


@takes(language=Language)
def restore(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="Folder that dedup clean wrote.")],
    language: Language,
    out: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Folder to write; OUT-restored if not given.")
    ] = None,
) -> None:
    """Undo a clean."""
    from dedup.clean import restore as restore_corpus

    to = out if out is not None else folder.resolve().with_name(f"{folder.resolve().name}-restored")
    count = restore_corpus(folder, to)
    print(_WORDS[language.lang]["restored"].format(count=count, path=visible(str(to))))


def summary(report: CleanReport, lang: str) -> list[str]:
    """Return the table of a clean: documents and characters in, kept, removed by label, skipped; they add up."""
    told, vocabulary = _WORDS[lang], words(lang)
    documents, characters = report.documents, report.characters
    title = "title_dry" if report.dry_run else "title_mark" if report.mark else "title"
    kept = documents["untouched"] + documents["cut"]
    rows = [
        (told["in"], ("texts", documents["in"]), characters["in"]),
        (told["kept"], ("texts", kept), characters["kept"]),
        (told["marked" if report.mark else "removed"], ("texts", documents["removed"]), characters["removed"]),
        *(
            (f"  {vocabulary.label(label)}", ("places", count), chars)
            for label, (count, chars) in report.removed.items()
        ),
        (told["skipped"], ("texts", documents["skipped"]), characters["skipped"]),
    ]
    cells = [
        (name, told[unit].format(count=count), told["chars"].format(count=chars))
        for name, (unit, count), chars in rows
    ]
    notes = [("cut", 0 if report.mark else documents["cut"]), ("carried", report.carried)]
    notes += [(f"stayed_{reason}", count) for reason, count in report.stayed.items()]
    return [
        told[title].format(out=visible(str(report.out)), level=told[report.level], keep=told[report.keep]),
        *_columns(cells),
        *(told[name].format(count=count) for name, count in notes if count),
    ]


def _columns(rows: Sequence[tuple[str, str, str]]) -> Iterable[str]:
    """Return rows with the first column flush left and the others flush right, by the width that a terminal shows."""
    from rich.cells import cell_len

    wide = [max(cell_len(row[column]) for row in rows) for column in range(3)]
    for name, *figures in rows:
        padded = "".join(
            " " * (2 + width - cell_len(cell)) + cell for cell, width in zip(figures, wide[1:], strict=True)
        )
        yield name + " " * (wide[0] - cell_len(name)) + padded


def _read(paths: Sequence[str], reading: Reading, lang: str) -> tuple[list[Document], list[Skipped]]:
    """Read the corpus; the audit of an earlier clean, which lies among its files, is no document."""
    from dedup.clean.audit import NAME, is_audit
    from dedup.read import read

    documents: list[Document] = []
    skipped: list[Skipped] = []
    audits: dict[str, None] = {}
    for row in read(paths, reading.options()):
        if Path(row.source).name == NAME and (row.source in audits or is_audit(Path(row.source))):
            audits[row.source] = None
        elif isinstance(row, Document):
            documents.append(row)
        else:
            skipped.append(row)
    for path in audits:
        say(visible(_WORDS[lang]["own_audit"].format(path=path)))
    return documents, skipped


def _scan(
    path: Path | None, documents: Sequence[Document], skipped: Sequence[Skipped], scanning: Scanning, lang: str
) -> Result:
    """Return the result of a scan, or the one given."""
    if path is not None:
        return Result.from_json(path)
    from dedup.pipeline import scan

    with progress(lang) as report:
        return scan(
            [*documents, *skipped], scanning.params(), jobs=scanning.jobs or os.cpu_count() or 1, progress=report
        )


def _again(
    audit: Path,
    documents: Sequence[Document],
    out: Path,
    *,
    lang: str,
    **settings: Any,
) -> None:
    from dedup.clean import replay

    replay(audit, documents, out, **settings)
    print(_WORDS[lang]["replayed"].format(out=visible(str(out))))


def _base(paths: Sequence[str]) -> Path:
    """Return the folder that the output mirrors: the one folder given, else the deepest that holds all paths."""
    full = [Path.cwd() / path for path in paths]
    if len(full) == 1 and full[0].is_dir():
        return full[0]
    return Path(os.path.commonpath([path.parent for path in full]))


def _status(skipped: Sequence[Skipped], target: Target) -> int:
    from dedup.read import SOFT_KINDS

    hard = any(row.kind not in SOFT_KINDS for row in skipped)
    return FAILED if hard and not target.ignore_unreadable else 0
