"""Files that this program reads back: results, decisions, gold, verdicts, indexes, and the page's requests."""

from __future__ import annotations

import asyncio
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from dedup import Index, Params
from dedup.decisions import apply, carry, dumps, loads
from dedup.errors import DedupError, FormatProblem
from dedup.evaluate import evaluate
from dedup.evaluate.gold import parse_gold
from dedup.report import markdown, tables, terminal
from dedup.report.html import render
from dedup.result import Document, Result
from dedup.review.desk import Desk
from dedup.review.server import application
from dedup.review.store import Verdicts
from tests.fuzz.target import Target, hold, united
from tests.report.synthetic import build
from tests.results import HOSTILE_NAME


@cache
def _result() -> Result:
    return build(6)


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="dedup-fuzz-"))


def results(data: bytes) -> None:
    """What loads as a result survives a round trip and is shown by every face; what does not is told."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    try:
        result = Result.from_dict(value)
    except FormatProblem:
        return
    written = result.to_json(texts=True)
    hold(Result.from_dict(json.loads(written)).to_json(texts=True) == written, "the result is not what was written")
    for lang in ("zh", "en"):
        "".join(terminal.plain(result, lang=lang))
        markdown.to_markdown(result, lang=lang)
        for table in tables.tables(result, lang=lang):
            tables.to_csv(table)
    hold(_elements(result) == _elements(_result()), "a result put an element into the page")
    carry([], result)


def _elements(result: Result) -> set[tuple[str, ...]]:
    """Return what a page is made of before it is opened: tags, attributes' names, and the text of what may run."""
    found = set()
    for node in LexborHTMLParser(render(result)).css("*"):
        data = node.attributes.get("type") == "application/x-dedup"
        runs = "" if data or node.tag not in ("script", "style") else node.text()
        found.add((node.tag, *sorted(node.attributes), runs))
    return found


def decisions(data: bytes) -> None:
    """What loads as decisions is written and read again alike, and applies to a result that stays sound."""
    try:
        rows = loads(data.decode("utf-8", "surrogateescape"))
    except FormatProblem:
        return
    hold(sorted(loads(dumps(rows)), key=repr) == sorted(rows, key=repr), "decisions are not what was written")
    result, found = apply(_result(), rows)
    hold(Result.from_dict(result.to_dict(texts=True)) == result, "decisions made the result unsound")
    hold(found.families + found.disputed <= len(result.clusters), "more families decided than there are")
    with Verdicts(":memory:") as store:
        desk = Desk(_result(), store, reviewer="甲")
        try:
            desk.take_in(rows)
            desk.csv()
            json.dumps(desk.visible())
        except DedupError:
            return


def gold(data: bytes) -> None:
    """A gold file is refused with its line, or scores between 0 and 1."""
    try:
        found = parse_gold(data.decode("utf-8", "surrogateescape").splitlines())
        scores = evaluate(found, _result())
    except FormatProblem:
        return
    for lang in ("zh", "en"):
        hold(scores.to_text(lang), "no table")
    json.dumps(scores.to_dict(), allow_nan=False)


def _with_changes(whole: bytes, data: bytes) -> bytes:
    """Return a file with pieces replaced: position (3 bytes), length (1), that many bytes; bare bytes appended."""
    found = bytearray(whole)
    while len(data) >= 5:
        at, size = int.from_bytes(data[:3], "big") % (len(found) + 1), data[3] % 32 + 1
        found[at : at + size] = data[4 : 4 + size]
        data = data[4 + size :]
    if data:
        del found[-int.from_bytes(data, "big") % (len(found) or 1) :]
    return bytes(found)


@cache
def _index() -> bytes:
    path = _folder() / "sound.dedup"
    texts = [info.text or "" for info in _result().documents]
    with Index.create(path, Params(), force=True) as index:
        index.add([Document(f"{row}.txt", text) for row, text in enumerate(texts)])
        index._file.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


def index(data: bytes) -> None:
    """A damaged index is refused, or holds exactly what was stored; never another exception, never another text."""
    path = _folder() / "changed.dedup"
    for side in ("", "-wal", "-shm"):
        path.with_name(path.name + side).unlink(missing_ok=True)
    path.write_bytes(_with_changes(_index(), data))
    stored = {f"{row}.txt": info.text for row, info in enumerate(_result().documents)}
    try:
        with Index(path, wait=0.1) as opened:
            opened.info()
            for document in opened.documents():
                hold(stored.get(document.source) == document.text, "the index gives another text than was stored")
            opened.check()
    except DedupError:
        return


@cache
def _verdicts() -> bytes:
    path = _folder() / "sound.sqlite"
    with Verdicts(path) as store:
        desk = Desk(_result(), store, reviewer="甲", clock=lambda: "2024-01-01T00:00:00+08:00")
        for cluster in _result().clusters[:4]:
            desk.decide(cluster.id, "citation", "见附件")
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store._db.execute("PRAGMA journal_mode = DELETE")
    return path.read_bytes()


def verdicts(data: bytes) -> None:
    """A damaged store of verdicts is refused with a sentence."""
    path = _folder() / "changed.sqlite"
    for side in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + side).unlink(missing_ok=True)
    path.write_bytes(_with_changes(_verdicts(), data))
    try:
        with Verdicts(path) as store:
            desk = Desk(_result(), store, reviewer="乙")
            desk.decide(_result().clusters[0].id, "self")
            json.dumps(desk.visible())
            desk.csv()
            store.history()
    except DedupError:
        return


