"""Counting a background table from public text: from paths to `dedup.steps.background.Background`.

Counts only: what is kept of a text is that a hash of five characters stood in it. The same texts give the same table,
byte for byte, in whatever order they come and into however many files they are parted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dedup.errors import FormatProblem, ParamsError
from dedup.result import Document, Skipped
from dedup.schema import KeyStream
from dedup.steps.background import Background

if TYPE_CHECKING:
    from dedup.read import ReadOptions

BATCH = 4_000_000
"""Characters laid out at a time; the table does not depend on it."""

LEAST = 3
"""Documents that must have a gram before it is kept: rarer ones are as good as unseen, and most of the table."""


@dataclass(frozen=True, slots=True)
class Built:
    """A table, and what it was counted from."""

    background: Background
    chars: int
    skipped: tuple[Skipped, ...]


def build(
    inputs: Iterable[str | Path | Document],
    *,
    phrases: str | Path | None = None,
    least: int = LEAST,
    read: ReadOptions | None = None,
) -> Built:
    """Count a background table.

    Parameters
    ----------
    inputs : iterable of paths or `Document`
        Public texts of the kind that the reports are; each document counts once.
    phrases : path, optional
        A list of set phrases, names of laws and documents, parted by white space; lines that begin with # are
        remarks. Their grams are taken to stand in one document of 25 more than they were counted in, so that they add
        to the counts and decide nothing alone.
    least : int
        Grams in fewer documents are left out.
    read : ReadOptions, optional
        How files are read.

    Returns
    -------
    Built

    Raises
    ------
    ParamsError
        If ``least`` is below 1.
    FormatProblem
        If the list of phrases cannot be read.

    Notes
    -----
    A document given twice counts once: two copies of one text say nothing of two hands. O(characters), in batches.
    """
    from dedup.steps import background

    if least < 1:
        raise ParamsError([f"least is {least}, but must be at least 1"])
    known = background.tallied(_keys(_phrases(phrases)))[0] if phrases is not None else None
    skipped: list[Skipped] = []
    hashes, frequency = np.empty(0, np.uint32), np.empty(0, np.int64)
    documents = chars = 0
    for texts in _batches(inputs, read, skipped):
        more, times = background.tallied(_keys(texts))
        hashes, frequency = background.summed(np.concatenate([hashes, more]), np.concatenate([frequency, times]))
        documents += len(texts)
        chars += sum(map(len, texts))
    return Built(background.table(hashes, frequency, documents, least, known), chars, tuple(skipped))


def _batches(
    inputs: Iterable[str | Path | Document], options: ReadOptions | None, skipped: list[Skipped]
) -> Iterator[list[str]]:
    """Yield the texts of the inputs, each distinct one once, some at a time; what cannot be read goes to the list."""
    seen: set[bytes] = set()
    texts: list[str] = []
    held = 0
    for one in _documents(inputs, options):
        if isinstance(one, Skipped):
            skipped.append(one)
            continue
        name = _name(one.text)
        if name in seen or not one.text.strip():
            continue
        seen.add(name)
        texts.append(one.text)
        held += len(one.text)
        if held >= BATCH:
            yield texts
            texts, held = [], 0
    if texts:
        yield texts


def _documents(inputs: Iterable[str | Path | Document], options: ReadOptions | None) -> Iterator[Document | Skipped]:
    from dedup.read import ReadOptions, read

    paths: list[str | Path] = []
    for item in inputs:
        if isinstance(item, Document):
            yield item
        else:
            paths.append(item)
    if paths:
        yield from read(paths, options or ReadOptions())


def _name(text: str) -> bytes:
    from hashlib import sha256

    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def _keys(texts: Sequence[str]) -> KeyStream:
    from dedup.steps import normalise, repair

    laid = repair.lay_out(list(texts))
    return normalise.normalise(laid, repair.repair(laid))


def _phrases(path: str | Path | None) -> list[str]:
    """Return the phrases of a list."""
    try:
        text = Path(str(path)).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatProblem(str(path), f"it cannot be read as a list of phrases ({error})") from error
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return [phrase for row in rows for phrase in row]
