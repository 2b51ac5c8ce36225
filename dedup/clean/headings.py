"""A heading goes with what it heads, or stays with it.

In a line such as 省水利厅通报今日汛情 two reports of different days agree to the letter; the figures under it differ.
Cut out as a duplicate, it leaves a paragraph that nobody can place. So a few lines that end no sentence do not go
alone for a partner in another document; within one (a list of contents, the headings it lists) they do.
"""

from __future__ import annotations

import numpy as np

from dedup.clean.cut import Units
from dedup.schema import Bool, Int64

BORDER = "\ue000"
"""A paragraph of this sign alone stands for the beginning or the end of a document."""

LINES = 80
"""Letters, Han and digits up to which consecutive lines count as headings; more of them (verse, a table) are text."""

_END = frozenset("。！？!?…")
_CLOSING = "”’」』）)】》〉\"'"


def with_their_text(text: str, tiles: Units, going: Bool, afar: Bool, noise: Bool, size: Int64) -> Bool:
    """Return the units that go, less headings whose text stays.

    Parameters
    ----------
    text : str
    tiles : Units
        Of the text, at level ``passage``.
    going : bool[U]
        Units that would go.
    afar : bool[U]
        Whether their partner stands in another document.
    noise : bool[U]
        Whether they go as page noise, which is looked through.
    size : int64[U]
        Letters, Han and digits of each unit.

    Returns
    -------
    bool[U]

    Notes
    -----
    At the end of a document lines go with what stands above them; a document of nothing else heads nothing. Lines
    between a heading and its text that go for a partner in the same document are looked through as noise is.
    """
    if not len(going):
        return going
    edges = np.flatnonzero(np.diff(tiles.paragraph, prepend=-1, append=-1))
    count = np.diff(edges)
    whole = np.add.reduceat(going | tiles.border, edges[:-1]) == count
    filled = np.add.reduceat(~tiles.border, edges[:-1]) > 0
    rows = np.flatnonzero(filled & ~(whole & (np.add.reduceat((going & noise) | tiles.border, edges[:-1]) == count)))
    far = np.logical_or.reduceat(going & afar, edges[:-1])
    starts, ends = tiles.bounds[edges[rows]].tolist(), tiles.bounds[edges[rows + 1]].tolist()
    light = [whole[row] and _ends_no_sentence(text, end) for row, end in zip(rows.tolist(), ends, strict=True)]
    heads = [one and far[row] for one, row in zip(light, rows.tolist(), strict=True)]
    heavy = np.flatnonzero(~np.array(light, np.bool_))
    kept = going.copy()
    for first, last in np.flatnonzero(np.diff([False, *heads, False])).reshape(-1, 2).tolist():
        here = slice(int(edges[rows[first]]), int(edges[rows[last - 1] + 1]))
        text_row = int(heavy[at]) if (at := int(np.searchsorted(heavy, last))) < len(heavy) else len(rows)
        beside = [
            row
            for row in (text_row, first - 1)
            if 0 <= row < len(rows) and text[starts[row] : ends[row]].strip() != BORDER
        ]
        if beside and not whole[rows[beside[0]]] and size[here].sum() <= LINES:
            kept[here] = False
    return kept


def _ends_no_sentence(text: str, end: int) -> bool:
    body = text[:end].rstrip() if end < 200 else text[end - 200 : end].rstrip()
    return body.rstrip(_CLOSING)[-1:] not in _END
