"""Commands are run in this process, with the scan replaced by a result made by hand, unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import dedup.pipeline
from dedup.cli.main import app
from tests.results import sample_result


@dataclass
class Scan:
    """Stands in for `dedup.pipeline.scan`: remembers how it was called, returns or raises what it is told to."""

    result: Any = field(default_factory=sample_result)
    error: BaseException | None = None
    calls: list[tuple[list[str], Any, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, inputs: Any, params: Any, **options: Any) -> Any:
        self.calls.append((list(inputs), params, options))
        if self.error is not None:
            raise self.error
        return replace(self.result, params=params)


@pytest.fixture
def scan(monkeypatch: pytest.MonkeyPatch) -> Scan:
    """Return the stand-in for the pipeline."""
    stand_in = Scan()
    monkeypatch.setattr(dedup.pipeline, "scan", stand_in)
    return stand_in


@pytest.fixture
def run(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return a function that runs a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEDUP_LANG", raising=False)
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments], prog_name="dedup")
