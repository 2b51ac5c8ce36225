"""The review server over a long day: thousands of requests from several threads, none lost, memory flat."""

from __future__ import annotations

import http.client
import json
import os
import resource
import threading
from pathlib import Path

import pytest

from dedup.decisions import VERDICTS
from dedup.review.desk import Desk
from dedup.review.server import application, listen
from dedup.review.store import Verdicts
from tests.report.synthetic import build

THREADS = 4
REQUESTS = int(os.environ.get("DEDUP_SOAK", "200"))
"""Of each thread; every third gives a verdict. `make soak` sends 750."""

FLAT_MIB = 24
"""What the process may grow by, from the first tenth of the requests on."""


def resident() -> float:
    """Return the MiB that the process holds now; its peak where the system does not tell."""
    status = Path("/proc/self/status")
    if status.is_file():
        (line,) = (row for row in status.read_text().splitlines() if row.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.slow
def test_thousands_of_requests_from_several_threads_lose_nothing_and_leave_memory_flat(tmp_path):
    """A real server on a real socket; what each thread gave last on a family is what stands in the end."""
    import uvicorn

    result = build(12)
    families = [cluster.id for cluster in result.clusters]
    verdicts = sorted(VERDICTS)
    path = tmp_path / "v.sqlite"
    answers: list[int] = []
    last: dict[str, str] = {}
    held: list[float] = []
    with Verdicts(path) as store:
        bound = listen()
        port = bound.getsockname()[1]
        app = application(result, Desk(result, store, reviewer="甲"), token="right", port=port)
        config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        serving = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        serving.start()

        def work(number: int) -> None:
            mine = families[number::THREADS]  # of its own, so that what stands last is known
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            headers = {"X-Dedup-Token": "right", "Content-Type": "application/json"}
            for turn in range(REQUESTS):
                if turn % 3 == 0:
                    family, verdict = mine[turn % len(mine)], verdicts[turn % len(verdicts)]
                    body = json.dumps({"family": family, "verdict": verdict, "reason": "第" * (turn % 40)})
                    link.request("POST", "/api/decisions", body, headers)
                    last[family] = verdict
                else:
                    path = ("/api/decisions", "/api/decisions.csv", "/", "/nowhere")[turn % 4]
                    link.request("GET", path, headers=headers)
                answer = link.getresponse()
                answer.read()
                answers.append(answer.status)
                if number == 0 and turn % (REQUESTS // 10) == 0:
                    held.append(resident())
            link.close()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        server.should_exit = True
        serving.join()
        bound.close()
    assert len(answers) == THREADS * REQUESTS
    assert set(answers) == {200, 404}
    with Verdicts(path) as store:
        assert {row.family: row.verdict for row in store.decisions()} == last
        assert len(store.history()) == THREADS * len(range(0, REQUESTS, 3))
    assert max(held[2:]) - held[1] < FLAT_MIB, held
