"""Python's search for garbage is put off, and afterwards is what it was, whatever happened."""

from __future__ import annotations

import gc
import weakref

import pytest

from dedup.errors import DedupError
from dedup.sweeps import paused, seldom


class Ring:
    """A cycle, which only a search finds."""

    def __init__(self) -> None:
        self.me = self


def rings_that_stay(count: int) -> int:
    """Return how many of so many cycles, each let go at once, were not found by the time the last was made."""
    found = []
    for _ in range(count):
        weakref.finalize(Ring(), found.append, 1)
    return count - len(found)


@pytest.fixture(autouse=True)
def as_python_begins():
    was, on = gc.get_threshold(), gc.isenabled()
    gc.set_threshold(700, 10, 10)
    gc.enable()
    yield
    gc.set_threshold(*was)
    (gc.enable if on else gc.disable)()


def test_searches_are_paused_or_become_seldom():
    gc.collect()
    assert rings_that_stay(5_000) < 5_000
    with seldom():
        assert rings_that_stay(2_000) == 2_000
        assert rings_that_stay(60_000) < 60_000
    with paused():
        assert rings_that_stay(60_000) == 60_000


@pytest.mark.parametrize("block", [paused, seldom])
def test_afterwards_searches_are_as_before(block):
    for threshold, on in (((700, 10, 10), True), ((50_000, 5, 5), True), ((0, 10, 10), True), ((700, 10, 10), False)):
        gc.set_threshold(*threshold)
        (gc.enable if on else gc.disable)()
        with pytest.raises(DedupError), block():
            raise DedupError("it fell")
        assert (gc.get_threshold(), gc.isenabled()) == (threshold, on)


def test_whoever_wants_no_searches_gets_none():
    gc.set_threshold(0)
    with seldom():
        assert gc.get_threshold()[0] == 0
