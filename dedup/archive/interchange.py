"""Stored signatures -> datasketch's own index."""

from __future__ import annotations

import sqlite3
from typing import Any

import numpy as np

from dedup.index import rows
from dedup.params import Params


def to_lsh(db: sqlite3.Connection, path: str, params: Params, storage_config: dict[str, Any] | None) -> Any:
    """Return a ``datasketch.MinHashLSH`` of all stored paragraphs; see `dedup.archive.Index.to_datasketch`."""
    from datasketch import MinHash, MinHashLSH

    from dedup.steps.pair import banding
    from dedup.steps.sketch import SCHEME

    chosen = banding(params.threshold, params.num_perm, params.recall)
    lsh = MinHashLSH(num_perm=params.num_perm, params=(chosen.bands, chosen.rows), storage_config=storage_config)
    # Drawn once: a MinHash that is not given its permutations draws them anew, which takes longer than all the rest.
    drawn = MinHash(num_perm=params.num_perm, seed=params.seed, scheme=SCHEME).permutations
    with lsh.insertion_session() as session:
        for number, document in rows.documents(db, path):
            cut = rows.paragraphs(db, path, number, params.num_perm)
            for place in np.flatnonzero(cut.length >= params.shingle).tolist():
                minhash = MinHash(
                    num_perm=params.num_perm,
                    seed=params.seed,
                    scheme=SCHEME,
                    permutations=drawn,
                    hashvalues=cut.sketches[place],
                )
                session.insert((number, document.name, place + 1), minhash)
    return lsh
