"""The slow, obvious twins of the kernels behind what is told of families: by strings, one after the other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise

from dedup.executors.prepared import Prepared

MASK = 2**64 - 1


def is_rare_figure(text: str, digits: int) -> bool:
    """Tell whether a figure, width folded, is no year, not round and not small."""
    if len(text) <= digits or set(text) - set("0123456789,.") or text.count(".") > 1:
        return False
    whole, dot, decimals = text.replace(",", "").partition(".")
    year = len(whole) == 4 and not dot and whole[:2] in ("19", "20")
    return len((whole + decimals).strip("0")) >= digits and (len(whole) >= 4 or bool(decimals)) and not year


def fnv(text: str) -> int:
    """Hash a figure, width folded, thousands separators and blanks dropped (FNV-1a over code points)."""
    value = 0xCBF29CE484222325
    for char in text.replace(",", "").replace(" ", ""):
        value = ((value ^ ord(char)) * 0x100000001B3) & MASK
    return value


def around(codes: Sequence[int], key: int, start: int, end: int, family: int, said: int, context: int) -> int:
    """Hash the characters around a place, 0 outside of a range, what stands there, and in which family."""
    value = 0
    for here in [
        *(codes[at] if start <= at < end else 0 for at in range(key - context, key + context)),
        said,
        family,
    ]:
        value = ((value ^ here) * 0x9E3779B97F4A7C15) & MASK
        value ^= value >> 29
    return value


def slot(before: str, own: str, after: str, others: Sequence[str], shown: int) -> str:
    """Say what stands in a slot and what others have there, with the word before and the letter behind."""
    word = re.findall(r"[^\W\d_]{0,4}\Z", before)[0]
    different = list(dict.fromkeys(value.strip() for value in [own, *others]))
    values = "／".join(value or "—" for value in different[:shown]) + ("／…" if different[shown:] else "")
    return word + values + (after[:1] if after[:1].isalpha() else "")


@dataclass
class Known:
    """What tells names and slips from other changes."""

    suffixes: str
    titles: tuple[str, ...]
    particles: str
    words: AbstractSet[str]
    readings: Mapping[str, AbstractSet[int]]


def kind(one: str, low: int, high: int, other: str, begin: int, end: int, known: Known) -> str:
    """Class the change of one[low:high] to other[begin:end]."""
    if begin == end:
        return "delete"
    if low == high:
        return "insert"
    behind, there = one[high : high + 2], other[end : end + 2]
    unit = behind[:1] and behind[0] in known.suffixes
    if behind == there and max(high - low, end - begin) <= 4 and (unit or behind in known.titles):
        return "name"
    if high - low == end - begin == 1:
        mine, theirs = one[low], other[begin]

        def makes_word(text: str, at: int) -> bool:
            return text[max(at - 1, 0) : at + 1] in known.words or text[at : at + 2] in known.words

        alike = known.readings.get(mine, set()) & known.readings.get(theirs, set())
        if makes_word(one, low) != makes_word(other, begin) and alike and not {mine, theirs} & set(known.particles):
            return "typo"
    return "replace"


def quotations(texts: Sequence[str], marks: Sequence[tuple[str, str]], longest: int) -> list[tuple[int, int]]:
    """The ranges from the first opening mark behind a closing one, or the beginning, to the next closing one."""
    found = []
    base = 0
    for text in texts:
        for opening, closing in marks:
            begun = 0
            while (end := text.find(closing, begun)) >= 0:
                start = text.find(opening, begun, end)
                if start >= 0 and end + 1 - start <= longest:
                    found.append((base + start, base + end + 1))
                begun = end + 1
        base += len(text)
    return sorted(found)


def reach(tables: Prepared, start: int, end: int, marks: int) -> tuple[int, int]:
    """Return a key range as a raw range with what belongs to its ends, looking at all of the tables."""
    texts, keys, segments = tables.texts, tables.keys, tables.segments
    text = "".join(map(chr, texts.codes.tolist()))
    slots = list(zip(keys.slots.start.tolist(), keys.slots.end.tolist(), strict=True))
    begun, done = int(keys.origin[start]), int(keys.origin[end - 1]) + int(keys.span[end - 1])
    low, high = begun, done
    for row in range(len(segments.start)):
        first, last = int(segments.raw_start[row]), int(segments.raw_end[row])
        if (
            first < begun < last
            and segments.start[row] == start
            and not any(first < stop <= begun for _, stop in slots)
        ):
            low = first
        if first < done < last and segments.end[row] == end:
            words = re.sub("[第其一二三四五六七八九十百千万亿零两廿卅之]", "", text[done:last])
            if not re.search("[\u3400-\u9fff]", words) and not any(done <= at < last for at, _ in slots):
                high = last
    floor, ceiling = next((a, b) for a, b in pairwise(texts.indptr.tolist()) if a <= begun < b)
    opened = re.search(r"[“‘「『《〈（(【]*\Z", text[max(floor, begun - marks) : begun])
    closed = re.match(r"[。！？；!?;”’」』》〉）)】…]*", text[done : min(ceiling, done + marks)])
    return min(low, begun - len(opened[0])), max(high, done + len(closed[0]))


def place(tables: Prepared, at: int) -> tuple[int, int, int, int, int]:
    """Return how many documents, lines, paragraphs and parts begin up to a raw position, less one; its heading."""
    segments = tables.segments
    columns = tables.texts.indptr, segments.lines, segments.raw_start, segments.parts.raw_start
    counts = [sum(begin <= at for begin in column.tolist()) - 1 for column in columns]
    above = int(segments.heading[counts[2]]) if counts[2] >= 0 else -1
    return (*counts, above if above >= 0 and segments.document[above] == counts[0] else -1)
