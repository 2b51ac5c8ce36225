"""Texts and edits -> the key stream: the folded copy of the texts that matching looks at, with the way back.

Folded are width, compatibility forms, case, accents, traditional and variant characters; dropped are punctuation,
white space and enumerators; numbers and masks are dropped into `Slots`. The notes of `normalise` say what counts as
one. The same fold without the dropping, `surface`, is what the similarity of two passages compares.
"""

from __future__ import annotations

import threading

import numpy as np

from dedup.kernels import text as kernels
from dedup.kernels.threads import Room, portions, together
from dedup.schema import EditKind, Edits, Int64, KeyStream, Slots, Surface, Texts, UInt32, string
from dedup.steps import data

_FOLDED = 1 << 18  # code points folded together: their keys are in the cache when they are laid


def normalise(texts: Texts, edits: Edits) -> KeyStream:
    """Fold the texts into their key stream.

    Parameters
    ----------
    texts : Texts
    edits : Edits
        From `dedup.steps.repair.repair` of the same texts.

    Returns
    -------
    KeyStream
        Code points that share an origin (an expansion such as ㈱, a repair of several characters) share its span;
        otherwise spans do not overlap. An annotation taken out by an edit belongs to the character it stood behind.

    Notes
    -----
    White space and line breaks never part a numeral or a word, so that wrapped or spaced-out copies fold alike.

    Enumerators go where a line or a clause begins: （一） 一、 1. ① A) 第一， 其二： and 第三条 before a break or
    space. A bracketed number goes anywhere, for a copy whose line breaks were lost holds it in mid-line.

    Chinese numerals go where they are a figure (二〇〇六年, 三百二十人, 百分之二十) and stay where they are part of a
    word or a name (一定, 三个代表, 十六大, 四中全会, 十二五); when in doubt they stay.

    One pass per document over the folded code points, in a scratch that holds one document. O(N + E). Threads fold
    some documents at a time, and lay what comes of them behind what comes of those before.
    """
    parts = portions(texts.indptr, _FOLDED)
    edited = [slice(*np.searchsorted(edits.start, texts.indptr[[first, last]]).tolist()) for first, last in parts]
    more = together(lambda one: _expansion(texts, edits, *one), list(zip(parts, edited, strict=True)))
    size = len(texts.codes) + sum(more)  # no more of it is touched than is written
    laid = {name: np.empty(size, kind) for name, kind in _OF_KEYS.items()}
    room, local = Room(), threading.local()

    def folded(number: int) -> tuple[Int64, Slots]:
        """Fold a row of documents and lay their keys; return the borders of these and the slots."""
        with room.of(number) as taken:
            scratch = _scratch(local, texts.indptr, parts[number], more[number])
            borders, count = _fold_texts(texts, edits, parts[number], edited[number], scratch)
            base = taken(int(borders[-1]))
        for name, column in laid.items():
            column[base : base + borders[-1]] = scratch[name][: borders[-1]]
        start, end, before, kind = (scratch[name][:count] for name in _OF_SLOTS)
        return borders[1:] + base, Slots(start.copy(), end.copy(), before + base, kind.copy())

    done = together(folded, range(len(parts)))
    indptr = np.concatenate([[0], *(borders for borders, _ in done)])
    columns = ([getattr(slots, name) for _, slots in done] for name in Slots.__slots__)
    return KeyStream(
        **{name: column[: indptr[-1]] for name, column in laid.items()},
        indptr=indptr,
        slots=Slots(*(np.concatenate(column) for column in columns)),
    )


def _expansion(texts: Texts, edits: Edits, documents: tuple[int, int], edited: slice) -> int:
    """Return how many code points more than they have some documents fold to, at most."""
    tables = data.tables()
    first, last = texts.indptr[list(documents)].tolist()
    put_in = int(edits.indptr[edited.stop] - edits.indptr[edited.start])
    return int(kernels.expansion(texts.codes[first:last], tables.fold, tables.kind)) + 32 * put_in


_OF_DOCUMENT = {"code": "u4", "class": "u1", "gap": "u1", "mark": "u1", "at": "i8", "width": "u2"}
_OF_KEYS = {"codes": "u4", "origin": "u4", "span": "u2"}
_OF_SLOTS = {"start": "i8", "end": "i8", "before": "i8", "kind": "u1"}
"""What folding writes: a document at a time, the keys of a row of them, its slots."""


