"""Pairs of stretches laid end to end, and what the kernel of edit scripts says of them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from dedup.kernels import differences

text = st.lists(st.integers(1, 4), max_size=24)


def laid_out(rows):
    """Both sides of all pairs in one array, and the ranges of each side."""
    flat = [side for row in rows for side in row]
    ends = np.cumsum([len(side) for side in flat])
    starts = ends - [len(side) for side in flat]
    codes = np.array([code for side in flat for code in side] or [0], np.uint32)
    return codes, starts[::2].copy(), ends[::2].copy(), starts[1::2].copy(), ends[1::2].copy()


def changes_of(rows, most=60):
    """Run both kernels; return distances, and for each pair its list of changes and longest run."""
    codes, *sides = laid_out(rows)
    room = np.concatenate([[0], np.cumsum([min(len(a), len(b)) + 1 for a, b in rows])])
    out = np.full((int(room[-1]), 4), -1, np.int32)
    place, count, run, distance = np.empty((4, len(rows)), np.int64)
    differences.scripts(0, len(rows), codes, *sides, np.int64(most), room, out, place, count, run, distance)
    changes = [out[at : at + many].tolist() for at, many in zip(place, count, strict=True)]
    return distance, changes, run.tolist()
