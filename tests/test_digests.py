"""Names of many short strings are those of each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import digests as room
from dedup.digests import digest, digests, of_texts


def test_names_of_a_text_do_not_change():
    """They stand in results and work folders that outlive a version."""
    assert digest("") == "af5570f5a1810b7a"
    assert digest("family", "水渠修到田头") == digests("family", ["水渠修到田头".encode()])[0]


@settings(deadline=None, derandomize=True)
@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=9)), st.text(max_size=5))
def test_names_of_many_are_those_of_each(texts, kind):
    rows = [text.encode("utf-8", "surrogatepass") for text in texts]
    kind = kind.encode("utf-8", "replace").decode()
    assert digests(kind, rows) == [digest(kind, text) for text in texts]


@settings(deadline=None, derandomize=True)
@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=9)), st.integers(1, 30))
def test_names_of_texts_are_those_of_each_wherever_they_are_parted(texts, most):
    """Half surrogate pairs, which a broken file may hold, too."""
    codes = np.array([ord(one) for one in "".join(texts)], np.uint32)
    indptr = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "_TOGETHER", most)
        found = of_texts(codes, indptr)
    assert [f"{name:016x}" for name in found.tolist()] == [digest(text) for text in texts]
