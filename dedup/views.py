"""A result at a glance: one line for a prompt, a small table for a notebook, the pairs that are least sure.

Labels are shown by the words that stand in the data (``copy``, ``mass``), not in a language for reviewers: whoever
reads this is about to write ``passage.label == "copy"``.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from dedup.errors import ParamsError

if TYPE_CHECKING:
    from dedup.result import Cluster, Passage, Result

ACCUSED = ("copy", "mass")
"""Labels that call something a duplicate which nothing explains."""

SHOWN = 8
"""Families that a notebook shows: enough to see what kind of result it is; `Result.to_pandas` has them all."""

_OPENING = 40


class Views:
    """What `Result` can show of itself besides its fields; a base of it and of nothing else."""

    __slots__ = ()

    def to_pandas(self, table: str = "passages", *, texts: bool = True) -> Any:
        """Return a table of the result as ``pandas.DataFrame``.

        Parameters
        ----------
        table : str
            ``passages``, ``clusters``, ``members`` (a row for each place of each cluster) or ``documents``.
        texts : bool
            Whether the passages themselves are in it, where the result has them.

        Raises
        ------
        MissingExtra
            If pandas is not installed.
        ParamsError
            If there is no such table.

        Examples
        --------
        >>> from dedup import Document, scan
        >>> block = "各村要把护林防火责任落实到户到人，凡在林区野外用火的一律先报后批，违者取消当年评优资格。"
        >>> result = scan([Document("甲.txt", block), Document("乙.txt", "会议强调：" + block)])
        >>> frame = result.to_pandas()
        >>> frame[["left_name", "right_name", "wording"]].to_dict("records")
        [{'left_name': '乙.txt', 'right_name': '甲.txt', 'wording': 1.0}]
        """
        from dedup.frames import to_pandas

        return to_pandas(cast("Result", self), table, texts=texts)

    def to_polars(self, table: str = "passages", *, texts: bool = True) -> Any:
        """Return a table of the result as ``polars.DataFrame``; parameters and errors are those of `to_pandas`."""
        from dedup.frames import to_polars

        return to_polars(cast("Result", self), table, texts=texts)

    def weakest(self, count: int = 10) -> tuple[Passage, ...]:
        """Return the pairs of least wording among those called copy or mass, the weakest first.

        Where a threshold should lie is seen there: if the weakest pairs are duplicates it can go down, if they are
        not, up.

        Parameters
        ----------
        count : int
            At most so many.

        Raises
        ------
        ParamsError
            If ``count`` is negative.
        """
        if count < 0:
            raise ParamsError([f"count is {count}, but must be at least 0"])
        accused = (passage for passage in cast("Result", self).passages if passage.label in ACCUSED)
        return tuple(sorted(accused, key=lambda passage: (passage.wording, passage.similarity, passage.id))[:count])

    def rethreshold(self, threshold: float) -> Result:
        """Return what of this result stands at a higher threshold, without comparing a text again.

        Parameters
        ----------
        threshold : float
            From the threshold of this result to 1.

        Returns
        -------
        Result
            Exactly the passages whose wording reaches the threshold, and the families of those members whose wording
            against the medoid does, with two members at least. Ids, labels, grades and evidence are those of this
            result; spread, dates, marks, counts and rates follow from what is left. A `Limit` says how many passages
            fell.

        Raises
        ------
        ParamsError
            If the threshold is lower than this result's, or above 1.

        Notes
        -----
        Not what `scan` gives at that threshold: a scan would also look for the part of a weak passage that reaches
        it, gather what fell out of a family around another medoid, ask still more of short passages, and decide
        labels and grades anew.
        """
        # By name, as the front door does it: results stand on the ground floor, and what repaints one does not.
        stricter = import_module("dedup.stricter")
        return cast("Result", stricter.rethreshold(self, threshold))

    def __repr__(self) -> str:
        """Return one line: a result of a thousand reports printed in full would drown a prompt."""
        return _told(cast("Result", self))

    def _repr_html_(self) -> str:
        """Return a small table for a notebook; file names and texts are escaped, nothing is fetched from anywhere."""
        return _to_html(cast("Result", self))


def _told(result: Result) -> str:
    counts = f"documents={len(result.documents)}, clusters={len(result.clusters)}, passages={len(result.passages)}"
    return f"Result({counts}, skipped={len(result.skipped)}, limits={len(result.limits)})"


def _to_html(result: Result) -> str:
    split = Counter((cluster.label, cluster.grade or "") for cluster in result.clusters)
    kinds = ", ".join(f"{label} {grade} {count}".replace("  ", " ") for (label, grade), count in split.items())
    rows = "".join(_row(result, cluster) for cluster in result.clusters[:SHOWN])
    more = len(result.clusters) - SHOWN
    tail = f"<p>{more:,} more families: <code>result.to_pandas('clusters')</code></p>" if more > 0 else ""
    lost = [f"{len(getattr(result, name)):,} {name}" for name in ("skipped", "limits") if getattr(result, name)]
    heads = "".join(f"<th>{name}</th>" for name in ("label", "", "places", "reports", "weakest", "begins"))
    return (
        f"<div><p>{len(result.documents):,} documents, {len(result.clusters):,} families"
        f"{f' ({escape(kinds)})' if kinds else ''}, {len(result.passages):,} pairs of passages"
        f"{''.join(f', {one}' for one in lost)}</p>"
        f"{f'<table><tr>{heads}</tr>{rows}</table>' if rows else ''}{tail}</div>"
    )


def _row(result: Result, cluster: Cluster) -> str:
    span = cluster.members[cluster.medoid]
    text = result.documents[span.document].text
    begins = cluster.title if text is None else " ".join(text[span.start : span.end][:_OPENING].split())
    cells = (
        cluster.label,
        f"{cluster.grade or ''}{'★' if cluster.star else ''}",
        f"{len(cluster.members):,}",
        f"{cluster.documents:,}",
        f"{cluster.weakest:.2f}",
        begins,
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
