"""Slow twins of the text kernels, written over Python strings with regular expressions instead of state machines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dedup.schema import EditKind, Edits, SlotKind, Texts
from dedup.steps import data

_CLASS_LETTERS = {
    data.Class.UNIT: "u",
    data.Class.POWER: "p",
    data.Class.DIGIT: "d",
    data.Class.MASK: "m",
    data.Class.ENCLOSED: "e",
    data.Class.PUNCTUATION: ".",
}


@dataclass
class Token:
    """One folded code point: what it is, where it came from, and what white space stands before it."""

    char: str
    letter: str  # its class as a letter: u p d m e . and h for anything kept
    flags: int
    origin: int
    span: int
    line: bool
    gap: bool


def key_stream(texts: Texts, edits: Edits) -> tuple[list[tuple[str, int, int]], list[tuple[int, int, int, int]]]:
    """Return (character, origin, span) of each key code point and (start, end, key, kind) of each slot."""
    keys: list[tuple[str, int, int]] = []
    slots: list[tuple[int, int, int, int]] = []
    for document in range(texts.documents):
        tokens = _tokens(texts, edits, int(texts.indptr[document]), int(texts.indptr[document + 1]))
        for token, fate in zip(tokens, _fates(tokens), strict=True):
            if fate == "keep":
                keys.append((token.char, token.origin, token.span))
            elif fate != "drop":
                kind, opens = fate
                end = token.origin + token.span
                if opens and not (slots and token.origin < slots[-1][1]):
                    slots.append((token.origin, end, len(keys), kind))
                else:
                    slots[-1] = (slots[-1][0], end, *slots[-1][2:])
    return keys, slots


def _tokens(texts: Texts, edits: Edits, start: int, stop: int) -> list[Token]:
    tables = data.tables()
    starts = {int(at): row for row, at in enumerate(edits.start)}
    tokens: list[Token] = []
    line, gap = True, False
    at = start
    while at < stop:
        codes, span = [int(texts.codes[at])], 1
        row = starts.get(at)
        if row is not None:
            codes = edits.codes[edits.indptr[row] : edits.indptr[row + 1]].tolist()
            span = int(edits.end[row]) - at
            if not codes and edits.kind[row] in (EditKind.PINYIN, EditKind.RUBY) and tokens:
                last = tokens[-1]
                if last.origin + last.span == at:
                    for token in tokens:
                        if token.origin == last.origin:
                            token.span += span
        for code in codes:
            low = tables.kind[code] & 15
            if low == data.Class.BREAK:
                line = True
            elif low == data.Class.SPACE:
                gap = True
            elif low not in (data.Class.INVISIBLE, data.Class.REPLACED):
                folded = int(tables.fold[code])
                pieces = [folded]
                if folded >= data.MULTI_BIT and low == data.Class.MULTI:
                    row_ = folded & 0x7FFF_FFFF
                    pieces = tables.multi[tables.multi_indptr[row_] : tables.multi_indptr[row_ + 1]].tolist()
                for one in pieces:
                    kind = tables.kind[code] if low != data.Class.MULTI else tables.kind[one]
                    if kind & 15 >= data.Class.SPACE:
                        continue
                    char = chr(one) if one < data.CODE_POINTS else "①"
                    letter = _CLASS_LETTERS.get(data.Class(int(kind) & 15), "h")
                    tokens.append(Token(char, letter, int(kind), at, span, line, gap))
                    line = gap = False
        at += span
    return tokens


def _fates(tokens: list[Token]) -> list[object]:
    """Return for each token "keep", "drop" or (slot kind, whether it opens a slot)."""
    text = "".join(token.char for token in tokens)
    shape = "".join(token.letter for token in tokens)
    fates: list[object] = ["drop"] * len(tokens)

    def slot(i: int, j: int, kind: SlotKind) -> None:
        fates[i:j] = [(kind, t == i) for t in range(i, j)]

    clause = True
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if clause or token.line:
            j = _enumerator(tokens, text, shape, i)
            if j > i:
                i, clause = j, True
                continue
        if (match := re.compile(r"第").match(text, i)) and not clause:
            j = _ordinal(tokens, text, shape, i, line=False)
            if j > i:
                i = j
                continue
        match = re.compile(r"\(([^()]{1,3})\)").match(text, i)
        if match and re.fullmatch("[up]+", shape[i + 1 : match.end() - 1]):
            i = match.end()
            continue
        if token.letter == ".":
            clause = bool(token.flags & data.STOP) or (clause and bool(token.flags & data.CLOSER))
            i += 1
            continue
        j = i + 1
        if token.letter == "d":
            j = _number(tokens, text, shape, i)
            slot(i, j, SlotKind.DIGITS)
        elif token.letter in "up" or token.char in "〇○◯":
            j = _numerals(tokens, text, shape, fates, i, slot)
        elif token.letter == "m":
            j = _mask(tokens, shape, fates, i, slot)
        elif token.char == "x":
            j = _crosses(tokens, text, shape, fates, i, slot)
        elif token.letter != "e":
            fates[i] = "keep"
        i, clause = j, False
    return fates


def _joined(tokens: list[Token], i: int, j: int) -> bool:
    """Tell whether no white space stands between the tokens i to j."""
    return not any(token.line or token.gap for token in tokens[i + 1 : j])


def _enumerator(tokens: list[Token], text: str, shape: str, i: int) -> int:
    if shape[i] == "e":
        return i + 1
    line = tokens[i].line
    if match := re.compile(r"\.(?:[up]{1,3}|d{1,3}|h)\.").match(shape, i):
        inner = text[i + 1 : match.end() - 1]
        whole = text[i] == "(" and text[match.end() - 1] == ")"
        if whole and (shape[i + 1] != "h" or "a" <= inner <= "z"):
            return match.end()
    if shape[i] == ".":
        return i
    if match := re.compile("[up]{1,10}").match(shape, i):
        j = match.end()
        if j - i <= 3 and text[j : j + 1] in ("、", ".", ",", ")") and text[j : j + 1]:
            more = re.compile("[up]{1,10}").match(shape, j + 1)
            if more and (not line or text[more.end() : more.end() + 1] == "、"):
                return i
            return j + 1
        return i
    if match := re.compile("d{1,10}").match(shape, i):
        j = match.end()
        decimal = shape[j + 1 : j + 2] == "d" and _joined(tokens, j, j + 2)
        if j - i <= 3 and text[j : j + 1] in ("、", ".", ")") and text[j : j + 1] and not decimal:
            return j + 1
        return i
    if text[i] in "第其":
        return _ordinal(tokens, text, shape, i, line=line)
    if line and "a" <= text[i] <= "z" and text[i + 1 : i + 2] in ("、", ".", ")") and text[i + 1 : i + 2]:
        after = text[i + 2 : i + 3]
        if not after or not (shape[i + 2] == "d" or "a" <= after <= "z"):
            return i + 2
    return i


def _ordinal(tokens: list[Token], text: str, shape: str, i: int, *, line: bool) -> int:
    match = re.compile("[up]{1,10}|d{1,10}").match(shape, i + 1)
    if not match or match.end() - i > 8 or match.end() >= len(text):
        return i
    j = match.end()
    if text[j] in ",、:":
        return j + 1
    if text[i] == "第" and line and text[j] in "条章节编款":
        ends = j + 1 >= len(text) or tokens[j + 1].line or tokens[j + 1].gap or text[j + 1] == ":"
        if ends:
            return j + 1
    return i


def _number(tokens: list[Token], text: str, shape: str, i: int) -> int:
    j = i + 1
    while True:
        for pattern in ("d", r"\.d", r"\.ddd(?!d)"):
            match = re.compile(pattern).match(shape, j)
            if pattern.endswith("(?!d)") and not match:
                # a fourth digit set apart by white space does not count
                match = re.compile(r"\.ddd").match(shape, j)
                if match and not (tokens[match.end()].line or tokens[match.end()].gap):
                    match = None
            if match and _joined(tokens, j - 1, match.end()):
                mark = text[j] if shape[j] == "." else ""
                if mark == {"d": "", r"\.d": ".", r"\.ddd(?!d)": ","}[pattern]:
                    j = match.end()
                    break
        else:
            return j


def _numerals(tokens, text, shape, fates, i, slot):  # type: ignore[no-untyped-def]
    j = i
    while j < len(tokens) and (shape[j] in "up" or text[j] in "〇○◯"):
        if j > i and tokens[j].line and _enumerator(tokens, text, shape, j) > j:
            break
        j += 1
    if not re.search("[up]", shape[i:j]):
        return _mask(tokens, shape, fates, i, slot)
    if _is_figure(tokens, text, shape, i, j):
        slot(i, j, SlotKind.NUMERAL)
    else:
        for t in range(i, j):
            fates[t] = "drop" if text[t] in "〇○◯" else "keep"
    return j


def _is_figure(tokens: list[Token], text: str, shape: str, i: int, j: int) -> bool:
    if text[i - 1 : i] == "第" and i > 0:
        return False
    run = "".join("0" if c in "零〇○◯" else s for c, s in zip(text[i:j], shape[i:j], strict=True))
    year = text[j : j + 1] == "年"
    if "p" not in run:
        if "0" in run:
            return len(run) >= 3 or (len(run) == 2 and year)
        return len(run) >= 4 or (len(run) == 3 and year)
    if len(run) < 2 or "uu" in run or (run[0] == "p" and text[i] not in "十廿卅"):
        return False
    return text[max(0, i - 2) : i] == "分之" or (j < len(tokens) and bool(tokens[j].flags & data.MEASURE))


def _mask(tokens, shape, fates, i, slot):  # type: ignore[no-untyped-def]
    j = i + 1
    while j < len(tokens) and shape[j] == "m" and _joined(tokens, j - 1, j + 1):
        j += 1
    if j - i == 1 and tokens[i].char == "某" and j < len(tokens) and tokens[j].char in "些种个位项一几":
        fates[i] = "keep"
        return j
    before_letter = j < len(tokens) and tokens[j].flags & 15 == data.Class.LETTER
    if j - i > 1 or (before_letter and not tokens[j].line and not tokens[i].line):
        slot(i, j, SlotKind.MASK)
    return j


def _crosses(tokens, text, shape, fates, i, slot):  # type: ignore[no-untyped-def]
    j = i + 1
    while text[j : j + 1] == "x" and _joined(tokens, j - 1, j + 1):
        j += 1
    before = i > 0 and _joined(tokens, i - 1, i + 1) and "a" <= text[i - 1] <= "z"
    after = (
        j < len(tokens)
        and _joined(tokens, j - 1, j + 1)
        and ("a" <= text[j] <= "z" or (j - i == 1 and shape[j] == "d"))
    )
    if before or after:
        fates[i:j] = ["keep"] * (j - i)
    else:
        slot(i, j, SlotKind.MASK)
    return j


_SEPARATORS = " \t\u3000\n\r\x0b\x0c\x85\u2028\u2029'’"


def pinyin_end(text: str, at: int) -> int:
    """Return where the annotation that begins with the bracket at `at` ends, or 0."""
    kind = data.tables().kind
    host = at - 1
    while host >= max(0, at - 4) and kind[ord(text[host])] & 15 in (
        data.Class.SPACE,
        data.Class.BREAK,
        data.Class.INVISIBLE,
    ):
        host -= 1
    if host < max(0, at - 4) or ord(text[host]) < 0x3007:
        return 0
    inner = text[at + 1 : at + 48]
    close = re.search("[)）]", inner)
    closed = close is not None
    inner = inner[: close.start()] if close else inner
    if not closed and at + 1 + len(inner) < len(text):
        return 0
    syllables = [""]
    toned = upper = False
    for char in inner:
        full = chr(ord(char) - 0xFEE0) if "Ａ" <= char <= "ｚ" else char
        what = int(data.latin()[ord(full)]) if ord(full) < 0x1F00 else 0
        if what:
            syllables[-1] += chr((what & 31) + 96)
            toned, upper = toned or bool(what & 0x20), upper or bool(what & 0x40)
            if len(syllables[-1]) > 6:
                return 0
        elif syllables[-1] and full in "\u0308:":
            syllables[-1] = syllables[-1][:-1] + "v"
        elif syllables[-1] and ("\u0300" <= full < "\u0370" or full in "12345"):
            toned = True
        elif full in _SEPARATORS or kind[ord(full)] & 15 == data.Class.SPACE:
            syllables += [""] if syllables[-1] else []
        elif kind[ord(full)] & 15 != data.Class.INVISIBLE:
            return 0
    syllables = [one for one in syllables if one]
    whole = "".join(syllables)
    if not whole or ((upper or len(whole) == 1) and not toned):
        return 0
    end = at + 1 + len(inner) + closed
    if not closed:
        return end if toned and len(whole) <= 6 and _reads(text[host], whole, prefix=True) else 0
    if len(whole) <= 6 and _reads(text[host], whole):
        return end
    hosts = text[max(0, host - len(syllables) + 1) : host + 1]
    several = 1 < len(syllables) <= 4 and len(hosts) == len(syllables)
    return end if several and all(_reads(*pair) for pair in zip(hosts, syllables, strict=True)) else 0


def _reads(char: str, syllable: str, *, prefix: bool = False) -> bool:
    readings = {name for name, chars in _READINGS if char in chars}
    if prefix:
        return any(name.startswith(syllable) for name in readings)
    return syllable in readings or re.sub("^([ln])u", r"\1v", syllable) in readings


_READINGS = [(name, frozenset(chars)) for name, chars in data.rows("readings")]


def glued_in(text: str, annotations: list[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return what sites glued into one text: words and patterns over all of it, folded, without white space."""
    tables = data.tables()
    places = [
        at
        for at, char in enumerate(text)
        if tables.kind[ord(char)] & 15 < data.Class.SPACE and not any(low <= at < high for low, high in annotations)
    ]
    whole = "".join(chr(tables.fold[ord(text[at])]) for at in places)
    found = set()
    for words, pattern in data.rows("site"):
        for word in words.split():
            for at in (match.start() for match in re.finditer(re.escape(word), whole)):
                low = max(0, at - 60)
                bare = pattern.removeprefix("^").removesuffix("$")
                covering = [
                    match
                    for match in re.finditer(bare, whole[low : at + 120])
                    if match.start() <= at - low < match.end()
                ]
                for match in covering:
                    start, end = places[low + match.start()], places[low + match.end() - 1] + 1
                    head, tail = text[:start].rstrip(" \t\u3000"), text[end:].lstrip(" \t\u3000")
                    fills = (not head or head[-1] in "\r\n") and (not tail or tail[0] in "\r\n")
                    if not pattern.startswith("^") or fills:
                        found.add((start, end))
    return found


