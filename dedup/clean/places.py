"""Where a document's text stands among the bytes of its file, so that it can be cut without rewriting the rest.

Parsing a record file and writing it again changes what nobody asked to change: key order, escapes, number formats,
quoting, line ends. Here the file stays bytes, and a cut of the text is a cut of bytes: a `Slot` maps code points of
the text to places in the content, through JSON escapes and doubled quotes. Every map is checked against the text that
the reader delivered; where they disagree the file is not touched.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_JSON_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")
# Possessive, for what a pattern may go back to is held: some 100 bytes a character, of lines that may have millions.
_JSON_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]', re.DOTALL)
_CSV_ESCAPE = re.compile('""')
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x84\x31\x95\x33")
_WIDE = ("utf-16-le", "utf-16-be")


class CannotCut(Exception):
    """The text of a document was not found among the bytes of its file; ``str()`` says why."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one text stands.

    Parameters
    ----------
    start, end : int
        Bytes of the record: the whole file, or a line with its line end.
    first : int
        Byte at which the text begins.
    raw : str
        The text as the file has it, escapes included.
    encoding : str
        One in which a part of the text has the bytes that it has in the whole.
    escape : pattern, optional
        What stands for one code point in ``raw``; None where everything stands for itself.
    delimiter : str
        Of a file of delimited records; else empty.
    table : int64[len(text) + 1], optional
        Byte of each code point, where the bytes are damaged and ``raw`` cannot be encoded back.
    """

    start: int
    end: int
    first: int
    raw: str
    encoding: str
    escape: re.Pattern[str] | None = None
    delimiter: str = ""
    table: NDArray[np.int64] | None = None

    def places(self, offsets: Sequence[int]) -> list[int]:
        """Return the bytes at which code points of the text begin; offsets ascend, the end of the text included."""
        if self.table is not None:
            return [int(self.table[offset]) for offset in offsets]
        places = []
        place, before = self.first, 0
        for offset in self._raw_offsets(offsets):
            place += _size(self.raw[before:offset], self.encoding)
            before = offset
            places.append(place)
        return places

    def _raw_offsets(self, offsets: Sequence[int]) -> list[int]:
        found = [] if self.escape is None else [match.span() for match in self.escape.finditer(self.raw)]
        if not found:
            return list(offsets)
        pairs = np.array(found, np.int64)
        shrunk = np.concatenate(([0], np.cumsum(pairs[:, 1] - pairs[:, 0] - 1)))
        decoded = pairs[:, 0] - shrunk[:-1]  # code point that each escape stands for
        wanted = np.array(offsets, np.int64)
        return [int(place) for place in wanted + shrunk[np.searchsorted(decoded, wanted, side="left")]]


def text_slot(content: bytes, text: str, encoding: str) -> Slot:
    """Find a text that is the whole file.

    Parameters
    ----------
    content : bytes
    text : str
        As the reader delivered it.
    encoding : str
        As the reader named it.

    Raises
    ------
    CannotCut
        If the bytes do not decode to the text, or parts of it have other bytes than they have in the whole.
    """
    encoding = _stateless(content, encoding)
    head = _head(content)
    for skip in dict.fromkeys((head, 0)):
        if _encoded(text, encoding) == content[skip:]:
            return Slot(0, len(content), skip, text, encoding)
    table = _damaged_table(content, text, encoding)
    if table is None:
        raise CannotCut(f"its bytes do not decode to its text in {encoding}")
    return Slot(0, len(content), 0, text, encoding, table=table)


def _damaged_table(content: bytes, text: str, encoding: str) -> NDArray[np.int64] | None:
    """Return where each code point begins in bytes that do not all decode, or None if the text is another one.

    What the decoder refuses is one U+FFFD. Between such places it is fed byte by byte, and a character comes out with
    its last byte; fed across them, a bad byte would come out within the next character. Slow (1 us a byte), and only
    for damaged files.
    """
    signs: list[str] = []
    ends: list[int] = []
    place = 0
    while place < len(content):
        good = bad = len(content)
        try:
            str(memoryview(content)[place:], encoding)
        except UnicodeDecodeError as error:
            good, bad = place + error.start, place + error.end
        decoder = codecs.getincrementaldecoder(encoding)()
        for at in range(place, good):
            signs.append(decoder.decode(content[at : at + 1]))
            ends += [at + 1] * len(signs[-1])
        if good < bad:
            signs.append("\ufffd")
            ends.append(bad)
        place = bad
    found = "".join(signs)
    skip = 1 if found.startswith("\ufeff") and not text.startswith("\ufeff") else 0
    if found[skip:] != text:
        return None
    return np.array([0, *ends], np.int64)[skip:]


def json_slots(content: bytes, texts: Sequence[str], encoding: str) -> list[Slot]:
    """Find texts in a file of one JSON object a line, in order.

    Parameters
    ----------
    content : bytes
    texts : sequence of str
        Of consecutive records; records between them that are no document are passed over.
    encoding : str

    Returns
    -------
    list of Slot
        One per text.

    Raises
    ------
    CannotCut
        If there is no key under which the records have all texts in order, or parts of a text have other bytes than
        they have in the whole.

    Notes
    -----
    The key is found by its values, not by its name: the reader has already chosen it, one for the whole file. To take
    for each text whichever key has it would cut the summary that repeats a text, or the note of a record that the
    reader passed over. Where several keys have all the texts ``text`` is meant, else the last of them.
    """
    encoding = _stateless(content, encoding)
    found: dict[str, list[Slot]] = {}
    for start, end, line in _lines(content, encoding):
        for key, value in _json_record(line):
            slots = found.get(key, [])
            if len(slots) < len(texts) and value == texts[len(slots)]:
                first, last = _json_value(line, key)
                begin = start + _size(line[:first], encoding)
                slots.append(Slot(start, end, begin, line[first:last], encoding, _JSON_ESCAPE))
                found[key] = slots
    full = [key for key, slots in found.items() if len(slots) == len(texts)]
    if not full:
        number = max((len(slots) for slots in found.values()), default=0) + 1
        raise CannotCut(f"the text of its document {number} is the value of no key in the lines behind the last")
    return found["text" if "text" in full else full[-1]]


def _json_record(line: str) -> Iterable[tuple[str, object]]:
    """Return the keys and values of a line; none of one that the reader makes no record of."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return ()
    return record.items() if isinstance(record, dict) else ()


