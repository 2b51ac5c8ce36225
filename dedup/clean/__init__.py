"""Clean a corpus of what a scan found in it twice, with an audit that explains and undoes every removal.

`clean` writes a folder of cleaned files and ``audit.jsonl``; `restore` rebuilds the input from the two; `replay` does
the same clean again without computing. `near` finds near-duplicate paragraphs for it, where a whole scan is more than
is wanted. `plan` decides alone, for texts in memory, and `kept` is what it leaves.

>>> from dedup.clean import CleanPolicy
>>> CleanPolicy(level="passage", labels=("copy",)).rule
'passage>=0.95 numbers names'
"""

from __future__ import annotations

from dedup.clean.corpus import Archived, clean
from dedup.clean.paragraphs import near
from dedup.clean.plans import plan
from dedup.clean.policy import KEEPS, LEVELS, ROUTES, CleanPolicy
from dedup.clean.removal import Claim, Plan, Removal, kept
from dedup.clean.tally import CleanReport
from dedup.clean.undoing import replay, restore

__all__ = [
    "KEEPS",
    "LEVELS",
    "ROUTES",
    "Archived",
    "Claim",
    "CleanPolicy",
    "CleanReport",
    "Plan",
    "Removal",
    "clean",
    "kept",
    "near",
    "plan",
    "replay",
    "restore",
]
