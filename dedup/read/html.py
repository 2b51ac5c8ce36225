"""Web pages: the text as a reader sees it, with everything that is not the article marked as furniture.

Nothing visible is left out: navigation, teasers and footers stay in the text, in their place, as furniture ranges,
so that a wrong guess costs a label and not a passage. The article is the deepest element that holds most of the
running text (sentences outside links); inside it, blocks that are mostly links are furniture again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser

from dedup.errors import Damaged
from dedup.read.blob import Blob
from dedup.read.metadata import Facts, Known, document, facts_of_properties
from dedup.read.options import ReadOptions
from dedup.read.text import decoded
from dedup.result import Document

_UNSEEN = re.compile(
    r"script|style|noscript|template|head|iframe|object|svg|canvas|select|option|button|input|textarea|-comment|rp"
)
_BLOCK = re.compile(
    r"address|article|aside|blockquote|body|caption|center|d[dlt]|details|div|fieldset|figcaption|figure|footer|form"
    r"|h[1-6r]|header|html|li|main|nav|[ou]l|p|pre|section|summary|table|tbody|tfoot|thead|tr"
)
_FRAME = frozenset(("nav", "footer", "aside"))
_SPACE = re.compile(r"[ \t\r\n\f]+")
_WRAP = re.compile(r"(?<=[\u2e80-\u9fff\uff00-\uffef])[ \t]*[\r\n][ \t\r\n]*(?=[\u2e80-\u9fff\uff00-\uffef])")
_SENTENCE = re.compile(r"[。；！？，]")
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.I)
_DEEPEST = 400  # elements within elements; below Python's own limit, above any page that people wrote
# The parser looks through all open elements whenever one of these begins: a million within one another take it twenty
# minutes. So they are counted before, roughly: what stands in a script is counted too, hence the wider bound.
_SEARCHING = re.compile(
    r"<(/?)(address|article|aside|blockquote|center|details|dialog|dir|div|dl|d[dt]|fieldset|figcaption|figure|footer"
    r"|form|h[1-6]|header|hgroup|li|main|menu|nav|ol|pre|section|summary|ul)\b",
    re.I,
)
_DEEPEST_UNPARSED = 2_000
_MOST = 0.8  # share of the running text that the article must hold
_DATES = ("pubdate", "publishdate", "article:published_time", "publish-date")
_ORGANS = ("contentsource", "author", "source")


class _Place(NamedTuple):
    """Where a piece of text stands: the elements around it, by number, and what they mean for it."""

    path: tuple[int, ...] = ()
    frame: bool = False
    heading: bool = False
    link: bool = False
    table: int | None = None
    pre: bool = False


@dataclass(slots=True)
class _Block:
    """A paragraph, a heading, a table row: a line of the text, and how much of it is links."""

    place: _Place
    pieces: list[str] = field(default_factory=list)
    linked: int = 0

    def text(self) -> str:
        return "".join(self.pieces).strip(" \n")


class _Page:
    """The blocks of a page, collected in one walk over its elements."""

    def __init__(self, root: Any) -> None:
        self.blocks: list[_Block] = []
        self.hidden = 0
        self.ruby = 0
        self._open: _Block | None = None
        self._elements = 0
        self._walk(root, _Place())

    def _walk(self, node: Any, place: _Place) -> None:
        """Take in what is below an element."""
        if len(place.path) > _DEEPEST:
            raise RecursionError(f"more than {_DEEPEST} elements within one another")
        child = node.first_child
        while child is not None:
            tag = child.tag
            if tag == "-text":
                self._text(child.text_content or "", place)
            elif tag == "br":
                self._add("\n", place)
            elif tag == "rt":
                self.ruby += 1
            elif tag is None or _UNSEEN.fullmatch(tag):  # without a name: <?xml:namespace …> as Word writes it
                pass
            elif _invisible(child):
                self.hidden += len(_SPACE.sub("", child.text(deep=True)))
            else:
                self._element(child, tag, place)
            child = child.next

    def _element(self, node: Any, tag: str, place: _Place) -> None:
        self._elements += 1
        # A cell, and what stands in it, stays on the line of its row.
        breaks = bool(_BLOCK.fullmatch(tag)) and not (place.table is not None and tag in ("p", "div"))
        if breaks:
            self._open = None
        elif tag in ("td", "th") and node.prev is not None:
            self._add("\t", place)
        inner = _Place(
            (*place.path, self._elements),
            place.frame or tag in _FRAME,
            place.heading or tag in ("h1", "h2"),
            place.link or tag == "a",
            self._elements if tag == "table" else place.table,
            place.pre or tag == "pre",
        )
        self._walk(node, inner)
        if breaks:
            self._open = None

    def _text(self, text: str, place: _Place) -> None:
        if not place.pre:
            text = _SPACE.sub(" ", _WRAP.sub("", text))
            if text == " " and self._open is None:
                return
        self._add(text, place)

    def _add(self, text: str, place: _Place) -> None:
        if self._open is None:
            self._open = _Block(place)
            self.blocks.append(self._open)
        self._open.pieces.append(text)
        if place.link:
            self._open.linked += len(text.strip())

    def article(self) -> int:
        """Return the number of the deepest element that holds most of the running text (0: the page)."""
        held: dict[int, int] = {0: 0}
        depth = {0: 0}
        for block in self.blocks:
            text = block.text()
            if block.place.frame or 2 * block.linked > len(text) or not _SENTENCE.search(text):
                continue
            held[0] += len(text)
            for level, number in enumerate(block.place.path, 1):
                held[number] = held.get(number, 0) + len(text)
                depth[number] = level
        enough = [number for number, size in held.items() if size >= _MOST * held[0]]
        return max(enough, key=lambda number: (depth[number], -number))


def documents(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Document]:
    """Yield the one document of a web page.

    Raises
    ------
    EncodingProblem
        If the bytes are no text.
    Damaged
        If its elements are nested deeper than any page is.
    """
    source = decoded(blob, blob.whole(options), options)
    if _unparsed_depth(source.text) > _DEEPEST_UNPARSED:
        raise Damaged(blob.label, f"its elements are nested too deep (more than {_DEEPEST_UNPARSED:,})")
    tree = LexborHTMLParser(source.text)
    try:
        page = _Page(tree.root)
    except RecursionError as error:
        raise Damaged(blob.label, f"its elements are nested too deep ({error})") from error
    text, furniture, tables = _laid_out(page)
    counts = {"replaced": text.count("\ufffd"), "hidden": page.hidden, "ruby": page.ruby}
    yield document(
        blob,
        text,
        known,
        properties=_properties(tree),
        encoding=source.encoding,
        furniture=furniture,
        tables=tables,
        flags={name: count for name, count in counts.items() if count},
    )


def _unparsed_depth(html: str) -> int:
    """Return how many elements stand open at once, at the most, by their tags alone."""
    standing: dict[str, int] = {}
    depth = deepest = 0
    for closing, name in _SEARCHING.findall(html):
        tag = name.lower()
        if not closing:
            if tag in ("li", "dd", "dt") and standing.get(tag):  # one ends where the next begins, more or less
                continue
            standing[tag] = standing.get(tag, 0) + 1
            depth += 1
            deepest = max(deepest, depth)
        elif standing.get(tag):
            standing[tag] -= 1
            depth -= 1
    return deepest


def _laid_out(page: _Page) -> tuple[str, tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """Return the text with the ranges of furniture and tables."""
    article = page.article()
    lines: list[str] = []
    furniture: list[tuple[int, int]] = []
    tables: dict[int, tuple[int, int]] = {}
    at = 0
    for block in page.blocks:
        line = block.text()
        if not line.strip():
            continue
        end = at + len(line) + 1
        inside = article == 0 or article in block.place.path or block.place.heading
        if block.place.frame or not inside or 2 * block.linked > len(line.strip()):
            if furniture and furniture[-1][1] == at:
                furniture[-1] = (furniture[-1][0], end)
            else:
                furniture.append((at, end))
        elif block.place.table is not None and "\t" in line:
            tables[block.place.table] = (tables.get(block.place.table, (at, at))[0], end)
        lines.append(line + "\n")
        at = end
    return "".join(lines), tuple(furniture), _apart(tables.values())


def _apart(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return ranges in order, those that overlap as one: a table within a table is part of it."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def _invisible(node: Any) -> bool:
    attributes = node.attributes
    return bool(attributes) and (
        "hidden" in attributes
        or bool(_INVISIBLE.search(attributes.get("style") or ""))
        or attributes.get("type") == "hidden"
    )


def _properties(tree: LexborHTMLParser) -> Facts:
    """Return what the head of the page says: its title and the names that government sites use."""
    named: dict[str, str] = {}
    for meta in tree.css("meta"):
        attributes = meta.attributes
        name = attributes.get("name") or attributes.get("property") or ""
        named.setdefault(name.lower(), attributes.get("content") or "")
    title = tree.css_first("title")
    day = next((named[name] for name in _DATES if named.get(name)), "")
    organs = [named[name] for name in _ORGANS if named.get(name)]
    return facts_of_properties(title.text() if title else "", organs, day)