def sentence_ends(text: str) -> list[int]:
    """Return where the sentences of a paragraph end, marks that close them included."""
    pairs = dict(zip("“‘「『（(《【", "”’」』）)》】", strict=True))

    def ends(at: int) -> bool:
        char, after = text[at], text[at + 1 : at + 2]
        before = text[at - 1] if at else "\0"
        if char in "。｡":
            return not ("0" <= before <= "9" and after and "0" <= after <= "9")
        if char == ".":
            return before >= "\u3400" and not (after and after < "\x80")
        return char in "！？!?；;" or (char == "…" and after != "…")

    found = []
    at = whole = 0
    while at < len(text):
        if at >= whole and text[at] in pairs:
            closing = text.find(pairs[text[at]], at + 1, at + 200)
            whole = max(whole, closing)
        if at and ends(at):
            end = at + 1
            while end < len(text) and (text[end] in '”’」』）)》】" ' or ends(end)):
                end += 1
            if end > whole:
                found.append(end)
                at = end
                continue
        at += 1
    return found


def headings(document: list[int], part: list[int], level: list[int]) -> list[int]:
    """Return for each paragraph the nearest heading above, for a heading the nearest of a higher rank."""
    found = []
    for row in range(len(level)):
        wanted = level[row] or 99
        nearest = -1
        lowest = 99
        for above in range(row - 1, -1, -1):
            if (document[above], part[above]) != (document[row], part[row]):
                break
            # A heading hides those of its own rank and below that stand above it.
            if 0 < level[above] < lowest:
                lowest = level[above]
                if lowest < wanted:
                    nearest = above
                    break
        found.append(nearest)
    return found
