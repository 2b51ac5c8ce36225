"""Reports for the tests of this room: written by the generator of bench, with floods planted."""

from __future__ import annotations

from functools import cache

from bench import corpus
from dedup import Document

FLOOD = "各村要把防火巡查排进值班表，白天有人转，夜里有人看，发现火情先报后扑，做到打早打小打了。"


@cache
def reports(paragraphs: int = 600, per_document: int = 8) -> tuple[Document, ...]:
    """Return generated reports; every third one with boilerplate, most with a beginning of its own."""
    texts = corpus.make(paragraphs).texts
    found = []
    for number, begin in enumerate(range(0, paragraphs, per_document)):
        rows = texts[begin : begin + per_document]
        if number % 3 == 0:
            rows = [*rows[:2], FLOOD if number % 4 == 0 else f"{rows[0][:3]}，{FLOOD}", *rows[2:]]
        if number % 7 == 0:
            rows = ["第一篇：上半年工作小结", *rows, "第二篇：下半年工作打算", *rows[1:3]]
        found.append(Document(f"reports/{number:05d}.txt", "\n".join(rows), issuer=f"单位{number % 11}"))
    return tuple(found)
