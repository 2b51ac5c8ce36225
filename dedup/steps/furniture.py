"""What on the page is no part of the report? Answers with ranges of navigation, teasers, page numbers and the like.

Judged by shape and position within one document: what a site puts around a text looks the same everywhere. Both
scripts are spelt out, because this step reads the raw text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from dedup.intervals import merged, positions
from dedup.kernels import cuts
from dedup.kernels import noise as kernels
from dedup.kernels.threads import portions, together
from dedup.schema import EditKind, Edits, Int64, Texts, UInt8, UInt16, string
from dedup.steps import data

_HAN = r"[\u4e00-\u9fff]"
_END = r"[^\S\n]*$"

# What sites tell of a text: two of these in a line are no prose, and one that names the editor is none.
_ABOUT = (
    "信息来源|信息來源|来源|來源|作者|发布时间|發布時間|发布日期|时间|時間|日期|发布者|发布人|发布机构|责任编辑|責任編輯|编辑|編輯|录入|录入员"
    "|供稿|撰稿|审核|字号|字號|字体|字體|点击|點擊|点击数|点击量|点击率|点击次数|浏览|瀏覽|浏览量|浏览次数|瀏覽次數|阅读|閱讀|阅读量|阅读次数|人气|人氣|索引号"
)

# One alternative per shape; each matches whole lines. A line that could be prose must not match any of them. Where
# two runs of white space may stand side by side they are possessive, or a line of so many spaces costs their square.
_SHAPES = (
    # navigation: five or more short words and nothing else
    rf"^[^\S\n]*(?:{_HAN}{{2,6}}(?:[^\S\n]*[|｜>»/·][^\S\n]*|[^\S\n]+)){{4,}}{_HAN}{{2,6}}{_END}",
    # breadcrumbs
    r"^[^\S\n]*(?:您?(?:现在|現在)?的?(?:当前|當前)?位置[:：]|首[页頁][^\S\n]*[>»]).{0,80}$",
    # publication line: 栏目：… / 发布于：… / 人气：2.12W, or a date and a category
    r"^.{0,40}(?:栏目|欄目)[:：].{0,60}(?:发布|發佈|發布|人气|人氣|浏览|瀏覽).{0,40}$",
    r"^[^\S\n]*(?:发布|發佈|發布|更新)(?:时间|時間|日期)?[:：][^\S\n]*\d{4}.{0,40}$",
    rf"^[^\S\n]*\d{{4}}-\d{{2}}-\d{{2}}(?:[^\S\n]+\d\d:\d\d(?::\d\d)?)?(?:[^\S\n]+{_HAN}{{2,8}}){{1,2}}{_END}",
    rf"^[^\S\n]*+[(（【\[]?(?:(?:{_ABOUT})[:：][^\n。：]{{0,24}}?){{2,}}[)）】\]]?{_END}",
    r"^[^\S\n]*+[(（【\[]?(?:责任编辑|責任編輯)[:：][^\n。，]{1,12}$",
    r"^[^\S\n]*+(?:(?:网站地图|網站地圖|联系我们|聯繫我們|关于我们|關於我們|(?:隐私|隱私|网站|網站|免责|免責)[声聲]明|使用帮助|帮助中心|友情链接|友情鏈接)[^\S\n|｜/·-]*[|｜/·-]?[^\S\n]*+){2,}$",
    # related articles: the heading, and the teasers that follow it, each ending in a date or being a list
    # (headlines: no sentence mark, not long)
    r"^[^\S\n]*+[•·*]?[^\S\n]*+(?:相关|相關)(?:推荐|推薦|文章|阅读|閱讀|链接|鏈接)[:：]?[^\S\n]*$"
    r"(?:\n[^\S\n]*$|\n[^\n。；，：]{2,40}$)*",
    r"^[^\S\n]*【[^\n】]{2,60}】(?:相关|相關)(?:文章|推荐|推薦|范文)[:：]?[^\S\n]*$"
    r"(?:\n[^\S\n]*|\n[^\n]{2,60}\d\d-\d\d[^\S\n]*)*",
    rf"^[^\S\n]*[^\n，。；：]{{2,50}}(?<!\d)(?<!-)\d{{2}}-\d{{2}}{_END}",
    # page numbers
    r"^[^\S\n]*+(?:[-—–][^\S\n]*\d{1,4}[^\S\n]*[-—–]|\d{1,4}[^\S\n]*/[^\S\n]*\d{1,4}"
    r"|第?[^\S\n]*+\d{1,4}[^\S\n]*[页頁](?:[^\S\n]*[/共][^\S\n]*\d{1,4}[^\S\n]*[页頁]?)?)" + _END,
    r"^[^\S\n]*\d{1,3}" + _END,
    # advertising, downloads, copyright
    r"^[^\n。]{0,60}(?:点击下载|點擊下載|下载本文|下載本文|免费下载|免費下載|版权所有|版權所有|ICP[备備]|返回(?:顶部|頂部|首页|首頁|列表)"
    r"|打印本[页頁]|关闭窗口|關閉窗口|分享到[:：]|收藏本[站页頁]|[上下]一篇[:：]|加入收藏|设为首页|設為首頁|本文(?:来自|來自|来源|來源)|[请請](?:关注|關注)[^\n。]{0,12}[网網]"
    r"|网站标识码|公网安备|技术支持[:：]|技術支持[:：]|扫一扫(?:在手机|分享|关注|打开|下载)|(?:关注|關注)[^\n。]{0,8}公[众眾]号)[^\n。]{0,60}$",
)  # fmt: skip
# Two characters of each word that makes noise of a line without a colon, an arrow, dates or numbers.
_PAIRS = (
    "站地|系我|繫我|于我|於我|声明|聲明|用帮|助中|情链|情鏈|相关|相關|】相|击下|擊下|载本|載本"
    "|费下|費下|权所|權所|CP|返回|印本|闭窗|閉窗|享到|藏本|入收|一篇|为首|為首|本文|请关|请關"
    "|請关|請關|标识|网安|术支|術支|一扫|公众|公眾"
)
_LINES = re.compile("|".join(f"(?:{shape})" for shape in _SHAPES), re.MULTILINE)
_TRIED = 1 << 21  # code points looked at together
_OPENING = 420  # characters at the beginning of a document in which a teaser ends
# The licence under a text of a library: a line that speaks of the work, and two words of copyright from there on.
_WORK = re.compile(r"^[^\S\n]*本(?:作品|文|文章|文件|资料|資料|页面|頁面|网站|網站|站)", re.MULTILINE)
_RIGHTS = re.compile(
    "著作[权權]法|公有[领領]域|[Pp]ublic domain|知[识識]共享|Creative Commons"
    "|版[权權][归歸]|[转轉][载載][请請须須]|侵[权權]|免[责責][声聲]明"
)
_LICENCE = 3_000  # raw characters at the end of a document in which its licence begins
_TEASER = re.compile(r"\A\s*[^\n]{20,400}?(?:\.{3,}|…+)[^\S\n]*(?=\n)")


def furniture(texts: Texts, edits: Edits, known: Sequence[Sequence[tuple[int, int]]]) -> Int64:
    """Return the raw ranges of page noise.

    Parameters
    ----------
    texts : Texts
    edits : Edits
        Text glued in by sites and page numbers inside sentences are furniture too.
    known : sequence of sequences of (int, int)
        For each document the ranges its reader knows to be furniture, as offsets into its text.

    Returns
    -------
    int64[n, 2]
        Sorted, disjoint, none in two documents.

    Notes
    -----
    One regular expression, anchored to lines, tried where a line begins that may be noise. A first line that ends in
    an ellipsis is a teaser: sites repeat the beginning of a text above it. Some documents at a time, on threads.
    """

    def found(rows: tuple[int, int]) -> Int64:
        return np.array(list(_noise(texts, rows, known)), np.int64).reshape(-1, 2)

    glued = np.isin(edits.kind, (EditKind.SITE, EditKind.PAGE))
    parts = together(found, portions(texts.indptr, _TRIED))
    return _cut(merged(np.concatenate([*parts, np.stack([edits.start[glued], edits.end[glued]], axis=1)])), texts)


def _noise(
    texts: Texts, rows: tuple[int, int], known: Sequence[Sequence[tuple[int, int]]]
) -> Iterator[tuple[int, int]]:
    """Yield the raw ranges of noise of the documents of a row; most have nothing that need be looked at here."""
    borders = texts.indptr[rows[0] : rows[1] + 1]
    begins, bears = _suspects(texts, rows)
    suspects = np.searchsorted(begins, borders)
    busy = (suspects[1:] > suspects[:-1]) | (bears > 0) | (np.fromiter(map(len, known[slice(*rows)]), np.int64) > 0)
    for row in np.flatnonzero(busy).tolist():
        document = rows[0] + row
        low, high = borders[row : row + 2].tolist()
        ranges: list[tuple[int, int]] = []
        tried = begins[suspects[row] : suspects[row + 1]] - low
        if len(tried) or bears[row]:
            text = string(texts.codes[low:high])
            ranges += _hits(text, tried)
            if bears[row] & kernels.LICENCE:
                ranges += _licence(text, max(1, len(text) - _LICENCE), len(text))
            teaser = _TEASER.match(text[:_OPENING]) if bears[row] & kernels.TEASER else None
            if teaser:
                ranges.append((0, teaser.end()))
        yield from ((low + start, low + end) for start, end in (*ranges, *known[document]))


def _suspects(texts: Texts, rows: tuple[int, int]) -> tuple[Int64, UInt8]:
    """Return where lines begin that may be noise (int64[n]), and which documents may bear a licence or a teaser.

    A line of noise has no full stop, or else a colon, an arrow of a breadcrumb or a bracket: most lines are sentences
    and need not be looked at. Of the others most are headings, which have none of the words and signs of noise.
    """
    indptr = texts.indptr[rows[0] : rows[1] + 1]
    hints, signs = _hints()
    places = np.empty(indptr[-1] - indptr[0], np.uint32)  # of which no more is touched than is written
    places = places[: cuts.noted(texts.codes, indptr[0], indptr[-1], signs, places)]
    begins, bears = np.empty(len(places) + len(indptr) - 1, np.int64), np.empty(len(indptr) - 1, np.uint8)
    word, mark = np.uint32(ord("本")), np.uint32(ord("【"))
    count = kernels.suspects(
        texts.codes, indptr, places, hints, word, np.int64(_LICENCE), mark, np.int64(_OPENING), begins, bears
    )
    return begins[:count], bears


@cache
def _hints() -> tuple[UInt16, UInt8]:
    """Return what code points tell of their lines (uint16[0x10000]), and which of them are to be noted (uint8).

    Each of `_SHAPES` needs some of these in its first line, and a test holds them to it. Words of noise are known by
    two characters of each that seldom stand side by side elsewhere; a line in which the first of one stands before
    the second of another is tried in vain.
    """
    hints = np.full(0x10000, kernels.STRANGE, np.uint16)
    hints[0x4E00:0xA000] = 0
    white = [ord(char) for char in data.WHITE if char != "\n"]
    hints[[*white, *map(ord, "|｜>»/·")]] = kernels.GAP
    hints[white] |= kernels.WHITE
    hints[data.digits()] |= kernels.DIGIT | kernels.PAGE | kernels.PAGE_END
    told = {word[0] for word in _ABOUT.split("|")}
    for hint, chars in (
        (kernels.STOP, "。"),
        (kernels.POINT, ":：>»】"),
        (kernels.BREAK, "\n"),
        (kernels.HYPHEN, "-"),
        (kernels.BEGINS, {*"您现現的当當位首发發更责責", *told}),
        (kernels.BRACKET, "(（【["),
        (kernels.PAGE, "-—–第"),
        (kernels.PAGE_END, "-—–页頁"),
        (kernels.NAMES, "目"),
        (kernels.ONE, {pair[0] for pair in _PAIRS.split("|")}),
        (kernels.OTHER, {pair[1] for pair in _PAIRS.split("|")}),
    ):
        hints[[ord(char) for char in chars]] |= hint
    return hints, (hints & (kernels.STOP | kernels.POINT | kernels.BREAK)).astype(np.uint8)


def _hits(text: str, begins: Int64) -> Iterator[tuple[int, int]]:
    """Yield what is noise of the lines that begin at some places."""
    end = 0
    for begin in begins.tolist():
        if begin >= end:
            found = _LINES.match(text, begin)
            if found:
                yield found.span()
                end = found.end()


def _licence(whole: str, first: int, last: int) -> list[tuple[int, int]]:
    """Return the range of the licence at the end of a document, if it has one."""
    if _RIGHTS.search(whole, first, last):
        for match in _WORK.finditer(whole, first, last):
            if len({cue[0] for cue in _RIGHTS.finditer(whole, match.start(), last)}) > 1:
                return [(match.start(), match.start() + len(whole[match.start() : last].rstrip()))]
    return []


def _cut(ranges: Int64, texts: Texts) -> Int64:
    """Cut ranges at the borders of documents: `merged` makes one of two that touch there."""
    inner = np.unique(texts.indptr[1:-1])
    first = np.searchsorted(inner, ranges[:, 0], side="right")
    inside = np.searchsorted(inner, ranges[:, 1], side="left") - first
    crossed = inner[positions(first, inside)]
    borders = np.sort(np.concatenate([ranges.ravel(), crossed, crossed]))
    return borders.reshape(-1, 2)
