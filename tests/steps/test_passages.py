"""Anchors, alignment and families: exact ends, one copy one passage, no chains, cost in proportion."""

from __future__ import annotations

import random

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Document, Params, scan
from dedup.executors.prepared import cut_at_parts
from dedup.kernels import align as kernels
from dedup.kernels import overlap
from dedup.kernels import seeds as kernels_seeds
from dedup.pipeline import near_pairs
from dedup.schema import PassageKind
from dedup.steps import align, anchor, normalise, repair, segment


def invented(seed, length):
    """A text of so many characters without any structure, ended by a full stop."""
    rng = random.Random(seed)
    return "".join(chr(0x4E00 + rng.randrange(3_000)) for _ in range(length - 1)) + "。"


def edited(text, share, seed):
    """The text with so many of its characters replaced, evenly."""
    rng = random.Random(seed)
    places = set(rng.sample(range(len(text) - 1), int(share * len(text))))
    return "".join(chr(0x4E00 + rng.randrange(3_000)) if i in places else c for i, c in enumerate(text))


def documents(*texts):
    return [Document(f"{number:04}.txt", text) for number, text in enumerate(texts)]


def found(*texts, **params):
    return scan(documents(*texts), Params(**params))


@pytest.mark.parametrize("length", [20, 40, 150, 600, 2_000])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.1])
def test_ends_are_exact_on_both_sides(length, share):
    """Whatever stands around it, a copied block is one passage that begins and ends where the copy does."""
    block = edited(invented(length, length), share if length > 20 else 0.0, 1)
    left = invented(1, 300) + invented(length, length) + invented(2, 300)
    right = invented(3, 120) + block + invented(4, 500)
    (passage,) = found(left, right).passages
    for span, start in ((passage.left, 300), (passage.right, 120)):
        assert abs(span.start - start) <= 5
        assert abs(span.end - (start + length)) <= 6  # the full stop is no key character


def test_a_copy_may_cross_paragraph_borders():
    block = [invented(seed, 40) for seed in range(4)]
    (passage,) = found("\n".join(block), "".join(block)).passages
    assert passage.wording == 1.0
    assert (passage.left.start, passage.right.start) == (0, 0)


def test_a_dropped_sentence_leaves_one_passage():
    sentences = [invented(seed, 45) for seed in range(6)]
    (passage,) = found("".join(sentences), "".join(sentences[:2] + sentences[3:])).passages
    assert passage.kind == "aligned"
    assert [change.kind for change in passage.changes] == ["delete"]


def test_unrelated_text_between_two_copies_parts_them():
    first, second = invented(1, 80), invented(2, 80)
    passages = found(first + invented(3, 400) + second, first + invented(4, 400) + second).passages
    assert len(passages) == 2


def test_shuffled_sentences_are_one_passage_that_says_so():
    sentences = [invented(seed, 50) for seed in range(6)]
    order = [3, 0, 5, 2, 4, 1]
    (passage,) = found("".join(sentences), "".join(sentences[i] for i in order)).passages
    assert passage.kind == "shuffled"
    assert passage.right.end - passage.right.start >= 280


def test_a_sign_off_behind_a_copy_is_no_part_of_it():
    block = invented(5, 120)
    left = f"{block}\n磨盘溪乡人民政府\n2011年3月2日\n"
    right = f"{block}\n枫香坳镇人民政府\n2012年12月9日\n"
    (passage,) = found(left, right).passages
    assert passage.left.end <= 120 and passage.right.end <= 120


def test_nothing_matches_itself():
    """A title that stands twice at the head does not make the whole report a copy of itself."""
    title = "磨盘溪乡二〇一一年河道清淤工作总结"
    text = f"{title}\n{title}\n{invented(1, 400)}"
    assert all(p.left.end <= p.right.start and p.left.end - p.left.start < 40 for p in found(text).passages)


def test_short_passages_must_be_nearer():
    """A fifth changed is a copy at 200 characters and none at 25."""
    long, short = invented(1, 200), invented(2, 25)
    assert len(found(long, edited(long, 0.2, 3)).passages) == 1
    changed = short[:10] + invented(3, 5) + short[15:]
    assert found(short + invented(4, 90), changed + invented(6, 90)).passages == ()


