"""Results made by hand, for the tests of the faces: realistic, small, and hostile where a face must be careful.

Offsets, lines, marks and counts are computed from the texts, so a result made here keeps every invariant that
`dedup.result` promises: ``text[start:end]`` is the passage, label counts sum to ``chars``, marks are disjoint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from dedup.params import LABELS, Params
from dedup.result import (
    Change,
    Cluster,
    DocumentInfo,
    Evidence,
    Limit,
    Part,
    Passage,
    Result,
    Skipped,
    Span,
)

HOSTILE_NAME = "报告/=cmd|'x'!A1 <script>alert(1)</script>[bold].txt"
"""A source name that a page, a spreadsheet, a terminal and a markup language would each like to obey."""

HOSTILE_BLOCK = (
    "\x1b[31m红色\x1b[0m的段落里藏着[bold red]标记[/bold red]与<img src=x onerror=alert(2)>，\n"
    '还有\u202e倒写\u202c、响铃\x07、空字符\x00和=HYPERLINK("http://invalid","点我")以及|竖线|和`反引号`。'
)
"""Terminal escapes, rich markup, HTML, bidi controls, a bell, NUL, a formula and Markdown, in one block."""

_FOREST = (
    "各村组要把护林员的巡山日志按周收回核对，凡是清明前后进山的人一律登记火种，"
    "发现在沟口烧秸秆的先扑灭再通报，全年没有发生过一起过火面积超过半亩的火情。"
)
_FOREST_EDITED = _FOREST.replace("半亩", "一亩").replace("清明", "冬至").replace("过火面积", "过伙面积")
_SCHOOL = (
    "完小食堂的菜价每月公示一次，家长代表轮流试吃并在本子上签名，\n"
    "留守儿童的牛奶由值日老师看着喝完，学期末把空盒数与采购单对上才算结清。"
)
_WELL = "灌溉机井实行一井一卡，水费按度数收取，井长的报酬从节余里开支。"
_SLOGAN = "坚持一手抓生产，一手抓安全"
_LAW = "《云岭县集体林地管理办法》第九条规定：林地流转须经三分之二以上成员同意。"
_NAV = "首页 > 范文 > 总结　上一篇　下一篇\n"
_FORM = "填报单位：　　　　　填报日期：　　　　　审核人：　　　　　\n"
_FILLER = (
    "今年雨水来得早，河滩地里的玉米补种了两回。",
    "文化站添了一台旧投影仪，放映员是退休的老木匠。",
    "税收比去年少了一截，主要是石料厂停了窑。",
    "办公室把十年的旧账装了箱，贴上年份送进档案室。",
)


@dataclass
class Maker:
    """Collects documents and families, then computes a `Result`."""

    params: Params = field(default_factory=Params)
    documents: list[DocumentInfo] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)

    def document(
        self,
        source: str,
        pieces: Sequence[str],
        *,
        member: str | None = None,
        issuer: str | None = None,
        date: str | None = None,
        parts: Sequence[str] = (),
    ) -> int:
        """Add a document of these pieces, laid end to end; return its id. ``parts`` are titles found in the text."""
        text = "".join(pieces)
        starts = [text.index(title) for title in parts]
        ends = [*starts[1:], len(text)][: len(starts)]
        info = DocumentInfo(
            id=len(self.documents),
            source=source,
            member=member,
            chars=len(text),
            digest=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            title=text.strip().split("\n", 1)[0][:30] or None,
            issuer=issuer,
            date=date,
            encoding="utf-8",
            parts=tuple(Part(*row) for row in zip(parts, starts, ends, strict=True)),
            labels=dict.fromkeys(LABELS, 0) | {"own": len(text)},
            rates={},
            repairs={},
            flags={},
            marks=(),
            text=text,
        )
        self.documents.append(info)
        return info.id

    def span(self, document: int, snippet: str, nth: int = 0) -> Span:
        """Return the place of the nth occurrence of the snippet."""
        info = self.documents[document]
        text = info.text or ""
        start = -1
        for _ in range(nth + 1):
            start = text.index(snippet, start + 1)
        part = next((row for row, one in enumerate(info.parts) if one.start <= start < one.end), None)
        line = text.count("\n", 0, start) + 1
        return Span(document, start, start + len(snippet), line=line, part=part, paragraph=line)

    def family(
        self,
        label: str,
        grade: str | None,
        members: Sequence[Span],
        *,
        wording: float = 1.0,
        similarity: float = 1.0,
        star: bool = False,
        evidence: Sequence[Evidence] = (),
        changes: Mapping[str, tuple[str, str]] | None = None,
    ) -> Cluster:
        """Add a family and its pairs, and mark its members in their documents."""
        first = self._text(members[0])
        name = hashlib.sha256(f"{label}{len(self.clusters)}{first}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
        cluster = Cluster(
            id=name,
            label=label,
            grade=grade,
            title=first[:16],
            medoid=0,
            weakest=wording,
            similarity=similarity,
            members=tuple(members),
            wording=(1.0,) + (wording,) * (len(members) - 1),
            documents=len({span.document for span in members}),
            issuers=len({self.documents[span.document].issuer for span in members}),
            star=star,
            earliest=None,
            evidence=tuple(evidence),
        )
        self.clusters.append(cluster)
        for left, right in combinations(members, 2):
            self._pair(cluster, left, right, changes or {})
        for span in members:
            self._mark(span, cluster)
        return cluster

    def result(self, *, skipped: Sequence[Skipped] = (), limits: Sequence[Limit] = ()) -> Result:
        """Return what was collected, with shares computed."""
        documents = [
            replace(info, rates={"copied": round(info.labels["copy"] / info.chars, 4) if info.chars else None})
            for info in self.documents
        ]
        return Result(
            version="0.1.0",
            params=self.params,
            documents=tuple(documents),
            passages=tuple(self.passages),
            clusters=tuple(self.clusters),
            skipped=tuple(skipped),
            limits=tuple(limits),
        )

    def _text(self, span: Span) -> str:
        return (self.documents[span.document].text or "")[span.start : span.end]

    def _pair(self, cluster: Cluster, left: Span, right: Span, changes: Mapping[str, tuple[str, str]]) -> None:
        found = []
        for kind, (before, after) in changes.items():
            left_at, right_at = self._text(left).find(before), self._text(right).find(after)
            if left_at >= 0 and right_at >= 0:
                here = (left.start + left_at, left.start + left_at + len(before))
                there = (right.start + right_at, right.start + right_at + len(after))
                found.append(Change(kind, here, there))
        self.passages.append(
            Passage(
                id=f"{cluster.id}-{len(self.passages)}",
                label=cluster.label,
                grade=cluster.grade,
                wording=cluster.weakest,
                similarity=cluster.similarity,
                left=left,
                right=right,
                cluster=cluster.id,
                changes=tuple(found),
            )
        )

    def _mark(self, span: Span, cluster: Cluster) -> None:
        info = self.documents[span.document]
        size = span.end - span.start
        labels = dict(info.labels)
        labels[cluster.label] += size
        labels["own"] -= size
        marks = tuple(
            sorted((*info.marks, (span.start, span.end, cluster.label, cluster.id)), key=lambda one: one[:2])
        )
        self.documents[span.document] = replace(info, labels=labels, marks=marks)


def sample_result() -> Result:
    """Return six documents with a family of every label, a hostile document, skipped sources and limits."""
    make = Maker()
    stone = make.document(
        "reports/石门乡.txt",
        [_NAV, "石门乡年度总结\n", _FILLER[0], _FOREST, "\n", _SLOGAN, "。\n", _WELL, "\n", _WELL, "\n", _FORM],
        issuer="石门乡",
        date="2009-12",
    )
    willow = make.document(
        "reports/柳湾乡.txt",
        [_NAV, "第一篇：柳湾乡总结\n", _FOREST_EDITED, _FILLER[1], "\n第二篇：柳湾完小总结\n", _SCHOOL, _FORM],
        issuer="柳湾乡",
        date="2010-12",
        parts=("第一篇：柳湾乡总结", "第二篇：柳湾完小总结"),
    )
    records = [
        make.document(
            "reports/合集.jsonl",
            [f"记录{row}\n", _FILLER[row % 4], _SCHOOL if row < 2 else _LAW, _SLOGAN, "。"],
            member=f"rec-{row}",
            issuer=f"第{row}完小",
        )
        for row in range(3)
    ]
    hostile = make.document(HOSTILE_NAME, [_FILLER[3], HOSTILE_BLOCK, "\n尾句。", HOSTILE_BLOCK])
    make.document("reports/独文.txt", ["独文乡总结\n", *_FILLER], issuer="独文乡")

    make.family(
        "copy",
        "A",
        [make.span(stone, _FOREST), make.span(willow, _FOREST_EDITED)],
        wording=0.9394,
        similarity=0.9296,
        star=True,
        evidence=[
            Evidence("verbatim_run", {"chars": 35}),
            Evidence("leftover", {"text": "石门", "from": "石门乡.txt", "in": "柳河乡.txt"}),
        ],
        changes={"replace": ("清明", "冬至"), "number": ("半亩", "一亩"), "typo": ("过火面积", "过伙面积")},
    )
    make.family(
        "copy", "C", [make.span(willow, _SCHOOL), make.span(records[0], _SCHOOL), make.span(records[1], _SCHOOL)]
    )
    make.family("mass", None, [make.span(hostile, HOSTILE_BLOCK), make.span(hostile, HOSTILE_BLOCK, 1)])
    make.family("self", None, [make.span(stone, _WELL), make.span(stone, _WELL, 1)])
    make.family("formula", None, [make.span(stone, _SLOGAN), *(make.span(row, _SLOGAN) for row in records)])
    make.family("furniture", None, [make.span(stone, _NAV), make.span(willow, _NAV)])
    make.family("template", None, [make.span(stone, _FORM), make.span(willow, _FORM)])
    make.family("citation", None, [make.span(records[2], _LAW)])
    return make.result(
        skipped=[
            Skipped("reports/空.txt", "the file is empty", "empty"),
            Skipped("reports/[red]坏\x1b[2J.doc", "the file is damaged\nat byte 12", "damaged"),
        ],
        limits=[Limit("band bucket", 3, 16), Limit("later-version", 7, 9, "unknown here")],
    )


def large_result(families: int) -> Result:
    """Return a result of that many families of two to four members each, over families // 4 + 2 documents."""
    make = Maker()
    grades = ("A", "B", "C")
    count = families // 4 + 2
    blocks = [_numbered_block(number) for number in range(families)]
    holders = [[(number + step * 3) % count for step in range(2 + number % 3)] for number in range(families)]
    pieces: list[list[str]] = [[f"第{row}号报告\n"] for row in range(count)]
    for number, block in enumerate(blocks):
        for row in sorted(set(holders[number])):
            pieces[row] += [_FILLER[(number + row) % 4], block, "\n"]
    for row in range(count):
        make.document(f"corpus/{row:05d}.txt", pieces[row], issuer=f"第{row % 50}乡", date=f"{2000 + row % 20}")
    for number, block in enumerate(blocks):
        spans = [make.span(row, block) for row in sorted(set(holders[number]))]
        label = "copy" if number % 4 else ("mass", "self", "formula")[number // 4 % 3]
        make.family(label, grades[number % 3] if label == "copy" else None, spans, wording=0.9)
    return make.result()


def _numbered_block(number: int) -> str:
    """Return a block that no other number gives: its digits are spelt in village names."""
    names = "".join("甲乙丙丁戊己庚辛壬癸"[int(digit)] for digit in f"{number:05d}")
    return f"{names}村的抗旱水窖由{names}组轮值看管，钥匙一式两把，交接时当面清点水表读数并写进{names}的台账。"
