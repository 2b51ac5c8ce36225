"""How far from the truth do passages begin and end? Code points, at the four ends of each copied pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.result import Passage, Result

CLAIMS = frozenset(("self", "mass", "copy"))


@dataclass(frozen=True, slots=True)
class EndError:
    """Distances of claimed ends from those of gold, in code points, for one operator.

    left, right : float64    mean over both ends of all cases, on the side of the source and on that of the copy
    p95 : float64            95th percentile over all four ends of all cases
    cases : int
    """

    left: float
    right: float
    p95: float
    cases: int


def distances(result: Result, gold: Iterable[Mapping[str, Any]]) -> dict[str, NDArray[np.int64]]:
    """Return, by operator, how far the four ends of a claim lie from those of its case (int64[cases, 4]).

    A case is measured on the passage that shares most with it. One that no passage meets is missed, which recall
    counts; two cases side by side in one passage are one copy to whoever reads it, and have no end between them.
    """
    number = {info.name: info.id for info in result.documents}
    claims: dict[tuple[int, int], list[Passage]] = defaultdict(list)
    for passage in result.passages:
        if passage.label in CLAIMS:
            claims[passage.left.document, passage.right.document].append(passage)
    met: dict[int, list[tuple[str, tuple[int, ...]]]] = defaultdict(list)
    for row in gold:
        if "a_doc" not in row or row["a_doc"] not in number or row["b_doc"] not in number:
            continue
        sides = sorted((number[row[f"{side}_doc"]], row[f"{side}_start"], row[f"{side}_end"]) for side in "ab")
        (one, *left), (other, *right) = sides
        best, chosen, at = 0, 0, (0, 0, 0, 0)
        for passage in claims[one, other]:
            spans = ((passage.left, left), (passage.right, right))
            shared = [min(span.end, end) - max(span.start, start) for span, (start, end) in spans]
            if min(shared) > 0 and sum(shared) > best:
                best, chosen = sum(shared), id(passage)
                at = (
                    abs(passage.left.start - left[0]), abs(passage.left.end - left[1]),
                    abs(passage.right.start - right[0]), abs(passage.right.end - right[1]),
                )  # fmt: skip
        if best:
            if row["a_doc"] != result.documents[one].name:
                at = at[2:] + at[:2]
            met[chosen].append((row["operator"], at))
    out: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    for cases in met.values():
        if len(cases) == 1:
            out[cases[0][0]].append(cases[0][1])
    return {name: np.array(rows, np.int64) for name, rows in sorted(out.items())}


def errors(result: Result, gold: Iterable[Mapping[str, Any]]) -> dict[str, EndError]:
    """Return the end errors by operator, and of all under ``all``."""
    found = distances(result, gold)
    if found:
        found["all"] = np.concatenate(list(found.values()))
    return {
        name: EndError(
            float(rows[:, :2].mean()), float(rows[:, 2:].mean()), float(np.percentile(rows, 95)), len(rows)
        )
        for name, rows in found.items()
    }
