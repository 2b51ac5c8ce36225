"""docs/cli.md says what the commands say, and the samples in the help are what the commands print."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.main import get_command

from dedup.cli.document import page
from dedup.cli.main import app
from dedup.result import Result

DOCS = Path(__file__).parents[2] / "docs" / "cli.md"
COMMANDS = get_command(app).commands


def test_the_page_is_what_the_commands_say():
    assert DOCS.read_text(encoding="utf-8") == page(), "docs/cli.md is stale: make docs"


def test_the_page_names_every_command_and_every_option():
    shown = page()
    for name, command in COMMANDS.items():
        section = shown.split(f"\n## dedup {name}\n")[1]
        for param in command.params:
            for option in param.opts if param.param_type_name == "option" else ():
                assert f"`{option}`" in section, (name, option)


def _sample(name: str) -> list[str]:
    """Return the lines of the sample in a command's help."""
    block = COMMANDS[name].help.split("\b\nOutput:\n")[1].split("\n\n\b")[0]
    return [line[2:] for line in block.split("\n")]


def _form(line: str) -> str:
    """Return a line without what a change of parameters or thresholds moves: figures, grades, ids."""
    return re.sub(r"\d[\d.,]*", "#", re.sub(r"[ABC] 级|\[[0-9a-f]{16}\]", "@", line)).rstrip()


@pytest.fixture
def ran(run, reports):
    """Return a function that runs the example of a command on the reports that the samples are about."""
    assert run("scan", "reports/", "--json", "result.json").exit_code == 0
    result = Result.from_json("result.json")
    (pair,) = result.passages
    sides = {"a": pair.left, "b": pair.right}
    row = {f"{side}_{key}": getattr(span, key) for side, span in sides.items() for key in ("start", "end")}
    row |= {f"{side}_doc": result.documents[span.document].source for side, span in sides.items()}
    Path("gold.jsonl").write_text(json.dumps(row | {"label": "copy"}), encoding="utf-8")
    return lambda example: run(*example.split()[1:])


@pytest.mark.parametrize("name", ["scan", "compare", "explain", "report", "evaluate"])
def test_the_sample_in_the_help_is_what_its_example_prints(ran, name):
    example = COMMANDS[name].help.split("\b\nExample:\n")[1].split("\n")[0].strip()
    printed = [_form(line) for line in ran(example).stdout.splitlines()]
    for line in _sample(name):
        assert _form(line) in printed, line


def test_the_sample_of_doctor_has_the_columns_that_doctor_prints(run):
    for line in [*_sample("doctor"), *run("doctor").stdout.splitlines()]:
        state, name = line.split()[:2]
        assert state in ("ok", "missing") and line.index(name, len(state)) == 9
        assert line[27] == " " and line[28] != " "
