"""Word documents (.docx): the text as it reads with all tracked changes accepted.

The XML is read directly. A library of document objects gives the paragraphs of the body and loses tracked
insertions, content controls and text boxes; and every text box stands twice in the file, once for old programs.

Automatic numbers (一、 in front of a heading) are part of what a reader sees, and of the text.

Order of the text: the body (tables row by row, a text box after the paragraph it is anchored in), footnotes and
endnotes, and last, marked as furniture, headers and footers.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from dedup.errors import Damaged
from dedup.read.archive import open_zip, part
from dedup.read.blob import Blob, Budget
from dedup.read.metadata import Facts, Known, document, facts_of_properties
from dedup.read.numbering import Numbering
from dedup.read.options import ReadOptions
from dedup.read.wordml import kind, switched_on
from dedup.result import Document

_TREE = 8  # times the size of its XML that a tree of elements takes, and more
_LEFT_OUT = frozenset(
    (
        "w:del",
        "w:moveFrom",
        "w:delText",
        "w:instrText",
        "w:rt",
        "w:sectPr",
        "w:tblPr",
        "w:tblGrid",
        "w:trPr",
        "w:tcPr",
    )
)
_SIGNS = {"w:tab": "\t", "w:br": "\n", "w:cr": "\n", "w:noBreakHyphen": "-", "w:ptab": "\t"}


def documents(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Document]:
    """Yield the one document of a .docx.

    Raises
    ------
    Damaged
        If the file or its XML is broken, over a bound, or tries to expand entities.
    """
    data = blob.whole(options)
    budget = blob.budget or Budget(blob.label, options)
    archive = open_zip(io.BytesIO(data), blob.label, options)
    package = _Package(archive, blob.label, replace(options, max_bytes=options.max_bytes // _TREE), budget)
    main = package.main()
    root = package.xml(main)
    if root is None:
        raise Damaged(blob.label, "it has no document part: save it again in the program it came from")
    folder = main.rsplit("/", 1)[0] + "/" if "/" in main else ""
    text = _Writer(Numbering.of(package.xml(folder + "numbering.xml"), package.xml(folder + "styles.xml")))
    text.blocks(root)
    for name in package.matching(folder + r"(?:footnotes|endnotes)\d*\.xml"):
        text.notes(package.xml(name))
    text.furnish([package.xml(name) for name in package.matching(folder + r"(?:header|footer)\d*\.xml")])
    yield document(
        blob,
        text.value(),
        known,
        properties=package.properties(),
        furniture=tuple(text.furniture),
        tables=tuple(text.tables),
        pages=tuple(text.pages) if len(text.pages) > 1 else (),
        flags={name: count for name, count in text.flags.items() if count},
    )


class _Package:
    """The parts of an office file, each read within the bounds."""

    def __init__(self, archive: zipfile.ZipFile, label: str, options: ReadOptions, budget: Budget) -> None:
        self._archive = archive
        self._label = label
        self._options = options
        self._budget = budget

    def xml(self, name: str) -> Element | None:
        """Return the root of a part, None if there is no such part."""
        data = part(self._archive, name, self._label, self._options, self._budget)
        if data is None:
            return None
        try:
            root: Element = fromstring(data, forbid_dtd=True)
        except DefusedXmlException as error:
            raise Damaged(self._label, f"its part {name} declares entities, which no office program does") from error
        except (ParseError, ValueError, LookupError) as error:
            raise Damaged(self._label, f"its part {name} is broken ({error})") from error
        return root

    def main(self) -> str:
        """Return the name of the document part."""
        relations = self.xml("_rels/.rels")
        for relation in relations if relations is not None else ():
            if relation.get("Type", "").endswith("/officeDocument"):
                return relation.get("Target", "").lstrip("/")
        return "word/document.xml"

    def matching(self, pattern: str) -> list[str]:
        """Return the names of parts, in the order of their numbers."""
        names = [name for name in self._archive.namelist() if re.fullmatch(pattern, name)]
        return sorted(set(names), key=lambda name: (len(name), name))

    def properties(self) -> Facts:
        """Return what the file says of itself."""
        found: dict[str, str] = {}
        for name in ("docProps/core.xml", "docProps/app.xml"):
            root = self.xml(name)
            for child in root if root is not None else ():
                found.setdefault(child.tag.rpartition("}")[2], child.text or "")
        organs = (found.get("Company", ""), found.get("creator", ""))
        return facts_of_properties(found.get("title", ""), organs, found.get("created", ""))


class _Writer:
    """Text on its way out of the XML, with its tables, pages, furniture and counts.

    Separators wait until text follows them, so that an empty cell or paragraph at an end leaves nothing behind.
    """

    def __init__(self, numbering: Numbering) -> None:
        self._numbering = numbering
        self._pieces: list[str] = []
        self._size = 0
        self._waiting = ""
        self.tables: list[tuple[int, int]] = []
        self.furniture: list[tuple[int, int]] = []
        self.pages: list[int] = [0]
        self.flags = {"hidden": 0, "ruby": 0, "replaced": 0}

    def value(self) -> str:
        """Return the text written so far."""
        text = "".join(self._pieces)
        self.flags["replaced"] = text.count("\ufffd")
        return text

    def blocks(self, node: Element) -> None:
        """Write paragraphs and tables, however deep they stand."""
        for child in node:
            name = kind(child.tag)
            if name == "w:p":
                self._paragraph(child)
            elif name == "w:tbl":
                self._table(child)
            elif name == "mc:AlternateContent":
                self.blocks(_chosen(child))
            elif name not in _LEFT_OUT:
                self.blocks(child)

    def notes(self, root: Element | None) -> None:
        """Write footnotes or endnotes, without the rules that separate them from the page."""
        for note in root if root is not None else ():
            if not any(key.endswith("}type") for key in note.attrib):
                self.blocks(note)

    def furnish(self, roots: list[Element | None]) -> None:
        """Write headers and footers, each wording once, as furniture."""
        start = self._size
        seen = set()
        for root in roots:
            own = _Writer(Numbering())
            if root is not None:
                own.blocks(root)
            text = own.value()
            if text.strip() and text not in seen:
                seen.add(text)
                self._break("\n")
                self._put(text)
                self._break("\n")
        if seen:
            self.furniture.append((start, self._size))

    def _put(self, text: str) -> None:
        if text:
            if self._size:
                self._pieces.append(self._waiting)
                self._size += len(self._waiting)
            self._waiting = ""
            self._pieces.append(text)
            self._size += len(text)

    def _break(self, sign: str) -> None:
        if sign == "\t":
            self._waiting = self._waiting.rstrip("\n") + "\t"
        elif not self._waiting.endswith("\n"):
            self._waiting = self._waiting.rstrip("\t") + "\n"

    def _paragraph(self, node: Element) -> None:
        boxes: list[Element] = []
        number = "" if _mark_deleted(node) else self._numbering.label(node)  # an empty paragraph counts, too
        if any(text.text for text in _inside(node, "w:t")):
            self._put(number)
        self._inline(node, boxes)
        if not _mark_deleted(node):
            self._break("\n")
        for box in boxes:
            self.blocks(box)

    def _table(self, node: Element) -> None:
        if self._size:
            self._end_line()
        before = self._size
        for row in _inside(node, "w:tr"):
            if _row_deleted(row):
                continue
            for cell in _inside(row, "w:tc"):
                self.blocks(cell)
                self._break("\t")
            self._end_line()
        if self._size > before:
            self.tables.append((before, self._size))

    def _end_line(self) -> None:
        """End a line now: what waits would be lost among the tabs of empty cells."""
        self._waiting = ""
        if self._pieces and not self._pieces[-1].endswith("\n"):
            self._pieces.append("\n")
            self._size += 1

    def _inline(self, node: Element, boxes: list[Element]) -> None:
        for child in node:
            name = kind(child.tag)
            if name == "w:t" or name == "m:t":
                self._put(child.text or "")
            elif name in _SIGNS:
                self._put(_SIGNS[name])
            elif name == "w:r":
                if _hidden(child):
                    self.flags["hidden"] += sum(len(text.text or "") for text in _inside(child, "w:t"))
                else:
                    self._inline(child, boxes)
            elif name == "w:txbxContent":
                boxes.append(child)
            elif name == "mc:AlternateContent":
                self._inline(_chosen(child), boxes)
            elif name == "w:lastRenderedPageBreak":
                if self._size:
                    self.pages.append(self._size + len(self._waiting))
            elif name == "w:rt":
                self.flags["ruby"] += 1
            elif name not in _LEFT_OUT and name != "w:pPr" and name != "w:rPr":
                self._inline(child, boxes)


def _chosen(node: Element) -> Element:
    """Return the first alternative of several that say the same for programs of different age."""
    for wanted in ("mc:Choice", "mc:Fallback"):
        for child in node:
            if kind(child.tag) == wanted and len(child):
                return child
    return Element("nothing")


def _inside(node: Element, wanted: str) -> Iterator[Element]:
    """Yield the nearest elements of a kind, through content controls and revisions that stand."""
    for child in node:
        found = kind(child.tag)
        if found == wanted:
            yield child
        elif found not in _LEFT_OUT and found not in ("w:p", "w:tbl"):
            yield from _inside(child, wanted)


def _hidden(run: Element) -> bool:
    return switched_on(run, "w:rPr", "w:vanish") or switched_on(run, "w:rPr", "w:webHidden")


def _mark_deleted(paragraph: Element) -> bool:
    """Whether the paragraph's end was deleted as a tracked change: it runs on into the next."""
    return switched_on(paragraph, "w:pPr", "w:rPr", "w:del")


def _row_deleted(row: Element) -> bool:
    return switched_on(row, "w:trPr", "w:del")
