"""Bytes to text: which of the encodings that Chinese reports come in, and the decoding itself.

Valid UTF-8 is decoded at the speed of ``bytes.decode`` and nothing more is asked. Everything else is put to a vote:
the same sample is decoded in each encoding, and the decoding under which the text is most probable wins. The model
is a table of character probabilities (160 common and 480 frequent characters in both scripts, the first levels of
GB 2312 and Big5, punctuation, ASCII); a sum of logarithms, so one damaged byte or a cut character costs one bad
character and decides nothing.

A decoder that asks for *validity* instead fails here: GB 18030 accepts nearly every byte pair, so that Big5 and
UTF-16 pass as rare Han, and one bad byte rules out the right answer. A detector trained on pairs of bytes needs a
table per encoding; this one needs one table of characters, whatever the encoding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

# The most frequent Han characters of public Chinese prose, counted; then their traditional forms.
_COMMON = (
    "的国中和大发新人会在一业全展民主进年要作建工地加化行政产实经力有生动是方家为平同强重了设高党文成出不日我开"
    "持对社部合制央以上联代体等现个推共面增时多济各务关总区保义能长理定近提十改来习播机资学好到基度系们表分农月"
    "消坚本员视原今天领法利治用量革军闻查事续入通美网前公统于议这水市际目自企调性外息看第内深特过将安导科心万快"
    "就"
    "國發會業進產實經動爲強設黨開對聯體現個時濟務關總區義長來習機資學們農堅員視領軍聞續網統於議這際調內過將導萬"
    "為"
)
_FREQUENT = (
    "步正二向委期技点战场更结运下创施活决次程立两题示造应俄三当与计项明交支道育路完防五得质世品海放稳克界护席教"
    "式指任举比级团取组电管村规亿问局信数金间策北斯构四乌思种积西广元源服色众精记之收后流相善最报群极集书达从情"
    "想位域投物解门已继华标台南权协小城布把意命府线其族商划供术求称可优起效复及确届研节者所江干亚促口都并着他必"
    "神费也首击打使态论风升整东落境百备引队院略据办还件断反势受做兴形斗环础争互志贯至里织益健严列专气京约接变超"
    "准医维条障控型转营切常格别历球批彻传需核贸扩突州责史果伟参由子预乡根九空车罗显非无山带奋价融认监省而处阶巴"
    "装尔速致卫须航先些春河类职财措助火见范案去然紧验努拉险识告粮八观愿兰少难德土模名挥走康港单李此食易例灾讲真"
    "老武马士林边青宣充铁居降苏况依层征周双话究访六回破千因纪始手影率响具抓疫负欧采才排阿值友围减执选福功病较感"
    "律说段校游税洲证越低则针清富七包困再试署培旅站未救启讯固配谈适号让字客均审连践给望头宁养评劳器考镇样容货普"
    "献英疗综额迎季冲热该章逐王幕密远沙药伊修如绿县住直知司注很攻智承输银澳念张检置但足察米峰盟督希满花移光急古"
    "聚补班"
    "點戰場結運創決兩題應當與計項質穩護舉級團組電規億問數間構烏種積廣衆記後報羣極書達從門繼華標臺權協線劃術稱優"
    "復確屆節幹亞並費擊態論風東備隊據辦還斷勢興鬥環礎爭貫裏織嚴專氣約變準醫維條轉營別歷徹傳貿擴責偉參預鄉車羅顯"
    "無帶奮價認監處階裝爾衛須類職財見範緊驗險識糧觀願蘭難揮單災講馬邊鐵蘇況層徵雙話訪紀響負歐採圍減執選較說遊稅"
    "證則針試啓訊談適號讓審連踐給頭寧養評勞鎮樣貨獻療綜額衝熱該遠藥綠縣輸銀張檢峯滿補牀裡"
)

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_DOUBLE = frozenset({"gb18030", "big5hkscs"})
# In order of preference where two are equally probable. The skip is for a slice that begins on the second byte of a
# character: all of it would be one byte out of step.
_CANDIDATES = (
    ("utf-8", 0),
    ("gb18030", 0),
    ("big5hkscs", 0),
    ("utf-16-le", 0),
    ("utf-16-be", 0),
    ("gb18030", 1),
    ("big5hkscs", 1),
    ("utf-16-le", 1),
    ("utf-16-be", 1),
)
SAMPLE = 4096  # bytes; 1,365 characters decide far beyond doubt, and five decodings of it cost 0.2 ms
_NOISE = 0.12  # of the characters, after the first four; text with every tenth byte damaged is read, noise has half
_UNLIKELY = -17.5  # natural logarithm: what stands here is no text
_RARE = -12.0
_BAD = -20.0  # cost of giving up one byte
_MOST_REALIGNED = (
    1 << 22
)  # bytes of lines put back into step in one file, at about 1 µs each; the rest stays as it is
_HIGH = re.compile("[\u0800-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the encoding it came in, and how many U+FFFD stand in it."""

    text: str
    encoding: str
    replaced: int


