"""The grid of tokens is what its equation says, and absent pictures leave no trace."""

import keras
import numpy as np
import pytest
from reference_convolution import convolve

from keras_multimodal.encoders import ConvImageEncoder, ResidualImageEncoder

PICTURES = np.random.default_rng(2).random((4, 7, 6, 3)).astype("float32")


def test_it_is_its_equation(rng):
    encoder = ConvImageEncoder(dim=6, filters=(4, 5))
    encoder.build(PICTURES.shape)
    for variable in encoder.weights:
        low = 0.5 if "variance" in variable.path else -0.7
        variable.assign(rng.uniform(low, 1.0, variable.shape))
    weights = [keras.ops.convert_to_numpy(w).astype("float64") for w in encoder.weights]
    trainable = iter(keras.ops.convert_to_numpy(w) for w in encoder.trainable_weights)
    statistics = iter(keras.ops.convert_to_numpy(w) for w in encoder.non_trainable_weights)
    assert len(weights) == 4 * 5 + 2
    x = PICTURES.astype("float64")
    for stride in (2, 1, 2, 1):
        x = convolve(x, next(trainable), stride)
        gamma, beta = next(trainable), next(trainable)
        mean, variance = next(statistics), next(statistics)
        x = np.maximum((x - mean) / np.sqrt(variance + 1e-3) * gamma + beta, 0)
    expected = x.reshape(4, -1, 5) @ next(trainable) + next(trainable)
    np.testing.assert_allclose(encoder(PICTURES), expected, rtol=1e-4, atol=1e-5)


CLASSES = pytest.mark.parametrize("cls", [ConvImageEncoder, ResidualImageEncoder])


@CLASSES
def test_absent_pictures_take_no_part_in_the_statistics(cls):
    def moving_statistics(pictures, present):
        keras.utils.set_random_seed(0)
        encoder = cls(dim=6, filters=(4,))
        encoder([pictures, present], training=True)
        return [keras.ops.convert_to_numpy(weight) for weight in encoder.non_trainable_weights]

    junk = np.concatenate([PICTURES, np.full_like(PICTURES[:2], np.nan)])
    present = np.array([True] * 4 + [False] * 2)
    expected = moving_statistics(PICTURES, np.ones(4, bool))
    for found, wanted in zip(moving_statistics(junk, present), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


@CLASSES
def test_a_batch_without_a_picture_leaves_the_statistics_alone(cls):
    encoder = cls(dim=6, filters=(4,))
    encoder([PICTURES, np.ones(4, bool)], training=True)
    before = [keras.ops.convert_to_numpy(weight) for weight in encoder.non_trainable_weights]
    encoder([PICTURES, np.zeros(4, bool)], training=True)
    for found, wanted in zip(encoder.non_trainable_weights, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(found), wanted)


@CLASSES
@pytest.mark.parametrize("size", [(72, 72), (70, 33), (8, 1)])
def test_the_number_of_tokens_is_known_beforehand(size, cls):
    encoder = cls(dim=4, filters=(2, 2, 2))
    pictures = np.zeros((1, *size, 1), "float32")
    assert encoder.compute_output_shape(pictures.shape) == tuple(encoder(pictures).shape)


@CLASSES
def test_pictures_of_unknown_size_are_so_many_tokens_as_they_have_places(cls):
    pictures = keras.Input((None, 6, 3))
    tokens = cls(dim=4, filters=(2,))(pictures)
    assert tokens.shape == (None, None, 4)
    assert keras.Model(pictures, tokens)(PICTURES[:, :5]).shape == (4, 9, 4)
    message = rf"{cls.__name__} must know how many tokens .*presence flag.*\(None, None, 6, 3\)"
    with pytest.raises(ValueError, match=message):
        cls(dim=4, filters=(2,))([pictures, keras.Input((), dtype="bool")])


@CLASSES
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dim": 0}, "`dim` must be at least 1.*dim=0"),
        ({"dim": 4, "filters": ()}, r"`filters` must have a positive number.*filters=\(\)"),
        ({"dim": 4, "filters": (3, 0)}, r"`filters`.*\(3, 0\)"),
        ({"dim": 4, "dropout": 1.0}, r"`dropout` must be in \[0, 1\)"),
    ],
)
def test_wrong_arguments_are_refused(options, message, cls):
    with pytest.raises(ValueError, match=message):
        cls(**options)


@CLASSES
@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.zeros((2, 8, 8), "float32"), r"pictures of shape \(batch, height, width, channels\)"),
        (np.zeros((2, 8, 8, 3), "uint8"), "float dtype.*uint8.*rescale=1/255"),
        ([PICTURES] * 3, "a list of 3"),
        ([PICTURES, np.ones((4, 1), bool)], r"`present` of shape \(batch,\)"),
    ],
)
def test_wrong_pictures_are_refused(inputs, message, cls):
    with pytest.raises(ValueError, match=message):
        cls(dim=4, filters=(2,))(inputs)
