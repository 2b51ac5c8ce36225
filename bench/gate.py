"""The accuracy gate: score what can be scored, compare with pinned floors, and fail on anything below.

    python -m bench.gate                     the small grid, data/, and laws_dev where it is present
    python -m bench.gate --full              the full grid instead of the small one
    python -m bench.gate --update            raise floors to what was measured; pin new inputs
    python -m bench.gate --update --lower-floors   …and lower those that are no longer reached
    python -m bench.gate --table             print the figures by operator as Markdown
    python -m bench.gate --docs              put those tables into docs/accuracy.md
    python -m bench.gate --full --seeds 8    print means over so many other grids; no floors

Floors are kept in floors.json, one group per corpus, with a digest of the inputs (texts and gold): a figure measured
on other texts says nothing about the old floor, so a changed digest fails until ``--update`` pins the new one. Exit
status: 0 every floor held, 1 one did not, or inputs changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil, floor
from pathlib import Path
from statistics import mean
from types import MappingProxyType
from typing import Any

from bench.ends import EndError, errors
from bench.grid import form, make_grid
from dedup import Params, scan
from dedup.evaluate import Scores, evaluate, parse_gold, read_gold
from dedup.result import Document

HERE = Path(__file__).resolve().parent
FLOORS = HERE / "floors.json"
DATA = HERE.parent / "data"
DOCS = HERE.parent / "docs" / "accuracy.md"
LAWS = HERE.parent.parent / "shared" / "gold" / "laws_dev"
GRID_PARAMS = Params(min_chars=16)
"""The grid holds passages from 20 characters on; shorter than the default ``min_chars`` after digits are dropped."""

CEILINGS = frozenset(("granularity", "end_left", "end_right", "end_p95"))
"""Figures of which less is better."""

STEP = 1000
"""Floors are kept to a thousandth, rounded so that the measured figure itself holds."""

_HAIR = 1e-9  # is granted, so that the last bit of a mean is no shortfall, on another machine or after rounding


@dataclass(frozen=True)
class Measured:
    """What one corpus gave: a digest of its inputs, figures by name, all scores, and how far ends were off."""

    digest: str
    figures: dict[str, float]
    scores: Scores
    ends: Mapping[str, EndError] = field(default_factory=dict)


@dataclass(frozen=True)
class Shortfall:
    """A figure on the wrong side of its floor (or ceiling), or an input that is not the pinned one."""

    corpus: str
    name: str
    floor: float | str
    found: float | str

    def __str__(self) -> str:
        return f"{self.corpus}: {self.name} is {self.found}, pinned at {self.floor}"


def _digest(*parts: bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:32]


def _figures(scores: Scores, measures: tuple[str, ...]) -> dict[str, float]:
    """Return ``all`` and every operator by measure, then families, label agreement and label F1."""
    out = {}
    for name, row in {"all": scores.passages, **scores.operators}.items():
        out.update({f"{name}.{measure}": getattr(row, measure) for measure in measures})
    out["families.f1"], out["families.ari"] = scores.families.f1, scores.families.ari
    out["labels.agreement"] = scores.agreement
    return out | {f"label.{name}.f1": row.f1 for name, row in scores.labels.items()}


def grid_digest(documents: list[Document], rows: list[dict[str, Any]]) -> str:
    """Return the digest of a grid: names, texts and gold rows."""
    texts = "".join(f"{document.source}\0{document.text}\0" for document in documents)
    return _digest(texts.encode(), json.dumps(rows, ensure_ascii=False).encode())


def data_digest() -> str:
    """Return the digest of the sample corpus: every file's by way of its MANIFEST."""
    return _digest((DATA / "MANIFEST").read_bytes())


def grid(size: str, seed: int = 1) -> Measured:
    """Scan and score a generated grid; floors are those of the first seed."""
    documents, rows = make_grid(seed, size)
    digest = grid_digest(documents, rows)
    result = scan(documents, GRID_PARAMS, templates=[form()])
    scores, ends = evaluate(parse_gold(rows, path="grid"), result), errors(result, rows)
    figures = _figures(scores, ("plagdet", "granularity", "coverage"))
    for name, row in ends.items():
        figures |= {f"{name}.end_left": row.left, f"{name}.end_right": row.right, f"{name}.end_p95": row.p95}
    return Measured(digest, figures, scores, ends)


def data() -> Measured:
    """Scan and score the sample corpus."""
    scores = evaluate(read_gold(DATA / "gold.jsonl"), scan([DATA / "reports"], templates=[DATA / "template.txt"]))
    measures = ("precision", "recall", "micro_precision", "micro_recall", "granularity", "coverage")
    figures = _figures(scores, measures)
    # With one or two cases an operator's precision is noise; its recall and coverage are not.
    kept = {name: value for name, value in figures.items() if name.startswith(("all.", "families.", "label"))}
    return Measured(
        data_digest(), kept | {n: v for n, v in figures.items() if n.endswith((".recall", ".coverage"))}, scores
    )


def laws() -> Measured:
    """Scan and score the statutes: coverage by relation. Their gold names no labels and is not complete."""
    rows = [json.loads(line) for line in (LAWS / "docs.jsonl").read_text(encoding="utf-8").splitlines()]
    documents = [Document(source="docs.jsonl", member=row["id"], text=row["text"]) for row in rows]
    digest = _digest((LAWS / "docs.jsonl").read_bytes(), (LAWS / "pairs.jsonl").read_bytes())
    scores = evaluate(read_gold(LAWS / "pairs.jsonl"), scan(documents))
    return Measured(digest, {f"{name}.coverage": row.coverage for name, row in scores.operators.items()}, scores)


