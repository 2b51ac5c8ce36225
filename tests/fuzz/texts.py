"""Repair, normalise, furniture, segment, and the whole scan: offsets stay in the text and answers are the twin's."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
from rapidfuzz.distance import LCSseq

from dedup import Document, Params, scan, soundness
from dedup.executors.prepared import cut_at_parts
from dedup.params import LABELS
from dedup.pipeline import near_pairs
from dedup.result import Result
from dedup.schema import Edits, KeyStream, PassageKind, Segments, Texts
from dedup.steps import data
from dedup.steps.align import align
from dedup.steps.anchor import anchor
from dedup.steps.data import Class
from dedup.steps.furniture import furniture
from dedup.steps.normalise import fold, normalise, surfaces
from dedup.steps.repair import lay_out, repair
from dedup.steps.segment import segment
from tests import naive_text
from tests.fuzz.target import Target, hold
from tests.prose import BRACKETS, REPORT

_SEPARATOR = "\x1e"


def _texts(raw: bytes) -> list[str]:
    """Return the texts of an input; bytes that are no UTF-8 become lone surrogates, as broken JSON gives them."""
    return raw.decode("utf-8", "surrogateescape").split(_SEPARATOR)


def layers(raw: bytes) -> None:
    """Hold the text layer to the invariants of its tables and to its slow twin."""
    texts = lay_out(_texts(raw))
    edits = repair(texts)
    keys = normalise(texts, edits)
    _edits(texts, edits)
    _keys(texts, edits, keys)
    noise = furniture(texts, edits, [()] * texts.documents)
    hold(all(0 <= a < b <= len(texts.codes) for a, b in noise.tolist()), "page noise outside the text")
    hold(all(one[1] <= other[0] for one, other in pairwise(noise.tolist())), "page noise overlaps")
    _segments(texts, keys, segment(texts, edits, keys, noise))
    surface = surfaces(texts, edits)
    origin = surface.origin
    hold(len(origin) == len(surface.codes) and (np.diff(origin) >= 0).all(), "the surface goes back")
    hold(not len(origin) or (origin[0] >= 0 and origin[-1] < len(texts.codes)), "the surface leaves the text")
    hold(np.array_equal(fold(fold(texts.codes)), fold(texts.codes)), "folding twice is not folding once")


def _edits(texts: Texts, edits: Edits) -> None:
    start, end = edits.start, edits.end
    hold((start < end).all() if len(start) else True, "an empty edit")
    hold((end[:-1] <= start[1:]).all(), "edits overlap or are out of order")
    hold(not len(end) or (start[0] >= 0 and end[-1] <= len(texts.codes)), "an edit outside the texts")
    hold((texts.document_of(start) == texts.document_of(end - 1)).all(), "an edit crosses into another document")
    hold(len(edits.indptr) == len(start) + 1 and edits.indptr[-1] == len(edits.codes), "edits do not own their codes")


def _keys(texts: Texts, edits: Edits, keys: KeyStream) -> None:
    origin, last = keys.origin, keys.origin + keys.span
    hold(len(keys.codes) == len(origin) == len(keys.span) == keys.indptr[-1], "columns of the key stream differ")
    hold((np.diff(origin) >= 0).all(), "the key stream goes back")
    hold((keys.span >= 1).all(), "a key character stands for nothing")
    for document in range(texts.documents):
        low, high = keys.indptr[document], keys.indptr[document + 1]
        hold((origin[low:high] >= texts.indptr[document]).all(), "a key character before its document")
        hold((last[low:high] <= texts.indptr[document + 1]).all(), "a key character behind its document")
    wanted_keys, wanted_slots = naive_text.key_stream(texts, edits)
    found = list(zip(map(chr, keys.codes.tolist()), origin.tolist(), keys.span.tolist(), strict=True))
    hold(found == wanted_keys, "the key stream is not its twin's")
    slots = keys.slots
    rows = zip(slots.start.tolist(), slots.end.tolist(), slots.key.tolist(), slots.kind.tolist(), strict=True)
    hold(list(rows) == [tuple(map(int, row)) for row in wanted_slots], "the slots are not their twin's")


def _segments(texts: Texts, keys: KeyStream, found: Segments) -> None:
    start, end = found.raw_start, found.raw_end
    hold((start < end).all(), "an empty paragraph")
    hold((end[:-1] <= start[1:]).all(), "paragraphs overlap or are out of order")
    hold((texts.document_of(start) == found.document).all(), "a paragraph of another document")
    hold((texts.document_of(end - 1) == found.document).all(), "a paragraph crosses into another document")
    hold((found.start <= found.end).all() and (found.end[:-1] <= found.start[1:]).all(), "key ranges overlap")
    rows = np.arange(len(start))
    hold((found.heading < rows).all() and (found.heading >= -1).all(), "a heading below its paragraph")
    above = found.heading >= 0
    hold((found.document[found.heading[above]] == found.document[above]).all(), "a heading in another document")
    parts = found.parts
    hold((found.part < len(parts.document)).all() and (found.part >= -1).all(), "no such part")
    hold((parts.raw_start <= parts.title_start).all(), "a title before its part")
    hold((parts.title_start < parts.title_end).all() and (parts.title_end <= parts.raw_end).all(), "a title behind")
    hold((np.diff(found.sentences) > 0).all() and (np.diff(found.lines) > 0).all(), "sentences or lines go back")
    covered = np.zeros(len(texts.codes) + 1, np.int64)
    np.add.at(covered, start, 1)
    np.add.at(covered, end, -1)
    bare = np.flatnonzero(np.cumsum(covered)[:-1] != 1)
    unseen = data.tables().kind[texts.codes[bare]] & 15
    hold(np.isin(unseen, (Class.SPACE, Class.BREAK, Class.INVISIBLE)).all(), "text outside every paragraph")
    hold(bool(len(keys.codes)) <= bool(len(start)), "key characters without a paragraph")


def whole(raw: bytes) -> None:
    """Hold a scan to what a result promises, and to being the same for every order of its inputs."""
    texts = _texts(raw[1:])[:6]
    choice = raw[0] if raw else 0
    if len(texts) == 1:  # without a second text there is little to find: a half of it again
        texts.append(texts[0][len(texts[0]) // 3 :] + "\n" + texts[0][: len(texts[0]) // 2])
    threshold = (0.2, 0.5, 0.7, 1.0)[choice & 3]
    params = Params(threshold=threshold, min_chars=(8, 16)[choice >> 2 & 1], window=(1, 4)[choice >> 3 & 1])
    issuers = (None, "松坪乡人民政府", "石门镇人民政府")
    documents = [
        Document(f"{row}.txt", text, issuer=issuers[(choice >> 4) * (row + 1) % 3]) for row, text in enumerate(texts)
    ]
    result = scan(documents, params)
    wrong = soundness.problem(result)
    hold(wrong is None, f"the result is unsound: {wrong}")
    accounted = len(result.documents) + len({row.source for row in result.skipped})
    hold(accounted == len(texts), "a document is neither in the result nor skipped")
    for info in result.documents:
        hold(info.text == texts[int(info.source.partition(".")[0])], "the text is not as it was given")
    _passages(result, threshold)
    hold(scan(documents[::-1], params).to_json() == result.to_json(), "another order, another result")
    written = result.to_json(texts=True)
    hold(Result.from_dict(json.loads(written)).to_json(texts=True) == written, "the result is not what was written")


def copies(raw: bytes) -> None:
    """Hold what the alignment alone gives to its ranges, their order and the sides' longest common subsequence."""
    choice = raw[0] if raw else 0
    texts = lay_out((_texts(raw[1:]) * 2)[:3])
    params = Params(threshold=(0.2, 0.5, 0.7, 1.0)[choice & 3], min_chars=(8, 16)[choice >> 2 & 1])
    edits = repair(texts)
    keys = normalise(texts, edits)
    segments = segment(texts, edits, keys, np.empty((0, 2), np.int64))
    pairs, _ = near_pairs(keys, segments, params)
    units = cut_at_parts(keys, segments)
    seeds, _ = anchor(units, segments, pairs, params)
    found = align(units, segments, seeds, params)
    left, right = (found.left_start, found.left_end), (found.right_start, found.right_end)
    for start, end in (left, right):
        hold((start >= 0).all() and (start < end).all() and (end <= len(keys.codes)).all(), "a side that is no range")
        document = np.searchsorted(units.indptr, start, side="right")
        hold((document == np.searchsorted(units.indptr, end, side="left")).all(), "a side in two parts")
    hold((left[1] <= right[0]).all(), "sides that overlap, or in the wrong order")
    hold((np.diff(left[0]) >= 0).all(), "passages out of order")
    hold((found.wording >= params.threshold - 1e-9).all(), "a passage below the threshold")
    for row, matches in enumerate(found.matches.tolist()):
        one, other = (keys.codes[start[row] : end[row]].tolist() for start, end in (left, right))
        hold(matches <= min(len(one), len(other)), "more matches than characters")
        if found.kind[row] != PassageKind.SHUFFLED:
            hold(matches <= LCSseq.similarity(one, other), "more matches than stand in one order")


