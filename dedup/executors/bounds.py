"""What was bounded in the parts of a stage, told as of the whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from dedup.result import Limit
from dedup.schema import Pairs, Passages, UInt8

_LARGEST = "largest "


def summed(limits: Iterable[Limit]) -> list[Limit]:
    """Return one limit of each kind: counts add up, and of the largest sizes told the largest is."""
    found: dict[tuple[str, int], Limit] = {}
    for one in limits:
        known = found.get((one.kind, one.bound))
        if known is None:
            found[one.kind, one.bound] = one
            continue
        detail = known.detail
        if detail.startswith(_LARGEST):
            detail = max(detail, one.detail, key=lambda text: int(text.removeprefix(_LARGEST)))
        found[one.kind, one.bound] = Limit(one.kind, known.count + one.count, one.bound, detail)
    return list(found.values())


def as_column(limits: Sequence[Limit]) -> UInt8:
    """Return limits as a column of bytes, so that they travel with the table of their part."""
    return np.frombuffer(json.dumps([astuple(one) for one in limits], ensure_ascii=False).encode(), np.uint8)


def of_column(column: UInt8) -> list[Limit]:
    """Return the limits that `as_column` made a column of."""
    return [Limit(*row) for row in json.loads(column.tobytes())]


@dataclass(frozen=True, slots=True)
class Found:
    """Passages, and what was bounded in finding them (see `as_column`)."""

    passages: Passages
    limits: UInt8


@dataclass(frozen=True, slots=True)
class Met:
    """Verified pairs of paragraphs, and what was bounded in finding them (see `as_column`)."""

    pairs: Pairs
    limits: UInt8
