"""Cuts of bytes, done and undone. An edit names a place in the original; a list of them is a patch both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """At byte ``at`` of the original stands ``cut``; in its place comes ``put``.

    In a table ``at`` is a row and ``cell`` the code point in its text, or one of the marks in `dedup.clean.parquet`.
    """

    at: int
    cut: bytes = b""
    put: bytes = b""
    cell: int | None = None


class Disagree(Exception):
    """The bytes are not those that the edits were made for. Stays in this room."""


def apply(content: bytes, edits: Sequence[Edit]) -> bytes:
    """Return the content with the edits done; they are sorted by ``at`` and do not overlap.

    Raises
    ------
    Disagree
        If something else than ``cut`` stands at a place.
    """
    pieces = []
    place = 0
    for edit in edits:
        stop = edit.at + len(edit.cut)
        if edit.at < place or content[edit.at : stop] != edit.cut:
            raise Disagree
        pieces += [content[place : edit.at], edit.put]
        place = stop
    return b"".join([*pieces, content[place:]])


def undo(content: bytes, edits: Sequence[Edit]) -> bytes:
    """Return the original of a content that `apply` returned for these edits.

    Raises
    ------
    Disagree
        If something else than ``put`` stands at a place.
    """
    pieces = []
    place = shift = 0  # shift: original place less place here
    for edit in edits:
        start = edit.at - shift
        stop = start + len(edit.put)
        if start < place or content[start:stop] != edit.put or stop > len(content):
            raise Disagree
        pieces += [content[place:start], edit.cut]
        place = stop
        shift += len(edit.cut) - len(edit.put)
    return b"".join([*pieces, content[place:]])
