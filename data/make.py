"""Make the sample corpus: invented township reports with planted copying, and the gold file that says where.

    python -m data.make            write reports/, gold.jsonl, template.txt and MANIFEST
    python -m data.make --check    verify that what lies here is what would be written; exit 1 if not

Towns, people, places, regulations and figures are invented; every sentence was written for this corpus. A sentence of
``source/sentences.txt`` is used once, so reports share only what `plan.PLAN` plants and the slogans of
``source/formulas.txt``; `unplanned` proves that by brute force each time the corpus is made.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from bench import operators as op
from data.plan import PLAN, RECORDS, SITE_TITLES, SYNONYMS, Plant, Report

HERE = Path(__file__).resolve().parent
LONGEST_CHANCE = 20
"""Key characters that two places may share without one having been planted."""

MASS_ISSUERS = 5
NUMERALS = "一二三四五六七八九"


class Sources:
    """The sentence bank, blocks, formulas and names, dealt out in order."""

    def __init__(self) -> None:
        self.sentences = {name: [line for line in rows if line[0] != "#"] for name, rows in _sections("sentences")}
        self.headings = {name: [line[2:] for line in rows if line[0] == "#"] for name, rows in _sections("sentences")}
        self.blocks = {name: "\n".join(rows) for name, rows in _sections("blocks")}
        rows = dict(_sections("formulas"))
        self.formulas, self.leads, self.tails = rows["formulas"], rows["leads"], rows["tails"]
        names = dict(_sections("names"))
        self.towns, self.villages, self.people = names["towns"], names["villages"], names["people"]
        self.slogans = 0

    def sentence(self, topic: str, town: str, draw: random.Random) -> str:
        """Take the topic's next unused sentence, filled in."""
        text = self.sentences[topic].pop(0)
        if town.endswith("乡"):
            for word in ("全镇", "镇里", "镇上", "镇党委", "我镇"):
                text = text.replace(word, word.replace("镇", "乡"))
        return _fill(text, draw, self, own=True)

    def heading(self, topic: str) -> str:
        rows = self.headings[topic]
        rows.append(rows.pop(0))
        return rows[-1]

    def slogan(self) -> tuple[str, str, str]:
        """Return (lead, formula, tail): the formulas in turn, each time between other words."""
        at = self.slogans
        self.slogans += 1
        lead = self.leads[at % len(self.leads)]
        tail = self.tails[(at * 5 + at // len(self.tails)) % len(self.tails)]
        return lead, self.formulas[(at + at // len(self.leads)) % len(self.formulas)], tail


def _sections(name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield (title, lines) of a source file: a title is a line that begins with ``= ``."""
    title, rows = "", []
    for line in [*(HERE / "source" / f"{name}.txt").read_text(encoding="utf-8").splitlines(), "= "]:
        if line.startswith("= "):
            if title:
                yield title, rows
            title, rows = line[2:], []
        else:
            rows.append(line)


def _fill(text: str, draw: random.Random, sources: Sources, *, own: bool = False, town: str = "") -> str:
    """Fill the slots: names and figures by kind. Own sentences draw each slot anew, blocks draw each name once."""
    known: dict[str, str] = {"town": town}

    def value(slot: str) -> str:
        kind = slot.rstrip("0123456789")
        return {
            "n": lambda: str(draw.randrange(3, 60)),
            "N": lambda: str(draw.randrange(12, 480) * 10 + draw.randrange(10)),
            "m": lambda: str(draw.randrange(3, 12)),
            "d": lambda: str(draw.randrange(2, 28)),
            "w": lambda: f"{draw.randrange(12, 900) / 10:g}",
            "y": lambda: str(draw.randrange(2009, 2018)),
            "v": lambda: draw.choice(sources.villages),
            "p": lambda: draw.choice(sources.people),
            "yes": lambda: draw.choice(("是", "否", "正在配备")),
            "trouble": lambda: sources.tails[draw.randrange(len(sources.tails))],
        }[kind]()

    out, rest = "", text
    while "{" in rest:
        before, _, rest = rest.partition("{")
        slot, _, rest = rest.partition("}")
        if own or slot not in known:
            known[slot] = value(slot)
        out += before + known[slot]
    return out + rest


@dataclass
class Page:
    """A document under construction: text so far, and marks (what, operator, start, end)."""

    text: str = ""
    marks: list[tuple[str, str, int, int]] = field(default_factory=list)

    def add(self, text: str, what: str = "", operator: str = "") -> None:
        if what:
            self.marks.append((what, operator, len(self.text), len(self.text) + len(text)))
        self.text += text

    def respell(self, spelling: op.Spelling) -> None:
        self.text, spans = op.respell(self.text, spelling, [mark[2:] for mark in self.marks])
        self.marks = [(*mark[:2], *span) for mark, span in zip(self.marks, spans, strict=True)]


def _block(sources: Sources, plant: Plant, town: str) -> str:
    """Return a planted block as it stands in one report."""
    draw = random.Random(f"{plant.block}/{plant.values}")
    text = _fill(sources.blocks[plant.block], draw, sources, town=town)
    if plant.edit in ("strip", "mask", "halfwidth"):
        spelling = {"strip": op.strip_numbers, "mask": op.mask_numbers, "halfwidth": op.halfwidth}[plant.edit]
        return op.respell(text, spelling, [])[0]
    sentences = [piece + "。" for piece in text.split("。") if piece.strip()]
    if plant.edit == "twolines":
        lines = text.split("\n")
        return lines[0] + lines[1] + "\n" + lines[2] + lines[3]
    if plant.edit == "edited":  # one sentence gone, one put in its place, one name of a thing changed
        added = "药箱、担架和喊话器从此单独装车。"
        return "".join([*sentences[:3], *sentences[4:5], added, *sentences[5:]]).replace("十四分钟", "十九分钟")
    if plant.edit == "dropped":
        return "".join(sentences[:2] + sentences[3:]).replace("财政所", "民政办").replace("四个月", "半年")
    if plant.edit == "shuffled":
        return "".join(sentences[at] for at in (2, 0, 1, *range(len(sentences) - 1, 2, -1)))
    if plant.edit == "synonyms":
        for old, new in SYNONYMS:
            text = text.replace(old, new)
    return text


def _answers(form: str, filled: str) -> list[tuple[int, int]]:
    """Return where in a filled form the values stand: between the pieces that the form itself says."""
    spans, at = [], 0
    for piece in (part.partition("}")[2] if number else part for number, part in enumerate(form.split("{"))):
        found = filled.index(piece, at) if piece else len(filled)
        if found > at:
            spans.append((at, found))
        at = found + len(piece)
    return spans


def _report(page: Page, report: Report, sources: Sources) -> None:
    """Write one report onto the page."""
    town = sources.towns[report.town]
    draw = random.Random(f"{town}/{report.year}")
    about = "、".join(report.topics)
    page.add(f"{town}{report.year}年{about}工作{draw.choice(('总结', '汇报', '情况报告', '小结'))}\n")
    lead, formula, tail = sources.slogan()
    page.add(f"{lead}，")
    page.add(formula, "formula", "formula")
    page.add(f"，{tail}。\n")
    for number, topic in enumerate(report.topics):
        page.add(f"{NUMERALS[number]}、{sources.heading(topic)}\n")
        own = [sources.sentence(topic, town, draw) for _ in range(min(4, 2 + (len(report.topics) == 1)))]
        page.add(own[0] + own[1] + "\n" if draw.random() < 0.6 else own[0] + "\n" + own[1] + "\n")
        if number == 0 and len(own) < 3 and draw.random() < 0.75:
            lead, formula, tail = sources.slogan()
            page.add(f"{lead}，")
            page.add(formula, "formula", "formula")
            page.add(f"，{tail}。\n")
        for plant in (row for row in report.plants if row.after == number):
            what = f"block:{plant.block}"
            text = _block(sources, plant, town)
            if plant.edit == "inline":
                page.text = page.text.rstrip("\n")
            begin = len(page.text)
            page.add(text + "\n")
            page.marks.append((what, plant.operator, begin, begin + len(text)))
            if plant.block == "form":
                answers = _answers(sources.blocks["form"], text)
                page.marks += [("own", "answer", begin + start, begin + end) for start, end in answers]
        page.add("".join(text + "\n" for text in own[2:]))
    page.add(f"{town}人民政府\n{report.year}年{draw.randrange(11, 13)}月{draw.randrange(3, 29)}日\n")


def _site(page: Page, sources: Sources, titles: list[str]) -> Page:
    """Return the page inside a site's navigation and recommendations."""
    tail = sources.blocks["tail"].format_map({f"other{n}": titles[n - 1] for n in range(1, 5)})
    outer = Page()
    outer.add(sources.blocks["nav"], "furniture", "furniture")
    outer.add("\n")
    shift = len(outer.text)
    outer.text += page.text
    outer.marks += [(what, operator, start + shift, end + shift) for what, operator, start, end in page.marks]
    outer.add(tail, "furniture", "furniture")
    outer.add("\n")
    return outer


def compose() -> tuple[dict[str, tuple[Page, bytes]], dict[str, Page], Sources]:
    """Return the files (page and bytes by name), the pages by document name, and what is left of the sources."""
    sources = Sources()
    files: dict[str, tuple[Page, bytes]] = {}
    documents: dict[str, Page] = {}
    titles = list(SITE_TITLES)
    for number, reports in enumerate(PLAN, 1):
        page = Page()
        for part, report in enumerate(reports):
            if len(reports) > 1:
                town = sources.towns[report.town]
                page.add(f"第{NUMERALS[part]}篇：{town}{report.year}年{report.topics[0]}工作汇报\n")
            _report(page, report, sources)
        shape = reports[0].shape
        if shape == "site":
            page = _site(page, sources, [titles.pop(0) for _ in range(4)])
        if shape in ("traditional", "pinyin", "wrap", "gb18030"):
            page.respell(
                {
                    "traditional": op.traditional,
                    "pinyin": op.pinyin,
                    "wrap": op.wrap(26, "　"),
                    "gb18030": op.crlf,
                }[shape]
            )
        name = f"reports/{number:02d}-{sources.towns[reports[0].town]}.txt"
        documents[name] = page
        files[name] = (page, page.text.encode("gb18030" if shape == "gb18030" else "utf-8"))
    lines = ""
    for number, (before, block, after) in enumerate(RECORDS, 1):
        page = Page()
        draw = random.Random(f"record/{number}")
        page.add(sources.sentence(before, "", draw))
        if block:
            page.add(sources.blocks[block], f"block:{block}", "record")
        page.add(sources.sentence(after, "", draw))
        documents[f"reports/notices.jsonl#n{number}"] = page
        lines += json.dumps({"id": f"n{number}", "text": page.text}, ensure_ascii=False) + "\n"
    files["reports/notices.jsonl"] = (Page(), lines.encode())
    return files, documents, sources


def gold_rows(documents: dict[str, Page]) -> list[dict[str, object]]:
    """Return the rows of gold.jsonl: a header, then a row per pair of places that say the same or labelled span."""
    rows: list[dict[str, object]] = [{"schema": "dedup.gold/1", "complete": True}]
    blocks: dict[str, list[tuple[str, str, int, int]]] = defaultdict(list)
    spans: list[dict[str, object]] = []
    for name, page in documents.items():
        for what, operator, start, end in page.marks:
            if what.startswith("block:") and operator != "near-miss":
                blocks[what[6:]].append((name, operator, start, end))
            else:
                label = "own" if operator == "near-miss" else what
                spans.append({"doc": name, "start": start, "end": end, "label": label, "operator": operator})
    for block, places in sorted(blocks.items()):
        for (a, a_op, a_start, a_end), (b, b_op, b_start, b_end) in combinations(places, 2):
            label = _label(block, len({place[0] for place in places}), a, b, b_op)
            operator = "mass" if label == "mass" else "citation" if label == "citation" else b_op
            if operator == "verbatim" and a_op != "verbatim":
                operator = a_op
            rows.append(
                {"a_doc": a, "a_start": a_start, "a_end": a_end, "b_doc": b, "b_start": b_start, "b_end": b_end}
                | {"label": label, "operator": operator, "family": block}
            )
    return rows + spans


def _label(block: str, documents: int, a: str, b: str, operator: str) -> str:
    if block in ("form", "law"):
        return {"form": "template", "law": "citation"}[block]
    if operator == "next-year" or (a == b and operator == "self"):
        return "self"
    return "mass" if documents >= MASS_ISSUERS else "copy"


def key_text(text: str) -> str:
    """Return letters and ideographs alone, simplified: a plain stand-in for the key stream, for checks."""
    back = {row[0]: simple for simple, row in op.script_table().items()}
    out, skip = [], 0
    for char in text:
        skip += (char == "(") - (char == ")")
        if skip <= 0 and char.isalpha() and char not in "×第篇":
            out.append(back.get(char, char))
    return "".join(out)


def unplanned(documents: dict[str, Page], longest: int = LONGEST_CHANCE) -> list[str]:
    """Return strings of ``longest`` key characters that stand twice outside of what was planted (wanted: none)."""
    seen: set[str] = set()
    twice = []
    for page in documents.values():
        edge = 0
        pieces = []
        for _, _, start, end in sorted(page.marks, key=lambda mark: mark[2]):
            pieces.append(page.text[edge:start])
            edge = max(edge, end)
        for piece in [*pieces, page.text[edge:]]:
            key = key_text(piece)
            for at in range(len(key) - longest + 1):
                gram = key[at : at + longest]
                if gram in seen:
                    twice.append(gram)
                seen.add(gram)
    return twice


def outputs() -> dict[str, bytes]:
    """Return every file of the corpus by its name under this folder."""
    files, documents, sources = compose()
    found = unplanned(documents)
    if found:
        raise SystemExit(f"reports share {len(found)} stretches that were not planted, such as {found[:5]}")
    out = {name: data for name, (_, data) in files.items()}
    rows = gold_rows(documents)
    out["gold.jsonl"] = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    form = sources.blocks["form"]
    blank = "".join(
        part if not at else "＿＿＿＿" + part.partition("}")[2] for at, part in enumerate(form.split("{"))
    )
    out["template.txt"] = (blank + "\n").encode()
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(out.items())}
    out["MANIFEST"] = "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()
    return out


def main(arguments: list[str]) -> int:
    wanted = outputs()
    if arguments == ["--check"]:
        present = {str(path.relative_to(HERE)) for path in (HERE / "reports").iterdir()} | {
            "gold.jsonl",
            "template.txt",
        }
        wrong = [
            name for name, data in wanted.items() if not (HERE / name).is_file() or (HERE / name).read_bytes() != data
        ]
        wrong += sorted(present - set(wanted))
        for name in wrong:
            print(f"{name} is not what data/make.py makes", file=sys.stderr)
        return 1 if wrong else 0
    if arguments:
        print("usage: python -m data.make [--check]", file=sys.stderr)
        return 2
    (HERE / "reports").mkdir(exist_ok=True)
    for path in (HERE / "reports").iterdir():
        path.unlink()
    for name, data in wanted.items():
        (HERE / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
