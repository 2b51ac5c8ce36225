"""A scan on Spark: from a data frame of texts to data frames of what was copied.

    tables = dedup.spark.scan(frame, text_column="text", id_column="id")
    tables.clusters.filter("grade = 'A'").show()

The tables hold what `dedup.scan` finds in the same texts, value for value: see docs/format.md for what a field means,
and docs/scale.md for how to run it on a cluster and what it costs there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from dedup.errors import EngineProblem, OutputExists, ParamsError
from dedup.executors import cluster, sources
from dedup.executors.bounds import summed
from dedup.executors.frames import Rows
from dedup.executors.intake import Read, Sizes, taken_in
from dedup.executors.spark import BATCH, Kept, kinds, passages
from dedup.params import LABELS, Params
from dedup.result import SCHEMA, Limit, Result
from dedup.sharded import described

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from dedup.read import ReadOptions


_SPAN = (
    "document: bigint, start: bigint, end: bigint, line: bigint, part: bigint, page: bigint, paragraph: bigint, "
    "headings: array<string>"
)
_LABELS = ", ".join(f"{label}: bigint" for label in LABELS)
SCHEMAS = {
    "documents": (
        "id: bigint, source: string, member: string, chars: bigint, digest: string, title: string, issuer: string, "
        "date: string, encoding: string, parts: array<struct<title: string, start: bigint, end: bigint>>, "
        f"labels: struct<{_LABELS}>, rates: struct<repeated: double, without_formula: double, "
        "without_citation: double, without_self: double, copied: double, largest_source: double, "
        "longest_passage: bigint, sources: bigint>, repairs: map<string, bigint>, flags: map<string, bigint>, "
        "marks: array<struct<start: bigint, end: bigint, label: string, cluster: string>>"
    ),
    "passages": (
        "id: string, label: string, grade: string, wording: double, similarity: double, kind: string, "
        f"direction: string, cluster: string, left: struct<{_SPAN}>, right: struct<{_SPAN}>, "
        "changes: array<struct<kind: string, left: array<bigint>, right: array<bigint>>>"
    ),
    "clusters": (
        "id: string, label: string, grade: string, star: boolean, title: string, medoid: bigint, earliest: bigint, "
        "weakest: double, similarity: double, documents: bigint, issuers: bigint, "
        f"members: array<struct<{_SPAN}, wording: double>>, evidence: array<struct<kind: string, facts: string>>"
    ),
    "skipped": "source: string, member: string, kind: string, reason: string",
}
"""Columns of the tables: the fields of docs/format.md, but for two that no frame can hold as they are. A mark is a
structure of four, and the facts of evidence are JSON."""

_BATCH = "spark.sql.execution.arrow.maxRecordsPerBatch"

COLLECTED = 2_000_000
"""Most rows that `Tables.result` brings to the driver."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What a scan on Spark found.

    documents, passages, clusters : DataFrame   in the order of a result; kept by Spark until `release`
    skipped : DataFrame                         what was not analysed, and why
    limits : tuple of Limit                     what was bounded
    params : Params
    """

    documents: DataFrame
    passages: DataFrame
    clusters: DataFrame
    skipped: DataFrame
    limits: tuple[Limit, ...]
    params: Params
    _kept: Kept = field(repr=False)

    def release(self) -> None:
        """Let go of what Spark keeps of them; they can no longer be used cheaply after that."""
        self._kept.release()

    def write(self, path: str) -> None:
        """Write the tables below a folder of any file system that Spark knows, each as partitions of parquet.

        Raises
        ------
        OutputExists
            If one of them is there already.
        """
        path = sources.placed(self.clusters.sparkSession, path).rstrip("/")
        for name in SCHEMAS:
            getattr(self, name).write.mode("error").parquet(f"{path}/{name}")
        summary = self.clusters.sparkSession.createDataFrame(
            [(json.dumps(self.summary(), ensure_ascii=False),)], "value string"
        )
        summary.coalesce(1).write.mode("error").text(f"{path}/summary")

    def summary(self) -> dict[str, Any]:
        """Return what a result has besides its tables, and how many rows these have."""
        from dedup import __version__

        found = self.clusters.groupBy("label", "grade").count().orderBy("label", "grade").collect()
        return {
            "schema": SCHEMA,
            "version": __version__,
            "params": self.params.to_dict(),
            "rows": {name: getattr(self, name).count() for name in SCHEMAS},
            "clusters": [{"label": row.label, "grade": row.grade, "count": row["count"]} for row in found],
            "limits": [asdict(one) for one in self.limits],
        }

    def result(self, most: int = COLLECTED) -> Result:
        """Return the tables as one result, in the memory of the driver.

        Raises
        ------
        EngineProblem
            If one of them has more than ``most`` rows.
        """
        rows = {}
        for name in SCHEMAS:
            found = getattr(self, name).take(most + 1)
            if len(found) > most:
                problem = f"the result has more than {most:,} {name}: write it as parquet, and read what is wanted"
                raise EngineProblem("spark", problem)
            rows[name] = [row.asDict(recursive=True) for row in found]
        for row in rows["documents"]:
            row["marks"] = [list(mark.values()) for mark in row["marks"]]
        for row in rows["clusters"]:
            row["evidence"] = [{"kind": one["kind"], "facts": json.loads(one["facts"])} for one in row["evidence"]]
        from dedup import __version__

        limits = [asdict(one) for one in self.limits]
        head = {"schema": SCHEMA, "version": __version__, "params": self.params.to_dict(), "limits": limits}
        return Result.from_dict(head | rows, path="the tables")


def scan(
    frame: DataFrame,
    text_column: str = "text",
    id_column: str = "id",
    params: Params | None = None,
    *,
    source: str = "frame",
    sizes: Sizes | None = None,
) -> Tables:
    """Find duplicate and near-duplicate passages within and across the texts of a data frame.

    Parameters
    ----------
    frame : DataFrame
        A row a document. Columns ``title``, ``issuer`` and ``date`` are taken as such, others as metadata.
    text_column, id_column : str
        The column with the text, and the one that names a document; a row without id is skipped, and listed.
    params : Params, optional
    source : str
        What the documents' source is called in the result.
    sizes : Sizes, optional
        How the work is divided.

    Returns
    -------
    Tables

    Raises
    ------
    ParamsError
        If the frame has not these columns.
    EngineProblem
        If the workers have not this package, or a bound of `Sizes` is exceeded.
    """
    from dedup.read import ReadOptions

    options = ReadOptions(text_column=text_column, id_column=id_column)
    missing = [f"the frame has no column {name!r}" for name in (text_column, id_column) if name not in frame.columns]
    if missing:
        raise ParamsError(missing)
    return compared([(frame, Rows(options, source))], params or Params(), sizes or Sizes())


def compared(inputs: Sequence[tuple[DataFrame, Read]], params: Params, sizes: Sizes) -> Tables:
    """Return what a scan finds in what readers make of frames.

    Parameters
    ----------
    inputs : sequence of (DataFrame, callable)
        Frames, each with its reader, see `dedup.executors.frames` and `dedup.executors.sources.frames`.
    params : Params
    sizes : Sizes

    Returns
    -------
    Tables
        Computed: nothing of it waits for the first who looks at it.

    Raises
    ------
    EngineProblem
        As `scan`.
    """
    spark = inputs[0][0].sparkSession
    cluster.probe(spark, described.__module__)
    kept, lasting = Kept(), Kept()
    before = spark.conf.get(_BATCH, None)
    spark.conf.set(_BATCH, str(BATCH))
    try:
        corpus, skipped = taken_in(inputs, params, sizes, kept)
        found, limits = passages(corpus, params, kept)
        rows = lasting.keep(described(corpus, found, params, sizes, kept))
        more = [json.loads(row.blob)["row"] for row in kinds(rows, "limit").collect()]
        skipped = lasting.keep(_skipped(skipped))
        skipped.count()
    finally:
        kept.release()
        if before is None:
            spark.conf.unset(_BATCH)
        else:
            spark.conf.set(_BATCH, before)
    tables = {name: _typed(kinds(rows, name[:-1]), SCHEMAS[name]) for name in ("documents", "passages", "clusters")}
    return Tables(**tables, skipped=skipped, limits=(*limits, *_summed(more)), params=params, _kept=lasting)


def scan_paths(
    spark: SparkSession, paths: Sequence[str], params: Params, options: ReadOptions, target: str | None = None
) -> Tables:
    """Find what was copied in files of any file system that Spark reads.

    Parameters
    ----------
    spark : SparkSession
        Settings ``spark.dedup.block``, ``.part``, ``.shard`` and ``.edges`` of it are taken as `Sizes`.
    paths : sequence of str
        Files, folders or patterns that end in .jsonl, .ndjson (packed or not) or .parquet. What else there is on this
        machine is read by the driver, as long as it holds no more than `dedup.executors.sources.READ` characters.
    params : Params
    options : ReadOptions
    target : str, optional
        Where tables will be written: refused now if something is there.

    Returns
    -------
    Tables

    Raises
    ------
    OutputExists
        If there is something at ``target``.
    EngineProblem
        As `scan`; also if a path is not found, or neither kind of path.
    """
    if target is not None and sources.exists(spark, target):
        raise OutputExists(target)
    names = {field.name: spark.conf.get(f"spark.dedup.{field.name}", None) for field in fields(Sizes)}
    sizes = Sizes(**{name: int(value) for name, value in names.items() if value is not None})
    return compared(sources.frames(spark, paths, options), params, sizes)


def _typed(rows: DataFrame, schema: str) -> DataFrame:
    """Return JSON rows as a table, in their order."""
    from pyspark.sql import functions as f

    parsed = f.from_json(f.col("blob").cast("string"), f"struct<order: array<bigint>, row: struct<{schema}>>")
    return rows.select(parsed.alias("one")).orderBy("one.order").select("one.row.*")


def _skipped(rows: DataFrame) -> DataFrame:
    from pyspark.sql import functions as f

    parsed = f.from_json("head", f"struct<{SCHEMAS['skipped']}>")
    return (
        rows.select(parsed.alias("one")).select("one.*").orderBy("source", f.coalesce("member", f.lit("")), "reason")
    )


def _summed(rows: Iterable[Mapping[str, Any]]) -> list[Limit]:
    return summed(Limit(**row) for row in rows)
