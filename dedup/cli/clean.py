"""``dedup clean`` and ``dedup restore``: a corpus without its duplicates, and the way back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dedup.cli.cleaned import WORDS, summary
from dedup.cli.decided import Decisions, decided, read_decisions
from dedup.cli.manual import Command, manual
from dedup.cli.options import Language, Reading, takes
from dedup.cli.talk import progress, say, say_skipped
from dedup.errors import ParamsError
from dedup.params import Params
from dedup.report.listing import visible
from dedup.report.reasons import reason_in
from dedup.report.words import limit_sentence, words
from dedup.result import Document, Limit, Result, Skipped

if TYPE_CHECKING:
    from dedup.clean import Archived, CleanPolicy

FAILED = 2

HELP = manual(
    "Write a corpus without its duplicates, every removal audited.",
    "清理语料：去掉重复内容，逐条留下依据，可原样还原。",
    example="dedup clean corpus/ -o cleaned/\ndedup clean new.jsonl -o out/ --against archive.dedup --level passage",
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
    ignore_names: Annotated[
        bool,
        typer.Option(
            "--ignore-names",
            help="Let go also what has another person's or place's name than what stays, or an item more in a list.",
        ),
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
            names=not self.ignore_names,
            prefer=tuple(prefer),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanning:
    """How the duplicates are found; for all parameters of a scan, ``dedup scan --json`` and ``--result``."""

    route: Annotated[
        str | None,
        typer.Option(
            metavar="ROUTE",
            help="How duplicates are found: paragraphs (near-duplicate ones as a whole, fast) or passages (a scan, "
            "copies of any length); passages for --level passage and with --decisions, else paragraphs.",
        ),
    ] = None
    threshold: Annotated[
        float | None, typer.Option(metavar="X", help="What counts as near-duplicate; 0.7, or that of the index.")
    ] = None
    min_chars: Annotated[
        int | None, typer.Option(metavar="N", help="Shortest passage found; 16, or that of the index.")
    ] = None
    jobs: Annotated[int, typer.Option(metavar="N", help="Threads, 0 for one a core.")] = 0

    def __post_init__(self) -> None:
        problems: list[str] = []
        try:
            self.params(Params())
        except ParamsError as error:
            problems += error.problems
        if not 0 <= self.jobs <= 1024:
            problems.append(f"jobs is {self.jobs}, but must be from 0 to 1024")
        if self.route not in (None, "paragraphs", "passages"):
            problems.append(f"route is {self.route!r}, but must be paragraphs or passages")
        if problems:
            raise ParamsError(problems)

    def params(self, base: Params) -> Params:
        """Return the parameters: those given, else those of the base."""
        given = {"threshold": self.threshold, "min_chars": self.min_chars}
        return Params.from_dict(base.to_dict() | {name: value for name, value in given.items() if value is not None})

    @property
    def workers(self) -> int:
        """Threads."""
        return self.jobs or os.cpu_count() or 1


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
        list[str] | None,
        typer.Option(metavar="PATH", help="Remove only what stands here too: files, folders, one index; repeatable."),
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

    if result is not None and scanning.route is not None:
        raise ParamsError(
            [f"route is {scanning.route}, but cannot be chosen for a scan that was made before (--result)"]
        )
    policy = cleaning.policy(prefer or ())
    given, notes = read_decisions(decisions)
    documents, skipped = _read(paths, reading, language.lang, out)
    base = _base(paths)
    # Before an hour's scan, not after it.
    check_out(out, [row.source for row in documents], force=target.force)
    if replay is not None:
        _again(replay, documents, out, skipped=skipped, base=base, force=target.force, lang=language.lang)
        raise typer.Exit(_status(skipped, target))
    route = scanning.route or (
        "passages" if cleaning.level == "passage" or given or notes or result else "paragraphs"
    )
    held = _hold(against or [], documents, route, scanning, reading, language.lang)
    found = _find(result, documents, skipped, held, route, scanning, language.lang)
    found = decided(found, given, language.lang, notes)
    report = clean_corpus(
        found,
        documents,
        policy,
        out,
        against=held.documents if against else None,
        archive=held.archive,
        route=route,
        base=base,
        mark_field=target.mark_field if target.mark else None,
        dry_run=target.dry_run,
        force=target.force,
    )
    for row in summary(report, language.lang):
        print(row)
    unread = [*report.skipped, *held.skipped]
    say_skipped(unread, language.lang)
    for source, reason in report.converted.items():
        told = reason_in(reason, language.lang)
        say(visible(WORDS[language.lang]["converted"].format(source=source, reason=told)))
    for limit in found.limits:
        say(visible(limit_sentence(limit, language.lang)))
    say(words(language.lang).say("wrote", path=visible(str(out / "audit.jsonl"))))
    raise typer.Exit(_status(unread, target))


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

    named = folder if folder.name not in ("", "..") else folder.resolve()  # of `.` too the restored stands beside it
    to = out if out is not None else named.with_name(f"{named.name}-restored")
    count = restore_corpus(folder, to)
    print(WORDS[language.lang]["restored"].format(count=count, path=visible(str(to))))


def _read(
    paths: Sequence[str], reading: Reading, lang: str, out: Path | None = None
) -> tuple[list[Document], list[Skipped]]:
    """Read the corpus; the audit of an earlier clean, which lies among its files, is no document.

    Nor is the earlier clean itself where it stands at ``out``, within a folder that is read: ``dedup clean . -o
    cleaned`` must mean the same when it is run again. Other folders that hold an audit may well be the corpus.
    """
    from dedup.clean.audit import NAME, is_audit
    from dedup.read import read

    documents: list[Document] = []
    skipped: list[Skipped] = []
    audits: dict[str, None] = {}
    earlier = _earlier(out, paths)
    for row in read(paths, reading.options()):
        if earlier is not None and earlier in Path(row.source).resolve().parents:
            continue
        if Path(row.source).name == NAME and (row.source in audits or is_audit(Path(row.source))):
            audits[row.source] = None
        elif isinstance(row, Document):
            documents.append(row)
        else:
            skipped.append(row)
    if earlier is not None:
        say(visible(WORDS[lang]["own_output"].format(path=out)))
    for path in audits:
        say(visible(WORDS[lang]["own_audit"].format(path=path)))
    return documents, skipped


def _earlier(out: Path | None, paths: Sequence[str]) -> Path | None:
    """Return the output folder if it is an earlier clean and lies within a folder that is read."""
    from dedup.clean.audit import NAME, is_audit

    if out is None or not is_audit(out / NAME):
        return None
    real = out.resolve()
    return real if any(Path(path).resolve() in real.parents for path in paths) else None


@dataclass(frozen=True, slots=True)
class _Held:
    """What a corpus is cleaned against, and by which parameters: an index has its own."""

    documents: Sequence[Document]
    skipped: Sequence[Skipped]
    params: Params
    archive: Archived | None = None
    limits: Sequence[Limit] = ()


def _hold(
    paths: Sequence[str],
    documents: Sequence[Document],
    route: str,
    scanning: Scanning,
    reading: Reading,
    lang: str,
) -> _Held:
    """Read what the corpus is cleaned against; of an index, the reports that may share something with it."""
    from dedup.index.opening import is_index

    indexes = [path for path in paths if is_index(Path(path))]
    if len(indexes) > 1:
        mend = "merge them (dedup index merge) or clean in turn"
        raise ParamsError([f"against names {len(indexes)} indexes, {indexes[0]} and {indexes[1]}: {mend}"])
    beside, skipped = _read([path for path in paths if path not in indexes], reading, lang)
    if not indexes:
        return _Held(beside, skipped, scanning.params(Params()))
    from dedup.archive import Index
    from dedup.clean import Archived

    with Index(indexes[0]) as index:
        if scanning.params(index.params) != index.params:
            index.refuse(scanning.params(index.params))
        stored, limits = index.partners(documents, paragraphs=route == "paragraphs", jobs=scanning.workers)
        archive = Archived(indexes[0], index.info().content, stored)
        say(visible(WORDS[lang]["held"].format(path=indexes[0], count=len(stored))))
        return _Held(beside, skipped, index.params, archive, limits)


def _find(
    path: Path | None,
    documents: Sequence[Document],
    skipped: Sequence[Skipped],
    held: _Held,
    route: str,
    scanning: Scanning,
    lang: str,
) -> Result:
    """Return the duplicates: those of the result given, or found now."""
    if path is not None:
        return Result.from_json(path)
    from dedup.clean import near
    from dedup.pipeline import scan

    others = [*held.documents, *(held.archive.documents if held.archive else ())]
    with progress(lang) as report:
        if route == "paragraphs":
            return near(
                documents,
                held.params,
                against=others,
                skipped=skipped,
                limits=held.limits,
                jobs=scanning.workers,
                progress=report,
            )
        found = scan([*documents, *skipped], held.params, archived=others, jobs=scanning.workers, progress=report)
        return replace(found, limits=(*found.limits, *held.limits))


def _again(audit: Path, documents: Sequence[Document], out: Path, *, lang: str, **settings: Any) -> None:
    from dedup.clean import replay

    replay(audit, documents, out, **settings)
    print(WORDS[lang]["replayed"].format(out=visible(str(out))))


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
