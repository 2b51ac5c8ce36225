"""Documents of which the text is read, and issuer, date and title are sought when somebody asks.

To seek them takes Python, and for a folder of texts as long as to find, read and decode the files; matching does not
ask. So a scan reads without, and has them sought while kernels are at work that leave the interpreter to others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from dedup.read.blob import Blob
from dedup.read.metadata import Known, document
from dedup.result import Document, Skipped


@dataclass(frozen=True, slots=True)
class Pending:
    """A document as far as it is known; ``made`` returns all of it."""

    source: str
    member: str | None
    text: str
    made: Callable[[], Document]

    @property
    def furniture(self) -> tuple[tuple[int, int], ...]:
        """None: what has page noise that its reader knows is made at once."""
        return ()


Row = Document | Pending | Skipped
"""What readers yield."""


def made(row: Row) -> Document | Skipped:
    """Return a row with all of its document."""
    return row.made() if isinstance(row, Pending) else row


def pending(blob: Blob, text: str, known: Known, *, member: str | None = None, **facts: Any) -> Pending:
    """Return what `dedup.read.metadata.document` makes of the same arguments, to be made later."""
    made = partial(document, blob, text, known, member=member, **facts)
    return Pending(blob.source, blob.member if member is None else member, text, made)


class Awaited(Sequence[Document]):
    """Documents, made when they are asked for and kept.

    Parameters
    ----------
    rows : sequence of Document or Pending
    """

    def __init__(self, rows: Sequence[Document | Pending]) -> None:
        self._rows = [*rows]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        found = self._rows[row]
        if isinstance(found, Pending):  # two threads may both make it: it is the same
            found = self._rows[row] = found.made()
        return found

    def settle(self) -> None:
        """Make all of them."""
        for row in range(len(self)):
            self[row]
