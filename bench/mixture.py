"""A second, harder grid: several things done to a copy at once, up to three copies a pair, at the edges and abutting.

    python -m bench.mixture [--seed N] [--cases N]

Where `bench.grid` asks of each operator alone whether it is borne, this asks what real copying does: sentences go
and come, words and figures change, a scanner confuses characters and lines are wrapped, all in one passage of 60 to
3,000 characters. Nothing was tuned on it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from bench import edits
from bench import operators as op
from bench.ends import errors
from bench.gate import GRID_PARAMS, table
from bench.grammar import Sentence, Writer, alphabet, spell
from bench.grid import Grid, laid_out
from bench.pages import Mark, Page
from dedup import scan
from dedup.evaluate import evaluate, parse_gold
from dedup.result import Document

LOOKALIKES = (
    *("己已", "未末", "土士", "日曰", "人入", "干千", "天夫", "大太", "田由", "乌鸟", "侯候", "折拆", "析祈", "竞竟"),
    *("免兔", "辩辨", "拔拨", "暖暧", "睛晴", "贷货", "治冶", "壁璧"),
)
"""What a scanner takes for one another; the rest of what it misreads is drawn from all characters."""

Step = Callable[[list[Sentence], Writer], list[Sentence]]


def _dropped(sentences: list[Sentence], writer: Writer) -> list[Sentence]:
    """A tenth to three tenths of the inner sentences gone."""
    share = writer.random.uniform(0.1, 0.3)
    inner = [one for one in sentences[1:-1] if writer.random.random() >= share]
    return [*sentences[:1], *inner, *sentences[1:][-1:]]


def _inserted(sentences: list[Sentence], writer: Writer) -> list[Sentence]:
    """A new sentence behind every sixth, never behind the last."""
    out: list[Sentence] = []
    for at, one in enumerate(sentences):
        out.append(one)
        if at < len(sentences) - 1 and writer.random.random() < 1 / 6:
            out.append(writer.sentence())
    return out


def _scanned(text: str, writer: Writer) -> str:
    """Five characters in a hundred misread: the likeness where there is one, else any; one in a hundred lost."""
    other = {one: two for pair in LOOKALIKES for one, two in (tuple(pair), tuple(pair[::-1]))}
    draw, out = writer.random, []
    for char in text:
        chance = draw.random()
        if chance < 0.01:
            continue
        out.append(other.get(char, draw.choice(alphabet())) if chance < 0.06 and char.isalpha() else char)
    return "".join(out)


def _plain(text: str, writer: Writer) -> str:
    return text


_MIXTURES: dict[str, tuple[tuple[Step, ...], edits.Edit, Callable[[str, Writer], str], op.Spelling | None]] = {
    "scanned": ((), edits.verbatim, _scanned, None),
    "drop+insert": ((_dropped, _inserted), edits.verbatim, _plain, None),
    "drop+reword": ((_dropped,), edits.reworded, _plain, None),
    "insert+slots+scan": ((_inserted,), edits.slots, _scanned, None),
    "drop+insert+noise": ((_dropped, _inserted), edits.noise(0.08), _plain, None),
    "trad+wrap+noise": ((), edits.noise(0.05), _plain, op.chain(op.traditional, op.wrap(31, "　　"))),
    "pinyin+drop": ((_dropped,), edits.verbatim, _plain, op.pinyin),
    "masks+insert+halfwidth": ((_inserted,), edits.masks, _plain, op.halfwidth),
    "reword+noise": ((), lambda s, w: edits.noise(0.06)(s, w) if w.random.random() < 0.5 else edits.reworded(s, w),
                     _scanned, None),
    "edges": ((), edits.slots, _plain, None),
    "abutting": ((), edits.verbatim, _plain, None),
}  # fmt: skip


def _cases(grid: Grid, name: str) -> None:
    """One to three copies in each report, of one source or of several; at the edges one, abutting two of two."""
    steps, edit, misread, spelling = _MIXTURES[name]
    draw, made = grid.writer.random, 0
    while made < grid.cases_each:
        copy = grid.page()
        copy.spelling = spelling
        abutting: list[tuple[str, Mark | None]] = []
        source = grid.page()
        for number in range({"abutting": 2, "edges": 1}.get(name, draw.randrange(1, 4))):
            if number and (name == "abutting" or draw.random() < 0.5):
                source = grid.page()
            passage = grid.writer.passage(round(60 * 50 ** draw.random()))
            case, changed = grid.case(name), passage
            for step in steps:
                changed = step(changed, grid.writer)
            text = misread(edit(changed, grid.writer), grid.writer)
            case.pages = [source, copy]
            _place(source, [(spell(passage), (case.family, 0))], name == "edges", grid.writer)
            if name == "abutting":
                abutting.append((text, (case.family, 1)))
            else:
                _place(copy, [(text, (case.family, 1))], name == "edges", grid.writer)
            made += 1
        if abutting:
            _place(copy, abutting, False, grid.writer)


def _place(page: Page, pieces: list[tuple[str, Mark | None]], edge: bool, writer: Writer) -> None:
    """Put a paragraph somewhere, or at either end of the report, where the title or the sign-off goes."""
    last = len(page.paragraphs)
    at = writer.random.choice((0, last)) if edge else writer.random.randrange(1, last)
    if edge:
        page.title, page.tail = (page.title, "") if at else ("", page.tail)
    page.paragraphs.insert(at, pieces)


def make_mixture(seed: int = 1, cases: int = 40) -> tuple[list[Document], list[dict[str, Any]]]:
    """Return documents and gold rows, as `bench.grid.make_grid` does; of each mixture so many cases or a few more."""
    grid = Grid(cases)
    for name in _MIXTURES:
        grid.writer = Writer(f"mixture/{seed}/{name}")
        _cases(grid, name)
    return laid_out(grid)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.mixture", description="Score the harder grid.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=40, help="of each mixture")
    given = parser.parse_args()
    documents, rows = make_mixture(given.seed, given.cases)
    result = scan(documents, GRID_PARAMS)
    print(table(evaluate(parse_gold(rows, path="mixture"), result), errors(result, rows)))


if __name__ == "__main__":
    main()
