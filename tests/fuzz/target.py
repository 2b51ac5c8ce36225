"""What a fuzz target is: bytes in, nothing out, and a `Fault` where a promise is broken.

A target never asserts: ``python -O`` would make it find nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class Fault(Exception):
    """A promise of the package that an input breaks."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something to be fuzzed.

    Parameters
    ----------
    run : callable
        Takes an input. Whatever it raises is a fault.
    seeds : callable
        Returns sound inputs to begin from.
    words : tuple of bytes
        What the format is made of, for the mutator to insert.
    longest : int
        Bytes of the longest input.
    seconds : float
        CPU seconds that one input may take.
    group : str
        The target it is part of in the ledger.
    jit : bool
        Whether kernels are compiled. Uncompiled, an index outside an array raises instead of reading what lies there,
        and the kernels' branches guide the mutator.
    """

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    group: str
    words: tuple[bytes, ...] = ()
    longest: int = 8192
    seconds: float = 5.0
    jit: bool = True


def hold(condition: object, promise: str) -> None:
    """Raise a fault that names the promise unless it is kept."""
    if not condition:
        raise Fault(promise)


def ordered(data: bytes, parts: int) -> list[bytes]:
    """Return an input cut at NUL-FF-NUL into so many parts, the rest empty: several files out of one input."""
    found = data.split(b"\0\xff\0")[:parts]
    return found + [b""] * (parts - len(found))


def joined(*parts: bytes) -> bytes:
    """Return what `ordered` cuts."""
    return b"\0\xff\0".join(parts)
