"""The page with a server behind it: verdicts outlive the server, blind review is blind, failures are told."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest

from dedup.review.desk import Desk
from dedup.review.server import application, listen
from dedup.review.store import Verdicts
from tests.report.synthetic import build

pytestmark = pytest.mark.browser

RESULT = build(30)


@contextmanager
def serving(path, reviewer, *, blind=False):
    """Serve the result from a thread; yield the address and the store."""
    import uvicorn

    with Verdicts(path) as store, listen() as bound:
        port = bound.getsockname()[1]
        app = application(RESULT, Desk(RESULT, store, reviewer=reviewer, blind=blind), token="t0k", port=port)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}/?token=t0k", store
        finally:
            server.should_exit = True
            thread.join()


def test_no_verdict_is_lost_over_a_restart(visit, tmp_path):
    """Given by key, kept by the server, there again after it was stopped and started."""
    path = tmp_path / "v.sqlite"
    with serving(path, "甲") as (address, store):
        page = visit(RESULT, url=address, offline=False)
        page.focus("#queue")
        for key in "12345":
            page.keyboard.press("Home" if key == "1" else "j")
            page.keyboard.press(key)
            page.wait_for_selector(f":nth-match(#queue .verdict, {key})")
        page.keyboard.press("0")
        page.wait_for_selector(":nth-match(#queue .verdict, 5)", state="detached")
        assert len(store.decisions()) == 4
    with serving(path, "甲") as (address, _):
        page = visit(RESULT, url=address, offline=False)
        assert page.locator("#queue .verdict").count() == 4
        page.select_option("#filter-verdict", "citation")
        assert page.locator("#queue .row").count() == 1


def test_a_second_reviewer_works_blind(visit, tmp_path):
    """What the first decided appears when the second has decided, and the agreement with it."""
    path = tmp_path / "v.sqlite"
    with serving(path, "甲") as (address, _):
        page = visit(RESULT, url=address, offline=False)
        page.focus("#queue")
        for _ in range(3):
            page.keyboard.press("j")
            page.keyboard.press("1")
            page.wait_for_selector(".row.chosen .verdict")
    with serving(path, "乙", blind=True) as (address, _):
        page = visit(RESULT, url=address, offline=False)
        assert page.locator("#queue .verdict").count() == 0
        assert "甲" not in page.inner_text("#strip .meta")
        page.focus("#queue")
        page.keyboard.press("j")
        page.keyboard.press("2")
        page.wait_for_selector("#verdicts .verdict.v-plagiarism")
        assert page.locator("#queue .verdict").count() == 1
        page.click("#language")
        assert "both judged 1" in page.inner_text("#strip .meta")


def test_a_server_that_is_gone_is_told(visit, tmp_path):
    """A verdict that could not be kept is not shown as kept."""
    with serving(tmp_path / "v.sqlite", "甲") as (address, _):
        page = visit(RESULT, url=address, offline=False, forgiven="409")
        page.focus("#queue")
        page.route("**/api/decisions", lambda route: route.fulfill(status=409, body="disk full"))
        page.keyboard.press("j")
        page.keyboard.press("1")
        page.wait_for_selector("#alert:has-text('disk full')")
        assert page.locator("#queue .verdict").count() == 0
