"""Word 97 to 2003 (.doc), WPS Writer (.wps), and what LibreOffice can turn into a .docx (.rtf, .odt, older .doc).

Both .doc and .wps are OLE containers around the same streams; `dedup.read.word97` reads those, and needs no
program. An .xls found under whatever name goes to the reader of workbooks.
"""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import olefile

from dedup.errors import Damaged, ReadError, Unsupported
from dedup.read.blob import Blob
from dedup.read.formats import reader_of
from dedup.read.metadata import Facts, Known, document, facts_of_properties
from dedup.read.options import ReadOptions
from dedup.read.pending import Row
from dedup.read.word97 import text_of

_CONVERSION_SECONDS = 120
_FILE_PASS = 0x2F


def documents(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Row]:
    """Yield the document of an old office file, or the records of an old workbook.

    Raises
    ------
    Unsupported
        If it needs a password, is of a kind that is not read, or would need LibreOffice, which is not there.
    Damaged
        If it is broken.
    """
    if not blob.head.startswith(b"\xd0\xcf\x11\xe0"):
        yield from _converted(blob, options, known)
        return
    data = blob.whole(options)
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            streams = {"/".join(path).lower(): path for path in ole.listdir()}
            workbook = streams.get("workbook") or streams.get("book")
            if "encryptedpackage" in streams or "encryptioninfo" in streams or _locked(ole, workbook):
                raise Unsupported(blob.label, "it is protected by a password: save it without")
            if workbook is not None:
                yield from reader_of("xlsx")(_held(blob, data), options, known)
                return
            if "worddocument" not in streams:
                raise Unsupported(
                    blob.label, "it is an office file that is not read: save it as .docx, .xlsx or .pdf"
                )
            word = ole.openstream(streams["worddocument"]).read()
            tables = [ole.openstream(streams[n]).read() if n in streams else None for n in ("0table", "1table")]
            properties = _properties(ole)
    except ReadError:
        raise
    except (OSError, ValueError, IndexError) as error:
        raise Damaged(blob.label, f"the file is broken or cut short ({error})") from error
    found = text_of(word, tables, blob.label)
    if found is None:  # Word 6 and 95 keep their text elsewhere
        yield from _converted(_held(blob, data), options, known)
        return
    flags = {"hidden": found.hidden, "replaced": found.text.count("\ufffd")}
    yield document(
        blob,
        found.text,
        known,
        properties=properties,
        furniture=found.furniture,
        tables=found.tables,
        flags={name: count for name, count in flags.items() if count},
    )


def _locked(ole: olefile.OleFileIO, workbook: list[str] | None) -> bool:
    """Return whether an old workbook has a password: its third record at the latest says so ([MS-XLS] 2.1.7.20.1).

    The reader of workbooks would only say that it cannot tell the format.
    """
    if workbook is None:
        return False
    head = ole.openstream(workbook).read(4096)
    at = 0
    for _ in range(3):  # BOF, perhaps that writing needs a password, and this
        if at + 4 > len(head):
            return False
        kind, size = struct.unpack_from("<HH", head, at)
        if kind == _FILE_PASS:
            return True
        at += 4 + size
    return False


def _held(blob: Blob, data: bytes) -> Blob:
    return Blob(blob.source, blob.member, blob.name, data, None, blob.depth, blob.budget)


def _properties(ole: olefile.OleFileIO) -> Facts:
    found = ole.get_metadata()
    codepage = f"cp{found.codepage}" if isinstance(found.codepage, int) and found.codepage > 0 else "utf-8"
    codepage = {"cp65001": "utf-8", "cp936": "gb18030"}.get(codepage, codepage)

    def told(value: object) -> str:
        if not isinstance(value, bytes):
            return ""
        try:
            return value.decode(codepage, "replace").strip("\0 ")
        except LookupError:
            return ""

    created = found.create_time.isoformat() if found.create_time else ""
    return facts_of_properties(told(found.title), (told(found.company), told(found.author)), created)


def _converted(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Row]:
    """Yield the document after LibreOffice has made a .docx of it, in a folder that is removed.

    Raises
    ------
    Unsupported
        If LibreOffice is not there.
    Damaged
        If it could not read the file either.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        reason = "this kind of file is read through LibreOffice, which is not here: install it, or save as .docx"
        raise Unsupported(blob.label, reason)
    with tempfile.TemporaryDirectory(prefix="dedup-") as folder:
        given = Path(folder, "given" + (blob.suffix or ".doc"))
        given.write_bytes(blob.whole(options))
        profile = Path(folder, "profile").as_uri()  # its own, for a running LibreOffice locks the user's
        command = [program, f"-env:UserInstallation={profile}", "--headless", "--norestore", "--convert-to", "docx"]
        try:
            subprocess.run(
                [*command, "--outdir", folder, str(given)],
                capture_output=True,
                timeout=_CONVERSION_SECONDS,
                check=False,
            )
        except (subprocess.TimeoutExpired, OSError) as error:
            raise Damaged(blob.label, f"LibreOffice could not read it ({error})") from error
        made = Path(folder, "given.docx")
        if not made.is_file():
            raise Damaged(blob.label, "LibreOffice could not read it: the file is broken or of another kind")
        data = made.read_bytes()
    yield from reader_of("docx")(_held(blob, data), options, known)
