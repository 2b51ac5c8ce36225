"""What hangs together? Components of a graph: on the driver up to a bound, in data frames beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dedup.executors.spark import Kept
from dedup.kernels import unionfind
from dedup.schema import Int64

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROUNDS = 60
"""Rounds after which something must be wrong: the number needed grows with the logarithm of the longest path."""


def joined(left: Int64, right: Int64) -> tuple[Int64, Int64]:
    """Return the nodes of a graph, and the least node of the component of each."""
    nodes, place = np.unique(np.concatenate([left, right]), return_inverse=True)
    root = np.empty(len(nodes), np.int64)
    unionfind.components(place[: len(left)], place[len(left) :], root)
    return nodes, nodes[root]


def components(edges: DataFrame, kept: Kept) -> DataFrame:
    """Return the nodes of a graph, each with the least node of its component.

    Parameters
    ----------
    edges : frame of (u long, v long)
        None from a node to itself.
    kept : Kept

    Returns
    -------
    frame of (u long, v long)
        Node and least node; every node once.

    Notes
    -----
    Large-star and small-star in turn until nothing changes (Kiveris et al. 2014, section 3): each
    node hands its larger neighbours, then its smaller ones, on to its least neighbour. No row is wider than an
    edge, so that a star of a million leaves is a million rows and not one of a million values.
    """
    now = _settled(kept.keep(edges.distinct()))
    seen = _state(now)
    for _ in range(ROUNDS):
        now = _settled(_small(_large(now)))
        state = _state(now)
        if state == seen:
            leaves = now.select("u", "v")
            return leaves.union(now.select(now.v.alias("u"), now.v).distinct())
        seen = state
    raise AssertionError(f"components did not settle in {ROUNDS} rounds")


def _settled(frame: DataFrame) -> DataFrame:
    """Compute a frame and forget how.

    Each round reads the last one six times: a plan kept whole would grow by that with every round, until the driver's
    memory is full of plans.

    Where a checkpoint folder is set (``spark.checkpoint.dir``) the rows survive a worker that dies here; else they
    are kept by the workers themselves, and one that dies in these rounds ends the job.
    """
    durable = frame.sparkSession.sparkContext.getCheckpointDir() is not None
    return frame.checkpoint() if durable else frame.localCheckpoint()


def _large(edges: DataFrame) -> DataFrame:
    """Hand the larger neighbours of each node on to its least one, or to itself."""
    from pyspark.sql import functions as f

    both = edges.union(edges.select(edges.v.alias("u"), edges.u.alias("v")))
    least = both.groupBy("u").agg(f.min("v").alias("m"))
    found = both.join(least, "u").filter("v > u")
    return found.select(f.col("v").alias("u"), f.least("m", "u").alias("v")).distinct()


def _small(edges: DataFrame) -> DataFrame:
    """Hand the smaller neighbours of each node, and the node, on to the least of them."""
    from pyspark.sql import functions as f

    down = edges.select(f.greatest("u", "v").alias("u"), f.least("u", "v").alias("v"))
    least = down.groupBy("u").agg(f.min("v").alias("m"))
    found = down.join(least, "u").filter("v <> m").select(f.col("v").alias("u"), f.col("m").alias("v"))
    return found.union(least.select("u", f.col("m").alias("v"))).distinct()


def _state(edges: DataFrame) -> Any:
    """Return what tells one set of edges from another: how many there are, and the sum of their hashes."""
    from pyspark.sql import functions as f

    total = f.sum(f.xxhash64("u", "v").cast("decimal(38,0)"))
    return edges.agg(f.count("*").alias("n"), total.alias("total")).first()
