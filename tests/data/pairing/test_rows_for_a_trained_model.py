"""New rows are read by the schema of a trained model, whatever they hold themselves."""

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal.data import ImageStream, SensorProcessor, TableProcessor, TextProcessor, pair
from keras_multimodal.schema import Schema

FRAME = pd.DataFrame(
    {
        "title": ["red cat", "big dog", "red dog", "old cat", "big red cat", "dog"],
        "size": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "code": ["01", "02", "01", "A", "02", "A"],
        "sort": ["cat", "dog", "dog", "cat", "cat", "dog"],
        "price": [10.0, 20.0, 30.0, 40.0, 50.0, 60.0],
    }
)
TOWERS = {"left": "text", "right": "table"}


def columns(frame=FRAME, **options):
    series = [np.stack([[size, -size]] * 3) for size in frame["size"]]
    images = np.stack([np.full((4, 4, 3), size) for size in frame["size"]])
    return (
        TextProcessor(length=3).from_dataframe(frame, "title", **options),
        TableProcessor().from_dataframe(frame, ["size", "code"]),
        SensorProcessor().load_arrays(series, channels=["up", "down"]),
        ImageStream(featurewise_center=True).flow(images),
    )


@pytest.fixture(scope="module")
def train():
    return pair(*columns(), labels=FRAME["sort"]).adapt()


def inputs(records):
    batch = next(iter(records.batch(8)))
    return batch[0] if isinstance(batch, tuple) else batch


def same(found, wanted):
    return found.keys() == wanted.keys() and all(
        np.array_equal(found[name], wanted[name]) for name in wanted
    )


@pytest.mark.parametrize("rows", [[0], [5, 1], [3, 2, 1, 0]])
def test_a_row_is_read_as_in_training_whatever_its_neighbours(train, rows):
    part = FRAME.iloc[rows].reset_index(drop=True)
    records = pair(*columns(part), schema=train.schema)
    assert records.target is None
    assert records.schema.inputs == train.schema.inputs
    assert same(inputs(records), inputs(train.select(rows).without_target()))


def test_nothing_is_learned_of_them_by_adapt_splits_and_folds(train):
    records = pair(*columns(FRAME[::-1].reset_index(drop=True)), schema=train.schema)
    parts = [
        records.adapt(),
        *records.split(test=0.5),
        *records.split_by(["train", "test"] * 3, ("train", "test")),
        *(part for fold in records.folds(2) for part in fold),
        records.select([3]).adapt(),
    ]
    assert [part.schema.inputs for part in parts] == [train.schema.inputs] * len(parts)
    text = records.select_modalities("text").split(test=0.5)[0]
    assert text.schema.inputs == (train.schema["text"],)


def test_a_schema_in_a_file_is_the_same(train):
    records = pair(*columns(), schema=Schema.from_json(train.schema.to_json()))
    assert records.schema.inputs == train.schema.inputs


@pytest.mark.parametrize(
    ("given", "new"),
    [
        ({"labels": FRAME["sort"]}, {"labels": ["dog"] * 6}),
        ({"labels": [0, 1] * 3}, {"labels": [1.0] * 6}),
        ({"labels": [0, 1] * 3}, {"labels": np.eye(2)[[1] * 6]}),
        (
            {"labels": FRAME["sort"], "classes": ["dog", "cat"], "ordered": True},
            {"labels": FRAME["sort"]},
        ),
        ({"labels": pd.get_dummies(FRAME["sort"])}, {"labels": pd.get_dummies(FRAME["sort"])}),
        ({"labels": [["cat"], [], ["dog", "cat"]] * 2}, {"labels": [["dog"]] * 6}),
        ({"values": FRAME["price"]}, {"values": [5.0] * 6}),
        ({"values": FRAME[["price", "size"]]}, {"values": FRAME[["size", "price"]]}),
        (
            {"labels": FRAME[["sort", "code"]], "values": FRAME["price"]},
            {"labels": FRAME[["code", "sort"]], "values": FRAME["price"] * 2},
        ),
        (
            {"match": {"left": "text", "right": "table"}},
            {"match": {"left": "text", "right": "table"}},
        ),
        (
            {"captions": TextProcessor(length=4).from_dataframe(FRAME, "title", name="caption")},
            {"captions": TextProcessor(length=2).load_data(["new dog"] * 6, name="caption")},
        ),
    ],
)
def test_a_target_is_that_of_training(given, new):
    text, table, *_ = columns()
    schema = pair(text, table, **given).adapt().schema
    records = pair(text, table, **new, schema=schema)
    assert records.schema == schema
    assert records.adapt().schema == schema


def test_labels_have_the_numbers_of_training(train):
    records = pair(
        *columns(),
        labels=["dog", None, "dog", "cat", "dog", "dog"],
        on_missing="drop",
        schema=train.schema,
    )
    assert records.labels.tolist() == [1, 1, 0, 1, 1]
    prices = pair(*columns(), values=FRAME[["price", "size"]]).adapt().schema
    numbers = pair(*columns(), values=FRAME[["size", "price"]], schema=prices)
    assert numbers.labels.tolist() == FRAME[["price", "size"]].to_numpy().tolist()


