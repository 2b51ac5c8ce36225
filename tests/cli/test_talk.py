"""On a terminal: tables and progress. In a pipe: lines, and nothing that moves."""

from __future__ import annotations

import io
import re
import time

import pytest

from dedup.cli import outputs, talk
from dedup.cli.options import Outputs
from dedup.pipeline import STAGES
from dedup.report import pairs, terminal
from tests.results import sample_result


class _Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch):
    """Return a function that puts terminals in place of stdout and stderr; called in the test, for pytest puts its
    own streams there between fixtures and test."""

    def install() -> tuple[_Terminal, _Terminal]:
        out, err = _Terminal(), _Terminal()
        monkeypatch.setattr("sys.stdout", out)
        monkeypatch.setattr("sys.stderr", err)
        for name, value in {"TERM": "xterm", "COLUMNS": "100"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("NO_COLOR", raising=False)
        return out, err

    return install


def test_progress_shows_the_stages_by_name_on_a_terminal_and_wipes_itself_away(screen):
    _, err = screen()
    with talk.progress("zh") as report:
        for stage in STAGES:
            report(stage, 0.0)
            report(stage, 1.0)
        report("a later stage", 0.5)
    shown = err.getvalue()
    assert "读取" in shown and "a later stage" in shown and "100%" in shown


def test_progress_shows_the_rate_and_says_it_in_the_end(screen, tmp_path):
    """Megabytes as they lie on the disk, by stage and altogether; where nothing is known to be read, none."""
    (tmp_path / "a.txt").write_bytes(b"a" * 3_000_000)
    _, err = screen()
    with talk.progress("en", [str(tmp_path), str(tmp_path / "gone.txt")]) as report:
        report("read", 0.0)
        time.sleep(0.2)
        report("read", 1.0)
    shown = err.getvalue()
    assert re.search(r"\d\.\d MB/s", shown) and re.search(r"3\.0 MB in 0\.\d s, \d+\.\d MB/s\n$", shown)
    _, err = screen()
    with talk.progress("en") as report:
        report("read", 1.0)
    assert "MB" not in err.getvalue()


def test_progress_is_silent_in_a_pipe(monkeypatch):
    err = io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    with talk.progress("zh") as report:
        assert report is None
    assert err.getvalue() == ""


def test_progress_leaves_the_terminal_as_it_was_when_the_work_fails(screen):
    _, err = screen()
    with pytest.raises(ZeroDivisionError), talk.progress("en") as report:
        report("read", 0.0)
        raise ZeroDivisionError
    assert err.getvalue().rfind("\x1b[?25h") > err.getvalue().rfind("\x1b[?25l")


@pytest.mark.parametrize("face", [terminal, pairs])
def test_a_terminal_gets_tables_and_every_fact_of_the_pipe(screen, face):
    out, _ = screen()
    outputs.show(sample_result(), Outputs(lang="en"), face)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    assert "Similarity is not plagiarism" in shown
    assert "suspected copying grade A" in shown and "石门乡.txt" in shown
    assert "│" in shown and "│" not in "".join(face.plain(sample_result(), lang="en"))
