"""Files as memory hold what was written, whatever the system is told of how they are looked at."""

from __future__ import annotations

import mmap

import numpy as np
import pytest

from dedup.executors import mapped


@pytest.mark.skipif(not hasattr(mmap, "MADV_RANDOM"), reason="the system takes no advice")
def test_looks_here_and_there_are_told_to_the_system_and_taken_back(tmp_path, monkeypatch):
    """Even where the work inside fails; and the values are the same before, inside and behind."""
    values = np.arange(100_000, dtype=np.int64)
    with mapped.Column(tmp_path / "column.bin") as file:
        file.add(values)
        column = file.opened()
    told = []
    real = mapped._advise
    monkeypatch.setattr(mapped, "_advise", lambda name: (told.append(name), real(name)))
    with pytest.raises(KeyError), mapped.scattered():
        assert (column[::4_096] == values[::4_096]).all()
        mapped.release()
        assert (column == values).all()
        raise KeyError
    assert told == ["MADV_RANDOM", "MADV_DONTNEED", "MADV_NORMAL"]
    assert (column == values).all()
