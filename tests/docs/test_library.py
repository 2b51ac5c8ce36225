"""The page on the library runs, and names the doors that there are."""

from __future__ import annotations

import contextlib
import io
import re
import shutil

import dedup
from tests.docs.blocks import ROOT, blocks, renewed

PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")


def test_the_blocks_run_one_after_the_other_and_print_what_the_page_shows(tmp_path, monkeypatch):
    """In one interpreter, for the second goes on where the first ends."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks(PAGE):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block.text, "library.md", "exec"), names)
        assert renewed(block.output, printed.getvalue())  # or it raises


def test_every_name_at_the_front_door_stands_on_the_page():
    told = set(re.findall(r"\b\w+\b", PAGE))
    assert set(dedup.__all__) - {"__version__"} <= told
