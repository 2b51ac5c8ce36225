"""What of a report does a form, or a law, explain? Answers with the text that agrees with it, answers left out.

An office types a form off with slips and improvements; its changes belong to the form. What is written into the
form's blanks does not. Which is which, the form itself says: a blank is where it has a rule, a box, a colon or the
end of a line, and nothing else stands.
"""

from __future__ import annotations

import numpy as np

from dedup.intervals import merged, positions, without
from dedup.schema import Int64, KeyStream, Passages, Texts

EDIT = 6
"""Longest change, in characters of the report, that can be an edit of the form's own words."""

_BLANKS = np.array([ord(mark) for mark in "\n\r:：_＿…×□○◯〇＊*﹍﹎—"], np.uint32)


def agreeing(
    texts: Texts, keys: KeyStream, passages: Passages, left: tuple[Int64, Int64], right: tuple[Int64, Int64]
) -> Int64:
    """Return the raw ranges of reports that agree with aids.

    Parameters
    ----------
    texts, keys : Texts, KeyStream
    passages : Passages
        The left side in a report, the right one in a form or reference.
    left, right : tuples of int64[C], int64[C]
        Raw ranges of the changes inside of the passages, on either side.

    Returns
    -------
    int64[n, 2]
        Sorted, disjoint.

    Notes
    -----
    A change of the report stays out of it if it is longer than `EDIT`, or if a blank stands in the aid where it is:
    between the last character of the key stream before it and the first one behind it.
    """
    if not len(passages.wording):
        return np.empty((0, 2), np.int64)
    start, end = keys.raw_span(passages.left_start, passages.left_end)
    whole = merged(np.stack([start, end], axis=1))
    before = keys.first_from(right[0]) - 1
    behind = keys.first_from(right[1])
    last = len(keys.origin) - 1
    low = np.where(before >= 0, keys.origin[np.maximum(before, 0)] + keys.span[np.maximum(before, 0)], 0)
    high = np.where(behind <= last, keys.origin[np.minimum(behind, last)], len(texts.codes))
    size = np.maximum(high, low).astype(np.int64) - low
    between = np.repeat(np.arange(len(size)), size)
    written = left[1] - left[0] > EDIT
    # Sought where it may be: a count over all texts would be eight bytes a character of the corpus.
    written[between[np.isin(texts.codes[positions(low, size)], _BLANKS)]] = True
    return without(whole, merged(np.stack([left[0][written], left[1][written]], axis=1)))
