"""The route by paragraphs: which pairs are asked for, how far they reach, and what a result is made of them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest

from dedup.clean import CleanPolicy, near, paragraphs, plan
from dedup.digests import digest
from dedup.errors import ParamsError
from dedup.executors.labels import labelled
from dedup.params import LABELS, Params
from dedup.result import GRADES, Cluster, Document, Limit, Skipped, Span
from dedup.schema import (
    Families,
    KeyStream,
    Labels,
    Pairs,
    ParagraphKind,
    PassageKind,
    Segments,
    Slots,
    Texts,
)

ONE = "篾匠腊月里编晒簟，一张要三天，先付一半的工钱。"
TWO = "井台的石板换了新的，旧的铺在洗衣埠头，滑了再凿。"
BODY, HEADING = ParagraphKind.BODY, ParagraphKind.HEADING


def column(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def segments_of(documents: list[int], sizes: list[int], **columns: np.ndarray) -> Segments:
    """Paragraphs in a row of so many key characters; what is not given is empty."""
    bounds = np.concatenate(([0], np.cumsum(np.array(sizes, np.int64)))).astype(np.int64)
    given = {"document": column(*documents), "start": bounds[:-1], "end": bounds[1:], **columns}
    return Segments(**{field.name: given.get(field.name) for field in fields(Segments)})  # type: ignore[arg-type]


def keys_of(codes: np.ndarray) -> KeyStream:
    none = np.empty(0, np.int64)
    slots = Slots(none, none, none, none.astype(np.uint8))
    return KeyStream(codes.astype(np.uint32), none, none.astype(np.uint16), none, slots)


def pairs_of(left: np.ndarray, right: np.ndarray, jaccard: np.ndarray) -> Pairs:
    return Pairs(left, right, np.arange(len(left)), jaccard, jaccard, jaccard)


def test_which_pairs_are_asked_for():
    """Long enough, or whole body paragraphs of ten characters and more that are equal; and about the corpus."""
    sizes = [9, 10, 11, 15, 16, 17] * 2
    rows = range(len(sizes))
    kinds = np.array([HEADING if row % 5 == 4 else BODY for row in rows], np.uint8)
    segments = segments_of([row // 3 for row in rows], sizes, kind=kinds)
    made = [(one, other, share) for one in rows for other in range(one + 1, len(sizes)) for share in (1.0, 0.99)]
    left, right, jaccard = (np.array(one) for one in zip(*made, strict=True))
    for mine in (0, 1, 2, 4):
        found = paragraphs._wanted(segments, pairs_of(left, right, jaccard), mine, Params())
        wanted = []
        for one, other, share in made:
            both = min(sizes[one], sizes[other])
            whole = share == 1 and both >= 10 and kinds[one] == kinds[other] == BODY
            wanted.append(one // 3 < mine and (both >= 16 or whole))
        assert found.tolist() == wanted


def naive_reach(
    words: list[str], documents: list[int], left: int, right: int, least: int
) -> tuple[int, int, int, int]:
    """Line by line, first upwards; a line shorter than least that is equal on both sides is taken in."""

    def alike(one: int, other: int) -> bool:
        return (
            documents[one] == documents[left]
            and documents[other] == documents[right]
            and words[one] == words[other]
            and 0 < len(words[one]) < least
        )

    first, there, last, until = left, right, left, right
    while first > 0 and there - 1 > left and alike(first - 1, there - 1):
        first, there = first - 1, there - 1
    while until + 1 < len(words) and last + 1 < there and alike(last + 1, until + 1):
        last, until = last + 1, until + 1
    return first, last, there, until


def test_how_far_a_pair_reaches_is_what_the_twin_says():
    """Of lines of few words in few documents, so that equal ones meet borders, one another and themselves."""
    grown = 0
    for seed in range(300):
        rng = random.Random(seed)
        words = rng.choices(["", "甲", "乙乙", "丙丙丙", "丁丁丁丁"], [1, 9, 3, 2, 1], k=rng.randrange(2, 16))
        documents = sorted(rng.choices(range(rng.randrange(1, 4)), k=len(words)))
        segments = segments_of(documents, [len(word) for word in words])
        codes = np.array([ord(sign) for word in words for sign in word], np.uint32)
        pairs = [sorted(rng.sample(range(len(words)), 2)) for _ in range(rng.randrange(5))]
        left, right = np.array(pairs, np.int64).reshape(-1, 2).T
        least = rng.choice([2, 3, 4, 9])
        found = paragraphs._along(keys_of(codes), segments, left, right, least)
        wanted = [naive_reach(words, documents, one, other, least) for one, other in pairs]
        assert list(zip(*(side.tolist() for side in found), strict=True)) == wanted, seed
        grown += sum(row[1] > row[0] + 1 for row in wanted)
    assert grown > 20


def test_a_line_between_both_of_a_pair_is_of_one_of_them():
    """A block that stands twice with one line above, between and below: members do not overlap."""
    result = near([Document("a", f"小计\n{ONE}\n小计\n{ONE}\n小计\n")])
    (family,) = result.clusters
    assert [result.text(span) for span in family.members] == [f"小计\n{ONE}"] * 2


def test_a_pair_is_a_passage_from_end_to_end():
    """Shared shingles are its matches, their Jaccard index its wording."""
    words = ["题", "一" * 20, "尾", "题", "二" * 20, "题", "一" * 20]
    segments = segments_of([0, 0, 0, 1, 1, 1, 1], [len(word) for word in words])
    keys = keys_of(np.array([ord(sign) for sign in "".join(words)]))
    pairs = Pairs(column(1, 1), column(4, 6), column(7, 9), np.array([0.5, 0.75]), np.ones(2), np.ones(2))
    for wanted in ([True, True], [False, True]):
        found = paragraphs._passages(keys, segments, pairs, np.array(wanted), Params())
        rows = [(0, 21, 22, 43, 7, 0.5), (0, 21, 43, 64, 9, 0.75)][-sum(wanted) :]
        columns = (found.left_start, found.left_end, found.right_start, found.right_end, found.matches, found.wording)
        assert list(zip(*(one.tolist() for one in columns), strict=True)) == rows
        assert found.kind.tolist() == [PassageKind.ALIGNED] * len(rows) and found.kind.dtype == np.uint8


def labels_of(**columns: np.ndarray) -> Labels:
    none = np.empty(0, np.int64)
    return Labels(**{field.name: columns.get(field.name, none) for field in fields(Labels)})  # type: ignore[arg-type]


class World:
    """Documents of paragraphs that begin with figures, which the key stream has not, and families of them."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        self.texts: list[str] = []
        rows: list[tuple[int, int, int, str]] = []  # document, raw start, raw end, key text
        for document in range(rng.randrange(1, 5)):
            text = ""
            for _ in range(rng.randrange(4)):
                text += rng.choice(["", "\n", "　"])
                word = rng.choice(["", "甲乙丙丁戊己庚辛壬癸子丑寅", "卯辰", "午"])
                start, text = len(text), text + rng.choice(["12", "3", ""]) * bool(word or document) + word
                if len(text) > start:
                    rows.append((document, start, len(text), word))
                text += "\n"
            self.texts.append(text)
        self.rows = rows
        self.short = np.array([rng.random() < 0.2 for _ in self.texts], bool)
        bounds = np.cumsum([0, *(len(text) for text in self.texts)]).astype(np.int64)
        self.laid = Texts(np.array([ord(sign) for sign in "".join(self.texts)], np.uint32), bounds)
        raw = [(int(bounds[row[0]]) + row[1], int(bounds[row[0]]) + row[2]) for row in rows]
        self.segments = segments_of(
            [row[0] for row in rows],
            [len(row[3]) for row in rows],
            raw_start=column(*(one for one, _ in raw)),
            raw_end=column(*(other for _, other in raw)),
        )
        self.keys = keys_of(np.array([ord(sign) for row in rows for sign in row[3]], np.uint32))
        filled = [number for number, row in enumerate(rows) if row[3] and not self.short[row[0]]]
        self.families: list[list[tuple[int, int]]] = []  # rows from and to, of one document
        for _ in range(rng.randrange(4) if filled else 0):
            chosen = sorted(set(rng.choices(filled, k=rng.randrange(1, 5))))
            self.families.append([(row, self._end(rng, row, filled)) for row in chosen])
        self.medoids = [rng.randrange(len(members)) for members in self.families]
        members = [member for family in self.families for member in family]
        self.wording = [rng.choice([1.0, 0.91234567, 0.8]) for _ in members]
        start, end = self.segments.start, self.segments.end
        sizes = np.cumsum([0, *(len(family) for family in self.families)]).astype(np.int64)
        self.table = Families(
            indptr=sizes,
            start=column(*(start[first] for first, _ in members)),
            end=column(*(end[last] for _, last in members)),
            wording=np.array(self.wording),
            medoid=column(*(int(sizes[row]) + medoid for row, medoid in enumerate(self.medoids))),
            passages=column(),
            passage_indptr=column(),
        )
        self.labels = labels_of(
            family_label=np.array([rng.randrange(len(LABELS)) for _ in self.families], np.uint8),
            family_grade=np.array([rng.randrange(len(GRADES)) for _ in self.families], np.uint8),
            issuers=column(*(rng.randrange(1, 9) for _ in self.families)),
        )

    def _end(self, rng: random.Random, row: int, filled: list[int]) -> int:
        same = [one for one in filled if one >= row and self.rows[one][0] == self.rows[row][0]]
        return rng.choice(same[:2])

    def wanted(self) -> list[Cluster]:
        """The families, member by member; their names tell those of equal text apart."""
        numbers = np.cumsum(~self.short) - 1
        found, seen, at = [], Counter(), 0
        for row, family in enumerate(self.families):
            spans = [Span(int(numbers[self.rows[one][0]]), self.rows[one][1], self.rows[to][2]) for one, to in family]
            first, last = family[self.medoids[row]]
            text = "".join(self.rows[one][3] for one in range(first, last + 1))
            seen[text] += 1
            here = tuple(round(value, 4) for value in self.wording[at : at + len(family)])
            at += len(family)
            found.append(
                Cluster(
                    id=digest("family", text) if seen[text] == 1 else digest("family", text, str(seen[text])),
                    label=LABELS[self.labels.family_label[row]],
                    grade=GRADES[self.labels.family_grade[row]],
                    title=text[:12],
                    medoid=self.medoids[row],
                    weakest=min(here),
                    similarity=min(here),
                    members=tuple(spans),
                    wording=here,
                    documents=len({span.document for span in spans}),
                    issuers=int(self.labels.issuers[row]),
                )
            )
        return found


