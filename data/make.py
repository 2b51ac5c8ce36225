"""Make the sample corpus: invented township reports with planted copying, and the gold file that says where.

    python -m data.make            write reports/, gold.jsonl, template.txt and MANIFEST
    python -m data.make --check    verify that what lies here is what would be written; exit 1 if not

Towns, people, places, regulations and figures are invented; every sentence was written for this corpus. A sentence of
``source/sentences.txt`` is used once, so reports share only what `PLAN` plants and the slogans of
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

HERE = Path(__file__).resolve().parent
LONGEST_CHANCE = 20
"""Key characters that two places may share without one having been planted."""

MASS_ISSUERS = 5
NUMERALS = "一二三四五六七八九"


@dataclass(frozen=True)
class Plant:
    """A block to put into a report: after which section, drawn with which values, after what was done to it."""

    block: str
    values: str = "a"
    edit: str = ""
    after: int = 0
    operator: str = "verbatim"


@dataclass(frozen=True)
class Report:
    """One report: whose, of what year, on which topics, with which blocks planted, in what shape."""

    town: int
    year: int
    topics: tuple[str, ...]
    plants: tuple[Plant, ...] = ()
    shape: str = ""


def _p(block: str, values: str = "a", edit: str = "", after: int = 0, operator: str = "verbatim") -> Plant:
    return Plant(block, values, edit, after, operator)


# The plan of the corpus. Files are numbered in this order; a list of reports is one collection file (第一篇…).
PLAN: tuple[tuple[Report, ...], ...] = tuple(
    (row,) if isinstance(row, Report) else row
    for row in (
        Report(
            0, 2019, ("党建", "安全"), (_p("study", after=0), _p("study", edit="twolines", after=1, operator="self"))
        ),
        Report(1, 2019, ("防汛", "水利"), (_p("watch"), _p("nearmiss-b", operator="near-miss"))),
        Report(2, 2020, ("防汛", "交通"), (_p("watch"), _p("mutual", after=1))),
        Report(3, 2018, ("环境", "文明"), (_p("market"), _p("notice", after=1))),
        Report(4, 2019, ("环境", "信访"), (_p("market"), _p("seed40", edit="inline", after=1))),
        Report(5, 2020, ("教育", "环境"), (_p("market", edit="halfwidth", after=1, operator="punctuation"),)),
        Report(6, 2017, ("春耕", "产业"), (_p("granary"), _p("nearmiss-a", operator="near-miss"))),
        Report(7, 2018, ("春耕", "文明"), (_p("granary", "b", operator="slots"),)),
        Report(8, 2019, ("交通", "招商"), (_p("bridge"), _p("notice", after=1))),
        Report(9, 2020, ("交通", "水利"), (_p("bridge", edit="strip", operator="numbers-stripped"),)),
        Report(10, 2018, ("卫健", "低保"), (_p("clinic"), _p("heavy", after=1))),
        Report(11, 2021, ("卫健", "教育"), (_p("clinic", edit="mask", operator="masks"),)),
        Report(12, 2019, ("防汛", "护林"), (_p("rehearsal"), _p("law", after=1))),
        Report(
            13, 2020, ("护林", "安全"), (_p("rehearsal", edit="edited", operator="edited"), _p("notice", after=1))
        ),
        Report(14, 2018, ("低保", "信访"), (_p("ledger"), _p("dorm", after=1))),
        Report(15, 2019, ("低保", "党建"), (_p("ledger", edit="dropped", operator="dropped"),)),
        Report(16, 2019, ("教育", "招商"), (_p("drill"), _p("notice", after=1))),
        Report(17, 2020, ("教育", "文明"), (_p("drill", operator="traditional"),), "traditional"),
        Report(18, 2020, ("产业", "春耕"), (_p("tea", operator="pinyin"),), "pinyin"),
        Report(19, 2018, ("产业", "护林"), (_p("tea"), _p("law", after=1))),
        Report(20, 2019, ("低保", "卫健"), (_p("elder"), _p("survey", operator="near-miss", after=1))),
        Report(
            21,
            2020,
            ("卫健", "人大"),
            (_p("elder", operator="wraps"), _p("notice", operator="wraps", after=1)),
            "wrap",
        ),
        (
            Report(22, 2021, ("水利",), (_p("fishery"),)),
            Report(23, 2021, ("产业",), (_p("fishery", operator="collection"),)),
            Report(24, 2021, ("人大",), (_p("archive", operator="collection"),)),
        ),
        Report(25, 2020, ("人大", "信访"), (_p("archive"), _p("wells", after=1))),
        Report(26, 2020, ("招商", "党建"), (_p("network"), _p("ration", after=1)), "site"),
        Report(27, 2021, ("信访", "交通"), (_p("network", edit="shuffled", operator="shuffled"),), "site"),
        Report(28, 2021, ("文明", "环境"), (_p("cable"), _p("law", after=1)), "site"),
        Report(29, 2020, ("春耕",), (_p("form", "a", operator="template"),)),
        Report(30, 2020, ("水利",), (_p("form", "b", operator="template"), _p("notice", after=0))),
        Report(31, 2021, ("文明",), (_p("form", "c", operator="template"),)),
        Report(32, 2019, ("招商", "产业"), (_p("loan"), _p("orchard", after=1))),
        Report(
            32,
            2020,
            ("人大", "招商"),
            (_p("loan", "b", operator="next-year"), _p("orchard", operator="next-year", after=1)),
        ),
        Report(
            33,
            2021,
            ("党建", "安全"),
            (
                _p("dorm", operator="mosaic"),
                _p("ration", operator="mosaic", after=1),
                _p("cable", operator="mosaic", after=1),
            ),
        ),
        Report(34, 2020, ("信访", "低保"), (_p("seed40", edit="inline", operator="short"),)),
        Report(35, 2021, ("安全", "卫健"), (_p("survey-other", "b", operator="near-miss"), _p("notice", after=1))),
        Report(36, 2020, ("交通", "教育"), (_p("mutual", edit="synonyms", operator="synonyms"),)),
        Report(37, 2021, ("护林", "水利"), (_p("heavy"),), "gb18030"),
        Report(38, 2021, ("人大", "春耕")),
        Report(39, 2018, ("安全", "护林")),
    )
)

# Records of reports/notices.jsonl: topic of an own sentence, then a block, then another own sentence.
RECORDS: tuple[tuple[str, str, str], ...] = (
    ("党建", "wells", "环境"),
    ("防汛", "square", "卫健"),
    ("安全", "square", "低保"),
    ("防汛", "", "信访"),
)

SYNONYMS = (
    ("隔成", "分作"), ("照看", "照顾"), ("记一个工时", "登记一个工时"), ("贴补", "补助"), ("轮流", "轮着"),
    ("起初", "刚开始"), ("被笑话", "让人笑话"), ("排队报名", "主动报名"), ("腾空的", "已经腾空的那所"),
)  # fmt: skip

SITE_TITLES = (
    "乡镇上半年信访工作小结", "社区文化活动方案三篇", "村支书述职材料", "秋季护林动员会讲话稿", "水利站长年终自查",
    "食堂承包合同样本", "入职一年心得", "驻村第一书记日记选", "校园安全月活动安排", "青年联谊会主持词",
    "老干部座谈会发言", "计生专干考核自评",
)  # fmt: skip


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


def _paragraph(page: Page, text: str, what: str, operator: str, *, inline: bool, nofull: str) -> None:
    if inline:
        page.text = page.text.rstrip("\n")
    page.add(text, what, operator)
    page.add(nofull + "\n")


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
            _paragraph(page, text, what, plant.operator, inline=plant.edit == "inline", nofull="")
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
            edge = end
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
