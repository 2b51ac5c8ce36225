"""GBK text whose byte pairs a site has shifted: what broke it, and how far it can be mended for certain.

Sharing sites worked on GBK bytes without minding where a pair begins. Two of their edits break pairs:

- *Width.* The byte pair of a full-width mark (A3 xx) was replaced by its half-width byte also where A3 ended one
  character and xx began the next: 常活 (B3 A3, BB EE) became B3, ``;``, EE, and all that follows was read one byte
  off until a low byte (an ASCII letter) brought it back into step. What is left: ``?;`` or ``?,``, strange
  characters, one letter.
- *Pinyin.* An annotation was put behind the bytes of a character also where these were the end of one and the
  beginning of the next: in 們為 (82 83, 9E E9) the bytes 83 9E are 優, so ``(yōu)`` went into the middle of 為. What
  is left: ``?yōu)``, for the stray first byte swallowed the bracket, then strange characters.

Both are undone by writing the bytes down again. The byte that was lost is found from the words it must make with its
neighbours, or from the syllable; if no reading or more than one is as good, the text is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dedup.steps import data

_WIDTH = re.compile(r"[?？](?=[!-/:-@\[-`{-~！-／：-＠［-｀｛-～])")
_SYLLABLE = re.compile(r"[?？]([a-zɡɑü\u00e0-\u01dc]{1,6})[)）]")
ANNOTATION = re.compile(r"[(（]([A-Za-zɡɑü\u00e0-\u01dc]{1,6})[)）]")
_STRETCH = re.compile(r"[^\x00-\x7f？]{1,12}[@-~]")  # the strange characters, and the letter that ends them
_LONGEST = 12


@dataclass(frozen=True, slots=True)
class Mended:
    """What stood in place of ``length`` code points; no text where only an annotation's rest can be taken out."""

    text: str
    length: int


def mend(before: str, broken: str) -> Mended | None:
    """Read a shifted stretch again.

    Parameters
    ----------
    before : str
        One or two characters before the question mark.
    broken : str
        The text from the question mark on, at least to the end of the stretch.

    Returns
    -------
    Mended or None
        None where it is a question mark, or cannot be mended for certain.
    """
    if _WIDTH.match(broken):
        return _mend_width(before, broken)
    if match := _SYLLABLE.match(broken):
        mended = _mend_syllable(before, broken, match)
        if mended is None and any(char > "\x7f" for char in match[1]) and _letters(match[1]):
            return Mended("", match.end())
        return mended
    return None


def _mend_width(before: str, broken: str) -> Mended | None:
    mark = ord(broken[1])
    low = (mark if mark < 0x80 else mark - 0xFEE0) | 0x80
    for gap in (False, True):
        found = _read_on(bytes([low]), broken, 2, gap=gap)
        if found is None:
            continue
        for tail, stop in found:
            after = ANNOTATION.match(broken, stop)
            named = after is not None and _sounds(tail[-1], _letters(after[1]))
            if after and named:
                stop = after.end()
            if len(tail) == 1:
                # One letter is little to go by: it must be annotated, or a traditional character among Han.
                certain = named or (_simple(tail) != tail and broken[stop : stop + 1] >= "\u3400")
            else:
                certain = len(tail) > 2 * gap and _makes_words(tail + broken[stop : stop + 1])
            head = _lost_first(before, tail) if certain else None
            if head is not None:
                return Mended(head + tail, stop)
    return None


def _lost_first(before: str, tail: str) -> str | None:
    """Return the character of which only the second byte, A3, is known: a full stop unless a word needs another."""
    candidates = [char for char in _decode_all(lambda lead: bytes([lead, 0xA3])) if _is_common(char)]
    left = [char for char in candidates if _is_word(before[-1:] + char)]
    right = [char for char in candidates if _is_word(char + tail[0])]
    both = [char for char in left if char in right]
    if len(both) == 1:
        return both[0]
    if _is_word(before[-2:]) or not left:
        return "。"
    return left[0] if len(left) == 1 else None


def _mend_syllable(before: str, broken: str, match: re.Match[str]) -> Mended | None:
    last = _encode(before[-1:])
    syllable = _letters(match[1])
    if last is None or not syllable:
        return None
    found: list[Mended] = []
    for lead in range(0x81, 0xFF):
        char = _decode(bytes([last[1], lead]))
        if char is None or not _sounds(char, syllable):
            continue
        for tail, stop in _read_on(bytes([lead]), broken, match.end(), before=before) or ():
            found.append(Mended(tail, stop))
    certain = {one.text: one for one in found}
    return next(iter(certain.values())) if len(certain) == 1 else None


