"""The fast door: which of these texts are near duplicates? No passages, labels or evidence; pairs and nothing else.

`near_duplicates` takes what a corpus cleaner has, a list of paragraphs, and goes the one road that scales: exact
groups, MinHash, bands, exact verification (`dedup.pipeline.near_pairs`). A million paragraphs take seconds. Where
copying may be smaller than a text, or cross the borders of texts, `dedup.scan` is the door.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from dedup.errors import ParamsError
from dedup.params import Params
from dedup.result import Limit
from dedup.schema import Float64, Int64, KeyStream, Parts, Segments, Slots


@dataclass(frozen=True, slots=True, eq=False)
class NearPairs:
    """Pairs of near-duplicate texts.

    left, right : int64[Q]   rows of the texts; ``left < right``, distinct, sorted by left, then right
    jaccard : float64[Q]     exact Jaccard index of their shingle sets, at least the threshold
    limits : tuple of Limit  what was not compared, and why

    Iterating yields ``(left, right, jaccard)`` as plain numbers.
    """

    left: Int64
    right: Int64
    jaccard: Float64
    limits: tuple[Limit, ...] = ()

    def __len__(self) -> int:
        return len(self.left)

    def __iter__(self) -> Iterator[tuple[int, int, float]]:
        return zip(self.left.tolist(), self.right.tolist(), self.jaccard.tolist(), strict=True)


def near_duplicates(
    texts: Iterable[str], params: Params | None = None, *, fold: bool = True, jobs: int = 1
) -> NearPairs:
    """Return every pair of texts whose Jaccard index reaches the threshold.

    Parameters
    ----------
    texts : iterable of str
        Each is compared as a whole.
    params : Params, optional
        ``threshold``, ``shingle``, ``num_perm``, ``recall``, ``seed``, ``bucket``; the others play no part.
    fold : bool
        Whether texts are compared by their key stream: without punctuation, white space, digits and masks, with
        script and width folded, pinyin and mojibake undone. With False they are compared code point by code point.
    jobs : int
        Threads. The answer does not depend on it.

    Returns
    -------
    NearPairs

    Raises
    ------
    ParamsError
        If ``texts`` is one string, an element is no string, or ``jobs`` is below 1.

    Notes
    -----
    Every pair listed is verified exactly: precision is 1. A pair at the threshold is found with probability
    ``recall``, one above it with more (docs/algorithm.md). Of more than ``bucket`` equal or nearly equal texts, each
    is paired with representatives only, and a `Limit` says so; so does one for texts shorter than a shingle, which
    are like nothing.

    Examples
    --------
    >>> from dedup import near_duplicates
    >>> texts = [
    ...     "渡口的老艄公把摇橹的手艺教给了三个徒弟，约定谁先学会逆水靠岸，谁就接他的竹篙。",
    ...     "磨坊换了新的石磨，豆腐比从前嫩，隔壁村也来排队。",
    ...     "渡口的老艄公把搖櫓的手藝教給了三個徒弟，約定誰先學會逆水靠岸，誰就接他的竹篙！",
    ... ]
    >>> list(near_duplicates(texts))
    [(0, 2, 1.0)]
    >>> list(near_duplicates(texts, fold=False))
    []
    """
    from dedup.kernels.threads import threads
    from dedup.pipeline import near_pairs

    params = params or Params()
    with threads(jobs):
        keys, segments = one_paragraph_each(checked(texts), fold=fold)
        pairs, limits = near_pairs(keys, segments, params)
    short = int((segments.end - segments.start < params.shingle).sum())
    if short:
        limits = [*limits, Limit("short", short, params.shingle)]
    return NearPairs(pairs.left, pairs.right, pairs.jaccard, tuple(limits))


def checked(texts: Iterable[str]) -> list[str]:
    """Return the texts as a list of strings, or say which one is none.

    Raises
    ------
    ParamsError
        If ``texts`` is one string, or no iterable, or an element is no string.
    """
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Iterable):
        raise ParamsError([f"texts is {type(texts).__name__}, but must be a list or column of strings"])
    rows = list(texts)
    strange = {kind for kind in set(map(type, rows)) if not issubclass(kind, str)}  # a look at each text took longer
    if strange:
        row = next(row for row, text in enumerate(rows) if type(text) in strange)
        raise ParamsError([f"texts[{row}] is {type(rows[row]).__name__}, but must be a string"])
    return rows


def one_paragraph_each(texts: list[str], *, fold: bool) -> tuple[KeyStream, Segments]:
    """Lay texts out as a key stream in which each is one paragraph.

    Notes
    -----
    Where nothing is folded the way back to the raw text is left empty: it would be the largest table, and the
    paragraph route never asks for it.
    """
    from dedup.steps import normalise, repair

    laid = repair.lay_out(texts)
    none = np.empty(0, np.int64)
    if fold:
        keys = normalise.normalise(laid, repair.repair(laid))
    else:
        slots = Slots(none, none, none, none.astype(np.uint8))
        keys = KeyStream(laid.codes, none.astype(np.uint32), none.astype(np.uint16), laid.indptr, slots)
    start, end = keys.indptr[:-1], keys.indptr[1:]
    flat, minus = np.zeros(len(texts), np.uint8), np.full(len(texts), -1)
    parts = Parts(none, none, none, none, none)
    raw = laid.indptr[:-1], laid.indptr[1:]
    return keys, Segments(np.arange(len(texts)), start, end, *raw, flat, flat, minus, minus, start, raw[0], parts)
