"""A folder in which the finished parts of a scan are kept, so that it can be killed at any moment and goes on.

Each part is a file of its own, named by its stage and number, written under another name and then renamed: what
bears the name of a part is that part, or its digest says otherwise and it is made again. The file ``work.json`` says
what the work is of: parts of other inputs, parameters or versions never meet in one folder, but are refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Self, TypeVar, overload

from dedup.errors import OutputFailed, WorkProblem
from dedup.executors import mapped
from dedup.executors.packing import Damage, pieces, unpacked
from dedup.executors.processes import Processes

T = TypeVar("T")

FORMAT = "1"

Told = Callable[[str, int, int], None]
"""Called when a stage begins: its name, how many of its parts are there already, and how many it has."""


class Shelf(Sequence[T], Generic[T]):
    """The parts of a stage; each is looked up in its file when it is asked for.

    A shelf travels to another process as the names of its files; a list of its parts would travel as what they hold.
    """

    def __init__(self, paths: Sequence[Path], kind: type[T]) -> None:
        self.paths = tuple(paths)
        self.kind = kind

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, row: int) -> T: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[T]: ...
    def __getitem__(self, row: int | slice) -> T | Sequence[T]:
        if isinstance(row, slice):
            return Shelf(self.paths[row], self.kind)
        return mapped.table(self.paths[row], self.kind)

    def __add__(self, other: Shelf[T]) -> Shelf[T]:
        return Shelf(self.paths + other.paths, self.kind)

    def sliced(self) -> Iterator[T]:
        """Yield the parts, each for a look at a piece of it (see `dedup.executors.mapped.mapped`)."""
        for path in self.paths:
            yield mapped.table(path, self.kind, sliced=True)


def sliced(parts: Sequence[T]) -> Iterable[T]:
    """Return parts of a stage, of which a piece each will be looked at: in memory they are what they are."""
    return parts.sliced() if isinstance(parts, Shelf) else parts


class Work:
    """The folder of one scan, held by one process at a time.

    Parameters
    ----------
    folder : str or Path
    identity : mapping of str to str
        What the parts depend on; equal for equal work.
    jobs : int
        Processes that compute.
    told : callable, optional
        See `Told`.

    Attributes
    ----------
    computed, reused : Counter
        Parts by stage.

    Raises
    ------
    WorkProblem
        If the folder holds something else, other work, or is in use.
    OutputFailed
        If it cannot be written.
    """

    def __init__(
        self, folder: str | Path, identity: Mapping[str, str], jobs: int = 1, told: Told | None = None
    ) -> None:
        self.folder = Path(folder)
        self.computed: Counter[str] = Counter()
        self.reused: Counter[str] = Counter()
        self._told = told
        self._sound: set[Path] = set()
        self._emptied = False
        with _writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(self.folder)
            try:
                self._claim(dict(identity) | {"format": FORMAT})
                for leftover in self.folder.iterdir():
                    if _UNFINISHED.fullmatch(leftover.name):
                        leftover.unlink(missing_ok=True)
            except BaseException:
                os.close(self._lock)
                raise
        self._processes = Processes(jobs)
        self._end = mapped.tidy()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._processes.close()
        os.close(self._lock)

    def each(
        self, stage: str, kind: type[T], function: Callable[..., T], tasks: Sequence[tuple[Any, ...]]
    ) -> Shelf[T]:
        """Return ``function(*task)`` for each task: parts that are there and sound are taken, the others computed.

        Parameters
        ----------
        stage : str
        kind : type
            Of the table that the function returns.
        function : callable
            Of a module, for other processes to find.
        tasks : sequence of tuple
            The same whenever the work is the same.
        """
        return self._filled(stage, kind, function, tasks, self._processes)

    def here(
        self,
        stage: str,
        kind: type[T],
        function: Callable[..., T],
        tasks: Sequence[tuple[Any, ...]],
        ready: Callable[[], object],
    ) -> Shelf[T]:
        """Return ``function(*task)`` for each task as `each` does, computed in this process: any function will do.

        ``ready`` is called before the first part that is missing, and reads in order. What the parts look at is
        scattered over the corpus: the members of a family stand anywhere. The other processes are ended; they would
        start again if they were needed.
        """
        self._processes.close()
        return self._filled(stage, kind, function, tasks, Processes(1), ready)

    def _filled(
        self,
        stage: str,
        kind: type[T],
        function: Callable[..., T],
        tasks: Sequence[tuple[Any, ...]],
        processes: Processes,
        ready: Callable[[], object] | None = None,
    ) -> Shelf[T]:
        """Return the parts of a stage, those that are missing computed."""
        paths = [self.folder / f"{stage}-{number:05d}.part" for number in range(len(tasks))]
        missing = [number for number, path in enumerate(paths) if not self._is_sound(path)]
        self._tell(stage, len(tasks) - len(missing), len(tasks))
        mapped.trim()
        if ready and missing:
            ready()
        with _writing(self.folder), mapped.scattered() if ready else contextlib.nullcontext():
            for _ in processes.run(_compute, [(function, tasks[number], paths[number]) for number in missing]):
                self.computed[stage] += 1
        self._sound.update(paths)
        return Shelf(paths, kind)

    def one(self, stage: str, kind: type[T], function: Callable[..., T], *task: Any) -> T:
        """Return ``function(*task)``, computed in this process, or taken where it is there."""
        path = self.folder / f"{stage}-00000.part"
        found = self._is_sound(path)
        self._tell(stage, int(found), 1)
        mapped.trim()
        if not found:
            with _writing(self.folder):
                _compute(function, task, path)
            self.computed[stage] += 1
        return mapped.loaded(path, kind)

    def streamed(
        self, stage: str, kind: type[T], function: Callable[..., Iterator[T]], tasks: Sequence[tuple[Any, ...]]
    ) -> Shelf[T]:
        """Return what the functions yield, task after task; a task is finished when its last part is."""
        stems = [f"{stage}-{number:05d}" for number in range(len(tasks))]
        known = [self._streamed(stem) for stem in stems]
        missing = [number for number, paths in enumerate(known) if paths is None]
        self._tell(stage, len(tasks) - len(missing), len(tasks))
        with _writing(self.folder):
            of_missing = [(function, tasks[number], self.folder, stems[number]) for number in missing]
            for _ in self._processes.run(_stream, of_missing):
                self.computed[stage] += 1
        paths = [path for stem, one in zip(stems, known, strict=True) for path in one or self._listed(stem)]
        return Shelf(paths, kind)

    def laid(self, name: str, tables: Iterable[T]) -> T:
        """Return the tables of a stage end to end, in files: for what is as large as the result."""
        with _writing(self.folder):
            table = mapped.laid(self._aside() / name, tables)
        mapped.trim()
        return table

    def aside(self, name: str, rows: T) -> T:
        """Return an object with its arrays in files; they stay readable, whatever becomes of the folder."""
        with _writing(self.folder):
            lying = mapped.aside(self._aside() / name, rows)
        mapped.trim()
        return lying

    def drop(self, *stages: str) -> None:
        """Remove the parts of stages that nothing needs any more."""
        for stage in stages:
            for path in [*self.folder.glob(f"{stage}-*.part"), *self.folder.glob(f"{stage}-*.list")]:
                path.unlink()

    def _aside(self) -> Path:
        """Return the folder of what is made at every run; a new one, for the result of another may look into it."""
        folder = self.folder / "aside"
        if not self._emptied:
            empty(folder)
            folder.mkdir()
            self._emptied = True
        return folder

    def _is_sound(self, path: Path) -> bool:
        if path not in self._sound:
            try:
                unpacked(mapped.mapped(path))
            except (OSError, Damage):
                return False
            self._sound.add(path)
        return True

    def _listed(self, stem: str) -> list[Path]:
        names = json.loads((self.folder / f"{stem}.list").read_text(encoding="utf-8"))
        return [self.folder / name for name in names]

    def _streamed(self, stem: str) -> list[Path] | None:
        """Return the parts of a streamed task, or None if some are missing or broken."""
        try:
            paths = self._listed(stem)
        except (OSError, ValueError):
            return None
        return paths if all(self._is_sound(path) for path in paths) else None

    def _tell(self, stage: str, found: int, parts: int) -> None:
        self.reused[stage] += found
        if self._told is not None:
            self._told(stage, found, parts)

    def _claim(self, identity: dict[str, str]) -> None:
        """Write what the work is of, or compare it with what is written there."""
        path = self.folder / "work.json"
        if not path.exists():
            strange = sorted(one.name for one in self.folder.iterdir() if one.name != _LOCK)
            if strange:
                raise WorkProblem(
                    str(self.folder), f"it holds {strange[0]}, so it is no work folder: name an empty one"
                )
            write(path, [json.dumps(identity, ensure_ascii=False, indent=1, sort_keys=True).encode()])
            return
        try:
            found = dict(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError):
            found = {}
        for name, wanted in identity.items():
            if found.get(name) != wanted:
                raise WorkProblem(
                    str(self.folder),
                    f"it holds the work of other {name} ({_differing(found.get(name), wanted)}): "
                    "name another folder, or remove this one",
                )


def _differing(found: str | None, wanted: str) -> str:
    """Return what differs between two entries; of settings only those that do."""
    try:
        known, asked = (json.loads(str(one)) for one in (found, wanted))
        other = [
            f"{name} {known.get(name)}, wanted {asked[name]}" for name in asked if known.get(name) != asked[name]
        ]
        return "; ".join(other)
    except (ValueError, AttributeError):
        return f"{found}, wanted {wanted}"


_LOCK = "lock"
_UNFINISHED = re.compile(r"\..+\.(part|list|json)\.\d+")  # what `write` leaves where it is killed


def _locked(folder: Path) -> int:
    """Hold the folder until the returned handle is closed, or this process ends in whatever way."""
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT)
    try:
        import fcntl
    except ImportError:  # Windows: two scans in one folder would only do the work twice
        return handle
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise WorkProblem(
            str(folder), "another scan is at work in it: wait for it, or name another folder"
        ) from error
    return handle


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Tell what cannot be written in a sentence."""
    try:
        yield
    except (WorkProblem, OutputFailed):
        raise
    except OSError as error:
        raise OutputFailed(str(folder), (error.strerror or str(error)).lower()) from error


