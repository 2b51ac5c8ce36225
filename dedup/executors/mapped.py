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
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from weakref import WeakSet

import numpy as np

from dedup.executors.packing import unpack

T = TypeVar("T")

MOST = 128 << 20
"""Bytes of mapped files that may lie in memory."""

_INTERVAL = 0.02  # seconds; what is mapped grows by some 20 MB in this time
_STATM = Path("/proc/self/statm")
_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
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


def loaded(path: Path, kind: type[T]) -> T:
    """Return a packed table that was verified before, read into memory: what is made of it may write into it."""
    return unpack(bytearray(path.read_bytes()), kind, trusted=True)


def release() -> None:
    """Give back the pages of all mappings."""
    if _ADVICE is not None:
        for one in list(_OPEN):
            if not one.closed:
                one.madvise(_ADVICE)


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

    if _ADVICE is None or not _STATM.exists():  # no Linux: the system takes pages back when it wants them
        return ended.set
    threading.Thread(target=watch, daemon=True).start()
    return ended.set


def _resident() -> int:
    """Return how many bytes of files are in the memory of this process."""
    return int(_STATM.read_text().split()[2]) * mmap.PAGESIZE
