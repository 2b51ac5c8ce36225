"""What goes and what stays, decided over results with overlapping families."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.clean import KEEPS, LEVELS, CleanPolicy, Plan, edits, kept, plan
from dedup.clean.cut import paragraphs, units
from dedup.clean.going import runs
from dedup.errors import ParamsError
from dedup.result import Cluster, Document, Result
from tests.clean.hand import family, found, result_of

_SENTENCES = (
    "水渠今年清淤两回。",
    "放映员说：“明晚加映一场。后天休息。”",
    "账本（见附件。）已交到村里！",
    "果树补种了三百株；旧树不砍",
    "谁来值夜？",
    "　　",
    "see p. 3 in the log. ",
)
_BREAKS = ("\n", "\r\n", "\n\n", "\u2028", "\n　　")


def made(seed: int) -> Result:
    """Documents of a few sentences, and families that overlap at random, within a document and across.

    Two thirds of the families are real: all places at which one or two sentences stand, cut near their ends. The
    others name places that say different things, as a faulty or hostile result would. (A seed and not a strategy for
    every part: hypothesis prefers small cases, and in most of those nothing overlaps.)
    """
    rng = random.Random(seed)
    texts = [
        "".join(
            "".join(rng.choices(_SENTENCES, k=rng.randint(0, 3))) + rng.choice(_BREAKS)
            for _ in range(rng.randint(1, 5))
        )
        for _ in range(rng.randint(2, 4))
    ]
    documents = [Document(f"{row}.txt", text) for row, text in enumerate(texts)]
    places = [
        (row, start, end)
        for row, text in enumerate(texts)
        for start in range(0, len(text), 3)
        for end in (start + 4, start + 11, start + 23)
        if end <= len(text)
    ]
    families: list[Cluster] = []
    for _ in range(rng.randint(1, 6)):
        label = rng.choice(["copy", "copy", "mass", "self", "formula"])
        if rng.random() < 0.67:
            snippet = "".join(rng.choices(_SENTENCES, k=rng.randint(1, 2)))
            families.append(found(documents, snippet[rng.randint(0, 2) :], label=label))
        elif len(places) > 4:
            members = rng.sample(places, rng.randint(2, 5))
            families.append(family(members, label=label, medoid=rng.randrange(len(members))))
    noise = {row: [(start, end)] for row, start, end in rng.sample(places, min(len(places), rng.randint(0, 1)))}
    unique = {one.id: one for one in families if len(one.members) > 1}
    return result_of(documents, list(unique.values()), noise=noise)


def results() -> st.SearchStrategy[Result]:
    return st.integers(0, 2**32).map(made)


_policies = st.builds(
    CleanPolicy,
    level=st.sampled_from(LEVELS),
    keep=st.sampled_from(KEEPS),
    share=st.sampled_from([0.3, 0.8, 1.0]),
    labels=st.sampled_from([("copy",), ("furniture", "self", "mass", "copy"), ("furniture", "formula", "copy")]),
)
_bounded = settings(max_examples=150, deadline=None, derandomize=True)


def _texts_of(result: Result) -> list[str]:
    return [info.text or "" for info in result.documents]


def _left(result: Result, done: Plan) -> list[str]:
    cuts = done.by_document()
    return [kept(text, cuts.get(row, [])) for row, text in enumerate(_texts_of(result))]


@_bounded
@given(results(), _policies)
def test_every_character_is_kept_or_removed_once(result: Result, policy: CleanPolicy) -> None:
    done = plan(result, policy)
    for row, text in enumerate(_texts_of(result)):
        cuts = done.by_document().get(row, [])
        edges = [0, *(place for cut in cuts for place in (cut.start, cut.end)), len(text)]
        assert edges == sorted(edges)
        assert all(cut.start < cut.end for cut in cuts)
        assert len(kept(text, cuts)) + sum(cut.end - cut.start for cut in cuts) == len(text)
        assert (row in done.whole) == (bool(text) and not kept(text, cuts))


@_bounded
@given(results(), _policies)
def test_every_partner_named_stands_in_the_output(result: Result, policy: CleanPolicy) -> None:
    """White space and page noise aside: each goes for reasons of its own."""
    done = plan(result, policy)
    stands = [np.ones(len(text), bool) for text in _texts_of(result)]
    for cut in done.removals:
        stands[cut.document][cut.start : cut.end] = False
    for info in result.documents:
        for start, end, _, _ in info.marks:
            stands[info.id][start:end] = True
    named = 0
    for cut in done.removals:
        for claim in (cut.cause,):
            if policy.keep == "none" or claim.label == "furniture":
                assert claim.partner is None
                continue
            span = claim.partner
            assert span is not None
            named += 1
            text = _texts_of(result)[span.document]
            ink = np.array([not sign.isspace() for sign in text[span.start : span.end]], bool)
            if policy.level == "document":
                assert span.document not in done.whole
            else:
                assert stands[span.document][span.start : span.end][ink].all()
    assert named or not any(cut.cause.partner for cut in done.removals)


@_bounded
@given(results(), _policies.filter(lambda policy: policy.level == "paragraph"))
def test_paragraphs_stay_whole_and_in_order(result: Result, policy: CleanPolicy) -> None:
    for text, left in zip(_texts_of(result), _left(result, plan(result, policy)), strict=True):
        before = [text[start:end] for start, end in paragraphs(text)]
        after = [left[start:end] for start, end in paragraphs(left)]
        rest = iter(before)
        assert all(piece in rest for piece in after)


@_bounded
@given(results(), _policies.filter(lambda policy: policy.level == "passage" and "furniture" not in policy.labels))
def test_sentences_stay_whole_and_in_their_paragraph(result: Result, policy: CleanPolicy) -> None:
    """What is left of each paragraph is whole sentences of that one paragraph: no two halves ever meet."""
    done = plan(result, policy)
    for row, text in enumerate(_texts_of(result)):
        cuts = done.by_document().get(row, [])
        edges = {place for cut in cuts for place in (cut.start, cut.end)}
        tiles = units(text, "passage")
        assert edges <= set(tiles.bounds.tolist())
        if row in done.whole:
            continue
        gone = np.zeros(len(text), bool)
        for cut in cuts:
            gone[cut.start : cut.end] = True
        for start, end in paragraphs(text):
            ink = [place for place in range(start, end) if not text[place].isspace()]
            if ink and not gone[ink].all():
                trail = start + len(text[start:end].rstrip())
                assert not gone[trail:end].any(), "a line break went although some of its paragraph stays"


@_bounded
@given(results(), _policies, st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order_of_families(result: Result, policy: CleanPolicy, rng) -> None:
    shuffled = list(result.clusters)
    rng.shuffle(shuffled)
    assert plan(replace(result, clusters=tuple(shuffled)), policy) == plan(result, policy)


@_bounded
@given(results(), st.sampled_from(LEVELS))
def test_against_cuts_only_what_stands_there_and_never_there(result: Result, level: str) -> None:
    done = plan(result, CleanPolicy(level=level), against=[0])
    for cut in done.removals:
        assert cut.document != 0
        assert cut.cause.partner is not None
        assert cut.cause.partner.document == 0


_BLOCKS = (
    "北坡的防火沟由护林队每旬清一次，枯枝集中到晒场粉碎。",
    "渡口的救生衣按船编号，船工上岗前互相查验扣带是否牢靠。",
    "扫盲班设在祠堂西厢，课本由退休教师手抄，学员凭签到领油灯钱。",
)


def _block_corpus(between: str = "") -> list[Document]:
    first, second, third = _BLOCKS
    return [
        Document("甲.txt", f"甲村总结\n{first}\n甲村自己的话在这里。\n{second}\n"),
        Document("乙.txt", f"乙村总结\n{second}\n{first}\n乙村的结尾。"),
        Document("丙.txt", f"丙村总结\r\n　　{third}{between}{first}\r\n{second}\r\n{third}\r\n"),
    ]


@pytest.mark.parametrize("level", ["paragraph", "passage"])
@pytest.mark.parametrize("keep", KEEPS)
def test_one_copy_of_each_block_is_left_and_none_with_keep_none(level: str, keep: str) -> None:
    documents = _block_corpus("\r\n" if level == "paragraph" else "")
    result = result_of(documents, [found(documents, block) for block in _BLOCKS])
    left = "".join(_left(result, plan(result, CleanPolicy(level=level, keep=keep))))
    for block in _BLOCKS:
        assert left.count(block) == (0 if keep == "none" else 1)
    assert all(own in left for own in ("甲村自己的话在这里。", "乙村的结尾。", "丙村总结"))


def test_a_removal_never_leads_down_a_chain_to_something_that_is_gone() -> None:
    """A~M~C without A~C: C's only link is M; M goes for A, so C has no partner left and stays."""
    a = "晒谷场的照明由合作社出钱，夜里收谷的人凭工票领灯油和手套。"
    m = "晒谷场的照明由合作社出钱，夜班司磅员每两小时核一次秤砣。"
    c = "粮站门口加装雨棚和路灯，夜班司磅员每两小时核一次秤砣。"
    documents = [Document(f"{row}.txt", text) for row, text in enumerate((a, m, c))]
    places = [(row, 0, len(document.text)) for row, document in enumerate(documents)]
    one = family(places, medoid=1, wording=0.75)
    done = plan(result_of(documents, [one]), CleanPolicy(share=0.5, numbers=False))
    assert [cut.document for cut in done.removals] == [1]
    assert done.removals[0].cause.partner == one.members[0]
    assert done.stayed == {"unlinked": 1}


