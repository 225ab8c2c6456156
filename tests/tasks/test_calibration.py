"""The temperature makes probabilities mean what they say, and changes no answer."""

import keras
import numpy as np
import pytest

from keras_multimodal.layers import Temperature
from keras_multimodal.tasks import calibrate


def make_model():
    logits = keras.Input((3,))
    outputs = keras.layers.Activation("softmax")(Temperature()(logits))
    return keras.Model(logits, outputs)


@pytest.mark.parametrize("factor", [0.25, 1.0, 3.0])
def test_it_finds_by_how_much_logits_are_too_large(factor, rng):
    """Labels are drawn from the probabilities; the model's logits are `factor` times theirs."""
    logits = rng.normal(scale=2, size=(20_000, 3))
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = (probabilities.cumsum(1) > rng.random((len(logits), 1))).argmax(1)
    rows = (factor * logits).astype("float32")
    model = make_model()
    before = model.predict(rows, verbose=0)
    found = calibrate(model, [(rows[:8000], labels[:8000]), (rows[8000:], labels[8000:])])
    assert found == pytest.approx(factor, rel=0.05)
    after = model.predict(rows, verbose=0)
    np.testing.assert_array_equal(after.argmax(1), before.argmax(1))
    np.testing.assert_allclose(after, probabilities, atol=0.03)


def test_it_is_saved(tmp_path, rng):
    model = make_model()
    rows = rng.normal(size=(8, 3)).astype("float32")
    calibrate(model, [(5 * rows, np.arange(8) % 3)])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(rows), model(rows), atol=1e-6)


def test_what_it_needs():
    inputs = keras.Input((2,))
    with pytest.raises(ValueError, match=r"must have one Temperature layer.*with 0"):
        calibrate(keras.Model(inputs, keras.layers.Softmax()(inputs)), [])
    with pytest.raises(ValueError, match="`dataset` must have labels"):
        calibrate(make_model(), [np.zeros((2, 3), "float32")])
