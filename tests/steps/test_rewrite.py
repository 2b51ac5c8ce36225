"""The second view: rewritten paragraphs are found, paragraphs on one subject are not taken for rewritings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Document, Params, scan
from dedup.clean import CleanPolicy, plan
from dedup.schema import PassageKind, Passages
from dedup.steps import furniture, normalise, repair, rewrite, segment
from tests import naive

# Each pair: a paragraph and what a lazy colleague made of it: synonyms, padding, clauses turned round.
REWRITTEN = [
    (
        "渡口的老船工今年办了交接，六条摆渡船全部换成了带护栏的铁壳船，救生衣按座位数配齐，"
        "学生上下学时段由村干部轮流跟船，船票由乡里补贴，家长不用再掏钱。",
        "今年，渡口老船工办理了交接手续，带护栏的铁壳船全部替换了原来六条摆渡船，按照座位数配齐了救生衣，"
        "学生上下学的时段，由村干部轮流负责跟船，家长不用再掏钱，船票全由乡里给予补贴。",
    ),
    (
        "蚕茧收购站提前半个月检修了烘茧灶，聘请两位退休的茧站师傅定级，收购价格每天早上写在门口黑板上，"
        "蚕农卖完茧当场领现钱，没有打一张白条。",
        "半个月前，蚕茧收购站就提前检修好烘茧灶，并且聘请退休茧站师傅两位来定级，每天早上在门口黑板上写明收购价格，"
        "蚕农卖茧以后当场就领到现钱，白条一张也没有打。",
    ),
    (
        "对水库下游的三个自然村，我们逐户发放了转移明白卡，卡上写清楚往哪条路走、到哪个祠堂集合、由谁来敲门，"
        "行动不便的老人落实了专人背送，雨季前演练了两次。",
        "转移明白卡由我们逐户发到水库下游三个自然村，卡片上清楚地写着走哪条路、集合到哪个祠堂、敲门的是谁，"
        "行动不便的老人都有专人落实背送，演练也赶在雨季前搞了两次。",
    ),
    (
        "供电所给灌溉泵站架设了专用变压器，抽水电价按农业生产用电结算，机手凭抄表单领取补贴，"
        "往年排队等电的情形没有再出现，晚稻插秧比去年早了九天。",
        "灌溉泵站的专用变压器由供电所架设完成，结算抽水电价一律参照农业生产用电，补贴由机手拿抄表单去领取，"
        "比起去年，晚稻插秧提早了九天，没有再次出现往年排队等着用电的情形。",
    ),
]

# The one in which no clause is left as it was: whatever the aligner is tuned to, it has nothing to hold on to.
BOLD = REWRITTEN[2]

# Each pair: two paragraphs on one subject, or of one build, that two people wrote.
APART = [
    (
        "渡口的老船工今年办了交接，六条摆渡船全部换成了带护栏的铁壳船，救生衣按座位数配齐，"
        "学生上下学时段由村干部轮流跟船，船票由乡里补贴，家长不用再掏钱。",
        "下渡村的渡口撤了，新桥从上游两百米处跨过去，老船工转到护河队上班，工资由乡里补贴，"
        "学生上下学改坐班车，家长最操心的过河难题总算有了着落。",
    ),
    (
        "成立由镇长担任组长、武装部长担任副组长的防汛领导小组，领导小组下设办公室，办公室设在水利站，"
        "负责沙袋石料调度和险情登记，遇到大雨每天会商一次。",
        "成立由党委书记担任组长、分管副镇长担任副组长的禁毒领导小组，领导小组下设办公室，办公室设在综治中心，"
        "负责吸毒人员走访和社区康复登记，每个季度通报一次。",
    ),
    (
        "会议要求，各村要充分认识秸秆禁烧工作的重要性，进一步加强组织领导，落实工作责任，加大巡查力度，"
        "严格奖惩措施，确保全镇不着一把火、不冒一处烟。",
        "会议强调，各单位要充分认识校园食品安全工作的重要性，进一步加强组织领导，落实主体责任，加大检查力度，"
        "严格追责问责，确保全镇学校食堂不出一起事故。",
    ),
    (
        "烘茧灶的烟囱年久失修，收购旺季经常倒烟，茧站自己凑钱请泥瓦匠重砌了两座，"
        "又在灶口加装鼓风机，干茧的成色比往年好了不少。",
        "蚕农反映茧站压级压价，我们请物价所到场监秤，每天早上把收购价格写到黑板上，"
        "有争议的蚕茧当面重新定级，全季没有发生一起吵闹。",
    ),
]


def pair(one: str, other: str) -> list[Document]:
    """Two reports of which one paragraph each is given; the rest has nothing in common."""
    return [
        Document("甲.txt", f"石灰窑镇总结\n集镇后街的雨棚拆除以后露出了老砖墙，游客停下来拍照的比往年多。\n{one}\n"),
        Document("乙.txt", f"黄泥岗乡汇报\n乡里把三处旧粮仓腾出来做了农机棚，冬天收割机不用再淋雪。\n{other}\n"),
    ]


NONE = Passages(*(np.empty(0, np.int64) for _ in range(5)), np.empty(0), np.empty(0, np.uint8))


def rewritten(documents: list[Document], params: Params | None = None):
    return [one for one in scan(documents, params).passages if one.kind == "rewritten"]


def tables(texts: list[str]):
    """Key stream and segments of texts."""
    laid = repair.lay_out(texts)
    edits = repair.repair(laid)
    keys = normalise.normalise(laid, edits)
    return keys, segment.segment(laid, edits, keys, furniture.furniture(laid, edits, [() for _ in texts]))


@pytest.mark.parametrize("one, other", REWRITTEN)
def test_a_rewritten_paragraph_is_found(one, other):
    """Where no passage explains it: one row, whole paragraphs, a wording below the usual threshold."""
    keys, segments = tables([document.text for document in pair(one, other)])
    found, limits = rewrite.rewrite(keys, segments, NONE, np.full(2, 2, np.uint8), Params())
    assert len(found.wording) == 1 and not limits
    assert rewrite.WORDING <= found.wording[0] < Params().threshold
    assert found.kind[0] == PassageKind.REWRITTEN
    spans = {(int(found.left_start[0]), int(found.left_end[0])), (int(found.right_start[0]), int(found.right_end[0]))}
    assert spans <= set(zip(segments.start.tolist(), segments.end.tolist(), strict=True))


def test_a_rewriting_stands_in_a_family_of_its_own_with_its_own_figure():
    """Two members, the lowest grade, whole paragraphs with their full stops."""
    one, other = BOLD
    result = scan(pair(one, other))
    (passage,) = [row for row in result.passages if row.kind == "rewritten"]
    assert {result.text(passage.left), result.text(passage.right)} == {one, other}
    (family,) = [row for row in result.clusters if row.id == passage.cluster]
    assert (family.label, family.grade, len(family.members)) == ("copy", "C", 2)
    assert family.weakest == passage.wording < result.params.threshold
    assert "rewritten" in {one.kind for one in family.evidence}


@pytest.mark.parametrize("level", ["paragraph", "passage"])
def test_cleaning_takes_no_rewriting_away(level):
    """It is below the threshold: a person may call it a copy, a cleaner must not."""
    assert plan(scan(pair(*BOLD)), CleanPolicy(level=level)).removals == ()


@pytest.mark.parametrize("one, other", APART)
def test_one_subject_or_one_build_is_no_rewriting(one, other):
    assert rewritten(pair(one, other)) == []


def test_what_the_aligner_explains_is_not_reported_again():
    """A copy with edits is one passage, aligned, and has no rewritten twin."""
    one, _ = REWRITTEN[0]
    result = scan(pair(one, one.replace("六条", "七条").replace("家长不用", "学生家长不必")))
    assert [row.kind for row in result.passages] == ["aligned"]


def test_a_rewriting_joins_no_family_of_copies():
    """Two copies and a rewriting of them: a family of two, and a pair of its own."""
    one, other = BOLD
    result = scan([*pair(one, other), Document("丙.txt", f"赤岩镇总结\n{one}\n街口新装的钟每天报时。")])
    families = sorted((family.weakest, len(family.members)) for family in result.clusters)
    assert [size for _, size in families] == [2, 2]
    assert families[1][0] == 1.0
    assert [row.kind for row in result.passages if row.cluster].count("rewritten") == 1


def test_parts_of_one_file_count_as_reports_and_one_report_with_itself_does_not():
    one, other = BOLD
    assert len(rewritten([Document("集.txt", f"第一篇：甲村总结\n{one}\n第二篇：乙村总结\n{other}\n")])) == 1
    assert rewritten([Document("单.txt", f"甲村总结\n{one}\n后来又说了一遍。\n{other}\n")]) == []


def test_a_corpus_above_the_bound_is_left_out_and_said_so():
    """The limit names how many paragraphs were not looked at; 0 switches the view off without a word."""
    documents = pair(*BOLD)
    (limit,) = [one for one in scan(documents, Params(rewrite_chars=50)).limits if one.kind == "rewrite"]
    assert (limit.count, limit.bound) == (2, 50)
    silent = scan(documents, Params(rewrite_chars=0))
    assert silent.limits == () and all(row.kind != "rewritten" for row in silent.passages)


def test_archived_reports_are_not_compared_with_one_another():
    one, other = BOLD
    old = pair(one, other)
    found = scan([Document("新.txt", "今年别无新事，特此报告如上。")], archived=old)
    assert all(row.kind != "rewritten" for row in found.passages)
    assert any(row.kind == "rewritten" for row in scan([old[0]], archived=[old[1]]).passages)


def test_forms_and_references_are_no_partners():
    one, other = BOLD
    documents = pair(one, other)
    assert all(row.kind != "rewritten" for row in scan([documents[0]], references=[documents[1]]).passages)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.lists(st.sampled_from([text for both in REWRITTEN + APART for text in both]), min_size=2, max_size=2))
def test_the_cosine_is_that_of_scikit_learn(texts):
    """Weighted by the dictionary's rarity, the cosine of two word sets is what scikit-learn gives."""
    weights = [rewrite.word_weights(text) for text in texts]
    assert rewrite.cosine(*weights) == pytest.approx(naive.cosine(*weights), abs=1e-12)


