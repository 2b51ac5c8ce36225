"""Rarity: what is common has few bits, whoever counted it; a passage does not prove itself common."""

from __future__ import annotations

import gzip
import json
from itertools import permutations

import numpy as np
import pytest

from dedup import Document, Params, scan
from dedup.background import build
from dedup.errors import FormatProblem, ParamsError
from dedup.schema import Families
from dedup.steps import background, normalise, repair

PUBLIC = [
    "渡口每天清早由摆渡人查验缆绳，查验完了才准上客。",
    "摆渡人查验缆绳，遇到大风就停航，停航的牌子挂在石阶上。",
    "腊月里摆渡人查验缆绳比平时更勤，缆绳两年一换。",
]


def keys_of(*texts):
    laid = repair.lay_out(list(texts))
    return normalise.normalise(laid, repair.repair(laid))


def measured(text, table, corpus=None):
    keys = keys_of(text)
    bits, surplus = background.span_bits(keys, keys.indptr[:1], keys.indptr[1:], table, corpus)
    return float(bits[0]), float(surplus[0])


def test_a_table_does_not_depend_on_the_order_or_the_number_of_files():
    """Any order, a text twice, batches of any size: the same bytes."""
    tables = {
        background.dumps(build([Document(f"{at}", PUBLIC[at]) for at in (*order, order[0])], least=2).background)
        for order in permutations(range(3))
    }
    assert len(tables) == 1


def test_a_table_holds_what_enough_documents_have(monkeypatch):
    """摆渡人查验缆绳 stands in three of three; everything else in one, and is left out."""
    monkeypatch.setattr("dedup.background.BATCH", 10)
    built = build([Document(f"{at}", text) for at, text in enumerate(PUBLIC)], least=2)
    assert (built.background.documents, len(built.background.hashes)) == (3, 3)
    assert measured("摆渡人查验缆绳", built.background)[0] < measured("缆绳两年换一回新", built.background)[0]


def test_what_is_written_can_be_read_and_names_itself(tmp_path):
    """A table survives its file; another table has another digest."""
    one = build([Document("a", PUBLIC[0])], least=1).background
    (tmp_path / "one.npz").write_bytes(background.dumps(one))
    read = background.load(tmp_path / "one.npz")
    assert (read.hashes == one.hashes).all() and (read.level == one.level).all() and read.digest == one.digest
    assert build([Document("a", PUBLIC[1])], least=1).background.digest != one.digest


def test_records_of_a_compressed_file_are_documents(tmp_path):
    """The table that ships was counted from .jsonl.gz."""
    rows = "".join(json.dumps({"id": at, "text": text}) + "\n" for at, text in enumerate(PUBLIC))
    (tmp_path / "public.jsonl.gz").write_bytes(gzip.compress(rows.encode()))
    built = build([tmp_path / "public.jsonl.gz"], least=2)
    assert built.background.documents == 3 and built.chars == sum(map(len, PUBLIC)) and not built.skipped


def test_a_listed_phrase_is_as_good_as_common_and_nothing_else_is(tmp_path):
    """Its characters have no surplus; a remark is no phrase."""
    (tmp_path / "phrases.txt").write_text(
        "# 这一行是说明不是词语\n把缆绳系在石桩上 摇橹靠岸的规矩\n", encoding="utf-8"
    )
    texts = [Document(f"{at}", text) for at, text in enumerate(PUBLIC)]
    table = build(texts * 30, phrases=tmp_path / "phrases.txt", least=1).background
    assert measured("把缆绳系在石桩上", table)[1] == measured("摇橹靠岸的规矩", table)[1] == 0
    assert measured("这一行是说明不是词语", table)[1] > 10


def test_bad_input_is_told(tmp_path):
    with pytest.raises(ParamsError, match="least is 0"):
        build([], least=0)
    with pytest.raises(FormatProblem, match="list of phrases"):
        build([], phrases=tmp_path / "nowhere.txt")
    (tmp_path / "no.npz").write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(FormatProblem, match="dedup background build"):
        background.load(tmp_path / "no.npz")


