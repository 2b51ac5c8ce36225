"""The gate holds floors: nothing below, nothing lowered without word, nothing measured on other inputs."""

from __future__ import annotations

import json

import pytest

from bench import ends, gate
from dedup import Document, Params, scan


def measured(digest="d", **figures):
    return gate.Measured(digest, {name.replace("__", "."): value for name, value in figures.items()}, None)


PINNED = {"digest": "d", "floors": {"all.recall": 0.9, "all.granularity": 1.02}}


def test_a_figure_at_its_floor_holds():
    """Equal is enough, on both kinds of bound."""
    assert gate.shortfalls("c", measured(all__recall=0.9, all__granularity=1.02), PINNED) == []


def test_a_figure_below_its_floor_or_above_its_ceiling_falls_short():
    """The shortfall names corpus, figure, bound and value."""
    rows = gate.shortfalls("c", measured(all__recall=0.89, all__granularity=1.03), PINNED)
    assert [str(row) for row in rows] == [
        "c: all.recall is 0.89, pinned at 0.9",
        "c: all.granularity is 1.03, pinned at 1.02",
    ]


def test_a_figure_that_is_gone_and_other_inputs_fall_short():
    """Neither dropping a figure nor changing the texts passes the gate."""
    assert "not measured" in str(gate.shortfalls("c", measured(all__recall=1.0), PINNED)[0])
    assert "digest" in str(gate.shortfalls("c", measured("other", all__recall=1.0, all__granularity=1.0), PINNED)[0])
    assert "digest" in str(gate.shortfalls("c", measured(all__recall=1.0), {})[0])


def test_floors_rise_by_themselves_and_fall_only_with_the_flag():
    """An update keeps the better of old and new; lowering is a decision."""
    worse = measured("new", all__recall=0.8, all__granularity=1.5)
    kept = gate.settle(worse, PINNED, lower=False)
    assert kept == {"digest": "new", "floors": {"all.granularity": 1.02, "all.recall": 0.9}}
    assert len(gate.shortfalls("c", worse, kept)) == 2
    lowered = gate.settle(worse, PINNED, lower=True)
    assert lowered["floors"] == {"all.granularity": 1.5, "all.recall": 0.8}
    better = gate.settle(measured(all__recall=0.95559, all__granularity=1.0001), PINNED, lower=False)
    assert better["floors"] == {"all.granularity": 1.001, "all.recall": 0.955}


def test_means_are_over_the_other_grids_that_have_a_figure(monkeypatch):
    """Not over the grid whose floors are kept; a label that some grid lacks counts where it is."""
    grids = {2: {"all__recall": 0.5, "label__mass__f1": 0.2}, 3: {"all__recall": 1.0}}
    monkeypatch.setattr(gate, "grid", lambda size, seed: measured(**grids[seed]))
    assert gate.means("small", 2) == {"all.recall": 0.75, "label.mass.f1": 0.2}


@pytest.fixture
def rigged(tmp_path, monkeypatch):
    """A gate over one made-up corpus whose figure can be set."""
    state = {"recall": 0.9}
    monkeypatch.setattr(gate, "FLOORS", tmp_path / "floors.json")
    monkeypatch.setattr(gate, "corpora", lambda full: {"made": lambda: measured(all__recall=state["recall"])})
    return state, tmp_path / "floors.json"


def test_the_command_fails_updates_and_refuses_to_lower(rigged, capsys):
    """Exit status 1 until the floor is pinned; a fall fails even with --update, and passes with --lower-floors."""
    state, path = rigged
    assert gate.main([]) == 1
    assert gate.main(["--update"]) == 0
    assert json.loads(path.read_text("utf-8"))["made"]["floors"] == {"all.recall": 0.9}
    state["recall"] = 0.8
    assert gate.main([]) == 1
    assert "all.recall is 0.8, pinned at 0.9" in capsys.readouterr().err
    assert gate.main(["--update"]) == 1
    assert json.loads(path.read_text("utf-8"))["made"]["floors"] == {"all.recall": 0.9}
    assert gate.main(["--update", "--lower-floors"]) == 0
    with pytest.raises(SystemExit, match="2"):
        gate.main(["--lower-floors"])


def test_end_errors_are_the_distances_of_the_four_ends():
    """Gold that begins three characters late on one side and stops five early on the other is off by as many."""
    block = "溪口的碾坊由三户人家轮流照看，逢单日碾谷，逢双日榨油，账目写在门后的木板上，年底擦掉重来。"
    texts = ["甲乙丙丁戊己庚辛" + block, "子丑寅卯辰巳午未" + block + "壬癸天干地支"]
    result = scan([Document(f"{at}.txt", text) for at, text in enumerate(texts)], Params(min_chars=16))
    (passage,) = result.passages
    row = {"operator": "by-hand", "a_doc": "1.txt", "b_doc": "0.txt"}
    row |= {"a_start": passage.right.start, "a_end": passage.right.end - 5}
    row |= {"b_start": passage.left.start + 3, "b_end": passage.left.end}
    assert ends.distances(result, [{"schema": "x"}, row])["by-hand"].tolist() == [[0, 5, 3, 0]]
    found = ends.errors(result, [row])
    assert (found["by-hand"].left, found["by-hand"].right, found["all"].cases) == (2.5, 1.5, 1)
    assert found["all"].p95 == pytest.approx(4.7)
    assert ends.errors(result, [row | {"b_start": 0, "b_end": 3}]) == {}
    assert ends.errors(result, [row, row | {"operator": "beside"}]) == {}


def test_publishing_renews_one_table_and_nothing_else():
    """A table is added once and replaced afterwards; the rest of the page stays."""
    page = "# Title\n\nText.\n"
    once = gate.publish(gate.publish(page, "a", "| 1 |"), "b", "| 2 |")
    assert once.startswith(page.rstrip())
    again = gate.publish(once, "a", "| 3 |")
    assert again == once.replace("| 1 |", "| 3 |")
    assert gate.publish(again, "a", "| 3 |") == again


def test_the_pinned_inputs_of_the_grid_are_the_ones_made():
    """The floors in the repository speak of the grid as it is made today."""
    from bench.grid import make_grid

    pinned = json.loads(gate.FLOORS.read_text("utf-8"))
    assert pinned["grid-small"]["digest"] == gate.grid_digest(*make_grid(1, "small"))
    assert pinned["data"]["digest"] == gate.data_digest()
