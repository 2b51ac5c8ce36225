"""The archive: new reports against years of old ones, in the time that the new ones take.

`Index` is the door. It stands where the pipeline stands, for it prepares what is stored with the pipeline's steps and
has what it finds compared by the pipeline itself; how rows lie on disk is left to `dedup.index`.

>>> import tempfile
>>> from pathlib import Path
>>> from dedup import Document, Index
>>> block = "各村要把护林防火责任落实到户到人，凡在林区野外用火的一律先报后批，违者取消当年评优资格。"
>>> with tempfile.TemporaryDirectory() as folder, Index.create(Path(folder) / "archive.dedup") as archive:
...     _ = archive.add([Document("甲.txt", block), Document("丙.txt", "渠首闸门换了新的启闭机，放水不再靠人推。")])
...     result = archive.query([Document("乙.txt", "会议强调：" + block)])
>>> [document.source for document in result.documents], len(result.clusters)
(['乙.txt', '甲.txt'], 1)
"""

from __future__ import annotations

from dedup.archive.door import Index
from dedup.archive.records import Added, Checked, IndexInfo

__all__ = ["Added", "Checked", "Index", "IndexInfo"]
