"""Reports under construction, and the blocks put into them. Caller: bench.grid."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench import operators as op
from bench.grammar import Writer
from dedup.result import Document

Mark = tuple[str, int]
"""A passage on a page: its family, and which of the family's places this is."""


@dataclass
class Page:
    """A report under construction: paragraphs of pieces, each with its mark or none."""

    title: str
    town: str
    year: int
    paragraphs: list[list[tuple[str, Mark | None]]]
    tail: str
    spelling: op.Spelling | None = None
    places: dict[Mark, tuple[int, int]] = field(default_factory=dict)

    def put(self, text: str, mark: Mark, writer: Writer) -> None:
        """Put a passage in: as a paragraph of its own, or at either end of one that is no heading."""
        at = writer.random.randrange(1, len(self.paragraphs) + 1)
        alone = len(text) > 200 or writer.random.random() < 0.5
        if alone or at == len(self.paragraphs) or self.paragraphs[at][0][0][1] == "、":
            self.paragraphs.insert(at, [(text, mark)])
        else:
            pieces = self.paragraphs[at]
            pieces.insert(writer.random.choice((0, len(pieces))), (text, mark))

    def text(self) -> str:
        """Return the report, and record where its marked passages stand in it."""
        text, marks, spans = self.title + "\n", [], []
        for pieces in self.paragraphs:
            for piece, mark in pieces:
                if mark:
                    marks.append(mark)
                    spans.append((len(text), len(text) + len(piece)))
                text += piece
            text += "\n"
        text += self.tail
        if self.spelling:
            text, spans = op.respell(text, self.spelling, spans)
        self.places = dict(zip(marks, spans, strict=True))
        return text

    def document(self, number: int) -> Document:
        """Return the report as a reader would deliver it: with the title, issuer and year that it bears."""
        issuer, date = self.town, str(self.year)
        return Document(source=f"{number:04d}.txt", text=self.text(), title=self.title, issuer=issuer, date=date)


@dataclass
class Case:
    """A block and where it stands: pages in the order of its places, what the pairs are called, how they pair up."""

    family: str
    operator: str
    label: str
    pages: list[Page] = field(default_factory=list)
    star: bool = True
    answers: list[list[tuple[int, int]]] = field(default_factory=list)  # by place: what was filled into the form

    def put(self, page: Page, text: str, writer: Writer) -> None:
        page.put(text, (self.family, len(self.pages)), writer)
        self.pages.append(page)
