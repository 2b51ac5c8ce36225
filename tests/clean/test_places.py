"""Where a text stands among the bytes: files put together from pieces whose bytes are known, asked for each place."""

from __future__ import annotations

import codecs
import json
import random
import tracemalloc
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import pytest

from dedup.clean import CleanPolicy, clean
from dedup.clean.places import CannotCut, CsvRecord, Slot, csv_records, csv_slots, json_slots, text_slot
from dedup.read import ReadOptions, read
from dedup.result import Document
from tests.clean.hand import found, result_of

ONE = "堰口的闸板春分起三块、立夏再起两块，谁起谁记在板背。"
TWO = "油坊的榨杠裂了一道缝，请木匠用铁箍箍上三道。"
LAST = "石碾归东头三户轮着照看，雨天盖席。"

ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
BOMS = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
BOMS["gb18030"] = "\ufeff".encode("gb18030")

_SIGNS = ("堰", "é", "a", "𠮷", "\n", '"', "\\", "/", ",", "\t", ";", "'", " ")


def heads(encoding: str) -> tuple[bytes, bytes]:
    return b"", BOMS[encoding]


def ends(start: int, pieces: Sequence[str], encoding: str) -> list[int]:
    """The byte at which each piece begins, and the end of the last."""
    return list(accumulate((len(piece.encode(encoding)) for piece in pieces), initial=start))


def json_piece(rng: random.Random, sign: str) -> str:
    """One of the ways in which JSON writes a code point."""
    units = sign.encode("utf-16-be")
    escapes = "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
    ways = [
        json.dumps(sign, ensure_ascii=False)[1:-1],
        escapes,
        escapes[:2] + escapes[2:].upper().replace("\\U", "\\u"),
    ]
    return rng.choice([*ways, "\\/"] if sign == "/" else ways)


def agrees(content: bytes, slot: Slot, record: tuple[int, int], wanted: list[int], rng: random.Random) -> None:
    """The record, the places of all code points, and of some of them asked by themselves."""
    assert (slot.start, slot.end) == record
    assert slot.places(range(len(wanted))) == wanted
    some = sorted(rng.choices(range(len(wanted)), k=3))
    assert slot.places(some) == [wanted[one] for one in some]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_text_that_is_the_file_begins_behind_its_mark(encoding):
    """With a byte order mark and without; the record is the whole file, the mark with it."""
    rng = random.Random(encoding)
    for head in heads(encoding):
        for text in ("", "堰", "".join(rng.choices(_SIGNS, k=20))):
            content = head + text.encode(encoding)
            slot = text_slot(content, text, encoding)
            agrees(content, slot, (0, len(content)), ends(len(head), text, encoding), rng)
            assert slot.table is None
    kept = "\ufeff堰".encode(encoding)  # a program may take the mark for text
    assert text_slot(kept, "\ufeff堰", encoding).places([0, 1, 2]) == ends(0, "\ufeff堰", encoding)


@pytest.mark.parametrize(
    ("encoding", "pieces"),
    [
        ("utf-8", [b"\xe5\x9d", "闸".encode(), b"\xff", b"\xc3", b"a", b"\n"]),
        ("utf-8", [codecs.BOM_UTF8, "闸".encode(), b"\xe5\x9d"]),
        ("utf-8", ["闸".encode(), "𠮷".encode()[:3]]),
        ("gb18030", ["闸".encode("gb18030"), b"\x81", b"0", b"\x81a", b"\xff", "板".encode("gb18030")]),
        ("gb18030", [b"a", b"\x81"]),
        ("utf-16-le", ["闸".encode("utf-16-le"), b"\x3d\xd8", "板".encode("utf-16-le"), b"a"]),
        ("utf-16-be", [codecs.BOM_UTF16_BE, b"\xdc\x00", "𠮷".encode("utf-16-be")]),
        ("big5hkscs", ["閘".encode("big5hkscs"), b"\xff", "Ê̄".encode("big5hkscs"), b"\n"]),
    ],
)
def test_of_damaged_bytes_every_character_keeps_its_own(encoding, pieces):
    """Each piece is one character, or one U+FFFD; a mark at the head is none; a letter of Big5 is two code points."""
    content = b"".join(pieces)
    text = content.decode(encoding, "replace").removeprefix("\ufeff")
    slot = text_slot(content, text, encoding)
    wanted = list(accumulate((len(piece) for piece in pieces), initial=0))
    wanted = wanted[1:] if pieces[0] in BOMS.values() else wanted
    if "Ê̄" in text:
        wanted.insert(3, wanted[3])
    agrees(content, slot, (0, len(content)), wanted, random.Random(0))
    assert slot.first == 0 and slot.raw == text and slot.encoding == encoding


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "gbk", "utf-16-le"])
def test_damage_at_random_leaves_every_character_its_bytes(encoding):
    """The bytes from each place to the next decode to that character, and nothing is left over."""
    rng = random.Random(encoding)
    for _ in range(300):
        content = bytearray("水轮a换1上。\n新的é".encode(encoding))
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(content))
            content[at : at + rng.randrange(2)] = rng.randbytes(rng.randrange(2))
        data = bytes(content)
        text = data.decode(encoding, "replace")
        places = text_slot(data, text, encoding).places(range(len(text) + 1))
        assert (places[0], places[-1]) == (0, len(data))
        for sign, start, end in zip(text, places[:-1], places[1:], strict=True):
            assert data[start:end].decode(encoding, "replace") == sign


