"""From a description of the record to a compiled classifier, whatever the record has."""

import dataclasses
from typing import ClassVar

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import data, export
from keras_multimodal.encoders import RecurrentTextEncoder, TransformerTextEncoder
from keras_multimodal.layers import LogitFusion, Temperature, fusion
from keras_multimodal.schema import (
    Audio,
    ClassTarget,
    Features,
    Image,
    Schema,
    Sensor,
    Tabular,
    Text,
)
from keras_multimodal.tasks import (
    calibrate,
    classifier,
    default_encoder,
    inputs,
    jit_policy,
)

TARGET = ClassTarget(classes=("a", "b", "c"))
IMAGE = Image(height=16, width=16, rescale=1 / 255, optional=True)
TEXT = Text(length=5, vocabulary=("u", "v", "w"), optional=True)
EVERYTHING = Schema(
    [
        IMAGE,
        TEXT,
        Audio(sample_rate=1000, num_samples=400, optional=True),
        Sensor(channels=("x", "y"), length=20),
        Tabular(numeric=("n",), categorical=("c",), categories=(("p", "q"),)),
        Features(length=3, dim=6),
    ],
    TARGET,
)


def rows(rng, schema, count=4):
    """Random inputs, all of them there."""
    batch = {}
    for name, tensor in inputs(schema).items():
        shape = (count, *tensor.shape[1:])
        if tensor.dtype == "bool":
            batch[name] = np.ones(shape, bool)
        elif "int" in tensor.dtype:
            batch[name] = rng.integers(1, 3, shape).astype(tensor.dtype)
        else:
            batch[name] = rng.random(shape).astype(tensor.dtype)
    return batch


def test_every_kind_of_modality_has_an_encoder(rng):
    model = classifier(EVERYTHING, dim=8, seed=0)
    batch, labels = rows(rng, EVERYTHING), np.array([0, 1, 2, 0])
    found = model.predict_on_batch(batch)
    assert found.shape == (4, 3)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)
    names = [f"{m.name}_encoder" for m in EVERYTHING.inputs if m.kind != "features"]
    before = {name: model.get_layer(name).get_weights() for name in names}
    model.fit(batch, labels, epochs=1, verbose=0)
    for name, weights in before.items():
        after = model.get_layer(name).get_weights()
        assert any((old != new).any() for old, new in zip(weights, after, strict=True)), name