def _read_on(
    head: bytes, broken: str, at: int, *, before: str = "", gap: bool = False
) -> list[tuple[str, int]] | None:
    """Write down bytes from ``at`` on until the pairs are in step; return the readings and where each ends.

    ``gap`` supposes that the first pair after the head was one of the user-defined area and vanished.
    """
    heads = [head]
    if gap:
        if not _STRETCH.match(broken, at):
            return None
        heads = [head + pair for pair in _vanished_pairs(head)]
    while at < min(len(broken), _LONGEST + 12):
        char = broken[at]
        if "@" <= char <= "~":
            return _readings([one + char.encode() for one in heads], at + 1)
        if match := _SYLLABLE.match(broken, at):
            tails = [
                one + bytes([lead])
                for one in heads
                for lead in range(0x40, 0xFF)
                if (char_ := _decode(bytes([one[-1], lead]))) and _sounds(char_, _letters(match[1]))
            ]
            return _readings(tails, match.end())
        if char in "?？":  # the second byte was lost as well
            tails = [one + bytes([second]) for one in heads for second in range(0x40, 0xFF)]
            pairs = [text for text, _ in _readings(tails, 0) or () if len(text) == 1 and _is_word(before[-1:] + text)]
            return [(pairs[0], at + 1)] if len(pairs) == 1 else None
        pair = _encode(char)
        if pair is None:
            return None
        heads = [one + pair for one in heads]
        at += 1
    return None


def _readings(tails: list[bytes], stop: int) -> list[tuple[str, int]] | None:
    texts = sorted({text for tail in tails if (text := _decode(tail)) and all(map(_is_common, text))})
    return [(text, stop) for text in texts] or None


def _vanished_pairs(head: bytes) -> Iterator[bytes]:
    """Yield the user-defined pairs whose first byte makes a common character with the byte before."""
    for lead in (*range(0xAA, 0xB0), *range(0xF8, 0xFF)):
        char = _decode(head + bytes([lead]))
        if char is not None and _is_common(char):
            yield from (bytes([lead, second]) for second in range(0xA1, 0xFF))


def _makes_words(text: str) -> bool:
    """Tell whether the first two characters are a word, and each later one but the last makes one with another."""
    return _is_word(text[:2]) and all(
        _is_word(text[at - 1 : at + 1]) or _is_word(text[at : at + 2]) for at in range(2, len(text) - 1)
    )


def _decode_all(pair: object) -> Iterator[str]:
    for lead in range(0x81, 0xFF):
        char = _decode(pair(lead))  # type: ignore[operator]
        if char is not None:
            yield char


@lru_cache(maxsize=65_536)
def _decode(raw: bytes) -> str | None:
    try:
        text = raw.decode("gbk")
    except UnicodeDecodeError:
        return None
    return text if len(text) * 2 == len(raw) else None


def _encode(char: str) -> bytes | None:
    """Return the GBK pair of a character; a private-use one is the user-defined pair that it was decoded from."""
    if len(char) != 1 or char < "\x80":
        return None
    code = ord(char)
    if 0xE000 <= code < 0xE4C6:
        row, column = divmod(code - 0xE000, 94)
        return bytes([(0xAA + row) if row < 6 else (0xF8 + row - 6), 0xA1 + column])
    try:
        pair = char.encode("gbk")
    except UnicodeEncodeError:
        return None
    return pair if len(pair) == 2 else None


def _simple(text: str) -> str:
    fold = data.tables().fold
    return "".join(chr(code) if (code := int(fold[ord(char)])) < data.CODE_POINTS else char for char in text)


@lru_cache(maxsize=65_536)
def _is_word(text: str) -> bool:
    return len(text) == 2 and _simple(text) in data.words()


@lru_cache(maxsize=65_536)
def _is_common(char: str) -> bool:
    return _simple(char) in data.common()


@lru_cache(maxsize=4_096)
def _letters(annotation: str) -> str:
    """Return the syllable without its tone, ü as v; empty where a code point is no letter."""
    table = data.latin()
    values = [int(table[ord(char)]) & 31 for char in annotation if ord(char) < 0x1F00]
    return "".join(chr(value + 96) for value in values) if all(values) else ""


@lru_cache(maxsize=65_536)
def _sounds(char: str, syllable: str) -> bool:
    return 0 < len(syllable) <= 6 and data.pack(syllable) in _readings_of(char)


@lru_cache(maxsize=65_536)
def _readings_of(char: str) -> frozenset[int]:
    """Return the packed readings of a character."""
    table = data.readings()
    code = np.uint64(ord(char))
    first, last = np.searchsorted(table, np.array([code << np.uint64(30), (code + np.uint64(1)) << np.uint64(30)]))
    return frozenset((table[first:last] & np.uint64((1 << 30) - 1)).tolist())
