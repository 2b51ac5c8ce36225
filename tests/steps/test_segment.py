"""Cuts in the key stream: paragraphs, parts, headings, sentences, lines."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import cuts, lines
from dedup.kernels.threads import threads
from dedup.schema import KeyStream, ParagraphKind, Segments, Texts
from dedup.steps import data
from dedup.steps import segment as step
from dedup.steps.normalise import normalise
from dedup.steps.repair import lay_out, repair
from dedup.steps.segment import segment
from tests import naive_lines, naive_text
from tests.noise import wrapped
from tests.prose import REPORT

PROSE = (
    "全镇上下把修水渠、补道路、清河道当作冬春的头等大事来抓，每个村都排出了工期，挑选了带头人。眼下，二十六口山坪塘已经全部整治完毕，"
    "渠道里的淤泥清走了一万多方，来年插秧用水有了保障，下游几个村的群众自发送来了锦旗。"
)
HEADING = "一、抓好冬春水利"
LINES = st.sampled_from(
    [
        *(PROSE, PROSE[:31], HEADING, "（一）抓进度", "1.抓质量。", "1.抓质量。还要抓安全；", "第一篇：甲村总结"),
        *("篇二 乙村总结", "第三条 为了修渠", "", "  ", "　　" + PROSE[:40], "甲\t乙\t丙", "- 3 -", "点，接着修"),
        *(
            "修到这里的渠道一共 12",
            "工作总结1",
            "工作总结2",
            "文秘部落",
            "\u200b",
            "“好！”他说。",
            "2006年11月",
            "……",
        ),
        *("①抓落实", "一是抓落实。"),
    ]
)
TEXTS = st.lists(
    st.one_of(
        st.lists(LINES, max_size=8).map("\n".join),
        st.lists(LINES, max_size=4).map("\r\n".join),
        st.text("一、（）。！”“\n\r\t　 第篇条1①x×甲乙,.\u2028\x85", max_size=40),
        st.text(max_size=15),
    ),
    max_size=4,
)


def cut(*texts: str, furniture: list[tuple[int, int]] | None = None) -> tuple[Texts, KeyStream, Segments]:
    laid = lay_out(texts)
    edits = repair(laid)
    keys = normalise(laid, edits)
    ranges = None if furniture is None else np.array(furniture, np.int64).reshape(-1, 2)
    return laid, keys, segment(laid, edits, keys, ranges)


def paragraphs(text: str, furniture: list[tuple[int, int]] | None = None) -> list[str]:
    _, _, found = cut(text, furniture=furniture)
    return [text[start:end] for start, end in zip(found.raw_start, found.raw_end, strict=True)]


def outline(text: str) -> list[tuple[str, int, int]]:
    """Return (kind, level, row of the heading above) of each paragraph."""
    _, _, found = cut(text)
    columns = (found.kind.tolist(), found.level.tolist(), found.heading.tolist())
    return [(ParagraphKind(kind).name, level, above) for kind, level, above in zip(*columns, strict=True)]


def sentences(text: str) -> list[str]:
    """Return the key stream cut at the beginnings of sentences."""
    _, keys, found = cut(text)
    ends = [*found.sentences.tolist()[1:], keys.codes.size]
    return [
        keys.codes[start:end].tobytes().decode("utf-32-le")
        for start, end in zip(found.sentences.tolist(), ends, strict=True)
    ]


@given(TEXTS)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_every_key_stands_in_one_paragraph(texts: list[str]) -> None:
    """Paragraphs are in order and disjoint, and together hold every key and every visible code point."""
    laid, keys, found = cut(*texts)
    assert np.all(found.raw_start < found.raw_end) and np.all(found.raw_end[:-1] <= found.raw_start[1:])
    assert np.array_equal(laid.document_of(found.raw_start), found.document)
    assert np.array_equal(laid.document_of(found.raw_end - 1), found.document)
    bounds = [0, *found.end.tolist()]
    assert found.start.tolist() == bounds[:-1] and bounds[-1] == keys.codes.size
    filled = np.flatnonzero(found.end > found.start)
    start, end = keys.raw_span(found.start[filled], found.end[filled])
    assert np.all(start >= found.raw_start[filled]) and np.all(end <= found.raw_end[filled])
    whole = "".join(texts)
    inside = np.zeros(len(whole), bool)
    for first, last in zip(found.raw_start, found.raw_end, strict=True):
        inside[first:last] = True
    assert not any(char.isalnum() for char, held in zip(whole, inside, strict=True) if not held)


@given(TEXTS)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_a_batch_is_its_documents(texts: list[str]) -> None:
    """Many documents laid end to end are cut as each alone."""
    laid, keys, found = cut(*texts)
    for document, text in enumerate(texts):
        _, _, alone = cut(text)
        rows = np.flatnonzero(found.document == document)
        assert np.array_equal(found.raw_start[rows] - laid.indptr[document], alone.raw_start)
        assert np.array_equal(found.raw_end[rows] - laid.indptr[document], alone.raw_end)
        assert np.array_equal(found.kind[rows], alone.kind) and np.array_equal(found.level[rows], alone.level)
        first = rows[0] if rows.size else 0
        assert np.array_equal(np.where(found.heading[rows] < 0, -1, found.heading[rows] - first), alone.heading)
        own = found.sentences[
            (found.sentences >= keys.indptr[document]) & (found.sentences < keys.indptr[document + 1])
        ]
        ends = alone.sentences[alone.sentences < keys.indptr[document + 1] - keys.indptr[document]]
        assert np.array_equal(own - keys.indptr[document], ends)


@given(TEXTS, st.integers(1, 60), st.sampled_from([1, 2]))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_documents_cut_some_at_a_time_are_cut_as_all_at_once(texts: list[str], size: int, jobs: int) -> None:
    """However many documents make a row, and on threads: every column is the same."""
    _, _, whole = cut(*texts)
    with pytest.MonkeyPatch.context() as patch, threads(jobs):
        patch.setattr("dedup.steps.segment._CUT", size)
        _, _, found = cut(*texts)
    for one, other in ((found, whole), (found.parts, whole.parts)):
        for name in type(one).__slots__:
            if name != "parts":
                assert getattr(one, name).dtype == getattr(other, name).dtype
                assert getattr(one, name).tolist() == getattr(other, name).tolist()


@given(TEXTS)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_paragraphs_and_sentences_stand_at_the_keys_that_come_from_them(texts: list[str]) -> None:
    """Walking along finds the key that a search of the whole stream finds, and the sentences those of the twin."""
    _, keys, found = cut(*texts)
    assert found.start.tolist() == keys.first_from(found.raw_start).tolist()
    assert found.end.tolist() == keys.first_from(found.raw_end).tolist()
    whole = "".join(texts)
    wanted = set(found.start.tolist())
    for start, end, stop in zip(found.raw_start.tolist(), found.raw_end.tolist(), found.end.tolist(), strict=True):
        for place in naive_text.sentence_ends(whole[start:end]):
            key = int(keys.first_from(np.array([start + place]))[0])
            wanted |= {key} if key < stop else set()
    assert found.sentences.tolist() == sorted(wanted)


def test_what_kernels_pass_over_is_what_they_would_say_nothing_of() -> None:
    """Signs of code points agree with the kernels' own questions; the breaks that are counted are all there are."""
    tables = data.tables()
    kind = tables.kind & 15
    plain = np.flatnonzero(step._signs() & lines.NOTED == 0)
    unseen = [data.Class.SPACE, data.Class.BREAK, data.Class.INVISIBLE, data.Class.ENCLOSED]
    assert not np.isin(kind[plain], unseen).any() and not any(lines._is_stop(code) for code in plain.tolist())
    assert ord("|") not in plain
    commas = plain[np.isin(tables.fold[plain], [ord(char) for char in ",、"])]
    assert {chr(code) for code in commas.tolist()} == set("，、")
    assert not np.isin(kind[0x10000:], unseen[:2]).any() and (tables.fold[0x10000:] > 0x2F).all()
    beside = np.array([ord("汉"), 0, ord("汉")], np.uint32)
    for code in range(0x10000):
        beside[1] = code
        assert step._signs()[code] & cuts.OPENS or not cuts._closing(code)
        assert step._signs()[code] & cuts.STOP or not cuts._ends(beside, 1, 3)
    assert not any(cuts._is_closing(code) or code == 0x20 for code in range(0x3400, 0xFF00))
    ends = np.flatnonzero(step._signs() & cuts.STOP)
    assert not ((ends >= 0x3400) & (ends < 0xFF00)).any()
    every = np.arange(data.CODE_POINTS, dtype=np.uint32)
    first = np.zeros(1, np.uint32)
    broken = [cuts.count_lines(every[code : code + 2], np.array([0, 2]), first) == 2 for code in range(0x3000)]
    assert np.flatnonzero(broken).tolist() == np.flatnonzero(kind == data.Class.BREAK).tolist()


