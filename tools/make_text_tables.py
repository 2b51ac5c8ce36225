"""Make the tables of `dedup/steps/data` from OpenCC, pypinyin, jieba and the Unicode database.

Run ``python tools/make_text_tables.py`` after ``pip install OpenCC pypinyin jieba``. The tables are committed: no
upgrade of these, nor of Python's own Unicode database, can change a stored fingerprint. Making them anew is a change
of format, and the index header must say so.

========== ================================ =========== ==========================================================
file       what                             licence     form
========== ================================ =========== ==========================================================
script     traditional, variant -> simple   Apache-2.0  ``target TAB sources``: one code point each, idempotent
compat     NFKC, case, accents, radicals    Unicode-3.0 ``target TAB sources``: a target may be several code points
classes    what a code point is to us       Unicode-3.0 ``class TAB first-last ...`` in hexadecimal
readings   syllable -> characters           MIT         ``syllable TAB characters``; ü is v, no tones
words      two-character words              MIT         ``first TAB seconds``: for mending mojibake, not for matching
========== ================================ =========== ==========================================================
"""

from __future__ import annotations

import sys
import unicodedata
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "dedup" / "steps" / "data"

# Radicals that NFKC leaves alone though PDF extractors put them for the whole character (Unicode's table of
# equivalent unified ideographs, those of them that are characters in their own right).
RADICALS = dict(
    zip(
        "⺁⺎⺒⺓⺝⺠⺧⺩⺪⺫⺬⺮⺶⺻⺼⺽⻁⻄⻅⻆⻉⻋⻑⻓⻔⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰⻱",
        "厂兀巳幺月民牛王疋目示竹羊聿月臼虎西见角贝车长长门雨青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙龟",
        strict=True,
    )
)
# Printing variants that OpenCC's single-character tables lack: old glyphs of scanned books and Japanese fonts
# whose form is no simplified character of its own (芸 or 缶 would be, so they are not here).
VARIANTS = dict(
    zip(
        "吿靑眞値敎淸硏鄕旣卽戸呉戱敍歩每內吳呂錄綠稅說脫銳悅閱產淨爭強彥戶黃溫麥虛衞爲羣峯裏綫着",
        "告青真值教清研乡既即户吴戏叙步每内吴吕录绿税说脱锐悦阅产净争强彦户黄温麦虚卫为群峰里线着",
        strict=True,
    )
)
ASCII_CONFUSABLE = {
    # Cyrillic and Greek letters whose shape is a Latin letter; used only inside words that also hold Latin ones.
    "a": "аα",
    "b": "вβ",
    "c": "сϲ",
    "e": "еε",
    "h": "нη",
    "i": "іι",
    "j": "ј",
    "k": "кκ",
    "m": "мμ",
    "n": "ν",
    "o": "оο",
    "p": "рρ",
    "s": "ѕ",
    "t": "тτ",
    "x": "хχ",
    "y": "уγυ",
    "z": "ζ",
}

CJK = [*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0x20000, 0x2F800), *range(0x30000, 0x323B0)]


def script_table() -> dict[str, str]:
    """Return one simplified code point for each traditional or variant one, followed to its fixed point."""
    import opencc

    routes = [opencc.OpenCC(name) for name in ("t2s", "tw2s", "hk2s")]
    table: dict[str, str] = {}
    for code in CJK:
        char = chr(code)
        for route in routes:
            target = route.convert(char)
            if target != char and len(target) == 1:
                table[char] = target
                break
    for char, target in VARIANTS.items():
        if char != target:
            table.setdefault(char, target)
    # 麼 and 麽 are 么, which is written every day, and not 幺, which is what a dictionary of variants makes of 么.
    table.pop("么", None)
    return {char: _settle(char, table) for char in table if _settle(char, table) != char}


def _settle(char: str, table: dict[str, str]) -> str:
    seen = {char}
    while char in table and table[char] not in seen:
        char = table[char]
        seen.add(char)
    return char


def compat_table() -> dict[str, str]:
    """Return what width, compatibility form, case and accent fold to, where that differs from the code point."""
    table: dict[str, str] = dict(RADICALS)
    for code in range(0x80, 0x110000):
        char = chr(code)
        if 0xD800 <= code < 0xE000 or unicodedata.category(char) in {"Cn", "Co", "Cc"} or char in table:
            continue
        target = _fold(char)
        if target != char:
            table[char] = target
    table.update({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})
    return table


def _fold(char: str) -> str:
    before = ""
    text = char
    while text != before:
        before = text
        text = unicodedata.normalize("NFKC", text).casefold()
        text = "".join(_without_accent(one) for one in text)
        text = "".join(RADICALS.get(one, one) for one in text)
    return text


def _without_accent(char: str) -> str:
    """Strip accents of Latin, Greek and Cyrillic only: a Hangul block or a voiced kana is another letter without."""
    parts = unicodedata.normalize("NFKD", char)
    if len(parts) > 1 and unicodedata.name(parts[0], "").startswith(("LATIN", "GREEK", "CYRILLIC")):
        return parts[0]
    return char


INVISIBLE = (
    *range(0x09),
    *range(0x0E, 0x20),
    *range(0x7F, 0x85),
    *range(0x86, 0xA0),
    *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180E, 0x3164, 0xFEFF, 0xFFA0),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    *range(0xFFF0, 0xFFFC),
    *range(0xE0000, 0xE1000),
)
BREAK = (0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029)
SPECIAL = {
    "unit": "零一二三四五六七八九两壹贰叁肆伍陆柒捌玖",
    "power": "十百千万亿拾佰仟廿卅",
    "mask": "×✕✖╳*_□○◯〇△某",
}


