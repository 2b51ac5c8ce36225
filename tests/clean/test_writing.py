"""What a clean writes: every row of its audit, every file and every figure of a small corpus, worked out by hand."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dedup import __version__
from dedup.clean import Archived, CleanPolicy, clean, corpus, restore
from dedup.digests import digest
from dedup.errors import ParamsError, ReadError
from dedup.result import Document, Result, Skipped
from tests.clean.hand import found, result_of, tree

LINE = "篾匠把青竹破成八片，削去竹黄，留下的篾青编成筛底。"
OWN = "筛框用火烤弯，两头搭接一拳长。"
OTHER = "竹节处先锯一道浅口，再用刀背敲开。"
POLICY = CleanPolicy()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def audit_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "audit.jsonl").read_text(encoding="utf-8").splitlines()]


class World:
    """A corpus of every fate.

    A report too short to be analysed; copies that go with their file, out of a file, out of a page, with their
    record; a record whose text is not in its file; two files that could not be read, and one that is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        page = f"<p>{LINE}</p><p>{OWN}</p>".encode()
        self.lines = [
            json.dumps({"id": name, "text": text}, ensure_ascii=False).encode() + b"\n"
            for name, text in (("x", "短。"), ("y", LINE), ("z", OWN))
        ]
        self.files = {
            "0.txt": "短。".encode(),
            "a.txt": LINE.encode(),
            "b.txt": LINE.encode(),
            "c.txt": f"{OWN}\r\n{LINE}\r\n".encode("gb18030"),
            "p.html": page,
            "r.jsonl": b"".join(self.lines),
            "s.jsonl": b'{"id": "1", "text": ""}\n',
            "y.bin": b"\x00\xff\x00",
            "z.bin": b"\x00\xff\x01",
        }
        for name, data in self.files.items():
            (folder / name).write_bytes(data)
        self.documents = [
            Document(self.path("0.txt"), "短。", encoding="utf-8"),
            Document(self.path("a.txt"), LINE, encoding="utf-8"),
            Document(self.path("b.txt"), LINE, encoding="utf-8"),
            Document(self.path("c.txt"), f"{OWN}\r\n{LINE}\r\n", encoding="gb18030"),
            Document(self.path("p.html"), f"{LINE}\n{OWN}\n", encoding="utf-8"),
            *(
                Document(self.path("r.jsonl"), text, member=name, encoding="utf-8")
                for name, text in (("x", "短。"), ("y", LINE), ("z", OWN))
            ),
            Document(self.path("s.jsonl"), LINE, member="1", encoding="utf-8"),
        ]
        short = "fewer than 5 characters remain to be compared"
        self.skipped = [
            Skipped(self.path("0.txt"), short, "short"),
            Skipped(self.path("r.jsonl"), short, "short", "x"),
            Skipped(self.path("y.bin"), "its bytes are no text", "encoding"),
            Skipped(self.path("z.bin"), "its bytes are no text", "encoding"),
            Skipped(self.path("gone.txt"), "no such file or directory", "missing"),
        ]
        analysed = [row for row in self.documents if row.text != "短。"]
        self.result = result_of(analysed, [found(analysed, LINE, name="f")], skipped=self.skipped)

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def file_row(self, number: int, name: str, after: bytes | None, **more: Any) -> dict[str, Any]:
        """Return the row of a file; ``after`` is its content, None if it is not written."""
        source = self.path(name.removesuffix(".txt") if name == "p.html.txt" else name)
        return {
            "kind": "file",
            "file": number,
            "name": name,
            "source": source,
            "form": "text",
            "encoding": "utf-8",
            "packing": None,
            "column": None,
            "reason": None,
            "documents": 1,
            "written": after is not None,
            "sha256_in": sha(self.files.get(name, b"")),
            "sha256_out": sha(after or b""),
        } | more

    def removal_row(self, number: int, name: str, text: str, start: int, **more: Any) -> dict[str, Any]:
        """Return the row of a removal of a copy of a.txt; ``at`` as given, or as the first byte that goes."""
        return {
            "kind": "removal",
            "document": self.path(name),
            "start": start,
            "end": start + len(text),
            "label": "copy",
            "family": "f",
            "wording": 1.0,
            "similarity": 1.0,
            "partner": {"document": self.path("a.txt"), "start": 0, "end": len(LINE)},
            "carried": 0,
            "digest": sha(text.encode()),
            "text": text,
            "file": number,
            "rule": POLICY.rule,
            "params": self.result.params.digest(),
            "version": __version__,
        } | more

    def header(self, **more: Any) -> dict[str, Any]:
        return {
            "schema": "dedup.audit/1",
            "version": __version__,
            "policy": POLICY.to_dict(),
            "params": self.result.params.to_dict(),
            "route": "passages",
            "archive": None,
            "mark": None,
            "dry_run": False,
        } | more


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "in")


