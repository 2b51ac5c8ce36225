"""The clustering report: everything the result has, bounded and counted, nothing that the terminal would obey."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from dedup.report import pairs, terminal
from dedup.report.listing import visible
from dedup.result import Result
from tests.results import HOSTILE_NAME, large_result, sample_result

FACES = (terminal, pairs)


def _plain(result: Result, face=terminal, **options) -> str:
    return "\n".join(face.plain(result, **options))


def _rich(result: Result, face=terminal, width: int = 100, **options) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, highlight=False)
    for block in face.rich_blocks(result, **options):
        console.print(block)
    return console.file.getvalue()


def test_every_family_shows_label_grade_size_documents_likeness_and_weakest_link():
    lines = _plain(sample_result(), lang="en").splitlines()
    first = next(line for line in lines if line.startswith("1. "))
    assert first.startswith("1. suspected copying grade A ★  2 places in 2 reports")
    assert "wording 93.9%, similarity 92.9%, weakest link 93.9%" in first
    assert [line.split(".")[0] for line in lines if line[:1].isdigit() and ". " in line[:4]] == list("12345678")


def test_every_member_shows_file_part_line_offsets_and_opening_words():
    result = sample_result()
    shown = _plain(result)
    for cluster in result.clusters:
        for span in cluster.members:
            name = visible(result.documents[span.document].name)
            part = "" if span.part is None else f"第 {span.part + 1} 部分，"
            start = visible(result.text(span)[:10])
            line = f"   {name}  {part}第 {span.line} 行  {span.start}–{span.end}  {start}"
            assert line in shown


def test_copying_comes_first_and_furniture_last():
    heads = [line for line in _plain(sample_result()).splitlines() if "最弱一处" in line]
    labels = [line.split()[1] for line in heads]
    assert labels == ["疑似抄袭", "疑似抄袭", "同源", "自我重复", "模板", "引用", "套话", "页面噪声"]


@pytest.mark.parametrize("lang,note", [("zh", "相似不等于抄袭"), ("en", "Similarity is not plagiarism")])
@pytest.mark.parametrize("show", [_plain, _rich])
def test_what_was_skipped_and_bounded_and_the_note_are_always_shown(show, lang, note):
    shown = show(sample_result(), lang=lang)
    assert note in shown
    assert "reports/空.txt" in shown and "the file is empty" in shown
    assert "later-version" in shown and "unknown here" in shown


def test_documents_are_listed_with_their_share_copied_the_most_copied_first():
    result = sample_result()
    lines = _plain(result).split("各报告构成")[1].splitlines()[1:8]
    shares = [float(line.split("%")[0]) for line in lines]
    assert shares == sorted(shares, reverse=True) and shares[0] == 62.8
    assert lines[0].endswith("reports/合集.jsonl#rec-0")


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("show", [_plain, _rich])
def test_hostile_names_and_texts_are_shown_and_not_obeyed(face, show):
    """No escape sequence, control or bidi character of a document reaches the terminal; markup stands as text."""
    result = sample_result()
    within = next(one for one in result.passages if one.left.document == one.right.document == 5)
    across = replace(within, right=replace(within.right, document=0, start=0, end=9))
    shown = show(replace(result, passages=(*result.passages, across)), face, everything=True)
    held = {char for char in shown if unicodedata.category(char) in ("Cc", "Cf", "Cs")}
    assert held <= {"\n"} if show is _plain else held <= {"\n", "\x1b"}
    assert "[31m红色" in shown.replace("\n", "")
    assert "␛" in shown and "\x1b[31m" not in shown and "\x1b[2J" not in shown
    assert "[bold red]" in shown
    if face is terminal and show is _plain:
        assert HOSTILE_NAME in shown


def test_rich_lines_fit_the_width_of_the_terminal_in_chinese():
    for width in (80, 120):
        for line in _rich(sample_result(), width=width).splitlines():
            assert cell_len(line) <= width


def test_what_the_bounds_leave_out_is_counted_and_all_shows_it():
    result = large_result(120)
    shown = _plain(result)
    assert sum("最弱一处" in line for line in shown.splitlines()) == terminal.FAMILIES
    assert "另有 70 个家族未显示" in shown
    everything = _plain(result, everything=True)
    assert sum("最弱一处" in line for line in everything.splitlines()) == 120
    assert "未显示" not in everything


def test_a_family_with_many_members_lists_the_medoid_first_and_counts_the_rest():
    result = sample_result()
    cluster = result.clusters[4]
    many = replace(cluster, members=cluster.members * 5, wording=cluster.wording * 5, medoid=17)
    shown = _plain(replace(result, clusters=(many,)))
    lines = shown.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("1. "))
    medoid = many.members[17]
    assert f"{medoid.start}–{medoid.end}" in lines[head + 2] and lines[head + 2].endswith("中心")
    assert "另有 12 处未显示" in shown


def test_a_result_without_texts_or_without_anything_still_prints():
    result = sample_result()
    bare = replace(result, documents=tuple(replace(info, text=None) for info in result.documents))
    assert "（结果中没有原文）" in _plain(bare) and "（结果中没有原文）" in _plain(bare, pairs)
    empty = replace(result, documents=(), clusters=(), passages=(), skipped=(), limits=())
    for face in FACES:
        assert "相似不等于抄袭" in _plain(empty, face)
        assert "相似不等于抄袭" in _rich(empty, face)
    assert "未发现相似内容" in _plain(empty)


def test_pairs_show_both_texts_and_every_change_and_count_what_stands_within_one_report():
    shown = _plain(sample_result(), pairs, lang="en")
    assert "12 similar passages between the two" in shown
    assert "number differs: 半亩 → 一亩" in shown
    assert "misprint: 过火面积 → 过伙面积" in shown
    assert "2 more within one of the two are not listed" in shown


def test_pairs_of_two_reports_say_how_much_of_each_is_similar():
    result = sample_result()
    two = replace(
        result,
        documents=result.documents[:2],
        passages=tuple(one for one in result.passages if {one.left.document, one.right.document} == {0, 1}),
    )
    left = sum(one.left.end - one.left.start for one in two.passages) / two.documents[0].chars
    assert f"{int(left * 1000) / 10}% of the left" in _plain(two, pairs, lang="en")


def test_a_long_passage_is_cut_in_the_pair_view_and_the_cut_is_counted():
    result = sample_result()
    info = replace(result.documents[0], text="长" * 5000, chars=5000)
    passage = result.passages[0]
    span = replace(passage.left, start=0, end=5000)
    changed = replace(
        result, documents=(info, *result.documents[1:]), passages=(replace(passage, left=span, changes=()),)
    )
    assert "余 4,400 字" in _plain(changed, pairs)
    assert "长" * 5000 in _plain(changed, pairs, everything=True)
    assert "余 4,400 字" in _rich(changed, pairs).replace("\n", "")
