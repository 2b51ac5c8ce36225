"""Peers side by side: the same folded texts, the same shingles, each library used as its documentation says.

Every adapter takes texts in memory and answers with what its library answers: pairs above its own estimate of the
threshold, families, or flags of rows that have a duplicate. All get character 5-grams, 128 values, 32 bands of 4 and
Jaccard 0.7, or the nearest that they take. Only the work is timed: not the import, nor a warm-up on two hundred
texts. One measurement is one process, so that peak memory is its own:

    python -m bench.peers gaoya texts.txt truth.npy 0.7      # one JSON line
"""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Texts = list[str]
Answer = NDArray[np.int64]
"""Pairs: int64[Q, 2]. Families: int64[P], a number per row. Flags: bool as int64[P]."""
K, VALUES, BANDS, HEIGHT = 5, 128, 32, 4
WARM_UP = 200


@dataclass(frozen=True, slots=True)
class Peer:
    """An adapter: ``prepare`` (not timed) makes of the texts what ``run`` (timed) takes."""

    package: str
    kind: str
    run: Callable[[Any, float], Answer]
    prepare: Callable[[Texts], Any] = lambda texts: texts
    note: str = ""


def grams(text: str) -> set[str]:
    """Return the shingles of a text, as a library for token sets wants them."""
    return {text[at : at + K] for at in range(len(text) - K + 1)}


def _parts(texts: Texts) -> Iterable[Texts]:
    """Yield ten thousand texts at a time: tokens of a million at once need 20 GB, and time to be collected."""
    return (texts[at : at + 10_000] for at in range(0, len(texts), 10_000))


def _pairs(rows: Iterable[tuple[int, int]]) -> Answer:
    return np.array([(a, b) for a, b in rows if a < b], np.int64).reshape(-1, 2)


def _flatten(answers: Iterable[Iterable[int]]) -> tuple[Answer, Answer]:
    """Return (asker, candidate) of every answer."""
    answers = list(answers)
    asker = np.repeat(np.arange(len(answers)), [len(row) for row in answers])  # type: ignore[arg-type]
    return asker, np.fromiter(itertools.chain.from_iterable(answers), np.int64, len(asker))


def _agreeing(digests: NDArray[Any], left: Answer, right: Answer, threshold: float) -> Answer:
    """Keep candidates whose signatures agree in the share that the threshold asks for, in slices."""
    keep = [
        (digests[left[at : at + 65536]] == digests[right[at : at + 65536]]).mean(axis=1) >= threshold
        for at in range(0, len(left), 65536)
    ]
    kept = np.concatenate(keep) if keep else np.zeros(0, bool)
    return np.stack([left[kept], right[kept]], axis=1)


def ours(texts: Texts, threshold: float) -> Answer:
    from bench.exact import default
    from dedup import near_duplicates

    pairs = near_duplicates(texts, default(threshold), fold=False, jobs=os.cpu_count() or 1)
    return np.stack([pairs.left, pairs.right], axis=1)


def exact_join(texts: Texts, threshold: float) -> Answer:
    from bench.exact import exact_pairs

    words = exact_pairs(texts, threshold, K)
    return np.stack([words >> np.uint64(32), words & np.uint64(0xFFFFFFFF)], axis=1).astype(np.int64)


def datasketch(texts: Texts, threshold: float) -> Answer:
    """``MinHash.generator`` and ``MinHashLSH`` with ``params``; candidates filtered by ``jaccard``."""
    from datasketch import MinHash, MinHashLSH

    sets = ([gram.encode() for gram in grams(text)] for text in texts)
    sketches = list(MinHash.generator(sets, num_perm=VALUES, scheme="affine32"))
    index = MinHashLSH(num_perm=VALUES, params=(BANDS, HEIGHT))
    with index.insertion_session() as session:
        for row, one in enumerate(sketches):
            session.insert(row, one, check_duplication=False)
    return _pairs(
        (row, other)
        for row, one in enumerate(sketches)
        for other in index.query(one)
        if row < other and one.jaccard(sketches[other]) >= threshold
    )


