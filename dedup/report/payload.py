"""What the page is given: one small head that the first view needs, and details folded in to be opened when asked.

The head has a row per document and per family with what lists, filters and charts use. Everything else, members,
passages, marks and texts, lies in compressed chunks, each opened by the browser only when a family, a pair or a
report is looked at. Rows keep the form of ``dedup.result/1``, so the page can write the result's JSON back out and
every figure it shows can be checked against it.

What the page shows and the JSON does not have, `share`, `longest` and the totals, is computed here, once, and not
in the browser: one definition, and one test.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dedup import form
from dedup.columns import ClusterRows, PassageRows
from dedup.decisions import Carried, keys_digest
from dedup.report import openings
from dedup.report.queue import REVIEWED, Shown, totals
from dedup.report.words import LANGUAGES, evidence_sentence
from dedup.result import Cluster, Evidence, Passage, Result, Span
from dedup.schema import Int64
from dedup.steps.data import MULTI_BIT, Class

if TYPE_CHECKING:
    from dedup.steps.data import Tables

FAMILY_CHUNK = 100
"""Families in a chunk: opened in about a millisecond, and ten thousand families are a hundred chunks."""

TEXT_CHUNK = 120_000
"""Characters of text in a chunk; a longer document has a chunk of its own."""

LEVEL = 5
"""How hard zlib tries. Its usual 6 takes a third longer for a page one hundredth smaller, 4 a quarter less for one
three hundredths larger (33 MB of a large result)."""

SNIPPET = 64
"""Characters of a family's medoid that the queue shows."""

SLOT = "▢"
"""What the page shows where the key stream has nothing but a figure or a mask stood."""

_LONE = re.compile("[\ud800-\udfff]")
_EVIDENT = {"number": "value", "typo": "text", "leftover": "text"}

