"""Labels are those of the slow twin, in small worlds in which every bound is met exactly by some family."""

from __future__ import annotations

from itertools import pairwise

import naive_label
import numpy as np
from naive_label import Family, Member, World

from dedup import Params
from dedup.params import LABELS
from dedup.reach import reach
from dedup.schema import Families, KeyStream, Parts, Passages, Segments, Slots, Usage
from dedup.steps import label
from dedup.steps.repair import lay_out

PARAMS = Params(min_chars=8, formula_chars=27, formula_bits=9.0, clause_bits=20.0, formula_issuers=2, mass_issuers=3)
NONE = np.empty(0, np.int64)


def ints(values) -> np.ndarray:
    return np.array(list(values), np.int64)


def ranges(rng, size, count) -> list[tuple[int, int]]:
    """Sorted ranges, none of which touch."""
    ends = np.unique(rng.integers(0, size, 2 * count))
    return [(int(a), int(b)) for a, b in zip(ends[::2], ends[1::2], strict=False) if b > a]


def invented(seed) -> tuple[World, Segments, list[str]]:
    """A world of a few short texts, its paragraphs, and the texts."""
    rng = np.random.default_rng(seed)
    marks = list("甲乙丙丁戊") + list("“”「」『』。；") * int(rng.integers(0, 2))
    texts = ["".join(rng.choice(marks, int(rng.integers(20, 140)))) for _ in range(rng.integers(1, 5))]
    borders = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).tolist()
    documents = list(pairwise(borders))
    paragraphs, parts = [], []
    for number, (start, end) in enumerate(documents):
        cuts = sorted({start, end, *rng.integers(start, end, rng.integers(0, 9)).tolist()})
        part_starts = sorted({int(cut) for cut in rng.choice(cuts[:-1], rng.integers(0, 3))})
        first = len(parts)
        parts += [(number, a, b) for a, b in pairwise([*part_starts, end])]
        for a, b in pairwise(cuts):
            part = max((first + n for n, at in enumerate(part_starts) if at <= a), default=-1)
            paragraphs.append((number, a, b, int(rng.integers(0, 3)), int(rng.integers(0, 3)), part))
    families = [family(rng, documents) for _ in range(rng.integers(0, 7))]
    world = World(
        "".join(texts), documents, [rng.choice([None, "甲乡", "乙镇"]) for _ in texts], paragraphs, parts, families,
        {name: ranges(rng, borders[-1], rng.integers(0, 5)) for name in ("furniture", "template", "citation")},
    )  # fmt: skip
    columns = [ints(column) for column in zip(*paragraphs, strict=True)]
    of, start, end, kind, level, part = columns
    where = [ints(column) for column in zip(*parts, strict=True)] or [NONE] * 3
    segments = Segments(
        of, start, end, start, end, kind.astype(np.uint8), level.astype(np.uint8), part, np.full(len(of), -1),
        NONE, NONE, Parts(where[0], where[1], where[2], where[1], where[1] + 1),
    )  # fmt: skip
    return world, segments, texts


def family(rng, documents) -> Family:
    """A family whose figures are at, above or below the bounds of the rules."""
    size = int(rng.choice([5, 8, 10, 24, 25, 27, 28, 40, 80]))
    members = []
    for _ in range(rng.integers(2, 6)):
        low, high = documents[rng.integers(0, len(documents))]
        start = int(rng.integers(low, max(high - size, low) + 1))
        members.append(
            Member((start, min(start + size, high)), (0, 0), float(rng.choice([0.7, 0.8, 0.9, 0.95, 1.0])))
        )
    medoid = int(rng.integers(0, len(members)))
    members[medoid].wording = 1.0
    start, end = members[medoid].keys
    surplus = [0.0, 9.0, 12.0, 12.01, 20.0, 20.01, 30.0, 0.7 * (end - start)]
    contexts = [0.0, 1.0, 1.9, 2.0 - 1e-9, 2.0, 2.5]
    passages = [(int(rng.integers(0, 3)), float(rng.choice([0.9, 0.95]))) for _ in range(rng.integers(0, 3))]
    return Family(
        members, medoid, passages, float(rng.choice(surplus)), float(rng.choice([119.9, 120.0])),
        float(rng.choice(contexts)), bool(rng.integers(0, 2)), bool(rng.integers(0, 2)),
    )  # fmt: skip


