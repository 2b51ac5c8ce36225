"""The report page: what is in the file, before any browser opens it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace
from importlib import resources
from itertools import pairwise

import pytest

from dedup.columns import ClusterRows, PassageRows
from dedup.decisions import Carried, Decision, family_digest, member_keys
from dedup.errors import ParamsError
from dedup.params import LABELS, Params
from dedup.pipeline import scan
from dedup.report import payload, queue, terminal
from dedup.report.html import SCRIPTS, STYLES, Served, render
from dedup.report.words import LANGUAGES
from dedup.result import Document
from tests.report.synthetic import build
from tests.results import HOSTILE_BLOCK, HOSTILE_NAME, sample_result


def chunks(page: str) -> dict[str, object]:
    """Return the folded data of a page by chunk id."""
    found = re.findall(r'<script type="application/x-dedup" id="(\w+)">([A-Za-z0-9+/=]*)</script>', page)
    return {name: json.loads(zlib.decompress(base64.b64decode(text))) for name, text in found}


def unfold(page: str) -> dict[str, object]:
    """Put the result's JSON together again, as the page's export does."""
    data = chunks(page)
    head = data["head"]
    documents = []
    for row in head["documents"]:
        marks = data[f"t{row['chunk']}"][str(row["id"])]["marks"]
        documents.append(
            {key: value for key, value in row.items() if key not in ("share", "chunk")} | {"marks": marks}
        )
    clusters, passages = {}, {}
    for at in range(head["chunks"]):
        for detail in data[f"f{at}"]:
            if detail["cluster"] is not None:
                clusters[detail["row"]] = detail["cluster"]
            passages |= dict(detail["passages"])
    return {
        "schema": "dedup.result/1",
        **head["result"],
        "documents": documents,
        "passages": [passages[row] for row in sorted(passages)],
        "clusters": [clusters[row] for row in sorted(clusters)],
        "skipped": head["skipped"],
        "limits": head["limits"],
    }


@pytest.mark.parametrize("result", [sample_result(), build(7), build(230)], ids=["sample", "7", "230"])
def test_the_page_holds_the_whole_result(result):
    """Every row of dedup.result/1 can be taken out of the page again, unchanged."""
    assert unfold(render(result)) == json.loads(json.dumps(result.to_dict()))


def test_texts_come_back_code_point_for_code_point():
    """Texts survive folding with their offsets; a lone surrogate becomes one replacement character, not three."""
    result = sample_result()
    broken = replace(result.documents[0], text="甲\ud800乙\U0002a6d6丙\r\n", chars=7)
    result = replace(result, documents=(broken, *result.documents[1:]))
    texts = {
        key: row["text"]
        for name, chunk in chunks(render(result)).items()
        if name[0] == "t"
        for key, row in chunk.items()
    }
    assert texts["0"] == "甲\ufffd乙\U0002a6d6丙\r\n"
    assert all(texts[str(info.id)] == info.text for info in result.documents[1:])


def test_nothing_hostile_reaches_the_parser():
    """File names and texts with markup stand in the page only folded; no reference leads out of it."""
    page = render(sample_result())
    assert HOSTILE_NAME in str(chunks(page)["head"]) or json.dumps(HOSTILE_NAME)[1:-1] in str(chunks(page)["head"])
    for needle in ("alert(1)", "alert(2)", "onerror", HOSTILE_BLOCK[:20], "http://invalid"):
        assert needle not in page
    outside = re.findall(r'(?:src|href|action|url)\s*[=(]\s*["\']?([^"\'\s)>]+)', page)
    assert all(one.startswith(("#", "data:,")) for one in outside if "://" in one or one.startswith("//"))


def test_the_policy_names_exactly_the_style_and_the_script():
    """The Content-Security-Policy allows what is in the page by digest, and no network."""
    page = render(sample_result())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1].replace("&#39;", "'")
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    for name, text in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_script_makes_no_markup_from_strings():
    """No part of the script writes HTML, evaluates strings or sets inline styles as text."""
    for name in SCRIPTS:
        source = (resources.files("dedup.report") / "html" / name).read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert word not in source, f"{name} uses {word}"
        assert len(source.splitlines()) < 400


def test_every_word_of_the_page_has_both_languages():
    """Each key the script asks for exists, with a Chinese and an English text that use the same facts."""
    folder = resources.files("dedup.report") / "html"
    ui = json.loads((folder / "ui.json").read_text(encoding="utf-8"))
    source = "".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS)
    asked = set(re.findall(r'\bt\("([a-z_0-9]+)"[,)]', source))
    assert asked <= set(ui)
    for key, row in ui.items():
        assert len(row) == len(LANGUAGES), key
        assert all(row), key
        assert set(re.findall(r"\{(\w+)\}", row[0])) == set(re.findall(r"\{(\w+)\}", row[1])), key


def test_every_label_has_a_colour_and_a_pattern_of_its_own():
    """In black and white the labels differ by pattern: no two share one."""
    folder = resources.files("dedup.report") / "html"
    style = "".join((folder / name).read_text(encoding="utf-8") for name in STYLES)
    rules = {label: re.search(rf"\.lb-{label} \{{([^}}]+)\}}", style)[1] for label in LABELS}
    patterns = [re.sub(r"background-color:[^;]+;", "", rule).strip() for rule in rules.values()]
    plain = [label for label, rule in rules.items() if "background-image" not in rule]
    assert sorted(plain) == ["copy", "own"]
    assert len({one for one in patterns if one}) == len(LABELS) - 2


def test_equal_results_give_equal_pages_in_both_languages():
    """Rendering is a function of result and language."""
    assert render(build(20)) == render(build(20))
    assert render(build(20), lang="en") != render(build(20))
    with pytest.raises(ParamsError, match="lang is 'fr'"):
        render(build(4), lang="fr")


def test_a_thousand_families_are_small():
    """A page of 1,000 families, texts included, stays under 5 MB."""
    page = render(build(1_000))
    assert len(page.encode()) <= 5_000_000


@pytest.fixture(scope="module")
def scanned():
    """A result as a scan makes it: passages and families in columns, some of them loose."""
    blocks = [
        "各组轮流看护新栽的柿子林，缺水时用牛车从下河拉水浇灌，浇一棵记一棵，秋后照账算工。",
        "祠堂改的图书室每晚开到九点，管理员由退休教师轮值，丢一本书就在村口黑板上记一笔。",
        "去年冬天封山以前，把三条防火道上的茅草割净，割下的草背到沼气池边晾着备用，共出工三百个。",
    ]
    texts = [f"{town}记事\n{a}\n{town}的人都说好。\n{b}\n" for town in "甲乙丙" for a, b in pairwise(blocks)]
    texts.append("今年" + blocks[2].replace("三百", "450").replace("冬天", "冬季"))
    return scan(
        [Document(f"{number}.txt", text) for number, text in enumerate(texts)], Params(labels=("copy", "mass"))
    )


def test_a_result_in_columns_has_the_page_of_the_same_result_in_objects(scanned):
    """To the byte: what is written from columns is what objects would be written as."""
    assert isinstance(scanned.passages, PassageRows)
    objects = replace(scanned, passages=tuple(scanned.passages), clusters=tuple(scanned.clusters))
    assert len(objects.clusters) > 2
    assert render(scanned) == render(objects)
    assert payload.longest_runs(scanned.passages).tolist() == payload.longest_runs(objects.passages).tolist()
    assert unfold(render(scanned)) == json.loads(scanned.to_json())


def test_a_page_of_columns_makes_no_object_of_a_passage(scanned, monkeypatch):
    """Counted work: of a large result's passages only bytes are made."""
    expected = render(scanned)

    def made(*_):
        raise AssertionError("a passage was made")

    monkeypatch.setattr(PassageRows, "_made", made)
    assert render(scanned) == expected
    monkeypatch.setattr(queue, "MOST_FAMILIES", 1)
    assert len(chunks(render(scanned))["head"]["families"]) == 1