WIDE = st.text("一、（）。！”“；;?|\t,，.:：\n\r 　甲乙a1①㈠１𠮷\U000f0000\u200b", max_size=60)
RANGES = st.lists(st.tuples(st.integers(0, 90), st.integers(1, 9)), max_size=5)


@given(st.lists(st.one_of(TEXTS.map("\n".join), WIDE), max_size=3), RANGES, RANGES)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_the_shapes_of_lines_are_those_of_the_twin(
    texts: list[str], hidden: list[tuple[int, int]], noise: list[tuple[int, int]]
) -> None:
    """Going from place to place tells of each line what asking about every character does, whatever is hidden."""
    laid = lay_out(texts)
    ranges = []
    for pieces in (hidden, noise):
        rows, end = [], 0
        for gap, size in pieces:
            rows.append((end + gap, end + gap + size))
            end += gap + size
        ranges.append(np.array([row for row in rows if row[1] <= len(laid.codes)], np.int64).reshape(-1, 2))
    every = {at for one in ranges for low, high in one.tolist() for at in range(low, high)}
    found = step._scan(laid, step._places(laid, (0, len(texts))), ranges, (0, len(texts)))
    wanted = []
    for document, (base, text) in enumerate(zip(laid.indptr.tolist(), texts, strict=False)):
        for start, first, last, *shape in naive_lines.line_shapes(text, {at - base for at in every}):
            wanted.append((start + base, document, first + base, last + base, *shape))
    columns = ("start", "document", "first", "last", "width", "length", "indent", "head", "lead", "tail", "shape")
    assert list(zip(*(getattr(found, name).tolist() for name in columns), strict=True)) == wanted


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["全镇水利总结", "全镇（水利）总结 ", "二十村总结材料(第"]),
            st.from_regex(step._SERIES.pattern[len(r"(?P<title>.{4,40}?)") :], fullmatch=True),
            st.sampled_from(["", "", "亿", ")", "\u200b", "\U0001d7d2", " "]),
        ),
        max_size=6,
    )
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_lines_left_out_of_series_are_of_none(titles: list[tuple[str, str, str]]) -> None:
    """Asking for a number at the end of a line first finds the parts that the expression finds of every line."""
    found_endings = step._endings
    text = "\n".join(piece for title in titles for piece in ("".join(title), PROSE))
    _, _, found = cut(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "_endings", lambda codes: found_endings(codes) | step._COUNT)
        _, _, wanted = cut(text)
    assert found.parts.raw_start.tolist() == wanted.parts.raw_start.tolist()