def _passages(result: Result, threshold: float) -> None:
    families = {cluster.id for cluster in result.clusters}
    hold(len(families) == len(result.clusters), "two families of one id")
    for passage in result.passages:
        hold(passage.label in LABELS, "an unknown label")
        hold(result.text(passage.left) and result.text(passage.right), "an empty passage")
        hold(passage.kind == "rewritten" or passage.wording >= threshold - 1e-9, "a passage below the threshold")
        hold(passage.cluster is None or passage.cluster in families, "a passage of no family")
        if passage.left.document == passage.right.document:
            left, right = sorted([(passage.left.start, passage.left.end), (passage.right.start, passage.right.end)])
            hold(left[1] <= right[0], "a passage that is a copy of itself")
        for span, ranges in (
            (passage.left, [change.left for change in passage.changes]),
            (passage.right, [change.right for change in passage.changes]),
        ):
            hold(all(span.start <= a <= b <= span.end for a, b in ranges), "a change outside its passage")
    for cluster in result.clusters:
        hold(len(cluster.members) >= 2, "a family of one")
        hold(abs(cluster.weakest - min(cluster.wording)) < 1e-9, "the weakest member is not the weakest")


def _layer_seeds() -> list[bytes]:
    pieces = [REPORT[:700], "\n".join(BRACKETS), "鄉(xiāng)鎮(zhèn)?，F(xiàn)將\u200b⼀⼈３．５万××镇"]
    pieces.append("首页 > 文库\n第一篇：总结\n一、甲\n（一）乙\n1.丙\n第二篇：计划\n相关推荐\n1. 甲\n第3页 共9页\n")
    return [piece.encode() for piece in pieces] + [_SEPARATOR.join(pieces).encode()]


