"""What an author does to a passage before putting it into another report: sentences in, text out.

Each takes the sentences and the writer whose random numbers it may use. The spellings that befall a whole page
(script, readings, wraps) are in `operators`.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.grammar import SLOTS, Sentence, Token, Writer, alphabet, spell, synonyms, words

Edit = Callable[[list[Sentence], Writer], str]


def _each(sentences: list[Sentence], change: Callable[[Token], str]) -> str:
    return "".join(change(token) for sentence in sentences for token in sentence)


def verbatim(sentences: list[Sentence], writer: Writer) -> str:
    return spell(sentences)


def slots(sentences: list[Sentence], writer: Writer) -> str:
    """Other places, names, dates and numbers."""
    return _each(sentences, lambda token: writer.slot(token.kind) if token.kind in SLOTS else token.text)


def masks(sentences: list[Sentence], writer: Writer) -> str:
    """Places, names, dates and numbers masked."""
    mask = {"place": "××村", "person": "×××", "date": "×月×日", "number": "××"}
    return _each(sentences, lambda token: mask.get(token.kind, token.text))


def numbers(sentences: list[Sentence], writer: Writer) -> str:
    """Every digit left out."""
    return "".join(char for char in spell(sentences) if not char.isdigit())


def punctuation(sentences: list[Sentence], writer: Writer) -> str:
    """Other marks, half-width ones among them, and none now and then."""
    return "".join(
        writer.random.choice(("，", "、", ",", ";", " ", "；")) if char in "，；、" else "." if char == "。" else char
        for char in spell(sentences)
    )


def shuffled(sentences: list[Sentence], writer: Writer) -> str:
    """The sentences in another order."""
    order = list(range(len(sentences)))
    while len(order) > 1 and order == sorted(order):
        writer.random.shuffle(order)
    return spell([sentences[at] for at in order])


def _inner(sentences: list[Sentence], writer: Writer) -> set[int]:
    """Return about a quarter of the sentences, at least one, neither first nor last, no two side by side.

    Nor the one before a last sentence that was cut short: behind a change, a few characters are found by nobody.
    """
    last = len(sentences) - (2 if len(sentences) > 3 and len(spell(sentences[-1:])) < 20 else 1)
    places = list(range(1, last))
    writer.random.shuffle(places)
    chosen: set[int] = set()
    for at in places:
        if len(chosen) < max(1, len(sentences) // 4) and not {at - 1, at + 1} & chosen:
            chosen.add(at)
    return chosen


def dropped(sentences: list[Sentence], writer: Writer) -> str:
    """A quarter of the sentences gone."""
    gone = _inner(sentences, writer)
    return spell([sentence for at, sentence in enumerate(sentences) if at not in gone])


def added(sentences: list[Sentence], writer: Writer) -> str:
    """A new sentence after a quarter of the old ones."""
    after = _inner(sentences, writer)
    return "".join(
        spell([sentence, writer.sentence()] if at in after else [sentence]) for at, sentence in enumerate(sentences)
    )


def rotated(sentences: list[Sentence], writer: Writer) -> str:
    """In every sentence, the last clause first."""
    out = []
    for text in (spell([sentence]) for sentence in sentences):
        clauses = text.rstrip("。").replace("；", "，").split("，")
        out.append("，".join([clauses[-1], *clauses[:-1]]) + "。")
    return "".join(out)


def reworded(sentences: list[Sentence], writer: Writer) -> str:
    """Half of the verbs by synonyms, filler words before a third of them."""

    def change(token: Token) -> str:
        if token.kind != "verb":
            return token.text
        text = synonyms()[token.text] if writer.random.random() < 0.5 else token.text
        return writer.random.choice(words()["filler"]) + text if writer.random.random() < 1 / 3 else text

    return _each(sentences, change)


def noise(share: float) -> Edit:
    """Change this share of the characters: two thirds replaced, one sixth lost, one sixth followed by a stranger."""

    def edit(sentences: list[Sentence], writer: Writer) -> str:
        draw, letters, out = writer.random, alphabet(), []
        for char in spell(sentences):
            if draw.random() >= share:
                out.append(char)
            else:
                out.append(draw.choice((*[draw.choice(letters)] * 4, "", char + draw.choice(letters))))
        return "".join(out)

    return edit
