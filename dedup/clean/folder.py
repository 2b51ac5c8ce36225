"""A folder that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dedup.errors import DedupError, OutputExists, OutputFailed


@contextmanager
def new_folder(out: Path, *, replace: bool = False) -> Iterator[Path]:
    """Give a folder to write into, and move it to its name when all went well.

    Parameters
    ----------
    out : path
        The name. An empty folder of that name counts as none.
    replace : bool
        Whether a folder that is there may go. Whether it should is the caller's to check.

    Yields
    ------
    Path
        A folder beside ``out``, on the same file system, so that the move is one rename.

    Raises
    ------
    OutputExists
        If there is something of that name and ``replace`` is False.
    OutputFailed
        If it cannot be written; what was written is removed.
    """
    standing = _standing(out)
    if standing and not (replace and out.is_dir()):
        raise OutputExists(str(out))
    # Named by the process, not at random: what a killed run left behind is then found and removed by the next.
    part = out.parent / f".{out.name}.{os.getpid()}.part"
    old = out.parent / f".{out.name}.{os.getpid()}.old"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        yield part
        if standing:
            out.rename(old)
        part.rename(out)
    except DedupError:
        raise
    except OSError as error:
        raise OutputFailed(str(out), (error.strerror or str(error)).lower()) from error
    finally:
        if old.exists() and not out.exists():
            old.rename(out)
        shutil.rmtree(old, ignore_errors=True)
        shutil.rmtree(part, ignore_errors=True)


def _standing(out: Path) -> bool:
    try:
        return bool(os.path.lexists(out)) and not (out.is_dir() and not any(out.iterdir()))
    except OSError as error:
        raise OutputFailed(str(out), (error.strerror or str(error)).lower()) from error


def write(path: Path, data: bytes) -> None:
    """Write a new file, making the folders above it.

    Raises
    ------
    OutputFailed
        If it stands already: two sources come out under one name, as ``p.html`` and ``p.html.txt`` do, or the spans
        of a text and a file called like these. The one written last would be all that is left of both.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise OutputFailed(path.name, "another file of the input comes out under this name: rename one of the two")
    path.write_bytes(data)
