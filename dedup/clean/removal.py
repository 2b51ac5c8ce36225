"""What a clean decides: ranges that go, each with its cause. Tables of the plan, and the text that is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dedup.result import Span


@dataclass(frozen=True, slots=True)
class Claim:
    """Why characters may go: a member of a family, and the member that stays in its place.

    ``partner`` is None where nothing stays (page noise, ``keep="none"``); ``family`` is None for text that was
    labelled without a family.
    """

    label: str
    family: str | None
    partner: Span | None
    wording: float | None
    similarity: float | None


@dataclass(frozen=True, slots=True)
class Removal:
    """A range that goes: ``texts[document][start:end]``. Removals of a document are sorted and do not overlap.

    ``carried`` counts letters, Han and digits that do not stand in the partner; they go with their unit.
    """

    document: int
    start: int
    end: int
    cause: Claim
    carried: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes.

    Parameters
    ----------
    removals : tuple of Removal
        Sorted by document and place.
    whole : frozenset of int
        Documents of which nothing is left.
    stayed : mapping of str to int
        Members of families that stay though a partner stays too, by reason: ``pinned`` (another removal names
        them), ``unlinked`` (too far from the member that stays), ``partial`` (less than the share of any unit).
    """

    removals: tuple[Removal, ...]
    whole: frozenset[int] = frozenset()
    stayed: Mapping[str, int] = field(default_factory=dict)

    def by_document(self) -> dict[int, list[Removal]]:
        """Return the removals of each document that has any."""
        found: dict[int, list[Removal]] = {}
        for row in self.removals:
            found.setdefault(row.document, []).append(row)
        return found


def kept(text: str, removals: Sequence[Removal]) -> str:
    """Return what is left of a text.

    Parameters
    ----------
    text : str
        A document's text.
    removals : sequence of Removal
        Those of this document, sorted.

    Examples
    --------
    >>> from dedup.clean import Claim, Removal, kept
    >>> cause = Claim("furniture", None, None, None, None)
    >>> kept("首页 > 总结 水渠修到了田头。", [Removal(0, 0, 8, cause)])
    '水渠修到了田头。'
    """
    pieces = []
    place = 0
    for row in removals:
        pieces.append(text[place : row.start])
        place = row.end
    return "".join(pieces) + text[place:]