class _Asked:
    """The review application, asked without a socket: one request in, status, headers and body out."""

    def __init__(self) -> None:
        self.store = Verdicts(":memory:")
        desk = Desk(_result(), self.store, reviewer="甲")
        self.app = application(_result(), desk, token="secret-token", port=4321)
        self.loop = asyncio.new_event_loop()
        # A thread of its own: the tests of the page leave a loop running in the main one.
        self.thread = ThreadPoolExecutor(1)

    def ask(
        self, method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> tuple[Any, bytes]:
        pieces = [{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}]
        sent: list[Any] = []

        async def receive() -> Any:
            return pieces.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": ""}
        scope |= {"method": method, "path": path.decode("utf-8", "replace"), "raw_path": path, "query_string": query}
        scope |= {"headers": headers, "client": ("127.0.0.1", 9), "server": ("127.0.0.1", 4321)}
        self.thread.submit(self.loop.run_until_complete, self.app(scope, receive, send)).result()
        return sent[0], b"".join(message.get("body", b"") for message in sent[1:])


@cache
def _asked() -> _Asked:
    return _Asked()


def requests(data: bytes) -> None:
    """Whatever is asked: an answer below 500, nothing of the result without the token, no verdict that is none."""
    line, _, rest = data.partition(b"\n")
    head, _, body = rest.partition(b"\n\n")
    method, path, query = [*line.split(b" "), b"", b"", b""][:3]
    headers = []
    for row in head.split(b"\n"):
        name, colon, value = row.partition(b":")
        if colon and name:
            headers.append((name.strip().lower(), value.strip()))
    asked = _asked()
    if len(asked.store.history()) > 200:
        _asked.cache_clear()
        asked = _asked()
    start, answer = asked.ask(method.decode("latin-1").upper() or "GET", path or b"/", query, headers, body)
    hold(start["status"] < 500, f"status {start['status']}")
    told = b"secret-token" in data
    hold(told or start["status"] in (400, 403, 404, 405, 421), f"answered {start['status']} without the token")
    hold(told or len(answer) < 300, "told something without the token")
    for row in asked.store.history():
        hold(row.verdict in ("withdrawn",) or row.family, "a verdict on nothing was kept")


def _request(method: str, path: str, body: bytes = b"", *, token: bytes = b"secret-token", query: str = "") -> bytes:
    head = b"host: 127.0.0.1:4321\nx-dedup-token: " + token + b"\ncontent-type: application/json"
    return f"{method} {path} {query}\n".encode() + head + b"\n\n" + body


def _request_seeds() -> list[bytes]:
    family = _result().clusters[0].id
    give = json.dumps({"family": family, "verdict": "self", "reason": "同一单位"}).encode()
    take = json.dumps({"family": family, "verdict": None}).encode()
    seeds = [_request(*each) for each in (("POST", "/api/decisions", give), ("POST", "/api/decisions", take))]
    seeds += [_request("GET", path) for path in ("/", "/api/decisions", "/api/decisions.json", "/api/decisions.csv")]
    seeds += [_request("POST", "/api/import", body) for body in _decision_seeds()]
    return [*seeds, _request("GET", "/", token=b"x", query="token=secret"), _request("PUT", "/../etc")]


def _result_seeds() -> list[bytes]:
    small = build(2)
    named = small.to_dict(texts=True)
    named["documents"][0]["source"] = HOSTILE_NAME
    whole = json.dumps(named, ensure_ascii=False).encode()
    bare = {**named, "passages": [], "clusters": [], "documents": []}
    return [whole, json.dumps(bare).encode()]


def digest() -> str:
    """Return the first half of the digest of a document that a family of the sound result stands in."""
    result = _result()
    return result.documents[result.clusters[0].members[0].document].digest[:16]


def with_digest(digest: str) -> bytes:
    """Return a sound result in JSON whose first document has this digest."""
    data = build(2).to_dict(texts=True)
    data["documents"][0]["digest"] = digest
    return json.dumps(data).encode()


def _decision_seeds() -> list[bytes]:
    with Verdicts(":memory:") as store:
        desk = Desk(_result(), store, reviewer="甲", clock=lambda: "2024-01-01T00:00:00+08:00")
        for cluster, verdict in zip(_result().clusters, ("plagiarism", "self", "citation", "template"), strict=False):
            desk.decide(cluster.id, verdict, "理由")
        return [dumps(desk.export()[:1]).encode(), dumps(desk.export()).encode()]


def _gold_seeds() -> list[bytes]:
    one, two = _result().documents[0].name, _result().documents[1].name
    rows = [
        {"schema": "dedup.gold/1", "complete": True},
        {
            "a_doc": one,
            "a_start": 3,
            "a_end": 60,
            "b_doc": two,
            "b_start": 5,
            "b_end": 66,
            "label": "copy",
            "family": "f",
        },
        {"doc": one, "start": 0, "end": 20, "label": "own"},
    ]
    return ["\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()]


_JSON = (
    b'"',
    b"{}",
    b"[]",
    b"null",
    b"true",
    b"-1",
    b"1e400",
    b"NaN",
    b"\\ud800",
    b"9" * 20,
    b'"start":',
    b'"labels":',
)
_SQL = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\x10\0", b"SQLite format 3\0")

TARGETS = {
    "json": united(
        Target(results, _result_seeds, (*_JSON, b"<script>", b"\\u0000", b"</title>"), longest=12_000),
        Target(decisions, _decision_seeds, _JSON),
        Target(gold, _gold_seeds, (*_JSON, b'"a_end":', b'"complete":true')),
    ),
    "sqlite": united(
        Target(index, lambda: [b"", b"\0\0\x40\4abcd", b"\0\x40\0\1\1\1"], _SQL, longest=400),
        Target(verdicts, lambda: [b"", b"\0\0\x40\4abcd", b"\0\x10\0\1\1\1"], _SQL, longest=400),
    ),
    "requests": Target(
        requests, _request_seeds, (*_JSON, b"POST", b"/api/import", b"token=", b"secret-token", b"host:"), 6000
    ),
}
