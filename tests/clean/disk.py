"""A small corpus on disk that was cleaned, to be undone and done again."""

from __future__ import annotations

import gzip
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dedup.clean import CleanPolicy, clean, replay, restore
from dedup.read import read
from dedup.result import Document, Skipped
from tests.clean.hand import found, result_of, tree

LINE = "箍桶的铁圈先在炉上烧红，趁热套到桶腰，冷下来就咬住木板。"
OWN = "桶底用两块板拼成。"


class Cleaned:
    """A small corpus of several forms, its clean, and what is said of it afterwards."""

    def __init__(self, folder: Path, *, parquet: bool = False, mark: str | None = None) -> None:
        self.folder, self.source, self.out = folder, folder / "in", folder / "out"
        self.source.mkdir()
        files = {
            "a.txt": LINE.encode(),
            "b.txt": f"{OWN}\r\n{LINE}\r\n".encode("gb18030"),
            "c.txt": LINE.encode(),
            "g.jsonl.gz": gzip.compress(json.dumps({"text": f"{LINE}\n{OWN}"}).encode() + b"\n"),
            "z.bin": bytes(range(256)) * 3,
        }
        if parquet:
            arrow, writer = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
            sink = io.BytesIO()
            writer.write_table(arrow.table({"text": [f"{LINE}\n{OWN}", LINE, OWN], "n": [1, 2, 3]}), sink)
            files = {"a.txt": files["a.txt"], "t.parquet": sink.getvalue()}
        for name, data in files.items():
            (self.source / name).write_bytes(data)
        rows = list(read([self.source]))
        self.documents = [row for row in rows if isinstance(row, Document)]
        self.skipped = [row for row in rows if isinstance(row, Skipped)]
        self.mark = mark
        self.clean(self.out)
        self.audit = self.out / "audit.jsonl"
        self.rows = [json.loads(line) for line in self.audit.read_bytes().splitlines()]

    def clean(self, out: Path, *, dry_run: bool = False) -> None:
        """Clean the corpus."""
        result = result_of(self.documents, [found(self.documents, LINE)], skipped=self.skipped)
        more: dict[str, Any] = {"base": self.source, "mark_field": self.mark, "dry_run": dry_run}
        clean(result, self.documents, CleanPolicy(), out, **more)

    def write(self, rows: list[Any]) -> None:
        """Write another audit."""
        self.audit.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def change(self, number: int, **fields: Any) -> None:
        """Change fields of one row of the audit."""
        self.write([row | fields if place == number else row for place, row in enumerate(self.rows)])

    def number(self, kind: str, **fields: Any) -> int:
        """Return the number of the first row of a kind with these fields."""
        return next(
            place for place, row in enumerate(self.rows) if row.get("kind") == kind and fields.items() <= row.items()
        )

    def restore(self) -> dict[str, bytes]:
        """Return what a restore gives."""
        return self._made(lambda to: restore(self.out, to))

    def replay(self, **more: Any) -> dict[str, bytes]:
        """Return what a replay gives, less the audit."""
        given = {"skipped": self.skipped, "base": self.source} | more
        made = self._made(lambda to: replay(self.audit, self.documents, to, **given))
        del made["audit.jsonl"]
        return made

    def _made(self, make: Callable[[Path], Any]) -> dict[str, bytes]:
        to = self.folder / "to"
        try:
            make(to)
            return tree(to)
        finally:
            shutil.rmtree(to, ignore_errors=True)
