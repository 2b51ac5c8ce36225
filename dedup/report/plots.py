"""Pictures of a result for slides: what the text is made of, how high reports stand, who shares with whom.

PNG and SVG of each, drawn without a display. Colours and patterns are those of the page, so that a slide and the page
say the same; matplotlib comes with the extra ``notebook``.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from dedup._optional import require
from dedup.errors import OutputFailed
from dedup.intervals import merged
from dedup.report.payload import unexplained_shares
from dedup.report.queue import REVIEWED, totals
from dedup.report.words import SHOWN_ORDER, words
from dedup.result import Result

FORMATS: tuple[str, ...] = ("png", "svg")

LARGEST_MAP = 40
"""Reports in the heat map: those with the highest shares; more could not be read on a slide."""

COLOURS: Mapping[str, tuple[str, str]] = {
    "copy": ("#b23a2e", ""),
    "mass": ("#cf8436", "//"),
    "self": ("#7867a8", "\\\\\\"),
    "citation": ("#3f78a8", "---"),
    "template": ("#5d9168", "|||"),
    "formula": ("#c3ccd2", "..."),
    "furniture": ("#e4e1d9", "xx"),
    "own": ("#efece5", ""),
}
"""Colour and hatch of each label, as in the page's style."""

_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Noto Sans CJK JP",
)


def plots(result: Result, *, lang: str = "zh") -> dict[str, bytes]:
    """Return the pictures by file name: ``labels``, ``shares`` and ``sharing``, each as .png and .svg.

    Parameters
    ----------
    result : Result
    lang : str
        Language of the words in them.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    OutputFailed
        If no font of this machine has Chinese, which names and words need.
    ParamsError
        If there is no such language.
    """
    matplotlib = require("matplotlib", "notebook", "drawing plots")
    settings = {"font.family": _font(), "axes.unicode_minus": False, "svg.hashsalt": "dedup", "hatch.linewidth": 0.6}
    drawers = {"labels": _labels, "shares": _shares, "sharing": _sharing}
    with matplotlib.rc_context(settings):
        return {
            f"{name}.{kind}": data
            for name, draw in drawers.items()
            for kind, data in _both(draw(result, words(lang))).items()
        }


def chinese_fonts() -> list[str]:
    """Return the names of the fonts with Chinese that matplotlib finds on this machine, the best first."""
    font_manager = require("matplotlib.font_manager", "notebook", "drawing plots")
    there = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in _FONTS if name in there]


def _font() -> str:
    found = chinese_fonts()
    if not found:
        raise OutputFailed("plots", "no font with Chinese is installed; fonts-noto-cjk is one")
    return found[0]


def _both(figure: Any) -> dict[str, bytes]:
    """Return a figure as PNG and SVG, without the date that would make equal results differ."""
    pictures = {}
    for kind in FORMATS:
        buffer = io.BytesIO()
        date = {"Date": None} if kind == "svg" else {"Software": None}
        figure.savefig(buffer, format=kind, dpi=200, bbox_inches="tight", metadata=date)
        pictures[kind] = buffer.getvalue()
    return pictures


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), facecolor="white")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _labels(result: Result, vocabulary: Any) -> Any:
    """One bar of all characters by label."""
    figure, axes = _figure(9, 1.6)
    counts = totals(result)["labels"]
    whole = max(1, sum(counts.values()))
    left = 0.0
    for label in SHOWN_ORDER:
        share = counts[label] / whole
        colour, hatch = COLOURS[label]
        name = f"{vocabulary.label(label)} {share:.1%}"
        axes.barh(0, share, left=left, color=colour, hatch=hatch, edgecolor="#ffffff", linewidth=0.5, label=name)
        left += share
    axes.set(xlim=(0, 1), yticks=[], xticks=[])
    axes.spines[:].set_visible(False)
    axes.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.02), frameon=False, fontsize=9)
    return figure


def _shares(result: Result, vocabulary: Any) -> Any:
    """How many reports stand how high, by the highest unexplained share in one other report; none are left out."""
    figure, axes = _figure(7, 3)
    shares = [share for share in unexplained_shares(result) if share]
    axes.hist(shares, bins=20, range=(0, 1), color=COLOURS["copy"][0], edgecolor="white")
    axes.set(xlim=(0, 1), xlabel=vocabulary.say("plot_share"), ylabel=vocabulary.say("plot_reports"))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.yaxis.get_major_locator().set_params(integer=True)
    return figure


def _sharing(result: Result, vocabulary: Any) -> Any:
    """Reports against reports: the share of the row's report that stands unexplained in the column's."""
    shares = unexplained_shares(result)
    ranked = sorted(range(len(shares)), key=lambda row: (-(shares[row] or 0.0), row))[:LARGEST_MAP]
    chosen = sorted(row for row in ranked if shares[row])
    spans: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for passage in result.passages:
        if passage.label in REVIEWED:
            for one, other in ((passage.left, passage.right), (passage.right, passage.left)):
                spans[one.document, other.document].append((one.start, one.end))
    grid = [
        [
            _size(spans[row, column]) / max(1, result.documents[row].chars) if row != column else 0.0
            for column in chosen
        ]
        for row in chosen
    ]
    size = max(3.0, 0.24 * len(chosen) + 2)
    figure, axes = _figure(size + 1, size)
    if chosen:
        picture = axes.imshow(grid, cmap="Reds", vmin=0, vmax=1)
        figure.colorbar(picture, ax=axes, shrink=0.6, format=lambda value, _: f"{value:.0%}")
    names = [result.documents[row].name.replace("\\", "/").rsplit("/", 1)[-1][:16] for row in chosen]
    axes.set_xticks(range(len(chosen)), names, rotation=90, fontsize=7, parse_math=False)
    axes.set_yticks(range(len(chosen)), names, fontsize=7, parse_math=False)
    axes.set_title(f"{vocabulary.say('plot_sharing')}  {len(chosen)} / {len(shares)}", fontsize=10)
    return figure


def _size(spans: list[tuple[int, int]]) -> int:
    """Return how many positions the spans cover together."""
    ranges = merged(np.array(spans, np.int64).reshape(-1, 2))
    return int((ranges[:, 1] - ranges[:, 0]).sum())
