"""SECURITY.md holds: every test it names is there, and what it says of the code as a whole is so."""

from __future__ import annotations

import ast
import re
import stat
from pathlib import Path

import pytest

from dedup import kernels

ROOT = Path(__file__).parent.parent
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8"))
SOURCES = sorted((ROOT / "dedup").rglob("*.py"))


def test_many_tests_are_named():
    assert len(NAMED) > 30


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_every_test_that_is_named_is_there(path, name):
    """A threat whose test is gone is a threat that nothing holds."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_unpickled_or_evaluated(path):
    """No pickle, marshal or shelve is imported, nothing is compiled from text, arrays are loaded without pickles."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & {"pickle", "marshal", "shelve", "dill"}
        elif isinstance(node, ast.ImportFrom):
            assert node.module not in ("pickle", "marshal", "shelve", "dill")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("eval", "exec", "compile", "__import__")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if node.func.attr == "load" and isinstance(owner, ast.Name) and owner.id in ("np", "numpy"):
                given = {one.arg: one.value for one in node.keywords}
                assert isinstance(given.get("allow_pickle"), ast.Constant) and given["allow_pickle"].value is False
            shell = [one for one in node.keywords if one.arg == "shell"]
            assert not shell, "a shell would read names of files"


def test_the_cache_folder_is_the_users_own(tmp_path, monkeypatch):
    """Compiled kernels are pickles: the folder is made for its owner alone, or a new private one is."""
    monkeypatch.delenv("DEDUP_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.platform", "linux")
    made = kernels.cache_folder()
    assert made == tmp_path / "cache" / "dedup"
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    private = kernels.cache_folder()
    assert private.name.startswith("dedup-cache-") and private != kernels.cache_folder()
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
