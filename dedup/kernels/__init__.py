"""Loops over arrays, compiled by numba: the only place that imports it.

Kernels take arrays and fill arrays; they check nothing, allocate next to nothing and know no object. Checks are
made at the door, by the steps that call them. A kernel never calls a kernel of another file: numba's cache
watches only the caller's file, and a changed helper would leave a stale answer (see CONTRIBUTING.md); requests for
memory (`prefetch`) have no answer.

Importing this package first points numba's cache to a folder of our own, because numba's default is next to the
source (site-packages, often read-only) and its second choice depends on HOME.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder in which compiled kernels and other caches of this package are kept.

    Where there is no `lasting_folder`, a private temporary folder is made for this process (compiled kernels are
    pickles, so a folder that others can write to, such as a fixed name under /tmp, is never used).
    """
    return lasting_folder() or Path(tempfile.mkdtemp(prefix="dedup-cache-"))


def lasting_folder() -> Path | None:
    """Return the folder that the next process finds again, or None where none can be written.

    ``DEDUP_CACHE`` names it outright; else it is the platform's cache folder.
    """
    named = os.environ.get("DEDUP_CACHE")
    if named:
        return _writable(Path(named))
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or "~/AppData/Local")
    elif sys.platform == "darwin":
        base = Path("~/Library/Caches")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    try:
        return _writable(base.expanduser() / "dedup")
    except RuntimeError:  # no HOME at all
        return None


def _writable(folder: Path) -> Path | None:
    """Make the folder if need be; return it if files can be made in it, else None."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def _point_numba_to_our_cache() -> None:
    if "NUMBA_CACHE_DIR" in os.environ:  # the user has decided, or a parent process of ours has
        return
    os.environ["NUMBA_CACHE_DIR"] = str(cache_folder() / "numba")
    if "numba" in sys.modules:  # imported before us: its configuration is read already
        from numba.core import config

        vars(config)["CACHE_DIR"] = os.environ["NUMBA_CACHE_DIR"]


_point_numba_to_our_cache()
