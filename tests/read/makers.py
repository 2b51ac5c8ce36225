"""Files as other programs write them, made from nothing: .docx that python-docx cannot make, .doc in its OLE box."""

from __future__ import annotations

import io
import struct
import zipfile

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SPACES = (
    W + ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    ' xmlns:v="urn:schemas-microsoft-com:vml"'
)


def paragraph(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def docx(body: str, **parts: str) -> bytes:
    """Return a .docx with this body; further parts by name, ``__`` for ``/``."""
    files = {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f"<w:document {SPACES}><w:body>{body}</w:body></w:document>",
    }
    files |= {name.replace("__", "/") + ".xml": content for name, content in parts.items()}
    return zipped({name: content.encode() for name, content in files.items()})


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)  # without the clock: the same bytes every time
    return buffer.getvalue()


def zipped_with_raw_names(files: dict[bytes, bytes]) -> bytes:
    """Return a zip whose names are these bytes, without the flag that says UTF-8: as Chinese Windows writes it."""
    marks = {f"#{number:0{len(name) - 1}d}": name for number, name in enumerate(files)}
    data = zipped(dict(zip(marks, files.values(), strict=True)))
    for mark, name in marks.items():
        data = data.replace(mark.encode(), name)
    return data


def ole(streams: dict[str, bytes]) -> bytes:
    """Return an OLE container ([MS-CFB]) with these streams, each in the big sectors."""
    sector, end, free, fat_mark = 512, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    bodies = [data.ljust(4096, b"\0") for data in streams.values()]
    bodies = [data + b"\0" * (-len(data) % sector) for data in bodies]
    fat: list[int] = []
    starts = []
    for data in bodies:
        starts.append(len(fat))
        count = len(data) // sector
        fat += [*range(len(fat) + 1, len(fat) + count), end]
    entries = [("Root Entry", 5, free, free, 1 if streams else free, end, 0)]
    names = list(streams)
    for index, name in enumerate(names):
        right = index + 2 if index + 1 < len(names) else free
        entries.append((name, 2, free, right, free, starts[index], len(bodies[index])))
    directory = b"".join(_entry(*entry) for entry in entries)
    directory += _entry("", 0, free, free, free, 0, 0) * (-len(entries) % 4)
    first_directory = len(fat)
    count = len(directory) // sector
    fat += [*range(len(fat) + 1, len(fat) + count), end]
    first_fat = len(fat)
    tables = (len(fat) + 128) // 128
    tables = (len(fat) + tables + 127) // 128
    fat += [fat_mark] * tables
    fat += [free] * (-len(fat) % 128)
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        b"",
        0,
        tables,
        first_directory,
        0,
        4096,
        end,
        0,
        end,
        0,
    )
    difat = [*range(first_fat, first_fat + tables)] + [free] * (109 - tables)
    return header + struct.pack("<109I", *difat) + b"".join(bodies) + directory + struct.pack(f"<{len(fat)}I", *fat)


def _entry(name: str, kind: int, left: int, right: int, child: int, start: int, size: int) -> bytes:
    raw = (name + "\0").encode("utf-16-le") if name else b""
    return struct.pack("<64sHBBIII16sIQQIQ", raw, len(raw), kind, 1, left, right, child, b"", 0, 0, 0, start, size)


def doc(
    body: str,
    *,
    footnotes: str = "",
    headers: str = "",
    ansi: str = "",
    hidden: str = "",
    deleted: str = "",
    encrypted: bool = False,
) -> bytes:
    """Return a Word 97 file: body (after an optional piece in single bytes), footnotes, headers.

    ``hidden`` and ``deleted`` are words of the body that bear that character property.
    """
    wide = (body + footnotes + headers).encode("utf-16-le")
    text_start = 0x800
    narrow_start = text_start + len(wide) + len(wide) % 2
    word = bytearray(narrow_start + len(ansi))
    word[text_start : text_start + len(wide)] = wide
    word[narrow_start:] = ansi.encode("cp1252")
    word += b"\0" * (-len(word) % 512)
    lengths = [len(body) + len(ansi), len(footnotes), len(headers), 0, 0, 0, 0, 0]
    places = [(narrow_start * 2 | 0x40000000, len(ansi))] * bool(ansi) + [(text_start, len(wide) // 2)]
    positions = [0]
    for _, length in places:
        positions.append(positions[-1] + length)
    table = struct.pack(f"<{len(positions)}I", *positions)
    table += b"".join(struct.pack("<HIH", 0, place, 0) for place, _ in places)
    clx = b"\x01\x02\x00\xaa\xbb" + b"\x02" + struct.pack("<I", len(table)) + table
    runs = []
    for words, sprm in ((hidden, 0x083C), (deleted, 0x0800)):
        if words:
            at = text_start + 2 * body.index(words)
            runs.append(
                (at, at + 2 * len(words), struct.pack("<HHB", 0x4A43, 24, 0)[:4] + struct.pack("<HB", sprm, 1))
            )
    runs.sort()
    chpx = b""
    if runs:
        page = len(word) // 512
        word += _properties_page(runs, text_start, narrow_start)
        chpx = struct.pack("<III", text_start, narrow_start, page)
    struct.pack_into("<HH", word, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", word, 0x0A, 0x0200 | (0x0100 if encrypted else 0))
    struct.pack_into("<8i", word, 0x4C, *lengths)
    struct.pack_into("<II", word, 0xFA, len(clx), len(chpx))
    struct.pack_into("<II", word, 0x01A2, 0, len(clx))
    return ole({"WordDocument": bytes(word), "1Table": clx + chpx})


def _properties_page(runs: list[tuple[int, int, bytes]], start: int, end: int) -> bytes:
    """Return a 512-byte page of character properties ([MS-DOC] ChpxFkp)."""
    borders, lists = [start], []
    for low, high, properties in runs:
        borders += [low, high]
        lists += [b"", properties]
    borders.append(end)
    lists.append(b"")
    page = bytearray(512)
    count = len(lists)
    struct.pack_into(f"<{count + 1}I", page, 0, *borders)
    at = 480
    for index, properties in enumerate(lists):
        if properties:
            page[at] = len(properties)
            page[at + 1 : at + 1 + len(properties)] = properties
            page[4 * (count + 1) + index] = at // 2
            at -= 32
    page[511] = count
    return bytes(page)
