"""Noise is sought only in lines that could be noise, and found as if every line had been tried."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedup.kernels import noise as kernels
from dedup.kernels.threads import threads
from dedup.schema import Edits
from dedup.steps import data, furniture, repair

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
    "水渠通到村口以后几户人家先后搬回了老屋场...",
    "水渠通到村口以后几户人家先后搬回了老屋场……",
    "联系我们 | 网站地图",
    "（责任编辑：李）",
    "·相关链接",
    "１７",
    "𝟏𝟕",
    "\r",
    "版权归作者，转载须经同意",
    "\n",
    "\n\n",
    " ",
    "\u3000\u3000",
    "。",
    "，",
)


BETWEEN = "\n\0\n"
NOTHING = Edits(*(np.zeros(size, kind) for size, kind in zip((0, 0, 0, 1, 0), "qqBqI", strict=True)))


def naive(texts):
    """Every line of every text, by one regular expression over all of them; and which texts bear a licence."""
    found = set()
    joined = "".join(text + BETWEEN for text in texts)
    licensed = []
    first = laid = 0
    for text in texts:
        last = first + len(text)
        for match in furniture._LINES.finditer(joined, first, last + len(BETWEEN)):
            found.update(range(match.start() - first + laid, min(match.end(), last) - first + laid))
        licence = furniture._licence(joined, max(first + 1, last - furniture._LICENCE), last)
        found.update(at - first + laid for low, high in licence for at in range(low, high))
        teaser = furniture._TEASER.match(text[: furniture._OPENING])
        found.update(range(laid, laid + teaser.end()) if teaser else ())
        licensed.append(bool(licence))
        first, laid = last + len(BETWEEN), laid + len(text)
    return found, licensed


def found(texts):
    laid = repair.lay_out(texts)
    ranges = furniture.furniture(laid, NOTHING, [()] * len(texts))
    assert all(low < high for low, high in ranges.tolist()) and (ranges[1:, 0] >= ranges[:-1, 1]).all()
    return {at for low, high in ranges.tolist() for at in range(low, high)}


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), min_size=1, max_size=4))
def test_lines_not_tried_are_no_noise(texts):
    wanted, licences = naive(texts)
    assert found(texts) == wanted
    _, may = furniture._suspects(repair.lay_out(texts), (0, len(texts)))
    assert all(bears & kernels.LICENCE or not licence for bears, licence in zip(may.tolist(), licences, strict=True))


def matched(text):
    """Where lines begin that the expression matches, every line tried."""
    begins = [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]
    return {begin for begin in begins if furniture._LINES.match(text, begin)}


@pytest.mark.parametrize("shape", furniture._SHAPES)
def test_no_line_that_a_shape_matches_is_left_out(shape):
    """Lines made of each shape, with other characters around and in between, alone and behind one another."""
    seen = set()

    @settings(deadline=None, derandomize=True, max_examples=80, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.one_of(st.from_regex(re.compile(shape.replace("*+", "*"), re.MULTILINE)), st.sampled_from(PIECES)),
            max_size=3,
        )
    )
    def hold(pieces):
        text = "\n".join(pieces)
        wanted = matched(text)
        begins, _ = furniture._suspects(repair.lay_out([text]), (0, 1))
        assert wanted <= set(begins.tolist())
        seen.update(wanted and {text} if re.search(shape, text, re.MULTILINE) else ())

    hold()
    assert len(seen) > 20


def spelt(shape):
    """Return what the alternatives of a shape are when each choice of characters and words is made in every way."""
    words = [""]
    while shape:
        if shape[0] == "(":
            inner, shape = enclosed(shape)
            inner = [one for choice in choices(inner.removeprefix("?:")) for one in spelt(choice)]
        elif shape[0] == "[":
            end = shape.index("]")
            inner, shape = list(shape[1:end]), shape[end + 1 :]
            inner = [""] if inner[0] == "^" else inner  # what may stand between two words
        else:
            inner, shape = [shape[0]], shape[1:]
        if shape[:1] == "{":
            shape = shape[shape.index("}") + 1 :]
        words = [word + one for word in words for one in inner]
    return words


def enclosed(shape):
    depth = 0
    for at, char in enumerate(shape):
        depth += (char == "(") - (char == ")")
        if not depth:
            return shape[1:at], shape[at + 1 :]
    raise AssertionError(shape)


def choices(shape):
    found, depth = [""], 0
    for char in shape:
        depth += (char == "(") - (char == ")")
        found = [*found, ""] if char == "|" and not depth else [*found[:-1], found[-1] + char]
    return found


def test_every_word_of_noise_has_its_line_tried():
    """Of the shapes that are words alone each word, in both scripts: chance would leave some of them out."""
    words = spelt(f"({enclosed(furniture._SHAPES[-1][furniture._SHAPES[-1].index('(?:点击') :])[0]})")
    assert len(words) > 50 and {"点击下载", "ICP備", "上一篇：", "请关注網", "關注公眾号"} <= set(words)
    below = next(shape for shape in furniture._SHAPES if "网站地图" in shape)
    links = spelt(f"({enclosed(below[below.index('(?:网站') :])[0]})")
    assert len(links) > 15 and {"联系我们", "免責聲明"} <= set(links)
    for word in [*words, *(link * 2 for link in links)]:
        text = f"水渠\n {word}\n"
        assert matched(text) == {3}, word
        begins, _ = furniture._suspects(repair.lay_out([text]), (0, 1))
        assert begins.tolist() == [3], word


@pytest.mark.parametrize("jobs", [1, 2])
def test_documents_tried_some_at_a_time_have_the_noise_they_have_together(monkeypatch, jobs):
    """However many documents make a row, and on threads: each range stands in the document that it was found in."""
    texts = [
        "首页 > 新闻 > 正文\n堤坝修好了。",
        "",
        "\n来源：县报 作者：王\n",
        "水渠",
        "水渠一直通到村口，\n- 3 -",
    ] * 4
    whole = found(texts)
    assert whole == naive(texts)[0] and len(whole) > 4 * 20
    for size in (1, 9, 40):
        monkeypatch.setattr(furniture, "_TRIED", size)
        with threads(jobs):
            assert found(texts) == whole


def test_white_space_and_digits_are_what_the_expression_takes_for_them():
    """Of the digits all are among them; above the plane of which there are hints every code point may be one."""
    every = "".join(map(chr, range(0x110000)))
    assert {*data.WHITE} == {*re.findall(r"\s", every)}
    assert {ord(char) for char in re.findall(r"\d", every[:0x10000])} <= {*data.digits()}
    assert not {*data.digits()} & {*range(0x2000, 0xA000)}


def test_sentences_and_headings_are_not_tried():
    """Nor a list and what is said to somebody: only a line that begins as noise does."""
    laid = repair.lay_out(["水渠修好了。\n一、成绩\n（一）进度：\n各位代表：\n作者：王某。\n\n2006年冬\n"])
    begins, bears = furniture._suspects(laid, (0, 1))
    assert begins.tolist() == [25] and not bears.any()
    assert not len(furniture.furniture(laid, NOTHING, [()]))
