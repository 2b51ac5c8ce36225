"""The page in a browser, opened from disk with the network off: seen, used by hand and by keys, printed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from dedup import scan
from dedup.decisions import Decision, dumps, family_digest, loads
from dedup.report.listing import percent
from dedup.report.queue import REVIEWED, queue_order, totals
from dedup.result import Document
from tests.report.synthetic import build
from tests.results import HOSTILE_BLOCK, HOSTILE_NAME, sample_result

pytestmark = pytest.mark.browser

BLOCK = (
    "护林员在三处山口设了登记点，进山的人先交火种再领牌子，全年共登记3481人次。"
    "柳河镇还把巡山的路线画成图挂在村委会门口，谁哪天走哪条线一看便知，漏走一次扣当月补贴20元。"
)


def copied() -> list[Document]:
    """Return three reports that share a block with other figures and another town, and one that shares nothing."""
    fill = "今年的雨水比往年晚了半个月，谷子晒在新修的场院里，老人们坐在檐下剥玉米，孩子们放学后帮着翻晒。"
    other = BLOCK.replace("3481", "2907").replace("柳河镇", "沙坪乡")
    third = BLOCK.replace("3481", "615").replace("20元", "35元")
    return [
        Document("甲.txt", f"柳河镇总结\n{fill}\n{BLOCK}\n完。", issuer="柳河镇", date="2006-11"),
        Document(
            "乙.txt",
            f"沙坪乡总结\n{other}\n供销社的旧仓库改成了阅览室，夜里也亮着灯。",
            issuer="沙坪乡",
            date="2008-01",
        ),
        Document("丙.txt", f"石湾乡总结\n水利站换了两台水泵。\n{third}", issuer="石湾乡", date="2009-03-05"),
        Document(
            "丁.txt", "竹塘镇总结\n农机站把十二台旧拖拉机修好，春耕时按组排号使用，油钱各家自理。", issuer="竹塘镇"
        ),
    ]


def number(text: str) -> float:
    """Return a shown figure as a number: 1,234."""
    return float(text.replace(",", "").strip())


def resolve(data, path: str):
    """Return the value at a dotted path."""
    for key in path.split("."):
        data = data[int(key)] if isinstance(data, list) else data[key]
    return data


def shown_numbers(page) -> list[tuple[str, str]]:
    return page.eval_on_selector_all("[data-path]", "all => all.map(one => [one.dataset.path, one.textContent])")


def test_a_walk_through_the_page(visit):
    """Language, filter, threshold, family, pair, verdicts by key, export, print: all from disk without network."""
    page = visit(scan(copied()))
    assert page.title() == "重复内容审查报告"
    assert "相似不等于抄袭" in page.inner_text("#strip")
    page.click("#language")
    assert page.title() == "Duplicate content report"
    assert page.get_attribute("html", "lang") == "en"
    page.click("#language")

    rows = page.locator("#queue .row")
    assert rows.count() == 1
    page.fill("#filter-text", "没有这样的文字")
    assert rows.count() == 0
    assert page.locator("#card .empty").count() == 1
    page.fill("#filter-text", "护林员")
    assert rows.count() == 1
    page.fill("#filter-text", "")
    page.select_option("#filter-issuer", "竹塘镇")
    assert rows.count() == 0
    page.select_option("#filter-issuer", "沙坪乡")
    assert rows.count() == 1
    page.select_option("#filter-issuer", "")

    page.locator("#threshold").fill("99")
    assert rows.count() == 0
    assert page.inner_text("#threshold-value") == "99%"
    page.click("#threshold-reset")
    assert rows.count() == 1

    page.keyboard.press("j")
    page.wait_for_selector("#card .slots")
    values = page.inner_text(".slots")
    assert "3481" in values and "2907" in values and "615" in values
    assert page.locator(".mrow").count() == 4
    assert page.locator(".timeline .arrow").count() == 2

    page.keyboard.press("1")
    page.wait_for_selector(".row .verdict.v-plagiarism")
    page.keyboard.press("3")
    page.wait_for_selector(".row .verdict.v-citation")

    page.locator("[data-pair]").nth(1).click()
    page.wait_for_selector(".pane .badge.now")
    assert page.locator(".pane").count() == 2
    changed = page.eval_on_selector_all(".side-left mark.changed", "all => all.map(one => one.textContent)")
    before = page.locator("mark.changed").count()
    assert changed
    page.check("#switch-digits")
    page.wait_for_function(f"document.querySelectorAll('mark.changed').length < {before}")
    page.check("#switch-folded")
    page.wait_for_function("document.querySelector('.pane').textContent.includes('▢')")
    assert "，" not in page.inner_text(".side-left .pane")
    page.keyboard.press("5")
    page.keyboard.press("Escape")
    page.wait_for_selector(".row .verdict.v-insufficient")

    page.click("#files summary")
    with page.expect_download() as caught:
        page.click("#export-decisions")
    (row,) = loads(caught.value.path().read_text(encoding="utf-8"))
    assert row.verdict == "insufficient"
    assert len(page.pdf(format="A4")) > 10_000


def test_every_number_is_the_results(visit):
    """Each figure on each view stands in the result's JSON at the place it names, or is a total of it."""
    result = scan(copied())
    data = json.loads(result.to_json())
    sums = totals(result)
    share = {"boilerplate": sums["boilerplate"] / sums["chars"]}
    data |= {"totals": sums, "share": share}
    page = visit(result)
    page.wait_for_selector(".c-wording .num")
    checked = set()
    views = ["#f=" + result.clusters[0].id, "#t=reports", "#t=boiler", "#d=0", "#d=2"]
    for view in views:
        page.evaluate("view => { location.hash = view; }", view)
        page.wait_for_timeout(150)
        for path, text in shown_numbers(page):
            if path.startswith(("families.", "params.labels")):
                continue
            wanted = resolve(data, path)
            assert text != "" and (text in ("过短", "—") if wanted in (None, "") else True), path
            if wanted not in (None, ""):
                shown = percent(wanted) if text.endswith("%") else wanted  # rounded as the terminal does
                assert (text if text.endswith("%") else number(text)) == shown, (path, text, wanted)
            checked.add(path)
    assert {"totals.review", "totals.unexplained", "share.boilerplate", "totals.labels.copy"} <= checked
    assert {f"documents.{row}.rates.copied" for row in range(4)} <= checked
    assert any(re.fullmatch(r"clusters\.0\.members\.\d\.wording", path) for path in checked)


