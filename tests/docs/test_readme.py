"""The READMEs do what they say: blocks are run, outputs are what was printed, links lead somewhere."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from bench import page
from bench.run import READMES, RESULTS
from dedup.cli.main import app
from tests.docs.blocks import ROOT, Missing, blocks, form, renewed
from tests.docs.running import run_page

PAGES = ("README.md", "README.zh.md")
LINKED = sorted(
    str(path.relative_to(ROOT))
    for folder in (ROOT, ROOT / "docs")
    for path in folder.glob("*.md")
    if path.stat().st_size
)
LATER = {"docs/performance.md"}
"""Written by ``make bench``, which takes hours: a clone may not have it yet."""


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_blocks_run_and_print_what_the_page_shows(name, tmp_path, monkeypatch):
    """Every shell and Python block is run, in order, in one folder; figures, ids and grades may move, not words."""
    ran = run_page(name, tmp_path, monkeypatch)
    assert (ran.blocks, ran.shown) == (8, 5)


@pytest.mark.parametrize("name", PAGES)
def test_the_range_in_the_prose_is_one_that_is_shown(name):
    """``make docs`` brings the figures of the blocks up to date, and could not know of this one."""
    start, end = re.search(r"`text\[(\d+):(\d+)\]`", read(name)).groups()
    assert f"{start}–{end}" in read(name)


def test_both_languages_show_the_same_commands():
    """The Chinese page is a twin: the same blocks but for the language of the output and of the comments."""

    def commands(name):
        return [
            re.sub(r" --lang en| *#.*", "", block.text) if block.lang == "sh" else block.text
            for block in blocks(read(name))
        ]

    assert commands("README.md") == commands("README.zh.md")


@pytest.mark.parametrize("name", PAGES)
def test_the_table_of_statuses_is_true(name, tmp_path, monkeypatch):
    """0, 1 and 2 are what a scan ends with: done, found under --check, something unreadable."""
    rows = dict(re.findall(r"^\| ([012]) \| (.+) \|$", read(name), re.M))
    assert set(rows) == {"0", "1", "2"}
    assert "`--check`" in rows["1"] and "`--ignore-unreadable`" in rows["2"]
    monkeypatch.chdir(tmp_path)
    report = next((ROOT / "data" / "reports").glob("01-*.txt"))
    twin = tmp_path / "twin.txt"
    twin.write_text(next((ROOT / "data" / "reports").glob("04-*.txt")).read_text("utf-8"), encoding="utf-8")
    other = next((ROOT / "data" / "reports").glob("05-*.txt"))

    def status(*arguments):
        return CliRunner().invoke(app, ["scan", *map(str, arguments)], prog_name="dedup").exit_code

    assert status(twin, other) == 0
    assert status(report, "--check") == 0
    assert status(twin, other, "--check") == 1
    assert status(report, "nowhere.txt") == 2
    assert status(report, "nowhere.txt", "--ignore-unreadable") == 0
    assert status(report, "--threshold", "2") == 2


@pytest.mark.parametrize(("name", "lang"), READMES.items())
def test_the_comparison_is_the_one_that_was_measured(name, lang):
    """The table is what the kept results give, with a row for each of the seven tools."""
    shown = read(name)
    assert page.compare(RESULTS, shown, lang) == shown
    assert len(re.findall(r"\| \d\.\d{3} \|$", shown, re.M)) == 7
    assert page.render(RESULTS) == read("docs/performance.md")


@pytest.mark.parametrize("name", LINKED)
def test_links_lead_to_files_that_exist(name):
    """No page points at something that is not there."""
    folder = (ROOT / name).parent
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", read(name)):
        if "://" not in target:
            path = (folder / target).resolve()
            assert path.exists() or str(path.relative_to(ROOT)) in LATER, f"{name} points at {target}"


@pytest.mark.parametrize("name", LINKED)
def test_every_make_target_that_a_page_names_exists(name):
    """`make something` in a page is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
    assert set(re.findall(r"`make ([a-z-]+)", read(name))) <= targets


def test_the_comparison_sees_a_wrong_word_and_a_wrong_order():
    """Masking hides figures, ids and grades, nothing else."""
    assert form("1. suspected copying grade A  3 places [0123456789abcdef]") == "# suspected copying @ # places [@]"
    assert form("发现家族 35 个（疑似抄袭 A 级 15，套话 6），相似片段 372 对") == "发现家族 # 个(@)，相似片段 # 对"
    printed = "one 1\ntwo 2\nthree 3\n"
    assert renewed("one 9\n…\nthree 9\n", printed) == "one 1\n…\nthree 3\n"
    for shown, lacking in (
        ("one 9\nthree 9\n", "one 9\nthree 9\n"),
        ("three 1\n…\none 1\n", "one 1\n"),
        ("one 9\n…\nfour 9\n", "four 9\n"),
    ):
        with pytest.raises(Missing) as told:
            renewed(shown, printed)
        assert told.value.args == (lacking,)
