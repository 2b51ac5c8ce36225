"""Are labels right where it matters? Blocks, slogans and edited forms, measured on generated reports.

    python -m bench.labels                 blocks in 2 to 500 of 1,000 reports, slogans, forms, F1 by label
    python -m bench.labels --docs          put the figures into docs/accuracy.md

Everything is drawn from the grammar of the grid with seeds of its own, so that nothing here is what the rules were
fitted to but the language.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from bench.grammar import spell
from bench.grid import Grid
from bench.pages import Case, Page
from dedup import Params, Result, scan
from dedup.result import Document

LENGTHS = (40, 80, 200, 600)
COUNTS = (2, 5, 20, 100, 500)
ISSUERS = ("own", "none", "same")
SIX = ("furniture", "template", "citation", "formula", "mass", "copy")

SLOGANS = (
    "在县委、县政府的正确领导下，全镇上下团结一心",
    "切实做到思想到位、责任到位、措施到位",
    "取得了一定的成绩，但也存在一些问题和不足",
    "统一思想，提高认识，加强领导，狠抓落实",
    "认真贯彻落实上级各项决策部署",
    "不断提高人民群众的获得感、幸福感、安全感",
    "以求真务实的作风扎实推进各项工作",
    "形成了齐抓共管的良好工作格局",
    "充分发挥党员干部的先锋模范作用",
    "严格按照上级的统一部署和要求开展工作",
    "为全镇经济社会发展提供了坚强保证",
    "坚持把群众满意作为检验工作的根本标准",
    "进一步增强做好本职工作的责任感和使命感",
    "全面完成年初确定的各项目标任务",
    "牢固树立全心全意为人民服务的宗旨意识",
    "把各项惠民政策真正落到实处",
)
"""Set phrases as anybody writes them; each goes into sentences of the reports' own."""


@dataclass(frozen=True)
class Planted:
    """Reports in which blocks were put, each block's places, and how long and how frequent it is."""

    documents: list[Document]
    places: dict[tuple[int, int], list[tuple[int, int, int]]]


def blocks(reports: int, counts: Sequence[int], lengths: Sequence[int], issuer: str, seed: str) -> Planted:
    """Return reports of one's own wording into which blocks were pasted.

    Parameters
    ----------
    reports : int
    counts, lengths : sequences of int
        A block for each pair: in so many reports, so many characters long.
    issuer : str
        ``own`` for one a report, ``none``, ``same`` for one of all.
    seed : str
    """
    grid = Grid(1)
    grid.writer.random.seed(f"labels/{seed}")
    pages = [grid.page() for _ in range(reports)]
    for length in lengths:
        for count in counts:
            case = Case(f"{length}/{count}", "block", "mass")
            text = spell(grid.writer.passage(length))
            for page in grid.writer.random.sample(pages, count):
                case.put(page, text, grid.writer)
    documents = [_issued(page, row, issuer) for row, page in enumerate(pages)]
    places: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for row, page in enumerate(pages):
        for (family, _), (start, end) in page.places.items():
            length, count = map(int, family.split("/"))
            places.setdefault((length, count), []).append((row, start, end))
    return Planted(documents, places)


def labels_of(result: Result, places: Sequence[tuple[int, int, int]]) -> Counter[str]:
    """Return the label that most of each place bears."""
    found: Counter[str] = Counter()
    for row, start, end in places:
        shares = Counter({"own": end - start})
        for low, high, label, _ in result.documents[row].marks:
            both = max(0, min(high, end) - max(low, start))
            shares[label] += both
            shares["own"] -= both
        found[shares.most_common(1)[0][0]] += 1
    return found


def slogans(reports: int, each: int, seed: str, *, pool: Sequence[str] = SLOGANS) -> list[Document]:
    """Return independent reports that share slogans and nothing else: so many each, in sentences of their own."""
    grid = Grid(1)
    writer = grid.writer
    writer.random.seed(f"slogans/{seed}")
    pages = [grid.page() for _ in range(reports)]
    for page in pages:
        for slogan in writer.random.sample(list(pool), min(each, len(pool))):
            before = spell([tuple(writer.fill("{time}{subject}{predicate}，"))])
            behind = spell([tuple(writer.fill("，{verb}{noun}、{verb}{modifier}{noun}。"))])
            page.paragraphs.insert(writer.random.randrange(len(page.paragraphs)), [(before + slogan + behind, None)])
    return [_issued(page, row, "own") for row, page in enumerate(pages)]


def accused_pairs(result: Result) -> float:
    """Return the share of pairs of reports that have a family of copy or mass in common."""
    pairs = {
        pair
        for cluster in result.clusters
        if cluster.label in ("copy", "mass")
        for pair in combinations(sorted({span.document for span in cluster.members}), 2)
    }
    count = len(result.documents)
    return len(pairs) / (count * (count - 1) / 2)


