"""Find duplicate and near-duplicate passages within and across Chinese reports, with provenance.

>>> from dedup import Document, scan
>>> block = "各村要把护林防火责任落实到户到人，凡在林区野外用火的一律先报后批，违者取消当年评优资格。"
>>> result = scan([Document("甲.txt", block), Document("乙.txt", "会议强调：" + block)])
>>> len(result.clusters)
1

Names are imported on first use (PEP 562), so that ``import dedup`` and ``dedup --help`` stay instant: neither
numba nor scikit-learn nor jieba is loaded until a scan needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from dedup.archive import Index
    from dedup.errors import DedupError
    from dedup.estimator import NearDuplicates
    from dedup.explanation import explain
    from dedup.paragraphs import near_duplicates
    from dedup.params import Params
    from dedup.pipeline import scan
    from dedup.result import Document, Result

_HOME = {
    "DedupError": "dedup.errors",
    "Document": "dedup.result",
    "Index": "dedup.archive",
    "NearDuplicates": "dedup.estimator",
    "Params": "dedup.params",
    "Result": "dedup.result",
    "explain": "dedup.explanation",
    "near_duplicates": "dedup.paragraphs",
    "scan": "dedup.pipeline",
}

__all__ = [
    "DedupError",
    "Document",
    "Index",
    "NearDuplicates",
    "Params",
    "Result",
    "__version__",
    "explain",
    "near_duplicates",
    "scan",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'dedup' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
