"""Corpora cleaned from file to file: what holds at every level, policy and format, and when there is no room."""

from __future__ import annotations

import csv
import gzip
import json
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench.grammar import Writer
from dedup import Document, scan
from dedup.clean import KEEPS, LEVELS, CleanPolicy, clean, near, replay, restore
from dedup.cli.main import app
from dedup.read import read
from dedup.result import Skipped
from tests.clean.hand import tree

resource = pytest.importorskip("resource")  # not on Windows

FORMATS = ("txt", "jsonl", "csv", "parquet")


def texts_of(seed: int) -> list[str]:
    """Return reports in which paragraphs stand twice: exactly, with a word more, in traditional script."""
    writer, draw = Writer(f"整路{seed}"), random.Random(seed)
    blocks = [writer.paragraph() for _ in range(6)]
    texts = []
    for number in range(7):
        pieces = [f"第{number}组记事", *(writer.paragraph() for _ in range(draw.randrange(3)))]
        for block in draw.sample(blocks, 2):
            middle = len(block) // 2
            pieces.append(
                draw.choice([block, block, block[:middle] + "又" + block[middle:], block.replace("们", "們")])
            )
        draw.shuffle(pieces)
        texts.append(draw.choice(["\n", "\r\n"]).join(pieces) + draw.choice(["", "\n"]))
    return [*texts, texts[0], "　"]


