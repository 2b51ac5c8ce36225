"""Elements of WordprocessingML by short names, in either dialect of the format."""

from __future__ import annotations

from functools import cache
from xml.etree.ElementTree import Element

_WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
_OTHERS = {
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc:",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m:",
}


@cache
def kind(tag: object) -> str:
    """Return ``w:p`` for the tag of a paragraph, ``?:name`` for what has no meaning here."""
    space, _, name = str(tag).lstrip("{").rpartition("}")
    return ("w:" if space in _WORD else _OTHERS.get(space, "?:")) + name


def below(node: Element | None, *path: str) -> Element | None:
    """Return the first element at a path of short names, None if there is none."""
    for name in path:
        node = next((child for child in node if kind(child.tag) == name), None) if node is not None else None
    return node


def attribute(node: Element | None, name: str = "val") -> str | None:
    """Return an attribute by its local name."""
    if node is None:
        return None
    return next((value for key, value in node.attrib.items() if key.rpartition("}")[2] == name), None)


def switched_on(node: Element | None, *path: str) -> bool:
    """Whether the element at a path is there and not switched off."""
    found = below(node, *path)
    return found is not None and attribute(found) not in ("0", "false", "off")
