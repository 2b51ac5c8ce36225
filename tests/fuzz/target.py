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
    jit : bool
        Whether kernels are compiled. Uncompiled, an index outside an array raises instead of reading what lies there,
        and the kernels' branches guide the mutator.
    of : str
        The target that it runs in another mode, in the ledger; empty where it is one itself.
    """

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    words: tuple[bytes, ...] = ()
    longest: int = 8192
    seconds: float = 5.0
    jit: bool = True
    of: str = ""


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


def united(*targets: Target) -> Target:
    """Return several kinds of input as one target: the first byte says which, the rest is its input.

    One corpus then feeds them all: a piece of JSON that opened a branch of one loader is tried on the others.
    """

    def run(data: bytes) -> None:
        if data:
            targets[data[0] % len(targets)].run(data[1:])

    def seeds() -> list[bytes]:
        return [bytes([row]) + seed for row, target in enumerate(targets) for seed in target.seeds()]

    words = tuple(dict.fromkeys(word for target in targets for word in target.words))
    longest = 1 + max(target.longest for target in targets)
    return Target(run, seeds, words, longest, max(target.seconds for target in targets))
