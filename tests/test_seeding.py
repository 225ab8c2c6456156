"""A seed decides weights and dropout, and nothing after them."""

import random

import keras
import numpy as np

from keras_multimodal._seeding import seeded


def make():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dropout(0.5)])
    return model.get_weights()[0], model(np.ones((2, 4)), training=True).numpy()


def test_what_is_made_inside_is_the_same_each_time_and_another_for_another_seed():
    found = []
    for seed in (3, 3, 4):
        with seeded(seed):
            found.append(make())
    for first, again, other in zip(*found, strict=True):
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()


def test_the_callers_draws_go_on_as_if_nothing_had_been():
    before = random.getstate()
    with seeded(1):
        make()
        inside = random.getstate()
    assert random.getstate() == before != inside
