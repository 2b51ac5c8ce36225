"""Corpora on disk: cleaned in their own formats, explained, undone byte for byte, done again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.clean import KEEPS, LEVELS, CleanPolicy, CleanReport, clean, replay, restore
from dedup.clean.edits import Disagree, Edit, apply, undo
from dedup.errors import FormatProblem, OutputExists, OutputFailed, ParamsError, ReadError
from dedup.read import ReadOptions, read
from dedup.result import Document, Result, Skipped
from tests.clean.hand import found, result_of, tree

BLOCKS = (
    "堤上的柳树逐棵编号，谁家门前的谁家看护，冬天刷白灰防虫。",
    "代销点赊账一律写进明细本，月底由会计和店主当面对数签字。",
    "冬训请县农技站讲\t“配方施肥”，每户至少来一人，记工半天。",
)


def read_all(folder: Path, options: ReadOptions | None = None) -> tuple[list[Document], list[Skipped]]:
    rows = list(read([folder], options))
    return [row for row in rows if isinstance(row, Document)], [row for row in rows if isinstance(row, Skipped)]


def write_corpus(folder: Path) -> None:
    """Every plain format, in the encodings and with the oddities that a rewrite would lose."""
    one, two, three = BLOCKS
    files: dict[str, bytes] = {
        "a/gbk.txt": f"堤防总结\r\n{one}\r\n自家的话一句。\r\n{two}\r\n".encode("gb18030"),
        "a/bom.txt": b"\xef\xbb\xbf" + f"{two}\n\n　　{three}还有一句自己的。\n".encode(),
        "a/only.txt": f"{one}\n{two}".encode(),
        "b/utf16.txt": b"\xff\xfe" + f"村史\r{three}\r{one}结尾没有换行".encode("utf-16-le"),
        "b/big5.txt": "水利會議紀錄：今年修堤三處，經費由各村分攤。\r\n".encode("big5hkscs") * 3,
        "b/records.jsonl": b"".join(
            [
                (f'{{"n": 1.50, "text":"{one}\\n\\u5c3e\\u53e5", "id":"r1" }}\r\n').encode(),
                b"this is no JSON\n",
                (json.dumps({"id": 7, "text": two, "tags": ["甲", {"text": two}]}) + "\n").encode(),
                '{ "text" : "𠮷 \\ud842\\udfb7 \\"own\\" \\/ 只有自己", "id": "r3", "text2": null }\n\n'.encode(),
                ('{{"id":"r4","text":{}}}'.format(json.dumps(three + "\n" + one, ensure_ascii=False))).encode(),
            ]
        ),
        "b/table.csv": (
            f'id,text,备注\r\n1,"{one}\r\n他说""好""。",甲\r\n2,{two},\r\n\r\n3,"{three}\n{two}",乙'
        ).encode("gb18030"),
        "c/packed.jsonl.gz": gzip.compress((json.dumps({"id": "g", "text": two + "\n自己的结尾"}) + "\n").encode()),
        "c/empty.txt": b"",
    }
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def scan_by_hand(documents: Sequence[Document], skipped: Sequence[Skipped] = (), label: str = "copy") -> Result:
    families = [found(documents, block, label=label) for block in BLOCKS]
    return result_of(documents, [one for one in families if len(one.members) > 1], skipped=skipped)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def content(name: str, data: bytes) -> bytes:
    return gzip.decompress(data) if name.endswith(".gz") else data


def add_up(report: CleanReport, documents: Sequence[Document]) -> None:
    counts, chars = report.documents, report.characters
    assert counts["in"] == len(documents)
    assert counts["in"] == sum(counts[name] for name in ("untouched", "cut", "removed", "skipped"))
    assert chars["in"] == sum(len(row.text) for row in documents)
    assert chars["in"] == chars["kept"] + chars["removed"] + chars["skipped"]
    assert chars["removed"] == sum(size for _, size in report.removed.values())


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("keep", KEEPS)
def test_restore_gives_back_every_byte_and_replay_the_same_corpus(tmp_path: Path, level: str, keep: str) -> None:
    source = tmp_path / "in"
    write_corpus(source)
    documents, skipped = read_all(source)
    out = tmp_path / "out"
    report = clean(scan_by_hand(documents, skipped), documents, CleanPolicy(level=level, keep=keep), out, base=source)
    add_up(report, documents)
    assert report.characters["removed"] > 0
    assert report.converted == {}

    restore(out, tmp_path / "back")
    before, after = tree(source), tree(tmp_path / "back")
    assert before.keys() == after.keys()
    for name, data in before.items():
        assert content(name, after[name]) == content(name, data), name

    replay(out / "audit.jsonl", documents, tmp_path / "again", skipped=skipped, base=source)
    assert tree(tmp_path / "again") == tree(out)

    dry = clean(
        scan_by_hand(documents, skipped),
        documents,
        CleanPolicy(level=level, keep=keep),
        tmp_path / "dry",
        base=source,
        dry_run=True,
    )
    assert replace(dry, out=out, dry_run=False) == report
    assert list(tree(tmp_path / "dry")) == ["audit.jsonl"]
    replay(tmp_path / "dry" / "audit.jsonl", documents, tmp_path / "third", skipped=skipped, base=source)
    assert tree(tmp_path / "third") == tree(out)


@pytest.mark.parametrize("level", LEVELS)
def test_the_output_read_again_is_the_kept_text(tmp_path: Path, level: str) -> None:
    """What is left reads as the input less the removals that the audit names, in the same order."""
    source = tmp_path / "in"
    write_corpus(source)
    documents, skipped = read_all(source)
    out = tmp_path / "out"
    clean(scan_by_hand(documents, skipped), documents, CleanPolicy(level=level), out, base=source)
    cuts: dict[str, list[dict]] = {}
    for line in (out / "audit.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("kind") == "removal":
            cuts.setdefault(row["document"], []).append(row)
            assert (
                row["text"]
                == next(one.text for one in documents if one.name == row["document"])[row["start"] : row["end"]]
            )
            assert {"digest", "partner", "label", "wording", "similarity", "rule", "params", "version"} <= set(row)
    expected = {}
    for one in documents:
        text = one.text
        for row in reversed(cuts.get(one.name, [])):
            text = text[: row["start"]] + text[row["end"] :]
        if text:
            expected[one.name.removeprefix(str(source))] = text
    again, _ = read_all(out)
    left = {one.name.removeprefix(str(out)): one.text for one in again if not one.source.endswith("audit.jsonl")}
    assert list(left.items()) == list(expected.items())


def test_untouched_parts_of_a_record_keep_every_byte(tmp_path: Path) -> None:
    source = tmp_path / "in"
    write_corpus(source)
    documents, skipped = read_all(source)
    clean(scan_by_hand(documents, skipped), documents, CleanPolicy(), tmp_path / "out", base=source)
    lines = (tmp_path / "out/b/records.jsonl").read_bytes().split(b"\n")
    assert lines[0] == b'{"n": 1.50, "text":"\\u5c3e\\u53e5", "id":"r1" }\r'
    assert lines[1] == b"this is no JSON"
    assert '"𠮷 \\ud842\\udfb7 \\"own\\" \\/ 只有自己"'.encode() in lines[2]
    table = (tmp_path / "out/b/table.csv").read_bytes().decode("gb18030")
    assert table.startswith('id,text,备注\r\n1,"他说""好""。",甲\r\n')
    assert (tmp_path / "out/b/big5.txt").read_bytes() == (source / "b/big5.txt").read_bytes()


@pytest.mark.parametrize("level", ["paragraph", "passage"])
def test_mark_removes_nothing_and_gives_every_record_its_spans(tmp_path: Path, level: str) -> None:
    source = tmp_path / "in"
    write_corpus(source)
    documents, skipped = read_all(source)
    out = tmp_path / "out"
    policy = CleanPolicy(level=level)
    report = clean(scan_by_hand(documents, skipped), documents, policy, out, base=source, mark_field="跨度")
    add_up(report, documents)
    again, _ = read_all(out)
    texts = {one.name.removeprefix(str(out)): one.text for one in again}
    for one in documents:
        assert texts[one.name.removeprefix(str(source))] == one.text
    records = [json.loads(line) for line in (out / "b/records.jsonl").read_bytes().split(b"\n") if line[:1] == b"{"]
    assert all("跨度" in row for row in records)
    spans = records[0]["跨度"]
    assert [records[0]["text"][row["start"] : row["end"]].strip() for row in spans] == [BLOCKS[0]]
    assert json.loads((out / "a/gbk.txt.spans.json").read_text(encoding="utf-8"))["field"] == "跨度"
    restore(out, tmp_path / "back")
    for name, data in tree(source).items():
        assert content(name, (tmp_path / "back" / name).read_bytes()) == content(name, data)
    replay(out / "audit.jsonl", documents, tmp_path / "again", skipped=skipped, base=source)
    assert tree(tmp_path / "again") == tree(out)
    with pytest.raises(FormatProblem, match="'tags' already"):
        clean(scan_by_hand(documents), documents, policy, tmp_path / "no", base=source, mark_field="tags")
    assert not (tmp_path / "no").exists()


def test_against_names_partners_outside_and_writes_the_corpus_alone(tmp_path: Path) -> None:
    source, old = tmp_path / "new", tmp_path / "old"
    write_corpus(source)
    old.mkdir()
    (old / "2001.txt").write_text(BLOCKS[0] + "\n", encoding="utf-8")
    documents, _ = read_all(source)
    archive, _ = read_all(old)
    result = scan_by_hand([*documents, *archive])
    report = clean(result, documents, CleanPolicy(), tmp_path / "out", against=archive, base=source)
    add_up(report, documents)
    rows = [json.loads(line) for line in (tmp_path / "out/audit.jsonl").read_text(encoding="utf-8").splitlines()]
    partners = {row["partner"]["document"] for row in rows if row.get("kind") == "removal"}
    assert partners == {archive[0].name}
    assert not list((tmp_path / "out").rglob("2001*"))
    left = b"".join(tree(tmp_path / "out/a").values())
    assert BLOCKS[1].encode() in left and BLOCKS[0].encode() not in left
    with pytest.raises(ParamsError, match="name it once"):
        clean(result, documents, CleanPolicy(), tmp_path / "x", against=documents[:1])


def test_parquet_gives_back_the_table_value_for_value(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = arrow.table(
        {
            "id": arrow.array([1, 2, 3, 4], arrow.int32()),
            "text": arrow.array([BLOCKS[0] + "\n自己", None, BLOCKS[0], BLOCKS[1]], arrow.large_string()),
            "when": arrow.array([1, None, 3, 4], arrow.timestamp("ms")),
        }
    ).replace_schema_metadata({"made by": "hand"})
    source = tmp_path / "in"
    source.mkdir()
    parquet.write_table(table, source / "t.parquet", compression="zstd")
    (source / "u.txt").write_text(BLOCKS[0], encoding="utf-8")
    documents, skipped = read_all(source)
    for level in LEVELS:
        out = tmp_path / level
        policy = CleanPolicy(level=level, prefer=("*u.txt",))
        report = clean(scan_by_hand(documents, skipped), documents, policy, out, base=source)
        add_up(report, documents)
        left = parquet.read_table(out / "t.parquet")
        assert left.schema.equals(table.schema, check_metadata=True)
        assert left.column("id").to_pylist() == ([2, 4] if level == "document" else [1, 2, 4])
        restore(out, tmp_path / f"{level}-back")
        back = parquet.read_table(tmp_path / f"{level}-back" / "t.parquet")
        assert back.equals(table, check_metadata=True)
        replay(out / "audit.jsonl", documents, tmp_path / f"{level}-again", skipped=skipped, base=source)
        assert tree(tmp_path / f"{level}-again") == tree(out)
    clean(scan_by_hand(documents), documents, CleanPolicy(), tmp_path / "marked", base=source, mark_field="spans")
    marked = parquet.read_table(tmp_path / "marked/t.parquet")
    assert marked.drop_columns(["spans"]).equals(table)
    restore(tmp_path / "marked", tmp_path / "unmarked")
    assert parquet.read_table(tmp_path / "unmarked/t.parquet").equals(table, check_metadata=True)


def test_a_parquet_file_of_which_all_rows_go_is_an_empty_table_and_comes_back(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = arrow.table({"text": [BLOCKS[0], BLOCKS[0]], "rank": [1.5, None]})
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.txt").write_text(BLOCKS[0], encoding="utf-8")
    parquet.write_table(table, source / "t.parquet")
    documents, _ = read_all(source)
    clean(scan_by_hand(documents), documents, CleanPolicy(), tmp_path / "out", base=source)
    left = parquet.read_table(tmp_path / "out/t.parquet")
    assert left.num_rows == 0 and left.schema.equals(table.schema)
    restore(tmp_path / "out", tmp_path / "back")
    assert parquet.read_table(tmp_path / "back/t.parquet").equals(table)


def test_what_cannot_be_cut_in_place_is_written_as_text_with_the_reason(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    page = f"<html><body><p>{BLOCKS[0]}</p><p>只在网页里的一段话，别处没有。</p></body></html>"
    (source / "p.html").write_text(page, encoding="utf-8")
    (source / "a.txt").write_text(BLOCKS[0], encoding="utf-8")
    documents = [
        Document(str(source / "a.txt"), BLOCKS[0], encoding="utf-8"),
        Document(str(source / "p.html"), BLOCKS[0] + "\n只在网页里的一段话，别处没有。\n", encoding="utf-8"),
        Document("memory", BLOCKS[0], member="one"),
        Document("memory", BLOCKS[1] + "\ud800", member="two"),
    ]
    out = tmp_path / "out"
    report = clean(scan_by_hand(documents), documents, CleanPolicy(), out, base=source)
    add_up(report, documents)
    assert set(report.converted) == {str(source / "p.html"), "memory"}
    assert (out / "p.html.txt").read_text(encoding="utf-8") == "只在网页里的一段话，别处没有。\n"
    assert [json.loads(line)["id"] for line in (out / "memory.jsonl").read_bytes().splitlines()] == ["two"]
    restore(out, tmp_path / "back")
    assert (tmp_path / "back/p.html.txt").read_text(encoding="utf-8") == documents[1].text


def test_a_record_file_whose_texts_are_not_found_is_copied_and_counted_as_skipped(tmp_path: Path) -> None:
    path = tmp_path / "in" / "r.jsonl"
    path.parent.mkdir()
    path.write_text(json.dumps({"id": "1", "text": BLOCKS[0]}) + "\n", encoding="utf-8")
    documents = [
        Document(str(path), BLOCKS[0] + "别的", member="1", encoding="utf-8"),
        Document("z", BLOCKS[0]),
    ]
    report = clean(scan_by_hand(documents), documents, CleanPolicy(keep="none"), tmp_path / "out", base=path.parent)
    add_up(report, documents)
    assert report.documents["skipped"] == 1
    assert [(row.source, "document 1" in row.reason) for row in report.skipped] == [(str(path), True)]
    assert (tmp_path / "out/r.jsonl").read_bytes() == path.read_bytes()


def test_damaged_bytes_stay_as_they_are_around_a_cut(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    damaged = "头一段有坏字节".encode() + b"\xe5\x9d\xff" + f"。\n{BLOCKS[0]}\n尾".encode() + b"\xc3\n"
    (source / "a.txt").write_bytes(f"{BLOCKS[0]}\n".encode())
    (source / "d.txt").write_bytes(damaged)
    documents, _ = read_all(source)
    assert "\ufffd" in documents[1].text
    clean(scan_by_hand(documents), documents, CleanPolicy(), tmp_path / "out", base=source)
    assert (tmp_path / "out/d.txt").read_bytes() == damaged.replace(f"{BLOCKS[0]}\n".encode(), b"")
    restore(tmp_path / "out", tmp_path / "back")
    assert tree(tmp_path / "back") == tree(source)


def test_an_output_that_was_changed_is_not_restored(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    write_corpus(source)
    documents, skipped = read_all(source)
    clean(scan_by_hand(documents, skipped), documents, CleanPolicy(), out, base=source)
    path = out / "a/gbk.txt"
    path.write_bytes(path.read_bytes() + b"!")
    with pytest.raises(FormatProblem, match=r"gbk\.txt"):
        restore(out, tmp_path / "back")
    path.unlink()
    with pytest.raises(ReadError, match=r"gbk\.txt"):
        restore(out, tmp_path / "back")
    assert names_in(tmp_path) == ["in", "out"]


def test_a_replay_on_another_input_is_refused(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    write_corpus(source)
    documents, skipped = read_all(source)
    clean(scan_by_hand(documents, skipped), documents, CleanPolicy(), out, base=source)
    (source / "a/gbk.txt").write_bytes("别的内容，与审计不符。".encode())
    documents, skipped = read_all(source)
    with pytest.raises(FormatProblem, match=r"gbk\.txt"):
        replay(out / "audit.jsonl", documents, tmp_path / "again", skipped=skipped, base=source)
    with pytest.raises(FormatProblem, match="among the files given"):
        replay(out / "audit.jsonl", documents[:1], tmp_path / "again", base=source)
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (b"", "an empty file"),
        (b'{"schema": "dedup.audit/9"}\n', "dedup.audit/9"),
        (b"\xff\xfe", "lines of JSON"),
        (b'{"schema": "dedup.audit/1"}\n[1]\n', "line 2 is list"),
        (b'{"schema": "dedup.audit/1"}\n{"kind": "file"}\n', "cut off"),
        (b'{"schema": "dedup.audit/1"}\n{"kind": "x"}\n{"kind": "summary"}\n', "line 2"),
        (
            b'{"schema": "dedup.audit/1"}\n{"kind": "file", "name": "../../x", "form": "text", "written": true, '
            b'"sha256_in": "", "sha256_out": ""}\n{"kind": "summary"}\n',
            "leads out",
        ),
        (b'{"schema": "dedup.audit/1", "dry_run": true}\n{"kind": "summary"}\n', "dry run"),
    ],
)
def test_a_broken_audit_is_told_in_a_sentence(tmp_path: Path, broken: bytes, message: str) -> None:
    (tmp_path / "audit.jsonl").write_bytes(broken)
    with pytest.raises(FormatProblem, match=message):
        restore(tmp_path, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_nothing_is_written_over_and_no_source_is_in_danger(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    write_corpus(source)
    documents, skipped = read_all(source)
    result = scan_by_hand(documents, skipped)
    before = tree(source)
    clean(result, documents, CleanPolicy(), out, base=source)
    first = tree(out)
    with pytest.raises(OutputExists):
        clean(result, documents, CleanPolicy(keep="none"), out, base=source)
    assert tree(out) == first
    clean(result, documents, CleanPolicy(keep="none"), out, base=source, force=True)
    assert tree(out) != first
    for target in (source, tmp_path):
        with pytest.raises(ParamsError, match="to be cleaned"):
            clean(result, documents, CleanPolicy(), target, base=source, force=True)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("信", encoding="utf-8")
    with pytest.raises(OutputFailed, match="by hand"):
        clean(result, documents, CleanPolicy(), mine, base=source, force=True)
    assert tree(source) == before
    assert names_in(tmp_path) == ["in", "mine", "out"]


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    write_corpus(source)
    documents, skipped = read_all(source)
    result = scan_by_hand(documents, skipped)
    clean(result, documents, CleanPolicy(), out, base=source)
    first = tree(out)
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "records.jsonl":
            raise OSError(28, "No space left on device")
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    for target, force in ((tmp_path / "new", False), (out, True)):
        with pytest.raises(OutputFailed, match="no space left"):
            clean(result, documents, CleanPolicy(keep="none"), target, base=source, force=force)
    assert names_in(tmp_path) == ["in", "out"]
    assert tree(out) == first


def test_two_sources_for_one_place_are_refused(tmp_path: Path) -> None:
    documents = [Document(str(tmp_path / "x/audit.jsonl"), BLOCKS[0])]
    with pytest.raises(ParamsError, match="the audit"):
        clean(scan_by_hand(documents), documents, CleanPolicy(), tmp_path / "out")


def test_a_result_of_another_scan_is_refused(tmp_path: Path) -> None:
    documents = [Document("a", BLOCKS[0]), Document("b", BLOCKS[0])]
    result = scan_by_hand(documents)
    with pytest.raises(ParamsError, match="none of the documents given"):
        clean(result, documents[:1], CleanPolicy(), tmp_path / "out")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_edits_undo_themselves(data: st.DataObject) -> None:
    """undo(apply(x)) is x, and neither accepts bytes that it was not made for."""
    content_ = data.draw(st.binary(max_size=30))
    edges = sorted(
        data.draw(st.lists(st.integers(0, len(content_)), max_size=8).filter(lambda row: len(row) % 2 == 0))
    )
    edits = [
        Edit(start, content_[start:end], data.draw(st.binary(max_size=3)))
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    ]
    assert undo(apply(content_, edits), edits) == content_
    for edit in edits:
        if edit.cut:
            wrong = content_[: edit.at] + bytes([content_[edit.at] ^ 1]) + content_[edit.at + 1 :]
            with pytest.raises(Disagree):
                apply(wrong, edits)


_TEXT = st.text(st.sampled_from("甲乙\n\"\\,;\t\r 𠮷\u2028'/a"), max_size=12)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(_TEXT, min_size=1, max_size=4), st.booleans(), st.data())
def test_places_in_json_and_csv_are_those_of_the_text(
    texts: list[str], ascii_only: bool, data: st.DataObject
) -> None:
    """Cutting the bytes between the places of a range gives what a parser reads as the text without the range."""
    import csv
    import io

    from dedup.clean.places import csv_slots, json_slots

    lines = "".join(json.dumps({"id": "甲", "text": text}, ensure_ascii=ascii_only) + "\n" for text in texts).encode()
    rows = io.StringIO()
    csv.writer(rows).writerows([["编号", "text"], *(["1", text] for text in texts)])
    table = rows.getvalue().encode("gb18030")
    for content_, slots, encoding in (
        (lines, list(json_slots(lines, texts, "utf-8")), "utf-8"),
        (table, csv_slots(table, texts, "gb18030"), "gb18030"),
    ):
        for row, (text, slot) in enumerate(zip(texts, slots, strict=True)):
            start, end = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
            first, last = slot.places([start, end])
            cut = (content_[:first] + content_[last:]).decode(encoding)
            if content_ is lines:
                left = json.loads(cut.split("\n")[row])["text"]
            else:
                left = list(csv.reader(io.StringIO(cut, newline="")))[row + 1][1]
            assert left == text[:start] + text[end:]


def test_an_output_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    """A file where a folder should be stands for every place that cannot be written: the error comes the same way."""
    documents = [Document("a", BLOCKS[0]), Document("b", BLOCKS[0])]
    (tmp_path / "file").write_text("信", encoding="utf-8")
    with pytest.raises(OutputFailed, match="file"):
        clean(scan_by_hand(documents), documents, CleanPolicy(), tmp_path / "file" / "out")
    with pytest.raises(OutputExists):
        clean(scan_by_hand(documents), documents, CleanPolicy(), tmp_path / "file")
    assert names_in(tmp_path) == ["file"]
