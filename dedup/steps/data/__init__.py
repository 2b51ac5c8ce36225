"""Tables of what code points are, fold to and sound like: read from the text files beside this one, once.

The files are made by ``tools/make_text_tables.py`` and are committed: neither an upgrade of OpenCC or pypinyin nor
another Python's Unicode database can change a stored fingerprint. This module only unfolds them into arrays
that a kernel can index.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.resources import files

import numpy as np

from dedup.schema import Int64, UInt8, UInt32, UInt64

CODE_POINTS = 0x110000
MULTI_BIT = 0x8000_0000
"""Set in `Tables.fold` where a code point folds to several; the other bits are their row."""


class Class(IntEnum):
    """What a code point is to the key stream, after folding."""

    PUNCTUATION = 0  # symbols too: dropped
    LETTER = 1  # Han, Latin, kana ...: kept
    UNIT = 2  # 一 二 ... 九 两 零: kept unless in a figure
    POWER = 3  # 十 百 千 万 亿: the same
    DIGIT = 4  # dropped into a slot
    MASK = 5  # × * _ □ ○ 某: dropped, a slot where it masks something
    ENCLOSED = 6  # ① ㈠ ⒈: enumerators wherever they stand
    SPACE = 7
    BREAK = 8
    INVISIBLE = 9
    REPLACED = 10  # U+FFFD, lone surrogates
    MULTI = 11  # folds to several code points, see `Tables.multi`


# Flags above the class, in the same byte.
MEASURE = 0x10  # follows a figure: 三百二十 *人*; not 号, for 神舟十八号 is a name
STOP = 0x20  # ends a clause: an enumerator may follow
CLOSER = 0x40  # closing quote or bracket: does not undo a STOP before it

# In the words of `looks`.
PASSED = 1 << 22  # plain, or punctuation that opens no enumerator: needs no second look
KEPT = 1 << 23  # stands in the folded text
PLAIN = 1 << 31  # a Han letter with which nothing begins that is dropped or a slot

WHITE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    + "".join(map(chr, range(0x2000, 0x200B)))
    + "\u2028\u2029\u202f\u205f\u3000"
)
"""What a regular expression calls white space."""

_MEASURES = (
    "人名个位户家亩元斤吨里米年月日天次件项所座条只头口台辆平顷公克株棵套处间份篇场期批类层栋幢支岁周分秒度倍艘架门张册"
    "本卷盏块片箱袋瓶桶升毫厘尺寸匹余多几"
)
_STOPS = "。！？；：…!?;:｡"
_CLOSERS = "”’」』）》】〉)]\"'＂"


@dataclass(frozen=True, slots=True)
class Tables:
    """Lookup tables by code point.

    kind : uint8[0x110000]      a `Class` in the low four bits, flags above
    fold : uint32[0x110000]     what it folds to; with `MULTI_BIT`, the row in `multi`
    multi_indptr : int64[R+1]   row ``r`` is ``multi[multi_indptr[r]:multi_indptr[r+1]]``
    multi : uint32[...]         folded code points
    """

    kind: UInt8
    fold: UInt32
    multi_indptr: Int64
    multi: UInt32


def rows(name: str) -> Iterator[tuple[str, str]]:
    """Yield key and value of each row of a table file, notes left out."""
    for line in files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            key, _, value = line.partition("\t")
            yield key, value


@cache
def tables() -> Tables:
    """Return the lookup tables of folding and classes."""
    kind = _classes()
    script = np.arange(CODE_POINTS, dtype=np.uint32)
    for target, sources in rows("script"):
        script[[ord(char) for char in sources]] = ord(target)
    fold = script.copy()
    expansions: list[list[int]] = []
    several: list[int] = []
    for target, sources in rows("compat"):
        codes = [int(script[int(code, 16)]) for code in target.split()]
        where = [int(code, 16) for code in sources.split()]
        if len(codes) == 1:
            fold[where] = codes[0]
        else:
            fold[where] = len(expansions) | MULTI_BIT
            several.extend(where)
            expansions.append(codes)
    # The class is that of what a code point folds to, except where the raw one says more: ① is an enumerator,
    # not a digit, and a lone surrogate is not a letter.
    raw = kind & 0x0F
    single = np.where(fold < CODE_POINTS, fold, 0)
    kind = np.where(raw >= Class.ENCLOSED, kind, kind[single])
    kind[[code for code in several if raw[code] < Class.ENCLOSED]] = Class.MULTI
    lengths = [len(codes) for codes in expansions]
    return Tables(
        kind=kind.astype(np.uint8),
        fold=fold,
        multi_indptr=np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))),
        multi=np.array([code for codes in expansions for code in codes], dtype=np.uint32),
    )


@cache
def looks() -> UInt32:
    """Return class, flags and fold of the code points below 0x10000 in one word each: one look instead of two.

    Returns
    -------
    uint32[0x10001]
        The fold, `PASSED`, `KEPT`, in the upper byte `Tables.kind` and `PLAIN`. Code points that are dropped before
        anything else, or fold to several, have the class alone. The last word, 0, is that of all beyond.
    """
    kind, fold = tables().kind[:0x10000], tables().fold[:0x10000]
    kept = (kind & 0x0F < Class.SPACE) & (fold < MULTI_BIT)
    plain = (kind & 0x0F == Class.LETTER) & (fold >= 0x3400) & ~np.isin(fold, [ord(char) for char in "第其"])
    found: UInt32 = np.where(kept, fold | KEPT, 0).astype(np.uint32)
    found |= kind.astype(np.uint32) << 24
    found[kept & plain] |= PLAIN
    found[kept & (plain | (kind & 0x0F == Class.PUNCTUATION) & (fold != ord("(")))] |= PASSED
    return np.append(found, np.uint32(0))


def digits() -> list[int]:
    """Return what may be a digit to a regular expression, below 0x10000.

    Of scripts that nobody expects all of it, letters too: asking about each code point takes 5 ms, and who asks here
    does so to leave out what cannot match.
    """
    return [*range(0x30, 0x3A), *range(0x660, 0x2000), *range(0xA600, 0xAC00), *range(0xFF10, 0xFF1A)]


def _classes() -> UInt8:
    kind = np.zeros(CODE_POINTS, dtype=np.uint8)
    for name, ranges in rows("classes"):
        value = Class[name.upper()]
        for one in ranges.split():
            first, _, last = one.partition("-")
            kind[int(first, 16) : int(last or first, 16) + 1] = value
    kind[[ord(char) for char in _MEASURES]] |= MEASURE
    kind[[ord(char) for char in _STOPS]] |= STOP
    kind[[ord(char) for char in _CLOSERS]] |= CLOSER
    return kind


def pack(syllable: str) -> int:
    """Return a toneless syllable of at most six letters as a number: five bits a letter, the first lowest."""
    return sum((ord(letter) - 96) << (5 * place) for place, letter in enumerate(syllable))


@cache
def readings() -> UInt64:
    """Return every (character, reading) as ``code << 30 | pack(syllable)``, sorted (uint64)."""
    parts = []
    for syllable, chars in rows("readings"):
        codes = np.frombuffer(chars.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
        parts.append((codes << np.uint64(30)) | np.uint64(pack(syllable)))
    return np.sort(np.concatenate(parts))


@cache
def latin() -> UInt8:
    """Return, for code points below 0x1F00, the letter of the alphabet (a is 1) that it is without its accent.

    ü and its toned forms are v (22); bit 0x20 says that there was an accent, bit 0x40 that it is upper case.
    """
    import unicodedata

    table = np.zeros(0x1F00, dtype=np.uint8)
    for code in range(0x41, 0x1F00):
        parts = unicodedata.normalize("NFD", chr(code))
        base = parts[0]
        if not ("a" <= base.lower() <= "z") or not base.isascii():
            continue
        marks = set(parts[1:])
        letter = 22 if "\u0308" in marks and base in "uU" else ord(base.lower()) - 96
        toned = bool(marks - {"\u0308"})
        table[code] = letter | (0x20 if toned else 0) | (0x40 if base.isupper() else 0)
    table[0x251] = 1  # ɑ, which some fonts and sites put for a
    table[0x261] = 7  # ɡ for g
    return table


@cache
def words() -> frozenset[str]:
    """Return the two-character words, simplified."""
    return frozenset(first + second for first, seconds in rows("words") for second in seconds)


@cache
def common() -> frozenset[str]:
    """Return the simplified characters that stand in any common word."""
    return frozenset("".join(first + seconds for first, seconds in rows("words")))


@cache
def lookalikes() -> dict[str, str]:
    """Return Latin letters by the Cyrillic or Greek letters (lower case) of the same shape."""
    return {source: target for target, sources in rows("lookalike") for source in sources}