@pytest.mark.parametrize(
    ("content", "text", "encoding"),
    [
        ("闸板".encode(), "闸门", "utf-8"),
        ("闸板".encode(), "闸", "utf-8"),
        ("闸\xff".encode(), "闸", "utf-8"),
        (b"\xff" + "闸".encode(), "闸", "utf-8"),
        (codecs.BOM_UTF8 + b"\xffa", "\ufeff\ufeff\ufffda", "utf-8"),
        ("闸".encode("gb18030"), "闸", "cp1252"),
        (b"\xff\xfe" + "闸".encode("utf-16-le"), "\U0010ffff", "gbk"),
    ],
)
def test_a_text_that_is_not_that_of_the_bytes_is_refused(content, text, encoding):
    with pytest.raises(CannotCut, match=f"its bytes do not decode to its text in {encoding}"):
        text_slot(content, text, encoding)


def test_half_surrogates_survive():
    """They come out of broken JSON; UTF-8 has bytes for them only with leave to."""
    assert text_slot("闸\ud842板".encode("utf-8", "surrogatepass"), "闸\ud842板", "utf-8").places([1, 2]) == [3, 6]


class JsonFile:
    """Lines of JSON, put together piece by piece, with the place of each text."""

    def __init__(self, encoding: str, head: bytes) -> None:
        self.encoding, self.content = encoding, head
        self.texts: list[str] = []
        self.records: list[tuple[int, int]] = []
        self.places: list[list[int]] = []

    def other(self, line: str) -> None:
        """Add a line that is no document."""
        self.content += line.encode(self.encoding)

    def record(self, front: str, pieces: Sequence[str], back: str, text: str) -> None:
        """Add a document."""
        start = len(self.content)
        begin = start + len(front.encode(self.encoding))
        self.content += (front + "".join(pieces) + back).encode(self.encoding)
        self.texts.append(text)
        self.records.append((start, len(self.content)))
        self.places.append(ends(begin, pieces, self.encoding))


_FRONTS = (
    '{{"{}":"',
    '{{ "id" : 7 , "{}" : "',
    '{{"n":{{"text":"x","主":["text",{{"主":"y"}}]}},"{}": "',
    '\t{{"tags":["a",":"],"{}":"',
    '{{"a,\\"b:{{":"}}","{}":"',
    '{{"{}":"another", "k": null, "{}":"',
    '{{"n":{{}},"v":"text","w":-1.5e3,"{}":"',
)
_BACKS = ('"}\n', '" , "n": [1, {"text": 2}] }\r\n', '","o":{"text":"z","主":"z"}}\n', '","last":"}"}\n')
_OTHERS = (
    "\n",
    "  \r\n",
    "no JSON\n",
    '["text"]\n',
    '"text"\n',
    "3\n",
    '{"text":5,"主":null}\n',
    "[" * 9 + "\n",
    "{}\n",
)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("key", ["text", "主"])
def test_texts_in_lines_of_json_stand_where_they_were_put(encoding, key):
    """In every writing of keys and characters, between lines that are none, with a last line end or without."""
    for seed in range(60):
        rng = random.Random(f"{encoding}{seed}")
        made = JsonFile(encoding, heads(encoding)[seed % 2])
        for _ in range(rng.randrange(1, 5)):
            if rng.random() < 0.4:
                made.other(rng.choice(_OTHERS))
            text = "".join(rng.choices(_SIGNS, k=rng.randrange(6)))
            name = rng.choice([key, "".join(f"\\u{ord(sign):04x}" for sign in key)])
            front = rng.choice(_FRONTS).format(name, name)
            made.record(front, [json_piece(rng, sign) for sign in text], rng.choice(_BACKS), text)
        if rng.random() < 0.3:
            made.other(rng.choice(_OTHERS))
        made.record(f'{{"id":"z","{key}":"', ["甲"], '"}', "甲")
        for slot, record, wanted in zip(
            json_slots(made.content, made.texts, encoding), made.records, made.places, strict=True
        ):
            agrees(made.content, slot, record, wanted, rng)
            assert slot.encoding == encoding


