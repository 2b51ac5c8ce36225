"""The store, the desk and the server: no verdict is lost, nobody else gets in."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from dataclasses import replace
from itertools import count

import pytest
from starlette.testclient import TestClient

from dedup.decisions import SCHEMA, Decision, dumps, family_digest, loads
from dedup.errors import FormatProblem, OutputFailed
from dedup.review.agreement import agreements
from dedup.review.desk import Desk
from dedup.review.server import application, listen
from dedup.review.store import WITHDRAWN, Verdicts, beside
from tests.report.synthetic import build

RESULT = build(12)
FAMILY = RESULT.clusters[0].id


def ticking():
    """Return a clock that goes on by a second at each look."""
    ticks = count(1)
    return lambda: f"2024-01-01T00:00:{next(ticks):02d}+08:00"


def desk(store, reviewer="甲", clock=None, **options):
    return Desk(RESULT, store, reviewer=reviewer, clock=clock or ticking(), **options)


def test_a_verdict_is_there_after_the_store_was_closed(tmp_path):
    """And it carries the digest and members of what was seen."""
    path = beside(tmp_path / "result.json")
    assert path.name == "result.verdicts.sqlite"
    with Verdicts(path) as store:
        desk(store).decide(FAMILY, "plagiarism", "与甲村一字不差")
    with Verdicts(path) as store:
        (row,) = store.decisions()
    assert (row.family, row.verdict, row.reason, row.reviewer) == (FAMILY, "plagiarism", "与甲村一字不差", "甲")
    assert row.digest == family_digest(RESULT, RESULT.clusters[0])
    assert row.members


def test_a_verdict_is_there_after_a_crash(tmp_path):
    """It is on disk when decide returns: another connection reads it while the first is still open."""
    path = tmp_path / "v.sqlite"
    with Verdicts(path) as store:
        desk(store).decide(FAMILY, "self")
        with Verdicts(path) as other:
            assert [row.verdict for row in other.decisions()] == ["self"]


def test_nothing_is_overwritten(tmp_path):
    """A changed mind and a verdict taken back stay in the journal; only what stands is shown."""
    with Verdicts(tmp_path / "v.sqlite") as store:
        mine = desk(store)
        for verdict in ("plagiarism", "citation", None):
            mine.decide(FAMILY, verdict)
        assert [row.verdict for row in store.history()] == ["plagiarism", "citation", WITHDRAWN]
        assert store.decisions() == ()
        mine.decide(FAMILY, "template")
        assert [row.verdict for row in store.decisions()] == ["template"]


def test_taking_back_reaches_a_verdict_carried_over_from_an_old_id(tmp_path):
    """Or it would come back at the next reading."""
    cluster = RESULT.clusters[0]
    with Verdicts(tmp_path / "v.sqlite") as store:
        store.add(Decision("old-id", family_digest(RESULT, cluster), "self", "", "甲", "2023-01-01T00:00:00+08:00"))
        mine = desk(store)
        assert [row["family"] for row in mine.visible()["decisions"]] == [FAMILY]
        mine.decide(FAMILY, None)
        assert mine.visible()["decisions"] == []


def test_a_file_that_is_no_store_is_refused(tmp_path):
    """Text, another database, a later schema: each with its reason, and left as it was."""
    text = tmp_path / "text.sqlite"
    text.write_text("no database at all, but long enough to look at" * 40, encoding="utf-8")
    with pytest.raises(FormatProblem, match="no file of verdicts"):
        Verdicts(text)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE things (name TEXT)")
    db.close()
    with pytest.raises(FormatProblem, match="holds no verdicts"):
        Verdicts(other)
    later = tmp_path / "later.sqlite"
    Verdicts(later).close()
    with sqlite3.connect(later) as db:
        db.execute("UPDATE header SET value = 'dedup.verdicts/9'")
    db.close()
    with pytest.raises(FormatProblem, match=r"'dedup\.verdicts/9'"):
        Verdicts(later)
    with pytest.raises(OutputFailed):
        Verdicts(tmp_path / "no" / "folder" / "v.sqlite")


def test_two_threads_lose_nothing(tmp_path):
    """Decisions given at once are all kept."""
    with Verdicts(tmp_path / "v.sqlite") as store:

        def work(reviewer):
            mine = desk(store, reviewer)
            for cluster in RESULT.clusters:
                mine.decide(cluster.id, "self")

        threads = [threading.Thread(target=work, args=(name,)) for name in ("甲", "乙")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(store.decisions()) == 2 * len(RESULT.clusters)


def test_a_blind_reviewer_sees_others_only_after_deciding(tmp_path):
    """Nor does the agreement or an export tell what is hidden."""
    with Verdicts(tmp_path / "v.sqlite") as store:
        first = desk(store, "甲")
        for cluster in RESULT.clusters[:3]:
            first.decide(cluster.id, "plagiarism")
        second = desk(store, "乙", blind=True)
        assert second.visible() == {"decisions": [], "unmatched": [], "agreement": []}
        assert second.export() == ()
        second.decide(FAMILY, "citation")
        seen = second.visible()
        assert {(row["family"], row["reviewer"]) for row in seen["decisions"]} == {(FAMILY, "甲"), (FAMILY, "乙")}
        assert seen["agreement"] == [{"reviewers": ("乙", "甲"), "both": 1, "agree": 0.0, "kappa": 0.0}]
        assert len(desk(store, "丙").visible()["decisions"]) == 4


def test_agreement_is_cohens_kappa(tmp_path):
    """Against a table computed by hand: 6 of 10 alike, chance 0.5, kappa 0.2; undefined where one verdict is all."""
    with Verdicts(tmp_path / "v.sqlite") as store:
        one, other = desk(store, "甲"), desk(store, "乙")
        for row, cluster in enumerate(RESULT.clusters[:10]):
            one.decide(cluster.id, "self" if row < 5 else "citation")
            other.decide(cluster.id, "self" if row in (0, 1, 2, 8, 9) else "citation")
        (found,) = agreements(one.all()[0])
        assert (found.both, found.agree) == (10, 0.6)
        assert found.kappa == pytest.approx(0.2)
    with Verdicts(":memory:") as store:
        for name in ("甲", "乙"):
            desk(store, name).decide(FAMILY, "self")
        (found,) = agreements(desk(store).all()[0])
        assert (found.agree, found.kappa) == (1.0, None)


def test_export_and_import_bring_everything_across(tmp_path):
    """Into an empty store, and twice without doubling; an older file does not displace a newer verdict."""
    with Verdicts(tmp_path / "a.sqlite") as store:
        mine = desk(store)
        for cluster in RESULT.clusters:
            mine.decide(cluster.id, "self", '理由,"一"\n=1+1')
        store.add(Decision("gone", "gone", "citation", reviewer="甲", time="1"))
        rows = mine.export()
        table = mine.csv().decode("utf-8-sig")
    assert len(rows) == len(RESULT.clusters) + 1
    assert table.splitlines()[0] == "family,label,grade,title,verdict,changed,reason,reviewer,time"
    with Verdicts(tmp_path / "b.sqlite") as store:
        theirs = desk(store, "乙")
        assert theirs.take_in(rows) == len(RESULT.clusters)
        assert theirs.take_in(rows) == len(RESULT.clusters)
        assert len(store.history()) == len(rows)
        assert sorted(theirs.export(), key=repr) == sorted(rows, key=repr)
        newer = Decision(FAMILY, rows[0].digest, "plagiarism", "", "甲", "2030-01-01T00:00:00+08:00")
        store.add(newer)
        theirs.take_in(rows)
        assert {row.verdict for row in store.decisions() if row.family == FAMILY} == {"plagiarism"}


@pytest.fixture
def client(tmp_path):
    with Verdicts(tmp_path / "v.sqlite") as store:
        app = application(RESULT, desk(store), token="right", port=8123)
        with TestClient(app, base_url="http://127.0.0.1:8123", headers={"X-Dedup-Token": "right"}) as web:
            yield web


def test_the_server_keeps_and_tells_verdicts(client):
    """Decide, read back, withdraw, export."""
    assert (
        client.post("/api/decisions", json={"family": FAMILY, "verdict": "self", "reason": "旧稿"}).status_code == 200
    )
    (row,) = client.get("/api/decisions").json()["decisions"]
    assert (row["family"], row["verdict"], row["reason"], row["changed"]) == (FAMILY, "self", "旧稿", False)
    assert loads(client.get("/api/decisions.json").text)[0].verdict == "self"
    assert "旧稿" in client.get("/api/decisions.csv").text
    client.post("/api/decisions", json={"family": FAMILY, "verdict": None})
    assert client.get("/api/decisions").json()["decisions"] == []
    told = client.post("/api/import", json={"schema": SCHEMA, "decisions": [row]})
    assert told.json() == {"matched": 1}


def test_strangers_are_refused(client):
    """No token, a wrong one, a foreign host name, a form from another site: nothing is told or kept."""
    body = {"family": FAMILY, "verdict": "self"}
    for headers in (
        {"X-Dedup-Token": ""},
        {"X-Dedup-Token": "wrong"},
        {"X-Dedup-Token": "righ\u00fft".encode("latin-1")},
    ):
        for path in ("/", "/api/decisions", "/api/decisions.json", "/api/decisions.csv"):
            assert client.get(path, headers=headers).status_code == 403
        assert client.post("/api/decisions", json=body, headers=headers).status_code == 403
    for host in ("evil.example", "127.0.0.1", "127.0.0.1:9", "evil.example:8123"):
        assert client.get("/", headers={"Host": host}).status_code == 421
        assert client.post("/api/decisions", json=body, headers={"Host": host}).status_code == 421
    form = client.post("/api/decisions", data={"family": FAMILY, "verdict": "self"})
    assert form.status_code == 415
    assert client.get("/api/decisions").json()["decisions"] == []
    assert client.get("/?token=right", headers={"X-Dedup-Token": ""}).status_code == 200


def test_wrong_requests_get_a_sentence(client):
    """And keep nothing."""
    for body, status in (
        ([], 400),
        ({"verdict": "self"}, 400),
        ({"family": FAMILY, "verdict": 3}, 400),
        ({"family": FAMILY, "verdict": "guilty"}, 409),
        ({"family": "no such", "verdict": "self"}, 409),
    ):
        answer = client.post("/api/decisions", json=body)
        assert answer.status_code == status
        assert len(answer.text) > 10
    broken = client.post("/api/decisions", content=b"{", headers={"Content-Type": "application/json"})
    assert broken.status_code == 400
    assert client.post("/api/import", json={"schema": "x"}).status_code == 409
    assert client.get("/api/decisions").json()["decisions"] == []


def test_the_page_comes_with_strict_headers(client):
    """No frame, no cache, no sniffing, no referrer; the policy of the page is a header too."""
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_it_listens_on_this_machine_only():
    """The socket is bound to the loopback address, and takes a browser that comes before the server runs."""
    with listen() as bound:
        assert bound.getsockname()[0] == "127.0.0.1"
        taken = bound.getsockname()[1]
        socket.create_connection(("127.0.0.1", taken), timeout=5).close()
        with pytest.raises(OSError, match="in use"):
            listen(taken)


def test_the_command_exports_without_serving(tmp_path):
    """dedup review RESULT --export writes what stands, and refuses a port or an ending that cannot be."""
    import typer
    from typer.testing import CliRunner

    from dedup.cli import review as command

    app = typer.Typer()
    command.register(app)
    path = tmp_path / "result.json"
    path.write_text(RESULT.to_json(texts=True), encoding="utf-8")
    with Verdicts(beside(path)) as store:
        desk(store).decide(FAMILY, "citation", "转发通知")
    out, table = tmp_path / "d.json", tmp_path / "d.csv"
    done = CliRunner().invoke(app, [str(path), "--export", str(out), "--export", str(table), "--reviewer", "甲"])
    assert done.exit_code == 0, done.output
    assert [row.verdict for row in loads(out.read_text(encoding="utf-8"))] == ["citation"]
    assert json.loads(out.read_text(encoding="utf-8"))["schema"] == SCHEMA
    assert "转发通知" in table.read_text(encoding="utf-8-sig")
    wrong = CliRunner().invoke(app, [str(path), "--port", "70000", "--export", str(tmp_path / "d.doc")])
    assert "port is 70000" in str(wrong.exception)
    assert "must end in .json or .csv" in str(wrong.exception)


def test_report_takes_decisions(tmp_path):
    """dedup report --decisions relabels, says how many took effect, and the page shows the verdict."""
    from typer.testing import CliRunner

    from dedup.cli.main import app
    from dedup.result import Result

    path, given = tmp_path / "result.json", tmp_path / "decisions.json"
    path.write_text(RESULT.to_json(texts=True), encoding="utf-8")
    cluster = next(row for row in RESULT.clusters if row.label == "copy")
    with Verdicts(":memory:") as store:
        desk(store).decide(cluster.id, "template")
        given.write_text(dumps(desk(store).export()), encoding="utf-8")
    out, page = tmp_path / "again.json", tmp_path / "page.html"
    wanted = ["report", str(path), "--decisions", str(given), "--json", str(out), "--html", str(page), "--lang", "en"]
    done = CliRunner().invoke(app, wanted)
    assert done.exit_code == 0, done.output
    assert "1 families labelled as decided" in done.stderr
    again = {row.id: row.label for row in Result.from_json(out).clusters}
    assert again == {row.id: "template" if row is cluster else row.label for row in RESULT.clusters}
    assert page.stat().st_size > 10_000
    given.write_text("{}", encoding="utf-8")
    refused = CliRunner().invoke(app, [*wanted, "--force"])
    assert refused.exit_code == 2
    assert "the schema is None" in refused.stderr


@pytest.mark.parametrize(
    "damage",
    ["members = '[\"half a'", "members = '[7]'", "members = 7", "reason = x'ff'", "reason = CAST(x'ff' AS TEXT)"],
)
def test_a_damaged_verdict_is_told(tmp_path, damage):
    """A row that is no verdict is named as such wherever the store is read. Found by fuzzing."""
    path = tmp_path / "v.sqlite"
    with Verdicts(path) as store:
        desk(store).decide(FAMILY, "self")
    with sqlite3.connect(path) as db:
        db.execute(f"UPDATE verdicts SET {damage}")
    db.close()
    with Verdicts(path) as store:
        for read in (store.decisions, store.history, desk(store).visible):
            with pytest.raises(FormatProblem, match="cannot be read"):
                read()


def test_half_a_surrogate_pair_is_refused_and_nothing_kept(tmp_path):
    """JSON can write one, a file of text cannot: once the server answered 500. Found by fuzzing."""
    with Verdicts(tmp_path / "v.sqlite") as store:
        with pytest.raises(OutputFailed, match="surrogate"):
            desk(store).decide(FAMILY, "self", "\ud800")
        sound = Decision("f", "d", "self", "", "甲", "2024-01-01T00:00:00+08:00", ("m",))
        for broken in (replace(sound, reason="\ud800"), replace(sound, members=("\ud800",))):
            with pytest.raises(OutputFailed, match="surrogate"):
                desk(store).take_in(loads(dumps([broken])))
        assert store.history() == ()
