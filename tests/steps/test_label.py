"""Labels account for every character, and tell what was pasted from what everybody writes."""

from __future__ import annotations

import pytest

from bench.labels import accused_pairs, blocks, labels_of, slogans
from dedup import Document, Params, scan

PARAMS = Params(rewrite_chars=0)


@pytest.mark.parametrize("issuer", ["own", "none", "same"])
def test_a_pasted_block_is_never_a_formula(issuer):
    """40 to 600 characters, in 2 to 100 of 150 reports; of one issuer it is self."""
    planted = blocks(150, (2, 5, 20, 100), (40, 80, 200, 600), issuer, f"test {issuer}")
    result = scan(planted.documents, PARAMS)
    for (length, count), places in planted.places.items():
        found = labels_of(result, places)
        wanted = ("self",) if issuer == "same" else ("copy", "mass")
        assert sum(found[label] for label in wanted) == count, (length, count, found)


@pytest.mark.parametrize("reports, each", [(10, 6), (60, 8), (60, 2)])
def test_who_shares_formulas_alone_is_not_accused(reports, each):
    """At most one pair of reports in a hundred has a family of copy or mass."""
    result = scan(slogans(reports, each, f"test {reports}/{each}"), PARAMS)
    assert any(cluster.label == "formula" for cluster in result.clusters)
    assert accused_pairs(result) <= 0.01


def test_a_clause_that_goes_on_alike_was_copied():
    """Three reports have it; in two of them a long block around it is the same: no formula in any of them."""
    clause = "把摇橹靠岸的手艺传给沙洲边的年轻后生"
    block = f"渡口的老艄公立了字据，{clause}，学成的人每年腊月义务摆渡十天，误了班次的自己去敲钟赔礼。"
    texts = [f"春汛来得早。\n{block}\n", f"集镇搬迁了。\n{block}\n", f"说起码头，{clause}，这是今年的新事。\n"]
    result = scan([Document(f"{n}.txt", text, issuer=f"{n}乡人民政府") for n, text in enumerate(texts)])
    assert {cluster.label for cluster in result.clusters} == {"copy"}


SITE = (
    "来源：青石县农业局  作者：王秘书  浏览次数：318",
    "时间：2017-05-02 10:15 来源：本站原创 点击：77次",
    "（责任编辑：李小满）",
    "网站地图 | 联系我们 | 关于我们 | 隐私声明",
    "主办：青石县人民政府办公室　技术支持：云桥软件公司",
    "扫一扫在手机打开当前页",
    "更多材料请关注微信公众号：青石文秘",
)
NO_SITE = (
    "时间：2017年5月2日　地点：镇三楼会议室　主持人：李镇长",
    "来源：镇财政拨款三万元，村集体自筹一万元",
    "请各村扫一扫门前雪，关注独居老人",
    "联系我们的驻村干部，把名单报上来",
)


@pytest.mark.parametrize("line", [*SITE, *NO_SITE])
def test_lines_that_a_site_puts_around_a_text_are_furniture_and_those_like_them_are_not(line):
    """What says who wrote, edited and clicked, in a line of its own; a meeting's time and place is the report's."""
    body = "镇里把水渠分给各村，由他们自己派人看管，每月初一报一次水位，误了的由村里补上。"
    info = scan([Document("a.txt", f"{body}\n{line}\n{body[::-1]}\n")]).documents[0]
    assert info.labels["furniture"] == (len(line) if line in SITE else 0)


def test_a_licence_under_a_text_is_furniture():
    """A line that speaks of the work and two words of copyright from there on; the text above is compared."""
    licence = "本作品依照著作权法第五条不受保护，\n因而处于\n公有领域\n。\nPublic domain\n"
    texts = [
        f"{line}\n{licence}" for line in ("磨坊换了新的石磨，豆腐比从前嫩。", "邮差改走山脊，一天能多送四个院子。")
    ]
    result = scan([Document(f"{n}.txt", text) for n, text in enumerate(texts)])
    for info in result.documents:
        (mark,) = [mark for mark in info.marks if mark[2] == "furniture"]
        assert info.text[mark[0] : mark[1]] == licence.rstrip()
    alone = scan([Document("a.txt", "本作品由著作权法保护，这一条写进了合作社章程，社员都按了手印。\n还有一行。")])
    assert not alone.documents[0].labels["furniture"]


def test_the_evidence_says_how_much_a_formula_tells():
    result = scan(slogans(10, 6, "evidence"), PARAMS)
    formula = next(cluster for cluster in result.clusters if cluster.label == "formula")
    rule, wording = formula.evidence[:2]
    assert rule.facts["why"] in ("common", "context") and rule.facts["why"] in rule.facts["holds"]
    assert wording.facts["surplus"] <= wording.facts["bits"] and set(wording.facts) == {"bits", "surplus", "contexts"}


def test_brief_words_in_many_contexts_are_a_formula_wherever_they_stand():
    """A line of its own that no table knows: in two reports copying, in four a formula."""
    line = "摇橹靠岸先挂牌后放行风大不许开船"
    own = ("磨坊换了新的石磨，豆腐嫩。", "邮差改走山脊，不误信。", "羊圈搬到背风处，没冻着。", "晒谷场铺平，打陀螺。")
    for count, wanted in ((2, "copy"), (4, "formula")):
        documents = [Document(f"{n}.txt", f"{own[n]}\n{line}。\n", issuer=f"{n}乡人民政府") for n in range(count)]
        assert [cluster.label for cluster in scan(documents).clusters] == [wanted]
