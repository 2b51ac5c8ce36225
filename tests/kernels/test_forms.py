"""Scripts, blanks and forms of the kernels are those that RapidFuzz and strings give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from dedup import proposals
from dedup.kernels import forms as kernels

settings.register_profile("kernels", deadline=None, derandomize=True, max_examples=200)
settings.load_profile("kernels")

short = st.text("甲乙丙", max_size=14)
MOST = 40


def codes_of(texts):
    """Texts end to end, and where each begins and ends."""
    end = np.cumsum([len(text) for text in texts], dtype=np.int64)
    start = end - np.array([len(text) for text in texts], np.int64)
    return np.array([ord(char) for char in "".join(texts)] or [0], np.uint32), start, end


def script(text, other, most=MOST):
    """The edits of the kernel as RapidFuzz lists them, and at which columns the two agree."""
    codes, start, end = codes_of([text, other])
    wave, ops = np.empty((most + 1) ** 2, np.int32), np.empty((most, 4), np.int64)
    turns, inserted = np.zeros((2, len(text) + 1), np.int64)
    rows = kernels._edits(codes, start[0], end[0], start[1], end[1], most, wave, turns, inserted, ops)
    if rows < 0:
        return None
    found = [(a, b, c - start[1], d - start[1]) for a, b, c, d in ops[:rows][::-1].tolist()]
    return found, np.cumsum(turns).tolist(), inserted.tolist()


def by_rapidfuzz(text, other):
    found, agree, inserted = [], [0] * (len(text) + 1), [0] * (len(text) + 1)
    for tag, a, b, c, d in Levenshtein.opcodes(text, other).as_list():
        if tag == "equal":
            agree[a:b] = [1] * (b - a)
        else:
            found.append((a, b, c, d))
            inserted[a] += a == b
    return found, agree, inserted


@given(short, short)
def test_a_script_is_the_one_of_rapidfuzz(text, other):
    """Of all shortest ones the same, ties included: what a form is must not depend on who compares."""
    assert script(text, other) == by_rapidfuzz(text, other)


@given(st.text("甲乙", min_size=130, max_size=200), st.data())
def test_a_script_of_longer_texts_is_the_one_of_rapidfuzz(text, data):
    """Beyond the 64 characters that RapidFuzz compares at once, and where it looks for the distance first."""
    other = list(text)
    for _ in range(data.draw(st.integers(0, 12))):
        at = data.draw(st.integers(0, len(other) - 1))
        other[at : at + data.draw(st.integers(0, 2))] = data.draw(st.text("甲乙丁", max_size=2))
    other = "".join(other)
    assert script(text, other) == by_rapidfuzz(text, other)


def test_a_script_of_more_edits_than_the_bound_is_left_to_others():
    assert script("甲" * 50, "乙" * 50) is None and script("甲", "甲" * 60) is None
    assert script("甲" * MOST, "乙" * MOST) is not None


part = st.text("田埂水渠苗圃", min_size=3, max_size=11)


@given(st.lists(part, min_size=2, max_size=5), st.data())
def test_blanks_are_those_found_by_strings(parts, data):
    """Parts with answers between them, some of them equal, empty, or reaching into the parts."""
    answer = st.sampled_from(["", "一", "一二", "三四五", "田", "埂水一"])
    families, wanted = [], []
    for _ in range(3):
        count = data.draw(st.integers(3, 6))
        texts = [parts[0] + "".join(data.draw(answer) + one for one in parts[1:]) for _ in range(count)]
        families.append(texts)
        wanted.append(proposals._by_strings(texts[0], texts[1:]))
    codes, start, end = codes_of([text for texts in families for text in texts])
    size = np.array([len(texts) for texts in families])
    medoid = np.cumsum(size) - size
    other = np.delete(np.arange(len(start)), medoid)
    ptr = np.concatenate([[0], np.cumsum(size - 1)])
    room = np.concatenate([[0], np.cumsum(end[medoid] - start[medoid] + 1)])
    out = np.empty((int(room[-1]), 2), np.int64)
    place, count, told = np.empty((3, 3), np.int64)
    kernels.blanks(
        0, 3, codes, start[medoid], end[medoid], ptr, start[other], end[other], np.int64(MOST), proposals.AGREED,
        np.int64(proposals.BLANKS), np.int64(proposals.CONSTANT), room, out, place, count, told,
    )  # fmt: skip
    for row, (blanks, rows, kept) in enumerate(wanted):
        assert count[row] == rows
        assert out[place[row] : place[row] + rows].tolist() == blanks.tolist()
        assert not rows or told[row] == kept


@pytest.mark.parametrize(
    "text, figures, holes, form",
    [
        ("甲12乙34丙", [(1, 3), (4, 6)], [], "甲＿＿＿＿乙＿＿＿＿丙"),
        ("甲12乙丙丁", [(1, 3)], [(3, 5)], "甲＿＿＿＿丁"),  # a line upon a line is one
        ("甲乙丙丁", [], [(2, 2), (2, 3)], "甲乙＿＿＿＿丁"),
        ("甲乙12丙丁", [(2, 4)], [(1, 5)], "甲＿＿＿＿丁"),  # a blank around a figure
        ("甲＿＿12丁", [(3, 5)], [], "甲＿＿＿＿＿＿丁"),  # lines that stand there stay
        ("甲乙", [], [], "甲乙"),
    ],
)
def test_a_form_has_a_line_for_each_blank_and_figure(text, figures, holes, form):
    codes, start, end = codes_of(["戊", text])
    columns = [
        np.array([one + 1 for one in side], np.int64) for rows in (figures, holes) for side in zip(*rows, strict=True)
    ]
    slots = columns[:2] if figures else [start[:0]] * 2
    blanks = columns[-2:] if holes else [start[:0]] * 2
    out, place, size = np.empty(60, np.uint32), np.empty(1, np.int64), np.empty(1, np.int64)
    kernels.forms(
        0, 1, codes, start[1:], end[1:], *slots, np.array([0]), np.array([len(figures)]), np.array([0, len(holes)]),
        *blanks, np.uint32(ord("＿")), np.int64(4), np.array([0, 60]), out, place, size,
    )  # fmt: skip
    assert "".join(map(chr, out[: size[0]].tolist())) == form


def test_few_families_and_members_far_apart_are_compared_by_strings(monkeypatch):
    """Whoever compares, what is proposed is the same."""
    from test_proposals import FORM, forms, reports

    from dedup import scan

    found = forms(scan(reports(FORM)))
    for few, edits in ((0, 500), (0, 3)):
        monkeypatch.setattr(proposals, "FEW", few)
        monkeypatch.setattr(proposals, "EDITS", edits)
        assert forms(scan(reports(FORM))) == found and found