def test_what_a_row_lacks_is_not_read(rng):
    model = classifier(EVERYTHING, dim=8, seed=0)
    batch = rows(rng, EVERYTHING)
    absent = np.array([True, False, True, True])
    for name in ("image", "text", "audio"):
        batch[f"{name}_present"] = absent
    batch["audio_mask"] = batch["audio_mask"] & absent[:, None]
    found = model.predict_on_batch(batch)
    batch["image"] = np.where(absent[:, None, None, None], batch["image"], np.float32(np.nan))
    batch["audio"] = np.where(absent[:, None], batch["audio"], np.float32(np.nan))
    batch["text"] = np.where(absent[:, None], batch["text"], 3)
    np.testing.assert_allclose(model.predict_on_batch(batch), found, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", fusion.names())
def test_every_fusion_by_its_name(name, rng):
    schema = Schema([TEXT, Features(length=3, dim=6)], TARGET)
    model = classifier(schema, fusion=name, dim=8, compile=False)
    batch, other = rows(rng, schema), rows(rng, schema)
    answers = keras.ops.convert_to_numpy(model(batch))
    np.testing.assert_allclose(answers.sum(1), [1] * 4, rtol=1e-5)
    for modality in ("text", "features"):  # both count
        changed = model({**batch, modality: other[modality]})
        assert np.abs(changed - answers).max() > 1e-6, modality
    assert not model.compiled


def test_late_fusion_leaves_out_what_is_absent(rng):
    schema = Schema([IMAGE, TEXT], TARGET)
    model = classifier(schema, fusion=LogitFusion("product"), dim=8)
    batch = rows(rng, schema)
    batch["text_present"][:] = False
    alone = keras.Model(model.input, model.get_layer("image_logits").output)
    expected = keras.ops.softmax(alone(batch))
    np.testing.assert_allclose(model(batch), expected, rtol=1e-4, atol=1e-5)


def test_a_single_modality_needs_no_fusion(rng):
    schema = Schema([TEXT], TARGET)
    model = classifier(schema, dim=8)
    assert "fusion" not in {layer.name for layer in model.layers}
    answers = model.predict_on_batch(rows(rng, schema))
    np.testing.assert_allclose(answers.sum(1), [1] * 4, rtol=1e-5)
    assert (np.ptp(answers, axis=0) > 0).all()


def test_modalities_are_withheld_in_training_where_one_is_optional(rng):
    def names(schema, **options):
        return {layer.name for layer in classifier(schema, dim=8, **options).layers}

    optional = Schema([IMAGE, TEXT], TARGET)
    required = Schema([Features(length=3, dim=6), Sensor(channels=("x",), length=9)], TARGET)
    assert "modality_dropout" in names(optional)
    assert "modality_dropout" not in names(optional, modality_dropout=0.0)
    assert "modality_dropout" not in names(required)
    # A series that is always there has no flag, and is withheld by its mask.
    model = classifier(required, dim=8, modality_dropout=1.0, seed=1, compile=False)
    flags = model.get_layer("modality_dropout")
    read = keras.Model(model.input, flags.output)
    kept = read(rows(rng, required, 64), training=True)
    flags = keras.tree.flatten(kept)
    counts = sum(keras.ops.convert_to_numpy(flag).astype(int) for flag in flags)
    assert (counts == 1).all()


def test_an_encoder_of_your_own():
    schema = Schema([TEXT, Features(length=3, dim=6)], TARGET)
    encoder = TransformerTextEncoder(5, 8, max_length=5, num_layers=1)
    model = classifier(schema, encoders={"text": encoder}, dim=8)
    assert encoder in model.layers
    with pytest.raises(ValueError, match=r"`encoders` must be for modalities.*'sound'"):
        classifier(schema, encoders={"sound": encoder})
    with pytest.raises(ValueError, match="at most 4 ids"):
        classifier(schema, encoders={"text": RecurrentTextEncoder(4, 8)})


def test_a_layer_of_keras_may_be_an_encoder(rng):
    text = Text(length=5, vocabulary=("u", "v", "w"))
    schema = Schema([text, Features(length=3, dim=6)], TARGET)
    embedding = keras.layers.Embedding(5, 8, mask_zero=True)
    model = classifier(schema, encoders={"text": embedding}, dim=8)
    assert embedding in model.layers
    assert model.predict_on_batch(rows(rng, schema)).shape == (4, 3)


def test_a_kind_without_a_default_encoder_is_told_what_to_do():
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Smell(Features):
        kind: ClassVar[str] = "smell"

    with pytest.raises(ValueError, match=r"give 'nose' one with `encoders`.*the kind 'smell'"):
        default_encoder(Smell(name="nose", length=2, dim=4), dim=8)


def test_wrong_arguments_are_refused():
    schema = Schema([TEXT], TARGET)
    with pytest.raises(ValueError, match="`schema` must have one target"):
        classifier(Schema([TEXT]))
    with pytest.raises(ValueError, match="`dim` must be a positive multiple of 4"):
        classifier(schema, dim=6)
    with pytest.raises(ValueError, match=r"`label_smoothing` must be in \[0, 1\)"):
        classifier(schema, label_smoothing=1.0)


@pytest.mark.parametrize(("size", "stages"), [(8, 1), (16, 2), (28, 3), (72, 4), (224, 6)])
def test_pictures_are_brought_to_a_small_grid(size, stages):
    encoder = default_encoder(Image(height=size, width=size // 2, rescale=1 / 255), dim=8)
    assert len(encoder.filters) == stages


@pytest.mark.parametrize("device", ["gpu:0", "tpu:0"])
def test_an_accelerator_compiles_whatever_the_model_is_of(monkeypatch, device):
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3)])
    assert not jit_policy(model)
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["cpu:0", device])
    assert jit_policy(model)


def test_the_policy_for_xla():
    def features(dtype="float32"):
        schema = Schema([Features(length=3, dim=6), Features(name="b", length=3, dim=6)], TARGET)
        with _policy(dtype):
            return classifier(schema, dim=8)

    assert jit_policy(features())
    assert features().jit_compile
    assert not jit_policy(features("mixed_bfloat16"))
    assert not jit_policy(classifier(Schema([IMAGE], TARGET), dim=8))  # convolutions
    assert not jit_policy(classifier(Schema([TEXT], TARGET), dim=8))  # recurrence
    assert classifier(Schema([TEXT], TARGET), dim=8, jit_compile=True).jit_compile