@pytest.mark.parametrize("asked_about", [1, 3, 1000])
def test_candidates_are_those_of_the_slow_twin(asked_about):
    """The inverted index gives the pairs that share a fifth of their rare character pairs and of which one is asked
    about, no other ones: what is left out of the index beforehand changes nothing."""
    keys, segments = tables(["\n".join(text for both in REWRITTEN for text in both), "\n".join(a for a, _ in APART)])
    rows = np.flatnonzero(segments.end - segments.start >= rewrite.LEAST)
    asked = np.arange(len(rows)) % asked_about == 0 if asked_about < 1000 else np.arange(len(rows)) == 4
    left, right = rewrite._candidates(keys, segments, rows, asked)
    codes = [keys.codes[segments.start[row] : segments.end[row]].tolist() for row in rows]
    expected = naive.sharing_rare_pairs(codes, rewrite.COMMON, rewrite._SHARED)
    assert {(int(a), int(b)) for a, b in zip(left, right, strict=True)} == {
        (int(rows[a]), int(rows[b])) for a, b in expected if asked[a] or asked[b]
    }
    assert len(expected) >= len(REWRITTEN)


def test_nothing_to_compare_gives_nothing():
    assert rewritten([Document("甲.txt", "只有一段短短的文字，别的什么都没有。")]) == []
    assert rewrite.cosine({}, {"文字": 1.0}) == 0.0
