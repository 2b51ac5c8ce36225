"""Which paragraphs are copies, exact or near, when they lie in blocks? Pure functions between shuffles, see `blocks`.

Digests meet and leave one paragraph of each group of exact copies; its bands meet and make candidates; the texts of
both sides meet and are verified; the pairs of groups become pairs of paragraphs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from dedup.executors.blocks import Block, Layout, Sent, distinct, read, spread
from dedup.executors.packing import pack, unpacked
from dedup.intervals import positions
from dedup.kernels import buckets, hashing
from dedup.params import Params
from dedup.schema import Int64, Shingles
from dedup.steps import pair, sketch, verify


def digests(block: Block, base: int, parts: int, params: Params) -> Iterator[Sent]:
    """Send the digest of each paragraph that has a shingle to where equal ones meet."""
    rows = block.comparable(params.shingle)
    out = np.empty((len(rows), 2), np.uint64)
    hashing.digests(block.codes, block.start[rows], block.end[rows], out)
    part = (out[:, 0] % np.uint64(parts)).astype(np.int64)
    yield from spread("digest", part, {"one": out[:, 0], "two": out[:, 1], "place": block.start[rows] + base})


def groups(blobs: Iterable[bytes], layout: Layout, bucket: int) -> Iterator[Sent]:
    """Collapse paragraphs with equal digests.

    Yields
    ------
    double
        To each block: its paragraphs that stand in an earlier place too.
    group
        To the block of each group's first member: its size, and its members if they are no more than ``bucket``.
    large
        Members of larger groups, each with the first one; to be paired with it, see `within`.
    size
        How many groups there are of each size.
    """
    one, two, place = read(blobs, "one", "two", "place")
    order = np.lexsort((place, two, one))
    one, two, place = one[order], two[order], place[order]
    new = np.ones(len(place), bool)
    new[1:] = (one[1:] != one[:-1]) | (two[1:] != two[:-1])
    border = np.append(np.flatnonzero(new), len(place))
    size = np.diff(border)
    several, count = np.unique(size[size > 1], return_counts=True)
    yield 0, "size", pack({"size": several, "count": count})
    first = np.repeat(place[border[:-1]], size)
    doubles = place[~new]
    yield from spread("double", layout.block_of(doubles), {"place": doubles})
    size_of = np.repeat(size, size)
    few = (size_of > 1) & (size_of <= bucket)
    columns = {"first": first, "place": place, "size": size_of}
    yield from spread("group", layout.block_of(first[few]), {name: column[few] for name, column in columns.items()})
    many = size_of > bucket
    heads = many & new
    yield from spread("group", layout.block_of(first[heads]), {name: one[heads] for name, one in columns.items()})
    yield from spread(
        "large", layout.block_of(first[many & ~new]), {"first": first[many & ~new], "place": place[many & ~new]}
    )


def bands(block: Block, base: int, doubles: Iterable[bytes], parts: int, params: Params) -> Iterator[Sent]:
    """Send the key of each band of each distinct paragraph to where equal ones meet."""
    (double,) = read(doubles, "place")
    rows = block.comparable(params.shingle)
    rows = rows[~np.isin(block.start[rows] + base, double)]
    chosen = pair.banding(params.threshold, params.num_perm, params.recall)
    words = sketch.band_words(block.keys, block.segments, rows, params, chosen.bands, chosen.rows)
    key = words >> np.uint64(32)
    band = np.broadcast_to(np.arange(len(words), dtype=np.uint64)[:, None] << np.uint64(32), key.shape)
    place = block.start[rows][(words & np.uint64(0xFFFFFFFF)).astype(np.int64)] + base
    part = (key % np.uint64(parts)).astype(np.int64)
    yield from spread("band", part.ravel(), {"word": (band | key).ravel(), "place": place.ravel()})


def candidates(blobs: Iterable[bytes], layout: Layout, params: Params) -> Iterator[Sent]:
    """Pair the members of each band's buckets, capped and linked as in `dedup.steps.pair`.

    Yields
    ------
    candidate
        To the blocks of both paragraphs of a pair.
    over
        How many buckets were larger than the bound, and the size of the largest.
    """
    word, place = read(blobs, "word", "place")
    order = np.lexsort((place, word))
    word, place = word[order], place[order]
    run = np.cumsum(np.diff(word, prepend=word[:1]) != 0).astype(np.uint64)
    words = ((run << np.uint64(32)) | np.arange(len(run), dtype=np.uint64))[None]
    bounds = np.int64(params.bucket), np.int64(min(params.bucket, pair.REPRESENTATIVES))
    kept, count, over, largest = (np.zeros(1, np.int64) for _ in range(4))
    buckets.sort_bands(words, *bounds, kept, count, over, largest)
    found = np.empty(int(count.sum()), np.uint64)
    buckets.write_pairs(words, kept, *bounds, np.cumsum(count) - count, found)
    left = place[(found >> np.uint64(32)).astype(np.int64)]
    right = place[(found & np.uint64(0xFFFFFFFF)).astype(np.int64)]
    left, right = distinct(left, right)
    yield 0, "over", pack({"over": over, "largest": largest})
    here, there = layout.block_of(left), layout.block_of(right)
    apart = here != there
    yield from spread("candidate", here, {"left": left, "right": right})
    yield from spread("candidate", there[apart], {"left": left[apart], "right": right[apart]})


def sides(
    block: Block, number: int, layout: Layout, pairs: Iterable[bytes], grouped: Iterable[bytes], parts: int
) -> Iterator[Sent]:
    """Send the text of each paragraph of a candidate pair, and its exact copies, to where both sides meet."""
    base = int(layout.keys[number])
    left, right = distinct(*read(pairs, "left", "right"))
    first, member, size = read(grouped, "first", "place", "size")
    order = np.lexsort((member, first))
    first, member, size = first[order], member[order], size[order]
    for side, place in enumerate((left, right)):
        mine = layout.block_of(place) == number
        rows = block.rows(place[mine] - base)
        low, high = np.searchsorted(first, place[mine]), np.searchsorted(first, place[mine], side="right")
        part = ((left[mine] * 31 + right[mine]) % parts).astype(np.int64)
        for to in np.unique(part).tolist():
            at = np.flatnonzero(part == to)
            length, copies = block.end[rows[at]] - block.start[rows[at]], np.maximum(high[at] - low[at], 1)
            members = np.repeat(place[mine][at], copies)
            several = np.repeat(high[at] > low[at], copies)
            members[several] = member[positions(low[at], high[at] - low[at])]
            sizes = np.ones(len(at), np.int64)
            sizes[high[at] > low[at]] = size[low[at][high[at] > low[at]]]
            columns = {
                "left": left[mine][at],
                "right": right[mine][at],
                "side": np.full(len(at), side, np.uint8),
                "size": sizes,
                "length": length,
                "codes": block.codes[positions(block.start[rows[at]], length)],
                "copies": copies,
                "members": members,
            }
            yield to, "side", pack(columns)


def near(blobs: Iterable[bytes], params: Params) -> Iterator[Sent]:
    """Verify the candidates whose sides have met.

    Yields
    ------
    near
        The pairs at the threshold, each side with the size of its group of exact copies and its members.
    sums
        For `settled`: how many pairs of paragraphs these make for each bound in question.
    """
    names = ("left", "right", "side", "size", "length", "codes", "copies", "members")
    left, right, side, size, length, codes, copies, members = read(blobs, *names)
    order = np.lexsort((side, right, left))
    begin, first = np.cumsum(length) - length, np.cumsum(copies) - copies
    one, other = order[0::2], order[1::2]
    places = np.maximum(length - params.shingle + 1, 0)
    indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(places)])
    hashes, count = np.empty(int(indptr[-1]), np.uint64), np.empty(len(length), np.int64)
    hashing.shingles(codes, begin, begin + length, indptr, np.int64(params.shingle), hashes, count)
    found = verify.verify(pair.unverified(one, other), Shingles(indptr, count, hashes), params.threshold)
    one, other = found.left, found.right
    columns = {"left_size": size[one], "right_size": size[other]}
    for name, rows in (("left", one), ("right", other)):
        columns[f"{name}_copies"] = copies[rows]
        columns[f"{name}_members"] = members[positions(first[rows], copies[rows])]
    yield 0, "near", pack(columns)
    yield 0, "sums", pack({"sums": np.array([written(size[one], size[other], bound) for bound in bounds(params)])})


def bounds(params: Params) -> list[int]:
    """Return the sizes up to which groups may be written out in full, see `dedup.steps.expand`."""
    found = [params.bucket]
    while found[-1] > 1:
        found.append(found[-1] // 2)
    return found


def written(left: Int64, right: Int64, bound: int) -> int:
    """Return how many pairs of paragraphs pairs of groups make, given the sizes of both."""
    return int((np.where(left <= bound, left, 1) * np.where(right <= bound, right, 1)).sum())


def settled(sums: Int64, paragraphs: int, params: Params) -> int:
    """Return the bound up to which groups are written out, given the sums over all pairs for each of `bounds`."""
    for bound, count in zip(bounds(params), sums.tolist(), strict=True):
        if bound == 1 or count <= params.bucket * paragraphs:
            return bound
    return 1


def across(blob: bytes, bound: int) -> tuple[Int64, Int64]:
    """Return the pairs of paragraphs that pairs of groups stand for."""
    table = unpacked(blob)
    speakers, first = [], []
    for name in ("left", "right"):
        copies = table[f"{name}_copies"]
        speakers.append(np.where(table[f"{name}_size"] <= bound, copies, 1))
        first.append(np.cumsum(copies) - copies)
    count = speakers[0] * speakers[1]
    row = np.repeat(np.arange(len(count)), count)
    rank = positions(np.zeros(len(count), np.int64), count)
    left = table["left_members"][first[0][row] + rank // speakers[1][row]]
    right = table["right_members"][first[1][row] + rank % speakers[1][row]]
    return np.minimum(left, right), np.maximum(left, right)


def within(blob: bytes, bound: int) -> tuple[Int64, Int64]:
    """Return the pairs inside groups: all with all in small ones, each with the first in large ones."""
    table = unpacked(blob)
    order = np.lexsort((table["place"], table["first"]))
    first, place = table["first"][order], table["place"][order]
    size = table["size"][order] if "size" in table else np.full(len(first), bound + 1)
    new = np.diff(first, prepend=-1) != 0
    begin = np.repeat(np.flatnonzero(new), np.diff(np.append(np.flatnonzero(new), len(first))))
    nth = np.arange(len(first)) - begin
    partners = np.where(size <= bound, nth, np.where(place != first, 1, 0))
    right = np.repeat(place, partners)
    left = place[positions(np.where(size <= bound, begin, 0), partners)]
    large = np.repeat(size > bound, partners)
    left[large] = np.repeat(first, partners)[large]
    return left, right