def test_the_exported_json_is_the_result(visit):
    """What the page writes out is what went in."""
    result = build(230)
    page = visit(result)
    page.click("#files summary")
    with page.expect_download() as caught:
        page.click("#export-json")
    assert json.loads(caught.value.path().read_text(encoding="utf-8")) == json.loads(result.to_json())


def test_clicking_a_rate_shows_its_characters(visit):
    """The characters that stand out, over those outside page noise, are the rate."""
    result = scan(copied())
    page = visit(result)
    judged = [info for info in result.documents if info.rates["copied"]]
    assert len(judged) == 3
    for info in judged:
        whole = info.chars - info.labels["furniture"]
        for key in ("repeated", "copied", "largest_source", "without_formula"):
            page.evaluate("view => { location.hash = view; }", f"#d={info.id},{key}")
            page.wait_for_selector(f".rates .on [data-rate='{key}']")
            told = int(page.get_attribute("#rate-note", "data-chars"))
            marked = page.eval_on_selector_all("mark.counted", "all => all.map(one => one.textContent.length)")
            assert round(told / whole, 4) == info.rates[key], key
            breaks = sum((info.text or "")[start:end].count("\n") for start, end, *_ in info.marks)
            assert told - breaks <= sum(marked) <= told


def test_hostile_text_is_text(visit):
    """Scripts, quotes, bidi controls and markup in texts and names are shown; nothing runs, nothing is loaded."""
    result = sample_result()
    page = visit(result)
    hostile = next(info.id for info in result.documents if info.source == HOSTILE_NAME)
    page.evaluate("view => { location.hash = view; }", f"#d={hostile}")
    page.wait_for_selector("#panel-sheet .block")
    assert "<script>alert(1)</script>" in page.inner_text("#panel-sheet h2")
    text = page.inner_text("#panel-sheet .sheettext")
    assert "<img src=x onerror=alert(2)>" in text
    assert "U+202E" in text and "U+0007" in text
    assert page.locator("main script, main img, main iframe").count() == 0
    family = next(cluster for cluster in result.clusters if cluster.label == "mass")
    page.evaluate("view => { location.hash = view; }", f"#f={family.id}")
    page.wait_for_selector(".mastertext span")
    assert HOSTILE_BLOCK.split("\x1b")[1][4:8] in page.inner_text(".mastertext")
    assert page.locator("#main img, #main script").count() == 0


