"""Which words of a dictionary begin at each place of a text, and of which does it consist? Caller: dedup.lexicon."""

from __future__ import annotations

import numba
import numpy as np

_U64 = np.uint64
_SHIFT = _U64(21)  # bits of a code point, as in dedup.lexicon


@numba.njit(cache=True)
def _compared(text, begin, end, code):
    """Compare a code point with what stands in UTF-8 at ``begin``: below 0 if that is less, 0 if it is the same."""
    size = 1 if code < 0x80 else (2 if code < 0x800 else (3 if code < 0x10000 else 4))
    for byte in range(size):
        if begin + byte >= end:
            return -1
        if size == 1:
            wanted = code
        elif byte == 0:
            head = np.uint32(0xC0) if size == 2 else (np.uint32(0xE0) if size == 3 else np.uint32(0xF0))
            wanted = head | (code >> np.uint32(6 * (size - 1)))
        else:
            wanted = np.uint32(0x80) | (code >> np.uint32(6 * (size - 1 - byte)) & np.uint32(0x3F))
        if text[begin + byte] != wanted:
            return -1 if text[begin + byte] < wanted else 1
    return 0


@numba.njit(cache=True)
def _first(text, indptr, low, high, offset, code, behind):
    """Return the first row that goes on at an offset with a code point, or, if asked, the first one behind those."""
    while low < high:
        middle = (low + high) // 2
        order = _compared(text, indptr[middle] + offset, indptr[middle + 1] - 1, code)
        if order < 0 or (behind and order == 0):
            low = middle + 1
        else:
            high = middle
    return low


@numba.njit(cache=True, nogil=True)
def beginning(codes, text, indptr, count, begins, rows, ptr, end, row):
    """Write the words of a text: of each place those that begin there, the shortest first; return how many.

    codes : uint32[N]
    text, indptr, count, begins, rows    see dedup.lexicon.Dictionary: sorted, with all beginnings of words
    ptr : int64[N + 1]                   written: at place k begin [ptr[k], ptr[k + 1])
    end : int64[X]                       written: the last character of each
    row : int64[X]                       written: its row

    What is only the beginning of words is none. O(words · log words that begin alike) a place.
    """
    found = 0
    ptr[0] = 0
    for k in range(codes.shape[0]):
        ptr[k + 1] = found
        alone = _U64(codes[k]) << _SHIFT
        at = np.searchsorted(begins, alone)
        if at >= begins.shape[0] or begins[at] != alone:
            continue
        if count[rows[at]] > 0:
            end[found], row[found] = k, rows[at]
            found += 1
        if k + 1 < codes.shape[0]:
            pair = alone | _U64(codes[k + 1])
            at = np.searchsorted(begins, pair)
            low = high = np.int64(0)
            if at < begins.shape[0] and begins[at] == pair:
                low, high = rows[at], rows[at + 1]
            last = k + 1
            while low < high:  # the first of those that begin so is the beginning itself
                if count[low] > 0:
                    end[found], row[found] = last, low
                    found += 1
                offset = indptr[low + 1] - 1 - indptr[low]
                last += 1
                if last >= codes.shape[0]:
                    break
                low = _first(text, indptr, low + 1, high, offset, codes[last], False)
                high = _first(text, indptr, low, high, offset, codes[last], True)
        ptr[k + 1] = found
    return found


@numba.njit(cache=True, nogil=True)
def likeliest(ptr, end, weight, unknown, best, chosen):
    """Write of each place of a text with which word the likeliest sequence of words from there on begins.

    ptr : int64[N + 1]       at place k begin [ptr[k], ptr[k + 1])
    end : int64[X]           the last character of each
    weight : float64[X]      the logarithm of its probability
    unknown : float64        that of a character at which no word begins
    best : float64[N + 1]    written: the logarithm of the probability of the text from a place on
    chosen : int64[N]        written: which of those words; of equally likely ones the longest, -1 where none begins

    Backwards, as jieba's `calc` does, with the same sums in the same order. O(X).
    """
    best[ptr.shape[0] - 1] = 0.0
    for k in range(ptr.shape[0] - 2, -1, -1):
        chosen[k] = -1
        best[k] = unknown + best[k + 1] if ptr[k] == ptr[k + 1] else -np.inf
        for one in range(ptr[k], ptr[k + 1]):
            found = weight[one] + best[end[one] + 1]
            if found >= best[k]:
                best[k], chosen[k] = found, one
