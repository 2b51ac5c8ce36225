"""Compiled or not, the kernels compute the same: the results of a scan are equal byte for byte."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dedup import Document, Params, scan
from tests.fuzz.texts import scan_corpora

ROOT = Path(__file__).parent.parent
COUNT = """
import hashlib
from dedup import Params, scan
from tests.test_uncompiled import corpora
for documents, params in corpora():
    print(hashlib.sha256(scan(documents, params).to_json(texts=True).encode()).hexdigest())
"""


def corpora() -> list[tuple[list[Document], Params]]:
    """Return part of the sample corpus, and small ones that reach what it does not: repetition, low bounds."""
    sample = sorted((ROOT / "data" / "reports").iterdir())[:8]
    found = [([Document(path.name, path.read_text(encoding="utf-8")) for path in sample], Params())]
    for row, texts in enumerate(scan_corpora()):
        documents = [Document(f"{number}.txt", text, issuer=f"第{number}乡") for number, text in enumerate(texts)]
        found += [(documents, Params()), (documents, Params(threshold=0.5, min_chars=8, window=1, bucket=2 + row))]
    return found


@pytest.mark.slow
def test_results_with_and_without_jit_are_equal():
    """One process with NUMBA_DISABLE_JIT=1, this one without; the same digests of the same results."""
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", COUNT], capture_output=True, text=True, check=True, env=env, cwd=ROOT
    )
    results = [scan(documents, params).to_json(texts=True) for documents, params in corpora()]
    assert any('"kind": "shuffled"' in result for result in results)
    assert told.stdout.split() == [hashlib.sha256(result.encode()).hexdigest() for result in results]
