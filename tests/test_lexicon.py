"""The dictionary kept our way: the same words and counts as jieba's own, fetched as texts ask for them."""

from __future__ import annotations

import os
import stat
from itertools import pairwise

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import lexicon
from dedup.lexicon import Lexicon

TEXTS = (
    "各村把防汛物资清点造册，编织袋、铁锹和应急灯放在村委会西屋，钥匙由值班员随身带着。",
    "今年新修机耕道12.5公里，ABC牌水泵3台；群众说：这条路走得踏实！",
    "龘𠮷\ud800野🙂，\n\r\n\t 一",
    "e",
    "",
)


@pytest.fixture(scope="module")
def plain():
    """jieba with all of its dictionary, as it makes it itself."""
    own = jieba.Tokenizer()
    own.FREQ, own.total = own.gen_pfdict(own.get_dict_file())
    own.initialized = True
    return own


@pytest.fixture(scope="module")
def known(plain):
    return lexicon._columns(plain.FREQ, plain.total)


@pytest.fixture
def fresh(known):
    """A lexicon that nobody has asked yet."""
    return Lexicon(_tokenizer(known.total), known)


def _tokenizer(total):
    own = jieba.Tokenizer()
    own.total, own.initialized = total, True
    return own


@pytest.mark.parametrize("text", TEXTS)
def test_words_and_counts_are_those_of_the_whole_dictionary(plain, fresh, text):
    words = fresh.cut(text)
    assert words == plain.lcut(text, HMM=False)
    assert [fresh.count(word) for word in words] == [plain.FREQ.get(word) or 0 for word in words]
    assert fresh.total == plain.total


def test_a_second_text_finds_what_the_first_did_not_ask_for(plain, fresh):
    for text in TEXTS + TEXTS:
        assert fresh.cut(text) == plain.lcut(text, HMM=False)


def test_few_words_are_made_for_few_texts(known, fresh):
    """The work is that of the texts, not of the dictionary: 40 characters make hundreds of half a million words."""
    fresh.cut(TEXTS[0])
    made = len(fresh._tokenizer.FREQ)
    assert 0 < made < 40 < len(known.count) // 400
    fresh.cut(TEXTS[0])
    assert len(fresh._tokenizer.FREQ) == made


@settings(deadline=None, derandomize=True, max_examples=150)
@given(text=st.text("中华人民共和国务院长江大桥面A1+é𠮷\ud800", max_size=30))
def test_the_words_that_begin_at_each_place_are_those_that_jieba_finds(plain, known, text):
    """Place by place, those of one character and the longest ones; half surrogate pairs stand in none."""
    graph = lexicon._graph(known, text)
    ends = [graph.end[low:high].tolist() for low, high in pairwise(graph.ptr.tolist())]
    assert {place: some or [place] for place, some in enumerate(ends)} == plain.get_DAG(text)
    places = [place for place, some in enumerate(ends) for _ in some]
    stand = [text[first : last + 1] for first, last in zip(places, graph.end.tolist(), strict=True)]
    assert graph.count.tolist() == [plain.FREQ[word] for word in stand]


@settings(deadline=None, derandomize=True, max_examples=150)
@given(text=st.text("中华人民共和国务院长江大桥面工作会议研究生命起源头A1+é𠮷\ud800", max_size=40))
def test_a_text_is_cut_as_jieba_cuts_it(plain, known, text):
    """By the likeliest sequence of words, of equally likely ones the longer word first."""
    fresh = Lexicon(_tokenizer(known.total), known)
    assert fresh.cut(text) == plain.lcut(text, HMM=False)
    assert [fresh.count(word) for word in fresh.cut(text)] == [plain.FREQ.get(word) or 0 for word in fresh.cut(text)]


def test_of_a_text_only_its_words_are_made(fresh):
    words = set(fresh.cut(TEXTS[0]))
    assert words > set(fresh._tokenizer.FREQ) > {"各村", "防汛", "物资"}


@pytest.mark.parametrize(("word", "count"), [("ABC", 0), ("", 0), ("物资", True), ("防汛物", 0)])
def test_a_word_that_no_text_was_cut_into_is_looked_up(plain, fresh, word, count):
    """Letters and digits are put together after the text was cut."""
    assert fresh.count(word) == (plain.FREQ.get(word) or 0) and bool(fresh.count(word)) == bool(count)


def test_usual_words_are_those_counted_often_enough(plain, fresh):
    usual = {word: count for word, count in plain.FREQ.items() if count >= 5_000}
    assert fresh.usual(5_000) == usual
    assert Lexicon(plain, None).usual(5_000) == usual


def test_what_is_kept_is_read_back_and_is_its_owners_alone(known, tmp_path):
    path = tmp_path / "words.lexicon"
    lexicon._write(path, known)
    kept = lexicon._read(path)
    assert kept is not None
    for column in ("text", "indptr", "count", "begins", "rows"):
        assert (getattr(kept, column) == getattr(known, column)).all()
    assert kept.total == known.total
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("at", [0, 20, 60, 5_000_000, -1])
def test_a_damaged_file_is_not_believed(known, tmp_path, at):
    path = tmp_path / "words.lexicon"
    lexicon._write(path, known)
    data = bytearray(path.read_bytes())
    data[at] ^= 4
    path.write_bytes(data)
    assert lexicon._read(path) is None


@pytest.mark.parametrize("content", [b"", b"dedup.lexicon/1\n", b"\x80\x04N."])
def test_a_file_of_something_else_is_not_believed(tmp_path, content):
    path = tmp_path / "words.lexicon"
    path.write_bytes(content)
    assert lexicon._read(path) is None
    assert lexicon._read(tmp_path) is None
    assert lexicon._read(tmp_path / "none") is None


def test_what_cannot_be_kept_leaves_nothing_behind(known, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    lexicon._write(tmp_path / "words.lexicon", known)
    assert list(tmp_path.iterdir()) == []
    lexicon._write(tmp_path / "gone" / "words.lexicon", known)


def test_where_nothing_lasts_the_dictionary_is_made_and_nothing_written(plain, tmp_path, monkeypatch):
    """A folder that cannot be written costs time, not an answer, and no litter in the folder for temporary files."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DEDUP_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = lexicon.lexicon.__wrapped__()
    assert made.cut(TEXTS[0]) == plain.lcut(TEXTS[0], HMM=False)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file"]


def test_the_second_lexicon_is_read_from_what_the_first_kept(plain, tmp_path, monkeypatch):
    monkeypatch.setenv("DEDUP_CACHE", str(tmp_path))
    first = lexicon.lexicon.__wrapped__()
    assert first._dictionary is None
    second = lexicon.lexicon.__wrapped__()
    assert second._dictionary is not None
    assert second.cut(TEXTS[0]) == first.cut(TEXTS[0]) == plain.lcut(TEXTS[0], HMM=False)
    (kept,) = tmp_path.glob("*.lexicon")
    kept.write_bytes(kept.read_bytes()[:-1])
    third = lexicon.lexicon.__wrapped__()
    assert third._dictionary is None
    assert lexicon._read(kept) is not None  # mended


def test_another_dictionary_is_kept_under_another_name_and_the_same_under_the_same(tmp_path):
    """Wherever it is installed, and whenever: an environment made anew finds what the last one kept."""
    for name, content in (("one", b"a 1 n\n"), ("two", b"a 1 n\n"), ("three", b"a 2 n\n")):
        (tmp_path / name).write_bytes(content)
    names = [lexicon._named(tmp_path / name) for name in ("one", "two", "three")]
    assert names[0] == names[1] != names[2]
