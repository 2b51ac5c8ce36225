"""Processes that compute parts: what passes between them are names of files and numbers of rows, never tables.

A part is computed from files that are mapped and written to a file; twice as many parts as there are processes are
handed out at a time. Processes are spawned, so a script that asks for more than one needs the usual
``if __name__ == "__main__"``.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from dedup.errors import ParamsError, WorkProblem


class Processes:
    """Processes that are started when there is something to do; one job is done in this process itself."""

    def __init__(self, jobs: int) -> None:
        if jobs < 1:
            raise ParamsError([f"jobs is {jobs}, but must be at least 1"])
        self.jobs = jobs
        self._pool: ProcessPoolExecutor | None = None

    def run(self, function: Callable[..., None], tasks: Sequence[tuple[Any, ...]]) -> Iterator[None]:
        """Call the function for each task; yields as often as one is done, in any order.

        Raises
        ------
        WorkProblem
            If a process is killed. What was finished is kept by who finished it.
        """
        if self.jobs == 1 or len(tasks) < 2:
            for task in tasks:
                function(*task)
                yield
            return
        waiting: set[Future[None]] = set()
        try:
            for task in tasks:
                if len(waiting) >= 2 * self.jobs:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (one.result() for one in done)
                waiting.add(self._started().submit(function, *task))
            for one in waiting:
                yield one.result()
        except BrokenProcessPool as error:
            self.close()
            raise WorkProblem(
                "a process that computed",
                "it was killed, by the system for want of memory perhaps: scan again to go on",
            ) from error

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            from multiprocessing import get_context

            # Not forked: numba's threads do not survive it.
            self._pool = ProcessPoolExecutor(self.jobs, get_context("spawn"), _begin, (os.getpid(),))
        return self._pool


def _begin(parent: int) -> None:
    """Let the kernels of this process use one thread, and end it should the parent be killed."""
    from dedup.executors import mapped
    from dedup.kernels.threads import threads

    threads(1).__enter__()
    mapped.tidy()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
