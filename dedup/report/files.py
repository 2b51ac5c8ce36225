"""Outputs on disk: all of them or none, never half of one, never over something that was there.

Every face that writes a file comes through here. Contents are staged under temporary names in the folder where
they shall stand, forced to disk, and only then moved into place, so that a full disk, a lost power line or Ctrl-C
leaves the old file or the new one and no wreck.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from dedup.errors import OutputExists, OutputFailed

_MARK = ".dedup-"

Content = str | bytes | Iterable[bytes | memoryview]
"""What stands in a file: text, bytes, or pieces of them in order."""


def check_target(path: Path, *, force: bool, folder: bool = False) -> None:
    """Raise what writing to this path would raise for a reason that can be seen beforehand.

    Called before the work begins: to compute for an hour and then find that the file exists helps nobody. Writing
    still checks for itself, for an hour is long.

    Parameters
    ----------
    path : Path
        A file to write, or a folder to write files into (it is made if missing).
    force : bool
        Whether an existing file may be replaced.
    folder : bool
        Whether the path is to be a folder.

    Raises
    ------
    OutputExists
        If the file exists and ``force`` is False.
    OutputFailed
        If the path is a folder where a file is wanted, or the other way round; if the folder that should hold it
        does not exist or cannot be written to.
    """
    if folder and path.is_dir():
        _check_writable(path, path)
        return
    if folder and os.path.lexists(path):
        raise OutputFailed(str(path), "a folder is wanted, but it is a file")
    if path.is_dir():
        raise OutputFailed(str(path), "a file is wanted, but it is a folder")
    if os.path.lexists(path) and not _is_stream(path):
        if not force:
            raise OutputExists(str(path))
        path = Path(os.path.realpath(path))
    if not _is_stream(path):
        _check_writable(path.parent, path)


def write_file(path: str | Path, content: Content, *, force: bool = False) -> None:
    """Write one file; see `write_files`."""
    write_files({Path(path): content}, force=force)


def write_files(contents: Mapping[Path, Content], *, force: bool = False) -> None:
    r"""Write files so that either every one stands whole in its place or nothing is changed.

    Parameters
    ----------
    contents : mapping of Path to str, bytes or iterable of bytes
        Text is written as UTF-8 with its line ends untouched; what UTF-8 cannot hold (lone surrogates, out of
        broken JSON or file names) as the escape ``\udcff``, which is what JSON calls it too.
    force : bool
        Whether existing files may be replaced. A link is followed, its target replaced.

    Raises
    ------
    OutputExists
        If a file exists and ``force`` is False; nothing is written.
    OutputFailed
        If anything could not be written: the disk is full, the folder missing or read-only.

    Notes
    -----
    Staging all before moving any leaves one gap: a failure between two moves. It needs no space and no permission
    that staging did not already need, so that only a crash of the machine can fall into it.
    """
    for path in contents:
        check_target(path, force=force)
    staged: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            rows = pieces(content)
            if _is_stream(path):
                _write_stream(path, rows)
            else:
                _stage(path, rows, staged)
        for path, temporary in staged.items():
            _place(temporary, path, force=force)
    finally:
        for temporary in staged.values():
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()


def make_folder(path: Path) -> None:
    """Make an output folder, unless it is there.

    Raises
    ------
    OutputFailed
        If it cannot be made.
    """
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputFailed(str(path), _reason(error)) from error


def pieces(content: Content) -> Iterable[bytes | memoryview]:
    """Return what is to be written, piece by piece: an archive need not fit in memory to be exported."""
    if isinstance(content, str):
        return [content.encode("utf-8", "backslashreplace")]
    return [content] if isinstance(content, bytes) else content


def _stage(path: Path, pieces: Iterable[bytes | memoryview], staged: dict[Path, Path]) -> None:
    """Write the data beside its place under a temporary name, and force it to disk."""
    # Beside the target, for a rename across file systems is a copy; a name of its own, for a long target name
    # with a suffix would exceed what the file system allows.
    target = Path(os.path.realpath(path))
    temporary = target.parent / f"{_MARK}{secrets.token_hex(8)}.tmp"
    try:
        # 0o666 less the umask, as open() would: tempfile's 0o600 would hide the report from colleagues.
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        staged[path] = temporary
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputFailed(str(path), _reason(error)) from error


def _place(temporary: Path, path: Path, *, force: bool) -> None:
    """Move a staged file into its place."""
    target = Path(os.path.realpath(path))
    try:
        if force:
            temporary.replace(target)
        else:
            _place_new(temporary, target)
        _sync_folder(target.parent)
    except FileExistsError as error:
        raise OutputExists(str(path)) from error
    except OSError as error:
        raise OutputFailed(str(path), _reason(error)) from error


def _place_new(temporary: Path, target: Path) -> None:
    """Move into a place that must be free: a hard link fails where a rename would silently replace."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:
        # No hard links here (FAT, some network shares): the check has a gap of microseconds, the rename has not.
        if os.path.lexists(target):
            raise FileExistsError(str(target)) from None
        temporary.replace(target)


def _sync_folder(folder: Path) -> None:
    """Force the folder's entry to disk, where the system can (Windows opens no folders)."""
    with contextlib.suppress(PermissionError, IsADirectoryError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _is_stream(path: Path) -> bool:
    """Whether the path is a device or a pipe (/dev/stdout, a shell's >(…)), which is written to, never replaced."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _write_stream(path: Path, pieces: Iterable[bytes | memoryview]) -> None:
    try:
        with path.open("wb") as file:
            file.writelines(pieces)
    except OSError as error:
        raise OutputFailed(str(path), _reason(error)) from error


def _check_writable(folder: Path, path: Path) -> None:
    if not folder.is_dir():
        raise OutputFailed(str(path), f"the folder {folder} does not exist")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputFailed(str(path), f"the folder {folder} cannot be written to")


def _reason(error: OSError) -> str:
    """Return the system's words for an error, without the temporary name, which would puzzle its reader."""
    return (error.strerror or str(error)).lower()
