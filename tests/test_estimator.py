"""The fast door and the estimator: the pairs are exact, the groups are stars, scikit-learn recognises its own."""

from __future__ import annotations

import pickle
import warnings

import naive
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.model_selection import ParameterGrid
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import validate_data

import dedup
from bench import corpus
from dedup import NearDuplicates, Params, near_duplicates
from dedup.errors import DedupError, ParamsError
from dedup.result import Limit

FIRST = "果园的路修到了地头，三轮车开得进去，一季桃子少烂了两成，果农说比多打一遍药管用。"
SECOND = "敬老院换了新炉子，煤改成了电，夜里值班的人不用再起来添火，老人们说屋里没有烟味了。"


def varied(text, *changes):
    """Replace one character at each of some places."""
    codes = list(text)
    for at in changes:
        codes[at] = "别其另各本全"[at % 6]
    return "".join(codes)


@pytest.fixture(scope="module")
def texts():
    return corpus.make(300, seed=5).texts


class OfNumbers(NearDuplicates):
    """Writes rows of numbers out as texts, so that scikit-learn's checks, which send numbers, can be run."""

    def fit(self, X, y=None):
        rows = validate_data(self, X).tolist()
        return super().fit(["".join(map(self._written, row)) for row in rows])

    @staticmethod
    def _written(number):
        return "".join(chr(0x4E00 + 10 * (round(number) % 500) + at) for at in range(10))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.one_d_array, tags.input_tags.string = True, False, False
        return tags


