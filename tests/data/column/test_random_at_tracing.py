# ruff: noqa: NPY002
"""A user's function that draws NumPy's or Python's random numbers is told that it does so once."""

import functools
import random
import re
import warnings
from random import uniform

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.data import ImageStream
from keras_multimodal.data.column.autograph import converted

GENERATOR, STATE, OWN = np.random.default_rng(0), np.random.RandomState(0), random.Random(0)


class Noise:
    def __init__(self, generator):
        self.generator = generator

    def __call__(self, x):
        return x + self.generator.random()

    def add(self, x):
        return self(x)


def helper(x):
    return x + GENERATOR.normal()


def closing_over(generator):
    return lambda x: x + generator.random()


OURS = {
    "global of numpy": (lambda x: x + np.random.uniform(), "NumPy"),
    "shape": (lambda x: x + np.random.normal(size=(2, 2, 1)).astype("float32"), "NumPy"),
    "random": (lambda x: x + random.random(), "Python"),
    "both": (lambda x: x + random.random() + np.random.rand(), "NumPy and Python"),
    "generator": (lambda x: x + GENERATOR.normal(), "NumPy"),
    "state": (lambda x: x + STATE.rand(), "NumPy"),
    "own": (lambda x: x + OWN.random(), "Python"),
    "by its name": (lambda x: x + uniform(0, 1), "Python"),
    "closure": (closing_over(np.random.default_rng(1)), "NumPy"),
    "made within": (lambda x: x + np.random.default_rng().normal(), "NumPy"),
    "helper": (lambda x: helper(x), "NumPy"),
    "object": (Noise(np.random.default_rng(2)), "NumPy"),
    "method": (Noise(random.Random(1)).add, "Python"),
    "partial": (functools.partial(tf.add, GENERATOR.normal()), None),
    "partial of one that draws": (functools.partial(Noise.add, Noise(GENERATOR)), "NumPy"),
    "graph": (tf.function(lambda x: x + np.random.uniform()), "NumPy"),
    "of tensorflow": (lambda x: x + tf.random.uniform([]), None),
    "of keras": (lambda x: x + keras.random.uniform(()), None),
    "layer": (keras.layers.Rescaling(0.5), None),
    "nothing": (lambda x: x * 2.0, None),
}


@pytest.mark.parametrize("name", OURS)
def test_numbers_that_are_drawn_once_are_noticed(name):
    function, whose = OURS[name]
    given = converted(function)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        graph = tf.Graph()
        with graph.as_default():
            given(tf.zeros((2, 2, 1)))
    messages = [str(each.message) for each in found if "random numbers" in str(each.message)]
    if whose is None:
        assert not messages
    else:
        (message,) = messages
        assert re.search(f"draws random numbers of {whose}'s .* once.*`tf.random.uniform`", message)


def test_a_preprocessing_function_is_watched_in_the_pipeline():
    def noisy(picture):
        return picture + np.random.uniform(0, 9)

    flow = ImageStream(preprocessing_function=noisy).flow(np.zeros((2, 4, 4, 3)))
    with pytest.warns(UserWarning, match="'noisy' draws random numbers of NumPy's"):
        flow.batch(2)
    # Called by itself it draws anew, and nothing is to be said.
    ImageStream(preprocessing_function=noisy).standardize(np.zeros((4, 4, 3)))
