"""Files as memory hold what was written, whatever the system is told of how they are looked at."""

from __future__ import annotations

import mmap
from dataclasses import dataclass, replace

import numpy as np
import pytest

from dedup.executors import mapped
from dedup.executors.packing import pack


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


def test_a_piece_is_read_ahead_and_is_what_it_was(tmp_path):
    """Of a file, of a piece of memory and of nothing, wherever it begins."""
    values = np.arange(50_000, dtype=np.uint32)
    (tmp_path / "one.part").write_bytes(pack(Two(values, np.arange(9))))
    lying = mapped.table(tmp_path / "one.part", Two, sliced=True)
    for low, high in ((0, 50_000), (1, 2), (1_023, 3_000), (49_999, 50_000), (700, 700)):
        for column in (lying.a, values):
            piece = mapped.ahead(column[low:high])
            assert piece.tolist() == values[low:high].tolist()
    assert lying.b.tolist() == list(range(9))


@pytest.mark.skipif(not hasattr(mmap, "MADV_WILLNEED"), reason="the system takes no advice")
def test_what_is_read_ahead_are_the_pages_of_the_piece(tmp_path, monkeypatch):
    """No more and no less, from the beginning of a page."""
    told = []

    class Told(mmap.mmap):
        def madvise(self, *advice):
            told.append(advice)

    page = mmap.PAGESIZE
    monkeypatch.setattr(mapped, "_AHEAD", 2 * page)
    (tmp_path / "one").write_bytes(bytes(5 * page))
    with (tmp_path / "one").open("rb") as file:
        lying = np.frombuffer(Told(file.fileno(), 0, access=mmap.ACCESS_COPY), np.uint32)
    mapped.ahead(lying[page // 4 + 1 : page // 2 + 3])
    mapped.ahead(np.arange(5))
    assert told == [(mmap.MADV_WILLNEED, page, page + 12)]
    told.clear()
    mapped.ahead(lying[: 5 * page // 4 - 1])
    assert told == [(mmap.MADV_WILLNEED, at, min(2 * page, 5 * page - 4 - at)) for at in (0, 2 * page, 4 * page)]