_PAGE = "text cannot be cut within .html; written as .txt in UTF-8"
_LOST = "the text of its document 1 is the value of no key in the lines behind the last"


def rest_of(world: World) -> list[dict[str, Any]]:
    """Return the rows of what is copied as it is, and of what is skipped, which are the same if spans are marked."""
    rows = [(world.path("s.jsonl"), None, _LOST)]
    rows += [(row.source, row.member, row.reason) for row in world.skipped]
    return [
        world.file_row(6, "s.jsonl", world.files["s.jsonl"], form="copied", reason=_LOST),
        *(
            world.file_row(number, name, world.files[name], form="copied", documents=0, reason="it was not analysed")
            for number, name in ((7, "y.bin"), (8, "z.bin"))
        ),
        *({"kind": "skipped", "source": source, "member": member, "reason": why} for source, member, why in rows),
    ]


@pytest.mark.parametrize("dry_run", [False, True])
def test_every_file_and_every_row_of_the_audit(world: World, tmp_path: Path, dry_run: bool) -> None:
    """A dry run differs in the header alone, and writes nothing else."""
    out = tmp_path / "out"
    report = clean(world.result, world.documents, POLICY, out, base=world.folder, dry_run=dry_run, route="passages")
    files = world.files
    one, two, three = world.lines
    left = {
        "0.txt": files["0.txt"],
        "a.txt": files["a.txt"],
        "c.txt": f"{OWN}\r\n".encode("gb18030"),
        "p.html.txt": f"{OWN}\n".encode(),
        "r.jsonl": one + three,
        "s.jsonl": files["s.jsonl"],
        "y.bin": files["y.bin"],
        "z.bin": files["z.bin"],
    }
    at = len(f"{OWN}\r\n".encode("gb18030"))
    page = f"{LINE}\n{OWN}\n".encode()
    text_at = two.index(LINE.encode())
    shells = [
        (len(one), two[:text_at]),
        (len(one) + text_at + len(LINE.encode()), two[text_at + len(LINE.encode()) :]),
    ]
    summary = {
        "kind": "summary",
        "documents": {"in": 9, "untouched": 2, "cut": 2, "removed": 2, "skipped": 3},
        "characters": {
            "in": 2 * 2 + 6 * len(LINE) + 3 * len(OWN) + 6,
            "kept": len(LINE) + 3 * len(OWN) + 3,
            "removed": 4 * len(LINE) + 3,
            "skipped": 2 * 2 + len(LINE),
        },
        "removed": {"copy": [4, 4 * len(LINE) + 3]},
        "carried": 0,
        "stayed": {},
        "converted": {world.path("p.html"): _PAGE},
        "skipped": 6,
        "copied": 2,
    }
    wanted = [
        world.header(dry_run=dry_run),
        world.file_row(0, "0.txt", left["0.txt"]),
        world.file_row(1, "a.txt", left["a.txt"]),
        world.file_row(2, "b.txt", None),
        world.removal_row(2, "b.txt", LINE, 0, at=0),
        world.file_row(3, "c.txt", left["c.txt"], encoding="gb18030"),
        world.removal_row(3, "c.txt", f"{LINE}\r\n", len(OWN) + 2, at=at),
        world.file_row(4, "p.html.txt", left["p.html.txt"], sha256_in=sha(page), reason=_PAGE),
        world.removal_row(4, "p.html", f"{LINE}\n", 0, at=0),
        world.file_row(5, "r.jsonl", left["r.jsonl"], form="jsonl", documents=3),
        world.removal_row(5, "r.jsonl#y", LINE, 0, at=len(one) + text_at),
        *({"kind": "shell", "file": 5, "at": place, "raw": raw.decode()} for place, raw in shells),
        *rest_of(world),
        summary,
    ]
    for row, expected in zip(audit_of(out), wanted, strict=True):
        assert row == expected
    written = tree(out)
    del written["audit.jsonl"]
    assert written == ({} if dry_run else left)
    assert report.to_dict() == summary
    assert (report.dry_run, report.mark, report.level, report.keep) == (dry_run, False, "paragraph", "first")


