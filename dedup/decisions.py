"""What a reviewer decided about families: the file format, and how verdicts follow a family into another result.

A verdict must outlive the scan it was given on. Reports are scanned again with other settings, and a corpus grows;
so each decision carries, beside the family's id, a digest of what the reviewer saw (the members, by content) and the
members themselves. `carry` finds the family again by the strongest of the three that still holds:

1. the digest is equal: the family is the same, whatever its id has become; the verdict stands;
2. the id is equal but the members are not: the verdict stands, marked for another look (需复核);
3. at least half of the members are found in one family: as 2;
4. otherwise the decision is kept and reported as unmatched, never dropped.

The file (``dedup.decisions/1``) is written and read by the report page, by the review server, by ``dedup clean
--decisions`` and by ``dedup scan --decisions``, and is the same for all.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup.errors import FormatProblem
from dedup.result import Cluster, DocumentInfo, Evidence, Result

if TYPE_CHECKING:
    from dedup.rates import Rates

SCHEMA = "dedup.decisions/1"

VERDICTS: tuple[str, ...] = ("plagiarism", "template", "citation", "self", "insufficient", "not_template")
"""抄袭 · 模板正常 · 引用或转发 · 自我沿用 · 证据不足, in the order of the keys 1 to 5; and 不是套话.

``not_template`` answers another question, whether something labelled boilerplate is none; it accuses nobody.
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """One verdict of one reviewer on one family.

    Parameters
    ----------
    family : str
        `Cluster.id` when the verdict was given.
    digest : str
        `family_digest` when the verdict was given.
    verdict : str
        One of `VERDICTS`.
    reason, reviewer : str
        In the reviewer's words; may be empty.
    time : str
        ISO 8601 with offset; orders the decisions of one reviewer on one family.
    members : tuple of str
        `member_keys` when the verdict was given; empty where unknown.
    """

    family: str
    digest: str
    verdict: str
    reason: str = ""
    reviewer: str = ""
    time: str = ""
    members: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the row as it stands in the file."""
        return {
            "family": self.family,
            "digest": self.digest,
            "verdict": self.verdict,
            "reason": self.reason,
            "reviewer": self.reviewer,
            "time": self.time,
            "members": list(self.members),
        }


@dataclass(frozen=True, slots=True)
class Carried:
    """A decision and the family of this result that it belongs to; ``changed`` asks for another look."""

    decision: Decision
    family: str
    changed: bool


def member_keys(result: Result, cluster: Cluster) -> tuple[str, ...]:
    """Return one key per member, ``digest:start-end``, sorted: content, not file name, says which member it is."""
    rows = (f"{result.documents[span.document].digest[:16]}:{span.start}-{span.end}" for span in cluster.members)
    return tuple(sorted(rows))


def family_digest(result: Result, cluster: Cluster) -> str:
    """Return 16 hexadecimal digits that change when, and only when, the members do.

    Built from document digests and offsets, not from the passages' text, so that a result without texts and
    the same result with texts agree.
    """
    return keys_digest(member_keys(result, cluster))


def keys_digest(keys: Iterable[str]) -> str:
    """Return the digest of a family whose members have these keys."""
    return hashlib.sha256("\n".join(keys).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def latest(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return the last decision of each reviewer on each family, by time; of equal times the later row."""
    kept: dict[tuple[str, str], Decision] = {}
    for row in decisions:
        key = (row.family, row.reviewer)
        if key not in kept or row.time >= kept[key].time:
            kept[key] = row
    return tuple(kept.values())


def carry(
    decisions: Iterable[Decision], result: Result, finder: Finder | None = None
) -> tuple[tuple[Carried, ...], tuple[Decision, ...]]:
    """Find the families of a result that earlier decisions belong to.

    Parameters
    ----------
    decisions : iterable of Decision
        From any result, this one or an earlier one.
    result : Result
        The result under review; texts are not needed.
    finder : Finder, optional
        Of this result, where one is at hand: to make one costs a pass over all members.

    Returns
    -------
    carried : tuple of Carried
        At most one per family and reviewer, the latest; in the order of the decisions.
    unmatched : tuple of Decision
        Those whose family is not in this result.

    Notes
    -----
    Linear in decisions and members. A decision whose digest fits is preferred to one carried over changed, even
    if it is older: it was given on exactly this family.
    """
    rows = list(latest(decisions))
    if not rows:
        return (), ()
    finder = finder or Finder(result)
    found: dict[tuple[str, str], Carried] = {}
    unmatched: list[Decision] = []
    for row in rows:
        family, changed = finder.find(row)
        if family is None:
            unmatched.append(row)
            continue
        key = (family, row.reviewer)
        before = found.get(key)
        if before is None or (not changed, row.time) >= (not before.changed, before.decision.time):
            found[key] = Carried(row, family, changed)
    return tuple(found.values()), tuple(unmatched)


