"""Two ways to find duplicates, and an archive to clean against: what each finds, and where they agree."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench.grammar import Writer
from dedup import Document, Index, Params, scan
from dedup.clean import Archived, CleanPolicy, clean, kept, near, plan, replay, restore
from dedup.cli.main import app
from dedup.read import read
from tests.clean.hand import tree


def corpus(seed: str, count: int, copies: int) -> list[Document]:
    """Return reports of some paragraphs under headings; some hold another's, exactly or with a word more."""
    writer, draw = Writer(seed), random.Random(seed)
    texts = [
        [f"{number}号材料", *(writer.paragraph() for _ in range(draw.randrange(3, 7)))] for number in range(count)
    ]
    for _ in range(copies):
        taken = draw.choice([text for text in draw.choice(texts) if len(text) > 60])
        middle = len(taken) // 2
        draw.choice(texts).append(taken[:middle] + draw.choice(["", "再"]) + taken[middle:])
    return [Document(f"{seed}/{number:02}.txt", "\n".join(text) + "\n") for number, text in enumerate(texts)]


DOCUMENTS = corpus("两路", 20, 30)
LONE = corpus("单独", 1, 0)[0]
BLOCK = "茶厂的揉捻机停了一季，修机的人说缺的是一根皮带，供销社答应从邻县调一根来，下月初三前装好。"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments], prog_name="dedup")


def test_both_routes_leave_one_copy_of_what_was_copied() -> None:
    """What a scan removes of copied paragraphs, the paragraph route removes too."""
    by_scan = plan(scan(DOCUMENTS), CleanPolicy(labels=("copy", "mass", "self")))
    result = near(DOCUMENTS)
    short = plan(result, CleanPolicy(labels=("copy", "mass", "self")))
    assert len(by_scan.removals) >= 20
    gone = {(cut.document, place) for cut in short.removals for place in range(cut.start, cut.end)}
    for cut in by_scan.removals:
        assert all((cut.document, place) in gone for place in range(cut.start, cut.end))


def test_families_are_paragraphs_and_labels_sum() -> None:
    """A result to clean by: members are whole paragraphs, runs of labels sum to the characters."""
    result = near(DOCUMENTS)
    assert result.clusters
    assert result.passages == ()
    for info, document in zip(result.documents, DOCUMENTS, strict=True):
        assert info.text == document.text
        assert sum(info.labels.values()) == info.chars == len(document.text)
    for family in result.clusters:
        assert min(family.wording) >= result.params.threshold
        for span in family.members:
            lines = result.text(span).split("\n")
            assert all(line in DOCUMENTS[span.document].text.split("\n") for line in lines)


def test_the_route_does_not_depend_on_threads() -> None:
    """One thread and two give equal results."""
    assert near(DOCUMENTS, jobs=2) == near(DOCUMENTS, jobs=1)


def test_a_figure_at_the_head_of_a_paragraph_is_part_of_it() -> None:
    """The key stream holds no digits; a copy that begins with one goes with it, and stays where another stands."""
    text = f"3月{BLOCK}"
    documents = [Document(str(row), one) for row, one in enumerate([text, text, text.replace("3月", "4月")])]
    assert plan(near(documents), CleanPolicy()).whole == {1}


def test_short_lines_go_with_the_paragraphs_they_stand_by() -> None:
    """A report that stands twice goes whole, its headings too; a heading over another paragraph stays."""
    text = f"修机记事\n一、皮带\n{BLOCK}\n谨此。\n"
    other = "一、皮带\n仓库里另有两根旧的皮带，长短不一，先量过再说能不能用，量的人是保管员和修机的学徒。\n"
    documents = [Document("a", text), Document("b", other), Document("c", text)]
    done = plan(near(documents), CleanPolicy())
    assert done.whole == {2}
    assert {cut.document for cut in done.removals} == {2}


def test_a_document_without_text_to_compare_is_listed() -> None:
    """As in a scan: it stays and is told."""
    result = near([Document("a", BLOCK), Document("b", "　\n"), Document("c", "12.5\n"), Document("d", BLOCK)])
    assert [(row.source, row.kind) for row in result.skipped] == [("b", "empty"), ("c", "short")]
    assert [info.name for info in result.documents] == ["a", "d"]
    assert [span.document for span in result.clusters[0].members] == [0, 1]


def test_what_it_is_held_to_is_not_compared_with_itself() -> None:
    """Families without a document of the corpus are nobody's question."""
    others = [Document(f"{name}.txt", DOCUMENTS[0].text) for name in "xyz"]
    assert near([Document("a", BLOCK)], against=others).clusters == ()
    assert plan(near([Document("a", BLOCK)]), CleanPolicy(), only_against=True).removals == ()