@dataclass(frozen=True)
class Forms:
    """Reports that filled in one form, in an edition of their own, and where their answers stand."""

    form: Document
    documents: list[Document]
    answers: list[list[tuple[int, int]]]


def forms(reports: int, edits: float, seed: str) -> Forms:
    """Return a form of some twenty lines and reports that fill it in, with that share of its characters changed."""
    grid = Grid(1)
    writer = grid.writer
    writer.random.seed(f"forms/{seed}")
    lines = [spell(writer.passage(60)).rstrip("，；、。") + "：" for _ in range(20)]
    documents, answers = [], []
    for row in range(reports):
        text, spans = "", []
        for line in lines:
            text += _edited(line, edits, grid)
            answer = spell(writer.passage(writer.random.choice((6, 15, 40))))
            spans.append((len(text), len(text) + len(answer)))
            text += answer + "\n"
        documents.append(Document(f"{row:04d}.txt", text, issuer=f"第{row}乡人民政府"))
        answers.append(spans)
    return Forms(Document("form.txt", "".join(f"{line}＿＿＿＿\n" for line in lines)), documents, answers)


def form_shares(given: Forms, result: Result) -> tuple[float, float]:
    """Return the shares of form text that is excluded, and of answers that is not."""
    excluded = form = kept = answered = 0
    for info, spans in zip(result.documents, given.answers, strict=True):
        template = bytearray(info.chars)
        for start, end, label, _ in info.marks:
            if label == "template":
                template[start:end] = b"\1" * (end - start)
        inside = bytearray(info.chars)
        for start, end in spans:
            inside[start:end] = b"\1" * (end - start)
        form += inside.count(0)
        answered += inside.count(1)
        both = sum(a & b for a, b in zip(template, inside, strict=True))
        excluded += template.count(1) - both
        kept += inside.count(1) - both
    return excluded / form, kept / answered


def _issued(page: Page, row: int, issuer: str) -> Document:
    named = {"own": page.town, "none": None, "same": "青石县人民政府"}[issuer]
    return replace(page.document(row), issuer=named)


def _edited(line: str, share: float, grid: Grid) -> str:
    """Return a line of which that share of characters is replaced, lost or followed by another, evenly."""
    from bench.grammar import alphabet

    draw, out = grid.writer.random, ""
    for char in line:
        kind = draw.random()
        if kind < share * 2 / 3:
            out += draw.choice(alphabet())
        elif kind < share * 5 / 6:
            continue
        else:
            out += char + (draw.choice(alphabet()) if kind < share else "")
    return out


def measure(reports: int = 1000) -> Iterator[str]:
    """Yield the rows of the table in docs/accuracy.md."""
    for issuer in ISSUERS:
        planted = blocks(reports, COUNTS, LENGTHS, issuer, issuer)
        result = scan(planted.documents, Params(rewrite_chars=0))
        for (length, count), places in sorted(planted.places.items()):
            told = ", ".join(f"{label} {number}" for label, number in labels_of(result, places).most_common())
            yield f"| {length} characters in {count} of {reports:,}, issuer: {issuer} | {told} |"
    for count, each in ((10, 6), (40, 8), (120, 8), (120, 2)):
        share = accused_pairs(scan(slogans(count, each, f"{count}/{each}")))
        yield f"| {count} reports, {each} slogans each: pairs with a family of copy or mass | {share:.2%} |"
    for edits in (0.0, 0.05, 0.10, 0.15):
        given = forms(12, edits, f"{edits}")
        gone, kept = form_shares(given, scan(given.documents, templates=[given.form]))
        yield f"| a form with {edits:.0%} edits: excluded; answers not excluded | {gone:.1%}; {kept:.1%} |"
    from bench import gate

    for name, measured in (("grid-small", gate.grid("small")), ("data", gate.data())):
        f1 = {label: row.f1 for label, row in measured.scores.labels.items() if label in SIX and row.chars}
        told = ", ".join(f"{label} {f1[label]:.3f}" for label in SIX if label in f1)
        yield f"| {name}: F1 by label; macro | {told}; {sum(f1.values()) / len(f1):.3f} |"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.labels", description="Measure the labels.")
    parser.add_argument("--docs", action="store_true", help="put the figures into docs/accuracy.md")
    parser.add_argument("--reports", type=int, default=1000)
    given = parser.parse_args(arguments)
    from bench.gate import DOCS, publish

    rows = []
    for row in measure(given.reports):
        print(row, flush=True)
        rows.append(row)
    if given.docs:
        text = "\n".join(["| what | found |", "|---|---|", *rows])
        DOCS.write_text(publish(DOCS.read_text("utf-8"), "labels", text), "utf-8")


if __name__ == "__main__":
    main()