@given(st.text(st.sampled_from("甲一。\n“ 、𠮷"), max_size=50), st.integers(0, 50), st.integers(0, 50))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_what_has_a_sign_is_noted(text: str, one: int, other: int) -> None:
    """And what stands above the plane of which there are signs, in the range and nowhere else."""
    codes = np.array([ord(char) for char in text], np.uint32)
    first, last = sorted(min(at, len(codes)) for at in (one, other))
    places = np.full(last - first, 99, np.uint32)
    count = cuts.noted(codes, first, last, step._signs(), places)
    signed = [at for at in range(first, last) if codes[at] > 0xFFFF or step._signs()[codes[at]]]
    assert places[:count].tolist() == signed


@given(TEXTS)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_lines_sentences_parts_and_headings_are_sorted_and_in_range(texts: list[str]) -> None:
    laid, _, found = cut(*texts)
    assert np.all(np.diff(found.lines) > 0) and np.all(np.diff(found.sentences) > 0)
    filled = laid.indptr[:-1][np.diff(laid.indptr) > 0]
    assert np.isin(filled, found.lines).all()
    assert np.isin(found.start[found.start < found.end], found.sentences).all()
    rows = np.arange(found.heading.size)
    assert np.all(found.heading < rows)
    above = found.heading[found.heading >= 0]
    assert np.all(found.kind[above] == ParagraphKind.HEADING)
    both = (found.heading >= 0) & (found.level > 0)
    assert np.all(found.level[found.heading[both]] < found.level[both])
    assert np.array_equal(found.level > 0, found.kind == ParagraphKind.HEADING)
    parts = found.parts
    assert np.all(parts.raw_start < parts.raw_end) and np.all(parts.raw_end[:-1] <= parts.raw_start[1:])
    assert np.array_equal(laid.document_of(parts.raw_start), parts.document)


