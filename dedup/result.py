"""The objects at the door: what goes in (`Document`) and what comes out (`Result`).

`Result` is what every face reads: terminal, JSON, CSV, XLSX, HTML, review, clean, notebook. Its JSON is the
public format ``dedup.result/1``, described in docs/format.md. All positions are half-open ranges of code points
in the document's text exactly as decoded: ``document.text[start:end]`` is the passage shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dedup.errors import FormatProblem
from dedup.params import Params
from dedup.views import Views

SCHEMA = "dedup.result/1"
GRADES: tuple[str | None, ...] = (None, "A", "B", "C")


@dataclass(frozen=True, slots=True)
class Document:
    """One text as a reader delivers it.

    Parameters
    ----------
    source : str
        The path as given (or any name, for texts in memory).
    text : str
        The text exactly as decoded, line ends untouched.
    member : str, optional
        Name inside an archive, or the id (else the row number) of a record.
    title, issuer, date : str, optional
        Metadata where known; ``date`` is ISO (``2006-11`` or ``2006-11-03``).
    encoding : str, optional
        How the bytes were decoded.
    pages : tuple of int
        Offsets at which pages begin (first is 0), empty where the format has none.
    furniture : tuple of (int, int)
        Ranges that the reader knows to be page noise (html navigation, pdf running headers).
    tables : tuple of (int, int)
        Ranges that are tables.
    flags : mapping of str to int
        Integrity counts: ``replaced`` (U+FFFD), ``hidden`` (hidden text), ...
    meta : mapping of str to str
        Any further columns.

    Examples
    --------
    >>> from dedup import Document
    >>> Document("报表.csv", "水渠修到了田头。", member="7", issuer="柳沟乡", date="2021-03").name
    '报表.csv#7'
    """

    source: str
    text: str
    member: str | None = None
    title: str | None = None
    issuer: str | None = None
    date: str | None = None
    encoding: str | None = None
    pages: tuple[int, ...] = ()
    furniture: tuple[tuple[int, int], ...] = ()
    tables: tuple[tuple[int, int], ...] = ()
    flags: Mapping[str, int] = field(default_factory=dict)
    meta: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """``source``, or ``source#member``."""
        return self.source if self.member is None else f"{self.source}#{self.member}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A source that was not analysed, and why. ``kind`` is one word for programs."""

    source: str
    reason: str
    kind: str = "unreadable"
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """Something that was bounded: what, how many, by which bound. Nothing is capped without one of these."""

    kind: str
    count: int
    bound: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A place: ``result.documents[document].text[start:end]``; line, part and page are where it begins.

    ``line``, ``paragraph`` and ``page`` count from 1; ``part`` is a row of the document's parts, from 0.
    """

    document: int
    start: int
    end: int
    line: int = 1
    part: int | None = None
    page: int | None = None
    paragraph: int | None = None
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A difference inside a passage: number, name, mask, typo, insert, delete or replace."""

    kind: str
    left: tuple[int, int]
    right: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Passage:
    """Two spans that say the same.

    ``wording`` is the identity of the key streams, ``similarity`` that of the texts with only width, script and
    white space folded. ``kind`` is aligned, shuffled or rewritten; ``direction`` is forward (left is earlier),
    backward or unknown, and comes from dates alone.
    """

    id: str
    label: str
    grade: str | None
    wording: float
    similarity: float
    left: Span
    right: Span
    kind: str = "aligned"
    direction: str = "unknown"
    cluster: str | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason a reviewer believes: ``kind`` and facts, rendered into a sentence by the faces.

    Kinds: ``verbatim_run`` (chars), ``number`` (value), ``typo`` (text), ``leftover`` (text, from), ``order``
    (paragraphs), ``slots`` (values), ``rule`` (why the label), ``spread`` (issuers, documents).
    """

    kind: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A family: spans that say the same, each verified against the medoid.

    ``medoid`` and ``earliest`` are rows of ``members``; ``wording[i]`` is member i against the medoid, and
    ``weakest`` the least of them. ``star`` marks a shared oddity. ``documents`` and ``issuers`` count distinct ones.
    """

    id: str
    label: str
    grade: str | None
    title: str
    medoid: int
    weakest: float
    similarity: float
    members: tuple[Span, ...]
    wording: tuple[float, ...]
    documents: int
    issuers: int
    star: bool = False
    earliest: int | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a collection file."""

    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document in a result: where it came from, what it is made of.

    ``labels`` counts code points by label and sums to ``chars``. ``marks`` are the runs behind it, own text left
    out: (start, end, label, cluster id or None). ``text`` is None in a result read from JSON without texts.
    ``hidden`` are ranges of page noise, form or reference that another label lies over or that is switched off.
    """

    id: int
    source: str
    member: str | None
    chars: int
    digest: str
    title: str | None
    issuer: str | None
    date: str | None
    encoding: str | None
    parts: tuple[Part, ...]
    labels: Mapping[str, int]
    rates: Mapping[str, float | int | None]
    repairs: Mapping[str, int]
    flags: Mapping[str, int]
    marks: tuple[tuple[int, int, str, str | None], ...]
    text: str | None = None
    hidden: tuple[tuple[int, int, str], ...] = ()

    @property
    def name(self) -> str:
        """``source``, or ``source#member``."""
        return self.source if self.member is None else f"{self.source}#{self.member}"


