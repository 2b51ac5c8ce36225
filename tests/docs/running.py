"""Runs the blocks of a page as its reader would: in order, in one folder that has the sample corpus."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import tomllib
from dataclasses import dataclass

from typer.testing import CliRunner

from dedup.cli.main import app
from tests.docs.blocks import ROOT, Missing, blocks, renewed


@dataclass(frozen=True)
class Ran:
    """How many blocks a page has, and how many of them show what they print."""

    blocks: int
    shown: int


def run_page(name, folder, monkeypatch) -> Ran:
    """Run every shell and Python block; assert that each prints what the page shows; figures and ids may move.

    With DEDUP_REFRESH set (``make docs``) the figures on the page become those that were printed.
    """
    shutil.copytree(ROOT / "data", folder / "data")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DEDUP_LANG", raising=False)
    ran = shown = 0
    page = renew = (ROOT / name).read_text(encoding="utf-8")
    for block in blocks(page):
        assert block.lang in ("sh", "python"), f"a {block.lang!r} block shows the output of nothing"
        printed = run_python(block.text) if block.lang == "python" else run_shell(block.text, folder)
        ran += 1
        if block.output is not None:
            shown += 1
            try:
                renew = renew.replace(block.output, renewed(block.output, printed))
            except Missing as lacking:
                raise AssertionError(f"{name} shows\n{lacking}\nof\n{block.text}\nwhich printed\n{printed}") from None
    if "DEDUP_REFRESH" in os.environ:
        (ROOT / name).write_text(renew, encoding="utf-8")
    return Ran(ran, shown)


def run_shell(text, folder):
    """Run the lines of a shell block; return what they printed on stdout.

    `make` and `pip` lines are checked, not run: they would install. `dedup review` would serve until it is stopped,
    so here it is made to write the verdicts and end.
    """
    printed = ""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:.*##", makefile, re.M), line
        elif words[:4] == ["python", "-m", "pip", "install"]:
            project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
            wanted = re.fullmatch(r"\.(?:\[(\w+)\])?", words[4])
            assert wanted and (wanted[1] is None or wanted[1] in project["optional-dependencies"]), line
        else:
            assert words[0] == "dedup", f"{line!r} is not run by this test"
            more = ["--export", str(folder / "exported.json")] if words[1] == "review" else []
            done = CliRunner().invoke(app, [*words[1:], *more], prog_name="dedup")
            assert done.exit_code == 0, (line, done.output)
            printed += done.stdout
    return printed


def run_python(text):
    """Run a Python block as a script of its own; return what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, "page", "exec"), {"__name__": "page"})
    return printed.getvalue()
