"""Automatic numbers of a Word document: the 一、 and （二） that the page shows and the text does not hold.

Without them a heading of an office document looks like a short paragraph. Numbers are counted as Word counts them:
per list, a level anew under each number of the level above ([ECMA-376] part 1, 17.9).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from dedup.read.wordml import attribute, below, kind, switched_on

_DIGITS = "〇一二三四五六七八九"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_ROMAN = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_LEVELS = 9


@dataclass(frozen=True, slots=True)
class _Level:
    """How a level of a list is numbered: ``%1`` in ``text`` is the number of the first level.

    ``legal`` shows the numbers of all levels in digits: 1.2 where the first level says 一.
    """

    form: str = "decimal"
    text: str = ""
    start: int = 1
    legal: bool = False


@dataclass(slots=True)
class Numbering:
    """The lists of a document, and how far each has been counted."""

    levels: dict[str, dict[int, _Level]] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    starts: dict[tuple[str, int], int] = field(default_factory=dict)
    styles: dict[str, tuple[str | None, int | None, str | None]] = field(default_factory=dict)
    _counts: dict[str, list[int | None]] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, numbering: Element | None, styles: Element | None) -> Numbering:
        """Read the parts ``numbering.xml`` and ``styles.xml``, either of which may be missing."""
        made = cls()
        for node in numbering if numbering is not None else ():
            if kind(node.tag) == "w:abstractNum":
                deep = [child for child in node if kind(child.tag) == "w:lvl"]
                levels = {_int(attribute(child, "ilvl"), 0, _LEVELS - 1): _level(child) for child in deep}
                made.levels[attribute(node, "abstractNumId") or ""] = levels
            elif kind(node.tag) == "w:num":
                name = attribute(node, "numId") or ""
                made.lists[name] = attribute(below(node, "w:abstractNumId")) or ""
                for child in node:
                    start = attribute(below(child, "w:startOverride"))
                    if start is not None:
                        made.starts[name, _int(attribute(child, "ilvl"), 0, _LEVELS - 1)] = _int(start, 1)
        for node in styles if styles is not None else ():
            if kind(node.tag) == "w:style":
                number, level = _reference(below(node, "w:pPr"))
                made.styles[attribute(node, "styleId") or ""] = (number, level, attribute(below(node, "w:basedOn")))
        return made

    def label(self, paragraph: Element) -> str:
        """Count a paragraph and return the number the page shows before it; empty if it has none."""
        properties = below(paragraph, "w:pPr")
        number, level = _reference(properties)
        style = attribute(below(properties, "w:pStyle"))
        for _ in range(16):  # styles based on one another, in a circle where the file is hostile
            if style is None or number is not None:
                break
            inherited, deep, style = self.styles.get(style, (None, None, None))
            number, level = inherited, deep if level is None else level
        levels = self.levels.get(self.lists.get(number or "", ""), {})
        depth = level or 0
        if number is None or depth not in levels:
            return ""
        shown = self._counted(number, depth, levels)
        form = levels[depth]
        if form.form in ("bullet", "none"):
            return ""
        text = form.text
        for place in range(_LEVELS, 0, -1):
            one = levels.get(place - 1, form)
            value = shown[place - 1]
            form_here = "decimal" if form.legal else one.form
            text = text.replace(f"%{place}", _number(one.start if value is None else value, form_here))
        return text if not text or text[-1] in "、）)．。：" else text + " "

    def _counted(self, number: str, depth: int, levels: dict[int, _Level]) -> list[int | None]:
        """Advance a list by one at a level; lists of one definition go on from one another unless they start anew."""
        counts = self._counts.setdefault(self.lists.get(number, ""), [None] * _LEVELS)
        before = counts[depth]
        start = levels[depth].start
        if (number, depth) in self.starts and f"{number}/{depth}" not in self._begun:
            before, start = None, self.starts[number, depth]
        self._begun.add(f"{number}/{depth}")
        counts[depth] = start if before is None else before + 1
        counts[depth + 1 :] = [None] * (_LEVELS - depth - 1)
        return counts


def _reference(properties: Element | None) -> tuple[str | None, int | None]:
    """Return (list, level) that paragraph properties name; list 0 takes a number away."""
    node = below(properties, "w:numPr")
    level = attribute(below(node, "w:ilvl"))
    return attribute(below(node, "w:numId")), None if level is None else _int(level, 0, _LEVELS - 1)


def _level(node: Element) -> _Level:
    form = attribute(below(node, "w:numFmt")) or "decimal"
    text = attribute(below(node, "w:lvlText")) or ""
    return _Level(form, text, _int(attribute(below(node, "w:start")), 1), switched_on(node, "w:isLgl"))


def _int(value: str | None, otherwise: int, most: int = 9_999) -> int:
    """Return a number of the file if it is one that a list can have."""
    return min(int(value), most) if value is not None and value.isdecimal() and len(value) < 5 else otherwise


def _number(value: int, form: str) -> str:
    """Return a number as its form shows it; forms that Chinese documents do not use are shown in digits."""
    if value < 1 or value > 99:
        return str(value)
    if form in ("chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting"):
        tens, ones = divmod(value, 10)
        unit = _DIGITS[ones] if ones else ""
        return unit if not tens else ("" if tens == 1 else _DIGITS[tens]) + "十" + unit
    if form == "ideographTraditional" and value <= len(_STEMS):
        return _STEMS[value - 1]
    if form.startswith("decimalEnclosedCircle") and value <= 20:
        return chr(0x2460 + value - 1)
    if form in ("lowerLetter", "upperLetter") and value <= 26:
        return chr((0x61 if form == "lowerLetter" else 0x41) + value - 1)
    if form in ("lowerRoman", "upperRoman"):
        roman = ""
        for worth, sign in _ROMAN:
            while value >= worth:
                roman, value = roman + sign, value - worth
        return roman if form == "lowerRoman" else roman.upper()
    return str(value)