class Finder:
    """Where the members of a result's families stand, for looking families up by what they hold."""

    def __init__(self, result: Result) -> None:
        self.ids = {cluster.id for cluster in result.clusters}
        self.digest_of: dict[str, str] = {}
        self.families_of: dict[str, list[str]] = defaultdict(list)
        self.spans_of: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        for cluster in result.clusters:
            digest = family_digest(result, cluster)
            self.digest_of[cluster.id] = digest
            self.families_of[digest].append(cluster.id)
            for span in cluster.members:
                key = result.documents[span.document].digest[:16]
                self.spans_of[key].append((span.start, span.end, cluster.id))

    def find(self, row: Decision) -> tuple[str | None, bool]:
        """Return the family's id in this result, or None, and whether it changed."""
        same = self.families_of.get(row.digest, [])
        if same:
            return (row.family if row.family in same else same[0]), False
        if row.family in self.ids:
            return row.family, True
        return self._by_members(row.members), True

    def _by_members(self, members: Sequence[str]) -> str | None:
        """Return the family that holds most of these members, if it holds at least half of them."""
        votes: Counter[str] = Counter()
        for key in members:
            digest, _, bounds = key.partition(":")
            start, _, end = bounds.partition("-")
            if not (start.isdecimal() and end.isdecimal()) or len(bounds) > _BOUNDS:
                continue
            wanted = range(int(start), int(end))
            hit = {name for low, high, name in self.spans_of.get(digest, []) if _mostly(wanted, low, high)}
            votes.update(hit)
        if not votes:
            return None
        most = max(votes.values())
        best = min(name for name, count in votes.items() if count == most)
        return best if 2 * most >= len(members) else None


_BOUNDS = 40
"""Longest "start-end" of a member key: no offset has more digits, and what has thousands is no number to Python."""


