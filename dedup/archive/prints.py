"""Documents -> what the index keeps of them: paragraphs with signatures, anchors, bands.

The same steps in the same order as a scan, up to where documents begin to be compared: what is kept of a document
depends on the document alone, so that it can be kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from dedup.index.file import params_entry
from dedup.index.rows import Paragraphs
from dedup.params import Params
from dedup.result import Document
from dedup.schema import Int64, UInt32, UInt64


@dataclass(frozen=True, slots=True)
class Prints:
    """What is kept of a batch of documents.

    sizes : int64[2, D]              key characters and paragraphs of each document
    paragraphs : Paragraphs          of all documents, one after the other
    postings : two uint64[...]       anchors and bands, hash and place in the batch: see `dedup.index.segments`
    """

    sizes: Int64
    paragraphs: Paragraphs
    postings: tuple[UInt64, UInt64]

    def by_document(self) -> Iterator[Paragraphs]:
        """Yield what is kept of the paragraphs of each document."""
        borders = np.concatenate([[0], np.cumsum(self.sizes[1])]).tolist()
        for first, last in pairwise(borders):
            columns = (getattr(self.paragraphs, name)[first:last] for name in Paragraphs.__slots__)
            yield Paragraphs(*columns)

    def hashes(self) -> tuple[UInt32, UInt32]:
        """Return the hashes of anchors and of bands, sorted, distinct."""
        one, other = (np.unique((postings >> np.uint64(32)).astype(np.uint32)) for postings in self.postings)
        return one, other


def prints(documents: Sequence[Document], params: Params) -> Prints:
    """Return what the index keeps of some documents.

    Parameters
    ----------
    documents : sequence of Document
        Together less than 2**32 key characters.
    params : Params
        ``shingle``, ``num_perm``, ``seed``, ``anchor``, ``window``; ``threshold`` and ``recall`` for the bands;
        ``min_chars``, for a paragraph that is shorter cannot carry a passage and gets no bands.

    Returns
    -------
    Prints
    """
    from dedup.executors.prepared import cut_at_parts, prepare
    from dedup.steps import anchor, shingle, sketch

    tables = prepare(documents)
    keys, segments = tables.keys, tables.segments
    shingles = shingle.shingle(keys, segments, np.arange(len(segments.start)), params.shingle)
    base = tables.texts.indptr[segments.document]
    paragraphs = Paragraphs(
        start=segments.raw_start - base,
        end=segments.raw_end - base,
        length=segments.end - segments.start,
        digest=shingle.digest(keys, segments),
        sketches=sketch.sketch(shingles, params.num_perm, params.seed).values,
    )
    sizes = np.stack([np.diff(keys.indptr), np.bincount(segments.document, minlength=len(documents))])
    anchors = anchor.minimisers(cut_at_parts(keys, segments), params.anchor, params.window)
    return Prints(sizes.astype(np.int64), paragraphs, (anchors, bands(paragraphs, params)))


def bands(paragraphs: Paragraphs, params: Params) -> UInt64:
    """Return the band keys of paragraphs long enough to carry a passage (uint64[...], key and paragraph, sorted)."""
    from dedup.kernels.bands import band_keys
    from dedup.steps.pair import banding

    rows = np.flatnonzero(paragraphs.length >= max(params.min_chars, params.shingle))
    chosen = banding(params.threshold, params.num_perm, params.recall)
    keys = np.empty((len(rows), chosen.bands), np.uint32)
    band_keys(np.ascontiguousarray(paragraphs.sketches[rows]), np.int64(chosen.rows), keys)
    return np.sort((keys.astype(np.uint64) << np.uint64(32) | rows.astype(np.uint64)[:, None]).ravel())


def identity(params: Params) -> dict[str, str]:
    """Return the header entries that say how prints are made: of two indexes they must be equal to be compared.

    Notes
    -----
    Digests of tables and names of schemes only cover what somebody thought of; so a probe text of all that folding,
    repairing and cutting have rules for is put through the steps, and what comes out is an entry too. A version that
    changes any of it is refused by older indexes, whether or not its author remembered them.
    """
    from dedup.steps.sketch import SCHEME

    return {"params": params_entry(params), "fold": _fold(), "scheme": SCHEME, "probe": _probe(params)}


@lru_cache(maxsize=1)
def _fold() -> str:
    from dedup.steps import data

    tables = data.tables()
    whole = hashlib.sha256()
    for table in (tables.kind, tables.fold, tables.multi_indptr, tables.multi):
        whole.update(np.ascontiguousarray(table).astype("<i8").tobytes())
    return whole.hexdigest()[:16]


@lru_cache(maxsize=8)
def _probe(params: Params) -> str:
    made = prints([Document("probe", _PROBE), Document("probe", _PROBE[::-1])], params)
    whole = hashlib.sha256()
    for table in (made.sizes, *(getattr(made.paragraphs, name) for name in Paragraphs.__slots__), *made.postings):
        whole.update(np.ascontiguousarray(table).astype("<u8").tobytes())
    return whole.hexdigest()[:16]


_PROBE = """第一篇：清泉鎮2006年工作總結
　　一、基本情况
　　全镇(zhèn)共有三百二十户，１２００人，人均收入３．５万元；羣衆對衛生室裏的藥品價格比較滿意，
投诉比去年少了百分之二十。请登录ＷＷＷ．example．com查看全文。
（一）修渠。××村把旧渠拆了重砌，②用工①千余个，㈠段和㈡段已通水。
- 3 -
　　2.养殖。县里派来的技术员住在养殖户家中，白天看圈，晚上讲课，王○○家的母猪一窝下了十四头。
第二篇：清泉镇２００７年工作计划
　　全镇共有三百二十户,1200人,人均收入3.5万元；群众对卫生室里的药品价格比较满意，投诉比去年少了百分之二十。
\u200b“先修渠，后修路”是村民大会上举手定下来的。\ufffd
相关推荐：
清泉镇修渠纪实 06-11
"""
