"""The key stream: what is folded, what is dropped, what becomes a slot, and the way back to the text."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import subprocess
import sys
import time
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq

from dedup.kernels import cuts, lines, marks, text
from dedup.kernels.threads import threads
from dedup.schema import EditKind, Edits, KeyStream, SlotKind, Texts
from dedup.steps import contrast, data
from dedup.steps.normalise import fold, normalise, surface, surfaces
from dedup.steps.repair import lay_out, repair
from tests import naive_text
from tests.noise import NOISES
from tests.prose import REPORT

FRAGMENTS = [
    *(
        "鄉(xiāng)鎮(zhèn)",
        "作用?,F(xiàn)將",
        "\n一、",
        "\n（一）",
        "。第二，",
        "\n第三条 ",
        "三百二十人",
        "二〇〇六年",
    ),
    *("1,234.5", "12,34", "××镇", "XX年", "20xx年", "一、二审", "百分之二十", "十二五", "\n1.5亿", "\n12、", "㈱½ﷺ"),
    *("①", "地 1\n点", "<rt>", "\n其一："),
]
ALPHABET = (
    "一二三十百万〇○第条其分之个年人、。，；：！？“”（）() \n\r\t\u3000镇鄉发"
    "①㈠⑴1230９.,xX×*_□某些Aa?\u200b㈱½\ufeff\ufffd⼈的"
)
PIECES = st.one_of(st.text(ALPHABET, max_size=25), st.sampled_from(FRAGMENTS), st.text(max_size=10))
TEXTS = st.lists(st.lists(PIECES, max_size=5).map("".join), max_size=4)


def stream(*texts: str) -> tuple[Texts, KeyStream]:
    laid = lay_out(texts)
    return laid, normalise(laid, repair(laid))


def _is_twin(laid: Texts, edits: Edits) -> None:
    """Keys and slots are those of the slow twin."""
    keys = normalise(laid, edits)
    slow_keys, slow_slots = naive_text.key_stream(laid, edits)
    columns = (keys.codes.tolist(), keys.origin.tolist(), keys.span.tolist())
    assert [(chr(code), origin, span) for code, origin, span in zip(*columns, strict=True)] == slow_keys
    found = keys.slots
    rows = zip(found.start.tolist(), found.end.tolist(), found.key.tolist(), found.kind.tolist(), strict=True)
    assert list(rows) == [tuple(row) for row in slow_slots]


def key(text: str) -> str:
    return stream(text)[1].codes.tobytes().decode("utf-32-le")


def slots(text: str) -> list[tuple[str, str]]:
    laid, keys = stream(text)
    found = keys.slots
    return [
        (SlotKind(kind).name, laid.codes[start:end].tobytes().decode("utf-32-le"))
        for start, end, kind in zip(found.start, found.end, found.kind, strict=True)
    ]


def shown(text: str) -> str:
    laid = lay_out([text])
    return surface(laid, repair(laid), 0, len(text))


def wording(left: str, right: str) -> float:
    return 2 * LCSseq.similarity(left, right) / (len(left) + len(right))


class TestFold:
    @pytest.mark.parametrize(
        ("raw", "folded"),
        [
            ("著衞羣説爲裏裡", "着卫群说为里里"),
            ("鄉鎮發展學習", "乡镇发展学习"),
            ("什麼什麽什么", "什么什么什么"),
            ("ＡＢＣｘｙｚ", "abcxyz"),
            ("⼈⺠⻄", "人民西"),
            ("\uf900\uf9d1", "岂六"),
            ("㈱有限", "株有限"),
            ("Café", "cafe"),
            ("ｶﾞ", "カ"),
            ("STRASSE straße", "strassestrasse"),
        ],
    )
    def test_is_folded(self, raw: str, folded: str) -> None:
        assert key(raw) == folded

    def test_folding_twice_is_folding_once(self) -> None:
        """fold(fold(c)) == fold(c) for every code point there is."""
        every = np.arange(data.CODE_POINTS, dtype=np.uint32)
        once = fold(every)
        assert np.array_equal(fold(once), once)

    def test_the_script_table_is_one_to_one_and_settled(self) -> None:
        """No target of the script table is a source of it, and no simplified character of GB2312 but a few moves."""
        table = {source: target for target, sources in data.rows("script") for source in sources}
        assert not set(table.values()) & set(table)
        common = [bytes([high, low]).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFF)]
        assert {char for char in common if char in table} <= set("乾著拚捱摺後徵夥於")

    @given(st.characters(exclude_categories=["Cs"]))
    @settings(max_examples=300, deadline=None, derandomize=True)
    def test_compatibility_forms_fold_alike(self, char: str) -> None:
        """A code point and its NFKC form have one fold."""
        codes = np.array([ord(char)], np.uint32)
        plain = unicodedata.normalize("NFKC", char)
        assert np.array_equal(fold(codes), fold(np.array([ord(one) for one in plain], np.uint32)))


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("投资１２，０００元", [("DIGITS", "１２，０００")]),
            ("投资12,000元和3.5亩", [("DIGITS", "12,000"), ("DIGITS", "3.5")]),
            ("6月12,13日", [("DIGITS", "6"), ("DIGITS", "12"), ("DIGITS", "13")]),
            ("二〇〇六年十一月", [("NUMERAL", "二〇〇六"), ("NUMERAL", "十一")]),
            ("一九九八年", [("NUMERAL", "一九九八")]),
            ("三百二十人", [("NUMERAL", "三百二十")]),
            ("三十万元和两千余亩", [("NUMERAL", "三十万"), ("NUMERAL", "两千")]),
            ("百分之二十以上", [("NUMERAL", "二十")]),
            ("××镇和某村", [("MASK", "××"), ("MASK", "某")]),
            ("20xx年XX月", [("DIGITS", "20"), ("MASK", "xx"), ("MASK", "XX")]),
            ("邓**理论__年□□村○○县", [("MASK", "**"), ("MASK", "__"), ("MASK", "□□"), ("MASK", "○○")]),
            ("X光机", [("MASK", "X")]),
            ("占½", [("DIGITS", "½")]),
        ],
    )
    def test_becomes_a_slot(self, text: str, expected: list[tuple[str, str]]) -> None:
        assert slots(text) == expected

    @pytest.mark.parametrize(
        "word",
        [
            *(
                "一定",
                "三个代表",
                "十六大",
                "四中全会",
                "十八届三中全会",
                "十二五规划",
                "千万不要",
                "万一",
                "三严三实",
            ),
            *(
                "第十二届人大",
                "一是",
                "五四村",
                "三十六计",
                "一体两翼",
                "二十大",
                "十四五期间",
                "百年",
                "三四个",
                "某些",
                "某种",
            ),
            *("神舟十八号", "一号楼"),
        ],
    )
    def test_a_word_stays(self, word: str) -> None:
        """Numerals that are part of a word or a name are text."""
        assert key("坚持" + word) == "坚持" + word

    def test_a_stripped_copy_has_the_same_key(self) -> None:
        assert key("投资10.5万元，新增12000亩") == key("投资万元，新增亩")

    def test_a_product_or_a_bullet_is_no_mask(self) -> None:
        assert [kind for kind, _ in slots("长3×5米\n○ 加强\n* 落实")] == ["DIGITS", "DIGITS"]

    def test_slots_stand_between_the_keys(self) -> None:
        """A slot's key position counts the key code points before it, over the whole batch."""
        _, keys = stream("甲乙", "丙3丁", "4")
        assert keys.slots.key.tolist() == [3, 4]
        assert keys.indptr.tolist() == [0, 2, 4, 4]


