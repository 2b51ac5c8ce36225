"""Every reason that a reader gives has its Chinese, with the same facts in it."""

from __future__ import annotations

import ast
import re
import string

import pytest

from dedup.report.reasons import CHINESE, reason_in
from tests.docs.blocks import ROOT

AT = {"CannotCut": 0, "_extracted": 4}
"""Of the clean: which argument is the reason."""
MAKERS = {"Damaged", "Unsupported", "EncodingProblem", "Skipped", "Exhausted"}
SAID = re.compile("[a-z]{2,} [a-z]")


def sentence(node):
    """Return a literal with X for what is put in, or None where it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
    return None


def given():
    """Yield every sentence that readers and pipeline give as a reason, whether at once or through a name."""
    for path in [*sorted((ROOT / "dedup" / "read").glob("*.py")), ROOT / "dedup" / "pipeline.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found = []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
                found = [
                    sentence(one) for one in (*node.args[1:2], *(k.value for k in node.keywords if k.arg == "reason"))
                ]
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("reason", "_CHANGED"):
                found = [sentence(node.value)]
            yield from (f"{path.name}: {one}" for one in found if one and SAID.search(one))
    for path in sorted((ROOT / "dedup" / "clean").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in AT:
                said = sentence(node.args[AT[node.func.id]])
                yield from (f"{path.name}: {one}" for one in [said] if one)


@pytest.mark.parametrize("told", sorted(set(given())))
def test_every_reason_has_its_chinese(told):
    english = told.split(": ", 1)[1]
    shown = reason_in(english, "zh")
    assert shown != english and re.search("[一-龥]", shown)
    assert reason_in(english, "en") == english


def test_there_are_reasons_to_look_at():
    assert len(set(given())) > 45


@pytest.mark.parametrize("english, chinese", CHINESE)
def test_both_have_the_same_facts(english, chinese):
    """A fact that is said in one language is said in the other; what to set in Python alone may be left out."""

    def facts(form):
        return {name for _, name, _, _ in string.Formatter().parse(form) if name}

    assert facts(english) == facts(chinese)
    example = english.format(**{name: f"‹{name}›" for name in facts(english)})
    assert reason_in(example, "zh") == chinese.format(**{name: f"‹{name}›" for name in facts(english)})


def test_a_reason_within_a_reason_is_told_too():
    inner = "it is protected by a password: save it without"
    told = reason_in(f"none of its first 100 records can be read; the first: {inner}", "zh")
    assert "有密码保护" in told and "100" in told


def test_what_nobody_here_says_is_shown_as_it_is():
    assert reason_in("input/output error", "zh") == "input/output error"