@pytest.mark.parametrize("seed", [1, 2, 4, 8])
def test_a_chain_of_versions_is_not_one_family(seed):
    """Sixty versions, each 6 % off the last: every member of a family is near its medoid, and there are several.

    What is told of a pair that hardly agrees is what it has in common, though pieces of it are found twice.
    """
    versions = [invented(seed, 300)]
    for number in range(59):
        versions.append(edited(versions[-1], 0.06, number + 100 * (seed - 1)))
    result = found(*versions)
    assert len(result.clusters) >= 4
    for cluster in result.clusters:
        medoid = naive_key(result, cluster.members[cluster.medoid])
        for span, wording in zip(cluster.members, cluster.wording, strict=True):
            key = naive_key(result, span)
            assert wording == pytest.approx(2 * naive.lcs(medoid, key) / (len(medoid) + len(key)), abs=1e-4)
            assert wording >= 0.7
    in_families = {span.document for cluster in result.clusters for span in cluster.members}
    assert in_families == set(range(60))


def naive_key(result, span):
    return [char for char in result.text(span) if "\u4e00" <= char <= "\u9fff"]


def test_two_families_that_a_mosaic_touches_stay_two():
    one, other = invented(1, 150), invented(2, 150)
    result = found(one + invented(3, 200), other + invented(4, 200), one + other)
    assert sorted(len(cluster.members) for cluster in result.clusters) == [2, 2]


def test_the_inner_copy_of_a_longer_copy_is_its_own_family():
    """Two reports share a long block, two others its middle only: the long block is a family, the middle another."""
    head, middle, tail = invented(1, 300), invented(2, 100), invented(3, 300)
    whole = head + middle + tail
    result = found(whole, whole + invented(4, 50), middle + invented(5, 200), invented(6, 200) + middle)
    assert sorted(len(cluster.members) for cluster in result.clusters) == [2, 4]


@pytest.mark.parametrize("count", [2, 10, 100])
def test_a_block_in_many_reports_is_one_family_of_so_many(count):
    block = invented(1, 150)
    texts = [invented(100 + n, 100) + (block if n < count else invented(900 + n, 150)) for n in range(120)]
    (cluster,) = found(*texts).clusters
    assert len(cluster.members) == cluster.documents == count
    assert cluster.label == ("copy" if count < 5 else "mass")


def test_one_paragraph_in_every_document_costs_its_number():
    """Passages grow with the corpus, not with its square: counted, not timed."""
    block = invented(1, 150)
    sizes = []
    for count in (150, 300):
        result = found(*(invented(100 + n, 60) + block for n in range(count)))
        assert len(result.clusters[0].members) == count
        assert any(limit.kind == "anchor" for limit in result.limits)
        sizes.append(len(result.passages))
    assert sizes[1] <= 2.3 * sizes[0]


def test_one_sentence_repeated_costs_its_number():
    sentence = "各村把巡河记录按月装订成册送交水管站留存，"
    sizes = [len(found(sentence * count).passages) for count in (500, 1_000)]
    assert sizes == [499, 999]


rows_of = st.lists(
    st.tuples(st.integers(0, 200), st.integers(10, 60), st.integers(0, 200), st.integers(10, 60)),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, derandomize=True, max_examples=80)