def test_every_phrase_of_the_list_is_in_the_table_that_ships():
    """phrases.txt was given when it was built: no phrase of five characters or more has a surplus."""
    lines = (background.resources.files("dedup.steps") / "data" / "phrases.txt").read_text("utf-8").splitlines()
    phrases = [phrase for line in lines if not line.startswith("#") for phrase in line.split()]
    keys = keys_of(*phrases)
    _, surplus = background.span_bits(keys, keys.indptr[:-1], keys.indptr[1:], background.load())
    assert len(phrases) > 300 and not surplus[np.diff(keys.indptr) >= background.GRAM].any()


def test_a_character_has_the_bits_of_the_commonest_gram_that_holds_it():
    """Against the definition, written out, over ranges of every length that lie side by side."""
    table = build([Document(f"{at}", text) for at, text in enumerate(PUBLIC)], least=1).background
    keys = keys_of("摆渡人查验缆绳时大风停航，石阶上挂起了停航的牌子")
    start = np.array([0, 3, 5, 6, 6, 12], np.int64)
    end = np.array([3, 5, 6, 6, 12, len(keys.codes)], np.int64)
    bits, surplus = background.span_bits(keys, start, end, table)
    for row, (low, high) in enumerate(zip(start.tolist(), end.tolist(), strict=True)):
        of_char = [table.ceiling] * (high - low)
        for at in range(low, high - background.GRAM + 1):
            gram = float(measured_gram(keys.codes[at : at + background.GRAM], table))
            for char in range(at - low, at - low + background.GRAM):
                of_char[char] = min(of_char[char], gram)
        assert bits[row] == pytest.approx(sum(of_char) / background.GRAM)
        assert surplus[row] == pytest.approx(sum(max(0, one - background.USUAL) for one in of_char) / background.GRAM)


def measured_gram(codes, table):
    out = np.empty(1, np.uint64)
    background.hashing.grams(codes, *(np.array(a, np.int64) for a in ([0], [5], [0, 1])), np.int64(5), out)
    return table.bits(out)[0]


def test_a_block_does_not_prove_itself_common():
    """Grams inside of families do not count, those outside do, each unit once."""
    texts = [
        "把缆绳系在石桩上再收船篙",
        "把缆绳系在石桩上再收船篙",
        "老人说把缆绳系在石桩上最稳",
        "老人又说把缆绳系在石桩上",
    ]
    keys = keys_of(*texts)
    first = keys.indptr[:-1]
    families = Families(
        np.array([0, 2]), first[:2], keys.indptr[1:3], np.ones(2), np.array([0]), *[np.empty(0, int)] * 2
    )
    alone = background.spread(keys, families, np.array([0, 1, 2, 3]), 90)
    together = background.spread(keys, families, np.array([0, 1, 2, 2]), 90)
    assert alone.units == 4 and set(alone.count.tolist()) == {0, 2}
    assert together.units == 3 and set(together.count.tolist()) == {0, 1}
    assert not len(background.spread(keys, families, np.array([0, 1, 2, 3]), 3).hashes)


def test_another_table_changes_labels_and_stands_in_the_parameters(tmp_path):
    """A phrase that only the given table knows is a formula with it, copying without; the digest is in the result."""
    phrase = "摆渡人查验缆绳之后挂牌放行的老规矩"
    known = [Document(f"{at}", f"{phrase}，各渡口都照办，第{at}号。" + "甲乙丙丁"[at % 4] * 3) for at in range(40)]
    (tmp_path / "own.npz").write_bytes(background.dumps(build(known).background))
    reports = [
        Document("1.txt", f"春汛来得早，{phrase}，今年一天也没有断过。"),
        Document("2.txt", f"说起镇上的码头，{phrase}，年轻人学了三年。"),
    ]
    plain, given = scan(reports), scan(reports, background=tmp_path / "own.npz")
    assert [one.label for one in plain.clusters] == ["copy"] and plain.params.background == ""
    assert [one.label for one in given.clusters] == ["formula"]
    assert given.params.background == background.load(tmp_path / "own.npz").digest
    with pytest.raises(ParamsError, match="background is"):
        scan(reports, Params(background="0" * 16))
