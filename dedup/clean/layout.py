"""Which file goes where below the output folder, and whether that folder may be made at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePath

from dedup.clean import audit as audits
from dedup.errors import OutputExists, OutputFailed, ParamsError
from dedup.read import SOFT_KINDS
from dedup.result import Document, Skipped


def grouped(documents: Sequence[Document]) -> dict[str, list[tuple[int, Document]]]:
    """Return the documents of each source with their places, in input order."""
    groups: dict[str, list[tuple[int, Document]]] = {}
    for place, row in enumerate(documents):
        groups.setdefault(row.source, []).append((place, row))
    return groups


def copied_sources(
    skipped: Sequence[Skipped], documents: Sequence[Document], against: Sequence[Document]
) -> list[str]:
    """Return the sources of which nothing was analysed and which are files: they are copied as they are."""
    known = {row.source for row in (*documents, *against)}
    rows = (row.source for row in skipped if row.kind not in SOFT_KINDS and row.source not in known)
    return [source for source in dict.fromkeys(rows) if Path(source).is_file()]


def output_names(sources: Sequence[str], base: Path | None) -> dict[str, str]:
    """Return the place of each source below the output folder, with ``/``.

    Parameters
    ----------
    sources : sequence of str
        Distinct.
    base : path, optional
        Folder that the output mirrors; None takes the deepest folder that holds all sources. A source outside goes
        under its bare name.

    Raises
    ------
    ParamsError
        If two sources would go to the same place, or one to that of the audit.
    """
    full = {source: Path(os.path.normpath(Path.cwd() / source)) for source in sources}
    if base is None:
        base = Path(os.path.commonpath([path.parent for path in full.values()])) if full else Path()
    names: dict[str, str] = {}
    taken: dict[str, str] = {audits.NAME: "the audit"}
    for source, path in full.items():
        name = PurePath(os.path.relpath(path, base)).as_posix()
        if name == ".." or name.startswith("../"):
            name = path.name
        if name in taken:
            raise ParamsError([f"{source} and {taken[name]} would both be written to {name}: rename one of them"])
        taken[name] = source
        names[source] = name
    return names


def check_out(out: Path, sources: Sequence[str], *, force: bool) -> None:
    """Refuse an output folder that holds a source, or that stands already and is no earlier clean.

    Raises
    ------
    ParamsError
        If a source lies in the output folder.
    OutputExists
        If the folder stands and ``force`` is False.
    OutputFailed
        If it stands, ``force`` is True and it holds no audit: it is somebody's folder, not ours.
    """
    real = out.resolve()
    for source in sources:
        if real in Path(source).resolve().parents:
            raise ParamsError(
                [f"the output folder {out} holds {source}, which is to be cleaned: name another folder"]
            )
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not force:
        raise OutputExists(str(out))
    if not audits.is_audit(out / audits.NAME):
        raise OutputFailed(str(out), f"it stands already and holds no {audits.NAME} of ours: remove it by hand")