def test_a_line_that_does_not_decode_is_passed_over():
    """Its bytes are counted; a character that was damaged in the file already stands for itself."""
    line = '{"text":"闸\ufffd"}\n'.encode()
    (slot,) = json_slots(b'{"text":"\xff"}\n' + line + b"\xff\n", ["闸\ufffd"], "utf-8")
    assert (slot.start, slot.end, slot.places([0, 1, 2])) == (13, 13 + len(line), [22, 25, 28])
    wide = '{"text":"闸"}\n'.encode("utf-16-le")
    (slot,) = json_slots(b"\x00\xd8\n\x00" + wide + b"a", ["闸"], "utf-16-le")
    assert (slot.start, slot.end, slot.first) == (4, 4 + len(wide), 4 + 18)
    (slot,) = json_slots(wide[:-2], ["闸"], "utf-16-le")
    assert (slot.start, slot.end) == (0, len(wide) - 2)


def lines(*rows: object) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


@pytest.mark.parametrize(
    ("rows", "texts", "where"),
    [
        ([{"text": "甲", "note": "甲"}, {"note": "甲", "text": "乙"}], "甲乙", "text text"),
        ([{"note": "甲", "text": "甲"}], "甲", "text"),
        ([{"text": "甲", "note": "甲"}], "甲", "text"),
        ([{"a": "甲", "b": "甲"}], "甲", "b"),
        ([{"a": "甲", "b": "甲"}, {"b": "乙", "a": "乙"}], "甲乙", "b b"),
        ([{"main": "甲", "sum": "甲"}, {"main": "乙", "sum": "丙"}], "甲乙", "main main"),
        ([{"main": None, "note": "甲"}, {"main": "甲", "note": ""}, {"main": "乙"}], "甲乙", "- main main"),
        ([{"main": "甲"}, {"main": "甲"}], "甲甲", "main main"),
        ([{"main": "甲"}, {"main": "乙"}], "甲", "main -"),
        ([{"main": "甲"}, {"main": "乙"}, {"main": "甲"}], "甲甲", "main - main"),
    ],
)
def test_the_key_of_the_texts_is_one_for_the_file(rows, texts, where):
    """Not whichever has a text: another field, or a record that is no document, may repeat it."""
    content = lines(*rows)
    wanted = []
    for name, row, start in zip(
        where.split(), rows, [0, *(len(lines(*rows[:end])) for end in range(1, 9))], strict=False
    ):
        if name != "-":
            line = lines(row).decode()
            at = line.index('"', line.index(f'"{name}"') + len(name) + 2) + 1
            wanted.append(start + len(line[:at].encode()))
    assert [slot.first for slot in json_slots(content, texts, "utf-8")] == wanted


@pytest.mark.parametrize(
    ("texts", "number"), [("乙", 1), ("甲丁", 2), ("甲丙乙", 3), ("甲乙丙丁", 4), (["甲乙"], 1), (["甲", "n"], 2)]
)
def test_the_first_text_that_is_not_found_is_named(texts, number):
    content = lines({"text": "甲"}, {"note": "乙"}, {"text": "丙"}) if number < 4 else b""
    content = content or lines(*({"text": sign} for sign in "甲乙丙"))
    if texts == "乙":
        content = lines({"text": "甲"})
    with pytest.raises(CannotCut, match=f"the text of its document {number} is the value of no key"):
        json_slots(content, texts, "utf-8")


def test_a_line_that_the_reader_refuses_is_no_record():
    """A tab stands in a string as it is: that is no JSON, and the next line is meant."""
    content = '{"text":"甲","b":"\t"}\n{"text":"甲"}\n'.encode()
    (slot,) = json_slots(content, ["甲"], "utf-8")
    assert slot.start == content.index(b"\n") + 1


