"""When does Python look for garbage in cycles? Not while a hundred thousand rows are being made that all stay."""

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
