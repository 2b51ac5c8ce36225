"""What a clean did, in figures that add up: in = kept + removed + skipped, in documents and in characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dedup.result import Skipped


@dataclass(frozen=True, slots=True)
class CleanReport:
    """What a clean did, or with ``dry_run`` would do, or with ``mark`` marked.

    Parameters
    ----------
    out : path
        The output folder.
    level, keep : str
        Of the policy.
    dry_run, mark : bool
    documents : mapping of str to int
        ``in``, ``untouched``, ``cut``, ``removed``, ``skipped``; the last four sum to the first.
    characters : mapping of str to int
        Code points: ``in``, ``kept``, ``removed``, ``skipped``; the last three sum to the first.
    removed : mapping of str to (int, int)
        By label: removals, and code points in them, which sum to ``characters["removed"]``.
    carried : int
        Letters, Han and digits removed because their unit went, though no copy of them was found (in ``removed``).
    stayed : mapping of str to int
        See `dedup.clean.removal.Plan`.
    converted : mapping of str to str
        Sources that are not written in their own format, and why.
    skipped : tuple of Skipped
        What was not cleaned, and why. Files among them are copied as they are where they can be read.
    copied : int
        Files of which nothing could be analysed, so that they are in no other figure.
    """

    out: Path
    level: str
    keep: str
    dry_run: bool
    mark: bool
    documents: Mapping[str, int]
    characters: Mapping[str, int]
    removed: Mapping[str, tuple[int, int]]
    carried: int
    stayed: Mapping[str, int]
    converted: Mapping[str, str]
    skipped: tuple[Skipped, ...]
    copied: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as the summary row of the audit."""
        return {
            "kind": "summary",
            "documents": dict(self.documents),
            "characters": dict(self.characters),
            "removed": {label: list(pair) for label, pair in self.removed.items()},
            "carried": self.carried,
            "stayed": dict(self.stayed),
            "converted": dict(self.converted),
            "skipped": len(self.skipped),
            "copied": self.copied,
        }


@dataclass(slots=True)
class Tally:
    """Counts while files are written."""

    documents: Counter[str] = field(default_factory=Counter)
    characters: Counter[str] = field(default_factory=Counter)
    removals: Counter[str] = field(default_factory=Counter)
    by_label: Counter[str] = field(default_factory=Counter)
    carried: int = 0
    converted: dict[str, str] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    copied: int = 0

    def document(self, fate: str, chars: int) -> None:
        """Count one document: ``untouched``, ``cut``, ``removed`` or ``skipped``."""
        self.documents.update({"in": 1, fate: 1})
        self.characters.update({"in": chars})
        if fate == "skipped":
            self.characters.update({"skipped": chars})

    def removal(self, label: str, chars: int, carried: int) -> None:
        """Count one removal."""
        self.removals.update({label: 1})
        self.by_label.update({label: chars})
        self.characters.update({"removed": chars})
        self.carried += carried

    def report(self, **settings: Any) -> CleanReport:
        """Return the sums; ``settings`` are the fields of `CleanReport` that are no counts."""
        characters = {name: self.characters[name] for name in ("in", "removed", "skipped")}
        characters["kept"] = characters["in"] - characters["removed"] - characters["skipped"]
        return CleanReport(
            documents={name: self.documents[name] for name in ("in", "untouched", "cut", "removed", "skipped")},
            characters={name: characters[name] for name in ("in", "kept", "removed", "skipped")},
            removed={label: (self.removals[label], self.by_label[label]) for label in sorted(self.removals)},
            carried=self.carried,
            converted=dict(sorted(self.converted.items())),
            skipped=tuple(self.skipped),
            copied=self.copied,
            **settings,
        )
