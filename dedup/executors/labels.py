"""The label stage: how rare a family's text is, in whose hands, in which contexts, and what the rules make of it.

One piece, for the rules look at all families together. A scan and the short way of a clean decide by it alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dedup.executors.prepared import Prepared
from dedup.params import Params
from dedup.schema import Families, Labels, Passages
from dedup.steps import background as rarity
from dedup.steps import label, usage
from dedup.steps.label import Known


def labelled(
    tables: Prepared,
    issuers: Sequence[str | None],
    passages: Passages,
    families: Families,
    known: Known,
    params: Params,
    background: Path | None = None,
    spread: rarity.Spread | None = None,
) -> Labels:
    """Decide the label of each family and of each character: rarity, use, then the rules.

    Parameters
    ----------
    tables : Prepared
    issuers : sequence of str or None
        Of each document.
    passages : Passages
    families : Families
        Of these passages.
    known : Known
        What agrees with a template or a reference.
    params : Params
    background : Path, optional
        A table of common text in place of the one that ships.
    spread : Spread, optional
        Who writes the words of short families elsewhere, where it was counted already (see `dedup.executors.spread`).

    Returns
    -------
    Labels
    """
    texts, keys, segments, noise = tables.texts, tables.keys, tables.segments, tables.noise
    hands = usage.units(issuers, segments)
    spread = spread or rarity.spread(keys, families, hands, params.formula_chars)
    medoids = families.start[families.medoid], families.end[families.medoid]
    bits, surplus = rarity.span_bits(keys, *medoids, rarity.load(background), spread)
    used = usage.usage(keys, segments, families, hands, params.formula_chars, params.formula_issuers)
    return label.label(texts, keys, segments, passages, families, noise, bits, surplus, used, issuers, known, params)
