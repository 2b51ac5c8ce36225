"""Many small text files: read some at a time, and decoded by a kernel ahead of whoever takes the documents.

What leaves no doubt is decoded here: regular files that are text by their suffix and their first bytes, and UTF-8.
Every other file is left to `dedup.read.walk` and `dedup.read.encoding`, one at a time, in its place.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np

from dedup.errors import Unsupported
from dedup.kernels import records as kernels
from dedup.kernels.threads import allowed
from dedup.read.blob import Blob
from dedup.read.encoding import SAMPLE
from dedup.read.formats import format_of
from dedup.read.metadata import Known
from dedup.read.options import ReadOptions
from dedup.read.pending import Codes, Row, Stretch, pending
from dedup.read.walk import Found
from dedup.result import Skipped
from dedup.schema import string

SMALL = 1 << 20
"""Bytes of a file that is read together with others, at most."""

_TOGETHER = 1 << 21
"""Bytes that are read together: threads wait for one another once for so many."""

_AHEAD = 2
"""Groups that are decoded while another is given out."""

_SUFFIXES = (".txt", ".text", ".md", ".markdown")
_LONGEST = max(map(len, _SUFFIXES))
_HAN = range(0xE3, 0xEA)
"""First bytes of what begins in Chinese: no magic number begins so, nor does HTML."""

_BLANK = 0x3000
"""The last code point of white space."""

_SHARE = 0.4
"""Code points of a byte of a file, as far as they are expected: Chinese has a third, with figures a little more."""

_ASKED = 1000
"""Files that are asked how long they are: to ask twenty thousand takes 0.1 s."""

Anyhow = Callable[[Found | Skipped], Iterator[Row]]
"""Reads one file, whatever it is."""


class _Group:
    """Files in one row of bytes."""

    __slots__ = ("_bytes", "_codes", "_ends", "_place", "_replaced", "_room", "borders", "files")

    def __init__(self) -> None:
        self.files: list[Found] = []
        self.borders = [0]
        self._bytes = np.empty(_TOGETHER + SMALL + 1, np.uint8)
        self._room = memoryview(self._bytes)  # type: ignore[arg-type]
        self._codes = np.empty(len(self._bytes), np.uint32)
        self._ends = self._replaced = np.empty(0, np.int64)
        self._place: tuple[Codes, int] | None = None

    @property
    def full(self) -> bool:
        """Whether there may be no room for another file."""
        return self.borders[-1] >= _TOGETHER

    def take(self, found: Found, most: int) -> bool:
        """Read a file of up to so many bytes; false if it is to be read by itself, for whatever reason."""
        if not found.source[-_LONGEST:].lower().endswith(_SUFFIXES):
            return False
        try:
            handle = os.open(found.path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                return self._read(found, handle, most)
            finally:
                os.close(handle)
        except (OSError, ValueError):  # told by whoever reads it by itself
            return False

    def _read(self, found: Found, handle: int, most: int) -> bool:
        before = os.fstat(handle)
        size, begin = before.st_size, self.borders[-1]
        if not 0 < size <= most or not stat.S_ISREG(before.st_mode):
            return False
        end = begin + os.readv(handle, [self._room[begin : begin + size + 1]])
        after = os.fstat(handle)
        if (end - begin, after.st_size, after.st_mtime_ns) != (size, size, before.st_mtime_ns):
            return False
        chinese = self._room[begin] in _HAN and bytes(self._room[begin + 257 : min(end, begin + 262)]) != b"ustar"
        if not (chinese or _is_text(_blob(found, bytes(self._room[begin:end])))):
            return False
        self.files.append(found)
        self.borders.append(end)
        return True

    def decode(self, into: Codes | None) -> None:
        """Decode the files, and lay their texts behind what was read; without the interpreter's lock for the most."""
        self._ends, self._replaced = (np.empty(len(self.files), np.int64) for _ in range(2))
        borders = np.array(self.borders)
        kernels.texts(self._bytes, borders, np.int64(SAMPLE), self._codes, self._ends, self._replaced)
        if into is not None and self.files:
            self._place = into, into.add(self._codes[: self._ends[-1]])

    def given(self) -> Iterator[tuple[Found, str | Stretch, int]]:
        """Yield each file with its text, and how many U+FFFD it has: -1 where the file is left to somebody else.

        A text that holds nothing is empty. So is the group behind the last one.
        """
        ends, replaced = self._ends.tolist(), self._replaced.tolist()
        begins = [0, *ends][: len(ends)]
        filled = (self._codes[np.array(begins, np.int64)] > _BLANK).tolist()
        for found, begin, end, lost, full in zip(self.files, begins, ends, replaced, filled, strict=True):
            text = string(self._codes[begin:end]) if self._place is None or not full or begin == end else None
            if text is not None and (not text or text.isspace()):
                yield found, "", lost
            elif self._place is None:
                yield found, str(text), lost
            else:
                codes, base = self._place
                yield found, Stretch(codes, base + begin, base + end), lost
        self.files, self.borders, self._place = [], [0], None


def together(
    plan: Sequence[Found | Skipped], options: ReadOptions, known: Known, anyhow: Anyhow, later: bool = False
) -> Iterator[Row]:
    """Read files, in their order.

    Parameters
    ----------
    plan : sequence of Found or Skipped
    options : ReadOptions
    known : Known
        The ``meta`` file.
    anyhow : callable
        Reads what is not read here.
    later : bool
        Whether issuer, date and title are sought later.

    Yields
    ------
    Document, Pending or Skipped
    """
    into = Codes(int(_SHARE * _bytes(plan))) if later else None
    most = min(SMALL, options.max_bytes, options.max_line)
    group, free = _Group(), list[_Group]()
    ahead = deque[tuple[_Group, Callable[[], None]]]()
    with ThreadPoolExecutor(1) as pool:

        def decoding(one: _Group) -> _Group:
            """Have a group decoded, and return another that is empty."""
            ahead.append((one, partial(one.decode, into) if allowed() == 1 else pool.submit(one.decode, into).result))
            return free.pop() if free else _Group()

        def given() -> Iterator[Row]:
            one, decoded = ahead.popleft()
            decoded()
            for found, text, replaced in one.given():
                if replaced < 0:
                    yield from anyhow(found)
                elif not text:
                    yield Skipped(found.source, "it holds no text", "empty")
                else:
                    flags = {"replaced": replaced} if replaced else {}
                    row = pending(_blob(found, b""), text, known, encoding="utf-8", flags=flags)
                    yield row if later else row.made()
            free.append(one)

        for found in plan:
            if isinstance(found, Found) and group.take(found, most):
                if group.full:
                    group = decoding(group)
                    if len(ahead) > _AHEAD:
                        yield from given()
                continue
            if group.files:
                group = decoding(group)
            while ahead:
                yield from given()
            yield from anyhow(found)
        decoding(group)
        while ahead:
            yield from given()


def _bytes(plan: Sequence[Found | Skipped]) -> int:
    """Return about how long all files are together, by some of them."""
    step = max(1, len(plan) // _ASKED)
    size = 0
    for one in plan[::step]:
        if isinstance(one, Found):
            with suppress(OSError, ValueError):  # told when it is read
                size += step * Path(one.path).stat().st_size
    return size


def _blob(found: Found, head: bytes) -> Blob:
    return Blob(found.source, None, found.source.rsplit("/", 1)[-1].lower(), head)


def _is_text(blob: Blob) -> bool:
    try:
        return format_of(blob) == "text"
    except Unsupported:  # told by whoever reads it by itself
        return False
