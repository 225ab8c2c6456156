"""Quantiles rise by their equation."""

import keras
import numpy as np

from keras_multimodal.layers import OrderedQuantiles


def test_quantiles_rise_by_the_equation(rng):
    layer = OrderedQuantiles(1, 3)
    inputs = rng.normal(size=(5, 4)).astype("float32")
    found = keras.ops.convert_to_numpy(layer(inputs))
    kernel, bias = (keras.ops.convert_to_numpy(weight) for weight in layer.weights)
    h = inputs @ kernel + bias
    second = h[:, 0] + np.log1p(np.exp(h[:, 1]))
    expected = np.stack([h[:, 0], second, second + np.log1p(np.exp(h[:, 2]))], 1)
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-5, atol=1e-6)