def decode(data: bytes, encoding: str | None = None) -> Decoded | None:
    """Decode bytes; None if they are no text in any encoding known here.

    Parameters
    ----------
    data : bytes
    encoding : str, optional
        Use this one instead of finding out.

    Returns
    -------
    Decoded or None
        The text without its byte order mark, line ends untouched. Bytes that cannot be decoded are U+FFFD and
        counted; a U+FFFD that was in the file already is counted with them, for it lost a character just the same.

    Notes
    -----
    O(len(data)) for the decoding, a constant 4 KiB sample for the decision.
    """
    skip = 0
    if encoding is None:
        quick = _utf8(data)
        if quick is not None:
            # To look for one takes a third of counting none.
            return Decoded(quick, "utf-8", quick.count("\ufffd") if "\ufffd" in quick else 0)
        found = detect(data)
        if found is None:
            return None
        encoding, skip = found
        if encoding in _DOUBLE:  # these find their own step, from the first line on
            skip = 0
    text = _to_text(data[skip:], encoding)
    if text.startswith("\ufeff"):
        text = text[1:]
    text = "\ufffd" * skip + text
    return Decoded(text, encoding, text.count("\ufffd"))


def detect(data: bytes) -> tuple[str, int] | None:
    """Return the most probable encoding and the bytes to skip before it (0 or 1), or None for noise."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, 0
    sample = _sample(data)
    best, highest = ("utf-8", 0), -np.inf
    for encoding, skip in _CANDIDATES:
        attempt = sample[skip:].decode(encoding, "replace")
        score = float(_weights(attempt).sum(dtype=np.float64)) + skip * _BAD
        if score > highest:
            best, highest = (encoding, skip), score
    # Put back into step only now: doing it for each candidate makes the vote ten times as slow and no better.
    text = _to_text(sample[0 if best[0] in _DOUBLE else best[1] :], best[0])
    unlikely = int((_weights(text) < _UNLIKELY).sum())
    return best if unlikely <= 4 + _NOISE * len(text) else None


def decode_name(raw: bytes) -> str:
    """Decode a file name that came without its encoding: UTF-8 if it can be, else GBK or Big5, else with U+FFFD."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        names = [raw.decode(encoding, "replace") for encoding in ("gb18030", "big5hkscs")]
        return max(names, key=lambda name: float(_weights(name).sum()))


def _to_text(data: bytes, encoding: str) -> str:
    """Decode, with lines that fell out of step put back into step.

    In GB 18030 and Big5 a lost or damaged byte pairs every second byte with the next first one, up to the next ASCII
    character: half a paragraph turns into rare Han, most of it valid. Such a line is split anew into characters and
    lost bytes so that its probability is highest; a line of legitimate rare characters comes out as it went in.
    """
    text = data.decode(encoding, "replace")
    if encoding not in _DOUBLE:
        return text
    weights = _weights(text)
    rare = weights < _RARE
    suspicious = np.flatnonzero((weights < _UNLIKELY) | _run_of_three(rare))
    if not len(suspicious):
        return text
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")
    rows = np.unique(np.searchsorted(np.flatnonzero(units == 0x0A), suspicious))
    raw, lines = data.split(b"\n"), text.split("\n")
    if len(raw) != len(lines):  # a codec that swallows a line end leaves no way to tell the lines apart
        return text
    left = _MOST_REALIGNED
    for row in rows.tolist():
        left -= len(raw[row])
        if left >= 0:
            lines[row] = _split(raw[row], encoding)
    return "\n".join(lines)


