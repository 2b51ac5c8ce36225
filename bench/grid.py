"""The generated grid: reports that copy from each other in known ways, with the gold rows that say where.

    python -m bench.grid OUT [--seed N] [--size small|full|N] [--operators a,b,…]

Deterministic: the same seed, size and operators give the same texts and rows on every machine. Background reports
come from `bench.grammar`; under each operator, passages of one report are put into another after the operator has
been at them. The gold format is docs/gold.md; operators and the lengths of their passages are in `OPERATORS`.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import edits
from bench import operators as op
from bench.grammar import Sentence, Token, Writer, spell, words
from bench.pages import Case, Mark, Page
from dedup.result import Document

FORMULAS = Path(__file__).resolve().parent.parent / "data" / "source" / "formulas.txt"
SIZES = {"small": 4, "full": 25}
LONG = 39_000
"""Characters of the long reports, about sixty pages."""

MASS_ISSUERS = 5


@dataclass(frozen=True, slots=True)
class Operator:
    """How a passage is copied: shortest and longest passage, what is done to it, what befalls the page it goes to.

    ``times`` as many cases as of the others are made where one in a hundred may go wrong: pieces in another order.
    """

    shortest: int = 40
    longest: int = 2000
    edit: edits.Edit = edits.verbatim
    spelling: op.Spelling | None = None
    times: int = 1


OPERATORS: dict[str, Operator] = {
    "verbatim": Operator(20),
    "slots": Operator(edit=edits.slots),
    "traditional": Operator(20, spelling=op.traditional),
    "pinyin": Operator(20, spelling=op.pinyin),
    "masks": Operator(edit=edits.masks),
    "numbers": Operator(edit=edits.numbers),
    "punctuation": Operator(20, edit=edits.punctuation),
    "wraps": Operator(20, spelling=op.wrap(24, "　")),
    "shuffled": Operator(160, edit=edits.shuffled, times=4),
    "dropped": Operator(160, edit=edits.dropped),
    "added": Operator(160, edit=edits.added),
    "rotated": Operator(160, edit=edits.rotated, times=4),
    "reworded": Operator(edit=edits.reworded),
    "noise-5": Operator(edit=edits.noise(0.05)),
    "noise-10": Operator(edit=edits.noise(0.10)),
    "noise-20": Operator(edit=edits.noise(0.20)),
    "mosaic": Operator(100, 600),
    "short": Operator(40, 40),
    "paragraph": Operator(150, 150),
    "beside": Operator(40, 600),
    "next-year": Operator(120, 800, edit=edits.slots),
    "citation": Operator(60, 160),
    "template": Operator(),
    "formulas": Operator(),
    "mass-2": Operator(150, 150),
    "mass-10": Operator(150, 150),
    "mass-100": Operator(150, 150),
    "mass-500": Operator(150, 150),
}

FORM = (
    "农村公共设施管护情况登记表", "填报单位：{town}人民政府", "设施名称以及投入使用的具体年份：{noun}，{number}年",
    "现在由谁负责日常看护以及联系方式：{person}", "最近三个月内检查出来的主要毛病：{clause}",
    "已经采取的办法和准备采取的办法：{clause}", "需要上级部门帮助协调解决的事项：{clause}",
    "填表人对以上内容的真实性负责，主管领导已经看过：{person}",
)  # fmt: skip

SLOGANS = (
    "以邓小平理论和三个代表重要思想为指导", "切实加强组织领导，狠抓工作落实",
    "深入贯彻落实科学发展观，全面建设小康社会",
    "不断提高人民群众的生活水平", "坚持以经济建设为中心，大力推进社会主义新农村建设", "认真学习贯彻党的十八大精神",
    "在县委、县政府的正确领导下，在上级主管部门的大力支持下", "进一步解放思想，转变观念，开拓创新",
    "加大宣传力度，营造良好的社会氛围", "统一思想，提高认识，切实增强责任感和紧迫感",
)  # fmt: skip


class Grid:
    """Pages and cases as they accumulate."""

    def __init__(self, cases: int) -> None:
        self.writer = Writer("")
        self.cases_each = cases
        self.pages: list[Page] = []
        self.cases: list[Case] = []

    def page(self, *, chars: int = 0, town: str = "", year: int = 0) -> Page:
        """Add a background report; without ``chars`` of 500 to 1,100 characters."""
        draw, lists = self.writer.random, words()
        number = len(self.pages)
        heads, tails = lists["placehead"], [town[1] for town in lists["town"]]
        name = heads[number % len(heads)] + tails[number // len(heads) % len(tails)] + draw.choice("镇乡")
        town = town or name
        year = year or draw.randrange(2006, 2024)
        title = f"{town}{year}年{draw.choice(lists['topic'])}工作{draw.choice(('总结', '汇报', '小结', '情况'))}"
        paragraphs: list[list[tuple[str, Mark | None]]] = []
        wanted = chars or draw.randrange(500, 1100)
        written = section = 0
        while written < wanted:
            if len(paragraphs) % 4 == 0:
                paragraphs.append([(f"{'一二三四五六七八九'[section % 9]}、{self.writer.heading()}", None)])
                section += 1
            paragraphs.append([(self.writer.paragraph(), None)])
            written += len(paragraphs[-1][0][0])
        tail = f"{town}人民政府\n{year}年{draw.randrange(11, 13)}月{draw.randrange(1, 29)}日\n"
        self.pages.append(Page(title, town, year, paragraphs, tail))
        return self.pages[-1]

    def case(self, operator: str, label: str = "copy", *, star: bool = True) -> Case:
        """Open a case."""
        self.cases.append(Case(f"{operator}/{sum(row.operator == operator for row in self.cases)}", operator, label))
        self.cases[-1].star = star
        return self.cases[-1]

    def passage(self, operator: str, step: int) -> list[Sentence]:
        """Return a passage; lengths climb from the operator's shortest to its longest in equal ratios."""
        low, high = OPERATORS[operator].shortest, OPERATORS[operator].longest
        ratio = (step + 0.5) / self.cases_each
        return self.writer.passage(round(low * (high / low) ** ratio))


