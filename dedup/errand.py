"""What may a process do that is here for one command, and a library in someone else's process may not?

Starting and ending cost more than scanning five reports. What is done here touches the whole process, its garbage
collector and what it can import, hence only the front door begins an errand; everywhere else these blocks do nothing.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 200_000
"""New objects between two searches for garbage in cycles; Python's own 700 suit a process that stays.

Loading kernels, patterns and a dictionary makes so many that a tenth of a short scan was spent on searching them.
"""

_begun: list[bool] = []


def begin() -> None:
    """Look for garbage in cycles seldom from now on, and spare what `spared` names."""
    gc.set_threshold(SELDOM, 20, 20)
    _begun.append(True)


def end() -> None:
    """Leave what there is to the system: Python would search all objects for garbage, twice, before it goes.

    That took 0.3 s after a scan of five reports. Ended at once (``os._exit``) it would be some hundredths less, but
    then nothing that waits for the end of Python would be done: files taken away, children waited for, Spark let go.
    """
    gc.freeze()


@contextmanager
def spared(module: str) -> Iterator[None]:
    """Let an import inside the block, of something that does without this module, not find it, in an errand.

    Parameters
    ----------
    module : str
        What is left alone if it is imported already, and can be imported again behind the block.
    """
    if not _begun or module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]  # how the language says that there is no such module
    try:
        yield
    finally:
        if sys.modules.get(module, ...) is None:
            del sys.modules[module]
