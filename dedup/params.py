"""The settings that can change a result, and nothing else.

`Params` is frozen, hashable and JSON-able; it is stored in every result and index header. What cannot change
a result (number of workers, language of the report, paths of outputs) is not here.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from dedup.errors import ParamsError

_DIGEST = re.compile(r"(?:[0-9a-f]{16})?")

LABELS: tuple[str, ...] = (
    "furniture",
    "template",
    "citation",
    "formula",
    "self",
    "mass",
    "copy",
    "own",
)
"""Every label a character can bear, in the order of decision; exactly one is borne."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Settings of a scan.

    Parameters
    ----------
    threshold : float
        What counts as near-duplicate, in (0, 1]. For paragraphs the exact Jaccard index of their shingle sets;
        for passages and family members the identity of wording (see `dedup.steps.align`).
    min_chars : int
        Shortest passage reported, in matched key characters (punctuation, digits and space do not count). A whole
        body paragraph that stands elsewhere word for word is reported from 10 on.
    shingle : int
        Characters in a paragraph shingle (k of the k-gram).
    num_perm : int
        Values in a MinHash signature.
    recall : float
        Least probability, by the S-curve of the bands, that a pair exactly at the threshold becomes a candidate.
    seed : int
        Seed of the MinHash permutations (datasketch's generator).
    anchor : int
        Characters in an anchor, the k-gram that seeds passages.
    window : int
        Of so many consecutive k-grams at least one is an anchor (mod-minimisers); 1 takes every k-gram.
    max_gap : int
        Longest stretch of unmatched key characters, on either side, that one passage may bridge.
    bucket : int
        Up to this many members of a band bucket or an exact group are compared all with all; above it, each is
        compared with representatives only, and a `Limit` says so.
    anchor_bucket : int
        The same for the places of an anchor.
    mass_issuers : int
        From this many independent issuers on, a copied block is called ``mass`` (counted, never hidden).
    formula_bits : float
        Information beyond the usual, in bits, up to which a short passage is called ``formula``; a character of
        wording never seen in the background table has 1.1 bits of it (see `dedup.steps.background`).
    formula_chars : int
        Longest ``formula``, in key characters; what is common but longer is copied all the same.
    formula_issuers : int
        In this many different contexts, each in another issuer's (else file's) report, a short clause is called
        ``formula`` even if its wording is not common (see `dedup.steps.usage`).
    clause_bits : float
        The same, up to which such a clause is called ``formula``: 32 characters of wholly unseen wording.
    rewrite_chars : int
        Up to this many key characters in body paragraphs, paragraphs are also compared by their words, which finds
        rewritten ones; a larger corpus is not, and a `Limit` says so. 0 switches it off.
    background : str
        Digest of the background table, empty for the one that ships; set by the scan that is given another.
    labels : tuple of str
        The labels that are decided; a label left out falls through to the next one in order.

    Examples
    --------
    >>> from dedup import Params
    >>> strict = Params(threshold=0.9, min_chars=40)
    >>> Params.from_dict(strict.to_dict()) == strict
    True
    """

    threshold: float = 0.7
    min_chars: int = 16
    shingle: int = 5
    num_perm: int = 128
    recall: float = 0.99
    seed: int = 1
    anchor: int = 6
    window: int = 4
    max_gap: int = 100
    bucket: int = 64
    anchor_bucket: int = 16
    mass_issuers: int = 5
    formula_bits: float = 12.0
    formula_chars: int = 90
    formula_issuers: int = 3
    clause_bits: float = 36.0
    rewrite_chars: int = 5_000_000
    background: str = ""
    labels: tuple[str, ...] = LABELS[:-1]

    def __post_init__(self) -> None:
        problems: list[str] = []
        for name, low, high in BOUNDS:
            problem = _outside(name, getattr(self, name), low, high)
            if problem:
                problems.append(problem)
        if not isinstance(self.background, str) or not _DIGEST.fullmatch(self.background):
            problems.append(f"background is {self.background!r}, but must be 16 hexadecimal digits or empty")
        if not isinstance(self.labels, tuple):
            object.__setattr__(self, "labels", tuple(self.labels))
        for label in self.labels:
            if label not in LABELS[:-1]:
                problems.append(f"labels has {label!r}, which is none of {', '.join(LABELS[:-1])}")
        if problems:
            raise ParamsError(problems)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-able values, in the order of their definition."""
        return asdict(self) | {"labels": list(self.labels)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Params:
        """Make settings from a mapping such as `to_dict` returns.

        Raises
        ------
        ParamsError
            If a name is unknown or a value out of bounds; all problems are named.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ParamsError([f"{name} is not a parameter" for name in unknown])
        given = dict(values)
        if "labels" in given:
            given["labels"] = tuple(given["labels"])
        return cls(**given)

    def digest(self) -> str:
        """Return 16 hexadecimal digits that name this set of values."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


# name, lowest, highest; ints must be ints, floats finite. The upper bounds keep tables within memory, not taste.
BOUNDS: tuple[tuple[str, float, float], ...] = (
    ("threshold", 0.2, 1.0),
    ("min_chars", 8, 100_000),
    ("shingle", 1, 32),
    ("num_perm", 16, 1024),
    ("recall", 0.5, 0.999999),
    ("seed", 0, 2**32 - 1),
    ("anchor", 3, 16),
    ("window", 1, 64),
    ("max_gap", 0, 2_000),
    ("bucket", 2, 1_024),
    ("anchor_bucket", 2, 1_024),
    ("mass_issuers", 2, 1_000_000),
    ("formula_bits", 0.0, 10_000.0),
    ("formula_chars", 0, 100_000),
    ("formula_issuers", 2, 1_000_000),
    ("clause_bits", 0.0, 10_000.0),
    ("rewrite_chars", 0, 1_000_000_000),
)


def _outside(name: str, value: object, low: float, high: float) -> str | None:
    """Return the clause that says why the value is out of bounds, or None."""
    whole = isinstance(low, int)
    kind = "a whole number" if whole else "a number"
    accepted = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, accepted) or not math.isfinite(value):
        return f"{name} is {value!r}, but must be {kind} from {low} to {high}"
    if not low <= value <= high:
        return f"{name} is {value}, but must be from {low} to {high}"
    return None
