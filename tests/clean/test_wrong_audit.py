"""An audit may come from anywhere: whatever it says, what comes of it is right or a sentence."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from dedup.errors import DedupError
from tests.clean.disk import Cleaned
from tests.clean.hand import tree

_WRONG = [
    None,
    True,
    -1,
    7,
    10**30,
    float("inf"),
    "",
    "x",
    "\0",
    "\ud800",
    "../x",
    "utf-16",
    "parquet",
    "zst",
    [1],
    {},
]


def changed(rows: list[dict[str, Any]]) -> Iterator[tuple[int, str | None, list[Any]]]:
    """Yield the rows of an audit with one field or row gone, or another value in its place."""
    for number, row in enumerate(rows):
        before, behind = rows[:number], rows[number + 1 :]
        yield number, None, before + behind
        yield number, None, [*before, 5, *behind]
        for field in row:
            if field not in ("policy", "params", "label", "family", "wording", "similarity", "partner", "rule"):
                for value in _WRONG:
                    yield number, field, [*before, row | {field: value}, *behind]
                yield number, field, [*before, {name: row[name] for name in row if name != field}, *behind]


@pytest.mark.slow
@pytest.mark.parametrize(("parquet", "mark"), [(False, None), (True, None), (False, "spans"), (True, "spans")])
def test_of_a_wrong_audit_comes_the_right_corpus_or_a_sentence(tmp_path, parquet, mark):
    """Whatever one field of it says; only names, packing, whether to write and spans beside a text are its own."""
    world = Cleaned(tmp_path, parquet=parquet, mark=mark)
    wanted, back = tree(world.out), world.restore()
    del wanted["audit.jsonl"]
    for number, field, rows in random.Random(5).sample(list(changed(world.rows)), 100):
        kind = world.rows[number].get("kind")
        own = kind == "sidecar" or (kind == "file" and field in ("name", "packing", "written", None))
        world.write(rows)
        with suppress(DedupError):  # a sentence
            assert world.restore() == back or own
        with suppress(DedupError):
            assert world.replay() == wanted or own
