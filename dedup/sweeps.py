"""When does Python look for garbage in cycles? Seldom or never while rows are being made that all stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Put the search for garbage in cycles off until the block ends, where it was on.

    Each search walks all objects there are. While rows are made that hold no cycle and none of which is let go, it
    finds nothing, again and again: it took a third of the time of a large page. What is let go without a cycle is
    freed at once as always.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


_SELDOM = 20_000
"""New objects after which Python looks among them: of 700, as it would, those that are read into rows all stay."""


@contextmanager
def seldom() -> Iterator[None]:
    """Have Python look for garbage in cycles after many new objects, until the block ends, where it looks at all.

    For a scan, and for reading files of whatever kind, of which some readers may leave cycles behind: these are found
    a little later. Of 20,000 small texts a quarter of the time to read them went into looking.
    """
    was = gc.get_threshold()
    if was[0]:
        gc.set_threshold(max(was[0], _SELDOM), *was[1:])
    try:
        yield
    finally:
        gc.set_threshold(*was)