def test_columns_of_a_table_are_read_as_in_training():
    first = pd.DataFrame({"size": [1.0, 2.0], "code": ["1", "A"], "year": [1.0, 2.0]})
    schema = pair(TableProcessor().from_dataframe(first)).adapt().schema
    later = pd.DataFrame({"year": ["2", None], "code": [1, 2], "size": [None, None]})
    column = TableProcessor().from_dataframe(later)
    assert column.spec.numeric == ("code",)
    records = pair(column, schema=schema)
    found = inputs(records)
    assert found["table"].numpy().tolist() == [[0, 1], [0, 0]]  # (2 - 1.5) / 0.5; the rest lacks
    assert found["table_categories"].numpy().tolist() == [[2], [1]]  # the first, and an unknown one
    wrong = TableProcessor().from_dataframe(later.assign(year=["new", "2"]))
    with pytest.raises(ValueError, match=r"finite numbers in 'year'.*'new' in row 0"):
        pair(wrong, schema=schema)


def test_what_may_lack_is_what_might_in_training():
    def of(frame):
        return TextProcessor(length=3).from_dataframe(
            frame, "title"
        ), TableProcessor().from_dataframe(frame, "size")

    gap = FRAME.assign(title=[None, *FRAME["title"][1:]])
    masked = pair(*of(gap), labels=FRAME["sort"], on_missing="mask").adapt().schema
    whole = pair(*of(FRAME), labels=FRAME["sort"]).adapt().schema
    assert "text_present" in inputs(pair(*of(FRAME), schema=masked))
    assert not inputs(pair(*of(gap), schema=masked))["text_present"].numpy()[0]
    with pytest.raises(ValueError, match="text"):
        pair(*of(gap), schema=whole)
    with pytest.raises(ValueError, match=r"`on_missing` must be another than 'mask'.*\['text', 't"):
        pair(*of(gap), schema=whole, on_missing="mask")
    assert len(pair(*of(gap), schema=whole, on_missing="drop")) == 5


def with_another(column):
    """Return the columns, one of them in place of that of its name."""
    return [column, *(each for each in columns() if each.spec.name != column.spec.name)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (columns()[:1], r"modalities that are paired, \['text'\]. Rec"),
        (
            with_another(TextProcessor().load_data(["a"] * 6, name="image")),
            r"`schema` must describe 'image' as what it is, Text\. Received: Image",
        ),
        (
            with_another(ImageStream().flow(np.zeros((6, 8, 8, 3)))),
            r"size of the array's pictures, \(8, 8, 3\)\. Received: \(4, 4, 3\)",
        ),
        (
            with_another(SensorProcessor().load_arrays(np.ones((6, 3, 2)))),
            r"`channels` of its series, \('0', '1'\)\. Received: \('up', 'down'\)",
        ),
        (
            with_another(TableProcessor().from_dataframe(FRAME, "size")),
            r"\['code'\] that it lacks, and not \[\]",
        ),
        (
            with_another(TextProcessor(segmenter=list).from_dataframe(FRAME, "title")),
            r"`segmenter` that its words were cut by, 'list'\. Received: ''",
        ),
    ],
)
def test_columns_that_a_schema_does_not_describe_are_refused(train, given, message):
    with pytest.raises(ValueError, match=message):
        pair(*given, schema=train.schema)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"labels": ["ant"] * 6}, "Received: 'ant' in row 0"),
        ({"labels": [["cat"]] * 6}, "the target that is given"),
        ({"values": [1.0] * 6}, "as its target, values"),
        ({"match": True}, "as its target, match"),
        ({"labels": ["cat"] * 6, "classes": ["cat", "ant"]}, r"are given, \['cat', 'ant'\]"),
        ({"schema": "schema.json"}, "`schema` must be a Schema.*Received: str"),
        ({"schema": pair(*columns()).schema}, r"no vocabulary yet.*schema=train\.schema\)"),
    ],
)
def test_targets_that_a_schema_does_not_describe_are_refused(train, given, message):
    with pytest.raises((TypeError, ValueError), match=message):
        pair(*columns(), **{"schema": train.schema, **given})


def test_lists_are_wanted_where_training_had_lists():
    text = TextProcessor(length=2).load_data(["a", "b"])
    schema = pair(text, labels=[["x"], ["y", "x"]]).adapt().schema
    with pytest.raises(TypeError, match="a list of classes for each row, as the trained"):
        pair(text, labels=["x", "y"], schema=schema)
    assert pair(text, labels=[[0, 1], [0, 1]], schema=schema).labels.tolist() == [[0, 1]] * 2


def test_a_trained_model_answers_new_rows_as_it_did(train):
    text = train.select_modalities("text")
    ids = keras.Input((3,), dtype="int32", name="text")
    vectors = keras.layers.Embedding(16, 4)(ids)
    model = keras.Model({"text": ids}, keras.layers.Dense(1)(keras.layers.Flatten()(vectors)))
    wanted = model.predict(text.without_target().batch(8), verbose=0)[4]
    new = TextProcessor(length=3).load_data([FRAME["title"][4]])
    found = model.predict(pair(new, schema=text.schema).batch(8), verbose=0)[0]
    assert found.tolist() == wanted.tolist()
    relearned = model.predict(pair(new).adapt().batch(8), verbose=0)[0]
    assert relearned.tolist() != wanted.tolist()