def test_a_long_line_is_looked_through_in_little_memory():
    """Of a string of 100,000 escapes nothing is kept but its place; a pattern that may go back keeps each of them."""
    line = json.dumps({"text": "堰" * 100_000})
    from dedup.clean.places import _csv_rows, _json_value

    tracemalloc.start()
    assert _json_value(line, "text") == (10, 600_010)
    assert [len(row.fields) for row in _csv_rows('"' + '堰""' * 100_000 + '"\n', ",")] == [1]
    assert tracemalloc.get_traced_memory()[1] < 3_000_000
    tracemalloc.stop()


class CsvFile:
    """A table put together field by field."""

    def __init__(
        self, rng: random.Random, encoding: str, head: bytes, delimiter: str, columns: int, texts: int
    ) -> None:
        self.encoding, self.content, self.delimiter = encoding, head, delimiter
        self.records: list[tuple[int, int]] = []
        self.places: list[list[int]] = []
        self.texts: list[str] = []
        self.all: list[CsvRecord] = []
        self.column = rng.randrange(columns)
        names = [f"列{number}" for number in range(columns)]
        self._row(rng, names, "\n", text=False)
        for number in range(texts):
            if rng.random() < 0.3:
                self.content += rng.choice(["\n", "\r\n"]).encode(encoding)
            values = [self._value(rng) for _ in names]
            end = "\n" if number < texts - 1 else rng.choice(["\n", "\r\n", "\r", ""])
            self._row(rng, values, end, text=any(values))

    def _value(self, rng: random.Random) -> str:
        return "".join(rng.choices(_SIGNS, k=rng.randrange(6)))

    def _row(self, rng: random.Random, values: list[str], end: str, *, text: bool) -> None:
        if len(values) == 1 and not values[0]:
            values = ["空"]  # or it would be a blank line
        start = len(self.content)
        fields = []
        for column, value in enumerate(values):
            bare = not any(sign in value for sign in f'{self.delimiter}\n\r"') and rng.random() < 0.5
            fields.append(value if bare else '"' + value.replace('"', '""') + '"')
            if text and column == self.column:
                front = self.delimiter.join([*fields[:-1], "" if bare else '"'])
                pieces = [sign if bare or sign != '"' else '""' for sign in value]
                self.places.append(ends(start + len(front.encode(self.encoding)), pieces, self.encoding))
                self.texts.append(value)
        body = self.delimiter.join(fields).encode(self.encoding)
        self.content += body + end.encode(self.encoding)
        if text:
            self.records.append((start, len(self.content)))
        self.all.append(CsvRecord(start, start + len(body), list(values)))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", list(",\t;"))
def test_texts_in_tables_stand_where_they_were_put(encoding, delimiter):
    """Quoted or bare, behind blank lines, with any line end; and all records are told with their values."""
    for seed in range(40):
        rng = random.Random(f"{encoding}{delimiter}{seed}")
        made = CsvFile(rng, encoding, heads(encoding)[seed % 2], delimiter, rng.randrange(1, 4), rng.randrange(1, 5))
        slots = csv_slots(made.content, made.texts, encoding)
        if made.texts and len(made.all[0].values) > 1:  # of one column every delimiter tells as much
            assert {slot.delimiter for slot in slots} == {delimiter}
        values = [record.values for record in made.all[1:]]
        twice = any([row[column] for row in values] == made.texts for column in range(made.column))
        if not twice:
            for slot, record, wanted in zip(slots, made.records, made.places, strict=True):
                agrees(made.content, slot, record, wanted, rng)
        assert list(csv_records(made.content, encoding, delimiter)) == made.all


@pytest.mark.parametrize(
    ("content", "texts", "first"),
    [
        ("a,text\n甲,甲\n", ["甲"], [11]),
        ("a, text\n甲,甲\n", ["甲"], [12]),
        ("text,b\n甲,甲\n", ["甲"], [7]),
        ("a,b\n甲,甲\n", ["甲"], [4]),
        ("a,b\n甲,甲\n乙,丙\n", ["甲", "丙"], [8, 16]),
        ("甲,b\n乙,甲\n", ["甲"], [10]),
        ("甲\n乙\n甲\n", ["甲"], [8]),
        ("a,b\n1\n2,甲\n", ["甲"], [8]),
        ("a,b\n1,甲,3\n2,", ["甲", ""], [6, 14]),
        ('a\tb\n"1, 2"\t甲\n', ["甲"], [11]),
        ('a;b\n"1";"甲"\n', ["甲"], [9]),
        ("a\n甲\n甲\n", ["甲"], [2]),
    ],
)
def test_the_column_of_the_texts_is_one_for_the_file(content, texts, first):
    """The one called text where several have them; never the names of the columns; a short row has nothing there."""
    assert [slot.first for slot in csv_slots(content.encode(), texts, "utf-8")] == first


