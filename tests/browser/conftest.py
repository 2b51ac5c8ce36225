"""A Chromium for the page, or a reason to skip."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dedup.report.html import render

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("DEDUP_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def chromium():
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install playwright"
    )
    path = _chromium()
    if path is None:
        pytest.skip("no Chromium on this machine: install the package chromium, or set DEDUP_CHROMIUM")
    with sync_api.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        browser.close()


@dataclass
class Seen:
    """What a page said and asked for beside being looked at; ``forgiven`` is part of an error that is expected."""

    forgiven: str | None = None
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def visit(chromium, tmp_path):
    """Return a function that opens a result's page from disk, offline; afterwards: no error, no request."""
    contexts, watched = [], []

    def open_page(result, *, size=(1280, 900), offline=True, url=None, forgiven=None, **options):
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, offline=offline, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        seen = Seen(forgiven)
        watched.append((seen, url))
        page.on("console", lambda line: seen.errors.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("request", lambda request: seen.requests.append(request.url))
        if url is None:
            path = Path(tmp_path) / f"page{len(watched)}.html"
            path.write_text(render(result, **options), encoding="utf-8")
            page.goto(path.as_uri())
        else:
            page.goto(url)
        page.wait_for_selector("body.ready")
        return page

    yield open_page
    for context in contexts:
        context.close()
    for seen, url in watched:
        assert [one for one in seen.errors if not (seen.forgiven and seen.forgiven in one)] == []
        origin = url.split("?")[0] if url else None
        outside = [
            one
            for one in seen.requests
            if not one.startswith(("file:", "data:", "blob:")) and not (origin and one.startswith(origin))
        ]
        assert outside == []
