"""Documents of which the text is read, and issuer, date and title are sought when somebody asks.

To seek them takes Python, and for a folder of texts as long as to find, read and decode the files; matching does not
ask. So a scan reads without, and has them sought while kernels are at work that leave the interpreter to others. Nor
does it ask for texts as strings, where a kernel has decoded them: matching looks at their code points. Only the ends
of these become strings then, all that issuer, date and title are sought in; a whole text does when a face asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from dedup.read.blob import Blob
from dedup.read.metadata import Known, document, ends_of
from dedup.result import Document, Skipped
from dedup.schema import UInt32, string


class Codes:
    """Code points of texts, end to end, in the order in which they were read.

    Parameters
    ----------
    room : int
        How many are expected; where more come all are copied, of fewer no more memory is touched than is written.
    """

    def __init__(self, room: int) -> None:
        self._rows = np.empty(room, np.uint32)
        self._size = 0

    def add(self, codes: UInt32) -> int:
        """Add some, and return where they begin."""
        begin, end = self._size, self._size + len(codes)
        if end > len(self._rows):
            longer = np.empty(max(end, len(self._rows) * 3 // 2), np.uint32)
            longer[:begin] = self._rows[:begin]
            self._rows = longer
        self._rows[begin:end] = codes
        self._size = end
        return begin

    def __getitem__(self, stretch: slice) -> UInt32:
        return self._rows[stretch]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A text among others."""

    codes: Codes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pending:
    """A document as far as it is known.

    source, member : str, str or None   as in `dedup.result.Document`
    written : str or Stretch            its text
    rest : callable                     makes the document of the text
    """

    source: str
    member: str | None
    written: str | Stretch
    rest: Callable[[str], Document]

    @property
    def text(self) -> str:
        """The text, made when it is asked for."""
        one = self.written
        return one if isinstance(one, str) else string(one.codes[one.start : one.end])

    @property
    def furniture(self) -> tuple[tuple[int, int], ...]:
        """None: what has page noise that its reader knows is made at once."""
        return ()

    def made(self) -> Document:
        """Return the document, with all that is known of it."""
        return self.rest(self.text)

    def told(self) -> Document | Told:
        """Return the document, or what is known of it beside its text, where that is long."""
        one = self.written
        if isinstance(one, str):
            return self.made()
        codes = one.codes[one.start : one.end]
        ends = ends_of(codes)
        made = self.rest(ends)
        return made if len(ends) == len(codes) else Told(replace(made, text=""), one)


@dataclass(frozen=True, slots=True)
class Told:
    """A document of which all is known, and the text lies among others.

    about : Document     without its text
    written : Stretch    the text
    """

    about: Document
    written: Stretch

    def made(self) -> Document:
        """Return the document with its text."""
        one = self.written
        return replace(self.about, text=string(one.codes[one.start : one.end]))


Row = Document | Pending | Skipped
"""What readers yield."""


def made(row: Row) -> Document | Skipped:
    """Return a row with all of its document."""
    return row.made() if isinstance(row, Pending) else row


def pending(blob: Blob, text: str | Stretch, known: Known, *, member: str | None = None, **facts: Any) -> Pending:
    """Return what `dedup.read.metadata.document` makes of the same arguments, to be made later."""
    rest = partial(document, blob, known=known, member=member, **facts)
    return Pending(blob.source, blob.member if member is None else member, text, rest)


class Awaited(Sequence[Document]):
    """Documents of which all is found out when somebody asks, and kept; of long texts, not the string.

    Parameters
    ----------
    rows : sequence of Document or Pending
    """

    def __init__(self, rows: Sequence[Document | Pending]) -> None:
        self._rows: list[Document | Pending | Told] = [*rows]  # shared by what is cut from it
        self._which = range(len(self._rows))
        self._texts = True

    def __len__(self) -> int:
        return len(self._which)

    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            return self._cut(self._which[row], self._texts)
        at = self._which[row]
        one = self._rows[at]
        if isinstance(one, Pending):  # two threads may both find it out: it is the same
            one = self._rows[at] = one.told()
        if isinstance(one, Told):
            return one.made() if self._texts else one.about
        return one

    def settle(self) -> None:
        """Find out about all of them."""
        for _ in self.without_texts():
            pass

    def without_texts(self) -> Awaited:
        """Return the same documents, long texts empty."""
        return self._cut(self._which, False)

    def _cut(self, which: range, texts: bool) -> Awaited:
        some = Awaited(())
        some._rows, some._which, some._texts = self._rows, which, texts
        return some