class TestEnumerators:
    @pytest.mark.parametrize(
        "head",
        [
            *(
                "一、",
                "（一）",
                "(一)",
                "1.",
                "1、",
                "12.",
                "①",
                "㈠",
                "⑴",
                "⒈",
                "(1)",
                "（十二）",
                "A.",
                "b)",
                "1）",
            ),
            *("第一，", "第二、", "其三：", "第三条 ", "第十二章　", "一、（一）", "十一."),
        ],
    )
    def test_goes_at_the_head_of_a_line(self, head: str) -> None:
        assert key(f"抓落实\n{head}加强领导") == "抓落实加强领导"
        assert slots(f"抓落实\n{head}加强领导") == []

    @pytest.mark.parametrize("head", ["（一）", "一、", "第二，", "1."])
    def test_goes_behind_a_stop_where_the_line_break_is_lost(self, head: str) -> None:
        assert key(f"抓落实。{head}加强领导") == "抓落实加强领导"

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("。一是加强", "一是加强"),
            ("\n1.5亿元", "亿元"),
            ("\n一些", "一些"),
            ("\n三年来", "三年来"),
            ("。二、三产业", "二三产业"),
            ("第一个", "第一个"),
            ("按照第三条规定", "按照第三条规定"),
            ("\n第三条街", "第三条街"),
            ("AB.C", "abc"),
        ],
    )
    def test_what_is_none_stays(self, text: str, expected: str) -> None:
        assert key(text) == expected

    def test_another_numbering_has_the_same_key(self) -> None:
        forms = ["一、{}\n二、{}", "（一）{}\n（二）{}", "1.{}\n2.{}", "①{}\n②{}", "第一，{}\n第二，{}", "{}\n{}"]
        assert len({key(form.format("抓生产", "保供应")) for form in forms}) == 1