def _plain(grid: Grid, name: str) -> None:
    """One report copies one passage from another."""
    for step in range(grid.cases_each):
        passage, case = grid.passage(name, step), grid.case(name)
        source, copy = grid.page(), grid.page()
        copy.spelling = OPERATORS[name].spelling
        case.put(source, spell(passage), grid.writer)
        case.put(copy, OPERATORS[name].edit(passage, grid.writer), grid.writer)


def _mosaic(grid: Grid, name: str) -> None:
    """One report is put together from passages of two to five others."""
    for step in range(grid.cases_each):
        copy = grid.page()
        for _ in range(2 + step % 4):
            passage, case = grid.passage(name, grid.writer.random.randrange(grid.cases_each)), grid.case(name)
            case.put(grid.page(), spell(passage), grid.writer)
            case.put(copy, spell(passage), grid.writer)


def _beside(grid: Grid, name: str) -> None:
    """A copy between slogans: the same ones on both pages, a few other words away, in the copy's own paragraph."""
    for step in range(grid.cases_each):
        passage, case = spell(grid.passage(name, step)), grid.case(name)
        draw = grid.writer.random
        before, behind = draw.sample(SLOGANS, 2)
        for _ in range(2):
            words_between = [
                spell([tuple(grid.writer.fill(draw.choice(("{adverb}{verb}{noun}，", "{verb}{modifier}{noun}，"))))])
                for _ in range(2)
            ]
            page, mark = grid.page(), (case.family, len(case.pages))
            marks: list[Mark] = []
            for _ in range(2):
                slogan = grid.case(name, "formula")
                slogan.family, slogan.pages = f"{case.family}/{len(case.pages)}-{len(marks)}", [page]
                marks.append((slogan.family, 0))
            head = [("另外，", None), (before, marks[0]), (f"，{words_between[0]}", None)]
            tail = [(f"，{words_between[1]}", None), (behind, marks[1]), ("。", None)]
            page.paragraphs.insert(draw.randrange(1, len(page.paragraphs) + 1), [*head, (passage, mark), *tail])
            case.pages.append(page)