def _json_value(line: str, key: str) -> tuple[int, int]:
    """Return the range of the string that is the value of a key of the outermost object, quotes left out."""
    found = []
    depth = 0
    before = name = ""
    for token in _JSON_TOKEN.finditer(line):
        sign = token.group()[0]
        if sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
        elif sign == '"' and depth == 1:
            if before != ":":
                name = token.group()
            elif json.loads(name) == key:
                found.append((token.start() + 1, token.end() - 1))
        before = sign
    return found[-1]  # of equal keys the last, as the parser takes it


def _lines(content: bytes, encoding: str) -> Iterator[tuple[int, int, str]]:
    """Yield the lines as (first byte, end byte with the line end, text), without those that do not decode."""
    place = _head(content)
    if encoding in _WIDE:
        for line in content[place:].decode(encoding, "replace").split("\n"):
            stop = min(place + _size(line + "\n", encoding), len(content))
            yield place, stop, line
            place = stop
        return
    while place < len(content):
        stop = content.find(b"\n", place) + 1 or len(content)
        line_bytes = content[place:stop]
        line = line_bytes.decode(encoding, "replace")
        if _encoded(line, encoding) == line_bytes:
            yield place, stop, line
        place = stop


def csv_slots(content: bytes, texts: Sequence[str], encoding: str) -> list[Slot]:
    """Find texts in a file of delimited records, in order; delimiters tried are comma, tab and semicolon.

    Parameters
    ----------
    content : bytes
    texts : sequence of str
        Of consecutive records, all in one column.
    encoding : str

    Returns
    -------
    list of Slot
        One per text.

    Raises
    ------
    CannotCut
        If no delimiter and column gives all texts in order, the bytes are damaged, or parts of a text have other
        bytes than they have in the whole.

    Notes
    -----
    Where several columns have all the texts, the one named ``text`` is meant, else the first.
    """
    encoding = _stateless(content, encoding)
    head = _head(content)
    whole = content[head:].decode(encoding, "replace")
    if _encoded(whole, encoding) != content[head:]:
        raise CannotCut(f"its bytes are no sound {encoding}")
    for delimiter in ",\t;":
        rows = _csv_rows(whole, delimiter)
        header = [str(name).strip() for name in rows[0].values(whole)] if rows else []
        filled = [row for row in rows[1:] if any(first < last for first, last, _ in row.fields)]  # as the reader asks
        for column in sorted(range(len(header)), key=lambda one: header[one] != "text"):
            found = _csv_column(whole, filled, column, texts)
            if found is not None:
                return list(_csv_places(whole, head, found, column, encoding, delimiter))
    raise CannotCut("its texts are in no column that commas, tabs or semicolons part")


