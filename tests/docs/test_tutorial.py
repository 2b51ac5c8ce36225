"""The tutorial does what it shows, in both languages; what troubleshooting quotes is what the package says."""

from __future__ import annotations

import re

import pytest

from tests.docs.blocks import ROOT, blocks
from tests.docs.running import run_page

PAGES = ("docs/tutorial.md", "docs/tutorial.zh.md")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_block_runs_and_prints_what_the_page_shows(name, tmp_path, monkeypatch):
    ran = run_page(name, tmp_path, monkeypatch)
    assert (ran.blocks, ran.shown) == (13, 9)
    assert {path.name for path in tmp_path.iterdir()} >= {"report.html", "findings.md", "findings.xlsx", "again"}


def test_both_languages_run_the_same():
    """The same blocks but for the language of what is printed."""

    def commands(name):
        return [block.text.replace(" --lang en", "") for block in blocks(read(name)) if block.lang == "sh"]

    assert commands(PAGES[0]) == commands(PAGES[1])


def test_the_messages_that_troubleshooting_quotes_are_messages_of_the_package():
    """Each, without what varies in it, stands in the source."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "dedup").rglob("*.py"))
    source = re.sub(r'"\s*\n\s*f?"', "", source)  # literals that are broken over lines
    quoted = re.findall(r"^\| `(.+?)` \|", read("docs/troubleshooting.md"), re.M)
    assert len(quoted) >= 12
    for message in quoted:
        if message.startswith("needs pyarrow"):
            assert "needs {module}: pip install 'dedup[{extra}]'" in source
        else:
            assert message in source, message
