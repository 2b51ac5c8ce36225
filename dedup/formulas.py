"""A list of what is a formula and what is not, by content: it holds in every later scan, whatever the families are.

It stands in a decisions file beside the verdicts on families, and is edited by hand::

    {"schema": "dedup.decisions/1", "formulas": [
      {"text": "摇橹靠岸、挂牌放行", "formula": true, "reason": "渡口安全检查的固定说法"},
      {"text": "谁先学会逆水靠岸谁就接他的竹篙", "formula": false}
    ]}

Texts are compared as matching sees them: punctuation, digits, script and spaces do not count.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from dedup.errors import FormatProblem
from dedup.result import Result
from dedup.schema import string

_SHORTEST = 4
"""Key characters from which a text can be listed: shorter ones are part of everything."""

_DECIDED = ("formula", "self", "mass", "copy")


@dataclass(frozen=True, slots=True)
class Note:
    """One entry: this text is a formula, or is none."""

    text: str
    formula: bool
    reason: str = ""
    reviewer: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of a list: families it made formulas, families it made none, entries that met nothing."""

    formulas: int
    others: int
    unmatched: int


def load(path: str | Path) -> tuple[Note, ...]:
    """Read the entries of a decisions file; none where it has none.

    Raises
    ------
    FormatProblem
        If it cannot be read as JSON, or an entry is not what it should be.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise FormatProblem(str(path), f"it cannot be read as JSON ({error})") from error
    rows = data.get("formulas", []) if isinstance(data, Mapping) else []
    if not isinstance(rows, list):
        raise FormatProblem(str(path), f"formulas is {type(rows).__name__}, wanted a list")
    return tuple(_read(row, number, str(path)) for number, row in enumerate(rows, 1))


def _read(row: Any, number: int, path: str) -> Note:
    if not isinstance(row, Mapping) or not isinstance(row.get("text"), str) or type(row.get("formula")) is not bool:
        raise FormatProblem(
            path, f"formula {number} is {row!r}, wanted an object with a text and formula true or false"
        )
    reason, reviewer = row.get("reason", ""), row.get("reviewer", "")
    if not isinstance(reason, str) or not isinstance(reviewer, str):
        raise FormatProblem(path, f"formula {number} has a reason or reviewer that is no string")
    if len(_keys([row["text"]])[0]) < _SHORTEST:
        raise FormatProblem(
            path, f"formula {number} is {row['text']!r}, wanted at least {_SHORTEST} characters without punctuation"
        )
    return Note(row["text"], row["formula"], reason, reviewer)


def apply(result: Result, notes: Sequence[Note]) -> tuple[Result, Noted]:
    """Return the result with listed formulas called so, and listed others not; every count computed again.

    Parameters
    ----------
    result : Result
        As scanned, with texts.
    notes : sequence of Note

    Returns
    -------
    result : Result
        A family is a formula by the list if its medoid lies within a listed text, or holds one and less than
        ``min_chars`` characters more. It is none if it lies within such a text or holds it: the next rule decides
        then. Of two entries that disagree the one that denies counts. Page noise, forms and quotations stay what
        they are.
    noted : Noted

    Raises
    ------
    FormatProblem
        If the result holds no texts.
    """
    from dedup.relabel import relabel

    families = [cluster for cluster in result.clusters if cluster.label in _DECIDED]
    wordings = _keys(result.text(family.members[family.medoid]) for family in families)
    texts = _keys(note.text for note in notes)
    forced: dict[str, bool] = {}
    met: set[int] = set()
    for family, wording in zip(families, wordings, strict=True):
        for row, (note, text) in enumerate(zip(notes, texts, strict=True)):
            around = len(wording) - len(text) if text in wording else None
            if wording in text or (around is not None and (not note.formula or around < result.params.min_chars)):
                met.add(row)
                forced[family.id] = forced.get(family.id, True) and note.formula
    found = relabel(result, result.params.labels, formulas=forced)
    counts = Noted(sum(forced.values()), len(forced) - sum(forced.values()), len(notes) - len(met))
    return (found if forced else result), counts


def _keys(texts: Iterable[str]) -> list[str]:
    """Return what matching sees of each text."""
    from dedup.steps import normalise, repair

    laid = repair.lay_out(list(texts))
    keys = normalise.normalise(laid, repair.repair(laid))
    whole = string(keys.codes)
    return [whole[low:high] for low, high in pairwise(keys.indptr.tolist())]