def test_a_kept_member_of_one_family_is_not_removed_by_another() -> None:
    """Two families overlap in the middle document; both keep a copy of what they remove."""
    x, y = _BLOCKS[0], _BLOCKS[1]
    documents = [Document("0.txt", y + "\n"), Document("1.txt", x + "\n" + y + "\n"), Document("2.txt", x + "\n")]
    result = result_of(documents, [found(documents, x), found(documents, y), family([(1, 0, 20), (2, 0, 20)])])
    left = _left(result, plan(result, CleanPolicy()))
    assert left == [y + "\n", x + "\n", ""]


@pytest.mark.parametrize(
    ("keep", "prefer", "stays"),
    [
        ("first", (), 0),
        ("longest", (), 1),
        ("newest", (), 2),
        ("oldest", (), 3),
        ("medoid", (), 4),
        ("newest", ("nowhere/*", "b/*"), 1),
    ],
)
@pytest.mark.parametrize("level", LEVELS)
def test_keep_and_prefer_choose_who_stays(level: str, keep: str, prefer: tuple[str, ...], stays: int) -> None:
    block = _BLOCKS[2]
    names = ("a/0.txt", "b/1.txt", "a/2.txt", "a/3.txt", "a/4.txt")
    texts = [block, block[:-1] + "并另行登记。", block, block, block]
    documents = [Document(name, text) for name, text in zip(names, texts, strict=True)]
    one = family([(row, 0, len(text)) for row, text in enumerate(texts)], medoid=4, wording=0.9)
    dates = {0: "2008-05", 2: "2011-01-30", 3: "2006", 4: "2011-01-03"}
    policy = CleanPolicy(level=level, keep=keep, prefer=prefer, share=0.8)
    done = plan(result_of(documents, [one], dates=dates), policy)
    assert sorted({0, 1, 2, 3, 4} - done.whole) == [stays]


