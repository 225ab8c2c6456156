"""Several pictures of a row are each what they are alone, one after another."""

import keras
import numpy as np
import pytest

from keras_multimodal.encoders import BagEncoder, ConvImageEncoder

PICTURES = np.random.default_rng(4).random((2, 3, 8, 8, 3)).astype("float32")
THERE = np.array([[True, False, True], [False] * 3])


def test_each_item_is_what_it_is_alone():
    encoder = ConvImageEncoder(5, filters=(4,))
    tokens = keras.ops.convert_to_numpy(BagEncoder(encoder)([PICTURES, THERE]))
    for row in range(2):
        for item in range(3):
            own = tokens[row, 16 * item : 16 * (item + 1)]
            alone = keras.ops.convert_to_numpy(encoder(PICTURES[row, item][None]))[0]
            np.testing.assert_allclose(own, alone if THERE[row, item] else 0 * alone, atol=1e-6)


def test_a_flag_for_the_whole_row():
    bag = BagEncoder(ConvImageEncoder(5, filters=(4,)))
    present = np.array([True, False])
    mask = keras.ops.convert_to_numpy(bag.compute_mask([PICTURES, present]))
    np.testing.assert_array_equal(mask, np.repeat(present[:, None], 48, axis=1))
    tokens = keras.ops.convert_to_numpy(bag([PICTURES, present]))
    assert tokens[0].any()
    assert not tokens[1].any()


def test_pictures_that_are_inputs_of_their_own():
    pictures = [keras.Input((8, 8, 3)) for _ in range(3)]
    present = [keras.Input((), dtype="bool") for _ in range(3)]
    bag = BagEncoder(ConvImageEncoder(5, filters=(4,)))
    tokens = bag([keras.ops.stack(pictures, axis=1), keras.ops.stack(present, axis=1)])
    model = keras.Model([*pictures, *present], tokens)
    found = model([*np.moveaxis(PICTURES, 1, 0), *THERE.T])
    np.testing.assert_allclose(found, bag([PICTURES, THERE]), atol=1e-6)


def test_wrong_inputs_are_refused():
    with pytest.raises(TypeError, match=r"`encoder` must be .*Received: Dense"):
        BagEncoder(keras.layers.Dense(2))
    bag = BagEncoder(ConvImageEncoder(5))
    with pytest.raises(ValueError, match=r"must be items of shape \(batch, items, \.\.\.\)"):
        bag(np.ones((2, 3), "float32"))
    with pytest.raises(ValueError, match=r"must be items of one size.*\(None, 2, None, 8, 3\)"):
        bag(keras.Input((2, None, 8, 3)))
    with pytest.raises(ValueError, match=r"must be pictures of shape"):
        bag(PICTURES[:, 0])
    with pytest.raises(ValueError, match=r"`there` of shape \(batch, items\) or \(batch,\)"):
        bag([PICTURES, PICTURES > 0])
