"""The fuzz targets as ordinary tests: sound inputs, a few hundred changed ones, and every input that broke a promise.

The long runs are `make fuzz` (tests/fuzz/campaign.py); docs/reliability.md says how long they were.
"""

from __future__ import annotations

import random
import time
import zlib

import pytest

from tests.fuzz import files, readers, texts
from tests.fuzz.target import Fault, Target, hold, joined
from tests.read.makers import W

TARGETS: dict[str, Target] = {**readers.TARGETS, **texts.TARGETS, **files.TARGETS}
COMPILED = [name for name, target in TARGETS.items() if target.jit]
CHANGED = 40

TABLE = "<table><tr><td>甲</td><td>乙</td>"
DECISION = '{"schema": "dedup.decisions/1", "decisions": [{"family": "f", "verdict": "self", "reason": "\\ud800"}]}'
NUMBERED = f'<w:document {W}><w:body><w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
NUMBERED += "<w:r><w:t>甲</w:t></w:r></w:p></w:body></w:document>"
NAMELESS = f'<w:numbering {W}><w:abstractNum><w:lvl w:ilvl="0"/></w:abstractNum></w:numbering>'
ROTATED = "箬一篇结\n（二カカ展露地二カ蔬上新会羺新机具。"
CUT = "第在河谷一\n务农技人员分片包摌春耕\n第\n构在河谷䀍务农技人员分片包漌春耕"
MEMBERS = '{"schema": "dedup.decisions/1", "decisions": [{"family": "f", "verdict": "self", "members": [%s]}]}'
BROKE: list[tuple[str, bytes, str]] = [
    ("read-html", "<body>甲<?b>乙".encode(), "an element without a name ended the walk"),
    ("read-html", f"{TABLE}<tr><td>{TABLE}</table><tr><td>丙</td><td>丁".encode(), "tables overlapped"),
    (
        "read-office",
        b"\0" + joined(NUMBERED.encode(), NAMELESS.encode()),
        "a list that a nameless definition fits",
    ),
    ("scan", ("L第鄉(x" + "P" * 95 + "鄉(xin')ng").encode(), "a periodic stretch was a copy of what it overlaps"),
    ("scan", b"L" + ROTATED.encode(), "cut at a border, a shuffled passage had more matches than characters"),
    ("align", ("L" + CUT).encode(), "cut at a border, one side counted matches that the other had lost"),
    ("text-layers", b" " * 40_000, "white space cost the square of its length"),
    ("json", b"\1" + DECISION.encode(), "half a surrogate pair could not be stored"),
    ("json", b"\1" + (MEMBERS % f'"{files.digest()}:0-{"9" * 30}"').encode(), "an offset that is no index"),
    ("json", b"\1" + (MEMBERS % f'"{files.digest()}:0-{"9" * 5_000}"').encode(), "an offset that is no number"),
    ("json", b"\0" + files.with_digest("\ud800"), "half a surrogate pair could not be hashed"),
]
"""Target, input, and what it broke; each once raised, hung or left its ranges."""


def changed(seed: bytes, words: tuple[bytes, ...], rng: random.Random) -> bytes:
    """Return an input with bytes replaced, a word put in, a piece doubled or cut off."""
    data = bytearray(seed)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                data[at:at] = rng.choice(words or (b"\0",))
            case 2:
                data[at:at] = data[at : at + rng.randrange(40)]
            case 3:
                del data[at : at + rng.randrange(20)]
            case _:
                del data[max(at, 1) :]
    return bytes(data)


@pytest.mark.parametrize("name", COMPILED)
def test_sound_inputs_and_changed_ones_break_no_promise(name):
    """What the target's docstring says holds for its seeds and for inputs near them."""
    target = TARGETS[name]
    rng = random.Random(zlib.crc32(name.encode()))
    seeds = target.seeds()
    for seed in seeds:
        target.run(seed)
    for _ in range(CHANGED):
        target.run(changed(rng.choice(seeds), target.words, rng)[: target.longest])


@pytest.mark.parametrize(("name", "data", "what"), BROKE, ids=lambda value: value if isinstance(value, str) else "")
def test_what_once_broke_a_promise_keeps_it(name, data, what):
    """One row a fault, with the smallest input that showed it; and within the time that an input may take."""
    begun = time.process_time()
    TARGETS[name].run(data)
    assert time.process_time() - begun < TARGETS[name].seconds


def test_a_broken_promise_is_raised_under_any_optimisation():
    """The targets do not lean on assert."""
    with pytest.raises(Fault, match="never kept"):
        hold(False, "never kept")
