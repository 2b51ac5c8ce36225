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