def rensa(texts: Texts, threshold: float) -> Answer:
    """Full-set R-MinHash: ``from_token_sets``, ``insert_many``, ``query_all``, ``jaccard``."""
    from rensa import RMinHash, RMinHashLSH

    sketches = []
    for part in _parts(texts):
        sketches += RMinHash.from_token_sets([list(grams(text)) for text in part], num_perm=VALUES, seed=42)
    index = RMinHashLSH(threshold=threshold, num_perm=VALUES, num_bands=BANDS)
    index.insert_many(sketches)
    return _pairs(
        (row, other)
        for row, others in enumerate(index.query_all(sketches))
        for other in others
        if row < other and sketches[row].jaccard(sketches[other]) >= threshold
    )


def rensa_rho(texts: Texts, threshold: float) -> Answer:
    """The sampling pipeline that its README measures: it answers with flags, not pairs."""
    from rensa import RMinHash, RMinHashLSH

    lists = ([text[at : at + K] for at in range(len(text) - K + 1)] for text in texts)
    matrix = RMinHash.digest_matrix_from_token_sets_rho(lists, num_perm=VALUES, seed=42)
    index = RMinHashLSH(threshold=threshold, num_perm=VALUES, num_bands=BANDS)
    return np.array(index.query_duplicate_flags_matrix_one_shot(matrix), np.int64)


def gaoya(texts: Texts, threshold: float) -> Answer:
    """``MinHashStringIndex`` with its own n-grams in Rust, bulk calls on all cores."""
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=threshold,
        num_bands=BANDS,
        band_size=HEIGHT,
        num_hashes=VALUES,
        analyzer="char",
        lowercase=False,
        ngram_range=(K, K),
        id_container="vec",
    )
    index.par_bulk_insert_docs(list(range(len(texts))), texts)
    asker, found = _flatten(index.par_bulk_query(texts))
    return np.stack([asker, found], axis=1)[asker < found]


def _fastsketch(digests: NDArray[Any], threshold: float) -> Answer:
    from FastSketchLSH import LSH

    index = LSH(num_perm=VALUES, num_bands=BANDS)
    index.insert(digests)
    flat, indptr = index.query(digests, format="csr")
    asker = np.repeat(np.arange(len(digests)), np.diff(np.asarray(indptr, np.int64)))
    found = np.asarray(flat, np.int64)
    return _agreeing(digests, asker[asker < found], found[asker < found], threshold)


def fastsketch(texts: Texts, threshold: float) -> Answer:
    """``FastSimilaritySketch.batch`` from tokens, ``LSH.insert`` and ``query``; candidates filtered by agreement."""
    from FastSketchLSH import FastSimilaritySketch

    sketcher = FastSimilaritySketch(size=VALUES, seed=42)
    digests = [np.asarray(sketcher.batch([list(grams(text)) for text in part])) for part in _parts(texts)]
    return _fastsketch(np.concatenate(digests), threshold)


def _hashed(texts: Texts) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return ready hashes of all shingles, a gift to whoever takes hashes: making them is not timed."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), "<u4").astype(np.uint64)
    length = np.array([len(text) for text in texts])
    ends = np.cumsum(length)
    value = np.zeros(max(0, len(codes) - K + 1), np.uint64)
    for at in range(K):
        value = value * np.uint64(0x9E3779B97F4A7C55) + codes[at : len(codes) - K + 1 + at]
    value ^= value >> np.uint64(31)
    value *= np.uint64(0x94D049BB133111EB)
    value ^= value >> np.uint64(29)
    count = np.maximum(length - K + 1, 0)
    inside = np.ones(len(codes), bool)
    for back in range(1, K):
        inside[(ends - back)[length >= back]] = False
    return value[inside[: len(value)]], np.concatenate([[0], np.cumsum(count)]).astype(np.uint64)