to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""A value as JSON, in the script it is written in."""


def head(
    result: Result,
    documents: Sequence[Mapping[str, Any]],
    families: Mapping[int, Cluster],
    keys: Sequence[Sequence[str]],
    carried: Sequence[Carried],
    shown: Shown,
) -> dict[str, Any]:
    """Return what the first view needs.

    Parameters
    ----------
    result : Result
        With or without texts.
    documents : sequence of mapping
        The documents as JSON has them.
    families : mapping of int to Cluster
        What the page shows, by rows of ``result.clusters``, in the order of the queue.
    keys : sequence of sequences of str
        Of each of them, what `dedup.decisions.member_keys` returns.
    carried : sequence of Carried
        Decisions that belong to families of this result.
    shown : Shown
        Passages of these families.

    Returns
    -------
    dict
        JSON-able; lone surrogates of broken texts are U+FFFD, one for one, so that offsets hold.
    """
    return {
        "schema": "dedup.page/1",
        "result": {"version": result.version, "params": result.params.to_dict()},
        "corpus": corpus_digest(result),
        "totals": totals(result),
        "documents": [
            _document_row(row, share) for row, share in zip(documents, unexplained_shares(result), strict=True)
        ],
        "families": _family_rows(result, families, keys, shown),
        "decisions": [row.decision.to_dict() | {"family": row.family, "changed": row.changed} for row in carried],
    }


def unexplained_shares(result: Result) -> list[float | None]:
    """Return for each document the highest share of it that stands, unexplained, in one other document.

    This is the rate ``largest_source``; None where the document is too short to judge. A result made by other
    hands may lack the rate, and then its characters labelled copy or mass stand in, of whatever source.
    """
    shares: list[float | None] = []
    for info in result.documents:
        if "largest_source" in info.rates:
            shares.append(info.rates["largest_source"])
        else:
            counted = sum(info.labels.get(label, 0) for label in REVIEWED)
            shares.append(counted / info.chars if info.chars else None)
    return shares


def corpus_digest(result: Result) -> str:
    """Return 16 hexadecimal digits that name the set of texts read, whatever their names and order."""
    text = "\n".join(sorted(info.digest for info in result.documents))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def longest_runs(passages: Sequence[Passage]) -> Int64:
    """Return the longest stretch of each left side without a change, in raw code points; -1 where none is known."""
    if isinstance(passages, PassageRows):
        aligned = passages.kind == passages.kinds.index("aligned")
        owner = np.repeat(np.arange(len(passages)), np.diff(passages.change_ptr))
        cuts = passages.left.start, passages.left.end, *passages.changed(0, len(passages)).T[:2]
    else:
        aligned = np.array([one.kind == "aligned" for one in passages], bool)
        owner = np.array([row for row, one in enumerate(passages) for _ in one.changes], np.int64)
        sides = [change.left for one in passages for change in one.changes]
        cuts = (
            np.array([one.left.start for one in passages], np.int64),
            np.array([one.left.end for one in passages], np.int64),
            np.array([start for start, _ in sides], np.int64),
            np.array([end for _, end in sides], np.int64),
        )
    everyone = np.arange(len(passages))
    owner, cut = np.concatenate([everyone, everyone, owner, owner]), np.concatenate(cuts)
    order = np.lexsort((cut, owner))
    # Every second stretch is a change itself; sorted cuts keep the parity because changes are disjoint.
    runs = np.diff(cut[order])[::2]
    longest = np.full(len(passages), -1, np.int64)
    np.maximum.at(longest, owner[order][::2], runs)
    return np.where(aligned, longest, -1)


def family_chunks(
    result: Result, families: Mapping[int, Cluster], keys: Sequence[Sequence[str]], shown: Shown
) -> tuple[list[str], int | None]:
    """Return families with members, passages and evidence, as JSON.

    Parameters
    ----------
    result : Result
    families : mapping of int to Cluster
    keys : sequence of sequences of str
    shown : Shown
        As `head` takes them.

    Returns
    -------
    list of str
        Chunks of `FAMILY_CHUNK` families, in the order of the queue; lines in them are those of the result's file.
    int or None
        The chunk of the passages that belong to no family, if there are any.
    """
    pairs: dict[str | None, list[str]] = defaultdict(list)
    for number, family, line in zip(
        shown.number, shown.family, _lines(shown.passages, form.passage_dict), strict=True
    ):
        pairs[family].append(f"[{number},{line}]")
    chosen = result.clusters
    chosen = chosen.taken([*families]) if isinstance(chosen, ClusterRows) else [*families.values()]
    told = _Sentences()
    details = [
        f'{{"row":{row},"cluster":{line},"passages":[{",".join(pairs.pop(cluster.id, ()))}],'
        f'"keys":{to_json(names)},"evidence":{to_json(told.of(cluster.evidence))}}}'
        for (row, cluster), line, names in zip(families.items(), _lines(chosen, form.cluster_dict), keys, strict=True)
    ]
    chunks = [f"[{','.join(details[at : at + FAMILY_CHUNK])}]" for at in range(0, len(details), FAMILY_CHUNK)]
    loose = [line for lines in pairs.values() for line in lines]
    if not loose:
        return chunks, None
    alone = f'{{"row":null,"cluster":null,"passages":[{",".join(loose)}],"keys":[],"evidence":{{}}}}'
    return [*chunks, f"[{alone}]"], len(chunks)


def _lines(rows: Sequence[Any], to_dict: Callable[[Any], dict[str, Any]]) -> Iterator[str]:
    """Yield each row as the line that the result's file has of it."""
    for block in form.lines(rows, to_dict):
        yield from str(block, "utf-8", "surrogatepass").split(",\n")  # which stands in no JSON but between rows


class _Sentences:
    """Evidence in both languages; most families have what others have too, word for word."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], tuple[str, ...]] = {}

    def of(self, evidence: Iterable[Evidence]) -> dict[str, list[str]]:
        """Return the sentences of some evidence by language."""
        told = [self._one(one) for one in evidence]
        return {lang: [one[at] for one in told] for at, lang in enumerate(LANGUAGES)}

    def _one(self, evidence: Evidence) -> tuple[str, ...]:
        key = evidence.kind, repr(evidence.facts)
        if key not in self._told:
            self._told[key] = tuple(evidence_sentence(evidence, lang) for lang in LANGUAGES)
        return self._told[key]


def text_chunks(result: Result, families: Mapping[int, Cluster]) -> list[dict[str, dict[str, Any]]]:
    """Return marks and texts by document id, in chunks of about `TEXT_CHUNK` characters, in document order.

    A mark whose family the page does not show keeps its label and loses its family.
    """
    shown = {cluster.id for cluster in families.values()}
    chunks: list[dict[str, dict[str, Any]]] = []
    size = TEXT_CHUNK
    for info in result.documents:
        if size >= TEXT_CHUNK:
            chunks.append({})
            size = 0
        chunks[-1][str(info.id)] = {
            "marks": [[*mark[:3], mark[3] if mark[3] in shown else None] for mark in info.marks],
            "text": info.text,
        }
        size += info.chars
    return chunks


def pack(text: str) -> str:
    """Return JSON deflated, in base64: letters that mean nothing to a parser of HTML.

    Lone surrogates, which UTF-8 cannot carry, become U+FFFD, one code point for one.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError:  # looked for only then: they are few, and looking takes half as long as encoding
        data = _LONE.sub("\ufffd", text).encode()
    return base64.b64encode(zlib.compress(data, LEVEL)).decode("ascii")


