"""Which places does a title or an issuer name? Answers with those that it begins with."""

from __future__ import annotations

import re

_NAME = re.compile(r"[\u4e00-\u9fff]{2,5}?(?:街道|[省市县区州旗乡镇村])")
_BEFORE_NAME = re.compile(
    r"^(?:第[一二三四五六七八九十百]+[篇部]分?|[篇之][一二三四五六七八九十百]+)?[\W\d_年度]*(?:中共|关于)?"
)
_GENERAL = re.compile(r"^[全各本我该某两几乡镇]|农村|城乡|乡镇|村镇|社区|地区|园区|城市|先进")
"""What has the shape of a place's name and names none."""


def places(title: str | None) -> frozenset[str]:
    """Return the places that a title or an issuer begins with: 界首市任寨乡 is two."""
    found = set()
    at = _BEFORE_NAME.match(title or "")
    place = at.end() if at else 0
    while one := _NAME.match(title or "", place):
        if len(one[0]) > 2 and not _GENERAL.search(one[0]):
            found.add(one[0])
        place = one.end()
    return frozenset(found)
