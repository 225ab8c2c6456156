"""Targets as objects: read by key, aligned with rows, learned from some, and fed to batches."""

import numpy as np
import pandas as pd
import pytest

from keras_multimodal.data import TextProcessor
from keras_multimodal.data.targets.class_labels import ClassLabels
from keras_multimodal.data.targets.multi_hot_labels import MultiHotLabels
from keras_multimodal.data.targets.no_labels import NoLabels
from keras_multimodal.data.targets.number_labels import NumberLabels
from keras_multimodal.data.targets.pair_labels import PairLabels
from keras_multimodal.data.targets.reading import read_target
from keras_multimodal.data.targets.several_labels import SeveralLabels
from keras_multimodal.data.targets.text_labels import TextLabels
from keras_multimodal.schema import NumberTarget

KEYS = ["a", "b", "c"]
CLASSES = {"a": "dog", "b": "cat", "c": None, "stray": "dog"}
PRICES = pd.Series([1.0, np.nan, 3.0], index=KEYS, name="price")


def column(cells=("x", "y", "x"), name="text"):
    return TextProcessor(length=2).load_data(dict(zip(KEYS, cells, strict=True)), name=name)


def read(**given):
    nothing = dict.fromkeys(("labels", "classes", "values", "captions"))
    columns = [column(), column(name="note")]
    return read_target(columns, **{**nothing, "ordered": False, "match": False, **given})


def aligned(target, keys):
    return target.align(keys, keys, [column(), column(name="note")])


@pytest.mark.parametrize(
    ("given", "kind", "arguments", "present"),
    [
        ({}, NoLabels, (), [True, True, True]),
        ({"labels": CLASSES}, ClassLabels, ("labels",), [True, True, False]),
        ({"values": PRICES}, NumberLabels, ("values",), [True, False, True]),
        (
            {"captions": column(("red cat", "", "dog"), "caption")},
            TextLabels,
            ("captions",),
            [True, False, True],
        ),
        ({"match": True}, PairLabels, (), [True, True, True]),
        (
            {"labels": CLASSES, "values": PRICES},
            SeveralLabels,
            ("labels", "values"),
            [True, True, True],
        ),
    ],
)
def test_what_is_given_says_which_keys_have_it(given, kind, arguments, present):
    target = read(**given)
    assert type(target) is kind
    assert target.arguments == arguments
    assert target.present(KEYS).tolist() == present
    assert target.present(["nowhere"]).tolist() == [kind in (NoLabels, PairLabels)]
    assert ("stray" in target.given_keys()) == ("labels" in given)


def test_classes_are_numbered_and_missing_ones_fit_in():
    target = aligned(read(labels=CLASSES), ["b", "a"])
    assert target.spec.classes == ("cat", "dog")
    assert target.feed(None).labels.tolist() == [0, 1]
    assert target.class_numbers is target.array
    wider = target.spread([2, 0], 3)
    assert wider.array.tolist() == [1, -1, 0]
    assert wider.cells()["label"].tolist() == ["dog", None, "cat"]
    numbers, names = wider.strata()
    assert (numbers.tolist(), names) == ([1, 2, 0], ["cat", "dog"])
    labels, weights = wider.feed_with_gaps(np.array([2, 3, 4], "float32"))
    assert (labels.tolist(), weights.tolist()) == ([1, 0, 0], [2, 0, 4])
    assert wider.array.tolist() == [1, -1, 0]  # as before


def test_lists_of_classes_are_several_and_need_not_be_balanced():
    target = aligned(read(labels={"a": ["x"], "b": [], "c": ["y", "x"]}), KEYS)
    assert isinstance(target, MultiHotLabels)
    assert target.spec.multi_label
    assert target.array.tolist() == [[1, 0], [0, 0], [1, 1]]
    assert target.class_numbers is None
    assert target.strata() == (None, [])
    assert target.take(np.array([2, 1])).cells() == {"label": [("x", "y"), ()]}


def test_numbers_learn_from_the_training_rows_alone():
    target = aligned(read(values=PRICES), ["a", "c"])
    train = target.take(np.array([1])).learn()
    assert train.spec == NumberTarget(columns=("price",), mean=(3.0,), std=(1.0,))
    test = target.take(np.array([0])).with_learned(train)
    assert test.spec == train.spec
    assert test.array.tolist() == [[1.0]]


def test_texts_learn_their_words_from_the_training_rows_alone():
    target = aligned(read(captions=column(("red cat", "dog", "cat"), "caption")), KEYS)
    train = target.take(np.array([0, 2])).learn()
    assert set(train.spec.vocabulary) == {"red", "cat"}
    test = target.take(np.array([1])).with_learned(train)
    feed = test.feed(None)
    start, end = train.spec.start, train.spec.end
    assert feed.inputs["caption"].tolist() == [[start, 1, 0]]  # dog is unknown
    assert feed.labels.tolist() == [[1, end, 0]]
    assert read(captions=column(("a b c", "a b", ""), "caption")).too_long(KEYS).tolist() == [
        True,
        False,
        False,
    ]


def test_parts_of_one_content_have_one_number():
    target = aligned(read(match={"left": "text", "right": ["note"]}), KEYS)
    assert target.array.tolist() == [[0, 0], [1, 1], [0, 0]]
    assert target.take(np.array([1])).feed(None).labels.tolist() == [[1, 1]]


def test_of_several_a_row_may_lack_some():
    target = read(labels=CLASSES, values=PRICES)
    assert target.complete(KEYS).tolist() == [True, False, False]
    lacking = {name: rows.tolist() for name, rows in target.lacking(KEYS).items()}
    assert lacking == {"label": [False, False, True], "price": [False, True, False]}
    rows = aligned(target, KEYS)
    feed = rows.feed(None)
    assert feed.labels["label"].tolist() == [1, 0, 0]
    assert feed.weights["label"].tolist() == [1, 1, 0]
    assert feed.weights["price"].tolist() == [1, 0, 1]
    assert rows.learn().spec["price"].mean == (2.0,)
    with pytest.raises(ValueError, match="none of 'price' in 1 rows"):
        rows.take(np.array([1])).learn()
