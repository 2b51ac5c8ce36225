"""Postings against their slow twin: dictionaries of sets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.errors import IndexDamaged
from dedup.index import segments
from dedup.index.file import _SCHEMA
from dedup.index.segments import Columns, Kind

Entry = tuple[int, int, int]  # document, hash, offset

PATH = "memory.dedup"


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    held = sqlite3.connect(":memory:", isolation_level=None)
    held.executescript(_SCHEMA)
    yield held
    held.close()


def made(ids: list[int], sizes: list[tuple[int, int]], entries: list[list[Entry]]) -> Columns:
    """Lay documents out in the order of their keys, which here are their ids times a large odd number."""
    keys = np.array(ids, np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    order = np.argsort(keys)
    size = np.array(sizes, np.int64).reshape(-1, 2).T[:, order]
    postings = []
    for kind in Kind:
        start = dict(zip(np.array(ids)[order].tolist(), (np.cumsum(size[kind]) - size[kind]).tolist(), strict=True))
        words = [(value << 32) | (start[document] + offset) for document, value, offset in entries[kind]]
        postings.append(np.sort(np.array(words, np.uint64)))
    return Columns(np.array(ids, np.int64)[order], keys[order], size, (postings[0], postings[1]))


def told(columns: Columns | segments.Segment, postings: tuple[np.ndarray, np.ndarray]) -> list[set[Entry]]:
    """Return the entries of each kind, which is what everything must agree on."""
    found = []
    for kind in Kind:
        borders = np.concatenate([[0], np.cumsum(columns.sizes[kind])])
        place = (postings[kind] & np.uint64(0xFFFFFFFF)).astype(np.int64)
        row = np.searchsorted(borders, place, side="right") - 1
        hashes = (postings[kind] >> np.uint64(32)).tolist()
        found.append(set(zip(columns.ids[row].tolist(), hashes, (place - borders[row]).tolist(), strict=True)))
    return found


@st.composite
def archives(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int]], list[list[Entry]]]:
    """Documents of some size, with entries of both kinds; hashes from a few values and from all."""
    ids = list(range(1, draw(st.integers(1, 6)) + 1))
    sizes = [(draw(st.integers(1, 30)), draw(st.integers(1, 5))) for _ in ids]
    value = st.sampled_from([0, 1, 2**31, 2**32 - 2, 2**32 - 1]) | st.integers(0, 2**32 - 1)
    entries = [
        sorted({(one, draw(value), at) for one, size in zip(ids, sizes, strict=True) for at in range(size[kind])})
        for kind in Kind
    ]
    return ids, sizes, entries


@settings(max_examples=40, deadline=None, derandomize=True)
@given(archives(), st.randoms(use_true_random=False))
def test_combining_parts_gives_the_whole(
    one: tuple[list[int], list[tuple[int, int]], list[list[Entry]]], random
) -> None:
    """However documents are parted, the parts combine to what was laid out at once, less what was dropped."""
    ids, sizes, entries = one
    part_of = {number: random.randrange(3) for number in ids}
    gone = {number for number in ids if random.random() < 0.2}
    parts = []
    for part in range(3):
        inside = [number for number in ids if part_of[number] == part]
        columns = made(
            inside,
            [sizes[number - 1] for number in inside],
            [[entry for entry in entries[kind] if entry[0] in inside] for kind in Kind],
        )
        dropped = np.where(np.isin(columns.ids, list(gone)), -1, columns.ids)
        parts.append(Columns(dropped, columns.keys, columns.sizes, columns.postings))
    whole = segments.combine(parts)
    kept = [number for number in ids if number not in gone]
    wanted = made(
        kept,
        [sizes[number - 1] for number in kept],
        [[entry for entry in entries[kind] if entry[0] not in gone] for kind in Kind],
    )
    assert whole.ids.tolist() == wanted.ids.tolist()
    assert np.array_equal(whole.sizes, wanted.sizes)
    for kind in Kind:
        assert np.array_equal(whole.postings[kind], wanted.postings[kind])


def large(documents: int, each: int, seed: int) -> tuple[Columns, list[list[Entry]]]:
    """A segment of several buckets."""
    draw = np.random.default_rng(seed)
    ids = list(range(1, documents + 1))
    entries = [
        [(one, int(value), at) for one in ids for at, value in enumerate(draw.integers(0, 2**32, each))] for _ in Kind
    ]
    return made(ids, [(each, each)] * documents, entries), entries


def test_looking_up_finds_exactly_what_is_there(db: sqlite3.Connection) -> None:
    """Each hash gives all its places, a hash that is not there none; first and last hash of the range too."""
    columns, entries = large(7, 300, 1)
    segments.write(db, columns)
    (segment,) = segments.segments(db, PATH)
    assert segment.bits[Kind.ANCHOR] > 2
    present = sorted({value for _, value, _ in entries[0]})[::37]
    hashes = np.array(sorted({0, 2**32 - 1, 77, *present}), np.uint32)
    hits = segments.find(db, PATH, segment, Kind.ANCHOR, hashes)
    for value, low, high in zip(hashes.tolist(), hits.low, hits.high, strict=True):
        row, offset = segment.locate(Kind.ANCHOR, hits.postings[low:high])
        found = set(zip(segment.ids[row].tolist(), offset.tolist(), strict=True))
        assert found == {(one, at) for one, other, at in entries[0] if other == value}


def test_removing_leaves_the_others(db: sqlite3.Connection) -> None:
    """What is removed is gone, what is left is untouched, the last one takes the segment with it."""
    columns, entries = large(5, 200, 2)
    segments.write(db, columns)
    for victim in (3, 1, 5, 2, 4):
        (segment,) = segments.segments(db, PATH)
        own = [np.unique(np.array([h for one, h, _ in entries[kind] if one == victim], np.uint32)) for kind in Kind]
        rows = np.flatnonzero(segment.ids == victim)
        segments.remove(db, PATH, segment, rows, (own[0], own[1]), 2 * 200)
        entries = [[entry for entry in entries[kind] if entry[0] != victim] for kind in Kind]
        left = segments.segments(db, PATH)
        if entries[0]:
            both = (
                segments.postings(db, PATH, left[0], Kind.ANCHOR),
                segments.postings(db, PATH, left[0], Kind.BAND),
            )
            assert told(left[0], both) == [set(entries[0]), set(entries[1])]
    assert left == []
    assert db.execute("SELECT count(*) FROM postings").fetchone() == (0,)


def test_removing_what_is_not_there_is_damage(db: sqlite3.Connection) -> None:
    """A count that does not come out is told, not passed over."""
    columns, entries = large(2, 50, 3)
    segments.write(db, columns)
    (segment,) = segments.segments(db, PATH)
    hashes = np.unique(np.array([h for one, h, _ in entries[0] if one == 1], np.uint32))
    with pytest.raises(IndexDamaged, match=r"50 postings .* wanted 51"):
        segments.remove(db, PATH, segment, np.flatnonzero(segment.ids == 1), (hashes, hashes[:0]), 51)


def test_segments_stay_few(db: sqlite3.Connection) -> None:
    """After each merge every segment is at least as large as all smaller ones together: log2 of them at most."""
    everything: list[set[Entry]] = [set(), set()]
    for number in range(1, 41):
        columns = made([number], [(20, 20)], [[(number, number * 40 + at, at) for at in range(20)] for _ in Kind])
        for kind, entries in zip(Kind, told(columns, columns.postings), strict=True):
            everything[kind] |= entries
        segments.write(db, columns)
        segments.merge(db, PATH)
        sizes = sorted((sum(one.counts) for one in segments.segments(db, PATH)), reverse=True)
        assert all(size >= sum(sizes[at + 1 :]) for at, size in enumerate(sizes))
        assert len(sizes) <= number.bit_length()
    found: list[set[Entry]] = [set(), set()]
    for segment in segments.segments(db, PATH):
        both = segments.columns(db, PATH, segment)
        for kind, entries in zip(Kind, told(both, both.postings), strict=True):
            found[kind] |= entries
    assert found == everything


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 2**62), st.binary(max_size=40)), min_size=1, max_size=9))
def test_many_checksums_are_those_of_each(rows: list[tuple[int, bytes]]) -> None:
    """What is verified by thousands is what was written one by one."""
    numbers, data = zip(*rows, strict=True)
    assert segments._crcs(numbers, data) == [segments._crc(*row) for row in rows]


@pytest.mark.parametrize(
    "call", [lambda data: segments._crc(1, data), lambda data: segments._crcs([0, 1], [b"", data])]
)
def test_a_bucket_that_is_no_bytes_is_damage(call) -> None:
    """A flipped bit can make a number of a blob; that is told as SQLite tells damage."""
    with pytest.raises(sqlite3.DatabaseError, match="holds int in place of bytes"):
        call(7)
