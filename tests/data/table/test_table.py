"""A table's cells: numbers standardised, categories numbered, and what is missing masked."""

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import tasks
from keras_multimodal.data import Preprocessor, TableColumns, TableProcessor, TextProcessor, pair
from keras_multimodal.export import saved_model, serve_in_fresh_process
from keras_multimodal.schema import Schema, Tabular

FRAME = pd.DataFrame(
    {
        "age": [20.0, 40.0, np.nan, 30.0],
        "rooms": pd.array([1, None, 3, 2], "Int64"),
        "town": ["Ulm", None, "Köln", "Ulm"],
        "vip": [True, False, None, True],
        "code": [7.0, np.nan, 9.0, 7.0],
    },
    index=list("abcd"),
)
COLUMNS = {"numeric": ["age", "rooms"], "categorical": ["town", "vip", "code"]}


def test_cells_become_numbers_ids_and_masks():
    column = TableProcessor().from_dataframe(FRAME, **COLUMNS).adapt()
    assert column.spec.categories == (("Ulm", "Köln"), ("True", "False"), ("7", "9"))
    assert column.spec.category_counts == (4, 4, 4)
    batch = pair(column).batch(4).get_single_element()
    std = np.std([20, 40, 30])
    np.testing.assert_allclose(batch["table"][:, 0], [-10 / std, 10 / std, 0, 0], rtol=1e-6)
    assert batch["table_categories"].numpy().tolist() == [
        [2, 2, 2],
        [0, 3, 0],
        [3, 0, 3],
        [2, 2, 2],
    ]
    assert batch["table_mask"].numpy().tolist() == [
        [True, True, True, True, True],
        [True, False, False, True, False],
        [False, True, True, False, True],
        [True, True, True, True, True],
    ]


def test_what_training_did_not_see_is_unknown():
    frame = pd.DataFrame({"town": ["Ulm"] * 5 + ["Bonn"], "n": range(6)})
    parts = ["train"] * 5 + ["test"]
    records = pair(TableProcessor().from_dataframe(frame)).split_by(parts, ("train", "test"))
    train, test = records
    assert train.schema["table"].mean == (2.0,)
    batch = test.batch(1).get_single_element()
    assert batch["table_categories"].numpy().tolist() == [[1]]
    assert batch["table_mask"].numpy().all()


@pytest.mark.parametrize(
    ("columns", "tensors"),
    [
        ({"numeric": ["age"]}, {"table": (1,), "table_mask": (1,)}),
        ({"categorical": ["town"]}, {"table_categories": (1,), "table_mask": (1,)}),
    ],
)
def test_one_kind_of_column_is_enough(columns, tensors):
    column = TableProcessor().from_dataframe(FRAME, **columns, optional=False)
    records = pair(column, on_missing="drop").adapt()
    spec = records.batch(2).element_spec
    assert {name: tuple(tensor.shape[1:]) for name, tensor in spec.items()} == tensors
    assert {n: shape for n, (shape, _) in records.schema["table"].tensors.items()} == tensors


def test_a_row_of_empty_cells_lacks_the_table():
    frame = pd.DataFrame({"x": [1.0, np.nan], "y": ["a", None]}, index=["a", "b"])
    other = TextProcessor(length=1, vocabulary=["w"]).load_data({"a": "w", "b": "w"})
    table = TableProcessor().from_dataframe(frame, optional=True)
    batch = pair(table, other).adapt().batch(2).get_single_element()
    assert batch["table_present"].numpy().tolist() == [True, False]
    assert not batch["table_mask"].numpy()[1].any()


def test_a_constant_column_is_zero_and_an_empty_one_is_refused():
    constant = TableProcessor().from_dataframe(pd.DataFrame({"x": [5, 5]})).adapt()
    batch = pair(constant).batch(2).get_single_element()
    np.testing.assert_array_equal(batch["table"], np.zeros((2, 1)))
    tenths = TableProcessor().from_dataframe(pd.DataFrame({"x": [0.1] * 1000})).adapt()
    assert tenths.spec.std == (1.0,)  # though rounding leaves a deviation of 1e-17
    empty = TableProcessor().from_dataframe(pd.DataFrame({"x": [np.nan], "y": [1.0]}))
    with pytest.raises(ValueError, match=r"none in \['x'\]"):
        empty.adapt()


def test_a_column_without_any_category_is_named():
    frame = pd.DataFrame({"x": [None, None], "y": ["a", "b"]})
    column = TableProcessor().from_dataframe(frame)
    with pytest.raises(ValueError, match=r"'table'.*none in \['x'\].*out of `categorical`"):
        column.adapt()
    named = TableProcessor().from_dataframe(frame, categorical=["y"]).adapt()
    assert named.spec.categories == (("a", "b"),)


@pytest.mark.parametrize("kind", ["numeric", "categorical"])
def test_one_column_needs_no_list(kind):
    frame = pd.DataFrame({"age": [20, 40], "a": [1, 2]})
    assert getattr(TableProcessor().from_dataframe(frame, **{kind: "age"}).spec, kind) == ("age",)
    with pytest.raises(TypeError, match=rf"`{kind}` must be a tuple.*'age'"):
        Tabular(**{kind: "age"})


def test_infinite_numbers_of_ones_own_are_named_too():
    spec = Tabular(numeric=("x", "y"))
    numbers = np.array([[1.0, np.nan], [2.0, -np.inf]])
    with pytest.raises(ValueError, match="-inf in row 'q' of column 'y'"):
        TableColumns(spec, ["p", "q"], numbers, np.empty((2, 0), object), "an array")