@given(rows_of)
def test_merging_keeps_every_position_and_the_threshold(rows):
    """What is merged covers what went in; whatever changed keeps the wording asked for; nothing is lost."""
    table = np.array([[a, a + n, 1_000 + b, 1_000 + b + m, min(n, m), 0, 0] for a, n, b, m in rows], np.int64)
    table = table[np.lexsort((table[:, 2], table[:, 0]))]
    table[:, 5] = 2 * np.arange(len(table))
    table[:, 6] = table[:, 5] + 1
    stretches = np.zeros((2 * len(table), 3), np.int64)
    stretches[::2], stretches[1::2, :2] = table[:, (0, 2, 4)], table[:, (1, 3)]
    before = table.copy()
    owner, shuffled = np.empty(len(table), np.int64), np.empty(len(table), np.uint8)
    bounds = np.int64(100), np.int64(600), np.int64(700)
    overlap.resolve(table, stretches, np.array([0, len(table)]), np.zeros(1, np.uint8), *bounds, owner, shuffled)
    stays = owner == np.arange(len(table))
    assert stays[owner].all()
    for row, merged in zip(before.tolist(), table[owner].tolist(), strict=True):
        for side in (0, 2):  # what a passage covers by half may stand over its border
            assert (
                min(row[side + 1], merged[side + 1]) - max(row[side], merged[side]) >= (row[side + 1] - row[side]) / 2
            )
    for number in np.flatnonzero(stays).tolist():
        row, into = table[number].tolist(), int((owner == number).sum())
        changed = row[:4] != before[number, :4].tolist()
        assert changed <= (into > 1)
        if changed:
            assert 2_000 * row[4] >= 700 * (row[1] - row[0] + row[3] - row[2])
        assert row[4] <= min(row[1] - row[0], row[3] - row[2])


@settings(deadline=None, derandomize=True, max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 12)), min_size=1, max_size=6))
def test_the_tally_counts_each_place_of_either_side_once(runs):
    """Runs of equal characters, best first: a pair of places counts where neither was taken before."""
    table = np.array([[a, a + n, b, b + n, n, 2 * x, 2 * x + 1] for x, (a, b, n) in enumerate(runs)], np.int64)
    stretches = np.array([row for a, b, n in runs for row in ((a, b, n), (a + n, b + n, 0))], np.int64)
    left, right = set(), set()
    for a, b, n in runs:
        for x in range(n):
            if a + x not in left and b + x not in right:
                left.add(a + x)
                right.add(b + x)
    members = np.arange(len(runs))
    sides = (np.int64(0), np.int64(42)) * 2
    assert overlap._tally(table, stretches, members, np.int64(600), *sides) == len(left) == len(right)


def test_a_parallel_construction_is_no_repetition():
    """Two clauses of one paragraph built alike are a figure of speech; a sentence that stands there twice is not."""
    grants = "修完本科课程并合格的，凭证一次性发给书报费八百元；修完专科课程并合格的，凭证一次性发给书报费五百元。"
    assert found(grants + invented(1, 60)).passages == ()
    sentence = "巡河的人每天傍晚在闸口的木牌上划一道，满三十道就换一块新牌。"
    (passage,) = found(sentence + invented(1, 60) + sentence).passages
    assert (passage.label, passage.wording) == ("self", 1.0)


SLOGAN = "坚持以经济建设为中心，大力推进社会主义新农村建设"


def step(texts, params, bits=lambda keys: None):
    """What the align step alone finds, and the key stream."""
    laid = repair.lay_out(list(texts))
    edits = repair.repair(laid)
    keys = normalise.normalise(laid, edits)
    segments = segment.segment(laid, edits, keys, np.empty((0, 2), np.int64))
    pairs, _ = near_pairs(keys, segments, params)
    units = cut_at_parts(keys, segments)
    seeds, _ = anchor.anchor(units, segments, pairs, params)
    return keys, align.align(units, segments, seeds, params, bits(keys))


def aligned(*texts, bits):
    """The lengths of the passages that the align step alone finds, on either side."""
    _, table = step(texts, Params(), bits)
    return [*(table.left_end - table.left_start).tolist(), *(table.right_end - table.right_start).tolist()]


def by_length(keys):
    """What is shorter than thirty characters is said by everybody."""
    return lambda start, end: np.where(end - start < 30, 0.8, 2.1) * (end - start)


def rare(keys):
    return lambda start, end: 2.1 * (end - start)


def untold(keys):
    return None


