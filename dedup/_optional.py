"""The only door to optional packages.

`require` is called when a reader or executor is *built*, before any work begins, so that a missing extra is
told at once and not after an hour.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from dedup.errors import MissingExtra


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """Import an optional module, or say which extra installs it.

    Parameters
    ----------
    module : str
        Dotted name, for example ``"pyarrow.parquet"``.
    extra : str
        The extra that installs it, for example ``"parquet"``.
    purpose : str
        What it is wanted for, as a gerund clause: ``"reading .parquet"``.

    Returns
    -------
    module

    Raises
    ------
    MissingExtra
        If the module, or a package above it, is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        # A module missing *inside* an installed package is that package's fault, not a missing extra.
        if error.name is not None and not module.startswith(error.name):
            raise
        raise MissingExtra(module=module.split(".")[0], extra=extra, purpose=purpose) from error