@dataclass(frozen=True, slots=True, repr=False)
class Result(Views):
    """Everything a scan found. Equal inputs and parameters give an equal result, byte for byte in JSON.

    Examples
    --------
    >>> from dedup import Result, scan
    >>> result = scan(["data/reports"])
    >>> place = result.clusters[0].members[0]
    >>> result.text(place) == result.documents[place.document].text[place.start : place.end]
    True
    >>> Result.from_dict(result.to_dict(texts=True)) == result
    True

    ``passages`` and ``clusters`` are sequences: those of a scan are kept as columns (`dedup.columns`), and make their
    objects when they are asked for.

    ``timings`` (seconds by stage) is not part of the JSON: a clock would make equal results differ.
    """

    version: str
    params: Params
    documents: Sequence[DocumentInfo]
    passages: Sequence[Passage]
    clusters: Sequence[Cluster]
    skipped: tuple[Skipped, ...] = ()
    limits: tuple[Limit, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict, compare=False)

    def text(self, span: Span) -> str:
        """Return the passage at a span, exactly as it stands in the document.

        Raises
        ------
        FormatProblem
            If the result was read from a JSON file without texts.
        """
        text = self.documents[span.document].text
        if text is None:
            raise FormatProblem(
                self.documents[span.document].name,
                "the result holds no texts: attach them with Result.with_texts, or scan again",
            )
        return text[span.start : span.end]

    def with_texts(self, texts: Mapping[str, str]) -> Result:
        """Return the same result with texts attached, by the name of the document."""
        documents = tuple(replace(info, text=texts.get(info.name, info.text)) for info in self.documents)
        return replace(self, documents=documents)

    def to_dict(self, *, texts: bool = False) -> dict[str, Any]:
        """Return the result as JSON-able values (format ``dedup.result/1``).

        Parameters
        ----------
        texts : bool
            Whether each document carries its full text.
        """
        from dedup import form

        return {
            "schema": SCHEMA,
            "version": self.version,
            "params": self.params.to_dict(),
            "documents": [form.document_dict(info, texts) for info in self.documents],
            "passages": [form.passage_dict(passage) for passage in self.passages],
            "clusters": [form.cluster_dict(cluster) for cluster in self.clusters],
            "skipped": [form.skipped_dict(row) for row in self.skipped],
            "limits": [form.limit_dict(row) for row in self.limits],
        }

    def to_json(self, *, texts: bool = False) -> str:
        """Return the JSON text of the result: stable key order, one line per document, passage and cluster."""
        return "".join(self.json_pieces(texts=texts))

    def json_pieces(self, *, texts: bool = False) -> Iterator[str]:
        """Yield the JSON text of the result piece by piece, for what is too large to be held twice.

        Parameters
        ----------
        texts : bool
            Whether each document carries its full text.
        """
        from dedup import form

        for piece in form.pieces(self, texts):
            yield str(piece, "utf-8", "surrogatepass")

    def json_bytes(self, *, texts: bool = False) -> Iterator[bytes | memoryview]:
        """Yield what a file of the JSON text holds, piece by piece: UTF-8, with JSON's escapes of lone surrogates.

        Parameters
        ----------
        texts : bool
            Whether each document carries its full text.
        """
        from dedup import form

        return map(form.in_file, form.pieces(self, texts))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, path: str = "result") -> Result:
        """Read what `to_dict` wrote.

        Raises
        ------
        FormatProblem
            If the data is not of schema ``dedup.result/1``, lacks a field or contradicts itself.
        """
        if not isinstance(data, Mapping) or data.get("schema") != SCHEMA:
            found = data.get("schema") if isinstance(data, Mapping) else type(data).__name__
            raise FormatProblem(path, f"the schema is {found!r}, wanted {SCHEMA!r}")
        from dedup import form

        try:
            result = cls(
                version=data["version"],
                params=Params.from_dict(data["params"]),
                documents=tuple(form.read_document(row) for row in data["documents"]),
                passages=tuple(form.read_passage(row) for row in data["passages"]),
                clusters=tuple(form.read_cluster(row) for row in data["clusters"]),
                skipped=tuple(Skipped(**row) for row in data["skipped"]),
                limits=tuple(Limit(**row) for row in data["limits"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise FormatProblem(path, f"a field is missing or wrong ({error!r})") from error
        from dedup.soundness import problem

        wrong = problem(result)
        if wrong:
            raise FormatProblem(path, wrong)
        return result

    @classmethod
    def from_json(cls, path: str | Path) -> Result:
        """Read a result file.

        Raises
        ------
        FormatProblem
            If the file cannot be read, is no JSON, or not of this schema.
        """
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
            raise FormatProblem(str(path), f"it cannot be read as JSON ({error})") from error
        return cls.from_dict(data, path=str(path))