class TestTheWayBack:
    @given(TEXTS)
    @settings(max_examples=150, deadline=None, derandomize=True)
    def test_origins_and_spans(self, texts: list[str]) -> None:
        """Origins never decrease, spans stay in their document and overlap only where they are one place."""
        laid, keys = stream(*texts)
        span, origin = keys.span.astype(np.int64), keys.origin.astype(np.int64)
        end = origin + span
        document = np.repeat(np.arange(laid.documents), np.diff(keys.indptr))
        assert np.all(origin >= laid.indptr[document]) and np.all(end <= laid.indptr[document + 1])
        step = np.diff(origin)
        assert np.all(span >= 1) and np.all(step >= 0)
        assert np.all((step == 0) | (end[:-1] <= origin[1:]))
        assert np.all((step > 0) | (span[:-1] == span[1:]))
        found = keys.slots
        assert np.all(found.start < found.end) and np.all(found.start[1:] >= found.end[:-1])
        assert np.all(np.diff(found.key) >= 0) and np.all(found.key <= keys.codes.size)

    @given(TEXTS)
    @settings(max_examples=60, deadline=None, derandomize=True)
    def test_a_batch_is_its_documents(self, texts: list[str]) -> None:
        """Many documents laid end to end have the keys of each alone."""
        laid, keys = stream(*texts)
        for document, text_ in enumerate(texts):
            _, alone = stream(text_)
            own = slice(keys.indptr[document], keys.indptr[document + 1])
            assert np.array_equal(keys.codes[own], alone.codes)
            assert np.array_equal(keys.origin[own] - int(laid.indptr[document]), alone.origin)
            assert np.array_equal(keys.span[own], alone.span)

    @given(TEXTS, st.integers(1, 60), st.sampled_from([1, 2]))
    @settings(max_examples=100, deadline=None, derandomize=True)
    def test_documents_folded_some_at_a_time_are_folded_as_all_at_once(self, texts, size, jobs) -> None:
        """However many documents make a row, and on threads: every column is the same."""
        _, whole = stream(*texts)
        with pytest.MonkeyPatch.context() as patch, threads(jobs):
            patch.setattr("dedup.steps.normalise._FOLDED", size)
            _, found = stream(*texts)
        for one, other in ((found, whole), (found.slots, whole.slots)):
            for name in type(one).__slots__:
                if name != "slots":
                    assert getattr(one, name).dtype == getattr(other, name).dtype
                    assert getattr(one, name).tolist() == getattr(other, name).tolist()

    @given(TEXTS)
    @settings(max_examples=150, deadline=None, derandomize=True)
    def test_the_kernel_is_its_twin(self, texts: list[str]) -> None:
        """Keys and slots are those of the slow twin."""
        _is_twin(laid := lay_out(texts), repair(laid))

    @given(st.lists(PIECES, max_size=5).map("".join))
    @settings(max_examples=100, deadline=None, derandomize=True)
    def test_surface_is_settled(self, raw: str) -> None:
        """What similarity compares is folded: folding it again changes nothing."""
        folded = shown(raw)
        codes = np.array([ord(char) for char in folded], np.uint32)
        assert np.array_equal(fold(codes), codes)

    def test_an_annotation_belongs_to_its_character(self) -> None:
        """The span of an annotated character covers the annotation, so that a passage shows it whole."""
        _, keys = stream("石河鄉(xiāng)村")
        assert keys.origin.tolist() == [0, 1, 2, 10]
        assert keys.span.tolist() == [1, 1, 8, 1]

    def test_a_repair_of_several_characters_is_one_place(self) -> None:
        """The characters that mojibake stood for share its raw range."""
        _, keys = stream("把日?;顒娱_展")
        assert keys.codes.tobytes().decode("utf-32-le") == "把日常活动开展"
        assert keys.origin.tolist() == [0, 1, 2, 2, 2, 2, 7]
        assert keys.span.tolist() == [1, 1, 5, 5, 5, 5, 1]

    @pytest.mark.parametrize("texts", [[], [""], ["", "", ""], ["甲"], ["\n"], ["。"], ["1"]])
    def test_small_batches(self, texts: list[str]) -> None:
        """No document, empty documents and single code points are batches like any other."""
        _, keys = stream(*texts)
        assert keys.indptr.size == len(texts) + 1
        assert keys.codes.size == ("甲" in texts)

    def test_beyond_sixteen_bits(self) -> None:
        """A document of more than 65 536 code points is folded to its end."""
        _, keys = stream("护林防火" * 20_000 + "1")
        assert keys.codes.size == 80_000
        assert keys.origin[-1] == 79_999
        assert keys.slots.start.tolist() == [80_000]