def test_families_are_what_the_twin_says():
    """Whole paragraphs, figures at their head with them, numbered among the documents that are long enough."""
    twice = 0
    for seed in range(300):
        world = World(seed)
        found = paragraphs._clusters(
            world.laid, world.keys, world.segments, world.table, world.labels, np.cumsum(~world.short) - 1
        )
        assert found == world.wanted(), seed
        twice += len({row.title for row in found}) < len(found)
    assert twice > 20


def test_documents_are_what_the_twin_says():
    """Characters by label and runs that bear one, counted in a text of labels; short documents are left out."""
    for seed in range(200):
        rng = random.Random(seed)
        texts = ["文" * rng.choice([0, 1, 5, 9]) for _ in range(rng.randrange(1, 5))]
        short = np.array([rng.random() < 0.3 for _ in texts], bool)
        bounds = [0]
        rows: list[tuple[int, int, int, int]] = []
        wanted = []
        for number, text in enumerate(texts):
            cuts = sorted({0, len(text), *(rng.randrange(len(text) + 1) for _ in range(3))})
            runs = [(one, two, rng.randrange(len(LABELS)), rng.randrange(-1, 3)) for one, two in pairwise(cuts)]
            rows += [(bounds[-1] + one, bounds[-1] + two, label, family) for one, two, label, family in runs]
            bounds.append(bounds[-1] + len(text))
            signs = [LABELS[label] for one, two, label, _ in runs for _ in range(one, two)]
            marks = [
                (one, two, LABELS[label], f"f{family}" if family >= 0 else None)
                for one, two, label, family in runs
                if LABELS[label] != "own"
            ]
            if not short[number]:
                wanted.append((text, Counter(signs), tuple(marks)))
        start, end, label, family = np.array(rows, np.int64).reshape(-1, 4).T
        labels = labels_of(start=start, end=end, label=label.astype(np.uint8), family=family)
        laid = Texts(np.zeros(bounds[-1], np.uint32), column(*bounds))
        documents = [
            Document(f"{number}", text, f"m{number}", "题", "署", "2001-02", "gbk", flags={"replaced": number})
            for number, text in enumerate(texts)
        ]
        found = list(paragraphs._documents(documents, laid, labels, ["f0", "f1", "f2"], short))
        assert [(row.text, row.labels, row.marks) for row in found] == [
            (text, dict.fromkeys(LABELS, 0) | counts, marks) for text, counts, marks in wanted
        ]
        kept = [document for document, out in zip(documents, short, strict=True) if not out]
        for place, (row, document) in enumerate(zip(found, kept, strict=True)):
            assert row.id == place and row.chars == len(document.text) and row.digest == digest(document.text)
            for name in ("source", "member", "title", "issuer", "date", "encoding", "flags"):
                assert getattr(row, name) == getattr(document, name)
            assert (row.parts, row.rates, row.repairs) == ((), {}, {})


