"""Key ranges as a reader would cut them: with the full stop, the closing mark, the enumerator.

The key stream leaves out punctuation and enumerators, so a range of it says nothing of those that stand at its ends.
They belong to what they stand at: a full stop to its sentence, 》 to its title, 三、 to its paragraph.
"""

from __future__ import annotations

import numpy as np

from dedup.intervals import ordered
from dedup.kernels import places as kernels
from dedup.kernels.threads import shared
from dedup.schema import Int64, KeyStream, Segments, Texts

CLOSING = np.array(sorted(map(ord, "。！？；!?;”’」』》〉）)】…")), np.uint32)
OPENING = np.array(sorted(map(ord, "“‘「『《〈（(【")), np.uint32)
_NUMERALS = np.array(sorted(map(ord, "第其一二三四五六七八九十百千万亿零两廿卅之")), np.uint32)

MARKS = 3
"""Most marks in a row that are taken with what they stand at."""


def reach(texts: Texts, keys: KeyStream, segments: Segments, start: Int64, end: Int64) -> tuple[Int64, Int64]:
    """Map key ranges to raw ranges with what belongs to their ends.

    Parameters
    ----------
    texts, keys, segments
        Of the same documents.
    start, end : int64[n]
        Key ranges of at least one code point.

    Returns
    -------
    raw_start, raw_end : int64[n]
        Those of `dedup.schema.KeyStream.raw_span` or further out, never over another key character or a border of a
        paragraph.

    Notes
    -----
    What begins (ends) a paragraph begins (ends) where the paragraph does, unless a figure is between, or words that
    a site has hung on (下一页). Elsewhere up to `MARKS` opening marks before it and closing marks behind it are taken
    in. O(n), after they are put in the order of the texts.
    """
    found = np.empty((2, len(start)), np.int64)
    if (start[1:] < start[:-1]).any():
        order = ordered(start)
        found[:, order] = reach(texts, keys, segments, start[order], end[order])
        return found[0], found[1]
    slots = keys.slots
    shared(
        kernels.reach, len(start),
        texts.codes, texts.indptr, keys.origin, keys.span, segments.start, segments.end, segments.raw_start,
        segments.raw_end, slots.start, slots.end, OPENING, CLOSING, _NUMERALS, np.int64(MARKS), start, end, *found,
    )  # fmt: skip
    return found[0], found[1]
