"""A model that does not fit its schema is refused before anything is written."""

import os
import pathlib
import subprocess
import sys

import keras
import pytest

from keras_multimodal.export import saved_model
from keras_multimodal.schema import ClassTarget, Image, Schema


def refuse(model: keras.Model, schema: Schema, tmp_path: pathlib.Path, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        saved_model(model, tmp_path / "model", schema)
    assert not list(tmp_path.iterdir())


def test_other_inputs_are_named_on_both_sides(small, tmp_path):
    model, schema = small
    picture = Image(height=8, width=8, optional=True)
    match = r"\['image', 'image_present', 'text'\].*inputs \['text'\]"
    refuse(model, Schema([picture, *schema.inputs], schema.target), tmp_path, match)


@pytest.mark.parametrize(
    ("shape", "dtype"), [((4,), "int32"), ((3, 1), "int32"), ((3,), "float32"), ((3,), "int64")]
)
def test_another_shape_or_dtype_is_refused(small, tmp_path, shape, dtype):
    _, schema = small
    tokens = keras.Input(shape, dtype=dtype, name="text")
    vector = keras.layers.Dense(2, activation="softmax")(
        keras.layers.Flatten()(keras.ops.cast(tokens, "float32"))
    )
    match = rf"shape \(None, 3\), dtype int32.*'text' of shape \(None, {shape[0]}.*dtype {dtype}"
    refuse(keras.Model(tokens, vector), schema, tmp_path, match)


def test_a_fixed_number_of_rows_is_refused(small, tmp_path):
    _, schema = small
    tokens = keras.Input(batch_shape=(8, 3), dtype="int32", name="text")
    vector = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(4, 2)(tokens))
    model = keras.Model(tokens, keras.layers.Softmax()(vector))
    refuse(model, schema, tmp_path, r"shape \(None, 3\).*of shape \(8, 3\)")


def test_another_number_of_classes_is_refused(small, tmp_path):
    model, schema = small
    three = Schema(schema.inputs, ClassTarget(classes=("x", "y", "z")))
    refuse(model, three, tmp_path, r"\(None, 3\) for \['x', 'y', 'z'\].*output shape \(None, 2\)")


def test_logits_are_not_served_as_probabilities(small, tmp_path):
    _, schema = small
    tokens = keras.Input((3,), dtype="int32", name="text")
    vector = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(4, 2)(tokens))
    refuse(keras.Model(tokens, vector), schema, tmp_path, r"sum to 1: let its head end in a soft")


@pytest.mark.parametrize("names", [("scores",), ("probabilities", "label")])
def test_outputs_by_name_must_hold_the_probabilities(small, tmp_path, names):
    model, schema = small
    named = keras.Model(model.input, dict.fromkeys(names, model.output))
    refuse(named, schema, tmp_path, r"must have an output 'probabilities' and none called 'label'")


def test_a_list_of_outputs_has_no_names(small, tmp_path):
    model, schema = small
    listed = keras.Model(model.input, [model.output, model.output])
    refuse(listed, schema, tmp_path, r"returns a list of 2")


def test_a_model_without_inputs_of_its_own_is_refused(small, tmp_path):
    _, schema = small
    unbuilt = keras.Sequential([keras.layers.Dense(2)])
    refuse(unbuilt, schema, tmp_path, r"`model` must be a Functional model")


def test_other_preprocessing_is_a_type_error(small, tmp_path):
    with pytest.raises(TypeError, match=r"`preprocessing` must be .*Received: .* type function"):
        saved_model(small[0], tmp_path / "model", lambda raw: raw)
    assert not list(tmp_path.iterdir())


def test_another_backend_is_told_what_to_do(tmp_path):
    code = (
        "import keras\n"
        "from keras_multimodal.export import saved_model\n"
        "from keras_multimodal.schema import Schema, Text\n"
        "model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])\n"
        "saved_model(model, 'model', Schema([Text(length=3, vocabulary=('a',))]))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": os.getcwd()},
    )
    assert result.returncode == 1
    assert "set KERAS_BACKEND=tensorflow. Received: backend 'jax'" in result.stderr
    assert not list(tmp_path.iterdir())