def test_first_is_first_in_the_order_given() -> None:
    documents = _block_corpus()
    result = result_of(documents, [found(documents, _BLOCKS[0])])
    done = plan(result, CleanPolicy(), order=[2, 1, 0])
    assert {cut.document for cut in done.removals} == {0, 1}


def test_a_formula_family_stays_unless_named() -> None:
    documents = _block_corpus("\r\n")
    result = result_of(documents, [found(documents, _BLOCKS[0], label="formula")])
    assert plan(result, CleanPolicy()).removals == ()
    assert len(plan(result, CleanPolicy(labels=("formula",))).removals) == 2


def test_page_noise_is_cut_out_of_a_sentence_but_never_joins_paragraphs() -> None:
    text = "首页 > 范文\n村里共有水窖 12\n口，另有机井（详见本站）三眼。\n下一页\n尾段。"
    marks = [(0, 8), (text.index(" 12\n"), text.index("口")), (text.index("（"), text.index("）") + 1)]
    marks.append((text.index("下一页"), text.index("下一页") + 4))
    documents = [Document("a.txt", text)]
    done = plan(result_of(documents, [], noise={0: marks}), CleanPolicy(level="passage"))
    assert kept(text, done.removals) == "村里共有水窖 \n口，另有机井三眼。\n尾段。"


