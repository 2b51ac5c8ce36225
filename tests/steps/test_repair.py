"""Repair finds what machines did to a text, only that, and never touches the text itself."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.kernels import marks
from dedup.kernels.threads import threads
from dedup.schema import EditKind, Edits, Texts
from dedup.steps import data
from dedup.steps import repair as step
from dedup.steps.data import shifted
from dedup.steps.repair import lay_out, repair
from tests import naive_text
from tests.prose import BRACKETS, REPORT

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"


def found(text: str) -> list[tuple[str, str, str]]:
    """Return (kind, what stood there, what is put in its place) of each edit of one text."""
    texts = lay_out([text])
    return listed(texts, repair(texts))


def listed(texts: Texts, edits: Edits) -> list[tuple[str, str, str]]:
    rows = zip(edits.start, edits.end, edits.kind, edits.indptr[:-1], edits.indptr[1:], strict=True)
    return [
        (EditKind(kind).name, decoded(texts.codes[start:end]), decoded(edits.codes[first:last]))
        for start, end, kind, first, last in rows
    ]


def decoded(codes: np.ndarray) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


def repaired(text: str) -> str:
    """Return the text with its edits applied."""
    texts = lay_out([text])
    edits = repair(texts)
    pieces, at = [], 0
    for row in range(edits.start.size):
        pieces.append(decoded(texts.codes[at : edits.start[row]]))
        pieces.append(decoded(edits.codes[edits.indptr[row] : edits.indptr[row + 1]]))
        at = int(edits.end[row])
    return "".join(pieces) + decoded(texts.codes[at:])


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=20), max_size=5))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_lay_out_keeps_every_code_point(texts: list[str]) -> None:
    """Laid out texts are the texts, lone surrogates and empty documents included."""
    laid = lay_out(texts)
    assert laid.documents == len(texts)
    assert [decoded(laid.codes[laid.indptr[d] : laid.indptr[d + 1]]) for d in range(laid.documents)] == texts


class TestPinyin:
    """An annotation is a bracket whose content is a reading of the Han character before it."""

    @pytest.mark.parametrize(
        ("noisy", "clean"),
        [
            ("鄉(xiāng)村的發(fā)展", "鄉村的發展"),
            ("鄉（xiāng）村", "鄉村"),
            ("乡(xiang1)村", "乡村"),
            ("乡(xiang)村", "乡村"),
            ("綠(lǜ)水", "綠水"),
            ("绿(lu:4)水", "绿水"),
            ("绿(lv4)水", "绿水"),
            ("女(nu3)儿", "女儿"),
            ("行(háng)業(yè)和行(xíng)走", "行業和行走"),
            ("鄉( xiāng )村", "鄉村"),
            ("鄉（ｘｉāｎｇ）村", "鄉村"),
            ("鄉 ( x i ā n g ) 村", "鄉  村"),
            ("亳州(bó zhōu)药市", "亳州药市"),
            ("鄉(xiāng)", "鄉"),
            ("石河鄉\n(xiāng)村", "石河鄉\n村"),
            ("石河鄉(xi\nāng)村", "石河鄉村"),
            ("石河鄉(xiā", "石河鄉"),
            ("乡(XIĀNG)村", "乡村"),
        ],
    )
    def test_goes(self, noisy: str, clean: str) -> None:
        assert repaired(noisy) == clean

    @pytest.mark.parametrize(
        "text",
        [
            *BRACKETS,
            "乡(GDP)村",
            "乡(fā)村",
            "啊(a)",
            "(xiāng)",
            "A(xiāng)",
            "乡(",
            "乡()",
            "乡(xiangxiangxiang)",
            "力(N)",
        ],
    )
    def test_stays(self, text: str) -> None:
        assert found(text) == []

    def test_two_hundred_legitimate_brackets_stay(self) -> None:
        """Two hundred paragraphs, made of sentences with every kind of bracket, lose none."""
        paragraphs = [BRACKETS[i % 20] + BRACKETS[(i * 7 + i // 20) % 20] for i in range(200)]
        assert repair(lay_out(paragraphs)).start.size == 0

    def test_a_bracket_does_not_look_into_the_document_before(self) -> None:
        """The first bracket of a document has no character to annotate."""
        assert repair(lay_out(["山区和鄉", "(xiāng)"])).start.size == 0


class TestMojibake:
    """Shifted GBK pairs are read again where the reading is certain."""

    @pytest.mark.parametrize(
        ("noisy", "clean"),
        [
            (
                "群众得到了实惠。这一条抓得好,发挥了作用?,F將情况报告如下",
                "群众得到了实惠。这一条抓得好,发挥了作用。現將情况报告如下",
            ),
            ("发挥了作用?，F(xiàn)將情况说明", "发挥了作用。現將情况说明"),
            ("完成了目標(biāo)?,F(xiàn)將情况", "完成了目標。現將情况"),
            ("打牢了根底,做好工作?;緦崿F(xiàn)了達標", "打牢了根底,做好工作。基本實現了達標"),
            ("值守工作?；\ue2a2緦崿F了", "值守工作。基本實現了"),
            ("把日?;顒娱_展起來", "把日常活動開展起來"),
            ("做到德才兼?zhèn)?、作风过硬", "做到德才兼備、作风过硬"),
            ("这里我們?yōu)槟鷾?zhǔn)備了茶水", "这里我們為您準備了茶水"),
        ],
    )
    def test_is_mended(self, noisy: str, clean: str) -> None:
        assert repaired(noisy) == clean

    @pytest.mark.parametrize(
        "text",
        [
            "谁来管?谁负责?",
            "好不好?,B说",
            "是吗?;A栏",
            "真的?(笑)X",
            "怎么办？？？",
            "为什么?_",
            "行不行?,Fine",
            "有没有?",
            "吗?ok)",
        ],
    )
    def test_a_question_stays(self, text: str) -> None:
        assert found(text) == []

    def test_the_rest_of_an_annotation_goes_even_where_the_character_is_lost(self) -> None:
        """Toned letters and a closing bracket behind a question mark can be nothing else."""
        assert shifted.mend("口口", "?xiāng)以后") == shifted.Mended("", 7)

    @given(st.text(max_size=4), st.text(max_size=30))
    @settings(max_examples=200, deadline=None, derandomize=True)
    def test_never_fails(self, before: str, behind: str) -> None:
        """Whatever stands around a question mark, a mending is no longer than the text."""
        mended = shifted.mend(before, "?" + behind)
        assert mended is None or 0 < mended.length <= len(behind) + 1


class TestSmallThings:
    @pytest.mark.parametrize(
        ("text", "edits"),
        [
            ("护\u200b林\ufeff\u2060防", [("INVISIBLE", "\u200b", ""), ("INVISIBLE", "\ufeff\u2060", "")]),
            ("护林\x07防", [("INVISIBLE", "\x07", "")]),
            ("\ue5e5护林", [("INVISIBLE", "\ue5e5", "")]),
            ("⼈民⻄路", [("COMPAT", "⼈", "人"), ("COMPAT", "⻄", "西")]),
            ("\uf9d1谷", [("COMPAT", "\uf9d1", "六")]),
            ("护\ufffd\ufffd林", [("REPLACED", "\ufffd\ufffd", "")]),
            ("护\ud800林", [("REPLACED", "\ud800", "")]),
            ("用上了Wоrd", [("COMPAT", "о", "o")]),
            (
                "<ruby>鄉<rt>xiāng</rt></ruby>",
                [("RUBY", "<ruby>", ""), ("RUBY", "<rt>xiāng</rt>", ""), ("RUBY", "</ruby>", "")],
            ),
        ],
    )  # fmt: skip
    def test_is_found(self, text: str, edits: list[tuple[str, str, str]]) -> None:
        assert found(text) == edits

    @pytest.mark.parametrize("text", ["直径5μm", "α粒子和β射线", "Привет", "x²+y²", "<red>", "①②③", "ＡＢＣ，１２３"])
    def test_is_no_repair(self, text: str) -> None:
        assert found(text) == []


class TestSite:
    @pytest.mark.parametrize(
        ("noisy", "clean"),
        [
            ("建立了评估（请关注好范文网:）机制", "建立了评估机制"),
            ("建立了評估(請關注好 範 文 網:)機制", "建立了評估機制"),
            ("抓住机遇，文秘部落坚持以人为本", "抓住机遇，坚持以人为本"),
            ("抓住机遇，文 祕\n部落坚持以人为本", "抓住机遇，坚持以人为本"),
            ("全面完成（http://www.a-b.cn/x/1.html）任务", "全面完成任务"),
            ("千方百计1 2 下一页保增收", "千方百计保增收"),
            ("保增收\n上一页 下一页\n促和谐", "保增收\n\n促和谐"),
            ("（本文来自某某网）各位代表", "各位代表"),
            ("本文来源：某某范文网\n各位代表", "\n各位代表"),
        ],
    )
    def test_goes(self, noisy: str, clean: str) -> None:
        assert repaired(noisy) == clean

    @pytest.mark.parametrize(
        "text",
        [
            "（请关注后续安排）",
            "请关注老年人的需要",
            "历史翻到了下一页",
            "网址是http://www.a-b.cn",
            "《新闻》（本文来稿较多）",
            "欢迎下载国家反诈中心，并且转告亲友。",
        ],
    )
    def test_stays(self, text: str) -> None:
        assert found(text) == []

    def test_a_pattern_does_not_cross_documents(self) -> None:
        """The end of one document and the beginning of the next never make a site line together."""
        assert repair(lay_out(["先来（请关注某某", "某某网:）后到", "文秘", "部落"])).start.size == 0

    @pytest.mark.parametrize("jobs", [1, 2])
    def test_documents_taken_some_at_a_time_are_all_looked_at(self, monkeypatch, jobs) -> None:
        """What is found, and where, does not depend on how many documents are folded together, nor on threads."""
        texts = [
            "建立了（请关注好范文网:）机制",
            "无",
            "鄉(xiāng)鎮(zhèn)里，文 祕\n部落坚持",
            "",
            "千方百计1 2 下一页保增收",
        ] * 3
        whole = repair(lay_out(texts))
        assert (whole.kind == EditKind.SITE).sum() == 9 and (whole.kind == EditKind.PINYIN).sum() == 6
        for size in (1, 20, 45):
            monkeypatch.setattr("dedup.steps.repair._LOOKED_AT", size)
            with threads(jobs):
                some = repair(lay_out(texts))
            assert all((getattr(some, name) == getattr(whole, name)).all() for name in ("start", "end", "kind"))


@given(
    st.lists(
        st.sampled_from(
            [
                "本文来自",
                "上一页",
                "下一页",
                "請關注",
                "好范文网",
                "www.a.cn",
                "12",
                " ",
                "\n",
                "某网站",
                "乡(xiang)",
                "（",
                "）",
                "]",
            ]
        ),
        max_size=14,
    ).map("".join)
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_glued_in_lines_are_those_of_the_twin(text: str) -> None:
    """Looking only where a trigger word may end finds what looking through the whole folded text finds."""
    texts, tables, words = lay_out([text]), data.tables(), step._words()
    places, found = np.empty(len(text), np.uint32), np.empty(len(text), np.uint16)
    ending = np.uint16(step._ENDING)
    count = marks.marked(
        texts.codes, step._flags(), tables.kind, tables.fold, ending, words.last, words.before, places, found
    )
    ends = places[:count][found[:count] & ending != 0].astype(np.int64)
    opens = np.array([at for at, char in enumerate(text) if char in "(（"], np.int64)
    pinyin = step._pinyin(opens, texts)
    annotations = list(zip(pinyin.start.tolist(), pinyin.end.tolist(), strict=True))
    site = {(one.start, one.end) for one in step._site(ends, texts, pinyin)}
    assert site == naive_text.glued_in(text, annotations)


class TestPages:
    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("这一年我们腾出了三间屋子作为活动室和图书室主要的活动地 12\n点，群众满意。", " 12"),
            ("第一行写到这里还没有\n 3 \n写完，接着写。", " 3"),
            ("写完了。\n- 12 -\n另起一段。", "- 12 -"),
            ("写完了。\n— 3 —\n另起一段。", "— 3 —"),
            ("写完了。\n第 3 页\n另起一段。", "第 3 页"),
        ],
    )
    def test_goes(self, text: str, number: str) -> None:
        assert found(text) == [("PAGE", number, "")]

    @pytest.mark.parametrize(
        "text", ["附件 1\n关于整改的通知", "共计\n12\n13", "写完了。\n12\n另起一段。", "得分 98\n名次 3", "12"]
    )
    def test_stays(self, text: str) -> None:
        assert found(text) == []


def test_clean_prose_has_no_edit() -> None:
    """A report that no machine has touched is left alone."""
    assert found(REPORT) == []


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed reports are not here")
def test_the_annotated_seed_loses_its_annotations() -> None:
    """At least 99.5 % of the pinyin of a real annotated report goes, and its brackets with Han stay."""
    (path,) = SEEDS.glob("003_*.txt")
    text = path.read_text(encoding="utf-8")
    syllable = re.compile(r"[(?][a-zà-ǜ]+\)")
    before = len(syllable.findall(text))
    after = repaired(text)
    assert before > 1500
    assert len(syllable.findall(after)) <= 0.005 * before
    assert len(re.findall(r"\([一二三四五六七八]\)", after)) == len(re.findall(r"\([一二三四五六七八]\)", text))


def test_every_finder_stays_within_documents() -> None:
    """Texts laid end to end are repaired as each alone."""
    texts = ["鄉(xiāng", ")村\u200b", "\u200b⼈", "<rt>", "xiāng</rt>", "作用?", ",F將", "- 1", " -\n"]
    laid = lay_out(texts)
    edits = repair(laid)
    together = listed(laid, edits)
    assert together == [row for text in texts for row in found(text)]


def test_the_readings_table_is_sorted_and_packed() -> None:
    """A reading is looked up by binary search, so the table is sorted and distinct."""
    table = data.readings()
    assert np.all(table[1:] > table[:-1])
    assert (ord("鄉") << 30 | data.pack("xiang")) in set(table[table >> np.uint64(30) == ord("鄉")].tolist())


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["鄉", "綠", "女", "行", "亳州", "(", "（", ")", "）", "xiāng", "xiang", "lü", "lu:", "bó zhōu", "a"]
            ),
            st.text("鄉女(xiāngnǚ)）Ａv1'\n \u200b\u0304甲", max_size=6),
        ),
        max_size=10,
    ).map("".join)
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_annotations_are_those_of_the_twin(text: str) -> None:
    """The kernel finds an annotation where the slow twin does, and ends it at the same place."""
    opens = np.array([at for at, char in enumerate(text) if char in "(（"], np.int64)
    codes = lay_out([text]).codes
    ends = np.empty(opens.size, np.int64)
    floors, ceilings = np.zeros_like(opens), np.full_like(opens, len(text))
    marks.pinyin_ends(codes, opens, floors, ceilings, data.tables().kind, data.latin(), data.readings(), ends)
    assert ends.tolist() == [naive_text.pinyin_end(text, at) for at in opens.tolist()]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6)), max_size=12))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_the_first_of_two_overlapping_stands(ranges: list[tuple[int, int]]) -> None:
    """Kept ranges are disjoint, and each one left out is empty or overlaps a kept one that begins no later."""
    rows = sorted((start, start + length) for start, length in ranges)
    start, end = (np.array([row[side] for row in rows], np.int64) for side in (0, 1))
    keep = np.empty(len(rows), bool)
    marks.first_disjoint(start, end, keep)
    kept: list[tuple[int, int]] = []
    for row, held in zip(rows, keep.tolist(), strict=True):
        assert held == (row[0] < row[1] and (not kept or row[0] >= kept[-1][1]))
        if held:
            kept.append(row)


def test_texts_laid_out_some_at_a_time_are_those_laid_out_at_once(monkeypatch):
    """Whatever stands where a piece ends: an empty text, one longer than a piece, half of a surrogate pair."""
    texts = ["", "水渠修到\U00020000门口", "\ud840", "", "\udc00桥", "一" * 9, "\0路\0", "\0", ""]
    whole = lay_out(texts)
    assert whole.codes.tolist() == [ord(char) for text in texts for char in text]
    assert whole.indptr.tolist() == [sum(map(len, texts[:n])) for n in range(len(texts) + 1)]
    for size, share, written in itertools.product((1, 2, 3, 7), (1, 4, 99), (1, 2, 4, 99)):
        monkeypatch.setattr("dedup.steps.repair._JOINED", size)
        monkeypatch.setattr("dedup.steps.repair._WRITTEN", written)
        monkeypatch.setattr("dedup.steps.repair._LOOKED_AT", share)
        laid = lay_out(texts)
        assert laid.codes.tolist() == whole.codes.tolist()
        assert laid.indptr.tolist() == whole.indptr.tolist()
    assert lay_out([]).codes.tolist() == [] and lay_out([]).indptr.tolist() == [0]