class TestLines:
    @pytest.mark.parametrize(
        ("text", "starts"),
        [
            ("", []),
            ("甲", [0]),
            ("甲\n乙", [0, 2]),
            ("甲\r\n乙\r丙\n", [0, 3, 5]),
            ("\n\n甲", [0, 1, 2]),
            ("甲\u2028乙\x0c丙", [0, 2, 4]),
        ],
    )
    def test_begin(self, text: str, starts: list[int]) -> None:
        """A line begins at the document's start and behind each break that has text behind it."""
        assert cut(text)[2].lines.tolist() == starts


class TestParagraphs:
    def test_wrapped_lines_are_joined(self) -> None:
        """A report wrapped at thirty characters has the paragraphs of the report."""
        whole = [paragraph.replace("\n", "") for paragraph in paragraphs(REPORT)]
        again = [paragraph.replace("\n", "") for paragraph in paragraphs(wrapped(REPORT, random.Random(1)))]
        assert again == whole

    def test_wrapped_and_indented(self) -> None:
        """With first lines indented, a full last line does not swallow the next paragraph."""
        lines = ["　　" + PROSE[:28], PROSE[28:58], PROSE[58:88], "　　" + PROSE[:28], PROSE[28:58], PROSE[60:75]]
        assert len(paragraphs("\n".join(lines))) == 2

    @pytest.mark.parametrize("seam", ["\n", "\n\n", "\r\n"])
    def test_a_comma_never_ends_one(self, seam: str) -> None:
        assert len(paragraphs("前面一句，" + seam + "后面一句。")) == 1
        assert len(paragraphs("前面一句" + seam + "，后面一句。")) == 1

    def test_prose_that_breaks_off_goes_on(self) -> None:
        assert len(paragraphs(PROSE[:50] + "\n" + PROSE[50:])) == 1

    @pytest.mark.parametrize("head", ["二、", "（二）", "2.", "②", "第二章 "])
    def test_a_head_begins_one(self, head: str) -> None:
        assert len(paragraphs(PROSE[:50] + "\n" + head + PROSE[50:])) == 2

    def test_a_short_line_is_one(self) -> None:
        assert len(paragraphs("青石镇工作总结\n各位代表：\n" + PROSE)) == 3

    def test_a_page_number_does_not_end_one(self) -> None:
        assert len(paragraphs(PROSE[:50] + "\n- 12 -\n" + PROSE[50:])) == 1
        assert len(paragraphs(PROSE[:50] + " 12\n" + PROSE[50:])) == 1

    def test_a_running_header_does_not_end_one(self) -> None:
        """Furniture between two halves of a paragraph is inside it; behind a whole one it stands alone."""
        header = "\n\n青石镇工作总结\n\n"
        text = PROSE[:50] + header + PROSE[50:]
        assert len(paragraphs(text)) == 3
        assert paragraphs(text, [(52, 59)]) == [text]
        text = PROSE + header + PROSE
        at = len(PROSE) + 2
        assert paragraphs(text, [(at, at + 7)]) == [PROSE, "青石镇工作总结", PROSE]

    def test_a_document_that_is_all_furniture_is_kept(self) -> None:
        assert paragraphs("首页 导航\n联系我们", [(0, 10)]) == ["首页 导航", "联系我们"]

    def test_table_rows_are_not_joined(self) -> None:
        text = "村名\t户数\t人数\n石门村\t120\t433\n河口村\t98\t310"
        assert [kind for kind, _, _ in outline(text)] == ["TABLE_ROW"] * 3