def families(*texts: str, params: Params | None = None, **options: object) -> list[list[str]]:
    result = near([Document(str(row), text) for row, text in enumerate(texts)], params, **options)  # type: ignore[arg-type]
    return [[result.text(span) for span in one.members] for one in result.clusters]


def test_the_bounds_are_those_of_the_parameters():
    """As long as the shortest passage, or ten characters word for word; as alike as the threshold."""
    ten, nine = TWO[:9] + TWO[10], TWO[:9]
    assert families(f"{ten}。\n", f"{ten}。\n") == [[f"{ten}。"] * 2]
    assert families(f"{nine}。\n", f"{nine}。\n") == []
    other = ONE.replace("工钱", "工分")
    assert families(ONE, other) == [[ONE, other]]
    assert families(ONE, other, params=Params(threshold=0.9)) == []
    assert families(ONE, other, params=Params(min_chars=21)) == []
    assert families(ONE, ONE, params=Params(min_chars=21)) == [[ONE] * 2]


def test_stages_are_told_as_they_come():
    told: list[tuple[str, float]] = []
    near([Document("a", ONE)], progress=lambda stage, share: told.append((stage, share)))
    assert told == [*((stage, 0.0) for stage in paragraphs.STAGES[1:]), ("describe", 1.0)]


def test_what_is_passed_over_and_bounded_goes_through():
    """Given rows and those of documents that are too short, in one order; the parameters with them."""
    given = [Skipped("m", "why", member="b"), Skipped("m", "why"), Skipped("a", "z"), Skipped("a", "y")]
    bound = Limit("bytes", 3, 2)
    documents = [Document("k", "甲乙丙丁"), Document("k", ONE), Document("b", " \n"), Document("z", "甲乙丙丁戊")]
    result = near(documents, Params(threshold=0.6), skipped=given, limits=[bound])
    few = "fewer than 5 characters remain to be compared (punctuation, digits and space do not count)"
    assert result.skipped == (
        given[3],
        given[2],
        Skipped("b", few, "empty"),
        Skipped("k", few, "short"),
        given[1],
        given[0],
    )
    assert (result.limits, result.params, result.passages) == ((bound,), Params(threshold=0.6), ())
    assert [(info.id, info.source) for info in result.documents] == [(0, "k"), (1, "z")]
    assert len(given) == 4


