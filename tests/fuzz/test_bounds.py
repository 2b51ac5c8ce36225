"""What a hostile file may cost: bombs are refused within bounds of memory and CPU time that the system enforces."""

from __future__ import annotations

import gzip
import io
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dedup.steps.furniture import furniture
from dedup.steps.normalise import normalise, surfaces
from dedup.steps.repair import lay_out, repair
from dedup.steps.segment import segment
from tests.read.makers import W, zipped

ROOT = Path(__file__).parent.parent.parent
MEMORY = 1 << 30
"""Address space of the process that reads, in bytes: interpreter and libraries take 200 MiB of it."""

CPU_SECONDS = 60
READ = """
import sys
from dedup.read import read
for row in read(sys.argv[1:]):
    print(type(row).__name__, getattr(row, "kind", ""), getattr(row, "reason", "")[:200])
"""


def read_bounded(path: Path) -> str:
    """Read a file in a process with little memory and time; return what it printed."""

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))

    command = [sys.executable, "-c", READ, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, preexec_fn=bound, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


def packed_spaces(mib: int) -> bytes:
    """Return so many MiB of spaces, compressed a thousand times."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as file:
        for _ in range(mib):
            file.write(spaces(1))
    return buffer.getvalue()


def spaces(mib: int) -> bytes:
    return b" " * (mib << 20)


def paragraphs() -> bytes:
    main = f"<w:document {W}><w:body>".encode() + b"<w:p/>" * 8_000_000 + b"</w:body></w:document>"
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": main})


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return zipped({"word/document.xml": f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><w>&a9;</w>'.encode()})


def corner() -> bytes:
    sheet = b'<worksheet><sheetData><c r="A1"/><c r="XFD1048576"/></sheetData></worksheet>'
    return zipped({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": sheet})


def nested() -> bytes:
    inner = zipped({"a.txt": spaces(60)})
    return zipped({f"{number}.zip": inner for number in range(80)}, zipfile.ZIP_STORED)


# Small files that unpack to much, or ask for much by a number in a header, and a word of the refusal.
BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "spaces.txt.gz": (lambda: packed_spaces(400), "bomb"),
    "spaces.zip": (lambda: zipped({"a.txt": spaces(300)}), "bomb"),
    "nested.zip": (nested, "bomb"),
    "paragraphs.docx": (paragraphs, "bomb"),
    "laughs.docx": (laughs, "entities"),
    "corner.xlsx": (corner, "cells"),
    "deep.html": (lambda: b"<html>" + b"<div>" * 1_000_000, "nested"),
    "line.jsonl": (lambda: b'{"text": "' + b"a" * (100 << 20), "longer"),
    "deep.json": (lambda: b"[" * 5_000_000, "JSON"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_within_its_memory_and_time(tmp_path, name):
    """Every line says why; the process has neither been killed nor run out of memory."""
    make, why = BOMBS[name]
    path = tmp_path / name
    path.write_bytes(make())
    told = read_bounded(path)
    assert all(line.startswith("Skipped") for line in told.splitlines()), told[-500:]
    assert why in told and "MemoryError" not in told, told[-500:]


SHAPES = {
    "spaces": " ",
    "line breaks": "\n",
    "one character": "的",
    "open brackets": "（",
    "annotations begun": "鄉(xi",
    "quotation marks": "“",
    "questions": "?，F(",
    "heads": "\n一、",
    "parts": "\n第一篇：总结",
    "figures": "三百",
    "masks": "×",
    "tags": "<rt>",
    "menus": "首页 > 文库\n",
    "zero width": "\u200b",
}


def layers(text: str) -> float:
    """Return the CPU seconds of the text layer."""
    begun = time.process_time()
    texts = lay_out([text])
    edits = repair(texts)
    keys = normalise(texts, edits)
    segment(texts, edits, keys, furniture(texts, edits, [()]))
    surfaces(texts, edits)
    return time.process_time() - begun


@pytest.mark.parametrize("shape", SHAPES)
def test_the_text_layer_costs_length_whatever_the_text(shape):
    """A quarter of a million characters of one shape take less than a second: squares would take minutes."""
    layers(SHAPES[shape] * 50)
    text = (SHAPES[shape] * 250_000)[:250_000]
    assert layers(text) < 3.0