def _mostly(wanted: range, low: int, high: int) -> bool:
    """Whether two ranges share more than half of the longer one."""
    shared = min(wanted.stop, high) - max(wanted.start, low)
    return 2 * shared > max(wanted.stop - wanted.start, high - low)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of decisions: how many families took the verdict, and how many did not, by reason.

    ``changed`` asks for another look, ``disputed`` has reviewers of different verdicts, ``unmatched`` decisions have
    no family here. The families left alone keep the label that the rules gave them.
    """

    families: int
    changed: int
    disputed: int
    unmatched: int


_LABEL_OF = {"template": "template", "citation": "citation", "self": "self"}
_UNEXPLAINED = ("copy", "mass")
_WEAKEST_GRADE = "C"


def apply(result: Result, decisions: Iterable[Decision]) -> tuple[Result, Applied]:
    """Return the result with families labelled as their reviewers decided, and every count computed again.

    ``template``, ``citation`` and ``self`` give the family that label; ``plagiarism`` and ``not_template`` make what
    was explained away copy again; ``insufficient`` changes nothing.

    Parameters
    ----------
    result : Result
        As scanned.
    decisions : iterable of Decision
        From any result.

    Returns
    -------
    result : Result
        Labels of families, passages and marks, label counts and rates agree with one another as before.
    applied : Applied
        Which decisions took effect.

    Notes
    -----
    A mark follows the family that decided it. Where two families overlap, the other one's claim is not weighed
    again: that would be another scan.
    """
    from dedup.rates import Rates

    carried, unmatched = carry(decisions, result)
    verdicts: dict[str, set[str]] = defaultdict(set)
    for row in carried:
        if not row.changed:
            verdicts[row.family].add(row.decision.verdict)
    old = {cluster.id: cluster.label for cluster in result.clusters}
    new = {family: _label(old[family], *given) for family, given in verdicts.items() if len(given) == 1}
    clusters = tuple(_relabelled(cluster, new.get(cluster.id, cluster.label)) for cluster in result.clusters)
    grades = {cluster.id: cluster.grade for cluster in clusters}
    passages = tuple(
        replace(row, label=new[row.cluster], grade=grades[row.cluster]) if row.cluster in new else row
        for row in result.passages
    )
    rates = Rates(passages)
    documents = tuple(_recounted(info, old, new, rates) for info in result.documents)
    found = Applied(
        families=len(new),
        changed=sum(row.changed for row in carried),
        disputed=sum(len(given) > 1 for given in verdicts.values()),
        unmatched=len(unmatched),
    )
    return replace(result, documents=documents, clusters=clusters, passages=passages), found


def _label(label: str, verdict: str) -> str:
    """Return the label that a verdict gives a family of this label."""
    if verdict in ("plagiarism", "not_template"):
        return label if label in _UNEXPLAINED else "copy"
    return _LABEL_OF.get(verdict, label)


def _relabelled(cluster: Cluster, label: str) -> Cluster:
    if label == cluster.label:
        return cluster
    kept = tuple(one for one in cluster.evidence if one.kind != "rule")
    grade = (cluster.grade or _WEAKEST_GRADE) if label == "copy" else None
    return replace(cluster, label=label, grade=grade, evidence=(Evidence("rule", {"why": "decision"}), *kept))


def _recounted(info: DocumentInfo, old: Mapping[str, str], new: Mapping[str, str], rates: Rates) -> DocumentInfo:
    """Return the document with the marks of decided families relabelled, and its counts and rates to match."""
    labels = dict(info.labels)
    marks = []
    for start, end, label, family in info.marks:
        if family is not None and family in new and label == old[family]:
            labels[label] -= end - start
            label = new[family]
            labels[label] = labels.get(label, 0) + end - start
        marks.append((start, end, label, family))
    return replace(info, labels=labels, marks=tuple(marks), rates=rates.of(info.id, labels))


def dumps(decisions: Iterable[Decision]) -> str:
    """Return the text of a decisions file: one decision a line, sorted by family, reviewer and time."""
    rows = sorted(decisions, key=lambda row: (row.family, row.reviewer, row.time))
    lines = ",\n".join(json.dumps(row.to_dict(), ensure_ascii=False) for row in rows)
    return f'{{"schema": "{SCHEMA}", "decisions": [\n{lines}\n]}}\n'


def loads(text: str, *, path: str = "decisions") -> tuple[Decision, ...]:
    """Read the text of a decisions file.

    Raises
    ------
    FormatProblem
        If it is not JSON of schema ``dedup.decisions/1``, or a row lacks a field or has a wrong one.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatProblem(path, f"it cannot be read as JSON ({error})") from error
    found = data.get("schema") if isinstance(data, Mapping) else type(data).__name__
    if found != SCHEMA:
        raise FormatProblem(path, f"the schema is {found!r}, wanted {SCHEMA!r}")
    rows = data.get("decisions", [] if "formulas" in data else None)  # the list alone is a file too
    if not isinstance(rows, list):
        raise FormatProblem(path, "decisions is missing or is not a list")
    return tuple(_read_row(row, number, path) for number, row in enumerate(rows, 1))


def load(path: str | Path) -> tuple[Decision, ...]:
    """Read a decisions file.

    Raises
    ------
    FormatProblem
        If the file cannot be read or is not what it should be.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatProblem(str(path), f"it cannot be read ({error})") from error
    return loads(text, path=str(path))


def _read_row(row: Any, number: int, path: str) -> Decision:
    if not isinstance(row, Mapping):
        raise FormatProblem(path, f"decision {number} is {type(row).__name__}, wanted an object")
    values = {name: row.get(name, "") for name in ("family", "digest", "verdict", "reason", "reviewer", "time")}
    for name, value in values.items():
        if not isinstance(value, str):
            raise FormatProblem(path, f"decision {number} has {name} {value!r}, wanted a string")
    if not values["family"]:
        raise FormatProblem(path, f"decision {number} names no family")
    if values["verdict"] not in VERDICTS:
        raise FormatProblem(
            path, f"decision {number} has verdict {values['verdict']!r}, wanted one of {', '.join(VERDICTS)}"
        )
    members = row.get("members", [])
    if not isinstance(members, list) or not all(isinstance(key, str) for key in members):
        raise FormatProblem(path, f"decision {number} has members that are not a list of strings")
    return Decision(**values, members=tuple(members))
