"""The figures of an evaluation, as values, as JSON and as a table to read."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dedup.evaluate.families import FamilyFigures
from dedup.evaluate.labels import LabelFigures
from dedup.evaluate.passages import PassageFigures

_LABEL_NAMES = {
    "furniture": "页面噪声", "template": "模板", "citation": "引用", "formula": "套话",
    "self": "自我重复", "mass": "同源", "copy": "疑似抄袭", "own": "自有文字",
}  # fmt: skip

_WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "all": "全部",
        "passages": "操作 对数 检出 plagdet 精确率 召回率 粒度 微观plagdet 对精确率 对召回率 对F1 覆盖率",
        "labels": "标签 字数 精确率 召回率 F1 片段 片段一致率",
        "families": "同源组：{items} 处，B³ 精确率 {precision}，召回率 {recall}，F1 {f1}，调整兰德指数 {ari}",
        "agreement": "标签一致的标准片段：{share}",
        "missing": "结果中缺少 {count} 份标准文档，按未检出计：{names}",
    },
    "en": {
        "all": "all",
        "passages": "operator pairs found plagdet precision recall granularity micro pair-P pair-R pair-F1 covered",
        "labels": "label chars precision recall F1 spans agree",
        "families": "families: {items} places, B-cubed precision {precision}, recall {recall}, F1 {f1}, ARI {ari}",
        "agreement": "gold spans called as gold calls them: {share}",
        "missing": "{count} gold documents are not in the result and count as missed: {names}",
    },
}


@dataclass(frozen=True, slots=True)
class Scores:
    """What `dedup.evaluate.evaluate` found.

    Parameters
    ----------
    passages : PassageFigures
        Over all operators.
    operators : mapping of str to PassageFigures
        By operator, in alphabetical order.
    families : FamilyFigures
    labels : mapping of str to LabelFigures
        By label, in the order of decision.
    agreement : float
        Share of gold spans that the result calls as gold does.
    missing : tuple of str
        Documents that gold names and the result has not.
    """

    passages: PassageFigures
    operators: Mapping[str, PassageFigures]
    families: FamilyFigures
    labels: Mapping[str, LabelFigures]
    agreement: float
    missing: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as JSON-able values, shares rounded to six places."""
        values = {
            "passages": asdict(self.passages),
            "operators": {name: asdict(row) for name, row in self.operators.items()},
            "families": asdict(self.families),
            "labels": {name: asdict(row) for name, row in self.labels.items()},
            "agreement": self.agreement,
            "missing": list(self.missing),
        }
        rounded: dict[str, Any] = _rounded(values)
        return rounded

    def to_text(self, lang: str = "zh") -> str:
        """Return the figures as tables of plain text.

        Parameters
        ----------
        lang : {"zh", "en"}
        """
        words = _WORDS[lang]
        rows = [(words["all"], self.passages), *self.operators.items()]
        lines = _table([words["passages"].split(), *([name, *_passage_row(row)] for name, row in rows)])
        family = {name: _share(value) if name != "items" else value for name, value in asdict(self.families).items()}
        lines += ["", words["families"].format_map(family)]
        names = _LABEL_NAMES if lang == "zh" else {}
        labels = [[names.get(name, name), *_label_row(row)] for name, row in self.labels.items()]
        lines += [
            "",
            *_table([words["labels"].split(), *labels]),
            words["agreement"].format(share=_share(self.agreement)),
        ]
        if self.missing:
            shown = ", ".join(self.missing[:3]) + (" …" if len(self.missing) > 3 else "")
            lines += ["", words["missing"].format(count=len(self.missing), names=shown)]
        return "\n".join(lines) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return value


def _share(value: float) -> str:
    return f"{value:.3f}"


def _passage_row(row: PassageFigures) -> list[str]:
    shares = (
        row.plagdet, row.precision, row.recall, row.granularity, row.micro_plagdet,
        row.pair_precision, row.pair_recall, row.pair_f1, row.coverage,
    )  # fmt: skip
    return [str(row.cases), str(row.detections), *map(_share, shares)]


def _label_row(row: LabelFigures) -> list[str]:
    return [str(row.chars), *map(_share, (row.precision, row.recall, row.f1)), str(row.spans), _share(row.agreement)]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines with columns aligned: the first to the left, figures to the right; wide characters count two."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [" " * (width - _width(cell)) + cell for width, cell in zip(widths[1:], row[1:], strict=True)]
        lines.append("  ".join([row[0] + " " * (widths[0] - _width(row[0])), *cells]).rstrip())
    return lines
