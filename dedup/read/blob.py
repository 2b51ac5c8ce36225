"""Named bytes on their way to a reader: from a file, a decompressor or an archive, none of which the reader can tell.

A `Blob` is read once, either `whole` (bounded) or by `lines` (each bounded, the file not).
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from dedup.errors import Damaged
from dedup.read.options import ReadOptions

HEAD = 1 << 16
_CHUNK = 1 << 20
_BLOCK = 1 << 17  # lines are decoded in the cache: with a mebibyte of them, reading took a third longer
_RATIO_FLOOR = 16 << 20  # a small file of one repeated line packs a thousand times and harms nobody


class Stream(Protocol):
    """What a blob needs of a file."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes, none at the end."""
        ...


class OnDisk:
    """An open descriptor as a stream; the caller closes it."""

    __slots__ = ("handle",)

    def __init__(self, handle: int) -> None:
        self.handle = handle

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes, none at the end."""
        return os.read(self.handle, size)


class Blob:
    """One file, or one member of an archive, before it is known what it holds.

    Parameters
    ----------
    source, member : str, str or None
        As in `dedup.result.Document`.
    name : str
        The file name that the suffix is taken from, lower case, compression suffixes off.
    head : bytes
        The first 64 KiB, or all there is.
    stream : Stream, optional
        What comes after the head; None if the head is all.
    depth : int
        Archives around it.
    budget : Budget, optional
        Of the outermost archive around it.
    later : bool
        Whether documents may be pending (`dedup.read.pending`), of readers that make such.
    """

    __slots__ = ("_stream", "budget", "depth", "head", "later", "member", "name", "source")

    def __init__(
        self,
        source: str,
        member: str | None,
        name: str,
        head: bytes,
        stream: Stream | None = None,
        depth: int = 0,
        budget: Budget | None = None,
        later: bool = False,
    ) -> None:
        self.source = source
        self.member = member
        self.name = name
        self.head = head
        self.depth = depth
        self.budget = budget
        self.later = later
        self._stream = stream

    @property
    def suffix(self) -> str:
        """``.txt`` for ``report.txt``, lower case; empty if there is none."""
        dot = self.name.rfind(".")
        return self.name[dot:] if dot > 0 else ""

    @property
    def label(self) -> str:
        """The name in messages: ``source``, or ``source#member``."""
        return self.source if self.member is None else f"{self.source}#{self.member}"

    @property
    def streamed(self) -> bool:
        """Whether more than the head is to be read."""
        return self._stream is not None

    def record(self, key: str) -> str:
        """Return the member name of a record: its key, after the archive member it stands in."""
        return key if self.member is None else f"{self.member}#{key}"

    def whole(self, options: ReadOptions) -> bytes:
        """Return all bytes.

        Raises
        ------
        Damaged
            If there are more than ``options.max_bytes``.
        """
        size, parts = 0, []
        for chunk in self.chunks():
            size += len(chunk)
            if size > options.max_bytes:
                bound = f"{options.max_bytes:,} bytes"
                raise Damaged(self.label, f"it holds more than {bound}: split it, or raise max_bytes")
            parts.append(chunk)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def random(self, options: ReadOptions) -> BinaryIO:
        """Return a file that can seek: the one on disk, for an archive may be larger than memory; else the bytes.

        Raises
        ------
        Damaged
            If it is not on disk and larger than ``options.max_bytes``.
        """
        if isinstance(self._stream, OnDisk):
            file = os.fdopen(os.dup(self._stream.handle), "rb")
            file.seek(0)
            return file
        return io.BytesIO(self.whole(options))

    def chunks(self, size: int = _CHUNK) -> Iterator[bytes]:
        """Yield all bytes in pieces of up to so many."""
        yield self.head
        if self._stream is not None:
            while chunk := self._stream.read(size):
                yield chunk

    def blocks(self, max_line: int) -> Iterator[bytes | None]:
        """Yield whole lines, many at a time: blocks without their last line feed; None for a line over the bound.

        Memory stays at a chunk and a line, however long the line is that has to be passed over.
        """
        rest: list[bytes] = []  # of a line whose end is not read yet
        held = 0
        passing = False
        for chunk in self.chunks(_BLOCK):
            end = chunk.rfind(b"\n")
            if end < 0:
                if not passing:
                    rest.append(chunk)
                    held += len(chunk)
            else:
                block = chunk[:end]
                if passing:
                    first = block.find(b"\n")
                    block = block[first + 1 :] if first >= 0 else b""
                    passing, empty = False, first < 0
                else:
                    block, empty = b"".join((*rest, block)), False
                if not empty:
                    yield block
                rest = [chunk[end + 1 :]]
                held = len(rest[0])
            if held > max_line:
                rest, held, passing = [], 0, True
                yield None
        if held:
            yield b"".join(rest)


