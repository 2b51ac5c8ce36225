"""The pictures for slides: there, whole, the same each time, and in the colours of the page."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import resources

import pytest

from dedup.errors import OutputFailed
from dedup.report import plots as module
from dedup.report.html import STYLES
from dedup.report.plots import COLOURS, FORMATS, plots
from dedup.report.words import SHOWN_ORDER
from tests.report.synthetic import build

pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install 'dedup[notebook]'")


@pytest.fixture(scope="module")
def drawn():
    try:
        return plots(build(20))
    except OutputFailed as error:
        pytest.skip(str(error))


def test_every_picture_is_drawn_in_both_formats(drawn):
    """Six files, each what its name says."""
    assert set(drawn) == {f"{name}.{kind}" for name in ("labels", "shares", "sharing") for kind in FORMATS}
    for name, data in drawn.items():
        assert data.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")
        assert len(data) > 2_000


def test_equal_results_give_equal_pictures(drawn):
    """No date, no random ids."""
    assert plots(build(20)) == drawn


def test_hostile_names_are_only_text(drawn):
    """A file name that is mathematics or markup to the drawer is neither."""
    result = build(20)
    first = replace(result.documents[0], source="$\\frac{<script>$.txt")
    picture = plots(replace(result, documents=(first, *result.documents[1:])))["sharing.svg"]
    assert b"<script>" not in picture


def test_an_empty_result_is_drawn_too(drawn):
    """Nothing found makes empty pictures, not an error."""
    empty = replace(build(2), documents=(), clusters=(), passages=())
    assert set(plots(empty, lang="en")) == set(drawn)


def test_labels_have_the_colours_of_the_page():
    """A slide and the page say the same."""
    folder = resources.files("dedup.report") / "html"
    style = "".join((folder / name).read_text(encoding="utf-8") for name in STYLES)
    for label in SHOWN_ORDER:
        colour = re.search(rf"\.lb-{label} \{{ background-color: ([^;]+);", style)[1]
        if colour.startswith("var("):
            colour = re.search(rf"--{label}: (#\w+);", style)[1]
        assert COLOURS[label][0] == colour


def test_a_machine_without_chinese_fonts_is_told(monkeypatch):
    """Boxes instead of names would be worse than no picture."""
    monkeypatch.setattr(module, "_FONTS", ())
    with pytest.raises(OutputFailed, match="no font with Chinese"):
        plots(build(2))