def test_a_document_goes_only_for_one_document_that_holds_most_of_it() -> None:
    x, y, z = _BLOCKS
    documents = [
        Document("x", x),
        Document("y", y),
        Document("mosaic", x + y),
        Document("z", z),
        Document("z2", z + "。"),
    ]
    families = [found(documents, block) for block in _BLOCKS]
    done = plan(result_of(documents, families), CleanPolicy(level="document", share=0.9))
    # The mosaic is held by no single document; x and y are held by the mosaic, z2 by z.
    assert done.whole == {0, 1, 4}
    assert {cut.document: cut.cause.partner.document for cut in done.removals if cut.cause.partner} == {
        0: 2,
        1: 2,
        4: 3,
    }


def test_a_block_that_repeats_itself_collapses_to_one_copy() -> None:
    """Members of one family that overlap in one document leave one whole copy, not none and not two."""
    line = "泵房巡查登记表按时交齐。\n"
    text = line * 6
    size = len(line)
    documents = [Document("a.txt", text)]
    one = family([(0, row * size, (row + 2) * size) for row in range(5)], label="self")
    done = plan(result_of(documents, [one]), CleanPolicy())
    assert kept(text, done.removals) == line * 2


def test_what_is_carried_along_is_counted() -> None:
    block = _BLOCKS[0]
    documents = [Document("a", block), Document("b", "会上说：" + block)]
    done = plan(result_of(documents, [found(documents, block)]), CleanPolicy(share=0.8))
    assert [(cut.document, cut.carried) for cut in done.removals] == [(1, 3)]
    assert plan(result_of(documents, [found(documents, block)]), CleanPolicy(share=1)).stayed == {"partial": 1}


def test_a_policy_out_of_bounds_names_every_problem() -> None:
    with pytest.raises(ParamsError) as caught:
        CleanPolicy(level="word", keep="best", labels=("copy", "own"), share=0)
    assert len(caught.value.problems) == 4
    assert CleanPolicy.from_dict(CleanPolicy(prefer=("a*",)).to_dict()) == CleanPolicy(prefer=("a*",))


def test_a_result_without_texts_is_refused_in_a_sentence() -> None:
    result = result_of([Document("a", "文")], [])
    bare = replace(result, documents=tuple(replace(info, text=None) for info in result.documents))
    with pytest.raises(ParamsError, match="a the first"):
        plan(bare, CleanPolicy())


def test_a_flood_of_copies_is_linear_enough() -> None:
    """Five thousand copies of one block: one stays, and every removal is linked with it."""
    block = _BLOCKS[1]
    documents = [Document(f"{row:05d}", block) for row in range(5_000)]
    one = family([(row, 0, len(block)) for row in range(5_000)], label="mass")
    for level in ("document", "paragraph"):
        done = plan(result_of(documents, [one]), CleanPolicy(level=level))
        assert len(done.whole) == 4_999


def test_the_generated_results_do_have_removals_with_partners() -> None:
    """The properties above would hold of plans in which nothing happens; in most of these something does."""
    for level in ("paragraph", "passage"):
        plans = [plan(made(seed), CleanPolicy(level=level, share=0.3)) for seed in range(60)]
        assert sum(any(cut.cause.partner for cut in done.removals) for done in plans) >= 12


def test_a_sentence_that_the_kept_member_does_not_have_stays() -> None:
    """A passage bridges what one side has alone; a cleaner must not take it for a copy."""
    block = _BLOCKS[0]
    own = "巡护员老贺另修了一座小桥。"
    documents = [Document("a", block + _BLOCKS[1]), Document("b", block + own + _BLOCKS[1])]
    one = family([(0, 0, len(documents[0].text)), (1, 0, len(documents[1].text))], wording=0.85)
    for level, left in (("passage", own), ("paragraph", documents[1].text)):
        done = plan(result_of(documents, [one]), CleanPolicy(level=level))
        assert kept(documents[1].text, done.by_document().get(1, [])) == left


def test_a_number_that_the_kept_member_does_not_have_keeps_its_unit() -> None:
    """Monthly figures in the same words are no duplicates; with numbers ignored they are."""
    texts = [
        f"３月份全县收购蚕茧{count}担，比上月多收{more}担，茧站逐户付清了茧款。"
        for count, more in ((1234, 56), (1235, 56))
    ]
    documents = [
        Document("a", texts[0]),
        Document("b", texts[1]),
        Document("c", "（2）" + texts[0].replace("３", "3")),
    ]
    one = family([(0, 0, len(texts[0])), (1, 0, len(texts[1])), (2, 3, 3 + len(texts[0]))])
    for level in ("paragraph", "passage"):
        assert plan(result_of(documents, [one]), CleanPolicy(level=level)).whole == {2}
        assert plan(result_of(documents, [one]), CleanPolicy(level=level, numbers=False)).whole == {1, 2}


