"""The grid of tokens is what the equations of the residual blocks say."""

import keras
import numpy as np
import pytest
from reference_convolution import convolve

from keras_multimodal.encoders import ResidualImageEncoder

PICTURES = np.random.default_rng(2).random((2, 7, 6, 3)).astype("float32")


def test_it_is_its_equation(rng):
    encoder = ResidualImageEncoder(dim=6, filters=(4, 5), blocks=2)
    encoder.build(PICTURES.shape)
    for variable in encoder.weights:
        low = 0.5 if "variance" in variable.path else -0.7
        variable.assign(rng.uniform(low, 1.0, variable.shape))

    def normalized(layer, x):
        gamma, beta, mean, variance = (
            keras.ops.convert_to_numpy(weight).astype("float64") for weight in layer.weights
        )
        return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta

    def convolved(layer, x, stride):
        return convolve(x, keras.ops.convert_to_numpy(layer.kernel), stride)

    x = convolved(encoder._stem, PICTURES.astype("float64"), 2)
    x = np.maximum(normalized(encoder._stem_normalization, x), 0)
    shapes = []
    for block, stride in zip(encoder._blocks, (1, 1, 2, 1), strict=True):
        first, second = block._convolutions
        y = np.maximum(normalized(block._normalizations[0], convolved(first, x, stride)), 0)
        y = normalized(block._normalizations[1], convolved(second, y, 1))
        if stride == 2:
            x = normalized(block._shortcut[1], convolved(block._shortcut[0], x, 2))
        x = np.maximum(x + y, 0)
        shapes.append(x.shape[1:])
    assert shapes == [(4, 3, 4), (4, 3, 4), (2, 2, 5), (2, 2, 5)]
    kernel, bias = (keras.ops.convert_to_numpy(weight) for weight in encoder._projection.weights)
    expected = x.reshape(2, -1, 5) @ kernel + bias
    np.testing.assert_allclose(encoder(PICTURES), expected, rtol=1e-4, atol=1e-5)


def test_blocks_are_at_least_one():
    with pytest.raises(ValueError, match=r"`blocks` must be at least 1. Received: blocks=0"):
        ResidualImageEncoder(dim=4, blocks=0)


def test_it_is_as_large_as_resnet_18_but_for_the_first_layer():
    """11,176,512 in torchvision without the head; its first kernel is 7 by 7."""
    encoder = ResidualImageEncoder(dim=1, filters=(64, 128, 256, 512))
    encoder.build((None, 64, 64, 3))
    trainable = sum(np.prod(weight.shape) for weight in encoder.trainable_weights)
    assert trainable - (512 + 1) == 11_176_512 - (49 - 9) * 3 * 64