def test_a_line_of_a_million_characters_opens(visit):
    """One line, one match near its end: the pair view opens there."""
    filler = "".join(chr(0x4E00 + (row * row * 31 + row * 7) % 20_000) for row in range(1_000_000))
    documents = [Document("长行.txt", filler + BLOCK), Document("短.txt", BLOCK)]
    page = visit(scan(documents))
    page.wait_for_selector("#card [data-pair]")
    page.locator("#card [data-pair]").first.click()
    page.wait_for_selector(".pane .badge.now", timeout=30_000)
    page.wait_for_timeout(500)
    for side in ("left", "right"):
        box = page.locator(f".side-{side} .pane").bounding_box()
        at = page.locator(f".side-{side} .badge.now").bounding_box()
        assert box["y"] <= at["y"] <= box["y"] + box["height"]


def test_verdicts_stay_in_the_browser_and_go_by_file(visit, tmp_path):
    """Reloading keeps them; a decisions file brings them, and those of no family here are written out again."""
    result = build(30)
    first, second = result.clusters[0], result.clusters[1]
    rows = [
        Decision(second.id, "other members", "self", "", "乙", "2024-01-01T00:00:00+08:00"),
        Decision("gone", "gone", "citation", "", "乙", "2024-01-01T00:00:00+08:00"),
    ]
    path = tmp_path / "decisions.json"
    path.write_text(dumps(rows), encoding="utf-8")
    page = visit(result)
    page.fill("#reviewer", "甲")
    page.keyboard.press("Tab")
    page.evaluate("view => { location.hash = view; }", f"#f={first.id}")
    page.wait_for_selector(f"#verdicts[data-family='{first.id}']")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.wait_for_selector(".row .verdict.v-template")
    page.set_input_files("#import-file", path)
    page.wait_for_selector(".row .again")
    page.reload()
    page.wait_for_selector("body.ready")
    assert page.locator(".row .verdict.v-template").count() == 1
    page.click("#files summary")
    with page.expect_download() as caught:
        page.click("#export-decisions")
    kept = {(row.family, row.reviewer): row for row in loads(caught.value.path().read_text(encoding="utf-8"))}
    assert kept[first.id, "甲"].digest == family_digest(result, first)
    assert kept[second.id, "乙"].verdict == "self"
    assert ("gone", "乙") in kept


def test_decisions_given_at_rendering_are_shown(visit):
    """``--decisions`` at rendering: the verdict stands in the queue."""
    result = build(10)
    row = Decision(
        result.clusters[0].id, family_digest(result, result.clusters[0]), "plagiarism", "一字不差", "甲", "1"
    )
    page = visit(result, decisions=[row])
    assert page.locator(".row .verdict.v-plagiarism").count() == 1


def test_members_without_a_listed_passage_are_compared_in_the_page(visit):
    """The page's own comparison finds the figures that differ where the result lists no pair."""
    result = scan(copied())
    page = visit(replace(result, passages=()))
    page.wait_for_selector("#card .slots")
    values = page.inner_text(".slots")
    assert "3481" in values and "2907" in values and "615" in values


def test_numbers_of_a_pair_are_those_of_its_passages(visit):
    """Shares both ways and the longest run, recomputed here from the JSON."""
    result = build(40)
    cluster = next(row for row in result.clusters if row.label == "copy" and len(row.members) > 2)
    left, right = cluster.members[0].document, cluster.members[1].document
    page = visit(result)
    page.evaluate("view => { location.hash = view; }", f"#p={cluster.id},0,1")
    page.wait_for_selector("#share-left")
    rows = [row for row in result.passages if {row.left.document, row.right.document} == {left, right}]
    mine = [row.left if row.left.document == left else row.right for row in rows]
    theirs = [row.right if row.left.document == left else row.left for row in rows]
    for name, spans, document in (("left", mine, left), ("right", theirs, right)):
        covered = len(set().union(*(range(span.start, span.end) for span in spans)))
        assert page.inner_text(f"#share-{name}") == percent(covered / result.documents[document].chars)
    best = 0
    for row in rows:
        turned = [change.left if row.left.document == left else change.right for change in row.changes]
        span = row.left if row.left.document == left else row.right
        cuts = [span.start, *(place for one in sorted(turned) for place in one), span.end]
        best = max(best, *(after - before for before, after in list(pairwise(cuts))[::2]))
    assert number(page.inner_text("#pair-longest")) == best
    assert page.locator(".side-left .badge").count() == len(rows)


def test_what_is_missing_is_shown_where_it_is_missing(visit):
    """The mark of a stripped figure stands between the words around it, not behind the passage."""
    stripped = BLOCK.replace("3481", "").replace("20", "")
    result = scan([Document("甲.txt", BLOCK), Document("乙.txt", stripped)])
    page = visit(result)
    page.keyboard.press("j")
    page.locator("[data-pair]").first.click()
    page.wait_for_selector(".pane i.gap")
    before = page.eval_on_selector_all(
        ".pane i.gap",
        """all => all.map(one => {
            const range = document.createRange();
            range.setStart(one.closest('.pane'), 0);
            range.setEndBefore(one);
            return range.toString().slice(-4);
        })""",
    )
    assert before == ["年共登记", "当月补贴"]