def test_a_copy_whose_numbers_were_stripped_goes_and_the_one_with_numbers_would_not() -> None:
    full = "全乡架设广播线路42公里，安装喇叭310只，每晚播送节气农事与县里来信。"
    bare = "全乡架设广播线路公里，安装喇叭只，每晚播送节气农事与县里来信。"
    for texts, gone in (((full, bare), {1}), ((bare, full), frozenset())):
        documents = [Document(str(row), text) for row, text in enumerate(texts)]
        one = family([(row, 0, len(text)) for row, text in enumerate(texts)])
        assert plan(result_of(documents, [one]), CleanPolicy()).whole == gone


def test_script_width_and_pinyin_do_not_save_a_copy() -> None:
    plain = "乡里的桥梁由养护队逐座检查，裂缝用油漆圈出并写上日期。"
    noisy = "鄉(xiāng)里的橋梁由養護隊逐座檢查,裂縫(fèng)用油漆圈出並寫上日期。"
    documents = [Document("a", plain), Document("b", noisy)]
    one = family([(0, 0, len(plain)), (1, 0, len(noisy))])
    done = plan(result_of(documents, [one]), CleanPolicy())
    assert done.whole == {1}
    assert done.removals[0].carried <= 1


def test_noise_that_runs_over_a_line_break_does_not_take_the_head_of_a_sentence() -> None:
    text = "山歌会开幕\n山歌会今晚在晒谷场开场，来了七个村的歌手。"
    end = text.index("今晚")
    done = plan(result_of([Document("a", text)], [], noise={0: [(0, end)]}), CleanPolicy(level="passage"))
    assert kept(text, done.removals) == "山歌会今晚在晒谷场开场，来了七个村的歌手。"


def test_sentences_end_where_a_reader_would_say() -> None:
    text = (
        "　　他说：“好。明天来。”然后走了。账本（见附件。）已交到村里！（另有副本。）门口挂着“欢迎！”横幅。"
        "尾句3.5亩 Mr. Li came home. Yes\r\n\n"
    )
    tiles = units(text, "passage")
    pieces = [text[start:end] for start, end in pairwise(tiles.bounds.tolist())]
    assert pieces == [
        "　　",
        "他说：“好。明天来。”",
        "然后走了。",
        "账本（见附件。）已交到村里！",
        "（另有副本。）",
        "门口挂着“欢迎！”横幅。",
        "尾句3.5亩 Mr. ",
        "Li came home. ",
        "Yes",
        "\r\n\n",
    ]
    assert tiles.border.tolist() == [True, *[False] * 8, True]


def test_a_sentence_pieced_together_of_two_others_is_a_copy_of_neither() -> None:
    x, y = "水库的闸门每年汛前由三名闸工", "一起开启一次并把锈蚀的螺栓换掉。"
    documents = [Document("a", x + "值守看管。"), Document("b", "老人们" + y), Document("c", x + y)]
    families = [found(documents, x), found(documents, y)]
    for level in ("paragraph", "passage"):
        assert plan(result_of(documents, families), CleanPolicy(level=level)).removals == ()


def test_a_paragraph_of_sentences_from_two_others_goes_and_names_both() -> None:
    x, y = _BLOCKS[0], _BLOCKS[1]
    documents = [Document("a", x), Document("b", y), Document("c", x + y + "\n尾。\n")]
    families = [found(documents, block) for block in (x, y)]
    done = plan(result_of(documents, families), CleanPolicy())
    assert [(cut.document, cut.cause.partner.document) for cut in done.removals if cut.cause.partner] == [
        (2, 0),
        (2, 1),
    ]
    assert kept(documents[2].text, done.removals) == "尾。\n"


