"""Can Spark be used? Answers with a session, or with a sentence before any work begins."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from dedup._optional import require
from dedup.errors import EngineProblem

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_MASTERS = re.compile(r"local(\[(\d+|\*)(,\d+)?\])?|spark://.+|yarn|k8s://.+")
_OLDEST_JAVA = {3: 8, 4: 17}


def check(master: str | None) -> None:
    """See that Spark can be started at all.

    Raises
    ------
    MissingExtra
        If pyspark, pandas or pyarrow is not installed.
    EngineProblem
        If there is no Java, or it is too old, or the master is none or does not answer.
    """
    for module in ("pyspark", "pandas", "pyarrow"):
        require(module, "spark", "--engine spark")
    if master is not None and not _MASTERS.fullmatch(master):
        raise EngineProblem(
            "spark", f"the master is {master!r}, but must be local[N], spark://HOST:PORT, yarn or k8s://URL"
        )
    _check_java()
    if master is not None and master.startswith("spark://"):
        _check_answers(master)
    if master == "yarn" and not {"HADOOP_CONF_DIR", "YARN_CONF_DIR"} & set(os.environ):
        raise EngineProblem("spark", "the master is yarn, but neither HADOOP_CONF_DIR nor YARN_CONF_DIR is set")


def _check_java() -> None:
    import pyspark

    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    wanted = _OLDEST_JAVA.get(int(pyspark.__version__.split(".")[0]), 17)
    if java is None:
        where = f"JAVA_HOME ({home})" if home else "PATH"
        raise EngineProblem("spark", f"no java is found in {where}: install Java {wanted} or later, or set JAVA_HOME")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'"(?:1\.)?(\d+)', told)
    if version is not None and int(version[1]) < wanted:
        raise EngineProblem("spark", f"{java} is Java {version[1]}, but pyspark {pyspark.__version__} needs {wanted}")


def _check_answers(master: str) -> None:
    """Knock at the doors of a standalone master: Spark itself would knock for a minute, then tell a stack of Java."""
    tried = []
    for address in master.removeprefix("spark://").split(","):
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=5).close()
            return
        except (OSError, ValueError) as error:
            tried.append(f"{address} ({error.strerror if isinstance(error, OSError) and error.strerror else error})")
    raise EngineProblem("spark", f"no master answers at {', '.join(tried)}")


def session(master: str | None, settings: Mapping[str, str]) -> SparkSession:
    """Return a session with these settings.

    Raises
    ------
    MissingExtra, EngineProblem
        As `check`; also if Spark does not start.
    """
    check(master)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("dedup").config("spark.ui.showConsoleProgress", "false")
    if master is not None:
        builder = builder.master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except Exception as error:  # whatever py4j, the JVM or the cluster manager raises: the user needs its first line
        raise EngineProblem("spark", f"it does not start ({_first_line(error)})") from error
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("at ", "An error occurred", ":"))] or lines
    return (told or [type(error).__name__])[0][:300]


def probe(spark: SparkSession, module: str) -> None:
    """See that the workers have this package, and the same version of it.

    Parameters
    ----------
    spark : SparkSession
    module : str
        What they must be able to import.

    Raises
    ------
    EngineProblem
        If they have not, with the ways to give it to them.
    """
    from dedup import __version__

    try:
        (row,) = spark.range(1).mapInArrow(partial(_version, module), "version string").collect()
    except Exception as error:  # the worker's traceback comes wrapped in py4j's and Spark's
        missing = re.search(r"ModuleNotFoundError: No module named '([^']+)'", str(error))
        problem = f"has no {missing[1]}" if missing else f"fails ({_first_line(error)})"
        raise EngineProblem(
            "spark",
            f"the Python of its workers {problem}: install dedup there and name that Python in PYSPARK_PYTHON, or "
            "send an environment along with --spark-conf spark.archives=… (see docs/scale.md)",
        ) from error
    if row.version != __version__:
        raise EngineProblem("spark", f"its workers have dedup {row.version}, this is {__version__}")


def _version(module: str, batches: Iterable[Any]) -> Iterator[Any]:
    import pyarrow

    import dedup

    import_module(module)
    yield from (pyarrow.RecordBatch.from_pydict({"version": [dedup.__version__]}) for _ in batches)
