"""What goes, what stays, and how large the pieces are: the settings of a clean."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from dedup.errors import ParamsError
from dedup.params import LABELS

LEVELS: tuple[str, ...] = ("document", "paragraph", "passage")
"""Sizes of the unit that is kept or goes: a document, a paragraph, a sentence."""

KEEPS: tuple[str, ...] = ("first", "longest", "newest", "oldest", "medoid", "none")
"""Which member of a family stays; ``none`` keeps none."""

ROUTES: tuple[str, ...] = ("paragraphs", "passages")
"""How duplicates are found: near-duplicate paragraphs alone (`dedup.clean.near`), or by a scan, of any length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanPolicy:
    """Settings of a clean.

    Parameters
    ----------
    level : str
        One of `LEVELS`. The unit is kept or goes as a whole: a document, a paragraph (the text between line
        breaks), or at level ``passage`` a sentence, so that no half of a sentence is ever left behind.
    keep : str
        One of `KEEPS`: which member of a family stays. ``newest`` and ``oldest`` go by the date of the document, and
        documents without one come last. Ties, and everything without a date, fall to the first in input order.
    prefer : tuple of str
        Globs over document names; a member whose document matches an earlier glob stays before all others, whatever
        ``keep`` says.
    labels : tuple of str
        Labels that go. ``furniture`` goes wherever it stands; of a family of any other label one member stays.
        Formulas, citations and templates stay unless named.
    share : float, optional
        In (0, 1]: a unit goes when at least this share of its letters, Han and digits stands in what stays, character
        by character. Below 1 the rest of the unit goes with it and is counted as ``carried``. None takes the level's:
        0.8 for documents, 0.95 for what is smaller (in a sentence of 20 characters one other name is a tenth).
    numbers : bool
        Whether numbers count: a unit with a number that does not stand in what stays, stays. At level ``document``
        numbers are characters like any other.
    names : bool
        The same for names of persons and places: a unit with a name in whose place the partner has another, stays.

    Raises
    ------
    ParamsError
        If anything is out of bounds; all problems at once.

    Examples
    --------
    >>> from dedup.clean import CleanPolicy
    >>> CleanPolicy(level="document", keep="newest").rule
    'document>=0.8'
    """

    level: str = "paragraph"
    keep: str = "first"
    prefer: tuple[str, ...] = ()
    labels: tuple[str, ...] = ("furniture", "self", "mass", "copy")
    share: float | None = None
    numbers: bool = True
    names: bool = True

    def __post_init__(self) -> None:
        problems: list[str] = []
        for name, allowed in (("level", LEVELS), ("keep", KEEPS)):
            if getattr(self, name) not in allowed:
                problems.append(f"{name} is {getattr(self, name)!r}, but must be one of {', '.join(allowed)}")
        for name in ("prefer", "labels"):
            value = getattr(self, name)
            listed = isinstance(value, Collection) and not isinstance(value, str)
            if not listed or not all(isinstance(item, str) for item in value):
                problems.append(f"{name} is {value!r}, but must be a list of strings")
            else:
                object.__setattr__(self, name, tuple(value))
                if name == "labels":
                    known = LABELS[:-1]
                    problems += [
                        f"labels has {label!r}, which is none of {', '.join(known)}"
                        for label in value
                        if label not in known
                    ]
        if self.share is None:
            object.__setattr__(self, "share", 0.8 if self.level == "document" else 0.95)
        share = self.share
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not math.isfinite(share):
            problems.append(f"share is {share!r}, but must be a number")
        elif not 0 < share <= 1:
            problems.append(f"share is {share}, but must be above 0 and at most 1")
        for name in ("numbers", "names"):
            if not isinstance(getattr(self, name), bool):
                problems.append(f"{name} is {getattr(self, name)!r}, but must be true or false")
        if problems:
            raise ParamsError(problems)
        # One spelling per set of labels, so that two audits of the same policy are the same bytes.
        object.__setattr__(self, "labels", tuple(label for label in LABELS if label in self.labels))

    @property
    def rule(self) -> str:
        """The rule by which a unit goes, as the audit states it."""
        facts = [name for name in ("numbers", "names") if getattr(self, name) and self.level != "document"]
        return " ".join([f"{self.level}>={self.least:g}", *facts])

    @property
    def least(self) -> float:
        """``share`` as a number, which it is once the policy is made."""
        return float(self.share or 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-able values."""
        return {
            "level": self.level,
            "keep": self.keep,
            "prefer": list(self.prefer),
            "labels": list(self.labels),
            "share": self.share,
            "numbers": self.numbers,
            "names": self.names,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CleanPolicy:
        """Make a policy from a mapping such as `to_dict` returns.

        Raises
        ------
        ParamsError
            If a name is unknown or a value out of bounds.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ParamsError([f"{name} is not a setting of clean" for name in unknown])
        return cls(**values)