def corpora(full: bool) -> dict[str, Callable[[], Measured]]:
    """Return what the gate measures here, by name; laws_dev only where it is present."""
    size = "full" if full else "small"
    found: dict[str, Callable[[], Measured]] = {f"grid-{size}": lambda: grid(size), "data": data}
    return found | ({"laws_dev": laws} if (LAWS / "pairs.jsonl").is_file() else {})


def means(size: str, seeds: int) -> dict[str, float]:
    """Return the mean of each figure over the grids that have it, of other seeds than that of the floors.

    One grid has a few dozen cases of a kind: what changes alignment at all moves its figures either way.
    """
    found = [grid(size, seed).figures for seed in range(2, 2 + seeds)]
    names = dict.fromkeys(name for one in found for name in one)
    return {name: mean(one[name] for one in found if name in one) for name in names}


def shortfalls(corpus: str, measured: Measured, pinned: Mapping[str, Any]) -> list[Shortfall]:
    """Return every way in which a measurement falls short of what is pinned for its corpus."""
    if measured.digest != pinned.get("digest"):
        return [Shortfall(corpus, "the digest of the inputs", pinned.get("digest", "nothing"), measured.digest)]
    rows = []
    for name, bound in pinned["floors"].items():
        found = measured.figures.get(name)
        if found is None:
            rows.append(Shortfall(corpus, name, bound, "not measured"))
        elif (found > bound + _HAIR) if _ceiling(name) else (found < bound - _HAIR):
            rows.append(Shortfall(corpus, name, bound, round(found, 6)))
    return rows


def settle(measured: Measured, pinned: Mapping[str, Any], *, lower: bool) -> dict[str, Any]:
    """Return what to pin: each floor the better of old and measured; the worse only if lowering is allowed.

    A figure that is no longer measured keeps its floor (and so fails) unless lowering is allowed.
    """
    old = dict(pinned.get("floors", {}))
    new = {name: _rounded(name, value) for name, value in measured.figures.items()}
    if not lower:
        for name, bound in old.items():
            new[name] = (min if _ceiling(name) else max)(bound, new.get(name, bound))
    return {"digest": measured.digest, "floors": dict(sorted(new.items()))}


def _ceiling(name: str) -> bool:
    return name.rpartition(".")[2] in CEILINGS


def _rounded(name: str, value: float) -> float:
    return (ceil((value - _HAIR) * STEP) if _ceiling(name) else floor((value + _HAIR) * STEP)) / STEP


def table(scores: Scores, ends: Mapping[str, EndError] = MappingProxyType({})) -> str:
    """Return the figures by operator as a Markdown table; ends are off by so many characters, left and right."""
    names = ("cases", "plagdet", "precision", "recall", "granularity", "coverage")
    off = ("ends left", "right", "95 %") if ends else ()
    lines = [f"| operator | {' | '.join((*names, *off))} |", "|---" * (len(names) + len(off) + 1) + "|"]
    for name, row in {**scores.operators, "all": scores.passages}.items():
        cells = [name, str(row.cases), *(f"{getattr(row, measure):.3f}" for measure in names[1:])]
        if name in ends:
            cells += [f"{ends[name].left:.1f}", f"{ends[name].right:.1f}", f"{ends[name].p95:.0f}"]
        lines.append(f"| {' | '.join([*cells, *[''] * (len(names) + len(off) + 1 - len(cells))])} |")
    return "\n".join(lines)


def publish(text: str, corpus: str, rows: str) -> str:
    """Return the page with the table of one corpus renewed between its marks, or added at the end where it has none.

    The marks are HTML comments, so that the page reads the same with them.
    """
    begin, end = f"<!-- figures: {corpus} -->\n", f"<!-- end: {corpus} -->\n"
    if begin not in text:
        text = f"{text.rstrip()}\n\n### {corpus}\n\n{begin}{end}"
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{rows}\n\n{end}{rest.partition(end)[2]}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.gate", description="Compare accuracy with pinned floors.")
    parser.add_argument("--full", action="store_true", help="the full grid instead of the small one")
    parser.add_argument("--only", help="measure this corpus alone")
    parser.add_argument("--update", action="store_true", help="raise floors to what was measured, pin new inputs")
    parser.add_argument("--lower-floors", action="store_true", help="with --update, lower floors as well")
    parser.add_argument("--table", action="store_true", help="print the figures by operator as Markdown")
    parser.add_argument("--docs", action="store_true", help="put those tables into docs/accuracy.md")
    parser.add_argument("--seeds", type=int, default=0, help="print means over so many other grids instead")
    given = parser.parse_args(arguments)
    if given.seeds > 0:
        for name, value in means("full" if given.full else "small", given.seeds).items():
            print(f"{name:30} {value:.4f}")
        return 0
    if given.lower_floors and not given.update:
        parser.error("--lower-floors only changes what --update writes: give both")
    pinned = json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.is_file() else {}
    chosen = {name: make for name, make in corpora(given.full).items() if given.only in (None, name)}
    if not chosen:
        parser.error(f"--only {given.only}: there are {', '.join(corpora(given.full))}")
    failed: list[Shortfall] = []
    for name, make in chosen.items():
        measured = make()
        if given.update:
            pinned[name] = settle(measured, pinned.get(name, {}), lower=given.lower_floors)
        short = shortfalls(name, measured, pinned.get(name, {}))
        held = len(pinned.get(name, {}).get("floors", {})) - len(short)
        print(f"{name}: {max(held, 0)} floors held, {len(short)} not")
        if given.table:
            print(table(measured.scores, measured.ends))
        if given.docs:
            DOCS.write_text(publish(DOCS.read_text("utf-8"), name, table(measured.scores, measured.ends)), "utf-8")
        failed += short
    if given.update:
        FLOORS.write_text(json.dumps(dict(sorted(pinned.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")
    for row in failed:
        print(row, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