def test_the_report_of_columns_makes_the_families_that_it_shows(scanned, monkeypatch):
    """Counted work: thousands of families that are only counted are counted in their columns."""
    objects = replace(scanned, passages=tuple(scanned.passages), clusters=tuple(scanned.clusters))
    order = queue.queue_order(scanned)
    assert list(queue.each_family(scanned, order)) == [objects.clusters[row] for row in order]
    for rows in (None, order, order[1:], []):
        assert queue.kinds(scanned.clusters, rows) == queue.kinds(objects.clusters, rows)
    monkeypatch.setattr(terminal, "FAMILIES", 1)
    expected = list(terminal.plain(objects))
    made = []
    slow = ClusterRows._made
    monkeypatch.setattr(
        ClusterRows, "_made", lambda self, first, last: made.append(last - first) or slow(self, first, last)
    )
    assert list(terminal.plain(scanned)) == expected
    assert sum(made) == 1


def test_an_empty_result_and_one_without_texts_render():
    """Nothing found, and nothing to show, are results too."""
    empty = replace(build(1), clusters=(), passages=(), documents=())
    assert unfold(render(empty))["documents"] == []
    page = chunks(render(build(12, text=False)))
    assert page["t0"]["0"]["text"] is None
    assert all(row["snippet"] == "" for row in page["head"]["families"])


def test_totals_add_up():
    """The four numbers are sums over the rows of the JSON."""
    result = build(230)
    totals = queue.totals(result)
    data = result.to_dict()
    reviewed = [row for row in data["clusters"] if row["label"] in ("copy", "mass")]
    assert totals["review"] == len(reviewed) == sum(totals["grades"].values())
    assert totals["grades"]["A"] == sum(row["grade"] == "A" for row in reviewed)
    assert totals["involved"] == len({span["document"] for row in reviewed for span in row["members"]})
    assert totals["unexplained"] == sum(row["labels"]["copy"] + row["labels"]["mass"] for row in data["documents"])
    assert sum(totals["labels"].values()) == totals["chars"] == sum(row["chars"] for row in data["documents"])


