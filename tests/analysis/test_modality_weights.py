"""The weight of each modality in each row is what the fusion took."""

import keras
import numpy as np
import pytest

from keras_multimodal import data
from keras_multimodal.analysis import modality_weights
from keras_multimodal.layers import (
    GatedFusion,
    LogitFusion,
    MeanFusion,
    ModalityWeighting,
    ProductOfExperts,
)
from keras_multimodal.tasks import attach_encoders, classifier


@pytest.fixture
def records():
    """Titles, and notes of which the second row has none."""
    words = data.TextProcessor(length=2)
    titles = words.load_data(["a cat", "a dog", "cat"], name="title")
    notes = words.load_data(["small", None, "big"], name="note", optional=True)
    return data.pair(titles, notes, labels=["x", "y", "x"]).adapt()


def three_to_one():
    return ModalityWeighting(mode="fixed", fixed_weights={"note": 3.0, "title": 1.0})


@pytest.mark.parametrize(
    ("fusion", "both"),
    [(three_to_one(), [0.75, 0.25]), (LogitFusion("product"), [0.5, 0.5]), ("mean", [0.5, 0.5])],
    ids=["weighted", "logits", "mean"],
)
def test_rows_by_their_keys_and_modalities_by_their_names(fusion, both, records, tmp_path):
    model = classifier(records.schema, fusion=fusion, dim=4)
    before = [layer.name for layer in model.layers]
    found = modality_weights(model, records.select([2, 1, 0]), batch_size=2)
    assert found.columns.tolist() == ["note", "title"]
    assert found.index.tolist() == [2, 1, 0]
    np.testing.assert_allclose(found, [both, [0, 1], both], rtol=1e-6)
    assert [layer.name for layer in model.layers] == before
    assert model.compiled
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(modality_weights(loaded, records.select([2, 1, 0])), found)


PRESENT = np.array([[True, True], [False, True], [False, False]])
ABSENT = [[0, 1], [0, 0]]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def weights_of(layer, vectors):
    """Return what a built layer says of two modalities' vectors, which rows two and three lack."""
    masks = list(PRESENT.T)
    layer(vectors, mask=masks)
    for weight in layer.weights:
        noise = np.random.default_rng(len(weight.path)).normal(size=weight.shape)
        weight.assign(noise.astype("float32"))
    found = keras.ops.convert_to_numpy(layer.modality_weights(vectors, mask=masks))
    np.testing.assert_allclose(found[1:], ABSENT, atol=1e-6)
    return found[0], {weight.name: np.asarray(weight) for weight in layer.weights}


def test_each_fusion_s_weights_in_numbers(rng):
    a, b = vectors = [rng.normal(size=(3, 4)).astype("float32") for _ in range(2)]
    whole = np.concatenate([a[0], b[0]])

    found, _ = weights_of(MeanFusion(), vectors)
    np.testing.assert_allclose(found, [0.5, 0.5])

    found, values = weights_of(ModalityWeighting(temperature=2.0), vectors)
    scores = (np.stack([a[0], b[0]]) * values["kernel"]).sum(1) + values["bias"]
    np.testing.assert_allclose(found, np.exp(scores / 2) / np.exp(scores / 2).sum(), rtol=1e-5)

    found, values = weights_of(GatedFusion(3), vectors)
    gates = [
        sigmoid(whole @ values[f"gate_kernel_{m}"] + values[f"gate_bias_{m}"]).mean()
        for m in range(2)
    ]
    np.testing.assert_allclose(found, np.array(gates) / sum(gates), rtol=1e-5)

    found, values = weights_of(LogitFusion("learned"), vectors)
    scores = np.exp(values["scores"])
    np.testing.assert_allclose(found, scores / scores.sum(), rtol=1e-5)


def test_the_share_of_the_precision(rng):
    a, b = vectors = [rng.normal(size=(3, 4)).astype("float32") for _ in range(2)]
    layer = ProductOfExperts(3)
    found, _ = weights_of(layer, vectors)
    # What an expert alone says of its variance, without the prior.
    precisions = []
    for m, vector in enumerate((a, b)):
        flags = [np.array([m == 0] * 3), np.array([m == 1] * 3)]
        _, variance = layer(vectors, mask=flags, return_variance=True)
        precisions.append(1 / np.asarray(variance)[0] - (1.0 if layer.prior else 0.0))
        assert vector.shape == (3, 4)
    expected = (np.stack(precisions) / np.sum(precisions, axis=0)).mean(1)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_a_model_behind_attached_encoders(records, tmp_path):
    encoder = keras.layers.Embedding(9, 4, mask_zero=True, trainable=False)
    cached = data.cache_features(records, {"title": encoder}, tmp_path, verbose=False, batch_size=3)
    head = classifier(cached.schema, fusion=three_to_one(), dim=4)
    model = attach_encoders(head, {"title": encoder}, records.schema)
    with pytest.raises(
        ValueError, match=r"fuses 0 times\. Ask.*`model\.get_layer\('classifier'\)`"
    ):
        modality_weights(model, records)
    found = modality_weights(model.get_layer("classifier"), cached)
    np.testing.assert_allclose(found, [[0.75, 0.25], [0, 1], [0.75, 0.25]], rtol=1e-6)


def test_a_model_by_hand(rng, records):
    inputs = {name: keras.Input((2,), dtype="int32", name=name) for name in ("title", "note")}
    inputs["note_present"] = keras.Input((), dtype="bool", name="note_present")
    embedding = keras.layers.Embedding(9, 4, mask_zero=True)
    tokens = {"a": embedding(inputs["title"]), "b": embedding(inputs["note"])}
    vector, _ = ModalityWeighting()(tokens, return_weights=True)
    model = keras.Model(inputs, keras.layers.Dense(2)(vector))
    found = modality_weights(model, records)
    assert found.columns.tolist() == ["a", "b"]
    np.testing.assert_allclose(found, [[0.5, 0.5], [1, 0], [0.5, 0.5]], rtol=1e-6)


def test_what_has_no_weights_says_what_to_do(records):
    model = classifier(records.schema, dim=4, compile=False)
    with pytest.raises(
        ValueError, match=r"'weighted', 'gated'.*by CoAttention\. See what is lost.*mask_modality"
    ):
        modality_weights(model, records)
    alone = records.select_modalities("title")
    single = classifier(alone.schema, dim=4, compile=False)
    with pytest.raises(ValueError, match=r"must fuse its modalities once.*fuses 0 times"):
        modality_weights(single, alone)
    with pytest.raises(TypeError, match=r"`model` must be a Functional model.*Received: Dense"):
        modality_weights(keras.layers.Dense(2), records)