@pytest.mark.parametrize("before", [0, 9])
@pytest.mark.parametrize("behind", [0, 9])
def test_a_slogan_some_foreign_words_away_is_no_part_of_a_copy(before, behind):
    """Twenty equal characters pay for nine foreign ones, but what everybody says proves no copying."""
    copy, texts = invented(1, 120)[:-1], []
    for seed in (10, 20):
        head = SLOGAN + invented(seed, before)[:-1] if before else invented(seed, 30)
        tail = invented(seed + 1, behind)[:-1] + SLOGAN if behind else invented(seed + 1, 30)
        texts.append(invented(seed + 2, 40) + head + copy + tail + "。" + invented(seed + 3, 40))
    wanted = [119, 23] if before or behind else [119]
    assert sorted({*aligned(*texts, bits=by_length)}, reverse=True) == wanted
    assert (max(aligned(*texts, bits=untold)) > 119) == bool(before or behind)


def test_borders_that_do_not_face_each_other_cost_the_matches_that_crossed_them():
    """What stands in a heading here and in the paragraph there is no part of the copy below the heading."""
    copy = "务农技人员分片包村帮春耕备耕和防治病虫"
    result = found(f"第在河谷一\n{copy}\n第\n构在河谷䀍{copy}", threshold=0.2, min_chars=16)
    (passage,) = result.passages
    assert (result.text(passage.left), result.text(passage.right), passage.wording) == (copy, copy, 1.0)


def test_rare_words_beyond_a_gap_stay_with_the_copy():
    """The last clause of a copied sentence, behind a replaced phrase, is part of the copy."""
    copy, last = invented(1, 120)[:-1], invented(2, 25)[:-1]
    texts = [invented(seed, 40) + copy + invented(seed + 1, 9)[:-1] + last + "。" for seed in (10, 20)]
    assert aligned(*texts, bits=rare) == [119 + 8 + 24] * 2


def test_clauses_put_elsewhere_within_a_copy_are_part_of_it():
    """Every clause of a sentence moved to its end is no passage of its own, and all of it counts as matched."""
    clauses = [invented(seed, 21)[:-1] for seed in range(40)]
    turned = [clause for at in range(0, 40, 4) for clause in (*clauses[at + 1 : at + 4], clauses[at])]
    (passage,) = found("，".join(clauses), "，".join(turned)).passages
    assert passage.kind == "shuffled"
    assert passage.wording >= 0.99
    assert passage.left.end - passage.left.start >= 820


def test_a_repeated_sentence_does_not_count_twice():
    """Three times on the left what stands once on the right: no merging lends it a wording it has not."""
    one, other = invented(1, 60), invented(2, 60)
    passages = found(one + other + invented(3, 8) + one + one, other + one).passages
    for passage in passages:
        size = passage.left.end - passage.left.start + passage.right.end - passage.right.start
        assert passage.wording <= 2 * min(passage.right.end - passage.right.start, 118) / (size - 8) + 1e-9


def jumbled(seed):
    """Two texts of the same few pieces, some repeated, some edited, a few foreign characters between them."""
    rng = random.Random(seed)
    pieces = [invented(seed + n, rng.randrange(10, 27))[:-1] for n in range(rng.randrange(2, 5))]

    def text():
        shown = [
            edited(rng.choice(pieces), rng.choice([0, 0, 0.1]), rng.random()) for _ in range(rng.randrange(2, 7))
        ]
        return "".join(piece + invented(rng.random(), rng.choice([1, 1, 4, 9]))[:-1] for piece in shown)

    return text(), text()


@pytest.mark.parametrize("threshold", [0.2, 0.7])
def test_what_is_called_aligned_stands_in_one_order(threshold):
    """Where pieces repeat, no passage that is not shuffled counts more matches than its sides have in order.

    Found by fuzzing: of passages merged from pieces that overlap, what matches across was counted too.
    """
    kinds = set()
    for seed in range(60):
        keys, table = step(jumbled(seed), Params(threshold=threshold, min_chars=16))
        starts, ends = (table.left_start, table.right_start), (table.left_end, table.right_end)
        for row, matches in enumerate(table.matches.tolist()):
            kinds.add(int(table.kind[row]))
            sides = [keys.codes[start[row] : end[row]].tolist() for start, end in zip(starts, ends, strict=True)]
            assert matches <= min(map(len, sides))
            if table.kind[row] == PassageKind.ALIGNED:
                assert matches <= naive.common_subsequence(*sides), seed
    assert kinds == {PassageKind.ALIGNED, PassageKind.SHUFFLED}