def test_ordinals_in_han_numerals_are_numbers() -> None:
    """第三次 and 第二次 name different meetings, in however many words they agree."""
    texts = [
        f"县供销社第{nth}次社员代表会议十日上午在礼堂开幕，各公社推选的代表出席会议并听取工作报告。" for nth in "二三"
    ]
    documents = [Document(str(row), text) for row, text in enumerate(texts)]
    one = family([(row, 0, len(text)) for row, text in enumerate(texts)])
    assert plan(result_of(documents, [one]), CleanPolicy()).whole == frozenset()
    assert plan(result_of(documents, [one]), CleanPolicy(numbers=False)).whole == {1}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("何顺田", "任水生"),
        ("菜户营村", "马家桥村"),
        ("老贾书记", "小茹书记"),
        ("钟楼站", "西关站"),
        ("汪海", "丁卫东"),
    ],
)
def test_another_name_keeps_its_unit_however_long(one: str, other: str) -> None:
    """Who is meant is what a paragraph says; with names ignored it is a copy with the name changed."""
    form = "".join(_BLOCKS) + "以上各项由{}逐月检查，" + "查出的短缺当场补齐，补不齐的记在账上，下月初一并结清。"
    texts = [form.format(name) for name in (one, other)]
    documents = [Document(str(row), text) for row, text in enumerate(texts)]
    members = family([(row, 0, len(text)) for row, text in enumerate(texts)])
    for level in ("paragraph", "passage"):
        kept_names = plan(result_of(documents, [members]), CleanPolicy(level=level, share=0.9))
        assert texts[1] not in {texts[cut.document][cut.start : cut.end] for cut in kept_names.removals}
        assert not any(other in texts[cut.document][cut.start : cut.end] for cut in kept_names.removals)
        assert plan(result_of(documents, [members]), CleanPolicy(level=level, share=0.9, names=False)).whole == {1}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("事故由内蒙古自治区有关部门", "事故由山东省有关部门"),
        ("结合澳门实际，由有关部门", "结合香港实际，由有关部门"),
        ("山东的有关部门", "山西的有关部门"),
        ("县长和农技站、水管站、供销社", "县长和农技站、水管站、保管室、供销社"),
        ("全书有德文版和早先的英文版，有关部门", "全书有德文版和早先的英文、俄文版，有关部门"),
    ],
)
def test_another_province_and_an_item_more_keep_their_paragraph(one: str, other: str) -> None:
    """Where it was, and who else was there, is what a paragraph says; what the other has more than it is no loss."""
    form = (
        "夏收前后，{}派人下到晒场，把风车、木锨和苫布逐件点验登记，缺损的当日修补，点验的单子由保管员和会计各存一份。"
    )
    texts = [form.format(name) for name in (one, other)]

    def goes(first: str, second: str, **settings: bool) -> bool:
        documents = [Document("a", first), Document("b", second)]
        members = family([(0, 0, len(first)), (1, 0, len(second))], wording=0.95)
        return plan(result_of(documents, [members]), CleanPolicy(share=0.8, **settings)).whole == {1}

    assert not goes(*texts)
    assert goes(*texts, names=False)
    if "、" in other:
        assert goes(*reversed(texts))


def test_another_name_keeps_a_short_sentence() -> None:
    """One name in twenty characters is a tenth of what the sentence says: it stays even where names are ignored."""
    texts = [f"佩戴了护林红袖章的{name}向全体村民鞠躬致谢。" for name in ("何顺田", "任水生")]
    documents = [Document(str(row), text) for row, text in enumerate(texts)]
    one = family([(row, 0, len(text)) for row, text in enumerate(texts)])
    for names in (True, False):
        assert plan(result_of(documents, [one]), CleanPolicy(names=names)).removals == ()


def test_another_word_is_no_other_name() -> None:
    """Words put differently do not keep a long paragraph."""
    form = "".join(_BLOCKS) + "以上各项逐月检查，查出的短缺{}补齐，补不齐的记在账上，下月初一并结清。"
    texts = [form.format(word) for word in ("当场", "立刻")]
    documents = [Document(str(row), text) for row, text in enumerate(texts)]
    one = family([(row, 0, len(text)) for row, text in enumerate(texts)])
    assert plan(result_of(documents, [one]), CleanPolicy()).whole == {1}


_HEADING = "省水利厅通报今日汛情和各闸口的开启情况"


def _under(heading: str, *bodies: str) -> list[Document]:
    return [Document(str(row), f"{heading}\n{body}\n") for row, body in enumerate(bodies)]


