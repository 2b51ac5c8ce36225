"""Detection and decoding: right on short slices, unharmed by damage, fast on UTF-8."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.read.encoding import decode

SIMPLIFIED = (
    "白石沟乡今年把饮水改造放在各项工作的前面。春节过后，乡里抽出八名干部分成三个小组，逐户查看水窖、管道和水表，"
    "登记漏水点一百二十六处，四月底以前全部换修完毕。群众反映最多的是高坡上五十几户人家水压不足，水利站两次到现场测算，"
    "决定在老井旁边另建一座小型泵房，由村里出工，县里补助材料。泵房六月十日通水，当天下午许多老人提着桶来看。\r\n"
    "（二）道路养护。全乡共有通村路41.5公里，往年雨季总要中断十多天。我们和沿线七个村签订了管护责任书，每公里落实一名"
    "养护员，工钱按月发放；还添置了两台小型压路机。“路好走了，核桃才卖得出去”，赵家梁的支部书记在会上这样说。\n"
    "三、存在的问题：一是年轻人外出多，冬季清雪人手不够；二是账目公开还不够及时，有的村三个月才贴一次榜；"
    "三是防火物资陈旧，灭火弹过期46枚，必须在十月前更换。对此，乡党委已经列出清单，逐条落实到人，年底考核时一并检查。"
)
TRADITIONAL = (
    "白石溝鄉今年把飲水改造放在各項工作的前面。春節過後，鄉裏抽出八名幹部分成三個小組，逐戶查看水窖、管道和水錶，"
    "登記漏水點一百二十六處，四月底以前全部換修完畢。群眾反映最多的是高坡上五十幾戶人家水壓不足，水利站兩次到現場測算，"
    "決定在老井旁邊另建一座小型泵房，由村裏出工，縣裏補助材料。泵房六月十日通水，當天下午許多老人提著桶來看。\r\n"
    "（二）道路養護。全鄉共有通村路41.5公里，往年雨季總要中斷十多天。我們和沿線七個村簽訂了管護責任書，每公里落實一名"
    "養護員，工錢按月發放；還添置了兩臺小型壓路機。「路好走了，核桃才賣得出去」，趙家樑的支部書記在會上這樣說。\n"
    "三、存在的問題：一是年輕人外出多，冬季清雪人手不夠；二是賬目公開還不夠及時，有的村三個月才貼一次榜；"
    "三是防火物資陳舊，滅火彈過期46枚，必須在十月前更換。對此，鄉黨委已經列出清單，逐條落實到人，年底考核時一併檢查。"
)
ENCODINGS = ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be")


def slices(seed: int, count: int):
    """Yield (encoding, slice) with lengths from 20 to 6,000, half of them below 350."""
    rng = random.Random(seed)
    for _ in range(count):
        for encoding in ENCODINGS:
            text = (TRADITIONAL if encoding == "big5hkscs" else SIMPLIFIED) * 20
            length = int(20 * 300 ** rng.random())
            start = rng.randrange(len(text) - length)
            yield rng, encoding, text[start : start + length]


def share_right(damage) -> float:
    right = total = 0
    for rng, encoding, text in slices(7, 200):
        found = decode(damage(rng, text.encode(encoding)))
        total += 1
        right += found is not None and found.encoding == encoding
    return right / total


def one_bad_byte(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [lambda _, data: data, one_bad_byte, lambda _, data: data[:-1], lambda _, data: data[1:]],
    ids=["whole", "one bad byte", "last byte cut", "first byte cut"],
)
def test_five_encodings_are_told_apart_on_slices_of_20_to_6000_characters(damage):
    """At least 99.5 % of slices are given their encoding, damaged or not."""
    assert share_right(damage) >= 0.995


def test_whole_slices_come_back_exactly():
    for _, encoding, text in slices(11, 100):
        found = decode(text.encode(encoding))
        assert (found.text, found.replaced) == (text, 0)


@pytest.mark.parametrize("encoding", ["gb18030", "big5hkscs"])
def test_a_lost_byte_costs_two_characters_and_not_half_a_paragraph(encoding):
    """A double-byte text that falls out of step is put back into step."""
    line = (TRADITIONAL if encoding == "big5hkscs" else SIMPLIFIED).split("\n")[0]
    data = line.encode(encoding)
    for at in range(10, 200, 17):
        found = decode(data[:at] + data[at + 1 :])
        assert found.encoding == encoding
        assert found.text[: at // 3] == line[: at // 3]
        assert found.text[-60:] == line[-60:]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"\x84\x31\x95\x33", "gb18030"),
    ],
)
def test_a_byte_order_mark_decides_and_is_no_part_of_the_text(mark, encoding):
    found = decode(mark + "水利".encode(encoding))
    assert (found.text, found.encoding) == ("水利", encoding)


def test_gbk_that_happens_to_be_valid_utf8_is_read_as_gbk():
    """联通 in GBK is valid UTF-8; probability, not validity, decides."""
    found = decode("联通".encode("gbk") * 8)
    assert found.text == "联通" * 8


def test_undecodable_bytes_become_replacement_characters_and_are_counted():
    found = decode(SIMPLIFIED[:60].encode() + b"\xff\xfe\xff" + SIMPLIFIED[60:90].encode())
    assert found.encoding == "utf-8"
    assert found.replaced == found.text.count("\ufffd") == 3


def test_the_encoding_given_is_used():
    found = decode(SIMPLIFIED.encode("gb18030"), "big5")
    assert found.encoding == "big5"
    assert found.replaced > 0


@pytest.mark.parametrize("size", [64, 500, 5_000, 100_000])
def test_noise_is_no_text(size):
    assert decode(random.Random(size).randbytes(size)) is None


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffd\ufeff"), max_size=300))
@settings(max_examples=150, derandomize=True, deadline=None)
def test_utf8_with_han_is_returned_as_it_is(text):
    """Line ends, zero-width characters and all: offsets count from the text exactly as decoded."""
    text = "乡" + text
    assert decode(text.encode()).text == text


@given(st.binary(max_size=400))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_any_bytes_decode_or_are_refused(data):
    found = decode(data)
    assert found is None or found.replaced == found.text.count("\ufffd")
