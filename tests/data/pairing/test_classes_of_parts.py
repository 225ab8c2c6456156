"""A class that no training row has is named, whatever divides the rows."""

import pandas as pd
import pytest

from keras_multimodal.data import TextProcessor, pair

PARTS = ["train"] * 6 + ["test"] * 3
ONE = {"labels": ["a", "b"] * 3 + ["a", "c", "c"]}
SEVERAL = {"labels": pd.DataFrame({"sort": ["x", "y", "x"] * 3, "rare": ONE["labels"]})}
LISTS = {"labels": [["a"], ["b"], []] * 2 + [["a"], ["c", "b"], []]}
RARE = {"labels": pd.DataFrame({"sort": ["x", "y", "x"] * 3, "rare": ["a", "b"] * 4 + ["c"]})}


def records(given):
    return pair(TextProcessor(length=2).load_data([f"word {row}" for row in range(9)]), **given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (ONE, r"no training row of 'label' 'c', which other parts have.*records\.select\(keys\)"),
        (SEVERAL, "no training row of 'rare' 'c'"),
        (LISTS, "no training row of 'label' 'c'"),
    ],
)
def test_a_published_split_without_a_class_is_refused(given, message):
    with pytest.raises(ValueError, match=f"`parts` must leave rows of each class.*{message}"):
        records(given).split_by(PARTS, ("train", "test"))


@pytest.mark.parametrize("given", [ONE, SEVERAL, LISTS])
def test_rows_that_are_left_out_need_no_class(given):
    parts = [*PARTS[:6], "test", "unused", "unused"]
    train, test = records(given).split_by(parts, ("train", "test"), ignore="unused")
    assert (len(train), len(test)) == (6, 1)


def test_a_class_that_is_learned_need_not_be_tested():
    train, test = records(ONE).split_by(["test"] * 2 + ["train"] * 7, ("train", "test"))
    assert (len(train), len(test)) == (7, 2)


@pytest.mark.parametrize("given", [{"labels": ["a", "b"] * 4 + ["c"]}, RARE])
def test_folds_without_a_class_are_refused_before_the_first(given):
    with pytest.raises(ValueError, match=r"`folds` must leave.*'c'.*Or pass stratify=False"):
        next(records(given).folds(3))
    assert len(list(records(given).folds(3, stratify=False))) == 3


def test_a_split_looks_at_every_target():
    refused = 0
    for seed in range(8):
        try:
            records(RARE).split(test=0.3, seed=seed)
        except ValueError as error:
            refused += "`split` must leave rows of each class" in str(error)
    assert 0 < refused < 8
    assert len(records(RARE).split(test=0.3, seed=0, stratify=False)) == 2


@pytest.mark.parametrize("argument", ["parts", "groups"])
def test_letters_are_no_entries_of_rows(argument):
    rows = records(ONE)
    with pytest.raises(TypeError, match=f"`{argument}` must be values by key"):
        rows.split_by("abcdefghi") if argument == "parts" else rows.split(
            test=0.5, groups="abcdefghi"
        )
