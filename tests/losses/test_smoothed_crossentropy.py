"""Smoothed cross-entropy is Keras' own of one-hot targets."""

import keras
import numpy as np
import pytest

from keras_multimodal.losses import SmoothedCrossentropy

LOGITS = np.random.default_rng(1).normal(size=(6, 4))
PROBABILITIES = (np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)).astype("float32")
LABELS = np.random.default_rng(2).integers(0, 4, 6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("shape", [(6,), (6, 1)])
def test_it_is_that_of_one_hot_targets(smoothing, shape):
    expected = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)(
        np.eye(4, dtype="float32")[LABELS], PROBABILITIES
    )
    found = SmoothedCrossentropy(smoothing)(LABELS.reshape(shape), PROBABILITIES)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_weights_of_rows_count():
    weights = np.array([1, 0, 2, 0, 0, 0], "float32")
    rows = SmoothedCrossentropy(0.1, reduction=None)(LABELS, PROBABILITIES)
    rows = keras.ops.convert_to_numpy(rows)
    found = SmoothedCrossentropy(0.1)(LABELS, PROBABILITIES, sample_weight=weights)
    np.testing.assert_allclose(found, (rows * weights).sum() / 6, rtol=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_certain_mistake_is_that_of_one_hot_targets_and_finite(smoothing):
    certain = np.array([[0.0, 1.0]], "float32")
    one_hot = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    loss = SmoothedCrossentropy(smoothing)(np.array([0]), certain)
    np.testing.assert_allclose(loss, one_hot(np.eye(2, dtype="float32")[:1], certain), rtol=1e-5)
    assert np.isfinite(keras.ops.convert_to_numpy(loss))


def test_it_is_saved_by_its_arguments():
    loss = SmoothedCrossentropy(0.2, name="own")
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert isinstance(copy, SmoothedCrossentropy)
    assert (copy.label_smoothing, copy.name) == (0.2, "own")
    assert SmoothedCrossentropy().label_smoothing == 0
    with pytest.raises(ValueError, match=r"`label_smoothing` must be in \[0, 1\).*=-0\.1"):
        SmoothedCrossentropy(-0.1)
    with pytest.raises(ValueError, match=r"`label_smoothing` must be in \[0, 1\).*=1"):
        SmoothedCrossentropy(1)
