"""Gradients of one layer's outputs, on TensorFlow or JAX."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_multimodal.testing._case import Case, Leaf
from keras_multimodal.testing._probes import ReadMask, widen


@dataclasses.dataclass(frozen=True)
class Gradients:
    """Gradients by the path of a weight, and by the position of a float input."""

    weights: dict[str, np.ndarray]
    inputs: dict[int, np.ndarray]


def gradients(
    case: Case, layer: keras.layers.Layer, leaves: Sequence[Leaf], training: bool = False
) -> Gradients:
    """Gradients of a random weighting of the valid outputs, by every weight and float input.

    The weighting is random because a plain sum of a softmax or of a normalized vector is constant
    and has no gradient.
    """
    differentiable = [i for i, leaf in enumerate(leaves) if leaf.value.dtype.kind == "f"]
    constants = [ops.convert_to_tensor(leaf.value) for leaf in leaves]

    def loss(floats: Sequence[Any]) -> Any:
        replaced = dict(zip(differentiable, floats, strict=True))
        tensors = [replaced.get(i, constant) for i, constant in enumerate(constants)]
        return _weigh(case.invoke(layer, tensors, leaves, training=training))

    floats = [constants[i] for i in differentiable]
    backend = keras.backend.backend()
    if backend == "tensorflow":
        by_weight, by_input = _tensorflow(layer, loss, floats)
    elif backend == "jax":
        by_weight, by_input = _jax(layer, loss, floats)
    else:
        raise RuntimeError(
            "the conformance run needs the TensorFlow or the JAX backend. "
            f"Received: backend={backend!r}"
        )
    return Gradients(
        {
            variable.path: ops.convert_to_numpy(value)
            for variable, value in zip(layer.trainable_variables, by_weight, strict=True)
        },
        {i: ops.convert_to_numpy(value) for i, value in zip(differentiable, by_input, strict=True)},
    )


def _weigh(outputs: Any) -> Any:
    """The sum over all valid float values, each times a fixed random number."""
    flat = ReadMask()(outputs)
    total = ops.zeros(())
    rng = np.random.default_rng(0)
    for i in range(len(keras.tree.flatten(outputs))):
        values, mask = flat[f"output_{i}"], flat.get(f"output_{i}_mask")
        if not keras.backend.is_float_dtype(values.dtype):
            continue
        values = ops.cast(values, "float32")
        if mask is not None:
            values = ops.where(widen(mask, len(values.shape)), values, 0.0)
        total += ops.sum(values * rng.normal(size=values.shape).astype("float32"))
    return total


def _tensorflow(
    layer: keras.layers.Layer, loss: Callable[..., Any], floats: list[Any]
) -> tuple[list[Any], list[Any]]:
    import tensorflow as tf

    weights = [variable.value for variable in layer.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(floats)
        total = loss(floats)
        total += sum(layer.losses)
    found = tape.gradient(
        total, weights + floats, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    # An embedding's gradient is sparse.
    dense = [tf.convert_to_tensor(value) for value in found]
    return dense[: len(weights)], dense[len(weights) :]


def _jax(
    layer: keras.layers.Layer, loss: Callable[..., Any], floats: list[Any]
) -> tuple[list[Any], list[Any]]:
    import jax

    variables = layer.trainable_variables

    def total(weights: list[Any], tensors: list[Any]) -> Any:
        # `Layer.stateless_call` skips `__call__`, and with it the masks.
        state = list(zip(variables, weights, strict=True))
        with keras.StatelessScope(state_mapping=state, collect_losses=True):
            return loss(tensors) + sum(layer.losses)

    weights = [variable.value for variable in variables]
    return jax.grad(total, argnums=(0, 1))(weights, floats)
