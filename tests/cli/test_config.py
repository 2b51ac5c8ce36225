"""dedup.toml gives any option of any command; whatever is typed wins; what cannot be is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from dedup.cli import main
from dedup.cli.config import defaults
from dedup.cli.document import page


def test_options_come_from_the_file_in_the_working_folder_and_that_is_said(run, scan):
    Path("dedup.toml").write_text('threshold = 0.8\n[scan]\nmin-chars = 30\nlabels = ["copy", "self"]\nlang = "en"\n')
    result = run("scan", "x")
    _, params, _ = scan.calls[0]
    assert (params.threshold, params.min_chars, params.labels) == (0.8, 30, ("copy", "self"))
    assert "options from dedup.toml" in result.stderr and "Duplicate content report" in result.stdout


def test_options_that_may_be_given_twice_take_a_list_and_flags_take_true(run, scan):
    Path("dedup.toml").write_text('[scan]\ntemplate = ["a.txt", "b.txt"]\ncheck = true\nignore-unreadable = true\n')
    assert run("scan", "x").exit_code == 1
    assert scan.calls[0][2]["templates"] == ["a.txt", "b.txt"]


def test_a_table_is_for_its_command_only_and_wins_over_the_top(run, scan):
    Path("dedup.toml").write_text("threshold = 0.8\n[compare]\nthreshold = 0.9\n")
    run("scan", "x")
    run("compare", "a", "b")
    assert [params.threshold for _, params, _ in scan.calls] == [0.8, 0.9]


def test_what_is_typed_wins_over_the_file(run, scan, monkeypatch):
    Path("dedup.toml").write_text('lang = "en"\n[scan]\nthreshold = 0.8\n')
    monkeypatch.setenv("DEDUP_LANG", "zh")
    result = run("scan", "x", "--threshold", 0.6)
    assert scan.calls[0][1].threshold == 0.6 and "重复内容分析报告" in result.stdout


def test_another_file_can_be_named(run, scan, monkeypatch):
    Path("mine.toml").write_text("threshold = 0.5\n")
    run("--config", "mine.toml", "scan", "x")
    monkeypatch.setenv("DEDUP_CONFIG", "mine.toml")
    run("scan", "x")
    assert [params.threshold for _, params, _ in scan.calls] == [0.5, 0.5]


def test_every_unknown_name_is_refused_in_one_sentence(run, scan):
    Path("dedup.toml").write_text("treshold = 0.8\n[scan]\nminchars = 3\n[scam]\n")
    result = run("scan", "x")
    assert result.exit_code == 2 and not scan.calls
    for told in ("no option minchars", "an option treshold", "no command scam"):
        assert told in result.stderr


def test_commands_of_a_group_have_tables_too(run):
    """The innermost table wins: top of the file, then the group, then the command."""
    lines = ["lang = 'zh'", "[index]", "lang = 'en'", "[index.info]", "lang = 'zh'"]
    told = []
    for count in (1, 3, 5):
        Path("dedup.toml").write_text("\n".join(lines[:count]) + "\n")
        if not Path("a.dedup").exists():
            run("index", "create", "a.dedup")
        told.append("报告" in run("index", "info", "a.dedup").stdout)
    assert told == [True, False, True]


def test_unknown_names_in_a_group_are_refused(run):
    Path("dedup.toml").write_text("[index]\nthreshhold = 1\n[index.add]\njob = 2\n[index.ad]\n")
    told = run("index", "info", "a.dedup").stderr
    for sentence in ("index has no option threshhold", "index add has no option job", "no command index ad"):
        assert sentence in told


def test_every_option_of_every_command_can_stand_in_the_file(run):
    """By its long name; what the file gives arrives under the parameter's name."""
    app = get_command(main.app)

    def leaves(commands, path=()):
        for name, command in commands.items():
            inner = getattr(command, "commands", None)
            yield from leaves(inner, (*path, name)) if inner else [((*path, name), command)]

    count = 0
    for path, command in leaves(app.commands):
        for param in command.params:
            if param.param_type_name != "option" or param.name == "help":
                continue
            name = max(param.opts, key=len).removeprefix("--")
            Path("dedup.toml").write_text(f"[{'.'.join(path)}]\n{name} = 'x'\n")
            found = defaults(Path("dedup.toml"), app.commands)
            for step in path:
                found = found[step]
            assert found == {param.name: "x"}, (path, name)
            count += 1
    assert count > 100


@pytest.mark.parametrize("content", ["= 3", "a = [", "\udcff"])
def test_a_file_that_is_no_toml_is_refused(run, scan, content):
    Path("dedup.toml").write_bytes(content.encode("utf-8", "surrogateescape"))
    result = run("scan", "x")
    assert result.exit_code == 2 and "dedup.toml: it cannot be read as TOML" in result.stderr


@pytest.mark.parametrize("content", ["threshold = 7", 'threshold = "much"', "threshold = true", "jobs = 1.5"])
def test_a_wrong_value_is_refused_as_if_it_were_typed(run, scan, content):
    Path("dedup.toml").write_text(content + "\n")
    result = run("scan", "x")
    assert result.exit_code == 2 and not scan.calls
    assert content.split()[0] in result.stderr and "Traceback" not in result.stderr


def test_the_example_in_the_docs_is_taken(run, scan):
    Path("dedup.toml").write_text(re.search(r"```toml\n(.*?)```", page(), re.DOTALL)[1])
    assert run("scan", "x").exit_code == 2  # for the sample result has skipped inputs
    assert scan.calls[0][1].threshold == 0.8


def test_every_environment_variable_is_documented():
    """What the package reads of its own stands in docs/cli.md, and nothing else does."""
    source = "".join(path.read_text("utf-8") for path in Path(main.__file__).parents[1].rglob("*.py"))
    read = set(re.findall(r"""(?:environ(?:\.get\(|\[)|envvar=)["'](DEDUP_\w+)""", source))
    assert read == set(re.findall(r"^\| `(DEDUP_\w+)`", page(), re.M))
