"""One reviewer at one result: what may be seen, what is decided, what can be carried away.

All rules of reviewing are here, none in the server, which only speaks HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from dedup.decisions import VERDICTS, Carried, Decision, Finder, carry, family_digest, member_keys
from dedup.errors import FormatProblem
from dedup.report.tables import Table, to_csv
from dedup.result import Result
from dedup.review.agreement import agreements
from dedup.review.store import Verdicts


def now() -> str:
    """Return the local time with its offset, in ISO 8601 to the microsecond, so that two clicks differ."""
    return datetime.now().astimezone().isoformat()


class Desk:
    """A reviewer's work on a result.

    Parameters
    ----------
    result : Result
    store : Verdicts
        Where decisions are kept.
    reviewer : str
        Whose decisions are given here.
    blind : bool
        Whether others' decisions on a family stay hidden until this reviewer has decided on it.
    clock : callable
        Returns the time of a decision.
    """

    def __init__(
        self,
        result: Result,
        store: Verdicts,
        *,
        reviewer: str,
        blind: bool = False,
        clock: Callable[[], str] = now,
    ) -> None:
        self.reviewer = reviewer
        self.blind = blind
        self._clock = clock
        self._store = store
        self._result = result
        self._finder = Finder(result)
        self._clusters = {cluster.id: cluster for cluster in result.clusters}

    def decide(self, family: str, verdict: str | None, reason: str = "") -> None:
        """Give a verdict on a family, or with None take this reviewer's verdict back.

        Raises
        ------
        FormatProblem
            If there is no such family in this result, or no such verdict.
        OutputFailed
            If the decision could not be written.
        """
        if family not in self._clusters:
            raise FormatProblem(self._store.path, f"family {family!r} is not in this result")
        if verdict is not None and verdict not in VERDICTS:
            raise FormatProblem(self._store.path, f"verdict is {verdict!r}, wanted one of {', '.join(VERDICTS)}")
        if verdict is None:
            self._withdraw(family)
            return
        cluster = self._clusters[family]
        self._store.add(
            Decision(
                family,
                family_digest(self._result, cluster),
                verdict,
                reason,
                self.reviewer,
                self._clock(),
                member_keys(self._result, cluster),
            )
        )

    def _withdraw(self, family: str) -> None:
        """Take back each decision of this reviewer that leads to the family, under an old id too."""
        for row in self._store.decisions():
            if row.reviewer == self.reviewer and self._finder.find(row)[0] == family:
                self._store.add(replace(row, time=self._clock()), withdrawn=True)

    def take_in(self, decisions: Iterable[Decision]) -> int:
        """Keep the decisions of a file; return how many belong to families of this result."""
        rows = list(decisions)
        self._store.merge(rows)
        return sum(self._finder.find(row)[0] is not None for row in rows)

    def all(self) -> tuple[tuple[Carried, ...], tuple[Decision, ...]]:
        """Return every standing decision, carried to this result's families, and those that fit none."""
        return carry(self._store.decisions(), self._result, self._finder)

    def visible(self) -> dict[str, Any]:
        """Return what this reviewer may see: decisions, unmatched ones, agreement; JSON-able."""
        carried, unmatched = self.all()
        if self.blind:
            own = {row.family for row in carried if row.decision.reviewer == self.reviewer}
            carried = tuple(row for row in carried if row.family in own)
            unmatched = tuple(row for row in unmatched if row.reviewer == self.reviewer)
        return {
            "decisions": [row.decision.to_dict() | {"family": row.family, "changed": row.changed} for row in carried],
            "unmatched": [row.to_dict() for row in unmatched],
            "agreement": [asdict(row) for row in agreements(carried)],
        }

    def export(self) -> tuple[Decision, ...]:
        """Return what this reviewer may see as decisions, under the ids of this result's families."""
        seen = self.visible()
        rows = [{name: value for name, value in row.items() if name != "changed"} for row in seen["decisions"]]
        return tuple(Decision(**(row | {"members": tuple(row["members"])})) for row in rows + seen["unmatched"])

    def csv(self) -> bytes:
        """Return the same as CSV, with label, grade and title of each family; see `dedup.report.tables.to_csv`."""
        columns = ("family", "label", "grade", "title", "verdict", "changed", "reason", "reviewer", "time")
        seen = self.visible()
        rows = []
        for row in seen["decisions"] + seen["unmatched"]:
            cluster = self._clusters.get(row["family"])
            what = (cluster.label, cluster.grade, cluster.title) if cluster else (None, None, None)
            changed = row.get("changed")
            rows.append((row["family"], *what, row["verdict"], changed, row["reason"], row["reviewer"], row["time"]))
        return to_csv(Table("decisions", columns, rows))