class _policy:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self.name)

    def __exit__(self, *error):
        keras.config.set_dtype_policy(self.before)


def test_from_a_table_to_a_served_answer(tmp_path):
    """The whole way with nothing written by hand but the table."""
    frame = pd.DataFrame(
        {
            "words": ["good fine", "bad poor", "fine good good", "poor bad", "", "bad"] * 4,
            "size": [1.0, 9.0, 2.0, 8.0, 1.5, np.nan] * 4,
            "label": ["yes", "no", "yes", "no", "yes", "no"] * 4,
        }
    )
    texts = data.TextProcessor(length=4).from_dataframe(frame, column="words", optional=True)
    table = data.TableProcessor().from_dataframe(frame, numeric=["size"], optional=True)
    train, test = data.pair(texts, table, labels=frame["label"]).split(test=0.25)
    keras.utils.set_random_seed(0)
    model = classifier(train.schema, dim=8, learning_rate=0.02, seed=0)
    model.fit(train.batch(6, training=True), epochs=15, shuffle=False, verbose=0)
    assert model.evaluate(test.batch(6), verbose=0)[1] == 1.0
    export.saved_model(model, tmp_path / "served", train.schema)
    served = export.serve_in_fresh_process(
        tmp_path / "served", {"text": ["bad", ""], "size": np.array([np.nan, 1.2], "float32")}
    )
    assert served["label"].tolist() == ["no", "yes"]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    batch = next(iter(test.batch(6)))[0]
    np.testing.assert_allclose(
        loaded.predict_on_batch(batch), model.predict_on_batch(batch), rtol=1e-5, atol=1e-6
    )
    assert isinstance(loaded.get_layer("temperature"), Temperature)


def test_rows_with_several_classes(tmp_path):
    """Colours and shapes in one list; a row may have none of them."""
    words = ["red round", "blue", "round", "red square", "square blue", "nothing"]
    labels = [
        ["red", "round"],
        ["blue"],
        ["round"],
        ["red", "square"],
        {"blue", "square"},
        [],
    ]
    texts = data.TextProcessor(length=3).load_data(words * 10)
    records = data.pair(texts, labels=labels * 10)
    classes = ("blue", "red", "round", "square")
    assert records.schema.target == ClassTarget(classes=classes, multi_label=True)
    assert records.to_frame()["label"].tolist()[3:6] == [("red", "square"), ("blue", "square"), ()]
    train, test = records.split(test=0.25)
    keras.utils.set_random_seed(0)
    model = classifier(train.schema, dim=16, dropout=0.0, learning_rate=0.02, seed=0)
    model.fit(train.batch(8, training=True), epochs=25, shuffle=False, verbose=0)
    found = model.predict(test.batch(8), verbose=0)
    np.testing.assert_array_equal(found >= 0.5, test.labels)
    assert calibrate(model, test.batch(8)) < 1  # it is right and not yet sure
    export.saved_model(model, tmp_path / "served", train.schema)
    served = export.serve_in_fresh_process(tmp_path / "served", {"text": ["blue square", "nil"]})
    assert served["label"].tolist() == [[True, False, False, True], [False] * 4]
    with pytest.raises(ValueError, match="must not be late"):
        classifier(train.schema, fusion="logits")
    with pytest.raises(ValueError, match="`balance` must go with labels, one class"):
        train.batch(8, balance=True)


def test_labels_of_several_classes_that_make_no_sense():
    texts = data.TextProcessor(length=1).load_data(["a", "b"])
    with pytest.raises(TypeError, match=r"or a list of classes.*lists, and 'x' in row 1"):
        data.pair(texts, labels=[["x"], "x"])
    with pytest.raises(ValueError, match=r"among `classes` \['x', 'y'\]. Received: 'z' in row 1"):
        data.pair(texts, labels=[["x"], ["z"]], classes=["x", "y"])
    with pytest.raises(ValueError, match=r"at least two classes\. Received: lists without any"):
        data.pair(texts, labels=[[], []])
    with pytest.raises(ValueError, match="`ordered` must come with `classes`"):
        data.pair(texts, labels=["x", "y"], ordered=True)
    with pytest.raises(ValueError, match="`ordered` must go without `multi_label`"):
        data.pair(texts, labels=[["x"], ["y"]], classes=["x", "y"], ordered=True)