def test_what_the_kernels_bound_is_told_behind_what_was_given():
    flood = [Document(str(row), ONE) for row in range(4)]
    result = near(flood, Params(bucket=2), limits=[Limit("bytes", 3, 2)])
    assert result.limits[0].kind == "bytes" and len(result.limits) > 1


def test_issuers_count_and_one_report_is_no_other():
    """Three reports of two issuers; what one says twice is called self."""
    documents = [Document(str(row), ONE, issuer=issuer) for row, issuer in enumerate("甲甲乙")]
    assert [(one.issuers, one.documents, one.label) for one in near(documents).clusters] == [(2, 3, "copy")]
    (own,) = near([Document("a", f"{ONE}\n{TWO}\n{ONE}\n")]).clusters
    assert (own.documents, own.label) == (1, "self")
    assert plan(near(documents), CleanPolicy()).whole == {1, 2}


def test_what_the_corpus_is_held_to_is_asked_for_the_corpus_only():
    """Its paragraphs are partners; two of them are no family."""
    texts = [Document("a", ONE), Document("b", TWO)]
    held = [Document("c", TWO), Document("d", TWO), Document("e", TWO + ONE[::-1])]
    (family,) = near(texts, against=held).clusters
    assert [span.document for span in family.members] == [1, 2, 3]
    assert near(texts[:1], against=held).clusters == ()
    assert near([], against=held).clusters == () and near([]).documents == ()


def test_no_text_is_taken_for_a_form_or_a_quotation(monkeypatch):
    """A clean is given neither forms nor references: the ranges of both are none."""
    told = []

    def asked(*given):
        told.append([table.shape for table in (given[4].template, given[4].reference)])
        return labelled(*given)

    monkeypatch.setattr("dedup.executors.labels.labelled", asked)
    assert len(near([Document("a", ONE), Document("b", ONE)]).clusters) == 1
    assert told == [[(0, 2), (0, 2)]]


def test_jobs_are_one_unless_said_and_none_are_refused():
    with pytest.raises(ParamsError, match="jobs is 0"):
        near([Document("a", ONE)], jobs=0)
    assert near([Document("a", ONE)]) == replace(near([Document("a", ONE)], jobs=2))
