"""Tables as bytes: for a file, a pipe or a column of a data frame, and back, without pickle.

    magic · length of the header · header (JSON) · columns · digest

A header names the columns with their type, shape and encoding; the digest covers all before it. What is read back is
what was packed, to the type, or `Damage` is raised: a broken part is redone, never used. Whole numbers are stored in
the fewest bytes that hold them, ascending ones as steps: a key stream takes 4 bytes a character instead of 10.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_type_hints

import numpy as np

T = TypeVar("T")
Buffer = bytes | bytearray | memoryview | mmap.mmap

MAGIC = b"dedup.table/1\n"
_DIGEST = 32
_ALIGNED = 16  # columns begin at multiples of it, so that a mapped file can be computed with as it lies
_FEW = 64  # entries by which a column that does not ascend is nearly always known
_NARROW = tuple(np.dtype(name) for name in ("u1", "i1", "u2", "i2", "u4", "i4"))


class Damage(Exception):
    """Bytes that are no packed table, or no longer the one that was packed. Caught where parts are redone."""


def pack(table: Any) -> bytes:
    """Return a table as bytes.

    Parameters
    ----------
    table : dataclass of arrays, or of dataclasses of arrays; or mapping of str to array

    Returns
    -------
    bytes
        Equal tables give equal bytes.
    """
    return b"".join(pieces(table))


def pieces(table: Any) -> Iterator[bytes | memoryview]:
    """Yield a table as bytes, piece by piece: for a file, where there need not be room for all of it once more.

    Parameters
    ----------
    table
        As for `pack`.
    """
    whole = hashlib.blake2b(digest_size=_DIGEST)
    for piece in _pieces(table):
        whole.update(piece)
        yield piece
    yield whole.digest()


def _pieces(table: Any) -> Iterator[bytes | memoryview]:
    """Yield what the digest covers."""
    header: list[list[Any]] = []
    body: list[np.ndarray] = []
    for name, column in columns(table):
        stored, steps = _narrowed(np.ascontiguousarray(column))
        header.append([name, column.dtype.str, list(column.shape), stored.dtype.str, steps])
        body.append(stored)
    head = json.dumps(header, separators=(",", ":")).encode()
    head = MAGIC + len(head).to_bytes(8, "little") + head
    yield head
    at = len(head)
    for stored in body:
        gap = -at % _ALIGNED
        yield bytes(gap)
        yield stored.reshape(-1).view(np.uint8).data
        at += gap + stored.nbytes


def unpack(data: Buffer, kind: type[T], *, trusted: bool = False) -> T:
    """Return the table of a given kind that bytes hold.

    Parameters
    ----------
    data : bytes or another buffer
    kind : type
    trusted : bool
        Whether the digest is taken on trust: it was verified before, or the part was just written.

    Raises
    ------
    Damage
        If the bytes are no such table, or any of them has changed.
    """
    found = unpacked(data, trusted=trusted)
    try:
        table = build(kind, found)
    except KeyError as error:
        raise Damage(f"it has no column {error}") from error
    return table


def unpacked(data: Buffer, *, trusted: bool = False) -> dict[str, np.ndarray]:
    """Return the columns that bytes hold, by name; those stored as they are look into the buffer.

    Raises
    ------
    Damage
        As for `unpack`.
    """
    whole = memoryview(data)
    if len(whole) < len(MAGIC) + 8 + _DIGEST or whole[: len(MAGIC)] != MAGIC:
        raise Damage("it is no packed table")
    if not trusted and hashlib.blake2b(whole[:-_DIGEST], digest_size=_DIGEST).digest() != whole[-_DIGEST:]:
        raise Damage("its digest is not that of its bytes")
    at = len(MAGIC) + 8
    size = int.from_bytes(whole[len(MAGIC) : at], "little")
    header = json.loads(bytes(whole[at : at + size]))
    at += size
    found = {}
    for name, dtype, shape, stored_dtype, steps in header:
        at += -at % _ALIGNED
        count = int(np.prod(shape, dtype=np.int64))
        stored = np.frombuffer(whole, stored_dtype, count, at)
        at += stored.nbytes
        column = np.cumsum(stored, dtype=dtype) if steps else stored.astype(dtype, copy=False)
        found[name] = column.reshape(shape)
    return found


def columns(table: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the columns of a table with their names, those of a table within a table as ``outer.inner``."""
    if isinstance(table, Mapping):
        pairs = list(table.items())
    else:
        pairs = [(field.name, getattr(table, field.name)) for field in fields(table)]
    for name, value in pairs:
        if is_dataclass(value):
            yield from ((f"{name}.{inner}", column) for inner, column in columns(value))
        else:
            yield name, value


def build(kind: type[T], found: Mapping[str, np.ndarray], prefix: str = "") -> T:
    """Return the table that has these columns, named as `columns` names them."""
    table: Any = kind
    values: list[Any] = []
    for name, of in _kinds(table).items():
        inner = is_dataclass(of)
        values.append(build(of, found, f"{prefix}{name}.") if inner else found[prefix + name])
    made: T = table(*values)
    return made


@cache
def _kinds(kind: Any) -> dict[str, Any]:
    """Return the fields of a table and their types."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _narrowed(column: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return a column in as few bytes as hold it, and whether it is one of steps."""
    if column.dtype.kind not in "iu" or not column.size:
        return column, False
    plain = _fit(column)
    if column.ndim == 1 and column.dtype.itemsize >= 4 and plain.dtype.itemsize > 1 and _ascends(column):
        steps = _fit(np.diff(column, prepend=column.dtype.type(0)))
        if steps.dtype.itemsize < plain.dtype.itemsize:
            return steps, True
    return plain, False


def _ascends(column: np.ndarray) -> bool:
    few = column[:_FEW]  # a text is known by them not to ascend, and then not copied to find out
    return bool(column[0] >= 0 and (few[1:] >= few[:-1]).all() and (column[1:] >= column[:-1]).all())


def _fit(column: np.ndarray) -> np.ndarray:
    low, high = int(column.min()), int(column.max())
    for dtype in _NARROW:
        if dtype.itemsize < column.dtype.itemsize and np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return column.astype(dtype)
    return column
