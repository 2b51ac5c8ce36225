"""The words that faces of a result show, in Chinese and English.

Terminal, tables, HTML and review say the same thing with the same word because all of them ask here. Nothing in
this module lays out, escapes or colours: facts come out of a hostile document, and each face neutralises them in
the way its medium needs (control characters on a terminal, markup in a page, formulas in a spreadsheet).

>>> words("zh").label("copy"), words("en").label("copy")
('疑似抄袭', 'suspected copying')
>>> evidence_sentence(Evidence("verbatim_run", {"chars": 120}), "en")
'120 characters in a row are word for word the same'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dedup.errors import ParamsError
from dedup.report.chinese import WORDS as ZH
from dedup.report.english import WORDS as EN
from dedup.result import Evidence, Limit

LANGUAGES: tuple[str, ...] = ("zh", "en")

SHOWN_ORDER: tuple[str, ...] = ("copy", "mass", "self", "template", "citation", "formula", "furniture", "own")
"""Labels from what a reviewer must look at first to what needs no look (the order of decision is `params.LABELS`)."""


@dataclass(frozen=True, slots=True)
class Words:
    """The vocabulary of one language.

    Each mapping goes from the key that stands in the JSON to the word shown. `label`, `grade`, ... look a key up
    and show an unknown key as it is: a result written by a later version must still be readable.
    """

    lang: str
    labels: Mapping[str, str]
    label_notes: Mapping[str, str]
    grades: Mapping[str, str]
    changes: Mapping[str, str]
    kinds: Mapping[str, str]
    directions: Mapping[str, str]
    skipped: Mapping[str, str]
    evidence: Mapping[str, str]
    limits: Mapping[str, str]
    headings: Mapping[str, str]
    sheets: Mapping[str, str]
    settings: Mapping[str, str]
    stages: Mapping[str, str]
    repairs: Mapping[str, str]
    phrases: Mapping[str, str]

    def label(self, key: str) -> str:
        """Return the word of a label."""
        return self.labels.get(key, key)

    def grade(self, key: str | None) -> str:
        """Return the word of a grade; an ungraded family shows a dash."""
        return "—" if key is None else self.grades.get(key, key)

    def heading(self, key: str) -> str:
        """Return the heading of a table column."""
        return self.headings.get(key, key)

    def say(self, key: str, **facts: Any) -> str:
        """Return the phrase of that key with its facts put in.

        Raises
        ------
        KeyError
            If there is no such phrase, or it wants a fact that was not given: a mistake in a face, not in data.
        """
        return self.phrases[key].format(**facts)


def words(lang: str) -> Words:
    """Return the vocabulary of a language.

    Parameters
    ----------
    lang : str
        ``"zh"`` or ``"en"``.

    Raises
    ------
    ParamsError
        If the language is neither.
    """
    if lang not in _VOCABULARIES:
        raise ParamsError([f"lang is {lang!r}, but must be one of {', '.join(LANGUAGES)}"])
    return _VOCABULARIES[lang]


def evidence_sentence(evidence: Evidence, lang: str) -> str:
    """Return one reason as a sentence without full stop.

    Parameters
    ----------
    evidence : Evidence
        Kind and facts as a step made them, or as they were read from a file.
    lang : str
        ``"zh"`` or ``"en"``.

    Notes
    -----
    Evidence of an unknown kind, or with facts missing, is shown as ``kind: name=value``: it may come from another
    version, and to leave it out would hide a reason.
    """
    vocabulary = words(lang)
    joint = "、" if lang == "zh" else ", "
    facts = {name: _shown(value, joint) for name, value in evidence.facts.items()}
    if evidence.kind == "rule" and facts:
        told = facts.get("why", joint.join(facts.values()))
        return vocabulary.evidence.get(f"rule:{told}", vocabulary.evidence["rule"].format(why=told))
    try:
        sentence = vocabulary.evidence[evidence.kind].format(**facts)
        return sentence + vocabulary.evidence["more"].format(**facts) if "more" in facts else sentence
    except (KeyError, IndexError):
        return f"{evidence.kind}: " + ", ".join(f"{name}={value}" for name, value in facts.items())


def limit_sentence(limit: Limit, lang: str) -> str:
    """Return what was bounded, how many and by which bound, as a sentence without full stop."""
    vocabulary = words(lang)
    form = vocabulary.limits.get(limit.kind, vocabulary.limits["other"])
    sentence = form.format(kind=limit.kind, count=f"{limit.count:,}", bound=f"{limit.bound:,}")
    if not limit.detail:
        return sentence
    largest = limit.detail.removeprefix("largest ")  # as most details say; the JSON has them in English
    if lang == "zh":
        return f"{sentence}（{limit.detail if largest == limit.detail else f'最大的 {largest}'}）"
    return f"{sentence} ({limit.detail})"


def _shown(value: object, joint: str) -> str:
    """Return a fact as text: lists joined, the rest as it is."""
    if isinstance(value, (list, tuple)):
        return joint.join(str(item) for item in value)
    return str(value)


_VOCABULARIES: Mapping[str, Words] = {"zh": Words(lang="zh", **ZH), "en": Words(lang="en", **EN)}