def _long(grid: Grid, name: str) -> None:
    """Small copies inside a report of sixty pages; up to ten of them share one such report."""
    hosts = [grid.page(chars=LONG) for _ in range(0, grid.cases_each, 10)]
    for step in range(grid.cases_each):
        copy = hosts[step // 10]
        passage, case = grid.passage(name, step), grid.case(name)
        case.put(grid.page(), spell(passage), grid.writer)
        case.put(copy, spell(passage), grid.writer)


def _next_year(grid: Grid, name: str) -> None:
    """The same town's report of the next year: two passages again, with this year's figures."""
    for step in range(grid.cases_each):
        old = grid.page()
        new = grid.page(town=old.town, year=old.year + 1)
        for _ in range(2):
            passage, case = grid.passage(name, step), grid.case(name, "self")
            case.put(old, spell(passage), grid.writer)
            case.put(new, OPERATORS[name].edit(passage, grid.writer), grid.writer)


def _mass(grid: Grid, name: str) -> None:
    """One block in many of the reports there are; gold lists each against the first."""
    count = int(name.rpartition("-")[2])
    hosts = [page for page in grid.pages if page.spelling is None and len(page.paragraphs) < 100]
    while len(hosts) < count:
        hosts.append(grid.page())
    case = grid.case(name, "mass" if count >= MASS_ISSUERS else "copy")
    text = spell(grid.passage(name, 0))
    for page in grid.writer.random.sample(hosts, count):
        case.put(page, text, grid.writer)


def _citation(grid: Grid, name: str) -> None:
    """Three reports quote one article of an invented regulation."""
    for step in range(grid.cases_each):
        case = grid.case(name, "citation", star=False)
        words_of_law = spell(grid.passage(name, step)).rstrip("，；、。")
        law = (
            f"《{grid.writer.slot('place')}{grid.writer.random.choice(words()['noun'])}管理办法》第{step + 3}条规定："
        )
        for _ in range(3):
            case.put(grid.page(), f"{law}“{words_of_law}。”", grid.writer)


def _template(grid: Grid, name: str) -> None:
    """Three reports fill in the same form."""
    case = grid.case(name, "template", star=False)
    for _ in range(3):
        page, text, answers = grid.page(), "", []
        for line in FORM:
            line = line.replace("{clause}", "{actor}{adverb}{verb}{modifier}{noun}")
            for token in [*grid.writer.fill(line.replace("{town}", page.town)), Token("", "\n")]:
                if token.kind:
                    answers.append((len(text), len(text) + len(token.text)))
                text += token.text
        case.answers.append(answers)
        case.put(page, text.rstrip(), grid.writer)


def form() -> Document:
    """Return the blank form of the operator ``template``, to be given to a scan as a template."""
    blanks = (re.sub(r"\{\w+\}", "＿＿＿＿", line) for line in FORM)
    return Document(source="form.txt", text="\n".join(blanks) + "\n")


def _formulas(grid: Grid, name: str) -> None:
    """Slogans in most reports, each time between other words. Spans of gold, not pairs."""
    lines = FORMULAS.read_text(encoding="utf-8").splitlines()
    formulas = lines[1 : lines.index("= leads")]
    draw = grid.writer.random
    while len(grid.pages) < 30:
        grid.page()
    for page in grid.pages:
        if draw.random() < 0.7:
            before = spell([tuple(grid.writer.fill("{time}{subject}{predicate}，{actor}{adverb}"))])
            behind = spell([tuple(grid.writer.fill("，{verb}{noun}、{verb}{modifier}{noun}。"))])
            at = draw.randrange(len(page.paragraphs))
            mark = (f"formula/{sum(len(row.pages) for row in grid.cases if row.operator == name)}", 0)
            page.paragraphs.insert(at, [(before, None), (draw.choice(formulas), mark), (behind, None)])
            case = grid.case(name, "formula")
            case.family, case.pages = mark[0], [page]


_MAKERS: dict[str, Callable[[Grid, str], None]] = {
    "mosaic": _mosaic,
    "beside": _beside,
    "short": _long,
    "paragraph": _long,
    "next-year": _next_year,
    "citation": _citation,
    "template": _template,
    "formulas": _formulas,
    **{name: _mass for name in OPERATORS if name.startswith("mass-")},
}


def make_grid(
    seed: int = 1, size: str | int = "small", operators: Iterable[str] | None = None
) -> tuple[list[Document], list[dict[str, Any]]]:
    """Return the grid's documents and the rows of its gold file.

    Parameters
    ----------
    seed : int
        Another seed gives other texts under the same plan.
    size : "small", "full" or int
        Cases per operator; small is 4, full 25.
    operators : iterable of str, optional
        Keys of `OPERATORS`. By default all; for a size below ``full`` without the blocks in 100 and 500 reports.

    Returns
    -------
    documents : list of Document
        Sources are ``0000.txt`` and so on.
    rows : list of dict
        Header first; readable by `dedup.evaluate.parse_gold`.

    Raises
    ------
    ValueError
        If an operator is not known.
    """
    each = SIZES[size] if isinstance(size, str) else size
    large = {"mass-100", "mass-500"} if each < SIZES["full"] else set()
    names = list(operators) if operators is not None else [name for name in OPERATORS if name not in large]
    unknown = [name for name in names if name not in OPERATORS]
    if unknown:
        raise ValueError(f"no operator {', '.join(unknown)}; there are {', '.join(OPERATORS)}")
    grid = Grid(each)
    for name in sorted(names, key=list(OPERATORS).index):
        grid.cases_each = each * OPERATORS[name].times
        grid.writer = Writer(f"grid/{seed}/{name}")  # its own, so that one operator more changes no other
        _MAKERS.get(name, _plain)(grid, name)
    return laid_out(grid)


def laid_out(grid: Grid) -> tuple[list[Document], list[dict[str, Any]]]:
    """Return the documents of a grid and its gold rows."""
    documents = [page.document(number) for number, page in enumerate(grid.pages)]
    source = {id(page): document.source for page, document in zip(grid.pages, documents, strict=True)}
    rows: list[dict[str, Any]] = [{"schema": "dedup.gold/1", "complete": True}]
    for case in grid.cases:
        rows += _rows(case, [(source[id(page)], *page.places[case.family, at]) for at, page in enumerate(case.pages)])
    return documents, rows


def _rows(case: Case, places: list[tuple[str, int, int]]) -> Iterable[dict[str, Any]]:
    if case.label == "formula":
        doc, start, end = places[0]
        yield {"doc": doc, "start": start, "end": end, "label": "formula", "operator": case.operator}
        return
    for (doc, start, _), answers in zip(places, case.answers, strict=False):
        for low, high in answers:
            yield {"doc": doc, "start": start + low, "end": start + high, "label": "own", "operator": "answer"}
    firsts = 1 if case.star else len(places) - 1
    for first in range(firsts):
        for second in range(first + 1, len(places)):
            (a, a_start, a_end), (b, b_start, b_end) = places[first], places[second]
            yield {
                "a_doc": a, "a_start": a_start, "a_end": a_end, "b_doc": b, "b_start": b_start, "b_end": b_end,
                "label": case.label, "operator": case.operator, "family": case.family,
            }  # fmt: skip


def write(folder: Path, documents: list[Document], rows: list[dict[str, Any]]) -> None:
    """Write the documents and gold.jsonl into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for document in documents:
        (folder / document.source).write_bytes(document.text.encode())
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "gold.jsonl").write_bytes("".join(lines).encode())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.grid", description="Write a generated grid with its gold.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", default="small", help="small, full, or cases per operator")
    parser.add_argument("--operators", help="comma separated; default all")
    given = parser.parse_args()
    size = given.size if given.size in SIZES else int(given.size)
    documents, rows = make_grid(given.seed, size, given.operators.split(",") if given.operators else None)
    write(given.folder, documents, rows)
    print(f"{given.folder}: {len(documents)} documents, {len(rows) - 1} gold rows")


if __name__ == "__main__":
    main()
