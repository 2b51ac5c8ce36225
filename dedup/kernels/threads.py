"""How many threads the kernels use. Caller: dedup.pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numba

from dedup.errors import ParamsError


@contextmanager
def threads(jobs: int) -> Iterator[None]:
    """Let the kernels use so many threads inside the block; more than the machine allows means all of them.

    Raises
    ------
    ParamsError
        If `jobs` is below 1.
    """
    if jobs < 1:
        raise ParamsError([f"jobs is {jobs}, but must be at least 1"])
    before = numba.get_num_threads()
    numba.set_num_threads(min(jobs, _most()))
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _most() -> int:
    """Return how many threads numba was started with: more cannot be asked for."""
    return int(vars(numba.config)["NUMBA_NUM_THREADS"])
