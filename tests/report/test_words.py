"""Both languages say everything, and evidence is never lost."""

from __future__ import annotations

import string
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.errors import ParamsError
from dedup.params import LABELS, Params
from dedup.pipeline import STAGES
from dedup.report.chinese import WORDS as ZH
from dedup.report.english import WORDS as EN
from dedup.report.words import LANGUAGES, SHOWN_ORDER, evidence_sentence, limit_sentence, words
from dedup.result import Evidence, Limit
from dedup.schema import Reason


def _names(form: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(form) if name}


def test_both_languages_have_the_same_keys_and_each_phrase_the_same_facts():
    assert ZH.keys() == EN.keys()
    for group in ZH:
        assert ZH[group].keys() == EN[group].keys(), group
        if group in ("phrases", "evidence", "limits"):
            for key in ZH[group]:
                assert _names(ZH[group][key]) == _names(EN[group][key]), (group, key)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_label_parameter_stage_and_reason_has_a_word(lang):
    vocabulary = words(lang)
    assert set(SHOWN_ORDER) == set(LABELS) == set(vocabulary.labels) == set(vocabulary.label_notes)
    assert {field.name for field in fields(Params)} == set(vocabulary.settings)
    assert set(STAGES) == set(vocabulary.stages)
    for reason in Reason:
        code = reason.name.lower()
        assert evidence_sentence(Evidence("rule", {"why": code}), lang) == vocabulary.evidence[f"rule:{code}"]


def test_an_unknown_language_is_named_with_those_that_are_known():
    with pytest.raises(ParamsError, match=r"'fr'.*zh, en"):
        words("fr")


def test_evidence_of_an_unknown_kind_or_without_its_facts_is_shown_raw_not_dropped():
    assert evidence_sentence(Evidence("watermark", {"at": 3}), "zh") == "watermark: at=3"
    assert evidence_sentence(Evidence("number", {}), "en") == "number: "
    assert "7、9" in evidence_sentence(Evidence("slots", {"values": ["7", "9"]}), "zh")
    assert evidence_sentence(Evidence("rule", {"why": "new in a later version"}), "en").endswith("later version")


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.text(max_size=20), st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3))
def test_no_evidence_out_of_a_file_can_break_the_sentence(kind, facts):
    """Facts are put into the sentence as they are: braces in a document are not fields of a format string."""
    for lang in LANGUAGES:
        assert isinstance(evidence_sentence(Evidence(kind, facts), lang), str)


def test_braces_in_a_fact_stand_in_the_sentence_as_they_are():
    assert "{0.__class__}" in evidence_sentence(Evidence("typo", {"text": "{0.__class__}"}), "zh")


def test_a_limit_says_kind_count_bound_and_detail():
    limit = Limit("band bucket", 1200, 16, "largest 40")
    assert limit_sentence(limit, "en").startswith("1,200 buckets") and limit_sentence(limit, "en").endswith(
        "(largest 40)"
    )
    assert limit_sentence(limit, "zh").endswith("（最大的 40）")
    told = limit_sentence(Limit("later", 7, 9, "why"), "zh")
    assert all(part in told for part in ("later", "7", "9", "why"))
