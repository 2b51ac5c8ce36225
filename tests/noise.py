"""Operators that do to a text what offices and sharing sites do, for the noise grid of the tests.

Each takes a text and a `random.Random` and returns the noisy text. All are made for Chinese prose with one paragraph
a line; none needs the package under test.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Noise = Callable[[str, Random], str]

_HAN = re.compile(r"[\u4e00-\u9fff]")
_KANGXI = str.maketrans(
    "一人入八力十又口土大女子小山工己干心手文方日月木水火田生目石示立竹米羊老肉自行見角言走足車金長門雨青面革音風食首馬高魚鳥黑",
    "⼀⼈⼊⼋⼒⼗⼜⼝⼟⼤⼥⼦⼩⼭⼯⼰⼲⼼⼿⽂⽅⽇⽉⽊⽔⽕⽥⽣⽬⽯⽰⽴⽵⽶⽺⽼⾁⾃⾏⾒⾓⾔⾛⾜⾞⾦⾧⾨⾬⾭⾯⾰⾳⾵⾷⾸⾺⾼⿂⿃⿊",
)
_TRADITIONAL = (
    "乡鄉镇鎮发發学學设設区區关關习習务務规規业業导導联聯经經监監产產现現农農调調领領结結质質创創责責标標环環优優训訓态態"
    "权權稳穩础礎风風据據统統执執卫衛协協内內续續养養节節当當复復网網应應转轉严嚴灾災构構预預数數医醫术術战戰侧側络絡"
    "纪紀个個对對将將实實这這们們为為来來时時进進众眾广廣动動开開办辦会會总總报報东東两兩万萬亿億亩畝户戶劳勞罗羅"
)
_TO_TRADITIONAL = str.maketrans(_TRADITIONAL[::2], _TRADITIONAL[1::2])
_READINGS = dict(
    re.findall(
        r"(\w) (\w+)",
        "乡 xiāng,镇 zhèn,发 fā,学 xué,设 shè,区 qū,关 guān,习 xí,务 wù,规 guī,业 yè,导 dǎo,联 lián,经 jīng,监 jiān,"
        "产 chǎn,现 xiàn,农 nóng,调 diào,领 lǐng,结 jié,质 zhì,创 chuàng,责 zé,标 biāo,环 huán,训 xùn,稳 wěn,风 fēng,"
        "统 tǒng,户 hù,绿 lǜ,女 nǚ,路 lù,村 cūn",
    )
)
_CHINESE = "一二三四五六七八九十"


def traditional(text: str, rng: Random) -> str:
    """Put traditional characters."""
    return text.translate(_TO_TRADITIONAL)


def pinyin(text: str, rng: Random) -> str:
    """Put a toned syllable in brackets behind each character of a list, as a site does behind rare ones."""
    return "".join(f"{char}({_READINGS[char]})" if char in _READINGS else char for char in text)


def full_width(text: str, rng: Random) -> str:
    """Put digits, letters and ASCII marks at full width."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def half_width(text: str, rng: Random) -> str:
    """Put full-width marks at half width."""
    return "".join(chr(ord(char) - 0xFEE0) if "！" <= char <= "～" else char for char in text)


def kangxi(text: str, rng: Random) -> str:
    """Put Kangxi radicals for the characters that have one, as text taken from a PDF has."""
    return text.translate(_KANGXI)


def zero_width(text: str, rng: Random) -> str:
    """Strew zero-width characters and byte order marks."""
    return "".join(char + rng.choice("\u200b\u200c\u2060\ufeff") if rng.random() < 0.1 else char for char in text)


def wrapped(text: str, rng: Random) -> str:
    """Break lines at thirty characters."""
    return "\n".join(line[at : at + 30] for line in text.split("\n") for at in range(0, max(len(line), 1), 30))


def spaced(text: str, rng: Random) -> str:
    """Put a space between all characters of a line."""
    return "\n".join(" ".join(line) for line in text.split("\n"))


def masked(text: str, rng: Random) -> str:
    """Put ×× or XX for the numbers."""
    return re.sub(r"\d+(?:\.\d+)?", lambda match: rng.choice(["××", "XX", "xx", "**", "__", "□□"]), text)


def stripped(text: str, rng: Random) -> str:
    """Strip the numbers."""
    return re.sub(r"\d+(?:\.\d+)?", "", text)


def swapped(text: str, rng: Random) -> str:
    """Swap marks for others of the kind."""
    return text.translate(str.maketrans("，；“”", ",、\"'"))


def renumbered(text: str, rng: Random) -> str:
    """Write the enumerators at the head of lines in another form."""
    count = 0

    def other(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        number = (count - 1) % 10
        forms = [
            f"{_CHINESE[number]}、",
            f"（{_CHINESE[number]}）",
            f"{number + 1}.",
            chr(0x2460 + number),
            f"({number + 1})",
        ]
        return rng.choice(forms)

    return re.sub(
        r"^(?:[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）|\d{1,2}[.、])", other, text, flags=re.M
    )


def site_lines(text: str, rng: Random) -> str:
    """Glue in what sharing sites glue in, in the middle of sentences and between lines."""
    glued = ["（请关注好范文网:）", "文秘部落", "（http://www.example.com/a1.html）", "（本文来自某某范文网）"]
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if len(line) > 40 and rng.random() < 0.5:
            place = rng.randrange(12, len(line) - 12)
            lines[at] = line[:place] + rng.choice(glued) + line[place:]
    return "\n".join(lines)


NOISES: dict[str, Noise] = {
    "traditional": traditional,
    "pinyin": pinyin,
    "full width": full_width,
    "half width": half_width,
    "kangxi": kangxi,
    "zero width": zero_width,
    "wrapped": wrapped,
    "spaced": spaced,
    "masked": masked,
    "stripped": stripped,
    "swapped": swapped,
    "renumbered": renumbered,
    "site lines": site_lines,
}