def class_table() -> dict[str, list[tuple[int, int]]]:
    """Return the ranges of each class; what is in no class is punctuation or a symbol."""
    special = {ord(char): name for name, chars in SPECIAL.items() for char in chars}
    special |= dict.fromkeys(INVISIBLE, "invisible") | dict.fromkeys(BREAK, "break")
    ranges: dict[str, list[tuple[int, int]]] = defaultdict(list)
    before, start = "", 0
    for code in range(0x110001):
        name = special.get(code) or (_class_of(code) if code < 0x110000 else "")
        if name != before:
            if before:
                ranges[before].append((start, code - 1))
            before, start = name, code
    return ranges


def _class_of(code: int) -> str:
    category = unicodedata.category(chr(code))
    if category == "Co":
        return "invisible"
    if category == "Cs" or code == 0xFFFD:
        return "replaced"
    if category == "Nd":
        return "digit"
    if category == "Zs" or code == 0x09:
        return "space"
    if _enclosed(code):
        return "enclosed"
    # Unassigned code points of the ideographic planes will be ideographs; elsewhere nobody knows.
    if category[0] == "L" or category == "Nl" or (category == "Cn" and 0x20000 <= code < 0x3FFFE):
        return "letter"
    return ""


def _enclosed(code: int) -> bool:
    """Tell the numbers in circles, brackets and with full stops: enumerators wherever they stand."""
    name = unicodedata.name(chr(code), "")
    number = unicodedata.numeric(chr(code), None)
    shaped = ("CIRCLED", "PARENTHESIZED", "FULL STOP", "DINGBAT")
    return number is not None and any(word in name for word in shaped)


def reading_table() -> dict[str, str]:
    """Return the characters of each toneless syllable, every reading of a character counted."""
    from pypinyin import pinyin_dict

    syllables: dict[str, set[int]] = defaultdict(set)
    for code, readings in pinyin_dict.pinyin_dict.items():
        for reading in readings.split(","):
            syllable = _toneless(reading)
            if syllable and syllable.isascii() and syllable.isalpha() and len(syllable) <= 6:
                syllables[syllable].add(code)
    return {name: "".join(map(chr, sorted(codes))) for name, codes in sorted(syllables.items())}


def _toneless(reading: str) -> str:
    parts = unicodedata.normalize("NFD", reading.strip().lower()).replace("u\u0308", "v")
    return "".join(char for char in parts if not unicodedata.combining(char)).replace("ɡ", "g")


def word_table(least: int = 60) -> dict[str, str]:
    """Return the seconds of each first character over the two-character words met at least so often."""
    import jieba

    seconds: dict[str, list[str]] = defaultdict(list)
    with jieba.get_dict_file() as rows:
        for row in rows:
            word, count, *_ = row.decode("utf-8").split(" ")
            if len(word) == 2 and int(count) >= least and all("一" <= char <= "鿿" for char in word):
                seconds[word[0]].append(word[1])
    return {first: "".join(sorted(chars)) for first, chars in sorted(seconds.items())}


def write(name: str, note: str, rows: dict[str, str]) -> None:
    """Write one table: notes after ``#``, then ``key TAB value`` rows."""
    lines = [f"# {line}" for line in note.splitlines()]
    lines += [f"{key}\t{value}" for key, value in rows.items()]
    (DATA / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def by_target(table: dict[str, str]) -> dict[str, str]:
    """Turn source -> target around, sources in code point order."""
    sources: dict[str, list[str]] = defaultdict(list)
    for source, target in sorted(table.items()):
        sources[target].append(source)
    return {target: "".join(chars) for target, chars in sorted(sources.items())}


def main() -> None:
    """Write all tables."""
    made = "Made by tools/make_text_tables.py."
    write(
        "script",
        f"Traditional and variant characters by their simplified form. {made}\n"
        "From OpenCC (https://github.com/BYVoid/OpenCC), TSCharacters, TWVariants, HKVariants: Apache License 2.0.",
        by_target(script_table()),
    )
    write(
        "compat",
        f"Width, compatibility, case and accent forms by what they fold to. {made}\n"
        f"From the Unicode Character Database {unicodedata.unidata_version}: Unicode License v3.",
        {_hex(target): _hex_list(sources) for target, sources in by_target(compat_table()).items()},
    )
    write(
        "lookalike",
        f"Cyrillic and Greek letters that stand for Latin ones inside Latin words. {made}",
        ASCII_CONFUSABLE,
    )
    write(
        "classes",
        f"What a code point is to the key stream; none of these: punctuation, symbols. {made}\n"
        f"From the Unicode Character Database {unicodedata.unidata_version}: Unicode License v3.",
        {
            name: " ".join(f"{first:X}-{last:X}" if last > first else f"{first:X}" for first, last in ranges)
            for name, ranges in sorted(class_table().items())
        },
    )
    write(
        "readings",
        f"Characters by pinyin syllable without tone, v for ü. {made}\n"
        "From pypinyin (https://github.com/mozillazg/python-pinyin): MIT License.",
        reading_table(),
    )
    write(
        "words",
        f"Two-character words, seconds by first, to choose between readings of broken bytes. {made}\n"
        "From jieba's dictionary (https://github.com/fxsjy/jieba): MIT License.",
        word_table(),
    )


def _hex(text: str) -> str:
    return " ".join(f"{ord(char):X}" for char in text)


def _hex_list(text: str) -> str:
    return " ".join(f"{ord(char):X}" for char in text)


if __name__ == "__main__":
    sys.exit(main())
