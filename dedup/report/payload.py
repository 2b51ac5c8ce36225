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
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from dedup import form
from dedup.decisions import Carried, family_digest, member_keys
from dedup.report.queue import REVIEWED, totals
from dedup.report.words import evidence_sentence
from dedup.result import Cluster, Passage, Result, Span
from dedup.schema import UInt64
from dedup.steps.data import MULTI_BIT, Class

if TYPE_CHECKING:
    from dedup.steps.data import Tables

FAMILY_CHUNK = 100
"""Families in a chunk: opened in about a millisecond, and ten thousand families are a hundred chunks."""

TEXT_CHUNK = 120_000
"""Characters of text in a chunk; a longer document has a chunk of its own."""

SNIPPET = 64
"""Characters of a family's medoid that the queue shows."""

SLOT = "▢"
"""What the page shows where the key stream has nothing but a figure or a mask stood."""

_LONE = re.compile("[\ud800-\udfff]")
_EVIDENT = {"number": "value", "typo": "text", "leftover": "text"}
_TRIGRAM = 3
_SIEVE = 24


def head(
    result: Result,
    documents: Sequence[Mapping[str, Any]],
    families: Mapping[int, Cluster],
    carried: Sequence[Carried],
    passages: Sequence[tuple[int, Passage]],
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
    carried : sequence of Carried
        Decisions that belong to families of this result.
    passages : sequence of (int, Passage)
        Passages of these families, each with its number in the result.

    Returns
    -------
    dict
        JSON-able; lone surrogates of broken texts are U+FFFD, one for one, so that offsets hold.
    """
    of_family = defaultdict(list)
    for _, passage in passages:
        of_family[passage.cluster].append(passage)
    shares = unexplained_shares(result)
    bold = _Rarity(result, families.values())
    return {
        "schema": "dedup.page/1",
        "result": {"version": result.version, "params": result.params.to_dict()},
        "corpus": corpus_digest(result),
        "totals": totals(result),
        "documents": [_document_row(row, share) for row, share in zip(documents, shares, strict=True)],
        "families": [
            _family_row(result, row, cluster, of_family.get(cluster.id, []), bold)
            for row, cluster in families.items()
        ],
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


def longest_run(passages: Iterable[Passage]) -> int | None:
    """Return the longest stretch of the left side without a change, in raw code points; None without passages."""
    best = None
    for passage in passages:
        if passage.kind != "aligned":
            continue
        cuts = [passage.left.start, *(place for row in passage.changes for place in row.left), passage.left.end]
        runs = [after - before for before, after in pairwise(sorted(cuts))]
        # Every second stretch is a change itself; sorted cuts keep the parity because changes are disjoint.
        best = max(best or 0, *runs[::2])
    return best


def family_chunks(
    result: Result, families: Mapping[int, Cluster], passages: Sequence[tuple[int, Passage]]
) -> list[list[dict[str, Any]]]:
    """Return families with members, passages and evidence, in chunks of `FAMILY_CHUNK`, in the order of the queue."""
    rows: dict[str | None, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for number, passage in passages:
        rows[passage.cluster].append((number, form.passage_dict(passage)))
    details = []
    for row, cluster in families.items():
        details.append(
            {
                "row": row,
                "cluster": form.cluster_dict(cluster),
                "passages": rows.pop(cluster.id, []),
                "keys": list(member_keys(result, cluster)),
                "evidence": {
                    lang: [evidence_sentence(one, lang) for one in cluster.evidence] for lang in ("zh", "en")
                },
            }
        )
    loose = [pair for pairs in rows.values() for pair in pairs]
    chunks = [details[at : at + FAMILY_CHUNK] for at in range(0, len(details), FAMILY_CHUNK)]
    if loose:
        chunks.append([{"row": None, "cluster": None, "passages": loose, "keys": [], "evidence": {}}])
    return chunks


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


def pack(value: object) -> str:
    """Return a value as JSON, deflated, in base64: letters that mean nothing to a parser of HTML.

    Lone surrogates, which UTF-8 cannot carry, become U+FFFD, one code point for one.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(_LONE.sub("\ufffd", text).encode(), 6)).decode("ascii")


def fold_table(result: Result) -> dict[str, str]:
    """Return what each character of the texts is folded to, where that is not itself; empty for dropped ones.

    This is the key stream's own table, so that the page's 规范化 view shows what the matching saw.
    """
    seen: set[str] = set()
    for info in result.documents:
        if info.text is not None:
            seen.update(info.text)
    from dedup.steps.data import tables

    rows = tables()
    table = {char: _fold_char(char, rows) for char in sorted(seen)}
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