def test_every_file_and_every_row_where_spans_are_marked(world: World, tmp_path: Path) -> None:
    """Nothing goes; each record gets the field, each text a file, and a removal names no bytes."""
    out = tmp_path / "out"
    report = clean(world.result, world.documents, POLICY, out, base=world.folder, mark_field="spans")

    def span(start: int, text: str) -> list[dict[str, Any]]:
        end = start + len(text)
        return [{"start": start, "end": end, "label": "copy", "family": "f", "partner": world.path("a.txt")}]

    def beside(number: int, *spans: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps({"field": "spans", "spans": list(spans)}, ensure_ascii=False) + "\n"
        return {"kind": "sidecar", "file": number, "text": text}

    def insert(place: int, spans: list[dict[str, Any]]) -> dict[str, Any]:
        raw = f', "spans": {json.dumps(spans, ensure_ascii=False)}'
        return {"kind": "insert", "file": 5, "at": place, "raw": raw}

    starts = [0, len(world.lines[0]), len(world.lines[0]) + len(world.lines[1])]
    puts = [
        insert(start + len(line) - 2, spans)
        for start, line, spans in zip(starts, world.lines, [[], span(0, LINE), []], strict=True)
    ]
    marked = b"".join(
        line[:-2] + put["raw"].encode() + line[-2:] for line, put in zip(world.lines, puts, strict=True)
    )
    page = f"{LINE}\n{OWN}\n".encode()
    files = world.files
    wanted = [
        world.header(mark="spans"),
        world.file_row(0, "0.txt", files["0.txt"]),
        beside(0),
        world.file_row(1, "a.txt", files["a.txt"]),
        beside(1),
        world.file_row(2, "b.txt", files["b.txt"]),
        world.removal_row(2, "b.txt", LINE, 0),
        beside(2, *span(0, LINE)),
        world.file_row(3, "c.txt", files["c.txt"], encoding="gb18030"),
        world.removal_row(3, "c.txt", f"{LINE}\r\n", len(OWN) + 2),
        beside(3, *span(len(OWN) + 2, f"{LINE}\r\n")),
        world.file_row(4, "p.html.txt", page, sha256_in=sha(page), reason=_PAGE),
        world.removal_row(4, "p.html", f"{LINE}\n", 0),
        beside(4, *span(0, f"{LINE}\n")),
        world.file_row(5, "r.jsonl", marked, form="jsonl", documents=3),
        world.removal_row(5, "r.jsonl#y", LINE, 0),
        *puts,
        *rest_of(world),
        report.to_dict(),
    ]
    for row, expected in zip(audit_of(out), wanted, strict=True):
        assert row == expected
    beside_texts = {
        f"{name}.spans.json": row["text"].encode()
        for row, name in zip(
            (row for row in wanted if row.get("kind") == "sidecar"),
            ["0.txt", "a.txt", "b.txt", "c.txt", "p.html.txt"],
            strict=True,
        )
    }
    written = tree(out)
    del written["audit.jsonl"]
    rest = {name: data for name, data in files.items() if name not in ("p.html", "r.jsonl")}
    assert written == rest | beside_texts | {"p.html.txt": page, "r.jsonl": marked}
    assert report.mark and report.documents["removed"] == 2


def test_restore_tells_how_many_files_it_wrote(world: World, tmp_path: Path) -> None:
    """Those that a clean wrote none of come back too."""
    clean(world.result, world.documents, POLICY, tmp_path / "out", base=world.folder)
    assert restore(tmp_path / "out", tmp_path / "back") == 9
    back = tree(tmp_path / "back")
    assert back.pop("p.html.txt") == f"{LINE}\n{OWN}\n".encode()
    assert back == {name: data for name, data in world.files.items() if name != "p.html"}


def test_an_archive_is_named_of_its_documents_alone(tmp_path: Path) -> None:
    """Of partners in the corpus' other folder it is not; the first and the last document of the archive count."""
    own = [Document("n.txt", f"{LINE}\n{OWN}\n{OTHER}\n"), Document("m.txt", "别的话。")]
    beside = [Document("o.txt", LINE)]
    archive = Archived("old.dedup", "state", [Document("1", OWN), Document("2", OTHER)])
    everything = [*own, *beside, *archive.documents]
    result = result_of(everything, [found(everything, text) for text in (LINE, OWN, OTHER)])
    clean(result, own, POLICY, tmp_path / "out", against=beside, archive=archive, route="paragraphs")
    rows = audit_of(tmp_path / "out")
    assert rows[0]["archive"] == {"path": "old.dedup", "content": "state"} and rows[0]["route"] == "paragraphs"
    partners = [row["partner"] for row in rows if row.get("kind") == "removal"]
    assert [(row["document"], row.get("archive")) for row in partners] == [
        ("o.txt", None), ("1", "old.dedup"), ("2", "old.dedup"),
    ]  # fmt: skip
    clean(result, own, POLICY, tmp_path / "marked", against=beside, archive=archive, mark_field="spans")
    (beside_it,) = [row for row in audit_of(tmp_path / "marked") if row.get("kind") == "sidecar" and row["file"] == 0]
    spans = json.loads(beside_it["text"])["spans"]
    assert [span.get("archive") for span in spans] == [None, "old.dedup", "old.dedup"]


@pytest.mark.parametrize(
    ("beside", "goes"), [({}, 1), ({"against": []}, 0), ({"archive": Archived("old.dedup", "s", [])}, 0)]
)
def test_against_nothing_nothing_goes(tmp_path: Path, beside: dict[str, Any], goes: int) -> None:
    """What is cleaned against a folder or an archive that holds nothing of it is not cleaned of itself."""
    documents = [Document("a", LINE), Document("b", LINE)]
    report = clean(result_of(documents, [found(documents, LINE)]), documents, POLICY, tmp_path / "out", **beside)
    assert report.documents["removed"] == goes


def without_texts(result: Result) -> Result:
    """Return a result as it is read from its file: with digests for texts."""
    rows = (replace(info, digest=digest(info.text or ""), text=None) for info in result.documents)
    return replace(result, documents=tuple(rows))


def test_a_result_without_texts_is_as_good(world: World, tmp_path: Path) -> None:
    clean(world.result, world.documents, POLICY, tmp_path / "one", base=world.folder)
    clean(without_texts(world.result), world.documents, POLICY, tmp_path / "two", base=world.folder)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_documents_of_one_name_are_told_apart_by_their_texts(tmp_path: Path) -> None:
    """Each is cut where its own text was found, whatever order the result has them in."""
    documents = [Document("n", f"{OWN}\n{LINE}"), Document("n", LINE), Document("n", f"{LINE}\n{OTHER}")]
    for order in ([2, 0, 1], [1, 2, 0]):
        rows = [documents[row] for row in order]
        for result in (result_of(rows, [found(rows, LINE)]), without_texts(result_of(rows, [found(rows, LINE)]))):
            out = tmp_path / f"out{order[0]}{result.documents[0].text is None}"
            clean(result, documents, POLICY, out)
            left = [json.loads(line)["text"] for line in (out / "n.jsonl").read_text(encoding="utf-8").splitlines()]
            assert left == [documents[0].text, OTHER]


def test_a_result_of_other_texts_is_refused(tmp_path: Path) -> None:
    documents = [Document("a", LINE), Document("b", LINE)]
    result = result_of(documents, [found(documents, LINE)])
    others = [documents[0], Document("b", OWN)]
    for one in (result, without_texts(result)):
        with pytest.raises(ParamsError, match="the result has b, which is none of the documents given: scan them"):
            clean(one, others, POLICY, tmp_path / "out")


def test_no_corpus_is_left_that_its_audit_could_not_undo(world: World, tmp_path: Path, monkeypatch: Any) -> None:
    """Each file is put back together before it is written."""
    monkeypatch.setattr(corpus, "restored", lambda form, content, *rest: content)
    with pytest.raises(AssertionError, match=r"the edits of .*b\.txt do not undo themselves"):
        clean(world.result, world.documents, POLICY, tmp_path / "out", base=world.folder)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_why_a_source_cannot_be_read_any_more_is_told(monkeypatch: Any) -> None:
    """In the system's words, or in those of an error that has no number."""
    for error, told in ((PermissionError(13, "Permission denied"), "Permission denied"), (OSError("torn"), "torn")):

        def refused(source: str, name: str, documents: Any, error: OSError = error) -> None:
            raise error

        monkeypatch.setattr(corpus, "open_source", refused)
        with pytest.raises(ReadError) as caught:
            corpus.open_file("x.txt", "x.txt", [Document("x.txt", LINE)])
        assert str(caught.value) == f"x.txt: it could be read before and cannot now ({told})"


def test_cuts_of_one_document_stand_in_the_audit_each_for_itself(tmp_path: Path) -> None:
    """Two copies and page noise between them; the texts that went, in order, with the label of each.

    More documents stay as they are than are cut.
    """
    noise = "【返回首页】\n"
    documents = [
        Document("a", f"{LINE}\n{OTHER}\n"),
        Document("b", f"{LINE}\n{noise}{OTHER}\n{OWN}"),
        Document("c", OWN),
    ]
    start = len(LINE) + 1
    families = [found(documents, text, label=label) for text, label in ((LINE, "copy"), (OTHER, "mass"))]
    result = result_of(documents, families, noise={1: [(start, start + len(noise))]})
    report = clean(result, documents, POLICY, tmp_path / "out")
    rows = [row for row in audit_of(tmp_path / "out") if row.get("kind") == "removal"]
    assert [(row["label"], row["text"].strip()) for row in rows] == [
        ("copy", LINE), ("furniture", noise.strip()), ("mass", OTHER),
    ]  # fmt: skip
    assert report.removed == {"copy": (1, len(LINE) + 1), "furniture": (1, len(noise)), "mass": (1, len(OTHER) + 1)}
    assert report.documents == {"in": 3, "untouched": 2, "cut": 1, "removed": 0, "skipped": 0}
    assert (tmp_path / "out" / "b.txt").read_text(encoding="utf-8") == OWN