class TestSurface:
    def test_keeps_numbers_names_masks_and_punctuation(self) -> None:
        assert shown("××鎮２０２３年完成（一）　投資１２．５萬元。") == "××镇2023年完成(一)投资12.5万元。"

    def test_leaves_out_what_machines_put_in(self) -> None:
        assert shown("鄉(xiāng)村\u200b振興（请关注好范文网:）工作?,F(xiàn)將") == "乡村振兴工作。现将"

    def test_a_range_within_a_batch(self) -> None:
        laid = lay_out(["前文", "石河鄉(xiāng)的\n　路"])
        assert surface(laid, repair(laid), 4, int(laid.indptr[2])) == "乡的路"


GRID = [(name,) for name in NOISES] + [
    pair
    for pair in itertools.combinations(NOISES, 2)
    if {"full width", "half width"} != set(pair) and {"masked", "stripped"} != set(pair)
]


@pytest.mark.parametrize("names", GRID, ids=" + ".join)
def test_noise_leaves_the_key_alone(names: tuple[str, ...]) -> None:
    """A report under any noise, and under any two, has the wording of the report: at least 0.999."""
    noisy = REPORT
    # Glue comes first: a site does not break an annotation in two.
    for name in sorted(names, key=lambda one: one != "site lines"):
        noisy = NOISES[name](noisy, random.Random(7))
    assert noisy != REPORT
    assert wording(key(REPORT), key(noisy)) >= 0.999


def test_the_same_text_has_the_same_key() -> None:
    """An exact copy is exactly 1."""
    assert wording(key(REPORT), key(REPORT)) == 1.0


def test_kernels_and_tables_agree_on_classes() -> None:
    """The class numbers that the kernels hold as constants are those of the tables."""
    for module in (text, marks, lines, cuts):
        for one in data.Class:
            assert getattr(module, one.name, one.value) == one.value, (module.__name__, one)
    assert (text.MEASURE, text.STOP, text.CLOSER) == (data.MEASURE, data.STOP, data.CLOSER)
    assert (text.PASSED, text.KEPT, text.PLAIN << 24) == (data.PASSED, data.KEPT, data.PLAIN)


def test_one_look_says_what_two_tables_say() -> None:
    """The words that the fold looks at hold class, flags and fold of the tables; plain letters are kept anywhere."""
    kind, fold = data.tables().kind[:0x10000], data.tables().fold[:0x10000]
    assert data.looks().size == text.BEYOND + 1 and data.looks()[text.BEYOND] == 0
    looks = data.looks()[: text.BEYOND]
    kept = looks & data.KEPT != 0
    assert (looks >> 24 & 0x7F == kind).all()
    assert (looks[kept] & text.FOLD == fold[kept]).all()
    assert (kept == ((kind & 0x0F < data.Class.SPACE) & (fold < data.MULTI_BIT))).all()
    plain = np.flatnonzero(looks & data.PLAIN)
    assert plain.size > 20_000
    assert (kind[plain] & 0x0F == data.Class.LETTER).all()
    assert not set(map(ord, "第其一某x〇")) & set(plain.tolist())
    passed = set(np.flatnonzero(looks & data.PASSED).tolist())
    punctuation = kept & (kind & 0x0F == data.Class.PUNCTUATION) & (fold != ord("("))
    assert passed == set(plain.tolist()) | set(np.flatnonzero(punctuation).tolist())