def scan_corpora() -> list[list[str]]:
    """Return small sets of texts: an edited copy, shuffled sentences, a collection, versions, repetition."""
    lines = REPORT.split("\n")
    one, two = "\n".join(lines[:6]), "\n".join([lines[9], *lines[2:6], lines[11]])
    sentences = "".join(lines[2:8]).split("。")[:6]
    shuffled = "。".join(sentences[row] for row in (3, 0, 5, 2, 4, 1))
    collection = f"第一篇：总结\n{lines[4]}\n{lines[5]}\n第二篇：总结\n{lines[4]}\n{lines[5].replace('3', '××')}"
    return [
        [one, two],
        ["。".join(sentences), shuffled],
        [collection],
        ["\n".join(lines[2:4]) * 2] * 4,
        [one[:200], one[:100]] * 3,
    ]


def _scan_seeds() -> list[bytes]:
    return [
        bytes([row * 37 + 2 & 0xFF]) + _SEPARATOR.join(texts).encode() for row, texts in enumerate(scan_corpora())
    ]


_WORDS = tuple(
    word.encode()
    for word in (
        *(
            "\x1e",
            "\n",
            "\n一、",
            "（一）",
            "\n第三篇：",
            "第三条 ",
            "三百二十",
            "××",
            "某",
            "①",
            "ﷺ",
            "\u200b",
            "\ufffd",
            "⼈",
        ),
        *(
            "鄉(xiāng)",
            "?，F(xiàn)將",
            "<rt>",
            "首页 > ",
            "相关推荐\n",
            "第1页 共2页",
            "（请关注",
            "。",
            "；",
            "，",
            "\u3000\u3000",
        ),
        *("百分之", "12,000", "20xx年", "其一：", "\r\n", "\t", "━━━", "㈱", "ｶﾞ", "e\u0301", "가"),
    )
)

TARGETS = {
    "text-layers": Target(layers, _layer_seeds, _WORDS, longest=3000, seconds=10.0),
    "text-layers-uncompiled": Target(
        layers, _layer_seeds, _WORDS, longest=600, seconds=30.0, jit=False, of="text-layers"
    ),
    "align": Target(copies, _scan_seeds, _WORDS, longest=1500),
    "align-uncompiled": Target(copies, _scan_seeds, _WORDS, longest=600, seconds=60.0, jit=False, of="align"),
    "scan": Target(whole, _scan_seeds, _WORDS, longest=2000, seconds=10.0),
    "scan-uncompiled": Target(whole, _scan_seeds, _WORDS, longest=900, seconds=120.0, jit=False, of="scan"),
}
