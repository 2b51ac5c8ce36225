"""How many threads the kernels use. Callers: dedup.pipeline, and the steps whose kernels take ranges of rows."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import pairwise
from threading import Condition, Lock
from typing import Any, TypeVar

import numba
import numpy as np
from numba.np.ufunc import threading_layer
from numpy.typing import NDArray

from dedup.errand import spared
from dedup.errors import ParamsError

_Task = TypeVar("_Task")
_Found = TypeVar("_Found")

_SHARES = 8
"""Shares of the rows for each thread: rows differ in cost, and a thread with one share would be waited for."""

_GIVES_WAY = 0.0005
"""Seconds after which a thread gives way to another that waits for the interpreter."""

_entering = Lock()
_blocks: list[float] = []

_WAITING = "OMP_WAIT_POLICY"

_ALONE, _SHORT = 64, 1 << 16
"""Rows, and characters, that are not worth a thread."""


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
    _look_for_no_blas()
    _wait_asleep()
    before = numba.get_num_threads()
    numba.set_num_threads(min(jobs, _most()))
    try:
        with _giving_way():
            yield
    finally:
        numba.set_num_threads(before)


@contextmanager
def _giving_way() -> Iterator[None]:
    """Let threads give way to one another sooner inside the block, and as before when the last block is left.

    Whoever comes back from a kernel waits for the interpreter until whoever has it gives way, which Python asks of
    them every five milliseconds: at each of a thousand tasks that is seconds.
    """
    with _entering:
        before = _blocks[0] if _blocks else sys.getswitchinterval()
        _blocks.append(before)
        sys.setswitchinterval(min(before, _GIVES_WAY))
    try:
        yield
    finally:
        with _entering:
            _blocks.pop()  # the first stays until the last: it is what was there before any
            if not _blocks:
                sys.setswitchinterval(before)


def _look_for_no_blas() -> None:
    """Keep numba from importing SciPy's linear algebra, as it does before it loads the first kernel.

    It looks whether ``np.dot`` could be compiled, which stands in no kernel here, and that costs a small scan 0.15 s.
    A numba that looks in another place finds SciPy, and nothing else changes.
    """
    with spared("scipy.linalg"), suppress(ModuleNotFoundError):
        import_module("numba.np.arraymath")


def _wait_asleep() -> None:
    """Load what shares parallel kernels out so that its threads sleep where they wait.

    GNU's OpenMP lets them ask again and again instead, for milliseconds after each kernel: on two processors one of
    them was taken so, now and then, from numpy and from what is at work beside the kernels, two of 45 seconds of a
    large scan. It looks at the environment when it is loaded, and no more; what the user has set there stands, and
    where it is loaded already nothing changes.
    """
    if _WAITING in os.environ:
        return
    os.environ[_WAITING] = "passive"
    try:
        with suppress(ImportError):
            import_module("numba.np.ufunc.omppool")
    finally:
        del os.environ[_WAITING]


def shared(kernel: Callable[..., Any], rows: int, *arguments: Any) -> None:
    """Call ``kernel(first, last, *arguments)`` for shares of the rows, on as many threads as are allowed.

    Parameters
    ----------
    kernel : callable
        Compiled without the interpreter's lock, and writing of each row nothing but that row's results.
    rows : int
    *arguments
        The further arguments of the kernel.
    """
    count = allowed()
    if count == 1 or rows <= _ALONE:
        kernel(np.int64(0), np.int64(rows), *arguments)
        return
    borders = np.linspace(0, rows, count * _SHARES + 1).astype(np.int64)
    with ThreadPoolExecutor(count) as pool:
        for done in [
            pool.submit(kernel, first, last, *arguments) for first, last in pairwise(borders) if first < last
        ]:
            done.result()


def together(function: Callable[[_Task], _Found], tasks: Sequence[_Task]) -> list[_Found]:
    """Return ``function(task)`` of each task, on as many threads as are allowed.

    For kernels without the interpreter's lock, around which some Python is needed for each call.
    """
    if len(tasks) < 2 or allowed() == 1:
        return [function(task) for task in tasks]
    with ThreadPoolExecutor(allowed()) as pool:
        return list(pool.map(function, tasks))


def sort(words: NDArray[np.uint64]) -> None:
    """Sort words in place, as many shares of them at once as threads are allowed.

    First the lower words are parted from the higher ones, which numpy does by vectors in a tenth of the time that
    sorting takes; then each share is sorted by itself.
    """
    count = allowed() if len(words) >= _SHORT else 1
    cuts = [len(words) * number // count for number in range(count + 1)]
    if count > 1:
        words.partition(cuts[1:-1])
    together(np.ndarray.sort, [words[first:last] for first, last in pairwise(cuts)])


class Room:
    """Room in a column for what tasks find, in the order of the tasks, while they run on threads.

    How much a task finds is known when it has found it, and where that goes when all before it are as far. Tasks
    begin in their order (`together`), so that the first of those at work waits for nobody.
    """

    def __init__(self) -> None:
        self._ends = [0]
        self._taken = Condition()

    @contextmanager
    def of(self, number: int) -> Iterator[Callable[[int], int]]:
        """Give a function that takes so much room for this task and returns where it begins.

        A task that fails before it has taken any takes none, so that those behind it do not wait for ever.
        """

        def taken(size: int) -> int:
            with self._taken:
                self._taken.wait_for(lambda: len(self._ends) > number)
                if len(self._ends) == number + 1:
                    self._ends.append(self._ends[number] + size)
                    self._taken.notify_all()
                return self._ends[number]

        try:
            yield taken
        finally:
            taken(0)


def apart(function: Callable[[_Task], _Found], tasks: Sequence[_Task]) -> list[_Found]:
    """Return ``function(task)`` of each task, on as many threads as are allowed, each with its kernels to itself.

    For work of many parallel kernels with numpy between them: one after the other, all threads but one wait wherever
    numpy works, and for the slowest share of each kernel. A task that is the only one has all threads for its
    kernels. Numba's own scheduler (workqueue), which it takes where it finds neither OpenMP nor TBB, ends the process
    when two threads come to it: there the tasks wait for one another.
    """
    if len(tasks) < 2 or allowed() == 1 or _scheduler() == "workqueue":
        return [function(task) for task in tasks]
    with ThreadPoolExecutor(allowed(), initializer=numba.set_num_threads, initargs=(1,)) as pool:
        return list(pool.map(function, tasks))


def ahead(function: Callable[[_Task], _Found], tasks: Sequence[_Task]) -> Iterator[_Found]:
    """Yield ``function(task)`` of each task in order, the next ones at work while the caller uses what it was given.

    Each works on one thread, as in `apart`, but calls no parallel kernels. No more is ready at a time than there are
    threads, and one: what is made for a file need not fit in memory.
    """
    if len(tasks) < 2 or allowed() == 1:
        yield from map(function, tasks)
        return
    with ThreadPoolExecutor(allowed(), initializer=numba.set_num_threads, initargs=(1,)) as pool:
        ready: deque[Future[_Found]] = deque()
        try:
            for task in tasks:
                if len(ready) > allowed():
                    yield ready.popleft().result()
                ready.append(pool.submit(function, task))
            while ready:
                yield ready.popleft().result()
        finally:  # whoever takes no more waits for what is at work, and for no more
            for one in ready:
                one.cancel()


@contextmanager
def beside(function: Callable[..., _Found], *arguments: Any) -> Iterator[Callable[[], _Found]]:
    """Let a function be at work on a thread of its own during the block; what is given returns what it found.

    For what little else waits for, while the block works on kernels and numpy, which leave the interpreter to others,
    and now and then needs the interpreter itself, when kernels go on beside it.
    """
    if allowed() == 1:
        found = function(*arguments)
        yield lambda: found
        return
    with ThreadPoolExecutor(1, initializer=numba.set_num_threads, initargs=(1,)) as pool:
        yield pool.submit(function, *arguments).result


def _scheduler() -> str:
    """Return what shares parallel kernels out; before the first of them, and where none is compiled, the worst."""
    try:
        return str(threading_layer())
    except ValueError:
        return "workqueue"


def portions(borders: Any, most: int | None = None) -> list[tuple[int, int]]:
    """Return rows of documents, or of paragraphs: one a thread, each from its first one up to behind its last one.

    Parameters
    ----------
    borders : int64[D+1]
        Where they begin, and the end.
    most : int, optional
        Characters of a row, more only where one document has more: rows are more than the threads, then, so that
        what is needed for each character is needed for few of them at a time.

    Returns
    -------
    list of (int, int)
        At least one, of about as many characters each; one only where the text is too short to be worth a thread. Of
        documents that begin at one place all stand in one row.
    """
    size = int(borders[-1] - borders[0])
    count = allowed() if size >= _SHORT else 1
    if most is not None:
        count = max(count, -(-size // most))
    wanted = np.linspace(borders[0], borders[-1], count + 1)[1:-1]
    cuts = sorted({0, *np.searchsorted(borders, wanted).tolist(), len(borders) - 1})
    return list(pairwise(cuts)) or [(0, 0)]


def allowed() -> int:
    """Return how many threads the kernels may use now."""
    return int(numba.get_num_threads())


def _most() -> int:
    """Return how many threads numba was started with: more cannot be asked for."""
    return int(vars(numba.config)["NUMBA_NUM_THREADS"])
