"""What a process that is here for one command spares itself, and a library does not."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from dedup import errand, lexicon

TOLD = """
import atexit, gc, json, sys
from dedup.cli.main import run

def tell():
    from dedup import lexicon
    from numba.core.registry import CPUDispatcher
    kernels = {
        f"{name}.{key}": len(value.signatures)
        for name, module in [*sys.modules.items()]
        if name.startswith("dedup.kernels.")
        for key, value in vars(module).items()
        if isinstance(value, CPUDispatcher)
    }
    told = {
        "modules": sorted(name for name, module in sys.modules.items() if module is not None),
        "hidden": sorted(name for name, module in sys.modules.items() if module is None),
        "kernels": {name: count for name, count in kernels.items() if count},
        "words": len(lexicon.lexicon()._tokenizer.FREQ),
        "frozen": gc.get_freeze_count(),
    }
    print(json.dumps(told), file=sys.stderr)

atexit.register(tell)
sys.argv[:1] = ["dedup"]
run()
"""


@pytest.fixture
def begun(monkeypatch):
    """The state of a process that the front door began."""
    monkeypatch.setattr(errand, "_begun", [True])


@pytest.fixture(scope="module")
def small_scan():
    """What a scan of a few reports from the shell has loaded when it is over."""
    lexicon.lexicon.__wrapped__()  # a first scan ever keeps the dictionary, and has all of it
    reports = [str(path) for path in sorted(Path("data/reports").iterdir())[:5]]
    command = [sys.executable, "-c", TOLD, "scan", *reports]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stderr.strip().splitlines()[-1])


def test_a_small_scan_loads_no_library_that_it_does_not_use(small_scan):
    """Numba would import SciPy's linear algebra, jieba setuptools: a quarter of a second for what no step calls."""
    unused = ("scipy.linalg", "sklearn", "pandas", "pkg_resources", "numpy.f2py", "jinja2", "rich", "datasketch")
    assert not [name for name in small_scan["modules"] if name.startswith(unused)]
    assert {"numba", "jieba"} <= set(small_scan["modules"])


@pytest.mark.parametrize("path", sorted(Path("dedup/kernels").glob("*.py")), ids=lambda path: path.stem)
def test_no_kernel_asks_for_linear_algebra(path):
    """It could not be compiled in an errand, where numba is told that there is none."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(node, ast.MatMult)
        assert not (isinstance(node, ast.Attribute) and node.attr in ("dot", "vdot", "linalg", "inner", "matmul"))


def test_what_was_hidden_can_be_imported_afterwards(small_scan):
    assert not {"scipy.linalg", "pkg_resources"} & set(small_scan["hidden"])


def test_a_small_scan_loads_each_kernel_once_and_no_more_than_it_calls(small_scan):
    """A kernel costs five thousandths of a second to load: one more for every small scan is a choice to be made."""
    assert set(small_scan["kernels"].values()) <= {1, 2}
    assert len(small_scan["kernels"]) <= 64


def test_a_small_scan_makes_a_few_words_of_the_dictionary(small_scan):
    assert small_scan["words"] < 60_000


def test_garbage_is_not_searched_for_at_the_end(small_scan):
    assert small_scan["frozen"] > 50_000


def test_a_spared_module_is_not_found_inside_the_block_and_is_behind_it(begun, monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with errand.spared("colorsys"), pytest.raises(ModuleNotFoundError):
        import_module("colorsys")
    with pytest.raises(KeyError), errand.spared("colorsys"):
        raise KeyError
    assert import_module("colorsys").rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)


def test_a_module_that_is_there_stays(begun):
    with errand.spared("json"):
        assert import_module("json") is json
    assert sys.modules["json"] is json


def test_a_library_hides_nothing(monkeypatch):
    """Someone else's process may import what it likes, from another thread too."""
    monkeypatch.setattr(errand, "_begun", [])
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with errand.spared("colorsys"):
        assert import_module("colorsys").rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)


def test_importing_the_library_begins_no_errand():
    code = "import gc, dedup.pipeline, dedup.errand; print(gc.get_threshold()[0] < 10_000, dedup.errand._begun)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["True", "[]"]
