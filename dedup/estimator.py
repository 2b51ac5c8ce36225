"""Near duplicates as scikit-learn speaks of clusters: ``NearDuplicates().fit(texts).labels_``.

The pairs are those of `dedup.near_duplicates`; what is added here is who belongs together and who may stay.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin

from dedup.errors import ParamsError
from dedup.kernels import stars
from dedup.paragraphs import NearPairs, checked, near_duplicates
from dedup.params import Params
from dedup.schema import Float64, Int64


class NearDuplicates(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Cluster texts into groups of near duplicates.

    Parameters
    ----------
    threshold, shingle, num_perm, recall, seed, bucket
        As in `dedup.Params`.
    fold : bool
        As in `dedup.near_duplicates`.
    n_jobs : int, optional
        Threads; None is 1, -1 is one a core.

    Attributes
    ----------
    labels_ : int64[n]
        Group of each text, numbered in the order of their first members; -1 for a text that is like no other.
    keep_ : bool[n]
        Texts to keep: no two of them are near duplicates, and every other text has a near duplicate among them.
    medoid_indices_ : int64[n_clusters]
        The text that each group has gathered around.
    pairs_ : NearPairs
        Pairs of rows with their exact Jaccard index.
    limits_ : tuple of Limit
        What was not compared, and why.

    Notes
    -----
    Groups are stars: the text with most near duplicates (the first of several) becomes a medoid and takes all that
    are free, then the next one. A chain of versions, each near the next, so falls into several groups where connected
    components would make one. A text whose near duplicates were all taken joins the group of the nearest of them,
    and is kept.

    Examples
    --------
    >>> from dedup import NearDuplicates
    >>> texts = [
    ...     "晒谷场铺平以后，傍晚有人打陀螺，老人坐在边上看。",
    ...     "羊圈搬到背风处，开春下的羔子一只也没有冻着。",
    ...     "晒谷场铺平以后，傍晚有人打陀螺，老人坐在边上看着。",
    ... ]
    >>> model = NearDuplicates(threshold=0.8).fit(texts)
    >>> model.labels_.tolist(), model.keep_.tolist()
    ([0, -1, 0], [True, True, False])
    """

    def __init__(
        self,
        threshold: float = 0.7,
        *,
        shingle: int = 5,
        num_perm: int = 128,
        recall: float = 0.99,
        seed: int = 1,
        bucket: int = 64,
        fold: bool = True,
        n_jobs: int | None = None,
    ) -> None:
        self.threshold = threshold
        self.shingle = shingle
        self.num_perm = num_perm
        self.recall = recall
        self.seed = seed
        self.bucket = bucket
        self.fold = fold
        self.n_jobs = n_jobs

    def fit(self, X: Iterable[str], y: object = None) -> Self:  # noqa: N803 - scikit-learn's name
        """Group texts.

        Parameters
        ----------
        X : iterable of str
            A list, an array or a column.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ParamsError
            If a setting is out of bounds, ``X`` is empty or holds anything but strings. It is a `ValueError`.
        """
        del y
        texts = checked(X)
        if not texts:
            raise ParamsError(["X has 0 texts, but must have at least 1"])
        params = Params(
            threshold=self.threshold,
            shingle=self.shingle,
            num_perm=self.num_perm,
            recall=self.recall,
            seed=self.seed,
            bucket=self.bucket,
        )
        self.pairs_ = near_duplicates(texts, params, fold=self.fold, jobs=self._jobs())
        self.limits_ = self.pairs_.limits
        center, group = _gathered(self.pairs_, len(texts))
        paired = np.zeros(len(texts), bool)
        paired[self.pairs_.left] = paired[self.pairs_.right] = True
        medoids, first = np.unique(group[paired], return_index=True)
        order = np.argsort(first)
        number = np.full(len(texts), -1)
        number[medoids[order]] = np.arange(len(medoids))
        self.medoid_indices_ = medoids[order]
        self.labels_ = np.where(paired, number[group], -1)
        self.keep_ = center == np.arange(len(texts))
        return self

    def _jobs(self) -> int:
        """Return the number of threads in our own words; 0 and the like are refused where threads are set."""
        if self.n_jobs is None:
            return 1
        return os.cpu_count() or 1 if self.n_jobs == -1 else self.n_jobs

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that texts go in, one a row."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags


def _gathered(pairs: NearPairs, count: int) -> tuple[Int64, Int64]:
    """Return the center and the group of each text, see `dedup.kernels.stars`."""
    one, other = np.concatenate([pairs.left, pairs.right]), np.concatenate([pairs.right, pairs.left])
    by_node = np.lexsort((other, one))
    degree = np.bincount(one, minlength=count)
    indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(degree)])
    neighbour: Int64 = other[by_node]
    weight: Float64 = np.concatenate([pairs.jaccard, pairs.jaccard])[by_node]
    center, group = np.empty(count, np.int64), np.empty(count, np.int64)
    stars.stars(np.argsort(-degree, kind="stable"), indptr, neighbour, center)
    stars.nearest(indptr, neighbour, weight, center, group)
    return center, group
