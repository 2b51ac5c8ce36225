"""Key ranges as a reader would cut them: with the full stop, the closing mark, the enumerator.

The key stream leaves out punctuation and enumerators, so a range of it says nothing of those that stand at its ends.
They belong to what they stand at: a full stop to its sentence, 》 to its title, 三、 to its paragraph.
"""

from __future__ import annotations

import numpy as np

from dedup.intervals import positions
from dedup.schema import Bool, Int64, KeyStream, Segments, Texts, UInt32

CLOSING = np.array(sorted(map(ord, "。！？；!?;”’」』》〉）)】…")), np.uint32)
OPENING = np.array(sorted(map(ord, "“‘「『《〈（(【")), np.uint32)
_HAN = 0x3400, 0x9FFF
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
    in. O(n log paragraphs).
    """
    if not len(start):
        return start.copy(), end.copy()
    raw_start, raw_end = keys.raw_span(start, end)
    at = np.searchsorted(segments.raw_start, raw_start, side="right") - 1
    first = np.where((at >= 0) & (segments.start[at] == start), segments.raw_start[at], raw_start)
    at = np.searchsorted(segments.raw_start, raw_end - 1, side="right") - 1
    last = np.where((at >= 0) & (segments.end[at] == end), segments.raw_end[at], raw_end)
    slots = keys.slots  # a figure is compared, so it belongs to what was compared or not at all
    rows = np.flatnonzero(first < raw_start)
    ends = (np.searchsorted(slots.end, border[rows], side="right") for border in (first, raw_start))
    first[rows] = np.where(np.less(*ends), raw_start[rows], first[rows])
    rows = np.flatnonzero(last > raw_end)
    starts = (np.searchsorted(slots.start, border[rows]) for border in (raw_end, last))
    hung_on = np.less(*starts) | _worded(texts.codes, raw_end[rows], last[rows])
    last[rows] = np.where(hung_on, raw_end[rows], last[rows])
    document = texts.document_of(raw_start)
    low, high = texts.indptr[document], texts.indptr[document + 1]
    for _ in range(MARKS):
        raw_start = raw_start - ((raw_start > low) & _are(texts.codes, raw_start - 1, OPENING))
        raw_end = raw_end + ((raw_end < high) & _are(texts.codes, raw_end, CLOSING))
    return np.minimum(first, raw_start), np.maximum(last, raw_end)


def _worded(codes: UInt32, start: Int64, end: Int64) -> Bool:
    """Return in which raw ranges, empty ones too, a Han character stands that is no part of an enumerator."""
    size = end - start
    inside = codes[positions(start, size)]
    before = np.concatenate([[0], np.cumsum((inside >= _HAN[0]) & (inside <= _HAN[1]) & ~np.isin(inside, _NUMERALS))])
    border = np.concatenate([[0], np.cumsum(size)])
    return np.asarray(before[border[1:]] > before[border[:-1]], bool)


def _are(codes: UInt32, at: Int64, marks: UInt32) -> Bool:
    """Return at which positions one of the marks stands; positions outside of all texts may be asked about."""
    return np.asarray(np.isin(codes[np.clip(at, 0, len(codes) - 1)], marks), bool)