@dataclass(frozen=True, slots=True)
class _Row:
    """A record: its range with the line end, and its fields as (start, end, quoted), quotes left out."""

    start: int
    end: int
    fields: list[tuple[int, int, bool]]

    def value(self, text: str, column: int) -> str | None:
        if column >= len(self.fields):
            return None
        start, end, quoted = self.fields[column]
        return text[start:end].replace('""', '"') if quoted else text[start:end]

    def values(self, text: str) -> list[str | None]:
        return [self.value(text, column) for column in range(len(self.fields))]


def _csv_rows(text: str, delimiter: str) -> list[_Row]:
    """Return the records; none if something stands behind a closing quote, for then another delimiter is meant."""
    sign = re.escape(delimiter)
    field = re.compile(rf'(?:"([^"]*+(?:""[^"]*+)*+)"|([^{sign}\r\n"][^{sign}\r\n]*+|))({sign}|\r\n|\r|\n|\Z)')
    rows: list[_Row] = []
    fields: list[tuple[int, int, bool]] = []
    begin = place = 0
    while place < len(text):
        match = field.match(text, place)
        if match is None:
            return []
        group = 1 if match.group(1) is not None else 2
        fields.append((*match.span(group), group == 1))
        place = match.end()
        if match.group(3) != delimiter:
            rows.append(_Row(begin, place, fields))
            fields, begin = [], place
    if fields:  # the file ends with a delimiter: an empty field more
        rows.append(_Row(begin, place, [*fields, (place, place, False)]))
    return rows


def _csv_column(text: str, rows: Sequence[_Row], column: int, texts: Sequence[str]) -> list[_Row] | None:
    """Return the record of each text if all stand in this column in order."""
    found: list[_Row] = []
    for row in rows:
        if len(found) < len(texts) and row.value(text, column) == texts[len(found)]:
            found.append(row)
    return found if len(found) == len(texts) else None


def _csv_places(
    text: str, place: int, rows: Sequence[_Row], column: int, encoding: str, delimiter: str
) -> Iterator[Slot]:
    """Yield the slots of records: code points to bytes, in one pass over the text, which begins at a byte."""
    before = 0
    for row in rows:
        first, last, quoted = row.fields[column]
        start = place + _size(text[before : row.start], encoding)
        begin = start + _size(text[row.start : first], encoding)
        place = begin + _size(text[first : row.end], encoding)
        before = row.end
        yield Slot(start, place, begin, text[first:last], encoding, _CSV_ESCAPE if quoted else None, delimiter)


@dataclass(frozen=True, slots=True)
class CsvRecord:
    """A record of a delimited file: its first byte, the byte at which its line end begins, its values."""

    start: int
    body_end: int
    values: list[str | None]


def csv_records(content: bytes, encoding: str, delimiter: str) -> Iterator[CsvRecord]:
    """Yield all records, the header first; blank lines are none. For files in which `csv_slots` found its texts."""
    head = _head(content)
    text = content[head:].decode(encoding, _errors(encoding))
    place = head
    for row in _csv_rows(text, delimiter):
        raw = text[row.start : row.end]
        body = raw.rstrip("\r\n")
        if body:
            yield CsvRecord(place, place + _size(body, encoding), row.values(text))
        place += _size(raw, encoding)


def _stateless(content: bytes, encoding: str) -> str:
    """Return an encoding in which the parts of a text have the bytes that they have in the whole.

    ``utf-16`` and ``utf-8-sig`` put a byte order mark before whatever they are given, so the content's own is looked
    at; HZ, ISO 2022 and UTF-7 shift into Han and out again, and a part begins and ends with shifts of its own.

    Raises
    ------
    CannotCut
        If there is none.
    """
    name = codecs.lookup(encoding).name
    wide = "utf-16-be" if content.startswith(b"\xfe\xff") else "utf-16-le"
    name = {"utf-8-sig": "utf-8", "utf-16": wide}.get(name, name)
    one, other, both = (text.encode(name, "replace") for text in ("甲", "乙", "甲乙"))
    if one + other != both:
        raise CannotCut(f"parts of a text in {encoding} have other bytes than they have in the whole")
    return name


def _head(content: bytes) -> int:
    """Return the length of the byte order mark."""
    return next((len(mark) for mark in _BOMS if content.startswith(mark)), 0)


def _size(text: str, encoding: str) -> int:
    return len(text.encode(encoding, _errors(encoding)))


def _encoded(text: str, encoding: str) -> bytes | None:
    """Return the bytes of a text, or None where the encoding has none for it."""
    try:
        return text.encode(encoding, _errors(encoding))
    except UnicodeEncodeError:
        return None


def _errors(encoding: str) -> str:
    """Return the error handler under which half surrogates, which broken JSON and UTF-16 hold, survive."""
    return "surrogatepass" if encoding.startswith("utf") else "strict"