def fastsketch_hashes(prepared: Any, threshold: float) -> Answer:
    """``batch_csr(prehashed=True)``: no Python token at all."""
    from FastSketchLSH import FastSimilaritySketch

    data, indptr = prepared
    digests = FastSimilaritySketch(size=VALUES, seed=42).batch_csr(data, indptr, prehashed=True)
    return _fastsketch(np.asarray(digests), threshold)


def _text_dedup_embed(job: tuple[int, Texts]) -> list[dict[str, Any]]:
    from text_dedup.minhash import embed_func
    from text_dedup.utils.hashfunc import xxh3_32hash

    random = np.random.RandomState(42)
    prime = np.uint64((1 << 61) - 1)
    permutations = (
        random.randint(1, prime, size=(VALUES,), dtype=np.uint64),
        random.randint(0, prime, size=(VALUES,), dtype=np.uint64),
    )
    return [
        embed_func(
            " ".join(text),  # it splits at what is no letter: a space makes each character a token
            job[0] + at,
            num_perm=VALUES,
            ngram_size=K,
            min_length=0,
            hashranges=[(band * HEIGHT, (band + 1) * HEIGHT) for band in range(BANDS)],
            permutations=permutations,
            hash_func=xxh3_32hash,
            dtype=np.uint64,
            max_hash=np.uint32((1 << 32) - 1),
            modulo_prime=prime,
        )
        for at, text in enumerate(job[1])
    ]


def text_dedup(texts: Texts, threshold: float) -> Answer:
    """Its ``embed_func`` on all cores, then tables and ``UnionFind`` as in its ``main``, without datasets on disk."""
    from text_dedup.utils import UnionFind

    families = UnionFind()
    tables: list[dict[bytes, set[int]]] = [defaultdict(set) for _ in range(BANDS)]
    jobs = [(at, texts[at : at + 1_000]) for at in range(0, len(texts), 1_000)]
    with multiprocessing.get_context("fork").Pool() as pool:
        for part in pool.imap(_text_dedup_embed, jobs):
            for row in part:
                for table, band in zip(tables, row["__signatures__"], strict=True):
                    table[band].add(row["__index__"])
    for table in tables:
        for family in table.values():
            if len(family) > 1:
                least = min(family)
                for row in family:
                    families.union(row, least)
    return np.array([families.find(row) for row in range(len(texts))], np.int64)


def datatrove(texts: Texts, threshold: float) -> Answer:
    """Stages 1 to 3 of its MinHash pipeline in one process, files between them, clusters kept."""
    from datatrove.data import Document
    from datatrove.pipeline.dedup.minhash import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupSignature,
    )
    from datatrove.utils.word_tokenizers import WordTokenizer

    class Characters(WordTokenizer):  # type: ignore[misc]
        """Each character a word: its n-grams of words become n-grams of characters."""

        def word_tokenize(self, text: str) -> list[str]:
            return list(text)

        def sent_tokenize(self, text: str) -> list[str]:
            return [text]

        def span_tokenize(self, text: str) -> list[tuple[int, int]]:
            return [(0, len(text))]

    config = MinhashConfig(n_grams=K, num_buckets=BANDS, hashes_per_bucket=HEIGHT)
    with tempfile.TemporaryDirectory() as folder:
        signature = MinhashDedupSignature(f"{folder}/signatures", config, language=Characters())
        signature.run(Document(text=text, id=str(row)) for row, text in enumerate(texts))
        for band in range(BANDS):
            MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/buckets", config=config).run(
                rank=band, world_size=BANDS
            )
        MinhashDedupCluster(f"{folder}/buckets", f"{folder}/clusters", config, save_cluster_id=True).run(None, 0, 1)
        family = -1 - np.arange(len(texts))
        for path in Path(f"{folder}/clusters").glob("*.clusters"):
            rows = np.fromfile(path, "<u4").reshape(-1, 2)
            family[rows[:, 0]] = rows[:, 1]
    return family


