"""Results made by hand for the cleaner: documents, and families as lists of (document, start, end)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from dedup.params import LABELS, Params
from dedup.result import Cluster, Document, DocumentInfo, Result, Skipped, Span

Place = tuple[int, int, int]


def family(
    places: Sequence[Place], *, label: str = "copy", medoid: int = 0, wording: float = 1.0, name: str = ""
) -> Cluster:
    members = tuple(Span(*place) for place in sorted(places))
    return Cluster(
        id=name or hashlib.sha256(repr((label, members)).encode()).hexdigest()[:12],
        label=label,
        grade="A" if label == "copy" else None,
        title="",
        medoid=medoid,
        weakest=wording,
        similarity=wording,
        members=members,
        wording=tuple(1.0 if row == medoid else wording for row in range(len(members))),
        documents=len({span.document for span in members}),
        issuers=1,
    )


def result_of(
    documents: Sequence[Document],
    families: Sequence[Cluster],
    *,
    noise: Mapping[int, Sequence[tuple[int, int]]] | None = None,
    dates: Mapping[int, str] | None = None,
    skipped: Sequence[Skipped] = (),
) -> Result:
    infos = []
    for row, document in enumerate(documents):
        marks = tuple((start, end, "furniture", None) for start, end in (noise or {}).get(row, ()))
        infos.append(
            DocumentInfo(
                id=row,
                source=document.source,
                member=document.member,
                chars=len(document.text),
                digest="",
                title=None,
                issuer=None,
                date=(dates or {}).get(row),
                encoding=document.encoding,
                parts=(),
                labels=dict.fromkeys(LABELS, 0),
                rates={},
                repairs={},
                flags={},
                marks=marks,
                text=document.text,
            )
        )
    return Result("0.1.0", Params(min_chars=8), tuple(infos), (), tuple(families), tuple(skipped))


def found(documents: Sequence[Document], *snippets: str, label: str = "copy", **more: object) -> Cluster:
    """Return the family of all places at which any of the snippets stands."""
    places = []
    for row, document in enumerate(documents):
        for snippet in snippets:
            start = document.text.find(snippet)
            while start >= 0:
                places.append((row, start, start + len(snippet)))
                start = document.text.find(snippet, start + 1)
    return family(places, label=label, **more)  # type: ignore[arg-type]


def tree(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
