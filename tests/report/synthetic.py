"""Results of any size, with texts of our own writing and passages whose changes are known by construction.

A family is a block of clauses with slots; a member is the block with its slots filled, so the changes between two
members are exactly the slots that differ. Everything follows from the seed.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from itertools import combinations

from dedup.params import LABELS, Params
from dedup.result import Change, Cluster, DocumentInfo, Evidence, Limit, Passage, Result, Skipped, Span

_TOWNS = [a + b for a in "青白红石沙松柳杨梅竹" for b in ("岭", "河", "坪", "塘", "湾")]
_SUBJECTS = (
    "驻村干部",
    "水利站",
    "护林员",
    "卫生院",
    "完小教师",
    "农机合作社",
    "文化站",
    "民兵连",
    "老年协会",
    "供销社",
)
_ACTIONS = (
    "把渠首的闸门逐一检修",
    "给独居老人装上呼叫铃",
    "在山口设了登记点",
    "把旧账册按年份装订",
    "替茶农联系了烘干设备",
    "入户核对了低保名册",
    "给危桥挂了限重牌",
    "组织了夜间巡查",
    "把闲置校舍改成了书屋",
    "替果农试种了新苗",
)
_RESULTS = (
    "共用去资金{n}万元",
    "受益农户{n}户",
    "比上年多出{n}亩",
    "{t}的群众送来了锦旗",
    "前后历时{n}天",
    "由{t}派人验收",
    "累计出工{n}人次",
    "剩余材料折价{n}元",
    "{t}照此办理",
    "误差不超过{n}公斤",
)
_OWN = (
    "今年秋汛来得晚，晒场上的谷子多晾了一遍。",
    "集市搬到了新桥头，摊位费照旧。",
    "老学校的钟楼修好以后，整点报时又响了起来。",
    "供水管换成了新的，水压比从前稳。",
    "冬修的工地上，午饭由各组轮流送来。",
    "广播站重新排了节目，早晚各播一次天气。",
)
_SLOGAN = "统一思想，凝聚力量，真抓实干"
_NAV = "首页 > 文库 > 总结  上一篇  下一篇\n"


@dataclass
class _Block:
    pieces: list[str]  # clauses, each with at most one slot
    label: str
    grade: str | None


def _block(rng: random.Random, label: str, grade: str | None) -> _Block:
    pieces = []
    for _ in range(rng.randint(3, 7)):
        pieces.append(rng.choice(_SUBJECTS) + rng.choice(_ACTIONS) + "，" + rng.choice(_RESULTS) + "。")
    return _Block(pieces, label, grade)


def _fill(block: _Block, rng: random.Random, town: str) -> tuple[str, list[tuple[str, int, int]]]:
    """Return the text and its slots: kind, start, end within the text."""
    text = ""
    slots = []
    for piece in block.pieces:
        for mark, kind, value in (("{n}", "number", str(rng.randint(3, 4000))), ("{t}", "name", town)):
            if mark in piece:
                at = len(text) + piece.index(mark)
                piece = piece.replace(mark, value)
                slots.append((kind, at, at + len(value)))
        text += piece
    return text, slots


def build(families: int, *, documents: int | None = None, seed: int = 7, text: bool = True) -> Result:
    """Return a result of that many families over ``documents`` reports (a third as many, if not given)."""
    rng = random.Random(seed)
    count = documents or max(4, families // 3)
    towns = [f"{rng.choice(_TOWNS)}{rng.choice('镇乡')}" for _ in range(max(3, count // 3))]
    owner = [towns[row % len(towns)] for row in range(count)]
    texts = [_NAV + f"{owner[row]}{2004 + row % 9}年工作总结\n" for row in range(count)]
    places: list[list[tuple[int, int, int, list[tuple[str, int, int]]]]] = []
    blocks = []
    for number in range(families):
        label = ("copy", "copy", "copy", "copy", "mass", "self", "citation", "template", "formula", "copy")[
            number % 10
        ]
        grade = "ABC"[number % 3] if label == "copy" else None
        block = (
            _Block([_SLOGAN + f"第{number}条，"], label, grade) if label == "formula" else _block(rng, label, grade)
        )
        blocks.append(block)
        holders = sorted(rng.sample(range(count), min(count, 2 + (number % 7) // 2)))
        spans = []
        for row in holders:
            texts[row] += rng.choice(_OWN) + rng.choice(_OWN) + "\n"
            filled, slots = _fill(block, rng, owner[row])
            start = len(texts[row])
            texts[row] += filled + "\n"
            spans.append((row, start, start + len(filled), slots))
        places.append(spans)
    return _assemble(blocks, places, texts, owner, text)


def _assemble(blocks, places, texts, owner, keep) -> Result:
    marks: list[list[tuple[int, int, str, str | None]]] = [[(0, len(_NAV) - 1, "furniture", None)] for _ in texts]
    clusters, passages = [], []
    for block, spans in zip(blocks, places, strict=True):
        members = tuple(
            Span(row, start, end, line=texts[row].count("\n", 0, start) + 1) for row, start, end, _ in spans
        )
        name = hashlib.sha256("".join(block.pieces).encode() + str(members[0]).encode()).hexdigest()[:12]
        for row, start, end, _ in spans:
            marks[row].append((start, end, block.label, name))
        wording = tuple(1.0 if at == 0 else round(0.97 - 0.01 * at, 4) for at in range(len(members)))
        opening = texts[members[0].document][members[0].start : members[0].end]
        evidence = [Evidence("spread", {"documents": len(members), "issuers": len({owner[s[0]] for s in spans})})]
        if block.grade == "A":
            evidence.append(Evidence("verbatim_run", {"chars": len(block.pieces[0])}))
        clusters.append(
            Cluster(
                id=name,
                label=block.label,
                grade=block.grade,
                title=opening[:18],
                medoid=0,
                weakest=min(wording),
                similarity=round(min(wording) - 0.02, 4),
                members=members,
                wording=wording,
                documents=len(members),
                issuers=len({owner[s[0]] for s in spans}),
                star=block.grade == "A" and len(clusters) % 4 == 0,
                earliest=min(range(len(spans)), key=lambda at: spans[at][0] % 9),
                evidence=tuple(evidence),
            )
        )
        for left, right in list(combinations(range(len(spans)), 2))[:6]:
            passages.append(_passage(clusters[-1], spans[left], spans[right], members[left], members[right], texts))
    documents = []
    for row, body in enumerate(texts):
        labels = dict.fromkeys(LABELS, 0)
        for start, end, label, _ in marks[row]:
            labels[label] += end - start
        labels["own"] = len(body) - sum(labels.values())
        rates = {"total": round(1 - labels["own"] / len(body), 4)}
        documents.append(
            DocumentInfo(
                id=row,
                source=f"报告/{owner[row]}/{2004 + row % 9}年总结-{row}.docx",
                member=None,
                chars=len(body),
                digest=hashlib.sha256(body.encode()).hexdigest(),
                title=None,
                issuer=owner[row],
                date=f"{2004 + row % 9}-{1 + row % 12:02d}",
                encoding="utf-8",
                parts=(),
                labels=labels,
                rates=rates,
                repairs={"pinyin": row % 5},
                flags={},
                marks=tuple(sorted(marks[row])),
                text=body if keep else None,
            )
        )
    return Result(
        version="0.1.0",
        params=Params(),
        documents=tuple(documents),
        passages=tuple(passages),
        clusters=tuple(clusters),
        skipped=(Skipped("报告/加密.pdf", "it is protected by a password", "unsupported"),),
        limits=(Limit("bucket", 3, 16),),
    )


def _passage(cluster, one, other, left, right, texts) -> Passage:
    changes = []
    for (kind, start, end), (_, low, high) in zip(one[3], other[3], strict=True):
        here, there = (left.start + start, left.start + end), (right.start + low, right.start + high)
        if texts[left.document][slice(*here)] != texts[right.document][slice(*there)]:
            changes.append(Change(kind, here, there))
    return Passage(
        id=hashlib.sha256(f"{left}{right}".encode()).hexdigest()[:12],
        label=cluster.label,
        grade=cluster.grade,
        wording=0.97,
        similarity=0.93,
        left=left,
        right=right,
        cluster=cluster.id,
        changes=tuple(changes),
    )