def write(path: Path, data: Iterable[bytes | memoryview]) -> None:
    """Write a file, given in pieces, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.writelines(data)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _compute(function: Callable[..., Any], task: tuple[Any, ...], path: Path) -> None:
    """Compute a part and keep it."""
    write(path, pieces(function(*task)))
    mapped.release()
    mapped.trim()


def _stream(function: Callable[..., Iterator[Any]], task: tuple[Any, ...], folder: Path, stem: str) -> None:
    """Compute the parts of a task, keep each, and the list of them last."""
    names = []
    for number, table in enumerate(function(*task)):
        names.append(f"{stem}.{number:05d}.part")
        write(folder / names[-1], pieces(table))
        mapped.release()
        mapped.trim()
    write(folder / f"{stem}.list", [json.dumps(names).encode()])


def code_digest() -> str:
    """Return 16 hexadecimal digits that change with any line of this package: parts of two versions never meet."""
    import dedup

    top = Path(dedup.__file__).parent
    whole = hashlib.sha256()
    for path in sorted(top.rglob("*")):
        if path.suffix in (".py", ".txt", ".npz", ".csv", ".tsv", ".bin") and "__pycache__" not in path.parts:
            whole.update(path.relative_to(top).as_posix().encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()[:16]


def empty(folder: Path) -> None:
    """Remove a folder and what is in it, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
