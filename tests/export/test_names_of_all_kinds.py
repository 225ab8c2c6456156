"""Columns called in any language and by any sign, from pairing to an answer."""

import json

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal import data, export, layers, losses, schema, tasks
from keras_multimodal._inner_names import inner_name

ROWS = 12
LABELS = ["ja", "nein"] * (ROWS // 2)
TEXTS = [f"a b {label}" for label in LABELS]
NUMBERS = ("尺寸", "1stFlrSF", "class", "price ($)", "a/b")
CATEGORIES = ("größe", "from", "self", "photo 1")
NAMES = ("评论", "1st text", "import")


@pytest.fixture
def frame(rng):
    """Numbers and categories of all names."""
    numbers = {name: rng.normal(size=ROWS) for name in NUMBERS}
    return pd.DataFrame(numbers | {name: rng.choice(["x", "y"], ROWS) for name in CATEGORIES})


def columns(frame, names=NAMES):
    """Return texts of the names, and a table called 数."""
    processor = data.TextProcessor(length=3)
    texts = [processor.load_data(TEXTS, name=name) for name in names]
    return (
        *texts,
        data.TableProcessor().from_dataframe(
            frame, numeric=NUMBERS, categorical=CATEGORIES, name="数"
        ),
    )


def raw_cells(folder, frame):
    """Return all rows' cells by the names of a SavedModel's signature."""
    described = json.loads((folder / "signature.json").read_text("utf-8"))["signatures"]
    inputs = described["serving_default"]["inputs"]
    cells = {name: frame[name].to_numpy() for name in frame} | dict.fromkeys(NAMES, TEXTS)
    assert {each["name"] for each in inputs.values()} == set(cells)
    return {served: cells[each["name"]] for served, each in inputs.items()}, described


def test_columns_of_all_names_are_trained_saved_and_served(frame, tmp_path):
    records = data.pair(*columns(frame), labels=LABELS, on_missing="mask").adapt()
    assert records.schema.names == (*NAMES, "数")
    assert records.schema["数"].columns == (*NUMBERS, *CATEGORIES)
    assert schema.Schema.from_json(records.schema.to_json()) == records.schema
    encoder = keras.layers.Embedding(records.schema["评论"].vocabulary_size, 4)
    model = tasks.classifier(
        records.schema, encoders=dict.fromkeys(NAMES, encoder), fusion="mean", dim=4, compile=False
    )
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(records.batch(ROWS), verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    expected = again.predict(records.batch(ROWS), verbose=0)
    export.saved_model(again, tmp_path / "served", records.schema)
    raw, described = raw_cells(tmp_path / "served", frame)
    answer = export.serve_in_fresh_process(tmp_path / "served", raw)
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-5)
    outputs = described["serving_default"]["outputs"]
    statuses = {each["status_of"]: name for name, each in outputs.items() if "status_of" in each}
    assert set(statuses) == {*NAMES, "数"}
    assert all(not answer[name].any() for name in statuses.values())


def test_several_targets_of_all_names_are_served(frame, tmp_path):
    labels = pd.DataFrame({"心情": LABELS, "class": LABELS[::-1]})
    values = pd.DataFrame({"1st price": np.arange(ROWS, dtype=float)})
    records = data.pair(*columns(frame, ()), labels=labels, values=values).adapt()
    model = tasks.multi_task(records.schema, dim=4, loss_weights="uncertainty")
    assert set(model.output) == {inner_name(name) for name in ("心情", "class", "1st price")}
    found = model.evaluate(records.batch(ROWS), verbose=0, return_dict=True)
    assert f"{inner_name('心情')}_loss" in found
    assert tasks.calibrate(model, records.batch(ROWS), "心情") > 0
    export.saved_model(model, tmp_path / "served", records.schema)
    described = json.loads((tmp_path / "served" / "signature.json").read_text("utf-8"))
    outputs = described["signatures"]["serving_default"]["outputs"]
    named = {each["name"]: name for name, each in outputs.items() if "name" in each}
    assert set(named) == {"心情", "心情_probabilities", "class", "class_probabilities", "1st price"}
    assert all(name.isascii() and name.isidentifier() for name in outputs)


def test_parts_of_a_row_of_all_names_find_each_other(frame, tmp_path):
    records = data.pair(*columns(frame, ["说 明"]), match=True)
    model = tasks.retriever(records.adapt().schema, dim=4, units=4)
    export.saved_model(model, tmp_path / "served", records.adapt().schema)
    served = tf.saved_model.load(tmp_path / "served").signatures
    assert len(served) == 3
    assert all(name.isascii() and name.isidentifier() for name in served)


def test_no_target_is_called_as_a_column():
    """Nobody has chosen "label", "value" and "match"."""
    for name, target in (
        ("label", {"labels": LABELS}),
        ("value", {"values": np.arange(ROWS, dtype=float)}),
        ("match", {"match": True}),
    ):
        made = [data.TextProcessor(length=3).load_data(TEXTS, name=n) for n in (name, "other")]
        records = data.pair(*made, **target).adapt()
        assert records.schema.target.name == f"{name}_"
        renewed = data.pair(*made, **target, schema=records.schema)
        assert renewed.schema == records.schema


def test_a_table_s_column_called_as_a_modality_is_told_at_once(frame):
    with pytest.raises(ValueError, match=r"`columns` must have names.*\['photo 1'\] more than"):
        data.pair(*columns(frame, ["photo 1"]), labels=LABELS)


@pytest.mark.parametrize("target", ["classes", "numbers"])
def test_layers_make_way_for_inputs_of_their_names(target):
    names = ("pool", "fusion", "dropout", "logits", "temperature", "probabilities", "standardized")
    described = [schema.Features(name=name, length=2, dim=4, optional=True) for name in names]
    if target == "classes":
        records = schema.Schema(described, schema.ClassTarget(classes=("a", "b")))
        model = tasks.classifier(records, fusion="mean", dim=4)
    else:
        numbers = schema.NumberTarget(columns=("x",), mean=(0.0,), std=(1.0,))
        records = schema.Schema(described, numbers)
        model = tasks.regressor(records, fusion="mean", dim=4, loss="quantile")
        tasks.compile_for(model, records)
        assert isinstance(model.loss, losses.QuantileLoss)
    assert set(names) < set(model.input)


def test_a_status_makes_way_for_an_output_of_its_name(small, tmp_path):
    model, described = small
    outputs = {"probabilities": model.output, "text_status": model.output}
    export.saved_model(keras.Model(model.input, outputs), tmp_path / "served", described)
    answer = export.serve_in_fresh_process(tmp_path / "served", {"text": ["a", ""]})
    assert answer["text_status"].shape == (2, 2)
    assert answer["text_status_"].shape == (2,)


@pytest.mark.parametrize("name", [n for n in layers.fusion.names() if n != "logits"])
def test_fusions_take_modalities_of_all_names(name):
    tokens = {each: keras.Input((3, 8)) for each in ("说明", "photo 1", "class", "a/b")}
    fused = layers.PooledFusion(name, dim=8)(tokens)
    assert fused.shape[0] is None


def test_what_cannot_be_exported_is_told_before_training():
    text = schema.Text(name="说明", length=3, vocabulary=("a",), segmenter="str.split")
    with pytest.raises(ValueError, match=r"`schema` must be such.*\['说明'\], of which"):
        export.check_export(schema.Schema([text], schema.ClassTarget(classes=("a", "b"))))