def test_every_check_of_scikit_learn_passes_where_it_can_be_asked():
    """All checks pass behind an adapter from numbers to texts; of texts themselves scikit-learn asks only the clone.

    One check is skipped, by scikit-learn: array API input, which wants an environment variable and is about arrays
    of numbers.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        behind = check_estimator(OfNumbers(), on_fail=None)
        itself = check_estimator(NearDuplicates(), on_fail=None)
    status = {(row["check_name"], row["status"]) for row in behind}
    assert len(behind) > 35 and {name for name, state in status if state == "skipped"} == {"check_array_api_input"}
    assert [name for name, state in status if state not in ("passed", "skipped")] == []
    assert [(row["check_name"], row["status"]) for row in itself] == [("check_estimator_cloneable", "passed")]


@pytest.mark.parametrize("threshold", [0.6, 0.7, 0.9])
def test_the_pairs_are_those_of_comparing_all_with_all(texts, threshold):
    """Without folding, every pair listed is exact; at most one in a hundred is missed, and here none is."""
    sets = [set(naive.gram_hashes([ord(char) for char in text], 5)) for text in texts]
    wanted = {}
    for right in range(len(texts)):
        for left in range(right):
            jaccard = naive.jaccard(sets[left], sets[right])
            if jaccard >= threshold:
                wanted[left, right] = jaccard
    found = near_duplicates(texts, Params(threshold=threshold), fold=False)
    assert {(left, right): jaccard for left, right, jaccard in found} == wanted
    assert len(found) == len(wanted) and found.limits == ()


def test_the_pairs_do_not_depend_on_threads(texts):
    one, two = near_duplicates(texts), near_duplicates(texts, jobs=2)
    assert list(one) == list(two)


def test_folding_lets_script_width_and_figures_pass():
    other = "果園的路修到了地頭,三輪車開得進去,一季桃子少爛了兩成,果農說比多打一遍藥管用。"
    assert list(near_duplicates([FIRST, SECOND, other])) == [(0, 2, 1.0)]
    assert len(near_duplicates([FIRST, SECOND, other], fold=False)) == 0


def test_texts_too_short_for_a_shingle_are_counted():
    assert near_duplicates(["短", "短", FIRST]).limits == (Limit("short", 2, 5),)


def test_a_flood_of_copies_is_bounded_and_that_is_said():
    found = near_duplicates([FIRST] * 100, Params(bucket=10))
    assert len(found) == 99 and found.limits[0].kind == "exact group"
    model = NearDuplicates(bucket=10).fit([FIRST] * 100)
    assert set(model.labels_) == {0} and model.keep_.sum() == 1 and model.limits_ == found.limits


@pytest.mark.parametrize(
    "given, told",
    [
        ("one string", "texts is str, but must be a list or column of strings"),
        (3, "texts is int"),
        ([FIRST, None], "texts[1] is NoneType, but must be a string"),
        ([b"bytes"], "texts[0] is bytes"),
    ],
)
def test_what_are_no_texts_is_said_in_a_sentence(given, told):
    for door in (near_duplicates, NearDuplicates().fit):
        with pytest.raises(ParamsError) as caught:
            door(given)
        assert told in str(caught.value)


@pytest.mark.parametrize("settings, told", [({"threshold": 2.0}, "threshold is 2.0"), ({"n_jobs": 0}, "jobs is 0")])
def test_settings_are_checked_when_it_is_fitted(settings, told):
    """As scikit-learn wants it: the constructor stores, `fit` complains; all of it is a ValueError too."""
    model = NearDuplicates(**settings)
    with pytest.raises(ValueError, match=told) as caught:
        model.fit([FIRST])
    assert isinstance(caught.value, DedupError)
    with pytest.raises(ValueError, match="X has 0 texts"):
        NearDuplicates().fit([])


def test_groups_keepers_and_medoids_say_the_same(texts):
    """No two kept texts are near duplicates, and each other text is near a kept one; labels number the groups."""
    model = NearDuplicates().fit(texts)
    pairs = {(left, right) for left, right, _ in model.pairs_} | {(right, left) for left, right, _ in model.pairs_}
    kept = set(np.flatnonzero(model.keep_).tolist())
    assert pairs and not any(one in kept and other in kept for one, other in pairs)
    for row, label in enumerate(model.labels_.tolist()):
        assert (label == -1) == (not any(one == row for one, _ in pairs))
        assert row in kept or any((row, other) in pairs for other in kept)
    first = [int(np.flatnonzero(model.labels_ == label)[0]) for label in range(model.labels_.max() + 1)]
    assert first == sorted(first) and len(model.medoid_indices_) == len(first)
    assert model.labels_[model.medoid_indices_].tolist() == list(range(len(first)))


def test_a_chain_of_versions_falls_into_several_groups_and_its_far_end_is_kept():
    """Each version is near the next only: the last two of five part, the last of four joins and is kept."""
    chain = [varied(FIRST + SECOND, *range(2, 2 + step)) for step in (0, 6, 12, 18, 24)]
    five, four = (NearDuplicates(threshold=0.75).fit(chain[:count]) for count in (5, 4))
    assert [(left, right) for left, right, _ in five.pairs_] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert five.labels_.tolist() == [0, 0, 0, 1, 1] and five.medoid_indices_.tolist() == [1, 3]
    assert four.labels_.tolist() == [0, 0, 0, 0] and four.keep_.tolist() == [False, True, False, True]


def test_labels_come_in_any_container_of_strings():
    rows = [FIRST, SECOND, FIRST]
    for given in (rows, tuple(rows), np.array(rows), np.array(rows, object), pd.Series(rows), iter(rows)):
        assert NearDuplicates().fit_predict(given).tolist() == [0, -1, 0]


def test_it_is_cloned_copied_and_searched_over_as_estimators_are():
    model = NearDuplicates(threshold=0.9, fold=False).set_params(shingle=4)
    assert clone(model).get_params() == model.get_params() == model.get_params() | {"threshold": 0.9, "shingle": 4}
    fitted = pickle.loads(pickle.dumps(model.fit([FIRST, FIRST])))
    assert fitted.labels_.tolist() == [0, 0]
    counts = [
        len(NearDuplicates(**one).fit([FIRST, varied(FIRST, 3), SECOND]).pairs_)
        for one in ParameterGrid({"threshold": [0.5, 0.99]})
    ]
    assert counts == [1, 0]


def test_the_defaults_are_those_of_the_scan():
    """A setting of `Params` that the estimator repeats has the same default."""
    mine = NearDuplicates().get_params()
    shared = mine.keys() & Params().to_dict().keys()
    assert len(shared) == 6 and all(mine[name] == getattr(Params(), name) for name in shared)


def test_the_front_door_lists_both():
    assert {"NearDuplicates", "near_duplicates"} <= set(dedup.__all__) & set(dir(dedup))
