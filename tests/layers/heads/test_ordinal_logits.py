"""Classes in an order: differences of sigmoids, exact where the plain formula is not."""

import keras
import numpy as np

from keras_multimodal.layers import OrdinalLogits


def test_probabilities_are_differences_of_sigmoids(rng):
    layer = OrdinalLogits(4)
    inputs = rng.normal(size=(6, 3)).astype("float32")
    found = np.exp(keras.ops.convert_to_numpy(layer(inputs)))
    kernel, first, steps = sorted(
        (keras.ops.convert_to_numpy(weight) for weight in layer.weights),
        key=lambda weight: (-weight.ndim, weight.size),
    )
    thresholds = np.cumsum([first[0], *np.log1p(np.exp(steps))])
    np.testing.assert_allclose(thresholds, [-1, 0, 1], atol=0.01)  # as they begin
    above = 1 / (1 + np.exp(-(inputs @ kernel - thresholds)))
    above = np.concatenate([np.ones((6, 1)), above, np.zeros((6, 1))], 1)
    np.testing.assert_allclose(found, above[:, :-1] - above[:, 1:], rtol=1e-4, atol=1e-6)


def test_scores_far_away_stay_finite():
    layer = OrdinalLogits(3)
    inputs = np.array([[300.0], [-300.0]], "float32")
    layer.build((None, 1))
    layer._score.set_weights([np.ones((1, 1), "float32")])
    logits = keras.ops.convert_to_numpy(layer(inputs))
    assert np.isfinite(logits).all()
    assert logits.argmax(1).tolist() == [2, 0]
    # A difference of two sigmoids of 300 would be a logarithm of zero.
    np.testing.assert_allclose(logits[0, 0], -300.5, atol=0.1)