class Packed:
    """A blob as the input of a decompressor, counting what is taken."""

    def __init__(self, blob: Blob) -> None:
        self._chunks = blob.chunks()
        self._rest = b""
        self.taken = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return up to ``size`` bytes (all of a chunk where it is negative), none at the end."""
        if not self._rest:
            self._rest = next(self._chunks, b"")
        size = len(self._rest) if size < 0 else size
        data, self._rest = self._rest[:size], self._rest[size:]
        self.taken += len(data)
        return data


class Exhausted(Damaged):
    """An archive went over a bound that is meant for all of it; nothing more of it is read."""


class Budget:
    """What one archive, with all that is nested in it, may still unpack."""

    def __init__(self, label: str, options: ReadOptions) -> None:
        self._label = label
        self._bytes = options.max_unpacked
        self._members = options.max_members
        self._options = options

    def members(self, count: int) -> None:
        """Take members.

        Raises
        ------
        Exhausted
            If there are more than ``options.max_members`` altogether.
        """
        self._members -= count
        if self._members < 0:
            bound = f"{self._options.max_members:,}"
            raise Exhausted(self._label, f"it holds more than {bound} files: unpack it, or raise max_members")

    def bytes(self, count: int) -> None:
        """Take unpacked bytes.

        Raises
        ------
        Exhausted
            If there are more than ``options.max_unpacked`` altogether.
        """
        self._bytes -= count
        if self._bytes < 0:
            bound = f"{self._options.max_unpacked:,} bytes"
            raise Exhausted(self._label, f"it unpacks to more than {bound}: unpack it, or raise max_unpacked")


class Metered:
    """A decompressor that stops at a bound: what it gives out may not outgrow what was put in.

    Parameters
    ----------
    stream : Stream
        The decompressor.
    packed : callable
        Returns the compressed bytes used so far.
    label : str
        The name in messages.
    max_ratio : int
        Bytes out per byte in, beyond 16 MiB.
    errors : tuple of exception classes
        What the decompressor raises for broken data.
    budget : Budget, optional
        Of the archive it stands in.
    """

    def __init__(
        self,
        stream: Stream,
        packed: Callable[[], int],
        label: str,
        max_ratio: int,
        errors: tuple[type[Exception], ...],
        budget: Budget | None = None,
    ) -> None:
        self._stream = stream
        self._packed = packed
        self._label = label
        self._ratio = max_ratio
        self._errors = errors
        self._budget = budget
        self._given = 0

    def read(self, size: int, /) -> bytes:
        """Read as a file does.

        Raises
        ------
        Damaged
            If the compressed data is broken or cut short, or unpacks to more than the bounds allow.
        """
        try:
            data = self._stream.read(size)
        except self._errors as error:
            reason = f"its compressed data is broken or cut short ({error or type(error).__name__})"
            raise Damaged(self._label, reason) from error
        self._given += len(data)
        if self._budget is not None:
            self._budget.bytes(len(data))
        if self._given > max(self._packed() * self._ratio, _RATIO_FLOOR):
            bound = f"{self._ratio} times its size"
            reason = f"it unpacks to more than {bound} (a decompression bomb?): unpack it, or raise max_ratio"
            raise Damaged(self._label, reason)
        return data