def _run_of_three(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return for each place whether it begins a run of three."""
    runs = np.zeros_like(flags)
    runs[:-2] = flags[:-2] & flags[1:-1] & flags[2:]
    return runs


def _split(line: bytes, encoding: str) -> str:
    """Decode a line by the most probable division into one-byte, two-byte and lost characters (Viterbi, O(n))."""
    array = np.frombuffer(line, np.uint8)
    pairs = (array[:-1].astype(np.uint16) << 8) | array[1:]
    two = [*_pair_weights(encoding)[pairs].tolist(), -np.inf]
    one = [
        weight if byte < 0x80 else _BAD for byte, weight in zip(line, _log_probability()[array].tolist(), strict=True)
    ]
    best = [0.0] * (len(line) + 2)
    for at in range(len(line) - 1, -1, -1):
        best[at] = max(one[at] + best[at + 1], two[at] + best[at + 2])
    pieces, at, begin = [], 0, 0
    while at < len(line):
        if two[at] + best[at + 2] >= one[at] + best[at + 1]:
            at += 2
            continue
        at += 1
        if line[at - 1] >= 0x80:
            pieces.append(line[begin : at - 1].decode(encoding, "replace"))
            begin = at
    pieces.append(line[begin:].decode(encoding, "replace"))
    return "\ufffd".join(pieces)


@cache
def _pair_weights(encoding: str) -> NDArray[np.float32]:
    """Return float32[65536]: logarithm of the probability of the character that a byte pair stands for."""
    table = np.full(65536, 2 * _BAD, np.float32)
    for lead in range(0x81, 0xFF):
        for trail in range(0x30, 0xFF):
            text = bytes((lead, trail)).decode(encoding, "ignore")
            if len(text) == 1:
                table[lead << 8 | trail] = _log_probability()[min(ord(text), 0xFFFF)]
    if encoding == "gb18030":
        # Four-byte characters are two such pairs; each half is as rare as a rare character.
        table.reshape(256, 256)[0x81:0xFF, 0x30:0x3A] = -10.0
    return table


def _weights(text: str) -> NDArray[np.float32]:
    """Return the logarithm of the probability of each UTF-16 code unit of the text."""
    weights: NDArray[np.float32] = _log_probability()[np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")]
    return weights


def _utf8(data: bytes) -> str | None:
    """Return the text where the bytes are UTF-8 beyond doubt."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if b"\0" in data:  # valid UTF-8, but so is ASCII in UTF-16
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    # Short GBK of the right characters ("联通") is valid UTF-8, but only as two-byte sequences: Latin, Greek,
    # Cyrillic, Arabic. One character from U+0800 on (all of Han) in the head settles it.
    if text.isascii() or _HIGH.search(text, 0, SAMPLE):
        return text
    found = detect(data)
    return text if found is None or found[0] == "utf-8" else None


def _sample(data: bytes) -> bytes:
    """Return up to 4 KiB from the first byte that is not ASCII on (a long header says nothing)."""
    if len(data) <= SAMPLE:
        return data
    array = np.frombuffer(data, np.uint8, count=min(len(data), 1 << 20))
    high = int((array >= 0x80).argmax())
    if b"\0" in data[:SAMPLE]:  # UTF-16: every ASCII character has its NUL, start at the start
        high = 0
    start = max(0, high - 64) & ~1
    return data[start : start + SAMPLE]


@cache
def _log_probability() -> NDArray[np.float32]:
    """Return float32[65536]: natural logarithm of the probability of each UTF-16 code unit in Chinese text.

    The classes are coarse on purpose: what counts is that a wrong decoding falls from common characters (e**-6) to
    rare Han (e**-15) and worse, several units of logarithm with each character.
    """
    table = np.full(65536, 1e-8)
    table[0x4E00:0xA000] = 2e-7  # Han outside the levels below
    table[0x3400:0x4DC0] = 5e-8
    table[0x3040:0x3100] = 1e-6  # kana
    table[0x0370:0x0530] = 1e-6  # Greek, Cyrillic
    table[0x00A0:0x0250] = 1e-6
    table[0x2000:0x2700] = 3e-6  # symbols, arrows, boxes
    table[0x3000:0x3030] = 1e-4
    table[0xFF01:0xFF5F] = 1e-4
    table[0xE000:0xF900] = 1e-8  # private use
    table[0xD800:0xE000] = 1e-5  # two of these make a rare Han
    table[0xFFFD] = 1e-8
    table[0x00:0x20] = 1e-9
    table[0x7F:0xA0] = 1e-9
    table[_units(_level(range(0xB0, 0xD8), range(0xA1, 0xFF), "gb2312"))] = 4e-5
    table[_units(_level(range(0xA4, 0xC7), (*range(0x40, 0x7F), *range(0xA1, 0xFF)), "big5"))] = 4e-5
    table[0x20:0x7F] = 8e-4
    table[_units("\n\r\t")] = 2e-3
    table[_units("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜɡ□○●■△▲◆★※→①②③④⑤⑥⑦⑧⑨×")] = 5e-5
    table[_units(_FREQUENT)] = 6e-4
    table[_units(_COMMON)] = 2.8e-3
    table[_units("；：？！（）“”‘’《》—…·％〈〉【】　")] = 2e-3
    table[_units("，。、")] = 2e-2
    weights: NDArray[np.float32] = np.log(table).astype(np.float32)
    return weights


def _units(text: str) -> NDArray[np.uint16]:
    return np.frombuffer(text.encode("utf-16-le"), "<u2")


def _level(leads: range, trails: range | tuple[int, ...], encoding: str) -> str:
    return bytes(byte for lead in leads for trail in trails for byte in (lead, trail)).decode(encoding, "ignore")
