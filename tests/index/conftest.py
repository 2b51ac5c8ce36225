"""Reports for the archive's tests: invented by the grammar of the bench, with passages copied between them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bench.grammar import Writer
from dedup import Document


def reports(seed: str, count: int, *, copies: int = 0) -> list[Document]:
    """Return reports of some paragraphs; every so often one takes over another's paragraph, with a word changed."""
    writer, draw = Writer(seed), random.Random(seed)
    texts = [[writer.paragraph() for _ in range(draw.randrange(3, 8))] for _ in range(count)]
    for _ in range(copies):
        taken = draw.choice(draw.choice(texts))
        middle = len(taken) // 2
        draw.choice(texts).append(taken[:middle] + "另" + taken[middle:])
    return [
        Document(
            f"{seed}/{number:03}.txt", "\n".join(text), issuer=f"单位{number % 7}", date=f"2009-{number % 12 + 1:02}"
        )
        for number, text in enumerate(texts)
    ]


@pytest.fixture(scope="session")
def archived() -> list[Document]:
    return reports("archived", 24, copies=20)


@pytest.fixture(scope="session")
def arriving(archived: list[Document]) -> list[Document]:
    """New reports: one copies from two archived ones, one is an archived one over again, one is new throughout."""
    first, second = (archived[number].text.split("\n") for number in (3, 11))
    fresh = [document.text for document in reports("arriving", 2)]
    return [
        Document("new/mosaic.txt", "\n".join([first[0], fresh[0], second[1]]), issuer="新单位", date="2010-01"),
        Document("new/again.txt", archived[5].text, issuer="别单位", date="2010-02"),
        Document("new/own.txt", fresh[1]),
    ]


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "archive.dedup"
