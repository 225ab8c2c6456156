"""The temperature divides, and training leaves it alone."""

import numpy as np

from keras_multimodal.layers import Temperature


def test_logits_are_divided():
    layer = Temperature()
    logits = np.array([[8.0, -2.0]], "float32")
    np.testing.assert_array_equal(layer(logits), logits)
    layer.temperature.assign(4.0)
    np.testing.assert_allclose(layer(logits), [[2.0, -0.5]])


def test_fit_does_not_learn_it():
    layer = Temperature()
    layer.build((None, 4))
    assert not layer.trainable_weights
