"""Files opened: in which column, line or bytes the documents of the reader stand, and what becomes of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dedup.clean import CleanPolicy, clean
from dedup.read import read
from dedup.result import Document
from tests.clean.hand import found, result_of

_LINE = "瓦匠把旧瓦按长短分作三堆，短的垫在檐口，长的留给正脊。"
_OWN = "正脊两头各留一块活瓦。"


def documents_in(*paths: Path) -> list[Document]:
    return [row for row in read(list(paths)) if isinstance(row, Document)]


def cleaned(folder: Path, documents: list[Document]) -> Path:
    """Clean documents of a folder of the line that stands in several of them; the output stands beside it."""
    out = folder.with_name("out")
    clean(result_of(documents, [found(documents, _LINE)]), documents, CleanPolicy(), out, base=folder)
    return out


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with one text that holds the line."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(_LINE, encoding="utf-8")
    return tmp_path / "in"


@pytest.mark.parametrize("columns", [["raw", "text"], ["text", "raw"], ["raw", " text "]])
def test_of_two_equal_columns_of_a_table_the_one_that_was_read_is_cut(corpus: Path, columns: list[str]) -> None:
    """The cleaned file reads as what is left, not as it was."""
    row = f'"{_LINE}\n{_OWN}"'
    (corpus / "t.csv").write_text(f"{','.join(columns)}\n{row},{row}\n", encoding="utf-8")
    out = cleaned(corpus, documents_in(corpus))
    assert [row.text for row in documents_in(out / "t.csv")] == [_OWN]
