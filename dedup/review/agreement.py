"""How far reviewers agree: the share of families judged alike, and Cohen's kappa, which takes chance out of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from dedup.decisions import Carried


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two reviewers on the families that both judged.

    ``both`` counts those families, ``agree`` is the share with one verdict, ``kappa`` is None where both gave one
    and the same verdict throughout: then chance would agree as well, and the figure is not defined.
    """

    reviewers: tuple[str, str]
    both: int
    agree: float
    kappa: float | None


def agreements(carried: Iterable[Carried]) -> tuple[Agreement, ...]:
    """Return the agreement of every two reviewers with a family in common, sorted by their names.

    Notes
    -----
    Cohen 1960: kappa = (p_o - p_e) / (1 - p_e), where p_o is the share agreed on and p_e what two reviewers would
    agree on who gave each verdict as often but to families at random.

    >>> from dedup.decisions import Decision
    >>> rows = [("f1", "甲", "self"), ("f2", "甲", "citation"), ("f1", "乙", "self"), ("f2", "乙", "template")]
    >>> found = agreements(Carried(Decision(f, "", v, reviewer=who), f, False) for f, who, v in rows)
    >>> found[0].both, found[0].agree, round(found[0].kappa, 3)
    (2, 0.5, 0.333)
    """
    given: dict[str, dict[str, str]] = defaultdict(dict)
    for row in carried:
        given[row.decision.reviewer][row.family] = row.decision.verdict
    rows = []
    for one, other in combinations(sorted(given), 2):
        common = sorted(given[one].keys() & given[other].keys())
        if common:
            pairs = [(given[one][family], given[other][family]) for family in common]
            rows.append(_agreement((one, other), pairs))
    return tuple(rows)


def _agreement(reviewers: tuple[str, str], pairs: list[tuple[str, str]]) -> Agreement:
    count = len(pairs)
    agree = sum(left == right for left, right in pairs) / count
    lefts, rights = Counter(left for left, _ in pairs), Counter(right for _, right in pairs)
    chance = sum(lefts[verdict] * rights[verdict] for verdict in lefts) / count**2
    kappa = None if chance >= 1.0 else (agree - chance) / (1.0 - chance)
    return Agreement(reviewers, count, agree, kappa)