def test_the_queue_begins_with_what_must_be_looked_at():
    """Copies before the rest, A before B before C, oddities first within a grade; each family once."""
    result = build(230)
    order = queue.queue_order(result)
    assert sorted(order) == list(range(len(result.clusters)))
    keys = [
        (result.clusters[row].label != "copy", result.clusters[row].grade or "D", not result.clusters[row].star)
        for row in order
    ]
    copies = [key for key in keys if not key[0]]
    assert copies == sorted(copies)
    assert keys[: len(copies)] == copies


def test_the_longest_run_is_the_longest_stretch_without_a_change():
    """Checked against a walk over the characters."""
    result = build(60)
    for passage in result.passages:
        changed = {at for row in passage.changes for at in range(*row.left)}
        best = run = 0
        for at in range(passage.left.start, passage.left.end):
            run = 0 if at in changed else run + 1
            best = max(best, run)
        assert payload.longest_runs([passage]).tolist() == [best]
    assert payload.longest_runs(result.passages).tolist() == [
        int(payload.longest_runs([passage])[0]) for passage in result.passages
    ]
    assert payload.longest_runs([]).tolist() == []
    shuffled = replace(result.passages[0], kind="shuffled")
    assert payload.longest_runs([shuffled]).tolist() == [-1]


def test_rare_parts_of_an_opening_are_bold_and_common_ones_are_not():
    """What no other report says is bold; what most reports say is not; evidence is bold whatever its rarity."""
    head = chunks(render(build(300)))["head"]
    some = [row for row in head["families"] if row["bold"]]
    assert some
    for row in head["families"]:
        points = list(row["snippet"])
        assert all(0 <= start < end <= len(points) for start, end in row["bold"])
        assert 2 * sum(end - start for start, end in row["bold"]) <= len(points)


def test_decisions_are_shown_where_their_family_is():
    """A decision rides along if its family is here, marked if the members changed; others are kept aside."""
    result = build(30)
    first, second = result.clusters[0], result.clusters[1]
    rows = [
        Decision(first.id, family_digest(result, first), "plagiarism", reviewer="甲", time="1"),
        Decision(second.id, "another", "citation", reviewer="甲", time="1"),
        Decision("gone", "gone", "self", reviewer="甲", time="1"),
    ]
    head = chunks(render(result, decisions=rows))["head"]
    assert {(row["family"], row["changed"]) for row in head["decisions"]} == {(first.id, False), (second.id, True)}
    assert [row["family"] for row in head["unmatched"]] == ["gone"]


def test_a_served_page_may_talk_to_its_server_only():
    """The policy of a served page opens the connection to its own origin, and carries token and reviewer folded."""
    page = render(build(5), served=Served("secret-token", "<b>王</b>", blind=True))
    assert "connect-src &#39;self&#39;" in page or "connect-src 'self'" in page
    assert "secret-token" not in page
    assert chunks(page)["head"]["served"] == {"token": "secret-token", "reviewer": "<b>王</b>", "blind": True}


def test_the_fold_table_is_the_key_streams():
    """Traditional characters fold to simplified, punctuation to nothing, figures and masks to a slot."""
    info = replace(build(2).documents[0], text="發展，１2×㈱A文", chars=9)
    table = payload.fold_table(replace(build(2), documents=(info,)))
    assert table["發"] == "发"
    assert table["，"] == ""
    assert table["１"] == table["2"] == table["×"] == payload.SLOT
    assert table["A"] == "a"
    assert "文" not in table


def test_a_page_of_too_many_families_shows_the_first_and_says_so(monkeypatch):
    """Families with a verdict are there however far back they stand; passages of the others are not."""
    result = build(6)
    order = queue.queue_order(result)
    monkeypatch.setattr(queue, "MOST_FAMILIES", 2)
    last = result.clusters[order[-1]]
    verdict = Carried(Decision(last.id, "", "ok"), family=last.id, changed=False)
    rows, limits = queue.chosen(result, order, [verdict])
    assert rows == [*order[:2], order[-1]] and [(row.kind, row.count) for row in limits] == [("page", 3)]
    families = queue.shown_families(result, rows)
    assert families == {row: result.clusters[row] for row in rows} and list(families) == rows
    shown = queue.shown_passages(result, families)
    names = {result.clusters[row].id for row in rows}
    assert set(shown.family) <= names
    assert list(zip(shown.number, shown.family, shown.passages, strict=True)) == [
        (at, one.cluster, one) for at, one in enumerate(result.passages) if one.cluster in names
    ]
    keys = [member_keys(result, cluster) for cluster in families.values()]
    details, loose = payload.family_chunks(result, families, keys, shown)
    assert [len(json.loads(chunk)) for chunk in details] == [3] and loose is None
    chunks = payload.text_chunks(result, families)
    marks = [mark for chunk in chunks for one in chunk.values() for mark in one["marks"]]
    assert all(mark[3] is None or mark[3] in names for mark in marks)
