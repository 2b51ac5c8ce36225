"""Paths to documents: every way a report reaches us.

`read` walks paths and yields `dedup.result.Document` objects, and a `dedup.result.Skipped` for everything that is
not one: nothing disappears between the folder and the result. One module per format; `walk` finds the files,
`formats` tells what they are (by content before suffix), `encoding` decodes, `metadata` says who and when.

What the text *means* (repairs, paragraphs, wrapped lines) is left to `dedup.steps`: offsets are code points of the
text that is yielded here, and nothing later changes it.

>>> from dedup.read import read
>>> [row.kind for row in read(["no such file.txt"])]
['missing']
"""

from __future__ import annotations

from dedup.read.options import ReadOptions
from dedup.read.walk import SOFT_KINDS, Found, plan, read, read_planned

__all__ = ["SOFT_KINDS", "Found", "ReadOptions", "plan", "read", "read_planned"]