def write(folder: Path, form: str, texts: list[str]) -> None:
    folder.mkdir()
    rows = [{"id": f"r{number}", "text": text, "n": number} for number, text in enumerate(texts)]
    if form == "txt":
        for row in rows:
            (folder / f"{row['id']}.txt").write_bytes(str(row["text"]).encode("gb18030"))
    elif form == "jsonl":
        lines = "".join(json.dumps(row, ensure_ascii=bool(row["n"])) + "\n" for row in rows)
        (folder / "rows.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    elif form == "csv":
        with (folder / "rows.csv").open("w", encoding="utf-8-sig", newline="") as file:
            table = csv.DictWriter(file, ["id", "text", "n"])
            table.writeheader()
            table.writerows(rows)
    else:
        arrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(arrow.Table.from_pylist(rows), folder / "rows.parquet")


def read_all(folder: Path) -> tuple[list[Document], list[Skipped]]:
    rows = [row for row in read([folder]) if Path(row.source).name != "audit.jsonl"]
    return [row for row in rows if isinstance(row, Document)], [row for row in rows if isinstance(row, Skipped)]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("keep", KEEPS)
def test_what_holds_of_every_clean(tmp_path: Path, form: str, level: str, keep: str) -> None:
    """Sums to the character; restore is the identity; replay equals clean; partners stand; what went is gone.

    What went may stand in what is left once: with the partner.
    """
    source, out = tmp_path / "in", tmp_path / "out"
    write(source, form, texts_of(len(level) * len(keep)))
    documents, skipped = read_all(source)
    by_scan = level == "passage" and keep == "first"
    result = scan([*documents, *skipped]) if by_scan else near(documents, skipped=skipped)
    policy = CleanPolicy(level=level, keep=keep, labels=("furniture", "formula", "self", "mass", "copy"))
    report = clean(result, documents, policy, out, base=source)
    rows = [json.loads(line) for line in (out / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
    removals = [row for row in rows if row.get("kind") == "removal"]
    assert removals

    before = {one.name.removeprefix(str(source)): one.text for one in documents}
    after = {one.name.removeprefix(str(out)): one.text for one in read_all(out)[0]}
    short = {row.source + (f"#{row.member}" if row.member else "") for row in result.skipped}
    chars = report.characters
    assert chars["in"] == sum(map(len, before.values())) == chars["kept"] + chars["removed"] + chars["skipped"]
    assert chars["removed"] == sum(row["end"] - row["start"] for row in removals)
    assert chars["skipped"] == sum(len(one.text) for one in documents if one.name in short)
    left = "\0".join(after.values())
    assert sum(map(len, after.values())) == chars["kept"] + chars["skipped"]
    assert set(after) <= set(before)

    for row in removals:
        name, removed = row["document"].removeprefix(str(source)), row["text"].strip()
        assert before[name][row["start"] : row["end"]] == row["text"]
        if len(removed) >= 30:
            assert left.count(removed) <= (0 if keep == "none" else 1)
        if row["partner"] is not None:
            there = row["partner"]["document"].removeprefix(str(source))
            partner = before[there][row["partner"]["start"] : row["partner"]["end"]]
            assert all(line.strip() in after[there] for line in partner.splitlines())
        else:
            assert keep == "none" or row["label"] == "furniture"

    restore(out, tmp_path / "back")
    back = {one.name.removeprefix(str(tmp_path / "back")): one.text for one in read_all(tmp_path / "back")[0]}
    assert list(back.items()) == list(before.items())
    if form in ("txt", "csv"):
        assert tree(tmp_path / "back") == tree(source)
    replay(out / "audit.jsonl", documents, tmp_path / "again", skipped=skipped, base=source)
    assert tree(tmp_path / "again") == tree(out)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes: what a full disk does to a program, without a disk to fill."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments], prog_name="dedup")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a corpus and an index of it, made by kernels that need not be compiled any more."""
    folder = tmp_path_factory.mktemp("made")
    write(folder / "in", "jsonl", texts_of(3)[:-1] * 8)
    assert run("index", "create", folder / "a.dedup").exit_code == 0
    told = run("index", "add", folder / "a.dedup", folder / "in")
    assert told.exit_code == 0, told.output
    # Under another name a report is compared with its twin in the index, by kernels compiled for that.
    shutil.copytree(folder / "in", folder / "twin")
    for asked in (["in"], ["twin", "--index", folder / "a.dedup"]):
        assert run("scan", folder / asked[0], *asked[1:], "--json", folder / "warm.json").exit_code == 0
        (folder / "warm.json").unlink()
    shutil.rmtree(folder / "twin")
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of that folder to stand in."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ("clean", "in", "-o", "{}/out"),
        ("clean", "in", "-o", "{}/out", "--dry-run"),
        ("clean", "in", "-o", "{}/out", "--mark"),
        ("clean", "in", "-o", "{}/out", "--against", "a.dedup"),
        ("scan", "in", "--json", "{}/r.json"),
        ("scan", "in", "--html", "{}/r.html"),
        ("scan", "in", "--csv", "{}/tables"),
        ("scan", "in", "--xlsx", "{}/r.xlsx"),
        ("scan", "in", "--index", "a.dedup", "--json", "{}/r.json"),
        ("index", "create", "{}/b.dedup"),
        ("index", "export", "a.dedup", "-o", "{}/e.jsonl"),
    ],
    ids=" ".join,
)
def test_without_room_nothing_half_written_is_left(place: Path, command: tuple[str, ...]) -> None:
    """A full disk and a folder that cannot be written to: a sentence, status 2, and no file that was not there."""
    before = tree(place)
    # SQLite reads with 32 KB of shared memory beside the file; docs/index.md says so.
    with room_for(40_000 if "a.dedup" in command else 512):
        told = run(*(word.format(place) for word in command))
    assert told.exit_code == 2, told.output
    assert "could not be written" in told.stderr
    assert "Traceback" not in told.stderr
    assert tree(place) == before
    if Path("/proc/self").exists():  # no folder of which root is refused, but this one
        told = run(*(word.format("/proc") for word in command))
        assert told.exit_code == 2, told.output
        assert "Traceback" not in told.stderr
        assert tree(place) == before


def test_an_index_without_room_stands_as_committed(place: Path) -> None:
    """What was stored before is there, and sound; the addition succeeds when there is room again."""
    write(place / "more", "txt", texts_of(11))
    size = (place / "a.dedup").stat().st_size
    with room_for(size // 4):
        told = run("index", "add", "a.dedup", "more")
    assert told.exit_code == 2
    assert "could not be written" in told.stderr
    assert "as last committed" in told.stderr
    assert run("index", "check", "a.dedup", "--lang", "en").stdout.startswith("sound: 64 ")
    assert run("index", "add", "a.dedup", "more", "--ignore-unreadable").exit_code == 0