def fold_table(result: Result) -> dict[str, str]:
    """Return, for every character of the texts that matching sees as another, that other; empty if it sees none.

    This is the key stream's own table, so that the page's 规范化 view shows what the matching saw.
    """
    from dedup.steps.data import CODE_POINTS, tables

    there = np.zeros(CODE_POINTS, bool)
    for codes, _ in openings.codes_of([info.text for info in result.documents if info.text is not None]):
        there[codes] = True
    rows = tables()
    table = {chr(code): _fold_char(chr(code), rows) for code in np.flatnonzero(there).tolist()}
    return {char: folded for char, folded in table.items() if folded != char}


def _fold_char(char: str, tables: Tables) -> str:
    """Return what the key stream holds for a character: nothing for punctuation, a slot's sign for a figure."""
    code = ord(char)
    low = int(tables.kind[code]) & 0x0F
    if low in (Class.DIGIT, Class.MASK):
        return SLOT
    if low == Class.MULTI:
        row = int(tables.fold[code]) & ~MULTI_BIT
        codes = tables.multi[tables.multi_indptr[row] : tables.multi_indptr[row + 1]]
        return "".join(_fold_char(chr(one), tables) for one in codes.tolist())
    return chr(int(tables.fold[code])) if low in (Class.LETTER, Class.UNIT, Class.POWER) else ""


def _document_row(row: Mapping[str, Any], share: float | None) -> dict[str, Any]:
    """Return the document as it stands in the JSON, but for its marks, and with its share."""
    return {key: value for key, value in row.items() if key != "marks"} | {"share": share}


def _family_rows(
    result: Result, families: Mapping[int, Cluster], keys: Sequence[Sequence[str]], shown: Shown
) -> list[dict[str, Any]]:
    """Return what lists, filters and charts use of each family."""
    snippets = [_snippet(result, cluster.members[cluster.medoid]) for cluster in families.values()]
    bold = openings.bold(
        snippets,
        [cluster.documents for cluster in families.values()],
        [_named(cluster) for cluster in families.values()],
        [info.text for info in result.documents if info.text],
    )
    longest: dict[str | None, int] = {}
    for family, run in zip(shown.family, longest_runs(shown.passages).tolist(), strict=True):
        if run >= 0:
            longest[family] = max(run, longest.get(family, 0))
    rows = zip(families.items(), keys, snippets, bold, strict=True)
    return [
        _family_row(result, row, cluster, longest.get(cluster.id))
        | {"digest": keys_digest(names), "snippet": snippet, "bold": runs}
        for (row, cluster), names, snippet, runs in rows
    ]


def _family_row(result: Result, row: int, cluster: Cluster, longest: int | None) -> dict[str, Any]:
    documents = sorted({span.document for span in cluster.members})
    dates = sorted(date for number in documents if (date := result.documents[number].date))
    medoid = cluster.members[cluster.medoid]
    told = next((one.facts.get("chars") for one in cluster.evidence if one.kind == "verbatim_run"), None)
    return {
        "id": cluster.id,
        "row": row,
        "digest": "",
        "label": cluster.label,
        "grade": cluster.grade,
        "star": cluster.star,
        "title": cluster.title,
        "snippet": "",
        "bold": [],
        "documents": documents,
        "members": len(cluster.members),
        "reports": cluster.documents,
        "issuers": cluster.issuers,
        "chars": medoid.end - medoid.start,
        "longest": told if isinstance(told, int) else longest,
        "from": dates[0] if dates else None,
        "to": dates[-1] if dates else None,
    }


def _named(cluster: Cluster) -> list[str]:
    """Return what the evidence of a family names: it is bold in the opening, however common."""
    told = [one.facts.get(_EVIDENT[one.kind], ()) for one in cluster.evidence if one.kind in _EVIDENT]
    return [str(text) for one in told for text in ([one] if isinstance(one, str) else one) if text]


def _snippet(result: Result, span: Span) -> str:
    text = result.documents[span.document].text
    if text is None:
        return ""
    return " ".join(text[span.start : min(span.end, span.start + SNIPPET)].split())


def label_words(words_of: Mapping[str, Any]) -> dict[str, Any]:
    """Return the vocabularies by language, as plain mappings."""
    fields = ("labels", "label_notes", "grades", "changes", "kinds", "directions", "skipped", "settings", "headings")
    return {lang: {name: dict(getattr(vocabulary, name)) for name in fields} for lang, vocabulary in words_of.items()}
