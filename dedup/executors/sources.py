"""Paths to data frames: tables of records on any file system that Spark reads, all else as the driver reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup.errors import EngineProblem
from dedup.executors.frames import FILE, Documents, Lines, Names, Rows
from dedup.executors.intake import Read
from dedup.executors.records import encoded, head
from dedup.read import ReadOptions, read
from dedup.read.metadata import Known, load_known
from dedup.result import Document, Skipped

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

READ = 100_000_000
"""Most characters that the driver reads and sends to the workers: what is no table of records, such as a folder of
reports."""

_PACKED = r"(\.(gz|bz2|zst|lz4|snappy|deflate))?"
_LINES = re.compile(rf".*\.(jsonl|ndjson){_PACKED}")
_PARQUET = re.compile(rf".*\.parquet{_PACKED}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters and more: C: is a drive
_PATTERN = re.compile(r"[*?\[{]")


def placed(spark: SparkSession, path: str) -> str:
    """Return a path such that it means the same to Spark as to this process.

    A relative path of this machine is relative to the folder in which the JVM was started, and that may be long ago
    and elsewhere: a notebook's session outlives every change of folder.
    """
    jvm: Any = spark.sparkContext._jvm
    default = jvm.org.apache.hadoop.fs.FileSystem.getDefaultUri(spark.sparkContext._jsc.hadoopConfiguration())
    here = default.getScheme() == "file" and not _SCHEME.match(path)
    return str(Path.cwd() / path) if here else path


def exists(spark: SparkSession, path: str) -> bool:
    """Return whether something stands at a path of any file system that Spark knows."""
    return bool(_files(spark, path)[0].exists(_path(spark, path)))


def frames(spark: SparkSession, paths: Sequence[str], options: ReadOptions) -> list[tuple[DataFrame, Read]]:
    """Return frames that hold what stands at some paths, each with its reader.

    Raises
    ------
    EngineProblem
        If a path is not found, a parquet table has no text column, or the driver would have to read too much.
    """
    known = load_known(options.meta) if options.meta is not None else {}
    lines = [path for path in paths if _LINES.fullmatch(path)]
    tables = [path for path in paths if _PARQUET.fullmatch(path)]
    others = [path for path in paths if path not in lines and path not in tables]
    if lines and options.encoding not in (None, "utf-8"):
        raise EngineProblem("spark", f"lines are read as utf-8, not as {options.encoding}: convert them before")
    names = Names({_uri(spark, path): _literal(path) for path in (*lines, *tables)})
    found: list[tuple[DataFrame, Read]] = []
    if lines:
        frame = spark.read.option("lineSep", "\n").text([placed(spark, path) for path in lines])
        found.append((frame.selectExpr("value", f"_metadata.file_path as {FILE}"), Lines(options, names, known)))
    for path in tables:
        found.append(_table(spark, path, options, names, known))
    if others:
        found.append((documents(spark, _bounded(read(others, options))), Documents()))
    return found


def documents(spark: SparkSession, rows: Iterable[Document | Skipped]) -> DataFrame:
    """Return what the driver has read as a frame for `dedup.executors.frames.Documents`."""
    table = [
        ("document", head(one), bytearray(encoded(one.text)))
        if isinstance(one, Document)
        else ("skipped", json.dumps(asdict(one)), bytearray())
        for one in rows
    ]
    return spark.createDataFrame(table, "kind string, head string, text binary")


def _table(
    spark: SparkSession, path: str, options: ReadOptions, names: Names, known: Known
) -> tuple[DataFrame, Read]:
    frame = spark.read.parquet(placed(spark, path))
    if options.text_column not in frame.columns:
        listed = ", ".join(frame.columns)
        raise EngineProblem("spark", f"{path} has no column {options.text_column!r} (it has {listed})")
    return frame.selectExpr("*", f"_metadata.file_path as {FILE}"), Rows(options, "", names, known)


def _bounded(rows: Iterable[Document | Skipped]) -> Iterable[Document | Skipped]:
    chars = 0
    for row in rows:
        chars += len(row.text) if isinstance(row, Document) else 0
        if chars > READ:
            raise EngineProblem(
                "spark",
                f"what is no .jsonl or .parquet is read by the driver, up to {READ:,} characters, and there are "
                "more: name the tables themselves, or convert the files to one",
            )
        yield row


def _path(spark: SparkSession, path: str) -> Any:
    return spark.sparkContext._jvm.org.apache.hadoop.fs.Path(placed(spark, path))  # type: ignore[union-attr]


def _files(spark: SparkSession, path: str) -> tuple[Any, Any]:
    """Return the file system of a path, and the path with its scheme and from the root on."""
    files = _path(spark, path).getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
    return files, files.makeQualified(_path(spark, path))


def _uri(spark: SparkSession, path: str) -> str:
    """Return the URI below which Spark names the files of a path; see that there are any."""
    files, whole = _files(spark, path)
    matched = files.globStatus(whole)
    if matched is None or not len(matched):
        raise EngineProblem("spark", f"{path}: nothing is found there")
    return str(_files(spark, _literal(path))[1].toString()) if _literal(path) else ""


def _literal(path: str) -> str:
    """Return a path, or of a pattern the folder before its first special character."""
    special = _PATTERN.search(path)
    return path if special is None else path[: special.start()].rpartition("/")[0]