class TestHeadings:
    def test_levels_and_parents(self) -> None:
        """Each paragraph points to the heading above, each heading to the one above its level."""
        text = "\n".join(
            [
                "青石镇工作总结",
                HEADING,
                "（一）修渠",
                PROSE,
                "1.放线",
                PROSE,
                "（二）清淤",
                PROSE,
                "二、抓好春耕",
                PROSE,
            ]
        )
        assert outline(text) == [
            ("HEADING", 1, -1),
            ("HEADING", 3, 0),
            ("HEADING", 4, 1),
            ("BODY", 0, 2),
            ("HEADING", 5, 2),
            ("BODY", 0, 4),
            ("HEADING", 4, 1),
            ("BODY", 0, 6),
            ("HEADING", 3, 0),
            ("BODY", 0, 8),
        ]

    def test_a_title_within_starts_anew(self) -> None:
        """An unnumbered heading over a numbering that starts at one stands above it."""
        text = "\n".join([HEADING, PROSE, "二、抓好春耕", PROSE, "明年的打算", "一、再修一条渠", PROSE])
        assert outline(text)[4:6] == [("HEADING", 1, -1), ("HEADING", 3, 4)]

    def test_an_item_is_no_heading(self) -> None:
        assert outline("1.放线要准。下料要足。还要勤看。\n2.清淤要净；")[0][0] == "LIST_ITEM"

    @pytest.mark.parametrize("line", ["各位代表：", "2006年11月", "谢谢大家！", "完成得很好。"])
    def test_what_stands_alone_is_no_heading(self, line: str) -> None:
        assert outline(line + "\n" + PROSE)[0][0] == "BODY"

    def test_a_signature_at_the_end_is_no_heading(self) -> None:
        assert outline(PROSE + "\n青石镇人民政府\n2006年11月")[1][0] == "BODY"

    def test_five_short_lines_are_a_list(self) -> None:
        assert outline("\n".join(["石门村", "河口村", "高坪村", "新街村", "小沟村", PROSE]))[0][0] == "BODY"