def _scratch(local: threading.local, indptr: Int64, documents: tuple[int, int], more: int) -> dict[str, np.ndarray]:
    """Return scratch that is long enough for some documents, kept for the next ones of this thread.

    Given back and asked for again with each row of documents, it was touched anew each time.
    """
    size = int(indptr[documents[1]] - indptr[documents[0]]) + more + 2  # and what two stood before
    if getattr(local, "size", -1) < size:
        kinds = (_OF_DOCUMENT | _OF_KEYS | _OF_SLOTS).items()
        local.size, local.columns = size, {name: np.empty(size, kind) for name, kind in kinds}
    columns: dict[str, np.ndarray] = local.columns
    return columns


def _fold_texts(
    texts: Texts, edits: Edits, documents: tuple[int, int], edited: slice, scratch: dict[str, np.ndarray]
) -> tuple[Int64, int]:
    """Fold some documents into the scratch; return where their keys begin there, and how many slots there are."""
    tables = data.tables()
    indptr = texts.indptr[documents[0] : documents[1] + 1]
    borders = np.empty(indptr.size, np.int64)
    kind = edits.kind[edited]
    keys, slots = [scratch[name] for name in (*_OF_DOCUMENT, *_OF_KEYS)], [scratch[name] for name in _OF_SLOTS]
    count = kernels.fold_texts(
        texts.codes,
        indptr,
        edits.start[edited],
        edits.end[edited],
        ((kind == EditKind.PINYIN) | (kind == EditKind.RUBY)).astype(np.uint8),
        edits.indptr[edited.start : edited.stop + 1],
        edits.codes,
        data.looks(),
        tables.fold,
        tables.kind,
        tables.multi_indptr,
        tables.multi,
        *[*keys, borders, *slots],
    )
    return borders, int(count)


def surface(texts: Texts, edits: Edits, start: int, end: int) -> str:
    """Return a raw range as similarity compares it: repaired, with width, script, case and white space folded.

    Parameters
    ----------
    texts : Texts
    edits : Edits
        An edit that begins in the range counts whole.
    start, end : int
        Raw range ``[start, end)`` within one document.

    Returns
    -------
    str
        Numbers, names, masks and punctuation are kept; white space, wherever it stands, is not.
    """
    first, last = np.searchsorted(edits.start, [start, end])
    pieces: list[UInt32] = []
    at = start
    for row in range(int(first), int(last)):
        pieces.append(texts.codes[at : int(edits.start[row])])
        pieces.append(edits.codes[int(edits.indptr[row]) : int(edits.indptr[row + 1])])
        at = int(edits.end[row])
    pieces.append(texts.codes[at:end])
    return string(fold(np.concatenate(pieces)))


def surfaces(texts: Texts, edits: Edits) -> Surface:
    """Return the whole batch as similarity compares it, with the way back.

    The same fold as `surface`, made once for all ranges: comparing many passages costs slices, not folding.

    Notes
    -----
    O(N + E); 12 bytes a character.
    """
    kept = np.ones(texts.codes.size, bool)
    for start, end in zip(edits.start.tolist(), edits.end.tolist(), strict=True):
        kept[start:end] = False
    origin = np.flatnonzero(kept)
    new_origin = np.repeat(edits.start, np.diff(edits.indptr))
    place = np.searchsorted(origin, new_origin)
    codes = np.insert(texts.codes[origin], place, edits.codes)
    folded, source = _folded(codes)
    return Surface(codes=folded, origin=np.insert(origin, place, new_origin)[source])


def fold(codes: UInt32) -> UInt32:
    """Fold code points without dropping any but white space and what is invisible.

    Parameters
    ----------
    codes : uint32[N]

    Returns
    -------
    uint32[M]
        ``fold(fold(codes))`` equals ``fold(codes)``.
    """
    return _folded(codes)[0]


def _folded(codes: UInt32) -> tuple[UInt32, Int64]:
    """Return the folded code points, and the place in `codes` that each came from."""
    tables = data.tables()
    low = tables.kind[codes] & 0x0F
    source = np.flatnonzero((low < data.Class.SPACE) | (low >= data.Class.REPLACED))
    folded = tables.fold[codes[source]]
    several = np.flatnonzero(folded >= data.MULTI_BIT)
    if several.size:
        row = folded[several].astype(np.int64) & 0x7FFF_FFFF
        counts = np.ones(folded.size, np.int64)
        counts[several] = tables.multi_indptr[row + 1] - tables.multi_indptr[row]
        ends = np.cumsum(counts)
        folded, source = np.repeat(folded, counts), np.repeat(source, counts)
        for place, one in zip((ends - counts)[several].tolist(), row.tolist(), strict=True):
            piece = tables.multi[tables.multi_indptr[one] : tables.multi_indptr[one + 1]]
            folded[place : place + piece.size] = piece
        seen = tables.kind[folded] & 0x0F < data.Class.SPACE
        folded, source = folded[seen], source[seen]
    return folded, source
