"""Files as memory hold what was written, whatever the system is told of how they are looked at."""

from __future__ import annotations

import mmap
from dataclasses import dataclass, replace

import numpy as np
import pytest

from dedup.executors import mapped


@dataclass(frozen=True)
class Two:
    a: np.ndarray
    b: np.ndarray


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


def test_what_lies_in_a_file_is_not_written_again(tmp_path):
    rows = Two(np.arange(5), np.arange(8).reshape(4, 2))
    first = mapped.aside(tmp_path / "one", rows)
    again = mapped.aside(tmp_path / "two", replace(first, a=np.arange(3)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.a", "one.b", "two.a"]
    assert again.a.tolist() == [0, 1, 2] and again.b is first.b
    part = mapped.aside(tmp_path / "three", replace(first, b=first.b[1:3]))  # a piece of a file is no file
    assert (tmp_path / "three.b").exists() and part.b.tolist() == [[2, 3], [4, 5]]
