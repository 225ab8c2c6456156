"""What the tests of the layers share."""

import keras
import numpy as np
import pytest


@pytest.fixture
def gradients():
    """`gradients(layer, arrays, **call_kwargs)` of the layer's output, times fixed numbers, summed.

    Returns those of the trainable weights, by the end of their path, and those of the arrays.
    """

    def of(layer, arrays, **call_kwargs):
        def total(tensors):
            y = layer(*tensors, **call_kwargs)
            numbers = np.random.default_rng(0).normal(size=y.shape)
            return keras.ops.sum(y * keras.ops.convert_to_tensor(numbers, dtype=y.dtype))

        tensors = [keras.ops.convert_to_tensor(array) for array in arrays]
        variables = layer.trainable_variables
        values = [variable.value for variable in variables]
        if keras.backend.backend() == "jax":
            import jax

            def stateless(values, tensors):
                state = list(zip(variables, values, strict=True))
                with keras.StatelessScope(state_mapping=state):
                    return total(tensors)

            by_weight, by_tensor = jax.grad(stateless, argnums=(0, 1))(values, tensors)
        else:
            import tensorflow as tf

            with tf.GradientTape() as tape:
                tape.watch(tensors)
                y = total(tensors)
            by_weight, by_tensor = tape.gradient(y, (values, tensors))
        names = [variable.path.split("/", 1)[1] for variable in variables]
        weights = dict(zip(names, map(np.asarray, by_weight), strict=True))
        return weights, [np.asarray(gradient) for gradient in by_tensor]

    return of


@pytest.fixture
def randomize():
    """`randomize(layer)` gives every trainable weight new numbers: zeros and ones hide mistakes."""

    def weights(layer, seed=0):
        rng = np.random.default_rng(seed)
        for variable in layer.trainable_variables:
            variable.assign(0.5 * rng.normal(size=variable.shape))

    return weights


@pytest.fixture
def parameters():
    """`parameters(layer)`: its weights as float64 arrays, by the end of their path."""

    def of(layer):
        return {
            variable.path.split("/", 1)[1]: keras.ops.convert_to_numpy(variable).astype("float64")
            for variable in layer.weights
        }

    return of
