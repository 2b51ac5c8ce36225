"""What the verbs of an index answer with."""

from __future__ import annotations

from dataclasses import dataclass

from dedup.params import Params
from dedup.result import Skipped


@dataclass(frozen=True, slots=True)
class Added:
    """What `Index.add` or `Index.merge` did: documents added, unchanged, and removed because their source changed."""

    added: int
    unchanged: int
    removed: int
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """What `Index.check` went through without finding fault."""

    documents: int
    paragraphs: int
    postings: int
    recomputed: int


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What an index is and holds.

    ``characters`` are key characters; ``content`` names the set of documents, whatever the order they came in;
    ``identity`` are the digests and schemes that another index must share to be merged.
    """

    path: str
    format: int
    size: int
    documents: int
    sources: int
    paragraphs: int
    characters: int
    anchors: int
    bands: int
    segments: int
    content: str
    params: Params
    identity: dict[str, str]
