"""Score a result against a gold file: plagdet and its parts, pairs, coverage, families, labels, each by operator.

What every figure means, and why, is in docs/accuracy.md; the gold format in docs/gold.md.
"""

from __future__ import annotations

from dedup.evaluate.families import FamilyFigures, family_figures
from dedup.evaluate.gold import Gold, GoldPair, GoldSpan, parse_gold, read_gold, resolve
from dedup.evaluate.labels import LabelFigures, label_figures
from dedup.evaluate.passages import PassageFigures, passage_figures
from dedup.evaluate.scores import Scores
from dedup.evaluate.tables import lay_cases, lay_found
from dedup.result import Result

__all__ = [
    "FamilyFigures",
    "Gold",
    "GoldPair",
    "GoldSpan",
    "LabelFigures",
    "PassageFigures",
    "Scores",
    "evaluate",
    "parse_gold",
    "read_gold",
]


def evaluate(gold: Gold, result: Result) -> Scores:
    """Score a result against gold.

    Parameters
    ----------
    gold : Gold
        As `read_gold` returns it.
    result : Result
        A scan of the documents that gold names; texts are not needed.

    Returns
    -------
    Scores

    Raises
    ------
    FormatProblem
        If a name in gold fits two documents of the result, or none of the names fits any, or a range ends behind its
        document.

    Notes
    -----
    Cost: sorting of all ranges, plus the overlaps within each pair of documents. A family of n members costs n
    places, not n squared pairs.

    Examples
    --------
    >>> from dedup import scan
    >>> from dedup.evaluate import evaluate, read_gold
    >>> scores = evaluate(read_gold("data/gold.jsonl"), scan(["data/reports"], templates=["data/template.txt"]))
    >>> scores.passages.recall > 0.9
    True
    """
    where, missing = resolve(gold, result)
    cases, found = lay_cases(gold, where), lay_found(result)
    count = len(result.documents) + len(missing)
    overall, operators = passage_figures(cases, found, count, complete=gold.complete)
    labels, agreement = label_figures(gold, where, result)
    families = family_figures(cases, found, complete=gold.complete)
    return Scores(overall, operators, families, labels, agreement, missing)
