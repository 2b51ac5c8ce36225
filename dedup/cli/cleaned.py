"""What ``dedup clean`` says in the end: a table in which documents and characters add up, in two languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dedup.report.listing import visible
from dedup.report.words import words

if TYPE_CHECKING:
    from dedup.clean import CleanReport

WORDS: Mapping[str, Mapping[str, str]] = {
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
        "copied": "另有 {count:,} 个文件未能读取，原样抄录，不计在内",
        "converted": "{source} 未按原格式写出：{reason}",
        "own_audit": "{path} 是以前清理的审计文件，不作为语料",
        "own_output": "{path} 是以前清理的结果，不作为语料",
        "held": "{path} 中有 {count:,} 份报告参与比对",
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
        "copied": "{count:,} more files could not be read: they were copied as they are and are not counted",
        "converted": "{source} is not written in its format: {reason}",
        "own_audit": "{path} is the audit of an earlier clean and no part of the corpus",
        "own_output": "{path} is the output of an earlier clean and no part of the corpus",
        "held": "{count:,} reports of {path} were compared",
        "replayed": "Done again from the audit: {out}",
        "restored": "{count:,} files restored: {path}",
    },
}


def summary(report: CleanReport, lang: str) -> list[str]:
    """Return the table of a clean: documents and characters in, kept, removed by label, skipped; they add up."""
    told, vocabulary = WORDS[lang], words(lang)
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
    notes = [("copied", 0 if report.dry_run else report.copied)]
    notes += [("cut", 0 if report.mark else documents["cut"]), ("carried", report.carried)]
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