@pytest.mark.parametrize(
    ("frame", "columns", "message"),
    [
        ({"x": [1.0, np.inf]}, {"numeric": ["x"]}, "inf in row 1 of column 'x'"),
        ({"x": [1.0, 1e39]}, {"numeric": ["x"]}, r"1e\+39 in row 1 of column 'x'"),
        ({"x": ["1", "two"]}, {"numeric": ["x"]}, "'two' in row 1 of column 'x'"),
        ({"x": [1]}, {"numeric": ["y"]}, r"`numeric` must name a column.*\['x'\].*'y'"),
        ({"x": [1]}, {"numeric": []}, "at least one column"),
        ({"x": ["1", "-inf"]}, {"numeric": ["x"]}, "'-inf' in row 1 of column 'x'"),
        ({" ": [1]}, {"numeric": [" "]}, r"not empty.*rename \[' '\]"),
        ({0: [1]}, {"numeric": [0]}, r"must be texts.*rename \[0\]"),
        ({"x": [1]}, {"numeric": ["x"], "categorical": ["x"]}, "none twice"),
    ],
)
def test_what_makes_no_sense_is_refused(frame, columns, message):
    with pytest.raises(ValueError, match=message):
        TableProcessor().from_dataframe(pd.DataFrame(frame), **columns)


def test_columns_must_not_be_called_like_a_modality():
    text = TextProcessor(length=1, vocabulary=["w"]).load_data(["w"], name="age")
    table = TableProcessor().from_dataframe(pd.DataFrame({"age": [3]}))
    with pytest.raises(ValueError, match=r"\['age'\] more than once"):
        Preprocessor(pair(text, table).adapt().schema)


def test_the_exported_model_takes_a_tensor_for_each_column(tmp_path):
    records = pair(TableProcessor().from_dataframe(FRAME, **COLUMNS), labels=[0, 1, 0, 1]).adapt()
    schema = records.schema
    assert Schema.from_json(schema.to_json()) == schema
    inputs = tasks.inputs(schema)
    parts = [keras.ops.cast(tensor, "float32") for tensor in inputs.values()]
    both = keras.layers.Concatenate()(parts)
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(both))
    saved_model(model, tmp_path / "model", schema)
    raw = {
        "age": FRAME["age"].to_numpy("float32"),
        "rooms": FRAME["rooms"].to_numpy("float32", na_value=np.nan),
        "town": ["Ulm", "", "Köln", "Ulm"],
        "vip": ["True", "False", "", "True"],
        "code": ["7", "", "9", "7"],
    }
    batch, _ = records.batch(4).get_single_element()
    prepared = Preprocessor(schema)(raw)
    assert set(prepared) == set(batch)
    for name, tensor in batch.items():
        np.testing.assert_array_equal(prepared[name], tensor)
    served = serve_in_fresh_process(tmp_path / "model", raw)["probabilities"]
    np.testing.assert_allclose(served, model(batch), atol=1e-5)


def test_a_description_must_fit_itself():
    with pytest.raises(ValueError, match="`categories` must have a list for each of the 2"):
        Tabular(categorical=("a", "b"), categories=(("x",),))
    with pytest.raises(ValueError, match=r"at least one category.*none for \['b'\]"):
        Tabular(categorical=("a", "b"), categories=(("x",), ()))
    with pytest.raises(ValueError, match="`mean` must have one number for each numeric column"):
        Tabular(numeric=("a",), mean=(1.0, 2.0))
    for unlearned in (Tabular(numeric=("a",)), Tabular(categorical=("b",))):
        with pytest.raises(ValueError, match=r"'table' has learned nothing yet.*records\.split"):
            Preprocessor(Schema([unlearned]))


def test_a_real_table(shared_data):
    frame = pd.read_parquet(shared_data / "reviews.parquet")
    names = {name.lower(): name for name in frame.columns}
    frame = frame.rename(columns={v: k.replace(" ", "_") for k, v in names.items()})
    rating = next(c for c in frame.columns if "rating" in c)
    department = next(c for c in frame.columns if "department" in c)
    column = TableProcessor().from_dataframe(frame, numeric=[rating], categorical=[department])
    records = pair(column).adapt()
    assert len(records) == 23_486
    assert len(records.schema["table"].categories[0]) == frame[department].nunique()
    missing = sum(
        (~batch["table_mask"].numpy()[:, 1]).sum() for batch in records.batch(1024, training=False)
    )
    assert missing == frame[department].isna().sum()


def test_numbers_in_strings_are_read_as_they_are_written():
    frame = pd.DataFrame({"price": ["1.234,50 €", None, "7 €"], "share": ["5%", "7.5%", ""]})
    column = TableProcessor().from_dataframe(frame, numeric=["price", "share"])
    np.testing.assert_array_equal(column.numbers, [[1234.5, 5], [np.nan, 7.5], [7, np.nan]])
    frame = pd.DataFrame({"price": ["1,234", "2,500"]})
    with pytest.raises(ValueError, match=r"`numeric` must name.*'price' with .*'1,234'.*`decimal`"):
        TableProcessor().from_dataframe(frame, numeric="price")
    column = TableProcessor(decimal=".").from_dataframe(frame, numeric="price")
    assert column.numbers.tolist() == [[1234], [2500]]
    with pytest.raises(ValueError, match=r'`decimal` must be "\."'):
        TableProcessor(decimal=";")
    trained = pair(TableProcessor().from_dataframe(pd.DataFrame({"price": [1.5, 2]}))).adapt()
    new = TableProcessor().from_dataframe(pd.DataFrame({"price": ["1,5 €", "7 €"]}))
    assert pair(new, schema=trained.schema).columns[0].numbers.tolist() == [[1.5], [7]]
