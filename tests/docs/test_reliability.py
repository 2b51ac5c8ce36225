"""docs/reliability.md says what the programs wrote down that ran, and no more."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.fuzz import files, readers, texts
from tests.fuzz.campaign import LEDGER, table

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
sys.path.insert(0, str(ROOT / "tools"))
import mutate  # noqa: E402

sys.path.pop(0)


def between(mark: str) -> str:
    return PAGE.split(f"<!-- {mark} -->\n")[1].split(f"<!-- /{mark} -->")[0]


def test_the_table_of_fuzzing_is_that_of_the_ledger():
    """Minutes, CPU minutes and executions of every target."""
    targets = {**readers.TARGETS, **texts.TARGETS, **files.TARGETS}
    modes = {name: target.of for name, target in targets.items()}
    assert between("ledger").strip() == table(json.loads(LEDGER.read_text(encoding="utf-8")), modes).strip()


def test_the_table_of_mutants_is_that_of_the_ledger():
    """Changes tried and noticed, by module."""
    ledger = json.loads(mutate.LEDGER.read_text(encoding="utf-8"))
    assert between("mutants").strip() == mutate.table(ledger).strip()
