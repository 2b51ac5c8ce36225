"""Corpora for speed: as many paragraphs as wanted, planted near duplicates with known truth, and floods.

The grammar of `bench.grammar` writes reports that read like reports, one token at a time; a million paragraphs of it
would take a quarter of an hour. Here the same word lists and clause patterns are drawn by numpy, whole chunks at a
time, so that a million paragraphs take less than a minute. The vocabulary is widened by invented words with a Zipf
spectrum: with the two thousand words of the lists alone, every six characters would occur a hundred times in a
million paragraphs, which no natural corpus does, and anchors would drown.

    python -m bench.corpus OUT 200000           # folder of reports, reports.jsonl and truth.jsonl
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import grammar

SEED = 20240
CHUNK = 50_000
PER_DOCUMENT = 50
NEAR, EXACT = 0.10, 0.05
"""Shares of the paragraphs that are edited copies and exact copies of another."""
STYLES = ("characters", "words", "block")
RATES = (0.0, 0.01, 0.02, 0.04, 0.07, 0.10, 0.15, 0.20, 0.30, 0.40)
"""Edit rates are drawn evenly from these bands; the rate recorded is the one that came out."""

_INVENTED = 24_000
_TABLE = 1 << 18
_CLAUSE = 13.3  # mean length of a clause with its mark, in code points
_MEAN, _SPREAD = 180.0, 0.75  # of the lognormal lengths; 155 remain after folding


@dataclass(frozen=True, slots=True)
class Planted:
    """The truth: row ``copy[i]`` was made of row ``source[i]``.

    copy, source : int64[C]   rows of the corpus; ``copy`` ascending, no source is itself a copy
    rate : float64[C]         edited characters as a share of the source; 0 for an exact copy
    style : uint8[C]          index into `STYLES`
    """

    copy: NDArray[np.int64]
    source: NDArray[np.int64]
    rate: NDArray[np.float64]
    style: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Paragraphs in memory, and what is known of them."""

    texts: list[str]
    planted: Planted


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """Pieces of text laid end to end, and where each word list's draws are found.

    codes : uint16[...], indptr : int64[W+1]   piece ``w`` is ``codes[indptr[w]:indptr[w+1]]``
    draw : int32[lists, 2**18]                 a row per slot kind; uniform picks from a row are weighted draws
    clauses : int32[...], clause_indptr        slot kinds of each clause pattern, its ending included
    """

    codes: NDArray[np.uint16]
    indptr: NDArray[np.int64]
    draw: NDArray[np.int32]
    clauses: NDArray[np.int32]
    clause_indptr: NDArray[np.int64]


def make(paragraphs: int, seed: int = SEED) -> Corpus:
    """Return so many paragraphs; the first ones of a larger corpus are not those of a smaller one."""
    random = np.random.default_rng([seed, paragraphs])
    lexicon = _lexicon()
    texts: list[str] = [""] * paragraphs
    store = _Store(paragraphs)
    columns: list[tuple[NDArray[np.int64], ...]] = []
    for begin in range(0, paragraphs, CHUNK):
        rows = np.arange(begin, min(begin + CHUNK, paragraphs))
        kind = random.random(len(rows))
        fresh = rows[kind >= NEAR + EXACT] if begin else rows[(kind >= NEAR + EXACT) | (rows == 0)]
        store.append(fresh, *_write(lexicon, random, len(fresh)))
        for row, text in zip(fresh.tolist(), store.last(), strict=True):
            texts[row] = text
        copies = np.setdiff1d(rows, fresh)
        near = kind[copies - begin] < NEAR
        source, rate, style, made = _copies(store, random, near)
        for row, text in zip(copies.tolist(), made, strict=True):
            texts[row] = text
        columns.append((copies, store.row[source], rate, style))
    copy, source, rate, style = (np.concatenate(column) for column in zip(*columns, strict=True))
    return Corpus(texts, Planted(copy, source, rate.astype(np.float64), style.astype(np.uint8)))