def _family_row(
    result: Result, row: int, cluster: Cluster, passages: Sequence[Passage], bold: _Rarity
) -> dict[str, Any]:
    documents = sorted({span.document for span in cluster.members})
    infos = [result.documents[number] for number in documents]
    dates = sorted(info.date for info in infos if info.date)
    medoid = cluster.members[cluster.medoid]
    snippet = _snippet(result, medoid)
    told = next((one.facts.get("chars") for one in cluster.evidence if one.kind == "verbatim_run"), None)
    return {
        "id": cluster.id,
        "row": row,
        "digest": family_digest(result, cluster),
        "label": cluster.label,
        "grade": cluster.grade,
        "star": cluster.star,
        "title": cluster.title,
        "snippet": snippet,
        "bold": bold.runs(snippet, cluster) if snippet else [],
        "documents": documents,
        "members": len(cluster.members),
        "reports": cluster.documents,
        "issuers": cluster.issuers,
        "chars": medoid.end - medoid.start,
        "longest": told if isinstance(told, int) else longest_run(passages),
        "from": dates[0] if dates else None,
        "to": dates[-1] if dates else None,
    }


def _snippet(result: Result, span: Span) -> str:
    text = result.documents[span.document].text
    if text is None:
        return ""
    return " ".join(text[span.start : min(span.end, span.start + SNIPPET)].split())


class _Rarity:
    """Which parts of an opening are rare: the trigrams that stand in no report but the family's own.

    Document frequencies are counted for the trigrams of the openings alone, by one binary search per text: memory
    is bounded by the openings, not by the corpus. Where most of an opening would be bold, as in a scan of a few
    reports, rarity says nothing and only what the evidence names is bold.
    """

    def __init__(self, result: Result, families: Iterable[Cluster]) -> None:
        openings = [_trigrams(_snippet(result, _medoid(cluster))) for cluster in families]
        self.keys = np.unique(np.concatenate(openings)) if openings else np.zeros(0, np.uint64)
        self.counts = np.zeros(len(self.keys), np.int64)
        if not len(self.keys):
            return
        known = np.zeros(1 << _SIEVE, bool)  # most trigrams are no opening's: told by a look-up, not by a search
        known[_sieved(self.keys)] = True
        for info in result.documents:
            if info.text:
                grams = _trigrams(info.text)
                grams = grams[known[_sieved(grams)]]
                at = np.minimum(np.searchsorted(self.keys, grams), len(self.keys) - 1)
                self.counts[np.unique(at[self.keys[at] == grams])] += 1

    def runs(self, snippet: str, cluster: Cluster) -> list[list[int]]:
        """Return ``[start, end)`` of the bold parts of a snippet, in code points."""
        bold = np.zeros(len(snippet), bool)
        grams = _trigrams(snippet)
        if len(grams):
            at = np.minimum(np.searchsorted(self.keys, grams), len(self.keys) - 1)
            rare = self.counts[at] <= cluster.documents
            for place in np.flatnonzero(rare):
                bold[place : place + _TRIGRAM] = True
        if 2 * int(bold.sum()) > len(snippet):
            bold[:] = False
        for one in cluster.evidence:
            told = one.facts.get(_EVIDENT.get(one.kind, ""), ())
            for text in filter(None, [told] if isinstance(told, str) else told):
                for match in re.finditer(re.escape(str(text)), snippet):
                    bold[match.start() : match.end()] = True
        edges = np.flatnonzero(np.diff(np.concatenate(([False], bold, [False])).astype(np.int8)))
        return [[int(start), int(end)] for start, end in edges.reshape(-1, 2)]


def _sieved(grams: UInt64) -> UInt64:
    return (grams * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - _SIEVE)


def _medoid(cluster: Cluster) -> Span:
    return cluster.members[cluster.medoid]


def _trigrams(text: str) -> UInt64:
    """Return the trigrams of a text, 21 bits a code point; uint64[n-2]."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    if len(codes) < _TRIGRAM:
        return np.zeros(0, np.uint64)
    grams: UInt64 = codes[:-2] | (codes[1:-1] << np.uint64(21)) | (codes[2:] << np.uint64(42))
    return grams


def label_words(words_of: Mapping[str, Any]) -> dict[str, Any]:
    """Return the vocabularies by language, as plain mappings."""
    fields = ("labels", "label_notes", "grades", "changes", "kinds", "directions", "skipped", "settings", "headings")
    return {lang: {name: dict(getattr(vocabulary, name)) for name in fields} for lang, vocabulary in words_of.items()}
