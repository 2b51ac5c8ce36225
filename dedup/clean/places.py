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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_JSON_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]', re.DOTALL)
_CSV_ESCAPE = re.compile('""')
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x84\x31\x95\x33")
_WIDE = ("utf-16-le", "utf-16-be", "utf-16", "utf-32")


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
        raw_offsets = self._raw_offsets(offsets)
        places = []
        place, before = self.first, 0
        for offset in raw_offsets:
            place += len(self.raw[before:offset].encode(self.encoding, _errors(self.encoding)))
            before = offset
            places.append(place)
        return places

    def _raw_offsets(self, offsets: Sequence[int]) -> list[int]:
        if self.escape is None:
            return list(offsets)
        found = [(match.start(), match.end()) for match in self.escape.finditer(self.raw)]
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
        If the bytes do not decode to the text.
    """
    head = next((len(mark) for mark in _BOMS if content.startswith(mark)), 0)
    for skip in dict.fromkeys((head, 0)):
        if _encoded(text, encoding) == content[skip:]:
            return Slot(0, len(content), skip, text, encoding)
    table = _damaged_table(content, text, encoding)
    if table is None:
        raise CannotCut(f"its bytes do not decode to its text in {encoding}")
    return Slot(0, len(content), 0, text, encoding, table=table)


def _damaged_table(content: bytes, text: str, encoding: str) -> NDArray[np.int64] | None:
    """Return where each code point begins in bytes that do not all decode, or None if the text is another one.

    The decoder is fed byte by byte, so that each U+FFFD is known to the bytes that made it. Slow (1 us a byte), and
    only for damaged files.
    """
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    signs: list[str] = []
    ends: list[int] = []
    for place in range(len(content) + 1):
        out = decoder.decode(content[place : place + 1], place == len(content))
        signs.append(out)
        # A bad lead byte and the good byte behind it come out together: the last byte is the good one's.
        ends += [place] * (len(out) - 1) + [min(place + 1, len(content))] * bool(out)
    found = "".join(signs)
    skip = 1 if found.startswith("\ufeff") and not text.startswith("\ufeff") else 0
    if found[skip:] != text:
        return None
    return np.array([0, *ends], np.int64)[skip:]


def json_slots(content: bytes, texts: Sequence[str], encoding: str) -> Iterator[Slot]:
    """Find texts in a file of one JSON object a line, in order.

    Parameters
    ----------
    content : bytes
    texts : sequence of str
        Of consecutive records; records between them that are no document are passed over.
    encoding : str

    Yields
    ------
    Slot
        One per text.

    Raises
    ------
    CannotCut
        If a text is not the value of a key of a later line than the one before it.

    Notes
    -----
    The key is found by its value, not by its name: the reader has already chosen it.
    """
    lines = _lines(content, encoding)
    for number, text in enumerate(texts, 1):
        for start, end, line in lines:
            slot = _json_slot(start, end, line, text, encoding)
            if slot is not None:
                yield slot
                break
        else:
            raise CannotCut(f"the text of its document {number} is the value of no key in the lines behind the last")


def _json_slot(start: int, end: int, line: str | None, text: str, encoding: str) -> Slot | None:
    if line is None:
        return None
    try:
        record = json.loads(line, strict=False)
    except (ValueError, RecursionError):
        return None
    keys = [key for key, value in record.items() if value == text] if isinstance(record, dict) else []
    if not keys:
        return None
    key = "text" if "text" in keys else keys[-1]
    first, last = _json_value(line, key)
    raw = line[first:last]
    if json.loads(f'"{raw}"', strict=False) != text:
        return None
    return Slot(start, end, start + len(line[:first].encode(encoding)), raw, encoding, _JSON_ESCAPE)


def _json_value(line: str, key: str) -> tuple[int, int]:
    """Return the range of the string that is the value of a key of the outermost object, quotes left out."""
    depth = 0
    found = (0, 0)
    last: re.Match[str] | None = None
    named = None
    for token in _JSON_TOKEN.finditer(line):
        sign = token.group()[0]
        if sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
        elif depth == 1 and sign == ":" and last is not None:
            named = json.loads(last.group(), strict=False)
        elif depth == 1 and sign == ",":
            named = None
        elif sign == '"' and depth == 1:
            if named == key:
                found = (token.start() + 1, token.end() - 1)  # the last of equal keys, as the parser takes it
            last, named = token, None
    return found


def _lines(content: bytes, encoding: str) -> Iterator[tuple[int, int, str | None]]:
    """Yield the lines as (first byte, end byte with the line end, text); text is None where it does not decode."""
    place = next((len(mark) for mark in _BOMS if content.startswith(mark)), 0)
    if encoding in _WIDE:
        for line in content[place:].decode(encoding, "replace").split("\n"):
            size = min(len((line + "\n").encode(encoding, _errors(encoding))), len(content) - place)
            yield place, place + size, line
            place += size
        return
    while place < len(content):
        stop = content.find(b"\n", place) + 1 or len(content)
        line_bytes = content[place:stop]
        try:
            line = line_bytes.decode(encoding)
            same = line.encode(encoding) == line_bytes
        except UnicodeError:
            same = False
        yield place, stop, line if same else None
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
        If no delimiter and column gives all texts in order, or the bytes are damaged.
    """
    head = next((len(mark) for mark in _BOMS if content.startswith(mark)), 0)
    whole = content[head:].decode(encoding, "replace")
    if _encoded(whole, encoding) != content[head:]:
        raise CannotCut(f"its bytes are no sound {encoding}")
    for delimiter in ",\t;":
        rows = _csv_rows(whole, delimiter)
        names = [str(rows[0].value(whole, column)).strip() for column in range(len(rows[0].fields))] if rows else []
        for column in sorted(range(len(names)), key=lambda one: names[one] != "text"):  # of equal ones the reader's
            found = _csv_column(whole, rows, column, texts)
            if found is not None:
                return _csv_places(whole, found, column, _Layout(encoding, head, delimiter))
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


