"""Commands are run in this process, with the scan replaced by a result made by hand, unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import dedup.pipeline
from dedup.cli.main import app
from tests.results import sample_result

BLOCK = (
    "今年的山塘清淤是群众自己推举的工头带着干的，挖机按小时计费，油票和工时单当天贴在祠堂门口，"
    "谁家的水田靠得近谁家多出一个工，七口山塘赶在立夏前全部蓄上了水，比往年早了二十天。"
)
"""What two of the reports share."""


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


@pytest.fixture
def reports(run):
    """Make a folder of three reports, two of which share a block, in the empty folder where commands run."""
    folder = Path("reports")
    folder.mkdir()
    (folder / "甲.txt").write_text(f"甲乡总结\n修路的事先从桥头说起。\n{BLOCK}\n", encoding="utf-8")
    (folder / "乙.txt").write_text(f"乙乡总结\n{BLOCK}\n集市改到了逢五逢十。\n", encoding="gb18030")
    (folder / "丙.txt").write_text("丙乡总结\n老油坊请了两位师傅，榨季从霜降排到小雪。\n", encoding="utf-8")
    return folder
