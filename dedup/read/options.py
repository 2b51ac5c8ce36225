"""How files are read: what the user says about them, and the bounds that keep hostile ones harmless."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dedup.errors import ParamsError

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the reader is told, and its safety bounds. A file over a bound is skipped, with the bound named.

    Parameters
    ----------
    encoding : str, optional
        Encoding of all plain-text content (.txt .md .html .csv .jsonl); None detects it file by file.
    text_column : str
        Column (or JSON key) that holds the text of a record.
    id_column : str
        Column (or JSON key) that names a record; where it is absent or empty the row number does.
    meta : str or path, optional
        A CSV file with a column ``source`` and any of ``issuer``, ``date``, ``title``; its values win.
    max_bytes : int
        Most bytes of one file, or one unpacked member, that are held in memory. Record files (.jsonl, .csv) are
        streamed and have no such bound.
    max_line : int
        Longest line of a text or record file, in bytes. No report has such a line; a memory dump has.
    max_ratio : int
        Unpacked bytes per packed byte, beyond the first 16 MiB: text packs 3 to 20 times, a bomb a thousand times.
    max_unpacked : int
        Bytes unpacked from one archive altogether, its nested archives included.
    max_members : int
        Members of one archive, its nested archives included.
    max_depth : int
        Archives within archives: 1 reads an archive but none inside it.
    max_pages : int
        Pages of one PDF.

    Raises
    ------
    ParamsError
        If anything is out of bounds; all problems at once.

    Examples
    --------
    >>> from dedup.read import ReadOptions
    >>> ReadOptions(encoding="big5", text_column="正文").text_column
    '正文'
    """

    encoding: str | None = None
    text_column: str = "text"
    id_column: str = "id"
    meta: str | Path | None = None
    max_bytes: int = 256 * MIB
    max_line: int = 16 * MIB
    max_ratio: int = 200
    max_unpacked: int = 4096 * MIB
    max_members: int = 100_000
    max_depth: int = 3
    max_pages: int = 5_000

    def __post_init__(self) -> None:
        problems = []
        if self.encoding is not None and not _known(self.encoding):
            problems.append(
                f"encoding is {self.encoding!r}, which is no text encoding: utf-8, gb18030 and big5 are some"
            )
        for name in ("text_column", "id_column"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                problems.append(f"{name} is {getattr(self, name)!r}, but must be the name of a column")
        if self.meta is not None and not Path(self.meta).is_file():
            problems.append(f"meta is {str(self.meta)!r}, which is no file")
        for name in ("max_bytes", "max_line", "max_ratio", "max_unpacked", "max_members", "max_depth", "max_pages"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 2**50:
                problems.append(f"{name} is {value!r}, but must be a whole number from 1 to 2**50 - 1")
        if problems:
            raise ParamsError(problems)


def _known(encoding: object) -> bool:
    try:
        # Decoding is the test that a codec is a text codec: looking it up alone admits "rot13" and "zip".
        return isinstance(encoding, str) and isinstance(b"ab".decode(encoding, "replace"), str)
    except (LookupError, ValueError):
        return False
