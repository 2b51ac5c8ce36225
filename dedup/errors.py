"""What can go wrong, told in sentences.

Every error that this package raises on purpose descends from `DedupError` and from the builtin that a
caller would expect (`ValueError`, `OSError`, `ImportError`), so that both ``except DedupError`` and
``except ValueError`` work. Facts are keyword fields (for programs), ``str()`` is the sentence (for people).

A bad input file does not raise out of a scan: readers raise `ReadError`, the scan turns it into a
`dedup.result.Skipped` and goes on.
"""

from __future__ import annotations

from collections.abc import Sequence


class DedupError(Exception):
    """The family of all errors raised on purpose. ``str(error)`` is one sentence to show to a person.

    Examples
    --------
    >>> from dedup import DedupError, Params
    >>> try:
    ...     Params(threshold=2.0, min_chars=1)
    ... except DedupError as error:
    ...     print(error)
    threshold is 2.0, but must be from 0.2 to 1.0; min_chars is 1, but must be from 8 to 100000
    """


class ParamsError(DedupError, ValueError):
    """Parameters out of bounds; all problems at once.

    Parameters
    ----------
    problems : sequence of str
        One clause per problem, each naming the parameter, its value and its bound.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class ReadError(DedupError, OSError):
    """A source that cannot be read.

    Parameters
    ----------
    source : str
        The path (or archive member) as given.
    reason : str
        Why, in a clause that could follow a colon, with the mend where there is one.
    """

    kind = "unreadable"

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"{source}: {reason}")

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"

    def __reduce__(self) -> tuple[type[ReadError], tuple[str, str]]:
        return (type(self), (self.source, self.reason))


class EncodingProblem(ReadError):
    """The bytes are no text in any encoding known here."""

    kind = "encoding"


class Unsupported(ReadError):
    """A format that is not read, or is protected (encrypted, password)."""

    kind = "unsupported"


class Damaged(ReadError):
    """A known format whose content is broken, or exceeds a safety bound."""

    kind = "damaged"


class MissingExtra(DedupError, ImportError):
    """An optional package is not installed.

    Parameters
    ----------
    module : str
        The module that could not be imported.
    extra : str
        The extra of this package that installs it.
    purpose : str
        What it was wanted for, as a gerund clause: "reading .parquet".
    """

    def __init__(self, module: str, extra: str, purpose: str) -> None:
        self.module = module
        self.extra = extra
        self.purpose = purpose
        super().__init__(f"{purpose} needs {module}: pip install 'dedup[{extra}]'")

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str, str]]:
        return (type(self), (self.module, self.extra, self.purpose))


class OutputExists(DedupError, FileExistsError):
    """An output would overwrite something and ``--force`` (``force=True``) was not given."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path} exists already: give another name, or --force to replace it")

    def __str__(self) -> str:
        return f"{self.path} exists already: give another name, or --force to replace it"


class OutputFailed(DedupError, OSError):
    """An output could not be written; nothing half-written is left behind."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} could not be written: {reason}")

    def __str__(self) -> str:
        return f"{self.path} could not be written: {self.reason}"


class FormatProblem(DedupError, ValueError):
    """A result, gold, audit or decisions file that is not what it should be.

    Parameters
    ----------
    path : str
        The file.
    problem : str
        What is wrong with it, with the value found and the value wanted.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")


class IndexProblem(DedupError, RuntimeError):
    """An index file that cannot be used as it is.

    Parameters
    ----------
    path : str
        The index file.
    problem : str
        What is wrong, naming the value found, the value wanted and the mend.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")


class NotAnIndex(IndexProblem):
    """The file is not an index of this package."""


class FormatTooNew(IndexProblem):
    """The index was written by a later version than this one."""


class ParamsDiffer(IndexProblem):
    """The index was built with other parameters than those asked for."""


class IndexDamaged(IndexProblem):
    """A digest, a count or a recomputed sample does not agree with what is stored."""


class IndexLocked(IndexProblem):
    """Another process is writing."""


class EngineProblem(DedupError, RuntimeError):
    """An engine that cannot do what is asked of it.

    Parameters
    ----------
    engine : str
        Its name.
    problem : str
        Why not, with the value found, the value wanted and the mend.
    """

    def __init__(self, engine: str, problem: str) -> None:
        self.engine = engine
        self.problem = problem
        super().__init__(f"{engine}: {problem}")

    def __reduce__(self) -> tuple[type[EngineProblem], tuple[str, str]]:
        return (type(self), (self.engine, self.problem))


class WorkProblem(DedupError, RuntimeError):
    """A work folder that cannot be used as it is.

    Parameters
    ----------
    path : str
        The folder.
    problem : str
        What is wrong, naming the value found, the value wanted and the mend.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")
