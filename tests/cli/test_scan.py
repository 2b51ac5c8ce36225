"""``scan``, ``compare``, ``report``: options arrive, outputs are whole, the status tells what happened."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields, replace
from pathlib import Path

import openpyxl
import pytest

from dedup.errors import ParamsError
from dedup.params import BOUNDS, Params
from dedup.report import terminal
from dedup.result import Result, Skipped
from tests.results import sample_result

_READABLE = ("--ignore-unreadable",)


def test_the_report_goes_to_stdout_and_skipped_inputs_to_stderr(run, scan):
    result = run("scan", "reports")
    assert result.stdout.splitlines() == list(terminal.plain(sample_result()))
    assert result.stderr.splitlines()[0] == "未读取 reports/空.txt：空文件，the file is empty"
    assert scan.calls[0][0] == ["reports"]


def test_every_parameter_has_an_option_that_reaches_the_scan(run, scan):
    """`Params` is the only definition: a parameter added there is an option here, with its bounds in the help."""
    wanted = {}
    shown = run("scan", "--help").stdout
    for name, low, high in BOUNDS:
        default = getattr(Params(), name)
        value = type(default)(low) if type(default)(low) != default else type(default)(high)
        wanted[name] = value
        assert f"--{name.replace('_', '-')} " in shown
    wanted["labels"] = ("copy", "self")
    assert wanted.keys() == {field.name for field in fields(Params)} - {"background"}  # that is the table's digest
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in wanted.items() if name != "labels"]
    run("scan", "x", *arguments, "--labels", "copy,self")
    assert scan.calls[0][1] == Params(**wanted)


def test_without_options_the_scan_gets_the_defaults(run, scan):
    run("scan", "x")
    _, params, options = scan.calls[0]
    assert params == Params() and options["jobs"] >= 1 and options["read"].encoding is None


def test_reading_options_and_jobs_reach_the_scan(run, scan):
    Path("meta.csv").write_text("source\n")
    run(
        "scan",
        "x",
        "--encoding",
        "gb18030",
        "--text-column",
        "正文",
        "--id-column",
        "n",
        "--meta",
        "meta.csv",
        "--jobs",
        3,
    )
    _, _, options = scan.calls[0]
    read = options["read"]
    assert (read.encoding, read.text_column, read.id_column, str(read.meta)) == ("gb18030", "正文", "n", "meta.csv")
    assert options["jobs"] == 3


def test_everything_out_of_range_is_named_in_one_message(run, scan):
    result = run(
        *("scan", "x", "--threshold", 3, "--min-chars", 1, "--labels", "copy,gossip", "--jobs", -1, "--lang", "fr"),
        *("--encoding", "rot13", "--meta", "none.csv", "--json", "-", "--html", "-"),
    )
    assert result.exit_code == 2 and not scan.calls
    for told in (
        "threshold is 3.0",
        "min_chars is 1",
        "gossip",
        "jobs is -1",
        "lang is 'fr'",
        "rot13",
        "none.csv",
        "stdout",
    ):
        assert told in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "0.1999", "1.0001"])
def test_a_threshold_that_is_no_share_is_refused(run, scan, value):
    result = run("scan", "x", f"--threshold={value}")
    assert result.exit_code == 2 and "threshold is" in result.stderr and not scan.calls


def test_all_outputs_are_written_and_named(run, scan):
    given = ("--json", "r.json", "--csv", "out", "--xlsx", "r.xlsx", "--markdown", "r.md", "--html", "r.html")
    result = run("scan", "x", *given, *_READABLE)
    assert result.exit_code == 0
    assert Result.from_json("r.json").clusters == sample_result().clusters
    rows = list(csv.DictReader(io.StringIO(Path("out/families.csv").read_text("utf-8-sig"), newline="")))
    assert len(rows) == 8
    assert openpyxl.load_workbook("r.xlsx").sheetnames[1] == "家族"
    assert Path("r.md").read_text().startswith("# 重复内容分析报告")
    assert Path("r.html").read_text().startswith("<!DOCTYPE html>")
    for name in ("r.json", "out/members.csv", "r.xlsx", "r.md", "r.html"):
        assert f"已写出 {name}" in result.stderr
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["out", "r.html", "r.json", "r.md", "r.xlsx"]


def test_json_is_byte_for_byte_what_the_library_writes(run, scan):
    run("scan", "x", "--json", "r.json", "--with-texts")
    assert Path("r.json").read_bytes() == sample_result().to_json(texts=True).encode()


def test_json_to_stdout_leaves_nothing_else_there(run, scan):
    result = run("scan", "x", "--json", "-")
    assert json.loads(result.stdout)["schema"] == "dedup.result/1"
    assert "重复内容分析报告" not in result.stdout and "未读取" in result.stderr


@pytest.mark.parametrize("name", ["--json", "--xlsx", "--markdown", "--html"])
def test_an_existing_output_stops_the_scan_before_it_begins(run, scan, name):
    Path("out").write_text("mine")
    result = run("scan", "x", name, "out")
    assert result.exit_code == 2 and "out exists already" in result.stderr and "--force" in result.stderr
    assert not scan.calls and Path("out").read_text() == "mine"
    assert run("scan", "x", name, "out", "--force", *_READABLE).exit_code == 0
    assert Path("out").read_bytes() != b"mine"


def test_an_existing_table_in_the_csv_folder_stops_the_scan_and_other_files_do_not(run, scan):
    Path("out").mkdir()
    Path("out/notes.txt").write_text("mine")
    assert run("scan", "x", "--csv", "out", *_READABLE).exit_code == 0
    again = run("scan", "x", "--csv", "out")
    assert again.exit_code == 2 and "families.csv exists already" in again.stderr and len(scan.calls) == 1


def test_one_name_for_two_outputs_is_refused(run, scan):
    result = run("scan", "x", "--json", "a", "--html", "a")
    assert result.exit_code == 2 and "a is named for two outputs" in result.stderr


def test_an_output_into_a_missing_folder_is_told_before_the_scan(run, scan):
    result = run("scan", "x", "--json", "missing/r.json")
    assert result.exit_code == 2 and "the folder missing does not exist" in result.stderr and not scan.calls


def _of(label: str | None, skipped: tuple[Skipped, ...] = ()) -> Result:
    result = sample_result()
    clusters = tuple(cluster for cluster in result.clusters if cluster.label == label)
    return replace(result, clusters=clusters, skipped=skipped)


_MISSING = (Skipped("a", "gone", "missing"),)
_HIDDEN = (Skipped(".a", "its name begins with a dot", "hidden"),)


@pytest.mark.parametrize(
    "label,skipped,options,status",
    [
        ("copy", (), (), 0),
        ("copy", (), ("--check",), 1),
        ("mass", (), ("--check",), 1),
        ("formula", (), ("--check",), 0),
        ("self", (), ("--check",), 0),
        (None, (), ("--check",), 0),
        (None, _MISSING, (), 2),
        ("copy", _MISSING, ("--check",), 2),
        ("copy", _MISSING, ("--check", "--ignore-unreadable"), 1),
        (None, _MISSING, ("--ignore-unreadable",), 0),
        (None, _HIDDEN, (), 0),
    ],
)
def test_the_exit_status(run, scan, label, skipped, options, status):
    """1 only for what a reviewer must see; a missing input outweighs it; what was passed over on purpose is none."""
    scan.result = _of(label, skipped)
    assert run("scan", "x", *options).exit_code == status


def test_outputs_are_written_even_if_the_status_is_not_zero(run, scan):
    assert run("scan", "x", "--check", "--json", "r.json").exit_code == 2
    assert Path("r.json").exists()


def test_the_language_comes_from_the_option_or_the_environment(run, scan, monkeypatch):
    assert "Duplicate content report" in run("scan", "x", "--lang", "en").stdout
    monkeypatch.setenv("DEDUP_LANG", "en")
    assert "Duplicate content report" in run("scan", "x").stdout
    assert "重复内容分析报告" in run("scan", "x", "--lang", "zh").stdout


def test_compare_shows_pairs_instead_of_families(run, scan):
    result = run("compare", "a.txt", "b.txt", "--lang", "en", *_READABLE)
    assert result.exit_code == 0 and scan.calls[0][0] == ["a.txt", "b.txt"]
    assert "12 similar passages between the two" in result.stdout


def test_report_renders_a_result_again_and_needs_no_texts(run, scan):
    Path("r.json").write_text(sample_result().to_json())
    result = run("report", "r.json", "--markdown", "r.md", "--lang", "en")
    assert result.exit_code == 0 and not scan.calls
    assert "(the result holds no texts)" in result.stdout
    assert "7 reports are gone or changed" in result.stderr


def test_report_uses_the_texts_that_the_result_holds(run):
    Path("r.json").write_text(sample_result().to_json(texts=True))
    result = run("report", "r.json")
    assert result.exit_code == 0 and result.stderr == ""
    assert result.stdout.splitlines() == list(terminal.plain(sample_result()))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": "dedup.result/2"}', "[" * 100_000, '"\\ud800"'])
def test_a_file_that_is_no_result_is_told_in_a_sentence(run, content):
    Path("r.json").write_text(content)
    result = run("report", "r.json")
    assert result.exit_code == 2 and result.stderr.startswith("dedup: r.json: ")


def test_evaluate_says_which_file_is_wrong(run):
    result = run("evaluate", "gold.jsonl", "r.json")
    assert result.exit_code == 2 and result.stderr.startswith("dedup: gold.jsonl: ")


def test_params_errors_of_several_groups_are_joined():
    from dedup.cli.options import Outputs, Running

    with pytest.raises(ParamsError, match="lang is 'x'"):
        Outputs(lang="x")
    with pytest.raises(ParamsError, match="jobs is 2000"):
        Running(jobs=2000)
    assert Running(jobs=0).workers >= 1


def test_doctor_names_every_dependency_and_where_the_cache_lies(run, monkeypatch, tmp_path):
    monkeypatch.setenv("DEDUP_CACHE", str(tmp_path / "cache"))
    result = run("doctor")
    assert result.exit_code == 0
    for name in ("dedup", "python", "numpy", "numba", "typer", "java", "Chinese font"):
        assert f" {name} " in result.stdout
    assert str(tmp_path / "cache") in result.stdout
    states = {line.split()[0] for line in result.stdout.splitlines()}
    assert states <= {"ok", "missing"}


def test_doctor_fails_where_something_needed_is_missing(run, monkeypatch):
    from importlib import metadata

    real = metadata.version

    def version(name: str) -> str:
        if name == "numpy":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(metadata, "version", version)
    result = run("doctor")
    assert result.exit_code == 2 and "MISSING  numpy" in result.stdout and "pip install 'numpy>=2.0'" in result.stdout
