"""What the tests of the ops share."""

import keras
import numpy as np
import pytest


@pytest.fixture
def gradient():
    """`gradient(function, array)`: that of the sum of `function(array)`, times fixed numbers."""

    def of(function, array):
        def total(x):
            y = function(x)
            numbers = np.random.default_rng(0).normal(size=y.shape)
            return keras.ops.sum(y * keras.ops.convert_to_tensor(numbers, dtype=y.dtype))

        x = keras.ops.convert_to_tensor(array)
        if keras.backend.backend() == "jax":
            import jax

            return np.asarray(jax.grad(total)(x))
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            y = total(x)
        return tape.gradient(y, x).numpy()

    return of