def test_both_columns_scroll_together(visit):
    """Where the left shows a match, the right shows its partner."""
    result = build(60, documents=4)
    cluster = next(row for row in result.clusters if row.label == "copy")
    page = visit(result)
    page.evaluate("view => { location.hash = view; }", f"#p={cluster.id},0,1")
    page.wait_for_selector(".pane .badge.now")
    page.wait_for_timeout(500)
    page.evaluate("() => { document.querySelector('.side-left .pane').scrollTop = 1200; }")
    page.wait_for_timeout(300)
    tops = page.evaluate("() => [...document.querySelectorAll('.pane')].map(one => one.scrollTop)")
    assert tops[0] == 1200
    assert tops[1] > 0
    assert page.locator(".mapview").count() == 2


def test_names_can_be_hidden(visit):
    """No file name or issuer is left beside the texts on screen, nor in the exported table."""
    result = scan(copied())
    page = visit(result)
    page.click("#anonymise")
    page.wait_for_selector(".mrow .name")
    for view in ("#t=reports", "#t=queue"):
        page.evaluate("view => { location.hash = view; }", view)
        page.wait_for_timeout(100)
        for selector in ("#reports", ".mtable", "#filter-issuer", ".slots small"):
            text = page.locator(selector).first.text_content() or ""
            assert not any(name in text for name in ("甲.txt", "乙.txt", "沙坪乡", "柳河镇")), selector
    page.click("#files summary")
    with page.expect_download() as caught:
        page.click("#export-csv")
    table = caught.value.path().read_text(encoding="utf-8-sig")
    assert "甲.txt" not in table
    assert "报告 2; 报告 3; 报告 4" in table


def test_it_fits_a_phone(visit):
    """At 390 pixels nothing is wider than the screen; a family opens over the list and closes again."""
    page = visit(scan(copied()), size=(390, 844))
    wide = "() => document.documentElement.scrollWidth <= window.innerWidth"
    assert page.evaluate(wide)
    page.locator("#queue .row").first.click()
    page.wait_for_selector("#card .slots", state="visible")
    assert page.evaluate(wide)
    page.locator("#card [data-pair]").nth(1).click()
    page.wait_for_selector(".pane .badge.now")
    assert page.evaluate(wide)
    page.go_back()
    page.click("#card .phone")
    assert not page.is_visible("#card")


def test_a_screen_reader_finds_its_way(visit):
    """Buttons and fields have names, lists have sizes, tabs say which is open, verdicts are announced."""
    page = visit(build(30))
    page.wait_for_selector("#card .mrow")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select')]
        .filter(one => one.offsetParent && !(one.textContent.trim() || one.ariaLabel || one.labels?.length))
        .map(one => one.outerHTML)"""
    )
    assert nameless == []
    assert page.get_attribute("#row-0", "aria-setsize") == str(
        sum(row.label in REVIEWED for row in build(30).clusters)
    )
    assert page.get_attribute("#tab-queue", "aria-selected") == "true"
    page.focus("#queue")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#queue", "aria-activedescendant") == "row-1"
    page.keyboard.press("2")
    page.wait_for_function("document.getElementById('live').textContent.includes('模板正常')")


def test_print_shows_the_whole_list(visit):
    """On paper the list is not cut to what is in sight, and the tones are lines, not colours."""
    result = build(80)
    page = visit(result)
    page.emulate_media(media="print")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    wanted = sum(row.label in REVIEWED for row in result.clusters)
    assert page.locator("#printed .row").count() == wanted
    assert not page.is_visible(".side")
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#printed").count() == 0


@pytest.mark.parametrize(("families", "bound"), [(1_000, 2.0), pytest.param(10_000, 10.0, marks=pytest.mark.slow)])
def test_it_opens_in_time(visit, families, bound, tmp_path):
    """1,000 families show their first view within 2 s, 10,000 still open; the list holds them all."""
    result = build(families)
    page = visit(result)
    page.wait_for_selector("#queue .row")
    assert page.evaluate("() => performance.now()") < 1000 * bound  # since the navigation began
    page.evaluate("() => { const list = document.getElementById('queue'); list.scrollTop = list.scrollHeight; }")
    last = [row for row in queue_order(result) if result.clusters[row].label in REVIEWED][-1]
    page.wait_for_selector(f"[data-family='{result.clusters[last].id}']")
    assert page.locator("#queue .row").count() < 40