@pytest.mark.parametrize(
    "short", [*"一十零两1a其条x第○", "12", "第三条", "三", "1,234", "3.5", "2０", "㈱", "1\u200b2"]
)
@pytest.mark.parametrize(
    "behind", ["村", "", "○", "二", "，", "，村", ",234", "\n", "\n村", " 1", "12", "𝟏", "a", "条 "]
)
def test_what_is_settled_at_a_look_is_settled_as_all_else(short: str, behind: str) -> None:
    """What the kernel takes a short way for comes out as the slow twin has it, wherever it stands."""
    for before in ("", "水渠", "。", "。”", "。” 村", "第", "分之", "分之\n", "\n", "，", "（", "3", "x", "a "):
        _is_twin(laid := lay_out([f"{before}{short}{behind}"]), repair(laid))


@given(TEXTS, st.data())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_the_kernel_is_its_twin_whatever_the_edits(texts: list[str], draw) -> None:
    """Edits anywhere, side by side or at the ends of documents, that take out, replace or annotate anything."""
    laid = lay_out(texts)
    rows: list[tuple[int, int, int, str]] = []
    for first, last in itertools.pairwise(laid.indptr.tolist()):
        at = first
        while (at := at + draw.draw(st.sampled_from([0, 1, 2, 7, 40]))) < last:
            end = min(last, at + draw.draw(st.integers(1, 4)))
            rows.append((at, end, draw.draw(st.sampled_from(EditKind)), draw.draw(st.text(ALPHABET, max_size=3))))
            at = end
    start, end, kind = (np.array([row[column] for row in rows], np.int64) for column in range(3))
    put_in = lay_out([row[3] for row in rows])
    _is_twin(laid, Edits(start, end, kind.astype(np.uint8), put_in.indptr, put_in.codes))


def test_pinned_keys() -> None:
    """Stored fingerprints outlive refactoring: these keys may change only with the format of the index."""
    _, keys = stream(REPORT)
    head = keys.codes[:24].tobytes().decode("utf-32-le")
    assert head == "青石镇年农业农村工作总结今年以来青石镇党委政府把"
    digest = hashlib.sha256(keys.codes.astype("<u4").tobytes()).hexdigest()[:16]
    assert (keys.codes.size, keys.slots.start.size, digest) == (662, 17, "89d467196fd53093")


def test_without_jit() -> None:
    """The kernels say the same as plain Python."""
    code = (
        "from tests.steps.test_normalise import *;"
        "_, k = stream(REPORT, '鄉(xiāng)鎮1,234', '');"
        "s = k.slots;"
        "print([int(c.sum()) for c in (k.codes, k.origin, k.span, s.start, s.end, s.key, s.kind)])"
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


@pytest.mark.parametrize(
    "unit", ["一\n", "1\n", "第一", "（", "x ", "吗?;甲", "甲?xi)", "1 ", "<rt>", "“", "\u200b甲"]
)
def test_cost_grows_with_length_only(unit: str) -> None:
    """A hostile repetition of any sign costs no more per sign in a long text: nothing is walked twice."""

    def seconds(count: int) -> float:
        start = time.process_time()
        stream(unit * count)
        return time.process_time() - start

    seconds(10)
    assert seconds(12_000) < 24 * seconds(1_200) + 0.5


@settings(deadline=None)  # the first example compiles
@given(st.lists(st.text("鄉鎮(xiāng) ××1２㈱½⑴⒈①㈠\u200b，。Ａa", max_size=30), max_size=4), st.data())
def test_the_surfaces_of_ranges_are_the_surface_of_each(rows, draw):
    """The kernel folds many ranges at once to what folding each by itself gives."""
    laid = lay_out(rows)
    edits = repair(laid)
    size = int(laid.indptr[-1])
    cuts = draw.draw(st.lists(st.lists(st.integers(0, size), min_size=2, max_size=2).map(sorted), max_size=4))
    inside = [cut for cut in cuts if not any(((edits.start < place) & (place < edits.end)).any() for place in cut)]
    start, end = np.array(inside, np.int64).reshape(-1, 2).T
    codes, ptr = contrast.surfaces(laid, edits, start.copy(), end.copy())
    whole = surfaces(laid, edits)
    for row, cut in enumerate(inside):
        text = codes[ptr[row] : ptr[row + 1]].tobytes().decode("utf-32-le", "surrogatepass")
        assert text == surface(laid, edits, *cut)
        assert codes[ptr[row] : ptr[row + 1]].tolist() == whole.slice(*cut).tolist()
    assert (np.diff(whole.origin) >= 0).all()
