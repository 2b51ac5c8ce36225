"""The text of a Word 97 to 2003 file, from its streams.

The text lies in pieces, listed in a table that the file's header points to ([MS-DOC] 2.4.1 "Retrieving Text").
Character properties say which characters are hidden or deleted as a tracked change; of them nothing else is read
([MS-DOC] 2.9.83 "ChpxFkp", 2.6.1 sprmCFRMarkDel, sprmCFVanish). Names of fields are those of [MS-DOC].
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dedup.errors import Damaged, Unsupported

_MAGIC, _NFIB_97 = 0xA5EC, 0x00C1
_FIB_SIZE = 0x0382  # of the oldest header that has all fields read here
_F_ENCRYPTED, _F_TABLE = 0x0100, 0x0200
_CCP_TEXT, _FC_CHPX, _FC_CLX = 0x004C, 0x00FA, 0x01A2
_FKP = 512
_SPRM_DELETED, _SPRM_VANISH = 0x0800, 0x083C
_HIDDEN, _DELETED = 1, 2
_FIELD_MARK = re.compile(r"([\x13\x14\x15])")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class WordText:
    """Text and layout, as in `dedup.result.Document`; ``hidden`` counts characters that are not shown."""

    text: str
    furniture: tuple[tuple[int, int], ...]
    tables: tuple[tuple[int, int], ...]
    hidden: int


def text_of(word: bytes, tables: Sequence[bytes | None], label: str) -> WordText | None:
    """Return the text of a Word 97 file; None if it is of an older kind, which keeps its text elsewhere.

    Parameters
    ----------
    word : bytes
        The stream ``WordDocument``.
    tables : sequence of bytes or None
        The streams ``0Table`` and ``1Table``; the header says which is in use.
    label : str
        The name in messages.

    Raises
    ------
    Unsupported
        If it is encrypted.
    Damaged
        If its tables are missing or point outside the file.
    """
    if len(word) < _FIB_SIZE or struct.unpack_from("<H", word)[0] != _MAGIC:
        return None
    version, flags = struct.unpack_from("<H", word, 2)[0], struct.unpack_from("<H", word, 0x0A)[0]
    if version < _NFIB_97:
        return None
    if flags & _F_ENCRYPTED:
        raise Unsupported(label, "it is protected by a password: save it without")
    table = tables[1 if flags & _F_TABLE else 0]
    if table is None:
        raise Damaged(label, "its table stream is missing: save it again in the program it came from")
    try:
        units, unseen = _pieces(word, table)
        lengths = struct.unpack_from("<8i", word, _CCP_TEXT)
    except (struct.error, IndexError, ValueError) as error:
        raise Damaged(label, f"its tables point outside the file ({error})") from error
    if min(lengths) < 0 or sum(lengths) > len(units):
        raise Damaged(label, "its tables promise more text than there is")
    return _put_together(units, unseen, lengths)


def _pieces(word: bytes, table: bytes) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Return all characters of the file as UTF-16 units, and for each whether it is hidden or deleted."""
    at, size = struct.unpack_from("<II", word, _FC_CLX)
    end = min(at + size, len(table))
    while at < end and table[at] == 1:  # property modifiers of fast-saved files stand before the pieces
        at += 3 + struct.unpack_from("<H", table, at + 1)[0]
    if at >= end or table[at] != 2:
        raise ValueError("there is no piece table")
    (size,) = struct.unpack_from("<I", table, at + 1)
    count = (size - 4) // 12
    if count < 1 or at + 5 + size > len(table):
        raise ValueError("the piece table is cut short")
    positions = struct.unpack_from(f"<{count + 1}I", table, at + 5)
    marks = _marks(word, table)
    units: list[NDArray[np.uint16]] = []
    unseen: list[NDArray[np.uint8]] = []
    total = 0
    for index, (first, last) in enumerate(pairwise(positions)):
        (place,) = struct.unpack_from("<I", table, at + 5 + 4 * (count + 1) + 8 * index + 2)
        wide = not place & 0x40000000
        start, width = (place, 2) if wide else ((place & 0x3FFFFFFF) // 2, 1)
        data = word[start : start + width * (last - first)]
        total += last - first
        # Pieces may not overlap: a file cannot hold more text than bytes, and a table that says so is a bomb.
        if last < first or len(data) < width * (last - first) or total > len(word):
            raise ValueError("a piece of text lies outside the file")
        text = data if wide else data.decode("cp1252", "replace").encode("utf-16-le")
        units.append(np.frombuffer(text, "<u2"))
        unseen.append(marks[start : start + len(data) : width])
    return np.concatenate(units), np.concatenate(unseen)


def _marks(word: bytes, table: bytes) -> NDArray[np.uint8]:
    """Return for each byte of the text stream whether its character is hidden or deleted."""
    marks = np.zeros(len(word), np.uint8)
    at, size = struct.unpack_from("<II", word, _FC_CHPX)
    count = (size - 4) // 8
    if count < 1 or at + size > len(table):
        return marks
    for page in struct.unpack_from(f"<{count}I", table, at + 4 * (count + 1)):
        start = (page & 0x3FFFFF) * _FKP
        block = word[start : start + _FKP]
        if len(block) < _FKP or block[-1] > 0x65:
            continue
        runs = block[-1]
        places = struct.unpack_from(f"<{runs + 1}I", block)
        for index, (low, high) in enumerate(pairwise(places)):
            offset = 2 * block[4 * (runs + 1) + index]
            mark = _mark(block, offset) if offset else 0
            if mark:
                marks[low:high] = mark
    return marks


def _mark(block: bytes, offset: int) -> int:
    """Return whether a list of character properties hides or deletes its text; 0 for neither."""
    at, end = offset + 1, min(offset + 1 + block[offset], _FKP - 1)
    mark = 0
    while at + 3 <= end:
        (sprm,) = struct.unpack_from("<H", block, at)
        if sprm in (_SPRM_DELETED, _SPRM_VANISH) and block[at + 2] & 1:
            mark = max(mark, _DELETED if sprm == _SPRM_DELETED else _HIDDEN)
        at += 2 + (1, 1, 2, 4, 2, 2, block[at + 2] + 1, 3)[sprm >> 13]
    return mark


def _put_together(units: NDArray[np.uint16], unseen: NDArray[np.uint8], lengths: Sequence[int]) -> WordText:
    """Return body, text boxes, footnotes and endnotes, then headers as furniture; comments are left out."""
    starts = np.concatenate(([0], np.cumsum(lengths))).tolist()
    parts = [_shown(units[low:high], unseen[low:high]) for low, high in pairwise(starts)]
    body, footnotes, headers, _macros, _comments, endnotes, boxes, header_boxes = parts
    text = body.rstrip("\n")
    for extra in (boxes, footnotes, endnotes):
        if extra.strip():
            text += "\n" + extra.strip("\n")
    furniture: tuple[tuple[int, int], ...] = ()
    running = "\n".join(dict.fromkeys(line for line in (headers + "\n" + header_boxes).split("\n") if line.strip()))
    if running:
        text += "\n"
        furniture = ((len(text), len(text) + len(running)),)
        text += running
    tables = tuple(match.span() for match in re.finditer(r"(?:[^\n]*\t[^\n]*(?:\n|\Z)){2,}", text))
    return WordText(text, furniture, tables, int((unseen == _HIDDEN).sum()))


def _shown(units: NDArray[np.uint16], unseen: NDArray[np.uint8]) -> str:
    """Return what a reader sees: marks of paragraphs, cells and fields turned into characters or nothing."""
    text = units[unseen == 0].tobytes().decode("utf-16-le", "replace")
    text = _without_instructions(text) if "\x13" in text else text
    text = text.replace("\x07\x07", "\n").replace("\x07", "\t").replace("\x1e", "-")
    return _CONTROL.sub("", re.sub(r"[\x0b-\x0e]", "\n", text))


def _without_instructions(text: str) -> str:
    """Return the text with the results of fields and without their instructions; fields may stand within fields."""
    kept: list[str] = []
    instructing: list[bool] = []  # of each field around the place: is it still in its instruction?
    depth = 0
    for piece in _FIELD_MARK.split(text):
        if piece == "\x13":
            instructing.append(True)
            depth += 1
        elif piece in ("\x14", "\x15"):
            if instructing:
                depth -= instructing.pop()
                if piece == "\x14":
                    instructing.append(False)
        elif not depth:
            kept.append(piece)
    return "".join(kept)
