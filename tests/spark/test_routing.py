"""The functions between the shuffles, chained in memory: no Spark and no Java is needed to see that they agree."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from bench import corpus
from dedup.executors import copies, meetings
from dedup.executors.blocks import Block, Layout, read
from dedup.executors.packing import pack, unpacked
from dedup.executors.prepared import cut_at_parts, prepare
from dedup.params import Params
from dedup.pipeline import near_pairs
from dedup.result import Document
from dedup.schema import Passages
from dedup.steps import align, anchor, background


def documents(count: int = 24) -> list[Document]:
    made = corpus.make(count * 12)
    texts = ["\n".join(made.texts[at : at + 12]) for at in range(0, len(made.texts), 12)]
    flood = corpus.flood("names", 40) + corpus.flood("copies", 30) + corpus.flood("everywhere", 6)
    return [Document(f"{number:04d}", text) for number, text in enumerate(texts + flood)]


def gathered(rows, visit):
    """Bring rows to their parts, each blob in an order of its own, and visit the parts."""
    parts = defaultdict(lambda: defaultdict(list))
    for part, kind, blob in rows:
        parts[part][kind].insert(0, blob)
    return [row for part in sorted(parts, reverse=True) for row in visit(part, parts[part])]


def routed(texts: list[Document], cuts: list[int], parts: int, params: Params):
    """Return passages and limits as they come of blocks of documents."""
    prepared = [prepare(texts[a:b]) for a, b in zip([0, *cuts], [*cuts, len(texts)], strict=True)]
    blocks = [Block.read(pack(Block.of(one))) for one in prepared]
    layout = Layout(
        *(np.cumsum([0, *sizes]) for sizes in (
            [one.documents for one in prepared],
            [len(one.keys.codes) for one in prepared],
            [len(one.texts.codes) for one in prepared],
        ))
    )  # fmt: skip
    base = layout.keys.tolist()

    def at_blocks(rows, visit):
        return gathered([*rows, *((number, "block", b"") for number in range(len(blocks)))], visit)

    def of(rows, *kinds):
        return [row for row in rows if row[1] in kinds]

    sent = [row for n, one in enumerate(blocks) for row in copies.digests(one, base[n], parts, params)]
    grouped = gathered(sent, lambda _, f: copies.groups(f["digest"], layout, params.bucket))
    sent = at_blocks(of(grouped, "double"), lambda n, f: copies.bands(blocks[n], base[n], f["double"], parts, params))
    found = gathered(sent, lambda _, f: copies.candidates(f["band"], layout, params))
    sent = at_blocks(
        of(found, "candidate") + of(grouped, "group"),
        lambda n, f: copies.sides(blocks[n], n, layout, f["candidate"], f["group"], parts),
    )
    near = gathered(sent, lambda _, f: copies.near(f["side"], params))
    sums = sum((unpacked(blob)["sums"] for _, _, blob in of(near, "sums")), np.zeros(len(copies.bounds(params)), int))
    bound = copies.settled(sums, sum(len(one.segments.start) for one in prepared), params)
    pairs = [copies.across(blob, bound) for _, _, blob in of(near, "near")]
    pairs += [copies.within(blob, bound) for _, _, blob in of(grouped, "group", "large")]
    sent = [row for one in pairs for row in meetings.paired(*one, layout)]
    hashed = [row for n, one in enumerate(blocks) for row in meetings.anchors(one, base[n], parts, params)]
    sent += gathered(hashed, lambda _, f: meetings.seeds(f["anchor"], layout, params))
    asked = at_blocks(of(sent, "need"), lambda n, f: meetings.texts(blocks[n], n, layout, f["need"]))
    tables = gathered(
        of(sent, "seed", "pair") + asked, lambda _, f: [(0, "passage", pack(meetings.passages(f, params)))]
    )
    columns = read([blob for _, _, blob in tables], *Passages.__slots__)
    order = np.lexsort((columns[2], columns[0]))
    return Passages(*(column[order] for column in columns))


def at_once(texts: list[Document], params: Params) -> Passages:
    """Return the passages as one batch gives them."""
    prepared = prepare(texts)
    pairs, _ = near_pairs(prepared.keys, prepared.segments, params)
    units = cut_at_parts(prepared.keys, prepared.segments)
    seeds, _ = anchor.anchor(units, prepared.segments, pairs, params)
    counts = background.load()
    return align.align(
        units, prepared.segments, seeds, params,
        lambda start, end: background.span_bits(prepared.keys, start, end, counts)[0],
    )  # fmt: skip


def naive_links(size, unit, cap):
    """The pairs of rows that the kernel makes of groups whose hashes always agree."""
    pairs, first = set(), 0
    for n in size:
        for j in range(first + 1, first + n):
            for i in range(first if n <= cap else j - 1, j):
                if unit[i] != unit[j] or i == j - 1:
                    pairs.add((i, j))
            if n > cap and j - 1 > first and unit[first] != unit[j]:
                pairs.add((first, j))
        first += n
    return sorted(pairs)


def test_places_of_an_anchor_are_linked_as_by_the_kernel():
    """Small groups all with all, large ones in a chain and with their first; one report with its neighbour only."""
    random = np.random.default_rng(3)
    for _ in range(60):
        size = random.integers(2, 9, 12)
        unit = np.sort(random.integers(0, 6, int(size.sum())))
        left, right = meetings._linked(size, unit, 4)
        assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == naive_links(size.tolist(), unit, 4)


@pytest.mark.parametrize(("cuts", "parts"), [([], 1), ([20, 50], 3), (list(range(5, 100, 7)), 5)])
def test_passages_do_not_depend_on_blocks_and_parts(cuts, parts):
    """Whatever the blocks and parts, the passages are those of one batch: copies, floods and all."""
    texts = documents()
    params = Params(bucket=16)
    wanted, found = at_once(texts, params), routed(texts, cuts, parts, params)
    assert len(wanted.wording) > 500
    for name in Passages.__slots__:
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name), name)
