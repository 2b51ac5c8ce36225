"""One suite for every way an index can have come about: what it holds decides its answers, never its history."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dedup import Document, Index, Result, scan
from dedup.index import rows, segments
from dedup.index.segments import Kind

from .conftest import reports

Builder = Callable[[Path, list[Document]], Index]


def fresh(path: Path, documents: list[Document]) -> Index:
    index = Index.create(path)
    index.add(documents)
    return index


def reopened(path: Path, documents: list[Document]) -> Index:
    fresh(path, documents).close()
    return Index(path)


def grown(path: Path, documents: list[Document]) -> Index:
    """One by one, in an order of its own."""
    index = Index.create(path)
    for document in random.Random(4).sample(documents, len(documents)):
        index.add([document])
    return index


def dropped(path: Path, documents: list[Document]) -> Index:
    extra = reports("extra", 9, copies=5)
    index = fresh(path, [*extra[:4], *documents[:10]])
    index.add([*extra[4:], *documents[10:]])
    assert index.drop([document.source for document in extra]) == len(extra)
    return index


def replaced(path: Path, documents: list[Document]) -> Index:
    """Each third report stood there in an older wording."""
    older = [Document(one.source, one.text[::-1]) for one in documents[::3]]
    index = fresh(path, older)
    assert index.add(documents).removed == len(older)
    return index


def merged(path: Path, documents: list[Document]) -> Index:
    """Two halves that overlap, the one holding an older wording of a report that both have."""
    other = path.with_name("other.dedup")
    index = fresh(path, [Document(documents[12].source, "旧稿：" + documents[12].text), *documents[:14]])
    with fresh(other, documents[12:]) as second:
        told = index.merge(second)
    assert (told.added, told.unchanged, told.removed) == (len(documents) - 14, 2, 1)
    return index


BUILDERS: tuple[Builder, ...] = (fresh, reopened, grown, dropped, replaced, merged)


@pytest.fixture(scope="module", params=BUILDERS, ids=lambda one: one.__name__)
def index(
    request: pytest.FixtureRequest, archived: list[Document], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Index]:
    built = request.param(tmp_path_factory.mktemp("index") / "archive.dedup", archived)
    yield built
    built.close()


@pytest.fixture(scope="module")
def plain(archived: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    built = fresh(tmp_path_factory.mktemp("plain") / "archive.dedup", archived)
    yield built
    built.close()


def entries(index: Index) -> set[tuple[str, str, int, int]]:
    """Every posting as (document, kind, hash, offset)."""
    with index._file.reading() as db:
        names = {number: document.name for number, document in rows.documents(db, index.path)}
        found = set()
        for segment in segments.segments(db, index.path):
            for kind in Kind:
                held = segments.postings(db, index.path, segment, kind)
                row, offset = segment.locate(kind, held)
                hashes = (held >> np.uint64(32)).tolist()
                ids = segment.ids[row].tolist()
                found |= {
                    (names[number], kind.name, value, at)
                    for number, value, at in zip(ids, hashes, offset.tolist(), strict=True)
                }
    return found


def test_holds_the_documents_as_given(index: Index, archived: list[Document]) -> None:
    """Every field of every document comes back as it was."""
    assert sorted(index.documents(), key=lambda one: one.source) == archived
    assert len(index) == len(archived)


def test_holds_what_one_built_at_once_holds(index: Index, plain: Index) -> None:
    """Postings, counts and the digest of the content do not depend on history."""
    assert entries(index) == entries(plain)
    one, other = index.info(), plain.info()
    for name in ("documents", "sources", "paragraphs", "characters", "anchors", "bands", "content", "identity"):
        assert getattr(one, name) == getattr(other, name), name


def test_scan_equals_a_scan_at_once(index: Index, archived: list[Document]) -> None:
    """Families over all stored documents are those of a scan of the same documents."""
    assert index.scan().to_json(texts=True) == scan(archived).to_json(texts=True)


def test_query_does_not_depend_on_history(index: Index, plain: Index, arriving: list[Document]) -> None:
    """Equal archives answer with equal bytes."""
    assert index.query(arriving).to_json(texts=True) == plain.query(arriving).to_json(texts=True)


def test_query_finds_what_a_scan_of_everything_finds(
    index: Index, archived: list[Document], arriving: list[Document]
) -> None:
    """The passages that touch new documents are those of a scan of new and stored ones together."""
    assert touching(index.query(arriving)) == touching(scan([*archived, *arriving]))


def touching(result: Result) -> set[tuple[object, ...]]:
    """The passages with a side in a new document, by names and places."""
    found = set()
    for one in result.passages:
        sides = [(result.documents[span.document].name, span.start, span.end) for span in (one.left, one.right)]
        if any(side[0].startswith("new/") for side in sides):
            found.add((*sides, one.wording, one.similarity))
    return found


def test_check_passes(index: Index, archived: list[Document]) -> None:
    """A sound index is sound, every document recomputed."""
    told = index.check(sample=len(archived))
    assert told.recomputed == told.documents == len(archived)


def test_adding_the_same_changes_nothing(index: Index, archived: list[Document]) -> None:
    """Documents that are there are skipped by their content."""
    before = index.info()
    told = index.add(reversed(archived))
    assert (told.added, told.unchanged, told.removed) == (0, len(archived), 0)
    assert replace(index.info(), size=0) == replace(before, size=0)


def test_datasketch_finds_the_same_paragraph(index: Index, archived: list[Document]) -> None:
    """A signature that datasketch makes itself meets the stored ones in its own LSH."""
    from datasketch import MinHash

    lsh = index.to_datasketch()
    with index._file.reading() as db:
        number, document = next(iter(rows.documents(db, index.path)))
        cut = rows.paragraphs(db, index.path, number, index.params.num_perm)
    longest = int(np.argmax(cut.length))
    probe = MinHash(
        num_perm=index.params.num_perm, seed=index.params.seed, scheme="affine32", hashvalues=cut.sketches[longest]
    )
    assert (number, document.name, longest + 1) in lsh.query(probe)
