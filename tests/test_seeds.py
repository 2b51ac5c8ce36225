"""What five real scraped reports must give. Skipped where they are not at hand; their sentences stay outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from dedup import scan

SEEDS = Path(__file__).parent.parent.parent / "shared" / "seeds"
pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the real reports are not at hand")


@pytest.fixture(scope="module")
def result():
    return scan([SEEDS])


def document(result, prefix):
    return next(info for info in result.documents if Path(info.source).name.startswith(prefix))


def passages(result, one, other, least=0):
    """Passages between two documents, as ((start, end), (start, end), passage)."""
    a, b = document(result, one).id, document(result, other).id
    return [
        ((p.left.start, p.left.end), (p.right.start, p.right.end), p)
        for p in result.passages
        if (p.left.document, p.right.document) in ((a, b), (b, a)) and p.left.end - p.left.start >= least
    ]


def close(span, wanted):
    return abs(span[0] - wanted[0]) <= 5 and abs(span[1] - wanted[1]) <= 5


def test_a_block_broken_into_four_lines_here_and_two_there_is_one_passage(result):
    text = document(result, "000").text
    first = text.index("加强学习，提高执政水平")
    second = text.index("加强学习，提高执政水平", first + 1)
    length = 849  # to 人民群众的监督之下, line breaks included
    found = passages(result, "000", "000", least=400)
    assert len(found) == 1
    left, right, passage = found[0]
    assert close(left, (first, first + length)) and close(right, (second, second + length - 2))
    assert passage.wording == 1.0


def test_training_paragraphs_match_under_pinyin(result):
    found = passages(result, "003", "003", least=100)
    texts = [result.text(p.left) for _, _, p in found]
    training = [text for text in texts if "打造" in text and "型”代表隊伍" in text]
    watch = [text for text in texts if "大監(jiān)督力度" in text]
    assert len(training) == 1 and training[0].endswith("型”代表隊伍。")
    assert len(watch) == 1 and watch[0].startswith("繼續(xù)加大監(jiān)督力度")


def test_three_versions_of_a_material_are_few_long_passages(result):
    info = document(result, "004")
    text = info.text
    found = passages(result, "004", "004", least=300)
    assert len(found) <= 8
    parts = [(part.start, part.end) for part in info.parts]

    def between(one, other):
        return [
            (left, right)
            for left, right, _ in found
            if parts[one][0] <= left[0] < parts[one][1] and parts[other][0] <= right[0] < parts[other][1]
        ]

    # The splice in the second version makes two passages with the first, around the gap.
    splice = text.index(',"天润杯') if ',"天润杯' in text else text.index(",“天润杯")
    one, two = sorted(between(0, 1))
    assert abs(one[1][1] - splice) <= 5
    assert abs(two[1][0] - splice) <= 5
    assert two[0][0] - one[0][1] > 1_500
    # The third version, without its numbers and brackets, is one passage with the first.
    (third,) = between(0, 2)
    assert third[0][1] - third[0][0] > 4_000


def test_the_edited_sentence_on_the_leading_group_is_found_across_documents(result):
    found = [p for _, _, p in passages(result, "000", "004") if "成立了以党委书记为组长" in result.text(p.left)]
    assert len(found) == 3
    assert {p.label for p in found} == {"copy"}
    for p in found:
        assert result.text(p.left).endswith("工作领导小组。")
        assert result.text(p.right).endswith("工作领导组。")


def test_formulas_are_not_called_copying(result):
    for cluster in result.clusters:
        for member in cluster.members:
            text = result.text(member)
            if len(text) <= 80 and ("邓小平理论" in text or "鄧小平理論" in text):
                assert cluster.label in ("formula", "self"), text


def test_site_chrome_is_furniture(result):
    for prefix, pieces in (
        ("001", ["乡镇春运工作总结09-04", "相关推荐", "2022-06-10 工作总结"]),
        ("002", ["網站首頁 個人文檔", "欄目: 工作總結精選"]),
    ):
        info = document(result, prefix)
        for piece in pieces:
            start = info.text.index(piece)
            assert any(
                s <= start and start + len(piece) <= e and label == "furniture" for s, e, label, _ in info.marks
            )


def test_pinyin_is_removed_from_the_key(result):
    info = document(result, "003")
    assert info.repairs["pinyin"] >= 0.995 * info.text.count("(") * 0.9


def test_no_family_is_listed_twice(result):
    """Two spans that fit no medoid but one another are one family, not one seen from either side."""
    members = [tuple((span.document, span.start, span.end) for span in one.members) for one in result.clusters]
    assert len(set(members)) == len(members)