def _csv_rows(text: str, delimiter: str) -> list[_Row]:
    """Return the records; none if something stands behind a closing quote, for then another delimiter is meant."""
    sign = re.escape(delimiter)
    field = re.compile(rf'(?:"([^"]*(?:""[^"]*)*)"|([^{sign}\r\n"][^{sign}\r\n]*|))({sign}|\r\n|\r|\n|\Z)')
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
    if fields:  # the file ends with a delimiter: one empty field more
        rows.append(_Row(begin, place, [*fields, (place, place, False)]))
    return rows


def _csv_column(text: str, rows: Sequence[_Row], column: int, texts: Sequence[str]) -> list[_Row] | None:
    """Return the record of each text if all stand in this column in order."""
    found: list[_Row] = []
    for row in rows:
        if len(found) < len(texts) and row.value(text, column) == texts[len(found)]:
            found.append(row)
    return found if len(found) == len(texts) else None


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the bytes of a file of delimited records are made: encoding, bytes of the byte order mark, delimiter."""

    encoding: str
    head: int
    delimiter: str


def _csv_places(text: str, rows: Sequence[_Row], column: int, layout: _Layout) -> list[Slot]:
    """Return the slots of records: code points to bytes, in one pass over the text."""
    slots = []
    place, before = layout.head, 0
    for row in rows:
        first, last, quoted = row.fields[column]
        start = place + _size(text[before : row.start], layout.encoding)
        begin = start + _size(text[row.start : first], layout.encoding)
        place = begin + _size(text[first : row.end], layout.encoding)
        before = row.end
        escape = _CSV_ESCAPE if quoted else None
        slots.append(Slot(start, place, begin, text[first:last], layout.encoding, escape, layout.delimiter))
    return slots


@dataclass(frozen=True, slots=True)
class CsvRecord:
    """A record of a delimited file: its first byte, the byte at which its line end begins, its values."""

    start: int
    body_end: int
    values: list[str | None]


def csv_records(content: bytes, encoding: str, delimiter: str) -> Iterator[CsvRecord]:
    """Yield all records, the header first; blank lines are none. For files in which `csv_slots` found its texts."""
    head = next((len(mark) for mark in _BOMS if content.startswith(mark)), 0)
    text = content[head:].decode(encoding, _errors(encoding))
    place = head
    for row in _csv_rows(text, delimiter):
        raw = text[row.start : row.end]
        body = raw.rstrip("\r\n") if raw.endswith(("\r", "\n")) else raw
        if body:
            values = [row.value(text, column) for column in range(len(row.fields))]
            yield CsvRecord(place, place + _size(body, encoding), values)
        place += _size(raw, encoding)


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
