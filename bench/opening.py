"""Size and opening time of the reviewer's page, on generated results: ``python -m bench.opening``.

Needs the dev extra and a Chromium; prints one row per size: bytes of the page, seconds to render it, and the median
seconds from loading it from disk to the first row of the queue.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from dedup.report.html import render
from tests.report.synthetic import build

ROUNDS = 5


def main() -> int:
    """Measure and print."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("no Chromium is installed")
        return 1
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for families in (1_000, 10_000):
            begun = time.perf_counter()
            path = Path(folder) / f"{families}.html"
            path.write_text(render(build(families)), encoding="utf-8")
            rendered = time.perf_counter() - begun
            opened = []
            for _ in range(ROUNDS):
                page = browser.new_page()
                begun = time.perf_counter()
                page.goto(path.as_uri())
                page.wait_for_selector("#queue .row")
                opened.append(time.perf_counter() - begun)
                page.close()
            size = path.stat().st_size / 1e6
            opening = statistics.median(opened)
            print(f"{families:,} families: {size:.2f} MB, made in {rendered:.1f} s, open in {opening:.2f} s")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