class TestParts:
    @pytest.mark.parametrize(
        "titles",
        [
            ("第一篇：甲村总结", "第二篇：乙村总结"),
            ("篇一 2023年甲村总结", "篇二 2023年乙村总结"),
            ("范文一：甲村总结", "范文二：乙村总结"),
            ("【篇一】甲村总结", "【篇二】乙村总结"),
            ("第1篇 甲村总结", "第2篇 乙村总结"),
            ("村级工作总结1", "村级工作总结2"),
            ("村级工作总结（篇一）", "村级工作总结（篇二）"),
        ],
    )
    def test_are_found(self, titles: tuple[str, str]) -> None:
        """A part reaches from its title to the next; what stands before the first is in none."""
        text = "\n".join(["前言一句。", titles[0], PROSE, titles[1], PROSE])
        _, _, found = cut(text)
        parts = found.parts
        assert [text[a:b] for a, b in zip(parts.title_start, parts.title_end, strict=True)] == list(titles)
        assert parts.raw_start.tolist() == [6, text.index(titles[1])]
        assert parts.raw_end.tolist() == [text.index(titles[1]), len(text)]
        assert found.part.tolist() == [-1, 0, 0, 1, 1]

    @pytest.mark.parametrize(
        "lines",
        [
            ["第一篇：甲村总结", PROSE],
            [PROSE, "这一篇文章写得好。"],
            ["第一篇：甲村总结今年以来……", "第二篇：乙村总结今年以来……"],
            ["工作总结1", PROSE, "工作总结3", PROSE],
            ["第一篇章已经写好", PROSE, "第二篇章正在写", PROSE],
        ],
    )
    def test_are_not_invented(self, lines: list[str]) -> None:
        assert cut("\n".join(lines))[2].parts.document.size == 0

    def test_headings_do_not_reach_across_parts(self) -> None:
        text = "\n".join(["第一篇：甲村总结", HEADING, PROSE, "第二篇：乙村总结", PROSE])
        assert [above for _, _, above in outline(text)] == [-1, -1, 1, -1, -1]


class TestSentences:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("甲来了。乙走了！丙呢？丁；戊", ["甲来了", "乙走了", "丙呢", "丁", "戊"]),
            ("他说“快走。别等！”于是走了。", ["他说快走别等于是走了".replace("于是走了", ""), "于是走了"]),
            ("条例（第二条。第三条）规定好了。完", ["条例第二条第三条规定好了", "完"]),
            ("甲……乙", ["甲", "乙"]),
            ("节目在“6。1”期间播出。完", ["节目在期间播出", "完"]),
            ("增长3.5个点.完", ["增长个点", "完"]),
            ("“没有右边的引号。乙", ["没有右边的引号", "乙"]),
            ("甲\n乙", ["甲", "乙"]),
            ("。。。", []),
        ],
    )
    def test_begin(self, text: str, expected: list[str]) -> None:
        """A stop ends a sentence, not inside a quotation or bracket, not inside a number."""
        assert [one for one in sentences(text) if one] == expected


def test_empty_paragraphs_have_a_place() -> None:
    """A paragraph of digits only has an empty key range between its neighbours."""
    _, _, found = cut("甲乙\n123\n丙")
    assert list(zip(found.start.tolist(), found.end.tolist(), strict=True)) == [(0, 2), (2, 2), (2, 3)]


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["\n \n"], ["\u200b"]])
def test_small_batches(texts: list[str]) -> None:
    """No document, empty documents and blank ones are batches like any other."""
    _, _, found = cut(*texts)
    assert found.start.size == 0 and found.lines.size == sum(len(text.splitlines()) for text in texts)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 1), st.sampled_from([0, 0, 0, 1, 2, 3, 4])), max_size=15)
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_heading_paths_are_those_of_the_twin(rows: list[tuple[int, int, int]]) -> None:
    """The kernel's heading of each paragraph is that of the slow twin."""
    rows = sorted(rows, key=lambda row: row[:2])
    document, part, level = ([row[side] for row in rows] for side in range(3))
    out = np.empty(len(rows), np.int64)
    cuts.headings(np.array(document, np.int64), np.array(part, np.int64), np.array(level, np.uint8), out)
    assert out.tolist() == naive_text.headings(document, part, level)


def test_without_jit() -> None:
    """The kernels say the same as plain Python."""
    code = (
        "from tests.steps.test_segment import *;"
        "text = wrapped(REPORT, random.Random(1));"
        "_, _, s = cut(text, '第一篇：甲\\n' + PROSE + '\\n- 3 -\\n第二篇：乙\\n鄉(xiāng)', '');"
        "columns = (s.start, s.raw_end, s.kind, s.level, s.heading, s.sentences, s.lines);"
        "print([column.tolist() for column in columns])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"NUMBA_DISABLE_JIT": flag},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for flag in ("0", "1")
    }
    assert len(outputs) == 1