def test_the_member_that_holds_most_is_the_partner() -> None:
    """Beside an edited copy in what the corpus is held to, the unedited one is found, whatever their order."""
    edited = BLOCK.replace("邻县", "邻近的外县").replace("下月初三", "下个月初五")
    for others in ([edited, BLOCK], [BLOCK, edited]):
        held = [Document(f"old/{row}", text) for row, text in enumerate(others)]
        done = plan(near([Document("new", BLOCK)], against=held), CleanPolicy(), against=[1, 2])
        (cut,) = done.removals
        assert cut.cause.partner is not None
        assert held[cut.cause.partner.document - 1].text == BLOCK


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "old.dedup"
    with Index.create(path) as index:
        index.add([*DOCUMENTS[:12], LONE])
    return path


@pytest.mark.parametrize("route", ["paragraphs", "passages"])
def test_against_an_index_is_against_its_reports(archive: Path, route: str) -> None:
    """The same goes as if the reports of the index were given themselves."""
    new = DOCUMENTS[12:]
    with Index(archive) as index:
        stored, _ = index.partners(new, paragraphs=route == "paragraphs")
    assert 0 < len(stored) <= 13
    cuts = []
    for others in (stored, [*DOCUMENTS[:12], LONE]):
        found = near(new, against=others) if route == "paragraphs" else scan(new, archived=others)
        names = {document.name for document in others}
        beside = [info.id for info in found.documents if info.name in names]
        done = plan(found, CleanPolicy(), against=beside, only_against=True)
        cuts.append({(found.documents[cut.document].name, cut.start, cut.end) for cut in done.removals})
    assert cuts[0] == cuts[1]
    assert cuts[0]


