"""Noise is sought only in lines that could be noise, and found as if every line had been tried."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.schema import Edits
from dedup.steps import furniture, repair

PIECES = (
    "首页 > 新闻 > 正文",
    "您的位置：首页。",
    "来源：县报 作者：王",
    "责任编辑：李",
    "【水利。工作】相关文章：",
    "相关阅读",
    "堤坝修好了",
    "03-07",
    "- 3 -",
    "17",
    "第2页/共9页",
    "2015-04-02 10:30 时政要闻",
    "本作品依著作权法进入公有领域",
    "打印本页",
    "下一篇：无",
    "通知 公告 动态 专题 下载",
    "水渠一直通到村口，",
    "栏目：简报。发布于今天。人气：2",
    "\n",
    "\n\n",
    " ",
    "\u3000\u3000",
    "。",
    "，",
)


def naive(texts):
    """Every line of every text, by one regular expression over all of them."""
    found = []
    joined = "".join(text + furniture._BETWEEN for text in texts)
    begin = np.cumsum([0, *(len(text) + len(furniture._BETWEEN) for text in texts)]).tolist()
    for match in furniture._LINES.finditer(joined):
        found.append(match.span())
    licensed = []
    for first, text in zip(begin, texts, strict=False):
        last = first + len(text)
        licensed.append(furniture._licence(joined, max(first + 1, last - furniture._LICENCE), last))
    return found, licensed


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), min_size=1, max_size=4))
def test_lines_not_tried_are_no_noise(texts):
    laid = repair.lay_out(texts)
    begins, licensed = furniture._suspects(laid)
    joined = "".join(text + furniture._BETWEEN for text in texts)
    shifted = begins + len(furniture._BETWEEN) * laid.document_of(begins)
    wanted, licences = naive(texts)
    assert list(furniture._hits(joined, shifted)) == wanted
    assert all(may or not found for may, found in zip(licensed.tolist(), licences, strict=True))


def test_a_sentence_is_not_tried_and_a_heading_is():
    laid = repair.lay_out(["水渠修好了。\n一、成绩\n作者：王某。\n"])
    begins, licensed = furniture._suspects(laid)
    assert begins.tolist() == [7, 12, 19] and not licensed.any()
    none = np.empty(0, np.int64)
    edits = Edits(none, none, none.astype(np.uint8), np.zeros(1, np.int64), none.astype(np.uint32))
    assert not len(furniture.furniture(laid, edits, [()]))