PEERS: dict[str, Peer] = {
    "dedup": Peer("dedup", "pairs", ours, note="bands chosen by its S-curve; every pair verified exactly"),
    "exact join": Peer("dedup", "pairs", exact_join, note="prefix filter; every pair, without chance"),
    "gaoya": Peer("gaoya", "pairs", gaoya),
    "rensa full set": Peer("rensa", "pairs", rensa),
    "rensa rho": Peer("rensa", "flags", rensa_rho, note="samples shingles; answers with flags, not pairs"),
    "FastSketchLSH from tokens": Peer("FastSketchLSH", "pairs", fastsketch),
    "FastSketchLSH from hashes": Peer(
        "FastSketchLSH", "pairs", fastsketch_hashes, _hashed, "hashes made beforehand, not timed"
    ),
    "datasketch": Peer("datasketch", "pairs", datasketch),
    "datatrove": Peer("datatrove", "families", datatrove, note="does not verify"),
    "text-dedup": Peer("text-dedup", "families", text_dedup, note="does not verify"),
}


def score(kind: str, answer: Answer, truth: NDArray[np.uint64], rows: int) -> dict[str, float]:
    """Return precision and recall of an answer against every true pair.

    Families are judged by the pairs of their members, flags by the rows that have a duplicate.
    """
    left, right = (truth >> np.uint64(32)).astype(np.int64), (truth & np.uint64(0xFFFFFFFF)).astype(np.int64)
    if kind == "flags":
        wanted = np.zeros(rows, bool)
        wanted[left] = wanted[right] = True
        hit, said, total = int((wanted & (answer > 0)).sum()), int((answer > 0).sum()), int(wanted.sum())
    elif kind == "families":
        size = np.unique(answer, return_counts=True)[1].astype(np.int64)
        hit, said, total = int((answer[left] == answer[right]).sum()), int((size * (size - 1) // 2).sum()), len(truth)
    else:
        low, high = answer.min(axis=1).astype(np.uint64), answer.max(axis=1).astype(np.uint64)
        words = np.unique((low << np.uint64(32)) | high)
        hit, said, total = int(np.isin(words, truth).sum()), len(words), len(truth)
    return {
        "precision": hit / said if said else 1.0,
        "recall": hit / total if total else 1.0,
        "answers": said,
        "true": total,
    }


def measure(name: str, texts: Texts, truth: NDArray[np.uint64], threshold: float) -> dict[str, Any]:
    """Return seconds, peak memory and accuracy of one peer in this process."""
    peer = PEERS[name]
    peer.run(peer.prepare(texts[:WARM_UP]), threshold)
    prepared = peer.prepare(texts)
    before = peak_mb()
    begun, cpu = time.perf_counter(), cpu_seconds()
    answer = peer.run(prepared, threshold)
    seconds, cpu = time.perf_counter() - begun, cpu_seconds() - cpu
    peak = peak_mb()
    return {
        "peer": name,
        "version": importlib.metadata.version(peer.package),
        "kind": peer.kind,
        "seconds": seconds,
        "cpu": cpu,
        "peak_mb": peak,
        "texts_mb": before,
        **score(peer.kind, answer, truth, len(texts)),
    }


def peak_mb(children: bool = True) -> float:
    """Return the most memory this process and, unless they do not count, any child of it has had, in MB.

    Linux hands ``ru_maxrss`` on to a program from the process that started it, and that one may have made a corpus of
    gigabytes; ``VmHWM`` is the program's own.
    """
    unit = 1 if sys.platform == "darwin" else 1024
    own, of_children = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    status = Path("/proc/self/status")
    if status.exists():
        own = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return float(own + of_children * children) * unit / 1e6


def cpu_seconds() -> float:
    """Return the seconds of processor that this process and its children have used."""
    usage = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in usage)


def main(arguments: list[str]) -> int:
    name, texts, truth, threshold = arguments
    rows = Path(texts).read_text(encoding="utf-8").split("\n")
    result = measure(name, rows, np.load(truth), float(threshold))
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
