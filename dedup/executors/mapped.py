"""Files as memory: arrays that lie on disk and are paged in where they are looked at.

A mapping is private and writable, because numba compiles anew for arrays that must not be written; nothing writes
into one. Pages that were looked at count as memory of the process until the system wants them, or until they are
given back (`release`): their content is in the file, so that may be done at any moment, and `tidy` does it whenever
they come to more than a bound. What is looked at again is paged in again.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields, is_dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self, TypeVar
from weakref import WeakSet

import numpy as np

from dedup.executors.packing import build, columns, unpack

T = TypeVar("T")

MOST = 512 << 20
"""Bytes of mapped files that may lie in memory."""

_INTERVAL = 0.02  # seconds; what is mapped grows by some 20 MB in this time
_AHEAD = 128 << 10  # bytes asked for at a time: Linux takes no more of one advice than it reads ahead at most
_STATM = Path("/proc/self/statm")
_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
_RANDOM: int | None = getattr(mmap, "MADV_RANDOM", None)
_WANTED: int | None = getattr(mmap, "MADV_WILLNEED", None)
_OPEN: WeakSet[mmap.mmap] = WeakSet()


def mapped(path: Path, *, sliced: bool = False) -> mmap.mmap | bytes:
    """Return the bytes of a file; an empty one, which cannot be mapped, as bytes.

    ``sliced`` says that only a slice of it will be looked at (see `ahead`): else the system reads up to megabytes
    around each page that is missed, which comes to the whole file.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:
            return b""
        found = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    _OPEN.add(found)
    if sliced and _RANDOM is not None:
        found.madvise(_RANDOM)
    return found


def column(path: Path, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return an array that lies in a file."""
    return np.frombuffer(mapped(path), dtype).reshape(shape) if np.prod(shape) else np.zeros(shape, dtype)


def table(path: Path, kind: type[T], *, sliced: bool = False) -> T:
    """Return a packed table that lies in a file and was verified before; ``sliced`` as for `mapped`."""
    return unpack(mapped(path, sliced=sliced), kind, trusted=True)


def ahead(piece: np.ndarray) -> np.ndarray:
    """Return a piece of an array; if it lies in a file, the system reads it now, at once and no more than it."""
    base = _source(piece)
    if isinstance(base, mmap.mmap) and _WANTED is not None and piece.size:
        start = _address(piece) - _address(np.frombuffer(base, np.uint8))
        end = start + piece.nbytes
        for at in range(start - start % mmap.PAGESIZE, end, _AHEAD):
            base.madvise(_WANTED, at, min(at + _AHEAD, end) - at)
    return piece


def _address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


def loaded(path: Path, kind: type[T]) -> T:
    """Return a packed table that was verified before, read into memory: what is made of it may write into it."""
    data = bytearray(path.stat().st_size)
    with path.open("rb") as file:
        file.readinto(data)
    return unpack(data, kind, trusted=True)


class Column:
    """A file to which pieces of a column are added; its digest and shape are known when all are."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._digest = blake2b(digest_size=16)
        self._shape = (0,)
        self._dtype = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, piece: np.ndarray) -> None:
        """Write a piece behind those before."""
        data = np.ascontiguousarray(piece)
        self._file.write(data.data)
        self._digest.update(data.data)
        self._shape = (self._shape[0] + len(piece), *piece.shape[1:])
        self._dtype = piece.dtype.str

    def facts(self) -> list[Any]:
        """Return type, shape and digest."""
        return [self._dtype, list(self._shape), self._digest.hexdigest()]

    def opened(self) -> np.ndarray:
        """Return the whole column, as it lies in the file."""
        self._file.close()
        return column(self._path, self._dtype, self._shape)


def laid(stem: Path, tables: Iterable[T]) -> T:
    """Write tables of one kind end to end, one file a column, and return them as one that lies there.

    Parameters
    ----------
    stem : Path
        What the names of the files begin with.
    tables : iterable
        At least one; looked at one after the other.
    """
    files: dict[str, Column] = {}
    kind: Any = None
    with ExitStack() as stack:
        for table in tables:
            kind = type(table)
            for name, piece in columns(table):
                if name not in files:
                    files[name] = stack.enter_context(Column(stem.with_name(f"{stem.name}.{name}")))
                files[name].add(piece)
        found = {name: one.opened() for name, one in files.items()}
    release()
    made: T = build(kind, found)
    return made


def aside(stem: Path, rows: T) -> T:
    """Return an object whose arrays lie in files, one each; what is no array, or lies in a file, stays as it is."""
    changed: dict[str, Any] = {}
    for one in fields(rows):  # type: ignore[arg-type]
        value = getattr(rows, one.name)
        path = stem.with_name(f"{stem.name}.{one.name}")
        if isinstance(value, np.ndarray) and not _lies(value):
            with Column(path) as file:
                file.add(value)
                changed[one.name] = file.opened()
        elif is_dataclass(value):
            changed[one.name] = aside(path, value)
    made: T = replace(rows, **changed)  # type: ignore[type-var]
    return made


def _lies(value: np.ndarray) -> bool:
    """Return whether an array is a whole file."""
    base = _source(value)
    return isinstance(base, mmap.mmap) and value.nbytes == len(base)


def _source(value: np.ndarray) -> Any:
    """Return what the memory of an array belongs to."""
    base: Any = value
    while isinstance(base, np.ndarray | memoryview):
        base = base.obj if isinstance(base, memoryview) else base.base
    return base


def release() -> None:
    """Give back the pages of all mappings."""
    _advise("MADV_DONTNEED")


@contextmanager
def scattered() -> Iterator[None]:
    """Tell the system that what is looked at inside the block lies here and there.

    Else it reads 32 pages around each that is missed: on a corpus larger than the memory that pushed out what the
    next look wanted, and telling of 4,096 families took eight seconds in place of half a one.
    """
    try:
        _advise("MADV_RANDOM")
        yield
    finally:
        _advise("MADV_NORMAL")


def _advise(name: str) -> None:
    """Give the system this advice on all mappings, where it knows it."""
    advice: int | None = getattr(mmap, name, None)
    if advice is None:
        return
    for one in list(_OPEN):
        if not one.closed:
            one.madvise(advice)


def trim() -> None:
    """Give back what was allocated and freed: the allocator of Linux keeps some hundred megabytes of it for later."""
    if _TRIM is not None:
        _TRIM(0)


def tidy() -> Callable[[], None]:
    """Let a thread give back the pages of mappings as long as they come to more than `MOST`; return what ends it."""
    ended = threading.Event()

    def watch() -> None:
        least = _resident()
        while not ended.wait(_INTERVAL):
            if _resident() - least > MOST:
                release()

    if not hasattr(mmap, "MADV_DONTNEED") or not _STATM.exists():
        return ended.set  # no Linux: the system takes pages back when it wants them
    threading.Thread(target=watch, daemon=True).start()
    return ended.set


def _resident() -> int:
    """Return how many bytes of files are in the memory of this process."""
    return int(_STATM.read_text().split()[2]) * mmap.PAGESIZE
