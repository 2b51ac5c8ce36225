"""Reports from a grammar: as much varied text as wanted, none of it anybody's, the same for the same seed.

Clauses are drawn from patterns over large word lists (words.txt), so that two texts share words and short runs as
real reports do, but no long run: the entropy of twenty characters is far above what a corpus of some million can
exhaust. `tests/test_grid.py` checks it by brute force.

A sentence is a tuple of `Token`: its slots (places, names, dates, numbers) and its replaceable words stay known, so
that an operator can fill in other values or synonyms and nothing else.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WORDS = Path(__file__).resolve().with_name("words.txt")

# {x} draws from word list x; {place}, {person}, {date}, {number} are slots.
CLAUSES = (
    "{actor}{adverb}{verb}{modifier}{noun}",
    "{place}{adverb}{verb}了{number}{measure}{noun}",
    "{manner}把{modifier}{noun}{verb}一遍",
    "{noun}和{noun}由{actor}{adverb}{verb}",
    "{person}{manner}{verb}{noun}",
    "{subject}{predicate}",
    "{date}{actor}到{place}{verb}{noun}",
    "{modifier}{noun}改作{noun}",
    "先{verb}{noun}再{verb}{noun}",
    "{number}{measure}{modifier}{noun}交给{actor}",
    "凡是{modifier}{noun}都要{adverb}{verb}",
    "{actor}的{noun}与{actor}的{noun}{adverb}合用",
    "每{measure}{noun}折成{number}元",
    "{place}的{person}答应{adverb}{verb}{noun}",
    "{subject}因此{predicate}",
    "没有{verb}的{noun}还剩{number}{measure}",
    "从{place}运来的{noun}{adverb}{verb}",
    "请{actor}的{person}来{verb}{noun}",
    "{noun}里找出{modifier}{noun}",
    "谁{verb}{noun}谁就{adverb}{verb}{noun}",
    "{actor}同{actor}约定{adverb}{verb}{noun}",
    "{subject}和{subject}都{predicate}",
)
OPENINGS = ("", "", "", "{time}，", "{say}，", "{link}，", "{time}", "{date}，", "{place}那边，", "据{actor}讲，")
HEADINGS = (
    "{verb}{noun}，{verb}{noun}",
    "让{noun}{predicate}",
    "围着{noun}转",
    "{adverb}{verb}{noun}",
    "{subject}怎样才能{predicate}",
    "{manner}{verb}{noun}",
)
SLOTS = frozenset(("place", "person", "date", "number"))


@cache
def words() -> dict[str, tuple[str, ...]]:
    """Return the word lists by name."""
    lists: dict[str, tuple[str, ...]] = {}
    name = ""
    for line in WORDS.read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            name = line[2:]
        else:
            lists[name] = (*lists.get(name, ()), *line.split())
    return lists


@cache
def synonyms() -> dict[str, str]:
    """Return word -> another that means the same, for the verbs of the grammar."""
    return dict(pair.split("/") for pair in words()["verb"])


@cache
def alphabet() -> str:
    """Return all ideographs of the word lists, sorted: what noise is drawn from."""
    return "".join(sorted({char for rows in words().values() for word in rows for char in word if char.isalpha()}))


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a sentence; ``kind`` is a slot, a word list, or empty for what the pattern says itself."""

    kind: str
    text: str


Sentence = tuple[Token, ...]


def spell(sentences: tuple[Sentence, ...] | list[Sentence]) -> str:
    """Return the text of sentences."""
    return "".join(token.text for sentence in sentences for token in sentence)


class Writer:
    """Draws sentences, headings and whole reports; one stream of random numbers each."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def slot(self, kind: str) -> str:
        """Return a value for a slot."""
        draw, lists = self.random, words()
        if kind == "place":
            return draw.choice(lists["placehead"]) + draw.choice(lists["placetail"])
        if kind == "person":
            return draw.choice(lists["surname"]) + draw.choice(lists["given"])
        if kind == "date":
            return f"{draw.randrange(1, 13)}月{draw.randrange(1, 29)}日"
        return str(draw.randrange(3, 10 ** draw.randrange(1, 5) + 3))

    def fill(self, pattern: str) -> list[Token]:
        """Return a pattern filled in."""
        tokens = []
        for at, piece in enumerate(pattern.replace("}", "{").split("{")):
            if at % 2 and piece in SLOTS:
                tokens.append(Token(piece, self.slot(piece)))
            elif at % 2:
                tokens.append(Token(piece, self.random.choice(words()[piece]).partition("/")[0]))
            elif piece:
                tokens.append(Token("", piece))
        return tokens

    def sentence(self) -> Sentence:
        """Return a sentence of two to four clauses, 25 to 60 characters mostly, with its full stop."""
        draw = self.random
        tokens = self.fill(draw.choice(OPENINGS))
        clauses = draw.randrange(2, 5)
        for number in range(clauses):
            tokens += self.fill(draw.choice(CLAUSES))
            tokens.append(Token("", "。" if number == clauses - 1 else draw.choice("，，，，；、")))
        return tuple(tokens)

    def passage(self, chars: int) -> list[Sentence]:
        """Return sentences of together about ``chars`` characters; the last is cut to come nearest."""
        sentences: list[Sentence] = []
        while len(spell(sentences)) < chars:
            sentences.append(self.sentence())
        rest = chars - len(spell(sentences[:-1]))
        last, length = [], 0
        for token in sentences[-1]:
            if length >= rest:
                break
            last.append(token)
            length += len(token.text)
        return [*sentences[:-1], tuple(last)]

    def paragraph(self) -> str:
        """Return one to five sentences."""
        return spell([self.sentence() for _ in range(self.random.randrange(1, 6))])

    def heading(self) -> str:
        """Return the words of a heading."""
        return spell([tuple(self.fill(self.random.choice(HEADINGS)))])
