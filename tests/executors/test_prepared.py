"""Batches of documents: joined and taken apart, they are what preparing afresh gives."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prose import REPORT

from dedup import Document
from dedup.executors.packing import Damage, pack, unpack
from dedup.executors.prepared import Prepared, joined, prepare, taken
from dedup.kernels import threads
from dedup.schema import Passages

LINES = (
    *REPORT.split("\n"),
    "",
    "    ",
    "2006",
    "12-03",
    "第一篇：青石镇二〇〇六年工作总结",
    "第二篇：青石镇二〇〇七年工作打算",
    "相关推荐：",
    "抗旱保苗工作小结",
    "首页 | 新闻 | 公告 | 办事 | 互动 | 服务",
    "鄉(xiāng)里的提灌站?，F(xiàn)在通水了",
    "ααb的用量是5μm，bα",
    "- 3 -",
    "\u200b请登录平台查看\ufeff",
    "点击下载",
    "本资料由青石镇文化站整理，版权归编者，转载请注明出处。",
    "青石镇的总结（篇一）",
    "青石镇的总结（篇二）",
    "“先修渠，后修路",
)


def texts():
    lines = st.lists(st.sampled_from(LINES), max_size=12)
    return st.builds(lambda rows, end: "\n".join(rows) + end, lines, st.sampled_from(("", "\n", "\r\n", " ")))


def same(one, other, path="") -> None:
    """Two tables are equal, column by column, in values and in type."""
    if is_dataclass(one):
        for field in fields(one):
            same(getattr(one, field.name), getattr(other, field.name), f"{path}.{field.name}")
    else:
        assert one.dtype == other.dtype, path
        np.testing.assert_array_equal(one, other, err_msg=path)


def documents(rows) -> list[Document]:
    return [Document(f"{number}.txt", text) for number, text in enumerate(rows)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(rows=st.lists(texts(), max_size=6), count=st.integers(2, 4))
def test_on_several_threads_it_is_prepared_as_on_one(rows, count):
    """Documents shared out among threads, however short, lines, sentences and slots with them."""
    alone = prepare(documents(rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "allowed", lambda: count)
        patch.setattr(threads, "_SHORT", 0)
        same(prepare(documents(rows)), alone)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(texts(), min_size=1, max_size=7), st.data())
def test_batches_join_into_the_tables_of_all(rows, data):
    """However documents are cut into batches, the joined tables are those of one batch."""
    everything = documents(rows)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(rows)), max_size=3)) | {0, len(rows)})
    batches = [prepare(everything[a:b]) for a, b in pairwise(cuts)]
    same(joined(batches), prepare(everything))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(texts(), min_size=1, max_size=7), st.data())
def test_documents_taken_out_are_as_if_prepared_alone(rows, data):
    """The tables of some documents of a batch are those of preparing them by themselves."""
    everything = documents(rows)
    some = sorted(data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1)))
    same(taken(prepare(everything), np.array(some)), prepare([everything[row] for row in some]))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(texts(), min_size=1, max_size=4))
def test_a_packed_table_is_the_table(rows):
    """Bytes and back: every value and every type."""
    batch = prepare(documents(rows))
    same(unpack(pack(batch), Prepared), batch)
    assert pack(batch) == pack(unpack(pack(batch), Prepared))


def test_floats_and_empty_tables_are_packed():
    """A table of other columns, with and without rows."""
    for n in (0, 3):
        ints = [np.arange(n, dtype=np.int64) * 10**11 * sign for sign in (1, -1, 1, -1, 1)]
        table = Passages(*ints, np.linspace(0, 1, n), np.ones(n, np.uint8))
        same(unpack(pack(table), Passages), table)


def test_packed_is_small():
    """Positions are stored as steps: two bytes a code point, and one a step, not twelve."""
    batch = prepare(documents([REPORT * 20]))
    assert len(pack(batch)) < 9 * len(batch.texts.codes)


@pytest.mark.parametrize("at", [0, 9, 200, -1])
def test_a_flipped_bit_is_found(at):
    """Whichever byte is damaged, nothing is unpacked."""
    data = bytearray(pack(prepare(documents([REPORT]))))
    data[at] ^= 4
    with pytest.raises(Damage):
        unpack(bytes(data), Prepared)
    with pytest.raises(Damage):
        unpack(bytes(data[: len(data) // 2]), Prepared)


def test_a_list_of_related_articles_ends_with_its_document():
    """What follows 相关推荐 at the end of one document is no title of the next."""
    first, second = "青石镇修了三条水渠。\n相关推荐：", "抗旱保苗工作小结\n全镇浇地三千亩。\n"
    alone = prepare(documents([second])).noise
    both = prepare(documents([first, second])).noise
    assert len(alone) == 0 and both[-1].tolist()[1] <= len(first)


def test_page_noise_stays_within_its_document():
    """Two documents that end and begin with page noise have a range each."""
    noise = prepare(documents(["全镇浇地三千亩。\n- 3 -", "- 4 -\n全镇浇地三千亩。"])).noise
    assert len(noise) == 2 and noise[0, 1] == noise[1, 0]
