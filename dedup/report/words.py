"""The words that faces of a result show, in Chinese and English.

Terminal, tables, HTML and review say the same thing with the same word because all of them ask here. Nothing in
this module lays out, escapes or colours: facts come out of a hostile document, and each face neutralises them in
the way its medium needs (control characters on a terminal, markup in a page, formulas in a spreadsheet).

>>> words("zh").label("copy"), words("en").label("copy")
('疑似抄袭', 'suspected copying')
>>> evidence_sentence(Evidence("verbatim_run", {"chars": 120}), "en")
'120 characters in a row are word for word the same'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dedup.errors import ParamsError
from dedup.result import Evidence, Limit

LANGUAGES: tuple[str, ...] = ("zh", "en")

SHOWN_ORDER: tuple[str, ...] = ("copy", "mass", "self", "template", "citation", "formula", "furniture", "own")
"""Labels from what a reviewer must look at first to what needs no look (the order of decision is `params.LABELS`)."""


@dataclass(frozen=True, slots=True)
class Words:
    """The vocabulary of one language.

    Each mapping goes from the key that stands in the JSON to the word shown. `label`, `grade`, ... look a key up
    and show an unknown key as it is: a result written by a later version must still be readable.
    """

    lang: str
    labels: Mapping[str, str]
    label_notes: Mapping[str, str]
    grades: Mapping[str, str]
    changes: Mapping[str, str]
    kinds: Mapping[str, str]
    directions: Mapping[str, str]
    skipped: Mapping[str, str]
    evidence: Mapping[str, str]
    limits: Mapping[str, str]
    headings: Mapping[str, str]
    sheets: Mapping[str, str]
    settings: Mapping[str, str]
    phrases: Mapping[str, str]

    def label(self, key: str) -> str:
        """Return the word of a label."""
        return self.labels.get(key, key)

    def grade(self, key: str | None) -> str:
        """Return the word of a grade; an ungraded family shows a dash."""
        return "—" if key is None else self.grades.get(key, key)

    def heading(self, key: str) -> str:
        """Return the heading of a table column."""
        return self.headings.get(key, key)

    def say(self, key: str, **facts: Any) -> str:
        """Return the phrase of that key with its facts put in.

        Raises
        ------
        KeyError
            If there is no such phrase, or it wants a fact that was not given: a mistake in a face, not in data.
        """
        return self.phrases[key].format(**facts)


def words(lang: str) -> Words:
    """Return the vocabulary of a language.

    Parameters
    ----------
    lang : str
        ``"zh"`` or ``"en"``.

    Raises
    ------
    ParamsError
        If the language is neither.
    """
    if lang not in _VOCABULARIES:
        raise ParamsError([f"lang is {lang!r}, but must be one of {', '.join(LANGUAGES)}"])
    return _VOCABULARIES[lang]


def evidence_sentence(evidence: Evidence, lang: str) -> str:
    """Return one reason as a sentence without full stop.

    Parameters
    ----------
    evidence : Evidence
        Kind and facts as a step made them, or as they were read from a file.
    lang : str
        ``"zh"`` or ``"en"``.

    Notes
    -----
    Evidence of an unknown kind, or with facts missing, is shown as ``kind: name=value``: it may come from another
    version, and to leave it out would hide a reason.
    """
    vocabulary = words(lang)
    joint = "、" if lang == "zh" else ", "
    facts = {name: _shown(value, joint) for name, value in evidence.facts.items()}
    if evidence.kind == "rule" and facts:
        told = joint.join(facts.values())
        return vocabulary.evidence.get(f"rule:{told}", vocabulary.evidence["rule"].format(why=told))
    try:
        return vocabulary.evidence[evidence.kind].format(**facts)
    except (KeyError, IndexError):
        return f"{evidence.kind}: " + ", ".join(f"{name}={value}" for name, value in facts.items())


def limit_sentence(limit: Limit, lang: str) -> str:
    """Return what was bounded, how many and by which bound, as a sentence without full stop."""
    vocabulary = words(lang)
    form = vocabulary.limits.get(limit.kind, vocabulary.limits["other"])
    sentence = form.format(kind=limit.kind, count=f"{limit.count:,}", bound=f"{limit.bound:,}")
    if not limit.detail:
        return sentence
    return f"{sentence}（{limit.detail}）" if lang == "zh" else f"{sentence} ({limit.detail})"


def _shown(value: object, joint: str) -> str:
    """Return a fact as text: lists joined, the rest as it is."""
    if isinstance(value, (list, tuple)):
        return joint.join(str(item) for item in value)
    return str(value)


_ZH = Words(
    lang="zh",
    labels={
        "furniture": "页面噪声",
        "template": "模板",
        "citation": "引用",
        "formula": "套话",
        "self": "自我重复",
        "mass": "同源",
        "copy": "疑似抄袭",
        "own": "自有",
    },
    label_notes={
        "furniture": "导航、相关推荐、页码、下载提示等页面内容",
        "template": "按给定表格或模板填写的内容",
        "citation": "引用的法规或上级文件",
        "formula": "各单位通用的短句，前后文各不相同",
        "self": "同一报告内重复，或同一单位沿用往年内容",
        "mass": "同一长段出现在许多报告中，仅作统计，不隐藏",
        "copy": "其余相似内容，按证据分为 A、B、C 三级",
        "own": "未发现相似内容",
    },
    grades={"A": "A 级", "B": "B 级", "C": "C 级"},
    changes={
        "number": "数字不同",
        "name": "名称不同",
        "mask": "遮盖不同",
        "typo": "错字",
        "insert": "增加",
        "delete": "删去",
        "replace": "改动",
    },
    kinds={"aligned": "逐字对应", "shuffled": "语序打乱", "rewritten": "改写"},
    directions={"forward": "左先右后", "backward": "右先左后", "unknown": "先后不明"},
    skipped={
        "unreadable": "无法读取",
        "missing": "不存在",
        "encoding": "编码无法识别",
        "unsupported": "格式不支持",
        "damaged": "文件损坏",
        "empty": "空文件",
        "short": "内容过短",
        "duplicate": "重复给出",
    },
    evidence={
        "verbatim_run": "最长连续 {chars} 字逐字相同",
        "number": "同一个罕见数字：{value}",
        "typo": "同样的错字：{text}",
        "leftover": "“{text}”像是从{from}遗留下来的",
        "order": "{paragraphs} 个段落先后次序相同",
        "slots": "只有数字或遮盖处不同：{values}",
        "rule": "归类依据：{why}",
        "spread": "见于 {documents} 份报告、{issuers} 个单位",
    },
    limits={
        "bucket": "{count} 个相似组超过 {bound} 个成员，组内只与代表比较",
        "anchor": "{count} 个常见片段出现超过 {bound} 次，只用于佐证",
        "passages": "{count} 个家族的成员过多，配对只列到 {bound} 对，其余只与中心成员对照",
        "short": "{count} 个段落短于 {bound} 字，未单独比较",
        "other": "{kind}：{count} 处受限，上限 {bound}",
    },
    headings={
        "family": "家族",
        "label": "类别",
        "grade": "级别",
        "star": "异常相同",
        "title": "标题",
        "size": "处数",
        "documents": "报告数",
        "issuers": "单位数",
        "wording": "用词相同",
        "similarity": "全文相同",
        "weakest": "最弱一处",
        "evidence": "依据",
        "medoid": "中心",
        "earliest": "最早",
        "document": "报告",
        "source": "文件",
        "member": "内部名称",
        "part": "部分",
        "page": "页",
        "line": "行",
        "paragraph": "段",
        "start": "起",
        "end": "止",
        "chars": "字数",
        "text": "内容",
        "opening": "开头",
        "passage": "片段",
        "kind": "类型",
        "direction": "先后",
        "changes": "改动",
        "issuer": "单位",
        "date": "日期",
        "encoding": "编码",
        "digest": "摘要值",
        "copied": "疑似抄袭占比",
        "share": "占比",
        "bar": "构成",
        "reason": "原因",
        "where": "位置",
        "left": "左",
        "right": "右",
    },
    sheets={
        "families": "家族",
        "members": "成员",
        "passages": "相似片段",
        "documents": "报告",
        "skipped": "未读取",
        "limits": "限制",
    },
    settings={
        "threshold": "相似度达到多少算近似重复",
        "min_chars": "最短片段字数（不计标点、数字、空白）",
        "shingle": "段落比较的字组长度",
        "num_perm": "最小哈希签名的个数",
        "recall": "恰在阈值处的一对被选为候选的最低概率",
        "seed": "哈希置换的种子",
        "anchor": "定位片段的字组长度",
        "window": "定位片段的取样窗口",
        "max_gap": "一个片段内部最多跨过多少不同的字",
        "bucket": "一组内两两比较的成员上限",
        "mass_issuers": "多少个独立单位起称为同源",
        "formula_bits": "套话的最大信息量（比特）",
        "labels": "启用的类别",
    },
    phrases={
        "title": "重复内容分析报告",
        "note": "相似不等于抄袭，须人工复核。",
        "read": "读取报告 {documents:,} 份，共 {chars:,} 字",
        "skipped": "未读取 {count:,} 项",
        "skipped_none": "全部读取，无遗漏",
        "skipped_line": "未读取 {source}：{kind}，{reason}",
        "found": "发现家族 {families:,} 个（{split}），相似片段 {passages:,} 对",
        "found_none": "未发现相似内容",
        "settings": "阈值 {threshold}，最短片段 {min_chars} 字",
        "version": "dedup {version}，参数 {digest}",
        "families": "家族",
        "family_head": "{size} 处，{documents} 份报告，用词相同 {wording}，全文相同 {similarity}，最弱一处 {weakest}",
        "documents": "各报告构成",
        "limits": "受限之处",
        "limits_none": "没有任何比较被省略",
        "more_families": "另有 {count:,} 个家族未显示（{split}）；--all 显示全部",
        "more_members": "另有 {count:,} 处未显示；--all 显示全部",
        "more_documents": "另有 {count:,} 份报告未显示；--all 显示全部",
        "more_skipped": "另有 {count:,} 项未显示；--all 显示全部",
        "more_passages": "另有 {count:,} 对未显示；--all 显示全部",
        "no_text": "（结果中没有原文）",
        "part_of": "第 {part} 部分",
        "medoid": "中心",
        "earliest": "最早",
        "wrote": "已写出 {path}",
        "pairs": "相似片段",
        "shares": "相似内容占比：{left} 占 {left_share}，{right} 占 {right_share}",
        "legend": "图例",
    },
)

_EN = Words(
    lang="en",
    labels={
        "furniture": "page furniture",
        "template": "template",
        "citation": "citation",
        "formula": "formula",
        "self": "self-repetition",
        "mass": "common source",
        "copy": "suspected copying",
        "own": "own text",
    },
    label_notes={
        "furniture": "navigation, related links, page numbers, download lines",
        "template": "a given form or template, filled in",
        "citation": "quoted law or a superior document",
        "formula": "short phrases that all offices use, each time in another context",
        "self": "repeated within one report, or carried over from the same office's other year",
        "mass": "one long block in many reports: counted, never hidden",
        "copy": "the remaining likeness, graded A, B, C by evidence",
        "own": "nothing similar was found",
    },
    grades={"A": "grade A", "B": "grade B", "C": "grade C"},
    changes={
        "number": "number differs",
        "name": "name differs",
        "mask": "mask differs",
        "typo": "misprint",
        "insert": "inserted",
        "delete": "deleted",
        "replace": "replaced",
    },
    kinds={"aligned": "aligned", "shuffled": "re-ordered", "rewritten": "rewritten"},
    directions={"forward": "left is earlier", "backward": "right is earlier", "unknown": "order unknown"},
    skipped={
        "unreadable": "unreadable",
        "missing": "missing",
        "encoding": "unknown encoding",
        "unsupported": "unsupported",
        "damaged": "damaged",
        "empty": "empty",
        "short": "too short",
        "duplicate": "given twice",
    },
    evidence={
        "verbatim_run": "{chars} characters in a row are word for word the same",
        "number": "the same rare number: {value}",
        "typo": "the same misprint: {text}",
        "leftover": "“{text}” looks left over from {from}",
        "order": "{paragraphs} paragraphs stand in the same order",
        "slots": "only numbers or masks differ: {values}",
        "rule": "labelled so because: {why}",
        "spread": "stands in {documents} reports of {issuers} issuers",
    },
    limits={
        "bucket": "{count} buckets held more than {bound} members; their members were compared with representatives only",
        "anchor": "{count} frequent anchors occurred more than {bound} times and were used only as support",
        "passages": "{count} families are too large: pairs are listed up to {bound}, the rest against the medoid only",
        "short": "{count} paragraphs are shorter than {bound} characters and were not compared on their own",
        "other": "{kind}: {count} bounded at {bound}",
    },
    headings={
        "family": "family",
        "label": "label",
        "grade": "grade",
        "star": "shared oddity",
        "title": "title",
        "size": "places",
        "documents": "reports",
        "issuers": "issuers",
        "wording": "wording",
        "similarity": "similarity",
        "weakest": "weakest link",
        "evidence": "evidence",
        "medoid": "medoid",
        "earliest": "earliest",
        "document": "report",
        "source": "file",
        "member": "member",
        "part": "part",
        "page": "page",
        "line": "line",
        "paragraph": "paragraph",
        "start": "start",
        "end": "end",
        "chars": "characters",
        "text": "text",
        "opening": "begins",
        "passage": "passage",
        "kind": "kind",
        "direction": "direction",
        "changes": "changes",
        "issuer": "issuer",
        "date": "date",
        "encoding": "encoding",
        "digest": "digest",
        "copied": "share copied",
        "share": "share",
        "bar": "made of",
        "reason": "reason",
        "where": "where",
        "left": "left",
        "right": "right",
    },
    sheets={
        "families": "families",
        "members": "members",
        "passages": "passages",
        "documents": "documents",
        "skipped": "skipped",
        "limits": "limits",
    },
    settings={
        "threshold": "likeness from which two texts count as near-duplicates",
        "min_chars": "shortest passage, in characters without punctuation, digits and space",
        "shingle": "length of the k-grams that compare paragraphs",
        "num_perm": "values in a MinHash signature",
        "recall": "least probability that a pair at the threshold becomes a candidate",
        "seed": "seed of the hash permutations",
        "anchor": "length of the k-grams that seed passages",
        "window": "sampling window of the anchors",
        "max_gap": "most unmatched characters that one passage may bridge",
        "bucket": "members of a bucket that are compared all with all",
        "mass_issuers": "independent issuers from which a block is called common source",
        "formula_bits": "most information that a formula may carry, in bits",
        "labels": "labels that are decided",
    },
    phrases={
        "title": "Duplicate content report",
        "note": "Similarity is not plagiarism: a person must review each finding.",
        "read": "{documents:,} reports read, {chars:,} characters",
        "skipped": "{count:,} skipped",
        "skipped_none": "everything was read",
        "skipped_line": "skipped {source}: {kind}, {reason}",
        "found": "{families:,} families ({split}), {passages:,} pairs of passages",
        "found_none": "nothing similar was found",
        "settings": "threshold {threshold}, shortest passage {min_chars} characters",
        "version": "dedup {version}, parameters {digest}",
        "families": "Families",
        "family_head": (
            "{size} places in {documents} reports, wording {wording}, similarity {similarity}, weakest link {weakest}"
        ),
        "documents": "What each report is made of",
        "limits": "What was bounded",
        "limits_none": "no comparison was left out",
        "more_families": "{count:,} more families are not shown ({split}); --all shows them",
        "more_members": "{count:,} more places are not shown; --all shows them",
        "more_documents": "{count:,} more reports are not shown; --all shows them",
        "more_skipped": "{count:,} more are not shown; --all shows them",
        "more_passages": "{count:,} more pairs are not shown; --all shows them",
        "no_text": "(the result holds no texts)",
        "part_of": "part {part}",
        "medoid": "medoid",
        "earliest": "earliest",
        "wrote": "wrote {path}",
        "pairs": "Similar passages",
        "shares": "Share that is similar: {left_share} of {left}, {right_share} of {right}",
        "legend": "Legend",
    },
)

_VOCABULARIES: Mapping[str, Words] = {"zh": _ZH, "en": _EN}
