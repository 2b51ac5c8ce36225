"""Take the two pictures of the page that the READMEs show, docs/report-zh.png and docs/report-en.png.

    python tools/take_pictures.py [FOLDER]

Needs a Chromium, playwright and a font with Chinese. The pictures are of data/reports: the queue in Chinese, one pair
side by side in English. Take them again when the page or the labels change.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from dedup import Result, scan
from dedup.report.html import render

ROOT = Path(__file__).parent.parent
SIDES = ("data/reports/09-石斛岭乡.txt", "data/reports/10-半月塬镇.txt")
"""The pair that is shown: a copy whose figures were stripped."""


def main(folder: Path) -> None:
    """Write both pictures into a folder."""
    os.chdir(ROOT)  # sources are shown as they are given
    result = scan(["data/reports"], templates=["data/template.txt"])
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as player, tempfile.TemporaryDirectory() as made:
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 1320})
        path = Path(made, "report.html")
        path.write_text(render(result, lang="zh"), encoding="utf-8")
        page.goto(path.as_uri())
        page.wait_for_selector("body.ready")
        show(page, result)
        page.keyboard.press("Home")
        keep(page, folder / "report-zh.png")
        page.set_viewport_size({"width": 1280, "height": 900})
        page.click("#language")
        page.locator("[data-pair]").first.click()
        page.wait_for_selector(".pane .badge.now")
        keep(page, folder / "report-en.png")
        browser.close()


def show(page: Page, result: Result) -> None:
    """Open the family of the two sides in the queue."""
    names = {row: info.name for row, info in enumerate(result.documents)}
    family = next(
        one
        for one in result.clusters
        if one.label == "copy" and one.grade == "A" and {names[span.document] for span in one.members} == set(SIDES)
    )
    span = family.members[family.medoid]
    page.fill("#filter-text", result.text(span)[:12])
    page.locator("#queue .row").first.click()
    page.wait_for_selector("#card .slots")
    page.fill("#filter-text", "")


def keep(page: Page, path: Path) -> None:
    """Write what the page shows in 128 colours: a third of the bytes, and nobody sees it."""
    with Image.open(io.BytesIO(page.screenshot())) as taken:
        taken.convert("RGB").quantize(128).save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs")
