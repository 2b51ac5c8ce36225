"""Spark for tests: in this process, and as a cluster of a master and two workers. Says so and skips without Java."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent

# A test runs each plan once: compiling it to JVM code, and that to machine code, takes longer than interpreting it.
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "3",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.extraJavaOptions": JAVA,
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


@pytest.fixture(scope="session", autouse=True)
def workers_python():
    """Let workers run this Python, with this tree."""
    before = dict(os.environ)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def spark_installed():
    if find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed (pip install 'dedup[spark]'): nothing of Spark is tested")
    if shutil.which("java") is None:
        pytest.skip("there is no Java on this machine: nothing of Spark is tested")


@pytest.fixture
def settings() -> dict[str, str]:
    """Settings under which Spark starts fast."""
    return dict(SETTINGS)


@pytest.fixture
def local(spark_installed):
    """A session of two threads in this process: one for all tests, so that its workers begin once."""
    from dedup.executors.cluster import session

    yield session("local[2]", SETTINGS)  # the one that runs, if one does


@pytest.fixture(scope="session", autouse=True)
def stopped():
    """Stop what runs when the tests are over."""
    yield
    stop()


def stop() -> None:
    """Stop the session that runs in this process, if one does: there can be one at a time."""
    if "pyspark" in sys.modules:
        from pyspark.sql import SparkSession

        running = SparkSession.getActiveSession()
        if running is not None:
            running.stop()


@dataclass
class Standalone:
    """A session on a master and two workers, each a process of its own."""

    session: Any
    workers: list[subprocess.Popen]

    def kill_worker(self) -> None:
        """Kill the first worker and its executor, as a machine that is switched off."""
        os.killpg(self.workers[0].pid, signal.SIGKILL)
        self.workers[0].wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answering(port: int, process: subprocess.Popen, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"nothing answers at port {port}; the process says {process.poll()}")


@pytest.fixture(scope="session")
def standalone(tmp_path_factory) -> Iterator[Standalone]:
    """A master, two workers and a session on them, for all tests that want them."""
    import pyspark

    from dedup.executors import cluster

    tmp_path = tmp_path_factory.mktemp("standalone")

    spark_class = Path(pyspark.__file__).parent / "bin" / "spark-class"
    environment = os.environ | {
        "SPARK_DAEMON_JAVA_OPTS": JAVA,
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(tmp_path / "work"),
        "SPARK_NO_DAEMONIZE": "1",
    }
    started: list[subprocess.Popen] = []

    def start(*arguments: str) -> subprocess.Popen:
        log = (tmp_path / f"process-{len(started)}.log").open("wb")
        process = subprocess.Popen(
            [str(spark_class), *arguments], env=environment, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        started.append(process)
        return process

    port = free_port()
    url = f"spark://127.0.0.1:{port}"
    master = start(
        "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"
    )
    try:
        answering(port, master)
        worker = ("org.apache.spark.deploy.worker.Worker", "--cores", "1", "--memory", "1g", "--webui-port", "0")
        workers = [start(*worker, url) for _ in range(2)]
        stop()
        session = cluster.session(url, SETTINGS | {"spark.executor.memory": "1g"})
        yield Standalone(session, workers)
    finally:
        stop()
        for process in started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