class _Store:
    """The code points of all fresh paragraphs so far: what copies are made of."""

    def __init__(self, paragraphs: int) -> None:
        self.codes = np.empty(0, np.uint16)
        self.indptr = np.zeros(1, np.int64)
        self.row = np.empty(0, np.int64)
        self._begin = 0

    def append(self, rows: NDArray[np.int64], codes: NDArray[np.uint16], length: NDArray[np.int64]) -> None:
        self._begin = len(self.row)
        self.indptr = np.append(self.indptr, self.indptr[-1] + np.cumsum(length))
        self.codes = np.append(self.codes, codes)
        self.row = np.append(self.row, rows)

    def last(self) -> list[str]:
        """Return the texts of the chunk appended last."""
        bounds = self.indptr[self._begin :]
        return _strings(self.codes[bounds[0] : bounds[-1]], bounds - bounds[0])


def _strings(codes: NDArray[np.uint16], bounds: NDArray[np.int64]) -> list[str]:
    whole = codes.astype("<u2", copy=False).tobytes().decode("utf-16-le")
    cuts = bounds.tolist()
    return [whole[start:end] for start, end in pairwise(cuts)]


def _ragged(start: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions of ranges, one after another."""
    ends = np.cumsum(length)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(start - (ends - length), length) + np.arange(total)


def _lexicon() -> _Lexicon:
    """Lay out the word lists, the invented words and the clause patterns."""
    random = np.random.default_rng(SEED)
    lists = {name: [word.partition("/")[0] for word in words] for name, words in grammar.words().items()}
    letters = np.array(list(grammar.alphabet()))
    invented = ["".join(pair) for pair in letters[random.integers(0, len(letters), (_INVENTED, 2))]]
    # Names and figures are drawn whole: a slot is one draw here.
    lists["place"] = [a + b for a in lists["placehead"] for b in lists["placetail"]]
    lists["person"] = [a + b for a in lists["surname"] for b in lists["given"]]
    lists["date"] = [f"{month}月{day}日" for month in range(1, 13) for day in range(1, 29)]
    lists["number"] = [str(value) for value in random.integers(3, 20_000, 4_000)]
    share = {"noun": 0.8, "verb": 0.6, "modifier": 0.5, "actor": 0.5, "subject": 0.5}  # drawn from invented words
    pieces: list[str] = list(invented)
    kinds: dict[str, int] = {}
    tables = []
    for name, words in lists.items():
        table = _zipf(random, np.arange(len(pieces), len(pieces) + len(words)))
        pieces += words
        other = _zipf(random, random.permutation(_INVENTED))
        swap = random.random(_TABLE) < share.get(name, 0.0)
        kinds[name] = len(tables)
        tables.append(np.where(swap, other, table))
    clauses = []
    for pattern in grammar.CLAUSES:
        for ending in "，，，，；。。":
            clauses.append(_pattern(pattern + ending, pieces, kinds, tables))
    lengths = np.array([len(piece) for piece in pieces])
    return _Lexicon(
        np.array([ord(char) for piece in pieces for char in piece], np.uint16),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.array(tables, np.int32),
        np.concatenate(clauses).astype(np.int32),
        np.concatenate([[0], np.cumsum([len(clause) for clause in clauses])]),
    )


def _zipf(random: np.random.Generator, words: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a table of 2**18 draws in which word number r has a share of 1 / (r + 20), in random order."""
    weight = 1.0 / (np.arange(len(words)) + 20.0)
    bounds = np.round(np.cumsum(weight) / weight.sum() * _TABLE).astype(np.int64)
    table = np.repeat(words, np.diff(bounds, prepend=0))
    return random.permutation(table)


def _pattern(
    pattern: str, pieces: list[str], kinds: dict[str, int], tables: list[NDArray[np.int64]]
) -> NDArray[np.int32]:
    """Return the slot kinds of a clause; what the pattern says itself becomes a kind with one word."""
    slots = []
    for at, piece in enumerate(pattern.replace("}", "{").split("{")):
        if at % 2 == 0 and piece and piece not in kinds:
            kinds[piece] = len(tables)
            tables.append(np.full(_TABLE, len(pieces)))
            pieces.append(piece)
        if piece:
            slots.append(kinds[piece])
    return np.array(slots, np.int32)


def _write(
    lexicon: _Lexicon, random: np.random.Generator, count: int
) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Return fresh paragraphs: their code points end to end, and their lengths."""
    sigma = _SPREAD
    chars = random.lognormal(np.log(_MEAN) - sigma * sigma / 2, sigma, count).clip(20, 1_200)
    per_paragraph = np.maximum(2, np.round(chars / _CLAUSE)).astype(np.int64)
    clause = random.integers(0, len(lexicon.clause_indptr) - 1, int(per_paragraph.sum()))
    slots = lexicon.clause_indptr[clause + 1] - lexicon.clause_indptr[clause]
    kind = lexicon.clauses[_ragged(lexicon.clause_indptr[clause], slots)]
    word = lexicon.draw[kind, random.integers(0, _TABLE, len(kind), dtype=np.uint32)]
    length = lexicon.indptr[word + 1] - lexicon.indptr[word]
    codes = lexicon.codes[_ragged(lexicon.indptr[word], length)]
    ends = np.concatenate([[0], np.cumsum(length)])
    slot_ends = np.concatenate([[0], np.cumsum(slots)])
    bounds = ends[slot_ends[np.concatenate([[0], np.cumsum(per_paragraph)])]]
    codes[bounds[1:] - 1] = ord("。")
    return codes, np.diff(bounds)


def _copies(
    store: _Store, random: np.random.Generator, near: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint8], list[str]]:
    """Return sources, edit rates, styles and texts of copies; those not ``near`` are exact."""
    count = len(near)
    # A third of the copies are of popular paragraphs, so that families of more than two arise.
    source = random.integers(0, len(store.row), count)
    popular = random.random(count) < 0.33
    source[popular] = source[popular] % max(1, len(store.row) // 50)
    style = random.integers(0, len(STYLES), count).astype(np.uint8)
    band = random.integers(0, len(RATES) - 1, count)
    low, high = np.array(RATES)[band], np.array(RATES)[band + 1]
    wanted = np.where(near, low + (high - low) * random.random(count), 0.0)

    start, length = store.indptr[source], np.diff(store.indptr)[source]
    codes = store.codes[_ragged(start, length)]
    owner = np.repeat(np.arange(count), length)
    place = _ragged(np.zeros(count, np.int64), length)
    edited = _edited(random, wanted, style, length, owner, place)
    # One letter in three edits is replaced, one dropped, one gets a neighbour.
    operation = random.integers(0, 3, len(codes))
    copies = np.ones(len(codes), np.int64)
    copies[edited & (operation == 1)] = 0
    copies[edited & (operation == 2)] = 2
    foreign = store.codes[random.integers(0, len(store.codes), len(codes))]
    codes = np.where(edited & (operation == 0), foreign, codes)
    out = np.repeat(codes, copies)
    ends = np.cumsum(copies)
    added = ends[edited & (operation == 2)] - 1
    out[added] = foreign[edited & (operation == 2)]
    made = np.bincount(owner, copies, count).astype(np.int64)
    rate = np.bincount(owner, edited, count) / length
    return source, rate, style, _strings(out, np.concatenate([[0], np.cumsum(made)]))


def _edited(
    random: np.random.Generator,
    wanted: NDArray[np.float64],
    style: NDArray[np.uint8],
    length: NDArray[np.int64],
    owner: NDArray[np.int64],
    place: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Mark the code points that are edited: here and there, in pairs, or in one block."""
    draw = random.random(len(owner))
    rate = wanted[owner]
    characters = draw < rate
    words = draw < rate / 2
    words[1:] |= words[:-1] & (place[1:] > 0)
    size = np.round(wanted * length).astype(np.int64)
    first = (random.random(len(wanted)) * (length - size + 1)).astype(np.int64)
    block = (place >= first[owner]) & (place < (first + size)[owner])
    return np.choose(style[owner], [characters, words, block])


def documents(corpus: Corpus, per_document: int = PER_DOCUMENT) -> Iterator[tuple[str, str]]:
    """Yield (title, text) of reports of about so many paragraphs each, with headings of their own."""
    writer = grammar.Writer("titles")
    for number, begin in enumerate(range(0, len(corpus.texts), per_document)):
        body = corpus.texts[begin : begin + per_document]
        lines = [writer.heading()]
        for at, paragraph in enumerate(body):
            if at % 10 == 0:
                lines.append(f"{'一二三四五六七八九十'[at // 10 % 10]}、{writer.heading()}")
            lines.append(paragraph)
        yield f"{number:06d}", "\n".join(lines) + "\n"


def write(corpus: Corpus, folder: Path) -> None:
    """Write ``reports/…/*.txt`` (a hundred a folder), ``reports.jsonl`` and ``truth.jsonl``."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "reports.jsonl").open("w", encoding="utf-8") as lines:
        for name, text in documents(corpus):
            place = folder / "reports" / name[:4]
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{name}.txt").write_text(text, encoding="utf-8")
            lines.write(json.dumps({"id": name, "text": text}, ensure_ascii=False) + "\n")
    truth = corpus.planted
    with (folder / "truth.jsonl").open("w", encoding="utf-8") as lines:
        for copy, source, rate, style in zip(*(column.tolist() for column in (
            truth.copy, truth.source, truth.rate, truth.style)), strict=True):  # fmt: skip
            row = {"copy": copy, "source": source, "rate": round(rate, 4), "style": STYLES[style]}
            lines.write(json.dumps(row) + "\n")


FLOODS = ("copies", "numbers", "names", "everywhere", "sixfold", "sentence", "letters")
"""Inputs that break what is quadratic; `flood` makes each of any size."""


def flood(name: str, size: int) -> list[str]:
    """Return the documents of a flood.

    copies : ``size`` exact copies of one paragraph, a document each
    numbers : ``size`` variants of one paragraph that differ in a number (which folding drops)
    names : ``size`` variants of one paragraph that differ in a name (which folding keeps)
    everywhere : ``size`` documents of five paragraphs, one of which stands in all of them
    sixfold : one document of ``size`` characters that is six times itself
    sentence : one document of ``size`` characters that is one sentence over and over
    letters : one document of ``size`` characters out of two, in no order: everything resembles everything
    """
    writer = grammar.Writer("flood")
    text = grammar.spell(writer.passage(160))
    if name == "copies":
        return [text] * size
    if name == "numbers":
        return [f"{text}合计{number + 100_000}元。" for number in range(size)]
    if name == "names":
        return [f"{text[:80]}由{writer.slot('place')}{writer.slot('person')}经手{text[80:]}" for _ in range(size)]
    if name == "everywhere":
        others = make(4 * size).texts
        return ["\n".join([*others[4 * at : 4 * at + 4], text]) for at in range(size)]
    if name == "sixfold":
        one, count = [], 0
        for paragraph in make(max(64, size // 600)).texts:
            one.append(paragraph[: max(0, size // 6 - count - 1)])
            count += len(one[-1]) + 1
            if count >= size // 6:
                break
        return ["".join(["\n".join(one) + "\n"] * 6)]
    if name == "sentence":
        sentence = grammar.spell([writer.sentence()])
        return [sentence * -(-size // len(sentence))]
    if name == "letters":
        drawn = np.random.default_rng(SEED).integers(0, 2, size)
        return ["".join("甲乙"[one] for one in drawn.tolist())]
    raise ValueError(f"{name!r} is no flood; there are {', '.join(FLOODS)}")


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or not arguments[1].isdigit():
        sys.stderr.write("usage: python -m bench.corpus OUT PARAGRAPHS\n")
        return 2
    write(make(int(arguments[1])), Path(arguments[0]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