@pytest.mark.parametrize("level", ["paragraph", "passage"])
def test_a_heading_stays_where_its_text_stays(level: str) -> None:
    """Bulletins of two days bear one heading; the figures under it differ, so both keep it."""
    documents = _under(_HEADING, "截至八时水位41.2米，开闸3孔。", "截至八时水位40.7米，开闸5孔。")
    result = result_of(documents, [found(documents, _HEADING)])
    assert plan(result, CleanPolicy(level=level)).removals == ()


@pytest.mark.parametrize("level", ["paragraph", "passage"])
def test_a_heading_goes_with_its_text(level: str) -> None:
    """What was copied with its heading goes with it; so does the last line of a report that goes."""
    documents = _under(f"{_HEADING}\n二、闸口", _BLOCKS[0] + "\n水利厅办公室", _BLOCKS[0] + "\n水利厅办公室")
    documents[0] = Document("0", documents[0].text + "另有一段自己的话，说的是别的事情。\n")
    text = documents[1].text
    result = result_of(documents, [found(documents, text)])
    assert plan(result, CleanPolicy(level=level)).whole == {1}


def test_a_heading_that_a_list_of_contents_names_goes() -> None:
    """Within one report the list and the heading say the same of the same text."""
    text = f"目录\n1.{_HEADING}；\n2.渡口停航；\n正文\n{_HEADING}\n截至八时水位41.2米。\n"
    result = result_of([Document("a", text)], [found([Document("a", text)], _HEADING, label="self")])
    done = plan(result, CleanPolicy())
    assert [text[cut.start : cut.end] for cut in done.removals] == [_HEADING + "\n"]


def test_page_noise_is_no_text_under_a_heading() -> None:
    """A link line that goes, between a heading and its text, does not take the heading along."""
    link = "[看原页](http://example.invalid/2031/a7)"
    documents = _under(f"{_HEADING}\n{link}", "截至八时水位41.2米。", "截至八时水位40.7米。")
    start = len(_HEADING) + 1
    noise = {row: [(start, start + len(link))] for row in range(2)}
    done = plan(result_of(documents, [found(documents, _HEADING)], noise=noise), CleanPolicy())
    assert {cut.cause.label for cut in done.removals} == {"furniture"}


@pytest.mark.parametrize("level", ["paragraph", "passage"])
def test_a_heading_that_goes_for_its_own_list_takes_none_above_it_along(level: str) -> None:
    """Two bulletins share the name of a column; the title under it stands in the list of contents, its text not."""
    column, title = "省水利厅汛情快讯一览", "下游两座闸口今晨先后开启泄洪"
    bodies = ("截至八时水位41.2米，开闸3孔，下泄平稳。", "截至八时水位40.7米，开闸5孔，下泄平稳。")
    documents = [
        Document(str(row), f"目录：\n1.{title}；\n以上播送完毕。\n{column}\n{title}\n{body}\n")
        for row, body in enumerate(bodies)
    ]
    families = [found(documents, column), *(found([one], title, label="self") for one in documents)]
    families[2] = replace(families[2], members=tuple(replace(one, document=1) for one in families[2].members), id="b")
    done = plan(result_of(documents, families), CleanPolicy(level=level))
    cut = {documents[one.document].text[one.start : one.end].strip() for one in done.removals}
    assert cut == {title}


def test_many_lines_are_text_and_no_heading() -> None:
    """A song of twenty lines that two reports quote is cut out of one of them, whatever stands under it."""
    lines = [f"{one}湾的橹声唱到{other}湾停" for one in "东西南北" for other in "春夏秋冬雨"]
    documents = [Document(str(row), "\n".join([*lines, f"唱的人是第{row}组的。"])) for row in range(2)]
    done = plan(result_of(documents, [found(documents, "\n".join(lines))]), CleanPolicy())
    assert [kept(documents[1].text, done.by_document()[1])] == ["唱的人是第1组的。"]


def test_lines_that_are_documents_go() -> None:
    """A corpus of titles, one a record, has nothing under its lines."""
    documents = [Document(str(row), _HEADING) for row in range(3)]
    assert plan(result_of(documents, [found(documents, _HEADING)]), CleanPolicy()).whole == {1, 2}