@pytest.mark.parametrize(
    ("content", "texts", "told"),
    [
        ("a,b\n1,甲\n".encode(), ["乙"], "its texts are in no column that commas, tabs or semicolons part"),
        ("a,b\n1,甲\n".encode(), ["甲", "甲"], "its texts are in no column"),
        ('a\n"甲"乙\n'.encode(), ["甲乙"], "its texts are in no column"),
        ('a\n"甲\n'.encode(), ["甲"], "its texts are in no column"),
        (b"", ["甲"], "its texts are in no column"),
        (b"a\n\xff\n", ["\ufffd"], "its bytes are no sound utf-8"),
    ],
)
def test_a_table_without_the_texts_is_told(content, texts, told):
    with pytest.raises(CannotCut, match=told):
        csv_slots(content, texts, "utf-8")


def test_a_table_that_ends_with_a_delimiter_has_an_empty_field_more():
    assert list(csv_records(b"a,b\n1,", "utf-8", ",")) == [CsvRecord(0, 3, ["a", "b"]), CsvRecord(4, 6, ["1", ""])]
    (slot,) = csv_slots(b"a,b\n1,", [""], "utf-8")
    assert slot.places([0]) == [6]


@pytest.mark.parametrize("name", ["utf-16", "UTF-16LE", "utf_16_le", "utf-8-sig", "UTF-8", "GB18030", "utf_16_be"])
def test_an_encoding_is_known_by_any_of_its_names(name):
    """One that puts a mark before whatever it is given is that of the bytes behind the file's own mark."""
    plain = {"utf-16": "utf-16-be", "utf-8-sig": "utf-8"}.get(name, codecs.lookup(name).name)
    head = BOMS[plain]
    for content, texts, find in (
        (f"{ONE}\n{TWO}", [f"{ONE}\n{TWO}"], lambda *given: [text_slot(given[0], given[1][0], given[2])]),
        (lines({"text": ONE}, {"text": TWO}).decode(), [ONE, TWO], json_slots),
        (f"text\n{ONE}\n{TWO}\n", [ONE, TWO], csv_slots),
    ):
        data = head + content.encode(plain)
        for slot, text in zip(find(data, texts, name), texts, strict=True):
            first, last = slot.places([1, len(text) - 1])
            assert data[first:last].decode(plain) == text[1:-1]
            assert slot.encoding == plain
    if name == "utf-16":
        slot = text_slot(BOMS["utf-16-le"] + ONE.encode("utf-16-le"), ONE, name)
        assert (slot.encoding, slot.places([0, 1])) == ("utf-16-le", [2, 4])


@pytest.mark.parametrize("encoding", ["hz", "utf-7", "iso2022_jp_2", "utf-32"])
@pytest.mark.parametrize("find", [lambda *given: text_slot(given[0], given[1][0], given[2]), json_slots, csv_slots])
def test_an_encoding_in_which_a_part_has_other_bytes_is_refused(encoding, find):
    """HZ shifts into Han and out again: a sentence cut out of a paragraph would take its neighbour's shift along."""
    with pytest.raises(
        CannotCut, match=f"parts of a text in {encoding} have other bytes than they have in the whole"
    ):
        find(f"text\n{ONE}".encode(encoding), [ONE], encoding)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "hz", "utf-8"])
def test_what_is_left_of_a_file_reads_as_the_text_without_its_cut(tmp_path: Path, encoding: str) -> None:
    """Whatever the encoding is called; one that cannot be cut in place comes out as UTF-8."""
    (tmp_path / "in").mkdir()
    for name, text in (("a.txt", TWO), ("b.txt", f"{ONE}\n{TWO}\n{LAST}\n")):
        (tmp_path / "in" / name).write_bytes(text.encode(encoding))
    options = ReadOptions(encoding=encoding)
    documents = [row for row in read([tmp_path / "in"], options) if isinstance(row, Document)]
    clean(
        result_of(documents, [found(documents, TWO)]),
        documents,
        CleanPolicy(),
        tmp_path / "out",
        base=tmp_path / "in",
    )
    left = (tmp_path / "out/b.txt").read_bytes().decode("utf-8" if encoding == "hz" else encoding)
    assert left == f"{ONE}\n{LAST}\n"