def labelled(world, segments, texts, params):
    """What the step says of a world; the members' raw ranges are filled in."""
    laid = lay_out(texts)
    places = np.arange(len(laid.codes))
    keys = KeyStream(laid.codes, places, np.ones(len(places), np.uint16), laid.indptr, Slots(NONE, NONE, NONE, NONE))
    members = [member for one in world.families for member in one.members]
    start, end = (ints(member.keys[side] for member in members) for side in (0, 1))
    for member, *span in zip(
        members, *(side.tolist() for side in reach(laid, keys, segments, start, end)), strict=True
    ):
        member.raw = tuple(span)
    indptr, owned = (
        ints(np.cumsum([0, *sizes]))
        for sizes in zip(*((len(one.members), len(one.passages)) for one in world.families), strict=True)
    ) if world.families else (np.zeros(1, np.int64),) * 2  # fmt: skip
    medoid = indptr[:-1] + ints(one.medoid for one in world.families)
    rows = [row for one in world.families for row in one.passages]
    none = np.zeros(len(rows), np.int64)
    passages = Passages(
        none, none, none, none, none, np.array([row[1] for row in rows], float), ints(row[0] for row in rows)
    )
    wording = np.array([member.wording for member in members], float)
    families = Families(indptr, start, end, wording, medoid, np.arange(len(rows)), owned)
    figures = [[getattr(one, name) for one in world.families] for name in ("surplus", "bits", "contexts")]
    surplus, bits, contexts = (np.array(column, float) for column in figures)
    continued, paragraph = (
        np.array([getattr(one, name) for one in world.families], bool) for name in ("continued", "paragraph")
    )
    noise, form, reference = (
        ints(place for span in world.ranges[name] for place in span).reshape(-1, 2)
        for name in ("furniture", "template", "citation")
    )
    usage = Usage(none, contexts, continued, paragraph)
    known = label.Known(form, reference)
    return label.label(
        laid, keys, segments, passages, families, noise, bits, surplus, usage, world.issuers, known, params
    )


def test_labels_are_those_of_the_twin():
    """Rules, decisions, grades, runs and what is hidden, in many worlds, with labels switched off in every third."""
    for seed in range(200):
        world, segments, texts = invented(seed)
        switched = LABELS[:-1] if seed % 3 else tuple(LABELS[n] for n in range(len(LABELS) - 1) if (seed >> n) % 2)
        params = Params(**PARAMS.to_dict() | {"labels": switched})
        found = labelled(world, segments, texts, params)
        holds = naive_label.rules(world, params)
        held = [{reason for reason in label.Reason if bits >> reason & 1} for bits in found.rules.tolist()]
        assert held == holds, seed
        decisions = [naive_label.decided(one, switched) for one in holds]
        assert [(LABELS[name], why) for name, why in zip(found.family_label, found.reason, strict=True)] == decisions
        grades = [naive_label.strength(one) for one in world.families]
        assert found.strength.tolist() == grades
        accused = [
            grade if name in ("copy", "mass") else 0 for grade, (name, _) in zip(grades, decisions, strict=True)
        ]
        assert found.family_grade.tolist() == accused
        hands = [len({naive_label.hand(world, one)[1] for one in row.members}) for row in world.families]
        assert found.issuers.tolist() == hands, seed
        shown = naive_label.painted(world, decisions, switched)
        columns = zip(
            found.start.tolist(), found.end.tolist(), found.label.tolist(), found.family.tolist(), strict=True
        )
        got = [(start, end, (LABELS[name], owner)) for start, end, name, owner in columns]
        assert got == naive_label.runs(world, shown), seed
        assert [tuple(row) for row in found.hidden.tolist()] == naive_label.hidden(world, shown), seed
