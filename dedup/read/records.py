"""Large files of JSON lines: a kernel finds and decodes the text of each, the json module reads what is left of them.

The text is nearly all of a record. Where a line leaves no doubt which of its strings is the text, a kernel decodes
that one, ahead of whoever takes the records, and the json module is given the line with an empty text in its place:
what else stands there, and whether it is JSON at all, is told by nobody else. Every other line is left to it whole.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from dedup.kernels import records as kernels
from dedup.kernels.threads import allowed
from dedup.schema import Bool, Int64, UInt8, UInt32, string

_TOGETHER = 1 << 22
"""Bytes looked at together, more only where one block has more: threads wait for one another once for so many."""

_LINE = 64
"""Bytes of a line, at least, on the average; where they are fewer they are counted, and looked at again."""

_AHEAD = 2
"""Such groups that are looked at while another is given out."""


_Room = list[tuple[UInt32, Int64]]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a kernel says of some blocks, see `dedup.kernels.records.records`."""

    data: bytes
    ends: Int64
    codes: UInt32
    rows: Int64
    sound: Bool

    def columns(self, key: UInt8) -> tuple[UInt8, Int64, UInt8, UInt32, Int64, Bool]:
        """Return what the kernel takes."""
        return np.frombuffer(self.data, np.uint8), self.ends, key, self.codes, self.rows, self.sound


def lines(blocks: Iterator[bytes | None], column: str) -> Iterator[tuple[bytes | None, bool, Any]]:
    """Yield the lines of a file, what of them is UTF-8, and what records are read already.

    Parameters
    ----------
    blocks : iterator of bytes or None
        See `dedup.read.blob.Blob.blocks`.
    column : str
        The key of the text.

    Yields
    ------
    line : bytes or None
        None for one over the bound.
    sound : bool
        Whether all of its block is UTF-8.
    record : dict or None
        What the json module makes of the line, where nothing need be asked.
    """
    key = np.frombuffer(json.dumps(column, ensure_ascii=False).encode("utf-8", "surrogatepass"), np.uint8)
    free: _Room = []  # given back and asked for anew, room was touched anew each time
    with ThreadPoolExecutor(1) as pool:
        ahead: deque[tuple[_Found, Callable[[], int]]] = deque()
        groups = _groups(blocks)
        broken: Exception | None = None
        while True:
            try:
                group = next(groups, None)
            except Exception as error:  # raised when what was read before it has been given out
                broken = error
                break
            if group is None:
                break
            if group:
                found = _room(group, free)
                look = partial(kernels.records, *found.columns(key))
                ahead.append((found, look if allowed() == 1 else pool.submit(look).result))
            while ahead and (len(ahead) > _AHEAD or not group):
                yield from _given(*ahead.popleft(), key, column, free)
            if not group:
                yield None, True, None
        while ahead:
            yield from _given(*ahead.popleft(), key, column, free)
        if broken is not None:
            raise broken


def _groups(blocks: Iterator[bytes | None]) -> Iterator[list[bytes]]:
    """Yield blocks some at a time, and an empty list for each line over the bound."""
    group: list[bytes] = []
    size = 0
    try:
        for block in blocks:
            if block is not None:
                group.append(block)
                size += len(block)
            if group and (block is None or size >= _TOGETHER):
                yield group
                group, size = [], 0
            if block is None:
                yield []
    except Exception:  # a file that ends too early: what stands before its break was read
        if group:
            yield group
        raise
    if group:
        yield group


def _room(group: list[bytes], free: _Room) -> _Found:
    """Return some blocks, and room for what a kernel will say of them; to count lines would be a pass of its own."""
    data = b"\n".join(group)
    ends = np.cumsum([len(block) + 1 for block in group]) - 1
    codes, rows = free.pop() if free else (np.empty(0, np.uint32), np.empty((0, 6), np.int64))
    if len(codes) < len(data):
        codes, rows = np.empty(len(data), np.uint32), np.empty((len(data) // _LINE + 1, 6), np.int64)
    return _Found(data, ends, codes, rows, np.empty(len(group), bool))


def _given(
    found: _Found, count: Callable[[], int], key: UInt8, column: str, free: _Room
) -> Iterator[tuple[bytes, bool, Any]]:
    """Yield the lines of some blocks."""
    data, codes, rows, loads = found.data, found.codes, found.rows, json.loads
    number = count()
    if number < 0:
        rows = np.empty((data.count(b"\n") + 1, 6), np.int64)
        number = kernels.records(*replace(found, rows=rows).columns(key))
    rows = rows[:number]
    sound = found.sound[np.searchsorted(found.ends, rows[:, 0])].tolist()
    for (start, stop, first, last, low, high), whole in zip(rows.tolist(), sound, strict=True):
        record = None
        if whole and first >= 0:
            with suppress(ValueError, RecursionError):  # said of the line itself by whoever reads that
                record = loads((data[start:first] + b'""' + data[last:stop]).decode())
                record[column] = string(codes[low:high])
        yield data[start:stop] if record is None else b"", whole, record
    free.append((codes, found.rows))