def test_what_is_mostly_page_noise_goes_as_noise_and_names_no_partner() -> None:
    """A link line that a family happens to touch is noise, not a copy of another link."""
    text = "[看原页](http://example.invalid/2031/a7)\n"
    documents = [Document("a", text), Document("b", text.replace("a7", "b8"))]
    one = family([(0, 1, 4), (1, 1, 4)])
    noise = {row: [(5, len(text) - 1)] for row in range(2)}
    done = plan(result_of(documents, [one], noise=noise), CleanPolicy())
    assert [(cut.document, cut.cause.label, cut.cause.partner) for cut in done.removals] == [(1, "furniture", None)]


def test_a_stretch_too_short_to_be_a_passage_stays() -> None:
    """Of a shared passage with other figures in it, the five characters between two figures are no duplicate."""
    texts = [
        f"{first}担蚕茧已入库。经验是殊为不易。另有{second}担在途中，正由船队运来。"
        for first, second in ((11, 22), (33, 44))
    ]
    documents = [Document(str(row), text) for row, text in enumerate(texts)]
    one = family([(row, 0, len(text)) for row, text in enumerate(texts)])
    assert plan(result_of(documents, [one]), CleanPolicy(level="passage")).removals == ()


def test_page_noise_beside_it_makes_no_heading_long_enough() -> None:
    """A heading of six characters over figures that stay stays too, whatever link line stands above it."""
    texts = [f"首页 > 栏目 > 今日要闻 > 返回顶部\n雨情水情通报\n本日降雨{rain}毫米。\n" for rain in (12, 34)]
    documents = [Document(str(row), text) for row, text in enumerate(texts)]
    start = texts[0].index("雨情")
    one = family([(row, start, len(text)) for row, text in enumerate(texts)])
    noise = {row: [(0, start - 1)] for row in range(2)}
    done = plan(result_of(documents, [one], noise=noise), CleanPolicy(level="passage"))
    assert [kept(text, done.by_document()[row]) for row, text in enumerate(texts)] == [text[start:] for text in texts]


def test_a_document_is_one_unit_of_its_first_paragraph():
    """Whatever stands in it; an empty one has none."""
    found = units("水渠今年清淤两回。\n\n谁来值夜？", "document")
    assert (found.bounds.tolist(), found.paragraph.tolist(), found.border.tolist()) == ([0, 16], [0], [False])
    assert units("", "document").bounds.tolist() == [0]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([], []),
        ([0, 0], []),
        ([1, 1, 0, 2, 2, 3], [(0, 2, 1), (3, 5, 2), (5, 6, 3)]),
        ([-1, 0, 1], [(0, 1, -1), (2, 3, 1)]),
        ([1], [(0, 1, 1)]),
    ],
)
def test_runs_begin_and_end_at_the_ends_too(values, wanted):
    assert runs(np.array(values, np.int32)) == wanted


@_bounded
@given(st.lists(st.sampled_from([b"", b"a", b"ab", b"abc"]), min_size=3, max_size=3), st.integers(0, 3))
def test_an_edit_of_other_bytes_is_refused(pieces, at):
    """Undoing looks at each of the three: that edits are in order, that what was put stands there, and all of it."""
    cut, put, content = pieces
    edit = edits.Edit(at, cut, put)
    if len(content) >= at and content[at : at + len(put)] == put:
        assert edits.undo(content, [edit]) == content[:at] + cut + content[at + len(put) :]
    else:
        with pytest.raises(edits.Disagree):
            edits.undo(content, [edit])


def test_edits_out_of_order_are_refused():
    """Each fits by itself."""
    two = [edits.Edit(3, b"d", b""), edits.Edit(0, b"a", b"")]
    for work, content in ((edits.apply, b"abcdef"), (edits.undo, b"bcef")):
        with pytest.raises(edits.Disagree):
            work(content, two)


@pytest.mark.parametrize("name", ["prefer", "labels"])
@pytest.mark.parametrize("value", ["copy", ["copy", 1], None, 3, b"copy"])
def test_a_list_of_a_policy_is_a_list_of_strings(name, value):
    """One sentence, whatever is given: a single string is no list of its characters."""
    with pytest.raises(ParamsError) as caught:
        CleanPolicy(**{name: value})
    assert str(caught.value) == f"{name} is {value!r}, but must be a list of strings"


def test_labels_are_known_and_stand_in_one_order():
    assert CleanPolicy(labels=["copy", "self"]).labels == CleanPolicy(labels=("self", "copy")).labels
    with pytest.raises(ParamsError, match="labels has 'own', which is none of"):
        CleanPolicy(labels=["own"])