def test_partners_in_an_archive_are_named_with_it(archive: Path, tmp_path: Path) -> None:
    """A report of the same name as one of the corpus is told apart; restore and replay hold."""
    source = tmp_path / "in"
    source.mkdir()
    name = DOCUMENTS[3].name
    (source / "a.txt").write_text(DOCUMENTS[3].text + BLOCK, encoding="utf-8")
    documents = [Document(str(source / "a.txt"), DOCUMENTS[3].text + BLOCK, encoding="utf-8")]
    twin = Archived("old.dedup", "c0ffee", [Document(documents[0].source, DOCUMENTS[3].text), DOCUMENTS[4]])
    found = near(documents, against=twin.documents)
    clean(found, documents, CleanPolicy(), tmp_path / "out", archive=twin, base=source, route="paragraphs")
    rows = [json.loads(line) for line in (tmp_path / "out/audit.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows[0]["archive"] == {"path": "old.dedup", "content": "c0ffee"}
    assert rows[0]["route"] == "paragraphs"
    partners = [row["partner"] for row in rows if row.get("kind") == "removal"]
    assert partners
    assert {(one["document"], one["archive"]) for one in partners} == {(documents[0].source, "old.dedup")}
    assert (tmp_path / "out/a.txt").read_text(encoding="utf-8") == BLOCK
    restore(tmp_path / "out", tmp_path / "back")
    assert tree(tmp_path / "back") == tree(source)
    replay(tmp_path / "out/audit.jsonl", documents, tmp_path / "again", base=source)
    assert tree(tmp_path / "again") == tree(tmp_path / "out")
    marked = clean(
        found, documents, CleanPolicy(), tmp_path / "marked", archive=twin, base=source, mark_field="spans"
    )
    assert marked.removed["copy"][0] == len(partners)
    spans = json.loads((tmp_path / "marked/a.txt.spans.json").read_text(encoding="utf-8"))["spans"]
    assert {span["archive"] for span in spans} == {"old.dedup"}
    assert name != documents[0].name


def test_the_command_cleans_against_an_index(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By either route; what of the corpus stands twice only in itself stays; the status tells nothing was wrong."""
    monkeypatch.chdir(tmp_path)
    own = LONE.text
    Path("new").mkdir()
    Path("new/a.txt").write_text(own + BLOCK + "\n", encoding="utf-8")
    Path("new/b.txt").write_text(BLOCK + "\n", encoding="utf-8")
    for route in ("paragraphs", "passages"):
        told = run("clean", "new", "-o", route, "--against", archive, "--route", route, "--lang", "en")
        assert told.exit_code == 0, told.output
        assert "reports of" in told.stderr
        assert Path(route, "a.txt").read_text(encoding="utf-8") == BLOCK + "\n"
        assert Path(route, "b.txt").read_text(encoding="utf-8") == BLOCK + "\n"
        assert run("restore", route, "-o", f"{route}-back").exit_code == 0
        assert tree(Path(f"{route}-back")) == tree(Path("new"))
        again = ("clean", "new", "-o", f"{route}-again", "--replay", f"{route}/audit.jsonl")
        assert run(*again).exit_code == 0
        assert tree(Path(f"{route}-again")) == tree(Path(route))
    assert run("index", "query", archive, "new", "--json", "asked.json").exit_code == 0
    told = run("clean", "new", "-o", "by-result", "--against", archive, "--result", "asked.json")
    assert told.exit_code == 0, told.output
    assert tree(Path("by-result"))["a.txt"] == tree(Path("passages"))["a.txt"]


def test_parameters_are_those_of_the_index(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are refused with both values, two indexes with both names, a route for a scan that was made before."""
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text(BLOCK, encoding="utf-8")
    with Index.create("other.dedup", Params(threshold=0.8)):
        pass
    for arguments, sentence in (
        (("--against", archive, "--threshold", "0.9"), "threshold is 0.7 in the index and 0.9 here"),
        (("--against", archive, "--against", "other.dedup"), "2 indexes"),
        (("--result", "r.json", "--route", "passages"), "route is passages"),
        (("--route", "hearsay"), "route is 'hearsay'"),
    ):
        told = run("clean", "a.txt", "-o", "out", *arguments)
        assert told.exit_code == 2
        assert sentence in told.stderr
        assert "Traceback" not in told.stderr
    assert run("clean", "a.txt", "-o", "out", "--against", "other.dedup").exit_code == 0
    header = json.loads(Path("out/audit.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert header["params"]["threshold"] == 0.8


def test_what_was_bounded_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of equal paragraphs is compared with representatives, and the command says so."""
    monkeypatch.chdir(tmp_path)
    rows = [json.dumps({"id": str(row), "text": BLOCK}, ensure_ascii=False) + "\n" for row in range(70)]
    Path("flood.jsonl").write_text("".join(rows), encoding="utf-8")
    told = run("clean", "flood.jsonl", "-o", "out", "--labels", "copy,mass,self,formula,furniture")
    assert told.exit_code == 0, told.output
    assert "64" in told.stderr
    assert len(Path("out/flood.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    left = [row for row in read(["out/flood.jsonl"]) if isinstance(row, Document)]
    assert [row.text for row in left] == [BLOCK]


def test_the_short_way_is_the_default_for_paragraphs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences need a scan; so do verdicts, which were given on a scan's families."""
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text(BLOCK, encoding="utf-8")
    Path("none.json").write_text('{"schema": "dedup.decisions/1", "decisions": []}', encoding="utf-8")
    for arguments, route in (
        ((), "paragraphs"),
        (("--level", "document"), "paragraphs"),
        (("--level", "passage"), "passages"),
        (("--route", "passages"), "passages"),
    ):
        assert run("clean", "a.txt", "-o", "out", "--force", *arguments).exit_code == 0
        assert json.loads(Path("out/audit.jsonl").read_text(encoding="utf-8").splitlines()[0])["route"] == route


def test_kept_texts_hold_no_paragraph_that_went() -> None:
    """Of a paragraph removed for a partner elsewhere no copy is left but the partner's."""
    result = near(DOCUMENTS)
    done = plan(result, CleanPolicy())
    left = [
        line
        for info in result.documents
        for line in kept(info.text or "", done.by_document().get(info.id, [])).split("\n")
    ]
    for cut in done.removals:
        assert cut.cause.partner is not None
        partner = (result.documents[cut.cause.partner.document].text or "")[
            cut.cause.partner.start : cut.cause.partner.end
        ]
        for line in partner.split("\n"):
            assert line in left


def test_what_cannot_be_read_to_clean_against_is_told_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped archive makes no clean of the corpus by itself; a broken one does not come into the output."""
    monkeypatch.chdir(tmp_path)
    Path("new").mkdir()
    for name in "ab":
        Path(f"new/{name}.txt").write_text(BLOCK + "\n", encoding="utf-8")
    Path("broken.txt").write_bytes(bytes(range(256)) * 8)
    for route in ("paragraphs", "passages"):
        for number, against in enumerate(("nowhere", "broken.txt")):
            out = f"{route}{number}"
            told = run("clean", "new", "-o", out, "--against", against, "--route", route)
            assert told.exit_code == 2
            assert against in told.stderr
            assert {name: data for name, data in tree(Path(out)).items() if name != "audit.jsonl"} == tree(
                Path("new")
            )
    assert run("clean", "new", "-o", "out", "--against", "nowhere", "--ignore-unreadable").exit_code == 0