def test_a_repeated_title_does_not_take_the_grade_of_a_long_copy():
    """One title more on one side makes the passage shuffled; it is verbatim and long all the same."""
    title, body = invented(1, 30), invented(2, 900)
    result = found(f"{title}\n{body}", f"{title}\n{title}\n{title}\n{body}")
    longest = max(result.clusters, key=lambda cluster: max(span.end - span.start for span in cluster.members))
    assert (longest.label, longest.grade) == ("copy", "A")


@settings(deadline=None, derandomize=True, max_examples=4)
@given(st.integers(0, 99), st.integers(2, 3))
def test_an_extension_ends_where_everything_resembles_everything(seed, letters):
    """Two texts of two letters in no order agree by two thirds for ever: edits are counted, not time."""
    codes = np.random.default_rng(seed).integers(0, letters, 60_000).astype(np.uint32)
    far, floor, drop = np.int64(29_000), np.int64(600), np.int64(8_000)
    start = np.int64(0), np.int64(30_000)
    steps = kernels._extend(codes, *start, np.int64(1), far, far, floor, drop, np.empty(257, np.int64))
    assert sum(steps[:2]) - 2 * steps[2] <= kernels._EDITS
    wrong = codes.copy()
    wrong[30_000:59_000] = codes[:29_000]
    wrong[30_000:59_000:40] += 7  # a copy with a foreign letter in forty is followed until there are so many edits
    there = kernels._extend(wrong, *start, np.int64(1), far, far, floor, drop, np.empty(257, np.int64))
    assert 20 * kernels._EDITS - 64 <= there[0] <= 20 * kernels._EDITS + 64


def test_what_anchors_call_weak_comes_to_nothing_alone():
    """The bounds of both steps agree, and the kernel has room and constants for what is compared at once."""
    assert anchor.RUN <= anchor.SURE <= align.WHOLE < align.ALONE
    assert (anchor.REACH, anchor.DRIFT) == (align.REACH, align.DRIFT)
    assert (anchor.REACH, anchor.DRIFT) == (kernels_seeds._REACH, kernels_seeds._DRIFT)
    assert (align.FAR_REACH, align.FAR_DRIFT) == (kernels_seeds._FAR_REACH, kernels_seeds._FAR_DRIFT)


def test_a_run_of_a_dozen_characters_alone_needs_an_echo_or_a_paragraph():
    """Two texts share twelve characters: nothing; with three more near them, or as a line of its own: a passage."""
    run, far = invented(1, 13)[:-1], invented(2, 4)[:-1]
    fillers = [invented(seed, 60)[:-1] for seed in range(10, 18)]
    texts = [fillers[n] + run + fillers[n + 1] for n in (0, 2)]
    assert not found(*texts).passages
    echoed = [fillers[4][:40] + run + fillers[5][:n] + run[:3] + far + fillers[6] for n in (3, 9)]
    assert len(found(*echoed).passages) == 1
    lines = [f"{fillers[n]}。\n{run}。\n{fillers[n + 1]}。" for n in (0, 2)]
    assert len(found(*lines).passages) == 1


def test_places_of_two_thousand_million_characters_are_taken_apart_without_a_mark():
    words = np.array([7 << 32 | 13, (1 << 31) << 32 | 3_000_000_001], np.uint64)
    small = np.array([0, 1 << 20], np.int64)
    assert [side.tolist() for side in anchor.sides(words[:1], small)] == [[7], [6], [True]]
    large = np.array([0, 1 << 32], np.int64)
    left, right, weak = anchor.sides(words, large)
    assert (left.tolist(), right.tolist(), weak.any()) == ([7, 1 << 31], [13, 3_000_000_001], False)
