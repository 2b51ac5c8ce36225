"""Files as memory: arrays that lie on disk and are paged in where they are looked at.

A mapping is private and writable, because numba compiles anew for arrays that must not be written; nothing writes
into one. Pages that were looked at count as memory of the process until the system wants them, or `release` gives
them back: it is called between two parts of the work, so that what is resident is what a part needs.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import TypeVar
from weakref import WeakSet

import numpy as np

from dedup.executors.packing import unpack

T = TypeVar("T")

_OPEN: WeakSet[mmap.mmap] = WeakSet()
_ADVICE = getattr(mmap, "MADV_DONTNEED", None)


def mapped(path: Path) -> mmap.mmap | bytes:
    """Return the bytes of a file; an empty one, which cannot be mapped, as bytes."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return b""
        found = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    _OPEN.add(found)
    return found


def column(path: Path, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return an array that lies in a file."""
    return np.frombuffer(mapped(path), dtype).reshape(shape) if np.prod(shape) else np.zeros(shape, dtype)


def table(path: Path, kind: type[T]) -> T:
    """Return a packed table that lies in a file and was verified before."""
    return unpack(mapped(path), kind, trusted=True)


def release() -> None:
    """Give back the pages of all mappings; what is looked at again is paged in again."""
    if _ADVICE is not None:
        for one in list(_OPEN):
            if not one.closed:
                one.madvise(_ADVICE)
